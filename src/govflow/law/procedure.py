"""What the law builds from several clocks: correction and acceptance, promise beside statute, items of a theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from govflow.errors import ClockError
from govflow.law.calendar import Calendar
from govflow.law.clocks.counting import Due, due, extend_all, status
from govflow.law.clocks.ledger import Extension, Ledger, Suspension
from govflow.law.clocks.limits import NOTICE, Limit, Roll, clock_error, end_of, local

Expiry = Literal["withdrawn", "not_accepted", "refused"]
OUTCOMES: dict[Expiry, str] = {
    "withdrawn": "deemed_withdrawn",
    "not_accepted": "not_accepted",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """What happened between receipt and acceptance (行政许可法 art. 32). Dates are local; None means not (yet)."""

    received: datetime
    limit: Limit
    notice_limit: Limit = NOTICE
    notice_on: date | None = None
    supplemented_on: date | None = None
    accepted_on: date | None = None
    response_limit: Limit | None = None
    on_expiry: Expiry = "withdrawn"
    as_of: date | None = None
    suspensions: tuple[Suspension, ...] = ()
    extensions: tuple[Extension, ...] = ()
    extension_max: Limit | None = None
    roll: Roll = "next_workday"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Where the decision clock starts, and why. `notice_timely` is None while the notice is still possible."""

    notice_due: date
    notice_timely: bool | None
    deemed_accepted: bool
    clock_start: date | None
    due: Due | None
    response_due: date | None
    outcome: str | None
    ledger: Ledger | None


def acceptance(facts: Correction, calendar: Calendar) -> Acceptance:
    """Apply R9: notice in time - the clock starts at acceptance of the complete file; late or none - at receipt."""
    received = local(facts.received, "received")
    _in_order(received.date(), facts)
    notice_due = _day(due(Ledger(received, facts.notice_limit), calendar))
    timely = _timely(facts, notice_due)
    deemed = timely is False
    response_due = None
    if facts.response_limit is not None and facts.notice_on is not None and timely:
        response_due = _day(due(Ledger(end_of(facts.notice_on), facts.response_limit), calendar))
    outcome = None if deemed else _outcome(facts, response_due)
    start = None if outcome == OUTCOMES[facts.on_expiry] else _clock_start(facts, deemed, received)
    ledger = None
    if start is not None:
        ledger = Ledger(start, facts.limit, facts.suspensions, roll=facts.roll)
        ledger = extend_all(ledger, facts.extensions, calendar, facts.extension_max)
    return Acceptance(
        notice_due=notice_due,
        notice_timely=timely,
        deemed_accepted=deemed,
        clock_start=None if start is None else start.date(),
        due=None if ledger is None else due(ledger, calendar),
        response_due=response_due,
        outcome=outcome,
        ledger=ledger,
    )


def _in_order(received: date, facts: Correction) -> None:
    last, name = received, "received"
    for what in ("notice_on", "supplemented_on", "accepted_on"):
        when: date | None = getattr(facts, what)
        if when is not None and when < last:
            zh, en = f"{what} {when} 早于 {name} {last}", f"{what}: found {when}, expected {last} ({name}) or later"
            raise clock_error("invalid_input", zh, en)
        if when is not None:
            last, name = when, what


def _timely(facts: Correction, notice_due: date) -> bool | None:
    if facts.notice_on is not None:
        return facts.notice_on <= notice_due
    if facts.accepted_on is not None and facts.accepted_on <= notice_due:
        return None  # accepted at once: no notice was needed
    if facts.as_of is not None and facts.as_of <= notice_due:
        return None  # still possible
    return False


def _outcome(facts: Correction, response_due: date | None) -> str | None:
    if facts.accepted_on is not None or response_due is None:
        return None
    supplied = facts.supplemented_on
    late = supplied > response_due if supplied else facts.as_of is not None and facts.as_of > response_due
    return OUTCOMES[facts.on_expiry] if late else None


def _clock_start(facts: Correction, deemed: bool, received: datetime) -> datetime | None:
    if deemed:
        return received
    accepted = facts.accepted_on or facts.supplemented_on  # supplied in full: accepted on that day (R9)
    if accepted is None:
        return None
    return received if accepted == received.date() else end_of(accepted)


def _day(found: Due) -> date:
    if found.date is None:
        raise clock_error("invalid_input", "期限中止中", "expected a clock that is not suspended")
    return found.date


@dataclass(frozen=True, slots=True)
class Dual:
    """Promised and statutory clock side by side: overdue promise is for supervision, overdue statute for the law.

    `within_*` is None while the matter is undecided and the clock not overdue. `used_workdays` counts as R12 does.
    """

    promised: Due
    statutory: Due
    within_promise: bool | None
    within_statute: bool | None
    used_workdays: int | None


def dual(
    promised: Ledger,
    statutory: Ledger,
    calendar: Calendar,
    decided: datetime | date | None = None,
    as_of: datetime | date | None = None,
) -> Dual:
    """Both clocks and whether a decision (or, undecided, the present `as_of`) kept them (R12)."""
    when = decided if decided is not None else as_of
    if decided is not None and _local_day(decided) < statutory.start:
        zh, en = f"决定日 {decided} 早于起算日", f"decided_on: found {decided}, expected {statutory.start} or later"
        raise clock_error("invalid_input", zh, en)
    used = None if when is None else status(statutory, calendar, _fitting(when, statutory)).elapsed
    return Dual(
        promised=due(promised, calendar),
        statutory=due(statutory, calendar),
        within_promise=_within(promised, calendar, decided, as_of),
        within_statute=_within(statutory, calendar, decided, as_of),
        used_workdays=used,
    )


def _within(
    ledger: Ledger, calendar: Calendar, decided: datetime | date | None, as_of: datetime | date | None
) -> bool | None:
    when = decided if decided is not None else as_of
    if when is None:
        return None
    overdue = status(ledger, calendar, _fitting(when, ledger)).overdue
    return not overdue if decided is not None else (False if overdue else None)


def _local_day(when: datetime | date) -> date:
    return local(when).date() if isinstance(when, datetime) else when


def _fitting(when: datetime | date, ledger: Ledger) -> datetime | date:
    # A limit in hours needs a moment; a bare date gives the last one of the day.
    return end_of(when) if ledger.limit.timed and not isinstance(when, datetime) else when


def promised_extensions(ledger: Ledger, calendar: Calendar) -> Ledger:
    """The promised clock's ledger with the extensions that came in time for it."""
    kept = replace(ledger, extensions=())
    for extension in sorted(ledger.extensions, key=lambda e: e.decided_on):
        if not in_time(kept, extension, calendar):
            break
        kept = replace(kept, extensions=(*kept.extensions, extension))
    return kept


def in_time(ledger: Ledger, extension: Extension, calendar: Calendar) -> bool:
    """Whether the clock was not yet due when the extension was decided: a broken promise stays broken (R12)."""
    try:
        due(replace(ledger, extensions=(*ledger.extensions, extension)), calendar)
    except ClockError as error:
        if error.code != "extension_too_late":
            raise
        return False
    return True


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One item of a theme: its limit, the items whose results it needs, and facts of its own clock."""

    limit: Limit
    depends_on: tuple[str, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    extensions: tuple[Extension, ...] = ()
    extension_max: Limit | None = None


@dataclass(frozen=True, slots=True)
class ItemDates:
    """When an item of a theme starts and is due; None where a suspension leaves it open. `after` gave it its start."""

    start: date | None
    due: Due | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ThemeDates:
    """The dates of a theme: by item, as a whole, the joint cap, and the chain of items that sets the theme's date."""

    items: Mapping[str, ItemDates]
    due: date | None
    cap_due: date | None
    cap_exceeded: bool | None
    critical: tuple[str, ...]
    provisional: bool


def plan(
    items: Mapping[str, PlanItem],
    unified_acceptance: datetime,
    calendar: Calendar,
    actual_completions: Mapping[str, datetime | date] | None = None,
    cap: Limit | None = None,
    roll: Roll = "next_workday",
) -> ThemeDates:
    """Dates of a theme by R11: items without a predecessor start at the unified acceptance, the others when the last
    one that they need was completed (until known: is due); the theme is due with its latest item."""
    accepted = local(unified_acceptance, "unified_acceptance")
    done = actual_completions or {}
    for slug in done:
        if slug not in items:
            en = f"actual_completions: found {slug!r}, expected one of {list(items)}"
            raise clock_error("invalid_input", f"完成情况中有未知事项 {slug!r}", en)
    planned: dict[str, ItemDates] = {}
    for slug in _ordered(items):
        start, after = _start(items[slug], planned, done, accepted)
        found = None
        if start is not None:
            item = items[slug]
            ledger = Ledger(start, item.limit, item.suspensions, roll=roll)
            found = due(extend_all(ledger, item.extensions, calendar, item.extension_max), calendar)
        planned[slug] = ItemDates(None if start is None else start.date(), found, after)
    cap_due = None if cap is None else due(Ledger(accepted, cap, roll=roll), calendar)
    return _summed({slug: planned[slug] for slug in items}, cap_due)


def _summed(planned: Mapping[str, ItemDates], cap: Due | None) -> ThemeDates:
    known = {slug: item.due.date for slug, item in planned.items() if item.due and item.due.date}
    whole = len(known) == len(planned) and bool(known)
    last = max(known, key=lambda slug: known[slug]) if whole else None
    theme = None if last is None else known[last]
    chain: list[str] = []
    while last is not None:
        chain.insert(0, last)
        last = planned[last].after
    cap_due = None if cap is None else cap.date
    return ThemeDates(
        items=planned,
        due=theme,
        cap_due=cap_due,
        cap_exceeded=None if cap_due is None or theme is None else theme > cap_due,
        critical=tuple(chain),
        provisional=any(d.provisional for d in (cap, *(item.due for item in planned.values())) if d is not None),
    )


def _start(
    item: PlanItem, planned: Mapping[str, ItemDates], done: Mapping[str, datetime | date], accepted: datetime
) -> tuple[datetime | None, str | None]:
    start, after = accepted, None
    for needed in item.depends_on:
        completed: datetime | None
        if needed in done:
            when = done[needed]
            completed = local(when, needed) if isinstance(when, datetime) else end_of(when)
        else:
            before = planned[needed].due
            completed = None if before is None else before.at
        if completed is None:
            return None, needed
        if completed > start or after is None:
            start, after = max(completed, start), needed
    return start, after


def _ordered(items: Mapping[str, PlanItem]) -> list[str]:
    """Items after those that they need; a circle or an unknown item is refused."""
    for slug, item in items.items():
        for needed in item.depends_on:
            if needed not in items:
                en = f"{slug}.depends_on: found {needed!r}, expected one of {list(items)}"
                raise clock_error("invalid_input", f"{slug} 的前置事项 {needed!r} 不在主题中", en)
    try:
        return list(TopologicalSorter({slug: item.depends_on for slug, item in items.items()}).static_order())
    except CycleError as error:
        circle = error.args[1]
        zh = f"前置关系成环：{' → '.join(circle)}"
        en = f"depends_on: found the circle {' -> '.join(circle)}"
        raise clock_error("invalid_input", zh, en) from None
