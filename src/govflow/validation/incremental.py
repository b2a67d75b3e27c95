"""Checking one tree: what earlier runs found, every other item by itself, then all together.

Only the summaries of items are held, so memory grows by a few kilobytes a file.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from msgspec import structs

from govflow.catalog.each import CheckedItem, Environment, check_item_file, is_item
from govflow.catalog.files import unreadable
from govflow.catalog.pipeline import Pair, Result, check_all
from govflow.diagnostics import Diagnostic, Suppression
from govflow.errors import InvalidInput
from govflow.language.source import Document, hinted_kind, read
from govflow.rules import Released
from govflow.rules.summaries import MaterialUseSummary
from govflow.text import Text
from govflow.validation.cache import Cache, Row, content_digest, digest_of, stamp_of
from govflow.validation.files import Tree
from govflow.validation.serialize import dumps, loads
from govflow.validation.workers import Job, Progress, outcomes, steady_memory

T = TypeVar("T")
_TRIES = 3
_ENVIRONMENT = ("materials", "departments", "laws")  # what items are checked against


@dataclass(frozen=True, slots=True)
class FileComments:
    """What the choice of findings needs to know of a file."""

    file: str
    broken: bool
    suppressions: tuple[Suppression, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """Every finding about a tree, in no order; its files and their digests, those that could not be read left out.

    `released` is what a later release is compared with; `rows` what the cache should keep.
    """

    found: tuple[Diagnostic, ...]
    files: Sequence[FileComments]
    digests: Mapping[str, str]
    released: Released
    rows: Sequence[tuple[str, Row, str]]


class _FileChanged(Exception):
    """A file was written to while it was checked."""


class KnownFiles:
    """What earlier runs know of a tree's files, and which of them are still the same."""

    def __init__(self, tree: Tree, cache: Cache) -> None:
        self.tree, self.cache = tree, cache
        self.began = time.time_ns()
        self.rows = cache.rows()
        self._stamps: dict[str, str] = {}
        self._digests: dict[str, str] = {}

    def digests(self) -> dict[str, str] | None:
        """The digest of every file; None when one is new or cannot be read."""
        found = {}
        for name in self.tree.names:
            digest = self.digest(name)
            if not digest:
                return None
            found[name] = digest
        return found

    def digest(self, name: str) -> str:
        """The digest of a file that was seen before; empty for a new one and one that cannot be read."""
        row = self.rows.get(name)
        if row is None:
            return ""
        if name not in self._digests:
            if row.holds_for(self.stamp(name)):
                self._digests[name] = row.digest
            else:
                try:
                    self._digests[name] = content_digest(self.tree.content(name))
                except OSError:
                    self._digests[name] = ""
        return self._digests[name]

    def stamp(self, name: str) -> str:
        """Size and times of a file as they were before it was read; empty for content that is not on disk."""
        if name not in self._stamps:
            self._stamps[name] = "" if name in self.tree.mended else stamp_of(name)
        return self._stamps[name]

    def row(self, name: str, digest: str, environment: str) -> Row:
        """What is to be kept of a file."""
        return Row(self.stamp(name), self.began, digest, environment)

    def seems_item(self, name: str) -> bool:
        """Whether a file is an item, as an earlier run knows or the beginning of the file says."""
        row = self.rows.get(name)
        if row is not None and row.digest == self.digest(name):
            return bool(row.environment)
        return hinted_kind(self.tree.head(name)) == "item"

    def found_before(self, environment: str, names: Iterable[str]) -> Iterator[tuple[str, str, CheckedItem]]:
        """Name, text and record of the unchanged items among these that were checked against the same environment."""
        same = {
            name
            for name in names
            if (row := self.rows.get(name)) and row.environment == environment and row.digest == self.digest(name)
        }
        return self.values(environment, same, CheckedItem)

    def values(self, environment: str, names: Collection[str], type: type[T]) -> Iterator[tuple[str, str, T]]:
        """Name, text and record of what the cache keeps of these names; what is damaged is as good as not kept."""
        for name, text in self.cache.values(environment) if names else ():
            if name in names:
                try:
                    record = loads(text, type)
                except ValueError:
                    continue
                yield name, text, record


def check(
    known: KnownFiles, codes: frozenset[str], previous: Checked | None = None, progress: Progress | None = None
) -> Checked:
    """Check a tree by the rules of these codes. InvalidInput when files keep changing meanwhile."""
    for _ in range(_TRIES):
        try:
            with steady_memory():
                run = _TreeRun(known, previous, progress)
                return run.report(check_all(run, codes, previous.released if previous else None))
        except _FileChanged:
            known = KnownFiles(known.tree, known.cache)
    raise InvalidInput(
        Text("检查期间文件一直在变，请稍后再试", "the files kept changing while they were checked: try again"),
        field="paths",
    )


class _TreeRun:
    """One run over the files of a tree; implements `catalog.pipeline.Run`."""

    holds_items = False

    def __init__(self, known: KnownFiles, previous: Checked | None, progress: Progress | None) -> None:
        self.known, self.tree, self.previous, self.progress = known, known.tree, previous, progress
        self.digests: dict[str, str] = {}  # of each content that this run has read or knows
        self.unread: dict[str, Diagnostic] = {}
        self.rows: dict[str, tuple[str, Row, str]] = {}
        self._uses: dict[MaterialUseSummary, MaterialUseSummary] = {}
        self._items = {name: None for name in self.tree.names if known.seems_item(name)}
        self._documents = self._read([name for name in self.tree.names if name not in self._items])

    @property
    def incomplete(self) -> bool:
        return bool(self.unread)

    def read_others(self) -> Sequence[Document]:
        return [each for each in self._documents if not is_item(each)]

    def check_items(self, environment: Environment) -> Sequence[CheckedItem] | None:
        key, items = self._environment_key(), {}
        for name, text, item in self.known.found_before(key, self._items):
            items[name], self.digests[name] = self._sharing(item), self.known.digest(name)
            if self.known.rows[name].stamp != self.known.stamp(name):  # so that it need not be read next time
                self._keep(name, key, text)
        for document in filter(is_item, self._documents):
            items[document.file] = check_item_file(document, environment)
            self._keep(document.file, key, dumps(items[document.file]))
        not_items = []
        for name, text in self._check_files(environment, [name for name in self._items if name not in items]):
            if text:
                items[name] = self._sharing(loads(text, CheckedItem))
                self._keep(name, key, text)
            elif name not in self.unread:
                not_items.append(name)
        for name in not_items:
            del self._items[name]
        self._documents += self._read(not_items)
        return None if not_items else [items[name] for name in self.tree.names if name in items]

    def read_item(self, name: str) -> Document:
        """The document of an item that was checked; it must not have changed since."""
        try:
            raw = self.tree.content(name)
        except OSError:
            raise _FileChanged from None
        if content_digest(raw) != self.digests[name]:
            raise _FileChanged
        return read(raw, name).without_events()

    def compare_levels(self, environment: Environment, pairs: Sequence[Pair]) -> Iterator[Diagnostic]:
        key = f"levels {self._environment_key()}"
        digests = {"\0".join(pair): digest_of(*(self.digests[name] for name in pair)) for pair in pairs}
        rows = self.known.rows
        same = {name for name, digest in digests.items() if name in rows and rows[name].digest == digest}
        for name, _, found in self.known.values(key, same, tuple[Diagnostic, ...]):
            yield from found
            del digests[name]
        for each in outcomes(environment, [self._job(*name.split("\0")) for name in digests], None):
            if each.digests != tuple(self.digests[name] for name in each.names):
                raise _FileChanged
            yield from loads(each.text, tuple[Diagnostic, ...])
            name = "\0".join(each.names)
            self.rows[name] = (name, Row("", 0, digests[name], key), each.text)

    def report(self, result: Result) -> Checked:
        """What a run found, and what the cache should keep of it."""
        for document in result.others:
            self._keep(document.file, "", "")
        files: list[Document | CheckedItem] = [*result.others, *result.items]
        return Checked(
            (*result.found, *self.unread.values()),
            [FileComments(each.file, each.broken, each.suppressions) for each in files],
            {name: self.digests[name] for name in self.tree.names if name not in self.unread},
            result.released,
            list(self.rows.values()),
        )

    def _sharing(self, item: CheckedItem) -> CheckedItem:
        """The same item; uses of materials that equal another item's, as most do, are held once."""
        if item.summary is None:
            return item
        uses = tuple(self._uses.setdefault(use, use) for use in item.summary.materials)
        return replace(item, summary=structs.replace(item.summary, materials=uses))

    def _check_files(self, environment: Environment, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each file with what was found as text; without one where it is no item or cannot be read."""
        for name in names if self.known.cache.keeps else ():
            self.known.stamp(name)  # as it was before the file is read
        for each in outcomes(environment, [self._job(name) for name in names], self.progress):
            (name,) = each.names
            if each.fault:
                self.unread[name] = unreadable(name, each.fault)
            else:
                (self.digests[name],) = each.digests
            yield name, each.text

    def _read(self, names: Iterable[str]) -> list[Document]:
        documents = []
        for name in names:
            self.known.stamp(name)
            try:
                raw = self.tree.content(name)
            except OSError as fault:
                self.unread[name] = unreadable(name, fault)
                continue
            self.digests[name] = content_digest(raw)
            documents.append(read(raw, name).without_events())
        return documents

    def _environment_key(self) -> str:
        """A digest of all that the check of an item depends on beside its own content, the program and the rules."""
        others = [each for each in self.read_others() if not each.kind or each.kind[0] in _ENVIRONMENT]
        files = [(each.file, self.digests[each.file]) for each in others]
        return digest_of(files, sorted(self.unread), list(self.previous.digests.items()) if self.previous else None)

    def _job(self, *names: str) -> Job:
        return tuple((name, self.tree.mended.get(name), self.digests.get(name, "")) for name in names)

    def _keep(self, name: str, environment: str, text: str) -> None:
        if self.known.cache.keeps:
            self.rows[name] = (name, self.known.row(name, self.digests[name], environment), text)
