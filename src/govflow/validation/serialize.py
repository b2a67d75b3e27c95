"""Findings and checked files as JSON: what processes hand each other and what the cache keeps."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder()


def dumps(records: Any) -> str:
    """Records as JSON text."""
    try:
        return _ENCODER.encode(records).decode()
    except UnicodeEncodeError:  # the name of a file, or an escape that it holds, need not be text
        return json.dumps(msgspec.to_builtins(records))


def loads(text: str, type: type[T]) -> T:
    """The records that `dumps` made a text of. ValueError for any other text (of which msgspec's errors are a kind)."""
    return msgspec.convert(json.loads(text), type)
