"""What the events of a case say: the facts, and the state that they make."""

from govflow.engine.case import events, ids, reasons
from govflow.engine.case.clock_id import ClockId
from govflow.engine.case.fold import Ends, fold
from govflow.engine.case.state import (
    OPEN_STATES,
    UNDECIDED,
    CaseState,
    ClockState,
    CorrectionState,
    Event,
    ExtensionState,
    ItemState,
    OtherFormat,
    SuspensionState,
    TaskState,
    checksum,
    clock_text,
    clocks_from,
    event_hash,
    from_text,
    to_text,
)

__all__ = [
    "OPEN_STATES",
    "UNDECIDED",
    "CaseState",
    "ClockId",
    "ClockState",
    "CorrectionState",
    "Ends",
    "Event",
    "ExtensionState",
    "ItemState",
    "OtherFormat",
    "SuspensionState",
    "TaskState",
    "checksum",
    "clock_text",
    "clocks_from",
    "event_hash",
    "events",
    "fold",
    "from_text",
    "ids",
    "reasons",
    "to_text",
]
