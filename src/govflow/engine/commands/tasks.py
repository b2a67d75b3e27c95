"""Tasks: claimed, given back, completed; what each outcome needs, and which facts it records.

No database and no clock: a UnitOfWork holds the state, the instant and the actor; every function either records facts in
it or raises NotAllowed, Conflict or InvalidInput and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from govflow.engine.actors import Actor
from govflow.engine.case import ClockId, TaskState, events, reasons
from govflow.engine.commands import correction, flow, suspension
from govflow.engine.commands.handling import finish, joint_tasks, require_may_handle
from govflow.engine.commands.unit_of_work import UnitOfWork
from govflow.errors import Conflict, InvalidInput, NotAllowed
from govflow.plan import terms
from govflow.text import Text
from govflow.vocabulary import (
    ClockKind,
    ErrorCode,
    ItemStatus,
    Outcome,
    TaskKind,
)

OPINIONS = (Outcome.APPROVE, Outcome.OBJECT, Outcome.DONE, Outcome.REFUSE)


SYNONYMS: Mapping[str, Mapping[str, str]] = {
    TaskKind.ACCEPT: {"approve": "accept", "not_accept": "refuse"},
    TaskKind.DECIDE: {"grant": "approve", "reject": "refuse"},
}
"""Other words for an outcome, by kind of task."""


# --- tasks -----------------------------------------------------------------------------------------------------


def claim(draft: UnitOfWork, task: TaskState, actor: Actor) -> None:
    """Take a task, so that colleagues see who works on it."""
    require_may_handle(draft, task, actor)
    if task.assignee is not None and task.assignee != actor.text:
        raise Conflict(
            Text(f"任务“{task.name}”已由 {task.assignee} 于 {task.claimed} 认领", f"already claimed by {task.assignee}"),
            code=ErrorCode.NOT_CLAIMANT, task=task.id, by=task.assignee, at=task.claimed,
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
            code=ErrorCode.NOT_CLAIMANT,
            task=task.id,
            by=task.assignee,
        )
    draft.emit(events.TaskReleased(task=task.id))


def complete(
    draft: UnitOfWork, task: TaskState, actor: Actor, outcome: str, opinion: str, data: Mapping[str, Any]
) -> None:
    """Finish a task with an outcome and an opinion, and let the process go on."""
    require_may_handle(draft, task, actor)
    if task.assignee is not None and task.assignee != actor.text:
        raise NotAllowed(
            Text(f"任务“{task.name}”已由 {task.assignee} 认领", f"the task is claimed by {task.assignee}"),
            code=ErrorCode.NOT_CLAIMANT,
            task=task.id,
            by=task.assignee,
        )
    outcome = _outcome(task, outcome, opinion)
    together = joint_tasks(draft, task)
    for each in together:
        each.joint = task.joint if len(together) > 1 else None
        _complete_one(draft, each, outcome, opinion, data)


def _complete_one(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str, data: Mapping[str, Any]) -> None:
    before = ENDINGS[TaskKind.of(task.kind)].before
    verdict = before(draft, task, outcome, opinion) if before is not None else ""
    finish(draft, task, outcome, opinion, data, verdict)


def _outcome(task: TaskState, outcome: str, opinion: str) -> str:
    outcome = SYNONYMS.get(task.kind, {}).get(outcome, outcome)
    ending = ENDINGS[TaskKind.of(task.kind)]
    allowed, command = ending.outcomes, ending.elsewhere.get(outcome)
    if command is not None:
        raise NotAllowed(
            Text(f"任务“{task.name}”的结果 {outcome} 由 {command} 命令作出，不能用 complete 办结",
            f"outcome {outcome} of task {task.id} is what {command} does, not complete"),
            code=ErrorCode.OTHER_COMMAND, task=task.id, command=command,
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
            code=ErrorCode.MISSING,
            field="opinion",
        )
    return outcome


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
    lacking = [c for c in draft.state.gaps if any(item in items for item, _ in correction.uses_of(draft, c))]
    if lacking:
        names = correction.material_names(draft, lacking)
        raise NotAllowed(
            Text(f"容缺材料 {names} 补齐之前不能发放结果；请先用 supplement 提交",
            f"no result before {names.en} arrive: hand them in by supplement"), code=ErrorCode.INCOMPLETE, missing=lacking, command="supplement",
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
    TaskKind.ACCEPT: Ending((Outcome.ACCEPT, Outcome.REFUSE), correction.accept, {Outcome.CORRECT: "ask_correction"}),
    TaskKind.SUPPLEMENT: Ending((*Outcome,), correction.refuse_ticking_off),  # whatever the outcome: `supplement` ends it
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
