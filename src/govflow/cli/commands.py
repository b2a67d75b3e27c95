"""Commands and options whose help is in two languages, and the language of this call of the program."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from govflow.errors import InvalidInput, language
from govflow.text import Lang, Text

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Invocation:
    """One call of the program: the language it answers in, and whether somebody asked for that language.

    It travels as the object of click's context. Where nobody asks, the system's locale decides: another language
    than Chinese means English, and a locale that says nothing (none, C, POSIX) Chinese.
    """

    lang: Lang = Lang.ZH
    asked: bool = False

    @classmethod
    def of(cls, words: Iterable[str], environment: Mapping[str, str]) -> Invocation:
        """The language before anything is parsed, so that help and usage errors are in it too.

        What is not understood here is passed over; the option itself refuses it.
        """
        asked = [*_given(words), environment.get("GOVFLOW_LANG", "")]
        system = [environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
        known = [lang for lang in map(_understood, asked) if lang is not None]
        if known:
            return cls(known[0], asked=True)
        tag = next(filter(None, system), "C")
        says_nothing = tag.partition(".")[0] in ("C", "POSIX")
        return cls(_understood(tag) or (Lang.ZH if says_nothing else Lang.EN))


def _given(words: Iterable[str]) -> Iterator[str]:
    """The values of `--lang` on a command line, the last first: the command's own before that of the group."""
    listed = list(words)
    for at in range(len(listed) - 1, -1, -1):
        if listed[at].startswith("--lang="):
            yield listed[at].partition("=")[2]
        elif listed[at] == "--lang" and at + 1 < len(listed):
            yield listed[at + 1]


def _understood(tag: str) -> Lang | None:
    try:
        return Lang.of(tag)
    except ValueError:
        return None


def invocation() -> Invocation:
    """This call of the program."""
    context = click.get_current_context(silent=True)
    found = None if context is None else context.find_object(Invocation)
    return found or Invocation.of((), os.environ)


def lang() -> Lang:
    """The language that this call answers in."""
    return invocation().lang


def say(text: Text) -> str:
    """A sentence in the language of this call."""
    return text.text(lang())


def _choose(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    try:
        chosen = language(value)
    except InvalidInput as fault:
        raise click.BadParameter(fault.text(lang()), context, option) from None
    found = context.ensure_object(Invocation)
    found.lang, found.asked = chosen, True


class Option(click.Option):
    """An option with its help in two languages."""

    def __init__(self, *args: Any, help: Text | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._text = help

    @property
    def help(self) -> str | None:
        """The help in the language of this call."""
        return None if self._text is None else self._text.text(lang())

    @help.setter
    def help(self, value: str | None) -> None:
        """Click's own text, in one language, is not used."""


class Command(click.Command):
    """A command with its help in two languages; every command takes `--lang`."""

    def __init__(self, *args: Any, help: Text, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._text = help
        self.params.append(_language_option(envvar=None))

    @property
    def help(self) -> str | None:
        """The help in the language of this call."""
        return self._text.text(lang())

    @help.setter
    def help(self, value: str | None) -> None:
        """Click's own text, in one language, is not used."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, explained in the language of this call."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = say(Text("显示这些说明，然后退出。", "Show this message and exit."))
        return found


class Group(Command, click.Group):
    """A group of commands with its help in two languages."""


class RootGroup(Group):
    """The program itself; its language may also come from GOVFLOW_LANG."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params[-1] = _language_option(envvar="GOVFLOW_LANG")


def _language_option(envvar: str | None) -> Option:
    return Option(
        ["--lang"], envvar=envvar, is_eager=True, expose_value=False, callback=_choose, metavar="zh|en",
        help=Text("说明和信息的语言，也可用环境变量 GOVFLOW_LANG。", "Language of help and messages; also GOVFLOW_LANG."),
    )  # fmt: skip


def option(*names: str, help: Text | None = None, **given: Any) -> Callable[[F], F]:
    """An option; its help in both languages."""
    return click.option(*names, cls=Option, help=help, **given)


def command(
    zh: str, name: str | None = None, within: click.Group | None = None
) -> Callable[[Callable[..., Any]], Command]:
    """A command: its help in Chinese; its English help is the docstring of the function."""

    def decorate(function: Callable[..., Any]) -> Command:
        made = click.command(name, cls=Command, help=Text(zh, inspect.getdoc(function) or ""))(function)
        if within is not None:
            within.add_command(made)
        return made

    return decorate


def group(zh: str) -> Callable[[Callable[..., Any]], Group]:
    """A group of commands: its help in Chinese; its English help is the docstring of the function."""

    def decorate(function: Callable[..., Any]) -> Group:
        return click.group(cls=Group, help=Text(zh, inspect.getdoc(function) or ""))(function)

    return decorate
