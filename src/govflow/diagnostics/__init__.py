"""Findings: what they are, how they are sorted, shown, mended and answered for. Imports nothing else of govflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from govflow.diagnostics.fixes import apply_fixes, diff, replace_ranges
from govflow.diagnostics.machine import as_github, as_json, as_junit, as_sarif
from govflow.diagnostics.nearest import did_you_mean, nearest
from govflow.diagnostics.suppression import SUPPRESSION_RULES, Suppression, apply_suppressions
from govflow.diagnostics.terminal import concise, full, summary
from govflow.diagnostics.values import Diagnostic, Edit, Fix, Note, Severity, Span, ordered, sort_key
from govflow.text import Lang, Text

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
    "Text",
    "apply_fixes",
    "apply_suppressions",
    "did_you_mean",
    "diff",
    "nearest",
    "ordered",
    "render",
    "replace_ranges",
    "sort_key",
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
    match format:
        case "full":
            return full(found, lang=lang, sources=texts, files=files, seconds=seconds, colour=colour)
        case "concise":
            return concise(found, lang=lang)
        case "json":
            return as_json(found, lang=lang, files=files)
        case "sarif":
            return as_sarif(found, lang=lang, sources=texts)
        case "github":
            return as_github(found, lang=lang)
        case "junit":
            return as_junit(found, lang=lang, files=files, seconds=seconds)
    raise ValueError(f"format {format!r} is not one of {', '.join(FORMATS)}")
