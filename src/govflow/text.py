"""Text(zh, en) and Lang: the one way to say a thing in two languages.

A language is parsed once, where it comes in (`Lang.of`); inside the library it is a `Lang`. Every sentence that a person
may read is a `Text`: both languages stand side by side, at the place that knows what is to be said.
"""

from __future__ import annotations

from collections.abc import Mapping
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
        if isinstance(tag, cls):
            return tag
        found = _LANGUAGES.get(str(tag).strip().lower().replace("_", "-").partition("-")[0].partition(".")[0])
        if found is None:
            raise ValueError(f"language {tag!r}: expected zh or en, also as zh-CN, en-GB")
        return found


_LANGUAGES = {"zh": Lang.ZH, "en": Lang.EN}


@dataclass(frozen=True, slots=True)
class Text:
    """A name or a sentence in Chinese and English; `other` holds what an author wrote in further languages.

    Without English the Chinese stands for it, and the other way round: an author need not translate a name.
    """

    zh: str
    en: str = ""
    other: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, data: object) -> Text:
        """A name as a definition writes it: a plain string is Chinese; a mapping gives a string a language tag."""
        if not isinstance(data, Mapping):
            return cls("" if data is None else str(data))
        known: dict[Lang, str] = {}
        other: list[tuple[str, str]] = []
        for tag, value in data.items():
            try:
                known.setdefault(Lang.of(str(tag)), str(value))
            except ValueError:
                other.append((str(tag), str(value)))
        return cls(known.get(Lang.ZH, ""), known.get(Lang.EN, ""), tuple(other))

    def text(self, lang: Lang | str) -> str:
        """The text in this language, else in the one that is there."""
        chosen, spare = (self.zh, self.en) if Lang.of(lang) is Lang.ZH else (self.en, self.zh)
        return chosen or spare or (self.other[0][1] if self.other else "")

    def __str__(self) -> str:
        return self.text(Lang.ZH)
