"""The files of a run: which ones, their bytes, and mending them in place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from govflow.catalog.files import LIBRARY_FILES, collect
from govflow.diagnostics import Diagnostic, apply_fixes
from govflow.language.source.characters import MAX_BYTES, decode

_HEAD = 4096  # bytes; in a file that says later what it is, the whole is read


@dataclass(frozen=True, slots=True)
class Tree:
    """The files named and those around them that they may refer to, and findings about files as such.

    `mended` holds contents that stand in place of what is on disk.
    """

    named: tuple[str, ...]
    around: tuple[str, ...]
    loose: tuple[Diagnostic, ...]
    mended: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All files, those named first."""
        return (*self.named, *self.around)

    def content(self, name: str) -> bytes:
        """What stands in a file. OSError when it cannot be read."""
        return self.mended[name] if name in self.mended else content_of(name)

    def head(self, name: str) -> bytes:
        """The beginning of a file, to tell what it is; empty when it cannot be read."""
        if name in self.mended:
            return self.mended[name][:_HEAD]
        try:
            file = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except (OSError, ValueError):
            return b""
        try:
            return os.read(file, _HEAD)
        except OSError:
            return b""
        finally:
            os.close(file)

    def with_mended(self, contents: Mapping[str, bytes]) -> Tree:
        """The tree with more contents in place of the files'."""
        return replace(self, mended={**self.mended, **contents})


def content_of(name: str) -> bytes:
    """What stands in a file; of one that is too large to be read no more than shows that. OSError as `open` gives it."""
    with open(name, "rb", buffering=0) as file:
        found = [part := file.read(MAX_BYTES + 1)]
        while part and sum(map(len, found)) <= MAX_BYTES:
            found.append(part := file.read(MAX_BYTES + 1))
        return b"".join(found)


class Texts(Mapping[str, str]):
    """The texts of files, each read when it is asked for."""

    def __init__(self, tree: Tree, names: Iterable[str]) -> None:
        self._tree, self._names = tree, dict.fromkeys(names)

    def __getitem__(self, name: str) -> str:
        if name not in self._names:
            raise KeyError(name)
        try:
            return decode(self._tree.content(name))[0]
        except OSError:  # gone since: there is nothing to show
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def tree_of(paths: Iterable[str]) -> Tree:
    """List every file that the paths name and those they may refer to; NotFound when a path is not there."""
    listing = collect(paths)
    return Tree(listing.named, listing.around, listing.refused)


def mend(diagnostics: Iterable[Diagnostic], tree: Tree) -> tuple[dict[str, bytes], int]:
    """The new content of every file that a safe fix changes, and how many findings that mends."""
    by_file: dict[str, list[Diagnostic]] = {}
    for each in diagnostics:
        if each.fixable:
            by_file.setdefault(each.span.file, []).append(each)
    changed: dict[str, bytes] = {}
    count = 0
    for file, found in by_file.items():
        text = tree.content(file).decode("utf-8")
        new, applied = apply_fixes(text, found)
        if new != text:
            changed[file] = new.encode("utf-8")
            count += len(applied)
    return changed, count


def overwrite(path: Path, raw: bytes) -> None:
    """Replace a file's content at once, so that nobody ever reads half of it; its mode is kept."""
    whole = path.resolve()
    part = whole.with_name(f".{whole.name}.{os.getpid()}.part")
    try:
        part.write_bytes(raw)
        part.chmod(whole.stat().st_mode & 0o7777)
        part.replace(whole)
    finally:
        part.unlink(missing_ok=True)


def snapshot(paths: Iterable[str]) -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every file that a run would read: two equal ones mean that nothing has changed."""
    states = []
    for name in tree_of(paths).names:
        try:
            state = os.stat(name)
        except OSError:  # it went away between listing and asking; the next look will tell
            continue
        states.append((name, state.st_mtime_ns, state.st_size))
    return tuple(states)


def home_of(path: Path) -> Path | None:
    """The definitions folder that a path is, or lies in: the nearest one upward that holds a library; else None."""
    start = path.absolute()
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in LIBRARY_FILES):
            return folder
    return None
