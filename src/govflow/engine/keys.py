"""Idempotency keys 幂等键: a command that is asked again with its key has taken place once.

One key for one command stands for one request to one case. Requests are compared by value: neither the order nor the
repeats of a list, nor how a number, a name or a code is written makes another request. An answer that is left out and
one that equals the default are two requests: the default is the definition's and may be another one tomorrow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from govflow.engine import inputs
from govflow.engine.case import events
from govflow.engine.store import KeyRow
from govflow.errors import Conflict
from govflow.text import Text
from govflow.vocabulary import ErrorCode


class _Named(Protocol):
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Key:
    """A key with the command that it is for, and what is asked for.

    `earlier` is the digest that 0.1.0 stored for the same request: by the text as it came.
    """

    text: str
    command: str
    digest: str
    earlier: str | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Where the key is stored: by its text and the command."""
        return self.text, self.command

    def case_of(self, seen: tuple[str, str] | None) -> str | None:
        """The case that this request went to before, of what is stored under the key; Conflict for another request."""
        if seen is None:
            return None
        case, before = seen
        if before not in (self.digest, self.earlier):
            raise self.taken(case)
        return case

    def taken(self, case: str | None) -> Conflict:
        """The error about a key that stands for something else."""
        return Conflict(
            Text(f"编号 key={self.text} 已用于办件 {case}，而这次的内容与那次不同",
            f"key {self.text} was used for case {case} with other content"), code=ErrorCode.KEY_REUSED, case=case, key=self.text,
        )  # fmt: skip

    def row(self, case: str, at: str) -> KeyRow:
        """The row that is written with the command's effect."""
        return KeyRow(self.text, self.command, case, self.digest, at)


def key_of(key: object, command: str, content: Any, earlier: Any = None) -> Key | None:
    """A caller's key for a command with this content; None without one, InvalidInput if it is no text."""
    if key is None:
        return None
    return Key(
        inputs.checked_key(key), command, digest(_value(content)), digest(earlier) if earlier is not None else None
    )


def digest(value: object) -> str:
    """SHA-256 of the value as canonical JSON; the guards have seen to it that it is JSON."""
    return hashlib.sha256(events.canonical(value).encode()).hexdigest()


def codes(shelf: Mapping[str, _Named], names: Iterable[str]) -> list[str]:
    """Names, of which some are slugs, as the codes that they stand for, each once and in order."""
    return sorted({code(shelf, name) for name in names})


def code(shelf: Mapping[str, _Named], name: str) -> str:
    """The code that a code or slug stands for, or the name itself where the shelf does not know it."""
    found = shelf.get(name)
    return name if found is None else found.code


def _value(content: Any) -> Any:
    """The content in one form of what is equal: NFC, and whole numbers without a point."""
    if isinstance(content, str):
        return inputs.normal(content)
    if isinstance(content, float) and content.is_integer():
        return int(content)
    if isinstance(content, Mapping):
        return {_value(name): _value(each) for name, each in content.items()}
    if isinstance(content, list | tuple):
        return [_value(each) for each in content]
    return content
