"""Dates by the present calendar: a notice that changes it moves what is due, and each move is recorded."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any

import msgspec

from govflow.engine.commands import timers
from govflow.engine.damage import readable
from govflow.engine.persistence import save
from govflow.engine.store import AnyEngine, StoreError, is_passing
from govflow.engine.transactions import Writer
from govflow.errors import GovflowError
from govflow.language.model import Catalog
from govflow.law.calendar import Calendar
from govflow.text import Text

_log = logging.getLogger("govflow")

PAGE = 50
"""Cases that are looked at together."""

START = "", ""
"""Before the first page of what is read by two columns."""

AGAIN = 3600.0
"""Seconds until an engine looks again: a host with other notices may have written since."""


class Projection(Writer):
    """Keeps open clocks on the calendar that this engine knows."""

    def __init__(
        self, url: str | AnyEngine, catalog: Catalog, *, clock: Callable[[], datetime] | None = None,
        calendar: Calendar | None = None,
    ) -> None:  # fmt: skip
        super().__init__(url, catalog, clock=clock, calendar=calendar)
        self._projecting = Lock()
        self._project_after, self._project_at = START, 0.0

    def reproject(self, reason: str = "") -> list[dict[str, Any]]:
        """Compute anew every open clock that rests on another calendar; gives and records old date, new date and why.

        The worker, and an engine's first sweep, do it by themselves. Raises StoreError once all others are done, if some
        cases could not be: `cases` of its details names them, and `changes` is what this would have returned. To call it
        again does what is left.
        """
        faults: dict[str, Text] = {}
        changes = [change for step in self.reprojecting(reason, faults) for change in step]
        if faults:
            raise _not_reprojected(faults, changes)
        return changes

    def reprojecting(self, reason: str = "", faults: dict[str, Text] | None = None) -> Iterator[list[dict[str, Any]]]:
        """What `reproject` does, one case at each step, for a loop that has other work too.

        `faults` takes the cases that cannot be handled, and why; without it the log is told.
        """
        after = START
        while page := self._stale(after):
            after = page[-1]
            for case in dict.fromkeys(case for _, case in page):
                yield self._reprojected(case, reason, faults)

    def project(self) -> int:
        """Compute anew the next cases whose clocks rest on another calendar; how many it looked at, 0 at the end.

        It begins once an hour. Without it nothing wakes a case whose date lies nearer by the present calendar.
        """
        with self._projecting:
            if time.monotonic() < self._project_at:
                return 0
            page = self._stale(self._project_after)
            for case in dict.fromkeys(case for _, case in page):
                self._reprojected(case, "", None)
            self._project_after = page[-1] if page else START
            if not page:
                self._project_at = time.monotonic() + AGAIN
        return len(page)

    def _stale(self, after: tuple[str, str]) -> list[tuple[str, str]]:
        with self._reading() as statements:
            return statements.stale_clocks(self.calendars.national.version, self.calendars.versions, after, PAGE)

    def _reprojected(self, case: str, reason: str, faults: dict[str, Text] | None) -> list[dict[str, Any]]:
        try:
            with readable(case):
                return self._reproject_case(case, reason)
        except GovflowError as fault:
            if is_passing(fault):
                raise
            if faults is None:
                _log.error("case %s keeps the dates of another calendar: %s", case, fault.message.en)
            else:
                faults[case] = fault.message
            return []

    def _reproject_case(self, case: str, reason: str) -> list[dict[str, Any]]:
        with self._writing() as statements:
            locked = self._lock(statements, case)
            draft = self._draft(statements, locked.file, self._instant(locked), timers.CALENDAR)
            moved = timers.reproject(draft, reason)
            if draft.dirty:
                save(statements, draft, locked.file)
        self._publish(draft.events)
        return [{"case": case, **msgspec.to_builtins(fact)} for fact in moved]


def _not_reprojected(faults: Mapping[str, Text], changes: Sequence[Mapping[str, Any]]) -> StoreError:
    lines = [Text(f"{case}: {why.zh}", f"{case}: {why.en}") for case, why in faults.items()]
    return StoreError(
        Text(f"{len(faults)} 个办件的期限没有重算，其余都已重算：\n" + "\n".join(line.zh for line in lines),
        f"{len(faults)} cases were not computed anew, all others were:\n" + "\n".join(line.en for line in lines)),
        cases=list(faults), changes=list(changes),
    )  # fmt: skip
