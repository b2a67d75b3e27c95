"""Engine: the embedding API. One public method is one transaction; nothing is left half done.

Every method raises one of NotFound, NotAllowed, Conflict or InvalidInput with a sentence that says what was found and
what was expected. A command that is asked again with its `key` has taken place once, and gives the case as it is.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from govflow.engine import case_clocks, inputs, keys, queries
from govflow.engine.actors import Actor, actor_from
from govflow.engine.case import TaskState, fold, ids
from govflow.engine.commands import application, correction, flow, suspension, tasks, timers
from govflow.engine.commands.unit_of_work import UnitOfWork, next_event
from govflow.engine.damage import DAMAGE, damaged
from govflow.engine.jobs import Jobs
from govflow.engine.keys import Key, key_of
from govflow.engine.persistence import save, write_new
from govflow.engine.store import (
    AnyEngine,
    KeyTaken,
    Number,
    Numbers,
    Statements,
    StoreError,
)
from govflow.engine.views import CaseView, TaskView
from govflow.errors import Conflict, InvalidInput, NotAllowed, NotFound
from govflow.language.model import Catalog
from govflow.law.calendar import Calendar
from govflow.law.clocks import ClockError, Limit
from govflow.text import Text
from govflow.vocabulary import ErrorCode, TaskStatus

_log = logging.getLogger("govflow")


class Engine(Jobs):
    """Cases of one catalog in one database; safe from many threads and processes at once.

    `url`: a URL of SQLite or PostgreSQL, or a synchronous engine of SQLAlchemy, whose pool is then shared. On SQLite
    such an engine begins its transactions itself from then on, with foreign keys, WAL and a wait of 30 seconds for
    locks; the caller's own work on it does too. `clock`: a function that gives an aware datetime; without one, the
    server's clock on PostgreSQL and the host's on SQLite. `calendar`: the official calendar for everyone; by default the
    national one with the catalog's notices, regional ones where they hold, and provisional beyond its horizon. `cell`: a
    short code that case ids begin with, where several databases share a province.
    """

    def __init__(
        self, url: str | AnyEngine, catalog: Catalog, *, clock: Callable[[], datetime] | None = None,
        calendar: Calendar | None = None, cell: str = "",
    ) -> None:  # fmt: skip
        super().__init__(url, catalog, clock=clock, calendar=calendar)
        self._cell = ids.cell(cell)
        self._numbers = Numbers(self._database)

    # --- applying ----------------------------------------------------------------------------------------------

    def apply(
        self, ref: str, *, applicant: Mapping[str, Any], answers: Mapping[str, Any] | None = None,
        materials: Sequence[str] = (), channel: str = "online", actor: str, key: str | None = None,
        drop: Sequence[str] = (),
    ) -> CaseView:  # fmt: skip
        """Apply for a theme or an item; the same key again gives the same case and makes no second one.

        `answers` decide the items; `materials` are those handed in now; `drop` are items left out by the applicant.
        """
        given = inputs.checked_list(materials, "materials"), inputs.checked_list(drop, "drop")
        code = self._definitions.code(inputs.checked_text(ref, "ref"))
        channel = inputs.checked_text(channel, "channel", 40)
        applicant, answers = inputs.checked_json(applicant, "applicant"), inputs.checked_json(answers, "answers")
        person, shelves = application.normal_applicant(applicant), self.catalog
        values = [keys.codes(shelves.materials, given[0]), channel, keys.codes(shelves.items, given[1])]
        known = key_of(key, "apply", [code, person, answers or {}, *values],
                       [code, applicant, answers, given[0], channel, given[1]])  # fmt: skip
        numbers: list[Number] = []
        try:
            # before the transaction: whoever takes a second connection while holding one can wait for ever
            if self._connection is None and (number := self._numbers.take()) is not None:
                numbers.append(number)
            with self._writing(known) as statements:
                case = None if known is None else known.case_of(statements.seen(*known.place))
                if case is not None:
                    return self._view(statements, case, self.now())
                now = self._clock.locked(None, statements.now())
                draft = self._applied(
                    statements, code, now, person, answers or {}, *given, channel, actor, known, numbers
                )
                view = self._view(statements, draft.state.id, now)
        except KeyTaken:
            # somebody committed the same key while this application was being written: theirs is the case
            return self._view_of(known)
        except ClockError as fault:  # no calendar says when this would be due
            raise NotAllowed(fault.message, code=fault.code) from fault
        except StoreError:
            self._definitions.forget()  # the database may be one from before they were stored
            raise
        finally:
            for each in numbers:  # it was not used
                self._numbers.give_back(each)
        if self._connection is None:
            self._definitions.committed(draft.subject)
        self._publish(draft.events)
        return view

    def _applied(
        self, statements: Statements, code: str, now: datetime, applicant: Mapping[str, Any],
        answers: Mapping[str, Any], materials: Sequence[str], drop: Sequence[str], channel: str, actor: str,
        key: Key | None, numbers: list[Number],
    ) -> UnitOfWork:  # fmt: skip
        at = case_clocks.utc(now)
        subject = self._definitions.keep(code, statements, at)
        who = actor_from(actor, subject.catalog)
        today = case_clocks.local_date(now)
        person, facts, chosen, given = application.examined(subject, applicant, answers, drop, materials, today)
        day = today.strftime("%Y%m%d")
        id = ids.case_id(day, self._number(statements, f"case/{day}", numbers), self._cell)
        salt = secrets.token_hex(16)
        digest = keys.digest([salt, person])
        applied = application.applied(subject, facts, chosen, given, channel, drop, digest)
        first = next_event(id, None, at, who.text, applied)
        draft = UnitOfWork(subject, fold(None, first), b"", now, who.text, self.calendars, [first])
        flow.run_process(draft, applied.move)
        write_new(statements, draft, person, salt, key)
        return draft

    def _number(self, statements: Statements, series: str, numbers: list[Number]) -> int:
        """The number in hand if it is of this series, which is used up by it; else one that is counted here and now."""
        if numbers and numbers[0].series == series:
            return numbers.pop().value
        self._numbers.follow(series)
        return statements.count_on(series)

    def _view_of(self, key: Key | None) -> CaseView:
        """The case of a key that somebody else used first; Conflict if it was for another request."""
        with self._reading() as statements:
            case = None if key is None else key.case_of(statements.seen(*key.place))
            return self._view(statements, str(case), self.now())

    # --- commands on a case ------------------------------------------------------------------------------------

    def _command(
        self, case: str, actor: str, decide: Callable[[UnitOfWork, Actor], None], key: Key | None = None
    ) -> CaseView:
        """One command, one transaction: load and lock, do what is due, decide, write, publish."""
        case, actor = inputs.checked_text(case, "case", 40), inputs.checked_text(actor, "actor", 120)
        try:
            with self._writing(key) as statements:
                locked = self._lock(statements, case, key)
                if key is not None and key.case_of(locked.seen) is not None:
                    return self._view(statements, case, self.now())
                draft = self._draft(statements, locked.file, self._instant(locked), actor)
                try:
                    who = actor_from(actor, draft.subject.catalog)
                    timers.tick(draft)
                    decide(draft, who)
                except ClockError as fault:
                    raise NotAllowed(fault.message, code=fault.code) from fault
                saved = save(statements, draft, locked.file, key)
                view = queries.case_view(saved, draft.subject, draft.at, draft.state)
        except KeyTaken:
            return self._view_of(key)
        except DAMAGE as fault:
            raise damaged(case, fault) from fault
        self._publish(draft.events)
        return view

    def _task_command(
        self, task: str, actor: str, decide: Callable[[UnitOfWork, TaskState, Actor], None], key: Key | None,
    ) -> CaseView:  # fmt: skip
        try:
            return self._command(
                self._case_of(task), actor, lambda draft, who: decide(draft, _open_task(draft, task), who), key
            )
        except _NotOpen:
            # asked after the transaction: whoever waits for a second connection while holding one can wait for ever
            raise self._gone(task) from None

    def _case_of(self, task: str) -> str:
        case = ids.case_of(inputs.checked_text(task, "task", 60))
        if case is None:
            raise NotFound(Text(f"没有编号为 {task!r} 的任务", f"there is no task {task!r}"), task=task)
        return case

    def _gone(self, task: str) -> Exception:
        """Why an id names no open task: it never existed, or somebody has finished it."""
        with self._reading() as statements:
            row = statements.task(task)
        if row is None:
            return NotFound(Text(f"没有编号为 {task!r} 的任务", f"there is no task {task!r}"), task=task)
        if row.state == TaskStatus.OPEN:
            return Conflict(
                Text(
                    f"任务“{row.name}”的期限已届满，将由系统处理，不能再办",
                    f"the time for task {task} is over: the system ends it",
                ),
                code=ErrorCode.LATE, task=task,
            )  # fmt: skip
        done = "取消" if row.state == TaskStatus.CANCELLED else f"完成（{row.outcome}）"
        return Conflict(
            Text(f"任务“{row.name}”已由 {row.closed_by} 于 {row.closed_at} {done}",
            f"task {task} was {row.state} by {row.closed_by} at {row.closed_at}"),
            task=task, by=row.closed_by, at=row.closed_at,
        )  # fmt: skip

    def claim(self, task: str, *, actor: str, key: str | None = None) -> TaskView:
        """Take a task for oneself; Conflict if a colleague has it."""
        return _of(self._task_command(task, actor, tasks.claim, _keyed(key, "claim", task, actor)), task)

    def release(self, task: str, *, actor: str, key: str | None = None) -> TaskView:
        """Give a claimed task back."""
        return _of(self._task_command(task, actor, tasks.release, _keyed(key, "release", task, actor)), task)

    def complete(
        self, task: str, *, actor: str, outcome: str, opinion: str = "", data: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> CaseView:  # fmt: skip
        """Finish a task with an outcome; Conflict says who was first and when.

        Outcomes: accept or refuse at acceptance; approve or refuse at decisions and verifications; approve, object,
        done or refuse elsewhere. A refusal needs its reasons as `opinion` (行政许可法 art. 38).
        """
        given = inputs.checked_json(data or {}, "data")
        opinion = inputs.checked_prose(opinion, "opinion")
        outcome = inputs.checked_text(outcome, "outcome", 20)
        content = [task, actor, outcome, opinion, given]
        known = _keyed(key, "complete", task, actor, outcome, opinion, given, earlier=content)
        return self._task_command(
            task, actor, lambda draft, found, who: tasks.complete(draft, found, who, outcome, opinion, given), known
        )

    def ask_correction(
        self, case: str, item: str | None = None, *, missing: Sequence[str], actor: str, opinion: str = "",
        key: str | None = None,
    ) -> CaseView:  # fmt: skip
        """Tell the applicant once what is missing, all of it (行政许可法 art. 32). Possible before acceptance.

        `item`, when given, is the item that asks for it: InvalidInput where it does not ask for all of `missing`.
        """
        missing = inputs.checked_list(missing, "missing")
        opinion = inputs.checked_prose(opinion, "opinion")

        def decide(draft: UnitOfWork, who: Actor) -> None:
            code = None if item is None else _item(draft, item)
            correction.ask_correction(draft, who, missing, opinion, code)

        materials = keys.codes(self.catalog.materials, missing)
        return self._command(case, actor, decide, self._of_item(key, "correct", case, actor, item, materials, opinion))

    def supplement(self, case: str, *, materials: Sequence[str], actor: str, key: str | None = None) -> CaseView:
        """Hand in missing materials: after a correction notice, or for a gap 容缺."""
        materials = inputs.checked_list(materials, "materials")
        known = _keyed(key, "supplement", case, actor, keys.codes(self.catalog.materials, materials))
        return self._command(case, actor, lambda draft, who: correction.supplement(draft, who, materials), known)

    def suspend(
        self, case: str, *, item: str, procedure: str, actor: str, reason: str, key: str | None = None
    ) -> CaseView:
        """Stop an item's clocks for a special procedure it lists (行政许可法 art. 45)."""
        procedure = inputs.checked_text(procedure, "procedure")
        reason = inputs.checked_prose(reason, "reason")
        return self._command(
            case, actor, lambda draft, who: suspension.suspend(draft, _item(draft, item), procedure, who, reason),
            self._of_item(key, "suspend", case, actor, item, procedure, reason),
        )  # fmt: skip

    def resume(
        self, case: str, *, item: str, actor: str, procedure: str | None = None, reason: str = "",
        key: str | None = None,
    ) -> CaseView:  # fmt: skip
        """Let an item's clocks run again; the reason, if given, is kept in the log."""
        reason = inputs.checked_prose(reason, "reason")
        if procedure is not None:
            procedure = inputs.checked_text(procedure, "procedure")
        return self._command(
            case, actor, lambda draft, who: suspension.resume_by(draft, _item(draft, item), procedure, who, reason),
            self._of_item(key, "resume", case, actor, item, procedure, reason),
        )  # fmt: skip

    def extend(self, case: str, *, item: str, by: str, actor: str, reason: str, key: str | None = None) -> CaseView:
        """Extend an item's limits once, before they are due, e.g. `by="10 workdays"` (行政许可法 art. 42)."""
        reason = inputs.checked_prose(reason, "reason")
        try:
            limit = Limit.parse(inputs.checked_text(by, "by", 60))
        except ClockError as fault:
            why = fault.message
            raise InvalidInput(Text(f"by 是 {by!r}：{why.zh}", f"by {by!r}: {why.en}"), field="by") from fault
        return self._command(
            case, actor, lambda draft, who: suspension.extend(draft, _item(draft, item), limit, who, reason),
            self._of_item(key, "extend", case, actor, item, str(limit), reason),
        )  # fmt: skip

    def withdraw(self, case: str, *, actor: str, reason: str, key: str | None = None) -> CaseView:
        """Take the application back; possible until everything is decided."""
        reason = inputs.checked_prose(reason, "reason")
        known = _keyed(key, "withdraw", case, actor, reason)
        return self._command(case, actor, lambda draft, who: timers.withdraw(draft, who, reason), known)

    def _of_item(
        self, key: str | None, command: str, case: str, actor: str, item: str | None, *content: Any
    ) -> Key | None:
        """The key of a command on an item of a case, which may be named by code or slug."""
        if key is None:
            return None
        named = item and keys.code(self.catalog.items, inputs.checked_text(item, "item"))
        return _keyed(key, command, case, actor, named, *content)


class _NotOpen(Exception):
    """The task of a command is not open."""


def _open_task(draft: UnitOfWork, task: str) -> TaskState:
    found = draft.state.tasks.get(task)
    if found is None:
        raise _NotOpen
    return found


def _item(draft: UnitOfWork, item: str) -> str:
    """The code of an item of the case, named by code or slug."""
    code = draft.subject.code_of(inputs.checked_text(item, "item"))
    if code is None:
        listed = list(draft.state.items)
        raise NotFound(
            Text(f"办件没有事项 {item!r}，有 {'、'.join(listed)}",
            f"the case has no item {item!r}; it has {', '.join(listed)}"), item=item,
        )  # fmt: skip
    return code


def _keyed(key: str | None, command: str, subject: str, actor: str, *content: Any, earlier: Any = None) -> Key | None:
    """The key of a command by this actor on a case or a task, with what else is asked for."""
    if key is None:
        return None
    who = inputs.checked_text(actor, "actor", 120)
    return key_of(key, command, [inputs.checked_text(subject, "case", 60), who, *content], earlier)


def _of(view: CaseView, task: str) -> TaskView:
    return next(t for t in view.tasks if t.id == task)
