"""The running case: the library's workflow classes with a flat agenda and a tree that holds only what is open."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from govflow.engine.process.records import ProcessError, Token

# The library builds the extras of every log record even when nobody listens, and at its default level copies the
# ids of all tasks; these two names must be set themselves, a parent's level does not count.
for _name in ("spiff", "spiff.task", "spiff.workflow"):
    logging.getLogger(_name).setLevel(logging.WARNING)

COMPLETED = TaskState.COMPLETED
ENDED = COMPLETED | TaskState.CANCELLED
MAX_AUTOMATIC = 20_000  # automatic elements in one step; more means a loop without a person in it


class OpenTask(Task):  # type: ignore[misc]
    """The library's task without logging, clock and data, with what an address and a join need.

    A case has hundreds and each step makes them anew, so what never differs is said once, for the class.
    """

    triggered = False
    thread_id = 0
    last_state_change = 0.0
    data: Mapping[str, Any] = MappingProxyType({})
    internal_data: Mapping[str, Any] = MappingProxyType({})
    ordinal = 1
    via = ""
    host: Any = None

    def __init__(self, workflow: Any, task_spec: Any, parent: Any, state: int, id: int) -> None:
        self.id = id
        workflow.tasks[id] = self
        self.workflow = workflow
        self._children: list[int] = []
        self._state = state
        self.task_spec = task_spec
        if parent is None:
            self._parent = None
        else:
            self._parent = parent.id
            parent._children.append(id)

    def _set_state(self, value: int) -> None:
        self._state = value

    def _ready(self) -> None:
        if not self._state & ENDED:
            self._state = TaskState.READY
            self.task_spec._on_ready(self)

    def run(self) -> bool:
        """Complete: what our specifications do, they do when a token arrives or leaves, and none of them fails or waits here."""
        self._state = TaskState.COMPLETED
        self.task_spec._on_complete(self)
        return True


class FlagEngine(PythonScriptEngine):  # type: ignore[misc]
    """Looks up one named flag that the caller has computed, and refuses everything else."""

    def __init__(self, flags: Mapping[str, bool]) -> None:
        self.flags = flags  # the library would make an environment for scripts, which are refused

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> bool:
        """Value of the flag named by ``expression``; ProcessError ``no_route`` when the caller did not give it."""
        gateway = task.task_spec.bpmn_id
        if expression not in self.flags:
            message = f"gateway {gateway!r} needs the flag {expression!r}, which was not given"
            raise ProcessError("no_route", message, gateway, zh=f"网关“{gateway}”需要标志“{expression}”，但没有给出")
        value = self.flags[expression]
        if not isinstance(value, bool):
            message = f"flag {expression!r} of gateway {gateway!r} must be true or false, not {value!r}"
            zh = f"网关“{gateway}”的标志“{expression}”应为真或假，而不是{value!r}"
            raise ProcessError("bad_flag", message, gateway, zh=zh)
        return value

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        """Refused: no text of a definition is ever executed."""
        raise ProcessError("unknown_element", "scripts are not executed", task.task_spec.bpmn_id)

    def call_service(self, task: Any, **kwargs: Any) -> None:
        """Refused: no text of a definition is ever executed."""
        raise ProcessError("unknown_element", "services are not called", task.task_spec.bpmn_id)


def _nothing_unread(task: Any) -> None:
    """A case that was not read has no unread levels."""


class LevelMixin:
    """One level of a case: the process itself, a called process or a sub-process."""

    tasks: dict[int, Any]
    task_tree: Any
    spec: Any
    top_workflow: Any
    completed: bool
    prefix: str
    counts: list[int]
    last_task: Any = None
    success = True
    completed_event: Any = None
    task_removed_event: Any = None

    def _task_completed_notify(self, task: Any) -> None:
        """The run loop does what the library does here by walking the tree."""

    def open_level(self, spec: Any, prefix: str) -> None:
        """What the library's initializer sets and this executor uses; and the root, already passed."""
        self.spec = spec
        self.data: dict[str, Any] = {}
        self.locks: dict[str, Any] = {}
        self.correlations: dict[str, Any] = {}
        self.tasks = {}
        self.completed = False
        self.prefix = prefix
        self.counts = [0] * len(spec.order)
        self.task_tree = self.new_task(spec.start, None, TaskState.COMPLETED)

    def new_task(self, spec: Any, parent: Any, state: int) -> Any:
        """A task with the next number of this case; random ids would make two equal snapshots differ."""
        self.top_workflow.last_id += 1
        return OpenTask(self, spec, parent, state, self.top_workflow.last_id)

    def place(self, spec: Any, parent: Any) -> Any:
        """Put a token before an element."""
        task = self.new_task(spec, parent, TaskState.FUTURE)
        task.via = parent.task_spec.name
        if spec.bpmn_id is not None and not spec.joins:
            self.number(task)
        return task

    def number(self, task: Any) -> int:
        """Say which activation of its element this is; tokens that meet at a join are one activation."""
        index = task.task_spec.index
        ordinal: int = self.counts[index] + 1
        task.ordinal = self.counts[index] = ordinal
        return ordinal

    def path(self, task: Any) -> str:
        """Stable address of one activation."""
        name = f"{self.prefix}{task.task_spec.bpmn_id}"
        return name if task.ordinal == 1 else f"{name}#{task.ordinal}"

    def token(self, task: Any) -> Token:
        """The place where this task waits."""
        host = None if task.host is None else self.path(task.host)
        return Token(self.path(task), task.task_spec.bpmn_id, task.task_spec.kind, host)

    def walk(self) -> Iterator[Any]:
        """Every task below the root, parents first, in the order in which they were made."""
        stack = self.task_tree._children[::-1]
        while stack:
            task = self.tasks[stack.pop()]
            yield task
            if task._children:
                stack.extend(task._children[::-1])

    def remove_passed(self, task: Any) -> None:
        """Take passed tasks out of the tree from here up; those with two open branches stay, a join needs them."""
        tasks = self.tasks
        while task is not self.task_tree and task.id in tasks and task._state == TaskState.COMPLETED:
            if len(task._children) > 1:
                return
            parent = tasks[task._parent]
            at = parent._children.index(task.id)
            parent._children[at : at + 1] = task._children
            for child in task._children:
                tasks[child]._parent = parent.id
            del tasks[task.id]
            task = parent

    def drop(self, task: Any) -> None:
        """Take one open task, and the level below it, out of the case."""
        self.top_workflow.drop_level(task)
        task._set_state(TaskState.CANCELLED)
        parent = self.tasks[task._parent]
        parent._children.remove(task.id)
        del self.tasks[task.id]
        self.remove_passed(parent)

    def drop_timers(self, host: Any, keep: Any = None) -> None:
        """Drop the timers that still wait on an activity, except one."""
        mine = [t for t in self.tasks.values() if t.host is host and t is not keep]
        for timer in mine:
            if timer._state == TaskState.WAITING:
                self.drop(timer)

    def scope_of(self, task: Any, fork: str | None) -> Any:
        """The activation of the fork that this arrival descends from, or the root."""
        while task is not self.task_tree and task.task_spec.name != fork:
            task = self.tasks[task._parent]
        return task

    def merge(self, others: list[Any], survivor: Any, scope: Any) -> None:
        """Let one arrival stand for all and go on directly below the fork."""
        old = self.tasks[survivor._parent]
        old._children.remove(survivor.id)
        survivor._parent = scope.id
        scope._children.append(survivor.id)
        self.remove_passed(old)
        for other in others:
            self.drop(other)
        self.remove_passed(scope)

    def let_go(self) -> None:
        """The level is over: no task of it is asked for again."""
        self.tasks.clear()
        self.task_tree = None

    def finish_if_empty(self) -> None:
        """End the level when no token is left in it."""
        if not self.task_tree._children and not self.completed:
            self.completed = True
            self.top_workflow.leave(self)


class ProcessLevel(LevelMixin, BpmnSubWorkflow):  # type: ignore[misc]
    """A called process or an embedded sub-process."""

    depth = 0

    def __init__(self, spec: Any, parent_task: Any, top: Any) -> None:
        self.parent_task_id = parent_task.id
        self.top_workflow = top
        self.host = parent_task
        self.open_level(spec, parent_task.workflow.path(parent_task) + "/")


class Case(LevelMixin, BpmnWorkflow):  # type: ignore[misc]
    """One running process with all its levels."""

    def __init__(self, spec: Any, subs: Mapping[str, Any], flags: Mapping[str, bool]) -> None:
        self.last_id = 0
        self.agenda: deque[Any] = deque()
        self.passed: list[str] = []
        self.entered: list[str] = []
        self.left: list[str] = []
        self.were_waiting: list[Any] = []
        """What waited in the snapshot, in the order of `walk_all`; calls with an unread level as such."""
        self.subprocess_specs = subs
        self.subprocesses: dict[int, Any] = {}
        self.unread_levels: dict[int, Any] = {}  # by the task of a call: levels of the snapshot that were not read
        self.read_level: Callable[[Any], None] = _nothing_unread
        self.bpmn_events: list[Any] = []
        self.script_engine = FlagEngine(flags)
        self.open_level(spec, "")

    def note_passed(self, task: Any) -> None:
        """Remember a completed element for the picture."""
        if task.task_spec.bpmn_id is not None:
            self.passed.append(task.workflow.path(task))

    def enter(self, task: Any) -> None:
        """Begin the level of a call activity or sub-process."""
        self.entered.append(task.workflow.path(task))
        level = self.add_level(task)
        self.begin(level)

    def add_level(self, task: Any) -> ProcessLevel:
        """An empty level below a call activity or sub-process."""
        level = ProcessLevel(self.subprocess_specs[task.task_spec.spec], task, self)
        self.subprocesses[task.id] = level
        return level

    def begin(self, level: Any) -> None:
        """Put the first tokens of a level."""
        root = level.task_tree
        for child in [level.place(spec, root) for spec in root.task_spec.outputs]:
            child.task_spec._update(child)

    def leave(self, level: Any) -> None:
        """A level is over: its call activity goes on; the level itself is forgotten."""
        if level is self:
            return
        host = level.host
        del self.subprocesses[host.id]
        level.let_go()
        self.left.append(host.workflow.path(host))
        host._ready()

    def drop_level(self, task: Any) -> None:
        """Forget the level below an interrupted call activity, and all below it."""
        if task.id in self.unread_levels:
            self.read_level(task)
        level = self.subprocesses.pop(task.id, None)
        if level is None:
            return
        for inner in level.walk():
            self.drop_level(inner)
        level.let_go()
        self.left.append(task.workflow.path(task))

    def walk_all(self) -> Iterator[Any]:
        """Every open task of every level that was read, those inside an activity right after it."""
        if not self.subprocesses:
            yield from self.walk()
            return
        stack: list[Iterator[Any]] = [self.walk()]
        while stack:
            for task in stack[-1]:
                yield task
                level = self.subprocesses.get(task.id)
                if level is not None:
                    stack.append(level.walk())
                    break
            else:
                stack.pop()

    def live(self) -> dict[Token, Any]:
        """The tokens that wait for the caller in the levels that were read, with their tasks, in a fixed order."""
        found = (t for t in self.walk_all() if t.task_spec.kind in ("user", "timer") and t._state != COMPLETED)
        return {task.workflow.token(task): task for task in found}

    def discard(self) -> None:
        """Let go of every task, so that a case that is done with is freed at once: left to the collector, it costs a
        tenth of the time of the move."""
        for level in (self, *self.subprocesses.values()):
            level.let_go()
        self.subprocesses.clear()
        self.were_waiting.clear()
        del self.read_level

    def run_agenda(self) -> None:
        """Run automatic elements until only waiting ones are left."""
        for _ in range(MAX_AUTOMATIC):
            if not self.agenda:
                return
            task = self.agenda.popleft()
            if task._state == TaskState.READY:
                task.run()
        message = f"more than {MAX_AUTOMATIC} automatic elements in one step"
        raise ProcessError("runaway", message, task.task_spec.bpmn_id)
