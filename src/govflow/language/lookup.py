"""An item or a theme by the code or slug that someone gave, or one sentence about what there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from govflow.diagnostics import nearest
from govflow.errors import NotFound
from govflow.language.model import Catalog, Item, Shelf, Theme
from govflow.text import Text

_SHOWN = 40  # names shown of what there is
_KINDS = {"item": Text("事项", "item"), "theme": Text("一件事", "theme")}

Kind = Literal["item", "theme"]


def find_item(catalog: Catalog, ref: str) -> Item:
    """The item with this code or slug; NotFound names those there are."""
    if ref not in catalog.items:
        raise unknown_reference(catalog, ref, "item")
    return catalog.items[ref]


def find_theme(catalog: Catalog, ref: str) -> Theme:
    """The theme with this code or slug; NotFound names those there are."""
    if ref not in catalog.themes:
        raise unknown_reference(catalog, ref, "theme")
    return catalog.themes[ref]


def find_subject(catalog: Catalog, ref: str) -> Item | Theme:
    """The theme or item with this code or slug; NotFound names those there are."""
    if ref in catalog.themes:
        return catalog.themes[ref]
    if ref in catalog.items:
        return catalog.items[ref]
    raise unknown_reference(catalog, ref, "item", "theme")


def unknown_reference(catalog: Catalog, ref: str, *kinds: Kind) -> NotFound:
    """The error about a name that no item or theme (whichever of the two is asked for) has; suggests the nearest."""
    shelves: dict[Kind, Shelf[Item] | Shelf[Theme]] = {"item": catalog.items, "theme": catalog.themes}
    there = {
        kind: _listed([each.code if kind == "item" else each.slug for each in shelves[kind].values()]) for kind in kinds
    }
    if len(kinds) > 1:
        message = Text(
            f"没有名为 {ref!r} 的事项或一件事；一件事有：{there['theme'].zh}；事项有：{there['item'].zh}",
            f"no item or theme {ref!r}; there are the themes {there['theme'].en} and the items {there['item'].en}",
        )
    else:
        (kind,) = kinds
        wanted, other = _KINDS[kind], _KINDS["theme" if kind == "item" else "item"]
        message = Text(
            f"没有名为 {ref!r} 的{wanted.zh}；有：{there[kind].zh}",
            f"no {wanted.en} {ref!r}; there are: {there[kind].en}",
        )
        if ref in shelves["theme" if kind == "item" else "item"]:
            return NotFound(Text(
                f"{ref!r} 是{other.zh}，这里要的是{wanted.zh}；有：{there[kind].zh}",
                f"{ref!r} is of the kind {other.en}, not {wanted.en}; there are: {there[kind].en}",
            ), ref=ref)  # fmt: skip
    near = nearest(
        ref, [name for kind in kinds for each in shelves[kind].values() for name in (each.slug, each.code) if name]
    )
    if near is not None:
        message = Text(f"{message.zh}。是不是想写 {near}？", f"{message.en}. Did you mean {near}?")
    return NotFound(message, ref=ref)


def _listed(names: Sequence[str]) -> Text:
    """As many names as one can take in."""
    shown, more = "、".join(names[:_SHOWN]), len(names) - _SHOWN
    return Text(
        f"{shown} 等 {len(names)} 个" if more > 0 else shown or "（无）",
        ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "") or "(none)",
    )
