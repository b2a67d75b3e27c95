"""Which files a run is about: those named, and the definitions around them that they may refer to; one file as data."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govflow.diagnostics import Diagnostic, Severity, Span
from govflow.errors import InvalidInput, NotFound
from govflow.language.schema.rules import RULE_BY_NAME
from govflow.language.source import read
from govflow.text import Text

ENDINGS = (".yaml", ".yml")
LIBRARY_FILES = ("departments.yaml", "materials.yaml")
_OUTSIDE = Text("链接指向给定文件夹之外，没有读取。", "The link leads out of the given folder; it was not read.")
_LEADS_NOWHERE = Text("链接指向的文件不存在。", "The link leads to a file that does not exist.")
_NO_FILE = Text("不是普通文件，没有读取。", "It is no ordinary file; it was not read.")
_NOT_READ = Text(
    "文件名不以 .yaml 或 .yml 结尾，没有读取。", "The name does not end in .yaml or .yml; the file was not read."
)
_HIDDEN_ENDING = re.compile(r"\.ya?ml\.[^.]+\Z")  # such as .yaml.txt, of which some systems show the first half only


@dataclass(frozen=True, slots=True)
class Listing:
    """Names of files, in order: those that the paths name and those around them; and findings about files as such."""

    named: tuple[str, ...]
    around: tuple[str, ...]
    refused: tuple[Diagnostic, ...]


def collect(paths: Iterable[str | os.PathLike[str]]) -> Listing:
    """List the files; a link that leads out of its folder is refused. NotFound when a path is not there.

    What looks like a definition but is not read (a link to nothing, a pipe, `x.yaml.txt`) is told as a finding.
    InvalidInput for a path that is neither a folder nor an ordinary file.
    """
    named: dict[str, None] = {}
    around: dict[str, None] = {}
    refused: list[Diagnostic] = []
    for path in map(Path, paths):
        if path.is_dir():
            named |= dict.fromkeys(_below(str(path), path.resolve(), refused))
        elif path.is_file():
            named[str(path)] = None
            folder = _home_of(path)
            if folder is not None:
                around |= dict.fromkeys(_below(str(folder), folder.resolve(), []))
        elif path.exists():
            raise InvalidInput(
                Text(f"{path} 不是文件夹，也不是普通文件", f"{path} is neither a folder nor an ordinary file"),
                field="path", path=str(path),
            )  # fmt: skip
        else:
            raise NotFound(Text(f"没有这个文件夹或文件：{path}", f"no such folder or file: {path}"), path=str(path))
    if around:
        seen = set(map(os.path.realpath, named))
        around = {_shown(each): None for each in around if os.path.realpath(each) not in seen}
    return Listing(tuple(named), tuple(around), tuple(refused))


def unreadable(name: str, fault: OSError) -> Diagnostic:
    """The finding about a file that the system does not let us read."""
    reason = fault.strerror or str(fault)
    return _about_file("unreadable-file", name, Text(f"读不出来：{reason}。", f"Cannot be read: {reason}."))


def _home_of(file: Path) -> Path | None:
    """The nearest folder above the file that holds a library, at most three levels up; relative where it can be."""
    for folder in (*list(file.parents)[:3], *list(file.absolute().parents)[:3]):
        if any((folder / name).is_file() for name in LIBRARY_FILES):
            return folder
    return None


def _below(folder: str, root: Path, refused: list[Diagnostic]) -> Iterator[str]:
    """Every definition file below a folder, in order of name; links out of `root` are refused."""
    waiting: list[tuple[str, bool]] = [(folder, True)]  # paths in reverse order, and whether each is a folder
    while waiting:
        path, is_folder = waiting.pop()
        if is_folder:
            waiting += reversed(list(_inside(path, root, refused)))
        else:
            yield path


def _inside(folder: str, root: Path, refused: list[Diagnostic]) -> Iterator[tuple[str, bool]]:
    """The definition files and the folders in one folder."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as fault:
        refused.append(unreadable(folder, fault))
        return
    for entry in entries:
        name = entry.name
        path = name if folder == "." else os.path.join(folder, name)
        if name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield path, True
        elif told := _why_not(entry, path, root):
            refused.append(told)
        elif is_definition(name) and entry.is_file():
            yield path, False


def is_definition(name: str) -> bool:
    """Whether a file of this name is read as a definition."""
    return name.lower().endswith(ENDINGS)


def _why_not(entry: os.DirEntry[str], path: str, root: Path) -> Diagnostic | None:
    """The finding about a file that an author may take for a definition though it is not read."""
    if entry.is_symlink() and not _leads_into(path, root):
        outside = is_definition(entry.name) or os.path.isdir(path)
        return _about_file("outside-folder", path, _OUTSIDE) if outside else None
    if is_definition(entry.name) and not entry.is_file():
        if entry.is_dir():  # by a link: its files are read where they are
            return None
        return _about_file("unreadable-file", path, _NO_FILE if os.path.exists(path) else _LEADS_NOWHERE)
    return _about_file("file-not-read", path, _NOT_READ) if _HIDDEN_ENDING.search(entry.name.lower()) else None


def _leads_into(link: str, root: Path) -> bool:
    try:
        os.stat(link)  # a cycle of links leads nowhere, which `resolve` does not tell from Python 3.13 on
    except FileNotFoundError:
        pass
    except OSError:
        return False
    try:
        return Path(link).resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _shown(path: str) -> str:
    """The name of a file that was found by looking around: relative to the working folder where it lies in it."""
    here = Path.cwd()
    whole = Path(path)
    return str(whole.relative_to(here)) if whole.is_absolute() and whole.is_relative_to(here) else path


def _about_file(name: str, path: str, message: Text) -> Diagnostic:
    code, severity = RULE_BY_NAME[name]
    return Diagnostic(code, name, severity, message, Span(path, 1, 1, 1, 1))


def mapping_from(path: Path) -> dict[str, Any]:
    """A YAML or JSON file that is no definition (an application, a calendar notice) as plain data.

    Raises NotFound, or InvalidInput with the file, the line and the first thing that is wrong.
    """
    if not path.is_file():
        raise NotFound(Text(f"没有文件 {path}", f"there is no file {path}"), path=str(path))
    document = read(path.read_bytes(), str(path))
    faults = [d for d in document.diagnostics if d.severity is Severity.ERROR]
    if faults:
        where = f"{faults[0].span.file}:{faults[0].span.line}"
        message = faults[0].message
        raise InvalidInput(Text(f"{where}: {message.text('zh')}", f"{where}: {message.text('en')}"), file=str(path))
    if not isinstance(document.data, dict):
        raise InvalidInput(Text(f"{path} 应是一组“字段: 值”", f"{path}: expected a mapping"), file=str(path))
    return document.data
