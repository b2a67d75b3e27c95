"""`govflow.due` and the lines of `govflow deadline`: the worked cases, errors, and what surrounds an answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from govflow.law.calendar import Calendar
from govflow.law.clocks import CalendarUnavailable
from govflow.law.questions import answer_lines, due

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "deadline_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
START = "2025-03-03T10:00:00+08:00"
TEN = {"value": 10, "unit": "workday"}


def _holds(expected: Any, found: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(key in found and _holds(v, found[key]) for key, v in expected.items())
    return type(expected) is type(found) and expected == found


def _due(**given: Any) -> dict[str, Any]:
    return due({"kind": "due", "input": {"start": START, "limit": TEN, **given}})


# The worked cases stop at what the installed notices know; pinning that here keeps them true when 2027 is published.
KNOWN = Calendar.national()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_case(case: dict[str, Any]) -> None:
    """Each worked case gets the answer that the law gives it, down to every key that it names."""
    if case["expect"].get("error") == "calendar_unavailable" and KNOWN.horizon.year > 2026 and "2026" in str(case):
        pytest.skip("the notice of 2027 is out")
    found = due(case, calendar=KNOWN)
    assert found["id"] == case["id"]
    assert _holds(case["expect"], found["result"]), (case["says"], found)


def test_each_case_is_told_once_and_names_its_law() -> None:
    """The table of worked cases has unique ids, a sentence each, and covers every kind and every error."""
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert all(case["says"] and case["law"] for case in CASES)
    assert {case["kind"] for case in CASES} == {"due", "status", "correction", "dual", "bundle"}
    assert {case["expect"]["error"] for case in CASES if "error" in case["expect"]} == {
        "calendar_unavailable",
        "invalid_limit",
        "invalid_suspension",
        "extension_too_late",
        "extension_limit_exceeded",
        "invalid_input",
    }


def test_an_error_stands_under_result_and_beside_it() -> None:
    """A reader of either place finds the code, and the message says found and expected in both languages."""
    found = _due(limit={"value": -1, "unit": "workday"})
    assert found["error"] == found["result"]["error"] == "invalid_limit"
    assert "不小于 0" in found["message"] and "expected" in found["message"]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"start": 5}, "start"),
        ({"start": "yesterday"}, "start"),
        ({"start": "2025-03-03 10:00"}, "start"),
        ({"suspensions": {}}, "suspensions"),
        ({"suspensions": [5]}, "suspensions[0]"),
        ({"suspensions": [{"from": "2025-03-05", "to": "later"}]}, "suspensions[0].to"),
        ({"extensions": [{"value": 1, "unit": "workday"}]}, "extensions[0].decided_on"),
        ({"roll": "sometimes"}, "roll"),
        ({"joint": "yes"}, "joint"),
        ({"closed_at": "2025-03-01T10:00:00+08:00"}, "closed_at"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(given: dict[str, Any], where: str) -> None:
    """The message of a wrong value says which key it was."""
    found = _due(**given)
    assert found["error"] == "invalid_input"
    assert where in found["message"]


@pytest.mark.parametrize(
    "case", [None, 5, "due", [], {}, {"kind": "due"}, {"kind": ["due"], "input": {}}, {"input": {}}]
)
def test_what_is_not_a_case_is_refused(case: Any) -> None:
    """Anything that is not a case of a known kind gets an error, not an exception."""
    assert due(case)["error"] == "invalid_input"


def test_an_unknown_key_is_shown() -> None:
    """A misspelled key cannot silently change nothing: the answer lists what was not read."""
    assert _due(suspention=[])["ignored"] == ["suspention"]
    assert "ignored" not in _due()


def test_provisional_answers_are_marked() -> None:
    """Beyond the notices strict mode refuses; provisional mode answers and says that it is one."""
    calendar = Calendar.national()
    year = calendar.horizon.year
    case = {
        "kind": "due",
        "input": {"start": f"{year}-12-21T10:00:00+08:00", "limit": {"value": 20, "unit": "workday"}},
    }
    assert due(case)["error"] == "calendar_unavailable"
    found = due(case, provisional=True)["result"]
    assert found["provisional"] is True
    assert found["due_date"].startswith(str(year + 1))
    assert (
        "provisional" not in due({"kind": "due", "input": {"start": START, "limit": TEN}}, provisional=True)["result"]
    )


def test_new_years_day_is_no_workday_in_a_provisional_year() -> None:
    """Holidays that the regulation dates hold without a notice: 1 January is skipped, a plain Monday is not."""
    base = Calendar.of_days(KNOWN.horizon.replace(month=1, day=1), KNOWN.horizon).provisional()
    eve = KNOWN.horizon
    found = base.add_workdays(eve, 1)
    assert (found.month, found.day) != (1, 1)
    assert found == base.next_workday(eve.replace(year=eve.year + 1, month=1, day=2))


def test_a_notice_added_as_data_answers_for_its_year() -> None:
    """With the overlay of the next year the same question gets a certain answer."""
    year = KNOWN.horizon.year + 1
    data = {
        "year": year,
        "source": "test data, no notice",
        "holidays": [{"name": "元旦", "from": f"{year}-01-01", "to": f"{year}-01-03"}],
    }
    case = {"kind": "due", "input": {"start": f"{year - 1}-12-21T10:00:00+08:00", "limit": "20 workdays"}}
    found = due(case, calendar=KNOWN.overlay(data))
    assert found["result"]["due_date"].startswith(f"{year}-01-")
    assert "provisional" not in found["result"]


@pytest.mark.parametrize("kind", ["due", "status", "correction", "dual"])
def test_explain_adds_the_days(kind: str) -> None:
    """With `explain` each answer that has a clock lists its days, and ends on the due date."""
    given = {
        "start": START, "received": START, "limit": TEN, "statutory": TEN, "promised": TEN,
        "as_of": "2025-03-05", "accepted_on": "2025-03-03",
    }  # fmt: skip
    result = due({"kind": kind, "input": given}, explain=True)["result"]
    lines = result["explanation"]["lines"]
    assert lines[-1]["date"] == result.get("due_date", result.get("statutory_due"))
    assert sum(line["counted"] for line in lines) == 10
    assert all(line["why"] for line in lines)


def test_lines_keep_their_order_and_a_wrong_one_stops_nothing() -> None:
    """One line out for one line in; a broken line is answered with its number."""
    good = json.dumps({"id": "a", "kind": "due", "input": {"start": START, "limit": TEN}})
    bad = ["{", "[" * 100_000, '{"id": 1e999}', "9" * 5000, '{"id": "b", "kind": "due", "input": {"limit": NaN}}']
    out = [json.loads(line) for line in answer_lines([good, "", *bad, "  \n", good])]
    assert [line.get("error") for line in out] == [None, *["invalid_input"] * 4, "invalid_limit", None]
    assert out[1]["line"] == 3 and out[1]["id"] is None
    assert out[0] == out[-1] == {"id": "a", "result": {"due_date": "2025-03-17"}}


def test_an_id_that_json_cannot_say_again_does_not_spoil_the_line() -> None:
    """Infinity and half a surrogate pair come back in a form that every reader accepts."""
    strange = ['{"id": 1e999}', '{"id": "\\ud800"}', '{"id": [NaN]}']
    out = list(answer_lines(strange))
    assert "".join(out).encode("utf-8")
    assert [json.loads(line, parse_constant=pytest.fail)["id"] for line in out] == ["inf", "\ud800", "[nan]"]


def test_chinese_stays_readable_in_the_lines() -> None:
    """The lines are for people too: Chinese is written as Chinese, and a line is one line."""
    [line] = answer_lines(["{"])
    assert "不是 JSON" in line and "\n" not in line


def test_a_calendar_of_ones_own_is_used() -> None:
    """The calendar argument decides; the refusal names the missing year."""
    short = Calendar.of_days(KNOWN.horizon.replace(month=12, day=1), KNOWN.horizon)
    found = due({"kind": "due", "input": {"start": START, "limit": TEN}}, calendar=short)
    assert found["error"] == "calendar_unavailable"
    assert "2025" in found["message"]
    assert CalendarUnavailable(2025).year == 2025


@pytest.mark.parametrize("policy", [5, {"yellow": 2}, {"red_when": "never"}, {"yellow_when_used_share_at_least": True}])
def test_a_policy_that_cannot_be_read_is_refused(policy: Any) -> None:
    """A light whose setting is misspelled would be silently wrong, so it is refused."""
    case = {"kind": "status", "input": {"start": START, "limit": TEN, "as_of": START, "policy": policy}}
    assert due(case)["error"] == "invalid_input"


def test_joint_handling_may_be_said() -> None:
    """`joint` allows the 15 workdays of art. 42 ¶2 for a limit that is not 45."""
    extension = {"value": 15, "unit": "workday", "decided_on": "2025-03-10"}
    assert _due(extensions=[extension])["error"] == "extension_limit_exceeded"
    assert _due(extensions=[extension], joint=True)["result"]["due_date"] == "2025-04-08"
    assert _due(extensions=[extension | {"max": 15}])["result"]["due_date"] == "2025-04-08"
    assert _due(extensions=[extension | {"by": "15个工作日"}], max="15 workdays")["result"]["due_date"] == "2025-04-08"


def test_a_key_has_one_spelling() -> None:
    """`max`, `closed_at` and `decided_on` are read; another word for them is listed, and nothing is guessed from it."""
    found = _due(max_extension=15, closed_on="2025-03-10", decided_at="2025-03-10")
    assert found["ignored"] == ["closed_on", "decided_at", "max_extension"]
    assert "result" in found and "error" not in found


@pytest.mark.parametrize(
    ("start", "limit", "ends", "expected"),
    [
        ("2025-02-20", "10 workdays", "2025-03-06", "2025-03-06"),
        ("2025-02-20", "10 workdays", "2025-03-07", "2025-03-07"),
        ("2025-02-20", "10 workdays", "2025-03-08", "2025-03-10"),
        ("2025-02-20", "10 workdays", "2025-03-09", "2025-03-10"),
        ("2025-02-20", "10 workdays", "2025-03-10", "2025-03-10"),
        ("2025-02-20", "14 natural days", "2025-03-08", "2025-03-10"),
        ("2025-02-06", "1 month", "2025-03-08", "2025-03-10"),
        ("2025-03-05T15:00:00+08:00", "4 working hours", "2025-03-08", "2025-03-10T23:59:59.999999+08:00"),
        ("2025-03-05T15:00:00+08:00", "0.5 workdays", "2025-03-07", "2025-03-07T23:59:59.999999+08:00"),
        ("2025-03-05T15:00:00+08:00", "24 hours", "2025-03-08", "2025-03-08T23:59:59.999999+08:00"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("again", [False, True])
def test_no_clock_is_due_inside_a_stop_that_began_on_its_last_day(
    start: str, limit: str, ends: str, expected: str, again: bool
) -> None:
    """Stopped on Thursday 6 March 2025 with nothing left: due when the stop ends, on a rest day the next workday.

    One stop or two that meet: the same date.
    """
    halves = [("2025-03-06", "2025-03-07"), ("2025-03-07", ends)] if again and ends > "2025-03-07" else []
    stops = [{"from": a, "to": b, "reason": "检测"} for a, b in halves or [("2025-03-06", ends)]]
    given_input = {"start": start, "limit": limit, "suspensions": stops}
    found = due({"id": 1, "kind": "due", "input": given_input})["result"]
    assert found.get("due_at", found["due_date"]) == expected
    explained = due({"id": 1, "kind": "due", "input": given_input}, explain=True)
    assert explained["result"]["explanation"]["lines"][-1]["date"] == expected[:10]


@pytest.mark.parametrize(
    ("decided", "expected"), [("2025-03-06", "2025-03-14"), ("2025-03-08", "2025-03-14"), ("2025-03-10", "2025-03-17")]
)
def test_an_extension_decided_while_nothing_is_left_counts_from_the_end_of_the_stop(
    decided: str, expected: str
) -> None:
    """Five workdays decided while the clock stood still are five from its end on; decided later, five from the due date."""
    given_input = {
        "start": "2025-02-20", "limit": "10 workdays",
        "suspensions": [{"from": "2025-03-06", "to": "2025-03-08", "reason": "检测"}],
        "extensions": [{"value": 5, "unit": "workday", "decided_on": decided}],
    }  # fmt: skip
    assert due({"id": 1, "kind": "due", "input": given_input})["result"]["due_date"] == expected


def test_a_stop_begun_after_the_due_day_heals_nothing() -> None:
    """Also when it ends on a rest day."""
    stop = {"from": "2025-03-07", "to": "2025-03-08", "reason": "检测"}
    given_input = {"start": "2025-02-20", "limit": "10 workdays", "suspensions": [stop]}
    assert due({"id": 1, "kind": "due", "input": given_input})["result"]["due_date"] == "2025-03-06"
