"""Checking one tree: what is known from earlier runs, every other item by itself, then the linked.

Only the summaries of items are held, so memory grows by a few kilobytes a file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from govflow.catalog import CheckedItem, Environment, check_item_file, environment_of, is_item, link, unreadable
from govflow.diagnostics import Diagnostic, Suppression
from govflow.errors import InvalidInput
from govflow.language.source import Document, hinted_kind, read
from govflow.rules import Released
from govflow.text import Text
from govflow.validation.cache import Cache, Row, content_digest, digest_of, stamp_of
from govflow.validation.files import Tree
from govflow.validation.serialize import dumps, load_findings, loads
from govflow.validation.workers import Job, Progress, outcomes, steady_memory

T = TypeVar("T")
_TRIES = 3
_ENVIRONMENT = ("materials", "departments", "laws")  # what items are checked_items against


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


def check(
    state: KnownFiles, codes: frozenset[str], previous: Checked | None = None, progress: Progress | None = None
) -> Checked:
    """Check a tree by the rules of these codes. InvalidInput when files keep changing meanwhile."""
    for _ in range(_TRIES):
        try:
            with steady_memory():
                return _Check(state, codes, previous, progress).run()
        except _FileChanged:
            state = KnownFiles(state.tree, state.cache)
    raise InvalidInput(
        Text("检查期间文件一直在变，请稍后再试", "the files kept changing while they were checked: try again"),
        field="paths",
    )


class _Check:
    """One pass over a tree."""

    def __init__(
        self, state: KnownFiles, codes: frozenset[str], previous: Checked | None, progress: Progress | None
    ) -> None:
        self.state, self.codes, self.previous, self.progress = state, codes, previous, progress
        self.tree = state.tree
        self.digests: dict[str, str] = {}
        self.unread: dict[str, Diagnostic] = {}
        self.rows: dict[str, tuple[str, Row, str]] = {}

    def run(self) -> Checked:
        tree = self.tree
        items = {name: None for name in tree.names if self._seems_item(name)}
        documents = self._read([name for name in tree.names if name not in items])
        while True:
            others = [each for each in documents if not is_item(each)]
            environment = environment_of(
                others, self.codes, self.previous.released if self.previous else None, incomplete=bool(self.unread)
            )
            key = self._environment_key(others)
            checked_items, not_items = self._checked_items(environment, key, documents, items)
            if not not_items:
                break
            # What seemed an item is none: it may be a library, and everything is checked_items again beside it.
            for name in not_items:
                del items[name]
            documents += self._read(not_items)
        for document in others:
            self._keep(document.file, "", "")
        in_order = [checked_items[name] for name in tree.names if name in checked_items]
        linked = link(
            environment,
            others,
            in_order,
            self._opened,
            partial(self._compared, environment, key),
            incomplete=bool(self.unread),
        )
        checked: list[Document | CheckedItem] = [*others, *in_order]
        files = [FileComments(each.file, each.broken, each.suppressions) for each in checked]
        summaries = {
            each.summary.code: each.summary
            for each in in_order
            if each.summary and each.summary.code in linked.catalog.items
        }
        return Checked(
            (*linked.found, *self.unread.values()),
            files,
            {name: self.digests[name] for name in tree.names if name not in self.unread},
            Released(summaries, linked.catalog.materials),
            list(self.rows.values()),
        )

    def _seems_item(self, name: str) -> bool:
        row = self.state.rows.get(name)
        if row is not None and row.digest == self.state.digest(name):
            return bool(row.environment)
        return hinted_kind(self.tree.head(name)) == "item"

    def _read(self, names: Iterable[str]) -> list[Document]:
        documents = []
        for name in names:
            self.state.stamp(name)
            try:
                raw = self.tree.content(name)
            except OSError as fault:
                self.unread[name] = unreadable(name, fault)
                continue
            self.digests[name] = content_digest(raw)
            documents.append(read(raw, name).without_events())
        return documents

    def _environment_key(self, others: Iterable[Document]) -> str:
        """A digest of all that an item's judgement depends on beside its own content, the program and the rules."""
        files = [
            (each.file, self.digests[each.file]) for each in others if not each.kind or each.kind[0] in _ENVIRONMENT
        ]
        return digest_of(files, sorted(self.unread), list(self.previous.digests.items()) if self.previous else None)

    def _checked_items(
        self, environment: Environment, key: str, documents: Iterable[Document], items: Iterable[str]
    ) -> tuple[dict[str, CheckedItem], list[str]]:
        """Every item checked_items, and the files that turned out to be none."""
        checked_items = self._recalled(items, key)
        for document in documents:
            if is_item(document):
                checked_items[document.file] = check_item_file(document, environment)
                self._keep(document.file, key, dumps(checked_items[document.file]))
        missing = [name for name in items if name not in checked_items]
        for name in missing if self.state.cache.keeps else ():
            self.state.stamp(name)  # as it was before the file is read
        not_items = []
        for each in outcomes(
            environment, [self._job(name) for name in missing], self.progress, texts=self.state.cache.keeps
        ):
            (name,) = each.names
            if each.fault:
                self.unread[name] = unreadable(name, each.fault)
            elif not each.text and each.item is None:
                not_items.append(name)
            else:
                (self.digests[name],) = each.digests
                checked_items[name] = each.item or loads(name, each.text)
                self._keep(name, key, each.text)
        return checked_items, not_items

    def _job(self, *names: str) -> Job:
        return tuple((name, self.tree.mended.get(name), self.digests.get(name, "")) for name in names)

    def _compared(self, environment: Environment, key: str, pairs: Sequence[tuple[str, str]]) -> list[Diagnostic]:
        """What is to be said of two levels of an item, as far as an earlier run does not know it."""
        found: list[Diagnostic] = []
        digests = {"\0".join(pair): digest_of(*(self.digests[name] for name in pair)) for pair in pairs}
        rows = self.state.rows
        same = {name for name, digest in digests.items() if name in rows and rows[name].digest == digest}
        for name, _, known in self._values(f"levels {key}", same, lambda _, text: load_findings(text)):
            found += known
            del digests[name]
        missing = [self._job(*name.split("\0")) for name in digests]
        for each in outcomes(environment, missing, None):
            if each.digests != tuple(self.digests[name] for name in each.names):
                raise _FileChanged
            found += load_findings(each.text)
            name = "\0".join(each.names)
            self.rows[name] = (name, Row("", 0, digests[name], f"levels {key}"), each.text)
        return found

    def _recalled(self, items: Iterable[str], key: str) -> dict[str, CheckedItem]:
        """The items of which an earlier run knows what became of them in the same environment."""
        checked_items: dict[str, CheckedItem] = {}
        same = {name for name in items if self._is_known(name, key)}
        for name, text, known in self._values(key, same, loads):
            checked_items[name] = known
            self.digests[name] = self.state.digest(name)
            if self.state.rows[name].stamp != self.state.stamp(name):  # so that it need not be read next time
                self._keep(name, key, text)
        return checked_items

    def _values(
        self, environment: str, names: Collection[str], unpack: Callable[[str, str], T]
    ) -> Iterator[tuple[str, str, T]]:
        """Name, text and content of what the cache keeps of these names; what is damaged is as good as not kept."""
        for name, text in self.state.cache.values(environment) if names else ():
            if name in names:
                try:
                    content = unpack(name, text)
                except (ValueError, TypeError, LookupError):
                    continue
                yield name, text, content

    def _is_known(self, name: str, key: str) -> bool:
        row = self.state.rows.get(name)
        return row is not None and row.environment == key and row.digest == self.state.digest(name)

    def _keep(self, name: str, environment: str, text: str) -> None:
        if self.state.cache.keeps:
            self.rows[name] = (name, self.state.row(name, self.digests[name], environment), text)

    def _opened(self, name: str) -> Document:
        """The document of an item that was checked_items; it must not have changed since."""
        try:
            raw = self.tree.content(name)
        except OSError:
            raise _FileChanged from None
        if content_digest(raw) != self.digests[name]:
            raise _FileChanged
        return read(raw, name).without_events()
