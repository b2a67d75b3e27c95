"""The small tree of errors for the calling program; an author's mistakes are Diagnostic values instead.

Each error says in Chinese and in English what was found and what was expected. `details` keeps the values
(state, field, who, when) so that a caller need not read them out of the text.
"""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import cast

from govflow.text import Lang, Text


class GovflowError(Exception):
    """Root of every error that the library raises on purpose; `str()` gives the Chinese text.

    `code` says for a program what the sentence says for a person, and stays the same when the sentence changes:
    `govflow.words()["error_code"]` lists them; legal time has its own (`due` in the reference of clocks).
    """

    usual = "error"
    """The code where none is stated."""

    def __init__(self, message: Text, *, code: str | None = None, **details: object) -> None:
        super().__init__(message.zh)
        self.message = message
        self.code = str(code or self.usual)
        self.details = details

    @property
    def zh(self) -> str:
        """The Chinese text."""
        return self.message.zh

    @property
    def en(self) -> str:
        """The English text."""
        return self.message.en

    def text(self, lang: Lang | str = Lang.ZH) -> str:
        """The message in this language. Raises ValueError for one that is neither Chinese nor English."""
        return self.message.text(lang)

    def __reduce__(self) -> tuple[object, ...]:
        # The default rebuilds from `args` alone and would lose the English text between two processes.
        return _rebuild, (type(self), self.message, self.code, self.details)


class ClockError(ValueError):
    """Legal time cannot answer: `code` is one of the published error codes, `message` says why in both languages."""

    def __init__(self, code: str, message: Text) -> None:
        super().__init__(f"{message.zh} / {message.en}")
        self.message = message
        self.code = code

    def text(self, lang: Lang | str = Lang.ZH) -> str:
        """The message in this language. Raises ValueError for one that is neither Chinese nor English."""
        return self.message.text(lang)

    def __reduce__(self) -> tuple[object, ...]:
        # The default would rebuild it from the message alone: a worker process sends errors home.
        return type(self), (self.code, self.message)


class NotFound(GovflowError):
    """Something with this name or number does not exist: a folder, an item, a case, a task."""

    usual = "not_found"


class NotAllowed(GovflowError):
    """The present state or the actor's role does not allow it; the text says which state does."""

    usual = "wrong_state"


class Conflict(GovflowError):
    """Someone else has already done it, or changed it meanwhile; the text says who and when."""

    usual = "already_done"


class InvalidInput(GovflowError):
    """A value given by the caller is not acceptable; the text names the field and what was expected."""

    usual = "invalid"

    @classmethod
    def of(cls, faults: Sequence[InvalidInput]) -> InvalidInput:
        """One error for all that is wrong with what was given; of one fault, that itself."""
        if len(faults) == 1:
            return faults[0]
        said = Text("；".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults))
        first = faults[0]
        return cls(said, code=first.code, **(first.details | {"faults": tuple(faults)}))

    @property
    def faults(self) -> tuple[InvalidInput, ...]:
        """Every fault that was found, each with `code`, `details["field"]` and its sentence, so that a form shows all."""
        return cast("tuple[InvalidInput, ...]", self.details.get("faults")) or (self,)


def language(tag: Lang | str) -> Lang:
    """The language of a tag that a caller gave (`zh`, `zh-CN`, `en`, `en-GB` ...); InvalidInput for any other."""
    try:
        return Lang.of(tag)
    except (ValueError, AttributeError):
        raise InvalidInput(
            Text(f"语言 lang 是 {tag!r:.40}，应为 zh 或 en（也可写 zh-CN、en-GB）",
                 f"lang is {tag!r:.40}: expected zh or en (also zh-CN, en-GB)"), field="lang",
        ) from None  # fmt: skip


def _rebuild(cls: type[GovflowError], message: Text, code: str, details: dict[str, object]) -> GovflowError:
    return cls(message, code=code, **details)


_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 3
_short.maxlevel = 2


def shown(value: object) -> str:
    """A value for a sentence: never long, never an error of its own."""
    try:
        return _short.repr(value).encode("utf-8", "backslashreplace").decode()
    except (ValueError, RecursionError, TypeError):
        return f"<{type(value).__name__}>"
