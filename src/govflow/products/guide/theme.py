"""The service guide of a theme 一件事: one application for several items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Decimal

from govflow import plan
from govflow.language.conditions import Answers
from govflow.language.model import Catalog, Item, Result, Theme
from govflow.plan import terms
from govflow.products.guide import limits
from govflow.products.guide.item import footer
from govflow.products.guide.page import (
    Bar,
    Bars,
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
    basis_words,
    condition_words,
    department_name,
    material_table,
    named,
    promise_line,
    question_rows,
    remedies,
)


def theme_page(
    theme: Theme,
    catalog: Catalog,
    lang: str = "zh",
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
    picture: str | None = None,
) -> Page:
    """The guide of a theme as a page; with `answers`, `dropped`, `held` it is the guide of that situation."""
    say = Say(lang)
    chosen = plan.selected_items(theme, catalog, answers, dropped, held)
    running = [catalog.items[code] for code, each in chosen.items() if each.how != "skip"]
    sections = [
        _overview(theme, catalog, say),
        *_situations(theme, catalog, say),
        _items(theme, catalog, chosen, say),
        _materials(theme, catalog, say, plan.merged_materials(theme, catalog, answers, dropped, held)),
        *_form(theme, catalog, say, plan.merged_form(theme, catalog, answers, dropped, held)),
        _process(theme, catalog, chosen, say, picture),
        _limits(theme, catalog, say),
        _results(running, catalog, say),
        _places(running, catalog, say),
        _basis(running, say),
        *_remedies(running, say),
        *_faq(running, say),
    ]
    subtitle = say("牵头部门：", "Lead department: ") + f"{department_name(theme.lead, catalog, say)} · {theme.code}"
    highlights = _highlights(theme, catalog, say)
    return Page(
        lang, say("一件事办事指南", "One-thing service guide"), say.text(theme.name), subtitle, highlights,
        tuple(sections), footer("", theme.valid_from, say),
    )  # fmt: skip


def _highlights(theme: Theme, catalog: Catalog, say: Say) -> tuple[Highlight, ...]:
    saved = {each.name.text("en"): each for each in plan.savings(theme, catalog)}
    items = plan.items_of(theme, catalog)
    offices = len({item.department for item in items})

    def fewer(key: str) -> str:
        one = saved[key]
        return f"{one.alone:g} → {one.together:g}" if one.alone != one.together else f"{one.together:g}"

    return (
        Highlight(say("事项", "Items"), str(len(items)), say(f"{offices} 个部门", f"{offices} departments")),
        Highlight(
            say("提交材料", "Materials"), fewer("materials handed in"), say("单独办 → 一件事", "alone → together")
        ),
        Highlight(say("工作日", "Workdays"), fewer("workdays"), say("逐项办 → 并联办", "in series → in parallel")),
        Highlight(say("上门核查", "Inspections"), fewer("visits to the premises")),
        Highlight(say("填表字段", "Form fields"), fewer("form fields")),
        Highlight(say("跑动次数", "Trips"), fewer("trips to the hall")),
    )


def _overview(theme: Theme, catalog: Catalog, say: Say) -> Section:
    audience = {"enterprise": ("企业", "businesses"), "person": ("个人", "persons")}
    hand_out = theme.joint.hand_out == "together"
    rows = [
        (say("服务对象", "For"), say(*audience.get(theme.audience, (theme.audience, theme.audience)))),
        (say("牵头部门", "Lead department"), department_name(theme.lead, catalog, say)),
        (say("怎样申请", "How it works"), say("一次申请、一口受理，各部门同时办理。",
                                             "One application, one acceptance; the departments work side by side.")),
        (say("补正", "Correction"), say("各事项需要补正的内容合并，一次告知。",
                                        "What is missing for all items is told in one notice.")),
        (say("领取结果", "Results"), say("全部办好后一次领取。", "Handed out together.") if hand_out
         else say("办好一项，领取一项。", "Handed out one by one, as each is ready.")),
        (say("一项未获许可", "If one is refused"), say("不影响无关事项；以它为前提的事项终止。",
                                                     "The others go on; those that need its result end.")),
    ]  # fmt: skip
    for visit in theme.joint.visits:
        names = named((catalog.items[ref].name for ref in visit.items if ref in catalog.items), say)
        rows.append((say.text(visit.name), say(f"{names}一次上门完成。", f"One visit for {names}.")))
    return Section("overview", say("怎样办理", "How it works"), (Facts(tuple(rows)),))


def _situations(theme: Theme, catalog: Catalog, say: Say) -> Iterator[Section]:
    questions = plan.questions_of(theme, catalog)
    if questions:
        head = say("序号|请回答|可选答案", "No.|Question|Answers").split("|")
        lead = say(
            "回答下列问题，决定需要办理哪些事项、提交哪些材料。", "Your answers decide which items and materials apply."
        )
        yield Section(
            "situations",
            say("情形", "Situations"),
            (Paragraph(lead), Table(tuple(head), question_rows(questions, say))),
        )


def _items(theme: Theme, catalog: Catalog, chosen: dict[str, plan.Selection], say: Say) -> Section:
    asks = asks_of(plan.questions_of(theme, catalog), say)
    needs = plan.prerequisites(theme, catalog)
    entries = {catalog.items[entry.item].code: entry for entry in theme.items if entry.item in catalog.items}
    head = say("序号|事项|部门|承诺时限|何时办理|前置事项", "No.|Item|Department|Promised|When|After").split("|")
    rows = []
    for number, (code, selection) in enumerate(chosen.items(), 1):
        item, entry = catalog.items[code], entries[code]
        notes = [] if selection.how == "run" else [say.text(selection.reason)]
        when = condition_words(entry.when, asks, say) if entry.when else say("都要办", "always")
        held = [_verified(condition_words(entry.held_when, asks, say), say)] if entry.held_when else []
        rows.append(
            (
                Cell(str(number)),
                Cell(say.text(item.name), tuple(notes)),
                Cell(department_name(item.department, catalog, say)),
                Cell(limits.short(item.limits.promised or item.limits.statutory, say)),
                Cell(when, tuple(held)),
                Cell(named((catalog.items[each].name for each in needs[code]), say) or "—"),
            )
        )
    return Section("items", say("办理事项", "Items"), (Table(tuple(head), tuple(rows), (6, 28, 18, 12, 22, 14)),))


def _verified(condition: str, say: Say) -> str:
    return say(f"只核验不办理：{condition}", f"only verified if {condition}")


def _materials(theme: Theme, catalog: Catalog, say: Say, lines: tuple[plan.MergedMaterial, ...]) -> Section:
    asks = asks_of(plan.questions_of(theme, catalog), say)
    table = material_table(lines, plan.items_of(theme, catalog), catalog, asks, say)
    return Section("materials", say("申请材料", "Materials"), (promise_line(lines, say), table))


def _form(theme: Theme, catalog: Catalog, say: Say, form: plan.MergedForm) -> Iterator[Section]:
    if not form.fields:
        return
    lead = say(
        f"{len(form.forms)} 张表合并为一张："
        f"单独填写共 {form.asked} 个字段，合并后 {len(form.fields)} 个，少填 {form.saved} 个。",
        f"{len(form.forms)} forms become one: {len(form.fields)} fields instead of {form.asked}, {form.saved} fewer.",
    )
    head = say("序号|填写内容|用于|必填", "No.|Field|Used in|Required").split("|")
    rows = []
    for number, each in enumerate(form.fields, 1):
        codes = dict.fromkeys(code for code, _ in each.fills)
        used = named((catalog.materials[code].name for code in codes), say)
        if len(codes) > 2:
            used = say(f"{len(codes)} 张表", f"{len(codes)} forms")
        required = say("是", "yes") if each.required else say("否", "no")
        rows.append((Cell(str(number)), Cell(say.text(each.label)), Cell(used), Cell(required)))
    yield Section("form", say("一张申请表", "One form"), (Paragraph(lead), Table(tuple(head), tuple(rows))))


def _process(
    theme: Theme, catalog: Catalog, chosen: dict[str, plan.Selection], say: Say, picture: str | None
) -> Section:
    words = say(f"{theme.name}办理流程图", f"Process of {say.text(theme.name)}")
    note = say(
        "按承诺时限推算，深色为关键路径：缩短它，整件事才会更快。",
        "By the promised limits; the dark bars are the critical path: only shortening them shortens the whole.",
    )
    blocks = (Paragraph(note), _timeline(theme, catalog, chosen, say))
    return Section("process", say("办理流程", "Process"), ((*blocks, Picture(picture, words)) if picture else blocks))


def _timeline(theme: Theme, catalog: Catalog, chosen: dict[str, plan.Selection], say: Say) -> Bars:
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
                say.text(catalog.items[code].name),
                float(bars[code][0]),
                float(bars[code][1]),
                _when(*bars[code], say),
                code in path,
            )
            for code in chosen
            if chosen[code].how != "skip"
        ),
        float(total),
    )


def _when(start: Decimal, length: Decimal, say: Say) -> str:
    if not length:
        return say("当日", "same day")
    first, last = int(start) + 1, int((start + length).to_integral_value(ROUND_CEILING))
    if first == last:
        return say(f"第 {first} 个工作日", f"workday {first}")
    return say(f"第 {first}—{last} 个工作日", f"workdays {first}-{last}")


def _limits(theme: Theme, catalog: Catalog, say: Say) -> Section:
    rows = []
    if theme.promised is not None:
        rows.append((say("整件事承诺时限", "Promised for all"), limits.in_words(theme.promised, say)))
        rows.append((say("怎样计算", "How it is counted"), limits.counting(theme.promised, say)))
    starts = say(
        "没有前置事项的，自统一受理之日起计算；有前置事项的，自最后一个前置事项办结之日起计算。",
        "An item without a prerequisite starts at the acceptance; the others when their last prerequisite is done.",
    )
    rows.append((say("各事项起算", "When each item starts"), starts))
    if theme.joint_cap is not None:
        cap = limits.length(theme.joint_cap, say)
        rows.append(
            (say("联合办理上限", "Joint limit"), say(f"{cap}（行政许可法第四十二条）", f"{cap} (行政许可法 art. 42)"))
        )
    rows.append((say("一次告知", "Told once"), limits.notice(terms.notice_limit(theme, catalog), say)))
    rows.append((say("补正", "Correction"), limits.correction(terms.correction_rule(theme, catalog), say)))
    return Section("limits", say("办理时限", "Time limits"), (Facts(tuple(rows)),))


def _results(items: Iterable[Item], catalog: Catalog, say: Say) -> Section:
    head = say("结果|颁发部门|有效期|费用", "Result|Issued by|Valid for|Fee").split("|")
    rows = tuple(
        (
            _result_cell(item, result, say),
            Cell(department_name(item.department, catalog, say)),
            Cell((result.valid_for if result else None) or "—"),
            Cell(_fees(item, say) if at == 0 else say("见上一行", "as above")),
        )
        for item in items
        for at, result in enumerate(item.results or ((None,) if item.fees else ()))
    )
    return Section("results", say("办理结果与收费", "Results and fees"), (Table(tuple(head), rows),))


def _result_cell(item: Item, result: Result | None, say: Say) -> Cell:
    """A result; where an item costs something and gives no document, the item itself, so that no fee is left out."""
    if result is None:
        return Cell(say("（没有证照或文书）", "(no document)"), (say.text(item.name),))
    return Cell(say.text(result.name), (result.elicence,) if result.elicence else ())


def _fees(item: Item, say: Say) -> str:
    return say("；", "; ").join(f"{fee.name} {fee.standard}" for fee in item.fees) or say("不收费", "free")


def _places(items: Iterable[Item], catalog: Catalog, say: Say) -> Section:
    head = say("事项|地点|时间|咨询电话|监督投诉", "Item|Place|Hours|Questions|Complaints").split("|")
    rows = tuple(
        (
            Cell(say.text(item.name), (department_name(item.department, catalog, say),)),
            Cell(item.channels.places[0] if item.channels.places else "—", item.channels.places[1:]),
            Cell(item.channels.hours),
            Cell(item.channels.consult),
            Cell(item.channels.complain),
        )
        for item in items
    )
    return Section(
        "places", say("办理地点与联系方式", "Places and contacts"), (Table(tuple(head), rows, (24, 32, 18, 13, 13)),)
    )


def _basis(items: Iterable[Item], say: Say) -> Section:
    entries = dict.fromkeys(
        say(f"{item.name}：", f"{say.text(item.name)}: ") + basis_words(basis, say)
        for item in items
        for basis in item.basis
    )
    return Section("basis", say("设定依据", "Legal basis"), (Listing(tuple(entries)),))


def _remedies(items: Iterable[Item], say: Say) -> Iterator[Section]:
    entries = remedies(items, say)
    if entries:
        yield Section("remedies", say("救济途径", "Remedies"), (Listing(entries),))


def _faq(items: Iterable[Item], say: Say) -> Iterator[Section]:
    pairs = tuple(dict.fromkeys(pair for item in items for pair in item.faq))
    if pairs:
        yield Section("faq", say("常见问题", "Questions and answers"), (Pairs(pairs),))
