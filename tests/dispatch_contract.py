"""What every dispatcher must stand: losses, repetitions, faults and ends of processes; none may lose or double an effect.

A test module derives a class from `DispatchContract` and gives it a dispatcher. All of it runs on the real engine, on SQLite
and PostgreSQL.
"""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import govflow
from govflow.engine.commands import timers
from govflow.engine.jobs import LEASE, MOST_TRIES, Dispatcher, JobOutcome, Message, Ref
from govflow.engine.worker import work
from tests import postgres
from tests.cases import ROOT, Watch, accepted, act, catalog, watch

LATER = "2025-03-10 09:00"


def firings(engine: govflow.Engine, case: str) -> list[tuple[str, str]]:
    """What clocks did in a case, each with its clock."""
    found = [e for e in engine.history(case) if e.type in ("clock_warned", "clock_expired")]
    return [(e.type, e.body["clock"]) for e in found]


def once(found: list[tuple[str, str]]) -> bool:
    """Whether something fired, and nothing twice."""
    return bool(found) and max(Counter(found).values()) == 1


class Carrier:
    """A carrier that does not do as it should: it hands on to another what `carry` makes of the references."""

    def __init__(self, carried: Dispatcher, carry: Callable[[list[Ref]], list[Ref]]) -> None:
        self._carried, self._carry = carried, carry
        self.room, self.submit = carried.room, carried.submit
        self.start, self.stop = carried.start, carried.stop

    def flush(self, refs: Sequence[Ref]) -> None:
        """Hand on something else."""
        self._carried.flush(self._carry(list(refs)))


def losing() -> Callable[[list[Ref]], list[Ref]]:
    """Lose each third reference."""
    seen = itertools.count(1)
    return lambda refs: [ref for ref in refs if next(seen) % 3]


CARRIERS: dict[str, Callable[[], Callable[[list[Ref]], list[Ref]]]] = {
    "loses": losing,
    "repeats": lambda: lambda refs: [*refs, *refs],
    "turns round": lambda: lambda refs: refs[::-1],
}


class DispatchContract:
    """The contract; a derived class gives `dispatcher`, and `name` for a worker of another process."""

    name = "inprocess"

    @pytest.fixture
    def clock(self) -> Watch:
        """The engines' clock."""
        return watch()

    @pytest.fixture
    def engine(self, url: str, clock: Watch) -> Iterator[govflow.Engine]:
        """An engine on that database."""
        found = govflow.Engine(url, catalog(), clock=clock)
        yield found
        found.close()

    def dispatcher(self) -> Dispatcher:
        """A fresh dispatcher."""
        raise NotImplementedError

    def due(self, engine: govflow.Engine, clock: Watch, count: int) -> list[str]:
        """Cases with clocks that are due."""
        found = [accepted(engine).id for _ in range(count)]
        clock.at(LATER)
        return found

    def run_all(self, engine: govflow.Engine, refs: list[Ref]) -> list[JobOutcome]:
        """Have the dispatcher run references, and wait for the outcomes."""
        dispatcher, outcomes, done = self.dispatcher(), [], threading.Event()  # type: ignore[var-annotated]

        def run(ref: Ref) -> JobOutcome:
            outcomes.append(engine.run(ref, lambda message: None))
            if len(outcomes) == len(refs):
                done.set()
            return outcomes[-1]  # type: ignore[no-any-return]

        dispatcher.start(run)
        dispatcher.flush(refs)
        assert done.wait(60)
        dispatcher.stop()
        return outcomes

    def work(self, engine: govflow.Engine, send: Callable[[Message], object] = lambda message: None) -> None:
        """Work with the dispatcher until nothing is due."""
        work(engine, send, threading.Event(), 0.05, dispatcher=self.dispatcher(), once=True)

    def test_a_lost_dispatch_is_done_when_its_lease_has_run_out(self, engine: govflow.Engine, clock: Watch) -> None:
        """Nobody runs what was leased: until then it is nobody else's, then it is done, once."""
        cases = self.due(engine, clock, 3)
        assert len(engine.lease()) == 3
        self.work(engine)
        assert not any(firings(engine, case) for case in cases)
        clock.forward(seconds=LEASE)
        self.work(engine)
        assert all(once(firings(engine, case)) and engine.check(case) == [] for case in cases)

    def test_the_same_reference_ten_times_acts_once(self, engine: govflow.Engine, clock: Watch) -> None:
        """The first run acts; all others find another arming, or none."""
        (case,) = self.due(engine, clock, 1)
        outcomes = self.run_all(engine, engine.lease() * 10)
        assert sorted(o.state for o in outcomes) == ["done", *["stale"] * 9]
        assert once(firings(engine, case)) and engine.check(case) == []

    def test_what_is_withdrawn_after_the_dispatch_is_left_alone(self, engine: govflow.Engine, clock: Watch) -> None:
        """A case that is closed has no clock; a reference that is still on its way finds nothing to do."""
        (case,) = self.due(engine, clock, 1)
        refs = engine.lease()
        engine.withdraw(case, actor="applicant:chen", reason="不办了")
        before = engine.history(case)
        assert [o.state for o in self.run_all(engine, refs)] == ["stale"]
        assert engine.history(case) == before and engine.lease() == []

    def test_what_moves_after_the_dispatch_is_done_at_its_new_time(self, engine: govflow.Engine, clock: Watch) -> None:
        """Whoever acts on the case meanwhile does what was due, and arms the job anew."""
        (case,) = self.due(engine, clock, 1)
        refs = engine.lease()
        act(engine, next(t for t in engine.case(case).open_tasks if t.kind == "review"))
        assert [o.state for o in self.run_all(engine, refs)] == ["stale"]
        clock.forward(days=60)
        self.work(engine)
        assert once(firings(engine, case)) and engine.check(case) == []

    def test_a_case_that_is_rolled_back_keeps_its_job(self, engine: govflow.Engine, clock: Watch, url: str) -> None:
        """A command inside a caller's transaction that comes to nothing: what was due is due still."""
        (case,) = self.due(engine, clock, 1)
        engine.sweep()
        before = firings(engine, case)
        task = next(t for t in engine.case(case).open_tasks if t.kind == "review")
        with engine._database.engine.connect() as connection:
            act(engine.joined(connection), task)
            connection.rollback()
        clock.forward(days=60)
        self.work(engine)
        assert len(firings(engine, case)) > len(before) and once(firings(engine, case)) and engine.check(case) == []

    @pytest.mark.parametrize("always", [False, True], ids=["twice", "always"])
    def test_a_job_that_fails_stops_no_other(
        self, engine: govflow.Engine, clock: Watch, monkeypatch: pytest.MonkeyPatch, always: bool
    ) -> None:
        """It rests longer each time. What fails twice is done in the end; what fails always waits for a person."""
        cases = self.due(engine, clock, 3)
        tick, failed = timers.tick, []

        def fails(draft: Any) -> int:
            if draft.state.id == cases[1] and (always or len(failed) < 2):
                failed.append(clock.moment)
                raise RecursionError("\ud800 \0")
            return tick(draft)

        monkeypatch.setattr(timers, "tick", fails)
        for _ in range(MOST_TRIES["clock"] + 2):
            self.work(engine)
            clock.forward(hours=1)
        assert all(once(firings(engine, case)) for case in cases if case != cases[1])
        incidents = engine.incidents()
        if not always:
            assert once(firings(engine, cases[1])) and len(failed) == 2 and incidents == []
            return
        assert firings(engine, cases[1]) == [] and len(failed) == MOST_TRIES["clock"]
        assert [(i.case, i.key, i.dead, i.tries) for i in incidents] == [(cases[1], "clock", True, len(failed))]
        assert "RecursionError" in incidents[0].fault and engine.case(cases[1]).incident == incidents[0].fault
        monkeypatch.undo()
        engine.retry(cases[1])
        self.work(engine)
        assert once(firings(engine, cases[1])) and engine.incidents() == []
        assert all(engine.check(case) == [] for case in cases)

    def test_two_that_lease_get_different_jobs(self, engine: govflow.Engine, clock: Watch, url: str) -> None:
        """At once, in small bites: together they have each job once."""
        cases = self.due(engine, clock, 12)
        other = govflow.Engine(url, catalog(), clock=clock)
        got: list[str] = []

        def lease(one: govflow.Engine) -> None:
            while refs := one.lease(2):
                got.extend(ref.case for ref in refs)

        threads = [threading.Thread(target=lease, args=(one,)) for one in (engine, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(got) == sorted(cases)
        other.close()

    @pytest.mark.parametrize("carrier", CARRIERS)
    def test_a_carrier_that_does_wrong_harms_nothing(
        self, engine: govflow.Engine, clock: Watch, monkeypatch: pytest.MonkeyPatch, carrier: str
    ) -> None:
        """References lost, repeated or turned round, a clock and a receiver that fail at first: all is done, clocks once."""
        cases = self.due(engine, clock, 5)
        tick, failing = timers.tick, {cases[1], f"{cases[2]}:1"}

        def first(name: str) -> None:
            if name in failing:
                failing.remove(name)
                raise ValueError(name)

        def fails(draft: Any) -> int:
            first(draft.state.id)
            return tick(draft)

        sent: list[str] = []

        def send(message: Message) -> None:
            first(message.key)
            sent.append(message.key)

        monkeypatch.setattr(timers, "tick", fails)
        carried = Carrier(self.dispatcher(), CARRIERS[carrier]())
        for _ in range(3):
            worker = threading.Thread(
                target=work, args=(engine, send, threading.Event(), 0.01), kwargs={"dispatcher": carried, "once": True}
            )
            worker.start()
            while worker.is_alive():  # a lost reference is awaited until its lease has run out
                worker.join(0.2)
                clock.forward(seconds=LEASE)
        assert failing == set() and engine.incidents() == []
        assert engine.lease() == engine.lease(kind="notice") == []
        assert all(once(firings(engine, case)) and engine.check(case) == [] for case in cases)
        assert len(sent) == len(set(sent)) and {key.partition(":")[0] for key in sent} == set(cases)

    def start(self, url: str, moment: str, *options: str) -> subprocess.Popen[bytes]:
        """A worker in a process of its own, whose clock stands at this moment."""
        path = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
        command = [sys.executable, "-m", "tests.worker_process", url, moment, self.name, *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=path)

    def test_a_worker_that_is_killed_loses_and_doubles_nothing(
        self, engine: govflow.Engine, clock: Watch, url: str
    ) -> None:
        """Kill -9 inside `send`: the next worker does the rest; only what was under way goes out again."""
        cases = self.due(engine, clock, 6)
        sent: list[str] = []
        for round, moment in enumerate((LATER, "2025-03-10 10:00", "2025-03-10 12:00")):
            process = self.start(url, moment)
            assert process.stdout is not None
            for line in process.stdout:
                sent.append(line.decode().strip())
                if round < 2 and len(sent) % 5 == 4:
                    process.send_signal(signal.SIGKILL)
                    break
            sent += [line.decode().strip() for line in process.stdout]
            process.wait(60)
            process.stdout.close()
        assert process.returncode == 0
        clock.at("2025-03-10 13:00")
        assert engine.lease() == engine.lease(kind="notice") == []
        told = [key.partition(" ")[2] for key in sent if key.startswith("taken ")]
        assert len(told) == len(set(told)), "what is acknowledged does not come again"
        begun = {key.partition(" ")[2] for key in sent}
        notices = {f"{c}:{e.seq}" for c in cases for e in engine.history(c) if e.type in ("applied", "clock_warned")}
        assert notices <= begun
        assert all(once(firings(engine, case)) and engine.check(case) == [] for case in cases)

    def test_a_database_that_crashes_and_comes_back_is_worked_on(self) -> None:
        """PostgreSQL stops at once in mid-work and starts again: the same worker process goes on to the end."""
        if postgres.binaries() is None:
            pytest.skip("no PostgreSQL server on this machine")
        cluster = postgres.Cluster()
        try:
            clock = watch()
            engine = govflow.Engine(cluster.url, catalog(), clock=clock)
            cases = self.due(engine, clock, 8)
            engine.close()
            process = self.start(cluster.url, LATER, "slowly")
            assert process.stdout is not None
            first = process.stdout.readline()
            cluster.crash()
            time.sleep(0.3)
            cluster.start()
            rest = process.stdout.read()
            assert process.wait(60) == 0 and first and rest
            process.stdout.close()
            clock.at(LATER)
            engine = govflow.Engine(cluster.url, catalog(), clock=clock)
            assert engine.lease() == engine.lease(kind="notice") == []
            assert all(once(firings(engine, case)) and engine.check(case) == [] for case in cases)
            assert engine.incidents() == []
            engine.close()
        finally:
            cluster.remove()
