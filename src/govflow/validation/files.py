"""The files of a run: which ones, their bytes, and mending them in place."""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from govflow.diagnostics import Diagnostic, Message, Span, apply_fixes
from govflow.loader import LIBRARY_FILES, _collect
from govflow.schema.rules import RULE_BY_NAME
from govflow.source import Document, read
from govflow.source.document import Places

Progress = Callable[[int, int], None]
_BATCH = 50  # files read at once, between two reports of progress
_MANY = 500  # from so many files on, starting processes costs less than it saves


@dataclass(frozen=True, slots=True)
class Tree:
    """The files named, the content of these and of those around them, and findings about files as such."""

    named: tuple[str, ...]
    around: bool
    contents: Mapping[str, bytes]
    loose: tuple[Diagnostic, ...]


def tree_of(paths: Iterable[str]) -> Tree:
    """Read every file that the paths name and those they may refer to; NotFound when a path is not there."""
    named, around, loose = _collect([Path(path) for path in paths])
    contents: dict[str, bytes] = {}
    for name, path in (*((str(path), path) for path in named), *((_shown(path), path) for path in around)):
        try:
            contents[name] = path.read_bytes()
        except OSError as fault:
            loose.append(_unreadable(name, fault.strerror or str(fault)))
    files = tuple(name for name in map(str, named) if name in contents)
    return Tree(files, bool(around), contents, tuple(loose))


def read_all(tree: Tree, progress: Progress | None) -> list[Document]:
    """The documents of a tree; `progress` is told how many of how many are done. Many files are read by all cores."""
    contents = list(tree.contents.items())
    batches = [contents[at : at + _BATCH] for at in range(0, len(contents), _BATCH)]
    cores = os.cpu_count() or 1
    if cores > 1 and len(contents) >= _MANY:
        # Where no processes can be started (some containers), one core does the work.
        with contextlib.suppress(OSError, BrokenProcessPool), ProcessPoolExecutor(min(cores, 8)) as pool:
            return _gathered(map(_unpacked, pool.map(_read_packed, batches)), len(contents), progress)
    return _gathered(map(_read_batch, batches), len(contents), progress)


def _gathered(batches: Iterable[list[Document]], total: int, progress: Progress | None) -> list[Document]:
    documents: list[Document] = []
    for batch in batches:
        documents += batch
        if progress is not None:
            progress(len(documents), total)
    return documents


def _read_batch(batch: list[tuple[str, bytes]]) -> list[Document]:
    with steady_memory():
        return [read(raw, name) for name, raw in batch]


def _read_packed(batch: list[tuple[str, bytes]]) -> list[bytes | Document]:
    """Read in a worker; what is data and offsets alone goes back as bytes, which costs a fifth of reading it again.

    Pickled as objects, documents cost nearly as much to hand over as to read, and a second core gained nothing.
    """
    return [_packed(document) for document in _read_batch(batch)]


def _packed(document: Document) -> bytes | Document:
    if document.broken or document.diagnostics or document.suppressions or document.places.mended:
        return document
    try:
        return marshal.dumps((document.file, document.text, document.data, document.kind, document.root))
    except ValueError:  # nested too deeply for it
        return document


def _unpacked(batch: list[bytes | Document]) -> list[Document]:
    return [_document(each) if isinstance(each, bytes) else each for each in batch]


def _document(packed: bytes) -> Document:
    file, text, data, kind, root = marshal.loads(packed)
    return Document(file, text, data, kind, (), (), False, Places(file, text), root)


@contextlib.contextmanager
def steady_memory() -> Iterator[None]:
    """Hold off the garbage collector while much is built that stays: it would walk all of it again and again.

    Measured: reading and checking 2,000 files takes 1.75 times as long with it.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def mend(diagnostics: Iterable[Diagnostic], contents: Mapping[str, bytes]) -> tuple[dict[str, bytes], int]:
    """The new content of every file that a safe fix changes, and how many findings that mends."""
    by_file: dict[str, list[Diagnostic]] = {}
    for each in diagnostics:
        if each.fixable:
            by_file.setdefault(each.span.file, []).append(each)
    changed: dict[str, bytes] = {}
    count = 0
    for file, found in by_file.items():
        text = contents[file].decode("utf-8")
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
    named, around, _ = _collect([Path(path) for path in paths])
    states = []
    for path in (*named, *around):
        try:
            state = path.stat()
        except OSError:  # it went away between listing and asking; the next look will tell
            continue
        states.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(states)


def home_of(path: Path) -> Path | None:
    """The definitions folder that a path is, or lies in: the nearest one upward that holds a library; else None."""
    start = path.absolute()
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in LIBRARY_FILES):
            return folder
    return None


def _shown(path: Path) -> str:
    """The name of a file that was found by looking around: relative to the working folder where it lies in it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)


def _unreadable(name: str, reason: str) -> Diagnostic:
    code, severity = RULE_BY_NAME["unreadable-file"]
    message = Message(f"文件读不出来：{reason}。", f"Cannot be read: {reason}.")
    return Diagnostic(code, "unreadable-file", severity, message, Span(name, 1, 1, 1, 1))
