"""Text(zh, en) and Lang: the one way to say a thing in two languages.

A language is parsed once, where it comes in (`Lang.of`); inside the library it is a `Lang`. Every sentence that a person
may read is a `Text`: both languages stand side by side, at the place that knows what is to be said.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Lang(StrEnum):
    """A language of the library's own sentences."""

    ZH = "zh"
    EN = "en"

    @classmethod
    def of(cls, tag: str) -> Lang:
        """The language of a tag as people and systems write it: `zh`, `zh-CN`, `zh_CN.UTF-8`, `en`, `en-GB`.

        Raises ValueError for any other language; its text names the tag and what is understood.
        """
        found = _LANGUAGES.get(tag)  # without a look at its parts: a case's view says some hundred names
        if found is None:
            found = _LANGUAGES.get(tag.strip().lower().replace("_", "-").partition("-")[0].partition(".")[0])
        if found is None:
            raise ValueError(f"language {tag!r}: expected zh or en, also as zh-CN, en-GB")
        return found


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: a Chinese character takes two, a combining mark none."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return 0 if unicodedata.category(character) in ("Mn", "Me") else 1


def shortened(text: str, width: int) -> str:
    """The text in at most so many cells; what does not fit ends in an ellipsis."""
    if cells(text) <= width:
        return text
    while text and cells(text) > width - 1:
        text = text[:-1]
    return f"{text}…"


def spelled_out(character: str) -> str:
    """`<U+200B>`: what is shown in place of a character that cannot be seen."""
    return f"<U+{ord(character):04X}>"


def printable(text: str, instead: Callable[[str], str] = spelled_out) -> str:
    """The text with something `instead` of each character that steers a terminal or is hidden in one.

    These are control and format characters (escape sequences, bidirectional overrides), line and paragraph separators
    and halves of surrogate pairs; line breaks and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(instead(each) if _steers(each) else each for each in text)


def _steers(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


_LANGUAGES = {"zh": Lang.ZH, "zh-CN": Lang.ZH, "en": Lang.EN, "en-GB": Lang.EN}
"""The tags that definitions and callers write most; `Lang.of` reads the others by their first part."""


@dataclass(frozen=True, slots=True)
class Text:
    """A name or a sentence in Chinese and English; where one is empty the other stands for it."""

    zh: str
    en: str = ""

    @classmethod
    def of(cls, data: object) -> Text:
        """A name as a definition writes it: a plain string is Chinese, a mapping gives a string a language tag.

        A name in further languages only is kept in the first of them.
        """
        if isinstance(data, str):
            return cls(data)
        if not isinstance(data, Mapping):
            return cls("" if data is None else str(data))
        found: dict[Lang, str] = {}
        for tag, value in data.items():
            try:
                found.setdefault(Lang.of(str(tag)), str(value))
            except ValueError:
                continue
        if not found:
            return cls(next((str(value) for value in data.values()), ""))
        return cls(found.get(Lang.ZH, ""), found.get(Lang.EN, ""))

    def text(self, lang: Lang | str) -> str:
        """The text in this language, else in the other one. Raises ValueError for a language that is neither."""
        return (self.zh or self.en) if Lang.of(lang) is Lang.ZH else (self.en or self.zh)

    def __str__(self) -> str:
        return self.zh or self.en


COLON = Text("：", ": ")
"""What stands between a name and what is said of it."""


def many(number: int, noun: str) -> str:
    """`1 item`, `2 items`: a number with its English noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def joined(names: Iterable[Text | str]) -> Text:
    """Names in a row, parted as each language parts them; "none" where there are none."""
    texts = [each if isinstance(each, Text) else Text(each) for each in names]
    if not texts:
        return Text("（无）", "(none)")
    return Text("、".join(each.zh or each.en for each in texts), ", ".join(each.en or each.zh for each in texts))
