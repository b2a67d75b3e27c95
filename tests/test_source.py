"""Reading YAML: plain data, exact places, no guessing, no crash, and mistakes that are named."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.diagnostics import Diagnostic, apply_fixes, render
from govflow.language.source import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_SCALAR,
    SOURCE_RULES,
    Document,
    full_path,
    read,
)
from govflow.language.source.fast_path import plain_data

GOLDEN = Path(__file__).parent / "golden" / "diagnostics"
HEAD = "govflow: item/1\n"


def item(text: str) -> Document:
    """Read a text as an item file."""
    return read(HEAD + text, "a.yaml")


def names(document: Document) -> list[str]:
    """The names of a document's findings."""
    return [finding.name for finding in document.diagnostics]


def marked(document: Document, finding: Diagnostic) -> str:
    """The text a finding points at."""
    span = finding.span
    lines = document.text.replace("\r\n", "\n").split("\n")
    assert span.line == span.end_line
    return lines[span.line - 1].removeprefix("\ufeff")[span.column - 1 : span.end_column - 1]


# --- data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0),
        ("12", 12),
        ("-3", -3),
        ("123456789012345678", 123456789012345678),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_values_with_a_type(written: str, value: Any) -> None:
    """Whole numbers, plain decimals, true, false and null are what they look like."""
    document = item(f"x: {written}\n")
    assert document.data["x"] == value and type(document.data["x"]) is type(value)
    assert names(document) == []


@pytest.mark.parametrize(
    "written",
    [
        "0012",
        "no",
        "yes",
        "on",
        "True",
        "NULL",
        "1133010000249456E7",
        "1e3",
        "2025-03-01",
        "1:30",
        "0x1F",
        "0o17",
        "1_000",
        "+5",
        ".5",
        "5.",
        "-0",
        ".inf",
        "1234567890123456789",
        "0.12345678901234567",
        "１２月",
        "4.1.2",
        "'12'",
        '"true"',
        "=",
    ],
)
def test_everything_else_is_text(written: str) -> None:
    """Codes, dates, times, quoted values and long digit strings stay as written."""
    document = item(f"x: {written}\n")
    assert document.data["x"] == written.strip("'\"")
    assert names(document) == []


def test_keys_are_text_as_written() -> None:
    """A key is never a number, a truth value or null."""
    assert item("1: a\nno: b\n~: c\n1.50: d\n").data == {
        "govflow": "item/1",
        "1": "a",
        "no": "b",
        "~": "c",
        "1.50": "d",
    }


def test_aliases_share_a_value() -> None:
    """An alias stands for what its anchor holds; its place is the alias, its children's place the anchor's."""
    document = item("a: &x {p: 1}\nb: *x\nc: &y 5\nd: *y\n")
    assert document.data["b"] == {"p": 1} and document.data["d"] == 5 and names(document) == []
    assert document.written(("b",)) == "*x" and document.span(("b", "p")).line == 2


@pytest.mark.parametrize("pure", [False, True])
def test_the_pure_parser_gives_the_same(pure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without libyaml the same text gives the same data and places."""
    if pure:
        monkeypatch.setattr(full_path, "PARSER", yaml.SafeLoader)
    document = item("a: &x [甲, '乙', {c: 1}]\nb: |\n  一\n  二\nd: *x\ne:\n")
    assert document.data["d"] == ["甲", "乙", {"c": 1}] and document.data["b"] == "一\n二\n"
    assert [document.written((key,)) for key in "abde"] == ["[甲, '乙', {c: 1}]", "|\n  一\n  二", "*x", ""]


# --- places -----------------------------------------------------------------------------------------------------------

PLACES = """\
govflow: item/1
# 注释
materials:
  - {use: 营业执照, copies: 1}
  - &id
    use: "表"
    # 尾部注释

note: >
  一
  二

last: 完
"""


@pytest.mark.parametrize(
    ("path", "line", "column", "text"),
    [
        (("govflow",), 1, 10, "item/1"),
        (("materials",), 4, 3, None),
        (("materials", 0), 4, 5, "{use: 营业执照, copies: 1}"),
        (("materials", 0, "copies"), 4, 25, "1"),
        (("materials", 1), 6, 5, 'use: "表"'),
        (("materials", 1, "use"), 6, 10, '"表"'),
        (("note",), 9, 7, ">\n  一\n  二"),
        (("last",), 13, 7, "完"),
    ],
)
def test_span_of_values(path: tuple[str | int, ...], line: int, column: int, text: str | None) -> None:
    """Every value is found by its path, without the comments that follow it."""
    document = read(PLACES, "p.yaml")
    span = document.span(path)
    assert (span.file, span.line, span.column) == ("p.yaml", line, column)
    if text is not None:
        assert document.written(path) == text


def test_span_of_keys_and_of_nothing() -> None:
    """A key has its own span; a path that does not exist gives the nearest parent."""
    document = read(PLACES, "p.yaml")
    key = document.key_span(("materials", 0, "copies"))
    assert (key.line, key.column, key.end_column) == (4, 17, 23)
    assert document.span(("materials", 0, "nope", 3)) == document.span(("materials", 0))
    assert document.span(("materials", 9)) == document.span(("materials",))
    assert document.span(("materials", -1)) == document.span(("materials", 1))
    assert document.span().line == 1 and document.span().end_line == 13


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_byte_order_mark(end: str) -> None:
    """Any line end and a byte order mark leave lines and columns as an editor shows them."""
    document = read(("\ufeff" + PLACES.replace("\n", end)).encode(), "p.yaml")
    assert document.diagnostics == () and document.kind == ("item", 1)
    assert [document.span((key,)).line for key in ("govflow", "note", "last")] == [1, 9, 13]
    assert document.span(("govflow",)).column == 10 and document.written(("govflow",)) == "item/1"


def test_characters_beyond_the_basic_plane_count_once() -> None:
    """A rare Chinese character is one column."""
    document = item("𠮷: {a: 𠮷, b: 1}\n")
    assert document.span(("𠮷", "b")).column == 14


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Cn", "Co"]))
CHARS = st.text("ab0:#-'\" ,[]{}&*!|>%@`?~甲，：“”【】０\u3000\\", max_size=8)
LEAVES = CHARS | TEXTS.map(lambda text: text[:8].replace("\ufffd", "").replace("\ufffc", ""))
NESTED = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES.filter(bool), inner, max_size=3),
    max_leaves=12,
)


def check_places(document: Document, value: Any, path: tuple[str | int, ...]) -> None:
    """Every value's span holds what reads as that value again."""
    if isinstance(value, dict):
        for key in value:
            check_places(document, value[key], (*path, key))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            check_places(document, part, (*path, at))
    else:
        assert "\n" in document.written(path) or yaml.safe_load(document.written(path)) == value


@settings(max_examples=150)
@given(st.dictionaries(LEAVES.filter(bool), NESTED, max_size=4), st.booleans())
def test_dumped_text_reads_back(data: dict[str, Any], flow: bool) -> None:
    """What a YAML writer wrote for nested texts is read back equal, and every span holds its value."""
    text = yaml.safe_dump(data, allow_unicode=True, default_flow_style=flow, default_style='"')
    document = read(text, "d.yaml", kind_required=False)
    assert document.data == data and document.diagnostics == ()
    check_places(document, data, ())


# --- bounds and refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "empty-file"),
        ("# nothing\n", "empty-file"),
        ("---\n", "empty-file"),
        ("- a\n", "not-a-mapping"),
        ("text", "not-a-mapping"),
        ("a: 1\n", "unknown-kind"),
        ("govflow: 3\n", "unknown-kind"),
        ("govflow: item\n", "unknown-kind"),
        (HEAD + "a: 1\nb: 2\na: 3\n", "repeated-key"),
        (HEAD + "x: {a: 1, 'a': 2}\n", "repeated-key"),
        (HEAD + "a: !!str 5\n", "tag-refused"),
        (HEAD + "a: !python/object:os.system x\n", "tag-refused"),
        (HEAD + "a: !<tag:yaml.org,2002:binary> eA==\n", "tag-refused"),
        (HEAD + "---\na: 1\n", "several-documents"),
        (HEAD + "x: {<<: {a: 1}, b: 2}\n", "merge-key"),
        (HEAD + "? [a]\n: b\n", "complex-key"),
        (HEAD + "? {a: [1, 2]}\n: {b: 1}\n", "complex-key"),
        (HEAD + "a: &x b\n*x : c\n", "complex-key"),
        (HEAD + "a: *x\n", "unknown-alias"),
        (HEAD + "a: &x [*x]\n", "alias-bomb"),
        (HEAD + f"a: {'[' * (MAX_DEPTH + 1)}{']' * (MAX_DEPTH + 1)}\n", "too-deep"),
        (HEAD + "a: " + "x" * 200_000, "too-large"),
        (HEAD + 'a: "\\0"\n', "control-character"),
        (HEAD + "a: x\x07\n", "control-character"),
        (HEAD + "a: \ud800\n", "control-character"),
        (HEAD + "a: \ufffd\n", "control-character"),
    ],
)
def test_one_mistake_one_finding(text: str, name: str) -> None:
    """Each of these is refused by exactly one finding of the right name."""
    assert names(read(text, "a.yaml")) == [name]


def test_repeated_key_points_to_both() -> None:
    """A repeated key says where it stood first, and the first value counts."""
    document = item("a: 1\nb: 2\na: 3\n")
    (finding,) = document.diagnostics
    assert (finding.span.line, finding.notes[0].span.line) == (4, 2)
    assert document.data["a"] == 1


def test_a_stated_kind_is_kept() -> None:
    """The kind is a name and a version; whether it is a known one is for the schemas to say."""
    document = read("govflow: itme/1\n", "a.yaml")
    assert document.kind == ("itme", 1) and document.diagnostics == ()


def test_too_large_is_refused_before_reading() -> None:
    """A file above the limit is refused by its size alone, in no time."""
    started = time.perf_counter()
    for raw in (bytes(100_000_000), "x" * (MAX_BYTES + 1)):
        assert names(read(raw, "a.yaml")) == ["too-large"]
    assert time.perf_counter() - started < 1


def test_alias_bombs_are_bounded() -> None:
    """Aliases that multiply or deepen without end are refused."""
    wide = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    deep = "a0: &a0 [x]\n"
    for n in range(1, 10):
        wide += f"{'abcdefghij'[n]}: &{'abcdefghij'[n]} [{', '.join(['*' + 'abcdefghij'[n - 1]] * 10)}]\n"
    for n in range(1, 100):
        deep += f"a{n}: &a{n} [*a{n - 1}]\n"
    assert names(item(wide)) == ["alias-bomb"] and names(item(deep)) == ["alias-bomb"]


@pytest.mark.parametrize(
    ("raw", "column", "words"),
    [
        ("name: 中文".encode("gbk"), 7, "GBK"),
        ("name: 食品".encode("utf-16"), 1, "UTF-16"),
        ("name: food".encode("utf-16-le"), 1, "UTF-16"),
        (b"name: \xff", 7, "0xFF"),
        ("name: 食".encode() + b"\xe9\xa3", 8, "0xE9"),
    ],
)
def test_not_utf8(raw: bytes, column: int, words: str) -> None:
    """Bytes that are not UTF-8 are pointed at, with what they probably are."""
    document = read(raw, "a.yaml")
    (finding,) = document.diagnostics
    assert finding.name == "not-utf8" and words in finding.message.zh and finding.span.column == column
    assert document.broken and document.data is None


# --- what a Chinese keyboard does -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data", "mark"),
    [
        ("visits：0\n", {"visits": 0}, "："),
        ("visits： 0\n", {"visits": 0}, "："),
        ("visits ：0\n", {"visits": 0}, "："),
        ("a:\n  visits：0\n", {"a": {"visits": 0}}, "："),
        ("a：\n  - id：x\n", {"a": [{"id": "x"}]}, "："),
        ("a: {use：m, n: 1}\n", {"a": {"use": "m", "n": 1}}, "："),
        ("a: {use: m，n: 1}\n", {"a": {"use": "m", "n": 1}}, "，"),
        ("a: [甲，乙，丙]\n", {"a": ["甲", "乙", "丙"]}, "，"),
        ("a: ［甲, 乙］\n", {"a": ["甲", "乙"]}, "［甲, 乙］"),
        ("a: 【甲, 乙】\n", {"a": ["甲", "乙"]}, "【甲, 乙】"),
        ("a: “0012”\n", {"a": "0012"}, "“0012”"),
        ("a: ３\n", {"a": 3}, "３"),
        ("a: [１，２]\n", {"a": [1, 2]}, "１"),
        ("a:\n  － x\n", {"a": ["x"]}, "－"),
        ("a:\n  －x\n", {"a": ["x"]}, "－"),
        ("a:　x\n", {"a": "x"}, "　"),
        ("a:\n\tb: 1\n\tc: 2\n", {"a": {"b": 1, "c": 2}}, "\t"),
        ("a:\n　b: 1\n　c: 2\n", {"a": {"b": 1, "c": 2}}, "　"),
        ("a:\u00a01\n", {"a": 1}, "\u00a0"),
        ("na\u200bme: x\n", {"name": "x"}, "\u200b"),
        ("visits:0\nb: 1\n", {"visits": 0, "b": 1}, ":0"),
        ("a:\n  - x\n  -y\n", {"a": ["x", "y"]}, "-y"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_named_pointed_at_and_mended(text: str, data: dict[str, Any], mark: str, end: str) -> None:
    """The mistake is pointed at, the rest is read as it was meant, and --fix leaves a clean file."""
    document = read((HEAD + text).replace("\n", end), "a.yaml")
    assert document.data == {"govflow": "item/1", **data}
    assert marked(document, document.diagnostics[0]) == mark
    assert all(finding.fixable for finding in document.diagnostics)
    fixed, applied = apply_fixes(document.text, document.diagnostics)
    again = read(fixed, "a.yaml")
    assert again.data == document.data and again.diagnostics == () and len(applied) == len(document.diagnostics)


@pytest.mark.parametrize(
    "text",
    [
        "a: 注：复印件一份，原件核验\n",
        "a: 有，则免交\n",
        "a: 'visits：0'\n",
        "a: |\n  visits：0\n  \tx\n  － y\n  b: [甲，乙]\n",
        'a: "x\n  visits：0"\n',
        "# visits：0 [甲，乙]\na: 1\n",
        "a: 1 # note：x，{a，b: 1}\n",
        "a: 说明\n  id：填写编号\n",
        "a: {note: 有的，免交, b: 1}\n",
        "a: [甲，乙, 丙]\n",
        "a: [PDF：扫描件]\n",
        "a: “一件事”改革\n",
        "a: 关于[甲，乙]的\n",
        "a: 第３条\n",
        "a: 2025－2026\n",
        "a:\tx\n",
        "a: 1\n\t\n\t# x\nb: 2\n",
    ],
)
def test_chinese_punctuation_in_text_is_text(text: str) -> None:
    """Full-width punctuation inside texts, blocks and comments is left alone."""
    document = item(text)
    assert names(document) == []
    assert document.data == yaml.load(
        HEAD + text.replace("\n\t\n\t#", "\n#"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    ) | {key: value for key, value in document.data.items() if not isinstance(value, str)}


def test_quotes_that_become_text_are_a_warning() -> None:
    """Full-width quotes around Chinese words may be meant; they are only warned about and kept."""
    document = item("a: “食品”\nb: 【重要】\n")
    assert names(document) == ["full-width-quotes"] * 2 and document.data["a"] == "“食品”"
    assert not any(finding.fixable for finding in document.diagnostics)


def test_a_mistake_does_not_hide_the_next() -> None:
    """A full-width colon above and one below a broken line are judged apart."""
    document = item("visits：0\nname: [x\nb：1\n")
    assert names(document) == ["full-width-punctuation", "yaml-syntax"] and document.broken


def test_equal_mistakes_of_a_line_are_one_finding() -> None:
    """Three full-width commas in one list are one finding with one mend; so is a file indented by tabs."""
    assert names(item("a: [甲，乙，丙，丁]\n")) == ["full-width-punctuation"]
    assert names(item("a:\n\tb: 1\n\tc: 2\nd:\n\te: 1\n")) == ["tab-indentation"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: x\n  visits: 0\n", 3, "缩进太深"),
        ("a:\n  b: 1\n c: 2\n", 4, "缩进不对"),
        ("name: 甲: 乙\n", 2, "冒号加空格"),
        ("name: 'x\nb: 1\n", 2, "引号没有配对"),
        ('name: "x\n', 2, "引号没有配对"),
        ("name: [x\nb: 1\n", 2, "没有配对的 ]"),
        ("name: {a: 1\nb: 1\n", 2, "没有配对的 }"),
        ("name: {a: 1 b: 2}\n", 2, "缺少逗号"),
        ("name: [1}\n", 2, "应是 ]"),
        ("name\nb: 1\n", 2, "没有冒号"),
        ("xs:\n  - a\n  b: 1\n", 4, "列表的下一项"),
        ("xs: - a\n", 2, "列表项不能写在这里"),
        ("a: 'b' c\n", 2, "多余的内容"),
        ("a: @x\n", 2, "不能以“@”开头"),
        ('a: "\\q"\n', 2, "反斜杠"),
        ("a: *\n", 2, "& 或 *"),
        ("a: |x\n  y\n", 2, "“|”或“>”"),
        ("材料：x\nb: 1\n", 2, "U+FF1A"),
    ],
)
def test_syntax_errors_are_explained(text: str, line: int, words: str) -> None:
    """What the parser complains about is said in plain words, at the place to look."""
    document = item(text)
    (finding,) = document.diagnostics
    assert finding.span.line == line and words in finding.message.zh
    assert finding.message.en.isascii() or "U+" in finding.message.en or "甲" in text
    assert document.broken and document.data is None


MISTAKES = """\
govflow：item/1
name：　“0012”
name: 食品经营许可
visits: ０
audience: [企业法人，个体工商户]
materials:
\t- {use: 营业执照， copies: 1}
　　- use: &all [*all]
    说明: !!str 1
limits:
  <<: *nobody
  ? [甲]
  : 乙
contact: 甲\u200b乙\u00a0丙
consult：【窗口，电话】
complain:12345
flow:
  - accept
  -decide
note: 甲: 乙
"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_golden_mistakes(lang: str) -> None:
    """One file with many mistakes is explained as the golden file shows it."""
    document = read(MISTAKES, "items/错误.yaml")
    shown = render(document.diagnostics, "full", lang=lang, sources={document.file: document.text}, files=1)
    golden = GOLDEN / f"mistakes.{lang}.full.txt"
    if os.environ.get("GOVFLOW_UPDATE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8", newline="")
    assert shown == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a:\n  b: 1\n　　d: 3\n", {"a": {"b": 1, "d": 3}}),
        ("a:\n  b: 1\n　d: 3\n", {"a": {"b": 1, "d": 3}}),
        ("a:\n    b: 1\n\td: 3\n", {"a": {"b": 1, "d": 3}}),
        ("a:\n  b:\n    c: 1\n\t\td: 3\n", {"a": {"b": {"c": 1, "d": 3}}}),
        ("a: |\n  一\n　　二\n", {"a": "一\n  二\n"}),
        ("a: 一\n　　二\n", {"a": "一 二"}),
    ],
)
def test_width_of_odd_indentation(text: str, data: dict[str, Any]) -> None:
    """A tab or full-width space stands for as many spaces as make the file readable; the mend says the same."""
    document = item(text)
    assert document.data == {"govflow": "item/1", **data} and len(document.diagnostics) == 1
    fixed, _ = apply_fixes(document.text, document.diagnostics)
    assert item(fixed.removeprefix(HEAD)).data == document.data


def test_wrong_indentation_is_reported_once() -> None:
    """A line indented by full-width spaces that fits no level whatever their width is not reported a second time."""
    document = item("a:\n     b: 1\n　d: 3\n")
    assert names(document) == ["full-width-space"] and document.broken


# --- ignore comments --------------------------------------------------------------------------------------------------


def test_ignore_comments() -> None:
    """Comments are collected with names and reason; one on its own line speaks for the next line of content."""
    document = item(
        "# govflow: ignore[catch-all-material, GF-M02] 历史目录\n\n# other\nname: x # govflow: ignore[a]\n"
        "b: '# govflow: ignore[c] d'\nd: e#govflow\n"
    )
    first, second = document.suppressions
    assert (first.line, first.names, first.reason, first.own_line) == (
        5,
        ("catch-all-material", "GF-M02"),
        "历史目录",
        True,
    )
    assert (second.line, second.names, second.reason, second.own_line) == (5, ("a",), "", False)
    assert (first.span.line, first.span.column, second.span.column) == (2, 1, 9)


def test_ignore_comment_in_block_text_is_text() -> None:
    """A line of a block text that looks like an ignore comment is none."""
    assert item("a: |\n  # govflow: ignore[x] y\nb: 1 #govflow:ignore [x，y]：理由\n").suppressions[0].names == (
        "x",
        "y",
    )


# --- anything at all --------------------------------------------------------------------------------------------------

NASTY = [
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"%YAML 9.9\n---\na",
    b"%TAG ! x\n--- !y",
    b"? ? ? ?",
    b"- - - - -\n -",
    b"&a &a",
    b"*",
    b"!",
    b"!!",
    b"! x",
    b"{",
    b"}",
    b"[,]",
    b"{,}",
    b"{:}",
    b"[:]",
    b": :",
    b":",
    b"?",
    b"-",
    b"--- ---",
    b"...",
    b"a: |9\n",
    b"a: >-+\n",
    b'"\\U00110000"',
    b'"\\ud800"',
    b'"\\x"',
    b"'",
    b'"',
    b"`",
    b"\t",
    b"a:\n\t|\n",
    "：".encode(),
    "a：".encode(),
    "【】［］｛｝".encode(),
    "a: 【，】".encode(),
    "\u2028a: b\u2029".encode(),
    b"a: 1\r\rb: 2\r",
    b"<<: *a",
    b"a: " + b"[" * 500,
    b"a: " + b"{a: " * 500,
    b"- " * 500,
    b"# govflow: ignore\n" * 3,
    b"&" + b"a" * 5000 + b" x",
    b"a" * 2000 + b": 1",
]


def assert_sound(document: Document) -> None:
    """What holds for every document: no data when broken, places inside the text, known codes."""
    lines = document.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    known = {(code, name) for code, name, _, _ in SOURCE_RULES}
    assert document.data is None or not document.broken
    assert document.data is not None or document.diagnostics
    for finding in document.diagnostics:
        span = finding.span
        assert (finding.code, finding.name) in known
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1
    fixed, _ = apply_fixes(document.text, document.diagnostics, unsafe=True)
    read(fixed, "a.yaml")


@pytest.mark.parametrize("raw", NASTY)
@pytest.mark.parametrize("pure", [False, True])
def test_nasty_inputs(raw: bytes, pure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs that broke YAML readers before end in findings, with both parsers."""
    if pure:
        monkeypatch.setattr(full_path, "PARSER", yaml.SafeLoader)
    for text in (raw, HEAD.encode() + raw, HEAD.encode() + b"x: " + raw + b"\ny: 1\n"):
        assert_sound(read(text, "a.yaml"))


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_no_bytes_raise(raw: bytes) -> None:
    """Any bytes at all end in a document."""
    assert_sound(read(raw, "a.yaml"))


SYNTAX = st.text(
    "ab1:-?,[]{}&*!|>%@`'\"# \t\n\r：，－“”【】［］１\u3000\u00a0\u200b\u2028\ufeff\ud800甲\\<", max_size=40
)


@settings(max_examples=250)
@given(SYNTAX)
def test_no_syntax_raises(text: str) -> None:
    """Any mixture of syntax, full-width syntax and hidden characters ends in a document."""
    assert_sound(read(text, "a.yaml"))
    assert_sound(item(f"a:\n  b: 1\n{text}"))


def assert_plain_is_full(text: str) -> None:
    """The short way for sound texts gives the data and places of the full one, and leaves to it all that is odd."""
    found, whole = plain_data(text), full_path.build(text)
    if found is None:
        return
    assert not whole.flaws and whole.failure is None and whole.whole
    assert repr(found[0]) == repr(whole.data)
    for path in [*_paths(found[0]), ("govflow", 0), (0,), (-1,), ("nowhere", 1), ("materials", 99)]:
        assert found[1].find(path) == full_path.Nodes(whole.root).find(path), path


def _paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    yield ()
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from ((step, *inner) for inner in _paths(value[step]))


@settings(max_examples=400)
@given(st.text("ab1.-?,[]{}&*!|>%'\"# \n:<~甲\\x0", max_size=40))
def test_the_short_way_gives_what_the_full_one_gives(text: str) -> None:
    """Any text, alone and inside a definition."""
    assert_plain_is_full(text)
    assert_plain_is_full(f"govflow: item/1\na:\n  - b: 1\n    c: {{d: [1, {text}]}}\n{text}: 1\n{text}")


@pytest.mark.parametrize(
    "odd",
    [
        "&x 甲",
        "!!str 1",
        "{甲: 1, 甲: 2}",
        "{<<: 1}",
        "[*x]",
        "{[甲]: 1}",
        '"\\x01"',
        "甲" * (MAX_SCALAR + 1),
        "[" * 65 + "]" * 65,
    ],
)
def test_what_is_odd_is_left_to_the_full_way(odd: str) -> None:
    """Whatever needs a word of explanation is not taken the short way."""
    assert plain_data(f"a: 1\nb: {odd}\n") is None
    assert plain_data(f"a: 1\n--- \nb: {odd}\n") is None


def test_shipped_definitions_take_the_short_way() -> None:
    """The short way is the usual one, and says the same of every shipped file."""
    for path in sorted((Path(__file__).parent.parent / "definitions").rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        assert plain_data(text) is not None, path
        assert_plain_is_full(text)


def test_damaged_files_never_raise() -> None:
    """A good file with characters lost, doubled or replaced ends in a document."""
    dice = random.Random(7)
    for _ in range(300):
        text = list(PLACES)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(text))
            text[at : at + dice.randint(0, 2)] = dice.choice(
                ["", ":", "：", "\t", "- ", "'", "[", "\n", "，", "\u3000", "&a "]
            )
        assert_sound(read("".join(text), "a.yaml"))


@pytest.mark.parametrize(
    "unit", ["[", "a：", "[甲，", "- １", "\x01a", "\tx\n", "- ", "{a：1，", ": 【a，", "# govflow: ignore[x] y\n"]
)
def test_time_is_bounded(unit: str) -> None:
    """No repeated pattern makes reading slow out of proportion to the size of the text."""
    started = time.perf_counter()
    read(HEAD + unit * (400_000 // len(unit)), "a.yaml")
    assert time.perf_counter() - started < 3


def test_rules_are_numbered_and_named_once() -> None:
    """Codes and names of the source rules are unique, and codes run from 1."""
    codes = [code for code, *_ in SOURCE_RULES]
    assert codes == [f"GF-Y{n:02}" for n in range(1, len(codes) + 1)]
    assert len({name for _, name, *_ in SOURCE_RULES}) == len(codes)
