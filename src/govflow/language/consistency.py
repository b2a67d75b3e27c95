"""What a schema cannot say of one document: orders, ranges and keys that would do nothing where they stand.

Whatever the compiler or a running case could not take is found here, with its place in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from govflow.language.satisfiability import is_number
from govflow.language.schema import Flaw
from govflow.language.xml_names import ncname
from govflow.law.clocks import Limit
from govflow.text import Text

Path = tuple[str | int, ...]
Data = Mapping[str, Any]
Step = tuple[Path, str, Data]
"""An activity of a flow: its path, its word, its body."""

WITH_PROCEDURE = frozenset({"review", "visit", "expert_review", "hearing", "publicise", "test"})
"""The activities that may stand for a special procedure: clocks stop when it begins and go on when it ends."""

_ONLY_FOR: Mapping[str, tuple[frozenset[str], str]] = {
    "silence": (frozenset({"consult", "review"}), "consult、review"),
    "refuse": (frozenset({"decide"}), "decide"),
    "procedure": (WITH_PROCEDURE, "visit、expert_review、hearing、publicise、test、review"),
}
_NUMBER_KEYS = ("minimum", "maximum", "unit")


def consistency_flaws(kind: str, data: Data, steps: Iterable[Step] = ()) -> Iterator[Flaw]:
    """What is wrong within a well-formed document; `steps` are the activities of an item's flow."""
    check = _CHECKS.get(kind)
    if check is not None:
        yield from check(data)
    yield from _flow(tuple(steps))


def reversed_order(data: Data, first: str, last: str, path: Path = ()) -> Iterator[Flaw]:
    """A finding where the value of one key is above that of another, which ends what it begins."""
    low: Any = data.get(first)
    high: Any = data.get(last)
    comparable = (is_number(low) and is_number(high)) or (isinstance(low, str) and isinstance(high, str))
    if comparable and low > high:
        message = Text(f"{first}（{low}）在 {last}（{high}）之后。", f"{first} ({low}) is above {last} ({high}).")
        yield Flaw("reversed-order", (*path, last), message, Text("两个值是不是写反了？", "Are the two exchanged?"))


def _item(data: Data) -> Iterator[Flaw]:
    yield from _questions(data)
    yield from reversed_order(data, "valid_from", "valid_to")
    limits = data.get("limits", {})
    yield from _zero(limits, ("limits",), "correction_notice", "delivery")
    yield from _zero(limits.get("correction", {}), ("limits", "correction"), "within")
    yield from _warnings(limits)
    for name in ("statutory", "promised", "post_check"):
        limit = limits.get(name)
        if isinstance(limit, Mapping):
            yield from _zero(limit.get("extension", {}), ("limits", name, "extension"), "by")
    for at, procedure in enumerate(data.get("special_procedures", ())):
        yield from _zero(procedure, ("special_procedures", at), "limit")
    for at, use in enumerate(entries_of(data, "materials")):
        yield from _zero(use.get("defer", {}), ("materials", at, "defer"), "within")
    commitment = data.get("commitment")
    if isinstance(commitment, Mapping):
        yield from _zero(commitment, ("commitment",), "post_check")


def _theme(data: Data) -> Iterator[Flaw]:
    yield from _questions(data)
    for key, entries in (("stages", data.get("stages", ())), ("visits", data.get("joint", {}).get("visits", ()))):
        under: Path = ("joint", key) if key == "visits" else (key,)
        taken: dict[str, str] = {}
        for at, entry in enumerate(entries):
            other = taken.setdefault(ncname(entry["id"]), entry["id"])
            if other != entry["id"]:
                yield _clash((*under, at, "id"), entry["id"], other)
    limits = data.get("limits", {})
    yield from _warnings(limits)
    yield from _zero(limits, ("limits",), "correction_notice", "joint_cap")
    yield from _zero(limits.get("correction", {}), ("limits", "correction"), "within")


def _variant(data: Data) -> Iterator[Flaw]:
    yield from reversed_order(data, "valid_from", "valid_to")
    limits = data.get("limits", {})
    yield from _warnings(limits)
    yield from _zero(limits, ("limits",), "correction_notice", "delivery")
    yield from _zero(limits.get("correction", {}), ("limits", "correction"), "within")


_CHECKS: Mapping[str, Callable[[Data], Iterator[Flaw]]] = {
    "item": _item,
    "theme": _theme,
    "variant": _variant,
}


def _questions(data: Data) -> Iterator[Flaw]:
    for at, question in enumerate(data.get("questions", ())):
        path: Path = ("questions", at)
        yield from reversed_order(question, "minimum", "maximum", path)
        if question["type"] != "choice":
            yield from _idle(question, path, ("options",), "type: choice")
        if question["type"] != "number":
            yield from _idle(question, path, _NUMBER_KEYS, "type: number")
        shown: dict[object, str] = {}
        for value, says in question.get("options", {}).items():
            label = says.get("zh-CN") if isinstance(says, Mapping) else says
            if shown.setdefault(label, value) != value:
                message = Text(
                    f"选项 {shown[label]} 和 {value} 显示的文字都是“{label}”。",
                    f"The options {shown[label]} and {value} both read {label!r}.",
                )
                yield Flaw("duplicate-id", (*path, "options", value), message)


_OWN_GATEWAYS = re.compile(r"commit|together_\d+")
"""Names under which the process itself chooses or parts the way, as it does for a step that has a condition."""


def _flow(steps: tuple[Step, ...]) -> Iterator[Flaw]:
    """Keys that only some activities take, and ids that become one in a process."""
    taken = {"post_check": ""}  # the engine's own check after the decision
    for path, word, body in steps:
        yield from _zero(body, path, "within")
        for key in body:
            if key in _ONLY_FOR and word not in _ONLY_FOR[key][0]:
                yield from _idle(body, path, (key,), _ONLY_FOR[key][1])
        if "silence" in body and "within" not in body:
            yield from _idle(body, path, ("silence",), "within")  # no limit, so no silence within it
        own = str(body.get("id", word))
        name = ncname(own)
        for id in (name, f"{name}_notice") if "procedure" in body else (name,):
            other = taken.setdefault(id, own)
            if other != own and own != word:
                yield _clash((*path, "id"), own, other or "post_check")
        if "when" in body and _OWN_GATEWAYS.fullmatch(name):
            yield _clash((*path, "id"), own, "together" if name.startswith("t") else "commitment")


def _clash(path: Path, own: str, other: str) -> Flaw:
    message = Text(
        f"环节标识 {own} 与 {other} 在流程图里成为同一个标识。",
        f"The step ids {own} and {other} become one in the process.",
    )
    return Flaw("duplicate-id", path, message, Text("给其中一个写另一个 id。", "Give one of them another id."))


def _idle(data: Data, path: Path, keys: Iterable[str], where: str) -> Iterator[Flaw]:
    """A finding for each key that does nothing here; `where` says where it would."""
    for key in keys:
        if key in data:
            message = Text(f"{key} 写在这里不起作用。", f"{key} has no effect here.")
            help = Text(f"它只用于 {where}", f"It belongs to {where.replace('、', ', ')}")
            yield Flaw("key-without-effect", (*path, key), message, help, at_key=True)


def _zero(data: Data, path: Path, *keys: str) -> Iterator[Flaw]:
    """A finding for each limit that leaves no time at all."""
    for key in keys:
        if key in data and Limit.parse(data[key]).value == 0:
            limit = data[key]
            message = Text(f"{key} 是“{limit}”，没有留出时间。", f"{key} is {limit!r}: no time at all.")
            yield Flaw("out-of-range", (*path, key), message)


def _warnings(limits: Data) -> Iterator[Flaw]:
    """A finding for each warning that is longer than its limit, and for one of all limits that is longer than each.

    Only what counts in the same unit can be told for certain; a limit of 0 warns of nothing.
    """
    own = {name: limit for name, limit in limits.items() if isinstance(limit, Mapping) and "within" in limit}
    for name, limit in own.items():
        if "warning" in limit and _is_longer(limit["warning"], limit["within"]):
            yield _too_early(("limits", name, "warning"), limit["warning"], limit["within"])
    decided = [limit["within"] for name, limit in own.items() if name in ("statutory", "promised")]
    if "warning" in limits and decided and all(_is_longer(limits["warning"], within) for within in decided):
        yield _too_early(("limits", "warning"), limits["warning"], decided[-1])


def _is_longer(warning: str, within: str) -> bool:
    if warning.strip().endswith("%"):
        return False
    lead, limit = Limit.parse(warning), Limit.parse(within)
    return lead.unit == limit.unit and lead.value > limit.value > 0


def _too_early(path: Path, warning: str, within: str) -> Flaw:
    message = Text(
        f"预警提前“{warning}”，比时限“{within}”还长。",
        f"The warning of {warning!r} is longer than the limit of {within!r}.",
    )
    return Flaw("out-of-range", path, message, Text("写得比时限短。", "Make it shorter than the limit."))


def entries_of(data: Data, key: str) -> list[Data]:
    """A list of mappings; empty where the definition says none."""
    entries = data.get(key, ())
    return [] if isinstance(entries, str) else list(entries)
