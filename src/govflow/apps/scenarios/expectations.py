"""What a scenario expects of a case at an instant, compared with what is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from govflow.apps.scenarios.player import Player
from govflow.apps.scenarios.records import Expectation, ScenarioFailure
from govflow.engine.views import CaseView, ClockView
from govflow.errors import NotFound
from govflow.law.clocks import Explanation
from govflow.products.timeline import WEEKDAYS
from govflow.text import Lang, Text, joined
from govflow.vocabulary import MaterialStatus, Mode

NONE = "—"


def failures_of(player: Player, expected: Expectation, lang: Lang) -> Iterator[ScenarioFailure]:
    """Everything in an expectation that is not so at the clock's instant."""
    try:
        view, item = player.view_now(), player.item(expected.words)
    except NotFound as fault:
        yield ScenarioFailure(expected.span, fault.message, _shown(dict(expected.words)), NONE)
        return
    for key, wanted in expected.words.items():
        if key == "item":
            continue
        check = _Check(player, view, item, expected.item is not None, lang)
        for what, want, got, details in _CHECKS[key](check, wanted):
            if want != got:
                yield ScenarioFailure(expected.spans[key], what, _shown(want), _shown(got), details())


Found = tuple[Text, Any, Any, Callable[[], tuple[str, ...]]]


class _Check:
    """One expectation's case, item and language. `named`: the expectation says the item itself."""

    def __init__(self, player: Player, view: CaseView, item: str | None, named: bool, lang: Lang) -> None:
        self.player, self.view, self.item, self.named, self.lang = player, view, item, named, lang

    def clock(self, kind: str) -> ClockView | None:
        """The newest clock of a kind: the item's, or the case's own."""
        owner = None if kind in ("correction", "correction_notice") else self.item
        found = [c for c in self.view.clocks if c.kind == kind and c.item == owner]
        return found[-1] if found else None

    def explained(self, clock: ClockView | None) -> Callable[[], tuple[str, ...]]:
        """Why a clock is due when it is, day by day; the clocks there are if it is none. Computed only when shown."""
        if clock is None:
            listed = joined(each.id for each in self.view.clocks)
            return lambda: (Text(f"现有的时钟：{listed}", f"clocks there are: {listed.en}").text(self.lang),)
        return lambda: _lines(self.player.engine.explain(self.player.id, clock.id, self.lang), self.lang)


def _no_details() -> tuple[str, ...]:
    return ()


def _lines(found: Explanation, lang: Lang) -> tuple[str, ...]:
    lines = [
        f"{line.date.isoformat()} {WEEKDAYS[line.date.weekday()].text(lang)}  "
        f"{f'{line.number:>3}' if line.counted else '  ·'}  {line.why}"
        for line in found.lines
    ]
    return (*lines, found.summary)


def _shown(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


# --- the keys --------------------------------------------------------------------------------------------------


def _state(check: _Check, wanted: str) -> Iterator[Found]:
    if check.named:
        yield Text(f"{check.item} 的状态", f"state of {check.item}"), wanted, _item_state(check), _no_details
    else:
        yield Text("办件的状态", "state of the case"), wanted, check.view.state, _no_details


def _item_state(check: _Check) -> str | None:
    return next((i.state for i in check.view.items if i.item == check.item), None)


def _outcome(check: _Check, wanted: str) -> Iterator[Found]:
    got = next((i.outcome for i in check.view.items if i.item == check.item), None)
    yield Text(f"{check.item} 的决定", f"decision on {check.item}"), wanted, got, _no_details


def _due(kind: str, zh: str, en: str) -> Callable[[_Check, str], Iterator[Found]]:
    def check_due(check: _Check, wanted: str) -> Iterator[Found]:
        clock = check.clock(kind)
        owner = check.item or ""
        what = Text(f"{owner} {zh}".strip(), f"{en} {owner}".strip())
        yield what, wanted, clock.due if clock is not None else None, check.explained(clock)

    return check_due


def _light(check: _Check, wanted: str) -> Iterator[Found]:
    clock = check.clock("promised") or check.clock("statutory")
    what = Text(f"{check.item or '全件'}的灯", f"light of {check.item or 'the case'}")
    yield what, wanted, clock.light if clock is not None else None, check.explained(clock)


def _of_clocks(fact: str, zh: str, en: str) -> Callable[[_Check, Mapping[str, str]], Iterator[Found]]:
    """What is expected of one fact of clocks, by the clock's id."""

    def check_clocks(check: _Check, wanted: Mapping[str, str]) -> Iterator[Found]:
        clocks = {clock.id: clock for clock in check.view.clocks}
        for id, expected in wanted.items():
            what = Text(f"时钟 {id} 的{zh}", f"{en} of clock {id}")
            yield what, expected, getattr(clocks.get(id), fact, None), check.explained(clocks.get(id))

    return check_clocks


def _tasks(check: _Check, wanted: list[str]) -> Iterator[Found]:
    mine = [t for t in check.view.open_tasks if not check.named or t.item == check.item]
    got = sorted(check.player.step_id(t) for t in mine)
    yield Text("待办环节", "open steps"), sorted(wanted), got, _no_details


def _materials(check: _Check, wanted: list[str]) -> Iterator[Found]:
    shelf = check.player.catalog.materials
    got = sorted(
        m.material for m in check.view.materials if m.status in (MaterialStatus.SUPPLIED, MaterialStatus.MISSING)
    )
    codes = sorted(shelf[ref].code if ref in shelf else ref for ref in wanted)
    yield Text("要提交的材料", "materials to submit"), codes, got, _no_details


def _items(check: _Check, wanted: list[str]) -> Iterator[Found]:
    shelf = check.player.catalog.items
    got = sorted(i.item for i in check.view.items if i.mode != Mode.SKIP)
    codes = sorted(shelf[ref].code if ref in shelf else ref for ref in wanted)
    yield Text("要办的事项", "items to handle"), codes, got, _no_details


def _states(check: _Check, wanted: Mapping[str, str]) -> Iterator[Found]:
    states = {i.item: i.state for i in check.view.items}
    shelf = check.player.catalog.items
    for ref, state in wanted.items():
        code = shelf[ref].code if ref in shelf else ref
        yield Text(f"{code} 的状态", f"state of {code}"), state, states.get(code), _no_details


def _results(check: _Check, wanted: list[str]) -> Iterator[Found]:
    got = sorted(str(r["name"]) for r in check.view.results if not check.named or r["item"] == check.item)
    yield Text("已制发的结果", "results issued"), sorted(wanted), got, _no_details


def _provisional(check: _Check, wanted: bool) -> Iterator[Found]:
    clock = check.clock("promised") or check.clock("statutory")
    got = clock.provisional if clock is not None else None
    what = Text("到期日是否暂定（放假通知未公布）", "due date is provisional (no holiday notice yet)")
    yield what, wanted, got, check.explained(clock)


_CHECKS: Mapping[str, Callable[[_Check, Any], Iterator[Found]]] = {
    "state": _state,
    "states": _states,
    "outcome": _outcome,
    "promised_due": _due("promised", "承诺到期日", "promised due date"),
    "statutory_due": _due("statutory", "法定到期日", "statutory due date"),
    "correction_due": _due("correction", "补正到期日", "correction due date"),
    "delivery_due": _due("delivery", "送达到期日", "delivery due date"),
    "due": _of_clocks("due", "到期日", "due date"),
    "light": _light,
    "lights": _of_clocks("light", "灯", "light"),
    "tasks": _tasks,
    "materials": _materials,
    "items": _items,
    "results": _results,
    "provisional": _provisional,
}
