"""A page as data: what a guide says, before anyone decides whether it becomes HTML or Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from govflow.text import Lang, Text
from govflow.vocabulary import ApplicantKind, BasisKind, CaseType, DefinitionStatus, ItemType, Level, ResultKind, Window

Tone = Literal["plain", "give", "free", "note"]  # the applicant gives it · the government gets it · a remark


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: a main line, smaller lines below it, and a tone that gives it a badge."""

    text: str
    notes: tuple[str, ...] = ()
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; a `note` is set apart."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, line by line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, numbered or not."""

    entries: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a head; each row has as many cells as the head. `widths` are percent of the table's width."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: from `start`, `length` long, both in workdays; `strong` bars decide the whole."""

    label: str
    start: float
    length: float
    words: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars over a common scale of `total` workdays."""

    bars: tuple[Bar, ...]
    total: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as SVG text, with words for those who do not see it."""

    svg: str
    words: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Questions with their answers."""

    pairs: tuple[tuple[str, str], ...]


Block = Paragraph | Facts | Listing | Table | Bars | Picture | Pairs


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a page; `id` is its anchor."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Highlight:
    """A number that the reader should see first."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page in one language."""

    lang: Lang
    kind: str
    title: str
    subtitle: str
    highlights: tuple[Highlight, ...]
    sections: tuple[Section, ...]
    footer: str


def section(id: str, title: Text, lang: Lang, *blocks: Block) -> Section:
    """A part of a page with its title in the reader's language."""
    return Section(id, title.text(lang), blocks)


def facts(rows: Iterable[tuple[Text, str]], lang: Lang) -> Facts:
    """Labels in the reader's language, each with its value."""
    return Facts(tuple((label.text(lang), value) for label, value in rows))


def heads(zh: str, en: str, lang: Lang) -> tuple[str, ...]:
    """The head of a table in the reader's language, its columns parted by `|`."""
    return tuple(Text(zh, en).text(lang).split("|"))


def listed(words: Iterable[str], lang: Lang) -> str:
    """Words in a row, parted as the reader's language parts them."""
    return Text("、", ", ").text(lang).join(words)


_WORDS: dict[str, Text] = {
    word.value: word.name_text
    for words in (ItemType, CaseType, Level, DefinitionStatus, BasisKind, ApplicantKind, ResultKind, Window)
    for word in words
} | {
    zh: Text(zh, en)
    for zh, en in (
        ("纸质", "paper"),
        ("电子", "electronic"),
        ("纸质或电子", "paper or electronic"),
        ("网上办理", "online"),
        ("窗口办理", "at the window"),
        ("快递申请", "by courier"),
        ("签字", "signature"),
        ("盖章", "seal"),
        ("签字并盖章", "signature and seal"),
        ("行政复议", "administrative reconsideration"),
        ("行政诉讼", "lawsuit"),
        ("现场核查", "the check on site"),
        ("现场检查", "the inspection on site"),
        ("听证", "a hearing"),
        ("招标", "a tender"),
        ("拍卖", "an auction"),
        ("检验", "an inspection"),
        ("检测", "testing"),
        ("检疫", "quarantine"),
        ("鉴定", "an appraisal"),
        ("专家评审", "expert review"),
        ("公示", "public notice"),
        ("全国", "whole country"),
        ("全省", "whole province"),
        ("全市", "whole city"),
        ("全市通办", "at any window of the city"),
        ("全省通办", "at any window of the province"),
        ("全国通办", "at any window of the country"),
    )
}


def word(written: str, lang: Lang) -> str:
    """A value of a closed list, as a definition writes it, in the reader's language; another value as it stands."""
    return _WORDS[written].text(lang) if written in _WORDS else written
