"""Questions to a stored case: its view, its progress in the process, and whether log, state and dates agree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govflow import timekeeping, views
from govflow.case import CaseState, ClockState, Event, event_hash, fold, from_text
from govflow.draft import element_of, moved
from govflow.identity import masked
from govflow.model import Catalog
from govflow.store import CaseRow, Statements
from govflow.subject import Subject
from govflow.timekeeping import Calendars
from govflow.views import CaseView

EventRow = tuple[int, str, str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """A case in its process: `looks` gives an element path one of done, working, yellow, red, skipped."""

    ref: str
    catalog: Catalog
    looks: Mapping[str, str]


def case_view(
    statements: Statements, row: CaseRow, subject: Subject, at: str, state: CaseState | None = None
) -> CaseView:
    """Everything about a case as a caller sees it; `state` is the row's, where the caller has it already."""
    state = from_text(row.body) if state is None else state
    names = subject.catalog.materials
    return CaseView(
        id=row.id, ref=row.ref, name=str(subject.name), kind=row.kind, state=row.state, applied=state.applied,
        accepted=state.accepted, accepted_as_of=state.accepted_as_of, deemed=state.deemed, closed=state.closed,
        channel=state.channel, applicant=_shown_applicant(statements.applicant(row.id) or {}), answers=state.answers,
        items=tuple(_items(state, subject)),
        tasks=tuple(views.task_view(t, at) for t in statements.tasks_of(row.id)),
        clocks=views.clock_views(statements.closed_clocks(row.id), state.clocks.values(), at),
        materials=tuple(views.MaterialView(c, str(names[c].name), s) for c, s in state.materials.items()),
        results=tuple(state.results), opinions=tuple(state.opinions), definition=row.definition, revision=row.revision,
    )  # fmt: skip


def _items(state: CaseState, subject: Subject) -> Iterator[views.ItemView]:
    for each in state.items.values():
        item = subject.item(each.code)
        yield views.ItemView(
            each.code, str(item.name), item.department, each.mode, each.reason, each.state, each.started, each.decided,
            each.finished, each.outcome,
        )  # fmt: skip


def _shown_applicant(row: Mapping[str, Any]) -> dict[str, Any]:
    if not row:
        return {}
    return {"kind": row["kind"], "name": row["name"], "id": masked(row["identity"]) if row["identity"] else None}


def progress(statements: Statements, row: CaseRow, subject: Subject, at: str) -> Progress:
    """The case's path through the process, with the lights of what is open."""
    state = from_text(row.body)
    looks = {path: _look(path) for path in _passed(subject, statements.events(row.id))}
    looks |= {f"c_{i.code}": "skipped" for i in state.items.values() if i.state in ("skipped", "terminated")}
    for task in state.tasks.values():
        clock = views.governing_clock(state, task.item, task.id)
        light = timekeeping.light(clock.due_at, clock.warn_at, at) if clock is not None else "green"
        looks |= dict.fromkeys(_with_scopes(task.path), "working" if light == "green" else light)
    return Progress(subject.ref, subject.catalog, looks)


def _look(path: str) -> str:
    """What was passed is done; a timer that fired shows the light it lit."""
    element = element_of(path)
    if not element.startswith("b_"):
        return "done"
    return "red" if element.endswith("_due") else "yellow"


def _passed(subject: Subject, rows: Sequence[EventRow]) -> list[str]:
    snapshot = b""
    passed: list[str] = []
    for row in rows:
        body = json.loads(row[4])
        if "move" in body:
            step = moved(subject, snapshot, body["move"])
            snapshot = step.state
            passed += step.passed
    return passed


def _with_scopes(path: str) -> Iterator[str]:
    """A path and the scopes around it, outermost first."""
    parts = path.split("/")
    return ("/".join(parts[:n]) for n in range(1, len(parts) + 1))


def faults(statements: Statements, row: CaseRow, subject: Subject, calendars: Calendars) -> list[str]:
    """What does not agree in a stored case; one sentence a fault."""
    rows, clock_rows = statements.events(row.id), statements.clocks_of(row.id)
    found = _chain_faults(row.id, rows)
    if not found:
        found += _replay_faults(subject, row, rows, {each.id: views.clock_from(each) for each in clock_rows})
    for clock_row in clock_rows:
        clock = views.clock_from(clock_row)
        calendar = calendars.for_region(subject.region(clock.item))
        if clock.calendar != calendar.version and clock.closed:
            continue
        kept = (clock.due_at, clock.provisional)
        timekeeping.refresh(clock, calendar)
        if clock_row.wake_at != timekeeping.wake_at(clock):
            found.append(
                f"{row.id}: 时钟 {clock.id} 的唤醒时刻是 {clock_row.wake_at}，应为 {timekeeping.wake_at(clock)}"
            )
        if kept != (clock.due_at, clock.provisional) or clock_row.due_at != clock.due_at:
            found.append(f"{row.id}: 时钟 {clock.id} 存的期限是 {clock_row.due_at}，由事实重算为 {clock.due_at}")
    return found


def _chain_faults(case: str, rows: Sequence[EventRow]) -> list[str]:
    previous = ""
    for number, (seq, at, actor, type, body, before, hash) in enumerate(rows, 1):
        if seq != number:
            return [f"{case}: 第 {number} 个事件缺失，找到的编号是 {seq}"]
        if before != previous or hash != event_hash(case, seq, at, actor, type, body, before):
            return [f"{case}: 第 {seq} 个事件（{type}）与哈希链不符，内容被改动过"]
        previous = hash
    return []


def replayed(subject: Subject, case: str, rows: Sequence[EventRow]) -> tuple[CaseState, bytes]:
    """State and snapshot rebuilt from the event log alone. Raises ValueError for a log without events."""
    state: CaseState | None = None
    snapshot = b""
    for seq, at, actor, type, body, before, hash in rows:
        event = Event(case, seq, at, actor, type, json.loads(body), before, hash)
        state = fold(state, event)
        if "move" in event.body:
            snapshot = moved(subject, snapshot, event.body["move"]).state
    if state is None:
        raise ValueError(f"case {case} has no events")
    return state, snapshot


FACTS = ("kind", "item", "task", "limit", "anchor", "suspensions", "extensions", "state", "warned", "expired", "closed")
"""What a clock's row holds of the log; the dates are computed from it."""


def _replay_faults(
    subject: Subject, row: CaseRow, rows: Sequence[EventRow], clocks: Mapping[str, ClockState]
) -> list[str]:
    state, snapshot = replayed(subject, row.id, rows)
    stored = from_text(row.body)
    found = []
    if snapshot != row.snapshot:
        found.append(f"{row.id}: 流程快照与事件记录重放的结果不同")
    same = (state.state, state.hash, sorted(state.tasks), state.items, state.materials, state.results)
    if same != (stored.state, stored.hash, sorted(stored.tasks), stored.items, stored.materials, stored.results):
        found.append(f"{row.id}: 办件状态与事件记录重放的结果不同")
    for id in sorted({*state.clocks, *clocks}):
        told, kept = state.clocks.get(id), clocks.get(id)
        if told is None or kept is None or any(getattr(told, f) != getattr(kept, f) for f in FACTS):
            found.append(f"{row.id}: 时钟 {id} 存的事实与事件记录不同")
    return found
