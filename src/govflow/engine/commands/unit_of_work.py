"""A command's changes while it is being decided: facts recorded, clocks computed, tasks closed.

A UnitOfWork belongs to one command on one case. It has no database: the engine writes what it holds in one transaction,
or drops it. What follows from a move of the process is in `flow`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import UNSET

from govflow.engine import case_clocks
from govflow.engine.case import CaseState, ClockState, Event, TaskState, event_hash, events, fold
from govflow.engine.case.events import AnyFact
from govflow.engine.case_clocks import Calendars
from govflow.engine.definitions.compiled import CompiledDefinition
from govflow.law.calendar import Calendar

SYSTEM = "system:clock"


@dataclass
class UnitOfWork:
    """The state after the events so far, and all that the command adds.

    `by` acts in the name of the passing of time, where it is set.
    """

    subject: CompiledDefinition
    state: CaseState
    snapshot: bytes
    now: datetime
    actor: str
    calendars: Calendars
    events: list[Event] = field(default_factory=list)
    closed_tasks: list[tuple[TaskState, str, str]] = field(default_factory=list)
    dirty: set[str] = field(default_factory=set)
    by: str = ""
    closed_by: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember what was open before the command, so that only what it changes is written."""
        self.at = case_clocks.utc(self.now)  # the command's instant as UTC text
        self.tasks_before = {id: copy.copy(task) for id, task in self.state.tasks.items()}
        self.clocks_before = frozenset(self.state.clocks)

    def emit(self, fact: AnyFact, actor: str | None = None) -> None:
        """Record one fact, of `actor` or of whoever acts now, and apply it to the state."""
        event = next_event(self.state.id, self.state, self.at, actor or self.by or self.actor, fact)
        fold(self.state, event)
        self.events.append(event)

    # --- tasks -------------------------------------------------------------------------------------------------

    def close_task(self, task: TaskState, state: str, outcome: str) -> None:
        """Remember how a task ended and close its clocks."""
        self.closed_tasks.append((task, state, outcome))
        self.closed_by[task.id] = self.by or self.actor
        self.close_clocks([c.id for c in self.state.clocks.values() if c.task == task.id and c.live])

    # --- clocks ------------------------------------------------------------------------------------------------

    def live_clocks(self, *kinds: str, item: str | None = None) -> list[str]:
        """The ids of clocks of these kinds, of one item or of the case itself, that are not closed."""
        return [c.id for c in self.state.clocks.values() if c.live and c.kind in kinds and c.item == item]

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
                self.emit(events.ClockClosed(clock=id, state=case_clocks.outcome(clock, self.at)), SYSTEM)
                self.dirty.add(id)

    def suspend_clocks(self, ids: list[str], procedure: str, reason: str, item: str | None) -> None:
        """Stop clocks from today on; the days after today do not count until they are resumed."""
        start = case_clocks.local_date(self.now).isoformat()
        self.emit(events.ClocksSuspended(clocks=ids, since=start, procedure=procedure, reason=reason, item=item))
        for id in ids:
            self.refresh(self.state.clocks[id])

    def resume_clocks(self, ids: list[str], procedure: str, item: str | None, reason: str = "") -> None:
        """Let clocks run again; today is the last day that does not count."""
        end = case_clocks.local_date(self.now).isoformat()
        why = reason if reason.strip() else UNSET
        self.emit(events.ClocksResumed(clocks=ids, to=end, procedure=procedure, item=item, reason=why))
        for id in ids:
            self.refresh(self.state.clocks[id])


def next_event(case: str, state: CaseState | None, at: str, actor: str, fact: AnyFact) -> Event:
    """The event after the state's last one, chained to its hash."""
    seq, previous = (state.seq + 1, state.hash) if state is not None else (1, "")
    type, text = events.NAMES[fact.__class__], events.write(fact)
    return Event(
        case, seq, at, actor, type, fact, text, previous, event_hash(case, seq, at, actor, type, text, previous)
    )
