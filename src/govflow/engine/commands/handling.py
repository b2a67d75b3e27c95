"""Who may handle a task, and what its end records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from govflow.engine.actors import Actor
from govflow.engine.case import TaskState, events
from govflow.engine.commands import flow, suspension
from govflow.engine.commands.unit_of_work import UnitOfWork
from govflow.errors import NotAllowed
from govflow.text import Text
from govflow.vocabulary import ErrorCode, Role, TaskKind, TaskStatus


def joint_tasks(draft: UnitOfWork, task: TaskState) -> list[TaskState]:
    """The task and, at a joint visit 联合踏勘, the visits of the other items that are open now."""
    others = draft.state.tasks.values() if task.joint is not None else ()
    return [task, *(o for o in others if o.joint == task.joint and o.id != task.id and o.kind != TaskKind.NOTICE)]


def require_may_handle(draft: UnitOfWork, task: TaskState, actor: Actor) -> None:
    """NotAllowed unless the actor is of the task's department and role, or the applicant where it is the applicant's."""
    if task.role == Role.APPLICANT:
        if actor.kind == "applicant" or actor.department == draft.subject.theme.lead:
            return
        raise NotAllowed(
            Text(f"任务“{task.name}”由申请人办理", "this task is the applicant's"),
            code=ErrorCode.NOT_OWNER,
            task=task.id,
        )
    allowed = {t.department for t in joint_tasks(draft, task)} | {task.department}
    if actor.department not in allowed:
        owner = _department_name(draft, task.department)
        raise NotAllowed(
            Text(f"任务“{task.name}”属于{owner}（{task.department}），{actor.text} 不是该部门的经办人",
            f"task {task.id} belongs to department {task.department}; {actor.text} is not of it"),
            code=ErrorCode.WRONG_DEPARTMENT, task=task.id, department=task.department,
        )  # fmt: skip
    if actor.role is not None and actor.role != task.role and actor.role != Role.HEAD:
        raise NotAllowed(
            Text(
                f"任务“{task.name}”由{task.role}角色办理，{actor.text} 的角色是 {actor.role}",
                f"task {task.id} is for role {task.role}; {actor.text} acts as {actor.role}",
            ),
            code=ErrorCode.WRONG_ROLE,
            task=task.id,
            role=task.role,
        )


def _department_name(draft: UnitOfWork, code: str | None) -> str:
    department = draft.subject.catalog.departments.get(code or "")
    return str(department.name) if department is not None else str(code)


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
