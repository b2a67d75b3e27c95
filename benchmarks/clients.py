"""Several processes at work on one PostgreSQL database: what they cost each other.

Applications of one day by one client and by several, and cases that are due, swept by one worker and by several; each
client and worker is a process of its own with an engine of its own, on a server whose commits are on disk.

    python -m benchmarks.clients [--clients 8] [--workers 4] [--seconds 10] [--due 2000]

Read the ratios: applications a second against those of one client, and processor time a case against that of one worker.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.engine_definitions import departments
from benchmarks.engine_floor import durable_server
from benchmarks.size import COUNT, Models, copy_cases, served
from tests import cases, postgres

import govflow

Process = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Work:
    """What some processes did together: how much, in how many seconds, with which processor time of theirs and the server."""

    done: int
    wall: float
    own: float
    server: float

    @property
    def each(self) -> float:
        """Milliseconds of processor for one, the server's included."""
        return (self.own + self.server) / max(1, self.done)


def client(url: str, moment: datetime, amount: float, barrier: Any, answer: Any) -> None:
    """Apply for so many seconds."""
    engine = govflow.Engine(url, departments(COUNT), clock=cases.Watch(moment))
    _apply(engine)
    barrier.wait()
    until, began, done = time.perf_counter() + amount, time.process_time(), 0
    while time.perf_counter() < until:
        _apply(engine)
        done += 1
    answer.put((done, (time.process_time() - began) * 1e3))
    barrier.wait()  # the server's processes are looked at before their clients go


def _apply(engine: govflow.Engine) -> None:
    engine.apply("many", applicant=cases.COMPANY, actor="applicant:chen", materials=["M01"])


def worker(url: str, moment: datetime, amount: float, barrier: Any, answer: Any) -> None:
    """Sweep until nothing is due."""
    engine = govflow.Engine(url, departments(COUNT), clock=cases.Watch(moment))
    engine.cases(limit=1)  # connects
    barrier.wait()
    began, done = time.process_time(), 0
    while fired := engine.sweep():
        done += len({each.case for each in fired})
    answer.put((done, (time.process_time() - began) * 1e3))
    barrier.wait()


def together(what: Callable[..., None], count: int, url: str, moment: datetime, amount: float = 0.0) -> Work:
    """So many processes that begin at once."""
    barrier, answer = Process.Barrier(count + 1), Process.Queue()
    started = [Process.Process(target=what, args=(url, moment, amount, barrier, answer)) for _ in range(count)]
    for each in started:
        each.start()
    barrier.wait()
    before, began = served(url), time.perf_counter()
    found = [answer.get() for _ in started]
    wall, after = time.perf_counter() - began, served(url)
    barrier.wait()
    for each in started:
        each.join()
    return Work(sum(done for done, _ in found), wall, sum(own for _, own in found), after - before)


def applications(url: str, clients: int, seconds: float, rounds: int = 3) -> None:
    """Applications a second by one and by several, in turns."""
    govflow.Engine(url, departments(COUNT), clock=cases.watch()).close()
    found: dict[int, list[Work]] = {1: [], clients: []}
    for number in range(rounds):
        for count in (1, clients) if number % 2 else (clients, 1):
            found[count].append(together(client, count, url, cases.watch().moment, seconds))
    rates = {count: statistics.median(each.done / each.wall for each in works) for count, works in found.items()}
    for count, works in found.items():
        own, server = (statistics.median(getattr(w, part) / w.done for w in works) for part in ("own", "server"))
        print(
            f"{f'applications, {count} clients':32}{rates[count]:9.0f}/s{rates[count] / rates[1]:9.2f}{own:9.2f}{server:9.2f}"
        )


def sweeps(server: str, workers: int, due: int) -> None:
    """Due cases by one worker and by several, each from the same beginning."""
    first = None
    for count in (1, workers):
        with postgres.database(server) as url:
            watch = cases.watch()
            engine = govflow.Engine(url, departments(COUNT), clock=watch)
            view = engine.apply("many", applicant=cases.COMPANY, actor="applicant:chen", materials=["M01"])
            model = cases.act(engine, view.open_tasks[0]).id
            engine.close()
            copy_cases(url.replace("+psycopg", ""), Models(model, model, model, model), due, say=False)
            watch.forward(days=60)
            done = together(worker, count, url, watch.moment)
            first = first or done
            print(f"{f'due cases, {count} workers':32}{done.done / done.wall:9.0f}/s{done.each / first.each:9.2f}"
                  f"{done.own / done.done:9.2f}{done.server / done.done:9.2f}", flush=True)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Several clients and workers on one PostgreSQL database.")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the clients apply, each of three times")
    parser.add_argument("--due", type=int, default=2000, help="cases that are due")
    options = parser.parse_args()
    with durable_server() as server:
        print(f"{'':32}{'rate':>11}{'ratio':>9}{'ours, ms':>9}{'server':>9}")
        with postgres.database(server) as url:
            applications(url, options.clients, options.seconds)
        sweeps(server, options.workers, options.due)


if __name__ == "__main__":
    main()
