"""Runs BPMN that our own compiler wrote: the only place that imports SpiffWorkflow.

Four verbs, each takes a snapshot and gives the next one: start, complete, fire, cancel. Case data, clocks and
history are not in here; gateways ask for named flags that the caller has computed.
"""

from govflow.engine.process.definition import Process, compile_process
from govflow.engine.process.records import ProcessError, Step, Token
from govflow.engine.process.snapshot import timer_paths, waiting
from govflow.engine.process.verbs import cancel, complete, fire, start

__all__ = [
    "Process",
    "ProcessError",
    "Step",
    "Token",
    "cancel",
    "compile_process",
    "complete",
    "fire",
    "start",
    "timer_paths",
    "waiting",
]
