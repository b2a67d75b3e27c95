"""Acceptance and correction: what is missing is named once, handed in, or let come later 容缺 (行政许可法 art. 32)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import UNSET

from govflow.engine.actors import Actor
from govflow.engine.case import ClockId, TaskState, events
from govflow.engine.commands import flow
from govflow.engine.commands.handling import finish, require_may_handle
from govflow.engine.commands.unit_of_work import UnitOfWork
from govflow.errors import InvalidInput, NotAllowed
from govflow.language.model import MaterialUse
from govflow.law.clocks import Limit
from govflow.plan import terms
from govflow.text import Text, joined
from govflow.vocabulary import ClockKind, ErrorCode, MaterialStatus, Mode, Outcome, TaskKind, TaskStatus


def accept(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    """Accept, with the gaps that may be filled later, or do not accept; gives the choice of the intake gateway."""
    if outcome == Outcome.REFUSE:
        draft.emit(events.NotAccepted(reason=opinion))
        return "refuse"
    gaps = _gaps(draft)
    later = {code: limit.text("en") for code, limit in gaps.items()}
    draft.emit(events.Accepted(as_of=draft.at, deemed=False, gaps=later))
    for code, limit in gaps.items():
        flow.start_clock(draft, ClockId(code, ClockKind.GAP.value), terms.gap_clock(limit), by=flow.acceptance(draft))
    return "accept"


def _gaps(draft: UnitOfWork) -> dict[str, Limit]:
    """Missing materials that every item asking for them lets come later 容缺; raises for any other missing one."""
    missing = [code for code, status in draft.state.materials.items() if status == MaterialStatus.MISSING]
    deferred = {code: limit for code in missing if (limit := _defer(draft, code)) is not None}
    lacking = [code for code in missing if code not in deferred]
    if lacking:
        names = material_names(draft, lacking)
        raise NotAllowed(
            Text(
                f"还缺 {names}，不能受理；请用 ask_correction 一次性告知申请人补正",
                f"cannot accept while {names.en} are missing; ask for correction once, naming all of them",
            ),
            code=ErrorCode.INCOMPLETE,
            missing=lacking,
        )
    return deferred


def _defer(draft: UnitOfWork, code: str) -> Limit | None:
    return terms.gap_limit(use for _, use in uses_of(draft, code))


def uses_of(draft: UnitOfWork, code: str) -> list[tuple[str, MaterialUse]]:
    """Which items that are handled ask for a material, and how."""
    subject, state = draft.subject, draft.state
    return [
        (item.code, use)
        for item in (subject.item(c) for c, i in state.items.items() if i.mode == Mode.RUN)
        for use in item.materials
        if use.material == code
    ]


def material_names(draft: UnitOfWork, codes: Iterable[str]) -> Text:
    """Materials with code and name, in a row."""
    known = draft.subject.catalog.materials
    names = {code: known[code].name if code in known else Text("") for code in codes}
    return joined(
        Text(f"{code} {name}".strip(), f"{code} {name.en or name.zh}".strip()) for code, name in names.items()
    )


def ask_correction(
    draft: UnitOfWork, actor: Actor, missing: Sequence[str], opinion: str = "", item: str | None = None
) -> None:
    """Tell the applicant once, and completely, what is missing (行政许可法 art. 32; R9). Possible before acceptance."""
    state = draft.state
    task = next((t for t in state.tasks.values() if t.kind == TaskKind.ACCEPT), None)
    if task is None:
        raise NotAllowed(
            Text(f"办件 {state.id} 的状态是 {state.state}，只有受理之前（received）可以要求补正",
            f"case {state.id} is {state.state}; correction is asked before acceptance (received)"), state=state.state,
        )  # fmt: skip
    require_may_handle(draft, task, actor)
    codes = [listed_material(draft, ref, "missing") for ref in missing]
    if not codes:
        raise InvalidInput(
            Text("补正告知没有列出任何材料：missing 是空的", "the notice lists nothing"),
            code=ErrorCode.MISSING,
            field="missing",
        )
    if item is not None:
        strange = [code for code in codes if all(user != item for user, _ in uses_of(draft, code))]
        if strange:
            raise InvalidInput(
                Text(f"事项 {item} 不要 {material_names(draft, strange)}",
                f"item {item} does not ask for {', '.join(strange)}"), field="missing", item=item,
            )  # fmt: skip
    _require_once(draft, codes)
    draft.close_task(task, TaskStatus.COMPLETED.value, Outcome.CORRECT.value)
    draft.emit(events.CorrectionAsked(missing=codes, item=UNSET if item is None else item))
    move = flow.next_move(draft, "complete", task.path, "correct")
    draft.emit(
        events.TaskCompleted(
            task=task.id, name=task.name, item=None, outcome=Outcome.CORRECT.value, opinion=opinion, move=move
        )
    )
    flow.run_process(draft, move)


def _require_once(draft: UnitOfWork, codes: Sequence[str]) -> None:
    """One notice names all that is missing; a later one only what was named or came since."""
    correction = draft.state.correction
    first = not correction.notices
    allowed = {*correction.later, *(code for notice in correction.notices for code in notice)}
    repeated = [code for code in codes if not first and code not in allowed]
    if repeated:
        names = material_names(draft, repeated)
        raise NotAllowed(
            Text(
                f"第一次补正告知没有提到 {names}，而它当时就缺；补正须一次性告知，不得再次要求",
                f"{names.en} was missing already at the first notice: a second request is not allowed",
            ),
            code=ErrorCode.ASKED_BEFORE,
            materials=repeated,
        )
    left_out = [
        c
        for c, s in draft.state.materials.items()
        if s == MaterialStatus.MISSING and c not in codes and _defer(draft, c) is None
    ]
    if left_out and first:
        names = material_names(draft, left_out)
        raise InvalidInput(
            Text(f"补正须一次性告知全部内容：还缺 {names}，告知中没有列出",
            f"the notice must name everything that is missing at once; it leaves out {names.en}"),
            field="missing", materials=left_out,
        )  # fmt: skip


def listed_material(draft: UnitOfWork, ref: str, field: str) -> str:
    """The code of a material that the guide lists for this case; InvalidInput for any other (行政许可法 art. 31)."""
    material = draft.subject.catalog.materials.get(ref)
    if material is None or material.code not in draft.state.materials:
        raise InvalidInput(
            Text(f"办事指南没有列出材料 {ref}，不得要求或收取指南以外的材料；本件的材料是 {'、'.join(draft.state.materials)}",
            f"the guide does not list material {ref}; listed are {', '.join(draft.state.materials)}"),
            field=field, material=ref,
        )  # fmt: skip
    return material.code


def supplement(draft: UnitOfWork, actor: Actor, materials: Sequence[str]) -> None:
    """Hand in what was missing: answers a correction notice, or fills a gap 容缺 left at acceptance."""
    state = draft.state
    if state.closed is not None:
        raise NotAllowed(
            Text(f"办件已结束（状态 {state.state}），不能再提交材料", f"the case is over ({state.state})"),
            state=state.state,
        )
    if actor.kind == "staff" and actor.department != draft.subject.theme.lead:
        raise NotAllowed(
            Text("材料由申请人提交，或由牵头部门的窗口代收", "materials come from the applicant or the lead's window"),
            code=ErrorCode.NOT_OWNER,
        )
    codes = [listed_material(draft, ref, "materials") for ref in materials]
    if not codes:
        raise InvalidInput(
            Text("没有提交任何材料：materials 是空的", "materials is empty"), code=ErrorCode.MISSING, field="materials"
        )
    task = next((t for t in state.tasks.values() if t.kind == TaskKind.SUPPLEMENT), None)
    if task is None and not set(codes) & set(state.gaps):
        raise NotAllowed(
            Text(f"本件现在不在补正中（状态 {state.state}），也没有待补的容缺材料",
            f"nothing is to be supplemented in state {state.state}"), state=state.state,
        )  # fmt: skip
    if task is not None:
        require_may_handle(draft, task, actor)
        lacking = _asked_and_missing(draft, codes)
        if lacking:
            names = material_names(draft, lacking)
            raise InvalidInput(
                Text(f"补正还缺 {names}；请一次补齐", f"still missing: {names.en}"),
                field="materials", missing=lacking,
            )  # fmt: skip
    draft.emit(events.Supplemented(materials=codes))
    gaps = draft.live_clocks(ClockKind.GAP)
    draft.close_clocks(id for id in gaps if ClockId.of(id).owner in codes)
    if task is not None:
        finish(draft, task, Outcome.DONE.value, "", {})


def _asked_and_missing(draft: UnitOfWork, given: Sequence[str] = ()) -> list[str]:
    """What the last correction notice asked for and is neither here nor among those `given` now."""
    asked = draft.state.correction.notices[-1]
    return [code for code in asked if code not in given and draft.state.materials[code] == MaterialStatus.MISSING]


def refuse_ticking_off(draft: UnitOfWork, task: TaskState, outcome: str, opinion: str) -> str:
    """A correction is done by what is handed in, never by ticking off its task (行政许可法 art. 32)."""
    lacking = _asked_and_missing(draft)
    names = material_names(draft, lacking)
    raise NotAllowed(
        Text(f"还没有补交 {names}；请用 supplement 提交材料，补正任务随之办结",
        f"{names.en} not handed in yet: hand them in by supplement, which completes this task"),
        code=ErrorCode.OTHER_COMMAND, missing=lacking, task=task.id, command="supplement",
    )  # fmt: skip
