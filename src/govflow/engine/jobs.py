"""Engine: the embedding API. Commands, and the jobs that follow from them: clocks that fire, messages that go out.

A job is a row of the database, armed in the transaction of the case. Whoever leases it runs it, on any host; what
carries the reference from one to the other (a thread, a queue) may lose it, repeat it or keep it back: a reference acts
once, and a lease that nobody answers runs out. A job that fails rests, then is tried again, and in the end waits for a
person as an incident. It stops nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from govflow.engine import case_clocks, inputs
from govflow.engine.api import CaseCommands
from govflow.engine.case import Event, events, ids
from govflow.engine.commands import timers
from govflow.engine.commands.unit_of_work import SYSTEM
from govflow.engine.damage import readable
from govflow.engine.host_clock import HostClockError
from govflow.engine.persistence import clock_jobs, save
from govflow.engine.store import CLOCK_JOB, NOTICE_JOB, ClockJob, Connection, JobRow, Statements, StoreError, is_passing
from govflow.engine.views import Fired, Incident
from govflow.errors import GovflowError, InvalidInput, NotAllowed, NotFound
from govflow.text import Text

_log = logging.getLogger("govflow")

KINDS = (CLOCK_JOB, NOTICE_JOB)
"""The kinds of job: `clock`, all clocks of a case; `notice`, one message."""

BATCH = 50
"""How many jobs one lease takes at most."""

LEASE = 30.0
"""Seconds until a job goes to somebody else if whoever has it does not answer; doubled each time that happens."""

DOUBLINGS = 6
MOST_SENDS = 10
"""Leases in a row that nobody answered; after them the job is taken for one that ends whoever runs it."""

MOST_TRIES = {CLOCK_JOB: 5, NOTICE_JOB: 24}
"""Faults in a row after which a job waits for a person: a minute or so for clocks, most of a day for a receiver."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
"""How long a job rests after its first fault, and at most; it doubles in between."""


class ReceiverGone(Exception):
    """Raise it from `send` when the receiver itself has ended: the message stays as it is, and the worker stops."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message for the outside. `key` is the same at every attempt: the receiver keeps it to act once."""

    key: str
    case: str
    topic: str
    body: Mapping[str, Any]
    attempts: int


Send = Callable[[Message], object]


class Ref(msgspec.Struct, frozen=True):
    """A leased job: what a dispatcher carries. It is small, holds nothing of the case, and writes as JSON.

    `gen` tells this arming of the job from the next; `until` is when the lease runs out (UTC text).
    """

    case: str
    key: str
    kind: str
    gen: int
    until: str


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What running a reference came to.

    `state`: `done`; `stale`, when it was done, moved or given to somebody else meanwhile; `failed`, when it is tried again
    later; `dead`, when it waits for a person now; `busy`, when this host cannot do it now, and its lease runs out; `lost`,
    when the database could not be used. The last two are no fault of the job.
    """

    ref: Ref
    state: str
    fired: tuple[Fired, ...] = ()
    fault: str | None = None


class Dispatcher(Protocol):
    """Carries references from where they are leased to where they are run. Loss and repetition do no harm."""

    def room(self, kind: str) -> int:
        """How many references of this kind it takes now."""

    def submit(self, connection: Connection, refs: Sequence[Ref]) -> None:
        """Take these inside the lease's transaction, for a queue that stands in the same database."""

    def flush(self, refs: Sequence[Ref]) -> None:
        """Take these now that the lease is committed."""

    def start(self, run: Callable[[Ref], JobOutcome]) -> None:
        """Begin to run what is taken."""

    def stop(self) -> Sequence[Ref]:
        """End what is at work and begin nothing more; gives what was taken and not begun."""


class _ReceiverFault(Exception):
    """What a receiver raised, as text."""


def _holds(ref: Ref, job: JobRow | ClockJob) -> bool:
    """Whether a reference is of the lease that the job is under; of one reference that comes again only the first is."""
    return (job.gen, job.state, job.leased_until) == (ref.gen, "armed", ref.until)


class Engine(CaseCommands):
    """Cases of one catalog in one database; safe from many threads and processes at once.

    `url`: a URL of SQLite or PostgreSQL, or a synchronous engine of SQLAlchemy, whose pool is then shared. On SQLite
    such an engine begins its transactions itself from then on, with foreign keys, WAL and a wait of 30 seconds for
    locks; the caller's own work on it does too. `clock`: a function that gives an aware datetime; without one, the
    server's clock on PostgreSQL and the host's on SQLite. `calendar`: the official calendar for everyone; by default the
    national one with the catalog's notices, regional ones where they hold, and provisional beyond its horizon. `cell`: a
    short code that case ids begin with, where several databases share a province.
    """

    _projected = False

    # --- work that is due --------------------------------------------------------------------------------------

    def sweep(self, now: datetime | None = None, *, limit: int = 1000) -> list[Fired]:
        """Fire every clock that is due, case by case, each in its own transaction; returns what was fired.

        A case that cannot be handled is put aside as an incident and stops no other one.
        """
        inputs.checked_int(limit, "limit", 1, 1_000_000)
        fired: list[Fired] = []
        try:
            if not self._projected:  # a date may lie nearer by the present calendar: nothing would wake its case
                for _ in self.reprojecting():
                    pass
                self._projected = True
            for outcome in self._work(CLOCK_JOB, limit, None, None if now is None else self._clock.checked(now)):
                fired += outcome.fired
        except GovflowError as fault:
            if not fired or not is_passing(fault):
                raise
            _log.warning("the sweep ends early: %s", fault.text("en"))
        return fired

    def deliver(self, send: Send, *, limit: int = 100) -> int:
        """Hand the messages that wait to `send`, oldest first and outside any transaction; returns how many it took.

        A message is removed after `send` returns. When `send` raises, the message stays with the fault and is tried
        again after a wait that doubles, from 5 seconds up to an hour. Processes that deliver at once take different
        messages; what a killed one had taken goes out again when its lease has run out.
        """
        inputs.checked_int(limit, "limit", 1, 1_000_000)
        if self._connection is not None:
            raise NotAllowed(
                Text("消息须在任何事务之外发送：请用没有加入调用者事务的引擎",
                "messages go out outside any transaction: use an engine that is not joined to one"),
            )  # fmt: skip
        return sum(outcome.state == "done" for outcome in self._work(NOTICE_JOB, limit, send, None))

    def _work(self, kind: str, limit: int, send: Send | None, now: datetime | None) -> Iterator[JobOutcome]:
        while limit > 0:
            refs = self._lease(kind, min(BATCH, limit), LEASE, now)
            if not refs:
                return
            limit -= len(refs)
            for ref in refs:
                yield self._run(ref, send, now)

    def lease(
        self, limit: int = BATCH, seconds: float = LEASE, *, kind: str = CLOCK_JOB, dispatcher: Dispatcher | None = None
    ) -> list[Ref]:
        """Take jobs that are due, earliest first, at most 50; nobody else gets them for so many seconds.

        `dispatcher` is handed them inside the same transaction. Two that lease at once get different jobs.
        """
        inputs.checked_int(limit, "limit", 1, BATCH)
        if kind not in KINDS:
            raise InvalidInput(
                Text(f"kind 是 {inputs.shown(kind)}，应为 {'、'.join(KINDS)}", f"kind: one of {', '.join(KINDS)}"),
                field="kind",
            )
        return self._lease(kind, limit, seconds, None, dispatcher)

    def _lease(
        self, kind: str, limit: int, seconds: float, now: datetime | None, dispatcher: Dispatcher | None = None
    ) -> list[Ref]:
        with self._reading() as statements:
            now = now or self._present(statements)
            at = case_clocks.utc(now)
            beyond = case_clocks.utc(now + 2 * max(LONGEST_WAIT, timedelta(seconds=seconds * 2**DOUBLINGS)))
            # the common answer takes no lock on SQLite, and writes nothing
            if not statements.is_any_due(kind, at, beyond):
                return []
        ends = [case_clocks.utc(now + timedelta(seconds=seconds * 2**n)) for n in range(DOUBLINGS + 1)]
        with self._writing() as statements:
            jobs = statements.lease(kind, at, ends, beyond, limit)
            for job in jobs:
                if job.sends > MOST_SENDS:
                    self._bury(statements, job)
            refs = [
                Ref(job.case_id, job.key, job.kind, job.gen, str(job.leased_until))
                for job in jobs if job.sends <= MOST_SENDS
            ]  # fmt: skip
            if dispatcher is not None and refs:
                dispatcher.submit(statements.connection, refs)
        return refs

    def _present(self, statements: Statements) -> datetime:
        """The present instant by the clock that all hosts share, where there is one."""
        return self._clock.locked(None, statements.now())

    def _bury(self, statements: Statements, job: JobRow) -> None:
        fault = f"leased {job.sends - 1} times and never answered: whoever runs it ends"
        statements.change_job(job, state="dead", tries=job.tries + 1, fault=fault)
        _log.error("job %s of case %s is dead: %s", job.key, job.case_id, fault)

    def give_back(self, refs: Sequence[Ref]) -> None:
        """End leases of jobs that were not begun, so that another takes them at once."""
        if not refs:
            return
        with self._writing() as statements:
            for ref in refs:
                job = statements.job(ref.case, ref.key)
                if job is not None and (job.gen, job.leased_until) == (ref.gen, ref.until):
                    statements.change_job(job, leased_until=None, sends=max(0, job.sends - 1))

    def run(self, ref: Ref, send: Send | None = None) -> JobOutcome:
        """Do a leased job, any number of times and on any host: it acts once. Raises nothing but ReceiverGone.

        `send` takes the message of a notice, outside any transaction.
        """
        return self._run(ref, send, None)

    def _run(self, ref: Ref, send: Send | None, now: datetime | None) -> JobOutcome:
        recorded: list[Event] = []
        try:
            if ref.kind == CLOCK_JOB:
                state = self._fire(ref, now, recorded)
            else:
                state = self._hand_over(ref, send, now)
        except ReceiverGone:
            raise
        except (Exception, SystemExit) as fault:  # noqa: BLE001 - whatever is wrong with one job, the others go on
            return self._failed(ref, fault, now)
        self._publish(recorded)
        return JobOutcome(ref, state, tuple(_fired(ref.case, recorded)))

    def _fire(self, ref: Ref, now: datetime | None, recorded: list[Event]) -> str:
        with self._writing() as statements:
            locked = statements.lock(ref.case, whole=False)
            job = None if locked is None else locked.file.job
            if locked is None or job is None or not _holds(ref, job):
                return "stale"
            if now is not None and case_clocks.utc(now) < locked.file.row.updated_at:
                return "busy"  # a moment that is given and past: the lease stays
            draft = self._draft(statements, locked.file, now or self._instant(locked), SYSTEM)
            if timers.tick(draft):
                save(statements, draft, locked.file)
            else:
                for row in clock_jobs(draft, job):
                    statements.arm_clocks(row)
            recorded += draft.events
        return "done"

    def _hand_over(self, ref: Ref, send: Send | None, now: datetime | None) -> str:
        if send is None:
            raise InvalidInput(Text("没有给出接收消息的 send", "no `send` is given to take the message"), field="send")
        with self._reading() as statements:
            job = statements.job(ref.case, ref.key)
            at = case_clocks.utc(now or self._present(statements))
        if job is None or not _holds(ref, job) or at >= ref.until:
            return "stale"
        body = msgspec.json.decode(job.body or "{}")
        try:
            send(Message(f"{job.case_id}:{ids.event_of(job.key)}", job.case_id, job.topic or "", body, job.tries))
        except ReceiverGone:
            raise
        except Exception as fault:  # noqa: BLE001 - a receiver's own database is not ours, whatever its errors look like
            raise _ReceiverFault(fault_text(fault)) from None
        with self._writing() as statements:
            return "done" if statements.finish_job(ref.case, ref.key, ref.gen) else "stale"

    def _failed(self, ref: Ref, fault: BaseException, now: datetime | None) -> JobOutcome:
        """Keep a job's fault with it; it rests, longer each time, and is dead after so many."""
        said = str(fault) if isinstance(fault, _ReceiverFault) else fault_text(fault)
        if is_passing(fault):
            return JobOutcome(ref, "lost", fault=said)
        if isinstance(fault, HostClockError):  # no fault of the case: another host can run it
            _log.error("job %s of case %s is left to another host: %s", ref.key, ref.case, said)
            return JobOutcome(ref, "busy", fault=said)
        try:
            with self._writing() as statements:
                job = statements.job(ref.case, ref.key)
                if job is None or not _holds(ref, job):
                    return JobOutcome(ref, "stale", fault=said)
                tries = job.tries + 1
                state = "dead" if tries >= MOST_TRIES[ref.kind] else "armed"
                until = case_clocks.utc((now or self._present(statements)) + wait_after(job.tries))
                statements.change_job(job, state=state, tries=tries, sends=0, fault=said, leased_until=until)
        except GovflowError as late:
            return JobOutcome(ref, "lost", fault=f"{said}; {fault_text(late)}")
        _log.error("job %s of case %s failed (%d): %s", ref.key, ref.case, tries, said)
        return JobOutcome(ref, "dead" if state == "dead" else "failed", fault=said)

    # --- incidents ---------------------------------------------------------------------------------------------

    def incidents(self, *, limit: int = 50, after: tuple[str, str] = ("", "")) -> list[Incident]:
        """Jobs that failed, by case and key, one page: those that wait for a person, and those that are tried again.

        `after`: case and key of the last one of the page before.
        """
        inputs.checked_int(limit, "limit", 1, 500)
        with self._reading() as statements:
            rows = statements.jobs_at_fault(after, limit)
        return [
            Incident(job.case_id, job.key, job.kind, job.state == "dead", job.tries, job.wake_at, job.fault or "")
            for job in rows
        ]

    def retry(self, case: str, key: str = CLOCK_JOB) -> None:
        """Try a failed job again at the next round, as if it had never failed. NotFound if there is none such."""
        self._settle(case, key, {"state": "armed", "leased_until": None, "sends": 0, "tries": 0, "fault": None})

    def resolve(self, case: str, key: str = CLOCK_JOB, *, actor: str, reason: str) -> None:
        """Put a failed job aside, with who did it and why; NotFound if there is none such.

        A message is never sent then. Clocks rest until somebody acts on the case, which arms them anew.
        """
        actor, reason = inputs.checked_text(actor, "actor", 120), inputs.checked_text(reason, "reason", inputs.PROSE)
        self._settle(case, key, {"state": "resolved", "fault": f"{actor}: {reason}"})

    def _settle(self, case: str, key: str, changes: Mapping[str, Any]) -> None:
        case, key = inputs.checked_text(case, "case", 40), inputs.checked_text(key, "key", 60)
        with self._writing() as statements:
            job = statements.job(case, key)
            if job is None or job.tries == 0 or job.state == "resolved":
                raise NotFound(
                    Text(f"办件 {case} 没有出错的 {key}", f"nothing called {key} has failed in case {case}"),
                    case=case, key=key,
                )  # fmt: skip
            statements.change_job(job, gen=job.gen + 1, **changes)

    def purge_keys(self, before: datetime) -> int:
        """Forget the idempotency keys that were used before this moment; returns how many those were.

        A command that is asked again with a forgotten key takes place again.
        """
        with self._writing() as statements:
            return statements.forget_keys(case_clocks.utc(self._clock.checked(before)))

    # --- calendars ---------------------------------------------------------------------------------------------

    def reproject(self, reason: str = "") -> list[dict[str, Any]]:
        """Compute anew every open clock that rests on another calendar; gives and records old date, new date and why.

        The worker, and an engine's first sweep, do it by themselves. Raises StoreError once all others are done, if some
        cases could not be: `cases` of its details names them, and `changes` is what this would have returned. To call it
        again does what is left.
        """
        faults: dict[str, Text] = {}
        changes = [change for step in self.reprojecting(reason, faults) for change in step]
        if faults:
            raise _not_reprojected(faults, changes)
        return changes

    def reprojecting(self, reason: str = "", faults: dict[str, Text] | None = None) -> Iterator[list[dict[str, Any]]]:
        """What `reproject` does, one case at each step, for a loop that has other work too.

        `faults` takes the cases that cannot be handled, and why; without it the log is told.
        """
        after = "", ""
        while True:
            with self._reading() as statements:
                page = statements.stale_clocks(self.calendars.national.version, self.calendars.versions, after, 500)
            if not page:
                return
            after = page[-1]
            for case in dict.fromkeys(case for _, case in page):
                try:
                    with readable(case):
                        changes = self._reproject_case(case, reason)
                except GovflowError as fault:
                    if is_passing(fault):
                        raise
                    if faults is None:
                        _log.error("case %s keeps the dates of another calendar: %s", case, fault.message.en)
                    else:
                        faults[case] = fault.message
                else:
                    yield changes

    def _reproject_case(self, case: str, reason: str) -> list[dict[str, Any]]:
        with self._writing() as statements:
            locked = self._lock(statements, case)
            draft = self._draft(statements, locked.file, self._instant(locked), timers.CALENDAR)
            moved = timers.reproject(draft, reason)
            if draft.dirty:
                save(statements, draft, locked.file)
        self._publish(draft.events)
        return [{"case": case, **msgspec.to_builtins(fact)} for fact in moved]


def _not_reprojected(faults: Mapping[str, Text], changes: Sequence[Mapping[str, Any]]) -> StoreError:
    lines = [Text(f"{case}: {why.zh}", f"{case}: {why.en}") for case, why in faults.items()]
    return StoreError(
        Text(f"{len(faults)} 个办件的期限没有重算，其余都已重算：\n" + "\n".join(line.zh for line in lines),
        f"{len(faults)} cases were not computed anew, all others were:\n" + "\n".join(line.en for line in lines)),
        cases=list(faults), changes=list(changes),
    )  # fmt: skip


def _fired(case: str, recorded: Sequence[Event]) -> Iterator[Fired]:
    for event in recorded:
        match event.fact:
            case events.ClockWarned(clock=clock, kind=kind, item=item, due=due):
                yield Fired(case, clock, kind, item, "warned", due, "warning")
            case events.ClockExpired(clock=clock, kind=kind, item=item, due=due, effect=effect):
                yield Fired(case, clock, kind, item, "expired", due, effect)


def wait_after(tries: int) -> timedelta:
    """How long a job rests that had failed so many times before: it doubles, up to an hour."""
    return min(FIRST_WAIT * (1 << min(tries, 12)), LONGEST_WAIT)


def fault_text(fault: BaseException) -> str:
    """An error as text that every database can hold, at most 500 characters; never an error of its own."""
    try:
        said = str(fault)
    except Exception:  # noqa: BLE001 - an error that cannot even say what it is
        said = ""
    text = f"{type(fault).__name__}: {said}"[:500]
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
