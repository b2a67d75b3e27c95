"""Mending a text by ranges, so that comments and order survive, and showing what would change."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import pairwise

from govflow.diagnostics.values import Diagnostic, Edit, ordered


def apply_fixes(
    text: str, diagnostics: Iterable[Diagnostic], *, unsafe: bool = False
) -> tuple[str, tuple[Diagnostic, ...]]:
    """Apply the safe fixes (all fixes when `unsafe`) of one file's findings to its text.

    Returns the new text and the findings that were mended. A fix is applied whole or not at all: one that overlaps a
    fix before it, or that reaches outside the text, is left for the next run.
    """
    taken: set[Edit] = set()
    busy: list[tuple[int, int]] = []
    applied: list[Diagnostic] = []
    for diagnostic in ordered(diagnostics):
        fix = diagnostic.fix
        if fix is None or not fix.edits or not (fix.safe or unsafe):
            continue
        if taken.issuperset(fix.edits):
            applied.append(diagnostic)
        elif (wanted := _joined(busy, fix.edits, len(text))) is not None:
            busy = wanted
            taken.update(fix.edits)
            applied.append(diagnostic)
    return replace_ranges(text, taken), tuple(applied)


def replace_ranges(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with every edit made; the edits must not overlap."""
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start_offset, edit.end_offset)):
        pieces += (text[at : edit.start_offset], edit.new_text)
        at = edit.end_offset
    pieces.append(text[at:])
    return "".join(pieces)


def diff(old: str, new: str, file: str) -> str:
    """Return the unified diff between two texts of one file; empty when nothing changed."""
    lines = difflib.unified_diff(_lines(old), _lines(new), f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines as a diff sees them: only a line feed ends one (str.splitlines knows eight more)."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _joined(busy: list[tuple[int, int]], edits: tuple[Edit, ...], length: int) -> list[tuple[int, int]] | None:
    """The ranges of `busy` and of the edits in order; None when an edit overlaps another or leaves the text."""
    ranges = sorted([*busy, *((edit.start_offset, edit.end_offset) for edit in edits)])
    for edit in edits:
        if not 0 <= edit.start_offset <= edit.end_offset <= length:
            return None
    for (start, end), (after, _) in pairwise(ranges):
        if after < end or after == start:
            return None
    return ranges
