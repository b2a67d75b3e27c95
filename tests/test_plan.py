"""What follows from a theme: selection, merged materials, order, dates, numbers."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow import plan
from govflow.catalog import load
from govflow.errors import InvalidInput
from govflow.language.conditions import Fact
from govflow.language.model import (
    Catalog,
    Commitment,
    FormField,
    Joint,
    JointVisit,
    MaterialUse,
    Question,
    Step,
    Theme,
    ThemeItem,
    Together,
    steps_of,
)
from govflow.law.calendar import Calendar
from govflow.law.clocks import Limit
from govflow.text import Text
from tests.catalogs import catalog, item, material, step, theme

DEFINITIONS = Path(__file__).resolve().parent.parent / "definitions"
CALENDAR = Calendar.national()
ACCEPTED = datetime(2025, 3, 3, 9, 0)


@pytest.fixture(scope="module")
def definitions() -> Catalog:
    """The definitions that the project ships."""
    return load(DEFINITIONS).catalog


@pytest.fixture(scope="module")
def restaurant(definitions: Catalog) -> Theme:
    """开办餐饮店一件事."""
    return definitions.themes["open-restaurant"]


def _how(lines: tuple[plan.MergedMaterial, ...]) -> dict[str, str]:
    return {line.material: line.how for line in lines}


# --- the restaurant


def test_the_restaurant_in_numbers(definitions: Catalog, restaurant: Theme) -> None:
    """Six items of five departments: 27 materials become 10, 31 workdays become 9."""
    numbers = plan.stats(restaurant, definitions)
    assert numbers == {
        "theme": "open-restaurant",
        "items": 6,
        "departments": 5,
        "materials": {
            "gross": 27,
            "unique": 18,
            "from_items": 1,
            "from_shares": 2,
            "forms": 6,
            "other": 9,
            "submitted": 10,
            "alone": 23,
        },
        "workdays": {"serial": 31, "critical_path": 9},
        "visits": {"serial": 3, "together": 2},
        "trips": {"serial": 0, "together": 0},
        "steps": numbers["steps"],
    }


def test_the_restaurant_is_planned(definitions: Catalog, restaurant: Theme) -> None:
    """One acceptance on Monday 2025-03-03: registration first, then five items side by side."""
    found = plan.planned(restaurant, definitions, ACCEPTED, CALENDAR)
    dates = {code: (each.start.strftime("%m-%d"), each.due.strftime("%m-%d")) for code, each in found.items.items()}
    assert dates == {
        "I01": ("03-03", "03-04"),
        "I07": ("03-04", "03-11"),
        "I08": ("03-04", "03-11"),
        "I09": ("03-04", "03-11"),
        "I16": ("03-04", "03-14"),
        "I17": ("03-04", "03-13"),
    }
    assert (found.due, found.cap) == (date(2025, 3, 14), date(2025, 5, 8))
    assert found.as_data(definitions)["due"] == "2025-03-14"
    assert plan.critical_path(restaurant, definitions) == (("I01", "I16"), Decimal(9))


def test_a_licence_issued_in_the_case_is_not_asked(definitions: Catalog, restaurant: Theme) -> None:
    """The business licence comes from the registration; the reason says so in both languages."""
    licence = next(m for m in plan.merged_materials(restaurant, definitions) if m.material == "M02")
    assert (licence.how, licence.submitted) == ("issued", False)
    assert str(licence.reason) == "由本次办理的“公司设立登记”核发，不用提交"
    assert "company registration" in licence.reason.text("en")


def test_dropping_the_issuing_item_asks_again(definitions: Catalog, restaurant: Theme) -> None:
    """Without the registration in the case, five items need the licence from the applicant: once."""
    lines = plan.merged_materials(restaurant, definitions, dropped=["company-registration"])
    licence = next(m for m in lines if m.material == "M02")
    assert (licence.how, licence.items) == ("asked", ("I07", "I08", "I09", "I16", "I17"))
    assert "只交一次" in str(licence.reason)
    assert "M03" not in _how(lines)


def test_a_licence_already_held_is_verified(definitions: Catalog, restaurant: Theme) -> None:
    """An answer or the caller may say that the licence is held: then it is verified, and registration asks nothing."""
    answers = {
        "has_licence": True,
        "premises_area": 420,
        "sells_tobacco": False,
        "large_signboard": True,
        "drains_to_network": False,
    }
    chosen = plan.selected_items(restaurant, definitions, answers)
    assert {code: each.how for code, each in chosen.items()} == {
        "I01": "verify", "I07": "run", "I08": "run", "I09": "run", "I16": "skip", "I17": "skip",
    }  # fmt: skip
    by_answer = plan.merged_materials(restaurant, definitions, answers)
    by_caller = plan.merged_materials(restaurant, definitions, {**answers, "has_licence": False}, held=["I01"])
    assert by_answer == by_caller
    assert _how(by_answer)["M02"] == "verified"
    assert not {"M03", "M04"} & set(_how(by_answer))
    dates = plan.planned(restaurant, definitions, ACCEPTED, CALENDAR, answers).items
    assert (dates["I01"].due, dates["I07"].start, "I16" in dates) == (date(2025, 3, 3), date(2025, 3, 3), False)


def test_the_forms_become_one(definitions: Catalog, restaurant: Theme) -> None:
    """Fields of equal meaning are filled in once and fill every form that has them."""
    form = plan.merged_form(restaurant, definitions)
    assert len(form.forms) == 6
    assert form.saved == form.asked - len(form.fields) > 0
    shared = [field for field in form.fields if len(field.fills) > 1]
    assert shared
    assert sum(len(field.fills) for field in form.fields) == form.asked


def test_the_savings_are_the_difference(definitions: Catalog, restaurant: Theme) -> None:
    """Each saving shows both numbers, and no number grows."""
    found = {str(each.name): (each.alone, each.together) for each in plan.savings(restaurant, definitions)}
    assert found["提交材料"] == (23, 10)
    assert found["工作日"] == (31, 9)
    assert found["上门核查"] == (3, 2)
    assert all(after <= before for before, after in found.values())


def test_what_is_handed_in_alone_is_what_each_item_asks_for_itself(definitions: Catalog) -> None:
    """Both numbers of the saving count the same thing: what the applicant brings, not what the government fetches."""
    for each in definitions.themes.values():
        alone = [plan.item_materials(item, definitions) for item in plan.items_of(each, definitions)]
        asked = sum(line.how in ("asked", "form") for lines in alone for line in lines)
        fetched = sum(line.how in ("elicence", "share", "commitment") for lines in alone for line in lines)
        (saving,) = (one for one in plan.savings(each, definitions) if str(one.name) == "提交材料")
        numbers = plan.stats(each, definitions)["materials"]
        assert isinstance(numbers, dict) and (saving.alone, saving.together) == (asked, numbers["submitted"])
        assert asked + fetched == numbers["gross"]


def test_for_a_situation_alone_counts_the_same_items(definitions: Catalog, restaurant: Theme) -> None:
    """What is not chosen is handed in neither way; an item's result that is not issued here is brought."""
    small = {"premises_area": 100, "has_licence": False, "sells_tobacco": False, "large_signboard": False,
             "drains_to_network": False}  # fmt: skip
    lines = plan.merged_materials(restaurant, definitions, small)
    brought = [line.material for line in lines if line.submitted]
    assert brought == ["M03", "M04", "M05", "M06", "M07", "M08", "M09"]
    assert (plan.handed_in_alone(restaurant, definitions, small), plan.handed_in(lines)) == (8, 6)
    # alone I07 also asks for the licence (M02) that I01 issues here, and its form (M07) is one more than the merged one


# --- small cases


def test_a_missing_answer_is_named_with_its_question() -> None:
    """The caller learns which question is open, in both languages."""
    question = Question("area", Text("面积", "floor area"), "number")
    small = theme(ThemeItem("I1", when=Fact("area", "at_least", 300)), questions=(question,))
    with pytest.raises(InvalidInput) as raised:
        plan.selected_items(small, catalog([item("I1")]), {})
    assert "面积" in raised.value.zh
    assert "floor area" in raised.value.en
    assert raised.value.details == {"field": "area"}


def test_a_question_default_answers() -> None:
    """A question with a default need not be answered."""
    question = Question("tobacco", Text.of("卖烟"), "boolean", default=False)
    small = theme(ThemeItem("I1", when=Fact("tobacco", "is", True)), questions=(question,))
    assert plan.selected_items(small, catalog([item("I1")]), {})["I1"].how == "skip"
    assert plan.selected_items(small, catalog([item("I1")]), {"tobacco": True})["I1"].how == "run"


def test_an_unknown_item_cannot_be_dropped() -> None:
    """A name outside the theme is refused, and the theme's items are listed."""
    with pytest.raises(InvalidInput, match=r"I2.*有：I1"):
        plan.selected_items(theme("I1"), catalog([item("I1"), item("I2")]), dropped=["I2"])


def test_conditional_materials_follow_the_answers() -> None:
    """Without answers every use is listed; with answers only those whose condition holds."""
    use = MaterialUse("M2", when=Fact("area", "at_least", 300))
    defs = catalog([item("I1", ["M1", use])], [material("M1"), material("M2")])
    assert list(_how(plan.merged_materials(theme("I1"), defs))) == ["M1", "M2"]
    assert list(_how(plan.merged_materials(theme("I1"), defs, {"area": 10}))) == ["M1"]
    assert list(_how(plan.item_materials(defs.items["I1"], defs, {"area": 300}))) == ["M1", "M2"]


def test_an_item_alone_asks_what_a_theme_would_get() -> None:
    """Alone, no other item issues the licence: it is asked unless an e-licence or a share has it."""
    defs = catalog(
        [item("I1"), item("I2", ["M1", "M2", "M3", "M4"])],
        [
            material("M1", result_of="I1"),
            material("M2", elicence="身份证电子证照"),
            material("M3", share="社保接口"),
            material("M4", kind="申请表格文书"),
        ],
    )
    assert _how(plan.item_materials(defs.items["I2"], defs)) == {
        "M1": "asked", "M2": "elicence", "M3": "share", "M4": "form",
    }  # fmt: skip
    assert _how(plan.merged_materials(theme("I1", "I2"), defs))["M1"] == "issued"


def test_a_commitment_replaces_only_its_own_items_materials() -> None:
    """Who commits for one item still hands in the paper that another item asks for."""
    commitment = Commitment("承诺", "撤销", None, replaces=("M1", "M2"), when=Fact("commits", "is", True))
    defs = catalog(
        [item("I1", ["M1", "M2"], commitment=commitment), item("I2", ["M2"])], [material("M1"), material("M2")]
    )
    both = theme("I1", "I2")
    assert _how(plan.merged_materials(both, defs, {"commits": True})) == {"M1": "commitment", "M2": "asked"}
    assert _how(plan.merged_materials(both, defs, {"commits": False})) == {"M1": "asked", "M2": "asked"}
    assert _how(plan.merged_materials(both, defs)) == {"M1": "asked", "M2": "asked"}


def test_the_merged_form_takes_the_union_by_meaning() -> None:
    """Two names for the same meaning make one field, required if one form requires it."""
    name = FormField("name", Text.of("名称"), "text", "operator.name", required=False)
    title = FormField("title", Text.of("单位名称"), "text", "operator.name", required=True)
    size = FormField("size", Text.of("面积"), "number", "", required=False)
    forms = [
        material("M1", kind="申请表格文书", fields=(name, size)),
        material("M2", kind="申请表格文书", fields=(title, size)),
    ]
    form = plan.merged_form(theme("I1", "I2"), catalog([item("I1", ["M1"]), item("I2", ["M2"])], forms))
    merged = {field.meaning: field for field in form.fields}
    assert list(merged) == ["operator.name", "M1.size", "M2.size"]
    assert merged["operator.name"].fills == (("M1", "name"), ("M2", "title"))
    assert merged["operator.name"].required
    assert (form.asked, form.saved) == (4, 1)


def test_prerequisites_are_declared_or_follow_from_materials() -> None:
    """An item waits for what `after` names and for who issues its materials, in the theme's order."""
    defs = catalog([item("I1"), item("I2"), item("I3", ["M1"])], [material("M1", result_of="I1")])
    small = theme("I1", "I2", ThemeItem("I3", after=("item-i2",)))
    assert plan.prerequisites(small, defs) == {"I1": (), "I2": (), "I3": ("I1", "I2")}


def test_items_in_a_circle_are_refused() -> None:
    """The message shows the circle."""
    circle = theme(ThemeItem("I1", after=("I2",)), ThemeItem("I2", after=("I1",)))
    with pytest.raises(InvalidInput, match=r"成环.*I1"):
        plan.stats(circle, catalog([item("I1"), item("I2")]))


def test_an_instant_item_belongs_to_the_critical_path() -> None:
    """A link of zero days adds no time, yet the chain is named in full."""
    chain = theme("I1", ThemeItem("I2", after=("I1",)), ThemeItem("I3", after=("I1", "I2")))
    defs = catalog([item("I1", promised="2 workdays"), item("I2", promised="0 workdays"), item("I3")])
    assert plan.critical_path(chain, defs) == (("I1", "I2", "I3"), Decimal(7))


def test_a_left_out_item_keeps_the_order_of_the_others() -> None:
    """A chain whose middle is dropped: the last still waits for the first."""
    chain = theme("I1", ThemeItem("I2", after=("I1",)), ThemeItem("I3", after=("I2",)))
    defs = catalog([item("I1", promised="2 workdays"), item("I2"), item("I3", promised="1 workday")])
    dates = plan.planned(chain, defs, ACCEPTED, CALENDAR, dropped=["I2"]).items
    assert list(dates) == ["I1", "I3"]
    assert (dates["I3"].start, dates["I3"].due) == (date(2025, 3, 5), date(2025, 3, 6))


def test_limits_in_other_units_are_planned_by_the_calendar_and_summed_by_estimate() -> None:
    """Natural days and months end where the calendar says; sums turn them into workdays."""
    defs = catalog([item("I1", promised="30 natural days"), item("I2", promised="0.5 workday")])
    both = theme("I1", ThemeItem("I2", after=("I1",)))
    dates = plan.planned(both, defs, ACCEPTED, CALENDAR).items
    assert dates["I1"].due == date(2025, 4, 2)
    assert (dates["I2"].start, dates["I2"].due) == (date(2025, 4, 2), date(2025, 4, 3))
    assert plan.stats(both, defs)["workdays"] == {"serial": 22.5, "critical_path": 22.5}
    assert plan.in_workdays(Limit.parse("3 months")) == 63


def test_joint_visits_and_one_window_save_steps() -> None:
    """Two visits become one; acceptance and hand-out happen once for the theme."""
    flow = (
        step("accept", "accept"),
        Together(((step("a", "review"),), (step("visit", "visit"),))),
        step("decide", "decide"),
        step("deliver", "deliver"),
    )
    defs = catalog([item("I1", flow=flow), item("I2", flow=flow)])
    joint = Joint(visits=(JointVisit("premises", Text.of("联合踏勘"), ("I1", "I2")),))
    numbers = plan.stats(theme("I1", "I2", joint=joint), defs)
    assert numbers["visits"] == {"serial": 2, "together": 1}
    assert numbers["steps"] == {"serial": 10, "together": 7}
    as_ready = plan.stats(theme("I1", "I2", joint=replace(joint, hand_out="as_ready")), defs)
    assert as_ready["steps"] == {"serial": 10, "together": 8}
    assert [each.id for each in steps_of(flow) if isinstance(each, Step)] == [
        "accept", "a", "visit", "decide", "deliver",
    ]  # fmt: skip


# --- properties


@st.composite
def bundles(draw: st.DrawFn) -> tuple[Theme, Catalog]:
    """A theme of up to six items with random earlier prerequisites, over up to eight materials of every origin."""
    count = draw(st.integers(1, 6))
    codes = [f"I{n}" for n in range(count)]
    origin = st.sampled_from([{}, {"kind": "申请表格文书"}, {"elicence": "电子证照"}, {"share": "接口"}, None])
    papers = []
    for n in range(draw(st.integers(0, 8))):
        kind = draw(origin)
        papers.append(material(f"M{n}", **(kind if kind is not None else {"result_of": draw(st.sampled_from(codes))})))
    items = []
    for n, code in enumerate(codes):
        usable = [p.code for p in papers if p.result_of is None or p.result_of in codes[:n]]
        uses = draw(st.lists(st.sampled_from(usable), unique=True)) if usable else []
        items.append(item(code, uses, promised=f"{draw(st.integers(0, 9))} workdays"))
    entries = [
        ThemeItem(code, after=tuple(draw(st.lists(st.sampled_from(codes[:n]), unique=True)) if n else ()))
        for n, code in enumerate(codes)
    ]
    return theme(*entries), catalog(items, papers)


@given(bundles(), st.data())
@settings(max_examples=60)
def test_nothing_needed_is_lost_when_items_are_dropped(bundle: tuple[Theme, Catalog], data: st.DataObject) -> None:
    """For any dropped and held items: each material of a running item is listed once, and has a real source."""
    small, defs = bundle
    codes = list(defs.items)
    dropped = data.draw(st.sets(st.sampled_from(codes)))
    held = data.draw(st.sets(st.sampled_from(codes))) - dropped
    running = set(codes) - dropped - held
    lines = plan.merged_materials(small, defs, dropped=dropped, held=held)
    needed = {use.material for code in running for use in defs.items[code].materials}
    assert sorted(line.material for line in lines) == sorted(needed)
    for line in lines:
        issuer = defs.materials[line.material].result_of
        assert set(line.items) <= running
        assert line.how != "issued" or issuer in running
        assert line.how != "verified" or issuer in held
        assert (line.how == "asked") == (issuer in dropped) or issuer is None


@given(bundles())
@settings(max_examples=60)
def test_the_numbers_add_up(bundle: tuple[Theme, Catalog]) -> None:
    """Unique materials split into four kinds; the critical path is at most the sum; the plan is as long as the path."""
    small, defs = bundle
    numbers = plan.stats(small, defs)
    materials, workdays = numbers["materials"], numbers["workdays"]
    assert isinstance(materials, dict)
    assert isinstance(workdays, dict)
    parts = (materials["from_items"], materials["from_shares"], materials["forms"], materials["other"])
    assert sum(parts) == materials["unique"] <= materials["gross"]
    assert materials["submitted"] == materials["other"] + min(1, materials["forms"])
    assert workdays["critical_path"] <= workdays["serial"]
    due = plan.planned(small, defs, ACCEPTED, CALENDAR).due
    assert CALENDAR.workdays_between(ACCEPTED.date(), due) == workdays["critical_path"]


@given(bundles(), st.data())
@settings(max_examples=60)
def test_an_item_starts_when_its_prerequisites_are_due(bundle: tuple[Theme, Catalog], data: st.DataObject) -> None:
    """No item starts before what it waits for, and leaving items out never makes the theme later."""
    small, defs = bundle
    whole = plan.planned(small, defs, ACCEPTED, CALENDAR)
    for code, needed in plan.prerequisites(small, defs).items():
        assert whole.items[code].start == max((whole.items[each].due for each in needed), default=ACCEPTED.date())
    dropped = data.draw(st.sets(st.sampled_from(list(defs.items))))
    assert plan.planned(small, defs, ACCEPTED, CALENDAR, dropped=dropped).due <= whole.due


def test_stages_run_one_after_the_other(definitions: Catalog) -> None:
    """An item of a later stage waits for the whole stage before it, in the plan as in the process."""
    building = definitions.themes["private-building"]
    waits = plan.waits_for(building, definitions)
    assert set(waits["I23"]) == {"I20", "I21"} and set(plan.prerequisites(building, definitions)["I23"]) == {"I20"}
    dates = plan.planned(building, definitions, ACCEPTED, CALENDAR).items
    assert dates["I23"].start == dates["I21"].due == date(2025, 3, 12)
