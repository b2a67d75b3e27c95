"""What every command shares: the language, the options, the exit code, JSON.

Nothing heavy is imported here: `govflow --version` and a completion in the shell load this and no more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

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


def provisional_mark(provisional: bool) -> str:
    """What stands behind a date that goes beyond the published calendar."""
    return language.say("（暂定）", " (provisional)") if provisional else ""


def print_json(data: dict[str, Any]) -> None:
    """Versioned JSON on standard output."""
    click.echo(json.dumps({"version": 1, **data}, ensure_ascii=False, indent=2, default=str))
