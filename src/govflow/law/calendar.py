"""Workdays: which days count, as the State Council's yearly notice says.

Holidays and make-up days are data. The years that the installed holiday package knows are one part of it, notices
written down by an analyst ("overlays") are the other. A year without a notice has no calendar: asking for it raises
`CalendarUnavailable`, unless the calendar was made `provisional()`, and then every answer says so.
"""

from __future__ import annotations

import calendar as gregorian
import hashlib
import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal

import chinese_calendar

from govflow.errors import ClockError, InvalidInput
from govflow.text import Text

DayKind = Literal["workday", "weekend", "holiday", "make_up"]
BusinessHours = tuple[tuple[time, time], ...]

OFFICE_HOURS: BusinessHours = ((time(9), time(12)), (time(13, 30), time(17, 30)))
_PROVISIONAL_YEARS = 30
_ONE = timedelta(days=1)

_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日",
}
_ENGLISH = {zh: en for en, zh in _NAMES.items()} | {"清明": "Tomb-sweeping Day", "端午": "Dragon Boat Festival"}
_ENGLISH |= {"中秋": "Mid-autumn Festival", "国庆": "National Day"}
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


class CalendarDataError(InvalidInput, ValueError):
    """A calendar overlay is not well formed; `where` is the key that is wrong."""

    def __init__(self, where: str, found: object, expected: Text) -> None:
        super().__init__(
            Text(
                f"日历数据 {where} 是 {found!r}，应为{expected.zh}",
                f"calendar data, {where}: found {found!r}, expected {expected.en}",
            ),
            field=where,
        )
        self.where = where
        self.found = found
        self.expected = expected

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.where, self.found, self.expected)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar: does it count, what kind of day is it, and what is it called."""

    date: date
    workday: bool
    kind: DayKind
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Named:
    """A day that differs from plain Monday to Friday, with its name in Chinese and English."""

    workday: bool
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """A notice as data: the special days of one year in one region, and office hours if it sets them.

    A `provisional` overlay names days that are expected but not yet announced: it does not make the year known.
    """

    region: str
    year: int
    source: str
    days: Mapping[date, Named]
    business_hours: BusinessHours | None
    provisional: bool

    @property
    def label(self) -> str:
        """Short stable text: region, year and a digest of what it changes (not of how the file is written)."""
        hours = [[a.isoformat(), b.isoformat()] for a, b in self.business_hours or ()]
        return f"{self.region}-{self.year}@{_digest(self.days, self.region, self.year, hours, self.provisional)}"


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
        return _build(Base(f"{name}@{_digest(special, str(first), str(last))}", first, last, special), (), False)

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
    special = {d: Named(False, _NAMES.get(en, en), en) for d, en in chinese_calendar.holidays.items()}
    special |= {
        d: Named(True, f"{_NAMES.get(en, en)}调休上班", f"make-up workday for {en}")
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


def _digest(days: Mapping[date, Named], *more: object) -> str:
    facts = [[d.isoformat(), named.workday, named.name] for d, named in sorted(days.items())]
    return hashlib.sha256(json.dumps([facts, more]).encode()).hexdigest()[:8]


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


def _wrong(where: str, found: object, zh: str, en: str) -> CalendarDataError:
    return CalendarDataError(where, found, Text(zh, en))


def _horizon(base: Base, overlays: Iterable[Overlay]) -> date:
    """The last day covered by a notice: a national overlay for the year after the last known one moves it on."""
    horizon = base.last
    for overlay in overlays:
        if overlay.region != "cn" or overlay.provisional or overlay.year <= horizon.year:
            continue
        if overlay.year != horizon.year + 1:
            after = horizon.year + 1
            raise _wrong(
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
                days[when] = Named(False, name, _ENGLISH[name])
    return days


def _tomb_sweeping(year: int) -> tuple[tuple[int, int, str], ...]:
    if not 2000 <= year <= 2099:  # the range of the package's formula
        return ()
    terms = chinese_calendar.get_solar_terms(date(year, 4, 3), date(year, 4, 7))
    return tuple((when.month, when.day, "清明节") for when, term in terms if term == "清明")


_KEYS = {"govflow", "region", "year", "source", "holidays", "workdays", "business_hours", "provisional", "name"}
_HOURS_EXPECTED = Text(
    '成对的时间，如 [["09:00", "12:00"], ["13:30", "17:30"]]',
    'pairs of times, as [["09:00", "12:00"], ["13:30", "17:30"]]',
)
_REGION = re.compile(r"[0-9A-Za-z]{2,12}(-[0-9A-Za-z]{1,12})*\Z")


def overlay_from(data: Mapping[str, Any]) -> Overlay:
    """Read a notice from plain data (keys: docs/calendars.md); raises `CalendarDataError` saying what is wrong."""
    if not isinstance(data, Mapping):
        raise _wrong(
            "(top)", data, "含 region、year、holidays、workdays 的表", "a mapping with region, year, holidays, workdays"
        )
    for key in data:
        if key not in _KEYS:
            known = sorted(_KEYS)
            expected = Text(f"下列字段之一：{'、'.join(known)}", f"one of the keys {', '.join(known)}")
            raise CalendarDataError("(top)", key, expected)
    form = data.get("govflow", "calendar/1")
    if form != "calendar/1":
        raise _wrong("govflow", form, " calendar/1", "calendar/1")
    region, year = data.get("region", "cn"), data.get("year")
    if not isinstance(region, str) or not _REGION.match(region):
        raise _wrong(
            "region", region, " cn，或其下的地区，如 450000、cn-45", "cn, or a region in it, as 450000 or cn-45"
        )
    if isinstance(year, bool) or not isinstance(year, int) or not 1949 <= year <= 2999:
        raise _wrong("year", year, "数字写的年份，如 2027", "a year as a number, as 2027")
    source, provisional = data.get("source", "?"), data.get("provisional", False)
    if not isinstance(source, str) or not source.strip():
        raise _wrong("source", source, "发布这份安排的文件名称", "the notice that says so, as text")
    if not isinstance(provisional, bool):
        raise _wrong("provisional", provisional, " true 或 false", "true or false")
    return Overlay(region, year, source, _special_days(data, year), _hours(data.get("business_hours")), provisional)


def _special_days(data: Mapping[str, Any], year: int) -> Mapping[date, Named]:
    days: dict[date, Named] = {}
    for where, entry in _entries(data, "holidays"):
        if not isinstance(entry, Mapping):
            raise _wrong(
                where, entry, "含 name 和 from、to（或 date）的表", "a mapping with name and from, to (or date)"
            )
        name, name_en = _name(entry, where)
        for day in _span(entry, where, year):
            if day in days:
                raise CalendarDataError(where, day.isoformat(), _once(days[day]))
            days[day] = Named(False, name, name_en)
    for where, entry in _entries(data, "workdays"):
        day = _date(entry.get("date") if isinstance(entry, Mapping) else entry, where, year)
        given = isinstance(entry, Mapping) and "name" in entry
        named = _name(entry, where) if given else ("调休上班", "make-up workday")
        if day in days:
            raise CalendarDataError(where, day.isoformat(), _once(days[day]))
        days[day] = Named(True, *named)
    return days


def _once(named: Named) -> Text:
    return Text(f"只写一次的日子（已有：{named.name}）", f"a day listed once (already: {named.name})")


def _entries(data: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    entries = data.get(key) or []
    if not isinstance(entries, list | tuple):
        raise _wrong(key, entries, "列表", "a list")
    for number, entry in enumerate(entries):
        yield f"{key}[{number}]", entry


def _name(entry: Mapping[str, Any], where: str) -> tuple[str, str]:
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise _wrong(f"{where}.name", name, "节日的名称", "the holiday's name")
    return name, str(entry.get("name_en") or _ENGLISH.get(name, name))


def _span(entry: Mapping[str, Any], where: str, year: int) -> Iterator[date]:
    first = _date(entry.get("date", entry.get("from")), f"{where}.from", year)
    last = _date(entry.get("to", first), f"{where}.to", year)
    if not 0 <= (last - first).days <= 31:
        raise _wrong(
            f"{where}.to", last.isoformat(), f"{first} 起一个月以内的日子", f"a day at most a month after {first}"
        )
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _date(value: object, where: str, year: int) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise _wrong(where, value, "存在的日子，如 2027-01-01", "a day that exists, as 2027-01-01") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _wrong(where, value, "日期，如 2027-01-01", "a date, as 2027-01-01")
    # A notice may move days of the last weeks before its year or the first after it, never more.
    if not date(year - 1, 12, 1) <= value <= date(year + 1, 1, 31):
        near = f"a day of {year} (or the month before or after it)"
        raise _wrong(where, value.isoformat(), f"{year} 年（或其前后一个月内）的日子", near)
    return value


def _hours(value: object) -> BusinessHours | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not value:
        raise CalendarDataError("business_hours", value, _HOURS_EXPECTED)
    spans: list[tuple[time, time]] = []
    for number, pair in enumerate(value):
        where = f"business_hours[{number}]"
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise _wrong(where, pair, '一对时间，如 ["09:00", "12:00"]', 'a pair of times, as ["09:00", "12:00"]')
        opens, closes = _time(pair[0], where), _time(pair[1], where)
        if closes <= opens or (spans and opens < spans[-1][1]):
            raise _wrong(
                where, f"{opens:%H:%M}-{closes:%H:%M}", "先后有序、不重叠的时间", "times in order, without overlap"
            )
        spans.append((opens, closes))
    return tuple(spans)


def _time(value: object, where: str) -> time:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    # YAML reads 13:30 without quotes as a number in base sixty; say so instead of guessing.
    raise _wrong(where, value, '加引号的时间，如 "13:30"', 'a time in quotes, as "13:30"')
