"""The calendar: what the notices say, what an overlay changes, and what no calendar answers."""

import doctest
import pickle
import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
import yaml

from govflow.law.calendar import Calendar, CalendarUnavailable, ClockError
from govflow.law.clocks import Limit
from govflow.law.notices import CalendarDataError, overlay_from
from govflow.text import Text

DOCS = Path(__file__).resolve().parent.parent / "docs"

A_YEAR = Text("年份", "a year")
CN = Calendar.national()
NEXT = CN.horizon.year + 1


def notice(**more: Any) -> dict[str, Any]:
    """An overlay for the first year without a notice; test data, not a notice."""
    plain: dict[str, Any] = {
        "govflow": "calendar/1",
        "region": "cn",
        "year": NEXT,
        "source": "test data",
        "holidays": [{"name": "元旦", "from": f"{NEXT}-01-01", "to": f"{NEXT}-01-03"}],
        "workdays": [],
    }
    return plain | more


def test_every_day_agrees_with_the_installed_notices() -> None:
    """Each day of every known year counts exactly when the holiday package says so."""
    for day in CN.days(date(CN.horizon.year - 22, 1, 1), CN.horizon):
        assert day.workday == (chinese_calendar.is_workday(day.date) or day.date == date(2005, 12, 31)), day


TURNS = {
    2005: (["2005-12-31"], []), 2006: (["2006-12-30", "2006-12-31"], []), 2007: (["2007-12-29"], ["2007-12-31"]),
    2011: (["2011-12-31"], []), 2018: (["2018-12-29"], ["2018-12-31"]),
}  # fmt: skip
"""What a notice says of days in the year before its own: Saturdays and Sundays worked, weekdays of rest.

The notices of 2006, 2007, 2008, 2012 and 2019; the others up to 2026 have none.
"""


@pytest.mark.parametrize("year", range(2004, 2026))
def test_the_days_of_a_notice_that_lie_in_the_year_before(year: int) -> None:
    """At the turn of every known year the days are those of the later year's notice."""
    worked, rest = TURNS.get(year, ([], []))
    days = list(CN.days(date(year, 12, 22), date(year, 12, 31)))
    assert [str(d.date) for d in days if d.workday and d.date.weekday() > 4] == worked
    assert [str(d.date) for d in days if not d.workday and d.date.weekday() < 5] == rest
    assert all(d.kind == "make_up" and "元旦" in d.name for d in days if d.workday and d.date.weekday() > 4)


@pytest.mark.parametrize(
    ("day", "kind", "workday", "name"),
    [
        (date(2024, 2, 9), "workday", True, "星期五"),  # New Year's Eve was worked in 2024
        (date(2024, 2, 12), "holiday", False, "春节"),
        (date(2024, 2, 18), "make_up", True, "春节调休上班"),
        (date(2025, 3, 8), "weekend", False, "星期六"),
        (date(2025, 10, 6), "holiday", False, "中秋节"),
        (date(2015, 9, 3), "holiday", False, "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日"),
    ],
)
def test_a_day_says_what_it_is(day: date, kind: str, workday: bool, name: str) -> None:
    """A day has its kind and its name; a make-up Sunday counts, a Monday in a break does not."""
    found = CN.day(day)
    assert (found.kind, found.workday, found.name) == (kind, workday, name)
    assert found.name_en.isascii()


def test_beyond_the_notices_there_is_no_calendar() -> None:
    """A year without a notice is an error that names it, before the first known year too."""
    beyond = date(NEXT, 1, 4)
    for ask in (CN.is_workday, CN.day, CN.next_workday, lambda d: CN.add_workdays(d, 1)):
        with pytest.raises(CalendarUnavailable) as refused:
            ask(beyond)
        assert (refused.value.year, refused.value.code) == (NEXT, "calendar_unavailable")
    with pytest.raises(CalendarUnavailable, match=str(NEXT)):
        CN.add_workdays(date(NEXT - 1, 12, 21), 20)
    with pytest.raises(CalendarUnavailable, match="2003"):
        CN.workdays_between(date(2003, 5, 1), date(2004, 5, 1))


def test_the_day_before_the_first_known_one_is_a_fair_start() -> None:
    """Counting looks at the days after the start only."""
    assert CN.add_workdays(date(2003, 12, 31), 1) == date(2004, 1, 2)


def test_a_count_below_zero_is_refused() -> None:
    """There is no minus third workday."""
    with pytest.raises(ClockError) as refused:
        CN.add_workdays(date(2025, 3, 3), -3)
    assert refused.value.code == "invalid_limit"


def test_nothing_lies_between_a_day_and_an_earlier_one() -> None:
    """Counting backwards gives zero, not a negative number."""
    assert CN.workdays_between(date(2025, 3, 10), date(2025, 3, 3)) == 0


def test_a_provisional_calendar_knows_weekends_and_the_fixed_holidays() -> None:
    """Beyond the horizon only what the regulation itself dates is a holiday; there are no make-up days."""
    open_end = CN.provisional()
    for month, day in [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)]:
        assert open_end.day(date(NEXT, month, day)).kind == "holiday"
    assert open_end.day(date(NEXT, 4, 5)).kind == "holiday" or open_end.day(date(NEXT, 4, 4)).kind == "holiday"
    assert open_end.is_workday(date(NEXT, 5, 3)) == (date(NEXT, 5, 3).weekday() < 5)
    assert not any(day.kind == "make_up" for day in open_end.days(date(NEXT, 1, 1), date(NEXT, 12, 31)))
    assert open_end.is_beyond_notice(date(NEXT, 1, 1)) and not open_end.is_beyond_notice(CN.horizon)
    assert open_end.provisional() is open_end
    assert open_end.version == CN.version + "~provisional"


def test_a_provisional_calendar_changes_no_known_day() -> None:
    """Up to the horizon it is the calendar of the notices."""
    open_end = CN.provisional()
    first = date(2004, 1, 1)
    assert list(CN.days(first, CN.horizon)) == list(open_end.days(first, CN.horizon))


def test_even_a_provisional_calendar_ends() -> None:
    """Thirty years on nobody guesses any more."""
    with pytest.raises(CalendarUnavailable):
        CN.provisional().is_workday(date(NEXT + 40, 1, 1))


def test_a_national_notice_makes_its_year_known() -> None:
    """An overlay moves the horizon to the end of its year and names its days."""
    known = CN.overlay(notice(workdays=[{"date": f"{NEXT}-01-09", "name": "元旦调休"}]))
    assert known.horizon == date(NEXT, 12, 31)
    assert known.day(date(NEXT, 1, 1)).name == "元旦"
    assert known.is_workday(date(NEXT, 1, 9))
    assert known.version.startswith(CN.version + f"+cn-{NEXT}@")
    assert CN.horizon.year == NEXT - 1  # the other one is as it was
    assert Calendar.national([notice()]) == CN.overlay(notice())


def test_dates_may_be_dates() -> None:
    """A YAML reader may hand over dates instead of text: it is the same overlay."""
    data = notice(holidays=[{"name": "元旦", "from": date(NEXT, 1, 1), "to": date(NEXT, 1, 3)}])
    assert CN.overlay(data).version == CN.overlay(notice()).version


def test_the_version_follows_the_content() -> None:
    """The same facts have the same version however they are told; one day more is another version."""
    told_otherwise = [{"name": "元旦", "date": f"{NEXT}-01-0{day}"} for day in (1, 2, 3)]
    assert CN.overlay(notice(holidays=told_otherwise, source="x")).version == CN.overlay(notice()).version
    assert CN.overlay(notice(workdays=[f"{NEXT}-01-09"])).version != CN.overlay(notice()).version


def test_a_version_stays_short_however_many_notices_there_are() -> None:
    """It stands beside every clock: ten notices have a version of their own that fits, and so has each other ten."""
    years = [notice(year=NEXT + n, holidays=[{"name": "元旦", "date": f"{NEXT + n}-01-01"}]) for n in range(10)]
    ten, other = Calendar.national(years), Calendar.national([notice(), *years[1:]])
    assert ten.version != other.version and len(ten.provisional().version) + len("#12345678") <= 80


def test_years_come_in_any_order_but_without_gaps() -> None:
    """Overlays are sorted by year; a year after an unknown one would leave a hole and is refused."""
    later = notice(year=NEXT + 1, holidays=[{"name": "元旦", "date": f"{NEXT + 1}-01-01"}])
    assert Calendar.national([later, notice()]).horizon.year == NEXT + 1
    with pytest.raises(CalendarDataError, match="相连的年份：先要有"):
        CN.overlay(later)


def test_a_regional_overlay_lies_on_top_and_announces_nothing() -> None:
    """A region's own holiday counts there; it does not make an unknown year known."""
    festival = [{"name": "三月三", "from": "2025-03-31", "to": "2025-04-01"}]
    guangxi = CN.overlay({"region": "cn-45", "year": 2025, "source": "广西", "holidays": festival})
    assert guangxi.day(date(2025, 3, 31)).name == "三月三"
    assert CN.is_workday(date(2025, 3, 31))
    assert guangxi.horizon == CN.horizon
    assert guangxi.add_workdays(date(2025, 3, 28), 1) == date(2025, 4, 2)
    assert CN.overlay(notice(region="cn-45")).horizon == CN.horizon


def test_an_expected_holiday_may_be_named_before_the_notice() -> None:
    """A provisional overlay fills the provisional calendar (a lunar festival, say) and leaves the strict one alone."""
    data = notice(provisional=True, holidays=[{"name": "春节", "from": f"{NEXT}-02-06", "to": f"{NEXT}-02-09"}])
    expected = CN.overlay(data)
    assert expected.horizon == CN.horizon
    with pytest.raises(CalendarUnavailable):
        expected.is_workday(date(NEXT, 2, 8))
    assert not expected.provisional().is_workday(date(NEXT, 2, 8))


def test_a_notice_may_correct_a_known_year() -> None:
    """A later notice of the same year (as in 2020) takes a day away or gives one back."""
    longer = {"year": 2025, "source": "x", "holidays": [{"name": "临时放假", "date": "2025-03-05"}]}
    worked = {"year": 2025, "source": "y", "workdays": ["2025-03-05"]}
    assert not CN.overlay(longer).is_workday(date(2025, 3, 5))
    back = CN.overlay(longer).overlay(worked)
    assert back.day(date(2025, 3, 5)).kind == "workday"


def test_a_notice_may_reach_into_the_weeks_around_its_year() -> None:
    """The notice of a year may move 31 December before it."""
    data = notice(holidays=[{"name": "元旦", "from": f"{NEXT - 1}-12-31", "to": f"{NEXT}-01-02"}])
    assert not CN.overlay(data).is_workday(date(NEXT - 1, 12, 31))


def test_business_hours_may_be_set() -> None:
    """The last overlay that sets office hours wins; the plain calendar has the usual ones."""
    hours = [["08:30", "12:00"], ["14:00", "18:00"]]
    assert CN.overlay(notice(business_hours=hours)).business_hours[1] == (time(14), time(18))
    assert CN.business_hours == ((time(9), time(12)), (time(13, 30), time(17, 30)))


@pytest.mark.parametrize(
    ("change", "where", "expected"),
    [
        ({"govflow": "item/1"}, "govflow", "calendar/1"),
        ({"region": "中国"}, "region", "cn"),
        ({"year": "2027"}, "year", "number"),
        ({"year": True}, "year", "number"),
        ({"source": None}, "source", "notice"),
        ({"holiday": []}, "(top)", "holidays"),
        ({"provisional": "yes"}, "provisional", "true"),
        ({"holidays": 5}, "holidays", "list"),
        ({"holidays": ["2027-01-01"]}, "holidays[0]", "mapping"),
        ({"holidays": [{"date": f"{NEXT}-01-01"}]}, "holidays[0].name", "name"),
        ({"holidays": [{"name": "元旦"}]}, "holidays[0].from", "date"),
        ({"holidays": [{"name": "元旦", "date": f"{NEXT}-02-30"}]}, "holidays[0].from", "exists"),
        ({"holidays": [{"name": "元旦", "date": "2019-01-01"}]}, "holidays[0].from", str(NEXT)),
        ({"holidays": [{"name": "元旦", "from": f"{NEXT}-01-03", "to": f"{NEXT}-01-01"}]}, "holidays[0].to", "month"),
        ({"holidays": [{"name": "x", "date": f"{NEXT}-01-01"}] * 2}, "holidays[1]", "once"),
        ({"workdays": [f"{NEXT}-01-02"]}, "workdays[0]", "once"),
        ({"workdays": [datetime(2027, 1, 9)]}, "workdays[0]", "date"),
        ({"business_hours": []}, "business_hours", "pairs"),
        ({"business_hours": [["09:00"]]}, "business_hours[0]", "pair"),
        ({"business_hours": [[540, 720]]}, "business_hours[0]", "quotes"),
        ({"business_hours": [["12:00", "09:00"]]}, "business_hours[0]", "order"),
        ({"business_hours": [["09:00", "09:00"]]}, "business_hours[0]", "order"),
        ({"business_hours": [["09:00", "12:00"], ["11:00", "17:00"]]}, "business_hours[1]", "overlap"),
    ],
)
def test_wrong_data_is_refused_with_its_place(change: dict[str, Any], where: str, expected: str) -> None:
    """What is wrong in an overlay is said with its key, what was found and what was expected."""
    with pytest.raises(CalendarDataError) as refused:
        CN.overlay(notice(**change))
    assert refused.value.where == where
    assert expected in refused.value.expected.en and refused.value.expected.zh in refused.value.zh
    assert isinstance(refused.value, ValueError)


def test_an_overlay_is_a_mapping() -> None:
    """A list is not a notice."""
    with pytest.raises(CalendarDataError):
        CN.overlay([])  # type: ignore[arg-type]


def test_calendars_are_values() -> None:
    """Equal versions are equal calendars, usable as keys, and nothing can be changed."""
    again = Calendar.national([notice()])
    assert again == CN.overlay(notice()) and hash(again) == hash(CN.overlay(notice()))
    assert CN.provisional() != CN
    with pytest.raises(AttributeError):
        CN.horizon = date(2099, 1, 1)  # type: ignore[misc]


@pytest.mark.parametrize("page", ["clocks.md", "calendars.md"])
def test_the_documentation_is_true(page: str) -> None:
    """Every example of the pages on clocks and calendars gives what it shows."""
    done = doctest.testfile(str(DOCS / page), module_relative=False, encoding="utf-8")
    assert done.attempted > 4 and not done.failed


def test_the_example_of_a_notice_is_a_notice() -> None:
    """The file that the documentation shows is read as it stands."""
    [example] = re.findall(r"```yaml\n(.*?)```", (DOCS / "calendars.md").read_text(encoding="utf-8"), re.DOTALL)
    found = overlay_from(yaml.safe_load(example))
    assert (found.region, found.year, len(found.days)) == ("cn", 2099, 13)
    assert found.business_hours == Calendar.national().business_hours


def test_calendars_and_their_errors_travel_between_processes() -> None:
    """A worker process gets the calendar it needs and sends back the error it met."""
    extended = CN.overlay(notice())
    again = pickle.loads(pickle.dumps(extended))
    assert again == extended and again.add_workdays(date(2024, 2, 5), 5) == date(2024, 2, 18)
    for error in (CalendarUnavailable(2030), ClockError("invalid_limit", A_YEAR), CalendarDataError("year", 5, A_YEAR)):
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_the_text_of_a_refusal_is_its_message() -> None:
    """A log or a traceback shows a sentence, here and from another process."""
    with pytest.raises(ClockError) as refused:
        Limit.parse("5日")
    for error in (refused.value, pickle.loads(pickle.dumps(refused.value))):
        assert str(error).startswith("单位“日”有歧义，应写工作日或自然日")


def test_calendars_of_other_days_are_other_calendars() -> None:
    """Two calendars made by hand are equal only when their days are."""
    first, last = date(2025, 1, 1), date(2025, 12, 31)
    one, other = Calendar.of_days(first, last), Calendar.of_days(first, last, [date(2025, 3, 3)])
    assert one != other and one == Calendar.of_days(first, last)
    assert one.provisional().is_workday(date(2025, 3, 3)) and not other.provisional().is_workday(date(2025, 3, 3))


def test_the_days_of_a_calendar_made_by_hand_may_have_names() -> None:
    """A holiday is called what it was given, one without a name something that says what it is."""
    first, last = date(2025, 1, 1), date(2025, 12, 31)
    named = Calendar.of_days(first, last, {date(2025, 3, 3): "校庆"})
    assert named.day(date(2025, 3, 3)).name == "校庆" and not named.is_workday(date(2025, 3, 3))


def test_nothing_is_known_after_the_last_workday() -> None:
    """A calendar that ends in a weekend has no next workday, and says which year is missing."""
    short = Calendar.of_days(date(2025, 1, 1), date(2025, 3, 9))
    with pytest.raises(CalendarUnavailable, match="2025"):
        short.next_workday(date(2025, 3, 8))
