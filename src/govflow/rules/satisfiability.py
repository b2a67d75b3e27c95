"""Which answers make conditions true: tried out, a handful of values a question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import product

from govflow.language.conditions import Answers, Condition, Fact, FactValue, facts_in, holds
from govflow.language.model import Question

MOST_TRIALS = 4096


def never_holds(condition: Condition | None, questions: Mapping[str, Question]) -> bool:
    """Whether no answers make the condition true; False when that cannot be tried out."""
    if condition is None:
        return False
    tried = _trials([condition], questions)
    return tried is not None and not any(holds(condition, answers) for answers in tried)


def unanswered(conditions: Sequence[Condition], questions: Mapping[str, Question]) -> Answers | None:
    """Answers that make none of the conditions true, or None when there are none or that cannot be tried out."""
    for answers in _trials(conditions, questions) or ():
        if not any(holds(condition, answers) for condition in conditions):
            return answers
    return None


def _trials(conditions: Iterable[Condition], questions: Mapping[str, Question]) -> Iterator[Answers] | None:
    """Every combination that matters; None when a fact is unknown or there are too many."""
    facts: dict[str, list[Fact]] = {}
    for condition in conditions:
        for fact in facts_in(condition):
            facts.setdefault(fact.fact, []).append(fact)
    if any(fact not in questions for fact in facts):
        return None
    values = [_values(questions[fact], used) for fact, used in facts.items()]
    count = 1
    for each in values:
        count *= len(each)
    if not 0 < count <= MOST_TRIALS:
        return None
    return (dict(zip(facts, combination, strict=True)) for combination in product(*values))


def _values(question: Question, used: Sequence[Fact]) -> list[FactValue]:
    """Values on either side of every literal that the conditions compare with."""
    literals = [v for fact in used for v in (fact.value if isinstance(fact.value, tuple) else (fact.value,))]
    match question.kind:
        case "boolean":
            return [True, False]
        case "choice":
            return [option for option, _ in question.options]
        case "number":
            near = {float(v) + shift for v in literals if isinstance(v, int | float) for shift in (-1, -0.5, 0, 0.5, 1)}
            least = question.minimum if question.minimum is not None else float("-inf")
            most = question.maximum if question.maximum is not None else float("inf")
            return [v for v in sorted(near) if least <= v <= most]
        case "date":
            return [*_days(literals)]
    return [*dict.fromkeys(str(v) for v in literals), ""]


def _days(literals: Iterable[FactValue]) -> Iterator[str]:
    for literal in literals:
        try:
            day = date.fromisoformat(str(literal))
        except ValueError:
            continue
        if date.min < day < date.max:
            yield from ((day + timedelta(days=shift)).isoformat() for shift in (-1, 0, 1))
