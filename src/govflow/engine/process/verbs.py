"""The four verbs: bytes in, bytes out. The state given in is never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from govflow.compiler.paths import element_of
from govflow.engine.process.definition import Process
from govflow.engine.process.records import ProcessError, Token, Transition
from govflow.engine.process.snapshot import CANCELLED, FINISHED, RUNNING, dump, load, waiting
from govflow.engine.process.workflow import Case

FAULTS = (SpiffWorkflowException, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def start(process: Process, flags: Mapping[str, bool]) -> Transition:
    """Begin a case and run it to the first places where it waits.

    ``flags`` are the named conditions, already computed; a gateway that needs one that is missing raises
    ProcessError ``no_route``.
    """
    case = Case(process.spec, process.subs, flags)
    return _guarded(process, case, lambda: case.begin(case))


def complete(process: Process, state: bytes, path: str, flags: Mapping[str, bool]) -> Transition:
    """Complete the live user task at ``path`` and run on; ProcessError ``not_live`` when it does not wait."""
    return _run(process, state, path, "user", flags)


def fire(process: Process, state: bytes, path: str, flags: Mapping[str, bool]) -> Transition:
    """Fire the waiting timer at ``path`` and run on; ProcessError ``not_live`` when it does not wait."""
    return _run(process, state, path, "timer", flags)


def cancel(process: Process, state: bytes) -> Transition:
    """End the case here and now; every live token is closed."""
    case = load(process, state, {})
    before = tuple(_tokens(case.were_waiting))
    left = tuple(task.workflow.path(task) for task in case.walk_all() if task.id in case.subprocesses)
    step = Transition(dump(process, case, CANCELLED)[0], (), before, (), (), left, True, tuple)
    case.discard()
    return step


def _tokens(tasks: Iterable[Any]) -> Iterator[Token]:
    return (task.workflow.token(task) for task in tasks)


def _run(process: Process, state: bytes, path: str, kind: str, flags: Mapping[str, bool]) -> Transition:
    case = load(process, state, flags, path)
    element = element_of(path)
    for task in case.were_waiting:
        spec = task.task_spec
        if spec.bpmn_id == element and spec.kind == kind and task.workflow.path(task) == path:
            return _guarded(process, case, task.run)
    raise _not_live(path, kind, waiting(process, state))


def _not_live(path: str, kind: str, live: Iterable[Token]) -> ProcessError:
    there = [token.path for token in live if token.kind == kind]
    element = element_of(path)
    message = f"no {kind} {path!r} waits here; waiting: {', '.join(there) or 'none'}"
    zh = f"“{path}”现在不在等待；正在等待：{'、'.join(there) or '无'}"
    return ProcessError("not_live", message, element, zh=zh)


def _guarded(process: Process, case: Case, first: Callable[[], object]) -> Transition:
    """Run; whatever goes wrong becomes a ProcessError, and the half-changed case is thrown away with it."""
    try:
        first()
        case.run_agenda()
        return _step(process, case)
    except FAULTS as error:
        raise ProcessError("internal", f"the executor failed: {error!r}") from error


def _step(process: Process, case: Case) -> Transition:
    state, live = dump(process, case, FINISHED if case.completed else RUNNING)
    if not (live or case.unread_levels or case.completed):
        raise _stuck(case)
    before, now = {task.id for task in case.were_waiting}, {task.id for task in live}
    step = Transition(
        state=state,
        opened=tuple(_tokens(task for task in live if task.id not in before)),
        closed=tuple(_tokens(t for t in case.were_waiting if t.id not in now and t.task_spec.kind != "sub")),
        passed=tuple(case.passed),
        entered=tuple(case.entered),
        left=tuple(case.left),
        ended=case.completed,
        read_live=partial(waiting, process, state),
    )
    case.discard()
    return step


def _stuck(case: Case) -> ProcessError:
    tasks = [task for task in case.walk_all() if task.state == TaskState.WAITING]
    joins = sorted({task.workflow.prefix + task.task_spec.bpmn_id for task in tasks})
    message = f"nothing can move any more; waiting for a branch that never comes: {', '.join(joins)}"
    zh = f"流程无法继续：{'、'.join(joins)}等待的分支不会到来"
    return ProcessError("stuck", message, element_of(joins[0]) if joins else None, zh=zh)
