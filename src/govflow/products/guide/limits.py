"""Time limits in words: how long, from when, how the days are counted, and what does not count."""

from __future__ import annotations

from govflow.language.model import CorrectionRule, Item, TimeLimit
from govflow.law.clocks import Limit
from govflow.products.guide.page import Say

STARTS = {
    "received": ("自收到申请之日起", "from receipt of the application"),
    "accepted": ("自受理之日起", "from acceptance"),
    "decided": ("自作出决定之日起", "from the decision"),
    "notified": ("自通知之日起", "from the notice"),
}

MISSED = {
    "withdrawn": ("视为撤回申请", "the application counts as withdrawn"),
    "not_accepted": ("不予受理", "the application is not accepted"),
    "refused": ("不予许可", "the application is refused"),
}


def short(limit: TimeLimit | None, say: Say) -> str:
    """The limit as a headline: `5个工作日`, `当日办结`, or that there is none."""
    if limit is None:
        return say("没有规定", "none set")
    return length(limit.within, say)


def length(limit: Limit, say: Say) -> str:
    """How long, in words; zero means the same day."""
    return say("当日", "same day") if limit.value == 0 else limit.text("zh" if say.chinese else "en")


def in_words(limit: TimeLimit | None, say: Say, basis: str = "") -> str:
    """One limit as a sentence with its start, its extension and its basis."""
    if limit is None:
        return say("法律、法规没有规定。", "No law sets one.")
    start = say(*STARTS.get(limit.start, (limit.start, limit.start)))
    if limit.within.value == 0:
        words = say(f"{start}当日办结。", f"The same day, {start}.")
    else:
        how_long = length(limit.within, say)
        words = say(f"{start} {how_long}内。", f"{how_long} {start}.")
    if limit.extension is not None:
        by = length(limit.extension.by, say)
        words += say(
            f"经本机关负责人批准可以延长{'一次' if limit.extension.once else ''}，延长不超过{by}，并告知理由。",
            f" It may be extended{' once' if limit.extension.once else ''} by at most {by}"
            " with the approval of the head of the authority, who tells you why.",
        )
    return words + (say(f"（{basis}）", f" ({basis})") if basis else "")


def counting(limit: TimeLimit | None, say: Say) -> str:
    """How the days of this limit are counted (民法典 art. 201-203, 行政许可法 art. 82)."""
    if limit is None:
        return ""
    unit = limit.within.unit
    if limit.within.value == 0:
        return say("在休息日受理的，为下一个工作日。", "If that is a rest day, the next workday.")
    if limit.within.timed and unit in ("workday", "working_hour"):
        return say("按办公时间计算，非办公时间不计。", "Counted in business hours only.")
    if unit == "workday":
        return say(
            "当天不计，从下一个工作日起算，到最后一个工作日24时止；周末和法定节假日不计，调休上班日计入。",
            "The day itself does not count; the count begins on the next workday and ends with the last workday. "
            "Weekends and public holidays do not count, make-up workdays do.",
        )
    if unit == "hour":
        return say("连续计算。", "Counted without a break.")
    return say(
        "当天不计，从第二天起算；最后一天是休息日的，顺延到下一个工作日。",
        "The day itself does not count; if the last day is a rest day, the next workday is the last.",
    )


def not_counted(item: Item, say: Say) -> tuple[str, ...]:
    """The special procedures whose time does not count (行政许可法 art. 45)."""
    lines = []
    for procedure in item.special_procedures:
        most = say(
            f"，不超过{length(procedure.limit, say)}" if procedure.limit else "",
            f" (at most {length(procedure.limit, say)})" if procedure.limit else "",
        )
        lines.append(
            say(
                f"{procedure.kind}所需时间{most}，不计入办理时限，事先书面告知。",
                f"Time for {say.value(procedure.kind)}{most} does not count; you are told in writing.",
            )
        )
    return tuple(lines)


def notice(limit: Limit, say: Say) -> str:
    """The one-time notice of what is missing, and what its absence means (行政许可法 art. 32)."""
    within = length(limit, say)
    return say(
        f"材料不齐或不合要求的，收到申请后{within}内一次告知全部需要补正的内容；逾期不告知的，自收到申请之日起即为受理。",
        f"If something is missing you are told once, completely, within {within} of receipt; "
        "if not, the application counts as accepted on the day of receipt.",
    )


def correction(rule: CorrectionRule, say: Say) -> str:
    """The applicant's own period for correction and what missing it means."""
    missed = say(*MISSED.get(rule.missed, (rule.missed, rule.missed)))
    within = length(rule.within, say)
    return say(
        f"请在收到补正告知后{within}内补正；逾期{missed}。",
        f"Please mend it within {within} of the notice; else {missed}.",
    )


def delivery(limit: Limit, say: Say) -> str:
    """When the result is handed over after the decision (行政许可法 art. 44)."""
    within = length(limit, say)
    if limit.value == 0:
        return say("作出决定当日送达。", "Handed over on the day of the decision.")
    return say(f"作出决定后{within}内颁发、送达。", f"Handed over within {within} of the decision.")
