"""Which materials a case asks for, how the others are got, and the forms of all items as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from govflow.language.conditions import Answers
from govflow.language.model import Catalog, Item, Material, Theme
from govflow.plan.selection import KnownAnswers, facts, known_facts, selected_items
from govflow.text import Text

How = Literal["asked", "form", "issued", "verified", "elicence", "share", "commitment"]

SUBMITTED: tuple[How, ...] = ("asked", "form")  # what the applicant hands in; the rest the government gets itself


@dataclass(frozen=True, slots=True)
class MergedMaterial:
    """One line of the merged material list: which items need it, how it is got, and why so.

    `how`: `asked` from the applicant, part of the merged `form`, `issued` by another item of this case,
    `verified` because the applicant already holds it, fetched as `elicence` or `share`, or replaced by a
    written `commitment`.
    """

    material: str
    name: Text
    items: tuple[str, ...]
    how: How
    reason: Text

    @property
    def submitted(self) -> bool:
        """Whether the applicant hands it in (as a paper, a file or a part of the merged form)."""
        return self.how in SUBMITTED


@dataclass(frozen=True, slots=True)
class MergedField:
    """One field of the merged form: its meaning, and the fields of single forms that it fills (material, field id)."""

    meaning: str
    label: Text
    kind: str
    required: bool
    fills: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MergedForm:
    """All forms of a case as one: `asked` fields if each form were filled in alone, `len(fields)` as one."""

    forms: tuple[str, ...]
    fields: tuple[MergedField, ...]
    asked: int

    @property
    def saved(self) -> int:
        """How many fields the applicant need not fill in again."""
        return self.asked - len(self.fields)


def merged_materials(
    theme: Theme,
    catalog: Catalog,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
) -> tuple[MergedMaterial, ...]:
    """The materials of a case, each once, with how it is got and why.

    A material that another item issues is not asked while that item is really handled in this case; when the applicant
    drops that item it is asked again, and when the applicant already holds its result it is verified.
    """
    chosen = selected_items(theme, catalog, answers, dropped, held)
    running = [catalog.items[code] for code, each in chosen.items() if each.how == "run"]
    by_how = {how: {code for code, each in chosen.items() if each.how == how} for how in ("run", "verify", "skip")}
    return _merged(running, catalog, known_facts(theme, catalog, answers), by_how)


def item_materials(item: Item, catalog: Catalog, answers: Answers | None = None) -> tuple[MergedMaterial, ...]:
    """The materials of an item that is handled alone, with how each is got and why."""
    known = KnownAnswers(
        None if answers is None else facts(item.questions, answers), {each.id: each.ask for each in item.questions}
    )
    return _merged([item], catalog, known, {})


def handed_in(lines: Iterable[MergedMaterial]) -> int:
    """How many things the applicant hands in for one application: each paper, and all forms as one."""
    lines = tuple(lines)
    return sum(line.how == "asked" for line in lines) + any(line.how == "form" for line in lines)


def handed_in_alone(
    theme: Theme,
    catalog: Catalog,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
) -> int:
    """How many it would be if each item of the case were applied for by itself, every form on its own.

    What the government fetches anyway (e-licences, shared data) is handed in neither way; the result of another item,
    which that item issues within the theme, is.
    """
    chosen = selected_items(theme, catalog, answers, dropped, held)
    running = [catalog.items[code] for code, each in chosen.items() if each.how == "run"]
    known = known_facts(theme, catalog, answers)
    return sum(line.submitted for item in running for line in _merged([item], catalog, known, {}))


def _merged(
    running: Iterable[Item], catalog: Catalog, known: KnownAnswers, by_how: Mapping[str, set[str]]
) -> tuple[MergedMaterial, ...]:
    users: dict[str, list[str]] = {}
    committed: dict[str, set[str]] = {}
    for item in running:
        replaced = _replaced_by_commitment(item, catalog, known)
        for use in item.materials:
            if use.material not in catalog.materials or not known.holds(use.when):
                continue
            code = catalog.materials[use.material].code
            users.setdefault(code, []).append(item.code)
            if code in replaced:
                committed.setdefault(code, set()).add(item.code)
    lines = []
    for code, codes in users.items():
        material, items = catalog.materials[code], tuple(dict.fromkeys(codes))
        if set(items) <= committed.get(code, set()):
            how: How = "commitment"
            reason = Text("以告知承诺替代，不用提交", "replaced by a written commitment, not submitted")
        else:
            how, reason = _how(material, items, catalog, by_how)
        lines.append(MergedMaterial(code, material.name, items, how, reason))
    return tuple(lines)


def _replaced_by_commitment(item: Item, catalog: Catalog, known: KnownAnswers) -> set[str]:
    commitment = item.commitment
    if commitment is None or not known.holds(commitment.when, unknown=False):
        return set()
    # A commitment without a condition is an offer: nobody has taken it up unless an answer says so.
    if commitment.when is None:
        return set()
    return {catalog.materials[ref].code for ref in commitment.replaces if ref in catalog.materials}


def _how(
    material: Material, items: tuple[str, ...], catalog: Catalog, by_how: Mapping[str, set[str]]
) -> tuple[How, Text]:
    issuer = issuing_item(material, catalog)
    name = _quoted(issuer) if issuer else ("", "")
    if issuer and issuer.code in by_how.get("run", ()) and issuer.code not in items:
        return "issued", Text(
            f"由本次办理的{name[0]}核发，不用提交", f"issued by {name[1]} in this case, not submitted"
        )
    if issuer and issuer.code in by_how.get("verify", ()):
        return "verified", Text(
            f"已持有，由{name[0]}核验，不用提交", f"already held, verified by {name[1]}, not submitted"
        )
    if material.elicence:
        return "elicence", Text(f"调取{material.elicence}，不用提交", f"fetched as an e-licence ({material.elicence})")
    if material.share:
        return "share", Text(
            f"数据共享获取（{material.share}），不用提交", f"fetched as shared data ({material.share})"
        )
    several_zh = f"，{len(items)} 个事项共用，只交一次" if len(items) > 1 else ""
    several_en = f", once for {len(items)} items" if len(items) > 1 else ""
    if material.is_form:
        if not by_how:
            return "form", Text("由申请人填写", "filled in by the applicant")
        return "form", Text(f"合并填写一张申请表{several_zh}", f"part of the one merged form{several_en}")
    if issuer and issuer.code in by_how.get("skip", ()):
        again = (f"本次不办{name[0]}，需提交{several_zh}", f"{name[1]} is not handled, so it is submitted{several_en}")
        return "asked", Text(*again)
    return "asked", Text(f"由申请人提交{several_zh}", f"submitted by the applicant{several_en}")


def _quoted(item: Item) -> tuple[str, str]:
    return f"“{item.name}”", f"“{item.name.text('en')}”"


def issuing_item(material: Material, catalog: Catalog) -> Item | None:
    """The item whose result this material is, or None."""
    if material.result_of is not None and material.result_of in catalog.items:
        return catalog.items[material.result_of]
    return None


def merged_form(
    theme: Theme,
    catalog: Catalog,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
) -> MergedForm:
    """The one form of a case: the union of its forms' fields, equal `meaning` asked once."""
    lines = merged_materials(theme, catalog, answers, dropped, held)
    forms = [catalog.materials[line.material] for line in lines if line.how == "form"]
    fields: dict[str, MergedField] = {}
    for form in forms:
        for each in form.fields:
            meaning = each.meaning or f"{form.code}.{each.id}"
            before = fields.get(meaning) or MergedField(meaning, each.label, each.kind, False, ())
            fills = (*before.fills, (form.code, each.id))
            fields[meaning] = MergedField(meaning, before.label, before.kind, before.required or each.required, fills)
    return MergedForm(tuple(f.code for f in forms), tuple(fields.values()), sum(len(f.fields) for f in forms))
