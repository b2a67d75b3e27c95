"""A command that is asked again with its key takes place once; equal requests are one request, other ones a Conflict."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow import Conflict
from govflow.engine.keys import digest
from tests import small
from tests.cases import ANSWERS, COMPANY, MATERIALS, PERSON, Watch, accepted, act, apply_for, catalog, watch


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[govflow.Engine]:
    """An engine on a fresh database of each kind."""
    url = f"sqlite:///{tmp_path}/cases.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    found = govflow.Engine(url, catalog(), clock=watch())
    yield found
    found.close()


@pytest.fixture
def desk(engine: govflow.Engine) -> Iterator[govflow.Engine]:
    """An engine of the small catalogue on the same kind of database."""
    found = govflow.Engine(engine._database.engine, small.catalog(), clock=watch())
    yield found
    found.close()


def _received(engine: govflow.Engine, *materials: str) -> govflow.CaseView:
    return engine.apply("I01", applicant=COMPANY, materials=materials or ("M01", "M02"), actor="applicant:chen")


def _reviewing(engine: govflow.Engine) -> govflow.CaseView:
    return act(engine, _received(engine).open_tasks[0])


def _claimed(engine: govflow.Engine) -> govflow.CaseView:
    view = _received(engine)
    engine.claim(view.open_tasks[0].id, actor="D01:wang")
    return engine.case(view.id)


def _asked(engine: govflow.Engine) -> govflow.CaseView:
    view = _received(engine, "M01")
    return engine.ask_correction(view.id, missing=["M02"], actor="D01:wang")


def _stopped(engine: govflow.Engine) -> govflow.CaseView:
    return engine.suspend(_reviewing(engine).id, item="I01", procedure="hearing", actor="D01:wang", reason="申请")


def _task(engine: govflow.Engine, method: str, view: govflow.CaseView, **more: Any) -> Any:
    return getattr(engine, method)(view.open_tasks[0].id, **{"actor": "D01:wang", **more})


def _case(engine: govflow.Engine, method: str, view: govflow.CaseView, **more: Any) -> Any:
    return getattr(engine, method)(view.id, **{"actor": "D01:wang", **more})


COMMANDS: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any]]] = {
    "claim": (_received, _task, {}, {"actor": "D01:li"}),
    "release": (_claimed, _task, {}, {"actor": "D01:li"}),
    "complete": (_received, _task, {"outcome": "accept", "data": {"n": 1}}, {"data": {"n": 2}}),
    "ask_correction": (lambda e: _received(e, "M01"), _case, {"missing": ["M02"]}, {"missing": ["M01"]}),
    "supplement": (_asked, _case, {"materials": ["M02"], "actor": "applicant:chen"}, {"materials": ["M01"]}),
    "suspend": (_reviewing, _case, {"item": "I01", "procedure": "hearing", "reason": "申请"}, {"reason": "别的"}),
    "resume": (_stopped, _case, {"item": "I01"}, {"procedure": "hearing"}),
    "extend": (_reviewing, _case, {"item": "I01", "by": "5 workdays", "actor": "D01/head:li", "reason": "复杂"},
               {"by": "4 workdays"}),
    "withdraw": (_received, _case, {"actor": "applicant:chen", "reason": "不办了"}, {"reason": "别的"}),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_place_once(desk: govflow.Engine, name: str) -> None:
    """Asked again with its key: the same answer, nothing more, even by a clock that is behind; another request: Conflict."""
    stage, command, content, other = COMMANDS[name]
    view = stage(desk)
    command(desk, name, view, key="once", **content)
    before = desk.history(view.id)
    clock = desk._clock._given
    assert isinstance(clock, Watch)
    clock.forward(hours=-1)
    again = command(desk, name, view, key="once", **content)
    assert view.id in (again.id, getattr(again, "case", ""))
    with pytest.raises(Conflict) as refused:
        command(desk, name, view, key="once", **{**content, **other})
    assert refused.value.details == {"case": view.id, "key": "once"}
    assert desk.history(view.id) == before and desk.check(view.id) == []


EQUAL: dict[str, dict[str, Any]] = {
    "order": {"materials": [*reversed(MATERIALS)]},
    "repeats": {"materials": [*MATERIALS, *MATERIALS]},
    "number": {"answers": {**ANSWERS, "premises_area": 420.0}},
    "padded name": {"applicant": {**COMPANY, "name": f"  {COMPANY['name']} "}},
    "slug": {"ref": "T1"},
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_applications_are_one(engine: govflow.Engine, name: str) -> None:
    """The order of a list and the way a number or a name is written make no other application."""
    one = apply_for(engine, key="k")
    arguments = {"ref": "open-restaurant", **EQUAL[name]}
    assert apply_for(engine, key="k", **arguments).id == one.id
    assert len(engine.cases()) == 1


def test_small_x_is_the_same_person(engine: govflow.Engine) -> None:
    """A retry that writes the number's X small is the same application."""
    one = apply_for(engine, applicant=PERSON, key="k")
    assert apply_for(engine, applicant={**PERSON, "id": PERSON["id"].lower()}, key="k").id == one.id


@pytest.mark.parametrize(
    "changed",
    [
        {"answers": {**ANSWERS, "premises_area": 421}},
        {"answers": {**ANSWERS, "has_licence": 0 == 0}},
        {"materials": MATERIALS[1:]},
        {"channel": "window"},
        {"applicant": {**COMPANY, "name": "别的公司"}},
    ],
    ids=str,
)
def test_other_applications_are_a_conflict(engine: govflow.Engine, changed: dict[str, Any]) -> None:
    """What differs by value is another request."""
    apply_for(engine, key="k")
    with pytest.raises(Conflict):
        apply_for(engine, key="k", **changed)


def test_keys_of_0_1_0_are_still_known(engine: govflow.Engine) -> None:
    """A digest that was stored by the text as it came stands for the same request."""
    view = accepted(engine, key="k")
    task = view.open_tasks[0]
    actor = f"{task.department}:li"
    engine.complete(task.id, actor=actor, outcome="approve", opinion="同意", key="k")
    old = {
        "apply": digest(["T1", COMPANY, ANSWERS, list(MATERIALS), "online", []]),
        "complete": digest([task.id, actor, "approve", "同意", {}]),
    }
    with engine._database.write() as connection:
        for command, each in old.items():
            connection.execute(
                sa.text("UPDATE idempotency SET digest = :d WHERE command = :c"), {"d": each, "c": command}
            )
    assert apply_for(engine, key="k").id == view.id
    engine.complete(task.id, actor=actor, outcome="approve", opinion="同意", key="k")
    with pytest.raises(Conflict):
        apply_for(engine, key="k", channel="window")


def test_one_key_of_one_command_is_one_case(engine: govflow.Engine) -> None:
    """Twelve times two people use one key on two cases at the same moment: one effect, one Conflict that names the case."""
    for turn in range(12):
        views = [accepted(engine) for _ in range(2)]
        start = Barrier(2)

        def finish(view: govflow.CaseView, key: str = f"k{turn}", start: Barrier = start) -> str:
            task = view.open_tasks[0]
            start.wait()
            try:
                engine.complete(task.id, actor=f"{task.department}:li", outcome="approve", opinion="同意", key=key)
            except Conflict as refused:
                return str(refused.details["case"])
            return ""

        with ThreadPoolExecutor(2) as people:
            found = list(people.map(finish, views))
        winner = found.index("")
        assert found[1 - winner] == views[winner].id
        assert engine.case(views[1 - winner].id).revision == views[1 - winner].revision
        assert engine.case(views[winner].id).revision == views[winner].revision + 1
        assert engine.check(views[0].id) == engine.check(views[1].id) == []


def test_many_with_one_key_do_one_thing(engine: govflow.Engine) -> None:
    """Eight at once finish one task with one key: all are told that it is done, and it is done once."""
    view = accepted(engine)
    task = view.open_tasks[0]

    def finish(_: int) -> int:
        return engine.complete(
            task.id, actor=f"{task.department}:li", outcome="approve", opinion="同意", key="k"
        ).revision

    with ThreadPoolExecutor(8) as people:
        assert set(people.map(finish, range(8))) == {view.revision + 1}
    assert engine.check(view.id) == []
