"""Workdays: which days count, as the State Council's yearly notice says.

Holidays and make-up days are data. The years that the installed holiday package knows are one part of it, notices
written down by an analyst ("overlays") are the other. A year without a notice has no calendar: asking for it raises
`CalendarUnavailable`, unless the calendar was made `provisional()`, and then every answer says so.
"""

from __future__ import annotations

import calendar as gregorian
import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any, Literal

import chinese_calendar

from govflow.errors import ClockError
from govflow.law.notices import ENGLISH, NAMES, BusinessHours, Named, Overlay, digest, overlay_from, wrong
from govflow.text import Text

DayKind = Literal["workday", "weekend", "holiday", "make_up"]

OFFICE_HOURS: BusinessHours = ((time(9), time(12)), (time(13, 30), time(17, 30)))
_PROVISIONAL_YEARS = 30
_ONE = timedelta(days=1)

_LEFT_OUT = {date(2005, 12, 31): "New Year's Day"}
"""Make-up days that the package leaves out: 国办发明电〔2005〕35号, the notice of 2006, gives one in the year before it."""

_NAMED = 2
"""Overlays that a version names one by one; of more, the last one, and the others by their number and a digest."""

_WEEKDAYS = tuple(f"星期{day}" for day in "一二三四五六日")


class CalendarUnavailable(ClockError):
    """The answer needs a day of a year for which no notice is known (`year`)."""

    def __init__(self, year: int) -> None:
        super().__init__(
            "calendar_unavailable",
            Text(
                f"{year} 年的节假日安排不在日历中，不能推算",
                f"no holiday notice for {year} is in the calendar: expected one in the installed data or in "
                f"definitions/calendars/cn-{year}.yaml",
            ),
        )
        self.year = year

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.year,)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar: does it count, what kind of day is it, and what is it called."""

    date: date
    workday: bool
    kind: DayKind
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """An immutable calendar. Two calendars are equal when their `version` is.

    Looking up a due day is one index into a table of workdays, counting between two days is one subtraction of prefix
    sums, whatever the length of the limit. Build one with `national()` or `of_days()`.
    """

    version: str
    horizon: date
    business_hours: BusinessHours = field(compare=False)
    is_provisional: bool = field(compare=False)
    base: Base = field(compare=False, repr=False)
    overlays: tuple[Overlay, ...] = field(compare=False, repr=False)
    special: Mapping[date, Named] = field(compare=False, repr=False)
    first: int = field(compare=False, repr=False)
    last: int = field(compare=False, repr=False)
    prefix: array[int] = field(compare=False, repr=False)
    workdays: array[int] = field(compare=False, repr=False)

    @classmethod
    def national(cls, overlays: Iterable[Overlay | Mapping[str, Any]] = (), provisional: bool = False) -> Calendar:
        """The national calendar of the installed holiday data, with overlays (or plain data) on top in order of year."""
        parsed = tuple(each if isinstance(each, Overlay) else overlay_from(each) for each in overlays)
        return _build(_national_base(), parsed, provisional) if parsed else _national(provisional)

    @classmethod
    def of_days(
        cls,
        first: date,
        last: date,
        holidays: Mapping[date, str] | Iterable[date] = (),
        workdays: Mapping[date, str] | Iterable[date] = (),
        name: str = "custom",
    ) -> Calendar:
        """A calendar of its own from `first` to `last`: Monday to Friday, minus `holidays`, plus `workdays`."""
        special = {d: Named(False, zh, zh) for d, zh in _with_names(holidays, "节假日")}
        special |= {d: Named(True, zh, zh) for d, zh in _with_names(workdays, "调休上班")}
        return _build(Base(f"{name}@{digest(special, str(first), str(last))}", first, last, special), (), False)

    def overlay(self, data: Mapping[str, Any]) -> Calendar:
        """This calendar with one more notice on top; raises `CalendarDataError` if the data is not well formed."""
        return _build(self.base, (*self.overlays, overlay_from(data)), self.is_provisional)

    def provisional(self) -> Calendar:
        """The same calendar, answering beyond its horizon from regulation alone (weekends, fixed holidays)."""
        return self if self.is_provisional else _open_ended(self)

    def is_workday(self, day: date) -> bool:
        """Does this day count as a workday (R1)?"""
        at = self._index(day)
        return self.prefix[at + 1] > self.prefix[at]

    def day(self, day: date) -> Day:
        """What the calendar knows about a day: kind and name in Chinese and English."""
        counts = self.is_workday(day)
        named = self.special.get(day)
        weekday = day.weekday()
        if named is None or (named.workday and weekday < 5):
            kind: DayKind = "workday" if counts else "weekend"
            return Day(day, counts, kind, _WEEKDAYS[weekday], gregorian.day_name[weekday])
        return Day(day, counts, "make_up" if counts else "holiday", named.name, named.name_en)

    def add_workdays(self, start: date, count: int) -> date:
        """The `count`-th workday strictly after `start` (R2); for 0, `start` itself or the next workday (R5)."""
        if count < 0:
            raise ClockError(
                "invalid_limit", Text(f"工作日数不能为负：{count}", f"expected a count of 0 or more, found {count}")
            )
        if count == 0:
            return self.next_workday(start)
        at = self.prefix[self._after(start)] + count - 1
        if at >= len(self.workdays):
            raise CalendarUnavailable(self._first_unknown_year())
        return date.fromordinal(self.workdays[at])

    def workdays_between(self, start: date, end: date) -> int:
        """How many workdays d there are with start < d <= end; 0 when `end` is not after `start`."""
        if end <= start:
            return 0
        return self.prefix[self._index(end) + 1] - self.prefix[self._after(start)]

    def next_workday(self, day: date) -> date:
        """`day` itself if it is a workday, else the first workday after it."""
        at = self.prefix[self._index(day)]
        if at >= len(self.workdays):
            raise CalendarUnavailable(self._first_unknown_year())
        return date.fromordinal(self.workdays[at])

    def days(self, start: date, end: date) -> Iterator[Day]:
        """The days from `start` to `end`, both included."""
        for ordinal in range(start.toordinal(), end.toordinal() + 1):
            yield self.day(date.fromordinal(ordinal))

    def is_beyond_notice(self, day: date) -> bool:
        """True when no official notice covers this day, so that whatever is said about it is provisional."""
        return day > self.horizon

    def _index(self, day: date) -> int:
        ordinal = day.toordinal()
        if not self.first <= ordinal <= self.last:
            raise CalendarUnavailable(day.year)
        return ordinal - self.first

    def _after(self, day: date) -> int:
        # The day before the table is a fair start: the first day that is last_day_asked at is inside.
        if day.toordinal() == self.first - 1:
            return 0
        return self._index(day) + 1

    def _first_unknown_year(self) -> int:
        return (date.fromordinal(self.last) + _ONE).year


@dataclass(frozen=True, slots=True)
class Base:
    """What a calendar starts from, before overlays: a name, a first and last known day, and the special days."""

    name: str
    first: date
    last: date
    special: Mapping[date, Named]


def _with_names(days: Mapping[date, str] | Iterable[date], name: str) -> Iterator[tuple[date, str]]:
    if isinstance(days, Mapping):
        yield from days.items()
    else:
        yield from ((day, name) for day in days)


@lru_cache(maxsize=1)
def _national_base() -> Base:
    special = {d: Named(False, NAMES.get(en, en), en) for d, en in chinese_calendar.holidays.items()}
    special |= {
        d: Named(True, f"{NAMES.get(en, en)}调休上班", f"make-up workday for {en}")
        for d, en in (_LEFT_OUT | chinese_calendar.workdays).items()
    }
    years = [d.year for d in chinese_calendar.holidays]
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    name = f"cn-{last.year}.{chinese_calendar.__version__}"
    return Base(name, first, last, special)


@lru_cache(maxsize=2)
def _national(provisional: bool) -> Calendar:
    return _build(_national_base(), (), provisional)


@lru_cache(maxsize=16)
def _open_ended(calendar: Calendar) -> Calendar:
    return _build(calendar.base, calendar.overlays, True)


def _build(base: Base, overlays: tuple[Overlay, ...], provisional: bool) -> Calendar:
    ordered = tuple(sorted(overlays, key=lambda overlay: overlay.year))
    horizon = _horizon(base, ordered)
    last = date(min(horizon.year + _PROVISIONAL_YEARS, 9998), 12, 31) if provisional else horizon
    special = dict(base.special)
    if provisional:
        special |= _fixed_by_regulation(horizon + _ONE, last)
    for overlay in ordered:
        special |= overlay.days
    prefix, workdays = _tables(base.first, last, special)
    hours = [overlay.business_hours for overlay in ordered if overlay.business_hours]
    labels = [overlay.label for overlay in ordered]
    if len(labels) > _NAMED:
        rest = hashlib.sha256("+".join(labels[:-1]).encode()).hexdigest()[:8]
        labels = [f"{len(labels) - 1}@{rest}", labels[-1]]
    version = "+".join([base.name, *labels])
    return Calendar(
        version=f"{version}~provisional" if provisional else version,
        horizon=horizon,
        business_hours=hours[-1] if hours else OFFICE_HOURS,
        is_provisional=provisional,
        base=base,
        overlays=overlays,
        special=special,
        first=base.first.toordinal(),
        last=last.toordinal(),
        prefix=prefix,
        workdays=workdays,
    )


def _horizon(base: Base, overlays: Iterable[Overlay]) -> date:
    """The last day covered by a notice: a national overlay for the year after the last known one moves it on."""
    horizon = base.last
    for overlay in overlays:
        if overlay.region != "cn" or overlay.provisional or overlay.year <= horizon.year:
            continue
        if overlay.year != horizon.year + 1:
            after = horizon.year + 1
            raise wrong(
                "year", overlay.year, f"相连的年份：先要有 {after} 年的安排", f"no gap: the notice of {after} first"
            )
        horizon = date(overlay.year, 12, 31)
    return horizon


def _tables(first: date, last: date, special: Mapping[date, Named]) -> tuple[array[int], array[int]]:
    rest = {d.toordinal(): not named.workday for d, named in special.items()}
    prefix, workdays, total = array("l", [0]), array("l"), 0
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        # Ordinal 1 is a Monday, so (ordinal - 1) % 7 is the weekday.
        if not rest.get(ordinal, (ordinal - 1) % 7 > 4):
            workdays.append(ordinal)
            total += 1
        prefix.append(total)
    return prefix, workdays


_FIXED = ((1, 1, "元旦"), (5, 1, "劳动节"), (5, 2, "劳动节"), *((10, day, "国庆节") for day in (1, 2, 3)))


def _fixed_by_regulation(first: date, last: date) -> dict[date, Named]:
    """The holidays that the regulation itself dates (全国年节及纪念日放假办法, revised 2024, art. 2), without a notice.

    New Year, Labour Day (two days), National Day (three) and, by its solar term, Tomb-sweeping Day. The festivals of
    the lunar calendar are left out: no dependency computes them, and a guess would be silent. So are make-up days.
    """
    days: dict[date, Named] = {}
    for year in range(first.year, last.year + 1):
        for month, day, name in (*_FIXED, *_tomb_sweeping(year)):
            when = date(year, month, day)
            if first <= when <= last:
                days[when] = Named(False, name, ENGLISH[name])
    return days


def _tomb_sweeping(year: int) -> tuple[tuple[int, int, str], ...]:
    if not 2000 <= year <= 2099:  # the range of the package's formula
        return ()
    terms = chinese_calendar.get_solar_terms(date(year, 4, 3), date(year, 4, 7))
    return tuple((when.month, when.day, "清明节") for when, term in terms if term == "清明")
