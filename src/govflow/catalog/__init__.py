"""From a folder of definitions to the records they say; `pipeline` has the steps, which `validation` shares.

An author's mistakes never raise; they are findings. Only sound records reach the catalog: a file with an error of form
or reference stays out, and so does what cannot stand without it. What the rules find (is it standardized?) does not
take a record out: publishing is refused there, reading is not.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from govflow.catalog.each import CheckedItem, Environment, check_item_file, compare, is_item
from govflow.catalog.files import collect, unreadable
from govflow.catalog.pipeline import Pair, check_all
from govflow.diagnostics import Diagnostic, Severity, ordered
from govflow.language.model import Catalog, Shelf
from govflow.language.source import Document, hinted_kind, read
from govflow.rules import RULE_BY_REF, in_profile, released

__all__ = ["Loaded", "load", "load_documents", "load_texts"]


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


def load(
    *paths: str | os.PathLike[str], rules: Collection[str] | None = None, kinds: Collection[str] | None = None
) -> Loaded:
    """Read definitions from folders or files; an author's mistake never raises, a path that is not there is NotFound.

    A file is read together with the definitions around it, so that its references resolve; findings are then only about
    the files that were named. `rules` are the codes or names of the rules to apply; without it, those of the profile
    `recommended`; an empty collection applies none. With `kinds` (calendar, departments, item ...) only files that state
    one of these are read: what a command about stored cases needs of ten thousand files is a handful.
    """
    listing = collect(paths or ("definitions",))
    documents: list[Document] = []
    unread: list[Diagnostic] = []
    for name in (*listing.named, *listing.around):
        try:
            data = Path(name).read_bytes()
            if kinds is None or hinted_kind(data) in kinds:
                documents.append(read(data, name))
        except OSError as fault:
            unread.append(unreadable(name, fault))
    loaded = load_documents(documents, rules, incomplete=bool(unread))
    wanted = set(listing.named)
    found = [each for each in (*loaded.diagnostics, *unread) if not listing.around or each.span.file in wanted]
    files = tuple(file for file in loaded.files if file in wanted)
    return Loaded(loaded.catalog, ordered([*found, *listing.refused]), files, loaded.sources, loaded.documents)


def load_texts(texts: Mapping[str, str | bytes], rules: Collection[str] | None = None) -> Loaded:
    """The same for texts in memory: file name -> content."""
    return load_documents([read(text, file) for file, text in texts.items()], rules)


def load_documents(
    documents: Iterable[Document],
    rules: Collection[str] | None = None,
    previous: Catalog | None = None,
    *,
    incomplete: bool = False,
) -> Loaded:
    """From documents that have been read to the catalog and every finding.

    `previous` is the last release, if any; `incomplete` tells that a file beside them could not be read.
    """
    held = _InMemory(documents, incomplete=incomplete)
    codes = frozenset(rule.code for rule in in_profile("recommended")) if rules is None else codes_of(rules)
    result = check_all(held, codes, None if previous is None else released(previous))
    items = Shelf(result.catalog.items.values())
    data = {item.code: held.read_item(item.file).data for item in items.values()}
    return Loaded(
        replace(result.catalog, items=items, data=MappingProxyType({**data, **result.catalog.data})),
        ordered(result.found),
        tuple(held.by_file),
        MappingProxyType({file: document.text for file, document in held.by_file.items()}),
        tuple(held.by_file.values()),
    )


class _InMemory:
    """A run with every document in memory."""

    holds_items = True

    def __init__(self, documents: Iterable[Document], *, incomplete: bool) -> None:
        self.by_file = {each.file: each for each in documents}
        self.incomplete = incomplete

    def read_others(self) -> Sequence[Document]:
        return [each for each in self.by_file.values() if not is_item(each)]

    def check_items(self, environment: Environment) -> Sequence[CheckedItem]:
        return [check_item_file(each, environment) for each in self.by_file.values() if is_item(each)]

    def read_item(self, file: str) -> Document:
        return self.by_file[file]

    def compare_levels(self, environment: Environment, pairs: Iterable[Pair]) -> Iterable[Diagnostic]:
        for lower, upper in pairs:
            yield from compare(self.by_file[lower], self.by_file[upper], environment)


def codes_of(rules: Iterable[str]) -> frozenset[str]:
    """The codes of rules given by code or name; KeyError for another word."""
    return frozenset(RULE_BY_REF[each].code for each in rules)
