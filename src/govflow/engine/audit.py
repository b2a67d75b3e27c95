"""Audit 核对: a stored case against its event log. The log is replayed, and every row that it implies is compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from govflow.engine import case_clocks, process
from govflow.engine.case import CaseState, ClockState, checksum, clocks_from, event_hash, from_text
from govflow.engine.case_clocks import Calendars
from govflow.engine.commands import application
from govflow.engine.definitions.compiled import Subject
from govflow.engine.replay import replayed
from govflow.engine.store import LIVE, CaseRow, ClockRow, EventRow, Statements, TaskRow
from govflow.engine.views import governing_clock
from govflow.errors import GovflowError

DATES = ("due", "due_at", "warn_at", "provisional", "calendar")
"""What of a clock is computed from its facts; compared where the present calendar computed it."""

ELSEWHERE = ("tasks", "clocks", "checksums")
"""Parts of the state that are compared by themselves, to name what differs."""


def faults(statements: Statements, row: CaseRow, subject: Subject, calendars: Calendars) -> list[str]:
    """What does not agree in a stored case, one sentence a fault; an empty list means that all is well."""
    rows = statements.events(row.id)
    found = list(_chain(row.id, rows))
    if found:
        return found
    try:
        state, snapshot = replayed(subject, row.id, rows)
        return list(_differences(statements, row, subject, calendars, state, snapshot))
    except (ValueError, TypeError, KeyError, AttributeError, GovflowError) as fault:
        return [f"{row.id}: 存的内容不能读取或重放：{type(fault).__name__} {fault}"]


def _chain(case: str, rows: Sequence[EventRow]) -> Iterator[str]:
    previous = ""
    for number, (seq, at, actor, type, body, before, hash) in enumerate(rows, 1):
        if seq != number:
            yield f"{case}: 第 {number} 个事件缺失，找到的编号是 {seq}"
            return
        if before != previous or hash != event_hash(case, seq, at, actor, type, body, before):
            yield f"{case}: 第 {seq} 个事件（{type}）与哈希链不符，内容被改动过"
            return
        previous = hash


def _differences(
    statements: Statements, row: CaseRow, subject: Subject, calendars: Calendars, state: CaseState, snapshot: bytes
) -> Iterator[str]:
    if process.is_current(row.snapshot) and snapshot != row.snapshot:
        yield f"{row.id}: 流程快照与事件记录重放的结果不同"
    clock_rows = {each.id: each for each in statements.clocks_of(row.id)}
    stored = from_text(row.body, [each.body for each in clock_rows.values() if each.state in LIVE])
    for name in state.__struct_fields__:
        if name not in ELSEWHERE and getattr(state, name) != getattr(stored, name):
            yield f"{row.id}: 办件状态的 {name} 与事件记录重放的结果不同"
    columns = (row.ref, row.kind, row.definition, row.state, row.closed_at, row.applied_at)
    if columns != (state.ref, state.kind, state.definition, state.state, state.closed, state.applied):
        yield f"{row.id}: 办件登记的 {columns} 与事件记录不同"
    for clock in state.clocks.values():
        # a clock keeps the dates it had when it was closed
        closed, clock.closed = clock.closed, None
        case_clocks.refresh(clock, calendars.for_region(subject.region(clock.item)))
        clock.closed = closed
    yield from _clock_faults(row.id, state.clocks, clock_rows, stored.checksums)
    yield from _task_faults(row.id, state, statements.tasks_of(row.id), stored)
    yield from _applicant_faults(statements, row)


def _clock_faults(
    case: str, told: Mapping[str, ClockState], rows: Mapping[str, ClockRow], checksums: Mapping[str, str]
) -> Iterator[str]:
    for id in sorted({*told, *rows}):
        if id not in rows or id not in told:
            yield f"{case}: 时钟 {id} {'没有存下' if id not in rows else '在事件记录里没有'}"
            continue
        row, clock = rows[id], told[id]
        kept = clocks_from([row.body])[0]
        current = kept.calendar == clock.calendar
        names = [name for name in clock.__struct_fields__ if current or name not in DATES]
        different = [name for name in names if getattr(kept, name) != getattr(clock, name)]
        if different:
            yield f"{case}: 时钟 {id} 存的 {'、'.join(different)} 与由事件记录重算的不同"
        columns = (row.state, row.due_at, row.wake_at)
        expected = (kept.state, kept.due_at, case_clocks.wake_at(kept))
        if columns != expected:
            yield f"{case}: 时钟 {id} 登记的（状态、期限、唤醒）是 {columns}，应为 {expected}"
        if clock.live and checksums.get(id) != checksum(row.body):
            yield f"{case}: 办件里记的时钟 {id} 与它的登记不同"
    for id in sorted(set(checksums) - {id for id, clock in told.items() if clock.live}):
        yield f"{case}: 办件里多出时钟 {id}"


def _task_faults(case: str, state: CaseState, rows: Sequence[TaskRow], stored: CaseState) -> Iterator[str]:
    if stored.tasks != state.tasks:
        yield f"{case}: 办件里存的任务与事件记录重放的结果不同"
    open_rows = {row.id: row for row in rows if row.state == "open"}
    if len(rows) != state.tasks_opened:
        yield f"{case}: 存有 {len(rows)} 个任务，事件记录里有 {state.tasks_opened} 个"
    if set(open_rows) != set(state.tasks):
        yield f"{case}: 未办任务的登记是 {sorted(open_rows)}，应为 {sorted(state.tasks)}"
        return
    for id, task in state.tasks.items():
        row, clock = open_rows[id], governing_clock(stored, task.item, id)
        kept: tuple[Any, ...] = (row.path, row.item, row.department, row.role, row.assignee, row.escalated)
        if kept != (task.path, task.item, task.department, task.role, task.assignee, task.escalated):
            yield f"{case}: 任务 {id} 的登记与事件记录不同"
        if (row.due_at, row.warn_at) != ((clock.due_at, clock.warn_at) if clock is not None else (None, None)):
            yield f"{case}: 任务 {id} 登记的期限是 {row.due_at}，与时钟不同"


def _applicant_faults(statements: Statements, row: CaseRow) -> Iterator[str]:
    kept = statements.applicant(row.id)
    digest = json.loads(statements.events(row.id)[0][4]).get("applicant")
    if kept is None:
        yield f"{row.id}: 没有存下申请人"
        return
    person = {**json.loads(kept["details"]), "kind": kept["kind"], "name": kept["name"], "id": kept["identity"]}
    if application.digest([kept["salt"], person]) != digest:
        yield f"{row.id}: 申请人与申请时的摘要不符，内容被改动过"
