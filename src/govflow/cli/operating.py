"""Around the cases: single due dates, database, clocks, calendar."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any, cast

import click

from govflow.catalog.files import mapping_from
from govflow.cli.commands import command, group, lang, option, say
from govflow.cli.common import (
    Failure,
    database_option,
    definitions_option,
    json_option,
    print_json,
    provisional_mark,
)
from govflow.cli.definitions import catalog_from
from govflow.cli.running import engine_from
from govflow.cli.values import moment_from
from govflow.engine import worker
from govflow.engine.case_clocks import Calendars
from govflow.engine.definitions import pinned
from govflow.engine.store import Database, StoreError
from govflow.engine.views import Fired
from govflow.errors import NotFound
from govflow.law import questions
from govflow.text import Text
from govflow.vocabulary import ClockEffect


@command("算期限：每行一个 JSON 问题，每行一个 JSON 答案。")
@click.argument("file", default="-", metavar="[FILE|-]")
@option(
    "--provisional",
    is_flag=True,
    help=Text(
        "超出已公布日历时给出标明的暂定日期。", "Beyond the published calendar give a date marked as provisional."
    ),
)
@option("--explain", "explained", is_flag=True, help=Text("附上逐日说明。", "With the explanation day by day."))
@option(
    "--definitions",
    envvar="GOVFLOW_DEFINITIONS",
    default=None,
    metavar="DIR",
    help=Text("取其中 calendars/ 的日历。", "Take the calendars from its calendars/."),
)
def deadline(file: str, provisional: bool, explained: bool, definitions: str | None) -> None:
    """Answer questions about due dates: JSON lines in, JSON lines out."""
    overlays = catalog_from(definitions, calendars=True).calendars if definitions else ()
    calendar = Calendars(overlays).strict
    with click.open_file(file, encoding="utf-8", errors="replace") as lines:
        for answer in questions.answer_lines(
            lines, calendar=calendar, provisional=provisional, explain=explained, lang=lang()
        ):
            click.echo(answer)


@group("数据库：建表、迁移、核对。")
def db() -> None:
    """The database: create or migrate its tables, verify what is stored."""


@command("建立或迁移表结构。", within=db)
@database_option
def upgrade(db: str) -> None:
    """Create or migrate the tables."""
    before, after = pinned.upgrade(Database(db))
    click.echo(
        say(Text(f"表结构：{before or '（空）'} → {after}", f"tables: {before or '(empty)'} → {after}")), err=True
    )


@command("核对每条哈希链、每个存下的期限、每份可重放的状态。", within=db)
@definitions_option
@database_option
@json_option
def check(definitions: str, db: str, as_json: bool) -> None:
    """Verify hash chains, stored dates and replayed states."""
    if Database(db).version() is None:
        raise NotFound(
            Text(
                f"数据库 {db.rpartition('@')[2]} 里没有 govflow 的表，无可核对", "there are no govflow tables to check"
            ),
            db="",
        )
    engine = engine_from(db, definitions)
    faults: list[str] = []
    cases = 0
    after: str | None = None
    while page := engine.cases(limit=200, after=after):
        for case in page:
            faults += engine.check(case["id"], lang=lang())
            cases += 1
        after = page[-1]["id"]
    if as_json:
        print_json({"cases": cases, "faults": faults})
    else:
        for fault in faults:
            click.echo(fault)
        click.echo(
            say(Text(f"核对 {cases} 件，{len(faults)} 处不符", f"{cases} cases checked, {len(faults)} faults")),
            err=True,
        )
    if faults:
        raise Failure(1)


@command("触发到期的时钟，一次。")
@option(
    "--now",
    default=None,
    metavar="T",
    help=Text("当作现在的时刻，如 2025-03-14T00:00。", "The moment to take for now, such as 2025-03-14T00:00."),
)
@definitions_option
@database_option
@json_option
def sweep(now: str | None, definitions: str, db: str, as_json: bool) -> None:
    """Fire due clocks once."""
    engine = engine_from(db, definitions)
    fired = engine.sweep(moment_from(now, "--now") if now else None)
    if as_json:
        print_json({"fired": [each.as_data() for each in fired]})
    for each in [] if as_json else fired:
        click.echo(_fired_line(each))


def _fired_line(fired: Fired) -> str:
    warned = fired.event == "warned"
    effect = (Text("提醒", "warning") if warned else ClockEffect.of(fired.effect).name_text).text(lang())
    return f"{'🟡' if warned else '🔴'} {fired.case} {fired.clock} {fired.due} {effect}"


@command("持续触发到期的时钟，并把发件箱的消息逐行写到标准输出。", "worker")
@option("--every", default=5.0, show_default=True, help=Text("两轮之间的秒数。", "Seconds between two rounds."))
@definitions_option
@database_option
def worker_command(every: float, definitions: str, db: str) -> None:
    """Keep sweeping; deliver the outbox to standard output."""
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


@group("日历：加入年度通知、核对、重算未结期限。")
def calendar() -> None:
    """The official calendar: add a year, see how far it reaches, recompute open due dates."""


@command("日历知道到哪一天，是哪个版本。", "check", within=calendar)
@definitions_option
def check_calendar(definitions: str) -> None:
    """How far the calendar reaches."""
    found = Calendars(catalog_from(definitions, calendars=True).calendars).strict
    click.echo(f"{found.version}  {say(Text('已公布至', 'known until'))} {found.horizon}")


@command("检查一份年度通知并放进定义文件夹。", "add", within=calendar)
@click.argument("file", metavar="FILE.yaml")
@definitions_option
def add_calendar(file: str, definitions: str) -> None:
    """Check a year's notice and put it into the definitions."""
    data = mapping_from(Path(file))
    known = Calendars(catalog_from(definitions, calendars=True).calendars).strict
    found = known.overlay(data)
    target = Path(definitions) / "calendars" / Path(file).name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(Path(file).read_bytes())
    click.echo(say(Text(
        f"已放入 {target}；日历由 {known.horizon} 延到 {found.horizon}；接着运行 govflow calendar reproject",
        f"put into {target}; known until {found.horizon} now; next: govflow calendar reproject",
    )), err=True)  # fmt: skip


@command("按现在的日历重算全部未结期限，并记下原因。", "reproject", within=calendar)
@option("--reason", default="", help=Text("重算的原因，记入历史。", "Why, for the history of the cases."))
@definitions_option
@database_option
@json_option
def reproject(reason: str, definitions: str, db: str, as_json: bool) -> None:
    """Recompute every open due date."""
    left: StoreError | None = None
    try:
        changes = engine_from(db, definitions).reproject(reason)
    except StoreError as fault:
        if "changes" not in fault.details:
            raise
        left, changes = fault, cast("list[dict[str, Any]]", fault.details["changes"])
    _print_changes(changes, as_json)
    if left is not None:
        raise left


def _print_changes(changes: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({"changes": changes})
        return
    for each in changes:
        click.echo(
            f"{each['case']} {each['clock']}: {each['old']} → {each['new']}{provisional_mark(each['provisional'])}"
        )
    click.echo(say(Text(f"{len(changes)} 个期限有变化", f"{len(changes)} due dates changed")), err=True)


COMMANDS = (deadline, db, sweep, worker_command, calendar)
