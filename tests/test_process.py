"""The executor: what each construct does, what is refused, what the snapshot promises."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task

from govflow.engine import process as executor
from govflow.engine.process import definition
from govflow.engine.process.workflow import Case
from tests import bpmn_samples as b


def compiled(*parts: str) -> executor.Process:
    """A process P of these parts."""
    return executor.compile_process(b.definitions(b.process("P", *parts)))


def paths(tokens: Iterable[executor.Token]) -> list[str]:
    """Paths of tokens, in their order."""
    return [token.path for token in tokens]


def complete(process: executor.Process, step: executor.Transition, *names: str, **flags: bool) -> executor.Transition:
    """Complete several user tasks, one after the other."""
    for name in names:
        step = executor.complete(process, step.state, name, flags)
    return step


def refused(code: str, act: Callable[[], object]) -> executor.ProcessError:
    """The error that an act raises, which must have this code."""
    with pytest.raises(executor.ProcessError) as caught:
        act()
    assert caught.value.code == code, caught.value
    return caught.value


# --- constructs ------------------------------------------------------------------------------------------------------


def test_departments_in_parallel_join_once() -> None:
    """Five departments open together with their warnings, and the decision opens after the last one only."""
    process = executor.compile_process(b.departments(5))
    step = complete(process, executor.start(process, {}), "accept")
    assert paths(step.live)[:4] == ["D01", "D01_warn", "D02", "D02_warn"] and len(step.live) == 10
    assert step.live[1] == executor.Token("D01_warn", "D01_warn", "timer", "D01")
    step = complete(process, step, "D03", "D01", "D05", "D02")
    assert paths(step.live) == ["D04", "D04_warn"]
    step = complete(process, step, "D04")
    assert paths(step.opened) == ["decide"] and paths(step.closed) == ["D04", "D04_warn"]
    assert step.passed == ("D04", "join")
    step = complete(process, step, "decide", approved=True)
    step = complete(process, step, "deliver")
    assert step.ended and step.live == () and step.passed == ("deliver", "e")


def test_a_warning_leaves_the_task_open() -> None:
    """A non-interrupting timer runs its own path to its end and leaves its task alone."""
    process = executor.compile_process(b.departments(2))
    step = complete(process, executor.start(process, {}), "accept")
    step = executor.fire(process, step.state, "D01_warn", {})
    assert step.passed == ("D01_warn", "D01_tell", "D01_told")
    assert paths(step.closed) == ["D01_warn"] and paths(step.live) == ["D01", "D02", "D02_warn"]


def test_an_interrupting_timer_takes_the_task_and_its_other_timers() -> None:
    """The deadline closes the task and its warning, and the case goes on after the merge."""
    process = executor.compile_process(b.definitions(b.process("P", b.item_body("I"))))
    step = complete(process, executor.start(process, {}), "I_accept")
    assert paths(step.live) == ["I_review", "I_late", "I_review_warn"]
    step = executor.fire(process, step.state, "I_late", {})
    assert paths(step.closed) == ["I_review", "I_late", "I_review_warn"]
    assert paths(step.opened) == ["I_decide"] and step.passed == ("I_late", "I_m")


def test_levels_are_entered_and_left_with_their_paths() -> None:
    """Tokens inside a call activity carry its id; entering and leaving it is told."""
    process = compiled(
        b.start("s") + b.end("e") + b.sub("stage", b.start("a"), b.user("work"), b.end("z"), b.chain("a", "work", "z")),
        b.boundary("limit", "stage", interrupting=True) + b.end("over"),
        b.chain("s", "stage", "e") + b.flow("limit", "over"),
    )
    step = executor.start(process, {})
    assert step.entered == ("stage",) and paths(step.live) == ["stage/work", "limit"]
    assert step.live[1].host == "stage"
    done = complete(process, step, "stage/work")
    assert done.left == ("stage",) and done.passed == ("stage/work", "stage/z", "stage", "e") and done.ended
    late = executor.fire(process, step.state, "limit", {})
    assert late.left == ("stage",) and late.passed == ("limit", "over") and late.ended
    assert paths(late.closed) == ["stage/work", "limit"]


def test_one_process_called_twice_has_two_levels() -> None:
    """Two call activities of one process run side by side without touching each other."""
    called = b.process("Q", b.start("qs"), b.user("work"), b.end("qe"), b.chain("qs", "work", "qe"))
    main = b.process(
        "P",
        b.start("s") + b.end("e") + b.parallel("f") + b.parallel("j") + b.call("one", "Q") + b.call("two", "Q"),
        b.chain("s", "f", "one", "j", "e") + b.chain("f", "two", "j"),
    )
    process = executor.compile_process(b.definitions(main, called))
    step = executor.start(process, {})
    assert paths(step.live) == ["one/work", "two/work"]
    assert paths(complete(process, step, "two/work").live) == ["one/work"]
    assert complete(process, step, "two/work", "one/work").ended


def test_prerequisites_that_are_not_nested_blocks() -> None:
    """An item opens when all its prerequisites are through, in whatever order they finish."""
    process = executor.compile_process(b.theme())
    for seed in range(20):
        rng = random.Random(seed)
        step = executor.start(process, {})
        finished: list[str] = []
        assert sorted(step.entered) == ["I01", "I02", "I03"]
        while not step.ended:
            users = [t.path for t in step.live if t.kind == "user"]
            assert all(p.startswith(("I01/", "I02/", "I03/")) for p in users) or "I01" in finished
            assert not any(p.startswith("I04/") for p in users) or {"I01", "I02"} <= set(finished)
            step = complete(process, step, rng.choice(users))
            finished += step.left
        assert sorted(finished) == ["I01", "I02", "I03", "I04", "I05"]


def correction() -> executor.Process:
    """Accept, supplement while something is missing, then on."""
    return compiled(
        b.start("s") + b.user("accept") + b.choice("ok", "f_ok_e") + b.user("supplement") + b.end("e"),
        b.chain("s", "accept", "ok") + b.flow("ok", "supplement", "missing") + b.flow("ok", "e"),
        b.flow("supplement", "accept") + b.boundary("warn", "accept") + b.end("warned") + b.flow("warn", "warned"),
    )


def test_a_loop_numbers_its_rounds() -> None:
    """The second activation of a task is another address, so an old one is never taken for it."""
    process = correction()
    step = complete(process, executor.start(process, {}), "accept", missing=True)
    step = complete(process, step, "supplement")
    assert paths(step.live) == ["accept#2", "warn#2"] and step.live[1].host == "accept#2"
    assert refused("not_live", lambda: complete(process, step, "accept")).element == "accept"
    assert complete(process, step, "accept#2", missing=False).ended


def test_two_thousand_rounds_stay_small() -> None:
    """A correction loop goes round as often as it must and its snapshot does not grow."""
    process = correction()
    step = executor.start(process, {})
    sizes = set()
    for _ in range(2000):
        step = complete(process, step, step.live[0].path, missing=True)
        step = complete(process, step, step.live[0].path)
        sizes.add(len(step.state))
    assert paths(step.live) == ["accept#2001", "warn#2001"]
    assert max(sizes) < 200


@pytest.mark.parametrize("nested", [False, True])
def test_a_parallel_block_in_a_loop_waits_for_all_in_every_round(nested: bool) -> None:
    """The join of the second round does not count arrivals of the first, whoever finishes first."""
    block = b.parallel("f") + b.parallel("j") + b.user("x") + b.user("y")
    block += b.chain("f", "x", "j") + b.chain("f", "y", "j")
    head = b.start("s") + b.choice("m") + b.choice("q", "f_q_e") + b.end("e")
    if nested:
        inside = b.sub("g", b.start("gs") + b.end("ge") + block + b.flow("gs", "f") + b.flow("j", "ge"))
        process = compiled(head + inside + b.chain("s", "m", "g", "q", "e") + b.flow("q", "m", "again"))
    else:
        process = compiled(head + block + b.chain("s", "m", "f") + b.chain("j", "q", "e") + b.flow("q", "m", "again"))
    step = executor.start(process, {})
    for last in (0, 1, 1, 0, 0):
        assert [t.element for t in step.live] == ["x", "y"]
        first, second = step.live[1 - last].path, step.live[last].path
        step = complete(process, step, first)
        assert paths(step.live) == [second]
        step = complete(process, step, second, again=True)


def test_the_first_true_flag_in_the_text_decides() -> None:
    """Flows are tried in the order of the text, whatever the heights in the diagram say."""
    process = compiled(
        b.start("s") + b.choice("x", "f_x_c") + "".join(b.user(n) + b.flow(n, "e") for n in "abc") + b.end("e"),
        b.flow("s", "x") + b.flow("x", "a", "one") + b.flow("x", "b", "two") + b.flow("x", "c"),
    )
    assert paths(executor.start(process, {"one": True, "two": True}).live) == ["a"]
    assert paths(executor.start(process, {"one": False, "two": True}).live) == ["b"]
    assert paths(executor.start(process, {"one": False, "two": False}).live) == ["c"]


def test_an_intermediate_timer_waits_to_be_told() -> None:
    """A timer on the way is a live token without a host."""
    process = compiled(b.start("s"), b.catch("wait"), b.end("e"), b.chain("s", "wait", "e"))
    step = executor.start(process, {})
    assert step.live == (executor.Token("wait", "wait", "timer", None),)
    refused("not_live", lambda: complete(process, step, "wait"))
    assert executor.fire(process, step.state, "wait", {}).ended


def test_automatic_elements_alone_end_at_once() -> None:
    """A process without waiting places ends in its start."""
    process = compiled(b.start("s"), b.send("tell"), b.end("e"), b.chain("s", "tell", "e"))
    step = executor.start(process, {})
    assert step.ended and step.passed == ("s", "tell", "e") and step.live == step.opened == ()


def test_cancel_closes_everything() -> None:
    """Withdrawal closes every live token and leaves every level; nothing can be done afterwards."""
    process = executor.compile_process(b.theme())
    step = executor.start(process, {})
    over = executor.cancel(process, step.state)
    assert over.ended and over.live == () and over.closed == step.live and over.left == ("I01", "I02", "I03")
    refused("ended", lambda: executor.cancel(process, over.state))
    refused("ended", lambda: complete(process, over, "I01/I01_accept"))


def test_a_long_chain_compiles_and_runs() -> None:
    """Hundreds of steps in a row are no matter of recursion."""
    names = [f"u{i}" for i in range(600)]
    process = compiled(b.start("s") + b.end("e") + "".join(map(b.user, names)) + b.chain("s", *names, "e"))
    assert complete(process, executor.start(process, {}), *names[:3]).passed == ("u2",)


def test_successive_parallel_blocks_do_not_multiply() -> None:
    """The snapshot of five blocks of five holds one block, not every future."""
    process = executor.compile_process(b.blocks(5, 5))
    step = executor.start(process, {})
    assert len(step.state) < 200
    while not step.ended:
        step = complete(process, step, step.live[-1].path)
    assert step.passed[-1] == "e"


# --- errors while a case runs ----------------------------------------------------------------------------------------


def test_a_missing_flag_is_named_with_its_gateway() -> None:
    """A route that nobody computed is an error that names the flag and the gateway, and the state stays usable."""
    process = correction()
    step = executor.start(process, {})
    error = refused("no_route", lambda: complete(process, step, "accept"))
    assert "'missing'" in error.en and error.element == "ok"
    assert complete(process, step, "accept", missing=False).ended


def test_no_flag_true_and_no_default_is_no_route() -> None:
    """A gateway without a default flow says so when nothing fits."""
    process = compiled(
        b.start("s") + b.choice("x") + b.end("a") + b.end("c"),
        b.flow("s", "x") + b.flow("x", "a", "one") + b.flow("x", "c", "two"),
    )
    error = refused("no_route", lambda: executor.start(process, {"one": False, "two": False}))
    assert error.element == "x"


def test_a_flag_is_true_or_false() -> None:
    """A flag of another type is refused instead of being read as true."""
    process = correction()
    step = executor.start(process, {})
    refused("bad_flag", lambda: executor.complete(process, step.state, "accept", {"missing": "no"}))  # type: ignore[dict-item]


def test_a_loop_without_people_is_stopped() -> None:
    """A loop of automatic elements ends in an error, not in silence."""
    process = compiled(
        b.start("s") + b.choice("m") + b.send("t") + b.choice("x", "f_x_e") + b.end("e"),
        b.chain("s", "m", "t", "x", "e") + b.flow("x", "m", "again"),
    )
    refused("runaway", lambda: executor.start(process, {"again": True}))


def test_a_join_that_can_never_fire_is_told() -> None:
    """A case in which nothing can move any more is an error that names the join."""
    process = compiled(
        b.start("s") + b.choice("x", "f_x_b") + b.parallel("j") + b.send("a") + b.send("b") + b.end("e"),
        b.flow("s", "x") + b.flow("x", "a", "one") + b.flow("x", "b") + b.flow("a", "j") + b.flow("b", "j"),
        b.flow("j", "e"),
    )
    assert refused("stuck", lambda: executor.start(process, {"one": True})).element == "j"


def test_double_completion_is_not_live() -> None:
    """Completing a task twice is refused and says what waits instead."""
    process = executor.compile_process(b.departments(2))
    step = complete(process, executor.start(process, {}), "accept", "D01")
    assert "D02" in refused("not_live", lambda: complete(process, step, "D01")).en
    refused("not_live", lambda: executor.fire(process, step.state, "D01_warn", {}))


def test_errors_speak_both_languages_and_travel() -> None:
    """An error has a Chinese text that names the place, and survives the way to another process."""
    process = correction()
    step = executor.start(process, {})
    error = refused("no_route", lambda: complete(process, step, "accept"))
    assert error.text("zh") == str(error) == "网关“ok”需要标志“missing”，但没有给出"
    assert error.text("en") == error.en
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.en, copy.element, copy.zh) == (error.code, error.en, error.element, error.zh)


# --- snapshots -------------------------------------------------------------------------------------------------------


def test_foreign_states_are_refused() -> None:
    """A state of another definition, of another format, or no state at all is refused."""
    process, other = correction(), executor.compile_process(b.departments(2))
    state = executor.start(process, {}).state
    refused("bad_state", lambda: executor.complete(other, state, "accept", {}))
    newer = json.dumps([99, *json.loads(state)[1:]]).encode()
    for bad in (newer, b"", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":1,"b":2,"c":3,"d":4}'):
        refused("bad_state", lambda bad=bad: executor.complete(process, bad, "accept", {}))


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_state_never_raises_anything_else(data: st.DataObject) -> None:
    """Whatever bytes are changed, the answer is a step or a ProcessError."""
    process = executor.compile_process(b.departments(3))
    state = bytearray(complete(process, executor.start(process, {}), "accept").state)
    for _ in range(data.draw(st.integers(1, 4))):
        state[data.draw(st.integers(20, len(state) - 1))] = data.draw(st.sampled_from(b'0123456789[],"-en'))
    with contextlib.suppress(executor.ProcessError):
        assert isinstance(executor.complete(process, bytes(state), "D01", {}), executor.Transition)


def test_a_state_can_be_used_again() -> None:
    """Going on from a state leaves it as it was: another way can be tried from it, and the same one again."""
    process = executor.compile_process(b.departments(5))
    step = complete(process, executor.start(process, {}), "accept")
    state, one, other = step.state, complete(process, step, "D02"), complete(process, step, "D03")
    assert step.state == state and one.state != other.state
    assert complete(process, step, "D02") == one


def test_snapshots_do_not_depend_on_the_hash_seed() -> None:
    """Two interpreters with different hash seeds write the same bytes."""
    code = (
        "from tests import bpmn_samples as b; from govflow.engine import process; p = process.compile_process(b.theme());"
        "s = process.start(p, {}); print(process.complete(p, s.state, s.live[0].path, {}))"
    )
    out = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(out) == 1


def test_our_task_has_all_that_the_librarys_has() -> None:
    """A new release of the library that adds something to its tasks or its workflows shows here."""
    process = correction()
    case = Case(process.spec, process.subs, {})
    stock = BpmnWorkflow(process.spec, process.subs, deserializing=True)
    tasks, cases = vars(Task(case, process.spec.start)), vars(stock)
    assert [name for name in tasks if not hasattr(case.task_tree, name)] == []
    assert [name for name in cases if not hasattr(case, name)] == ["event_manager"], "no event is ever thrown"


def test_many_threads_share_one_process() -> None:
    """Cases in several threads on one compiled process end as if each were alone."""
    process = executor.compile_process(b.theme())

    def run(seed: int) -> executor.Transition:
        rng = random.Random(seed % 4)
        step = executor.start(process, {})
        while not step.ended:
            step = complete(process, step, rng.choice([t.path for t in step.live if t.kind == "user"]))
        return step

    with ThreadPoolExecutor(4) as pool:
        steps = list(pool.map(run, range(16)))
    assert steps == steps[:4] * 4


# --- compiling -------------------------------------------------------------------------------------------------------

LINE = b.start("s") + b.end("e")
FLOW = b.chain("s", "e")


@pytest.mark.parametrize(
    ("code", "element", "text"),
    [
        ("unknown_element", "t", LINE + '<scriptTask id="t"><script>1</script></scriptTask>' + b.chain("s", "t", "e")),
        ("unknown_element", "t", LINE + '<serviceTask id="t"/>' + b.chain("s", "t", "e")),
        ("unknown_element", "t", LINE + '<inclusiveGateway id="t"/>' + b.chain("s", "t", "e")),
        ("unknown_element", "t", LINE + '<x:odd xmlns:x="urn:x" id="t"/>' + b.chain("s", "e")),
        ("unknown_element", "s", b.node("startEvent", "s", b.timer_text("s")) + b.end("e") + b.chain("s", "e")),
        ("unknown_element", "e", b.start("s") + b.node("endEvent", "e", "<terminateEventDefinition/>") + FLOW),
        ("unknown_element", "t", LINE + b.node("userTask", "t", "<standardLoopCharacteristics/>") + FLOW),
        ("bad_condition", "f_t_e", LINE + b.choice("t", "f_t_z") + b.end("z") + b.flow("s", "t") + b.flow("t", "z")
         + b.flow("t", "e", "__import__(1)")),
        ("bad_condition", "f_t_e", LINE + b.choice("t", "f_t_z") + b.end("z") + b.flow("s", "t") + b.flow("t", "z")
         + b.flow("t", "e")),
        ("bad_condition", "f_s_e", LINE + b.flow("s", "e", "flag")),
        ("bad_bpmn", "f_s_q", LINE + b.flow("s", "q")),
        ("bad_bpmn", "t", LINE + b.user("t") + b.flow("s", "e") + b.flow("t", "e")),
        ("bad_bpmn", "t", LINE + b.user("t") + b.user("u") + b.flow("s", "e") + b.chain("t", "u", "t")),
        ("bad_bpmn", "t", LINE + b.parallel("g") + b.user("t") + b.chain("s", "g", "e") + b.flow("g", "t")),
        ("bad_bpmn", "t", LINE + b.user("t") + b.user("u") + b.chain("s", "t", "e") + b.chain("t", "u", "e")),
        ("bad_bpmn", "t", LINE + b.user("t") + b.user("t") + b.chain("s", "t", "e")),
        ("bad_bpmn", "End", b.start("s") + b.end("End") + b.chain("s", "End")),
        ("bad_bpmn", "P", b.user("t")),
        ("bad_bpmn", "w", LINE + b.send("t") + b.boundary("w", "t") + b.chain("s", "t", "e") + b.flow("w", "e")),
    ],
)  # fmt: skip
def test_what_our_compiler_does_not_write_is_refused(code: str, element: str, text: str) -> None:
    """Everything outside the known set is refused before the executor sees it, naming the element."""
    assert refused(code, lambda: compiled(text)).element == element


@pytest.mark.parametrize("text", [b"", b"<a", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_no_bpmn_is_refused(text: bytes) -> None:
    """Text that is no BPMN file is refused as such."""
    refused("bad_bpmn", lambda: executor.compile_process(text))


def test_calls_must_lead_somewhere_and_come_back() -> None:
    """A called process must be in the file and must not call itself."""
    main = b.process("P", LINE, b.call("c", "Q"), b.chain("s", "c", "e"))
    refused("unknown_process", lambda: executor.compile_process(b.definitions(main)))
    round_trip = b.process("Q", b.start("qs"), b.call("d", "P"), b.end("qe"), b.chain("qs", "d", "qe"))
    refused("bad_bpmn", lambda: executor.compile_process(b.definitions(main, round_trip, before=b.pool("P"))))


def test_the_process_to_run_is_found() -> None:
    """The pool's process runs, else the only one that is not called; a wrong name lists the right ones."""
    p = b.process("P", LINE, b.chain("s", "e"))
    q = b.process("Q", b.start("qs"), b.end("qe"), b.chain("qs", "qe"))
    assert executor.compile_process(b.definitions(p, q, before=b.pool("Q"))).id == "Q"
    assert executor.compile_process(b.definitions(p, q), "P").id == "P"
    refused("unknown_process", lambda: executor.compile_process(b.definitions(p, q)))
    assert "P, Q" in refused("unknown_process", lambda: executor.compile_process(b.definitions(p, q), "R")).en


def test_compiled_once_and_forgotten_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same text is compiled once; the cache is bounded and drops what was not used for longest."""
    monkeypatch.setattr(definition, "CACHE_SIZE", 2)
    texts = [b.departments(n) for n in (2, 3, 4)]
    first = executor.compile_process(texts[0])
    executor.compile_process(texts[1])
    assert executor.compile_process(texts[0]) is first
    executor.compile_process(texts[2])
    assert executor.compile_process(texts[0]) is first
    assert len(definition._cache) <= 2
    again = executor.compile_process(texts[1])
    assert again.fingerprint == executor.compile_process(texts[1]).fingerprint


def test_a_snapshot_of_another_version_is_known_as_such() -> None:
    """Another format or no snapshot at all cannot be gone on from; one's own can, over or not."""
    process = executor.compile_process(b.departments(3))
    step = executor.start(process, {})
    assert executor.is_current(step.state) and executor.is_current(executor.cancel(process, step.state).state)
    for strange in (b"", b"{}", b"[12,2]", step.state.replace(b"[1,", b"[2,", 1)):
        assert not executor.is_current(strange)
