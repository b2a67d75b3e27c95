"""The worker: leases what is due and has it run, until told to stop. No fault of a job, a host or the database ends it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from threading import Event

from govflow.engine.api import Engine
from govflow.engine.jobs import (
    BATCH,
    KINDS,
    Dispatcher,
    JobOutcome,
    Message,
    ReceiverGone,
    Ref,
    Send,
    fault_text,
)
from govflow.engine.store import NOTICE_JOB, Connection, StoreError
from govflow.engine.views import Fired
from govflow.errors import GovflowError
from govflow.text import Text

__all__ = ["InProcess", "Message", "ReceiverGone", "Send", "work"]

_log = logging.getLogger("govflow")

Report = Callable[[list[Fired], int], None]

Trouble = Callable[[Text], None]

FIRST_REST, LONGEST_REST = 1.0, 60.0
"""Seconds between two attempts to reach a database that cannot be used: at first, and at most."""

AT_WORK = 0.02
"""Seconds between two looks at work that goes on in other threads."""


class InProcess:
    """Runs references in threads of this process, `threads` for each kind: a slow receiver keeps no clock waiting."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._waiting: dict[str, queue.SimpleQueue[Ref | None]] = {kind: queue.SimpleQueue() for kind in KINDS}
        self._running: list[threading.Thread] = []
        self._ending = False

    def room(self, kind: str) -> int:
        """A batch, while less than half of one waits."""
        return BATCH if self._waiting[kind].qsize() < BATCH // 2 else 0

    def submit(self, connection: Connection, refs: Sequence[Ref]) -> None:
        """Nothing: threads must not begin before the lease is committed."""

    def flush(self, refs: Sequence[Ref]) -> None:
        """Put the references before the threads."""
        for ref in refs:
            self._waiting[ref.kind].put(ref)

    def start(self, run: Callable[[Ref], JobOutcome]) -> None:
        """Start the threads."""
        self._ending = False
        for kind in KINDS:
            for number in range(self._threads):
                thread = threading.Thread(
                    target=self._loop, args=(self._waiting[kind], run), name=f"govflow-{kind}-{number}", daemon=True
                )
                thread.start()
                self._running.append(thread)

    def _loop(self, waiting: queue.SimpleQueue[Ref | None], run: Callable[[Ref], JobOutcome]) -> None:
        while (ref := waiting.get()) is not None and not self._ending:
            run(ref)
        if ref is not None:
            waiting.put(ref)

    def stop(self) -> Sequence[Ref]:
        """Wait for what is at work; gives what was not begun."""
        self._ending = True
        for waiting in self._waiting.values():
            for _ in range(self._threads):
                waiting.put(None)
        for thread in self._running:
            thread.join()
        self._running.clear()
        left: list[Ref] = []
        for waiting in self._waiting.values():
            while not waiting.empty():
                ref = waiting.get()
                left += [ref] if ref is not None else []
        return left


def work(
    engine: Engine, send: Send, stop: Event, every: float = 5.0, report: Report | None = None,
    trouble: Trouble | None = None, *, dispatcher: Dispatcher | None = None, once: bool = False,
) -> None:  # fmt: skip
    """Fire what is due and deliver what waits until `stop` is set; any number of processes, on any hosts, may do so.

    It outlives every fault: a job's own becomes its incident; a database that is locked, lost or restarted is asked again
    after a rest that doubles, up to a minute.

    Args:
        engine: the engine whose clocks are fired and whose messages are delivered.
        send: takes one message; when it raises, the message is tried again later; ReceiverGone ends the work.
        stop: ends the work after the jobs it is at; what was leased and not begun is given back.
        every: seconds to rest when there is nothing to do.
        report: is given what was fired since the last call, and how many messages were delivered.
        trouble: is told why the worker rests; by default the log of this library is.
        dispatcher: carries the jobs to where they are run; by default threads of this process.
        once: end as soon as nothing more is due.
    """
    _Worker(engine, send, stop, every, report, trouble or _log_trouble, dispatcher or InProcess()).work(once)


class _Worker:
    """The loop that leases, and what the dispatcher's threads have done since it last looked."""

    def __init__(
        self, engine: Engine, send: Send, stop: Event, every: float, report: Report | None, trouble: Trouble,
        dispatcher: Dispatcher,
    ) -> None:  # fmt: skip
        self._engine, self._send, self._stop, self._every = engine, send, stop, every
        self._report, self._trouble, self._dispatcher = report, trouble, dispatcher
        self._lock = threading.Lock()
        self._outcomes: list[JobOutcome] = []
        self._lost: list[Ref] = []
        self._out: set[Ref] = set()
        self._rest = min(every, FIRST_REST)

    def work(self, once: bool) -> None:
        self._dispatcher.start(self._run)
        try:
            while not self._stop.is_set():
                try:
                    idle = self._round()
                except Exception as fault:  # noqa: BLE001 - a database that cannot be used now can be used later
                    self._back_off(fault)
                    continue
                if idle and once:
                    return
                self._stop.wait(self._every if idle else AT_WORK)
        finally:
            self._end()

    def _run(self, ref: Ref) -> JobOutcome:
        try:
            outcome = self._engine.run(ref, self._send)
        except ReceiverGone:
            self._stop.set()
            outcome = JobOutcome(ref, "lost")
        with self._lock:
            self._outcomes.append(outcome)
        return outcome

    def _round(self) -> bool:
        """Look at what was done, and lease more; whether nothing is due and nothing at work."""
        outcomes = self._take()
        if outcomes:
            self._tell(outcomes)
        if self._lost:
            self._engine.give_back(self._lost)
            self._lost.clear()
        faults = [outcome.fault for outcome in outcomes if outcome.state == "lost"]
        if faults:
            raise StoreError(Text(f"{faults[0]}", f"{faults[0]}"))
        moved = self._engine.project()
        idle = not self._lease() and not outcomes and not moved and not self._at_work()
        if outcomes or idle:
            self._rest = min(self._every, FIRST_REST)
        if idle:
            self._tell(())
        return idle

    def _take(self) -> list[JobOutcome]:
        with self._lock:
            found, self._outcomes = self._outcomes, []
        self._out.difference_update(outcome.ref for outcome in found)
        self._lost += [outcome.ref for outcome in found if outcome.state == "lost"]
        return found

    def _at_work(self) -> bool:
        """Whether an answer is still awaited; none is from a lease that has run out, for the carrier may lose it."""
        if self._out:
            self._out.difference_update(self._engine.ended(self._out))
        return bool(self._out)

    def _lease(self) -> int:
        leased = 0
        for kind in KINDS:
            room = min(self._dispatcher.room(kind), BATCH)
            refs = self._engine.lease(room, kind=kind, dispatcher=self._dispatcher) if room else []
            if refs:
                self._out.update(refs)
                self._dispatcher.flush(refs)
            leased += len(refs)
        return leased

    def _back_off(self, fault: Exception) -> None:
        why = fault.message if isinstance(fault, GovflowError) else Text(fault_text(fault), fault_text(fault))
        rest = self._rest
        _heard(lambda: self._trouble(Text(f"{rest:g} 秒后再试：{why.zh}", f"trying again in {rest:g} s: {why.en}")))
        self._rest = min(max(rest, 0.1) * 2, LONGEST_REST)
        self._stop.wait(rest)

    def _tell(self, outcomes: Sequence[JobOutcome]) -> None:
        report = self._report
        if report is not None:
            fired = [each for outcome in outcomes for each in outcome.fired]
            sent = sum(outcome.state == "done" and outcome.ref.kind == NOTICE_JOB for outcome in outcomes)
            _heard(lambda: report(fired, sent))

    def _end(self) -> None:
        left = self._dispatcher.stop()
        self._tell(self._take())
        try:
            self._engine.give_back([*self._lost, *left])
        except Exception as fault:  # noqa: BLE001 - their leases run out by themselves
            _log.warning("leases could not be given back: %s", fault_text(fault))


def _log_trouble(what: Text) -> None:
    _log.warning("the worker rests: %s", what.en)


def _heard(call: Callable[[], None]) -> None:
    """Tell somebody who only listens: a fault of theirs does not end the work."""
    try:
        call()
    except Exception as fault:  # noqa: BLE001 - see above
        _log.warning("who listens to the worker failed: %s", fault_text(fault))
