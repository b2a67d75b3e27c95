"""First files: a commented skeleton of an item or theme, a first small catalogue, and one with mistakes to learn from."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from govflow.catalog import load
from govflow.errors import Conflict, InvalidInput
from govflow.language import schema
from govflow.language.source import Document
from govflow.text import Text, shortened

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Kind = Literal["item", "theme"]
SCHEMAS = ".govflow/schemas"
_NAME = re.compile(r"\w(?:[\w.·()（）-]*[\w()（）])?")
_MISTAKES = (
    (Path("definitions/items/food-business-permit.yaml"), "  visits: 0\n", "  visits：0\n"),
    (
        Path("definitions/materials.yaml"),
        "{zh-CN: 保证食品安全的规章制度目录清单, en: list of food-safety rules}",
        "{zh-CN: 法律法规规定的其他材料, en: other materials}",
    ),
)
_FIRST: dict[Kind, tuple[str, int]] = {"item": ("I", 2), "theme": ("T", 1)}  # letter and digits of a first number


def _own_file(name: str) -> Traversable:
    """A file or folder beside this module; what finds it is loaded when one is made, not with every command."""
    found: Traversable = importlib.import_module("importlib.resources").files(__name__)
    return found.joinpath(*name.split("/"))


def new_catalogue(folder: Path) -> tuple[Path, ...]:
    """Write a first small catalogue that is sound: departments, materials, three items, a theme with scenarios, an
    application, the settings, the schemas for the editor; give the files written.

    The folder may hold other things; Conflict when one of these files is there already.
    """
    return _write_catalogue(folder, dict(_catalogue_texts()))


def new_example(folder: Path) -> tuple[Path, ...]:
    """Write its definitions with two planted mistakes; give the files written. Conflict when the folder is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(
            Text(f"{folder} 已经存在，没有动它；换个名称", f"{folder} exists and is left alone; use another name")
        )
    texts = {place: text for place, text in _catalogue_texts() if place.parts[0] != "examples"}
    for place, right, wrong in _MISTAKES:
        texts[place] = texts[place].replace(right, wrong)
    return _write_catalogue(folder, texts)


def _catalogue_texts() -> Iterator[tuple[Path, str]]:
    source = _own_file("example")
    return ((place, file.read_text("utf-8")) for place, file in _files(source, Path()))


def _write_catalogue(folder: Path, texts: Mapping[Path, str]) -> tuple[Path, ...]:
    there = next((folder / place for place in texts if (folder / place).exists()), None)
    if there is not None:
        raise Conflict(Text(f"{there} 已经存在，没有动它", f"{there} exists and is left alone"))
    return (*(_write(folder / place, text) for place, text in texts.items()), *_write_schemas(folder))


def new_file(kind: Kind, name: str, definitions: Path) -> tuple[Path, ...]:
    """Write a commented skeleton `definitions/items/NAME.yaml` or `themes/NAME.yaml`; give the files written.

    What it rests on is written too when there is none yet: a list of departments, the schemas for the editor.
    InvalidInput for a name that is no file name, Conflict for a file that exists.
    """
    if not _NAME.fullmatch(name) or len(name.encode()) > 200:
        raise InvalidInput(
            Text(
                f"{shortened(name, 80)!r} 不能作文件名：用汉字、字母、数字、-、_、·、括号，不要空格和路径",
                f"{shortened(name, 80)!r} is no file name: letters, digits, - _ . · and brackets; no spaces, no path",
            ),
            field="NAME",
        )
    target = definitions / f"{kind}s" / f"{name}.yaml"
    if target.exists():
        raise Conflict(Text(f"{target} 已经存在，没有动它", f"{target} exists and is left alone"))
    documents = load(definitions, rules=()).documents if definitions.is_dir() else ()
    text = _skeleton(kind, "../../")
    marks = {
        "@ID@": _next_id(kind, documents),
        "@NAME@": json.dumps(name, ensure_ascii=False) if re.search(r"[^\w\u4e00-\u9fff-]", name) else name,
        "@DEPARTMENT@": next(_codes("departments", documents), "D01"),
        "@ITEM@": next(_ids("item", documents), "I01"),
    }
    for mark, value in marks.items():
        text = text.replace(mark, value)
    written = [_write(target, text)]
    if not any(document.kind and document.kind[0] == "departments" for document in documents):
        written.append(_write(definitions / "departments.yaml", _skeleton("departments", "../")))
    return (*written, *_write_schemas(definitions.parent))


def _skeleton(kind: str, up: str) -> str:
    file = _own_file(f"skeletons/{kind}.yaml")
    return file.read_text("utf-8").replace("@SCHEMAS@", up + SCHEMAS)


def _next_id(kind: Kind, documents: tuple[Document, ...]) -> str:
    """The first free number after the ones in use, written as they are: I07 after I06, T2 after T1."""
    used = [found[1] for each in _ids(kind, documents) if (found := re.fullmatch(r"[A-Z]+([0-9]{1,6})", each))]
    letter, width = _FIRST[kind]
    return f"{letter}{max(map(int, used), default=0) + 1:0{min(map(len, used), default=width)}d}"


def _ids(kind: str, documents: tuple[Document, ...]) -> Iterator[str]:
    for document in documents:
        if document.kind and document.kind[0] == kind and isinstance(document.data, dict) and "id" in document.data:
            yield str(document.data["id"])


def _codes(kind: str, documents: tuple[Document, ...]) -> Iterator[str]:
    for document in documents:
        entries = document.data.get(kind) if isinstance(document.data, dict) else None
        if document.kind and document.kind[0] == kind and isinstance(entries, dict):
            yield from map(str, entries)


def _files(folder: Traversable, place: Path) -> Iterator[tuple[Path, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry, place / entry.name)
        elif not entry.name.startswith("."):
            yield place / entry.name, entry


def _write_schemas(root: Path) -> Iterator[Path]:
    """The schemas that the first line of every file points an editor to; those there already are brought up to date."""
    for kind in schema.KINDS:
        text = json.dumps(schema.schema(kind), ensure_ascii=False, indent=2) + "\n"
        yield _write(root / SCHEMAS / f"{kind}.schema.json", text)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
