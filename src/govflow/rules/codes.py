"""Codes and identity (group C): 基本编码, 实施编码, 业务办理项编码, credit codes, ID numbers, regions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from govflow.language.codes import (
    LEVEL_DIGITS,
    PROVINCES,
    TYPE_DIGITS,
    check_basic_code,
    check_citizen_id,
    check_handling_code,
    check_implementation_code,
    check_region,
    check_uscc,
)
from govflow.language.model import Department, Item
from govflow.rules.context import Context
from govflow.rules.summaries import ItemSummary
from govflow.rules.types import Finding, Key, Path, Subject, finding
from govflow.rules.wording import same_name_key
from govflow.text import Text

# Provinces whose lists give a type other digits than the national list: province -> type -> digits.
REGIONAL_TYPE_DIGITS: Mapping[str, Mapping[str, str]] = {"44": {"公共服务": "21"}}
# Begins with a set of characters, which lets the search skip all others; what stands before is looked at after.
_EIGHTEEN = re.compile(r"[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")
_CITIZEN_ID = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")


def basic_code_wrong(context: Context, item: Item) -> Iterator[Finding]:
    """基本编码缺失或不合规 / Basic code missing or wrong

    没有基本编码，或者不是 12 位的正确形式。
    The basic code is missing or not 12 characters of the right shape.

    基本编码是全国统一的身份；没有它，同一事项无法比对。
    It is the nationwide identity of the item; without it the same item cannot be compared.

    来源：重庆市（2017）：统一编码管理；GB/T 39554.1-2020 编码要求

    坏：
        code: {basic: "42015000100"}
    好：
        code: {basic: "420150001000"}
    """
    if not item.basic:
        yield finding(("code",), "没有基本编码（code.basic）。", "The basic code (code.basic) is missing.")
        return
    reason = check_basic_code(item.basic)
    if reason:
        upper = item.basic.upper()
        fixed = upper != item.basic and check_basic_code(upper) is None
        help = Text(f"字母应大写：{upper}", f"Use capitals: {upper}") if fixed else None
        yield finding(("code", "basic"), f"{reason[0]}。", f"Wrong basic code: {reason[1]}.", help=help)


def implementation_code_wrong(context: Context, item: Item) -> Iterator[Finding]:
    """实施编码缺失或不合规 / Implementation code missing or wrong

    没有实施编码，不是 31 位，或者其中的统一社会信用代码校验不对。
    The implementation code is missing, not 31 characters, or its credit code fails the checksum.

    实施编码指明谁在哪一级办这个事项；抄错一位就指向别的单位。
    It says who handles the item at which level; one wrong character names another body.

    来源：GB/T 39554.1-2020 编码要求；GB 32100-2015 统一社会信用代码

    坏：
        code: {implementation: "11421300MBXX00018B3420150001000"}
    好：
        code: {implementation: "11421300MBXX00019B3420150001000"}
    """
    if not item.implementation:
        yield finding(
            ("code",),
            "没有实施编码（code.implementation）。",
            "The implementation code (code.implementation) is missing.",
        )
        return
    reason = check_implementation_code(item.implementation)
    if reason:
        yield finding(("code", "implementation"), f"{reason[0]}。", f"Wrong implementation code: {reason[1]}.")


def implementation_code_mismatch(context: Context, item: Item) -> Iterator[Finding]:
    """实施编码与事项不符 / Implementation code does not fit the item

    实施编码不等于实施部门的信用代码、行使层级和基本编码的组合。
    The implementation code is not the department's credit code, the level digit and the basic code put together.

    三段里任何一段不符，编码就指向别的部门、层级或事项。
    If a part differs, the code names another department, level or item.

    来源：实施编码结构：统一社会信用代码 18 位＋行使层级 1 位＋基本编码 12 位

    坏：
        code: {implementation: "11421300MBXX00019B4420150001000"}
    好：
        code: {implementation: "11421300MBXX00019B3420150001000"}
    """
    department = context.department(item.department)
    code = item.implementation
    if department is None or check_implementation_code(code):
        return
    parts = (
        ("第 1–18 位", "characters 1-18", code[:18], department.uscc if check_uscc(department.uscc) is None else None),
        ("第 19 位", "character 19", code[18], LEVEL_DIGITS.get(item.level)),
        ("第 20–31 位", "characters 20-31", code[19:], item.basic if check_basic_code(item.basic) is None else None),
    )
    wrong = [(zh, en, is_, should) for zh, en, is_, should in parts if should is not None and is_ != should]
    if wrong:
        yield finding(
            ("code", "implementation"),
            "实施编码与事项不符：" + "；".join(f"{zh}是 {is_}，应为 {should}" for zh, _, is_, should in wrong) + "。",
            "The implementation code does not fit: "
            + "; ".join(f"{en} are {is_}, expected {should}" for _, en, is_, should in wrong)
            + ".",
        )


def type_digits_mismatch(context: Context, item: Item) -> Iterator[Finding]:
    """编码中的类型与事项类型不符 / Type digits do not fit the item type

    基本编码第 3–4 位与事项类型不一致。
    Digits 3-4 of the basic code do not stand for the item's type.

    类型决定适用哪些法律；编码和文字必须说同一种。
    The type decides which law applies; code and word must say the same.

    来源：GB/T 39554.1-2020 编码要求；事项类型代码表

    坏：
        type: 行政确认
    好：
        type: 行政许可
    """
    expected = TYPE_DIGITS.get(item.type)
    if expected is None or check_basic_code(item.basic):
        return
    regional = REGIONAL_TYPE_DIGITS.get(_province(context, item), {}).get(item.type)
    digits = item.basic[2:4]
    if digits not in (expected, regional):
        yield finding(
            ("type",),
            f"事项类型“{item.type}”的代码是 {regional or expected}，基本编码第 3–4 位却是 {digits}。",
            f"The type {item.type} has the digits {regional or expected}, but digits 3-4 of the basic code are {digits}.",
        )


def foreign_region_prefix(context: Context, item: Item) -> Iterator[Finding]:
    """编码的地区前缀不符 / Region prefix does not fit

    基本编码前两位既不是 00（国家目录），也不是实施部门所在省。
    The basic code begins neither with 00 (national list) nor with the department's province.

    前缀说明事项来自哪一级目录；外省的前缀多半是抄来的。
    The prefix says which list the item comes from; another province's prefix was probably copied.

    来源：基本编码结构：前两位为 00 或本省区划代码

    坏：
        code: {basic: "440150001000", implementation: "11421300MBXX00019B3440150001000"}
    好：
        code: {basic: "000150001000", implementation: "11421300MBXX00019B3000150001000"}
    """
    province = _province(context, item)
    prefix = item.basic[:2]
    if province not in PROVINCES or check_basic_code(item.basic) or prefix in ("00", province):
        return
    yield finding(
        ("code", "basic"),
        f"基本编码前两位 {prefix} 既不是 00，也不是本省的 {province}（{PROVINCES[province]}）。",
        f"The basic code begins with {prefix}, neither 00 nor {province}, the department's province.",
    )


def implementation_code_twice(context: Context) -> Iterator[Finding]:
    """实施编码重复 / Implementation code used twice

    两个事项用了同一个实施编码。
    Two items have the same implementation code.

    同一编码只能指一个事项。
    One code can stand for one item only.

    来源：重庆市（2017）：同一事项、同一标准、同一编码

    坏：
        id: I02
        name: 公司设立登记
        code: {basic: "420150001000", implementation: "11421300MBXX00019B3420150001000"}
    好：
        id: I02
        code: {basic: "420150002000", implementation: "11421300MBXX00019B3420150002000"}
    """
    first: dict[str, ItemSummary] = {}
    for item in context.summaries.values():
        if item.implementation and first.setdefault(item.implementation, item) is not item:
            other = first[item.implementation]
            yield finding(
                ("code", "implementation"),
                f"实施编码与事项 {other.code}“{other.name}”相同。",
                f"Item {other.code} has the same implementation code.",
                record=("item", item.code),
            )


def basic_code_for_two(context: Context) -> Iterator[Finding]:
    """一个基本编码两种内容 / One basic code, two contents

    同一基本编码的事项名称或类型不同。
    Items with one basic code differ in name or type.

    同一事项在各地名称和类型应当相同；不同级的名称差异由 GF-X01 报告。
    One item has one name and type everywhere; names that differ between levels are reported by GF-X01.

    来源：重庆市（2017）：同一事项、同一标准、同一编码

    坏：
        id: I91
        name: 个体工商户登记
        code: {basic: "420150001000"}
        department: D02
    好：
        id: I91
        name: 公司设立登记
        code: {basic: "420150001000"}
        department: D02
    """
    first: dict[str, ItemSummary] = {}
    for item in context.summaries.values():
        other = first.setdefault(item.basic, item)
        # Codes copied whole are one mistake, which GF-C06 reports.
        if not item.basic or other is item or (item.implementation and item.implementation == other.implementation):
            continue
        same_level = item.level == other.level
        if item.type != other.type or (same_level and _name_key(item) != _name_key(other)):
            yield finding(
                ("code", "basic"),
                f"基本编码与 {other.code}“{other.name}”（{other.type}）相同，名称或类型却不同。",
                f"Item {other.code} has the same basic code but another name or type.",
                record=("item", item.code),
            )


def name_with_two_codes(context: Context) -> Iterator[Finding]:
    """名称相同编码不同 / One name, two basic codes

    名称、主体性质和类型都相同的事项有两个基本编码，疑似重复。
    Two basic codes have the same name, kind of body and type: suspected duplicate.

    同一事项两个编码，统计会算两次，申请人不知道办哪个。
    With two codes it is counted twice, and the applicant cannot tell which to choose.

    来源：重庆市（2017）：同一事项、同一标准、同一编码

    坏：
        id: I91
        name: 公司设立登记
        code: {basic: "420150091000"}
    好：
        id: I91
        name: 公司变更登记
        code: {basic: "420150091000"}
    """
    first: dict[tuple[str, str | None, str], ItemSummary] = {}
    for item in context.summaries.values():
        department = context.department(item.department)
        key = (_name_key(item), department.kind if department else None, item.type)
        other = first.setdefault(key, item)
        if item.basic and other.basic and other.basic != item.basic:
            yield finding(
                ("code", "basic"),
                f"“{item.name}”与事项 {other.code} 名称、主体性质和类型都相同，基本编码却不同，疑似重复。",
                f"Item {other.code} has the same name, kind of body and type under another basic code.",
                record=("item", item.code),
            )


def handling_code_wrong(context: Context, item: Item) -> Iterator[Finding]:
    """业务办理项编码不合规 / Handling-item code wrong

    业务办理项编码不以本事项的实施编码开头，或者不是 33 位。
    The handling-item code does not begin with the item's implementation code or is not 33 characters.

    办理项挂在事项之下，编码必须看得出来。
    A handling item belongs under its item, and its code must show it.

    来源：业务办理项编码结构：实施编码 31 位＋序号 2 位

    坏：
        code: {handling: "11421300MBXX00019B342015000200001"}
    好：
        code: {handling: "11421300MBXX00019B342015000100001"}
    """
    if not item.handling or check_implementation_code(item.implementation):
        return
    reason = check_handling_code(item.handling, item.implementation)
    if reason:
        yield finding(("code", "handling"), f"{reason[0]}。", f"Wrong handling-item code: {reason[1]}.")


def identity_number_wrong(context: Context, record: Key, subject: Subject) -> Iterator[Finding]:
    """代码或证件号校验不对 / Identity number fails its checksum

    部门的信用代码、行政区划代码，或文中的公民身份号码形式或校验不对。
    A department's credit code, a region code, or a citizen ID number anywhere in a definition is wrong.

    证件号是办事的唯一标识；错一位就认错了人。
    These numbers identify bodies and persons; one wrong digit names another.

    来源：江府办函〔2016〕130号：以公民身份证号作为个人办事唯一标识，以社会信用代码作为企业办事唯一标识

    坏：
        departments:
          D02: {uscc: 11421300MBXX000277}
    好：
        departments:
          D02: {uscc: 11421300MBXX000276}
    """
    if isinstance(subject, Department):
        checks = (("uscc", subject.uscc, check_uscc), ("region", subject.region, check_region))
        for key, text, check in checks:
            reason = check(text) if text else None
            if reason:
                yield finding((key,), f"{reason[0]}。", f"Wrong {key}: {reason[1]}.")
    document = context.documents[record]
    if record[0] not in ("item", "theme", "variant", "scenarios") or not isinstance(document.data, Mapping):
        return
    reason = check_region(region) if isinstance(region := document.data.get("region"), str) else None
    if reason:
        yield finding(("region",), f"{reason[0]}。", f"Wrong region: {reason[1]}.")
    if _EIGHTEEN.search(document.text):
        yield from _wrong_citizen_ids(document.data)


def _wrong_citizen_ids(data: Any, path: Path = ()) -> Iterator[Finding]:
    if isinstance(data, str) and len(data) != 18:
        numbers = _CITIZEN_ID.findall(data)
    else:
        # A text that is nothing but eighteen digits may as well be a credit code: right as either is right.
        numbers = [data] if isinstance(data, str) and _CITIZEN_ID.match(data) and check_uscc(data) else []
    for number in numbers:
        reason = check_citizen_id(number, None)
        if reason:
            yield finding(path, f"{reason[0]}。", f"Wrong citizen ID number: {reason[1]}.")
    if isinstance(data, Mapping | list):
        for key, value in data.items() if isinstance(data, Mapping) else enumerate(data):
            yield from _wrong_citizen_ids(value, (*path, key))


def _province(context: Context, item: Item) -> str:
    department = context.department(item.department)
    return (department.region or department.uscc[2:8])[:2] if department else ""


def _name_key(item: ItemSummary) -> str:
    return same_name_key(item.name)
