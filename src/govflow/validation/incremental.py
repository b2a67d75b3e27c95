"""Checking one tree: what is known from earlier runs, every other item by itself, then the whole.

Only the cards of items are held, so memory grows by a few kilobytes a file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from govflow.catalog import Frame, Judged, frame_of, is_item, judge, unreadable, whole_of
from govflow.diagnostics import Diagnostic, Suppression
from govflow.errors import InvalidInput
from govflow.language.source import Document, hinted_kind, read
from govflow.rules import Released
from govflow.text import Text
from govflow.validation.cache import Cache, Row, content_digest, digest_of, stamp_of
from govflow.validation.files import Tree
from govflow.validation.serialize import packed, unpacked, unpacked_findings
from govflow.validation.workers import Job, Progress, outcomes, steady_memory

T = TypeVar("T")
_TRIES = 3
_FRAME = ("materials", "departments", "laws")  # what items are judged against


@dataclass(frozen=True, slots=True)
class Seen:
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
    files: Sequence[Seen]
    digests: Mapping[str, str]
    released: Released
    rows: Sequence[tuple[str, Row, str]]


class _Moved(Exception):
    """A file was written to while it was checked."""


class State:
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

    def row(self, name: str, digest: str, frame: str) -> Row:
        """What is to be kept of a file."""
        return Row(self.stamp(name), self.began, digest, frame)


def check(
    state: State, codes: frozenset[str], previous: Checked | None = None, progress: Progress | None = None
) -> Checked:
    """Check a tree by the rules of these codes. InvalidInput when files keep changing meanwhile."""
    for _ in range(_TRIES):
        try:
            with steady_memory():
                return _Check(state, codes, previous, progress).run()
        except _Moved:
            state = State(state.tree, state.cache)
    raise InvalidInput(
        Text("检查期间文件一直在变，请稍后再试", "the files kept changing while they were checked: try again"),
        field="paths",
    )


class _Check:
    """One pass over a tree."""

    def __init__(
        self, state: State, codes: frozenset[str], previous: Checked | None, progress: Progress | None
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
            frame = frame_of(
                others, self.codes, self.previous.released if self.previous else None, lost=bool(self.unread)
            )
            key = self._frame_key(others)
            judged, strays = self._judged(frame, key, documents, items)
            if not strays:
                break
            # What seemed an item is none: it may be a library, and everything is judged again beside it.
            for name in strays:
                del items[name]
            documents += self._read(strays)
        for document in others:
            self._keep(document.file, "", "")
        in_order = [judged[name] for name in tree.names if name in judged]
        whole = whole_of(
            frame, others, in_order, self._opened, partial(self._compared, frame, key), lost=bool(self.unread)
        )
        checked: list[Document | Judged] = [*others, *in_order]
        files = [Seen(each.file, each.broken, each.suppressions) for each in checked]
        cards = {each.card.code: each.card for each in in_order if each.card and each.card.code in whole.catalog.items}
        return Checked(
            (*whole.found, *self.unread.values()),
            files,
            {name: self.digests[name] for name in tree.names if name not in self.unread},
            Released(cards, whole.catalog.materials),
            list(self.rows.values()),
        )

    def _seems_item(self, name: str) -> bool:
        row = self.state.rows.get(name)
        if row is not None and row.digest == self.state.digest(name):
            return bool(row.frame)
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
            documents.append(read(raw, name).settled())
        return documents

    def _frame_key(self, others: Iterable[Document]) -> str:
        """A digest of all that an item's judgement depends on beside its own content, the program and the rules."""
        files = [(each.file, self.digests[each.file]) for each in others if not each.kind or each.kind[0] in _FRAME]
        return digest_of(files, sorted(self.unread), list(self.previous.digests.items()) if self.previous else None)

    def _judged(
        self, frame: Frame, key: str, documents: Iterable[Document], items: Iterable[str]
    ) -> tuple[dict[str, Judged], list[str]]:
        """Every item judged, and the files that turned out to be none."""
        judged = self._recalled(items, key)
        for document in documents:
            if is_item(document):
                judged[document.file] = judge(document, frame)
                self._keep(document.file, key, packed(judged[document.file]))
        missing = [name for name in items if name not in judged]
        for name in missing if self.state.cache.keeps else ():
            self.state.stamp(name)  # as it was before the file is read
        strays = []
        for each in outcomes(frame, [self._job(name) for name in missing], self.progress, texts=self.state.cache.keeps):
            (name,) = each.names
            if each.fault:
                self.unread[name] = unreadable(name, each.fault)
            elif not each.text and each.judged is None:
                strays.append(name)
            else:
                (self.digests[name],) = each.digests
                judged[name] = each.judged or unpacked(name, each.text)
                self._keep(name, key, each.text)
        return judged, strays

    def _job(self, *names: str) -> Job:
        return tuple((name, self.tree.mended.get(name), self.digests.get(name, "")) for name in names)

    def _compared(self, frame: Frame, key: str, pairs: Sequence[tuple[str, str]]) -> list[Diagnostic]:
        """What is to be said of two levels of an item, as far as an earlier run does not know it."""
        found: list[Diagnostic] = []
        digests = {"\0".join(pair): digest_of(*(self.digests[name] for name in pair)) for pair in pairs}
        rows = self.state.rows
        same = {name for name, digest in digests.items() if name in rows and rows[name].digest == digest}
        for name, _, known in self._values(f"levels {key}", same, lambda _, text: unpacked_findings(text)):
            found += known
            del digests[name]
        missing = [self._job(*name.split("\0")) for name in digests]
        for each in outcomes(frame, missing, None):
            if each.digests != tuple(self.digests[name] for name in each.names):
                raise _Moved
            found += unpacked_findings(each.text)
            name = "\0".join(each.names)
            self.rows[name] = (name, Row("", 0, digests[name], f"levels {key}"), each.text)
        return found

    def _recalled(self, items: Iterable[str], key: str) -> dict[str, Judged]:
        """The items of which an earlier run knows what became of them in the same frame."""
        judged: dict[str, Judged] = {}
        same = {name for name in items if self._is_known(name, key)}
        for name, text, known in self._values(key, same, unpacked):
            judged[name] = known
            self.digests[name] = self.state.digest(name)
            if self.state.rows[name].stamp != self.state.stamp(name):  # so that it need not be read next time
                self._keep(name, key, text)
        return judged

    def _values(
        self, frame: str, names: Collection[str], unpack: Callable[[str, str], T]
    ) -> Iterator[tuple[str, str, T]]:
        """Name, text and content of what the cache keeps of these names; what is damaged is as good as not kept."""
        for name, text in self.state.cache.values(frame) if names else ():
            if name in names:
                try:
                    content = unpack(name, text)
                except (ValueError, TypeError, LookupError):
                    continue
                yield name, text, content

    def _is_known(self, name: str, key: str) -> bool:
        row = self.state.rows.get(name)
        return row is not None and row.frame == key and row.digest == self.state.digest(name)

    def _keep(self, name: str, frame: str, text: str) -> None:
        if self.state.cache.keeps:
            self.rows[name] = (name, self.state.row(name, self.digests[name], frame), text)

    def _opened(self, name: str) -> Document:
        """The document of an item that was judged; it must not have changed since."""
        try:
            raw = self.tree.content(name)
        except OSError:
            raise _Moved from None
        if content_digest(raw) != self.digests[name]:
            raise _Moved
        return read(raw, name).settled()
