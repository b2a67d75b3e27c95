"""What comes out of a definition: BPMN, picture, guide, numbers, planned dates."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from govflow import compiler, plan
from govflow.cli.commands import command, lang, option, say
from govflow.cli.common import (
    case_options,
    definitions_option,
    echo,
    json_option,
    print_json,
)
from govflow.cli.definitions import catalog_from
from govflow.cli.running import engine_from
from govflow.cli.values import answers_from, moment_from, situation_options
from govflow.compiler import svg as drawing
from govflow.engine.case_clocks import Calendars
from govflow.errors import NotFound
from govflow.language.conditions import FactValue
from govflow.language.lookup import find_subject
from govflow.language.model import Catalog, Item, Theme
from govflow.products import guide
from govflow.text import Lang, Text


@command("把事项或一件事编译为 BPMN 2.0。", "compile")
@click.argument("ref")
@option(
    "-o",
    "--output",
    metavar="FILE",
    help=Text("写入文件；缺省写到标准输出。", "Write to a file instead of standard output."),
)
@definitions_option
def compile_command(ref: str, output: str | None, definitions: str) -> None:
    """Compile an item or theme to BPMN 2.0 XML."""
    catalog = catalog_from(definitions, ref)
    xml = compiler.to_bpmn(find_subject(catalog, ref).code, catalog)
    if output is None:
        sys.stdout.buffer.write(xml)
    else:
        _write(output, xml)


@command("画出流程图（SVG 或 PNG）。")
@click.argument("ref")
@option(
    "-o",
    "--output",
    metavar="FILE.svg|.png",
    help=Text("缺省写到标准输出（SVG）。", "Standard output (SVG) without it."),
)
@option("--case", metavar="ID", help=Text("按这个办件的进度着色。", "Coloured by where the case stands."))
@case_options
def draw(ref: str, output: str | None, case: str | None, definitions: str, db: str) -> None:
    """Draw the process as SVG or PNG."""
    if output is not None:
        _known_ending(output, ".svg", ".png")
    if case is None:
        catalog = catalog_from(definitions, ref)
        svg = drawing.draw(find_subject(catalog, ref).code, catalog, lang=lang())
    else:
        progress = engine_from(db, definitions).progress(case)
        svg = drawing.draw(progress.ref, progress.catalog, progress.element_states, lang=lang())
    if output is None:
        echo(svg, nl=False)
    else:
        _write(output, drawing.to_png(svg, 2) if output.endswith(".png") else svg.encode())


@command("办事指南或受理清单（HTML 或 Markdown）。", "guide")
@click.argument("ref")
@option(
    "-o",
    "--output",
    metavar="FILE.html|.md",
    help=Text("缺省写到标准输出（Markdown）。", "Standard output (Markdown) without it."),
)
@option("--checklist", is_flag=True, help=Text("窗口的受理清单。", "The window's acceptance checklist instead."))
@definitions_option
def guide_command(ref: str, output: str | None, checklist: bool, definitions: str) -> None:
    """Service guide or acceptance checklist, as HTML or Markdown."""
    catalog = catalog_from(definitions, ref)
    subject = find_subject(catalog, ref)
    as_html = output is not None and output.endswith((".html", ".htm"))
    if checklist:
        text = guide.checklist(subject, catalog, "html" if as_html else "md", lang())
    elif not as_html:
        text = guide.service_guide(subject, catalog, "md", lang())
    else:
        picture = drawing.draw(ref, catalog, lang=lang())
        text = guide.service_guide(subject, catalog, "html", lang(), picture=picture)
    if output is None:
        echo(text, nl=False)
    else:
        _write(output, text.encode())


@command("材料、工作日、跑动：一件事比逐项办理省多少；事项要多少。")
@click.argument("ref", required=False)
@definitions_option
@json_option
def stats(ref: str | None, definitions: str, as_json: bool) -> None:
    """Materials, workdays, trips: what a theme saves against one item after another, or what an item takes."""
    catalog = catalog_from(definitions, *([ref] if ref else []), whole=ref is None)
    subjects = [find_subject(catalog, ref)] if ref else list(catalog.themes.values())
    if not subjects:
        raise NotFound(Text("没有一件事可以统计", "there is no theme to count"))
    if as_json:
        print_json(_counted(subjects, catalog))
        return
    for each in subjects:
        echo(say(Text(f"{each.name}（{each.slug}）", f"{each.name.text(Lang.EN)} ({each.slug})")))
        for saving in plan.savings(plan.theme_of(each), catalog):
            numbers = f"{saving.alone} → {saving.together}" if isinstance(each, Theme) else f"{saving.together}"
            echo(f"  {saving.name.text(lang())}: {numbers}")


def _counted(subjects: Sequence[Item | Theme], catalog: Catalog) -> dict[str, Any]:
    """The numbers of themes under `themes`, those of an item under `items`, where `theme` is its name as `item`."""
    found: dict[str, Any] = {"themes": [plan.stats(each, catalog) for each in subjects if isinstance(each, Theme)]}
    for each in subjects:
        if isinstance(each, Item):
            numbers = plan.stats(plan.theme_of(each), catalog)
            found = {"items": [{"item": numbers.pop("theme"), **numbers}]}
    return found


@command("计划日期：各事项何时开始、何时到期（规则 R11）。", "plan")
@click.argument("ref")
@option(
    "--accepted",
    required=True,
    metavar="2025-03-03T09:00",
    help=Text("受理时刻（北京时间）。", "The moment of acceptance (Beijing time)."),
)
@situation_options
@definitions_option
@json_option
def plan_command(
    ref: str, accepted: str, answers: tuple[str, ...], drop: tuple[str, ...], definitions: str, as_json: bool
) -> None:
    """Planned dates of a theme or an item: when each item starts and is due (rule R11)."""
    catalog = catalog_from(definitions, ref, calendars=True)
    found = find_subject(catalog, ref)
    calendar = Calendars(catalog.calendars).strict
    planned = plan.planned(
        plan.theme_of(found),
        catalog,
        moment_from(accepted, "--accepted"),
        calendar,
        _answered(found, catalog, answers),
        drop,
    )
    kind = "theme" if isinstance(found, Theme) else "item"
    if as_json:
        print_json({kind: found.slug, **planned.as_data(catalog)})
        return
    for code, each in planned.items.items():
        echo(f"{each.start} → {each.due}  {code} {catalog.items[code].name.text(lang())}")
    what = Text("一件事", "theme") if isinstance(found, Theme) else Text("事项", "item")
    echo(say(Text(f"{what}到期：{planned.due}", f"{what.en} due: {planned.due}")))


def _answered(subject: Item | Theme, catalog: Catalog, pairs: tuple[str, ...]) -> dict[str, FactValue] | None:
    """The answers of the command line, each one that its question takes; None without any."""
    if not pairs:
        return None
    questions = {each.id: each for each in plan.questions_of(plan.theme_of(subject), catalog)}
    return plan.checked_answers(questions, answers_from(pairs))


def _known_ending(name: str, *endings: str) -> None:
    if not name.lower().endswith(endings):
        raise click.UsageError(
            say(Text(f"-o {name}：应以 {'、'.join(endings)} 结尾", f"-o {name}: expected {', '.join(endings)}"))
        )


def _write(name: str, data: bytes) -> None:
    Path(name).write_bytes(data)
    echo(say(Text(f"已写入 {name}", f"wrote {name}")), err=True)


COMMANDS = (compile_command, draw, guide_command, stats, plan_command)
