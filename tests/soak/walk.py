"""A random walk over all shipped definitions and generated ones, judged after each step by who counts for himself.

    python -m tests.soak.walk --count 1000000 --processes 2

One walk is a database of some cases, from applications to their ends. A step is a command or a sweep. Each construct of the
language and the engine must be met by at least one case in a hundred (by one walk in a hundred where it concerns a whole
database), or the walk proves too little and fails.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import sys
import time
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import govflow
from govflow import GovflowError
from govflow.engine.case import events
from govflow.engine.store import StoreError
from govflow.engine.views import CaseView
from govflow.language.model import Together, steps_of
from govflow.law.calendar import overlay_from
from govflow.law.clocks import SHANGHAI
from govflow.vocabulary import CaseStatus, ClockEffect, ClockKind, ClockStatus, ItemStatus, Mode, Outcome, TaskKind
from tests.cases import Watch
from tests.cases import catalog as shipped
from tests.soak import generated
from tests.soak.oracle import Judge
from tests.soak.people import Act, People, refs
from tests.soak.program import Options, Report, draw, memory_folder, run, say

CASES = 40
"""Cases of one walk."""

FREE_ROUNDS, MOST_ROUNDS = 120, 400
"""Rounds in which people do what they like, and all rounds; in those between them they finish what they have begun."""

COMMANDS = (
    "apply", "complete", "claim", "release", "ask_correction", "supplement", "suspend", "resume", "extend", "withdraw",
)  # fmt: skip
BLOCKS = ("theme", "single item", "together", "condition", "procedure of a step", "prerequisite", "joint visit")
BY_WALK = {
    "notice loaded", "notice corrected", "reproject", "sweep", "deliver", "engine opened anew", "event clock_reprojected",
}  # fmt: skip
"""Constructs that concern a whole database: one walk in a hundred must meet them."""


def expected() -> set[str]:
    """Every construct that a walk must meet."""
    kinds = {*TaskKind} - {TaskKind.RECEIVE}  # receipt is the application itself
    return {
        *(f"command {name}" for name in COMMANDS), *(f"refused {name}" for name in ("wrong", "extend")),
        *(f"event {name}" for name in events.TYPES), *(f"task {kind}" for kind in kinds),
        *(f"outcome {word}" for word in Outcome), *(f"clock {kind}" for kind in ClockKind),
        *(f"clock state {word}" for word in ClockStatus), *(f"effect {word}" for word in ClockEffect),
        *(f"case {word}" for word in CaseStatus), *(f"item {word}" for word in ItemStatus),
        *(f"mode {word}" for word in Mode), *(f"block {word}" for word in BLOCKS), *BY_WALK,
    }  # fmt: skip


class Walk:
    """One database and its cases, from a random day on."""

    def __init__(self, seed: int, number: int, url: str, report: Report) -> None:
        self.rng, self.url, self.report = draw(seed, "walk", number), url, report
        own = self.rng.random() < 0.5
        self.catalog = generated.catalog(self.rng.randrange(60)) if own else shipped()
        day = date(2024 if own else 2025, 3 if own else 1, 1) + timedelta(days=self.rng.randrange(1000))
        self.watch = Watch(datetime(day.year, day.month, day.day, self.rng.randrange(24), tzinfo=SHANGHAI))
        self.judge = Judge(self.catalog, report)
        self.engine = govflow.Engine(url, self.catalog, clock=self.watch)
        self.people = People(self.rng, self.engine)
        self.met: dict[str, set[str]] = {}
        self.met_here: set[str] = set()
        self.views: dict[str, CaseView] = {}
        self.pace: dict[str, float] = {}
        self.sent: Counter[str] = Counter()

    def go(self) -> None:
        """Apply, act and let time pass until every case is over."""
        for _ in range(CASES):
            self._apply()
        for number in range(MOST_ROUNDS):
            if not self.views:
                break
            if number == FREE_ROUNDS:
                self.people.willing = True
                self.pace = dict.fromkeys(self.pace, 1.0)
            self._round()
        for case in self.views:
            self.report.fault(f"{case} ({self.views[case].ref}) did not come to its end: {self.views[case].state}")
        self._deliver()
        self.report.require(max(self.sent.values(), default=1) == 1, "a message was sent twice")
        self.engine.close()
        self._add_up()

    def _add_up(self) -> None:
        counts = self.report.counts
        counts["walks"] += 1
        counts["cases"] += len(self.met)
        for found in self.met.values():
            counts.update(f"met: {each}" for each in found)
        counts.update(f"met: {each}" for each in self.met_here)

    # --- one round ---------------------------------------------------------------------------------------------

    def _round(self) -> None:
        self.watch.forward(hours=self.rng.choice([1, 3, 5, 9, 14, 20, 30, 30, 50, 100]))
        chance = self.rng.random()
        if chance < 0.01:
            self._new_notice()
        elif chance < 0.03:
            self._open_anew(self.catalog)
        elif chance < 0.06:
            self._deliver()
        if self.rng.random() < 0.6:
            self._sweep()
        for case in list(self.views):
            if self.rng.random() < self.pace[case]:
                self._act(case)

    def _apply(self) -> None:
        themes = [theme.code for theme in self.catalog.themes.values()]
        ref = self.rng.choice(themes if self.rng.random() < 0.4 else refs(self.catalog))
        given = self.people.application(ref)
        try:
            view = self.engine.apply(**given)
        except GovflowError as fault:
            self._refused("apply", fault)
            return
        self.report.counts["steps"] += 1
        self.met[view.id] = {"command apply", *self._blocks(view)}
        self.pace[view.id] = self.rng.choice([0.05, 0.2, 0.6, 0.9])
        self._look(view)

    def _blocks(self, view: CaseView) -> set[str]:
        running = [self.catalog.items[i.item] for i in view.items if i.mode == "run"]
        theme = self.catalog.themes.get(view.ref)
        here = {i.code for i in running}
        found = {
            "theme": theme is not None, "single item": theme is None,
            "together": any(isinstance(b, Together) for i in running for b in i.flow),
            "condition": any(s.when is not None for i in running for s in steps_of(i.flow)),
            "procedure of a step": any(s.procedure is not None for i in running for s in steps_of(i.flow)),
            "prerequisite": theme is not None and any(here & set(i.after) for i in theme.items if i.item in here),
            "joint visit": theme is not None and any(len(here & set(v.items)) > 1 for v in theme.joint.visits),
        }  # fmt: skip
        return {f"block {name}" for name, has in found.items() if has}

    def _act(self, case: str) -> None:
        view = self.views[case]
        act = self.people.act(view)
        if act is None:
            return
        self.report.counts["steps"] += 1
        if act.wrong:
            self._wrong(case, act)
            return
        before = {t.id for t in view.open_tasks}
        try:
            act.call()
        except StoreError:
            raise
        except GovflowError as fault:
            self._refused(act.name, fault, case)
            self._look(self.engine.case(case))
            return
        self.met[case].add(f"command {act.name}")
        now = self.engine.case(case)
        finished = before - {t.id for t in now.open_tasks}
        if finished:
            self.people.done[case] = min(finished)
        self._look(now)

    def _wrong(self, case: str, act: Act) -> None:
        before = self.engine.case(case)
        try:
            act.call()
        except StoreError:
            raise
        except GovflowError as fault:
            self._refused("wrong", fault, case)
        else:
            self.report.fault(f"{case}: a wrong command was taken: {self.engine.history(case)[-1]}")
        self.report.require(self.engine.case(case) == before, f"{case}: a refused command changed the case")

    def _refused(self, name: str, fault: GovflowError, case: str | None = None) -> None:
        self.report.counts["refused"] += 1
        self.report.require(bool(fault.zh and fault.en), f"no sentence: {fault!r}")
        if case is not None:
            self.met[case].add(f"refused {name}")

    def _look(self, view: CaseView) -> None:
        """Judge a case after a step; follow it no longer once it is over."""
        calendar = self.engine.calendar
        self.judge.view(view, calendar.is_workday, calendar.version)
        met = self.met[view.id]
        met |= {f"case {view.state}", *(f"item {i.state}" for i in view.items), *(f"mode {i.mode}" for i in view.items)}
        met |= {f"task {t.kind}" for t in view.tasks} | {f"outcome {t.outcome}" for t in view.tasks if t.outcome}
        for clock in view.clocks:
            met |= {f"clock {clock.kind}", f"clock state {clock.state}"}
        if view.closed is None:
            self.views[view.id] = view
            return
        self.views.pop(view.id, None)
        self._end(view.id)

    def _end(self, case: str) -> None:
        faults = self.engine.check(case)
        self.report.require(not faults, f"{case}: {faults}")
        history = self.engine.history(case)
        self.report.counts["events"] += len(history)
        self.judge.history(case, history)
        self.met[case] |= {f"event {e.type}" for e in history}
        self.met_here |= {"event clock_reprojected"} & self.met[case]
        self.met[case].discard("event clock_reprojected")
        self.met[case] |= {f"effect {e.body['effect']}" for e in history if e.type == "clock_expired"}

    # --- the whole database ------------------------------------------------------------------------------------

    def _sweep(self) -> None:
        self.report.counts["steps"] += 1
        self.met_here.add("sweep")
        fired = self.engine.sweep()
        seen = Counter((f.case, f.clock, f.event) for f in fired)
        self.report.require(max(seen.values(), default=1) == 1, f"a sweep fired a clock twice: {seen.most_common(1)}")
        self.report.counts["clocks fired by sweeps"] += len(fired)
        for case in {f.case for f in fired} & set(self.views):
            self._look(self.engine.case(case))

    def _deliver(self) -> None:
        self.met_here.add("deliver")
        self.report.counts["messages"] += self.engine.deliver(lambda m: self.sent.update([m.key]), limit=1_000_000)

    def _open_anew(self, catalog: govflow.Catalog) -> None:
        self.met_here.add("engine opened anew")
        self.engine.close()
        self.catalog = catalog
        self.engine = govflow.Engine(self.url, catalog, clock=self.watch)
        self.people.engine = self.engine
        incidents = self.engine.incidents()
        self.report.require(not incidents, f"incidents: {incidents}")

    def _new_notice(self) -> None:
        """Days off and made-up days that nobody knew: of a coming year, or a notice of this one put right."""
        now = self.watch.moment.date()
        known = self.engine.calendar.horizon.year
        corrected = now.year <= known and self.rng.random() < 0.5
        year = now.year if corrected else known + 1
        first = now + timedelta(days=self.rng.randint(1, 20)) if corrected else date(year, 1, 1)
        days = {first + timedelta(days=n) for n in range(self.rng.randint(1, 6))}
        inside = sorted(day for day in days if day.year == year) or [date(year, 12, 31)]
        weekend = next(d for d in (inside[-1] - timedelta(days=n) for n in range(1, 30)) if d.weekday() == 5)
        worked = [] if weekend in inside or weekend.year != year or weekend <= now else [weekend.isoformat()]
        data: dict[str, Any] = {
            "region": "cn", "year": year, "source": "试验",
            "holidays": [{"name": "假日", "from": inside[0].isoformat(), "to": inside[-1].isoformat()}], "workdays": worked,
        }  # fmt: skip
        others = tuple(o for o in self.catalog.calendars if o.year != year)
        self.met_here.add("notice corrected" if corrected else "notice loaded")
        self._open_anew(dataclasses.replace(self.catalog, calendars=(*others, overlay_from(data))))
        if self.rng.random() < 0.5:
            self.met_here.add("reproject")
            changed = {str(c["case"]) for c in self.engine.reproject()}
            for case in changed & set(self.views):
                self._look(self.engine.case(case))


def many(seed: int, first: int, apart: int, options: Options) -> Report:
    """Walks number first, first + apart ... until the steps or the seconds are used up."""
    report, began, number = Report(), time.monotonic(), first
    while not options.over(began, report.counts["steps"] * apart):
        with memory_folder() as folder:
            try:
                Walk(seed, number, f"sqlite:///{folder}/cases.db", report).go()
            except Exception as fault:
                report.fault(f"walk {number} of seed {seed} ended with {type(fault).__name__}: {fault}")
                if not isinstance(fault, GovflowError):
                    raise
        number += apart
        if first == 0 and number % (50 * apart) == 0:
            say(f"walk: {report.counts['steps'] * apart:,} steps, {len(report.faults)} faults")
    return report


def body(options: Options, report: Report) -> None:
    """All walks, in so many processes."""
    began, apart = time.monotonic(), options.processes
    with multiprocessing.get_context("spawn").Pool(apart) as pool:
        for each in pool.starmap(many, [(options.seed, n, apart, options) for n in range(apart)]):
            report.add(each)
    report.counts["steps per second"] = int(report.counts["steps"] / (time.monotonic() - began))
    rare(report)


def rare(report: Report, least: float = 0.01) -> None:
    """A construct that too few cases (or walks) met is a fault of the walk."""
    for construct in sorted(expected()):
        whole = report.counts["walks" if construct in BY_WALK else "cases"]
        met = report.counts[f"met: {construct}"]
        if met < max(1, whole * least):
            report.fault(f"{construct} was met by {met} of {whole:,}: under {least:.0%}")


if __name__ == "__main__":
    about, counted = "A random walk over all definitions, judged after each step.", "steps"
    sys.exit(run("walk", body, Options.read(about, counted, 1_000_000)))
