"""The statements, each by index: what is closed or not due costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite

from govflow.case import Event
from govflow.store import tables as t


@dataclass(frozen=True, slots=True)
class CaseRow:
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


@dataclass(frozen=True, slots=True)
class TaskRow:
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


@dataclass(frozen=True, slots=True)
class ClockRow:
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


class Statements:
    """What the engine asks of one open connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._locks = connection.dialect.name == "postgresql"

    # --- definitions -------------------------------------------------------------------------------------------

    def keep_definition(self, hash: str, ref: str, bundle: bytes, bpmn: bytes, now: str) -> None:
        """Store a definition once; the same hash again changes nothing."""
        row = {"hash": hash, "ref": ref, "bundle": bundle, "bpmn": bpmn, "stored_at": now}
        self._insert_once(t.definitions, row, ["hash"])

    def has_definition(self, hash: str) -> bool:
        """Whether a definition is stored."""
        return self.connection.execute(_HAS_DEFINITION, {"hash": hash}).first() is not None

    def definition(self, hash: str) -> tuple[str, bytes, bytes] | None:
        """(ref, bundle, bpmn) of a stored definition."""
        row = self.connection.execute(_DEFINITION, {"hash": hash}).one_or_none()
        return None if row is None else (row.ref, row.bundle, row.bpmn)

    # --- cases -------------------------------------------------------------------------------------------------

    def next_number(self, name: str) -> int:
        """The next number of a named series, counted inside the transaction."""
        self._insert_once(t.counters, {"name": name, "value": 0}, ["name"])
        self.connection.execute(_COUNT, {"counter": name})
        return int(self.connection.execute(_COUNTED, {"counter": name}).scalar_one())

    def case(self, id: str, *, lock: bool = False) -> CaseRow | None:
        """One case; with `lock`, nobody else writes it until this transaction ends."""
        statement = _CASE_LOCKED if lock and self._locks else _CASE
        row = self.connection.execute(statement, {"id": id}).one_or_none()
        return None if row is None else CaseRow(*row)

    def add_case(self, row: CaseRow, applicant: Mapping[str, Any]) -> None:
        """Insert a new case and its applicant."""
        self.connection.execute(t.cases.insert(), _asdict(row))
        self.connection.execute(t.applicants.insert(), dict(applicant))

    def save_case(self, row: CaseRow, expected_revision: int) -> bool:
        """Write the case back if nobody changed it meanwhile; False for the loser of a race."""
        changed = self.connection.execute(_SAVE_CASE, {**_asdict(row), "case_id": row.id, "seen": expected_revision})
        return changed.rowcount == 1

    def applicant(self, case: str) -> Mapping[str, Any] | None:
        """The applicant of a case."""
        row = self.connection.execute(_APPLICANT, {"id": case}).mappings().one_or_none()
        return None if row is None else dict(row)

    def case_page(self, *, state: str | None, ref: str | None, after: str | None, limit: int) -> Sequence[CaseRow]:
        """Cases by id, one page."""
        query = sa.select(t.cases).order_by(t.cases.c.id).limit(limit)
        if state is not None:
            query = query.where(t.cases.c.state == state)
        if ref is not None:
            query = query.where(t.cases.c.ref == ref)
        if after is not None:
            query = query.where(t.cases.c.id > after)
        return [CaseRow(*row) for row in self.connection.execute(query)]

    # --- tasks -------------------------------------------------------------------------------------------------

    def add_tasks(self, rows: Sequence[TaskRow]) -> None:
        """Insert newly opened tasks."""
        if rows:
            self.connection.execute(_ADD_TASKS, [_asdict(row) for row in rows])

    def update_tasks(self, rows: Sequence[TaskRow]) -> None:
        """Write changed tasks back."""
        if rows:
            self.connection.execute(_UPDATE_TASKS, [{**_asdict(row), "task_id": row.id} for row in rows])

    def task(self, id: str) -> TaskRow | None:
        """One task, open or done."""
        row = self.connection.execute(_TASK, {"id": id}).one_or_none()
        return None if row is None else TaskRow(*row)

    def tasks_of(self, case: str) -> list[TaskRow]:
        """All tasks of a case, open and done, in the order of opening."""
        return [TaskRow(*row) for row in self.connection.execute(_TASKS_OF, {"case": case}).all()]

    def inbox(
        self, *, department: str | None, role: str | None, case: str | None, light: str | None, now: str,
        after: str | None, limit: int,
    ) -> list[TaskRow]:  # fmt: skip
        """Open tasks by id, one page, from an index; the light is a comparison of two columns."""
        c = t.tasks.c
        query = sa.select(t.tasks).where(sa.text("state = 'open'")).order_by(c.id).limit(limit)
        for column, value in ((c.department, department), (c.role, role), (c.case_id, case)):
            if value is not None:
                query = query.where(column == value)
        if after is not None:
            query = query.where(c.id > after)
        if light == "red":
            query = query.where(c.due_at < now)
        elif light == "yellow":
            query = query.where(c.warn_at <= now, c.due_at >= now)
        elif light == "green":
            query = query.where(
                sa.or_(c.due_at.is_(None), sa.and_(c.due_at >= now, c.warn_at.is_(None)), c.warn_at > now)
            )
        return [TaskRow(*row) for row in self.connection.execute(query).all()]

    # --- clocks ------------------------------------------------------------------------------------------------

    def put_clocks(self, new: Sequence[ClockRow], changed: Sequence[ClockRow]) -> None:
        """Insert new clocks and write changed ones back."""
        if new:
            self.connection.execute(_ADD_CLOCKS, [_asdict(row) for row in new])
        if changed:
            rows = [{**_asdict(row), "of_case": row.case_id, "clock_id": row.id} for row in changed]
            self.connection.execute(_UPDATE_CLOCKS, rows)

    def clocks_of(self, case: str) -> list[ClockRow]:
        """All clocks of a case, running and closed."""
        return [ClockRow(*row) for row in self.connection.execute(_CLOCKS_OF, {"case": case}).all()]

    def closed_clocks(self, case: str) -> Sequence[str]:
        """The facts of a case's closed clocks as JSON; the running ones are in its state."""
        return self.connection.execute(_CLOSED_CLOCKS, {"case": case}).scalars().all()

    def clock(self, case: str, id: str) -> ClockRow | None:
        """One clock."""
        row = self.connection.execute(_CLOCK, {"case": case, "id": id}).one_or_none()
        return None if row is None else ClockRow(*row)

    def cases_awake(self, now: str, limit: int, skip: Iterable[str] = ()) -> list[str]:
        """Cases with a clock to warn or to expire by now, earliest first; an index range, nothing else is read."""
        rows = self.connection.execute(_AWAKE, {"now": now, "limit": limit, "skip": list(skip) or [""]}).all()
        return list(dict.fromkeys(row[0] for row in rows))

    def cases_with_open_clocks(self, after: str, limit: int) -> list[str]:
        """Cases with open clocks by id, one page."""
        return [row[0] for row in self.connection.execute(_OPEN_CLOCKS, {"after": after, "limit": limit})]

    # --- events, outbox, keys ----------------------------------------------------------------------------------

    def add_events(self, events: Sequence[Event], texts: Sequence[str]) -> None:
        """Append events, their bodies as the texts that were hashed; the primary key refuses a number's second event."""
        if events:
            self.connection.execute(_ADD_EVENTS, [
                {"case_id": e.case, "seq": e.seq, "at": e.at, "actor": e.actor, "type": e.type,
                 "body": text, "previous": e.previous, "hash": e.hash}
                for e, text in zip(events, texts, strict=True)
            ])  # fmt: skip

    def events(self, case: str, after: int = 0) -> list[tuple[int, str, str, str, str, str, str]]:
        """(seq, at, actor, type, body, previous, hash) in order."""
        return [tuple(row) for row in self.connection.execute(_EVENTS, {"case": case, "after": after})]

    def post(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put messages into the outbox."""
        if rows:
            self.connection.execute(_POST, list(rows))

    def waiting_messages(self, now: str, limit: int) -> Sequence[Any]:
        """Messages to deliver, oldest first; on PostgreSQL other workers' rows are skipped."""
        query = (
            sa.select(t.outbox)
            .where(t.outbox.c.retry_at <= now)
            .order_by(t.outbox.c.retry_at, t.outbox.c.id)
            .limit(limit)
        )
        return self.connection.execute(query.with_for_update(skip_locked=True) if self._locks else query).all()

    def delivered(self, id: int) -> None:
        """Remove a delivered message."""
        self.connection.execute(t.outbox.delete().where(t.outbox.c.id == id))

    def postpone(self, id: int, retry_at: str, fault: str) -> None:
        """Keep an undelivered message for later, with the fault."""
        self.connection.execute(
            t.outbox.update()
            .where(t.outbox.c.id == id)
            .values(attempts=t.outbox.c.attempts + 1, retry_at=retry_at, fault=fault)
        )

    def seen(self, key: str, command: str) -> tuple[str, str] | None:
        """(case, digest of the arguments) if this key was used for this command."""
        row = self.connection.execute(_SEEN, {"key": key, "command": command}).one_or_none()
        return None if row is None else (row.case_id, row.digest)

    def remember(self, key: str, command: str, case: str, digest: str, now: str) -> bool:
        """Claim an idempotency key; False if somebody has it already."""
        row = {"key": key, "command": command, "case_id": case, "digest": digest, "created_at": now}
        return self._insert_once(t.idempotency, row, ["key", "command"])

    def _insert_once(self, table: sa.Table, row: Mapping[str, Any], keys: Sequence[str]) -> bool:
        statement = _ONCE.get((table.name, self._locks))
        if statement is None:
            statement = _insert_ignoring(table, keys, self._locks)
            _ONCE[(table.name, self._locks)] = statement
        return self.connection.execute(statement, dict(row)).first() is not None


def _insert_ignoring(table: sa.Table, keys: Sequence[str], postgresql: bool) -> Any:
    if postgresql:
        return (
            sa.dialects.postgresql.insert(table)
            .on_conflict_do_nothing(index_elements=list(keys))
            .returning(table.c[keys[0]])
        )
    return (
        sa.dialects.sqlite.insert(table).on_conflict_do_nothing(index_elements=list(keys)).returning(table.c[keys[0]])
    )


def _asdict(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


_ONCE: dict[tuple[str, bool], Any] = {}
_p = sa.bindparam
_DEFINITION = sa.select(t.definitions.c.ref, t.definitions.c.bundle, t.definitions.c.bpmn).where(
    t.definitions.c.hash == _p("hash")
)
_HAS_DEFINITION = sa.select(t.definitions.c.hash).where(t.definitions.c.hash == _p("hash"))
_COUNT = t.counters.update().where(t.counters.c.name == _p("counter")).values(value=t.counters.c.value + 1)
_COUNTED = sa.select(t.counters.c.value).where(t.counters.c.name == _p("counter"))
_CASE = sa.select(t.cases).where(t.cases.c.id == _p("id"))
_CASE_LOCKED = _CASE.with_for_update()
_APPLICANT = sa.select(t.applicants).where(t.applicants.c.case_id == _p("id"))
_SAVE_CASE = (
    t.cases.update()
    .where(t.cases.c.id == _p("case_id"), t.cases.c.revision == _p("seen"))
    .values(
        {name: _p(name) for name in ("state", "revision", "body", "snapshot", "last_actor", "updated_at", "closed_at")}
    )
)
_ADD_TASKS = t.tasks.insert()
_TASK = sa.select(t.tasks).where(t.tasks.c.id == _p("id"))
_TASKS_OF = sa.select(t.tasks).where(t.tasks.c.case_id == _p("case")).order_by(t.tasks.c.opened_at, t.tasks.c.id)
_UPDATE_TASKS = (
    t.tasks.update()
    .where(t.tasks.c.id == _p("task_id"))
    .values({
        name: _p(name)
        for name in ("assignee", "joint", "escalated", "state", "closed_at", "closed_by", "outcome", "warn_at", "due_at",
                     "provisional")
    })
)  # fmt: skip
_ADD_CLOCKS = t.clocks.insert()
_UPDATE_CLOCKS = (
    t.clocks.update()
    .where(t.clocks.c.case_id == _p("of_case"), t.clocks.c.id == _p("clock_id"))
    .values({name: _p(name) for name in ("state", "body", "due_at", "wake_at", "provisional", "calendar")})
)
_CLOCKS_OF = sa.select(t.clocks).where(t.clocks.c.case_id == _p("case")).order_by(t.clocks.c.id)
_CLOSED_CLOCKS = sa.select(t.clocks.c.body).where(
    t.clocks.c.case_id == _p("case"), t.clocks.c.state.not_in(("running", "suspended"))
)
_CLOCK = sa.select(t.clocks).where(t.clocks.c.case_id == _p("case"), t.clocks.c.id == _p("id"))
_AWAKE = (
    # rows in the order of the index, so that reading stops at the limit; grouping by case would walk every clock
    sa.select(t.clocks.c.case_id)
    .where(t.clocks.c.wake_at <= _p("now"), t.clocks.c.case_id.not_in(_p("skip", expanding=True)))
    .order_by(t.clocks.c.wake_at, t.clocks.c.case_id)
    .limit(_p("limit"))
)
_OPEN_CLOCKS = (
    sa.select(t.clocks.c.case_id)
    .distinct()
    .where(sa.text("state IN ('running', 'suspended')"), t.clocks.c.case_id > _p("after"))
    .order_by(t.clocks.c.case_id)
    .limit(_p("limit"))
)
_ADD_EVENTS = t.events.insert()
_EVENTS = (
    sa.select(*list(t.events.c)[1:])
    .where(t.events.c.case_id == _p("case"), t.events.c.seq > _p("after"))
    .order_by(t.events.c.seq)
)
_POST = t.outbox.insert()
_SEEN = sa.select(t.idempotency).where(t.idempotency.c.key == _p("key"), t.idempotency.c.command == _p("command"))
