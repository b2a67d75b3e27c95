"""What grows with the number of open cases: pages, sweep and step in a PostgreSQL database of many cases, copied by SQL.

A server of its own in a temporary folder (about 20 kB a case, removed at the end) holds copies of a few real cases of an
item of five departments: nearly all are just accepted, one in a hundred is late, one in 2,500 has a task that is yellow,
one in 2,500 waits for its decision by a head, a role that else has nothing to do. Indexes are made after the copying.

    python -m benchmarks.size [--cases 100000] [--folder /var/tmp]

Prints for each question the fastest of several, in milliseconds of wall clock: what every later one costs on a machine with
nothing else to do. 100,000 cases take a minute or two to copy, 1,000,000 about fifteen.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from benchmarks.engine_definitions import departments
from tests import cases, postgres

import govflow
from govflow.engine.case.ids import order

COUNT = 5
LATE, YELLOW, DECIDING = 100, 4, 4
"""Of 10,000 cases."""

SETTINGS = {
    "shared_buffers": "2GB", "maintenance_work_mem": "512MB", "max_wal_size": "8GB", "wal_level": "minimal",
    "max_wal_senders": "0", "fsync": "off", "max_parallel_maintenance_workers": "1",
}  # fmt: skip
"""A server that is made to be filled once; reading and the processor time of a step do not depend on `fsync`."""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of its own with its data in this folder; gives the URL of a fresh database."""
    programs, user, port = postgres.binaries(), postgres._server_user(), postgres._free_port()
    folder.chmod(0o777)
    data = folder / "data"

    def run(*words: str) -> None:
        subprocess.run([f"{programs}/{words[0]}", "-D", str(data), *words[1:]], check=True, cwd="/", user=user,
                       extra_groups=[] if user else None, stdout=subprocess.DEVNULL)  # fmt: skip

    run("initdb", "-U", "govflow", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    settings = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "''", **SETTINGS}
    flags = " ".join(f"-c {name}={value}" for name, value in settings.items())
    run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", flags, "start")
    try:
        with postgres.database(f"postgresql+psycopg://govflow@127.0.0.1:{port}/postgres") as url:
            yield url
    finally:
        run("pg_ctl", "-m", "immediate", "stop")


@dataclass
class Models:
    """The cases that are copied, by what is special about them."""

    fresh: str
    late: str
    yellow: str
    deciding: str


def models(engine: govflow.Engine, watch: cases.Watch) -> Models:
    """One case of each sort as it stands at the same moment, which the watch shows at the end; nothing is due."""
    late = _accepted(engine)
    watch.forward(days=30)
    yellow = _accepted(engine)
    while all(task.light != "yellow" for task in engine.tasks(case=yellow).items):
        watch.forward(hours=1)
    deciding = _accepted(engine)
    for _ in range(COUNT):
        cases.act(engine, engine.tasks(case=deciding).items[0])
    fresh = _accepted(engine)
    watch.forward(minutes=5)
    while engine.sweep():
        pass
    while engine.deliver(lambda message: None):
        pass
    return Models(fresh, late, yellow, deciding)


def _accepted(engine: govflow.Engine) -> str:
    view = engine.apply("many", applicant=cases.COMPANY, actor="applicant:chen", materials=["M01"])
    return cases.act(engine, view.open_tasks[0]).id


ORDER_OF_COPIES = "UPDATE copies SET id_order = left(id, 9) || lpad(substr(id, 10), 9, '0')"
"""The order of an id as `govflow.engine.case.order` has it, for ids of this form."""

# --- copying -------------------------------------------------------------------------------------------------------


def copy_cases(url: str, found: Models, count: int, *, say: bool = True) -> None:
    """Put `count` copies in the place of the models, table by table; what hangs on the tables is made again after it."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = _tables(connection)
        again = _without_indexes(connection, tables)
        connection.execute("CREATE TEMP TABLE copies (model text, id text, model_order text, id_order text)")
        connection.execute(
            "INSERT INTO copies (id, model) SELECT %(day)s || lpad(n::text, 8, '0'), CASE WHEN at %% 10000 < %(late)s "
            "THEN %(of_late)s WHEN at %% 10000 < %(yellow)s THEN %(of_yellow)s WHEN at %% 10000 < %(deciding)s THEN "
            "%(of_deciding)s ELSE %(of_fresh)s END FROM (SELECT n, n::bigint * 7919 AS at FROM generate_series(1, %(count)s) n) numbers",
            {"late": LATE, "of_late": found.late, "yellow": LATE + YELLOW, "of_yellow": found.yellow,
             "deciding": LATE + YELLOW + DECIDING, "of_deciding": found.deciding, "of_fresh": found.fresh,
             "day": found.fresh[:9], "count": count},
        )  # fmt: skip
        for model in {found.fresh, found.late, found.yellow, found.deciding}:
            connection.execute("UPDATE copies SET model_order = %s WHERE model = %s", (order(model), model))
        connection.execute(ORDER_OF_COPIES)
        some = connection.execute("SELECT id, id_order FROM copies LIMIT 1").fetchone()
        assert some is None or some[1] == order(some[0])
        for table in tables:
            began = time.perf_counter()
            _copy(connection, table)
            if say:
                print(f"  copied {table:42}{time.perf_counter() - began:9.1f} s", flush=True)
        began = time.perf_counter()
        for statement in again:
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
        if say:
            print(f"  indexes, VACUUM ANALYZE{'':26}{time.perf_counter() - began:9.1f} s", flush=True)


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    """The tables whose rows belong to a case and stay with it."""
    asked = (
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'case_id'"
    )
    found = sorted(name for (name,) in connection.execute(asked))
    return ["cases", *(name for name in found if name not in ("outbox", "idempotency", "keys"))]


def _without_indexes(connection: psycopg.Connection[Any], tables: list[str]) -> list[str]:
    """Drop constraints and indexes of these tables; gives the statements that make them again."""
    again: list[str] = []
    constraints = connection.execute(
        "SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'p', 'u') ORDER BY contype <> 'f'", (tables,)
    ).fetchall()  # fmt: skip
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname <> ALL(%s)",
        (tables, [name for _, name, _, _ in constraints]),
    ).fetchall()
    for table, name, kind, text in constraints:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        if kind != "f":  # a foreign key that is checked again reads everything and finds nothing
            again.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {text}')
    for name, text in indexes:
        connection.execute(f'DROP INDEX "{name}"')
        again.append(text)
    return again


def _copy(connection: psycopg.Connection[Any], table: str) -> None:
    """Rows of the models under each copy's id, which stands in their texts too; a table that was just emptied has no log."""
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
        "ORDER BY ordinal_position", (table,),
    ).fetchall()  # fmt: skip
    texts = ("text", "character varying")
    values = [
        f"replace(m.{name}, c.model_order, c.id_order)" if name == "sort" else f"replace(m.{name}, c.model, c.id)"
        if kind in texts else f"m.{name}" for name, kind in columns
    ]  # fmt: skip
    key = "id" if table == "cases" else "case_id"
    with connection.transaction():
        connection.execute(f"CREATE TEMP TABLE model ON COMMIT DROP AS SELECT * FROM {table}")
        connection.execute(f"TRUNCATE {table}")
        connection.execute(
            f"INSERT INTO {table} SELECT {', '.join(values)} FROM copies c JOIN model m ON m.{key} = c.model"
        )


# --- measuring -----------------------------------------------------------------------------------------------------


def questions(engine: govflow.Engine, found: Models, count: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every page that people look at, with the worst choices of filters."""
    middle = f"{found.fresh[:9]}{count // 2:08}"
    pages: dict[str, dict[str, Any]] = {
        "all": {}, "all, in the middle": {"after": f"{middle}.1"}, "of a department": {"department": "D01"},
        "of a department, in the middle": {"department": "D01", "after": f"{middle}.1"},
        "of a role": {"role": "reviewer"}, "of a rare role": {"role": "head"}, "of a role without tasks": {"role": "window"},
        "of a department for a role": {"department": "D02", "role": "reviewer"},
        "of a department for a rare role": {"department": "D01", "role": "head"},
        "of a department for a role without tasks": {"department": "D02", "role": "head"},
        "of a case": {"case": middle},
    }  # fmt: skip
    for light in ("green", "yellow", "red"):
        pages |= {
            light: {"light": light}, f"{light}, of a department": {"department": "D01", "light": light},
            f"{light}, of a department, in the middle": {"department": "D01", "light": light, "after": f"{middle}.1"},
            f"{light}, of a role": {"role": "reviewer", "light": light},
            f"{light}, of a department for a role": {"department": "D02", "role": "reviewer", "light": light},
        }  # fmt: skip
    for name, filters in pages.items():
        yield f"inbox, {name}", lambda filters=filters: engine.tasks(**filters)
    yield "cases, first page", lambda: engine.cases()
    yield "cases, in the middle", lambda: engine.cases(after=middle)
    yield "cases, of a state", lambda: engine.cases(state="reviewing")
    yield "cases, of a state that none has", lambda: engine.cases(state="withdrawn")
    yield "cases, of an item", lambda: engine.cases(ref="many")
    yield "a case", lambda: engine.case(middle).as_data()
    yield "a case's history", lambda: engine.history(middle)
    yield "sweep, nothing due", lambda: engine.sweep()


def best(run: Callable[[], object], times: int = 15) -> float:
    """Milliseconds of the fastest of so many."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        found.append((time.perf_counter() - began) * 1e3)
    return min(found)


def steps(engine: govflow.Engine, watch: cases.Watch, url: str, found: Models, count: int) -> tuple[float, float]:
    """Milliseconds of processor of ours and of the server for a step of a case chosen at random."""
    chosen, own, servers = random.Random(1), [], []
    while len(own) < 200:
        case = f"{found.fresh[:9]}{chosen.randrange(1, count):08}"
        task = engine.tasks(case=case).items[0]
        watch.forward(seconds=1)
        before, began = served(url), time.process_time()
        cases.act(engine, task)
        own.append((time.process_time() - began) * 1e3)
        servers.append(served(url) - before)
    return statistics.median(own), statistics.median(servers)


def served(url: str) -> float:
    """Milliseconds of processor of the server's processes for clients, but for this one's."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        asked = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        pids = [pid for (pid,) in connection.execute(asked)]
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e6


def due(engine: govflow.Engine, watch: cases.Watch) -> tuple[int, float]:
    """How many of 200 cases were due in a week and what the sweep of one costs us, in milliseconds of processor."""
    watch.forward(days=7)
    began = time.process_time()
    fired = engine.sweep(limit=200)
    swept = len({each.case for each in fired})
    return swept, (time.process_time() - began) * 1e3 / max(1, swept)


def main() -> None:
    """Fill a database, ask, print."""
    parser = argparse.ArgumentParser(description="Pages, sweep and step among many open cases on PostgreSQL.")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the database may take 20 kB a case; the system's without it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, server(Path(folder)) as url:
        plain, watch = url.replace("postgresql+psycopg", "postgresql"), cases.watch()
        engine = govflow.Engine(url, departments(COUNT), clock=watch)
        found = models(engine, watch)
        copy_cases(plain, found, options.cases)
        with psycopg.connect(plain) as connection:
            size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        print(f"{options.cases:,} open cases, {size[0] / 1e9:.1f} GB" if size else "")
        for name, ask in questions(engine, found, options.cases):
            print(f"{name:58}{best(ask):9.2f} ms", flush=True)
        own, server_share = steps(engine, watch, plain, found, options.cases)
        print(f"{'a step of a case at random, processor: ours, the server':58}{own:9.2f} ms{server_share:9.2f} ms")
        swept, each = due(engine, watch)
        print(f"{f'a sweep of {swept} due cases, our processor, each':58}{each:9.2f} ms")
        engine.close()


if __name__ == "__main__":
    main()
