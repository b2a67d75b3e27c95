"""A graph as JSON, as DOT for Graphviz, and as a layered picture of our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from govflow.compiler.svg import FONTS
from govflow.errors import language
from govflow.products.graph.network import Edge, Graph, Node
from govflow.products.graph.suggestions import Suggestion
from govflow.text import Lang, shortened

WIDE, HIGH, GAP, COLUMN, MARGIN = 190, 30, 14, 290, 20
MOST_CELLS = 26
SWEEPS = 8

FILL = {"department": "#e8eaf6", "material": "#fff8e1", "item": "#e3f2fd", "result": "#e8f5e9"}
LINE = {"department": "#3949ab", "material": "#b7791f", "item": "#1565c0", "result": "#2e7d32"}
SHAPE = {"department": "house", "material": "note", "item": "box", "result": "ellipse"}


def as_data(graph: Graph, found: Mapping[str, Iterable[Suggestion]], lang: Lang | str = Lang.ZH) -> dict[str, Any]:
    """Plain data: nodes, edges, and each theme's suggestions."""
    lang = language(lang)
    return {
        "nodes": [{"id": n.id, "kind": n.kind, "name": n.name.text(lang)} for n in graph.nodes],
        "edges": [{"from": e.source, "to": e.target, "kind": e.kind} for e in graph.edges],
        "suggestions": {theme: [_suggestion(each, lang) for each in several] for theme, several in found.items()},
    }


def _suggestion(each: Suggestion, lang: Lang | str) -> dict[str, Any]:
    return {"number": each.number, "name": each.name, "what": each.what.text(lang), "about": list(each.about),
            "unit": each.unit, "before": each.before, "after": each.after}  # fmt: skip


def as_dot(graph: Graph, lang: Lang | str = Lang.ZH) -> str:
    """DOT text; every name is quoted and escaped."""
    lang = language(lang)
    lines = ["digraph govflow {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    for node in graph.nodes:
        label = _quoted(f"{node.id} {node.name.text(lang)}")
        lines.append(f'  {_quoted(node.id)} [label={label}, shape={SHAPE[node.kind]}, color="{LINE[node.kind]}"];')
    for edge in graph.edges:
        style = ", style=dashed" if edge.kind == "before" else ""
        lines.append(f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [class={edge.kind}{style}];")
    return "\n".join((*lines, "}")) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


# --- picture ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Box:
    node: Node
    x: float
    y: float


def as_svg(graph: Graph, lang: Lang | str = Lang.ZH) -> str:
    """A picture from left to right: what is needed stands to the left of what needs it."""
    lang = language(lang)
    boxes = {box.node.id: box for box in _placed(graph)}
    width = max((box.x for box in boxes.values()), default=0) + WIDE + MARGIN
    height = max((box.y for box in boxes.values()), default=0) + HIGH + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family="{FONTS}" font-size="12">',
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
    ]
    lines += [_curve(edge, boxes[edge.source], boxes[edge.target]) for edge in graph.edges]
    lines += [_box(box, lang) for box in boxes.values()]
    return "\n".join((*lines, "</svg>")) + "\n"


def _curve(edge: Edge, start: _Box, end: _Box) -> str:
    x1, y1, x2, y2 = start.x + WIDE, start.y + HIGH / 2, end.x, end.y + HIGH / 2
    bend = max(40.0, abs(x2 - x1) / 2)
    dash = ' stroke-dasharray="5 4"' if edge.kind == "before" else ""
    path = f"M{x1:g} {y1:g} C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    return f'<path class="{edge.kind}" d="{path}" fill="none" stroke="{LINE[start.node.kind]}" opacity="0.6"{dash}/>'


def _box(box: _Box, lang: Lang | str) -> str:
    kind, name = box.node.kind, box.node.name.text(lang)
    label = name if kind == "result" else f"{box.node.id} {name}"
    round_ = HIGH / 2 if kind == "result" else 4
    return (
        f'<g class="{kind}"><title>{escape(f"{box.node.id} {name}")}</title><rect x="{box.x:g}" y="{box.y:g}" '
        f'width="{WIDE}" height="{HIGH}" rx="{round_:g}" fill="{FILL[kind]}" stroke="{LINE[kind]}"/>'
        f'<text x="{box.x + WIDE / 2:g}" y="{box.y + HIGH / 2 + 4:g}" text-anchor="middle">{escape(shortened(label, MOST_CELLS))}</text></g>'
    )


def _placed(graph: Graph) -> list[_Box]:
    layers = _ordered(_layers(graph), graph)
    tallest = max((len(layer) for layer in layers), default=0)
    nodes = {node.id: node for node in graph.nodes}
    found = []
    for column, layer in enumerate(layers):
        top = MARGIN + (tallest - len(layer)) * (HIGH + GAP) / 2
        found += [_Box(nodes[id], MARGIN + column * COLUMN, top + row * (HIGH + GAP)) for row, id in enumerate(layer)]
    return found


def _layers(graph: Graph) -> list[list[str]]:
    """Each node one column to the right of the last one that leads to it; an edge that closes a cycle is passed over."""
    before: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    after: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        before[edge.target].append(edge.source)
        after[edge.source].append(edge.target)
    depth: dict[str, int] = {}
    for root in before:
        _measure(root, before, depth)
    for id in before:
        if not before[id]:  # what nothing leads to stands close to what needs it
            depth[id] = max(0, min((depth[target] for target in after[id]), default=0) - 1)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in graph.nodes:
        layers[depth[node.id]].append(node.id)
    return layers


def _measure(root: str, before: Mapping[str, list[str]], depth: dict[str, int]) -> None:
    """Depths by a walk with its own stack: a catalog's chains may be longer than Python's."""
    stack, open = [root], set[str]()
    while stack:
        id = stack[-1]
        if id in depth:
            stack.pop()
            continue
        waiting = [] if id in open else [b for b in before[id] if b not in depth and b not in open]
        open.add(id)
        if waiting:
            stack += waiting
            continue
        depth[id] = max((depth[b] + 1 for b in before[id] if b in depth), default=0)
        stack.pop()


def _ordered(layers: list[list[str]], graph: Graph) -> list[list[str]]:
    """Fewer crossings: each node as high as its neighbours on average, from the left and from the right in turn."""
    beside: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        beside[edge.source].append(edge.target)
        beside[edge.target].append(edge.source)
    height = {id: (row + 0.5) / len(layer) for layer in layers for row, id in enumerate(layer)}
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            layer.sort(key=lambda id: _mean([height[b] for b in beside[id]], height[id]))
            height |= {id: (row + 0.5) / len(layer) for row, id in enumerate(layer)}
    return layers


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
