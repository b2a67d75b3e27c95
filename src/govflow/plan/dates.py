"""In which order the items of a theme are handled, and when each is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from govflow.errors import InvalidInput, NotFound
from govflow.language.conditions import Answers
from govflow.language.model import Catalog, Item, Theme
from govflow.law import clocks
from govflow.law.calendar import Calendar
from govflow.law.clocks import Explanation, Limit
from govflow.plan.materials import issuing_item
from govflow.plan.selection import items_of, selected_items
from govflow.plan.terms import decision_clocks, joint_clocks, own_limit, theme_of
from govflow.text import Lang, Text, joined

AT_ONCE = Limit(Decimal(0), "workday")


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """When an item's clock starts and is due, both local dates, by the promised limit (R11)."""

    item: str
    start: date
    due: date


@dataclass(frozen=True, slots=True)
class Plan:
    """Planned dates of a theme. `due` is the latest item's; `cap` the joint limit's date, if the theme sets one."""

    items: Mapping[str, PlannedItem]
    due: date
    cap: date | None

    def as_data(self, catalog: Catalog) -> dict[str, object]:
        """`{"items": {SLUG: {"start", "due"}}, "due"}` with ISO dates, as `govflow plan --json` prints it."""
        return {
            "items": {
                catalog.items[code].slug: {"start": each.start.isoformat(), "due": each.due.isoformat()}
                for code, each in self.items.items()
            },
            "due": self.due.isoformat(),
        }


def prerequisites(theme: Theme, catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """For each item the items it waits for: declared by `after`, or because they issue a material that it uses."""
    members = items_of(theme, catalog)
    codes = [item.code for item in members]
    entries = {catalog.items[e.item].code: e for e in theme.items if e.item in catalog.items}
    result = {}
    for item in members:
        declared = {catalog.items[ref].code for ref in entries[item.code].after if ref in catalog.items}
        needed = declared | {issuer.code for issuer in _issuers(item, catalog)}
        result[item.code] = tuple(code for code in codes if code in needed and code != item.code)
    return result


def waits_for(theme: Theme, catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """For each item what must be over before it starts: its prerequisites, and all items of the stage 阶段 before its own."""
    waits = {code: list(needs) for code, needs in prerequisites(theme, catalog).items()}
    stages = [[catalog.items[ref].code for ref in stage.items if ref in catalog.items] for stage in theme.stages]
    for before, stage in pairwise(stages):
        for code in stage:
            waits[code] += [each for each in before if each not in waits[code] and each in waits]
    return {code: tuple(needs) for code, needs in waits.items()}


def _issuers(item: Item, catalog: Catalog) -> Iterator[Item]:
    for use in item.materials:
        if use.material in catalog.materials:
            issuer = issuing_item(catalog.materials[use.material], catalog)
            if issuer is not None:
                yield issuer


def handling_order(theme: Theme, catalog: Catalog) -> tuple[str, ...]:
    """The items so that each comes after its prerequisites; InvalidInput when they wait for each other in a circle."""
    try:
        return tuple(TopologicalSorter(waits_for(theme, catalog)).static_order())
    except CycleError as error:
        circle = error.args[1]
        zh = f"{theme.name}的前置关系成环：{' → '.join(circle)}"
        raise InvalidInput(Text(zh, f"{theme.slug}: items wait for each other: {' -> '.join(circle)}")) from None


def planned(
    theme: Theme,
    catalog: Catalog,
    accepted: datetime,
    calendar: Calendar,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
) -> Plan:
    """Planned dates (R11): items without a prerequisite start at the unified acceptance, the others when the last
    prerequisite is due. An item that is only verified takes the day it starts; one that is left out takes no time.

    A moment without a time zone is taken as China's. Raises CalendarUnavailable for days that no notice covers.
    """
    start = accepted if accepted.tzinfo else accepted.replace(tzinfo=clocks.SHANGHAI)
    chosen = selected_items(theme, catalog, answers, dropped, held)
    needs = waits_for(theme, catalog)
    items: dict[str, clocks.PlanItem] = {}
    for code in handling_order(theme, catalog):
        if chosen[code].how == "skip":  # who waits for it waits for what it waits for
            needs |= {other: _replaced(waits, code, needs[code]) for other, waits in needs.items()}
        else:
            limit = own_limit(catalog.items[code]) if chosen[code].how == "run" else None
            items[code] = clocks.PlanItem(limit or AT_ONCE, needs[code])
    found = clocks.plan(items, start, calendar, cap=theme.joint_cap)
    dates = {code: _dated(code, found.items[code]) for code in chosen if code in items}
    return Plan(dates, found.due or start.astimezone(clocks.SHANGHAI).date(), found.cap_due)


def explained(
    subject: Item | Theme,
    catalog: Catalog,
    clock: str,
    accepted: datetime,
    calendar: Calendar,
    lang: Lang | str = Lang.ZH,
) -> Explanation:
    """A planned due date day by day. `clock` is named as in a case: `promised` and `joint_cap` of a theme,
    `I07/promised` and `I07/statutory` of an item, whose code may be left out where it is planned alone.

    Raises NotFound for a clock that the definition does not set, and as `planned`.
    """
    theme = theme_of(subject)
    moment = accepted if accepted.tzinfo else accepted.replace(tzinfo=clocks.SHANGHAI)
    found = {str(spec.kind): (moment, spec.limit.within) for spec in joint_clocks(theme)}
    for code, each in planned(theme, catalog, moment, calendar).items.items():
        start = moment if each.start == moment.astimezone(clocks.SHANGHAI).date() else _morning(each.start)
        own = {str(spec.kind): (start, spec.limit.within) for spec in decision_clocks(catalog.items[code])}
        found |= {f"{code}/{kind}": value for kind, value in own.items()} | (own if subject is not theme else {})
    if clock not in found:
        there = joined(found)
        raise NotFound(
            Text(f"{theme.name}没有期限 {clock!r}；有 {there}", f"{theme.slug} has no clock {clock!r}; it has {there.en}"),
            clock=clock,
        )  # fmt: skip
    return clocks.explain(clocks.Ledger(*found[clock]), calendar, lang)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(), clocks.SHANGHAI)


def _replaced(codes: tuple[str, ...], left_out: str, by: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new for code in codes for new in (by if code == left_out else (code,))))


def _dated(code: str, found: clocks.ItemDates) -> PlannedItem:
    # Nothing is suspended in a plan, so that every item has its dates.
    assert found.start is not None and found.due is not None and found.due.date is not None
    return PlannedItem(code, found.start, found.due.date)
