"""The service guide of a theme 一件事: one application for several items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Decimal

from govflow import plan
from govflow.errors import language
from govflow.language.conditions import Answers
from govflow.language.model import Catalog, Item, Result, Theme
from govflow.plan import terms
from govflow.products.guide import limits
from govflow.products.guide.item import footer
from govflow.products.guide.page import (
    Bar,
    Bars,
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
    section,
)
from govflow.products.guide.parts import (
    asks_of,
    basis_words,
    condition_words,
    department_name,
    material_table,
    named,
    promise_line,
    question_table,
    remedies,
)
from govflow.text import Lang, Text, many


def theme_page(
    theme: Theme,
    catalog: Catalog,
    lang: Lang | str = Lang.ZH,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
    picture: str | None = None,
) -> Page:
    """The guide of a theme as a page; with `answers`, `dropped`, `held` it is the guide of that situation."""
    lang = language(lang)
    chosen = plan.selected_items(theme, catalog, answers, dropped, held)
    running = [catalog.items[code] for code, each in chosen.items() if each.how != "skip"]
    sections = [
        _overview(theme, catalog, lang),
        *_situations(theme, catalog, lang),
        _items(theme, catalog, chosen, lang),
        _materials(theme, catalog, lang, plan.merged_materials(theme, catalog, answers, dropped, held)),
        *_form(theme, catalog, lang, plan.merged_form(theme, catalog, answers, dropped, held)),
        _process(theme, catalog, chosen, lang, picture),
        _limits(theme, catalog, lang),
        _results(running, catalog, lang),
        _places(running, catalog, lang),
        _basis(running, lang),
        *_remedies(running, lang),
        *_faq(running, lang),
    ]
    subtitle = (
        Text("牵头部门：", "Lead department: ").text(lang)
        + f"{department_name(theme.lead, catalog, lang)} · {theme.code}"
    )
    highlights = _highlights(theme, catalog, lang)
    return Page(
        lang, Text("一件事办事指南", "One-thing service guide").text(lang), theme.name.text(lang), subtitle, highlights,
        tuple(sections), footer("", theme.valid_from, lang),
    )  # fmt: skip


def _highlights(theme: Theme, catalog: Catalog, lang: Lang) -> tuple[Highlight, ...]:
    saved = {each.name.text("en"): each for each in plan.savings(theme, catalog)}
    items = plan.items_of(theme, catalog)
    offices = len({item.department for item in items})

    def fewer(label: Text, key: str, meaning: Text | None = None) -> Highlight:
        one = saved[key]
        if one.alone == one.together:
            return Highlight(label.text(lang), f"{one.together:g}")
        return Highlight(label.text(lang), f"{one.alone:g} → {one.together:g}", meaning.text(lang) if meaning else "")

    return (
        Highlight(
            Text("事项", "Items").text(lang),
            str(len(items)),
            Text(f"{offices} 个部门", many(offices, "department")).text(lang),
        ),
        fewer(Text("提交材料", "Materials"), "materials handed in", Text("单独办 → 一件事", "alone → together")),
        fewer(Text("工作日", "Workdays"), "workdays", Text("逐项办 → 并联办", "in series → in parallel")),
        fewer(Text("上门核查", "Inspections"), "visits to the premises"),
        fewer(Text("填表字段", "Form fields"), "form fields"),
        fewer(Text("跑动次数", "Trips"), "trips to the hall"),
    )


def _overview(theme: Theme, catalog: Catalog, lang: Lang) -> Section:
    audience = {"enterprise": Text("企业", "businesses"), "person": Text("个人", "persons")}
    hand_out = theme.joint.hand_out == "together"
    rows = [
        (Text("服务对象", "For"), audience[theme.audience].text(lang)),
        (Text("牵头部门", "Lead department"), department_name(theme.lead, catalog, lang)),
        (Text("怎样申请", "How it works"), Text("一次申请、一口受理，各部门同时办理。",
                                             "One application, one acceptance; the departments work side by side.").text(lang)),
        (Text("补正", "Correction"), Text("各事项需要补正的内容合并，一次告知。",
                                        "What is missing for all items is told in one notice.").text(lang)),
        (Text("领取结果", "Results"), Text("全部办好后一次领取。", "Handed out together.").text(lang) if hand_out
         else Text("办好一项，领取一项。", "Handed out one by one, as each is ready.").text(lang)),
        (Text("一项未获许可", "If one is refused"), Text("不影响无关事项；以它为前提的事项终止。",
                                                     "The others go on; those that need its result end.").text(lang)),
    ]  # fmt: skip
    for visit in theme.joint.visits:
        names = named((catalog.items[ref].name for ref in visit.items if ref in catalog.items), lang)
        rows.append((visit.name, Text(f"{names}一次上门完成。", f"One visit for {names}.").text(lang)))
    return section("overview", Text("怎样办理", "How it works"), lang, facts(rows, lang))


def _situations(theme: Theme, catalog: Catalog, lang: Lang) -> Iterator[Section]:
    questions = plan.questions_of(theme, catalog)
    if questions:
        lead = Text(
            "回答下列问题，决定需要办理哪些事项、提交哪些材料。", "Your answers decide which items and materials apply."
        ).text(lang)
        yield section("situations", Text("情形", "Situations"), lang, Paragraph(lead), question_table(questions, lang))


def _items(theme: Theme, catalog: Catalog, chosen: dict[str, plan.Selection], lang: Lang) -> Section:
    asks = asks_of(plan.questions_of(theme, catalog), lang)
    needs = plan.prerequisites(theme, catalog)
    entries = {catalog.items[entry.item].code: entry for entry in theme.items if entry.item in catalog.items}
    head = heads("序号|事项|部门|承诺时限|何时办理|前置事项", "No.|Item|Department|Promised|When|After", lang)
    rows = []
    for number, (code, selection) in enumerate(chosen.items(), 1):
        item, entry = catalog.items[code], entries[code]
        notes = [] if selection.how == "run" else [selection.reason.text(lang)]
        when = condition_words(entry.when, asks, lang) if entry.when else Text("都要办", "always").text(lang)
        held = [_verified(condition_words(entry.held_when, asks, lang), lang)] if entry.held_when else []
        rows.append(
            (
                Cell(str(number)),
                Cell(item.name.text(lang), tuple(notes)),
                Cell(department_name(item.department, catalog, lang)),
                Cell(limits.short(item.limits.promised or item.limits.statutory, lang)),
                Cell(when, tuple(held)),
                Cell(named((catalog.items[each].name for each in needs[code]), lang) or "—"),
            )
        )
    return section("items", Text("办理事项", "Items"), lang, Table(head, tuple(rows), (6, 28, 18, 12, 22, 14)))


def _verified(condition: str, lang: Lang) -> str:
    return Text(f"只核验不办理：{condition}", f"only verified if {condition}").text(lang)


def _materials(theme: Theme, catalog: Catalog, lang: Lang, lines: tuple[plan.MergedMaterial, ...]) -> Section:
    asks = asks_of(plan.questions_of(theme, catalog), lang)
    table = material_table(lines, plan.items_of(theme, catalog), catalog, asks, lang)
    return section("materials", Text("申请材料", "Materials"), lang, promise_line(lines, lang), table)


def _form(theme: Theme, catalog: Catalog, lang: Lang, form: plan.MergedForm) -> Iterator[Section]:
    if not form.fields:
        return
    lead = Text(
        f"{len(form.forms)} 张表合并为一张："
        f"单独填写共 {form.asked} 个字段，合并后 {len(form.fields)} 个，少填 {form.saved} 个。",
        f"{many(len(form.forms), 'form')} merged into one: {many(len(form.fields), 'field')} instead of {form.asked}, "
        f"{form.saved} fewer.",
    ).text(lang)
    head = heads("序号|填写内容|用于|必填", "No.|Field|Used in|Required", lang)
    rows = []
    for number, each in enumerate(form.fields, 1):
        codes = dict.fromkeys(code for code, _ in each.fills)
        used = named((catalog.materials[code].name for code in codes), lang)
        if len(codes) > 2:
            used = Text(f"{len(codes)} 张表", f"{len(codes)} forms").text(lang)
        required = Text("是", "yes").text(lang) if each.required else Text("否", "no").text(lang)
        rows.append((Cell(str(number)), Cell(each.label.text(lang)), Cell(used), Cell(required)))
    yield section("form", Text("一张申请表", "One form"), lang, Paragraph(lead), Table(head, tuple(rows)))


def _process(
    theme: Theme, catalog: Catalog, chosen: dict[str, plan.Selection], lang: Lang, picture: str | None
) -> Section:
    words = Text(f"{theme.name}办理流程图", f"Process of {theme.name.text(lang)}").text(lang)
    note = Text(
        "按承诺时限推算，深色为关键路径：缩短它，整件事才会更快。",
        "By the promised limits; the dark bars are the critical path: only shortening them shortens the whole.",
    ).text(lang)
    blocks = (Paragraph(note), _timeline(theme, catalog, chosen, lang))
    return section(
        "process", Text("办理流程", "Process"), lang, *blocks, *([Picture(picture, words)] if picture else [])
    )


def _timeline(theme: Theme, catalog: Catalog, chosen: dict[str, plan.Selection], lang: Lang) -> Bars:
    needs = plan.prerequisites(theme, catalog)
    ends: dict[str, Decimal] = {}
    bars: dict[str, tuple[Decimal, Decimal]] = {}
    for code in plan.handling_order(theme, catalog):
        start = max((ends[each] for each in needs[code]), default=Decimal(0))
        runs = chosen[code].how == "run"
        length = plan.in_workdays(plan.own_limit(catalog.items[code])) if runs else Decimal(0)
        ends[code], bars[code] = start + length, (start, length)
    path = set(plan.critical_path(theme, catalog)[0])
    total = max(ends.values(), default=Decimal(0))
    return Bars(
        tuple(
            Bar(
                catalog.items[code].name.text(lang),
                float(bars[code][0]),
                float(bars[code][1]),
                _when(*bars[code], lang),
                code in path,
            )
            for code in chosen
            if chosen[code].how != "skip"
        ),
        float(total),
    )


def _when(start: Decimal, length: Decimal, lang: Lang) -> str:
    if not length:
        return Text("当日", "same day").text(lang)
    first, last = int(start) + 1, int((start + length).to_integral_value(ROUND_CEILING))
    if first == last:
        return Text(f"第 {first} 个工作日", f"workday {first}").text(lang)
    return Text(f"第 {first}—{last} 个工作日", f"workdays {first}-{last}").text(lang)


def _limits(theme: Theme, catalog: Catalog, lang: Lang) -> Section:
    rows = []
    if theme.promised is not None:
        rows.append((Text("整件事承诺时限", "Promised for all"), limits.in_words(theme.promised, lang)))
        rows.append((Text("怎样计算", "How it is counted"), limits.counting(theme.promised, lang)))
    starts = Text(
        "没有前置事项的，自统一受理之日起计算；有前置事项的，自最后一个前置事项办结之日起计算。",
        "An item without a prerequisite starts at the acceptance; the others when their last prerequisite is done.",
    ).text(lang)
    rows.append((Text("各事项起算", "When each item starts"), starts))
    if theme.joint_cap is not None:
        cap = limits.length(theme.joint_cap, lang)
        rows.append(
            (
                Text("联合办理上限", "Joint limit"),
                Text(f"{cap}（行政许可法第四十二条）", f"{cap} (《行政许可法》 art. 42)").text(lang),
            )
        )
    rows.append((Text("一次告知", "Told once"), limits.notice(terms.notice_limit(theme, catalog), lang)))
    rows.append((Text("补正", "Correction"), limits.correction(terms.correction_rule(theme, catalog), lang)))
    return section("limits", Text("办理时限", "Time limits"), lang, facts(rows, lang))


def _results(items: Iterable[Item], catalog: Catalog, lang: Lang) -> Section:
    head = heads("结果|颁发部门|有效期|费用", "Result|Issued by|Valid for|Fee", lang)
    rows = tuple(
        (
            _result_cell(item, result, lang),
            Cell(department_name(item.department, catalog, lang)),
            Cell(limits.period(result.valid_for if result else None, lang)),
            Cell(_fees(item, lang) if at == 0 else Text("见上一行", "as above").text(lang)),
        )
        for item in items
        for at, result in enumerate(item.results or ((None,) if item.fees else ()))
    )
    return section("results", Text("办理结果与收费", "Results and fees"), lang, Table(head, rows))


def _result_cell(item: Item, result: Result | None, lang: Lang) -> Cell:
    """A result; where an item costs something and gives no document, the item itself, so that no fee is left out."""
    if result is None:
        return Cell(Text("（没有证照或文书）", "(no document)").text(lang), (item.name.text(lang),))
    return Cell(result.name.text(lang), (result.elicence,) if result.elicence else ())


def _fees(item: Item, lang: Lang) -> str:
    return Text("；", "; ").text(lang).join(f"{fee.name} {fee.standard}" for fee in item.fees) or Text(
        "不收费", "free"
    ).text(lang)


def _places(items: Iterable[Item], catalog: Catalog, lang: Lang) -> Section:
    head = heads("事项|地点|时间|咨询电话|监督投诉", "Item|Place|Hours|Questions|Complaints", lang)
    rows = tuple(
        (
            Cell(item.name.text(lang), (department_name(item.department, catalog, lang),)),
            Cell(item.channels.places[0] if item.channels.places else "—", item.channels.places[1:]),
            Cell(item.channels.hours),
            Cell(item.channels.consult),
            Cell(item.channels.complain),
        )
        for item in items
    )
    return section(
        "places", Text("办理地点与联系方式", "Places and contacts"), lang, Table(head, rows, (24, 32, 18, 13, 13))
    )


def _basis(items: Iterable[Item], lang: Lang) -> Section:
    entries = dict.fromkeys(
        Text(f"{item.name}：", f"{item.name.text(lang)}: ").text(lang) + basis_words(basis, lang)
        for item in items
        for basis in item.basis
    )
    return section("basis", Text("设定依据", "Legal basis"), lang, Listing(tuple(entries)))


def _remedies(items: Iterable[Item], lang: Lang) -> Iterator[Section]:
    entries = remedies(items, lang)
    if entries:
        yield section("remedies", Text("救济途径", "Remedies"), lang, Listing(entries))


def _faq(items: Iterable[Item], lang: Lang) -> Iterator[Section]:
    pairs = tuple(dict.fromkeys(pair for item in items for pair in item.faq))
    if pairs:
        yield section("faq", Text("常见问题", "Questions and answers"), lang, Pairs(pairs))
