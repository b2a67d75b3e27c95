"""What a case is about: its pinned definition, compiled, with everything the rules ask of it looked up once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from govflow.compiler import ElementInfo, Purpose
from govflow.engine import process as executor
from govflow.engine.case import CaseState
from govflow.engine.definitions import elements
from govflow.engine.definitions.elements import ElementTable, Flag, Steps
from govflow.language.conditions import holds
from govflow.language.model import Catalog, Item, Question, Theme, steps_of
from govflow.plan import terms
from govflow.text import Text
from govflow.vocabulary import ItemStatus, Mode, Outcome


@dataclass(frozen=True, slots=True)
class CompiledDefinition:
    """A definition ready to run. An item alone is handled as a theme of one item."""

    ref: str
    kind: str
    digest: str
    name: Text
    theme: Theme
    catalog: Catalog
    process: executor.Process
    questions: Mapping[str, Question]
    steps: Steps
    table: ElementTable
    timers: Mapping[tuple[str, str | None], Mapping[str | None, tuple[ElementInfo, ...]]]

    @property
    def elements(self) -> Mapping[str, ElementInfo]:
        """What each element of the process is, by id."""
        return self.table.elements

    def item(self, code: str) -> Item:
        """The item with this code."""
        return self.catalog.items[code]

    def region(self, code: str | None) -> str | None:
        """The region whose calendar counts for an item; for the case as a whole, the lead department's."""
        owner = self.theme.lead if code is None else self.item(code).department
        department = self.catalog.departments.get(owner)
        return department.region if department is not None else None

    def code_of(self, ref: str) -> str | None:
        """The code of an item of this case, by code or slug; None if it is no part of it."""
        return next((e.item for e in self.theme.items if ref in (e.item, self.catalog.items[e.item].slug)), None)

    def dependants(self, code: str) -> Iterator[str]:
        """Items that, directly or not, need the result of this one."""
        waiting, seen = [code], {code}
        while waiting:
            current = waiting.pop()
            for entry in self.theme.items:
                if current in entry.after and entry.item not in seen:
                    seen.add(entry.item)
                    waiting.append(entry.item)
                    yield entry.item

    def joint_visit(self, item: str | None, element: str) -> str | None:
        """The joint visit 联合踏勘 that this element belongs to, if any."""
        info = self.elements[element]
        if item is None or info.purpose is not Purpose.STEP or info.step is None or info.step.kind != "visit":
            return None
        return next((visit.id for visit in self.theme.joint.visits if item in visit.items), None)

    def flags(self, state: CaseState, outcome: str = "") -> list[str]:
        """The named conditions of the process that hold at this moment, in order; the process only looks them up."""
        return [name for name, flag in self.table.flags.items() if self._holds(flag, state, outcome)]

    def _holds(self, flag: Flag, state: CaseState, outcome: str) -> bool:
        code, means = flag.item, flag.means
        if code is None:
            return outcome == means
        item = state.items[code]
        match means:
            case "run" | "verify":
                return item.mode == means and item.state == ItemStatus.WAITING
            case "granted":
                return item.outcome == Outcome.APPROVE
            case "commit":
                return terms.committed(self.item(code), state.answers)
            case "post_check":
                if item.outcome != Outcome.APPROVE or item.mode != Mode.RUN:
                    return False
                definition = self.item(code)
                return terms.post_check(definition, terms.committed(definition, state.answers)) is not None
            case _:
                when = self.steps[code, str(flag.step)].when
                return when is not None and holds(when, state.answers)


def compiled_from(ref: str, catalog: Catalog, digest: str, xml: bytes, stored: str | None = None) -> CompiledDefinition:
    """What a case needs of a closed catalog, looked up once; `ref` is the code of a theme or of an item.

    Args:
        xml: the BPMN that the case runs.
        stored: the table of its elements as the database has it; without one it is made by the present compiler.

    Raises:
        StoreError: the table cannot be read, or the present compiler does not make some element of the BPMN.
    """
    if ref in catalog.themes:
        kind, theme = "theme", catalog.themes[ref]
    else:
        kind, theme = "item", terms.theme_of_one(catalog.items[ref])
    steps = {(e.item, step.id): step for e in theme.items for step in steps_of(catalog.items[e.item].flow)}
    questions = {q.id: q for e in reversed(theme.items) for q in catalog.items[e.item].questions}
    questions |= {q.id: q for q in theme.questions}
    if stored is None:
        table = elements.table_of_file(elements.table_of(ref, catalog, theme, steps), executor.nodes(xml), digest)
    else:
        table = elements.read(stored, steps, digest)
    process = executor.compile_process(xml)
    return CompiledDefinition(
        ref, kind, digest, theme.name, theme, catalog, process, questions, steps, table, _timers(table)
    )


def _timers(table: ElementTable) -> dict[tuple[str, str | None], dict[str | None, tuple[ElementInfo, ...]]]:
    """The timer events by the kind and the item of the clock that they show, then by the element they hang on."""
    found: dict[tuple[str, str | None], dict[str | None, tuple[ElementInfo, ...]]] = {}
    for info in table.elements.values():
        if info.clock is not None:
            hosts = found.setdefault((info.clock, info.item), {})
            hosts[info.host] = (*hosts.get(info.host, ()), info)
    return found
