"""What a running case is: its state, and an event with its place in the log.

The event log is the record (`events`, `fold`); what is stored of the state is a cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from govflow.engine.case import events as e
from govflow.vocabulary import CaseStatus, ClockStatus, ItemStatus

OPEN_STATES = (
    CaseStatus.RECEIVED, CaseStatus.CORRECTING, CaseStatus.REVIEWING, CaseStatus.HANDING_OUT, CaseStatus.POST_CHECK,
)  # fmt: skip
"""Case states in which something remains to be done."""

UNDECIDED = (ItemStatus.WAITING, ItemStatus.REVIEWING, ItemStatus.SUSPENDED)
"""Item states before a decision."""


class Event(msgspec.Struct, frozen=True):
    """One fact of a case with its place in the log.

    `at` is ISO 8601 in UTC; `text` is the fact as it is stored; `hash` covers the event and the hash before it.
    """

    case: str
    seq: int
    at: str
    actor: str
    type: str
    fact: e.AnyFact
    text: str
    previous: str
    hash: str


def event_hash(case: str, seq: int, at: str, actor: str, type: str, body: str, previous: str) -> str:
    """SHA-256 over the event's stored text and its predecessor's hash, so that any later change shows."""
    text = "\x1f".join((previous, case, str(seq), at, actor, type, body))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class ItemState(msgspec.Struct, array_like=True):
    """Where one item of the case stands: `mode` says how it is handled, `state` how far it is."""

    code: str
    mode: str
    reason: str
    state: str = ItemStatus.WAITING.value
    started: str | None = None
    decided: str | None = None
    finished: str | None = None
    outcome: str | None = None
    stopped_by: list[str] = []


class TaskState(msgspec.Struct, array_like=True):
    """One open piece of work of one department."""

    id: str
    path: str
    element: str
    item: str | None
    kind: str
    name: str
    department: str | None
    role: str
    opened: str
    assignee: str | None = None
    claimed: str | None = None
    joint: str | None = None
    escalated: bool = False


class SuspensionState(msgspec.Struct, array_like=True):
    """A time in which a clock stood still: local dates, the second is the last that does not count."""

    since: str
    until: str | None
    reason: str
    procedure: str


class ExtensionState(msgspec.Struct, array_like=True):
    """An extension of a limit: by how much, decided on which local date, by whom, why."""

    by: str
    decided_on: str
    actor: str
    reason: str


class ClockState(msgspec.Struct):
    """One running clock: its facts, and the due date last computed from them."""

    id: str
    kind: str
    item: str | None
    task: str | None
    limit: str
    anchor: str
    warning: str
    effect: str
    basis: str | None = None
    timers: dict[str, str] = {}
    suspensions: list[SuspensionState] = []
    extensions: list[ExtensionState] = []
    state: str = ClockStatus.RUNNING.value
    warned: str | None = None
    expired: str | None = None
    closed: str | None = None
    due: str | None = None
    due_at: str | None = None
    warn_at: str | None = None
    provisional: bool = False
    calendar: str = ""

    @property
    def live(self) -> bool:
        """Whether the clock still runs or stands suspended."""
        return self.closed is None

    def suspended_for(self, procedure: str) -> bool:
        """Whether the clock stands still for this procedure now."""
        return any(each.procedure == procedure and each.until is None for each in self.suspensions)


class CorrectionState(msgspec.Struct, omit_defaults=True):
    """What was asked of the applicant before acceptance, and what came: `notices` are the materials of each notice."""

    notices: list[list[str]] = []
    asked: str | None = None
    later: list[str] = []
    received: str | None = None


class Opinion(msgspec.Struct):
    """What somebody who completed a task said."""

    item: str | None
    step: str
    by: str
    department: str | None
    outcome: str
    opinion: str
    at: str


class IssuedResult(msgspec.Struct):
    """A result that was made out, and when it reached the applicant."""

    item: str
    result: str
    name: str
    kind: str
    number: str
    valid_for: str | None
    material: str | None
    at: str
    delivered: str | None = None


class CaseFacts(msgspec.Struct, kw_only=True):
    """What a case and its stored form have in common."""

    id: str
    ref: str
    kind: str
    definition: str
    applied: str
    channel: str
    state: str = CaseStatus.RECEIVED.value
    accepted: str | None = None
    accepted_as_of: str | None = None
    deemed: bool = False
    closed: str | None = None
    answers: dict[str, Any] = {}
    dropped: list[str] = []
    materials: dict[str, str] = {}
    correction: CorrectionState = msgspec.field(default_factory=CorrectionState)
    gaps: dict[str, str] = {}
    opinions: list[Opinion] = []
    results: list[IssuedResult] = []
    clock_ids: dict[str, int] = {}
    tasks_opened: int = 0
    seq: int = 0
    hash: str = ""


class CaseState(CaseFacts, kw_only=True):
    """A case in full; live tasks and clocks only (closed ones stay as rows and events).

    `checksums` tell by clock which text its row was last written with; no event says so, only the stored state has them.
    """

    items: dict[str, ItemState] = {}
    tasks: dict[str, TaskState] = {}
    clocks: dict[str, ClockState] = {}
    checksums: dict[str, str] = {}


FORMAT = 1
"""The form of the stored state; 0.1.0 wrote this one too, without saying so."""


class OtherFormat(ValueError):
    """A stored state has the form of another version; the case is rebuilt from its log."""


class _Form(msgspec.Struct):
    format: int = FORMAT


class _Stored(CaseFacts, kw_only=True):
    """The state as it is stored: of its clocks only the checksums, since what a clock says is in the clock's own row."""

    format: int = FORMAT
    items: list[ItemState]
    tasks: list[TaskState]
    clocks: dict[str, str]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Stored).decode
_decode_form = msgspec.json.Decoder(_Form).decode
_decode_clocks = msgspec.json.Decoder(list[ClockState]).decode
_SHARED = CaseFacts.__struct_fields__


def to_text(state: CaseState) -> str:
    """The state as compact JSON: a cache beside the event log, written at every step."""
    shared = {name: getattr(state, name) for name in _SHARED}
    clocks = {id: state.checksums[id] for id, clock in state.clocks.items() if clock.live}
    return _encode(
        _Stored(items=list(state.items.values()), tasks=list(state.tasks.values()), clocks=clocks, **shared)
    ).decode()


def from_text(text: str, clocks: Iterable[str]) -> CaseState:
    """The state that `to_text` wrote; `clocks` are the facts of its live clocks.

    Raises ValueError if one of them is missing, OtherFormat for the state of another version.
    """
    try:
        stored = _decode(text)
    except msgspec.ValidationError:
        if _decode_form(text).format != FORMAT:
            raise OtherFormat from None
        raise
    if stored.format != FORMAT:
        raise OtherFormat
    found = {clock.id: clock for clock in clocks_from(clocks)}
    missing = [id for id in stored.clocks if id not in found]
    if missing:
        raise ValueError(f"case {stored.id} has no rows for its clocks {', '.join(missing)}")
    return CaseState(
        items={item.code: item for item in stored.items}, tasks={task.id: task for task in stored.tasks},
        clocks={id: found[id] for id in stored.clocks}, checksums=stored.clocks,
        **{name: getattr(stored, name) for name in _SHARED},
    )  # fmt: skip


def clock_text(clock: ClockState) -> str:
    """The facts of a clock as JSON, for its row."""
    return _encode(clock).decode()


def clocks_from(texts: Iterable[str]) -> list[ClockState]:
    """The clocks that `clock_text` wrote, read in one go."""
    return _decode_clocks(f"[{','.join(texts)}]")


def checksum(text: str) -> str:
    """What the state remembers of a clock's text, so that a row changed by hand shows."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
