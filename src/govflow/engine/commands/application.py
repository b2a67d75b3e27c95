"""Checks on an application before a case exists: applicant, answers, items, materials. All faults name their field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from govflow import plan
from govflow.engine import inputs
from govflow.engine.case import events
from govflow.engine.definitions.compiled import CompiledDefinition
from govflow.engine.inputs import Faults
from govflow.errors import InvalidInput, NotAllowed
from govflow.language import codes
from govflow.language.conditions import FactValue
from govflow.plan import Selection
from govflow.text import Text
from govflow.vocabulary import ApplicantKind, ErrorCode, IdKind


class Examined(NamedTuple):
    """An application without a fault: the applicant, the answers with defaults, how each item is handled, the materials."""

    applicant: dict[str, Any]
    facts: dict[str, FactValue]
    chosen: dict[str, Selection]
    materials: dict[str, str]


def examined(
    subject: CompiledDefinition, applicant: Mapping[str, Any], answers: Mapping[str, Any], drop: Sequence[str],
    given: Sequence[str], today: date,
) -> Examined:  # fmt: skip
    """Look at all of an application; raises InvalidInput with every fault, NotAllowed if it is not in force today."""
    faults = Faults()
    person = faults.of(lambda: checked_applicant(applicant, today))
    facts = faults.of(lambda: checked_answers(subject, answers))
    chosen = None if facts is None else faults.of(lambda: selected(subject, facts, drop))
    if facts is None or chosen is None:
        faults.raise_found()
        raise AssertionError("what is not there was a fault")
    running = [code for code, each in chosen.items() if each.how == "run"]
    require_in_force(subject, running, today)
    faults.of(lambda: require_answers(subject, facts, running))
    materials = faults.of(lambda: material_statuses(subject, facts, drop, given))
    faults.raise_found()
    return Examined(person or {}, facts, chosen, materials or {})


KINDS = tuple(map(str, ApplicantKind))

_OUT_OF_USE = {"暂停": "paused", "取消": "cancelled"}
STATUS = {"asked": "missing", "form": "missing", "issued": "awaited", "verified": "obtained", "elicence": "obtained",
          "share": "obtained", "commitment": "committed"}  # fmt: skip


def checked_applicant(applicant: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The applicant with kind, name and identity checked: a body's code by GB 32100, a person's by the document `id_kind`.

    Takes what `normal_applicant` gives. No error repeats what was given: it may be a name or a number.
    """
    if not isinstance(applicant, Mapping):
        raise _wrong_applicant("applicant", Text("应为 {kind, name, id}", "expected {kind, name, id}"))
    kind, name, number = (applicant.get(key) for key in ("kind", "name", "id"))
    faults = Faults()
    faults.of(lambda: _check_name(name))
    faults.of(lambda: _check_number(kind, number, applicant.get("id_kind"), today))
    faults.raise_found()
    return dict(applicant)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or len(name) > inputs.NAME:
        raise _wrong_applicant(
            "applicant.name", Text("应为 1 至 200 字的名称", "expected a name of 1 to 200 characters")
        )
    inputs.checked_text(name, "applicant.name")


def _check_number(kind: object, number: object, document: object, today: date) -> None:
    if kind not in KINDS:
        known = Text(f"应为{'、'.join(KINDS)} 之一", f"expected one of {_quoted(KINDS)}")
        raise _wrong_applicant("applicant.kind", known)
    if not isinstance(number, str):
        raise _wrong_applicant("applicant.id", Text("应为证件号码的文字", "expected the number as text"))
    reason = _wrong_number(str(kind), number, document, today)
    if reason is not None:
        zh, en = reason
        raise InvalidInput(Text(f"applicant.id 不正确：{zh}", f"applicant.id is not valid: {en}"), field="applicant.id")


def _wrong_number(kind: str, number: str, document: object, today: date) -> codes.Reason | None:
    if kind != ApplicantKind.PERSON:
        if document is not None:
            raise _wrong_applicant("applicant.id_kind", Text("只有自然人写", "only a natural person has one"))
        return codes.check_uscc(number)
    if document is not None and document not in tuple(IdKind):
        known = Text(f"应为{'、'.join(IdKind)} 之一", f"expected one of {_quoted(IdKind)}")
        raise _wrong_applicant("applicant.id_kind", known)
    return codes.check_person_number(number, None if document is None else str(document), today)


def normal_applicant(applicant: Any) -> Any:
    """The applicant in the form that is stored and compared: the name in NFC without spaces around, the number normal."""
    if not isinstance(applicant, Mapping):
        return applicant
    found = dict(applicant)
    for field, normal in (("name", inputs.normal), ("id", codes.normal_number)):
        if isinstance(found.get(field), str):
            found[field] = normal(found[field]).strip()
    return found


def _wrong_applicant(field: str, expected: Text) -> InvalidInput:
    """The refusal of something about a person: what was expected, and never what was found."""
    return InvalidInput(Text(f"{field} 不正确，{expected.zh}", f"{field} is not valid: {expected.en}"), field=field)


def checked_answers(subject: CompiledDefinition, answers: Mapping[str, Any]) -> dict[str, FactValue]:
    """The answers with defaults, each of its question's type; raises for an unknown question or a wrong value."""
    if not isinstance(answers, Mapping):
        raise InvalidInput(
            Text(
                f"answers 是 {inputs.shown(answers)}，应为一组“问题: 回答”",
                f"answers: found {inputs.shown(answers)}, expected a mapping of questions to answers",
            ),
            field="answers",
        )
    questions, faults = subject.questions, Faults()
    found = {q.id: q.default for q in questions.values() if q.default is not None}
    for name, value in answers.items():
        answer = faults.of(partial(plan.checked_answer, questions, name, value))
        if answer is not None:
            found[name] = answer
    faults.raise_found()
    return found


def require_answers(subject: CompiledDefinition, answers: Mapping[str, FactValue], running: Iterable[str]) -> None:
    """Every question of the theme and of the items that are handled must be answered; raises naming all that are not."""
    asked = {q.id for q in subject.theme.questions} | {q.id for c in running for q in subject.item(c).questions}
    missing = [subject.questions[id] for id in subject.questions if id in asked and id not in answers]
    if missing:
        lines = "、".join(f"{q.id}（{q.ask}）" for q in missing)
        raise InvalidInput(
            Text(f"还有问题没有回答：{lines}", f"not answered: {', '.join(q.id for q in missing)}"),
            code=ErrorCode.MISSING, field=f"answers.{missing[0].id}", missing=[q.id for q in missing],
        )  # fmt: skip


def selected(
    subject: CompiledDefinition, answers: Mapping[str, FactValue], drop: Iterable[str]
) -> dict[str, Selection]:
    """How each item of the case is handled; raises if none is left."""
    theme_only = [q for q in subject.theme.questions if q.id not in answers]
    if theme_only:
        require_answers(subject, answers, ())
    chosen = plan.selected_items(subject.theme, subject.catalog, answers, drop)
    if all(each.how == "skip" for each in chosen.values()):
        raise InvalidInput(
            Text("按所答情形没有需要办理的事项", "no item is left to handle for these answers"), field="answers"
        )
    return chosen


def require_in_force(subject: CompiledDefinition, running: Iterable[str], today: date) -> None:
    """Theme and items must be in use and in force today; NotAllowed names the first that is not.

    What happens to a case later does not matter here: it is finished under the definition that it pins now.
    """
    theme = subject.theme
    parts = [("主题", theme.name, theme.state, theme.valid_from, None)] if subject.kind == "theme" else []
    items = (subject.item(code) for code in running)
    for what, name, state, begins, ends in (
        *parts,
        *(("事项", item.name, item.state, item.valid_from, item.valid_to) for item in items),
    ):
        if state != "在用":
            raise NotAllowed(
                Text(f"{what}“{name}”已{state}，不受理新的办件",
                f"{name.text('en')!r} is {_OUT_OF_USE.get(state, state)}: no new case is accepted"), code=ErrorCode.NOT_IN_FORCE, state=state,
            )  # fmt: skip
        if begins and begins > today.isoformat():
            raise NotAllowed(
                Text(f"{what}“{name}”自 {begins} 起施行，今天是 {today}",
                f"{name.text('en')!r} is in force from {begins}; today is {today}"), code=ErrorCode.NOT_IN_FORCE, valid_from=begins,
            )  # fmt: skip
        if ends and ends < today.isoformat():
            raise NotAllowed(
                Text(f"{what}“{name}”已于 {ends} 失效，今天是 {today}",
                f"{name.text('en')!r} was in force until {ends}; today is {today}"), code=ErrorCode.NOT_IN_FORCE, valid_to=ends,
            )  # fmt: skip


def material_statuses(
    subject: CompiledDefinition, answers: Mapping[str, FactValue], drop: Iterable[str], given: Iterable[str]
) -> dict[str, str]:
    """The case's material list with a status each: supplied, missing, obtained, awaited, committed."""
    lines = plan.merged_materials(subject.theme, subject.catalog, answers, drop)
    statuses = {line.material: STATUS[line.how] for line in lines}
    unknown = []
    for ref in given:
        material = subject.catalog.materials.get(ref) if isinstance(ref, str) else None
        if material is None or material.code not in statuses:
            unknown.append(ref)
        else:
            statuses[material.code] = "supplied"
    if unknown:
        raise InvalidInput.of([
            InvalidInput(
                Text(f"办事指南没有列出材料 {ref!r}；本件的材料是 {'、'.join(statuses)}",
                f"the guide does not list material {ref!r}; listed are {', '.join(statuses)}"),
                field="materials", material=ref,
            )
            for ref in unknown
        ])  # fmt: skip
    return statuses


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(map(repr, values))


def applied(
    subject: CompiledDefinition, facts: Mapping[str, Any], chosen: Mapping[str, Selection], given: Mapping[str, str], channel: str,
    drop: Sequence[str], applicant: str,
) -> events.Applied:  # fmt: skip
    """A case's first fact; the applicant only as a salted digest, so that the person can be purged."""
    return events.Applied(
        ref=subject.ref, kind=subject.kind, definition=subject.digest, channel=channel, answers=dict(facts),
        dropped=list(drop), items={code: (s.how, str(s.reason)) for code, s in chosen.items()}, materials=dict(given),
        applicant=applicant, move=events.Move("start", "", []),
    )  # fmt: skip
