"""The small tree of errors for the calling program; an author's mistakes are Diagnostic values instead.

Each error says in Chinese and in English what was found and what was expected. `details` keeps the values
(state, field, who, when) so that a caller need not read them out of the text.
"""

from __future__ import annotations


class GovflowError(Exception):
    """Root of every error that the library raises on purpose; `str()` gives the Chinese text."""

    def __init__(self, zh: str, en: str, **details: object) -> None:
        super().__init__(zh)
        self.zh = zh
        self.en = en
        self.details = details

    def text(self, lang: str = "zh") -> str:
        """The message in Chinese (`zh...`) or, for any other language, in English."""
        return self.zh if lang.startswith("zh") else self.en

    def __reduce__(self) -> tuple[object, ...]:
        # The default rebuilds from `args` alone and would lose the English text between two processes.
        return _rebuild, (type(self), self.zh, self.en, self.details)


class NotFound(GovflowError):
    """Something with this name or number does not exist: a folder, an item, a case, a task."""


class NotAllowed(GovflowError):
    """The present state or the actor's role does not allow it; the text says which state does."""


class Conflict(GovflowError):
    """Someone else has already done it, or changed it meanwhile; the text says who and when."""


class InvalidInput(GovflowError):
    """A value given by the caller is not acceptable; the text names the field and what was expected."""


def _rebuild(cls: type[GovflowError], zh: str, en: str, details: dict[str, object]) -> GovflowError:
    return cls(zh, en, **details)
