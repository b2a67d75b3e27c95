"""The flow of an item: activities in order, and branches at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from govflow.language.building.shared import Data, Names, limit_of
from govflow.language.conditions import condition_from
from govflow.language.model import Block, Step, Together
from govflow.text import Text

ACTIVITIES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "receive": ("收件", "Receipt", "window"),
        "pre_review": ("预审", "Pre-review", "window"),
        "accept": ("受理", "Acceptance", "window"),
        "review": ("审查", "Review", "reviewer"),
        "consult": ("征求意见", "Consultation", "reviewer"),
        "visit": ("现场核查", "On-site check", "reviewer"),
        "expert_review": ("专家评审", "Expert review", "reviewer"),
        "hearing": ("听证", "Hearing", "reviewer"),
        "publicise": ("公示", "Public notice", "reviewer"),
        "test": ("检测", "Test", "reviewer"),
        "pay": ("缴费", "Payment", "window"),
        "decide": ("决定", "Decision", "head"),
        "issue": ("制证", "Issue", "window"),
        "deliver": ("送达", "Delivery", "window"),
        "archive": ("归档", "Archiving", "window"),
        "post_check": ("事后核查", "Post-check", "reviewer"),
    }
)
"""The activity words of a flow, each with its default name (Chinese, English) and role."""

_NAMES = {word: Text(zh, en) for word, (zh, en, _) in ACTIVITIES.items()}


def flow_from(data: Iterable[Any], department: str, names: Names) -> tuple[Block, ...]:
    """The blocks of a flow; `department` does what names no other."""
    return tuple(_block(each, department, names) for each in data)


def _block(data: Data | str, department: str, names: Names) -> Block:
    if isinstance(data, str):
        return _step(data, {}, department, names)
    ((word, body),) = data.items()
    if word != "together":
        return _step(word, body, department, names)
    branches = (each if isinstance(each, list) else [each] for each in body)
    return Together(tuple(flow_from(branch, department, names) for branch in branches))


def departments_in(flow: Iterable[Block]) -> Iterator[str]:
    """The code of every department that has a step, in the order of the flow; with repetitions."""
    for block in flow:
        if isinstance(block, Together):
            for branch in block.branches:
                yield from departments_in(branch)
        else:
            yield from block.departments


def _step(word: str, data: Data, department: str, names: Names) -> Step:
    role = ACTIVITIES[word][2]
    named = data.get("departments") or [data.get("department", department)]
    refuse = data.get("refuse")
    return Step(
        id=data.get("id", word),
        kind=word,
        name=Text.of(data["name"]) if "name" in data else _NAMES[word],
        role=data.get("role", role),
        departments=tuple(names.department(each) for each in named),
        within=limit_of(data.get("within")),
        silence=data.get("silence"),
        when=condition_from(data.get("when")),
        procedure=data.get("procedure"),
        staff=data.get("staff"),
        refuse=refuse is not None,
        remedies=tuple(refuse.get("remedies", ())) if refuse else (),
        points=tuple(data.get("points", ())),
    )
