"""The database: tables, migrations, and the few statements that the engine needs."""

from govflow.store.database import Database, StoreVersionError
from govflow.store.statements import (
    CaseRow,
    ClockRow,
    Statements,
    TaskRow,
    instant,
)

__all__ = ["CaseRow", "ClockRow", "Database", "Statements", "StoreVersionError", "TaskRow", "instant"]
