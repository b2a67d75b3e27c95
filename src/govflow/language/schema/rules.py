"""The findings that form and references can give; the same shape as the tuple of the source package."""

from __future__ import annotations

from govflow.diagnostics import Severity
from govflow.text import Text

_E, _W = Severity.ERROR, Severity.WARNING

SCHEMA_RULES: tuple[tuple[str, str, Severity, Text], ...] = (
    ("GF-L01", "unknown-key", _E, Text("语言里没有这个字段。", "The language has no such key.")),
    ("GF-L02", "missing-key", _E, Text("缺少必须写的字段。", "A required key is missing.")),
    ("GF-L03", "wrong-type", _E, Text("值的类型不对。", "The value has the wrong type.")),
    ("GF-L04", "unknown-value", _E, Text("值不在允许的范围内。", "The value is not one of those allowed.")),
    (
        "GF-L05",
        "bad-limit",
        _E,
        Text("时限写得不对，或者单位有歧义。", "The time limit is malformed or its unit is ambiguous."),
    ),
    ("GF-L06", "bad-date", _E, Text("日期写得不对，或者不存在。", "The date is malformed or does not exist.")),
    ("GF-L07", "malformed-text", _E, Text("文字不合要求的写法。", "The text is not written as required.")),
    (
        "GF-L08",
        "out-of-range",
        _E,
        Text("太多、太少、太大、太小或者是空的。", "Too many, too few, too large, too small or empty."),
    ),
    ("GF-L09", "bad-shape", _E, Text("这几个字段不能这样放在一起。", "These keys cannot stand together like this.")),
    ("GF-L10", "unknown-version", _E, Text("不认识这个语言版本。", "The language version is not known.")),
    ("GF-L11", "unknown-reference", _E, Text("引用的东西不存在。", "What is referred to does not exist.")),
    ("GF-L12", "duplicate-id", _E, Text("编号、短名或标识重复。", "A code, slug or id is used twice.")),
    (
        "GF-L13",
        "impossible-value",
        _E,
        Text("比较方式或默认值与情形不合。", "The comparison or the default does not fit the question."),
    ),
    (
        "GF-L14",
        "constant-condition",
        _E,
        Text("条件永远成立或者永远不成立。", "The condition is always true or never true."),
    ),
    (
        "GF-L15",
        "question-mismatch",
        _E,
        Text("同一个情形在两处声明得不一样。", "One fact is declared in two different ways."),
    ),
    ("GF-L16", "outside-folder", _E, Text("链接指向给定文件夹之外。", "A link leads out of the given folder.")),
    ("GF-L17", "unreadable-file", _E, Text("文件读不出来。", "The file cannot be read.")),
    ("GF-L18", "loosening-variant", _E, Text("地方变体只能收紧。", "A local variant may only tighten.")),
    (
        "GF-L19",
        "foreign-department",
        _W,
        Text("变体的办理部门不是这个地区的。", "The department of a local variant is not one of its region."),
    ),
    ("GF-L20", "reversed-order", _E, Text("起止、大小写反了。", "Something ends before it begins.")),
    ("GF-L21", "key-without-effect", _E, Text("字段写在不起作用的地方。", "A key stands where it has no effect.")),
    ("GF-L22", "file-not-read", _W, Text("文件名不像定义文件，没有读取。", "By its name the file is not read.")),
)

CATALOGUE_RULES: tuple[tuple[str, str, Severity], ...] = (
    ("GF-T06", "limit-unit-unclear", _E),
    ("GF-T08", "limit-number-wrong", _E),
    ("GF-M25", "unknown-question-or-answer", _E),
    ("GF-B05", "subject-missing", _E),
    ("GF-H05", "lead-missing", _E),
    ("GF-H08", "no-questions", _E),
)
"""Rules of the catalogue (govflow.rules) that show in the form of a file: the finding carries the rule's code."""

RULE_BY_NAME = {
    **{name: (code, severity) for code, name, severity, _ in SCHEMA_RULES},
    **{name: (code, severity) for code, name, severity in CATALOGUE_RULES},
}
