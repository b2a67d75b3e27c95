"""Short forms of the programs of `tests/soak`; `make soak` runs them long."""

import time
from pathlib import Path

import pytest

from tests.soak import fault, kill, race, walk
from tests.soak.program import Options, Report


def test_a_random_walk_finds_no_fault() -> None:
    """Some walks over shipped and generated definitions: every step is judged right, and every case comes to its end."""
    report = walk.many(20261201, 0, 1, Options(count=700))
    assert report.faults == []
    assert report.counts["cases"] >= 40 and report.counts["clocks counted day by day"] > 300


def test_a_walk_that_meets_too_little_fails() -> None:
    """A construct that nothing met is a fault of the walk."""
    report = walk.Report()
    walk.rare(report)
    assert any("effect deemed_acceptance" in fault for fault in report.faults)


@pytest.mark.parametrize("seed", [7])
def test_a_walk_is_the_same_for_the_same_seed(seed: int) -> None:
    """What is drawn follows from the seed alone, so that a fault can be met again."""
    one, two = (walk.many(seed, 0, 1, Options(count=1)).counts for _ in range(2))
    assert one == two


def test_killed_processes_lose_nothing(url: str, tmp_path: Path) -> None:
    """Killed before and after a commit, inside `send` and at random: what was acknowledged holds, nothing is twice."""
    report = Report()
    kill.siege(url, tmp_path, 20261201, Options(count=2), report, time.monotonic())
    assert report.faults == []
    assert report.counts["kills"] >= 1 and report.counts["acknowledgements judged"] > 10


def test_processes_that_race_are_refused_or_take_effect_once(url: str, tmp_path: Path) -> None:
    """Three processes on the same cases: only Conflict and NotAllowed, nothing lost, nothing twice."""
    report = Report()
    race.contest(url, tmp_path, 20261201, 2, 3, report)
    assert report.faults == []
    assert report.counts["acknowledged"] > 10


@pytest.mark.parametrize("trial", ["flip", "cut", "full", "damage"])
def test_faults_of_the_machine_are_told(trial: str, tmp_path: Path) -> None:
    """No silent fault, no error but a plain one; cases that are sound go on."""
    report = Report()
    bench = fault.Bench(tmp_path, 20261201, report)
    for _ in range(6):
        getattr(bench, trial)()
    assert report.faults == []
