"""What a finding is: where it is, how bad it is, what it says, and how it could be mended."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

from govflow.text import Text


class Severity(enum.IntEnum):
    """How bad a finding is; a smaller number is worse, so that sorting puts errors first."""

    ERROR = 0
    WARNING = 1
    HINT = 2

    @property
    def word(self) -> str:
        """The word used on the command line and in machine formats: error, warning or hint."""
        return self.name.lower()

    @property
    def label(self) -> Text:
        """What a person reads: 错误, 警告, 提示; the same word as `word` in English."""
        return Text(("错误", "警告", "提示")[self], self.word)

    @classmethod
    def parse(cls, word: str) -> Severity:
        """Return the severity named by `word`; ValueError names the three possible words."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"severity {word!r} is not one of error, warning, hint") from None


_ROW = re.compile(r"^(GF-\S+) (error|warning|hint) (\S+): (.+?)\s+/ (.+)$", re.MULTILINE)


def rule_rows(table: str) -> tuple[tuple[str, str, Severity, Text], ...]:
    """Code, name, severity and title of each rule in a table of rows `GF-Y05 error not-utf8: 中文 / English`."""
    return tuple((code, name, Severity.parse(bad), Text(zh, en)) for code, bad, name, zh, en in _ROW.findall(table))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file: lines and columns count from 1, in characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters from start_offset up to end_offset (counted from 0) by new_text."""

    start_offset: int
    end_offset: int
    new_text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend for one finding; `safe` means that it cannot change what the author meant."""

    description: Text
    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that belongs to a finding, for example where a repeated key stood first."""

    message: Text
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `source` is the sentence of the law or standard it rests on, or empty."""

    code: str
    name: str
    severity: Severity
    message: Text
    span: Span
    help: Text | None = None
    source: str = ""
    fix: Fix | None = None
    notes: tuple[Note, ...] = ()

    @property
    def fixable(self) -> bool:
        """Whether `--fix` would mend it."""
        return self.fix is not None and self.fix.safe


def sort_key(diagnostic: Diagnostic) -> tuple[str, int, int, str, int, int, str]:
    """The order findings are shown in: file, line, column, code; the rest only breaks ties."""
    span = diagnostic.span
    return (
        span.file,
        span.line,
        span.column,
        diagnostic.code,
        span.end_line,
        span.end_column,
        diagnostic.message.zh,
    )


def ordered(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the findings sorted, each of them once."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=sort_key))
