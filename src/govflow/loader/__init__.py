"""The conductor: a folder of definitions -> source -> schema -> names -> references -> records -> rules -> Loaded.

An author's mistakes never raise; they are findings. Only sound records reach the catalog: a file with an error of form
or reference stays out, and so does what cannot stand without it. What the rules find (is it standardized?) does not
take a record out: publishing is refused there, reading is not.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from govflow import building, schema
from govflow.diagnostics import Diagnostic, Message, Severity, Span, ordered
from govflow.errors import NotFound
from govflow.loader.names import Index, index_of, slug_of
from govflow.loader.references import reference_findings
from govflow.loader.variants import variants_of
from govflow.model import Catalog, Department, Item, Material, Shelf, Theme
from govflow.rules import by_record, check_catalog, in_profile
from govflow.schema import Finding
from govflow.schema.rules import RULE_BY_NAME
from govflow.source import Document, read

ENDINGS = (".yaml", ".yml")
LIBRARY_FILES = ("departments.yaml", "materials.yaml")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder of definitions says: the sound records, every finding (sorted), the files read.

    `sources` gives each file's text, for excerpts; `documents` the data with its places, for rules and scenarios.
    """

    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    sources: Mapping[str, str]
    documents: tuple[Document, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no finding at error level."""
        return all(each.severity is not Severity.ERROR for each in self.diagnostics)


def load(*paths: str | os.PathLike[str], rules: Collection[str] | None = None) -> Loaded:
    """Read definitions from folders or files; an author's mistake never raises, a path that is not there is NotFound.

    A file is read together with the definitions around it, so that its references resolve; findings are then only about
    the files that were named. `rules` are the codes or names of the rules to apply; without it, those of the profile
    `recommended`; an empty collection applies none.
    """
    named, around, refused = collect([Path(path) for path in paths or ("definitions",)])
    documents, unread = _documents([*named, *around])
    loaded = load_documents(documents, rules)
    wanted = set(map(str, named))
    found = [each for each in (*loaded.diagnostics, *unread) if not around or each.span.file in wanted]
    files = tuple(file for file in loaded.files if file in wanted)
    return Loaded(loaded.catalog, ordered([*found, *refused]), files, loaded.sources, loaded.documents)


def load_texts(texts: Mapping[str, str | bytes], rules: Collection[str] | None = None) -> Loaded:
    """The same for texts in memory: file name -> content."""
    return load_documents([read(text, file) for file, text in texts.items()], rules)


def load_documents(
    documents: Iterable[Document], rules: Collection[str] | None = None, previous: Catalog | None = None
) -> Loaded:
    """From documents that have been read to the catalog and every finding; `previous` is the last release, if any."""
    documents = tuple(documents)
    found: list[Finding] = []
    for document in documents:
        found += (Finding((), each) for each in document.diagnostics)
        found += schema.findings(document)
    libraries = {each.file for each in documents if each.kind and each.kind[0] in ("materials", "departments")}
    faults = _Faults(libraries, found)
    index = index_of(documents)
    faults.add(index.twice)
    faults.add(
        [each for document in documents if faults.sound(document) for each in reference_findings(document, index)]
    )
    catalog = _catalog(documents, index, faults)
    codes = [rule.code for rule in in_profile("recommended")] if rules is None else rules
    places = by_record(_sound_part(documents, faults))
    ruled = check_catalog(catalog, places, codes=codes, previous=previous) if codes else []
    return Loaded(
        catalog,
        ordered([*(each.diagnostic for each in faults.found), *ruled]),
        tuple(document.file for document in documents),
        MappingProxyType({document.file: document.text for document in documents}),
        documents,
    )


class _Faults:
    """All findings, and which entries have one at error level."""

    def __init__(self, libraries: Collection[str], found: Iterable[Finding]) -> None:
        self.libraries = libraries
        self.found: list[Finding] = []
        self.files: set[str] = set()
        self.entries: set[tuple[str, str]] = set()
        self.add(found)

    def add(self, found: Iterable[Finding]) -> None:
        for each in found:
            self.found.append(each)
            if each.diagnostic.severity is not Severity.ERROR:
                continue
            file = each.diagnostic.span.file
            if file in self.libraries and len(each.path) > 1:
                self.entries.add((file, str(each.path[1])))
            else:
                self.files.add(file)

    def sound(self, document: Document) -> bool:
        """Whether the document may be built: read to its end, kind known, no error but in single library entries."""
        return not document.broken and document.kind is not None and document.file not in self.files


def _catalog(documents: tuple[Document, ...], index: Index, faults: _Faults) -> Catalog:
    names = index.names()
    sound: dict[str, list[Document]] = {}
    for document in documents:
        if faults.sound(document) and document.kind:
            sound.setdefault(document.kind[0], []).append(document)
    departments = Shelf(_departments(sound.get("departments", ()), faults))
    materials = Shelf(_materials(sound.get("materials", ()), names, faults))
    built = [building.item_from(each, slug_of(each.file), names) for each in sound.get("item", ())]
    items = Shelf(each for each in built if _item_stands(each, materials, departments))
    loose: list[Finding] = []
    variants = tuple(variants_of(sound.get("variant", ()), names, items, loose))
    faults.add(loose)
    themes = [building.theme_from(each, slug_of(each.file), names) for each in sound.get("theme", ())]
    return Catalog(
        items=items,
        themes=Shelf(each for each in themes if _theme_stands(each, items, departments)),
        materials=materials,
        departments=departments,
        calendars=tuple(each.data for each in sound.get("calendar", ())),
        texts=MappingProxyType(_texts(sound)),
        variants=variants,
    )


def _departments(documents: Iterable[Document], faults: _Faults) -> Iterator[Department]:
    for document in documents:
        yield from building.departments_from(_without_faulty(document, "departments", faults))


def _materials(documents: Iterable[Document], names: building.Names, faults: _Faults) -> Iterator[Material]:
    for document in documents:
        yield from building.materials_from(_without_faulty(document, "materials", faults), names)


def _sound_part(documents: Iterable[Document], faults: _Faults) -> Iterator[Document]:
    """The documents that the rules may look at; faulty entries of a library are taken out of its data."""
    for document in documents:
        if not faults.sound(document) or document.kind is None:
            continue
        kind = document.kind[0]
        if kind in ("materials", "departments"):
            yield replace(document, data={**document.data, **_without_faulty(document, kind, faults).data})
        else:
            yield document


def _without_faulty(document: Document, kind: str, faults: _Faults) -> building.Plain:
    entries = {
        code: entry for code, entry in document.data[kind].items() if (document.file, code) not in faults.entries
    }
    return building.Plain({kind: entries}, document.file)


def _texts(sound: Mapping[str, list[Document]]) -> dict[str, str]:
    texts = {each.data["id"]: each.text for kind in ("item", "theme") for each in sound.get(kind, ())}
    for kind in ("materials", "departments"):
        for document in sound.get(kind, ()):
            texts |= building.library_texts(kind, document.data[kind])
    return texts


def _item_stands(item: Item, materials: Shelf[Material], departments: Shelf[Department]) -> bool:
    """Whether everything that the item needs is in the catalog; its absence has been reported where it was lost."""
    needed = {item.department, *item.joint_departments, *building.departments_in(item.flow)}
    return needed <= departments.keys() and all(use.material in materials for use in item.materials)


def _theme_stands(theme: Theme, items: Shelf[Item], departments: Shelf[Department]) -> bool:
    leads = {theme.lead, *(stage.lead for stage in theme.stages)}
    return leads <= departments.keys() and all(entry.item in items for entry in theme.items)


def collect(paths: Iterable[Path]) -> tuple[list[Path], list[Path], list[Diagnostic]]:
    """The files named, the files around them that they may refer to, and links that are refused.

    NotFound when a path is not there.
    """
    named: dict[Path, None] = {}
    around: dict[Path, None] = {}
    refused: list[Diagnostic] = []
    for path in paths:
        if path.is_dir():
            named |= dict.fromkeys(_files_below(path, path.resolve(), refused))
        elif path.is_file():
            named[path] = None
            folder = _home_of(path)
            if folder is not None:
                around |= dict.fromkeys(_files_below(folder, folder.resolve(), []))
        else:
            raise NotFound(f"没有这个文件夹或文件：{path}", f"no such folder or file: {path}", path=str(path))
    seen = {each.resolve() for each in named}
    return list(named), [each for each in around if each.resolve() not in seen], refused


_collect = collect


def _home_of(file: Path) -> Path | None:
    """The nearest folder above the file that holds a library, at most three levels up; relative where it can be."""
    for folder in (*list(file.parents)[:3], *list(file.absolute().parents)[:3]):
        if any((folder / name).is_file() for name in LIBRARY_FILES):
            return folder
    return None


def _files_below(folder: Path, root: Path, refused: list[Diagnostic]) -> Iterator[Path]:
    """Every definition file below a folder, in order of name; links out of `root` are refused."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        refused.append(_unreadable(folder, error))
        return
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() and not path.resolve().is_relative_to(root):
            if entry.name.endswith(ENDINGS) or path.is_dir():
                refused.append(_about_file("outside-folder", path, _OUTSIDE))
        elif entry.is_dir(follow_symlinks=False):
            yield from _files_below(path, root, refused)
        elif entry.name.endswith(ENDINGS) and entry.is_file():
            yield path


_OUTSIDE = Message("链接指向给定文件夹之外，没有读取。", "The link leads out of the given folder; it was not read.")


def _documents(paths: Iterable[Path]) -> tuple[list[Document], list[Diagnostic]]:
    documents: list[Document] = []
    unread: list[Diagnostic] = []
    for path in paths:
        try:
            documents.append(read(path.read_bytes(), str(path)))
        except OSError as error:
            unread.append(_unreadable(path, error))
    return documents, unread


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    reason = error.strerror or str(error)
    return _about_file("unreadable-file", path, Message(f"读不出来：{reason}。", f"Cannot be read: {reason}."))


def _about_file(name: str, path: Path, message: Message) -> Diagnostic:
    code, severity = RULE_BY_NAME[name]
    return Diagnostic(code, name, severity, message, Span(str(path), 1, 1, 1, 1))
