"""What a running case is: its state, its events, and how an event changes the state.

The event log is the record. `fold` rebuilds the state from it, without a clock, a calendar or a database,
so a case can always be rebuilt and every view of it agrees with its history.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]

OPEN_STATES = ("received", "correcting", "reviewing", "handing_out", "post_check")
"""Case states in which something remains to be done."""

UNDECIDED = ("waiting", "reviewing", "suspended")
"""Item states before a decision."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact of a case. `at` is ISO 8601 in UTC; `hash` covers the event and the hash before it."""

    case: str
    seq: int
    at: str
    actor: str
    type: str
    body: Body
    previous: str
    hash: str


def event_hash(case: str, seq: int, at: str, actor: str, type: str, body: str, previous: str) -> str:
    """SHA-256 over the event and its predecessor's hash, so that any later change shows."""
    text = "\x1f".join((previous, case, str(seq), at, actor, type, body))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal data gives equal text."""
    return _CANONICAL(value)


def _plain(value: object) -> object:
    attributes = getattr(value, "__dict__", None)
    return attributes if attributes is not None else str(value)


_COMMON: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}
_CANONICAL = json.JSONEncoder(sort_keys=True, default=_plain, **_COMMON).encode
_COMPACT = json.JSONEncoder(check_circular=False, **_COMMON).encode


@dataclass
class ItemState:
    """Where one item of the case stands.

    `mode` is run, verify or skip; `state` is waiting, reviewing, suspended, granted, refused, verified,
    terminated, withdrawn, skipped or delivered.
    """

    code: str
    mode: str
    reason: str
    state: str = "waiting"
    started: str | None = None
    decided: str | None = None
    finished: str | None = None
    outcome: str | None = None
    stopped_by: list[str] = field(default_factory=list)


@dataclass
class TaskState:
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


@dataclass
class ClockState:
    """One running clock: its facts, and the due date last computed from them.

    `suspensions` are [from, to or None, reason, procedure]; `extensions` are [by, decided on, by whom, reason].
    """

    id: str
    kind: str
    item: str | None
    task: str | None
    limit: str
    anchor: str
    warning: str
    effect: str
    basis: str | None = None
    timers: dict[str, str] = field(default_factory=dict)
    suspensions: list[list[str | None]] = field(default_factory=list)
    extensions: list[list[str]] = field(default_factory=list)
    state: str = "running"
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


@dataclass
class CaseState:
    """A case in full; live tasks and clocks only (closed ones stay as rows and events).

    `seals` tell by clock which text its row was last written with; no event says so, only the stored state has them.
    """

    id: str
    ref: str
    kind: str
    definition: str
    applied: str
    channel: str
    state: str = "received"
    accepted: str | None = None
    accepted_as_of: str | None = None
    deemed: bool = False
    closed: str | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    items: dict[str, ItemState] = field(default_factory=dict)
    materials: dict[str, str] = field(default_factory=dict)
    correction: dict[str, Any] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, TaskState] = field(default_factory=dict)
    clocks: dict[str, ClockState] = field(default_factory=dict)
    seals: dict[str, str] = field(default_factory=dict)
    opinions: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)
    clock_ids: dict[str, int] = field(default_factory=dict)
    tasks_opened: int = 0
    seq: int = 0
    hash: str = ""


def to_text(state: CaseState) -> str:
    """The state as compact JSON: a cache beside the event log.

    It is written at every step, so items and tasks are lists of their values in the order of their fields, and of its
    clocks it names the live ones with their seals: what a clock says is in the clock's own row.
    """
    data = {
        **{name: value for name, value in vars(state).items() if name != "seals"},
        "items": [list(vars(item).values()) for item in state.items.values()],
        "tasks": [list(vars(task).values()) for task in state.tasks.values()],
        "clocks": {id: state.seals[id] for id, clock in state.clocks.items() if clock.live},
    }
    return _COMPACT(data)


def clock_text(clock: ClockState) -> str:
    """The facts of a clock as JSON, for its row."""
    return _COMPACT(vars(clock))


def seal(text: str) -> str:
    """What the state remembers of a clock's text, so that a row changed by hand shows."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def from_text(text: str, clocks: Iterable[str]) -> CaseState:
    """The state that `to_text` wrote; `clocks` are the facts of its live clocks. ValueError if one of them is missing."""
    data = json.loads(text)
    found = {each["id"]: clock_of(each) for each in json.loads(f"[{','.join(clocks)}]")}
    lost = [id for id in data["clocks"] if id not in found]
    if lost:
        raise ValueError(f"case {data['id']} has no rows for its clocks {', '.join(lost)}")
    data["items"] = {item[0]: ItemState(*item) for item in data["items"]}
    data["tasks"] = {task[0]: TaskState(*task) for task in data["tasks"]}
    data["seals"] = data["clocks"]
    data["clocks"] = {id: found[id] for id in data["seals"]}
    return CaseState(**data)


def clock_of(facts: dict[str, Any]) -> ClockState:
    """A clock with all the facts that `clock_text` wrote, unchecked: a case has dozens, and each step reads them."""
    clock = ClockState.__new__(ClockState)
    clock.__dict__ = facts
    return clock


def fold(state: CaseState | None, event: Event) -> CaseState:
    """The state after this event. The first event of a case is `applied`; an unknown type raises ValueError."""
    if event.type == "applied":
        state = _applied(event)
    else:
        change = _CHANGES.get(event.type)
        if change is None or state is None:
            raise ValueError(f"case {event.case}: event {event.seq} of type {event.type!r} cannot be applied")
        change(state, event)
    state.seq, state.hash = event.seq, event.hash
    return state


def _applied(event: Event) -> CaseState:
    body = event.body
    return CaseState(
        id=event.case, ref=body["ref"], kind=body["kind"], definition=body["definition"], applied=event.at,
        channel=body["channel"], answers=dict(body["answers"]), dropped=list(body["dropped"]),
        items={code: ItemState(code, mode, reason, "skipped" if mode == "skip" else "waiting")
               for code, (mode, reason) in body["items"].items()},
        materials=dict(body["materials"]),
    )  # fmt: skip


def _task_opened(state: CaseState, event: Event) -> None:
    body = event.body
    state.tasks_opened += 1
    state.tasks[body["task"]] = TaskState(
        body["task"], body["path"], body["element"], body["item"], body["kind"], body["name"],
        body["department"], body["role"], event.at, joint=body.get("joint"),
    )  # fmt: skip


def _task_completed(state: CaseState, event: Event) -> None:
    body = event.body
    task = state.tasks.pop(body["task"], None)
    if body.get("opinion") or body["outcome"] in ("approve", "refuse"):
        state.opinions.append({
            "item": task.item if task else None, "step": task.name if task else body["task"], "by": event.actor,
            "department": task.department if task else None, "outcome": body["outcome"],
            "opinion": body.get("opinion") or "", "at": event.at,
        })  # fmt: skip
    if task is not None and task.kind == "visit" and task.item is not None:
        state.visited.append(task.item)


def _task_cancelled(state: CaseState, event: Event) -> None:
    state.tasks.pop(event.body["task"], None)


def _claimed(state: CaseState, event: Event) -> None:
    task = state.tasks[event.body["task"]]
    task.assignee, task.claimed = event.actor, event.at


def _released(state: CaseState, event: Event) -> None:
    task = state.tasks[event.body["task"]]
    task.assignee = task.claimed = None


def _task_escalated(state: CaseState, event: Event) -> None:
    for task in state.tasks.values():
        if task.id in event.body["tasks"]:
            task.escalated = True


def _correction_asked(state: CaseState, event: Event) -> None:
    notices = [*state.correction.get("notices", []), list(event.body["missing"])]
    state.correction = {**state.correction, "notices": notices, "asked": event.at}
    for code in event.body["missing"]:
        state.materials[code] = "missing"
    state.state = "correcting"


def _supplemented(state: CaseState, event: Event) -> None:
    for code in event.body["materials"]:
        state.materials[code] = "supplied"
        state.gaps.pop(code, None)
    later = [*state.correction.get("later", []), *event.body["materials"]]
    state.correction = {**state.correction, "later": later, "received": event.at}
    if state.state == "correcting":
        state.state = "received"


def _accepted(state: CaseState, event: Event) -> None:
    body = event.body
    state.accepted, state.accepted_as_of, state.deemed = event.at, body["as_of"], body["deemed"]
    state.gaps = dict(body.get("gaps", {}))
    state.state = "reviewing"


def _ended_as(name: str) -> Any:
    def change(state: CaseState, event: Event) -> None:
        state.state, state.closed = name, event.at
        for item in state.items.values():
            if item.state in UNDECIDED:
                item.state = "withdrawn" if name in ("withdrawn", "deemed_withdrawn") else "terminated"
        state.tasks.clear()

    return change


def _item_started(state: CaseState, event: Event) -> None:
    item = state.items[event.body["item"]]
    item.state, item.started = "reviewing", event.body["as_of"]


def _item_decided(state: CaseState, event: Event) -> None:
    item = state.items[event.body["item"]]
    item.outcome = event.body["outcome"]
    item.state, item.decided = ("granted" if item.outcome == "approve" else "refused"), event.at
    item.stopped_by = []


def _item_verified(state: CaseState, event: Event) -> None:
    item = state.items[event.body["item"]]
    item.outcome = event.body["outcome"]
    item.state = "verified" if item.outcome == "approve" else "refused"
    item.decided = item.finished = event.at


def _item_finished(state: CaseState, event: Event) -> None:
    state.items[event.body["item"]].finished = event.at


def _item_terminated(state: CaseState, event: Event) -> None:
    item = state.items[event.body["item"]]
    item.state, item.finished, item.reason = "terminated", event.at, event.body["reason"]


def _result_issued(state: CaseState, event: Event) -> None:
    state.results.append({**event.body, "at": event.at, "delivered": None})
    material = event.body.get("material")
    if material:
        state.materials[material] = "issued"


def _delivered(state: CaseState, event: Event) -> None:
    for result in state.results:
        if result["item"] in event.body["items"]:
            result["delivered"] = event.at
    for code in event.body["items"]:
        if state.items[code].state == "granted":
            state.items[code].state = "delivered"


def _clock_started(state: CaseState, event: Event) -> None:
    body = event.body
    base = str(body["clock"]).partition("#")[0]
    state.clock_ids[base] = state.clock_ids.get(base, 0) + 1
    state.clocks[body["clock"]] = ClockState(
        body["clock"], body["kind"], body["item"], body["task"], body["limit"], body["anchor"], body["warning"],
        body["effect"], body.get("basis"), dict(body.get("timers", {})),
    )  # fmt: skip


def _clocks_suspended(state: CaseState, event: Event) -> None:
    body = event.body
    for id in body["clocks"]:
        clock = state.clocks[id]
        clock.suspensions.append([body["from"], None, body["reason"], body["procedure"]])
        clock.state = "suspended"
    item = body.get("item")
    if item:
        state.items[item].stopped_by.append(body["procedure"])
        state.items[item].state = "suspended"


def _clocks_resumed(state: CaseState, event: Event) -> None:
    body = event.body
    for id in body["clocks"]:
        clock = state.clocks[id]
        for suspension in clock.suspensions:
            if suspension[1] is None and suspension[3] == body["procedure"]:
                suspension[1] = body["to"]
        if all(suspension[1] is not None for suspension in clock.suspensions):
            clock.state = "running"
    item = body.get("item")
    if item:
        entry = state.items[item]
        entry.stopped_by.remove(body["procedure"])
        if not entry.stopped_by and entry.state == "suspended":
            entry.state = "reviewing"


def _clock_extended(state: CaseState, event: Event) -> None:
    body = event.body
    for id in body["clocks"]:
        state.clocks[id].extensions.append([body["by"], body["decided_on"], event.actor, body["reason"]])
        state.clocks[id].warned = None  # the new due date deserves a warning of its own


def _clock_warned(state: CaseState, event: Event) -> None:
    state.clocks[event.body["clock"]].warned = event.at


def _clock_expired(state: CaseState, event: Event) -> None:
    state.clocks[event.body["clock"]].expired = event.at


def _clock_reprojected(state: CaseState, event: Event) -> None:
    """A due date that lies ahead again, by a calendar that is known now, deserves its warning and its expiry anew."""
    clock = state.clocks[event.body["clock"]]
    due_at = event.body.get("due_at")
    if due_at is not None and due_at >= event.at:
        clock.warned = clock.expired = None


def _clock_closed(state: CaseState, event: Event) -> None:
    clock = state.clocks[event.body["clock"]]
    clock.closed, clock.state = event.at, event.body["state"]


def _state_changed(state: CaseState, event: Event) -> None:
    state.state = event.body["state"]


def _nothing(state: CaseState, event: Event) -> None:
    """A fact that is kept for the reader and changes no state."""


_CHANGES = {
    "task_opened": _task_opened,
    "task_completed": _task_completed,
    "task_cancelled": _task_cancelled,
    "task_claimed": _claimed,
    "task_released": _released,
    "escalated": _task_escalated,
    "correction_asked": _correction_asked,
    "supplemented": _supplemented,
    "accepted": _accepted,
    "not_accepted": _ended_as("not_accepted"),
    "withdrawn": _ended_as("withdrawn"),
    "deemed_withdrawn": _ended_as("deemed_withdrawn"),
    "item_started": _item_started,
    "item_decided": _item_decided,
    "item_verified": _item_verified,
    "item_finished": _item_finished,
    "item_terminated": _item_terminated,
    "result_issued": _result_issued,
    "delivered": _delivered,
    "clock_started": _clock_started,
    "clocks_suspended": _clocks_suspended,
    "clocks_resumed": _clocks_resumed,
    "clocks_extended": _clock_extended,
    "clock_warned": _clock_warned,
    "clock_expired": _clock_expired,
    "clock_closed": _clock_closed,
    "clock_reprojected": _clock_reprojected,
    "timer_fired": _nothing,
    "materials_obtained": _nothing,
    "state_changed": _state_changed,
    "closed": _ended_as("closed"),
}
