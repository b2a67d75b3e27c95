"""Random answers and random choices drive the restaurant theme to an end, saved and reloaded after every step."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

import govflow
from govflow import NotAllowed
from govflow.engine.views import ClockView
from govflow.language.conditions import facts_in
from govflow.language.model import Item, steps_of
from govflow.law.clocks import Limit
from tests.cases import ANSWERS, COMPANY, PERSON, Watch, accepted, act, catalog, states, watch

FINAL = {"delivered", "refused", "terminated", "skipped", "verified", "granted", "withdrawn"}

answers = st.fixed_dictionaries({
    "has_licence": st.booleans(),
    "premises_area": st.integers(0, 2000),
    "sells_tobacco": st.booleans(),
    "large_signboard": st.booleans(),
    "drains_to_network": st.booleans(),
    "prepacked_only": st.booleans(),
    "fire_commitment": st.booleans(),
})  # fmt: skip


@settings(max_examples=12)
@given(answers, st.sets(st.sampled_from(["I07", "I08", "I09", "I16", "I17"]), max_size=2), st.data())
def test_any_answers_and_any_choices_come_to_an_end(
    facts: dict[str, object], drop: set[str], data: st.DataObject
) -> None:
    """Whatever is answered, refused, stopped or left lying: the case ends, every limit had one clock, the log agrees."""
    with TemporaryDirectory() as folder:
        url, clock = f"sqlite:///{Path(folder)}/cases.db", watch()
        engine = govflow.Engine(url, catalog(), clock=clock)
        view = engine.apply("T1", applicant=COMPANY, answers=facts, actor="applicant:x", drop=sorted(drop))
        for _ in range(120):
            if view.closed:
                break
            clock.forward(hours=data.draw(st.sampled_from([1, 5, 20, 30])))
            engine.close()
            engine = govflow.Engine(url, catalog(), clock=clock)  # a new process would see no more than this
            engine.sweep()
            view = _one_act(engine, view.id, data)
            assert view == engine.case(view.id), "a command answers with what anybody would read at that moment"
        assert view.closed, [t.name for t in view.open_tasks]
        assert set(states(view).values()) <= FINAL
        assert engine.check(view.id) == []
        ids = [c.id for c in view.clocks]
        assert len(ids) == len(set(ids)) and all(c.closed_at for c in view.clocks)
        engine.close()


def _one_act(engine: govflow.Engine, case: str, data: st.DataObject) -> govflow.CaseView:
    """Somebody does one thing that is open; a legal refusal by the rules is an answer too."""
    view = engine.case(case)
    if not view.open_tasks:
        return view
    task = data.draw(st.sampled_from(view.open_tasks))
    try:
        if task.kind == "accept":
            missing = [m.material for m in view.materials if m.status == "missing"]
            if missing:
                return engine.ask_correction(case, missing=missing, actor=f"{task.department}:a")
            return engine.complete(task.id, actor=f"{task.department}:a", outcome="accept")
        if task.kind == "supplement":
            missing = [m.material for m in view.materials if m.status == "missing"]
            return engine.supplement(case, materials=missing, actor="applicant:x")
        outcome = (
            "approve"
            if task.kind not in ("decide", "verify")
            else data.draw(st.sampled_from(["approve", "approve", "refuse"]))
        )
        return engine.complete(task.id, actor=f"{task.department}:a", outcome=outcome, opinion="意见")
    except NotAllowed:
        return engine.case(case)


def test_every_clock_of_an_item_is_due_as_the_deadline_command_says() -> None:
    """Over all items, run to their end: the limits it states, each once, due on the day that `govflow deadline` gives."""
    shelf = catalog()
    with TemporaryDirectory() as folder:
        engine = govflow.Engine(f"sqlite:///{folder}/cases.db", shelf, clock=(clock := watch("2025-06-09 09:00")))
        for item in shelf.items.values():
            view = _run_alone(engine, item, clock)
            assert len({c.id for c in view.clocks}) == len(view.clocks) and all(c.closed_at for c in view.clocks)
            for each in view.clocks:
                assert each.due == _due(each), (item.code, each.id)
            stated = {"promised": item.limits.promised, "statutory": item.limits.statutory}
            for kind, limit in stated.items():
                found = [Limit.parse(c.limit) for c in view.clocks if c.kind == kind]
                assert found == ([] if limit is None else [limit.within]), (item.code, kind)
            (delivery,) = (c for c in view.clocks if c.kind == "delivery")
            assert Limit.parse(delivery.limit) == item.limits.delivery and delivery.effect == "escalate"
            within = {(item.code, step.id): step.within for step in steps_of(item.flow) if step.within is not None}
            for each in (c for c in view.clocks if c.kind == "step"):
                assert Limit.parse(each.limit) == within[str(each.item), each.id.split("/")[1]]
        engine.close()


def _due(clock: ClockView) -> object:
    """The due date that the clock's own facts have by the published questions, which know no engine."""
    stops = [{"from": a, "to": b, "reason": why, "procedure": name} for a, b, why, name in clock.suspensions]
    limit = Limit.parse(clock.limit)
    facts = {"start": clock.start, "limit": {"value": float(limit.value), "unit": limit.unit}, "suspensions": stops}
    result = govflow.due({"kind": "due", "input": facts})["result"]
    return result.get("due_date", result)


def _run_alone(engine: govflow.Engine, item: Item, clock: Watch) -> govflow.CaseView:
    """One item from application to archive, an act every four hours, without choosing commitment."""
    chosen = {fact.fact for fact in facts_in(item.commitment.when)} if item.commitment else set()
    facts = {q.id: False if q.id in chosen else _some(q) for q in item.questions}
    view = engine.apply(item.code, applicant=PERSON, answers=facts, actor="applicant:x")
    missing = [m.material for m in view.materials if m.status == "missing"]
    if missing:
        engine.ask_correction(view.id, missing=missing, actor=f"{item.department}:a")
        view = engine.supplement(view.id, materials=missing, actor="applicant:x")
    while view.open_tasks:
        clock.forward(hours=4)
        view = act(engine, view.open_tasks[0])
    return view


def test_a_theme_s_own_limits_have_clocks() -> None:
    """The theme's promise and the cap of joint handling run over the whole case."""
    with TemporaryDirectory() as folder:
        engine = govflow.Engine(f"sqlite:///{folder}/cases.db", catalog(), clock=watch())
        view = accepted(engine)
        for id, due in (("theme/promised", "2025-03-17"), ("theme/joint_cap", "2025-05-08")):
            assert (view.clock(id).due, view.clock(id).effect) == (due, "escalate")
        engine.close()


def _some(question: object) -> object:
    """An answer of the question's type."""
    kind = getattr(question, "kind", "text")
    options = getattr(question, "options", ())
    low = getattr(question, "minimum", None)
    return {"boolean": True, "number": 400 if low is None or low <= 400 else low, "date": "2025-01-01"}.get(
        kind, options[0][0] if options else "甲"
    )


def test_answers_are_those_of_the_theme() -> None:
    """The strategy above answers every question that the theme asks without a default."""
    asked = {q.id for q in catalog().themes["T1"].questions if q.default is None}
    assert asked <= set(ANSWERS) | {"prepacked_only", "fire_commitment"}
