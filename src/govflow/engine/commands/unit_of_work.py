"""A command's changes while they are being decided: events, clocks, tasks and the moves of the process.

A Draft belongs to one command on one case. It has no database: the engine writes what it holds in one transaction,
or drops it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from govflow.compiler import ElementInfo, Purpose
from govflow.engine import case_clocks, process
from govflow.engine.case import CaseState, ClockState, Event, TaskState, canonical, event_hash, fold
from govflow.engine.case_clocks import Calendars
from govflow.engine.definitions.compiled import Subject
from govflow.engine.replay import replay_move
from govflow.law.calendar import Calendar
from govflow.plan import terms
from govflow.plan.terms import ClockSpec
from govflow.vocabulary import ClockKind

SYSTEM = "system:clock"

_STATES = {Purpose.HAND_OUT: "handing_out", Purpose.POST_CHECK: "post_check"}
"""The state that a case is in once such a task is open."""


@dataclass
class Draft:
    """The state after the events so far, and all that the command adds."""

    subject: Subject
    state: CaseState
    snapshot: bytes
    now: datetime
    actor: str
    calendars: Calendars
    events: list[Event] = field(default_factory=list)
    closed_tasks: list[tuple[TaskState, str, str]] = field(default_factory=list)
    anchor: str | None = None
    received: str | None = None
    dirty: set[str] = field(default_factory=set)
    by: str = ""
    closed_by: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Remember what was open before the command, so that only what it changes is written."""
        self.at = case_clocks.utc(self.now)  # the command's instant as UTC text
        self.tasks_before = {id: dict(vars(task)) for id, task in self.state.tasks.items()}
        self.clocks_before = frozenset(self.state.clocks)

    def emit(self, type: str, actor: str | None = None, **body: Any) -> Event:
        """Record one fact and apply it to the state."""
        text = canonical(body)
        event = next_event(self.state.id, self.state, self.at, actor or self.actor, type, body, text)
        self.texts.append(text)  # what was hashed is what is written
        fold(self.state, event)
        self.events.append(event)
        return event

    # --- the process -------------------------------------------------------------------------------------------

    def move(self, verb: str, path: str, outcome: str = "") -> dict[str, Any]:
        """The move that an event's body carries, so that replaying the log moves the process the same way."""
        return {"verb": verb, "path": path, "flags": self.subject.flags(self.state, outcome)}

    def follow(self, move: dict[str, Any]) -> None:
        """Move the process and record what it opened, closed, entered and left."""
        step = replay_move(self.subject, self.snapshot, move)
        self.snapshot = step.state
        for path in step.left:
            self._left(path)
        for token in step.closed:
            self._closed(token)
        for path in step.entered:
            self._entered(path)
        for token in step.opened:
            if token.kind == "user":
                self._opened(token)
        if step.ended:
            self.close_clocks([c.id for c in self.state.clocks.values() if c.live])
            if self.state.closed is None:
                self.emit("closed", SYSTEM)

    def timer(self, element: str | None) -> str | None:
        """The path of the boundary timer that waits now under this element id, of several the last; None if none does."""
        paths = process.timer_paths(self.subject.process, self.snapshot, element) if element else []
        return paths[-1] if paths else None

    def _element(self, path: str) -> ElementInfo:
        return self.subject.elements[element_of(path)]

    def _left(self, path: str) -> None:
        info = self._element(path)
        if info.purpose is Purpose.ITEM:
            item = info.item
            if item is not None and self.state.items[item].finished is None:
                self.emit("item_finished", SYSTEM, item=item)
        elif info.purpose is Purpose.JOINT:
            self.close_clocks(kind for kind in self._case_clocks())

    def _case_clocks(self) -> list[str]:
        return [c.id for c in self.state.clocks.values() if c.item is None and c.kind in ("promised", "joint_cap")]

    def _closed(self, token: process.Token) -> None:
        for task in list(self.state.tasks.values()):
            if token.kind == "user" and task.path == token.path:
                self.close_task(task, "cancelled", "")
                self.emit("task_cancelled", task=task.id)

    def _entered(self, path: str) -> None:
        info = self._element(path)
        if info.purpose is Purpose.ITEM:
            if info.item is not None:
                self._start_item(info.item)
        elif info.purpose is Purpose.JOINT:
            for spec in terms.joint_clocks(self.subject.theme):
                self.start_clock(f"theme/{spec.kind}", spec)

    def _start_item(self, code: str) -> None:
        self.emit("item_started", SYSTEM, item=code, as_of=self.anchor or self.at)
        for spec in terms.decision_clocks(self.subject.item(code)):
            self.start_clock(f"{code}/{spec.kind}", spec, code)
        self.retime_case()

    def _opened(self, token: process.Token) -> None:
        info = self.subject.elements[token.element]
        id = f"{self.state.id}.{self.state.tasks_opened + 1}"
        self.emit(
            "task_opened", SYSTEM, task=id, path=token.path, element=token.element, item=info.item, kind=kind_of(info),
            name=str(info.name), department=info.department, role=info.role or "reviewer",
            joint=self.subject.joint_visit(info.item, token.element),
        )  # fmt: skip
        self._enter_state(info.purpose)
        self._start_task_clocks(self.state.tasks[id], info)

    def _enter_state(self, purpose: Purpose) -> None:
        name = _STATES.get(purpose)
        if name is not None and self.state.state != name:
            self.emit("state_changed", SYSTEM, state=name)

    def _start_task_clocks(self, task: TaskState, info: ElementInfo) -> None:
        if info.purpose is Purpose.ACCEPT:
            self._start_notice_clock(task)
        elif info.purpose is Purpose.SUPPLEMENT:
            spec = terms.correction_clock(self.subject.theme, self.subject.catalog)
            self.start_clock("supplement/correction", spec, None, task)
        elif info.step is not None and task.item is not None:
            self._start_step_clocks(task, info)

    def _start_notice_clock(self, task: TaskState) -> None:
        spec = terms.notice_clock(self.subject.theme, self.subject.catalog)
        anchor = self.state.correction.get("received") or self.state.applied
        self.start_clock("accept/correction_notice", spec, None, task, anchor)

    def _start_step_clocks(self, task: TaskState, info: ElementInfo) -> None:
        step, code = info.step, task.item
        if step is None or code is None or task.kind == "notice":
            return
        item = self.subject.item(code)
        procedure = item.procedure(step.procedure) if step.procedure else None
        if procedure is not None and (spec := terms.procedure_clock(item, procedure)) is not None:
            self.start_clock(f"{code}/{procedure.id}/procedure", spec, code, task)
        if (spec := terms.step_clock(item, step)) is not None:
            self.start_clock(f"{code}/{step.id}/step", spec, code, task)

    def close_task(self, task: TaskState, state: str, outcome: str) -> None:
        """Remember how a task ended and close its clocks."""
        self.closed_tasks.append((task, state, outcome))
        self.closed_by[task.id] = self.by or self.actor
        self.close_clocks([c.id for c in self.state.clocks.values() if c.task == task.id and c.live])

    def retime_case(self) -> None:
        """The case's own clocks stop only while every started, undecided item is stopped, and run again after."""
        active = [i for i in self.state.items.values() if i.state in ("reviewing", "suspended") and i.mode == "run"]
        all_stopped = bool(active) and all(i.state == "suspended" for i in active)
        clocks = [self.state.clocks[id] for id in self._case_clocks() if self.state.clocks[id].live]
        stopped = [c.id for c in clocks if c.state == "suspended"]
        running = [c.id for c in clocks if c.state == "running"]
        if all_stopped and running:
            self.suspend_clocks(running, "all_items", "全部在办事项均停止计时", None)
        elif stopped and not all_stopped:
            self.resume_clocks(stopped, "all_items", None)

    # --- clocks ------------------------------------------------------------------------------------------------

    def start_clock(
        self,
        id: str,
        spec: ClockSpec,
        item: str | None = None,
        task: TaskState | None = None,
        anchor: str | None = None,
    ) -> None:
        """Start one clock at the event its limit counts from, and compute its due date."""
        if self.state.clocks.get(id) or id in self.state.clock_ids:
            id = f"{id}#{self.state.clock_ids.get(id, 1) + 1}"
        limit, kind = spec.limit, spec.kind.value
        self.emit(
            "clock_started", SYSTEM, clock=id, kind=kind, item=item, task=task.id if task else None,
            limit=limit.within.text("en"), anchor=anchor or self._anchor(limit.start), warning=spec.lead.text("en"),
            effect=spec.effect.value, basis=limit.basis, timers=self._timers(kind, item, task),
        )  # fmt: skip
        self.refresh(self.state.clocks[id])

    def _anchor(self, start: str) -> str:
        if start == "received" and self.received is not None:
            return self.received
        if start in ("accepted", "received") and self.anchor is not None:
            return self.anchor
        return self.at

    def _timers(self, kind: str, item: str | None, task: TaskState | None) -> dict[str, str]:
        """The BPMN timers that show this clock: boundary events of its kind on its host."""
        if task is None and kind == ClockKind.PROCEDURE:
            return {}  # started by command: no step of the process carries it
        shared = kind == ClockKind.DELIVERY and (kind, item) not in self.subject.timers  # one hand-out for all items
        hosts = self.subject.timers.get((kind, None if shared else item), {})
        near = hosts if task is None else (task.element, *task.path.split("/")[:-1])
        return {info.edge: info.id for host in near for info in hosts.get(host, ()) if info.edge}

    def calendar_of(self, item: str | None) -> Calendar:
        """The official calendar where this item is handled."""
        return self.calendars.for_region(self.subject.region(item))

    def refresh(self, clock: ClockState) -> None:
        """Compute a clock's dates anew and mark it for writing."""
        case_clocks.refresh(clock, self.calendar_of(clock.item))
        self.dirty.add(clock.id)

    def close_clocks(self, ids: Iterable[str]) -> None:
        """Close clocks at this instant: met or missed by their due date."""
        for id in list(ids):
            clock = self.state.clocks[id]
            if clock.live:
                self.emit("clock_closed", SYSTEM, clock=id, state=case_clocks.outcome(clock, self.at))
                self.dirty.add(id)

    def suspend_clocks(self, ids: list[str], procedure: str, reason: str, item: str | None) -> None:
        """Stop clocks from today on; the days after today do not count until they are resumed."""
        start = case_clocks.local_date(self.now).isoformat()
        body: dict[str, Any] = {"clocks": ids, "from": start, "procedure": procedure, "reason": reason, "item": item}
        self.emit("clocks_suspended", **body)
        for id in ids:
            self.refresh(self.state.clocks[id])

    def resume_clocks(self, ids: list[str], procedure: str, item: str | None, reason: str = "") -> None:
        """Let clocks run again; today is the last day that does not count."""
        end = case_clocks.local_date(self.now).isoformat()
        why = {"reason": reason} if reason.strip() else {}
        self.emit("clocks_resumed", clocks=ids, to=end, procedure=procedure, item=item, **why)
        for id in ids:
            self.refresh(self.state.clocks[id])


def next_event(
    case: str, state: CaseState | None, at: str, actor: str, type: str, body: dict[str, Any], text: str | None = None
) -> Event:
    """The event after the state's last one, chained to its hash; `text` is the body's canonical JSON, if at hand."""
    seq, previous = (state.seq + 1, state.hash) if state is not None else (1, "")
    text = canonical(body) if text is None else text
    return Event(case, seq, at, actor, type, body, previous, event_hash(case, seq, at, actor, type, text, previous))


def element_of(path: str) -> str:
    """The element id at the end of a path, without the round."""
    return path.rpartition("/")[2].partition("#")[0]


def kind_of(info: ElementInfo) -> str:
    """The word for a task's kind: the activity of its step, or what the fixed task of the case is there for."""
    if info.purpose is Purpose.STEP and info.step is not None:
        return info.step.kind
    return "deliver" if info.purpose is Purpose.HAND_OUT else info.purpose.value
