"""A running limit that crosses into a year whose notice is not out: provisional, marked, and re-projected."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import govflow
from govflow.catalog import load_texts
from govflow.engine import case_clocks
from govflow.engine.case import ClockState
from govflow.law import clocks
from govflow.law.calendar import Calendar
from govflow.law.clocks import CalendarUnavailable, Ledger, Limit
from tests.cases import ROOT, accepted, catalog, finish_item, watch

NOTICE = """govflow: calendar/1
region: "{region}"
year: {year}
source: 为测试编写的示例，不是任何通知
holidays:
  - {{name: 示例假日, from: {first}, to: {last}}}
workdays: [{worked}]
"""


def with_notice(**facts: object) -> govflow.Catalog:
    """The definitions of this repository and one more calendar file."""
    texts = {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in (ROOT / "definitions").rglob("*.yaml")}
    texts["definitions/calendars/example.yaml"] = NOTICE.format(**facts)
    loaded = load_texts(texts)
    assert len(loaded.catalog.calendars) == len(catalog().calendars) + 1, loaded.diagnostics
    return loaded.catalog


def test_accepted_in_december_before_and_after_the_notice(tmp_path: Path) -> None:
    """Accepted on 2026-12-21: provisional until the 2027 notice is loaded, then re-projected with a recorded reason."""
    url, clock = f"sqlite:///{tmp_path}/cases.db", watch("2026-12-21 10:00")
    engine = govflow.Engine(url, catalog(), clock=clock)
    view = finish_item(engine, accepted(engine), "I01")
    before = view.clock("I16/statutory")
    assert before.provisional and before.due == "2027-01-19"
    assert not view.clock("I07/promised").provisional, "2026-12-28 lies inside the known year"
    with pytest.raises(CalendarUnavailable):
        engine.calendars.strict.next_workday(date(2027, 1, 4))
    engine.close()

    later = govflow.Engine(
        url,
        with_notice(region="cn", year=2027, first="2027-01-01", last="2027-01-06", worked="2027-01-09"),
        clock=clock,
    )
    clock.forward(days=1)
    changes = later.reproject("2027 年通知公布")
    after = later.case(view.id).clock("I16/statutory")
    assert not after.provisional and after.due == "2027-01-21", "three more rest days, one made-up Saturday"
    told = [e for e in later.history(view.id) if e.type == "clock_reprojected" and e.body["clock"] == "I16/statutory"]
    assert [(e.body["old"], e.body["new"], e.body["reason"]) for e in told] == [
        ("2027-01-19", "2027-01-21", "2027 年通知公布")
    ]
    assert {c["clock"] for c in changes} >= {"I16/statutory"}
    assert later.check(view.id) == [] and later.reproject() == []
    names = {line.why for line in later.explain(view.id, "I16/statutory").lines}
    assert any("示例假日" in why for why in names)
    later.close()


def test_a_regional_holiday_counts_for_its_region_only(tmp_path: Path) -> None:
    """A notice of another province moves nothing here; one of the department's own province does."""
    clock = watch()
    for name, region, due in (("other", "450000", "2025-03-10"), ("own", "420000", "2025-03-11")):
        shelf = with_notice(region=region, year=2025, first="2025-03-06", last="2025-03-06", worked="")
        engine = govflow.Engine(f"sqlite:///{tmp_path}/{name}.db", shelf, clock=clock)
        view = finish_item(engine, accepted(engine), "I01")
        assert view.clock("I09/promised").due == due
        assert engine.check(view.id) == []
        engine.close()


def test_an_extension_stays_when_a_notice_moves_the_due_date_before_it(tmp_path: Path) -> None:
    """Granted in time by the calendar of that day: the new notice neither takes it back nor stops the case."""
    url, clock = f"sqlite:///{tmp_path}/cases.db", watch("2025-03-03 09:00")
    free = with_notice(region="cn", year=2025, first="2025-03-05", last="2025-03-07", worked="")
    engine = govflow.Engine(url, free, clock=clock)
    view = finish_item(engine, accepted(engine), "I01")
    assert view.clock("I09/promised").due == "2025-03-13"
    clock.at("2025-03-13 10:00")
    engine.extend(view.id, item="I09", by="2 workdays", actor="D08/head:li", reason="案情复杂")
    engine.close()
    later = govflow.Engine(url, catalog(), clock=clock)  # the notice was put right: those days were worked
    later.sweep()
    view = later.case(view.id)
    assert view.clock("I09/promised").due == "2025-03-12", "two workdays after the tenth"
    assert later.incidents() == [] and later.check(view.id) == []
    later.close()


def test_a_date_that_moves_ahead_again_warns_and_expires_anew(tmp_path: Path) -> None:
    """What expired under a provisional calendar and lies ahead by the notice is told again when its time comes."""
    url, clock = f"sqlite:///{tmp_path}/cases.db", watch("2026-12-29 10:00")
    engine = govflow.Engine(url, catalog(), clock=clock)
    view = finish_item(engine, accepted(engine), "I01")
    assert (view.clock("I09/promised").due, view.clock("I09/promised").provisional) == ("2027-01-06", True)
    clock.at("2027-01-07 00:00")
    assert ("I09/promised", "expired") in {(f.clock, f.event) for f in engine.sweep()}
    engine.close()
    shelf = with_notice(region="cn", year=2027, first="2027-01-01", last="2027-01-08", worked="")
    later = govflow.Engine(url, shelf, clock=clock)
    later.reproject("通知公布")
    view = later.case(view.id)
    assert (view.clock("I09/promised").due, view.clock("I09/promised").light) == ("2027-01-13", "green")
    clock.at("2027-01-14 00:00")
    told = [(f.clock, f.event) for f in later.sweep() if f.clock == "I09/promised"]
    assert told[-1] == ("I09/promised", "expired")
    assert later.check(view.id) == []
    later.close()


def test_an_item_that_starts_wakes_the_case_s_clocks(tmp_path: Path) -> None:
    """The whole case stands still only while every open item does: a new item lets it run again."""
    engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=watch())
    view = finish_item(engine, accepted(engine), "I01")
    for item, department in (("I07", "D01"), ("I08", "D07"), ("I16", "D09"), ("I17", "D18")):
        procedure = catalog().items[item].special_procedures[0].id
        view = engine.suspend(view.id, item=item, procedure=procedure, actor=f"{department}:a", reason="x")
    assert view.clock("theme/promised").state == "running", "the signboard still runs"
    view = finish_item(engine, view, "I09")
    assert view.clock("theme/promised").state == "suspended"
    view = engine.resume(view.id, item="I07", actor="D01:a")
    assert view.clock("theme/promised").state == view.clock("theme/joint_cap").state == "running"
    engine.close()


@given(
    limit=st.builds(
        "{} {}".format, st.integers(0, 90), st.sampled_from(["workdays", "natural days", "months", "hours"])
    ),
    anchor=st.datetimes(datetime(2024, 12, 1), datetime(2026, 3, 1)),
    warning=st.sampled_from(["2 workdays", "0 workdays", "20%", "90%"]),
)
def test_a_remembered_date_is_the_computed_one(limit: str, anchor: datetime, warning: str) -> None:
    """Whatever the hour at which a clock begins: the dates are those that the law's clocks give for its own facts."""
    calendar = Calendar.national(provisional=True)
    moment = anchor.replace(tzinfo=UTC)
    clock = ClockState("c", "step", None, None, limit, case_clocks.utc(moment), warning, "escalate")
    case_clocks.refresh(clock, calendar)
    ledger = Ledger(moment, Limit.parse(limit))
    due, warn = clocks.due(ledger, calendar), clocks.warn_at(ledger, calendar, case_clocks.policy_from(warning))
    assert clock.due_at == case_clocks.utc(due.at) and clock.due == due.date.isoformat()
    assert clock.provisional == due.provisional and clock.calendar == calendar.version
    assert clock.warn_at == (case_clocks.utc(warn) if warn else None)


def test_a_date_that_moves_forward_is_met_by_the_next_sweep(tmp_path: Path) -> None:
    """A notice that is put right gives an earlier date: nothing would look at the case before the old one, but the sweep does."""
    url, clock = f"sqlite:///{tmp_path}/cases.db", watch()
    wrong = with_notice(region="420000", year=2025, first="2025-03-06", last="2025-03-07", worked="")
    engine = govflow.Engine(url, wrong, clock=clock)
    view = finish_item(engine, accepted(engine), "I01")
    assert view.clock("I09/promised").due == "2025-03-12"
    engine.sweep()
    engine.close()
    right = govflow.Engine(url, catalog(), clock=clock)
    clock.at("2025-03-11 00:01")
    fired = right.sweep()
    assert ("I09/promised", "expired", "2025-03-10") in {(f.clock, f.event, f.due) for f in fired}
    assert right.check(view.id) == []
    right.close()
