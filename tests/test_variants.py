"""Local variants over each other: what is inherited, what is measured by what, what each value comes from."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.catalog import Loaded, load_texts
from govflow.catalog.effective import effective_text
from govflow.catalog.variants import _amount, _cheaper
from govflow.diagnostics import Diagnostic
from govflow.language.building.regions import around, holds, reach, uppers
from govflow.language.model import Fee, Item, steps_of

COMMON = {
    "departments.yaml": """govflow: departments/1
departments:
  C1: {slug: city-bureau, name: 市局}
  P1: {slug: province-bureau, name: 省局, region: "420000"}
  X1: {slug: county-bureau, name: 县局, region: "421381"}
""",
    "materials.yaml": """govflow: materials/1
materials:
  M1: {slug: form, name: 申请书}
  M2: {slug: licence, name: 营业执照}
  M3: {slug: plan, name: 平面图}
""",
    "item.yaml": """govflow: item/1
id: I1
code: {basic: "420150007000", implementation: "11421300MBXX00019B3420150007000"}
name: 某许可
type: 行政许可
case_type: 承诺件
level: 市级
department: C1
valid_from: 2025-01-01
valid_to: 2030-12-31
basis: [{id: law, law: 某法, article: 第一条}]
materials: [{use: M1}, {use: M2, defer: {within: 3 workdays}}, {use: plan}]
limits:
  statutory: {within: 20 workdays, from: accepted, basis: law}
  promised: {within: 10 workdays, from: accepted, extension: {by: 3 workdays}}
  correction: {within: 10 workdays, missed: refused}
special_procedures: [{id: check, kind: 现场核查, limit: 5 workdays}, {id: hearing, kind: 听证}]
flow:
  - accept
  - consult: {department: province-bureau}
  - visit: {id: check, departments: [city-bureau, P1], procedure: check}
  - decide
results: [{id: permit, name: 许可证, elicence: 许可证电子证照}, {id: plate, name: 标牌}]
fees: [{name: 工本费, standard: 每件八十元, basis: 某文}, {name: 检测费, standard: 100元/次}]
channels: {online_depth: III, visits: 1, visit_reason: 签字, forms: [窗口办理, 网上办理], hours: 工作日, consult: 1, complain: 2, post: true}
green_channel: {within: 5 workdays}
region: "421300"
""".replace("consult: 1", 'consult: "1"').replace("complain: 2", 'complain: "2"'),
}  # fmt: skip
REGIONS = ("000000", "420000", "421300", "421303", "421381", "420600", "420606", "429004", "430000", "430100")
HEAD = 'govflow: variant/1\nof: I1\nregion: "{}"\n'


def variant(region: str, text: str = "") -> dict[str, str]:
    """One variant of the item, in a file of the region's name."""
    return {f"{region}.yaml": HEAD.format(region) + text + "\n"}


def loaded(*variants: Mapping[str, str], **changed: str) -> Loaded:
    """The common definitions with these variants; `changed` replaces a common file."""
    texts = COMMON | {f"{name}.yaml": text for name, text in changed.items()}
    return load_texts({name: text for each in (texts, *variants) for name, text in each.items()}, rules=())


def local(found: Loaded) -> dict[str, Item]:
    """The variants by their region."""
    return {each.region or "": each for each in found.catalog.variants}


def told(found: Loaded) -> list[tuple[str, str, int]]:
    """Name, file and line of every finding."""
    return [(each.name, each.span.file, each.span.line) for each in found.diagnostics]


@pytest.mark.parametrize(
    ("region", "digits", "inside"),
    [
        ("000000", "", []),
        ("100000", "", []),
        ("420000", "42", [""]),
        ("421000", "4210", ["42", ""]),
        ("500000", "50", [""]),
        ("421300", "4213", ["42", ""]),
        ("421381", "421381", ["4213", "42", ""]),
        ("429004", "429004", ["4290", "42", ""]),
        ("421381100", "421381100", ["421381", "4213", "42", ""]),
        ("421381100200", "421381100200", ["421381100", "421381", "4213", "42", ""]),
        ("421381000", "421381", ["4213", "42", ""]),
        ("421300000000", "4213", ["42", ""]),
        ("441900003", "441900003", ["441900", "4419", "44", ""]),
    ],
)
def test_a_region_lies_in_those_whose_code_it_begins_with(region: str, digits: str, inside: list[str]) -> None:
    """Zeros that fill a code up are no part of it, wherever a level leaves them out; the nation holds everything."""
    assert (reach(region), list(around(region))) == (digits, inside)
    assert holds("100000", region) and holds(region, region)


@given(st.lists(st.from_regex(r"[1-6][0-9]{5}([0-9]{3}){0,2}", fullmatch=True), min_size=2, max_size=2))
def test_no_region_lies_around_itself(regions: list[str]) -> None:
    """Two regions never hold each other unless they are the same place: variants cannot lie in a circle."""
    one, other = regions
    assert reach(one) not in around(one)
    assert not (holds(one, other) and holds(other, one)) or reach(one) == reach(other)


def test_what_a_province_improves_holds_in_its_counties() -> None:
    """A county inherits through its city what the province made better, and adds its own."""
    found = loaded(
        variant("420000", "limits: {promised: {within: 6 workdays}}\nmaterials: {without: [M3]}"),
        variant("421300", "channels: {visits: 0}"),
        variant("421381", "channels: {consult: 0722-1}"),
    )
    assert not found.diagnostics
    county = local(found)["421381"]
    promised = county.limits.promised
    assert promised is not None and promised.within.text("en") == "6 workdays"
    assert [use.material for use in county.materials] == ["M1", "M2"]
    assert (county.channels.visits, county.channels.consult, county.channels.complain) == (0, "0722-1", "2")
    assert county.baseline == "I1"
    above = {each.region: upper.region if upper else None for each, upper in uppers(found.catalog.variants)}
    assert above == {"420000": None, "421300": "420000", "421381": "421300"}


@given(st.dictionaries(st.sampled_from(REGIONS), st.booleans(), max_size=len(REGIONS)), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_nearest_that_says_something_is_heard(says: dict[str, bool], chance: Random) -> None:
    """In any tree of regions and any order of files, a value is that of the nearest region around that writes one."""
    files = [variant(region, f"channels: {{places: ['{region}']}}" * says[region]) for region in says]
    chance.shuffle(files)
    found = loaded(*files)
    assert not found.diagnostics
    for region, item in local(found).items():
        heard = [above for above in says if says[above] and holds(above, region)]
        assert item.channels.places == ((max(heard, key=lambda each: len(reach(each))),) if heard else ())
        _agree(found, region)


def test_the_item_may_be_called_by_code_or_slug() -> None:
    """Two variants are of the same item whichever of its two names they use."""
    found = loaded(
        {"province.yaml": HEAD.format("420000").replace("I1", "item") + "channels: {visits: 0}\n"},
        variant("421381", "channels: {visits: 1}"),
    )
    assert told(found) == [("loosening-variant", "421381.yaml", 4)]


def test_neighbours_and_other_items_give_nothing() -> None:
    """Only a variant of the same item for a region around is above; without one, a variant lies over the item."""
    other = COMMON["item.yaml"].replace("id: I1", "id: I2").replace("420150007000", "420150008000")
    found = loaded(
        variant("421303", "channels: {visits: 0}"),
        variant("430000", "channels: {visits: 0}"),
        {"province.yaml": HEAD.format("420000").replace("I1", "I2") + "channels: {visits: 0}\n"},
        variant("421381", "channels: {consult: 0722-1}"),
        other=other,
    )
    assert not found.diagnostics
    assert local(found)["421381"].channels.visits == 1


def test_the_order_of_files_is_nothing() -> None:
    """Whichever file is read first, the same lies over the same; the catalog keeps the order of the files."""
    files = [
        variant("421381", "channels: {visits: 0}\nmaterials: {without: [M1]}"),
        variant("420000", "limits: {promised: {within: 6 workdays}}"),
        variant("421300", "limits: {promised: {within: 5 workdays}}"),
        variant("421382", "limits: {promised: {within: 7 workdays}}"),
    ]
    first = loaded(*files)
    assert [name for name, *_ in told(first)] == ["loosening-variant"]
    assert [each.region for each in first.catalog.variants] == ["421381", "420000", "421300"]
    for order in itertools.permutations(files):
        again = loaded(*order)
        assert (local(again), told(again)) == (local(first), told(first))


def test_a_county_is_measured_by_the_province() -> None:
    """What would be fine beside the standard item is less favourable than what the province gives: file, line, value."""
    found = loaded(
        variant("420000", "limits: {promised: {within: 6 workdays}}"),
        variant("421300", "channels: {visits: 0}"),
        variant("421381", "limits:\n  promised: {within: 8 workdays}"),
    )
    (finding,) = found.diagnostics
    assert finding.message.zh == ("承诺时限不如上一级的变体 421300（6个工作日 → 8个工作日），变体只能更有利于申请人。")
    assert finding.message.en == (
        "Less favourable than the variant 421300 above: the promise (6 workdays → 8 workdays); "
        "a variant may only favour the applicant."
    )
    (note,) = finding.notes
    assert (note.span.file, note.span.line) == ("420000.yaml", 4)
    assert set(local(found)) == {"420000", "421300"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("limits: {promised: {within: 12 workdays}}", "loosening-variant"),
        ("limits: {promised: {within: 4}}", "wrong-type"),
        ("department: X9\nlimits: {promised: {within: 4 workdays}}", "unknown-reference"),
        ("limits: [", ""),
    ],
)
def test_a_faulty_variant_is_passed_over(text: str, name: str) -> None:
    """Below it, the next sound one above counts; the mistake is reported once, in the file that has it."""
    found = loaded(
        variant("420000", "limits: {promised: {within: 6 workdays}}"),
        variant("421300", text),
        variant("421381", "limits: {promised: {within: 6 workdays}}\nchannels: {consult: 0722-1}"),
    )
    assert {each.span.file for each in found.diagnostics} == {"421300.yaml"}
    assert not name or [each.name for each in found.diagnostics] == [name]
    assert [each.region for each in found.catalog.variants] == ["420000", "421381"]
    assert {each.region: upper for each, upper in uppers(found.catalog.variants)}["421381"] is not None


@pytest.mark.parametrize(("one", "other"), [("421381", "421381"), ("000000", "100000")])
def test_one_region_has_one_variant(one: str, other: str) -> None:
    """The second in the order of files is the mistake, however the code of the place is written; it names the first."""
    found = loaded(variant(one), {"second.yaml": HEAD.format(other)})
    assert told(found) == [("duplicate-id", "second.yaml", 3)]
    assert found.diagnostics[0].notes[0].span.file == f"{one}.yaml"
    assert [each.file for each in found.catalog.variants] == [f"{one}.yaml"]


def test_what_is_left_out_above_may_be_left_out_again() -> None:
    """Naming it again is no mistake and changes nothing; a material that the standard item never asked is one."""
    found = loaded(
        variant("420000", "materials: {without: [M3]}"),
        variant("421300", "materials: {without: [plan, M2], defer: [{use: M3, within: 1 workday}]}"),
        variant("421381", "materials: {without: [M1]}"),
    )
    assert not found.diagnostics
    assert [use.material for use in local(found)["421300"].materials] == ["M1"]
    assert (local(found)["421381"].materials, local(found)["421381"].no_materials) == ((), True)
    text = "materials: {without: [M1, M4], defer: [{use: M4, within: 1 workday}]}"
    wrong = loaded(
        variant("421381", text),
        materials=COMMON["materials.yaml"] + "  M4: {slug: map, name: 地图}\n",
    )
    assert told(wrong) == [("unknown-reference", "421381.yaml", 4)] * 2
    assert {each.message.zh for each in wrong.diagnostics} == {"标准事项 I1 没有要 M4 这份材料。"}


BETTER = [
    "limits: {promised: {within: 10 workdays, from: received}}",
    "limits: {promised: {within: 9 workdays, extension: {by: 3 workdays}}}",
    "limits: {promised: {within: 7 natural days}}",
    "limits: {correction_notice: 3 workdays, correction: {within: 15 workdays}, delivery: 2 workdays, warning: 20%}",
    "special_procedures: [{id: check, limit: 3 workdays}, {id: hearing, limit: 20 workdays}]",
    "channels: {online_depth: IV, visits: 0, forms: [网上办理, 窗口办理, 快递申请], mobile: true, appointment: true}",
    "channels: {places: [某路], hours: 全天, consult: x, complain: y, window: 部门窗口, scope: 全县通办, in_hall: false}",
    "materials: {defer: [{use: licence, within: 5 workdays}, {use: M1, within: 1 workday}]}",
    "results: [{id: plate, elicence: 标牌电子证照}, {id: permit, elicence: 许可证电子证照}]",
    "fees: none",
    "fees: [{name: 工本费, standard: 每件四十元}]",
    "fees: [{name: 检测费, standard: 99.5元/次}, {name: 工本费}]",
    "green_channel: {within: 2 workdays}",
    'code: {implementation: "1", handling: "2"}',
    "valid_from: 2026-01-01\nvalid_to: 2026-12-31",
]


@pytest.mark.parametrize("text", BETTER)
def test_what_a_variant_may_make_better_or_local(text: str) -> None:
    """Every key of a variant; the printed document says the same as the record."""
    found = loaded(variant("421381", text))
    assert not found.diagnostics
    _agree(found, "421381")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("limits: {promised: {within: 11 workdays}}", "承诺时限不如标准事项 I1（10个工作日 → 11个工作日）"),
        (
            "limits: {promised: {within: 3 months}}",
            "（10个工作日 → 3个月，如 2025-11-16 起算，2025-11-28 → 2026-02-24 到期）",
        ),
        (
            "limits: {promised: {within: 14 natural days, from: accepted, extension: {by: 3 workdays}}}",
            "承诺时限不如标准事项 I1（10个工作日 → 14个自然日，如 ",
        ),
        (
            "limits: {correction: {within: 14 natural days}}",
            "申请人补正的时间不如标准事项 I1（10个工作日 → 14个自然日，如 ",
        ),
        ("materials: {defer: [{use: M2, within: 4 natural days}]}", "容缺后补的时间不如标准事项 I1（3个工作日 → 4个自"),
        ("limits: {promised: {within: 5 workdays, from: decided}}", "起算点不如标准事项 I1（accepted → decided）"),
        ("limits: {promised: {within: 5 workdays, extension: {by: 4 workdays}}}", "可以延长的时间不如"),
        ("limits: {correction_notice: 6 workdays}", "告知补正的期限不如"),
        ("limits: {correction: {within: 9 workdays}}", "申请人补正的时间不如标准事项 I1（10个工作日 → 9个工作日）"),
        ("limits: {delivery: 11 workdays}", "送达期限不如"),
        ("special_procedures: [{id: check, limit: 6 workdays}]", "特别程序的时间不如标准事项 I1（5个工作日 → 6个"),
        ("special_procedures: [{id: other, limit: 6 workdays}]", "标准事项 I1 没有特别程序 other。"),
        ("channels: {visits: 2}", "到现场次数不如标准事项 I1（1 → 2）"),
        ("channels: {online_depth: II}", "网上办理深度不如标准事项 I1（III → II）"),
        ("channels: {forms: [网上办理]}", "办理形式不如标准事项 I1（窗口办理 → 无）"),
        ("channels: {post: false}", "快递不如标准事项 I1（true → false）"),
        ("materials: {defer: [{use: M2, within: 2 workdays}]}", "容缺后补的时间不如标准事项 I1（3个工作日 → 2个"),
        (
            "results: [{id: permit, elicence: 别的}]",
            "结果 permit 在标准事项 I1 已有电子证照“许可证电子证照”，不能改名。",
        ),
        ("results: [{id: other, elicence: 别的}]", "标准事项 I1 没有结果 other。"),
        ("fees: [{name: 服务费, standard: 1元}]", "收费项目不如标准事项 I1（无 → 服务费）"),
        ("fees: [{name: 工本费, standard: 每件九十元}]", "收费标准不如标准事项 I1（每件八十元 → 每件九十元）"),
        ("fees: [{name: 检测费, standard: 80元/2次}]", "收费标准不如"),
        ("green_channel: {within: 6 workdays}", "绿色通道的时限不如"),
    ],
)
def test_what_is_worse_is_refused(text: str, said: str) -> None:
    """Each way to be less favourable is one finding on its line, and the variant stays out."""
    found = loaded(variant("421381", text))
    (finding,) = found.diagnostics
    assert (finding.span.file, finding.span.line, said in finding.message.zh) == ("421381.yaml", 4, True), finding
    assert not re.search("[一-龥]", re.sub("[（(].*?[)）]|许可证电子证照", "", finding.message.en))
    assert not found.catalog.variants


def test_where_nothing_is_promised_the_law_is_the_measure() -> None:
    """A variant that promises where the item does not must keep within the statutory limit."""
    item = COMMON["item.yaml"].replace(
        "  promised: {within: 10 workdays, from: accepted, extension: {by: 3 workdays}}\n", ""
    )
    assert [
        [each.name for each in loaded(variant("421381", f"limits: {{promised: {{within: {days} workdays}}}}"), item=item).diagnostics]
        for days in (20, 21)
    ] == [[], ["loosening-variant"]]  # fmt: skip


@pytest.mark.parametrize(
    ("was", "now", "cheaper"),
    [
        ("80元/件", "80元/件", True),
        ("80元/件", "0元/件", True),
        ("80元/件", "80.5元/件", False),
        ("住宅每件八十元，非住宅每件五百五十元", "住宅每件十元，非住宅每件五百零五元", True),
        ("住宅每件八十元，非住宅每件五百五十元", "住宅每件八十元，非住宅每件五百五十一元", False),
        ("住宅每件八十元，非住宅每件五百五十元", "住宅每件80元，非住宅每件550元", True),
        ("80元/件", "80元/2件", False),
        ("成交价的0.5%", "成交价的0.4%", False),
        ("10万元", "9万元", False),
        ("", "1元", False),
    ],
)
def test_fees_are_compared_only_where_that_is_certain(was: str, now: str, cheaper: bool) -> None:
    """The same words with no amount of yuan higher; anything else is not called cheaper."""
    assert _cheaper(Fee("费", was), now) is cheaper


@pytest.mark.parametrize(
    ("text", "number"),
    [("十", 10), ("十五", 15), ("两百", 200), ("三千零八", 3008), ("一千二百三十四", 1234), ("8.5", 8.5)],
)
def test_chinese_amounts_are_numbers(text: str, number: float) -> None:
    """Numerals below ten thousand as fee standards write them."""
    assert float(_amount(text)) == number


def test_the_steps_of_the_standard_department_become_local() -> None:
    """A province's own consultation stays the province's; the province's department is nothing to a county below it."""
    found = loaded(
        variant("420000", "department: P1"),
        variant("421381", "department: county-bureau"),
        variant("421382", "channels: {consult: x}"),
    )
    flows = {region: [step.departments for step in steps_of(item.flow)] for region, item in local(found).items()}
    assert flows == {
        "420000": [("P1",), ("P1",), ("P1", "P1"), ("P1",)],
        "421381": [("X1",), ("P1",), ("X1", "P1"), ("X1",)],
        "421382": [("C1",), ("P1",), ("C1", "P1"), ("C1",)],
    }
    for region in flows:
        _agree(found, region)


def test_who_handles_is_not_inherited() -> None:
    """A city under a province that wrote its own body keeps the standard item's department, level and code."""
    found = loaded(
        variant(
            "420000",
            'department: P1\nlevel: 省级\ncode: {implementation: "P", handling: "P01"}\nlimits: {delivery: 2 workdays}',
        ),
        variant("421300", "channels: {visits: 0}"),
        variant("421381", 'level: 县级\ndepartment: X1\ncode: {handling: "X01"}'),
    )
    assert not found.diagnostics
    standard, local_ones = found.catalog.items["I1"], local(found)
    told_of = {
        each: (item.department, item.level, item.implementation, item.handling) for each, item in local_ones.items()
    }
    assert told_of == {
        "420000": ("P1", "省级", "P", "P01"),
        "421300": ("C1", "市级", standard.implementation, ""),
        "421381": ("X1", "县级", standard.implementation, "X01"),
    }
    assert {item.limits.delivery.text("en") for item in local_ones.values()} == {"2 workdays"}
    for region in local_ones:
        _agree(found, region)


PLACED = """govflow: departments/1
departments:
  C1: {slug: city-bureau, name: 市局, region: "421300", level: 市级, uscc: 11421300MBXX00019B}
  P1: {slug: province-bureau, name: 省局, region: "420000", level: 省级}
  X1: {slug: county-bureau, name: 县局, region: "421381", level: 县级, uscc: 11421381MBXX0030XK}
"""


@pytest.mark.parametrize(
    ("region", "text", "line", "said"),
    [
        ("421381", "", 0, ""),
        ("421381", "department: P1\nlevel: 省级", 0, ""),
        ("421381", 'department: X1\nlevel: 县级\ncode: {implementation: "1"}', 0, ""),
        ("421300", "department: C1", 0, ""),
        ("420000", "", 3, "标准事项的部门 C1（421300）管不到 420000。"),
        ("420600", "channels: {visits: 0}", 3, "标准事项的部门 C1（421300）管不到 420600。"),
        ("421303", "department: X1\nlevel: 县级", 4, "部门 X1（421381）管不到 421303。"),
        ("421381", "department: X1", 4, "部门 X1 是县级的，变体是市级的。"),
        ("421381", "level: 县级", 4, "部门 C1 是市级的，变体是县级的。"),
        ("421381", "department: X1\nlevel: 县级", 4, "没有写 X1 的实施编码，标准事项的 11421300MBXX00019B3420150007000 是别的部门的。"),
    ],
)  # fmt: skip
def test_a_department_of_elsewhere_is_a_warning(region: str, text: str, line: int, said: str) -> None:
    """The department reaches the region, is of the level, and the code is its own; else a warning, and the variant holds."""
    found = loaded(variant(region, text), departments=PLACED)
    assert [(each.name, each.span.line, each.message.zh) for each in found.diagnostics] == (
        [("foreign-department", line, said)] if said else []
    )
    assert [each.region for each in found.catalog.variants] == [region]
    assert not any(re.search("[一-龥]", re.sub("[市县省]级", "", each.message.en)) for each in found.diagnostics)


def test_each_value_comes_from_the_document_that_says_so() -> None:
    """Printed through province, city and county, every line names the file that decided it."""
    found = loaded(
        variant("420000", "limits: {promised: {within: 6 workdays}, correction: {within: 15 workdays}}"),
        variant("421300", "materials: {without: [M3], defer: [{use: M2, within: 5 workdays}]}\nfees: [{name: 检测费}]"),
        variant("421381", "department: X1\nmaterials: {without: [M3]}\nspecial_procedures: [{id: check, limit: 1 workday}]"),
    )  # fmt: skip
    text = effective_text(found, "I1", "421381")
    for line in (
        "# 不再要的材料 without: M3  # 421300.yaml:4",
        '    within: "6 workdays"  # 420000.yaml:4',
        '    within: "15 workdays"  # 420000.yaml:4',
        "    missed: refused  # item.yaml:16",
        '      within: "5 workdays"  # 421300.yaml:4',
        "    name: 检测费  # item.yaml:24",
        '    limit: "1 workday"  # 421381.yaml:6',
        "    id: check  # item.yaml:17",
        "department: X1  # 421381.yaml:4",
        "        - X1  # 421381.yaml:4",
        'region: "421381"  # 421381.yaml:3',
        "level: 市级  # item.yaml:7",
        "valid_to: 2030-12-31  # item.yaml:10",
    ):
        assert line in text.splitlines(), (line, text)
    assert "工本费" not in text
    _agree(found, "421381")


def test_on_a_day_only_what_is_in_force_lies_below() -> None:
    """Dates are each document's own; before the province begins, its county's document lies over the standard item."""
    found = loaded(
        variant("420000", "valid_from: 2026-01-01\nvalid_to: 2026-12-31\nlimits: {promised: {within: 6 workdays}}"),
        variant("421381", "channels: {visits: 0}"),
    )
    county = local(found)["421381"]
    assert (county.valid_from, county.valid_to) == ("2025-01-01", "2030-12-31")
    days = {}
    for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)):
        text = effective_text(found, "I1", "421381", day)
        assert "visits: 0  # 421381.yaml" in text and "valid_from: 2025-01-01  # item.yaml" in text
        days[day] = 'within: "6 workdays"  # 420000.yaml' in text
    assert list(days.values()) == [False, True, True, False]


@given(st.lists(st.lists(st.sampled_from(BETTER), max_size=4, unique_by=lambda text: text[:5]), min_size=3, max_size=3))
@settings(max_examples=60, deadline=None)
def test_document_and_record_agree(chain: list[list[str]]) -> None:
    """Whatever three levels write, what is printed is read again as exactly the effective item of the catalog."""
    regions = ("420000", "421300", "421381")
    found = loaded(*(variant(region, "\n".join(texts)) for region, texts in zip(regions, chain, strict=True)))
    for region in local(found):
        _agree(found, region)


def _agree(found: Loaded, region: str) -> None:
    item = local(found)[region]
    text = effective_text(found, "I1", region)
    again = load_texts({**found.sources, "item.yaml": text}, rules=())
    said: list[Diagnostic] = [each for each in again.diagnostics if each.span.file == "item.yaml"]
    assert not said, (said, text)
    printed: Any = again.catalog.items["I1"]
    assert replace(printed, slug=item.slug, baseline=item.baseline, file=item.file) == item, text
