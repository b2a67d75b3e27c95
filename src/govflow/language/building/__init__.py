"""From a document to the records of model.py: one named translation a kind.

Every function here expects a document that passed its schema; what the schema leaves optional gets the default of the
language. Materials, departments and items may be named by code or slug; `names` turns either into the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from govflow.language.building.flow import ACTIVITIES, departments_in, flow_from
from govflow.language.building.shared import NO_NAMES, Data, Names, Plain, Source, library_data, limit_of, warn_of
from govflow.language.conditions import condition_from
from govflow.language.model import (
    Basis,
    Channels,
    Commitment,
    CorrectionRule,
    Department,
    ExtensionRule,
    Fee,
    FormField,
    Item,
    Joint,
    JointVisit,
    Limits,
    Material,
    MaterialUse,
    Question,
    Result,
    SpecialProcedure,
    Stage,
    Theme,
    ThemeItem,
    TimeLimit,
)
from govflow.law.clocks import DELIVERY, NOTICE, Limit
from govflow.text import Text
from govflow.vocabulary import CaseType, DefinitionStatus, ItemType, Level, Missed

__all__ = [
    "ACTIVITIES",
    "NO_NAMES",
    "Names",
    "Plain",
    "departments_from",
    "departments_in",
    "item_from",
    "library_data",
    "materials_from",
    "theme_from",
]


def departments_from(document: Source) -> tuple[Department, ...]:
    """The departments of a departments file, in its order."""
    return tuple(_department(code, entry) for code, entry in document.data["departments"].items())


def materials_from(document: Source, names: Names = NO_NAMES) -> tuple[Material, ...]:
    """The materials of a materials file, in its order."""
    return tuple(_material(code, entry, names) for code, entry in document.data["materials"].items())


def item_from(document: Source, slug: str, names: Names = NO_NAMES) -> Item:
    """The item of an item file; its slug is the file's stem."""
    data = document.data
    return Item(
        slug=slug, file=document.file, **_identity(data, names), **_demands(data, names), **_handling(data, names)
    )


def _identity(data: Data, names: Names) -> dict[str, Any]:
    """What the item is, whose it is and what it rests on."""
    code = data.get("code", {})
    entrusting = data.get("entrusting")
    return {
        "code": data["id"],
        "basic": code.get("basic", ""),
        "implementation": code.get("implementation", ""),
        "handling": code.get("handling", ""),
        "name": Text.of(data["name"]),
        "type": ItemType.of(data["type"]),
        "case_type": CaseType.of(data["case_type"]),
        "level": Level.of(data["level"]),
        "region": data.get("region"),
        "department": names.department(data["department"]),
        "entrusting": names.department(entrusting) if entrusting else None,
        "joint_departments": tuple(names.department(each) for each in data.get("joint_departments", ())),
        "state": DefinitionStatus.of(data.get("state", DefinitionStatus.IN_USE)),
        "valid_from": data.get("valid_from", ""),
        "valid_to": data.get("valid_to"),
        "version": data.get("version", "1.0"),
        "power_source": data.get("power_source", "法定本级行使"),
        "basis": tuple(_basis(each) for each in data.get("basis", ())),
        "audience": _words(data, "audience"),
        "topics": _words(data, "topics"),
        "confidential": data.get("confidential", False),
        "faq": tuple((each["q"], each["a"]) for each in data.get("faq", ())),
    }


def _demands(data: Data, names: Names) -> dict[str, Any]:
    """What the applicant must meet, answer, bring and pay."""
    materials = data.get("materials", ())
    return {
        "conditions": _words(data, "conditions"),
        "prohibitions": _words(data, "prohibitions"),
        "quota": data.get("quota"),
        "questions": _questions(data),
        "materials": tuple(_use(each, names) for each in _listed(materials)),
        "no_materials": materials == "none",
        "fees": tuple(_fee(each) for each in _listed(data.get("fees", ()))),
        "channels": _channels(data.get("channels", {})),
        "commitment": _commitment(data.get("commitment"), names),
    }


def _handling(data: Data, names: Names) -> dict[str, Any]:
    """How the item is handled, how long it may take and what comes of it."""
    return {
        "limits": _limits(data.get("limits", {})),
        "special_procedures": tuple(_procedure(each) for each in data.get("special_procedures", ())),
        "flow": flow_from(data["flow"], names.department(data["department"]), names),
        "results": tuple(_result(each, names) for each in _listed(data.get("results", ()))),
        "green_channel": _green(data.get("green_channel")),
    }


def theme_from(document: Source, slug: str, names: Names = NO_NAMES) -> Theme:
    """The theme of a theme file; its slug is the file's stem."""
    data = document.data
    limits = data.get("limits", {})
    stages = tuple(_stage(each, names) for each in data.get("stages", ()))
    stage_of = {item: stage.id for stage in stages for item in stage.items}
    notice = limits.get("correction_notice")
    return Theme(
        code=data["id"],
        slug=slug,
        name=Text.of(data["name"]),
        audience=data["audience"],
        lead=names.department(data["lead"]),
        questions=_questions(data),
        items=tuple(_theme_item(each, stage_of, names) for each in data["items"]),
        joint=_joint(data.get("joint", {}), names),
        promised=_time_limit(limits.get("promised")),
        joint_cap=limit_of(limits.get("joint_cap")),
        stages=stages,
        correction_notice=limit_of(notice),
        correction=_correction(limits["correction"]) if "correction" in limits else None,
        state=DefinitionStatus.of(data.get("state", DefinitionStatus.IN_USE)),
        valid_from=data.get("valid_from", ""),
        file=document.file,
    )


def _department(code: str, data: Data) -> Department:
    return Department(
        code=code,
        slug=data["slug"],
        name=Text.of(data["name"]),
        short=Text.of(data.get("short", data["name"])),
        level=data.get("level", ""),
        uscc=data.get("uscc", ""),
        region=data.get("region", ""),
        kind=data.get("kind"),
        roles=tuple(data.get("roles", ())),
    )


def _material(code: str, data: Data, names: Names) -> Material:
    issuer, result_of, rule = data.get("issuer"), data.get("result_of"), data.get("file_rule")
    return Material(
        code=code,
        slug=data["slug"],
        name=Text.of(data["name"]),
        kind=data.get("kind", ""),
        source=data.get("source", ""),
        form=data.get("form", ""),
        originals=data.get("originals", 0),
        copies=data.get("copies", 0),
        necessity=data.get("necessity", ""),
        issuer=names.department(issuer) if issuer else None,
        result_of=names.item(result_of) if result_of else None,
        elicence=data.get("elicence"),
        share=data.get("share"),
        blank=data.get("blank"),
        sample=data.get("sample"),
        notes=data.get("notes"),
        basis=data.get("basis"),
        secondary=data.get("secondary", False),
        by_commitment=data.get("by_commitment", False),
        intermediary=data.get("intermediary"),
        signature=data.get("signature"),
        validity=data.get("validity"),
        file_rule=MappingProxyType(dict(rule)) if rule else None,
        fields=tuple(_form_field(each) for each in data.get("fields", ())),
    )


def _form_field(data: Data) -> FormField:
    meaning = data.get("meaning", data["id"])
    return FormField(data["id"], Text.of(data["label"]), data.get("type", "text"), meaning, data.get("required", True))


def _questions(data: Data) -> tuple[Question, ...]:
    return tuple(_question(each) for each in data.get("questions", ()))


def _question(data: Data) -> Question:
    return Question(
        id=data["id"],
        ask=Text.of(data["ask"]),
        kind=data["type"],
        options=tuple((str(value), Text.of(shown)) for value, shown in data.get("options", {}).items()),
        unit=data.get("unit"),
        minimum=data.get("minimum"),
        maximum=data.get("maximum"),
        default=data.get("default"),
    )


def _basis(data: Data) -> Basis:
    return Basis(data["id"], data["law"], data.get("article"), data.get("kind"), data.get("text"))


def _use(data: Data, names: Names) -> MaterialUse:
    defer = data.get("defer")
    return MaterialUse(
        material=names.material(data["use"]),
        when=condition_from(data.get("when")),
        defer=Limit.parse(defer["within"]) if defer else None,
        originals=data.get("originals"),
        copies=data.get("copies"),
        note=data.get("note"),
        basis=data.get("basis"),
        demanded=data.get("demanded", False),
    )


def _fee(data: Data) -> Fee:
    return Fee(data["name"], data.get("standard", ""), data.get("basis"))


def _limits(data: Data) -> Limits:
    return Limits(
        statutory=_time_limit(data.get("statutory")),
        promised=_time_limit(data.get("promised")),
        correction_notice=limit_of(data.get("correction_notice")) or NOTICE,
        correction=_correction(data.get("correction", {})),
        delivery=limit_of(data.get("delivery")) or DELIVERY,
        post_check=_time_limit(data.get("post_check"), "decided"),
        warning=warn_of(data.get("warning", "2 workdays")),
    )


def _time_limit(data: Data | str | None, start: str = "accepted") -> TimeLimit | None:
    if data is None or isinstance(data, str):  # the only text that the schema lets through is none
        return None
    extension = data.get("extension")
    return TimeLimit(
        within=Limit.parse(data["within"]),
        start=data.get("from", start),
        basis=data.get("basis"),
        extension=_extension(extension) if extension else None,
        warn=warn_of(data.get("warning")),
    )


def _extension(data: Data) -> ExtensionRule:
    return ExtensionRule(
        Limit.parse(data["by"]), data.get("approver", "head"), data.get("once", True), data.get("basis")
    )


def _correction(data: Data) -> CorrectionRule:
    return CorrectionRule(
        Limit.parse(data.get("within", "10 workdays")), Missed.of(data.get("missed", Missed.WITHDRAWN))
    )


def _procedure(data: Data) -> SpecialProcedure:
    return SpecialProcedure(
        id=data["id"],
        kind=data.get("kind", ""),
        limit=limit_of(data.get("limit")),
        stops=tuple(data.get("stops", ("promised", "statutory"))),
        basis=data.get("basis"),
    )


def _result(data: Data, names: Names) -> Result:
    material = data.get("material")
    return Result(
        id=data["id"],
        name=Text.of(data["name"]),
        kind=data.get("kind", ""),
        valid_for=data.get("valid_for"),
        elicence=data.get("elicence"),
        sample=data.get("sample"),
        material=names.material(material) if material else None,
    )


def _commitment(data: Data | str | None, names: Names) -> Commitment | None:
    if data is None or isinstance(data, str):
        return None
    return Commitment(
        text=data.get("text", ""),
        consequence=data.get("consequence", ""),
        post_check=limit_of(data.get("post_check")),
        replaces=tuple(names.material(each) for each in data.get("replaces", ())),
        when=condition_from(data.get("when")),
    )


def _green(data: Data | str | None) -> Limit | None:
    return None if data is None or isinstance(data, str) else Limit.parse(data["within"])


def _channels(data: Data) -> Channels:
    return Channels(
        online_depth=data.get("online_depth", "I"),
        visits=data.get("visits", 0),
        visit_reason=data.get("visit_reason"),
        forms=_words(data, "forms"),
        scope=data.get("scope"),
        places=_words(data, "places"),
        hours=data.get("hours", ""),
        consult=data.get("consult", ""),
        complain=data.get("complain", ""),
        post=data.get("post", False),
        online_payment=data.get("online_payment", False),
        mobile=data.get("mobile", False),
        window=data.get("window", "综合窗口"),
        appointment=data.get("appointment", False),
        in_hall=data.get("in_hall", True),
        hall_reason=data.get("hall_reason"),
    )


def _theme_item(data: Data, stage_of: Mapping[str, str], names: Names) -> ThemeItem:
    item = names.item(data["item"])
    return ThemeItem(
        item=item,
        after=tuple(names.item(each) for each in data.get("after", ())),
        when=condition_from(data.get("when")),
        held_when=condition_from(data.get("held_when")),
        stage=stage_of.get(item),
    )


def _joint(data: Data, names: Names) -> Joint:
    return Joint(
        visits=tuple(_visit(each, names) for each in data.get("visits", ())),
        correction=data.get("correction", "one_notice"),
        refusal=data.get("refusal", {}).get("of_one", "continue_independent"),
        hand_out=data.get("hand_out", "together"),
    )


def _visit(data: Data, names: Names) -> JointVisit:
    name = Text.of(data.get("name", "联合踏勘"))
    return JointVisit(data["id"], name, tuple(names.item(each) for each in data["items"]))


def _stage(data: Data, names: Names) -> Stage:
    items = tuple(names.item(each) for each in data["items"])
    return Stage(data["id"], Text.of(data["name"]), names.department(data["lead"]), items)


def _words(data: Data, key: str) -> tuple[str, ...]:
    return tuple(_listed(data.get(key, ())))


def _listed(data: Iterable[Any] | str) -> Iterable[Any]:
    """A list, or nothing where the definition says none."""
    return () if isinstance(data, str) else data
