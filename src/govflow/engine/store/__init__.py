"""The database: tables, migrations, and the few statements that the engine needs."""

from govflow.engine.store.database import (
    AnyEngine,
    Connection,
    Database,
    OutcomeUnknown,
    StoreError,
    StoreVersionError,
    begin_for_real,
    is_passing,
    outcome_unknown,
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
    "begin_for_real",
    "is_passing",
    "outcome_unknown",
]
