"""Errors say to a program what they say to a person: a stable code, and all faults of an application at once."""

import pickle
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import govflow
from govflow.errors import Conflict, GovflowError, InvalidInput, NotAllowed, NotFound
from govflow.vocabulary import ErrorCode
from tests.cases import ANSWERS, COMPANY, ROOT, Watch, apply_for, catalog, watch


@pytest.fixture
def clock() -> Watch:
    """The engine's clock."""
    return watch()


@pytest.fixture
def engine(tmp_path: Path, clock: Watch) -> Any:
    """An engine on a file."""
    found = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=clock)
    yield found
    found.close()


def classes(of: type[GovflowError] = GovflowError) -> list[type[GovflowError]]:
    """All errors of the library."""
    return [of, *(each for sub in of.__subclasses__() for each in classes(sub))]


def test_every_code_is_a_word_and_every_word_is_used() -> None:
    """Usual codes of classes and stated ones are in the table; nothing in the table is never said."""
    stated = {
        ErrorCode[name]
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"code=ErrorCode\.(\w+)", path.read_text(encoding="utf-8"))
    }
    usual = {ErrorCode.of(each.usual) for each in classes() if each.__module__.startswith("govflow")}
    assert stated | usual == set(ErrorCode)


def refusal(call: Callable[[], object]) -> GovflowError:
    """The error that a call raises."""
    with pytest.raises(GovflowError) as told:
        call()
    return told.value


def test_codes_of_refused_commands(engine: govflow.Engine, clock: Watch) -> None:
    """Each kind of refusal has its own, also after a journey to another process."""
    view = apply_for(engine)
    task = view.open_tasks[0].id
    found = {
        "not_found": refusal(lambda: engine.case("20990101-0001")),
        "wrong_department": refusal(lambda: engine.claim(task, actor="D07:wang")),
        "wrong_role": refusal(lambda: engine.claim(task, actor="D01/supervisor:wang")),
        "other_command": refusal(lambda: engine.complete(task, actor="D01:wang", outcome="correct")),
        "missing": refusal(lambda: engine.complete(task, actor="D01:wang", outcome="refuse")),
        "invalid": refusal(lambda: engine.complete(task, actor="D01:wang", outcome="perhaps")),
        "not_owner": refusal(lambda: engine.withdraw(view.id, actor="D07:wang", reason="x")),
        "wrong_state": refusal(lambda: engine.resume(view.id, item="I01", actor="D01:wang")),
        "incomplete": refusal(
            lambda: engine.complete(
                apply_for(engine, materials=[]).open_tasks[0].id, actor="D01:wang", outcome="accept"
            )
        ),
    }
    engine.claim(task, actor="D01:wang")
    found["not_claimant"] = refusal(lambda: engine.complete(task, actor="D01:li", outcome="accept"))
    engine.complete(task, actor="D01:wang", outcome="accept")
    found["already_done"] = refusal(lambda: engine.complete(task, actor="D01:wang", outcome="accept"))
    apply_for(engine, key="a")
    found["key_reused"] = refusal(lambda: apply_for(engine, key="a", channel="window"))
    clock.moment -= timedelta(days=1)
    found["host_clock"] = refusal(lambda: engine.claim(engine.case(view.id).open_tasks[0].id, actor="D01:wang"))
    assert {code: error.code for code, error in found.items()} == {code: code for code in found}
    for error in found.values():
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.code, again.en, again.details) == (type(error), error.code, error.en, error.details)
    assert isinstance(found["not_claimant"], NotAllowed) and isinstance(found["already_done"], Conflict)
    assert isinstance(found["not_found"], NotFound)


def test_all_faults_of_an_application_at_once(engine: govflow.Engine) -> None:
    """Name, number, answers and materials: each with its field, its code and a sentence in both languages."""
    wrong = {**ANSWERS, "premises_area": "big", "no_such_question": 1}
    error = refusal(lambda: apply_for(engine, applicant={**COMPANY, "name": 7, "id": "1"}, answers=wrong))
    assert isinstance(error, InvalidInput)
    fields = [fault.details["field"] for fault in error.faults]
    assert fields == ["applicant.name", "applicant.id", "answers.premises_area", "answers.no_such_question"]
    assert all(fault.zh in error.zh and fault.en in error.en and fault.code == "invalid" for fault in error.faults)
    assert not re.search("[\u4e00-\u9fff]", error.en)
    unlisted = refusal(lambda: apply_for(engine, applicant={**COMPANY, "id": "1"}, materials=["M98", "M99"]))
    assert isinstance(unlisted, InvalidInput)
    assert [(f.details["field"], f.details.get("material")) for f in unlisted.faults] == [
        ("applicant.id", None), ("materials", "M98"), ("materials", "M99"),
    ]  # fmt: skip
    unanswered = refusal(lambda: apply_for(engine, answers={}))
    assert unanswered.code == "missing" and unanswered.details["missing"]
    again = pickle.loads(pickle.dumps(error))
    assert [fault.en for fault in again.faults] == [fault.en for fault in error.faults]
    assert engine.cases() == []


def test_one_fault_is_the_error_itself(engine: govflow.Engine) -> None:
    """Nothing is wrapped where one thing is wrong."""
    error = refusal(lambda: apply_for(engine, materials=["M99"]))
    assert isinstance(error, InvalidInput) and error.faults == (error,) and error.details["material"] == "M99"
