"""Tasks: claimed, given back, completed; what each outcome needs, and which facts it records.

No database and no clock: a UnitOfWork holds the state, the instant and the actor; every function either records facts in
it or raises NotAllowed, Conflict or InvalidInput and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import UNSET

from govflow.engine.actors import Actor
from govflow.engine.case import ClockId, TaskState, events, reasons
from govflow.engine.commands import flow, suspension
from govflow.engine.commands.unit_of_work import UnitOfWork
from govflow.errors import Conflict, InvalidInput, NotAllowed
from govflow.language.model import MaterialUse
from govflow.law.clocks import Limit
from govflow.plan import terms
from govflow.text import Text, joined
from govflow.vocabulary import ClockKind, ItemStatus, MaterialStatus, Mode, Outcome, Role, TaskKind, TaskStatus

OPINIONS = (Outcome.APPROVE, Outcome.OBJECT, Outcome.DONE, Outcome.REFUSE)


SYNONYMS: Mapping[str, Mapping[str, str]] = {
    TaskKind.ACCEPT: {"approve": "accept", "not_accept": "refuse"},
    TaskKind.DECIDE: {"grant": "approve", "reject": "refuse"},
}
"""Other words for an outcome, by kind of task."""


# --- tasks -----------------------------------------------------------------------------------------------------


def claim(draft: UnitOfWork, task: TaskState, actor: Actor) -> None:
    """Take a task, so that colleagues see who works on it."""
    _may_work(draft, task, actor)
    if task.assignee is not None and task.assignee != actor.text:
        raise Conflict(
            Text(f"任务“{task.name}”已由 {task.assignee} 于 {task.claimed} 认领", f"already claimed by {task.assignee}"),
            task=task.id, by=task.assignee, at=task.claimed,
        )  # fmt: skip
    if task.assignee is None:
        draft.emit(events.TaskClaimed(task=task.id))


def release(draft: UnitOfWork, task: TaskState, actor: Actor) -> None:
    """Give a claimed task back."""
    if task.assignee != actor.text:
        raise NotAllowed(
            Text(
                f"任务“{task.name}”由 {task.assignee or '无人'} 认领，只有认领人能够退回",
                f"the task is claimed by {task.assignee or 'nobody'}; only the claimant can release it",
            ),
        )
    draft.emit(events.TaskReleased(task=task.id))


def complete(
    draft: UnitOfWork, task: TaskState, actor: Actor, outcome: str, opinion: str, data: Mapping[str, Any]
) -> None:
    """Finish a task with an outcome and an opinion, and let the process go on."""
    _may_work(draft, task, actor)
    if task.assignee is not None and task.assignee != actor.text:
        raise NotAllowed(Text(f"任务“{task.name}”已由 {task.assignee} 认领", f"the task is claimed by {task.assignee}"))
    outcome = _outcome(task, outcome, opinion)
    together = _joint(draft, task)
    for each in together:
        each.joint = task.joint if len(together) > 1 else None
        _complete_one(draft, each, outcome, opinion, data)


def _complete_one(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str, data: Mapping[str, Any]) -> None:
    before = ENDINGS[TaskKind.of(task.kind)].before
    verdict = before(draft, task, outcome, opinion) if before is not None else ""
    finish(draft, task, outcome, opinion, data, verdict)


def finish(
    draft: UnitOfWork, task: TaskState, outcome: str, opinion: str, data: Mapping[str, Any], verdict: str = "",
    actor: str | None = None, timer: str | None = None,
) -> None:  # fmt: skip
    """Record a task as completed and let the process go on, by its own token or by an interrupting `timer`'s.

    `verdict` is the choice that the intake gateway sees.
    """
    draft.close_task(task, TaskStatus.COMPLETED.value, outcome)
    if timer is not None:
        move = flow.next_move(draft, "fire", timer)
    else:
        move = flow.next_move(draft, "complete", task.path, verdict)
    completed = events.TaskCompleted(
        task=task.id, kind=task.kind, name=task.name, item=task.item, outcome=outcome, opinion=opinion, joint=task.joint,
        data=dict(data), move=move,
    )  # fmt: skip
    draft.emit(completed, actor)
    if task.kind == TaskKind.NOTICE and task.item is not None:
        suspension.stop_for_step(draft, task)
    flow.run_process(draft, move, flow.acceptance(draft) if task.kind == TaskKind.ACCEPT else None)


def _joint(draft: UnitOfWork, task: TaskState) -> list[TaskState]:
    """The task and, at a joint visit 联合踏勘, the visits of the other items that are open now."""
    others = draft.state.tasks.values() if task.joint is not None else ()
    return [task, *(o for o in others if o.joint == task.joint and o.id != task.id and o.kind != TaskKind.NOTICE)]


def _may_work(draft: UnitOfWork, task: TaskState, actor: Actor) -> None:
    if task.role == Role.APPLICANT:
        if actor.kind == "applicant" or actor.department == draft.subject.theme.lead:
            return
        raise NotAllowed(Text(f"任务“{task.name}”由申请人办理", "this task is the applicant's"))
    allowed = {t.department for t in _joint(draft, task)} | {task.department}
    if actor.department not in allowed:
        owner = _department_name(draft, task.department)
        raise NotAllowed(
            Text(f"任务“{task.name}”属于{owner}（{task.department}），{actor.text} 不是该部门的经办人",
            f"task {task.id} belongs to department {task.department}; {actor.text} is not of it"),
            task=task.id, department=task.department,
        )  # fmt: skip
    if actor.role is not None and actor.role != task.role and actor.role != Role.HEAD:
        raise NotAllowed(
            Text(
                f"任务“{task.name}”由{task.role}角色办理，{actor.text} 的角色是 {actor.role}",
                f"task {task.id} is for role {task.role}; {actor.text} acts as {actor.role}",
            ),
        )


def _department_name(draft: UnitOfWork, code: str | None) -> str:
    department = draft.subject.catalog.departments.get(code or "")
    return str(department.name) if department is not None else str(code)


def _outcome(task: TaskState, outcome: str, opinion: str) -> str:
    outcome = SYNONYMS.get(task.kind, {}).get(outcome, outcome)
    ending = ENDINGS[TaskKind.of(task.kind)]
    allowed, command = ending.outcomes, ending.elsewhere.get(outcome)
    if command is not None:
        raise NotAllowed(
            Text(f"任务“{task.name}”的结果 {outcome} 由 {command} 命令作出，不能用 complete 办结",
            f"outcome {outcome} of task {task.id} is what {command} does, not complete"),
            task=task.id, command=command,
        )  # fmt: skip
    if outcome not in allowed:
        raise InvalidInput(
            Text(f"任务“{task.name}”的办理结果 outcome 是 {outcome!r}，应为 {'、'.join(allowed)} 之一",
            f"outcome {outcome!r}: expected one of {', '.join(allowed)}"), field="outcome",
        )  # fmt: skip
    if outcome == Outcome.REFUSE and not opinion.strip():
        raise InvalidInput(
            Text(
                "不予许可、不予受理须说明理由（行政许可法第三十八条）：请填写 opinion",
                "a refusal must give its reasons (Administrative Licensing Law, art. 38): opinion is empty",
            ),
            field="opinion",
        )
    return outcome


# --- acceptance, correction ------------------------------------------------------------------------------------


def _accept(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    if outcome == Outcome.REFUSE:
        draft.emit(events.NotAccepted(reason=opinion))
        return "refuse"
    gaps = _gaps(draft)
    later = {code: limit.text("en") for code, limit in gaps.items()}
    draft.emit(events.Accepted(as_of=draft.at, deemed=False, gaps=later))
    for code, limit in gaps.items():
        flow.start_clock(draft, ClockId(code, ClockKind.GAP.value), terms.gap_clock(limit), by=flow.acceptance(draft))
    return "accept"


def _gaps(draft: UnitOfWork) -> dict[str, Limit]:
    """Missing materials that every item asking for them lets come later 容缺; raises for any other missing one."""
    missing = [code for code, status in draft.state.materials.items() if status == MaterialStatus.MISSING]
    deferred = {code: limit for code in missing if (limit := _defer(draft, code)) is not None}
    lacking = [code for code in missing if code not in deferred]
    if lacking:
        names = _material_names(draft, lacking)
        raise NotAllowed(
            Text(
                f"还缺 {names}，不能受理；请用 ask_correction 一次性告知申请人补正",
                f"cannot accept while {names.en} are missing; ask for correction once, naming all of them",
            ),
            missing=lacking,
        )
    return deferred


def _defer(draft: UnitOfWork, code: str) -> Limit | None:
    return terms.gap_limit(use for _, use in _uses(draft, code))


def _uses(draft: UnitOfWork, code: str) -> list[tuple[str, MaterialUse]]:
    subject, state = draft.subject, draft.state
    return [
        (item.code, use)
        for item in (subject.item(c) for c, i in state.items.items() if i.mode == Mode.RUN)
        for use in item.materials
        if use.material == code
    ]


def _material_names(draft: UnitOfWork, codes: Iterable[str]) -> Text:
    """Materials with code and name, in a row."""
    known = draft.subject.catalog.materials
    names = {code: known[code].name if code in known else Text("") for code in codes}
    return joined(
        Text(f"{code} {name}".strip(), f"{code} {name.en or name.zh}".strip()) for code, name in names.items()
    )


def ask_correction(
    draft: UnitOfWork, actor: Actor, missing: Sequence[str], opinion: str = "", item: str | None = None
) -> None:
    """Tell the applicant once, and completely, what is missing (行政许可法 art. 32; R9). Possible before acceptance."""
    state = draft.state
    task = next((t for t in state.tasks.values() if t.kind == TaskKind.ACCEPT), None)
    if task is None:
        raise NotAllowed(
            Text(f"办件 {state.id} 的状态是 {state.state}，只有受理之前（received）可以要求补正",
            f"case {state.id} is {state.state}; correction is asked before acceptance (received)"), state=state.state,
        )  # fmt: skip
    _may_work(draft, task, actor)
    codes = [listed_material(draft, ref, "missing") for ref in missing]
    if not codes:
        raise InvalidInput(
            Text("补正告知没有列出任何材料：missing 是空的", "the notice lists nothing"), field="missing"
        )
    if item is not None:
        strange = [code for code in codes if all(user != item for user, _ in _uses(draft, code))]
        if strange:
            raise InvalidInput(
                Text(f"事项 {item} 不要 {_material_names(draft, strange)}",
                f"item {item} does not ask for {', '.join(strange)}"), field="missing", item=item,
            )  # fmt: skip
    _require_once(draft, codes)
    draft.close_task(task, TaskStatus.COMPLETED.value, Outcome.CORRECT.value)
    draft.emit(events.CorrectionAsked(missing=codes, item=UNSET if item is None else item))
    move = flow.next_move(draft, "complete", task.path, "correct")
    draft.emit(
        events.TaskCompleted(
            task=task.id, name=task.name, item=None, outcome=Outcome.CORRECT.value, opinion=opinion, move=move
        )
    )
    flow.run_process(draft, move)


def _require_once(draft: UnitOfWork, codes: Sequence[str]) -> None:
    """One notice names all that is missing; a later one only what was named or came since."""
    correction = draft.state.correction
    first = not correction.notices
    allowed = {*correction.later, *(code for notice in correction.notices for code in notice)}
    repeated = [code for code in codes if not first and code not in allowed]
    if repeated:
        names = _material_names(draft, repeated)
        raise NotAllowed(
            Text(
                f"第一次补正告知没有提到 {names}，而它当时就缺；补正须一次性告知，不得再次要求",
                f"{names.en} was missing already at the first notice: a second request is not allowed",
            ),
            materials=repeated,
        )
    left_out = [
        c
        for c, s in draft.state.materials.items()
        if s == MaterialStatus.MISSING and c not in codes and _defer(draft, c) is None
    ]
    if left_out and first:
        names = _material_names(draft, left_out)
        raise InvalidInput(
            Text(f"补正须一次性告知全部内容：还缺 {names}，告知中没有列出",
            f"the notice must name everything that is missing at once; it leaves out {names.en}"),
            field="missing", materials=left_out,
        )  # fmt: skip


def listed_material(draft: UnitOfWork, ref: str, field: str) -> str:
    """The code of a material that the guide lists for this case; InvalidInput for any other (行政许可法 art. 31)."""
    material = draft.subject.catalog.materials.get(ref)
    if material is None or material.code not in draft.state.materials:
        raise InvalidInput(
            Text(f"办事指南没有列出材料 {ref}，不得要求或收取指南以外的材料；本件的材料是 {'、'.join(draft.state.materials)}",
            f"the guide does not list material {ref}; listed are {', '.join(draft.state.materials)}"),
            field=field, material=ref,
        )  # fmt: skip
    return material.code


def supplement(draft: UnitOfWork, actor: Actor, materials: Sequence[str]) -> None:
    """Hand in what was missing: answers a correction notice, or fills a gap 容缺 left at acceptance."""
    state = draft.state
    if state.closed is not None:
        raise NotAllowed(
            Text(f"办件已结束（状态 {state.state}），不能再提交材料", f"the case is over ({state.state})"),
            state=state.state,
        )
    if actor.kind == "staff" and actor.department != draft.subject.theme.lead:
        raise NotAllowed(
            Text("材料由申请人提交，或由牵头部门的窗口代收", "materials come from the applicant or the lead's window")
        )
    codes = [listed_material(draft, ref, "materials") for ref in materials]
    if not codes:
        raise InvalidInput(Text("没有提交任何材料：materials 是空的", "materials is empty"), field="materials")
    task = next((t for t in state.tasks.values() if t.kind == TaskKind.SUPPLEMENT), None)
    if task is None and not set(codes) & set(state.gaps):
        raise NotAllowed(
            Text(f"本件现在不在补正中（状态 {state.state}），也没有待补的容缺材料",
            f"nothing is to be supplemented in state {state.state}"), state=state.state,
        )  # fmt: skip
    if task is not None:
        _may_work(draft, task, actor)
        lacking = _asked_and_missing(draft, codes)
        if lacking:
            names = _material_names(draft, lacking)
            raise InvalidInput(
                Text(f"补正还缺 {names}；请一次补齐", f"still missing: {names.en}"),
                field="materials", missing=lacking,
            )  # fmt: skip
    draft.emit(events.Supplemented(materials=codes))
    gaps = draft.live_clocks(ClockKind.GAP)
    draft.close_clocks(id for id in gaps if ClockId.of(id).owner in codes)
    if task is not None:
        finish(draft, task, Outcome.DONE.value, "", {})


def _asked_and_missing(draft: UnitOfWork, given: Sequence[str] = ()) -> list[str]:
    """What the last correction notice asked for and is neither here nor among those `given` now."""
    asked = draft.state.correction.notices[-1]
    return [code for code in asked if code not in given and draft.state.materials[code] == MaterialStatus.MISSING]


def _supplement(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    """A correction is done by what is handed in, never by ticking off its task (行政许可法 art. 32)."""
    lacking = _asked_and_missing(draft)
    names = _material_names(draft, lacking)
    raise NotAllowed(
        Text(f"还没有补交 {names}；请用 supplement 提交材料，补正任务随之办结",
        f"{names.en} not handed in yet: hand them in by supplement, which completes this task"),
        missing=lacking, task=task.id, command="supplement",
    )  # fmt: skip


# --- decision, results -----------------------------------------------------------------------------------------


def _decide(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    code = str(task.item)
    item = draft.state.items[code]
    if item.stopped_by:
        raise NotAllowed(
            Text(
                f"{code} 的时限因“{'、'.join(item.stopped_by)}”停止计算，恢复后才能决定",
                f"the clocks of {code} stand still for {', '.join(item.stopped_by)}; resume before deciding",
            ),
        )
    draft.emit(events.ItemDecided(item=code, outcome=outcome))
    draft.close_clocks(draft.live_clocks(*flow.DECISION_CLOCKS, item=code))
    if outcome == Outcome.APPROVE:
        _start_after_decision(draft, code)
        if not _has_step(draft, code, TaskKind.ISSUE):
            _issue_results(draft, code)
    else:
        _terminate_dependants(draft, code, reasons.NOT_GRANTED)
    flow.sync_case_clocks(draft)
    return outcome


def _start_after_decision(draft: UnitOfWork, code: str) -> None:
    item = draft.subject.item(code)
    flow.start_clock(draft, ClockId(code, ClockKind.DELIVERY.value), terms.delivery_clock(item), code)
    check = terms.post_check_clock(item, terms.committed(item, draft.state.answers))
    if check is not None:
        flow.start_clock(draft, ClockId(code, ClockKind.POST_CHECK.value), check, code)


def _has_step(draft: UnitOfWork, code: str, kind: str) -> bool:
    return any(c == code and step.kind == kind for (c, _), step in draft.subject.steps.items())


def _terminate_dependants(draft: UnitOfWork, code: str, reason: Text) -> None:
    for other in draft.subject.dependants(code):
        if draft.state.items[other].state == ItemStatus.WAITING:
            draft.emit(events.ItemTerminated(item=other, reason=reasons.because(reason, code)))


def _verify(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    draft.emit(events.ItemVerified(item=str(task.item), outcome=outcome))
    if outcome != Outcome.APPROVE:
        _terminate_dependants(draft, str(task.item), reasons.NOT_VERIFIED)
    return outcome


def _issue(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    code = str(task.item)
    _require_no_gap(draft, [code])
    _issue_results(draft, code)
    results = draft.subject.item(code).results
    if results and all(result.elicence for result in results):
        _deliver_electronically(draft, code)
    return outcome


def _require_no_gap(draft: UnitOfWork, items: Sequence[str]) -> None:
    """No result is made or handed out while a material that was let come later 容缺 is not there (浙江 art. 11)."""
    lacking = [c for c in draft.state.gaps if any(item in items for item, _ in _uses(draft, c))]
    if lacking:
        names = _material_names(draft, lacking)
        raise NotAllowed(
            Text(f"容缺材料 {names} 补齐之前不能发放结果；请先用 supplement 提交",
            f"no result before {names.en} arrive: hand them in by supplement"), missing=lacking, command="supplement",
        )  # fmt: skip


def _deliver_electronically(draft: UnitOfWork, code: str) -> None:
    """E-licences reach the applicant as they are issued (国令第716号 art. 10); with paper among them the limit runs on."""
    draft.close_clocks(draft.live_clocks(ClockKind.DELIVERY, item=code))


def _issue_results(draft: UnitOfWork, code: str) -> None:
    item = draft.subject.item(code)
    issued = next((m.code for m in draft.subject.catalog.materials.values() if m.result_of == code), None)
    for number, result in enumerate(item.results, 1):
        draft.emit(events.ResultIssued(
            item=code, result=result.id, name=str(result.name), kind=result.kind,
            number=f"{draft.state.id}-{code}-{number}", valid_for=result.valid_for, material=issued,
        ))  # fmt: skip


def _deliver(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    granted = [c for c, i in draft.state.items.items() if i.state == ItemStatus.GRANTED and task.item in (None, c)]
    _require_no_gap(draft, granted)
    if granted:
        draft.emit(events.Delivered(items=granted))
    for code in granted:
        draft.close_clocks(draft.live_clocks(ClockKind.DELIVERY, item=code))
    return outcome


def _post_check(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    draft.close_clocks(draft.live_clocks(ClockKind.POST_CHECK, item=task.item))
    return outcome


def _resume_after(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    """The clocks that stood still for this task run again."""
    info = draft.subject.elements[task.element]
    item = draft.state.items.get(task.item or "")
    if item is not None and info.step is not None and info.step.procedure in item.stopped_by:
        suspension.resume(draft, item.code, str(info.step.procedure))
    return outcome


class Ending(NamedTuple):
    """How a task of one kind is ended by `complete`.

    `before` says what an outcome needs and does before the process goes on, and gives the choice that the intake gateway
    sees; `elsewhere` are outcomes that another command brings about.
    """

    outcomes: tuple[Outcome, ...] = OPINIONS
    before: Callable[[UnitOfWork, TaskState, str, str], str] | None = None
    elsewhere: Mapping[str, str] = MappingProxyType({})


ENDINGS: Mapping[TaskKind, Ending] = MappingProxyType({
    TaskKind.RECEIVE: Ending(),
    TaskKind.PRE_REVIEW: Ending(),
    TaskKind.ACCEPT: Ending((Outcome.ACCEPT, Outcome.REFUSE), _accept, {Outcome.CORRECT: "ask_correction"}),
    TaskKind.SUPPLEMENT: Ending((*Outcome,), _supplement),  # whatever the outcome: `supplement` ends it
    TaskKind.REVIEW: Ending(before=_resume_after),
    TaskKind.CONSULT: Ending(),
    TaskKind.VISIT: Ending(before=_resume_after),
    TaskKind.EXPERT_REVIEW: Ending(before=_resume_after),
    TaskKind.HEARING: Ending(before=_resume_after),
    TaskKind.PUBLICISE: Ending(before=_resume_after),
    TaskKind.TEST: Ending(before=_resume_after),
    TaskKind.NOTICE: Ending(),
    TaskKind.PAY: Ending(),
    TaskKind.DECIDE: Ending((Outcome.APPROVE, Outcome.REFUSE), _decide),
    TaskKind.VERIFY: Ending((Outcome.APPROVE, Outcome.REFUSE), _verify),
    TaskKind.ISSUE: Ending(before=_issue),
    TaskKind.DELIVER: Ending(before=_deliver),
    TaskKind.ARCHIVE: Ending(),
    TaskKind.POST_CHECK: Ending(before=_post_check),
})  # fmt: skip
"""Every kind of task, its outcomes and what they need; silence of a consulted department is the clock's, not complete's."""
