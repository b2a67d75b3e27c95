"""What an analyst runs while writing: validate, rule, rules, schema, new."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from govflow import validation
from govflow.apps import scaffold
from govflow.cli.commands import Invocation, command, invocation, lang, option, say
from govflow.cli.common import (
    Exit,
    complain,
    definitions_option,
    echo,
    echo_json,
    escaped,
    json_option,
    of_system,
    print_json,
    tell,
)
from govflow.diagnostics import FORMATS, Severity, render, summary
from govflow.errors import InvalidInput, NotFound
from govflow.language import schema
from govflow.rules import PROFILES
from govflow.text import Text, printable
from govflow.validation import Report, Request, Settings

_LEVELS = tuple(each.word for each in Severity)
_FOR_PEOPLE = ("full", "concise")
_WATCH_SECONDS = 0.5
_PATIENCE_SECONDS = 1.0


@command("""检查定义：写法、结构、引用、标准化规则。

PATH 是文件夹或文件，缺省 ./definitions。退出码：0 没有问题，1 有达到 --fail-on 的问题，2 用法不对或没有可查的文件。
""")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help=Text("输出格式，缺省 full。", "Output format; full without it."),
)
@option(
    "--select",
    multiple=True,
    metavar="RULE",
    help=Text(
        "只查这些规则（编号、编号开头或名称，可用逗号隔开）。",
        "Only these rules: codes, beginnings of codes or names, commas between them.",
    ),
)
@option("--ignore", multiple=True, metavar="RULE", help=Text("不查这些规则。", "Not these rules."))
@option(
    "--profile",
    type=click.Choice(PROFILES),
    help=Text("规则档次，缺省 recommended。", "Set of rules; recommended without it."),
)
@option(
    "--fail-on",
    type=click.Choice(_LEVELS),
    help=Text("达到这个级别就以 1 退出，缺省 error。", "Exit 1 from this severity on; error without it."),
)
@option("--fix", is_flag=True, help=Text("改正可以放心改的问题。", "Correct what is safe to correct."))
@option("--diff", "diff_", is_flag=True, help=Text("只显示会怎样改，不写文件。", "Show what --fix would change."))
@option("--no-inline-ignores", is_flag=True, help=Text("不理会文件里的忽略注释。", "Ignore comments do not count."))
@option(
    "--baseline",
    metavar="FILE",
    help=Text("基线文件：已知的问题不再报告。", "Baseline file: findings listed there are not reported."),
)
@option(
    "--write-baseline", metavar="FILE", help=Text("把现有问题写成基线。", "Write the present findings as a baseline.")
)
@option(
    "--previous",
    metavar="DIR",
    help=Text(
        "上一版的定义；给出后才检查与上一版的差别。",
        "The last release; what has changed since is checked only with it.",
    ),
)
@option(
    "--watch",
    is_flag=True,
    help=Text(
        "文件一改就重新检查，Ctrl-C 结束。",
        "Check again on every change; Ctrl-C ends.",
    ),
)
@option("-o", "--output", metavar="FILE", help=Text("结果写入文件。", "Write the result to a file."))
@option(
    "--whole",
    is_flag=True,
    help=Text(
        "逐个检查各 PATH 所在的整个定义文件夹，供提交前检查使用。",
        "Check the whole definitions folder of each PATH, one by one; for hooks.",
    ),
)
@option("--no-cache", is_flag=True, help=Text("不用缓存。", "Do not use the cache."))
def validate(**given: Any) -> None:
    """Check definitions.

    How they are written, their structure, their references, the rules of standardisation.
    PATH is a folder or a file, ./definitions without it. Exit code: 0 nothing found, 1 findings of at least the severity
    of --fail-on, 2 wrong usage or nothing could be checked.
    """
    try:
        if given["watch"]:
            code = _watch(_with_settings(given), lambda: _with_settings(given))
        else:
            code = max(_once(_with_settings(each)) for each in _by_folder(given))
    except BrokenPipeError:  # the reader has seen enough; `main` ends quietly
        raise
    except (NotFound, InvalidInput, OSError) as fault:
        code = _failed(fault)
    if code:
        raise Exit(code)


def _by_folder(given: dict[str, Any]) -> list[dict[str, Any]]:
    """One call, or with --whole one for each folder: two folders are two catalogues, whose codes may be the same."""
    if not given["whole"] or not given["paths"]:
        return [given]
    return [given | {"paths": (folder,)} for folder in validation.folders_of(given["paths"])]


def _with_settings(given: dict[str, Any]) -> _Run:
    """What is asked for on the command line together with the project's settings as they are now."""
    settings = validation.settings_for(Path.cwd())
    call = invocation()
    if not call.asked:
        call.lang = settings.lang or Invocation.of((), os.environ).lang
    return _Run.of(given, settings)


def _failed(fault: NotFound | InvalidInput | OSError) -> int:
    """Say why a check could not be made; the exit code for that."""
    if isinstance(fault, OSError):
        complain(of_system(fault))
    else:
        complain(fault.text(lang()))
    return 2


@dataclass(frozen=True, slots=True)
class _Run:
    """One call of `validate` with all its settings settled."""

    request: Request
    format: str
    fail_on: Severity
    fix: bool
    diff: bool
    write_baseline: str | None
    output: str | None

    @classmethod
    def of(cls, given: dict[str, Any], settings: Settings) -> _Run:
        paths = given["paths"] or _default_paths(settings)
        settled = validation.request_of(settings, paths)
        request = replace(
            settled,
            select=_listed(given["select"]) or settled.select,
            ignore=(*settled.ignore, *_listed(given["ignore"])),
            profile=given["profile"] or settled.profile,
            inline_ignores=settled.inline_ignores and not given["no_inline_ignores"],
            baseline=None if given["write_baseline"] else given["baseline"] or settled.baseline,
            previous=given["previous"] or settled.previous,
            cache=None if given["no_cache"] else validation.cache_folder(paths, settings),
        )
        return cls(
            request,
            given["format_"] or settings.format,
            Severity.parse(given["fail_on"] or settings.fail_on),
            given["fix"],
            given["diff_"],
            given["write_baseline"],
            given["output"],
        )


def _default_paths(settings: Settings) -> tuple[str, ...]:
    if settings.paths:
        return tuple(map(settings.path, settings.paths))
    folder = os.environ.get("GOVFLOW_DEFINITIONS") or "definitions"
    if not Path(folder).exists():
        raise NotFound(
            Text(
                f"没有 {folder} 文件夹：写上要检查的文件夹或文件，或者用 govflow new 名称 --example 建一个示例",
                f"no folder {folder}: name a folder or file, or make an example with govflow new NAME --example",
            ),
        )
    return (folder,)


def _listed(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for each in words for word in each.split(",") if word.strip())


def _once(run: _Run) -> int:
    """Check once, print, and give the exit code."""
    started = time.perf_counter()
    progress = _progress(started)
    if run.fix or run.diff:
        report = validation.validate_and_fix(run.request, write=run.fix and not run.diff, progress=progress)
    else:
        report = validation.validate(run.request, progress)
    seconds = time.perf_counter() - started
    _wipe()
    if run.write_baseline:
        validation.write_baseline(report, Path(run.write_baseline))
        count = len(report.diagnostics)
        tell(
            Text(f"已把 {count} 个问题写入基线 {run.write_baseline}", f"wrote {count} findings to {run.write_baseline}")
        )
        return 0
    if not report.files and not report.diagnostics:
        where = " ".join(run.request.paths)
        tell(Text(f"{where} 里没有 .yaml 文件，什么也没有检查", f"no .yaml files in {where}: nothing was checked"))
    if report.files or report.diagnostics or run.format not in _FOR_PEOPLE:
        _print(run, report, seconds)
    return 1 if report.worst_reaches(run.fail_on) else 0 if report.files else 2


def _print(run: _Run, report: Report, seconds: float) -> None:
    if run.diff:
        _put(run.output, report.changes)
        _tell_of_fixes(report, written=False)
        echo(_summary(report, seconds), err=True)
        return
    human = run.format in _FOR_PEOPLE
    colour = run.format == "full" and run.output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    text = render(
        report.diagnostics, run.format, lang=lang(), sources=report.sources,
        files=len(report.files), seconds=seconds if human or run.format == "junit" else None, colour=colour,
    )  # fmt: skip
    if run.format != "full":  # which has spelled out what is hidden, and may be coloured
        text = escaped(text) if run.format in ("json", "sarif") else printable(text)
    _put(run.output, text)
    if run.format == "concise":
        echo(_summary(report, seconds), err=True)
    if run.fix:
        _tell_of_fixes(report, written=True)
    if report.known or report.gone:
        tell(
            Text(
                f"基线：{report.known} 个已知问题没有列出，{report.gone} 条已不再出现",
                f"baseline: {report.known} known findings not listed, {report.gone} entries no longer occur",
            )
        )


def _summary(report: Report, seconds: float) -> str:
    return summary(report.diagnostics, lang=lang(), files=len(report.files), seconds=seconds)


def _tell_of_fixes(report: Report, *, written: bool) -> None:
    if written:
        tell(Text(f"已改正 {report.mended} 处", f"corrected {report.mended}"))
    else:
        tell(Text(f"--fix 会改正 {report.mended} 处", f"--fix would correct {report.mended}"))


def _put(output: str | None, text: str) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        Path(output).write_text(text, "utf-8", "backslashreplace")
        tell(Text(f"已写入 {output}", f"wrote {output}"))


def _watch(run: _Run, settle: Callable[[], _Run]) -> int:
    """Check on every change of the definitions or the settings until interrupted; the last check gives the exit code.

    `settle` reads the settings anew. What cannot be checked, because the settings are damaged or name what is not
    there, is said, and the watch goes on: the author is at work on it.
    """
    before, code = _state(run), _once(run)
    try:
        while True:
            seen = _state(run) if run.fix else before  # a change made while checking counts, our own fixes do not
            tell(Text("等待改动，Ctrl-C 结束", "waiting for changes; Ctrl-C ends"))
            while (before := _state(run)) in (seen, _State(seen.settings, None)):
                time.sleep(_WATCH_SECONDS)
            try:
                run = settle()
                before = _state(run)  # other settings may mean other files
                code = _once(run)
            except BrokenPipeError:
                raise
            except (NotFound, InvalidInput, OSError) as fault:
                code = _failed(fault)
    except KeyboardInterrupt:
        return code


class _State(NamedTuple):
    """What a change would change. `files` is None while one is away: an editor may take it away to save it."""

    settings: object
    files: object


def _state(run: _Run) -> _State:
    settings: object
    try:
        settings = validation.settings_for(Path.cwd())
    except (InvalidInput, OSError) as fault:
        settings = str(fault)
    try:
        return _State(settings, validation.snapshot(run.request.paths))
    except (NotFound, OSError):
        return _State(settings, None)


def _progress(started: float) -> Callable[[int, int], None] | None:
    """A counter on standard error once a run takes longer than a second; nothing unless that is a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        if time.perf_counter() - started > _PATIENCE_SECONDS:
            click.echo(f"\r{say(Text('已读', 'read'))} {done}/{total}", err=True, nl=False)

    return show


def _wipe() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)


@command("解释一条规则（编号或名称）。")
@click.argument("code")
def rule(code: str) -> None:
    """Explain one rule, by code or name."""
    found = validation.rule_named(code)
    echo(validation.rule_help(found, lang()), nl=False)


@command("列出全部规则。")
@json_option
def rules(as_json: bool) -> None:
    """List all rules."""
    found = validation.known_rules()
    if as_json:
        print_json({"rules": [each.as_data(lang()) for each in found]})
        return
    for each in found:
        echo(f"{each.code}  {each.severity.word:<7}  {each.profile:<11}  {each.name:<36}  {each.title.text(lang())}")


@command("某种文件的 JSON Schema，供编辑器使用。", "schema")
@click.argument("kind")
def schema_command(kind: str) -> None:
    """JSON Schema of a kind of file, for editors."""
    echo_json(schema.schema(kind, lang()), indent=2)


@command("新建事项、主题或示例。")
@click.argument("words", nargs=-1, required=True, metavar="[item|theme] NAME")
@option(
    "--example",
    is_flag=True,
    help=Text(
        "建一个可用的示例文件夹，里面故意留了两处错误。",
        "Make a working example folder, with two mistakes left in it on purpose.",
    ),
)
@definitions_option
def new(words: tuple[str, ...], example: bool, definitions: str) -> None:
    """Make a new item, theme or example."""
    kind, name = (words[0], words[1]) if len(words) == 2 else ("", words[0])
    if len(words) > 2 or kind not in ("", "item", "theme") or not (kind or example):
        raise click.UsageError(say(Text("写成 govflow new item|theme 名称", "write govflow new item|theme NAME")))
    if example:
        scaffold.new_example(Path(name))
        tell(
            Text(
                f"已建好示例文件夹 {name}，里面故意留了两处错误。接下来：",
                f"example folder {name} made, with two mistakes in it. Next:",
            )
        )
        echo(f"  cd {shlex.quote(name)} && govflow validate", err=True)
        return
    files = scaffold.new_file("item" if kind == "item" else "theme", name, Path(definitions))
    for file in files:
        if file.suffix == ".yaml":
            tell(Text(f"已写入 {file}", f"wrote {file}"))


@command("建一个小而完整的事项目录：检查、编译、场景、演示都能马上运行。")
@click.argument("folder", default=".", metavar="[DIR]")
def init(folder: str) -> None:
    """Make a first small catalogue that can be checked, compiled, tested and played at once."""
    scaffold.new_catalogue(Path(folder))
    tell(Text(f"已在 {folder} 建好事项目录。接下来：", f"a first catalogue is made in {folder}. Next:"))
    enter = "" if folder == "." else f"cd {shlex.quote(folder)} && "
    echo(f"  {enter}govflow validate && govflow test && govflow demo", err=True)


COMMANDS: tuple[click.Command, ...] = (validate, rule, rules, schema_command, new, init)
