"""What the pages name exists: every path, module, class, function, command and option in backticks."""

import ast
import importlib
import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

import govflow
from govflow.cli import cli
from tests import cases

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "govflow"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\(.*\))?")
ROOMS = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").is_file()}
FILE = re.compile(r"[\w.*-]+\.(?:py|md|toml|yaml|jsonl|json|yml|png|svg)")

# What is not ours, and what is ours but made when the library runs.
ELSEWHERE = {
    "chinesecalendar", "echo", "eval", "exec", "fsync", "sudo", "venv", "pip", "metadata.create_all", "max",
    ".pre-commit-config.yaml", "definitions/calendars/cn-<year>.yaml", "govflow.toml", "pyproject.toml", "materials.yaml", "item.schema.json",
}  # fmt: skip


def spans(page: Path) -> list[str]:
    """What a page sets in backticks, outside its blocks of code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return list(dict.fromkeys(SPAN.findall(text)))


@cache
def words() -> frozenset[str]:
    """Every word that the code, the schemas, the example definitions or a compiled process knows."""
    found = set[str]()
    for path in SOURCE.rglob("*.py"):
        found |= {path.parent.name if path.stem == "__init__" else path.stem, *_words_of(ast.parse(path.read_text()))}
    for path in SOURCE.rglob("*.json"):
        found |= set(_words_in(json.loads(path.read_text("utf-8"))))
    for path in (ROOT / "tests" / "data").glob("*.jsonl"):
        found |= set(re.findall(r"\w+", path.read_text("utf-8")))
    for ref in (*cases.catalog().themes, *cases.catalog().items):
        found |= set(re.findall(r"\w+", govflow.to_bpmn(ref, cases.catalog()).decode()))
    return frozenset(found)


def _words_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name"):
            if isinstance(value := getattr(node, field, None), str):
                yield value
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value if re.fullmatch(r"[\w-]+", node.value) else ""


def _words_in(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        yield from map(str, data)
    for each in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _words_in(each)
    if isinstance(data, str):
        yield data


@cache
def classes() -> dict[str, list[ast.ClassDef]]:
    """The classes of the package by name; private ones are nobody's to name."""
    found: dict[str, list[ast.ClassDef]] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(node)
    return found


def fault(span: str) -> str | None:
    """Why what is named cannot be meant, or None: it exists, or is no name of ours."""
    if span in ELSEWHERE or re.search(r"[{}…|@=]|: ", span):
        return None
    for pattern, check in _CHECKS:
        if re.match(pattern, span):
            return check(span)
    return _name_fault(span) if NAME.fullmatch(span) else None


def _command_fault(span: str) -> str | None:
    """Whether the words name a command of the command line, and its options are options of that command."""
    names = shlex.split(span.partition(">")[0])[1:]
    command: click.Command = cli
    while isinstance(command, click.Group) and names and not names[0].startswith("-"):
        found = command.get_command(click.Context(command), names.pop(0))
        if found is None:
            return "no such command"
        command = found
    known = {option for each in (command, cli) for one in each.params for option in one.opts} | {"-h", "--help"}
    wrong = [each for each in names if re.match(r"--?[a-z]", each) and each.partition("=")[0] not in known]
    return f"no such option: {', '.join(wrong)}" if wrong else None


@cache
def _options() -> frozenset[str]:
    commands = [cli.get_command(click.Context(cli), name) for name in cli.list_commands(click.Context(cli))]
    every = [sub for each in commands for sub in (each.commands.values() if isinstance(each, click.Group) else [each])]
    return frozenset(option for each in (cli, *every) if each for one in each.params for option in one.opts)


def _option_fault(span: str) -> str | None:
    return None if span.split()[0] in _options() else "no command has this option"


def _target_fault(span: str) -> str | None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return None if span.split()[1] in targets else "the Makefile has no such target"


def _module_fault(span: str) -> str | None:
    path = span.split()[2].replace(".", "/")
    return None if (ROOT / f"{path}.py").is_file() or (ROOT / path).is_dir() else "no such program"


def _path_fault(span: str) -> str | None:
    """A path whose first folder is one of ours leads somewhere; `<year>` and NAME stand for anything."""
    pattern = re.sub(r"<\w+>|\b[A-Z]{3,}\b", "*", span).rstrip("/")
    if not (ROOT / pattern.partition("/")[0]).exists():
        return None
    return None if list(ROOT.glob(pattern)) else "no such path"


def _file_fault(span: str) -> str | None:
    folders = ("src", "tests", "docs", "definitions", "examples", "benchmarks")
    here = list(ROOT.glob(span)) + [each for folder in folders for each in (ROOT / folder).rglob(span)]
    return None if here else "no such file"


def _name_fault(span: str) -> str | None:
    """A dotted name is found in the package, in a class of it, or in the words of the language."""
    parts = span.partition("(")[0].removeprefix("govflow.").split(".")
    if _imported(parts):
        return None
    owner = parts[0] if parts[0] in classes() else parts[0].capitalize()  # `engine.joined`: a value of that class
    if len(parts) > 1 and (parts[0] in ROOMS or owner in classes()):
        known = {word for each in classes().get(owner, ()) for word in _members(each)}
        return None if parts[1] in known else f"{parts[0]} has no {parts[1]}"
    if re.fullmatch(r"[A-Z]\w*[a-z]\w*", parts[0]) and "_" not in parts[0]:
        return None if parts[0] in classes() or parts[0] in words() else "no such class"
    unknown = [part for part in parts if part not in words()]
    return f"nothing is called {', '.join(unknown)}" if unknown else None


def _members(tree: ast.ClassDef) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign):
            yield ast.unparse(node.target)
        elif isinstance(node, ast.Assign):
            yield from map(ast.unparse, node.targets)
    for base in map(ast.unparse, tree.bases):
        for each in classes().get(base, ()):
            yield from _members(each)


def _imported(parts: list[str]) -> bool:
    """Whether a dotted name leads from the package, or from the engine's room, to a module or to something in one."""
    return (len(parts) == 1 and hasattr(govflow, parts[0])) or any(
        _leads(base, parts, length) for base in ("govflow", "govflow.engine") for length in range(len(parts), 0, -1)
    )


def _leads(base: str, parts: list[str], length: int) -> bool:
    try:
        found: object = importlib.import_module(".".join((base, *parts[:length])))
    except ImportError:
        return False
    for name in parts[length:]:
        if not hasattr(found, name):
            return False
        found = getattr(found, name)
    return True


_CHECKS = (
    (r"govflow [a-z]", _command_fault),
    (r"--[a-z]", _option_fault),
    (r"make [a-z]", _target_fault),
    (r"python -m [a-z]", _module_fault),
    (r"[\w.<>*-]+/[\w./<>*-]*$", _path_fault),
    (rf"(?!(?:{'|'.join(ROOMS)})\.){FILE.pattern}$", _file_fault),
)


def faults_of(page: Path) -> list[str]:
    """What a page names that is not there."""
    return [f"`{span}`: {why}" for span in spans(page) if (why := fault(span))]


@pytest.mark.parametrize("page", [p for p in PAGES if p.parent.name != "rules"], ids=lambda page: page.name)
def test_what_a_page_names_exists(page: Path) -> None:
    """No page names a path, module, class, function, command or option that is not there."""
    assert not [f"`{span}`: {why}" for span in spans(page) if (why := fault(span))]


def test_what_the_rules_pages_name_exists() -> None:
    """The same for the pages of the rules, which are made from the docstrings."""
    pages = [page for page in PAGES if page.parent.name == "rules"]
    assert pages and not [
        f"{page.name} `{span}`: {why}" for page in pages for span in spans(page) if (why := fault(span))
    ]


def test_the_glossary_s_last_column_names_what_programs_can_use() -> None:
    """A class there is one of the model, of the law or of the public views, and an attribute is one of that class."""
    rows = (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()
    homes = [
        importlib.import_module(f"govflow.{name}")
        for name in ("language.model", "language.conditions", "law.clocks", "engine.views", "plan")
    ]
    named = [span for row in rows if row.startswith("|") for span in SPAN.findall(row.split("|")[-2])]
    owners = [span.partition(".")[0] for span in named if span[0].isupper()]
    assert owners and not [each for each in owners if not any(hasattr(home, each) for home in (*homes, govflow))]


@pytest.mark.parametrize(
    ("span", "there"),
    [
        ("govflow validate", True), ("govflow validte", False), ("govflow task list --lights", False),
        ("docs/performance.md", True), ("docs/nothing.md", False), ("engine.commands", True), ("engine.handling", False),
        ("Item.basic", True), ("Item.basis_code", False), ("MaterialUse", True), ("MaterialUsage", False),
        ("held_when", True), ("held_where", False), ("make demo", True), ("make tea", False), ("rules.pages", True),
        ("t_accept", True), ("python -m benchmarks.steps", True), ("--watch", True), ("--wacth", False),
    ],
)  # fmt: skip
def test_a_name_that_is_gone_is_noticed(span: str, there: bool) -> None:
    """A slip in a command, an option, a path, a module, a class, an attribute or a key is found."""
    assert (fault(span) is None) is there
