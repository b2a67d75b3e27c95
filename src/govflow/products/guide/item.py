"""The service guide 办事指南 of one item."""

from __future__ import annotations

from collections.abc import Iterator

from govflow.language.conditions import Answers
from govflow.language.model import Catalog, Channels, Item
from govflow.plan import item_materials
from govflow.products.guide import limits
from govflow.products.guide.page import (
    Cell,
    Facts,
    Highlight,
    Listing,
    Page,
    Pairs,
    Paragraph,
    Picture,
    Say,
    Section,
    Table,
)
from govflow.products.guide.parts import (
    asks_of,
    basis_of,
    basis_words,
    condition_words,
    department_name,
    material_table,
    promise_line,
    question_rows,
    remedies,
    step_rows,
)


def item_page(
    item: Item, catalog: Catalog, lang: str = "zh", answers: Answers | None = None, picture: str | None = None
) -> Page:
    """The guide of an item as a page; with `answers` the material list is the one for that situation."""
    say = Say(lang)
    sections = [
        _basics(item, catalog, say),
        _conditions(item, say),
        *_situations(item, catalog, say),
        _materials(item, catalog, say, answers),
        _process(item, catalog, say, picture),
        _limits(item, say),
        _results(item, say),
        _fees(item, say),
        _places(item.channels, say),
        _basis(item, say),
        *_commitment(item, catalog, say),
        *_remedies(item, say),
        *_faq(item, say),
    ]
    subtitle = f"{department_name(item.department, catalog, say)} · {say.value(item.type)} · {item.code}"
    return Page(
        lang, say("办事指南", "Service guide"), say.text(item.name), subtitle, _highlights(item, say), tuple(sections),
        footer(item.version, item.valid_from, say),
    )  # fmt: skip


def footer(version: str, valid_from: str, say: Say) -> str:
    """From which definition the page was made."""
    parts = [say(f"版本 {version}", f"Version {version}")] if version else []
    parts += [say(f"{valid_from} 起施行", f"in force from {valid_from}")] if valid_from else []
    one_source = say(
        "本指南与窗口受理清单、办理流程、时限监察出自同一份事项定义。",
        "This guide, the window's checklist, the process and the clocks come from one definition.",
    )
    parts.append(one_source)
    return say("　", " · ").join(parts)


def _highlights(item: Item, say: Say) -> tuple[Highlight, ...]:
    promised, statutory = item.limits.promised, item.limits.statutory
    return (
        Highlight(say("承诺办结", "Promised"), limits.short(promised or statutory, say)),
        Highlight(say("法定办结", "Statutory limit"), limits.short(statutory, say)),
        Highlight(say("到现场", "Visits to the hall"), say(f"{item.channels.visits} 次", str(item.channels.visits))),
        _fee(item, say),
        Highlight(say("网办深度", "Online depth"), item.channels.online_depth, _depth(item.channels.online_depth, say)),
    )


def _fee(item: Item, say: Say) -> Highlight:
    """What is to be paid, and how much; of several each amount with its name."""
    names = say("、", ", ").join(each.name for each in item.fees)
    alone = len(item.fees) == 1
    amounts = say("；", "; ").join(each.standard if alone else f"{each.name} {each.standard}" for each in item.fees)
    return Highlight(say("收费", "Fee"), names or say("不收费", "none"), amounts)


def _depth(grade: str, say: Say) -> str:
    words = {
        "I": ("网上查询", "information online"),
        "II": ("网上预约、预审", "booking and pre-review online"),
        "III": ("网上受理", "accepted online, one visit"),
        "IV": ("全程网办", "online from end to end"),
    }
    return say(*words[grade]) if grade in words else ""


def _basics(item: Item, catalog: Catalog, say: Say) -> Section:
    rows = [
        (say("事项类型", "Type"), say.value(item.type)),
        (say("办件类型", "Handling"), say.value(item.case_type)),
        (say("行使层级", "Level"), say.value(item.level)),
        (say("实施主体", "Department"), department_name(item.department, catalog, say)),
    ]
    if item.joint_departments:
        names = say("、", ", ").join(department_name(code, catalog, say) for code in item.joint_departments)
        rows.append((say("联办机构", "Jointly with"), names))
    if item.entrusting:
        rows.append((say("委托部门", "Entrusted by"), department_name(item.entrusting, catalog, say)))
    rows += [
        (say("服务对象", "For"), say("、", ", ").join(say.value(each) for each in item.audience)),
        (say("基本编码", "Basic code"), item.basic),
        (say("实施编码", "Implementation code"), item.implementation),
    ]
    if item.state != "在用":
        rows.append((say("事项状态", "State"), item.state))
    return Section("basics", say("基本信息", "Basics"), (Facts(tuple(rows)),))


def _conditions(item: Item, say: Say) -> Section:
    blocks: list[Listing | Paragraph] = [
        Listing(item.conditions, numbered=True) if item.conditions else Paragraph(say("没有受理条件。", "None."))
    ]
    if item.prohibitions:
        blocks += [Paragraph(say("有下列情形的不予办理：", "Not granted to:"), "note"), Listing(item.prohibitions)]
    if item.quota:
        blocks.append(Paragraph(say(f"数量限制：{item.quota}", f"Quota: {item.quota}"), "note"))
    return Section("conditions", say("受理条件", "Conditions"), tuple(blocks))


def _situations(item: Item, catalog: Catalog, say: Say) -> Iterator[Section]:
    if not item.questions:
        return
    head = say("序号|请回答|可选答案", "No.|Question|Answers").split("|")
    lead = say("回答下列问题，决定需要哪些材料和环节。", "Your answers decide which materials and steps apply.")
    table = Table(tuple(head), question_rows(item.questions, say))
    yield Section("situations", say("情形", "Situations"), (Paragraph(lead), table))


def _materials(item: Item, catalog: Catalog, say: Say, answers: Answers | None) -> Section:
    title = say("申请材料", "Materials")
    lines = item_materials(item, catalog, answers)
    if not lines:
        return Section("materials", title, (Paragraph(say("不需要提交材料。", "No materials are needed."), "free"),))
    asks = asks_of(item.questions, say)
    return Section("materials", title, (promise_line(lines, say), material_table(lines, [item], catalog, asks, say)))


def _process(item: Item, catalog: Catalog, say: Say, picture: str | None) -> Section:
    head = say("序号|环节|办理部门|环节时限|审查要点", "No.|Step|Department|Limit|What is checked").split("|")
    table = Table(tuple(head), step_rows(item.flow, catalog, asks_of(item.questions, say), say), (6, 20, 22, 12, 40))
    words = say(f"{item.name}办理流程图", f"Process of {say.text(item.name)}")
    return Section("process", say("办理流程", "Process"), ((table, Picture(picture, words)) if picture else (table,)))


def _limits(item: Item, say: Say) -> Section:
    own = item.limits
    rows = []
    for zh, en, limit in (
        ("承诺办结时限", "Promised limit", own.promised),
        ("法定办结时限", "Statutory limit", own.statutory),
        ("事后核查", "Check afterwards", own.post_check),
    ):
        if limit is not None or en == "Statutory limit":
            basis = basis_of(limit.basis, item, say) if limit else ""
            rows.append((say(zh, en), limits.in_words(limit, say, basis)))
    rows.append((say("怎样计算", "How it is counted"), limits.counting(own.promised or own.statutory, say)))
    other = (
        own.statutory
        if own.promised and own.statutory and own.promised.within.unit != own.statutory.within.unit
        else None
    )
    if other is not None:
        rows.append((say("法定时限的计算", "Counting the statutory limit"), limits.counting(other, say)))
    if item.green_channel is not None:
        rows.append((say("绿色通道", "Green channel"), limits.length(item.green_channel, say)))
    rows += [
        (say("一次告知", "Told once"), limits.notice(own.correction_notice, say)),
        (say("补正", "Correction"), limits.correction(own.correction, say)),
        (say("送达", "Delivery"), limits.delivery(own.delivery, say)),
    ]
    apart = limits.not_counted(item, say)
    stops = (Paragraph(say("不计入时限的：", "What does not count:")), Listing(apart)) if apart else ()
    return Section("limits", say("办理时限", "Time limits"), (Facts(tuple((k, v) for k, v in rows if v)), *stops))


def _results(item: Item, say: Say) -> Section:
    title = say("办理结果", "Results")
    if not item.results:
        return Section("results", title, (Paragraph(say("没有结果文书。", "No document is issued.")),))
    head = say("名称|类型|有效期|样本", "Name|Kind|Valid for|Sample").split("|")
    rows = tuple(
        (
            Cell(say.text(each.name), (each.elicence,) if each.elicence else ()),
            Cell(say.value(each.kind)),
            Cell(each.valid_for or "—"),
            Cell(each.sample or "—"),
        )
        for each in item.results
    )
    return Section("results", title, (Table(tuple(head), rows),))


def _fees(item: Item, say: Say) -> Section:
    title = say("收费", "Fees")
    if not item.fees:
        return Section("fees", title, (Paragraph(say("不收费。", "Free of charge."), "free"),))
    head = say("项目|标准|依据", "Fee|Standard|Basis").split("|")
    rows = tuple((Cell(f.name), Cell(f.standard), Cell(basis_of(f.basis, item, say) or "—")) for f in item.fees)
    return Section("fees", title, (Table(tuple(head), rows),))


def _places(channels: Channels, say: Say) -> Section:
    rows = [
        (say("办理形式", "How to apply"), say("、", ", ").join(say.value(each) for each in channels.forms)),
        (say("到现场次数", "Visits to the hall"), str(channels.visits)),
    ]
    if channels.visits and channels.visit_reason:
        rows.append((say("必须到现场的原因", "Why a visit is needed"), channels.visit_reason))
    rows += [(say("办理地点", "Place"), place) for place in channels.places]
    rows.append((say("办理时间", "Hours"), channels.hours))
    if channels.scope:
        rows.append((say("通办范围", "Where"), say.value(channels.scope)))
    flags = [
        (channels.post, "物流快递", "post"),
        (channels.mobile, "移动端", "mobile"),
        (channels.appointment, "预约", "appointment"),
        (channels.online_payment, "网上支付", "online payment"),
    ]
    offered = say("、", ", ").join(say(zh, en) for flag, zh, en in flags if flag)
    rows += [
        (say("支持", "Offered"), offered or say("无", "none")),
        (say("咨询电话", "Questions"), channels.consult),
        (say("监督投诉", "Complaints"), channels.complain),
    ]
    return Section("places", say("办理地点与联系方式", "Places and contacts"), (Facts(tuple(rows)),))


def _basis(item: Item, say: Say) -> Section:
    entries = tuple(basis_words(each, say) for each in item.basis)
    return Section("basis", say("设定依据", "Legal basis"), (Listing(entries, numbered=True),))


def _commitment(item: Item, catalog: Catalog, say: Say) -> Iterator[Section]:
    commitment = item.commitment
    if commitment is None:
        return
    rows = [
        (say("承诺内容", "You commit to"), commitment.text),
        (say("违反承诺的后果", "If you break it"), commitment.consequence),
    ]
    if commitment.when is not None:
        when = condition_words(commitment.when, asks_of(item.questions, say), say)
        rows.append((say("适用情形", "When"), when))
    replaced = [say.text(catalog.materials[ref].name) for ref in commitment.replaces if ref in catalog.materials]
    if replaced:
        rows.append((say("不用提交的材料", "Not needed then"), say("、", ", ").join(replaced)))
    if commitment.post_check is not None:
        within = limits.length(commitment.post_check, say)
        rows.append(
            (say("事后核查", "Check afterwards"), say(f"作出决定后{within}内", f"within {within} of the decision"))
        )
    lead = say("可以选择告知承诺方式：作出书面承诺后当场决定，事后核查。",
               "You may choose notification and commitment: the decision comes at once, the check later.")  # fmt: skip
    yield Section("commitment", say("告知承诺", "Notification and commitment"), (Paragraph(lead), Facts(tuple(rows))))


def _remedies(item: Item, say: Say) -> Iterator[Section]:
    entries = remedies([item], say)
    if entries:
        yield Section("remedies", say("救济途径", "Remedies"), (Listing(entries),))


def _faq(item: Item, say: Say) -> Iterator[Section]:
    if item.faq:
        yield Section("faq", say("常见问题", "Questions and answers"), (Pairs(item.faq),))
