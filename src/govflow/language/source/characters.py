"""From bytes to text, and the characters in it that nobody can see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from govflow.diagnostics import Edit, Fix
from govflow.language.source.findings import TextFlaw, mend
from govflow.text import Text

MAX_BYTES = 4 * 1024 * 1024
MAX_HIDDEN = 5000  # a text with more hidden characters is not read
MAX_SAME = 20  # the same hidden character is pointed at this often; the last finding mends the rest

_ODD_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f"
_INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_BREAKS = "\x0b\x0c\x85\u2028\u2029"
_BROKEN = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd-\uffff"
_HIDDEN = re.compile(f"([{_ODD_SPACES}]+)|([{_INVISIBLE}]+)|([{_BREAKS}]+)|([{_BROKEN}])")
_NAMES = {
    "\u00a0": ("不换行空格", "no-break space"),
    "\u00ad": ("软连字符", "soft hyphen"),
    "\u200b": ("零宽空格", "zero width space"),
    "\u200c": ("零宽不连字符", "zero width non-joiner"),
    "\u200d": ("零宽连字符", "zero width joiner"),
    "\u2028": ("行分隔符", "line separator"),
    "\u2029": ("段分隔符", "paragraph separator"),
    "\x85": ("下一行符", "next line"),
    "\ufeff": ("字节顺序标记", "byte order mark"),
    "\ufffd": ("替换字符", "replacement character"),
    "\x00": ("空字符", "null character"),
}


def decode(raw: str | bytes) -> tuple[str, TextFlaw | None]:
    """Return the text; a flaw when it is too large or not UTF-8, then with as much text as helps to show where."""
    if len(raw) > MAX_BYTES:
        zh, en = "文件超过 4 MB 的上限。", "The file is larger than the limit of 4 MB."
        return "", TextFlaw("too-large", 0, 0, Text(zh, en), Text("拆成几个文件。", "Split it into several files."))
    if isinstance(raw, str):
        return raw, None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(raw, error.start)
    if raw.count(0, 0, 2000) * 4 > min(len(raw), 2000):
        return _not_utf8(raw, raw.find(0))
    return text, None


def character_name(character: str) -> tuple[str, str]:
    """Return what to call a character, in Chinese and in English, with its number."""
    code = f"U+{ord(character):04X}"
    if character in _NAMES:
        zh, en = _NAMES[character]
    elif "\ud800" <= character <= "\udfff":
        zh, en = "不成对的代理项", "lone surrogate"
    else:
        en = unicodedata.name(character, "").lower() or "control character"
        zh = "控制字符" if en == "control character" else en
    return f"{zh}（{code}）", f"{en} ({code})"


def hidden(text: str) -> tuple[list[TextFlaw], list[Edit]]:
    """Return a flaw for every run of hidden characters, and the edits without which the text is not fit to be parsed.

    A byte order mark at the very start is fine and only left out.
    """
    flaws: list[TextFlaw] = []
    edits: list[Edit] = []
    # str.isprintable is much faster than a search, and false for every hidden character but U+FFFC and U+FFFD.
    plain = text.replace("\n", "").replace("\u3000", "")
    if plain.isprintable() and "\ufffd" not in plain and "\ufffc" not in plain:
        return flaws, edits
    seen: dict[str, list[int]] = {}
    for start, end, kind in _runs(text):
        at_line_end = kind == 3 and text[end : end + 1] in ("", "\n", "\r")
        new = "" if kind == 2 or at_line_end else " " * (end - start)
        edits.append(Edit(start, end, new))
        if len(edits) > MAX_HIDDEN:
            break
        if start == 0 and text[:1] == "\ufeff" and end == 1:
            continue
        places = seen.setdefault(text[start], [])
        places.append(len(flaws))
        if len(places) <= MAX_SAME and len(flaws) < MAX_HIDDEN // 10:
            flaws.append(_hidden_flaw(text, start, end, kind))
        elif len(places) > MAX_SAME:
            flaws[places[MAX_SAME - 1]] = _with_edit(flaws[places[MAX_SAME - 1]], start, end, new)
    return flaws, edits


def _runs(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, kind) of every hidden run; the mark at the start of a file is a run of its own."""
    for match in _HIDDEN.finditer(text):
        start, end = match.span()
        if start == 0 and text[0] == "\ufeff" and end > 1:
            yield 0, 1, 2
            start = 1
        yield start, end, match.lastindex or 4


def _hidden_flaw(text: str, start: int, end: int, kind: int) -> TextFlaw:
    zh, en = character_name(text[start])
    more_zh, more_en = ("", "") if end - start == 1 else (f" {end - start} 个", f", {end - start} of them")
    if kind == 4:
        message = Text(f"文本里有不允许的字符：{zh}。", f"A character that is not allowed: {en}.")
        fix = mend("删去这个字符", "remove it", start, end, "", safe=False)
        return TextFlaw("control-character", start, end, message, fix=fix)
    message = Text(f"这里有看不见的字符：{zh}{more_zh}。", f"A character that cannot be seen: {en}{more_en}.")
    if kind == 2:
        safe = "\u200d" not in text[start:end]
        fix = mend("删去看不见的字符", "remove what cannot be seen", start, end, "", safe=safe)
    elif kind == 1:
        fix = mend("换成普通空格", "use ordinary spaces", start, end, " " * (end - start), safe=True)
    elif text[end : end + 1] in ("", "\n", "\r"):
        fix = mend("删去看不见的换行符", "remove the hidden line break", start, end, "", safe=True)
    else:
        fix = mend("换成普通空格", "use an ordinary space", start, end, " " * (end - start), safe=False)
    return TextFlaw("hidden-character", start, end, message, fix=fix)


def _with_edit(flaw: TextFlaw, start: int, end: int, new: str) -> TextFlaw:
    """The same flaw, mending one more place."""
    fix = flaw.fix
    if fix is None:
        return flaw
    more = Fix(fix.description, (*fix.edits, Edit(start, end, new)), fix.safe)
    return TextFlaw(flaw.name, flaw.start, flaw.end, flaw.message, flaw.help, more, flaw.note)


def _not_utf8(raw: bytes, at: int) -> tuple[str, TextFlaw]:
    encoding, zh, en = _guess(raw)
    text = raw.decode(encoding, "replace")
    start = 0 if encoding.startswith("utf-16") else len(raw[:at].decode(encoding, "replace"))
    message = Text(
        f"文件不是 UTF-8 编码：第 {at + 1} 个字节（0x{raw[at]:02X}）不对{zh}。",
        f"The file is not UTF-8: byte {at + 1} (0x{raw[at]:02X}) is wrong{en}.",
    )
    advice = Text("用编辑器另存为 UTF-8 编码。", "Save it as UTF-8 in your editor.")
    return text, TextFlaw("not-utf8", min(start, len(text)), min(start + 1, len(text)), message, advice)


def _guess(raw: bytes) -> tuple[str, str, str]:
    utf16 = ("，看起来是 UTF-16 编码", "; it looks like UTF-16")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16", *utf16
    if b"\x00" in raw[:2000]:
        return "utf-16-be" if raw[:1] == b"\x00" else "utf-16-le", *utf16
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "utf-8", "", ""
    return "gb18030", "，看起来是 GBK（GB18030）编码", "; it looks like GBK (GB18030)"
