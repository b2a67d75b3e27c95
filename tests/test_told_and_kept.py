"""What a command is told stands in the log, and what is not yet handed over keeps its clock."""

from pathlib import Path

import pytest

import govflow
from govflow import InvalidInput
from govflow.catalog import load_texts
from govflow.products.timeline import Narrator
from tests.cases import MATERIALS, ROOT, accepted, act, apply_for, catalog, finish, finish_item, watch


def test_a_paper_result_beside_an_e_licence_keeps_the_delivery_clock(tmp_path: Path) -> None:
    """Issuing delivers e-licences; where paper is still to be handed over, the limit of delivery runs on."""
    texts = {str(path): path.read_text("utf-8") for path in (ROOT / "definitions").rglob("*.yaml")}
    (file,) = (name for name in texts if name.endswith("items/company-registration.yaml"))
    paper = "\nresults:\n  - {id: copy, name: 营业执照副本, kind: 证照, valid_for: 长期, sample: samples/copy.pdf}\n"
    assert "\nresults:\n" in texts[file]
    texts[file] = texts[file].replace("\nresults:\n", paper, 1)
    for name, shelf, state in (("one", catalog(), "met"), ("two", load_texts(texts, rules=()).catalog, "running")):
        engine = govflow.Engine(f"sqlite:///{tmp_path}/{name}.db", shelf, clock=watch())
        view = apply_for(engine, "I01", answers={}, materials=())
        missing = [m.material for m in view.materials if m.status == "missing"]
        view = engine.ask_correction(view.id, missing=missing, actor="D01:a")
        view = engine.supplement(view.id, materials=missing, actor="applicant:x")
        while not any(task.kind == "deliver" for task in view.open_tasks):
            view = act(engine, view.open_tasks[0], "accept" if view.open_tasks[0].kind == "accept" else "approve")
        assert view.clock("I01/delivery").state == state
        assert finish(engine, view).clock("I01/delivery").state == "met"


def test_the_reason_of_a_resumption_is_kept_and_told(tmp_path: Path) -> None:
    """Whoever reads the log later sees why the clocks run again."""
    engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=watch())
    view = accepted(engine)
    view = finish_item(engine, view, "I01")
    view = engine.suspend(view.id, item="I16", procedure="实地核查", actor="D09:sun", reason="合理布局")
    engine.resume(view.id, item="I16", actor="D09:sun", reason="查勘结束")
    (event,) = [
        each for each in engine.history(view.id) if each.type == "clocks_resumed" and each.body["item"] == "I16"
    ]
    assert event.body["reason"] == "查勘结束"
    assert "查勘结束" in str(Narrator(catalog(), "zh").line(event))
    assert engine.check(view.id) == []


def test_a_correction_for_an_item_asks_for_what_it_asks(tmp_path: Path) -> None:
    """The item that asks is kept in the log; it cannot ask for another item's materials."""
    engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=watch())
    left = "M09"
    view = apply_for(engine, materials=tuple(each for each in MATERIALS if each != left))
    chosen = [catalog().items[each.item] for each in view.items]
    user = next(item.code for item in chosen if any(use.material == left for use in item.materials))
    with pytest.raises(InvalidInput, match=left):
        engine.ask_correction(view.id, "I01", missing=[left], actor="D01:wang")
    engine.ask_correction(view.id, user, missing=[left], actor="D01:wang")
    (event,) = [each for each in engine.history(view.id) if each.type == "correction_asked"]
    assert event.body == {**event.body, "item": user, "missing": [left]}
