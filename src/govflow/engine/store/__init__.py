"""The database: tables, migrations, and the few statements that the engine needs."""

from govflow.engine.store.database import AnyEngine, Connection, Database, StoreError, StoreVersionError, begin_for_real
from govflow.engine.store.statements import (
    LIVE,
    CaseFile,
    CaseRow,
    Changes,
    ClockRow,
    DefinitionRow,
    Statements,
    TaskRow,
)

__all__ = [
    "LIVE",
    "AnyEngine",
    "CaseFile",
    "CaseRow",
    "Changes",
    "ClockRow",
    "Connection",
    "Database",
    "DefinitionRow",
    "Statements",
    "StoreError",
    "StoreVersionError",
    "TaskRow",
    "begin_for_real",
]
