"""The processor time of a step in this checkout and in another one, taken in turns in one run.

A step is one user task of an item of eight parallel departments, completed with all that belongs to it and one commit
on disk; it carries a key. The two checkouts take turns case by case, each in a process of its own by its own Python, so that what else the
machine does falls on both. On PostgreSQL the processor time of the server's process for the connection is shown too, and
5,000 tasks of other cases are in the database: those a step must not read.

    python -m benchmarks.step_cost OTHER_CHECKOUT [--rounds 30] [--only sqlite|postgresql]

OTHER_CHECKOUT is a folder with an environment `.venv` of its own, e.g. made by `git worktree add`. Read the ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from benchmarks import engine_floor
from benchmarks.engine_definitions import texts
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
WORKER = Path(__file__).with_name("step_cost_worker.py")
DEPARTMENTS = 8
CROWD = (
    "INSERT INTO cases SELECT (jsonb_populate_record(c, jsonb_build_object('id', 'x' || n))).* "
    "FROM cases c, generate_series(1, 1000) n WHERE c.id = (SELECT min(id) FROM cases)",
    "INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('id', 'x' || n, 'case_id', 'x' || n % 1000 + 1)))"
    ".* FROM tasks t, generate_series(1, 5000) n WHERE t.id = (SELECT min(id) FROM tasks)",
    "ANALYZE",
)
"""Statements that copy the first case and one of its tasks, whatever columns the tables have."""


class Worker:
    """A checkout at work on a database of its own."""

    def __init__(self, checkout: Path, definitions: Path, url: str) -> None:
        python = checkout / ".venv/bin/python"
        self._process = subprocess.Popen(
            [python, WORKER, definitions, url], cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._postgresql = self._url.startswith("postgresql")
        self.own: list[float] = []
        self.server: list[float] = []
        self._line()
        self.case()  # warms up
        if self._postgresql:
            with psycopg.connect(self._url) as connection:
                for statement in CROWD:
                    connection.execute(statement)
        self.own, self.server = [], []

    def case(self) -> None:
        """Carry one case to its end and keep what its steps cost."""
        self._ask()
        before = self._served()
        found = json.loads(self._ask())
        self.own += found
        if self._postgresql:
            self.server.append((self._served() - before) / len(found))

    def _ask(self) -> str:
        """Let the process do the next thing; gives what it answers."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a checkout ended early; what it said stands above")
        return line

    def _served(self) -> float:
        """Milliseconds of processor that the server's process for this connection has used."""
        if not self._postgresql:
            return 0.0
        with psycopg.connect(self._url) as connection:
            asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            pids = [pid for (pid,) in connection.execute(asked + " AND backend_type = 'client backend'")]
        return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e6

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


@contextmanager
def _urls(kind: str, folder: Path, server: str | None) -> Iterator[tuple[str, str]]:
    """Two fresh databases."""
    with ExitStack() as stack:
        if kind == "sqlite":
            place = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
            yield f"sqlite:///{place}/other.db", f"sqlite:///{place}/this.db"
        else:
            first, second = (stack.enter_context(postgres.database(str(server))) for _ in range(2))
            yield first, second


def compare(kind: str, other: Path, definitions: Path, urls: tuple[str, str], rounds: int) -> None:
    """Both checkouts in turn on one kind of database; medians and their ratio."""
    workers = [Worker(checkout, definitions, url) for checkout, url in zip((other, ROOT), urls, strict=True)]
    for number in range(rounds):
        for worker in workers if number % 2 else workers[::-1]:
            worker.case()
    _print(f"{kind}: own", [worker.own for worker in workers])
    if kind == "postgresql":
        _print(f"{kind}: server", [worker.server for worker in workers])
    for worker in workers:
        worker.close()


def _print(title: str, found: list[list[float]]) -> None:
    other, this = (statistics.median(times) for times in found)
    print(f"{title:22}{other:9.3f}{this:9.3f}{this / other:9.3f}{len(found[0]):9}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="The processor time of a step, against another checkout.")
    parser.add_argument("other", type=Path, help="the checkout to compare with; its Python is .venv/bin/python there")
    parser.add_argument("--rounds", type=int, default=30, help="cases of each checkout (default 30)")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one kind of database")
    options = parser.parse_args()
    print(f"{'processor, ms a step':22}{'other':>9}{'this':>9}{'ratio':>9}{'samples':>9}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        definitions = folder / "definitions"
        definitions.mkdir()
        for name, text in texts(DEPARTMENTS).items():
            (definitions / name).write_text(text, encoding="utf-8")
        for kind in ("sqlite", "postgresql"):
            if options.only in (None, kind) and (kind == "sqlite" or postgres.binaries()):
                server = stack.enter_context(engine_floor.durable_server()) if kind == "postgresql" else None
                with _urls(kind, folder, server) as urls:
                    compare(kind, options.other.resolve(), definitions, urls, options.rounds)


if __name__ == "__main__":
    main()
