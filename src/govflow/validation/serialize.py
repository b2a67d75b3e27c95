"""Findings and judged files as plain lists: what processes hand each other and what the cache keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from govflow.catalog import CheckedItem
from govflow.diagnostics import Diagnostic, Edit, Fix, Note, Severity, Span, Suppression
from govflow.law.clocks import Limit
from govflow.rules import ItemSummary, MaterialUseSummary
from govflow.text import Text

Plain = list[Any]
_MANY = 1 << 16


def dumps(item: CheckedItem) -> str:
    """A judged file as text."""
    summary = item.summary
    return json.dumps(
        [
            item.readable,
            item.code if isinstance(item.code, str) else None,
            item.broken,
            findings_out(item.found),
            findings_out(item.rule_findings),
            [[each.line, each.names, each.reason, _span_out(each.span), each.own_line] for each in item.suppressions],
            None if summary is None else _summary_out(summary),
        ],
        separators=(",", ":"),
    )


def loads(file: str, text: str) -> CheckedItem:
    """The judged file that `dumps` made a text of. ValueError, TypeError, IndexError or KeyError for other text."""
    readable, code, broken, found, rule_findings, comments, summary = json.loads(text)
    return CheckedItem(
        file,
        readable,
        code,
        broken,
        findings_in(found),
        findings_in(rule_findings),
        tuple(Suppression(line, tuple(names), why, Span(*span), own) for line, names, why, span, own in comments),
        None if summary is None else _summary_in(file, summary),
    )


def dump_findings(found: Iterable[Diagnostic]) -> str:
    """Findings as text."""
    return json.dumps(findings_out(found), separators=(",", ":"))


def load_findings(text: str) -> tuple[Diagnostic, ...]:
    """The findings that `dump_findings` made a text of. ValueError, TypeError or LookupError for other text."""
    return findings_in(json.loads(text))


def findings_out(found: Iterable[Diagnostic]) -> list[Plain]:
    """Findings as lists."""
    return [
        [
            each.code,
            each.name,
            each.severity.value,
            _message_out(each.message),
            _span_out(each.span),
            each.help and _message_out(each.help),
            each.source,
            each.fix and _fix_out(each.fix),
            [[_message_out(note.message), _span_out(note.span)] for note in each.notes],
        ]
        for each in found
    ]


def findings_in(found: Iterable[Plain]) -> tuple[Diagnostic, ...]:
    """The findings that `findings_out` made lists of."""
    return tuple(
        Diagnostic(
            code,
            name,
            Severity(severity),
            Text(*message),
            Span(*span),
            help and Text(*help),
            source,
            fix and _fix_in(*fix),
            tuple(Note(Text(*said), Span(*place)) for said, place in notes),
        )
        for code, name, severity, message, span, help, source, fix, notes in found
    )


def _message_out(message: Text) -> Plain:
    return [message.zh, message.en]


def _span_out(span: Span) -> Plain:
    return [span.file, span.line, span.column, span.end_line, span.end_column]


def _fix_out(fix: Fix) -> Plain:
    edits = [[edit.start_offset, edit.end_offset, edit.new_text] for edit in fix.edits]
    return [_message_out(fix.description), edits, fix.safe]


def _fix_in(description: Plain, edits: list[Plain], safe: bool) -> Fix:
    return Fix(Text(*description), tuple(Edit(*each) for each in edits), safe)


def _summary_out(summary: ItemSummary) -> Plain:
    return [
        summary.code,
        summary.slug,
        summary.name,
        summary.type,
        summary.level,
        summary.department,
        summary.basic,
        summary.implementation,
        summary.limits and [[str(each.value), each.unit] for each in summary.limits],
        summary.steps,
        [[use.material, use.originals, use.copies, use.basis, use.demanded] for use in summary.materials],
        summary.elements,
    ]


def _summary_in(file: str, summary: Plain) -> ItemSummary:
    code, slug, name, type_, level, department, basic, implementation, limits, steps, materials, elements = summary
    return ItemSummary(
        code,
        slug,
        file,
        name,
        type_,
        level,
        department,
        basic,
        implementation,
        limits and (_limit(*limits[0]), _limit(*limits[1])),
        steps,
        tuple(_use(*use) for use in materials),
        elements,
    )


# Most uses and limits of a large catalogue are equal to another's, and are then held once.
@lru_cache(maxsize=_MANY)
def _use(
    material: str, originals: int | None, copies: int | None, basis: str | None, demanded: bool
) -> MaterialUseSummary:
    return MaterialUseSummary(material, originals, copies, basis, demanded)


@lru_cache(maxsize=_MANY)
def _limit(value: str, unit: Any) -> Limit:
    return Limit(Decimal(value), unit)
