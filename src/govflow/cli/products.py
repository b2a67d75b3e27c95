"""What comes out of a definition: BPMN, picture, guide, numbers, planned dates."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from govflow import compiler, plan
from govflow.cli.common import (
    database_option,
    definitions_option,
    json_option,
    language,
    print_json,
)
from govflow.cli.definitions import catalog_from
from govflow.cli.running import engine_from
from govflow.cli.values import answers_from, moment_from
from govflow.compiler import svg as drawing
from govflow.engine.case_clocks import Calendars
from govflow.errors import NotFound
from govflow.language.model import Catalog, Item, Shelf, Theme
from govflow.products import guide
from govflow.text import Text

_LISTED = 40  # names shown of what there is


@click.command("compile")
@click.argument("ref")
@click.option("-o", "--output", metavar="FILE", help="写入文件；缺省写到标准输出。")
@definitions_option
def compile_command(ref: str, output: str | None, definitions: str) -> None:
    """把事项或一件事编译为 BPMN 2.0。Compile an item or theme to BPMN 2.0 XML."""
    catalog = catalog_from(definitions, ref)
    xml = compiler.to_bpmn(subject_from(catalog, ref).code, catalog)
    if output is None:
        sys.stdout.buffer.write(xml)
    else:
        _write(output, xml)


@click.command()
@click.argument("ref")
@click.option("-o", "--output", metavar="FILE.svg|.png", help="缺省写到标准输出（SVG）。")
@click.option("--case", metavar="ID", help="按这个办件的进度着色。Coloured by where the case stands.")
@definitions_option
@database_option
def draw(ref: str, output: str | None, case: str | None, definitions: str, db: str) -> None:
    """画出流程图（SVG 或 PNG）。Draw the process."""
    if output is not None:
        _known_ending(output, ".svg", ".png")
    if case is None:
        catalog = catalog_from(definitions, ref)
        svg = drawing.draw(subject_from(catalog, ref).code, catalog, lang=language.code)
    else:
        progress = engine_from(db, definitions).progress(case)
        svg = drawing.draw(progress.ref, progress.catalog, progress.looks, lang=language.code)
    if output is None:
        click.echo(svg, nl=False)
    else:
        _write(output, drawing.to_png(svg, 2) if output.endswith(".png") else svg.encode())


@click.command("guide")
@click.argument("ref")
@click.option("-o", "--output", metavar="FILE.html|.md", help="缺省写到标准输出（Markdown）。")
@click.option("--checklist", is_flag=True, help="窗口的受理清单。The window's acceptance checklist instead.")
@definitions_option
def guide_command(ref: str, output: str | None, checklist: bool, definitions: str) -> None:
    """办事指南或受理清单（HTML 或 Markdown）。Service guide or acceptance checklist."""
    catalog = catalog_from(definitions, ref)
    subject = subject_from(catalog, ref)
    as_html = output is not None and output.endswith((".html", ".htm"))
    if checklist:
        text = guide.checklist(subject, catalog, "html" if as_html else "md", language.code)
    elif not as_html:
        text = guide.service_guide(subject, catalog, "md", language.code)
    else:
        picture = drawing.draw(ref, catalog, lang=language.code)
        text = guide.service_guide(subject, catalog, "html", language.code, picture=picture)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text.encode())


@click.command()
@click.argument("theme", required=False)
@definitions_option
@json_option
def stats(theme: str | None, definitions: str, as_json: bool) -> None:
    """材料、工作日、跑动：一件事比逐项办理省多少。What a theme saves."""
    catalog = catalog_from(definitions, *([theme] if theme else []), whole=theme is None)
    themes = [theme_from(catalog, theme)] if theme else list(catalog.themes.values())
    if not themes:
        raise NotFound(Text("没有一件事可以统计", "there is no theme to count"))
    found = [plan.stats(each, catalog) for each in themes]
    if as_json:
        print_json({"themes": found})
        return
    for each in themes:
        click.echo(f"{each.name.text(language.code)}（{each.slug}）")
        for saving in plan.savings(each, catalog):
            click.echo(f"  {saving.name.text(language.code)}: {saving.alone} → {saving.together}")


@click.command("plan")
@click.argument("theme")
@click.option("--accepted", required=True, metavar="2025-03-03T09:00", help="统一受理时刻（北京时间）。")
@click.option("--answer", "answers", multiple=True, metavar="名称=值", help="情形回答。")
@click.option("--drop", multiple=True, metavar="事项", help="不办的事项。")
@definitions_option
@json_option
def plan_command(
    theme: str, accepted: str, answers: tuple[str, ...], drop: tuple[str, ...], definitions: str, as_json: bool
) -> None:
    """计划日期：各事项何时开始、何时到期（规则 R11）。Planned dates."""
    catalog = catalog_from(definitions, theme, calendars=True)
    found = theme_from(catalog, theme)
    calendar = Calendars(catalog.calendars).strict
    planned = plan.planned(
        found, catalog, moment_from(accepted, "--accepted"), calendar, answers_from(answers) if answers else None, drop
    )
    if as_json:
        print_json({"theme": found.slug, **planned.as_data(catalog)})
        return
    for code, each in planned.items.items():
        click.echo(f"{each.start} → {each.due}  {code} {catalog.items[code].name.text(language.code)}")
    click.echo(language.say(f"一件事到期：{planned.due}", f"theme due: {planned.due}"))


def theme_from(catalog: Catalog, ref: str) -> Theme:
    """A theme by code or slug; NotFound names the ones there are."""
    if ref not in catalog.themes:
        known = _listed(catalog.themes)
        if ref in catalog.items:
            raise NotFound(
                Text(f"{ref!r} 是事项，这里要的是一件事；有：{known}", f"{ref!r} is an item, not a theme; there are: {known}"),
                ref=ref,
            )  # fmt: skip
        raise NotFound(
            Text(f"没有名为 {ref!r} 的一件事；有：{known}", f"no theme {ref!r}; there are: {known}"), ref=ref
        )
    return catalog.themes[ref]


def item_from(catalog: Catalog, ref: str) -> Item:
    """An item by code or slug; NotFound names the ones there are, or some of many."""
    if ref not in catalog.items:
        known = _listed(catalog.items)
        raise NotFound(Text(f"没有名为 {ref!r} 的事项；有：{known}", f"no item {ref!r}; there are: {known}"), ref=ref)
    return catalog.items[ref]


def subject_from(catalog: Catalog, ref: str) -> Item | Theme:
    """A theme or an item by code or slug; NotFound names those there are, or some of many."""
    if ref in catalog.items:
        return catalog.items[ref]
    if ref in catalog.themes:
        return catalog.themes[ref]
    themes, items = _listed(catalog.themes), _listed(catalog.items)
    raise NotFound(
        Text(f"没有名为 {ref!r} 的事项或一件事；一件事有：{themes}；事项有：{items}",
        f"no item or theme {ref!r}; there are the themes {themes} and the items {items}"), ref=ref,
    )  # fmt: skip


def _listed(shelf: Shelf[Item] | Shelf[Theme]) -> str:
    """The names of a shelf, as many as one can take in: themes by slug, items by code."""
    names = [each.slug if isinstance(each, Theme) else each.code for each in shelf.values()]
    more = language.say(f" 等 {len(names)} 个", f" and {len(names) - _LISTED} more")
    none = language.say("（无）", "(none)")
    return "、".join(names[:_LISTED]) + (more if len(names) > _LISTED else "") or none


def _known_ending(name: str, *endings: str) -> None:
    if not name.lower().endswith(endings):
        raise click.UsageError(
            language.say(f"-o {name}：应以 {'、'.join(endings)} 结尾", f"-o {name}: expected {', '.join(endings)}")
        )


def _write(name: str, data: bytes) -> None:
    Path(name).write_bytes(data)
    click.echo(language.say(f"已写入 {name}", f"wrote {name}"), err=True)


COMMANDS = (compile_command, draw, guide_command, stats, plan_command)
