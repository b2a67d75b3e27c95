"""The database: tables, migrations, and the few statements that the engine needs."""

from govflow.engine.store.database import AnyEngine, Connection, Database, StoreError, StoreVersionError, begin_for_real
from govflow.engine.store.rows import (
    Applicant,
    CaseFile,
    CaseRow,
    Changes,
    ClockRow,
    DefinitionRow,
    EventRow,
    KeyRow,
    Locked,
    TaskRow,
)
from govflow.engine.store.statements import LIVE, KeyTaken, Statements

__all__ = [
    "LIVE",
    "AnyEngine",
    "Applicant",
    "CaseFile",
    "CaseRow",
    "Changes",
    "ClockRow",
    "Connection",
    "Database",
    "DefinitionRow",
    "EventRow",
    "KeyRow",
    "KeyTaken",
    "Locked",
    "Statements",
    "StoreError",
    "StoreVersionError",
    "TaskRow",
    "begin_for_real",
]
