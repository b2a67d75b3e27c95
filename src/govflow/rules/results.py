"""Fees and results 收费与结果 (group R)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govflow.language.model import Item
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding
from govflow.text import Text

_LICENCE_NAME = re.compile(
    r"(?:许可证|资格证|登记证|合格证|产权证|备案证|执照|证书|证)(?:书)?(?:[（(][^（）()]*[）)])?$"
)
_DOCUMENT_NAME = re.compile(r"(?:批复|批文|决定书?|意见书?|批准书|核准书|通知书|函)(?:[（(][^（）()]*[）)])?$")


def fee_incomplete(context: Context, item: Item) -> Iterator[Finding]:
    """收费要素不全 / Fee incomplete

    收费没有项目、标准或依据。
    A fee lacks its item, standard or basis; or the flow has a payment and no fee is listed.

    没有依据和标准的收费是乱收费。
    A charge without basis and standard is unlawful.

    来源：优化营商环境条例第二十五条：没有法定依据的不得收取；重庆市（2017）：收费标准

    坏：
        fees: [{name: 工本费, standard: 10元/本}]
        channels: {online_payment: true}
    好：
        fees: [{name: 工本费, standard: 10元/本, basis: 发改价格〔2012〕第1号}]
        channels: {online_payment: true}
    """
    for at, fee in enumerate(item.fees):
        wanted = (("项目（name）", "name", fee.name), ("标准（standard）", "standard", fee.standard))
        missing = [(zh, en) for zh, en, value in (*wanted, ("依据（basis）", "basis", fee.basis)) if not value]
        if missing:
            yield finding(
                ("fees", at),
                f"收费“{fee.name}”没有写{'、'.join(zh for zh, _ in missing)}。",
                f"The fee {fee.name!r} lacks its {', '.join(en for _, en in missing)}.",
            )
    if not item.fees:
        for path, step in context.steps(item):
            if step.kind == "pay":
                yield finding(
                    path, "流程里有缴费，却没有收费项目（fees）。", "The flow has a payment, but no fee is listed."
                )


def payment_against_fees(context: Context, item: Item) -> Iterator[Finding]:
    """网上支付与收费不符 / Online payment and fees disagree

    收费却不能网上支付，或者不收费却写了网上支付。
    There is a fee but no online payment, or online payment but no fee.

    要交钱就应当能在网上交。
    Who must pay should be able to pay online.

    来源：沪府办发〔2019〕8号：统一公共支付；事项要素质检规则

    坏：
        channels: {online_payment: true}
    好：
        channels: {online_payment: false}
    """
    pays = item.channels.online_payment
    if item.fees and not pays:
        yield finding(
            ("channels", "online_payment"),
            "收费却不能网上支付。",
            "There is a fee, but no online payment.",
            help=Text("在 channels 里写 online_payment: true", "Write online_payment: true under channels"),
        )
    elif pays and not item.fees and context.raw("item", item.code).get("fees") == "none":
        yield finding(
            ("channels", "online_payment"),
            "不收费却写了网上支付。",
            "Online payment is set, but nothing is charged.",
            help=Text(
                "写 online_payment: false，或者在 fees 里写明收什么费",
                "Write online_payment: false, or say under fees what is charged",
            ),
        )


def result_missing(context: Context, item: Item) -> Iterator[Finding]:
    """没有办理结果 / Result missing

    没有写办理结果，也没有写明没有结果文书（results: none）。
    There is no result and no explicit `results: none`.

    申请人不知道办完能拿到什么，后面的事项也无法关联。
    The applicant does not know what comes of it, and later items cannot link to it.

    来源：湖北省“三级八同”：结果样本

    坏：
        results: []
    好：
        results: none
    """
    raw = context.raw("item", item.code)
    if raw and not raw.get("results"):
        yield finding(
            ("results",),
            "没有办理结果（results）；确实没有的，写 results: none。",
            "The result is missing; write `results: none` if there is none.",
        )


def result_without_sample(context: Context, item: Item) -> Iterator[Finding]:
    """结果没有样本 / Result without sample

    办理结果没有样本文件。
    A result has no sample file.

    结果样本是三级八同的要素。
    The sample is one of the eight elements that must agree at all levels.

    来源：湖北省“三级八同”：结果样本

    坏：
        results: [{id: licence, name: 营业执照, kind: 证照, valid_for: 长期, elicence: 营业执照电子证照}]
    好：
        results: [{id: licence, name: 营业执照, kind: 证照, valid_for: 长期, elicence: 营业执照电子证照, sample: s.pdf}]
    """
    for at, result in enumerate(item.results):
        if not result.sample:
            yield finding(
                ("results", at), f"结果“{result.name}”没有样本（sample）。", f"{str(result.name)!r} has no sample."
            )


def result_name_against_kind(context: Context, item: Item) -> Iterator[Finding]:
    """结果名称与类型不符 / Result name and kind disagree

    名称是证的结果写成批文，或名称是批复的写成证照。
    A result named as a licence is an approval document, or the other way round.

    类型决定要不要有效期和电子证照。
    The kind decides whether it has a validity and an e-licence.

    来源：事项要素质检规则：结果名称与结果类型一致

    坏：
        results: [{id: r, name: 经营许可证, kind: 批文, sample: s.pdf}]
    好：
        results: [{id: r, name: 经营许可批复, kind: 批文, sample: s.pdf}]
    """
    for at, result in enumerate(item.results):
        name = str(result.name)
        like_licence, like_document = _LICENCE_NAME.search(name), _DOCUMENT_NAME.search(name)
        if (result.kind == "批文" and like_licence) or (result.kind == "证照" and like_document):
            yield finding(
                ("results", at, "kind"),
                f"结果“{name}”的类型写成了{result.kind}。",
                f"The result {name!r} is given the kind {result.kind}.",
            )


def licence_without_validity(context: Context, item: Item) -> Iterator[Finding]:
    """证照没有有效期 / Licence without validity

    证照结果没有写有效期（长期的写长期）。
    A licence does not say how long it is valid (“长期” for ever).

    没有有效期就不能提醒到期换证。
    Without it nobody can be reminded before it expires.

    来源：行政许可证件惯例：载明有效期限

    坏：
        results: [{id: r, name: 经营许可证, kind: 证照, elicence: 经营许可证电子证照, sample: s.pdf}]
    好：
        results: [{id: r, name: 经营许可证, kind: 证照, elicence: 经营许可证电子证照, sample: s.pdf, valid_for: 5年}]
    """
    for at, result in enumerate(item.results):
        if result.kind == "证照" and not result.valid_for:
            yield finding(
                ("results", at),
                f"证照“{result.name}”没有有效期（valid_for）。",
                f"{str(result.name)!r} has no validity.",
            )


def licence_without_elicence(context: Context, item: Item) -> Iterator[Finding]:
    """证照没有电子证照 / Licence without e-licence

    结果是证照，却没有电子证照名称。
    The result is a licence but has no e-licence type.

    没有电子证照，后面的事项只能再要纸质的。
    Without an e-licence later items must ask for paper again.

    来源：沪府办发〔2019〕8号：高频电子证照归集

    坏：
        results: [{id: r, name: 经营许可证, kind: 证照, valid_for: 5年, sample: s.pdf}]
    好：
        results: [{id: r, name: 经营许可证, kind: 证照, valid_for: 5年, sample: s.pdf, elicence: 经营许可证电子证照}]
    """
    for at, result in enumerate(item.results):
        if result.kind == "证照" and not result.elicence:
            yield finding(
                ("results", at),
                f"证照“{result.name}”没有电子证照（elicence）。",
                f"{str(result.name)!r} has no e-licence.",
            )
