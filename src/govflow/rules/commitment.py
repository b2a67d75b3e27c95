"""Commitment, tolerance and the green channel 告知承诺、容缺受理、绿色通道 (group K)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govflow.language.model import Item, Material
from govflow.law.clocks import compare
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding

_EXCLUDED = re.compile(
    r"国家安全|保密|涉密|枪支|弹药|爆炸|烟花|剧毒|危险化学品|易制毒|核材料|核设施|放射性|麻醉|精神药品|疫苗|药品生产"
    r"|金融|银行业|证券|期货|保险公司|支付机构"
)
_IDENTITY = re.compile(r"身份证|身份证明|营业执照|法人证书|护照|户口簿")


def commitment_incomplete(context: Context, item: Item) -> Iterator[Finding]:
    """告知承诺不完整或不适用 / Commitment incomplete or excluded

    不得承诺的领域写了告知承诺，或者缺少承诺内容、后果、事后核查期限。
    Commitment is offered in an excluded field, or lacks its text, consequence or post-check limit.

    承诺要说清承诺什么、不实怎么办、何时核查；直接涉及国家安全、公共安全、金融的不适用。
    It must say what is promised, what a false promise costs, and when it is checked; security and finance are excluded.

    来源：浙江省保障“最多跑一次”改革规定第十四条：自作出决定之日起两个月内核查

    坏：
        commitment: {text: 已符合条件, consequence: 撤销许可, replaces: [M04]}
    好：
        commitment: {text: 已符合条件, consequence: 撤销许可, replaces: [M04], post_check: 60 workdays}
    """
    commitment = item.commitment
    if commitment is None:
        return
    match = _EXCLUDED.search(str(item.name))
    if match or item.confidential:
        word = match[0] if match else "涉密"
        yield finding(
            ("commitment",),
            f"涉及“{word}”的事项不适用告知承诺。",
            f"Commitment is excluded for matters of this field ({word}).",
        )
        return
    missing = [
        (zh, en)
        for zh, en, value in (
            ("承诺内容（text）", "text", commitment.text),
            ("后果（consequence）", "consequence", commitment.consequence),
            ("事后核查期限（post_check）", "post_check", commitment.post_check),
        )
        if not value
    ]
    if missing:
        yield finding(
            ("commitment",),
            f"告知承诺没有写{'、'.join(zh for zh, _ in missing)}。",
            f"The commitment lacks its {', '.join(en for _, en in missing)}.",
        )


def tolerance_of_primary(context: Context, item: Item) -> Iterator[Finding]:
    """主要材料容缺 / Tolerance for a primary material

    容缺后补的不是次要材料，或者是申请表、身份证明。
    A material that may come later is not a secondary one, or is the form or a proof of identity.

    没有申请表和身份，就没有申请；主要材料缺了无法审查。
    Without form and identity there is no application; without primary materials nothing can be reviewed.

    来源：广东省政务服务条例第三十二条：次要申请材料容缺受理

    坏：
        materials: [{use: M01}, {use: M04, defer: {within: 3 workdays}}]
    好：
        materials: [{use: M01}, {use: M04}, {use: M09, defer: {within: 3 workdays}}]
    """
    for at, use, material in context.uses(item):
        if use.defer is None:
            continue
        reason = _primary(material)
        if reason:
            yield finding(
                ("materials", at, "defer"),
                f"“{material.name}”{reason[0]}，不能容缺。",
                f"{str(material.name)!r} {reason[1]} and may not come later.",
            )


def tolerance_period(context: Context, item: Item) -> Iterator[Finding]:
    """容缺期限缺失或过长 / Tolerance period missing or too long

    容缺的材料没有写补交期限，或者期限长于承诺办结时限。
    A material that may come later has no period, or one longer than the promised limit.

    补交期限长于办结时限，事项办完了材料还没到。
    With a longer period the item is decided before the material arrives.

    来源：地方容缺受理办法：补正期限不超过承诺办结时限

    坏：
        materials: [{use: M01}, {use: M04}, {use: M09, defer: {within: 8 workdays}}]
    好：
        materials: [{use: M01}, {use: M04}, {use: M09, defer: {within: 3 workdays}}]
    """
    promised = item.limits.promised
    for at, use, material in context.uses(item):
        if use.defer is None:
            if material.necessity == "容缺后补":
                yield finding(
                    ("materials", at),
                    f"“{material.name}”可以容缺，没有写补交期限（defer）。",
                    f"{str(material.name)!r} may come later, but no period is given (defer).",
                )
        elif promised and not item.instant and compare(use.defer, promised.within) > 0:
            yield finding(
                ("materials", at, "defer", "within"),
                f"“{material.name}”的补交期限 {use.defer.text()} 长于承诺时限 {promised.within.text()}。",
                f"{str(material.name)!r} may come within {use.defer.text('en')}, "
                f"longer than the promised {promised.within.text('en')}.",
            )


def green_channel_slow(context: Context, item: Item) -> Iterator[Finding]:
    """绿色通道没有提速一半 / Green channel not twice as fast

    绿色通道的时限超过承诺时限的一半。
    The limit of the green channel is more than half of the promised limit.

    绿色通道必须在承诺时限的基础上提速 50%。
    The green channel must be at least 50 % faster than the promise.

    来源：县市绿色通道办法：必须在原承诺时限的基础上提速50%

    坏：
        green_channel: {within: 3 workdays}
    好：
        green_channel: {within: 2 workdays}
    """
    green, promised = item.green_channel, item.limits.promised
    if green is None or promised is None:
        return
    if green.unit == promised.within.unit:
        slow = green.value * 2 > promised.within.value
    else:  # half of another unit is no number; not to be faster at all surely is too slow
        slow = compare(green, promised.within) > 0
    if slow:
        yield finding(
            ("green_channel", "within"),
            f"绿色通道 {green.text()}，没有比承诺 {promised.within.text()} 提速一半。",
            f"The green channel takes {green.text('en')}, more than half of {promised.within.text('en')}.",
        )


def result_before_supplement(context: Context, item: Item) -> Iterator[Finding]:
    """补交之前就出结果 / Result before the supplement

    即办件容缺受理：当场出结果时材料还没有补交。
    An instant item tolerates a missing material: the result is issued before it arrives.

    材料补齐之前不得发证；逾期不补的撤销受理。
    No result may be issued before the supplement; without it acceptance is revoked.

    来源：浙江省保障“最多跑一次”改革规定第十一条：逾期不补正的，撤回受理

    坏：
        case_type: 即办件
        limits: {promised: {within: 0 workdays, from: accepted}}
        green_channel: none
        materials: [{use: M01}, {use: M04}, {use: M09, defer: {within: 3 workdays}}]
    好：
        case_type: 即办件
        limits: {promised: {within: 0 workdays, from: accepted}}
        green_channel: none
        materials: [{use: M01}, {use: M03}, {use: M09}]
    """
    if not item.instant:
        return
    for at, use, material in context.uses(item):
        if use.defer is not None:
            yield finding(
                ("materials", at, "defer"),
                f"即办件当场出结果，“{material.name}”却可以后补。",
                f"An instant item issues its result on the spot, but {str(material.name)!r} may come later.",
            )


def commitment_without_relief(context: Context, item: Item) -> Iterator[Finding]:
    """承诺了仍交全套材料 / Commitment without relief

    可以告知承诺，但承诺没有代替任何材料。
    Commitment is offered, but replaces no material.

    承诺了还要交全套材料，承诺就没有意义。
    A commitment that spares nothing is pointless.

    来源：沪府办发〔2019〕8号：扩大告知承诺的实施范围

    坏：
        commitment: {text: 已符合条件, consequence: 撤销许可, post_check: 60 workdays}
    好：
        commitment: {text: 已符合条件, consequence: 撤销许可, post_check: 60 workdays, replaces: [M04]}
    """
    commitment = item.commitment
    if commitment and item.materials and not commitment.replaces:
        yield finding(
            ("commitment",), "告知承诺没有代替任何材料（replaces）。", "The commitment replaces no material (replaces)."
        )


def _primary(material: Material) -> tuple[str, str] | None:
    if material.is_form:
        return "是申请表", "is the application form"
    if _IDENTITY.search(str(material.name)):
        return "证明申请人身份", "proves the applicant's identity"
    return None if material.secondary else ("不是次要材料（secondary）", "is not a secondary material")
