"""One case from application to archive on a simulated clock, through the engine's public API like any portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from govflow.engine import case_clocks
from govflow.engine.api import Engine
from govflow.engine.views import CaseView, ClockView, TaskView
from govflow.errors import InvalidInput
from govflow.language.model import Catalog
from govflow.law import clocks
from govflow.law.clocks import SHANGHAI, Ledger, Limit
from govflow.text import Lang, Text
from govflow.vocabulary import ClockStatus, MaterialStatus, Mode, Role

OPINIONS = {
    "review": Text("材料真实有效，符合条件", "documents in order"),
    "consult": Text("无异议", "no objection"),
    "visit": Text("现场符合要求", "premises in order"),
    "test": Text("检测合格", "test passed"),
    "expert_review": Text("专家组同意", "experts agree"),
    "hearing": Text("听证无异议", "hearing without objection"),
    "publicise": Text("公示期满无异议", "no objection in the period"),
    "decide": Text("同意", "agreed"),
    "verify": Text("数据一致", "data agree"),
    "notice": Text("已书面告知所需时间", "told in writing how long it takes"),
    "post_check": Text("与承诺一致", "as committed"),
}

LONGEST = timedelta(days=800)


@dataclass(frozen=True, slots=True)
class Story:
    """How fast people work in the simulation, and whose promise is missed."""

    start: datetime
    supplement_after: Limit
    pace: Limit
    visit_after: Limit
    late: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)


def story_from(data: Mapping[str, Any]) -> Story:
    """The `story` part of an application file; raises InvalidInput naming the wrong field."""
    try:
        return Story(
            start=datetime.fromisoformat(str(data.get("start", "2025-03-03 09:00"))).replace(tzinfo=SHANGHAI),
            supplement_after=Limit.parse(str(data.get("supplement_after", "7 working hours"))),
            pace=Limit.parse(str(data.get("pace", "3 working hours"))),
            visit_after=Limit.parse(str(data.get("visit_after", "7 working hours"))),
            late=tuple(data.get("late", ())), slow=tuple(data.get("slow", ())), people=dict(data.get("people", {})),
        )  # fmt: skip
    except ValueError as fault:
        raise InvalidInput(Text(f"story 有误：{fault}", f"story: {fault}"), field="story") from fault


@dataclass
class Simulation:
    """The people of the story at work. `now` is the only clock; it goes from event to event."""

    engine: Engine
    catalog: Catalog
    story: Story
    application: Mapping[str, Any]
    now: datetime
    lang: Lang = Lang.ZH
    planned: dict[str, datetime] = field(default_factory=dict)
    case: str = ""
    late: str | None = None
    slow: str | None = None

    def run(self, answers: Mapping[str, Any], drop: Sequence[str]) -> CaseView:
        """Apply, then work until nothing is open; returns the closed case."""
        a = self.application
        view = self.engine.apply(
            a["theme"], applicant=a["applicant"], answers=answers, materials=self._given(answers, drop),
            channel=a.get("channel", "online"), actor=a.get("actor", "applicant:demo"), key=a.get("key"), drop=drop,
        )  # fmt: skip
        self.case = view.id
        running = [item.item for item in view.items if item.mode == Mode.RUN]
        self.late = next((code for code in self.story.late if code in running), None)
        self.slow = next((code for code in self.story.slow if code in running and code != self.late), None)
        last = self.now + LONGEST
        while view.closed is None and self.now < last:
            view = self._next(view)
        return view

    def _given(self, answers: Mapping[str, Any], drop: Sequence[str]) -> list[str]:
        """The application's materials that this variant of it still asks for."""
        asked = self.engine.required(self.application["theme"], answers, drop)
        return [code for code in self.application["materials"] if code in asked]

    def _next(self, view: CaseView) -> CaseView:
        """The next thing that happens: a clock that wakes, or somebody who finishes a task."""
        for task in view.open_tasks:
            self.planned.setdefault(task.id, self._when(task, view))
        due = [(self.planned[t.id], t.id, t) for t in view.open_tasks]
        wake = [w for c in view.clocks if c.state == ClockStatus.RUNNING for w in self._wakes(c)]
        act = min(due, default=None)
        expiry = min(wake, default=None)
        if act is None or (expiry is not None and expiry <= act[0]):
            self.now = max(self.now, expiry or self.now)
            self.engine.sweep()
        else:
            self.now = max(self.now, act[0])
            self.engine.sweep()
            self._act(act[2])
        return self.engine.case(self.case)

    def _wakes(self, clock: ClockView) -> list[datetime]:
        """The instants after now at which this clock warns or expires."""
        expiry = case_clocks.after(clock.due_at) if clock.due_at else None
        return [case_clocks.parse(at) for at in (clock.warn_at, expiry) if at and at > case_clocks.utc(self.now)]

    def _when(self, task: TaskView, view: CaseView) -> datetime:
        """When the one in charge will have done it."""
        opened = case_clocks.parse(task.opened_at)
        if task.kind == "supplement":
            return self._later(opened, self.story.supplement_after)
        if task.kind == "post_check":
            return self._later(opened, Limit.parse("35 working hours"))
        if task.kind in ("visit", "test", "expert_review", "hearing", "publicise"):
            return self._later(opened, self.story.visit_after)
        if task.kind == "decide" and task.item in (self.late, self.slow):
            return max(self._later(opened, self.story.pace), self._at_the_limit(task, view))
        return self._later(opened, self.story.pace)

    def _at_the_limit(self, task: TaskView, view: CaseView) -> datetime:
        """The promised day in the afternoon for the slow one, the workday after it for the late one."""
        clock = next((c for c in view.clocks if c.item == task.item and c.kind == "promised"), None)
        if clock is None or clock.due_at is None:
            return self.now
        end = case_clocks.parse(clock.due_at)
        if task.item == self.slow:
            return end.astimezone(SHANGHAI).replace(hour=15, minute=0, second=0, microsecond=0)
        return self._later(end, self.story.pace)

    def _later(self, start: datetime, by: Limit) -> datetime:
        found = clocks.due(Ledger(start, by), self.engine.calendar).at
        return start if found is None else found

    def _act(self, task: TaskView) -> None:
        if task.kind == "accept":
            self._accept(task)
        elif task.kind == "supplement":
            missing = [m.material for m in self.engine.case(self.case).materials if m.status == MaterialStatus.MISSING]
            self.engine.supplement(self.case, materials=missing, actor=str(self.application.get("actor")))
        elif self.engine.is_open(task.id):
            role = "/head" if task.role == Role.HEAD else ""
            self.engine.complete(task.id, actor=self._actor(task.department, role), outcome="approve",
                                 opinion=OPINIONS.get(task.kind, Text("")).text(self.lang))  # fmt: skip

    def _accept(self, task: TaskView) -> None:
        missing = [m.material for m in self.engine.case(self.case).materials if m.status == MaterialStatus.MISSING]
        actor = self._actor(task.department, "")
        if missing:
            self.engine.ask_correction(self.case, missing=missing, actor=actor)
        else:
            self.engine.complete(task.id, actor=actor, outcome="accept")

    def _actor(self, department: str | None, role: str) -> str:
        return f"{department}{role}:{self.story.people.get(str(department), '经办人')}"
