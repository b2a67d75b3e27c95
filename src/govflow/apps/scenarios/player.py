"""A scenario's steps on a real engine: who acts, on which task, with which of the engine's commands.

The clock stands where the scenario says. Everything happens in one transaction that is rolled back at the end, so that
no scenario sees another one's cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from govflow import plan
from govflow.apps.scenarios.records import Scenario, ScenarioStep
from govflow.compiler import ElementInfo
from govflow.engine.api import Engine
from govflow.engine.views import CaseView, EventView, TaskView
from govflow.errors import InvalidInput, NotFound
from govflow.language.lookup import find_item
from govflow.language.model import Catalog, Item, Question, Theme
from govflow.plan import terms
from govflow.text import Lang, Text, joined
from govflow.vocabulary import MaterialStatus, Outcome, Role, TaskKind

COMPANY = {"kind": "企业法人", "name": "示范市江畔商贸有限公司", "id": "91421300MAXX884166"}
PERSON = {"kind": "自然人", "name": "陈江", "id": "11010519491231002X"}
NAME = "场景"
APPLICANT = f"applicant:{NAME}"


@dataclass
class ManualClock:
    """The clock of the engine: it stands where the player puts it."""

    moment: datetime

    def __call__(self) -> datetime:
        """The present instant."""
        return self.moment


@dataclass
class Player:
    """One scenario being played. `events` are the case's events so far, `element` the BPMN element of each task."""

    engine: Engine
    catalog: Catalog
    clock: ManualClock
    scenario: Scenario
    theme: Theme
    elements: Mapping[str, ElementInfo]
    only: str | None
    case: str | None = None
    events: list[EventView] = field(default_factory=list)
    element: dict[str, str] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    shown: CaseView | None = None
    shown_at: datetime | None = None

    def go(self, moment: datetime) -> None:
        """Turn the clock to an instant and let everything happen that is due by then."""
        self.clock.moment = moment
        if self.case is not None and self.engine.sweep():
            self.shown = None
            self._note()

    def do(self, step: ScenarioStep) -> None:
        """Do one step at the clock's instant; raises what the engine raises."""
        _STEPS[step.do](self, step.words)

    def show(self, view: CaseView) -> None:
        """Keep what a command gave back, and note its events."""
        self.case, self.shown, self.shown_at = view.id, view, self.clock.moment
        self._note()

    def view(self) -> CaseView:
        """The case as it stood after the last thing that happened to it; NotFound before the application."""
        if self.shown is None:
            self.shown, self.shown_at = self.engine.case(self.id), self.clock.moment
        return self.shown

    def view_now(self) -> CaseView:
        """The case with the lights of this instant; NotFound before the application."""
        if self.shown_at != self.clock.moment:
            self.shown = None
        return self.view()

    @property
    def id(self) -> str:
        """The case's number; NotFound before the application."""
        if self.case is None:
            raise NotFound(
                Text("还没有提交申请（submit），没有办件", "nothing has been submitted yet: there is no case")
            )
        return self.case

    def _note(self) -> None:
        if self.case is None:
            return
        new = self.engine.history(self.case, self.events[-1].seq if self.events else 0)
        self.events += new
        self.element |= {e.body["task"]: e.body["element"] for e in new if e.type == "task_opened"}

    def item(self, words: Mapping[str, Any]) -> str | None:
        """The code of the item that a step or expectation names; the only item of the case; else None."""
        ref = words.get("item")
        if ref is None:
            return self.only
        return find_item(self.catalog, ref).code

    def step_id(self, task: TaskView) -> str:
        """The id of the flow's step that a task is of, else the kind of task: accept, supplement, verify ..."""
        info = self.elements[self.element[task.id]]
        return task.kind if info.step is None or task.kind == "notice" else info.step.id

    def procedure(self, task: TaskView) -> str | None:
        """The special procedure that a task's step opens."""
        info = self.elements[self.element[task.id]]
        return info.step.procedure if info.step is not None else None


def player_for(
    engine: Engine,
    catalog: Catalog,
    clock: ManualClock,
    scenario: Scenario,
    code: str,
    elements: Mapping[str, ElementInfo],
) -> Player:
    """A player at the beginning of a scenario; `code` is that of its item or theme, `elements` those of its process."""
    if code in catalog.themes:
        return Player(engine, catalog, clock, scenario, catalog.themes[code], elements, None)
    return Player(engine, catalog, clock, scenario, terms.theme_of_one(catalog.items[code]), elements, code)


# --- applying --------------------------------------------------------------------------------------------------


def _submit(player: Player, words: Mapping[str, Any]) -> None:
    scenario, theme = player.scenario, player.theme
    questions = plan.questions_of(theme, player.catalog)
    answers = dict(scenario.given)
    player.assumed = tuple(q.id for q in questions if _is_assumed(q, answers))
    answers |= dict.fromkeys(player.assumed, False)
    materials = words.get("materials")
    if materials is None:
        lines = plan.merged_materials(theme, player.catalog, answers, scenario.drop)
        materials = [line.material for line in lines if line.submitted]
    view = player.engine.apply(
        theme.code, applicant=scenario.applicant or _applicant(player), answers=answers, materials=materials,
        channel=words.get("channel", "online"), actor=words.get("actor", APPLICANT), drop=scenario.drop,
    )  # fmt: skip
    player.show(view)


def _is_assumed(question: Question, answers: Mapping[str, Any]) -> bool:
    return question.kind == "boolean" and question.default is None and question.id not in answers


def _applicant(player: Player) -> dict[str, str]:
    if player.only is not None:
        return PERSON if set(player.catalog.items[player.only].audience) == {"自然人"} else COMPANY
    return PERSON if player.theme.audience == "person" else COMPANY


def _ask_correction(player: Player, words: Mapping[str, Any]) -> None:
    missing = words.get("missing") or _missing(player)
    actor = words.get("actor") or f"{player.theme.lead}:{NAME}"
    player.show(player.engine.ask_correction(player.id, missing=missing, actor=actor, opinion=words.get("opinion", "")))


def _supplement(player: Player, words: Mapping[str, Any]) -> None:
    materials = words.get("materials") or _missing(player)
    player.show(player.engine.supplement(player.id, materials=materials, actor=words.get("actor", APPLICANT)))


def _missing(player: Player) -> list[str]:
    return [m.material for m in player.view().materials if m.status == MaterialStatus.MISSING]


def _withdraw(player: Player, words: Mapping[str, Any]) -> None:
    reason = words.get("reason") or "申请人撤回"
    player.show(player.engine.withdraw(player.id, actor=words.get("actor", APPLICANT), reason=reason))


# --- tasks -----------------------------------------------------------------------------------------------------


def _ended(what: Text, kinds: tuple[TaskKind, ...], outcome: str) -> Callable[[Player, Mapping[str, Any]], None]:
    """The step that ends the one open task of these kinds, so unless it says otherwise."""

    def end(player: Player, words: Mapping[str, Any]) -> None:
        found = [t for t in _open(player, words) if t.kind in kinds]
        _finish(player, _single(player, found, what), words, outcome)

    return end


def _complete(player: Player, words: Mapping[str, Any]) -> None:
    wanted = words.get("task")
    found = [t for t in _open(player, words) if wanted is None or player.step_id(t) == wanted]
    _finish(player, _single(player, found, Text(str(wanted or ""))), words, "approve")


def _finish_item(player: Player, words: Mapping[str, Any]) -> None:
    """Every task of the item, one after the other, until it has none; the hand-out of a whole theme is not among them."""
    while mine := [t for t in _open(player, words) if t.item is not None]:
        _finish(player, mine[0], words, "approve")


def _deliver(player: Player, words: Mapping[str, Any]) -> None:
    found = [t for t in _open(player, words) if t.kind == "deliver"]
    if not found:
        raise _no_task(player, TaskKind.DELIVER.name_text)
    for task in found:
        _finish(player, task, words, "approve")


def _open(player: Player, words: Mapping[str, Any]) -> list[TaskView]:
    """The open tasks that a step may mean: of its item and department, where it names them."""
    item = player.item(words) if "item" in words else None
    wanted, shelf = words.get("department"), player.catalog.departments
    department = shelf[wanted].code if wanted is not None and wanted in shelf else wanted
    return [
        t for t in player.view().open_tasks
        if item in (None, t.item) and department in (None, t.department)
    ]  # fmt: skip


def _single(player: Player, found: list[TaskView], what: Text) -> TaskView:
    if not found:
        raise _no_task(player, what)
    if len(found) > 1:
        named = [f"{t.item or ''} {player.step_id(t)}".strip() for t in found]
        listed = joined(
            Text(f"{n}（{t.department}）", f"{n} ({t.department})") for n, t in zip(named, found, strict=True)
        )
        raise InvalidInput(
            Text(
                f"“{what}”有 {len(found)} 个：{listed}；请写明 item、task 或 department",
                f"{len(found)} open tasks are meant: {listed.en}; name item, task or department",
            ),
        )
    return found[0]


def _no_task(player: Player, what: Text) -> NotFound:
    view = player.view()
    listed = joined(f"{t.item or ''} {player.step_id(t)}".strip() for t in view.open_tasks)
    return NotFound(
        Text(
            f"现在没有待办的“{what}”；办件状态 {view.state}，待办的是 {listed}",
            f"no task {what.text(Lang.EN)!r} is open; the case is {view.state}, open are {listed.en}",
        ),
    )


def _finish(player: Player, task: TaskView, words: Mapping[str, Any], outcome: str) -> None:
    outcome = words.get("outcome", outcome)
    actor = words.get("actor") or _actor(task)
    if task.kind == "accept" and outcome == "approve":
        outcome = "accept"
    player.show(
        player.engine.complete(
            task.id, actor=actor, outcome=outcome, opinion=words.get("opinion") or words.get("reason", "")
        )
    )


def _actor(task: TaskView) -> str:
    return APPLICANT if task.role == Role.APPLICANT else f"{task.department}/{task.role}:{NAME}"


# --- time limits -----------------------------------------------------------------------------------------------


def _one_item(player: Player, words: Mapping[str, Any]) -> Item:
    code = player.item(words)
    if code is None:
        raise InvalidInput(Text("请写明 item：这里有多个事项", "name the item: there are several here"), field="item")
    return player.catalog.items[code]


def _suspend(player: Player, words: Mapping[str, Any]) -> None:
    """The written notice of a step that needs a special procedure, else the command of the reviewing department."""
    item = _one_item(player, words)
    wanted = _procedure(item, words)
    notices = [t for t in _tasks_of(player, item, wanted) if t.kind == "notice"]
    if notices:
        _finish(player, notices[0], words, "approve")
        return
    actor, reason = words.get("actor") or f"{item.department}:{NAME}", words.get("reason", "特别程序")
    player.show(player.engine.suspend(player.id, item=item.code, procedure=str(wanted), actor=actor, reason=reason))


def _resume(player: Player, words: Mapping[str, Any]) -> None:
    """The end of the step that was waited for (at a joint visit, of everybody's), else the command."""
    item = _one_item(player, words)
    wanted = _procedure(item, words)
    waiting = [t for t in _tasks_of(player, item, wanted) if t.kind != "notice"]
    if waiting:
        _finish(player, waiting[0], words, "approve")
        return
    actor = words.get("actor") or f"{item.department}:{NAME}"
    player.show(player.engine.resume(player.id, item=item.code, procedure=wanted, actor=actor))


def _procedure(item: Item, words: Mapping[str, Any]) -> str | None:
    """The id of the procedure that is named by id or kind; the item's only one; what is not listed as it is written."""
    ref = words.get("procedure")
    if ref is None:
        return item.special_procedures[0].id if len(item.special_procedures) == 1 else None
    found = item.procedure(ref)
    return str(ref) if found is None else found.id


def _tasks_of(player: Player, item: Item, procedure: str | None) -> list[TaskView]:
    tasks = player.view().open_tasks
    return [t for t in tasks if t.item == item.code and procedure and player.procedure(t) == procedure]


def _extend(player: Player, words: Mapping[str, Any]) -> None:
    item = _one_item(player, words)
    rule = terms.extension_rule(item)
    by = words.get("by") or rule.by.text("en")
    actor = words.get("actor") or f"{item.department}/{rule.approver}:{NAME}"
    player.show(player.engine.extend(player.id, item=item.code, by=by, actor=actor, reason=words.get("reason", "")))


def _wait(player: Player, words: Mapping[str, Any]) -> None:
    """Time has passed and what was due has happened: nothing else is done."""


_DECISION = Text("决定或核验", "decision or verification")

_STEPS: Mapping[str, Callable[[Player, Mapping[str, Any]], None]] = {
    "submit": _submit,
    "ask_correction": _ask_correction,
    "supplement": _supplement,
    "accept": _ended(TaskKind.ACCEPT.name_text, (TaskKind.ACCEPT,), Outcome.ACCEPT),
    "not_accept": _ended(TaskKind.ACCEPT.name_text, (TaskKind.ACCEPT,), Outcome.REFUSE),
    "complete": _complete,
    "finish_item": _finish_item,
    "approve": _ended(_DECISION, (TaskKind.DECIDE, TaskKind.VERIFY), Outcome.APPROVE),
    "refuse": _ended(_DECISION, (TaskKind.DECIDE, TaskKind.VERIFY), Outcome.REFUSE),
    "suspend": _suspend,
    "resume": _resume,
    "extend": _extend,
    "withdraw": _withdraw,
    "deliver": _deliver,
    "sweep": _wait,
}
