"""A database of 0.1.0 in the hands of this version: upgraded, verified, shown as it was, and carried to its end."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow import compiler
from govflow.engine.definitions import pinned
from govflow.engine.store import Database, StoreError
from tests.cases import ANSWERS, COMPANY, MATERIALS, ROOT
from tests.stored import carry, states, stored

HERE = Path(stored.__file__).parent

SAMPLE = 4
"""The slow and the late way carry every fourth open case: each of them does what the brisk one does, and waits besides."""

DIFFERENT: Mapping[str, Any] = {}
"""What this version says otherwise than 0.1.0 of how a carried case ends, by case: none, and each entry says why."""


class Clock:
    """The clock of an engine, turned by hand."""

    def __init__(self, at: str) -> None:
        self.now = datetime.fromisoformat(at)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, to: datetime) -> None:
        self.now = to


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What 0.1.0 showed."""
    return stored.expected()


@pytest.fixture(scope="module")
def catalog() -> govflow.Catalog:
    """The definitions that are in force today; open cases keep their own."""
    return govflow.load(HERE / "definitions", ROOT / "definitions", rules=()).catalog


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The stored database on SQLite, as 0.1.0 left it."""
    stored.load_sqlite(tmp_path / "cases.db")
    return f"sqlite:///{tmp_path}/cases.db"


@pytest.fixture
def clock(expected: dict[str, Any]) -> Clock:
    """The clock stands where 0.1.0 left it."""
    return Clock(expected["at"])


@pytest.fixture
def engine(url: str, catalog: govflow.Catalog, clock: Clock) -> Iterator[govflow.Engine]:
    """This version's engine on the upgraded database."""
    upgraded(url)
    found = govflow.Engine(url, catalog, clock=clock)
    yield found
    found.close()


def upgraded(url: str) -> None:
    """As `govflow db upgrade` does it."""
    database = Database(url)
    assert pinned.upgrade(database)[0] == "0001"
    database.dispose()


def changed(url: str, statement: str, **values: Any) -> None:
    """Change rows behind the engine's back."""
    database = Database(url)
    with database.write() as connection:
        assert connection.execute(sa.text(statement), values).rowcount > 0
    database.dispose()


def rows(url: str, statement: str) -> list[Any]:
    """What is stored."""
    database = Database(url)
    with database.read() as connection:
        found = list(connection.execute(sa.text(statement)))
    database.dispose()
    return found


def keep_only(url: str, cases: list[str]) -> None:
    """Remove all other cases."""
    database = Database(url)
    with database.write() as connection:
        for table in ("jobs", "events", "clocks", "tasks", "applicants", "cases"):
            column = "id" if table == "cases" else "case_id"
            query = sa.text(f"DELETE FROM {table} WHERE {column} NOT IN :kept").bindparams(
                sa.bindparam("kept", expanding=True)
            )
            connection.execute(query, {"kept": cases})
    database.dispose()


def open_cases(expected: dict[str, Any]) -> list[str]:
    """The cases that 0.1.0 left open."""
    return sorted(case["id"] for case in expected["cases"] if case["closed"] is None)


def ends(found: Mapping[str, carry.End]) -> dict[str, Any]:
    """How cases ended, as the file says it."""
    return {case: {"state": e.state, "items": dict(e.items), "results": e.results} for case, e in found.items()}


def test_an_old_database_is_refused_until_it_is_upgraded(url: str, catalog: govflow.Catalog) -> None:
    """Nothing is changed without being asked: the sentence says what to run."""
    with pytest.raises(StoreError, match="govflow db upgrade"):
        govflow.Engine(url, catalog)
    upgraded(url)
    govflow.Engine(url, catalog).close()


def test_each_case_is_sound_and_shown_as_it_was(engine: govflow.Engine, expected: dict[str, Any]) -> None:
    """State, items, materials, tasks, clocks, number of events and last hash of all cases; `check` finds no fault in any."""
    names = ("name", "told")
    told = [{key: value for key, value in case.items() if key not in names} for case in expected["cases"]]
    assert [states.shown(engine, case["id"]) for case in told] == told


def test_the_same_keys_give_the_same_cases(engine: govflow.Engine, expected: dict[str, Any]) -> None:
    """What was done under a key is not done again, whatever it holds."""
    assert expected["keys"]
    carry.again(engine, expected["keys"])


def test_every_open_case_is_carried_to_its_end(engine: govflow.Engine, clock: Clock, expected: dict[str, Any]) -> None:
    """All open cases of 0.1.0 end as 0.1.0 itself ended them; every step is checked."""
    found = ends(carry.carry(engine, clock.turn, **carry.WAYS["brisk"]))
    assert found == {**expected["ends"]["brisk"], **DIFFERENT}


def test_open_cases_end_alike_on_postgresql(
    postgres_url: str, catalog: govflow.Catalog, clock: Clock, expected: dict[str, Any]
) -> None:
    """The same rows on the other database: every case is sound, and every second open one ends as it did."""
    database = Database(postgres_url)
    with database.write() as connection:
        stored.load_postgres(connection)
    database.dispose()
    upgraded(postgres_url)
    engine = govflow.Engine(postgres_url, catalog, clock=clock)
    assert [engine.check(case["id"]) for case in expected["cases"]] == [[] for _ in expected["cases"]]
    carry.again(engine, expected["keys"])
    chosen = open_cases(expected)[::2]
    keep_only(postgres_url, chosen)
    found = ends(carry.carry(engine, clock.turn, **carry.WAYS["brisk"]))
    assert found == {case: {**expected["ends"]["brisk"], **DIFFERENT}[case] for case in chosen}
    engine.close()


@pytest.mark.parametrize("way", ["slow", "late"])
def test_open_cases_end_alike_while_clocks_expire(
    engine: govflow.Engine, url: str, clock: Clock, expected: dict[str, Any], way: str
) -> None:
    """Every fourth open case, with people who are slow, or who begin when everything is overdue."""
    chosen = open_cases(expected)[::SAMPLE]
    keep_only(url, chosen)
    found = ends(carry.carry(engine, clock.turn, **carry.WAYS[way]))
    assert found == {case: {**expected["ends"][way], **DIFFERENT}[case] for case in chosen}


def test_what_is_cached_in_another_form_is_made_anew(
    engine: govflow.Engine, url: str, clock: Clock, expected: dict[str, Any]
) -> None:
    """The log is the record: a case whose state and snapshot another version wrote is sound, and goes on to its end."""
    chosen = open_cases(expected)[::SAMPLE]
    keep_only(url, chosen)
    changed(
        url,
        "UPDATE cases SET snapshot = :snapshot, body = :body",
        snapshot=b"[0]",
        body='{"format":0,"items":"elsewhere"}',
    )
    assert [engine.case(case).id for case in chosen] == chosen
    assert [engine.check(case) for case in chosen] == [[] for _ in chosen]
    found = ends(carry.carry(engine, clock.turn, **carry.WAYS["brisk"]))
    assert found == {case: {**expected["ends"]["brisk"], **DIFFERENT}[case] for case in chosen}


def test_the_table_of_elements_is_made_where_none_is_stored(
    engine: govflow.Engine, url: str, expected: dict[str, Any]
) -> None:
    """The upgrade completes every definition; a reader that meets an incomplete one makes the same table."""
    assert rows(url, "SELECT count(*) FROM definitions WHERE elements IS NULL") == [(0,)]
    case = next(case for case in expected["cases"] if case["closed"] is None)
    shown = engine.case(case["id"]).as_data()
    changed(url, "UPDATE definitions SET elements = NULL")
    again = govflow.Engine(url, engine.catalog, clock=engine.now)
    assert again.case(case["id"]).as_data() == shown and again.check(case["id"]) == []
    again.close()


def test_a_damaged_definition_is_named(url: str, engine: govflow.Engine) -> None:
    """A stored BPMN that is no XML is a sentence about its definition, for the upgrade and for the check of a case."""
    case, digest = rows(url, "SELECT id, definition FROM cases ORDER BY id")[0]
    changed(
        url, "UPDATE definitions SET bpmn = :broken, elements = NULL WHERE hash = :digest", broken=b"<a", digest=digest
    )
    with pytest.raises(StoreError, match=digest[:12]) as refused:
        pinned.upgrade(Database(url))
    assert refused.value.details["definitions"] == [digest]
    again = govflow.Engine(url, engine.catalog, clock=engine.now)
    (fault,) = again.check(case)
    assert digest[:12] in fault
    again.close()


def test_a_definition_whose_elements_nobody_knows_is_named(url: str) -> None:
    """A file with an id that this compiler does not make is not guessed at; all others are completed all the same."""
    Database(url).upgrade()
    digest, bpmn = rows(url, "SELECT hash, bpmn FROM definitions ORDER BY hash")[0]
    other = bpmn.replace(b'"t_accept"', b'"t_taken_in"').replace(b">t_accept<", b">t_taken_in<")
    changed(url, "UPDATE definitions SET bpmn = :other WHERE hash = :digest", other=other, digest=digest)
    with pytest.raises(StoreError, match="t_taken_in") as refused:
        pinned.upgrade(Database(url))
    assert refused.value.details["definitions"] == [digest] and digest[:12] in refused.value.en
    assert rows(url, "SELECT hash FROM definitions WHERE elements IS NULL") == [(digest,)]


def test_a_step_may_be_called_as_it_likes(tmp_path: Path, catalog: govflow.Catalog, clock: Clock) -> None:
    """A case is in the state that its tasks say, whatever their ids end in: 0.1.0 took `pre_post_check` for a post-check."""
    engine = govflow.Engine(f"sqlite:///{tmp_path}/new.db", catalog, clock=clock)
    view = engine.apply(
        "J-9",
        applicant=COMPANY,
        answers={"twice": False},
        materials=engine.required("J-9", {"twice": False}),
        actor="applicant:carry",
    )
    carry.carry(engine, clock.turn, **carry.WAYS["brisk"])
    names = [event.body["element"] for event in engine.history(view.id) if event.type == "task_opened"]
    assert any(name.endswith("_pre_post_check") for name in names)
    told = [event.body["state"] for event in engine.history(view.id) if event.type == "state_changed"]
    assert told == ["handing_out"]
    engine.close()


def test_the_same_files_compiled_otherwise_are_kept_beside(
    engine: govflow.Engine, url: str, expected: dict[str, Any], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new case runs by the new compiler's file, an old one by its own, though both rest on the same definition files."""
    old = next(case for case in expected["cases"] if case["ref"] == "T1" and case["state"] == "reviewing")
    monkeypatch.setattr(pinned, "to_bpmn", lambda *args: compiler.to_bpmn(*args) + b"<!-- another compiler -->\n")
    first, second = (
        engine.apply("T1", applicant=COMPANY, answers=ANSWERS, materials=MATERIALS, actor="applicant:carry")
        for _ in range(2)
    )
    assert first.definition == second.definition != engine.case(old["id"]).definition
    keep_only(url, [first.id, old["id"]])
    monkeypatch.undo()
    again = govflow.Engine(url, engine.catalog, clock=clock)
    assert {case: end.state for case, end in carry.carry(again, clock.turn, **carry.WAYS["brisk"]).items()} == {
        first.id: "closed",
        old["id"]: "closed",
    }
    again.close()


def test_a_case_runs_by_the_ids_that_it_was_given(
    tmp_path: Path, catalog: govflow.Catalog, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compiler that makes other ids leaves open cases alone: each runs by its own file and the table beside it."""

    def other(id: str) -> str:
        return re.sub(r"\b([tcsb])_(?=\w)", r"x\1_", id)

    def renamed(ref: str, catalog: govflow.Catalog) -> dict[str, compiler.ElementInfo]:
        found = made(ref, catalog).values()
        return {other(info.id): replace(info, id=other(info.id), host=info.host and other(info.host)) for info in found}

    made = compiler.elements
    monkeypatch.setattr(compiler, "elements", renamed)
    monkeypatch.setattr(pinned, "to_bpmn", lambda *args: other(compiler.to_bpmn(*args).decode()).encode())
    url = f"sqlite:///{tmp_path}/other.db"
    engine = govflow.Engine(url, catalog, clock=clock)
    first = engine.apply(
        "open-restaurant", applicant=COMPANY, answers=ANSWERS, materials=MATERIALS, actor="applicant:carry"
    )
    engine.close()
    monkeypatch.undo()

    engine = govflow.Engine(url, catalog, clock=clock)
    assert {event.body["element"] for event in engine.history(first.id) if event.type == "task_opened"} == {"xt_accept"}
    assert engine.check(first.id) == []
    ended = carry.carry(engine, clock.turn, **carry.WAYS["brisk"])[first.id]
    assert ended.state == "closed" and {state for _, state in ended.items} == {"delivered"}
    assert any(path.endswith("/xc_I01") for path in engine.progress(first.id).element_states)
    engine.close()
