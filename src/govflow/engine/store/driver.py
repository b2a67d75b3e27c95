"""The driver underneath: statements compiled once, run on its own cursor, sent together where it can pipeline.

SQLAlchemy writes the SQL and keeps the transaction; what it does around each execution costs more than the statement
itself. Measured in turns with an item of eight departments on SQLite: with `connection.execute` in the place of `run`,
`run_all` and `rows` a step takes 1.3 times the processor time, and everything works the same. Statements run here are
not seen by SQLAlchemy's listeners and `echo`. Everything runs in the transaction of the connection given, whoever began
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as the driver takes it: its text, and the order of its values where they go by place."""

    text: str
    ordered: Callable[[Values], Any] | None

    def arguments(self, values: Values) -> Any:
        """The values as the driver takes them."""
        return values if self.ordered is None else self.ordered(values)


class Style:
    """What is the same for all connections of one driver: its errors, whether it pipelines, the statements compiled."""

    __slots__ = ("compiled", "errors", "pipelines")

    def __init__(self, dialect: Any) -> None:
        self.errors: Any = dialect.loaded_dbapi.Error
        pipeline = None if dialect.is_async else getattr(dialect.loaded_dbapi, "Pipeline", None)
        self.pipelines = bool(getattr(pipeline, "is_supported", bool)())  # adapters to asynchronous drivers have none
        self.compiled: dict[Any, Statement] = {}


_STYLES: dict[tuple[str, str, str, bool], Style] = {}
"""By dialect, driver, style of parameters, and whether the driver is asynchronous; this package has a few dozen statements."""


class Driver:
    """One connection's driver. Its errors come out as SQLAlchemy's."""

    def __init__(self, connection: sa.Connection) -> None:
        if not connection.in_transaction():
            connection.begin()  # as SQLAlchemy does at the first statement
        dialect: Any = connection.dialect
        key = dialect.name, dialect.driver, dialect.paramstyle, dialect.is_async
        style = _STYLES.get(key) or _STYLES.setdefault(key, Style(dialect))
        self._connection = connection
        self._errors, self._pipelines, self._compiled = style.errors, style.pipelines, style.compiled
        self._driver: Any = connection.connection.dbapi_connection

    def run(self, statement: Any, values: Values) -> Any:
        """Run a statement once; gives the cursor, to read rows or the count of rows from."""
        compiled = self._compiled.get(statement) or self._compile(statement, values)
        cursor = self._driver.cursor()
        try:
            cursor.execute(compiled.text, compiled.arguments(values))
        except self._errors as fault:
            raise self._as_sqlalchemys(fault, compiled.text) from fault
        return cursor

    def run_all(self, statement: Any, rows: Sequence[Values]) -> None:
        """Run a statement for every row; nothing for none."""
        if len(rows) < 2:
            for values in rows:
                self.run(statement, values)
            return
        compiled = self._compiled.get(statement) or self._compile(statement, rows[0])
        try:
            self._driver.cursor().executemany(compiled.text, [compiled.arguments(values) for values in rows])
        except self._errors as fault:
            raise self._as_sqlalchemys(fault, compiled.text) from fault

    def rows(self, cursor: Any) -> list[tuple[Any, ...]]:
        """All rows of a statement that was run."""
        try:
            found: list[tuple[Any, ...]] = cursor.fetchall()
        except self._errors as fault:
            raise self._as_sqlalchemys(fault, "") from fault
        return found

    @contextmanager
    def together(self) -> Iterator[None]:
        """Statements inside go to the server without waiting for each other's answers; after it all have come."""
        if not self._pipelines:
            yield
            return
        try:
            with self._driver.pipeline():
                yield
        except self._errors as fault:
            raise self._as_sqlalchemys(fault, "") from fault

    def _compile(self, statement: Any, values: Values) -> Statement:
        # an update says itself what it sets; the columns of its values would all be set again, and every index rewritten
        keys = list(values) if statement.is_insert else None
        found = statement.compile(dialect=self._connection.dialect, column_keys=keys)
        names = found.positiontup
        if names is None:
            ordered: Callable[[Values], Any] | None = None
        elif len(names) == 1:
            ordered = _single(names[0])
        else:
            ordered = itemgetter(*names)
        compiled = self._compiled[statement] = Statement(str(found), ordered)
        return compiled

    def _as_sqlalchemys(self, fault: Any, text: str) -> BaseException:
        """The driver's error as SQLAlchemy's; a connection that is lost takes the pooled ones with it."""
        dialect: Any = self._connection.dialect
        lost = dialect.is_disconnect(fault, self._driver, None)
        if lost:
            self._connection.invalidate(fault)
            self._connection.engine.dispose(close=False)
        error: BaseException = sa.exc.DBAPIError.instance(
            text or None, None, fault, self._errors, hide_parameters=True, connection_invalidated=lost, dialect=dialect
        )
        return error


def _single(name: str) -> Callable[[Values], tuple[Any, ...]]:
    return lambda values: (values[name],)
