"""What running cases costs: steps, sweep, inbox and bytes, each against something that does not depend on the machine.

A step is one user task completed with everything that belongs to it: state, tasks, clocks, events, jobs, one commit.
`looked at` is the same step and every part of the view that it gave made. Beside them stand (a) the bare commit: one
number of one row counted up; (b) the floor: the very statements that our steps wrote, written again into an empty
database by the bare driver, with the same commits; and (c) the stock way: the same BPMN on SpiffWorkflow, its whole
JSON restored before each step and written after it through SQLAlchemy's ORM. Ways take turns in one run; read the ratios.

    python -m benchmarks.engine [--quick]

PostgreSQL is measured when its programs are installed, on a server of its own that does sync to disk.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from benchmarks import engine_floor, engine_large, engine_stock
from benchmarks.engine_definitions import departments
from tests import cases, postgres

import govflow

THEME = "open-restaurant"
Timed = tuple[float, float]
"""Seconds of wall clock and of this process's processor."""


def ours(engine: govflow.Engine, ref: str, looked: list[Timed] | None = None) -> list[Timed]:
    """One case from application to its end; one entry a step. `looked` is given the same with the whole view made."""
    if ref == THEME:
        view = cases.apply_for(engine)
    else:
        view = engine.apply(ref, applicant=cases.COMPANY, actor="applicant:chen", materials=["M01"])
    steps: list[Timed] = []
    while view.open_tasks:
        task = view.open_tasks[0]
        wall, processor = time.perf_counter(), time.process_time()
        view = cases.act(engine, task)
        steps.append((time.perf_counter() - wall, time.process_time() - processor))
        if looked is not None:
            view.as_data()
            looked.append((time.perf_counter() - wall, time.process_time() - processor))
    return steps


def stock_flags(xml: bytes) -> dict[str, bool]:
    """The choices that lead through every item once: accepted, all run, all granted."""
    yes = ("run_", "granted_", "outcome_accept", "when_")
    return {name: name.startswith(yes) for name in engine_stock.flag_names(xml)}


def median(steps: list[Timed], which: int) -> float:
    """The median of the wall clock (0) or of the processor (1), in milliseconds."""
    return statistics.median(step[which] for step in steps) * 1e3


def compare(
    title: str, url: str, empty: str, ref: str, catalog: govflow.Catalog, rounds: int, level: str, with_stock: bool = True
) -> None:  # fmt: skip
    """All ways in turn on one kind of database; one line each."""
    watch = cases.watch()
    engine = govflow.Engine(url, catalog, clock=watch)  # by its URL: of an engine that is given no connection is kept
    engine_floor.set_level(engine._database, level)
    xml = govflow.to_bpmn(ref, catalog)
    stock = engine_stock.Stock(engine_floor.opened(url, level), xml, stock_flags(xml))
    recorder = engine_floor.Recorder(engine)
    floor = engine_floor.Floor(empty, level)
    found: dict[str, list[Timed]] = {"ours": [], "looked at": [], "floor": [], "commit": []}
    if with_stock:
        found["stock"] = []
    for number in range(rounds + 1):
        looked: list[Timed] = []
        steps = ours(engine, ref, looked)
        transactions = recorder.taken()
        wrote = floor.write(transactions)[-len(steps) :]
        bare = floor.commit(len(steps))
        restored = stock.case() if with_stock else []
        if number:  # the first round warms up
            for way, times in zip(found, (steps, looked, wrote, bare, restored), strict=False):
                found[way] += times
    for way, times in found.items():
        wall, ratio = median(times, 0), median(times, 0) / median(found["commit"], 0)
        print(f"{title:38}{way:10}{wall:9.2f}{1e3 / wall:9.0f}{median(times, 1):9.2f}{ratio:9.2f}{len(times):7}")
        title = ""
    recorder.close()
    engine.close()
    stock.close()
    floor.close()


HEAD = f"{'way':10}{'ms/step':>9}{'steps/s':>9}{'cpu ms':>9}{'x commit':>9}{'steps':>7}"


@contextmanager
def urls(kind: str, folder: Path, server: str | None) -> Iterator[tuple[str, str]]:
    """Two fresh databases."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as place:
            yield f"sqlite:///{place}/ours.db", f"sqlite:///{place}/floor.db"
        return
    with ExitStack() as stack:
        first, second = (stack.enter_context(postgres.database(str(server))) for _ in range(2))
        yield first, second


def steps_table(folder: Path, server: str | None, rounds: int) -> None:
    """Durable steps on each database: a theme of six items."""
    print(f"{'durable steps':38}{HEAD}")
    ways = [("SQLite FULL", "sqlite", "FULL"), ("SQLite NORMAL", "sqlite", "NORMAL")]
    if server is not None:
        ways.append(("PostgreSQL, fsync on", "postgresql", ""))
    for name, kind, level in ways:
        with urls(kind, folder, server) as (url, empty):
            compare(f"T1, six items, {name}", url, empty, THEME, cases.catalog(), rounds, level)


def departments_table(folder: Path, server: str | None, counts: tuple[int, ...], rounds: int) -> None:
    """The cost of a step while the number of departments grows."""
    print(f"\n{'one item, parallel departments':38}{HEAD}")
    for name, kind in (("SQLite FULL", "sqlite"), ("PostgreSQL", "postgresql")):
        for count in counts if kind == "sqlite" or server is not None else ():
            with urls(kind, folder, server) as (url, empty):
                turns = max(2, rounds * 15 // (count + 4))
                compare(f"{count} departments, {name}", url, empty, "many", departments(count), turns, "FULL", False)


def bytes_table(folder: Path) -> None:
    """Bytes that an open case keeps, by table, halfway through."""
    with urls("sqlite", folder, None) as (url, _):
        engine = govflow.Engine(url, cases.catalog(), clock=cases.watch())
        view = cases.accepted(engine)
        for _ in range(8):
            view = cases.act(engine, view.open_tasks[0])
        with sa.create_engine(url).connect() as connection:
            sizes = engine_large.bytes_of(connection, view.id)
        stock = engine_stock.Stock(engine_floor.opened(url, "NORMAL"), govflow.to_bpmn(THEME, cases.catalog()),
                                   stock_flags(govflow.to_bpmn(THEME, cases.catalog())))  # fmt: skip
        stock.case()
        print(f"\nbytes of an open case of T1 after 9 steps: {', '.join(f'{k} {v:,}' for k, v in sizes.items())}")
        print(f"the stock way's JSON of the same process: largest {stock.largest:,}")
        engine.close()
        stock.close()


def large_table(folder: Path, server: str | None, count: int, due: int) -> None:
    """Sweep and inbox over many open rows."""
    kinds = ["sqlite"] + (["postgresql"] if server is not None else [])
    print(f"\n{f'{count:,} open clocks and tasks':50}{'ms':>9}")
    for kind in kinds:
        with urls(kind, folder, server) as (url, _):
            for name, took in engine_large.measured(url, cases.catalog(), count, due):
                print(f"{f'{kind}: {name}':50}{took * 1e3:9.2f}")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description="What running cases costs.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and rows, SQLite alone")
    parser.add_argument("--only", choices=("steps", "departments", "large", "bytes"), help="one table")
    options = parser.parse_args()
    rounds = 1 if options.quick else 6
    tables: dict[str, Callable[[Path, str | None], None]] = {
        "steps": lambda folder, server: steps_table(folder, server, rounds),
        "departments": lambda folder, server: departments_table(
            folder, server, (1, 20) if options.quick else (1, 8, 20, 40), rounds
        ),
        "large": lambda folder, server: large_table(folder, server, 10_000 if options.quick else 100_000, 1000),
        "bytes": lambda folder, _: bytes_table(folder),
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = None
        if not options.quick and postgres.binaries():
            server = stack.enter_context(engine_floor.durable_server())
        for name, table in tables.items():
            if options.only in (None, name):
                table(folder, server)


if __name__ == "__main__":
    main()
