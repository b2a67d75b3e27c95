"""Cost must not grow with what is not due: the sweep and the inbox read from an index, in its order."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow.engine.store import statements as store_statements
from govflow.engine.store.driver import Driver
from tests import cases


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An engine with one case, and a function that gives SQLite's plan of the last statement of a call."""
    database = sa.create_engine(f"sqlite:///{tmp_path / 'plans.db'}")
    engine = govflow.Engine(database, cases.catalog(), clock=cases.watch())
    cases.apply_for(engine)
    seen: list[tuple[str, Any]] = []
    sa.event.listen(database, "before_cursor_execute", lambda _c, _k, text, values, *_: seen.append((text, values)))
    run = Driver.run

    def seen_too(driver: Driver, statement: Any, values: Any) -> Any:
        cursor = run(driver, statement, values)
        compiled = driver._compiled[statement]
        seen.append((compiled.text, compiled.arguments(values)))
        return cursor

    monkeypatch.setattr(Driver, "run", seen_too)

    def plan(call: Any) -> str:
        call(engine)
        text, values = next(each for each in reversed(seen) if each[0].startswith("SELECT"))
        with database.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            return "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values))

    yield plan
    engine.close()


def test_the_sweep_stops_reading_at_what_is_not_due(asked: Any) -> None:
    """Open clocks that are not due are not looked at, and nothing is sorted."""
    plan = asked(lambda engine: engine.sweep())
    assert "jobs_due (kind=? AND wake_at<?)" in plan and "TEMP B-TREE" not in plan


def test_clocks_of_another_calendar_are_found_without_reading_the_others(asked: Any) -> None:
    """Below and above the present version in the index: with nothing stale, nothing is read."""
    plan = asked(lambda engine: list(engine.reprojecting()))
    assert "INDEX clocks_of_calendar (calendar>?)" in plan and "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "tasks_in_order"),
        ({"department": "D01"}, "tasks_inbox "),
        ({"department": "D01", "after": "20250303-0001.1"}, "tasks_inbox "),
        ({"department": "D01", "role": "head"}, "tasks_inbox_role "),
    ],
)
def test_an_inbox_page_reads_the_page_alone(asked: Any, filters: dict[str, str], index: str) -> None:
    """A page by department, or by department and role, comes from an index of open tasks in its order."""
    plan = asked(lambda engine: engine.tasks(**filters))
    assert f"USING INDEX {index.strip()}" in plan and "TEMP B-TREE" not in plan


def test_a_change_writes_only_the_columns_that_change(tmp_path: Path) -> None:
    """SQLite rewrites the entries of every index whose column a statement sets, with an equal value too."""
    database = sa.create_engine(f"sqlite:///{tmp_path / 'columns.db'}")
    written: set[tuple[str, str]] = set()

    def note(action: int, table: str | None, column: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_UPDATE:
            written.add((str(table), str(column)))
        return sqlite3.SQLITE_OK

    sa.event.listen(database, "connect", lambda connection, _: connection.set_authorizer(note))
    engine = govflow.Engine(database, cases.catalog(), clock=cases.watch())
    view = cases.accepted(engine)
    for _ in range(3):
        view = cases.act(engine, view.open_tasks[0])
    assert {"cases", "tasks", "clocks"} <= {table for table, _ in written}
    assert not {column for _, column in written} & {
        "id",
        "case_id",
        "ref",
        "kind",
        "item",
        "department",
        "role",
        "opened_at",
    }
    engine.close()


@pytest.mark.parametrize(
    ("filters", "index"),
    [({"role": "head"}, "tasks_inbox_role (role=?"), ({"light": "yellow"}, "tasks_inbox_warn (warn_at<?"),
     ({"light": "yellow", "department": "D01"}, "tasks_inbox_warn (warn_at<?"), ({"light": "red"}, "tasks_inbox_due (due_at<?"),
     ({"light": "red", "department": "D01", "role": "head"}, "tasks_inbox_due (due_at<?")],
)  # fmt: skip
def test_what_few_tasks_show_is_looked_up_in_its_index(asked: Any, filters: dict[str, str], index: str) -> None:
    """A rare role, a few yellow or red tasks among a million: those that fit are read, and then looked up one by one."""
    plan = asked(lambda engine: engine.tasks(**filters))
    assert index in plan


@pytest.mark.parametrize("light", [None, "green", "yellow", "red"])
@pytest.mark.parametrize(
    "filters", [{}, {"department": "D01"}, {"role": "reviewer"}, {"department": "D09", "role": "reviewer"}]
)
def test_few_and_many_tasks_give_the_same_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, light: str | None, filters: dict[str, str]
) -> None:
    """Looked up or read in their order: the same tasks on the same pages."""
    clock = cases.watch()
    engine = govflow.Engine(f"sqlite:///{tmp_path / 'pages.db'}", cases.catalog(), clock=clock)
    for _ in range(3):
        cases.accepted(engine)
        clock.forward(days=2)
    asked = {**filters, **({"light": light} if light else {})}

    def pages() -> list[list[str]]:
        found, after = [], None
        while True:
            page = engine.tasks(**asked, limit=2, after=after)
            found.append([task.id for task in page.items])
            if (after := page.next) is None:
                return found

    looked_up = pages()
    monkeypatch.setattr(store_statements, "FEW", 0)
    assert pages() == looked_up
    engine.close()


CROWD = (
    "INSERT INTO cases SELECT (jsonb_populate_record(c, jsonb_build_object('id', 'x' || n))).* FROM cases c, "
    "generate_series(1, 700) n",
    "INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('id', 'x' || n, 'case_id', "
    "'x' || mod(n, 700) + 1))).* FROM (SELECT min(id) AS id FROM tasks) first JOIN tasks t USING (id), generate_series(1, 5000) n",
    "INSERT INTO clocks SELECT (jsonb_populate_record(k, jsonb_build_object('case_id', 'x' || n))).* FROM clocks k, "
    "generate_series(1, 700) n",
    "ANALYZE",
)
"""What a province has in its first weeks: copies of the one case there is, with 5,000 tasks."""


def _scans(node: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Every scan of a table in a plan: kind, table and rows looked at."""
    below = [scan for each in node.get("Plans", ()) for scan in _scans(each)]
    if "Scan" not in node["Node Type"] or "Relation Name" not in node:
        return below
    looked_at = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return [*below, (node["Node Type"], node["Relation Name"], looked_at)]


def test_a_step_reads_its_own_rows_alone(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL saves a step among 5,000 tasks of others without looking at them, small as their table still is."""
    engine = govflow.Engine(postgres_url, cases.catalog(), clock=cases.watch())
    view = cases.accepted(engine)
    with sa.create_engine(postgres_url).begin() as connection:
        for statement in CROWD:
            connection.exec_driver_sql(statement)
    plans: list[dict[str, Any]] = []
    run = Driver.run

    def explained(driver: Driver, statement: Any, values: Any) -> Any:
        if "WITH saved" in str(statement):
            connection = driver._connection
            with connection.begin_nested() as tried:
                text = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
                plans.append(connection.execute(sa.text(text), values).scalar_one()[0]["Plan"])
                tried.rollback()
        return run(driver, statement, values)

    monkeypatch.setattr(Driver, "run", explained)
    for _ in range(3):
        view = cases.act(engine, view.open_tasks[0])
    scans = [scan for plan in plans for scan in _scans(plan)]
    assert len(plans) == 3 and {table for _, table, _ in scans} >= {"cases", "tasks", "clocks"}
    assert not [scan for scan in scans if scan[0] == "Seq Scan"]
    assert max(rows for *_, rows in scans) <= 40
    engine.close()
