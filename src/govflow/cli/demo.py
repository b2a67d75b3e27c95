"""The main job, end to end, for somebody who wants to see it."""

from __future__ import annotations

from pathlib import Path

import click

from govflow.apps import demo
from govflow.cli.commands import command, lang, option, say
from govflow.cli.common import definitions_option, echo
from govflow.cli.definitions import catalog_from
from govflow.cli.values import answers_from
from govflow.errors import NotFound
from govflow.language.lookup import find_theme
from govflow.language.model import Catalog
from govflow.text import Text, joined


@command(
    """主线演示：五个部门并联办理“开办餐饮店一件事”，模拟时钟。

主题须有一份申请 examples/主题/application.yaml。没有定义文件夹时，演示 govflow 自带的定义。
""",
    "demo",
)
@click.argument("theme", default="open-restaurant")
@option(
    "--answer",
    "answers",
    multiple=True,
    metavar="NAME=VALUE",
    help=Text("改一个情形回答，如 premises_area=120。", "Change one answer, such as premises_area=120."),
)
@option(
    "--drop",
    multiple=True,
    metavar="ITEM",
    help=Text("申请人不办的事项，如 I16。", "An item that the applicant leaves out, such as I16."),
)
@option(
    "--output",
    default="demo-output",
    show_default=True,
    metavar="DIR",
    help=Text("结果放在这里。", "Folder for what the case leaves."),
)
@definitions_option
def demo_command(theme: str, answers: tuple[str, ...], drop: tuple[str, ...], output: str, definitions: str) -> None:
    """Play a theme to its end on a simulated clock.

    The restaurant needs five departments, which work side by side. The theme needs an application,
    examples/THEME/application.yaml. Where there is no folder of definitions, those that come with govflow are played.
    """
    folder = _folder(definitions)
    catalog = catalog_from(str(folder), theme, calendars=True)
    examples = folder.absolute().parent / "examples"
    _require_example(find_theme(catalog, theme).slug, catalog, examples)
    demo.run(
        theme,
        catalog,
        examples,
        answers_from(answers),
        drop,
        Path(output),
        lang(),
        echo,
    )


def _folder(definitions: str) -> Path:
    """The folder to play from; the library's own where none was named and the default one is not there."""
    source = click.get_current_context().get_parameter_source("definitions")
    if source is not click.core.ParameterSource.DEFAULT or Path(definitions).exists():
        return Path(definitions)
    echo(
        say(
            Text(
                "这里没有 definitions 文件夹，演示 govflow 自带的定义",
                "no folder definitions here: playing those of govflow",
            )
        ),
        err=True,
    )
    return demo.shipped() / "definitions"


def _require_example(theme: str, catalog: Catalog, examples: Path) -> None:
    """NotFound, which names the themes that have a demo, when this one has no application to play."""
    if (examples / theme / "application.yaml").is_file():
        return
    slugs = [each.slug for each in catalog.themes.values()]
    known = joined(each for each in slugs if (examples / each / "application.yaml").is_file())
    raise NotFound(
        Text(
            f"{theme} 没有演示；有演示的：{known}；要演示它，写一份申请 {examples / theme / 'application.yaml'}",
            f"{theme} has no demo; there are: {known.en}; to have one, write {examples / theme / 'application.yaml'}",
        ),
        ref=theme,
    )


COMMANDS = (demo_command,)
