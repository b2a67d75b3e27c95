"""Carry every open case to its end, by the public API alone, whatever version of govflow runs them.

    ends = carry(engine, set_now, **WAYS["brisk"])

`set_now` turns the clock that the engine was given. First `after` passes. Then each round does one thing in every open
case, as its own people would, and lets `pace` pass. After each step and each sweep the case is checked; AssertionError
names the case whose rows and events disagree, or that does not end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import govflow

WAYS: Mapping[str, Mapping[str, timedelta]] = {
    "brisk": {"pace": timedelta(minutes=1)},
    "slow": {"pace": timedelta(days=2)},
    "late": {"after": timedelta(days=45), "pace": timedelta(minutes=1)},
}
"""How people work: nothing falls due meanwhile; a good deal does; or everything that can, before anybody begins."""

ENDED = ("closed", "not_accepted", "withdrawn", "deemed_withdrawn")
OUTCOMES = {
    "accept": "accept", "notice": "done", "publicise": "done", "pay": "done", "issue": "done", "deliver": "done",
    "archive": "done",
}  # fmt: skip

APPLICANT = "applicant:carry"
MOST_ROUNDS = 120
IDLE_DAYS = 30  # so long a case may wait for its clocks with nothing open, before the applicant gives it up


@dataclass(frozen=True, slots=True)
class End:
    """How a case ended: its state, the state of each item, the numbers of its results."""

    state: str
    items: tuple[tuple[str, str], ...]
    results: list[str]


def outcome_of(kind: str) -> str:
    """What a task of this kind ends with when all is well."""
    return OUTCOMES.get(kind, "approve")


def carry(
    engine: govflow.Engine, set_now: Callable[[datetime], None], *, pace: timedelta, after: timedelta = timedelta()
) -> dict[str, End]:
    """Every case that is open, carried to its end; its id with how it ended."""
    all_open = waiting = _open_cases(engine)
    _pass(engine, set_now, after)
    for round in range(MOST_ROUNDS):
        waiting = [case for case in waiting if engine.case(case).closed is None]
        if not waiting:
            return {case: _end(engine, case) for case in all_open}
        moved = [case for case in waiting if _step(engine, case, round)]
        if not moved:
            _wait_or_give_up(engine, set_now, waiting)
        _pass(engine, set_now, pace)
    raise AssertionError(f"still open after {MOST_ROUNDS} rounds: {waiting}")


def again(engine: govflow.Engine, keys: Sequence[Mapping[str, Any]]) -> None:
    """Repeat what was done under a key: the same case answers, and nothing is recorded a second time."""
    for done in keys:
        before = len(engine.history(done["case"]))
        view = getattr(engine, done["command"])(**done["arguments"])
        assert view.id == done["case"] and len(engine.history(view.id)) == before, f"{done['case']} was done again"


def _open_cases(engine: govflow.Engine) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while page := engine.cases(limit=50, after=after):
        found += [case["id"] for case in page if case["closed"] is None]
        after = page[-1]["id"]
    return found


def _pass(engine: govflow.Engine, set_now: Callable[[datetime], None], span: timedelta) -> None:
    """Time passes, and what is due is done."""
    set_now(engine.now() + span)
    fired = {each.case for each in engine.sweep()}
    for case in sorted(fired):
        _check(engine, case)


def _check(engine: govflow.Engine, case: str) -> None:
    faults = engine.check(case)
    assert faults == [], f"{case}: {faults}"


def _end(engine: govflow.Engine, case: str) -> End:
    view = engine.case(case)
    assert view.state in ENDED and view.closed is not None, f"{case} is {view.state}"
    assert not view.open_tasks and all(clock.closed_at for clock in view.clocks), f"{case} has something open"
    _check(engine, case)
    items = tuple((item.item, item.state) for item in view.items)
    return End(view.state, items, sorted(str(result["number"]) for result in view.results))


def _wait_or_give_up(engine: govflow.Engine, set_now: Callable[[datetime], None], cases: list[str]) -> None:
    """Nothing is open anywhere: days pass until a clock opens something; what none opens is withdrawn."""
    for _ in range(IDLE_DAYS):
        _pass(engine, set_now, timedelta(days=1))
        if any(engine.case(case).closed or engine.case(case).open_tasks for case in cases):
            return
    for case in cases:
        engine.withdraw(case, actor=APPLICANT, reason="无人办理")
        _check(engine, case)


# --- one step of one case ----------------------------------------------------------------------------------------


def _step(engine: govflow.Engine, case: str, round: int) -> bool:
    """One thing done in the case, by turns in its oldest and in its newest task; False if nothing is open."""
    view = engine.case(case)
    tasks = sorted(engine.tasks(case=case, limit=500).items, key=lambda task: _number(task.id))
    assert [t.id for t in tasks] == sorted((t.id for t in view.open_tasks), key=_number), f"{case}: the inbox differs"
    if not tasks:
        return False
    task = tasks[-(round % 2)]
    if task.role == "applicant":
        engine.supplement(case, materials=_missing(view), actor=APPLICANT)
    elif task.kind == "accept":
        _accept(engine, view, task, round)
    else:
        _make_possible(engine, view, task)
        _complete(engine, task, round)
    _check(engine, case)
    return True


def _number(task: str) -> int:
    return int(task.rpartition(".")[2])


def _missing(view: govflow.CaseView) -> list[str]:
    return [each.material for each in view.materials if each.status == "missing"]


def _accept(engine: govflow.Engine, view: govflow.CaseView, task: govflow.TaskView, round: int) -> None:
    """Accept, or tell the applicant what is missing where that forbids it."""
    try:
        _complete(engine, task, round)
    except govflow.NotAllowed:
        missing = _missing(view)
        assert missing, f"{view.id} cannot be accepted, and nothing is missing"
        engine.ask_correction(view.id, missing=missing, actor=_officer(task))


def _make_possible(engine: govflow.Engine, view: govflow.CaseView, task: govflow.TaskView) -> None:
    """What must be done before this task: a result needs the materials of its gaps, a decision running clocks."""
    if task.kind == "issue":
        gaps = [code for code in _missing(view) if any(_is_gap_of(clock, code) for clock in view.clocks)]
        if gaps:
            engine.supplement(view.id, materials=gaps, actor=APPLICANT)
    if task.kind == "decide" and task.item is not None:
        while (item := view.item(task.item)).state == "suspended":
            procedure = _procedure_of(view, task.item)
            actor = f"{item.department}:carry"
            view = engine.resume(view.id, item=task.item, procedure=procedure, actor=actor, reason="程序已结束")


def _is_gap_of(clock: govflow.ClockView, material: str) -> bool:
    return clock.kind == "gap" and clock.closed_at is None and clock.id.split("/")[1].partition("#")[0] == material


def _procedure_of(view: govflow.CaseView, item: str) -> str | None:
    """A procedure for which clocks of the item stand still; None where it stops none, and is the only one left."""
    stops = (
        stop for clock in view.clocks if clock.item == item and clock.closed_at is None for stop in clock.suspensions
    )
    return next((procedure for _, until, _, procedure in stops if until is None), None)


def _officer(task: govflow.TaskView) -> str:
    return f"{task.department}:carry"


def _complete(engine: govflow.Engine, task: govflow.TaskView, round: int) -> None:
    """Complete a task; one that somebody holds is given back first, and every other round it is taken first."""
    if task.assignee is not None:
        engine.release(task.id, actor=task.assignee)
    if round % 2:
        engine.claim(task.id, actor=_officer(task))
    engine.complete(task.id, actor=_officer(task), outcome=outcome_of(task.kind), opinion="同意")
