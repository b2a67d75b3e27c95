"""What a caller sees of a case: frozen views, each with `as_data()` for JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from govflow.engine import case_clocks
from govflow.engine.case import CaseState, ClockState, clocks_from
from govflow.engine.damage import readable
from govflow.engine.store import ClockRow, TaskRow
from govflow.vocabulary import ClockKind, TaskStatus

_PLAIN = frozenset({str, int, bool, float, type(None)})


class View:
    """A frozen record that can be printed as JSON."""

    def as_data(self) -> dict[str, Any]:
        """Plain data: dicts, lists, text, numbers."""
        if not is_dataclass(self):
            raise TypeError(f"{type(self).__name__} is no dataclass")
        return {f.name: _data(getattr(self, f.name)) for f in fields(self)}


def _data(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, View):
        return value.as_data()
    if isinstance(value, Mapping):
        return {key: _data(each) for key, each in value.items()}
    return [_data(each) for each in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True)
class TaskView(View):
    """A task. `light` is green, yellow or red; `due` the last day of its own step's or its item's promised limit."""

    id: str
    case: str
    item: str | None
    kind: str
    name: str
    department: str | None
    role: str
    assignee: str | None
    joint: str | None
    state: str
    light: str
    due: str | None
    due_at: str | None
    provisional: bool
    escalated: bool
    opened_at: str
    closed_at: str | None
    closed_by: str | None
    outcome: str | None


@dataclass(frozen=True)
class ClockView(View):
    """A clock. `due` is a local date, or None while it is stopped; `provisional` if a year's notice is not out yet."""

    id: str
    kind: str
    item: str | None
    limit: str
    start: str
    due: str | None
    due_at: str | None
    warn_at: str | None
    state: str
    light: str
    provisional: bool
    effect: str
    suspensions: tuple[tuple[str | None, ...], ...]
    extensions: tuple[tuple[str, ...], ...]
    closed_at: str | None
    calendar: str


@dataclass(frozen=True)
class ItemView(View):
    """An item of a case and how it stands."""

    item: str
    name: str
    department: str
    mode: str
    reason: str
    state: str
    started: str | None
    decided: str | None
    finished: str | None
    outcome: str | None


@dataclass(frozen=True)
class MaterialView(View):
    """A material of a case: supplied, missing, obtained (e-licence, data share), awaited, issued, committed."""

    material: str
    name: str
    status: str


@dataclass(frozen=True)
class CaseView(View):
    """A case in full. `applicant` has its number masked; `incident` is the fault that stops its clocks, None if none.

    A command's view holds the rows of one moment; each part is made out of them when it is first looked at.
    """

    id: str
    ref: str
    name: str
    kind: str
    state: str
    applied: str
    accepted: str | None
    accepted_as_of: str | None
    deemed: bool
    closed: str | None
    channel: str
    applicant: Mapping[str, Any]
    answers: Mapping[str, Any]
    items: tuple[ItemView, ...]
    tasks: tuple[TaskView, ...]
    clocks: tuple[ClockView, ...]
    materials: tuple[MaterialView, ...]
    results: tuple[Mapping[str, Any], ...]
    opinions: tuple[Mapping[str, Any], ...]
    definition: str
    revision: int
    incident: str | None = None

    @classmethod
    def of(cls, parts: Mapping[str, Callable[[], Any]], **known: Any) -> CaseView:
        """A view of what is known, and of parts that are made when they are first looked at."""
        view = object.__new__(cls)
        vars(view).update(known, _parts=parts)
        return view

    if not TYPE_CHECKING:  # a checker knows all fields

        def __getattr__(self, name: str) -> Any:
            part = self.__dict__.get("_parts", {}).get(name)
            if part is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            with readable(self.id):
                value = self.__dict__[name] = part()
            return value

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles: every part made."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def item(self, code: str) -> ItemView:
        """One item of the case by code; KeyError if it has none such."""
        return {each.item: each for each in self.items}[code]

    def clock(self, id: str) -> ClockView:
        """One clock by id, e.g. `I07/promised`; KeyError if there is none such."""
        return {each.id: each for each in self.clocks}[id]

    @property
    def open_tasks(self) -> tuple[TaskView, ...]:
        """The tasks that wait for somebody."""
        return tuple(task for task in self.tasks if task.state == TaskStatus.OPEN)


@dataclass(frozen=True)
class Page(View):
    """One page of tasks; `next` is given as `after` for the next one, None at the end."""

    items: tuple[TaskView, ...]
    next: str | None


@dataclass(frozen=True)
class EventView(View):
    """One fact of a case's history, with its link in the chain of hashes."""

    seq: int
    at: str
    actor: str
    type: str
    body: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Fired(View):
    """What a sweep did: the clock, whether it warned or expired, and what followed."""

    case: str
    clock: str
    kind: str
    item: str | None
    event: str
    due: str | None
    effect: str


@dataclass(frozen=True)
class Incident(View):
    """A job that failed: its case, what it is, how often it was tried and the last fault. `dead`: it waits for a person."""

    case: str
    key: str
    kind: str
    dead: bool
    tries: int
    since: str | None
    fault: str


def task_view(row: TaskRow, now: str) -> TaskView:
    """A task row as the inbox shows it."""
    try:
        light = case_clocks.light(row.due_at, row.warn_at, now if row.closed_at is None else row.closed_at)
        due = case_clocks.local_date(row.due_at).isoformat() if row.due_at else None
    except (ValueError, TypeError):
        light, due = "red", None  # a damaged row: `check` says so, and the inbox of the others goes on
    return TaskView(
        row.id, row.case_id, row.item, row.kind, row.name, row.department, row.role, row.assignee, row.joint, row.state,
        light, due, row.due_at, row.provisional, row.escalated, row.opened_at, row.closed_at, row.closed_by, row.outcome,
    )  # fmt: skip


def clock_views(closed: Iterable[str], live: Iterable[ClockState], now: str) -> tuple[ClockView, ...]:
    """A case's clocks by id as people see them: `closed` as stored, read in one go; `live` from the case's state."""
    clocks = [*live, *clocks_from(closed)]
    return tuple(clock_view(clock, now) for clock in sorted(clocks, key=lambda clock: clock.id))


def clock_view(clock: ClockState, now: str) -> ClockView:
    """A clock as people see it; a closed clock keeps its last light."""
    return ClockView(
        clock.id, clock.kind, clock.item, clock.limit, clock.anchor, clock.due, clock.due_at,
        clock.warn_at, clock.state,
        case_clocks.light(clock.due_at, clock.warn_at, clock.closed or now), clock.provisional, clock.effect,
        tuple(map(astuple, clock.suspensions)), tuple(map(astuple, clock.extensions)), clock.closed, clock.calendar,
    )  # fmt: skip


def clock_from(row: ClockRow) -> ClockState:
    """The clock's facts out of its row."""
    return clocks_from([row.body])[0]


def governing_clock(state: CaseState, item: str | None, task: str) -> ClockState | None:
    """The clock that an inbox shows for a task: the earliest due among its own and its item's."""
    mine = [c for c in state.clocks.values() if c.live and c.due_at and decides_due_date(c, item, task)]
    return min(mine, key=lambda c: str(c.due_at), default=None)


def decides_due_date(clock: ClockState, item: str | None, task: str) -> bool:
    """Whether a clock is one of those that decide the due date shown for this task of this item."""
    return clock.task == task if clock.task is not None else _near(clock, item)


_OF_AN_ITEM = (ClockKind.PROMISED, ClockKind.STATUTORY, ClockKind.DELIVERY, ClockKind.POST_CHECK)


def _near(clock: ClockState, item: str | None) -> bool:
    if clock.item is not None:
        return clock.item == item and clock.kind in _OF_AN_ITEM
    return item is None and clock.kind in (ClockKind.PROMISED, ClockKind.JOINT_CAP)
