"""The layout as a picture: SVG text without a browser, PNG through the optional resvg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import hypot

from govflow.compiler import pictures
from govflow.compiler.blocks import BOUNDARY, CALL, END, EXCLUSIVE, GATEWAYS, SEND, START, SUB, USER
from govflow.compiler.layout.canvas import MARGIN, POOL_SIGN
from govflow.compiler.layout.geometry import LINE as PITCH
from govflow.compiler.layout.geometry import Bounds, Diagram, Edge, LaneShape, Point, Shape, Strip, text_width, wrapped
from govflow.compiler.paths import element_of
from govflow.errors import InvalidInput, NotAllowed, NotFound, language
from govflow.language.model import Catalog
from govflow.text import Lang, Text

try:
    import resvg_py
except ImportError:  # the `png` extra
    resvg_py = None  # type: ignore[assignment]

FONTS = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','WenQuanYi Zen Hei',sans-serif"
INK, SOFT, LINE, FADED, PALE = "#1f2d3d", "#5c6b7a", "#8a97a6", "#b4bec9", "#f5f7fa"
TITLE_HEIGHT, TITLE_LINE, LEGEND_HEIGHT, CORNER = 48, 24, 44, 6
MARK = 8  # how far along its line the mark of a default stands
LEGEND_STEP = 52  # of a colour and the room around its name
TITLE_SIGN = 20  # bold letters of 18 pixels are as wide as plain ones of 20


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of one state: what fills a node, what draws it, and how the legend calls it."""

    fill: str
    stroke: str
    zh: str
    en: str


LOOKS = {
    "done": Look("#dcf3e4", "#2f855a", "已完成", "done"),
    "working": Look("#dbeafe", "#2563eb", "办理中", "working"),
    "waiting": Look("#ffffff", "#8a97a6", "未到达", "waiting"),
    "yellow": Look("#fff1c2", "#c98a00", "黄灯（临期）", "yellow light: due soon"),
    "red": Look("#ffdcdc", "#d03a3a", "红灯（超期）", "red light: overdue"),
    "skipped": Look("#f1f3f5", "#b4bec9", "不涉及", "skipped"),
}
_PLAIN = Look("#ffffff", INK, "", "")


def draw(
    ref: str,
    catalog: Catalog,
    states: Mapping[str, str] | None = None,
    process: str | None = None,
    title: str | None = None,
    lang: Lang | str = Lang.ZH,
) -> str:
    """The picture of a theme or item (slug or code) as SVG text; `process` picks a called one, e.g. `P_I07_handling`.

    `states` gives an element (its id, or its path in a case) one of done, working, waiting, yellow, red, skipped;
    what it leaves out is waiting. A sequence flow is named in the same way, as done, when it was walked. Raises
    NotFound for an unknown process, InvalidInput for an unknown state.
    """
    lang = language(lang)
    found = pictures(ref, catalog, lang)
    chosen = next((each for each in found if process in (None, each.process.id)), None)
    if chosen is None:
        known = ", ".join(each.process.id for each in found)
        raise NotFound(Text(f"没有流程 {process}；有：{known}", f"no process {process!r}; there are: {known}"))
    return to_svg(chosen, states, title, lang)


def to_svg(
    diagram: Diagram, states: Mapping[str, str] | None = None, title: str | None = None, lang: Lang | str = Lang.ZH
) -> str:
    """A laid-out process as SVG text, with a title; with `states` coloured and with a legend."""
    looks = None if states is None else _by_element(states)
    name = title or str(diagram.process.name)
    width = max(diagram.width, 640, _legend_width(language(lang)) if looks is not None else 0)
    lines = wrapped(name, (width - 2 * MARGIN) * 12 // TITLE_SIGN)
    top = TITLE_HEIGHT + TITLE_LINE * max(len(lines) - 1, 0)
    height = diagram.height + top + (LEGEND_HEIGHT if looks is not None else 0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="{FONTS}" font-size="12" fill="{INK}">',
        f"<title>{escape(name)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(
            f'<text x="{MARGIN}" y="{34 + n * TITLE_LINE}" font-size="18" font-weight="bold">{escape(line)}</text>'
            for n, line in enumerate(lines)
        ),
        f'<g transform="translate(0 {top - 10})">',
        *_content(diagram, looks),
        "</g>",
    ]
    if looks is not None:
        parts += _legend(height - LEGEND_HEIGHT + 8, language(lang))
    return "\n".join((*parts, "</svg>", ""))


def to_png(svg: str, zoom: float = 1.0) -> bytes:
    """The picture as PNG; `zoom` 2 doubles each side. Raises NotAllowed when the extra `png` is not installed."""
    if resvg_py is None:
        raise NotAllowed(
            Text("未安装 PNG 组件，请执行 pip install 'govflow[png]'", "PNG needs an extra: pip install 'govflow[png]'")
        )
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom))


def _by_element(states: Mapping[str, str]) -> dict[str, str]:
    """States by element id: a path ends in the id, perhaps with the number of the round (`s_joint/c_I07#2`)."""
    for path, state in states.items():
        if state not in LOOKS:
            raise InvalidInput(
                Text(
                    f"{path} 的状态“{state}”无效，应为 {'、'.join(LOOKS)}",
                    f"{path}: state {state!r} is unknown, expected one of {', '.join(LOOKS)}",
                ),
            )
    return {element_of(path): state for path, state in states.items()}


def _content(diagram: Diagram, looks: Mapping[str, str] | None) -> Iterator[str]:
    if diagram.pool is not None and diagram.strip is not None:
        yield from _pool(diagram.pool, diagram.strip)
        for index, lane in enumerate(diagram.lanes):
            yield from _lane(lane, index)
    scopes = [shape for shape in diagram.shapes if shape.element.kind == SUB]
    for shape in scopes:
        yield from _scope(shape, _look(shape, looks))
    ways: dict[str, list[Edge]] = {}
    for edge in diagram.edges:
        ways.setdefault(edge.flow.source, []).append(edge)
    for edge in sorted(diagram.edges, key=lambda e: looks is not None and e.flow.id in looks):  # over a shared trunk
        walked = looks is not None and edge.flow.id in looks
        colour = SOFT if looks is None else LOOKS["done"].stroke if walked else FADED
        yield from _edge(edge, colour, ways[edge.flow.source])
    for shape in diagram.shapes:
        if shape.element.kind != SUB:
            yield from _node(shape, _look(shape, looks))


def _look(shape: Shape, looks: Mapping[str, str] | None) -> Look:
    return _PLAIN if looks is None else LOOKS[looks.get(shape.element.id, "waiting")]


def _pool(bounds: Bounds, strip: Strip) -> Iterator[str]:
    yield _box(bounds, "#ffffff", INK, ' stroke-width="1.5"')
    yield _box(strip.bounds, "#e3e9f0", INK)
    yield _upright(strip, POOL_SIGN)


def _lane(lane: LaneShape, index: int) -> Iterator[str]:
    yield _box(lane.bounds, PALE if index % 2 else "#ffffff", LINE)
    yield _box(lane.strip.bounds, "#eef2f6", LINE)
    yield _upright(lane.strip, 12)


def _box(box: Bounds, fill: str, stroke: str, more: str = "") -> str:
    return f'<rect x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}" fill="{fill}" stroke="{stroke}"{more}/>'


def _upright(strip: Strip, size: int) -> str:
    box = strip.bounds
    rows = [
        f'<text transform="translate({box.cx + (2 * n - len(strip.lines) + 1) * 7} {box.y + box.h // 2}) rotate(-90)"'
        f' font-size="{size}" text-anchor="middle" dominant-baseline="central">{escape(line)}</text>'
        for n, line in enumerate(strip.lines)
    ]
    return "".join(rows)


def _scope(shape: Shape, look: Look) -> Iterator[str]:
    box = shape.bounds
    yield (
        f'<rect id="{shape.element.id}" x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}" rx="10"'
        f' fill="{look.fill}" fill-opacity="0.35" stroke="{look.stroke}" stroke-width="1.5"/>'
    )
    if shape.words is not None:
        for n, line in enumerate(shape.lines):
            y = shape.words.y + 12 + n * PITCH
            yield f'<text x="{shape.words.x}" y="{y}" font-weight="bold" font-size="13">{escape(line)}</text>'


def _edge(edge: Edge, colour: str, ways: Sequence[Edge]) -> Iterator[str]:
    id = edge.flow.id
    yield f'<path id="{id}" d="{_rounded(edge.points)}" fill="none" stroke="{colour}" stroke-width="1.3"/>'
    (x1, y1), (x2, y2) = edge.points[-2:]
    dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
    back, side = (x2 - 9 * dx, y2 - 9 * dy), (4 * dy, 4 * dx)
    yield (
        f'<path d="M{x2} {y2}L{back[0] + side[0]} {back[1] + side[1]}L{back[0] - side[0]} {back[1] - side[1]}Z"'
        f' fill="{colour}"/>'
    )
    if edge.flow.default:
        yield _slash(*_own(edge, ways), colour)
    if edge.label is not None:
        yield _named((str(edge.flow.name),), edge.label, SOFT)


def _own(edge: Edge, ways: Sequence[Edge]) -> tuple[Point, Point]:
    """The first stretch that an edge shares with no other way out of its gateway: its mark there cannot be misread."""
    for start, after in pairwise(edge.points):
        dx, dy = (after[0] > start[0]) - (after[0] < start[0]), (after[1] > start[1]) - (after[1] < start[1])
        shared = [
            (goal[0] - start[0]) * dx + (goal[1] - start[1]) * dy
            for way in ways
            if way is not edge
            for begin, goal in pairwise(way.points)
            if begin == start and goal[1 if dx else 0] == start[1 if dx else 0]
        ]
        far = max(0, *shared, 0)
        if far + 2 * MARK < abs(after[0] - start[0]) + abs(after[1] - start[1]):
            return (start[0] + dx * far, start[1] + dy * far), after
    return edge.points[0], edge.points[1]


def _slash(start: Point, after: Point, colour: str) -> str:
    """The mark of the default flow."""
    dx, dy = (after[0] > start[0]) - (after[0] < start[0]), (after[1] > start[1]) - (after[1] < start[1])
    x, y = start[0] + MARK * dx, start[1] + MARK * dy
    return f'<path d="M{x - 4} {y + 4}L{x + 4} {y - 4}" stroke="{colour}" stroke-width="1.3"/>'


def _rounded(points: tuple[Point, ...]) -> str:
    """A path along the points with rounded corners."""
    made = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        room = min(CORNER, *(int(hypot(a[0] - b[0], a[1] - b[1]) / 2) for a, b in pairwise((before, corner, after))))
        into, out = _towards(corner, before, room), _towards(corner, after, room)
        made.append(f"L{into[0]} {into[1]}Q{corner[0]} {corner[1]} {out[0]} {out[1]}")
    made.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(made)


def _towards(start: Point, goal: Point, by: int) -> Point:
    dx, dy = (goal[0] > start[0]) - (goal[0] < start[0]), (goal[1] > start[1]) - (goal[1] < start[1])
    return start[0] + dx * by, start[1] + dy * by


def _named(lines: tuple[str, ...], at: Bounds, colour: str, anchor: str = "start") -> str:
    """The lines of a name in its rectangle; a white rim keeps it readable over a line."""
    x = at.cx if anchor == "middle" else at.x
    rows = [
        f'<text x="{x}" y="{at.y + 11 + n * PITCH}" fill="{colour}" text-anchor="{anchor}" stroke="#ffffff"'
        f' stroke-width="3" paint-order="stroke" stroke-linejoin="round">{escape(line)}</text>'
        for n, line in enumerate(lines)
    ]
    return "".join(rows)


def _node(shape: Shape, look: Look) -> Iterator[str]:
    kind = shape.element.kind
    yield f'<g id="{shape.element.id}"><title>{escape(shape.element.note or shape.element.label)}</title>'
    if kind in GATEWAYS:
        yield _gateway(shape, look)
    elif kind in (START, END, BOUNDARY):
        yield _event(shape, look)
    else:
        yield _task(shape, look)
    if shape.label is not None:
        edge = shape.element.edge if look is _PLAIN else None
        colour = {"warning": "#8a5d00", "due": "#b83232"}.get(edge or "", SOFT)
        yield _named(shape.lines, shape.label, colour, "start" if kind == BOUNDARY else "middle")
    yield "</g>"


def _gateway(shape: Shape, look: Look) -> str:
    box = shape.bounds
    x, y = box.cx, box.y + box.h // 2
    corners = f"M{x} {box.y}L{box.right} {y}L{x} {box.bottom}L{box.x} {y}Z"
    rim = f'<path d="{corners}" fill="{look.fill}" stroke="{look.stroke}"'
    if shape.element.kind == EXCLUSIVE:
        sign = f"M{x - 8} {y - 8}L{x + 8} {y + 8}M{x + 8} {y - 8}L{x - 8} {y + 8}"
    else:
        sign = f"M{x - 11} {y}H{x + 11}M{x} {y - 11}V{y + 11}"
    return f'{rim} stroke-width="1.5"/><path d="{sign}" stroke="{look.stroke}" stroke-width="3" fill="none"/>'


def _event(shape: Shape, look: Look) -> str:
    box, element = shape.bounds, shape.element
    x, y = box.cx, box.y + box.h // 2
    circle = f'<circle cx="{x}" cy="{y}" fill="{look.fill}" stroke="{look.stroke}"'
    if element.kind != BOUNDARY:
        return f'{circle} r="18" stroke-width="{1.5 if element.kind == START else 3.5}"/>'
    stroke = {"warning": "#c98a00", "due": "#c03a3a"}.get(element.edge or "", INK) if look is _PLAIN else look.stroke
    dash = "" if element.interrupting else ' stroke-dasharray="4 2.5"'
    hands = f'<path d="M{x} {y - 7}V{y}L{x + 5} {y + 3}" fill="none" stroke="{stroke}" stroke-width="1.3"/>'
    rims = "".join(
        f'<circle cx="{x}" cy="{y}" r="{r}" fill="{look.fill}" stroke="{stroke}" stroke-width="1.2"{dash}/>'
        for r in (18, 14)
    )
    return f'{rims}<circle cx="{x}" cy="{y}" r="10" fill="none" stroke="{stroke}" stroke-width="1.2"/>{hands}'


def _task(shape: Shape, look: Look) -> str:
    box, element = shape.bounds, shape.element
    wide = 3 if element.kind == CALL else 1.5
    parts = [
        f'<rect x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}" rx="10" fill="{look.fill}"'
        f' stroke="{look.stroke}" stroke-width="{wide}"/>'
    ]
    if element.kind == USER:
        parts.append(_person(box.x + 13, box.y + 13, look.stroke))
    elif element.kind == SEND:
        x, y = box.x + 8, box.y + 8
        parts.append(f'<path d="M{x} {y}h18v12h-18zM{x} {y}l9 7l9-7" fill="{look.stroke}" stroke="{look.fill}"/>')
    elif element.kind == CALL:
        x, y = box.cx, box.bottom - 9
        parts.append(f'<rect x="{x - 7}" y="{y - 7}" width="14" height="14" fill="none" stroke="{look.stroke}"/>')
        parts.append(f'<path d="M{x - 4} {y}h8M{x} {y - 4}v8" stroke="{look.stroke}"/>')
    if shape.words is not None:
        for n, line in enumerate(shape.lines):
            y = shape.words.y + 11 + n * PITCH
            parts.append(f'<text x="{box.cx}" y="{y}" text-anchor="middle">{escape(line)}</text>')
    return "".join(parts)


def _person(x: int, y: int, colour: str) -> str:
    return (
        f'<g fill="none" stroke="{colour}" stroke-width="1.2"><circle cx="{x}" cy="{y - 5}" r="3"/>'
        f'<path d="M{x - 6} {y + 5}c0-8 12-8 12 0z"/></g>'
    )


def _legend(y: int, lang: Lang) -> Iterator[str]:
    x = MARGIN
    for look in LOOKS.values():
        name = Text(look.zh, look.en).text(lang)
        yield f'<rect x="{x}" y="{y}" width="22" height="14" rx="3" fill="{look.fill}" stroke="{look.stroke}"/>'
        yield f'<text x="{x + 28}" y="{y + 12}">{escape(name)}</text>'
        x += LEGEND_STEP + text_width(name)


def _legend_width(lang: Lang) -> int:
    return MARGIN + sum(LEGEND_STEP + text_width(Text(look.zh, look.en).text(lang)) for look in LOOKS.values())
