"""All definitions together, once every item file has been judged by itself: names, themes, levels, the catalog.

Of an item only its card is at hand. Few are needed whole - those of a theme, those with a variant, two levels that
differ - and these are read again where they are not held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from govflow.catalog.each import Faults, Frame, Judged, compare, item_of, libraries_of
from govflow.catalog.names import LIBRARIES, SHELVES, Distant, guess, index_of, slug_of, take
from govflow.catalog.references import reference_findings
from govflow.catalog.variants import variants_of
from govflow.diagnostics import Diagnostic
from govflow.language import building
from govflow.language.model import Catalog, Item, Shelf, Theme
from govflow.language.schema import Finding
from govflow.language.source import Document
from govflow.rules import ItemCard, by_record, check_rest, has_rules_for_levels
from govflow.rules.types import Key

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Whole:
    """The catalog of all sound records and every finding, in no order."""

    catalog: Catalog
    found: tuple[Diagnostic, ...]


def whole_of(
    frame: Frame,
    others: Sequence[Document],
    judged: Sequence[Judged],
    opened: Callable[[str], Document],
    compared: Callable[[Sequence[Pair]], Iterable[Diagnostic]] | None = None,
    *,
    lost: bool = False,
) -> Whole:
    """Put the judged items and all other documents together.

    `opened` gives the document of an item file; `compared` what `compare` finds in pairs of files, lower and upper
    level, where there is a better way than one after the other. `lost` tells that a file could not be read.
    """
    opened = cache(opened)  # few are opened, but these again and again: the items of themes
    faults = Faults(others, frame.form)
    index = index_of(others)
    index.incomplete |= set(SHELVES) if lost else set()
    for each in judged:
        source = Distant(each.file, opened)
        if each.readable:
            take(index, "item", each.code, source)
        else:
            guess(index, "item", source)
    faults.add_names(index)
    for document in others:
        if faults.sound(document):
            faults.add(reference_findings(document, index))
    names = index.names()
    libraries = libraries_of(others, names, faults)
    gone = frame.catalog.materials.keys() - libraries.materials.keys()
    standing = {
        each.card.code: each
        for each in judged
        if each.card and each.file not in faults.files and not any(use.material in gone for use in each.card.materials)
    }
    items = _Items(standing, lambda file: item_of(opened(file), frame))
    catalog = _catalog(others, libraries, items, names, faults)
    found = [*faults.found, *(each for one in judged for each in one.found)]
    found += (each for one in judged if one.file not in faults.files for each in _ruled(one, standing))
    if frame.codes:
        records = by_record(faults.records(others))
        context = frame.context.over(catalog, _Records(records, items, opened), items.cards)
        found += check_rest(context, records, frame.codes)
        if has_rules_for_levels(frame.codes):
            pairs = [(lower.file, upper.file) for lower, upper in context.levels()]
            one_by_one = (each for lower, upper in pairs for each in compare(opened(lower), opened(upper), frame))
            found += one_by_one if compared is None else compared(pairs)
    return Whole(catalog, tuple(found))


def _ruled(judged: Judged, standing: Mapping[str, Judged]) -> Iterable[Diagnostic]:
    """What the rules said, unless the item has been lost with a material since."""
    lost = judged.card is not None and standing.get(judged.card.code) is not judged
    return () if lost else judged.ruled


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

    def __init__(self, standing: Mapping[str, Judged], built: Callable[[str], Item]) -> None:
        self.cards: Mapping[str, ItemCard] = {code: each.card for code, each in standing.items() if each.card}
        self._held = {code: each.item for code, each in standing.items() if each.item}
        self._built = cache(built)
        self._codes = {card.slug: code for code, card in self.cards.items()}

    def __getitem__(self, ref: str) -> Item:
        code = ref if ref in self.cards else self._codes[ref]
        held = self._held.get(code)
        return self._built(self.cards[code].file) if held is None else held

    def __contains__(self, ref: object) -> bool:
        return ref in self.cards or ref in self._codes

    def __iter__(self) -> Iterator[str]:
        return iter(self.cards)

    def __len__(self) -> int:
        return len(self.cards)

    def __repr__(self) -> str:
        return f"Shelf({', '.join(self.cards)})"


class _Records(Mapping[Key, Document]):
    """Documents by the records they hold; those of items are opened when they are asked for."""

    def __init__(self, others: Mapping[Key, Document], items: _Items, opened: Callable[[str], Document]) -> None:
        self._others, self._items, self._opened = others, items, opened

    def __getitem__(self, key: Key) -> Document:
        if key[0] == "item":
            return self._opened(self._items.cards[key[1]].file)
        return self._others[key]

    def __iter__(self) -> Iterator[Key]:
        yield from self._others
        yield from (("item", code) for code in self._items.cards)

    def __len__(self) -> int:
        return len(self._others) + len(self._items)
