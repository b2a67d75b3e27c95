"""The definitions of a folder for a command that needs them, and what it says about their errors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from govflow import validation
from govflow.catalog import Loaded, load
from govflow.cli import needs
from govflow.cli.commands import lang, say
from govflow.cli.common import Exit, echo
from govflow.diagnostics import Diagnostic, Severity, render
from govflow.language.model import Catalog
from govflow.text import Text

SHOWN = 20  # errors shown by a command that cannot go on; validate shows them all


def show_errors(errors: Sequence[Diagnostic], summary: Text) -> None:
    """The first errors a line each, and a sentence about all of them, on standard error."""
    echo(render(errors[:SHOWN], "concise", lang=lang()), err=True, nl=False)
    echo(say(summary), err=True)


def loaded_from(
    folder: str, *refs: str, region: str | None = None, calendars: bool = False, whole: bool = False,
    kinds: Collection[str] | None = None,
) -> Loaded:  # fmt: skip
    """The definitions of a folder, for a command about these items and themes.

    Errors in what the command needs are shown on standard error and end it; of errors elsewhere only the number is told.
    What counts is what `govflow validate` counts: ignore comments and the project's settings hold here too. A command
    about the `whole` shows what is sound; `region` and `calendars` are those of `needs.concerning`. A command that needs
    some `kinds` of files only reads those and asks no rule about them.
    """
    loaded = load(folder) if kinds is None else load(folder, rules=(), kinds=kinds)
    request = validation.request_of(validation.settings_for(Path.cwd()), (folder,))
    faults = [each for each in validation.validate_loaded(loaded, request) if each.severity is Severity.ERROR]
    if not faults:
        return loaded
    concerning = needs.concerning(loaded, faults, refs, region=region, calendars=calendars)
    if whole and not loaded.catalog.items and not loaded.catalog.themes:
        concerning = faults
    elsewhere = len(faults) - len(concerning)
    if concerning:
        show_errors(
            concerning,
            Text(
                f"定义有 {len(concerning)} 处错误，先用 govflow validate 查看并改正",
                f"the definitions have {len(concerning)} errors; see govflow validate",
            ),
        )
    if elsewhere and whole:
        echo(say(Text(
            f"定义有 {elsewhere} 处错误，读不成的没有列入；用 govflow validate 查看",
            f"the definitions have {elsewhere} errors; what cannot be read is left out; see govflow validate",
        )), err=True)  # fmt: skip
    elif elsewhere:
        echo(say(Text(
            f"别处另有 {elsewhere} 处错误，与此无关，已略过；用 govflow validate 查看",
            f"{elsewhere} errors elsewhere were passed over; see govflow validate",
        )), err=True)  # fmt: skip
    if concerning:
        raise Exit(1)
    return loaded


def catalog_from(
    folder: str, *refs: str, calendars: bool = False, whole: bool = False, kinds: Collection[str] | None = None
) -> Catalog:
    """What is sound in a folder, for a command about these items and themes; as `loaded_from`."""
    return loaded_from(folder, *refs, calendars=calendars, whole=whole, kinds=kinds).catalog
