"""Runs BPMN that our own compiler wrote: the only place that imports SpiffWorkflow.

Four verbs, each takes a snapshot and gives the next one: start, complete, fire, cancel. Case data, clocks and
history are not in here; gateways ask for named flags that the caller has computed.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govflow.engine.process.definition import BpmnNode, Flow, Process, compile_process, flows, nodes
    from govflow.engine.process.records import ProcessError, Token, Transition
    from govflow.engine.process.snapshot import is_current, timer_paths
    from govflow.engine.process.verbs import cancel, complete, fire, start

__all__ = [
    "BpmnNode",
    "Flow",
    "Process",
    "ProcessError",
    "Token",
    "Transition",
    "cancel",
    "compile_process",
    "complete",
    "fire",
    "flows",
    "is_current",
    "nodes",
    "start",
    "timer_paths",
]

# Each name is imported when it is first asked for: what only reads cases does not wait for SpiffWorkflow.
_ROOMS = {
    "definition": ("BpmnNode", "Flow", "Process", "compile_process", "flows", "nodes"),
    "records": ("ProcessError", "Token", "Transition"),
    "snapshot": ("is_current", "timer_paths"),
    "verbs": ("cancel", "complete", "fire", "start"),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    """A name of the room, from the module that defines it; kept, so that the next look finds it at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found
