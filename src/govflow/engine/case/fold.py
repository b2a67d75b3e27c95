"""How each fact of a case's history changes its state.

`fold` rebuilds the state from the log, without a clock, a calendar or a database, so a case can always be rebuilt and
every view of it agrees with its history.
"""

from __future__ import annotations

from typing import assert_never

from govflow.engine.case import events as e
from govflow.engine.case.clock_id import ClockId
from govflow.engine.case.state import (
    UNDECIDED,
    CaseState,
    ClockState,
    Event,
    ExtensionState,
    IssuedResult,
    ItemState,
    Opinion,
    SuspensionState,
    TaskState,
)
from govflow.vocabulary import CaseStatus, ClockStatus, ItemStatus, MaterialStatus, Mode, Outcome


def fold(state: CaseState | None, event: Event) -> CaseState:
    """The state after this event. The first event of a case is `applied`; ValueError for another order."""
    fact = event.fact
    if isinstance(fact, e.Applied):
        state = _applied(event, fact)
    elif state is None:
        raise ValueError(f"case {event.case}: event {event.seq} of type {event.type!r} cannot be applied")
    else:
        _change(state, fact, event)
    state.seq, state.hash = event.seq, event.hash
    return state


def _applied(event: Event, fact: e.Applied) -> CaseState:
    return CaseState(
        id=event.case, ref=fact.ref, kind=fact.kind, definition=fact.definition, applied=event.at, channel=fact.channel,
        answers=dict(fact.answers), dropped=list(fact.dropped), materials=dict(fact.materials),
        items={
            code: ItemState(code, mode, reason, (ItemStatus.SKIPPED if mode == Mode.SKIP else ItemStatus.WAITING).value)
            for code, (mode, reason) in fact.items.items()
        },
    )  # fmt: skip


_OfTasks = e.TaskOpened | e.TaskCompleted | e.TaskCancelled | e.TaskClaimed | e.TaskReleased | e.Escalated
_OfItems = (
    e.ItemStarted | e.ItemDecided | e.ItemVerified | e.ItemFinished | e.ItemTerminated | e.ResultIssued | e.Delivered
)  # fmt: skip
_OfClocks = (
    e.ClockStarted | e.ClocksSuspended | e.ClocksResumed | e.ClocksExtended | e.ClockWarned | e.ClockExpired
    | e.ClockClosed | e.ClockReprojected | e.TimerFired
)  # fmt: skip
Ends = e.NotAccepted | e.Refused | e.Withdrawn | e.DeemedWithdrawn | e.Closed
_OfCases = e.Applied | e.CorrectionAsked | e.Supplemented | e.Accepted | e.StateChanged | Ends


def _change(state: CaseState, fact: e.AnyFact, event: Event) -> None:
    if isinstance(fact, _OfTasks):
        _change_task(state, fact, event)
    elif isinstance(fact, _OfClocks):
        _change_clocks(state, fact, event)
    elif isinstance(fact, _OfItems):
        _change_item(state, fact, event)
    elif isinstance(fact, _OfCases):
        _change_case(state, fact, event)
    else:
        assert_never(fact)


def _change_case(state: CaseState, fact: _OfCases, event: Event) -> None:
    match fact:
        case e.CorrectionAsked():
            state.correction.notices.append(list(fact.missing))
            state.correction.asked = event.at
            state.materials |= dict.fromkeys(fact.missing, MaterialStatus.MISSING.value)
            state.state = CaseStatus.CORRECTING.value
        case e.Supplemented():
            _supplemented(state, fact, event)
        case e.Accepted():
            state.accepted, state.accepted_as_of, state.deemed = event.at, fact.as_of, fact.deemed
            state.gaps = dict(fact.gaps)
            state.state = CaseStatus.REVIEWING.value
        case e.StateChanged():
            state.state = fact.state
        case e.NotAccepted() | e.Refused() | e.Withdrawn() | e.DeemedWithdrawn() | e.Closed():
            _end(state, *_ENDS[fact.__class__], event)
        case e.Applied():
            raise ValueError(f"case {event.case}: event {event.seq} applies a second time")
        case _:
            assert_never(fact)


def _supplemented(state: CaseState, fact: e.Supplemented, event: Event) -> None:
    state.correction.later += fact.materials
    state.correction.received = event.at
    for code in fact.materials:
        state.materials[code] = MaterialStatus.SUPPLIED.value
        state.gaps.pop(code, None)
    if state.state == CaseStatus.CORRECTING:
        state.state = CaseStatus.RECEIVED.value


_ENDS: dict[type[Ends], tuple[CaseStatus, ItemStatus]] = {
    e.NotAccepted: (CaseStatus.NOT_ACCEPTED, ItemStatus.TERMINATED),
    e.Refused: (CaseStatus.REFUSED, ItemStatus.REFUSED),
    e.Withdrawn: (CaseStatus.WITHDRAWN, ItemStatus.WITHDRAWN),
    e.DeemedWithdrawn: (CaseStatus.DEEMED_WITHDRAWN, ItemStatus.WITHDRAWN),
    e.Closed: (CaseStatus.CLOSED, ItemStatus.TERMINATED),
}
"""How a case ends, and what becomes of its items that are not decided."""


def _end(state: CaseState, status: CaseStatus, undecided: ItemStatus, event: Event) -> None:
    state.state, state.closed = status.value, event.at
    for item in state.items.values():
        if item.state in UNDECIDED:
            item.state = undecided.value
    state.tasks.clear()


def _change_task(state: CaseState, fact: _OfTasks, event: Event) -> None:
    match fact:
        case e.TaskOpened():
            _task_opened(state, fact, event)
        case e.TaskCompleted():
            _task_completed(state, fact, event)
        case e.TaskCancelled():
            state.tasks.pop(fact.task, None)
        case e.TaskClaimed():
            state.tasks[fact.task].assignee, state.tasks[fact.task].claimed = event.actor, event.at
        case e.TaskReleased():
            state.tasks[fact.task].assignee = state.tasks[fact.task].claimed = None
        case e.Escalated():
            for task in state.tasks.values():
                if task.id in fact.tasks:
                    task.escalated = True
        case _:
            assert_never(fact)


def _task_opened(state: CaseState, fact: e.TaskOpened, event: Event) -> None:
    state.tasks_opened += 1
    state.tasks[fact.task] = TaskState(
        fact.task, fact.path, fact.element, fact.item, fact.kind, fact.name, fact.department, fact.role, event.at,
        joint=fact.joint,
    )  # fmt: skip


def _task_completed(state: CaseState, fact: e.TaskCompleted, event: Event) -> None:
    task = state.tasks.pop(fact.task, None)
    if fact.opinion or fact.outcome in (Outcome.APPROVE, Outcome.REFUSE):
        item, step, department = (task.item, task.name, task.department) if task else (None, fact.task, None)
        state.opinions.append(Opinion(item, step, event.actor, department, fact.outcome, fact.opinion, event.at))


def _change_item(state: CaseState, fact: _OfItems, event: Event) -> None:
    match fact:
        case e.ItemStarted():
            item = state.items[fact.item]
            item.state, item.started = ItemStatus.REVIEWING.value, fact.as_of
        case e.ItemDecided():
            item = state.items[fact.item]
            item.outcome, item.decided, item.stopped_by = fact.outcome, event.at, []
            item.state = (ItemStatus.GRANTED if fact.outcome == Outcome.APPROVE else ItemStatus.REFUSED).value
        case e.ItemVerified():
            item = state.items[fact.item]
            item.outcome, item.decided, item.finished = fact.outcome, event.at, event.at
            item.state = (ItemStatus.VERIFIED if fact.outcome == Outcome.APPROVE else ItemStatus.REFUSED).value
        case e.ItemFinished():
            state.items[fact.item].finished = event.at
        case e.ItemTerminated():
            item = state.items[fact.item]
            item.state, item.finished, item.reason = ItemStatus.TERMINATED.value, event.at, fact.reason
        case e.ResultIssued():
            state.results.append(IssuedResult(fact.item, fact.result, fact.name, fact.kind, fact.number, fact.valid_for,
                                        fact.material, event.at))  # fmt: skip
            if fact.material:
                state.materials[fact.material] = MaterialStatus.ISSUED.value
        case e.Delivered():
            _delivered(state, fact, event)
        case _:
            assert_never(fact)


def _delivered(state: CaseState, fact: e.Delivered, event: Event) -> None:
    for result in state.results:
        if result.item in fact.items:
            result.delivered = event.at
    for code in fact.items:
        if state.items[code].state == ItemStatus.GRANTED:
            state.items[code].state = ItemStatus.DELIVERED.value


def _change_clocks(state: CaseState, fact: _OfClocks, event: Event) -> None:
    match fact:
        case e.ClockStarted():
            _clock_started(state, fact)
        case e.ClocksSuspended():
            _clocks_suspended(state, fact)
        case e.ClocksResumed():
            _clocks_resumed(state, fact)
        case e.ClocksExtended():
            for clock in (state.clocks[id] for id in fact.clocks):
                clock.extensions.append(ExtensionState(fact.by, fact.decided_on, event.actor, fact.reason))
                clock.warned = None  # the new due date deserves a warning of its own
        case e.ClockWarned() | e.ClockExpired() | e.ClockReprojected():
            _clock_noted(state.clocks[fact.clock], fact, event)
        case e.ClockClosed():
            state.clocks[fact.clock].closed, state.clocks[fact.clock].state = event.at, fact.state
        case e.TimerFired():
            pass  # for the reader of the log, and for the process
        case _:
            assert_never(fact)


def _clock_noted(clock: ClockState, fact: e.ClockWarned | e.ClockExpired | e.ClockReprojected, event: Event) -> None:
    if isinstance(fact, e.ClockWarned):
        clock.warned = event.at
    elif isinstance(fact, e.ClockExpired):
        clock.expired = event.at
    elif fact.due_at is not None and fact.due_at >= event.at:
        # a due date that lies ahead again, by a calendar that is known now, deserves its warning and its expiry anew
        clock.warned = clock.expired = None


def _clock_started(state: CaseState, fact: e.ClockStarted) -> None:
    first = str(ClockId.of(fact.clock).first)
    state.clock_ids[first] = state.clock_ids.get(first, 0) + 1
    state.clocks[fact.clock] = ClockState(
        fact.clock, fact.kind, fact.item, fact.task, fact.limit, fact.anchor, fact.warning, fact.effect, fact.basis,
        dict(fact.timers),
    )  # fmt: skip


def _clocks_suspended(state: CaseState, fact: e.ClocksSuspended) -> None:
    for id in fact.clocks:
        clock = state.clocks[id]
        clock.suspensions.append(SuspensionState(fact.since, None, fact.reason, fact.procedure))
        clock.state = ClockStatus.SUSPENDED.value
    if fact.item:
        item = state.items[fact.item]
        item.stopped_by.append(fact.procedure)
        item.state = ItemStatus.SUSPENDED.value


def _clocks_resumed(state: CaseState, fact: e.ClocksResumed) -> None:
    for id in fact.clocks:
        clock = state.clocks[id]
        for suspension in clock.suspensions:
            if suspension.until is None and suspension.procedure == fact.procedure:
                suspension.until = fact.to
        if all(suspension.until is not None for suspension in clock.suspensions):
            clock.state = ClockStatus.RUNNING.value
    if fact.item:
        item = state.items[fact.item]
        item.stopped_by.remove(fact.procedure)
        if not item.stopped_by and item.state == ItemStatus.SUSPENDED:
            item.state = ItemStatus.REVIEWING.value
