"""What is given to the engine is kept in one form: lines that can be seen, lists without repeats, known words, real years."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    return f"sqlite:///{tmp_path}/numbers.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.mark.parametrize("line", [*STEERING, *BREAKING, *UNSEEN], ids=ascii)
def test_a_line_is_one_line_that_can_be_seen(engine: govflow.Engine, line: str) -> None:
    """Names, actors and channels steer no terminal, break no line, and are not invisible."""
    for field, given in (("applicant.name", {"applicant": {**COMPANY, "name": line}}),
                         ("channel", {"channel": line}), ("actor", {"actor": f"applicant:{line}"})):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            apply_for(engine, **given)
        assert refused.value.details["field"] in (field, "applicant")
        assert line in UNSEEN or line not in refused.value.zh
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
    clock = engine._clock._given
    assert isinstance(clock, Watch)
    clock.moment = moment
    task = view.open_tasks[0].id
    calls: list[Any] = [
        lambda: apply_for(engine), lambda: engine.claim(task, actor="D01:wang"), lambda: engine.sweep(),
        lambda: engine.case(view.id), lambda: engine.tasks(), lambda: engine.deliver(print),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(InvalidInput) as refused:
            call()
        assert refused.value.details["field"] == "now"


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２ｘ",
        " 110105 19491231 002X ",
        "11010519491231002X\u3000",
    ],
)
def test_a_person_is_one_person_however_the_number_was_typed(url: str, typed: str) -> None:
    """Stored in one form, found again by its key, on both databases."""
    engine = govflow.Engine(url, catalog(), clock=watch())
    first = apply_for(engine, applicant=PERSON, key="k")
    assert apply_for(engine, applicant={**PERSON, "id": typed}, key="k").id == first.id
    code = {**COMPANY, "id": f"{COMPANY['id'].lower()} "}
    assert apply_for(engine, applicant=code, key="c").id == apply_for(engine, applicant=COMPANY, key="c").id
    with create_engine(url).connect() as connection:
        stored = set(connection.execute(text("SELECT identity FROM applicants")).scalars())
    assert stored == {PERSON["id"], COMPANY["id"]}
    assert engine.check(first.id) == []
    engine.close()


@pytest.mark.parametrize(
    ("document", "number"),
    [
        (None, "911124198108030024"), ("外国人永久居留身份证", "911124198108030024"), (None, "830000199201300022"),
        ("港澳台居民居住证", "830000199201300022"), ("护照", "e12345678"), ("港澳居民来往内地通行证", "H12345678"),
        ("台湾居民来往大陆通行证", "12345678"), ("居民身份证", "11010519491231002x"),
    ],
)  # fmt: skip
def test_whoever_may_apply_has_a_document(engine: govflow.Engine, document: str | None, number: str) -> None:
    """Foreigners and residents of Hong Kong, Macao and Taiwan are natural persons too."""
    given = {"kind": "自然人", "name": "Anna Müller", "id": number} | ({"id_kind": document} if document else {})
    view = apply_for(engine, applicant=given)
    assert view.applicant is not None and engine.check(view.id) == []


@pytest.mark.parametrize(
    ("given", "field", "zh"),
    [
        ({**COMPANY, "id": "511111198001010588"}, "applicant.id", "公民身份号码"),
        ({**COMPANY, "id": "000000000000000000"}, "applicant.id", "登记管理部门"),
        ({**COMPANY, "id_kind": "护照"}, "applicant.id_kind", "只有自然人"),
        ({**PERSON, "id_kind": "军官证"}, "applicant.id_kind", "居民身份证"),
        ({**PERSON, "id_kind": ["护照"]}, "applicant.id_kind", "居民身份证"),
        ({**PERSON, "id_kind": "护照", "id": "E-1"}, "applicant.id", "护照号码"),
        ({**PERSON, "id": COMPANY["id"]}, "applicant.id", "第"),
    ],
)
def test_a_number_of_another_kind_is_refused(engine: govflow.Engine, given: Any, field: str, zh: str) -> None:
    """A citizen's number is no company, zeros are nobody, and a document is of the closed list."""
    with pytest.raises(InvalidInput, match=zh) as refused:
        apply_for(engine, applicant=given)
    assert refused.value.details["field"] == field and str(given["id"]) not in str(refused.value)


@pytest.mark.parametrize("day", ["2056-12-30", "2056-07-01"])
def test_where_the_calendar_ends_is_told_plainly(engine: govflow.Engine, day: str) -> None:
    """A moment in the last year of the calendar, from which some dates cannot be told: an error of the library's own."""
    view = accepted(engine)
    clock = engine._clock._given
    assert isinstance(clock, Watch)
    clock.at(f"{day} 09:00")
    for call in (lambda: apply_for(engine), lambda: engine.withdraw(view.id, actor="applicant:chen", reason="x"),
                 lambda: engine.case(view.id), lambda: engine.sweep(), lambda: engine.reproject()):  # fmt: skip
        with suppress(govflow.GovflowError):
            call()
    assert isinstance(engine.check(view.id), list)
