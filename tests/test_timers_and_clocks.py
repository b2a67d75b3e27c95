"""A BPMN timer and the clock that it stands for say the same, in every shipped definition and in any other.

The cases run through the engine; each `clock_started` of the log is held against the timers of the compiled file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from lxml import etree

import govflow
from govflow import NotAllowed
from govflow.catalog import load_texts
from govflow.compiler import to_bpmn
from govflow.engine.views import CaseView, EventView
from govflow.language.model import Catalog
from govflow.law.clocks import Limit
from govflow.plan import terms
from tests.cases import PERSON, act, catalog, task_of, watch

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
OURS = "{https://govflow.dev/bpmn/1}"
WITHOUT_TIMER = {"gap", "delivery", "procedure"}  # docs/bpmn.md says of each why it may run without one
NOMINAL = {"D": 24, "M": 30 * 24, "Y": 365 * 24, "H": 1}


@dataclass(frozen=True)
class Timer:
    """A boundary event as the file has it: its host, its duration and the facts of its extension elements."""

    host: str
    duration: str
    facts: Mapping[str, str]


def timers_of(ref: str, definitions: Catalog) -> dict[str, Timer]:
    """Every timer of the compiled file, by its id."""
    root = etree.fromstring(to_bpmn(ref, definitions))
    found = {}
    for event in root.iter(f"{BPMN}boundaryEvent"):
        facts = {each.tag.removeprefix(OURS): str(each.text) for each in event.iterfind(f"{BPMN}extensionElements/*")}
        duration = str(event.findtext(f".//{BPMN}timeDuration"))
        found[str(event.get("id"))] = Timer(str(event.get("attachedToRef")), duration, facts)
    return found


# --- running -------------------------------------------------------------------------------------------------------


def run(definitions: Catalog, ref: str, answers: Mapping[str, Any], supplied: Sequence[str] = ()) -> list[EventView]:
    """The log of a case in which everything is asked, told, done and granted, until nothing is left to do.

    A notice asks for every material that is missing, unless some are `supplied`: then it is accepted without the
    others. A procedure `by-command` is opened and ended in every item that lists one.
    """
    with TemporaryDirectory() as folder:
        engine = govflow.Engine(f"sqlite:///{folder}/cases.db", definitions, clock=watch("2025-06-09 09:00"))
        view = engine.apply(ref, applicant=PERSON, answers=answers, materials=supplied, actor="applicant:x")
        missing = [m.material for m in view.materials if m.status == "missing"]
        if missing and not supplied:
            engine.ask_correction(view.id, missing=missing, actor=f"{view.open_tasks[0].department}:a")
            view = engine.supplement(view.id, materials=missing, actor="applicant:x")
        suspended: set[str] = set()
        while view.open_tasks:
            view = _command(engine, definitions, view, suspended)
            later = [m.material for m in view.materials if m.status == "missing"]
            if later and view.open_tasks[0].kind in ("issue", "deliver"):  # nothing is handed out before they came
                view = engine.supplement(view.id, materials=later, actor="applicant:x")
            view = act(engine, view.open_tasks[0])
        log = engine.history(view.id)
        engine.close()
        return log


def _command(engine: govflow.Engine, definitions: Catalog, view: CaseView, suspended: set[str]) -> CaseView:
    """Open and end the procedure `by-command` once in each item under review."""
    for item in view.items:
        listed = definitions.items[item.item].procedure("by-command")
        if item.state == "reviewing" and listed is not None and item.item not in suspended:
            suspended.add(item.item)
            who = f"{item.department}:a"
            engine.suspend(view.id, item=item.item, procedure="by-command", actor=who, reason="听证")
            view = engine.resume(view.id, item=item.item, procedure="by-command", actor=who)
    return view


def faults(definitions: Catalog, ref: str, logs: Iterable[Sequence[EventView]]) -> list[str]:
    """Where timers and clocks of these cases disagree; a timer that no clock moves is a fault too."""
    timers, found = timers_of(ref, definitions), []
    moving: dict[str, list[Mapping[str, Any]]] = {id: [] for id in timers}
    for log in logs:
        paths = {e.body["task"]: str(e.body["path"]) for e in log if e.type == "task_opened"}
        for clock in (event.body for event in log if event.type == "clock_started"):
            warns = bool(Limit.parse(clock["limit"]).value)  # a limit of 0 has no time left to warn of
            if set(clock["timers"]) != ({"warning", "due"} if warns else {"due"}) and not _may_be_alone(clock):
                found.append(f"{clock['clock']}: timers {clock['timers']}")
            for edge, id in clock["timers"].items():
                moving[id].append(clock)
                if timers[id].facts["edge"] != edge or not _hangs_on(clock, timers[id], paths):
                    found.append(f"{id}: {edge} of {clock['clock']} hangs on {timers[id].host}")
    for id, clocks in moving.items():
        shortest = min((Limit.parse(clock["limit"]) for clock in clocks), key=terms.length_key, default=None)
        shown = [clock for clock in clocks if clock["limit"] == str(shortest and shortest.text("en"))]
        said = [list(_against(clock, timers[id])) for clock in shown]
        shared = {clock["kind"] for clock in clocks} <= {"delivery", "post_check"}  # one timer for several clocks
        if not said or (all(said) if shared else any(said)):
            found.append(f"{id}: {[fault for each in said for fault in each]} of {len(clocks)} clocks")
    return found


def _may_be_alone(clock: Mapping[str, Any]) -> bool:
    return clock["kind"] in WITHOUT_TIMER and clock["task"] is None and not clock["timers"]


def _hangs_on(clock: Mapping[str, Any], timer: Timer, paths: Mapping[str, str]) -> bool:
    """Whether the timer's host is the task of the clock or around it; without a task, the part that it belongs to."""
    if clock["task"] is not None:
        return timer.host in re.split("[/#]", paths[clock["task"]])
    if clock["kind"] == "delivery":
        return timer.host == "t_hand_out"
    return (
        timer.host in (f"c_{clock['item']}", f"t_{clock['item']}_post_check")
        if clock["item"]
        else timer.host == "s_joint"
    )


def _against(clock: Mapping[str, Any], timer: Timer) -> Iterable[str]:
    """What a timer of the file says otherwise than a clock of the log."""
    facts, limit = timer.facts, Limit.parse(clock["limit"])
    share = re.fullmatch(r"(\d+)%", clock["warning"])
    lead = Limit(limit.value * int(share[1]) // 100, limit.unit) if share else Limit.parse(clock["warning"])
    said = {"clock": clock["kind"], "limit": limit.text("zh"), "unit": limit.unit, "basis": clock["basis"]}
    said |= {"warning": lead.text("zh")} if facts["edge"] == "warning" else {"effect": clock["effect"]}
    yield from (f"{key} {facts.get(key)}, not {value}" for key, value in said.items() if facts.get(key) != value)
    if _hours(timer.duration) <= 0:
        yield f"fires at once: {timer.duration}"


def _hours(duration: str) -> int:
    found = re.fullmatch(r"P(?:(\d+)([DMY])|T(\d+)([HS]))", duration)
    assert found is not None, duration
    return int(found[1]) * NOMINAL[found[2]] if found[1] else int(found[3]) * NOMINAL.get(found[4], 0)


# --- shipped definitions -------------------------------------------------------------------------------------------


def _asked(definitions: Catalog, ref: str) -> list[Any]:
    if ref in definitions.items:
        return list(definitions.items[ref].questions)
    theme = definitions.themes[ref]
    return [*theme.questions, *(q for each in theme.items for q in definitions.items[each.item].questions)]


def _answers(definitions: Catalog, ref: str, yes: bool) -> dict[str, Any]:
    def answer(question: Any) -> Any:
        low, high = question.minimum or 0, question.maximum or 5000
        options = question.options
        return {"boolean": yes, "number": high if yes else low, "date": "2025-01-01"}.get(
            question.kind, options[0 if yes else -1][0] if options else "甲"
        )

    return {question.id: answer(question) for question in _asked(definitions, ref)}


@pytest.mark.parametrize("ref", [*catalog().themes, *catalog().items])
def test_timers_are_clocks_in_every_shipped_definition(ref: str) -> None:
    """Each theme and each item as delivered, answered in two ways: limit, warning, host, basis and effect agree."""
    logs = [run(catalog(), ref, _answers(catalog(), ref, yes)) for yes in (True, False)]
    assert [fault for fault in faults(catalog(), ref, logs) if not fault.endswith("of 0 clocks")] == []


# --- any definition ------------------------------------------------------------------------------------------------

PERIODS = st.sampled_from([
    "0.5 workday", "1 workday", "3 workdays", "20 workdays", "30 natural days", "4 natural days", "3 months", "1 year",
    "30 hours", "4 working hours",
])  # fmt: skip
LIMITS = PERIODS | st.just("0 workdays")  # an instant item
WARNINGS = st.sampled_from(["1 workday", "5 workdays", "10 natural days", "1 month", "3 hours", "20%", "75%"])
MISSED = st.sampled_from(["withdrawn", "not_accepted", "refused"])


def _some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A mapping with any of these keys."""
    return st.fixed_dictionaries({}, optional=parts)


TIME_LIMIT = st.fixed_dictionaries({"within": LIMITS, "from": st.sampled_from(["accepted", "received"])}, optional={
    "warning": WARNINGS,
})  # fmt: skip
CORRECTION = _some(within=PERIODS, missed=MISSED)
ITEM_LIMITS = _some(
    statutory=TIME_LIMIT, promised=TIME_LIMIT, correction_notice=PERIODS, correction=CORRECTION, delivery=PERIODS,
    post_check=st.fixed_dictionaries({"within": PERIODS, "from": st.just("decided")}, optional={"warning": WARNINGS}),
    warning=WARNINGS,
)  # fmt: skip
THEME_LIMITS = _some(promised=TIME_LIMIT, joint_cap=PERIODS, correction_notice=PERIODS, correction=CORRECTION)
PROMISE = {"fact": "promise", "is": True}


@st.composite
def flows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Steps of the kinds that can have a limit, silence or a special procedure, some of them side by side."""

    def step(name: str) -> dict[str, Any]:
        kind = draw(st.sampled_from(["review", "consult", "visit", "test", "expert_review"]))
        words: dict[str, Any] = {"id": name}
        if draw(st.booleans()):
            words["within"] = draw(PERIODS)
        if kind == "consult" and "within" in words and draw(st.booleans()):
            words["silence"] = "no_objection"
        if kind != "consult" and draw(st.booleans()):
            words["procedure"] = "look"
        return {kind: words}

    flow: list[dict[str, Any]] = [{"accept": {}}, *(step(f"a{n}") for n in range(draw(st.integers(1, 3))))]
    if draw(st.booleans()):
        flow.append({"together": [[step("b1")], [step("b2")]]})
    return [*flow, {"decide": {}}, {"deliver": {"within": draw(PERIODS)} if draw(st.booleans()) else {}}]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, str]:
    """Departments, materials, one to three items and a theme of them, as files; JSON is YAML too."""
    count = draw(st.integers(1, 3))
    files: dict[str, Any] = {
        "departments.yaml": {"govflow": "departments/1", "departments": {
            f"D0{n}": {"slug": f"d{n}", "name": f"部门{n}"} for n in range(1, 4)}},
        "materials.yaml": {"govflow": "materials/1", "materials": {
            f"M0{n}": {"slug": f"m{n}", "name": f"材料{n}", "source": "申请人自备"} for n in (1, 2)}},
    }  # fmt: skip
    for n in range(1, count + 1):
        procedure = _some(limit=PERIODS)
        files[f"items/i{n}.yaml"] = {
            "govflow": "item/1", "id": f"I0{n}", "name": f"事项{n}", "type": "行政许可", "case_type": "承诺件", "level": "市级",
            "department": f"D0{n}", "limits": draw(ITEM_LIMITS), "flow": draw(flows()),
            "questions": [{"id": "promise", "ask": "承诺？", "type": "boolean"}],
            "materials": [{"use": "M01"}, {"use": "M02", "defer": {"within": draw(PERIODS)}}],
            "special_procedures": [
                {"id": "look", "kind": "现场核查", **draw(procedure)}, {"id": "by-command", "kind": "听证", **draw(procedure)},
            ],
            "commitment": draw(st.sampled_from(["none", {"text": "承诺", "consequence": "撤销", "when": PROMISE}])),
        }  # fmt: skip
        if isinstance(files[f"items/i{n}.yaml"]["commitment"], dict) and draw(st.booleans()):
            files[f"items/i{n}.yaml"]["commitment"]["post_check"] = draw(PERIODS)
    files["themes/t1.yaml"] = {
        "govflow": "theme/1", "id": "T1", "name": "一件事", "audience": "enterprise", "lead": "D01",
        "items": [
            {"item": f"I0{n}", **({"after": ["I01"]} if n > 1 and draw(st.booleans()) else {})} for n in range(1, count + 1)
        ],
        "joint": {"hand_out": draw(st.sampled_from(["together", "as_ready"]))}, "limits": draw(THEME_LIMITS),
    }  # fmt: skip
    return {name: json.dumps(data, ensure_ascii=False) for name, data in files.items()}


@cache
def _checked(files: tuple[tuple[str, str], ...]) -> Catalog:
    loaded = load_texts(dict(files), rules=())
    assume(
        not any("还长" in each.message.zh for each in loaded.diagnostics)
    )  # a warning longer than its limit is refused
    assert loaded.ok, [str(each.message) for each in loaded.diagnostics]
    return loaded.catalog


@settings(max_examples=12)
@given(files=documents())
def test_timers_are_clocks_in_any_definition(files: dict[str, str]) -> None:
    """Any limits, warnings, consequences, flows and commitments: every timer is moved by a clock that says the same."""
    definitions = _checked(tuple(files.items()))
    for ref in ("T1", "I01"):
        logs = [run(definitions, ref, {"promise": True}), run(definitions, ref, {"promise": False}, ["M01"])]
        logs.append(run(definitions, ref, {"promise": False}))
        assert faults(definitions, ref, logs) == []
        alone = {str(e.body["kind"]) for log in logs for e in log if e.type == "clock_started" and not e.body["timers"]}
        assert "gap" in alone and alone <= WITHOUT_TIMER


def test_the_hand_out_is_warned_of_by_the_delivery_clocks() -> None:
    """A result that is not handed over in time fires the timer of the one hand-out, once, for the first clock that is due."""
    with TemporaryDirectory() as folder:
        clock = watch("2025-06-09 09:00")
        engine = govflow.Engine(f"sqlite:///{folder}/cases.db", catalog(), clock=clock)
        view = engine.apply(
            "I09", applicant=PERSON, answers={}, materials=["M14", "M02", "M15", "M05"], actor="applicant:x"
        )
        while view.open_tasks[0].kind != "deliver":
            view = act(engine, view.open_tasks[0])
        clock.forward(days=40)
        engine.sweep()
        fired = [e.body for e in engine.history(view.id) if e.type == "timer_fired"]
        assert [(e["clock"], e["edge"]) for e in fired] == [("I09/delivery", "warning"), ("I09/delivery", "due")]
        assert engine.check(view.id) == []
        engine.close()


# --- the case and the question --------------------------------------------------------------------------------------


@example(notice=2, wait=25, received=0, hour=9)
@example(notice=9, wait=1, received=3, hour=9)
@settings(max_examples=20)
@given(
    notice=st.none() | st.integers(0, 12), wait=st.integers(0, 20), received=st.integers(0, 30), hour=st.integers(8, 17)
)
def test_a_case_and_the_deadline_question_know_one_law(notice: int | None, wait: int, received: int, hour: int) -> None:
    """Told or not, in time or late, mended or not: acceptance, its consequence and the due date are the same (R9).

    `notice` days after receipt the applicant is told what is missing, `wait` days later everything is handed in.
    """
    with TemporaryDirectory() as folder:
        clock = watch("2025-04-15 00:00")
        start = clock.forward(days=received, hours=hour)
        engine = govflow.Engine(f"sqlite:///{folder}/cases.db", catalog(), clock=clock)
        case = engine.apply("I17", applicant=PERSON, answers={}, actor="applicant:x").id
        asked: dict[str, Any] = {
            "received": start.isoformat(), "limit": "20 workdays", "notice_limit": "5 workdays", "response_limit": "10 workdays",
        }  # fmt: skip
        wanted = ["M17", "M02", "M18"]
        if notice is not None:
            asked["notice_on"] = clock.forward(days=notice).date().isoformat()
            with suppress(NotAllowed):  # too late: it counts as accepted already
                engine.ask_correction(case, missing=wanted, actor="D18:a")
            asked["supplemented_on"] = clock.forward(days=wait).date().isoformat()
            with suppress(NotAllowed, StopIteration):  # too late: the application is over
                act(engine, task_of(engine.supplement(case, materials=wanted, actor="applicant:x"), None, "accept"))
        else:
            asked["as_of"] = clock.forward(days=wait).date().isoformat()
        engine.sweep()
        view, answer = engine.case(case), govflow.due({"kind": "correction", "input": asked})["result"]
        assert view.deemed == answer["deemed_accepted"]
        assert (view.state == "deemed_withdrawn") == (answer["outcome"] == "deemed_withdrawn")
        statutory = [each.due for each in view.clocks if each.id == "I17/statutory"]
        assert statutory == ([answer["due_date"]] if answer["clock_start"] else [])
        engine.close()
