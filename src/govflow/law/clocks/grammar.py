"""How a limit is written: `10 workdays`, `5个工作日`, `半个工作日`, `30 natural days`, `3 months`, `24 hours`.

The one grammar of limits. `Limit.parse` reads by it; `PATTERN`, a regular expression that editors understand too, is the
`pattern` of the schemas; `fault` and `meant` say what is wrong with a text and what it would have been.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, get_args

Unit = Literal["workday", "natural_day", "month", "year", "working_hour", "hour"]
Fault = Literal["unit", "number", "form"]

UNITS: tuple[Unit, ...] = get_args(Unit)
WORDS: Mapping[str, Unit] = {
    "工作日": "workday",
    "自然日": "natural_day",
    "月": "month",
    "年": "year",
    "工作小时": "working_hour",
    "小时": "hour",
    "workday": "workday",
    "working day": "workday",
    "natural day": "natural_day",
    "natural_day": "natural_day",
    "calendar day": "natural_day",
    "month": "month",
    "year": "year",
    "working hour": "working_hour",
    "working_hour": "working_hour",
    "hour": "hour",
}
"""A unit by its word; an English one may take an s."""

_WHOLE: tuple[Unit, ...] = ("natural_day", "month", "year")  # the others are counted in halves as well
_BARE = frozenset({"", "日", "天", "d", "day", "days"})  # a day, but which days count?
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SPOKEN = "[一二两三四五六七八九]|[二三四五六七八九]?十[一二三四五六七八九]?"
_PARTS = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?|[半一二两三四五六七八九十百]+)?\s*个?\s*(.*?)\s*\Z", re.DOTALL)
_OTHER_WORDS = (
    ("工作天", "工作日"),
    ("工日", "工作日"),
    ("自然天", "自然日"),
    ("日历日", "自然日"),
    ("日历天", "自然日"),
    ("work-days", " workdays"),
    ("working-days", " workdays"),
    ("work days", " workdays"),
    ("work day", " workday"),
    ("business days", " workdays"),
    ("business day", " workday"),
    ("wd", " workdays"),
)


def _written(units: Iterable[Unit]) -> str:
    """The words of these units, an English one with or without its s."""
    wanted = tuple(units)
    return "|".join(f"{word}s?" if word.isascii() else word for word, unit in WORDS.items() if unit in wanted)


PATTERN = (
    rf"^ *(([0-9]{{1,3}}(\.[05]0?)?|半|{_SPOKEN}) *个? *({_written(unit for unit in UNITS if unit not in _WHOLE)})"
    rf"|([0-9]{{1,3}}|{_SPOKEN}) *个? *({_written(('natural_day', 'month'))})"
    rf"|([0-9]{{1,2}}|{_SPOKEN}) *个? *({_written(('year',))})) *$"
)
"""A limit in a definition: at most three digits (a year two), so that none is longer than the clocks count."""

WARNING_PATTERN = rf"(^ *[1-9][0-9]? *% *$)|({PATTERN})"
"""When a light turns yellow: so much of the limit is left, in per cent or as a limit."""

_LIMIT = re.compile(PATTERN)


def parts(text: str) -> tuple[Decimal, str] | None:
    """The number and the word of a unit in a text, whatever that word is; None where there is no number to read."""
    number, word = _split(text)
    value = None if number is None else _number(number)
    return None if value is None else (value, word)


def unit_of(word: str) -> Unit | None:
    """The unit of a word, with or without the s of its plural; None for a word that is none."""
    return WORDS.get(word) or WORDS.get(word.removesuffix("s"))


def is_bare(word: str) -> bool:
    """Whether a word leaves open which days are counted: none at all, or a mere day (日, 天, day)."""
    return word in _BARE


def fault(text: str) -> Fault | None:
    """What is wrong with a limit as it is written: its unit, its number, or that it is no limit; None for a right one."""
    if _LIMIT.search(text):
        return None
    if meant(text):
        return "form"  # only the words are not those of the language
    number, word = _split(text)
    if is_bare(word) and number is not None:
        return "number" if number.startswith("-") else "unit"
    return "number" if unit_of(word) else "form"


def meant(text: str) -> str | None:
    """The same limit in the words of the language, where only one can be meant: `10 Workdays`, `3wd`, `十个工作天`."""
    lower = text.strip().lower()
    for word, unit in _OTHER_WORDS:
        if lower.endswith(word):
            lower = lower.removesuffix(word).rstrip() + unit
            break
    return lower if _LIMIT.search(lower) else None


def _split(text: str) -> tuple[str | None, str]:
    match = _PARTS.match(text)
    return (match[1], match[2].lower()) if match else (None, text)


def _number(text: str) -> Decimal | None:
    if text[0] in "-0123456789":
        return Decimal(text)
    if text == "半":
        return Decimal("0.5")
    tens, ten, ones = text.rpartition("十")
    if any(part and part not in _DIGITS for part in (tens, ones)):
        return None
    return Decimal((_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_DIGITS[ones] if ones else 0))
