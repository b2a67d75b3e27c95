"""Numbers that name a body, a person, a place or an item, and why one of them is wrong.

Every `check_*` returns None for a right number, else one reason as (Chinese, English). A reason never repeats
a number of a person, so that it may be logged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from stdnum.cn import ric, uscc

from govflow.vocabulary import IdKind

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

# GB 32100-2015 with its amendment: the department that registers a body, and the classes of body that it registers.
_REGISTERED: Mapping[str, str] = MappingProxyType(
    {
        "1": "1239", "2": "19", "3": "123459", "4": "19", "5": "123459", "6": "129", "7": "129", "8": "19", "9": "1239",
        "A": "19", "N": "1239", "Y": "1",
    }
)  # fmt: skip
_OLDEST = 150


def normal_number(text: str) -> str:
    """A number of a person or a body in the one form that is stored and compared.

    Half width, capitals, without spaces: people type, paste and scan them in many ways.
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


@lru_cache(maxsize=4096)
def check_uscc(text: str) -> Reason | None:
    """Say what is wrong with a unified social credit code 统一社会信用代码, or None.

    GB 32100-2015: registering department 1, class of body 1, region of the registry 6 (GB/T 2260), subject 9, check
    character 1. Not looked at: counties, and the subject's own check character, which old registers did not keep.
    """
    zh, en = "统一社会信用代码", "unified social credit code"
    allowed = [_USCC_CHARACTERS] * 2 + [_DIGITS] * 6 + [_USCC_CHARACTERS] * 10
    reason = _shape(text, allowed, zh, en)
    if reason:
        return reason
    if check_citizen_id(text, None) is None:
        return f"这是公民身份号码，不是{zh}", f"this is a citizen ID number, not a {en}"
    if text[1] not in _REGISTERED.get(text[0], ""):
        return (
            f"{zh}的前两位 {text[:2]} 不是登记管理部门和机构类别（GB 32100）",
            f"the {en} begins with {text[:2]}, which is no registering department and class (GB 32100)",
        )
    if text[2:8] != "100000" and text[2:4] not in PROVINCES:
        return (
            f"{zh}第 3–8 位 {text[2:8]} 不是登记管理机关的行政区划代码",
            f"characters 3-8 of the {en} are {text[2:8]}, which is no region code (GB/T 2260)",
        )
    return _checksum(text, uscc.calc_check_digit(text[:17]), zh, en)


def check_person_number(text: str, kind: str | None, today: date | None) -> Reason | None:
    """Say what is wrong with the number of a natural person's document, or None.

    `kind` is a word of `IdKind`; without it 18 characters are taken for what they say they are: a foreigner's permanent
    residence when they begin with 9, else a citizen's number or a residence permit of Hong Kong, Macao or Taiwan.
    """
    if kind is None:
        kind = IdKind.FOREIGNER if len(text) == 18 and text.startswith("9") else IdKind.CITIZEN
    if kind == IdKind.FOREIGNER:
        return check_foreigner_id(text, today)
    if kind == IdKind.RESIDENT:
        outside = len(text) == 18 and text[:2] not in ("81", "82", "83")
        reason = (
            "港澳台居民居住证号码应以 81、82 或 83 开头",
            "a residence permit of Hong Kong, Macao or Taiwan begins with 81, 82 or 83",
        )
        return reason if outside else check_citizen_id(text, today)
    if kind in _DOCUMENTS:
        pattern, described = _DOCUMENTS[IdKind.of(kind)]
        return None if re.fullmatch(pattern, text) else described
    return check_citizen_id(text, today)


_DOCUMENTS: Mapping[IdKind, tuple[str, Reason]] = MappingProxyType(
    {
        IdKind.PASSPORT: (
            r"(?=[A-Z]*[0-9])[A-Z0-9]{5,20}",
            ("护照号码应为 5 至 20 位数字或大写字母", "a passport number has 5 to 20 digits or capital letters"),
        ),
        IdKind.HK_MACAO: (
            r"[HM]([0-9]{8}|[0-9]{10})",
            (
                "港澳居民来往内地通行证号码应为 H 或 M 加 8 位或 10 位数字",
                "the permit's number is H or M and 8 or 10 digits",
            ),
        ),
        IdKind.TAIWAN: (
            r"[0-9]{8}",
            ("台湾居民来往大陆通行证号码应为 8 位数字", "the permit's number has 8 digits"),
        ),
    }
)
"""Documents without a check character: the form of their numbers, and what to say of another (ICAO 9303; 出入境管理法)."""


def check_foreigner_id(text: str, today: date | None) -> Reason | None:
    """Say what is wrong with the number of a foreigner's permanent residence 外国人永久居留身份证, or None.

    GA 2102-2023: 9, province of issue 2, nation 3 (ISO 3166 number), birth 8, serial 3, check character 1 (as GB 11643).
    Cards of before 2023 have three letters of the nation and twelve digits; they stay valid until they run out.
    """
    zh, en = "外国人永久居留身份证号码", "number of a foreigner's permanent residence"
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", text):
        return None
    reason = _shape(text, ["9"] + [_DIGITS] * 16 + [_DIGITS + "X"], zh, en)
    if reason:
        return reason
    if text[1:3] not in PROVINCES:
        return f"{zh}第 2–3 位不是省级行政区划代码", f"characters 2-3 of the {en} are no province (GB/T 2260)"
    return _birth(text, today, zh, en) or _checksum(text, ric.calc_check_digit(text), zh, en)


def check_citizen_id(text: str, today: date | None) -> Reason | None:
    """Say what is wrong with a citizen ID number 公民身份号码 (GB 11643-1999), or None.

    Residence permits of Hong Kong, Macao and Taiwan residents have the same shape (国办发〔2018〕81号). A lower-case x is
    accepted; a 15-digit number of the first generation is not valid any more. Without `today` the date of birth only has
    to exist.
    """
    zh, en = "公民身份号码", "citizen ID number"
    if len(text) == 15 and not set(text) - set(_DIGITS):
        return (
            "15 位的旧身份证号已不再有效，应填 18 位公民身份号码",
            "15-digit ID numbers are no longer valid; give the 18-character number",
        )
    number = text[:-1] + text[-1:].replace("x", "X")
    reason = _shape(number, [_DIGITS] * 17 + [_DIGITS + "X"], zh, en)
    if reason:
        return reason
    if number[:2] not in _CITIZEN_PROVINCES:
        return (
            f"公民身份号码的前两位 {number[:2]} 不是省级行政区划代码",
            f"the citizen ID number begins with {number[:2]}, which is no province (GB/T 2260)",
        )
    return _birth(number, today, zh, en) or _checksum(number, ric.calc_check_digit(number), zh, en)


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


def _birth(number: str, today: date | None, zh: str, en: str) -> Reason | None:
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    try:
        born = date(year, month, day)
    except ValueError:
        return f"{zh}第 7–14 位不是真实的出生日期", f"characters 7-14 of the {en} are no real date of birth"
    if today is None:
        return None
    if born > today:
        return f"{zh}中的出生日期晚于今天", f"the date of birth in the {en} is in the future"
    if today.year - born.year > _OLDEST:
        return (
            f"{zh}中的出生日期早于 {_OLDEST} 年前",
            f"the date of birth in the {en} is more than {_OLDEST} years ago",
        )
    return None


_DESCRIBED = {
    _DIGITS: ("数字", "a digit"),
    _DIGITS + "X": ("数字或 X", "a digit or X"),
    _DIGITS + _CAPITALS: ("数字或大写字母", "a digit or a capital letter"),
    _USCC_CHARACTERS: ("数字或大写字母（不用 I、O、S、V、Z）", "a digit or a capital letter other than I, O, S, V, Z"),
}
