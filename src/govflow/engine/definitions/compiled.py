"""What a case is about: its pinned definition, compiled, with everything the rules ask of it looked up once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from govflow import compiler
from govflow.compiler.timers import ncname
from govflow.engine import process as spiff
from govflow.engine.case import CaseState
from govflow.language.conditions import holds
from govflow.language.model import Catalog, Item, Question, Step, Theme, steps_of
from govflow.plan import terms
from govflow.text import Text


@dataclass(frozen=True, slots=True)
class Subject:
    """A definition ready to run. An item alone is handled as a theme of one item."""

    ref: str
    kind: str
    digest: str
    name: Text
    theme: Theme
    catalog: Catalog
    process: spiff.Process
    elements: Mapping[str, compiler.ElementInfo]
    questions: Mapping[str, Question]
    steps: Mapping[tuple[str, str], Step]
    flag_names: frozenset[str]
    timers: Mapping[tuple[str, str | None], Mapping[str | None, tuple[compiler.ElementInfo, ...]]]

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
        info = self.elements.get(element)
        if item is None or info is None or info.step is None or info.step.kind != "visit" or is_notice(info):
            return None
        return next((visit.id for visit in self.theme.joint.visits if item in visit.items), None)

    def flags(self, state: CaseState, outcome: str = "") -> dict[str, bool]:
        """The named choices of the process at this moment; the BPMN engine only looks them up."""
        flags = {"outcome_accept": outcome == "accept", "outcome_correct": outcome == "correct"}
        for entry in self.theme.items:
            code, current = entry.item, state.items[entry.item]
            open_to_start = current.state == "waiting"
            granted = current.outcome == "approve"
            item = self.item(code)
            commitment = terms.committed(item, state.answers)
            checked = granted and current.mode == "run" and terms.post_check(item, commitment) is not None
            flags[f"run_{code}"] = current.mode == "run" and open_to_start
            flags[f"verify_{code}"] = current.mode == "verify" and open_to_start
            flags[f"commit_{code}"] = commitment
            flags[f"granted_{code}"] = granted
            flags[f"post_check_{code}"] = checked
        for (code, id), step in self.steps.items():
            if step.when is not None:
                flags[f"when_{code}_{ncname(id)}"] = holds(step.when, state.answers)
        return flags


def subject_from(ref: str, catalog: Catalog, digest: str, xml: bytes) -> Subject:
    """Compile what a case needs from a closed catalog; `ref` is the code of a theme or of an item."""
    if ref in catalog.themes:
        kind, theme = "theme", catalog.themes[ref]
    else:
        kind, theme = "item", terms.theme_of_one(catalog.items[ref])
    steps = {(e.item, step.id): step for e in theme.items for step in steps_of(catalog.items[e.item].flow)}
    questions = {q.id: q for e in reversed(theme.items) for q in catalog.items[e.item].questions}
    questions |= {q.id: q for q in theme.questions}
    elements = compiler.elements(ref, catalog)
    return Subject(ref, kind, digest, theme.name, theme, catalog, spiff.compile_process(xml), elements, questions, steps,
                   _flag_names(theme, steps), _timers(elements.values()))  # fmt: skip


def _timers(
    elements: Iterable[compiler.ElementInfo],
) -> dict[tuple[str, str | None], dict[str | None, tuple[compiler.ElementInfo, ...]]]:
    """The timer events by the kind and the item of the clock that they show, then by the element they hang on."""
    found: dict[tuple[str, str | None], dict[str | None, tuple[compiler.ElementInfo, ...]]] = {}
    for info in elements:
        if info.clock is not None:
            hosts = found.setdefault((info.clock, info.item), {})
            hosts[info.host] = (*hosts.get(info.host, ()), info)
    return found


def _flag_names(theme: Theme, steps: Mapping[tuple[str, str], Step]) -> frozenset[str]:
    words = ("run", "verify", "commit", "granted", "post_check")
    names = {f"{word}_{entry.item}" for entry in theme.items for word in words}
    names |= {f"when_{code}_{ncname(id)}" for (code, id), step in steps.items() if step.when is not None}
    return frozenset(names | {"outcome_accept", "outcome_correct"})


def is_notice(info: compiler.ElementInfo) -> bool:
    """Whether this is the task that tells the applicant how long a special procedure takes, not the procedure itself."""
    return info.step is not None and info.id == f"t_{info.item}_{ncname(info.step.id)}_notice"
