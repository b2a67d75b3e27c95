"""One voice: each answer is in one language, the one that was asked for; quoted data apart.

The definitions are the shipped ones with every Chinese character of their data made a Latin letter, so that whatever
Chinese an English answer holds is the library's own.
"""

import ast
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from govflow.cli import cli, main
from govflow.language import schema
from govflow.text import Text

ROOT = Path(__file__).parent.parent
CHINESE = re.compile(r"[\u3001-\u3002\u300a-\u3011\u4e00-\u9fff\uff01-\uff1f]")
QUOTED = re.compile(r"《[^》]*》|第[一二三四五六七八九十百]+条|“[^”]*”|‘[^’]*’|'[^']*'|\"[^\"]*\"|`[^`]*`|\{[^{}]*\}")
KINDS = ("item", "theme", "departments", "materials", "variant")
SOURCE = re.compile(r"^ *(= )?source: .*$", re.MULTILINE)
"""The document that a rule rests on, as it is called."""


def _written(node: Any) -> Iterator[str]:
    """The words that the schema makes an author write."""
    if isinstance(node, dict):
        yield from (each for each in [*node.get("enum", ()), node.get("const")] if isinstance(each, str))
        for value in node.values():
            yield from _written(value)
    elif isinstance(node, list):
        for value in node:
            yield from _written(value)


WORDS = {word for kind in KINDS for word in _written(schema.schema(kind))}


def _latin(data: Any) -> Any:
    """The data with a letter for every Chinese character, but for words and periods as the schema asks for and articles."""
    if isinstance(data, dict):
        return {_latin(key): _latin(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_latin(each) for each in data]
    if not isinstance(data, str) or data in WORDS or re.fullmatch("第.*[条款项]|长期|[0-9]+ ?(年|个月|日|天)", data):
        return data
    return re.sub(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", lambda m: chr(97 + ord(m[0]) % 26), data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with definitions and the application of the restaurant, all data in Latin letters."""
    made = tmp_path_factory.mktemp("latin")
    for name in ("definitions", "examples"):
        for file in (ROOT / name).rglob("*.yaml"):
            target = made / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.name == "laws.yaml" or "calendars" in file.parts or "scenarios" in file.name:
                shutil.copy(file, target)
            else:
                data = _latin(yaml.safe_load(file.read_text("utf-8")))
                target.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    for file in made.rglob("*.scenarios.yaml"):
        file.unlink()
    return made


class Voice:
    """The command line in one folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = monkeypatch, capsys

    def __call__(self, lang: str, *words: str) -> str:
        """All that one call says, on both streams."""
        self._patch.setattr(sys, "argv", ["govflow", "--lang", lang, *words])
        with pytest.raises(SystemExit):
            main()
        out, err = self._capture.readouterr()
        return out + err


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Voice:
    """The command line; nothing of the caller's language leaks in."""
    monkeypatch.delenv("GOVFLOW_LANG", raising=False)
    return Voice(monkeypatch, capsys)


def _unquoted(text: str) -> str:
    return QUOTED.sub("", SOURCE.sub("", text))


def _lines(text: str) -> list[str]:
    """The lines of an English answer that hold Chinese outside quoted data."""
    return [line for line in _unquoted(text).splitlines() if CHINESE.search(line)]


def _commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from _commands(command, (*above, name))


@pytest.mark.parametrize("words", [(), *_commands(cli)], ids=" ".join)
def test_help_is_in_one_language(voice: Voice, words: tuple[str, ...]) -> None:
    """Every command explains itself in English without a Chinese character, and in Chinese with every option explained."""
    english, chinese = voice("en", *words, "--help"), voice("zh", *words, "--help")
    assert "Usage:" in english and not CHINESE.search(english)
    assert "用法：" in chinese and "Show this message" not in chinese
    explained = re.split(r"\n\n选项", chinese, maxsplit=1)
    assert CHINESE.search(explained[0].partition("\n")[2])
    for entry in re.split(r"\n  (?=-)", explained[1].partition("\n\n命令")[0])[1:]:
        assert CHINESE.search(re.sub(r"\[(必填|缺省：.*?)\]", "", entry)), entry


QUESTIONS = (
    ("rules",),
    ("validate", "--profile", "strict"),
    ("validate", "--format", "concise", "nothing-there"),
    ("validate", "--select", "GF-Z99"),
    ("vaidate",),
    ("new", "nonsense", "name"),
    ("guide", "food-business-permit"),
    ("guide", "open-restaurant"),
    ("guide", "open-restaurant", "--checklist"),
    ("draw", "open-restaurant"),
    ("draw", "food-business-permit"),
    ("guide", "nothing"),
    ("stats",),
    ("plan", "open-restaurant", "--accepted", "2025-03-03T09:00"),
    ("plan", "open-restaurant", "--accepted", "someday"),
    ("plan", "food-business-permit", "--accepted", "2025-03-03"),
    ("graph", "open-restaurant"),
    ("graph", "food-business-permit"),
    ("calendar", "check"),
    ("test",),
    ("effective", "food-business-permit", "--region", "4"),
    ("demo", "--answer", "premises_area"),
    ("case", "show", "nobody", "--db", "sqlite://"),
    ("case", "list", "--db", "nonsense://"),
    ("db", "check", "--db", "sqlite:///none.db"),
)


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_an_answer_is_in_one_language(
    voice: Voice, folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """An English answer holds no Chinese but quoted data; the Chinese one is another, in Chinese."""
    monkeypatch.chdir(folder)
    english = voice("en", *words)
    assert english and _lines(english) == []
    chinese = voice("zh-CN", *words)
    assert chinese != english and CHINESE.search(chinese)


def test_every_rule_is_explained_in_english(voice: Voice) -> None:
    """The help of a rule: title, what, why and the words around them; its examples are definitions, which are data."""
    for line in voice("en", "rules").splitlines():
        text = voice("en", "rule", line.split()[0])
        prose = re.split(r"^bad:$", text, maxsplit=1, flags=re.MULTILINE)[0]
        assert _lines(prose) == [], text


def test_a_case_is_told_in_one_language(voice: Voice, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo, and then every question to the case that it leaves, and the refusals of commands on it."""
    monkeypatch.chdir(folder)
    db = ("--db", "sqlite:///out/cases.db")
    assert _lines(voice("en", "demo", "--output", "out")) == []
    case = voice("en", "case", "list", *db).split()[0]
    shown = voice("en", "case", "show", case, *db)
    clocks = re.findall(r"\S+/\S+", voice("en", "case", "show", case, "--json", *db))
    clocks = sorted({each.strip('",') for each in clocks if each.strip('",').partition("/")[0].isalnum()})
    answers = [
        shown,
        voice("en", "case", "history", case, *db),
        voice("en", "task", "list", *db),
        voice("en", "db", "check", *db),
        voice("en", "sweep", *db),
        voice("en", "calendar", "reproject", *db),
        voice("en", "case", "withdraw", case, "--actor", "applicant:x", "--reason", "none", *db),
        voice("en", "task", "claim", f"{case}.1", "--actor", "nonsense", *db),
        *(voice("en", "explain", case, clock, *db) for clock in clocks[:12]),
    ]
    assert [line for answer in answers for line in _lines(answer)] == []
    applied = voice("en", "case", "apply", "examples/open-restaurant/application.yaml", "--db", "sqlite:///new.db")
    assert _lines(applied) == []
    new = ("--db", "sqlite:///new.db")
    assert _lines(voice("en", "task", "list", *new)) == []
    assert CHINESE.search(voice("zh", "task", "list", *new))


@pytest.mark.parametrize("tag", ["fr", "C.UTF-8", "", "english"])
def test_another_language_is_a_usage_error(voice: Voice, tag: str) -> None:
    """What is asked for and not understood is refused, naming what is."""
    assert "zh" in voice(tag, "rules") and "GF-M01" not in voice(tag, "rules")


@pytest.mark.parametrize("tag", ["en", "EN", "en-GB", "en_US.UTF-8"])
def test_a_language_has_many_tags(voice: Voice, tag: str) -> None:
    """A tag with a region or an encoding means its language, also after the command."""
    assert voice(tag, "rules") == voice("zh", "rules", "--lang", tag) == voice("en", "rules")


def _literals() -> Iterator[tuple[str, str, str]]:
    """Every `Text("..", "..")` of the library that is written out: where, Chinese, English; values are `{}`."""
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == Text.__name__:
                parts = [_literal(each) for each in node.args]
                if len(parts) == 2 and None not in parts:
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", str(parts[0]), str(parts[1])


def _literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    return None


def test_each_text_says_it_in_both_languages() -> None:
    """Chinese stands in the Chinese part only; a law's title or a word to be written is quoted in the English one."""
    found = list(_literals())
    assert len(found) > 500
    wrong = [where for where, zh, en in found if CHINESE.search(zh) and not en.strip() and zh.strip("、；，：（） ")]
    assert wrong == []
    assert [(where, en) for where, _, en in found if CHINESE.search(_unquoted(en))] == []
