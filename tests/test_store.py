"""The store's own promises: who comes second writes nothing, faults are told alike, a lost connection is replaced."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

import govflow
from govflow.engine.case import (
    CaseState,
    ClockState,
    CorrectionState,
    ExtensionState,
    ItemState,
    SuspensionState,
    TaskState,
    clock_text,
    from_text,
    to_text,
)
from govflow.engine.case.state import IssuedResult, Opinion
from govflow.engine.store import CaseFile, Changes, Database
from govflow.engine.store.database import StoreError
from govflow.engine.store.statements import Statements
from tests.cases import accepted, act, catalog, task_of, watch


@pytest.fixture
def engine(url: str) -> Iterator[govflow.Engine]:
    """An engine on that database."""
    found = govflow.Engine(url, catalog(), clock=watch())
    yield found
    found.close()


@contextmanager
def written(url: str) -> Iterator[Statements]:
    """Statements in a transaction of their own."""
    database = Database(url)
    try:
        with database.write() as connection:
            yield Statements(connection)
    finally:
        database.dispose()


def recorded(engine: govflow.Engine, monkeypatch: pytest.MonkeyPatch) -> tuple[Changes, int]:
    """A case after one more step, and what that step wrote over which revision."""
    view = accepted(engine)
    seen: list[tuple[Changes, int]] = []
    save = Statements.save

    def keep(statements: Statements, changes: Changes, expected: int, state: str | None = None) -> bool:
        seen.append((changes, expected))
        return save(statements, changes, expected, state)

    monkeypatch.setattr(Statements, "save", keep)
    act(engine, task_of(view, "I01", "review"))
    monkeypatch.undo()
    return seen[0]


def everything(url: str) -> list[Any]:
    """All rows of the tables that a step writes."""
    database = Database(url)
    with database.read() as connection:
        names = ("cases", "tasks", "clocks", "events", "jobs")
        found = [sorted(map(tuple, connection.execute(sa.text(f"SELECT * FROM {n}"))), key=str) for n in names]
    database.dispose()
    return found


def test_whoever_saves_second_writes_nothing(engine: govflow.Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same changes over a revision that is past: refused, and no row of any table has changed, even when committed."""
    changes, expected = recorded(engine, monkeypatch)
    before = everything(url)
    later = [structs.replace(e, seq=e.seq + 1000) for e in changes.events]
    tasks = [structs.replace(row, id=f"{row.id}0000") for row in changes.new_tasks]
    clocks = [structs.replace(row, id=f"{row.id}/again") for row in changes.new_clocks]
    with written(url) as statements:
        again = replace(changes, events=later, new_tasks=tasks, new_clocks=clocks)
        assert statements.save(again, expected) is False
    assert everything(url) == before


def test_a_fact_is_never_written_over(engine: govflow.Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event, a task or a clock whose number is taken is refused, and the whole command with it."""
    changes, _ = recorded(engine, monkeypatch)
    before = everything(url)
    bare = replace(changes, new_tasks=(), tasks=(), new_clocks=(), clocks=(), events=(), clock_jobs=(), notices=())
    for part in ("new_tasks", "new_clocks", "events"):
        assert getattr(changes, part)
        twice = replace(bare, **{part: getattr(changes, part)})
        with pytest.raises(StoreError), written(url) as statements:
            statements.save(twice, changes.row.revision)
        assert everything(url) == before


def test_a_fault_inside_the_callers_transaction_is_sqlalchemys(
    engine: govflow.Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who brings his own connection catches the errors he knows."""
    changes, _ = recorded(engine, monkeypatch)
    database = Database(url)
    with pytest.raises(sa.exc.IntegrityError), database.engine.begin() as connection:
        Statements(connection).save(replace(changes, new_tasks=(), new_clocks=()), changes.row.revision)
    database.dispose()


def test_after_a_lost_connection_the_next_command_works(postgres_url: str) -> None:
    """The server drops all connections while they are idle: the next command begins with a new one."""
    engine = govflow.Engine(postgres_url, catalog(), clock=watch())
    view = accepted(engine)
    database = Database(postgres_url)
    with database.engine.connect() as connection:
        dropped = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        assert connection.execute(sa.text(dropped)).all()
    database.dispose()
    task = task_of(view, "I01", "review")
    assert [t.kind for t in act(engine, task).open_tasks] == ["decide"]
    assert engine.check(view.id) == []
    engine.close()


def full(kind: type[Any], **given: Any) -> Any:
    """A record with another value in each of its fields; what is neither text, number nor truth is given."""
    values: dict[str, Any] = {}
    for field in structs.fields(kind):
        name = f"{kind.__name__}.{field.name}"
        values[field.name] = {str: name, str | None: name, bool: True, int: len(name)}.get(field.type)
    return kind(**{**values, **given})


def test_a_state_is_read_as_it_was_written() -> None:
    """Every field of the state, its items, its tasks and its live clocks comes back; closed clocks stay with their rows."""
    stops = [full(SuspensionState), full(SuspensionState, until=None)]
    lists: dict[str, Any] = {"suspensions": stops, "extensions": [full(ExtensionState)], "timers": {"due": "b"}}
    clocks = {
        id: full(ClockState, id=id, closed=closed, **lists)
        for id, closed in (("b", None), ("a", None), ("c", "2025-03-03"))
    }
    correction = full(CorrectionState, notices=[["M01"], ["M02"]], later=["M03"])
    parts: dict[str, Any] = {
        "items": {"I01": full(ItemState, code="I01", stopped_by=["survey"])}, "tasks": {"t": full(TaskState, id="t")},
        "clocks": clocks, "checksums": {"b": "1", "a": "2", "c": "3"}, "correction": correction,
        "answers": {"area": 1e16, "when": 10**30, "words": "\u2028"}, "dropped": ["I02"], "materials": {"M01": "missing"},
        "gaps": {"M02": "5 workdays"}, "opinions": [full(Opinion)], "results": [full(IssuedResult)], "clock_ids": {"b": 1},
    }  # fmt: skip
    state = full(CaseState, **parts)
    live = {id: clock for id, clock in clocks.items() if clock.live}
    read = from_text(to_text(state), [clock_text(clock) for clock in reversed(live.values())])
    assert read == structs.replace(state, clocks=live, checksums={"b": "1", "a": "2"})
    assert list(read.clocks) == ["b", "a"]
    with pytest.raises(ValueError, match="no rows for its clocks a"):
        from_text(to_text(state), [clock_text(clocks["b"])])


def test_tasks_come_in_the_order_of_opening_whatever_the_database_sorts_by(engine: govflow.Engine, url: str) -> None:
    """By instant, then by number as text; rows written since take the place of those read before."""
    view = accepted(engine)
    with written(url) as statements:
        file = statements.file(view.id)
    assert isinstance(file, CaseFile)
    rows = file.task_rows()
    newer = structs.replace(rows[0], assignee="D01:x")
    again = replace(file, tasks=list(reversed(file.tasks)), newer=[newer]).task_rows()
    assert again == [newer, *rows[1:]] and all(isinstance(row.escalated, bool) for row in again)


def test_every_character_is_kept_as_it_was_written(engine: govflow.Engine) -> None:
    """Quotes, backslashes, line breaks and rare signs go through JSON in JSON and come back; the chain of hashes agrees."""
    said = '“同意” "\'\\ \\u0041 \\n \t\r\n \u2028\ufeff 𠮷🟡 {"a":[1]} %s :name $1'
    view = accepted(engine)
    data = {"note": said, "深": [{"数": 1.5, said: None}], "big": 10**30}
    engine.complete(task_of(view, "I01", "review").id, actor="D01:wang", outcome="approve", opinion=said, data=data)
    told = next(e for e in reversed(engine.history(view.id)) if e.type == "task_completed")
    assert told.body["opinion"] == said and told.body["data"] == data
    assert engine.case(view.id).opinions[-1]["opinion"] == said
    assert engine.check(view.id) == []
