"""Facts as they are stored: the text that is hashed never changes, and every fact comes back as it was written."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType, structs

from govflow.engine.case import ClockId, events, fold
from govflow.engine.case.state import Event
from tests.stored import stored

WORDS = st.text(max_size=20)
NUMBERS = st.one_of(
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e16, 1e-5, -0.0]),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=8,
)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS, str | None: st.none() | WORDS, bool: st.booleans(), list[str]: st.lists(WORDS, max_size=3),
    dict[str, str]: st.dictionaries(WORDS, WORDS, max_size=3), dict[str, Any]: st.dictionaries(WORDS, JSON, max_size=3),
    dict[str, tuple[str, str]]: st.dictionaries(WORDS, st.tuples(WORDS, WORDS), max_size=3),
    events.Move: st.builds(events.Move, WORDS, WORDS, st.lists(WORDS, max_size=3)),
    str | UnsetType: st.just(UNSET) | WORDS, str | None | UnsetType: st.just(UNSET) | st.none() | WORDS,
}  # fmt: skip


SINCE = {"refused"}
"""Types of event that 0.1.0 did not have."""


def facts(kind: type[events.Fact]) -> st.SearchStrategy[Any]:
    """Facts of a type with anything in their fields."""
    return st.builds(kind, **{field.name: VALUES[field.type] for field in structs.fields(kind)})


def as_0_1_0(fact: events.AnyFact) -> str:
    """The text as 0.1.0 wrote it: JSON with sorted keys, as Python writes it."""
    return json.dumps(msgspec.to_builtins(fact), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@settings(max_examples=400, deadline=None)
@given(st.one_of([facts(kind) for kind in events.TYPES.values()]))
def test_the_text_of_a_fact_is_that_of_0_1_0(fact: events.AnyFact) -> None:
    """Whatever is in it, the text is byte for byte what was hashed before; and the fact comes back from it."""
    text = events.write(fact)
    assert text == as_0_1_0(fact)
    assert events.read(events.NAMES[type(fact)], text) == fact


def test_every_stored_event_is_read_and_would_be_written_alike() -> None:
    """All events that 0.1.0 stored, of every type that it had."""
    table = stored.read()["tables"]["events"]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    assert {row["type"] for row in rows} == set(events.TYPES) - SINCE
    for row in rows:
        assert events.write(events.read(row["type"], row["body"])) == row["body"]


@pytest.mark.parametrize("name", sorted(set(events.TYPES) - SINCE))
def test_a_name_that_is_not_known_is_passed_over(name: str) -> None:
    """What a later version adds to a fact does not keep this one from reading it."""
    kind = events.TYPES[name]
    table = stored.read()["tables"]["events"]
    body = next(row[table["columns"].index("body")] for row in table["rows"] if name in row)
    longer = json.dumps({**json.loads(body), "added_later": [1]})
    assert events.read(name, longer) == events.read(name, body)
    assert type(events.read(name, body)) is kind


def test_a_type_that_is_not_known_is_refused() -> None:
    """An event of no known type cannot be replayed: nobody can say what it did."""
    with pytest.raises(ValueError, match="'renamed'"):
        events.read("renamed", "{}")


def test_what_is_no_json_is_no_fact() -> None:
    """A record of the program is not written by what happens to be in it."""
    with pytest.raises(TypeError):
        events.canonical({"a": object()})


def test_a_case_begins_with_its_application() -> None:
    """No other fact comes first, and the application comes once."""
    closed = Event("C", 1, "2025-03-03T00:00:00.000000Z", "D01:x", "closed", events.Closed(), "{}", "", "h")
    with pytest.raises(ValueError, match="event 1 of type 'closed'"):
        fold(None, closed)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("I07/promised", ClockId("I07", "promised")),
        ("theme/joint_cap", ClockId("theme", "joint_cap")),
        ("gap/M03", ClockId("M03", "gap")),
        ("gap/M03#2", ClockId("M03", "gap", None, 2)),
        ("I07/survey/procedure#3", ClockId("I07", "procedure", "survey", 3)),
        ("accept/correction_notice", ClockId("accept", "correction_notice")),
    ],
)
def test_the_id_of_a_clock_says_whose_it_is_and_of_what(text: str, id: ClockId) -> None:
    """The text that callers know, and the parts that the rules ask for."""
    assert ClockId.of(text) == id
    assert str(id) == text
    assert id.first == ClockId(id.owner, id.kind, id.part)
