"""The `govflow: kind/version` line."""

from __future__ import annotations

import re
from typing import Any

from govflow.language.source.findings import TextFlaw
from govflow.language.source.full_path import Node
from govflow.text import Text

_KIND = re.compile(r"([a-z][a-z0-9_-]*)/([1-9][0-9]{0,3})\Z")
_HINT = re.compile(rb"^(?:\xef\xbb\xbf)?govflow[ \t]*:[ \t]*[\"']?([a-z][a-z0-9_-]*)/", re.MULTILINE)
_EXAMPLE = Text("例如：govflow: item/1", "For example: govflow: item/1")


def stated_kind(data: Any, root: Node) -> tuple[tuple[str, int] | None, TextFlaw | None]:
    """Return the kind that a document names; else what is wrong with its outermost level or that line."""
    if data is None:
        message = Text("文件没有内容。", "The file has no content.")
        return None, TextFlaw("empty-file", 0, 0, message, _EXAMPLE)
    if not isinstance(data, dict):
        message = Text("文件的最外层必须是“键: 值”。", "The outermost level must be key: value.")
        return None, TextFlaw("not-a-mapping", root[0], root[0] + 1, message, _EXAMPLE)
    if "govflow" not in data:
        message = Text(
            "缺少 govflow: 这一行，不知道这是什么文件。", "There is no govflow: line to say what this file is."
        )
        return None, TextFlaw("unknown-kind", root[0], root[0] + 1, message, _EXAMPLE)
    kind = kind_in(data)
    if kind is None:
        message = Text("govflow: 的值应写成 种类/版本。", "The value of govflow: should be kind/version.")
        start, end = root[2]["govflow"][1][:2]
        return None, TextFlaw("unknown-kind", start, max(end, start + 1), message, _EXAMPLE)
    return kind, None


def kind_in(data: Any) -> tuple[str, int] | None:
    """The kind that a document names well; None for any other."""
    stated = data.get("govflow") if isinstance(data, dict) else None
    match = _KIND.match(stated) if isinstance(stated, str) else None
    return (match[1], int(match[2])) if match else None


def hinted_kind(text: str | bytes) -> str:
    """The kind that a text, or the bytes of one, seems to state, without reading it as YAML; empty when it states none.

    Good enough to say what a file that cannot be read would have been, and which files belong together.
    """
    match = _HINT.search(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return match[1].decode() if match else ""
