"""Our own task specifications: the library's, without prediction, and with joins that count one activation only.

The library predicts every future when a token moves and walks the whole tree after each task. Here a child is made
when its token arrives, and a task that is done is taken out of the tree, so that cost and size follow what is open.
A specification is shared by all cases and threads: nothing here is written to after compilation.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.mixins import (
    BoundaryEventMixin,
    BpmnSpecMixin,
    EndEventMixin,
    ExclusiveGatewayMixin,
    IntermediateCatchEventMixin,
    ParallelGatewayMixin,
    StartEventMixin,
    SubWorkflowTaskMixin,
    UserTaskMixin,
)
from SpiffWorkflow.util.task import TaskState

from govflow.engine.process.records import ProcessError


class Timer(EventDefinition):  # type: ignore[misc]
    """A timer that never looks at a clock: it fires when the caller says so. Its text is not even kept."""


class ElementSpec(BpmnTaskSpec):  # type: ignore[misc]
    """How a token passes any element: arrive, be ready, run, make the next tokens, leave the tree."""

    kind = "auto"
    joins = False  # numbered when it fires, not when a token arrives
    splits = False  # stays in the tree, passed, while more than one of its tokens is open
    hangs = False  # a boundary event: it has a host
    waiting = TaskState.WAITING  # the state in which it is open
    fork: str | None = None
    index = 0
    targets: tuple[Any, ...] = ()

    def _predict(self, my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Nothing is predicted."""

    def _update(self, my_task: Any) -> None:
        if self._update_hook(my_task):
            my_task._ready()

    def _update_hook(self, my_task: Any) -> bool:
        return True

    def _on_ready(self, my_task: Any) -> None:
        if not self.manual:
            my_task.workflow.top_workflow.agenda.append(my_task)

    def _run_hook(self, my_task: Any) -> bool:
        return True

    def _on_cancel(self, my_task: Any) -> None:
        """The level takes a cancelled task out of the tree itself."""

    def _on_complete(self, my_task: Any) -> None:
        level = my_task.workflow
        level.top_workflow.note_passed(my_task)
        for child in [level.place(spec, my_task) for spec in self._next(my_task)]:
            child.task_spec._update(child)
        level.remove_passed(my_task)
        level.finish_if_empty()

    def _next(self, my_task: Any) -> tuple[Any, ...]:
        return self.targets


class Start(ElementSpec, StartEventMixin, BpmnSpecMixin):  # type: ignore[misc]
    """A start event."""


class End(ElementSpec, EndEventMixin, BpmnSpecMixin):  # type: ignore[misc]
    """An end event: its token goes; the level ends when no token is left."""

    def _next(self, my_task: Any) -> tuple[Any, ...]:
        return ()


class Send(ElementSpec, BpmnSpecMixin):  # type: ignore[misc]
    """A send task: passes at once, the caller reads it from ``Transition.passed``."""


class Activity(ElementSpec):
    """What a boundary timer can hang on: when it completes, its timers that still wait are dropped."""

    def _on_complete(self, my_task: Any) -> None:
        my_task.workflow.drop_timers(my_task)
        super()._on_complete(my_task)


class User(Activity, UserTaskMixin, BpmnSpecMixin):  # type: ignore[misc]
    """A user task: waits for the caller."""

    kind = "user"
    waiting = TaskState.READY


class Sub(Activity, SubWorkflowTaskMixin, BpmnSpecMixin):  # type: ignore[misc]
    """A call activity or an embedded sub-process: a level of its own, entered when the token arrives."""

    kind = "sub"
    waiting = TaskState.STARTED

    def _update_hook(self, my_task: Any) -> bool:
        my_task._set_state(TaskState.STARTED)
        my_task.workflow.top_workflow.enter(my_task)
        return False


class BoundarySplit(ElementSpec):
    """The library's helper before an activity with boundary events: one token to the activity, one to each timer."""

    splits = True

    def _on_complete(self, my_task: Any) -> None:
        level = my_task.workflow
        children = [level.place(spec, my_task) for spec in self.targets]
        for timer in children[1:]:
            timer.host = children[0]
        for child in children:
            child.task_spec._update(child)


class Catch(ElementSpec, IntermediateCatchEventMixin, BpmnSpecMixin):  # type: ignore[misc]
    """An intermediate timer: waits for the caller."""

    kind = "timer"

    def _update_hook(self, my_task: Any) -> bool:
        my_task._set_state(TaskState.WAITING)
        return False

    def _run_hook(self, my_task: Any) -> bool:
        return True

    def _on_ready(self, my_task: Any) -> None:
        """Run by the caller, not by the agenda."""


class Boundary(Catch, BoundaryEventMixin):  # type: ignore[misc]
    """A boundary timer. The interrupting kind takes its activity, and the other timers on it, out of the case."""

    hangs = True

    def _on_complete(self, my_task: Any) -> None:
        if self.cancel_activity:
            level = my_task.workflow
            level.drop_timers(my_task.host, keep=my_task)
            level.drop(my_task.host)
        super()._on_complete(my_task)


class Exclusive(ElementSpec, ExclusiveGatewayMixin, BpmnSpecMixin):  # type: ignore[misc]
    """An exclusive gateway: the first flow whose flag is true, in document order, else the default flow."""

    def _next(self, my_task: Any) -> tuple[Any, ...]:
        specs = self._wf_spec.task_specs
        for condition, name in self.cond_task_specs:
            if condition is not None and condition._matches(my_task):
                return (specs[name],)
        if self.default_task_spec is None:
            message = f"no flow out of gateway {self.bpmn_id!r} fits and it has no default flow"
            raise ProcessError("no_route", message, self.bpmn_id)
        return (specs[self.default_task_spec],)


class Parallel(ElementSpec, ParallelGatewayMixin, BpmnSpecMixin):  # type: ignore[misc]
    """A parallel gateway: as a join it counts only arrivals that come from the same activation of its fork.

    The library counts arrivals of earlier rounds of a loop too and fires early.
    """

    joins = splits = True

    def _update_hook(self, my_task: Any) -> bool:
        need: Counter[str] = Counter(self._inputs)
        level = my_task.workflow
        if need.total() < 2:
            return bool(level.number(my_task))
        my_task._set_state(TaskState.WAITING)
        scope = level.scope_of(my_task, self.fork)
        taken = []
        for task in level.walk():
            here = task.task_spec is self and task.state == TaskState.WAITING
            if here and need[task.via] and level.scope_of(task, self.fork) is scope:
                need[task.via] -= 1
                taken.append(task)
        if need.total():
            return False
        level.merge([task for task in taken if task is not my_task], my_task, scope)
        return bool(level.number(my_task))
