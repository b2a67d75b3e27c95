"""Every kind of task x every outcome: what `complete` takes, what it needs, and which command it names instead."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine

import govflow
from govflow import InvalidInput, NotAllowed
from govflow.vocabulary import Outcome, TaskKind
from tests import small
from tests.cases import COMPANY, watch

STEPS = ("pre_review", "review", "consult", "visit", "expert_review", "hearing", "publicise", "test", "pay")
OPINIONS = {"approve", "object", "done", "refuse"}
TAKEN: dict[str, set[str]] = {
    "accept": {"accept", "refuse", "approve"}, "decide": {"approve", "refuse"}, "verify": {"approve", "refuse"},
    "supplement": set(), "receive": set(),
}  # fmt: skip
"""What `complete` takes; `approve` is another word for accept. No task of receipt is ever open."""
ELSEWHERE = {("accept", "correct"): "ask_correction"} | {("supplement", o.value): "supplement" for o in Outcome}


def long_way() -> govflow.Catalog:
    """The small item with a step of every kind, a special procedure with its notice, and a commitment with its check."""
    review = "  - review: {name: {zh-CN: 资料审查, en: File review}, role: reviewer}\n"
    steps = "".join(f"  - {kind}: {{role: reviewer, department: D01}}\n" for kind in STEPS if kind != "test")
    tested = "  - test: {role: reviewer, department: D01, procedure: test}\n"
    deliver = "  - deliver: {name: {zh-CN: 送达, en: Hand out}, role: window}\n"
    return small.catalog((review, steps + tested), (deliver, deliver + "  - archive: {role: window}\n"))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[govflow.Engine, dict[str, Any], Any]]:
    """An engine, a case that stands at a task of each kind, and the database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('outcomes')}/cases.db"
    engine = govflow.Engine(url, long_way(), clock=watch())
    at: dict[str, Any] = {}
    asked = apply(engine, ["M02"])
    view = engine.ask_correction(asked.id, missing=["M01"], actor="D01:wang")
    at["supplement"] = view.open_tasks[0]
    while True:
        view = apply(engine, ["M01", "M02"])
        while view.open_tasks and view.open_tasks[0].kind in at:
            view = finish(engine, view)
        if not view.open_tasks:
            break
        at[view.open_tasks[0].kind] = view.open_tasks[0]
    yield engine, at, create_engine(url)
    engine.close()


def apply(engine: govflow.Engine, materials: list[str]) -> govflow.CaseView:
    """An application for the small item."""
    return engine.apply("I01", applicant=COMPANY, materials=materials, actor="applicant:chen")


def finish(engine: govflow.Engine, view: govflow.CaseView) -> govflow.CaseView:
    """The first open task completed as usual."""
    task = view.open_tasks[0]
    outcome = "accept" if task.kind == "accept" else "approve"
    return engine.complete(task.id, actor=f"{task.department}:wang", outcome=outcome, opinion="同意")


def test_the_case_stands_at_every_kind_of_task(opened: Any) -> None:
    """None is left out of the table below, but for those that other definitions bring."""
    _, at, _ = opened
    assert set(TaskKind) - set(at) == {"receive", "verify", "post_check"}


@pytest.mark.parametrize("outcome", [*map(str, Outcome), "finished"])
@pytest.mark.parametrize("kind", [k.value for k in TaskKind if k not in ("receive", "verify", "post_check")])
def test_each_outcome_is_taken_or_refused_with_its_way(opened: Any, kind: str, outcome: str) -> None:
    """Each in a transaction of the caller that is rolled back: the cases stay where they are."""
    engine, at, database = opened
    task = at[kind]
    actor = "applicant:chen" if kind == "supplement" else f"{task.department}:wang"
    with database.connect() as connection:
        inside = engine.joined(connection)
        if outcome in TAKEN.get(kind, OPINIONS):
            done = inside.complete(task.id, actor=actor, outcome=outcome, opinion="理由")
            assert task.id not in {t.id for t in done.open_tasks}
        else:
            command = ELSEWHERE.get((kind, outcome))
            with pytest.raises(InvalidInput if command is None else NotAllowed, match=command) as refused:
                inside.complete(task.id, actor=actor, outcome=outcome, opinion="理由")
            assert refused.value.details.get("command") == command
        connection.rollback()
    assert task.id in {t.id for t in engine.case(task.case).open_tasks}


def test_no_result_is_handed_out_while_a_material_that_may_come_later_is_missing(tmp_path: Any) -> None:
    """Also where no step issues it: the hand-out waits for it, and goes on once it is there."""
    issue = "  - issue: {name: {zh-CN: 制证, en: Issue}, role: window}\n"
    engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", small.catalog((issue, "")), clock=watch())
    view = apply(engine, ["M01"])
    while view.open_tasks[0].kind != "deliver":
        view = finish(engine, view)
    with pytest.raises(NotAllowed, match=r"M02 .+supplement") as refused:
        finish(engine, view)
    assert refused.value.details["missing"] == ["M02"]
    engine.supplement(view.id, materials=["M02"], actor="applicant:chen")
    assert finish(engine, view).state == "closed" and engine.check(view.id) == []
    engine.close()
