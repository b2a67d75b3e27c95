"""A baseline: the findings that an old catalogue is known to have, so that only new ones stop the work.

A finding is recognized by its file, its rule and its sentence, not by its line: lines move. Equal findings are counted,
and one more than before is new.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from govflow.diagnostics import Diagnostic
from govflow.errors import InvalidInput, NotFound
from govflow.text import Text

_Mark = tuple[str, str, str]


def baseline_text(diagnostics: Iterable[Diagnostic], folder: Path) -> str:
    """The baseline file for these findings; file names count from `folder`, where it will lie."""
    counts = Counter(_mark(each, folder) for each in diagnostics)
    findings = [
        {"file": file, "code": code, "message": message, "count": count}
        for (file, code, message), count in sorted(counts.items())
    ]
    return json.dumps({"version": 1, "findings": findings}, ensure_ascii=False, indent=2) + "\n"


def baseline_of(file: str) -> str:
    """The text of a baseline file; NotFound when it is not there."""
    try:
        return Path(file).read_text("utf-8", "replace")
    except FileNotFoundError:
        zh = f"没有这个基线文件：{file}（用 --write-baseline 写一份）"
        raise NotFound(
            Text(zh, f"no such baseline file: {file} (write one with --write-baseline)"), path=file
        ) from None


def without_known(diagnostics: Iterable[Diagnostic], text: str, file: Path) -> tuple[tuple[Diagnostic, ...], int, int]:
    """The findings that the baseline does not know, how many it knows, and how many of its entries are gone.

    InvalidInput when the text is no baseline.
    """
    left = _counts(text, file)
    new: list[Diagnostic] = []
    known = 0
    for each in diagnostics:
        mark = _mark(each, file.parent)
        if left[mark] > 0:
            left[mark] -= 1
            known += 1
        else:
            new.append(each)
    return tuple(new), known, sum(left.values())


def _counts(text: str, file: Path) -> Counter[_Mark]:
    counts: Counter[_Mark] = Counter()
    try:
        data = json.loads(text)
        if data["version"] != 1:
            raise ValueError(f"version {data['version']}")
        for entry in data["findings"]:
            counts[(str(entry["file"]), str(entry["code"]), str(entry["message"]))] += int(entry["count"])
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        zh = f"{file}: 不是基线文件（{fault}）；用 --write-baseline 重新写一份"
        raise InvalidInput(
            Text(zh, f"{file}: not a baseline file ({fault}); write one with --write-baseline")
        ) from None
    return counts


def _mark(diagnostic: Diagnostic, folder: Path) -> _Mark:
    place = os.path.relpath(diagnostic.span.file or ".", folder)
    return Path(place).as_posix(), diagnostic.code, diagnostic.message.zh
