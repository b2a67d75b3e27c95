"""Rules: what a schema cannot say. Is it standardized, and is it lawful?

One short function a rule, one file a topic; `RULES` lists them all. A function's docstring is its documentation: the
pages in docs/rules are made from it and its examples are executed by the tests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from govflow.diagnostics import Diagnostic, Message, Severity, Span, ordered
from govflow.model import Catalog, Item
from govflow.rules import limits, material_links, materials, procedures, sources
from govflow.rules.context import Context, Documents, by_record
from govflow.rules.values import PROFILES, SCOPES, Finding, Key, Path, Profile, Rule, RuleText, Scope
from govflow.source import Document

__all__ = [
    "PROFILES",
    "RULES",
    "RULE_BY_REF",
    "SCOPES",
    "Finding",
    "Profile",
    "Rule",
    "RuleText",
    "Scope",
    "by_record",
    "check_catalog",
    "in_profile",
]

_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT

RULES: tuple[Rule, ...] = (
    # 时限 time limits
    Rule("GF-T01", "promise-over-statute", _E, "core", "item", limits.promise_over_statute),
    Rule("GF-T02", "promise-in-other-unit", _W, "recommended", "item", limits.promise_in_other_unit),
    Rule("GF-T03", "promise-not-halved", _H, "strict", "item", limits.promise_not_halved),
    Rule("GF-T04", "average-not-halved", _W, "recommended", "catalog", limits.average_not_halved),
    Rule("GF-T05", "statutory-limit-missing", _E, "core", "item", limits.statutory_limit_missing),
    Rule("GF-T06", "limit-unit-unclear", _E, "core", "catalog", limits.limit_unit_unclear),
    Rule("GF-T07", "promise-against-case-type", _E, "core", "item", limits.promise_against_case_type),
    Rule("GF-T08", "limit-number-wrong", _E, "core", "catalog", limits.limit_number_wrong),
    Rule("GF-T09", "long-licence-without-basis", _E, "core", "item", limits.long_licence_without_basis),
    Rule("GF-T10", "joint-promise-too-long", _E, "core", "theme", limits.joint_promise_too_long),
    Rule("GF-T11", "theme-promise-too-short", _E, "core", "theme", limits.theme_promise_too_short),
    Rule("GF-T12", "steps-longer-than-promise", _W, "recommended", "item", procedures.steps_longer_than_promise),
    Rule("GF-T13", "procedure-incomplete", _W, "recommended", "item", procedures.procedure_incomplete),
    Rule("GF-T14", "procedure-without-ground", _E, "core", "item", procedures.procedure_without_ground),
    Rule("GF-T15", "extension-too-long", _W, "recommended", "item", procedures.extension_too_long),
    Rule("GF-T16", "correction-notice-late", _H, "strict", "item", limits.correction_notice_late),
    Rule("GF-T17", "start-event-unclear", _W, "recommended", "item", limits.start_event_unclear),
    # 材料 materials
    Rule("GF-M01", "catch-all-material", _E, "core", "material", materials.catch_all_material),
    Rule("GF-M02", "vague-material", _W, "recommended", "material", materials.vague_material),
    Rule("GF-M03", "proof-without-basis", _E, "core", "material", sources.proof_without_basis),
    Rule("GF-M04", "elicence-demanded", _E, "core", "material", sources.elicence_demanded),
    Rule("GF-M05", "share-demanded", _E, "core", "material", sources.share_demanded),
    Rule("GF-M06", "result-not-linked", _E, "core", "theme", material_links.result_not_linked),
    Rule("GF-M07", "link-without-prerequisite", _E, "core", "theme", material_links.link_without_prerequisite),
    Rule("GF-M08", "same-material-twice", _W, "recommended", "catalog", material_links.same_material_twice),
    Rule("GF-M09", "material-changed-meaning", _W, "recommended", "material", material_links.material_changed_meaning),
    Rule("GF-M10", "material-field-missing", _E, "core", "material", materials.material_field_missing),
    Rule("GF-M11", "form-without-blank", _E, "core", "material", materials.form_without_blank),
    Rule("GF-M12", "form-without-sample", _W, "recommended", "material", materials.form_without_sample),
    Rule("GF-M13", "too-many-copies", _W, "recommended", "material", materials.too_many_copies),
    Rule("GF-M14", "form-against-copies", _E, "core", "material", materials.form_against_copies),
    Rule(
        "GF-M15", "optional-without-condition", _W, "recommended", "item", material_links.optional_without_condition
    ),
    Rule("GF-M16", "issuer-missing", _E, "core", "material", sources.issuer_missing),
    Rule("GF-M17", "issued-but-not-shared", _W, "recommended", "material", sources.issued_but_not_shared),
    Rule("GF-M18", "circular-proof", _E, "core", "catalog", material_links.circular_proof),
    Rule("GF-M19", "file-rule-impossible", _W, "recommended", "material", materials.file_rule_impossible),
    Rule("GF-M20", "intermediary-without-basis", _E, "core", "material", sources.intermediary_without_basis),
    Rule(
        "GF-M21",
        "proof-that-commitment-could-replace",
        _W,
        "recommended",
        "material",
        sources.proof_that_commitment_could_replace,
    ),
    Rule("GF-M22", "nearly-no-material", _H, "strict", "item", material_links.nearly_no_material),
    Rule(
        "GF-M23", "too-few-zero-material-items", _H, "strict", "catalog", material_links.too_few_zero_material_items
    ),
    Rule(
        "GF-M24", "more-materials-than-before", _W, "recommended", "versions", material_links.more_materials_than_before
    ),
    Rule(
        "GF-M25", "unknown-question-or-answer", _E, "core", "catalog", material_links.unknown_question_or_answer
    ),
)

RULE_BY_REF: Mapping[str, Rule] = {ref: rule for rule in RULES for ref in (rule.code, rule.name)}
"""A rule by its code or its name."""


def in_profile(profile: Profile) -> tuple[Rule, ...]:
    """The rules of a profile: core; recommended, which holds core; strict, which holds all."""
    wanted = PROFILES[: PROFILES.index(profile) + 1]
    return tuple(rule for rule in RULES if rule.profile in wanted)


def check_catalog(
    catalog: Catalog,
    documents: Documents,
    *,
    codes: Collection[str] | None = None,
    previous: Catalog | None = None,
) -> list[Diagnostic]:
    """Every finding of the rules (all of them, or those named by code or name), sorted, each once.

    `documents` maps records to the documents they were read from (`by_record` makes it); what is missing in it has no
    place, and rules about what an author left out say nothing of it. Rules that compare with the last release say
    nothing without `previous`, rules about repealed laws nothing without a laws document. KeyError for an unknown code.
    """
    wanted = set(RULE_BY_REF) if codes is None else {RULE_BY_REF[ref].code for ref in codes}
    context = Context(catalog, documents, previous)
    found: list[Diagnostic] = []
    for scope in SCOPES:
        rules = [rule for rule in RULES if rule.scope == scope and rule.code in wanted]
        for record, subjects in _subjects(scope, context) if rules else ():
            for rule in rules:
                for finding in rule.check(context, *subjects):
                    found.append(_diagnostic(rule, finding, record, context))
    return list(ordered(found))


def _subjects(scope: Scope, context: Context) -> Iterator[tuple[Key, tuple[Any, ...]]]:
    """What the checks of a scope are called with, and the record that their paths belong to."""
    catalog, previous = context.catalog, context.previous
    match scope:
        case "item":
            yield from ((("item", item.code), (item,)) for item in catalog.items.values())
        case "material":
            yield from ((("material", each.code), (each,)) for each in catalog.materials.values())
        case "theme":
            yield from ((("theme", theme.code), (theme,)) for theme in catalog.themes.values())
        case "catalog":
            yield ("", ""), ()
        case "versions":
            for item in catalog.items.values() if previous else ():
                old = previous.items.get(item.code) if previous else None
                if old is not None:
                    yield ("item", item.code), (item, old)
        case "levels":
            yield from ((_record_of(lower), (lower, upper)) for lower, upper in context.levels)


def _record_of(item: Item) -> Key:
    return ("variant", item.file) if item.baseline else ("item", item.code)


def _diagnostic(rule: Rule, finding: Finding, record: Key, context: Context) -> Diagnostic:
    message = Message(finding.zh, finding.en)
    span = _span(finding.record or record, finding.path, context)
    return Diagnostic(rule.code, rule.name, rule.severity, message, span, finding.help, rule.text.source)


def _span(record: Key, path: Path, context: Context) -> Span:
    """The place of a path: its value if that is short, its key if it is not, what would hold it if it is missing."""
    kind, code = record
    document = context.documents.get(record)
    if document is None:
        item = context.catalog.items.get(code) if kind == "item" else None
        return Span(item.file if item else "", 1, 1, 1, 1)
    prefix: Path = (f"{kind}s", code) if kind in ("material", "department") else ()
    whole = (*prefix, *path)
    value, depth = _deepest(document, whole)
    there = whole[:depth]
    if not isinstance(value, dict | list):
        return document.span(there)
    if not there:
        return document.span(("name",) if "name" in value else ("id",))
    return document.key_span(there)


def _deepest(document: Document, path: Iterable[str | int]) -> tuple[Any, int]:
    """The value at the longest part of a path that is there, and how many steps that part has."""
    value: Any = document.data
    for depth, step in enumerate(path):
        if isinstance(value, dict):
            inner = value.get(step)
        else:
            inner = value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
        if inner is None:
            return value, depth
        value = inner
    return value, len(tuple(path))
