"""Connections, transactions and the version of the tables."""

from __future__ import annotations

import importlib
import sqlite3
from typing import Any

import sqlalchemy as sa

from govflow.engine.store.connections import Connections
from govflow.errors import Conflict, GovflowError
from govflow.text import Text

AnyEngine = sa.Engine
Connection = sa.Connection

CURRENT = "0003"
"""The newest migration; a database that names a later one was written by a newer govflow."""

KNOWN = ("0001", "0002", "0003")

WRITES = "govflow_writes"
"""In a connection's `info`: the transaction that begins next takes SQLite's write lock at once."""


class StoreError(GovflowError):
    """The database cannot be used, or refused an operation; nothing was changed."""


class StoreVersionError(StoreError):
    """The database's tables are older or newer than this version of the library."""


class Database:
    """One database by SQLAlchemy URL. Writers on SQLite take the write lock at once, so that none starts in vain."""

    def __init__(self, url: str | sa.Engine) -> None:
        self.engine = url if isinstance(url, sa.Engine) else _engine(url)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self._connections = Connections(self.engine, keep=not isinstance(url, sa.Engine))
        if self.sqlite:
            _prepare_sqlite(self.engine)

    def write(self) -> Transaction:
        """One writing transaction, as a context: commits at the end, rolls back on any error."""
        return Transaction(self._connections, writes=self.sqlite)

    def read(self) -> Transaction:
        """One reading transaction, as a context: a consistent view."""
        return Transaction(self._connections, writes=False)

    def version(self) -> str | None:
        """The migration the tables stand at; None for a database without our tables."""
        with self.read() as connection:
            if not sa.inspect(connection).has_table("govflow_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM govflow_version")).scalar()

    def ready(self) -> None:
        """Create the tables in an empty database; refuse one that is older or newer than this library."""
        version = self.version()
        if version is None:
            self.upgrade()
        elif version not in KNOWN:
            raise StoreVersionError(
                Text(
                    f"数据库的表结构版本是 {version}，比本程序认识的 {CURRENT} 新；请升级 govflow，数据库未作任何改动",
                    f"the database stands at version {version}, newer than {CURRENT} known here; upgrade govflow",
                ),
            )
        elif version != CURRENT:
            raise StoreVersionError(
                Text(
                    f"数据库的表结构版本是 {version}，需要 {CURRENT}；请先备份，再运行 govflow db upgrade",
                    f"the database stands at version {version}, {CURRENT} is needed; back up, run govflow db upgrade",
                ),
            )

    def upgrade(self) -> tuple[str | None, str]:
        """Create or migrate the tables; returns the version before and after."""
        before = self.version()
        if before is not None and before not in KNOWN:
            self.ready()
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


class Transaction:
    """A transaction on a connection for it alone; the database's own errors come out of it as plain sentences.

    A class, because three generators around each step cost it a fiftieth of its processor time.
    """

    __slots__ = ("_connection", "_connections", "_generation", "_transaction", "_writes")

    def __init__(self, connections: Connections, writes: bool) -> None:
        self._connections = connections
        self._writes = writes

    def __enter__(self) -> sa.Connection:
        try:
            connection, self._generation = self._connections.take()
        except (sa.exc.DBAPIError, sqlite3.Error) as fault:
            raise _plainly(fault) from fault
        self._connection = connection
        try:
            if self._writes:
                connection.info[WRITES] = True
            self._transaction = connection.begin()
        except BaseException as fault:
            self._failed(fault)
            raise
        return connection

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        try:
            if fault is None:
                self._transaction.commit()
        except BaseException as late:
            self._failed(late)
            raise
        if fault is None:
            self._connections.give_back(self._connection, self._generation)
        else:
            self._failed(fault)

    def _failed(self, fault: BaseException) -> None:
        """Give the connection up, which rolls back; raises the plain sentence where it was the database's own error."""
        self._connections.give_up(self._connection, fault)
        if isinstance(fault, sa.exc.DBAPIError | sqlite3.Error):
            raise _plainly(fault) from fault


def _plainly(fault: Exception) -> GovflowError:
    """The database's own error as a plain sentence; the transaction is rolled back by then."""
    said = str(getattr(fault, "orig", fault)).strip().partition("\n")[0]
    if "locked" in said or "busy" in said:
        return Conflict(
            Text(
                "数据库正被另一个进程写入，等待超时；本次操作没有任何改动，请重试",
                "the database is being written by another process and the wait ran out; nothing was changed",
            ),
        )
    return StoreError(
        Text(f"数据库拒绝了操作：{said}；本次操作没有任何改动", f"the database refused: {said}; nothing was changed")
    )


def is_passing(fault: BaseException) -> bool:
    """Whether an error tells of the database's state at this moment, not of what was asked of it: locked, lost, full."""
    cause = fault.__cause__ if isinstance(fault, GovflowError) else fault
    if isinstance(cause, sa.exc.DBAPIError) and cause.connection_invalidated:
        return True
    return isinstance(cause, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError)


def begin_for_real(connection: sa.Connection) -> None:
    """Make sure that a caller's connection is inside a transaction of the database, not only of SQLAlchemy.

    The SQLite driver begins lazily and not before a SAVEPOINT, which would then commit by itself.
    """
    driver = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and not getattr(driver, "in_transaction", True):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _engine(url: str) -> sa.Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        return sa.create_engine(url, connect_args={"timeout": 30} if url.startswith("sqlite") else {})
    except (sa.exc.ArgumentError, ModuleNotFoundError) as fault:
        shown = _without_password(url)
        raise StoreError(
            Text(f"不能使用数据库地址 {shown}：{fault}", f"the database URL {shown} cannot be used: {fault}")
        ) from fault


def _prepare_sqlite(engine: sa.Engine) -> None:
    """Let SQLAlchemy, not the driver, begin transactions; WAL lets readers go on beside the one writer."""
    if sa.event.contains(engine, "connect", _on_connect):
        return
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("busy_timeout=30000", "synchronous=FULL", "foreign_keys=ON", "journal_mode=WAL"):
        try:
            connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.OperationalError as fault:
            if "readonly" not in str(fault):  # what can only be read needs no journal
                raise


def _on_begin(connection: sa.Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN IMMEDIATE" if connection.info.pop(WRITES, False) else "BEGIN").close()


def _without_password(url: str) -> str:
    """A URL for a message: what stands before the @ may be a password."""
    scheme, sign, rest = url.partition("://")
    return f"{scheme}{sign}***@{rest.rpartition('@')[2]}" if "@" in rest else url[:200]
