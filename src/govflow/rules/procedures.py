"""Special procedures, extensions and the limits of steps (group T): what stops, moves and divides the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from govflow.language.model import Block, Item, SpecialProcedure, Step
from govflow.law.clocks import EXTENSION, JOINT_EXTENSION, Limit, compare
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding
from govflow.text import Text

# 行政许可法 art. 45: hearing, tender, auction, inspection, testing, quarantine, appraisal, expert review.
KINDS_BY_LAW = ("听证", "招标", "拍卖", "检验", "检测", "检疫", "鉴定", "专家评审")


def steps_longer_than_promise(context: Context, item: Item) -> Iterator[Finding]:
    """各环节时限之和超过承诺时限 / Step limits add up to more than the promise

    从受理到决定各环节时限之和（并行的取最长）超过承诺办结时限。
    The limits of the steps from acceptance to decision (the longest of parallel ones) exceed the promise.

    每个环节都不超时，事项仍会超期。特别程序的时间和有条件的环节不计入。
    No step is late and yet the item is. Special procedures and steps with a condition are left out.

    来源：事项要素质检规则：各环节时限之和不大于承诺时限

    坏：
        flow:
          - accept: {role: window}
          - review: {role: reviewer, within: 8 workdays}
          - decide: {role: head, within: 3 workdays, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - review: {role: reviewer, within: 2 workdays}
          - decide: {role: head, within: 1 workday, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    """
    promised = item.limits.promised
    if promised is None or promised.within.unit != "workday" or item.instant:
        return
    total = _longest(_until_decision(item.flow))
    if total > promised.within.value:
        days = Limit(total, "workday")
        yield finding(
            ("flow",),
            f"受理至决定各环节时限合计 {days.text()}，超过承诺 {promised.within.text()}。",
            f"The steps from acceptance to decision take {days.text('en')}, "
            f"more than the promised {promised.within.text('en')}.",
        )


def procedure_incomplete(context: Context, item: Item) -> Iterator[Finding]:
    """特别程序要素不全 / Special procedure incomplete

    特别程序没有写种类、时限或依据。
    A special procedure lacks its kind, limit or basis.

    特别程序停掉时钟，所需时间必须书面告知申请人。
    It stops the clock, and the applicant must be told in writing how long it takes.

    来源：行政许可法第四十五条：行政机关应当将所需时间书面告知申请人

    坏：
        special_procedures:
          - {id: expert, kind: 专家评审, basis: law}
    好：
        special_procedures:
          - {id: expert, kind: 专家评审, limit: 20 workdays, basis: law}
    """
    for at, procedure in enumerate(item.special_procedures):
        missing = [
            (zh, en)
            for zh, en, absent in (
                ("种类（kind）", "kind", not procedure.kind),
                ("时限（limit）", "limit", procedure.limit is None),
                ("依据（basis）", "basis", not procedure.basis and not _needs_own_basis(procedure)),
            )
            if absent
        ]
        if missing:
            yield finding(
                ("special_procedures", at),
                f"特别程序“{procedure.kind or procedure.id}”没有写{'、'.join(zh for zh, _ in missing)}。",
                f"The special procedure {procedure.id} lacks its {', '.join(en for _, en in missing)}.",
            )


def procedure_without_ground(context: Context, item: Item) -> Iterator[Finding]:
    """特别程序于法无据 / Special procedure without ground

    特别程序的种类不在行政许可法第四十五条之列，又没有写自己的依据。
    A special procedure is of a kind that art. 45 does not list, and names no basis of its own.

    没有依据就停掉时钟，等于随意延长办理时间。
    To stop the clock without a ground is to lengthen the limit at will.

    来源：行政许可法第四十五条：需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，所需时间不计算在内

    坏：
        special_procedures:
          - {id: seal, kind: 盖章流转, limit: 3 workdays}
    好：
        special_procedures:
          - {id: hearing, kind: 听证, limit: 20 workdays, basis: law}
    """
    for at, procedure in enumerate(item.special_procedures):
        if procedure.kind and not procedure.basis and _needs_own_basis(procedure):
            listed = Text("第四十五条列举：" + "、".join(KINDS_BY_LAW), "Art. 45 lists: " + ", ".join(KINDS_BY_LAW))
            yield finding(
                ("special_procedures", at),
                f"“{procedure.kind}”不是行政许可法第四十五条列举的程序，要写明依据（basis）才能停表。",
                f"{procedure.kind} is not listed in art. 45 of the Administrative Licensing Law: "
                "it needs a basis of its own.",
                help=listed,
            )


def extension_too_long(context: Context, item: Item) -> Iterator[Finding]:
    """延期过长而无依据 / Extension too long without basis

    延期超过 10 个工作日（联办 15 个），又没有写自己的依据。
    An extension exceeds 10 workdays (15 if joint) and names no basis of its own.

    延期是例外，长度由法律封顶。
    An extension is an exception, and the law caps it.

    来源：行政许可法第四十二条：经本行政机关负责人批准，可以延长十日；联合办理的可以延长十五日

    坏：
        limits:
          statutory: {within: 20 workdays, from: accepted, basis: law, extension: {by: 20 workdays, approver: head}}
    好：
        limits:
          statutory: {within: 20 workdays, from: accepted, basis: law, extension: {by: 10 workdays, approver: head}}
    """
    most = JOINT_EXTENSION if item.joint_departments else EXTENSION
    for name, limit in (("statutory", item.limits.statutory), ("promised", item.limits.promised)):
        extension = limit.extension if limit else None
        if extension and not extension.basis and compare(extension.by, most) > 0:
            yield finding(
                ("limits", name, "extension", "by"),
                f"延期 {extension.by.text()} 超过 {most.text()}，要写明依据（basis）。",
                f"The extension of {extension.by.text('en')} exceeds {most.text('en')} and needs a basis.",
            )


def _needs_own_basis(procedure: SpecialProcedure) -> bool:
    return bool(procedure.kind) and not any(kind in procedure.kind for kind in KINDS_BY_LAW)


def _until_decision(flow: Sequence[Block]) -> Iterator[Block]:
    """The blocks from acceptance up to and with the decision."""
    kinds = [block.kind if isinstance(block, Step) else "" for block in flow]
    start = kinds.index("accept") if "accept" in kinds else 0
    end = kinds.index("decide") + 1 if "decide" in kinds else len(kinds)
    yield from flow[start:end]


def _longest(blocks: Iterator[Block] | Sequence[Block]) -> Decimal:
    """Workdays of a sequence: the sum of its steps, the longest branch where it divides."""
    total = Decimal(0)
    for block in blocks:
        if not isinstance(block, Step):
            total += max((_longest(branch) for branch in block.branches), default=Decimal(0))
        elif block.within and block.within.unit == "workday" and not block.procedure and block.when is None:
            total += block.within.value
    return total
