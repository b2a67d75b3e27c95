"""Which items of a theme run for these answers, which only verify a licence already held, which are left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from govflow.errors import InvalidInput
from govflow.language.conditions import Answers, Condition, FactValue, UnknownFact, holds
from govflow.language.model import Catalog, Item, Question, Theme
from govflow.text import Text, joined

Handling = Literal["run", "verify", "skip"]


@dataclass(frozen=True, slots=True)
class Selection:
    """How one item of a theme is handled in a case, and why."""

    item: str
    how: Handling
    reason: Text


def items_of(theme: Theme, catalog: Catalog) -> tuple[Item, ...]:
    """The theme's items in its order; names that no definition has are left out (a rule reports them)."""
    return tuple(catalog.items[entry.item] for entry in theme.items if entry.item in catalog.items)


def facts(questions: Iterable[Question], answers: Answers) -> dict[str, FactValue]:
    """The answers with the questions' defaults filled in."""
    defaults = {question.id: question.default for question in questions if question.default is not None}
    return {**defaults, **answers}


def questions_of(theme: Theme, catalog: Catalog) -> tuple[Question, ...]:
    """Every question of the theme and its items, each id once; the theme's wording comes first."""
    found: dict[str, Question] = {}
    for question in (*theme.questions, *(q for item in items_of(theme, catalog) for q in item.questions)):
        found.setdefault(question.id, question)
    return tuple(found.values())


def selected_items(
    theme: Theme,
    catalog: Catalog,
    answers: Answers | None = None,
    dropped: Iterable[str] = (),
    held: Iterable[str] = (),
) -> dict[str, Selection]:
    """Say for each item of the theme whether it runs, only verifies a licence already held, or is left out.

    `dropped` are items that the applicant leaves out, `held` items whose result the applicant says to hold already.
    Raises InvalidInput for an item that the theme does not have and for a missing answer that decides.
    """
    out, have = _codes(theme, catalog, dropped, "drop"), _codes(theme, catalog, held, "held")
    known = known_facts(theme, catalog, answers)
    result = {}
    for entry in theme.items:
        if entry.item not in catalog.items:
            continue
        code = catalog.items[entry.item].code
        if code in out:
            result[code] = Selection(code, "skip", Text("申请人选择不办", "left out by the applicant"))
        elif not known.holds(entry.when):
            result[code] = Selection(code, "skip", Text("按所答情形不用办", "not needed for these answers"))
        elif code in have or (entry.held_when is not None and known.holds(entry.held_when, unknown=False)):
            result[code] = Selection(code, "verify", Text("已持有，只核验", "already held, only verified"))
        else:
            result[code] = Selection(code, "run", Text("办理", "handled"))
    return result


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """What is known about a case: the answers, or nothing yet; with the question texts for a clear message."""

    answers: Answers | None
    asks: Mapping[str, Text]

    def holds(self, condition: Condition | None, unknown: bool = True) -> bool:
        """Whether the condition holds; `unknown` when nothing is known yet."""
        if condition is None:
            return True
        if self.answers is None:
            return unknown
        try:
            return holds(condition, self.answers)
        except UnknownFact as missing:
            ask = self.asks.get(missing.fact, Text.of(missing.fact))
            zh, en = (
                f"缺少对“{ask}”的回答（{missing.fact}）",
                f"no answer to {ask.text('en')!r} ({missing.fact})",
            )
            raise InvalidInput(Text(zh, en), field=missing.fact) from None


def known_facts(theme: Theme, catalog: Catalog, answers: Answers | None) -> KnownAnswers:
    """What is known in a case of this theme, defaults included."""
    questions = questions_of(theme, catalog)
    asks = {question.id: question.ask for question in questions}
    return KnownAnswers(None if answers is None else facts(questions, answers), asks)


def _codes(theme: Theme, catalog: Catalog, refs: Iterable[str], field: str) -> set[str]:
    """The codes of these items of the theme, named by code or slug."""
    members = {item.code: item for item in items_of(theme, catalog)}
    found = set()
    for ref in refs:
        if ref not in catalog.items or catalog.items[ref].code not in members:
            zh, en = f"{theme.name}没有事项“{ref}”", f"{theme.slug} has no item {ref!r}"
            message = Text(f"{zh}；有：{joined(members)}", f"{en}; it has {joined(members).en}")
            raise InvalidInput(message, field=field, item=ref)
        found.add(catalog.items[ref].code)
    return found
