"""Conditions over declared facts: a closed tree of data, never an expression.

A condition in a definition is one of `{fact: F, is|is_not|one_of|at_least|at_most|before|after: V}`,
`{all: [...]}`, `{any: [...]}` or `{not: ...}`. Nothing in it is evaluated as code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from govflow.text import Lang

FactValue = str | int | float | bool
Answers = Mapping[str, FactValue]
Operator = Literal["is", "is_not", "one_of", "at_least", "at_most", "before", "after"]

OPERATORS: tuple[Operator, ...] = ("is", "is_not", "one_of", "at_least", "at_most", "before", "after")


@dataclass(frozen=True, slots=True)
class Fact:
    """One comparison of a declared fact with a literal, e.g. premises_area at_least 300."""

    fact: str
    operator: Operator
    value: FactValue | tuple[FactValue, ...]


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is true; true for no parts."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True when at least one part is true; false for no parts."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of its part."""

    part: Condition


Condition = Fact | All | Any | Not


class UnknownFact(LookupError):
    """A condition names a fact that has no answer."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


def holds(condition: Condition | None, answers: Answers) -> bool:
    """Say whether the condition is true for these answers; no condition is always true.

    Raises UnknownFact when an answer that decides is missing.
    """
    match condition:
        case None:
            return True
        case All(parts):
            return all(holds(part, answers) for part in parts)
        case Any(parts):
            return any(holds(part, answers) for part in parts)
        case Not(part):
            return not holds(part, answers)
        case Fact(fact, operator, value):
            if fact not in answers:
                raise UnknownFact(fact)
            return _compare(operator, answers[fact], value)


def _compare(operator: Operator, answer: FactValue, value: FactValue | tuple[FactValue, ...]) -> bool:
    if isinstance(value, tuple):
        return any(_same(answer, option) for option in value)
    match operator:
        case "is":
            return _same(answer, value)
        case "is_not":
            return not _same(answer, value)
        case "one_of":
            return _same(answer, value)
        case "at_least":
            return _ordered(answer, value) >= 0
        case "at_most":
            return _ordered(answer, value) <= 0
        case "before":
            return _ordered(answer, value) < 0
        case "after":
            return _ordered(answer, value) > 0


def _same(left: FactValue, right: FactValue) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _ordered(left: FactValue, right: FactValue) -> int:
    """Compare two numbers, or two ISO dates as text; a mixed pair is a definition fault that the rules report."""
    if isinstance(left, str) or isinstance(right, str):
        left, right = str(left), str(right)
        return (left > right) - (left < right)
    return (left > right) - (left < right)


def facts_in(condition: Condition | None) -> Iterator[Fact]:
    """Every comparison in the tree, left to right."""
    match condition:
        case None:
            return
        case Fact():
            yield condition
        case Not(part):
            yield from facts_in(part)
        case All(parts) | Any(parts):
            for part in parts:
                yield from facts_in(part)


def condition_from(data: object) -> Condition | None:
    """Build the condition of a definition's plain data, which the schema has already checked.

    Raises ValueError for data that is no condition.
    """
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise ValueError(f"expected a condition such as {{fact: ..., is: ...}}, found {data!r}")
    if "all" in data:
        return All(tuple(_parts(data["all"])))
    if "any" in data:
        return Any(tuple(_parts(data["any"])))
    if "not" in data:
        part = condition_from(data["not"])
        if part is None:
            raise ValueError("expected a condition under 'not', found nothing")
        return Not(part)
    for operator in OPERATORS:
        if operator in data and "fact" in data:
            value = data[operator]
            literal = tuple(value) if isinstance(value, list | tuple) else value
            return Fact(str(data["fact"]), operator, literal)
    raise ValueError(f"expected one of {', '.join(OPERATORS)} beside 'fact', found {sorted(map(str, data))}")


def _parts(data: object) -> Iterator[Condition]:
    if not isinstance(data, list | tuple):
        raise ValueError(f"expected a list of conditions, found {data!r}")
    for entry in data:
        part = condition_from(entry)
        if part is not None:
            yield part


@dataclass(frozen=True, slots=True)
class Asked:
    """How a fact is read by people: the question that asks for it, and the words of its options by their ids."""

    ask: str
    options: Mapping[str, str] = field(default_factory=dict)


def in_words(condition: Condition | None, asked: Mapping[str, Asked], lang: Lang = Lang.ZH) -> str:
    """The condition as a sentence a citizen reads; a fact that `asked` does not know is said as it is written."""
    words = _WORDS[lang]
    match condition:
        case None:
            return words["always"]
        case All(parts):
            return words["and"].join(in_words(part, asked, lang) for part in parts)
        case Any(parts):
            return words["or"].join(in_words(part, asked, lang) for part in parts)
        case Not(part):
            return words["not"].format(in_words(part, asked, lang))
        case Fact(fact, operator, value):
            values = value if isinstance(value, tuple) else (value,)
            known = asked.get(fact, Asked(fact))
            shown = words["list"].join(_literal(v, known, words) for v in values)
            return words[operator].format(known.ask, shown)


def _literal(value: FactValue, asked: Asked, words: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return words["yes"] if value else words["no"]
    return asked.options.get(str(value), str(value))


_WORDS = {
    Lang.ZH: {
        "always": "任何情形", "and": "，且", "or": "，或", "not": "不属于（{}）", "list": "、", "yes": "是", "no": "否",
        "is": "{}：{}", "is_not": "{}：不是{}", "one_of": "{}：{}之一", "at_least": "{}不少于 {}",
        "at_most": "{}不超过 {}", "before": "{}早于 {}", "after": "{}晚于 {}",
    },
    Lang.EN: {
        "always": "always", "and": " and ", "or": " or ", "not": "not ({})", "list": ", ", "yes": "yes", "no": "no",
        "is": "{}: {}", "is_not": "{}: not {}", "one_of": "{}: one of {}", "at_least": "{}: at least {}",
        "at_most": "{}: at most {}", "before": "{}: before {}", "after": "{}: after {}",
    },
}  # fmt: skip
