"""Time limits in words: how long, from when, how the days are counted, and what does not count."""

from __future__ import annotations

import re

from govflow.language.model import CorrectionRule, Item, TimeLimit
from govflow.law.clocks import Limit
from govflow.products.guide.page import word
from govflow.text import Lang, Text, many

STARTS = {
    "received": Text("自收到申请之日起", "from receipt of the application"),
    "accepted": Text("自受理之日起", "from acceptance"),
    "decided": Text("自作出决定之日起", "from the decision"),
    "notified": Text("自通知之日起", "from the notice"),
}

MISSED = {
    "withdrawn": Text("视为撤回申请", "the application counts as withdrawn"),
    "not_accepted": Text("不予受理", "the application is not accepted"),
    "refused": Text("不予许可", "the application is refused"),
}


_PERIODS = {"年": "year", "月": "month", "工作日": "workday", "日": "day", "天": "day"}


def period(text: str | None, lang: Lang) -> str:
    """How long a paper is valid, as the definition writes it; in English `5年` is `5 years`, other words are quoted."""
    if text == "长期":
        return Text(text, "no end").text(lang)
    found = re.fullmatch(r"([0-9]{1,9}) *个?(年|月|工作日|日|天)", (text or "—").strip())
    return text or "—" if found is None or lang is Lang.ZH else many(int(found[1]), _PERIODS[found[2]])


def short(limit: TimeLimit | None, lang: Lang) -> str:
    """The limit as a headline: `5个工作日`, `当日办结`, or that there is none."""
    if limit is None:
        return Text("没有规定", "none set").text(lang)
    return length(limit.within, lang)


def length(limit: Limit, lang: Lang) -> str:
    """How long, in words; zero means the same day."""
    return Text("当日", "same day").text(lang) if limit.value == 0 else limit.text(lang)


def in_words(limit: TimeLimit | None, lang: Lang, basis: str = "") -> str:
    """One limit as a sentence with its start, its extension and its basis."""
    if limit is None:
        return Text("法律、法规没有规定。", "No law sets one.").text(lang)
    start = STARTS.get(limit.start, Text(limit.start)).text(lang)
    if limit.within.value == 0:
        words = Text(f"{start}当日办结。", f"The same day, {start}.").text(lang)
    else:
        how_long = length(limit.within, lang)
        words = Text(f"{start} {how_long}内。", f"{how_long} {start}.").text(lang)
    if limit.extension is not None:
        by = length(limit.extension.by, lang)
        words += Text(
            f"经本机关负责人批准可以延长{'一次' if limit.extension.once else ''}，延长不超过{by}，并告知理由。",
            f" It may be extended{' once' if limit.extension.once else ''} by at most {by}"
            " with the approval of the head of the authority, who tells you why.",
        ).text(lang)
    return words + (Text(f"（{basis}）", f" ({basis})").text(lang) if basis else "")


def counting(limit: TimeLimit | None, lang: Lang) -> str:
    """How the days of this limit are counted (民法典 art. 201-203, 行政许可法 art. 82)."""
    if limit is None:
        return ""
    unit = limit.within.unit
    if limit.within.value == 0:
        return Text("在休息日受理的，为下一个工作日。", "If that is a rest day, the next workday.").text(lang)
    if limit.within.timed and unit in ("workday", "working_hour"):
        return Text("按办公时间计算，非办公时间不计。", "Counted in business hours only.").text(lang)
    if unit == "workday":
        return Text(
            "当天不计，从下一个工作日起算，到最后一个工作日24时止；周末和法定节假日不计，调休上班日计入。",
            "The day itself does not count; the count begins on the next workday and ends with the last workday. "
            "Weekends and public holidays do not count, make-up workdays do.",
        ).text(lang)
    if unit == "hour":
        return Text("连续计算。", "Counted without a break.").text(lang)
    return Text(
        "当天不计，从第二天起算；最后一天是休息日的，顺延到下一个工作日。",
        "The day itself does not count; if the last day is a rest day, the next workday is the last.",
    ).text(lang)


def not_counted(item: Item, lang: Lang) -> tuple[str, ...]:
    """The special procedures whose time does not count (行政许可法 art. 45)."""
    lines = []
    for procedure in item.special_procedures:
        most = Text(
            f"，不超过{length(procedure.limit, lang)}" if procedure.limit else "",
            f" (at most {length(procedure.limit, lang)})" if procedure.limit else "",
        ).text(lang)
        lines.append(
            Text(
                f"{procedure.kind}所需时间{most}，不计入办理时限，事先书面告知。",
                f"Time for {word(procedure.kind, lang)}{most} does not count; you are told in writing.",
            ).text(lang)
        )
    return tuple(lines)


def notice(limit: Limit, lang: Lang) -> str:
    """The one-time notice of what is missing, and what its absence means (行政许可法 art. 32)."""
    within = length(limit, lang)
    return Text(
        f"材料不齐或不合要求的，收到申请后{within}内一次告知全部需要补正的内容；逾期不告知的，自收到申请之日起即为受理。",
        f"If something is missing you are told once, completely, within {within} of receipt; "
        "if not, the application counts as accepted on the day of receipt.",
    ).text(lang)


def correction(rule: CorrectionRule, lang: Lang) -> str:
    """The applicant's own period for correction and what missing it means."""
    missed = MISSED.get(rule.missed, Text(rule.missed)).text(lang)
    within = length(rule.within, lang)
    return Text(
        f"请在收到补正告知后{within}内补正；逾期{missed}。",
        f"Please mend it within {within} of the notice; else {missed}.",
    ).text(lang)


def delivery(limit: Limit, lang: Lang) -> str:
    """When the result is handed over after the decision (行政许可法 art. 44)."""
    within = length(limit, lang)
    if limit.value == 0:
        return Text("作出决定当日送达。", "Handed over on the day of the decision.").text(lang)
    return Text(f"作出决定后{within}内颁发、送达。", f"Handed over within {within} of the decision.").text(lang)
