"""One item file by itself: what it says, what is wrong with it, and the summary that linking needs of it.

A file is checked against an environment: the libraries that items refer to, the tables of laws and the last release. An
item names no other item, so files are checked in any order and by any number of processes; what only shows when all are
known (a code used twice, a theme, two levels) is found by `link`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from govflow.catalog.names import LIBRARIES, SHELVES, Index, index_of, slug_of
from govflow.catalog.references import reference_findings
from govflow.diagnostics import Diagnostic, Severity, Suppression
from govflow.language import building, schema
from govflow.language.model import Catalog, Department, Item, Material, Shelf
from govflow.language.schema import LocatedDiagnostic
from govflow.language.source import Document, hinted_kind
from govflow.rules import (
    Context,
    ItemSummary,
    Released,
    by_record,
    check_item,
    check_levels,
    check_record,
    summary_of,
    with_source,
)


class Faults:
    """All findings about the form of documents and their references, and which entries have one at error level."""

    def __init__(self, documents: Iterable[Document], form: Iterable[LocatedDiagnostic]) -> None:
        """`form` is what reading and the schemas say about these documents."""
        self.libraries = {each.file for each in documents if each.kind and each.kind[0] in LIBRARIES}
        self.found: list[Diagnostic] = []
        self.files: set[str] = set()
        self.entries: set[tuple[str, str]] = set()
        self.add(form)

    def add(self, found: Iterable[LocatedDiagnostic]) -> None:
        """Keep findings; one at error level makes its file, or its entry of a library, unsound."""
        for each in found:
            self.found.append(each.diagnostic)
            if each.diagnostic.severity is not Severity.ERROR:
                continue
            self._doubt(each.diagnostic.span.file, each.path)

    def add_names(self, index: Index) -> None:
        """Keep the findings about names used twice; neither of the two entries is sound."""
        self.add(index.twice)
        for file, path in index.first:
            self._doubt(file, path)

    def _doubt(self, file: str, path: Sequence[str | int]) -> None:
        if file in self.libraries and len(path) > 1:
            self.entries.add((file, str(path[1])))
        else:
            self.files.add(file)

    def sound(self, document: Document) -> bool:
        """Whether the document may be built: read to its end, kind known, no error but in single library entries."""
        return not document.broken and document.kind is not None and document.file not in self.files

    def without_faulty(self, document: Document, kind: str) -> building.Plain:
        """A library without its faulty entries."""
        entries = {
            code: entry for code, entry in document.data[kind].items() if (document.file, code) not in self.entries
        }
        return building.Plain({kind: entries}, document.file)

    def records(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The documents that rules may look at; faulty entries of a library are taken out of its data."""
        for document in documents:
            kind = document.kind[0] if document.kind else ""
            if not self.sound(document):
                continue
            if kind in LIBRARIES:
                yield replace(document, data={**document.data, **self.without_faulty(document, kind).data})
            else:
                yield document


@dataclass(frozen=True, slots=True, eq=False)
class Environment:
    """What every item is checked against; `codes` are the rules applied, `form` what is wrong with the other documents.

    `built` keeps by file the items built so far, so that checking and linking build each once; None where a run holds no items.
    """

    index: Index
    names: building.Names
    context: Context
    codes: frozenset[str]
    form: tuple[LocatedDiagnostic, ...]
    built: dict[str, Item] | None = None

    @property
    def catalog(self) -> Catalog:
        """The libraries alone."""
        return self.context.catalog


@dataclass(frozen=True, slots=True, eq=False)
class CheckedItem:
    """What is known of one item file once it has been checked by itself.

    `readable` tells whether it has data at all, `code` is the text that stands there as its id. `found` are the findings
    about form and references, `rule_findings` those of the rules. `summary` is None when the item does not stand.
    """

    file: str
    readable: bool
    code: str | None
    broken: bool
    found: tuple[Diagnostic, ...]
    rule_findings: tuple[Diagnostic, ...]
    suppressions: tuple[Suppression, ...]
    summary: ItemSummary | None


def is_item(document: Document) -> bool:
    """Whether a document is one for `check_item_file`: an item, or a broken file that says it would be one."""
    if document.broken:
        return hinted_kind(document.text) == "item"
    return document.kind is not None and document.kind[0] == "item"


def environment_of(
    documents: Sequence[Document],
    codes: frozenset[str],
    previous: Released | None = None,
    *,
    incomplete: bool = False,
    holds_items: bool = False,
) -> Environment:
    """The environment that all documents but the items make; its own faults are reported by `link`.

    `incomplete` tells that a file could not be read at all: it may define anything. With `holds_items` an item that was
    built is kept.
    """
    form = tuple(each for document in documents for each in _form_of(document))
    faults = Faults(documents, form)
    index = index_of(documents)
    index.incomplete |= set(SHELVES) if incomplete else set()
    index.incomplete |= {"item", "theme"}  # not known yet: nothing can be said about who names them
    faults.add_names(index)
    for document in documents:
        if faults.sound(document) and document.kind and document.kind[0] in LIBRARIES:
            faults.add(reference_findings(document, index))
    catalog = libraries_of(documents, index.names(), faults)
    context = Context(catalog, by_record(faults.records(documents)), previous)
    return Environment(index, index.names(), context, codes, form, {} if holds_items else None)


def _form_of(document: Document) -> list[LocatedDiagnostic]:
    """What reading and the schema say about a document."""
    return [
        *(LocatedDiagnostic((), each) for each in document.diagnostics),
        *map(with_source, schema.findings(document)),
    ]


def libraries_of(documents: Iterable[Document], names: building.Names, faults: Faults) -> Catalog:
    """A catalog of the sound departments and materials."""
    departments: list[Department] = []
    materials: list[Material] = []
    for document in documents:
        kind = document.kind[0] if document.kind else ""
        if kind in LIBRARIES and faults.sound(document):
            sound = faults.without_faulty(document, kind)
            if kind == "departments":
                departments += building.departments_from(sound)
            else:
                materials += building.materials_from(sound, names)
    return Catalog(departments=Shelf(departments), materials=Shelf(materials))


def check_item_file(document: Document, environment: Environment) -> CheckedItem:
    """Check one item file by itself: form, references, and every rule that needs no other item."""
    found = [each.diagnostic for each in _form_of(document)]
    sound = not document.broken and not _has_error(found)
    if sound:
        found += (each.diagnostic for each in reference_findings(document, environment.index))
        sound = not _has_error(found)
    rule_findings: list[Diagnostic] = []
    summary = None
    if sound:
        item = item_of(document, environment)
        context = environment.context.for_record(("item", item.code), document)
        if _stands(item, environment.catalog):
            summary = summary_of(context, item)
            rule_findings = check_item(context, item, environment.codes)
        else:
            rule_findings = check_record(context, ("item", item.code), None, environment.codes)
    code = document.data.get("id") if isinstance(document.data, Mapping) else None
    return CheckedItem(
        document.file,
        document.data is not None,
        code if isinstance(code, str) else None,
        document.broken,
        tuple(found),
        tuple(rule_findings),
        document.suppressions,
        summary,
    )


def compare(lower: Document, upper: Document, environment: Environment) -> tuple[Diagnostic, ...]:
    """What the rules say of one item's file beside that of the level above; both items stand."""
    item = item_of(lower, environment)
    context = environment.context.for_record(("item", item.code), lower)
    return tuple(check_levels(context, item, item_of(upper, environment), environment.codes))


def item_of(document: Document, environment: Environment) -> Item:
    """The item of a document that passed its check."""
    built = environment.built
    item = None if built is None else built.get(document.file)
    if item is None:
        item = building.item_from(document, slug_of(document.file), environment.names)
        if built is not None:
            built[document.file] = item
    return item


def _has_error(found: Iterable[Diagnostic]) -> bool:
    return any(each.severity is Severity.ERROR for each in found)


def _stands(item: Item, libraries: Catalog) -> bool:
    """Whether everything that the item needs is in the catalog; its absence has been reported where it was lost."""
    needed = {item.department, *item.joint_departments, *building.departments_in(item.flow)}
    return needed <= libraries.departments.keys() and all(use.material in libraries.materials for use in item.materials)
