"""What click itself says, in Chinese: usage, headings, and what is wrong with a command line.

Click marks its sentences for gettext, which finds a translation by the environment of the process and in files on
disk only; the language of a call is chosen by `--lang`, so the table stands here and is looked up in its place.
"""

from __future__ import annotations

from click import core, decorators, exceptions, formatting, parser, types

from govflow.cli.commands import lang
from govflow.text import Lang

_ZH = {
    "Usage:": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Positional arguments": "参数",
    "Error: {message}": "错误：{message}",
    "Try '{command} {option}' for help.": "用法见 {command} {option}。",
    "default: {default}": "缺省：{default}",
    "env var: {var}": "环境变量：{var}",
    "required": "必填",
    "Invalid value: {message}": "值不对：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值不对：{message}",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing parameter": "缺少参数",
    "Missing parameter: {param_name}": "缺少参数：{param_name}",
    "Missing command.": "没有写命令。",
    "No such option {name!r}.": "没有选项 {name!r}。",
    "No such command {name!r}.": "没有命令 {name!r}。",
    "Did you mean {possibility}?": "是不是 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是不是 {possibilities}？）",
    "Choose from:\n\t{choices}": "可选：\n\t{choices}",
    "{value!r} is not {choice}.": "{value!r} 不是 {choice}。",
    "{value!r} is not one of {choices}.": "{value!r} 不在 {choices} 之中。",
    "{value!r} is not a valid {number_type}.": "{value!r} 不是正确的 {number_type}。",
    "{value!r} does not match the format {format}.": "{value!r} 不符合格式 {format}。",
    "{value!r} does not match the formats {formats}.": "{value!r} 不符合格式 {formats}。",
    "Option {name!r} does not take a value.": "选项 {name!r} 不带值。",
    "Option {name!r} requires an argument.": "选项 {name!r} 要带一个值。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name!r} 要带 {nargs} 个值。",
    "Got unexpected extra argument ({args})": "多了参数（{args}）",
    "Got unexpected extra arguments ({args})": "多了参数（{args}）",
    "{name} {filename!r} does not exist.": "没有 {filename!r} 这个文件或文件夹。",
    "Could not open file {filename!r}: {message}": "打不开文件 {filename!r}：{message}",
}


def _translated(message: str) -> str:
    return _ZH.get(message, message) if lang() is Lang.ZH else message


def _plural(one: str, several: str, number: int) -> str:
    return _translated(one if number == 1 else several)


def install() -> None:
    """Let click look its sentences up here."""
    for module in (core, decorators, exceptions, formatting, parser, types):
        names = vars(module)
        names["_"] = _translated
        if "ngettext" in names:
            names["ngettext"] = _plural
