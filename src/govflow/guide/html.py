"""A page as one self-contained HTML file: no scripts, nothing fetched, prints on A4. Every text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from xml.etree import ElementTree

from govflow.errors import InvalidInput
from govflow.guide.page import (
    Bars,
    Block,
    Cell,
    Facts,
    Highlight,
    Listing,
    Page,
    Pairs,
    Paragraph,
    Picture,
    Section,
    Table,
)
from govflow.guide.style import CSS

_FORBIDDEN = {"script", "foreignObject", "iframe", "object", "embed", "image", "audio", "video", "animate", "set"}


def to_html(page: Page) -> str:
    """The page as HTML 5 text; equal pages give equal text."""
    contents = "".join(f'<a href="#{escape(s.id)}">{escape(s.title)}</a>' for s in page.sections)
    label = "目录" if page.lang.startswith("zh") else "Contents"
    parts = [
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if page.lang.startswith("zh") else escape(page.lang)}">\n<head>',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(page.title)} · {escape(page.kind)}</title>",
        f"<style>{CSS}</style>\n</head>\n<body>",
        f'<header class="top"><div class="wide"><p class="kind">{escape(page.kind)}</p>',
        f'<h1>{escape(page.title)}</h1><p class="subtitle">{escape(page.subtitle)}</p></div></header>',
        '<main class="wide">',
        _highlights(page.highlights),
        f'<nav aria-label="{label}">{contents}</nav>' if len(page.sections) > 2 else "",
        *(_section(section, number) for number, section in enumerate(page.sections, 1)),
        f'</main>\n<footer class="wide">{escape(page.footer)}</footer>\n</body>\n</html>\n',
    ]
    return "\n".join(part for part in parts if part)


def _highlights(highlights: Iterable[Highlight]) -> str:
    cards = "".join(
        f'<div class="card"><span class="label">{escape(h.label)}</span><strong>{escape(h.value)}</strong>'
        + (f'<span class="small">{escape(h.note)}</span>' if h.note else "")
        + "</div>"
        for h in highlights
    )
    return f'<div class="cards">{cards}</div>' if cards else ""


def _section(section: Section, number: int) -> str:
    body = "\n".join(_block(block) for block in section.blocks)
    title = f'<h2><span class="number">{number}</span>{escape(section.title)}</h2>'
    return f'<section id="{escape(section.id)}">{title}\n{body}\n</section>'


def _block(block: Block) -> str:
    match block:
        case Paragraph(text, tone):
            return f'<p class="{tone}">{escape(text)}</p>'
        case Facts(rows):
            return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows) + "</dl>"
        case Listing(entries, numbered):
            tag = "ol" if numbered else "ul"
            return f"<{tag}>" + "".join(f"<li>{escape(each)}</li>" for each in entries) + f"</{tag}>"
        case Table():
            return _table(block)
        case Bars():
            return _bars(block)
        case Picture(svg, words):
            return f'<figure role="img" aria-label="{escape(words)}">{safe_svg(svg)}</figure>'
        case Pairs(pairs):
            return "".join(f'<div class="faq"><h3>{escape(q)}</h3><p>{escape(a)}</p></div>' for q, a in pairs)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.head)
    rows = "".join(
        "<tr>" + "".join(_cell(cell, label) for cell, label in zip(row, table.head, strict=True)) + "</tr>\n"
        for row in table.rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>'


def _cell(cell: Cell, label: str) -> str:
    text = escape(cell.text)
    main = f'<span class="badge {cell.tone}">{text}</span>' if cell.tone in ("give", "free") else text
    notes = "".join(f'<span class="small">{escape(note)}</span>' for note in cell.notes)
    return f'<td data-label="{escape(label)}">{main}{notes}</td>'


def _bars(bars: Bars) -> str:
    total = bars.total or 1
    rows = []
    for bar in bars.bars:
        left, width = 100 * bar.start / total, max(1.0, 100 * bar.length / total)
        strong = " strong" if bar.strong else ""
        rows.append(
            f'<div class="bar-row"><span class="bar-label">{escape(bar.label)}</span><span class="track">'
            f'<span class="bar{strong}" style="margin-left:{left:.2f}%;width:{width:.2f}%"></span></span>'
            f'<span class="bar-words">{escape(bar.words)}</span></div>'
        )
    return f'<div class="bars">{"".join(rows)}</div>'


def safe_svg(svg: str) -> str:
    """The drawing without its XML prolog; InvalidInput unless it is plain SVG: no script, no link outside."""
    if re.search(r"<!(?:DOCTYPE|ENTITY)", svg, re.IGNORECASE):
        raise _refused("a document type")
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise _refused(str(error)) from None
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2]
        if name in _FORBIDDEN:
            raise _refused(f"<{name}>")
        if name == "style" and _reaches_out(element.text or ""):
            raise _refused("a style that loads something")
        for key, value in element.attrib.items():
            plain = key.rpartition("}")[2].lower()
            outside = plain == "href" and not value.startswith("#")
            if plain.startswith("on") or outside or _reaches_out(value):
                raise _refused(f'{plain}="{value[:40]}"')
    return re.sub(r"^\s*<\?xml[^>]*\?>\s*", "", svg).strip()


def _reaches_out(text: str) -> bool:
    """Whether a style or attribute would run or load something from outside the drawing."""
    return re.search(r"javascript:|@import|url\(\s*[\"']?\s*[^#\"'\s]", text, re.IGNORECASE) is not None


def _refused(found: str) -> InvalidInput:
    return InvalidInput(f"图不是可以嵌入的 SVG：{found}", f"expected plain SVG, found {found}", field="picture")
