"""Stopping, resuming and extending an item's clocks on command (行政许可法 art. 42, 45)."""

from __future__ import annotations

from datetime import date

from govflow.engine import case_clocks
from govflow.engine.actors import Actor
from govflow.engine.case import ClockId, ClockState, ItemState, TaskState, events
from govflow.engine.commands import flow
from govflow.engine.commands.unit_of_work import UnitOfWork
from govflow.errors import InvalidInput, NotAllowed
from govflow.language.model import ExtensionRule, Item
from govflow.law import clocks
from govflow.law.clocks import ClockError, Extension, Limit
from govflow.plan import terms
from govflow.text import Text, joined
from govflow.vocabulary import ClockKind, ErrorCode, ItemStatus


def stop_for_step(draft: UnitOfWork, task: TaskState) -> None:
    """Stop the clocks once the applicant has been told the time that a step's special procedure needs."""
    info = draft.subject.elements[task.element]
    code = str(task.item)
    if info.step is None or info.step.procedure is None or info.step.procedure in draft.state.items[code].stopped_by:
        return
    stop(draft, code, info.step.procedure, str(info.step.name))


def suspend(draft: UnitOfWork, code: str, procedure: str, actor: Actor, reason: str) -> None:
    """Stop an item's clocks for a special procedure that its definition lists (行政许可法 art. 45; R7)."""
    item, state = _open_item(draft, code, actor)
    found = item.procedure(procedure)
    if found is None:
        listed = joined(f"{p.id}（{p.kind}）" for p in item.special_procedures)
        ids = ", ".join(p.id for p in item.special_procedures) or "none"
        raise NotAllowed(
            Text(f"事项 {code} 没有列出特别程序 {procedure!r}，不得据此停止计时；列出的有 {listed}",
            f"item {code} lists no special procedure {procedure!r}; it lists {ids}"), procedure=procedure,
        )  # fmt: skip
    if found.id in state.stopped_by:
        raise NotAllowed(Text(f"{code} 已因“{found.kind}”停止计时", f"{code} is suspended for {found.id} already"))
    if not reason.strip():
        raise InvalidInput(
            Text("停止计时须书面告知申请人理由：reason 是空的", "reason is empty"),
            code=ErrorCode.MISSING,
            field="reason",
        )
    stop(draft, code, found.id, reason)
    id = ClockId(code, ClockKind.PROCEDURE.value, found.id)
    watched = any(ClockId.of(clock).first == id for clock in draft.live_clocks(ClockKind.PROCEDURE, item=code))
    spec = terms.procedure_clock(item, found)
    if spec is not None and not watched:
        flow.start_clock(draft, id, spec, code)


def stop(draft: UnitOfWork, code: str, procedure: str, reason: str) -> None:
    """Record the stop for the clocks that this procedure stops, and for the whole case if nothing runs any more."""
    found = draft.subject.item(code).procedure(procedure)
    kinds = found.stops if found is not None else flow.DECISION_CLOCKS
    ids = [c.id for c in draft.state.clocks.values() if c.item == code and c.kind in kinds and c.live]
    draft.suspend_clocks(ids, procedure, reason, code)
    flow.sync_case_clocks(draft)


def resume(draft: UnitOfWork, code: str, procedure: str, reason: str = "") -> None:
    """Let the item's clocks run again."""
    ids = [
        c.id for c in draft.state.clocks.values()
        if c.item == code and c.suspended_for(procedure)
    ]  # fmt: skip
    draft.resume_clocks(ids, procedure, code, reason)
    draft.close_clocks([
        c.id for c in draft.state.clocks.values()
        if c.kind == ClockKind.PROCEDURE and c.item == code and c.task is None and ClockId.of(c.id).part == procedure
    ])  # fmt: skip
    flow.sync_case_clocks(draft)


def resume_by(draft: UnitOfWork, code: str, procedure: str | None, actor: Actor, reason: str = "") -> None:
    """Resume on command; without a procedure, the one that stands open."""
    item, state = _open_item(draft, code, actor)
    if not state.stopped_by:
        raise NotAllowed(Text(f"事项 {code} 没有停止计时，无从恢复", f"item {code} is not suspended"))
    found = item.procedure(procedure) if procedure else None
    name = found.id if found is not None else procedure or (state.stopped_by[0] if len(state.stopped_by) == 1 else None)
    if name not in state.stopped_by:
        raise NotAllowed(
            Text(
                f"事项 {code} 没有因 {procedure!r} 停止计时；停止的原因是 {'、'.join(state.stopped_by)}",
                f"item {code} is suspended for {', '.join(state.stopped_by)}, not for {procedure!r}",
            ),
        )
    resume(draft, code, str(name), reason)


def extend(draft: UnitOfWork, code: str, by: Limit, actor: Actor, reason: str) -> None:
    """Extend an item's limits once, before they are due, by its approver (行政许可法 art. 42; R8)."""
    item, _ = _open_item(draft, code, actor)
    rule = terms.extension_rule(item)
    if actor.role != rule.approver:
        raise NotAllowed(
            Text(f"延期须由 {rule.approver} 批准，{actor.text} 的角色是 {actor.role or '（未说明）'}；"
            f"写法如 {item.department}/{rule.approver}:姓名",
            f"an extension is decided by role {rule.approver}, not by {actor.text}"), code=ErrorCode.WRONG_ROLE, role=rule.approver,
        )  # fmt: skip
    if not reason.strip():
        raise InvalidInput(
            Text("延期须告知申请人理由：reason 是空的", "reason is empty"), code=ErrorCode.MISSING, field="reason"
        )
    if by.value == 0:
        raise InvalidInput(Text("延长的时间是 0", "the extension is 0 long"), field="by")
    running = [c for c in draft.state.clocks.values() if c.item == code and c.kind in flow.DECISION_CLOCKS and c.live]
    today = case_clocks.local_date(draft.now)
    extended = [c for c in running if _extensible(draft, c, by, rule, actor, reason, today)]
    ids, length = [c.id for c in extended], by.text("en")
    draft.emit(events.ClocksExtended(clocks=ids, by=length, decided_on=today.isoformat(), reason=reason, item=code))
    for clock in extended:
        draft.refresh(clock)


def _extensible(
    draft: UnitOfWork, clock: ClockState, by: Limit, rule: ExtensionRule, actor: Actor, reason: str, today: date
) -> bool:
    """Whether this clock takes the extension; the statutory one must, the promised one may be past."""
    ledger, calendar = case_clocks.ledger_of(clock), draft.calendar_of(clock.item)
    extension = Extension(by, today, actor.text, reason)
    if clock.kind == "promised" and not clocks.in_time(ledger, extension, calendar):
        return False
    try:
        clocks.extend(ledger, extension, calendar, max=rule.by)
    except ClockError as fault:
        why = fault.message
        raise NotAllowed(
            Text(f"{clock.id} 不能延期：{why.zh}", f"{clock.id} cannot be extended: {why.en}"), code=fault.code
        ) from fault
    return True


def _open_item(draft: UnitOfWork, code: str, actor: Actor) -> tuple[Item, ItemState]:
    item, state = draft.subject.item(code), draft.state.items[code]
    if state.state not in (ItemStatus.REVIEWING, ItemStatus.SUSPENDED):
        raise NotAllowed(
            Text(f"事项 {code} 的状态是 {state.state}，只有审查中（reviewing、suspended）的事项可以停止、恢复或延长时限",
            f"item {code} is {state.state}; only an item under review has clocks to stop, resume or extend"),
            state=state.state, item=code,
        )  # fmt: skip
    if actor.department not in (item.department, *item.joint_departments):
        raise NotAllowed(
            Text(
                f"事项 {code} 由 {item.department} 负责，{actor.text} 无权改变其时限",
                f"item {code} is handled by {item.department}, not by {actor.text}",
            ),
            code=ErrorCode.WRONG_DEPARTMENT,
            item=code,
            department=item.department,
        )
    return item, state
