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
    HEADER,
    LANE_PAD,
    MARGIN,
    PAD_BOTTOM,
    PAD_TOP,
    ROW_GAP,
    Canvas,
    Cell,
    Route,
)
from govflow.compiler.layout.geometry import Bounds, Diagram, Edge, LaneShape, Point, Shape, text_width
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
    if element.kind in GATEWAYS:
        room = 20 if element.label else 0
        return half + room, half + room
    if element.kind in EVENTS:
        return half, half + 20
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
        top, bottom = inner.reach[first][0] + PAD_TOP, inner.reach[last][1] + PAD_BOTTOM
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
        least = min(12 * len(names.get(lane, "")) + 16, 150)
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
    left = MARGIN + (2 * HEADER + 24 if process.lanes else 0)
    place(canvas, process.tree, left, {}, None)
    children: dict[str | None, list[Element]] = {}
    for element, parent in elements(process.tree):
        children.setdefault(parent, []).append(element)
    frames: dict[str, tuple[Cell, int, Cell, int]] = {}
    heights = _heights(canvas, None, children, order, frames)
    centres, borders = _rows_to_y(heights, process.lanes, order)
    bounds = _bounds(canvas, centres, frames)
    right = max(each.right for each in bounds.values()) + 30
    edges = tuple(_edge(canvas, flow, bounds, centres) for flow, _ in flows(process.tree))
    shapes = tuple(_shape(canvas, each, parent, bounds, edges) for each, parent in elements(process.tree))
    if not process.lanes:
        return Diagram(process, None, (), shapes, edges, right, borders[-1] + MARGIN)
    pool = Bounds(MARGIN, MARGIN, right - MARGIN, borders[-1] - MARGIN)
    lanes = tuple(
        LaneShape(lane, Bounds(MARGIN + HEADER, borders[n], pool.w - HEADER, borders[n + 1] - borders[n]))
        for n, lane in enumerate(process.lanes)
    )
    return Diagram(process, pool, lanes, shapes, edges, right + MARGIN, borders[-1] + MARGIN)


def _bounds(
    canvas: Canvas, centres: dict[Cell, int], frames: dict[str, tuple[Cell, int, Cell, int]]
) -> dict[str, Bounds]:
    found: dict[str, Bounds] = {}
    for id, cell in canvas.cell.items():
        w, h = canvas.size[id]
        if id in frames:
            first, above, last, below = frames[id]
            top = centres[first] - above
            found[id] = Bounds(canvas.x[id], top, w, centres[last] + below - top, centres[cell])
        else:
            found[id] = Bounds(canvas.x[id], centres[cell] - h // 2, w, h, centres[cell])
    for id, (host, over) in canvas.hung.items():
        border = found[host].y if over else found[host].bottom
        found[id] = Bounds(canvas.x[id], border - EVENT // 2, EVENT, EVENT, border)
    return found


def _edge(canvas: Canvas, flow: Flow, bounds: dict[str, Bounds], centres: dict[Cell, int]) -> Edge:
    source, target = bounds[flow.source], bounds[flow.target]
    route = canvas.routes.get((flow.source, flow.target), Route("H"))
    points = _points(route, source, target, bounds, centres)
    straight = tuple(p for n, p in enumerate(points) if n == 0 or p != points[n - 1])
    return Edge(flow, straight, _flow_label(flow, straight))


def _points(
    route: Route, source: Bounds, target: Bounds, bounds: dict[str, Bounds], centres: dict[Cell, int]
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
    at = route.at if route.at is not None else (source.right + target.x) // 2
    return [leaving, (at, source.port), (at, target.port), coming]


def _flow_label(flow: Flow, points: tuple[Point, ...]) -> Bounds | None:
    """The name of a flow stands on its first level stretch, near the gateway."""
    if not flow.name.zh:
        return None
    width = text_width(flow.name.zh)
    for (x1, y1), (x2, y2) in pairwise(points):
        if y1 == y2:
            x = x1 + 6 if x2 > x1 else x1 - 6 - width
            return Bounds(x, y1 - 17, width, 14)
    return None


def _shape(
    canvas: Canvas, element: Element, parent: str | None, bounds: dict[str, Bounds], edges: tuple[Edge, ...]
) -> Shape:
    box = bounds[element.id]
    if element.id in canvas.over:
        hung = max(bounds[id].right for id, (host, _) in canvas.hung.items() if host == element.id)
        return Shape(element, parent, box, Bounds(hung + 10, box.y + 8, text_width(element.label), 14))
    if not element.label or element.kind not in (*EVENTS, *GATEWAYS):
        return Shape(element, parent, box, None)
    width = text_width(element.label)
    if element.id in canvas.hung:
        over = canvas.hung[element.id][1]
        return Shape(element, parent, box, Bounds(box.cx + 4, box.y - 16 if over else box.bottom + 1, width, 14))
    above = element.kind in GATEWAYS and any(
        edge.flow.source == element.id and edge.points[0][1] == box.bottom for edge in edges
    )
    y = box.y - 18 if above else box.bottom + 3
    return Shape(element, parent, box, Bounds(box.cx - width // 2, y, width, 14))
