"""Kill -9 at any instant: what a caller was told is done stays done, nothing is done twice, no clock is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import govflow
from tests.cases import ROOT, catalog, watch


def run_until_killed(url: str, seconds: float, log: Path) -> tuple[list[str], bool]:
    """Start the worker, kill it after it has worked for `seconds`; its lines, and whether it came to the end."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "tests.killed", url], stdout=out, cwd=ROOT, env=environment)
        while b"applied" not in log.read_bytes() and process.poll() is None:
            time.sleep(0.01)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    lines = log.read_text(encoding="utf-8").splitlines()
    return lines, "closed" in lines


def test_killed_again_and_again_the_case_comes_to_its_end_once(url: str, tmp_path: Path) -> None:
    """Six kills at random instants: one case, each told step kept, no effect twice, log and state agree each time."""
    chance = random.Random(20250303)
    told: set[str] = set()
    engine = govflow.Engine(url, catalog(), clock=watch("2026-01-01 00:00"))
    for round in range(30):
        lines, ended = run_until_killed(url, chance.uniform(0.02, 0.5) if round < 6 else 60, tmp_path / f"{round}.log")
        told |= {line.split()[1] for line in lines if line.startswith("done ")}
        cases = engine.cases()
        assert len(cases) == 1, "the same key is the same case, however often the process dies"
        case = cases[0]["id"]
        assert engine.check(case) == []
        done = {t.id for t in engine.case(case).tasks if t.state != "open"}
        assert told <= done, "what a caller was told is done is done"
        if ended:
            break
    view = engine.case(case)
    assert view.state == "closed" and len(view.results) == 6
    numbers = [r["number"] for r in view.results]
    assert len(numbers) == len(set(numbers))
    completed = [e.body["task"] for e in engine.history(case) if e.type == "task_completed"]
    assert len(completed) == len(set(completed))
    engine.close()
