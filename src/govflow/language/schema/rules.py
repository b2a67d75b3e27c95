"""The findings that form and references can give; the same shape as the tuple of the source package."""

from __future__ import annotations

from govflow.diagnostics import Severity, rule_rows

SCHEMA_RULES = rule_rows("""
GF-L01 error unknown-key: 语言里没有这个字段。 / The language has no such key.
GF-L02 error missing-key: 缺少必须写的字段。 / A required key is missing.
GF-L03 error wrong-type: 值的类型不对。 / The value has the wrong type.
GF-L04 error unknown-value: 值不在允许的范围内。 / The value is not one of those allowed.
GF-L05 error bad-limit: 时限写得不对，或者单位有歧义。 / The time limit is malformed or its unit is ambiguous.
GF-L06 error bad-date: 日期写得不对，或者不存在。 / The date is malformed or does not exist.
GF-L07 error malformed-text: 文字不合要求的写法。 / The text is not written as required.
GF-L08 error out-of-range: 太多、太少、太大、太小或者是空的。 / Too many, too few, too large, too small or empty.
GF-L09 error bad-shape: 这几个字段不能这样放在一起。 / These keys cannot stand together like this.
GF-L10 error unknown-version: 不认识这个语言版本。 / The language version is not known.
GF-L11 error unknown-reference: 引用的东西不存在。 / What is referred to does not exist.
GF-L12 error duplicate-id: 编号、短名或标识重复。 / A code, slug or id is used twice.
GF-L13 error impossible-value: 比较方式或默认值与情形不合。 / The comparison or the default does not fit the question.
GF-L14 error constant-condition: 条件永远成立或者永远不成立。 / The condition is always true or never true.
GF-L15 error question-mismatch: 同一个情形在两处声明得不一样。 / One fact is declared in two different ways.
GF-L16 error outside-folder: 链接指向给定文件夹之外。 / A link leads out of the given folder.
GF-L17 error unreadable-file: 文件读不出来。 / The file cannot be read.
GF-L18 error loosening-variant: 地方变体只能收紧。 / A local variant may only tighten.
GF-L19 warning foreign-department: 变体的办理部门不是这个地区的。 / The department of a local variant is not one of its region.
GF-L20 error reversed-order: 起止、大小写反了。 / Something ends before it begins.
GF-L21 error key-without-effect: 字段写在不起作用的地方。 / A key stands where it has no effect.
GF-L22 warning file-not-read: 文件名不像定义文件，没有读取。 / By its name the file is not read.
""")

CATALOGUE_RULES: tuple[tuple[str, str, Severity], ...] = (
    ("GF-T06", "limit-unit-unclear", Severity.ERROR),
    ("GF-T08", "limit-number-wrong", Severity.ERROR),
    ("GF-M25", "unknown-question-or-answer", Severity.ERROR),
    ("GF-B05", "subject-missing", Severity.ERROR),
    ("GF-H05", "lead-missing", Severity.ERROR),
    ("GF-H08", "no-questions", Severity.ERROR),
)
"""Rules of the catalogue (govflow.rules) that show in the form of a file: the finding carries the rule's code."""

RULE_BY_NAME = {
    **{name: (code, severity) for code, name, severity, _ in SCHEMA_RULES},
    **{name: (code, severity) for code, name, severity in CATALOGUE_RULES},
}
