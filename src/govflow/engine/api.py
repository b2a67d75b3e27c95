"""Engine: the embedding API. One public method is one transaction; nothing is left half done.

Every method raises one of NotFound, NotAllowed, Conflict or InvalidInput with a sentence that says what was found and
what was expected. The wall clock is read in one line of `reading`, and only when no clock is given.
"""

from __future__ import annotations

import copy
import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from govflow.engine import case_clocks, inputs, outbox, process, queries
from govflow.engine.actors import Actor, actor_from
from govflow.engine.case import Event, TaskState, events, fold
from govflow.engine.commands import application, flow, suspension, tasks, timers
from govflow.engine.commands.unit_of_work import SYSTEM, UnitOfWork, next_event
from govflow.engine.outbox import Send
from govflow.engine.persistence import save, write_new
from govflow.engine.reader import Reader, no_case
from govflow.engine.replay import case_state, replayed
from govflow.engine.store import AnyEngine, CaseFile, Connection, Statements, begin_for_real
from govflow.engine.views import CaseView, EventView, Fired, TaskView
from govflow.errors import Conflict, InvalidInput, NotAllowed, NotFound
from govflow.language.model import Catalog
from govflow.law.calendar import Calendar
from govflow.law.clocks import ClockError, Limit
from govflow.text import Text

_log = logging.getLogger("govflow")

Subscriber = Callable[[tuple[EventView, ...]], None]


class Engine(Reader):
    """Cases of one catalog in one database; safe from many threads and processes at once.

    `url`: any SQLAlchemy URL or engine. `clock`: a function that gives an aware datetime. `calendar`: the official
    calendar for everyone; by default the national one with the catalog's notices, regional ones where they hold, and
    provisional beyond its horizon.
    """

    def __init__(
        self, url: str | AnyEngine, catalog: Catalog, *, clock: Callable[[], datetime] | None = None,
        calendar: Calendar | None = None,
    ) -> None:  # fmt: skip
        super().__init__(url, catalog, clock=clock, calendar=calendar)
        self._subscribers: list[Subscriber] = []

    # --- transactions ------------------------------------------------------------------------------------------

    def joined(self, connection: Connection) -> Engine:
        """This engine inside the caller's own transaction: its row and the case commit together or not at all."""
        twin = copy.copy(self)
        twin._connection = connection
        return twin

    @contextmanager
    def _writing(self) -> Iterator[Statements]:
        if self._connection is not None:
            begin_for_real(self._connection)
            with self._connection.begin_nested():
                yield Statements(self._connection)
            return
        with self._database.write() as connection:
            yield Statements(connection)

    def subscribe(self, function: Subscriber) -> None:
        """Call `function(events)` after each commit, in this process; the outbox serves everyone else."""
        self._subscribers.append(function)

    def deliver(self, send: Send, *, limit: int = 100) -> int:
        """Hand the messages that wait in the outbox to `send`, oldest first; returns how many it took.

        A message is removed after `send` returns. When `send` raises, the message stays with the fault and is tried
        again after a wait that doubles, from 5 seconds up to an hour. Two processes that deliver at once on PostgreSQL
        take different messages; on SQLite one waits for the other.
        """
        inputs.checked_int(limit, "limit", 1, 1_000_000)
        now = self.now()
        with self._writing() as statements:
            return outbox.deliver(statements, now, send, limit)

    def _publish(self, recorded: Sequence[Event]) -> None:
        if self._connection is None and self._subscribers and recorded:
            shown = tuple(
                EventView(e.seq, e.at, e.actor, e.type, {**json.loads(e.text), "case": e.case}, e.previous, e.hash)
                for e in recorded
            )
            for function in self._subscribers:
                try:
                    function(shown)
                except Exception:  # noqa: BLE001 - the command is committed; its caller must not hear otherwise
                    _log.exception(
                        "a subscriber of govflow failed on case %s; the outbox keeps its message", shown[0].body["case"]
                    )

    # --- applying ----------------------------------------------------------------------------------------------

    def apply(
        self, ref: str, *, applicant: Mapping[str, Any], answers: Mapping[str, Any] | None = None,
        materials: Sequence[str] = (), channel: str = "online", actor: str, key: str | None = None,
        drop: Sequence[str] = (),
    ) -> CaseView:  # fmt: skip
        """Apply for a theme or an item; the same key again gives the same case and makes no second one.

        `answers` decide the items; `materials` are those handed in now; `drop` are items left out by the applicant.
        """
        now = self.now()
        code = self._definitions.code(inputs.checked_text(ref, "ref"))
        materials, drop = inputs.checked_list(materials, "materials"), inputs.checked_list(drop, "drop")
        channel = inputs.checked_text(channel, "channel", 40)
        applicant, answers = inputs.checked_json(applicant, "applicant"), inputs.checked_json(answers, "answers")
        applicant = application.normal_applicant(applicant)
        digest = application.digest([code, applicant, answers, materials, channel, drop])
        try:
            with self._writing() as statements:
                known = self._seen(statements, _key(key), "apply", digest)
                if known is not None:
                    return self._view(statements, known, now)
                draft = self._applied(statements, code, now, applicant, answers or {}, materials, channel, actor, drop)
                if key is not None and not statements.remember(key, "apply", draft.state.id, digest, draft.at):
                    raise _KeyTaken
                view = self._view(statements, draft.state.id, now)
        except _KeyTaken:
            # somebody committed the same key while this application was being written: theirs is the case
            with self._reading() as statements:
                return self._view(statements, str(self._seen(statements, key, "apply", digest)), now)
        if self._connection is None:
            self._definitions.committed(draft.subject)
        self._publish(draft.events)
        return view

    def _applied(
        self, statements: Statements, code: str, now: datetime, applicant: Mapping[str, Any],
        answers: Mapping[str, Any], materials: Sequence[str], channel: str, actor: str, drop: Sequence[str],
    ) -> UnitOfWork:  # fmt: skip
        at = case_clocks.utc(now)
        subject = self._definitions.keep(code, statements, at)
        who = actor_from(actor, subject.catalog)
        person = application.checked_applicant(applicant, case_clocks.local_date(now))
        facts = application.checked_answers(subject, answers)
        chosen = application.selected(subject, facts, drop)
        running = [code for code, each in chosen.items() if each.how == "run"]
        application.require_in_force(subject, running, case_clocks.local_date(now))
        application.require_answers(subject, facts, running)
        given = application.material_statuses(subject, facts, drop, materials)
        day = case_clocks.local_date(now).strftime("%Y%m%d")
        id = f"{day}-{statements.next_number(f'case/{day}'):04d}"
        salt = secrets.token_hex(16)
        digest = application.digest([salt, person])
        applied = application.applied(subject, facts, chosen, given, channel, drop, digest)
        first = next_event(id, None, at, who.text, applied)
        draft = UnitOfWork(subject, fold(None, first), b"", now, who.text, self.calendars, [first])
        flow.run_process(draft, applied.move)
        write_new(statements, draft, person, salt)
        return draft

    def _seen(self, statements: Statements, key: str | None, command: str, digest: str) -> str | None:
        """The case that this key stands for; a key used for something else is refused."""
        if key is None:
            return None
        seen = statements.seen(key, command)
        if seen is None:
            return None
        case, before = seen
        if before != digest:
            raise Conflict(
                Text(f"编号 key={key} 已用于办件 {case}，而这次的内容与那次不同",
                f"key {key} was used for case {case} with other content"), case=case, key=key,
            )  # fmt: skip
        return case

    # --- commands on a case ------------------------------------------------------------------------------------

    def _command(
        self,
        case: str,
        actor: str,
        decide: Callable[[UnitOfWork, Actor], None],
        key: tuple[str, str, str] | None = None,
    ) -> CaseView:
        """One command, one transaction: load and lock, do what is due, decide, write, publish."""
        now = self.now()
        case, actor = inputs.checked_text(case, "case", 40), inputs.checked_text(actor, "actor", 120)
        with self._writing() as statements:
            draft, file = self._load(statements, case, now, actor)
            if key is not None and self._seen(statements, *key) is not None:
                return self._view(statements, case, now)
            try:
                who = actor_from(actor, draft.subject.catalog)
                timers.tick(draft)
                decide(draft, who)
            except ClockError as fault:
                raise NotAllowed(fault.message, code=fault.code) from fault
            saved = save(statements, draft, file)
            if key is not None:
                statements.remember(key[0], key[1], case, key[2], draft.at)
            view = queries.case_view(saved, draft.subject, draft.at, draft.state)
        self._publish(draft.events)
        return view

    def _load(self, statements: Statements, case: str, now: datetime, actor: str) -> tuple[UnitOfWork, CaseFile]:
        file = statements.file(case, lock=True)
        if file is None:
            raise no_case(case)
        row = file.row
        if case_clocks.utc(now) < row.updated_at:
            raise InvalidInput(
                Text(f"时刻 {now.isoformat()} 早于办件 {case} 的上一个事件 {row.updated_at}；事实须按先后记录",
                f"{now.isoformat()} is before the case's last event at {row.updated_at}"), field="now",
            )  # fmt: skip
        return self._draft(statements, file, now, actor), file

    def _draft(self, statements: Statements, file: CaseFile, now: datetime, actor: str) -> UnitOfWork:
        row = file.row
        subject = self._definitions.pinned(row.definition, statements)
        state, snapshot = case_state(subject, row, file.live, statements), row.snapshot
        if not process.is_current(snapshot):
            _, snapshot = replayed(subject, row.id, statements.events(row.id))
        return UnitOfWork(subject, state, snapshot, now, actor, self.calendars)

    def _task_command(
        self, task: str, actor: str, decide: Callable[[UnitOfWork, TaskState, Actor], None],
        key: tuple[str, str, str] | None = None,
    ) -> CaseView:  # fmt: skip
        try:
            return self._command(
                self._case_of(task), actor, lambda draft, who: decide(draft, _open_task(draft, task), who), key
            )
        except _NotOpen:
            # asked after the transaction: whoever waits for a second connection while holding one can wait for ever
            raise self._gone(task) from None

    def _case_of(self, task: str) -> str:
        case, dot, _ = inputs.checked_text(task, "task", 60).rpartition(".")
        if not dot:
            raise NotFound(Text(f"没有编号为 {task!r} 的任务", f"there is no task {task!r}"), task=task)
        return case

    def _gone(self, task: str) -> Exception:
        """Why an id names no open task: it never existed, or somebody has finished it."""
        with self._reading() as statements:
            row = statements.task(task)
        if row is None:
            return NotFound(Text(f"没有编号为 {task!r} 的任务", f"there is no task {task!r}"), task=task)
        if row.state == "open":
            return Conflict(
                Text(f"任务“{row.name}”因期限届满已自动处理", f"task {task} was just ended by its deadline"), task=task
            )
        done = "取消" if row.state == "cancelled" else f"完成（{row.outcome}）"
        return Conflict(
            Text(f"任务“{row.name}”已由 {row.closed_by} 于 {row.closed_at} {done}",
            f"task {task} was {row.state} by {row.closed_by} at {row.closed_at}"),
            task=task, by=row.closed_by, at=row.closed_at,
        )  # fmt: skip

    def claim(self, task: str, *, actor: str) -> TaskView:
        """Take a task for oneself; Conflict if a colleague has it."""
        return _of(self._task_command(task, actor, tasks.claim), task)

    def release(self, task: str, *, actor: str) -> TaskView:
        """Give a claimed task back."""
        return _of(self._task_command(task, actor, tasks.release), task)

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
        args = None
        if key is not None:
            args = str(_key(key)), "complete", application.digest([task, actor, outcome, opinion, given])
        return self._task_command(
            task, actor, lambda draft, found, who: tasks.complete(draft, found, who, outcome, opinion, given), args
        )

    def ask_correction(
        self, case: str, item: str | None = None, *, missing: Sequence[str], actor: str, opinion: str = ""
    ) -> CaseView:
        """Tell the applicant once what is missing, all of it (行政许可法 art. 32). Possible before acceptance.

        `item`, when given, is the item that asks for it: InvalidInput where it does not ask for all of `missing`.
        """
        missing = inputs.checked_list(missing, "missing")
        opinion = inputs.checked_prose(opinion, "opinion")

        def decide(draft: UnitOfWork, who: Actor) -> None:
            code = None if item is None else _item(draft, item)
            tasks.ask_correction(draft, who, missing, opinion, code)

        return self._command(case, actor, decide)

    def supplement(self, case: str, *, materials: Sequence[str], actor: str) -> CaseView:
        """Hand in missing materials: after a correction notice, or for a gap 容缺."""
        materials = inputs.checked_list(materials, "materials")
        return self._command(case, actor, lambda draft, who: tasks.supplement(draft, who, materials))

    def suspend(self, case: str, *, item: str, procedure: str, actor: str, reason: str) -> CaseView:
        """Stop an item's clocks for a special procedure it lists (行政许可法 art. 45)."""
        procedure = inputs.checked_text(procedure, "procedure")
        reason = inputs.checked_prose(reason, "reason")
        return self._command(
            case, actor, lambda draft, who: suspension.suspend(draft, _item(draft, item), procedure, who, reason)
        )

    def resume(self, case: str, *, item: str, actor: str, procedure: str | None = None, reason: str = "") -> CaseView:
        """Let an item's clocks run again; the reason, if given, is kept in the log."""
        reason = inputs.checked_prose(reason, "reason")
        if procedure is not None:
            procedure = inputs.checked_text(procedure, "procedure")
        return self._command(
            case, actor, lambda draft, who: suspension.resume_by(draft, _item(draft, item), procedure, who, reason)
        )

    def extend(self, case: str, *, item: str, by: str, actor: str, reason: str) -> CaseView:
        """Extend an item's limits once, before they are due, e.g. `by="10 workdays"` (行政许可法 art. 42)."""
        reason = inputs.checked_prose(reason, "reason")
        try:
            limit = Limit.parse(inputs.checked_text(by, "by", 60))
        except ClockError as fault:
            why = fault.message
            raise InvalidInput(Text(f"by 是 {by!r}：{why.zh}", f"by {by!r}: {why.en}"), field="by") from fault
        return self._command(
            case, actor, lambda draft, who: suspension.extend(draft, _item(draft, item), limit, who, reason)
        )

    def withdraw(self, case: str, *, actor: str, reason: str) -> CaseView:
        """Take the application back; possible until everything is decided."""
        reason = inputs.checked_prose(reason, "reason")
        return self._command(case, actor, lambda draft, who: timers.withdraw(draft, who, reason))

    # --- time --------------------------------------------------------------------------------------------------

    def sweep(self, now: datetime | None = None, *, limit: int = 1000) -> list[Fired]:
        """Fire every clock that is due, case by case, each in its own transaction; returns what was fired."""
        moment = self.now() if now is None else self._moment(now)
        inputs.checked_int(limit, "limit", 1, 1_000_000)
        fired: list[Fired] = []
        skip: set[str] = set()
        while len(skip) < limit:
            with self._reading() as statements:
                waiting = statements.cases_awake(case_clocks.utc(moment), min(200, limit - len(skip)), skip)
            if not waiting:
                break
            for case in waiting:
                skip.add(case)
                fired += self._sweep_case(case, moment)
        return fired

    def _sweep_case(self, case: str, moment: datetime) -> list[Fired]:
        with self._writing() as statements:
            file = statements.file(case, lock=True, whole=False)
            if file is None or case_clocks.utc(moment) < file.row.updated_at:
                return []
            draft = self._draft(statements, file, moment, SYSTEM)
            if timers.tick(draft):
                save(statements, draft, file)
        self._publish(draft.events)
        return [
            _fired(case, event.fact)
            for event in draft.events if isinstance(event.fact, events.ClockWarned | events.ClockExpired)
        ]  # fmt: skip

    def reproject(self, reason: str = "") -> list[dict[str, Any]]:
        """Compute every open clock anew with the present calendar; records old date, new date and why."""
        changes: list[dict[str, Any]] = []
        after = ""
        while True:
            with self._reading() as statements:
                waiting = statements.cases_with_open_clocks(after, 200)
            if not waiting:
                return changes
            for case in waiting:
                changes += self._reproject_case(case, reason)
            after = waiting[-1]

    def _reproject_case(self, case: str, reason: str) -> list[dict[str, Any]]:
        changes = []
        with self._writing() as statements:
            draft, file = self._load(statements, case, self.now(), "system:calendar")
            for clock in list(draft.state.clocks.values()):
                version = draft.calendar_of(clock.item).version
                if clock.calendar == version:
                    continue
                old, was_provisional = clock.due, clock.provisional
                draft.refresh(clock)
                if (old, was_provisional) != (clock.due, clock.provisional):
                    change: dict[str, Any] = {
                        "clock": clock.id, "old": old, "new": clock.due, "due_at": clock.due_at, "provisional": clock.provisional,
                        "reason": reason or f"日历更新为 {version}",
                    }  # fmt: skip
                    draft.emit(events.ClockReprojected(**change))
                    changes.append({"case": case, **change})
            if draft.dirty:
                save(statements, draft, file)
        self._publish(draft.events)
        return changes


class _KeyTaken(Exception):
    """Another transaction committed the same idempotency key first; this one is rolled back."""


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


def _key(key: str | None) -> str | None:
    """An idempotency key of the caller, checked."""
    return None if key is None else inputs.checked_text(key, "key", 120)


def _fired(case: str, fact: events.ClockWarned | events.ClockExpired) -> Fired:
    if isinstance(fact, events.ClockWarned):
        return Fired(case, fact.clock, fact.kind, fact.item, "warned", fact.due, "warning")
    return Fired(case, fact.clock, fact.kind, fact.item, "expired", fact.due, fact.effect)


def _of(view: CaseView, task: str) -> TaskView:
    return next(t for t in view.tasks if t.id == task)
