"""Between a case's clocks and the law's: facts in, due dates, lights and wake-up times out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from govflow.engine.case import ClockState
from govflow.language.building.regions import holds
from govflow.law import clocks
from govflow.law.calendar import Calendar
from govflow.law.clocks import Due, Explanation, Extension, Ledger, LightPolicy, Limit, Suspension
from govflow.law.notices import Overlay
from govflow.text import Lang
from govflow.vocabulary import ClockStatus


def utc(moment: datetime) -> str:
    """An aware instant as sortable UTC text."""
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def parse(text: str) -> datetime:
    """The instant that `utc` wrote."""
    return datetime.fromisoformat(text)


def local_date(moment: str | datetime) -> date:
    """The local date of an instant: convert first, then take the date."""
    return clocks.local(parse(moment) if isinstance(moment, str) else moment).date()


@lru_cache(maxsize=4096)
def limit_of(text: str) -> Limit:
    """A limit's text as a Limit; definitions repeat few limits over many cases."""
    return Limit.parse(text)


def ledger_of(clock: ClockState) -> Ledger:
    """The facts of a clock in the form that `govflow.law.clocks` computes with."""
    return Ledger(
        anchor=parse(clock.anchor),
        limit=limit_of(clock.limit),
        suspensions=tuple(
            Suspension(
                date.fromisoformat(s.since), date.fromisoformat(s.until) if s.until else None, s.reason, s.procedure
            )
            for s in clock.suspensions
        ),
        extensions=tuple(
            Extension(limit_of(e.by), date.fromisoformat(e.decided_on), e.actor, e.reason, granted=True)
            for e in clock.extensions
        ),
        closed_at=parse(clock.closed) if clock.closed else None,
    )


@lru_cache(maxsize=256)
def policy_from(warning: str) -> LightPolicy:
    """When a light turns yellow: `2 workdays` left, or a share such as `20%` of the limit left."""
    if warning.endswith("%"):
        return LightPolicy(None, 1 - Decimal(warning.removesuffix("%")) / 100)
    return LightPolicy(int(limit_of(warning).value))


class Calendars:
    """The national calendar and, where a region has a notice of its own, that one on top of it.

    `region` is a code of GB/T 2260: an overlay of 450000 (or cn-45) holds for every department whose code begins with 45.
    """

    def __init__(self, overlays: Iterable[Overlay] = (), fixed: Calendar | None = None) -> None:
        overlays = tuple(overlays)
        self._national = tuple(o for o in overlays if o.region == "cn")
        self._regional = tuple(o for o in overlays if o.region != "cn") if fixed is None else ()
        self._found: dict[tuple[int, ...], Calendar] = {}
        self.national = fixed or self._of(())

    @property
    def strict(self) -> Calendar:
        """The national calendar that refuses to answer beyond the last notice."""
        return Calendar.national(self._national)

    def for_region(self, region: str | None) -> Calendar:
        """The calendar of a department in this region."""
        if not self._regional:
            return self.national
        return self._of(
            tuple(n for n, o in enumerate(self._regional) if region and holds(o.region.removeprefix("cn-"), region))
        )

    def _of(self, chosen: tuple[int, ...]) -> Calendar:
        """The calendar with these regional notices. Its version says which others there are: a clock shows by it alone
        that a notice for its region has come since."""
        if chosen not in self._found:
            overlays = (*self._national, *(self._regional[n] for n in chosen))
            found = Calendar.national(overlays, provisional=True)
            if self._regional:
                mark = hashlib.sha256("+".join(sorted(o.label for o in self._regional)).encode()).hexdigest()[:8]
                found = replace(found, version=f"{found.version}#{mark}")
            self._found[chosen] = found
        return self._found[chosen]

    @property
    def versions(self) -> frozenset[str]:
        """The versions of all calendars that hold somewhere; a clock of any other is stale."""
        return frozenset(self.for_region(o.region.removeprefix("cn-")).version for o in self._regional)


def refresh(clock: ClockState, calendar: Calendar) -> None:
    """Compute the due date and the moment of warning anew from the facts."""
    limit = limit_of(clock.limit)
    clock.calendar = calendar.version
    if limit.timed or clock.suspensions or clock.extensions or clock.closed:
        ledger = ledger_of(clock)
        found = clocks.due(ledger, calendar)
        warn = clocks.warn_at(ledger, calendar, policy_from(clock.warning)) if found.at else None
    else:
        anchor = clocks.local(parse(clock.anchor))
        found, warn = _undisturbed(limit, anchor.date(), clock.warning, calendar)
        warn = max(warn, anchor) if warn else None
    clock.due = found.date.isoformat() if found.date else None
    clock.due_at = utc(found.at) if found.at else None
    clock.provisional = found.provisional
    clock.warn_at = utc(warn) if warn else None


@lru_cache(maxsize=4096)
def _undisturbed(limit: Limit, day: date, warning: str, calendar: Calendar) -> tuple[Due, datetime | None]:
    """Due date and warning of a limit in whole days that begins on this day and is neither stopped nor extended.

    The hour of the beginning does not matter to it, so all clocks of a day share few answers: remembering them saves a
    tenth of a step's processor time. A calendar with other days has another version, hence other answers.
    """
    ledger = Ledger(clocks.start_of(day), limit)
    return clocks.due(ledger, calendar), clocks.warn_at(ledger, calendar, policy_from(warning))


def wake_at(clock: ClockState) -> str | None:
    """When the sweep must look at this clock: at the warning, then at the first instant after the due one."""
    return _wake_of(_next_instant(clock))


def earliest_wake(found: Iterable[ClockState]) -> str | None:
    """When the sweep must look at one of these clocks next; None if never."""
    return _wake_of(min(filter(None, map(_next_instant, found)), default=None))


def _wake_of(first: tuple[str, bool] | None) -> str | None:
    if first is None:
        return None
    instant, still_in_time = first
    return after(instant) if still_in_time else instant


def _next_instant(clock: ClockState) -> tuple[str, bool] | None:
    """The instant of a clock's warning, else its due one, and whether that instant itself is still in time."""
    if clock.closed or clock.state == ClockStatus.SUSPENDED or clock.due_at is None:
        return None
    if not clock.warned and not clock.expired and clock.warn_at is not None and clock.warn_at < clock.due_at:
        return clock.warn_at, False
    return None if clock.expired else (clock.due_at, True)


def after(instant: str) -> str:
    """The first instant after this one; the due instant itself is still in time."""
    return utc(parse(instant) + timedelta(microseconds=1))


def light(due_at: str | None, warn_at: str | None, now: str) -> str:
    """green, yellow or red at this moment; a clock without a due instant (stopped) is green."""
    if due_at is None:
        return "green"
    if now > due_at:
        return "red"
    return "yellow" if warn_at is not None and now >= warn_at else "green"


def outcome(clock: ClockState, at: str) -> str:
    """How a clock that closes at this instant ends: met, missed, or ended while stopped."""
    if clock.due_at is None:
        return "ended"
    return "met" if at <= clock.due_at else "missed"


def explanation(clock: ClockState, calendar: Calendar, lang: Lang | str) -> Explanation:
    """The clock's due date, day by day."""
    return clocks.explain(ledger_of(clock), calendar, lang)
