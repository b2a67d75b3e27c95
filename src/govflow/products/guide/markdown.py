"""A page as Markdown (CommonMark with tables). Author text cannot become markup."""

from __future__ import annotations

import re

from govflow.products.guide.page import Bars, Block, Cell, Facts, Listing, Page, Pairs, Paragraph, Picture, Table
from govflow.text import COLON, Text

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def escaped(text: str) -> str:
    """The text with every character of Markdown's and HTML's syntax escaped, on one line."""
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return re.sub(r"^(\d+)([.)])|^([-+=])", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", line)


def to_markdown(page: Page) -> str:
    """The page as Markdown text; drawings are replaced by their words."""
    lines = [f"# {escaped(page.title)}", "", f"{escaped(page.kind)} · {escaped(page.subtitle)}", ""]
    for each in page.highlights:
        note = Text(f"（{escaped(each.note)}）", f" ({escaped(each.note)})").text(page.lang)
        lines.append(
            f"- **{escaped(each.label)}**{COLON.text(page.lang)}{escaped(each.value)}{note if each.note else ''}"
        )
    for number, section in enumerate(page.sections, 1):
        lines += ["", f"## {number}. {escaped(section.title)}"]
        for block in section.blocks:
            lines += ["", *_block(block, page)]
    return "\n".join([*lines, "", "---", "", escaped(page.footer), ""])


def _block(block: Block, page: Page) -> list[str]:
    match block:
        case Paragraph(text, tone):
            return [("> " if tone in ("note", "free") else "") + escaped(text)]
        case Facts(rows):
            return [f"- **{escaped(key)}**{COLON.text(page.lang)}{escaped(value)}" for key, value in rows]
        case Listing(entries, numbered):
            return [f"{f'{n}.' if numbered else '-'} {escaped(each)}" for n, each in enumerate(entries, 1)]
        case Table(head, rows, _):
            top = ["| " + " | ".join(map(escaped, head)) + " |", "|" + " --- |" * len(head)]
            return top + ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
        case Bars(bars, _):
            return [f"- {escaped(bar.label)}{COLON.text(page.lang)}{escaped(bar.words)}" for bar in bars]
        case Picture(_, words):
            return [escaped(words)]
        case Pairs(pairs):
            return [
                line for question, answer in pairs for line in (f"**{escaped(question)}**", "", escaped(answer), "")
            ]


def _cell(cell: Cell) -> str:
    return "<br>".join(map(escaped, (cell.text, *cell.notes)))
