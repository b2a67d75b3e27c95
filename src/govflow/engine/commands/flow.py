"""What follows from a move of the process: items start and end, tasks open, their clocks start, the case changes state."""

from __future__ import annotations

from typing import NamedTuple

from govflow.compiler import ElementInfo, Purpose
from govflow.compiler.paths import element_of, with_scopes
from govflow.engine import process
from govflow.engine.case import ClockId, TaskState, events, ids
from govflow.engine.commands.unit_of_work import SYSTEM, UnitOfWork
from govflow.engine.replay import replay_move
from govflow.plan import terms
from govflow.plan.terms import ClockSpec
from govflow.vocabulary import CaseStatus, ClockKind, ClockStatus, ItemStatus, Mode, Role, Start, TaskKind, TaskStatus

CASE_CLOCKS = (ClockKind.PROMISED, ClockKind.JOINT_CAP)
"""The clocks of a theme as a whole."""

DECISION_CLOCKS = (ClockKind.PROMISED, ClockKind.STATUTORY)
"""The clocks on the decision about an item."""

_STATES = {Purpose.HAND_OUT: CaseStatus.HANDING_OUT, Purpose.POST_CHECK: CaseStatus.POST_CHECK}
"""The state that a case is in once such a task is open."""


class Acceptance(NamedTuple):
    """From when an acceptance counts, and the receipt of the complete file before it, both as UTC text.

    Only what starts by the acceptance itself counts from it; an item that starts later counts from its own start (R11).
    """

    as_of: str
    received: str


def acceptance(draft: UnitOfWork) -> Acceptance | None:
    """The case's acceptance, of which the move that follows takes its dates; None while there is none."""
    state = draft.state
    as_of = state.accepted_as_of
    return None if as_of is None else Acceptance(as_of, state.correction.received or state.applied)


def next_move(draft: UnitOfWork, verb: str, path: str, outcome: str = "") -> events.Move:
    """The move that a fact carries, so that replaying the log moves the process the same way."""
    return events.Move(verb, path, draft.subject.flags(draft.state, outcome))


def run_process(draft: UnitOfWork, move: events.Move, by: Acceptance | None = None) -> None:
    """Move the process and record what it opened, closed, entered and left; `by` is the acceptance that moves it."""
    step = replay_move(draft.subject, draft.snapshot, move)
    draft.snapshot = step.state
    for path in step.left:
        _left(draft, path)
    for token in step.closed:
        _closed(draft, token)
    for path in step.entered:
        _entered(draft, path, by)
    for token in step.opened:
        if token.kind == "user":
            _opened(draft, token, by)
    if step.ended:
        draft.close_clocks([c.id for c in draft.state.clocks.values() if c.live])
        if draft.state.closed is None:
            draft.emit(events.Closed(), SYSTEM)


def waiting_timer(draft: UnitOfWork, element: str | None) -> str | None:
    """The path of the boundary timer that waits now under this element id, of several the last; None if none does."""
    paths = process.timer_paths(draft.subject.process, draft.snapshot, element) if element else []
    return paths[-1] if paths else None


# --- scopes and items ----------------------------------------------------------------------------------------------


def _entered(draft: UnitOfWork, path: str, by: Acceptance | None) -> None:
    info = draft.subject.elements[element_of(path)]
    if info.purpose is Purpose.ITEM and info.item is not None:
        _start_item(draft, info.item, by)
    elif info.purpose is Purpose.JOINT:
        for spec in terms.joint_clocks(draft.subject.theme):
            start_clock(draft, ClockId("theme", spec.kind.value), spec, by=by)


def _start_item(draft: UnitOfWork, code: str, by: Acceptance | None) -> None:
    draft.emit(events.ItemStarted(item=code, as_of=by.as_of if by else draft.at), SYSTEM)
    for spec in terms.decision_clocks(draft.subject.item(code)):
        start_clock(draft, ClockId(code, spec.kind.value), spec, code, by=by)
    sync_case_clocks(draft)


def _left(draft: UnitOfWork, path: str) -> None:
    info = draft.subject.elements[element_of(path)]
    if info.purpose is Purpose.ITEM and info.item is not None:
        if draft.state.items[info.item].finished is None:
            draft.emit(events.ItemFinished(item=info.item), SYSTEM)
    elif info.purpose is Purpose.JOINT:
        draft.close_clocks(draft.live_clocks(*CASE_CLOCKS))


# --- tasks ---------------------------------------------------------------------------------------------------------


def _opened(draft: UnitOfWork, token: process.Token, by: Acceptance | None) -> None:
    info = draft.subject.elements[token.element]
    id = ids.task_id(draft.state.id, draft.state.tasks_opened + 1)
    opened = events.TaskOpened(
        task=id, path=token.path, element=token.element, item=info.item, kind=_kind_of(info), name=str(info.name),
        department=info.department, role=info.role or Role.REVIEWER.value,
        joint=draft.subject.joint_visit(info.item, token.element),
    )  # fmt: skip
    draft.emit(opened, SYSTEM)
    state = _STATES.get(info.purpose)
    if state is not None and draft.state.state != state:
        draft.emit(events.StateChanged(state=state.value), SYSTEM)
    _start_task_clocks(draft, draft.state.tasks[id], info, by)


def _kind_of(info: ElementInfo) -> str:
    """The word for a task's kind: the activity of its step, or what the fixed task of the case is there for."""
    if info.purpose is Purpose.STEP and info.step is not None:
        return info.step.kind
    return TaskKind.DELIVER.value if info.purpose is Purpose.HAND_OUT else info.purpose.value


def _closed(draft: UnitOfWork, token: process.Token) -> None:
    for task in list(draft.state.tasks.values()):
        if token.kind == "user" and task.path == token.path:
            draft.close_task(task, TaskStatus.CANCELLED.value, "")
            draft.emit(events.TaskCancelled(task=task.id))


def _start_task_clocks(draft: UnitOfWork, task: TaskState, info: ElementInfo, by: Acceptance | None) -> None:
    subject = draft.subject
    if info.purpose is Purpose.ACCEPT:
        spec = terms.notice_clock(subject.theme, subject.catalog)
        start_clock(draft, ClockId("accept", spec.kind.value), spec, None, task,
                    draft.state.correction.received or draft.state.applied)  # fmt: skip
    elif info.purpose is Purpose.SUPPLEMENT:
        spec = terms.correction_clock(subject.theme, subject.catalog)
        start_clock(draft, ClockId("supplement", spec.kind.value), spec, None, task)
    elif info.purpose is Purpose.STEP:
        _start_step_clocks(draft, task, info, by)


def _start_step_clocks(draft: UnitOfWork, task: TaskState, info: ElementInfo, by: Acceptance | None) -> None:
    step, code = info.step, task.item
    if step is None or code is None:
        return
    item = draft.subject.item(code)
    procedure = item.procedure(step.procedure) if step.procedure else None
    if procedure is not None and (spec := terms.procedure_clock(item, procedure)) is not None:
        start_clock(draft, ClockId(code, spec.kind.value, procedure.id), spec, code, task, by=by)
    if (spec := terms.step_clock(item, step)) is not None:
        start_clock(draft, ClockId(code, spec.kind.value, step.id), spec, code, task, by=by)


# --- clocks --------------------------------------------------------------------------------------------------------


def start_clock(
    draft: UnitOfWork, id: ClockId, spec: ClockSpec, item: str | None = None, task: TaskState | None = None,
    anchor: str | None = None, by: Acceptance | None = None,
) -> None:  # fmt: skip
    """Start one clock at the event its limit counts from, in the round that comes next, and compute its due date.

    That event is the acceptance `by` which the clock starts, where the limit counts from acceptance or receipt, else now.
    """
    before = draft.state.clock_ids.get(str(id), 0)
    clock = str(id._replace(round=before + 1))
    limit, kind = spec.limit, spec.kind.value
    started = events.ClockStarted(
        clock=clock, kind=kind, item=item, task=task.id if task else None, limit=limit.within.text("en"),
        anchor=anchor or _anchor(limit.start, by) or draft.at, warning=spec.lead.text("en"), effect=spec.effect.value,
        basis=limit.basis, timers=_timers(draft, kind, item, task),
    )  # fmt: skip
    draft.emit(started, SYSTEM)
    draft.refresh(draft.state.clocks[clock])


def _anchor(start: str, by: Acceptance | None) -> str | None:
    if by is None or start not in (Start.ACCEPTED, Start.RECEIVED):
        return None
    return by.received if start == Start.RECEIVED else by.as_of


def _timers(draft: UnitOfWork, kind: str, item: str | None, task: TaskState | None) -> dict[str, str]:
    """The BPMN timers that show this clock: boundary events of its kind on its host."""
    if task is None and kind == ClockKind.PROCEDURE:
        return {}  # started by command: no step of the process carries it
    timers = draft.subject.timers
    shared = kind == ClockKind.DELIVERY and (kind, item) not in timers  # one hand-out for all items
    hosts = timers.get((kind, None if shared else item), {})
    near = hosts if task is None else (task.element, *map(element_of, with_scopes(task.path)[:-1]))
    return {info.edge: info.id for host in near for info in hosts.get(host, ()) if info.edge}


def sync_case_clocks(draft: UnitOfWork) -> None:
    """The case's own clocks stop only while every started, undecided item is stopped, and run again after."""
    items = draft.state.items.values()
    started = (ItemStatus.REVIEWING, ItemStatus.SUSPENDED)
    active = [i for i in items if i.state in started and i.mode == Mode.RUN]
    all_stopped = bool(active) and all(i.state == ItemStatus.SUSPENDED for i in active)
    clocks = [draft.state.clocks[id] for id in draft.live_clocks(*CASE_CLOCKS)]
    stopped = [c.id for c in clocks if c.state == ClockStatus.SUSPENDED]
    running = [c.id for c in clocks if c.state == ClockStatus.RUNNING]
    if all_stopped and running:
        draft.suspend_clocks(running, "all_items", "全部在办事项均停止计时", None)
    elif stopped and not all_stopped:
        draft.resume_clocks(stopped, "all_items", None)
