"""What stops, extensions, warnings and missed periods do to a case of one small item; the days by the official calendar."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import govflow
from govflow.products.timeline import Narrator
from tests import small
from tests.cases import COMPANY, Watch, act, states, watch

CHEN, WANG, HEAD = "applicant:chen", "D01:wang", "D01/head:li"
Start = Callable[..., govflow.CaseView]


@pytest.fixture
def clock() -> Watch:
    """Monday 2025-03-03 09:00 in Beijing."""
    return watch()


@pytest.fixture
def start(tmp_path: Any, clock: Watch) -> Iterator[Start]:
    """Opens a case of the small item with these materials, on a catalogue with these changes; the engine is on `start`."""
    engines: list[govflow.Engine] = []

    def apply(*changes: tuple[str, str], materials: tuple[str, ...] = ("M01", "M02")) -> Any:
        engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", small.catalog(*changes), clock=clock)
        engines.append(engine)
        return engine, engine.apply("I01", applicant=COMPANY, materials=materials, actor=CHEN)

    yield apply
    for engine in engines:
        engine.close()


def accepted(start: Any, *changes: tuple[str, str]) -> tuple[govflow.Engine, govflow.CaseView]:
    """The engine, and its case just accepted."""
    engine, view = start(*changes)
    return engine, act(engine, view.open_tasks[0])


# --- stops ----------------------------------------------------------------------------------------------------


def test_days_of_two_procedures_count_once(start: Any, clock: Watch) -> None:
    """While one of two stops is open the clock stands still; of days that both cover each is taken out once."""
    engine, view = accepted(start)
    assert view.clock("I01/statutory").due == "2025-03-31"
    clock.at("2025-03-04 10:00")
    engine.suspend(view.id, item="I01", procedure="hearing", actor=WANG, reason="利害关系人申请")
    clock.at("2025-03-06 10:00")
    view = engine.suspend(view.id, item="I01", procedure="test", actor=WANG, reason="送检")
    assert {c.id for c in view.clocks if c.kind == "procedure" and c.state == "running"} == {
        "I01/hearing/procedure", "I01/test/procedure",
    }  # fmt: skip
    clock.at("2025-03-10 10:00")
    view = engine.resume(view.id, item="I01", procedure="hearing", actor=WANG)
    promised, statutory = view.clock("I01/promised"), view.clock("I01/statutory")
    assert (promised.state, promised.due, states(view)["I01"]) == ("suspended", None, "suspended")
    assert (statutory.state, statutory.due) == ("running", "2025-04-07"), "the test stops the promise alone"
    clock.at("2025-03-12 10:00")
    view = engine.resume(view.id, item="I01", procedure="test", actor=WANG)
    assert states(view)["I01"] == "reviewing"
    # (4th, 10th] and (6th, 12th] are the six workdays 5, 6, 7, 10, 11, 12, not four and four
    assert (view.clock("I01/promised").state, view.clock("I01/promised").due) == ("running", "2025-03-25")
    stopped = [e.body["clocks"] for e in engine.history(view.id) if e.type == "clocks_suspended"]
    resumed = [e.body["clocks"] for e in engine.history(view.id) if e.type == "clocks_resumed"]
    assert stopped == resumed == [["I01/promised", "I01/statutory"], ["I01/promised"]]
    assert engine.check(view.id) == []


def test_resuming_one_procedure_resumes_only_what_it_stopped(start: Any, clock: Watch) -> None:
    """The second stop goes on: its clock is not named among the resumed, and the item stays suspended."""
    engine, view = accepted(start)
    engine.suspend(view.id, item="I01", procedure="test", actor=WANG, reason="送检")
    engine.suspend(view.id, item="I01", procedure="hearing", actor=WANG, reason="利害关系人申请")
    clock.at("2025-03-05 10:00")
    view = engine.resume(view.id, item="I01", procedure="test", actor=WANG)
    (event,) = (e for e in engine.history(view.id) if e.type == "clocks_resumed")
    assert (event.body["clocks"], event.body["procedure"]) == (["I01/promised"], "test")
    assert states(view)["I01"] == "suspended" and view.clock("I01/statutory").state == "suspended"
    assert view.clock("I01/test/procedure").state == "met" and view.clock("I01/hearing/procedure").state == "running"


def test_what_stands_still_at_the_end_has_neither_kept_nor_missed(start: Any) -> None:
    """Withdrawn while stopped: the decision clocks have no due date to be judged by; the others have."""
    engine, view = accepted(start)
    engine.suspend(view.id, item="I01", procedure="hearing", actor=WANG, reason="利害关系人申请")
    view = engine.withdraw(view.id, actor=CHEN, reason="不开了")
    assert {c.id: c.state for c in view.clocks} == {
        "accept/correction_notice": "met", "I01/promised": "ended", "I01/statutory": "ended", "I01/hearing/procedure": "met",
    }  # fmt: skip


# --- extensions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elicences", "state"),
    [((True,), "met"), ((True, False), "running"), ((False,), "running")],
)
def test_paper_among_the_results_keeps_the_delivery_clock(start: Any, elicences: tuple[bool, ...], state: str) -> None:
    """Issuing delivers e-licences (国令第716号 art. 10); what is still to be handed over keeps the limit of delivery."""
    made = [f"{{id: r{n}, name: 证{n}, kind: 证照, valid_for: 长期{', elicence: 电子证照' * it}}}"
            for n, it in enumerate(elicences)]  # fmt: skip
    (line,) = (line for line in small.ITEM.splitlines() if line.startswith("results:"))
    engine, view = accepted(start, (line, f"results: [{', '.join(made)}]"))
    while not any(task.kind == "deliver" for task in view.open_tasks):
        view = act(engine, view.open_tasks[0])
    assert view.clock("I01/delivery").state == state
    assert act(engine, view.open_tasks[0]).clock("I01/delivery").state == "met"


def test_the_reason_of_a_resumption_is_kept(start: Any) -> None:
    """Whoever reads the log or the timeline later sees why the clocks run again."""
    engine, view = accepted(start)
    engine.suspend(view.id, item="I01", procedure="test", actor=WANG, reason="送检")
    engine.resume(view.id, item="I01", actor=WANG, reason="检测合格")
    (event,) = (each for each in engine.history(view.id) if each.type == "clocks_resumed")
    assert event.body["reason"] == "检测合格"
    assert "检测合格" in str(Narrator(small.catalog(), "zh").line(event))
    assert engine.check(view.id) == []


def test_after_the_promise_only_the_statutory_limit_can_be_extended(start: Any, clock: Watch) -> None:
    """A broken promise stays broken; the law's limit takes the extension, and the record names that clock alone."""
    engine, view = accepted(start)
    assert view.clock("I01/promised").due == "2025-03-17"
    clock.at("2025-03-18 09:00")
    view = engine.extend(view.id, item="I01", by="10 workdays", actor=HEAD, reason="案情复杂")
    assert view.clock("I01/promised").due == "2025-03-17" and view.clock("I01/promised").extensions == ()
    assert view.clock("I01/statutory").due == "2025-04-15"
    (event,) = (e for e in engine.history(view.id) if e.type == "clocks_extended")
    assert event.body["clocks"] == ["I01/statutory"]


def test_without_a_rule_of_its_own_the_general_extension_holds(start: Any) -> None:
    """Ten workdays by the head (行政许可法 art. 42), for both decision clocks while both run."""
    engine, view = accepted(start)
    view = engine.extend(view.id, item="I01", by="10 workdays", actor=HEAD, reason="案情复杂")
    assert view.clock("I01/promised").due == "2025-03-31" and view.clock("I01/statutory").due == "2025-04-15"
    assert view.clock("I01/statutory").extensions == (("10 workdays", "2025-03-03", HEAD, "案情复杂"),)


def test_a_rule_of_its_own_goes_before_the_general_one(start: Any) -> None:
    """Where the item states less, the general ten workdays are too long."""
    rule = (
        "from: accepted, basis: law}",
        "from: accepted, basis: law, extension: {by: 3 workdays, approver: supervisor}}",
    )
    engine, view = accepted(start, rule)
    with pytest.raises(govflow.NotAllowed, match="supervisor"):
        engine.extend(view.id, item="I01", by="3 workdays", actor=HEAD, reason="案情复杂")
    with pytest.raises(govflow.NotAllowed, match="不能延期"):
        engine.extend(view.id, item="I01", by="4 workdays", actor="D01/supervisor:wu", reason="案情复杂")
    view = engine.extend(view.id, item="I01", by="3 workdays", actor="D01/supervisor:wu", reason="案情复杂")
    assert view.clock("I01/statutory").due == "2025-04-03"


# --- warnings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promised", "warning", "warned"),
    [
        ("10 workdays", None, "2025-03-12T16:00:00.000000Z"),  # the two workdays that hold unless said
        ("10 workdays", "40%", "2025-03-10T16:00:00.000000Z"),  # six of ten gone, on the 11th in Beijing
        ("10 workdays", "3 workdays", "2025-03-11T16:00:00.000000Z"),
        ("12 natural days", "20%", "2025-03-12T16:00:00.000000Z"),  # ten workdays in all: eight gone
        ("12 natural days", "50%", "2025-03-09T16:00:00.000000Z"),
    ],
)
def test_a_warning_may_be_a_share_of_the_limit(
    start: Any, clock: Watch, promised: str, warning: str | None, warned: str
) -> None:
    """A share is counted in workdays from the start; the sweep warns at that instant and not before."""
    said = "" if warning is None else f"\n  warning: {warning}"
    engine, view = accepted(start, ("promised: {within: 10 workdays, from: accepted}",
                                    f"promised: {{within: {promised}, from: accepted}}{said}"))  # fmt: skip
    assert view.clock("I01/promised").warn_at == warned
    moment = clock.at(warned[:10] + " 23:59:59.999999")
    assert "I01/promised" not in {f.clock for f in engine.sweep()}
    clock.moment = moment
    clock.forward(microseconds=1)
    assert "I01/promised" in {f.clock for f in engine.sweep()}


# --- the applicant's periods, refusals, results ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("missed", "state", "event"),
    [
        ("withdrawn", "deemed_withdrawn", "deemed_withdrawn"),
        ("not_accepted", "not_accepted", "not_accepted"),
        ("refused", "refused", "refused"),
    ],
)
def test_a_missed_correction_ends_as_the_definition_says(
    start: Any, clock: Watch, missed: str, state: str, event: str
) -> None:
    """One end for each value of `missed`; the last instant of the period is still in time."""
    engine, view = start(("missed: withdrawn", f"missed: {missed}"), materials=("M02",))
    view = engine.ask_correction(view.id, missing=["M01"], actor=WANG)
    assert view.clock("supplement/correction").due == "2025-03-17"
    clock.at("2025-03-17 23:59:59.999999")
    engine.sweep()
    assert engine.case(view.id).state == "correcting"
    clock.at("2025-03-18 00:00")
    engine.sweep()
    view = engine.case(view.id)
    assert (view.state, view.open_tasks, view.clock("supplement/correction").state) == (state, (), "missed")
    assert event in [e.type for e in engine.history(view.id)] and engine.check(view.id) == []


def test_refused_at_the_window_for_the_reason_given(start: Any) -> None:
    """The case ends as not accepted, and its record holds the officer's reason, which the applicant is owed in writing."""
    engine, view = start()
    view = engine.complete(
        view.open_tasks[0].id, actor=WANG, outcome="refuse", opinion="不属本部门职权，请到税务局办理"
    )
    assert (view.state, view.open_tasks, states(view)) == ("not_accepted", (), {"I01": "terminated"})
    (event,) = (e for e in engine.history(view.id) if e.type == "not_accepted")
    assert (event.body["reason"], event.actor) == ("不属本部门职权，请到税务局办理", WANG)
    assert engine.check(view.id) == []


def test_an_opinion_says_who_said_what_of_which_step(start: Any, clock: Watch) -> None:
    """Item, step, officer, department, outcome, words and instant of each act that has an opinion."""
    engine, view = accepted(start)
    clock.at("2025-03-05 10:30")
    view = engine.complete(view.open_tasks[0].id, actor=WANG, outcome="object", opinion="平面图与现场不符")
    view = engine.complete(view.open_tasks[0].id, actor=HEAD, outcome="refuse", opinion="不符合条件")
    at = "2025-03-05T02:30:00.000000Z"
    # the acceptance of the fixture gives its opinion too
    assert list(view.opinions)[1:] == [
        {"item": "I01", "step": "资料审查", "by": WANG, "department": "D01", "outcome": "object",
         "opinion": "平面图与现场不符", "at": at},
        {"item": "I01", "step": "作出决定", "by": HEAD, "department": "D01", "outcome": "refuse",
         "opinion": "不符合条件", "at": at},
    ]  # fmt: skip


def test_without_a_step_for_it_the_result_is_issued_with_the_decision(start: Any) -> None:
    """An item whose flow has no step of issuing has its result as soon as it is granted; with the step, only then."""
    issue = "  - issue: {name: {zh-CN: 制证, en: Issue}, role: window}\n"
    engine, view = accepted(start)
    view = act(engine, act(engine, view.open_tasks[0]).open_tasks[0])
    assert states(view)["I01"] == "granted" and view.results == ()
    engine, view = accepted(start, (issue, ""))
    view = act(engine, act(engine, view.open_tasks[0]).open_tasks[0])
    assert [(r["result"], r["number"], r["delivered"]) for r in view.results] == [("permit", f"{view.id}-I01-1", None)]
    assert [t.kind for t in view.open_tasks] == ["deliver"]
