"""What the builder finds wrong with a text that YAML itself lets through, and the limits it keeps."""

from __future__ import annotations

import re

from govflow.language.source.findings import TextFlaw
from govflow.text import Text

MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_SCALAR = 100_000

Place = tuple[int, int]


def several_documents(start: int, end: int) -> TextFlaw:
    """A second document begins."""
    message = Text("这里开始了第二个文档；一个文件只能有一个。", "A second document starts here; a file holds one.")
    advice = Text("把它移到另一个文件，或删去 ---。", "Move it to another file, or remove the ---.")
    return TextFlaw("several-documents", start, end, message, advice)


def tag(start: int, end: int) -> TextFlaw:
    """A tag, such as !!int."""
    message = Text("不允许使用标签（!）：值的类型由模式决定。", "Tags (!) are not allowed: the schema decides types.")
    advice = Text("删去标签；要写成文字就加引号。", "Remove the tag; quote the value to make it text.")
    return TextFlaw("tag-refused", start, end, message, advice)


def repeated_key(key: str, place: Place, first: Place) -> TextFlaw:
    """A key that its mapping has already."""
    shown = _short(key)
    message = Text(f"键 {shown} 重复了。", f"The key {shown} appears twice.")
    advice = Text("只保留一处；两处内容不同时请合并。", "Keep one of them; merge their contents if they differ.")
    return TextFlaw("repeated-key", *place, message, advice, note=(Text("第一次出现在", "first here"), *first))


def merge_key(place: Place) -> TextFlaw:
    """The merge key <<."""
    message = Text("不允许使用合并键 <<。", "The merge key << is not allowed.")
    return TextFlaw("merge-key", *place, message, Text("把要合并的键逐个写出来。", "Write the merged keys out."))


def complex_key(start: int, end: int) -> TextFlaw:
    """A key that is no plain text."""
    message = Text(
        "键必须是简单的文字，这里是列表、映射或别名。", "A key must be plain text; here it is a list, mapping or alias."
    )
    return TextFlaw("complex-key", start, max(end, start + 1), message)


def bad_alias(anchor: str, place: Place, inside: bool) -> TextFlaw:
    """An alias of nothing, or of what it is part of."""
    shown = _short(anchor)
    if inside:
        message = Text(f"别名 *{shown} 引用了它自己所在的内容。", f"The alias *{shown} refers to what it is part of.")
        return TextFlaw("alias-bomb", *place, message)
    message = Text(f"别名 *{shown} 没有对应的锚点 &{shown}。", f"The alias *{shown} has no anchor &{shown} before it.")
    hint = Text("要写以 * 开头的文字，请加引号。", "Quote the value if it is text that starts with *.")
    return TextFlaw("unknown-alias", *place, message, hint)


def control_character(found: re.Match[str] | None, place: Place) -> TextFlaw:
    """An escape that gives what is no text."""
    code = f"U+{ord(found[0]):04X}" if found else ""
    message = Text(f"转义得到了控制字符 {code}，不能用在文字里。", f"An escape gives the control character {code}.")
    return TextFlaw("control-character", *place, message)


def too_large(place: Place, length: int) -> TextFlaw:
    """A value of so many characters, or more values than a file may hold."""
    if length > MAX_SCALAR:
        zh, en = (
            f"这个值有 {length} 个字，上限是 {MAX_SCALAR} 个。",
            f"This value has {length} characters; {MAX_SCALAR} is the limit.",
        )
    else:
        zh, en = f"文件里的条目超过 {MAX_NODES} 个。", f"The file has more than {MAX_NODES} entries."
    return TextFlaw("too-large", place[0], min(place[1], place[0] + 40), Text(zh, en))


def too_deep(start: int) -> TextFlaw:
    """One level too many."""
    message = Text(f"嵌套超过 {MAX_DEPTH} 层。", f"Nested deeper than {MAX_DEPTH} levels.")
    return TextFlaw("too-deep", start, start + 1, message)


def alias_bomb(anchor: str, place: Place) -> TextFlaw:
    """An alias that stands for too much."""
    shown = _short(anchor)
    message = Text(
        f"别名 *{shown} 展开后超出上限（{MAX_NODES} 个条目、{MAX_DEPTH} 层）。",
        f"The alias *{shown} expands beyond the limit ({MAX_NODES} entries, {MAX_DEPTH} levels).",
    )
    return TextFlaw("alias-bomb", *place, message)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
