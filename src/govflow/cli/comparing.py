"""Between definitions: how they hang together, what could be better, what has changed."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from govflow.apps import scenarios
from govflow.catalog import Loaded, load
from govflow.catalog.effective import effective_text
from govflow.cli.commands import command, lang, option, say
from govflow.cli.common import (
    Exit,
    definitions_option,
    echo,
    json_option,
    print_json,
)
from govflow.cli.definitions import catalog_from, loaded_from, show_errors
from govflow.diagnostics import Severity
from govflow.errors import InvalidInput
from govflow.language.codes import check_region
from govflow.language.lookup import find_item, find_subject
from govflow.language.model import Item, Theme
from govflow.products import compare
from govflow.products import graph as graphs
from govflow.text import Lang, Text

UNITS = {
    "submissions": Text("份材料", "materials"), "fields": Text("个字段", "fields"),
    "workdays": Text("个工作日", "workdays"), "visits": Text("次上门", "visits"),
}  # fmt: skip


@command("事项、材料、部门、结果的关系图和改进建议。")
@click.argument("ref", required=False)
@option(
    "--all",
    "everything",
    is_flag=True,
    help=Text("全部事项和一件事；不写 REF 也是。", "All items and themes, as without REF."),
)
@option(
    "--format", "format_", type=click.Choice(["text", "json", "dot", "svg"]), default="text", show_default=True,
    help=Text("text 列出改进建议。", "text lists what could be better."),
)  # fmt: skip
@option(
    "-o",
    "--output",
    metavar="FILE",
    help=Text("写入文件；缺省写到标准输出。", "Write to a file instead of standard output."),
)
@definitions_option
def graph(ref: str | None, everything: bool, format_: str, output: str | None, definitions: str) -> None:
    """The graph of definitions, and what could be better."""
    if ref is not None and everything:
        raise click.UsageError(say(Text(f"写成 govflow graph {ref}，或 --all", f"write govflow graph {ref}, or --all")))
    catalog = catalog_from(definitions, *([ref] if ref is not None else []), whole=ref is None)
    subject = None if ref is None else find_subject(catalog, ref)
    themes = list(catalog.themes.values()) if subject is None else [subject] if isinstance(subject, Theme) else []
    items = list(catalog.items.values()) if subject is None else [] if isinstance(subject, Theme) else [subject]
    found = {theme.slug: graphs.suggestions(theme, catalog) for theme in themes}
    drawn = graphs.graph_of(catalog, themes, items)
    match format_:
        case "json":
            data = {"version": 1, **graphs.as_data(drawn, found, lang())}
            text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
        case "dot":
            text = graphs.as_dot(drawn, lang())
        case "svg":
            text = graphs.as_svg(drawn, lang())
        case _:
            text = "".join(_suggestion_lines(theme.name.text(lang()), found[theme.slug]) for theme in themes)
            if isinstance(subject, Item):
                text = _item_lines(subject, drawn)
    if output is None:
        echo(text, nl=False)
    else:
        Path(output).write_text(text, encoding="utf-8")
        echo(say(Text(f"已写入 {output}", f"wrote {output}")), err=True)


def _suggestion_lines(name: str, found: tuple[graphs.Suggestion, ...]) -> str:
    lines = [name]
    for each in found:
        unit = say(UNITS[each.unit])
        lines.append(f"  {each.what.text(lang())}: {each.before} → {each.after} {unit}")
    if not found:
        lines.append(say(Text("  没有建议", "  no suggestions")))
    return "\n".join(lines) + "\n"


def _item_lines(item: Item, drawn: graphs.Graph) -> str:
    """What an item stands between; suggestions are about themes, and that is said."""
    lines = [say(Text(f"{item.name}（{item.code}）", f"{item.name.text(Lang.EN)} ({item.code})"))]
    named = {
        "department": Text("部门", "department"),
        "material": Text("材料", "material"),
        "result": Text("结果", "result"),
    }
    for kind, name in named.items():
        for each in drawn.nodes:
            if each.kind == kind:
                lines.append(f"  {say(name)} {each.code} {each.name.text(lang())}")
    lines.append(say(Text(
        "  改进建议针对一件事：写 govflow graph 主题；关系图用 --format svg 画出",
        "  suggestions are about themes: govflow graph THEME; --format svg draws the graph",
    )))  # fmt: skip
    return "\n".join(lines) + "\n"


@command("比较两个定义文件夹：改了什么，前后数字，哪些场景的结果会变。")
@click.argument("old", type=click.Path(exists=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, path_type=Path))
@option("--wording", is_flag=True, help=Text("也列出只改文字的地方。", "Also what changed in wording only."))
@option("--no-scenarios", is_flag=True, help=Text("不运行场景。", "Do not run the scenarios."))
@json_option
def diff(old: Path, new: Path, wording: bool, no_scenarios: bool, as_json: bool) -> None:
    """What changed between two folders, and what it moves."""
    before, after = load(old, rules=()), load(new, rules=())
    _require_readable(before, after)
    found = compare.compare(before.catalog, after.catalog)
    counted = compare.figures(before.catalog, after.catalog)
    tests = [] if no_scenarios else scenarios.scenarios_in(before)
    regressed = scenarios.regressions(tests, before.catalog, after.catalog, lang())
    if as_json:
        print_json({**compare.as_data(found, counted), "moved": scenarios.as_data(regressed, (), lang())["scenarios"]})
        return
    for each in found:
        if wording or not each.wording:
            echo(f"{each.kind} {each.code} {each.where}: {each.old or '—'} → {each.new or '—'}".replace(" :", ":"))
    silent = sum(each.wording for each in found)
    if silent and not wording:
        echo(say(Text(f"另有 {silent} 处只改文字", f"{silent} more changes of wording only")))
    for figure in counted:
        numbers = ", ".join(_pair(key, *pair) for key, pair in figure.values.items())
        echo(f"{figure.code} {figure.name.text(lang())}: {numbers}")
    for failure, name in ((failure, each.scenario.name) for each in regressed for failure in each.failures):
        what, place = failure.what.text(lang()), f"{failure.span.file}:{failure.span.line}"
        echo(f"{place} {name}: {what} {failure.expected} → {failure.got}")
    if not found:
        echo(say(Text("没有变化", "no changes")))


def _require_readable(*sides: Loaded) -> None:
    """What cannot be read would look as if it had been taken out, so errors of form are shown instead of a comparison."""
    errors = [each for side in sides for each in side.diagnostics if each.severity is Severity.ERROR]
    if errors:
        show_errors(
            errors,
            Text(
                f"有 {len(errors)} 处错误，读不全，先改正再比较",
                f"{len(errors)} errors: correct what cannot be read before comparing",
            ),
        )
        raise Exit(1)


def _pair(key: str, old: float | None, new: float | None) -> str:
    values = " → ".join("—" if value is None else f"{value:g}" for value in (old, new))
    return f"{compare.FIGURES[key].text(lang())} {values}"


@command("某地某日实际适用的事项：一份完整的文件，每行注明出处。")
@click.argument("ref")
@option(
    "--region",
    required=True,
    metavar="CODE",
    help=Text("行政区划代码，如 421321。", "Code of the region, such as 421321."),
)
@option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="2025-03-03",
    help=Text("这一天有效的；缺省不看日期。", "What is in force on this day; any day without it."),
)
@definitions_option
def effective(ref: str, region: str, on: datetime | None, definitions: str) -> None:
    """What holds in a region, each line with its origin."""
    reason = check_region(region)
    if reason is not None:
        zh, en = (f"--region {region}：{reason[0]}", f"--region {region}: {reason[1]}")
        raise InvalidInput(Text(zh, en), field="region")
    loaded = loaded_from(definitions, ref, region=region)
    code = find_item(loaded.catalog, ref).code
    echo(effective_text(loaded, code, region, on.date() if on else None), nl=False)


COMMANDS = (graph, diff, effective)
