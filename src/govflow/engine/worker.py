"""The worker: leases what is due and has it run, until told to stop. No fault of a job, a host or the database ends it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from threading import Event

from govflow.engine.jobs import BATCH, KINDS, Dispatcher, Engine, Message, Outcome, ReceiverGone, Ref, Send, fault_text
from govflow.engine.store import Connection
from govflow.engine.views import Fired
from govflow.errors import GovflowError
from govflow.text import Text

__all__ = ["InProcess", "Message", "ReceiverGone", "Send", "work"]

_log = logging.getLogger("govflow")

Report = Callable[[list[Fired], int], None]

LONGEST_REST = 60.0
"""Seconds between two attempts to reach a database that cannot be used."""

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

    def start(self, run: Callable[[Ref], Outcome]) -> None:
        """Start the threads."""
        self._ending = False
        for kind in KINDS:
            for number in range(self._threads):
                thread = threading.Thread(
                    target=self._loop, args=(self._waiting[kind], run), name=f"govflow-{kind}-{number}", daemon=True
                )
                thread.start()
                self._running.append(thread)

    def _loop(self, waiting: queue.SimpleQueue[Ref | None], run: Callable[[Ref], Outcome]) -> None:
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


class _Round:
    """What the threads have done since the worker last looked."""

    def __init__(self, engine: Engine, send: Send, stop: Event) -> None:
        self._engine, self._send, self._stop = engine, send, stop
        self._lock = threading.Lock()
        self._outcomes: list[Outcome] = []
        self.begun = 0
        self.ended = 0

    def run(self, ref: Ref) -> Outcome:
        try:
            outcome = self._engine.run(ref, self._send)
        except ReceiverGone:
            self._stop.set()
            outcome = Outcome(ref, "stale")
        with self._lock:
            self._outcomes.append(outcome)
            self.ended += 1
        return outcome

    def taken(self) -> list[Outcome]:
        """The outcomes since the last look."""
        with self._lock:
            found, self._outcomes = self._outcomes, []
        return found


def work(
    engine: Engine, send: Send, stop: Event, every: float = 5.0, report: Report | None = None,
    trouble: Callable[[Text], None] | None = None, *, dispatcher: Dispatcher | None = None, once: bool = False,
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
    dispatcher = dispatcher or InProcess()
    done = _Round(engine, send, stop)
    dispatcher.start(done.run)
    rest = min(every, 1.0)
    try:
        while not stop.is_set():
            try:
                leased = _lease(engine, dispatcher)
            except Exception as fault:  # noqa: BLE001 - a database that cannot be used today can be used tomorrow
                why = fault.message if isinstance(fault, GovflowError) else Text(fault_text(fault), fault_text(fault))
                _say(trouble, Text(f"{rest:g} 秒后再试：{why.zh}", f"trying again in {rest:g} s: {why.en}"))
                stop.wait(rest)
                rest = min(max(rest, 0.1) * 2, LONGEST_REST)
                continue
            rest = min(every, 1.0)
            done.begun += leased
            at_work = done.begun > done.ended
            outcomes = done.taken()
            if outcomes or not at_work:
                _tell(report, outcomes)
            if leased or outcomes:
                continue
            if once and not at_work:
                return
            stop.wait(AT_WORK if at_work else every)
    finally:
        left = dispatcher.stop()
        _tell(report, done.taken())
        if left:
            engine.give_back(left)


def _lease(engine: Engine, dispatcher: Dispatcher) -> int:
    leased = 0
    for kind in KINDS:
        room = min(dispatcher.room(kind), BATCH)
        refs = engine.lease(room, kind=kind, dispatcher=dispatcher) if room else []
        if refs:
            dispatcher.flush(refs)
        leased += len(refs)
    return leased


def _tell(report: Report | None, outcomes: Sequence[Outcome]) -> None:
    if report is None:
        return
    fired = [each for outcome in outcomes for each in outcome.fired]
    sent = sum(outcome.state == "done" and outcome.ref.kind == "notice" for outcome in outcomes)
    _heard(lambda: report(fired, sent))


def _say(trouble: Callable[[Text], None] | None, what: Text) -> None:
    if trouble is None:
        _log.warning("the worker rests: %s", what.en)
    else:
        _heard(lambda: trouble(what))


def _heard(call: Callable[[], None]) -> None:
    """Tell somebody who only listens: a fault of theirs does not end the work."""
    try:
        call()
    except Exception as fault:  # noqa: BLE001 - see above
        _log.warning("who listens to the worker failed: %s", fault_text(fault))
