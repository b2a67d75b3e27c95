"""Values as people write them on the command line: an instant, an answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from govflow.cli.commands import option, say
from govflow.errors import InvalidInput
from govflow.law.clocks import SHANGHAI
from govflow.text import Text

F = TypeVar("F", bound=Callable[..., Any])


def situation_options(command: F) -> F:
    """`--answer NAME=VALUE` and `--drop ITEM`: the situation of one applicant."""
    command = option("--drop", multiple=True, metavar="ITEM", help=Text("不办的事项。", "An item that is left out."))(
        command
    )
    return option(
        "--answer", "answers", multiple=True, metavar="NAME=VALUE", help=Text("情形回答。", "An answer to a question."),
    )(command)  # fmt: skip


def a_number(context: click.Context, option: click.Parameter, value: float) -> float:
    """The number; a usage error for `nan`, which no range of click's keeps out."""
    if math.isnan(value):
        raise click.BadParameter(say(Text("应为数字", "expected a number")), context, option)
    return value


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
                say(Text(f"--answer {pair}: 应写成 名称=值", f"--answer {pair}: expected NAME=VALUE"))
            )
        found[name.strip()] = value_from(text.strip())
    return found
