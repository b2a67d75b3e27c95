"""Values from outside are of the right type and size before anything else looks at them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from govflow.diagnostics import did_you_mean, nearest
from govflow.errors import InvalidInput
from govflow.errors import shown as shown  # what a value looks like in a sentence belongs to the checks
from govflow.text import Text, joined

T = TypeVar("T")

NAME = 200
"""Longest name, number, code, actor or key, in characters."""

PROSE = 10_000
"""Longest opinion or reason, in characters."""

DATA = 100_000
"""Longest JSON document, in characters."""

LIST = 1_000
"""Most entries of a list of names."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_STEERING = "\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_IN_PROSE = re.compile(f"[{_STEERING}]")
_IN_A_LINE = re.compile(f"[{_STEERING}\t\n\r\u061c\u200e\u200f\u2028\u2029]")
"""What steers a terminal or turns the direction of writing; in a line also what breaks it."""
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
DEPTH = 64
"""Deepest nesting of a JSON document: what reads it goes down by calling itself."""


def checked_text(value: object, field: str, most: int = NAME) -> str:
    """The value, as NFC, if it is one line that people can see and a database can hold; InvalidInput otherwise."""
    if type(value) is str and len(value) <= most and value.isascii() and value.isprintable() and value.strip():
        return value  # an id or a word, as most are
    text = _checked(value, field, most, _IN_A_LINE)
    if not seen(text):
        raise InvalidInput(
            Text(f"{field} 里没有看得见的字", f"{field} holds no character that can be seen"), field=field
        )
    return text


def checked_prose(value: object, field: str) -> str:
    """The value, as NFC, if it is text of any number of lines, or of none; InvalidInput otherwise."""
    return _checked(value, field, PROSE, _IN_PROSE, empty=True)


def checked_key(value: object) -> str:
    """An idempotency key as its caller wrote it: nobody reads it, it is only compared."""
    text = _checked(value, "key", 120, _UNSTORABLE)
    return text if text == value else str(value)


def seen(text: str) -> bool:
    """Whether a text has a character that is seen: neither space, nor format or control, nor a mark by itself."""
    return any(unicodedata.category(each)[0] not in "ZCM" for each in text)


def normal(text: str) -> str:
    """The text in the form in which it is stored and compared: NFC, and a plain `str`."""
    plain = text if type(text) is str else str.__str__(text)  # text marked safe is kept as text
    return plain if plain.isascii() else unicodedata.normalize("NFC", plain)


def _checked(value: object, field: str, most: int, refused: re.Pattern[str], *, empty: bool = False) -> str:
    if not isinstance(value, str) or len(value) > most or not (value or empty):
        least = 0 if empty else 1
        raise InvalidInput(
            Text(
                f"{field} 是 {shown(value)}，应为{least} 至 {most} 字的文字",
                f"{field}: found {shown(value)}, expected text of {least} to {most} characters",
            ),
            field=field,
        )
    if _UNSTORABLE.search(value):
        raise InvalidInput(
            Text(f"{field} 含有不能保存的字符（NUL 或孤立代理项）", f"{field} holds a NUL or a lone surrogate"),
            field=field,
        )
    if refused.search(value):
        raise InvalidInput(
            Text(f"{field} 含有控制字符或改变书写方向的字符", f"{field} holds a control or bidirectional character"),
            field=field,
        )
    return normal(value)


def checked_choice(value: str, field: str, known: Iterable[str]) -> str:
    """The value if it is one of those known; InvalidInput names them all, and the nearest."""
    listed = list(known)
    if value not in listed:
        meant = did_you_mean(nearest(value, listed)) or Text("")
        names = joined(listed)
        raise InvalidInput(
            Text(f"{field} 是 {shown(value)}，应为 {names} 之一。{meant.zh}",
            f"{field}: found {shown(value)}, expected one of {names.en}. {meant.en}".rstrip()), field=field,
        )  # fmt: skip
    return value


def checked_list(value: object, field: str) -> list[str]:
    """The value as a list of names, each once; InvalidInput for anything else."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise InvalidInput(
            Text(
                f"{field} 是 {shown(value)}，应为一组文字", f"{field}: found {shown(value)}, expected a list of texts"
            ),
            field=field,
        )
    names: dict[str, None] = {}
    for at, each in enumerate(value):
        names[checked_text(each, f"{field}[{at}]")] = None
        if at >= LIST:
            raise InvalidInput(Text(f"{field} 多于 {LIST} 项", f"{field} has more than {LIST} entries"), field=field)
    return list(names)


def checked_json(value: object, field: str) -> Any:
    """The value as JSON gives it back, if JSON can hold it and a database can keep it; InvalidInput otherwise."""
    if type(value) is dict and not value:
        return {}
    try:
        written = _JSON.encode(value)
        written.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as fault:
        raise InvalidInput(
            Text(f"{field} 不能保存为 JSON：{shown(fault)}", f"{field} is not JSON: {shown(fault)}"), field=field
        ) from None
    _check_structure(value, field, 0)
    if len(written) > DATA:
        raise InvalidInput(
            Text(f"{field} 有 {len(written)} 字，至多 {DATA}", f"{field} is longer than {DATA}"), field=field
        )
    if "\\u0000" in written:
        raise InvalidInput(Text(f"{field} 含有不能保存的字符（NUL）", f"{field} holds a NUL"), field=field)
    return json.loads(written) if value else value


def _check_structure(value: object, field: str, depth: int) -> None:
    """Every key of a JSON value is text, as it will be once it has been written and read, and no part is too deep."""
    if depth > DEPTH:
        raise InvalidInput(Text(f"{field} 嵌套超过 {DEPTH} 层", f"{field} is nested deeper than {DEPTH}"), field=field)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise InvalidInput(Text(f"{field} 里有不是文字的键", f"{field} has a key that is no text"), field=field)
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            _check_structure(each, field, depth + 1)
    elif isinstance(value, str) and _IN_PROSE.search(value):
        raise InvalidInput(
            Text(f"{field} 含有控制字符或改变书写方向的字符", f"{field} holds a control or bidirectional character"),
            field=field,
        )


def checked_int(value: object, field: str, least: int, most: int) -> int:
    """The value if it is a whole number in this range; InvalidInput otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInput(
            Text(f"{field} 是 {shown(value)}，应为 {least} 至 {most} 的整数",
            f"{field}: found {shown(value)}, expected a whole number from {least} to {most}"), field=field,
        )  # fmt: skip
    return value


class Faults:
    """Gathers what is wrong with the parts of an application, so that a form can show all of it at once."""

    def __init__(self) -> None:
        self._found: list[InvalidInput] = []

    def of(self, check: Callable[[], T]) -> T | None:
        """What this check gives; None if it found faults, which are kept."""
        try:
            return check()
        except InvalidInput as fault:
            self._found += fault.faults
            return None

    def raise_found(self) -> None:
        """Raise InvalidInput with all that was found, if anything was."""
        if self._found:
            raise InvalidInput.of(self._found)
