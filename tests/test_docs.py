"""The documentation is executed: what README.md shows is what the command line prints."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

import govflow
from govflow.apps import demo
from govflow.cli import cli
from govflow.compiler import svg

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SKIP = re.compile(r"<!--\s*not executed:\s*(\S.*?)\s*-->\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """One `console` block: the commands with what they print, and why it is not executed, if so."""

    line: int
    steps: tuple[tuple[str, str], ...]
    skipped: str | None


def examples_in(text: str) -> list[Example]:
    """Every console block whose first command is govflow's; a comment just before a block may excuse it."""
    found = []
    for block in BLOCK.finditer(text):
        steps = _steps(block.group(1))
        if steps and steps[0][0].startswith("govflow"):
            excuse = SKIP.search(text[: block.start()])
            found.append(Example(text[: block.start()].count("\n") + 2, steps, excuse.group(1) if excuse else None))
    return found


def _steps(block: str) -> tuple[tuple[str, str], ...]:
    steps: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif line.startswith("> ") and steps and steps[-1][0].endswith("\\"):
            steps[-1] = (steps[-1][0][:-1] + line[2:], [])
        elif steps:
            steps[-1][1].append(line)
    return tuple((command, "\n".join(output).rstrip()) for command, output in steps)


def matches(expected: str, actual: str) -> bool:
    """Whether the output is as shown; a line `...` stands for any lines, `…` or `...` inside a line for any text."""
    pattern = ""
    for line in expected.splitlines():
        if line.strip() in ("...", "…"):
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*".join(re.escape(part.rstrip()) for part in re.split(r"\.\.\.|…", line)) + r"[ ]*\n"
    trimmed = "".join(line.rstrip() + "\n" for line in actual.rstrip().splitlines())
    return re.fullmatch(pattern, trimmed) is not None


def _execute(command: str, folder: Path) -> str:
    """Run one govflow command, with its redirection if any, and give both output streams."""
    words = shlex.split(command, comments=True)
    target = None
    if ">" in words:
        target = folder / words[words.index(">") + 1]
        words = words[: words.index(">")]
    assert words[0] == "govflow", f"only govflow commands are executed, found {command!r}"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "govflow"), *words[1:]],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        env=_environment(folder),
    )  # fmt: skip
    if target:
        target.write_text(done.stdout, encoding="utf-8")
        return done.stderr
    return done.stdout + done.stderr


def _environment(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "PATH": "/usr/bin:/bin", "GOVFLOW_LANG": "zh", "LANG": "C.UTF-8", "NO_COLOR": "1"}


def _all_examples() -> list[tuple[Path, Example]]:
    return [(page, example) for page in PAGES for example in examples_in(page.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("page", "example"),
    [
        pytest.param(page, example, id=f"{page.name}:{example.line}")
        for page, example in _all_examples()
        if not example.skipped
    ],
)
def test_the_examples_print_what_they_show(page: Path, example: Example, tmp_path: Path) -> None:
    """Every console block runs in a folder that holds the definitions, and prints what the page shows."""
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    if (ROOT / "examples").is_dir():
        shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for command, expected in example.steps:
        actual = _execute(command, tmp_path)
        whole = expected and not re.search(r"\.\.\.|…", expected)  # what leaves something out is mended by hand
        if os.environ.get("GOVFLOW_UPDATE_GOLDEN") and whole and not matches(expected, actual):
            page.write_text(page.read_text("utf-8").replace(expected, actual.rstrip()), "utf-8")
            continue
        assert matches(expected, actual), (
            f"{page.name}:{example.line}\n$ {command}\n--- shown\n{expected}\n--- is\n{actual}"
        )


def test_few_examples_are_excused() -> None:
    """At most three console blocks are not executed, and each says why."""
    excused = [f"{page.name}:{example.line} {example.skipped}" for page, example in _all_examples() if example.skipped]
    assert len(excused) <= 3, excused


def test_relative_links_lead_somewhere() -> None:
    """Every relative link in the documentation names a file that exists."""
    dead = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ]
    assert not dead


def test_a_block_is_split_into_commands_and_output() -> None:
    """Several commands in one block run in order, each with its own output."""
    text = "a\n```console\n$ govflow a\none\ntwo\n$ govflow b\n```\n"
    text += "<!-- not executed: needs a display -->\n```console\n$ govflow c\n```\n"
    first, second = examples_in(text)
    assert (first.steps, first.skipped) == ((("govflow a", "one\ntwo"), ("govflow b", "")), None)
    assert second.skipped == "needs a display"


def test_dots_stand_for_anything() -> None:
    """`...` replaces lines or parts of a line and nothing else."""
    assert matches("a\n...\nd 0.1 s", "a\nb\nc\nd 0.1 s\n")
    assert matches("took … s", "took 0.03 s")
    assert not matches("a\nb", "a\nc")
    assert matches("", "")


def test_the_readme_s_program_runs(tmp_path: Path) -> None:
    """The Python block of the README works as it stands, on the definitions of this repository, and once more."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    words = [sys.executable, "-c", program]
    runs = [subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120) for _ in range(2)]
    assert not any(done.returncode for done in runs), "".join(done.stderr for done in runs)
    assert runs[0].stdout.startswith("reviewing ['")
    assert runs[1].stdout == runs[0].stdout, "the same key finds the same case"


def test_the_readme_s_item_is_a_part_of_the_item() -> None:
    """The YAML block of the README leaves lines of the example item out and changes none."""
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = iter((ROOT / "definitions/items/food-business-permit.yaml").read_text("utf-8").splitlines())
    assert not [line for line in block.splitlines() if line not in lines]


def test_the_readme_s_picture_is_drawn_by_the_demo(tmp_path: Path) -> None:
    """docs/food-permit.svg is the item's process, coloured by the case of the demo."""
    loaded = govflow.load(ROOT / "definitions", rules=())
    demo.run("open-restaurant", loaded.catalog, ROOT / "examples", {}, (), tmp_path, "en", lambda line: None)
    progress = govflow.Engine(f"sqlite:///{tmp_path / 'cases.db'}", loaded.catalog).progress("20250303-0001")
    within = "s_joint/c_I07/"
    states = {
        path.removeprefix(within): look for path, look in progress.element_states.items() if path.startswith(within)
    }
    picture = svg.draw(progress.ref, progress.catalog, states, process="P_I07_handling", lang="en")
    file = ROOT / "docs" / "food-permit.svg"
    if os.environ.get("GOVFLOW_UPDATE_GOLDEN"):
        file.write_text(picture, "utf-8")
    assert picture == file.read_text("utf-8")


def test_the_readme_says_where_the_command_lies() -> None:
    """The first block installs the command; whoever sets up by make reads where it is and how to get it on the path."""
    text = README.read_text(encoding="utf-8")
    assert "pip install" in text[: text.index("govflow init")]
    assert ".venv/bin/govflow" in text and ". .venv/bin/activate" in text
    assert ".venv/bin/govflow" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_page_can_be_found_from_the_readme() -> None:
    """README.md names each page of docs/."""
    text = README.read_text(encoding="utf-8")
    assert not [page.name for page in PAGES if page != README and f"(docs/{page.name})" not in text]


def test_the_changelog_lists_every_command() -> None:
    """The first release names all commands of the command line and none that is not there."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^- The whole desk on the command line: (.*)$", text, re.MULTILINE)
    named = re.findall(r"`(\w+)(?: [\w ]+)?`", line)
    assert sorted(named) == sorted(cli.list_commands(click.Context(cli)))


def test_one_word_on_when_a_definition_is_pinned() -> None:
    """A case pins its definitions at application; no page says that it does so at acceptance."""
    texts = {page.name: page.read_text(encoding="utf-8") for page in PAGES if page.name != "language.md"}
    wrong = re.compile(r"(?i)at acceptance the case stores|accepted under|applied for under|按受理时的版本")
    assert not [name for name, text in texts.items() if wrong.search(text)]


def test_the_table_of_rooms_is_the_linters_list() -> None:
    """docs/architecture.md names every room and every module of the engine once, in the linter's order."""
    contracts = _contracts()
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    house, engine = text.split("Inside `engine` the same holds:")
    for part, name in ((house, "One way through the house"), (engine, "Within the engine")):
        rows = [
            re.findall(r"`(\w+)`", line.strip("| ").split("|")[0])
            for line in part.splitlines()
            if re.match(r"\| `\w+`", line)
        ]
        assert rows == [re.findall(r"\w+", row) for row in contracts[name]["layers"]]


def test_each_library_has_one_room() -> None:
    """docs/architecture.md names each library beside the room or module that alone may import it."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split("|") for line in text.splitlines() if re.match(r"\| `\w+`", line)]
    for name in _contracts():
        found = re.fullmatch(r"(\S+) is imported in (\S+) only", name)
        if found is None:
            continue
        library, only = found.groups()
        (row,) = [row for row in rows if re.search(rf"(?<![\w-]){re.escape(library)}(?![\w-])", row[-1])]
        assert f"`{only.split('.')[0]}`" in row[0], f"{library} is not in the row of {only}"
        assert "." not in only or f"(`{only}`)" in row[-1], f"{library} names another module than {only}"


def _contracts() -> dict[str, dict[str, Any]]:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    return {contract["name"]: contract for contract in linter}


def test_every_cited_number_can_be_looked_up() -> None:
    """Code and tests cite rules of time by the R-numbers of docs/clocks.md, and no number that stands nowhere."""
    rules = set(re.findall(r"^\| (R\d+) \|", (ROOT / "docs" / "clocks.md").read_text(encoding="utf-8"), re.MULTILINE))
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").glob("*.py")]
    cited = {
        number: file.name
        for file in files
        for number in re.findall(r"(?<=[(;,])\s?([A-Z]\d{1,2})(?=[,;)])", file.read_text(encoding="utf-8"))
        if number[0] in "DR"
    }
    assert cited.keys() <= rules, cited
