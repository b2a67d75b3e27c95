"""Tests that analysts write beside the definitions: scenario files, run on the real engine with a turned clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from govflow import compiler
from govflow.apps.scenarios.coverage import coverage
from govflow.apps.scenarios.expectations import failures_of
from govflow.apps.scenarios.player import ManualClock, Player, player_for
from govflow.apps.scenarios.reading import scenarios_from
from govflow.apps.scenarios.records import Expectation, Played, Scenario, ScenarioFailure, ScenarioStep
from govflow.apps.scenarios.report import as_data, failure_text, summary_line, table
from govflow.catalog import Loaded
from govflow.engine.api import Engine
from govflow.engine.definitions import bundle
from govflow.engine.store import Database
from govflow.errors import GovflowError, language
from govflow.language.model import Catalog
from govflow.law.clocks import ClockError
from govflow.text import Lang, Text

__all__ = [
    "Played",
    "as_data",
    "coverage",
    "failure_text",
    "play",
    "regressions",
    "scenarios_in",
    "subjects",
    "summary_line",
    "table",
]

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def scenarios_in(loaded: Loaded) -> list[Scenario]:
    """Every scenario of the loaded files, by file and in the order of the file."""
    wanted = set(loaded.files)
    return [
        scenario
        for document in sorted(loaded.documents, key=lambda each: each.file)
        if document.kind is not None and document.kind[0] == "scenarios" and document.file in wanted
        for scenario in scenarios_from(document)
    ]


def subjects(loaded: Loaded, played: Iterable[Played]) -> list[str]:
    """The codes of the items and themes that were read, or that the scenarios are about: themes first."""
    catalog, files = loaded.catalog, set(loaded.files)
    about = {each.code for each in played}
    return [
        each.code
        for shelf in (catalog.themes, catalog.items)
        for each in shelf.values()
        if each.file in files or each.code in about
    ]


def play(scenarios: Iterable[Scenario], catalog: Catalog, lang: Lang | str = Lang.ZH) -> Iterator[Played]:
    """Run scenarios one after the other on one engine with a database in memory.

    Each begins with nothing and leaves nothing. An error of the engine is a failure of the scenario; nothing is raised
    but InvalidInput for a language that is neither Chinese nor English.
    """
    database, clock = Database("sqlite://"), ManualClock(BEGINNING)
    engine = Engine(database.engine, catalog, clock=clock)
    runner = _Runner(database, engine, clock, catalog, language(lang), {})
    try:
        for scenario in scenarios:
            yield _result(scenario, runner)
    finally:
        engine.close()


def regressions(scenarios: Iterable[Scenario], old: Catalog, new: Catalog, lang: Lang | str = Lang.ZH) -> list[Played]:
    """The scenarios that pass with the old definitions and fail with the new ones, as they fail there.

    Only those of items and themes whose definition differs are run.
    """
    changed = [each for each in scenarios if _definition(each.of, old) != _definition(each.of, new)]
    passed = [each.scenario for each in play(changed, old, lang) if each.passed]
    return [each for each in play(passed, new, lang) if not each.passed]


def _definition(ref: str, catalog: Catalog) -> str | None:
    if ref not in catalog.themes and ref not in catalog.items:
        return None
    code = catalog.themes[ref].code if ref in catalog.themes else catalog.items[ref].code
    return bundle.definition_hash(catalog, code)


@dataclass(frozen=True, slots=True)
class _Runner:
    """What all scenarios share."""

    database: Database
    engine: Engine
    clock: ManualClock
    catalog: Catalog
    lang: Lang
    elements: dict[str, Mapping[str, compiler.ElementInfo]]

    def elements_of(self, code: str) -> Mapping[str, compiler.ElementInfo]:
        """The elements of an item's or theme's process; the first time its definition is compiled and kept.

        That happens outside the transaction of a scenario, which is rolled back.
        """
        if code not in self.elements:
            self.clock.moment = BEGINNING
            with suppress(GovflowError):  # nothing has been answered: that the answers are missing is no matter
                self.engine.required(code, {})
            self.elements[code] = compiler.elements(code, self.catalog)
        return self.elements[code]


def _result(scenario: Scenario, runner: _Runner) -> Played:
    catalog = runner.catalog
    shelf = catalog.themes if scenario.of in catalog.themes else catalog.items
    if scenario.of not in shelf:
        what = Text(f"{scenario.of} 的定义有错误，不能办理", f"the definition of {scenario.of} is not sound")
        return Played(scenario, scenario.of, (ScenarioFailure(scenario.span, what, scenario.of, "—"),), (), (), {})
    code = shelf[scenario.of].code
    elements = runner.elements_of(code)
    with runner.database.engine.connect() as connection:
        transaction = connection.begin()
        try:
            player = player_for(runner.engine.joined(connection), catalog, runner.clock, scenario, code, elements)
            failures = tuple(_acted(player, runner.lang))
        finally:
            transaction.rollback()
    return Played(scenario, code, failures, tuple(player.events), player.assumed, elements)


def _acted(player: Player, lang: Lang) -> Iterator[ScenarioFailure]:
    """Steps and expectations in order of time; an expectation comes after the steps of its instant."""
    scenario = player.scenario
    named = [step.at for step in scenario.steps] + [each.at for each in scenario.expect if each.at is not None]
    last = max(named)
    acts: list[tuple[datetime, int, ScenarioStep | Expectation]] = [(step.at, 0, step) for step in scenario.steps]
    acts += [(each.at or last, 1, each) for each in scenario.expect]
    for at, _, act in sorted(acts, key=lambda each: each[:2]):
        player.go(at)
        if isinstance(act, Expectation):
            yield from failures_of(player, act, lang)
            continue
        failure = _done(player, act, lang)
        if failure is not None:
            yield failure
            return


def _done(player: Player, step: ScenarioStep, lang: Lang) -> ScenarioFailure | None:
    """Do a step; the failure if it was refused and should not have been, or should have been and was not."""
    wanted = step.words.get("refused")
    try:
        player.do(step)
    except (GovflowError, ClockError) as fault:
        said = fault.message
        if wanted is not None and (wanted in said.zh or wanted in said.en):
            return None
        what = Text(f"步骤 {step.do} 被拒绝", f"step {step.do} was refused")
        expected = Text("能够办理", "allowed") if wanted is None else Text(f"拒绝：{wanted}", f"refused: {wanted}")
        return ScenarioFailure(step.span, what, expected.text(lang), said.text(lang))
    if wanted is None:
        return None
    what = Text(f"步骤 {step.do} 应被拒绝", f"step {step.do} should have been refused")
    return ScenarioFailure(step.span, what, wanted, Text("没有拒绝", "allowed").text(lang))
