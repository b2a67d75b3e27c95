"""How long limits really take: measured from every day that the official calendars know, never guessed.

A limit of five workdays took from five to fifteen days, according to the day it began on. So limits of different units
have no order of their own: what can be said is on how many of the known start dates one of them ends later.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Literal

from govflow.law.calendar import Calendar, CalendarUnavailable
from govflow.law.clocks.limits import Limit, run_days

Verdict = Literal["never", "sometimes", "always", "unknown"]

# Fewer start dates (about five years) do not show a limit's shortest and longest: New Year moves by weeks, and leap
# days come every fourth year.
_FEWEST_STARTS = 1_800
_FEWEST_HOURS, _MOST_HOURS = 4, 24  # of a working day: office hours are local, so working hours are taken both ways


@dataclass(frozen=True, slots=True)
class Span:
    """The fewest and the most days from the start date to the due date, over all known start dates."""

    shortest: int
    longest: int

    def text(self) -> str:
        """`10–22`, or one number."""
        return str(self.longest) if self.shortest == self.longest else f"{self.shortest}–{self.longest}"


@dataclass(frozen=True, slots=True)
class Example:
    """A start date, and the due dates of both limits."""

    start: date
    one: date
    other: date


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether one limit ends later than the other when both begin on the same day.

    `later` of `starts` known start dates are such that it ends later (or may, within a day whose hours are local);
    `example` is the one with the greatest difference. `years` are the first and last of the calendars it rests on.
    `unknown`: too long to be measured, and not even the roughest bounds decide.
    """

    verdict: Verdict
    starts: int
    later: int
    spans: tuple[Span, Span] | None
    example: Example | None
    years: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Dues:
    """The earliest and latest due date (ordinals) for each start date from the calendar's first day on."""

    earliest: array[int]
    latest: array[int]


@lru_cache(maxsize=256)
def span(limit: Limit) -> Span | None:
    """The days that a limit takes on the official calendars; None for one too long to be measured on them."""
    dues = _dues(limit)
    if len(dues.latest) < _FEWEST_STARTS:
        return None
    first = Calendar.national().first
    return Span(
        min(due - first - at for at, due in enumerate(dues.earliest)),
        max(due - first - at for at, due in enumerate(dues.latest)),
    )


@lru_cache(maxsize=1024)
def compare_on_calendar(one: Limit, other: Limit) -> Comparison:
    """One limit beside the other, both begun on the same day: does it end later, and how often?"""
    calendar = Calendar.national()
    years = (date.fromordinal(calendar.first).year, calendar.horizon.year)
    left, right = span(one), span(other)
    if left is None or right is None:
        return Comparison(_by_bounds(one, other), 0, 0, None, None, years)
    mine, theirs = _dues(one), _dues(other)
    if left.longest < right.shortest:
        return Comparison("never", min(len(mine.latest), len(theirs.latest)), 0, (left, right), None, years)
    # On one and the same day, a limit that ends with the day is later than one that ends within it.
    inside = int(other.timed)
    excess = [late - early + inside for late, early in zip(mine.latest, theirs.earliest, strict=False)]
    surely = [
        early - late + (inside and not one.timed) for early, late in zip(mine.earliest, theirs.latest, strict=False)
    ]
    later = sum(each > 0 for each in excess)
    verdict: Verdict = "never" if not later else "always" if min(surely) > 0 else "sometimes"
    at = max(range(len(excess)), key=lambda each: (excess[each], each))
    shown = (calendar.first + at, mine.latest[at], theirs.earliest[at])
    example = Example(*(date.fromordinal(each) for each in shown)) if later else None
    return Comparison(verdict, len(excess), later, (left, right), example, years)


def compare(one: Limit, other: Limit) -> int:
    """Is one limit longer? By value in one unit; else 1 if it may end later on some start date, however few they are.

    -1 and 0 are sure: it never ends later. Five workdays and seven natural days are each 1 beside the other.
    """
    if one.unit == other.unit:
        return (one.value > other.value) - (one.value < other.value)
    if compare_on_calendar(one, other).verdict != "never":
        return 1
    return 0 if compare_on_calendar(other, one).verdict == "never" else -1


def _by_bounds(one: Limit, other: Limit) -> Verdict:
    """What is sure without a calendar; who measures a promise of thirty years does not need one."""
    if one.upper_bound_days() < _least(other):
        return "never"
    return "always" if _least(one) > other.upper_bound_days() else "unknown"


def _least(limit: Limit) -> int:
    days = {"workday": 1.0, "natural_day": 1.0, "month": 28.0, "year": 365.0, "working_hour": 1 / 24, "hour": 1 / 24}
    return int(float(limit.value) * days[limit.unit])


@lru_cache(maxsize=64)
def _dues(limit: Limit) -> _Dues:
    calendar = Calendar.national()
    if limit.timed:
        return _timed(limit, calendar)
    if limit.unit == "workday":
        return _both(_nth_workdays(calendar, int(limit.value)))
    if limit.unit == "natural_day":
        places, known = calendar.prefix[int(limit.value) : -1], len(calendar.workdays)
        return _both(array("l", (calendar.workdays[place] for place in places if place < known)))
    dues = array("l")
    for start in range(calendar.first, calendar.last + 1):
        try:
            dues.append(run_days(limit, date.fromordinal(start), calendar).day.toordinal())
        except CalendarUnavailable:
            break
    return _both(dues)


def _timed(limit: Limit, calendar: Calendar) -> _Dues:
    """Begun at the first moment of each day, and at its last: nothing in between ends earlier or later."""
    if limit.unit == "hour":
        whole = int(limit.value / 24)
        starts = range(calendar.first, calendar.last + 1 - whole - 1)
        late = whole + (limit.value > whole * 24)
        return _Dues(array("l", (each + whole for each in starts)), array("l", (each + late for each in starts)))
    fewest, most = limit.value, limit.value
    if limit.unit == "working_hour":
        fewest, most = limit.value / _MOST_HOURS, limit.value / _FEWEST_HOURS
    return _Dues(_nth_workdays(calendar, _up(fewest), own=True), _nth_workdays(calendar, _up(most)))


def _nth_workdays(calendar: Calendar, count: int, own: bool = False) -> array[int]:
    """For each start date the count-th workday after it, with `own` counting the start date; 0 is the next workday."""
    prefix, workdays = calendar.prefix, calendar.workdays
    shift = 0 if own or not count else 1
    places = (before + max(count, 1) - 1 for before in prefix[shift : len(prefix) - 1 + shift])
    known = len(workdays)
    return array("l", (workdays[place] for place in places if place < known))


def _both(dues: array[int]) -> _Dues:
    return _Dues(dues, dues)


def _up(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))
