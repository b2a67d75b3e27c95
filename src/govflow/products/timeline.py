"""A case's events as sentences that a person reads, in Chinese or English; one table, one sentence an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from govflow.engine import case_clocks
from govflow.engine.case import ClockId
from govflow.engine.views import EventView, TaskView
from govflow.errors import language
from govflow.language.model import Catalog, steps_of
from govflow.law.clocks import local
from govflow.text import Lang, Text, many
from govflow.vocabulary import ClockKind, TaskKind

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
        sentence = _SENTENCES.get(event.type)
        if sentence is None:
            return None
        what, mark = sentence(self, event.body)
        return None if not what else TimelineEntry(self.moment(event.at), self.who(event), what, mark, event.type)

    def moment(self, at: str) -> str:
        """`03-04 周二 10:30`, local time."""
        moment = local(case_clocks.parse(at))
        return f"{moment:%m-%d} {WEEKDAYS[moment.weekday()].text(self.lang)} {moment:%H:%M}"

    def who(self, event: EventView) -> str:
        """The actor: a department's short name, the applicant, or the clock."""
        who, _, name = event.actor.partition(":")
        if who == "applicant":
            return Text("申请人", "applicant").text(self.lang)
        if who == "system":
            return Text("时钟", "clock").text(self.lang)
        code, _, role = who.partition("/")
        return f"{self.department(code)} {name}" + (
            Text("（负责人）", " (head)").text(self.lang) if role == "head" else ""
        )

    def department(self, code: str | None) -> str:
        """A department's short name."""
        found = self.catalog.departments.get(code or "")
        if found is None:
            return str(code)
        return (found.short if self.lang is Lang.ZH else found.name).text(self.lang)

    def item(self, code: str | None) -> str:
        """`I07 食品经营许可（新办）`; empty for the case itself."""
        found = self.catalog.items.get(code or "")
        return "" if found is None else f"{code} {found.name.text(self.lang)}"

    def named(self, code: str | None, name: str) -> str:
        """A step's, procedure's or result's name as an event keeps it (Chinese), in this language."""
        item = self.catalog.items.get(code or "")
        if item is None or self.lang is Lang.ZH:
            return name
        known = [step.name for step in steps_of(item.flow)] + [result.name for result in item.results]
        text = max((t for t in known if name.startswith(str(t))), key=lambda t: len(str(t)), default=None)
        return name if text is None else text.text(self.lang)

    def task(self, task: TaskView) -> str:
        """A task's name: that of its step, else the kind of task it is."""
        name = self.named(task.item, task.name)
        return name if self.lang is Lang.ZH or name != task.name else TaskKind.of(task.kind).text(self.lang)

    def materials(self, codes: list[str]) -> str:
        """Material names, listed."""
        names = [self.catalog.materials[c].name.text(self.lang) if c in self.catalog.materials else c for c in codes]
        return Text("、", ", ").text(self.lang).join(names)

    def clock(self, body: Mapping[str, Any]) -> str:
        """`I17 … 承诺时限`."""
        kind = ClockKind.of(body["kind"]).name_text
        owner = self.item(body.get("item")) or Text("全件", "the whole case").text(self.lang)
        return Text(f"{owner} 的{kind.zh}", f"{kind.en} of {owner}").text(self.lang)

    def clocks(self, ids: list[str]) -> str:
        """The kinds of several clocks, each once."""
        kinds = dict.fromkeys(ClockKind.of(ClockId.of(id).kind) for id in ids)
        return Text("、", ", ").text(self.lang).join(kind.text(self.lang) for kind in kinds)


Line = tuple[str, str]


def _applied(n: Narrator, b: Mapping[str, Any]) -> Line:
    running = [code for code, (mode, _) in b["items"].items() if mode != "skip"]
    return Text(f"提交申请，共 {len(running)} 个事项", f"applies: {many(len(running), 'item')}").text(n.lang), "●"


def _correction(n: Narrator, b: Mapping[str, Any]) -> Line:
    names = n.materials(b["missing"])
    return Text(
        f"一次性补正告知，缺 {len(b['missing'])} 份：{names}", f"one correction notice, all at once: {names}"
    ).text(n.lang), "✎"


def _supplemented(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"补交 {n.materials(b['materials'])}", f"supplies {n.materials(b['materials'])}").text(n.lang), "✎"


def _accepted(n: Narrator, b: Mapping[str, Any]) -> Line:
    if b["deemed"]:
        day = case_clocks.local_date(b["as_of"])
        return Text(
            f"逾期未告知补正，自收到之日 {day} 起视为受理", f"no notice in time: deemed accepted as of {day}"
        ).text(n.lang), "!"
    return Text("受理，材料齐全，时限开始计算", "accepts the complete file; the clocks start").text(n.lang), "✔"


def _not_accepted(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"不予受理：{b['reason']}", f"does not accept: {b['reason']}").text(n.lang), "✘"


def _refused(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"不予许可：{b['reason']}", f"refuses the application: {b['reason']}").text(n.lang), "✘"


def _item_started(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"开始办理 {n.item(b['item'])}", f"{n.item(b['item'])} begins").text(n.lang), "▸"


TOLD_OTHERWISE = ("accept", "supplement", "decide", "verify", "issue", "deliver", "notice")
"""Tasks whose outcome another event tells: accepted, item_decided, result_issued, clocks_suspended ..."""


def _completed(n: Narrator, b: Mapping[str, Any]) -> Line:
    if b.get("kind") in TOLD_OTHERWISE or b["outcome"] == "correct":
        return "", ""
    opinion = Text("：", ": ").text(n.lang) + b["opinion"] if b["opinion"] else ""
    joint = Text("（联合踏勘）", " (joint visit)").text(n.lang) if b.get("joint") else ""
    return f"{b['item'] or ''} {n.named(b['item'], b['name'])}{joint}{opinion}".strip(), "·"


def _decided(n: Narrator, b: Mapping[str, Any]) -> Line:
    if b["outcome"] == "approve":
        return Text(f"{n.item(b['item'])}：准予", f"{n.item(b['item'])}: granted").text(n.lang), "✔"
    return Text(f"{n.item(b['item'])}：不予许可", f"{n.item(b['item'])}: refused").text(n.lang), "✘"


def _verified(n: Narrator, b: Mapping[str, Any]) -> Line:
    good = b["outcome"] == "approve"
    zh, en = ("数据核验一致，不再办理", "data checked, not handled again") if good else ("核验不一致", "check failed")
    return n.item(b["item"]) + Text(f"：{zh}", f": {en}").text(n.lang), "✔" if good else "✘"


def _terminated(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"{n.item(b['item'])} 终止：{b['reason']}", f"{n.item(b['item'])} ends: {b['reason']}").text(
        n.lang
    ), "✘"


def _issued(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(
        f"制发《{b['name']}》，编号 {b['number']}", f"issues {n.named(b['item'], b['name'])}, number {b['number']}"
    ).text(n.lang), "★"


def _delivered(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"一次送达 {len(b['items'])} 项结果", f"hands out {many(len(b['items']), 'result')} at once").text(
        n.lang
    ), "★"


def _suspended(n: Narrator, b: Mapping[str, Any]) -> Line:
    if b["item"] is None:
        return Text(
            "各事项都已停止计时，全件时限一并停止", "every open item stands still, so does the whole case"
        ).text(n.lang), "‖"
    what = n.clocks(b["clocks"])
    return Text(f"{n.item(b['item'])} 因“{b['reason']}”停止计时（{what}）",
                 f"{n.item(b['item'])}: clocks stop for {n.named(b['item'], b['reason'])} ({what})").text(n.lang), "‖"  # fmt: skip


def _resumed(n: Narrator, b: Mapping[str, Any]) -> Line:
    if b["item"] is None:
        return Text("全件时限恢复计时", "the whole case's clocks run again").text(n.lang), "▶"
    zh, en = (f"：{b['reason']}", f": {b['reason']}") if b.get("reason") else ("", "")
    return Text(f"{n.item(b['item'])} 恢复计时{zh}", f"{n.item(b['item'])}: clocks run again{en}").text(n.lang), "▶"


def _extended(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(
        f"{n.item(b['item'])} 延长 {b['by']}：{b['reason']}",
        f"{n.item(b['item'])} extended by {b['by']}: {b['reason']}",
    ).text(n.lang), "»"


def _warned(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"黄灯：{n.clock(b)}将于 {b['due']} 届满", f"yellow: {n.clock(b)} is due on {b['due']}").text(
        n.lang
    ), "🟡"


def _expired(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"红灯：{n.clock(b)}已于 {b['due']} 届满", f"red: {n.clock(b)} was due on {b['due']}").text(
        n.lang
    ), "🔴"


def _escalated(n: Narrator, b: Mapping[str, Any]) -> Line:
    to = n.department(b["to"].split("/")[0])
    return Text(f"督办：提请{to}负责人过问，办理继续", f"escalated to the head of {to}; the work goes on").text(
        n.lang
    ), "⚑"


def _reprojected(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"{b['clock']} 的期限由 {b['old']} 重算为 {b['new']}：{b['reason']}",
                 f"{b['clock']}: due date {b['old']} becomes {b['new']}: {b['reason']}").text(n.lang), "↻"  # fmt: skip


def _withdrawn(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text(f"撤回申请：{b['reason']}", f"withdrawn: {b['reason']}").text(n.lang), "✘"


def _closed(n: Narrator, b: Mapping[str, Any]) -> Line:
    return Text("办结", "closed").text(n.lang), "■"


_SENTENCES: Mapping[str, Callable[[Narrator, Mapping[str, Any]], Line]] = {
    "applied": _applied,
    "correction_asked": _correction,
    "supplemented": _supplemented,
    "accepted": _accepted,
    "not_accepted": _not_accepted,
    "refused": _refused,
    "item_started": _item_started,
    "task_completed": _completed,
    "item_decided": _decided,
    "item_verified": _verified,
    "item_terminated": _terminated,
    "result_issued": _issued,
    "delivered": _delivered,
    "clocks_suspended": _suspended,
    "clocks_resumed": _resumed,
    "clocks_extended": _extended,
    "clock_warned": _warned,
    "clock_expired": _expired,
    "escalated": _escalated,
    "clock_reprojected": _reprojected,
    "withdrawn": _withdrawn,
    "deemed_withdrawn": _withdrawn,
    "closed": _closed,
}
