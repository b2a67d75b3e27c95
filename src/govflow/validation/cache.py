"""What earlier runs found, kept in one SQLite file under `.govflow-cache/` and looked up by content.

Two things are kept: what became of each file by itself, and the findings about a whole tree. A file counts as unchanged
when its content is the same; as long as its size and times are the same too, it is not even read. What became of an
item also depends on its environment (libraries, rules, program), whose digest stands beside it, so a stale answer cannot be
given. The file may be deleted at any time; a damaged one, or a folder that cannot be written, is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govflow.version import VERSION

FOLDER = ".govflow-cache"
FILE = "findings.sqlite"
_KEPT = 8  # configurations (rules, program) whose files are kept; and reports of each
_SETTLED_NS = 2_000_000_000  # a file touched less than this before it was read may change again within one tick
_LAYOUT = 4  # another number when the tables change
_WAIT_SECONDS = 1.0  # for another run that is writing
_SCHEMA = """
create table if not exists files (
  configuration text, name blob, stamp text, seen integer, digest text, environment text, value text,
  primary key (configuration, name)
) without rowid;
create table if not exists configurations (configuration text primary key, used integer) without rowid;
create table if not exists reports (
  configuration text, key text, used integer, value text, primary key (configuration, key)
) without rowid;
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a file: its size and times when it was read, when that was, its content's digest.

    `environment` is the digest of what it was checked against, empty for a file that is no item.
    """

    stamp: str
    seen: int
    digest: str
    environment: str

    def holds_for(self, stamp: str) -> bool:
        """Whether a file with this stamp need not be read to know that its content is the same."""
        return bool(stamp) and self.stamp == stamp and _latest(stamp) + _SETTLED_NS < self.seen


class Cache:
    """The kept answers for one configuration; without a folder nothing is known and nothing kept."""

    def __init__(self, folder: Path | None, configuration: object) -> None:
        self._configuration = digest_of(VERSION, _program() if folder else None, configuration)
        self._base: sqlite3.Connection | None = None
        self._folder = folder
        if folder is not None and os.path.exists(folder / FILE):
            self._base = _opened(str(folder / FILE))

    @classmethod
    def in_memory(cls) -> Cache:
        """A cache for one run that looks at a tree several times."""
        cache = cls(None, None)
        cache._base = _opened(":memory:")
        return cache

    @property
    def keeps(self) -> bool:
        """Whether anything would be kept."""
        return self._base is not None or self._folder is not None

    def rows(self) -> dict[str, Row]:
        """File name -> what is known of it."""
        found = self._asked(
            "select name, stamp, seen, digest, environment from files where configuration = ?", self._configuration
        )
        return {_name(raw): Row(*known) for raw, *known in found}

    def values(self, environment: str) -> Iterator[tuple[str, str]]:
        """File name and what became of it, for all items checked against this environment."""
        for raw, value in self._asked(
            "select name, value from files where configuration = ? and environment = ?",
            self._configuration,
            environment,
        ):
            yield _name(raw), value

    def report(self, key: str) -> str | None:
        """The kept report of a tree, or None."""
        return next((text for (text,) in self._asked(
            "select value from reports where configuration = ? and key = ?", self._configuration, key)), None)  # fmt: skip

    def keep(self, rows: Iterable[tuple[str, Row, str]], names: Iterable[str], key: str = "", report: str = "") -> None:
        """Keep what became of files, and a report. `names` are all files of the tree: of others not much is kept."""
        if self._base is None and self._folder is not None and not self._make(self._folder):
            return
        base = self._base
        if base is None:
            return
        kept = [
            (self._configuration, _raw(name), row.stamp, row.seen, row.digest, row.environment, value)
            for name, row, value in rows
        ]
        now = time.time_ns()
        with contextlib.suppress(sqlite3.Error), base:
            base.executemany("insert or replace into files values (?, ?, ?, ?, ?, ?, ?)", kept)
            base.execute("insert or replace into configurations values (?, ?)", (self._configuration, now))
            if key:
                base.execute(
                    "insert or replace into reports values (?, ?, ?, ?)", (self._configuration, key, now, report)
                )
            self._forget(base, set(names))

    def close(self) -> None:
        """Close the file."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def _forget(self, base: sqlite3.Connection, names: set[str]) -> None:
        old = "select configuration from configurations order by used desc limit -1 offset ?"
        base.execute(f"delete from files where configuration in ({old})", (_KEPT,))
        base.execute(f"delete from reports where configuration in ({old})", (_KEPT,))
        base.execute(f"delete from configurations where configuration in ({old})", (_KEPT,))
        older = "select key from reports where configuration = ? order by used desc limit -1 offset ?"
        base.execute(
            f"delete from reports where configuration = ? and key in ({older})",
            (self._configuration, self._configuration, _KEPT),
        )
        ((count,),) = base.execute("select count(*) from files where configuration = ?", (self._configuration,))
        if count > 2 * len(names) + 100:  # files come and go; parts of a tree are checked between
            known = [
                raw for (raw,) in base.execute("select name from files where configuration = ?", (self._configuration,))
            ]
            gone = [(self._configuration, raw) for raw in known if _name(raw) not in names]
            base.executemany("delete from files where configuration = ? and name = ?", gone)

    def _make(self, folder: Path) -> bool:
        try:
            folder.mkdir(exist_ok=True)
            ignore = folder / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", "utf-8")
        except OSError:
            return False
        self._base = _opened(str(folder / FILE))
        if self._base is None:  # damaged: begin anew
            with contextlib.suppress(OSError):
                (folder / FILE).unlink(missing_ok=True)
            self._base = _opened(str(folder / FILE))
        return self._base is not None

    def _asked(self, query: str, *values: object) -> Iterator[Any]:
        if self._base is None:
            return
        try:
            yield from self._base.execute(query, values)
        except sqlite3.Error:
            self.close()


def _raw(name: str) -> bytes:
    """A file's name as the system has it, which need not be text."""
    return name.encode("utf-8", "surrogateescape")


def _name(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def digest_of(*parts: object) -> str:
    """A digest of what parts print as."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def content_digest(raw: bytes) -> str:
    """The digest of a file's content."""
    return hashlib.blake2b(raw, digest_size=20).hexdigest()


def stamp_of(name: str) -> str:
    """Size, times and number of a file: equal ones mean that nobody has written to it. Empty when it is not there."""
    try:
        state = os.stat(name)
    except OSError:
        return ""
    return f"{state.st_mtime_ns} {state.st_ctime_ns} {state.st_size} {state.st_ino}"


def _latest(stamp: str) -> int:
    written, renamed, _ = stamp.split(" ", 2)
    return max(int(written), int(renamed))


def _opened(file: str) -> sqlite3.Connection | None:
    """The base in a file; None when it is none or is held by others for long."""
    try:
        base = sqlite3.connect(file, timeout=_WAIT_SECONDS)
        base.execute("pragma synchronous = off")  # a lost answer is found again
        ((layout,),) = base.execute("pragma user_version")
        if layout != _LAYOUT:
            for table in ("files", "ways", "configurations", "reports"):
                base.execute(f"drop table if exists {table}")
        base.executescript(f"{_SCHEMA} pragma user_version = {_LAYOUT};")
    except (sqlite3.Error, OSError):
        return None
    return base


def _program() -> list[tuple[str, int, int]]:
    """The program's own files by size and time, so that a changed program never answers from before its change."""
    root = Path(__file__).parent.parent
    found: list[tuple[str, int, int]] = []
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if name != "__pycache__")
        for name in sorted(files):
            try:
                state = os.stat(os.path.join(folder, name))
            except OSError:  # an editor's lock, say
                continue
            found.append((os.path.relpath(os.path.join(folder, name), root), state.st_size, state.st_mtime_ns))
    return found
