"""What holds in one region on one day: the standard item with its local variants laid over it, as one document.

Every line names the file and line that it was written in. The document is an item again: it can be checked and
compiled like any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from govflow.catalog import Loaded
from govflow.catalog.names import index_of
from govflow.errors import NotFound
from govflow.language.building import Names
from govflow.language.building.regions import holds, reach, uppers
from govflow.language.model import Catalog, Item
from govflow.language.source import Document
from govflow.text import Text

_PLAIN = re.compile(
    r"(?!(?:none|null|true|false|yes|no|on|off|y|n)\Z)[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff/-]*\Z", re.I
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_OVERLAID = ("region", "green_channel")
_OWN = ("level", "department", "valid_from", "valid_to")
_NAMED = {"special_procedures": "id", "results": "id", "fees": "name"}


@dataclass(frozen=True, slots=True)
class _Node:
    """A value and where it was written; mappings and lists hold nodes."""

    value: dict[str, _Node] | list[_Node] | str | int | float | bool | None
    origin: str


def effective_text(loaded: Loaded, ref: str, region: str, on: date | None = None) -> str:
    """The item (code or slug) that holds in a region (GB/T 2260 code) on a day, as YAML with each line's origin.

    The nearest level that has something of its own decides: the region's variant, else that of the level above, else
    the standard item. That variant lies over those above it, from the widest region down, and all over the standard
    item; on a given day only those in force count, without `on` validity is not asked. NotFound when there is no such
    item, or none that holds.
    """
    item = _item(loaded.catalog, ref)
    levels = list(_levels(loaded.catalog, item))
    holding = [each for each in levels if holds(each[0], region) and _in_force(each[1], on)]
    if not holding:
        day = f"{on} " if on else ""
        known = "、".join(sorted({code or "cn" for code, _ in levels}))
        raise NotFound(
            Text(f"{day}没有适用于 {region} 的 {item.code}；写了这些地区：{known}",
            f"no {item.code} holds in {region}{f' on {on}' if on else ''}; there are: {known}"),
            ref=ref, region=region,
        )  # fmt: skip
    _, chosen = max(holding, key=lambda each: (len(reach(each[0])), each[1].baseline is not None))
    by_file = {document.file: document for document in loaded.documents}
    node = standard = _node(by_file[item.file], ())
    gone: dict[str, _Node] = {}
    chain = [_mapping(_node(by_file[each.file], ())) for each in _chain(chosen, [each for _, each in holding])]
    if chain:
        names = index_of(loaded.documents).names()
        for over in chain:
            node = _laid(node, over, names, gone)
        node = _local(node, _mapping(standard), chain[-1], names)
    lines = [f"# {item.name} · {region}{f' · {on}' if on else ''}"]
    lines += [f"# 不再要的材料 without: {each.value}  # {each.origin}" for each in gone.values()]
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


def _item(catalog: Catalog, ref: str) -> Item:
    if ref not in catalog.items:
        raise NotFound(Text(f"没有名为 {ref!r} 的事项", f"no item {ref!r}"), ref=ref)
    return catalog.items[ref]


def _levels(catalog: Catalog, item: Item) -> Iterator[tuple[str, Item]]:
    """The standard item and its variants, each with its region; the standard item's is its department's."""
    yield item.region or catalog.departments[item.department].region, item
    for each in catalog.variants:
        if each.baseline == item.code:
            yield each.region or "", each


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


def _laid(base: _Node, over: dict[str, _Node], names: Names, gone: dict[str, _Node]) -> _Node:
    """A variant over what stands above it, as `building.variant_from` does it; materials taken out go to `gone`."""
    whole = dict(_mapping(base))
    for key in _OVERLAID:
        if key in over:
            whole[key] = over[key]
    for key in ("limits", "channels"):
        if key in over:
            whole[key] = _merged(whole.get(key), over[key], deep=("correction",))
    for key, name in _NAMED.items():
        if key in over:
            whole[key] = _by_name(whole.get(key), over[key], name, whole=key == "fees")
    _materials(whole, _mapping(over.get("materials")), names, gone)
    return replace(base, value=whole)


def _merged(base: _Node | None, over: _Node, deep: tuple[str, ...] = ()) -> _Node:
    held = dict(_mapping(base))
    for key, each in _mapping(over).items():
        held[key] = _merged(held.get(key), each) if key in deep else each
    return replace(base or over, value=held)


def _by_name(base: _Node | None, over: _Node, name: str, *, whole: bool) -> _Node:
    """A list whose entries are laid over those of the same name; with `whole`, what is not named is left out."""
    held = {_mapping(each)[name].value: each for each in _list(base)}
    named = {_mapping(each)[name].value: each for each in _list(over)}
    laid: list[_Node] = []
    for key in named if whole else held:
        written = {each: value for each, value in _mapping(named.get(key)).items() if each != name}
        laid.append(replace(held[key], value={**_mapping(held[key]), **written}))
    return replace(over if whole else base or over, value=laid or over.value)


def _materials(whole: dict[str, _Node], over: dict[str, _Node], names: Names, gone: dict[str, _Node]) -> None:
    for each in _list(over.get("without")):
        gone.setdefault(names.material(str(each.value)), each)
    later = {names.material(_used(each)): each for each in _list(over.get("defer"))}
    uses: list[_Node] = []
    for use in _list(whole.get("materials")):
        code = names.material(_used(use))
        if code not in gone:
            within = _mapping(later.get(code)).get("within")
            defer = {"defer": _Node({"within": within}, within.origin)} if within else {}
            uses.append(replace(use, value={**_mapping(use), **defer}))
    if uses:
        whole["materials"] = replace(whole["materials"], value=uses)
    elif gone:
        whole["materials"] = replace(next(reversed(gone.values())), value="none")


def _local(node: _Node, standard: dict[str, _Node], over: dict[str, _Node], names: Names) -> _Node:
    """What only the standard item and the nearest variant decide: who handles it, with which codes, and on which days."""
    whole = dict(_mapping(node))
    whole |= {key: over[key] for key in _OWN if key in over}
    code = {key: value for key, value in _mapping(standard.get("code")).items() if key != "handling"}
    code |= _mapping(over.get("code"))
    if code:
        whole["code"] = _Node(code, standard.get("code", over["region"]).origin)
    else:
        whole.pop("code", None)
    department, own = whole["department"], names.department(str(standard["department"].value))
    if department is not standard["department"]:
        whole["flow"] = _moved(standard["flow"], lambda ref: names.department(ref) == own, department)
    return replace(node, value=whole)


def _moved(node: _Node, is_own: Callable[[str], bool], department: _Node) -> _Node:
    """A flow in which the local department stands where the standard one was named."""
    if isinstance(node.value, list):
        return replace(node, value=[_moved(each, is_own, department) for each in node.value])
    if not isinstance(node.value, dict):
        return node
    moved: dict[str, _Node] = {}
    for key, each in node.value.items():
        if key in ("department", "departments") and isinstance(each.value, str | list):
            named = each.value if isinstance(each.value, list) else [each]
            local = [department if is_own(str(one.value)) else one for one in named]
            moved[key] = replace(each, value=local) if isinstance(each.value, list) else local[0]
        else:
            moved[key] = _moved(each, is_own, department)
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
