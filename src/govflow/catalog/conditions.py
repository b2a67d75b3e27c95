"""Are conditions over declared facts possible? Undeclared facts, values that do not fit, outcomes that never change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from govflow.diagnostics import did_you_mean, nearest
from govflow.language.conditions import Fact, FactValue, condition_from, facts_in
from govflow.language.satisfiability import Domain, constant
from govflow.language.schema import Flaw
from govflow.text import Text

Path = tuple[str | int, ...]
Question = Mapping[str, Any]

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
    data: Any, path: Path, questions: Mapping[str, Question], *, complete: bool = True, choosing: bool = False
) -> Iterator[Flaw]:
    """What is wrong with a condition.

    Args:
        complete: False when questions may be missing from the mapping.
        choosing: the condition chooses an item of a theme; that it never does is for the rule GF-H09 to say.
    """
    if data is None:
        return
    flaws = list(_leaf_flaws(data, path, questions, complete))
    yield from flaws
    condition = condition_from(data)
    if flaws or condition is None or any(fact.fact not in questions for fact in facts_in(condition)):
        return
    always = constant(condition, {fact.fact: Domain.of_data(questions[fact.fact]) for fact in facts_in(condition)})
    if always or (always is False and not choosing):
        zh, en = ("永远成立", "is always true") if always else ("永远不成立", "is never true")
        help = Text("去掉它，或者改成会随答案变化的条件。", "Remove it, or make it depend on the answers.")
        yield Flaw("constant-condition", path, Text(f"这个条件{zh}。", f"This condition {en}."), help)


def default_flaws(questions: Iterable[Question], path: Path) -> Iterator[Flaw]:
    """Default answers that are no possible answer."""
    for at, question in enumerate(questions):
        if "default" in question and not Domain.of_data(question).allows(question["default"]):
            yield _impossible(question, question["default"], (*path, at, "default"), "impossible-value")


def answer_flaws(answers: Mapping[str, Any], path: Path, questions: Mapping[str, Question]) -> Iterator[Flaw]:
    """Given answers to questions that are not asked, or that are no possible answer."""
    for fact, value in answers.items():
        if fact not in questions:
            yield _undeclared(fact, (*path, fact), questions, at_key=True)
        elif not Domain.of_data(questions[fact]).allows(value):
            yield _impossible(questions[fact], value, (*path, fact))


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
        if not Domain.of_data(question).compares(value):
            yield _impossible(question, value, (*path, fact.operator, at) if several else (*path, fact.operator))


def _impossible(question: Question, value: FactValue, path: Path, name: str = "unknown-question-or-answer") -> Flaw:
    kind = question["type"]
    options = [str(each) for each in question.get("options", ())]
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    zh, en = _TYPE_NAMES.get(kind, ("", ""))
    least, most = question.get("minimum"), question.get("maximum")
    if least is not None:
        zh, en = f"{zh}，不小于 {least}", f"{en}, at least {least}"
    if most is not None:
        zh, en = f"{zh}，不大于 {most}", f"{en}, at most {most}"
    message = Text(
        f"{question['id']} 不可能是“{shown}”，答案应当是{zh}。",
        f'{question["id"]} cannot be "{shown}": the answer is {en}.',
    )
    help = did_you_mean(nearest(shown, options)) if options else None
    if help is None and options:
        help = Text(f"选项有 {'、'.join(options)}", f"The options are {', '.join(options)}")
    return Flaw(name, path, message, help)
