"""Reader: an engine's connections, and everything that can be asked of stored cases without changing them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from govflow.engine import audit, case_clocks, inputs, queries, views
from govflow.engine.case_clocks import Calendars
from govflow.engine.commands import application
from govflow.engine.damage import readable
from govflow.engine.definitions.compiled import CompiledDefinition
from govflow.engine.definitions.pinned import Definitions
from govflow.engine.host_clock import HostClock
from govflow.engine.queries import Progress
from govflow.engine.replay import case_state
from govflow.engine.store import AnyEngine, CaseRow, Connection, Database, Statements, within
from govflow.engine.views import CaseView, EventView, Page
from govflow.errors import GovflowError, NotFound, language
from govflow.language.model import Catalog
from govflow.law.calendar import Calendar
from govflow.law.clocks import Explanation
from govflow.text import Lang, Text, joined
from govflow.vocabulary import CaseStatus, Light, Role, TaskStatus

LARGEST_PAGE = 500


class Reader:
    """Questions to the cases of one catalog in one database; safe from many threads and processes at once.

    `url`: any SQLAlchemy URL or engine. `clock`: a function that gives an aware datetime. `calendar`: the official
    calendar; by default the national one with the catalog's overlays, provisional beyond its horizon.
    """

    def __init__(
        self, url: str | AnyEngine, catalog: Catalog, *, clock: Callable[[], datetime] | None = None,
        calendar: Calendar | None = None,
    ) -> None:  # fmt: skip
        self.catalog = catalog
        self.calendars = Calendars(catalog.calendars, calendar)
        self._definitions = Definitions(catalog)
        self._clock = HostClock(clock, self.calendars.national)
        self._database = Database(url)
        self._database.ready()
        self._connection: Connection | None = None

    # --- transactions ------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Statements]:
        if self._connection is not None:
            with within(self._connection, writes=False):
                yield Statements(self._connection)
            return
        with self._database.read() as connection:
            yield Statements(connection)

    @property
    def calendar(self) -> Calendar:
        """The national calendar."""
        return self.calendars.national

    def now(self) -> datetime:
        """The engine's present instant; InvalidInput if its clock gives a naive datetime or an impossible year."""
        return self._clock.now()

    def close(self) -> None:
        """Close the database connections."""
        self._database.dispose()

    # --- questions ---------------------------------------------------------------------------------------------

    def tasks(
        self, *, department: str | None = None, role: str | None = None, case: str | None = None,
        light: str | None = None, limit: int = 50, after: str | None = None,
    ) -> Page:  # fmt: skip
        """Open tasks, one page by id. Reads only the page, from an index."""
        inputs.checked_int(limit, "limit", 1, LARGEST_PAGE)
        for field, value in (
            ("department", department), ("role", role), ("case", case), ("light", light), ("after", after),
        ):  # fmt: skip
            if value is not None:
                inputs.checked_text(value, field)
        for field, value, words in (("role", role, Role), ("light", light, Light)):
            if value is not None:
                inputs.checked_choice(value, field, words)
        unknown = department is not None and department not in self.catalog.departments
        if department is not None and not unknown:
            department = self.catalog.departments[department].code
        now = case_clocks.utc(self.now())
        with self._reading() as statements:
            rows = statements.inbox(
                department=department, role=role, case=case, light=light, now=now, after=after, limit=limit + 1
            )
        if unknown and not rows:
            # one that the catalog has forgotten may still have tasks; without any it is a slip of the pen
            inputs.checked_choice(str(department), "department", self.catalog.departments)
        page = tuple(views.task_view(row, now) for row in rows[:limit])
        return Page(page, page[-1].id if len(rows) > limit else None)

    def cases(
        self, *, state: str | None = None, ref: str | None = None, limit: int = 50, after: str | None = None
    ) -> list[dict[str, Any]]:
        """Cases by id, one page: id, ref, state, applied, updated, closed."""
        inputs.checked_int(limit, "limit", 1, LARGEST_PAGE)
        for field, value in (("ref", ref), ("state", state), ("after", after)):
            if value is not None:
                inputs.checked_text(value, field)
        if state is not None:
            inputs.checked_choice(state, "state", CaseStatus)
        code = self._definitions.code(ref) if ref is not None else None
        with self._reading() as statements:
            rows = statements.case_page(state=state, ref=code, after=after, limit=limit)
        return [{"id": r.id, "ref": r.ref, "state": r.state, "applied": r.applied_at, "updated": r.updated_at,
                 "closed": r.closed_at} for r in rows]  # fmt: skip

    def case(self, case: str) -> CaseView:
        """Everything about a case: state, items, tasks, clocks, materials, results, opinions."""
        with self._reading() as statements:
            return self._view(statements, case, self.now())

    def _view(self, statements: Statements, case: str, now: datetime) -> CaseView:
        file = statements.file(inputs.checked_text(case, "case", 40))
        if file is None:
            raise no_case(case)
        with readable(case):
            subject = self._definitions.pinned(file.row.definition, statements)
            state = case_state(subject, file.row, file.live, statements)
            return queries.case_view(file, subject, case_clocks.utc(now), state)

    def history(self, case: str, after: int = 0) -> list[EventView]:
        """The case's events in order, each with the hash of the one before it."""
        inputs.checked_int(after, "after", 0, 2**31 - 1)
        with self._reading() as statements:
            if statements.case(inputs.checked_text(case, "case", 40)) is None:
                raise no_case(case)
            rows = statements.events(case, after)
        with readable(case):
            return [EventView(e.seq, e.at, e.actor, e.type, json.loads(e.body), e.previous, e.hash) for e in rows]

    def explain(self, case: str, clock: str, lang: Lang | str = Lang.ZH) -> Explanation:
        """A clock's due date day by day: counted or skipped, and why."""
        with self._reading() as statements:
            row = statements.clock(inputs.checked_text(case, "case", 40), inputs.checked_text(clock, "clock"))
            if row is None:
                known = joined(c.id for c in statements.clocks_of(case))
                raise NotFound(
                    Text(f"办件 {case} 没有时钟 {clock!r}；有 {known}",
                    f"case {case} has no clock {clock!r}; it has {known.en}"), clock=clock,
                )  # fmt: skip
            _, subject = self._found(statements, case)
        chosen = language(lang)
        with readable(case):
            calendar = self.calendars.for_region(subject.region(row.item))
            return case_clocks.explanation(views.clock_from(row), calendar, chosen)

    def required(self, ref: str, answers: Mapping[str, Any], drop: Sequence[str] = ()) -> list[str]:
        """The material codes that these answers ask for or fetch, before there is a case. Raises as `apply`."""
        subject = self._definitions.newest(self._definitions.code(inputs.checked_text(ref, "ref")))
        drop = inputs.checked_list(drop, "drop")
        facts = application.checked_answers(subject, answers)
        application.selected(subject, facts, drop)
        return list(application.material_statuses(subject, facts, drop, ()))

    def is_open(self, task: str) -> bool:
        """Whether a task waits for somebody; NotFound if there never was one with this id."""
        with self._reading() as statements:
            row = statements.task(inputs.checked_text(task, "task", 60))
        if row is None:
            raise NotFound(Text(f"没有编号为 {task!r} 的任务", f"there is no task {task!r}"), task=task)
        return row.state == TaskStatus.OPEN

    def progress(self, case: str) -> Progress:
        """Where the case stands in its process, with the definition it runs under; for the picture."""
        with self._reading() as statements:
            row, subject = self._found(statements, case)
            at = case_clocks.utc(self.now())
            with readable(case):
                return queries.progress(statements, row, subject, at)

    def _found(self, statements: Statements, case: str) -> tuple[CaseRow, CompiledDefinition]:
        row = statements.case(inputs.checked_text(case, "case", 40))
        if row is None:
            raise no_case(case)
        with readable(case):
            return row, self._definitions.pinned(row.definition, statements)

    # --- checking ----------------------------------------------------------------------------------------------

    def check(self, case: str, *, lang: Lang | str = Lang.ZH) -> list[str]:
        """Verify a case: the chain of hashes; state, snapshot and every row against the replayed log; its definition.

        Returns one sentence a fault, in this language; an empty list means that all is well.
        """
        chosen = language(lang)
        with self._reading() as statements:
            row = statements.case(inputs.checked_text(case, "case", 40))
            if row is None:
                raise no_case(case)
            try:
                subject = self._definitions.pinned(row.definition, statements)
            except GovflowError as fault:
                return [f"{row.id}: {fault.text(chosen)}"]
            return [fault.text(chosen) for fault in audit.faults(statements, row, subject, self.calendars)]


def no_case(case: object) -> NotFound:
    """The error for a case number that nobody has."""
    return NotFound(Text(f"没有编号为 {case!r} 的办件", f"there is no case {case!r}"), case=case)
