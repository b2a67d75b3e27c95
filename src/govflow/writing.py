"""A draft's changes as rows: few statements, each once a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from govflow import timekeeping
from govflow.case import ClockState, TaskState, canonical, to_text
from govflow.draft import Draft
from govflow.errors import Conflict
from govflow.store import CaseRow, ClockRow, Statements, TaskRow
from govflow.views import governing_clock, governs

NOTICES = frozenset({
    "applied", "accepted", "not_accepted", "correction_asked", "clock_warned", "clock_expired", "escalated", "item_decided",
    "result_issued", "delivered", "withdrawn", "deemed_withdrawn", "clocks_suspended", "clocks_resumed", "clocks_extended",
    "clock_reprojected", "closed",
})  # fmt: skip
"""Events that somebody outside is told of: they go to the outbox in the case's transaction."""


def write_new(statements: Statements, draft: Draft, applicant: Mapping[str, Any], salt: str) -> None:
    """Insert a new case with all that its first command recorded."""
    tasks, clocks = _new_tasks(draft, {}), _clock_rows(draft, draft.state.clocks)
    row = _row(draft, revision=1, applied=draft.state.applied)
    details = {key: value for key, value in applicant.items() if key not in ("kind", "name", "id")}
    statements.add_case(row, {
        "case_id": row.id, "kind": applicant["kind"], "name": applicant["name"], "identity": applicant["id"],
        "details": canonical(details), "salt": salt,
    })  # fmt: skip
    statements.add_tasks(tasks)
    statements.put_clocks(clocks, [])
    _log(statements, draft)


def save(statements: Statements, draft: Draft, before: CaseRow) -> CaseRow:
    """Write the case back and return its new row; Conflict if somebody else wrote it since it was read."""
    tasks = _new_tasks(draft, draft.tasks_before)
    changed_tasks = _changed_tasks(draft)
    fresh = [c for c in draft.state.clocks if c not in draft.clocks_before]
    touched = [c for c in draft.dirty if c in draft.clocks_before]
    clocks = {id: draft.state.clocks[id] for id in fresh}, {id: draft.state.clocks[id] for id in touched}
    new_rows, changed_rows = _clock_rows(draft, clocks[0]), _clock_rows(draft, clocks[1])
    row = _row(draft, before.revision + 1, before.applied_at)
    if not statements.save_case(row, before.revision):
        raise Conflict(
            f"办件 {before.id} 刚被 {before.last_actor} 改动，本次没有任何改动，请重试",
            f"case {before.id} was changed meanwhile; nothing was done", case=before.id,
        )  # fmt: skip
    statements.add_tasks(tasks)
    statements.update_tasks(changed_tasks)
    statements.put_clocks(new_rows, changed_rows)
    _log(statements, draft)
    return row


def _row(draft: Draft, revision: int, applied: str) -> CaseRow:
    state = draft.state
    state.clocks = {id: clock for id, clock in state.clocks.items() if clock.live}
    return CaseRow(
        state.id, state.ref, state.kind, state.definition, state.state, revision, to_text(state), draft.snapshot, draft.actor,
        applied, draft.at, state.closed,
    )  # fmt: skip


def _log(statements: Statements, draft: Draft) -> None:
    texts = [draft.texts.get(e.seq) or canonical(e.body) for e in draft.events]
    statements.add_events(draft.events, texts)
    statements.post([
        {"case_id": e.case, "seq": e.seq, "topic": e.type, "body": text, "created_at": e.at, "retry_at": e.at}
        for e, text in zip(draft.events, texts, strict=True) if e.type in NOTICES
    ])  # fmt: skip


def _new_tasks(draft: Draft, known: Mapping[str, Any]) -> list[TaskRow]:
    """Rows of tasks opened by this command, those that it closed again included."""
    closed = {task.id: (state, outcome) for task, state, outcome in draft.closed_tasks}
    rows = [_task_row(draft, task, "open", None) for id, task in draft.state.tasks.items() if id not in known]
    rows += [_task_row(draft, t, *closed[t.id]) for t, _, _ in draft.closed_tasks if t.id not in known]
    return rows


def _changed_tasks(draft: Draft) -> list[TaskRow]:
    """Rows of tasks that were open before: closed now, changed, or with another due date."""
    known = draft.tasks_before
    rows = [_task_row(draft, t, state, outcome) for t, state, outcome in draft.closed_tasks if t.id in known]
    closed = {task.id for task, _, _ in draft.closed_tasks}
    dirty = [draft.state.clocks[id] for id in draft.dirty]
    for id, before in known.items():
        task = draft.state.tasks.get(id)
        if task is None and id not in closed:
            task = TaskState(**before)
            rows.append(_task_row(draft, task, "cancelled", None))
        elif task is not None and (vars(task) != before or any(governs(c, task.item, id) for c in dirty)):
            rows.append(_task_row(draft, task, "open", None))
    return rows


def _task_row(draft: Draft, task: TaskState, state: str, outcome: str | None) -> TaskRow:
    clock = governing_clock(draft.state, task.item, task.id) if state == "open" else None
    done = state != "open"
    return TaskRow(
        task.id, draft.state.id, task.item, task.path, task.kind, task.name, task.department, task.role, task.assignee,
        task.joint, task.escalated, state, task.opened, draft.at if done else None, draft.closed_by.get(task.id, draft.actor) if done else None,
        outcome or None, clock.warn_at if clock else None, clock.due_at if clock else None,
        clock.provisional if clock else False,
    )  # fmt: skip


def _clock_rows(draft: Draft, clocks: Mapping[str, ClockState]) -> list[ClockRow]:
    return [
        ClockRow(draft.state.id, c.id, c.kind, c.item, c.state, json.dumps(vars(c), ensure_ascii=False), c.due_at,
                 timekeeping.wake_at(c), c.provisional, c.calendar)
        for c in clocks.values()
    ]  # fmt: skip
