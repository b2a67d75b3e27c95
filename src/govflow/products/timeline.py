"""A case's events as sentences that a person reads, in Chinese or English; one table, one sentence an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from govflow.engine import case_clocks
from govflow.engine.views import EventView
from govflow.language.model import Catalog, steps_of
from govflow.law.clocks import local

WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}

CLOCKS = {
    "promised": ("承诺时限", "promised limit"),
    "statutory": ("法定时限", "statutory limit"),
    "correction_notice": ("补正告知时限", "correction-notice limit"),
    "correction": ("申请人补正期限", "applicant's correction period"),
    "step": ("环节时限", "step limit"),
    "procedure": ("特别程序时限", "special-procedure limit"),
    "delivery": ("送达时限", "delivery limit"),
    "post_check": ("事后核查时限", "post-check limit"),
    "joint_cap": ("联合办理上限", "joint-handling cap"),
    "gap": ("容缺材料补交期限", "deferred-material period"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a timeline: when, who, what; `mark` is a light or a sign, or empty."""

    at: str
    who: str
    what: str
    mark: str
    type: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells events in one language with the names of one catalog."""

    catalog: Catalog
    lang: str = "zh"

    def tell(self, event: EventView) -> Told | None:
        """The event as a line, or None for one that only the machine needs."""
        told = _SENTENCES.get(event.type)
        if told is None:
            return None
        what, mark = told(self, event.body)
        return None if not what else Told(self.moment(event.at), self.who(event), what, mark, event.type)

    def say(self, zh: str, en: str) -> str:
        """One of two wordings."""
        return zh if self.lang.startswith("zh") else en

    def moment(self, at: str) -> str:
        """`03-04 周二 10:30`, local time."""
        moment = local(case_clocks.parse(at))
        day = WEEKDAYS["zh" if self.lang.startswith("zh") else "en"][moment.weekday()]
        return f"{moment:%m-%d} {'周' if self.lang.startswith('zh') else ''}{day} {moment:%H:%M}"

    def who(self, event: EventView) -> str:
        """The actor: a department's short name, the applicant, or the clock."""
        who, _, name = event.actor.partition(":")
        if who == "applicant":
            return self.say("申请人", "applicant")
        if who == "system":
            return self.say("时钟", "clock")
        code, _, role = who.partition("/")
        return f"{self.department(code)} {name}" + (self.say("（负责人）", " (head)") if role == "head" else "")

    def department(self, code: str | None) -> str:
        """A department's short name."""
        found = self.catalog.departments.get(code or "")
        if found is None:
            return str(code)
        return (found.short if self.lang.startswith("zh") else found.name).text(self.lang)

    def item(self, code: str | None) -> str:
        """`I07 食品经营许可（新办）`; empty for the case itself."""
        found = self.catalog.items.get(code or "")
        return "" if found is None else f"{code} {found.name.text(self.lang)}"

    def named(self, code: str | None, name: str) -> str:
        """A step's, procedure's or result's name as an event keeps it (Chinese), in this language."""
        item = self.catalog.items.get(code or "")
        if item is None or self.lang.startswith("zh"):
            return name
        known = [step.name for step in steps_of(item.flow)] + [result.name for result in item.results]
        text = max((t for t in known if name.startswith(str(t))), key=lambda t: len(str(t)), default=None)
        return name if text is None else text.text(self.lang)

    def materials(self, codes: list[str]) -> str:
        """Material names, listed."""
        names = [self.catalog.materials[c].name.text(self.lang) if c in self.catalog.materials else c for c in codes]
        return self.say("、", ", ").join(names)

    def clock(self, body: Mapping[str, Any]) -> str:
        """`I17 … 承诺时限`."""
        zh, en = CLOCKS.get(body["kind"], (body["kind"], body["kind"]))
        owner = self.item(body.get("item")) or self.say("全件", "the whole case")
        return self.say(f"{owner} 的{zh}", f"{en} of {owner}")

    def clocks(self, ids: list[str]) -> str:
        """The kinds of several clocks, each once."""
        kinds = dict.fromkeys(CLOCKS.get(id.split("/")[1].split("#")[0], (id, id)) for id in ids if "/" in id)
        return self.say("、".join(zh for zh, _ in kinds), ", ".join(en for _, en in kinds))


def many(number: int, noun: str) -> str:
    """`1 item`, `2 items`: a number with its English noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


Line = tuple[str, str]


def _applied(t: Teller, b: Mapping[str, Any]) -> Line:
    running = [code for code, (mode, _) in b["items"].items() if mode != "skip"]
    return t.say(f"提交申请，共 {len(running)} 个事项", f"applies: {many(len(running), 'item')}"), "●"


def _correction(t: Teller, b: Mapping[str, Any]) -> Line:
    names = t.materials(b["missing"])
    return t.say(
        f"一次性补正告知，缺 {len(b['missing'])} 份：{names}", f"one correction notice, all at once: {names}"
    ), "✎"


def _supplemented(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"补交 {t.materials(b['materials'])}", f"supplies {t.materials(b['materials'])}"), "✎"


def _accepted(t: Teller, b: Mapping[str, Any]) -> Line:
    if b["deemed"]:
        day = case_clocks.local_date(b["as_of"])
        return t.say(
            f"逾期未告知补正，自收到之日 {day} 起视为受理", f"no notice in time: deemed accepted as of {day}"
        ), "!"
    return t.say("受理，材料齐全，时限开始计算", "accepts the complete file; the clocks start"), "✔"


def _not_accepted(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"不予受理：{b['reason']}", f"does not accept: {b['reason']}"), "✘"


def _item_started(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"开始办理 {t.item(b['item'])}", f"{t.item(b['item'])} begins"), "▸"


TOLD_OTHERWISE = ("accept", "supplement", "decide", "verify", "issue", "deliver", "notice")
"""Tasks whose outcome another event tells: accepted, item_decided, result_issued, clocks_suspended ..."""


def _completed(t: Teller, b: Mapping[str, Any]) -> Line:
    if b.get("kind") in TOLD_OTHERWISE or b["outcome"] == "correct":
        return "", ""
    opinion = t.say("：", ": ") + b["opinion"] if b["opinion"] else ""
    joint = t.say("（联合踏勘）", " (joint visit)") if b.get("joint") else ""
    return f"{b['item'] or ''} {t.named(b['item'], b['name'])}{joint}{opinion}".strip(), "·"


def _decided(t: Teller, b: Mapping[str, Any]) -> Line:
    if b["outcome"] == "approve":
        return t.say(f"{t.item(b['item'])}：准予", f"{t.item(b['item'])}: granted"), "✔"
    return t.say(f"{t.item(b['item'])}：不予许可", f"{t.item(b['item'])}: refused"), "✘"


def _verified(t: Teller, b: Mapping[str, Any]) -> Line:
    good = b["outcome"] == "approve"
    zh, en = ("数据核验一致，不再办理", "data checked, not handled again") if good else ("核验不一致", "check failed")
    return t.item(b["item"]) + t.say(f"：{zh}", f": {en}"), "✔" if good else "✘"


def _terminated(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"{t.item(b['item'])} 终止：{b['reason']}", f"{t.item(b['item'])} ends: {b['reason']}"), "✘"


def _issued(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(
        f"制发《{b['name']}》，编号 {b['number']}", f"issues {t.named(b['item'], b['name'])}, number {b['number']}"
    ), "★"


def _delivered(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"一次送达 {len(b['items'])} 项结果", f"hands out {many(len(b['items']), 'result')} at once"), "★"


def _suspended(t: Teller, b: Mapping[str, Any]) -> Line:
    if b["item"] is None:
        return t.say(
            "各事项都已停止计时，全件时限一并停止", "every open item stands still, so does the whole case"
        ), "‖"
    what = t.clocks(b["clocks"])
    return t.say(f"{t.item(b['item'])} 因“{b['reason']}”停止计时（{what}）",
                 f"{t.item(b['item'])}: clocks stop for {t.named(b['item'], b['reason'])} ({what})"), "‖"  # fmt: skip


def _resumed(t: Teller, b: Mapping[str, Any]) -> Line:
    if b["item"] is None:
        return t.say("全件时限恢复计时", "the whole case's clocks run again"), "▶"
    zh, en = (f"：{b['reason']}", f": {b['reason']}") if b.get("reason") else ("", "")
    return t.say(f"{t.item(b['item'])} 恢复计时{zh}", f"{t.item(b['item'])}: clocks run again{en}"), "▶"


def _extended(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(
        f"{t.item(b['item'])} 延长 {b['by']}：{b['reason']}",
        f"{t.item(b['item'])} extended by {b['by']}: {b['reason']}",
    ), "»"


def _warned(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"黄灯：{t.clock(b)}将于 {b['due']} 届满", f"yellow: {t.clock(b)} is due on {b['due']}"), "🟡"


def _expired(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"红灯：{t.clock(b)}已于 {b['due']} 届满", f"red: {t.clock(b)} was due on {b['due']}"), "🔴"


def _escalated(t: Teller, b: Mapping[str, Any]) -> Line:
    to = t.department(b["to"].split("/")[0])
    return t.say(f"督办：提请{to}负责人过问，办理继续", f"escalated to the head of {to}; the work goes on"), "⚑"


def _reprojected(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"{b['clock']} 的期限由 {b['old']} 重算为 {b['new']}：{b['reason']}",
                 f"{b['clock']}: due date {b['old']} becomes {b['new']}: {b['reason']}"), "↻"  # fmt: skip


def _withdrawn(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say(f"撤回申请：{b['reason']}", f"withdrawn: {b['reason']}"), "✘"


def _closed(t: Teller, b: Mapping[str, Any]) -> Line:
    return t.say("办结", "closed"), "■"


_SENTENCES: Mapping[str, Callable[[Teller, Mapping[str, Any]], Line]] = {
    "applied": _applied,
    "correction_asked": _correction,
    "supplemented": _supplemented,
    "accepted": _accepted,
    "not_accepted": _not_accepted,
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
