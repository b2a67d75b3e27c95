"""What must hold for every calendar, checked against a slow counter that walks day by day and shares no code."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.law import clocks
from govflow.law.calendar import Calendar, ClockError
from govflow.law.clocks import Extension, Ledger, LightPolicy, Limit, Suspension
from govflow.law.clocks.counting import Trace
from govflow.law.questions import answer_lines
from govflow.law.questions import due as answer

FIRST = date(2024, 1, 1)
LAST = FIRST + timedelta(days=700)
ONE = timedelta(days=1)


# --- the slow counter ---------------------------------------------------------------------------------------------


def slow_add(is_workday: Any, start: date, count: int) -> date:
    """The count-th workday after start, one day at a time."""
    day = start
    while count:
        day += ONE
        count -= is_workday(day)
    return day


def slow_roll(is_workday: Any, day: date) -> date:
    """The day, or the first workday after it."""
    while not is_workday(day):
        day += ONE
    return day


def slow_due(is_workday: Any, start: date, count: int, unit: str, stops: list[tuple[date, date]]) -> date:
    """Simulate a clock that counts down on every day that counts, and stands still on the days of a stop."""

    def stands(day: date) -> bool:
        return any(a < day <= b for a, b in stops)

    day = start
    if unit == "workday" and not count and not is_workday(start):
        count = 1  # on the spot, but nobody is there: the first workday that runs
    while count:
        day += ONE
        if not stands(day) and (unit == "natural_day" or is_workday(day)):
            count -= 1
    # A stop that starts no later than the due date holds it to the last day of the stop, and so on.
    while later := [b for a, b in stops if a <= slow_roll(is_workday, day) and b > max(a, day)]:
        day = later[0]
    return slow_roll(is_workday, day)


def _days(after: date, until: date) -> list[date]:
    return [after + timedelta(days=i) for i in range(1, (until - after).days + 1)]


# --- what is drawn ------------------------------------------------------------------------------------------------

near = st.integers(0, 120).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """A calendar with breaks of one to nine days and some weekend days worked, as notices make them."""
    holidays: set[date] = set()
    for begin in draw(st.lists(st.integers(0, 600), max_size=12)):
        length = draw(st.integers(1, 9))
        holidays |= {FIRST + timedelta(days=begin + i) for i in range(length)}
    weekends = [d for d in _days(FIRST, LAST) if d.weekday() > 4 and d not in holidays]
    workdays = draw(st.sets(st.sampled_from(weekends), max_size=10))
    return Calendar.of_days(FIRST, LAST, holidays, workdays)


@st.composite
def stops(draw: st.DrawFn) -> list[tuple[date, date]]:
    """Suspensions in any order, overlapping or not, some of no length, some before the start."""
    starts = draw(st.lists(near, max_size=4))
    return [(a, a + timedelta(days=draw(st.integers(0, 25)))) for a in starts]


def ledger_of(start: date, limit: Limit, stopped: list[tuple[date, date]]) -> Ledger:
    """A ledger whose event happens in the middle of the day."""
    anchor = datetime(start.year, start.month, start.day, 10, tzinfo=clocks.SHANGHAI)
    return Ledger(anchor, limit, tuple(Suspension(a, b, "检测") for a, b in stopped))


counts = st.integers(0, 60)


# --- the properties -----------------------------------------------------------------------------------------------


@given(calendars(), near, counts)
@settings(max_examples=60)
def test_the_table_agrees_with_walking(calendar: Calendar, start: date, count: int) -> None:
    """Looking up the n-th workday is what walking to it gives, and counting back gives n."""
    found = calendar.add_workdays(start, count)
    if count:
        assert found == slow_add(calendar.is_workday, start, count)
        assert calendar.workdays_between(start, found) == count
    assert calendar.is_workday(found)
    assert calendar.workdays_between(start, found) == sum(map(calendar.is_workday, _days(start, found)))


@given(calendars(), near, st.integers(1, 40), st.integers(0, 40))
def test_adding_in_two_steps_is_adding_at_once(calendar: Calendar, start: date, one: int, other: int) -> None:
    """add(a + b) = add(add(a), b): the first sum lands on a workday, from which the second one counts on."""
    assert calendar.add_workdays(start, one + other) == calendar.add_workdays(calendar.add_workdays(start, one), other)


@given(calendars(), near, counts, stops(), st.sampled_from(["workday", "natural_day"]))
@settings(max_examples=100)
def test_due_agrees_with_a_simulated_clock(
    calendar: Calendar, start: date, count: int, stopped: list[tuple[date, date]], unit: Any
) -> None:
    """With any suspensions the due date is that of a clock simulated day by day."""
    found = clocks.due(ledger_of(start, Limit.of(count, unit), stopped), calendar)
    assert found.date == slow_due(calendar.is_workday, start, count, unit, stopped)


@given(calendars(), near, counts, stops(), st.sampled_from(["workday", "natural_day", "month"]))
@settings(max_examples=60)
def test_more_time_is_never_due_earlier(
    calendar: Calendar, start: date, count: int, stopped: list[tuple[date, date]], unit: Any
) -> None:
    """One more day of limit, or one more suspension, never gives an earlier date."""
    count = min(count, 6) if unit == "month" else count
    here = clocks.due(ledger_of(start, Limit.of(count, unit), stopped), calendar)
    more = clocks.due(ledger_of(start, Limit.of(count + 1, unit), stopped), calendar)
    less_stopped = clocks.due(ledger_of(start, Limit.of(count, unit), stopped[1:]), calendar)
    assert here.date and more.date and less_stopped.date
    assert less_stopped.date <= here.date <= more.date


@given(calendars(), near, counts, stops(), st.sampled_from(["workday", "natural_day"]))
@settings(max_examples=60)
def test_a_due_day_is_a_workday(
    calendar: Calendar, start: date, count: int, stopped: list[tuple[date, date]], unit: Any
) -> None:
    """Whatever happens, the last day is a day on which one can act at the window."""
    found = clocks.due(ledger_of(start, Limit.of(count, unit), stopped), calendar)
    assert found.date is not None and calendar.is_workday(found.date)
    assert found.at == clocks.end_of(found.date)


@given(calendars(), near, counts, st.integers(0, 120))
@settings(max_examples=60)
def test_stopping_and_resuming_at_once_changes_nothing(calendar: Calendar, start: date, count: int, later: int) -> None:
    """A suspension that ends on the day it began takes out no day."""
    on = start + timedelta(days=later)
    ledger = ledger_of(start, Limit.of(count, "workday"), [])
    touched = clocks.resume(clocks.suspend(ledger, on, "听证"), on)
    assert clocks.due(touched, calendar) == clocks.due(ledger, calendar)


@given(calendars(), near, st.integers(1, 40), stops())
@settings(max_examples=60)
def test_total_is_budget_and_merged_stopped_time(
    calendar: Calendar, start: date, count: int, stopped: list[tuple[date, date]]
) -> None:
    """Workdays from start to due = the limit + the workdays that stood still, each once, + the one after a held end."""
    ledger = ledger_of(start, Limit.of(count, "workday"), stopped)
    played = clocks.trace(ledger, calendar)
    used = [s.cause for s in played.stopped]
    still = {d for s in used if s.end for d in _days(max(s.start, start), s.end) if calendar.is_workday(d)}
    assert calendar.workdays_between(start, played.end.day) == count + len(still) + _is_held(played)


def _is_held(played: Trace) -> bool:
    """Whether a stop that began with nothing left ended on a rest day, so that the next workday is one more."""
    return played.end.raw < played.end.day


@st.composite
def running(draw: st.DrawFn) -> tuple[Calendar, int, Ledger, date]:
    """A clock in workdays, its calendar and its length, and a day on which it runs and all its stops are over."""
    calendar, start, count = draw(calendars()), draw(near), draw(st.integers(1, 30))
    kept: list[tuple[date, date]] = []
    limit = Limit.of(count, "workday")
    last = clocks.due(ledger_of(start, limit, kept), calendar).date
    for stop in sorted(draw(stops())):
        due = clocks.due(ledger_of(start, limit, [*kept, stop]), calendar).date
        if due is not None and stop[1] <= due:
            kept, last = [*kept, stop], due
    assert last is not None
    first = max([start, *(end for _, end in kept)])
    on = first + timedelta(days=draw(st.integers(0, (last - first).days)))
    return calendar, count, ledger_of(start, limit, kept), on


@given(running())
@settings(max_examples=60)
def test_an_open_suspension_freezes_what_is_left(drawn: tuple[Calendar, int, Ledger, date]) -> None:
    """What is left when the clock stops is left when it goes on, however long that takes; nothing becomes overdue."""
    calendar, count, before, on = drawn
    still = clocks.suspend(before, on, "专家评审")
    found = clocks.status(still, calendar, on + timedelta(days=300))
    assert found.due.date is None and found.suspended and not found.overdue
    assert found.remaining == found.due.frozen_remaining == count - found.elapsed
    on_again = clocks.due(clocks.resume(still, on + timedelta(days=90)), calendar).date
    resumed = on + timedelta(days=90)
    left = found.remaining
    assert on_again == (calendar.add_workdays(resumed, left) if left else calendar.next_workday(resumed))


@given(calendars(), near, st.integers(0, 40), stops(), st.integers(-3, 90))
@settings(max_examples=60)
def test_elapsed_and_remaining_make_the_limit(
    calendar: Calendar, start: date, count: int, stopped: list[tuple[date, date]], later: int
) -> None:
    """Until it is due, what has elapsed and what remains add up to the limit; afterwards nothing remains."""
    ledger = ledger_of(start, Limit.of(count, "workday"), stopped)
    on = max(FIRST, start + timedelta(days=later))
    found = clocks.status(ledger, calendar, on)
    assert found.due.date is not None
    if found.overdue:
        assert found.remaining == 0
        assert found.overdue_workdays == calendar.workdays_between(found.due.date, on)
    elif count:
        assert found.elapsed + found.remaining == count + _is_held(clocks.trace(ledger, calendar))


@given(calendars(), near, st.integers(0, 40), stops(), st.integers(0, 6), st.booleans())
@settings(max_examples=60)
def test_the_warning_is_when_the_light_turns(
    calendar: Calendar, start: date, count: int, stopped: list[tuple[date, date]], few: int, share: bool
) -> None:
    """The instant of warning is the first day on which the status is not green."""
    policy = LightPolicy(None, clocks.Limit.of("0.8", "workday").value) if share else LightPolicy(few)
    ledger = ledger_of(start, Limit.of(count, "workday"), stopped)
    at, last = clocks.warn_at(ledger, calendar, policy), clocks.due(ledger, calendar).date
    assert last is not None
    shown = [d for d in _days(start - ONE, last) if clocks.status(ledger, calendar, d, policy).light != "green"]
    assert (at.date() if at else None) == (shown[0] if shown else None)


@given(calendars(), near, st.integers(1, 40), stops(), st.integers(1, 10), st.integers(0, 60))
@settings(max_examples=60)
def test_an_extension_adds_to_the_current_due_date(
    calendar: Calendar, start: date, count: int, stopped: list[tuple[date, date]], more: int, decided: int
) -> None:
    """Decided in time it adds its workdays to the due date of that day; decided later it is refused.

    While the clock stands still with nothing left, there is no due date: they are counted from the end of the stop.
    """
    ledger = ledger_of(start, Limit.of(count, "workday"), stopped)
    on = start + timedelta(days=decided)
    known = ledger_of(start, Limit.of(count, "workday"), [s for s in stopped if s[0] <= on])
    current = clocks.due(known, calendar).date
    assert current is not None
    extension = Extension(Limit.of(more, "workday"), on)
    if on > current:
        with pytest.raises(ClockError) as refused:
            clocks.extend(ledger, extension, calendar)
        assert refused.value.code == "extension_too_late"
    else:
        longer = clocks.due(clocks.extend(known, extension, calendar), calendar).date
        played = clocks.trace(known, calendar)
        standing = bool(played.stopped) and on <= played.stopped[-1].until
        held = _is_held(played) and standing
        assert longer == calendar.add_workdays(played.end.raw if held else current, more)


@given(calendars(), near, st.integers(0, 40), stops(), st.sampled_from(["workday", "natural_day"]))
@settings(max_examples=60)
def test_the_explanation_tells_the_same_story(
    calendar: Calendar, start: date, count: int, stopped: list[tuple[date, date]], unit: Any
) -> None:
    """Its days follow one another, count up to the limit, and end on the due date."""
    ledger = ledger_of(start, Limit.of(count, unit), stopped)
    told = clocks.explain(ledger, calendar)
    days = [line.date for line in told.lines]
    assert days == [start, *_days(start, days[-1])]
    assert days[-1] == clocks.due(ledger, calendar).date
    counted = [line for line in told.lines if line.counted]
    assert [line.number for line in counted] == list(range(1, len(counted) + 1))
    if count and unit == "workday":
        assert len(counted) == count
    assert str(days[-1]) in told.summary


@given(near, st.integers(0, 60), stops(), st.sets(near, max_size=6), st.sets(near, max_size=6))
@settings(max_examples=60)
def test_projecting_again_after_an_edit_is_computing_from_scratch(
    start: date, count: int, stopped: list[tuple[date, date]], rest: set[date], work: set[date]
) -> None:
    """A ledger keeps no date, so a notice added later gives what a calendar that always had it gives."""
    rest -= work
    plain = Calendar.of_days(FIRST, LAST)
    entries = [{"name": "假", "date": d.isoformat()} for d in sorted(rest)]
    data = {"year": 2024, "source": "通知", "holidays": entries, "workdays": [d.isoformat() for d in sorted(work)]}
    edited, scratch = plain.overlay(data), Calendar.of_days(FIRST, LAST, rest, work)
    ledger = ledger_of(start, Limit.of(count, "workday"), stopped)
    assert clocks.due(ledger, edited).date == clocks.due(ledger, scratch).date
    assert edited.version == plain.overlay(data).version != plain.version


@given(calendars(), st.integers(0, 60 * 24 * 40), st.integers(1, 200))
@settings(max_examples=60)
def test_business_hours_agree_with_counting_minutes(calendar: Calendar, minute: int, quarters: int) -> None:
    """Working hours end at the minute to which a counter of open minutes comes."""
    start = datetime(2024, 1, 1, tzinfo=clocks.SHANGHAI) + timedelta(minutes=minute)
    found = clocks.due(Ledger(start, Limit.of(quarters / 4, "working_hour")), calendar).at
    left, now = quarters * 15, start
    while left:
        clock = now.hour * 60 + now.minute
        if not calendar.is_workday(now.date()):
            now = clocks.start_of(now.date() + ONE)
            continue
        left -= 540 <= clock < 720 or 810 <= clock < 1050
        now += timedelta(minutes=1)
    assert found == now


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = [
    "start", "limit", "suspensions", "extensions", "as_of", "policy", "received", "notice_limit", "notice_on",
    "promised", "statutory", "items", "unified_acceptance", "actual_completions", "joint_cap_workdays", "max", "roll",
]  # fmt: skip
wild = st.one_of(
    json_values,
    st.sampled_from(["2025-03-03T10:00:00+08:00", "2025-03-03", "9999-12-31", "0001-01-01T00:00:00Z", "5 workdays"]),
    st.builds(
        lambda v, u: {"value": v, "unit": u},
        st.integers(-5, 10**12) | st.floats() | json_values,
        st.sampled_from([*clocks.UNITS, "day"]),
    ),
    st.lists(
        st.fixed_dictionaries({}, optional={"from": json_values, "to": json_values, "by": json_values}), max_size=2
    ),
)


@given(
    st.sampled_from(["due", "status", "correction", "dual", "bundle"]),
    st.dictionaries(st.sampled_from(KEYS), wild),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=100)
def test_no_input_raises(kind: str, given_input: dict[str, Any], provisional: bool, explained: bool) -> None:
    """Any JSON value gets an answer: a result or one of the published error codes."""
    found = answer({"id": 1, "kind": kind, "input": given_input}, provisional=provisional, explain=explained)
    assert found["id"] == 1
    if "error" in found:
        assert found["result"]["error"] == found["error"]
        assert found["error"] in (
            "calendar_unavailable", "invalid_limit", "invalid_suspension", "extension_too_late",
            "extension_limit_exceeded", "invalid_input",
        )  # fmt: skip
        assert found["message"]


@given(st.lists(st.text(max_size=20).filter(lambda t: "\n" not in t)))
@settings(max_examples=60)
def test_every_line_gets_one_line(lines: list[str]) -> None:
    """A line that is not JSON gets an answer of its own, empty lines none."""
    assert len(list(answer_lines(lines))) == sum(bool(line.strip().removeprefix("\ufeff")) for line in lines)
