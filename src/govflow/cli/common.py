"""What the commands share: the language, the definitions folder, the database, JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from govflow import validation
from govflow.catalog import Loaded, load
from govflow.cli import needs
from govflow.diagnostics import Diagnostic, Severity, render
from govflow.errors import InvalidInput
from govflow.language.model import Catalog
from govflow.law.clocks import SHANGHAI
from govflow.text import Text

SHOWN = 20  # errors shown by a command that cannot go on; validate shows them all
F = TypeVar("F", bound=Callable[..., Any])


class Failure(Exception):
    """Findings or a refusal that has been shown already; carries the exit code."""

    def __init__(self, code: int = 1) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Language:
    """The language of messages: `--lang`, GOVFLOW_LANG, then the locale; Chinese where nothing is set."""

    code: str = "zh"

    def choose(self, given: str | None) -> None:
        """Settle the language for this run; raises UsageError for another than zh and en."""
        if given is not None and given not in ("zh", "en"):
            raise click.UsageError(f"--lang {given}: zh, en")
        named = given or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        self.code = "en" if named.startswith("en") else "zh"

    def say(self, zh: str, en: str) -> str:
        """One of two wordings."""
        return zh if self.code == "zh" else en


language = Language()


def definitions_option(command: F) -> F:
    """`--definitions DIR`, also from GOVFLOW_DEFINITIONS."""
    return click.option(
        "--definitions", envvar="GOVFLOW_DEFINITIONS", default="definitions", show_default=True, metavar="DIR",
        help="定义文件夹。Folder of definitions.",
    )(command)  # fmt: skip


def database_option(command: F) -> F:
    """`--db URL`, also from GOVFLOW_DB."""
    return click.option(
        "--db", envvar="GOVFLOW_DB", default="sqlite:///govflow.db", show_default=True, metavar="URL",
        help="数据库地址（SQLAlchemy URL）。Database.",
    )(command)  # fmt: skip


def json_option(command: F) -> F:
    """`--json`: the versioned machine format."""
    return click.option("--json", "as_json", is_flag=True, help="机器可读格式。Versioned JSON.")(command)


def show_errors(errors: Sequence[Diagnostic], zh: str, en: str) -> None:
    """The first errors a line each, and a sentence about all of them, on standard error."""
    click.echo(render(errors[:SHOWN], "concise", lang=language.code), err=True, nl=False)
    click.echo(language.say(zh, en), err=True)


def loaded_from(
    folder: str, *refs: str, region: str | None = None, calendars: bool = False, whole: bool = False
) -> Loaded:
    """The definitions of a folder, for a command about these items and themes.

    Errors in what the command needs are shown on standard error and end it; of errors elsewhere only the number is told.
    What counts is what `govflow validate` counts: ignore comments and the project's settings hold here too. A command
    about the `whole` shows what is sound; `region` and `calendars` are those of `needs.concerning`.
    """
    loaded = load(folder)
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
            f"定义有 {len(concerning)} 处错误，先用 govflow validate 查看并改正",
            f"the definitions have {len(concerning)} errors; see govflow validate",
        )
    if elsewhere and whole:
        click.echo(language.say(
            f"定义有 {elsewhere} 处错误，读不成的没有列入；用 govflow validate 查看",
            f"the definitions have {elsewhere} errors; what cannot be read is left out; see govflow validate",
        ), err=True)  # fmt: skip
    elif elsewhere:
        click.echo(language.say(
            f"别处另有 {elsewhere} 处错误，与此无关，已略过；用 govflow validate 查看",
            f"{elsewhere} errors elsewhere were passed over; see govflow validate",
        ), err=True)  # fmt: skip
    if concerning:
        raise Failure(1)
    return loaded


def catalog_from(folder: str, *refs: str, calendars: bool = False, whole: bool = False) -> Catalog:
    """What is sound in a folder, for a command about these items and themes; as `loaded_from`."""
    return loaded_from(folder, *refs, calendars=calendars, whole=whole).catalog


def moment_from(text: str, field: str) -> datetime:
    """An instant from the command line; without an offset it is Beijing time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            Text(f"{field} 是 {text!r}，应如 2025-03-03T09:00", f"{field} {text!r}: expected such as 2025-03-03T09:00"),
            field=field,
        ) from None
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment


def provisional_mark(provisional: bool) -> str:
    """What stands behind a date that goes beyond the published calendar."""
    return language.say("（暂定）", " (provisional)") if provisional else ""


def print_json(data: dict[str, Any]) -> None:
    """Versioned JSON on standard output."""
    click.echo(json.dumps({"version": 1, **data}, ensure_ascii=False, indent=2, default=str))


def value_from(text: str) -> Any:
    """An answer from the command line: true, false, a number, or text."""
    if text in ("true", "是"):
        return True
    if text in ("false", "否"):
        return False
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text) if text.lower().lstrip("+-") not in ("nan", "inf", "infinity") else text
    except ValueError:
        return text


def answers_from(pairs: tuple[str, ...]) -> dict[str, Any]:
    """`--answer premises_area=120` pairs as answers."""
    found = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        if not sign or not name:
            raise click.UsageError(
                language.say(f"--answer {pair}: 应写成 名称=值", f"--answer {pair}: expected NAME=VALUE")
            )
        found[name.strip()] = value_from(text.strip())
    return found
