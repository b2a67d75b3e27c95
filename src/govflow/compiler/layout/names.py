"""Where names stand: in the middle of tasks, under or over events and gateways, on flows, upright in strips."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from govflow.compiler.blocks import EVENTS, GATEWAYS, SUB, Element, Flow
from govflow.compiler.layout.canvas import ASIDE_NAME, HEADER, Canvas, clear
from govflow.compiler.layout.geometry import LINE, Bounds, Point, Strip, text_width, wrapped

UNDER, OVER = 3, 4  # between a shape and its name


def note_sides(canvas: Canvas, order: Mapping[str, int]) -> None:
    """Note which nodes a line leaves upwards or downwards, for their names stand on the other side."""
    places = {id: (order[lane], row) for id, (lane, row) in canvas.cell.items()}
    for (source, target), route in canvas.routes.items():
        if source not in places or route.kind not in ("VH", "VHV"):
            continue
        goal = places[target] if route.row is None else (order[route.row[0]], route.row[1])
        if goal != places[source]:
            (canvas.down if goal > places[source] else canvas.up).add(source)


def room(element: Element, canvas: Canvas) -> tuple[int, int]:
    """How far a name reaches over and under its event or gateway."""
    lines = canvas.names[element.id]
    if not lines:
        return 0, 0
    if element.id not in canvas.down:
        return 0, UNDER + LINE * len(lines)
    if element.id in canvas.up:
        lines = canvas.names[element.id] = wrapped(element.label, ASIDE_NAME)
    return OVER + LINE * len(lines), 0


def words(element: Element, box: Bounds, canvas: Canvas) -> Bounds | None:
    """The rectangle of a node's name."""
    lines = canvas.names[element.id]
    if not lines:
        return None
    width, height = max(map(text_width, lines)), LINE * len(lines) - 1
    if element.id in canvas.hung:
        over = canvas.hung[element.id][1]
        return Bounds(box.cx + 4, box.y - 16 if over else box.bottom + 1, width, height)
    if element.kind == SUB:
        left = canvas.titles[element.id]
        return Bounds(box.x + left, box.y + 8, box.w - left - 14, height)
    if element.kind in (*EVENTS, *GATEWAYS):
        down, up = element.id in canvas.down, element.id in canvas.up
        x = box.cx + 6 if down and up else box.cx - width // 2
        return Bounds(x, box.y - OVER - height if down else box.bottom + UNDER, width, height)
    above, below = clear(element.kind, element.id in canvas.below)
    y = min(max(box.port - height // 2, box.y + above), box.bottom - below - height)
    return Bounds(box.cx - width // 2, y, width, height)


def flow_words(flow: Flow, points: tuple[Point, ...]) -> Bounds | None:
    """The name of a flow stands on its first level stretch, near the gateway."""
    if not flow.name.zh:
        return None
    width = text_width(flow.name.zh)
    for (x1, y1), (x2, y2) in pairwise(points):
        if y1 == y2:
            x = x1 + 6 if x2 > x1 else x1 - 6 - width
            return Bounds(x, y1 - 17, width, 14)
    return None


def upright(name: str, room: int, size: int = 12) -> tuple[str, ...]:
    """The lines of a name that is written upright in a strip of this height, in letters of `size` pixels."""
    return wrapped(name, (room - 16) * 12 // size)


def strip(box: Bounds, lines: tuple[str, ...], width: int) -> Strip:
    """The strip at the left border of a pool or a lane."""
    return Strip(Bounds(box.x, box.y, width, box.h), lines)


def strip_width(lines: int) -> int:
    """How wide a strip is for so many lines."""
    return max(HEADER, LINE * lines)
