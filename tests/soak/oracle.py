"""A judge of cases who knows the law and the official table of workdays, and nothing of how the engine counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from govflow.engine.views import CaseView, ClockView, EventView
from govflow.language.model import Catalog
from govflow.law.clocks import SHANGHAI
from tests.soak.people import stated
from tests.soak.program import Report

IsWorkday = Callable[[date], bool]
ONE = timedelta(days=1)
AFTER_DECISION = {"issue", "deliver", "archive", "post_check", "receive", "pay"}
UNDECIDED = {"reviewing", "suspended"}
NO_TASK = {"waiting", "terminated", "withdrawn", "skipped"}
DECIDED = {"granted", "refused", "delivered", "verified"}


# --- counting days -------------------------------------------------------------------------------------------------


def due_day(clock: ClockView, is_workday: IsWorkday) -> date | str | None:
    """The last day of a clock, counted day by day; None while it stands still, `not judged` where this counter stops.

    The day of the event itself does not count (民法典 art. 201); stopped days do not (行政许可法 art. 45); a last day
    that is a rest day moves to the next workday (民法典 art. 203).
    """
    parsed = re.fullmatch(r"(\d+) (workday|natural day|month)s?", clock.limit)
    begins = datetime.fromisoformat(clock.start).astimezone(SHANGHAI).date()
    if parsed is None:
        return "not judged"
    unit, left = parsed[2], int(parsed[1])
    if unit == "month":
        left, unit = (_months_later(begins, left) - begins).days, "natural day"
    stops = [(date.fromisoformat(str(s[0])), date.fromisoformat(s[1]) if s[1] else date.max) for s in clock.suspensions]
    for by, decided_on, *_ in clock.extensions:
        more = re.fullmatch(rf"(\d+) {unit}s?", by)
        held = any(a <= date.fromisoformat(decided_on) <= b for a, b in stops)
        if more is None or held or unit != "workday":
            return "not judged"
        left += int(more[1])
    if int(parsed[1]) == 0:
        if stops:
            return "not judged"
        begins = _next(begins, is_workday)  # what is due at once is due on a day on which somebody works
    return _count(begins, left, unit, stops, is_workday)


def _count(begins: date, left: int, unit: str, stops: list[tuple[date, date]], is_workday: IsWorkday) -> date | None:
    day = begins
    while left:
        if any(a < day + ONE <= b == date.max for a, b in stops):
            return None
        day += ONE
        stands_still = any(a < day <= b for a, b in stops)
        left -= not stands_still and (unit == "natural day" or is_workday(day))
    last = _next(day, is_workday)
    for begin, end in sorted(stops):
        if begin <= last and end > last:  # nothing was left: it is held, and nobody can act on a rest day
            if end == date.max:
                return None
            last = _next(end, is_workday)
    return last


def _next(day: date, is_workday: IsWorkday) -> date:
    while not is_workday(day):
        day += ONE
    return day


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError(day)


# --- judging -------------------------------------------------------------------------------------------------------


class Judge:
    """Judges views and histories of the cases of one catalogue; remembers which clocks it has counted already."""

    def __init__(self, catalog: Catalog, report: Report) -> None:
        self.catalog, self.report = catalog, report
        self._known: set[tuple[Any, ...]] = set()

    def view(self, view: CaseView, is_workday: IsWorkday, version: str) -> None:
        """Dates, clocks and tasks of a case as they stand after a command; `version` is the present calendar."""
        for clock in view.clocks:
            if clock.closed_at is None and clock.calendar == version:
                self._due(view, clock, is_workday)
        for item in view.items:
            live = [c.kind for c in view.clocks if c.item == item.item and c.closed_at is None]
            if item.state in UNDECIDED and item.mode == "run":
                for kind, has in stated(self.catalog.items[item.item]).items():
                    what = f"{view.id} {item.item} {item.state}: {live.count(kind)} live {kind} clocks, {has} stated"
                    self.report.require(live.count(kind) == has, what)
            else:
                open_ones = {"promised", "statutory"} & set(live)
                self.report.require(not open_ones, f"{view.id} {item.item} is {item.state} and has live {open_ones}")
        states = {item.item: item.state for item in view.items}
        for task in view.open_tasks:
            state = states.get(str(task.item), "reviewing")
            wrong = (state in NO_TASK and (state, task.kind) != ("waiting", "verify")) or (
                state in DECIDED and task.kind not in AFTER_DECISION
            )
            self.report.require(not wrong, f"{view.id} {task.item} is {state} and has an open task {task.kind}")
        if view.closed:
            self.report.require(not view.open_tasks, f"{view.id} is over and has open tasks")
            self.report.require(all(c.closed_at for c in view.clocks), f"{view.id} is over and has live clocks")

    def _due(self, view: CaseView, clock: ClockView, is_workday: IsWorkday) -> None:
        key = (view.id, clock.id, clock.limit, clock.start, clock.suspensions, clock.extensions, clock.calendar)
        if (*key, clock.due) in self._known:
            return
        self._known.add((*key, clock.due))
        expected = due_day(clock, is_workday)
        if expected == "not judged":
            self.report.counts["clocks not counted (hours, mixed extensions)"] += 1
            return
        shown = expected.isoformat() if isinstance(expected, date) else None
        self.report.counts["clocks counted day by day"] += 1
        self.report.require(clock.due == shown, f"{view.id} {clock}: due {clock.due}, counted {shown}")

    def history(self, case: str, events: list[EventView]) -> None:
        """Nothing fires twice, early, or while it stands still; nothing is done twice."""
        stopped: dict[str, set[str]] = {}
        fired: set[tuple[str, str]] = set()
        once: set[tuple[str, str]] = set()
        for event in events:
            body = event.body
            if event.type == "clocks_suspended":
                for id in body["clocks"]:
                    stopped.setdefault(id, set()).add(body["procedure"])
            elif event.type in ("clocks_resumed", "clocks_extended", "clock_reprojected"):
                for id in body.get("clocks", [body.get("clock")]):
                    stopped.get(id, set()).discard(body.get("procedure", ""))
                    fired -= {(id, "clock_warned")} | ({(id, "clock_expired")} if "new" in body else set())
            elif event.type in ("clock_warned", "clock_expired"):
                self._fires(case, event, stopped, fired)
            elif event.type in ("task_completed", "result_issued", "item_decided", "closed", "accepted"):
                key = event.type, str(body.get("task") or body.get("number") or body.get("item"))
                self.report.require(key not in once, f"{case} {key} twice")
                once.add(key)

    def _fires(self, case: str, event: EventView, stopped: dict[str, set[str]], fired: set[tuple[str, str]]) -> None:
        clock, key = event.body["clock"], (event.body["clock"], event.type)
        self.report.require(key not in fired, f"{case} {key} twice")
        fired.add(key)
        self.report.require(not stopped.get(clock), f"{case} {key} while it stands still")
        if event.type == "clock_warned":
            self.report.require(event.at >= str(event.body["at"]), f"{case} {key} early")
        else:
            day = datetime.fromisoformat(event.at).astimezone(SHANGHAI).date().isoformat()
            # a limit in whole days is over when its last day is; one in hours on the day itself
            self.report.require(day >= str(event.body["due"]), f"{case} {key} early: {day} for {event.body['due']}")
