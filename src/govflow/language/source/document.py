"""What one file says, and where it says it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from govflow.diagnostics import Diagnostic, Edit, Note, Span, Suppression
from govflow.language.source.fast_path import Events
from govflow.language.source.findings import RULE_BY_NAME, TextFlaw
from govflow.language.source.full_path import Nodes

Path = Sequence[str | int]
_LINE_END = re.compile("\r\n|\n|\r")


class Places:
    """Turns offsets into spans. The parsed text may be a mended one; `edits` lead back to the file's own text."""

    __slots__ = ("_edits", "_lines", "_origins", "_starts", "file", "text")

    def __init__(self, file: str, text: str, edits: Iterable[Edit] = ()) -> None:
        self.file = file
        self.text = text
        self._lines: list[int] | None = None
        self._edits: list[tuple[int, int, Edit]] = []
        shift = 0
        for edit in sorted(edits, key=lambda edit: edit.start_offset):
            start = edit.start_offset + shift
            self._edits.append((start, start + len(edit.new_text), edit))
            shift += len(edit.new_text) - (edit.end_offset - edit.start_offset)
        self._starts = [start for start, _, _ in self._edits]
        self._origins = [edit.start_offset for _, _, edit in self._edits]

    @property
    def mended(self) -> bool:
        """Whether the parsed text is another one than the file's own."""
        return bool(self._edits)

    def original(self, offset: int) -> int:
        """The offset in the file's own text for an offset in the parsed text."""
        at = bisect_right(self._starts, offset) - 1
        if at < 0:
            return offset
        start, end, edit = self._edits[at]
        if offset >= end:
            return edit.end_offset + offset - end
        return min(edit.start_offset + offset - start, edit.end_offset)

    def parsed(self, offset: int) -> int:
        """The offset in the parsed text for an offset in the file's own text."""
        at = bisect_right(self._origins, offset) - 1
        if at < 0:
            return offset
        start, end, edit = self._edits[at]
        if edit.start_offset == offset or offset < edit.end_offset:
            return start
        return end + offset - edit.end_offset

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets of the file's own text."""
        line, column = self._position(start)
        end_line, end_column = self._position(max(start, end))
        return Span(self.file, line, column, end_line, end_column)

    def _position(self, offset: int) -> tuple[int, int]:
        if self._lines is None:
            self._lines = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        at = bisect_right(self._lines, offset) - 1
        column = offset - self._lines[at] + 1
        if at == 0 and self.text.startswith("\ufeff"):
            column = max(1, column - 1)
        return at + 1, column


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Document:
    """One file as data. `data` holds dict, list, str, int, float, bool and None, and is None when `broken`.

    `broken` tells that the text could not be read to its end, or holds no mapping, so that nothing should be said about
    what is missing in it.
    `text` is the text as it stands in the file (with its line ends and byte order mark); fixes count offsets in it.
    """

    file: str
    text: str
    data: Any
    kind: tuple[str, int] | None
    diagnostics: tuple[Diagnostic, ...]
    suppressions: tuple[Suppression, ...]
    broken: bool
    places: Places
    nodes: Nodes | Events

    def __repr__(self) -> str:
        return f"Document({self.file!r}, kind={self.kind}, findings={len(self.diagnostics)})"

    def without_events(self) -> Document:
        """The same document for keeping: the parser's events, needed only to point at a place, are freed and read again when asked."""
        if isinstance(self.nodes, Events):
            self.nodes.forget()
        return self

    def span(self, path: Path = ()) -> Span:
        """The span of the value at a path such as ("materials", 0, "use"); of the nearest parent when there is none."""
        return self.places.span(*self.offsets(path))

    def key_span(self, path: Path) -> Span:
        """The span of the key of the mapping entry at a path; of the value for a list item."""
        value, key = self.nodes.find(path)
        return self.places.span(*self._own(*(key or value)))

    def offsets(self, path: Path = ()) -> tuple[int, int]:
        """The value's first and last (exclusive) offset in `text`, for building an edit."""
        return self._own(*self.nodes.find(path)[0])

    def written(self, path: Path = ()) -> str:
        """The value as the author wrote it, quotes and all: `1.10` where the data says 1.1."""
        start, end = self.offsets(path)
        return self.text[start:end]

    def _own(self, start: int, end: int) -> tuple[int, int]:
        first = self.places.original(start)
        last = self.places.original(end)
        return first, max(first, first + len(self.text[first:last].rstrip()))


def diagnostic(flaw: TextFlaw, places: Places) -> Diagnostic:
    """The finding for a flaw whose offsets count in the file's own text."""
    code, severity = RULE_BY_NAME[flaw.name]
    notes: tuple[Note, ...] = ()
    if flaw.note is not None:
        message, start, end = flaw.note
        notes = (Note(message, places.span(start, end)),)
    span = places.span(flaw.start, flaw.end)
    return Diagnostic(code, flaw.name, severity, flaw.message, span, flaw.help, fix=flaw.fix, notes=notes)
