"""What goes in and out of the executor: tokens, steps and the one error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


class ProcessError(Exception):
    """A process could not be compiled or moved; the state that was given in is unchanged and still good.

    ``code`` says which kind of fault it is, ``element`` which BPMN element it is about (or None).
    """

    def __init__(self, code: Code, message: str, element: str | None = None) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.element = element


@dataclass(frozen=True, slots=True)
class Token:
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
class Step:
    """What one verb did.

    ``state`` is the new snapshot. ``opened`` and ``closed`` compare the live tokens with those of the state given
    in. ``passed`` names the paths of the elements completed in this step, in order (gateways, send tasks and events
    too). ``entered`` names call activities and sub-processes that began, ``left`` those that finished or were
    interrupted (a finished one is in ``passed`` as well). ``live`` is every token that waits now.
    """

    state: bytes
    opened: tuple[Token, ...]
    closed: tuple[Token, ...]
    passed: tuple[str, ...]
    entered: tuple[str, ...]
    left: tuple[str, ...]
    live: tuple[Token, ...]
    ended: bool
