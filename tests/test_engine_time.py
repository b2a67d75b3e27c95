"""The instant of a command: after the lock, never before the last event, and no host's clock can freeze a case."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow.engine import case_clocks, host_clock
from govflow.engine.host_clock import TOLERANCE, HostClockError
from tests.cases import Watch, accepted, act, apply_for, catalog, watch


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The clock of this host, in the test's hand."""
    clock = watch()
    monkeypatch.setattr(host_clock, "_wall_clock", clock)
    return clock


@pytest.fixture
def file(tmp_path: Any) -> Iterator[govflow.Engine]:
    """An engine on SQLite that goes by the host's clock."""
    found = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog())
    yield found
    found.close()


def test_a_clock_a_little_behind_takes_the_last_events_instant(host: Watch, file: govflow.Engine) -> None:
    """Two hosts may differ: within the tolerance the later of both is the instant, and the log stays in order."""
    view = accepted(file)
    last = file.history(view.id)[-1].at
    host.moment -= TOLERANCE
    done = act(file, view.open_tasks[0])
    assert {e.at for e in file.history(view.id)[len(file.history(view.id)) - 1 :]} == {last}
    assert file.check(done.id) == []


def test_a_clock_far_behind_is_the_hosts_fault(host: Watch, file: govflow.Engine) -> None:
    """Beyond the tolerance the error is about the host, says how far, and nothing has changed; it is right, all goes on."""
    view = accepted(file)
    before = file.history(view.id)
    host.moment -= TOLERANCE + timedelta(minutes=9)
    for command in (
        lambda: act(file, view.open_tasks[0]),
        lambda: file.withdraw(view.id, actor="applicant:chen", reason="x"),
    ):
        with pytest.raises(HostClockError) as refused:
            command()
        assert refused.value.details["behind"] == 600 and "0:10:00" in refused.value.zh
    assert file.sweep() == [] and file.history(view.id) == before
    host.moment += timedelta(minutes=10)
    assert act(file, view.open_tasks[0]).revision == view.revision + 1


def test_a_moment_that_the_caller_gives_is_the_callers(tmp_path: Any) -> None:
    """A clock that is given is taken as it is: behind the last event by a second, it is refused as input."""
    clock = watch()
    engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=clock)
    view = accepted(engine)
    clock.forward(seconds=-1)
    with pytest.raises(govflow.InvalidInput) as refused:
        act(engine, view.open_tasks[0])
    assert refused.value.details["field"] == "now"
    engine.close()


def test_a_host_far_ahead_harms_nothing_on_postgresql(
    host: Watch, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The server's clock is everybody's: the host's is warned of once, and no case is swept or stamped by it."""
    engine = govflow.Engine(postgres_url, catalog())
    host.at("2050-03-03 09:00")
    with caplog.at_level(logging.WARNING, "govflow"):
        view = accepted(engine)
        engine.sweep()
        view = act(engine, view.open_tasks[0])
    assert not any(e.at.startswith("2050") for e in engine.history(view.id))
    assert len([r for r in caplog.records if "clock" in r.getMessage()]) == 1
    assert engine.check(view.id) == []
    engine.close()


def test_the_instant_comes_after_the_lock(postgres_url: str) -> None:
    """A command that waited for the case is dated after whoever made it wait let go."""
    engine = govflow.Engine(postgres_url, catalog())
    view = apply_for(engine)
    with ThreadPoolExecutor(1) as other, engine._database.engine.connect() as holder:
        holder.execute(sa.text("SELECT 1 FROM cases FOR UPDATE"))
        waiting = other.submit(engine.complete, view.open_tasks[0].id, actor="D01:wang", outcome="accept")
        blocked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with engine._database.engine.connect() as watcher:
            while not watcher.execute(blocked).scalar_one():
                watcher.rollback()
        holder.execute(sa.text("UPDATE cases SET last_actor = last_actor"))
        released = holder.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        holder.commit()
        waiting.result()
    assert engine.history(view.id)[-1].at > case_clocks.utc(released)
    engine.close()


def test_colleagues_at_one_case_are_never_too_early(url: str) -> None:
    """Without a clock of the caller's nobody is told of a moment: eight take and give back one task, forty times each."""
    engines = [govflow.Engine(url, catalog()) for _ in range(2)]
    task = apply_for(engines[0]).open_tasks[0]

    def take_turns(n: int) -> list[type[Exception]]:
        told = []
        for _ in range(40):
            for method in ("claim", "release"):
                try:
                    getattr(engines[n % 2], method)(task.id, actor=f"D01:officer-{n}")
                except govflow.GovflowError as refused:
                    told.append(type(refused))
        return told

    with ThreadPoolExecutor(8) as people:
        told = {each for found in people.map(take_turns, range(8)) for each in found}
    assert told <= {govflow.Conflict, govflow.NotAllowed}
    assert engines[0].check(task.case) == []
    for engine in engines:
        engine.close()
