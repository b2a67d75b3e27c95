"""A page as data: what a guide says, before anyone decides whether it becomes HTML or Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from govflow.text import Text

Tone = Literal["plain", "give", "free", "note"]  # the applicant gives it · the government gets it · a remark


@dataclass(frozen=True, slots=True)
class Say:
    """Chooses between a sentence's two languages: `say("依据", "basis")`."""

    lang: str

    def __call__(self, zh: str, en: str) -> str:
        """The one of the two that the reader reads."""
        return zh if self.chinese else en

    @property
    def chinese(self) -> bool:
        """Whether the reader reads Chinese."""
        return self.lang.startswith("zh")

    def text(self, text: Text) -> str:
        """A definition's text in the reader's language, else in the language it has."""
        return text.text(self.lang)

    def value(self, value: str) -> str:
        """A value of a closed list in the reader's language."""
        return value if self.chinese else VALUES.get(value, value)


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

    lang: str
    kind: str
    title: str
    subtitle: str
    highlights: tuple[Highlight, ...]
    sections: tuple[Section, ...]
    footer: str


VALUES = {
    "行政许可": "administrative licence",
    "行政处罚": "administrative penalty",
    "行政强制": "administrative coercion",
    "行政征收": "administrative levy",
    "行政给付": "administrative benefit",
    "行政检查": "administrative inspection",
    "行政确认": "administrative confirmation",
    "行政奖励": "administrative award",
    "行政裁决": "administrative ruling",
    "其他行政权力": "other administrative power",
    "公共服务": "public service",
    "即办件": "decided on the spot",
    "承诺件": "decided within the promised limit",
    "国家级": "national level",
    "省级": "provincial level",
    "市级": "city level",
    "县级": "county level",
    "镇级": "township level",
    "村级": "village level",
    "自然人": "natural persons",
    "企业法人": "companies",
    "事业法人": "public institutions",
    "社会组织法人": "social organisations",
    "非法人企业": "unincorporated businesses",
    "行政机关": "government bodies",
    "其他组织": "other organisations",
    "纸质": "paper",
    "电子": "electronic",
    "纸质或电子": "paper or electronic",
    "证照": "licence",
    "批文": "approval document",
    "其他": "other",
    "网上办理": "online",
    "窗口办理": "at the window",
    "快递申请": "by courier",
    "综合窗口": "general window",
    "部门窗口": "department window",
    "签字": "signature",
    "盖章": "seal",
    "签字并盖章": "signature and seal",
    "行政复议": "administrative reconsideration",
    "行政诉讼": "lawsuit",
    "法律": "law",
    "行政法规": "administrative regulation",
    "国务院决定": "State Council decision",
    "地方性法规": "local regulation",
    "省级政府规章": "provincial rule",
    "部门规章": "ministry rule",
    "规范性文件": "normative document",
    "现场核查": "the check on site",
    "现场检查": "the inspection on site",
    "听证": "a hearing",
    "招标": "a tender",
    "拍卖": "an auction",
    "检验": "an inspection",
    "检测": "testing",
    "检疫": "quarantine",
    "鉴定": "an appraisal",
    "专家评审": "expert review",
    "公示": "public notice",
    "全国": "whole country",
    "全省": "whole province",
    "全市": "whole city",
    "全市通办": "at any window of the city",
    "全省通办": "at any window of the province",
    "全国通办": "at any window of the country",
}
