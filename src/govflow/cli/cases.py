"""Handling cases from the command line: apply, correct, read, stop and go on; the tasks of each desk."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from govflow.catalog.files import mapping_from
from govflow.cli.common import database_option, definitions_option, json_option, language, print_json, provisional_mark
from govflow.cli.running import OF_CASES, engine_for, engine_from
from govflow.engine.api import Engine
from govflow.engine.views import CaseView, TaskView
from govflow.errors import InvalidInput, NotAllowed
from govflow.products.timeline import Teller
from govflow.text import Text

LIGHTS = {"green": "🟢", "yellow": "🟡", "red": "🔴"}


@click.group()
def case() -> None:
    """办件：申请、补正、查看、历史、期限说明、撤回、延期、停止与恢复计时。Cases."""


@case.command("apply")
@click.argument("file", metavar="APPLICATION.yaml|.json")
@click.option("--actor", default="applicant:cli", show_default=True)
@definitions_option
@database_option
@json_option
def apply_command(file: str, actor: str, definitions: str, db: str, as_json: bool) -> None:
    """按申请文件（application/1）提交一个办件。Apply from a file."""
    data = mapping_from(Path(file))
    for field in ("theme", "applicant"):
        if not data.get(field):
            raise InvalidInput(Text(f"{file} 没有写 {field}", f"{file}: {field} is missing"), field=field)
    engine = engine_for(db, definitions, str(data["theme"]))
    view = engine.apply(
        data["theme"], applicant=data["applicant"], answers=data.get("answers", {}), materials=data.get("materials", ()),
        channel=data.get("channel", "online"), actor=data.get("actor", actor), key=data.get("key"), drop=data.get("drop", ()),
    )  # fmt: skip
    if as_json:
        print_json({"case": view.as_data()})
    else:
        click.echo(view.id)


@case.command("list")
@click.option("--state", default=None)
@click.option("--theme", default=None, metavar="REF")
@click.option("--limit", default=50, show_default=True)
@click.option("--after", default=None, metavar="ID")
@definitions_option
@database_option
@json_option
def list_cases(
    state: str | None, theme: str | None, limit: int, after: str | None, definitions: str, db: str, as_json: bool
) -> None:
    """列出办件。List cases."""
    kinds = OF_CASES if theme is None else (*OF_CASES, "item", "theme")
    rows = engine_from(db, definitions, kinds).cases(state=state, ref=theme, limit=limit, after=after)
    if as_json:
        print_json({"cases": rows})
    for row in [] if as_json else rows:
        click.echo(f"{row['id']}  {row['ref']:6} {row['state']:14} {row['applied'][:16]}")


@case.command()
@click.argument("id")
@definitions_option
@database_option
@json_option
def show(id: str, definitions: str, db: str, as_json: bool) -> None:
    """一个办件的全貌。One case in full."""
    view = engine_from(db, definitions).case(id)
    if as_json:
        print_json({"case": view.as_data()})
        return
    click.echo(f"{view.id}  {view.name}  {view.state}")
    for item in view.items:
        click.echo(f"  {item.item} {item.name}  {item.state}")
    for task in view.open_tasks:
        click.echo("  " + _task_line(task))
    for clock in view.clocks:
        if clock.closed_at is None:
            click.echo(
                f"  {LIGHTS[clock.light]} {clock.id}  {clock.limit}  {clock.due or '—'}{provisional_mark(clock.provisional)}"
            )


@case.command()
@click.argument("id")
@definitions_option
@database_option
@json_option
def history(id: str, definitions: str, db: str, as_json: bool) -> None:
    """办件的全部事件。The events of a case."""
    engine = engine_from(db, definitions)
    events = engine.history(id)
    if as_json:
        print_json({"case": id, "events": [event.as_data() for event in events]})
        return
    teller = Teller(engine.progress(id).catalog, language.code)
    for told in filter(None, (teller.tell(event) for event in events)):
        click.echo(f"{told.at} {told.mark} {told.who} {told.what}")


@case.command("explain")
@click.argument("id")
@click.argument("clock")
@definitions_option
@database_option
@json_option
def explain_case(id: str, clock: str, definitions: str, db: str, as_json: bool) -> None:
    """一个期限逐日怎么来的。A due date day by day."""
    _explain(engine_from(db, definitions), id, clock, as_json)


@click.command("explain")
@click.argument("case")
@click.argument("clock")
@definitions_option
@database_option
@json_option
def explain_command(case: str, clock: str, definitions: str, db: str, as_json: bool) -> None:
    """期限逐日说明，同 case explain。A due date day by day."""
    _explain(engine_from(db, definitions), case, clock, as_json)


def _explain(engine: Engine, case: str, clock: str, as_json: bool) -> None:
    found = engine.explain(case, clock, language.code)
    if as_json:
        days = [
            {"date": d.date.isoformat(), "counted": d.counted, "number": d.number, "why": d.why} for d in found.lines
        ]
        print_json({"case": case, "clock": clock, "summary": found.summary, "days": days})
        return
    for line in found.lines:
        click.echo(f"{line.date} {line.number:>4} {'✓' if line.counted else ' '} {line.why}")
    click.echo(found.summary)


def _case_command(
    name: str, help: str, *options: Callable[[Any], Any]
) -> Callable[[Callable[..., None]], click.Command]:
    """A command on one case, with actor, reason, definitions and database."""

    def decorate(function: Callable[..., None]) -> click.Command:
        wrapped: Any = function
        for option in reversed((
            click.argument("id"), *options, click.option("--actor", required=True),
            click.option("--reason", required=True), definitions_option, database_option,
        )):  # fmt: skip
            wrapped = option(wrapped)
        return case.command(name, help=help)(wrapped)

    return decorate


def _materials(words: tuple[str, ...]) -> list[str]:
    """Materials named by repeated options, or several in one: `M09,M12`."""
    return [word for each in words for word in re.split(r"[,，、\s]+", each) if word]


@case.command("correct")
@click.argument("id")
@click.option("--missing", multiple=True, required=True, metavar="材料",
              help="缺的材料，编号或短名；可重复，也可写成 M09,M12。What is missing, all of it.")  # fmt: skip
@click.option("--item", default=None, metavar="事项", help="由这个事项提出。On behalf of this item.")
@click.option("--opinion", default="", help="告知里的说明。A word with the notice.")
@click.option("--actor", required=True)
@definitions_option
@database_option
@json_option
def correct(
    id: str, missing: tuple[str, ...], item: str | None, opinion: str, actor: str, definitions: str, db: str,
    as_json: bool,
) -> None:  # fmt: skip
    """一次性告知申请人补正（受理之前）。Tell the applicant once what is missing."""
    _show_step(engine_from(db, definitions).ask_correction(
        id, item, missing=_materials(missing), actor=actor, opinion=opinion
    ), as_json)  # fmt: skip


@case.command("supplement")
@click.argument("id")
@click.option("--material", multiple=True, required=True, metavar="材料",
              help="补交的材料，编号或短名；可重复，也可写成 M09,M12。What is handed in.")  # fmt: skip
@click.option("--actor", default="applicant:cli", show_default=True)
@definitions_option
@database_option
@json_option
def supplement(id: str, material: tuple[str, ...], actor: str, definitions: str, db: str, as_json: bool) -> None:
    """补交材料：补正告知之后，或者容缺受理之后。Hand in what was missing."""
    _show_step(engine_from(db, definitions).supplement(id, materials=_materials(material), actor=actor), as_json)


def _show_step(view: CaseView, as_json: bool = False) -> None:
    if as_json:
        print_json({"case": view.as_data()})
        return
    click.echo(f"{view.id} {view.state}")
    for each in view.open_tasks:
        click.echo("  " + _task_line(each))


@_case_command("withdraw", "撤回申请。Withdraw.")
def withdraw(id: str, actor: str, reason: str, definitions: str, db: str) -> None:
    """Take an application back."""
    click.echo(engine_from(db, definitions).withdraw(id, actor=actor, reason=reason).state)


@_case_command(
    "extend", "延长期限。Extend.", click.option("--item", required=True), click.option("--by", required=True)
)
def extend(id: str, item: str, by: str, actor: str, reason: str, definitions: str, db: str) -> None:
    """Extend an item's limits."""
    view = engine_from(db, definitions).extend(id, item=item, by=by, actor=actor, reason=reason)
    _show_clocks(view.clocks, item)


@_case_command("suspend", "因特别程序停止计时。Suspend.", click.option("--item", required=True),
               click.option("--procedure", required=True))  # fmt: skip
def suspend(id: str, item: str, procedure: str, actor: str, reason: str, definitions: str, db: str) -> None:
    """Stop an item's clocks."""
    view = engine_from(db, definitions).suspend(id, item=item, procedure=procedure, actor=actor, reason=reason)
    _show_clocks(view.clocks, item)


@_case_command(
    "resume", "恢复计时。Resume.", click.option("--item", required=True), click.option("--procedure", default=None)
)
def resume(id: str, item: str, procedure: str | None, actor: str, reason: str, definitions: str, db: str) -> None:
    """Let an item's clocks run again."""
    view = engine_from(db, definitions).resume(id, item=item, procedure=procedure, actor=actor, reason=reason)
    _show_clocks(view.clocks, item)


def _show_clocks(clocks: Any, item: str) -> None:
    for clock in clocks:
        if clock.item == item and clock.kind in ("promised", "statutory"):
            click.echo(f"{clock.id}  {clock.state}  {clock.due or '—'}")


@click.group()
def task() -> None:
    """任务：收件箱、认领、退回、办理。Tasks."""


@task.command("list")
@click.option("--department", default=None)
@click.option("--role", default=None)
@click.option("--case", "case_id", default=None)
@click.option("--light", type=click.Choice(["green", "yellow", "red"]), default=None)
@click.option("--limit", default=50, show_default=True)
@click.option("--after", default=None)
@definitions_option
@database_option
@json_option
def list_tasks(
    department: str | None, role: str | None, case_id: str | None, light: str | None, limit: int, after: str | None,
    definitions: str, db: str, as_json: bool,
) -> None:  # fmt: skip
    """收件箱。The inbox."""
    page = engine_from(db, definitions).tasks(
        department=department, role=role, case=case_id, light=light, limit=limit, after=after
    )
    if as_json:
        print_json(page.as_data())
    for each in [] if as_json else page.items:
        click.echo(_task_line(each))


def _task_line(task: TaskView) -> str:
    who = f" @{task.assignee}" if task.assignee else ""
    due = f"{task.due}{provisional_mark(task.provisional)}" if task.due else "—"
    desk = f"{task.department}/{task.role}" if task.department else task.role
    return f"{LIGHTS[task.light]} {task.id}  {task.item or '':4} {task.name}  {desk}{who}  {due}"


@task.command()
@click.argument("id")
@click.option("--actor", required=True)
@definitions_option
@database_option
def claim(id: str, actor: str, definitions: str, db: str) -> None:
    """认领。Claim."""
    click.echo(_task_line(engine_from(db, definitions).claim(id, actor=actor)))


@task.command()
@click.argument("id")
@click.option("--actor", required=True)
@definitions_option
@database_option
def release(id: str, actor: str, definitions: str, db: str) -> None:
    """退回自己认领的任务。Give a claimed task back."""
    click.echo(_task_line(engine_from(db, definitions).release(id, actor=actor)))


@task.command()
@click.argument("id")
@click.option("--actor", required=True)
@click.option("--outcome", required=True)
@click.option("--opinion", default="")
@click.option("--key", default=None)
@definitions_option
@database_option
def complete(id: str, actor: str, outcome: str, opinion: str, key: str | None, definitions: str, db: str) -> None:
    """办理一个任务。Complete a task."""
    engine = engine_from(db, definitions)
    try:
        _show_step(engine.complete(id, actor=actor, outcome=outcome, opinion=opinion, key=key))
    except NotAllowed as fault:
        missing = fault.details.get("missing")
        if not isinstance(missing, list):
            raise
        command = (
            f"govflow case correct {id.rpartition('.')[0]} --missing {','.join(missing)} --actor {shlex.quote(actor)}"
        )
        raise NotAllowed(Text(f"{fault.zh}：{command}", f"{fault.en}: {command}"), **fault.details) from fault


COMMANDS = (case, task, explain_command)
