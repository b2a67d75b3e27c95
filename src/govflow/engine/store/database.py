"""Connections, transactions and the version of the tables."""

from __future__ import annotations

import importlib
import logging
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from govflow.engine.store.connections import Connections, forks
from govflow.errors import Conflict, GovflowError
from govflow.text import Text
from govflow.vocabulary import ErrorCode

AnyEngine = sa.Engine
Connection = sa.Connection

CURRENT = "0003"
"""The newest migration; a database that names a later one was written by a newer govflow."""

KNOWN = ("0001", "0002", "0003")

WRITES = "govflow_writes"
"""In a connection's `info`: the transaction that begins next takes SQLite's write lock at once."""

WAIT = 30
"""Seconds to wait for what somebody else has locked, on every database."""

_log = logging.getLogger("govflow")


class StoreError(GovflowError):
    """The database cannot be used, or refused an operation; nothing was changed, unless OutcomeUnknown says otherwise."""

    usual = "store"


class OutcomeUnknown(StoreError):
    """The connection was lost while it was being committed: only asking again, with the key, tells what has happened."""

    usual = "outcome_unknown"


class StoreVersionError(StoreError):
    """The database's tables are older or newer than this version of the library."""


class Database:
    """One database by SQLAlchemy URL. Writers on SQLite take the write lock at once, so that none starts in vain."""

    def __init__(self, url: str | sa.URL | sa.Engine) -> None:
        self.engine = url if isinstance(url, sa.Engine) else _engine(url)
        if self.engine.dialect.is_async:
            raise _asynchronous()
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._file = _SqliteFile(self.engine.url.database) if self.sqlite else None
        self._connections = Connections(self.engine, keep=not isinstance(url, sa.Engine))
        if self.sqlite:
            _prepare_sqlite(self.engine)

    def write(self) -> Transaction:
        """One writing transaction, as a context: commits at the end, rolls back on any error."""
        return Transaction(self._connections, writes=self.sqlite)

    def read(self) -> Transaction:
        """One reading transaction, as a context: all its statements see the database at one moment.

        SQLite does so by itself; PostgreSQL would let each statement see what was committed by then, and a case's rows of
        before a command would meet its clocks of after it.
        """
        return Transaction(self._connections, writes=False, snapshot=not self.sqlite)

    def version(self) -> str | None:
        """The migration the tables stand at; None for a database without our tables."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table("govflow_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM govflow_version")).scalar()

    def ready(self) -> None:
        """Create the tables in an empty database; refuse one that is older or newer than this library."""
        empty = self._file is not None and self._file.is_empty()
        version = self.version()
        if version is None:
            made = self.upgrade()[0] is None
            if made and empty:
                _log.warning("the database file %s was there and empty: new tables are made in it", self.engine.url)
        else:
            _require_current(version)
        if self._file is not None:
            self._file.remember()
            self._connections.look = self._file.require_same
        self._connections.recheck = self._still_right

    def _still_right(self, connection: sa.Connection) -> None:
        """Whether the tables are there, at the version that the engine began with."""
        try:
            version = connection.execute(sa.text("SELECT version_num FROM govflow_version")).scalar()
        except sa.exc.ProgrammingError as fault:
            raise _emptied() from fault
        except sa.exc.OperationalError as fault:
            if "no such table" in str(fault):
                raise _emptied() from fault
            raise
        connection.rollback()
        _require_current(version)

    def upgrade(self) -> tuple[str | None, str]:
        """Create or migrate the tables; returns the version before and after."""
        with forks.migrating:
            before = self.version()
            if before is not None and before not in KNOWN:
                _require_current(before)
            if before == CURRENT:
                return before, CURRENT
            migrations = importlib.import_module("govflow.engine.store.migrations")
            with self.write() as connection:
                if not self.sqlite:
                    # two processes that start on an empty database at once must not both create it
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(7461120250303)"))
                migrations.migrate(connection)
            return before, CURRENT

    def dispose(self) -> None:
        """Close the connections."""
        self._connections.close()
        self.engine.dispose()


DRIVERS = (sa.exc.DBAPIError, sqlite3.Error, UnicodeDecodeError)
"""Errors of a database; of one whose damage SQLite quotes in bytes that are no text, Python makes the last."""


class Transaction:
    """A transaction on a connection for it alone; the database's own errors come out of it as plain sentences.

    A class, because three generators around each step cost it a fiftieth of its processor time.
    """

    __slots__ = ("_connection", "_connections", "_generation", "_snapshot", "_transaction", "_writes")

    def __init__(self, connections: Connections, *, writes: bool, snapshot: bool = False) -> None:
        self._connections = connections
        self._writes = writes
        self._snapshot = snapshot

    def __enter__(self) -> sa.Connection:
        try:
            connection, self._generation = self._connections.take()
        except DRIVERS as fault:
            raise _plainly(fault) from fault
        except sa.exc.TimeoutError as fault:
            raise Conflict(
                Text("数据库连接都在使用中，等待超时；本次操作没有任何改动，请重试，或把连接池放大",
                "every connection of the pool is in use and the wait ran out; nothing was changed; try again, or let "
                "the pool be larger"),
                code=ErrorCode.BUSY,
            ) from fault  # fmt: skip
        self._connection = connection
        try:
            if self._writes:
                connection.info[WRITES] = True
            if self._snapshot:
                connection.dialect.set_isolation_level(_driver_of(connection), "REPEATABLE READ")
            self._transaction = connection.begin()
        except BaseException as fault:
            self._failed(fault)
            raise
        return connection

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        try:
            if fault is None:
                self._transaction.commit()
                self._as_before()
            elif self._snapshot and not isinstance(fault, DRIVERS):
                self._transaction.rollback()
                self._as_before()
        except BaseException as late:
            self._failed(late, committing=True)
            raise
        if fault is None:
            self._connections.give_back(self._connection, self._generation)
        else:
            self._failed(fault)

    def _as_before(self) -> None:
        """After the end of a transaction of one moment: the connection's next one is of the usual kind."""
        if self._snapshot:
            self._connection.dialect.reset_isolation_level(_driver_of(self._connection))
            self._snapshot = False

    def _failed(self, fault: BaseException, *, committing: bool = False) -> None:
        """Give the connection up, which rolls back; raises the plain sentence where it was the database's own error."""
        if committing or self._snapshot:  # a connection of another kind of transaction is nobody else's
            self._connection.invalidate()  # SQLAlchemy would not roll back: it takes a commit that failed for an end
        self._connections.give_up(self._connection, fault)
        if isinstance(fault, DRIVERS):
            if committing and _undecided(fault):
                raise outcome_unknown(None) from fault
            raise _plainly(fault) from fault


def _driver_of(connection: sa.Connection) -> Any:
    return connection.connection.dbapi_connection


_WAITED = {"55P03", "40P01", "40001", "57014"}
"""SQLSTATE of PostgreSQL: lock timeout, deadlock, serialization failure, statement timeout."""


def _plainly(fault: Exception) -> GovflowError:
    """The database's own error as a plain sentence; the transaction is rolled back by then."""
    original: Any = getattr(fault, "orig", fault)
    said = str(original).strip().partition("\n")[0]
    code = getattr(original, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or getattr(original, "sqlstate", None) in _WAITED:
        return Conflict(
            Text(
                "数据库正被另一个进程写入，等待超时；本次操作没有任何改动，请重试",
                "the database is being written by another process and the wait ran out; nothing was changed",
            ),
            code=ErrorCode.BUSY,
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(
            Text(f"数据库文件打不开：{said}；只读介质上的数据库请用 sqlite:///file:路径?mode=ro&immutable=1&uri=true",
                 f"the database file cannot be opened: {said}; from a read-only medium, open it as "
                 "sqlite:///file:PATH?mode=ro&immutable=1&uri=true")
        )  # fmt: skip
    return StoreError(
        Text(f"数据库拒绝了操作：{said}；本次操作没有任何改动", f"the database refused: {said}; nothing was changed")
    )


def is_passing(fault: BaseException) -> bool:
    """Whether an error tells of the database's state at this moment, not of what was asked of it: locked, lost, full."""
    cause = fault.__cause__ if isinstance(fault, GovflowError) else fault
    if isinstance(cause, sa.exc.DBAPIError) and cause.connection_invalidated:
        return True
    return isinstance(cause, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError)


def _undecided(fault: Exception) -> bool:
    """Whether a failed commit may have taken place: the answer was lost, or the disk failed under it."""
    if isinstance(fault, sa.exc.DBAPIError) and fault.connection_invalidated:
        return True
    return getattr(getattr(fault, "orig", fault), "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR


def outcome_unknown(key: str | None) -> OutcomeUnknown:
    """The error for a commit whose answer was lost, and what to do: ask again with the key, or look."""
    then = (
        Text("请先查看是否已生效，再决定是否重做", "look whether it has taken place before doing it again")
        if key is None
        else Text(
            f"请用同一个 key={key} 再提交一次：已生效的不会重复", f"ask again with key={key}: it takes place once"
        )
    )
    return OutcomeUnknown(
        Text(f"提交时与数据库的连接中断，不知道本次操作是否已生效；{then.zh}",
             f"the connection was lost during the commit, and whether it took place is not known; {then.en}"), key=key,
    )  # fmt: skip


def _require_current(version: str | None) -> None:
    if version == CURRENT:
        return
    if version in KNOWN:
        raise StoreVersionError(
            Text(f"数据库的表结构版本是 {version}，需要 {CURRENT}；请先备份，再运行 govflow db upgrade",
            f"the database stands at version {version}, {CURRENT} is needed; back up, run govflow db upgrade"),
        )  # fmt: skip
    raise StoreVersionError(
        Text(f"数据库的表结构版本是 {version}，比本程序认识的 {CURRENT} 新；请升级 govflow，数据库未作任何改动",
        f"the database stands at version {version}, newer than {CURRENT} known here; upgrade govflow"),
    )  # fmt: skip


def _emptied() -> StoreError:
    return StoreError(
        Text("数据库已被清空或换成别的库；本次操作没有任何改动，请恢复数据库后重新启动",
        "the database was emptied or replaced by another; nothing was changed; restore it and start again"),
    )  # fmt: skip


class _SqliteFile:
    """The file of a database, to notice that another one, or none, has taken its place."""

    def __init__(self, path: str | None) -> None:
        self._path = None if not path or path == ":memory:" or path.startswith("file:") else path
        self._known: tuple[int, int] | None = None

    def is_empty(self) -> bool:
        """Before the first connection: whether the file is there and empty. StoreError beside a log that is left over."""
        if self._path is None or not os.path.exists(self._path) or os.path.getsize(self._path):
            return False
        log = f"{self._path}-wal"
        if os.path.exists(log) and os.path.getsize(log):
            raise _emptied()
        return True

    def remember(self) -> None:
        """From now on the file is this one."""
        if self._path is not None and os.path.exists(self._path):
            self._known = _identity(os.stat(self._path))

    def require_same(self) -> None:
        """StoreError if the file is another one, is gone, or was emptied."""
        if self._path is None or self._known is None:
            return
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            raise _emptied() from None
        if _identity(found) != self._known or not found.st_size:
            raise _emptied()


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


@contextmanager
def within(connection: sa.Connection, *, writes: bool) -> Iterator[None]:
    """Inside the caller's transaction; what is written is undone on any error. Errors of the database come out plainly."""
    try:
        if not writes:
            yield
            return
        _begin_for_real(connection)
        with connection.begin_nested():
            yield
    except (sa.exc.DBAPIError, sqlite3.Error) as fault:
        raise _plainly(fault) from fault


def _begin_for_real(connection: sa.Connection) -> None:
    """Make sure that a caller's connection is inside a transaction of the database, not only of SQLAlchemy.

    The SQLite driver begins lazily and not before a SAVEPOINT, which would then commit by itself. Around an asynchronous
    driver the adapter does not say whether it has begun; the driver itself does.
    """
    if not connection.in_transaction():
        connection.begin()  # an engine that govflow runs on begins for real by itself
    if connection.dialect.name == "sqlite":
        record: Any = connection.connection
        for each in (record.dbapi_connection, record.driver_connection):
            begun = getattr(each, "in_transaction", None)
            if begun is not None:
                break
        if not begun:
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _engine(url: str | sa.URL) -> sa.Engine:
    if not isinstance(url, str | sa.URL):
        if hasattr(url, "sync_engine"):
            raise _asynchronous()
        raise StoreError(
            Text(f"数据库地址是 {type(url).__name__}，应为地址文字或 SQLAlchemy 的 Engine",
            f"the database is given as {type(url).__name__}: expected a URL or an Engine of SQLAlchemy"),
        )  # fmt: skip
    try:
        found = sa.make_url(url)
        if found.drivername == "postgresql":
            found = found.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(found, connect_args=_connect_arguments(found))
    except (sa.exc.ArgumentError, ModuleNotFoundError, ValueError) as fault:
        shown, why = _without_password(str(url)), type(fault).__name__ if "@" in str(url) else str(fault)
        raise StoreError(
            Text(f"不能使用数据库地址 {shown}：{why}", f"the database URL {shown} cannot be used: {why}")
        ) from fault
    if engine.dialect.name == "postgresql" and not engine.dialect.is_async:
        sa.event.listen(engine, "connect", _limit_waits)
    return engine


def _asynchronous() -> StoreError:
    return StoreError(
        Text("引擎用同步的驱动：请给 postgresql:// 或 sqlite:/// 的地址；在异步程序里用 asyncio.to_thread，"
        "或在 await connection.run_sync(...) 里用 engine.joined(connection)",
        "an engine works with a synchronous driver: give a URL of postgresql:// or sqlite:///; in an asynchronous "
        "program use asyncio.to_thread, or engine.joined(connection) inside await connection.run_sync(...)"),
    )  # fmt: skip


def _connect_arguments(url: sa.URL) -> dict[str, Any]:
    """What is added to the URL: how long to wait for a lock of SQLite, and when a server is given up that is silent."""
    if url.get_backend_name() == "sqlite":
        return {"timeout": WAIT}
    if url.drivername != "postgresql+psycopg":
        return {}
    silent = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    return {name: value for name, value in silent.items() if name not in url.query}


def _limit_waits(connection: Any, record: Any) -> None:
    """A session of PostgreSQL that hangs makes nobody wait for ever; what the server or the URL sets stands."""
    limits = (("lock_timeout", f"{WAIT}s"), ("idle_in_transaction_session_timeout", f"{10 * WAIT}s"))
    with connection.cursor() as cursor:
        for limit in limits:
            cursor.execute("SELECT set_config(%s, %s, false) WHERE current_setting(%s) = '0'", (*limit, limit[0]))
    connection.commit()


def _prepare_sqlite(engine: sa.Engine) -> None:
    """Let SQLAlchemy, not the driver, begin transactions; WAL lets readers go on beside the one writer."""
    if sa.event.contains(engine, "connect", _on_connect):
        return
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    for pragma in (f"busy_timeout={WAIT * 1000}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    try:
        # two connections that turn a new file to WAL at once are not made to wait for each other by SQLite
        _patiently(lambda: connection.execute("PRAGMA journal_mode=WAL").close())
    except sqlite3.OperationalError as fault:
        if "readonly" not in str(fault):  # what can only be read needs no journal
            raise


def _patiently(act: Callable[[], object]) -> None:
    """Do this as soon as no other connection is in the way; asks again at random, soon."""
    until = time.monotonic() + WAIT
    while True:
        try:
            act()
            return
        except sqlite3.OperationalError as fault:
            if getattr(fault, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(random.uniform(0.0005, 0.004))


def _on_begin(connection: sa.Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    if connection.info.pop(WRITES, False):
        _begin_to_write(driver)
    else:
        driver.execute("BEGIN").close()


def _begin_to_write(driver: Any) -> None:
    """Take the write lock as soon as it is free. SQLite's own wait grows to a tenth of a second, so that who came last
    gets it first, and somebody waits for seconds among a few writers; here everybody asks again at random, soon."""
    driver.execute("PRAGMA busy_timeout=0").close()
    try:
        _patiently(lambda: driver.execute("BEGIN IMMEDIATE").close())
    finally:
        driver.execute(f"PRAGMA busy_timeout={WAIT * 1000}").close()


def _without_password(url: str) -> str:
    """A URL for a message: what stands before the @ may be a password."""
    scheme, sign, rest = url.partition("://")
    return f"{scheme}{sign}***@{rest.rpartition('@')[2]}" if "@" in rest else url[:200]
