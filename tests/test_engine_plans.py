"""Cost must not grow with what is not due: the sweep and the inbox read from an index, in its order."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from tests import cases


@pytest.fixture
def asked(tmp_path: Path) -> Any:
    """An engine with one case, and a function that gives SQLite's plan of the last statement of a call."""
    database = sa.create_engine(f"sqlite:///{tmp_path / 'plans.db'}")
    engine = govflow.Engine(database, cases.catalog(), clock=cases.watch())
    cases.apply_for(engine)
    seen: list[tuple[str, Any]] = []
    sa.event.listen(database, "before_cursor_execute", lambda _c, _k, text, values, *_: seen.append((text, values)))

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
    assert "clocks_awake (wake_at<?)" in plan and "TEMP B-TREE" not in plan


@pytest.mark.parametrize("filters", [{}, {"department": "D01"}, {"department": "D01", "after": "20250303-0001.1"}])
def test_an_inbox_page_reads_the_page_alone(asked: Any, filters: dict[str, str]) -> None:
    """A page by department comes from the index of open tasks in its order."""
    plan = asked(lambda engine: engine.tasks(**filters))
    assert ("tasks_inbox" in plan or "tasks_open" in plan) and "TEMP B-TREE" not in plan
