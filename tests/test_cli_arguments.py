"""Whatever stands on the command line: an exit code and a plain sentence, never a traceback, never a raw control character."""

import itertools
import os
import re
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from govflow.cli import cli
from govflow.cli.commands import Invocation
from govflow.text import Lang
from tests.test_cli_authoring import Outcome, Run, run, sound

__all__ = ["run", "sound"]

ROOT = Path(__file__).parent.parent
HOSTILE = "\x1b]0;owned\x07\x9b31m\u202e"
NO_TEXT = "\udcff"  # a byte that is not UTF-8, as Python gives it
WORDS = ("", HOSTILE, NO_TEXT, "长" * 5_000)
PATHS = (*WORDS, ".", "no/such/place")
NUMBERS = ("", "nan", "-1", "0", "9" * 30)
MOMENTS = (*WORDS, "0001-01-01", "9999-12-31T23:59:59+14:00", "nan")
URLS = (
    *WORDS, "postgresql://u:pw@[::1", "postgresql://u:pw@localhost:99999999/x", "nosuch://x", "sqlite://[", "sqlite:///.",
    "sqlite:////no/such/place/x.db", "oracle://x", "postgresql://u:pw@127.0.0.1:1/x?connect_timeout=a", "http://x",
)  # fmt: skip
BY_NAME = {
    "--now": MOMENTS, "--before": MOMENTS, "--accepted": MOMENTS, "--db": URLS, "--definitions": PATHS, "--output": PATHS, "--previous": PATHS,
    "--baseline": PATHS, "--write-baseline": PATHS, "--by": (*WORDS, "10 abc", "9" * 30 + " workdays", "-1 workdays"),
    "--answer": (*WORDS, "=", "a", "a=" + "9" * 5_000, "a=nan"), "--region": (*WORDS, "-1", "４２１３００"),
}  # fmt: skip
SANE = {
    "code": "GF-M01", "kind": "item", "words": "demo-item", "folder": "made", "ref": "I07", "theme": "open-restaurant",
    "file": "definitions/materials.yaml", "id": "none", "clock": "none", "--accepted": "2025-03-03T09:00", "--before": "2025-03-03",
    "--missing": "M07", "--material": "M07", "--actor": "D01/window:a", "--reason": "r", "--item": "I07",
    "--by": "1 workdays", "--procedure": "p", "--outcome": "approve", "--region": "421300", "--format": "dot",
}  # fmt: skip


def leaves(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*words, name))
        else:
            yield (*words, name), command


def words_for(parameter: click.Parameter, value: str) -> list[str]:
    """The parameter with this value as it is written."""
    return [value] if isinstance(parameter, click.Argument) else [parameter.opts[-1], value]


def key(parameter: click.Parameter) -> str:
    """The name under which the tables above hold it."""
    return parameter.opts[-1] if isinstance(parameter, click.Option) else parameter.name or ""


COMMANDS = dict(leaves(cli))
SHARED = {"--db", "--definitions", "--lang"}  # of many commands, read at one place: tried with `case list` alone


def calls(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A command with each of its parameters odd in turn, the others sane."""
    command = COMMANDS[names]
    needed = [each for each in command.params if each.required or isinstance(each, click.Argument)]
    for odd in command.params:
        if getattr(odd, "is_flag", False) or (key(odd) in SHARED and names != ("case", "list")):
            continue
        for value in values(odd):
            given = {each: words_for(each, SANE.get(key(each), "x")) for each in needed} | {odd: words_for(odd, value)}
            options = [words for each, words in given.items() if isinstance(each, click.Option)]
            arguments = [words for each, words in given.items() if isinstance(each, click.Argument)]
            yield (*names, *itertools.chain(*options), "--", *itertools.chain(*arguments))


def values(parameter: click.Parameter) -> tuple[str, ...]:
    """The odd values for a parameter."""
    if isinstance(parameter.type, (click.types.IntParamType, click.types.FloatParamType)):
        return NUMBERS
    return BY_NAME.get(key(parameter), WORDS)


def plain(done: Outcome, call: object) -> None:
    """It ended with a code of the contract, said why if it was refused, and steers no terminal."""
    assert done.code in (0, 1, 2), call
    assert done.code == 0 or done.err or done.out, call
    assert not steering(done.out + done.err), call


def steering(text: str) -> set[str]:
    """The characters of a text that steer a terminal."""
    return {each for each in text if unicodedata.category(each) in ("Cc", "Cf") and each not in "\n\t\ufeff"}


@pytest.mark.parametrize("names", sorted(COMMANDS), ids=" ".join)
def test_an_odd_argument_gets_a_plain_answer(run: Run, sound: Path, names: tuple[str, ...]) -> None:
    """Every command, each of its parameters in turn."""
    for call in calls(names):
        plain(run("--lang", "en", *call), call)


@pytest.mark.parametrize("every", ["inf", "nan", "1e300", "-1", "0"])
def test_a_rest_that_nobody_can_wait_is_a_usage_error(run: Run, sound: Path, every: str) -> None:
    """The worker neither spins nor sleeps for ever."""
    done = run("--lang", "en", "worker", "--every", every)
    assert done.code == 2 and "--every" in done.err


@pytest.mark.parametrize("name", ["a b; rm -rf", "-rf", "$(id)", "a b", "a.", "~", "x\u200by", "\udcff"])
def test_a_name_for_a_file_is_letters_and_digits(run: Run, sound: Path, name: str) -> None:
    """What may be used is said."""
    done = run("--lang", "en", "new", "item", "--", name)
    assert done.code == 1 and "letters, digits" in done.err
    assert not steering(done.err)


def test_what_is_stored_steers_no_terminal(run: Run, sound: Path) -> None:
    """Texts of an old database, written before they were checked at the door: spelled out for people, escaped in JSON."""
    application = "examples/open-restaurant/application.yaml"
    case = run("case", "apply", application, "--actor", "applicant:ANNA").out.strip()
    task = run("task", "list").out.split()[1]
    assert run("task", "claim", task, "--actor", "D01/window:ANNA").code == 0
    with sqlite3.connect("govflow.db") as db:
        for table, columns in {
            "events": ("body", "actor"),
            "cases": ("body", "last_actor"),
            "tasks": ("name", "assignee"),
        }.items():
            for column in columns:
                hostile = "\\u001b[31m\\u202e" if column == "body" else "\x1b[31m\u202e"
                db.execute(f"UPDATE {table} SET {column} = replace({column}, 'ANNA', ?)", (hostile,))
    db.close()
    shown = ""
    for words in (("case", "list"), ("case", "show", case), ("case", "history", case), ("task", "list"), ("db", "check"),
                  ("sweep", "--now", "2026-01-01"), ("case", "withdraw", case, "--actor", "applicant:x", "--reason", "r"),
                  ("task", "claim", task, "--actor", "D01/window:b")):  # fmt: skip
        for extra in ((), ("--json",)):
            done = run(*words, *extra)
            plain(done, words)
            shown += done.out
    assert "<U+001B>[31m<U+202E>" in shown and "\\u001b[31m\\u202e" in shown


def test_the_command_line_prints_at_one_place() -> None:
    """What does not go through `echo` or `echo_json` is either made for a terminal or a document."""
    found = [
        path.name
        for path in sorted((ROOT / "src/govflow/cli").glob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"click\.echo|\bprint\(|std(out|err)\.(buffer\.)?write", line)
    ]
    assert found == ["authoring.py"] * 3 + ["common.py"] * 2 + ["operating.py", "products.py"]


READERS = [
    ("rules",), ("rule", "GF-M01"), ("schema", "item"), ("compile", "I07"), ("draw", "I07"), ("guide", "I07"), ("stats",),
    ("graph", "I07", "--format", "dot"), ("effective", "I07", "--region", "421300"), ("validate", "--format", "json"),
    ("plan", "open-restaurant", "--accepted", "2025-03-03T09:00"), ("test",), ("calendar", "check"), ("case", "list", "--json"),
    ("deadline", "-"), ("diff", "definitions", "definitions"), ("demo",), ("--help",),
]  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_an_output_that_takes_no_more(sound: Path, words: tuple[str, ...]) -> None:
    """A reader that has gone ends the command quietly; a full disk is one sentence."""
    command = [sys.executable, "-m", "govflow", "--lang", "en", *words]
    reader, writer = os.pipe()
    os.close(reader)
    question = b'{"x": 1}\n'
    gone = subprocess.run(command, input=question, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert gone.returncode == 1 and b"Broken pipe" not in gone.stderr and b"Traceback" not in gone.stderr
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, input=question, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode in (1, 2)  # `validate` could not do its work
    assert [line for line in done.stderr.decode().splitlines() if "No space left" in line] == [
        "govflow: No space left on device"
    ]
    assert b"Traceback" not in done.stderr and b"Exception ignored" not in done.stderr + gone.stderr


def test_a_refusal_names_what_can_be_written(run: Run, sound: Path) -> None:
    """Units as people write them, and a key that is missing rather than None."""
    case = run("case", "apply", "examples/open-restaurant/application.yaml").out.strip()
    said = run(
        "--lang",
        "en",
        "case",
        "extend",
        case,
        "--item",
        "I07",
        "--by",
        "10 abc",
        "--actor",
        "D01/head:a",
        "--reason",
        "r",
    )
    assert said.code == 1 and "'abc' is no unit of time, expected such as 10 workdays" in said.err
    Path("question.json").write_text('{"x": 1}\n', "utf-8")
    assert '"kind is missing, expected one of due' in run("--lang", "en", "deadline", "question.json").out


@pytest.mark.parametrize(
    ("tag", "lang"),
    [("zh_CN.UTF-8", "zh"), ("zh_TW", "zh"), ("en_GB", "en"), ("de_DE.UTF-8", "en"), ("xx", "en"), ("C", "zh"),
     ("C.UTF-8", "zh"), ("POSIX", "zh"), ("", "zh")],
)  # fmt: skip
def test_where_nobody_asks_the_locale_decides(tag: str, lang: str) -> None:
    """A locale of another language means English; one that says nothing means Chinese."""
    assert Invocation.of((), {"LANG": tag}) == Invocation(Lang.of(lang))
    assert Invocation.of(("--lang", "en"), {"LANG": tag}) == Invocation(Lang.EN, asked=True)
