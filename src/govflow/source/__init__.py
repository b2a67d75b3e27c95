"""YAML text to plain data, every key and value with its place. No bytes at all make it raise."""

from __future__ import annotations

import re
from typing import Any

from govflow.diagnostics import Edit, Message
from govflow.source.builder import MAX_DEPTH, MAX_NODES, MAX_SCALAR, Built, build
from govflow.source.characters import MAX_BYTES, decode
from govflow.source.document import Document, Path, Places, diagnostic
from govflow.source.explain import explain
from govflow.source.findings import SOURCE_RULES, Flaw

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "MAX_SCALAR",
    "SOURCE_RULES",
    "Document",
    "Path",
    "read",
]

_KIND = re.compile(r"([a-z][a-z0-9_-]*)/([1-9][0-9]{0,3})\Z")


def read(raw: str | bytes, file: str, *, kind_required: bool = True) -> Document:
    """Read one file's content. Every mistake is a finding in `diagnostics`; nothing is raised, whatever the bytes.

    `kind_required=False` reads YAML that need not say `govflow: kind/version` (a settings file, say).
    """
    text, flaw = decode(raw)
    if flaw is not None:
        places = Places(file, text)
        return Document(file, text, None, None, (diagnostic(flaw, places),), (), True, places, None)
    edits = [Edit(0, 1, "")] if text.startswith("\ufeff") else []
    parsed = text[1:] if edits else text
    built = build(parsed)
    places = Places(file, text, edits)
    flaws = [_moved(flaw, places) for flaw in built.flaws]
    if built.failure is not None:
        flaws.append(_moved(explain(built.failure, parsed), places))
    broken = built.failure is not None or not built.whole
    data = None if broken else built.data
    kind, fault = _kind(built, data, kind_required and not broken)
    if fault is not None:
        broken = broken or fault.name != "unknown-kind"
        flaws.append(_moved(fault, places))
    found = tuple(diagnostic(flaw, places) for flaw in sorted(flaws, key=lambda flaw: flaw.start))
    return Document(file, text, None if broken else data, kind, found, (), broken, places, built.root)


def _moved(flaw: Flaw, places: Places) -> Flaw:
    """The flaw with offsets of the file's own text, from offsets of the parsed text."""
    note = flaw.note and (flaw.note[0], places.original(flaw.note[1]), places.original(flaw.note[2]))
    start, end = places.original(flaw.start), places.original(flaw.end)
    return Flaw(flaw.name, start, end, flaw.message, flaw.help, flaw.fix, note)


def _kind(built: Built, data: Any, required: bool) -> tuple[tuple[str, int] | None, Flaw | None]:
    """The kind that the `govflow:` line names, and what is wrong with the outermost level or that line."""
    if data is None:
        if not required:
            return None, None
        return None, Flaw("empty-file", 0, 0, Message("文件没有内容。", "The file has no content."))
    if not isinstance(data, dict):
        message = Message("文件的最外层必须是“键: 值”。", "The outermost level must be key: value.")
        start = built.root[0]
        return None, Flaw("not-a-mapping", start, start + 1, message) if required else None
    stated = data.get("govflow")
    match = _KIND.match(stated) if isinstance(stated, str) else None
    if match is not None:
        return (match[1], int(match[2])), None
    if not required:
        return None, None
    if "govflow" not in data:
        message = Message(
            "缺少 govflow: 这一行，不知道这是什么文件。", "The govflow: line is missing; the kind is unknown."
        )
        start, end = built.root[0], built.root[0] + 1
    else:
        message = Message("govflow: 的值应是 种类/版本。", "The value of govflow: should be kind/version.")
        start, end = built.root[2]["govflow"][1][:2]
    return None, Flaw("unknown-kind", start, end, message, _KIND_HELP)


_KIND_HELP = Message("例如：govflow: item/1", "For example: govflow: item/1")
