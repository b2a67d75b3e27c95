"""Races: several processes act on the same few cases at once; each is refused or takes effect once, and nothing is lost.

    python -m tests.soak.race --seconds 120 --processes 8 [--url postgresql+psycopg://...]

Only Conflict and NotAllowed are answers to a race; any other error is a fault.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from tests.soak.kill import Base
from tests.soak.program import Options, Report, databases, run, say


def contest(url: str, folder: Path, seed: int, seconds: float, processes: int, report: Report) -> None:
    """All processes at once on one database, to the end of its cases or of the time."""
    base = Base(url, folder, seed, report)
    running = [base.process("", seconds) for _ in range(processes)]
    until = time.monotonic() + seconds + 60
    for each in running:
        each.wait(max(1.0, until - time.monotonic()))
        report.require(each.returncode == 0, f"{url}: a process ended with {each.returncode}")
    told = base.told()
    over = base.judge()
    report.counts["acknowledged"] += sum(name not in ("refused", "store", "over", "sent") for name, *_ in told)
    report.counts["refused (Conflict, NotAllowed)"] += sum(name == "refused" for name, *_ in told)
    locked = Counter(f"{name} {kind}" for what, name, *kind in told if what == "store")
    report.require(not locked, f"{url}: {locked}")
    if over:
        base.messages()
    report.counts["contests"] += 1


def body(options: Options, report: Report) -> None:
    """SQLite and PostgreSQL in turn, until the acknowledged commands are as many as asked for or the time is over."""
    began = time.monotonic()
    for url, folder, number in databases(options, lambda: options.over(began, report.counts["acknowledged"])):
        left = max(3.0, min(30.0, options.seconds - (time.monotonic() - began)))
        contest(url, folder, options.seed * 1000 + number, left, options.processes, report)
        say(f"race: {report.counts['acknowledged']} acknowledged, {len(report.faults)} faults")


if __name__ == "__main__":
    sys.exit(run("race", body, Options.read("Processes that race for the same cases.", "acknowledged commands", 5000)))
