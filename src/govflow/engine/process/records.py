"""What goes in and out of the executor: tokens, steps and the one error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from govflow.errors import GovflowError
from govflow.text import Text

Code = Literal[
    "bad_bpmn",
    "unknown_element",
    "unknown_process",
    "bad_condition",
    "bad_state",
    "bad_flag",
    "not_live",
    "ended",
    "no_route",
    "stuck",
    "runaway",
    "internal",
]


_ZH: dict[str, str] = {
    "bad_bpmn": "流程文件有误",
    "unknown_element": "流程文件含有不能执行的元素",
    "unknown_process": "流程文件中没有所需的流程",
    "bad_condition": "流程文件中的条件不是一个标志名",
    "bad_state": "保存的流程状态不可用",
    "bad_flag": "标志的值不是真或假",
    "not_live": "该环节现在不在等待",
    "ended": "流程已经结束",
    "no_route": "网关没有可走的去向",
    "stuck": "流程无法继续：等待的分支不会到来",
    "runaway": "自动环节循环不止",
    "internal": "流程执行出错",
}


class ProcessError(GovflowError):
    """A process could not be compiled or moved; the state that was given in is unchanged and still good.

    ``code`` says which kind of fault it is, ``message`` what was found and expected, ``element`` which BPMN element it
    is about (or None). ``zh`` replaces the general Chinese text of the code.
    """

    def __init__(self, code: Code, en: str, element: str | None = None, *, zh: str | None = None) -> None:
        general = _ZH[code] if element is None else f"{_ZH[code]}：“{element}”"
        super().__init__(Text(zh or general, en), code=code, element=element)
        self.code: Code = code
        self.element = element

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.code, self.en, self.element, self.zh)


def _rebuild(code: Code, en: str, element: str | None, zh: str) -> ProcessError:
    return ProcessError(code, en, element, zh=zh)


class Token(NamedTuple):
    """One place where a running process waits: for a person, or for a clock of ours.

    ``path`` is the stable address of this one activation: the ids of the call activities and sub-processes around
    it, then its own id, joined by "/"; a second and later activation of the same element carries "#2", "#3", ...
    ``kind`` is "user" or "timer"; ``host`` is the path of the activity that a boundary timer hangs on.
    """

    path: str
    element: str
    kind: str
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """What one verb did.

    ``state`` is the new snapshot. ``opened`` and ``closed`` compare the live tokens with those of the state given
    in. ``passed`` names the paths of the elements completed in this step, in order (gateways, send tasks and events
    too). ``entered`` names call activities and sub-processes that began, ``left`` those that finished or were
    interrupted (a finished one is in ``passed`` as well). ``live`` is every token that waits now, read from the
    snapshot when it is asked for.
    """

    state: bytes
    opened: tuple[Token, ...]
    closed: tuple[Token, ...]
    passed: tuple[str, ...]
    entered: tuple[str, ...]
    left: tuple[str, ...]
    ended: bool
    read_live: Callable[[], tuple[Token, ...]] = field(repr=False, compare=False)

    @property
    def live(self) -> tuple[Token, ...]:
        """Every token that waits after this step."""
        return () if self.ended else self.read_live()
