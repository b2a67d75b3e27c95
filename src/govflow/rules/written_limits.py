"""The limits of definitions as their authors wrote them, before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from govflow.language.source import Document
from govflow.rules.types import Path

WrittenLimit = tuple[Path, str]

_LIMIT_KEYS = frozenset(
    {"within", "by", "correction_notice", "delivery", "limit", "warning", "joint_cap", "post_check"}
)
_BRANCHES = ("limits", "special_procedures", "flow", "commitment", "green_channel")
_PARTS = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?|[半一二两三四五六七八九十百]+)?\s*个?\s*(.*?)\s*\Z", re.DOTALL)
_UNIT = re.compile(
    r"(?:工作|自然)日|月|年|(?:工作)?小时|(?:work|working |natural |natural_|calendar )days?|months?|years?"
    r"|(?:working[ _])?hours?"
)
_BARE = frozenset({"", "日", "天", "d", "day", "days"})


def written_limits(kind: str, document: Document) -> Iterator[WrittenLimit]:
    """Every limit written in an item, theme or variant: path, text; numbers as text."""
    if kind in ("item", "theme", "variant") and isinstance(document.data, dict):
        yield from _written(document.data)


@lru_cache(maxsize=4096)
def unit_fault(text: str) -> bool:
    """Whether a limit has a number but no unit, or a bare day."""
    number, unit = _split(text)
    return number is not None and unit in _BARE and number_fault(text) is None


@lru_cache(maxsize=4096)
def number_fault(text: str) -> tuple[str, str] | None:
    """What is wrong with the number of a limit, in both languages, or None.

    A unit that is no unit at all is not judged: such a text is malformed, and the schema says so.
    """
    number, unit = _split(text)
    if unit not in _BARE and not _UNIT.fullmatch(unit):
        return None
    if number is None:
        return ("没有数字", "has no number") if unit else None
    if number.startswith("-"):
        return "是负数", "is negative"
    _, point, fraction = number.partition(".")
    fraction = fraction.rstrip("0")
    if point and fraction:
        if fraction != "5":
            return "只能是整数或半天", "may only be whole or end in .5"
        if unit not in ("工作日", "工作小时", "小时") and not unit.startswith(("work", "hour")):
            return "不是工作日，不能有半个", "is not in workdays and cannot have a half"
    return None


def _split(text: str) -> tuple[str | None, str]:
    match = _PARTS.match(text)
    return (match[1], match[2].lower()) if match else (None, text)


def _written(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for key in _BRANCHES:
        if key in data:
            _limits_in(data[key], (key,), found)
    materials = data.get("materials")
    for at, use in enumerate(materials if isinstance(materials, list) else ()):
        if isinstance(use, dict) and "defer" in use:
            _limits_in(use["defer"], ("materials", at, "defer"), found)
    return iter(found)


def _limits_in(data: Any, path: Path, found: list[tuple[Path, str]]) -> None:
    if isinstance(data, dict):
        for key, value in data.items():
            if isinstance(value, (dict, list)):
                _limits_in(value, (*path, key), found)
            elif key in _LIMIT_KEYS and type(value) in (str, int, float):
                found.append(((*path, key), str(value)))
    elif isinstance(data, list):
        for at, value in enumerate(data):
            if isinstance(value, (dict, list)):
                _limits_in(value, (*path, at), found)
