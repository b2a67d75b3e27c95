"""Short forms of the programs of `tests/soak`; `make soak` runs them long."""

import pytest

from tests.soak import walk
from tests.soak.program import Options


def test_a_random_walk_finds_no_fault() -> None:
    """Some walks over shipped and generated definitions: every step is judged right, and every case comes to its end."""
    report = walk.many(20261201, 0, 1, Options(count=1200))
    assert report.faults == []
    assert report.counts["cases"] > 40 and report.counts["clocks counted day by day"] > 500


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
