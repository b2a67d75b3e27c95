"""From a definition to the block tree and its BPMN: ids, shape, and what each element means."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lxml import etree

from govflow import catalog as loader
from govflow.compiler import elements, pictures, to_bpmn
from govflow.compiler.blocks import flows
from govflow.compiler.process import process_from
from govflow.compiler.timers import duration
from govflow.engine import process as executor
from govflow.errors import InvalidInput, NotFound
from govflow.language.conditions import Fact
from govflow.language.model import (
    Basis,
    Catalog,
    Commitment,
    Item,
    Joint,
    Limits,
    SpecialProcedure,
    Stage,
    ThemeItem,
    TimeLimit,
    Together,
)
from govflow.law.clocks import Limit
from govflow.text import Text
from tests import catalogs

GOLDEN = Path(__file__).parent / "golden" / "bpmn"
SHIPPED = Path(__file__).parents[1] / "definitions"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
YES = Fact("asked", "is", True)


def full_item(code: str = "I07", department: str = "D01") -> Item:
    """An item that uses every fragment: parallel steps, silence, a special procedure, a condition, a commitment."""
    step = catalogs.step
    flow = (
        step("accept", "accept", role="window"),
        Together(
            (
                (step("review", "review", department, within=Limit.parse("2 workdays")),),
                (
                    step(
                        "health", "consult", "D10", within=Limit.parse("3 workdays"), silence="no_objection",
                        name=Text.of("征求意见"),
                    ),
                ),
            )
        ),
        step("site-check", "visit", department, procedure="site-check", name=Text.of("现场核查"), when=YES),
        step("decide", "decide", department, role="head"),
        step("issue", "issue", department, role="window"),
        step("deliver", "deliver", department, role="window"),
    )  # fmt: skip
    return catalogs.item(
        code,
        department=department,
        flow=flow,
        special_procedures=(SpecialProcedure("site-check", "现场核查", Limit.parse("5 workdays"), ("promised",)),),
        commitment=Commitment("承诺", "撤销", Limit.parse("60 workdays")),
        file=f"definitions/items/{code}.yaml",
    )


def small_theme(**changes: object) -> Catalog:
    """Three items of three departments: one first, then two, of which one may be held already."""
    items = [full_item("I01"), full_item("I02", "D07"), catalogs.item("I03", department="D08")]
    entries = (ThemeItem("I01", held_when=YES), ThemeItem("I02", ("I01",)), ThemeItem("I03", ("I01",)))
    limits = {"promised": TimeLimit(Limit.parse("10 workdays"), "accepted"), "joint_cap": Limit.parse("45 workdays")}
    return catalogs.catalog(items, themes=[catalogs.theme(*entries, **{**limits, **changes})])


def ids(ref: str, catalog: Catalog) -> set[str]:
    """All element ids of a compiled reference."""
    return set(elements(ref, catalog))


def joined(ref: str, catalog: Catalog) -> set[tuple[str, str]]:
    """All flows of a compiled reference as pairs of ids."""
    return {(f.source, f.target) for p in process_from(ref, catalog).processes for f, _ in flows(p.tree)}


def test_an_unknown_reference_is_named() -> None:
    """What is neither a theme nor an item is refused with its name, in both languages."""
    with pytest.raises(NotFound) as caught:
        to_bpmn("restaurant", catalogs.catalog([]))
    assert "restaurant" in caught.value.zh and "restaurant" in caught.value.en


def test_slug_and_code_give_the_same_bytes() -> None:
    """A theme may be asked for by slug or by code."""
    catalog = small_theme()
    assert to_bpmn("T9", catalog) == to_bpmn("small-theme", catalog)


def test_a_circle_of_prerequisites_is_refused() -> None:
    """Items that wait for each other cannot be compiled; the message names them."""
    theme = catalogs.theme(ThemeItem("I01", ("I02",)), ThemeItem("I02", ("I01",)))
    catalog = catalogs.catalog([catalogs.item("I01"), catalogs.item("I02")], themes=[theme])
    with pytest.raises(InvalidInput, match="I01"):
        to_bpmn("T9", catalog)


def test_a_theme_of_an_unknown_item_is_refused() -> None:
    """A theme that names an item which is not there says which."""
    catalog = catalogs.catalog([], themes=[catalogs.theme("I77")])
    with pytest.raises(NotFound, match="I77") as caught:
        to_bpmn("T9", catalog)
    assert caught.value.details == {"item": "I77"} and "I77" in caught.value.en


def test_ids_that_would_fall_together_are_refused() -> None:
    """Two steps whose ids differ only in their signs cannot share one BPMN id; the message names it."""
    item = catalogs.item("I01", flow=(catalogs.step("a-b", "review"), catalogs.step("a_b", "review")))
    with pytest.raises(InvalidInput, match="t_I01_a_b"):
        to_bpmn("I01", catalogs.catalog([item]))


def test_a_stage_of_a_foreign_item_is_refused() -> None:
    """A stage lists items of its own theme, and at least one."""
    for codes in (("I01", "I77"), ()):
        stages = (Stage("land", Text.of("用地"), "D01", codes), Stage("rest", Text.of("其余"), "D01", ("I02", "I03")))
        with pytest.raises(InvalidInput, match="stage_land"):
            to_bpmn("T9", small_theme(stages=stages))


def test_the_theme_has_the_ids_that_the_engine_knows() -> None:
    """Acceptance, correction, joint scope, items, hand-out and post-check carry the agreed ids."""
    found = ids("T9", small_theme())
    intake = "e_start t_accept g_intake e_not_accepted t_supplement g_received g_accepted e_deemed_withdrawn"
    timers = "b_accept_correction_notice_warning b_accept_correction_notice_due b_supplement_correction_due"
    joint = "s_joint b_theme_promised_warning b_theme_promised_due b_theme_joint_cap_warning b_theme_joint_cap_due"
    item = "g_I01 c_I01 t_verify_I01 g_I01_done n_I01_alert b_I01_promised_warning b_I01_statutory_due g_I01_split"
    after = "t_hand_out b_hand_out_delivery_due t_I01_post_check b_I01_post_check_due e_done"
    assert set(f"{intake} {timers} {joint} {item} {after}".split()) <= found
    assert "t_verify_I02" not in found, "only an item that may be held already is verified"


def test_handling_has_the_ids_that_the_engine_knows() -> None:
    """The called process of an item holds its steps, but not what the case does for all items."""
    found = {id for id, info in elements("T9", small_theme()).items() if info.process == "P_I01_handling"}
    steps = "e_I01_start t_I01_review t_I01_health s_I01_site_check t_I01_site_check_notice t_I01_site_check"
    gates = "g_I01_commit g_I01_decided e_I01_granted e_I01_refused t_I01_decide t_I01_issue"
    timers = "b_I01_review_step_due b_I01_site_check_procedure_warning b_I01_health_step_due"
    assert set(f"{steps} {gates} {timers}".split()) <= found
    assert not {"t_I01_accept", "t_I01_deliver"} & found


def test_an_item_case_holds_its_handling() -> None:
    """An item alone has no joint scope: its own sub-process carries the clocks and the steps."""
    catalog = catalogs.catalog([full_item()])
    info = elements("I07", catalog)
    assert {each.process for each in info.values()} == {"P_I07"}
    assert info["c_I07"].kind == "subProcess" and "s_joint" not in info
    assert info["b_I07_statutory_due"].host == "c_I07"


def test_elements_say_what_they_are() -> None:
    """Each id leads to its item, step, department, role, clock and host."""
    info = elements("T9", small_theme())
    task, timer, rule = info["t_I02_review"], info["b_I02_promised_warning"], info["b_I02_health_step_due"]
    assert (task.item, task.department, task.role) == ("I02", "D07", "reviewer")
    assert task.step is not None and task.step.id == "review"
    assert (timer.clock, timer.edge, timer.host, timer.interrupting) == ("promised", "warning", "c_I02", False)
    assert (rule.clock, rule.edge, rule.interrupting) == ("step", "due", True)


def test_silence_goes_on_without_the_answer() -> None:
    """When a consulted department stays silent, its timer interrupts and the flow goes on."""
    found = joined("I07", catalogs.catalog([full_item()]))
    assert {("b_I07_health_step_due", "g_I07_health_answered"), ("t_I07_health", "g_I07_health_answered")} <= found


def test_an_instant_item_is_not_warned() -> None:
    """即办件: nothing can be yellow on the day itself, so only the end is watched."""
    limits = catalogs.item("I01").limits
    at_once = TimeLimit(Limit.parse("0 workdays"), "accepted")
    changed = Limits(at_once, None, limits.correction_notice, limits.correction, limits.delivery)
    found = ids("I01", catalogs.catalog([catalogs.item("I01", limits=changed)]))
    assert "b_I01_statutory_due" in found
    assert not {"b_I01_statutory_warning", "b_I01_promised_due", "g_I01_alert"} & found


def test_results_are_handed_out_as_each_is_ready() -> None:
    """Without a common hand-out each item delivers its own result."""
    found = ids("T9", small_theme(joint=Joint(hand_out="as_ready")))
    assert "t_I02_deliver" in found and "t_hand_out" not in found


def test_an_edge_that_others_imply_is_not_drawn() -> None:
    """Of I1 before I2 before I3, the edge from I1 to I3 adds nothing."""
    entries = (ThemeItem("I1"), ThemeItem("I2", ("I1",)), ThemeItem("I3", ("I1", "I2")))
    catalog = catalogs.catalog([catalogs.item(e.item) for e in entries], themes=[catalogs.theme(*entries)])
    found = joined("T9", catalog)
    assert ("g_I1_done", "g_I2") in found and ("g_I2_done", "g_I3") in found
    assert "g_I1_split" not in ids("T9", catalog)


def test_stages_follow_each_other() -> None:
    """A stage is a sub-process with its own items; the next one begins when it has ended."""
    stages = (Stage("land", Text.of("用地"), "D01", ("I01",)), Stage("build", Text.of("施工"), "D07", ("I02", "I03")))
    catalog = small_theme(stages=stages)
    assert {("e_joint_start", "s_land"), ("s_land", "s_build"), ("s_build", "e_joint_end")} <= joined("T9", catalog)


def facts_of(ref: str, catalog: Catalog, id: str) -> list[tuple[str, str]]:
    """What the file says of an element beside BPMN: names and texts of its extension elements, in order."""
    (found,) = etree.fromstring(to_bpmn(ref, catalog)).iterfind(f".//*[@id='{id}']")
    return [(etree.QName(each).localname, each.text or "") for each in found.find(f"{BPMN}extensionElements")]


def test_an_item_carries_what_the_window_needs() -> None:
    """The joint scope names item, department, limits, materials and each legal basis."""
    basis = (Basis("law", "食品安全法", "第三十五条", "法律"), Basis("rule", "许可办法", None, "部门规章"))
    item = catalogs.item("I01", ["M07", "M02"], basis=basis, file="definitions/items/food.yaml")
    found = facts_of("T9", catalogs.catalog([item], themes=[catalogs.theme("I01")]), "c_I01")
    assert found == [
        ("item", "I01"), ("implementation", item.implementation), ("department", "D01"), ("promised", "5个工作日"),
        ("statutory", "20个工作日"), ("materials", "M07,M02"), ("basis", "食品安全法第三十五条"), ("basis", "许可办法"),
        ("source", "items/food.yaml"),
    ]  # fmt: skip


def test_a_step_carries_who_does_it() -> None:
    """Kind, department, role, groups, limit, and how many officers a visit takes."""
    visit = catalogs.step("look", "visit", role="reviewer", within=Limit.parse("3 workdays"), staff=2)
    item = catalogs.item("I01", flow=(visit, catalogs.step("decide", "decide", role="head")))
    catalog = catalogs.catalog([item])
    assert facts_of("I01", catalog, "t_I01_look") == [
        ("kind", "visit"), ("department", "D01"), ("role", "reviewer"), ("candidateGroups", "D01:reviewer"),
        ("limit", "3个工作日"), ("staff", "2"),
    ]  # fmt: skip
    assert dict(facts_of("I01", catalog, "t_I01_decide")) == {
        "kind": "decide", "department": "D01", "role": "head", "candidateGroups": "D01:head",
    }  # fmt: skip


def test_what_the_engine_and_other_tools_rely_on() -> None:
    """Timers with limit, warning and start; lanes by department; the branch that is taken when no condition holds."""
    root = etree.fromstring(to_bpmn("T9", small_theme()))
    timer = root.find(".//*[@id='b_I01_promised_warning']")
    assert timer is not None and timer.get("cancelActivity") == "false" and timer.get("attachedToRef") == "c_I01"
    assert timer.findtext(f".//{BPMN}timeDuration") == "P3D", "five workdays less the warning of two"
    assert dict(facts_of("T9", small_theme(), "b_I01_promised_warning")) == {
        "clock": "promised", "edge": "warning", "limit": "5个工作日", "unit": "workday", "start": "accepted",
        "warning": "2个工作日",
    }  # fmt: skip
    lanes = {lane.get("name"): {ref.text for ref in lane} for lane in root.iter(f"{BPMN}lane")}
    assert "t_supplement" in lanes["申请人"] and "t_accept" in lanes["综合窗口（市场监管局牵头）"]
    assert {"c_I02"} <= lanes["D07"] and {"c_I03"} <= lanes["D08"]
    defaults = {gate.get("id"): gate.get("default") for gate in root.iter(f"{BPMN}exclusiveGateway")}
    assert defaults["g_intake"] == "f_g_intake__e_not_accepted", "neither accepted nor to be corrected: not accepted"
    assert defaults["g_I02"] == "f_g_I02__g_I02_done" and defaults["g_I01_decided"] == "f_g_I01_decided__e_I01_refused"


def test_the_intake_has_names_in_both_languages() -> None:
    """The elements that every process has are named by us, so each has an English name without Chinese."""
    info = elements("T9", small_theme())
    names = {id: (info[id].name.zh, info[id].name.en) for id in ("e_start", "t_accept", "t_supplement", "t_hand_out")}
    assert names["t_accept"] == ("一口受理", "Accept") and names["t_supplement"] == ("补正材料", "Supplement")
    assert all(each.name.en.isascii() or each.step is not None or each.id == f"c_{each.item}" for each in info.values())


def test_durations_are_readable_iso_8601() -> None:
    """The fallback in the file says the limit as well as ISO 8601 can."""
    cases = {"5 workdays": "P5D", "3 months": "P3M", "30 natural days": "P30D", "0.5 workday": "PT4H", "1 year": "P1Y"}
    assert {text: duration(Limit.parse(text)) for text in cases} == cases
    assert duration(Limit.parse("5 workdays"), Limit.parse("2 workdays")) == "P3D"
    assert duration(Limit.parse("3 months"), Limit.parse("2 workdays")) == "P88D"
    assert duration(Limit.parse("1 workday"), Limit.parse("2 workdays")) == "PT0S"


def test_no_text_of_an_author_is_evaluated() -> None:
    """A hostile name stays a name: conditions are our own flags and nothing else."""
    evil = "__import__('os').system('x')</bpmn:process><!--"
    item = catalogs.item("I01", name=Text.of(evil), flow=(catalogs.step("a'; b", "review", name=Text.of(evil)),))
    root = etree.fromstring(to_bpmn("I01", catalogs.catalog([item])))
    conditions = {e.text for e in root.iter(f"{BPMN}conditionExpression")}
    assert conditions == {"outcome_accept", "outcome_correct"}
    assert root.find(f"{BPMN}process").get("name") == evil  # type: ignore[union-attr]


_SEEDED = """
import json
from govflow import load, to_bpmn
from govflow.compiler.svg import draw
from govflow.products import graph
c = load("definitions").catalog
theme, picture = c.themes["T1"], graph.graph_of(c, [c.themes["T1"]])
data = graph.as_data(picture, {"x": graph.suggestions(theme, c)})
print(to_bpmn("T1", c), to_bpmn("I07", c), draw("T4", c), graph.as_svg(picture), graph.as_dot(picture), json.dumps(data))
"""


def test_the_hash_seed_does_not_matter() -> None:
    """Two interpreters with different hash seeds write the same BPMN, pictures, graphs and suggestions."""
    found = {
        subprocess.run(
            [sys.executable, "-c", _SEEDED], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=SHIPPED.parent,
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1 and len(found.pop()) > 100_000


@pytest.mark.parametrize("ref", ["T9", "I03"])
def test_golden_bpmn(ref: str) -> None:
    """The whole file of a small theme and of a plain item, as people and tools read it.

    Set GOVFLOW_UPDATE_GOLDEN=1 to write it anew after a wanted change.
    """
    found, path = to_bpmn(ref, small_theme()), GOLDEN / f"{ref}.bpmn"
    if os.environ.get("GOVFLOW_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found)
    assert found.decode() == path.read_text(encoding="utf-8")


def test_sixty_items_compile_quickly() -> None:
    """Sixty items of six steps with all their timers are laid out in a moment (generous here, for slow machines)."""
    flow = tuple(catalogs.step(f"s{n}", "review", within=Limit.parse("2 workdays")) for n in range(6))
    items = [catalogs.item(f"I{n}", flow=flow, department=f"D{n % 8}") for n in range(60)]
    entries = [ThemeItem(f"I{n}", (f"I{n - 10}",) if n >= 10 else ()) for n in range(60)]
    catalog = catalogs.catalog(items, themes=[catalogs.theme(*entries)])
    begun = time.perf_counter()
    pictures("T9", catalog)
    assert time.perf_counter() - begun < 1.0


def _run(answers: dict[str, bool]) -> list[str]:
    """The restaurant from application to end: the user tasks in the order in which they were done."""
    process = executor.compile_process(to_bpmn("T1", loader.load(SHIPPED).catalog))
    step = executor.start(process, answers)
    done: list[str] = []
    for _ in range(200):
        waiting = sorted(token.path for token in step.live if token.kind == "user")
        if not waiting:
            break
        done.append(waiting[0])
        step = executor.complete(process, step.state, waiting[0], answers)
    assert step.ended
    return [path.rpartition("/")[2] for path in done]


def _flags() -> dict[str, bool]:
    xml = etree.fromstring(to_bpmn("T1", loader.load(SHIPPED).catalog))
    return {str(e.text): False for e in xml.iter(f"{BPMN}conditionExpression")}


def test_the_restaurant_runs_to_its_end() -> None:
    """One acceptance, the licence first, the other departments after it, one hand-out."""
    granted = {name: name.startswith(("run_", "granted_", "outcome_accept")) for name in _flags()}
    done = _run(granted)
    assert done[0] == "t_accept" and done[-1] == "t_hand_out"
    decided = [task for task in done if task.endswith("_decide")]
    assert decided[0] == "t_I01_decide" and len(decided) == 6


def test_a_held_licence_is_only_verified() -> None:
    """With a licence in hand and nothing else chosen, the case shrinks to a verification."""
    only = {**_flags(), "outcome_accept": True, "verify_I01": True}
    assert _run(only) == ["t_accept", "t_verify_I01", "t_hand_out"]
