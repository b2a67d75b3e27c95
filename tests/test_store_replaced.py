"""A database that is replaced, emptied, renewed or not to be written under an open engine: plain words, nothing lost."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow.engine.store import StoreError, StoreVersionError, connections
from tests.cases import accepted, act, apply_for, catalog, watch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "cases.db"


@pytest.fixture
def engine(path: Path) -> Iterator[govflow.Engine]:
    """An engine that is open on it."""
    found = govflow.Engine(f"sqlite:///{path}", catalog(), clock=watch())
    yield found
    found.close()


def _away(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):
        each.rename(each.with_name(f"away-{each.name}"))


def _gone(path: Path) -> None:
    _away(path)


def _other(path: Path) -> None:
    _away(path)
    govflow.Engine(f"sqlite:///{path}", catalog(), clock=watch()).close()


def _emptied(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("happens", [_gone, _other, _emptied])
def test_a_file_that_is_not_the_same_any_more_is_not_written(engine: govflow.Engine, path: Path, happens: Any) -> None:
    """Every call says so: nothing goes to a file that nobody sees, and no new database comes to be."""
    view = accepted(engine)
    happens(path)
    before = path.stat().st_size if path.exists() else None
    for call in (lambda: engine.case(view.id), lambda: apply_for(engine), lambda: act(engine, view.open_tasks[0]),
                 lambda: engine.tasks(), lambda: engine.check(view.id)):  # fmt: skip
        with pytest.raises(StoreError) as told:
            call()
        assert "没有任何改动" in told.value.zh
    assert (path.stat().st_size if path.exists() else None) == before


def test_an_empty_file_is_not_begun_anew_without_a_word(
    engine: govflow.Engine, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Beside a log that is left over it is refused; without one, a warning stands in the log."""
    accepted(engine)
    shutil.copy(f"{path}-wal", f"{path}-kept")
    engine.close()
    os.truncate(path, 0)
    shutil.move(f"{path}-kept", f"{path}-wal")
    with pytest.raises(StoreError):
        govflow.Engine(f"sqlite:///{path}", catalog())
    os.remove(f"{path}-wal")
    with caplog.at_level(logging.WARNING, "govflow"):
        govflow.Engine(f"sqlite:///{path}", catalog()).close()
    assert [r for r in caplog.records if str(path) in r.getMessage()]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_tables_that_were_made_newer_are_noticed(
    kind: str, path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """An engine that is open stops writing when the tables are of another version, or gone; and goes on when they are back."""
    url = f"sqlite:///{path}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    engine = govflow.Engine(url, catalog(), clock=watch())
    view = accepted(engine)
    admin = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    monkeypatch.setattr(connections, "RECHECK", -1.0)
    with admin.connect() as connection:
        known = connection.execute(sa.text("SELECT version_num FROM govflow_version")).scalar_one()
        connection.execute(sa.text("UPDATE govflow_version SET version_num = '9999'"))
    for call in (lambda: act(engine, view.open_tasks[0]), lambda: apply_for(engine), lambda: engine.case(view.id)):
        with pytest.raises(StoreVersionError):
            call()
    with admin.connect() as connection:
        connection.execute(sa.text("UPDATE govflow_version SET version_num = :v"), {"v": known})
    assert act(engine, view.open_tasks[0]).revision == view.revision + 1
    with admin.connect() as connection:
        connection.execute(sa.text("DROP TABLE govflow_version"))
    with pytest.raises(StoreError):
        engine.case(view.id)
    engine.close()


def test_a_medium_that_cannot_be_written_can_be_read(engine: govflow.Engine, path: Path) -> None:
    """Opened as immutable, a database on such a medium answers and is checked; a command is refused plainly."""
    view = accepted(engine)
    engine.close()
    shown = govflow.Engine(f"sqlite:///file:{path}?mode=ro&immutable=1&uri=true", catalog(), clock=watch())
    assert shown.case(view.id) == view and shown.check(view.id) == []
    with pytest.raises(StoreError) as told:
        act(shown, view.open_tasks[0])
    assert "readonly" in told.value.zh
    shown.close()


def test_a_file_that_cannot_be_opened_says_how_it_might(tmp_path: Path) -> None:
    """What SQLite cannot open is told with the address for media that are read only."""
    with pytest.raises(StoreError) as told:
        govflow.Engine(f"sqlite:///{tmp_path}/nowhere/cases.db", catalog())
    assert "immutable=1" in told.value.zh and "immutable=1" in told.value.en


def test_a_database_that_lost_its_definitions_gets_them_again(postgres_url: str) -> None:
    """After a restore from before a definition was stored, the first application is refused and the next one stores it."""
    engine = govflow.Engine(postgres_url, catalog(), clock=watch())
    apply_for(engine)
    with engine._database.write() as connection:
        for table in ("idempotency", "jobs", "clocks", "tasks", "events", "applicants", "cases", "definitions"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    with pytest.raises(StoreError):
        apply_for(engine)
    assert engine.check(apply_for(engine).id) == []
    engine.close()
