"""Numbers of cases: nobody waits for them, nobody gets one twice, and they go up by one where one process applies alone."""

import os
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow.engine.store import numbers as store_numbers
from govflow.engine.store.database import Database
from govflow.engine.store.statements import Statements
from govflow.errors import InvalidInput
from tests import cases


def engine_of(url: str) -> govflow.Engine:
    """An engine on the shipped definitions that stands at one moment."""
    return govflow.Engine(url, cases.catalog(), clock=cases.watch())


def test_one_process_counts_without_gaps(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From block to block; an application that was refused gives its number back, and a new day begins with 1."""
    monkeypatch.setattr(store_numbers, "BLOCK", 3)
    engine = engine_of(postgres_url)
    found = []
    for _ in range(9):
        with pytest.raises(InvalidInput):
            cases.apply_for(engine, channel="")
        found.append(cases.apply_for(engine).id)
    assert found == [f"20250303-{number:04}" for number in range(1, 10)]
    tomorrow = govflow.Engine(postgres_url, cases.catalog(), clock=cases.watch("2025-03-04 09:00"))
    assert [cases.apply_for(tomorrow).id for _ in range(2)] == ["20250304-0001", "20250304-0002"]
    engine.close()
    tomorrow.close()


def test_blocks_grow_with_use(postgres_url: str) -> None:
    """Processes of two applications each leave no gap; one that goes on takes 1, 1, 2, 4 ... numbers, at most 32."""
    for first in (1, 3):
        engine = engine_of(postgres_url)
        assert [cases.apply_for(engine).id[-4:] for _ in range(2)] == [f"{first:04}", f"{first + 1:04}"]
        engine.close()
    database = Database(postgres_url)
    numbers = store_numbers.Numbers(database)
    numbers.follow("series")
    taken = []
    for _ in range(100):
        assert numbers.take() is not None
        with database.write() as connection:
            last = Statements(connection).count_on("series", 0)
        taken += [last] if last not in taken else []
    assert taken == [1, 3, 7, 15, 31, 63, 95, 127]
    database.dispose()


def test_two_processes_and_a_fork_get_different_numbers(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a block of its own; a child has none of its parent's."""
    monkeypatch.setattr(store_numbers, "BLOCK", 3)
    first, second = engine_of(postgres_url), engine_of(postgres_url)
    found = [cases.apply_for(engine).id for _ in range(4) for engine in (first, second)]
    parent = os.getpid()
    monkeypatch.setattr(store_numbers.os, "getpid", lambda: parent + 1)
    found += [cases.apply_for(engine).id for _ in range(2) for engine in (first, second)]
    assert len(set(found)) == len(found) == 12
    first.close()
    second.close()


def test_an_application_does_not_lock_the_numbers_of_its_day(postgres_url: str) -> None:
    """From the second on, an application counts nothing in its own transaction: others need not wait for its commit."""
    engine = engine_of(postgres_url)
    cases.apply_for(engine)
    seen: list[str] = []
    transactions: list[list[str]] = []

    def note(_c: Any, _k: Any, text: str, *_: Any) -> None:
        seen.append(text)

    def committed(_: Any) -> None:
        transactions.append(seen[:])
        seen.clear()

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    sa.event.listen(sa.Engine, "commit", committed)
    try:
        for _ in range(3):
            cases.apply_for(engine)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
        sa.event.remove(sa.Engine, "commit", committed)
    counting = [any("UPDATE counters" in text for text in texts) for texts in transactions]
    assert counting == [True, False, True, False, False], "a short transaction for each block, then its applications"
    engine.close()


def test_a_joined_application_counts_in_the_callers_transaction(postgres_url: str) -> None:
    """It takes no second connection, and gives its number back with the caller's rollback."""
    engine = engine_of(postgres_url)
    cases.apply_for(engine)
    other = sa.create_engine(postgres_url)
    with other.connect() as connection, connection.begin() as transaction:
        assert cases.apply_for(engine.joined(connection)).id == "20250303-0002"
        transaction.rollback()
    assert cases.apply_for(engine).id == "20250303-0002"
    other.dispose()
    engine.close()
