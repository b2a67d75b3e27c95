"""What a definition means: frozen records that the rules, the compiler, the engine and the guide share.

Field names are the keys of the language (docs/language.md). References between records are codes;
the Catalog resolves them by code or slug.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from govflow.language.conditions import Condition
from govflow.law.clocks import Limit
from govflow.law.notices import Overlay
from govflow.text import Lang, Text
from govflow.vocabulary import CaseType, DefinitionStatus, ItemType, Level, Missed


@dataclass(frozen=True, slots=True)
class Basis:
    """One legal basis 设定依据: the law's title without 《》, its article, and the kind of law."""

    id: str
    law: str
    article: str | None = None
    kind: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Department:
    """A department 部门 that accepts, reviews or decides."""

    code: str
    slug: str
    name: Text
    short: Text
    level: str
    uscc: str
    region: str
    kind: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A fact 情形 that the applicant states; `kind` is number, boolean, choice, text or date."""

    id: str
    ask: Text
    kind: str
    options: tuple[tuple[str, Text], ...] = ()
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    default: str | int | float | bool | None = None


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form 表单要素; equal `meaning` in two forms means the same value, asked once."""

    id: str
    label: Text
    kind: str
    meaning: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Material:
    """One entry of the shared material library 材料目录."""

    code: str
    slug: str
    name: Text
    kind: str
    source: str
    form: str
    originals: int
    copies: int
    necessity: str
    issuer: str | None = None
    result_of: str | None = None
    elicence: str | None = None
    share: str | None = None
    blank: str | None = None
    sample: str | None = None
    notes: str | None = None
    basis: str | None = None
    secondary: bool = False
    by_commitment: bool = False
    intermediary: str | None = None
    signature: str | None = None
    validity: str | None = None
    file_rule: Mapping[str, object] | None = None
    fields: tuple[FormField, ...] = ()

    @property
    def is_form(self) -> bool:
        """Whether it is an application form 申请表格文书, merged into one form within a theme."""
        return self.kind == "申请表格文书"

    @property
    def obtained(self) -> str | None:
        """How the government gets it by itself: the e-licence's or data share's name, or None."""
        return self.elicence or self.share


@dataclass(frozen=True, slots=True)
class MaterialUse:
    """An item's use of a material: the condition, the gap allowance and narrowed copies belong here."""

    material: str
    when: Condition | None = None
    defer: Limit | None = None
    originals: int | None = None
    copies: int | None = None
    note: str | None = None
    basis: str | None = None
    demanded: bool = False


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """How far a limit may be extended 延期: by how much, who approves."""

    by: Limit
    approver: str
    once: bool = True
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a limit that is left, in percent: 20% of ten workdays are the last two."""

    percent: int

    def of(self, limit: Limit) -> Limit:
        """The share as a length, rounded down to whole units."""
        return Limit(limit.value * self.percent // 100, limit.unit)

    def text(self, lang: Lang | str = Lang.ZH) -> str:
        """As it is written, in any language."""
        return f"{self.percent}%"


Warn = Limit | Share
"""When a light turns yellow: so much left, or such a share left."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A time limit: how long, from which event (`received`, `accepted`, `decided`, `notified`), on what basis."""

    within: Limit
    start: str
    basis: str | None = None
    extension: ExtensionRule | None = None
    warn: Warn | None = None


@dataclass(frozen=True, slots=True)
class CorrectionRule:
    """The applicant's period for correction 补正期限 and what missing it means (withdrawn, not_accepted, refused)."""

    within: Limit
    missed: Missed


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of an item. `statutory` None means that no law sets one (`none` in the definition)."""

    statutory: TimeLimit | None
    promised: TimeLimit | None
    correction_notice: Limit
    correction: CorrectionRule
    delivery: Limit
    post_check: TimeLimit | None = None
    warning: Warn | None = None


@dataclass(frozen=True, slots=True)
class SpecialProcedure:
    """A special procedure 特别程序 whose time does not count (行政许可法 art. 45)."""

    id: str
    kind: str
    limit: Limit | None
    stops: tuple[str, ...]
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One activity of the flow. `kind` is a word of the catalogue in docs/language.md.

    `departments` has more than one entry only for a joint visit. `within` is the step's own limit,
    `procedure` the special procedure that a visit, test or expert review opens.
    """

    id: str
    kind: str
    name: Text
    role: str
    departments: tuple[str, ...]
    within: Limit | None = None
    silence: str | None = None
    when: Condition | None = None
    procedure: str | None = None
    staff: int | None = None
    refuse: bool = False
    remedies: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """Parallel branches 会签: each branch is a sequence; all must end before the flow goes on."""

    branches: tuple[tuple[Block, ...], ...]


Block = Step | Together


def steps_of(flow: Iterable[Block]) -> Iterator[Step]:
    """Every step of a flow in reading order, parallel branches one after the other."""
    for block in flow:
        if isinstance(block, Together):
            for branch in block.branches:
                yield from steps_of(branch)
        else:
            yield block


@dataclass(frozen=True, slots=True)
class Result:
    """What the item issues 结果: a licence, an approval document, or something else."""

    id: str
    name: Text
    kind: str
    valid_for: str | None = None
    elicence: str | None = None
    sample: str | None = None
    material: str | None = None


@dataclass(frozen=True, slots=True)
class Fee:
    """One fee 收费项目 with its standard and basis."""

    name: str
    standard: str
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """Handling by notification and commitment 告知承诺."""

    text: str
    consequence: str
    post_check: Limit | None
    replaces: tuple[str, ...] = ()
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Channels:
    """How and where one applies: online depth I-IV, visits, places, numbers."""

    online_depth: str
    visits: int
    visit_reason: str | None
    forms: tuple[str, ...]
    scope: str | None
    places: tuple[str, ...]
    hours: str
    consult: str
    complain: str
    post: bool
    online_payment: bool
    mobile: bool
    window: str
    appointment: bool = False
    in_hall: bool = True
    hall_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A service item 事项 in full: the implementation list 实施清单 plus what the engine needs."""

    code: str
    slug: str
    basic: str
    implementation: str
    name: Text
    type: ItemType
    case_type: CaseType
    level: Level
    department: str
    state: DefinitionStatus
    valid_from: str
    valid_to: str | None
    version: str
    power_source: str
    basis: tuple[Basis, ...]
    audience: tuple[str, ...]
    topics: tuple[str, ...]
    conditions: tuple[str, ...]
    prohibitions: tuple[str, ...]
    quota: str | None
    questions: tuple[Question, ...]
    materials: tuple[MaterialUse, ...]
    no_materials: bool
    limits: Limits
    special_procedures: tuple[SpecialProcedure, ...]
    flow: tuple[Block, ...]
    results: tuple[Result, ...]
    fees: tuple[Fee, ...]
    channels: Channels
    commitment: Commitment | None
    green_channel: Limit | None
    entrusting: str | None = None
    joint_departments: tuple[str, ...] = ()
    confidential: bool = False
    baseline: str | None = None
    region: str | None = None
    faq: tuple[tuple[str, str], ...] = ()
    handling: str = ""
    file: str = ""

    @property
    def instant(self) -> bool:
        """即办件: decided on the day of acceptance."""
        return self.case_type is CaseType.INSTANT

    def procedure(self, id: str) -> SpecialProcedure | None:
        """The special procedure with this id or of this kind, or None if the item lists none such."""
        return next((p for p in self.special_procedures if id in (p.id, p.kind)), None)


@dataclass(frozen=True, slots=True)
class ThemeItem:
    """An item's place in a theme: what must be done before, when it is chosen, when it is only verified.

    `held_when`: the applicant already holds the result, so the item shrinks to a data check 核验.
    """

    item: str
    after: tuple[str, ...] = ()
    when: Condition | None = None
    held_when: Condition | None = None
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage 阶段 of a theme with its own lead department."""

    id: str
    name: Text
    lead: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JointVisit:
    """One visit 联合踏勘 shared by several items of a theme."""

    id: str
    name: Text
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joint:
    """Rules of joint handling: visits, one notice, what a refusal stops, how results are handed out."""

    visits: tuple[JointVisit, ...] = ()
    correction: str = "one_notice"
    refusal: str = "continue_independent"
    hand_out: str = "together"


@dataclass(frozen=True, slots=True)
class Theme:
    """A one-thing theme 一件事: several items of several departments handled as one case."""

    code: str
    slug: str
    name: Text
    audience: str
    lead: str
    questions: tuple[Question, ...]
    items: tuple[ThemeItem, ...]
    joint: Joint
    promised: TimeLimit | None
    joint_cap: Limit | None
    stages: tuple[Stage, ...] = ()
    correction_notice: Limit | None = None
    correction: CorrectionRule | None = None
    state: DefinitionStatus = DefinitionStatus.IN_USE
    valid_from: str = ""
    file: str = ""

    def entry(self, item: str) -> ThemeItem:
        """The theme's entry for an item code; KeyError if the theme does not hold it."""
        for each in self.items:
            if each.item == item:
                return each
        raise KeyError(item)


class Coded(Protocol):
    """What every entry of a Shelf has: a code and a readable slug."""

    @property
    def code(self) -> str:
        """The short code, e.g. I07."""

    @property
    def slug(self) -> str:
        """The readable name, e.g. food-business-permit."""


T = TypeVar("T", bound=Coded)


class Shelf(Mapping[str, T]):
    """Entries by code or slug; iterates over codes in the order of the definitions."""

    def __init__(self, entries: Iterable[T] = ()) -> None:
        self._by_code = {entry.code: entry for entry in entries}
        self._code_of = {entry.slug: entry.code for entry in self._by_code.values() if entry.slug}

    def __getitem__(self, ref: str) -> T:
        entry = self._by_code.get(ref)
        return self._by_code[self._code_of[ref]] if entry is None else entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    def __repr__(self) -> str:
        return f"Shelf({', '.join(self._by_code)})"


@dataclass(frozen=True, slots=True)
class Catalog:
    """All definitions that belong together. Each shelf is read by code or slug.

    `data` holds what the files say, as plain data, under the code of an item or theme and under `material:CODE` and
    `department:CODE`: it is what a case pins.
    """

    items: Shelf[Item] = field(default_factory=Shelf)
    themes: Shelf[Theme] = field(default_factory=Shelf)
    materials: Shelf[Material] = field(default_factory=Shelf)
    departments: Shelf[Department] = field(default_factory=Shelf)
    calendars: tuple[Overlay, ...] = ()
    data: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    variants: tuple[Item, ...] = ()
