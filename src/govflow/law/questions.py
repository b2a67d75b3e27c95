"""`govflow deadline`: one question about legal time as plain JSON data in, one answer out, never an exception.

The shapes are in docs/clocks.md. Numbers and dates are read strictly: what cannot be read for certain is answered with
an error that says what was found, where, and what was expected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, cast

from govflow.errors import language
from govflow.law.calendar import Calendar
from govflow.law.clocks import (
    NOTICE,
    Acceptance,
    ClockError,
    Correction,
    Dual,
    Due,
    Expiry,
    Extension,
    Ledger,
    LightPolicy,
    Limit,
    PlanItem,
    Roll,
    Suspension,
    ThemeDates,
    acceptance,
    clock_error,
    dual,
    due_without_suspension,
    explain,
    extend,
    local,
    plan,
    promised_extensions,
    start_of,
    status,
    warn_at,
)
from govflow.law.clocks import due as due_of
from govflow.text import Lang

Answer = dict[str, Any]
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?\Z")


def due(
    case: Any, *, calendar: Calendar | None = None, provisional: bool = False, explain: bool = False,
    lang: Lang | str | None = None,
) -> Answer:  # fmt: skip
    """Answer one case: `{"id", "kind", "input"}` in, `{"id", "result"}` out.

    An error is an answer too: `result` is `{"error": code, "message": ...}`, and `error` and `message` stand beside it.
    `provisional` answers beyond the known calendar and marks it; `explain` adds the day-by-day list. Messages are in
    `lang`; without it in both languages, and the list in Chinese.
    """
    found = calendar or Calendar.national()
    if provisional:
        found = found.provisional()
    return _answered(case, found, language(lang or Lang.ZH) if explain else None, lang)


def answer_lines(
    lines: Iterable[str], *, calendar: Calendar | None = None, provisional: bool = False, explain: bool = False,
    lang: Lang | str | None = None,
) -> Iterator[str]:  # fmt: skip
    """One JSON object a line in, one a line out, in the same order; empty lines are passed over.

    A line that is not JSON gets an error of its own, with its line number, and does not stop the others.
    """
    found = calendar or Calendar.national()
    if provisional:
        found = found.provisional()
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff")
        if text:
            yield _dumped(_answer_line(text, number, found, language(lang or Lang.ZH) if explain else None, lang))


def _answer_line(text: str, number: int, calendar: Calendar, explained: Lang | None, lang: Lang | str | None) -> Answer:
    try:
        case = json.loads(text)
    except (ValueError, RecursionError) as error:
        zh, en = f"第 {number} 行不是 JSON", f"line {number}: expected one JSON object, {error}"
        return {"id": None, "line": number} | _error(clock_error("invalid_input", zh, en), lang)
    return _answered(case, calendar, explained, lang)


def _dumped(answer: Answer) -> str:
    # Half a surrogate pair in an id can only be written escaped, which happens to be JSON's own way to write it.
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def _identity(case: Any) -> Any:
    """The id as it came; what JSON cannot say again (infinity, a list with it) as text."""
    value = case.get("id") if isinstance(case, Mapping) else None
    plain = value is None or isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))
    return value if plain else str(value)


def _answered(case: Any, calendar: Calendar, explained: Lang | None, lang: Lang | str | None) -> Answer:
    identity = _identity(case)
    try:
        answer = {"id": identity, "result": _result(case, calendar, explained)}
        ignored = sorted(str(key) for key in set(case["input"]) - _KNOWN)
        return answer | {"ignored": ignored} if ignored else answer
    except ClockError as error:
        return {"id": identity} | _error(error, lang)
    except (OverflowError, RecursionError) as error:
        return {"id": identity} | _error(
            clock_error("invalid_input", "数值超出范围", f"a value is out of range: {error}"), lang
        )


def _error(error: ClockError, lang: Lang | str | None) -> Answer:
    said = {"error": error.code, "message": str(error) if lang is None else error.text(language(lang))}
    return {"result": said} | said


def _result(case: Any, calendar: Calendar, explained: Lang | None) -> Answer:
    if not isinstance(case, Mapping):
        raise _wrong("(case)", case, "an object with id, kind and input")
    kind, given = case.get("kind"), case.get("input")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _wrong("kind", kind, "one of due, status, correction, dual, bundle")
    if not isinstance(given, Mapping):
        raise _wrong("input", given, "an object")
    return _KINDS[kind](given, calendar, explained)


def _due(given: Mapping[str, Any], calendar: Calendar, explained: Lang | None) -> Answer:
    ledger = _ledger(given, calendar)
    result = _due_answer(ledger, due_of(ledger, calendar), calendar)
    return _explained(result, ledger, calendar, explained)


def _due_answer(ledger: Ledger, found: Due, calendar: Calendar) -> Answer:
    result: Answer = {"due_date": _text(found.date)}
    if ledger.limit.timed and found.at is not None:
        result["due_at"] = _text(found.at)
    if found.suspended:
        result |= {"suspended": True, "remaining_workdays": found.frozen_remaining}
    if ledger.suspensions:
        undisturbed = due_without_suspension(ledger, calendar)
        result["due_date_without_suspension"] = _text(undisturbed.date)
    return _marked(result, found.provisional)


def _status(given: Mapping[str, Any], calendar: Calendar, explained: Lang | None) -> Answer:
    ledger, policy = _ledger(given, calendar), _policy(given.get("policy"))
    found = status(ledger, calendar, _when(given.get("as_of"), "as_of"), policy)
    result: Answer = {"due_date": _text(found.due.date)}
    if ledger.limit.timed and found.due.at is not None:
        result["due_at"] = _text(found.due.at)
    result |= {
        "elapsed_workdays": found.elapsed,
        "remaining_workdays": found.remaining,
        "overdue": found.overdue,
        "overdue_workdays": found.overdue_workdays,
        "light": found.light,
        "suspended": found.suspended,
        "warn_at": _text(warn_at(ledger, calendar, policy)),
    }
    return _explained(_marked(result, found.provisional), ledger, calendar, explained)


def _correction(given: Mapping[str, Any], calendar: Calendar, explained: Lang | None) -> Answer:
    facts = _correction_facts(given)
    found = acceptance(facts, calendar)
    result = _acceptance_answer(found, facts)
    if found.ledger is None or found.due is None:
        return result
    if found.ledger.limit.timed:
        result["due_at"] = _text(found.due.at)
    return _explained(_marked(result, found.due.provisional), found.ledger, calendar, explained)


def _correction_facts(given: Mapping[str, Any]) -> Correction:
    notice, response = given.get("notice_limit"), given.get("response_limit")
    extensions = _extensions(given.get("extensions"), "extensions")
    return Correction(
        received=_anchor(given.get("received"), "received"),
        limit=Limit.from_data(given.get("limit"), "limit"),
        notice_limit=NOTICE if notice is None else Limit.from_data(notice, "notice_limit"),
        notice_on=_maybe_day(given, "notice_on"),
        supplemented_on=_maybe_day(given, "supplemented_on"),
        accepted_on=_maybe_day(given, "accepted_on"),
        response_limit=None if response is None else Limit.from_data(response, "response_limit"),
        on_expiry=_expiry(given.get("on_expiry", "withdrawn")),
        as_of=_maybe_day(given, "as_of"),
        suspensions=_suspensions(given.get("suspensions"), "suspensions"),
        extensions=tuple(e for e, _ in extensions),
        extension_max=_most_of(extensions, given),
        roll=_roll(given.get("roll")),
    )


def _acceptance_answer(found: Acceptance, facts: Correction) -> Answer:
    result: Answer = {
        "notice_due": _text(found.notice_due),
        "notice_timely": found.notice_timely,
        "deemed_accepted": found.deemed_accepted,
        "clock_start": _text(found.clock_start),
        "due_date": None if found.due is None else _text(found.due.date),
    }
    if facts.response_limit is not None:
        result |= {"response_due": _text(found.response_due), "outcome": found.outcome}
    return result


def _dual(given: Mapping[str, Any], calendar: Calendar, explained: Lang | None) -> Answer:
    statutory = _ledger(given, calendar, limit_key="statutory")
    promised_stops = given.get("promised_suspensions", given.get("suspensions"))
    promised = Ledger(
        statutory.anchor,
        Limit.from_data(given.get("promised"), "promised"),
        _suspensions(promised_stops, "promised_suspensions"),
        statutory.extensions,
        roll=statutory.roll,
    )
    promised = promised_extensions(promised, calendar)
    decided, as_of = given.get("decided_on"), given.get("as_of")
    found = dual(
        promised,
        statutory,
        calendar,
        None if decided is None else _when(decided, "decided_on"),
        None if as_of is None else _when(as_of, "as_of"),
    )
    return _explained(_dual_answer(found), statutory, calendar, explained)


def _dual_answer(found: Dual) -> Answer:
    result: Answer = {
        "promised_due": _text(found.promised.date),
        "statutory_due": _text(found.statutory.date),
        "within_promise": found.within_promise,
        "within_statute": found.within_statute,
        "used_workdays": found.used_workdays,
    }
    return _marked(result, found.promised.provisional or found.statutory.provisional)


def _bundle(given: Mapping[str, Any], calendar: Calendar, explained: Lang | None) -> Answer:
    items, done = given.get("items"), given.get("actual_completions")
    if not isinstance(items, Mapping) or not items:
        raise _wrong("items", items, "an object of items, each with its limit")
    if done is not None and not isinstance(done, Mapping):
        raise _wrong("actual_completions", done, "an object of item and date")
    cap = given.get("joint_cap_workdays")
    found = plan(
        {str(slug): _item(item, f"items.{slug}") for slug, item in items.items()},
        _anchor(given.get("unified_acceptance"), "unified_acceptance"),
        calendar,
        {str(s): _when(when, f"actual_completions.{s}") for s, when in (done or {}).items() if when is not None},
        None if cap is None else Limit.from_data({"value": cap, "unit": "workday"}, "joint_cap_workdays"),
        _roll(given.get("roll")),
    )
    return _bundle_answer(found)


def _item(item: Any, where: str) -> PlanItem:
    if not isinstance(item, Mapping):
        raise _wrong(where, item, "an object with limit and depends_on")
    needs = item.get("depends_on") or []
    if not isinstance(needs, list) or not all(isinstance(slug, str) for slug in needs):
        raise _wrong(f"{where}.depends_on", needs, "a list of item names")
    extensions = _extensions(item.get("extensions"), f"{where}.extensions")
    return PlanItem(
        Limit.from_data(item.get("limit"), f"{where}.limit"),
        tuple(needs),
        _suspensions(item.get("suspensions"), f"{where}.suspensions"),
        tuple(e for e, _ in extensions),
        _most_of(extensions, item),
    )


def _bundle_answer(found: ThemeDates) -> Answer:
    items: dict[str, Answer] = {}
    for slug, item in found.items.items():
        items[slug] = {"clock_start": _text(item.start), "due_date": None if item.due is None else _text(item.due.date)}
    result: Answer = {"items": items, "theme_due": _text(found.due), "critical": list(found.critical)}
    if found.cap_due is not None:
        result |= {"joint_cap_due": _text(found.cap_due), "cap_exceeded": found.cap_exceeded}
    return _marked(result, found.provisional)


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Calendar, Lang | None], Answer]] = {
    "due": _due,
    "error": _due,  # published samples of this command ask so for a due date that cannot be told
    "status": _status,
    "correction": _correction,
    "dual": _dual,
    "bundle": _bundle,
}

_KNOWN = {
    "start", "limit", "suspensions", "extensions", "roll", "joint", "as_of", "policy", "received", "notice_limit",
    "notice_on", "supplemented_on", "accepted_on", "response_limit", "on_expiry", "promised", "statutory",
    "promised_suspensions", "unified_acceptance", "items", "actual_completions", "joint_cap_workdays",
    "max", "closed_at", "decided_on",
}  # fmt: skip


def _ledger(given: Mapping[str, Any], calendar: Calendar, limit_key: str = "limit") -> Ledger:
    limit = Limit.from_data(given.get(limit_key), limit_key)
    raw_start = given.get("start")
    if limit.timed and isinstance(raw_start, str) and _DATE.match(raw_start):
        raise _wrong("start", raw_start, f"a moment, because the limit is {limit.text('en')}")
    ledger = Ledger(
        _anchor(raw_start, "start"),
        limit,
        _suspensions(given.get("suspensions"), "suspensions"),
        roll=_roll(given.get("roll")),
        closed_at=None if given.get("closed_at") is None else _anchor(given["closed_at"], "closed_at"),
    )
    return _with_extensions(ledger, given, calendar)


def _with_extensions(ledger: Ledger, given: Mapping[str, Any], calendar: Calendar) -> Ledger:
    """Extensions one after the other in the order of their decisions, each checked against what the law allows."""
    listed, most = _extensions(given.get("extensions"), "extensions"), _most(given)
    if not listed:
        return ledger
    running = replace(ledger, closed_at=None)
    for extension, own in sorted(listed, key=lambda pair: pair[0].decided_on):
        running = extend(running, extension, calendar, max=own or most)
    return replace(running, closed_at=ledger.closed_at)


def _most(given: Mapping[str, Any]) -> Limit | None:
    """The longest extension that the case itself allows: `max` (workdays, or a limit), or `joint` handling (15)."""
    value = given.get("max")
    if value is not None:
        number = isinstance(value, int | float)
        return Limit.from_data({"value": value, "unit": "workday"} if number else value, "max")
    joint = given.get("joint", False)
    if not isinstance(joint, bool):
        raise _wrong("joint", joint, "true or false")
    return Limit.of(15, "workday") if joint else None


def _most_of(listed: list[tuple[Extension, Limit | None]], given: Mapping[str, Any]) -> Limit | None:
    return next((own for _, own in listed if own is not None), None) or _most(given)


def _listed(data: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if data is None:
        return
    if not isinstance(data, list):
        raise _wrong(where, data, "a list")
    for number, entry in enumerate(data):
        if not isinstance(entry, Mapping):
            raise _wrong(f"{where}[{number}]", entry, "an object")
        yield f"{where}[{number}]", entry


def _suspensions(data: Any, where: str) -> tuple[Suspension, ...]:
    return tuple(_suspension(entry, at) for at, entry in _listed(data, where))


def _suspension(entry: Mapping[str, Any], where: str) -> Suspension:
    until = entry.get("to")
    procedure, reason = entry.get("procedure"), entry.get("reason")
    return Suspension(
        _day(entry.get("from"), f"{where}.from"),
        None if until is None else _day(until, f"{where}.to"),
        "" if reason is None else str(reason),
        None if procedure is None else str(procedure),
    )


def _extensions(data: Any, where: str) -> list[tuple[Extension, Limit | None]]:
    found: list[tuple[Extension, Limit | None]] = []
    for at, entry in _listed(data, where):
        by = Limit.from_data(entry.get("by", entry), at)
        decided = _day(entry.get("decided_on"), f"{at}.decided_on")
        extension = Extension(by, decided, str(entry.get("by_whom") or ""), str(entry.get("reason") or ""))
        found.append((extension, _most(entry)))
    return found


def _policy(data: Any) -> LightPolicy:
    if data is None:
        return LightPolicy()
    if not isinstance(data, Mapping):
        raise _wrong("policy", data, "an object")
    if data.get("red_when", "overdue") != "overdue":
        raise _wrong("policy.red_when", data["red_when"], "overdue")
    remaining, share, late = None, None, 0
    for key, value in data.items():
        if key == "yellow_when_remaining_workdays_at_most":
            remaining = None if value is None else int(_number(value, f"policy.{key}", 10_000))
        elif key == "yellow_when_used_share_at_least":
            share = None if value is None else _number(value, f"policy.{key}", 1)
        elif key == "red_when_overdue_workdays_at_least":
            late = int(_number(value, f"policy.{key}", 10_000))
        elif key != "red_when":
            known = "yellow_when_remaining_workdays_at_most, yellow_when_used_share_at_least, red_when"
            raise _wrong("policy", key, known)
    return LightPolicy(remaining, share, late)


def _number(value: Any, where: str, most: int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise _wrong(where, value, f"a number from 0 to {most}")
    return Decimal(str(value))


def _roll(value: Any) -> Roll:
    if value is None:
        return "next_workday"
    if value not in ("next_workday", "none"):
        raise _wrong("roll", value, "next_workday or none")
    return cast(Roll, value)


def _expiry(value: Any) -> Expiry:
    name = value.removeprefix("deemed_") if isinstance(value, str) else value
    if name not in ("withdrawn", "not_accepted", "refused"):
        raise _wrong("on_expiry", value, "withdrawn, not_accepted or refused")
    return cast(Expiry, name)


def _maybe_day(given: Mapping[str, Any], key: str) -> date | None:
    value = given.get(key)
    return None if value is None else _day(value, key)


def _day(value: Any, where: str) -> date:
    when = _when(value, where)
    return when.date() if isinstance(when, datetime) else when


def _anchor(value: Any, where: str) -> datetime:
    when = _when(value, where)
    return when if isinstance(when, datetime) else start_of(when)


def _when(value: Any, where: str) -> datetime | date:
    """A date, or a moment with its zone, brought to China's time; a moment without a zone is refused."""
    if isinstance(value, str) and len(value) <= 40:
        try:
            if _DATE.match(value):
                return _in_range(date.fromisoformat(value), value, where)
            if found := _MOMENT.match(value):
                if found[3] is None:
                    raise _wrong(where, value, "a moment with its time zone, as 2025-03-03T10:00:00+08:00")
                return local(datetime.fromisoformat(value.replace(",", ".")), where)
        except ClockError:
            raise
        except (ValueError, OverflowError):
            pass  # a day or an hour that does not exist: said below
    raise _wrong(where, value, "a date (2025-03-03) or a moment with its zone (2025-03-03T10:00:00+08:00)")


def _in_range(day: date, value: str, where: str) -> date:
    if not 1900 <= day.year <= 8800:
        raise _wrong(where, value, "a year from 1900 to 8800")
    return day


def _marked(result: Answer, provisional: bool) -> Answer:
    return result | {"provisional": True} if provisional else result


def _explained(result: Answer, ledger: Ledger, calendar: Calendar, wanted: Lang | None) -> Answer:
    if wanted is None:
        return result
    said = explain(ledger, calendar, wanted)
    lines = [
        {"date": line.date.isoformat(), "counted": line.counted, "number": line.number, "why": line.why}
        for line in said.lines
    ]
    return result | {"explanation": {"summary": said.summary, "lines": lines}}


def _text(value: datetime | date | None) -> str | None:
    if not isinstance(value, datetime):
        return None if value is None else value.isoformat()
    exact = value.second or value.microsecond
    return value.isoformat(timespec="auto" if exact else "minutes")


def _wrong(where: str, found: Any, expected: str) -> ClockError:
    if found is None:
        return clock_error("invalid_input", f"缺少 {where}", f"{where} is missing, expected {expected}")
    shown = json.dumps(found, ensure_ascii=False, default=str) if isinstance(found, str | int | float) else repr(found)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return clock_error("invalid_input", f"{where} 有误：{shown}", f"{where}: found {shown}, expected {expected}")
