"""A small catalogue for cases: two departments, one item of four steps, two materials; tests change single lines of it."""

from collections.abc import Mapping

import govflow
from govflow.catalog import load_texts

DEPARTMENTS = """\
govflow: departments/1
departments:
  D01: {slug: market, name: 示范市市场监督管理局, short: 市场局, level: 市级, region: "421300",
        uscc: 11421300MBXX00019B, kind: 法定机关, roles: [window, reviewer, head]}
  D02: {slug: planning, name: 示范市规划局, short: 规划局, level: 市级, region: "421300",
        uscc: 11421300MBXX000276, kind: 法定机关, roles: [window, reviewer, head]}
"""

MATERIALS = """\
govflow: materials/1
materials:
  M01: {slug: plan, name: {zh-CN: 场所平面图, en: floor plan}, kind: 其他, source: 申请人自备, form: 纸质或电子, copies: 1, necessity: 必要}
  M02: {slug: health, name: {zh-CN: 健康证明, en: health certificate}, kind: 其他, source: 政府部门核发, issuer: D02,
        form: 纸质或电子, copies: 1, necessity: 容缺后补}
"""

ITEM = """\
govflow: item/1
id: I01
code: {basic: "420150001000", implementation: "11421300MBXX00019B3420150001000"}
name: {zh-CN: 小店开业许可, en: small shop permit}
type: 行政许可
case_type: 承诺件
level: 市级
version: "1.0"
valid_from: 2025-01-01
department: D01
basis: [{id: law, law: 行政许可法, article: 第四十二条, kind: 法律}]
audience: [企业法人]
topics: [设立变更]
conditions: [有固定场所]
materials:
  - {use: M01}
  - {use: M02, defer: {within: 4 workdays}}
limits:
  statutory: {within: 20 workdays, from: accepted, basis: law}
  promised: {within: 10 workdays, from: accepted}
  correction_notice: 5 workdays
  correction: {within: 10 workdays, missed: withdrawn}
  delivery: 10 workdays
special_procedures:
  - {id: hearing, kind: 听证, stops: [promised, statutory], limit: 30 natural days, basis: law}
  - {id: test, kind: 检测, stops: [promised], limit: 15 workdays, basis: law}
flow:
  - accept: {role: window}
  - review: {name: {zh-CN: 资料审查, en: File review}, role: reviewer}
  - decide: {name: {zh-CN: 作出决定, en: Decision}, role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
  - issue: {name: {zh-CN: 制证, en: Issue}, role: window}
  - deliver: {name: {zh-CN: 送达, en: Hand out}, role: window}
results: [{id: permit, name: {zh-CN: 开业许可证, en: permit}, kind: 证照, valid_for: 长期, sample: samples/permit.pdf}]
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
green_channel: none
commitment: none
"""


def catalog(
    *changes: tuple[str, str], materials: str = MATERIALS, calendars: Mapping[str, str] | None = None
) -> govflow.Catalog:
    """The catalogue with some texts of the item changed; each must be there, and the result must be sound.

    `calendars` are calendar files by name.
    """
    item = ITEM
    for old, new in changes:
        assert old in item, old
        item = item.replace(old, new)
    texts = {"departments.yaml": DEPARTMENTS, "materials.yaml": materials, "items/shop.yaml": item, **(calendars or {})}
    loaded = load_texts(texts, rules=())
    assert loaded.ok, loaded.diagnostics
    return loaded.catalog
