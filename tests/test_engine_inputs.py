"""What is given to the engine is kept in one form: lines that can be seen, lists without repeats, known words, real years."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import govflow
from govflow import InvalidInput
from tests.cases import COMPANY, PERSON, Watch, accepted, apply_for, catalog, watch

STEERING = ["\x1b]0;owned\x07", "\x9b31m", "\u202edrow", "\u2066x\u2069", "\x7f"]
BREAKING = ["a\nb", "a\rb", "a\tb", "a\u2028b", "\u200fx"]
UNSEEN = ["\u200b", " ", "\u3000", "\u2060\ufeff", "\u00ad", "\u0301"]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[govflow.Engine]:
    """An engine on a clock that stands still."""
    found = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=watch())
    yield found
    found.close()


@pytest.mark.parametrize("text", [*STEERING, *BREAKING, *UNSEEN], ids=ascii)
def test_a_line_is_one_line_that_can_be_seen(engine: govflow.Engine, text: str) -> None:
    """Names, actors and channels steer no terminal, break no line, and are not invisible."""
    for field, given in (("applicant.name", {"applicant": {**COMPANY, "name": text}}),
                         ("channel", {"channel": text}), ("actor", {"actor": f"applicant:{text}"})):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            apply_for(engine, **given)
        assert refused.value.details["field"] in (field, "applicant")
        assert text in UNSEEN or text not in refused.value.zh
    assert engine.cases() == []


@pytest.mark.parametrize(
    "name", ["陈\u00b7江", "𠮷野家", "㛃", "Café Zoë", "O\u2019Neil", "ش\u200cک", "👩\u200d🍳厨房"]
)
def test_rare_names_are_kept(engine: govflow.Engine, name: str) -> None:
    """Middle dots, rare characters, other scripts and joiners between letters stay as they are."""
    view = apply_for(engine, applicant={**COMPANY, "name": f" {name} "})
    assert view.applicant is not None and engine.check(view.id) == []
    assert apply_for(engine, applicant={**COMPANY, "name": name}, key="k").id == apply_for(
        engine, applicant={**COMPANY, "name": f"{name}  "}, key="k").id  # fmt: skip


def test_an_opinion_has_lines_and_steers_nothing(engine: govflow.Engine) -> None:
    """Line breaks are part of an opinion; what turns the direction of writing or steers a terminal is not."""
    task = accepted(engine).open_tasks[0]
    for bad in STEERING:
        for given in ({"opinion": f"同意{bad}"}, {"opinion": "同意", "data": {"note": [bad]}}):
            with pytest.raises(InvalidInput):
                engine.complete(task.id, actor=f"{task.department}:li", outcome="approve", **given)  # type: ignore[arg-type]
    done = engine.complete(task.id, actor=f"{task.department}:li", outcome="approve", opinion="一、同意\n二、发证")
    assert "一、同意\n二、发证" in [e.body.get("opinion") for e in engine.history(done.id)]


def test_texts_are_stored_in_one_normal_form(engine: govflow.Engine) -> None:
    """The same name written in two ways of Unicode is one name."""
    task = accepted(engine).open_tasks[0]
    done = engine.complete(task.id, actor=f"{task.department}:Zoe\u0308", outcome="approve", opinion="同意")
    assert engine.history(done.id)[-1].actor == f"{task.department}:Zo\u00eb" or any(
        e.actor == f"{task.department}:Zo\u00eb" for e in engine.history(done.id)
    )


def test_the_number_of_a_person_is_stored_with_a_capital_x(engine: govflow.Engine) -> None:
    """A small x at the end is the same person's number."""
    shown = [apply_for(engine, applicant={**PERSON, "id": number}).applicant
             for number in (PERSON["id"], PERSON["id"].lower(), f" {PERSON['id'].lower()} ")]  # fmt: skip
    assert shown[0] == shown[1] == shown[2] and "x" not in str(shown[1])


@pytest.mark.parametrize(
    "wrong",
    [
        {**PERSON, "name": "陈大文" * 100},
        {**PERSON, "id": 11010519491231002},
        {**PERSON, "id": "陈大文"},
        {**PERSON, "kind": "陈大文"},
        ["陈大文"],
        "陈大文",
        {**PERSON, "name": ["陈大文"]},
        {**PERSON, "name": "陈大文\x1b"},
    ],
    ids=lambda wrong: ascii(wrong)[:40],
)
def test_a_refusal_repeats_nothing_about_a_person(engine: govflow.Engine, wrong: Any) -> None:
    """Whatever is wrong with an applicant, neither the name nor the number stands in the message."""
    with pytest.raises(InvalidInput) as refused:
        apply_for(engine, applicant=wrong)
    said = f"{refused.value.zh} {refused.value.en} {refused.value.details}"
    assert "大文" not in said and "110105" not in said and refused.value.details["field"].startswith("applicant")


def test_lists_hold_each_name_once_and_end(engine: govflow.Engine) -> None:
    """Repeats say nothing twice; more entries than any catalogue has are refused."""
    view = apply_for(engine, drop=["I09"] * 500, materials=["M04", "M05", "M04"])
    applied = engine.history(view.id)[0].body
    assert applied["dropped"] == ["I09"]
    for field in ("drop", "materials"):
        with pytest.raises(InvalidInput) as refused:
            apply_for(engine, **{field: [f"M{n}" for n in range(2000)]})
        assert refused.value.details["field"] == field
    with pytest.raises(InvalidInput):
        engine.ask_correction(view.id, missing=["M09"] * 2000, actor="D01:wang")


@pytest.mark.parametrize(
    ("method", "name", "wrong", "nearest"),
    [
        ("tasks", "department", "D1 ", "D1"),
        ("tasks", "role", "reviewr", "reviewer"),
        ("tasks", "light", "gren", "green"),
        ("cases", "state", "receved", "received"),
    ],
)
def test_a_filter_that_nobody_knows_is_no_empty_page(
    engine: govflow.Engine, method: str, name: str, wrong: str, nearest: str
) -> None:
    """A slip in a filter says what there is, and the nearest."""
    apply_for(engine)
    with pytest.raises(InvalidInput) as refused:
        getattr(engine, method)(**{name: wrong})
    assert refused.value.details["field"] == name
    assert nearest in refused.value.zh and nearest in refused.value.en


def test_a_department_that_left_the_catalogue_keeps_its_inbox(tmp_path: Path) -> None:
    """What runs under an old definition is found by the department it names."""
    url = f"sqlite:///{tmp_path}/cases.db"
    engine = govflow.Engine(url, catalog(), clock=watch())
    apply_for(engine)
    engine.close()
    later = govflow.Engine(url, govflow.Catalog(), clock=watch())
    assert len(later.tasks(department="D01").items) == 1
    with pytest.raises(InvalidInput):
        later.tasks(department="D99")
    later.close()


@pytest.mark.parametrize("year", [1, 999, 1999, 2200, 9990, 9999])
def test_a_year_without_a_calendar_is_no_moment(engine: govflow.Engine, year: int) -> None:
    """Wherever a moment is taken - the engine's clock, a sweep's now - it lies within the calendar."""
    view = apply_for(engine)
    moment = datetime(year, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidInput) as refused:
        engine.sweep(moment)
    assert refused.value.details["field"] == "now"
    clock = engine._clock
    assert isinstance(clock, Watch)
    clock.moment = moment
    task = view.open_tasks[0].id
    calls: list[Any] = [
        lambda: apply_for(engine), lambda: engine.claim(task, actor="D01:wang"), lambda: engine.sweep(),
        lambda: engine.case(view.id), lambda: engine.tasks(), lambda: engine.reproject(), lambda: engine.deliver(print),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(InvalidInput) as refused:
            call()
        assert refused.value.details["field"] == "now"
