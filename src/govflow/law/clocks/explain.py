"""Why a clock is due when it is: day by day, counted or not and for what reason, in Chinese or English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from govflow.errors import language
from govflow.law.calendar import Calendar, CalendarUnavailable, Day
from govflow.law.clocks.counting import Interval, Trace, trace
from govflow.law.clocks.grammar import Unit
from govflow.law.clocks.ledger import Extension, Ledger
from govflow.text import Lang

LineKind = Literal["start", "day", "rest", "stopped", "roll", "extension"]


@dataclass(frozen=True, slots=True)
class Line:
    """One day of an explanation: was it counted, how many were counted up to it, and why or why not."""

    date: date
    counted: bool
    number: int
    why: str
    kind: LineKind = "day"


@dataclass(frozen=True, slots=True)
class Explanation:
    """All days from the event to the due date (or to the open suspension), and the answer in one sentence."""

    lines: tuple[Line, ...]
    summary: str


def explain(ledger: Ledger, calendar: Calendar, lang: Lang | str = Lang.ZH) -> Explanation:
    """Explain the due date of a ledger day by day; the last line's date is the due date, if there is one.

    Raises InvalidInput for a language that is neither Chinese nor English.
    """
    now = trace(ledger, calendar)
    words = _Words(language(lang) is Lang.ZH, now, ledger, calendar)
    lines = tuple(_lines(words))
    return Explanation(lines, words.summary(lines))


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said about one clock, in one language."""

    zh: bool
    now: Trace
    ledger: Ledger
    calendar: Calendar

    def say(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def started(self) -> str:
        if self.ledger.limit.value == 0:
            return self.say(
                "当场办结：起算当日到期，休息日则为下一工作日", "on the spot: due that day or the next workday"
            )
        if self.ledger.limit.timed:
            moment = f"{self.ledger.anchor:%H:%M}"
            return self.say(f"自 {moment} 起算", f"counted from {moment}")
        en = "the day of the event is not counted (Civil Code art. 201)"
        return self.say("起算事件当日不计入（民法典第201条）", en)

    def stopped(self, stop: Interval) -> str:
        reason = stop.cause.reason or stop.cause.procedure or self.say("未写明理由", "no reason given")
        until = stop.cause.end.isoformat() if stop.cause.end else self.say("未恢复", "still open")
        since = stop.cause.start.isoformat()
        return self.say(
            f"中止不计：{reason}（{since} 至 {until}，行政许可法第45条）",
            f"clock stopped: {reason} ({since} to {until}, Administrative Licensing Law art. 45)",
        )

    def rest(self, day: Day) -> str:
        name = day.name if self.zh else day.name_en
        if day.kind == "weekend":
            return self.say(f"{name}，休息日不计", f"{name}, not a workday")
        return self.say(f"{name}放假，不计", f"{name} holiday, not a workday")

    def counted(self, number: int, unit: Unit, day: Day | None) -> str:
        named = day is not None and day.kind == "make_up"
        extra = self.say(f"（{day.name}）", f" ({day.name_en})") if named and day is not None else ""
        if self.ledger.limit.timed:
            return self.say(f"计时{extra}", f"the clock runs{extra}")
        if unit == "workday":
            return self.say(f"第{number}个工作日{extra}", f"workday {number}{extra}")
        return self.say(f"第{number}日{extra}", f"day {number}{extra}")

    def rolled(self, last: bool, day: Day | None) -> str:
        name = "" if day is None else f"{day.name if self.zh else day.name_en}"
        if last:
            en = f"{name}: the last day was a rest day, rolled to here"
            return self.say(f"{name}：期限末日为休息日，顺延至此", en)
        return self.say(f"{name}：休息日，顺延", f"{name}: a rest day, rolled on")

    def extended(self, extension: Extension, before: date) -> str:
        by = extension.by.text("zh" if self.zh else "en")
        who = extension.by_whom or self.say("负责人", "the head of the authority")
        why = self.say(f"，理由：{extension.reason}", f", because: {extension.reason}") if extension.reason else ""
        en = f"extended by {by}, decided by {who}{why} (was due {before})"
        return self.say(f"延长 {by}，由{who}决定{why}（原到期日 {before}）", en)

    def summary(self, lines: tuple[Line, ...]) -> str:
        limit = self.ledger.limit.text("zh" if self.zh else "en")
        counted = sum(line.counted for line in lines)
        start = self.ledger.start
        if self.now.open is not None:
            since = self.now.stopped[-1].after
            reason = self.now.open.reason or self.now.open.procedure or ""
            return self.say(
                f"自 {start} 起算，时限{limit}；{since} 起中止（{reason}），恢复前没有到期日。",
                f"Started {start}, limit {limit}; stopped since {since} ({reason}), no due date until it resumes.",
            )
        at = "" if self.now.end.at is None else f" {self.now.end.at:%H:%M}"
        due = f"{self.now.end.day}{at}"
        stopped = len({line.date for line in lines if line.kind == "stopped"})
        return self.say(
            f"自 {start} 起算，时限{limit}，计 {counted} 日，中止 {stopped} 日，到期日 {due}。",
            f"Started {start}, limit {limit}: {counted} {'day' if counted == 1 else 'days'} counted, {stopped} stopped, "
            f"due {due}.",
        )


def _lines(words: _Words) -> Iterator[Line]:
    now, ledger = words.now, words.ledger
    last = now.end.day if now.open is None else now.stopped[-1].after
    notes = sorted(now.extended, key=lambda pair: pair[0].decided_on)
    yield Line(ledger.start, False, 0, words.started(), "start")
    number, day = 0, ledger.start
    while True:
        while notes and (notes[0][0].decided_on <= day or day >= last):
            extension, before = notes.pop(0)
            yield Line(extension.decided_on, False, number, words.extended(extension, before), "extension")
        if day >= last:
            break
        day += timedelta(days=1)
        line = _line(words, day, number)
        number = line.number
        yield line
    if now.open is not None:
        yield Line(last, False, number, words.stopped(now.stopped[-1]), "stopped")


def _line(words: _Words, day: date, number: int) -> Line:
    now = words.now
    known = _known(words.calendar, day)
    for stop in now.stopped:
        if stop.after < day <= stop.until:
            return Line(day, False, number, words.stopped(stop), "stopped")
    unit = _unit(words, day)
    if day > now.end.raw:
        return Line(day, False, number, words.rolled(day == now.end.day, known), "roll")
    if unit in ("workday", "working_hour") and known is not None and not known.workday:
        return Line(day, False, number, words.rest(known), "rest")
    return Line(day, True, number + 1, words.counted(number + 1, unit, known))


def _unit(words: _Words, day: date) -> Unit:
    """The unit in which this day is counted: the limit's, or that of the extension that the day belongs to."""
    unit = words.ledger.limit.unit
    for extension, before in words.now.extended:
        if day > before:
            unit = extension.by.unit
    return unit


def _known(calendar: Calendar, day: date) -> Day | None:
    # Natural days and hours are counted without the calendar; it only lends them names.
    try:
        return calendar.day(day)
    except CalendarUnavailable:
        return None
