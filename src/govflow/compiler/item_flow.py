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
    USER,
    Activity,
    Block,
    Branch,
    Choice,
    Element,
    Row,
    Scope,
    entry,
)
from govflow.compiler.timers import Term, both, early, files, ncname, short_name, timer, watch
from govflow.language.model import Block as Flow
from govflow.language.model import Catalog, Item, SpecialProcedure, Step, Together, Warn
from govflow.text import Text

WINDOW = "window"
# What the case does once for all its items, or after the hand-out.
ELSEWHERE = ("accept", "receive", "deliver", "post_check")


@dataclass(frozen=True, slots=True)
class Making:
    """What every fragment of one item needs: the item, its limits' warning, and whether lanes are drawn."""

    item: Item
    catalog: Catalog
    lanes: bool
    deliver: bool

    @property
    def warn(self) -> Warn | None:
        """How long before its end a clock warns."""
        return self.item.limits.warning

    def lane(self, step: Step | None = None) -> str:
        """The lane of a step: its first department's; none in a called process."""
        return self.department(step) if self.lanes else ""

    def department(self, step: Step | None) -> str:
        """The department that does the step."""
        return step.departments[0] if step is not None and step.departments else self.item.department

    def gateway(self, id: str, kind: str = EXCLUSIVE, ask: str = "", step: Step | None = None) -> Element:
        """A gateway in the lane of the step; `ask` is the question of a split."""
        return Element(id, kind, Text.of(ask), self.lane(step), self.item.code, step, self.department(step))

    def event(self, id: str, kind: str, zh: str, en: str) -> Element:
        """A start or end event of the item."""
        return Element(id, kind, both(zh, en), self.lane(), self.item.code, None, self.item.department)


def handling(item: Item, catalog: Catalog, lanes: bool = False, deliver: bool = False) -> Row:
    """The item's own part from start to its granted or refused end; `deliver` when each item is handed out alone."""
    making = Making(item, catalog, lanes, deliver)
    steps = [each for each in item.flow if not (isinstance(each, Step) and _elsewhere(each, deliver))]
    at = next((i for i, each in enumerate(steps) if isinstance(each, Step) and each.kind == "decide"), None)
    before, after = (steps, []) if at is None else (steps[:at], steps[at + 1 :])
    blocks: list[Block] = [Activity(making.event(f"e_{item.code}_start", START, "开始办理", "Start"))]
    blocks += _until_decision(making, list(_blocks(making, before, [0])))
    granted = [*_blocks(making, after, [100]), Activity(making.event(f"e_{item.code}_granted", END, "办结", "Done"))]
    if at is None:
        return Row((*blocks, *granted))
    decide = steps[at]
    assert isinstance(decide, Step)
    refused = making.event(f"e_{item.code}_refused", END, "不予许可", "Refused")
    decided = Choice(
        making.gateway(f"g_{item.code}_decided", ask="准予？", step=decide),
        (
            Branch(Row(tuple(granted)), "准予", f"granted_{item.code}"),
            Branch(Activity(refused), "不予", None, "down"),
        ),
    )
    return Row((*blocks, *_blocks(making, [decide], [200]), decided))


def _elsewhere(step: Step, deliver: bool) -> bool:
    return step.kind in ELSEWHERE and not (deliver and step.kind == "deliver")


def _until_decision(making: Making, blocks: list[Block]) -> list[Block]:
    """A commitment 告知承诺 leads straight to the decision."""
    code = making.item.code
    if making.item.commitment is None or not blocks:
        return blocks
    choice = Choice(
        making.gateway(f"g_{code}_commit", ask="告知承诺？"),
        (Branch(Row(tuple(blocks)), "一般"), Branch(None, "告知承诺", f"commit_{code}", "up")),
        making.gateway(f"g_{code}_commit_done"),
    )
    return [choice]


def _blocks(making: Making, flow: list[Flow], count: list[int]) -> Iterator[Block]:
    """Each entry of a flow as a block; `count` numbers the parallel parts."""
    for part in flow:
        if isinstance(part, Together):
            yield _together(making, part, count)
        elif not _elsewhere(part, making.deliver):
            yield _conditional(making, part, _step(making, part))


def _together(making: Making, together: Together, count: list[int]) -> Block:
    count[0] += 1
    id = f"g_{making.item.code}_together_{count[0]}"
    rows = [list(_blocks(making, list(branch), count)) for branch in together.branches]
    blocks = [Row(tuple(row)) for row in rows if row]
    ahead = next((row for row in blocks if entry(row).lane == making.lane()), None)
    branches = [Branch(row, side="straight" if row is ahead else "down") for row in blocks]
    if len(branches) == 1 and (only := branches[0].block) is not None:
        return only
    return Choice(making.gateway(id, PARALLEL), tuple(branches), making.gateway(f"{id}_done", PARALLEL))


def _conditional(making: Making, step: Step, block: Block) -> Block:
    if step.when is None:
        return block
    stem = f"{making.item.code}_{ncname(step.id)}"
    return Choice(
        making.gateway(f"g_{stem}_when", ask=f"需{step.name}？", step=step),
        (Branch(block, "需要", f"when_{stem}"), Branch(None, "不需要", None, "up")),
        making.gateway(f"g_{stem}_done", step=step),
    )


def _step(making: Making, step: Step) -> Block:
    task = task_of(making, step)
    if step.procedure is not None:
        found = making.item.procedure(step.procedure)
        if found is not None:
            return _procedure(making, step, task, found)
    if step.within is None:
        return Activity(task)
    stem = f"{making.item.code}_{ncname(step.id)}"
    term = Term("step", step.within, early(making.warn, step.within))
    if step.kind == "consult" and step.silence is not None:
        # 逾期不复的，视为无异议: time itself answers, so this one timer interrupts.
        return Activity(
            task, watch(stem, task, [term], due=False), timer(stem, task, term, "due", interrupting=True),
            making.gateway(f"g_{stem}_answered", step=step),
        )  # fmt: skip
    return Activity(task, watch(stem, task, [term]))


def task_of(making: Making, step: Step) -> Element:
    """The user task of a step, with who may do it."""
    department = making.department(step)
    name = step.name
    if not making.lanes and department != making.item.department:
        name = both(f"{step.name}（{short_name(making.catalog, department)}）", step.name.text("en"))
    facts = [("kind", step.kind), ("department", ",".join(step.departments) or department), ("role", step.role)]
    facts += [("candidateGroups", ",".join(f"{each}:{step.role}" for each in step.departments or (department,)))]
    facts += [("limit", step.within.text("zh"))] if step.within else []
    facts += [("staff", str(step.staff))] if step.staff else []
    note = "；".join((f"{step.name}：由{short_name(making.catalog, department)}办理", *step.points))
    return Element(
        f"t_{making.item.code}_{ncname(step.id)}", USER, name, making.lane(step), making.item.code, step,
        department, step.role, note=note, facts=(*facts, *files(making.item.file)),
    )  # fmt: skip


def _procedure(making: Making, step: Step, task: Element, procedure: SpecialProcedure) -> Scope:
    """A special procedure 特别程序: notice of the time needed (行政许可法 art. 45), then the procedure itself."""
    stem = f"{making.item.code}_{ncname(step.id)}"
    node = replace(
        task, id=f"s_{stem}", kind=SUB, name=both(f"特别程序：{procedure.kind}", f"Special procedure: {procedure.id}"),
        note=f"{procedure.kind}所需时间不计入办理期限（停止计时：{'、'.join(procedure.stops)}）",
        facts=(("procedure", procedure.id), ("stops", ",".join(procedure.stops)), *_basis(procedure.basis)),
    )  # fmt: skip
    notice = replace(
        task, id=f"t_{stem}_notice", name=both("告知所需时间", "Notify the time needed"),
        note="书面告知申请人特别程序所需时间（行政许可法第四十五条）",
    )  # fmt: skip
    start = making.event(f"e_{stem}_start", START, "启动", "Start")
    end = making.event(f"e_{stem}_end", END, "完成", "Done")
    inside = [replace(each, lane=task.lane) for each in (start, notice, task, end)]
    terms = [] if procedure.limit is None else [Term("procedure", procedure.limit, basis=procedure.basis)]
    return Scope(node, Row(tuple(Activity(each) for each in inside)), watch(stem, node, terms))


def _basis(basis: str | None) -> tuple[tuple[str, str], ...]:
    return () if basis is None else (("basis", basis),)


def decision_terms(item: Item) -> list[Term]:
    """The clocks on the decision: the promise, then the law."""
    limits = item.limits
    found = [("promised", limits.promised), ("statutory", limits.statutory)]
    return [Term.of(clock, limit, limits.warning) for clock, limit in found if limit is not None]
