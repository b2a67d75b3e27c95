"""How a local variant lies over what holds above it: once, on data with places.

The result is the data of an item again. `variants` builds the effective item from it, `effective` prints it with the
file and line of each value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from govflow.language.building import Names, Plain
from govflow.language.source import Document

_REPLACED = ("region", "green_channel")
_MERGED = ("limits", "channels")
_BY_NAME = {"special_procedures": "id", "results": "id"}
_OWN = ("level", "department", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True, eq=False)
class Sourced:
    """A value and the place where it was written; `parts` are its entries where they come from several places."""

    document: Document
    path: tuple[str | int, ...]
    value: Any
    parts: Mapping[str, Sourced] | list[Sourced] | None = None

    @property
    def origin(self) -> str:
        """The file and the line."""
        span = self.document.key_span(self.path) if self.path else self.document.span()
        return f"{self.document.file}:{span.line}"

    @property
    def entries(self) -> Mapping[str, Sourced] | list[Sourced] | None:
        """The nodes of a mapping or a list; None for a single value."""
        if self.parts is not None:
            return self.parts
        if isinstance(self.value, dict):
            return {key: Sourced(self.document, (*self.path, key), each) for key, each in self.value.items()}
        if isinstance(self.value, list):
            return [Sourced(self.document, (*self.path, at), each) for at, each in enumerate(self.value)]
        return None

    def of(self, entries: Mapping[str, Sourced] | list[Sourced]) -> Sourced:
        """A node in the place of this one, with other entries."""
        return replace(self, parts=entries)

    def plain(self) -> Any:
        """The value as plain data."""
        if isinstance(self.parts, Mapping):
            return {key: each.plain() for key, each in self.parts.items()}
        return self.value if self.parts is None else [each.plain() for each in self.parts]


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """A standard item, and the variants laid over it so far; `removed` are the materials no longer asked for, by code."""

    standard: Sourced
    laid: Sourced
    removed: Mapping[str, Sourced]

    @classmethod
    def of(cls, standard: Document) -> Layers:
        """The standard item alone."""
        node = node_of(standard)
        return cls(node, node, {})

    def over(self, variant: Document, names: Names) -> Layers:
        """One more variant on top: what it makes better for the applicant is passed on to the levels below it."""
        own, laid = _mapping(node_of(variant)), dict(_mapping(self.laid))
        laid |= {key: own[key] for key in _REPLACED if key in own}
        for key in _MERGED:
            if key in own:
                laid[key] = _merged(laid.get(key), own[key])
        for key, name in _BY_NAME.items():
            if key in own:
                laid[key] = _by_name(laid.get(key), own[key], name)
        if "fees" in own:
            laid["fees"] = _fees(laid.get("fees"), own["fees"])
        removed = dict(self.removed)
        if "materials" in own:
            _materials(laid, _mapping(own["materials"]), names, removed)
        return replace(self, laid=self.laid.of(laid), removed=removed)

    def local(self, variant: Document, names: Names) -> Sourced:
        """The effective item of the variant on top: who handles it, with which codes and on which days, is its own.

        None of that is taken from a level between: it stands in the variant or is the standard item's, whose department
        the local one replaces in the flow.
        """
        own, standard, effective = _mapping(node_of(variant)), _mapping(self.standard), dict(_mapping(self.laid))
        effective |= {key: own[key] for key in _OWN if key in own}
        code = {key: each for key, each in _mapping(standard.get("code")).items() if key != "handling"}
        code |= _mapping(own.get("code"))  # a handling code continues the implementation code of one body
        if code:
            effective["code"] = standard.get("code", own["region"]).of(code)
        else:
            effective.pop("code", None)
        if effective["department"] is not standard["department"]:
            replaced = names.department(standard["department"].value)
            effective["flow"] = _with_department(standard["flow"], replaced, effective["department"], names)
        return self.laid.of(effective)


def node_of(document: Document) -> Sourced:
    """The node of all that a document says."""
    return Sourced(document, (), document.data)


def plain_of(node: Sourced, variant: Document) -> Plain:
    """What `building.item_from` reads: the data of the effective item, in the variant's name."""
    return Plain(node.plain(), variant.file)


def _merged(base: Sourced | None, over: Sourced) -> Sourced:
    """Keys laid over keys; those of the correction one level down too."""
    merged = dict(_mapping(base))
    for key, each in _mapping(over).items():
        if isinstance(each.value, dict) and key == "correction":
            merged[key] = _merged(merged.get(key), each)
        else:
            merged[key] = each
    return (base or over).of(merged)


def _by_name(base: Sourced | None, over: Sourced, name: str) -> Sourced:
    """Entries laid over those of the same name; a name that is not above is no entry."""
    own = {_mapping(each)[name].value: _mapping(each) for each in _list(over)}
    return (base or over).of([_entry(each, own.get(_mapping(each)[name].value, {}), name) for each in _list(base)])


def _fees(base: Sourced | None, over: Sourced) -> Sourced:
    """The fees that are still charged; what one of them leaves out is as above."""
    above = {_mapping(each)["name"].value: each for each in _list(base)}
    if not isinstance(over.value, list):
        return over
    return over.of(
        [_entry(above.get(_mapping(each)["name"].value, each), _mapping(each), "name") for each in _list(over)]
    )


def _entry(base: Sourced, own: Mapping[str, Sourced], name: str) -> Sourced:
    return base.of({**_mapping(base), **{key: each for key, each in own.items() if key != name}}) if own else base


def _materials(laid: dict[str, Sourced], own: Mapping[str, Sourced], names: Names, removed: dict[str, Sourced]) -> None:
    """Materials that are asked for no longer, and those that may be handed in later."""
    for each in _list(own.get("without")):
        removed.setdefault(names.material(each.value), each)
    later = {names.material(entry["use"].value): entry["within"] for entry in map(_mapping, _list(own.get("defer")))}
    uses: list[Sourced] = []
    for use in _list(laid.get("materials")):
        code = names.material(_mapping(use)["use"].value)
        if code in removed:
            continue
        within = later.get(code)
        uses.append(use.of({**_mapping(use), "defer": within.of({"within": within})}) if within else use)
    if uses:
        laid["materials"] = laid["materials"].of(uses)
    elif removed and _list(laid.get("materials")):
        laid["materials"] = replace(next(reversed(removed.values())), value="none")


def _with_department(flow: Sourced, replaced: str, department: Sourced, names: Names) -> Sourced:
    """A flow in which the local department stands where the standard item's was named."""
    entries = flow.entries
    if isinstance(entries, list):
        return flow.of([_with_department(each, replaced, department, names) for each in entries])
    if entries is None:
        return flow
    local = dict(entries)
    for key, each in entries.items():
        if key == "department" and names.department(each.value) == replaced:
            local[key] = department
        elif key == "departments":
            local[key] = each.of(
                [department if names.department(one.value) == replaced else one for one in _list(each)]
            )
        else:
            local[key] = _with_department(each, replaced, department, names)
    return flow.of(local)


def _mapping(node: Sourced | None) -> Mapping[str, Sourced]:
    entries = node.entries if node is not None else None
    return entries if isinstance(entries, Mapping) else {}


def _list(node: Sourced | None) -> list[Sourced]:
    entries = node.entries if node is not None else None
    return entries if isinstance(entries, list) else []
