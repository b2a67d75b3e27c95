"""People who act on cases by chance: each picks what could be done now, sometimes what must be refused."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import govflow
from govflow import GovflowError
from govflow.engine.views import CaseView, ItemView, TaskView
from govflow.language.model import Item, Question
from tests.cases import COMPANY, PERSON

Call = Callable[[], object]

STAFF_OUTCOMES = {
    "accept": (("accept", 20), ("refuse", 1)),
    "decide": (("approve", 8), ("refuse", 1)),
    "verify": (("approve", 6), ("refuse", 1)),
}
OPINIONS = (("approve", 12), ("done", 4), ("object", 2), ("refuse", 1))
EXTENSIONS = ("1 workday", "3 workdays", "10 workdays", "5 natural days", "1 month")
PLAIN, WRONG = False, True


@dataclass(frozen=True)
class Act:
    """Something that somebody can try: a command by name, and whether it must be refused."""

    name: str
    call: Call
    wrong: bool = PLAIN


@dataclass
class People:
    """Everybody who has to do with the cases of one engine."""

    rng: random.Random
    engine: govflow.Engine
    done: dict[str, str] = field(default_factory=dict)
    willing: bool = False
    """Whether everybody does what brings a case to its end, and nothing else."""

    @property
    def catalog(self) -> govflow.Catalog:
        """What can be applied for."""
        return self.engine.catalog

    # --- applying ----------------------------------------------------------------------------------------------

    def application(self, ref: str) -> dict[str, Any]:
        """The arguments of an application, complete or not, with random answers that leave something to be done."""
        theme = self.catalog.themes.get(ref)
        items = [self.catalog.items[i.item] for i in theme.items] if theme else [self.catalog.items[ref]]
        asked = [*(theme.questions if theme else ()), *(q for i in items for q in i.questions)]
        drop: list[str] = []
        while True:
            answers = {q.id: self._answer(q) for q in asked if q.default is None or self.rng.random() < 0.7}
            if theme and len(items) > 2 and self.rng.random() < 0.2:
                drop = [self.rng.choice(items).code]
            try:
                listed = self.engine.required(ref, answers, drop)
            except GovflowError:
                continue  # nothing is left to do for these answers
            share = self.rng.choice([0, 0.3, 0.8, 1, 1])
            person = any("自然人" in item.audience for item in items)
            return {
                "ref": ref, "applicant": PERSON if person else COMPANY, "answers": answers, "drop": drop,
                "materials": [m for m in listed if self.rng.random() < share], "actor": "applicant:chen",
                "channel": self.rng.choice(["online", "window"]),
            }  # fmt: skip

    def _answer(self, question: Question) -> Any:
        if question.kind == "boolean":
            return self.rng.random() < 0.5
        if question.kind == "number":
            low = 0 if question.minimum is None else int(question.minimum)
            high = low + 3000 if question.maximum is None else int(question.maximum)
            return self.rng.randint(low, min(high, low + 3000))
        if question.kind == "choice":
            return self.rng.choice([key for key, _ in question.options])
        return "2025-01-01" if question.kind == "date" else "甲"

    # --- acting ------------------------------------------------------------------------------------------------

    def act(self, view: CaseView, wrong: float = 0.08) -> Act | None:
        """One thing that somebody tries on this case now; None if there is nothing to do."""
        if not self.willing and self.rng.random() < wrong:
            return self._wrong(view)
        found: list[tuple[float, Act]] = []
        for task in view.open_tasks:
            found += self._on_task(view, task)
        for item in view.items:
            found += self._on_item(view, item)
        found += self._on_case(view)
        if not found:
            return None
        return self.rng.choices([act for _, act in found], [weight for weight, _ in found])[0]

    def officer(self, task: TaskView) -> str:
        """Somebody who may do this task; whoever has claimed it."""
        if task.assignee is not None:
            return task.assignee
        if task.role == "applicant":
            return "applicant:chen"
        role = self.rng.choice(["", f"/{task.role}", "/head"])
        return f"{task.department}{role}:{self.rng.choice(['li', 'wang'])}"

    def _pick(self, weighted: tuple[tuple[str, int], ...]) -> str:
        return self.rng.choices([word for word, _ in weighted], [weight for _, weight in weighted])[0]

    def _on_task(self, view: CaseView, task: TaskView) -> list[tuple[float, Act]]:
        engine, who, case = self.engine, self.officer(task), view.id
        missing = _missing(view)
        if task.kind == "supplement":
            if view.channel == "window" and not self.willing:
                return []  # those who came to the window never come back
            return [(6, Act("supplement", lambda: engine.supplement(case, materials=missing, actor="applicant:chen")))]
        found: list[tuple[float, Act]] = []
        if task.kind == "accept" and missing:
            found.append((40, Act("ask_correction", lambda: engine.ask_correction(case, missing=missing, actor=who))))
        outcome = self._pick(STAFF_OUTCOMES.get(task.kind, OPINIONS))
        complete = Act(
            "complete", lambda: engine.complete(task.id, actor=who, outcome=outcome, opinion="意见", data={"n": 1})
        )
        found.append((10, complete))
        if self.willing:
            return found
        if task.assignee is None:
            found.append((1, Act("claim", lambda: engine.claim(task.id, actor=who))))
        else:
            found.append((1, Act("release", lambda: engine.release(task.id, actor=who))))
        return found

    def _on_item(self, view: CaseView, item: ItemView) -> list[tuple[float, Act]]:
        engine, case, code = self.engine, view.id, item.item
        definition, who = self.catalog.items[code], f"{item.department}/head:zhao"
        if item.state == "suspended":
            return [
                (4, Act("resume", lambda: engine.resume(case, item=code, actor=who, procedure=self._stop(view, code))))
            ]
        if item.state != "reviewing" or self.willing:
            return []
        by, found = self.rng.choice(EXTENSIONS), []
        found.append((0.7, Act("extend", lambda: engine.extend(case, item=code, by=by, actor=who, reason="案情复杂"))))
        if definition.special_procedures:
            procedure = self.rng.choice(definition.special_procedures).id
            suspend = Act(
                "suspend", lambda: engine.suspend(case, item=code, procedure=procedure, actor=who, reason="需要时间")
            )
            found.append((1.2, suspend))
        return found

    def _stop(self, view: CaseView, item: str) -> str | None:
        """A procedure for which a clock of the item stands still; None if none of its clocks says so."""
        open_stops = [s[3] for c in view.clocks if c.item == item for s in c.suspensions if s[1] is None]
        return self.rng.choice(open_stops) if open_stops else None

    def _on_case(self, view: CaseView) -> list[tuple[float, Act]]:
        engine, case = self.engine, view.id
        withdraw = Act("withdraw", lambda: engine.withdraw(case, actor="applicant:chen", reason="不办了"))
        found = [(0.12, withdraw)] if _is_undecided(view) and not self.willing else []
        gaps = _missing(view)
        if gaps and view.accepted:
            hand_in = Act("supplement", lambda: engine.supplement(case, materials=gaps, actor="applicant:chen"))
            found.append((2, hand_in))
        return found

    # --- what must be refused ----------------------------------------------------------------------------------

    def _wrong(self, view: CaseView) -> Act:
        engine, case = self.engine, view.id
        item = self.rng.choice(view.items).item
        calls: list[Call] = [
            lambda: engine.complete(f"{case}.999", actor="D01:li", outcome="approve"),
            lambda: engine.case("2025-nothing"),
            lambda: engine.withdraw(case, actor="applicant:chen", reason=" "),
            lambda: engine.withdraw(case, actor="nobody", reason="x"),
            lambda: engine.supplement(case, materials=["M999"], actor="applicant:chen"),
            lambda: engine.suspend(case, item="I999", procedure="hearing", actor="D01:li", reason="x"),
            lambda: engine.suspend(case, item=item, procedure="tea", actor=self._of(item, "head"), reason="x"),
            lambda: engine.extend(case, item=item, by="0 workdays", actor=self._of(item, "head"), reason="x"),
            lambda: engine.extend(case, item=item, by="3 workdays", actor=self._of(item, "window"), reason="x"),
            lambda: engine.extend(case, item=item, by="soon", actor=self._of(item, "head"), reason="x"),
            lambda: engine.resume(case, item=item, actor=self._of(item, "head"), procedure="tea"),
            lambda: engine.ask_correction(case, missing=[], actor="D01:li"),
        ]
        if view.id in self.done:
            again = self.done[view.id]
            calls += [lambda: engine.complete(again, actor="D01:li", outcome="approve")] * 3
        for task in view.open_tasks[:2]:
            calls += self._wrong_on(task)
        return Act("wrong", self.rng.choice(calls), WRONG)

    def _wrong_on(self, task: TaskView) -> list[Call]:
        engine, who = self.engine, self.officer(task)
        return [
            lambda: engine.complete(task.id, actor=who, outcome="perhaps"),
            lambda: engine.complete(task.id, actor=who, outcome="refuse", opinion=" "),
            lambda: engine.complete(task.id, actor="system:calendar", outcome="approve"),
            lambda: engine.claim(task.id, actor="D98:li"),
            lambda: engine.release(task.id, actor="D01:somebody"),
        ]

    def _of(self, item: str, role: str) -> str:
        return f"{self.catalog.items[item].department}/{role}:sun"


def refs(catalog: govflow.Catalog) -> list[str]:
    """Everything that can be applied for: each theme and each item on its own."""
    return [*(theme.code for theme in catalog.themes.values()), *(item.code for item in catalog.items.values())]


def stated(item: Item) -> Mapping[str, bool]:
    """Which of the two limits of a decision an item has."""
    return {"promised": item.limits.promised is not None, "statutory": item.limits.statutory is not None}


def _missing(view: CaseView) -> list[str]:
    return [m.material for m in view.materials if m.status == "missing"]


def _is_undecided(view: CaseView) -> bool:
    return view.state in ("received", "correcting", "reviewing")
