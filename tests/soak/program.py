"""What the programs share: options, counts, faults, and the exit code that says whether anything was wrong."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import postgres


@dataclass
class Report:
    """What a program did and what it found. Two of them add up."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def fault(self, what: str) -> None:
        """Something is wrong with the product."""
        self.faults.append(what)

    def require(self, holds: bool, what: str) -> None:
        """Count one thing that was judged; a fault if it does not hold."""
        self.counts["judged"] += 1
        if not holds:
            self.fault(what)

    def add(self, other: Report) -> None:
        """Take in what another process found."""
        self.counts += other.counts
        self.faults += other.faults

    def tell(self, name: str, seconds: float) -> int:
        """Print it; the exit code."""
        for key, count in sorted(self.counts.items()):
            print(f"{name}: {key:42} {count:>10,}")
        for fault in self.faults[:50]:
            print(f"{name}: FAULT {fault}")
        print(f"{name}: {len(self.faults)} faults in {seconds:.0f} s")
        return 1 if self.faults else 0


@dataclass(frozen=True)
class Options:
    """How long a program runs: until `count` is reached or `seconds` are over. Everything drawn follows from `seed`."""

    seed: int = 1
    seconds: float = 1e9
    count: int = 1000
    url: str | None = None
    processes: int = 2

    @classmethod
    def read(cls, about: str, counted: str, count: int, arguments: list[str] | None = None) -> Options:
        """Options of a command line."""
        parser = argparse.ArgumentParser(description=about)
        parser.add_argument("--seed", type=int, default=1, help="what all random choices follow from")
        parser.add_argument("--seconds", type=float, default=1e9, help="end after so many seconds")
        parser.add_argument("--count", type=int, default=count, help=f"end after so many {counted}")
        parser.add_argument("--url", help="an empty PostgreSQL database; by default SQLite in a temporary folder")
        parser.add_argument("--processes", type=int, default=2, help="processes that work at once")
        return cls(**vars(parser.parse_args(arguments)))

    def over(self, began: float, count: int) -> bool:
        """Whether it is time to end."""
        return count >= self.count or time.monotonic() - began >= self.seconds


def run(name: str, body: Callable[[Options, Report], None], options: Options) -> int:
    """Run a program's body, print what it found, and give the exit code. A crash of the program is a fault too."""
    report, began = Report(), time.monotonic()
    try:
        body(options, report)
    except Exception:  # noqa: BLE001 - what was found so far is told all the same
        report.fault(traceback.format_exc())
    return report.tell(name, time.monotonic() - began)


def databases(options: Options, over: Callable[[], bool]) -> Iterator[tuple[str, Path, int]]:
    """Fresh databases until it is over: the one that is asked for, or SQLite and, where it is to be had, PostgreSQL in turn.

    Each with a folder of its own, and its number from 0.
    """
    number = 0
    with ExitStack() as stack:
        cluster = None
        if options.url is None and postgres.binaries() is not None:
            cluster = postgres.Cluster()
            stack.callback(cluster.remove)
        while not over():
            with memory_folder() as folder, ExitStack() as one:
                url = options.url or f"sqlite:///{folder}/cases.db"
                if cluster is not None and number % 2:
                    url = one.enter_context(postgres.database(cluster.url))
                yield url, folder, number
            number += 1


@contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder in memory where the machine has one: what is lost with the power is no concern of these programs."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with TemporaryDirectory(prefix="govflow-soak-", dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def draw(seed: int, *more: Any) -> random.Random:
    """A source of chance of its own for each part of a program."""
    return random.Random(json.dumps([seed, *more]))


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)
