"""The rules of a case: what each command may do in which state, and which facts it records.

No database and no clock: a Draft holds the state, the instant and the actor; every function either records facts in
it or raises NotAllowed, Conflict or InvalidInput and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from govflow import clocks, timekeeping
from govflow.actors import Actor
from govflow.case import OPEN_STATES, UNDECIDED, ClockState, TaskState
from govflow.clocks import ClockError, Extension, Limit
from govflow.draft import SYSTEM, Draft
from govflow.errors import Conflict, InvalidInput, NotAllowed
from govflow.model import Extension as ExtensionRule
from govflow.model import Item

OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "accept": ("accept", "refuse"),
    "decide": ("approve", "refuse"),
    "verify": ("approve", "refuse"),
}
"""Outcomes by kind of task; every other kind takes OPINIONS."""

OPINIONS = ("approve", "object", "done", "refuse")

SYNONYMS = {"accept": {"approve": "accept", "not_accept": "refuse"}, "decide": {"grant": "approve", "reject": "refuse"}}

GENERAL_EXTENSION = ExtensionRule(Limit.parse("10 workdays"), "head", True, "行政许可法第四十二条")


# --- tasks -----------------------------------------------------------------------------------------------------


def claim(draft: Draft, task: TaskState, actor: Actor) -> None:
    """Take a task, so that colleagues see who works on it."""
    _may_work(draft, task, actor)
    if task.assignee is not None and task.assignee != actor.text:
        raise Conflict(
            f"任务“{task.name}”已由 {task.assignee} 于 {task.claimed} 认领", f"already claimed by {task.assignee}",
            task=task.id, by=task.assignee, at=task.claimed,
        )  # fmt: skip
    if task.assignee is None:
        draft.emit("task_claimed", task=task.id)


def release(draft: Draft, task: TaskState, actor: Actor) -> None:
    """Give a claimed task back."""
    if task.assignee != actor.text:
        raise NotAllowed(
            f"任务“{task.name}”由 {task.assignee or '无人'} 认领，只有认领人能够退回",
            f"the task is claimed by {task.assignee or 'nobody'}; only the claimant can release it",
        )
    draft.emit("task_released", task=task.id)


def complete(draft: Draft, task: TaskState, actor: Actor, outcome: str, opinion: str, data: Mapping[str, Any]) -> None:
    """Finish a task with an outcome and an opinion, and let the process go on."""
    _may_work(draft, task, actor)
    if task.assignee is not None and task.assignee != actor.text:
        raise NotAllowed(f"任务“{task.name}”已由 {task.assignee} 认领", f"the task is claimed by {task.assignee}")
    outcome = _outcome(task, outcome, opinion)
    for each in _joint(draft, task):
        _complete_one(draft, each, outcome, opinion, data)


def _complete_one(draft: Draft, task: TaskState, outcome: str, opinion: str, data: Mapping[str, Any]) -> None:
    before = _BEFORE.get(task.kind)
    verdict = before(draft, task, outcome) if before is not None else ""
    _finish(draft, task, outcome, opinion, data, verdict)


def _finish(
    draft: Draft, task: TaskState, outcome: str, opinion: str, data: Mapping[str, Any], verdict: str = "",
    actor: str | None = None,
) -> None:  # fmt: skip
    draft.close_task(task, "completed", outcome)
    move = draft.move("complete", task.path, verdict)
    body = {"task": task.id, "kind": task.kind, "name": task.name, "item": task.item, "outcome": outcome}
    draft.emit("task_completed", actor, **body, opinion=opinion, joint=task.joint, data=dict(data), move=move)
    if task.kind == "notice" and task.item is not None:
        _stop_for_procedure(draft, task)
    draft.follow(move)


def _joint(draft: Draft, task: TaskState) -> list[TaskState]:
    """The task and, at a joint visit 联合踏勘, the visits of the other items that are open now."""
    others = draft.state.tasks.values() if task.joint is not None else ()
    return [task, *(o for o in others if o.joint == task.joint and o.id != task.id and o.kind != "notice")]


def _may_work(draft: Draft, task: TaskState, actor: Actor) -> None:
    if task.role == "applicant":
        if actor.kind in ("applicant", "system") or actor.department == draft.subject.theme.lead:
            return
        raise NotAllowed(f"任务“{task.name}”由申请人办理", "this task is the applicant's")
    allowed = {t.department for t in _joint(draft, task)} | {task.department}
    if actor.kind == "system":
        return
    if actor.department not in allowed:
        owner = _department_name(draft, task.department)
        raise NotAllowed(
            f"任务“{task.name}”属于{owner}（{task.department}），{actor.text} 不是该部门的经办人",
            f"task {task.id} belongs to department {task.department}; {actor.text} is not of it",
            task=task.id, department=task.department,
        )  # fmt: skip
    if actor.role is not None and actor.role != task.role and actor.role != "head":
        raise NotAllowed(
            f"任务“{task.name}”由{task.role}角色办理，{actor.text} 的角色是 {actor.role}",
            f"task {task.id} is for role {task.role}; {actor.text} acts as {actor.role}",
        )
    if actor.role is not None and task.role == "head" and actor.role != "head":
        raise NotAllowed(f"“{task.name}”须由负责人（head）办理", f"task {task.id} is for the head")


def _department_name(draft: Draft, code: str | None) -> str:
    department = draft.subject.catalog.departments.get(code or "")
    return str(department.name) if department is not None else str(code)


def _outcome(task: TaskState, outcome: str, opinion: str) -> str:
    outcome = SYNONYMS.get(task.kind, {}).get(outcome, outcome)
    allowed = OUTCOMES.get(task.kind, OPINIONS)
    if outcome not in allowed:
        raise InvalidInput(
            f"任务“{task.name}”的办理结果 outcome 是 {outcome!r}，应为 {'、'.join(allowed)} 之一",
            f"outcome {outcome!r}: expected one of {', '.join(allowed)}", field="outcome",
        )  # fmt: skip
    if outcome == "refuse" and not opinion.strip():
        raise InvalidInput(
            "不予许可、不予受理须说明理由（行政许可法第三十八条）：请填写 opinion",
            "a refusal must give its reasons (Administrative Licensing Law, art. 38): opinion is empty",
            field="opinion",
        )
    return outcome


# --- acceptance, correction ------------------------------------------------------------------------------------


def _accept(draft: Draft, task: TaskState, outcome: str) -> str:
    if outcome == "refuse":
        draft.emit("not_accepted", reason="不予受理")
        return "refuse"
    gaps = _gaps(draft)
    draft.anchor = draft.at
    draft.received = draft.state.correction.get("received") or draft.state.applied
    draft.emit("accepted", as_of=draft.at, deemed=False, gaps={code: limit.text("en") for code, limit in gaps.items()})
    for code, limit in gaps.items():
        draft.start_gap_clock(code, limit)
    return "accept"


def _gaps(draft: Draft) -> dict[str, Limit]:
    """Missing materials that every item asking for them lets come later 容缺; raises for any other missing one."""
    missing = [code for code, status in draft.state.materials.items() if status == "missing"]
    deferred = {code: limit for code in missing if (limit := _defer(draft, code)) is not None}
    lacking = [code for code in missing if code not in deferred]
    if lacking:
        names = "、".join(f"{code} {material_name(draft, code)}" for code in lacking)
        raise NotAllowed(
            f"还缺 {names}，不能受理；请用 ask_correction 一次性告知申请人补正",
            f"cannot accept while {', '.join(lacking)} are missing; ask for correction once, naming all of them",
            missing=lacking,
        )
    return deferred


def _defer(draft: Draft, code: str) -> Limit | None:
    uses = [use for _, use in _uses(draft, code)]
    limits = [use.defer for use in uses if use.defer is not None]
    if not uses or len(limits) < len(uses):
        return None
    return min(limits, key=lambda limit: limit.value)


def _uses(draft: Draft, code: str) -> list[tuple[str, Any]]:
    subject, state = draft.subject, draft.state
    return [
        (item.code, use)
        for item in (subject.item(c) for c, i in state.items.items() if i.mode == "run")
        for use in item.materials
        if use.material == code
    ]


def material_name(draft: Draft, code: str) -> str:
    """A material's name for a sentence."""
    material = draft.subject.catalog.materials.get(code)
    return str(material.name) if material is not None else code


def ask_correction(draft: Draft, task: TaskState, actor: Actor, missing: Sequence[str], opinion: str = "") -> None:
    """Tell the applicant once, and completely, what is missing (行政许可法 art. 32; D15, D17)."""
    _may_work(draft, task, actor)
    listed = draft.state.materials
    codes = [listed_material(draft, ref, "missing") for ref in missing]
    if not codes:
        raise InvalidInput("补正告知没有列出任何材料：missing 是空的", "the notice lists nothing", field="missing")
    first = draft.state.correction.get("notices") is None
    later = set(draft.state.correction.get("later", ()))
    told = {code for notice in draft.state.correction.get("notices", ()) for code in notice}
    repeated = [code for code in codes if not first and code not in later | told]
    if repeated:
        names = "、".join(f"{code} {material_name(draft, code)}" for code in repeated)
        raise NotAllowed(
            f"第一次补正告知没有提到 {names}，而它当时就缺；补正须一次性告知，不得再次要求",
            f"{', '.join(repeated)} was missing already at the first notice: a second request is not allowed",
            materials=repeated,
        )
    left_out = [
        c for c, status in listed.items() if status == "missing" and c not in codes and _defer(draft, c) is None
    ]
    if left_out and first:
        names = "、".join(f"{code} {material_name(draft, code)}" for code in left_out)
        raise InvalidInput(
            f"补正须一次性告知全部内容：还缺 {names}，告知中没有列出",
            f"the notice must name everything that is missing at once; it leaves out {', '.join(left_out)}",
            field="missing", materials=left_out,
        )  # fmt: skip
    draft.close_task(task, "completed", "correct")
    draft.emit("correction_asked", missing=codes)
    move = draft.move("complete", task.path, "correct")
    draft.emit("task_completed", task=task.id, name=task.name, item=None, outcome="correct", opinion=opinion, data={},
               move=move)  # fmt: skip
    draft.follow(move)


def listed_material(draft: Draft, ref: str, field: str) -> str:
    """The code of a material that the guide lists for this case; InvalidInput for any other (行政许可法 art. 31)."""
    material = draft.subject.catalog.materials.get(ref)
    if material is None or material.code not in draft.state.materials:
        raise InvalidInput(
            f"办事指南没有列出材料 {ref}，不得要求或收取指南以外的材料；本件的材料是 {'、'.join(draft.state.materials)}",
            f"the guide does not list material {ref}; listed are {', '.join(draft.state.materials)}",
            field=field, material=ref,
        )  # fmt: skip
    return material.code


def supplement(draft: Draft, actor: Actor, materials: Sequence[str]) -> None:
    """Hand in what was missing: answers a correction notice, or fills a gap 容缺 left at acceptance."""
    state = draft.state
    codes = [listed_material(draft, ref, "materials") for ref in materials]
    if not codes:
        raise InvalidInput("没有提交任何材料：materials 是空的", "materials is empty", field="materials")
    task = next((t for t in state.tasks.values() if t.element == "t_supplement"), None)
    if task is None and not set(codes) & set(state.gaps):
        raise NotAllowed(
            f"本件现在不在补正中（状态 {state.state}），也没有待补的容缺材料",
            f"nothing is to be supplemented in state {state.state}", state=state.state,
        )  # fmt: skip
    if task is not None:
        _may_work(draft, task, actor)
        open_ones = [c for c in state.correction["notices"][-1] if c not in codes and state.materials[c] == "missing"]
        if open_ones:
            names = "、".join(f"{code} {material_name(draft, code)}" for code in open_ones)
            raise InvalidInput(
                f"补正还缺 {names}；请一次补齐", f"still missing: {', '.join(open_ones)}",
                field="materials", missing=open_ones,
            )  # fmt: skip
    draft.emit("supplemented", materials=codes)
    draft.close_clocks([c.id for c in state.clocks.values() if c.kind == "gap" and c.id.split("/")[1] in codes])
    if task is not None:
        _finish(draft, task, "done", "", {})


# --- decision, results -----------------------------------------------------------------------------------------


def _decide(draft: Draft, task: TaskState, outcome: str) -> str:
    code = str(task.item)
    item = draft.state.items[code]
    if item.stopped_by:
        raise NotAllowed(
            f"{code} 的时限因“{'、'.join(item.stopped_by)}”停止计算，恢复后才能决定",
            f"the clocks of {code} stand still for {', '.join(item.stopped_by)}; resume before deciding",
        )
    draft.emit("item_decided", item=code, outcome=outcome)
    draft.close_clocks(
        [c.id for c in draft.state.clocks.values() if c.item == code and c.kind in ("promised", "statutory")]
    )
    if outcome == "approve":
        _start_after_decision(draft, code)
        if not _has_step(draft, code, "issue"):
            _issue_results(draft, code)
    else:
        _terminate_dependants(draft, code, "前置事项不予许可")
    retime_case_clocks(draft)
    return outcome


def _start_after_decision(draft: Draft, code: str) -> None:
    limits = draft.subject.item(code).limits
    draft.start_limit_clock(f"{code}/delivery", "delivery", code, limits.delivery, "行政许可法第四十四条")
    check = draft.subject.post_check(code, draft.state)
    if check is not None:
        basis = limits.post_check.basis if limits.post_check is not None else None
        draft.start_limit_clock(f"{code}/post_check", "post_check", code, check, basis)


def _has_step(draft: Draft, code: str, kind: str) -> bool:
    return any(c == code and step.kind == kind for (c, _), step in draft.subject.steps.items())


def _terminate_dependants(draft: Draft, code: str, reason: str) -> None:
    for other in draft.subject.dependants(code):
        if draft.state.items[other].state == "waiting":
            draft.emit("item_terminated", item=other, reason=f"{reason}：{code}")


def _verify(draft: Draft, task: TaskState, outcome: str) -> str:
    draft.emit("item_verified", item=task.item, outcome=outcome)
    if outcome != "approve":
        _terminate_dependants(draft, str(task.item), "核验未通过")
    return outcome


def _issue(draft: Draft, task: TaskState, outcome: str) -> str:
    code = str(task.item)
    open_gaps = [c for c in draft.state.gaps if any(item == code for item, _ in _uses(draft, c))]
    if open_gaps:
        names = "、".join(f"{c} {material_name(draft, c)}" for c in open_gaps)
        raise NotAllowed(f"容缺材料 {names} 补齐之前不能发放结果", f"no result before {', '.join(open_gaps)} arrive")
    _issue_results(draft, code)
    if any(result.elicence for result in draft.subject.item(code).results):
        _deliver_electronically(draft, code)
    return outcome


def _deliver_electronically(draft: Draft, code: str) -> None:
    """An e-licence reaches the applicant as it is issued (国令第716号 art. 10); paper may wait for the hand-out."""
    draft.close_clocks([c.id for c in draft.state.clocks.values() if c.kind == "delivery" and c.item == code])


def _issue_results(draft: Draft, code: str) -> None:
    item = draft.subject.item(code)
    issued = next((m.code for m in draft.subject.catalog.materials.values() if m.result_of == code), None)
    for number, result in enumerate(item.results, 1):
        draft.emit(
            "result_issued", item=code, result=result.id, name=str(result.name), kind=result.kind,
            number=f"{draft.state.id}-{code}-{number}", valid_for=result.valid_for, material=issued,
        )  # fmt: skip


def _deliver(draft: Draft, task: TaskState, outcome: str) -> str:
    granted = [c for c, i in draft.state.items.items() if i.state == "granted" and task.item in (None, c)]
    if granted:
        draft.emit("delivered", items=granted)
    draft.close_clocks([c.id for c in draft.state.clocks.values() if c.kind == "delivery" and c.item in granted])
    return outcome


def _post_check(draft: Draft, task: TaskState, outcome: str) -> str:
    draft.close_clocks([c.id for c in draft.state.clocks.values() if c.kind == "post_check" and c.item == task.item])
    return outcome


def _visit(draft: Draft, task: TaskState, outcome: str) -> str:
    info = draft.subject.elements[task.element]
    item = draft.state.items.get(task.item or "")
    if item is not None and info.step is not None and info.step.procedure in item.stopped_by:
        resume(draft, item.code, str(info.step.procedure))
    return outcome


_BEFORE = {
    "accept": _accept,
    "decide": _decide,
    "verify": _verify,
    "issue": _issue,
    "deliver": _deliver,
    "post_check": _post_check,
    "visit": _visit,
    "test": _visit,
    "expert_review": _visit,
    "hearing": _visit,
    "publicise": _visit,
    "review": _visit,
}


# --- special procedures, extension -----------------------------------------------------------------------------


def _stop_for_procedure(draft: Draft, task: TaskState) -> None:
    info = draft.subject.elements[task.element]
    code = str(task.item)
    if info.step is None or info.step.procedure is None or info.step.procedure in draft.state.items[code].stopped_by:
        return
    stop(draft, code, info.step.procedure, str(info.step.name))


def suspend(draft: Draft, code: str, procedure: str, actor: Actor, reason: str) -> None:
    """Stop an item's clocks for a special procedure that its definition lists (行政许可法 art. 45; D32)."""
    item, state = _open_item(draft, code, actor)
    found = item.procedure(procedure)
    if found is None:
        listed = "、".join(f"{p.id}（{p.kind}）" for p in item.special_procedures) or "（没有）"
        raise NotAllowed(
            f"事项 {code} 没有列出特别程序 {procedure!r}，不得据此停止计时；列出的有 {listed}",
            f"item {code} lists no special procedure {procedure!r}; it lists {listed}", procedure=procedure,
        )  # fmt: skip
    if found.id in state.stopped_by:
        raise NotAllowed(f"{code} 已因“{found.kind}”停止计时", f"{code} is suspended for {found.id} already")
    if not reason.strip():
        raise InvalidInput("停止计时须书面告知申请人理由：reason 是空的", "reason is empty", field="reason")
    stop(draft, code, found.id, reason)
    if found.limit is not None and not any(
        c.kind == "procedure" and c.item == code for c in draft.state.clocks.values()
    ):
        draft.start_limit_clock(f"{code}/{found.id}/procedure", "procedure", code, found.limit, found.basis)


def stop(draft: Draft, code: str, procedure: str, reason: str) -> None:
    """Record the stop for the clocks that this procedure stops, and for the whole case if nothing runs any more."""
    found = draft.subject.item(code).procedure(procedure)
    kinds = found.stops if found is not None else ("promised", "statutory")
    ids = [c.id for c in draft.state.clocks.values() if c.item == code and c.kind in kinds and c.live]
    draft.suspend_clocks(ids, procedure, reason, code)
    retime_case_clocks(draft)


def resume(draft: Draft, code: str, procedure: str) -> None:
    """Let the item's clocks run again."""
    ids = [
        c.id for c in draft.state.clocks.values()
        if c.item == code and any(s[3] == procedure and s[1] is None for s in c.suspensions)
    ]  # fmt: skip
    draft.resume_clocks(ids, procedure, code)
    draft.close_clocks([
        c.id for c in draft.state.clocks.values()
        if c.kind == "procedure" and c.item == code and c.task is None and c.id.split("/")[1] == procedure
    ])  # fmt: skip
    retime_case_clocks(draft)


def resume_by(draft: Draft, code: str, procedure: str | None, actor: Actor) -> None:
    """Resume on command; without a procedure, the one that stands open."""
    item, state = _open_item(draft, code, actor)
    if not state.stopped_by:
        raise NotAllowed(f"事项 {code} 没有停止计时，无从恢复", f"item {code} is not suspended")
    found = item.procedure(procedure) if procedure else None
    name = found.id if found is not None else procedure or (state.stopped_by[0] if len(state.stopped_by) == 1 else None)
    if name not in state.stopped_by:
        raise NotAllowed(
            f"事项 {code} 没有因 {procedure!r} 停止计时；停止的原因是 {'、'.join(state.stopped_by)}",
            f"item {code} is suspended for {', '.join(state.stopped_by)}, not for {procedure!r}",
        )
    resume(draft, code, str(name))


def retime_case_clocks(draft: Draft) -> None:
    """The case's own clocks stop only while every started, undecided item is stopped, and run again after."""
    items = draft.state.items.values()
    active = [i for i in items if i.state in ("reviewing", "suspended") and i.mode == "run"]
    all_stopped = bool(active) and all(i.state == "suspended" for i in active)
    case_clocks = [
        c for c in draft.state.clocks.values() if c.item is None and c.kind in ("promised", "joint_cap") and c.live
    ]
    stopped = [c.id for c in case_clocks if c.state == "suspended"]
    running = [c.id for c in case_clocks if c.state == "running"]
    if all_stopped and running:
        draft.suspend_clocks(running, "all_items", "全部在办事项均停止计时", None)
    elif stopped and not all_stopped:
        draft.resume_clocks(stopped, "all_items", None)


def extend(draft: Draft, code: str, by: Limit, actor: Actor, reason: str) -> None:
    """Extend an item's limits once, before they are due, by its approver (行政许可法 art. 42; R8, D25)."""
    item, _ = _open_item(draft, code, actor)
    rule = _extension_rule(item)
    if actor.role != rule.approver:
        raise NotAllowed(
            f"延期须由{rule.approver}批准，{actor.text} 的角色是 {actor.role or '（未说明）'}；写法如 {item.department}/{rule.approver}:姓名",
            f"an extension is decided by role {rule.approver}, not by {actor.text}", role=rule.approver,
        )  # fmt: skip
    if not reason.strip():
        raise InvalidInput("延期须告知申请人理由：reason 是空的", "reason is empty", field="reason")
    running = [c for c in draft.state.clocks.values() if c.item == code and c.kind in CLOCKS_OF_DECISION and c.live]
    today = timekeeping.local_date(draft.now)
    extended = [c for c in running if _extensible(draft, c, by, rule, actor, reason, today)]
    draft.emit("clocks_extended", clocks=[c.id for c in extended], by=by.text("en"), decided_on=today.isoformat(), reason=reason,
               item=code)  # fmt: skip
    for clock in extended:
        clock.warned = None
        draft.refresh(clock)


CLOCKS_OF_DECISION = ("promised", "statutory")


def _extension_rule(item: Item) -> ExtensionRule:
    statutory = item.limits.statutory
    if statutory is not None and statutory.extension is not None:
        return statutory.extension
    return GENERAL_EXTENSION


def _extensible(
    draft: Draft, clock: ClockState, by: Limit, rule: ExtensionRule, actor: Actor, reason: str, today: date
) -> bool:
    """Whether this clock takes the extension; the statutory one must, the promised one may be past."""
    try:
        clocks.extend(
            timekeeping.ledger_of(clock), Extension(by, today, actor.text, reason), draft.calendar, max=rule.by
        )
    except ClockError as fault:
        if clock.kind == "promised" and fault.code == "extension_too_late":
            return False
        zh, en = refusal_text(fault)
        raise NotAllowed(
            f"{clock.id} 不能延期：{zh}", f"{clock.id} cannot be extended: {en}", code=fault.code
        ) from fault
    return True


def refusal_text(fault: ClockError) -> tuple[str, str]:
    """A clock's refusal in both languages; its message holds both, Chinese first."""
    zh, _, en = fault.message.partition(" / ")
    return zh, en or zh


def _open_item(draft: Draft, code: str, actor: Actor) -> tuple[Item, Any]:
    item, state = draft.subject.item(code), draft.state.items[code]
    if state.state not in ("reviewing", "suspended"):
        raise NotAllowed(
            f"事项 {code} 的状态是 {state.state}，只有审查中（reviewing、suspended）的事项可以停止、恢复或延长时限",
            f"item {code} is {state.state}; only an item under review has clocks to stop, resume or extend",
            state=state.state, item=code,
        )  # fmt: skip
    if actor.kind != "system" and actor.department not in (item.department, *item.joint_departments):
        raise NotAllowed(
            f"事项 {code} 由 {item.department} 负责，{actor.text} 无权改变其时限",
            f"item {code} is handled by {item.department}, not by {actor.text}",
        )
    return item, state


# --- the end, and the passing of time --------------------------------------------------------------------------


def withdraw(draft: Draft, actor: Actor, reason: str) -> None:
    """Take the application back; possible until the last decision."""
    state = draft.state
    if state.state not in OPEN_STATES or not any(i.state in UNDECIDED for i in state.items.values()):
        raise NotAllowed(
            f"办件 {state.id} 的状态是 {state.state}，作出决定之后不能撤回",
            f"case {state.id} is {state.state}: it can be withdrawn only before the decision", state=state.state,
        )  # fmt: skip
    if actor.kind == "staff" and actor.department != draft.subject.theme.lead:
        raise NotAllowed(
            f"撤回由申请人提出，或由牵头部门 {draft.subject.theme.lead} 代录",
            f"{actor.text} cannot withdraw for the applicant",
        )
    _end(draft, "withdrawn", {"reason": reason})


def _end(draft: Draft, type: str, body: dict[str, Any]) -> None:
    for task in list(draft.state.tasks.values()):
        draft.close_task(task, "cancelled", "")
    draft.close_clocks([c.id for c in draft.state.clocks.values() if c.live])
    move = draft.move("cancel", "")
    draft.emit(type, **body, move=move)
    draft.follow(move)


def tick(draft: Draft) -> int:
    """Do everything that is due by the draft's instant, in the order in which it fell due; returns how much that was."""
    fired = 0
    while (clock := _next_due(draft)) is not None:
        if clock.warned is None and clock.expired is None and _is_warning(clock, draft.at):
            _warn(draft, clock)
        else:
            _expire(draft, clock)
        fired += 1
    return fired


def _next_due(draft: Draft) -> ClockState | None:
    waking = [
        (wake, c.id, c) for c in draft.state.clocks.values() if (wake := timekeeping.wake_at(c)) and wake <= draft.at
    ]
    return min(waking)[2] if waking else None


def _is_warning(clock: ClockState, at: str) -> bool:
    return timekeeping.wake_at(clock) == clock.warn_at


def _warn(draft: Draft, clock: ClockState) -> None:
    draft.emit(
        "clock_warned", SYSTEM, clock=clock.id, kind=clock.kind, item=clock.item, due=clock.due, at=clock.warn_at
    )
    draft.dirty.add(clock.id)
    _fire_timer(draft, clock, "warning")


def _expire(draft: Draft, clock: ClockState) -> None:
    draft.emit("clock_expired", SYSTEM, clock=clock.id, kind=clock.kind, item=clock.item, due=clock.due,
               effect=clock.effect)  # fmt: skip
    draft.dirty.add(clock.id)
    match clock.effect:
        case "deemed_acceptance":
            _deem_accepted(draft, clock)
        case "silence":
            _silence(draft, clock)
        case "applicant_withdrawn":
            draft.emit("deemed_withdrawn", SYSTEM, reason="逾期未补正，视为撤回申请")
            _fire_timer(draft, clock, "due")
        case "applicant_not_accepted" | "applicant_refused":
            draft.emit("not_accepted", SYSTEM, reason="逾期未补正，不予受理")
            _fire_timer(draft, clock, "due")
        case _:
            _escalate(draft, clock)
            _fire_timer(draft, clock, "due")


def _deem_accepted(draft: Draft, clock: ClockState) -> None:
    """No word within the notice period: accepted as of the day of receipt (行政许可法 art. 32; R9, D15)."""
    draft.anchor = draft.received = clock.anchor
    draft.emit("accepted", SYSTEM, as_of=clock.anchor, deemed=True, gaps={})
    _fire_timer(draft, clock, "due")


def _silence(draft: Draft, clock: ClockState) -> None:
    """A consulted department that says nothing in time has no objection."""
    task = draft.state.tasks.get(clock.task or "")
    if task is None:
        return
    timer = draft.state.timers.get(clock.timers.get("due", ""))
    if timer is None:
        _finish(draft, task, "no_objection", "逾期未回复，视为无异议", {}, actor=SYSTEM)
        return
    draft.close_task(task, "completed", "no_objection")
    move = draft.move("fire", timer)
    draft.emit("task_completed", SYSTEM, task=task.id, name=task.name, item=task.item, outcome="no_objection",
               opinion="逾期未回复，视为无异议", data={}, move=move)  # fmt: skip
    draft.follow(move)


def _escalate(draft: Draft, clock: ClockState) -> None:
    """An overdue clock does not end the work: it is brought before the one who answers for it."""
    tasks = [t.id for t in draft.state.tasks.values() if clock.item in (None, t.item) and clock.task in (None, t.id)]
    item = draft.subject.item(clock.item) if clock.item is not None else None
    department = item.department if item is not None else draft.subject.theme.lead
    draft.emit(
        "escalated", SYSTEM, clock=clock.id, kind=clock.kind, item=clock.item, tasks=tasks, to=f"{department}/head"
    )


def _fire_timer(draft: Draft, clock: ClockState, edge: str) -> None:
    path = draft.state.timers.get(clock.timers.get(edge, ""))
    if path is None:
        return
    move = draft.move("fire", path)
    draft.emit("timer_fired", SYSTEM, clock=clock.id, edge=edge, move=move)
    draft.follow(move)
