"""Audit 核对: a stored case against its event log. The log is replayed, and every row that it implies is compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from govflow.engine import case_clocks, inputs, keys, process
from govflow.engine.case import CaseState, ClockState, checksum, clocks_from, event_hash, ids
from govflow.engine.case_clocks import Calendars
from govflow.engine.commands.timers import CALENDAR
from govflow.engine.commands.unit_of_work import SYSTEM
from govflow.engine.damage import DAMAGE
from govflow.engine.definitions import pinned
from govflow.engine.definitions.compiled import CompiledDefinition
from govflow.engine.replay import case_state, replayed, task_columns
from govflow.engine.store import (
    CLOCK_JOB,
    JOB_STATES,
    LIVE,
    NOTICE_JOB,
    CaseRow,
    ClockRow,
    EventRow,
    JobRow,
    Statements,
    TaskRow,
)
from govflow.engine.views import governing_clock
from govflow.errors import GovflowError
from govflow.text import Text, joined
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
        return list(_differences(statements, row, subject, calendars, rows))
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
    rows: Sequence[EventRow],
) -> Iterator[Text]:
    state, snapshot = replayed(subject, row.id, rows)
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
    yield from _case_faults(row, state, rows, subject)
    for clock in state.clocks.values():
        # a clock keeps the dates it had when it was closed
        closed, clock.closed = clock.closed, None
        case_clocks.refresh(clock, calendars.for_region(subject.region(clock.item)))
        clock.closed = closed
    yield from _clock_faults(row.id, state.clocks, clock_rows, stored.checksums)
    yield from _job_faults(row.id, statements.jobs_of(row.id), rows, live)
    yield from _task_faults(row.id, state, rows, statements.tasks_of(row.id), stored)
    yield from _applicant_faults(statements, row, rows)
    definition = statements.definition(row.definition)
    if definition is not None:
        yield from (Text(f"{row.id}: {fault.zh}", f"{row.id}: {fault.en}") for fault in pinned.faults(definition))


def _columns(of: Text, row: Any, expected: Mapping[str, object]) -> Iterator[Text]:
    """One sentence for all columns of a row that do not hold what the log gives."""
    wrong = [name for name, value in expected.items() if getattr(row, name) != value]
    if wrong:
        found = [(name, inputs.shown(getattr(row, name)), inputs.shown(expected[name])) for name in wrong]
        zh = "；".join(f"{name} 是 {stored}，应为 {right}" for name, stored, right in found)
        en = "; ".join(f"{name} is {stored}, expected {right}" for name, stored, right in found)
        yield Text(f"{of.zh} 的登记与事件记录不同：{zh}", f"the row of {of.en} differs from the log: {en}")


def _case_faults(
    row: CaseRow, state: CaseState, rows: Sequence[EventRow], subject: CompiledDefinition
) -> Iterator[Text]:
    expected = {
        "ref": state.ref, "kind": state.kind, "definition": state.definition, "state": state.state, "closed_at": state.closed,
        "applied_at": state.applied, "sort": ids.order(row.id),
    }  # fmt: skip
    yield from _columns(Text(f"{row.id}: 办件", f"{row.id}: the case"), row, expected)
    if subject.ref != state.ref:
        yield Text(f"{row.id}: 所依据的定义是 {subject.ref} 的，应为 {state.ref} 的",
                   f"{row.id}: its definition is of {subject.ref}, expected {state.ref}")  # fmt: skip
    # a calendar that changes no date is written without an event, so the last writing may be later than the log
    if case_clocks.utc(case_clocks.parse(row.updated_at)) != row.updated_at or row.updated_at < rows[-1].at:
        yield Text(f"{row.id}: 最后改动的时刻是 {row.updated_at!r}，最后一个事件的是 {rows[-1].at}",
                   f"{row.id}: last changed at {row.updated_at!r}, its last event is of {rows[-1].at}")  # fmt: skip
    if row.last_actor not in {SYSTEM, CALENDAR, *(event.actor for event in rows)}:
        yield Text(f"{row.id}: 最后改动的人 {row.last_actor!r} 没有在事件记录里",
                   f"{row.id}: last changed by {row.last_actor!r}, who is not in the log")  # fmt: skip


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
        columns = {
            "kind": kept.kind, "item": kept.item, "state": kept.state, "due_at": kept.due_at, "wake_at": case_clocks.wake_at(kept),
            "provisional": kept.provisional, "calendar": kept.calendar,
        }  # fmt: skip
        yield from _columns(Text(f"{case}: 时钟 {id}", f"{case}: clock {id}"), row, columns)
        if clock.live and checksums.get(id) != checksum(row.body):
            yield Text(
                f"{case}: 办件里记的时钟 {id} 与它的登记不同",
                f"{case}: the row of clock {id} is not the one the case wrote",
            )
    for id in sorted(set(checksums) - {id for id, clock in told.items() if clock.live}):
        yield Text(f"{case}: 办件里多出时钟 {id}", f"{case}: the state names clock {id}, which does not run")


def _job_faults(case: str, jobs: Sequence[JobRow], rows: Sequence[EventRow], live: Sequence[str]) -> Iterator[Text]:
    """Each job waits for what the log gives: a message for its event, the clocks for the earliest of them.

    How far a job is (lease, sendings, faults) no event says. Messages that were taken are gone.
    """
    wake = case_clocks.earliest_wake(clocks_from(live))
    if wake is not None and all(job.key != CLOCK_JOB for job in jobs):
        yield Text(f"{case}: 没有时钟的工作，应于 {wake} 唤醒", f"{case}: nothing wakes its clocks, expected at {wake}")
    told = {ids.notice_key(event.seq): event for event in rows}
    for job in jobs:
        of = Text(f"{case}: 工作 {job.key}", f"{case}: job {job.key}")
        event = told.get(job.key)
        if job.key == CLOCK_JOB:
            yield from _columns(of, job, {"kind": CLOCK_JOB, "wake_at": wake, "topic": None, "body": None})
        elif event is None:
            yield Text(f"{of.zh} 不属于任何事件", f"{of.en} belongs to no event")
        else:
            sent = {"kind": NOTICE_JOB, "wake_at": event.at, "topic": event.type, "body": event.body}
            yield from _columns(of, job, sent)
        if job.state not in JOB_STATES:
            yield Text(f"{of.zh} 的状态是 {job.state!r}", f"the state of {of.en} is {job.state!r}")


def _task_faults(
    case: str, state: CaseState, events: Sequence[EventRow], rows: Sequence[TaskRow], stored: CaseState
) -> Iterator[Text]:
    if stored.tasks != state.tasks:
        yield Text(f"{case}: 办件里存的任务与事件记录重放的结果不同",
                   f"{case}: the tasks of the stored state differ from the replayed log")  # fmt: skip
    told = task_columns(events)
    kept = {row.id: row for row in rows}
    if set(kept) != set(told):
        lost, more = joined(sorted(set(told) - set(kept))), joined(sorted(set(kept) - set(told)))
        yield Text(f"{case}: 没有存下的任务是 {lost.zh}，事件记录里没有的是 {more.zh}",
                   f"{case}: tasks that are not stored: {lost.en}; not in the log: {more.en}")  # fmt: skip
    for id in sorted(set(kept) & set(told)):
        row, expected = kept[id], told[id]
        clock = governing_clock(stored, row.item, id) if expected["state"] == TaskStatus.OPEN else None
        due = (None, None, False) if clock is None else (clock.warn_at, clock.due_at, clock.provisional)
        expected |= zip(("warn_at", "due_at", "provisional"), due, strict=True)
        if expected["state"] == TaskStatus.CANCELLED and row.closed_by == SYSTEM:
            expected["closed_by"] = SYSTEM  # older logs name who acted then, when it was the passing of time
        yield from _columns(Text(f"{case}: 任务 {id}", f"{case}: task {id}"), row, expected)


def _applicant_faults(statements: Statements, row: CaseRow, rows: Sequence[EventRow]) -> Iterator[Text]:
    kept = statements.applicant(row.id)
    digest = json.loads(rows[0].body).get("applicant")
    if kept is None:
        yield Text(f"{row.id}: 没有存下申请人", f"{row.id}: no applicant is stored")
        return
    person = {**json.loads(kept["details"]), "kind": kept["kind"], "name": kept["name"], "id": kept["identity"]}
    if keys.digest([kept["salt"], person]) != digest:
        yield Text(f"{row.id}: 申请人与申请时的摘要不符，内容被改动过",
                   f"{row.id}: the applicant does not fit the digest of the application: it was changed")  # fmt: skip
