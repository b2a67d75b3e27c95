"""Numbers that name a body, a person, a place or an item, and why one of them is wrong.

Every `check_*` returns None for a right number, else one reason as (Chinese, English). A reason never repeats
a citizen ID number, so that it may be logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from stdnum.cn import ric, uscc

Reason = tuple[str, str]

# GB/T 2260: the first two digits of a region code.
PROVINCES: Mapping[str, str] = MappingProxyType(
    {
        "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区",
        "21": "辽宁省", "22": "吉林省", "23": "黑龙江省",
        "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省", "37": "山东省",
        "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西壮族自治区", "46": "海南省",
        "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区",
        "61": "陕西省", "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区", "65": "新疆维吾尔自治区",
        "71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区",
    }
)  # fmt: skip

# 行使层级: the digit after the USCC in an implementation code.
LEVEL_DIGITS: Mapping[str, str] = MappingProxyType(
    {"国家级": "1", "省级": "2", "市级": "3", "县级": "4", "镇级": "5", "村级": "6"}
)

# 事项类型: digits 3-4 of a basic code.
TYPE_DIGITS: Mapping[str, str] = MappingProxyType(
    {
        "行政许可": "01", "行政处罚": "02", "行政强制": "03", "行政征收": "04", "行政给付": "05", "行政检查": "06",
        "行政确认": "07", "行政奖励": "08", "行政裁决": "09", "其他行政权力": "10", "公共服务": "20",
    }
)  # fmt: skip

_CITIZEN_PROVINCES = frozenset(PROVINCES) | {"83"}  # 83: residence permit of a Taiwan resident
_USCC_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_DIGITS = "0123456789"
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NATION = ("000000", "100000")
_OLDEST = 150


@lru_cache(maxsize=4096)
def check_uscc(text: str) -> Reason | None:
    """Say what is wrong with a unified social credit code 统一社会信用代码 (GB 32100-2015), or None."""
    allowed = [_USCC_CHARACTERS] * 2 + [_DIGITS] * 6 + [_USCC_CHARACTERS] * 10
    reason = _shape(text, allowed, "统一社会信用代码", "unified social credit code")
    if reason:
        return reason
    return _checksum(text, uscc.calc_check_digit(text[:17]), "统一社会信用代码", "unified social credit code")


def check_citizen_id(text: str, today: date | None) -> Reason | None:
    """Say what is wrong with a citizen ID number 公民身份号码 (GB 11643-1999), or None.

    Residence permits of Hong Kong, Macao and Taiwan residents have the same shape. A lower-case x is accepted
    (`normal_citizen_id` turns it); a 15-digit number of the first generation is not valid any more. Without `today` the
    date of birth only has to exist.
    """
    if len(text) == 15 and not set(text) - set(_DIGITS):
        return (
            "15 位的旧身份证号已不再有效，应填 18 位公民身份号码",
            "15-digit ID numbers are no longer valid; give the 18-character number",
        )
    number = normal_citizen_id(text)
    reason = _shape(number, [_DIGITS] * 17 + [_DIGITS + "X"], "公民身份号码", "citizen ID number")
    if reason:
        return reason
    if number[:2] not in _CITIZEN_PROVINCES:
        return (
            f"公民身份号码的前两位 {number[:2]} 不是省级行政区划代码",
            f"the citizen ID number begins with {number[:2]}, which is no province (GB/T 2260)",
        )
    return _birth(number, today) or _checksum(number, ric.calc_check_digit(number), "公民身份号码", "citizen ID number")


def normal_citizen_id(text: str) -> str:
    """The number with its last letter as a capital X, the form that is stored and compared."""
    return text[:-1] + "X" if text.endswith("x") else text


def masked(text: str) -> str:
    """A citizen ID number with birth date and sequence hidden, for logs, reports and exports."""
    return text[:6] + "*" * (len(text) - 7) + text[-1:] if len(text) > 7 else "*" * len(text)


def check_region(text: str) -> Reason | None:
    """Say what is wrong with a region code 行政区划代码 (GB/T 2260), or None.

    Six digits, nine for towns, twelve for villages. Checked by shape and province only: the table of counties
    changes every year. The nation is 000000 or 100000.
    """
    wrong = next((at for at, char in enumerate(text, 1) if char not in _DIGITS), None)
    if wrong is not None:
        return _illegal(text, wrong, "行政区划代码", "region code", "数字", "digits")
    if len(text) not in (6, 9, 12):
        return (
            f"行政区划代码应为 6 位（乡镇 9 位、村 12 位），实为 {len(text)} 位",
            f"a region code has 6 digits (9 for towns, 12 for villages); found {len(text)}",
        )
    if text in _NATION:
        return None
    if text[:2] not in PROVINCES:
        return (
            f"行政区划代码的前两位 {text[:2]} 不是省级行政区划代码",
            f"the region code begins with {text[:2]}, which is no province (GB/T 2260)",
        )
    if text[2:4] == "00" and text[4:6] != "00":
        return (
            f"行政区划代码 {text} 有县级代码 {text[4:6]} 而没有市级代码",
            f"region code {text} has the county digits {text[4:6]} without city digits",
        )
    return None


def check_basic_code(text: str) -> Reason | None:
    """Say what is wrong with a basic code 基本编码, or None.

    Twelve characters: region 2, type 2, system 2, main item 3 (capitals allowed), sub-item 3.
    """
    allowed = [_DIGITS] * 6 + [_DIGITS + _CAPITALS] * 3 + [_DIGITS] * 3
    return _shape(text, allowed, "基本编码", "basic code")


@lru_cache(maxsize=4096)
def check_implementation_code(text: str) -> Reason | None:
    """Say what is wrong with an implementation code 实施编码 (USCC 18 + level 1 + basic code 12), or None.

    The basic code in it is not looked at: it is judged where it is written by itself.
    """
    if len(text) != 31:
        return _length(text, 31, "实施编码", "implementation code")
    inner = check_uscc(text[:18])
    if inner:
        return f"实施编码第 1–18 位：{inner[0]}", f"characters 1-18 of the implementation code: {inner[1]}"
    if text[18] not in LEVEL_DIGITS.values():
        return _illegal(text, 19, "实施编码", "implementation code", " 1 至 6（行使层级）", "1 to 6 (level)")
    return None


def check_handling_code(text: str, implementation: str) -> Reason | None:
    """Say what is wrong with a handling-item code 业务办理项编码 (implementation code 31 + serial 2), or None."""
    if len(text) != 33:
        return _length(text, 33, "业务办理项编码", "handling-item code")
    if not text.startswith(implementation):
        return (
            f"业务办理项编码应以实施编码 {implementation} 开头",
            f"a handling-item code begins with the implementation code {implementation}",
        )
    wrong = next((at for at in (32, 33) if text[at - 1] not in _DIGITS), None)
    return None if wrong is None else _illegal(text, wrong, "业务办理项编码", "handling-item code", "数字", "digits")


def _shape(text: str, allowed: list[str], zh: str, en: str) -> Reason | None:
    if len(text) != len(allowed):
        return _length(text, len(allowed), zh, en)
    for at, (char, characters) in enumerate(zip(text, allowed, strict=True), 1):
        if char not in characters:
            return _illegal(text, at, zh, en, *_DESCRIBED.get(characters, (characters, characters)))
    return None


def _length(text: str, expected: int, zh: str, en: str) -> Reason:
    return f"{zh}应为 {expected} 位，实为 {len(text)} 位", f"the {en} has {expected} characters; found {len(text)}"


def _illegal(text: str, at: int, zh: str, en: str, expected_zh: str, expected_en: str) -> Reason:
    char = text[at - 1]
    shown = char if char.isprintable() and not char.isspace() else f"U+{ord(char):04X}"
    return (
        f"{zh}第 {at} 位是“{shown}”，应为{expected_zh}",
        f"character {at} of the {en} is {shown!r}, expected {expected_en}",
    )


def _checksum(text: str, expected: str, zh: str, en: str) -> Reason | None:
    if text[-1] == expected:
        return None
    return (
        f"{zh}的校验码应为 {expected}，实为 {text[-1]}",
        f"the check character of the {en} should be {expected}, found {text[-1]}",
    )


def _birth(number: str, today: date | None) -> Reason | None:
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    try:
        born = date(year, month, day)
    except ValueError:
        return (
            "公民身份号码第 7–14 位不是真实的出生日期",
            "characters 7-14 of the citizen ID number are no real date of birth",
        )
    if today is None:
        return None
    if born > today:
        return "公民身份号码中的出生日期晚于今天", "the date of birth in the citizen ID number is in the future"
    if today.year - born.year > _OLDEST:
        return (
            f"公民身份号码中的出生日期早于 {_OLDEST} 年前",
            f"the date of birth in the citizen ID number is more than {_OLDEST} years ago",
        )
    return None


_DESCRIBED = {
    _DIGITS: ("数字", "a digit"),
    _DIGITS + "X": ("数字或 X", "a digit or X"),
    _DIGITS + _CAPITALS: ("数字或大写字母", "a digit or a capital letter"),
    _USCC_CHARACTERS: ("数字或大写字母（不用 I、O、S、V、Z）", "a digit or a capital letter other than I, O, S, V, Z"),
}
