"""Time limits 时限: promised and statutory limits of items, and the limits of themes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from govflow.language.model import Basis, Item, Theme
from govflow.law.clocks import JOINT, LICENCE, NOTICE, Comparison, Limit, compare, compare_on_calendar
from govflow.plan import critical_path, own_limit, waits_for
from govflow.plan.order import cycles
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding
from govflow.text import Text

# An average over fewer items is no average: a single finding GF-T03 says it better.
FEWEST_FOR_AVERAGE = 5
# Laws that count the limit from receipt of the application (自收到申请之日起), known without their text.
COUNTED_FROM_RECEIPT = frozenset(
    {
        ("建筑法", "第八条"),
        ("环境影响评价法", "第二十二条"),
        ("民办非企业单位登记管理暂行条例", "第十一条"),
    }
)
_RECEIPT_WORDS = ("收到", "提出申请之日", "申请之日", "接到申请")


def promise_over_statute(context: Context, item: Item) -> Iterator[Finding]:
    """承诺时限长于法定时限 / Promised limit longer than the statutory one

    承诺办结时限比法定办结时限还长（单位相同）。
    The promised limit is longer than the statutory limit of the same unit.

    承诺只能比法律规定的更快；写反了就会让窗口按违法的期限办。
    A promise may only be faster than the law; the other way round it plans an unlawful delay.

    来源：优化营商环境条例第三十六条：承诺的办理时限不得超过法定时限

    坏：
        limits:
          statutory: {within: 10 workdays, from: accepted, basis: law}
          promised: {within: 15 workdays, from: accepted}
    好：
        limits:
          statutory: {within: 10 workdays, from: accepted, basis: law}
          promised: {within: 5 workdays, from: accepted}
    """
    pair = comparable(item)
    if pair and pair[1].value > pair[0].value:
        yield finding(
            ("limits", "promised", "within"),
            f"承诺办结时限 {pair[1].text()} 长于法定办结时限 {pair[0].text()}。",
            f"The promised limit of {pair[1].text('en')} is longer than the statutory {pair[0].text('en')}.",
        )


def promise_in_other_unit(context: Context, item: Item) -> Iterator[Finding]:
    """承诺与法定时限单位不同 / Promised and statutory limits in different units

    承诺时限与法定时限的单位不同，数字不能直接相比：按官方日历逐日相比，写明承诺会不会更晚到期。
    The promised and the statutory limit have different units: their due dates are compared from every known day on.

    5 个工作日跨 5 到 15 天，7 个自然日跨 7 到 17 天，谁先到期要看哪一天起算；只要有一天承诺更晚，那一天就会超过法定时限。
    Which ends first depends on the start date; one date from which the promise ends later is one unlawful delay.

    来源：沪府办发〔2019〕8号：审批承诺时限在法定时限的基础上平均减少一半（须以同一单位计算）

    坏：
        limits:
          statutory: {within: 60 natural days, from: accepted, basis: law}
          promised: {within: 10 workdays, from: accepted}
    好：
        limits:
          statutory: {within: 40 workdays, from: accepted, basis: law}
          promised: {within: 10 workdays, from: accepted}
    """
    statutory, promised = item.limits.statutory, item.limits.promised
    if statutory is None or promised is None or statutory.within.unit == promised.within.unit:
        return
    found = compare_on_calendar(promised.within, statutory.within)
    zh, en = _spans(found)
    verdict = _verdict(found)
    yield finding(
        ("limits", "promised", "within"),
        f"承诺 {promised.within.text()} 与法定 {statutory.within.text()} 单位不同：{zh}{verdict.zh}。",
        f"The promise ({promised.within.text('en')}) and the statute ({statutory.within.text('en')}) differ in unit: "
        f"{en}{verdict.en}.",
    )


def _spans(found: Comparison) -> tuple[str, str]:
    """What both limits take on the calendars, or nothing where that could not be measured."""
    if found.spans is None:
        return "", ""
    (one, other), (first, last) = (each.text() for each in found.spans), found.years
    return (
        f"按 {first}–{last} 年的日历，分别跨 {one} 天与 {other} 天，",
        f"on the calendars of {first}-{last} they take {one} and {other} days, ",
    )


def _verdict(found: Comparison) -> Text:
    """Does the promise end later? Only what the calendars show."""
    if found.verdict == "unknown":
        return Text("不能断定谁先到期", "which of them ends first is not known")
    if found.verdict == "never":
        return Text("同一天起算，承诺不会更晚到期", "so begun on the same day the promise never ends later")
    example = found.example
    zh = f"：如 {example.start} 起算，承诺 {example.one} 到期，法定 {example.other} 到期" if example else ""
    en = f": begun on {example.start}, one is due on {example.one}, the other on {example.other}" if example else ""
    if found.verdict == "always":
        return Text(f"哪一天起算承诺都更晚到期{zh}", f"and the promise always ends later{en}")
    return Text(
        f"{found.starts} 个起算日中有 {found.later} 个承诺可能更晚到期{zh}",
        f"and from {found.later} of {found.starts} start dates the promise may end later{en}",
    )


def promise_not_halved(context: Context, item: Item) -> Iterator[Finding]:
    """承诺时限没有减半 / Promise not at least halved

    承诺办结时限超过法定办结时限的一半。
    The promised limit is more than half of the statutory one.

    减半的要求针对平均数；单个事项没有减半不违规，但值得看一看能不能更快。
    The duty is on the average; a single item is not at fault, but worth a second look.

    来源：沪府办发〔2019〕8号：审批承诺时限在法定时限的基础上平均减少一半

    坏：
        limits:
          statutory: {within: 20 workdays, from: accepted, basis: law}
          promised: {within: 12 workdays, from: accepted}
    好：
        limits:
          statutory: {within: 20 workdays, from: accepted, basis: law}
          promised: {within: 10 workdays, from: accepted}
    """
    pair = comparable(item)
    if pair and pair[0].value > 0 and pair[0].value / 2 < pair[1].value <= pair[0].value:
        yield finding(
            ("limits", "promised", "within"),
            f"承诺 {pair[1].text()}，没有比法定 {pair[0].text()} 减少一半。",
            f"The promise of {pair[1].text('en')} is not half of the statutory {pair[0].text('en')}.",
        )


def average_not_halved(context: Context) -> Iterator[Finding]:
    """承诺时限平均压缩不到一半 / Average reduction below one half

    一个部门（至少五个可比的事项）的承诺时限平均压缩不到 50%。
    A department with at least five comparable items reduces its limits by less than 50 % on average.

    平均减半是对部门的要求；法定时限为零、没有法定时限或单位不同的事项不计入。
    The duty is on the average; items without a statutory limit, with a limit of 0 or of mixed units are left out.

    来源：沪府办发〔2019〕8号：审批承诺时限在法定时限的基础上平均减少一半

    坏：
        id: I15  # 本部门其余事项都是法定 10 天、承诺 5 天
        limits: {promised: {within: 9 workdays, from: accepted}}
    好：
        id: I15
        limits: {promised: {within: 4 workdays, from: accepted}}
    """
    for code, items in context.items_of.items():
        pairs = [item.limits for item in items if item.limits and item.limits[0].value > 0]
        if len(pairs) < FEWEST_FOR_AVERAGE or code not in context.catalog.departments:
            continue
        mean = sum((1 - promised.value / statutory.value for statutory, promised in pairs), Decimal(0)) / len(pairs)
        total = 1 - sum(promised.value for _, promised in pairs) / sum(statutory.value for statutory, _ in pairs)
        if mean < Decimal("0.5"):
            yield finding(
                (),
                f"{len(pairs)} 个可比事项的承诺时限平均压缩 {mean:.1%}（按总天数 {total:.1%}），不到 50%。",
                f"The {len(pairs)} comparable items reduce their limits by {mean:.1%} on average "
                f"({total:.1%} of all days), less than 50 %.",
                record=("department", code),
            )


def statutory_limit_missing(context: Context, item: Item) -> Iterator[Finding]:
    """没有写法定办结时限 / Statutory limit missing

    没有写法定办结时限，也没有写明法律没有规定（statutory: none）。
    There is no statutory limit and no explicit `statutory: none`.

    法定办结时限是三级八同的要素；漏写和法律没有规定必须分得清。
    It is one of the eight elements that must agree at all levels; left out and not set by law must be told apart.

    来源：行政许可法第四十二条；湖北省“三级八同”：法定办结时限

    坏：
        limits:
          statutory:
          promised: {within: 5 workdays, from: accepted}
    好：
        limits:
          statutory: none
          promised: {within: 5 workdays, from: accepted}
    """
    raw = context.raw("item", item.code)
    if raw and (raw.get("limits") or {}).get("statutory") is None:
        yield finding(
            ("limits",),
            "没有写法定办结时限；法律没有规定的，写 statutory: none。",
            "The statutory limit is missing; write `statutory: none` if no law sets one.",
            help=Text(
                "statutory: {within: 20 workdays, from: accepted, basis: 依据的 id}",
                "statutory: {within: 20 workdays, from: accepted, basis: id of the basis}",
            ),
        )


def limit_unit_unclear() -> Iterator[Finding]:
    """时限单位不明 / Unit of a limit unclear

    时限没有单位，或只写“日”“天”，分不清工作日和自然日。
    A limit has no unit, or a bare day that may be a workday or a natural day.

    行政许可法的“日”是工作日，其他法律未必；相差可达一半，必须写明。
    A day is a workday in the Administrative Licensing Law but not in every law; the difference must be stated.

    来源：行政许可法第八十二条：本法规定的行政机关实施行政许可的期限以工作日计算，不含法定节假日

    坏：
        id: I01
        limits: {correction_notice: 5日}
    好：
        id: I01
        limits: {correction_notice: 5个工作日}
    """
    yield from ()


def promise_against_case_type(context: Context, item: Item) -> Iterator[Finding]:
    """办件类型与承诺时限不符 / Case type and promise disagree

    即办件的承诺时限不是 0，或承诺件没有大于 0 的承诺时限。
    An instant item promises more than 0 days, or any other item promises 0 or nothing.

    即办件当场办结；承诺件要靠承诺时限计时，没有时限就没有监察。
    An instant item is done on the spot; the clock of any other item runs on its promise.

    来源：办件类型代码：1 即办件（当场办结，承诺时限为 0），2 承诺件

    坏：
        case_type: 即办件
        limits: {promised: {within: 5 workdays, from: accepted}}
    好：
        case_type: 承诺件
        limits: {promised: {within: 5 workdays, from: accepted}}
    """
    promised = item.limits.promised
    if item.instant and promised is not None and promised.within.value > 0:
        text = promised.within
        yield finding(
            ("limits", "promised", "within"),
            f"即办件当场办结，承诺时限应为 0，实为 {text.text()}。",
            f"An instant item is done on the spot: its promise should be 0, found {text.text('en')}.",
        )
    elif not item.instant and (promised is None or promised.within.value == 0):
        yield finding(
            ("limits", "promised", "within") if promised else ("limits",),
            "承诺件没有大于 0 的承诺办结时限。",
            "This item is not instant, but promises no limit greater than 0.",
        )


def limit_number_wrong() -> Iterator[Finding]:
    """时限的数字不对 / Number of a limit wrong

    时限为负、不是数字，或者是半天以外的小数。
    A limit is negative, no number, or has a fraction other than half a workday.

    这样的时限算不出到期日。
    No due date follows from such a limit.

    来源：民法典第二百条：期间按照公历年、月、日、小时计算

    坏：
        id: I01
        limits: {correction_notice: 0.3 workday}
    好：
        id: I01
        limits: {correction_notice: 0.5 workday}
    """
    yield from ()


def long_licence_without_basis(context: Context, item: Item) -> Iterator[Finding]:
    """许可时限超过二十日而无依据 / Licence over twenty workdays without basis

    行政许可的法定时限超过 20 个工作日（联办 45 个），却没有写明依据。
    A licence has a statutory limit above 20 workdays (45 if joint) and names no basis for it.

    超过一般期限必须由法律、法规另行规定。
    More than the general limit is lawful only where a law or regulation says so.

    来源：行政许可法第四十二条：自受理之日起二十日内作出行政许可决定；统一、联合、集中办理的不得超过四十五日

    坏：
        limits:
          statutory: {within: 30 workdays, from: accepted}
          promised: {within: 15 workdays, from: accepted}
    好：
        limits:
          statutory: {within: 30 workdays, from: accepted, basis: law}
          promised: {within: 15 workdays, from: accepted}
    """
    statutory = item.limits.statutory
    if item.type != "行政许可" or statutory is None or statutory.basis:
        return
    most = JOINT if item.joint_departments else LICENCE
    if compare(statutory.within, most) > 0:
        yield finding(
            ("limits", "statutory"),
            f"法定办结时限 {statutory.within.text()} {_over(statutory.within, most).zh} {most.text()}，要写明依据（basis）。",
            f"The statutory limit of {statutory.within.text('en')} {_over(statutory.within, most).en} "
            f"{most.text('en')} and needs a basis.",
        )


def joint_promise_too_long(context: Context, theme: Theme) -> Iterator[Finding]:
    """联合办理承诺超过上限 / Joint handling promises more than its cap

    联合办理的一件事承诺超过 45 个工作日；分阶段的，超过自己写明的上限（joint_cap）。
    A theme handled jointly promises more than 45 workdays; one in stages, more than its own `joint_cap`.

    联合办理的期限由法律封顶。分阶段的主题每个阶段各自联办，全程另有上限。
    The law caps joint handling. The stages of a staged theme are joint each for itself; the whole has its own cap.

    来源：行政许可法第四十二条：采取统一办理或者联合办理、集中办理的，办理的时间不得超过四十五日

    坏：
        limits: {promised: {within: 50 workdays, from: accepted}}
    好：
        limits: {promised: {within: 45 workdays, from: accepted}}
    """
    cap = theme.joint_cap if theme.stages else JOINT
    if theme.promised and cap and compare(theme.promised.within, cap) > 0:
        yield finding(
            ("limits", "promised", "within"),
            f"承诺 {theme.promised.within.text()} {_over(theme.promised.within, cap).zh}联合办理的上限 {cap.text()}。",
            f"The promise of {theme.promised.within.text('en')} {_over(theme.promised.within, cap).en} "
            f"the cap of {cap.text('en')}.",
        )


def theme_promise_too_short(context: Context, theme: Theme) -> Iterator[Finding]:
    """一件事承诺短于关键路径 / Theme promise shorter than its critical path

    一件事的承诺时限短于各事项承诺时限的关键路径。
    The theme promises less than the critical path of its items' promises.

    每个事项都按承诺办完，一件事仍会超期：这个承诺无法兑现。
    Even if every item keeps its promise, the theme is late: the promise cannot be kept.

    来源：县市并联审批经验：牵头受理、抄告相关、协同审批、限时办结

    坏：
        # I01 承诺 5 天，之后 I02、I03 各 5 天
        limits: {promised: {within: 8 workdays, from: accepted}}
    好：
        limits: {promised: {within: 12 workdays, from: accepted}}
    """
    promised = theme.promised
    # A cycle has no path (GF-H03 and GF-H15 report it), and limits of other units have no exact length in workdays.
    if promised is None or promised.within.unit != "workday" or cycles(waits_for(theme, context.catalog)):
        return
    own = [own_limit(item) for _, item in context.entries(theme)]
    if len(own) < len(theme.items) or any(limit and limit.unit != "workday" for limit in own):
        return
    path, length = critical_path(theme, context.catalog)
    if length > promised.within.value:
        chain, days = " → ".join(path), Limit(length, "workday")
        yield finding(
            ("limits", "promised", "within"),
            f"承诺 {promised.within.text()}，短于关键路径 {chain} 的 {days.text()}。",
            f"The promise of {promised.within.text('en')} is shorter than the critical path {chain} "
            f"of {days.text('en')}.",
        )


def correction_notice_late(context: Context, item: Item) -> Iterator[Finding]:
    """补正告知期限超过五日或没有写 / Correction notice over five workdays or not stated

    一次性告知补正的期限没有写明，或超过 5 个工作日。
    The period for the one correction notice is not stated or exceeds 5 workdays.

    逾期不告知的，自收到申请之日起即为受理；写得更长没有效力。
    Without a notice in five days the application counts as accepted on receipt; a longer period has no effect.

    来源：行政许可法第三十二条：应当当场或者在五日内一次告知申请人需要补正的全部内容

    坏：
        limits: {correction_notice: 7 workdays}
    好：
        limits: {correction_notice: 5 workdays}
    """
    raw = context.raw("item", item.code)
    notice = item.limits.correction_notice
    if raw and (raw.get("limits") or {}).get("correction_notice") is None:
        yield finding(
            ("limits",),
            "没有写明一次性告知补正的期限（correction_notice）。",
            "The period for the correction notice (correction_notice) is not stated.",
        )
    elif compare(notice, NOTICE) > 0:
        yield finding(
            ("limits", "correction_notice"),
            f"补正告知期限 {notice.text()} {_over(notice, NOTICE).zh} {NOTICE.text()}。",
            f"The correction notice may come within {notice.text('en')}; the law allows {NOTICE.text('en')}.",
        )


def start_event_unclear(context: Context, item: Item) -> Iterator[Finding]:
    """法律自收到之日起算而没有写起算点 / Start event not stated although the law counts from receipt

    依据规定自收到申请之日起算，法定时限却没有写从何时起算（from）。
    The law counts from receipt of the application, but the statutory limit does not say from which event it runs.

    没有写就按受理之日起算，到期日会晚于法律的规定。
    Without it the limit runs from acceptance, and the due date is later than the law's.

    来源：建筑法第八条：自收到申请之日起；环境影响评价法第二十二条：自收到之日起

    坏：
        basis: [{id: law, law: 建筑法, article: 第八条, kind: 法律}]
        limits: {statutory: {within: 10 workdays, basis: law}}
    好：
        basis: [{id: law, law: 建筑法, article: 第八条, kind: 法律}]
        limits: {statutory: {within: 10 workdays, basis: law, from: received}}
    """
    statutory = item.limits.statutory
    raw = (context.raw("item", item.code).get("limits") or {}).get("statutory")
    if statutory is None or not isinstance(raw, dict) or raw.get("from") is not None:
        return
    named = [basis for basis in item.basis if basis.id == statutory.basis] or item.basis
    for basis in named:
        if _counts_from_receipt(basis):
            yield finding(
                ("limits", "statutory"),
                f"{basis.law}{basis.article or ''}自收到申请之日起算，应写明 from: received。",
                f"{basis.law} {basis.article or ''} counts from receipt: state `from: received`.",
            )
            return


def _over(limit: Limit, most: Limit) -> Text:
    """Exceeds, or may exceed: limits of different units are longer only on some start dates, unless on all."""
    if limit.unit == most.unit or compare_on_calendar(limit, most).verdict == "always":
        return Text("超过", "exceeds")
    return Text("可能超过", "may exceed")


def _counts_from_receipt(basis: Basis) -> bool:
    if (basis.law, basis.article) in COUNTED_FROM_RECEIPT:
        return True
    return bool(basis.text) and any(word in str(basis.text) for word in _RECEIPT_WORDS)


def comparable(item: Item) -> tuple[Limit, Limit] | None:
    """The statutory and the promised limit when both are there in one unit."""
    statutory, promised = item.limits.statutory, item.limits.promised
    if statutory is None or promised is None or statutory.within.unit != promised.within.unit:
        return None
    return statutory.within, promised.within
