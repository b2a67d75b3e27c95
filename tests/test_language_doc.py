"""docs/language.md is executed: its files load together, its mistakes are found, and it leaves no key out."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govflow import schema
from govflow.building import ACTIVITIES
from govflow.conditions import OPERATORS
from govflow.diagnostics import Severity, render
from govflow.loader import load_texts
from govflow.schema import KINDS, SCHEMA_RULES
from govflow.schema.rules import BORROWED

PAGE = (Path(__file__).parent.parent / "docs" / "language.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (file|finds): (.*?) -->\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {name: text for kind, name, text in BLOCK.findall(PAGE) if kind == "file"}
MISTAKES = [(set(codes.split()), text) for kind, codes, text in BLOCK.findall(PAGE) if kind == "finds"]
FORM = {code for code, *_ in (*SCHEMA_RULES, *BORROWED)}


def test_the_files_of_the_page_are_one_sound_folder() -> None:
    """Every complete example loads, and no rule finds an error in them together."""
    assert len(FILES) == 10
    loaded = load_texts(FILES)
    errors = [each for each in loaded.diagnostics if each.severity is Severity.ERROR]
    assert not errors, render(errors, "concise")
    assert {document.kind[0] for document in loaded.documents if document.kind} == set(KINDS)
    catalog = loaded.catalog
    assert (len(catalog.items), len(catalog.themes), len(catalog.variants), len(catalog.calendars)) == (3, 1, 1, 1)


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


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_its_row(kind: str) -> None:
    """Each key that a schema allows stands in a table of the page, and each value it allows stands there too."""
    cells = {cell.strip() for line in PAGE.splitlines() if line.startswith("|") for cell in line.split("|")}
    conditions = {*OPERATORS, "fact", "all", "any", "not", "zh-CN", "en"}
    for name, part in _keys(schema.schema(kind)):
        assert name in conditions or f"`{name}`" in cells, name
        for value in part.get("enum", ()):
            assert f"`{value}`" in PAGE, (name, value)
    assert f"{kind}/1" in PAGE


def test_every_word_and_code_is_named() -> None:
    """The activity words with their names and roles, the comparisons and the finding codes are all on the page."""
    for word, (name, _, role) in ACTIVITIES.items():
        assert f"| `{word}` | {name} | {role} |" in PAGE, word
    for operator in OPERATORS:
        assert f"{operator}:" in PAGE
    for code, name, *_ in SCHEMA_RULES:
        assert f"| {code} | `{name}` |" in PAGE


def _keys(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        for name, part in node.get("properties", {}).items():
            if isinstance(part, dict) and name != "together":
                yield name, part
        for name, value in node.items():
            if name not in ("defaultSnippets", "if"):
                yield from _keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from _keys(value)
