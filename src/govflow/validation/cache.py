"""What was found in an unchanged tree, kept under `.govflow-cache/` and looked up by content.

The key is made of every file's name and content, the settings and the program itself, so a stale answer cannot be
given. The cache may be deleted at any time; a damaged entry, or a folder that cannot be written, is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from govflow.diagnostics import Diagnostic, Edit, Fix, Message, Note, Severity, Span
from govflow.version import VERSION

FOLDER = ".govflow-cache"
_KEPT = 40  # entries; older ones are removed


def key_of(contents: Mapping[str, bytes], settings: Iterable[object]) -> str:
    """The name under which the findings about these files under these settings are kept."""
    digest = hashlib.blake2b(digest_size=20)
    digest.update(repr((VERSION, _program(), list(settings))).encode())
    for name, raw in contents.items():
        digest.update(f"{name}\0{len(raw)}\0".encode("utf-8", "surrogatepass"))
        digest.update(raw)
    return digest.hexdigest()


def recall(folder: Path, key: str) -> tuple[Diagnostic, ...] | None:
    """The findings kept under a key, or None."""
    try:
        data = json.loads((folder / f"{key}.json").read_text("utf-8"))
        return tuple(_diagnostic(each) for each in data)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(folder: Path, key: str, found: Iterable[Diagnostic]) -> None:
    """Keep findings under a key; what cannot be written is left."""
    text = json.dumps([asdict(each) for each in found], ensure_ascii=True)
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
        written = folder / f"{key}.{os.getpid()}.part"
        written.write_text(text, "utf-8")
        written.replace(folder / f"{key}.json")
        entries = sorted(folder.glob("*.json"), key=lambda each: each.stat().st_mtime_ns)
        for old in entries[:-_KEPT]:
            old.unlink()


def _program() -> list[tuple[str, int, int]]:
    """The program's own files by size and time, so that a changed program never answers from before its change."""
    root = Path(__file__).parent.parent
    found: list[tuple[str, int, int]] = []
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if name != "__pycache__")
        for name in sorted(files):
            state = os.stat(os.path.join(folder, name))
            found.append((os.path.relpath(os.path.join(folder, name), root), state.st_size, state.st_mtime_ns))
    return found


def _diagnostic(data: dict[str, Any]) -> Diagnostic:
    return Diagnostic(
        data["code"],
        data["name"],
        Severity(data["severity"]),
        Message(**data["message"]),
        Span(**data["span"]),
        Message(**data["help"]) if data["help"] else None,
        data["source"],
        _fix(data["fix"]) if data["fix"] else None,
        tuple(Note(Message(**each["message"]), Span(**each["span"])) for each in data["notes"]),
    )


def _fix(data: dict[str, Any]) -> Fix:
    return Fix(Message(**data["description"]), tuple(Edit(**each) for each in data["edits"]), data["safe"])
