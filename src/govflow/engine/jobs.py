"""The jobs that follow from commands: clocks that fire, messages that go out.

A job is a row of the database, armed in the transaction of the case. Whoever leases it runs it, on any host; what
carries the reference from one to the other (a thread, a queue) may lose it, repeat it or keep it back: a reference acts
once, and a lease that nobody answers runs out. A job that fails rests, then is tried again, and in the end waits for a
person as an incident. It stops nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

import msgspec

from govflow.engine import case_clocks, inputs
from govflow.engine.case import Event, events, ids
from govflow.engine.commands import timers
from govflow.engine.commands.unit_of_work import SYSTEM
from govflow.engine.host_clock import GivenClockError, HostClockError
from govflow.engine.persistence import clock_jobs, save
from govflow.engine.projection import START, Projection
from govflow.engine.store import (
    CLOCK_JOB,
    NOTICE_JOB,
    AnyEngine,
    ClockJob,
    Connection,
    JobRow,
    Statements,
    StoreError,
    is_passing,
)
from govflow.engine.views import Fired, Incident
from govflow.errors import GovflowError, InvalidInput, NotAllowed, NotFound
from govflow.language.model import Catalog
from govflow.law.calendar import Calendar
from govflow.text import Text

_log = logging.getLogger("govflow")

KINDS = (CLOCK_JOB, NOTICE_JOB)
"""The kinds of job: `clock`, all clocks of a case; `notice`, one message."""

BATCH = 50
"""How many jobs one lease takes at most."""

LEASE = 30.0
"""Seconds until a job goes to somebody else if whoever has it does not answer; doubled each time that happens."""

DOUBLINGS = 6
"""How often at most a lease is doubled: half an hour is the longest."""

MOST_TRIES = {CLOCK_JOB: 5, NOTICE_JOB: 24}
"""Faults in a row after which a job waits for a person: a minute or so for clocks, most of a day for a receiver."""

UNANSWERED = "begun and never answered: it may end whoever runs it"
"""The fault of a job that is begun again after a lease that nobody answered; it stays if that one ends too."""

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

    `gen` tells this arming of the job from the next; `until` is when the lease runs out (UTC text); `again` says that
    nobody answered the lease before.
    """

    case: str
    key: str
    kind: str
    gen: int
    until: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What running a reference came to.

    `state`: `done`; `stale`, when it was done, moved or given to somebody else meanwhile; `failed`, when it is tried again
    later; `dead`, when it waits for a person now; `busy`, when this host cannot do it now, and its lease runs out; `lost`,
    when the database could not be used. The last two are no fault of the job.
    """

    ref: Ref
    state: str
    fault: str | None = None
    fired: tuple[Fired, ...] = ()


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


class Jobs(Projection):
    """The jobs of an engine: what is due is done, and what fails is kept for a person."""

    def __init__(
        self, url: str | AnyEngine, catalog: Catalog, *, clock: Callable[[], datetime] | None = None,
        calendar: Calendar | None = None,
    ) -> None:  # fmt: skip
        super().__init__(url, catalog, clock=clock, calendar=calendar)
        self._at_hand: set[tuple[str, str]] = set()
        self._at_hand_lock = Lock()

    # --- work that is due --------------------------------------------------------------------------------------

    def sweep(self, now: datetime | None = None, *, limit: int = 1000) -> list[Fired]:
        """Fire every clock that is due, case by case, each in its own transaction; returns what was fired.

        A case that cannot be handled is put aside as an incident and stops no other one.
        """
        inputs.checked_int(limit, "limit", 1, 1_000_000)
        due = None if now is None else self._clock.checked(now)
        fired: list[Fired] = []
        try:
            while self.project():
                pass
            for outcome in self._work(CLOCK_JOB, limit, None, due):
                fired += outcome.fired
        except GovflowError as fault:
            if not fired or not is_passing(fault):
                raise
            _log.warning("the sweep ends early: %s", fault.text("en"))
        return fired

    def deliver(self, send: Send, *, limit: int = 100) -> int:
        """Hand the messages that wait to `send`, oldest first and outside any transaction; returns how many it took.

        A message is removed after `send` returns. When `send` raises, the message stays with the fault and is tried
        again after a wait that doubles, from 5 seconds up to an hour; ReceiverGone ends the call and leaves the message
        as it was. Processes that deliver at once take different messages; what a killed one had taken goes out again
        when its lease has run out.
        """
        inputs.checked_int(limit, "limit", 1, 1_000_000)
        if self._connection is not None:
            raise NotAllowed(
                Text("消息须在任何事务之外发送：请用没有加入调用者事务的引擎",
                "messages go out outside any transaction: use an engine that is not joined to one"),
            )  # fmt: skip
        return sum(outcome.state == "done" for outcome in self._work(NOTICE_JOB, limit, send, None))

    def _work(self, kind: str, limit: int, send: Send | None, due: datetime | None) -> Iterator[JobOutcome]:
        """Lease and run until nothing is due. What ends it early is raised, and what was not answered given back."""
        while limit > 0 and (refs := self._lease(kind, min(BATCH, limit), LEASE, due=due)):
            limit -= len(refs)
            for number, ref in enumerate(refs):
                try:
                    outcome = self._attempt(ref, send, due)
                except BaseException:
                    with suppress(GovflowError):  # these leases run out by themselves
                        self.give_back(refs[number:])
                    raise
                yield outcome

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
        return self._lease(kind, limit, seconds, dispatcher)

    def _lease(
        self,
        kind: str,
        limit: int,
        seconds: float,
        dispatcher: Dispatcher | None = None,
        *,
        due: datetime | None = None,
    ) -> list[Ref]:
        # what is due may be asked for another moment; a lease is of the present, for it binds everybody
        with self._reading() as statements:
            at = self._present(statements)
            # the common answer takes no lock on SQLite, and writes nothing
            if not statements.is_any_due(kind, case_clocks.utc(due or at), case_clocks.utc(at), _beyond(at, seconds)):
                return []
        with self._writing() as statements:
            at = self._present(statements)  # anew: the lock may have been waited for
            until = [case_clocks.utc(at + timedelta(seconds=seconds * 2**n)) for n in range(DOUBLINGS + 1)]
            wake, now, beyond = case_clocks.utc(due or at), case_clocks.utc(at), _beyond(at, seconds)
            jobs = statements.lease(kind, wake, now, beyond, until, limit)
            refs = [Ref(job.case_id, job.key, job.kind, job.gen, str(job.leased_until), job.leases > 1) for job in jobs]
            if dispatcher is not None and refs:
                dispatcher.submit(statements.connection, refs)
        return refs

    def _present(self, statements: Statements) -> datetime:
        """The present instant by the clock that all hosts share, where there is one."""
        return self._clock.locked(None, statements.now())

    def ended(self, refs: Iterable[Ref]) -> list[Ref]:
        """Those of these references whose lease has run out."""
        with self._reading() as statements:
            at = case_clocks.utc(self._present(statements))
        return [ref for ref in refs if ref.until <= at]

    def give_back(self, refs: Sequence[Ref]) -> None:
        """End leases of jobs that were not begun, so that another takes them at once."""
        if refs:
            with self._writing() as statements:
                statements.give_back([(ref.case, ref.key, ref.gen, ref.until) for ref in refs])

    def run(self, ref: Ref, send: Send | None = None) -> JobOutcome:
        """Do a leased job, any number of times and on any host. Raises nothing but ReceiverGone.

        Clocks act once. `send` takes the message of a notice, outside any transaction: once, unless whoever had it never
        answered, or two hosts run one reference at the same moment.
        """
        try:
            return self._attempt(ref, send, None)
        except GovflowError as fault:
            return JobOutcome(ref, "lost", fault=fault_text(fault))

    def _attempt(self, ref: Ref, send: Send | None, due: datetime | None) -> JobOutcome:
        """Do a leased job. Raises ReceiverGone, and StoreError where the database cannot be used now."""
        recorded: list[Event] = []
        held: Ref | None = ref
        with self._alone(ref) as alone:
            try:
                held, job = self._begin(ref) if alone else (None, None)
                if held is None:
                    state = "stale"
                elif job is None:
                    state = self._fire(held, due, recorded)
                else:
                    state = self._hand_over(held, job, send)
            except ReceiverGone:
                self._unbegin(held or ref, None)
                raise
            except (Exception, SystemExit) as fault:
                if is_passing(fault) and isinstance(fault, GovflowError):
                    raise
                if is_passing(fault):
                    raise StoreError(Text(fault_text(fault), fault_text(fault))) from fault
                return JobOutcome(ref, *self._failed(held or ref, fault))
        self._publish(recorded)
        return JobOutcome(ref, state, fired=tuple(_fired(ref.case, recorded)))

    def _begin(self, ref: Ref) -> tuple[Ref | None, JobRow | None]:
        """The reference as it holds now, None if it does not, and a notice's row.

        Who begins a job again that was never answered notes it first, for one that ends its process can say nothing. A
        notice whose lease has run out is leased anew if nobody else has it: in a long queue all come late.
        """
        if ref.kind == CLOCK_JOB and not ref.again:
            return ref, None
        with self._reading() as statements:
            job = statements.job(ref.case, ref.key)
            at = case_clocks.utc(self._present(statements))
        if job is None or not _holds(ref, job):
            return None, None
        if ref.again or at >= ref.until:
            held = self._noted(ref, job)
        else:
            held = ref
        return held, None if ref.kind == CLOCK_JOB else job

    def _noted(self, ref: Ref, job: JobRow) -> Ref | None:
        if ref.again and job.tries >= MOST_TRIES[ref.kind]:
            changes: dict[str, Any] = {"state": "dead", "fault": UNANSWERED}
            _log.error("job %s of case %s is dead: %s", ref.key, ref.case, UNANSWERED)
        else:
            changes = {"tries": job.tries + 1, "fault": UNANSWERED} if ref.again else {}
        with self._writing() as statements:
            until = case_clocks.utc(self._present(statements) + timedelta(seconds=LEASE))
            if not statements.change_job(job, **changes, leased_until=until) or "state" in changes:
                return None
        return msgspec.structs.replace(ref, until=until)

    def _unbegin(self, ref: Ref, until: str | None) -> None:
        """Take back what was noted: the end was no fault of the job. Its lease then lasts until this moment."""
        with suppress(GovflowError), self._writing() as statements:
            job = statements.job(ref.case, ref.key)
            if job is not None and _holds(ref, job):
                tries = job.tries - ref.again
                statements.change_job(
                    job,
                    tries=tries,
                    fault=job.fault if tries else None,
                    leased_until=until,
                    leases=job.leases - (not until),
                )

    def _fire(self, ref: Ref, due: datetime | None, recorded: list[Event]) -> str:
        with self._writing() as statements:
            locked = statements.lock(ref.case, whole=False)
            job = None if locked is None else locked.file.job
            if locked is None or job is None or not _holds(ref, job):
                return "stale"
            if due is not None and case_clocks.utc(due) < locked.file.row.updated_at:
                return "busy"  # a moment that is given and past: the lease stays
            draft = self._draft(statements, locked.file, due or self._instant(locked), SYSTEM)
            if timers.tick(draft):
                save(statements, draft, locked.file)
            else:
                for row in clock_jobs(draft, job):
                    statements.arm_clocks(row)
            recorded += draft.events
        return "done"

    @contextmanager
    def _alone(self, ref: Ref) -> Iterator[bool]:
        """Whether no other thread of this process is at this job: a carrier may give one reference to two."""
        job = ref.case, ref.key
        with self._at_hand_lock:
            alone = job not in self._at_hand
            self._at_hand.add(job)
        try:
            yield alone
        finally:
            if alone:
                with self._at_hand_lock:
                    self._at_hand.remove(job)

    def _hand_over(self, ref: Ref, job: JobRow, send: Send | None) -> str:
        if send is None:
            raise InvalidInput(Text("没有给出接收消息的 send", "no `send` is given to take the message"), field="send")
        body = msgspec.json.decode(job.body or "{}")
        try:
            send(Message(f"{job.case_id}:{ids.event_of(job.key)}", job.case_id, job.topic or "", body, job.tries))
        except ReceiverGone:
            raise
        except Exception as fault:  # noqa: BLE001 - a receiver's own database is not ours, whatever its errors look like
            raise _ReceiverFault(fault_text(fault)) from None
        with self._writing() as statements:
            return "done" if statements.finish_job(ref.case, ref.key, ref.gen) else "stale"

    def _failed(self, ref: Ref, fault: BaseException) -> tuple[str, str]:
        """Keep a job's fault with it; it rests, longer each time, and is dead after so many. Gives state and fault."""
        said = str(fault) if isinstance(fault, _ReceiverFault) else fault_text(fault)
        if isinstance(fault, HostClockError | GivenClockError):  # no fault of the case: another host can run it
            _log.error("job %s of case %s is left to another host: %s", ref.key, ref.case, said)
            self._unbegin(ref, ref.until)
            return "busy", said
        with self._writing() as statements:
            job = statements.job(ref.case, ref.key)
            if job is None or not _holds(ref, job):
                return "stale", said
            tries = job.tries + (not ref.again)  # that one was noted as it began
            state = "dead" if tries >= MOST_TRIES[ref.kind] else "armed"
            until = case_clocks.utc(self._present(statements) + wait_after(tries - 1))
            statements.change_job(job, state=state, tries=tries, leases=0, fault=said, leased_until=until)
        _log.error("job %s of case %s failed (%d): %s", ref.key, ref.case, tries, said)
        return "dead" if state == "dead" else "failed", said

    # --- incidents ---------------------------------------------------------------------------------------------

    def incidents(self, *, limit: int = 50, after: tuple[str, str] = START) -> list[Incident]:
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
        self._settle(case, key, {"state": "armed", "leased_until": None, "leases": 0, "tries": 0, "fault": None})

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


def _fired(case: str, recorded: Sequence[Event]) -> Iterator[Fired]:
    for event in recorded:
        match event.fact:
            case events.ClockWarned(clock=clock, kind=kind, item=item, due=due):
                yield Fired(case, clock, kind, item, "warned", due, "warning")
            case events.ClockExpired(clock=clock, kind=kind, item=item, due=due, effect=effect):
                yield Fired(case, clock, kind, item, "expired", due, effect)


def _beyond(now: datetime, seconds: float) -> str:
    """When a lease cannot end that was given by a clock that was right."""
    return case_clocks.utc(now + 2 * max(LONGEST_WAIT, timedelta(seconds=seconds * 2**DOUBLINGS)))


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
