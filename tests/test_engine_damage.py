"""Rows that somebody damaged: every answer is a plain sentence that names the case, and only that case is affected."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow import GovflowError
from govflow.engine.store import StoreError
from govflow.law.calendar import Calendar
from tests.cases import accepted, act, catalog, watch

DEEP = "[" * 20_000
BROKEN: list[Any] = ["", "{", "[]", "{}", "null", "5", '"x"', DEEP, '{"a":' * 3000, b"\xff\xfe", "\ud7ff", 0, '[["a"]]']
PLACES = {
    "cases": ("body", "snapshot", "state", "definition", "updated_at", "applied_at", "kind", "ref", "revision"),
    "clocks": ("body", "state", "due_at", "kind"),
    "events": ("body", "type", "at", "hash", "previous", "actor"),
    "definitions": ("bundle", "bpmn", "elements", "ref"),
    "applicants": ("details", "kind", "identity"),
    "tasks": ("kind", "state", "opened_at", "due_at", "path"),
    "jobs": ("wake_at", "kind", "body", "state"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, str]]:
    """A sound database with two cases of two definitions; its file, the case to damage, and the other."""
    path = tmp_path_factory.mktemp("damage") / "cases.db"
    engine = govflow.Engine(f"sqlite:///{path}", catalog(), clock=watch())
    one = act(engine, accepted(engine).open_tasks[0])
    other = accepted(engine, ref="company-registration", answers={}, materials=["M03", "M04", "M05", "M06"])
    engine.close()
    yield path, one.id, other.id


@pytest.mark.parametrize(("table", "column"), [(table, column) for table in PLACES for column in PLACES[table]])
def test_damage_is_told_and_stays_with_its_case(
    whole: tuple[Path, str, str], tmp_path: Path, table: str, column: str
) -> None:
    """Every method on the damaged case answers or says plainly that it is damaged; the other case goes on."""
    path, case, other = whole
    for value in BROKEN:
        url = f"sqlite:///{tmp_path}/cases.db"
        shutil.copy(path, tmp_path / "cases.db")
        _damage(url, table, column, case, value)
        clock = watch("2025-03-04 09:00")
        engine = govflow.Engine(url, catalog(), clock=clock)
        calls: list[Any] = [
            lambda e=engine: e.case(case).as_data(), lambda e=engine: e.history(case), lambda e=engine: e.progress(case),
            lambda e=engine: e.check(case), lambda e=engine: e.explain(case, "I16/promised"),
            lambda e=engine: e.claim(f"{case}.3", actor="D01:li"),
            lambda e=engine: act(e, e.tasks(case=case).items[0]),
            lambda e=engine: e.suspend(case, item="I16", procedure="听证", actor="D09:li", reason="x"),
            lambda e=engine: e.withdraw(case, actor="applicant:chen", reason="x"),
            lambda e=engine: e.tasks(), lambda e=engine: e.cases(), lambda e=engine: e.incidents(),
            lambda e=engine, c=clock: e.sweep(c.forward(days=30)), lambda e=engine: e.reproject(),
        ]  # fmt: skip
        for call in calls:
            try:
                call()
            except GovflowError as told:
                assert told.en and len(told.zh) < 2000
            except IndexError:
                pass  # the inbox has no task of the case: the test's own
        if (table, column) not in (("jobs", "wake_at"),):
            assert act(engine, engine.case(other).open_tasks[0]).id == other
        assert engine.check(other) == []
        engine.close()


def _damage(url: str, table: str, column: str, case: str, value: Any) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        where = (
            "hash = (SELECT definition FROM cases WHERE id = :case)" if table == "definitions"
            else "id = :case" if table == "cases" else "case_id = :case"
        )  # fmt: skip
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.execute(
            sa.text(f"UPDATE {table} SET {column} = :value WHERE {where}"), {"value": value, "case": case}
        )


@pytest.mark.parametrize(
    "place", [("cases", "body"), ("events", "body"), ("cases", "snapshot"), ("definitions", "bundle")]
)
def test_the_sentence_names_the_case(whole: tuple[Path, str, str], tmp_path: Path, place: tuple[str, str]) -> None:
    """What is damaged, and in which case, stands in the message; the check says so in one line a fault."""
    path, case, _ = whole
    url = f"sqlite:///{tmp_path}/cases.db"
    shutil.copy(path, tmp_path / "cases.db")
    _damage(url, *place, case, DEEP)
    engine = govflow.Engine(url, catalog(), clock=watch())
    with pytest.raises(StoreError) as told:
        (engine.history if place[0] == "events" else lambda c: act(engine, engine.tasks(case=c).items[0]))(case)
    assert case in told.value.zh and case in told.value.en
    assert engine.check(case) and all(case in fault for fault in engine.check(case))
    engine.close()


def test_reprojecting_leaves_out_only_what_cannot_be_read(tmp_path: Path) -> None:
    """A new notice moves every date but the damaged case's; the error names it, and calling again does what is left."""
    url = f"sqlite:///{tmp_path}/cases.db"
    engine = govflow.Engine(url, catalog(), clock=watch())
    cases = [accepted(engine).id for _ in range(3)]
    engine.close()
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        sound = connection.execute(sa.text("SELECT body FROM cases WHERE id = :case"), {"case": cases[1]}).scalar_one()
    _damage(url, "cases", "body", cases[1], "{")
    days = {date(2025, 3, day): "节假日" for day in (12, 13)}
    later = govflow.Engine(
        url, catalog(), clock=watch(), calendar=Calendar.of_days(date(2025, 1, 1), date(2027, 12, 31), days)
    )
    with pytest.raises(StoreError) as told:
        later.reproject("新的通知")
    assert told.value.details["cases"] == [cases[1]] and cases[1] in told.value.zh
    changes = told.value.details["changes"]
    assert isinstance(changes, list) and {each["case"] for each in changes} == {cases[0], cases[2]}
    _damage(url, "cases", "body", cases[1], sound)
    assert {each["case"] for each in later.reproject("新的通知")} == {cases[1]}
    assert [later.check(case) for case in cases] == [[]] * 3
    later.close()
