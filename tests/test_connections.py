"""An engine's connections: kept for the next command, never in anybody's way, and fit for threads, forks and restarts."""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import govflow
from govflow.engine.store import OutcomeUnknown, StoreError
from tests.cases import accepted, act, apply_for, catalog, watch


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


def cut_all(url: str) -> None:
    """End every other connection to a PostgreSQL database, as a restart of the server does."""
    cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.execute(sa.text(cut)).all()


@pytest.mark.parametrize("own", [True, False])
def test_a_restart_of_the_server_costs_nothing(postgres_url: str, own: bool) -> None:
    """All connections are cut while they are idle: the next command works, of our own engine and of the caller's."""
    engine = govflow.Engine(postgres_url if own else sa.create_engine(postgres_url), catalog(), clock=watch())
    view = accepted(engine)
    for turn in range(3):
        with ThreadPoolExecutor(4) as people:  # several are kept
            list(people.map(engine.case, [view.id] * 40))
        cut_all(postgres_url)
        view = act(engine, view.open_tasks[0]) if turn else engine.case(view.id)
    assert engine.check(view.id) == []
    engine.close()


def test_forty_threads_finish_one_task(url: str) -> None:
    """Nobody takes a second connection while holding one: all are answered, by the fifteen that the pool has."""
    engine = govflow.Engine(url, catalog(), clock=watch())
    task = apply_for(engine).open_tasks[0].id

    def finish(n: int) -> str:
        try:
            engine.complete(task, actor=f"D01:officer-{n}", outcome="accept")
        except govflow.Conflict as told:
            return str(told.details.get("by"))
        return "done"

    with ThreadPoolExecutor(40) as people:
        found = list(people.map(finish, range(80)))
    assert found.count("done") == 1
    assert {each for each in found if each != "done"} == {f"D01:officer-{found.index('done')}"}
    engine.close()


def test_a_pool_that_is_used_up_says_so(url: str) -> None:
    """Whoever finds no connection is told so in a plain sentence, and nothing has changed."""
    pool = sa.create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0)
    engine = govflow.Engine(pool, catalog(), clock=watch())
    view = accepted(engine)
    with pool.connect():
        for ask in (lambda: engine.case(view.id), lambda: act(engine, view.open_tasks[0])):
            with pytest.raises(govflow.Conflict) as told:
                ask()
            assert "连接" in told.value.zh and "pool" in told.value.en
    assert engine.case(view.id) == view
    engine.close()


def test_a_session_that_hangs_makes_nobody_wait_for_ever(postgres_url: str) -> None:
    """A lock is waited for as long as on SQLite, unless the URL says otherwise; then the answer is Conflict."""
    default = govflow.Engine(postgres_url, catalog(), clock=watch())
    with default._database.read() as connection:
        limits = [connection.execute(sa.text(f"SHOW {name}")).scalar_one()
                  for name in ("lock_timeout", "idle_in_transaction_session_timeout")]  # fmt: skip
    assert limits == ["30s", "5min"]
    view = accepted(default)
    impatient = govflow.Engine(f"{postgres_url}?options=-c%20lock_timeout%3D50ms", catalog(), clock=watch())
    with default._database.write() as holder:
        holder.execute(sa.text("SELECT 1 FROM cases FOR UPDATE"))
        with pytest.raises(govflow.Conflict):
            act(impatient, view.open_tasks[0])
    assert act(impatient, view.open_tasks[0]).revision == view.revision + 1
    for engine in (default, impatient):
        engine.close()


def test_children_are_right_while_the_parents_threads_work(url: str) -> None:
    """Four forks while six threads of the parent are at work: every child finishes a case of its own, and so does the parent."""
    engine = govflow.Engine(url, catalog(), clock=watch())
    mine, theirs = [accepted(engine) for _ in range(6)], [accepted(engine) for _ in range(4)]
    stop = Event()

    def work(view: Any) -> None:
        while not stop.is_set():
            engine.case(view.id)
            task = engine.case(view.id).open_tasks[0]
            engine.claim(task.id, actor=f"{task.department}:li")
            engine.release(task.id, actor=f"{task.department}:li")

    with ThreadPoolExecutor(6) as people:
        busy = [people.submit(work, view) for view in mine]
        children = []
        for view in theirs:
            child = os.fork()
            if child == 0:
                try:
                    for _ in range(3):
                        view = act(engine, view.open_tasks[0])
                    engine.close()
                    os._exit(0)
                finally:
                    os._exit(1)
            children.append(child)
        ended = [os.waitpid(child, 0)[1] for child in children]
        stop.set()
        for each in busy:
            each.result()
    assert ended == [0] * 4
    for view in (*mine, *theirs):
        assert engine.check(view.id) == []
    assert [engine.case(view.id).revision - view.revision for view in theirs] == [3] * 4
    engine.close()


@pytest.mark.parametrize("databases", [1, 4])
def test_threads_that_start_at_once_migrate_once(databases: int, tmp_path: Any) -> None:
    """Eight threads make engines on new databases, the same one and different ones: all work."""
    for turn in range(3):
        urls = [f"sqlite:///{tmp_path}/{turn}-{n % databases}.db" for n in range(8)]
        start = Barrier(8)

        def begin(url: str, start: Barrier = start) -> list[str]:
            start.wait()
            engine = govflow.Engine(url, catalog(), clock=watch())
            found = engine.check(apply_for(engine).id)
            engine.close()
            return found

        with ThreadPoolExecutor(8) as people:
            assert list(people.map(begin, urls)) == [[]] * 8


def test_threads_that_start_at_once_on_postgresql(postgres_url: str) -> None:
    """Eight threads make engines on one new database of a server: all work."""
    start = Barrier(8)

    def begin(_: int) -> list[str]:
        start.wait()
        engine = govflow.Engine(postgres_url, catalog(), clock=watch())
        found = engine.check(apply_for(engine).id)
        engine.close()
        return found

    with ThreadPoolExecutor(8) as people:
        assert list(people.map(begin, range(8))) == [[]] * 8


@pytest.mark.parametrize("kept", [True, False])
def test_a_commit_whose_answer_is_lost_says_so(postgres_url: str, kept: bool) -> None:
    """The connection dies in COMMIT, once after and once before it took place: unknown, with the key to ask again by."""
    engine = govflow.Engine(postgres_url, catalog(), clock=watch())
    view = accepted(engine)
    task = view.open_tasks[0]

    def lose(connection: Any) -> None:
        driver = connection.connection.dbapi_connection
        if kept:
            driver.commit()
            driver.execute("SELECT 1")  # COMMIT is sent again, and finds nobody
        with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", (driver.info.backend_pid,))

    def finish(key: str | None) -> Any:
        return engine.complete(task.id, actor=f"{task.department}:li", outcome="approve", opinion="同意", key=key)

    sa.event.listen(engine._database.engine, "commit", lose)
    with pytest.raises(StoreError) as told:
        finish("once")
    sa.event.remove(engine._database.engine, "commit", lose)
    assert isinstance(told.value, OutcomeUnknown) and told.value.details == {"key": "once"}
    assert "没有任何改动" not in told.value.zh and "nothing was changed" not in told.value.en
    assert "key=once" in told.value.zh and "key=once" in told.value.en
    assert engine.case(view.id).revision == view.revision + kept
    assert finish("once").revision == view.revision + 1
    assert engine.check(view.id) == []
    engine.close()


@pytest.mark.parametrize(("code", "unknown"), [(sqlite3.SQLITE_IOERR, True), (sqlite3.SQLITE_FULL, False)])
def test_a_disk_that_fails_under_a_commit(tmp_path: Any, code: int, unknown: bool) -> None:
    """An error of the disk leaves open what was kept; a full one keeps nothing, and says so."""
    engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=watch())
    view = accepted(engine)

    def fail(_: Any) -> None:
        fault = sqlite3.OperationalError("the disk")
        fault.sqlite_errorcode = code  # type: ignore[misc]
        raise fault

    sa.event.listen(engine._database.engine, "commit", fail)
    with pytest.raises(StoreError) as told:
        engine.withdraw(view.id, actor="applicant:chen", reason="不办了")
    sa.event.remove(engine._database.engine, "commit", fail)
    assert isinstance(told.value, OutcomeUnknown) == unknown
    assert ("没有任何改动" in told.value.zh) != unknown
    assert engine.case(view.id) == view
    engine.close()


def test_inside_the_callers_transaction_the_database_speaks_plainly(tmp_path: Any) -> None:
    """A caller that read before somebody else wrote cannot write any more: Conflict, and its own transaction goes on."""
    url = f"sqlite:///{tmp_path}/cases.db"
    pool = sa.create_engine(url)
    engine, other = govflow.Engine(pool, catalog(), clock=watch()), govflow.Engine(url, catalog(), clock=watch())
    view = accepted(engine)
    with pool.begin() as connection:
        inside = engine.joined(connection)
        assert inside.case(view.id) == view
        act(other, view.open_tasks[0])
        with pytest.raises(govflow.Conflict):
            act(inside, view.open_tasks[0])
        assert inside.case(view.id) == view
    assert engine.case(view.id).revision == view.revision + 1
    with pool.connect() as connection:
        connection.exec_driver_sql("DROP TABLE jobs")
        with pytest.raises(StoreError):
            engine.joined(connection).case(view.id)
    for each in (engine, other):
        each.close()
