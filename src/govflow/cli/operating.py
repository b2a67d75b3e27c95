"""Around the cases: single due dates, database, clocks, calendar."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any, cast

import click

from govflow.catalog.files import mapping_from
from govflow.cli.commands import command, group, lang, option, say
from govflow.cli.common import (
    Exit,
    case_options,
    database_option,
    definitions_option,
    echo,
    echo_json,
    escaped,
    print_json,
    provisional_mark,
    query_options,
    tell,
)
from govflow.cli.definitions import catalog_from
from govflow.cli.running import engine_from
from govflow.cli.values import a_number, moment_from
from govflow.engine import worker
from govflow.engine.api import Engine
from govflow.engine.case_clocks import Calendars
from govflow.engine.definitions import pinned
from govflow.engine.store import Database, StoreError
from govflow.engine.views import Fired, Incident
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
            click.echo(escaped(answer))


@group("数据库：建表、迁移、核对。")
def db() -> None:
    """The database: create or migrate its tables, verify what is stored."""


@command("建立或迁移表结构。", within=db)
@database_option
def upgrade(db: str) -> None:
    """Create or migrate the tables."""
    before, after = pinned.upgrade(Database(db))
    echo(say(Text(f"表结构：{before or '（空）'} → {after}", f"tables: {before or '(empty)'} → {after}")), err=True)


@command("删去某日以前用过的幂等编号 key。", "purge-keys", within=db)
@option(
    "--before", required=True, metavar="T", help=Text("此时刻以前，如 2025-03-14。", "Before this, such as 2025-03-14.")
)
@case_options
def purge_keys(before: str, definitions: str, db: str) -> None:
    """Forget idempotency keys that were used before a moment."""
    gone = engine_from(db, definitions).purge_keys(moment_from(before, "--before"))
    echo(say(Text(f"删去 {gone} 个", f"{gone} keys forgotten")), err=True)


@command("核对每条哈希链、每个存下的期限、每份可重放的状态。", within=db)
@query_options
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
            echo(fault)
        echo(
            say(Text(f"核对 {cases} 件，{len(faults)} 处不符", f"{cases} cases checked, {len(faults)} faults")),
            err=True,
        )
    if faults:
        raise Exit(1)


@command("触发到期的时钟，一次。")
@option(
    "--now",
    default=None,
    metavar="T",
    help=Text("当作现在的时刻，如 2025-03-14T00:00。", "The moment to take for now, such as 2025-03-14T00:00."),
)
@query_options
def sweep(now: str | None, definitions: str, db: str, as_json: bool) -> None:
    """Fire due clocks once."""
    engine = engine_from(db, definitions)
    fired = engine.sweep(moment_from(now, "--now") if now else None)
    if as_json:
        print_json({"fired": [each.as_data() for each in fired]})
    for each in [] if as_json else fired:
        echo(_fired_line(each))
    if engine.incidents(limit=1):
        echo(
            say(
                Text(
                    "有办件出错，被搁在一边：govflow incidents",
                    "some cases failed and are set aside: govflow incidents",
                )
            ),
            err=True,
        )


def _fired_line(fired: Fired) -> str:
    warned = fired.event == "warned"
    effect = (Text("提醒", "warning") if warned else ClockEffect.of(fired.effect).name_text).text(lang())
    return f"{'🟡' if warned else '🔴'} {fired.case} {fired.clock} {fired.due} {effect}"


@command("持续触发到期的时钟，并把待发消息逐行写到标准输出。", "worker")
@option(
    "--every",
    type=click.FloatRange(0.05, 3600),
    default=5.0,
    callback=a_number,
    show_default=True,
    help=Text("无事可做时歇息的秒数。", "Seconds to rest when there is nothing to do."),
)
@option(
    "--once", is_flag=True, help=Text("做完到期的就结束，供 cron 使用。", "End when nothing more is due, for cron.")
)
@option(
    "--threads",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help=Text("时钟和消息各用几个线程。", "Threads for clocks, and as many for messages."),
)
@option(
    "--dispatcher",
    type=click.Choice(["inprocess"]),
    default="inprocess",
    show_default=True,
    help=Text("由什么来执行。", "What runs the jobs."),
)
@case_options
def worker_command(every: float, once: bool, threads: int, dispatcher: str, definitions: str, db: str) -> None:
    """Keep firing due clocks; write waiting messages to standard output, one JSON line each."""
    engine = engine_from(db, definitions)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker.work(
        engine, _print_message, stop, every, _tell_work, tell,
        dispatcher=worker.InProcess(threads), once=once,
    )  # fmt: skip
    engine.close()


def _print_message(message: worker.Message) -> None:
    if sys.stdout is None:  # closed before the program began: what is printed would be lost without a word
        raise worker.ReceiverGone
    line = {"key": message.key, "case": message.case, "topic": message.topic, "body": message.body}
    try:
        echo_json(line)
    except (OSError, ValueError) as fault:  # whoever read has gone, or cannot take more; the message waits for the next
        raise worker.ReceiverGone from fault


def _tell_work(fired: list[Fired], sent: int) -> None:
    for each in fired:
        echo(_fired_line(each), err=True)


@command("出错的工作：列出、重试、搁置。")
@option("--retry", metavar="CASE", help=Text("下一轮重试这个办件出错的工作。", "Try this case's failed jobs again."))
@option("--resolve", metavar="CASE", help=Text("搁置这个办件出错的工作。", "Put this case's failed jobs aside."))
@option("--key", metavar="KEY", help=Text("只指这一项，如 clock。", "This job alone, such as clock."))
@option("--actor", default="system:operator", help=Text("谁搁置的。", "Who puts it aside."))
@option("--reason", default="", help=Text("搁置的理由。", "Why it is put aside."))
@query_options
def incidents(
    retry: str | None, resolve: str | None, key: str | None, actor: str, reason: str, definitions: str, db: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Jobs that failed: list them, try them again, put them aside."""
    if retry and resolve:
        raise click.UsageError(say(Text("--retry 与 --resolve 只能给一个", "--retry and --resolve exclude each other")))
    engine = engine_from(db, definitions)
    found = [each for each in _all_incidents(engine) if key in (None, each.key)]
    case = retry or resolve
    mine = [each for each in found if each.case == case]
    if case and not mine:
        raise NotFound(Text(f"办件 {case} 没有出错的工作", f"no job of case {case} has failed"), case=case)
    for each in mine:
        if retry:
            engine.retry(each.case, each.key)
        else:
            engine.resolve(each.case, each.key, actor=actor, reason=reason)
    if as_json:
        print_json({"incidents": [each.as_data() for each in (mine if case else found)]})
        return
    for each in mine if case else found:
        state = Text("等人处理", "waits for a person") if each.dead else Text("将重试", "will be tried again")
        times = Text(f"失败 {each.tries} 次", f"failed {each.tries} times")
        echo(f"{'🔴' if each.dead else '🟡'} {each.case} {each.key} {say(state)} · {say(times)} · {each.fault}")
    done = (
        Text("已安排重试", "to be tried again")
        if retry
        else Text("已搁置", "put aside")
        if resolve
        else Text("出错", "failed")
    )
    echo(f"{len(mine if case else found)} {say(done)}", err=True)


def _all_incidents(engine: Engine) -> Iterator[Incident]:
    after = ("", "")
    while page := engine.incidents(limit=500, after=after):
        yield from page
        after = page[-1].case, page[-1].key


@group("日历：加入年度通知、核对、重算未结期限。")
def calendar() -> None:
    """The official calendar: add a year, see how far it reaches, recompute open due dates."""


@command("日历知道到哪一天，是哪个版本。", "check", within=calendar)
@definitions_option
def check_calendar(definitions: str) -> None:
    """How far the calendar reaches."""
    found = Calendars(catalog_from(definitions, calendars=True).calendars).strict
    echo(f"{found.version}  {say(Text('已公布至', 'known until'))} {found.horizon}")


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
    echo(say(Text(
        f"已放入 {target}；日历由 {known.horizon} 延到 {found.horizon}；接着运行 govflow calendar reproject",
        f"put into {target}; known until {found.horizon} now; next: govflow calendar reproject",
    )), err=True)  # fmt: skip


@command("按现在的日历重算全部未结期限，并记下原因。", "reproject", within=calendar)
@option("--reason", default="", help=Text("重算的原因，记入历史。", "Why, for the history of the cases."))
@query_options
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
        echo(f"{each['case']} {each['clock']}: {each['old']} → {each['new']}{provisional_mark(each['provisional'])}")
    echo(say(Text(f"{len(changes)} 个期限有变化", f"{len(changes)} due dates changed")), err=True)


COMMANDS = (deadline, db, sweep, worker_command, incidents, calendar)
