"""What a scenario file says and what came of running it: frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from govflow.compiler import ElementInfo
from govflow.diagnostics import Span
from govflow.engine.views import EventView
from govflow.text import Text


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    """One thing that somebody does at an instant; `words` are its other keys as written."""

    at: datetime
    do: str
    words: Mapping[str, Any]
    span: Span


@dataclass(frozen=True, slots=True)
class Expectation:
    """What should be so at an instant (None: at the end); `words` are the values, `spans` where each one stands."""

    at: datetime | None
    words: Mapping[str, Any]
    spans: Mapping[str, Span]
    span: Span

    @property
    def item(self) -> str | None:
        """The item that it is about, as written; None for the case, or for the only item."""
        return self.words.get("item")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario of a file. `of` is the code or slug of an item or theme."""

    file: str
    name: str
    of: str
    given: Mapping[str, Any]
    drop: tuple[str, ...]
    applicant: Mapping[str, Any] | None
    steps: tuple[ScenarioStep, ...]
    expect: tuple[Expectation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ScenarioFailure:
    """Something that is not as the scenario says. `details` explain it line by line, e.g. a due date day by day."""

    span: Span
    what: Text
    expected: str
    got: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario that has been run: its failures, its case's events, and the yes/no questions taken as no.

    `code` is that of its item or theme, `elements` are those of the process.
    """

    scenario: Scenario
    code: str
    failures: tuple[ScenarioFailure, ...]
    events: tuple[EventView, ...]
    assumed: tuple[str, ...]
    elements: Mapping[str, ElementInfo]

    @property
    def passed(self) -> bool:
        """Whether everything was as the scenario says."""
        return not self.failures
