"""Random processes, random choices: the executor against the reference interpreter, saved and reloaded every step."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow import spiff
from govflow.spiff.snapshot import FINISHED, RUNNING, dump, load
from govflow.spiff.workflow import Case
from tests.reference import Machine, Maker, Seq, Writer

STEPS = 60


def tokens(step: spiff.Step) -> list[tuple[str, str, str | None]]:
    """Live tokens of a step as the reference names them."""
    return sorted(((t.path, t.kind, t.host) for t in step.live), key=str)


def random_process(seed: int, **options: bool) -> tuple[random.Random, Maker, Seq]:
    """A random process of a few blocks."""
    rng = random.Random(seed)
    maker = Maker(rng, **options)
    return rng, maker, Seq("b0", tuple(maker.block(rng.randint(2, 4)) for _ in range(rng.randint(2, 4))))


def draw_flags(rng: random.Random, maker: Maker) -> dict[str, bool]:
    """A value for every flag, anew at each step."""
    return {name: rng.random() < 0.5 for name in maker.flags}


def drive(seed: int) -> int:
    """Run one random process beside the reference; number of steps made."""
    rng, maker, body = random_process(seed)
    process = spiff.compile_process(Writer().file(body))
    flags = draw_flags(rng, maker)
    machine = Machine(body, flags)
    step = spiff.start(process, flags)
    for count in range(STEPS):
        assert tokens(step) == sorted(machine.live, key=str)
        assert sorted(step.passed) == sorted(machine.passed)
        assert step.ended == machine.ended
        if step.ended:
            return count
        before, token = step, rng.choice(step.live)
        flags = draw_flags(rng, maker)
        verb = spiff.complete if token.kind == "user" else spiff.fire
        step = verb(process, step.state, token.path, flags)
        machine.act((token.path, token.kind, token.host), flags)
        assert {*before.live} - {*step.closed} | {*step.opened} == {*step.live}
        assert {*step.closed} <= {*before.live} and not {*step.opened} & {*before.live}
    return STEPS


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_executor_equals_reference(seed: int) -> None:
    """Live tokens, passed elements and the end are those of the reference after every step."""
    drive(seed)


@pytest.mark.parametrize("seed", range(60))
def test_kept_in_memory_equals_reloaded(seed: int) -> None:
    """A case kept in memory has the same snapshot as one saved and reloaded after every step."""
    rng, maker, body = random_process(seed)
    process = spiff.compile_process(Writer().file(body))
    flags = draw_flags(rng, maker)
    step = spiff.start(process, flags)
    case = Case(process.spec, process.subs, flags)
    case.begin(case)
    case.run_agenda()
    for _ in range(STEPS):
        assert dump(process, case, FINISHED if case.completed else RUNNING) == step.state
        if step.ended:
            return
        assert dump(process, load(process, step.state, {}), RUNNING) == step.state
        token = rng.choice(step.live)
        flags = draw_flags(rng, maker)
        verb = spiff.complete if token.kind == "user" else spiff.fire
        step = verb(process, step.state, token.path, flags)
        case.script_engine.flags = flags
        case.live()[token].run()
        case.run_agenda()
