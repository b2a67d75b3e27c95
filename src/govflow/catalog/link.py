"""All definitions together, once every item file has been checked by itself: names, references, variants, the catalog.

Of an item only its summary is at hand. Few are needed whole - those of a theme, those with a variant, two levels that
differ - and these are read when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from govflow.catalog.each import CheckedItem, Environment, Faults, item_of, libraries_of
from govflow.catalog.names import (
    LIBRARIES,
    SHELVES,
    Index,
    LazyDocument,
    declare,
    declare_from_file_name,
    index_of,
    slug_of,
)
from govflow.catalog.references import reference_findings
from govflow.catalog.variants import variants_of
from govflow.diagnostics import Diagnostic
from govflow.language import building
from govflow.language.model import Catalog, Item, Shelf, Theme
from govflow.language.schema import LocatedDiagnostic
from govflow.language.source import Document
from govflow.law.notices import overlay_from
from govflow.rules import ItemSummary, by_record
from govflow.rules.types import Key


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """The catalog of all sound records; what is wrong with form and references and with single items, in no order.

    `summaries` holds the items of the catalog by code, `records` the documents of every record that rules may look at.
    """

    catalog: Catalog
    found: tuple[Diagnostic, ...]
    summaries: Mapping[str, ItemSummary]
    records: Mapping[Key, Document]


def link(
    environment: Environment,
    others: Sequence[Document],
    checked_items: Sequence[CheckedItem],
    read_item: Callable[[str], Document],
    *,
    incomplete: bool = False,
) -> Linked:
    """Put the checked items and all other documents together.

    Args:
        environment: what the items were checked against.
        others: every document that is no item.
        checked_items: what is known of each item file.
        read_item: gives the document of an item file; called once a file.
        incomplete: a file could not be read at all: it may define anything.
    """
    read_item = cache(read_item)  # few are needed whole, but these again and again: the items of themes
    faults = Faults(others, environment.form)
    index = _index(others, checked_items, read_item)
    index.incomplete |= set(SHELVES) if incomplete else set()
    faults.add_names(index)
    for document in others:
        if faults.sound(document):
            faults.add(reference_findings(document, index))
    names = index.names()
    libraries = libraries_of(others, names, faults)
    lost = environment.catalog.materials.keys() - libraries.materials.keys()
    sound = {
        each.summary.code: each
        for each in checked_items
        if each.summary
        and each.file not in faults.files
        and not any(use.material in lost for use in each.summary.materials)
    }
    summaries = {code: each.summary for code, each in sound.items() if each.summary}
    items = _Items(summaries, lambda file: item_of(read_item(file), environment))
    catalog = _catalog(others, libraries, items, read_item, names, faults)
    found = [*faults.found, *(each for one in checked_items for each in one.found)]
    for one in checked_items:  # what the rules said, unless the item has been lost since
        if one.file not in faults.files and (one.summary is None or sound.get(one.summary.code) is one):
            found += one.rule_findings
    return Linked(catalog, tuple(found), summaries, _Records(by_record(faults.records(others)), summaries, read_item))


def _index(
    others: Iterable[Document], checked_items: Iterable[CheckedItem], read_item: Callable[[str], Document]
) -> Index:
    """Every name of all documents."""
    index = index_of(others)
    for each in checked_items:
        document = LazyDocument(each.file, read_item)
        if each.readable:
            declare(index, "item", each.code, document)
        else:
            declare_from_file_name(index, "item", document)
    return index


def _catalog(
    others: Sequence[Document],
    libraries: Catalog,
    items: Shelf[Item],
    read_item: Callable[[str], Document],
    names: building.Names,
    faults: Faults,
) -> Catalog:
    sound: dict[str, list[Document]] = {}
    for document in others:
        if faults.sound(document) and document.kind:
            sound.setdefault(document.kind[0], []).append(document)
    loose: list[LocatedDiagnostic] = []
    variants = tuple(variants_of(sound.get("variant", ()), names, items, read_item, libraries.departments, loose))
    faults.add(loose)
    themes = [building.theme_from(each, slug_of(each.file), names) for each in sound.get("theme", ())]
    return Catalog(
        items=items,
        themes=Shelf(each for each in themes if _theme_stands(each, items, libraries)),
        materials=libraries.materials,
        departments=libraries.departments,
        calendars=tuple(overlay_from(each.data) for each in sound.get("calendar", ())),
        data=MappingProxyType(_data(sound)),
        variants=variants,
    )


def _data(sound: Mapping[str, list[Document]]) -> dict[str, Mapping[str, Any]]:
    found = {each.data["id"]: each.data for each in sound.get("theme", ())}
    for kind in LIBRARIES:
        for document in sound.get(kind, ()):
            found |= building.library_data(kind, document.data[kind])
    return found


def _theme_stands(theme: Theme, items: Shelf[Item], libraries: Catalog) -> bool:
    leads = {theme.lead, *(stage.lead for stage in theme.stages)}
    return leads <= libraries.departments.keys() and all(entry.item in items for entry in theme.items)


class _Items(Shelf[Item]):
    """The items of these summaries, each read and built when it is first asked for."""

    def __init__(self, summaries: Mapping[str, ItemSummary], build: Callable[[str], Item]) -> None:
        self._summaries = summaries
        self._build = cache(build)
        self._codes = {summary.slug: code for code, summary in summaries.items()}

    def __getitem__(self, ref: str) -> Item:
        code = ref if ref in self._summaries else self._codes[ref]
        return self._build(self._summaries[code].file)

    def __contains__(self, ref: object) -> bool:
        return ref in self._summaries or ref in self._codes

    def __iter__(self) -> Iterator[str]:
        return iter(self._summaries)

    def __len__(self) -> int:
        return len(self._summaries)

    def __repr__(self) -> str:
        return f"Shelf({', '.join(self._summaries)})"


class _Records(Mapping[Key, Document]):
    """Documents by the records they hold; those of items are read when they are asked for."""

    def __init__(
        self,
        others: Mapping[Key, Document],
        summaries: Mapping[str, ItemSummary],
        read_item: Callable[[str], Document],
    ) -> None:
        self._others, self._summaries, self._read_item = others, summaries, read_item

    def __getitem__(self, key: Key) -> Document:
        if key[0] == "item":
            return self._read_item(self._summaries[key[1]].file)
        return self._others[key]

    def __iter__(self) -> Iterator[Key]:
        yield from self._others
        yield from (("item", code) for code in self._summaries)

    def __len__(self) -> int:
        return len(self._others) + len(self._summaries)
