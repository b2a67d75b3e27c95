"""All definitions together, once every item file has been judged by itself: names, themes, levels, the catalog.

Of an item only its summary is at hand. Few are needed whole - those of a theme, those with a variant, two levels that
differ - and these are read again where they are not held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from govflow.catalog.each import CheckedItem, Environment, Faults, compare, item_of, libraries_of
from govflow.catalog.names import LIBRARIES, SHELVES, LazyDocument, declare, declare_from_file_name, index_of, slug_of
from govflow.catalog.references import reference_findings
from govflow.catalog.variants import variants_of
from govflow.diagnostics import Diagnostic
from govflow.language import building
from govflow.language.model import Catalog, Item, Shelf, Theme
from govflow.language.schema import Finding
from govflow.language.source import Document
from govflow.rules import ItemSummary, by_record, check_rest, has_rules_for_levels
from govflow.rules.types import Key

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Linked:
    """The catalog of all sound records and every finding, in no order."""

    catalog: Catalog
    found: tuple[Diagnostic, ...]


def link(
    environment: Environment,
    others: Sequence[Document],
    checked_items: Sequence[CheckedItem],
    read_item: Callable[[str], Document],
    compare_levels: Callable[[Sequence[Pair]], Iterable[Diagnostic]] | None = None,
    *,
    incomplete: bool = False,
) -> Linked:
    """Put the judged items and all other documents together.

    `read_item` gives the document of an item file; `compare_levels` what `compare` finds in pairs of files, lower and upper
    level, where there is a better way than one after the other. `incomplete` tells that a file could not be read.
    """
    read_item = cache(read_item)  # few are read_item, but these again and again: the items of themes
    faults = Faults(others, environment.form)
    index = index_of(others)
    index.incomplete |= set(SHELVES) if incomplete else set()
    for each in checked_items:
        source = LazyDocument(each.file, read_item)
        if each.readable:
            declare(index, "item", each.code, source)
        else:
            declare_from_file_name(index, "item", source)
    faults.add_names(index)
    for document in others:
        if faults.sound(document):
            faults.add(reference_findings(document, index))
    names = index.names()
    libraries = libraries_of(others, names, faults)
    gone = environment.catalog.materials.keys() - libraries.materials.keys()
    standing = {
        each.summary.code: each
        for each in checked_items
        if each.summary
        and each.file not in faults.files
        and not any(use.material in gone for use in each.summary.materials)
    }
    items = _Items(standing, lambda file: item_of(read_item(file), environment))
    catalog = _catalog(others, libraries, items, names, faults)
    found = [*faults.found, *(each for one in checked_items for each in one.found)]
    found += (each for one in checked_items if one.file not in faults.files for each in _rule_findings(one, standing))
    if environment.codes:
        records = by_record(faults.records(others))
        context = environment.context.with_catalog(catalog, _Records(records, items, read_item), items.summaries)
        found += check_rest(context, records, environment.codes)
        if has_rules_for_levels(environment.codes):
            pairs = [(lower.file, upper.file) for lower, upper in context.levels()]
            one_by_one = (
                each for lower, upper in pairs for each in compare(read_item(lower), read_item(upper), environment)
            )
            found += one_by_one if compare_levels is None else compare_levels(pairs)
    return Linked(catalog, tuple(found))


def _rule_findings(item: CheckedItem, standing: Mapping[str, CheckedItem]) -> Iterable[Diagnostic]:
    """What the rules said, unless the item has been lost with a material since."""
    lost = item.summary is not None and standing.get(item.summary.code) is not item
    return () if lost else item.rule_findings


def _catalog(
    others: Sequence[Document], libraries: Catalog, items: Shelf[Item], names: building.Names, faults: Faults
) -> Catalog:
    sound: dict[str, list[Document]] = {}
    for document in others:
        if faults.sound(document) and document.kind:
            sound.setdefault(document.kind[0], []).append(document)
    loose: list[Finding] = []
    variants = tuple(variants_of(sound.get("variant", ()), names, items, libraries.departments, loose))
    faults.add(loose)
    themes = [building.theme_from(each, slug_of(each.file), names) for each in sound.get("theme", ())]
    return Catalog(
        items=items,
        themes=Shelf(each for each in themes if _theme_stands(each, items, libraries)),
        materials=libraries.materials,
        departments=libraries.departments,
        calendars=tuple(each.data for each in sound.get("calendar", ())),
        texts=MappingProxyType(_texts(sound)),
        variants=variants,
    )


def _texts(sound: Mapping[str, list[Document]]) -> dict[str, str]:
    texts = {each.data["id"]: each.text for each in sound.get("theme", ())}
    for kind in LIBRARIES:
        for document in sound.get(kind, ()):
            texts |= building.library_texts(kind, document.data[kind])
    return texts


def _theme_stands(theme: Theme, items: Shelf[Item], libraries: Catalog) -> bool:
    leads = {theme.lead, *(stage.lead for stage in theme.stages)}
    return leads <= libraries.departments.keys() and all(entry.item in items for entry in theme.items)


class _Items(Shelf[Item]):
    """The items that stand; one that is not held is read and built when it is asked for."""

    def __init__(self, standing: Mapping[str, CheckedItem], built: Callable[[str], Item]) -> None:
        self.summaries: Mapping[str, ItemSummary] = {
            code: each.summary for code, each in standing.items() if each.summary
        }
        self._held = {code: each.item for code, each in standing.items() if each.item}
        self._built = cache(built)
        self._codes = {summary.slug: code for code, summary in self.summaries.items()}

    def __getitem__(self, ref: str) -> Item:
        code = ref if ref in self.summaries else self._codes[ref]
        held = self._held.get(code)
        return self._built(self.summaries[code].file) if held is None else held

    def __contains__(self, ref: object) -> bool:
        return ref in self.summaries or ref in self._codes

    def __iter__(self) -> Iterator[str]:
        return iter(self.summaries)

    def __len__(self) -> int:
        return len(self.summaries)

    def __repr__(self) -> str:
        return f"Shelf({', '.join(self.summaries)})"


class _Records(Mapping[Key, Document]):
    """Documents by the records they hold; those of items are read_item when they are asked for."""

    def __init__(self, others: Mapping[Key, Document], items: _Items, read_item: Callable[[str], Document]) -> None:
        self._others, self._items, self._opened = others, items, read_item

    def __getitem__(self, key: Key) -> Document:
        if key[0] == "item":
            return self._opened(self._items.summaries[key[1]].file)
        return self._others[key]

    def __iter__(self) -> Iterator[Key]:
        yield from self._others
        yield from (("item", code) for code in self._items.summaries)

    def __len__(self) -> int:
        return len(self._others) + len(self._items)
