"""The instant of a command: taken once its case is locked, never before what the case has recorded already.

A clock that the caller gives is the caller's word and is taken as it is. Without one, PostgreSQL's own clock is taken,
which all hosts share, and on SQLite that of the host, which all its processes share.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from govflow.engine import case_clocks, inputs
from govflow.engine.store import StoreError
from govflow.errors import InvalidInput
from govflow.law.calendar import Calendar
from govflow.text import Text

_log = logging.getLogger("govflow")

TOLERANCE = timedelta(seconds=60)
"""How far a clock may be from another's before that is a fault of a host; within it, the later of both is taken."""


class HostClockError(StoreError):
    """A host's clock is far behind what a case has recorded; the case is right, and nothing was changed."""

    usual = "host_clock"


class GivenClockError(InvalidInput):
    """The moment that a given clock says is before what a case has recorded; nothing was changed."""

    usual = "host_clock"


class HostClock:
    """Tells an engine the time: by the clock given, else by the database's, else by that of this host."""

    def __init__(self, given: Callable[[], datetime] | None, calendar: Calendar) -> None:
        self._given = given
        self._years = date.fromordinal(calendar.first).year, date.fromordinal(calendar.last).year
        self._warned = False

    def now(self) -> datetime:
        """The present instant by the clock given, else by this host. Raises as `checked`."""
        return self.checked(_wall_clock() if self._given is None else self._given())

    def checked(self, moment: datetime) -> datetime:
        """A moment that somebody gives as now; InvalidInput if it is naive or of a year without a calendar."""
        if not isinstance(moment, datetime) or moment.tzinfo is None or moment.utcoffset() is None:
            raise InvalidInput(
                Text(f"时刻是 {inputs.shown(moment)}，应为带时区的 datetime",
                f"{inputs.shown(moment)}: expected a datetime with a time zone"), field="now",
            )  # fmt: skip
        first, last = self._years
        if not first <= moment.year <= last:
            raise InvalidInput(
                Text(f"时刻是 {moment.isoformat()}，应在 {first} 年至 {last} 年之间",
                f"{moment.isoformat()}: expected a moment of the years {first} to {last}"), field="now",
            )  # fmt: skip
        return moment

    def locked(self, last: str | None, database: datetime | None) -> datetime:
        """The instant of a command on a case that is locked, whose last event was at `last`.

        `database` is the instant of the lock by the database's clock, where it has one. Raises GivenClockError for a given
        clock that is behind the last event, HostClockError for a host's that is behind it by more than the tolerance.
        """
        if self._given is not None:
            now = self.now()
            if last is not None and case_clocks.utc(now) < last:
                raise _too_early(now, case_clocks.parse(last))
            return now
        now = self._shared(database)
        if last is None or case_clocks.utc(now) >= last:
            return now
        then = case_clocks.parse(last)
        if then - now > TOLERANCE:
            raise _behind(then - now, last, database is not None)
        return then

    def _shared(self, database: datetime | None) -> datetime:
        here = _wall_clock()
        if database is None:
            return here
        off = abs(here - database) > TOLERANCE
        if off and not self._warned:
            _log.warning("this host's clock says %s, the database's %s; the database's is taken", here, database)
        self._warned = off
        return database


def _wall_clock() -> datetime:
    """The one place where the library reads the wall clock."""
    return datetime.now(UTC)


def _too_early(now: datetime, last: datetime) -> GivenClockError:
    """The error for a moment that the caller gives and that is before a case's last event."""
    return GivenClockError(
        Text(f"时刻 {now.isoformat()} 早于办件的上一个事件 {case_clocks.utc(last)}；事实须按先后记录",
        f"{now.isoformat()} is before the case's last event at {case_clocks.utc(last)}"), field="now",
    )  # fmt: skip


def _behind(span: timedelta, last: str, database: bool) -> HostClockError:
    whose = Text("数据库服务器", "the database server") if database else Text("本机", "this host")
    return HostClockError(
        Text(f"{whose.zh}的时钟比办件的上一个事件（{last}）慢 {span}；请校准时钟，本次操作没有任何改动",
        f"the clock of {whose.en} is {span} behind the case's last event at {last}; set it right; nothing was changed"),
        last=last, behind=span.total_seconds(),
    )  # fmt: skip
