"""What holds in one region on one day: the standard item with its local variant laid over it, as one document.

Every line names the file and line that it was written in. The document is an item again: it can be checked and
compiled like any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from govflow.building import Names
from govflow.errors import NotFound
from govflow.loader import Loaded
from govflow.loader.names import index_of
from govflow.model import Catalog, Item
from govflow.source import Document

_PLAIN = re.compile(
    r"(?!(?:none|null|true|false|yes|no|on|off|y|n)\Z)[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff/-]*\Z", re.I
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_OVERLAID = ("region", "level", "department", "valid_from")


@dataclass(frozen=True, slots=True)
class _Node:
    """A value and where it was written; mappings and lists hold nodes."""

    value: dict[str, _Node] | list[_Node] | str | int | float | bool | None
    origin: str


def effective_text(loaded: Loaded, ref: str, region: str, on: date | None = None) -> str:
    """The item (code or slug) that holds in a region (GB/T 2260 code) on a day, as YAML with each line's origin.

    The nearest level that has something of its own decides: the region's variant, else that of the level above, else
    the standard item. Without `on` validity is not asked. NotFound when there is no such item, or none that holds.
    """
    item = _item(loaded.catalog, ref)
    holding = [each for each in _levels(loaded.catalog, item) if _covers(each[0], region) and _in_force(each[1], on)]
    if not holding:
        day = f"{on} " if on else ""
        known = "、".join(sorted({code or "cn" for code, _ in _levels(loaded.catalog, item)}))
        raise NotFound(
            f"{day}没有适用于 {region} 的 {item.code}；写了这些地区：{known}",
            f"no {item.code} holds in {region}{f' on {on}' if on else ''}; there are: {known}",
            ref=ref, region=region,
        )  # fmt: skip
    _, chosen = max(holding, key=lambda each: (len(_prefix(each[0])), each[1].baseline is not None))
    by_file = {document.file: document for document in loaded.documents}
    node = _node(by_file[item.file], ())
    gone: list[_Node] = []
    if chosen.baseline is not None:
        node = _laid(node, _node(by_file[chosen.file], ()), index_of(loaded.documents).names(), gone)
    lines = [f"# {item.name} · {region}{f' · {on}' if on else ''}"]
    lines += [f"# 不再要的材料 without: {each.value}  # {each.origin}" for each in gone]
    return "\n".join([*lines, *_lines(node, "")]) + "\n"


def _item(catalog: Catalog, ref: str) -> Item:
    if ref not in catalog.items:
        raise NotFound(f"没有名为 {ref!r} 的事项", f"no item {ref!r}", ref=ref)
    return catalog.items[ref]


def _levels(catalog: Catalog, item: Item) -> Iterator[tuple[str, Item]]:
    """The standard item and its variants, each with its region; the standard item's is its department's."""
    yield item.region or catalog.departments[item.department].region, item
    for each in catalog.variants:
        if each.baseline == item.code:
            yield each.region or "", each


def _prefix(region: str) -> str:
    """The digits that a region shares with those below it: 420000 -> 42, 421300 -> 4213; nothing for the country."""
    digits = region.removesuffix("00").removesuffix("00").removesuffix("00")
    return digits if digits.isdigit() else ""


def _covers(above: str, region: str) -> bool:
    return region.startswith(_prefix(above))


def _in_force(item: Item, on: date | None) -> bool:
    return on is None or (item.valid_from or "") <= on.isoformat() <= (item.valid_to or "9999-12-31")


def _node(document: Document, path: tuple[str | int, ...]) -> _Node:
    value = document.data
    for step in path:
        value = value[step]
    where = f"{document.file}:{(document.key_span(path) if path else document.span(path)).line}"
    if isinstance(value, dict):
        return _Node({str(key): _node(document, (*path, key)) for key in value}, where)
    if isinstance(value, list):
        return _Node([_node(document, (*path, at)) for at in range(len(value))], where)
    return _Node(value, where)


def _laid(base: _Node, variant: _Node, names: Names, gone: list[_Node]) -> _Node:
    """The variant over the standard item, as `building.variant_from` does it; materials taken out go to `gone`."""
    over, whole = _mapping(variant), dict(_mapping(base))
    own = whole["department"].value
    for key in _OVERLAID:
        if key in over:
            whole[key] = over[key]
    for key in ("limits", "channels"):
        if key in over:
            held = whole.get(key, over[key])
            whole[key] = replace(held, value={**_mapping(held), **_mapping(over[key])})
    code = {key: value for key, value in _mapping(whole.get("code")).items() if key != "handling"}
    code |= _mapping(over.get("code"))
    if code:
        whole["code"] = replace(whole.get("code", variant), value=code)
    if "department" in over:
        whole["flow"] = _moved(whole["flow"], lambda ref: names.department(ref) == names.department(str(own)), over)
    gone += _list(_mapping(over.get("materials")).get("without"))
    left = {names.material(str(each.value)) for each in gone}
    if left:
        uses = [use for use in _list(whole["materials"]) if names.material(_used(use)) not in left]
        whole["materials"] = replace(whole["materials"], value=uses) if uses else replace(gone[0], value="none")
    return replace(base, value=whole)


def _moved(node: _Node, is_own: Callable[[str], bool], over: dict[str, _Node]) -> _Node:
    """A flow in which the local department stands where the standard one was named."""
    if isinstance(node.value, list):
        return replace(node, value=[_moved(each, is_own, over) for each in node.value])
    if not isinstance(node.value, dict):
        return node
    moved: dict[str, _Node] = {}
    for key, each in node.value.items():
        if key in ("department", "departments") and isinstance(each.value, str | list):
            named = each.value if isinstance(each.value, list) else [each]
            local = [over["department"] if is_own(str(one.value)) else one for one in named]
            moved[key] = replace(each, value=local) if isinstance(each.value, list) else local[0]
        else:
            moved[key] = _moved(each, is_own, over)
    return replace(node, value=moved)


def _used(use: _Node) -> str:
    return str(use.value["use"].value if isinstance(use.value, dict) else use.value)


def _mapping(node: _Node | None) -> dict[str, _Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _list(node: _Node | None) -> list[_Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _lines(node: _Node, indent: str) -> Iterator[str]:
    """The lines of a mapping or a list, each with its origin as a comment."""
    entries = node.value.items() if isinstance(node.value, dict) else (("", each) for each in _list(node))
    for key, each in entries:
        head = f"{indent}{_scalar(key)}:" if isinstance(node.value, dict) else f"{indent}-"
        if isinstance(each.value, dict | list) and each.value:
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
