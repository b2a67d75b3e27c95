"""An engine's connections: kept for the next command, never in anybody's way, and fit for threads, forks and restarts."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from tests.cases import accepted, act, apply_for, catalog, watch


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/cases.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def taken() -> Iterator[list[Any]]:
    """Every connection that is taken out of a pool from now on."""
    seen: list[Any] = []

    def note(connection: Any, _record: Any, _proxy: Any) -> None:
        seen.append(connection)

    sa.event.listen(sa.Pool, "checkout", note)
    yield seen
    sa.event.remove(sa.Pool, "checkout", note)


def connected(url: str, *, at_last: int | None = None) -> int:
    """How many others are connected to a PostgreSQL database; a server ends what was closed a moment later."""
    found = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with found.connect() as connection:
        for _ in range(200):
            count = int(connection.execute(sa.text(asked)).scalar_one())
            if at_last is None or count == at_last:
                break
            connection.execute(sa.text("SELECT pg_sleep(0.05)"))
    return count


def test_one_command_after_the_other_keeps_its_connection(url: str, taken: list[Any]) -> None:
    """Nothing is taken from the pool again; a refusal gives its connection back, and the next one is taken."""
    engine = govflow.Engine(url, catalog(), clock=watch())
    view = accepted(engine)
    taken.clear()
    for _ in range(3):
        view = act(engine, view.open_tasks[0])
        assert engine.case(view.id) == view
    assert not taken
    with pytest.raises(govflow.NotFound):
        engine.case("nobody")
    assert engine.case(view.id) == view and len(taken) == 1
    engine.close()


def test_of_the_callers_engine_nothing_is_kept(url: str) -> None:
    """A pool of one connection: after each command and each refusal it is there for the caller."""
    pool = sa.create_engine(url, pool_size=1, max_overflow=0, pool_timeout=5)
    engine = govflow.Engine(pool, catalog(), clock=watch())
    view = accepted(engine)
    for _ in range(2):
        with pool.begin() as connection:
            inside = engine.joined(connection)
            view = act(inside, view.open_tasks[0])
            assert inside.case(view.id) == view
        assert engine.case(view.id) == view
        with pytest.raises(govflow.NotFound):
            engine.case("nobody")
    assert engine.check(view.id) == []
    engine.close()


def test_losers_of_a_race_do_not_wait_for_each_other(url: str) -> None:
    """Nine people finish one task through two connections: one has done it, eight are told who, and nobody waits."""
    pool = sa.create_engine(url, pool_size=2, max_overflow=0, pool_timeout=20)
    engine = govflow.Engine(pool, catalog(), clock=watch())
    task = apply_for(engine).open_tasks[0].id

    def finish(n: int) -> str:
        try:
            engine.complete(task, actor=f"D01:officer-{n}", outcome="accept")
        except govflow.Conflict as told:
            return str(told.details["by"])
        return "done"

    with ThreadPoolExecutor(9) as people:
        found = list(people.map(finish, range(9)))
    assert found.count("done") == 1
    assert {each for each in found if each != "done"} == {f"D01:officer-{found.index('done')}"}
    engine.close()


def test_many_threads_share_a_few_connections(postgres_url: str) -> None:
    """Thirty threads at once are all served, and afterwards no more stay connected than the pool keeps anyhow."""
    engine = govflow.Engine(postgres_url, catalog(), clock=watch())
    views = [accepted(engine) for _ in range(6)]

    def look(n: int) -> int:
        case = views[n % 6].id
        return len(engine.tasks(case=case).items) + len(engine.case(case).open_tasks)

    with ThreadPoolExecutor(30) as people:
        found = list(people.map(look, range(120)))
    assert set(found) == {2 * len(views[0].open_tasks)}
    assert 1 <= connected(postgres_url) <= 5
    engine.close()
    assert connected(postgres_url, at_last=0) == 0
    assert engine.case(views[0].id) == views[0]  # closed is not dead
    engine.close()


def test_a_child_process_takes_connections_of_its_own(url: str) -> None:
    """Parent and child go on after a fork, each with a step of its own, in turns that would mix on one connection."""
    engine = govflow.Engine(url, catalog(), clock=watch())
    one, other = accepted(engine), accepted(engine)
    child = os.fork()
    if child == 0:
        try:
            for _ in range(3):
                other = act(engine, other.open_tasks[0])
            os._exit(0)
        finally:
            os._exit(1)
    for _ in range(3):
        one = act(engine, one.open_tasks[0])
    assert os.waitpid(child, 0)[1] == 0
    assert engine.case(one.id) == one and engine.check(one.id) == engine.check(other.id) == []
    assert engine.case(other.id).revision == other.revision + 3
    engine.close()


def test_a_restart_of_the_server_costs_one_command(postgres_url: str) -> None:
    """All connections are cut while they are idle: one command says so, each one after it works."""
    engine = govflow.Engine(postgres_url, catalog(), clock=watch())
    view = accepted(engine)
    with ThreadPoolExecutor(4) as people:  # several are kept
        list(people.map(lambda _: engine.case(view.id), range(40)))
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with sa.create_engine(postgres_url, poolclass=sa.NullPool).connect() as connection:
        connection.execute(sa.text(cut)).all()
    with pytest.raises(govflow.GovflowError):
        engine.case(view.id)
    for _ in range(3):
        view = act(engine, view.open_tasks[0])
    assert engine.check(view.id) == []
    engine.close()
