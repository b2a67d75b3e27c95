"""A page as one self-contained HTML file: no scripts, nothing fetched, prints on A4. Every text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from xml.etree import ElementTree

from govflow.errors import InvalidInput
from govflow.products.guide.page import (
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
from govflow.products.guide.style import CSS
from govflow.text import Text

# What a drawing consists of; anything else could run, embed or fetch something.
_DRAWN = {
    "svg", "g", "defs", "symbol", "use", "marker", "clipPath", "linearGradient", "radialGradient", "stop", "pattern",
    "style", "title", "desc", "rect", "circle", "ellipse", "line", "polyline", "polygon", "path", "text", "tspan",
}  # fmt: skip


def to_html(page: Page) -> str:
    """The page as HTML 5 text; equal pages give equal text."""
    contents = "".join(f'<a href="#{escape(s.id)}">{escape(s.title)}</a>' for s in page.sections)
    label = Text("目录", "Contents").text(page.lang)
    parts = [
        f'<!DOCTYPE html>\n<html lang="{Text("zh-CN", "en").text(page.lang)}">\n<head>',
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
            return f'<figure role="img" aria-label="{escape(words)}" tabindex="0">{safe_svg(svg)}</figure>'
        case Pairs(pairs):
            return "".join(f'<div class="faq"><h3>{escape(q)}</h3><p>{escape(a)}</p></div>' for q, a in pairs)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.head)
    rows = "".join(
        "<tr>" + "".join(_cell(cell, label) for cell, label in zip(row, table.head, strict=True)) + "</tr>\n"
        for row in table.rows
    )
    columns = "".join(f'<col style="width:{width}%">' for width in table.widths)
    columns = f"<colgroup>{columns}</colgroup>" if columns else ""
    return f'<div class="scroll"><table>{columns}<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>'


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
    text = re.sub(r"^\s*<\?xml[^>]*\?>\s*", "", svg).strip()
    # Browsers end a comment or a CDATA section elsewhere than XML does, so that markup could hide in one.
    if re.search(r"<[!?]", text):
        raise _refused("a comment, a document type or another declaration")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise _refused(str(error)) from None
    if _local(root.tag) != "svg":
        raise _refused(f"<{_local(root.tag)}>")
    for element in root.iter():
        _check(element)
    return text


def _check(element: ElementTree.Element) -> None:
    name = _local(element.tag)
    if name not in _DRAWN:
        raise _refused(f"<{name}>")
    if name == "style" and _reaches_out(element.text or ""):
        raise _refused("a style that loads something")
    for key, value in element.attrib.items():
        plain = _local(key).lower()
        outside = plain == "href" and not value.startswith("#")
        if plain.startswith("on") or outside or _reaches_out(value):
            raise _refused(f'{plain}="{value[:40]}"')


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _reaches_out(text: str) -> bool:
    """Whether a style or attribute would run or load something from outside the drawing."""
    return re.search(r"javascript:|@import|url\(\s*[\"']?\s*[^#\"'\s]", text, re.IGNORECASE) is not None


def _refused(found: str) -> InvalidInput:
    return InvalidInput(Text(f"图不是可以嵌入的 SVG：{found}", f"expected plain SVG, found {found}"), field="picture")
