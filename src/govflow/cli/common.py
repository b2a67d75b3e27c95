"""What every command shares: the language, the options, the exit code, JSON.

Nothing heavy is imported here: `govflow --version` and a completion in the shell load this and no more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from govflow.cli.commands import option, say
from govflow.text import Text, printable

F = TypeVar("F", bound=Callable[..., Any])


class Exit(Exception):
    """Findings or a refusal that has been shown already; carries the exit code."""

    def __init__(self, code: int = 1) -> None:
        super().__init__(code)
        self.code = code


def definitions_option(command: F) -> F:
    """`--definitions DIR`, also from GOVFLOW_DEFINITIONS."""
    return option(
        "--definitions", envvar="GOVFLOW_DEFINITIONS", default="definitions", show_default=True, metavar="DIR",
        help=Text("定义文件夹。", "Folder of definitions."),
    )(command)  # fmt: skip


def database_option(command: F) -> F:
    """`--db URL`, also from GOVFLOW_DB."""
    return option(
        "--db", envvar="GOVFLOW_DB", default="sqlite:///govflow.db", show_default=True, metavar="URL",
        help=Text("数据库地址（SQLAlchemy URL）。", "Database (SQLAlchemy URL)."),
    )(command)  # fmt: skip


def json_option(command: F) -> F:
    """`--json`: the versioned machine format."""
    return option(
        "--json", "as_json", is_flag=True, help=Text("机器可读的 JSON（带版本号）。", "Versioned JSON for programs.")
    )(command)


def case_options(command: F) -> F:
    """`--definitions` and `--db`: where stored cases are."""
    return definitions_option(database_option(command))


def query_options(command: F) -> F:
    """`--definitions`, `--db` and `--json`: a question to stored cases."""
    return case_options(json_option(command))


def provisional_mark(provisional: bool) -> str:
    """What stands behind a date that goes beyond the published calendar."""
    return say(Text("（暂定）", " (provisional)")) if provisional else ""


def tell(text: Text) -> None:
    """Say something beside the output."""
    echo(say(text), err=True)


def complain(text: str) -> None:
    """Say what went wrong."""
    echo(f"govflow: {text}", err=True)


def echo(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print for people: characters that steer a terminal are spelled out, so names and opinions are only text."""
    click.echo(printable(text), err=err, nl=nl)


def echo_json(data: object, indent: int | None = None) -> None:
    """Print JSON for programs: characters that steer a terminal are escaped, which says the same."""
    click.echo(escaped(json.dumps(data, ensure_ascii=False, indent=indent, default=str)))


def escaped(text: str) -> str:
    """JSON text whose characters that steer a terminal are written as escapes."""
    return printable(text, lambda character: json.dumps(character)[1:-1])


def of_system(fault: OSError) -> str:
    """What the system says, after the name of the file if there is one."""
    said = fault.strerror or str(fault)
    return said if fault.filename is None else f"{fault.filename}: {said}"


def print_json(data: dict[str, Any]) -> None:
    """Versioned JSON on standard output."""
    echo_json({"version": 1, **data}, indent=2)
