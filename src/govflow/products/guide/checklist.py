"""The acceptance checklist 受理清单: what the window checks on receipt, from the same definition as the guide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govflow import plan
from govflow.errors import language
from govflow.language.conditions import Answers, Asked
from govflow.language.model import Catalog, Item, Theme
from govflow.plan import terms
from govflow.products.guide import limits
from govflow.products.guide.item import footer
from govflow.products.guide.page import Cell, Highlight, Page, Paragraph, Section, Table, facts, heads, section
from govflow.products.guide.parts import HOW, asks_of, department_name, material_table, to_give
from govflow.text import Lang, Text

BOX = "☐"


def checklist_page(
    of: Item | Theme,
    catalog: Catalog,
    lang: Lang | str = Lang.ZH,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
) -> Page:
    """The checklist of an item or a theme; with `answers` only what this applicant has to bring."""
    lang = language(lang)
    if isinstance(of, Theme):
        chosen = plan.selected_items(of, catalog, answers, dropped, held)
        items = [catalog.items[code] for code, each in chosen.items() if each.how == "run"]
        verified = [catalog.items[code] for code, each in chosen.items() if each.how == "verify"]
        lines = plan.merged_materials(of, catalog, answers, dropped, held)
        asks, department = asks_of(plan.questions_of(of, catalog), lang), of.lead
        version = ""
    else:
        items, verified, lines = [of], [], plan.item_materials(of, catalog, answers)
        asks, department, version = asks_of(of.questions, lang), of.department, of.version
    case = of if isinstance(of, Theme) else terms.theme_of_one(of)
    notice, correction = terms.notice_limit(case, catalog), terms.correction_rule(case, catalog)
    sections = [
        _conditions(items, verified, lang),
        _to_receive(lines, items, catalog, asks, lang),
        _not_to_ask(lines, catalog, lang),
        _outcome((limits.notice(notice, lang), limits.correction(correction, lang)), lang),
    ]
    free = sum(not line.submitted for line in lines)
    return Page(
        lang, Text("受理清单", "Acceptance checklist").text(lang), of.name.text(lang),
        f"{department_name(department, catalog, lang)} · {of.code}",
        (Highlight(Text("应收材料", "To receive").text(lang), to_give(lines, lang).strip()),
         Highlight(Text("不得索要", "Not to ask for").text(lang), Text(f"{free} 种", str(free)).text(lang))),
        tuple(section for section in sections if section.blocks), footer(version, of.valid_from, lang),
    )  # fmt: skip


def _conditions(items: Sequence[Item], verified: Sequence[Item], lang: Lang) -> Section:
    head = heads("核对|受理条件|事项", "Check|Condition|Item", lang)
    rows = [(Cell(BOX), Cell(text), Cell(item.name.text(lang))) for item in items for text in item.conditions]
    held = Text("已持有结果，核验信息是否真实有效", "Result already held: verify that it is genuine and valid").text(
        lang
    )
    rows += [(Cell(BOX), Cell(held), Cell(item.name.text(lang))) for item in verified]
    return section("conditions", Text("受理条件", "Conditions"), lang, *([Table(head, tuple(rows))] if rows else []))


def _to_receive(
    lines: Iterable[plan.MergedMaterial], items: Sequence[Item], catalog: Catalog, asks: dict[str, Asked], lang: Lang
) -> Section:
    listed = [line for line in lines if line.submitted]
    title = Text("应收材料", "Materials to receive")
    if not listed:
        return section(
            "materials",
            title,
            lang,
            Paragraph(Text("没有需要申请人提交的材料。", "Nothing to receive.").text(lang), "free"),
        )
    full = material_table(listed, items, catalog, asks, lang)
    keep = (1, 3, 4)  # material, copies, requirements
    head = (
        Text("核对", "Check").text(lang),
        *(full.head[n] for n in keep),
        Text("缺什么", "What is missing").text(lang),
    )
    rows = tuple((Cell(BOX), *(row[n] for n in keep), Cell("")) for row in full.rows)
    return section("materials", title, lang, Table(head, rows, (7, 30, 15, 30, 18)))


def _not_to_ask(lines: Iterable[plan.MergedMaterial], catalog: Catalog, lang: Lang) -> Section:
    rows = tuple(
        (
            Cell(catalog.materials[line.material].name.text(lang)),
            Cell(HOW[line.how].text(lang), (line.reason.text(lang),), "free"),
        )
        for line in lines
        if not line.submitted
    )
    law = Text(
        "清单以外的材料不得要求（行政许可法第三十一条）。",
        "Nothing beyond this list may be asked (《行政许可法》 art. 31).",
    ).text(lang)
    blocks = [Table(heads("材料|由政府获取", "Material|Got by the government", lang), rows)] if rows else []
    return section("not-asked", Text("不得向申请人索要", "Not to be asked for"), lang, Paragraph(law, "note"), *blocks)


def _outcome(words: Sequence[str], lang: Lang) -> Section:
    outcomes = Text(
        "☐ 齐全，受理　☐ 容缺受理　☐ 当场更正后受理　☐ 一次告知补正"
        "　☐ 不予受理（书面说明理由）　☐ 不属本部门职权（告知去处）",
        "☐ complete: accepted  ☐ accepted with gaps  ☐ mended on the spot  ☐ correction notice, once"
        "  ☐ not accepted (reasons in writing)  ☐ not competent (told where to go)",
    ).text(lang)
    blank = (
        Text("收件编号", "Receipt no."),
        Text("收件时间", "Received at"),
        Text("窗口人员", "Received by"),
        Text("申请人签字", "Applicant"),
    )
    notes = (Paragraph(each, "note") for each in words)
    rows = facts(((label, "＿＿＿＿＿＿＿＿＿＿") for label in blank), lang)
    return section("outcome", Text("处理结果", "Outcome"), lang, Paragraph(outcomes), *notes, rows)
