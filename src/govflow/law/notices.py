"""Notices written down as data ("overlays"): the special days of one year in one region, and office hours if it sets them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from govflow.errors import InvalidInput
from govflow.text import Text

BusinessHours = tuple[tuple[time, time], ...]

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日",
}
ENGLISH = {zh: en for en, zh in NAMES.items()} | {"清明": "Tomb-sweeping Day", "端午": "Dragon Boat Festival"}
ENGLISH |= {"中秋": "Mid-autumn Festival", "国庆": "National Day"}


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
        return f"{self.region}-{self.year}@{digest(self.days, self.region, self.year, hours, self.provisional)}"


def digest(days: Mapping[date, Named], *more: object) -> str:
    """A short text that differs where these days, or what else is given, differ."""
    facts = [[d.isoformat(), named.workday, named.name] for d, named in sorted(days.items())]
    return hashlib.sha256(json.dumps([facts, more]).encode()).hexdigest()[:8]


def wrong(where: str, found: object, zh: str, en: str) -> CalendarDataError:
    """The error for a key of a notice, with what was found there and what was expected."""
    return CalendarDataError(where, found, Text(zh, en))


_KEYS = {"govflow", "region", "year", "source", "holidays", "workdays", "business_hours", "provisional", "name"}
_HOURS_EXPECTED = Text(
    '成对的时间，如 [["09:00", "12:00"], ["13:30", "17:30"]]',
    'pairs of times, as [["09:00", "12:00"], ["13:30", "17:30"]]',
)
_REGION = re.compile(r"[0-9A-Za-z]{2,12}(-[0-9A-Za-z]{1,12})*\Z")


def overlay_from(data: Mapping[str, Any]) -> Overlay:
    """Read a notice from plain data (keys: docs/calendars.md); raises `CalendarDataError` saying what is wrong."""
    if not isinstance(data, Mapping):
        raise wrong(
            "(top)", data, "含 region、year、holidays、workdays 的表", "a mapping with region, year, holidays, workdays"
        )
    for key in data:
        if key not in _KEYS:
            known = sorted(_KEYS)
            expected = Text(f"下列字段之一：{'、'.join(known)}", f"one of the keys {', '.join(known)}")
            raise CalendarDataError("(top)", key, expected)
    form = data.get("govflow", "calendar/1")
    if form != "calendar/1":
        raise wrong("govflow", form, " calendar/1", "calendar/1")
    region, year = data.get("region", "cn"), data.get("year")
    if not isinstance(region, str) or not _REGION.match(region):
        raise wrong(
            "region", region, " cn，或其下的地区，如 450000、cn-45", "cn, or a region in it, as 450000 or cn-45"
        )
    if isinstance(year, bool) or not isinstance(year, int) or not 1949 <= year <= 2999:
        raise wrong("year", year, "数字写的年份，如 2027", "a year as a number, as 2027")
    source, provisional = data.get("source", "?"), data.get("provisional", False)
    if not isinstance(source, str) or not source.strip():
        raise wrong("source", source, "发布这份安排的文件名称", "the notice that says so, as text")
    if not isinstance(provisional, bool):
        raise wrong("provisional", provisional, " true 或 false", "true or false")
    return Overlay(region, year, source, _special_days(data, year), _hours(data.get("business_hours")), provisional)


def _special_days(data: Mapping[str, Any], year: int) -> Mapping[date, Named]:
    days: dict[date, Named] = {}
    for where, entry in _entries(data, "holidays"):
        if not isinstance(entry, Mapping):
            raise wrong(
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
        raise wrong(key, entries, "列表", "a list")
    for number, entry in enumerate(entries):
        yield f"{key}[{number}]", entry


def _name(entry: Mapping[str, Any], where: str) -> tuple[str, str]:
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise wrong(f"{where}.name", name, "节日的名称", "the holiday's name")
    return name, str(entry.get("name_en") or ENGLISH.get(name, name))


def _span(entry: Mapping[str, Any], where: str, year: int) -> Iterator[date]:
    first = _date(entry.get("date", entry.get("from")), f"{where}.from", year)
    last = _date(entry.get("to", first), f"{where}.to", year)
    if not 0 <= (last - first).days <= 31:
        raise wrong(
            f"{where}.to", last.isoformat(), f"{first} 起一个月以内的日子", f"a day at most a month after {first}"
        )
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _date(value: object, where: str, year: int) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise wrong(where, value, "存在的日子，如 2027-01-01", "a day that exists, as 2027-01-01") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise wrong(where, value, "日期，如 2027-01-01", "a date, as 2027-01-01")
    # A notice may move days of the last weeks before its year or the first after it, never more.
    if not date(year - 1, 12, 1) <= value <= date(year + 1, 1, 31):
        near = f"a day of {year} (or the month before or after it)"
        raise wrong(where, value.isoformat(), f"{year} 年（或其前后一个月内）的日子", near)
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
            raise wrong(where, pair, '一对时间，如 ["09:00", "12:00"]', 'a pair of times, as ["09:00", "12:00"]')
        opens, closes = _time(pair[0], where), _time(pair[1], where)
        if closes <= opens or (spans and opens < spans[-1][1]):
            raise wrong(
                where, f"{opens:%H:%M}-{closes:%H:%M}", "先后有序、不重叠的时间", "times in order, without overlap"
            )
        spans.append((opens, closes))
    return tuple(spans)


def _time(value: object, where: str) -> time:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    # YAML reads 13:30 without quotes as a number in base sixty; say so instead of guessing.
    raise wrong(where, value, '加引号的时间，如 "13:30"', 'a time in quotes, as "13:30"')
