"""Are conditions over declared facts possible? Undeclared facts, values that do not fit, outcomes that never change."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from govflow.diagnostics import did_you_mean, nearest
from govflow.language.conditions import Condition, Fact, FactValue, condition_from, facts_in, holds
from govflow.language.schema import Flaw
from govflow.text import Text

Path = tuple[str | int, ...]
Question = Mapping[str, Any]

MAX_TRIALS = 4096
"""So many combinations of answers are tried at most; a larger condition is taken to be sound."""

_FITTING: Mapping[str, tuple[str, ...]] = {
    "number": ("is", "is_not", "one_of", "at_least", "at_most"),
    "boolean": ("is", "is_not"),
    "choice": ("is", "is_not", "one_of"),
    "text": ("is", "is_not", "one_of"),
    "date": ("is", "is_not", "one_of", "before", "after"),
}
_TYPE_NAMES = {
    "number": ("数字", "a number"),
    "boolean": (" true 或 false", "true or false"),
    "choice": ("选项之一", "one of its options"),
    "text": ("文字", "text"),
    "date": ("日期，如 2025-01-31", "a date, e.g. 2025-01-31"),
}


def condition_flaws(
    data: Any, path: Path, questions: Mapping[str, Question], *, complete: bool = True
) -> Iterator[Flaw]:
    """What is wrong with a condition; `complete` False when questions may be missing from the mapping."""
    if data is None:
        return
    flaws = list(_leaf_flaws(data, path, questions, complete))
    yield from flaws
    condition = condition_from(data)
    if flaws or condition is None or any(fact.fact not in questions for fact in facts_in(condition)):
        return
    always = constant(condition, questions)
    if always is not None:
        zh, en = ("永远成立", "is always true") if always else ("永远不成立", "is never true")
        help = Text("去掉它，或者改成会随答案变化的条件。", "Remove it, or make it depend on the answers.")
        yield Flaw("constant-condition", path, Text(f"这个条件{zh}。", f"This condition {en}."), help)


def default_flaws(questions: Iterable[Question], path: Path) -> Iterator[Flaw]:
    """Default answers that are no possible answer."""
    for at, question in enumerate(questions):
        if "default" in question and not _fits(question, question["default"]):
            yield _impossible(question, question["default"], (*path, at, "default"))


def answer_flaws(answers: Mapping[str, Any], path: Path, questions: Mapping[str, Question]) -> Iterator[Flaw]:
    """Given answers to questions that are not asked, or that are no possible answer."""
    for fact, value in answers.items():
        if fact not in questions:
            yield _undeclared(fact, (*path, fact), questions, at_key=True)
        elif not _fits(questions[fact], value):
            yield _impossible(questions[fact], value, (*path, fact))


def constant(condition: Condition, questions: Mapping[str, Question]) -> bool | None:
    """True for a condition that holds for all answers, False for one that holds for none, None for any other.

    Comparisons change their outcome at their literals only: it suffices to try each literal and a value on either side.
    """
    literals: dict[str, list[FactValue]] = {}
    for fact in facts_in(condition):
        values = fact.value if isinstance(fact.value, tuple) else (fact.value,)
        literals.setdefault(fact.fact, []).extend(values)
    candidates = {fact: _answers(questions[fact], values) for fact, values in literals.items()}
    trials = 1
    for tried in candidates.values():
        trials *= len(tried)
    if not 0 < trials <= MAX_TRIALS:
        return None
    seen = {
        holds(condition, dict(zip(candidates, answers, strict=True)))
        for answers in itertools.product(*candidates.values())
    }
    return seen.pop() if len(seen) == 1 else None


def _leaf_flaws(data: Any, path: Path, questions: Mapping[str, Question], complete: bool) -> Iterator[Flaw]:
    for key in ("all", "any"):
        for at, part in enumerate(data.get(key, ())):
            yield from _leaf_flaws(part, (*path, key, at), questions, complete)
    if "not" in data:
        yield from _leaf_flaws(data["not"], (*path, "not"), questions, complete)
    if "fact" not in data:
        return
    fact = condition_from(data)
    if not isinstance(fact, Fact):
        return
    question = questions.get(fact.fact)
    if question is not None:
        yield from _value_flaws(fact, question, path)
    elif complete:
        yield _undeclared(fact.fact, (*path, "fact"), questions)


def _undeclared(fact: str, path: Path, questions: Iterable[str], *, at_key: bool = False) -> Flaw:
    message = Text(f"情形 {fact} 没有声明。", f"No question declares the fact {fact}.")
    declare = Text("在 questions 里声明它。", "Declare it under questions.")
    return Flaw(
        "unknown-question-or-answer", path, message, did_you_mean(nearest(fact, questions)) or declare, at_key=at_key
    )


def _value_flaws(fact: Fact, question: Question, path: Path) -> Iterator[Flaw]:
    kind = question["type"]
    if kind not in _FITTING:
        return
    if fact.operator not in _FITTING[kind]:
        fitting = "、".join(_FITTING[kind])
        message = Text(
            f"{fact.fact} 的答案是{_TYPE_NAMES[kind][0]}，不能用 {fact.operator} 比较。",
            f"{fact.fact} is answered by {_TYPE_NAMES[kind][1]}; {fact.operator} does not apply.",
        )
        help = Text(f"可以用 {fitting}", f"Use {fitting.replace('、', ', ')}")
        yield Flaw("impossible-value", (*path, fact.operator), message, help, at_key=True)
        return
    several = isinstance(fact.value, tuple)
    for at, value in enumerate(fact.value if isinstance(fact.value, tuple) else (fact.value,)):
        if not _fits(question, value):
            yield _impossible(question, value, (*path, fact.operator, at) if several else (*path, fact.operator))


def _impossible(question: Question, value: FactValue, path: Path) -> Flaw:
    kind = question["type"]
    options = [str(each) for each in question.get("options", ())]
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    zh, en = _TYPE_NAMES.get(kind, ("", ""))
    message = Text(
        f"{question['id']} 不可能是“{shown}”，答案应当是{zh}。",
        f'{question["id"]} cannot be "{shown}": the answer is {en}.',
    )
    help = did_you_mean(nearest(shown, options)) if options else None
    if help is None and options:
        help = Text(f"选项有 {'、'.join(options)}", f"The options are {', '.join(options)}")
    return Flaw("unknown-question-or-answer" if options else "impossible-value", path, message, help)


def _fits(question: Question, value: FactValue) -> bool:
    match question["type"]:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "choice":
            options = question.get("options")
            return isinstance(value, str) and (not isinstance(options, Mapping) or value in options)
        case "date":
            return isinstance(value, str) and _date(value) is not None
    return isinstance(value, str)


def _answers(question: Question, literals: list[FactValue]) -> list[FactValue]:
    """Enough answers to tell every outcome of the comparisons with these literals."""
    match question["type"]:
        case "boolean":
            return [True, False]
        case "choice":
            return list(question.get("options", ()))
        case "number":
            return _numbers(question, [each for each in literals if isinstance(each, int | float)])
        case "date":
            days = [day for each in literals if (day := _date(str(each))) is not None]
            near = {day + timedelta(days=shift) for day in days for shift in (-1, 0, 1)}
            return [day.isoformat() for day in sorted(near)]
    return [*dict.fromkeys(literals), "\N{REPLACEMENT CHARACTER}"]


def _numbers(question: Question, literals: list[int | float]) -> list[FactValue]:
    # The question may stand in another file that is itself faulty.
    least, most = (
        each if isinstance(each, int | float) else None for each in map(question.get, ("minimum", "maximum"))
    )
    marks = sorted({*literals, *(each for each in (least, most) if isinstance(each, int | float))})
    between = [(low + high) / 2 for low, high in itertools.pairwise(marks)]
    tried = [marks[0] - 1, *marks, *between, marks[-1] + 1]
    return [each for each in tried if (least is None or each >= least) and (most is None or each <= most)]


def _date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and date.min < day < date.max else None
