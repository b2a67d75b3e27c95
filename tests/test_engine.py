"""Running cases through the public API, on SQLite and on PostgreSQL: what is allowed, what is refused, what is kept."""

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow import Conflict, InvalidInput, NotAllowed, NotFound
from govflow.catalog import load_texts
from tests.cases import (
    ANSWERS,
    COMPANY,
    MATERIALS,
    PERSON,
    ROOT,
    Watch,
    accepted,
    act,
    apply_for,
    catalog,
    finish,
    finish_item,
    states,
    task_of,
    types,
    watch,
)


@pytest.fixture
def clock() -> Watch:
    """Monday 2025-03-03 09:00 in Beijing."""
    return watch()


@pytest.fixture
def engine(url: str, clock: Watch) -> Iterator[govflow.Engine]:
    """An engine on the definitions of this repository."""
    found = govflow.Engine(url, catalog(), clock=clock)
    yield found
    found.close()


def test_the_whole_job(engine: govflow.Engine, clock: Watch) -> None:
    """A restaurant is opened: one acceptance, five departments in parallel, one hand-out, and the log proves it."""
    view = accepted(engine)
    assert states(view) == {
        "I01": "reviewing",
        "I07": "waiting",
        "I08": "waiting",
        "I09": "waiting",
        "I16": "waiting",
        "I17": "waiting",
    }
    view = finish_item(engine, view, "I01")
    assert {t.department for t in view.open_tasks} >= {"D01", "D07", "D08", "D09", "D18"}
    view = finish(engine, view)
    assert view.state == "closed" and set(states(view).values()) == {"delivered"}
    assert len(view.results) == 6 and all(r["delivered"] for r in view.results)
    assert engine.check(view.id) == []


def test_the_licence_feeds_the_others_without_paper(engine: govflow.Engine) -> None:
    """The business licence is awaited, not asked; once issued it counts as the material."""
    view = accepted(engine)
    assert {m.material: m.status for m in view.materials}["M02"] == "awaited"
    view = finish_item(engine, view, "I01")
    assert {m.material: m.status for m in view.materials}["M02"] == "issued"


def test_answers_choose_the_items(engine: govflow.Engine) -> None:
    """A small shop needs no fire check; a dropped item is left out, and what it would have issued is asked again."""
    view = apply_for(engine, answers={**ANSWERS, "premises_area": 120}, drop=["I16"], materials=[])
    assert states(view)["I08"] == "skipped" and states(view)["I16"] == "skipped"
    assert "M12" not in {m.material for m in view.materials}
    view = apply_for(engine, drop=["I01"], materials=["M02"])
    assert {m.material: m.status for m in view.materials}["M02"] == "supplied"


def test_a_licence_already_held_is_only_verified(engine: govflow.Engine) -> None:
    """With a licence, registration shrinks to a data check by its department."""
    view = apply_for(engine, answers={**ANSWERS, "has_licence": True}, materials=[])
    missing = [m.material for m in view.materials if m.status == "missing"]
    assert "M04" not in missing
    engine.ask_correction(view.id, missing=missing, actor="D01:wang")
    view = engine.supplement(view.id, materials=missing, actor="applicant:chen")
    view = act(engine, view.open_tasks[0])
    assert [t.kind for t in view.open_tasks] == ["verify"]
    view = act(engine, view.open_tasks[0])
    assert states(view)["I01"] == "verified" and states(view)["I07"] == "reviewing"


def test_correction_once_and_complete(engine: govflow.Engine, clock: Watch) -> None:
    """One notice lists everything; an incomplete one, a second one, and something outside the guide are refused."""
    view = apply_for(engine, materials=[m for m in MATERIALS if m not in ("M09", "M12")])
    with pytest.raises(NotAllowed, match="不能受理"):
        engine.complete(view.open_tasks[0].id, actor="D01:wang", outcome="accept")
    with pytest.raises(InvalidInput, match="一次性告知全部"):
        engine.ask_correction(view.id, missing=["M09"], actor="D01:wang")
    with pytest.raises(InvalidInput, match="指南没有列出"):
        engine.ask_correction(view.id, missing=["M09", "M12", "M30"], actor="D01:wang")
    view = engine.ask_correction(view.id, missing=["M09", "M12"], actor="D01:wang")
    assert view.state == "correcting" and view.clock("supplement/correction").due == "2025-03-17"
    with pytest.raises(InvalidInput, match="M12"):
        engine.supplement(view.id, materials=["M09"], actor="applicant:chen")
    view = engine.supplement(view.id, materials=["M09", "M12"], actor="applicant:chen")
    with pytest.raises(NotAllowed, match="不得再次要求"):
        engine.ask_correction(view.id, missing=["M04"], actor="D01:wang")
    view = engine.ask_correction(view.id, missing=["M12"], actor="D01:wang")
    assert view.state == "correcting"


def test_a_correction_for_an_item_asks_for_what_it_asks(engine: govflow.Engine) -> None:
    """The item that asks is kept in the log; it cannot ask for another item's materials."""
    view = apply_for(engine, materials=[m for m in MATERIALS if m != "M09"])
    with pytest.raises(InvalidInput, match="M09") as caught:
        engine.ask_correction(view.id, "I01", missing=["M09"], actor="D01:wang")
    assert caught.value.details["item"] == "I01"
    engine.ask_correction(view.id, "food-business-permit", missing=["M09"], actor="D01:wang")
    (event,) = [each for each in engine.history(view.id) if each.type == "correction_asked"]
    assert (event.body["item"], event.body["missing"]) == ("I07", ["M09"])


def test_a_correction_is_done_only_by_what_is_handed_in(engine: govflow.Engine, clock: Watch) -> None:
    """Ticking off the applicant's task is refused while anything asked for is missing, and no clock starts anew."""
    view = apply_for(engine, materials=[m for m in MATERIALS if m not in ("M09", "M12")])
    view = engine.ask_correction(view.id, missing=["M09", "M12"], actor="D01:wang")
    before = engine.history(view.id)
    for actor in ("applicant:chen", "D01:wang"):
        with pytest.raises(NotAllowed, match=r"M09 .+、M12 .+supplement") as caught:
            engine.complete(view.open_tasks[0].id, actor=actor, outcome="done")
        assert caught.value.details["missing"] == ["M09", "M12"]
    assert engine.history(view.id) == before
    clock.at("2025-03-18 00:00")
    engine.sweep()
    assert engine.case(view.id).state == "deemed_withdrawn", "never accepted as if all were there"


def test_no_notice_in_time_is_acceptance_from_receipt(engine: govflow.Engine, clock: Watch) -> None:
    """Five workdays without a word: accepted as of the day of receipt, and the clocks start there (art. 32)."""
    view = apply_for(engine)
    assert view.clock("accept/correction_notice").due == "2025-03-10"
    clock.at("2025-03-10 23:59:59")
    assert [f.event for f in engine.sweep()] == ["warned"]
    clock.at("2025-03-11 00:00")
    fired = engine.sweep()
    assert ("accept/correction_notice", "expired", "deemed_acceptance") in {(f.clock, f.event, f.effect) for f in fired}
    view = engine.case(view.id)
    assert view.deemed and view.state == "reviewing" and (view.accepted_as_of or "").startswith("2025-03-03")
    assert view.clock("I01/promised").due == "2025-03-04" and view.clock("I01/promised").light == "red"
    assert engine.check(view.id) == []


def test_the_applicant_misses_the_correction_period(engine: govflow.Engine, clock: Watch) -> None:
    """Ten workdays without supplement: deemed withdrawn, nothing stays open."""
    view = apply_for(engine, materials=[])
    missing = [m.material for m in view.materials if m.status == "missing"]
    engine.ask_correction(view.id, missing=missing, actor="D01:wang")
    clock.at("2025-03-18 00:00")
    engine.sweep()
    view = engine.case(view.id)
    assert view.state == "deemed_withdrawn" and not view.open_tasks
    assert all(c.closed_at for c in view.clocks)
    assert engine.sweep() == []


def test_special_procedure_stops_and_starts_the_clocks(engine: govflow.Engine, clock: Watch) -> None:
    """The days of a site check do not count: (a, b] is taken out of both decision clocks of that item only."""
    view = finish_item(engine, accepted(engine), "I01")
    due = view.clock("I16/promised").due
    clock.at("2025-03-04 10:00")
    view = engine.suspend(view.id, item="I16", procedure="实地核查", actor="D09:sun", reason="合理布局")
    assert view.clock("I16/promised").due is None and view.clock("I16/promised").state == "suspended"
    assert view.clock("I09/promised").due is not None and states(view)["I16"] == "suspended"
    clock.at("2025-03-07 10:00")
    view = engine.resume(view.id, item="I16", actor="D09:sun")
    assert (due, view.clock("I16/promised").due) == ("2025-03-13", "2025-03-18")
    kinds = {line.kind for line in engine.explain(view.id, "I16/promised").lines}
    assert "stopped" in kinds


def test_refused_stops_change_nothing(engine: govflow.Engine, clock: Watch) -> None:
    """An unlisted kind, a second stop, a resume of what runs, a wrong department: refused, and no event is written."""
    view = finish_item(engine, accepted(engine), "I01")
    before = len(engine.history(view.id))
    with pytest.raises(NotAllowed, match="没有列出特别程序"):
        engine.suspend(view.id, item="I09", procedure="听证", actor="D08:liu", reason="x")
    with pytest.raises(NotAllowed, match="没有停止计时"):
        engine.resume(view.id, item="I16", actor="D09:sun")
    with pytest.raises(NotAllowed, match="无权改变"):
        engine.suspend(view.id, item="I16", procedure="实地核查", actor="D01:wang", reason="x")
    with pytest.raises(InvalidInput, match="reason"):
        engine.suspend(view.id, item="I16", procedure="实地核查", actor="D09:sun", reason=" ")
    assert len(engine.history(view.id)) == before
    engine.suspend(view.id, item="I16", procedure="实地核查", actor="D09:sun", reason="x")
    with pytest.raises(NotAllowed, match="已因"):
        engine.suspend(view.id, item="I16", procedure="实地核查", actor="D09:sun", reason="x")


def test_extension_once_in_time_by_the_head(engine: govflow.Engine, clock: Watch) -> None:
    """Once, at most what the law allows, before the due date, by the head (art. 42)."""
    view = finish_item(engine, accepted(engine), "I01")
    with pytest.raises(NotAllowed, match="head"):
        engine.extend(view.id, item="I07", by="5 workdays", actor="D01:wang", reason="案情复杂")
    with pytest.raises(NotAllowed, match="不能延期"):
        engine.extend(view.id, item="I07", by="6 workdays", actor="D01/head:li", reason="案情复杂")
    with pytest.raises(InvalidInput, match="by"):
        engine.extend(view.id, item="I07", by="五天", actor="D01/head:li", reason="案情复杂")
    view = engine.extend(view.id, item="I07", by="5 workdays", actor="D01/head:li", reason="案情复杂")
    assert view.clock("I07/statutory").due == "2025-03-24" and view.clock("I07/promised").due == "2025-03-17"
    with pytest.raises(NotAllowed, match="不能延期"):
        engine.extend(view.id, item="I07", by="1 workday", actor="D01/head:li", reason="再延")
    clock.at("2025-04-01 00:00")
    with pytest.raises(NotAllowed, match="不能延期"):
        engine.extend(view.id, item="I09", by="1 workday", actor="D08/head:liu", reason="太晚")


def test_lights_and_escalation(engine: govflow.Engine, clock: Watch) -> None:
    """Yellow a workday before, red the day after; the work goes on, and the head of its department is told which."""
    view = finish_item(engine, accepted(engine), "I01")
    due = view.clock("I09/promised").due
    assert due == "2025-03-10" and view.clock("I09/promised").light == "green"
    clock.at("2025-03-07 00:00")
    engine.sweep()
    assert engine.case(view.id).clock("I09/promised").light == "yellow"
    clock.at("2025-03-11 00:00")
    fired = {(f.clock, f.event) for f in engine.sweep()}
    assert ("I09/promised", "expired") in fired
    view = engine.case(view.id)
    assert view.clock("I09/promised").light == "red" and states(view)["I09"] == "reviewing"
    late = [e.body for e in engine.history(view.id) if e.type == "escalated" and e.body["clock"] == "I09/promised"]
    assert late == [{
        "clock": "I09/promised", "kind": "promised", "item": "I09", "to": "D08/head",
        "tasks": [t.id for t in view.open_tasks if t.item == "I09"],
    }]  # fmt: skip
    assert all(t.escalated for t in view.open_tasks if t.item == "I09")
    assert {t.item for t in engine.tasks(department="D08", light="red").items} == {"I09"}
    assert engine.sweep() == [], "a clock fires once"


def test_inbox_pages(engine: govflow.Engine) -> None:
    """The inbox gives each task once over its pages, in the order of the cases."""
    cases = [apply_for(engine, key=f"k{n}").id for n in range(5)]
    found, after = [], None
    while True:
        page = engine.tasks(department="market-regulation", limit=2, after=after)
        found += [t.case for t in page.items]
        if page.next is None:
            break
        after = page.next
    assert found == cases
    with pytest.raises(InvalidInput, match="limit"):
        engine.tasks(limit=0)


def test_cases_are_listed_by_state_and_definition(engine: govflow.Engine, clock: Watch) -> None:
    """By slug or code, by state, both at once; a page ends where the next begins."""
    one, other = apply_for(engine), accepted(engine)
    alone = apply_for(engine, "I01", answers={}, materials=())
    ids = [one.id, other.id, alone.id]
    assert [c["id"] for c in engine.cases()] == ids
    assert (
        [c["id"] for c in engine.cases(ref="open-restaurant")] == [c["id"] for c in engine.cases(ref="T1")] == ids[:2]
    )
    assert [c["id"] for c in engine.cases(ref="company-registration")] == ids[2:]
    assert [c["id"] for c in engine.cases(state="received")] == [one.id, alone.id]
    assert [(c["id"], c["ref"], c["state"]) for c in engine.cases(ref="T1", state="reviewing")] == [
        (other.id, "T1", "reviewing")
    ]
    assert [c["id"] for c in engine.cases(after=one.id, limit=1)] == [other.id]


def test_the_inbox_is_filtered(engine: govflow.Engine, clock: Watch) -> None:
    """By department (slug or code), role and case, alone and together; what does not fit is not there."""
    one, other = apply_for(engine), finish_item(engine, accepted(engine), "I01")

    def shown(**filters: Any) -> set[tuple[str, str | None]]:
        return {(t.case, t.item) for t in engine.tasks(**filters).items}

    everything = {(t.case, t.item) for t in (*one.open_tasks, *other.open_tasks)}
    assert shown() == everything and len(everything) == 6
    assert shown(role="window") == {(one.id, None)}
    assert shown(role="reviewer") == everything - {(one.id, None)} and shown(role="head") == set()
    assert shown(case=one.id) == {(one.id, None)}
    assert shown(department="market-regulation") == shown(department="D01") == {(one.id, None), (other.id, "I07")}
    assert shown(department="D01", role="reviewer") == {(other.id, "I07")}
    assert shown(department="D07", case=one.id) == set()


def test_the_inbox_is_filtered_by_light(engine: govflow.Engine, clock: Watch) -> None:
    """Green, yellow and red share the open tasks among them, by the clock that governs each; the due instant is in time."""
    view = finish_item(engine, accepted(engine), "I01")

    def shown(light: str) -> list[str]:
        tasks = engine.tasks(case=view.id, light=light).items
        assert all(task.light == light for task in tasks)
        return sorted(str(task.item) for task in tasks)

    def lights() -> list[list[str]]:
        return [shown(light) for light in ("green", "yellow", "red")]

    assert lights() == [["I07", "I08", "I09", "I09", "I16", "I17"], ["I07"], []]
    clock.at("2025-03-03 14:00")
    assert lights() == [["I07", "I08", "I09", "I09", "I16", "I17"], ["I07"], []]
    clock.forward(microseconds=1)
    assert lights() == [["I07", "I08", "I09", "I09", "I16", "I17"], [], ["I07"]]
    clock.at("2025-03-04 23:59:59.999999")
    assert lights() == [["I16", "I17"], ["I07", "I08", "I09", "I09"], ["I07"]]
    clock.at("2025-03-06 00:00")
    assert lights() == [[], ["I16", "I17"], ["I07", "I07", "I08", "I09", "I09"]]


def test_bad_applications_are_refused_whole(engine: govflow.Engine) -> None:
    """A wrong number, answer, material or theme gets a sentence that names the field; no case is made."""
    wrong = [
        (InvalidInput, "applicant.id", {"applicant": {**COMPANY, "id": "91421300MAXX884167"}}),
        (InvalidInput, "applicant.kind", {"applicant": {**COMPANY, "kind": "公司"}}),
        (InvalidInput, "applicant.name", {"applicant": {**COMPANY, "name": " "}}),
        (InvalidInput, "premises_area", {"answers": {k: v for k, v in ANSWERS.items() if k != "premises_area"}}),
        (InvalidInput, "answers.premises_area", {"answers": {**ANSWERS, "premises_area": "很大"}}),
        (InvalidInput, "premises_area", {"answers": {**ANSWERS, "premise_area": 1}}),
        (InvalidInput, "M30", {"materials": ["M30"]}),
        (InvalidInput, "actor", {"actor": "somebody"}),
        (InvalidInput, "actor", {"actor": "D99:wang"}),
    ]
    for kind, words, change in wrong:
        with pytest.raises(kind, match=words):
            apply_for(engine, **change)
    with pytest.raises(NotFound, match="open-restaurnt"):
        apply_for(engine, ref="open-restaurnt")
    assert engine.cases() == []


def test_wrong_hands(engine: govflow.Engine) -> None:
    """A task is its department's and its role's; done twice it is a conflict that says who was first."""
    view = apply_for(engine)
    task = view.open_tasks[0]
    with pytest.raises(NotAllowed, match="D07:zhao"):
        engine.complete(task.id, actor="D07:zhao", outcome="accept")
    with pytest.raises(InvalidInput, match="outcome"):
        engine.complete(task.id, actor="D01:wang", outcome="maybe")
    with pytest.raises(InvalidInput, match="理由"):
        engine.complete(task.id, actor="D01:wang", outcome="refuse")
    engine.complete(task.id, actor="D01:wang", outcome="accept")
    with pytest.raises(Conflict, match="D01:wang") as caught:
        engine.complete(task.id, actor="D01:li", outcome="accept")
    assert caught.value.details["by"] == "D01:wang"
    with pytest.raises(NotFound):
        engine.complete("nothing", actor="D01:wang", outcome="accept")
    with pytest.raises(NotFound):
        engine.complete(f"{view.id}.999", actor="D01:wang", outcome="accept")


def test_claim_and_release(engine: govflow.Engine) -> None:
    """A claimed task is its claimant's until released."""
    task = apply_for(engine).open_tasks[0].id
    assert engine.claim(task, actor="D01:wang").assignee == "D01:wang"
    assert engine.claim(task, actor="D01:wang").assignee == "D01:wang"
    with pytest.raises(Conflict, match="D01:wang"):
        engine.claim(task, actor="D01:li")
    with pytest.raises(NotAllowed):
        engine.complete(task, actor="D01:li", outcome="accept")
    with pytest.raises(NotAllowed):
        engine.release(task, actor="D01:li")
    assert engine.release(task, actor="D01:wang").assignee is None
    assert engine.complete(task, actor="D01:li", outcome="accept").state == "reviewing"


def test_the_same_key_is_the_same_case(engine: govflow.Engine) -> None:
    """A portal that asks again gets the same case; the same key with other content is a conflict."""
    first = apply_for(engine, key="portal-1")
    assert apply_for(engine, key="portal-1").id == first.id
    assert len(engine.cases()) == 1
    with pytest.raises(Conflict, match="portal-1"):
        apply_for(engine, key="portal-1", answers={**ANSWERS, "premises_area": 50})
    task = first.open_tasks[0].id
    engine.complete(task, actor="D01:wang", outcome="accept", key="t-1")
    assert engine.complete(task, actor="D01:wang", outcome="accept", key="t-1").state == "reviewing"
    assert types(engine, first.id).count("accepted") == 1


def test_refusal_stops_the_dependants_only(engine: govflow.Engine) -> None:
    """A refused item ends alone; a refused first licence ends those that need it."""
    view = finish_item(engine, accepted(engine), "I01")
    while states(view)["I17"] != "refused":
        task = next(t for t in view.open_tasks if t.item == "I17")
        view = act(engine, task, "refuse" if task.kind == "decide" else "approve", "水质不达标")
    view = finish(engine, view)
    assert view.state == "closed" and states(view)["I17"] == "refused" and states(view)["I07"] == "delivered"
    other = accepted(engine)
    view = act(engine, task_of(other, "I01", "review"))
    view = act(engine, task_of(view, "I01", "decide"), "refuse", "名称不合规")
    assert set(states(view).values()) == {"refused", "terminated"}
    assert engine.check(view.id) == []


def test_withdrawal_until_the_decision(engine: govflow.Engine) -> None:
    """The applicant may take it back while something is undecided; every clock and task ends."""
    view = finish_item(engine, accepted(engine), "I01")
    with pytest.raises(NotAllowed):
        engine.withdraw(view.id, actor="D07:zhao", reason="x")
    view = engine.withdraw(view.id, actor="applicant:chen", reason="不开了")
    assert view.state == "withdrawn" and not view.open_tasks and all(c.closed_at for c in view.clocks)
    with pytest.raises(NotAllowed, match="withdrawn"):
        engine.withdraw(view.id, actor="applicant:chen", reason="again")
    assert engine.check(view.id) == []


def test_commitment_decides_at_once_and_is_checked_after(engine: govflow.Engine) -> None:
    """With commitment the fire check goes straight to the decision; a post-check clock runs after the hand-out."""
    view = finish_item(engine, accepted(engine, answers={**ANSWERS, "fire_commitment": True}), "I01")
    assert [t.kind for t in view.open_tasks if t.item == "I08"] == ["decide"]
    while view.state != "post_check":
        view = act(engine, view.open_tasks[0])
    assert [(t.item, t.kind) for t in view.open_tasks] == [("I08", "post_check")]
    assert view.clock("I08/post_check").state == "running"
    view = act(engine, view.open_tasks[0])
    assert view.state == "closed" and view.clock("I08/post_check").state == "met"


def test_joint_visit_is_one_task_for_two_items(engine: govflow.Engine) -> None:
    """Food and fire look at the same premises: whoever records the joint visit closes both."""
    view = finish_item(engine, accepted(engine), "I01")
    for item in ("I07", "I08"):
        while not any(t.item == item and t.kind == "visit" for t in view.open_tasks):
            view = act(engine, next(t for t in view.open_tasks if t.item == item))
    visit = task_of(view, "I08", "visit")
    view = engine.complete(visit.id, actor="D07:zhao", outcome="approve", opinion="联合踏勘合格")
    assert not [t for t in view.open_tasks if t.kind == "visit" and t.item in ("I07", "I08")]
    assert states(view)["I07"] == states(view)["I08"] == "reviewing"
    visits = [t for t in view.tasks if t.kind == "visit"]
    done = {e.body["task"]: e.body["joint"] for e in engine.history(view.id) if e.type == "task_completed"}
    assert {t.item for t in visits} == {"I07", "I08"} and visits[0].joint is not None
    assert [(t.joint, done[t.id], t.closed_by, t.outcome) for t in visits] == [
        (visits[0].joint, visits[0].joint, "D07:zhao", "approve")
    ] * 2


def test_a_visit_made_alone_is_not_joint(engine: govflow.Engine) -> None:
    """Who comes before the other one is ready has looked for himself only, and the record says so."""
    view = finish_item(engine, accepted(engine), "I01")
    while not any(t.item == "I08" and t.kind == "visit" for t in view.open_tasks):
        view = act(engine, next(t for t in view.open_tasks if t.item == "I08"))
    view = act(engine, task_of(view, "I08", "visit"))
    (visit,) = (t for t in view.tasks if t.kind == "visit")
    (event,) = (e for e in engine.history(view.id) if e.type == "task_completed" and e.body["task"] == visit.id)
    assert event.body["joint"] is None and states(view)["I07"] == "reviewing"


def test_an_item_alone_is_a_case_too(engine: govflow.Engine) -> None:
    """An item runs by itself from acceptance to delivery."""
    needed = {q.id: ANSWERS.get(q.id, False) for q in catalog().items["I07"].questions if q.default is None}
    view = engine.apply("food-business-permit", applicant=COMPANY, answers=needed, materials=[], actor="applicant:x")
    missing = [m.material for m in view.materials if m.status == "missing"]
    engine.ask_correction(view.id, missing=missing, actor="D01:wang")
    view = engine.supplement(view.id, materials=missing, actor="applicant:x")
    view = finish(engine, view)
    assert view.state == "closed" and view.results[0]["name"] == "食品经营许可证"


def test_naive_and_backward_clocks_are_refused(url: str) -> None:
    """A naive datetime and an instant before the last event are refused; nothing is written."""
    clock = watch()
    engine = govflow.Engine(url, catalog(), clock=clock)
    view = apply_for(engine)
    clock.forward(days=-1)
    with pytest.raises(InvalidInput, match="先后"):
        engine.complete(view.open_tasks[0].id, actor="D01:wang", outcome="accept")
    clock.moment = datetime(2025, 3, 4)
    with pytest.raises(InvalidInput, match="时区"):
        apply_for(engine)
    with pytest.raises(InvalidInput, match="时区"):
        engine.sweep(datetime(2025, 3, 4))


def test_a_case_keeps_its_definition(url: str, clock: Watch) -> None:
    """A definition changed while a case runs does not change the case: it pins the hash at its application."""
    engine = govflow.Engine(url, catalog(), clock=clock)
    view = accepted(engine)
    later = govflow.Engine(url, _shorter(), clock=clock)
    view = finish_item(later, later.case(view.id), "I01")
    assert view.clock("I09/promised").limit == "5 workdays"
    other = accepted(later)
    assert other.definition != view.definition
    assert finish_item(later, other, "I01").clock("I09/promised").limit == "3 workdays"


def _shorter() -> govflow.Catalog:
    texts = {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8") for p in (ROOT / "definitions").rglob("*.yaml")}
    name = "definitions/items/outdoor-signboard.yaml"
    assert "promised: {within: 5 workdays" in texts[name]
    texts[name] = texts[name].replace("promised: {within: 5 workdays", "promised: {within: 3 workdays")
    return load_texts(texts).catalog


def test_joined_transactions(url: str, clock: Watch) -> None:
    """The portal's row and the case commit together or not at all."""
    engine = govflow.Engine(url, catalog(), clock=clock)
    database = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE portal (id INTEGER PRIMARY KEY, case_id TEXT)"))
    with pytest.raises(RuntimeError), database.begin() as connection:
        view = apply_for(engine.joined(connection))
        connection.execute(sa.text("INSERT INTO portal VALUES (1, :c)"), {"c": view.id})
        raise RuntimeError("the portal failed")
    assert engine.cases() == []
    with database.begin() as connection:
        view = apply_for(engine.joined(connection))
        connection.execute(sa.text("INSERT INTO portal VALUES (1, :c)"), {"c": view.id})
    assert engine.case(view.id).state == "received"
    database.dispose()


def test_subscribers_hear_after_the_commit(engine: govflow.Engine) -> None:
    """A subscriber sees the events of a command once they are stored, and none of a refused command."""
    heard: list[str] = []

    def listen(events: Any) -> None:
        heard.extend(e.type for e in events)
        assert engine.history(events[0].body["case"])[-1].seq >= events[-1].seq

    engine.subscribe(listen)
    view = apply_for(engine)
    assert heard[0] == "applied"
    heard.clear()
    with pytest.raises(NotAllowed):
        engine.complete(view.open_tasks[0].id, actor="D07:zhao", outcome="accept")
    assert heard == []


REVIEW = "I01/registration-review/step"
NOT_AS_REPLAYED = "与事件记录重放的结果不同"
ROW = "的登记与事件记录不同："
TAMPERING: dict[str, tuple[str, tuple[str, ...]]] = {
    "an event's actor": (
        "UPDATE events SET actor = 'D01:other' WHERE seq = 2",
        ("第 2 个事件（task_opened）与哈希链不符，内容被改动过",),
    ),
    "an event's content": (
        "UPDATE events SET body = REPLACE(body, 'online', 'window') WHERE seq = 1",
        ("第 1 个事件（applied）与哈希链不符，内容被改动过",),
    ),
    "the first event": ("DELETE FROM events WHERE seq = 1", ("第 1 个事件缺失，找到的编号是 2",)),
    "the third event": ("DELETE FROM events WHERE seq = 3", ("第 3 个事件缺失，找到的编号是 4",)),
    "the last event": (
        "DELETE FROM events WHERE seq = (SELECT MAX(seq) FROM events)",
        (
            f"办件状态的 clock_ids {NOT_AS_REPLAYED}",
            f"办件状态的 seq {NOT_AS_REPLAYED}",
            f"办件状态的 hash {NOT_AS_REPLAYED}",
            f"时钟 {REVIEW} 在事件记录里没有",
            f"办件里多出时钟 {REVIEW}",
        ),
    ),
    "all events": ("DELETE FROM events", ("不能读取或重放：ValueError case 20250303-0001 has no events",)),
    "the snapshot": (
        "UPDATE cases SET snapshot = CAST(snapshot || ' ' AS BLOB)", ("流程快照与事件记录重放的结果不同",),
    ),
    "a due date": (
        "UPDATE clocks SET due_at = '2025-12-31T00:00:00.000000Z' WHERE id = 'I01/promised'",
        (f"时钟 I01/promised {ROW}due_at 是 '2025-12-31T00:00:00.000000Z'，应为 '2025-03-",),
    ),
    "a clock's state": (
        "UPDATE clocks SET state = 'met' WHERE id = 'I01/promised'",
        ("has no rows for its clocks I01/promised",),
    ),
    "how a closed clock ended": (
        "UPDATE clocks SET body = REPLACE(body, '\"met\"', '\"missed\"') WHERE state = 'met'",
        ("时钟 accept/correction_notice 存的 state 与由事件记录重算的不同", f"时钟 accept/correction_notice {ROW}"),
    ),
    "every wake-up": (
        "UPDATE clocks SET wake_at = NULL",
        (
            f"时钟 I01/promised {ROW}wake_at 是 None", f"时钟 {REVIEW} {ROW}wake_at 是 None", f"时钟 I01/statutory {ROW}wake_at 是 None",
            f"时钟 theme/joint_cap {ROW}wake_at 是 None", f"时钟 theme/promised {ROW}wake_at 是 None",
        ),
    ),
    "a clock's anchor": (
        "UPDATE clocks SET body = REPLACE(body, '2025-03-03T', '2025-04-03T') WHERE id = 'I01/promised'",
        (
            "时钟 I01/promised 存的 anchor、warn_at 与由事件记录重算的不同", f"时钟 I01/promised {ROW}",
            "办件里记的时钟 I01/promised 与它的登记不同",
        ),
    ),
    "a clock's row": ("DELETE FROM clocks WHERE id = 'I01/statutory'", ("has no rows for its clocks I01/statutory",)),
    "a closed clock's row": (
        "DELETE FROM clocks WHERE id = 'accept/correction_notice'", ("时钟 accept/correction_notice 没有存下",),
    ),
    "a clock of nobody": (
        "INSERT INTO clocks SELECT case_id, 'I99/promised', kind, item, state, body, due_at, wake_at, provisional, calendar"
        " FROM clocks WHERE id = 'I01/promised'",
        ("时钟 I99/promised 在事件记录里没有",),
    ),
    "the case's state": ("UPDATE cases SET state = 'closed'", (f"办件 {ROW}state 是 'closed'，应为 'reviewing'",)),
    "an answer": (
        "UPDATE cases SET body = REPLACE(body, '\"premises_area\":420', '\"premises_area\":20')",
        (f"办件状态的 answers {NOT_AS_REPLAYED}",),
    ),
    "a due date by a calendar that is gone": (
        "UPDATE clocks SET due_at = REPLACE(due_at, '2025-03-06', '2025-03-26'), body = REPLACE(REPLACE(body,"
        " '2025-03-06', '2025-03-26'), '\"calendar\":\"', '\"calendar\":\"old ') WHERE id = 'I01/statutory'",
        (f"时钟 I01/statutory {ROW}calendar 是 ", "办件里记的时钟 I01/statutory 与它的登记不同"),
    ),
    "a clock left out of the state": (
        "UPDATE cases SET body = json_remove(body, '$.clocks.\"I01/promised\"')",
        ("办件里记的时钟 I01/promised 与它的登记不同",),
    ),
    "a task's role in the state": (
        "UPDATE cases SET body = REPLACE(body, 'reviewer', 'head')", (f"办件里存的任务{NOT_AS_REPLAYED}",),
    ),
    "garbage": ("UPDATE cases SET body = '{'", ("存的内容不能读取或重放：",)),
    "a garbage clock": ("UPDATE clocks SET body = '[]' WHERE id = 'I01/promised'", ("存的内容不能读取或重放：",)),
    "a task's due date": (
        "UPDATE tasks SET due_at = '2030-01-01T00:00:00.000000Z' WHERE state = 'open'",
        (f"任务 20250303-0001.2 {ROW}due_at 是 '2030-01-01T00:00:00.000000Z'，应为 '2025-03-",),
    ),
    "a task's department": (
        "UPDATE tasks SET department = 'D07' WHERE state = 'open'", (f"任务 20250303-0001.2 {ROW}department 是 'D07'，应为 'D01'",),
    ),
    "a task taken from the inbox": (
        "UPDATE tasks SET state = 'completed'", (f"任务 20250303-0001.2 {ROW}state 是 'completed'，应为 'open'",),
    ),
    "a task's row": (
        "DELETE FROM tasks WHERE state <> 'open'", ("没有存下的任务是 20250303-0001.1，事件记录里没有的是 （无）",),
    ),
    "the applicant's name": ("UPDATE applicants SET name = '别人'", ("申请人与申请时的摘要不符，内容被改动过",)),
    "the applicant": ("DELETE FROM applicants", ("没有存下申请人",)),
    "a definition": ("UPDATE definitions SET bundle = bpmn", ("不能读取：这不是 bundle/1 格式的定义包",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one case just accepted, to be copied and spoilt."""
    file = tmp_path_factory.mktemp("untouched") / "cases.db"
    engine = govflow.Engine(f"sqlite:///{file}", catalog(), clock=watch())
    assert engine.check(accepted(engine).id) == []
    engine.close()
    return file


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_shows(tmp_path: Path, untouched: Path, what: str) -> None:
    """Whatever is changed behind the engine's back is told for what it is: these faults, in this order, and no others."""
    change, words = TAMPERING[what]
    url = f"sqlite:///{shutil.copy(untouched, tmp_path)}"
    database = sa.create_engine(url)
    with database.begin() as connection:
        assert connection.exec_driver_sql(change).rowcount >= 1
    database.dispose()
    engine = govflow.Engine(url, catalog(), clock=watch())
    found, told = engine.check("20250303-0001"), engine.check("20250303-0001", lang="en-GB")
    engine.close()
    assert len(told) == len(found) and not re.search("[\u4e00-\u9fff]", "".join(told).replace("别人", "")), told
    assert all(fault.startswith("20250303-0001: ") for fault in found)
    assert [word for word, fault in zip(words, found, strict=True) if word in fault] == list(words), found


def test_a_closed_case_takes_no_more_facts(engine: govflow.Engine) -> None:
    """After a withdrawal nothing more is handed in, stopped or decided."""
    view = accepted(engine)
    engine.withdraw(view.id, actor="applicant:chen", reason="不开了")
    with pytest.raises(NotAllowed, match="已结束"):
        engine.supplement(view.id, materials=["M09"], actor="applicant:chen")
    with pytest.raises(NotAllowed):
        engine.suspend(view.id, item="I01", procedure="x", actor="D01:wang", reason="x")


def test_personal_data_is_masked(engine: govflow.Engine) -> None:
    """The identity number appears neither in views nor in the events."""
    view = apply_for(engine)
    assert COMPANY["id"] not in repr(view.as_data())
    assert COMPANY["id"] not in repr([e.as_data() for e in engine.history(view.id)])
    assert PERSON["id"] not in repr(view.applicant)
