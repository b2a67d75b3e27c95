"""The saved state of a case: a few hundred bytes of JSON with our own format number.

[FORMAT, fingerprint, status, level] with level = [counts, entry, ...] and
entry = [spec, parent, open, ordinal, extra] without trailing defaults (ordinal 1, extra null).
``parent`` counts the entries of the level, 0 is its root. ``extra`` is the host's entry for a boundary timer, the
element it came from for a token that waits at a join, the level below for a call activity.
Nothing in it is random: equal histories give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from govflow.engine.process.definition import Process
from govflow.engine.process.records import ProcessError, Token
from govflow.engine.process.workflow import COMPLETED, Case, OpenTask

FORMAT = 1
RUNNING, FINISHED, CANCELLED = 0, 1, 2
_FROM_DIGITS = bytes((code - ord("0")) % 256 for code in range(256))
_TO_DIGITS = bytes((count + ord("0")) % 256 for count in range(256))


def dump(process: Process, case: Case, status: int) -> tuple[bytes, list[Any]]:
    """Snapshot of a case, of an ended one only the fact that it ended; and the tasks that wait for the caller.

    These are told in the order of `Case.walk_all`, those of unread levels left out. To look for them on the way saves a
    walk over all tasks, a hundredth of a step.
    """
    waiting: list[Any] = []
    level = _dump_level(case, case, waiting) if status == RUNNING else None
    return msgspec.json.encode([FORMAT, process.fingerprint, status, level]), waiting


def _opened(state: bytes) -> tuple[Any, Any, Any, Any]:
    """Format, fingerprint, status and level of a snapshot."""
    try:
        form, fingerprint, status, level = msgspec.json.decode(state)
    except (msgspec.DecodeError, ValueError, TypeError, RecursionError) as error:
        raise ProcessError("bad_state", f"the saved state cannot be read: {error}") from error
    return form, fingerprint, status, level


def load(process: Process, state: bytes, flags: Mapping[str, bool], path: str | None = None) -> Case:
    """Case from its snapshot; ProcessError ``ended`` for a case that is over, ``bad_state`` for foreign bytes.

    With a ``path``, the levels of called processes and sub-processes off the way to it stay unread, unless the step drops
    them, and go into the next snapshot as they are. In a theme of six items that saves a twentieth of a step's processor
    time; without it (no ``path``) every step gives the same snapshot.
    """
    form, fingerprint, status, level = _opened(state)
    if form != FORMAT:
        raise ProcessError("bad_state", f"the saved state has format {form!r}, expected {FORMAT}")
    if fingerprint != process.fingerprint:
        message = f"the saved state belongs to definition {fingerprint!r}, not to {process.fingerprint!r}"
        raise ProcessError("bad_state", message)
    if status != RUNNING:
        raise ProcessError("ended", f"process {process.id!r} has already ended")
    case = Case(process.spec, process.subs, flags)
    case.read_level = partial(_read_level, case)
    try:
        _load_level(case, case, level, path)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ProcessError("bad_state", f"the saved state is damaged: {error!r}") from error
    return case


def _read_level(case: Case, task: Any) -> None:
    kept, case.were_waiting = case.were_waiting, []
    _load_level(case, case.add_level(task), case.unread_levels.pop(task.id), None)
    at = kept.index(task)
    case.were_waiting = [*kept[:at], *case.were_waiting, *kept[at + 1 :]]


def is_current(state: bytes) -> bool:
    """Whether a snapshot has the present format; one of another version is made anew, by making its case's moves again."""
    return state.startswith(b"[%d," % FORMAT)


def waiting(process: Process, state: bytes) -> tuple[Token, ...]:
    """Every token that waits in a snapshot; none in that of a case that is over."""
    form, fingerprint, status, _ = _opened(state)
    if (form, fingerprint, status) == (FORMAT, process.fingerprint, RUNNING):
        case = load(process, state, {})
        found = tuple(case.live())
        case.discard()
        return found
    return ()


def timer_paths(process: Process, state: bytes, element: str) -> list[str]:
    """Where timers of this element id wait in a snapshot, in the order of its tokens; nothing is loaded for it."""
    _, fingerprint, status, level = _opened(state)
    if (fingerprint, status) != (process.fingerprint, RUNNING):
        return []
    return list(_timer_paths(process, process.spec, level, "", element))


def _timer_paths(process: Process, spec: Any, saved: list[Any], prefix: str, element: str) -> Iterator[str]:
    for index, _, live, *rest in islice(saved, 1, None):
        found = spec.order[index]
        if live and found.bpmn_id is not None:
            path = f"{prefix}{found.bpmn_id}" + (f"#{rest[0]}" if rest and rest[0] != 1 else "")
            if found.kind == "sub":
                yield from _timer_paths(process, process.subs[found.spec], rest[1], f"{path}/", element)
            elif found.kind == "timer" and found.bpmn_id == element:
                yield path


def _level(saved: Any) -> list[Any]:
    """A level that stays unread: looked at no closer than that it is one; ValueError for anything else."""
    if not isinstance(saved, list) or len(saved) < 2:
        raise ValueError("a called process without a level")
    return saved


def _dump_level(case: Case, level: Any, waiting: list[Any]) -> list[Any]:
    tasks = level.tasks
    row: dict[int, int] = {level.task_tree.id: 0}
    entries: list[Any] = [_dump_counts(level.counts)]
    stack = level.task_tree._children[::-1]
    while stack:
        task = tasks[stack.pop()]
        row[task.id] = len(entries)
        live = task._state != COMPLETED
        extra = _dump_waiting(case, task, row, waiting) if live else None
        ordinal = task.ordinal
        if extra is not None:
            entries.append((task.task_spec.index, row[task._parent], int(live), ordinal, extra))
        elif ordinal != 1:
            entries.append((task.task_spec.index, row[task._parent], int(live), ordinal))
        else:
            entries.append((task.task_spec.index, row[task._parent], int(live)))
        if task._children:
            stack.extend(task._children[::-1])
    return entries


def _dump_waiting(case: Case, task: Any, row: Mapping[int, int], waiting: list[Any]) -> Any:
    """What is saved of an open task beside its place."""
    spec = task.task_spec
    if spec.kind in ("user", "timer"):
        waiting.append(task)
        return None if task.host is None else row[task.host.id]
    if spec.joins:
        return task.workflow.spec.task_specs[task.via].index
    if spec.kind == "sub":
        unread = case.unread_levels.get(task.id)
        return _dump_level(case, case.subprocesses[task.id], waiting) if unread is None else unread
    return None


def _dump_counts(counts: list[int]) -> Any:
    """How often each element was activated, by index: digits, or numbers once one is above nine."""
    if max(counts, default=0) < 10:
        return bytes(counts).translate(_TO_DIGITS).decode().rstrip("0")
    last = max(index for index, count in enumerate(counts) if count)
    return counts[: last + 1]


def _load_counts(saved: Any) -> list[int]:
    if not isinstance(saved, str):
        return list(map(int, saved))
    if saved and not (saved.isascii() and saved.isdecimal()):
        raise ValueError("the counts are no digits")
    return list(saved.encode().translate(_FROM_DIGITS))


def _load_level(case: Case, level: Any, saved: list[Any], path: str | None) -> None:
    specs = level.spec.order
    counts = _load_counts(saved[0])[: len(specs)]
    level.counts[: len(counts)] = counts
    rows: list[Any] = [level.task_tree]
    for entry in islice(saved, 1, None):
        spec = specs[entry[0]]
        case.last_id += 1
        task = OpenTask(level, spec, rows[entry[1]], spec.waiting if entry[2] else COMPLETED, case.last_id)
        if len(entry) > 3:
            task.ordinal = entry[3]
        rows.append(task)
        if not entry[2]:
            if not spec.splits:
                raise ValueError(f"{spec.name} does not split")
        elif spec.hangs:  # half of what waits are the timers of an activity
            task.host = rows[entry[4]]
            case.were_waiting.append(task)
        elif spec.kind in ("user", "timer"):
            case.were_waiting.append(task)
        else:
            _restore_waiting(case, task, entry[4], path)


def _restore_waiting(case: Case, task: Any, extra: Any, path: str | None) -> None:
    """A token inside a call, or one that waits at a join."""
    spec = task.task_spec
    if spec.kind == "sub":
        if path is None or path.startswith(f"{task.workflow.path(task)}/"):
            _load_level(case, case.add_level(task), extra, path)
        else:
            case.unread_levels[task.id] = _level(extra)
            case.were_waiting.append(task)
    elif spec.joins:
        task.via = task.workflow.spec.order[extra].name
    else:
        raise ValueError(f"{spec.name} cannot wait")
