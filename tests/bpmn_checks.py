"""What schema and linters do not see: references, soundness, and whether the picture is right.

Each check yields sentences; none means that the file is in order. They read the XML itself, not the tree it came from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from lxml import etree

from govflow.compiler.layout.geometry import Bounds
from govflow.compiler.xml import BPMN, BPMNDI, DC, DI

_NS = {"bpmn": BPMN, "bpmndi": BPMNDI, "dc": DC, "di": DI}
_NODES = {
    "startEvent", "endEvent", "boundaryEvent", "userTask", "sendTask", "callActivity", "subProcess", "exclusiveGateway",
    "parallelGateway",
}  # fmt: skip
_REFERENCES = ("sourceRef", "targetRef", "attachedToRef", "default", "processRef", "calledElement", "bpmnElement")
_WAYS = ("incoming", "outgoing")
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?")


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node as the XML shows it; `parent` is the id of the process or sub-process around it."""

    id: str
    kind: str
    parent: str
    attached: str | None
    incoming: tuple[str, ...]
    outgoing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arc:
    """A sequence flow as the XML shows it."""

    id: str
    source: str
    target: str
    parent: str


def check(xml: bytes) -> list[str]:
    """Everything wrong with a BPMN file, empty when it is in order."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    nodes = {node.id: node for node in _nodes(root)}
    arcs = {arc.id: arc for arc in _arcs(root)}
    problems = [*_references(root), *_flow_ends(nodes, arcs), *_timers(root), *_choices(root, nodes)]
    return [*problems, *_sound(nodes, arcs), *_picture(root, nodes, arcs)]


def _tag(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _id(element: etree._Element | None) -> str:
    return "" if element is None else element.get("id", "")


def _nodes(root: etree._Element) -> Iterator[Node]:
    for element in root.iter(f"{{{BPMN}}}*"):
        if _tag(element) in _NODES:
            coming, going = (tuple(e.text or "" for e in element.findall(f"bpmn:{way}", _NS)) for way in _WAYS)
            attached = element.get("attachedToRef")
            yield Node(_id(element), _tag(element), _id(element.getparent()), attached, coming, going)


def _arcs(root: etree._Element) -> Iterator[Arc]:
    for e in root.iter(f"{{{BPMN}}}sequenceFlow"):
        yield Arc(_id(e), e.get("sourceRef", ""), e.get("targetRef", ""), _id(e.getparent()))


def _references(root: etree._Element) -> Iterator[str]:
    counted = Counter(element.get("id") for element in root.iter("*") if element.get("id"))
    for id, times in counted.items():
        if times > 1:
            yield f"{id}: the id is used {times} times"
        if not _ID.fullmatch(str(id)):
            yield f"{id}: not an ASCII NCName"
    for element in root.iter("*"):
        for name in _REFERENCES:
            target = element.get(name)
            if target is not None and target not in counted:
                yield f"{_id(element) or _tag(element)}: {name} names {target}, which does not exist"
    for name in ("flowNodeRef", "incoming", "outgoing"):
        for element in root.iter(f"{{{BPMN}}}{name}"):
            if element.text not in counted:
                yield f"{_id(element.getparent())}: {name} names {element.text}, which does not exist"


def _flow_ends(nodes: dict[str, Node], arcs: dict[str, Arc]) -> Iterator[str]:
    for arc in arcs.values():
        source, target = nodes.get(arc.source), nodes.get(arc.target)
        if source is None or target is None:
            yield f"{arc.id}: does not join two flow nodes"
            continue
        if {source.parent, target.parent} != {arc.parent}:
            yield f"{arc.id}: crosses the border of a sub-process"
        if arc.id not in source.outgoing or arc.id not in target.incoming:
            yield f"{arc.id}: incoming and outgoing do not agree with the flow"
    for node in nodes.values():
        for id in node.incoming:
            if id not in arcs or arcs[id].target != node.id:
                yield f"{node.id}: incoming {id} does not lead here"
        for id in node.outgoing:
            if id not in arcs or arcs[id].source != node.id:
                yield f"{node.id}: outgoing {id} does not start here"


def _timers(root: etree._Element) -> Iterator[str]:
    for element in root.iter(f"{{{BPMN}}}timeDuration"):
        if not _DURATION.fullmatch(element.text or ""):
            yield f"{_id(element.getparent())}: {element.text!r} is not an ISO 8601 duration"


def _choices(root: etree._Element, nodes: dict[str, Node]) -> Iterator[str]:
    """A choice has conditions on all ways out but its default; a condition is one plain name."""
    for element in root.iter(f"{{{BPMN}}}exclusiveGateway"):
        if len(nodes[_id(element)].outgoing) > 1 and element.get("default") is None:
            yield f"{_id(element)}: a choice without a default"
    open_ways = {_id(e.getparent()) for e in root.iter(f"{{{BPMN}}}conditionExpression")}
    defaults = {e.get("default") for e in root.iter(f"{{{BPMN}}}exclusiveGateway")}
    for node in nodes.values():
        if node.kind == "exclusiveGateway" and len(node.outgoing) > 1:
            for id in node.outgoing:
                if (id in open_ways) == (id in defaults):
                    yield f"{id}: needs either a condition or to be the default"
    for element in root.iter(f"{{{BPMN}}}conditionExpression"):
        if not _ID.fullmatch(element.text or ""):
            yield f"{_id(element.getparent())}: the condition {element.text!r} is not a plain name"


# --- soundness -----------------------------------------------------------------------------------------------------


def _sound(nodes: dict[str, Node], arcs: dict[str, Arc]) -> Iterator[str]:
    """Every node is reached from the start and reaches an end; splits and joins of a kind belong together."""
    onward: dict[str, list[str]] = {id: [] for id in nodes}
    back: dict[str, list[str]] = {id: [] for id in nodes}
    for arc in arcs.values():
        if arc.source in nodes and arc.target in nodes:
            onward[arc.source].append(arc.target)
            back[arc.target].append(arc.source)
    for node in nodes.values():
        if node.attached in onward:
            onward[str(node.attached)].append(node.id)
    starts = [n.id for n in nodes.values() if n.kind == "startEvent"]
    ends = [n.id for n in nodes.values() if n.kind == "endEvent"]
    reached, ending = _closure(starts, onward), _closure(ends, back)
    for node in nodes.values():
        if node.id not in reached:
            yield f"{node.id}: no start leads here"
        if node.id not in ending:
            yield f"{node.id}: no end is reached from here"
        yield from _gathered(node, nodes, back)


def _gathered(node: Node, nodes: dict[str, Node], back: dict[str, list[str]]) -> Iterator[str]:
    if not node.kind.endswith("Gateway"):
        if len(node.outgoing) > 1:
            yield f"{node.id}: several ways out without a gateway"
        if len(node.incoming) > 1:
            yield f"{node.id}: several ways in without a gateway"
    if node.kind == "parallelGateway" and len(node.incoming) > 1:
        yield from _fed(node, nodes, back)


def _closure(start: list[str], ways: dict[str, list[str]]) -> set[str]:
    seen = set(start)
    todo = list(start)
    while todo:
        for target in ways[todo.pop()]:
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def _fed(join: Node, nodes: dict[str, Node], back: dict[str, list[str]]) -> Iterator[str]:
    """Whatever feeds a parallel join must come from a parallel split, or the join waits for ever."""
    before = _closure(list(back[join.id]), back)
    splits = [id for id in before if nodes[id].kind == "parallelGateway" and len(nodes[id].outgoing) > 1]
    if not splits:
        yield f"{join.id}: a parallel join without a parallel split before it"


# --- the picture ---------------------------------------------------------------------------------------------------


def _picture(root: etree._Element, nodes: dict[str, Node], arcs: dict[str, Arc]) -> Iterator[str]:
    boxes = {e.get("bpmnElement", ""): _box(e) for e in root.iter(f"{{{BPMNDI}}}BPMNShape")}
    lines = {e.get("bpmnElement", ""): e for e in root.iter(f"{{{BPMNDI}}}BPMNEdge")}
    missing = sorted(nodes.keys() - boxes.keys()) + sorted(arcs.keys() - lines.keys())
    yield from (f"{id}: not drawn" for id in missing)
    yield from _overlaps(nodes, boxes)
    yield from _in_lanes(root, nodes, boxes)
    stretches: dict[tuple[str, int, int], list[tuple[int, int, Arc]]] = {}
    for id, edge in lines.items():
        points = [(int(p.get("x", "")), int(p.get("y", ""))) for p in edge.findall("di:waypoint", _NS)]
        if id not in arcs or not {arcs[id].source, arcs[id].target} <= nodes.keys():
            continue
        yield from _line(arcs[id], points, nodes, boxes)
        for one, other in pairwise(points):
            axis = 0 if one[0] == other[0] else 1
            ends = sorted((one[1 - axis], other[1 - axis]))
            stretches.setdefault((_id(edge.getparent()), axis, one[axis]), []).append((ends[0], ends[1], arcs[id]))
    yield from _overlaid(stretches)


def _line(arc: Arc, points: list[tuple[int, int]], nodes: dict[str, Node], boxes: dict[str, Bounds]) -> Iterator[str]:
    for end, at in ((arc.source, points[0]), (arc.target, points[-1])):
        if end in boxes and not _on_border(boxes[end], at):
            yield f"{arc.id}: its line does not end on the border of {end}"
    if any(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(points)):
        yield f"{arc.id}: its line runs aslant"
    yield from _hits(arc, points, nodes, boxes)


def _overlaid(stretches: dict[tuple[str, int, int], list[tuple[int, int, Arc]]]) -> Iterator[str]:
    """Lines lie on each other only where they share a trunk: the same source or the same target."""
    for held in stretches.values():
        held.sort(key=lambda each: each[:2])
        for index, (_, end, one) in enumerate(held):
            for start, _, other in held[index + 1 :]:
                if start >= end:
                    break
                if not {one.source, one.target} & {other.source, other.target}:
                    yield f"{one.id} and {other.id} lie on each other"


def _box(shape: etree._Element) -> Bounds:
    found = shape.find("dc:Bounds", _NS)
    if found is None:
        return Bounds(0, 0, 0, 0)
    x, y, w, h = (int(found.get(name, "0")) for name in ("x", "y", "width", "height"))
    return Bounds(x, y, w, h)


def _on_border(box: Bounds, at: tuple[int, int]) -> bool:
    across, along = box.x <= at[0] <= box.right, box.y <= at[1] <= box.bottom
    return (at[0] in (box.x, box.right) and along) or (at[1] in (box.y, box.bottom) and across)


def _overlaps(nodes: dict[str, Node], boxes: dict[str, Bounds]) -> Iterator[str]:
    """Neighbours stand apart, children inside their sub-process, timers on the border of their host."""
    siblings: dict[str, list[Node]] = {}
    for node in nodes.values():
        if node.id not in boxes:
            continue
        siblings.setdefault(node.parent, []).append(node)
        if node.parent in boxes and not boxes[node.parent].contains(boxes[node.id]):
            yield f"{node.id}: stands outside of {node.parent}"
    for held in siblings.values():
        held.sort(key=lambda node: boxes[node.id].x)
        for index, one in enumerate(held):
            for other in held[index + 1 :]:
                if boxes[other.id].x >= boxes[one.id].right:
                    break
                hung = one.attached == other.id or other.attached == one.id
                if not hung and boxes[one.id].overlaps(boxes[other.id]):
                    yield f"{one.id} and {other.id} overlap"


def _hits(arc: Arc, points: list[tuple[int, int]], nodes: dict[str, Node], boxes: dict[str, Bounds]) -> Iterator[str]:
    """A line runs through no node of its own sub-process."""
    for (x1, y1), (x2, y2) in pairwise(points):
        line = Bounds(min(x1, x2), min(y1, y2), abs(x1 - x2) or 1, abs(y1 - y2) or 1)
        for node in nodes.values():
            apart = node.parent != arc.parent or node.id in (arc.source, arc.target) or node.id not in boxes
            if not apart and node.id != nodes[arc.source].attached and boxes[node.id].overlaps(line):
                yield f"{arc.id}: its line runs through {node.id}"


def _in_lanes(root: etree._Element, nodes: dict[str, Node], boxes: dict[str, Bounds]) -> Iterator[str]:
    """A node stands in the lane that names it; only a sub-process may span the lanes of what it holds."""
    for lane in root.iter(f"{{{BPMN}}}lane"):
        strip = boxes.get(_id(lane), Bounds(0, 0, 0, 0))
        for reference in lane.findall("bpmn:flowNodeRef", _NS):
            node = nodes.get(reference.text or "")
            if node is None or node.kind == "subProcess" or node.id not in boxes:
                continue
            box = boxes[node.id]
            if not strip.y <= box.y + box.h // 2 <= strip.bottom:
                yield f"{node.id}: stands outside of its lane {_id(lane)}"
