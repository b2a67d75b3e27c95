"""Handling cases from the command line: apply, correct, read, stop and go on; the tasks of each desk."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from govflow import plan
from govflow.catalog.files import mapping_from
from govflow.cli.commands import Command, command, group, lang, option
from govflow.cli.common import (
    case_options,
    echo,
    print_json,
    provisional_mark,
    query_options,
)
from govflow.cli.definitions import catalog_from
from govflow.cli.running import OF_CASES, engine_for, engine_from
from govflow.cli.values import moment_from
from govflow.engine.api import Engine
from govflow.engine.case.ids import case_of
from govflow.engine.case_clocks import Calendars
from govflow.engine.views import CaseView, TaskView
from govflow.errors import InvalidInput, NotAllowed
from govflow.language.lookup import find_subject
from govflow.law.clocks import Limit
from govflow.products.timeline import Narrator
from govflow.text import Lang, Text
from govflow.vocabulary import CaseStatus, ClockStatus, ItemStatus, Light

LIGHTS = {"green": "🟢", "yellow": "🟡", "red": "🔴"}


def actor_option(**given: Any) -> Callable[[Any], Any]:
    """`--actor`: who acts."""
    return option(
        "--actor",
        help=Text("谁：部门/角色:名字，或 applicant:名字。", "Who: DEPARTMENT/ROLE:NAME, or applicant:NAME."),
        **given,
    )


@group("办件：申请、补正、查看、历史、期限说明、撤回、延期、停止与恢复计时。")
def case() -> None:
    """Cases: apply, correct, show, history, explain, withdraw, extend, stop and restart clocks."""


@command("按申请文件（application/1）提交一个办件。", "apply", within=case)
@click.argument("file", metavar="APPLICATION.yaml|.json")
@actor_option(default="applicant:cli", show_default=True)
@query_options
def apply_command(file: str, actor: str, definitions: str, db: str, as_json: bool) -> None:
    """Apply from a file."""
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
        echo(view.id)


@command("列出办件。", "list", within=case)
@option("--state", default=None, help=Text("只列这种状态的。", "Only those in this state."))
@option(
    "--theme", default=None, metavar="REF", help=Text("只列这个主题或事项的。", "Only those of this theme or item.")
)
@option("--limit", default=50, show_default=True, help=Text("最多几条。", "How many at most."))
@option("--after", default=None, metavar="ID", help=Text("从这一条之后接着列。", "Go on after this one."))
@query_options
def list_cases(
    state: str | None, theme: str | None, limit: int, after: str | None, definitions: str, db: str, as_json: bool
) -> None:
    """List cases."""
    kinds = OF_CASES if theme is None else (*OF_CASES, "item", "theme")
    rows = engine_from(db, definitions, kinds).cases(state=state, ref=theme, limit=limit, after=after)
    if as_json:
        print_json({"cases": rows})
    for row in [] if as_json else rows:
        state = CaseStatus.of(row["state"]).text(lang())
        echo(f"{row['id']}  {row['ref']:6} {state:14} {row['applied'][:16]}")


@command("一个办件的全貌。", within=case)
@click.argument("id")
@query_options
def show(id: str, definitions: str, db: str, as_json: bool) -> None:
    """One case in full."""
    engine = engine_from(db, definitions)
    view = engine.case(id)
    if as_json:
        print_json({"case": view.as_data()})
        return
    catalog = engine.progress(id).catalog
    subject = catalog.themes.get(view.ref) or catalog.items[view.ref]
    echo(f"{view.id}  {subject.name.text(lang())}  {CaseStatus.of(view.state).text(lang())}")
    for item in view.items:
        name, state = catalog.items[item.item].name.text(lang()), ItemStatus.of(item.state).text(lang())
        echo(f"  {item.item} {name}  {state}")
    for task in view.open_tasks:
        echo("  " + _task_line(engine, task))
    for clock in view.clocks:
        if clock.closed_at is None:
            limit = Limit.parse(clock.limit).text(lang())
            due = f"{clock.due or '—'}{provisional_mark(clock.provisional)}"
            echo(f"  {LIGHTS[clock.light]} {clock.id}  {limit}  {due}")


@command("办件的全部事件。", within=case)
@click.argument("id")
@query_options
def history(id: str, definitions: str, db: str, as_json: bool) -> None:
    """The events of a case."""
    engine = engine_from(db, definitions)
    events = engine.history(id)
    if as_json:
        print_json({"case": id, "events": [event.as_data() for event in events]})
        return
    narrator = Narrator(engine.progress(id).catalog, lang())
    for each in filter(None, map(narrator.line, events)):
        echo(f"{each.at} {each.mark} {each.who} {each.what}")


@command("一个期限逐日怎么来的：办件的；写了 --accepted，就是事项或一件事计划的。", "explain", within=case)
@click.argument("case", metavar="CASE|REF")
@click.argument("clock")
@option(
    "--accepted",
    metavar="2025-03-03T09:00",
    help=Text(
        "事项或一件事从何时受理起计划（北京时间）。", "Plan an item or theme from this acceptance (Beijing time)."
    ),
)
@query_options
def explain_command(case: str, clock: str, accepted: str | None, definitions: str, db: str, as_json: bool) -> None:
    """A due date day by day: of a case, or with --accepted as planned for an item or theme."""
    if accepted is None:
        found = engine_from(db, definitions).explain(case, clock, lang())
    else:
        catalog = catalog_from(definitions, case, calendars=True)
        calendar, moment = Calendars(catalog.calendars).strict, moment_from(accepted, "--accepted")
        found = plan.explained(find_subject(catalog, case), catalog, clock, moment, calendar, lang())
    if as_json:
        days = [
            {"date": d.date.isoformat(), "counted": d.counted, "number": d.number, "why": d.why} for d in found.lines
        ]
        print_json({"case": case, "clock": clock, "summary": found.summary, "days": days})
        return
    for line in found.lines:
        echo(f"{line.date} {line.number:>4} {'✓' if line.counted else ' '} {line.why}")
    echo(found.summary)


def _case_command(name: str, zh: str, *options: Callable[[Any], Any]) -> Callable[[Callable[..., None]], Command]:
    """A command on one case, with actor, reason, definitions and database."""
    reason = option("--reason", required=True, help=Text("原因，记入历史。", "Why, for the history."))

    def decorate(function: Callable[..., None]) -> Command:
        wrapped: Any = function
        for each in (case_options, reason, actor_option(required=True), *reversed(options), click.argument("id")):
            wrapped = each(wrapped)
        return command(zh, name, within=case)(wrapped)

    return decorate


_of_item = option("--item", required=True, help=Text("哪个事项。", "Which item."))


def _material_option(name: str, zh: str, en: str) -> Callable[[Any], Any]:
    """Materials, all of them: the option may be repeated, or name several."""
    text = Text(
        f"{zh}，编号或短名；可重复，也可写成 M09,M12。", f"{en}: codes or short names; may be repeated, or M09,M12."
    )
    return option(name, multiple=True, required=True, metavar="MATERIAL", help=text)


def _materials(words: tuple[str, ...]) -> list[str]:
    """Materials named by repeated options, or several in one: `M09,M12`."""
    return [word for each in words for word in re.split(r"[,，、\s]+", each) if word]


@command("一次性告知申请人补正（受理之前）。", "correct", within=case)
@click.argument("id")
@_material_option("--missing", "缺的材料", "What is missing, all of it")
@option("--item", default=None, metavar="ITEM", help=Text("由这个事项提出。", "On behalf of this item."))
@option("--opinion", default="", help=Text("告知里的说明。", "A note that goes with the notice."))
@actor_option(required=True)
@query_options
def correct(
    id: str, missing: tuple[str, ...], item: str | None, opinion: str, actor: str, definitions: str, db: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Tell the applicant once what is missing."""
    engine = engine_from(db, definitions)
    _show_step(engine, engine.ask_correction(
        id, item, missing=_materials(missing), actor=actor, opinion=opinion
    ), as_json)  # fmt: skip


@command("补交材料：补正告知之后，或者容缺受理之后。", "supplement", within=case)
@click.argument("id")
@_material_option("--material", "补交的材料", "What is handed in")
@actor_option(default="applicant:cli", show_default=True)
@query_options
def supplement(id: str, material: tuple[str, ...], actor: str, definitions: str, db: str, as_json: bool) -> None:
    """Hand in what was missing."""
    engine = engine_from(db, definitions)
    _show_step(engine, engine.supplement(id, materials=_materials(material), actor=actor), as_json)


def _show_step(engine: Engine, view: CaseView, as_json: bool = False) -> None:
    if as_json:
        print_json({"case": view.as_data()})
        return
    echo(f"{view.id} {CaseStatus.of(view.state).text(lang())}")
    for each in view.open_tasks:
        echo("  " + _task_line(engine, each))


@_case_command("withdraw", "撤回申请。")
def withdraw(id: str, actor: str, reason: str, definitions: str, db: str) -> None:
    """Take an application back."""
    view = engine_from(db, definitions).withdraw(id, actor=actor, reason=reason)
    echo(CaseStatus.of(view.state).text(lang()))


@_case_command(
    "extend",
    "延长期限。",
    _of_item,
    option("--by", required=True, help=Text("延长多久，如 10 workdays。", "By how much, such as 10 workdays.")),
)
def extend(id: str, item: str, by: str, actor: str, reason: str, definitions: str, db: str) -> None:
    """Extend an item's limits."""
    view = engine_from(db, definitions).extend(id, item=item, by=by, actor=actor, reason=reason)
    _show_clocks(view.clocks, item)


@_case_command(
    "suspend",
    "因特别程序停止计时。",
    _of_item,
    option("--procedure", required=True, help=Text("哪个特别程序。", "Which special procedure.")),
)
def suspend(id: str, item: str, procedure: str, actor: str, reason: str, definitions: str, db: str) -> None:
    """Stop an item's clocks."""
    view = engine_from(db, definitions).suspend(id, item=item, procedure=procedure, actor=actor, reason=reason)
    _show_clocks(view.clocks, item)


@_case_command(
    "resume",
    "恢复计时。",
    _of_item,
    option("--procedure", default=None, help=Text("哪个特别程序。", "Which special procedure.")),
)
def resume(id: str, item: str, procedure: str | None, actor: str, reason: str, definitions: str, db: str) -> None:
    """Let an item's clocks run again."""
    view = engine_from(db, definitions).resume(id, item=item, procedure=procedure, actor=actor, reason=reason)
    _show_clocks(view.clocks, item)


def _show_clocks(clocks: Any, item: str) -> None:
    for clock in clocks:
        if clock.item == item and clock.kind in ("promised", "statutory"):
            echo(f"{clock.id}  {ClockStatus.of(clock.state).text(lang())}  {clock.due or '—'}")


@group("任务：收件箱、认领、退回、办理。")
def task() -> None:
    """Tasks: inbox, claim, release, complete."""


@command("收件箱。", "list", within=task)
@option("--department", default=None, help=Text("只列这个部门的。", "Only those of this department."))
@option("--role", default=None, help=Text("只列这个角色的，如 window。", "Only those for this role, such as window."))
@option("--case", "case_id", default=None, metavar="ID", help=Text("只列这个办件的。", "Only those of this case."))
@option(
    "--light",
    type=click.Choice([each.value for each in Light]),
    default=None,
    help=Text("只列这种灯的。", "Only those with this light."),
)
@option("--limit", default=50, show_default=True, help=Text("最多几条。", "How many at most."))
@option("--after", default=None, metavar="ID", help=Text("从这一条之后接着列。", "Go on after this one."))
@query_options
def list_tasks(
    department: str | None, role: str | None, case_id: str | None, light: str | None, limit: int, after: str | None,
    definitions: str, db: str, as_json: bool,
) -> None:  # fmt: skip
    """The inbox."""
    engine = engine_from(db, definitions)
    page = engine.tasks(department=department, role=role, case=case_id, light=light, limit=limit, after=after)
    if as_json:
        print_json(page.as_data())
    for each in [] if as_json else page.items:
        echo(_task_line(engine, each))


def _task_line(engine: Engine, task: TaskView) -> str:
    name = task.name if lang() is Lang.ZH else Narrator(engine.progress(task.case).catalog, lang()).task(task)
    who = f" @{task.assignee}" if task.assignee else ""
    due = f"{task.due}{provisional_mark(task.provisional)}" if task.due else "—"
    desk = f"{task.department}/{task.role}" if task.department else task.role
    return f"{LIGHTS[task.light]} {task.id}  {task.item or '':4} {name}  {desk}{who}  {due}"


@command("认领。", within=task)
@click.argument("id")
@actor_option(required=True)
@case_options
def claim(id: str, actor: str, definitions: str, db: str) -> None:
    """Claim."""
    engine = engine_from(db, definitions)
    echo(_task_line(engine, engine.claim(id, actor=actor)))


@command("退回自己认领的任务。", within=task)
@click.argument("id")
@actor_option(required=True)
@case_options
def release(id: str, actor: str, definitions: str, db: str) -> None:
    """Give a claimed task back."""
    engine = engine_from(db, definitions)
    echo(_task_line(engine, engine.release(id, actor=actor)))


@command("办理一个任务。", within=task)
@click.argument("id")
@actor_option(required=True)
@option("--outcome", required=True, help=Text("办理结果，如 approve。", "How it ends, such as approve."))
@option("--opinion", default="", help=Text("办理意见。", "An opinion to go with it."))
@option("--key", default=None, help=Text("同一个键只办一次。", "A key that makes repeating it harmless."))
@case_options
def complete(id: str, actor: str, outcome: str, opinion: str, key: str | None, definitions: str, db: str) -> None:
    """Complete a task."""
    engine = engine_from(db, definitions)
    try:
        _show_step(engine, engine.complete(id, actor=actor, outcome=outcome, opinion=opinion, key=key))
    except NotAllowed as fault:
        missing = fault.details.get("missing")
        if not isinstance(missing, list):
            raise
        command = f"govflow case correct {case_of(id)} --missing {','.join(missing)} --actor {shlex.quote(actor)}"
        raise NotAllowed(
            Text(f"{fault.zh}：{command}", f"{fault.en}: {command}"), code=fault.code, **fault.details
        ) from fault


COMMANDS = (case, task, explain_command)
