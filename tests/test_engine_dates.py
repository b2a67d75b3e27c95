"""No command acts on a date that does not hold: what starts later, and what a new calendar moves, on both databases."""

from collections.abc import Iterator

import pytest

import govflow
from tests.cases import ANSWERS, Watch, apply_for, catalog, watch


@pytest.fixture
def clock() -> Watch:
    """Monday 2025-03-03 09:00 in Beijing."""
    return watch()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('tmp_path')}/cases.db"
    else:
        yield request.getfixturevalue("postgres_url")


def test_an_item_that_starts_later_in_the_command_of_a_deemed_acceptance_counts_from_its_own_start(
    url: str, clock: Watch
) -> None:
    """R11: accepted as of 3 March, its predecessor verified on the 20th, both in one command."""
    engine = govflow.Engine(url, catalog(), clock=clock)
    view = apply_for(engine, answers={**ANSWERS, "has_licence": True}, materials=())
    number, first = view.id, view.open_tasks[0]
    clock.at("2025-03-20 09:00")
    engine.complete(f"{number}.{int(first.id.rpartition('.')[2]) + 1}", actor="D01:w", outcome="approve")
    view = engine.case(number)
    started = {item.item: item.started for item in view.items if item.started}
    assert (view.deemed, view.accepted_as_of) == (True, view.applied)
    assert view.clock("theme/joint_cap").start == view.applied, "the joint handling starts by the acceptance"
    own = {view.clock(f"{item}/{kind}").start for item in started for kind in ("promised", "statutory")}
    assert own == set(started.values()) == {"2025-03-20T01:00:00.000000Z"}
    assert engine.check(number) == []
    engine.close()
