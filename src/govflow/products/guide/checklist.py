"""The acceptance checklist 受理清单: what the window checks on receipt, from the same definition as the guide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from govflow import plan
from govflow.language.conditions import Answers
from govflow.language.model import Catalog, Item, Theme
from govflow.plan import terms
from govflow.products.guide import limits
from govflow.products.guide.item import footer
from govflow.products.guide.page import Cell, Facts, Highlight, Page, Paragraph, Say, Section, Table
from govflow.products.guide.parts import HOW, asks_of, department_name, material_table, to_give

BOX = "☐"


def checklist_page(
    of: Item | Theme,
    catalog: Catalog,
    lang: str = "zh",
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
) -> Page:
    """The checklist of an item or a theme; with `answers` only what this applicant has to bring."""
    say = Say(lang)
    if isinstance(of, Theme):
        chosen = plan.selected_items(of, catalog, answers, dropped, held)
        items = [catalog.items[code] for code, each in chosen.items() if each.how == "run"]
        verified = [catalog.items[code] for code, each in chosen.items() if each.how == "verify"]
        lines = plan.merged_materials(of, catalog, answers, dropped, held)
        asks, department = asks_of(plan.questions_of(of, catalog), say), of.lead
        version = ""
    else:
        items, verified, lines = [of], [], plan.item_materials(of, catalog, answers)
        asks, department, version = asks_of(of.questions, say), of.department, of.version
    case = of if isinstance(of, Theme) else terms.theme_of_one(of)
    notice, correction = terms.notice_limit(case, catalog), terms.correction_rule(case, catalog)
    sections = [
        _conditions(items, verified, say),
        _to_receive(lines, items, catalog, asks, say),
        _not_to_ask(lines, catalog, say),
        _outcome((limits.notice(notice, say), limits.correction(correction, say)), say),
    ]
    free = sum(not line.submitted for line in lines)
    return Page(
        lang, say("受理清单", "Acceptance checklist"), say.text(of.name),
        f"{department_name(department, catalog, say)} · {of.code}",
        (Highlight(say("应收材料", "To receive"), to_give(lines, say).strip()),
         Highlight(say("不得索要", "Not to ask for"), say(f"{free} 种", str(free)))),
        tuple(section for section in sections if section.blocks), footer(version, of.valid_from, say),
    )  # fmt: skip


def _conditions(items: Sequence[Item], verified: Sequence[Item], say: Say) -> Section:
    head = say("核对|受理条件|事项", "Check|Condition|Item").split("|")
    rows = [(Cell(BOX), Cell(text), Cell(say.text(item.name))) for item in items for text in item.conditions]
    held = say("已持有结果，核验信息是否真实有效", "Result already held: verify that it is genuine and valid")
    rows += [(Cell(BOX), Cell(held), Cell(say.text(item.name))) for item in verified]
    return Section("conditions", say("受理条件", "Conditions"), (Table(tuple(head), tuple(rows)),) if rows else ())


def _to_receive(
    lines: Iterable[plan.MergedMaterial], items: Sequence[Item], catalog: Catalog, asks: dict[str, str], say: Say
) -> Section:
    listed = [line for line in lines if line.submitted]
    title = say("应收材料", "Materials to receive")
    if not listed:
        return Section(
            "materials", title, (Paragraph(say("没有需要申请人提交的材料。", "Nothing to receive."), "free"),)
        )
    full = material_table(listed, items, catalog, asks, say)
    keep = (1, 3, 4)  # material, copies, requirements
    head = (say("核对", "Check"), *(full.head[n] for n in keep), say("缺什么", "What is missing"))
    rows = tuple((Cell(BOX), *(row[n] for n in keep), Cell("")) for row in full.rows)
    return Section("materials", title, (Table(head, rows, (7, 30, 15, 30, 18)),))


def _not_to_ask(lines: Iterable[plan.MergedMaterial], catalog: Catalog, say: Say) -> Section:
    rows = tuple(
        (
            Cell(say.text(catalog.materials[line.material].name)),
            Cell(say(*HOW[line.how]), (say.text(line.reason),), "free"),
        )
        for line in lines
        if not line.submitted
    )
    law = say(
        "清单以外的材料不得要求（行政许可法第三十一条）。",
        "Nothing beyond this list may be asked (行政许可法 art. 31).",
    )
    blocks = (Table((say("材料", "Material"), say("由政府获取", "Got by the government")), rows),) if rows else ()
    return Section("not-asked", say("不得向申请人索要", "Not to be asked for"), (Paragraph(law, "note"), *blocks))


def _outcome(words: Sequence[str], say: Say) -> Section:
    outcomes = say(
        "☐ 齐全，受理　☐ 容缺受理　☐ 当场更正后受理　☐ 一次告知补正"
        "　☐ 不予受理（书面说明理由）　☐ 不属本部门职权（告知去处）",
        "☐ complete: accepted  ☐ accepted with gaps  ☐ mended on the spot  ☐ correction notice, once"
        "  ☐ not accepted (reasons in writing)  ☐ not competent (told where to go)",
    )
    rows = [
        (say("收件编号", "Receipt no."), "＿＿＿＿＿＿＿＿＿＿"),
        (say("收件时间", "Received at"), "＿＿＿＿＿＿＿＿＿＿"),
        (say("窗口人员", "Received by"), "＿＿＿＿＿＿＿＿＿＿"),
        (say("申请人签字", "Applicant"), "＿＿＿＿＿＿＿＿＿＿"),
    ]
    return Section(
        "outcome", say("处理结果", "Outcome"),
        (Paragraph(outcomes), *(Paragraph(each, "note") for each in words), Facts(tuple(rows))),
    )  # fmt: skip
