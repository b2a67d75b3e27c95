"""The statements, each by index: what is closed or not due costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite

from govflow.engine.case.ids import case_of, order
from govflow.engine.store import at_once
from govflow.engine.store import tables as t
from govflow.engine.store.job_statements import ARM_CLOCKS, JobStatements
from govflow.engine.store.rows import (
    Applicant,
    CaseFile,
    CaseRow,
    Changes,
    ClockJob,
    ClockRow,
    DefinitionRow,
    EventRow,
    KeyRow,
    Locked,
    TaskRow,
)

LIVE = ("running", "suspended")
"""States of a clock that is not closed."""

FEW = 2000
"""So many tasks are looked up and sorted in less time than it takes to find a page of more among a million cases."""


class KeyTaken(Exception):
    """Another transaction committed the same idempotency key first; this one must be rolled back."""


class Statements(JobStatements):
    """What the engine asks of one open connection."""

    # --- definitions -------------------------------------------------------------------------------------------

    def keep_definition(self, definition: DefinitionRow, now: str) -> None:
        """Store a definition once; the same hash again changes nothing."""
        row = {**_asdict(definition), "stored_at": now}
        self._insert_once(t.definitions, row, ["hash"])

    def definition(self, hash: str) -> DefinitionRow | None:
        """A stored definition."""
        row = self.connection.execute(_DEFINITION, {"hash": hash}).one_or_none()
        return None if row is None else DefinitionRow(*row)

    def definitions_without_elements(self) -> list[str]:
        """Hashes of the definitions that were stored before the table of elements was."""
        query = sa.select(t.definitions.c.hash).where(t.definitions.c.elements.is_(None)).order_by(t.definitions.c.hash)
        return list(self.connection.execute(query).scalars())

    def complete_definition(self, hash: str, elements: str) -> None:
        """Store what the elements of a definition are, for one that has no such table yet."""
        c = t.definitions.c
        query = t.definitions.update().where(c.hash == hash, c.elements.is_(None)).values(elements=elements)
        self.connection.execute(query)

    # --- cases -------------------------------------------------------------------------------------------------

    def count_on(self, name: str, by: int = 1) -> int:
        """The last of so many further numbers of a named series, counted inside the transaction."""
        self._insert_once(t.counters, {"name": name, "value": 0}, ["name"])
        self.connection.execute(_COUNT, {"counter": name, "by": by})
        return int(self.connection.execute(_COUNTED, {"counter": name}).scalar_one())

    def case(self, id: str) -> CaseRow | None:
        """One case."""
        rows = self._driver.rows(self._driver.run(_CASE, {"id": id}))
        return CaseRow(*rows[0]) if rows else None

    def now(self) -> datetime | None:
        """The present instant by the database's clock; None on SQLite, which has none of its own."""
        return self._driver.rows(self._driver.run(_NOW, {}))[0][0] if self._postgresql else None

    def file(self, id: str) -> CaseFile | None:
        """A case with its rows."""
        found = self._file(_FILE, id, None, whole=True)
        return None if found is None else found.file

    def lock(self, id: str, *, key: tuple[str, str] | None = None, whole: bool = True) -> Locked | None:
        """A case with its rows, which nobody else writes until this transaction ends; and what `key` (key and command)
        stands for.

        Without `whole`, only what a change needs: neither its tasks' rows nor its closed clocks.
        """
        return self._file(_FILE_LOCKED if self._postgresql else _FILE, id, key, whole)

    def _file(self, query: Any, id: str, key: tuple[str, str] | None, whole: bool) -> Locked | None:
        run, rows, of = self._driver.run, self._driver.rows, {"case": id}
        with self._driver.together():
            # the lock comes first: what is read after it is what the last writer left
            case = run(query, of)
            job = run(_CLOCK_JOB, of)
            clocks = run(_CLOCK_FACTS if whole else _LIVE_CLOCK_FACTS, of)
            tasks = run(_TASKS_OF, of) if whole else None
            keys = run(_SEEN, {"key": key[0], "command": key[1]}) if key is not None else None
        found = rows(case)
        if not found:
            return None
        *row, kind, name, identity, now = found[0]
        applicant = Applicant(kind, name, identity) if kind is not None else None
        live: list[str] = []
        closed: list[str] = []
        for body, state in rows(clocks):
            (live if state in LIVE else closed).append(body)
        seen = rows(keys) if keys is not None else None
        task_rows = rows(tasks) if tasks is not None else ()
        jobs = rows(job)
        file = CaseFile(CaseRow(*row), applicant, ClockJob(*jobs[0]) if jobs else None, live, closed, task_rows)
        return Locked(file, now, seen[0][:2] if seen else None)

    def add_case(self, changes: Changes, applicant: Mapping[str, Any]) -> None:
        """Insert a new case, its applicant and all that its first command recorded. Raises KeyTaken."""
        with self._driver.together():
            self._driver.run(_ADD_CASE, _asdict(changes.row))
            self._driver.run(_ADD_APPLICANT, applicant)
            self._write(changes)
        self._claim(changes.key)

    def save(self, changes: Changes, expected_revision: int, state: str | None = None) -> bool:
        """Write a command's changes if nobody changed the case meanwhile; False for the loser of a race.

        `state` is the one that the case was in, if it is known: where it stays SQLite need not rewrite its index, which
        is a page less in the commit. Raises KeyTaken if somebody has the command's key.
        """
        row = changes.row
        values = _asdict(row) | {"case_id": row.id, "seen": expected_revision}
        if self._postgresql:
            parts = {
                "new_tasks": changes.new_tasks, "tasks_changed": changes.tasks, "new_clocks": changes.new_clocks,
                "clocks_changed": changes.clocks, "new_events": list(_event_values(changes)),
                "clock_jobs": changes.clock_jobs, "notices": changes.notices,
                "new_key": [changes.key] if changes.key is not None else (),
            }  # fmt: skip
            documents = {name: msgspec.json.encode(rows).decode() for name, rows in parts.items() if rows}
            done = self._driver.run(at_once.saving(frozenset(documents)), values | documents)
            saved, keys = self._driver.rows(done)[0]
            if saved and changes.key is not None and not keys:
                raise KeyTaken
            return bool(saved)
        if self._driver.run(_SAVE_CASE_IN_STATE if state == row.state else _SAVE_CASE, values).rowcount != 1:
            return False
        self._write(changes)
        self._claim(changes.key)
        return True

    def _write(self, changes: Changes) -> None:
        run_all = self._driver.run_all
        run_all(_ADD_TASKS, [_asdict(row) for row in changes.new_tasks])
        run_all(_UPDATE_TASKS, [{**_asdict(row), "of_case": row.case_id, "task_id": row.id} for row in changes.tasks])
        run_all(_ADD_CLOCKS, [_asdict(row) for row in changes.new_clocks])
        run_all(
            _UPDATE_CLOCKS, [{**_asdict(row), "of_case": row.case_id, "clock_id": row.id} for row in changes.clocks]
        )
        run_all(_ADD_EVENTS, list(_event_values(changes)))
        run_all(ARM_CLOCKS, changes.clock_jobs)
        run_all(_ADD_NOTICES, changes.notices)

    def applicant(self, case: str) -> Mapping[str, Any] | None:
        """The applicant of a case."""
        row = self.connection.execute(_APPLICANT, {"id": case}).mappings().one_or_none()
        return None if row is None else dict(row)

    def case_page(self, *, state: str | None, ref: str | None, after: str | None, limit: int) -> Sequence[CaseRow]:
        """Cases in the order of their numbers, one page; `after` is the id of the last one before it."""
        query = sa.select(t.cases).order_by(t.cases.c.sort).limit(limit)
        if state is not None:
            query = query.where(t.cases.c.state == state)
        if ref is not None:
            query = query.where(t.cases.c.ref == ref)
        if after is not None:
            query = query.where(t.cases.c.sort > order(after))
        return [CaseRow(*row) for row in self.connection.execute(query)]

    # --- tasks -------------------------------------------------------------------------------------------------

    def task(self, id: str) -> TaskRow | None:
        """One task, open or done."""
        row = self.connection.execute(_TASK, {"case": case_of(id), "id": id}).one_or_none()
        return None if row is None else TaskRow(*row)

    def tasks_of(self, case: str) -> list[TaskRow]:
        """All tasks of a case, open and done."""
        return [TaskRow.of(row) for row in self._driver.rows(self._driver.run(_TASKS_OF, {"case": case}))]

    def inbox(
        self, *, department: str | None, role: str | None, case: str | None, light: str | None, now: str,
        after: str | None, limit: int,
    ) -> list[TaskRow]:  # fmt: skip
        """Open tasks in the order of their numbers, one page, from an index; the light is a comparison of two columns.

        A filter that may fit one task in a million is looked up in its own index first, as far as FEW tasks; only where
        more fit are tasks read in their order until the page is full. The database cannot choose by itself: what it
        knows of roles and dates is of all tasks, and most are closed.
        """
        c = t.tasks.c
        query = sa.select(t.tasks).where(sa.text("state = 'open'"))
        for column, value in ((c.role, role), (c.case_id, case)):
            if value is not None:
                query = query.where(column == value)
        if after is not None:
            query = query.where(c.sort > order(after))
        if light is not None:
            query = query.where(_shows(light, now))
        by = _narrowing(light, lone_role=role is not None and department is None) if case is None else None
        if by is not None:
            # SQLite would rather look up a department, and then read all its tasks, than take the index that is named
            owner = c.department if self._postgresql else c.department.concat("")
            found = _few_first(query if department is None else query.where(owner == department), by, limit)
            rows = self.connection.execute(found).all()
            if not rows or rows[0].found <= FEW:
                return [TaskRow(*row[:-1]) for row in rows]
        if department is not None:
            query = query.where(c.department == department)
        return [TaskRow(*row) for row in self.connection.execute(query.order_by(c.sort).limit(limit)).all()]

    # --- clocks ------------------------------------------------------------------------------------------------

    def clocks_of(self, case: str) -> list[ClockRow]:
        """All clocks of a case, running and closed."""
        return [ClockRow(*row) for row in self.connection.execute(_CLOCKS_OF, {"case": case}).all()]

    def clock(self, case: str, id: str) -> ClockRow | None:
        """One clock."""
        row = self.connection.execute(_CLOCK, {"case": case, "id": id}).one_or_none()
        return None if row is None else ClockRow(*row)

    def stale_clocks(
        self, calendar: str, others: Iterable[str], after: tuple[str, str], limit: int
    ) -> list[tuple[str, str]]:
        """Calendar and case of open clocks that rest on none of these calendars, one page; `calendar` is most clocks'.

        Two looks into an index, below and above `calendar`: when nothing is stale, nothing is read.
        """
        given = {"calendar": calendar, "others": list(others) or [calendar], "limit": limit}
        given |= dict(zip(("after", "case"), after, strict=True))
        for query in (_STALE_BELOW, _STALE_ABOVE):
            if rows := self.connection.execute(query, given).all():
                return [(row[0], row[1]) for row in rows]
        return []

    # --- events, keys ------------------------------------------------------------------------------------------

    def events(self, case: str, after: int = 0) -> list[EventRow]:
        """The events of a case in order."""
        return [EventRow(*row) for row in self.connection.execute(_EVENTS, {"case": case, "after": after})]

    def seen(self, key: str, command: str) -> tuple[str, str] | None:
        """(case, digest of the arguments) if this key was used for this command."""
        rows = self._driver.rows(self._driver.run(_SEEN, {"key": key, "command": command}))
        return (rows[0][0], rows[0][1]) if rows else None

    def forget_keys(self, before: str) -> int:
        """Remove the keys that were used before; returns how many those were."""
        return self.connection.execute(t.idempotency.delete().where(t.idempotency.c.created_at < before)).rowcount

    def _claim(self, key: KeyRow | None) -> None:
        if key is not None and not self._insert_once(t.idempotency, _asdict(key), ["key", "command"]):
            raise KeyTaken

    def _insert_once(self, table: sa.Table, row: Mapping[str, Any], keys: Sequence[str]) -> bool:
        statement = _ONCE.get((table.name, self._postgresql))
        if statement is None:
            statement = _insert_ignoring(table, keys, self._postgresql)
            _ONCE[(table.name, self._postgresql)] = statement
        return bool(self._driver.rows(self._driver.run(statement, row)))


def _shows(light: str, now: str) -> sa.ColumnElement[bool]:
    """Whether a task shows this light now."""
    c = t.tasks.c
    match light:
        case "red":
            return c.due_at < now
        case "yellow":
            return sa.and_(c.warn_at <= now, c.due_at >= now)
        case _:
            return sa.or_(c.due_at.is_(None), sa.and_(c.due_at >= now, c.warn_at.is_(None)), c.warn_at > now)


def _narrowing(light: str | None, *, lone_role: bool) -> sa.Index | None:
    """The index that finds a filter's tasks; None where nearly all fit, or the order of pages has an index of its own."""
    name = {"yellow": "tasks_inbox_warn", "red": "tasks_inbox_due"}.get(light or "")
    if name is None and light is None and lone_role:
        name = "tasks_inbox_role"
    return next((index for index in t.tasks.indexes if index.name == name), None)


def _few_first(query: sa.Select[Any], by: sa.Index, limit: int) -> sa.Select[Any]:
    """The page of a query's tasks if FEW fit, with how many fit as the last column; of more only that it is more."""
    c = t.tasks.c
    few = query.with_only_columns(c.sort).order_by(*by.columns).limit(FEW + 1).subquery()
    count = sa.func.count().over().label("found")
    first = sa.select(few.c.sort, count).order_by(few.c.sort).limit(limit).subquery()
    joined = sa.and_(sa.text("state = 'open'"), c.sort == first.c.sort)
    return sa.select(t.tasks, first.c.found).join_from(first, t.tasks, joined).order_by(first.c.sort)


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


def _event_values(changes: Changes) -> Iterator[dict[str, Any]]:
    """Events as rows: the body is the text that was hashed, and the primary key refuses a number's second event."""
    for e in changes.events:
        yield {"case_id": e.case, "seq": e.seq, "at": e.at, "actor": e.actor, "type": e.type, "body": e.text,
               "previous": e.previous, "hash": e.hash}  # fmt: skip


_asdict = msgspec.structs.asdict
_ONCE: dict[tuple[str, bool], Any] = {}
_p = sa.bindparam
_DEFINITION = sa.select(*(t.definitions.c[name] for name in DefinitionRow.__struct_fields__)).where(
    t.definitions.c.hash == _p("hash")
)
_COUNT = t.counters.update().where(t.counters.c.name == _p("counter")).values(value=t.counters.c.value + _p("by"))
_COUNTED = sa.select(t.counters.c.value).where(t.counters.c.name == _p("counter"))
_CASE = sa.select(t.cases).where(t.cases.c.id == _p("id"))
_FILE_COLUMNS = (*t.cases.c, t.applicants.c.kind, t.applicants.c.name, t.applicants.c.identity)
_FROM_FILE = t.cases.outerjoin(t.applicants, t.applicants.c.case_id == t.cases.c.id)
_FILE = sa.select(*_FILE_COLUMNS, sa.null()).select_from(_FROM_FILE).where(t.cases.c.id == _p("case"))
_NOW = sa.select(sa.func.clock_timestamp())
# the subquery locks the row, and what stands outside of it is computed after that
_FILE_LOCKED = sa.select(
    (
        sa.select(*(column.label(f"c{n}") for n, column in enumerate(_FILE_COLUMNS)))
        .select_from(_FROM_FILE)
        .where(t.cases.c.id == _p("case"))
        .with_for_update(of=t.cases)
        .subquery()
    ),
    sa.func.clock_timestamp(),
)
_ADD_CASE = t.cases.insert().inline()
_ADD_APPLICANT = t.applicants.insert().inline()
_APPLICANT = sa.select(t.applicants).where(t.applicants.c.case_id == _p("id"))
_OF_REVISION = t.cases.update().where(t.cases.c.id == _p("case_id"), t.cases.c.revision == _p("seen"))
_SAVE_CASE = _OF_REVISION.values({name: _p(name) for name in t.CASE_CHANGES})
_SAVE_CASE_IN_STATE = _OF_REVISION.values({name: _p(name) for name in t.CASE_CHANGES if name != "state"})
_ADD_TASKS = t.tasks.insert().inline()
_TASK = sa.select(t.tasks).where(t.tasks.c.case_id == _p("case"), t.tasks.c.id == _p("id"))
_TASKS_OF = sa.select(t.tasks).where(t.tasks.c.case_id == _p("case"))
_UPDATE_TASKS = (
    t.tasks.update()
    .where(t.tasks.c.case_id == _p("of_case"), t.tasks.c.id == _p("task_id"))
    .values({name: _p(name) for name in t.TASK_CHANGES})
)
_ADD_CLOCKS = t.clocks.insert().inline()
_UPDATE_CLOCKS = (
    t.clocks.update()
    .where(t.clocks.c.case_id == _p("of_case"), t.clocks.c.id == _p("clock_id"))
    .values({name: _p(name) for name in t.CLOCK_CHANGES})
)
_CLOCKS_OF = sa.select(t.clocks).where(t.clocks.c.case_id == _p("case")).order_by(t.clocks.c.id)
_CLOCK_FACTS = sa.select(t.clocks.c.body, t.clocks.c.state).where(t.clocks.c.case_id == _p("case"))
_LIVE_CLOCK_FACTS = _CLOCK_FACTS.where(sa.text("state IN ('running', 'suspended')"))
_CLOCK = sa.select(t.clocks).where(t.clocks.c.case_id == _p("case"), t.clocks.c.id == _p("id"))
_STALE = (
    sa.select(t.clocks.c.calendar, t.clocks.c.case_id)
    .where(
        sa.text("state IN ('running', 'suspended')"),
        t.clocks.c.calendar.not_in(sa.bindparam("others", expanding=True)),
    )
    .order_by(t.clocks.c.calendar, t.clocks.c.case_id)
    .limit(_p("limit"))
)
_AFTER = sa.tuple_(_p("after"), _p("case"))
_STALE_BELOW = _STALE.where(
    t.clocks.c.calendar < _p("calendar"), sa.tuple_(t.clocks.c.calendar, t.clocks.c.case_id) > _AFTER
)
# SQLite begins at one lower bound, and the page's would be the worse one: `|| ''` keeps it from the index
_STALE_ABOVE = _STALE.where(
    t.clocks.c.calendar > _p("calendar"), sa.tuple_(t.clocks.c.calendar + "", t.clocks.c.case_id) > _AFTER
)
_ADD_EVENTS = t.events.insert().inline()
_EVENTS = (
    sa.select(*list(t.events.c)[1:])
    .where(t.events.c.case_id == _p("case"), t.events.c.seq > _p("after"))
    .order_by(t.events.c.seq)
)
_CLOCK_JOB = sa.select(*(t.jobs.c[name] for name in ClockJob._fields)).where(
    t.jobs.c.case_id == _p("case"), sa.text("key = 'clock'")
)
_ADD_NOTICES = t.jobs.insert().inline()
_SEEN = sa.select(t.idempotency.c.case_id, t.idempotency.c.digest).where(
    t.idempotency.c.key == _p("key"), t.idempotency.c.command == _p("command")
)
