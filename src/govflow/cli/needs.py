"""What an item or theme needs of the definitions, so that a fault elsewhere does not stop a command about it.

References are looked for in what is written, not in the catalog: what is faulty is not there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from govflow.catalog import Loaded
from govflow.catalog.names import LIBRARIES, Index, index_of
from govflow.diagnostics import Diagnostic
from govflow.language.building.regions import holds
from govflow.language.model import Catalog
from govflow.language.source import Document, hinted_kind

_FOLLOWED = {
    "theme": ("item", "department"),
    "item": ("material", "department"),
    "material": ("department",),
    "department": (),
}


def concerning(
    loaded: Loaded, faults: Sequence[Diagnostic], refs: Iterable[str], *, region: str | None = None,
    calendars: bool = False,
) -> list[Diagnostic]:  # fmt: skip
    """The faults that stand in the way of what is asked for: those in `refs` (codes or slugs) and in what they need.

    With `region` the local variants that may hold there are needed too, with `calendars` the calendars. Of something
    that is not in the catalog although it is defined, or may be, nothing is passed over that may be the reason.
    """
    needs = _Needs(loaded.documents)
    standing = True
    for ref in refs:
        known = needs.take(ref, region)
        if ref not in loaded.catalog.themes and ref not in loaded.catalog.items:
            standing = False
            needs.files |= {each.file for each in loaded.documents if _may_hide(each, known)}
    needs.take_lost(loaded.catalog)
    if calendars:
        needs.files |= {each.file for each in loaded.documents if _kind(each) == "calendar"}
    entries = {each.file: _entries(each) for each in loaded.documents if _kind(each) in LIBRARIES}
    found = [each for each in faults if needs.cover(each, entries.get(each.span.file, ()))]
    if found or standing or not any(needs.known(ref) for ref in refs):
        return found
    return list(faults)


class _Needs:
    """The files and the entries of libraries that are needed."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.files: set[str] = set()
        self._documents = documents
        self._index: Index = index_of(documents)
        self._entries: set[tuple[str, str]] = set()

    def known(self, ref: str) -> bool:
        """Whether an item or theme of this name is defined at all, sound or not."""
        return any(self._index.find(shelf, ref) is not None for shelf in ("theme", "item"))

    def take(self, ref: str, region: str | None) -> bool:
        """Take in an item or theme with all that it names; False when there is none of this name."""
        self._follow("theme", ref)
        self._follow("item", ref)
        place = self._index.find("item", ref)
        if region is not None and place is not None:
            for each in self._documents:
                if _kind(each) == "variant" and self._is_variant(each, place.code, region):
                    self.files.add(each.file)
                    self._names("item", each.data)
        return self.known(ref)

    def take_lost(self, catalog: Catalog) -> None:
        """Take in the whole of a library that has lost an entry that is needed: what is wrong may stand anywhere in it."""
        for file, code in self._entries:
            if code not in catalog.materials and code not in catalog.departments:
                self.files.add(file)

    def cover(self, fault: Diagnostic, entries: Sequence[tuple[int, str]]) -> bool:
        """Whether a fault is in what is needed."""
        file = fault.span.file
        at = bisect_right([line for line, _ in entries], fault.span.line) - 1
        return file in self.files or (at >= 0 and (file, entries[at][1]) in self._entries)

    def _follow(self, shelf: str, ref: str) -> None:
        place = self._index.find(shelf, ref)
        if place is None:
            return
        document = place.document
        if shelf in ("item", "theme"):
            if document.file not in self.files:
                self.files.add(document.file)
                self._names(shelf, document.data)
        elif (document.file, place.code) not in self._entries:
            self._entries.add((document.file, place.code))
            self._names(shelf, document.data[f"{shelf}s"].get(place.code))

    def _names(self, shelf: str, data: Any) -> None:
        for word in _words(data):
            for other in _FOLLOWED[shelf]:
                self._follow(other, word)

    def _is_variant(self, document: Document, code: str, region: str) -> bool:
        """Whether a variant is of this item and for the region or one around it; by its file's name where unreadable."""
        data = document.data if isinstance(document.data, dict) else {}
        slug, _, place = Path(document.file).stem.partition(".")
        named, where = str(data.get("of", slug)), str(data.get("region", place))
        found = self._index.find("item", named)
        return found is not None and found.code == code and (not where.isdecimal() or holds(where, region))


def _words(data: Any) -> Iterator[str]:
    """Every text in the values of plain data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from _words(each)


def _kind(document: Document) -> str:
    return document.kind[0] if document.kind else hinted_kind(document.text)


def _may_hide(document: Document, known: bool) -> bool:
    """Whether a document may be why something is missing: a damaged library, or a file whose names are not known."""
    if document.broken and _kind(document) in LIBRARIES:
        return True
    return not known and (document.broken or not isinstance(document.data, dict) or not document.kind)


def _entries(document: Document) -> list[tuple[int, str]]:
    """The entries of a library by the line that they begin at."""
    data = document.data.get(_kind(document)) if isinstance(document.data, dict) else None
    if not isinstance(data, dict):
        return []
    return sorted((document.key_span((_kind(document), code)).line, str(code)) for code in data)
