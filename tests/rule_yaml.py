"""Plain data as block YAML, enough for definitions: text is always quoted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def to_yaml(data: Any, indent: str = "") -> Iterator[str]:
    """The lines of a mapping or list."""
    for key, value in data.items() if isinstance(data, dict) else ((None, each) for each in data):
        head = f"{indent}- " if key is None else f"{indent}{json.dumps(key, ensure_ascii=False)}:"
        if isinstance(value, dict | list) and value:
            lines = list(to_yaml(value, indent + "  "))
            if key is None:
                yield head + lines[0].lstrip()
                yield from lines[1:]
            else:
                yield head
                yield from lines
        else:
            yield f"{head} {json.dumps(value, ensure_ascii=False)}"
