"""An applicant's answers to the questions of a definition, checked before anything follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from govflow.diagnostics import did_you_mean, nearest
from govflow.errors import InvalidInput, shown
from govflow.language.conditions import FactValue
from govflow.language.model import Question
from govflow.text import Text


def checked_answers(questions: Mapping[str, Question], answers: Mapping[str, Any]) -> dict[str, FactValue]:
    """The answers, each of its question's type; raises as `checked_answer` for the first that is not."""
    return {name: checked_answer(questions, name, value) for name, value in answers.items()}


def checked_answer(questions: Mapping[str, Question], name: str, value: object) -> FactValue:
    """One answer, of its question's type; raises InvalidInput for an unknown question or a value that it does not take."""
    if not questions:
        raise InvalidInput(
            Text(f"没有情形问题，不用回答 {name!r}", f"nothing is asked, so {name!r} cannot be answered"),
            field=f"answers.{name}",
        )
    if name not in questions:
        meant = did_you_mean(nearest(str(name), questions)) or Text("")
        raise InvalidInput(
            Text(f"没有 {name!r} 这个问题；问题有：{'、'.join(questions)}。{meant.zh}",
            f"there is no question {name!r}; the questions are {', '.join(questions)}. {meant.en}".rstrip()),
            field=f"answers.{name}",
        )  # fmt: skip
    return _checked_answer(questions[name], value)


def _checked_answer(question: Question, value: object) -> FactValue:
    field = f"answers.{question.id}"
    match question.kind:
        case "boolean":
            if not isinstance(value, bool):
                raise _wrong(field, value, f"true 或 false（{question.ask}）", "true or false")
            return value
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
                raise _wrong(field, value, f"一个数（{question.ask}）", "a number")
            low, high = question.minimum, question.maximum
            if (low is not None and value < low) or (high is not None and value > high):
                least, most = ("" if low is None else low), ("" if high is None else high)
                raise _wrong(field, value, f"{least} 至 {most} 之间的数", f"a number from {least} to {most}")
            return value
        case "choice":
            if value not in [key for key, _ in question.options]:
                zh = "、".join(f"{key}（{label}）" for key, label in question.options)
                en = ", ".join(f"{key!r} ({label.text('en')})" for key, label in question.options)
                raise _wrong(field, value, f"{zh} 之一（{question.ask}）", f"one of {en}")
            return str(value)
        case "date":
            return _checked_date(field, value)
        case _:
            if not isinstance(value, str) or len(value) > 2000:
                raise _wrong(field, value, f"2000 字以内的文字（{question.ask}）", "text of at most 2000 characters")
            return value


def _checked_date(field: str, value: object) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise _wrong(field, value, "日期，如 2025-03-03", "a date, as 2025-03-03") from None


def _wrong(field: str, found: object, zh: str, en: str) -> InvalidInput:
    """The refusal of a value: what was found, and what was expected in both languages."""
    given = shown(found)
    return InvalidInput(Text(f"{field} 是 {given}，应为{zh}", f"{field}: found {given}, expected {en}"), field=field)
