"""The database: tables, migrations, and the few statements that the engine needs."""

from govflow.store.database import (
    AnyEngine,
    Connection,
    Database,
    StoreVersionError,
    begin_for_real,
)
from govflow.store.statements import (
    CaseRow,
    ClockRow,
    Statements,
    TaskRow,
)

__all__ = [
    "AnyEngine",
    "CaseRow",
    "ClockRow",
    "Connection",
    "Database",
    "Statements",
    "StoreVersionError",
    "TaskRow",
    "begin_for_real",
]
