"""Which answers make conditions true: tried out, a handful of values a question.

Comparisons change their outcome at their literals only. It suffices to try each literal, the bounds of the question,
one value between each two of them, and one on either side.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from govflow.language.conditions import Answers, Condition, Fact, FactValue, facts_in, holds
from govflow.language.model import Question

MOST_TRIALS = 4096
"""So many combinations of answers are tried at most; larger conditions are taken to be sound."""


@dataclass(frozen=True, slots=True)
class Domain:
    """What may be answered to a question."""

    kind: str
    options: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @classmethod
    def of(cls, question: Question) -> Domain:
        """The domain of a question of the model."""
        options = tuple(option for option, _ in question.options)
        return cls(question.kind, options, question.minimum, question.maximum)

    @classmethod
    def of_data(cls, question: Mapping[str, Any]) -> Domain:
        """That of a question as it is written; what is not well formed bounds nothing."""
        options = question.get("options")
        bounds = (question.get("minimum"), question.get("maximum"))
        least, most = (each if is_number(each) else None for each in bounds)
        return cls(question["type"], tuple(options) if isinstance(options, Mapping) else (), least, most)

    def allows(self, value: FactValue) -> bool:
        """Whether the value is an answer that may be given: of the right type, and within the bounds."""
        if not self.compares(value):
            return False
        return self.kind != "number" or self._holds(float(value))

    def compares(self, value: FactValue) -> bool:
        """Whether an answer may be compared with the value; an unknown kind is compared with any text."""
        match self.kind:
            case "number":
                return is_number(value)
            case "boolean":
                return isinstance(value, bool)
            case "choice":
                return isinstance(value, str) and (not self.options or value in self.options)
            case "date":
                return isinstance(value, str) and day_of(value) is not None
        return isinstance(value, str)

    def samples(self, literals: Iterable[FactValue]) -> list[FactValue]:
        """Enough answers to tell every outcome of comparisons with these literals."""
        match self.kind:
            case "boolean":
                return [True, False]
            case "choice":
                return list(self.options)
            case "number":
                return self._numbers(literals)
            case "date":
                days = {day for each in literals if (day := day_of(str(each))) is not None}
                near = {day + timedelta(days=shift) for day in days for shift in (-1, 0, 1)}
                return [day.isoformat() for day in sorted(near)]
        return [*dict.fromkeys(str(each) for each in literals), "\N{REPLACEMENT CHARACTER}"]

    def _numbers(self, literals: Iterable[FactValue]) -> list[FactValue]:
        known = (*literals, self.minimum, self.maximum)
        marks = sorted({float(each) for each in known if each is not None and is_number(each)})
        if not marks:
            return []
        between = [(low + high) / 2 for low, high in itertools.pairwise(marks)]
        return [each for each in (marks[0] - 1, *marks, *between, marks[-1] + 1) if self._holds(each)]

    def _holds(self, number: float) -> bool:
        least = float("-inf") if self.minimum is None else self.minimum
        return least <= number <= (float("inf") if self.maximum is None else self.maximum)


def constant(condition: Condition, domains: Mapping[str, Domain]) -> bool | None:
    """True for a condition that holds for all answers, False for one that holds for none, None for any other."""
    seen: set[bool] = set()
    for answers in _trials([condition], domains) or ():
        seen.add(holds(condition, answers))
    return seen.pop() if len(seen) == 1 else None


def unanswered(conditions: Sequence[Condition], domains: Mapping[str, Domain]) -> Answers | None:
    """Answers that make none of the conditions true, or None when there are none or that cannot be tried out."""
    for answers in _trials(conditions, domains) or ():
        if not any(holds(condition, answers) for condition in conditions):
            return answers
    return None


def day_of(text: str) -> date | None:
    """The day of an ISO date, with one before and one after it; None for any other text."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and date.min < day < date.max else None


def _trials(conditions: Iterable[Condition], domains: Mapping[str, Domain]) -> Iterator[Answers] | None:
    """Every combination that matters; None when a fact is unknown or there are too many."""
    facts: dict[str, list[FactValue]] = {}
    for fact in (fact for condition in conditions for fact in facts_in(condition)):
        facts.setdefault(fact.fact, []).extend(_literals(fact))
    if any(fact not in domains for fact in facts):
        return None
    values = [domains[fact].samples(literals) for fact, literals in facts.items()]
    count = 1
    for each in values:
        count *= len(each)
    if not 0 < count <= MOST_TRIALS:
        return None
    return (dict(zip(facts, combination, strict=True)) for combination in itertools.product(*values))


def _literals(fact: Fact) -> Sequence[FactValue]:
    return fact.value if isinstance(fact.value, tuple) else (fact.value,)


def is_number(value: object) -> bool:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
