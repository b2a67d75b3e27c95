"""The database: tables, migrations, and the few statements that the engine needs."""

from govflow.engine.store.database import (
    AnyEngine,
    Connection,
    Database,
    OutcomeUnknown,
    StoreError,
    StoreVersionError,
    is_passing,
    outcome_unknown,
    within,
)
from govflow.engine.store.numbers import Number, Numbers
from govflow.engine.store.rows import (
    Applicant,
    CaseFile,
    CaseRow,
    Changes,
    ClockJob,
    ClockRow,
    DefinitionRow,
    EventRow,
    JobRow,
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
    "ClockJob",
    "ClockRow",
    "Connection",
    "Database",
    "DefinitionRow",
    "EventRow",
    "JobRow",
    "KeyRow",
    "KeyTaken",
    "Locked",
    "Number",
    "Numbers",
    "OutcomeUnknown",
    "Statements",
    "StoreError",
    "StoreVersionError",
    "TaskRow",
    "is_passing",
    "outcome_unknown",
    "within",
]
