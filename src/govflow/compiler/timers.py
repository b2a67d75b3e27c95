"""The small pieces of a process: timers with their reminder, names, facts for the extension elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from govflow.compiler.blocks import BOUNDARY, END, EXCLUSIVE, SEND, Element, Watch
from govflow.language.model import Catalog, Share, TimeLimit, Warn
from govflow.law.clocks import Limit
from govflow.text import Text

WARNING = Limit(Decimal(2), "workday")  # a yellow light shows when so much is left, unless the item says otherwise

_NOMINAL_DAYS = {"workday": 1, "natural_day": 1, "month": 30, "year": 365}
_CLOCK_NAMES = {
    "promised": ("承诺", "Promised limit"),
    "statutory": ("法定", "Statutory limit"),
    "joint_cap": ("联办", "Joint limit"),
    "correction_notice": ("告知", "Correction notice"),
    "correction": ("补正", "Correction"),
    "delivery": ("送达", "Delivery"),
    "post_check": ("核查", "Post-check"),
    "procedure": ("程序", "Special procedure"),
    "step": ("环节", "Step"),
}
_EDGE_NAMES = {"warning": ("预警", "warning"), "due": ("到期", "due")}
_START_NAMES = {"received": "收到", "accepted": "受理", "decided": "决定", "notified": "告知"}


@dataclass(frozen=True, slots=True)
class Term:
    """One clock on a host: its kind, how long, how early the warning comes, from which event, on what basis."""

    clock: str
    within: Limit
    warn: Limit = WARNING
    start: str | None = None
    basis: str | None = None

    @classmethod
    def of(cls, clock: str, limit: TimeLimit, warn: Warn | None = None) -> Term:
        """The clock of a definition's time limit."""
        return cls(clock, limit.within, early(limit.warn or warn, limit.within), limit.start, limit.basis)


def early(warn: Warn | None, limit: Limit) -> Limit:
    """How long before its end a limit warns."""
    return warn.of(limit) if isinstance(warn, Share) else warn or WARNING


def both(zh: str, en: str) -> Text:
    """A name in Chinese and English."""
    return Text(zh, en)


def ncname(slug: str) -> str:
    """A slug as part of an XML id; every other sign than ASCII letters and digits becomes `_`."""
    return "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in slug)


def duration(limit: Limit, less: Limit | None = None) -> str:
    """A limit as ISO 8601, `less` taken off; a readable fallback, for our clocks know holidays and ISO does not."""
    if less is None:
        return _iso(limit)
    if limit.unit == less.unit:
        left = limit.value - less.value
        return _iso(Limit(left, limit.unit)) if left > 0 else "PT0S"
    days = int(_days(limit) - _days(less))
    return f"P{days}D" if days > 0 else "PT0S"


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


def _days(limit: Limit) -> Decimal:
    return limit.value * _NOMINAL_DAYS[limit.unit] if limit.unit in _NOMINAL_DAYS else limit.value / 24


def timers(prefix: str, host: Element, terms: Iterable[Term]) -> Iterator[Element]:
    """For each clock a warning timer and a due timer; a limit of 0 has no time left to warn of."""
    for term in terms:
        if term.within.value:
            yield timer(prefix, host, term, "warning")
        yield timer(prefix, host, term, "due")


def timer(prefix: str, host: Element, term: Term, edge: str, interrupting: bool = False) -> Element:
    """One boundary timer; it takes lane, item, step and department from its host."""
    clock, ends = _CLOCK_NAMES[term.clock], _EDGE_NAMES[edge]
    less = term.warn if edge == "warning" else None
    facts = [("clock", term.clock), ("edge", edge), ("limit", term.within.text("zh")), ("unit", term.within.unit)]
    facts += [("start", term.start)] if term.start else []
    facts += [("basis", term.basis)] if term.basis else []
    facts += [("warning", term.warn.text("zh"))] if less else []
    since = f"，自{_START_NAMES.get(term.start, term.start)}起" if term.start else ""
    return Element(
        id=f"b_{prefix}_{term.clock}_{edge}", kind=BOUNDARY, name=both(clock[0] + ends[0], f"{clock[1]} {ends[1]}"),
        lane=host.lane, item=host.item, step=host.step, department=host.department, clock=term.clock, edge=edge,
        host=host.id, interrupting=interrupting, duration=duration(term.within, less),
        note=f"{clock[0]}时限{term.within.text('zh')}{since}；按工作日历计时", facts=tuple(facts),
    )  # fmt: skip


def watch(
    prefix: str, host: Element, terms: Iterable[Term], due: bool = True, alert: str | None = None
) -> Watch | None:
    """The timers of a host with their reminder 督办提醒, None without timers; `due` False leaves the warnings only.

    `alert` names the reminder where the timers' prefix is not the host's own.
    """
    hung = tuple(each for each in timers(prefix, host, terms) if due or each.edge == "warning")
    if not hung:
        return None

    def part(id: str, kind: str, name: Text) -> Element:
        return Element(id, kind, name, host.lane, host.item, department=host.department, host=host.id)

    return Watch(
        timers=hung,
        gather=part(f"g_{alert or prefix}_alert", EXCLUSIVE, Text.of("")) if len(hung) > 1 else None,
        remind=part(f"n_{alert or prefix}_alert", SEND, both("督办提醒", "Reminder")),
        end=part(f"e_{alert or prefix}_alerted", END, both("已提醒", "Reminded")),
    )


def short_name(catalog: Catalog, department: str) -> str:
    """A department's short name, its code when the catalogue does not hold it."""
    found = catalog.departments.get(department)
    return department if found is None else str(found.short) or str(found.name)


def files(*names: str) -> tuple[tuple[str, str], ...]:
    """The definition's file from its kind's folder on, without the folders of the machine that compiled it."""
    parts = [name.replace("\\", "/").split("/")[-2:] for name in names if name]
    return tuple(("source", "/".join(part if part[0] in ("items", "themes") else part[-1:])) for part in parts)
