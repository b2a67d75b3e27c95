"""Steps per second of the executor alone, in memory, against stock SpiffWorkflow, interleaved in one run.

A step is one user task completed. Ours always reads a snapshot and writes the next one; stock is measured twice: kept
in memory, and with its whole JSON written and read back after each step. Ratios hold on any machine, rates do not.

    python -m benchmarks.steps [seconds per way, default 2]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from tests import bpmn_samples as samples

from govflow.engine import process as executor

Way = Callable[[], tuple[int, int]]  # runs one case; gives user tasks done and bytes of the largest snapshot


def ours(xml: bytes) -> Way:
    """Load, run and dump at every step."""

    def run() -> tuple[int, int]:
        process = executor.compile_process(xml)
        step, count, size = executor.start(process, {}), 0, 0
        waiting = [token.path for token in step.opened if token.kind == "user"]
        while not step.ended:
            size = max(size, len(step.state))
            step = executor.complete(process, step.state, waiting.pop(0), {"approved": True})
            waiting += [token.path for token in step.opened if token.kind == "user"]
            count += 1
        return count, size

    return run


def stock(xml: bytes, save: bool) -> Way:
    """The library as it comes, kept in memory or saved and restored at every step."""
    parser = BpmnParser()
    parser.add_bpmn_str(xml.replace(b"20 workdays", b'"P20D"'))
    main = parser.get_process_ids()[0]
    spec, subs = parser.get_spec(main), parser.get_subprocess_specs(main)
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())

    def run() -> tuple[int, int]:
        case, count, size = BpmnWorkflow(spec, subs), 0, 0
        case.do_engine_steps()
        while not case.completed:
            if save:
                text = serializer.serialize_json(case)
                size = max(size, len(text))
                case = serializer.deserialize_json(text)
            task = case.get_next_task(state=TaskState.READY, manual=True)
            task.data["approved"] = True
            task.run()
            case.do_engine_steps()
            count += 1
        return count, size

    return run


def measure(ways: dict[str, Way], seconds: float) -> dict[str, tuple[float, int]]:
    """Seconds a step (median over cases, ways in turn) and largest snapshot of each way."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    sizes = dict.fromkeys(ways, 0)
    until = time.perf_counter() + seconds * len(ways)
    while time.perf_counter() < until:
        for name, run in ways.items():
            began = time.perf_counter()
            count, size = run()
            times[name].append((time.perf_counter() - began) / count)
            sizes[name] = max(sizes[name], size)
    return {name: (statistics.median(times[name]), sizes[name]) for name in ways}


def main() -> None:
    """Print one table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    cases = {
        "P5: five departments, 8 tasks": samples.departments(5),
        "T5: theme of five items, 20 tasks": samples.theme(),
        "P40: forty departments, 43 tasks": samples.departments(40),
    }
    print(f"{'case':36}{'way':18}{'ms/step':>9}{'steps/s':>9}{'times':>7}{'bytes':>10}")
    for title, xml in cases.items():
        ways = {"ours, saved": ours(xml), "stock, in memory": stock(xml, False), "stock, saved": stock(xml, True)}
        found = measure(ways, seconds)
        best = found["ours, saved"][0]
        for name, (each, size) in found.items():
            ratio, bytes_each = f"{each / best:.1f}", size or "-"
            print(f"{title:36}{name:18}{each * 1e3:9.3f}{1 / each:9.0f}{ratio:>7}{bytes_each:>10}")
            title = ""


if __name__ == "__main__":
    main()
