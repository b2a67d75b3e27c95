"""Numbers that name bodies, persons, places and items."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.language import codes

TODAY = date(2026, 3, 2)
USCCS = ("91110000600037341L", "11421300MBXX00019B", "11421300MBXX00043U", "12421300MBXX0006XB", "12421300MBXX002030")
CITIZENS = ("11010519491231002X", "360426199101010071", "440524188001010014")
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("text", USCCS)
def test_right_uscc(text: str) -> None:
    """Published and synthetic codes with the right check character pass."""
    assert codes.check_uscc(text) is None


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("", "实为 0 位", "found 0"),
        ("11421300MBXX00019", "应为 18 位，实为 17 位", "has 18 characters; found 17"),
        ("11421300MBXX0001OB", "第 17 位是“O”", "character 17"),
        ("11421300mbXX00019B", "第 9 位是“m”，应为数字或大写字母", "character 9"),
        ("1142130AMBXX00019B", "第 8 位是“A”，应为数字", "expected a digit"),
        ("11421300MBXX00019C", "校验码应为 B，实为 C", "should be B, found C"),
        (" 1421300MBXX00019B", "第 1 位是“U+0020”", "U+0020"),
        ("１1421300MBXX00019B", "第 1 位是“１”", "character 1"),
    ],
)
def test_wrong_uscc(text: str, zh: str, en: str) -> None:
    """The reason says the length, the character and its place, or both check characters."""
    reason = codes.check_uscc(text)
    assert reason is not None
    assert zh in reason[0]
    assert en in reason[1]


@given(st.text(ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.sampled_from(ALPHABET))
@settings(max_examples=150)
def test_one_wrong_character_shows(body: str, at: int, char: str) -> None:
    """Changing any one character of a right code makes it wrong (31 is prime, no weight is 0)."""
    body = body[:2] + "421300" + body[8:]
    right = next(body + c for c in ALPHABET if codes.check_uscc(body + c) is None)
    changed = right[:at] + char + right[at + 1 :]
    assert (codes.check_uscc(changed) is None) == (changed == right)


@given(st.text(max_size=40))
@settings(max_examples=150)
def test_no_text_raises(text: str) -> None:
    """Whatever a form sends, the checks answer and never raise."""
    for reason in (
        codes.check_uscc(text),
        codes.check_citizen_id(text, TODAY),
        codes.check_region(text),
        codes.check_basic_code(text),
        codes.check_implementation_code(text),
        codes.check_handling_code(text, "1" * 31),
    ):
        assert reason is None or all(reason)
    assert len(codes.masked(text)) == len(text)


@pytest.mark.parametrize("text", CITIZENS)
def test_right_citizen_id(text: str) -> None:
    """Numbers printed in the standard and in public documents pass, with a small x as well."""
    assert codes.check_citizen_id(text, TODAY) is None
    assert codes.check_citizen_id(text.lower(), TODAY) is None
    assert codes.normal_citizen_id(text.lower()) == text


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("110105491231002", "15 位"),
        ("1101051949123100", "应为 18 位，实为 16 位"),
        ("11010519491231002Y", "第 18 位"),
        ("1101051949123100XX", "第 17 位"),
        ("11010519490230002X", "不是真实的出生日期"),
        ("00010519491231002X", "前两位 00"),
        ("110105194912310021", "校验码应为 X，实为 1"),
        ("11010520991231002X", "晚于今天"),
        ("110105102912310020", "早于 150 年前"),
    ],
)
def test_wrong_citizen_id(text: str, zh: str) -> None:
    """Each fault has its own reason, and no reason repeats the number."""
    reason = codes.check_citizen_id(text, TODAY)
    assert reason is not None
    assert zh in reason[0]
    assert text[6:] not in "".join(reason)


def test_newborn_today() -> None:
    """A child born today has a valid number; the day before it is in the future."""
    number = next(n for c in "0123456789X" if not codes.check_citizen_id(n := "42130020260302001" + c, TODAY))
    assert codes.check_citizen_id(number, date(2026, 3, 1)) is not None


def test_masked() -> None:
    """Logs show region and check character only."""
    assert codes.masked("11010519491231002X") == "110105***********X"
    assert codes.masked("123") == "***"


def test_regions() -> None:
    """Regions are checked by shape and province."""
    assert len(codes.PROVINCES) == 34
    assert all(codes.check_region(f"{code}0000") is None for code in codes.PROVINCES)
    wrong = {"42130": "实为 5 位", "990000": "前两位 99", "420081": "没有市级代码", "42l300": "第 3 位"}
    for text, zh in wrong.items():
        reason = codes.check_region(text)
        assert reason is not None
        assert zh in reason[0]


def test_item_codes() -> None:
    """A basic code may hold letters in its main item; an implementation code is checked part by part."""
    assert codes.check_basic_code("42015005N000") is None
    assert "第 9 位" in (codes.check_basic_code("42015005n000") or ("", ""))[0]
    code = "11421300MBXX00019B3420150007000"
    assert codes.check_implementation_code(code) is None
    parts = {
        code[:-1]: "应为 31 位，实为 30 位",
        code[:17] + "C" + code[18:]: "第 1–18 位",
        code[:18] + "7" + code[19:]: "第 19 位",
    }
    for text, zh in parts.items():
        reason = codes.check_implementation_code(text)
        assert reason is not None
        assert zh in reason[0]
    assert codes.check_handling_code(code + "01", code) is None
    assert "开头" in (codes.check_handling_code("2" + code[1:] + "01", code) or ("", ""))[0]
    assert "第 33 位" in (codes.check_handling_code(code + "0a", code) or ("", ""))[0]
