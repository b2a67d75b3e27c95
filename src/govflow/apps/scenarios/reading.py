"""From the documents of scenario files to scenarios; the schema and the references have been checked by the loader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any

from govflow.apps.scenarios.records import Expectation, Scenario, ScenarioStep
from govflow.language.source import Document
from govflow.law.clocks import SHANGHAI

OPENING = time(9)
"""A step or expectation with a date alone takes place when the offices open."""


def scenarios_from(document: Document) -> Iterator[Scenario]:
    """The scenarios of one sound document of kind scenarios/1, in its order."""
    data = document.data
    for number, each in enumerate(data["scenarios"]):
        under: tuple[str | int, ...] = ("scenarios", number)
        yield Scenario(
            file=document.file,
            name=each["name"],
            of=data["of"],
            given=dict(each.get("given", {})),
            drop=tuple(each.get("drop", ())),
            applicant=each.get("applicant"),
            steps=tuple(_step(document, (*under, "steps", n), step) for n, step in enumerate(each["steps"])),
            expect=tuple(_expectation(document, (*under, "expect", n), e) for n, e in enumerate(each["expect"])),
            span=document.span((*under, "name")),
        )


def moment_of(text: str) -> datetime:
    """An instant as written, `2025-06-03 10:00` or `2025-06-03` (09:00), in Beijing time."""
    moment = datetime.fromisoformat(text)
    if len(text) <= len("2025-06-03"):
        moment = datetime.combine(moment.date(), OPENING)
    return moment.replace(tzinfo=SHANGHAI)


def _step(document: Document, path: tuple[str | int, ...], data: Mapping[str, Any]) -> ScenarioStep:
    words = {key: value for key, value in data.items() if key not in ("at", "do")}
    return ScenarioStep(moment_of(data["at"]), data["do"], words, document.span(path))


def _expectation(document: Document, path: tuple[str | int, ...], data: Mapping[str, Any]) -> Expectation:
    words = {key: value for key, value in data.items() if key != "at"}
    at = moment_of(data["at"]) if "at" in data else None
    return Expectation(at, words, {key: document.span((*path, key)) for key in words}, document.span(path))
