"""`check` against every column of every table: each is changed in turn, in each row, and each change is found or harmless."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow.engine.store import tables
from govflow.errors import GovflowError
from tests import small
from tests.cases import task_of, watch

OWN = "what the log says nothing of: "
NOT_IN_THE_LOG: Mapping[str, str] = {
    "cases.revision": f"{OWN}how often the case was written; a calendar that changes no date is written too",
    "definitions.stored_at": f"{OWN}when a definition was stored; nothing reads it",
    "jobs.case_id": "a message that is not there has been taken (that of the clocks is missed)",
    "jobs.leased_until": f"{OWN}who is at work now",
    "jobs.gen": f"{OWN}how often the job was armed",
    "jobs.leases": f"{OWN}leases that nobody answered",
    "jobs.tries": f"{OWN}faults of the job, which `incidents` shows",
    "jobs.fault": f"{OWN}faults of the job, which `incidents` shows",
    "jobs.state": f"{OWN}whether a person has put the job aside (any of the three words)",
    "idempotency.key": "the caller's; purged after some time",
    "idempotency.command": "the caller's; purged after some time",
    "idempotency.case_id": "the caller's; purged after some time",
    "idempotency.digest": "the caller's; purged after some time",
    "idempotency.created_at": "the caller's; purged after some time",
    "counters.name": "of no case; a number that is given out twice is refused by the key of `cases`",
    "counters.value": "of no case; a number that is given out twice is refused by the key of `cases`",
}
"""Columns whose change `check` does not find, and why."""

NEAR: Mapping[str, Any] = {"jobs.state": "resolved"}
"""Another value that could be right, where not any would do."""

COLUMNS = [f"{table.name}.{column.name}" for table in tables.metadata.sorted_tables for column in table.columns]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[sa.Engine, list[str]]]:
    """A database with one case in which much happened, and one that was withdrawn; and their ids."""
    url = f"sqlite:///{tmp_path_factory.mktemp('audit')}/cases.db"
    clock = watch()
    engine = govflow.Engine(url, small.catalog(), clock=clock)
    given: Mapping[str, Any] = {
        "applicant": {"kind": "企业法人", "name": "小店", "id": "91421300MAXX884166"}, "actor": "applicant:a",
    }  # fmt: skip
    view = engine.apply("I01", key="one", **given)
    engine.ask_correction(view.id, missing=["M01"], actor="D01:wang")
    view = engine.supplement(view.id, materials=["M01"], actor="applicant:a")
    view = engine.complete(task_of(view, None, "accept").id, actor="D01:wang", outcome="accept")
    engine.claim(task_of(view, "I01", "review").id, actor="D01:li")
    engine.suspend(view.id, item="I01", procedure="hearing", actor="D01:li", reason="听证")
    clock.forward(days=2)
    engine.resume(view.id, item="I01", actor="D01:li", procedure="hearing")
    engine.extend(view.id, item="I01", by="2 workdays", actor="D01/head:zhao", reason="案情复杂")
    engine.complete(task_of(view, "I01", "review").id, actor="D01:li", outcome="approve")
    engine.deliver(lambda message: None, limit=2)
    engine.sweep(clock.forward(days=60))
    other = engine.apply("I01", materials=["M01", "M02"], **given)
    engine.claim(other.open_tasks[0].id, actor="D01:wang")
    engine.withdraw(other.id, actor="applicant:a", reason="不办了")
    found = [view.id, other.id]
    assert [engine.check(case) for case in found] == [[], []]
    engine.close()
    database = sa.create_engine(url, poolclass=sa.NullPool)
    yield database, found


@pytest.mark.parametrize("place", COLUMNS)
def test_every_column_is_compared_with_the_log(cases: tuple[sa.Engine, list[str]], place: str) -> None:
    """In each row that has it, another value of the column is told, in both languages; or it is said why it cannot be."""
    database, ids = cases
    table, column = place.split(".")
    with database.connect() as connection:
        rows = list(connection.exec_driver_sql(f"SELECT rowid, {column} FROM {table}"))
    assert rows
    missed = [
        (rowid, value)
        for rowid, value in rows
        if not _told(database, ids, table, column, rowid, value, NEAR.get(place, _other(value)))
    ]
    assert (missed == []) != (place in NOT_IN_THE_LOG), missed


def _told(database: sa.Engine, ids: list[str], table: str, column: str, rowid: int, old: Any, new: Any) -> bool:
    """Whether the check of one of the cases says something while the column of this row has the new value."""
    try:
        _put(database, table, column, rowid, new)
    except sa.exc.IntegrityError:
        return True  # the database itself refuses it
    engine = govflow.Engine(str(database.url), small.catalog(), clock=watch("2025-06-01 09:00"))
    try:
        found = [(engine.check(case), engine.check(case, lang="en")) for case in ids]
        assert all(len(zh) == len(en) for zh, en in found)
        return any(zh for zh, _ in found)
    except GovflowError:
        return True
    finally:
        engine.close()
        _put(database, table, column, rowid, old)


def _put(database: sa.Engine, table: str, column: str, rowid: int, value: Any) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, rowid))


def _other(value: Any) -> Any:
    """A value of the same form that differs in one place, as a flipped bit makes it."""
    if isinstance(value, int):
        return 1 - value if value in (0, 1) else value + 1
    if isinstance(value, bytes):
        middle = len(value) // 2
        return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
    return "x" if value is None else value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"


def test_what_time_ends_is_told_as_such() -> None:
    """A task that the passing of time ends is ended by the clock in the log and in its row, whoever came next."""
    clock = watch()
    engine = govflow.Engine("sqlite://", small.catalog(), clock=clock)
    applicant = {"kind": "企业法人", "name": "小店", "id": "91421300MAXX884166"}
    view = engine.apply("I01", applicant=applicant, materials=["M01", "M02"], actor="applicant:a")
    clock.forward(days=20)
    engine.withdraw(view.id, actor="applicant:a", reason="不办了")
    cancelled = [event.actor for event in engine.history(view.id) if event.type == "task_cancelled"]
    assert cancelled == ["system:clock"] and engine.check(view.id) == []


def test_a_column_of_nothing_is_not_excused() -> None:
    """Every excuse is of a column that there is."""
    assert set(NOT_IN_THE_LOG) <= set(COLUMNS)
