"""Transactions of an engine: a case is locked, read, changed and written; who subscribed is told after the commit."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from govflow.engine import process
from govflow.engine.case import Event
from govflow.engine.commands.unit_of_work import UnitOfWork
from govflow.engine.damage import readable
from govflow.engine.keys import Key
from govflow.engine.reader import Reader, no_case
from govflow.engine.replay import case_state, replayed
from govflow.engine.store import (
    AnyEngine,
    CaseFile,
    Connection,
    Locked,
    OutcomeUnknown,
    Statements,
    outcome_unknown,
    within,
)
from govflow.engine.views import EventView
from govflow.language.model import Catalog
from govflow.law.calendar import Calendar

_log = logging.getLogger("govflow")

Subscriber = Callable[[tuple[EventView, ...]], None]


class Writer(Reader):
    """What all that changes cases is made of."""

    def __init__(
        self, url: str | AnyEngine, catalog: Catalog, *, clock: Callable[[], datetime] | None = None,
        calendar: Calendar | None = None,
    ) -> None:  # fmt: skip
        super().__init__(url, catalog, clock=clock, calendar=calendar)
        self._subscribers: list[Subscriber] = []

    def joined(self, connection: Connection) -> Self:
        """This engine inside the caller's own transaction: its row and the case commit together or not at all.

        In an asynchronous program: `await connection.run_sync(lambda c: engine.joined(c).apply(...))`. Subscribers are
        not called, for a driver tells of a commit before it takes place; the messages that wait say what they would be told.
        """
        twin = copy.copy(self)
        twin._connection = connection
        return twin

    @contextmanager
    def _writing(self, key: Key | None = None) -> Iterator[Statements]:
        if self._connection is not None:
            with within(self._connection, writes=True):
                yield Statements(self._connection)
            return
        try:
            with self._database.write() as connection:
                yield Statements(connection)
        except OutcomeUnknown as fault:
            raise outcome_unknown(None if key is None else key.text) from fault.__cause__

    def subscribe(self, function: Subscriber) -> None:
        """Call `function(events)` after each commit of this engine, in this process; `deliver` serves everyone else.

        Not for commands of `joined` engines. A child process that is forked has the list as it was, by itself.
        """
        self._subscribers.append(function)

    def _publish(self, recorded: Sequence[Event]) -> None:
        if self._connection is None and self._subscribers and recorded:
            shown = tuple(
                EventView(e.seq, e.at, e.actor, e.type, {**json.loads(e.text), "case": e.case}, e.previous, e.hash)
                for e in recorded
            )
            for function in self._subscribers:
                try:
                    function(shown)
                except Exception:  # noqa: BLE001 - the command is committed; its caller must not hear otherwise
                    _log.exception(
                        "a subscriber of govflow failed on case %s; its message waits for whoever delivers",
                        shown[0].body["case"],
                    )

    def _lock(self, statements: Statements, case: str, key: Key | None = None, *, whole: bool = True) -> Locked:
        locked = statements.lock(case, key=None if key is None else key.place, whole=whole)
        if locked is None:
            raise no_case(case)
        return locked

    def _instant(self, locked: Locked) -> datetime:
        return self._clock.locked(locked.file.row.updated_at, locked.now)

    def _draft(self, statements: Statements, file: CaseFile, now: datetime, actor: str) -> UnitOfWork:
        row = file.row
        with readable(row.id):
            subject = self._definitions.pinned(row.definition, statements)
            state, snapshot = case_state(subject, row, file.live, statements), row.snapshot
            if not process.is_current(snapshot):
                _, snapshot = replayed(subject, row.id, statements.events(row.id))
            return UnitOfWork(subject, state, snapshot, now, actor, self.calendars)
