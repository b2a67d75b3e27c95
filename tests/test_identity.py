"""Numbers that name bodies, persons, places and items."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

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
    body = "91421300" + body[8:]
    right = next(body + c for c in ALPHABET if codes.check_uscc(body + c) is None)
    changed = right[:at] + char + right[at + 1 :]
    assert (codes.check_uscc(changed) is None) == (changed == right)


@pytest.mark.parametrize(
    ("body", "zh", "en"),
    [
        ("00000000000000000", "前两位 00 不是登记管理部门", "begins with 00"),
        ("B1421300MBXX00019", "前两位 B1 不是登记管理部门", "begins with B1"),
        ("94421300MBXX00019", "前两位 94 不是登记管理部门", "begins with 94"),
        ("91011300MBXX00019", "第 3–8 位 011300 不是", "characters 3-8"),
        ("91101300MBXX00019", "第 3–8 位 101300 不是", "characters 3-8"),
    ],
)
def test_a_right_check_character_makes_no_code(body: str, zh: str, en: str) -> None:
    """GB 32100: registering department and class from its table, a region of GB/T 2260 or the nation."""
    reason = codes.check_uscc(body + uscc.calc_check_digit(body))
    assert reason is not None and zh in reason[0] and en in reason[1]


def test_the_nation_registers_too() -> None:
    """Registered by a ministry: region 100000; military, villages and collectives have letters or classes of their own."""
    for head in ("91100000", "A1100000", "N2421300", "54421300", "Y1100000"):
        body = head + "MBXX00019"
        assert codes.check_uscc(body + uscc.calc_check_digit(body)) is None


def test_no_citizen_number_is_a_company_code() -> None:
    """One in 31 has the check character of a company code as well; it stays a citizen's number."""
    bodies = (f"5111111980{month:02}{day:02}{n:03}" for month in (1, 2) for day in range(1, 29) for n in range(100))
    numbers = (body + ric.calc_check_digit(body + "0") for body in bodies)
    both = [number for number in numbers if uscc.calc_check_digit(number[:17]) == number[17]]
    assert len(both) > 50
    assert all("这是公民身份号码" in (codes.check_uscc(number) or ("", ""))[0] for number in both)


FOREIGNER = "911124198108030024"  # the specimen of the card of 2023


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (CITIZENS[0], None), (CITIZENS[0], "居民身份证"), (FOREIGNER, None), (FOREIGNER, "外国人永久居留身份证"),
        ("USA110081010101", "外国人永久居留身份证"), ("830000199201300022", "港澳台居民居住证"), ("830000199201300022", None),
        ("E12345678", "护照"), ("H12345678", "港澳居民来往内地通行证"), ("M1234567800", "港澳居民来往内地通行证"),
        ("12345678", "台湾居民来往大陆通行证"),
    ],
)  # fmt: skip
def test_right_numbers_of_persons(text: str, kind: str | None) -> None:
    """Each kind of document by the form of its numbers; 18 characters say themselves what they are."""
    assert codes.check_person_number(text, kind, TODAY) is None


@pytest.mark.parametrize(
    ("text", "kind", "zh"),
    [
        (FOREIGNER[:-1] + "5", None, "外国人永久居留身份证号码的校验码应为 4"),
        (FOREIGNER, "居民身份证", "前两位 91"),
        ("999124198108030024", None, "第 2–3 位不是省级"),
        ("911124198113030024", None, "不是真实的出生日期"),
        ("11010519491231002X", "港澳台居民居住证", "应以 81、82 或 83 开头"),
        ("110105", "港澳台居民居住证", "应为 18 位"),
        ("护照E1234", "护照", "5 至 20 位"),
        ("ABCDEFG", "护照", "5 至 20 位"),
        ("H1234567", "港澳居民来往内地通行证", "8 位或 10 位"),
        ("1234567", "台湾居民来往大陆通行证", "8 位数字"),
        ("E12345678", None, "应为 18 位"),
    ],
)
def test_wrong_numbers_of_persons(text: str, kind: str | None, zh: str) -> None:
    """The reason names the document, and never repeats its number."""
    reason = codes.check_person_number(text, kind, TODAY)
    assert reason is not None and zh in reason[0] and reason[1].isascii()
    assert text not in "".join(reason)


@pytest.mark.parametrize(
    "typed",
    ["11010519491231002x", " 11010519491231002X ", "１１０１０５１９４９１２３１００２Ｘ", "110105 19491231 002X"],
)
def test_a_number_has_one_form(typed: str) -> None:
    """Half width, capitals, no spaces, whatever was typed."""
    assert codes.normal_number(typed) == codes.normal_number(codes.normal_number(typed)) == "11010519491231002X"


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
