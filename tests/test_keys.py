"""Every key of the language acts, or its reference says that it does not, or it is a finding where it stands.

A key acts where a room that decides something reads it: the rules, the plan, the compiler, the engine, the scenarios. A
key that none of them reads is marked on docs/language.md; so is one whose only readers are rules.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import govflow
from govflow.language import schema
from govflow.language.schema import KINDS
from tests.test_language_doc import PAGE, _shapes, _tables

SRC = Path(govflow.__file__).parent
ROOMS = (
    "engine",
    "plan",
    "compiler",
    "rules",
    "catalog",
    "law",
    "apps/scenarios",
    "language/building",
    "language/conditions.py",
)
PRINTED, IDLE = "只印在办事指南上", "还不影响办件"

MARKED = {
    PRINTED: {
        "materials.materials.signature", "materials.materials.validity", "item.prohibitions", "item.faq", "item.quota",
        "item.materials.note", "channels.places", "channels.mobile", "channels.appointment", "channels.in_hall",
        "channels.hall_reason",
    },
    IDLE: {
        "departments.departments.kind", "item.green_channel", "activity.staff", "item.region", "theme.region",
        "theme.audience", "item.audience", "time_limit.extension.once", "theme.joint.correction",
        "theme.joint.refusal.of_one", "theme.stages.lead", "variant.green_channel", "step.receive", "step.post_check", "item.version",
    },
}  # fmt: skip
NAMED_AGAIN = {"type": "kind", "on": "replaced_by", "use": "material", "do": "words", "within": "within"}
"""What the model calls a key that the language calls otherwise."""


def _keys() -> list[str]:
    return sorted(
        {f"{shape.name}.{key}" for kind in KINDS for shape in _shapes(schema.schema(kind), kind) for key in shape.keys}
    )


@cache
def _code(room: str) -> str:
    """The text of a room, without its comments."""
    place = SRC / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return "\n".join(re.sub(r"(?m)#.*$", "", each.read_text(encoding="utf-8")) for each in files)


def _readers(key: str, rooms: tuple[str, ...]) -> list[str]:
    words = {key, NAMED_AGAIN.get(key, key)}
    pattern = "|".join(rf"\.{word}\b|[\"']{word}[\"']" for word in words)
    return [room for room in rooms if re.search(pattern, _code(room))]


@pytest.mark.parametrize("key", _keys())
def test_every_key_acts_or_the_page_says_that_it_does_not(key: str) -> None:
    """A key is read by a room that decides something, or its row says what it is good for."""
    name, _, word = key.rpartition(".")
    row = " ".join(_tables(PAGE)[name][word].values())
    said = [mark for mark in (PRINTED, IDLE) if mark in row]
    assert said == [mark for mark, keys in MARKED.items() if key in keys], key
    if not said:
        assert _readers(word, ROOMS), f"{key}: nothing reads it; let it act, or mark its row"


@pytest.mark.parametrize("key", sorted(MARKED[PRINTED]))
def test_what_is_printed_only_is_read_by_the_guide_alone(key: str) -> None:
    """No room that decides reads such a key, so that the mark on the page is true."""
    word = key.rpartition(".")[2]
    deciding = tuple(room for room in ROOMS if room.split("/")[0] not in ("language", "law", "catalog"))
    if word not in GENERIC:
        assert not _readers(word, deciding)


GENERIC = {"note", "places"}
"""Words that mean something else in other rooms."""
