"""The passing of time: what a clock does when it warns and when it expires, and the ends of a case."""

from __future__ import annotations

from typing import assert_never

from govflow.engine import case_clocks
from govflow.engine.actors import Actor
from govflow.engine.case import OPEN_STATES, UNDECIDED, ClockState, events, reasons
from govflow.engine.commands import flow
from govflow.engine.commands.handling import finish
from govflow.engine.commands.unit_of_work import SYSTEM, UnitOfWork
from govflow.errors import InvalidInput, NotAllowed
from govflow.text import Text
from govflow.vocabulary import ClockEffect, ErrorCode

CALENDAR = "system:calendar"
"""Who moves a date because the calendar changed."""


def withdraw(draft: UnitOfWork, actor: Actor, reason: str) -> None:
    """Take the application back; possible until the last decision."""
    state = draft.state
    if state.state not in OPEN_STATES or not any(i.state in UNDECIDED for i in state.items.values()):
        raise NotAllowed(
            Text(f"办件 {state.id} 的状态是 {state.state}，作出决定之后不能撤回",
            f"case {state.id} is {state.state}: it can be withdrawn only before the decision"), state=state.state,
        )  # fmt: skip
    if not reason.strip():
        raise InvalidInput(
            Text("撤回须说明理由：reason 是空的", "reason is empty"), code=ErrorCode.MISSING, field="reason"
        )
    if actor.kind == "staff" and actor.department != draft.subject.theme.lead:
        raise NotAllowed(
            Text(
                f"撤回由申请人提出，或由牵头部门 {draft.subject.theme.lead} 代录",
                f"{actor.text} cannot withdraw for the applicant",
            ),
            code=ErrorCode.NOT_OWNER,
        )
    for task in list(draft.state.tasks.values()):
        draft.close_task(task, "cancelled", "")
    draft.close_clocks([c.id for c in draft.state.clocks.values() if c.live])
    move = flow.next_move(draft, "cancel", "")
    draft.emit(events.Withdrawn(reason=reason, move=move))
    flow.run_process(draft, move)


def reproject(draft: UnitOfWork, reason: str = "") -> list[events.ClockReprojected]:
    """Compute anew the clocks that rest on another calendar than the present one; record each date that moves, and why.

    A notice may have come since they were computed, or have been put right: a date of the old one must not act.
    """
    versions = {item: draft.calendar_of(item).version for item in {c.item for c in draft.state.clocks.values()}}
    stale = [c for c in draft.state.clocks.values() if c.live and c.calendar != versions[c.item]]
    moved = []
    for clock in stale:
        old, was_provisional = clock.due, clock.provisional
        draft.refresh(clock)
        if (old, was_provisional) != (clock.due, clock.provisional):
            moved.append(events.ClockReprojected(
                clock=clock.id, old=old, new=clock.due, due_at=clock.due_at, provisional=clock.provisional,
                reason=reason or reasons.because(reasons.CALENDAR, clock.calendar),
            ))  # fmt: skip
            draft.emit(moved[-1], CALENDAR)
    return moved


def tick(draft: UnitOfWork) -> bool:
    """Do everything that is due by the draft's instant, in the order in which it fell due; says whether that was anything.

    Dates are those of the present calendar, computed anew first where they rest on another.
    RuntimeError for a clock that is due again, at the same instant, after it fired: that would have no end.
    """
    reproject(draft)
    fired: set[tuple[str, str | None]] = set()
    acting, draft.by = draft.by, SYSTEM
    while (clock := _next_due(draft)) is not None:
        firing = clock.id, case_clocks.wake_at(clock)
        if firing in fired:
            raise RuntimeError(f"case {draft.state.id}: clock {clock.id} fires again and again at {firing[1]}")
        fired.add(firing)
        if clock.warned is None and clock.expired is None and case_clocks.wake_at(clock) == clock.warn_at:
            _warn(draft, clock)
        else:
            _expire(draft, clock)
    draft.by = acting
    return bool(draft.dirty)


def _next_due(draft: UnitOfWork) -> ClockState | None:
    first = case_clocks.earliest_wake(draft.state.clocks.values())
    if first is None or first > draft.at:
        return None
    waking = [
        (wake, c.id, c) for c in draft.state.clocks.values() if (wake := case_clocks.wake_at(c)) and wake <= draft.at
    ]
    return min(waking)[2] if waking else None


def _warn(draft: UnitOfWork, clock: ClockState) -> None:
    warned = events.ClockWarned(clock=clock.id, kind=clock.kind, item=clock.item, due=clock.due, at=clock.warn_at)
    draft.emit(warned, SYSTEM)
    draft.dirty.add(clock.id)
    _fire_timer(draft, clock, "warning")


def _expire(draft: UnitOfWork, clock: ClockState) -> None:
    expired = events.ClockExpired(clock=clock.id, kind=clock.kind, item=clock.item, due=clock.due, effect=clock.effect)
    draft.emit(expired, SYSTEM)
    draft.dirty.add(clock.id)
    effect = ClockEffect.of(clock.effect)
    match effect:
        case ClockEffect.DEEMED_ACCEPTANCE:
            _deem_accepted(draft, clock)
        case ClockEffect.SILENCE:
            _silence(draft, clock)
        case ClockEffect.WITHDRAWN:
            draft.emit(events.DeemedWithdrawn(reason=reasons.DEEMED_WITHDRAWN.zh), SYSTEM)
            _fire_timer(draft, clock, "due")
        case ClockEffect.REFUSED:
            draft.emit(events.Refused(reason=reasons.DEEMED_REFUSED.zh), SYSTEM)
            _fire_timer(draft, clock, "due")
        case ClockEffect.NOT_ACCEPTED:
            draft.emit(events.NotAccepted(reason=reasons.DEEMED_NOT_ACCEPTED.zh), SYSTEM)
            _fire_timer(draft, clock, "due")
        case ClockEffect.ESCALATE:
            _escalate(draft, clock)
            _fire_timer(draft, clock, "due")
        case _:
            assert_never(effect)


def _deem_accepted(draft: UnitOfWork, clock: ClockState) -> None:
    """No word within the notice period: accepted as of the day of receipt (行政许可法 art. 32; R9)."""
    draft.emit(events.Accepted(as_of=clock.anchor, deemed=True), SYSTEM)
    _fire_timer(draft, clock, "due", flow.acceptance(draft))


def _silence(draft: UnitOfWork, clock: ClockState) -> None:
    """A consulted department that says nothing in time has no objection."""
    task = draft.state.tasks.get(clock.task or "")
    if task is None:
        return
    timer = flow.waiting_timer(draft, clock.timers.get("due"))
    finish(draft, task, "no_objection", reasons.SILENCE.zh, {}, actor=SYSTEM, timer=timer)


def _escalate(draft: UnitOfWork, clock: ClockState) -> None:
    """An overdue clock does not end the work: it is brought before the one who answers for it."""
    tasks = [t.id for t in draft.state.tasks.values() if clock.item in (None, t.item) and clock.task in (None, t.id)]
    item = draft.subject.item(clock.item) if clock.item is not None else None
    department = item.department if item is not None else draft.subject.theme.lead
    escalated = events.Escalated(clock=clock.id, kind=clock.kind, item=clock.item, tasks=tasks, to=f"{department}/head")
    draft.emit(escalated, SYSTEM)


def _fire_timer(draft: UnitOfWork, clock: ClockState, edge: str, by: flow.Acceptance | None = None) -> None:
    path = flow.waiting_timer(draft, clock.timers.get(edge))
    if path is None:
        return
    move = flow.next_move(draft, "fire", path)
    draft.emit(events.TimerFired(clock=clock.id, edge=edge, move=move), SYSTEM)
    flow.run_process(draft, move, by)
