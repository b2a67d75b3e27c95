"""What comes before what in a theme (group H): prerequisites and stages."""

from __future__ import annotations

from collections.abc import Iterator

from govflow.language.model import Theme
from govflow.plan.order import cycles
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding


def prerequisite_cycle(context: Context, theme: Theme) -> Iterator[Finding]:
    """前置关系成环 / Prerequisites in a cycle

    几个事项互为前置。
    Items are each other's prerequisites.

    谁也开始不了。
    None of them can ever begin.

    来源：江府办函〔2016〕130号：理清各事项办理的前后置关系

    坏：
        items: [{item: I01}, {item: I02, after: [I01, I03]}, {item: I03, after: [I01, I02]}]
    好：
        items: [{item: I01}, {item: I02, after: [I01]}, {item: I03, after: [I01]}]
    """
    places = {context.code_of(entry.item): at for at, entry in enumerate(theme.items)}
    for group in cycles(context.prerequisites(theme)):
        yield finding(
            ("items", places[group[0]], "after"),
            f"前置关系成环：{' → '.join((*group, group[0]))}。",
            f"The items {', '.join(group)} wait for each other.",
        )


def prerequisite_outside(context: Context, theme: Theme) -> Iterator[Finding]:
    """前置事项不在主题内 / Prerequisite outside the theme

    前置事项不在本主题里，也没有写已持有的情形。
    A prerequisite is not in the theme and not declared as already held.

    主题不办它，也不核验它，后面的事项永远等不到。
    The theme neither handles nor verifies it, so what comes after waits for ever.

    来源：江府办函〔2016〕130号：理清各事项办理的前后置关系

    坏：
        items: [{item: I01}, {item: I02, after: [I01, I11]}, {item: I03, after: [I01]}]
    好：
        items: [{item: I01}, {item: I02, after: [I01]}, {item: I03, after: [I01]}]
    """
    held = {context.code_of(entry.item) for entry in theme.items}
    for at, entry in enumerate(theme.items):
        for place, ref in enumerate(entry.after):
            if context.code_of(ref) not in held:
                yield finding(
                    ("items", at, "after", place),
                    f"前置事项 {ref} 不在本主题里；已持有的，把它加进来并写 held_when。",
                    f"The prerequisite {ref} is not in the theme; if it may be held, add it with held_when.",
                )


def stages_disagree(context: Context, theme: Theme) -> Iterator[Finding]:
    """阶段与事项对不上 / Stages and items disagree

    有的事项不在任何阶段，或者在两个阶段，或者排在它的前置事项之前的阶段。
    An item stands in no stage or in two, or in a stage before that of its prerequisite.

    不在阶段里的事项永远不会开始；等后一阶段的事项永远等不到。
    An item without a stage never starts; one that waits for a later stage waits for ever.

    来源：工程建设项目审批制度改革：分阶段并联审批，前一阶段办完才进入后一阶段

    坏：
        stages:
          - {id: first, name: 第一阶段, lead: D01, items: [I01]}
          - {id: second, name: 第二阶段, lead: D02, items: [I02]}
    好：
        stages:
          - {id: first, name: 第一阶段, lead: D01, items: [I01]}
          - {id: second, name: 第二阶段, lead: D02, items: [I02, I03]}
    """
    stage_of: dict[str, int] = {}
    for at, stage in enumerate(theme.stages):
        for place, ref in enumerate(stage.items):
            code = context.code_of(ref)
            if stage_of.setdefault(code, at) != at:
                first = theme.stages[stage_of[code]].id
                yield finding(
                    ("stages", at, "items", place),
                    f"事项 {code} 已经在阶段 {first} 里。",
                    f"The item {code} stands in the stage {first} already.",
                )
    for at, item in context.entries(theme) if theme.stages else ():
        if item.code not in stage_of:
            yield finding(
                ("items", at, "item"), f"事项 {item.code} 不在任何阶段里。", f"The item {item.code} stands in no stage."
            )
    for code, before in context.prerequisites(theme).items():
        for other in before:
            if stage_of.get(other, -1) > stage_of.get(code, len(theme.stages)):
                yield finding(
                    ("stages", stage_of[code]),
                    f"事项 {code} 的前置事项 {other} 在后面的阶段里。",
                    f"The item {code} waits for {other}, which stands in a later stage.",
                )
