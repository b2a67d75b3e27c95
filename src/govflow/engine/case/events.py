"""The history of a case: every fact that can be recorded of it, one record a type, in the order in which they come.

A fact is kept as JSON with sorted keys under the name of its type (`applied`, `task_opened` ...), and hashed as that text:
see `canonical`. The text is never encoded again; reading is by type, passes over names it does not know, and fills in what an
older version did not write. Instants are UTC text, dates and limits are text. A new field needs a default.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

Answers = Mapping[str, Any]


class Move(msgspec.Struct, frozen=True):
    """How the process moved: start, complete, fire or cancel; at which path; with which of its flags on."""

    verb: str
    path: str
    flags: list[str]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What one event says. The name of its type is the name of the class, in small letters."""


# --- application and acceptance ------------------------------------------------------------------------------------


class Applied(Fact, frozen=True, kw_only=True):
    """Somebody applied for a theme or an item, and the process began.

    `items` says of each item how it is handled and why; `materials` how each of the list stands; `applicant` is a salted
    digest of the person, whose data are kept beside the case.
    """

    ref: str
    kind: str
    definition: str
    channel: str
    answers: dict[str, Any]
    dropped: list[str]
    items: dict[str, tuple[str, str]]
    materials: dict[str, str]
    applicant: str
    move: Move


class CorrectionAsked(Fact, frozen=True, kw_only=True):
    """The applicant was told, once and completely, what is missing (行政许可法 art. 32); `item` asked for it, if one did."""

    missing: list[str]
    item: str | UnsetType = UNSET


class Supplemented(Fact, frozen=True, kw_only=True):
    """Missing materials came: in answer to a correction, or for a gap that was left open at acceptance."""

    materials: list[str]


class Accepted(Fact, frozen=True, kw_only=True):
    """The application is accepted as of an instant; `deemed` by the passing of time; `gaps` may come later, each in its limit."""

    as_of: str
    deemed: bool
    gaps: dict[str, str] = {}


class NotAccepted(Fact, frozen=True, kw_only=True):
    """The application is not accepted, and the case is over."""

    reason: str


class Refused(Fact, frozen=True, kw_only=True):
    """The application is refused without acceptance, since its definition says so of a missed correction (`missed: refused`)."""

    reason: str


class Withdrawn(Fact, frozen=True, kw_only=True):
    """The applicant took the application back."""

    reason: str
    move: Move


class DeemedWithdrawn(Fact, frozen=True, kw_only=True):
    """The correction did not come in time, which counts as taking the application back."""

    reason: str


# --- tasks ---------------------------------------------------------------------------------------------------------


class TaskOpened(Fact, frozen=True, kw_only=True):
    """The process came to a task: at this path, of this element, for this department and role; `joint` is its joint visit."""

    task: str
    path: str
    element: str
    item: str | None
    kind: str
    name: str
    department: str | None
    role: str
    joint: str | None = None


class TaskClaimed(Fact, frozen=True, kw_only=True):
    """Somebody took a task."""

    task: str


class TaskReleased(Fact, frozen=True, kw_only=True):
    """Whoever had a task gave it back."""

    task: str


class TaskCompleted(Fact, frozen=True, kw_only=True):
    """A task is done, with this outcome, and the process moved on; `data` is whatever the caller keeps with it."""

    task: str
    kind: str | UnsetType = UNSET
    name: str
    item: str | None
    outcome: str
    opinion: str = ""
    joint: str | UnsetType | None = UNSET
    data: dict[str, Any] = {}
    move: Move


class TaskCancelled(Fact, frozen=True, kw_only=True):
    """The process left a task behind: it need not be done any more."""

    task: str


class Escalated(Fact, frozen=True, kw_only=True):
    """A clock is overdue, and its tasks were brought before the one who answers for it."""

    clock: str
    kind: str
    item: str | None
    tasks: list[str]
    to: str


# --- items and results ---------------------------------------------------------------------------------------------


class ItemStarted(Fact, frozen=True, kw_only=True):
    """The handling of an item began; its clocks count as of this instant."""

    item: str
    as_of: str


class ItemDecided(Fact, frozen=True, kw_only=True):
    """An item was granted (approve) or refused."""

    item: str
    outcome: str


class ItemVerified(Fact, frozen=True, kw_only=True):
    """The result that the applicant holds already was looked at: it counts (approve), or it does not."""

    item: str
    outcome: str


class ItemFinished(Fact, frozen=True, kw_only=True):
    """The handling of an item is over."""

    item: str


class ItemTerminated(Fact, frozen=True, kw_only=True):
    """An item ended without a decision, since one that it needs was not granted."""

    item: str
    reason: str


class ResultIssued(Fact, frozen=True, kw_only=True):
    """A result was made out; `material` is what other items of the case know it as."""

    item: str
    result: str
    name: str
    kind: str
    number: str
    valid_for: str | None
    material: str | None = None


class Delivered(Fact, frozen=True, kw_only=True):
    """The results of these items reached the applicant."""

    items: list[str]


# --- clocks --------------------------------------------------------------------------------------------------------


class ClockStarted(Fact, frozen=True, kw_only=True):
    """A clock began to count from its anchor; `timers` are the BPMN timers that show it, by edge (warning, due)."""

    clock: str
    kind: str
    item: str | None
    task: str | None
    limit: str
    anchor: str
    warning: str
    effect: str
    basis: str | None = None
    timers: dict[str, str] = {}


class ClocksSuspended(Fact, frozen=True, kw_only=True):
    """Clocks stand still from this date on, for a special procedure (行政许可法 art. 45)."""

    clocks: list[str]
    since: str = msgspec.field(name="from")
    procedure: str
    reason: str
    item: str | None = None


class ClocksResumed(Fact, frozen=True, kw_only=True):
    """Clocks run again; the date is the last one that does not count."""

    clocks: list[str]
    to: str
    procedure: str
    item: str | None = None
    reason: str | UnsetType = UNSET


class ClocksExtended(Fact, frozen=True, kw_only=True):
    """The limits of an item were extended once (行政许可法 art. 42)."""

    clocks: list[str]
    by: str
    decided_on: str
    reason: str
    item: str


class ClockWarned(Fact, frozen=True, kw_only=True):
    """A clock is close to its end."""

    clock: str
    kind: str
    item: str | None
    due: str | None
    at: str | None


class ClockExpired(Fact, frozen=True, kw_only=True):
    """A clock ran out, with this effect."""

    clock: str
    kind: str
    item: str | None
    due: str | None
    effect: str


class ClockClosed(Fact, frozen=True, kw_only=True):
    """A clock's work is done: met, missed, or ended while it stood still."""

    clock: str
    state: str


class ClockReprojected(Fact, frozen=True, kw_only=True):
    """Another calendar gives a clock another due date."""

    clock: str
    old: str | None
    new: str | None
    due_at: str | None = None
    provisional: bool
    reason: str


class TimerFired(Fact, frozen=True, kw_only=True):
    """The BPMN timer of a clock was told that it is time, and the process moved."""

    clock: str
    edge: str
    move: Move


# --- the case ------------------------------------------------------------------------------------------------------


class StateChanged(Fact, frozen=True, kw_only=True):
    """The case is handed out, or checked afterwards."""

    state: str


class Closed(Fact, frozen=True, kw_only=True):
    """Everything is done."""


AnyFact = (
    Applied | CorrectionAsked | Supplemented | Accepted | NotAccepted | Refused | Withdrawn | DeemedWithdrawn | TaskOpened
    | TaskClaimed | TaskReleased | TaskCompleted | TaskCancelled | Escalated | ItemStarted | ItemDecided | ItemVerified
    | ItemFinished | ItemTerminated | ResultIssued | Delivered | ClockStarted | ClocksSuspended | ClocksResumed
    | ClocksExtended | ClockWarned | ClockExpired | ClockClosed | ClockReprojected | TimerFired | StateChanged | Closed
)  # fmt: skip
"""Every fact there is; a `match` over it that forgets one does not pass the type checker."""

TYPES: Mapping[str, type[Fact]] = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower(): kind for kind in AnyFact.__args__
}
NAMES: Mapping[type[Fact], str] = {kind: name for name, kind in TYPES.items()}
_DECODE = {name: msgspec.json.Decoder(kind).decode for name, kind in TYPES.items()}
_ENCODE = msgspec.json.Encoder(order="sorted").encode
_ANY_JSON = (Applied, TaskCompleted)
"""Facts that hold a caller's own JSON, which `json` alone writes as it always did (1e+16, not 1e16)."""

_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal data gives equal text. TypeError for what is no JSON."""
    return _CANONICAL(value)


def write(fact: AnyFact) -> str:
    """The text that is hashed and stored: byte for byte what `canonical` gives for the fact's names and values."""
    if not isinstance(fact, _ANY_JSON) or (isinstance(fact, TaskCompleted) and not fact.data):
        try:
            return _ENCODE(fact).decode()
        except UnicodeEncodeError:  # a lone surrogate, which no database takes either
            pass
    return _CANONICAL(msgspec.to_builtins(fact))


def read(type: str, text: str) -> AnyFact:
    """The fact of a stored event. Raises ValueError for a type that this version does not know, or text that is none."""
    decode = _DECODE.get(type)
    if decode is None:
        raise ValueError(f"events of type {type!r} are not known")
    found: AnyFact = decode(text)  # type: ignore[assignment]
    return found


def fact_of(type: str, body: Mapping[str, Any]) -> AnyFact:
    """The fact that an event's type and body say. Raises ValueError for a type or a body that is none."""
    kind = TYPES.get(type)
    if kind is None:
        raise ValueError(f"events of type {type!r} are not known")
    found: AnyFact = msgspec.convert(body, kind)  # type: ignore[assignment]
    return found


def move_of(fact: AnyFact) -> Move | None:
    """How the process moved with this fact, if it did."""
    match fact:
        case Applied(move=move) | Withdrawn(move=move) | TaskCompleted(move=move) | TimerFired(move=move):
            return move
        case _:
            return None
