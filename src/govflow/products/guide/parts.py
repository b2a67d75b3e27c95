"""Parts that the guide of an item, the guide of a theme and the checklist share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from govflow.language.conditions import Asked, Condition, Fact, Not, in_words
from govflow.language.model import Basis, Block, Catalog, Item, Material, MaterialUse, Question, Step
from govflow.law.clocks import Limit
from govflow.plan import MergedMaterial, terms
from govflow.products.guide.limits import length, period
from govflow.products.guide.page import Cell, Paragraph, Table, Tone, heads, listed, word
from govflow.text import Lang, Text

HOW = {
    "asked": Text("请提交", "hand in"),
    "form": Text("请填表", "fill in"),
    "issued": Text("不用提交", "not needed"),
    "verified": Text("不用提交", "not needed"),
    "elicence": Text("不用提交", "not needed"),
    "share": Text("不用提交", "not needed"),
    "commitment": Text("承诺替代", "commitment"),
}


def asks_of(questions: Iterable[Question], lang: Lang) -> dict[str, Asked]:
    """Each fact's question in the reader's language with its unit, and its options by their labels."""
    return {
        question.id: Asked(
            question.ask.text(lang)
            + (Text(f"（{question.unit}）", f" ({question.unit})").text(lang) if question.unit else ""),
            {key: label.text(lang) for key, label in question.options},
        )
        for question in questions
    }


def condition_words(condition: Condition | None, asks: Mapping[str, Asked], lang: Lang) -> str:
    """When something applies, in words; a plain opposite is said directly, without a bracketed 'not'."""
    match condition:
        case Not(Fact(fact, "is", bool(value))):
            condition = Fact(fact, "is", not value)
        case Not(Fact(fact, "is", value)):
            condition = Fact(fact, "is_not", value)
        case Not(Not(part)):
            return condition_words(part, asks, lang)
    return in_words(condition, asks, lang)


def named(names: Iterable[Text], lang: Lang) -> str:
    """Names in a row; a semicolon parts them, because a Chinese name may hold a comma of its own."""
    return Text("；", "; ").text(lang).join(each.text(lang) for each in names)


def department_name(code: str, catalog: Catalog, lang: Lang) -> str:
    """A department's name, or its code if the catalog does not know it."""
    return catalog.departments[code].name.text(lang) if code in catalog.departments else code


def basis_words(basis: Basis, lang: Lang) -> str:
    """One legal basis: 《law》 article (kind): text."""
    words = f"《{basis.law}》{basis.article or ''}"
    if basis.kind:
        words += Text(f"（{basis.kind}）", f" ({word(basis.kind, lang)})").text(lang)
    return words + (Text(f"：{basis.text}", f": {basis.text}").text(lang) if basis.text else "")


def basis_of(ref: str | None, item: Item, lang: Lang) -> str:
    """The basis that a limit or procedure names by id, in short form; a free text stays as it is."""
    if not ref:
        return ""
    found = next((basis for basis in item.basis if basis.id == ref), None)
    return f"《{found.law}》{found.article or ''}" if found else ref


def question_table(questions: Iterable[Question], lang: Lang) -> Table:
    """Each question with the answers it takes."""
    rows = (
        (Cell(str(number)), Cell(question.ask.text(lang)), Cell(_answers(question, lang)))
        for number, question in enumerate(questions, 1)
    )
    return Table(heads("序号|请回答|可选答案", "No.|Question|Answers", lang), tuple(rows))


def _answers(question: Question, lang: Lang) -> str:
    if question.kind == "boolean":
        words = Text("是 / 否", "yes / no").text(lang)
        if question.default is not None:
            default = Text("是", "yes").text(lang) if question.default else Text("否", "no").text(lang)
            words += Text(f"（不答按“{default}”）", f" (“{default}” unless answered)").text(lang)
        return words
    if question.kind == "choice":
        return " / ".join(text.text(lang) for _, text in question.options)
    words = {"number": Text("数字", "a number").text(lang), "date": Text("日期", "a date").text(lang)}.get(
        question.kind, Text("文字", "text").text(lang)
    )
    return words + (Text(f"，{question.unit}", f", {question.unit}").text(lang) if question.unit else "")


def material_table(
    lines: Iterable[MergedMaterial], users: Iterable[Item], catalog: Catalog, asks: Mapping[str, Asked], lang: Lang
) -> Table:
    """The material list: what, how it is got and why, copies and form, and what it must look like."""
    items = {item.code: item for item in users}
    head = heads("序号|材料|怎样取得|份数与形式|要求", "No.|Material|How it is got|Copies and form|Requirements", lang)
    rows = []
    for number, line in enumerate(lines, 1):
        material = catalog.materials[line.material]
        uses = [
            (items[code], use)
            for code in line.items
            for use in items[code].materials
            if use.material in catalog.materials and catalog.materials[use.material].code == line.material
        ]
        rows.append(
            (
                Cell(str(number)),
                Cell(material.name.text(lang), tuple(_for_whom(line, uses, items, asks, lang))),
                Cell(HOW[line.how].text(lang), (line.reason.text(lang),), tone_of(line)),
                Cell(*_copies(material, [use for _, use in uses], line, lang)),
                Cell(*_requirements(material, uses, line, lang)),
            )
        )
    return Table(head, tuple(rows), (6, 30, 22, 13, 29))


def tone_of(line: MergedMaterial) -> Tone:
    """Whether the applicant gives it or the government gets it."""
    return "give" if line.submitted else "free"


def _for_whom(
    line: MergedMaterial,
    uses: list[tuple[Item, MaterialUse]],
    items: Mapping[str, Item],
    asks: Mapping[str, Asked],
    lang: Lang,
) -> Iterator[str]:
    if len(items) > 1:
        names = named((items[code].name for code in line.items), lang)
        yield Text(f"用于：{names}", f"for: {names}").text(lang)
    conditions = {condition_words(use.when, asks, lang) for _, use in uses if use.when is not None}
    if conditions and all(use.when is not None for _, use in uses):
        yield Text("仅当：", "only if: ").text(lang) + Text("；或", "; or ").text(lang).join(sorted(conditions))


def _copies(
    material: Material, uses: list[MaterialUse], line: MergedMaterial, lang: Lang
) -> tuple[str, tuple[str, ...]]:
    if not line.submitted:
        return "—", ()
    originals = max((m if (m := use.originals) is not None else material.originals for use in uses), default=0)
    copies = max((m if (m := use.copies) is not None else material.copies for use in uses), default=0)
    parts = []
    if originals and material.form != "电子":
        parts.append(Text(f"原件 {originals} 份", f"{originals} original{'s' if originals > 1 else ''}").text(lang))
    if copies and material.form != "电子" and material.is_form:
        parts.append(Text(f"{copies} 份", f"{copies}").text(lang))
    elif copies and material.form != "电子":
        parts.append(Text(f"复印件 {copies} 份", f"{copies} cop{'ies' if copies > 1 else 'y'}").text(lang))
    return Text("，", ", ").text(lang).join(parts) or Text("电子文件", "electronic file").text(lang), (
        word(material.form, lang),
    )


def _requirements(
    material: Material, uses: list[tuple[Item, MaterialUse]], line: MergedMaterial, lang: Lang
) -> tuple[str, tuple[str, ...]]:
    if not line.submitted:
        return "—", ()
    found = list(_paper_rules(material, lang))
    found += [note for _, use in uses if (note := use.note)]
    for item, use in uses:
        if use.defer is not None:
            within = length(use.defer, lang)
            found.append(
                Text(f"可以容缺：先受理，{within}内补交", f"may follow within {within} of acceptance").text(lang)
            )
        basis = basis_of(use.basis, item, lang)
        if basis:
            found.append(Text(f"依据：{basis}", f"basis: {basis}").text(lang))
    if material.basis and not any(use.basis for _, use in uses):
        found.append(Text(f"依据：{material.basis}", f"basis: {material.basis}").text(lang))
    return (found[0], tuple(dict.fromkeys(found[1:]))) if found else ("—", ())


def _paper_rules(material: Material, lang: Lang) -> Iterator[str]:
    if material.signature and material.signature != "无":
        yield Text(f"需{material.signature}", f"with {word(material.signature, lang)}").text(lang)
    if material.validity:
        yield Text("有效期：", "valid: ").text(lang) + period(material.validity, lang)
    if material.by_commitment:
        yield Text("可以用书面承诺代替", "a written commitment may replace it").text(lang)
    if material.file_rule:
        yield Text("电子文件：", "file: ").text(lang) + _file_rule(material.file_rule, lang)
    for path, zh, en in ((material.blank, "空白表", "blank form"), (material.sample, "示例样表", "sample")):
        if path:
            yield Text(f"{zh}：{path}", f"{en}: {path}").text(lang)
    if material.intermediary:
        yield Text(f"中介服务：{material.intermediary}", f"made by: {material.intermediary}").text(lang)
    if material.notes:
        yield material.notes


def _file_rule(rule: Mapping[str, object], lang: Lang) -> str:
    words = []
    for key, value in rule.items():
        shown = listed(map(str, value), lang) if isinstance(value, list | tuple) else str(value)
        label = {"formats": Text("格式", "format").text(lang), "max_size": Text("不超过", "at most").text(lang)}.get(
            key, key
        )
        words.append(f"{label} {shown}")
    return Text("，", ", ").text(lang).join(words)


def promise_line(lines: Iterable[MergedMaterial], lang: Lang) -> Paragraph:
    """Nothing outside the list may be asked (行政许可法 art. 31): the sentence that says so, with the count."""
    listed = tuple(lines)
    free = sum(not line.submitted for line in listed)
    give = to_give(listed, lang)
    others = (f"，其余 {free} 种由政府获取", f"; the government gets the other {free}") if free else ("", "")
    zh = f"共 {len(listed)} 种材料：请提交{give}{others[0]}。清单以外的材料，窗口不得要求。"
    en = (
        f"{len(listed)} materials: you hand in {give}{others[1]}. "
        "The window may not ask for anything that is not listed."
    )
    return Paragraph(Text(zh, en).text(lang), "free")


def to_give(lines: Iterable[MergedMaterial], lang: Lang) -> str:
    """What the applicant hands in, counted: papers, and the forms as one."""
    listed = tuple(lines)
    forms, asked = sum(line.how == "form" for line in listed), sum(line.how == "asked" for line in listed)
    parts = [Text(f" {asked} 种", f"{asked}").text(lang)] if asked or not forms else []
    if forms == 1:
        parts.append(Text("1 张申请表", "one form").text(lang))
    elif forms:
        parts.append(Text(f"1 张申请表（由 {forms} 张合并）", f"one form (merged from {forms})").text(lang))
    return Text("和 ", " and ").text(lang).join(parts)


def step_rows(
    flow: Iterable[Block], catalog: Catalog, asks: Mapping[str, Asked], lang: Lang
) -> tuple[tuple[Cell, ...], ...]:
    """The steps in order; steps of parallel branches say so."""
    rows = []
    for number, (step, parallel) in enumerate(_steps(flow, False), 1):
        notes = [Text("与其他环节同时进行", "at the same time as others").text(lang)] if parallel else []
        if step.when is not None:
            notes.append(Text("仅当：", "only if: ").text(lang) + condition_words(step.when, asks, lang))
        if terms.silence_answers(step):
            notes.append(Text("逾期不回复视为无异议", "no answer in time counts as no objection").text(lang))
        who = listed((department_name(code, catalog, lang) for code in step.departments), lang)
        points = Text("；", "; ").text(lang).join(step.points) or "—"
        within = length(step.within, lang) if isinstance(step.within, Limit) else "—"
        rows.append(
            (Cell(str(number)), Cell(step.name.text(lang), tuple(notes)), Cell(who), Cell(within), Cell(points))
        )
    return tuple(rows)


def _steps(flow: Iterable[Block], parallel: bool) -> Iterator[tuple[Step, bool]]:
    for block in flow:
        if isinstance(block, Step):
            yield block, parallel
        else:
            for branch in block.branches:
                yield from _steps(branch, True)


def remedies(items: Iterable[Item], lang: Lang) -> tuple[str, ...]:
    """What one can do against a refusal, as far as the items name it (行政复议法 art. 20, 行政诉讼法 art. 46)."""
    named = {remedy for item in items for step, _ in _steps(item.flow, False) for remedy in step.remedies}
    known = {
        "行政复议": Text(
            "行政复议：对决定不服的，可以自知道该决定之日起六十日内申请行政复议。",
            "Administrative reconsideration: within sixty days of learning of the decision.",
        ),
        "行政诉讼": Text(
            "行政诉讼：对决定不服的，可以自知道或者应当知道该决定之日起六个月内向人民法院起诉。",
            "Lawsuit: at the people's court, within six months of learning of the decision.",
        ),
    }
    return tuple(known[name].text(lang) if name in known else name for name in sorted(named))
