"""A case's events as sentences that a person reads, in Chinese or English: one sentence a fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import UNSET

from govflow.engine import case_clocks
from govflow.engine.actors import parts_of
from govflow.engine.case import ClockId, events
from govflow.engine.case.events import AnyFact
from govflow.engine.case.reasons import told
from govflow.engine.views import EventView, TaskView
from govflow.errors import language
from govflow.language.model import Catalog, steps_of
from govflow.law.clocks import Limit, local
from govflow.text import Lang, Text, joined, many
from govflow.vocabulary import ClockKind, Outcome, Role, TaskKind

WEEKDAYS = tuple(
    Text(f"周{zh}", en)
    for zh, en in zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)
)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a timeline: when, who, what; `mark` is a light or a sign, or empty."""

    at: str
    who: str
    what: str
    mark: str
    type: str


class Narrator:
    """Events as lines of a timeline, in one language, with the names of one catalog.

    Raises InvalidInput for a language that is neither Chinese nor English.
    """

    def __init__(self, catalog: Catalog, lang: Lang | str = Lang.ZH) -> None:
        self.catalog = catalog
        self.lang = language(lang)

    def line(self, event: EventView) -> TimelineEntry | None:
        """The event as a line, or None for one that only the machine needs."""
        said = self._said(events.fact_of(event.type, event.body))
        if said is None:
            return None
        what, mark = said
        return TimelineEntry(self.moment(event.at), self.who(event), what.text(self.lang), mark, event.type)

    def moment(self, at: str) -> str:
        """`03-04 周二 10:30`, local time."""
        moment = local(case_clocks.parse(at))
        return f"{moment:%m-%d} {WEEKDAYS[moment.weekday()].text(self.lang)} {moment:%H:%M}"

    def who(self, event: EventView) -> str:
        """The actor: a department's short name, the applicant, or the clock."""
        code, role, name = parts_of(event.actor)
        if code == "applicant":
            return Text("申请人", "applicant").text(self.lang)
        if code == "system":
            return Text("时钟", "clock").text(self.lang)
        head = Text("（负责人）", " (head)").text(self.lang) if role == Role.HEAD else ""
        return f"{self.department(code)} {name}{head}"

    def department(self, code: str | None) -> str:
        """A department's short name."""
        return self._department(code).text(self.lang)

    def item(self, code: str | None) -> str:
        """`I07 食品经营许可（新办）`; empty for the case itself."""
        return self._item(code).text(self.lang)

    def named(self, code: str | None, name: str) -> str:
        """A step's, procedure's or result's name as an event keeps it (Chinese), in this language."""
        return self._named(code, name).text(self.lang)

    def task(self, task: TaskView) -> str:
        """A task's name: that of its step, else the kind of task it is."""
        name = self.named(task.item, task.name)
        return name if self.lang is Lang.ZH or name != task.name else TaskKind.of(task.kind).text(self.lang)

    # --- names -------------------------------------------------------------------------------------------------

    def _department(self, code: str | None) -> Text:
        found = self.catalog.departments.get(code or "")
        return Text(str(code)) if found is None else Text(found.short.zh or str(found.name), found.name.text(Lang.EN))

    def _item(self, code: str | None) -> Text:
        found = self.catalog.items.get(code or "")
        return Text("") if found is None else Text(f"{code} {found.name}", f"{code} {found.name.text(Lang.EN)}")

    def _named(self, code: str | None, name: str) -> Text:
        item = self.catalog.items.get(code or "")
        if item is None:
            return Text(name)
        known = [step.name for step in steps_of(item.flow)] + [result.name for result in item.results]
        found = max((t for t in known if name.startswith(str(t))), key=lambda t: len(str(t)), default=Text(""))
        return Text(name, found.en)

    def _materials(self, codes: Iterable[str]) -> Text:
        return joined(self.catalog.materials[c].name if c in self.catalog.materials else c for c in codes)

    def _clock(self, fact: events.ClockWarned | events.ClockExpired) -> Text:
        kind, owner = ClockKind.of(fact.kind).name_text, self._item(fact.item)
        return Text(f"{owner.zh or '全件'} 的{kind.zh}", f"{kind.en} of {owner.en or 'the whole case'}")

    # --- sentences ---------------------------------------------------------------------------------------------

    def _said(self, fact: AnyFact) -> tuple[Text, str] | None:
        """What a fact says, with its mark; None for what only the machine needs."""
        for part in (self._about_application, self._about_items, self._about_clocks, self._about_end):
            said = part(fact)
            if said is not None:
                return said
        return None

    def _about_application(self, fact: AnyFact) -> tuple[Text, str] | None:
        match fact:
            case events.Applied(items=items):
                running = sum(mode != "skip" for mode, _ in items.values())
                return Text(f"提交申请，共 {running} 个事项", f"applies: {many(running, 'item')}"), "●"
            case events.CorrectionAsked(missing=missing):
                names = self._materials(missing)
                return Text(
                    f"一次性补正告知，缺 {len(missing)} 份：{names}", f"one correction notice, all at once: {names.en}"
                ), "✎"
            case events.Supplemented(materials=materials):
                names = self._materials(materials)
                return Text(f"补交 {names}", f"supplies {names.en}"), "✎"
            case events.Accepted(deemed=True, as_of=as_of):
                day = case_clocks.local_date(as_of)
                return Text(
                    f"逾期未告知补正，自收到之日 {day} 起视为受理", f"no notice in time: deemed accepted as of {day}"
                ), "!"
            case events.Accepted():
                return Text("受理，材料齐全，时限开始计算", "accepts the complete file; the clocks start"), "✔"
        return None

    def _about_end(self, fact: AnyFact) -> tuple[Text, str] | None:
        match fact:
            case events.NotAccepted(reason=reason):
                return _with(Text("不予受理", "does not accept"), told(reason)), "✘"
            case events.Refused(reason=reason):
                return _with(Text("不予许可", "refuses the application"), told(reason)), "✘"
            case events.Withdrawn(reason=reason) | events.DeemedWithdrawn(reason=reason):
                return _with(Text("撤回申请", "withdrawn"), told(reason)), "✘"
            case events.Delivered(items=items):
                return Text(f"一次送达 {len(items)} 项结果", f"hands out {many(len(items), 'result')} at once"), "★"
            case events.Closed():
                return Text("办结", "closed"), "■"
        return None

    def _about_items(self, fact: AnyFact) -> tuple[Text, str] | None:
        match fact:
            case events.ItemStarted(item=code):
                item = self._item(code)
                return Text(f"开始办理 {item}", f"{item.en} begins"), "▸"
            case events.TaskCompleted():
                return self._completed(fact)
            case events.ItemDecided(item=code, outcome=outcome):
                good = outcome == Outcome.APPROVE
                return _with(self._item(code), Text("准予", "granted") if good else Text("不予许可", "refused")), _sign(
                    good
                )
            case events.ItemVerified(item=code, outcome=outcome):
                good = outcome == Outcome.APPROVE
                what = (
                    Text("数据核验一致，不再办理", "data checked, not handled again")
                    if good
                    else Text("核验不一致", "check failed")
                )
                return _with(self._item(code), what), _sign(good)
            case events.ItemTerminated(item=code, reason=reason):
                item = self._item(code)
                return _with(Text(f"{item} 终止", f"{item.en} ends"), told(reason)), "✘"
            case events.ResultIssued(item=code, name=name, number=number):
                return Text(
                    f"制发《{name}》，编号 {number}", f"issues {self._named(code, name).text('en')}, number {number}"
                ), "★"
        return None

    def _completed(self, fact: events.TaskCompleted) -> tuple[Text, str] | None:
        if fact.kind in TOLD_BY_ANOTHER or fact.outcome == Outcome.CORRECT:
            return None
        name = self._named(fact.item, fact.name)
        visit = Text("（联合踏勘）", " (joint visit)") if fact.joint not in (UNSET, None) and fact.joint else Text("")
        what = Text(
            f"{fact.item or ''} {name}{visit}".strip(), f"{fact.item or ''} {name.text('en')}{visit.en}".strip()
        )
        return (_with(what, told(fact.opinion)) if fact.opinion else what), "·"

    def _about_clocks(self, fact: AnyFact) -> tuple[Text, str] | None:
        match fact:
            case events.ClocksSuspended(item=None):
                return Text(
                    "各事项都已停止计时，全件时限一并停止", "every open item stands still, so does the whole case"
                ), "‖"
            case events.ClocksSuspended(item=code, clocks=clocks, reason=reason):
                item, why, what = self._item(code), self._named(code, reason), _kinds(clocks)
                return Text(
                    f"{item} 因“{reason}”停止计时（{what}）", f"{item.en}: clocks stop for {why.text('en')} ({what.en})"
                ), "‖"
            case events.ClocksResumed(item=None):
                return Text("全件时限恢复计时", "the whole case's clocks run again"), "▶"
            case events.ClocksResumed(item=code, reason=reason):
                item = self._item(code)
                what = Text(f"{item} 恢复计时", f"{item.en}: clocks run again")
                return (_with(what, Text(reason)) if isinstance(reason, str) and reason else what), "▶"
            case events.ClocksExtended(item=code, by=by, reason=reason):
                item, limit = self._item(code), Limit.parse(by)
                what = Text(f"{item} 延长 {limit.text(Lang.ZH)}", f"{item.en} extended by {limit.text(Lang.EN)}")
                return _with(what, Text(reason)), "»"
            case events.ClockWarned(due=due):
                clock = self._clock(fact)
                return Text(f"黄灯：{clock}将于 {due} 届满", f"yellow: {clock.en} is due on {due}"), "🟡"
            case events.ClockExpired(due=due):
                clock = self._clock(fact)
                return Text(f"红灯：{clock}已于 {due} 届满", f"red: {clock.en} was due on {due}"), "🔴"
            case events.Escalated(to=to):
                head = self._department(parts_of(to)[0])
                return Text(
                    f"督办：提请{head}负责人过问，办理继续",
                    f"escalated to the head of {head.text('en')}; the work goes on",
                ), "⚑"
            case events.ClockReprojected(clock=id, old=old, new=new, reason=reason):
                what = Text(f"{id} 的期限由 {old} 重算为 {new}", f"{id}: due date {old} becomes {new}")
                return _with(what, told(reason)), "↻"
        return None


TOLD_BY_ANOTHER = (
    TaskKind.ACCEPT, TaskKind.SUPPLEMENT, TaskKind.DECIDE, TaskKind.VERIFY, TaskKind.ISSUE, TaskKind.DELIVER,
    TaskKind.NOTICE,
)  # fmt: skip
"""Kinds of task whose outcome another event tells: accepted, item_decided, result_issued, clocks_suspended ..."""


def _with(what: Text, why: Text) -> Text:
    """A sentence and its reason."""
    return Text(f"{what}：{why}", f"{what.text(Lang.EN)}: {why.text(Lang.EN)}")


def _sign(good: bool) -> str:
    return "✔" if good else "✘"


def _kinds(clocks: Iterable[str]) -> Text:
    """The kinds of several clocks, each once."""
    return joined(dict.fromkeys(ClockKind.of(ClockId.of(id).kind).name_text for id in clocks))
