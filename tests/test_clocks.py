"""Limits as text, facts of a ledger, lights and warnings, explanations, and what the law builds from clocks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import govflow
from govflow.errors import InvalidInput
from govflow.law import clocks
from govflow.law.clocks import (
    Calendar,
    ClockError,
    Correction,
    Extension,
    Ledger,
    LightPolicy,
    Limit,
    PlanItem,
    Suspension,
)

CN = Calendar.national()
START = datetime(2025, 3, 3, 10, tzinfo=clocks.SHANGHAI)
TEN = Limit.parse("10 workdays")


def day(text: str) -> date:
    """A date from its text."""
    return date.fromisoformat(text)


def refused(code: str) -> Any:
    """Expect a refusal with this code."""
    return pytest.raises(ClockError, check=lambda error: error.code == code)


# --- limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("10 workdays", "10", "workday"),
        ("1 workday", "1", "workday"),
        ("5个工作日", "5", "workday"),
        ("5 工作日", "5", "workday"),
        ("二十个工作日", "20", "workday"),
        ("十五个工作日", "15", "workday"),
        ("四十五个工作日", "45", "workday"),
        ("十个工作日", "10", "workday"),
        ("半个工作日", "0.5", "workday"),
        ("0.5 workday", "0.5", "workday"),
        ("30 natural days", "30", "natural_day"),
        ("30 calendar days", "30", "natural_day"),
        ("三十个自然日", "30", "natural_day"),
        ("3 months", "3", "month"),
        ("三个月", "3", "month"),
        ("1年", "1", "year"),
        ("24 hours", "24", "hour"),
        ("24小时", "24", "hour"),
        ("4 working hours", "4", "working_hour"),
        ("4个工作小时", "4", "working_hour"),
    ],
)
def test_a_limit_is_read_as_people_write_it(text: str, value: str, unit: str) -> None:
    """Both languages, singular and plural, and the small Chinese numerals of a statute."""
    assert Limit.parse(text) == Limit(Decimal(value), unit)  # type: ignore[arg-type]


def test_every_numeral_up_to_ninety_nine_is_read() -> None:
    """一 to 九十九, and 两 for two, each is its own number."""
    digits = "一二三四五六七八九"
    tens = ["", "十", *(f"{digit}十" for digit in digits[1:])]
    numerals = [ten + one for ten in tens for one in ("", *digits)][1:]
    assert [Limit.parse(f"{each}个工作日").value for each in numerals] == list(range(1, 100))
    assert Limit.parse("两个月").value == 2


@pytest.mark.parametrize(
    "text",
    ["", "5", "workdays", "5日", "5天", "7 days", "5 parsecs", "-5 workdays", "1.5 months", "半半个工作日",
     "十十个工作日", "1e3 workdays", "五百个工作日", "5 workdays or so", "９ workdays" * 9, "999999 workdays"],
)  # fmt: skip
def test_a_limit_that_is_not_certain_is_refused(text: str) -> None:
    """A bare day, an unknown unit, no number: better an error than a guess."""
    with refused("invalid_limit"):
        Limit.parse(text)


@pytest.mark.parametrize("unit", clocks.UNITS)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("value", [0, 1, 20])
def test_text_and_parse_are_inverse(unit: Any, lang: str, value: int) -> None:
    """What is shown can be read back."""
    limit = Limit.of(value, unit)
    assert Limit.parse(limit.text(lang)) == limit


def test_text_has_no_needless_zeros() -> None:
    """Ten workdays are 10, not 1E+1 and not 10.0."""
    assert Limit(Decimal("10.0"), "workday").text() == "10个工作日"
    assert Limit.of(0.5, "workday").text("en") == "0.5 workdays"
    assert Limit(Decimal("1E+1"), "workday").text("en") == "10 workdays"


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal(-1), 0.5, True, "5", None])
def test_a_limit_holds_a_decimal_from_zero_on(value: Any) -> None:
    """Everything that is not a finite, non-negative decimal is refused."""
    with refused("invalid_limit"):
        Limit(value, "workday")


@pytest.mark.parametrize(
    "made",
    [
        lambda: Limit(Decimal(5), "fortnight"),  # type: ignore[arg-type]
        lambda: Limit.of("many", "workday"),
        lambda: Limit.from_data({"value": 10**10, "unit": "workday"}),
        lambda: Limit.from_data({"value": 10**40, "unit": "workday"}),
    ],
)
def test_a_limit_out_of_range_is_refused(made: Callable[[], Limit]) -> None:
    """An unknown unit, a word for a number, a number that no limit has: refused, however it is made."""
    with refused("invalid_limit"):
        made()


def test_what_is_a_limit_already_stays_it() -> None:
    """Data that was read before is not read again."""
    assert Limit.from_data(TEN) is TEN and Limit.from_data({"value": 10, "unit": "workday"}) == TEN == Limit.from_data(
        "10 workdays"
    )


def test_limits_of_one_unit_compare_by_value() -> None:
    """Eight workdays are less than twenty."""
    assert clocks.compare(Limit.of(8, "workday"), Limit.of(20, "workday")) == -1
    assert clocks.compare(Limit.of("1.0", "workday"), Limit.of(1, "workday")) == 0


def test_limits_of_different_units_compare_by_where_they_end() -> None:
    """Longer is what ends later from one known day at least; so two limits can each be longer than the other."""
    assert clocks.compare(Limit.of(30, "workday"), Limit.of(30, "natural_day")) == 1
    assert clocks.compare(Limit.of(30, "workday"), Limit.of(1, "year")) == -1
    assert clocks.compare(Limit.of(24, "hour"), Limit.of(1, "workday")) == -1
    assert clocks.compare(Limit.of(12, "month"), Limit.of(1, "year")) == 0
    assert clocks.compare(Limit.of(5, "workday"), Limit.of(7, "natural_day")) == 1
    assert clocks.compare(Limit.of(7, "natural_day"), Limit.of(5, "workday")) == 1


SPANS = {
    "0 workdays": (0, 10), "1 workday": (1, 11), "5 workdays": (5, 15), "10 workdays": (10, 22), "15 workdays": (17, 29),
    "20 workdays": (25, 38), "60 workdays": (81, 96), "7 natural days": (7, 17), "1 month": (28, 41),
    "3 months": (89, 102), "1 year": (365, 375), "24 hours": (1, 1), "36 hours": (1, 2), "0.5 workday": (0, 11),
}  # fmt: skip


@pytest.mark.parametrize("text", SPANS)
def test_spans_are_those_of_the_official_calendars(text: str) -> None:
    """Shortest and longest, counted again from every known day by the clock itself: at its first and last moment."""
    limit, found, first = Limit.parse(text), set[int](), date(2004, 1, 1)
    for offset in range((CN.horizon - first).days + 1):
        day = first + timedelta(days=offset)
        for moment in (clocks.start_of(day), clocks.end_of(day)):
            try:
                due = clocks.due(Ledger(moment, limit), CN).date
            except clocks.CalendarUnavailable:
                break
            assert due is not None
            found.add((due - day).days)
    measured = clocks.span(limit)
    assert measured is not None
    # The last moment of the last day is no start of its own; hours need no calendar and would run on.
    assert (measured.shortest, measured.longest) == SPANS[text] == (min(found), max(found))


@pytest.mark.parametrize(
    ("one", "other", "verdict", "later"),
    [
        ("10 workdays", "30 natural days", "never", 0),
        ("20 workdays", "3 months", "never", 0),
        ("1 month", "31 natural days", "never", 0),
        ("60 workdays", "3 months", "sometimes", 231),
        ("5 workdays", "7 natural days", "sometimes", 896),
        ("5 workdays", "5 natural days", "sometimes", 6141),  # on the other start dates they end together
        ("20 workdays", "30 natural days", "sometimes", 1456),
        ("60 natural days", "20 workdays", "always", 8341),
        ("1 natural day", "24 hours", "always", 8399),
        ("24 hours", "1 natural day", "never", 0),
        ("8 working hours", "3 workdays", "never", 0),
        ("8 working hours", "1 workday", "sometimes", 8399),
        ("5 workdays", "30 years", "never", 0),
        ("20 years", "30 natural days", "always", 0),
        ("20 years", "7305 natural days", "unknown", 0),
    ],
)
def test_one_limit_beside_another(one: str, other: str, verdict: str, later: int) -> None:
    """How often one ends later, on the calendars of 2004 to 2026; what cannot be measured is not claimed."""
    left, right = Limit.parse(one), Limit.parse(other)
    found = clocks.compare_on_calendar(left, right)
    assert (found.verdict, found.later, found.years) == (verdict, later, (2004, 2026))
    assert (found.example is not None) == (later > 0)
    if found.example and not left.timed and not right.timed:
        start = clocks.start_of(found.example.start)
        dues = [clocks.due(Ledger(start, each), CN).date for each in (left, right)]
        assert dues == [found.example.one, found.example.other] and found.example.one > found.example.other


@pytest.mark.parametrize(
    ("start", "limit", "end"),
    [
        ("2025-03-03 09:00:00.250000", "1 working hour", "2025-03-03 10:00:00.250000"),
        ("2025-03-03 11:30:00.250000", "1 working hour", "2025-03-03 14:00:00.250000"),
        ("2025-03-03 23:59:59.999999", "1 working hour", "2025-03-04 10:00"),
        ("2025-03-03 10:00", "0 working hours", "2025-03-03 10:00"),
        ("2025-03-03 12:00", "0 working hours", "2025-03-03 13:30"),
        ("2025-03-03 12:30", "0 working hours", "2025-03-03 13:30"),
        ("2025-03-03 18:00", "0 working hours", "2025-03-04 09:00"),
        ("2025-03-08 10:00", "0 working hours", "2025-03-10 09:00"),
    ],
)
def test_working_hours_end_at_their_instant(start: str, limit: str, end: str) -> None:
    """To the microsecond; a limit of no length ends where the office next is open."""
    begun, expected = (datetime.fromisoformat(each).replace(tzinfo=clocks.SHANGHAI) for each in (start, end))
    assert clocks.due(Ledger(begun, Limit.parse(limit)), CN).at == expected


@pytest.mark.parametrize("text", ["25000 workdays", "20 years", "240 months"])
def test_what_the_calendars_do_not_hold_is_not_measured(text: str) -> None:
    """A limit with too few known start dates has no span."""
    assert clocks.span(Limit.parse(text)) is None


@pytest.mark.parametrize("limit", [*SPANS, "45 workdays", "120 workdays", "12 months", "5 years", "8 working hours"])
def test_no_limit_ever_took_longer_than_its_bound(limit: str) -> None:
    """What limits are put in order by lies above all that was measured."""
    parsed = Limit.parse(limit)
    measured = clocks.span(parsed)
    assert measured is not None and measured.longest <= parsed.upper_bound_days() <= measured.longest * 1.7 + 11


def test_a_language_is_named_as_people_and_systems_name_it() -> None:
    """`zh-CN` is Chinese and `en-GB` English, for a limit, for a refusal and for an explanation; another is refused."""
    ledger = Ledger(START, TEN)
    for zh, en in (("zh", "en"), ("zh-CN", "en-GB"), ("zh_CN.UTF-8", "EN_US")):
        assert (TEN.text(zh), TEN.text(en)) == ("10个工作日", "10 workdays")
        assert clocks.explain(ledger, CN, zh).summary.startswith("自 2025-03-03 起算")
        assert clocks.explain(ledger, CN, en).summary.startswith("Started 2025-03-03")
    with pytest.raises(ClockError) as refused:
        Limit.parse("5日")
    assert refused.value.text("zh-CN") == "单位“日”有歧义，应写工作日或自然日"
    assert refused.value.text("en-GB") == "expected workdays or natural days"
    with pytest.raises(InvalidInput, match="应为 zh 或 en"):
        clocks.explain(ledger, CN, "fr")


# --- facts --------------------------------------------------------------------------------------------------------


def test_moments_outside_the_calendar_s_reach_are_refused() -> None:
    """A year before 1900 or after 8800 is a slip; a due date after the year 9999 cannot be written."""
    for year in (1899, 8801):
        with refused("invalid_input"):
            clocks.due(Ledger(datetime(year, 3, 3, tzinfo=UTC), TEN), CN)
    endless = Suspension(day("2025-03-05"), day("9999-12-31"), "x")
    with refused("invalid_limit"):
        clocks.due(Ledger(START, Limit.of(10, "natural_day"), (endless,)), CN)


def test_what_is_no_moment_is_refused() -> None:
    """The status is asked for a date or a moment, nothing else."""
    with refused("invalid_input"):
        clocks.status(Ledger(START, TEN), CN, "2025-03-05")  # type: ignore[arg-type]


def test_a_stopped_clock_is_never_overdue() -> None:
    """While it stands still there is no due date that could be past, however late it gets."""
    stopped = clocks.suspend(Ledger(START, TEN), day("2025-03-05"), "检测")
    found = clocks.status(stopped, CN, day("2025-12-01"))
    assert (found.overdue, found.light, found.due.date, found.remaining) == (False, "green", None, 8)


def test_an_extension_by_nothing_moves_nothing() -> None:
    """The due date of the ledger stays, whatever its unit."""
    for limit in (TEN, Limit.of(10, "natural_day")):
        plain = Ledger(START, limit)
        none = replace(plain, extensions=(Extension(Limit.of(0, "workday"), day("2025-03-04")),))
        assert clocks.due(none, CN).date == clocks.due(plain, CN).date


def test_a_moment_without_zone_is_refused() -> None:
    """A naive moment has no certain date in China."""
    with refused("invalid_input"):
        Ledger(datetime(2025, 3, 3, 10), TEN)
    with refused("invalid_input"):
        clocks.status(Ledger(START, TEN), CN, datetime(2025, 3, 5))


def test_the_zone_of_the_moment_does_not_matter() -> None:
    """The same instant told in other zones is the same clock."""
    zones = (UTC, ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"))
    for zone in zones:
        assert clocks.due(Ledger(START.astimezone(zone), TEN), CN) == clocks.due(Ledger(START, TEN), CN)


def test_suspend_and_resume() -> None:
    """A suspension opened and ended leaves one fact, and moves the due date by its workdays."""
    ledger = clocks.suspend(Ledger(START, TEN), day("2025-03-05"), "检测", "test")
    assert clocks.due(ledger, CN).frozen_remaining == 8
    ended = clocks.resume(ledger, day("2025-03-12"))
    assert ended.suspensions == (Suspension(day("2025-03-05"), day("2025-03-12"), "检测", "test"),)
    assert clocks.due(ended, CN).date == day("2025-03-24")


def test_what_is_not_stopped_cannot_resume() -> None:
    """Resuming a running clock, or one that has resumed, is refused."""
    running = Ledger(START, TEN)
    with refused("invalid_suspension"):
        clocks.resume(running, day("2025-03-05"))
    ended = clocks.resume(clocks.suspend(running, day("2025-03-05"), "检测"), day("2025-03-06"))
    with refused("invalid_suspension"):
        clocks.resume(ended, day("2025-03-07"))


def test_the_same_procedure_is_open_once() -> None:
    """Two different procedures may be open at once; the same one may not."""
    once = clocks.suspend(Ledger(START, TEN), day("2025-03-05"), "检测", "test")
    with refused("invalid_suspension"):
        clocks.suspend(once, day("2025-03-06"), "检测", "test")
    both = clocks.suspend(once, day("2025-03-06"), "专家评审", "review")
    with refused("invalid_suspension"):
        clocks.resume(both, day("2025-03-10"))
    one_left = clocks.resume(both, day("2025-03-10"), "test")
    assert clocks.due(one_left, CN).suspended
    # (5, 10] and (6, 12] together stand still on 6, 7, 10, 11 and 12 March.
    assert clocks.due(clocks.resume(one_left, day("2025-03-12")), CN).date == CN.add_workdays(day("2025-03-17"), 5)


def test_facts_come_in_order() -> None:
    """An end before its start, a stop before the event, a closing before the event are refused."""
    with refused("invalid_suspension"):
        Suspension(day("2025-03-05"), day("2025-03-04"), "检测")
    with refused("invalid_suspension"):
        clocks.resume(clocks.suspend(Ledger(START, TEN), day("2025-03-05"), "检测"), day("2025-03-04"))
    with refused("invalid_suspension"):
        clocks.suspend(Ledger(START, TEN), day("2025-03-02"), "检测")
    with refused("invalid_input"):
        clocks.close(Ledger(START, TEN), START - timedelta(seconds=1))
    with refused("invalid_input"):
        Suspension(START, None, "检测")


def test_a_closed_clock_takes_no_more_facts() -> None:
    """After closing nothing is stopped, extended or closed again."""
    closed = clocks.close(Ledger(START, TEN), START + timedelta(days=2))
    extension = Extension(Limit.of(5, "workday"), day("2025-03-06"))
    facts: tuple[Callable[[], Ledger], ...] = (
        lambda: clocks.suspend(closed, day("2025-03-06"), "检测"),
        lambda: clocks.resume(closed, day("2025-03-06")),
        lambda: clocks.close(closed, START + timedelta(days=3)),
        lambda: clocks.extend(closed, extension, CN),
    )
    for fact in facts:
        with refused("invalid_input"):
            fact()


def test_an_unknown_roll_is_refused() -> None:
    """Only two ways to roll exist."""
    with refused("invalid_input"):
        Ledger(START, TEN, roll="backwards")  # type: ignore[arg-type]


def test_an_extension_keeps_who_and_why() -> None:
    """A timely extension is one more fact, and a second one is refused unless the law allows two."""
    extension = Extension(Limit.of(5, "workday"), day("2025-03-10"), "局长", "案情复杂")
    longer = clocks.extend(Ledger(START, TEN), extension, CN)
    assert longer.extensions == (extension,)
    assert clocks.due(longer, CN).date == day("2025-03-24")
    again = replace(extension, decided_on=day("2025-03-20"))
    with refused("extension_limit_exceeded"):
        clocks.extend(longer, again, CN)
    assert clocks.due(clocks.extend(longer, again, CN, times=2), CN).date == day("2025-03-31")


def test_an_extension_while_stopped_moves_what_is_left() -> None:
    """Decided while the clock stands still, the extension adds to the frozen remainder."""
    stopped = clocks.suspend(Ledger(START, TEN), day("2025-03-05"), "检测")
    longer = clocks.extend(stopped, Extension(Limit.of(5, "workday"), day("2025-04-10")), CN)
    assert clocks.due(stopped, CN).frozen_remaining == 8
    assert clocks.due(longer, CN).frozen_remaining == 13


def test_an_extension_on_a_rest_day_of_a_stop_stays_timely_after_it() -> None:
    """Stopped on the due date, extended on the Saturday before it went on: what was accepted stays accepted."""
    stopped = clocks.suspend(Ledger(START, Limit.of(5, "workday")), day("2025-03-10"), "检测")
    longer = clocks.extend(stopped, Extension(Limit.of(2, "workday"), day("2025-03-15")), CN)
    assert clocks.due(clocks.resume(longer, day("2025-03-16")), CN).date == day("2025-03-18")


def test_hours_extend_hours_and_days_extend_hours() -> None:
    """A limit in hours may be prolonged by hours, or by workdays to the end of a day."""
    ledger = Ledger(START, Limit.parse("24 hours"))
    by_hours = clocks.extend(ledger, Extension(Limit.parse("12 hours"), day("2025-03-04")), CN)
    assert clocks.due(by_hours, CN).at == START + timedelta(hours=36)
    by_days = clocks.extend(ledger, Extension(Limit.parse("2 workdays"), day("2025-03-04")), CN)
    assert clocks.due(by_days, CN).at == clocks.end_of(day("2025-03-06"))


def test_an_extension_adds_to_the_rolled_date() -> None:
    """The current due date is the workday to which the last natural day rolled."""
    ledger = Ledger(START, Limit.of(12, "natural_day"))  # Saturday 15 March, rolled to Monday 17
    longer = clocks.extend(ledger, Extension(Limit.of(3, "natural_day"), day("2025-03-17")), CN)
    assert clocks.due(longer, CN).date == day("2025-03-20")


def test_an_extension_must_be_answerable() -> None:
    """One that ends in a year without a notice is refused when it is decided, not when it is asked for."""
    late = datetime(CN.horizon.year, 12, 10, 10, tzinfo=clocks.SHANGHAI)
    with refused("calendar_unavailable"):
        clocks.extend(Ledger(late, TEN), Extension(Limit.of(10, "workday"), late.date()), CN)


def test_a_suspension_inside_the_roll_stops_what_is_left_of_it() -> None:
    """Natural days whose last day rolled: a stop between the last day and the workday counts its days."""
    ledger = Ledger(START, Limit.of(12, "natural_day"))  # Saturday 15 March, rolled to Monday 17
    assert clocks.due(ledger, CN).date == day("2025-03-17")
    stopped = clocks.resume(clocks.suspend(ledger, day("2025-03-17"), "检测"), day("2025-03-19"))
    assert clocks.due(stopped, CN).date == day("2025-03-19")


# --- standing -----------------------------------------------------------------------------------------------------


def test_the_warning_is_the_start_of_the_day_with_two_left() -> None:
    """Ten workdays from 3 March: on 13 March two are left."""
    assert clocks.warn_at(Ledger(START, TEN), CN) == clocks.start_of(day("2025-03-13"))


def test_a_short_limit_warns_from_its_event() -> None:
    """A limit of one workday is yellow at once, not before it began."""
    assert clocks.warn_at(Ledger(START, Limit.of(1, "workday")), CN) == START


def test_no_warning_without_a_rule_or_after_a_good_end() -> None:
    """No threshold, closed while green, stopped while green: nothing to warn of."""
    assert clocks.warn_at(Ledger(START, TEN), CN, LightPolicy(None, None)) is None
    assert clocks.warn_at(clocks.close(Ledger(START, TEN), START + timedelta(days=1)), CN) is None
    assert clocks.warn_at(clocks.suspend(Ledger(START, TEN), day("2025-03-05"), "检测"), CN) is None


def test_closing_at_the_instant_of_the_warning_is_closing_yellow() -> None:
    """Closed at the first yellow instant it has warned; closed an instant before, it never will."""
    ledger = Ledger(START, TEN)
    at = clocks.warn_at(ledger, CN)
    assert at is not None
    assert clocks.warn_at(replace(ledger, closed_at=at), CN) == at
    assert clocks.status(replace(ledger, closed_at=at), CN, at).light == "yellow"
    assert clocks.warn_at(replace(ledger, closed_at=at - timedelta(microseconds=1)), CN) is None


def test_a_clock_that_was_yellow_when_it_stopped_stays_so() -> None:
    """The warning of a stopped clock is the one it had before."""
    stopped = clocks.suspend(Ledger(START, TEN), day("2025-03-14"), "检测")
    assert clocks.warn_at(stopped, CN) == clocks.start_of(day("2025-03-13"))
    assert clocks.status(stopped, CN, day("2025-06-03")).light == "yellow"


def test_red_may_wait() -> None:
    """A policy may let some workdays of delay pass before red."""
    policy = LightPolicy(2, None, 3)
    lights = [clocks.status(Ledger(START, TEN), CN, day(f"2025-03-{d}"), policy).light for d in (17, 18, 19, 20)]
    assert lights == ["yellow", "yellow", "yellow", "red"]


def test_a_suspension_that_ends_later_shows_as_standing() -> None:
    """Asked inside a suspension whose end is known: it stands, the due date is known, and nothing is used up."""
    ledger = Ledger(START, TEN, (Suspension(day("2025-03-05"), day("2025-03-12"), "检测"),))
    inside = clocks.status(ledger, CN, day("2025-03-10"))
    assert (inside.suspended, inside.elapsed, inside.remaining) == (True, 2, 8)
    assert inside.due.date == day("2025-03-24")
    assert not clocks.status(ledger, CN, day("2025-03-12")).suspended


def test_an_open_suspension_of_tomorrow_does_not_stop_today() -> None:
    """A status is asked of the facts known by then."""
    ledger = clocks.suspend(Ledger(START, TEN), day("2025-03-10"), "检测")
    assert clocks.status(ledger, CN, day("2025-03-07")).due.date == day("2025-03-17")


@pytest.mark.parametrize("limit", ["10 workdays", "24 hours", "0.5 workdays", "1 month"])
def test_the_due_instant_itself_is_in_time(limit: str) -> None:
    """At the last instant nothing is overdue, a microsecond later it is."""
    ledger = Ledger(START, Limit.parse(limit))
    last = clocks.due(ledger, CN).at
    assert last is not None
    assert not clocks.status(ledger, CN, last).overdue
    assert clocks.status(ledger, CN, last + timedelta(microseconds=1)).overdue


def test_a_clock_in_hours_needs_a_moment() -> None:
    """A bare date cannot say whether a limit in hours is over."""
    with refused("invalid_input"):
        clocks.status(Ledger(START, Limit.parse("4 hours")), CN, day("2025-03-03"))


def test_due_tells_its_calendar_and_whether_it_is_certain() -> None:
    """Beyond the notices the date is marked, before them it is not; the calendar version is kept."""
    late = datetime(CN.horizon.year, 12, 21, 10, tzinfo=clocks.SHANGHAI)
    guess = clocks.due(Ledger(late, Limit.of(20, "workday")), CN.provisional())
    sure = clocks.due(Ledger(late, Limit.of(2, "workday")), CN.provisional())
    assert guess.provisional and not sure.provisional
    assert guess.calendar_version == CN.provisional().version


def test_a_delay_counted_beyond_the_notices_is_marked() -> None:
    """The date is certain, but the days since then are not."""
    start = datetime(CN.horizon.year, 12, 1, 10, tzinfo=clocks.SHANGHAI)
    later = datetime(CN.horizon.year + 1, 1, 20, 10, tzinfo=clocks.SHANGHAI)
    found = clocks.status(Ledger(start, TEN), CN.provisional(), later)
    assert found.provisional and not found.due.provisional
    with refused("calendar_unavailable"):
        clocks.status(Ledger(start, TEN), CN, later)


# --- explanations -------------------------------------------------------------------------------------------------


def test_an_explanation_names_every_day() -> None:
    """Spring Festival 2024: what counted, what did not and why, in Chinese."""
    ledger = Ledger(datetime(2024, 2, 8, 10, tzinfo=clocks.SHANGHAI), Limit.of(2, "workday"))
    told = clocks.explain(ledger, CN)
    assert [(line.date.day, line.counted, line.why) for line in told.lines] == [
        (8, False, "起算事件当日不计入（民法典第201条）"),
        (9, True, "第1个工作日"),
        (10, False, "春节放假，不计"),
        (11, False, "春节放假，不计"),
        (12, False, "春节放假，不计"),
        (13, False, "春节放假，不计"),
        (14, False, "春节放假，不计"),
        (15, False, "春节放假，不计"),
        (16, False, "春节放假，不计"),
        (17, False, "春节放假，不计"),
        (18, True, "第2个工作日（春节调休上班）"),
    ]
    assert told.summary == "自 2024-02-08 起算，时限2个工作日，计 2 日，中止 0 日，到期日 2024-02-18。"


def test_an_explanation_names_stops_extensions_and_rolls() -> None:
    """Which suspension with its ground, which extension with who and why, which roll; in English."""
    ledger = Ledger(
        START,
        Limit.of(5, "workday"),
        (Suspension(day("2025-03-05"), day("2025-03-07"), "expert review"),),
        (Extension(Limit.of(2, "workday"), day("2025-03-11"), "the director", "complex"),),
    )
    told = clocks.explain(ledger, CN, "en")
    why = [line.why for line in told.lines]
    assert sum("clock stopped: expert review (2025-03-05 to 2025-03-07" in text for text in why) == 2
    assert "extended by 2 workdays, decided by the director, because: complex (was due 2025-03-12)" in why
    assert told.lines[-1].date == clocks.due(ledger, CN).date == day("2025-03-14")


@pytest.mark.parametrize(
    ("lang", "sunday", "monday"),
    [
        ("zh", "星期日：休息日，顺延", "星期一：期限末日为休息日，顺延至此"),
        ("en", "Sunday: a rest day, rolled on", "Monday: the last day was a rest day, rolled to here"),
    ],
)
def test_a_roll_names_the_days_it_passes(lang: str, sunday: str, monday: str) -> None:
    """The day of rest and the workday on which the limit ends, each by its name."""
    rolling = clocks.explain(Ledger(START, Limit.of(12, "natural_day")), CN, lang)
    told = [(line.kind, str(line.date), line.why) for line in rolling.lines[-2:]]
    assert told == [("roll", "2025-03-16", sunday), ("roll", "2025-03-17", monday)]


def test_an_open_suspension_explains_why_there_is_no_date() -> None:
    """It ends on the day the clock stopped and says so."""
    told = clocks.explain(clocks.suspend(Ledger(START, TEN), day("2025-03-05"), "检测"), CN)
    assert told.lines[-1].date == day("2025-03-05")
    assert "未恢复" in told.lines[-1].why
    assert "没有到期日" in told.summary


def test_a_limit_without_calendar_is_explained_without_names() -> None:
    """Hours into a year without a notice: days are listed, no name is invented."""
    late = datetime(CN.horizon.year, 12, 30, 10, tzinfo=clocks.SHANGHAI)
    told = clocks.explain(Ledger(late, Limit.parse("72 hours")), CN)
    assert [line.date.day for line in told.lines] == [30, 31, 1, 2]


def test_an_extension_in_another_unit_is_counted_in_it() -> None:
    """Workdays first, then the natural days of the extension, weekends counted."""
    extension = Extension(Limit.parse("10 natural days"), day("2025-03-10"), "局长")
    told = clocks.explain(clocks.extend(Ledger(START, Limit.of(5, "workday")), extension, CN), CN)
    assert sum(line.counted for line in told.lines) == 15
    assert told.lines[-1].date == day("2025-03-20")


# --- procedure ----------------------------------------------------------------------------------------------------


def test_the_clock_of_an_acceptance_can_go_on() -> None:
    """An acceptance hands over the ledger of the decision clock it started."""
    facts = Correction(START, TEN, notice_on=day("2025-03-05"), accepted_on=day("2025-03-12"))
    found = clocks.acceptance(facts, CN)
    assert found.ledger is not None and found.ledger.start == day("2025-03-12")
    assert found.due == clocks.due(found.ledger, CN)


def test_deemed_acceptance_keeps_the_moment_of_receipt() -> None:
    """Deemed accepted on the day of receipt, the clock starts at that moment."""
    found = clocks.acceptance(Correction(START, TEN, as_of=day("2025-03-20")), CN)
    assert found.deemed_accepted and found.ledger is not None
    assert found.ledger.anchor == START


def test_promise_and_statute_run_side_by_side() -> None:
    """Undecided and before both dates nothing is said about keeping them."""
    promised, statutory = Ledger(START, Limit.of(8, "workday")), Ledger(START, Limit.of(20, "workday"))
    found = clocks.dual(promised, statutory, CN, None, day("2025-03-05"))
    assert (found.within_promise, found.within_statute, found.used_workdays) == (None, None, 2)
    assert clocks.dual(promised, statutory, CN).used_workdays is None


def test_a_plan_names_its_critical_chain() -> None:
    """The theme is due with the chain that ends last."""
    items = {
        "name": PlanItem(Limit.of(1, "workday")),
        "fire": PlanItem(Limit.of(12, "workday"), ("name",)),
        "food": PlanItem(Limit.of(10, "workday"), ("name",)),
        "sign": PlanItem(Limit.of(5, "workday")),
    }
    found = clocks.plan(items, START, CN, cap=clocks.JOINT)
    assert found.critical == ("name", "fire")
    assert found.due == found.items["fire"].due.date  # type: ignore[union-attr]
    assert found.cap_exceeded is False and not found.provisional


def test_of_two_prerequisites_that_end_together_the_first_named_is_critical() -> None:
    """A tie is broken by the order in which the definition names them, not by chance."""
    two = {"a": PlanItem(Limit.of(5, "workday")), "b": PlanItem(Limit.of(5, "workday"))}
    for needs in (("a", "b"), ("b", "a")):
        found = clocks.plan({**two, "c": PlanItem(Limit.of(1, "workday"), needs)}, START, CN)
        assert (found.critical, found.items["c"].after) == ((needs[0], "c"), needs[0])


def test_an_extension_that_comes_too_late_for_the_promise_moves_the_statute_alone() -> None:
    """A broken promise stays broken; one in time moves both; one after the statutory date is refused."""
    facts = {"start": "2025-03-03T10:00:00+08:00", "promised": "8 workdays", "statutory": "20 workdays"}

    def dates(decided: str) -> Any:
        extension = {"by": {"value": 10, "unit": "workday"}, "decided_on": decided}
        result = govflow.due({"kind": "dual", "input": {**facts, "extensions": [extension]}})["result"]
        return result.get("error") or (result["promised_due"], result["statutory_due"])

    assert dates("2025-03-13") == ("2025-03-27", "2025-04-15")
    assert dates("2025-03-14") == ("2025-03-13", "2025-04-15")
    assert dates("2025-04-01") == "extension_too_late"


def test_a_half_day_goes_on_after_a_half_day() -> None:
    """A successor in working time starts at the moment its predecessor is due."""
    items = {"a": PlanItem(Limit.of(0.5, "workday")), "b": PlanItem(Limit.of(0.5, "workday"), ("a",))}
    found = clocks.plan(items, START, CN)
    ends = [item.due.at.isoformat()[:16] for item in found.items.values() if item.due and item.due.at]
    assert ends == ["2025-03-03T15:00", "2025-03-04T10:00"]


def test_a_theme_may_follow_the_moment_of_completion() -> None:
    """An actual completion with its moment is converted to China's date first."""
    items = {"a": PlanItem(Limit.of(5, "workday")), "b": PlanItem(Limit.of(5, "workday"), ("a",))}
    found = clocks.plan(items, START, CN, {"a": datetime(2025, 3, 5, 20, tzinfo=UTC)})
    assert found.items["b"].start == day("2025-03-06")
