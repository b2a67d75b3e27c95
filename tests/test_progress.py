"""Where a case stands, and the ways that it has walked, as the picture shows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

import govflow
from govflow.compiler import pictures
from govflow.compiler import svg as drawing
from tests.cases import MATERIALS, Watch, act, apply_for, catalog, finish, watch

SVG = "{http://www.w3.org/2000/svg}"
CORRECTED = [
    "f_e_start__g_received", "f_g_received__t_accept", "f_t_accept__g_intake", "f_g_intake__t_supplement",
    "f_t_supplement__g_received", "f_g_intake__g_accepted", "f_g_accepted__s_joint",
]  # fmt: skip


@pytest.fixture(name="clock")
def _clock() -> Watch:
    return watch()


@pytest.fixture(name="engine")
def _engine(tmp_path: Path, clock: Watch) -> Iterator[govflow.Engine]:
    found = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=clock)
    yield found
    found.close()


def green(engine: govflow.Engine, case: str, process: str | None = None) -> set[str]:
    """The flows that the case's picture draws as walked."""
    progress = engine.progress(case)
    svg = drawing.draw(progress.ref, progress.catalog, progress.element_states, process)
    paths = etree.fromstring(svg.encode()).iter(f"{SVG}path")
    stroke = drawing.LOOKS["done"].stroke
    return {str(e.get("id")) for e in paths if str(e.get("id")).startswith("f_") and e.get("stroke") == stroke}


def corrected(engine: govflow.Engine, clock: Watch) -> govflow.CaseView:
    """A restaurant accepted after one round of correction, whose licence is decided only after its promised day."""
    view = apply_for(engine, materials=[m for m in MATERIALS if m != "M09"])
    view = engine.ask_correction(view.id, missing=["M09"], actor="D01:wang")
    view = engine.supplement(view.id, materials=["M09"], actor="applicant:chen")
    view = act(engine, view.open_tasks[0])
    for moment in ("2025-03-04 09:00", "2025-03-05 09:00"):
        clock.at(moment)
        engine.sweep()
    return engine.case(view.id)


def test_a_corrected_and_late_case_shows_the_ways_it_walked(engine: govflow.Engine, clock: Watch) -> None:
    """Both ways out of the acceptance, and from each timer that fired to its reminder; no other timer's way."""
    view = corrected(engine, clock)
    walked = green(engine, view.id)
    assert set(CORRECTED) <= walked
    assert "f_g_intake__e_not_accepted" not in walked
    fired = {f"f_b_I01_{timer}__g_I01_alert" for timer in ("promised_warning", "promised_due")}
    assert {f for f in walked if f.startswith("f_b_")} == fired
    assert {"f_g_I01__c_I01", "f_g_I01_alert__n_I01_alert", "f_n_I01_alert__e_I01_alerted"} <= walked
    assert not {"f_g_I01__g_I01_done", "f_c_I01__g_I01_done"} & walked


def test_a_case_in_correction_has_walked_no_further(engine: govflow.Engine) -> None:
    """The way to the applicant is walked while the applicant works; the way to acceptance is not."""
    view = apply_for(engine, materials=[m for m in MATERIALS if m != "M09"])
    view = engine.ask_correction(view.id, missing=["M09"], actor="D01:wang")
    assert green(engine, view.id) == set(CORRECTED[:4])


def test_only_one_way_out_of_a_choice_is_walked(engine: govflow.Engine) -> None:
    """An item that the answers leave out is passed by its side way, one that is run through its handling."""
    answers = {"has_licence": True, "premises_area": 120, "sells_tobacco": False}
    answers |= {"large_signboard": False, "drains_to_network": False}
    view = apply_for(engine, answers=answers, materials=["M07", "M08", "M09"])
    view = finish(engine, act(engine, view.open_tasks[0]))
    walked = green(engine, view.id)
    assert {"f_g_I16__g_I16_done", "f_g_I07__c_I07", "f_c_I07__g_I07_done"} <= walked
    assert not {"f_g_I16__c_I16", "f_c_I16__g_I16_done", "f_g_I07__g_I07_done", "f_g_I01__c_I01"} & walked


def test_every_place_that_was_reached_was_reached_by_a_walked_way(engine: govflow.Engine, clock: Watch) -> None:
    """In every process of a finished case: a passed node has a walked way in, and a walked way joins passed nodes."""
    view = finish(engine, corrected(engine, clock))
    progress = engine.progress(view.id)
    passed = {path.rpartition("/")[2].partition("#")[0] for path in progress.element_states}
    for diagram in pictures(progress.ref, progress.catalog):
        walked = green(engine, view.id, diagram.process.id)
        ends = {e.flow.target for e in diagram.edges if e.flow.id in walked}
        assert all({e.flow.source, e.flow.target} <= passed for e in diagram.edges if e.flow.id in walked)
        assert {e.flow.target for e in diagram.edges if e.flow.target in passed} == ends, diagram.process.id


def test_walked_ways_lie_over_those_that_share_their_trunk(engine: govflow.Engine, clock: Watch) -> None:
    """Several timers share one line to their reminder; the walked one is drawn last."""
    view = corrected(engine, clock)
    progress = engine.progress(view.id)
    svg = drawing.draw(progress.ref, progress.catalog, progress.element_states)
    other = svg.index('id="f_b_I01_statutory_warning__g_I01_alert"')
    assert other < svg.index('id="f_b_I01_promised_warning__g_I01_alert"')
