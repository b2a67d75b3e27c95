"""Rules: what a schema cannot say. Is it standardized, and is it lawful?

One short function a rule, one file a topic; `RULES` lists them all. A function's docstring is its documentation: the
pages in docs/rules are made from it and its examples are executed by the tests.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from govflow.diagnostics import Diagnostic, Severity, Span
from govflow.language.model import Catalog, Item, steps_of
from govflow.language.schema import LocatedDiagnostic
from govflow.language.source import Document
from govflow.rules import (
    access,
    basis,
    codes,
    commitment,
    flow,
    levels,
    limits,
    material_links,
    materials,
    order,
    procedures,
    results,
    sources,
    themes,
)
from govflow.rules.context import Context, by_record
from govflow.rules.summaries import ItemSummary, MaterialUseSummary, Released
from govflow.rules.types import PROFILES, SCOPES, Finding, Key, Path, Profile, Rule, RuleText, Scope, Subject

__all__ = [
    "PROFILES",
    "RULES",
    "RULE_BY_REF",
    "SCOPES",
    "Context",
    "ItemSummary",
    "Profile",
    "Released",
    "Rule",
    "RuleText",
    "by_record",
    "check_item",
    "check_levels",
    "check_record",
    "check_rest",
    "has_rules_for_levels",
    "in_profile",
    "released",
    "summary_of",
    "with_source",
]

_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT

RULES: tuple[Rule, ...] = (
    # 编码 codes and identity
    Rule("GF-C01", "basic-code-wrong", _E, "core", "item", codes.basic_code_wrong),
    Rule("GF-C02", "implementation-code-wrong", _E, "core", "item", codes.implementation_code_wrong),
    Rule("GF-C03", "implementation-code-mismatch", _E, "core", "item", codes.implementation_code_mismatch),
    Rule("GF-C04", "type-digits-mismatch", _E, "core", "item", codes.type_digits_mismatch),
    Rule("GF-C05", "foreign-region-prefix", _W, "recommended", "item", codes.foreign_region_prefix),
    Rule("GF-C06", "implementation-code-twice", _E, "core", "catalog", codes.implementation_code_twice),
    Rule("GF-C07", "basic-code-for-two", _E, "core", "catalog", codes.basic_code_for_two),
    Rule("GF-C08", "name-with-two-codes", _W, "recommended", "catalog", codes.name_with_two_codes),
    Rule("GF-C09", "handling-code-wrong", _E, "core", "item", codes.handling_code_wrong),
    Rule("GF-C10", "identity-number-wrong", _E, "core", "record", codes.identity_number_wrong),
    # 依据 names, basis, competent body
    Rule("GF-B01", "basis-missing", _E, "core", "item", basis.basis_missing),
    Rule("GF-B02", "basis-without-article", _W, "recommended", "item", basis.basis_without_article),
    Rule("GF-B03", "licence-without-power", _E, "core", "item", basis.licence_without_power),
    Rule("GF-B04", "repealed-law", _W, "recommended", "record", basis.repealed_law),
    Rule("GF-B05", "subject-missing", _E, "core", "item", basis.subject_missing),
    Rule("GF-B06", "loose-item-name", _W, "recommended", "item", basis.loose_item_name),
    Rule("GF-B07", "item-name-without-action", _H, "strict", "item", basis.item_name_without_action),
    # 时限 time limits
    Rule("GF-T01", "promise-over-statute", _E, "core", "item", limits.promise_over_statute),
    Rule("GF-T02", "promise-in-other-unit", _W, "recommended", "item", limits.promise_in_other_unit),
    Rule("GF-T03", "promise-not-halved", _H, "strict", "item", limits.promise_not_halved),
    Rule("GF-T04", "average-not-halved", _W, "recommended", "catalog", limits.average_not_halved),
    Rule("GF-T05", "statutory-limit-missing", _E, "core", "item", limits.statutory_limit_missing),
    Rule("GF-T06", "limit-unit-unclear", _E, "core", "form", limits.limit_unit_unclear),
    Rule("GF-T07", "promise-against-case-type", _E, "core", "item", limits.promise_against_case_type),
    Rule("GF-T08", "limit-number-wrong", _E, "core", "form", limits.limit_number_wrong),
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
    Rule("GF-M15", "optional-without-condition", _W, "recommended", "item", material_links.optional_without_condition),
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
    Rule("GF-M23", "too-few-zero-material-items", _H, "strict", "catalog", material_links.too_few_zero_material_items),
    Rule(
        "GF-M24", "more-materials-than-before", _W, "recommended", "versions", material_links.more_materials_than_before
    ),
    Rule("GF-M25", "unknown-question-or-answer", _E, "core", "form", material_links.unknown_question_or_answer),
    # 条件与流程 conditions, flow, roles
    Rule("GF-F01", "conditions-missing", _E, "core", "item", flow.conditions_missing),
    Rule("GF-F02", "catch-all-condition", _E, "core", "item", flow.catch_all_condition),
    Rule("GF-F03", "vague-condition", _W, "recommended", "item", flow.vague_condition),
    Rule("GF-F04", "flow-incomplete", _E, "core", "item", flow.flow_incomplete),
    Rule("GF-F05", "step-without-role", _E, "core", "item", flow.step_without_role),
    Rule("GF-F06", "one-person-receives-and-decides", _W, "recommended", "item", flow.one_person_receives_and_decides),
    Rule("GF-F07", "more-steps-than-before", _W, "recommended", "item", flow.more_steps_than_before),
    Rule("GF-F08", "refusal-incomplete", _E, "core", "item", flow.refusal_incomplete),
    Rule("GF-F09", "flow-unsound", _E, "core", "item", flow.flow_unsound),
    Rule("GF-F10", "visit-incomplete", _W, "recommended", "item", flow.visit_incomplete),
    # 网办与到现场 online handling, visits, access
    Rule("GF-V01", "online-with-visits", _E, "core", "item", access.online_with_visits),
    Rule("GF-V02", "visits-unexplained", _E, "core", "item", access.visits_unexplained),
    Rule("GF-V03", "original-without-courier", _W, "recommended", "item", access.original_without_courier),
    Rule("GF-V04", "more-than-one-visit", _W, "recommended", "item", access.more_than_one_visit),
    Rule("GF-V05", "no-way-without-visit", _W, "recommended", "item", access.no_way_without_visit),
    Rule("GF-V06", "confidential-online", _W, "recommended", "item", access.confidential_online),
    Rule("GF-V07", "scope-too-wide", _H, "strict", "item", access.scope_too_wide),
    Rule("GF-V08", "contact-wrong", _W, "recommended", "item", access.contact_wrong),
    Rule("GF-V09", "topic-against-audience", _W, "recommended", "item", access.topic_against_audience),
    # 收费与结果 fees and results
    Rule("GF-R01", "fee-incomplete", _E, "core", "item", results.fee_incomplete),
    Rule("GF-R02", "payment-against-fees", _W, "recommended", "item", results.payment_against_fees),
    Rule("GF-R03", "result-missing", _E, "core", "item", results.result_missing),
    Rule("GF-R04", "result-without-sample", _E, "core", "item", results.result_without_sample),
    Rule("GF-R05", "result-name-against-kind", _W, "recommended", "item", results.result_name_against_kind),
    Rule("GF-R06", "licence-without-validity", _W, "recommended", "item", results.licence_without_validity),
    Rule("GF-R07", "licence-without-elicence", _W, "recommended", "item", results.licence_without_elicence),
    # 一件事 themes
    Rule("GF-H01", "too-few-items", _E, "core", "theme", themes.too_few_items),
    Rule("GF-H02", "too-few-situations", _E, "core", "theme", themes.too_few_situations),
    Rule("GF-H03", "prerequisite-cycle", _E, "core", "theme", order.prerequisite_cycle),
    Rule("GF-H04", "prerequisite-outside", _E, "core", "theme", order.prerequisite_outside),
    Rule("GF-H05", "lead-missing", _E, "core", "form", themes.lead_missing),
    Rule("GF-H06", "single-department", _W, "recommended", "theme", themes.single_department),
    Rule("GF-H07", "form-not-merged", _W, "recommended", "theme", themes.form_not_merged),
    Rule("GF-H08", "no-questions", _E, "core", "form", themes.no_questions),
    Rule("GF-H09", "item-never-chosen", _W, "recommended", "theme", themes.item_never_chosen),
    Rule("GF-H10", "needless-chain", _W, "recommended", "theme", themes.needless_chain),
    Rule("GF-H11", "too-little-saved", _W, "recommended", "theme", themes.too_little_saved),
    Rule("GF-H12", "item-out-of-use", _E, "core", "theme", themes.item_out_of_use),
    Rule("GF-H13", "visits-not-joined", _H, "strict", "theme", themes.visits_not_joined),
    Rule("GF-H14", "hand-out-waits", _W, "recommended", "theme", themes.hand_out_waits),
    Rule("GF-H15", "stages-disagree", _E, "core", "theme", order.stages_disagree),
    # 三级八同 levels
    Rule("GF-X01", "level-name", _E, "core", "levels", levels.level_name),
    Rule("GF-X02", "level-basis", _E, "core", "levels", levels.level_basis),
    Rule("GF-X03", "level-case-type", _E, "core", "levels", levels.level_case_type),
    Rule("GF-X04", "level-conditions", _E, "core", "levels", levels.level_conditions),
    Rule("GF-X05", "level-more-materials", _E, "core", "levels", levels.level_more_materials),
    Rule("GF-X06", "level-fewer-materials", _W, "recommended", "levels", levels.level_fewer_materials),
    Rule("GF-X07", "level-flow", _E, "core", "levels", levels.level_flow),
    Rule("GF-X08", "level-statutory-limit", _E, "core", "levels", levels.level_statutory_limit),
    Rule("GF-X09", "level-result-sample", _W, "recommended", "levels", levels.level_result_sample),
    Rule("GF-X10", "level-element-empty", _W, "recommended", "levels", levels.level_element_empty),
    # 承诺、容缺、绿色通道 commitment, tolerance, green channel
    Rule("GF-K01", "commitment-incomplete", _E, "core", "item", commitment.commitment_incomplete),
    Rule("GF-K02", "tolerance-of-primary", _E, "core", "item", commitment.tolerance_of_primary),
    Rule("GF-K03", "tolerance-period", _W, "recommended", "item", commitment.tolerance_period),
    Rule("GF-K04", "green-channel-slow", _E, "core", "item", commitment.green_channel_slow),
    Rule("GF-K05", "result-before-supplement", _W, "recommended", "item", commitment.result_before_supplement),
    Rule("GF-K06", "commitment-without-relief", _W, "recommended", "item", commitment.commitment_without_relief),
)

RULE_BY_REF: Mapping[str, Rule] = {ref: rule for rule in RULES for ref in (rule.code, rule.name)}
"""A rule by its code or its name."""


RULES_FOR_VARIANTS = frozenset({"GF-C02", "GF-C03", "GF-C09", "GF-V01", "GF-V04", "GF-V08"})
"""The rules about items that local variants are held to, beside those about limits: what a variant may write itself."""

_AGREEING = ("GF-T", "GF-K")  # groups whose rules compare one limit with another: a variant may change either


def in_profile(profile: Profile) -> tuple[Rule, ...]:
    """The rules of a profile: core; recommended, which holds core; strict, which holds all."""
    wanted = PROFILES[: PROFILES.index(profile) + 1]
    return tuple(rule for rule in RULES if rule.profile in wanted)


def check_item(context: Context, item: Item, codes: frozenset[str]) -> list[Diagnostic]:
    """What the rules of these codes find in one item by itself, with the libraries and the last release at hand."""
    rules, record = _by_scope(codes), ("item", item.code)
    found = [*_applied(rules["item"], context, record, item), *check_record(context, record, item, codes)]
    old = context.previous.items.get(item.code) if context.previous else None
    if old is not None:
        found += _applied(rules["versions"], context, record, item, old)
    return found


def check_record(context: Context, record: Key, subject: Subject, codes: frozenset[str]) -> list[Diagnostic]:
    """What the rules for every record find in one; `subject` is what was built of it, None where nothing was."""
    if record not in context.documents:
        return []
    return list(_applied(_by_scope(codes)["record"], context, record, record, subject))


def check_rest(context: Context, records: Iterable[Key], codes: frozenset[str]) -> list[Diagnostic]:
    """What they find in everything but the single items: the other records, themes, and the catalogue as a whole."""
    rules, catalog = _by_scope(codes), context.catalog
    found: list[Diagnostic] = []
    shown: dict[str, set[tuple[str, Path]]] = {}
    for variant, upper in context.variants() if rules["item"] else ():
        inherited = shown.setdefault(upper.file, set())
        if not inherited:
            inherited |= {
                ("", ()),
                *((rule.code, each.path) for rule in rules["item"] for each in rule.check(context, upper)),
            }
        found += _of_variant(rules["item"], context, variant, inherited)
    shelves: Mapping[str, Mapping[str, Any]] = {
        "theme": catalog.themes,
        "material": catalog.materials,
        "department": catalog.departments,
    }
    for record in records:
        if record[0] != "item" or record[1] not in context.summaries:  # an item that was checked has been given its own
            subject = shelves.get(record[0], {}).get(record[1])
            found += check_record(context, record, subject, codes)
    for material in catalog.materials.values():
        found += _applied(rules["material"], context, ("material", material.code), material)
    for theme in catalog.themes.values():
        found += _applied(rules["theme"], context, ("theme", theme.code), theme)
    found += _applied(rules["catalog"], context, ("", ""))
    for variant, upper in context.variants() if rules["levels"] else ():
        found += check_levels(context, variant, upper, codes)
    return found


def _of_variant(
    rules: Iterable[Rule], context: Context, variant: Item, inherited: Container[tuple[str, Path]]
) -> Iterator[Diagnostic]:
    """What is wrong with an item as it holds in a region: what the variant writes, and which limits no longer agree.

    What is inherited is reported once, where it is written.
    """
    record = ("variant", variant.file)
    for rule in rules:
        agreeing = rule.code.startswith(_AGREEING)
        for finding in rule.check(context, variant) if agreeing or rule.code in RULES_FOR_VARIANTS else ():
            follows = agreeing and (rule.code, finding.path) not in inherited
            if follows or _written(record, finding.path, context):
                yield _diagnostic(rule, finding, record, context)


def check_levels(context: Context, lower: Item, upper: Item, codes: frozenset[str]) -> list[Diagnostic]:
    """What they find in an item or variant beside the same item at the level above."""
    record = ("variant", lower.file) if lower.baseline else ("item", lower.code)
    return list(_applied(_by_scope(codes)["levels"], context, record, lower, upper))


def with_source(found: LocatedDiagnostic) -> LocatedDiagnostic:
    """A finding of form or reference with the law of the rule that it falls under, if there is one."""
    rule = RULE_BY_REF.get(found.diagnostic.code)
    return found if rule is None else replace(found, diagnostic=replace(found.diagnostic, source=rule.text.source))


def has_rules_for_levels(codes: frozenset[str]) -> bool:
    """Whether any of these codes is a rule that compares levels."""
    return bool(_by_scope(codes)["levels"])


def summary_of(context: Context, item: Item) -> ItemSummary:
    """What the rules of the whole catalogue need of an item; its materials are looked up in the context."""
    return ItemSummary(
        item.code,
        item.slug,
        item.file,
        str(item.name),
        item.type,
        item.level,
        item.department,
        item.basic,
        item.implementation,
        limits.comparable(item),
        sum(1 for _ in steps_of(item.flow)),
        tuple(
            MaterialUseSummary(use.material, use.originals, use.copies, use.basis, use.demanded)
            for use in item.materials
        ),
        levels.elements(context, item),
    )


def released(catalog: Catalog) -> Released:
    """A catalog as the last release."""
    context = Context(catalog, {})
    return Released({item.code: summary_of(context, item) for item in catalog.items.values()}, catalog.materials)


@lru_cache(maxsize=16)
def _by_scope(codes: frozenset[str]) -> Mapping[Scope, tuple[Rule, ...]]:
    return {scope: tuple(rule for rule in RULES if rule.scope == scope and rule.code in codes) for scope in SCOPES}


def _applied(rules: Iterable[Rule], context: Context, record: Key, *subjects: Any) -> Iterator[Diagnostic]:
    for rule in rules:
        for finding in rule.check(context, *subjects):
            yield _diagnostic(rule, finding, record, context)


def _written(record: Key, path: Path, context: Context) -> bool:
    document = context.documents.get(record)
    return document is not None and _deepest(document, path)[1] == len(path)


def _diagnostic(rule: Rule, finding: Finding, record: Key, context: Context) -> Diagnostic:
    span = _span(finding.record or record, finding.path, context)
    return Diagnostic(rule.code, rule.name, rule.severity, finding.message, span, finding.help, rule.text.source)


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
    if depth == len(whole) and isinstance(value, dict) and isinstance(value.get("zh-CN"), str):
        there, value = (*there, "zh-CN"), value["zh-CN"]  # the rules read the Chinese text
    if not isinstance(value, dict | list):
        return document.span(there)
    if not there:
        return document.span(next(((key,) for key in ("name", "id", "of", "govflow") if key in value), ()))
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
