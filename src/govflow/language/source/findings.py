"""The findings that reading a text can give, and the flaw: one finding before its place is known as line and column."""

from __future__ import annotations

from dataclasses import dataclass

from govflow.diagnostics import Edit, Fix, Severity
from govflow.text import Text

_E, _W = Severity.ERROR, Severity.WARNING

SOURCE_RULES: tuple[tuple[str, str, Severity, Text], ...] = (
    ("GF-Y01", "yaml-syntax", _E, Text("YAML 写法有误，无法读取。", "The text is not well-formed YAML.")),
    ("GF-Y02", "repeated-key", _E, Text("同一层里一个键只能出现一次。", "A key may appear only once in a mapping.")),
    (
        "GF-Y03",
        "full-width-punctuation",
        _E,
        Text(
            "语法符号（冒号、逗号、括号、引号、连字符、数字）必须用半角。",
            "Syntax (colon, comma, brackets, quotes, hyphen, digits) must be written in half-width characters.",
        ),
    ),
    (
        "GF-Y04",
        "tab-indentation",
        _E,
        Text("缩进只能用空格，不能用制表符。", "Indent with spaces, never with tabs."),
    ),
    ("GF-Y05", "not-utf8", _E, Text("文件必须是 UTF-8 编码。", "The file must be encoded in UTF-8.")),
    (
        "GF-Y06",
        "too-large",
        _E,
        Text("文件、条目数或单个值超出上限。", "The file, its entries or one value exceed a limit."),
    ),
    ("GF-Y07", "too-deep", _E, Text("嵌套层数超出上限。", "The nesting is deeper than the limit.")),
    ("GF-Y08", "alias-bomb", _E, Text("别名（*）展开后超出上限。", "Aliases expand beyond the limit.")),
    ("GF-Y09", "tag-refused", _E, Text("不允许使用标签（!）。", "Tags (!) are not allowed.")),
    ("GF-Y10", "several-documents", _E, Text("一个文件只能有一个 YAML 文档。", "A file holds one YAML document.")),
    ("GF-Y11", "empty-file", _E, Text("文件没有内容。", "The file has no content.")),
    (
        "GF-Y12",
        "hidden-character",
        _E,
        Text("文本里有看不见的字符。", "The text holds characters that cannot be seen."),
    ),
    ("GF-Y13", "merge-key", _E, Text("不允许使用合并键（<<）。", "Merge keys (<<) are not allowed.")),
    (
        "GF-Y14",
        "unknown-kind",
        _E,
        Text("文件须用 govflow: 种类/版本 说明自己是什么。", "A govflow: kind/version line must say what the file is."),
    ),
    ("GF-Y15", "complex-key", _E, Text("键必须是简单的文字。", "A key must be plain text.")),
    (
        "GF-Y16",
        "control-character",
        _E,
        Text("文本里有控制字符或损坏的字符。", "The text holds control or broken characters."),
    ),
    ("GF-Y17", "not-a-mapping", _E, Text("文件的最外层必须是“键: 值”。", "The outermost level must be key: value.")),
    (
        "GF-Y18",
        "full-width-quotes",
        _W,
        Text(
            "全角引号或括号不起语法作用，会成为文字的一部分。",
            "Full-width quotes or brackets have no meaning in YAML; they become part of the text.",
        ),
    ),
    ("GF-Y19", "unknown-alias", _E, Text("别名（*）没有对应的锚点（&）。", "The alias (*) has no anchor (&).")),
    (
        "GF-Y20",
        "full-width-space",
        _E,
        Text("缩进和分隔只能用半角空格。", "Indent and separate with half-width spaces."),
    ),
)

RULE_BY_NAME = {name: (code, severity) for code, name, severity, _ in SOURCE_RULES}


@dataclass(frozen=True, slots=True)
class TextFlaw:
    """One finding whose places are character offsets."""

    name: str
    start: int
    end: int
    message: Text
    help: Text | None = None
    fix: Fix | None = None
    note: tuple[Text, int, int] | None = None


def mend(zh: str, en: str, start: int, end: int, new_text: str, *, safe: bool) -> Fix:
    """A fix with one edit."""
    return Fix(Text(zh, en), (Edit(start, end, new_text),), safe)
