"""The service guide 办事指南 of one item."""

from __future__ import annotations

from collections.abc import Iterator

from govflow.errors import language
from govflow.language.conditions import Answers
from govflow.language.model import Catalog, Channels, Item
from govflow.plan import item_materials
from govflow.products.guide import limits
from govflow.products.guide.page import (
    Cell,
    Highlight,
    Listing,
    Page,
    Pairs,
    Paragraph,
    Picture,
    Section,
    Table,
    facts,
    heads,
    listed,
    section,
    word,
)
from govflow.products.guide.parts import (
    asks_of,
    basis_of,
    basis_words,
    condition_words,
    department_name,
    material_table,
    promise_line,
    question_table,
    remedies,
    step_rows,
)
from govflow.text import Lang, Text


def item_page(
    item: Item, catalog: Catalog, lang: Lang | str = Lang.ZH, answers: Answers | None = None, picture: str | None = None
) -> Page:
    """The guide of an item as a page; with `answers` the material list is the one for that situation."""
    lang = language(lang)
    sections = [
        _basics(item, catalog, lang),
        _conditions(item, lang),
        *_situations(item, catalog, lang),
        _materials(item, catalog, lang, answers),
        _process(item, catalog, lang, picture),
        _limits(item, lang),
        _results(item, lang),
        _fees(item, lang),
        _places(item.channels, lang),
        _basis(item, lang),
        *_commitment(item, catalog, lang),
        *_remedies(item, lang),
        *_faq(item, lang),
    ]
    subtitle = f"{department_name(item.department, catalog, lang)} · {word(item.type, lang)} · {item.code}"
    return Page(
        lang, Text("办事指南", "Service guide").text(lang), item.name.text(lang), subtitle, _highlights(item, lang), tuple(sections),
        footer(item.version, item.valid_from, lang),
    )  # fmt: skip


def footer(version: str, valid_from: str, lang: Lang) -> str:
    """From which definition the page was made."""
    parts = [Text(f"版本 {version}", f"Version {version}").text(lang)] if version else []
    parts += [Text(f"{valid_from} 起施行", f"in force from {valid_from}").text(lang)] if valid_from else []
    one_source = Text(
        "本指南与窗口受理清单、办理流程、时限监察出自同一份事项定义。",
        "This guide, the window's checklist, the process and the clocks come from one definition.",
    ).text(lang)
    parts.append(one_source)
    return Text("　", " · ").text(lang).join(parts)


def _highlights(item: Item, lang: Lang) -> tuple[Highlight, ...]:
    promised, statutory = item.limits.promised, item.limits.statutory
    return (
        Highlight(Text("承诺办结", "Promised").text(lang), limits.short(promised or statutory, lang)),
        Highlight(Text("法定办结", "Statutory limit").text(lang), limits.short(statutory, lang)),
        Highlight(
            Text("到现场", "Visits to the hall").text(lang),
            Text(f"{item.channels.visits} 次", str(item.channels.visits)).text(lang),
        ),
        _fee(item, lang),
        Highlight(
            Text("网办深度", "Online depth").text(lang),
            item.channels.online_depth,
            _depth(item.channels.online_depth, lang),
        ),
    )


def _fee(item: Item, lang: Lang) -> Highlight:
    """What is to be paid, and how much; of several each amount with its name."""
    names = listed((each.name for each in item.fees), lang)
    alone = len(item.fees) == 1
    amounts = (
        Text("；", "; ")
        .text(lang)
        .join(each.standard if alone else f"{each.name} {each.standard}" for each in item.fees)
    )
    return Highlight(Text("收费", "Fee").text(lang), names or Text("不收费", "none").text(lang), amounts)


def _depth(grade: str, lang: Lang) -> str:
    words = {
        "I": Text("网上查询", "information online"),
        "II": Text("网上预约、预审", "booking and pre-review online"),
        "III": Text("网上受理", "accepted online, one visit"),
        "IV": Text("全程网办", "online from end to end"),
    }
    return words[grade].text(lang) if grade in words else ""


def _basics(item: Item, catalog: Catalog, lang: Lang) -> Section:
    rows = [
        (Text("事项类型", "Type"), word(item.type, lang)),
        (Text("办件类型", "Handling"), word(item.case_type, lang)),
        (Text("行使层级", "Level"), word(item.level, lang)),
        (Text("实施主体", "Department"), department_name(item.department, catalog, lang)),
    ]
    if item.joint_departments:
        names = listed((department_name(code, catalog, lang) for code in item.joint_departments), lang)
        rows.append((Text("联办机构", "Jointly with"), names))
    if item.entrusting:
        rows.append((Text("委托部门", "Entrusted by"), department_name(item.entrusting, catalog, lang)))
    rows += [
        (
            Text("服务对象", "For"),
            listed((word(each, lang) for each in item.audience), lang),
        ),
        (Text("基本编码", "Basic code"), item.basic),
        (Text("实施编码", "Implementation code"), item.implementation),
    ]
    if item.state != "在用":
        rows.append((Text("事项状态", "State"), word(item.state, lang)))
    return section("basics", Text("基本信息", "Basics"), lang, facts(rows, lang))


def _conditions(item: Item, lang: Lang) -> Section:
    blocks: list[Listing | Paragraph] = [
        Listing(item.conditions, numbered=True)
        if item.conditions
        else Paragraph(Text("没有受理条件。", "None.").text(lang))
    ]
    if item.prohibitions:
        blocks += [
            Paragraph(Text("有下列情形的不予办理：", "Not granted to:").text(lang), "note"),
            Listing(item.prohibitions),
        ]
    if item.quota:
        blocks.append(Paragraph(Text(f"数量限制：{item.quota}", f"Quota: {item.quota}").text(lang), "note"))
    return section("conditions", Text("受理条件", "Conditions"), lang, *blocks)


def _situations(item: Item, catalog: Catalog, lang: Lang) -> Iterator[Section]:
    if not item.questions:
        return
    lead = Text("回答下列问题，决定需要哪些材料和环节。", "Your answers decide which materials and steps apply.").text(
        lang
    )
    yield section("situations", Text("情形", "Situations"), lang, Paragraph(lead), question_table(item.questions, lang))


def _materials(item: Item, catalog: Catalog, lang: Lang, answers: Answers | None) -> Section:
    title = Text("申请材料", "Materials")
    lines = item_materials(item, catalog, answers)
    if not lines:
        return section(
            "materials", title, lang, Paragraph(Text("不需要提交材料。", "No materials are needed.").text(lang), "free")
        )
    asks = asks_of(item.questions, lang)
    return section(
        "materials", title, lang, promise_line(lines, lang), material_table(lines, [item], catalog, asks, lang)
    )


def _process(item: Item, catalog: Catalog, lang: Lang, picture: str | None) -> Section:
    head = heads("序号|环节|办理部门|环节时限|审查要点", "No.|Step|Department|Limit|What is checked", lang)
    table = Table(head, step_rows(item.flow, catalog, asks_of(item.questions, lang), lang), (6, 20, 22, 12, 40))
    words = Text(f"{item.name}办理流程图", f"Process of {item.name.text(lang)}").text(lang)
    return section("process", Text("办理流程", "Process"), lang, table, *([Picture(picture, words)] if picture else []))


def _limits(item: Item, lang: Lang) -> Section:
    own = item.limits
    rows = []
    for zh, en, limit in (
        ("承诺办结时限", "Promised limit", own.promised),
        ("法定办结时限", "Statutory limit", own.statutory),
        ("事后核查", "Check afterwards", own.post_check),
    ):
        if limit is not None or en == "Statutory limit":
            basis = basis_of(limit.basis, item, lang) if limit else ""
            rows.append((Text(zh, en), limits.in_words(limit, lang, basis)))
    rows.append((Text("怎样计算", "How it is counted"), limits.counting(own.promised or own.statutory, lang)))
    other = (
        own.statutory
        if own.promised and own.statutory and own.promised.within.unit != own.statutory.within.unit
        else None
    )
    if other is not None:
        rows.append((Text("法定时限的计算", "Counting the statutory limit"), limits.counting(other, lang)))
    if item.green_channel is not None:
        rows.append((Text("绿色通道", "Green channel"), limits.length(item.green_channel, lang)))
    rows += [
        (Text("一次告知", "Told once"), limits.notice(own.correction_notice, lang)),
        (Text("补正", "Correction"), limits.correction(own.correction, lang)),
        (Text("送达", "Delivery"), limits.delivery(own.delivery, lang)),
    ]
    apart = limits.not_counted(item, lang)
    stops = (Paragraph(Text("不计入时限的：", "What does not count:").text(lang)), Listing(apart)) if apart else ()
    return section("limits", Text("办理时限", "Time limits"), lang, facts(((k, v) for k, v in rows if v), lang), *stops)


def _results(item: Item, lang: Lang) -> Section:
    title = Text("办理结果", "Results")
    if not item.results:
        return section("results", title, lang, Paragraph(Text("没有结果文书。", "No document is issued.").text(lang)))
    head = heads("名称|类型|有效期|样本", "Name|Kind|Valid for|Sample", lang)
    rows = tuple(
        (
            Cell(each.name.text(lang), (each.elicence,) if each.elicence else ()),
            Cell(word(each.kind, lang)),
            Cell(limits.period(each.valid_for, lang)),
            Cell(each.sample or "—"),
        )
        for each in item.results
    )
    return section("results", title, lang, Table(head, rows))


def _fees(item: Item, lang: Lang) -> Section:
    title = Text("收费", "Fees")
    if not item.fees:
        return section("fees", title, lang, Paragraph(Text("不收费。", "Free of charge.").text(lang), "free"))
    head = heads("项目|标准|依据", "Fee|Standard|Basis", lang)
    rows = tuple((Cell(f.name), Cell(f.standard), Cell(basis_of(f.basis, item, lang) or "—")) for f in item.fees)
    return section("fees", title, lang, Table(head, rows))


def _places(channels: Channels, lang: Lang) -> Section:
    rows = [
        (
            Text("办理形式", "How to apply"),
            listed((word(each, lang) for each in channels.forms), lang),
        ),
        (Text("到现场次数", "Visits to the hall"), str(channels.visits)),
    ]
    if channels.visits and channels.visit_reason:
        rows.append((Text("必须到现场的原因", "Why a visit is needed"), channels.visit_reason))
    rows += [(Text("办理地点", "Place"), place) for place in channels.places]
    rows.append((Text("办理时间", "Hours"), channels.hours))
    if channels.scope:
        rows.append((Text("通办范围", "Where"), word(channels.scope, lang)))
    flags = [
        (channels.post, "物流快递", "post"),
        (channels.mobile, "移动端", "mobile"),
        (channels.appointment, "预约", "appointment"),
        (channels.online_payment, "网上支付", "online payment"),
    ]
    offered = listed((Text(zh, en).text(lang) for flag, zh, en in flags if flag), lang)
    rows += [
        (Text("支持", "Offered"), offered or Text("无", "none").text(lang)),
        (Text("咨询电话", "Questions"), channels.consult),
        (Text("监督投诉", "Complaints"), channels.complain),
    ]
    return section("places", Text("办理地点与联系方式", "Places and contacts"), lang, facts(rows, lang))


def _basis(item: Item, lang: Lang) -> Section:
    entries = tuple(basis_words(each, lang) for each in item.basis)
    return section("basis", Text("设定依据", "Legal basis"), lang, Listing(entries, numbered=True))


def _commitment(item: Item, catalog: Catalog, lang: Lang) -> Iterator[Section]:
    commitment = item.commitment
    if commitment is None:
        return
    rows = [
        (Text("承诺内容", "You commit to"), commitment.text),
        (Text("违反承诺的后果", "If you break it"), commitment.consequence),
    ]
    if commitment.when is not None:
        when = condition_words(commitment.when, asks_of(item.questions, lang), lang)
        rows.append((Text("适用情形", "When"), when))
    replaced = [catalog.materials[ref].name.text(lang) for ref in commitment.replaces if ref in catalog.materials]
    if replaced:
        rows.append((Text("不用提交的材料", "Not needed then"), listed(replaced, lang)))
    if commitment.post_check is not None:
        within = limits.length(commitment.post_check, lang)
        rows.append(
            (
                Text("事后核查", "Check afterwards"),
                Text(f"作出决定后{within}内", f"within {within} of the decision").text(lang),
            )
        )
    lead = Text("可以选择告知承诺方式：作出书面承诺后当场决定，事后核查。",
               "You may choose notification and commitment: the decision comes at once, the check later.").text(lang)  # fmt: skip
    yield section(
        "commitment", Text("告知承诺", "Notification and commitment"), lang, Paragraph(lead), facts(rows, lang)
    )


def _remedies(item: Item, lang: Lang) -> Iterator[Section]:
    entries = remedies([item], lang)
    if entries:
        yield section("remedies", Text("救济途径", "Remedies"), lang, Listing(entries))


def _faq(item: Item, lang: Lang) -> Iterator[Section]:
    if item.faq:
        yield section("faq", Text("常见问题", "Questions and answers"), lang, Pairs(item.faq))
