"""Findings as values: sorting, six output formats, fixes, diffs and ignore comments."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.diagnostics import (
    FORMATS,
    Diagnostic,
    Edit,
    Fix,
    Note,
    Severity,
    Span,
    Suppression,
    apply_fixes,
    apply_suppressions,
    diff,
    ordered,
    render,
    replace_ranges,
)
from govflow.text import Text, cells

GOLDEN = Path(__file__).parent / "golden" / "diagnostics"
FILE = "items/餐饮 许可.yaml"
TEXT = "govflow: item/1\nname: 食品经营许可\n材料说明visits：0\ncopies: 1\ncopies: 2\n"
SOURCES = {FILE: TEXT}
COLON = TEXT.index("：")


def finding(
    line: int = 1,
    column: int = 1,
    *,
    code: str = "GF-X01",
    name: str = "some-rule",
    severity: Severity = Severity.ERROR,
    file: str = FILE,
    fix: Fix | None = None,
    zh: str = "有误",
) -> Diagnostic:
    """A small finding at a place."""
    span = Span(file, line, column, line, column + 2)
    return Diagnostic(code, name, severity, Text(zh, "wrong"), span, fix=fix)


SAMPLE = (
    Diagnostic(
        "GF-Y02",
        "repeated-key",
        Severity.ERROR,
        Text("键 copies 重复了。", "The key copies appears twice."),
        Span(FILE, 5, 1, 5, 7),
        notes=(Note(Text("第一次出现在", "first here"), Span(FILE, 4, 1, 4, 7)),),
    ),
    Diagnostic(
        "GF-Y03",
        "full-width-punctuation",
        Severity.ERROR,
        Text("冒号是全角的。", "The colon is full-width."),
        Span(FILE, 3, 11, 3, 12),
        help=Text("改成半角，100% 安全", "Use a half-width one, 100% safe"),
        source="《行政许可法》第三十条",
        fix=Fix(Text("换成半角冒号", "use a half-width colon"), (Edit(COLON, COLON + 1, ": "),), True),
    ),
    Diagnostic(
        "GF-M01",
        "catch-all-material",
        Severity.WARNING,
        Text("兜底条款：“其他材料”，不得要求。", "A catch-all: other materials."),
        Span(FILE, 2, 7, 2, 13),
    ),
    Diagnostic("GF-H01", "short-name", Severity.HINT, Text("可更短", "could be shorter"), Span("b.yaml", 1, 1, 2, 3)),
)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("format", FORMATS)
def test_golden(format: str, lang: str) -> None:
    """Every format in both languages stays as the golden file shows it."""
    shown = render(SAMPLE, format, lang=lang, sources=SOURCES, files=12, seconds=0.125)
    golden = GOLDEN / f"sample.{lang}.{format}.txt"
    if os.environ.get("GOVFLOW_UPDATE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8", newline="")
    assert shown == golden.read_text(encoding="utf-8")


def test_order_of_arguments_does_not_show() -> None:
    """The output depends on the findings, not on the order in which rules gave them; equal ones appear once."""
    for format in FORMATS:
        assert render(SAMPLE, format, files=1) == render((*reversed(SAMPLE), SAMPLE[0]), format, files=1)


def test_sorted_by_file_line_column_code() -> None:
    """Findings are shown in reading order."""
    found = [finding(2, 1), finding(1, 9), finding(1, 9, code="GF-A01"), finding(9, 9, file="a.yaml")]
    assert [(d.span.file, d.span.line, d.code) for d in ordered(found)] == [
        ("a.yaml", 9, "GF-X01"),
        (FILE, 1, "GF-A01"),
        (FILE, 1, "GF-X01"),
        (FILE, 2, "GF-X01"),
    ]


def test_severity_words() -> None:
    """A severity is named by its word, and an unknown word lists the known ones."""
    assert Severity.parse("Warning") is Severity.WARNING
    assert Severity.ERROR < Severity.HINT
    with pytest.raises(ValueError, match="error, warning, hint"):
        Severity.parse("fatal")


def test_caret_stands_under_chinese() -> None:
    """A Chinese character takes two cells, so the caret is moved by two for each."""
    lines = render([SAMPLE[1]], "full", sources=SOURCES, files=1).splitlines()
    shown = next(line for line in lines if "visits" in line)
    caret = next(line for line in lines if "^" in line)
    assert cells(shown[: shown.index("：")]) == caret.index("^")
    assert caret.count("^") == 2


def test_excerpt_of_long_and_hostile_lines() -> None:
    """A long line is cut around the mark, and no escape sequence reaches the terminal."""
    text = "x" * 500 + "\x1b[31m\u202e" + "y" * 500
    at = Diagnostic("GF-X01", "n", Severity.ERROR, Text("\x1b[2J", ""), Span("\x1b.yaml", 1, 501, 1, 502))
    shown = render([at], "full", sources={"\x1b.yaml": text}, files=1)
    assert "\x1b" not in shown and "\u202e" not in shown
    assert "<U+001B>" in shown and max(map(len, shown.splitlines())) < 200
    assert "\x1b" not in render([at], "concise")


@pytest.mark.parametrize("span", [Span(FILE, 99, 1, 99, 2), Span(FILE, 1, 99, 1, 100), Span("none", 1, 1, 1, 1)])
def test_places_outside_the_text(span: Span) -> None:
    """A place that the text does not have gives a finding without an excerpt, never an error."""
    one = Diagnostic("GF-X01", "n", Severity.ERROR, Text("有误", "wrong"), span)
    for format in FORMATS:
        assert "GF-X01" in render([one], format, sources=SOURCES, files=1)


def test_success_line() -> None:
    """Without findings the full format is one line with a tick."""
    assert render([], "full", files=3) == "✓ 检查了 3 个文件，没有发现问题\n"
    assert render([], "full", files=1, lang="en", seconds=0.5) == "✓ 1 file checked, no findings (0.50 s)\n"
    assert render([], "concise", files=3) == ""
    assert "\x1b[32m✓" in render([], "full", files=3, colour=True)


def test_colour_only_adds_escapes() -> None:
    """Colour changes nothing but the escape sequences."""
    coloured = render(SAMPLE, "full", sources=SOURCES, files=1, colour=True)
    for code in ("1;31", "1;33", "1;36", "31", "33", "36", "2", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == render(SAMPLE, "full", sources=SOURCES, files=1)


def test_unknown_format() -> None:
    """An unknown format is refused with the list of known ones."""
    with pytest.raises(ValueError, match="full, concise"):
        render([], "xml")


def test_json_shape() -> None:
    """The JSON form has exactly the promised keys."""
    data = json.loads(render(SAMPLE, "json", sources=SOURCES, files=12))
    assert set(data) == {"version", "files", "findings"} and data["version"] == 1 and data["files"] == 12
    places = ["file", "line", "column", "end_line", "end_column"]
    keys = ["code", "name", "severity", *places, "message", "help", "source", "fixable"]
    assert all(list(found) == keys for found in data["findings"])
    assert [found["fixable"] for found in data["findings"]] == [False, False, True, False]


def test_sarif_is_consistent() -> None:
    """Every SARIF result points to its rule, and paths are relative URIs."""
    run = json.loads(render(SAMPLE, "sarif", sources=SOURCES, files=12))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({d.code for d in SAMPLE})
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri in ("items/%E9%A4%90%E9%A5%AE%20%E8%AE%B8%E5%8F%AF.yaml", "b.yaml")
    fixed = [result for result in run["results"] if "fixes" in result]
    region = fixed[0]["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]
    assert (region["startLine"], region["startColumn"], region["charLength"]) == (3, 11, 1)


def test_github_is_escaped_and_capped() -> None:
    """Annotations are escaped, the worst come first, and no more than ten of each kind are given."""
    found = [finding(n, 1, severity=Severity.HINT) for n in range(1, 14)]
    found += [finding(99, 1, zh="第一行\n50%", file="a,b:c.yaml")]
    lines = render(found, "github").splitlines()
    assert lines[0].startswith("::error file=a%2Cb%3Ac.yaml,line=99,col=1,")
    assert lines[0].endswith("::第一行%0A50%25")
    assert sum(line.startswith("::notice file=") for line in lines) == 10
    assert "还有 3 条未列出" in lines[-1]


def test_junit_is_xml_whatever_the_text() -> None:
    """Characters that XML cannot hold are replaced."""
    odd = finding(zh='<&">\x00\ud800\ufffe', file="a&b.yaml")
    root = ET.fromstring(render([odd, *SAMPLE], "junit", files=2).encode("utf-8"))
    assert root.get("failures") == "3" and len(root.findall(".//failure")) == 3
    assert root.findall("testsuite")[0].get("name") == "a&b.yaml"
    assert len(ET.fromstring(render([], "junit", files=2)).findall(".//testcase")) == 1


def fix(*edits: tuple[int, int, str], safe: bool = True) -> Fix:
    """A fix from plain triples."""
    return Fix(Text("改", "mend"), tuple(Edit(*edit) for edit in edits), safe)


def test_fixes_by_range() -> None:
    """Safe fixes are made whole, an overlapping one waits, an unsafe one is left unless asked for."""
    one = finding(1, 1, fix=fix((0, 1, "A"), (4, 5, "E")))
    two = finding(1, 2, fix=fix((1, 2, "B"), (4, 6, "!")))
    three = finding(1, 3, fix=fix((2, 3, ""), safe=False))
    four = finding(1, 4, fix=fix((90, 91, "x")))
    assert apply_fixes("abcdef", [four, three, two, one]) == ("AbcdEf", (one,))
    assert apply_fixes("abcdef", [three, two, one], unsafe=True) == ("AbdEf", (one, three))
    assert apply_fixes("abc", []) == ("abc", ())


def test_the_same_edit_mends_two_findings() -> None:
    """Two findings with one and the same mend are both mended by making it once."""
    found = [finding(1, 1, fix=fix((0, 1, "A"))), finding(1, 2, fix=fix((0, 1, "A")))]
    assert apply_fixes("abc", found) == ("Abc", tuple(found))


@settings(max_examples=60)
@given(
    st.text(max_size=20), st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4), st.text(max_size=3)), max_size=6)
)
def test_fixes_touch_nothing_else(text: str, edits: list[tuple[int, int, str]]) -> None:
    """Applying fixes equals replacing exactly the ranges of the findings reported as mended."""
    found = [finding(n + 1, fix=fix((start, start + size, new))) for n, (start, size, new) in enumerate(edits)]
    new, applied = apply_fixes(text, found)
    wanted = dict.fromkeys(edit for d in applied if d.fix for edit in d.fix.edits)
    assert new == replace_ranges(text, wanted)
    assert all(edit.end_offset <= len(text) for edit in wanted)


def test_diff() -> None:
    """The diff is unified, names the file, and minds a missing last line feed."""
    assert diff("a\nb\n", "a\nc\n", "x.yaml") == "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    assert diff("a", "b", "x").endswith("-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n")
    assert diff("a\u2028b\n", "a\u2028b\n", "x") == ""


def ignore(*names: str, line: int = 1, reason: str = "历史原因") -> Suppression:
    """An ignore comment at the end of a line."""
    return Suppression(line, names, reason, Span(FILE, line, 20, line, 60))


KNOWN = {"GF-X01", "some-rule", "GF-A01", "other-rule"}


@pytest.mark.parametrize("word", ["GF-X01", "some-rule"])
def test_suppressed_by_code_or_name(word: str) -> None:
    """A comment with a reason takes the finding of its own line out, and no other."""
    found = [finding(1), finding(2)]
    assert apply_suppressions(found, {FILE: [ignore(word)]}, KNOWN) == (found[1],)


def test_suppression_without_reason() -> None:
    """Without a reason nothing is taken out, and the comment itself is a finding."""
    left = apply_suppressions([finding(1)], {FILE: [ignore("some-rule", reason="")]}, KNOWN)
    assert [d.name for d in left] == ["some-rule", "suppression-without-reason"]


@pytest.mark.parametrize("names", [("no-such-rule",), ()])
def test_suppression_unknown(names: tuple[str, ...]) -> None:
    """A comment that names no known rule is one finding."""
    left = apply_suppressions([finding(1)], {FILE: [ignore(*names)]}, KNOWN)
    assert [d.name for d in left] == ["some-rule", "suppression-unknown"]


def test_suppression_unused() -> None:
    """Each name that takes nothing out is a finding; the name that does is not."""
    left = apply_suppressions(
        [finding(1)], {FILE: [ignore("some-rule", "other-rule"), ignore("some-rule", line=7)]}, KNOWN
    )
    assert [(d.name, d.span.line) for d in left] == [("suppression-unused", 1), ("suppression-unused", 7)]
    assert "other-rule" in left[0].message.zh


def test_suppression_is_of_its_file() -> None:
    """A comment speaks for its own file only."""
    left = apply_suppressions([finding(1, file="b.yaml")], {FILE: [ignore("some-rule")]}, KNOWN)
    assert [d.name for d in left] == ["some-rule", "suppression-unused"]


def test_message_language() -> None:
    """Each language is understood in the ways it is written; another one is refused by name."""
    message = Text("中", "en")
    tags = ("zh", "zh-CN", "zh_CN.UTF-8", "en", "en-GB", "en_GB.UTF-8", "EN")
    assert [message.text(lang) for lang in tags] == ["中", "中", "中", "en", "en", "en", "en"]
    assert Text("只有中文").text("en") == "只有中文" and str(Text("", "only English")) == "only English"
    with pytest.raises(ValueError, match="fr"):
        message.text("fr")
