"""What a case is about: its pinned definition, compiled, with everything the rules ask of it looked up once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from govflow import compiler
from govflow.compiler.timers import ncname
from govflow.engine import process as spiff
from govflow.engine.case import CaseState
from govflow.language.conditions import holds
from govflow.language.model import (
    Catalog,
    CorrectionRule,
    Item,
    Joint,
    Question,
    Step,
    Theme,
    ThemeItem,
    steps_of,
)
from govflow.law.clocks import Limit
from govflow.text import Text

NOTICE = Limit.parse("5 workdays")
"""行政许可法 art. 32: everything missing is told at once within five days of receipt."""

CORRECTION = CorrectionRule(Limit.parse("10 workdays"), "withdrawn")


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

    def notice_limit(self) -> Limit:
        """How long the authority has to say what is missing: the theme's own limit, else the shortest of its items."""
        if self.theme.correction_notice is not None:
            return self.theme.correction_notice
        limits = [self.item(e.item).limits.correction_notice for e in self.theme.items]
        same = [limit for limit in limits if limit.unit == NOTICE.unit]
        return min(same, key=lambda limit: limit.value, default=NOTICE)

    def correction_rule(self) -> CorrectionRule:
        """How long the applicant has to supply what is missing: the theme's own rule, else the longest of its items."""
        if self.theme.correction is not None:
            return self.theme.correction
        rules = [self.item(e.item).limits.correction for e in self.theme.items]
        same = [rule for rule in rules if rule.within.unit == CORRECTION.within.unit]
        return max(same, key=lambda rule: rule.within.value, default=CORRECTION)

    def joint_visit(self, item: str | None, element: str) -> str | None:
        """The joint visit 联合踏勘 that this element belongs to, if any."""
        info = self.elements.get(element)
        if item is None or info is None or info.step is None or info.step.kind != "visit" or is_notice(info):
            return None
        return next((visit.id for visit in self.theme.joint.visits if item in visit.items), None)

    def post_check(self, code: str, state: CaseState) -> Limit | None:
        """The post-check limit 事后核查 that applies to the granted item in this case."""
        item = self.item(code)
        if item.commitment is not None and self.committed(code, state):
            return item.commitment.post_check
        return item.limits.post_check.within if item.limits.post_check is not None else None

    def committed(self, code: str, state: CaseState) -> bool:
        """Whether the applicant chose notification and commitment 告知承诺 for this item."""
        commitment = self.item(code).commitment
        return commitment is not None and commitment.when is not None and holds(commitment.when, state.answers)

    def flags(self, state: CaseState, outcome: str = "") -> dict[str, bool]:
        """The named choices of the process at this moment; the BPMN engine only looks them up."""
        flags = {"outcome_accept": outcome == "accept", "outcome_correct": outcome == "correct"}
        for entry in self.theme.items:
            code, current = entry.item, state.items[entry.item]
            open_to_start = current.state == "waiting"
            granted = current.outcome == "approve"
            flags[f"run_{code}"] = current.mode == "run" and open_to_start
            flags[f"verify_{code}"] = current.mode == "verify" and open_to_start
            flags[f"commit_{code}"] = self.committed(code, state)
            flags[f"granted_{code}"] = granted
            flags[f"post_check_{code}"] = granted and current.mode == "run" and self.post_check(code, state) is not None
        for (code, id), step in self.steps.items():
            if step.when is not None:
                flags[f"when_{code}_{ncname(id)}"] = holds(step.when, state.answers)
        return flags


def subject_from(ref: str, catalog: Catalog, digest: str, xml: bytes) -> Subject:
    """Compile what a case needs from a closed catalog; `ref` is the code of a theme or of an item."""
    if ref in catalog.themes:
        kind, theme = "theme", catalog.themes[ref]
    else:
        kind, theme = "item", alone(catalog.items[ref])
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


def alone(item: Item) -> Theme:
    """An item on its own, as a theme of one."""
    return Theme(
        code=item.code, slug=item.slug, name=item.name, audience="enterprise", lead=item.department, questions=(),
        items=(ThemeItem(item.code),), joint=Joint(), promised=None, joint_cap=None,
        correction_notice=item.limits.correction_notice, correction=item.limits.correction, file=item.file,
    )  # fmt: skip
