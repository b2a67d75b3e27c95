"""A theme in numbers: what it takes as one case, and what that saves against each item alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from govflow.language.model import Catalog, Theme, steps_of
from govflow.plan.dates import handling_order, waits_for
from govflow.plan.materials import handed_in, handed_in_alone, merged_form, merged_materials
from govflow.plan.selection import items_of
from govflow.plan.terms import in_workdays, own_limit
from govflow.text import Text

MERGED_KINDS = ("receive", "pre_review", "accept")  # done once for all items of a theme: one window


@dataclass(frozen=True, slots=True)
class Saving:
    """One number before and after: each item alone against the theme as one case."""

    name: Text
    alone: int | float
    together: int | float


def critical_path(theme: Theme, catalog: Catalog) -> tuple[tuple[str, ...], Decimal]:
    """The chain of items that decides how long the theme takes, and its length in workdays; of equals the longer chain."""
    needs = waits_for(theme, catalog)
    best: dict[str, tuple[Decimal, tuple[str, ...]]] = {}
    for code in handling_order(theme, catalog):
        before = _longest(best[each] for each in needs[code])
        best[code] = (before[0] + in_workdays(own_limit(catalog.items[code])), (*before[1], code))
    length, path = _longest(best.values())
    return path, length


def _longest(paths: Iterable[tuple[Decimal, tuple[str, ...]]]) -> tuple[Decimal, tuple[str, ...]]:
    # An instant item in a chain adds no time, yet it belongs to the chain.
    return max(paths, key=lambda path: (path[0], len(path[1])), default=(Decimal(0), ()))


def stats(theme: Theme, catalog: Catalog) -> dict[str, object]:
    """The theme in numbers, every situation included.

    Materials: `gross` summed over the items, `unique` different ones; of these `from_items` are issued within the
    theme, `from_shares` fetched, `forms` merged into one, `other` handed in; `submitted`: the one form and the others,
    `alone`: what would be handed in for each item by itself.
    Workdays: promised limits one after the other against the critical path. Visits: inspections of the premises
    before and after joint visits; trips: the applicant's own ways to the hall, `serial` each item alone.
    """
    items = items_of(theme, catalog)
    lines = merged_materials(theme, catalog)
    count = {how: sum(line.how == how for line in lines) for how in ("issued", "elicence", "share", "form", "asked")}
    steps_alone, steps_together, visits_alone, visits_together = _steps(theme, catalog)
    trips = [item.channels.visits for item in items]
    return {
        "theme": theme.slug,
        "items": len(items),
        "departments": len({item.department for item in items}),
        "materials": {
            "gross": sum(len(item.materials) for item in items),
            "unique": len(lines),
            "from_items": count["issued"],
            "from_shares": count["elicence"] + count["share"],
            "forms": count["form"],
            "other": count["asked"],
            "submitted": handed_in(lines),
            "alone": handed_in_alone(theme, catalog),
        },
        "workdays": {
            "serial": plain(sum((in_workdays(own_limit(item)) for item in items), Decimal(0))),
            "critical_path": plain(critical_path(theme, catalog)[1]),
        },
        "visits": {"serial": visits_alone, "together": visits_together},
        "trips": {"serial": sum(trips), "together": max(trips, default=0)},
        "steps": {"serial": steps_alone, "together": steps_together},
    }


def savings(theme: Theme, catalog: Catalog) -> tuple[Saving, ...]:
    """What the theme saves against doing each item alone: materials, workdays, visits, trips, steps, form fields."""
    numbers = stats(theme, catalog)
    form = merged_form(theme, catalog)
    pairs = (
        ("materials", "alone", "submitted", "提交材料", "materials handed in"),
        ("workdays", "serial", "critical_path", "工作日", "workdays"),
        ("visits", "serial", "together", "上门核查", "visits to the premises"),
        ("trips", "serial", "together", "跑动次数", "trips to the hall"),
        ("steps", "serial", "together", "办理环节", "steps"),
    )
    found = []
    for key, alone, together, zh, en in pairs:
        group = numbers[key]
        assert isinstance(group, dict)
        found.append(Saving(Text(zh, en), group[alone], group[together]))
    return (*found, Saving(Text("填表字段", "form fields"), form.asked, len(form.fields)))


def _steps(theme: Theme, catalog: Catalog) -> tuple[int, int, int, int]:
    """Steps and visits to the premises: each item alone, and with what the theme does together."""
    kinds = {item.code: [step.kind for step in steps_of(item.flow)] for item in items_of(theme, catalog)}
    alone = sum(len(each) for each in kinds.values())
    visits = sum(each.count("visit") for each in kinds.values())
    merged_visits = 0
    for joint in theme.joint.visits:
        codes = {catalog.items[ref].code for ref in joint.items if ref in catalog.items}
        merged_visits += max(0, sum("visit" in kinds.get(code, ()) for code in codes) - 1)
    once = (*MERGED_KINDS, "deliver") if theme.joint.hand_out == "together" else MERGED_KINDS
    saved = sum(max(0, sum(each.count(kind) for each in kinds.values()) - 1) for kind in once)
    return alone, alone - saved - merged_visits, visits, visits - merged_visits


def plain(value: Decimal) -> int | float:
    """A whole number as int, any other as float, for JSON."""
    return int(value) if value == value.to_integral_value() else float(value)
