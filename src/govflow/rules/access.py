"""Online handling, visits and access 网上办理与到现场 (group V)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from govflow.language.model import Item
from govflow.rules.context import LEVELS, Context
from govflow.rules.types import Finding, finding
from govflow.text import Text

SCOPE_LEVELS: Mapping[str, str] = {
    "全国通办": "国家级",
    "跨省通办": "国家级",
    "全省通办": "省级",
    "全市通办": "市级",
    "全县通办": "县级",
    "全镇通办": "镇级",
    "全村通办": "村级",
}
PERSONAL_TOPICS = frozenset(
    {"生育收养", "户籍办理", "入伍服役", "婚姻登记", "离职退休", "死亡殡葬", "优待抚恤", "出境入境", "证件办理"}
)
ENTERPRISE_TOPICS = frozenset({"企业开办", "投资审批", "招标拍卖", "破产清算", "法人注销", "融资信贷", "检验检疫"})
_PHONE = re.compile(
    r"(?:0[0-9]{2,3}[-－—– ]?[0-9]{5,8}|[48]00-?[0-9]{3}-?[0-9]{4}|1[0-9]{10}|1[0-9]{4})(?:[-转][0-9]{1,6})?\Z"
)
_BETWEEN = re.compile(r"[、，,；;/\s]+")


def online_with_visits(context: Context, item: Item) -> Iterator[Finding]:
    """全程网办却要到现场 / Fully online, yet visits

    网上办理深度为 IV（全程网办），到现场次数却大于 0。
    The online depth is IV (fully online), but visits are more than 0.

    全程网办就是一次都不用跑。
    Fully online means not one trip.

    来源：重庆市（2017）：凡是能实现网上办理的事项，不得要求必须到现场办理

    坏：
        channels: {visits: 1, visit_reason: 当面核对原件}
    好：
        channels: {visits: 0}
    """
    if item.channels.online_depth == "IV" and item.channels.visits > 0:
        yield finding(
            ("channels", "visits"),
            f"全程网办（IV）却要到现场 {item.channels.visits} 次。",
            f"Online depth IV, yet {item.channels.visits} visit(s) are asked.",
        )


def visits_unexplained(context: Context, item: Item) -> Iterator[Finding]:
    """到现场次数没有写或没有原因 / Visits missing or without a reason

    没有写到现场次数，或者大于 0 却没有写必须到现场的原因。
    The number of visits is missing, or it is more than 0 without a reason.

    要群众跑一趟，必须有说得出的理由。
    Who makes people come must be able to say why.

    来源：江府办函〔2016〕130号：到现场办理次数不超过1次；事项要素质检规则

    坏：
        channels: {online_depth: III, visits: 1}
    好：
        channels: {online_depth: III, visits: 1, visit_reason: 当面核对原件}
    """
    channels = _raw_channels(context, item)
    if channels is not None and channels.get("visits") is None:
        yield finding(("channels",), "没有写到现场次数（visits）。", "The number of visits is missing.")
    elif item.channels.visits > 0 and not item.channels.visit_reason:
        yield finding(
            ("channels", "visits"),
            f"要到现场 {item.channels.visits} 次，没有写原因（visit_reason）。",
            f"{item.channels.visits} visit(s) without a reason (visit_reason).",
        )


def original_without_courier(context: Context, item: Item) -> Iterator[Finding]:
    """零跑动却要纸质原件 / No visit, but a paper original

    到现场次数为 0，却要纸质原件，又不能快递。
    There are no visits, yet a paper original is asked and no courier is offered.

    原件送不到窗口，零跑动兑现不了。
    The original cannot reach the window, so the promise of no visit cannot be kept.

    来源：事项要素质检规则：到现场次数为 0 的，纸质原件应可快递

    坏：
        channels: {post: false}
        materials: [{use: M01}, {use: M04, originals: 1, copies: 0}]
    好：
        channels: {post: true}
        materials: [{use: M01}, {use: M04, originals: 1, copies: 0}]
    """
    material = _stranded_original(context, item)
    if material:
        yield finding(
            ("channels", "visits"),
            f"到现场次数为 0，却要“{material}”的纸质原件，又不能快递（post）。",
            f"No visits, but a paper original of {material!r} is asked and nothing can be posted.",
        )


def more_than_one_visit(context: Context, item: Item) -> Iterator[Finding]:
    """到现场超过一次 / More than one visit

    到现场次数超过一次。
    The applicant must come more than once.

    最多跑一次是各地共同的承诺。
    At most one trip is the common promise.

    来源：湖北省随州市（2018）：最多跑一次

    坏：
        channels: {online_depth: II, visits: 2, visit_reason: 现场采集和领证}
    好：
        channels: {online_depth: III, visits: 1, visit_reason: 现场采集}
    """
    if item.channels.visits > 1:
        yield finding(
            ("channels", "visits"),
            f"要到现场 {item.channels.visits} 次，超过一次。",
            f"{item.channels.visits} visits, more than one.",
        )


def no_way_without_visit(context: Context, item: Item) -> Iterator[Finding]:
    """零跑动没有途径 / No visit, but no other way

    到现场次数为 0，但不是全程网办，也不能快递。
    There are no visits, but the item is not fully online and nothing can be posted.

    材料和结果总要有一条路。
    Material and result must travel somehow.

    来源：事项要素质检规则：到现场次数为 0 的，应全程网办或支持快递

    坏：
        channels: {online_depth: III, visits: 0, post: false}
    好：
        channels: {online_depth: III, visits: 0, post: true}
    """
    channels, raw = item.channels, _raw_channels(context, item)
    if channels.visits or channels.online_depth == "IV" or _posted(item) or _stranded_original(context, item):
        return
    if raw is None or (raw.get("visits") is not None and raw.get("online_depth") is not None):
        yield finding(
            ("channels", "visits"),
            f"到现场次数为 0，但网上办理深度只有 {channels.online_depth}，也不能快递。",
            f"No visits, but online depth {channels.online_depth} and no delivery by post.",
        )


def confidential_online(context: Context, item: Item) -> Iterator[Finding]:
    """涉密事项网上办理 / Confidential item online

    涉密事项可以网上办理。
    A confidential item can be handled online.

    涉密事项不上网。
    Confidential matters stay off the net.

    来源：县市网上审批经验：涉密事项除外

    坏：
        confidential: true
    好：
        confidential: true
        channels: {online_depth: I, visits: 1, visit_reason: 涉密, forms: [窗口办理]}
    """
    online = "网上办理" in item.channels.forms or item.channels.online_depth not in ("", "I")
    if item.confidential and online:
        yield finding(("confidential",), "涉密事项不应网上办理。", "A confidential item should not be handled online.")


def scope_too_wide(context: Context, item: Item) -> Iterator[Finding]:
    """通办范围超过层级 / Scope wider than the level

    通办范围比事项的行使层级还宽。
    The scope of handling anywhere is wider than the level of the item.

    一级政府只能承诺本辖区内通办；更大范围要有协议。
    A level can promise its own region only; a wider scope needs an agreement.

    来源：江府办函〔2016〕130号：以“全城通办”为特色

    坏：
        channels: {scope: 全国通办}
    好：
        channels: {scope: 全市通办}
    """
    widest = SCOPE_LEVELS.get(item.channels.scope or "")
    if widest and item.level in LEVELS and LEVELS.index(widest) < LEVELS.index(item.level):
        yield finding(
            ("channels", "scope"),
            f"{item.level}事项写了{item.channels.scope}，要有上级或异地的协议。",
            f"The scope {item.channels.scope} is wider than the level {item.level} and needs an agreement.",
        )


def contact_wrong(context: Context, item: Item) -> Iterator[Finding]:
    """咨询投诉电话或办理时间不对 / Contact or hours wrong

    咨询、投诉电话缺失、相同或没有区号，或办理时间没有写工作日。
    The numbers for questions and complaints are missing, equal or without area code, or the hours name no workdays.

    投诉电话和咨询电话相同，等于没有投诉渠道。
    A complaint that reaches the same desk is no complaint.

    来源：重庆市（2017）：常见问题、监督举报方式；事项要素质检规则

    坏：
        channels: {complain: 0722-1234501}
    好：
        channels: {complain: 0722-1234502}
    """
    channels = item.channels
    if _raw_channels(context, item) is None:
        return
    for key, name, en, number in (
        ("consult", "咨询电话", "number for questions", channels.consult),
        ("complain", "投诉电话", "number for complaints", channels.complain),
    ):
        if not number:
            yield finding(("channels", key), f"没有{name}（{key}）。", f"The {en} ({key}) is missing.")
        elif not all(_PHONE.match(each) for each in _BETWEEN.split(number.strip()) if each):
            yield finding(("channels", key), f"{name}“{number}”没有区号。", f"The {en} {number!r} has no area code.")
    if channels.consult and channels.consult == channels.complain:
        yield finding(
            ("channels", "complain"),
            "投诉电话与咨询电话相同。",
            "The numbers for complaints and questions are the same.",
        )
    if not channels.hours:
        yield finding(
            ("channels", "hours"),
            "没有办理时间（hours）。",
            "The hours are missing.",
            help=Text(
                "写明工作日，如 hours: 工作日 09:00-12:00 13:30-17:30",
                "Write the workdays, as in “hours: 工作日 09:00-17:30”",
            ),
        )
    elif "工作日" not in channels.hours:
        yield finding(
            ("channels", "hours"), "办理时间没有写明工作日。", "The hours do not say that they are those of workdays."
        )


def topic_against_audience(context: Context, item: Item) -> Iterator[Finding]:
    """主题与服务对象不符 / Topic does not fit the audience

    主题分类是个人的而服务对象只有法人，或者相反。
    A topic is personal while only legal persons are served, or the other way round.

    分类错了，要办事的人在导航里找不到。
    Filed under the wrong topic, an item is not found by those who need it.

    来源：湖北政务服务网：“自然人办事”或“法人办事”

    坏：
        topics: [婚姻登记]
    好：
        topics: [设立变更]
    """
    persons = "自然人" in item.audience
    only_persons = item.audience == ("自然人",)
    for at, topic in enumerate(item.topics):
        wrong = (topic in PERSONAL_TOPICS and item.audience and not persons) or (
            topic in ENTERPRISE_TOPICS and only_persons
        )
        if wrong:
            yield finding(
                ("topics", at),
                f"主题“{topic}”与服务对象{'、'.join(item.audience)}不符。",
                f"The topic {topic} does not fit the audience {', '.join(item.audience)}.",
            )


def _raw_channels(context: Context, item: Item) -> Mapping[str, Any] | None:
    """What the author wrote about channels; None when the text is not at hand."""
    raw = context.raw("item", item.code)
    return (raw.get("channels") or {}) if raw else None


def _posted(item: Item) -> bool:
    return item.channels.post or "快递申请" in item.channels.forms


def _stranded_original(context: Context, item: Item) -> str | None:
    """The name of a material whose paper original cannot reach the window, or None."""
    if item.channels.visits or _posted(item):
        return None
    for _, use, material in context.uses(item):
        originals = material.originals if use.originals is None else use.originals
        if originals and material.form != "电子" and not (material.obtained or material.result_of):
            return str(material.name)
    return None
