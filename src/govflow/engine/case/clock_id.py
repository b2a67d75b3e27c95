"""The id of a clock: whose it is, which limit it keeps, and in which round."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from govflow.vocabulary import ClockKind


class ClockId(NamedTuple):
    """A clock of a case. As text: `I07/promised`, `I07/visit/procedure#2`, `gap/M03`, `theme/joint_cap`.

    `owner` is an item, the theme, a task of the window, or for a gap its material; `part` the step or the special
    procedure that the clock is of; `round` counts from 1, where one of the same kind has run before.
    """

    owner: str
    kind: str
    part: str | None = None
    round: int = 1

    @classmethod
    def of(cls, text: str) -> ClockId:
        """The id that `str` wrote."""
        return _read(text)

    @property
    def first(self) -> ClockId:
        """The id of the first round."""
        return self._replace(round=1)

    def __str__(self) -> str:
        if self.kind == ClockKind.GAP:
            text = f"{ClockKind.GAP}/{self.owner}"
        else:
            text = "/".join(part for part in (self.owner, self.part, self.kind) if part is not None)
        return text if self.round == 1 else f"{text}#{self.round}"


@lru_cache(maxsize=4096)
def _read(text: str) -> ClockId:
    base, _, round = text.partition("#")
    owner, *middle, kind = base.split("/")
    if owner == ClockKind.GAP and not middle:
        owner, kind = kind, ClockKind.GAP.value
    return ClockId(owner, kind, "/".join(middle) or None, int(round or 1))
