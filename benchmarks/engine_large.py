"""Many open cases: rows copied by SQL from one real case, then swept and listed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from tests import cases

import govflow
from govflow.engine.store import tables as t

TABLES = (t.cases, t.applicants, t.tasks, t.clocks, t.events)


def measured(url: str, catalog: govflow.Catalog, count: int, due: int) -> Iterator[tuple[str, float]]:
    """(what, seconds): the sweep with nothing due, with `due` cases due, and pages of the inbox."""
    watch = cases.watch()
    engine = govflow.Engine(url, catalog, clock=watch)
    view = cases.apply_for(engine)  # one open task (acceptance) and one clock (the notice of what is missing)
    watch.forward(days=40)
    later = cases.apply_for(engine)
    database = sa.create_engine(url)
    with database.begin() as connection:
        _copied(connection, view.id, "due", due)
        _copied(connection, later.id, "open", count - due)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("ANALYZE")
    if database.dialect.name == "postgresql":
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    calm = watch.moment - timedelta(days=40)
    yield "sweep, nothing due", _best(lambda: engine.sweep(now=calm))
    for name, arguments in {
        "first page of 50": {"department": "D01"},
        "first page of 50, all departments": {},
        "first red page": {"department": "D01", "light": "red"},
        "page in the middle": {"department": "D01", "after": f"open-{count // 2:08}.1"},
    }.items():
        yield f"inbox, {name}", _best(lambda arguments=arguments: engine.tasks(**arguments))  # type: ignore[misc]
    begin = time.perf_counter()
    fired = engine.sweep(limit=due + 10)
    took = time.perf_counter() - begin
    yield f"sweep, {len({f.case for f in fired}):,} cases due ({len(fired):,} fired)", took
    yield "  each case", took / max(1, len({f.case for f in fired}))
    yield "sweep after it, nothing due", _best(lambda: engine.sweep())
    engine.close()
    database.dispose()


def _best(run: Any) -> float:
    shortest = float("inf")
    for _ in range(7):
        begin = time.perf_counter()
        run()
        shortest = min(shortest, time.perf_counter() - begin)
    return shortest


def _copied(connection: sa.Connection, case: str, word: str, count: int) -> None:
    """So many copies of a case's rows under ids of their own; they are run and swept, not checked."""
    for table in TABLES:
        key = table.c.id if table is t.cases else table.c.case_id
        for row in connection.execute(sa.select(table).where(key == case)).mappings().all():
            for start in range(0, count, 5000):
                numbers = range(start, min(count, start + 5000))
                connection.execute(table.insert(), [_renamed(dict(row), case, f"{word}-{n:08}") for n in numbers])


def _renamed(row: dict[str, Any], case: str, new: str) -> dict[str, Any]:
    return {key: value.replace(case, new) if isinstance(value, str) else value for key, value in row.items()}


def bytes_of(connection: sa.Connection, case: str) -> dict[str, int]:
    """The bytes of a case's rows in each table, as text; and how much of it is the cached state."""
    sizes = {}
    for table in TABLES:
        key = table.c.id if table is t.cases else table.c.case_id
        rows = connection.execute(sa.select(table).where(key == case)).all()
        sizes[table.name] = sum(
            len(v if isinstance(v, bytes) else str(v).encode()) for row in rows for v in row if v is not None
        )
    row = connection.execute(sa.select(t.cases.c.body, t.cases.c.snapshot).where(t.cases.c.id == case)).one()
    return {**sizes, "of it state": len(row.body.encode()), "of it process snapshot": len(row.snapshot)}
