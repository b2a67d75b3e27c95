"""An item with any number of departments that work in parallel; made up, no rule is applied."""

from __future__ import annotations

import govflow
from govflow.catalog import load_texts

DEPARTMENT = """\
  {code}:
    slug: office-{n}
    name: 第{n}局
    kind: 法定机关
    level: 市级
    uscc: "11421300MBXX00019B"
    roles: [window, reviewer, head]
"""

MATERIALS = """\
govflow: materials/1
materials:
  M01:
    slug: form
    name: 申请表
    kind: 申请表格文书
    source: 申请人自备
    form: 纸质或电子
    originals: 1
    copies: 0
    necessity: 必要
"""

ITEM = """\
govflow: item/1
id: I01
code: {{basic: "420150007000", implementation: "11421300MBXX00019B3420150007000"}}
name: 多部门联合审批
type: 行政许可
case_type: 承诺件
level: 市级
valid_from: 2025-01-01
department: D01
basis:
  - {{id: al-42, law: 行政许可法, article: 第四十二条, kind: 法律}}
audience: [企业法人]
conditions: [有固定的场所]
materials:
  - {{use: M01}}
limits:
  statutory: {{within: 20 workdays, from: accepted, basis: al-42}}
  promised: {{within: 10 workdays, from: accepted}}
  correction_notice: 5 workdays
  delivery: 10 workdays
flow:
  - accept: {{role: window}}
{branches}  - decide: {{role: head, within: 2 workdays, refuse: {{remedies: [行政复议]}}}}
  - issue: {{role: window}}
  - deliver: {{role: window}}
results:
  - {{id: permit, name: 许可证, kind: 证照, valid_for: 长期}}
"""


def texts(count: int) -> dict[str, str]:
    """The files of a catalog with the item `many`: accept, `count` departments with a deadline each, decide, issue, deliver."""
    codes = [f"D{n:02}" for n in range(1, count + 1)]
    reviews = [
        f"- review: {{id: review-{n}, name: 第{n}局审查, department: {code}, role: reviewer, within: 3 workdays}}\n"
        for n, code in enumerate(codes, 1)
    ]
    together = "  - together:\n" + "".join(f"      - {review}" for review in reviews)
    branches = together if count > 1 else f"  {reviews[0]}"
    return {
        "departments.yaml": "govflow: departments/1\ndepartments:\n"
        + "".join(DEPARTMENT.format(n=n, code=code) for n, code in enumerate(codes, 1)),
        "materials.yaml": MATERIALS,
        "many.yaml": ITEM.format(branches=branches),
    }


def departments(count: int) -> govflow.Catalog:
    """That catalog, loaded."""
    loaded = load_texts(texts(count), rules=())
    if "many" not in loaded.catalog.items:
        raise SystemExit(
            "\n".join(f"{each.span.file}:{each.span.line} {each.message.en}" for each in loaded.diagnostics)
        )
    return loaded.catalog
