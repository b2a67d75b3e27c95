"""From bytes to text, and the characters that an author cannot see."""

from __future__ import annotations

from govflow.diagnostics import Message
from govflow.source.findings import Flaw

MAX_BYTES = 4 * 1024 * 1024


def decode(raw: str | bytes) -> tuple[str, Flaw | None]:
    """Return the text; a flaw when it is too large or not UTF-8, with as much text as helps to show where."""
    if len(raw) > MAX_BYTES:
        size = len(raw) / 1024 / 1024
        zh, en = f"文件有 {size:.1f} MB，上限是 4 MB。", f"The file has {size:.1f} MB; the limit is 4 MB."
        return "", Flaw("too-large", 0, 0, Message(zh, en), Message("拆成几个文件。", "Split it into several files."))
    if isinstance(raw, str):
        return raw, None
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return _not_utf8(raw, error.start)


def _not_utf8(raw: bytes, at: int) -> tuple[str, Flaw]:
    encoding, zh, en = _guess(raw)
    text = raw.decode(encoding, "replace")
    start = len(raw[:at].decode(encoding, "replace")) if encoding != "utf-16" else 0
    message = Message(
        f"文件不是 UTF-8 编码：第 {at + 1} 个字节（0x{raw[at]:02X}）无法解码{zh}。",
        f"The file is not UTF-8: byte {at + 1} (0x{raw[at]:02X}) cannot be decoded{en}.",
    )
    advice = Message("用编辑器另存为 UTF-8 编码。", "Save it as UTF-8 in your editor.")
    return text, Flaw("not-utf8", min(start, len(text)), min(start + 1, len(text)), message, advice)


def _guess(raw: bytes) -> tuple[str, str, str]:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16", "，看起来是 UTF-16 编码", "; it looks like UTF-16"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return "utf-8", "", ""
    return "gb18030", "，看起来是 GBK（GB18030）编码", "; it looks like GBK (GB18030)"
