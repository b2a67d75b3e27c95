"""Findings: what they are, how they are sorted, shown, mended and answered for. Imports nothing else of govflow."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from govflow.diagnostics.fixes import apply_fixes, diff, replace_ranges
from govflow.diagnostics.nearest import did_you_mean, nearest
from govflow.diagnostics.suppression import SUPPRESSION_RULES, Suppression, apply_suppressions
from govflow.diagnostics.terminal import concise, full, summary
from govflow.diagnostics.values import Diagnostic, Edit, Fix, Note, Severity, Span, ordered, rule_rows
from govflow.text import Lang

FORMATS = ("full", "concise", "json", "sarif", "github", "junit")

__all__ = [
    "FORMATS",
    "SUPPRESSION_RULES",
    "Diagnostic",
    "Edit",
    "Fix",
    "Note",
    "Severity",
    "Span",
    "Suppression",
    "apply_fixes",
    "apply_suppressions",
    "did_you_mean",
    "diff",
    "nearest",
    "ordered",
    "render",
    "replace_ranges",
    "rule_rows",
    "summary",
]


def render(
    diagnostics: Iterable[Diagnostic],
    format: str = "full",
    *,
    lang: Lang | str = Lang.ZH,
    sources: Mapping[str, str] | None = None,
    files: int = 0,
    seconds: float | None = None,
    colour: bool = False,
) -> str:
    """Return the findings, sorted, as text in one of FORMATS; ends with a line feed unless empty.

    `sources` maps a file name to its text, for excerpts; `seconds` of None leaves the time out, so that equal
    input gives equal output. ValueError for an unknown format or language.
    """
    found, texts, lang = ordered(diagnostics), sources or {}, Lang.of(lang)
    if format == "full":
        return full(found, lang=lang, sources=texts, files=files, seconds=seconds, colour=colour)
    if format == "concise":
        return concise(found, lang=lang)
    return _for_programs(found, format, lang=lang, sources=texts, files=files, seconds=seconds)


def _for_programs(
    found: Sequence[Diagnostic],
    format: str,
    *,
    lang: Lang,
    sources: Mapping[str, str],
    files: int,
    seconds: float | None,
) -> str:
    """What is loaded for it costs 8 ms, which the many runs that show their findings to a person need not pay."""
    machine: Any = importlib.import_module("govflow.diagnostics.machine")
    match format:
        case "json":
            text: str = machine.as_json(found, lang=lang, files=files)
        case "sarif":
            text = machine.as_sarif(found, lang=lang, sources=sources)
        case "github":
            text = machine.as_github(found, lang=lang)
        case "junit":
            text = machine.as_junit(found, lang=lang, files=files, seconds=seconds)
        case _:
            raise ValueError(f"format {format!r} is not one of {', '.join(FORMATS)}")
    return text
