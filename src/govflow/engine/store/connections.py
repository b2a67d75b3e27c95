"""Connections that stay open for the next transaction, one of our own engine for each thread at work.

What it saves: a check-out of SQLAlchemy's pool and the reset at its return, 0.02 ms of processor in a tight loop and
twice that in a step. Without it (`take` a plain `engine.connect()`, `give_back` its `close`) everything works
as before.
"""

from __future__ import annotations

import os
import select
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

RECHECK = 60.0
"""Seconds after which a database that is in use is looked at again: is it still the one, at the version known?"""

_ABANDONED: list[Any] = []
"""Connections of the process that this one was forked from: to close them here would cut them off there."""

_ALL: weakref.WeakSet[Connections] = weakref.WeakSet()


class Connections:
    """The connections of one engine. A connection is kept only while others are to be had without it.

    An engine that the caller made is the caller's to share out: of its pool nothing is kept. Nor is anything kept after
    an error, so what comes next begins with a connection that the pool has looked at. `look` is called for every
    transaction, `recheck` with a connection now and then; they raise if the database is not fit for use any more.
    """

    def __init__(self, engine: sa.Engine, *, keep: bool) -> None:
        self._engine = engine
        self._keep = keep
        self._idle: list[sa.Connection] = []
        self._generation = 0
        self._checked = 0.0
        self._file = engine.dialect.name == "sqlite" and not isinstance(
            engine.pool, sa.SingletonThreadPool | sa.StaticPool
        )
        self.look: Callable[[], None] | None = None
        self.recheck: Callable[[sa.Connection], None] | None = None
        _ALL.add(self)

    def take(self) -> tuple[sa.Connection, int]:
        """A connection without a transaction, for this thread alone until it is given back or up; and its generation."""
        if self._file:
            forks.enter()
        try:
            return self._fit(), self._generation
        except BaseException:
            forks.leave()
            raise

    def _fit(self) -> sa.Connection:
        if self.look is not None:
            self.look()
        connection = self._next()
        while _cut(connection):
            self._checked = 0.0
            connection.invalidate()
            connection.close()
            connection = self._next()
        if self.recheck is not None and time.monotonic() - self._checked > RECHECK:
            try:
                self.recheck(connection)
            except BaseException as fault:
                self.give_up(connection, fault)
                raise
            self._checked = time.monotonic()
        return connection

    def _next(self) -> sa.Connection:
        try:
            return self._idle.pop()  # threads do not meet here: pop and append are one step each
        except IndexError:
            return self._engine.connect()

    def give_back(self, connection: sa.Connection, generation: int) -> None:
        """After a transaction that ended well."""
        if generation == self._generation and self._has_room():
            self._idle.append(connection)
        else:
            connection.close()
        forks.leave()

    def give_up(self, connection: sa.Connection, fault: BaseException) -> None:
        """After an error: the connection is closed, which rolls back what it was at."""
        connection.close()
        forks.leave()
        if isinstance(fault, sa.exc.DBAPIError) and fault.connection_invalidated:
            self.close()  # the server is gone, and with it what the others are connected to

    def close(self) -> None:
        """Close what is kept; a connection at work is closed when it is given back."""
        self._generation += 1
        self._checked = 0.0
        while self._idle:
            self._idle.pop().close()

    def _has_room(self) -> bool:
        """Whether no more are open than the pool keeps anyhow; then nobody can be waiting for one either."""
        pool = self._engine.pool
        return self._keep and isinstance(pool, sa.QueuePool) and pool.overflow() <= 0

    def before_fork(self) -> None:
        """In the parent: a file of SQLite must not be open, or the child would believe in locks that are the parent's."""
        if self._file:
            self.close()
            self._engine.dispose()

    def after_fork(self) -> None:
        """In the child: begin with nothing, and leave the parent what it is connected to."""
        if isinstance(self._engine.pool, sa.SingletonThreadPool | sa.StaticPool):
            return  # a database in memory is the child's own copy
        _ABANDONED.extend((self._engine.pool, self._idle))
        self._idle = []
        self._generation += 1
        self._checked = 0.0
        self._engine.dispose(close=False)


class _Forks:
    """The locks of this process. Lets a process fork while none of its threads is at work in a file of SQLite; each waits for the other."""

    PATIENCE = 5.0
    """Seconds that a fork waits at most: a thread may be at work in a call that itself waits for the child."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._at_work: set[int] = set()
        self._open = threading.Event()
        self._open.set()
        self._one = threading.Lock()
        self.migrating = threading.Lock()  # Alembic keeps what it is at in its module: one migration at a time

    def enter(self) -> None:
        """This thread is at work from now on. Adding comes before looking, so that no fork overlooks it."""
        while True:
            self._at_work.add(threading.get_ident())
            if self._open.is_set():
                return
            self.leave()
            self._open.wait()

    def leave(self) -> None:
        """This thread is not at work any more."""
        self._at_work.discard(threading.get_ident())

    def before(self) -> None:
        """In the parent: wait for the others, let nobody begin, close what must not be open twice."""
        self._one.acquire()
        self._open.clear()
        until = time.monotonic() + self.PATIENCE
        while self._at_work - {threading.get_ident()} and time.monotonic() < until:
            time.sleep(0.001)
        for each in list(_ALL):
            each.before_fork()

    def in_parent(self) -> None:
        """Go on."""
        self._open.set()
        self._one.release()

    def in_child(self) -> None:
        """Begin anew: whoever held a lock is not in this process."""
        self._begin()
        for each in list(_ALL):
            each.after_fork()


forks = _Forks()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=forks.before, after_in_parent=forks.in_parent, after_in_child=forks.in_child)


def _cut(connection: sa.Connection) -> bool:
    """Whether the server has ended a connection that lay idle: one that lives has nothing to say unasked.

    It costs no way to the server: only a connection with something to read is asked whether it is alive.
    """
    driver: Any = connection.connection.dbapi_connection
    number = getattr(driver, "fileno", None)
    if number is None:
        return False
    dialect: Any = connection.dialect
    try:
        if not _readable(number()):
            return False
        return not dialect.do_ping(driver)
    except dialect.loaded_dbapi.Error:
        return True


def _readable(number: int) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([number], [], [], 0)[0])
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    return bool(waiting.poll(0))
