"""The small pieces of a process: timers with their reminder, names, facts for the extension elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govflow.compiler.blocks import BOUNDARY, END, EXCLUSIVE, SEND, Element, TimerGroup
from govflow.language.model import Catalog, Share
from govflow.law.clocks import Limit
from govflow.plan.terms import ClockSpec
from govflow.text import Lang, Text
from govflow.vocabulary import ClockKind, Start

_NOMINAL_DAYS = {"workday": 1, "natural_day": 1, "month": 30, "year": 365}
_HOURS_A_DAY = {"working_hour": 8, "hour": 24}
_CLOCK_NAMES = {
    ClockKind.PROMISED: Text("承诺", "Promised"),
    ClockKind.STATUTORY: Text("法定", "Statutory"),
    ClockKind.JOINT_CAP: Text("联办", "Joint"),
    ClockKind.CORRECTION_NOTICE: Text("告知", "Notice"),
    ClockKind.CORRECTION: Text("补正", "Correction"),
    ClockKind.DELIVERY: Text("送达", "Delivery"),
    ClockKind.POST_CHECK: Text("核查", "Post-check"),
    ClockKind.PROCEDURE: Text("程序", "Procedure"),
    ClockKind.STEP: Text("环节", "Step"),
}
_EDGE_NAMES = {"warning": Text("预警", "warning"), "due": Text("到期", "due")}


def duration(limit: Limit, less: Limit | None = None) -> str:
    """A limit as ISO 8601, `less` taken off; a readable fallback, for our clocks know holidays and ISO does not."""
    if less is None or not less.value:
        return _iso(limit)
    if limit.unit == less.unit:
        left = limit.value - less.value
    elif limit.unit in _HOURS_A_DAY:
        left = limit.value - less.value * _HOURS_A_DAY[limit.unit]
    else:
        days = limit.value * _NOMINAL_DAYS[limit.unit] - less.value
        return _iso(Limit(days, "workday")) if days > 0 else "PT0S"
    return _iso(Limit(left, limit.unit)) if left > 0 else "PT0S"


def _iso(limit: Limit) -> str:
    if limit.value == 0:
        return "P1D"  # 即办件: by the end of the day
    value = int(limit.value)
    match limit.unit:
        case "month":
            return f"P{value}M"
        case "year":
            return f"P{value}Y"
        case "workday" | "natural_day" if limit.value == value:
            return f"P{value}D"
        case "workday" | "natural_day":
            return f"PT{max(1, int(limit.value * 8))}H"  # part of a working day of eight hours
        case _:
            return f"PT{max(1, value)}H"


def timers(prefix: str, host: Element, clocks: Iterable[ClockSpec]) -> Iterator[Element]:
    """For each clock a warning timer and a due timer; a limit of 0 has no time left to warn of."""
    for clock in clocks:
        if clock.limit.within.value:
            yield timer(prefix, host, clock, "warning")
        yield timer(prefix, host, clock, "due")


def timer(prefix: str, host: Element, clock: ClockSpec, edge: str, interrupting: bool = False) -> Element:
    """One boundary timer; it takes lane, item, step and department from its host."""
    name, end, limit = _CLOCK_NAMES[clock.kind], _EDGE_NAMES[edge], clock.limit
    within = limit.within
    lead = clock.lead.of(within) if isinstance(clock.lead, Share) else clock.lead
    start = next((word.text("zh") for word in Start if word == limit.start), "")
    facts = [("clock", clock.kind.value), ("edge", edge), ("limit", within.text("zh")), ("unit", within.unit)]
    facts += [("start", limit.start)] if start else []
    facts += [("basis", limit.basis)] if limit.basis else []
    facts += [("warning", lead.text("zh"))] if edge == "warning" else []
    facts += [("effect", clock.effect.value)] if edge == "due" else []
    since = f"，自{start}起" if start else ""
    return Element(
        id=f"b_{prefix}_{clock.kind}_{edge}", kind=BOUNDARY, name=Text(name.zh + end.zh, f"{name.en} {end.en}"),
        lane=host.lane, item=host.item, step=host.step, department=host.department, clock=clock.kind.value, edge=edge,
        host=host.id, interrupting=interrupting, duration=duration(within, lead if edge == "warning" else None),
        note=f"{name.zh}时限{within.text('zh')}{since}；按工作日历计时", facts=tuple(facts),
    )  # fmt: skip


def timer_group(
    prefix: str, host: Element, clocks: Iterable[ClockSpec], due: bool = True, alert: str | None = None
) -> TimerGroup | None:
    """The timers of a host with their reminder 督办提醒, None without timers; `due` False leaves the warnings only.

    `alert` names the reminder where the timers' prefix is not the host's own.
    """
    hung = tuple(each for each in timers(prefix, host, clocks) if due or each.edge == "warning")
    if not hung:
        return None

    def part(id: str, kind: str, name: Text) -> Element:
        return Element(id, kind, name, host.lane, host.item, department=host.department, host=host.id)

    return TimerGroup(
        timers=hung,
        gather=part(f"g_{alert or prefix}_alert", EXCLUSIVE, Text.of("")) if len(hung) > 1 else None,
        remind=part(f"n_{alert or prefix}_alert", SEND, Text("督办提醒", "Reminder")),
        end=part(f"e_{alert or prefix}_alerted", END, Text("已提醒", "Reminded")),
    )


def short_name(catalog: Catalog, department: str) -> Text:
    """A department's short name (in English its name), its code when the catalogue does not hold it."""
    found = catalog.departments.get(department)
    return Text(department) if found is None else Text(str(found.short) or str(found.name), found.name.text(Lang.EN))


def files(*names: str) -> tuple[tuple[str, str], ...]:
    """The definition's file from its kind's folder on, without the folders of the machine that compiled it."""
    parts = [name.replace("\\", "/").split("/")[-2:] for name in names if name]
    return tuple(("source", "/".join(part if part[0] in ("items", "themes") else part[-1:])) for part in parts)
