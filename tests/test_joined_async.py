"""`engine.joined` inside asynchronous programs: the caller's transaction, and plain words where it cannot work."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow.engine.store import StoreError
from tests.cases import accepted, act, apply_for, catalog, watch

pytest.importorskip("greenlet")
asynchronous = pytest.importorskip("sqlalchemy.ext.asyncio")


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Any) -> tuple[str, str]:
    """One database, by a synchronous and by an asynchronous driver."""
    if request.param == "sqlite":
        pytest.importorskip("aiosqlite")
        return f"sqlite:///{tmp_path}/cases.db", f"sqlite+aiosqlite:///{tmp_path}/cases.db"
    found = request.getfixturevalue("postgres_url")
    return found, found


@pytest.mark.parametrize("first", ["engine", "caller"])
@pytest.mark.parametrize("keep", [True, False])
def test_the_case_is_kept_with_the_callers_row_or_not_at_all(urls: tuple[str, str], first: str, keep: bool) -> None:
    """Whoever speaks first: commit keeps the case and the row, rollback neither; a refused command undoes itself only."""
    engine = govflow.Engine(urls[0], catalog(), clock=watch())
    with engine._database.write() as connection:
        connection.execute(sa.text("CREATE TABLE mine (n integer)"))
    other = accepted(engine)

    def together(connection: sa.Connection) -> str:
        inside = engine.joined(connection)
        if first == "caller":
            connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
        view = apply_for(inside, key="k")
        with pytest.raises(govflow.NotFound):
            inside.claim("nobody.1", actor="D01:wang")
        act(inside, other.open_tasks[0])
        if first == "engine":
            connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
        return view.id

    async def program() -> str:
        pool = asynchronous.create_async_engine(urls[1])
        try:
            async with pool.connect() as connection:
                case = str(await connection.run_sync(together))
                await (connection.commit() if keep else connection.rollback())
            return case
        finally:
            await pool.dispose()

    case = asyncio.run(program())
    with engine._database.read() as connection:
        rows = connection.execute(sa.text("SELECT count(*) FROM mine")).scalar_one()
    assert rows == len(engine.cases()) - 1 == int(keep)
    assert engine.case(other.id).revision == other.revision + keep
    if keep:
        assert engine.check(case) == []
    engine.close()


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:///x.db", "postgresql+psycopg_async://u:secret@127.0.0.1/x"])
def test_an_engine_of_its_own_is_synchronous(url: str) -> None:
    """An asynchronous engine or URL is refused in words that say what to do instead."""
    pytest.importorskip("aiosqlite")
    for given in (url, asynchronous.create_async_engine(url), asynchronous.create_async_engine(url).sync_engine):
        with pytest.raises(StoreError) as refused:
            govflow.Engine(given, catalog())
        assert "run_sync" in refused.value.zh and "run_sync" in refused.value.en and "secret" not in refused.value.zh


@pytest.mark.parametrize(
    "url", ["postgresql://u:secret@[::1", "nosuch://u:secret@host/x", 5, None, "", "postgresql://u:secret@h:port/x"]
)
def test_a_url_that_is_none_is_refused(url: Any) -> None:
    """Whatever is given as a database: a plain sentence, and never the password."""
    with pytest.raises(StoreError) as refused:
        govflow.Engine(url, catalog())
    assert "secret" not in refused.value.zh + refused.value.en
