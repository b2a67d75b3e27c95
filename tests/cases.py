"""Help for tests of running cases: a catalog read once, an engine on a clock that tests turn, people who act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import govflow
from govflow.engine.views import CaseView, TaskView
from govflow.law.clocks import SHANGHAI

ROOT = Path(__file__).resolve().parent.parent
COMPANY = {"kind": "企业法人", "name": "示范市江畔小馆餐饮有限公司", "id": "91421300MAXX884166"}
PERSON = {"kind": "自然人", "name": "陈江", "id": "11010519491231002X"}
ANSWERS = {
    "has_licence": False,
    "premises_area": 420,
    "sells_tobacco": True,
    "large_signboard": True,
    "drains_to_network": True,
}
MATERIALS = ("M03", "M07", "M11", "M14", "M16", "M17", "M04", "M05", "M06", "M08", "M09", "M12", "M13", "M15", "M18")


@lru_cache
def catalog() -> govflow.Catalog:
    """The definitions of this repository."""
    return govflow.load(ROOT / "definitions").catalog


@dataclass
class Watch:
    """A clock that stands where the test puts it; Beijing time."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment

    def at(self, text: str) -> datetime:
        """Go to this local time, e.g. `2025-03-03 09:00`."""
        self.moment = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
        return self.moment

    def forward(self, **span: float) -> datetime:
        """Go on by days, hours, minutes."""
        self.moment += timedelta(**span)
        return self.moment


def watch(text: str = "2025-03-03 09:00") -> Watch:
    """A clock at this local time."""
    found = Watch(datetime(2025, 3, 3, tzinfo=SHANGHAI))
    found.at(text)
    return found


def apply_for(engine: govflow.Engine, ref: str = "open-restaurant", **changes: Any) -> CaseView:
    """A complete application for the restaurant, or with some arguments changed."""
    arguments: dict[str, Any] = {
        "applicant": COMPANY, "answers": ANSWERS, "materials": MATERIALS, "actor": "applicant:chen", **changes,
    }  # fmt: skip
    return engine.apply(ref, **arguments)


def accepted(engine: govflow.Engine, **changes: Any) -> CaseView:
    """A case just after its unified acceptance."""
    view = apply_for(engine, **changes)
    return engine.complete(view.open_tasks[0].id, actor="D01:wang", outcome="accept")


def act(engine: govflow.Engine, task: TaskView, outcome: str = "approve", opinion: str = "同意") -> CaseView:
    """Complete a task as somebody of its department."""
    who = "applicant:chen" if task.role == "applicant" else f"{task.department}:officer"
    return engine.complete(task.id, actor=who, outcome="accept" if task.kind == "accept" else outcome, opinion=opinion)


def task_of(view: CaseView, item: str | None, kind: str) -> TaskView:
    """The open task of an item with this kind."""
    return next(t for t in view.open_tasks if t.item == item and t.kind == kind)


def finish_item(engine: govflow.Engine, view: CaseView, item: str) -> CaseView:
    """Complete every task of one item until it has none open."""
    while mine := [t for t in view.open_tasks if t.item == item]:
        view = act(engine, mine[0])
    return view


def finish(engine: govflow.Engine, view: CaseView) -> CaseView:
    """Complete every open task until the case is closed."""
    while view.open_tasks:
        view = act(engine, view.open_tasks[0])
    return view


def types(engine: govflow.Engine, case: str) -> list[str]:
    """The event types of a case in order."""
    return [event.type for event in engine.history(case)]


def states(view: CaseView) -> Mapping[str, str]:
    """Item code to state."""
    return {item.item: item.state for item in view.items}
