"""How one item is handled between acceptance and delivery: the steps of its flow as blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from govflow.compiler.blocks import (
    END,
    EXCLUSIVE,
    PARALLEL,
    START,
    SUB,
    UNNAMED,
    USER,
    Activity,
    Block,
    Branch,
    Choice,
    Element,
    Purpose,
    Row,
    Scope,
    entry,
)
from govflow.compiler.timers import files, short_name, timer, timer_group
from govflow.language.model import Block as Flow
from govflow.language.model import Catalog, Item, SpecialProcedure, Step, Together
from govflow.language.xml_names import ncname
from govflow.plan import terms
from govflow.text import Lang, Text
from govflow.vocabulary import ClockEffect

WINDOW = "window"
# What the case does once for all its items, or after the hand-out.
ELSEWHERE = ("accept", "receive", "deliver", "post_check")


@dataclass(frozen=True, slots=True)
class ItemContext:
    """What every fragment of one item needs: the item, its limits' warning, and whether lanes are drawn."""

    item: Item
    catalog: Catalog
    lanes: bool
    deliver: bool

    def lane(self, step: Step | None = None) -> str:
        """The lane of a step: its first department's; none in a called process."""
        return self.department(step) if self.lanes else ""

    def department(self, step: Step | None) -> str:
        """The department that does the step."""
        return step.departments[0] if step is not None and step.departments else self.item.department

    def gateway(self, id: str, kind: str = EXCLUSIVE, ask: Text = UNNAMED, step: Step | None = None) -> Element:
        """A gateway in the lane of the step; `ask` is the question of a split."""
        return Element(id, kind, ask, self.lane(step), self.item.code, step, self.department(step))

    def event(self, id: str, kind: str, zh: str, en: str) -> Element:
        """A start or end event of the item."""
        return Element(id, kind, Text(zh, en), self.lane(), self.item.code, None, self.item.department)


def handling(item: Item, catalog: Catalog, lanes: bool = False, deliver: bool = False) -> Row:
    """The item's own part from start to its granted or refused end; `deliver` when each item is handed out alone."""
    context = ItemContext(item, catalog, lanes, deliver)
    steps = [each for each in item.flow if not (isinstance(each, Step) and _elsewhere(each, deliver))]
    at = next((i for i, each in enumerate(steps) if isinstance(each, Step) and each.kind == "decide"), None)
    before, after = (steps, []) if at is None else (steps[:at], steps[at + 1 :])
    blocks: list[Block] = [Activity(context.event(f"e_{item.code}_start", START, "开始办理", "Start"))]
    blocks += _until_decision(context, list(_blocks(context, before, [0])))
    granted = [*_blocks(context, after, [100]), Activity(context.event(f"e_{item.code}_granted", END, "办结", "Done"))]
    if at is None:
        return Row((*blocks, *granted))
    decide = steps[at]
    assert isinstance(decide, Step)
    refused = context.event(f"e_{item.code}_refused", END, "不予许可", "Refused")
    decided = Choice(
        context.gateway(f"g_{item.code}_decided", ask=Text("准予？", "Granted?"), step=decide),
        (
            Branch(Row(tuple(granted)), Text("准予", "granted"), f"granted_{item.code}"),
            Branch(Activity(refused), Text("不予", "refused"), None, "down"),
        ),
    )
    return Row((*blocks, *_blocks(context, [decide], [200]), decided))


def _elsewhere(step: Step, deliver: bool) -> bool:
    return step.kind in ELSEWHERE and not (deliver and step.kind == "deliver")


def _until_decision(context: ItemContext, blocks: list[Block]) -> list[Block]:
    """A commitment 告知承诺 leads straight to the decision."""
    code = context.item.code
    if context.item.commitment is None or not blocks:
        return blocks
    choice = Choice(
        context.gateway(f"g_{code}_commit", ask=Text("告知承诺？", "Commitment?")),
        (
            Branch(Row(tuple(blocks)), Text("一般", "usual way")),
            Branch(None, Text("告知承诺", "commitment"), f"commit_{code}", "up"),
        ),
        context.gateway(f"g_{code}_commit_done"),
    )
    return [choice]


def _blocks(context: ItemContext, flow: list[Flow], count: list[int]) -> Iterator[Block]:
    """Each entry of a flow as a block; `count` numbers the parallel parts."""
    for part in flow:
        if isinstance(part, Together):
            yield _together(context, part, count)
        elif not _elsewhere(part, context.deliver):
            yield _conditional(context, part, _step(context, part))


def _together(context: ItemContext, together: Together, count: list[int]) -> Block:
    count[0] += 1
    id = f"g_{context.item.code}_together_{count[0]}"
    rows = [list(_blocks(context, list(branch), count)) for branch in together.branches]
    blocks = [Row(tuple(row)) for row in rows if row]
    ahead = next((row for row in blocks if entry(row).lane == context.lane()), None)
    branches = [Branch(row, side="straight" if row is ahead else "down") for row in blocks]
    if len(branches) == 1 and (only := branches[0].block) is not None:
        return only
    return Choice(context.gateway(id, PARALLEL), tuple(branches), context.gateway(f"{id}_done", PARALLEL))


def _conditional(context: ItemContext, step: Step, block: Block) -> Block:
    if step.when is None:
        return block
    stem = f"{context.item.code}_{ncname(step.id)}"
    return Choice(
        context.gateway(
            f"g_{stem}_when", ask=Text(f"需{step.name}？", f"{step.name.text(Lang.EN)} needed?"), step=step
        ),
        (Branch(block, Text("需要", "needed"), f"when_{stem}"), Branch(None, Text("不需要", "not needed"), None, "up")),
        context.gateway(f"g_{stem}_done", step=step),
    )


def _step(context: ItemContext, step: Step) -> Block:
    task = task_of(context, step)
    if step.procedure is not None:
        found = context.item.procedure(step.procedure)
        if found is not None:
            return _procedure(context, step, task, found)
    return _timed(context, step, task, f"{context.item.code}_{ncname(step.id)}")


def _timed(context: ItemContext, step: Step, task: Element, stem: str) -> Activity:
    """The task with the clock of its own, if the step has a limit."""
    clock = terms.step_clock(context.item, step)
    if clock is None:
        return Activity(task)
    alert = f"{stem}_step" if step.procedure is not None else stem
    if clock.effect == ClockEffect.SILENCE:
        # 逾期不复的，视为无异议: time itself answers, so this one timer interrupts.
        return Activity(
            task, timer_group(stem, task, [clock], due=False, alert=alert),
            timer(stem, task, clock, "due", interrupting=True), context.gateway(f"g_{stem}_answered", step=step),
        )  # fmt: skip
    return Activity(task, timer_group(stem, task, [clock], alert=alert))


def task_of(context: ItemContext, step: Step) -> Element:
    """The user task of a step, with who may do it."""
    department = context.department(step)
    name = step.name
    if not context.lanes and department != context.item.department:
        name = Text(f"{step.name}（{short_name(context.catalog, department)}）", step.name.text("en"))
    facts = [("kind", step.kind), ("department", ",".join(step.departments) or department), ("role", step.role)]
    facts += [("candidateGroups", ",".join(f"{each}:{step.role}" for each in step.departments or (department,)))]
    facts += [("limit", step.within.text("zh"))] if step.within else []
    facts += [("staff", str(step.staff))] if step.staff else []
    note = "；".join((f"{step.name}：由{short_name(context.catalog, department)}办理", *step.points))
    return Element(
        f"t_{context.item.code}_{ncname(step.id)}", USER, name, context.lane(step), context.item.code, step,
        department, step.role, note=note, facts=(*facts, *files(context.item.file)), purpose=Purpose.STEP,
    )  # fmt: skip


def _procedure(context: ItemContext, step: Step, task: Element, procedure: SpecialProcedure) -> Scope:
    """A special procedure 特别程序: notice of the time needed (行政许可法 art. 45), then the procedure itself."""
    stem = f"{context.item.code}_{ncname(step.id)}"
    node = replace(
        task, id=f"s_{stem}", kind=SUB, name=Text(f"特别程序：{procedure.kind}", f"Special procedure: {procedure.id}"),
        note=f"{procedure.kind}所需时间不计入办理期限（停止计时：{'、'.join(procedure.stops)}）",
        facts=(("procedure", procedure.id), ("stops", ",".join(procedure.stops)), *_basis(procedure.basis)),
        purpose=Purpose.PROCEDURE,
    )  # fmt: skip
    notice = replace(
        task, id=f"t_{stem}_notice", name=Text("告知所需时间", "Notify the time needed"),
        note="书面告知申请人特别程序所需时间（行政许可法第四十五条）", purpose=Purpose.NOTICE,
    )  # fmt: skip
    start = context.event(f"e_{stem}_start", START, "启动", "Start")
    end = context.event(f"e_{stem}_end", END, "完成", "Done")
    start, notice, end = (replace(each, lane=task.lane) for each in (start, notice, end))
    inside = (Activity(start), Activity(notice), _timed(context, step, task, stem), Activity(end))
    clock = terms.procedure_clock(context.item, procedure)
    return Scope(node, Row(inside), timer_group(stem, node, [] if clock is None else [clock]))


def _basis(basis: str | None) -> tuple[tuple[str, str], ...]:
    return () if basis is None else (("basis", basis),)
