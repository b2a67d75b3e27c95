"""A draft's changes as rows, and the case as it is once they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from govflow.engine import case_clocks
from govflow.engine.case import TaskState, checksum, clock_text, events, ids, to_text
from govflow.engine.commands.unit_of_work import UnitOfWork
from govflow.engine.keys import Key
from govflow.engine.store import (
    CLOCK_JOB,
    NOTICE_JOB,
    CaseFile,
    CaseRow,
    Changes,
    ClockJob,
    ClockRow,
    Statements,
    TaskRow,
)
from govflow.engine.views import decides_due_date, governing_clock
from govflow.errors import Conflict
from govflow.text import Text
from govflow.vocabulary import ErrorCode, TaskStatus

NOTICES = frozenset(
    {
        events.Applied,
        events.Accepted,
        events.NotAccepted,
        events.Refused,
        events.CorrectionAsked,
        events.ClockWarned,
        events.ClockExpired,
        events.Escalated,
        events.ItemDecided,
        events.ResultIssued,
        events.Delivered,
        events.Withdrawn,
        events.DeemedWithdrawn,
        events.ClocksSuspended,
        events.ClocksResumed,
        events.ClocksExtended,
        events.ClockReprojected,
        events.Closed,
    }
)
"""Events that somebody outside is told of: a message waits for each from the case's own transaction on."""


def write_new(
    statements: Statements, draft: UnitOfWork, applicant: Mapping[str, Any], salt: str, key: Key | None
) -> None:
    """Insert a new case with all that its first command recorded. Raises KeyTaken."""
    clocks = _clock_rows(draft, draft.state.clocks)
    row = _row(draft, revision=1, applied=draft.state.applied)
    details = {key: value for key, value in applicant.items() if key not in ("kind", "name", "id")}
    changes = _changes(draft, row, clocks, [], None, key)
    statements.add_case(changes, {
        "case_id": row.id, "kind": applicant["kind"], "name": applicant["name"], "identity": applicant["id"],
        "details": events.canonical(details), "salt": salt,
    })  # fmt: skip


def save(statements: Statements, draft: UnitOfWork, before: CaseFile, key: Key | None = None) -> CaseFile:
    """Write the case back, with the command's key, and return it as it is now.

    Raises Conflict if somebody else wrote it since it was read, KeyTaken if the key was used meanwhile.
    """
    clocks = draft.state.clocks
    fresh = _clock_rows(draft, [id for id in clocks if id not in draft.clocks_before])
    touched = _clock_rows(draft, [id for id in draft.dirty if id in draft.clocks_before])
    row = _row(draft, before.row.revision + 1, before.row.applied_at)
    changes = _changes(draft, row, fresh, touched, before.job, key)
    if not statements.save(changes, before.row.revision, before.row.state):
        raise Conflict(
            Text(f"办件 {row.id} 刚被 {before.row.last_actor} 改动，本次没有任何改动，请重试",
            f"case {row.id} was changed meanwhile; nothing was done"), code=ErrorCode.CHANGED, case=row.id,
        )  # fmt: skip
    closed = [clock.body for clock in (*changes.clocks, *changes.new_clocks) if not clocks[clock.id].live]
    draft.state.clocks = {id: clock for id, clock in clocks.items() if clock.live}
    newer = (*changes.tasks, *changes.new_tasks)
    return CaseFile(row, before.applicant, None, (), (*before.closed, *closed), before.tasks, newer)


def _changes(
    draft: UnitOfWork,
    row: CaseRow,
    new_clocks: list[ClockRow],
    clocks: list[ClockRow],
    job: ClockJob | None,
    key: Key | None,
) -> Changes:
    notices = [
        {"case_id": e.case, "key": ids.notice_key(e.seq), "kind": NOTICE_JOB, "wake_at": e.at, "topic": e.type, "body": e.text}
        for e in draft.events if e.fact.__class__ in NOTICES
    ]  # fmt: skip
    new_tasks, tasks = _new_tasks(draft, draft.tasks_before), _changed_tasks(draft)
    keyed = None if key is None else key.row(row.id, draft.at)
    return Changes(row, new_tasks, tasks, new_clocks, clocks, draft.events, clock_jobs(draft, job), notices, keyed)


def clock_jobs(draft: UnitOfWork, job: ClockJob | None) -> list[dict[str, str | None]]:
    """The job of the case's clocks, to be armed anew; none where it stands right, at rest and without a fault."""
    wake = case_clocks.earliest_wake(draft.state.clocks.values())
    if job is not None and (job.state, job.wake_at, job.leased_until, job.tries) == ("armed", wake, None, 0):
        return []
    return [{"case_id": draft.state.id, "key": CLOCK_JOB, "kind": CLOCK_JOB, "wake_at": wake}]


def _row(draft: UnitOfWork, revision: int, applied: str) -> CaseRow:
    state = draft.state
    return CaseRow(
        state.id, state.ref, state.kind, state.definition, state.state, revision, to_text(state), draft.snapshot, draft.actor,
        applied, draft.at, state.closed, ids.order(state.id),
    )  # fmt: skip


def _new_tasks(draft: UnitOfWork, known: Mapping[str, TaskState]) -> list[TaskRow]:
    """Rows of tasks opened by this command, those that it closed again included."""
    closed = {task.id: (state, outcome) for task, state, outcome in draft.closed_tasks}
    rows = [_task_row(draft, task, "open", None) for id, task in draft.state.tasks.items() if id not in known]
    rows += [_task_row(draft, t, *closed[t.id]) for t, _, _ in draft.closed_tasks if t.id not in known]
    return rows


def _changed_tasks(draft: UnitOfWork) -> list[TaskRow]:
    """Rows of tasks that were open before: closed now, changed, or with another due date."""
    known = draft.tasks_before
    rows = [_task_row(draft, t, state, outcome) for t, state, outcome in draft.closed_tasks if t.id in known]
    closed = {task.id for task, _, _ in draft.closed_tasks}
    dirty = [draft.state.clocks[id] for id in draft.dirty]
    for id, before in known.items():
        task = draft.state.tasks.get(id)
        if task is None and id not in closed:
            rows.append(_task_row(draft, before, "cancelled", None))
        elif task is not None and (task != before or any(decides_due_date(c, task.item, id) for c in dirty)):
            rows.append(_task_row(draft, task, "open", None))
    return rows


def _task_row(draft: UnitOfWork, task: TaskState, state: str, outcome: str | None) -> TaskRow:
    clock = governing_clock(draft.state, task.item, task.id) if state == TaskStatus.OPEN else None
    done = state != TaskStatus.OPEN
    return TaskRow(
        task.id, draft.state.id, task.item, task.path, task.kind, task.name, task.department, task.role, task.assignee,
        task.joint, task.escalated, state, task.opened, draft.at if done else None, draft.closed_by.get(task.id, draft.actor) if done else None,
        outcome or None, clock.warn_at if clock else None, clock.due_at if clock else None,
        clock.provisional if clock else False, ids.order(task.id),
    )  # fmt: skip


def _clock_rows(draft: UnitOfWork, ids: Iterable[str]) -> list[ClockRow]:
    """Rows of these clocks; the state is told what they say."""
    rows = []
    for id in ids:
        c, text = draft.state.clocks[id], clock_text(draft.state.clocks[id])
        draft.state.checksums[id] = checksum(text)
        rows.append(ClockRow(draft.state.id, id, c.kind, c.item, c.state, text, c.due_at, case_clocks.wake_at(c),
                             c.provisional, c.calendar))  # fmt: skip
    return rows
