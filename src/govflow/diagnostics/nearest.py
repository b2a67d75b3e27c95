"""Which word did the author mean? One way to guess for keys, values, references, rules and answers."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable

from govflow.text import Text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that the author probably meant, or None."""
    return _vocabulary(tuple(map(str, known))).nearest(word)


@functools.lru_cache(maxsize=16)
def _vocabulary(words: tuple[str, ...]) -> _Vocabulary:
    return _Vocabulary(words)


class _Vocabulary:
    """Words looked up by what is left of them when small slips are taken away; made once for many unknown words."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words
        self.folded = {_folded(each): each for each in words}
        self.letters: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        for each in words:
            self.letters.setdefault("".join(sorted(each)), each)
            if _CODE.fullmatch(each):
                self.codes.setdefault(_plain_code(each), each)

    def nearest(self, word: str) -> str | None:
        """The word meant, or None."""
        same = self.folded.get(_folded(word)) or self.letters.get("".join(sorted(word)))
        if same is not None:
            return same
        if _CODE.fullmatch(word):  # D07 and D10 look alike and mean different things: no guess from digits
            return self.codes.get(_plain_code(word))
        likely: Iterable[str] = self.words
        if (
            len(self.words) > _MANY
        ):  # comparing letter by letter takes its time: only with words that begin or end alike
            likely = [each for each in self.words if each[:2] == word[:2] or each[-2:] == word[-2:]][:_MANY]
        close = difflib.get_close_matches(word, likely, n=1, cutoff=0.6)
        return close[0] if close else None


_MANY = 500
_CODE = re.compile("[A-Za-z]{1,3}[0-9]+")


def _folded(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")


def _plain_code(code: str) -> str:
    letters = code.rstrip("0123456789")
    return letters.upper() + code[len(letters) :].lstrip("0")


def did_you_mean(word: str | None) -> Text | None:
    """The help line for a suggestion."""
    return None if word is None else Text(f"是不是想写 {word}？", f"Did you mean {word}?")
