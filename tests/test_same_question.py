"""One id is one question throughout a theme: an answer that fits in one place fits in all (GF-L15)."""

import pytest

from govflow.catalog import load_texts

TEXTS = {
    "departments.yaml": "govflow: departments/1\ndepartments: {D1: {slug: bureau, name: 某局}}\n",
    "one.yaml": """govflow: item/1
id: I1
name: 某许可
type: 行政许可
case_type: 承诺件
level: 市级
department: D1
questions:
  - {id: seats, ask: 座位数, type: number, unit: 个, minimum: 0, maximum: 50}
  - {id: kind, ask: 业态, type: choice, options: {full: 餐饮, drinks: {zh-CN: 饮品, en: drinks}}}
flow: [accept, decide]
""",
    "theme.yaml": """govflow: theme/1
id: T1
name: 某件事
audience: enterprise
lead: D1
questions:
  - {id: seats, ask: 有几个座位, type: number, unit: 个, minimum: 0, maximum: 50}
  - {id: kind, ask: 经营什么, type: choice, options: {full: 餐饮, drinks: 饮品}}
items: [{item: I1}, {item: I2}]
""",
}
TEXTS["two.yaml"] = TEXTS["one.yaml"].replace("I1", "I2").replace("某许可", "另一许可")


def findings(file: str, old: str, new: str) -> list[tuple[str, int, str]]:
    """Code, line and text of the findings when one file says something else."""
    assert old in TEXTS[file]
    found = load_texts(TEXTS | {file: TEXTS[file].replace(old, new)}, rules=()).diagnostics
    return [(each.code, each.span.line, each.message.zh) for each in found]


@pytest.mark.parametrize(
    ("old", "new", "apart"),
    [
        ("maximum: 50", "maximum: 60", "最大值"),
        (", maximum: 50", "", "最大值"),
        ("minimum: 0", "minimum: 1", "最小值"),
        ("unit: 个, ", "", "单位"),
        ("unit: 个, minimum: 0, maximum: 50", "unit: 张", "单位、最小值、最大值"),
    ],
)
def test_an_answer_that_one_of_them_would_not_take(old: str, new: str, apart: str) -> None:
    """What differs is named, in the theme and between two items."""
    assert findings("theme.yaml", old, new) == [("GF-L15", 7, f"情形 seats 在事项 I1 和主题里的{apart}不一样。")]
    found = findings("two.yaml", old, new)
    assert found == [("GF-L15", 9, f"情形 seats 在事项 I1 和事项 I2 里的{apart}不一样。")]


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("theme.yaml", "drinks: 饮品", "drinks: 糕点", 8),
        ("theme.yaml", ", drinks: 饮品", "", 8),
        ("two.yaml", "zh-CN: 饮品", "zh-CN: 糕点", 9),
    ],
)
def test_an_option_that_says_something_else(file: str, old: str, new: str, line: int) -> None:
    """The value is the same, but the applicant has read another word."""
    ((code, where, message),) = findings(file, old, new)
    assert (code, where) == ("GF-L15", line) and message.endswith("里的选项不一样。")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("maximum: 50", "maximum: 50.0"),
        ("有几个座位", "餐位数"),
        ("full: 餐饮", "full: {zh-CN: 餐饮, en: full service}"),
    ],
)
def test_words_around_the_question_may_differ(old: str, new: str) -> None:
    """How it is asked, a translation and the way a number is written are no other question."""
    assert findings("theme.yaml", old, new) == []
