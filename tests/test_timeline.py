"""A case's history as sentences: each kind of fact is told or silent on purpose, in one language at a time."""

import re
from pathlib import Path

import pytest

import govflow
from govflow.engine.case import events, reasons
from govflow.engine.case.events import TYPES
from govflow.engine.definitions.pinned import upgrade
from govflow.engine.store import Database
from govflow.engine.views import EventView
from govflow.products.timeline import TOLD_BY_ANOTHER, Narrator
from govflow.text import Text
from tests.cases import ROOT, accepted, catalog, finish_item, watch
from tests.stored import stored

SILENT = {
    "task_opened", "task_claimed", "task_released", "task_cancelled", "item_finished", "clock_started", "clock_closed",
    "timer_fired", "state_changed",
}  # fmt: skip
"""Facts that only the machine needs: what a reader wants to know of them another fact tells."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> list[EventView]:
    """Events of every type, of the cases that an earlier version stored."""
    path = tmp_path_factory.mktemp("stored") / "cases.db"
    stored.load_sqlite(path)
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.dispose()
    engine = govflow.Engine(f"sqlite:///{path}", govflow.load(ROOT / "definitions").catalog)
    found = [e for case in stored.expected()["cases"] for e in engine.history(case["id"])]
    engine.close()
    return found


def test_each_kind_of_fact_is_told_or_silent_on_purpose(history: list[EventView]) -> None:
    """No type is forgotten: whoever adds one decides whether a reader hears of it."""
    assert {e.type for e in history} == set(TYPES) - {"refused"}
    for lang in ("zh", "en"):
        narrator = Narrator(catalog(), lang)
        for event in history:
            line, fact = narrator.line(event), events.fact_of(event.type, event.body)
            elsewhere = isinstance(fact, events.TaskCompleted) and (
                fact.kind in TOLD_BY_ANOTHER or fact.outcome == "correct"
            )
            assert (line is None) == (event.type in SILENT or elsewhere), event
            assert line is None or (line.what and line.mark and "workdays" not in line.what) or lang == "en"


def test_the_engines_own_reasons_are_told_in_the_readers_language(history: list[EventView]) -> None:
    """They stay in the log as they always were; an English timeline says them in English."""
    known = {name: reason for name, reason in vars(reasons).items() if isinstance(reason, Text)}
    assert len(known) == 7 and all(CHINESE.search(r.zh) and not CHINESE.search(r.en) for r in known.values())
    assert len({r.zh for r in known.values()}) == len(known)
    for reason in known.values():
        kept = (
            reasons.because(reason, "I07")
            if reason.zh[-1] in "可过为" and reason != reasons.DEEMED_REFUSED
            else reason.zh
        )
        assert reasons.told(kept).zh == kept and reasons.told(kept).en.startswith(reason.en)
    assert reasons.told("材料不符") == Text("材料不符")
    english = Narrator(catalog(), "en")
    lines = [english.line(e) for e in history if any(r.zh in str(e.body.get("reason", "")) for r in known.values())]
    assert len(lines) > 3 and not [
        line for line in lines if line is None or CHINESE.search(line.what.partition(": ")[2])
    ]


def test_a_limit_is_said_in_the_readers_language(tmp_path: Path) -> None:
    """An extension of five workdays is 5个工作日 in Chinese."""
    engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=watch())
    view = finish_item(engine, accepted(engine), "I01")
    engine.extend(view.id, item="I07", by="5 workdays", actor="D01/head:li", reason="现场复核")
    event = next(e for e in engine.history(view.id) if e.type == "clocks_extended")
    said = {lang: Narrator(catalog(), lang).line(event) for lang in ("zh", "en")}
    assert said["zh"] and "延长 5个工作日：现场复核" in said["zh"].what
    assert said["en"] and "extended by 5 workdays: 现场复核" in said["en"].what
    engine.close()
