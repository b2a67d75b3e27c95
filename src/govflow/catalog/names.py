"""Who is called what: every code and slug of the definitions, so that references can be resolved over all files.

Names of faulty entries are kept too: what refers to an entry that exists but is faulty is not at fault itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from govflow.diagnostics import Diagnostic, Note
from govflow.language.building import Names
from govflow.language.schema import KINDS, Flaw, LocatedDiagnostic, finding
from govflow.language.source import Document, hinted_kind
from govflow.text import Text

SHELVES = ("item", "theme", "material", "department")
LIBRARIES = {"materials": "material", "departments": "department"}
KIND_NAMES = {
    "item": ("事项", "item"),
    "theme": ("主题", "theme"),
    "material": ("材料", "material"),
    "department": ("部门", "department"),
}


@dataclass(frozen=True, slots=True)
class LazyDocument:
    """A document that is read again when it is needed."""

    file: str
    read: Callable[[str], Document]


@dataclass(frozen=True, slots=True)
class Definition:
    """Where an entry is defined: the document and the path of its code in it."""

    code: str
    held: Document | LazyDocument
    path: tuple[str | int, ...]

    @property
    def document(self) -> Document:
        """The document, read again where it is not held."""
        return self.held if isinstance(self.held, Document) else self.held.read(self.held.file)


@dataclass(slots=True)
class Index:
    """All names, a shelf; `incomplete` shelves have a file whose names could not be read.

    `twice` are the findings about names used for two entries; `first` the entries that had them first: which of the two
    is meant nobody can say, so neither stands.
    """

    shelves: dict[str, dict[str, Definition]] = field(default_factory=lambda: {shelf: {} for shelf in SHELVES})
    incomplete: set[str] = field(default_factory=set)
    twice: list[LocatedDiagnostic] = field(default_factory=list)
    first: list[tuple[str, tuple[str | int, ...]]] = field(default_factory=list)

    def find(self, shelf: str, name: str) -> Definition | None:
        """The entry with this code or slug, or None."""
        return self.shelves[shelf].get(name)

    def codes(self, shelf: str) -> dict[str, str]:
        """Code or slug -> code."""
        return {name: definition.code for name, definition in self.shelves[shelf].items()}

    def names(self) -> Names:
        """The names that building needs."""
        return Names(self.codes("item"), self.codes("material"), self.codes("department"))


def index_of(documents: Iterable[Document]) -> Index:
    """Collect every code and slug; a name used for two entries is a finding in `twice`."""
    index = Index()
    for document in documents:
        kind = document.kind[0] if document.kind else hinted_kind(document.text)
        if kind not in KINDS:  # a slip in its first line: it may define anything
            index.incomplete |= set(SHELVES)
        elif document.data is None:
            index.incomplete |= {LIBRARIES.get(kind, kind)} & set(SHELVES)
            if kind in ("item", "theme"):
                declare_from_file_name(index, kind, document)
        elif kind in ("item", "theme"):
            declare(index, kind, document.data.get("id"), document)
        elif kind in LIBRARIES:
            _library(index, kind, document)
    return index


def declare_from_file_name(index: Index, kind: str, document: Document | LazyDocument) -> None:
    """An item or theme whose file cannot be read is known by the file's name at least."""
    index.incomplete.add(kind)
    slug = slug_of(document.file)
    index.shelves[kind].setdefault(slug, Definition(slug, document, ()))


def declare(index: Index, kind: str, code: object, document: Document | LazyDocument) -> None:
    """Take in the code and the slug of an item or theme."""
    slug = slug_of(document.file)
    if not isinstance(code, str):
        index.incomplete.add(kind)
        code = slug
    definition = Definition(code, document, ("id",))
    _declare(index, kind, code, definition)
    if slug != code:
        _declare(index, kind, slug, definition)


def slug_of(file: str) -> str:
    """The slug of an item or theme: the file's name without its ending."""
    return os.path.splitext(os.path.basename(file))[0]


def _library(index: Index, kind: str, document: Document) -> None:
    entries = document.data.get(kind)
    if not isinstance(entries, dict):
        index.incomplete.add(LIBRARIES[kind])
        return
    for code, entry in entries.items():
        _declare(index, LIBRARIES[kind], code, Definition(code, document, (kind, code)))
        slug = entry.get("slug") if isinstance(entry, dict) else None
        if isinstance(slug, str) and slug != code:
            _declare(index, LIBRARIES[kind], slug, Definition(code, document, (kind, code, "slug")))


def _declare(index: Index, shelf: str, name: str, definition: Definition) -> None:
    first = index.shelves[shelf].setdefault(name, definition)
    if first is definition:
        # a case is applied for by one name, whether it is an item's or a theme's
        rival = {"item": "theme", "theme": "item"}.get(shelf)
        if rival is None or name not in index.shelves[rival]:
            return
        first = index.shelves[rival][name]
    zh, en = KIND_NAMES[shelf]
    message = Text(f"{zh}的编号或短名 {name} 已经用过。", f"The code or slug {name} of a {en} is already taken.")
    at_key = shelf in LIBRARIES.values() and len(definition.path) == 2
    flaw = Flaw(
        "duplicate-id",
        definition.path,
        message,
        Text("每个编号和短名只能指一样东西。", "One name means one thing."),
        at_key,
    )
    found = finding(definition.document, flaw)
    note = Note(Text("第一次出现在", "first here"), first.document.span(first.path))
    index.twice.append(LocatedDiagnostic(found.path, with_note(found.diagnostic, note)))
    index.first.append((first.held.file, first.path))


def with_note(diagnostic: Diagnostic, note: Note) -> Diagnostic:
    """The same finding with one more place that belongs to it."""
    return replace(diagnostic, notes=(*diagnostic.notes, note))
