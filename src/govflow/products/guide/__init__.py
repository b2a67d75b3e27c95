"""What the citizen and the window read: service guide and acceptance checklist, as HTML or Markdown.

    html = service_guide(catalog.items["I07"], catalog, picture=svg)
    text = checklist(catalog.themes["open-restaurant"], catalog, format="md", answers={...})

Both come from the same definition as the process and the clocks, so they cannot disagree with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from govflow.errors import NotAllowed
from govflow.language.conditions import Answers
from govflow.language.model import Catalog, Item, Theme
from govflow.products.guide.checklist import checklist_page
from govflow.products.guide.html import safe_svg, to_html
from govflow.products.guide.item import item_page
from govflow.products.guide.markdown import to_markdown
from govflow.products.guide.page import Page
from govflow.products.guide.theme import theme_page
from govflow.text import Lang, Text

Format = Literal["html", "md"]

__all__ = [
    "Format",
    "checklist",
    "safe_svg",
    "service_guide",
]


def service_guide(
    of: Item | Theme,
    catalog: Catalog,
    format: Format = "html",
    lang: Lang | str = Lang.ZH,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
    picture: str | None = None,
) -> str:
    """The service guide 办事指南 of an item or a theme, as one self-contained HTML page or as Markdown.

    `picture` is the process as SVG text. With `answers` it is the guide of that situation. Raises NotAllowed for a
    confidential item (涉密事项), which is not published, and InvalidInput for a picture that is not plain SVG.
    """
    if isinstance(of, Theme):
        page = theme_page(of, catalog, lang, answers, dropped, held, picture)
    elif of.confidential:
        raise NotAllowed(
            Text(f"{of.name}是涉密事项，不公布办事指南", f"{of.slug} is confidential; no guide is published")
        )
    else:
        page = item_page(of, catalog, lang, answers, picture)
    return _rendered(page, format)


def checklist(
    of: Item | Theme,
    catalog: Catalog,
    format: Format = "html",
    lang: Lang | str = Lang.ZH,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
) -> str:
    """The acceptance checklist 受理清单 for the window: what to receive, what not to ask for, how it may end."""
    return _rendered(checklist_page(of, catalog, lang, answers, dropped, held), format)


def _rendered(page: Page, format: Format) -> str:
    return to_html(page) if format == "html" else to_markdown(page)
