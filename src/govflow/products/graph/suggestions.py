"""What would make a theme easier for the applicant, each with the figure before and after; suggestions, not faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from govflow.language.model import Catalog, Item, Shelf, Theme, TimeLimit, steps_of
from govflow.law.clocks import Limit
from govflow.plan import (
    MergedMaterial,
    critical_path,
    in_workdays,
    items_of,
    merged_form,
    merged_materials,
    own_limit,
    plain,
    prerequisites,
    stats,
)
from govflow.plan.order import ancestors
from govflow.text import Text, joined

INSTANT = Limit(Decimal(0), "workday")

LOW_RISK = ("行政确认", "公共服务", "其他行政权力")
"""Types of item that establish a fact or serve, and grant no right to do something dangerous."""

EXAMINED = ("visit", "test", "consult", "expert_review", "hearing", "publicise", "pay")
"""Steps that cannot be done while the applicant waits."""

SHORT = Decimal(3)
"""A promise of so many workdays at most shows that little has to be examined."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One improvement: its kind (1-10, in the order of the catalogue), what it is about, the figure before and after.

    `unit` says what is counted: submissions, fields, workdays or visits.
    """

    number: int
    name: str
    what: Text
    about: tuple[str, ...]
    unit: str
    before: int | float
    after: int | float

    @property
    def saved(self) -> float:
        """How much less it is."""
        return float(self.before) - float(self.after)


def suggestions(theme: Theme, catalog: Catalog) -> tuple[Suggestion, ...]:
    """Everything that would help, most submissions saved first, then by the order of the catalogue."""
    found = [each for look in _LOOKS for each in look(theme, catalog) if each.saved > 0]
    return tuple(sorted(found, key=lambda s: (-s.saved if s.unit == "submissions" else 0, s.number, s.about)))


# --- materials -------------------------------------------------------------------------------------------------


def _submitted(theme: Theme, catalog: Catalog) -> list[MergedMaterial]:
    return [line for line in merged_materials(theme, catalog) if line.how == "asked"]


def _fewer(
    theme: Theme, catalog: Catalog, number: int, name: str, what: Text, codes: list[str], less: int
) -> Suggestion:
    group = stats(theme, catalog)["materials"]
    assert isinstance(group, dict)
    return Suggestion(number, name, what, tuple(codes), "submissions", group["submitted"], group["submitted"] - less)


def _same_materials(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(1) Materials of one name or licence type under several codes are one material."""
    groups: dict[str, list[str]] = {}
    for line in _submitted(theme, catalog):
        material = catalog.materials[line.material]
        groups.setdefault(material.elicence or str(material.name), []).append(line.material)
    for key, codes in groups.items():
        if len(codes) > 1:
            what = Text(f"合并同一种材料“{key}”", f"merge the materials that are {key}")
            yield _fewer(theme, catalog, 1, "merge-materials", what, codes, len(codes) - 1)


def _results(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(2) What an item of the theme issues is not asked of the applicant: link the material to the result."""
    issued = {str(r.name): item for item in items_of(theme, catalog) for r in item.results}
    for line in _submitted(theme, catalog):
        item = issued.get(str(line.name))
        if item is not None and catalog.materials[line.material].result_of is None:
            what = Text(
                f"“{line.name}”是{item.name}的结果，关联后不用提交",
                f"{line.material} is a result of {item.code}: link it",
            )
            yield _fewer(theme, catalog, 2, "link-result", what, [line.material, item.code], 1)


def _fetched(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(3) What a government department has issued can be fetched by the government."""
    codes = [
        line.material for line in _submitted(theme, catalog)
        if catalog.materials[line.material].source == "政府部门核发"
    ]  # fmt: skip
    if codes:
        what = Text("政府部门核发的材料改为调取电子证照或共享数据", "fetch what the government itself has issued")
        yield _fewer(theme, catalog, 3, "fetch", what, codes, len(codes))


def _form_fields(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(4) Fields with one label in several forms mean the same and are asked once."""
    form = merged_form(theme, catalog)
    labels: dict[str, list[str]] = {}
    for field in form.fields:
        labels.setdefault(str(field.label), []).append(field.meaning)
    same = {label: meanings for label, meanings in labels.items() if len(meanings) > 1}
    if same:
        names = joined(same)
        what = Text(f"统一含义相同的表单字段：{names}", f"give fields of one label one meaning: {names.en}")
        about = tuple(meaning for meanings in same.values() for meaning in meanings)
        yield Suggestion(4, "merge-fields", what, about, "fields", len(form.fields), len(labels))


def _baseless(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(5) A proof that no law demands is not asked."""
    bases = {
        catalog.materials[use.material].code
        for item in items_of(theme, catalog)
        for use in item.materials
        if use.material in catalog.materials and use.basis
    }
    codes = [
        line.material for line in _submitted(theme, catalog)
        if (material := catalog.materials[line.material]).kind == "证件证书证明"
        and not material.basis and material.code not in bases
    ]  # fmt: skip
    if codes:
        what = Text("取消没有依据的证明", "drop the proofs that no law demands")
        yield _fewer(theme, catalog, 5, "drop-proofs", what, codes, len(codes))


# --- time ------------------------------------------------------------------------------------------------------


def _days(number: int, name: str, what: Text, about: Iterable[str], before: Decimal, after: Decimal) -> Suggestion:
    return Suggestion(number, name, what, tuple(about), "workdays", plain(before), plain(after))


def _parallel(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(6) An item waits for another one only if it needs its result, or the law says so."""
    loose = replace(theme, items=tuple(replace(entry, after=()) for entry in theme.items))
    needed = prerequisites(loose, catalog)
    habit = [
        (catalog.items[ref].code, catalog.items[entry.item].code)
        for entry in theme.items
        for ref in entry.after
        if catalog.items[ref].code not in needed[catalog.items[entry.item].code]
    ]
    if habit:
        names = joined(f"{one}→{other}" for one, other in habit)
        what = Text(f"没有结果传递的先后关系改为并行：{names}", f"run in parallel where no result flows: {names.en}")
        about = tuple(dict.fromkeys(code for pair in habit for code in pair))
        yield _days(6, "run-parallel", what, about, critical_path(theme, catalog)[1], critical_path(loose, catalog)[1])


def _joint_visit(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(7) Items that visit the applicant's premises, and do not wait for each other, visit together."""
    waits = ancestors(prerequisites(theme, catalog))
    together: list[str] = []
    for item in items_of(theme, catalog):
        visits = any(step.kind == "visit" for step in steps_of(item.flow))
        if visits and not any(one in waits[item.code] or item.code in waits[one] for one in together):
            together.append(item.code)
    joint = {catalog.items[ref].code: visit.id for visit in theme.joint.visits for ref in visit.items}
    ways = {joint.get(code, code) for code in together}
    if len(ways) > 1:
        count = stats(theme, catalog)["visits"]
        assert isinstance(count, dict)
        names = joined(together)
        what = Text(f"{names} 一次联合踏勘", f"one joint visit for {', '.join(together)}")
        before = count["together"]
        yield Suggestion(7, "joint-visit", what, tuple(together), "visits", before, before - len(ways) + 1)


def _with_limit(catalog: Catalog, item: Item, within: Limit) -> Catalog:
    """The catalog with another promise for one item."""
    promised = item.limits.promised or TimeLimit(within, "accepted")
    changed = replace(item, limits=replace(item.limits, promised=replace(promised, within=within)))
    return replace(catalog, items=Shelf(changed if i.code == item.code else i for i in catalog.items.values()))


def _commitment(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(8) Notification and commitment 告知承诺 for an item that decides how long the theme takes."""
    path, before = critical_path(theme, catalog)
    for item in (catalog.items[code] for code in path):
        if item.commitment is None and not item.instant and item.type == "行政许可":
            after = critical_path(theme, _with_limit(catalog, item, INSTANT))[1]
            what = Text(
                f"{item.code} {item.name}在关键路径上，可否实行告知承诺", f"notification and commitment for {item.code}"
            )
            yield _days(8, "commitment", what, [item.code], before, after)


def _shorten(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(9) Only an item without slack moves the theme's date: one workday less for the longest of them."""
    path, before = critical_path(theme, catalog)
    long = [
        i
        for i in (catalog.items[code] for code in path)
        if (own := own_limit(i)) and own.unit == "workday" and own.value >= 1
    ]
    if not long:
        return
    item = max(long, key=lambda i: in_workdays(own_limit(i)))
    own = own_limit(item)
    assert own is not None
    after = critical_path(theme, _with_limit(catalog, item, Limit(own.value - 1, "workday")))[1]
    what = Text(
        f"先缩短 {item.code} {item.name}：关键路径上用时最长", f"shorten {item.code} first: the longest without slack"
    )
    yield _days(9, "shorten", what, [item.code], before, after)


def _instant(theme: Theme, catalog: Catalog) -> Iterator[Suggestion]:
    """(10) Items of low risk that only record something are done on the spot."""
    for item in items_of(theme, catalog):
        own = own_limit(item)
        plain = not any(step.kind in EXAMINED for step in steps_of(item.flow))
        if item.type in LOW_RISK and not item.instant and plain and own is not None and in_workdays(own) <= SHORT:
            what = Text(f"{item.code} {item.name}改为即办件", f"{item.code} on the spot")
            yield _days(10, "instant", what, [item.code], in_workdays(own), Decimal(0))


_LOOKS: tuple[Callable[[Theme, Catalog], Iterator[Suggestion]], ...] = (
    _same_materials, _results, _fetched, _form_fields, _baseless, _parallel, _joint_visit, _commitment, _shorten, _instant,
)  # fmt: skip
