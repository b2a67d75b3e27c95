"""What a step may cost: few statements, the same ones however many departments there are, and a view that waits."""

import copy
import gc
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from benchmarks.engine_definitions import departments

import govflow
from govflow.engine import process as executor
from govflow.engine.store import Database
from govflow.engine.store.driver import Driver
from tests import bpmn_samples as b
from tests.cases import COMPANY, MATERIALS, accepted, act, apply_for, catalog, finish_item, task_of, watch


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are run from now on, however they are run; one that is run for many rows counts once."""
    seen: list[str] = []
    run, run_all = Driver.run, Driver.run_all

    def one(driver: Driver, statement: Any, values: Any) -> Any:
        seen.append(str(statement))
        return run(driver, statement, values)

    def many(driver: Driver, statement: Any, rows: Any) -> None:
        seen.extend([str(statement)] * (len(rows) > 1))
        run_all(driver, statement, rows)

    def by_sqlalchemy(_c: Any, _k: Any, text: str, *_: Any) -> None:
        seen.append(text)

    monkeypatch.setattr(Driver, "run", one)
    monkeypatch.setattr(Driver, "run_all", many)
    sa.event.listen(sa.Engine, "before_cursor_execute", by_sqlalchemy)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", by_sqlalchemy)


def review_costs(url: str, count: int, counted: list[str]) -> list[int]:
    """Statements of each review of an item with so many departments."""
    engine = govflow.Engine(url, departments(count), clock=watch())
    view = engine.apply("many", applicant=COMPANY, actor="applicant:chen", materials=["M01"])
    view = act(engine, view.open_tasks[0])
    found = []
    while reviews := [t for t in view.open_tasks if t.kind == "review"]:
        counted.clear()
        view = act(engine, reviews[0])
        found.append(len(counted))
    assert engine.check(view.id) == []
    engine.close()
    return found


def test_a_step_takes_few_statements_and_no_more_for_more_departments(url: str, counted: list[str]) -> None:
    """Reading takes four and writing at most seven, on PostgreSQL one; with thirty departments as with two."""
    few, many = review_costs(url, 2, counted), review_costs(url, 30, counted)
    assert max(many) <= max(few) <= (11 if "sqlite" in url else 5)


def test_a_view_of_a_command_is_the_view_that_is_read_afterwards(url: str) -> None:
    """Every kind of command answers with what anybody would read at that moment."""
    clock = watch()
    engine = govflow.Engine(url, catalog(), clock=clock)
    view = apply_for(engine, materials=[m for m in MATERIALS if m != "M09"])
    views = [view, engine.ask_correction(view.id, missing=["M09"], actor="D01:wang")]
    clock.forward(hours=20)
    views.append(engine.supplement(view.id, materials=["M09"], actor="applicant:chen"))
    assert views[-1] == engine.case(view.id)
    task = views[-1].open_tasks[0]
    assert engine.claim(task.id, actor="D01:wang") == next(t for t in engine.case(view.id).tasks if t.id == task.id)
    assert engine.release(task.id, actor="D01:wang").assignee is None
    view = engine.complete(task.id, actor="D01:wang", outcome="accept")
    assert view == engine.case(view.id)
    view = finish_item(engine, view, "I01")
    assert view == engine.case(view.id)
    view = engine.suspend(view.id, item="I16", procedure="实地核查", actor="D09:sun", reason="x")
    assert view == engine.case(view.id) and view.clock("I16/promised").state == "suspended"
    clock.forward(days=2)
    view = engine.resume(view.id, item="I16", actor="D09:sun")
    assert view == engine.case(view.id)
    view = engine.withdraw(view.id, actor="applicant:chen", reason="不开了")
    assert view == engine.case(view.id) and view.open_tasks == () and all(c.closed_at for c in view.clocks)
    engine.close()


def test_a_view_stays_what_it_was(url: str) -> None:
    """A view looked at only after later commands, after the engine is closed, copied or pickled: it tells its own moment."""
    engine = govflow.Engine(url, catalog(), clock=watch())
    view = accepted(engine)
    read = engine.case(view.id).as_data()
    unread = engine.case(view.id)
    act(engine, task_of(view, "I01", "review"))
    engine.close()
    assert unread.as_data() == read == pickle.loads(pickle.dumps(view)).as_data() == copy.copy(view).as_data()
    assert view == unread and hasattr(view, "tasks")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        view.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_a_view_survives_the_rollback_of_its_transaction(url: str) -> None:
    """In the caller's own transaction: what the command answered can be read after it was taken back."""
    engine = govflow.Engine(url, catalog(), clock=watch())
    view = accepted(engine)
    database = Database(url)
    with database.engine.connect() as connection, connection.begin() as transaction:
        inside = act(engine.joined(connection), task_of(view, "I01", "review"))
        transaction.rollback()
    assert [t.kind for t in inside.open_tasks] == ["decide"]
    assert engine.case(view.id) == view and engine.check(view.id) == []
    database.dispose()
    engine.close()


def test_what_is_not_touched_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step in one of several called processes makes the tasks of that one alone; the others stay as they were saved."""
    process = executor.compile_process(b.theme())
    step = executor.start(process, {})
    while not (together := {t.path.split("/")[0] for t in step.live if t.kind == "user" and "/" in t.path}) - {"I01"}:
        user = next(t for t in step.live if t.kind == "user")
        step = executor.complete(process, step.state, user.path, {})
    assert len(together) > 1
    path = next(t.path for t in step.live if t.kind == "user" and "/" in t.path)
    made: list[str] = []
    level = executor.workflow.Case.add_level
    monkeypatch.setattr(
        executor.workflow.Case,
        "add_level",
        lambda case, task: [made.append(task.task_spec.bpmn_id), level(case, task)][1],
    )
    after = executor.complete(process, step.state, path, {})
    assert made == [path.split("/")[0]]
    assert {t.path.split("/")[0] for t in after.live} >= together


def test_a_move_leaves_nothing_to_the_collector() -> None:
    """A case that was moved is freed at once: begun, moved to its end through all its levels, cancelled."""
    process = executor.compile_process(b.theme())
    executor.start(process, {})
    gc.collect()
    gc.disable()
    try:
        step = executor.start(process, {})
        executor.cancel(process, step.state)
        while not step.ended:
            step = executor.complete(process, step.state, next(t.path for t in step.live if t.kind == "user"), {})
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_an_unread_level_that_is_dropped_closes_its_tokens_in_their_order() -> None:
    """An interrupting timer takes a level that nobody has looked into: its tokens are told before the timer's own."""
    inner = b.sub("inner", b.start("i"), b.user("deep"), b.end("j"), b.chain("i", "deep", "j"))
    stage = b.sub(
        "stage", b.start("a"), b.parallel("f"), b.user("x"), inner, b.parallel("g"), b.end("z"),
        b.chain("a", "f", "x", "g", "z") + b.chain("f", "inner", "g"),
    )  # fmt: skip
    text = b.start("s") + b.end("e") + b.user("other") + b.parallel("p") + b.parallel("q") + stage
    text += b.boundary("limit", "stage", interrupting=True) + b.end("over") + b.flow("limit", "over")
    text += b.chain("s", "p", "other", "q", "e") + b.chain("p", "stage", "q")
    process = executor.compile_process(b.definitions(b.process("P", text)))
    step = executor.start(process, {})
    late = executor.fire(process, step.state, "limit", {})
    assert [t.path for t in late.closed] == [t.path for t in step.live if t.path != "other"]
    assert late.left == ("stage/inner", "stage") and [t.path for t in late.live] == ["other"]
