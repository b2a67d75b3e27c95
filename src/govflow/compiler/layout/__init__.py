"""From the block tree to coordinates: measure bottom-up, place top-down, then give every row its height.

x comes from the block, y from a grid of lanes and rows. Blocks that can run at the same time get rows of their own,
blocks that follow each other share them. An edge is routed by its role, never searched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from govflow.compiler.blocks import EVENTS, GATEWAYS, SUB, Element, Flow, Lane, Process, elements, flows
from govflow.compiler.layout.canvas import (
    COMB,
    EVENT,
    LANE_NAME,
    LANE_PAD,
    MARGIN,
    PAD_BOTTOM,
    PAD_TOP,
    POOL_SIGN,
    ROW_GAP,
    Canvas,
    Cell,
    Route,
)
from govflow.compiler.layout.geometry import LINE, Bounds, Diagram, Edge, LaneShape, Point, Shape, text_width
from govflow.compiler.layout.names import flow_words, note_sides, room, strip, strip_width, upright, words
from govflow.compiler.layout.placement import place


@dataclass(slots=True)
class Heights:
    """For each cell how far the picture reaches above and below its centre line."""

    reach: dict[Cell, tuple[int, int]] = field(default_factory=dict)

    def add(self, cell: Cell, above: int, below: int) -> None:
        """Make room in a row."""
        old = self.reach.get(cell, (0, 0))
        self.reach[cell] = (max(old[0], above), max(old[1], below))


def _reach(element: Element, canvas: Canvas) -> tuple[int, int]:
    half = canvas.size[element.id][1] // 2
    if element.kind in GATEWAYS or element.kind in EVENTS:
        above, below = room(element, canvas)
        return half + above, half + below
    return half, half + canvas.below.get(element.id, 0)


def _heights(
    canvas: Canvas, inside: str | None, children: dict[str | None, list[Element]], order: dict[str, int],
    frames: dict[str, tuple[Cell, int, Cell, int]],
) -> Heights:  # fmt: skip
    """Rows of one sub-process (or of the whole process), the frames of the inner ones noted on the way."""
    found = Heights()
    for cell in canvas.lines.get(inside, ()):
        found.add(cell, 18, 4)
    for element in children.get(inside, ()):
        if element.id in canvas.hung:
            continue
        if element.kind != SUB:
            found.add(canvas.cell[element.id], *_reach(element, canvas))
            continue
        inner = _heights(canvas, element.id, children, order, frames)
        cells = sorted(inner.reach, key=lambda cell: (order[cell[0]], cell[1]))
        first, last = cells[0], cells[-1]
        top, bottom = (
            inner.reach[first][0] + PAD_TOP + LINE * (len(canvas.names[element.id]) - 1),
            inner.reach[last][1] + PAD_BOTTOM,
        )
        frames[element.id] = (first, top, last, bottom)
        for cell, (above, below) in inner.reach.items():
            found.add(cell, above, below)
        found.add(first, top + (COMB if element.id in canvas.over else 0), 0)
        found.add(last, 0, bottom + canvas.below.get(element.id, 0))
    return found


def _rows_to_y(heights: Heights, lanes: tuple[Lane, ...], order: dict[str, int]) -> tuple[dict[Cell, int], list[int]]:
    """The centre of every row, and the borders of the lanes."""
    y = MARGIN
    centres: dict[Cell, int] = {}
    borders = [y]
    names = {lane.key: str(lane.name) for lane in lanes}
    for lane in sorted(order, key=lambda key: order[key]):
        top = y
        y += LANE_PAD
        for cell in sorted(cell for cell in heights.reach if cell[0] == lane):
            above, below = heights.reach[cell]
            centres[cell] = y + above
            y += above + below + ROW_GAP
        y += LANE_PAD - ROW_GAP
        least = min(text_width(names.get(lane, "")) + 16, LANE_NAME)
        if lanes and y - top < least:
            spare = (least - (y - top)) // 2
            centres.update({cell: at + spare for cell, at in centres.items() if cell[0] == lane})
            y = top + least
        borders.append(y)
    return centres, borders


def lay_out(process: Process) -> Diagram:
    """Coordinates for one process, in pixels, y downwards: the same tree always gives the same picture."""
    canvas = Canvas()
    keys = [lane.key for lane in process.lanes] or [""]
    order = {key: index for index, key in enumerate(keys)}
    place(canvas, process.tree, 0, {}, None)
    note_sides(canvas, order)
    held = list(elements(process.tree))
    children: dict[str | None, list[Element]] = {}
    for element, parent in held:
        children.setdefault(parent, []).append(element)
    frames: dict[str, tuple[Cell, int, Cell, int]] = {}
    heights = _heights(canvas, None, children, order, frames)
    centres, borders = _rows_to_y(heights, process.lanes, order)
    names = [
        upright(str(lane.name), low - high) for lane, (high, low) in zip(process.lanes, pairwise(borders), strict=False)
    ]
    pool_name = upright(str(process.pool or process.name), borders[-1] - MARGIN, POOL_SIGN)
    pool_strip, lane_strip = strip_width(len(pool_name)), strip_width(max(map(len, names), default=0))
    canvas.left = MARGIN + (pool_strip + lane_strip + 24 if process.lanes else 0)
    bounds = _bounds(canvas, centres, frames)
    edges = tuple(_edge(canvas, flow, bounds, centres) for flow, _ in flows(process.tree))
    shapes = tuple(_shape(canvas, each, parent, bounds) for each, parent in held)
    right = max(each.right for each in (*bounds.values(), *(shape.words for shape in shapes if shape.words))) + 30
    if not process.lanes:
        return Diagram(process, None, None, (), shapes, edges, right, borders[-1] + MARGIN)
    pool = Bounds(MARGIN, MARGIN, right - MARGIN, borders[-1] - MARGIN)
    boxes = [Bounds(MARGIN + pool_strip, high, pool.w - pool_strip, low - high) for high, low in pairwise(borders)]
    lanes = tuple(
        LaneShape(lane, box, strip(box, lines, lane_strip))
        for lane, box, lines in zip(process.lanes, boxes, names, strict=True)
    )
    frame = strip(pool, pool_name, pool_strip)
    return Diagram(process, pool, frame, lanes, shapes, edges, right + MARGIN, borders[-1] + MARGIN)


def _bounds(
    canvas: Canvas, centres: dict[Cell, int], frames: dict[str, tuple[Cell, int, Cell, int]]
) -> dict[str, Bounds]:
    found: dict[str, Bounds] = {}
    for id, cell in canvas.cell.items():
        w, h = canvas.size[id]
        if id in frames:
            first, above, last, below = frames[id]
            top = centres[first] - above
            found[id] = Bounds(canvas.left + canvas.x[id], top, w, centres[last] + below - top, centres[cell])
        else:
            found[id] = Bounds(canvas.left + canvas.x[id], centres[cell] - h // 2, w, h, centres[cell])
    for id, (host, over) in canvas.hung.items():
        border = found[host].y if over else found[host].bottom
        found[id] = Bounds(canvas.left + canvas.x[id], border - EVENT // 2, EVENT, EVENT, border)
    return found


def _edge(canvas: Canvas, flow: Flow, bounds: dict[str, Bounds], centres: dict[Cell, int]) -> Edge:
    source, target = bounds[flow.source], bounds[flow.target]
    route = canvas.routes.get((flow.source, flow.target), Route("H"))
    points = _points(route, source, target, bounds, centres, canvas.left)
    straight = tuple(p for n, p in enumerate(points) if n == 0 or p != points[n - 1])
    return Edge(flow, straight, flow_words(flow, straight))


def _points(
    route: Route, source: Bounds, target: Bounds, bounds: dict[str, Bounds], centres: dict[Cell, int], left: int
) -> list[Point]:
    level = source.port == target.port
    if route.kind == "V":
        return [(source.cx, source.bottom), (source.cx, target.y)]
    if route.kind == "VHV":
        y = centres[route.row] if route.row else bounds[route.comb or ""].bottom + COMB
        down, from_above = y > source.port, y < target.port
        ends = (source.bottom if down else source.y), (target.y if from_above else target.bottom)
        if source.cx == target.cx:
            return [(source.cx, ends[0]), (target.cx, ends[1])]
        return [(source.cx, ends[0]), (source.cx, y), (target.cx, y), (target.cx, ends[1])]
    if route.kind == "VH" and not level:
        side = target.x if target.x > source.cx else target.right
        start = source.bottom if target.port > source.port else source.y
        return [(source.cx, start), (source.cx, target.port), (side, target.port)]
    if route.kind == "HV" and not level:
        side = source.right if target.cx > source.right else source.x
        end = target.y if source.port < target.port else target.bottom
        return [(side, source.port), (target.cx, source.port), (target.cx, end)]
    leaving, coming = (source.right, source.port), (target.x, target.port)
    if level:
        return [leaving, coming]
    at = left + route.at if route.at is not None else (source.right + target.x) // 2
    return [leaving, (at, source.port), (at, target.port), coming]


def _shape(canvas: Canvas, element: Element, parent: str | None, bounds: dict[str, Bounds]) -> Shape:
    box = bounds[element.id]
    return Shape(element, parent, box, canvas.names[element.id], words(element, box, canvas))
