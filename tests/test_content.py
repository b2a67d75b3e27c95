"""The example definitions hold what they claim: counts, references, limits and the numbers of the restaurant theme."""

import datetime
import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
import yaml

from govflow import plan
from govflow.catalog import load
from govflow.language.model import Catalog
from govflow.rules import wording

ROOT = Path(__file__).resolve().parent.parent
DEFINITIONS = ROOT / "definitions"
FORM = "申请表格文书"
ITEM_KEYS = {
    "govflow",
    "id",
    "code",
    "name",
    "type",
    "case_type",
    "level",
    "version",
    "valid_from",
    "power_source",
    "department",
    "region",
    "basis",
    "audience",
    "topics",
    "conditions",
    "materials",
    "limits",
    "flow",
    "results",
    "fees",
    "channels",
    "green_channel",
    "commitment",
    "faq",
    "confidential",
}
CHANNEL_KEYS = {
    "online_depth",
    "visits",
    "forms",
    "scope",
    "places",
    "hours",
    "consult",
    "complain",
    "post",
    "online_payment",
    "mobile",
    "window",
    "appointment",
    "in_hall",
}
MATERIAL_KEYS = {"slug", "name", "kind", "source", "form", "originals", "copies", "necessity", "basis"}


def read(path: Path) -> Any:
    """A file as plain data."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def definitions(folder: str) -> dict[str, dict[str, Any]]:
    """The items or themes of a folder by their code; scenario files stand beside them and are left out."""
    found = (read(path) for path in sorted((DEFINITIONS / folder).glob("*.yaml")) if "." not in path.stem)
    return {entry["id"]: entry for entry in found}


ITEMS = definitions("items")
THEMES = definitions("themes")
MATERIALS = read(DEFINITIONS / "materials.yaml")["materials"]
DEPARTMENTS = read(DEFINITIONS / "departments.yaml")["departments"]


@lru_cache(maxsize=1)
def load_catalog() -> Catalog:
    """The definitions as the library reads them."""
    return load(str(DEFINITIONS)).catalog


def conditions(data: Any) -> Iterator[Mapping[str, Any]]:
    """Every comparison {fact: ...} anywhere in a piece of a definition."""
    if isinstance(data, Mapping):
        if "fact" in data:
            yield data
        for value in data.values():
            yield from conditions(value)
    elif isinstance(data, list):
        for value in data:
            yield from conditions(value)


def steps(flow: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The activities of a flow, those inside parallel branches too."""
    for entry in flow:
        ((word, body),) = entry.items()
        if word == "together":
            for branch in body:
                yield from steps(branch if isinstance(branch, list) else [branch])
        else:
            yield word, body


def amount(limit: str) -> Fraction:
    """The number of a limit such as `0.5 workday`."""
    return Fraction(limit.split()[0])


def promised(item: Mapping[str, Any]) -> Fraction:
    """The promised workdays of an item."""
    limit = item["limits"]["promised"]["within"]
    assert "workday" in limit
    return amount(limit)


def critical_path(theme: Mapping[str, Any]) -> Fraction:
    """The longest chain of promised workdays through the prerequisites, stages joined one after another."""
    after = {entry["item"]: list(entry.get("after", ())) for entry in theme["items"]}
    stages = [stage["items"] for stage in theme.get("stages", ())]
    for earlier, later in itertools.pairwise(stages):
        for item in later:
            after[item] += earlier

    def end(item: str) -> Fraction:
        return promised(ITEMS[item]) + max((end(before) for before in after[item]), default=Fraction(0))

    return Fraction(max(map(end, after)))


def used(theme: Mapping[str, Any]) -> list[str]:
    """The materials of all items of a theme, repeated where two items ask for the same."""
    return [use["use"] for entry in theme["items"] for use in ITEMS[entry["item"]]["materials"]]


def test_sizes() -> None:
    """21 departments, 83 materials, 35 items and 8 themes, each under its own code and name."""
    assert (len(DEPARTMENTS), len(MATERIALS), len(ITEMS), len(THEMES)) == (21, 83, 35, 8)
    for shelf in (DEPARTMENTS, MATERIALS):
        assert len({entry["slug"] for entry in shelf.values()}) == len(shelf)
    for field in ("basic", "implementation"):
        assert len({item["code"][field] for item in ITEMS.values()}) == len(ITEMS)


def test_restaurant_numbers() -> None:
    """27 materials asked by six items shrink to 10 submitted: 1 result, 2 e-licences, 6 forms in one, 9 others."""
    theme = THEMES["T1"]
    gross = used(theme)
    unique = set(gross)
    inside = {entry["item"] for entry in theme["items"]}
    linked = {code for code in unique if MATERIALS[code].get("result_of") in inside}
    shared = {code for code in unique - linked if "elicence" in MATERIALS[code] or "share" in MATERIALS[code]}
    forms = {code for code in unique - linked - shared if MATERIALS[code]["kind"] == FORM}
    others = unique - linked - shared - forms
    assert (linked, shared) == ({"M02"}, {"M01", "M10"})
    assert (len(gross), len(unique), len(forms), len(others)) == (27, 18, 6, 9)
    assert bool(forms) + len(others) == 10
    assert len({ITEMS[item]["department"] for item in inside}) == 5


def test_restaurant_workdays() -> None:
    """31 promised workdays in series, 9 on the critical path."""
    limits = {entry["item"]: promised(ITEMS[entry["item"]]) for entry in THEMES["T1"]["items"]}
    assert limits == {"I01": 1, "I07": 5, "I08": 5, "I09": 5, "I16": 8, "I17": 7}
    assert sum(limits.values()) == 31
    assert critical_path(THEMES["T1"]) == 9


@pytest.mark.parametrize("code", THEMES)
def test_theme_promise_covers_critical_path(code: str) -> None:
    """A theme promises no less than its longest chain, and no more than its cap."""
    limits = THEMES[code]["limits"]
    assert critical_path(THEMES[code]) <= amount(limits["promised"]["within"]) <= amount(limits["joint_cap"])


@pytest.mark.parametrize(
    ("theme", "edges"),
    [
        ("T1", "I01>I07 I01>I08 I01>I09 I01>I16 I01>I17"),
        ("T2", "I01>I02 I01>I03 I01>I04 I01>I05 I01>I06"),
        ("T3", "I10>I11 I10>I12 I12>I13 I12>I14 I10>I15"),
        ("T4", "I20>I21 I21>I22 I20>I23 I22>I24 I22>I25 I24>I26 I25>I26 I22>I26 I26>I27 I27>I28"),
        ("T5", "I30>I31 I31>I32 I32>I33"),
        ("T6", "I01>I07 I01>I16 I01>I09"),
        ("T7", "I01>I35 I01>I17 I01>I02"),
        ("T8", "I40>I41 I41>I42 I42>I43"),
    ],
)
def test_prerequisites(theme: str, edges: str) -> None:
    """The declared prerequisites are exactly those of the theme's graph."""
    declared = {f"{before}>{entry['item']}" for entry in THEMES[theme]["items"] for before in entry.get("after", ())}
    assert declared == set(edges.split())


@pytest.mark.parametrize("code", THEMES)
def test_results_flow_from_prerequisites(code: str) -> None:
    """A material that another item of the theme issues comes from an item that is finished before."""
    after = {entry["item"]: set(entry.get("after", ())) for entry in THEMES[code]["items"]}
    before = dict.fromkeys(after, frozenset[str]())
    for _ in after:
        before = {item: frozenset(near | {f for n in near for f in before[n]}) for item, near in after.items()}
    for item in after:
        for use in ITEMS[item]["materials"]:
            source = MATERIALS[use["use"]].get("result_of")
            assert source not in after or source in before[item], (item, use["use"])


@pytest.mark.parametrize("code", THEMES)
def test_theme_is_a_theme(code: str) -> None:
    """A theme for enterprises joins at least three items, one for persons knows at least three situations."""
    theme = THEMES[code]
    assert len(theme["items"]) >= 3
    assert len(theme["questions"]) >= 3
    assert theme["lead"] in DEPARTMENTS
    assert {entry["item"] for entry in theme["items"]} <= set(ITEMS)
    staged = [item for stage in theme.get("stages", ()) for item in stage["items"]]
    assert sorted(staged) == sorted(entry["item"] for entry in theme["items"]) or not staged


@pytest.mark.parametrize("code", ITEMS)
def test_item_has_all_keys(code: str) -> None:
    """Every item carries all elements of the implementation list."""
    item = ITEMS[code]
    assert set(item) >= ITEM_KEYS
    assert set(item["channels"]) >= CHANNEL_KEYS
    assert item["channels"]["consult"] != item["channels"]["complain"]
    assert ("visit_reason" in item["channels"]) == (item["channels"]["visits"] > 0)
    assert set(item["limits"]) >= {"statutory", "promised", "correction_notice", "correction", "delivery"}
    assert len(item["faq"]) >= 2
    assert len(item["conditions"]) >= 2


@pytest.mark.parametrize("code", ITEMS)
def test_item_references_resolve(code: str) -> None:
    """Departments, materials, laws, special procedures and facts named by an item exist."""
    item = ITEMS[code]
    laws = {basis["id"] for basis in item["basis"]}
    procedures = {each["id"] for each in item.get("special_procedures", ())}
    facts = {each["id"] for each in item.get("questions", ())}
    assert item["department"] in DEPARTMENTS
    assert set(item.get("joint_departments", ())) <= set(DEPARTMENTS)
    assert {use["use"] for use in item["materials"]} <= set(MATERIALS)
    assert {each["fact"] for each in conditions(item)} <= facts
    assert item["limits"]["statutory"]["basis"] in laws
    assert {each["basis"] for each in item.get("special_procedures", ())} <= laws
    assert all(basis.get("article") or basis.get("text") for basis in item["basis"])
    for _, step in steps(item["flow"]):
        assert {step.get("department", "D01"), *step.get("departments", ())} <= set(DEPARTMENTS)
        assert step.get("procedure") is None or step["procedure"] in procedures
    for result in item["results"]:
        material = result.get("material")
        assert material is None or MATERIALS[material]["result_of"] == code


@pytest.mark.parametrize("code", ITEMS)
def test_item_code_is_made_of_its_parts(code: str) -> None:
    """The implementation code is the department's credit code, the level digit and the basic code."""
    item = ITEMS[code]
    credit_code = DEPARTMENTS[item["department"]]["uscc"]
    assert item["code"]["implementation"] == credit_code + "3" + item["code"]["basic"]


@pytest.mark.parametrize("code", ITEMS)
def test_flow_has_the_five_stages_in_time(code: str) -> None:
    """Acceptance, review, decision and delivery are there, and the stages fit into the promise."""
    item = ITEMS[code]
    words = [word for word, _ in steps(item["flow"])]
    assert {"accept", "decide", "deliver"} <= set(words)
    assert "review" in words
    spent = sum(amount(step["within"]) for _, step in steps(item["flow"]) if "within" in step)
    assert spent <= promised(item)
    assert (item["case_type"] == "即办件") == (promised(item) == 0)
    for word, step in steps(item["flow"]):
        assert word != "decide" or step["refuse"]["remedies"]


@pytest.mark.parametrize("code", MATERIALS)
def test_material_is_complete(code: str) -> None:
    """A material has its six fields and a basis, a form its blank, sample and notes, a government paper its issuer."""
    material = MATERIALS[code]
    assert set(material) >= MATERIAL_KEYS
    if material["kind"] == FORM:
        assert {"blank", "sample", "notes", "fields", "signature"} <= set(material)
        assert len({each["meaning"] for each in material["fields"]}) == len(material["fields"])
    if material["source"] == "政府部门核发":
        assert material["issuer"] in DEPARTMENTS
        assert sum(key in material for key in ("result_of", "elicence", "share")) == 1
    if "result_of" in material:
        assert code in {result.get("material") for result in ITEMS[material["result_of"]]["results"]}


def test_every_material_is_used() -> None:
    """The library holds no material that no item asks for, but the result of the last item of each chain."""
    asked = {use["use"] for item in ITEMS.values() for use in item["materials"]}
    assert asked == set(MATERIALS)


def test_form_fields_agree() -> None:
    """One meaning has one field id, label and type in all forms, so that a merged form asks it once."""
    seen: dict[str, tuple[str, str, str]] = {}
    for material in MATERIALS.values():
        for each in material.get("fields", ()):
            entry = (each["id"], each["label"], each["type"])
            assert seen.setdefault(each["meaning"], entry) == entry


def test_one_question_one_wording() -> None:
    """A fact asked in several items or themes has one type."""
    kinds: dict[str, str] = {}
    for definition in (*ITEMS.values(), *THEMES.values()):
        for question in definition.get("questions", ()):
            assert kinds.setdefault(question["id"], question["type"]) == question["type"]


def test_theme_conditions_are_asked() -> None:
    """A theme asks every fact on which it, or one of its items, depends."""
    for theme in THEMES.values():
        asked = {question["id"] for question in theme["questions"]}
        assert {each["fact"] for each in conditions(theme)} <= asked
        for entry in theme["items"]:
            assert {each["fact"] for each in conditions(ITEMS[entry["item"]])} <= asked


def test_planted_faults() -> None:
    """The faults that the rules must find are there, and no others of their kind."""
    names = {code: each["name"]["zh-CN"] for code, each in MATERIALS.items()}
    vague = {code for code, name in names.items() if wording.catch_all(name) or wording.vague(name)}
    assert vague == {"M58"}
    assert MATERIALS["M01"]["elicence"] == MATERIALS["M20"]["elicence"]
    for code, item in ITEMS.items():
        limit = item["limits"]["statutory"]["within"]
        mixed = "workday" not in limit
        assert mixed == (code in {"I23", "I41", "I42"})
        halved = mixed or promised(item) * 2 <= amount(limit)
        assert halved == (code not in {"I24", "I27"})
        assert not any(map(wording.vague_condition, item["conditions"])), code


def test_restaurant_application() -> None:
    """The example application lacks exactly M09 and M12 and answers every question without a default."""
    application = read(ROOT / "examples" / "open-restaurant" / "application.yaml")
    theme = THEMES["T1"]
    wanted = {c for c in used(theme) if not {"result_of", "elicence", "share"} & set(MATERIALS[c])}
    assert wanted - set(application["materials"]) == {"M09", "M12"}
    assert set(application["materials"]) < wanted
    open_questions = {question["id"] for question in theme["questions"] if "default" not in question}
    assert open_questions <= set(application["answers"]) <= {question["id"] for question in theme["questions"]}


def scenario_files() -> dict[str, list[dict[str, Any]]]:
    """The scenarios that stand beside the items and themes, by code."""
    found = (read(path) for path in sorted(DEFINITIONS.glob("*/*.scenarios.yaml")))
    return {data["of"]: data["scenarios"] for data in found}


SCENARIOS = scenario_files()


def workdays_after(start: datetime.date, count: int) -> datetime.date:
    """The count-th official workday after a date."""
    day = start
    while count:
        day += datetime.timedelta(days=1)
        count -= chinese_calendar.is_workday(day)
    return day


@pytest.mark.parametrize("code", [*ITEMS, *THEMES])
def test_scenarios(code: str) -> None:
    """Three scenarios an item and two a theme, each with an expectation and a name of its own."""
    found = SCENARIOS[code]
    assert len(found) >= (3 if code in ITEMS else 2)
    assert len({each["name"] for each in found}) == len(found)
    assert all(each["expect"] for each in found)


@pytest.mark.parametrize("code", ITEMS)
def test_scenario_dates_follow_the_calendar(code: str) -> None:
    """The days expected at acceptance are the limits counted day by day in the official calendar."""
    checked = 0
    limits = ITEMS[code]["limits"]
    for scenario in SCENARIOS[code]:
        accepted = [step["at"] for step in scenario["steps"] if step["do"] == "accept"]
        for expected in scenario["expect"]:
            start = datetime.date.fromisoformat(expected["at"][:10])
            for name in ("promised", "statutory"):
                days = amount(limits[name]["within"])
                # half days end at an hour, months and natural days roll: the clocks have tests of their own
                whole = "workday" in limits[name]["within"] and days.denominator == 1
                counted = whole and limits[name]["from"] == "accepted"
                if counted and expected["at"] in accepted and f"{name}_due" in expected:
                    assert expected[f"{name}_due"] == workdays_after(start, int(days)), scenario["name"]
                    checked += 1
    assert checked >= 2 or promised(ITEMS[code]).denominator != 1


def test_variants_only_tighten() -> None:
    """Three items have a provincial baseline and two counties' variants, one another city's; none promises more."""
    found = [read(path) for path in sorted((DEFINITIONS / "variants").glob("*.*.yaml"))]
    assert len(found) == 11
    assert {each["of"] for each in found} == {"I07", "I16", "I32"}
    for each in found:
        limit = each.get("limits", {}).get("promised", ITEMS[each["of"]]["limits"]["promised"])
        assert amount(limit["within"]) <= promised(ITEMS[each["of"]])


def test_findings_are_the_planted_ones() -> None:
    """The whole folder loads, and the rules find the planted faults and nothing else."""
    loaded = load(str(DEFINITIONS))
    found = sorted((each.code, Path(each.span.file).stem) for each in loaded.diagnostics)
    assert found == [
        ("GF-M02", "materials"),
        ("GF-M08", "materials"),
        ("GF-T02", "environmental-impact-form"),
        ("GF-T02", "kindergarten-licence"),
        ("GF-T02", "non-profit-registration"),
    ]
    assert (len(loaded.catalog.items), len(loaded.catalog.themes), len(loaded.catalog.variants)) == (35, 8, 11)


@pytest.mark.parametrize("code", THEMES)
def test_planner_agrees(code: str) -> None:
    """The planner's figures for each theme agree with those counted from the plain data."""
    theme = load_catalog().themes[code]
    figures = plan.stats(theme, load_catalog())
    gross = used(THEMES[code])
    assert figures["workdays"] == {
        "serial": float(sum(promised(ITEMS[entry["item"]]) for entry in THEMES[code]["items"])),
        "critical_path": float(critical_path(THEMES[code])),
    }
    assert isinstance(figures["materials"], Mapping)
    assert (figures["materials"]["gross"], figures["materials"]["unique"]) == (len(gross), len(set(gross)))
    assert figures["materials"]["submitted"] * 2 <= len(gross)
