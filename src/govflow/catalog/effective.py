"""What holds in one region on one day: the standard item with its local variants laid over it, as one document.

Every line names the file and line that it was written in. The document is an item again: it can be checked and
compiled like any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date

from govflow.catalog import Loaded
from govflow.catalog.names import index_of
from govflow.catalog.overlay import Layers, Sourced
from govflow.errors import NotFound
from govflow.language.building import NO_NAMES
from govflow.language.building.regions import holds, reach, uppers
from govflow.language.lookup import find_item
from govflow.language.model import Catalog, Item
from govflow.text import Text, joined

_PLAIN = re.compile(
    r"(?!(?:none|null|true|false|yes|no|on|off|y|n)\Z)[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff/-]*\Z", re.I
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def effective_text(loaded: Loaded, ref: str, region: str, on: date | None = None) -> str:
    """The item (code or slug) that holds in a region (GB/T 2260 code) on a day, as YAML with each line's origin.

    The nearest level that has something of its own decides: the region's variant, else that of the level above, else
    the standard item. That variant lies over those above it, from the widest region down, and all over the standard
    item; on a given day only those in force count, without `on` validity is not asked. NotFound when there is no such
    item, or none that holds.
    """
    item = find_item(loaded.catalog, ref)
    levels = list(_levels(loaded.catalog, item))
    holding = [each for each in levels if holds(each[0], region) and _in_force(each[1], on)]
    if not holding:
        day = f"{on} " if on else ""
        known = joined(sorted({code or "cn" for code, _ in levels}))
        raise NotFound(
            Text(f"{day}没有适用于 {region} 的 {item.code}；写了这些地区：{known}",
            f"no {item.code} holds in {region}{f' on {on}' if on else ''}; there are: {known.en}"),
            ref=ref, region=region,
        )  # fmt: skip
    _, chosen = max(holding, key=lambda each: (len(reach(each[0])), each[1].baseline is not None))
    by_file = {document.file: document for document in loaded.documents}
    layers = Layers.of(by_file[item.file])
    chain = [by_file[each.file] for each in _chain(chosen, [each for _, each in holding])]
    names = index_of(loaded.documents).names() if chain else NO_NAMES
    for variant in chain:
        layers = layers.over(variant, names)
    node = layers.local(chain[-1], names) if chain else layers.standard
    lines = [f"# {item.name} · {region}{f' · {on}' if on else ''}"]
    lines += [f"# 不再要的材料 without: {each.value}  # {each.origin}" for each in layers.removed.values()]
    return "\n".join([*lines, *_lines(node, "")]) + "\n"


def _chain(chosen: Item, holding: list[Item]) -> list[Item]:
    """The variant that decides and those it lies over, the one of the widest region first; none for a standard item."""
    above = {each.file: upper for each, upper in uppers(each for each in holding if each.baseline is not None)}
    chain: list[Item] = []
    one = chosen if chosen.baseline is not None else None
    while one is not None:
        chain.insert(0, one)
        one = above[one.file]
    return chain


def _levels(catalog: Catalog, item: Item) -> Iterator[tuple[str, Item]]:
    """The standard item and its variants, each with its region; the standard item's is its department's."""
    yield item.region or catalog.departments[item.department].region, item
    for each in catalog.variants:
        if each.baseline == item.code:
            yield each.region or "", each


def _in_force(item: Item, on: date | None) -> bool:
    return on is None or (item.valid_from or "") <= on.isoformat() <= (item.valid_to or "9999-12-31")


def _lines(node: Sourced, indent: str) -> Iterator[str]:
    """The lines of a mapping or a list, each with its origin as a comment."""
    entries = node.entries or ()
    named = entries.items() if isinstance(entries, Mapping) else (("", each) for each in entries)
    for key, each in named:
        head = f"{indent}{_scalar(key)}:" if isinstance(entries, Mapping) else f"{indent}-"
        if each.entries:
            yield f"{head}  # {each.origin}"
            yield from _lines(each, indent + "  ")
        else:
            yield f"{head} {_scalar(each.value)}  # {each.origin}"


def _scalar(value: object) -> str:
    """A value as YAML: plain where nothing else could be read from it, in double quotes otherwise."""
    if not isinstance(value, str):
        return json.dumps(value)
    if value == "none" or _PLAIN.match(value) or _DAY.match(value):
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())
