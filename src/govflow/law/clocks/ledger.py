"""The ledger of one clock: the facts that happened to it. The due date is always computed from them, never stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import get_args

from govflow.law.calendar import Calendar
from govflow.law.clocks.limits import EXTENSION, JOINT, JOINT_EXTENSION, Limit, Roll, clock_error, local, run_days


@dataclass(frozen=True, slots=True)
class Suspension:
    """The clock stands still on the days d with start < d <= end; `end` is None while it still stands (art. 45)."""

    start: date
    end: date | None
    reason: str
    procedure: str | None = None

    def __post_init__(self) -> None:
        _plain_date(self.start, "suspension.start")
        if self.end is None:
            return
        _plain_date(self.end, "suspension.end")
        if self.end < self.start:
            zh, en = f"中止结束 {self.end} 早于开始 {self.start}", f"end {self.end} is before start {self.start}"
            raise clock_error("invalid_suspension", zh, f"suspension: {en}, expected the same day or later")


@dataclass(frozen=True, slots=True)
class Extension:
    """The head of the authority gave more time (art. 42): how much, when it was decided, by whom and why.

    `granted`: it was checked on that day, by the calendar known then. A later notice can move the due date before it, and
    does not take it back; it then counts from the due date that was passed.
    """

    by: Limit
    decided_on: date
    by_whom: str = ""
    reason: str = ""
    granted: bool = False

    def __post_init__(self) -> None:
        _plain_date(self.decided_on, "extension.decided_on")


@dataclass(frozen=True, slots=True)
class Ledger:
    """All facts of one clock: the event that started it, its limit, what stopped or extended it, and when it closed."""

    anchor: datetime
    limit: Limit
    suspensions: tuple[Suspension, ...] = ()
    extensions: tuple[Extension, ...] = ()
    closed_at: datetime | None = None
    roll: Roll = "next_workday"

    def __post_init__(self) -> None:
        object.__setattr__(self, "anchor", local(self.anchor, "anchor"))
        if self.roll not in get_args(Roll):
            raise clock_error("invalid_input", f"未知的顺延规则 {self.roll!r}", "roll: expected next_workday or none")
        if self.closed_at is not None:
            object.__setattr__(self, "closed_at", local(self.closed_at, "closed_at"))
            if self.closed_at < self.anchor:
                zh, en = "办结时间早于起算时间", f"closed_at: {self.closed_at} is before the anchor {self.anchor}"
                raise clock_error("invalid_input", zh, en)
        _no_twins(self.suspensions)
        for extension in self.extensions:
            _fits(self.limit, extension.by)
            if extension.decided_on < self.start:
                zh = f"延期决定日 {extension.decided_on} 早于起算日 {self.start}"
                en = f"extension decided on {extension.decided_on}: expected {self.start} or later"
                raise clock_error("invalid_input", zh, en)

    @property
    def start(self) -> date:
        """The local date of the event; counting starts on the day after it (民法典 art. 201)."""
        return self.anchor.date()


def suspend(ledger: Ledger, on: date, reason: str, procedure: str | None = None) -> Ledger:
    """The ledger with its clock stopped from `on`; the same procedure cannot be open twice (`invalid_suspension`)."""
    _not_closed(ledger, "suspend")
    if on < ledger.start:
        zh, en = f"中止日 {on} 早于起算日 {ledger.start}", f"suspend on {on}: expected {ledger.start} or later"
        raise clock_error("invalid_suspension", zh, en)
    return replace(ledger, suspensions=(*ledger.suspensions, Suspension(on, None, reason, procedure)))


def resume(ledger: Ledger, on: date, procedure: str | None = None) -> Ledger:
    """The ledger with its open suspension ended on `on`; `procedure` says which one when several are open."""
    _not_closed(ledger, "resume")
    of_it = [s for s in ledger.suspensions if s.end is None and (procedure is None or s.procedure == procedure)]
    if len(of_it) != 1:
        zh = "没有可恢复的中止" if not of_it else "有多项中止未恢复，应指明哪一项"
        raise clock_error(
            "invalid_suspension", zh, f"resume: found {len(of_it)} open suspensions, expected exactly one"
        )
    ended = replace(of_it[0], end=on)
    return replace(ledger, suspensions=tuple(ended if s is of_it[0] else s for s in ledger.suspensions))


def close(ledger: Ledger, at: datetime) -> Ledger:
    """The ledger of a clock that has done its work; its light stays as it was at that moment."""
    _not_closed(ledger, "close")
    return replace(ledger, closed_at=at)


def check_size(by: Limit, due: date, calendar: Calendar, most: Limit) -> None:
    """Refuse (`extension_limit_exceeded`) what is longer than `most`; other units compare by where they end."""
    if by.unit == most.unit:
        longer = by.value > most.value
    elif by.timed or most.timed:
        longer = by.upper_bound_days() > most.upper_bound_days()
    else:
        longer = run_days(by, due, calendar).day > run_days(most, due, calendar).day
    if longer:
        zh, en = f"延长 {by.text()} 超过上限 {most.text()}", f"extension of {by.text('en')}: at most {most.text('en')}"
        raise clock_error("extension_limit_exceeded", zh, en)


def check_count(ledger: Ledger, times: int) -> None:
    """Refuse (`extension_limit_exceeded`) one more extension than the law allows: once (art. 42)."""
    if len(ledger.extensions) >= times:
        done = len(ledger.extensions)
        zh, en = f"已延长 {done} 次，最多 {times} 次", f"extended {done} times, expected at most {times}"
        raise clock_error("extension_limit_exceeded", zh, en)


def default_max(limit: Limit) -> Limit:
    """The longest extension of art. 42: 10 workdays; 15 for the 45 workdays of joint handling (¶2)."""
    return JOINT_EXTENSION if limit == JOINT else EXTENSION


def _not_closed(ledger: Ledger, what: str) -> None:
    if ledger.closed_at is not None:
        en = f"{what}: the clock closed at {ledger.closed_at}, expected an open one"
        raise clock_error("invalid_input", f"时钟已于 {ledger.closed_at} 结束", en)


def _plain_date(value: object, what: str) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise clock_error("invalid_input", f"{what} 应为日期：{value!r}", f"{what}: found {value!r}, expected a date")


def _no_twins(suspensions: tuple[Suspension, ...]) -> None:
    seen: set[tuple[str | None, str]] = set()
    for suspension in suspensions:
        key = (suspension.procedure, suspension.reason)
        if suspension.end is None and key in seen:
            zh, en = f"“{suspension.reason}”已在中止中", f"suspension {suspension.reason!r} is open already"
            raise clock_error("invalid_suspension", zh, f"{en}: expected resume first")
        if suspension.end is None:
            seen.add(key)


def _fits(limit: Limit, by: Limit) -> None:
    # A limit in days ends with the day: a moment cannot be added to it.
    if by.timed and not limit.timed:
        en = f"extension of {by.text('en')}: expected whole days, months or years"
        raise clock_error("invalid_limit", f"以日计的时限不能延长 {by.text()}", en)
