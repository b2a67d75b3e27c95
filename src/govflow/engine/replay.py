"""A case rebuilt from its log: every event folded into the state, every recorded move of the process made again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import UNSET

from govflow.engine import process
from govflow.engine.case import (
    CaseState,
    Ends,
    Event,
    OtherFormat,
    checksum,
    clock_text,
    clocks_from,
    events,
    fold,
    from_text,
    ids,
)
from govflow.engine.definitions.compiled import CompiledDefinition
from govflow.engine.store import CaseRow, EventRow, Statements
from govflow.vocabulary import TaskStatus


def replay_move(subject: CompiledDefinition, snapshot: bytes, move: events.Move) -> process.Transition:
    """Make one recorded move: start, complete, fire or cancel."""
    flags = dict.fromkeys(subject.table.flags, False) | dict.fromkeys(move.flags, True)
    match move.verb:
        case "start":
            return process.start(subject.process, flags)
        case "complete":
            return process.complete(subject.process, snapshot, move.path, flags)
        case "fire":
            return process.fire(subject.process, snapshot, move.path, flags)
        case "cancel":
            return process.cancel(subject.process, snapshot)
        case verb:
            raise ValueError(f"unknown move {verb!r}")


def replayed_moves(subject: CompiledDefinition, rows: Iterable[EventRow]) -> list[process.Transition]:
    """Every move of the process that the log has, made again."""
    snapshot = b""
    steps: list[process.Transition] = []
    for row in rows:
        move = events.move_of(events.read(row.type, row.body))
        if move is not None:
            steps.append(replay_move(subject, snapshot, move))
            snapshot = steps[-1].state
    return steps


def replayed(subject: CompiledDefinition, case: str, rows: Iterable[EventRow]) -> tuple[CaseState, bytes]:
    """State and snapshot rebuilt from the event log alone. Raises ValueError for a log without events."""
    state: CaseState | None = None
    snapshot = b""
    for row in rows:
        fact = events.read(row.type, row.body)
        event = Event(case, row.seq, row.at, row.actor, row.type, fact, row.body, row.previous, row.hash)
        state = fold(state, event)
        move = events.move_of(fact)
        if move is not None:
            snapshot = replay_move(subject, snapshot, move).state
    if state is None:
        raise ValueError(f"case {case} has no events")
    return state, snapshot


def case_state(subject: CompiledDefinition, row: CaseRow, live: Sequence[str], statements: Statements) -> CaseState:
    """The state of a stored case; `live` are the facts of its live clocks. One of another version is made anew.

    What a clock computed last comes from its own row, as always.
    """
    try:
        return from_text(row.body, live)
    except OtherFormat:
        state, _ = replayed(subject, row.id, statements.events(row.id))
        state.clocks = {clock.id: clock for clock in clocks_from(live)}
        state.checksums = {id: checksum(clock_text(clock)) for id, clock in state.clocks.items()}
        return state


def task_columns(rows: Iterable[EventRow]) -> dict[str, dict[str, Any]]:
    """What the log says of every task that was ever opened, by id: the columns of its row, but for its dates."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        fact = events.read(row.type, row.body)
        match fact:
            case events.TaskOpened():
                found[fact.task] = _opened(fact, row)
            case events.TaskClaimed() | events.TaskReleased():
                found[fact.task]["assignee"] = row.actor if isinstance(fact, events.TaskClaimed) else None
            case events.Escalated():
                for id in fact.tasks:
                    found[id]["escalated"] = True
            case events.TaskCompleted():
                joint = {} if fact.joint is UNSET else {"joint": fact.joint}
                found[fact.task] |= {**_ended(TaskStatus.COMPLETED, row), "outcome": fact.outcome or None, **joint}
            case events.TaskCancelled():
                found[fact.task] |= _ended(TaskStatus.CANCELLED, row)
            case _ if isinstance(fact, Ends):
                for task in found.values():
                    task |= _ended(TaskStatus.CANCELLED, row) if task["state"] == TaskStatus.OPEN else {}
    return found


def _opened(fact: events.TaskOpened, row: EventRow) -> dict[str, Any]:
    names = ("item", "path", "kind", "name", "department", "role", "joint")
    return {name: getattr(fact, name) for name in names} | {
        "assignee": None, "escalated": False, "state": TaskStatus.OPEN.value, "opened_at": row.at, "closed_at": None,
        "closed_by": None, "outcome": None, "sort": ids.order(fact.task),
    }  # fmt: skip


def _ended(state: TaskStatus, row: EventRow) -> dict[str, Any]:
    return {"state": state.value, "closed_at": row.at, "closed_by": row.actor}
