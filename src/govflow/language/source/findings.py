"""The findings that reading a text can give, and the flaw: one finding before its place is known as line and column."""

from __future__ import annotations

from dataclasses import dataclass

from govflow.diagnostics import Edit, Fix, rule_rows
from govflow.text import Text

SOURCE_RULES = rule_rows("""
GF-Y01 error yaml-syntax: YAML 写法有误，无法读取。 / The text is not well-formed YAML.
GF-Y02 error repeated-key: 同一层里一个键只能出现一次。 / A key may appear only once in a mapping.
GF-Y03 error full-width-punctuation: 语法符号（冒号、逗号、括号、引号、连字符、数字）必须用半角。
    / Syntax (colon, comma, brackets, quotes, hyphen, digits) must be written in half-width characters.
GF-Y04 error tab-indentation: 缩进只能用空格，不能用制表符。 / Indent with spaces, never with tabs.
GF-Y05 error not-utf8: 文件必须是 UTF-8 编码。 / The file must be encoded in UTF-8.
GF-Y06 error too-large: 文件、条目数或单个值超出上限。 / The file, its entries or one value exceed a limit.
GF-Y07 error too-deep: 嵌套层数超出上限。 / The nesting is deeper than the limit.
GF-Y08 error alias-bomb: 别名（*）展开后超出上限。 / Aliases expand beyond the limit.
GF-Y09 error tag-refused: 不允许使用标签（!）。 / Tags (!) are not allowed.
GF-Y10 error several-documents: 一个文件只能有一个 YAML 文档。 / A file holds one YAML document.
GF-Y11 error empty-file: 文件没有内容。 / The file has no content.
GF-Y12 error hidden-character: 文本里有看不见的字符。 / The text holds characters that cannot be seen.
GF-Y13 error merge-key: 不允许使用合并键（<<）。 / Merge keys (<<) are not allowed.
GF-Y14 error unknown-kind: 文件须用 govflow: 种类/版本 说明自己是什么。 / A govflow: kind/version line must say what the file is.
GF-Y15 error complex-key: 键必须是简单的文字。 / A key must be plain text.
GF-Y16 error control-character: 文本里有控制字符或损坏的字符。 / The text holds control or broken characters.
GF-Y17 error not-a-mapping: 文件的最外层必须是“键: 值”。 / The outermost level must be key: value.
GF-Y18 warning full-width-quotes: 全角引号或括号不起语法作用，会成为文字的一部分。
    / Full-width quotes or brackets have no meaning in YAML; they become part of the text.
GF-Y19 error unknown-alias: 别名（*）没有对应的锚点（&）。 / The alias (*) has no anchor (&).
GF-Y20 error full-width-space: 缩进和分隔只能用半角空格。 / Indent and separate with half-width spaces.
""")

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
