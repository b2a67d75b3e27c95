"""A small catalogue without any finding, and a way to lay the examples of the rules over it.

A mapping of an example replaces key by key what the base says, one level deep (two in libraries); an empty value takes
the key away. A document with an `id` that the base does not know is a new item, made from I02.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from govflow.catalog import Loaded, load_documents
from govflow.language.codes import LEVEL_DIGITS, check_uscc
from govflow.language.model import Catalog
from govflow.language.source import Document, read
from govflow.rules import RULES
from tests.rule_yaml import to_yaml

DEFAULT_RECORD = {"form": "I01", "record": "I01", "item": "I01", "theme": "T1", "versions": "I01", "levels": "I09"}

DEPARTMENTS = """
govflow: departments/1
departments:
  D01: {slug: market, name: 示范市市场监督管理局, short: 市场局, level: 市级, region: "421300",
        uscc: 11421300MBXX00019B, kind: 法定机关, roles: [window, reviewer, head]}
  D02: {slug: police, name: 示范市公安局, short: 公安局, level: 市级, region: "421300",
        uscc: 11421300MBXX000276, kind: 法定机关, roles: [window, reviewer, head]}
  D03: {slug: county-market, name: 示范县市场监督管理局, short: 县市场局, level: 县级, region: "421381",
        uscc: UNKNOWN, kind: 法定机关, roles: [window, reviewer, head]}
"""

MATERIALS = """
govflow: materials/1
materials:
  M01: {slug: form, name: 设立登记申请书, kind: 申请表格文书, source: 申请人自备, form: 纸质或电子, copies: 1, necessity: 必要,
        blank: forms/form.docx, sample: forms/form.pdf, notes: 一式一份。,
        fields: [{id: operator, label: 经营者名称, type: text, meaning: operator.name}]}
  M02: {slug: licence, name: 营业执照, kind: 证件证书证明, source: 政府部门核发, issuer: D01, result_of: I01,
        form: 纸质或电子, copies: 1, necessity: 必要}
  M03: {slug: premises, name: 住所使用证明, kind: 证件证书证明, source: 申请人自备, form: 纸质或电子, copies: 1,
        necessity: 必要, basis: 市场主体登记管理条例第十六条}
  M04: {slug: articles, name: 公司章程, kind: 其他, source: 申请人自备, form: 纸质或电子, copies: 1, necessity: 必要}
  M05: {slug: id-card, name: 居民身份证, kind: 证件证书证明, source: 政府部门核发, issuer: D02,
        elicence: 居民身份证电子证照, form: 纸质或电子, copies: 1, necessity: 必要}
  M06: {slug: marriage, name: 结婚证, kind: 证件证书证明, source: 政府部门核发, issuer: D02, share: 婚姻登记信息核验,
        form: 纸质或电子, copies: 1, necessity: 必要}
  M07: {slug: proxy, name: 委托书, kind: 其他, source: 申请人自备, form: 纸质或电子, copies: 1, necessity: 非必要}
  M08: {slug: permit, name: 食品经营许可证, kind: 证件证书证明, source: 政府部门核发, issuer: D01, result_of: I02,
        form: 纸质或电子, copies: 1, necessity: 必要}
  M09: {slug: health, name: 体检合格证明, kind: 证件证书证明, source: 其他, form: 纸质或电子, copies: 1, necessity: 必要,
        basis: 食品安全法第四十五条, secondary: true}
  M10: {slug: second-form, name: 许可申请书, kind: 申请表格文书, source: 申请人自备, form: 纸质或电子, copies: 1,
        necessity: 必要, blank: forms/two.docx, sample: forms/two.pdf, notes: 一式一份。,
        fields: [{id: name, label: 经营者名称, type: text, meaning: operator.name}]}
"""

ITEM = """
govflow: item/1
id: I01
code: {basic: "420150001000", implementation: "11421300MBXX00019B3420150001000"}
name: 公司设立登记
type: 行政许可
case_type: 承诺件
level: 市级
version: "1.0"
valid_from: 2025-01-01
department: D01
basis: [{id: law, law: 市场主体登记管理条例, article: 第十六条, kind: 行政法规}]
audience: [企业法人]
topics: [设立变更]
conditions: [有符合规定的名称和住所]
materials: [{use: M01}, {use: M03}, {use: M04}, {use: M05}]
limits:
  statutory: {within: 10 workdays, from: accepted, basis: law}
  promised: {within: 5 workdays, from: accepted}
  correction_notice: 5 workdays
  correction: {within: 10 workdays, missed: withdrawn}
  delivery: 10 workdays
flow:
  - accept: {role: window}
  - review: {role: reviewer, within: 2 workdays}
  - decide: {role: head, within: 1 workday, refuse: {remedies: [行政复议, 行政诉讼]}}
  - issue: {role: window}
  - deliver: {role: window}
results: [{id: licence, name: 营业执照, kind: 证照, valid_for: 长期, elicence: 营业执照电子证照, sample: samples/licence.pdf}]
fees: none
channels:
  online_depth: IV
  visits: 0
  forms: [网上办理, 窗口办理]
  scope: 全市通办
  places: [市政务服务中心一楼]
  hours: 工作日 09:00-12:00 13:30-17:30
  consult: 0722-1234501
  complain: 0722-1234502
  post: true
  online_payment: false
  mobile: true
  window: 综合窗口
green_channel: {within: 2 workdays}
commitment: none
"""

I02 = """
id: I02
code: {basic: "420150002000", implementation: "11421300MBXX00019B3420150002000"}
name: 食品经营许可
materials: [{use: M10}, {use: M02}, {use: M04}, {use: M05}]
results: [{id: permit, name: 食品经营许可证, kind: 证照, valid_for: 5年, elicence: 食品经营许可证电子证照,
           sample: samples/permit.pdf}]
"""

I03 = """
id: I03
code: {basic: "420151003000", implementation: "11421300MBXX0002763420151003000"}
department: D02
name: 公章刻制备案
materials: [{use: M10}, {use: M02}, {use: M06}]
results: [{id: seal, name: 公章刻制备案回执, kind: 其他, sample: samples/seal.pdf}]
"""

I09 = """
id: I09
level: 县级
department: D03
channels: {scope: 全县通办}
"""

THEME = """
govflow: theme/1
id: T1
name: 开办小店一件事
audience: enterprise
lead: D01
questions:
  - {id: has_licence, ask: 是否已取得营业执照, type: boolean}
  - {id: sells_food, ask: 是否经营食品, type: boolean}
  - {id: needs_seal, ask: 是否刻制公章, type: boolean}
items:
  - {item: I01, held_when: {fact: has_licence, is: true}}
  - {item: I02, after: [I01], when: {fact: sells_food, is: true}}
  - {item: I03, after: [I01], when: {fact: needs_seal, is: true}}
joint: {correction: one_notice, hand_out: together}
limits: {promised: {within: 10 workdays, from: accepted}, joint_cap: 45 workdays}
"""

LAWS = """
govflow: laws/1
laws: [{law: 公司登记管理条例, state: 废止, replaced_by: 市场主体登记管理条例, on: 2022-03-01}]
"""

Data = dict[str, Any]


@cache
def _base() -> dict[str, Data]:
    item = _data(ITEM)
    records: dict[str, Data] = {
        "departments": _data(DEPARTMENTS),
        "materials": _data(MATERIALS),
        "laws": _data(LAWS),
        "T1": _data(THEME),
    }
    code = "11421381MBXX00019"
    records["departments"]["departments"]["D03"]["uscc"] = next(
        code + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if check_uscc(code + last) is None
    )
    patches = [_data(I02), _data(I03), _data(I09), *({"id": f"I{number}"} for number in range(11, 21))]
    for patch in ({"id": "I01"}, *patches):
        records[patch["id"]] = _new_item(item, patch, records)
    return records


def _new_item(item: Data, patch: Data, records: dict[str, Data]) -> Data:
    """A copy of an item under another id, with codes that fit."""
    number = int(patch["id"][1:])
    made = copy.deepcopy(item)
    if number > 9:
        made |= {"name": f"第{number}类经营许可", "materials": [{"use": "M10"}, {"use": "M02"}, {"use": "M04"}]}
        made["results"] = [{**made["results"][0], "id": "r", "name": f"第{number}类许可证", "elicence": f"证{number}"}]
        made["code"] = {"basic": f"4201500{number:02}000"}
        if number in (19, 20):
            made["materials"] = [{"use": "M10"}, {"use": "M02"}]
    _lay(made, patch, 1)
    department = records["departments"]["departments"][made["department"]]
    made["code"]["implementation"] = department["uscc"] + LEVEL_DIGITS[made["level"]] + made["code"]["basic"]
    return made


def texts_of(example: str = "", scope: str = "catalog") -> dict[str, str]:
    """The base with an example (one or more YAML documents) laid over it: file name -> text."""
    records = copy.deepcopy(_base())
    for text in example.split("\n---\n") if example else ():
        patch = _data(text)
        libraries = [name for name in ("materials", "departments", "laws") if _is_library(name, patch)]
        code = patch.get("id") or (None if libraries else DEFAULT_RECORD[scope])
        if code in records:
            _lay(records[code], patch, 1)
        elif code:
            records[code] = _new_item(records["I02"], {"code": {"basic": f"4201500{code[1:]}000"}} | patch, records)
        else:
            for name in libraries:
                _lay(records[name], {name: patch[name]}, 2)
    return {f"{name}.yaml": "\n".join(to_yaml(data)) + "\n" for name, data in records.items()}


def loaded_from(texts: dict[str, str], codes: Iterable[str] | None = None, previous: Catalog | None = None) -> Loaded:
    """The texts through the pipeline of `govflow validate`, with all rules or those of these codes."""
    documents = [_document(text, file) for file, text in texts.items()]
    return load_documents(documents, tuple(rule.code for rule in RULES) if codes is None else tuple(codes), previous)


def _is_library(name: str, patch: Data) -> bool:
    return isinstance(patch.get(name), dict) or (name == "laws" and name in patch)


def _lay(base: Data, patch: Data, depth: int) -> None:
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        elif depth and isinstance(value, dict) and isinstance(base.get(key), dict):
            _lay(base[key], value, depth - 1)
        else:
            base[key] = copy.deepcopy(value)


@lru_cache(maxsize=256)
def _document(text: str, file: str) -> Document:
    return read(text, file)


def _data(text: str) -> Data:
    document = read(text, "example.yaml", kind_required=False)
    assert not document.diagnostics, (text, [each.message.zh for each in document.diagnostics])
    assert isinstance(document.data, dict), text
    return copy.deepcopy(document.data)
