"""The saved state of a case: a few hundred bytes of JSON with our own format number.

[FORMAT, fingerprint, status, level] with level = [counts, entry, ...] and
entry = [spec, parent, open, ordinal, extra] without trailing defaults (ordinal 1, extra null).
``parent`` counts the entries of the level, 0 is its root. ``extra`` is the host's entry for a boundary timer, the
element it came from for a token that waits at a join, the level below for a call activity.
Nothing in it is random: equal histories give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from govflow.spiff.definition import Process
from govflow.spiff.records import ProcessError
from govflow.spiff.specs import Boundary, BoundarySplit, Catch, Parallel, Sub, User
from govflow.spiff.workflow import Case

FORMAT = 1
RUNNING, FINISHED, CANCELLED = 0, 1, 2


def dump(process: Process, case: Case, status: int) -> bytes:
    """Snapshot of a case; of an ended one only the fact that it ended."""
    level = _dump_level(case, case) if status == RUNNING else None
    return json.dumps([FORMAT, process.fingerprint, status, level], separators=(",", ":")).encode()


def load(process: Process, state: bytes, flags: Mapping[str, bool]) -> Case:
    """Case from its snapshot; ProcessError ``ended`` for a case that is over, ``bad_state`` for foreign bytes."""
    try:
        form, fingerprint, status, level = json.loads(state)
    except (ValueError, TypeError, RecursionError) as error:
        raise ProcessError("bad_state", f"the saved state cannot be read: {error}") from error
    if form != FORMAT:
        raise ProcessError("bad_state", f"the saved state has format {form!r}, expected {FORMAT}")
    if fingerprint != process.fingerprint:
        message = f"the saved state belongs to definition {fingerprint!r}, not to {process.fingerprint!r}"
        raise ProcessError("bad_state", message)
    if status != RUNNING:
        raise ProcessError("ended", f"process {process.id!r} has already ended")
    case = Case(process.spec, process.subs, flags)
    try:
        _load_level(case, case, level)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ProcessError("bad_state", f"the saved state is damaged: {error!r}") from error
    return case


def _dump_level(case: Case, level: Any) -> list[Any]:
    specs = level.spec.task_specs
    row: dict[int, int] = {level.task_tree.id: 0}
    entries: list[Any] = []
    for task in level.walk():
        row[task.id] = len(row)
        spec = task.task_spec
        live = int(task.state != TaskState.COMPLETED)
        extra: Any = None
        if live and isinstance(spec, Sub):
            extra = _dump_level(case, case.subprocesses[task.id])
        elif live and isinstance(spec, Parallel):
            extra = specs[task.via].index
        elif live and task.host is not None:
            extra = row[task.host]
        entry = [spec.index, row[task._parent], live, task.ordinal, extra]
        if extra is None:
            del entry[3 if task.ordinal == 1 else 4 :]
        entries.append(entry)
    return [_dump_counts(level), *entries]


def _dump_counts(level: Any) -> Any:
    """How often each element was activated, by index: digits, or numbers once one is above nine."""
    counts = [level.counts.get(name, 0) for name in level.spec.task_specs]
    while counts and not counts[-1]:
        counts.pop()
    return "".join(map(str, counts)) if max(counts, default=0) < 10 else counts


def _load_level(case: Case, level: Any, saved: list[Any]) -> None:
    specs = list(level.spec.task_specs.values())
    for spec, count in zip(specs, saved[0], strict=False):
        if int(count):
            level.counts[spec.name] = int(count)
    rows = [level.task_tree]
    for index, parent, live, *rest in saved[1:]:
        spec = specs[index]
        task = level.new_task(spec, rows[parent], TaskState.COMPLETED)
        task.ordinal = rest[0] if rest else 1
        extra = rest[1] if len(rest) > 1 else None
        rows.append(task)
        if live:
            _revive(case, task, extra, specs, rows)
        elif not isinstance(spec, Parallel | BoundarySplit):
            raise ValueError(f"{spec.name} does not split")


def _revive(case: Case, task: Any, extra: Any, specs: list[Any], rows: list[Any]) -> None:
    spec = task.task_spec
    if isinstance(spec, Sub):
        task._set_state(TaskState.STARTED)
        _load_level(case, case.add_level(task), extra)
    elif isinstance(spec, User):
        task._set_state(TaskState.READY)
    elif isinstance(spec, Parallel):
        task._set_state(TaskState.WAITING)
        task.via = specs[extra].name
    elif isinstance(spec, Catch):
        task._set_state(TaskState.WAITING)
        task.host = rows[extra].id if isinstance(spec, Boundary) else None
    else:
        raise ValueError(f"{spec.name} cannot wait")
