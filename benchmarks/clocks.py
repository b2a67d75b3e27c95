"""How long a due date takes: govflow against walking day by day and against calendars that others use.

Run `python benchmarks/clocks.py`. All numbers come from one run on one machine: read the ratios, not the times.
A library that is not installed is named and passed over. Only the first two know the State Council's notices; the
others are given the same days off as data, where they can take them.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any

from govflow.law import clocks
from govflow.law.calendar import Calendar
from govflow.law.clocks import SHANGHAI, Ledger, Limit
from govflow.law.questions import answer_lines

CALENDAR = Calendar.national()
RANDOM = random.Random(20240218)
STARTS = [date(2020, 1, 1) + timedelta(days=RANDOM.randrange(1500)) for _ in range(400)]
COUNTS = (5, 20, 45, 250)
ONE = timedelta(days=1)
Adder = Callable[[date, int], Any]


def naive(start: date, count: int) -> date:
    """Walk one day at a time, asking the holiday package about each."""
    package = import_module("chinese_calendar")
    day = start
    while count:
        day += ONE
        count -= package.is_workday(day)
    return day


def busday() -> Adder | None:
    """numpy.busday_offset with the days off of the notices; make-up days cannot be said to it."""
    try:
        numpy = import_module("numpy")
    except ImportError:
        return None
    known = CALENDAR.days(date(2020, 1, 1), CALENDAR.horizon)
    off = [day.date.isoformat() for day in known if day.kind == "holiday" and day.date.weekday() < 5]
    table = numpy.busdaycalendar(holidays=off)
    return lambda start, count: numpy.busday_offset(start.isoformat(), count, roll="backward", busdaycal=table)


def workalendar() -> Adder | None:
    """workalendar's China: it knows some years of the notices."""
    try:
        china = import_module("workalendar.asia").China()
    except ImportError:
        return None
    return lambda start, count: china.add_working_days(start, count)


def business_duration() -> Adder | None:
    """business-duration counts between two moments and cannot add: counting to the due day stands for it."""
    try:
        package = import_module("business_duration")
    except ImportError:
        return None
    off = [day.date for day in CALENDAR.days(date(2020, 1, 1), CALENDAR.horizon) if day.kind == "holiday"]

    def count_to(start: date, count: int) -> Any:
        begin = datetime(start.year, start.month, start.day)
        end = begin + timedelta(days=count * 7 // 5)
        return package.businessDuration(begin, end, holidaylist=off, unit="day")

    return count_to


def microseconds(add: Adder, count: int, starts: list[date]) -> float:
    """The mean time of one call, the best of three rounds."""
    best = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        for start in starts:
            add(start, count)
        best = min(best, time.perf_counter() - begin)
    return best / len(starts) * 1e6


def compare_adders() -> None:
    """One line for each way to add workdays: microseconds, and how many times govflow's table they take."""
    adders: list[tuple[str, Adder | None]] = [
        ("govflow Calendar.add_workdays", CALENDAR.add_workdays),
        ("walking day by day", naive),
        ("numpy busday_offset, no make-up days", busday()),
        ("workalendar China", workalendar()),
        ("business-duration, counting only", business_duration()),
    ]
    print(f"{'adding n workdays, µs a call (ratio)':40}" + "".join(f"{f'n = {count}':>18}" for count in COUNTS))
    table = {count: microseconds(CALENDAR.add_workdays, count, STARTS) for count in COUNTS}
    for name, add in adders:
        if add is None:
            print(f"{name:40}  not usable here, skipped")
            continue
        starts = STARTS if add == CALENDAR.add_workdays else STARTS[:25]
        cells = ""
        for count in COUNTS:
            try:
                took = microseconds(add, count, starts)
            except Exception as error:  # noqa: BLE001 - a foreign library that gives up is part of the result
                cells += f"{type(error).__name__[:16]:>18}"
            else:
                cells += f"{took:>9.2f} ({took / table[count]:>5.0f}x)"
        print(f"{name:40}{cells}")


def measure_clocks() -> None:
    """What a whole clock costs: due, status, warning, explanation, and a line of the command."""
    anchors = [datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI) for day in STARTS]
    stops = [clocks.Suspension(day + 3 * ONE, day + 10 * ONE, "检测") for day in STARTS]
    ledgers = [Ledger(a, Limit.of(20, "workday"), (s,)) for a, s in zip(anchors, stops, strict=True)]
    lines = [
        json.dumps(
            {"id": n, "kind": "due", "input": {"start": a.isoformat(), "limit": {"value": 20, "unit": "workday"}}}
        )
        for n, a in enumerate(anchors)
    ]
    asked: list[tuple[str, Callable[[], object]]] = [
        ("due, one suspension", lambda: [clocks.due(ledger, CALENDAR) for ledger in ledgers]),
        ("status", lambda: [clocks.status(ledger, CALENDAR, ledger.anchor + 9 * ONE) for ledger in ledgers]),
        ("warn_at", lambda: [clocks.warn_at(ledger, CALENDAR) for ledger in ledgers]),
        ("explain", lambda: [clocks.explain(ledger, CALENDAR) for ledger in ledgers]),
        ("a line of `govflow deadline`", lambda: list(answer_lines(lines))),
    ]
    print()
    for name, ask in asked:
        begin = time.perf_counter()
        ask()
        each = (time.perf_counter() - begin) / len(STARTS)
        print(f"{name:40}{each * 1e6:>9.1f} µs {1 / each:>12,.0f} a second")


if __name__ == "__main__":
    compare_adders()
    measure_clocks()
