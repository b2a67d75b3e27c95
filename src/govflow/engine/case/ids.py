"""Numbers of cases and tasks: the one place that makes them, takes them apart and knows their order."""

from __future__ import annotations

from govflow.errors import InvalidInput
from govflow.text import Text


def case_id(day: str, number: int, cell: str = "") -> str:
    """The id of the day's case of this number, such as `20250303-0001`; `cell` names the database among several."""
    return f"{cell}{day}-{number:04d}"


def cell(name: str) -> str:
    """The head of a cell's case ids: `51-` for 51, nothing for no cell. InvalidInput for what is no short code."""
    if name and not (len(name) <= 8 and name.isascii() and name.isalnum()):
        raise InvalidInput(
            Text(f"cell 是 {name!r}，应为至多 8 个字母或数字", f"cell {name!r}: expected at most 8 letters or digits"),
            field="cell",
        )
    return f"{name}-" if name else ""


def task_id(case: str, number: int) -> str:
    """The id of a case's task of this number, counted from 1, such as `20250303-0001.12`."""
    return f"{case}.{number}"


def case_of(task: str) -> str | None:
    """The case of a task's id; None for a text that is no such id."""
    return task.rpartition(".")[0] or None


def notice_key(seq: int) -> str:
    """The key of the message about a case's event of this number; it sorts as the events do."""
    return f"notice/{seq:06d}"


def event_of(notice: str) -> int:
    """The number of the event that the message of this key is about."""
    return int(notice.removeprefix("notice/"))


def order(id: str) -> str:
    """A text that sorts as ids were given out: the 10,000th case of a day after the 9,999th, task 10 after task 9."""
    case, dot, task = id.partition(".")
    head, dash, number = case.rpartition("-")
    return f"{head}{dash}{number:0>9}{dot}{task:0>6}" if dot else f"{head}{dash}{number:0>9}"
