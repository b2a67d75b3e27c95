"""Running cases from the command line: demo, database, cases, tasks, clocks."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import click

from govflow import deadlines, demo, worker
from govflow.cli.common import (
    Failure,
    answers_from,
    catalog_from,
    database_option,
    definitions_option,
    json_option,
    language,
    moment_from,
    print_json,
)
from govflow.cli.running import engine_from
from govflow.engine import Engine
from govflow.errors import NotFound
from govflow.store import Database
from govflow.telling import Teller
from govflow.timekeeping import Calendars
from govflow.views import Fired, TaskView

LIGHTS = {"green": "🟢", "yellow": "🟡", "red": "🔴"}


@click.command("demo")
@click.argument("theme", default="open-restaurant")
@click.option("--answer", "answers", multiple=True, metavar="名称=值", help="改一个情形回答，如 premises_area=120。")
@click.option("--drop", multiple=True, metavar="事项", help="申请人不办的事项，如 I16。")
@click.option("--output", default="demo-output", show_default=True, metavar="DIR", help="结果放在这里。")
@click.option("--lang", type=click.Choice(["zh", "en"]), default=None, help="zh 或 en。")
@definitions_option
def demo_command(
    theme: str, answers: tuple[str, ...], drop: tuple[str, ...], output: str, lang: str | None, definitions: str
) -> None:
    """主线演示：五个部门并联办理“开办餐饮店一件事”，模拟时钟。The main job, end to end, on a simulated clock."""
    code = lang or language.code
    language.code = code
    demo.run(
        theme,
        catalog_from(definitions),
        Path(definitions).absolute().parent / "examples",
        answers_from(answers),
        drop,
        Path(output),
        code,
        click.echo,
    )


@click.command()
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option("--provisional", is_flag=True, help="超出已公布日历时给出标明的暂定日期。")
@click.option("--explain", "explained", is_flag=True, help="附上逐日说明。")
@click.option(
    "--definitions", envvar="GOVFLOW_DEFINITIONS", default=None, metavar="DIR", help="取其中 calendars/ 的日历。"
)
def deadline(file: str, provisional: bool, explained: bool, definitions: str | None) -> None:
    """算期限：每行一个 JSON 问题，每行一个 JSON 答案。Due dates, JSON lines in and out."""
    overlays = catalog_from(definitions).calendars if definitions else ()
    calendar = Calendars(overlays).strict
    with click.open_file(file, encoding="utf-8", errors="replace") as lines:
        for answer in deadlines.answer_lines(lines, calendar=calendar, provisional=provisional, explain=explained):
            click.echo(answer)


@click.group()
def db() -> None:
    """数据库：建表、迁移、核对。The database."""


@db.command()
@database_option
def upgrade(db: str) -> None:
    """建立或迁移表结构。Create or migrate the tables."""
    before, after = Database(db).upgrade()
    click.echo(
        language.say(f"表结构：{before or '（空）'} → {after}", f"tables: {before or '(empty)'} → {after}"), err=True
    )


@db.command()
@definitions_option
@database_option
@json_option
def check(definitions: str, db: str, as_json: bool) -> None:
    """核对每条哈希链、每个存下的期限、每份可重放的状态。Verify hash chains, stored dates and replayed states."""
    if Database(db).version() is None:
        raise NotFound(
            f"数据库 {db.rpartition('@')[2]} 里没有 govflow 的表，无可核对",
            "there are no govflow tables to check",
            db="",
        )
    engine = engine_from(db, definitions)
    faults: list[str] = []
    cases = 0
    after: str | None = None
    while page := engine.cases(limit=200, after=after):
        for case in page:
            faults += engine.check(case["id"])
            cases += 1
        after = page[-1]["id"]
    if as_json:
        print_json({"cases": cases, "faults": faults})
    else:
        for fault in faults:
            click.echo(fault)
        click.echo(
            language.say(f"核对 {cases} 件，{len(faults)} 处不符", f"{cases} cases checked, {len(faults)} faults"),
            err=True,
        )
    if faults:
        raise Failure(1)


@click.group()
def case() -> None:
    """办件：申请、查看、历史、期限说明、撤回、延期、停止与恢复计时。Cases."""


@case.command("apply")
@click.argument("file", metavar="APPLICATION.yaml|.json")
@click.option("--actor", default="applicant:cli", show_default=True)
@definitions_option
@database_option
@json_option
def apply_command(file: str, actor: str, definitions: str, db: str, as_json: bool) -> None:
    """按申请文件提交一个办件。Apply from a file."""
    data = demo.application_from(Path(file))
    engine = engine_from(db, definitions)
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
    rows = engine_from(db, definitions).cases(state=state, ref=theme, limit=limit, after=after)
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
                f"  {LIGHTS[clock.light]} {clock.id}  {clock.limit}  {clock.due or '—'}{_provisional(clock.provisional)}"
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
    """任务：收件箱、认领、办理。Tasks."""


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
    due = f"{task.due}{_provisional(task.provisional)}" if task.due else "—"
    return f"{LIGHTS[task.light]} {task.id}  {task.item or '':4} {task.name}  {task.department}/{task.role}{who}  {due}"


def _provisional(provisional: bool) -> str:
    return language.say("（暂定）", " (provisional)") if provisional else ""


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
@click.option("--outcome", required=True)
@click.option("--opinion", default="")
@click.option("--key", default=None)
@definitions_option
@database_option
def complete(id: str, actor: str, outcome: str, opinion: str, key: str | None, definitions: str, db: str) -> None:
    """办理一个任务。Complete a task."""
    view = engine_from(db, definitions).complete(id, actor=actor, outcome=outcome, opinion=opinion, key=key)
    click.echo(f"{view.id} {view.state}")
    for each in view.open_tasks:
        click.echo("  " + _task_line(each))


@click.command()
@click.option("--now", default=None, metavar="T", help="当作现在的时刻，如 2025-03-14T00:00。")
@definitions_option
@database_option
@json_option
def sweep(now: str | None, definitions: str, db: str, as_json: bool) -> None:
    """触发到期的时钟，一次。Fire due clocks once."""
    engine = engine_from(db, definitions)
    fired = engine.sweep(moment_from(now, "--now") if now else None)
    if as_json:
        print_json({"fired": [each.as_data() for each in fired]})
    for each in [] if as_json else fired:
        click.echo(_fired_line(each))


def _fired_line(fired: Fired) -> str:
    return f"{'🟡' if fired.event == 'warned' else '🔴'} {fired.case} {fired.clock} {fired.due} {fired.effect}"


@click.command("worker")
@click.option("--every", default=5.0, show_default=True, help="秒。")
@definitions_option
@database_option
def worker_command(every: float, definitions: str, db: str) -> None:
    """持续触发到期的时钟，并把发件箱的消息逐行写到标准输出。Keep sweeping; deliver the outbox to standard output."""
    engine = engine_from(db, definitions)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker.work(engine, _print_message, stop, every, _tell_work)


def _print_message(message: worker.Message) -> None:
    line = {"key": message.key, "case": message.case, "topic": message.topic, "body": message.body}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _tell_work(fired: list[Fired], sent: int) -> None:
    for each in fired:
        click.echo(_fired_line(each), err=True)


@click.group()
def calendar() -> None:
    """日历：加入年度通知、核对、重算未结期限。The official calendar."""


@calendar.command("check")
@definitions_option
def check_calendar(definitions: str) -> None:
    """日历知道到哪一天，是哪个版本。How far the calendar reaches."""
    found = Calendars(catalog_from(definitions).calendars).strict
    click.echo(f"{found.version}  {language.say('已公布至', 'known until')} {found.horizon}")


@calendar.command("add")
@click.argument("file", metavar="FILE.yaml")
@definitions_option
def add_calendar(file: str, definitions: str) -> None:
    """检查一份年度通知并放进定义文件夹。Check a year's notice and put it into the definitions."""
    data = demo.application_from(Path(file))
    known = Calendars(catalog_from(definitions).calendars).strict
    found = known.overlay(data)
    target = Path(definitions) / "calendars" / Path(file).name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(Path(file).read_bytes())
    click.echo(language.say(
        f"已放入 {target}；日历由 {known.horizon} 延到 {found.horizon}；接着运行 govflow calendar reproject",
        f"put into {target}; known until {found.horizon} now; next: govflow calendar reproject",
    ), err=True)  # fmt: skip


@calendar.command("reproject")
@click.option("--reason", default="")
@definitions_option
@database_option
@json_option
def reproject(reason: str, definitions: str, db: str, as_json: bool) -> None:
    """按现在的日历重算全部未结期限，并记下原因。Recompute every open due date."""
    changes = engine_from(db, definitions).reproject(reason)
    if as_json:
        print_json({"changes": changes})
        return
    for each in changes:
        click.echo(f"{each['case']} {each['clock']}: {each['old']} → {each['new']}{_provisional(each['provisional'])}")
    click.echo(language.say(f"{len(changes)} 个期限有变化", f"{len(changes)} due dates changed"), err=True)


COMMANDS = (
    demo_command, deadline, db, case, task, sweep, worker_command, calendar, explain_command,
)  # fmt: skip
