"""docs/language.md is executed: its files load together, its mistakes are found, and it leaves no key out.

Every key of every schema has a row with its meaning, its values and its source, and is used by one of the page's files.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from govflow.apps import scenarios
from govflow.catalog import load_texts
from govflow.diagnostics import Severity, render
from govflow.language import schema
from govflow.language.building import ACTIVITIES
from govflow.language.conditions import OPERATORS
from govflow.language.schema import KINDS, SCHEMA_RULES
from govflow.language.schema.rules import CATALOGUE_RULES
from govflow.language.source import read

PAGE = (Path(__file__).parent.parent / "docs" / "language.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (file|finds): (.*?) -->\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {name: text for kind, name, text in BLOCK.findall(PAGE) if kind == "file"}
MISTAKES = [(set(codes.split()), text) for kind, codes, text in BLOCK.findall(PAGE) if kind == "finds"]
FORM = {code for code, *_ in (*SCHEMA_RULES, *CATALOGUE_RULES)}
TABLE = re.compile(r"^<!-- keys: (.*?) -->\n((?:\|.*\n)+)", re.MULTILINE)
LEGEND = re.compile(r"^\| 简写 \| 出处 \|\n\|---\|---\|\n((?:\|.*\n)+)", re.MULTILINE)
ENTRY = re.compile(r"(\S+?)(?: (\d+)(?:–(\d+))?)?")
"""One source in a row: its short name, and the article or the articles from one to another where it has any."""

Row = Mapping[str, str]
Keys = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Shape:
    """An object of a schema under the name of its table: that of a shared definition, or the way to it."""

    name: str
    keys: Keys
    required: tuple[str, ...]


def test_the_files_of_the_page_are_one_sound_folder() -> None:
    """Every complete example loads, no rule finds an error in them together, and the scenarios pass."""
    loaded = load_texts(FILES)
    errors = [each for each in loaded.diagnostics if each.severity is Severity.ERROR]
    assert not errors, render(errors, "concise")
    assert {document.kind[0] for document in loaded.documents if document.kind} == set(KINDS)
    played = list(scenarios.play(scenarios.scenarios_in(loaded), loaded.catalog))
    assert len(played) >= 3
    assert all(each.passed for each in played), [scenarios.failure_text(each, "zh") for each in played]


def test_every_block_of_yaml_is_executed() -> None:
    """No YAML block of the page stands without a mark that makes the tests read it."""
    assert PAGE.count("```yaml\n") == len(FILES) + len(MISTAKES)


@pytest.mark.parametrize(
    ("codes", "text"), MISTAKES, ids=lambda value: "" if isinstance(value, str) else " ".join(sorted(value))
)
def test_the_mistakes_of_the_page_are_found(codes: set[str], text: str) -> None:
    """A block with mistakes gives the findings that it announces, together with the files of the page."""
    loaded = load_texts(FILES | {"mistakes.yaml": text}, rules=())
    assert {each.code for each in loaded.diagnostics} == codes
    assert {each.span.file for each in loaded.diagnostics} == {"mistakes.yaml"}


# ---- every key: its row and its example


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_meaning_values_and_source(kind: str) -> None:
    """Each key that a schema allows has its row in the table of its object, and no row is about a key that is not."""
    assert not list(_faults(schema.schema(kind), kind, _tables(PAGE)))


def test_no_row_is_about_nothing() -> None:
    """Each table of keys belongs to objects of the schemas, and each row to a key of theirs."""
    known = {shape.name: shape.keys for kind in KINDS for shape in _shapes(schema.schema(kind), kind)}
    for names, _ in TABLE.findall(PAGE):
        rows = _tables(PAGE)[names.split()[0]]
        assert rows.keys() <= {key for name in names.split() for key in known[name]}, names


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_an_example(kind: str) -> None:
    """Each key is used, where it belongs, by one of the files of the page: what is shown is what is read."""
    known = {(shape.name, key) for shape in _shapes(schema.schema(kind), kind) for key in shape.keys}
    assert not known - _examples()


def test_every_source_is_explained_and_every_explained_source_is_used() -> None:
    """The sources in the tables are those of the legend; an article of the licensing law is one that the legend names."""
    legend = _legend()
    named = [
        entry
        for table in _tables(PAGE).values()
        for row in table.values()
        for entry in row["出处"].split("、")
    ]  # fmt: skip
    parts = [ENTRY.fullmatch(each) for each in named]
    assert not [each for each, part in zip(named, parts, strict=True) if part is None]
    assert {part[1] for part in parts if part} == legend.keys()
    for part in parts:
        for article in part.groups()[1:] if part else ():
            assert article is None or f"第{_chinese(int(article))}条" in legend[part[1]], part[0]


@pytest.mark.parametrize("lack", ["row", "必填", "值", "意思", "出处"])
def test_what_is_missing_is_noticed(lack: str) -> None:
    """A key without its row, its meaning, its values or its source fails the test above; a new one has no example."""
    whole = schema.schema("laws")
    laws = whole["properties"]["laws"]["items"]["properties"]
    tables = {name: {key: dict(row) for key, row in table.items()} for name, table in _tables(PAGE).items()}
    assert not list(_faults(whole, "laws", tables))
    if lack == "row":
        laws["gazette"] = {"title": "公报", "type": "string"}
        assert ("laws.laws", "gazette") not in _examples()
    else:
        tables["laws.laws"]["state"][lack] = ""
    assert list(_faults(whole, "laws", tables))


def test_every_word_and_code_is_named() -> None:
    """The activity words with their names and roles, the comparisons and the finding codes are all on the page."""
    for word, (name, _, role) in ACTIVITIES.items():
        assert f"| `{word}` | {name} | {role} |" in PAGE, word
    for operator in OPERATORS:
        assert f"{operator}:" in PAGE
    for code, name, *_ in SCHEMA_RULES:
        assert f"| {code} | `{name}` |" in PAGE


# ---- reading the page


@cache
def _tables(page: str) -> dict[str, dict[str, Row]]:
    """The rows of every table of keys by the name of its object and the key; a mark may name several objects."""
    found: dict[str, dict[str, Row]] = {}
    for names, text in TABLE.findall(page):
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
        table = {cells[0].strip("`"): dict(zip(head, cells, strict=True)) for cells in rows}
        for name in names.split():
            assert name not in found, name
            found[name] = table
    return found


def _legend() -> dict[str, str]:
    """What each short name of a source stands for."""
    found = LEGEND.search(PAGE)
    assert found is not None
    return {short.strip(): long for _, short, long, _ in (line.split("|") for line in found[1].splitlines())}


def _chinese(number: int) -> str:
    """A number below two hundred as the articles of a law are counted: 四十二."""
    digits = "零一二三四五六七八九"
    hundreds, (tens, ones) = number // 100, divmod(number % 100, 10)
    above = f"{digits[hundreds]}百" if hundreds else ""
    middle = f"{digits[tens] if tens > 1 or above else ''}十" if tens else "零" if above and ones else ""
    return above + middle + (digits[ones] if ones else "")


# ---- reading the schemas


def _shapes(whole: dict[str, Any], kind: str) -> list[Shape]:
    """Every object with keys that a document of a kind can hold."""
    found: dict[str, Shape] = {}
    _gather(whole, kind, whole["$defs"], found)
    return list(found.values())


def _gather(node: Any, name: str, shared: Mapping[str, Any], found: dict[str, Shape]) -> None:
    node, name = _target(node, name, shared)
    keys = node.get("properties")
    if isinstance(keys, dict):
        if name in found:
            return
        found[name] = Shape(name, keys, tuple(node.get("required", ())))
        for key, part in keys.items():
            _gather(part, f"{name}.{key}", shared, found)
    for inner in _inner(node):
        _gather(inner, name, shared, found)


def _target(node: Any, name: str, shared: Mapping[str, Any]) -> tuple[Any, str]:
    referred = str(node.get("$ref", "")).removeprefix("#/$defs/")
    return (shared[referred], referred) if referred else (node, name)


def _inner(node: Mapping[str, Any]) -> Iterator[Any]:
    """The schemas of the same value or of its entries."""
    for word in ("items", "additionalProperties", "then", "else"):
        if isinstance(node.get(word), dict):
            yield node[word]


@cache
def _examples() -> set[tuple[str, str]]:
    """Every key that the files of the page use, with the name of its object."""
    used: set[tuple[str, str]] = set()
    for name, text in FILES.items():
        document = read(text, name)
        assert document.kind is not None
        whole = schema.schema(document.kind[0])
        _use(whole, document.kind[0], whole["$defs"], document.data, used)
    return used


def _use(node: Any, name: str, shared: Mapping[str, Any], data: Any, used: set[tuple[str, str]]) -> None:
    node, name = _target(node, name, shared)
    keys = node.get("properties", {})
    if isinstance(data, str) and data in keys:  # an activity without more to say is its word alone
        used.add((name, data))
    for key, value in data.items() if isinstance(data, dict) else ():
        if key in keys:
            used.add((name, key))
            _use(keys[key], f"{name}.{key}", shared, value, used)
        elif isinstance(node.get("additionalProperties"), dict):
            _use(node["additionalProperties"], name, shared, value, used)
    for value in data if isinstance(data, list) else ():
        _use(node.get("items", {}), name, shared, value, used)
    for word in ("then", "else"):
        if isinstance(node.get(word), dict):
            _use(node[word], name, shared, data, used)


# ---- comparing them


def _faults(whole: dict[str, Any], kind: str, tables: Mapping[str, Mapping[str, Row]]) -> Iterator[str]:
    """What the reference lacks, or says though the schema does not."""
    for shape in _shapes(copy.deepcopy(whole), kind):
        table = tables.get(shape.name, {})
        for key, part in shape.keys.items():
            where = f"{shape.name}.{key}"
            if key not in table:
                yield f"{where}: no row in <!-- keys: {shape.name} -->"
                continue
            yield from (f"{where}: {lack}" for lack in _lacking(table[key], part, key in shape.required))


def _lacking(row: Row, part: Mapping[str, Any], required: bool) -> Iterator[str]:
    yield from (f"no {column}" for column in ("值", "意思", "出处") if not row.get(column))
    if (row.get("必填") == "是") is not required:
        yield "必填"
    if part["title"] not in " ".join(row.values()):
        yield f"title {part['title']}"
    values = row.get("值", "")
    yield from (f"value {word}" for word in _words(part) if word not in values)
    if "default" in part and not all(f"`{each}`" in row.get("意思", "") for each in _default(part["default"])):
        yield f"default {part['default']}"


_TYPES = {"boolean": "`true` / `false`", "integer": "整数", "number": "数字", "array": "列表"}


def _words(part: Mapping[str, Any]) -> Iterator[str]:
    """What must stand among the values of a key: each allowed word, or the type."""
    if isinstance(part.get("type"), str) and part["type"] in _TYPES:
        yield _TYPES[part["type"]]
    if "const" in part:
        yield f"`{part['const']}`"
    for node in (part, part.get("items", {}), part.get("then", {})):
        yield from (f"`{each}`" for each in node.get("enum", ()))


def _default(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [each if isinstance(each, str) else json.dumps(each) for each in listed]
