"""The `govflow: kind/version` line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from govflow.diagnostics import Diagnostic
from govflow.language.source.document import Document, diagnostic
from govflow.language.source.findings import Flaw
from govflow.language.source.full_path import Node
from govflow.text import Text

_KIND = re.compile(r"([a-z][a-z0-9_-]*)/([1-9][0-9]{0,3})\Z")
_HINT = re.compile(rb"^(?:\xef\xbb\xbf)?govflow[ \t]*:[ \t]*[\"']?([a-z][a-z0-9_-]*)/", re.MULTILINE)
_EXAMPLE = Text("例如：govflow: item/1", "For example: govflow: item/1")


def stated_kind(data: Any, root: Node) -> tuple[tuple[str, int] | None, Flaw | None]:
    """Return the kind that a document names; else what is wrong with its outermost level or that line."""
    if data is None:
        message = Text("文件没有内容。", "The file has no content.")
        return None, Flaw("empty-file", 0, 0, message, _EXAMPLE)
    if not isinstance(data, dict):
        message = Text("文件的最外层必须是“键: 值”。", "The outermost level must be key: value.")
        return None, Flaw("not-a-mapping", root[0], root[0] + 1, message, _EXAMPLE)
    if "govflow" not in data:
        message = Text(
            "缺少 govflow: 这一行，不知道这是什么文件。", "There is no govflow: line to say what this file is."
        )
        return None, Flaw("unknown-kind", root[0], root[0] + 1, message, _EXAMPLE)
    kind = kind_in(data)
    if kind is None:
        message = Text("govflow: 的值应写成 种类/版本。", "The value of govflow: should be kind/version.")
        start, end = root[2]["govflow"][1][:2]
        return None, Flaw("unknown-kind", start, max(end, start + 1), message, _EXAMPLE)
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


def unknown_kind(document: Document, known: Iterable[str]) -> Diagnostic | None:
    """Return a finding when the document states a kind that is not one of `known` ("item/1", "theme/1" ...)."""
    if document.kind is None:
        return None
    kinds = sorted(known)
    stated = f"{document.kind[0]}/{document.kind[1]}"
    if stated in kinds:
        return None
    near = difflib.get_close_matches(stated, kinds, n=1)
    listed = "、".join(kinds)
    message = Text(f"不认识的种类 {stated}。", f"Unknown kind {stated}.")
    if near:
        message = Text(
            f"不认识的种类 {stated}，是不是想写 {near[0]}？", f"Unknown kind {stated}; did you mean {near[0]}?"
        )
    advice = Text(f"可用的种类：{listed}", f"Known kinds: {', '.join(kinds)}")
    start, end = document.offsets(("govflow",))
    return diagnostic(Flaw("unknown-kind", start, end, message, advice), document.places)
