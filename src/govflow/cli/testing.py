"""Tests that analysts write: `govflow test` runs the scenarios beside the definitions."""

from __future__ import annotations

from pathlib import Path

import click

from govflow.apps import scenarios
from govflow.catalog import Loaded, load
from govflow.cli.commands import command, lang, option
from govflow.cli.common import Exit, echo, json_option, print_json
from govflow.diagnostics import Severity, render
from govflow.text import Text


@command("运行场景测试，并报告哪些定义没有场景。")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@option("-q", "--quiet", is_flag=True, help=Text("不列覆盖情况。", "Without the table of what is exercised."))
@json_option
def test(paths: tuple[Path, ...], quiet: bool, as_json: bool) -> None:
    """Run the scenarios; tell what none of them exercises."""
    loaded = _sound(load(*(paths or (Path("definitions"),)), rules=()))
    found = scenarios.scenarios_in(loaded)
    played = []
    for each in scenarios.play(found, loaded.catalog, lang()):
        played.append(each)
        if not each.passed and not as_json:
            echo(scenarios.failure_text(each, lang()))
    covered = scenarios.coverage(played, loaded.catalog, scenarios.subjects(loaded, played))
    if as_json:
        print_json(scenarios.as_data(played, covered, lang()))
    else:
        if not quiet:
            echo(scenarios.table(covered, loaded.catalog, lang()))
        echo(scenarios.summary_line(played, lang()))
    if not all(each.passed for each in played) or not played:
        raise Exit(1)


def _sound(loaded: Loaded) -> Loaded:
    """What was loaded, unless the files themselves have errors: those are shown and end the command."""
    errors = [each for each in loaded.diagnostics if each.severity is Severity.ERROR]
    if errors:
        echo(render(errors, "full", lang=lang(), sources=loaded.sources, files=len(loaded.files)), err=True)
        raise Exit(1)
    return loaded


COMMANDS = (test,)
