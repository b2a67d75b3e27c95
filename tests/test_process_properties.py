"""Random processes, random choices: the executor against the reference interpreter, saved and reloaded every step."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from govflow import catalog as loader
from govflow.compiler import to_bpmn
from govflow.engine import process as executor
from govflow.engine.process.snapshot import FINISHED, RUNNING, dump, load
from govflow.engine.process.workflow import Case
from tests import bpmn_samples as b
from tests.reference import And, Loop, Machine, Maker, Seq, Timer, User, Writer

STEPS = 60


def tokens(step: executor.Transition) -> list[tuple[str, str, str | None]]:
    """Live tokens of a step as the reference names them."""
    return sorted(((t.path, t.kind, t.host) for t in step.live), key=str)


def random_process(seed: int, **options: bool) -> tuple[random.Random, Maker, Seq]:
    """A random process of a few blocks."""
    rng = random.Random(seed)
    maker = Maker(rng, **options)
    return rng, maker, Seq("b0", tuple(maker.block(rng.randint(2, 4)) for _ in range(rng.randint(2, 4))))


def busy_process(seed: int) -> tuple[random.Random, Maker, Seq]:
    """A loop whose handlers hold parallel blocks, so that several rounds of one join are open at the same time."""
    rng = random.Random(seed)
    maker = Maker(rng)
    handler = And("h", (*(User(f"h{i}") for i in range(rng.randint(1, 3))), maker.block(rng.randint(0, 2))))
    host = User("u", (Timer("t", False, handler),))
    again = Loop("again", Seq("b0", (host, maker.block(rng.randint(0, 2)))), User("r"))
    maker.flags.append(again.flag())
    return rng, maker, Seq("all", (again, maker.block(1)))


def draw_flags(rng: random.Random, maker: Maker) -> dict[str, bool]:
    """A value for every flag, anew at each step; loops go on rather than stop."""
    return {name: rng.random() < (0.8 if name.startswith("again") else 0.5) for name in maker.flags}


def drive(rng: random.Random, maker: Maker, body: Seq) -> int:
    """Run one random process beside the reference; number of steps made."""
    process = executor.compile_process(Writer().file(body))
    flags = draw_flags(rng, maker)
    machine = Machine(body, flags)
    step = executor.start(process, flags)
    for count in range(STEPS):
        assert tokens(step) == sorted(machine.live, key=str)
        assert sorted(step.passed) == sorted(machine.passed)
        assert step.ended == machine.ended
        if step.ended:
            return count
        for each in step.live:
            same = [t.path for t in step.live if (t.kind, t.element) == ("timer", each.element)]
            assert executor.timer_paths(process, step.state, each.element) == same
        before, token = step, rng.choice(step.live)
        flags = draw_flags(rng, maker)
        verb = executor.complete if token.kind == "user" else executor.fire
        step = verb(process, step.state, token.path, flags)
        machine.act((token.path, token.kind, token.host), flags)
        assert {*before.live} - {*step.closed} | {*step.opened} == {*step.live}
        assert {*step.closed} <= {*before.live} and not {*step.opened} & {*before.live}
    return STEPS


@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_executor_equals_reference(seed: int) -> None:
    """Live tokens, passed elements and the end are those of the reference after every step."""
    drive(*random_process(seed))


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_rounds_that_overlap_do_not_mix(seed: int) -> None:
    """A join counts only the arrivals of its own round when several rounds of it are open at once."""
    drive(*busy_process(seed))


@pytest.mark.parametrize("made", [random_process, busy_process])
@pytest.mark.parametrize("seed", range(30))
def test_kept_in_memory_equals_reloaded(seed: int, made: Callable[[int], tuple[random.Random, Maker, Seq]]) -> None:
    """A case kept in memory has the same snapshot as one saved and reloaded after every step."""
    rng, maker, body = made(seed)
    process = executor.compile_process(Writer().file(body))
    flags = draw_flags(rng, maker)
    step = executor.start(process, flags)
    case = Case(process.spec, process.subs, flags)
    case.begin(case)
    case.run_agenda()
    for _ in range(STEPS):
        assert dump(process, case, FINISHED if case.completed else RUNNING)[0] == step.state
        if step.ended:
            return
        assert dump(process, load(process, step.state, {}), RUNNING)[0] == step.state
        token = rng.choice(step.live)
        flags = draw_flags(rng, maker)
        verb = executor.complete if token.kind == "user" else executor.fire
        step = verb(process, step.state, token.path, flags)
        case.script_engine.flags = flags
        case.live()[token].run()
        case.run_agenda()


def network(rng: random.Random) -> tuple[bytes, dict[str, set[str]]]:
    """Random prerequisites among tasks, any graph without circles, inside a loop; which tasks wait for which."""
    names = [f"v{i}" for i in range(rng.randint(2, 9))]
    before: dict[str, set[str]] = {n: {p for p in names[:i] if rng.random() < 0.35} for i, n in enumerate(names)}
    after = {p: [n for n in names if p in before[n]] for p in names}
    text = b.start("s") + b.choice("m") + b.parallel("first") + b.parallel("last") + b.choice("x", "f_x_e") + b.end("e")
    text += b.chain("s", "m", "first") + b.chain("last", "x", "e") + b.flow("x", "m", "again")
    for name in names:
        text += b.user(name)
        if len(before[name]) > 1:
            text += b.parallel(f"{name}_join") + b.flow(f"{name}_join", name)
        if len(after[name]) > 1:
            text += b.parallel(f"{name}_split") + b.flow(name, f"{name}_split")
    for name in names:
        source = f"{name}_split" if len(after[name]) > 1 else name
        text += "".join(b.flow(source, f"{n}_join" if len(before[n]) > 1 else n) for n in after[name])
        text += "" if before[name] else b.flow("first", name)
        text += "" if after[name] else b.flow(name, "last")
    return b.definitions(b.process("P", text)), before


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_any_prerequisites_hold_in_every_round(seed: int) -> None:
    """A task opens when all it waits for are done in this round, whatever the graph and the order."""
    rng = random.Random(seed)
    xml, before = network(rng)
    process = executor.compile_process(xml)
    step = executor.start(process, {})
    for rounds in (3, 2, 1):
        done: set[str] = set()
        while len(done) < len(before):
            assert {t.element for t in step.live} == {n for n, p in before.items() if n not in done and p <= done}
            token = rng.choice(step.live)
            step = executor.complete(process, step.state, token.path, {"again": rounds > 1})
            done.add(token.element)
    assert step.ended


@pytest.mark.parametrize("seed", range(40))
def test_the_same_text_runs_on_the_stock_library(seed: int) -> None:
    """Without loops and timers the library as it comes has the same tasks open and ends at the same step."""
    rng, maker, body = random_process(seed, timers=False, loops=False)
    xml = Writer().file(body)
    parser = BpmnParser()
    parser.add_bpmn_str(xml)
    process, flags = executor.compile_process(xml), draw_flags(rng, maker)
    case = BpmnWorkflow(parser.get_spec("P"), parser.get_subprocess_specs("P"))
    case.task_tree.data.update(flags)
    case.do_engine_steps()
    step = executor.start(process, flags)
    while not step.ended:
        ready = case.get_tasks(state=TaskState.READY, manual=True)
        assert sorted(t.element for t in step.live) == sorted(t.task_spec.bpmn_id for t in ready)
        token = rng.choice(step.live)
        step = executor.complete(process, step.state, token.path, flags)
        next(t for t in ready if t.task_spec.bpmn_id == token.element).run()
        case.do_engine_steps()
    assert case.completed


def test_every_definition_runs_to_its_end() -> None:
    """Whatever is chosen and whichever clock runs out, a compiled definition comes to an end."""
    catalog = loader.load(Path(__file__).parent.parent / "definitions").catalog
    for ref in (*catalog.themes, *catalog.items):
        xml = to_bpmn(ref, catalog)
        process = executor.compile_process(xml)
        flags = sorted(set(re.findall(r"conditionExpression[^>]*>([^<]+)<", xml.decode())))
        assert all(run_out(process, flags, random.Random(seed)) for seed in range(3)), ref


def run_out(process: executor.Process, flags: list[str], rng: random.Random) -> bool:
    """Whether random choices and random clocks bring a case to its end within 500 steps."""
    step = executor.start(process, {flag: rng.random() < 0.5 for flag in flags})
    for _ in range(500):
        if step.ended:
            return True
        token = rng.choice(step.live)
        verb = executor.complete if token.kind == "user" else executor.fire
        step = verb(process, step.state, token.path, {flag: rng.random() < 0.5 for flag in flags})
    return step.ended
