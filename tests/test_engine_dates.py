"""No command acts on a date that does not hold: what starts later, and what a new calendar moves, on both databases."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from threading import Event

import pytest
from sqlalchemy import create_engine, text

import govflow
from govflow.engine.store import StoreError
from govflow.engine.worker import work
from tests import small
from tests.cases import ANSWERS, COMPANY, Watch, apply_for, catalog, watch


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


# --- a notice that is loaded, and that nobody has projected ---------------------------------------------------------

NOTICE = """govflow: calendar/1
region: "{region}"
year: {year}
source: 为测试编写的示例，不是任何通知
holidays:
  - {{name: 示例假日, from: {first}, to: {last}}}
"""
CHEN, WANG, HEAD = "applicant:chen", "D01:wang", "D01/head:li"
EXTRA = {"year": 2025, "first": "2025-03-06", "last": "2025-03-07"}
"""Thursday and Friday of the week in which the cases begin become days of rest."""


def noticed(**facts: object) -> govflow.Catalog:
    """The small catalogue with one more calendar file."""
    return small.catalog(calendars={"calendars/example.yaml": NOTICE.format(**{"region": "cn", **EXTRA, **facts})})


@dataclass
class Desk:
    """One database, opened with one catalogue after the other."""

    url: str
    clock: Watch

    def open(self, catalog: govflow.Catalog) -> govflow.Engine:
        """An engine on this catalogue."""
        return govflow.Engine(self.url, catalog, clock=self.clock)

    def start(self, *materials: str) -> str:
        """A case applied for on Monday 3 March, under the catalogue without the notice."""
        with closing(self.open(small.catalog())) as engine:
            return engine.apply("I01", applicant=COMPANY, materials=materials, actor=CHEN).id


@pytest.fixture
def desk(url: str, clock: Watch) -> Desk:
    """An empty database and its clock."""
    return Desk(url, clock)


def told(engine: govflow.Engine, case: str) -> list[tuple[str, str, str]]:
    """Which clocks moved, from where to where."""
    moved = [e for e in engine.history(case) if e.type == "clock_reprojected"]
    assert all(e.actor == "system:calendar" and "cn-20" in e.body["reason"] for e in moved)
    return [(e.body["clock"], e.body["old"], e.body["new"]) for e in moved]


def test_no_case_is_deemed_accepted_by_a_date_that_the_new_notice_moved(desk: Desk) -> None:
    """Due on 10 March by the old calendar, on 12 March by the new one: silence on the 11th is no acceptance yet."""
    case = desk.start("M01", "M02")
    desk.clock.at("2025-03-11 09:00")
    with closing(desk.open(noticed())) as engine:
        assert [(f.clock, f.event) for f in engine.sweep()] == [("accept/correction_notice", "warned")]
        view = engine.case(case)
        assert (view.state, view.clock("accept/correction_notice").due) == ("received", "2025-03-12")
        assert told(engine, case) == [("accept/correction_notice", "2025-03-10", "2025-03-12")]
        assert engine.sweep() == [] and engine.check(case) == []
        desk.clock.at("2025-03-13 00:00")
        assert [f.effect for f in engine.sweep()] == ["deemed_acceptance"]
        assert engine.case(case).deemed and engine.check(case) == []


def test_a_command_judges_by_the_new_date_too(desk: Desk) -> None:
    """The acceptance on the 11th is in time; nobody swept before."""
    case = desk.start("M01", "M02")
    desk.clock.at("2025-03-11 09:00")
    with closing(desk.open(noticed())) as engine:
        view = engine.complete(f"{case}.1", actor=WANG, outcome="accept")
        assert not view.deemed and told(engine, case) == [("accept/correction_notice", "2025-03-10", "2025-03-12")]
        assert [e.type for e in engine.history(case)].count("clock_expired") == 0
        assert view.clock("accept/correction_notice").state == "met" and engine.check(case) == []


def test_a_missed_correction_is_judged_by_the_new_date(desk: Desk) -> None:
    """Handed in on the day that the old calendar took for too late: taken."""
    case = desk.start("M02")
    with closing(desk.open(small.catalog())) as engine:
        engine.ask_correction(case, missing=["M01"], actor=WANG)
    desk.clock.at("2025-03-18 09:00")
    with closing(desk.open(noticed())) as engine:
        assert engine.supplement(case, materials=["M01"], actor=CHEN).state == "received"
        assert told(engine, case) == [("supplement/correction", "2025-03-17", "2025-03-19")]


def test_silence_of_a_consultation_is_judged_by_the_new_date(desk: Desk) -> None:
    """No objection is read out of silence two days later."""
    review = "  - review: {name: {zh-CN: 资料审查, en: File review}, role: reviewer}"
    consult = review.replace("review:", "consult:").replace(
        "role: reviewer", "within: 3 workdays, silence: no_objection"
    )
    catalog = small.catalog((review, consult))
    with closing(desk.open(catalog)) as engine:
        case = engine.apply("I01", applicant=COMPANY, materials=("M01", "M02"), actor=CHEN).id
        engine.complete(f"{case}.1", actor=WANG, outcome="accept")
    desk.clock.at("2025-03-07 09:00")
    later = small.catalog((review, consult), calendars={"calendars/example.yaml": NOTICE.format(region="cn", **EXTRA)})
    with closing(desk.open(later)) as engine:
        assert "expired" not in {f.event for f in engine.sweep()}
        assert [t.kind for t in engine.case(case).open_tasks] == ["consult"]
        desk.clock.at("2025-03-11 00:00")
        assert [f.effect for f in engine.sweep() if f.event == "expired"] == ["silence"]


def test_an_extension_is_in_time_by_the_new_date(desk: Desk) -> None:
    """Promised for 17 March by the old calendar, for the 19th by the new one: extended on the 18th."""
    case = desk.start("M01", "M02")
    with closing(desk.open(small.catalog())) as engine:
        engine.complete(f"{case}.1", actor=WANG, outcome="accept")
    desk.clock.at("2025-03-18 09:00")
    with closing(desk.open(noticed())) as engine:
        view = engine.extend(case, item="I01", by="5 workdays", actor=HEAD, reason="案情复杂")
        assert view.clock("I01/promised").due == "2025-03-26"


def test_a_clock_that_has_stopped_rests_on_the_new_calendar_when_it_runs_again(desk: Desk) -> None:
    """Stopped before the notice, resumed after it."""
    case = desk.start("M01", "M02")
    with closing(desk.open(small.catalog())) as engine:
        engine.complete(f"{case}.1", actor=WANG, outcome="accept")
        engine.suspend(case, item="I01", procedure="hearing", actor=WANG, reason="利害关系人申请")
    desk.clock.at("2025-03-04 09:00")
    with closing(desk.open(noticed())) as engine:
        view = engine.resume(case, item="I01", actor=WANG)
        assert view.clock("I01/promised").due == "2025-03-20" and engine.check(case) == []


# --- dates that lie nearer by the present calendar --------------------------------------------------------------------


def given_back(desk: Desk, *, cases: int = 1) -> list[str]:
    """Cases applied for while a notice was loaded that is put right afterwards: its two days are workdays again."""
    with closing(desk.open(noticed())) as engine:
        applied = [engine.apply("I01", applicant=COMPANY, materials=("M01", "M02"), actor=CHEN) for _ in range(cases)]
    assert {view.clock("accept/correction_notice").due for view in applied} == {"2025-03-12"}
    desk.clock.at("2025-03-11 09:00")
    return [view.id for view in applied]


def test_the_first_sweep_finds_what_is_due_earlier_by_the_present_calendar(desk: Desk) -> None:
    """Nothing would wake the case on the 11th: it was due on the 12th, and is due on the 10th."""
    (case,) = given_back(desk)
    with closing(desk.open(small.catalog())) as engine:
        assert [f.effect for f in engine.sweep() if f.event == "expired"] == ["deemed_acceptance"]
        assert engine.case(case).deemed and engine.check(case) == []
        assert [(old, new) for _, old, new in told(engine, case)] == [("2025-03-12", "2025-03-10")]


def test_the_worker_finds_them_too(desk: Desk) -> None:
    """Before it rests for the first time."""
    given_back(desk)
    found: list[str] = []
    with closing(desk.open(small.catalog())) as engine:
        work(
            engine, lambda message: None, Event(), 0, lambda fired, _: found.extend(f.effect for f in fired), once=True
        )
    assert "deemed_acceptance" in found


def test_projecting_goes_on_where_it_ended_and_passes_over_what_it_cannot_read(desk: Desk) -> None:
    """Three cases, the first of them damaged: the others move; a second round has only the damaged one to look at."""
    damaged, *others = given_back(desk, cases=3)
    with create_engine(desk.url).begin() as connection:
        connection.execute(text("UPDATE cases SET body = '{' WHERE id = :id"), {"id": damaged})
    with closing(desk.open(small.catalog())) as engine:
        first = next(step for step in engine.reprojecting("通知更正") if step)
        assert [change["case"] for change in first] == others[:1]
        for left in (others[1:], []):
            with pytest.raises(StoreError) as told_of:
                engine.reproject("通知更正")
            assert told_of.value.details["cases"] == [damaged]
            assert [change["case"] for change in told_of.value.details["changes"]] == left
        assert all(engine.check(case) == [] for case in others)


def test_nothing_is_written_when_no_clock_rests_on_another_calendar(desk: Desk) -> None:
    """The usual start of a worker: no case is read, no revision moves."""
    case = desk.start("M01", "M02")
    with closing(desk.open(small.catalog())) as engine:
        before = engine.case(case).revision
        assert list(engine.reprojecting()) == [] and engine.case(case).revision == before


def test_a_notice_of_one_region_is_found_as_well(desk: Desk) -> None:
    """A notice for 4213 is loaded: clocks of its departments move, and those of another region stay as they are."""
    case = desk.start("M01", "M02")
    elsewhere = noticed(region="cn-45")
    with closing(desk.open(elsewhere)) as engine:
        assert engine.reproject() == [] and list(engine.reprojecting()) == []
        assert engine.case(case).clock("accept/correction_notice").due == "2025-03-10"
    with closing(desk.open(noticed(region="cn-4213"))) as engine:
        assert [(c["old"], c["new"]) for c in engine.reproject()] == [("2025-03-10", "2025-03-12")]
        assert list(engine.reprojecting()) == [] and engine.check(case) == []


def test_a_warning_of_no_lead_is_of_the_due_day_in_the_process_and_in_the_case(desk: Desk) -> None:
    """Written as `0 workdays`: the process has the timer, the clock warns on the morning of its last day and moves it."""
    promised = "promised: {within: 10 workdays, from: accepted}"
    catalog = small.catalog((promised, promised.replace("accepted}", "accepted, warning: 0 workdays}")))
    with closing(desk.open(catalog)) as engine:
        case = engine.apply("I01", applicant=COMPANY, materials=("M01", "M02"), actor=CHEN).id
        engine.complete(f"{case}.1", actor=WANG, outcome="accept")
        desk.clock.at("2025-03-16 23:59")
        assert "I01/promised" not in {f.clock for f in engine.sweep()}
        desk.clock.at("2025-03-17 00:00")
        assert ("I01/promised", "warned") in {(f.clock, f.event) for f in engine.sweep()}
        fired = [
            e.body["edge"]
            for e in engine.history(case)
            if e.type == "timer_fired" and e.body["clock"] == "I01/promised"
        ]
        assert fired == ["warning"] and engine.check(case) == []
