"""Random answers and random choices drive the restaurant theme to an end, saved and reloaded after every step."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

import govflow
from govflow import NotAllowed
from tests.cases import ANSWERS, COMPANY, catalog, states, watch

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


def test_every_declared_limit_has_one_clock_with_effects() -> None:
    """Over all definitions: each limit an item declares has exactly one live clock, with a warning and an effect."""
    shelf = catalog()
    with TemporaryDirectory() as folder:
        clock = watch()
        engine = govflow.Engine(f"sqlite:///{folder}/cases.db", shelf, clock=clock)
        for item in shelf.items.values():
            person = {"kind": "自然人", "name": "陈江", "id": "11010519491231002X"}
            facts = {q.id: _some(q) for q in item.questions}
            view = engine.apply(item.code, applicant=person, answers=facts, actor="applicant:x")
            assert [c.kind for c in view.clocks] == ["correction_notice"]
            missing = [m.material for m in view.materials if m.status == "missing"]
            if missing:
                engine.ask_correction(view.id, missing=missing, actor=f"{item.department}:a")
                view = engine.supplement(view.id, materials=missing, actor="applicant:x")
            view = engine.complete(view.open_tasks[0].id, actor=f"{item.department}:a", outcome="accept")
            live = [c for c in view.clocks if c.closed_at is None]
            declared = {k for k, v in (("promised", item.limits.promised), ("statutory", item.limits.statutory)) if v}
            for kind in declared:
                found = [c for c in live if c.kind == kind and c.item == item.code]
                assert len(found) == 1, (item.code, kind)
                assert found[0].due_at and found[0].warn_at and found[0].effect, (item.code, kind)
            assert {c.kind for c in live} >= declared
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
