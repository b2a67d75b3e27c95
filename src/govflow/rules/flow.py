"""Conditions, flow and roles (group F): what is checked, who does it, and whether the flow holds together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from govflow.language.model import Item, Step
from govflow.rules import wording
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding
from govflow.text import joined

MOST_SIGN_OFFS = 5
_REVIEWS = frozenset({"review", "consult", "visit", "expert_review", "test", "hearing"})
# The order that a flow cannot leave: what stands behind a later mark is never reached in time.
_ORDER: Mapping[str, int] = {
    "receive": 0,
    "pre_review": 1,
    "accept": 2,
    "decide": 4,
    "issue": 5,
    "deliver": 6,
    "archive": 7,
}
_BEFORE_DECISION = frozenset({"review", "consult", "visit", "expert_review", "hearing"})
_NEEDED: tuple[tuple[str, frozenset[str]], ...] = (
    ("受理（accept）", frozenset({"accept"})),
    ("审查（review）", _REVIEWS),
    ("决定（decide）", frozenset({"decide"})),
    ("送达（deliver）", frozenset({"deliver"})),
)


def conditions_missing(context: Context, item: Item) -> Iterator[Finding]:
    """没有受理条件 / No acceptance conditions

    没有写受理条件，也没有写明没有条件（conditions: none）。
    There are no acceptance conditions and no explicit `conditions: none`.

    没有条件，窗口就凭感觉受理。
    Without conditions the window accepts as it likes.

    来源：重庆市（2017）：规范事项名称、条件、材料、流程、时限等

    坏：
        conditions: []
    好：
        conditions: none
    """
    raw = context.raw("item", item.code)
    if raw and not raw.get("conditions"):
        yield finding(
            ("conditions",),
            "没有受理条件（conditions）；确实没有的，写 conditions: none。",
            "The acceptance conditions are missing; write `conditions: none` if there are none.",
        )


def catch_all_condition(context: Context, item: Item) -> Iterator[Finding]:
    """兜底条件 / Catch-all condition

    受理条件是“法律法规规定的其他条件”一类的兜底条款。
    A condition is a catch-all such as "other conditions set by law".

    兜底条件无法核对，窗口可以随意加码。
    It cannot be checked, and the window may add what it likes.

    来源：沪府办发〔2019〕8号：消除模糊条款、兜底条款

    坏：
        conditions: [有符合规定的住所, 法律法规规定的其他条件]
    好：
        conditions: [有符合规定的住所]
    """
    for at, condition in enumerate(item.conditions):
        words = wording.catch_all(condition)
        if words:
            yield finding(
                ("conditions", at), f"受理条件“{condition}”是兜底条款。", f"The condition {condition!r} is a catch-all."
            )


def vague_condition(context: Context, item: Item) -> Iterator[Finding]:
    """条件模糊 / Vague condition

    受理条件有“具有一定”“适当”“符合有关规定”一类无法核对的词。
    A condition holds words that cannot be checked: a certain amount, appropriate, according to relevant rules.

    条件要量化，才能无差别受理。
    Only a condition that can be measured is applied alike at every window.

    来源：沪府办发〔2019〕8号：细化、量化业务口径标准

    坏：
        conditions: [具有一定的注册资金]
    好：
        conditions: [注册资金不少于十万元]
    """
    for at, condition in enumerate(item.conditions):
        words = wording.vague_condition(condition)
        if words:
            yield finding(
                ("conditions", at),
                f"受理条件“{condition}”无法核对（{words}），应当量化。",
                f"The condition {condition!r} cannot be checked ({words}); say how much.",
            )


def flow_incomplete(context: Context, item: Item) -> Iterator[Finding]:
    """流程缺少环节 / Flow incomplete

    流程缺少受理、审查、决定或送达（即办件只要决定，其余可以合并）。
    The flow lacks acceptance, review, decision or delivery (an instant item needs the decision only).

    少一个环节，就少一个有人负责、可以监察的点。
    Each of them is a point where somebody answers and the monitor looks.

    来源：重庆市（2017）：申请、受理、审查、决定、送达

    坏：
        flow:
          - accept: {role: window}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    """
    kinds = {step.kind for _, step in context.steps(item)}
    needed = [each for each in _NEEDED if not item.instant or "decide" in each[1]]  # without one a case is terminated
    missing = [name for name, fitting in needed if not kinds & fitting]
    if missing:
        yield finding(("flow",), f"流程缺少{'、'.join(missing)}。", f"The flow lacks {', '.join(missing)}.")


def step_without_role(context: Context, item: Item) -> Iterator[Finding]:
    """环节没有人办 / Step without anybody to do it

    环节没有角色，或者经办部门没有这个角色。
    A step has no role, or the department that does it has no such role.

    没有人能办的环节，办件到这里就停住。
    A case stops for ever at a step that nobody can do.

    来源：县市网上审批经验：本级权限人

    坏：
        flow:
          - accept: {role: window}
          - review: {role: inspector}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    """
    for path, step in context.steps(item):
        if not step.role:
            yield finding(path, f"环节“{step.name}”没有角色（role）。", f"The step {step.id} has no role.")
            continue
        for code in step.departments:
            department = context.department(code)
            if department is None or step.role in department.roles:
                continue
            if department.roles:
                yield finding(
                    (*path, "role"),
                    f"环节“{step.name}”要角色 {step.role}，{department.short}只有 {'、'.join(department.roles)}。",
                    f"The step {step.id} needs the role {step.role}; {code} has {', '.join(department.roles)}.",
                )
            else:
                yield finding(
                    (),
                    f"{department.name}没有写角色（roles），它的环节没有人能办。",
                    f"{code} has no roles: nobody can do its steps.",
                    record=("department", department.code),
                )


def one_person_receives_and_decides(context: Context, item: Item) -> Iterator[Finding]:
    """受理与决定同一角色 / One role accepts and decides

    行政许可的受理和决定由同一部门的同一角色办（即办件除外）。
    One role of one department both accepts and decides a licence that is no instant item.

    一个人从收件办到决定，没有制约。
    Nobody checks a person who handles a licence from receipt to decision.

    来源：行政许可惯例：受理、审查与决定分离

    坏：
        flow:
          - accept: {role: head}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    """
    if item.type != "行政许可" or item.instant:
        return
    accepting = {(step.role, step.departments) for _, step in context.steps(item) if step.kind == "accept"}
    for path, step in context.steps(item):
        if step.kind == "decide" and (step.role, step.departments) in accepting:
            yield finding(
                (*path, "role"),
                f"受理和决定都由 {step.role} 办，应当分开。",
                f"Both acceptance and decision are done by {step.role}; keep them apart.",
            )


def more_steps_than_before(context: Context, item: Item) -> Iterator[Finding]:
    """环节增多或签批过多 / More steps, or too many sign-offs

    环节比上一版多，或者一个部门内部签批超过五道。
    The flow has more steps than the last release, or more than five sign-offs within one department.

    改版应当减环节；层层签批只增加时间。
    A new version should have fewer steps; sign-off upon sign-off only takes time.

    来源：沪府办发〔2019〕8号：减环节、减时间、减材料、减跑动

    坏：
        flow:
          - receive: {role: window}
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - issue: {role: window}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    """
    steps = context.steps(item)
    old = context.previous.items.get(item.code) if context.previous else None
    before = old.steps if old else len(steps)
    if len(steps) > before:
        yield finding(
            ("flow",),
            f"环节由 {before} 个增加到 {len(steps)} 个。",
            f"The flow has grown from {before} to {len(steps)} steps.",
        )
        return
    signing = [step for _, step in steps if step.kind in ("review", "decide")]
    for departments, count in Counter(step.departments for step in signing).items():
        if count > MOST_SIGN_OFFS:
            names = joined(departments)
            yield finding(
                ("flow",),
                f"{names} 内部签批 {count} 道，超过 {MOST_SIGN_OFFS} 道。",
                f"{count} sign-offs within {names.en}, more than {MOST_SIGN_OFFS}.",
            )


def refusal_incomplete(context: Context, item: Item) -> Iterator[Finding]:
    """不予许可没有救济途径 / Refusal without remedies

    行政许可的决定环节没有不予许可的分支，或没有写救济途径。
    The decision of a licence has no branch for refusal, or the refusal names no remedies.

    不予许可要说明理由，告知复议和诉讼的权利。
    A refusal must give reasons and name reconsideration and lawsuit.

    来源：行政许可法第三十八条：应当说明理由，并告知申请人享有依法申请行政复议或者提起行政诉讼的权利

    坏：
        flow:
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    """
    for path, step in context.steps(item):
        if step.kind != "decide" or step.remedies or (item.type != "行政许可" and not step.refuse):
            continue
        what = ("不予许可没有写救济途径（refuse.remedies）", "The refusal names no remedies")
        if not step.refuse:
            what = ("决定没有不予许可的分支（refuse）", "The decision has no branch for refusal")
        yield finding(path, f"{what[0]}。", f"{what[1]}.")


def flow_unsound(context: Context, item: Item) -> Iterator[Finding]:
    """流程走不通 / Flow unsound

    环节走不到、走不完：标识重复，顺序颠倒，决定写了两次，受理或决定放在并行分支里，分支是空的。
    A step cannot be reached or left: ids repeat, the order is reversed, two steps decide, one that accepts or decides
    stands in a branch.

    流程图上看不出的断头路，办件会停在那里。
    A case stops where the flow has a dead end.

    来源：BPMN 2.0：流程应当健全，分支与汇合成对

    坏：
        flow:
          - accept: {role: window}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - review: {role: reviewer}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    """
    seen: set[str] = set()
    last: tuple[int, Step] | None = None
    reversed_order = False
    for path, step in context.steps(item):
        if step.id in seen:
            yield finding(path, f"环节标识 {step.id} 重复，汇合时分不清。", f"The step id {step.id} is used twice.")
        elif "together" in path and step.kind in ("accept", "decide"):
            yield finding(path, f"“{step.name}”不能放在并行分支里。", f"{step.kind} cannot stand in a parallel branch.")
        elif step.kind == "decide" and last is not None and last[1].kind == "decide":
            yield finding(
                path,
                f"“{last[1].name}”已经作出决定，“{step.name}”不能再决定一次；之前的意见写成审查。",
                f"{last[1].id} has decided already; make the opinion before it a review.",
            )
        seen.add(step.id)
        rank = _ORDER.get(step.kind, 3 if step.kind in _BEFORE_DECISION else -1)
        if last and 0 <= rank < last[0] and not reversed_order:  # one misplaced step makes all after it late
            reversed_order = True
            yield finding(
                path,
                f"“{step.name}”排在“{last[1].name}”之后，走不到。",
                f"{step.kind} stands behind {last[1].kind} and is not reached.",
            )
        if rank >= 0 and (last is None or rank >= last[0]):
            last = rank, step
    for at, block in enumerate(item.flow):
        if not isinstance(block, Step) and (len(block.branches) < 2 or not all(block.branches)):
            yield finding(("flow", at), "并行至少要两个分支，且都不能空。", "together needs two branches, none empty.")


def visit_incomplete(context: Context, item: Item) -> Iterator[Finding]:
    """现场核查要素不全 / On-site check incomplete

    现场核查没有写两名以上人员，或者既没有特别程序的时限也没有环节时限。
    An on-site check does not ask for two persons, or has neither a special procedure's limit nor its own.

    核查实质内容应当指派两名以上工作人员；没有时限的核查会无限期停住办件。
    Two persons check matters of substance; a check without a limit stops the case for ever.

    来源：行政许可法第三十四条：应当指派两名以上工作人员进行核查

    坏：
        flow:
          - accept: {role: window}
          - visit: {role: reviewer, staff: 1, within: 3 workdays}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - visit: {role: reviewer, staff: 2, within: 3 workdays}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    """
    for path, step in context.steps(item):
        if step.kind != "visit":
            continue
        missing = []
        if (step.staff or 0) < 2:
            missing.append(("两名以上人员（staff: 2）", "two persons (staff: 2)"))
        procedure = item.procedure(step.procedure) if step.procedure else None
        # A special procedure without a limit is GF-T13's.
        if step.within is None and procedure is None:
            missing.append(("时限（within 或特别程序）", "a limit (within, or a special procedure)"))
        if missing:
            yield finding(
                path,
                f"“{step.name}”没有写{'、'.join(zh for zh, _ in missing)}。",
                f"The on-site check {step.id} lacks {' and '.join(en for _, en in missing)}.",
            )
