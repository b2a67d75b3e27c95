"""Forced interleavings: whoever commits first wins, the other is told who and when, and nothing is done twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

import govflow
from govflow import Conflict, GovflowError, NotAllowed
from tests.cases import Watch, accepted, act, apply_for, catalog, finish_item, states, task_of, types, watch


@pytest.fixture
def engines(url: str) -> Iterator[tuple[govflow.Engine, govflow.Engine, Watch]]:
    """Two engines on one database, as two processes would have, and their common clock."""
    clock = watch()
    found = govflow.Engine(url, catalog(), clock=clock), govflow.Engine(url, catalog(), clock=clock)
    yield (*found, clock)
    for engine in found:
        engine.close()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads that start together; returns results or the errors raised."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except GovflowError as fault:
            return fault

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def faults(results: list[Any]) -> list[GovflowError]:
    """The errors among the results."""
    return [r for r in results if isinstance(r, GovflowError)]


def test_two_approvers_at_the_last_join(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """Two departments finish at the same join: both count, and the hand-out opens once."""
    one, two, _ = engines
    view = finish_item(one, accepted(one), "I01")
    for item in ("I07", "I08", "I16", "I17"):
        view = finish_item(one, view, item)
    for kind in ("review", "consult", "decide"):
        for task in [t for t in view.open_tasks if t.item == "I09" and t.kind == kind]:
            view = act(one, task)
    last = [t for t in view.open_tasks if t.item == "I09"]
    results = at_once(*(lambda e=e, t=t: act(e, t) for e, t in zip((one, two), last * 2, strict=False)))
    assert len(faults(results)) == (1 if len(last) == 1 else 0)
    assert [t.kind for t in one.case(view.id).open_tasks] == ["deliver"]
    assert one.check(view.id) == []


def test_parallel_departments_do_not_disturb_each_other(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """Five departments complete their reviews at the same moment; every opinion is kept."""
    one, two, _ = engines
    view = finish_item(one, accepted(one), "I01")
    reviews = [t for t in view.open_tasks if t.kind in ("review", "consult")]
    results = at_once(*(lambda e=e, t=t: act(e, t) for e, t in zip((one, two) * 10, reviews, strict=False)))
    assert faults(results) == []
    assert len([o for o in one.case(view.id).opinions if o["item"] != "I01" and o["item"]]) == len(reviews)
    assert one.check(view.id) == []


def test_double_completion(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """One task, two clicks: one effect, and the second hears who was first."""
    one, two, _ = engines
    task = apply_for(one).open_tasks[0].id
    results = at_once(
        *(lambda e=e, n=n: e.complete(task, actor=f"D01:{n}", outcome="accept") for e, n in ((one, "a"), (two, "b")))
    )
    lost = faults(results)
    assert len(lost) == 1 and isinstance(lost[0], Conflict)
    assert types(one, task.rpartition(".")[0]).count("accepted") == 1


def test_two_sweepers(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """Two sweepers over the same cases fire each clock once."""
    one, two, clock = engines
    cases = [accepted(one).id for _ in range(4)]
    clock.at("2025-03-05 00:00")
    fired = [f for r in at_once(one.sweep, two.sweep) for f in r]
    keys = [(f.case, f.clock, f.event) for f in fired]
    assert len(keys) == len(set(keys)) and {k[0] for k in keys} == set(cases)
    for case in cases:
        assert one.check(case) == []


def test_completion_against_the_deadline(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """Acceptance and the notice period's end at one instant: one of them wins, the case is accepted once."""
    one, two, clock = engines
    view = apply_for(one)
    clock.at("2025-03-11 00:00")
    at_once(lambda: one.sweep(), lambda: two.complete(view.open_tasks[0].id, actor="D01:wang", outcome="accept"))
    assert types(one, view.id).count("accepted") == 1
    assert one.case(view.id).deemed, "the due day had passed for both"
    assert one.check(view.id) == []


def test_completion_against_withdrawal(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """A decision and a withdrawal: whoever is second is refused or leaves a case that agrees with its log."""
    one, two, _ = engines
    view = act(one, task_of(accepted(one), "I01", "review"))
    decide = task_of(view, "I01", "decide")
    results = at_once(lambda: act(one, decide), lambda: two.withdraw(view.id, actor="applicant:chen", reason="x"))
    after = one.case(view.id)
    assert after.state == "withdrawn" and after.open_tasks == ()
    assert len(faults(results)) <= 1 and one.check(view.id) == []


def test_suspension_against_completion(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """A stop and a decision on the same item: a decided item is not stopped, a stopped one is not decided."""
    one, two, _ = engines
    view = finish_item(one, accepted(one), "I01")
    while not any(t.item == "I09" and t.kind == "decide" for t in view.open_tasks):
        view = act(one, next(t for t in view.open_tasks if t.item == "I09"))
    view = one.case(view.id)
    review = next(t for t in view.open_tasks if t.item == "I16")
    results = at_once(
        lambda: act(one, review),
        lambda: two.suspend(view.id, item="I16", procedure="实地核查", actor="D09:sun", reason="x"),
    )
    assert faults(results) == []
    assert states(one.case(view.id))["I16"] == "suspended" and one.check(view.id) == []


def test_two_applications_with_one_key(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """A portal that sends twice at once gets one case."""
    one, two, _ = engines
    results = at_once(*(lambda e=e: apply_for(e, key="same") for e in (one, two, one, two)))
    made = {r.id for r in results if not isinstance(r, GovflowError)}
    assert len(made) == 1 and len(one.cases()) == 1
    assert all(isinstance(f, Conflict) for f in faults(results))


def test_many_applications_at_once(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """Numbers are given once each."""
    one, two, _ = engines
    results = at_once(*(lambda e=e: apply_for(e).id for e in (one, two) * 3))
    assert len(set(results)) == 6


def test_a_refused_command_leaves_nothing(engines: tuple[govflow.Engine, govflow.Engine, Watch]) -> None:
    """After any refusal the case, its events and its revision are as before."""
    one, _, _ = engines
    view = accepted(one)
    before = (one.case(view.id), one.history(view.id))
    with pytest.raises(NotAllowed):
        one.extend(view.id, item="I01", by="9 workdays", actor="D01/head:li", reason="x")
    assert (one.case(view.id), one.history(view.id)) == before
