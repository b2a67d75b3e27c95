"""From the block tree to coordinates: measure bottom-up, place top-down, then give every row its height.

x comes from the block, y from a grid of lanes and rows. Blocks that can run at the same time get rows of their own, blocks
that follow each other share them. An edge is routed by its role, never searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from govflow.bpmn.blocks import (
    CALL, EVENTS, GATEWAYS, SUB, Activity, Block, Choice, Element, Flow, Intake, Lane, Network, Process, Row,
    Scope, Watch, elements, entry, first_of, flows, last_of, leave,
)  # fmt: skip
from govflow.bpmn.geometry import Bounds, Diagram, Edge, LaneShape, Point, Shape, text_width

TASK_W, TASK_H, EVENT, GATE = 110, 70, 36, 50
GAP = 40  # between blocks in a row
ASK = 48  # after a split: room for two Chinese signs on the flow
TIMER_STEP, TIMER_FIRST = 60, 26
COMB = 40  # below a host: half a timer, its label, then the line that gathers
PAD_X, PAD_TOP, PAD_BOTTOM = 30, 34, 20
ROW_GAP, LANE_PAD = 10, 14
SLOT = 64  # a join or a split of a network, and the way round it
HEADER = 30  # the label strips of pool and lanes
MARGIN = 20

Cell = tuple[str, int]
Rows = dict[str, tuple[int, int]]
Offsets = dict[str, int]


@dataclass(frozen=True, slots=True)
class Size:
    """How much room a block takes: its width, and from which to which row in each lane."""

    width: int
    rows: Rows


@dataclass(frozen=True, slots=True)
class Route:
    """How an edge runs: `H` level or in an elbow at x = `at`, `V` down, `VH`, `HV`, or `VHV` on a row or a comb."""

    kind: str
    at: int | None = None
    row: Cell | None = None
    comb: str | None = None


@dataclass(slots=True)
class Draft:
    """The picture while it is placed."""

    x: dict[str, int] = field(default_factory=dict)
    size: dict[str, tuple[int, int]] = field(default_factory=dict)
    cell: dict[str, Cell] = field(default_factory=dict)
    hung: dict[str, tuple[str, bool]] = field(default_factory=dict)
    below: dict[str, int] = field(default_factory=dict)
    lines: dict[str | None, list[Cell]] = field(default_factory=dict)
    routes: dict[tuple[str, str], Route] = field(default_factory=dict)
    measured: dict[int, Size] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)

    def put(self, element: Element, x: int, rows: Offsets, row: int = 0, width: int | None = None) -> int:
        """Stand an element at x in a row of its lane; gives the x after it."""
        w, h = _size(element)
        w = width or w
        self.x[element.id], self.size[element.id] = x, (w, h)
        self.cell[element.id] = (element.lane, rows.get(element.lane, 0) + row)
        return x + w


def _size(element: Element) -> tuple[int, int]:
    if element.kind in EVENTS:
        return EVENT, EVENT
    if element.kind in GATEWAYS:
        return GATE, GATE
    return (140 if element.kind == CALL else TASK_W), TASK_H


# --- measure -------------------------------------------------------------------------------------------------------


def _measure(draft: Draft, block: Block) -> Size:
    found = draft.measured.get(id(block))
    if found is None:
        match block:
            case Activity():
                found = _measure_activity(block)
            case Row(blocks):
                sizes = [_measure(draft, each) for each in blocks]
                found = Size(sum(s.width for s in sizes) + GAP * (len(sizes) - 1), _union(*(s.rows for s in sizes)))
            case Choice():
                found = _measure_choice(draft, block)
            case Scope():
                found = _measure_scope(draft, block)
            case Network():
                found = _plan(draft, block).size
            case Intake():
                found = _measure_intake(draft, block)
        draft.measured[id(block)] = found
    return found


def _union(*all_rows: Rows) -> Rows:
    joined: Rows = {}
    for rows in all_rows:
        for lane, (top, bottom) in rows.items():
            old = joined.get(lane, (top, bottom))
            joined[lane] = (min(old[0], top), max(old[1], bottom))
    return joined


def _host_width(activity: Activity) -> int:
    count = len(activity.watch.timers) if activity.watch else 0
    count += activity.deemed is not None
    return max(_size(activity.node)[0], TIMER_STEP * count + 10 if count else 0)


def _watch_width(watch: Watch | None) -> int:
    if watch is None:
        return 0
    return TASK_W + 24 + EVENT + (GATE + 25 if watch.gather else 0)


def _measure_activity(activity: Activity) -> Size:
    width = _host_width(activity) + (GAP + GATE if activity.rejoin else 0)
    lapse = 36 + EVENT if activity.lapse else 0
    return Size(max(width, _watch_width(activity.watch) + lapse), {activity.node.lane: (0, int(bool(activity.watch)))})


def _stacked(draft: Draft, choice: Choice) -> tuple[list[Offsets], Rows]:
    """For each branch how far its rows move so that no two branches share one."""
    used: Rows = {choice.split.lane: (0, 0)}
    offsets: list[Offsets] = []
    for branch in choice.branches:
        lane = choice.split.lane
        if branch.block is None:
            row = used[lane][0] - 1 if branch.side == "up" else used[lane][1] + 1 if branch.side == "down" else 0
            offsets.append({lane: row})
            used = _union(used, {lane: (row, row)})
            continue
        rows = _measure(draft, branch.block).rows
        moved: Offsets = {}
        for lane, (top, bottom) in rows.items():
            if lane in used and branch.side != "straight":
                moved[lane] = used[lane][0] - 1 - bottom if branch.side == "up" else used[lane][1] + 1 - top
        offsets.append(moved)
        used = _union(used, {lane: (t + moved.get(lane, 0), b + moved.get(lane, 0)) for lane, (t, b) in rows.items()})
    return offsets, used


def _measure_choice(draft: Draft, choice: Choice) -> Size:
    widest = max((_measure(draft, b.block).width for b in choice.branches if b.block is not None), default=60)
    merge = GAP + GATE if choice.merge else 0
    return Size(GATE + ASK + widest + merge, _stacked(draft, choice)[1])


def _measure_scope(draft: Draft, scope: Scope) -> Size:
    inner = _measure(draft, scope.content)
    rows = _union(inner.rows, {scope.node.lane: (0, 0)})
    width = max(inner.width + 2 * PAD_X, 12 * len(scope.node.label) + 30)
    if scope.watch is None:
        return Size(width, rows)
    top, bottom = rows[scope.node.lane]
    rows[scope.node.lane] = (top - 1, bottom) if scope.over else (top, bottom + 1)
    hung = TIMER_STEP * len(scope.watch.timers) + 40 if scope.over else 0
    return Size(max(width, hung + _watch_width(scope.watch) + 20), rows)


def _measure_intake(draft: Draft, intake: Intake) -> Size:
    rows = _union(_measure(draft, intake.accept).rows, _measure(draft, intake.supplement).rows)
    rows = _union(rows, {intake.decide.lane: (-1, 0)})
    inner = max(_measure(draft, intake.accept).width, _measure(draft, intake.supplement).width)
    return Size(GATE + GAP + inner + GAP + GATE + 2 * ASK + GATE, rows)


# --- place ---------------------------------------------------------------------------------------------------------


def _place(draft: Draft, block: Block, x: int, rows: Offsets, inside: str | None) -> None:
    match block:
        case Activity():
            _place_activity(draft, block, x, rows)
        case Row(blocks):
            for each in blocks:
                _place(draft, each, x, rows, inside)
                x += _measure(draft, each).width + GAP
            for before, after in zip(blocks, blocks[1:], strict=False):
                last, first = leave(before), entry(after)
                if last is not None:
                    draft.routes[last.id, first.id] = Route("H", draft.x[first.id] - GAP // 2)
        case Choice():
            _place_choice(draft, block, x, rows, inside)
        case Scope():
            _place_scope(draft, block, x, rows)
        case Network():
            _place_network(draft, block, x, rows, inside)
        case Intake():
            _place_intake(draft, block, x, rows)


def _place_activity(draft: Draft, activity: Activity, x: int, rows: Offsets) -> None:
    node, watch = activity.node, activity.watch
    width = _host_width(activity)
    right = draft.put(node, x, rows, width=width)
    timers = (*(watch.timers if watch else ()), *((activity.deemed,) if activity.deemed else ()))
    for index, timer in enumerate(timers):
        _hang(draft, timer, node.id, x + TIMER_FIRST + TIMER_STEP * index)
    if watch is not None:
        _place_watch(draft, watch, x, rows, 1)
    if activity.rejoin is not None:
        draft.put(activity.rejoin, right + GAP, rows)
    if activity.lapse is not None:
        draft.put(activity.lapse, x + _watch_width(watch) + 36, rows, row=1)
    onward = activity.rejoin or activity.lapse
    if activity.deemed is not None and onward is not None:
        draft.routes[activity.deemed.id, onward.id] = Route("VHV", comb=node.id)


def _hang(draft: Draft, timer: Element, host: str, centre: int, over: bool = False) -> None:
    draft.x[timer.id], draft.size[timer.id] = centre - EVENT // 2, (EVENT, EVENT)
    draft.hung[timer.id] = (host, over)
    if not over:
        draft.below[host] = COMB + 4


def _place_watch(draft: Draft, watch: Watch, x: int, rows: Offsets, row: int) -> None:
    """The reminder under its host: the first timer drops straight into it, the others come along the comb."""
    first = watch.gather or watch.remind
    if watch.gather is not None:
        x = draft.put(watch.gather, x + TIMER_FIRST - GATE // 2, rows, row) + 24
    x = draft.put(watch.remind, x, rows, row) + 24
    draft.put(watch.end, x, rows, row)
    for timer in watch.timers:
        draft.routes[timer.id, first.id] = Route("VHV", comb=timer.host) if watch.gather else Route("V")


def _place_choice(draft: Draft, choice: Choice, x: int, rows: Offsets, inside: str | None) -> None:
    split, merge = choice.split, choice.merge
    start = draft.put(split, x, rows) + ASK
    if merge is not None:
        draft.put(merge, x + _measure(draft, choice).width - GATE, rows)
    for branch, moved in zip(choice.branches, _stacked(draft, choice)[0], strict=True):
        if branch.block is None:
            if merge is None:
                continue
            row = rows.get(split.lane, 0) + moved[split.lane]
            line = moved[split.lane] != 0
            draft.routes[split.id, merge.id] = Route("VHV", row=(split.lane, row)) if line else Route("H")
            if line:
                draft.lines.setdefault(inside, []).append((split.lane, row))
            continue
        offsets = rows | {lane: rows.get(lane, 0) + by for lane, by in moved.items()}
        _place(draft, branch.block, start, offsets, inside)
        draft.routes[split.id, entry(branch.block).id] = Route("VH")
        last = leave(branch.block)
        if last is not None and merge is not None:
            draft.routes[last.id, merge.id] = Route("HV")


def _place_scope(draft: Draft, scope: Scope, x: int, rows: Offsets) -> None:
    size = _measure(draft, scope)
    draft.put(scope.node, x, rows, width=size.width)
    _place(draft, scope.content, x + PAD_X, rows, scope.node.id)
    watch = scope.watch
    if watch is None:
        return
    top, bottom = size.rows[scope.node.lane]
    if not scope.over:
        for index, timer in enumerate(watch.timers):
            _hang(draft, timer, scope.node.id, x + TIMER_FIRST + TIMER_STEP * index)
        _place_watch(draft, watch, x, rows, bottom)
        return
    draft.over.add(scope.node.id)
    for index, timer in enumerate(watch.timers):
        _hang(draft, timer, scope.node.id, x + 40 + TIMER_STEP * index, over=True)
    after = x + 40 + TIMER_STEP * len(watch.timers) + 10
    _place_watch(draft, watch, after, rows, top)
    for timer in watch.timers:
        draft.routes[timer.id, (watch.gather or watch.remind).id] = Route("VH")


def _place_intake(draft: Draft, intake: Intake, x: int, rows: Offsets) -> None:
    inner = max(_measure(draft, intake.accept).width, _measure(draft, intake.supplement).width)
    at = draft.put(intake.received, x, rows) + GAP
    _place(draft, intake.accept, at, rows, None)
    _place(draft, intake.supplement, at, rows, None)
    right = draft.put(intake.decide, at + inner + GAP, rows)
    draft.put(intake.refused, right + ASK - 12, rows, row=-1)
    draft.put(intake.accepted, right + 2 * ASK, rows)
    task, supplement = intake.accept.node.id, intake.supplement.node.id
    draft.routes[intake.decide.id, intake.refused.id] = Route("VH")
    draft.routes[intake.decide.id, supplement] = Route("VH")
    draft.routes[supplement, intake.received.id] = Route("HV")
    if intake.accept.deemed is not None:
        draft.routes[intake.accept.deemed.id, intake.accepted.id] = Route("VHV", comb=task)


# --- networks ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the items of a network stand: column and row of each, and the x of slots and channels."""

    size: Size
    body: dict[str, int]
    joins: dict[str, int]
    splits: dict[str, int]
    elbows: dict[str, int]
    moved: dict[str, Offsets]
    end: int


def _levels(network: Network) -> dict[str, int]:
    before = {v.id: [s for s, t in network.edges if t == v.id] for v in network.vertices}
    levels: dict[str, int] = {}
    while len(levels) < len(before):
        for id, sources in before.items():
            if id not in levels and all(source in levels for source in sources):
                levels[id] = 1 + max((levels[source] for source in sources), default=-1)
    return levels


def _plan(draft: Draft, network: Network) -> Plan:
    levels = _levels(network)
    moved, rows = _packed(draft, network, levels)
    x = EVENT + (GAP + GATE if network.split else 0) + 10
    body: dict[str, int] = {}
    joins: dict[str, int] = {}
    splits: dict[str, int] = {}
    elbows: dict[str, int] = {}
    for column in range(max(levels.values()) + 1):
        here = [v for v in network.vertices if levels[v.id] == column]
        for v in here:
            x += 14
            elbows[v.id] = x
        x += 24
        for v in (v for v in here if v.join is not None):
            joins[v.id] = x
            x += SLOT
        body |= {v.id: x for v in here}
        x += max(_measure(draft, v.block).width for v in here)
        for v in (v for v in here if v.split is not None):
            splits[v.id] = x + 24
            x += SLOT + 10
    end = x + GAP
    width = end + (GATE + GAP if network.join else 0) + EVENT
    size = Size(width, _union(rows, {network.start.lane: (0, 0)}))
    return Plan(size, body, joins, splits, elbows, moved, end)


def _packed(draft: Draft, network: Network, levels: dict[str, int]) -> tuple[dict[str, Offsets], Rows]:
    """Rows for the items of each lane: an item keeps its row as far as its edges run along it."""
    groups: dict[str, list[tuple[Rows, list[tuple[int, int]], list[str]]]] = {}
    for vertex in sorted(network.vertices, key=lambda v: levels[v.id]):
        lane = entry(vertex.block).lane
        span = _span(network, vertex.id, levels)
        rows = _measure(draft, vertex.block).rows
        for index, (held, spans, ids) in enumerate(groups.setdefault(lane, [])):
            if all(span[1] < left or right < span[0] for left, right in spans):
                groups[lane][index] = (_union(held, rows), [*spans, span], [*ids, vertex.id])
                break
        else:
            groups[lane].append((rows, [span], [vertex.id]))
    moved: dict[str, Offsets] = {}
    total: Rows = {}
    for lane, held_groups in groups.items():
        if lane == network.start.lane:
            total = _union(total, {lane: (0, 0)})
        for held, _, ids in held_groups:
            by = 0 if lane not in total else total[lane][1] + 1 - held[lane][0]
            moved |= {id: {lane: by} for id in ids}
            total = _union(total, {lane: (held[lane][0] + by, held[lane][1] + by)})
    return moved, total


def _span(network: Network, id: str, levels: dict[str, int]) -> tuple[int, int]:
    """The columns through which an item's row is taken, by itself or by a long edge."""
    sources = [s for s, t in network.edges if t == id]
    targets = [t for s, t in network.edges if s == id]
    fan_out = {s for s in sources if sum(source == s for source, _ in network.edges) > 1}
    left = min([levels[id], *(levels[s] + 1 for s in fan_out)])
    if not targets:
        return left, max(levels.values())
    return left, levels[id] if len(targets) > 1 else max(levels[id], levels[targets[0]] - 1)


def _place_network(draft: Draft, network: Network, x: int, rows: Offsets, inside: str | None) -> None:
    plan = _plan(draft, network)
    by_id = {v.id: v for v in network.vertices}
    at = draft.put(network.start, x, rows)
    if network.split is not None:
        draft.put(network.split, at + GAP, rows)
    for v in network.vertices:
        offsets = rows | {lane: rows.get(lane, 0) + by for lane, by in plan.moved[v.id].items()}
        _place(draft, v.block, x + plan.body[v.id], offsets, inside)
        if v.join is not None:
            draft.put(v.join, x + plan.joins[v.id], offsets)
        if v.split is not None:
            draft.put(v.split, x + plan.splits[v.id], offsets)
        if not any(target == v.id for _, target in network.edges):
            start, first = network.split or network.start, first_of(v)
            draft.routes[start.id, first.id] = Route("VH") if network.split else Route("H", x + plan.elbows[v.id])
    end = x + plan.end
    if network.join is not None:
        end = draft.put(network.join, end, rows) + GAP
    draft.put(network.end, end, rows)
    for source, target in network.edges:
        last, first = last_of(by_id[source]), first_of(by_id[target])
        kind = "VH" if by_id[source].split else "HV" if by_id[target].join else "H"
        draft.routes[last.id, first.id] = Route(kind, x + plan.elbows[target])
    for v in network.vertices:
        if not any(source == v.id for source, _ in network.edges):
            goal = network.join or network.end
            draft.routes[last_of(v).id, goal.id] = Route("HV") if network.join else Route("H", end - GAP // 2)


# --- rows get their height -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Heights:
    """For each cell how far the picture reaches above and below its centre line."""

    reach: dict[Cell, tuple[int, int]] = field(default_factory=dict)

    def add(self, cell: Cell, above: int, below: int) -> None:
        """Make room in a row."""
        old = self.reach.get(cell, (0, 0))
        self.reach[cell] = (max(old[0], above), max(old[1], below))


def _reach(element: Element, draft: Draft) -> tuple[int, int]:
    half = draft.size[element.id][1] // 2
    if element.kind in GATEWAYS:
        room = 20 if element.label else 0
        return half + room, half + room
    if element.kind in EVENTS:
        return half, half + 20
    return half, half + draft.below.get(element.id, 0)


def _heights(
    draft: Draft, inside: str | None, children: dict[str | None, list[Element]], order: dict[str, int],
    frames: dict[str, tuple[Cell, int, Cell, int]],
) -> Heights:  # fmt: skip
    """Rows of one sub-process (or of the whole process), the frames of the inner ones noted on the way."""
    found = Heights()
    for cell in draft.lines.get(inside, ()):
        found.add(cell, 18, 4)
    for element in children.get(inside, ()):
        if element.id in draft.hung:
            continue
        if element.kind != SUB:
            found.add(draft.cell[element.id], *_reach(element, draft))
            continue
        inner = _heights(draft, element.id, children, order, frames)
        cells = sorted(inner.reach, key=lambda cell: (order[cell[0]], cell[1]))
        first, last = cells[0], cells[-1]
        top, bottom = inner.reach[first][0] + PAD_TOP, inner.reach[last][1] + PAD_BOTTOM
        frames[element.id] = (first, top, last, bottom)
        for cell, (above, below) in inner.reach.items():
            found.add(cell, above, below)
        found.add(first, top + (COMB if element.id in draft.over else 0), 0)
        found.add(last, 0, bottom + draft.below.get(element.id, 0))
    return found


def _rows_to_y(heights: Heights, lanes: tuple[Lane, ...], order: dict[str, int]) -> tuple[dict[Cell, int], list[int]]:
    """The centre of every row, and the borders of the lanes."""
    y = MARGIN
    centres: dict[Cell, int] = {}
    borders = [y]
    names = {lane.key: lane.name for lane in lanes}
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


# --- the finished picture ------------------------------------------------------------------------------------------


def lay_out(process: Process) -> Diagram:
    """Coordinates for one process: the same tree always gives the same picture. Lengths are pixels, y grows downwards."""
    draft = Draft()
    keys = [lane.key for lane in process.lanes] or [""]
    order = {key: index for index, key in enumerate(keys)}
    left = MARGIN + (2 * HEADER + 24 if process.lanes else 0)
    _place(draft, process.tree, left, {}, None)
    children: dict[str | None, list[Element]] = {}
    for element, parent in elements(process.tree):
        children.setdefault(parent, []).append(element)
    frames: dict[str, tuple[Cell, int, Cell, int]] = {}
    heights = _heights(draft, None, children, order, frames)
    centres, borders = _rows_to_y(heights, process.lanes, order)
    bounds = _bounds(draft, centres, frames)
    right = max(each.right for each in bounds.values()) + 30
    edges = tuple(_edge(draft, flow, bounds, centres) for flow, _ in flows(process.tree))
    shapes = tuple(_shape(draft, each, parent, bounds, edges) for each, parent in elements(process.tree))
    if not process.lanes:
        return Diagram(process, None, (), shapes, edges, right, borders[-1] + MARGIN)
    pool = Bounds(MARGIN, MARGIN, right - MARGIN, borders[-1] - MARGIN)
    lanes = tuple(
        LaneShape(lane, Bounds(MARGIN + HEADER, borders[n], pool.w - HEADER, borders[n + 1] - borders[n]))
        for n, lane in enumerate(process.lanes)
    )
    return Diagram(process, pool, lanes, shapes, edges, right + MARGIN, borders[-1] + MARGIN)


def _bounds(draft: Draft, centres: dict[Cell, int], frames: dict[str, tuple[Cell, int, Cell, int]]) -> dict[str, Bounds]:
    found: dict[str, Bounds] = {}
    for id, cell in draft.cell.items():
        w, h = draft.size[id]
        if id in frames:
            first, above, last, below = frames[id]
            top = centres[first] - above
            found[id] = Bounds(draft.x[id], top, w, centres[last] + below - top, centres[cell])
        else:
            found[id] = Bounds(draft.x[id], centres[cell] - h // 2, w, h, centres[cell])
    for id, (host, over) in draft.hung.items():
        border = found[host].y if over else found[host].bottom
        found[id] = Bounds(draft.x[id], border - EVENT // 2, EVENT, EVENT, border)
    return found


def _edge(draft: Draft, flow: Flow, bounds: dict[str, Bounds], centres: dict[Cell, int]) -> Edge:
    source, target = bounds[flow.source], bounds[flow.target]
    route = draft.routes.get((flow.source, flow.target), Route("H"))
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
    start, end = (source.right, source.port), (target.x, target.port)
    if level:
        return [start, end]
    at = route.at if route.at is not None else (source.right + target.x) // 2
    return [start, (at, source.port), (at, target.port), end]


def _flow_label(flow: Flow, points: tuple[Point, ...]) -> Bounds | None:
    """The name of a flow stands on its first level stretch, near the gateway."""
    if not flow.name:
        return None
    width = text_width(flow.name)
    for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False):
        if y1 == y2:
            x = x1 + 6 if x2 > x1 else x1 - 6 - width
            return Bounds(x, y1 - 17, width, 14)
    return None


def _shape(draft: Draft, element: Element, parent: str | None, bounds: dict[str, Bounds], edges: tuple[Edge, ...]) -> Shape:
    box = bounds[element.id]
    if not element.label or element.kind not in (*EVENTS, *GATEWAYS):
        return Shape(element, parent, box, None)
    width = text_width(element.label)
    if element.id in draft.hung:
        over = draft.hung[element.id][1]
        return Shape(element, parent, box, Bounds(box.cx + 4, box.y - 16 if over else box.bottom + 1, width, 14))
    above = element.kind in GATEWAYS and any(
        edge.flow.source == element.id and edge.points[0][1] == box.bottom for edge in edges
    )
    y = box.y - 18 if above else box.bottom + 3
    return Shape(element, parent, box, Bounds(box.cx - width // 2, y, width, 14))


def diagrams(processes: tuple[Process, ...]) -> Iterator[Diagram]:
    """The pictures of all processes of a definition, its own first."""
    return (lay_out(process) for process in processes)
