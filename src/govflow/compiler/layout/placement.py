"""Measure the block tree bottom-up, then stand every node in its column, lane and row, and say how each edge runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from govflow.compiler.blocks import (
    CALL,
    Activity,
    Block,
    Choice,
    Element,
    Intake,
    Network,
    Row,
    Scope,
    TimerGroup,
    entry,
    first_of,
    last_of,
    leave,
)
from govflow.compiler.layout.canvas import (
    ASK,
    EVENT,
    GAP,
    GATE,
    MARK,
    PAD_X,
    TIMER_FIRST,
    TIMER_STEP,
    TITLE,
    TITLE_LINE,
    Canvas,
    NetworkGrid,
    Offsets,
    Route,
    Rows,
    Size,
    union,
    width_of,
)
from govflow.compiler.layout.geometry import WIDE, text_width, wrapped
from govflow.compiler.layout.network import grid_of


def _measure(canvas: Canvas, block: Block) -> Size:
    found = canvas.measured.get(id(block))
    if found is None:
        match block:
            case Activity():
                found = _measure_activity(block)
            case Row(blocks):
                sizes = [_measure(canvas, each) for each in blocks]
                found = Size(sum(s.width for s in sizes) + GAP * (len(sizes) - 1), union(*(s.rows for s in sizes)))
            case Choice():
                found = _measure_choice(canvas, block)
            case Scope():
                found = _measure_scope(canvas, block)
            case Network():
                found = _grid(canvas, block).size
            case Intake():
                found = _measure_intake(canvas, block)
        canvas.measured[id(block)] = found
    return found


def _host_width(activity: Activity) -> int:
    count = len(activity.group.timers) if activity.group else 0
    count += activity.deemed is not None
    if activity.node.kind == CALL and count > 1:
        count += count % 2  # as many places left of its mark as right of it
    spare = 10 + _aside(activity.node, count, count)
    return max(width_of(activity.node), _timer_step(_timers(activity)) * count + spare if count else 0)


def _timers(activity: Activity) -> tuple[Element, ...]:
    return (*(activity.group.timers if activity.group else ()), *((activity.deemed,) if activity.deemed else ()))


def _timer_step(timers: Sequence[Element]) -> int:
    """How far apart the timers of one host stand, so that no name runs into the next one."""
    return max([TIMER_STEP, *(text_width(timer.label) + 12 for timer in timers)])


def _aside(node: Element, index: int, count: int) -> int:
    """A call carries its mark in the middle of the lower border: timers right of it make room."""
    return MARK if node.kind == CALL and 2 * index >= count > 1 else 0


def _group_width(group: TimerGroup | None) -> int:
    if group is None:
        return 0
    return width_of(group.remind) + 24 + EVENT + (GATE + 25 if group.gather else 0)


def _measure_activity(activity: Activity) -> Size:
    width = _host_width(activity) + (GAP + GATE if activity.rejoin else 0)
    lapse = 36 + EVENT if activity.lapse else 0
    return Size(max(width, _group_width(activity.group) + lapse), {activity.node.lane: (0, int(bool(activity.group)))})


def _stacked(canvas: Canvas, choice: Choice) -> tuple[list[Offsets], Rows]:
    """For each branch how far its rows move so that no two branches share one; the straight one moves least."""
    own = choice.split.lane
    used: Rows = {own: (0, 0)}
    offsets: dict[int, Offsets] = {}
    for index, branch in sorted(enumerate(choice.branches), key=lambda each: each[1].side != "straight"):
        if branch.block is None:
            by = {"up": used[own][0] - 1, "down": used[own][1] + 1}.get(branch.side, 0)
            rows, moved = {own: (0, 0)}, {own: by}
        else:
            rows = _measure(canvas, branch.block).rows
            stays = {own} if branch.side == "straight" else set()
            moved = {
                lane: used[lane][0] - 1 - bottom if branch.side == "up" else used[lane][1] + 1 - top
                for lane, (top, bottom) in rows.items()
                if lane in used and lane not in stays
            }
        offsets[index] = moved
        used = union(used, {lane: (t + moved.get(lane, 0), b + moved.get(lane, 0)) for lane, (t, b) in rows.items()})
    return [offsets[index] for index in range(len(choice.branches))], used


def _measure_choice(canvas: Canvas, choice: Choice) -> Size:
    widths = [_measure(canvas, b.block).width for b in choice.branches if b.block is not None]
    wide = sum(widths) + GAP * (len(widths) - 1) if _spread(canvas, choice) else max(widths, default=60)
    merge = GAP + GATE if choice.merge else 0
    return Size(GATE + _ask(choice) + wide + merge, _stacked(canvas, choice)[1])


def _ask(choice: Choice) -> int:
    """The room after a split: each way out has its name over it."""
    return max([ASK, *(text_width(str(branch.name)) + 12 for branch in choice.branches if branch.block is not None)])


def _spread(canvas: Canvas, choice: Choice) -> bool:
    """Branches that change lanes stand one after the other, or their lines would run through their neighbours."""
    return any(len(_measure(canvas, b.block).rows) > 1 for b in choice.branches if b.block is not None)


def _measure_scope(canvas: Canvas, scope: Scope) -> Size:
    inner = _measure(canvas, scope.content)
    rows = union(inner.rows, {scope.node.lane: (0, 0)})
    title = min(round(TITLE * text_width(scope.node.label)) + WIDE, TITLE_LINE)
    width = max(inner.width + 2 * PAD_X, _title_left(scope) + title + 16)
    if scope.group is None:
        return Size(width, rows)
    top, bottom = rows[scope.node.lane]
    rows[scope.node.lane] = (top - 1, bottom) if scope.over else (top, bottom + 1)
    hung = _timer_step(scope.group.timers) * len(scope.group.timers) + 40 if scope.over else 0
    return Size(max(width, hung + _group_width(scope.group) + 20), rows)


def _title_left(scope: Scope) -> int:
    """Where the name of a scope begins: right of the timers on its upper border."""
    if scope.group is None or not scope.over:
        return 14
    timers = scope.group.timers
    return 40 + _timer_step(timers) * (len(timers) - 1) + EVENT // 2 + 10


def _measure_intake(canvas: Canvas, intake: Intake) -> Size:
    rows = union(_measure(canvas, intake.accept).rows, _measure(canvas, intake.supplement).rows)
    rows = union(rows, {intake.decide.lane: (-1, 0)})
    inner = max(_measure(canvas, intake.accept).width, _measure(canvas, intake.supplement).width)
    return Size(GATE + GAP + inner + _decide_gap(intake) + GATE + _accept_gap(intake) + GATE, rows)


def _decide_gap(intake: Intake) -> int:
    """Before the decision: the name of the way back to the applicant stands over its line."""
    return max(GAP, text_width(str(intake.correct_name)) + 12 - GATE // 2)


def _accept_gap(intake: Intake) -> int:
    return max(2 * ASK, text_width(str(intake.accept_name)) + 12)


def place(canvas: Canvas, block: Block, x: int, rows: Offsets, inside: str | None) -> None:
    """Stand a block at x; `rows` says how far its rows are moved in each lane, `inside` which sub-process holds it."""
    match block:
        case Activity():
            _place_activity(canvas, block, x, rows)
        case Row(blocks):
            for each in blocks:
                place(canvas, each, x, rows, inside)
                x += _measure(canvas, each).width + GAP
            for before, after in pairwise(blocks):
                last, first = leave(before), entry(after)
                if last is not None:
                    canvas.routes[last.id, first.id] = Route("H", canvas.x[first.id] - GAP // 2)
        case Choice():
            _place_choice(canvas, block, x, rows, inside)
        case Scope():
            _place_scope(canvas, block, x, rows)
        case Network():
            _place_network(canvas, block, x, rows, inside)
        case Intake():
            _place_intake(canvas, block, x, rows)


def _place_activity(canvas: Canvas, activity: Activity, x: int, rows: Offsets) -> None:
    node, group = activity.node, activity.group
    width = _host_width(activity)
    right = canvas.put(node, x, rows, width=width)
    timers = _timers(activity)
    step = _timer_step(timers)
    for index, timer in enumerate(timers):
        canvas.hang(timer, node, x + TIMER_FIRST + step * index + _aside(node, index, len(timers)))
    if group is not None:
        _place_group(canvas, group, x, rows, 1)
    if activity.rejoin is not None:
        canvas.put(activity.rejoin, right + GAP, rows)
    if activity.lapse is not None:
        canvas.put(activity.lapse, x + _group_width(group) + 36, rows, row=1)
    onward = activity.rejoin or activity.lapse
    if activity.deemed is not None and onward is not None:
        canvas.routes[activity.deemed.id, onward.id] = Route("VHV", comb=node.id)


def _place_group(canvas: Canvas, group: TimerGroup, x: int, rows: Offsets, row: int) -> None:
    """The reminder under its host: the first timer drops straight into it, the others come along the comb."""
    first = group.gather or group.remind
    if group.gather is not None:
        x = canvas.put(group.gather, x + TIMER_FIRST - GATE // 2, rows, row) + 24
    x = canvas.put(group.remind, x, rows, row) + 24
    canvas.put(group.end, x, rows, row)
    for timer in group.timers:
        canvas.routes[timer.id, first.id] = Route("VHV", comb=timer.host) if group.gather else Route("V")


def _place_choice(canvas: Canvas, choice: Choice, x: int, rows: Offsets, inside: str | None) -> None:
    split, merge = choice.split, choice.merge
    start, spread = canvas.put(split, x, rows) + _ask(choice), _spread(canvas, choice)
    if merge is not None:
        canvas.put(merge, x + _measure(canvas, choice).width - GATE, rows)
    for branch, moved in zip(choice.branches, _stacked(canvas, choice)[0], strict=True):
        if branch.block is None:
            if merge is None:
                continue
            row = rows.get(split.lane, 0) + moved[split.lane]
            line = moved[split.lane] != 0
            canvas.routes[split.id, merge.id] = Route("VHV", row=(split.lane, row)) if line else Route("H")
            if line:
                canvas.lines.setdefault(inside, []).append((split.lane, row))
            continue
        offsets = rows | {lane: rows.get(lane, 0) + by for lane, by in moved.items()}
        place(canvas, branch.block, start, offsets, inside)
        start += _measure(canvas, branch.block).width + GAP if spread else 0
        canvas.routes[split.id, entry(branch.block).id] = Route("VH")
        last = leave(branch.block)
        if last is not None and merge is not None:
            canvas.routes[last.id, merge.id] = Route("HV")


def _place_scope(canvas: Canvas, scope: Scope, x: int, rows: Offsets) -> None:
    size = _measure(canvas, scope)
    canvas.put(scope.node, x, rows, width=size.width)
    left = canvas.titles[scope.node.id] = _title_left(scope)
    canvas.names[scope.node.id] = wrapped(scope.node.label, int((size.width - left - 16) / TITLE))
    place(canvas, scope.content, x + PAD_X, rows, scope.node.id)
    group = scope.group
    if group is None:
        return
    top, bottom = size.rows[scope.node.lane]
    step = _timer_step(group.timers)
    if not scope.over:
        for index, timer in enumerate(group.timers):
            canvas.hang(timer, scope.node, x + TIMER_FIRST + step * index)
        _place_group(canvas, group, x, rows, bottom)
        return
    canvas.over.add(scope.node.id)
    for index, timer in enumerate(group.timers):
        canvas.hang(timer, scope.node, x + 40 + step * index, over=True)
    after = x + 40 + step * len(group.timers) + 10
    _place_group(canvas, group, after, rows, top)
    for timer in group.timers:
        canvas.routes[timer.id, (group.gather or group.remind).id] = Route("VH")


def _place_intake(canvas: Canvas, intake: Intake, x: int, rows: Offsets) -> None:
    inner = max(_measure(canvas, intake.accept).width, _measure(canvas, intake.supplement).width)
    at = canvas.put(intake.received, x, rows) + GAP
    place(canvas, intake.accept, at, rows, None)
    place(canvas, intake.supplement, at, rows, None)
    right = canvas.put(intake.decide, at + inner + _decide_gap(intake), rows)
    canvas.put(intake.refused, right + ASK - 12, rows, row=-1)
    canvas.put(intake.accepted, right + _accept_gap(intake), rows)
    task, supplement = intake.accept.node.id, intake.supplement.node.id
    canvas.routes[intake.decide.id, intake.refused.id] = Route("VH")
    canvas.routes[intake.decide.id, supplement] = Route("VH")
    canvas.routes[supplement, intake.received.id] = Route("HV")
    if intake.accept.deemed is not None:
        canvas.routes[intake.accept.deemed.id, intake.accepted.id] = Route("VHV", comb=task)


def _grid(canvas: Canvas, network: Network) -> NetworkGrid:
    found = canvas.grids.get(id(network))
    if found is None:
        found = grid_of(network, {vertex.id: _measure(canvas, vertex.block) for vertex in network.vertices})
        canvas.grids[id(network)] = found
    return found


def _place_network(canvas: Canvas, network: Network, x: int, rows: Offsets, inside: str | None) -> None:
    grid = _grid(canvas, network)
    by_id = {v.id: v for v in network.vertices}
    at = canvas.put(network.start, x, rows)
    if network.split is not None:
        canvas.put(network.split, at + GAP, rows)
    for v in network.vertices:
        offsets = rows | {lane: rows.get(lane, 0) + by for lane, by in grid.moved[v.id].items()}
        place(canvas, v.block, x + grid.body[v.id], offsets, inside)
        if v.join is not None:
            canvas.put(v.join, x + grid.joins[v.id], offsets)
        if v.split is not None:
            canvas.put(v.split, x + grid.splits[v.id], offsets)
        if not any(target == v.id for _, target in network.edges):
            start, first = network.split or network.start, first_of(v)
            canvas.routes[start.id, first.id] = Route("VH") if network.split else Route("H", x + grid.elbows[v.id])
    end = x + grid.end
    if network.join is not None:
        end = canvas.put(network.join, end, rows) + GAP
    canvas.put(network.end, end, rows)
    for source, target in network.edges:
        last, first = last_of(by_id[source]), first_of(by_id[target])
        kind = "VH" if by_id[source].split else "HV" if by_id[target].join else "H"
        canvas.routes[last.id, first.id] = Route(kind, x + grid.elbows[target])
    for v in network.vertices:
        if not any(source == v.id for source, _ in network.edges):
            goal = network.join or network.end
            canvas.routes[last_of(v).id, goal.id] = Route("HV") if network.join else Route("H", end - GAP // 2)
