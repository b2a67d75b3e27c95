"""Audit 核对: a stored case against its event log. The log is replayed, and every row that it implies is compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from govflow.engine import case_clocks, keys, process
from govflow.engine.case import CaseState, ClockState, checksum, clocks_from, event_hash
from govflow.engine.case_clocks import Calendars
from govflow.engine.damage import DAMAGE
from govflow.engine.definitions.compiled import CompiledDefinition
from govflow.engine.replay import case_state, replayed
from govflow.engine.store import CLOCK_JOB, JOB_STATES, LIVE, CaseRow, ClockRow, EventRow, JobRow, Statements, TaskRow
from govflow.engine.views import governing_clock
from govflow.errors import GovflowError
from govflow.text import Text
from govflow.vocabulary import TaskStatus

DATES = ("due", "due_at", "warn_at", "provisional", "calendar")
"""What of a clock is computed from its facts; compared where the present calendar computed it."""

ELSEWHERE = ("tasks", "clocks", "checksums")
"""Parts of the state that are compared by themselves, to name what differs."""


def faults(statements: Statements, row: CaseRow, subject: CompiledDefinition, calendars: Calendars) -> list[Text]:
    """What does not agree in a stored case, one sentence a fault; an empty list means that all is well."""
    try:
        rows = statements.events(row.id)
        found = list(_chain(row.id, rows))
        if found:
            return found
        state, snapshot = replayed(subject, row.id, rows)
        return list(_differences(statements, row, subject, calendars, state, snapshot))
    except (*DAMAGE, GovflowError) as fault:
        kind, why = type(fault).__name__, said(fault)
        return [Text(f"{row.id}: 存的内容不能读取或重放：{kind} {why.zh}",
                     f"{row.id}: what is stored cannot be read or replayed: {kind} {why.en}")]  # fmt: skip


def said(fault: Exception) -> Text:
    """What an error says, whoever raised it."""
    return fault.message if isinstance(fault, GovflowError) else Text(str(fault)[:500])


def _chain(case: str, rows: Sequence[EventRow]) -> Iterator[Text]:
    previous = ""
    for number, (seq, at, actor, type, body, before, hash) in enumerate(rows, 1):
        if seq != number:
            yield Text(
                f"{case}: 第 {number} 个事件缺失，找到的编号是 {seq}",
                f"{case}: event {number} is missing; found number {seq}",
            )
            return
        if before != previous or hash != event_hash(case, seq, at, actor, type, body, before):
            yield Text(f"{case}: 第 {seq} 个事件（{type}）与哈希链不符，内容被改动过",
                       f"{case}: event {seq} ({type}) does not fit the chain of hashes: it was changed")  # fmt: skip
            return
        previous = hash


def _differences(
    statements: Statements,
    row: CaseRow,
    subject: CompiledDefinition,
    calendars: Calendars,
    state: CaseState,
    snapshot: bytes,
) -> Iterator[Text]:
    if process.is_current(row.snapshot) and snapshot != row.snapshot:
        yield Text(f"{row.id}: 流程快照与事件记录重放的结果不同",
                   f"{row.id}: the snapshot of the process differs from the replayed log")  # fmt: skip
    clock_rows = {each.id: each for each in statements.clocks_of(row.id)}
    live = [each.body for each in clock_rows.values() if each.state in LIVE]
    stored = case_state(subject, row, live, statements)
    for name in state.__struct_fields__:
        if name not in ELSEWHERE and getattr(state, name) != getattr(stored, name):
            yield Text(f"{row.id}: 办件状态的 {name} 与事件记录重放的结果不同",
                       f"{row.id}: {name} of the stored state differs from the replayed log")  # fmt: skip
    columns = (row.ref, row.kind, row.definition, row.state, row.closed_at, row.applied_at)
    if columns != (state.ref, state.kind, state.definition, state.state, state.closed, state.applied):
        yield Text(
            f"{row.id}: 办件登记的 {columns} 与事件记录不同", f"{row.id}: the columns {columns} differ from the log"
        )
    for clock in state.clocks.values():
        # a clock keeps the dates it had when it was closed
        closed, clock.closed = clock.closed, None
        case_clocks.refresh(clock, calendars.for_region(subject.region(clock.item)))
        clock.closed = closed
    yield from _clock_faults(row.id, state.clocks, clock_rows, stored.checksums)
    yield from _job_faults(statements.job(row.id, CLOCK_JOB), row.id, live)
    yield from _task_faults(row.id, state, statements.tasks_of(row.id), stored)
    yield from _applicant_faults(statements, row)


def _clock_faults(
    case: str, told: Mapping[str, ClockState], rows: Mapping[str, ClockRow], checksums: Mapping[str, str]
) -> Iterator[Text]:
    for id in sorted({*told, *rows}):
        if id not in rows or id not in told:
            where = (
                Text("没有存下", "is not stored") if id not in rows else Text("在事件记录里没有", "is not in the log")
            )
            yield Text(f"{case}: 时钟 {id} {where.zh}", f"{case}: clock {id} {where.en}")
            continue
        row, clock = rows[id], told[id]
        kept = clocks_from([row.body])[0]
        current = kept.calendar == clock.calendar
        names = [name for name in clock.__struct_fields__ if current or name not in DATES]
        different = [name for name in names if getattr(kept, name) != getattr(clock, name)]
        if different:
            yield Text(f"{case}: 时钟 {id} 存的 {'、'.join(different)} 与由事件记录重算的不同",
                       f"{case}: {', '.join(different)} of clock {id} differ from what the log gives")  # fmt: skip
        columns = (row.state, row.due_at, row.wake_at)
        expected = (kept.state, kept.due_at, case_clocks.wake_at(kept))
        if columns != expected:
            yield Text(f"{case}: 时钟 {id} 登记的（状态、期限、唤醒）是 {columns}，应为 {expected}",
                       f"{case}: state, due and wake of clock {id} are {columns}, expected {expected}")  # fmt: skip
        if clock.live and checksums.get(id) != checksum(row.body):
            yield Text(
                f"{case}: 办件里记的时钟 {id} 与它的登记不同",
                f"{case}: the row of clock {id} is not the one the case wrote",
            )
    for id in sorted(set(checksums) - {id for id, clock in told.items() if clock.live}):
        yield Text(f"{case}: 办件里多出时钟 {id}", f"{case}: the state names clock {id}, which does not run")


def _job_faults(job: JobRow | None, case: str, live: Sequence[str]) -> Iterator[Text]:
    """The job of the clocks wakes the case for the earliest of them; without one nothing would fire."""
    wake = case_clocks.earliest_wake(clocks_from(live))
    if (job is None and wake is not None) or (job is not None and job.wake_at != wake):
        found = None if job is None else job.wake_at
        yield Text(
            f"{case}: 时钟的工作定在 {found} 唤醒，应为 {wake}", f"{case}: its clocks wake at {found}, expected {wake}"
        )
    if job is not None and (job.kind != CLOCK_JOB or job.state not in JOB_STATES):
        yield Text(
            f"{case}: 时钟的工作登记为 {job.kind!r}、{job.state!r}",
            f"{case}: the job of its clocks is {job.kind!r}, {job.state!r}",
        )


def _task_faults(case: str, state: CaseState, rows: Sequence[TaskRow], stored: CaseState) -> Iterator[Text]:
    if stored.tasks != state.tasks:
        yield Text(f"{case}: 办件里存的任务与事件记录重放的结果不同",
                   f"{case}: the tasks of the stored state differ from the replayed log")  # fmt: skip
    open_rows = {row.id: row for row in rows if row.state == TaskStatus.OPEN}
    if len(rows) != state.tasks_opened:
        yield Text(f"{case}: 存有 {len(rows)} 个任务，事件记录里有 {state.tasks_opened} 个",
                   f"{case}: {len(rows)} tasks are stored, {state.tasks_opened} are in the log")  # fmt: skip
    if set(open_rows) != set(state.tasks):
        yield Text(f"{case}: 未办任务的登记是 {sorted(open_rows)}，应为 {sorted(state.tasks)}",
                   f"{case}: the open tasks are {sorted(open_rows)}, expected {sorted(state.tasks)}")  # fmt: skip
        return
    for id, task in state.tasks.items():
        row, clock = open_rows[id], governing_clock(stored, task.item, id)
        kept: tuple[Any, ...] = (row.path, row.item, row.department, row.role, row.assignee, row.escalated)
        if kept != (task.path, task.item, task.department, task.role, task.assignee, task.escalated):
            yield Text(f"{case}: 任务 {id} 的登记与事件记录不同", f"{case}: the row of task {id} differs from the log")
        if (row.due_at, row.warn_at) != ((clock.due_at, clock.warn_at) if clock is not None else (None, None)):
            yield Text(f"{case}: 任务 {id} 登记的期限是 {row.due_at}，与时钟不同",
                       f"{case}: task {id} is due at {row.due_at}, its clock says otherwise")  # fmt: skip


def _applicant_faults(statements: Statements, row: CaseRow) -> Iterator[Text]:
    kept = statements.applicant(row.id)
    digest = json.loads(statements.events(row.id)[0][4]).get("applicant")
    if kept is None:
        yield Text(f"{row.id}: 没有存下申请人", f"{row.id}: no applicant is stored")
        return
    person = {**json.loads(kept["details"]), "kind": kept["kind"], "name": kept["name"], "id": kept["identity"]}
    if keys.digest([kept["salt"], person]) != digest:
        yield Text(f"{row.id}: 申请人与申请时的摘要不符，内容被改动过",
                   f"{row.id}: the applicant does not fit the digest of the application: it was changed")  # fmt: skip
