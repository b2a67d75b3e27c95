"""The floor under a step: the statements that the engine wrote, written again by the bare driver; and a bare commit."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests import postgres

import govflow
from govflow.engine.store import Database
from govflow.engine.store.driver import Driver

Statement = tuple[str, Any, bool]
Transaction = list[Statement]


def opened(url: str, level: str) -> sa.Engine:
    """An engine with govflow's settings; `level` is SQLite's `synchronous`."""
    database = Database(url)
    database.ready()
    set_level(database, level)
    return database.engine


def set_level(database: Database, level: str) -> None:
    """SQLite's `synchronous` for all connections from now on; those that are open are closed."""
    if database.sqlite:
        sa.event.listen(database.engine, "connect", lambda c, _: c.execute(f"PRAGMA synchronous={level}").close())
    database.dispose()


class Recorder:
    """Listens to an engine, or to its driver, and keeps what each transaction wrote; what is kept is sorted out later."""

    def __init__(self, engine: govflow.Engine) -> None:
        self._kept: list[list[tuple[Any, ...]]] = [[]]
        database = engine._database.engine
        self._dialect = database.dialect
        sa.event.listen(database, "before_cursor_execute", self._statement)
        sa.event.listen(database, "commit", lambda _: self._kept.append([]))
        self._run, self._run_all = Driver.run, Driver.run_all
        recorder = self

        def run(driver: Driver, statement: Any, values: Any) -> Any:
            recorder._kept[-1].append((driver, statement, [values], False))
            return recorder._run(driver, statement, values)

        def run_all(driver: Driver, statement: Any, rows: Any) -> None:
            if len(rows) > 1:
                recorder._kept[-1].append((driver, statement, rows, True))
            recorder._run_all(driver, statement, rows)

        Driver.run, Driver.run_all = run, run_all  # type: ignore[method-assign]

    def _statement(self, _c: Any, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool) -> None:
        self._kept[-1].append((None, text, parameters, many))

    def taken(self) -> list[Transaction]:
        """What was written since the last call."""
        kept, self._kept = self._kept, [[]]
        found = [[each for each in map(self._written, transaction) if each] for transaction in kept]
        return [transaction for transaction in found if transaction]

    def _written(self, one: tuple[Any, ...]) -> Statement | None:
        driver, text, values, many = one
        if driver is not None:
            if driver._connection.dialect is not self._dialect:
                return None
            compiled = driver._compiled[text]
            arguments = [compiled.arguments(each) for each in values]
            text, values = compiled.text, arguments if many else arguments[0]
        return (text, values, many) if text.startswith(("INSERT", "UPDATE", "DELETE", "WITH saved")) else None

    def close(self) -> None:
        """Listen no longer."""
        Driver.run, Driver.run_all = self._run, self._run_all  # type: ignore[method-assign]


class Floor:
    """An empty database of the same tables and a bare connection of its driver."""

    def __init__(self, url: str, level: str) -> None:
        self._engine = opened(url, level)
        self._pooled = self._engine.raw_connection()
        self._driver = self._pooled.driver_connection
        self._sqlite = self._engine.dialect.name == "sqlite"

    def write(self, transactions: list[Transaction]) -> list[tuple[float, float]]:
        """Write the transactions; seconds of wall clock and processor of each."""
        times = []
        for transaction in transactions:
            wall, processor = time.perf_counter(), time.process_time()
            cursor = self._driver.cursor()
            if self._sqlite:
                cursor.execute("BEGIN IMMEDIATE")
            for text, parameters, many in transaction:
                (cursor.executemany if many else cursor.execute)(text, parameters)
            cursor.close()
            self._driver.commit()
            times.append((time.perf_counter() - wall, time.process_time() - processor))
        return times

    def commit(self, times: int) -> list[tuple[float, float]]:
        """So many bare commits: one number of one row counted up; seconds of wall clock and processor of each."""
        once = "INSERT INTO counters (name, value) VALUES ('bare', 0) ON CONFLICT DO NOTHING"
        count = "UPDATE counters SET value = value + 1 WHERE name = 'bare'"
        self.write([[(once, (), False)]])
        return [each for _ in range(times) for each in self.write([[(count, (), False)]])]

    def close(self) -> None:
        """Give the connection back and close."""
        self._pooled.close()
        self._engine.dispose()


@contextmanager
def durable_server() -> Iterator[str]:
    """A PostgreSQL server of its own with its defaults, so that a commit is on disk; gives its URL."""
    programs, user = postgres.binaries(), postgres._server_user()
    port = postgres._free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        data = Path(folder) / "data"

        def run(*words: str) -> None:
            subprocess.run([f"{programs}/{words[0]}", "-D", str(data), *words[1:]], check=True, cwd="/", user=user,
                           extra_groups=[] if user else None, stdout=subprocess.DEVNULL)  # fmt: skip

        run("initdb", "-U", "govflow", "-A", "trust", "-E", "UTF8", "--locale=C")
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o",
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''", "start")  # fmt: skip
        try:
            yield f"postgresql+psycopg://govflow@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
