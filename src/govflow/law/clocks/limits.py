"""Limits: how long the law or a promise allows, in which unit, and where a limit ends that runs undisturbed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal, NoReturn
from zoneinfo import ZoneInfo

from govflow.errors import ClockError
from govflow.law.calendar import Calendar
from govflow.law.clocks import grammar
from govflow.law.clocks.grammar import UNITS, Unit
from govflow.text import Lang, Text

Roll = Literal["next_workday", "none"]

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_END = time(23, 59, 59, 999999)
# A century: no limit is longer, and a slip of the keyboard must not walk through ten million years.
_MOST = {"workday": 25_000, "natural_day": 36_525, "month": 1_200, "year": 100}
_MOST |= {"working_hour": 175_000, "hour": 876_600}
_ZH = {"workday": "个工作日", "natural_day": "个自然日", "month": "个月", "year": "年", "working_hour": "个工作小时"}
_ZH |= {"hour": "小时"}
_EN = {unit: unit.replace("_", " ") for unit in UNITS}


def clock_error(code: str, zh: str, en: str) -> ClockError:
    """The error of this code, with its message in both languages."""
    return ClockError(code, Text(zh, en))


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of legal time. Refused with `invalid_limit` when negative, not a number, too long, or cut too fine."""

    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise clock_error(
                "invalid_limit", f"未知的时限单位 {self.unit!r}", f"unit: expected one of {', '.join(UNITS)}"
            )
        value = self.value
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise clock_error("invalid_limit", f"时限应为数字，现为 {value!r}", "value: expected a decimal number")
        value = Decimal(value)
        if not value.is_finite() or value < 0:
            raise clock_error(
                "invalid_limit", f"时限应为不小于 0 的数，现为 {value}", "value: expected a number from 0 on"
            )
        if value > _MOST[self.unit]:
            raise clock_error("invalid_limit", f"时限过长：{value:.6g}", f"value: expected at most {_MOST[self.unit]}")
        if self.unit in ("natural_day", "month", "year") and value != value.to_integral_value():
            raise clock_error(
                "invalid_limit", f"{_ZH[self.unit]}应为整数，现为 {value}", "value: expected a whole number"
            )
        object.__setattr__(self, "value", value)

    @classmethod
    def of(cls, value: int | float | str | Decimal, unit: Unit) -> Limit:
        """A limit from a plain number: `Limit.of(0.5, "workday")`."""
        try:
            return cls(Decimal(str(value)), unit)
        except InvalidOperation:
            raise clock_error("invalid_limit", f"时限应为数字，现为 {value!r}", "value: expected a number") from None

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read `10 workdays`, `5个工作日`, `半个工作日`, `30 natural days`, `3 months`, `24 hours`.

        A bare day (日, 天, day) is refused: the law that is meant must say which days count.
        """
        return _parsed(text) if isinstance(text, str) and len(text) < 60 else _unreadable(text)

    @classmethod
    def from_data(cls, data: object, where: str = "limit") -> Limit:
        """A limit from JSON: `{"value": 20, "unit": "workday"}` or the text that `parse` reads."""
        if isinstance(data, Limit):
            return data
        if isinstance(data, str):
            return cls.parse(data)
        if not isinstance(data, Mapping):
            zh, en = f"{where} 缺少时限", f"{where}: found {_brief(data)}, expected value and unit"
            raise clock_error("invalid_limit", zh, en)
        value, unit = data.get("value"), data.get("unit")
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            zh, en = f"{where}.value 应为数字", f"{where}.value: found {_brief(value)}, expected a number"
            raise clock_error("invalid_limit", zh, en)
        if not isinstance(unit, str) or unit not in UNITS:
            en = f"{where}.unit: found {_brief(unit)}, expected one of {', '.join(UNITS)}"
            raise clock_error("invalid_limit", f"{where}.unit 应写明单位", en)
        if isinstance(value, int) and abs(value) > 10**9:
            raise clock_error("invalid_limit", f"{where}.value 过大", f"{where}.value: expected at most {_MOST[unit]}")
        return cls(Decimal(str(value)), unit)

    def text(self, lang: Lang | str = Lang.ZH) -> str:
        """The limit as people write it: `5个工作日`, `5 workdays`; `parse` reads both back.

        Raises ValueError for a language that is neither Chinese nor English.
        """
        value = format(self.value.normalize(), "f")
        if Lang.of(lang) is Lang.ZH:
            return f"{value}{_ZH[self.unit]}"
        return f"{value} {_EN[self.unit]}{'' if self.value == 1 else 's'}"

    @property
    def timed(self) -> bool:
        """True when the limit ends at a moment of a day (hours, fractions of a workday), not at the end of a day."""
        return self.unit in ("hour", "working_hour") or self.value != self.value.to_integral_value()

    def upper_bound_days(self) -> int:
        """A number of calendar days that this limit does not exceed, whatever the calendar: to put limits in order.

        It is a bound from above and not what a limit takes (`spans.span` measures that), so it is never shown and judges
        nothing. A working day is taken to have at least four hours, a break to last at most eleven days in a row, and a
        year to bring at most fourteen holidays that fall on working days. Rolling to a workday counts.
        """
        if self.unit == "hour":
            return _ceil(self.value / 24)
        if self.unit == "natural_day":
            return int(self.value) + 10
        if self.unit == "month":
            return int(self.value) // 12 * 366 + int(self.value) % 12 * 31 + 10
        if self.unit == "year":
            return int(self.value) * 366 + 10
        days = _ceil(self.value if self.unit == "workday" else self.value / 4)
        weeks = max(_ceil(Decimal(days) / 5), 1)  # 0 workdays wait for the next one
        return days + 2 * weeks + 9 * min(weeks, 1 + _ceil(Decimal(days) / 120)) + 1


NOTICE = Limit(Decimal(5), "workday")  # 行政许可法 art. 32 (4)
LICENCE = Limit(Decimal(20), "workday")  # 行政许可法 art. 42 ¶1
JOINT = Limit(Decimal(45), "workday")  # 行政许可法 art. 42 ¶2
EXTENSION = Limit(Decimal(10), "workday")  # 行政许可法 art. 42 ¶1
JOINT_EXTENSION = Limit(Decimal(15), "workday")  # 行政许可法 art. 42 ¶2
DELIVERY = Limit(Decimal(10), "workday")  # 行政许可法 art. 44


@dataclass(frozen=True, slots=True)
class Point:
    """Where a limit ends: `raw` before rolling, `day` after it, `at` for a moment inside the day.

    `last_day_asked` is the last day that the calendar was asked about (None if it was not asked).
    """

    raw: date
    day: date
    at: datetime | None
    last_day_asked: date | None


def local(moment: datetime, what: str = "moment") -> datetime:
    """The moment in China's one time zone; a moment without a zone is refused, because its date is a guess."""
    if not isinstance(moment, datetime) or moment.tzinfo is None or moment.utcoffset() is None:
        raise clock_error(
            "invalid_input", f"{what} 缺少时区：{moment}", f"{what}: expected a moment with its time zone"
        )
    if not 1900 <= moment.year <= 8800:
        raise clock_error("invalid_input", f"{what} 年份有误：{moment}", f"{what}: expected a year from 1900 to 8800")
    return moment.astimezone(SHANGHAI)


def end_of(day: date) -> datetime:
    """The last instant of a day in China: an act is in time until then (民法典 art. 203)."""
    return datetime.combine(day, DAY_END, SHANGHAI)


def start_of(day: date) -> datetime:
    """The first instant of a day in China."""
    return datetime.combine(day, time(), SHANGHAI)


def run(limit: Limit, start: datetime, calendar: Calendar, roll: Roll = "next_workday") -> Point:
    """Where a limit ends that starts at the local moment `start` and is not disturbed (R2-R6)."""
    if limit.unit == "hour":
        at = (start.astimezone(UTC) + timedelta(microseconds=_micros(limit.value))).astimezone(SHANGHAI)
        return Point(at.date(), at.date(), at, None)
    if limit.timed:
        return _in_business_hours(limit, start, calendar)
    return run_days(limit, start.date(), calendar, roll)


def run_days(limit: Limit, start: date, calendar: Calendar, roll: Roll = "next_workday") -> Point:
    """Where a limit in whole days, months or years ends that starts on the local date `start`."""
    count = int(limit.value)
    if limit.unit == "workday":
        due = calendar.add_workdays(start, count)
        return Point(due, due, None, due)
    if limit.unit == "natural_day":
        return rolled(start + timedelta(days=count), calendar, roll)
    return rolled(_add_months(start, count * (12 if limit.unit == "year" else 1)), calendar, roll)


def rolled(raw: date, calendar: Calendar, roll: Roll) -> Point:
    """The day itself, or the next workday if it is a rest day (民法典 art. 203), unless `roll` is none."""
    if roll == "none":
        return Point(raw, raw, None, None)
    due = calendar.next_workday(raw)
    return Point(raw, due, None, due)


def _add_months(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(start.day, last))


def _in_business_hours(limit: Limit, start: datetime, calendar: Calendar) -> Point:
    spans = [(_clock(opens), _clock(closes)) for opens, closes in calendar.business_hours]
    length = sum(closes - opens for opens, closes in spans)
    budget = int(limit.value * length) if limit.unit == "workday" else _micros(limit.value)
    day = calendar.next_workday(start.date())
    now = _clock(start.time()) if day == start.date() else 0
    used = sum(min(max(now, opens), closes) - opens for opens, closes in spans)
    if budget == 0 and used < length:
        position = next(max(now, opens) for opens, closes in spans if now < closes)
    else:
        # Counted from the opening of `day`. The end of a span comes before the start of the next one.
        whole, rest = divmod(used + budget, length)
        whole, rest = (whole - 1, length) if rest == 0 and budget else (whole, rest)
        day = calendar.add_workdays(day, whole)
        position = _position(spans, rest) if rest else spans[0][0]
    at = datetime.combine(day, time(), SHANGHAI) + timedelta(microseconds=position)
    return Point(day, day, at, day)


def _position(spans: list[tuple[int, int]], rest: int) -> int:
    for opens, closes in spans:
        if rest <= closes - opens:
            return opens + rest
        rest -= closes - opens
    return spans[-1][1]


def _clock(moment: time) -> int:
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


def _micros(hours: Decimal) -> int:
    return int(hours * 3_600_000_000)


def _ceil(value: Decimal) -> int:
    whole = int(value)
    return whole + (value > whole)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Limit:
    """The limit of a text; a catalogue of ten thousand items knows some dozens of them."""
    found = grammar.parts(text)
    if found is None:
        return _unreadable(text)
    value, word = found
    unit = grammar.unit_of(word)
    if unit is None and grammar.is_bare(word):
        zh = f"单位“{word}”有歧义，应写工作日或自然日"
        raise clock_error("invalid_limit", zh, "expected workdays or natural days")
    if unit is None:
        raise clock_error(
            "invalid_limit", f"未知的时限单位 {word!r}，{_AS.zh}", f"{word!r} is no unit of time, {_AS.en}"
        )
    return Limit(value, unit)


def _unreadable(text: object) -> NoReturn:
    raise clock_error(
        "invalid_limit", f"不能识别的时限 {_brief(text)}，{_AS.zh}", f"{_brief(text)} is no time limit, {_AS.en}"
    )


_AS = Text(
    "应如 10个工作日、30个自然日、3个月、24小时", "expected such as 10 workdays, 30 natural days, 3 months, 24 hours"
)


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
