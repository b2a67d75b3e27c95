"""Small definitions for tests, made without files: items, materials and themes with everything else at a default."""

from collections.abc import Iterable

from govflow.language.model import (
    Catalog,
    Channels,
    CorrectionRule,
    Department,
    Item,
    Joint,
    Limits,
    Material,
    MaterialUse,
    Shelf,
    Step,
    Theme,
    ThemeItem,
    TimeLimit,
)
from govflow.law.clocks import Limit
from govflow.text import Text
from govflow.vocabulary import Missed

CHANNELS = Channels(
    online_depth="IV",
    visits=0,
    visit_reason=None,
    forms=("网上办理",),
    scope=None,
    places=("示范路 1 号",),
    hours="工作日 09:00-17:00",
    consult="0722-1234001",
    complain="0722-1234002",
    post=True,
    online_payment=False,
    mobile=False,
    window="综合窗口",
)


def material(code: str, **changes: object) -> Material:
    """A paper that the applicant brings, unless the keywords say otherwise."""
    values: dict[str, object] = {
        "code": code,
        "slug": f"material-{code.lower()}",
        "name": Text(f"材料{code}", f"material {code}"),
        "kind": "其他",
        "source": "申请人自备",
        "form": "纸质或电子",
        "originals": 0,
        "copies": 1,
        "necessity": "必要",
    }
    return Material(**{**values, **changes})  # type: ignore[arg-type]


def step(id: str, kind: str, department: str = "D01", **changes: object) -> Step:
    """One activity of a flow."""
    values: dict[str, object] = {"id": id, "kind": kind, "name": Text.of(id), "role": "reviewer"}
    return Step(**{**values, "departments": (department,), **changes})  # type: ignore[arg-type]


def item(
    code: str, materials: Iterable[str | MaterialUse] = (), promised: str = "5 workdays", **changes: object
) -> Item:
    """An item with accept, review, decide and deliver."""
    uses = tuple(MaterialUse(each) if isinstance(each, str) else each for each in materials)
    limits = Limits(
        statutory=TimeLimit(Limit.parse("20 workdays"), "accepted"),
        promised=TimeLimit(Limit.parse(promised), "accepted"),
        correction_notice=Limit.parse("5 workdays"),
        correction=CorrectionRule(Limit.parse("10 workdays"), Missed.WITHDRAWN),
        delivery=Limit.parse("10 workdays"),
    )
    values: dict[str, object] = {
        "code": code,
        "slug": f"item-{code.lower()}",
        "basic": "420150007000",
        "implementation": "11421300MBXX00019B3420150007000",
        "name": Text(f"事项{code}", f"item {code}"),
        "type": "行政许可",
        "case_type": "承诺件",
        "level": "市级",
        "department": "D01",
        "state": "在用",
        "valid_from": "2025-01-01",
        "valid_to": None,
        "version": "1.0",
        "power_source": "法定本级行使",
        "basis": (),
        "audience": ("企业法人",),
        "topics": (),
        "conditions": ("有固定场所",),
        "prohibitions": (),
        "quota": None,
        "questions": (),
        "materials": uses,
        "no_materials": not uses,
        "limits": limits,
        "special_procedures": (),
        "flow": tuple(step(kind, kind) for kind in ("accept", "review", "decide", "deliver")),
        "results": (),
        "fees": (),
        "channels": CHANNELS,
        "commitment": None,
        "green_channel": None,
    }
    return Item(**{**values, **changes})  # type: ignore[arg-type]


def theme(*items: str | ThemeItem, **changes: object) -> Theme:
    """A theme of these items, without conditions and joint visits."""
    values: dict[str, object] = {
        "code": "T9",
        "slug": "small-theme",
        "name": Text("小主题一件事", "small theme"),
        "audience": "enterprise",
        "lead": "D01",
        "questions": (),
        "items": tuple(ThemeItem(each) if isinstance(each, str) else each for each in items),
        "joint": Joint(),
        "promised": None,
        "joint_cap": None,
    }
    return Theme(**{**values, **changes})  # type: ignore[arg-type]


def catalog(items: Iterable[Item], materials: Iterable[Material] = (), themes: Iterable[Theme] = ()) -> Catalog:
    """A catalog with one department D01."""
    department = Department(
        "D01",
        "market-regulation",
        Text.of("示范市市场监督管理局"),
        Text.of("市场监管局"),
        "市级",
        "11421300MBXX00019B",
        "421300",
    )
    return Catalog(Shelf(items), Shelf(themes), Shelf(materials), Shelf([department]))
