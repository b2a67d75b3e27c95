"""What the scenarios exercise of the definitions, and what none of them does.

A definition says what can happen: limits, conditions (each holds or does not), materials, outcomes, special procedures,
steps, and for a theme its items and joint visits. The events of the cases say what did happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from govflow.apps.scenarios.records import Played
from govflow.engine.case import ClockId, events
from govflow.engine.case.events import AnyFact
from govflow.engine.views import EventView
from govflow.language.conditions import Answers, Condition, UnknownFact, holds
from govflow.language.model import Catalog, Item, Theme, steps_of
from govflow.vocabulary import Mode

Kind = Literal["limit", "condition", "material", "outcome", "procedure", "step", "item", "visit"]

KINDS: tuple[Kind, ...] = ("limit", "condition", "material", "outcome", "procedure", "step", "item", "visit")

Point = tuple[Kind, str]
"""Something that a scenario can exercise, e.g. ("limit", "promised"), ("condition", "material M12 = false")."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The points of one item or theme, and which of them no scenario exercises; `scenarios` counts its own."""

    code: str
    points: tuple[Point, ...]
    missed: tuple[Point, ...]
    scenarios: int

    def count(self, kind: Kind) -> tuple[int, int]:
        """Of one kind: how many are exercised, and how many there are."""
        all = sum(1 for k, _ in self.points if k == kind)
        return all - sum(1 for k, _ in self.missed if k == kind), all


def coverage(played: Iterable[Played], catalog: Catalog, codes: Iterable[str]) -> list[Coverage]:
    """The coverage of these items and themes (codes) over all scenarios that were run, also those of other subjects."""
    seen: dict[str, set[Point]] = {}
    own: dict[str, int] = {}
    for each in played:
        own[each.code] = own.get(each.code, 0) + 1
        if each.events:
            _Watcher(catalog, each, seen).watch(each.events)
    found = []
    for code in codes:
        theme = catalog.themes.get(code)
        points = tuple(_theme_points(theme) if theme is not None else _item_points(catalog.items[code]))
        missed = tuple(p for p in points if p not in seen.get(code, set()))
        found.append(Coverage(code, points, missed, own.get(code, 0)))
    return found


# --- what there is ---------------------------------------------------------------------------------------------


def _item_points(item: Item) -> Iterator[Point]:
    yield from (("limit", name) for name in _limits(item))
    for name, condition in _conditions(item):
        if condition is not None:
            yield from (("condition", f"{name} = true"), ("condition", f"{name} = false"))
    yield from dict.fromkeys(("material", use.material) for use in item.materials)
    for step in steps_of(item.flow):
        if step.kind == "decide":
            yield "outcome", "approve"
            if step.refuse:
                yield "outcome", "refuse"
    yield from (("procedure", procedure.id) for procedure in item.special_procedures)
    yield from (("step", step.id) for step in steps_of(item.flow))


def _limits(item: Item) -> Iterator[str]:
    limits = item.limits
    yield from (name for name in ("statutory", "promised") if getattr(limits, name) is not None)
    if limits.statutory is not None and limits.statutory.extension is not None:
        yield "extension"
    yield from ("correction_notice", "correction")
    if any(step.kind == "decide" for step in steps_of(item.flow)):
        yield "delivery"
        if limits.post_check is not None or (item.commitment is not None and item.commitment.post_check is not None):
            yield "post_check"
    yield from (f"step {step.id}" for step in steps_of(item.flow) if step.within is not None)
    yield from dict.fromkeys(f"defer {use.material}" for use in item.materials if use.defer is not None)


def _conditions(item: Item) -> Iterator[tuple[str, Condition | None]]:
    yield from ((f"material {use.material}", use.when) for use in item.materials)
    yield from ((f"step {step.id}", step.when) for step in steps_of(item.flow))
    if item.commitment is not None:
        yield "commitment", item.commitment.when


def _theme_points(theme: Theme) -> Iterator[Point]:
    if theme.promised is not None:
        yield "limit", "promised"
    if theme.joint_cap is not None:
        yield "limit", "joint_cap"
    yield from (("limit", "correction_notice"), ("limit", "correction"))
    for name, condition in _theme_conditions(theme):
        if condition is not None:
            yield from (("condition", f"{name} = true"), ("condition", f"{name} = false"))
    yield "outcome", "closed"
    yield from (("item", entry.item) for entry in theme.items)
    yield from (("visit", visit.id) for visit in theme.joint.visits)


def _theme_conditions(theme: Theme) -> Iterator[tuple[str, Condition | None]]:
    for entry in theme.items:
        yield f"item {entry.item}", entry.when
        yield f"item {entry.item} held", entry.held_when


# --- what happened ---------------------------------------------------------------------------------------------


@dataclass
class _Watcher:
    """Reads one case's events and notes the points that they exercise."""

    catalog: Catalog
    played: Played
    seen: dict[str, set[Point]]
    tasks: dict[str, events.TaskOpened] = field(default_factory=dict)
    running: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.played.code

    def watch(self, history: Iterable[EventView]) -> None:
        for event in history:
            self.note(events.fact_of(event.type, event.body))

    def note(self, fact: AnyFact) -> None:
        match fact:
            case events.Applied():
                self._applied(fact)
            case events.ClockStarted():
                self._clock_started(fact)
            case events.TaskOpened(task=id):
                self.tasks[id] = fact
            case events.TaskCompleted(task=id):
                self._completed(self.tasks[id])
            case events.Delivered(items=codes):
                self._case_steps(codes, ("deliver",))
            case _:
                self._noted(fact)

    def _noted(self, fact: AnyFact) -> None:
        """Facts that are a point by themselves."""
        match fact:
            case events.ClocksExtended(item=code):
                self.add(code, "limit", "extension")
            case events.ClocksResumed(item=str() as code, procedure=procedure):
                self.add(code, "procedure", procedure)
            case events.ItemDecided(item=code, outcome=outcome):
                self.add(code, "outcome", outcome)
            case events.ItemStarted(item=code) | events.ItemVerified(item=code):
                self.add(self.code, "item", code)
            case events.Closed():
                self.add(self.code, "outcome", "closed")

    def add(self, owner: str, kind: Kind, name: str) -> None:
        self.seen.setdefault(owner, set()).add((kind, name))

    def add_condition(self, owner: str, name: str, condition: Condition | None, answers: Answers) -> None:
        if condition is not None:
            with suppress(UnknownFact):  # an unanswered question decides nothing
                self.add(owner, "condition", f"{name} = {'true' if holds(condition, answers) else 'false'}")

    def _applied(self, fact: events.Applied) -> None:
        self.running = tuple(code for code, (mode, _) in fact.items.items() if mode == Mode.RUN)
        for code in self.running:
            item = self.catalog.items[code]
            for name, condition in _conditions(item):
                self.add_condition(code, name, condition, fact.answers)
            for use in item.materials:
                if self.catalog.materials[use.material].code in fact.materials:
                    self.add(code, "material", use.material)
        if self.code in self.catalog.themes:
            for name, condition in _theme_conditions(self.catalog.themes[self.code]):
                self.add_condition(self.code, name, condition, fact.answers)

    def _clock_started(self, fact: events.ClockStarted) -> None:
        id, owner = ClockId.of(fact.clock), fact.item or self.code
        if fact.kind == "step":
            self.add(owner, "limit", f"step {id.part}")
        elif fact.kind == "gap":
            for code in self.running:
                self.add(code, "limit", f"defer {id.owner}")
        else:
            self.add(owner, "limit", fact.kind)

    def _completed(self, task: events.TaskOpened) -> None:
        if task.joint is not None:
            self.add(self.code, "visit", task.joint)
        if task.kind == "accept":
            self._case_steps(self.running, ("receive", "accept"))
        elif task.kind == "post_check" and task.item is not None:
            self._case_steps((task.item,), ("post_check",))
        info = self.played.elements[task.element]
        if info.step is not None and info.item is not None and task.kind != "notice":
            self.add(info.item, "step", info.step.id)

    def _case_steps(self, codes: Iterable[str], kinds: tuple[str, ...]) -> None:
        """Steps that the process handles for the whole case (one acceptance, one hand-out) count for each of its items."""
        for code in codes:
            for step in steps_of(self.catalog.items[code].flow):
                if step.kind in kinds:
                    self.add(code, "step", step.id)
