"""What the citizen and the window read. Golden pages lie in tests/golden/guide; UPDATE_GOLDEN=1 writes them anew."""

import os
import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.catalog import load
from govflow.errors import InvalidInput, NotAllowed
from govflow.language.conditions import Fact, Not
from govflow.language.model import (
    Basis,
    Catalog,
    Commitment,
    ExtensionRule,
    Fee,
    FormField,
    Item,
    Joint,
    JointVisit,
    MaterialUse,
    Question,
    Result,
    Shelf,
    SpecialProcedure,
    Theme,
    ThemeItem,
    TimeLimit,
    Together,
)
from govflow.law.clocks import Limit
from govflow.plan import item_materials, merged_materials
from govflow.products import guide
from govflow.products.guide.limits import counting, in_words
from govflow.text import Lang, Text
from tests.catalogs import CHANNELS, catalog, item, material, step, theme

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "golden" / "guide"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'
ZH, EN = Lang.ZH, Lang.EN


def _text(zh: str, en: str) -> Text:
    return Text(zh, en)


def _permit() -> Item:
    """A food permit with something in every section."""
    plain = item("I2", [])
    extension = ExtensionRule(Limit.parse("5 workdays"), "head")
    limits = replace(
        plain.limits,
        statutory=TimeLimit(Limit.parse("10 workdays"), "accepted", "law", extension),
        post_check=TimeLimit(Limit.parse("60 workdays"), "decided"),
    )
    return replace(
        plain,
        name=_text("食品经营许可", "food permit"),
        basis=(Basis("law", "食品安全法", "第三十五条", "法律"),),
        conditions=("有固定场所", "有管理人员"),
        prohibitions=("被吊销许可未满五年",),
        quota="每条街不超过三家",
        questions=(
            Question("area", _text("经营面积", "floor area"), "number", unit="平方米"),
            Question("commits", _text("是否承诺", "commit"), "boolean", default=False),
            Question("kind", _text("业态", "kind"), "choice",
                     (("a", _text("餐馆", "diner")), ("b", _text("食堂", "canteen")))),
        ),
        materials=(
            MaterialUse("M1"),
            MaterialUse("M2"),
            MaterialUse("M3", Fact("area", "at_least", 300), Limit.parse("5 workdays"), note="按幅面折叠", basis="law"),
            MaterialUse("M4", Fact("kind", "one_of", ("b", "a"))),
        ),
        limits=limits,
        special_procedures=(SpecialProcedure("check", "现场核查", Limit.parse("5 workdays"), ("promised",)),),
        flow=(
            step("accept", "accept"),
            Together(
                (
                    (step("review", "review", within=Limit.parse("2 workdays"), points=("布局合理",)),),
                    (step("ask", "consult", "D09", silence="no_objection"),),
                )
            ),
            step("check", "visit", when=Not(Fact("commits", "is", True))),
            step("decide", "decide", remedies=("行政复议", "行政诉讼")),
            step("deliver", "deliver"),
        ),
        results=(
            Result("permit", _text("食品经营许可证", "food permit"), "证照", "5年", "食品经营电子证照", "permit.pdf"),
        ),
        fees=(Fee("工本费", "10 元", "law"),),
        channels=replace(CHANNELS, visits=1, visit_reason="核验原件", scope="全市通办"),
        commitment=Commitment("条件属实", "撤销许可", Limit.parse("20 workdays"), ("M3",), Fact("commits", "is", True)),
        green_channel=Limit.parse("2 workdays"),
        faq=(("要年检吗？", "不用。"),),
    )  # fmt: skip


@pytest.fixture(scope="module")
def small() -> Catalog:
    """A registration and a permit that needs its licence, as items and as a theme."""
    field = FormField("name", _text("名称", "name"), "text", "operator.name")
    papers = [
        material("M1", kind="申请表格文书", name=_text("许可申请书", "permit form"), blank="forms/f.docx",
                 fields=(field,), signature="签字", notes="逐栏填写",
                 file_rule={"formats": ["pdf", "jpg"], "max_size": "10MB"}),
        material("M2", name=_text("营业执照", "business licence"), result_of="I1", source="政府部门核发"),
        material("M3", name=_text("疏散预案", "evacuation plan"), originals=1, copies=2),
        material("M4", name=_text("身份证", "identity card"), elicence="居民身份证电子证照"),
        material("M5", kind="申请表格文书", name=_text("登记申请书", "registration form"), fields=(field,)),
    ]  # fmt: skip
    registration = item("I1", ["M5", "M4"], promised="1 workday", name=_text("设立登记", "registration"))
    bundle = theme(
        ThemeItem("I1", held_when=Fact("has_licence", "is", True)),
        ThemeItem("I2", after=("I1",), when=Not(Fact("prepacked", "is", True))),
        name=_text("开店一件事", "open a shop"),
        questions=(
            Question("has_licence", _text("是否已有执照", "licence held"), "boolean"),
            Question("prepacked", _text("仅售预包装", "prepacked only"), "boolean", default=False),
        ),
        joint=Joint(visits=(JointVisit("v", _text("联合踏勘", "joint visit"), ("I1", "I2")),)),
        promised=TimeLimit(Limit.parse("10 workdays"), "accepted"),
        joint_cap=Limit.parse("45 workdays"),
        correction_notice=Limit.parse("5 workdays"),
    )
    return catalog([registration, _permit()], papers, [bundle])


def _check(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; UPDATE_GOLDEN=1 writes it anew"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("format", ["html", "md"])
def test_the_guide_of_an_item_is_as_agreed(small: Catalog, format: guide.Format, lang: str) -> None:
    """The whole page of one item, in each format and language."""
    _check(f"item.{lang}.{format}", guide.service_guide(small.items["I2"], small, format, lang, picture=SVG))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("format", ["html", "md"])
def test_the_guide_of_a_theme_is_as_agreed(small: Catalog, format: guide.Format, lang: str) -> None:
    """The whole page of one theme, in each format and language."""
    _check(f"theme.{lang}.{format}", guide.service_guide(small.themes["T9"], small, format, lang, picture=SVG))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("name", "ref"), [("item", "I2"), ("theme", "T9")])
def test_the_checklist_is_as_agreed(small: Catalog, name: str, ref: str, lang: str) -> None:
    """What the window checks for an item and for a theme."""
    of: Item | Theme = small.items[ref] if ref in small.items else small.themes[ref]
    _check(f"checklist.{name}.{lang}.md", guide.checklist(of, small, "md", lang))


def test_a_guide_for_a_situation_lists_what_applies(small: Catalog) -> None:
    """With answers the list is this applicant's: small premises need no plan, and a licence held is verified."""
    permit, bundle = small.items["I2"], small.themes["T9"]
    assert (
        "疏散预案" not in guide.service_guide(permit, small, "md", answers={"area": 100, "kind": "a"}).split("## 5.")[0]
    )
    held = guide.checklist(bundle, small, "md", answers={"has_licence": True, "area": 100, "kind": "a"})
    assert "已持有，由“设立登记”核验，不用提交" in held
    assert "登记申请书" not in held
    dropped = guide.checklist(bundle, small, "md", dropped=["I1"])
    assert "营业执照" in dropped.split("不得向申请人索要")[0]


def test_every_fee_of_a_theme_is_listed_once(small: Catalog) -> None:
    """An item without a document still shows what it costs; one with two documents does not cost twice."""
    permit = small.items["I2"]
    paper = replace(permit.results[0], id="copy", name=_text("许可证副本", "copy"))
    for results in ((), (*permit.results, paper)):
        changed = replace(small, items=Shelf([small.items["I1"], replace(permit, results=results)]))
        text = guide.service_guide(changed.themes["T9"], changed, "md")
        assert text.count("工本费 10 元") == 1
        assert ("（没有证照或文书）" in text) == (not results) and ("见上一行" in text) == bool(results)


def test_guide_checklist_and_engine_ask_the_same(small: Catalog) -> None:
    """The materials to hand in are the plan's, in the guide and at the window."""
    for lines, of in (
        (item_materials(small.items["I2"], small), small.items["I2"]),
        (merged_materials(small.themes["T9"], small), small.themes["T9"]),
    ):
        page, window = guide.service_guide(of, small, "md"), guide.checklist(of, small, "md")
        receive, refuse = window.split("## 3. ")
        for line in lines:
            assert str(line.name) in page
            assert str(line.name) in (receive if line.submitted else refuse)


def test_the_shipped_definitions_have_guides_in_both_languages() -> None:
    """Every shipped item and theme gives a guide and a checklist, and nothing is fetched from outside."""
    shipped = load(ROOT / "definitions").catalog
    assert len(shipped.items) >= 6
    for of in (*shipped.items.values(), *shipped.themes.values()):
        for lang in ("zh", "en"):
            page = guide.service_guide(of, shipped, "html", lang)
            assert of.name.text(lang) in page
            assert not re.search(r"https?://|<script|<link|<img|url\(", page)
            assert guide.checklist(of, shipped, "md", lang)


def test_a_confidential_item_has_no_guide(small: Catalog) -> None:
    """涉密事项 are not published."""
    with pytest.raises(NotAllowed, match="涉密"):
        guide.service_guide(replace(small.items["I2"], confidential=True), small)


# --- nothing that an author writes becomes markup

EVIL = '<script>alert("1")</script>&lt;<img src=x onerror=alert(1)>\'"[a](javascript:b)`|*_#'


def _poisoned(value: Any) -> Any:
    """The same records with evil text wherever people read author's words."""
    codes = {"code", "slug", "material", "item", "id", "kind", "fact", "result_of", "unit", "start", "department"}
    if isinstance(value, str):
        return value + EVIL
    if isinstance(value, tuple):
        return tuple(_poisoned(each) for each in value)
    if isinstance(value, Text):
        return Text(value.zh + EVIL, value.en and value.en + EVIL)
    if is_dataclass(value) and not isinstance(value, type | Limit | Fact | Not):
        keep = codes | {"departments", "items", "after", "replaces", "stops", "silence", "lead", "audience", "joint"}
        return replace(
            value, **{f.name: _poisoned(getattr(value, f.name)) for f in fields(value) if f.name not in keep}
        )
    return value


class _Tags(HTMLParser):
    """Collects tags and attributes as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {(tag, ""), *((tag, name) for name, _ in attrs)}


def _tags(html: str) -> set[tuple[str, str]]:
    parser = _Tags()
    parser.feed(html)
    return parser.seen


def test_author_text_never_becomes_markup(small: Catalog) -> None:
    """Evil text in every field gives the same tags and attributes as harmless text, in guides and checklists."""
    poisoned = Catalog(
        Shelf([_poisoned(each) for each in small.items.values()]),
        Shelf([_poisoned(each) for each in small.themes.values()]),
        Shelf([_poisoned(each) for each in small.materials.values()]),
        Shelf([_poisoned(each) for each in small.departments.values()]),
    )
    for good, bad in ((small.items["I2"], poisoned.items["I2"]), (small.themes["T9"], poisoned.themes["T9"])):
        for make in (guide.service_guide, guide.checklist):
            evil = make(bad, poisoned, "html")
            assert _tags(evil) == _tags(make(good, small, "html"))
            assert "&lt;script&gt;" in evil
            text = make(bad, poisoned, "md").replace("<br>", "")
            assert not re.search(r"(?<!\\)[<\[`]", text)


@given(st.text(max_size=30))
@settings(max_examples=50)
def test_any_name_stays_text(name: str) -> None:
    """Whatever the name, the page has one title element and no unknown tag."""
    page = guide.service_guide(item("I1", name=Text.of(name)), catalog([item("I1")]))
    tags = {tag for tag, _ in _tags(page)}
    assert page.count("<title>") == 1
    assert not tags & {"script", "img", "iframe", "svg"}


@pytest.mark.parametrize(
    "svg",
    [
        "<svg><script>1</script></svg>",
        '<svg onload="x()"/>',
        '<svg xmlns:x="http://www.w3.org/1999/xlink"><a x:href="http://elsewhere"/></svg>',
        "<svg><style>@import 'http://elsewhere'</style></svg>",
        '<svg><rect fill="url(http://elsewhere)"/></svg>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>',
        "<svg><foreignObject/></svg>",
        "<svg><SCRIPT/></svg>",
        "<svg><title><img/></title></svg>",
        "<svg><!--><p>--></svg>",
        "<svg>",
        "<p>no drawing</p>",
    ],
)
def test_a_picture_must_be_a_plain_drawing(svg: str) -> None:
    """A drawing that runs or fetches something, or is none, is refused."""
    with pytest.raises(InvalidInput, match="SVG"):
        guide.safe_svg(svg)


def test_a_plain_drawing_is_kept() -> None:
    """A drawing with inner references goes into the page as it is, without its XML line."""
    svg = '<svg><rect fill="url(#g)"/><use href="#a"/></svg>'
    assert guide.safe_svg(f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n') == svg


@pytest.mark.parametrize(
    ("fees", "said"),
    [
        ((), "不收费"),
        ((Fee("工本费", "10 元", "law"),), "工本费（10 元）"),
        (
            (Fee("工本费", "10 元", "law"), Fee("登记费", "80 元", "law")),
            "工本费、登记费（工本费 10 元；登记费 80 元）",
        ),
    ],
)
def test_the_first_lines_say_what_is_to_be_paid(small: Catalog, fees: tuple[Fee, ...], said: str) -> None:
    """The amounts, not that there are some."""
    of = replace(small.items["I2"], fees=fees)
    assert f"- **收费**：{said}\n" in guide.service_guide(of, small, "md")


# --- limits in words


@pytest.mark.parametrize(
    ("limit", "start", "zh", "counted"),
    [
        ("5 workdays", "accepted", "自受理之日起 5个工作日内。", "调休上班日计入"),
        ("0 workdays", "accepted", "自受理之日起当日办结。", "下一个工作日"),
        ("0.5 workday", "accepted", "自受理之日起 0.5个工作日内。", "办公时间"),
        ("30 natural days", "received", "自收到申请之日起 30个自然日内。", "顺延"),
        ("3 months", "accepted", "自受理之日起 3个月内。", "顺延"),
        ("24 hours", "notified", "自通知之日起 24小时内。", "连续"),
    ],
)
def test_a_limit_says_from_when_and_how_it_is_counted(limit: str, start: str, zh: str, counted: str) -> None:
    """Each unit has its own sentence about counting."""
    time_limit = TimeLimit(Limit.parse(limit), start)
    assert in_words(time_limit, ZH) == zh
    assert counted in counting(time_limit, ZH)
    assert not re.search(r"[\u4e00-\u9fff]", in_words(time_limit, EN) + counting(time_limit, EN))


def test_no_statutory_limit_is_said() -> None:
    """`none` is said, never left blank."""
    assert in_words(None, ZH) == "法律、法规没有规定。"
    assert in_words(None, EN) == "No law sets one."


@pytest.mark.parametrize(
    ("written", "said"),
    [("5年", "5 years"), ("1个月", "1 month"), ("30天", "30 days"), ("长期", "no end"), ("长期有效", "长期有效")],
)
def test_how_long_a_material_holds_is_said_in_english(small: Catalog, written: str, said: str) -> None:
    """A length of time is translated; other words are the definition's own and are quoted."""
    permit = _permit()
    result = replace(permit.results[0], valid_for=written)
    page = guide.service_guide(replace(permit, results=(result,)), small, "md", "en")
    assert page.count(f"| {said} |") == 1
