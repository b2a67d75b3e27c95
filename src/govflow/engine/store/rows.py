"""Rows as records: what the tables hold, in the order of their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from govflow.engine.case import Event


class DefinitionRow(msgspec.Struct, frozen=True):
    """A definition as cases pin it: its closed set of files, its BPMN, and what each element of the BPMN is.

    `elements` is None in a row of 0.1.0 that `govflow db upgrade` has not completed.
    """

    hash: str
    ref: str
    bundle: bytes
    bpmn: bytes
    elements: str | None


class CaseRow(msgspec.Struct, frozen=True):
    """A case as stored: body and snapshot are caches of the event log."""

    id: str
    ref: str
    kind: str
    definition: str
    state: str
    revision: int
    body: str
    snapshot: bytes
    last_actor: str
    applied_at: str
    updated_at: str
    closed_at: str | None
    sort: str


class TaskRow(msgspec.Struct, frozen=True):
    """A task as the inbox shows it."""

    id: str
    case_id: str
    item: str | None
    path: str
    kind: str
    name: str
    department: str | None
    role: str
    assignee: str | None
    joint: str | None
    escalated: bool
    state: str
    opened_at: str
    closed_at: str | None
    closed_by: str | None
    outcome: str | None
    warn_at: str | None
    due_at: str | None
    provisional: bool
    sort: str

    @classmethod
    def of(cls, columns: Sequence[Any]) -> TaskRow:
        """The row of these columns; SQLite's driver gives booleans as numbers."""
        row = cls(*columns)
        if isinstance(row.escalated, bool):
            return row
        return msgspec.structs.replace(row, escalated=bool(row.escalated), provisional=bool(row.provisional))


class ClockRow(msgspec.Struct, frozen=True):
    """A clock as stored: `body` holds its facts."""

    case_id: str
    id: str
    kind: str
    item: str | None
    state: str
    body: str
    due_at: str | None
    wake_at: str | None
    provisional: bool
    calendar: str


CLOCK_JOB, NOTICE_JOB = "clock", "notice"
"""The kinds of job: all clocks of a case, and one message."""

JOB_STATES = ("armed", "dead", "resolved")


class JobRow(msgspec.Struct, frozen=True):
    """Something that waits to be done for a case: see `tables.jobs`."""

    case_id: str
    key: str
    kind: str
    state: str
    wake_at: str | None
    leased_until: str | None
    gen: int
    leases: int
    tries: int
    fault: str | None
    topic: str | None
    body: str | None


class ClockJob(NamedTuple):
    """What a case's file says of the job of its clocks."""

    state: str
    wake_at: str | None
    leased_until: str | None
    gen: int
    tries: int
    fault: str | None


class EventRow(NamedTuple):
    """An event as stored: `body` is the text that was hashed."""

    seq: int
    at: str
    actor: str
    type: str
    body: str
    previous: str
    hash: str


class KeyRow(msgspec.Struct, frozen=True):
    """An idempotency key with what was asked for under it: a digest of the request, and the case that it went to."""

    key: str
    command: str
    case_id: str
    digest: str
    created_at: str


class Applicant(NamedTuple):
    """Who applied, as a view shows it: the kind of person, and the name and number unless they were removed."""

    kind: str
    name: str | None
    identity: str | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with its rows, read at one moment.

    `live` and `closed` are the facts of clocks as JSON. `tasks` are the columns of the tasks' rows, made into records
    only for whom looks at them; `newer` are the rows written since.
    """

    row: CaseRow
    applicant: Applicant | None
    job: ClockJob | None
    live: Sequence[str]
    closed: Sequence[str]
    tasks: Sequence[Sequence[Any]]
    newer: Sequence[TaskRow] = ()

    def task_rows(self) -> list[TaskRow]:
        """All tasks in the order of opening."""
        rows = (TaskRow.of(columns) for columns in self.tasks)
        found = {row.id: row for row in rows} | {row.id: row for row in self.newer}
        return sorted(found.values(), key=lambda row: (row.opened_at, row.id))


@dataclass(frozen=True, slots=True)
class Locked:
    """A case that nobody else writes until the transaction ends.

    `now` is the instant of the lock by the database's clock, None on SQLite, which has none; `seen` the case and the
    digest that the key asked for stands for, if it was used.
    """

    file: CaseFile
    now: datetime | None
    seen: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one command writes to a case, its event log included.

    `clock_jobs` is one row or none: the job of the case's clocks, where it is to be armed anew.
    """

    row: CaseRow
    new_tasks: Sequence[TaskRow]
    tasks: Sequence[TaskRow]
    new_clocks: Sequence[ClockRow]
    clocks: Sequence[ClockRow]
    events: Sequence[Event]
    clock_jobs: Sequence[Mapping[str, Any]]
    notices: Sequence[Mapping[str, Any]]
    key: KeyRow | None = None
