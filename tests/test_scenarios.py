"""Scenarios: the shipped ones pass, failures explain themselves, and what none of them exercises is known."""

import json
import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.apps import scenarios
from govflow.apps.scenarios.reading import scenarios_from
from govflow.catalog import Loaded, load, load_texts
from govflow.diagnostics import Severity, render
from govflow.language.source import read
from tests.cases import ROOT, catalog

GOLDEN = Path(__file__).parent / "golden" / "scenarios"
FLOOR = 0.995
"""So much of what the definitions can do is exercised by their scenarios at least."""

ACCEPTED = """
      - {at: 2025-06-03 10:00, do: submit}
      - {at: 2025-06-04, do: accept}
"""


@lru_cache
def shipped() -> tuple[Loaded, tuple[scenarios.Played, ...]]:
    """The definitions of this repository and their scenarios, run once."""
    loaded = load(ROOT / "definitions", rules=())
    return loaded, tuple(scenarios.play(scenarios.scenarios_in(loaded), loaded.catalog))


def written(steps: str, expect: str, of: str = "I07", more: str = "") -> str:
    """A scenario file with one scenario."""
    return (
        f"govflow: scenarios/1\nof: {of}\nscenarios:\n  - name: 试一试\n{more}"
        f"    steps:\n{steps.strip(chr(10))}\n    expect:\n{expect.strip(chr(10))}\n"
    )


def played(steps: str, expect: str, of: str = "I07", more: str = "", lang: str = "zh") -> scenarios.Played:
    """That one scenario, run."""
    document = read(written(steps, expect, of, more), "try.scenarios.yaml")
    return next(scenarios.play(scenarios_from(document), catalog(), lang))


def said(found: scenarios.Played) -> str:
    """What is printed about a scenario, in Chinese."""
    return scenarios.failure_text(found, "zh")


def findings(text: str) -> str:
    """What the loader says about a scenario file beside the definitions of this repository."""
    sources = dict(shipped()[0].sources) | {"try.scenarios.yaml": text}
    errors = [d for d in load_texts(sources, rules=()).diagnostics if d.severity is Severity.ERROR]
    return render(errors, "full", sources=sources)


def test_every_shipped_scenario_passes() -> None:
    """All scenarios beside the definitions of this repository pass."""
    _, found = shipped()
    failed = [said(each) for each in found if not each.passed]
    assert not failed, "\n".join(failed)
    assert len(found) >= 145


def test_the_scenarios_exercise_nearly_everything() -> None:
    """Of all limits, conditions both ways, materials, outcomes, procedures, steps, items and visits, few are left out."""
    loaded, found = shipped()
    covered = scenarios.coverage(found, loaded.catalog, [*loaded.catalog.themes, *loaded.catalog.items])
    missed = {each.code: each.missed for each in covered if each.missed}
    all = sum(len(each.points) for each in covered)
    assert all - sum(map(len, missed.values())) >= FLOOR * all, missed
    assert min(each.scenarios for each in covered if each.code.startswith("T")) >= 2
    assert min(each.scenarios for each in covered if each.code.startswith("I")) >= 3


def test_no_scenario_sees_another_one() -> None:
    """In reverse order on another engine, each scenario leaves the same events, but for salted digests."""
    loaded, found = shipped()
    again = list(scenarios.play([each.scenario for each in reversed(found[:20])], loaded.catalog))
    for one, other in zip(found[:20], reversed(again), strict=True):
        assert [(e.at, e.type) for e in one.events] == [(e.at, e.type) for e in other.events]


def test_a_wrong_date_is_explained_day_by_day() -> None:
    """The whole message: where, what, expected, got, and every day that counted or did not."""
    steps = "      - {at: 2025-09-29 10:00, do: submit}\n      - {at: 2025-09-29 15:00, do: accept}"
    found = played(
        steps, "      - {at: 2025-09-30, promised_due: 2025-10-09, state: reviewing}", of="food-business-permit"
    )
    for lang in ("zh", "en"):
        text = scenarios.failure_text(
            played(steps, "      - {at: 2025-09-30, promised_due: 2025-10-09}", lang=lang), lang
        )
        golden = GOLDEN / f"wrong-date.{lang}.txt"
        if os.environ.get("GOVFLOW_WRITE_GOLDEN"):
            golden.write_text(text + "\n", encoding="utf-8")
        assert text + "\n" == golden.read_text(encoding="utf-8")
    assert len(found.failures) == 1, "the state is right, only the date is wrong"


def test_a_refused_step_is_a_failure_with_the_engines_sentence() -> None:
    """A step that the engine refuses ends the scenario with its reason; later expectations are not reached."""
    steps = "      - {at: 2025-06-03 10:00, do: submit, materials: [M07]}\n      - {at: 2025-06-04, do: accept}"
    found = played(steps, "      - {at: 2025-06-05, state: reviewing}")
    assert "步骤 accept 被拒绝" in said(found) and "不能受理" in said(found) and len(found.failures) == 1
    assert found.failures[0].span.line == 7


def test_a_step_that_must_be_refused() -> None:
    """`refused` holds if the engine's sentence has the words; a step that is allowed, or refused for another reason, fails."""
    steps = "      - {at: 2025-06-03 10:00, do: submit, materials: [M07]}\n"
    expect = "      - {at: 2025-06-05, state: received}"
    assert played(steps + "      - {at: 2025-06-04, do: accept, refused: 不能受理}", expect).passed
    assert not played(steps + "      - {at: 2025-06-04, do: accept, refused: 已经受理}", expect).passed
    assert "没有拒绝" in said(played(steps + "      - {at: 2025-06-04, do: sweep, refused: 不能}", expect))


def test_what_is_not_written_is_supplied() -> None:
    """Without `materials` and `missing`, everything is handed in, everything that lacks is asked and supplied."""
    steps = """
      - {at: 2025-06-03, do: submit, materials: []}
      - {at: 2025-06-04, do: ask_correction}
      - {at: 2025-06-05, do: supplement}
      - {at: 2025-06-05, do: accept}
      - {at: 2025-06-06, do: finish_item, item: I07}
      - {at: 2025-06-06, do: deliver}
    """
    assert played(steps, "      - {state: closed, results: [食品经营许可证]}").passed


def test_yes_no_questions_are_taken_as_no_and_said_so() -> None:
    """An unanswered yes/no question is no; the message of a failure lists them. Another missing answer is refused."""
    more = "    given: {premises_area: 120}\n"
    found = played(ACCEPTED, "      - {at: 2025-06-04, state: closed}", of="T1", more=more)
    assert "sells_tobacco" in found.assumed and "没有写明的是否问题按“否”办" in said(found)
    assert "premises_area" in said(played(ACCEPTED, "      - {at: 2025-06-04, state: closed}", of="T1"))


def test_every_expectation_can_fail() -> None:
    """Each key of the vocabulary is really compared: a wrong value fails, the right one passes."""
    given = "    given: {premises_area: 420, has_licence: false}\n    drop: [I17]\n"
    right: dict[str, Any] = {
        "state": "reviewing", "states": "{I01: reviewing, I07: waiting, I17: skipped}", "promised_due": "2025-06-18",
        "due": "{I01/promised: 2025-06-05}", "light": "green", "lights": "{I01/promised: yellow}",
        "tasks": "[registration-review]", "items": "[I01, I07, I08]", "results": "[]", "provisional": "false",
        "materials": "[M03, M04, M05, M06, M07, M08, M09, M11, M12, M13]",
    }  # fmt: skip
    wrong: dict[str, Any] = {
        "state": "closed", "states": "{I01: granted}", "promised_due": "2025-06-19", "due": "{I01/promised: 2025-06-06}",
        "light": "red", "lights": "{I02/promised: green}", "tasks": "[]", "items": "[I01]", "results": "[执照]",
        "provisional": "true", "materials": "[M03]", "statutory_due": "2025-06-19", "correction_due": "2025-06-19",
        "delivery_due": "2025-06-19", "outcome": "approve",
    }  # fmt: skip
    for values, passes in ((right, True), (wrong, False)):
        for key, value in values.items():
            item = "item: I01, " if key == "outcome" else ""
            found = played(ACCEPTED, f"      - {{at: 2025-06-05, {item}{key}: {value}}}", of="T1", more=given)
            assert found.passed is passes, (key, said(found))


def test_an_unknown_step_or_key_is_an_error_with_the_nearest_name() -> None:
    """The schema reports what a scenario cannot say before anything runs."""
    expect = "      - {at: 2025-06-05, state: reviewing}"
    assert "submit" in findings(written("      - {at: 2025-06-03, do: submitt}", expect))
    assert "promised_due" in findings(written(ACCEPTED, "      - {at: 2025-06-05, promised_dua: 2025-06-05}"))
    assert "reviewing" in findings(written(ACCEPTED, "      - {at: 2025-06-05, state: reviewin}"))
    assert findings(
        "govflow: scenarios/1\nof: I07\nscenarios:\n  - name: 空\n    steps:\n      - {at: 2025-06-03, do: submit}\n"
    )


def test_before_the_application_there_is_no_case() -> None:
    """An expectation or a step before `submit` fails with a sentence."""
    found = played("      - {at: 2025-06-03, do: submit}", "      - {at: 2025-06-02, state: received}")
    assert "还没有提交申请" in said(found)
    assert "还没有提交申请" in said(played("      - {at: 2025-06-03, do: accept}", "      - {state: received}"))


def test_a_task_that_is_not_open_is_named_with_those_that_are() -> None:
    """A step on the wrong task says which tasks are open."""
    found = played(ACCEPTED + "      - {at: 2025-06-05, do: complete, task: issue}", "      - {state: closed}")
    assert "没有待办的“issue”" in said(found) and "file-review" in said(found)


@pytest.mark.parametrize(
    ("before", "step", "named"),
    [
        ("accept", "accept", "acceptance"),
        ("sweep", "approve", "decision or verification"),
        ("sweep", "deliver", "delivery"),
    ],
)
def test_a_task_that_is_not_open_is_named_in_english(before: str, step: str, named: str) -> None:
    """The English sentence names the missing task in English."""
    steps = ["submit", before, step]
    written = "".join(f"      - {{at: 2025-06-0{day}, do: {do}}}\n" for day, do in enumerate(steps, 3))
    found = played(written, "      - {state: closed}", lang="en")
    assert f"no task '{named}' is open" in scenarios.failure_text(found, "en")


def command(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`govflow test` as an analyst runs it."""
    line = [sys.executable, "-c", "from govflow.cli import main; main()", "--lang", "zh", "test", *arguments]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_command_line(tmp_path: Path) -> None:
    """One file at once with its table; JSON is versioned; a failure exits with 1, and so does a file with errors."""
    file = "definitions/items/food-business-permit.scenarios.yaml"
    done = command(file)
    assert done.returncode == 0 and "I07 食品经营许可（新办）" in done.stdout and "全部通过" in done.stdout
    data = json.loads(command(file, "--json").stdout)
    assert data["version"] == 1 and data["passed"] and data["coverage"][0]["of"] == "I07"
    bad = tmp_path / "definitions"
    shutil.copytree(ROOT / "definitions", bad)
    target = bad / "items" / "food-business-permit.scenarios.yaml"
    target.write_text(written(ACCEPTED, "      - {at: 2025-06-05, state: closed}"), "utf-8")
    done = command(str(target), cwd=tmp_path)
    assert done.returncode == 1 and f"{target}:9:33" in done.stdout and "实际: reviewing" in done.stdout
    target.write_text(written("      - {at: 2025-06-03, do: sbmit}", "      - {state: closed}"), "utf-8")
    assert command(str(target), cwd=tmp_path).returncode == 1


WORDS = {
    "item": st.sampled_from(["I01", "I07", "food-business-permit", "I20"]),
    "task": st.sampled_from(["file-review", "issue", "decide", "post_check", "x"]),
    "department": st.sampled_from(["D01", "market-regulation", "D99"]),
    "outcome": st.sampled_from(["approve", "refuse", "object", "maybe"]),
    "opinion": st.just("理由"),
    "procedure": st.sampled_from(["site-check", "现场核查", "x"]),
    "by": st.sampled_from(["5 workdays", "3 months", "0 workdays"]),
    "reason": st.just("理由"),
    "actor": st.sampled_from(["D01/head:李", "applicant:x", "D99:y", "z"]),
    "materials": st.lists(st.sampled_from(["M02", "M07", "M99"]), max_size=3),
    "missing": st.lists(st.sampled_from(["M08", "M09"]), min_size=1, max_size=2),
    "refused": st.just("不能"),
}
VERBS = (
    "submit", "ask_correction", "supplement", "accept", "not_accept", "complete", "finish_item", "approve", "refuse", "suspend",
    "resume", "extend", "withdraw", "deliver", "sweep",
)  # fmt: skip
STEP = st.fixed_dictionaries({"do": st.sampled_from(VERBS)}, optional=WORDS)


@given(st.sampled_from(["I07", "T6"]), st.lists(STEP, min_size=1, max_size=8), st.integers(0, 5))
@settings(max_examples=60)
def test_whatever_is_written_nothing_is_raised(of: str, steps: list[dict[str, Any]], apart: int) -> None:
    """Any order of steps with any words ends in a pass or in failures with sentences, never in a traceback."""
    lines = [
        {"at": f"2025-06-{3 + n * apart:02d} 10:00" if 3 + n * apart <= 30 else "2025-06-30 10:00", **s}
        for n, s in enumerate([{"do": "submit"}, *steps])
    ]
    text = "\n".join(f"      - {json.dumps(line, ensure_ascii=False)}" for line in lines)
    document = read(written(text, "      - {state: closed, light: red}", of), "try.scenarios.yaml")
    for each in scenarios.play(scenarios_from(document), catalog()):
        assert all(failure.what.zh and failure.got for failure in each.failures)
        assert scenarios.failure_text(each, "en") or each.passed
