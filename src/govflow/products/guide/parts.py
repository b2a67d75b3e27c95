"""Parts that the guide of an item, the guide of a theme and the checklist share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from govflow.language.conditions import Condition, Fact, Not, in_words
from govflow.language.model import Basis, Block, Catalog, Item, Material, MaterialUse, Question, Step
from govflow.law.clocks import Limit
from govflow.plan import MergedMaterial, terms
from govflow.products.guide.limits import length
from govflow.products.guide.page import Cell, Paragraph, Say, Table, Tone
from govflow.text import Text

HOW = {
    "asked": ("请提交", "hand in"),
    "form": ("请填表", "fill in"),
    "issued": ("不用提交", "not needed"),
    "verified": ("不用提交", "not needed"),
    "elicence": ("不用提交", "not needed"),
    "share": ("不用提交", "not needed"),
    "commitment": ("承诺替代", "commitment"),
}


def asks_of(questions: Iterable[Question], say: Say) -> dict[str, str]:
    """Each fact's question in the reader's language, with its unit."""
    return {
        question.id: say.text(question.ask)
        + (say(f"（{question.unit}）", f" ({question.unit})") if question.unit else "")
        for question in questions
    }


def condition_words(condition: Condition | None, asks: Mapping[str, str], say: Say) -> str:
    """When something applies, in words; a plain opposite is said directly, without a bracketed 'not'."""
    match condition:
        case Not(Fact(fact, "is", bool(value))):
            condition = Fact(fact, "is", not value)
        case Not(Fact(fact, "is", value)):
            condition = Fact(fact, "is_not", value)
        case Not(Not(part)):
            return condition_words(part, asks, say)
    return in_words(condition, asks, "zh" if say.chinese else "en")


def named(names: Iterable[Text], say: Say) -> str:
    """Names in a row; a semicolon parts them, because a Chinese name may hold a comma of its own."""
    return say("；", "; ").join(map(say.text, names))


def department_name(code: str, catalog: Catalog, say: Say) -> str:
    """A department's name, or its code if the catalog does not know it."""
    return say.text(catalog.departments[code].name) if code in catalog.departments else code


def basis_words(basis: Basis, say: Say) -> str:
    """One legal basis: 《law》 article (kind): text."""
    words = f"《{basis.law}》{basis.article or ''}"
    if basis.kind:
        words += say(f"（{basis.kind}）", f" ({say.value(basis.kind)})")
    return words + (say(f"：{basis.text}", f": {basis.text}") if basis.text else "")


def basis_of(ref: str | None, item: Item, say: Say) -> str:
    """The basis that a limit or procedure names by id, in short form; a free text stays as it is."""
    if not ref:
        return ""
    found = next((basis for basis in item.basis if basis.id == ref), None)
    return f"《{found.law}》{found.article or ''}" if found else ref


def question_rows(questions: Iterable[Question], say: Say) -> tuple[tuple[Cell, ...], ...]:
    """Each question with the answers it takes."""
    return tuple(
        (Cell(str(number)), Cell(say.text(question.ask)), Cell(_answers(question, say)))
        for number, question in enumerate(questions, 1)
    )


def _answers(question: Question, say: Say) -> str:
    if question.kind == "boolean":
        words = say("是 / 否", "yes / no")
        if question.default is not None:
            default = say("是", "yes") if question.default else say("否", "no")
            words += say(f"（不答按“{default}”）", f" (“{default}” unless answered)")
        return words
    if question.kind == "choice":
        return " / ".join(say.text(text) for _, text in question.options)
    words = {"number": say("数字", "a number"), "date": say("日期", "a date")}.get(question.kind, say("文字", "text"))
    return words + (say(f"，{question.unit}", f", {question.unit}") if question.unit else "")


def material_table(
    lines: Iterable[MergedMaterial], users: Iterable[Item], catalog: Catalog, asks: Mapping[str, str], say: Say
) -> Table:
    """The material list: what, how it is got and why, copies and form, and what it must look like."""
    items = {item.code: item for item in users}
    head = say("序号|材料|怎样取得|份数与形式|要求", "No.|Material|How it is got|Copies and form|Requirements").split(
        "|"
    )
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
                Cell(say.text(material.name), tuple(_for_whom(line, uses, items, asks, say))),
                Cell(say(*HOW[line.how]), (say.text(line.reason),), tone_of(line)),
                Cell(*_copies(material, [use for _, use in uses], line, say)),
                Cell(*_requirements(material, uses, line, say)),
            )
        )
    return Table(tuple(head), tuple(rows), (6, 30, 22, 13, 29))


def tone_of(line: MergedMaterial) -> Tone:
    """Whether the applicant gives it or the government gets it."""
    return "give" if line.submitted else "free"


def _for_whom(
    line: MergedMaterial,
    uses: list[tuple[Item, MaterialUse]],
    items: Mapping[str, Item],
    asks: Mapping[str, str],
    say: Say,
) -> Iterator[str]:
    if len(items) > 1:
        names = named((items[code].name for code in line.items), say)
        yield say(f"用于：{names}", f"for: {names}")
    conditions = {condition_words(use.when, asks, say) for _, use in uses if use.when is not None}
    if conditions and all(use.when is not None for _, use in uses):
        yield say("仅当：", "only if: ") + say("；或", "; or ").join(sorted(conditions))


def _copies(material: Material, uses: list[MaterialUse], line: MergedMaterial, say: Say) -> tuple[str, tuple[str, ...]]:
    if not line.submitted:
        return "—", ()
    originals = max((m if (m := use.originals) is not None else material.originals for use in uses), default=0)
    copies = max((m if (m := use.copies) is not None else material.copies for use in uses), default=0)
    parts = []
    if originals and material.form != "电子":
        parts.append(say(f"原件 {originals} 份", f"{originals} original{'s' if originals > 1 else ''}"))
    if copies and material.form != "电子" and material.is_form:
        parts.append(say(f"{copies} 份", f"{copies}"))
    elif copies and material.form != "电子":
        parts.append(say(f"复印件 {copies} 份", f"{copies} cop{'ies' if copies > 1 else 'y'}"))
    return say("，", ", ").join(parts) or say("电子文件", "electronic file"), (say.value(material.form),)


def _requirements(
    material: Material, uses: list[tuple[Item, MaterialUse]], line: MergedMaterial, say: Say
) -> tuple[str, tuple[str, ...]]:
    if not line.submitted:
        return "—", ()
    found = list(_paper_rules(material, say))
    found += [note for _, use in uses if (note := use.note)]
    for item, use in uses:
        if use.defer is not None:
            within = length(use.defer, say)
            found.append(say(f"可以容缺：先受理，{within}内补交", f"may follow within {within} of acceptance"))
        basis = basis_of(use.basis, item, say)
        if basis:
            found.append(say(f"依据：{basis}", f"basis: {basis}"))
    if material.basis and not any(use.basis for _, use in uses):
        found.append(say(f"依据：{material.basis}", f"basis: {material.basis}"))
    return (found[0], tuple(dict.fromkeys(found[1:]))) if found else ("—", ())


def _paper_rules(material: Material, say: Say) -> Iterator[str]:
    if material.signature and material.signature != "无":
        yield say(f"需{material.signature}", f"with {say.value(material.signature)}")
    if material.validity:
        yield say(f"有效期：{material.validity}", f"valid: {material.validity}")
    if material.by_commitment:
        yield say("可以用书面承诺代替", "a written commitment may replace it")
    if material.file_rule:
        yield say("电子文件：", "file: ") + _file_rule(material.file_rule, say)
    for path, zh, en in ((material.blank, "空白表", "blank form"), (material.sample, "示例样表", "sample")):
        if path:
            yield say(f"{zh}：{path}", f"{en}: {path}")
    if material.intermediary:
        yield say(f"中介服务：{material.intermediary}", f"made by: {material.intermediary}")
    if material.notes:
        yield material.notes


def _file_rule(rule: Mapping[str, object], say: Say) -> str:
    words = []
    for key, value in rule.items():
        shown = say("、", ", ").join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        label = {"formats": say("格式", "format"), "max_size": say("不超过", "at most")}.get(key, key)
        words.append(f"{label} {shown}")
    return say("，", ", ").join(words)


def promise_line(lines: Iterable[MergedMaterial], say: Say) -> Paragraph:
    """Nothing outside the list may be asked (行政许可法 art. 31): the sentence that says so, with the count."""
    listed = tuple(lines)
    free = sum(not line.submitted for line in listed)
    give = to_give(listed, say)
    others = (f"，其余 {free} 种由政府获取", f"; the government gets the other {free}") if free else ("", "")
    zh = f"共 {len(listed)} 种材料：请提交{give}{others[0]}。清单以外的材料，窗口不得要求。"
    en = (
        f"{len(listed)} materials: you hand in {give}{others[1]}. "
        "The window may not ask for anything that is not listed."
    )
    return Paragraph(say(zh, en), "free")


def to_give(lines: Iterable[MergedMaterial], say: Say) -> str:
    """What the applicant hands in, counted: papers, and the forms as one."""
    listed = tuple(lines)
    forms, asked = sum(line.how == "form" for line in listed), sum(line.how == "asked" for line in listed)
    parts = [say(f" {asked} 种", f"{asked}")] if asked or not forms else []
    if forms == 1:
        parts.append(say("1 张申请表", "one form"))
    elif forms:
        parts.append(say(f"1 张申请表（由 {forms} 张合并）", f"one form (merged from {forms})"))
    return say("和 ", " and ").join(parts)


def step_rows(
    flow: Iterable[Block], catalog: Catalog, asks: Mapping[str, str], say: Say
) -> tuple[tuple[Cell, ...], ...]:
    """The steps in order; steps of parallel branches say so."""
    rows = []
    for number, (step, parallel) in enumerate(_steps(flow, False), 1):
        notes = [say("与其他环节同时进行", "at the same time as others")] if parallel else []
        if step.when is not None:
            notes.append(say("仅当：", "only if: ") + condition_words(step.when, asks, say))
        if terms.silence_answers(step):
            notes.append(say("逾期不回复视为无异议", "no answer in time counts as no objection"))
        who = say("、", ", ").join(department_name(code, catalog, say) for code in step.departments)
        points = say("；", "; ").join(step.points) or "—"
        within = length(step.within, say) if isinstance(step.within, Limit) else "—"
        rows.append((Cell(str(number)), Cell(say.text(step.name), tuple(notes)), Cell(who), Cell(within), Cell(points)))
    return tuple(rows)


def _steps(flow: Iterable[Block], parallel: bool) -> Iterator[tuple[Step, bool]]:
    for block in flow:
        if isinstance(block, Step):
            yield block, parallel
        else:
            for branch in block.branches:
                yield from _steps(branch, True)


def remedies(items: Iterable[Item], say: Say) -> tuple[str, ...]:
    """What one can do against a refusal, as far as the items name it (行政复议法 art. 20, 行政诉讼法 art. 46)."""
    named = {remedy for item in items for step, _ in _steps(item.flow, False) for remedy in step.remedies}
    known = {
        "行政复议": (
            "行政复议：对决定不服的，可以自知道该决定之日起六十日内申请行政复议。",
            "Administrative reconsideration: within sixty days of learning of the decision.",
        ),
        "行政诉讼": (
            "行政诉讼：对决定不服的，可以自知道或者应当知道该决定之日起六个月内向人民法院起诉。",
            "Lawsuit: at the people's court, within six months of learning of the decision.",
        ),
    }
    return tuple(say(*known[name]) if name in known else name for name in sorted(named))
