"""The demo's text: what was asked and why, what happened, what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from govflow import plan
from govflow.engine import case_clocks
from govflow.engine.api import Engine
from govflow.engine.case import events
from govflow.engine.case.events import AnyFact
from govflow.engine.views import CaseView, ClockView, EventView, TaskView
from govflow.language.conditions import holds
from govflow.language.model import Catalog, Theme, steps_of
from govflow.law.clocks import Explanation
from govflow.products.timeline import Narrator, TimelineEntry
from govflow.text import COLON, Lang, Text, cells, joined, many, shortened
from govflow.vocabulary import Mode


@dataclass
class Presentation:
    """Tells one case while it runs. It only reads: definitions, events and views."""

    catalog: Catalog
    theme: Theme
    engine: Engine
    lang: Lang
    out: Callable[[str], None]
    waiting: list[EventView] = field(default_factory=list)
    steps_warned: int = 0
    steps_missed: int = 0

    @property
    def narrator(self) -> Narrator:
        """Sentences in this story's language."""
        return Narrator(self.catalog, self.lang)

    # --- before ------------------------------------------------------------------------------------------------

    def opening(self, application: Mapping[str, Any], answers: Mapping[str, Any], drop: Sequence[str]) -> None:
        """Who applies, what the answers choose, which materials are asked and why."""
        name = self.theme.name.text(self.lang)
        self.out(Text(f"{name}  ·  模拟时钟演示", f"{name}  ·  on a simulated clock").text(self.lang))
        self._title(Text("一、申请", "1. The application").text(self.lang))
        self.out(f"  {application['applicant']['name']}  {application['applicant']['id']}")
        self._answers(answers)
        self._items(answers, drop)
        self._materials(answers, drop)
        self._title(Text("二、办理过程", "2. What happened").text(self.lang))

    def _answers(self, answers: Mapping[str, Any]) -> None:
        for question in plan.questions_of(self.theme, self.catalog):
            value = answers.get(question.id, question.default)
            if value is None or question.id not in {q.id for q in self.theme.questions}:
                continue
            shown = (
                {True: Text("是", "yes").text(self.lang), False: Text("否", "no").text(self.lang)}.get(value, value)
                if isinstance(value, bool)
                else value
            )
            value = (
                Text(f"{shown}{question.unit}", f"{shown} {question.unit}").text(self.lang) if question.unit else shown
            )
            self.out(f"  · {question.ask.text(self.lang)}{COLON.text(self.lang)}{value}")

    def _items(self, answers: Mapping[str, Any], drop: Sequence[str]) -> None:
        chosen = plan.selected_items(self.theme, self.catalog, answers, drop)
        running = [code for code, each in chosen.items() if each.how != "skip"]
        count = len({self.catalog.items[code].department for code in running})
        self.out("")
        self.out(Text(f"  按以上情形，办理 {len(running)} 个事项，涉及 {count} 个部门：",
                          f"  These answers choose {many(len(running), 'item')} of {many(count, 'department')}:").text(self.lang))  # fmt: skip
        for code, each in chosen.items():
            item = self.catalog.items[code]
            mark = {"run": "✔", "verify": "○", "skip": "-"}[each.how]
            limits = [
                Text(label, english).text(self.lang) + limit.within.text(self.lang)
                for label, english, limit in (
                    ("承诺 ", "promised ", item.limits.promised),
                    ("法定 ", "statutory ", item.limits.statutory),
                )
                if limit is not None
            ]
            reason = each.reason.text(self.lang)
            who = self.narrator.department(item.department)
            what = Text("，", ", ").text(self.lang).join([who, *limits]) if each.how == "run" else reason
            name = f"{code} {item.name.text(self.lang)}"
            self.out(Text(f"    {mark} {name}（{what}）", f"    {mark} {name} ({what})").text(self.lang))

    def _materials(self, answers: Mapping[str, Any], drop: Sequence[str]) -> None:
        lines = plan.merged_materials(self.theme, self.catalog, answers, drop)
        alone, together = plan.handed_in_alone(self.theme, self.catalog, answers, drop), plan.handed_in(lines)
        asked = [line for line in lines if line.how == "asked"]
        forms = [line for line in lines if line.how == "form"]
        self.out("")
        self.out(Text(f"  材料：逐项办要交 {alone} 份，现在只交 {together} 份",
                          f"  Materials: {alone} to hand in if each item were done alone, {together} now").text(self.lang))  # fmt: skip
        if forms:
            names = Text("、", ", ").text(self.lang).join(f"{line.material}" for line in forms)
            self.out(
                Text(
                    f"    ✔ 一张申请表（{len(forms)} 张合成：{names}）",
                    f"    ✔ one form, merged from {len(forms)}: {names}",
                ).text(self.lang)
            )
        for line in (*asked, *(each for each in lines if each.how not in ("asked", "form"))):
            mark = "✔" if line.how == "asked" else "-"
            name = line.name.text(self.lang)
            self.out(f"    {mark} {line.material} {name}{COLON.text(self.lang)}{line.reason.text(self.lang)}")

    # --- while -------------------------------------------------------------------------------------------------

    def hear(self, events: tuple[EventView, ...]) -> None:
        """Collect a command's events; those of one moment are told together."""
        if self.waiting and events[0].at != self.waiting[-1].at:
            self.flush()
        self.waiting += events

    def flush(self) -> None:
        """Tell what has been heard of the present moment."""
        heard, self.waiting = self.waiting, []
        moment = ""
        for each in self._lines(heard):
            self.out(f"  {each.at if each.at != moment else ' ' * 14} {each.mark} {each.who}  {each.what}")
            moment = each.at
        if sum(event.type == "item_started" for event in heard) > 1:
            self._inboxes()

    def _inboxes(self) -> None:
        """What each department finds in its inbox when the branches open."""
        departments = dict.fromkeys(item.department for item in self.catalog.items.values())
        inbox, semicolon = Text("收件箱", ": inbox").text(self.lang), Text("；", "; ").text(self.lang)
        for code in departments:
            tasks = self.engine.tasks(department=code).items
            if tasks:
                shown = semicolon.join(map(self._in_inbox, tasks))
                self.out(f"  {' ' * 14} ☰ {self.narrator.department(code)}{inbox}  {shown}")

    def _in_inbox(self, task: TaskView) -> str:
        due = Text(f"（{task.due} 前）", f" (by {task.due})").text(self.lang) if task.due else ""
        return f"{task.item} {self.narrator.named(task.item, task.name)}{due}"

    def _lines(self, heard: Iterable[EventView]) -> Iterator[TimelineEntry]:
        """A line an event; the items that begin stand together in one, at the end."""
        begun: dict[str, EventView] = {}
        for event in heard:
            fact = events.fact_of(event.type, event.body)
            if isinstance(fact, events.ItemStarted):
                begun[fact.item] = event
            elif not self._only_counted(fact) and (line := self.narrator.line(event)) is not None:
                yield line
        if begun:
            first = next(iter(begun.values()))
            who, what = Text("流程", "process").text(self.lang), self._begins(list(begun)).text(self.lang)
            yield TimelineEntry(self.narrator.moment(first.at), who, what, "▸", first.type)

    def _begins(self, codes: Sequence[str]) -> Text:
        if len(codes) == 1:
            name = self.narrator.item(codes[0])
            return Text(f"开始办理 {name}", f"{name} begins")
        names = joined(f"{self.narrator.department(self.catalog.items[c].department)} {c}" for c in codes)
        return Text(f"{len(codes)} 个事项同时开始办理：{names}", f"{len(codes)} items begin at once: {names.en}")

    def _only_counted(self, fact: AnyFact) -> bool:
        """Lights of single steps are counted; the history has them all."""
        match fact:
            case events.ClockWarned(kind="step"):
                self.steps_warned += 1
            case events.ClockExpired(kind="step"):
                self.steps_missed += 1
            case events.Escalated(kind="step"):
                pass
            case _:
                return False
        return True

    # --- after -------------------------------------------------------------------------------------------------

    def closing(self, view: CaseView, output: Path) -> None:
        """Planned against actual, what was saved, where each due date came from, what was left behind."""
        self._title(Text("三、结果", "3. What came of it").text(self.lang))
        accepted = case_clocks.parse(view.accepted_as_of or view.applied)
        planned = plan.planned(
            self.theme, self.catalog, accepted, self.engine.calendar, view.answers, self._dropped(view)
        )
        self._comparison(view, planned)
        self._saved(view, accepted, planned)
        self._title(
            Text(
                "四、期限从哪里来（✓ 计入  ✗ 休息日  ‖ 停止计时）",
                "4. Where the due dates came from (✓ counted  ✗ rest day  ‖ stopped)",
            ).text(self.lang)
        )
        for clock in view.clocks:
            if clock.kind == "promised":
                self._explained(view, clock)
        faults = self.engine.check(view.id, lang=self.lang)
        self._title(Text("五、留下的东西", "5. What it leaves").text(self.lang))
        zh = "哈希链完整，重放一致，期限重算一致" if not faults else "；".join(faults)
        en = "hash chain whole, replay and recomputed dates agree" if not faults else "; ".join(faults)
        self.out(
            Text(
                f"  {len(self.engine.history(view.id))} 个事件，{zh}",
                f"  {len(self.engine.history(view.id))} events, {en}",
            ).text(self.lang)
        )
        for file in sorted(output.iterdir()):
            if not file.name.endswith(("-wal", "-shm")):
                self.out(f"  {output / file.name}")

    def _comparison(self, view: CaseView, planned: plan.Plan) -> None:
        self.out(
            Text(
                "  事项                                   计划        期限        实际",
                "  item                                   planned     due         actual",
            ).text(self.lang)
        )
        for item in view.items:
            if item.mode != "run" or item.decided is None or item.item not in planned.items:
                continue
            promised = next((c for c in view.clocks if c.id == f"{item.item}/promised"), None)
            light = {"green": "🟢", "yellow": "🟡", "red": "🔴"}[promised.light] if promised else "  "
            actual = case_clocks.local_date(item.decided)
            name = _padded(f"{item.item} {self.catalog.items[item.item].name.text(self.lang)}", 38)
            self.out(
                f"  {name} {planned.items[item.item].due}  {promised.due if promised else '—':10}  {actual} {light}"
            )
        self.out(self._whole_case(view, planned.due))
        warned, missed = many(self.steps_warned, "step warning"), many(self.steps_missed, "step")
        self.out(Text(f"  环节提醒 {self.steps_warned} 次，环节超时 {self.steps_missed} 次（全部事件见 history.json）",
                          f"  {warned}, {missed} overdue (all events in history.json)").text(self.lang))  # fmt: skip

    def _whole_case(self, view: CaseView, due: date) -> str:
        """The whole case: the last day planned for decisions, the day of the last one, and the day of handing out."""
        decided = max((i.decided for i in view.items if i.mode == Mode.RUN and i.decided), default=None)
        delivered = max((r["delivered"] for r in view.results if r["delivered"]), default=None)
        zh, en = [f"计划最迟 {due} 全部决定"], [f"all to be decided by {due}"]
        if decided is not None:
            day = case_clocks.local_date(decided)
            zh, en = [*zh, f"实际 {day} 全部决定"], [*en, f"all decided on {day}"]
        if delivered is not None:
            day = case_clocks.local_date(delivered)
            zh, en = [*zh, f"{day} 一次送达"], [*en, f"handed out on {day}"]
        return Text(f"  全件：{'，'.join(zh)}", f"  whole: {', '.join(en)}").text(self.lang)

    def _dropped(self, view: CaseView) -> list[str]:
        return [item.item for item in view.items if item.mode == Mode.SKIP]

    def _saved(self, view: CaseView, accepted: datetime, planned: plan.Plan) -> None:
        lines = plan.merged_materials(self.theme, self.catalog, view.answers, self._dropped(view))
        alone = plan.handed_in_alone(self.theme, self.catalog, view.answers, self._dropped(view))
        running = [item.item for item in view.items if item.mode == Mode.RUN]
        serial = sum(plan.in_workdays(plan.own_limit(self.catalog.items[code])) for code in running)
        together = self.engine.calendar.workdays_between(case_clocks.local_date(accepted), planned.due)
        visited = [code for code in running if not self._committed(code, view)]
        visits = sum(1 for c in visited for s in steps_of(self.catalog.items[c].flow) if s.kind == "visit")
        joint = sum(max(0, len(set(v.items) & set(visited)) - 1) for v in self.theme.joint.visits)
        self.out(Text(
            f"  比逐项办理省：材料 {alone} → {plan.handed_in(lines)}，工作日 {serial:f} → {together}，上门 {visits} → {visits - joint}",
            f"  saved: materials {alone} → {plan.handed_in(lines)}, workdays {serial:f} → {together}, visits {visits} → {visits - joint}",
        ).text(self.lang))  # fmt: skip

    def _committed(self, code: str, view: CaseView) -> bool:
        """Whether the item was decided on a commitment, without the visit before it."""
        commitment = self.catalog.items[code].commitment
        return commitment is not None and commitment.when is not None and holds(commitment.when, view.answers)

    def _explained(self, view: CaseView, clock: ClockView) -> None:
        found = self.engine.explain(view.id, clock.id, self.lang)
        owner = self.narrator.item(clock.item) or Text("全件", "whole case").text(self.lang)
        self.out(f"  {owner}{COLON.text(self.lang)}{found.summary}")
        self.out(f"    {_days(found)}")

    def _title(self, text: str) -> None:
        self.out("")
        self.out(text)
        self.out("")


def _days(found: Explanation) -> str:
    """The counted and skipped days in one line."""
    parts = []
    for line in found.lines:
        day = f"{line.date:%m-%d}"
        if line.counted:
            parts.append(f"{day}✓{line.number}")
        elif line.kind in ("rest", "stopped"):
            parts.append(f"{day}{'‖' if line.kind == 'stopped' else '✗'}")
    return " ".join(parts)


def _padded(text: str, width: int) -> str:
    """Text cut or filled to a number of cells, with a blank after it."""
    shown = shortened(text, width - 1)
    return shown + " " * (width - cells(shown))
