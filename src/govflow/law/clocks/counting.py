"""When is a clock due, how does it stand, when does it turn yellow: pure functions of a ledger and a calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from govflow.law.calendar import Calendar
from govflow.law.clocks.ledger import Extension, Ledger, Suspension, check_count, check_size, default_max
from govflow.law.clocks.limits import (
    SHANGHAI,
    Limit,
    Point,
    Roll,
    clock_error,
    end_of,
    local,
    rolled,
    run,
    run_days,
    start_of,
)

Light = Literal["green", "yellow", "red"]
_FOREVER = date.max


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock is due. `at` is the last instant in time: the end of `date`, or the moment for limits in hours.

    While suspended there is no due date and `frozen_remaining` workdays are left. `provisional` says that the answer
    rests on days that no notice covers yet; `calendar_version` says on which data it rests.
    """

    date: date | None
    at: datetime | None
    provisional: bool
    calendar_version: str
    suspended: bool
    frozen_remaining: int | None


@dataclass(frozen=True, slots=True)
class LightPolicy:
    """When a clock turns yellow: so few workdays left, or so large a share used. It is red when overdue.

    `red_after` workdays of delay may be let pass before red; until then it stays yellow. All are settings.
    """

    yellow_remaining: int | None = 2
    yellow_share: Decimal | None = None
    red_after: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """How a clock stands at a moment, in workdays (R12): a clock overdue on a rest day is overdue by 0 workdays."""

    elapsed: int
    remaining: int
    overdue: bool
    overdue_workdays: int
    light: Light
    due: Due
    suspended: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """Days d with after < d <= until that do not count, and whose suspension it is."""

    after: date
    until: date
    cause: Suspension


@dataclass(frozen=True, slots=True)
class Trace:
    """A ledger played through: where the clock ends, which days stood still, what moved it, what had no effect."""

    base: Point
    end: Point
    stopped: tuple[Interval, ...]
    extended: tuple[tuple[Extension, date], ...]
    open: Suspension | None
    ignored: tuple[Suspension, ...]
    last_day_asked: date | None


def trace(ledger: Ledger, calendar: Calendar, until: date = _FOREVER) -> Trace:
    """Play the facts of a ledger dated up to `until`, in the order of their dates, suspensions before extensions.

    Raises `extension_too_late` when an extension was decided after the clock was due (an expired limit cannot be
    extended) and `calendar_unavailable` when the answer needs a day that the calendar does not know.
    """
    try:
        return _play(ledger, calendar, until)
    except OverflowError:
        raise clock_error("invalid_limit", "期限超出可计算的年份", "the due date lies beyond the year 9999") from None


def _play(ledger: Ledger, calendar: Calendar, until: date) -> Trace:
    end = run(ledger.limit, ledger.anchor, calendar, ledger.roll)
    now = Trace(end, end, (), (), None, (), end.last_day_asked)
    for fact in _in_order(ledger, until):
        if isinstance(fact, Extension):
            now = _extended(now, fact, ledger, calendar)
        else:
            now = _stopped(now, fact, ledger, calendar)
    return now


def _in_order(ledger: Ledger, until: date) -> Iterator[Suspension | Extension]:
    facts: list[tuple[date, int, Suspension | Extension]] = [(s.start, 0, s) for s in ledger.suspensions]
    facts += [(e.decided_on, 1, e) for e in ledger.extensions]
    facts.sort(key=lambda fact: fact[:2])
    return (fact for day, _, fact in facts if day <= until)


def _stopped(now: Trace, cause: Suspension, ledger: Ledger, calendar: Calendar) -> Trace:
    if cause.start > now.end.day:  # it does not heal an overdue clock (R7)
        return replace(now, ignored=(*now.ignored, cause))
    covered = now.stopped[-1].until if now.stopped else ledger.start
    after, until = max(cause.start, covered), cause.end or _FOREVER
    if until <= after:
        return now
    stopped = (*now.stopped, Interval(after, until, cause))
    if cause.end is None:
        return replace(now, stopped=stopped, open=cause)
    end = _moved(now.end, after, until, ledger, calendar)
    return replace(now, stopped=stopped, end=end, last_day_asked=_later(now.last_day_asked, end.last_day_asked))


def _moved(end: Point, after: date, until: date, ledger: Ledger, calendar: Calendar) -> Point:
    """The end of the clock moved by the days that stood still: workdays for a limit in workdays, else all days.

    A stop that begins with nothing left, on the last day or while that day rolls, holds the clock until it ends: no clock
    is due inside a stop, and on a rest day nobody can act.
    """
    unit, whole = ledger.limit.unit, until - after
    if unit == "hour" and end.at is not None:
        at = end.at + whole
        at = max(at, end_of(until)) if at.date() <= until else at
        return Point(at.date(), at.date(), at, None)
    if unit in ("workday", "working_hour"):
        days = calendar.workdays_between(after, until)
        raw = calendar.add_workdays(end.raw, days) if days else end.raw
        held = raw <= until
        raw = max(raw, until)
        day = calendar.next_workday(raw)
        if end.at is None:
            return Point(raw, day, None, day)
        return Point(raw, day, end_of(day) if held else datetime.combine(day, end.at.time(), SHANGHAI), day)
    return rolled(max(end.raw + whole, until), calendar, ledger.roll)


def _extended(now: Trace, extension: Extension, ledger: Ledger, calendar: Calendar) -> Trace:
    standing = bool(now.stopped) and extension.decided_on <= now.stopped[-1].until  # then no time was running out
    if extension.decided_on > now.end.day and not standing and not extension.granted:
        zh = f"延期决定日 {extension.decided_on} 晚于到期日 {now.end.day}"
        en = f"extension decided on {extension.decided_on}: expected {now.end.day} (the due date) or earlier"
        raise clock_error("extension_too_late", zh, en)
    # Decided while the clock stands still with nothing left, it counts from the end of the stop; else from the due day.
    day = now.end.raw if standing and now.end.raw <= now.stopped[-1].until else now.end.day
    end = _prolonged(replace(now.end, day=day), extension.by, calendar, ledger.roll)
    last_day_asked = _later(now.last_day_asked, end.last_day_asked)
    return replace(now, end=end, last_day_asked=last_day_asked, extended=(*now.extended, (extension, day)))


def _prolonged(end: Point, by: Limit, calendar: Calendar, roll: Roll) -> Point:
    if by.timed and end.at is not None:
        return run(by, end.at, calendar, roll)
    if by.value == 0:
        return end
    return run_days(by, end.day, calendar, roll)


def _later(one: date | None, other: date | None) -> date | None:
    if one is None or other is None:
        return one or other
    return max(one, other)


def due(ledger: Ledger, calendar: Calendar) -> Due:
    """When the clock of this ledger is due: the one function behind inbox, sweep, report and answers."""
    return _due_of(trace(ledger, calendar), ledger, calendar)


def _due_of(now: Trace, ledger: Ledger, calendar: Calendar) -> Due:
    provisional = now.last_day_asked is not None and calendar.is_beyond_notice(now.last_day_asked)
    if now.open is not None:
        left = _remaining(now, now.stopped[-1].after, ledger, calendar)
        return Due(None, None, provisional, calendar.version, True, left)
    day = now.end.day
    return Due(day, now.end.at or end_of(day), provisional, calendar.version, False, None)


def due_without_suspension(ledger: Ledger, calendar: Calendar) -> Due:
    """When the clock would be due had it never stood still: what the suspensions cost is the difference."""
    end = run(ledger.limit, ledger.anchor, calendar, ledger.roll)
    last_day_asked = end.last_day_asked
    for extension in ledger.extensions:
        end = _prolonged(end, extension.by, calendar, ledger.roll)
        last_day_asked = _later(last_day_asked, end.last_day_asked)
    return _due_of(Trace(end, end, (), (), None, (), last_day_asked), ledger, calendar)


def status(ledger: Ledger, calendar: Calendar, as_of: datetime | date, policy: LightPolicy | None = None) -> Status:
    """How the clock stands at `as_of` (a date means any time of that day); a closed clock stands as it closed.

    The due date rests on all facts given, except an open suspension or an extension dated after `as_of`.
    """
    when = _when(as_of, ledger)
    day = when.date() if isinstance(when, datetime) else when
    now = trace(_known(ledger, day), calendar)
    found = _due_of(now, ledger, calendar)
    overdue = now.open is None and _is_past(when, found)
    late = calendar.workdays_between(now.end.day, day) if overdue else 0
    at = max(day, ledger.start)
    elapsed, remaining = _elapsed(now, at, ledger, calendar), _remaining(now, at, ledger, calendar)
    light = _light(elapsed, remaining, overdue, late, policy or LightPolicy())
    standing = any(stop.cause.start <= day < stop.until for stop in now.stopped)
    guessed = found.provisional or calendar.is_beyond_notice(at)  # the days counted up to now may be, the date not
    return Status(elapsed, remaining, overdue, late, light, found, standing, guessed)


def _known(ledger: Ledger, day: date) -> Ledger:
    suspensions = tuple(s for s in ledger.suspensions if s.end is not None or s.start <= day)
    if len(suspensions) == len(ledger.suspensions):
        return ledger
    return replace(ledger, suspensions=suspensions)


def _when(as_of: datetime | date, ledger: Ledger) -> datetime | date:
    if isinstance(as_of, datetime):
        moment = local(as_of, "as_of")
        return moment if ledger.closed_at is None else min(moment, ledger.closed_at)
    if not isinstance(as_of, date):
        raise clock_error(
            "invalid_input", f"as_of 应为日期或时间：{as_of!r}", f"as_of: found {as_of!r}, expected a moment"
        )
    if ledger.limit.timed:
        zh, en = "以小时计的时限，as_of 应含时刻", f"as_of: found the date {as_of}, expected a moment"
        raise clock_error("invalid_input", zh, en)
    return as_of if ledger.closed_at is None or as_of <= ledger.closed_at.date() else ledger.closed_at


def _is_past(when: datetime | date, found: Due) -> bool:
    if found.at is None or found.date is None:
        return False
    return when > found.at if isinstance(when, datetime) else when > found.date


def _counted(now: Trace, after: date, until: date, calendar: Calendar) -> int:
    """Workdays d with after < d <= until on which the clock was running."""
    total = calendar.workdays_between(after, until)
    for stop in now.stopped:
        total -= calendar.workdays_between(max(after, stop.after), min(until, stop.until))
    return total


def _elapsed(now: Trace, day: date, ledger: Ledger, calendar: Calendar) -> int:
    return _counted(now, ledger.start, day, calendar)


def _remaining(now: Trace, day: date, ledger: Ledger, calendar: Calendar) -> int:
    if now.open is not None:
        # Frozen: what was left when it stopped (R7); before that, what is left of the undisturbed clock.
        day = min(day, now.stopped[-1].after)
        closed = replace(now, stopped=now.stopped[:-1])
        return max(0, _counted(closed, max(day, ledger.start), now.end.day, calendar))
    return max(0, _counted(now, max(day, ledger.start), now.end.day, calendar))


def _light(elapsed: int, remaining: int, overdue: bool, late: int, policy: LightPolicy) -> Light:
    if overdue and late >= policy.red_after:
        return "red"
    return "yellow" if overdue or _warns(elapsed, remaining, policy) else "green"


def _warns(elapsed: int, remaining: int, policy: LightPolicy) -> bool:
    if policy.yellow_remaining is not None and remaining <= policy.yellow_remaining:
        return True
    total = elapsed + remaining
    return policy.yellow_share is not None and total > 0 and elapsed >= policy.yellow_share * total


def warn_at(ledger: Ledger, calendar: Calendar, policy: LightPolicy | None = None) -> datetime | None:
    """The instant from which the clock is no longer green: the start of the first such day, never before the event.

    None when it will not turn yellow as things stand: suspended while green, or closed while green.
    """
    now, rule = trace(ledger, calendar), policy or LightPolicy()
    last = now.stopped[-1].after if now.open is not None else now.end.day

    def warns(day: date) -> bool:
        return _warns(_elapsed(now, day, ledger, calendar), _remaining(now, day, ledger, calendar), rule)

    first = _first_day(ledger.start, max(last, ledger.start), warns)
    if first is None:
        return None
    at = max(start_of(first), ledger.anchor)
    return None if ledger.closed_at is not None and ledger.closed_at < at else at


def _first_day(first: date, last: date, holds: Callable[[date], bool]) -> date | None:
    """The first day in [first, last] for which `holds` is true; it must stay true once it is."""
    if not holds(last):
        return None
    low, high = first.toordinal(), last.toordinal()
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(date.fromordinal(middle)) else (middle + 1, high)
    return date.fromordinal(low)


def extend(
    ledger: Ledger, extension: Extension, calendar: Calendar, max: Limit | None = None, times: int = 1
) -> Ledger:
    """The ledger with one more extension, or a refusal: too late, too long, or once too often (R8).

    `max` is 10 workdays (15 for the 45 of joint handling) unless the item's own law says otherwise.
    """
    if ledger.closed_at is not None:
        raise clock_error("invalid_input", f"时钟已于 {ledger.closed_at} 结束", "extend: expected an open clock")
    check_count(ledger, times)
    longer = replace(ledger, extensions=(*ledger.extensions, extension))
    before = trace(ledger, calendar, until=extension.decided_on).end.day
    if extension.decided_on > before:
        trace(longer, calendar, until=extension.decided_on)  # says so
    check_size(extension.by, before, calendar, max or default_max(ledger.limit))
    trace(longer, calendar)  # refuses now what could not be answered later
    return longer


def extend_all(ledger: Ledger, extensions: Iterable[Extension], calendar: Calendar, max: Limit | None = None) -> Ledger:
    """The ledger with these extensions, each checked as `extend` does, in the order of their decisions."""
    for extension in sorted(extensions, key=lambda each: each.decided_on):
        ledger = extend(ledger, extension, calendar, max)
    return ledger
