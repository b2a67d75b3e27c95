"""What the engine refuses: each refusal with its class, its details for a program, a sentence in both languages, no event."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import govflow
from govflow import Conflict, InvalidInput, NotAllowed, NotFound
from govflow.errors import GovflowError
from tests import small
from tests.cases import COMPANY, Watch, watch

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
CHEN, WANG, HEAD, OTHER = "applicant:chen", "D01:wang", "D01/head:li", "D02:zhao"


@dataclass
class Desk:
    """An engine on a small catalogue, the clock it goes by, and the case that a refusal is about."""

    engine: govflow.Engine
    clock: Watch
    case: str = ""

    def apply(self, *materials: str) -> govflow.CaseView:
        """A new case of the item alone; both materials unless said."""
        self.clock.at("2025-03-03 09:00")
        given = materials or ("M01", "M02")
        view = self.engine.apply("I01", applicant=COMPANY, materials=given, actor=CHEN)
        self.case = view.id
        return view

    @property
    def task(self) -> str:
        """The id of the case's first open task."""
        return self.engine.case(self.case).open_tasks[0].id

    def complete(self, actor: str = WANG, outcome: str = "approve", opinion: str = "") -> govflow.CaseView:
        """Complete the open task."""
        return self.engine.complete(self.task, actor=actor, outcome=outcome, opinion=opinion)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One database for all refusals: each has a case of its own."""
    clock = watch()
    folder = tmp_path_factory.mktemp("refusals")
    engine = govflow.Engine(f"sqlite:///{folder}/cases.db", small.catalog(), clock=clock)
    yield Desk(engine, clock)
    engine.close()


# --- how far the case has come --------------------------------------------------------------------------------


def received(desk: Desk) -> None:
    """Everything is there; nobody has looked at it."""
    desk.apply()


def claimed(desk: Desk) -> None:
    """An officer has taken the acceptance."""
    desk.apply()
    desk.engine.claim(desk.task, actor=WANG)


def incomplete(desk: Desk) -> None:
    """A necessary material is missing."""
    desk.apply("M02")


def correcting(desk: Desk) -> None:
    """The applicant has been told what is missing."""
    desk.apply("M02")
    desk.engine.ask_correction(desk.case, missing=["M01"], actor=WANG)


def corrected(desk: Desk) -> None:
    """It has come."""
    correcting(desk)
    desk.engine.supplement(desk.case, materials=["M01"], actor=CHEN)


def accepted(desk: Desk) -> None:
    """The item is under review; the window's task is done."""
    desk.apply()
    desk.complete(outcome="accept")


def stopped(desk: Desk) -> None:
    """Its clocks stand still for a hearing."""
    accepted(desk)
    desk.engine.suspend(desk.case, item="I01", procedure="hearing", actor=WANG, reason="利害关系人申请")


def stopped_at_the_decision(desk: Desk) -> None:
    """The same, with the decision open."""
    stopped(desk)
    desk.complete()


def extended(desk: Desk) -> None:
    """The one extension has been granted."""
    accepted(desk)
    desk.engine.extend(desk.case, item="I01", by="10 workdays", actor=HEAD, reason="案情复杂")


def overdue(desk: Desk) -> None:
    """The statutory limit is past."""
    accepted(desk)
    desk.clock.at("2025-04-01 00:00")


def gap_at_the_issue(desk: Desk) -> None:
    """Accepted with a material that may come later, granted, and that material is not there."""
    desk.apply("M01")
    for outcome in ("accept", "approve", "approve"):
        desk.complete(outcome=outcome)


def decided(desk: Desk) -> None:
    """The decision has been made."""
    accepted(desk)
    desk.complete()
    desk.complete(opinion="同意")


def withdrawn(desk: Desk) -> None:
    """The case is over."""
    accepted(desk)
    desk.engine.withdraw(desk.case, actor=CHEN, reason="不开了")


# --- what is then refused -------------------------------------------------------------------------------------

ANY: Any = type("Any", (), {"__eq__": lambda _self, other: bool(other), "__hash__": None})()
Row = tuple[Callable[[Desk], None], Callable[[Desk], Any], type[GovflowError], Mapping[str, Any], str, str]
REFUSALS: dict[str, Row] = {
    "a task of another department": (
        received, lambda d: d.complete(OTHER, "accept"), NotAllowed, {"task": ANY, "department": "D01"},
        r"属于示范市市场监督管理局（D01），D02:zhao 不是该部门", r"belongs to department D01; D02:zhao is not of it",
    ),
    "a task of another role": (
        received, lambda d: d.complete("D01/reviewer:wang", "accept"), NotAllowed, {},
        r"由window角色办理，D01/reviewer:wang 的角色是 reviewer", r"is for role window; D01/reviewer:wang acts as reviewer",
    ),
    "a task that a colleague has claimed": (
        claimed, lambda d: d.complete("D01:li", "accept"), NotAllowed, {}, r"已由 D01:wang 认领", r"claimed by D01:wang",
    ),
    "claiming what a colleague has claimed": (
        claimed, lambda d: d.engine.claim(d.task, actor="D01:li"), Conflict,
        {"task": ANY, "by": WANG, "at": "2025-03-03T01:00:00.000000Z"}, r"已由 D01:wang", r"claimed by D01:wang",
    ),
    "giving back what a colleague has claimed": (
        claimed, lambda d: d.engine.release(d.task, actor="D01:li"), NotAllowed, {},
        r"由 D01:wang 认领，只有认领人能够退回", r"claimed by D01:wang; only the claimant can release it",
    ),
    "giving back what nobody has claimed": (
        received, lambda d: d.engine.release(d.task, actor=WANG), NotAllowed, {}, r"由 无人 认领", r"claimed by nobody",
    ),
    "an outcome that the task does not know": (
        received, lambda d: d.complete(outcome="maybe"), InvalidInput, {"field": "outcome"},
        r"'maybe'，应为 accept、refuse 之一", r"'maybe': expected one of accept, refuse",
    ),
    "a refusal without reasons": (
        received, lambda d: d.complete(outcome="refuse"), InvalidInput, {"field": "opinion"},
        r"须说明理由（行政许可法第三十八条）", r"must give its reasons \(Administrative Licensing Law, art. 38\)",
    ),
    "a task that is done": (
        accepted, lambda d: d.engine.complete(f"{d.case}.1", actor="D01:li", outcome="accept"), Conflict,
        {"task": ANY, "by": WANG, "at": "2025-03-03T01:00:00.000000Z"},
        r"已由 D01:wang 于 .* 完成（accept）", r"was completed by D01:wang at 2025-03-03",
    ),
    "accepting what is incomplete": (
        incomplete, lambda d: d.complete(outcome="accept"), NotAllowed, {"missing": ["M01"]},
        r"还缺 M01 场所平面图，不能受理；请用 ask_correction", r"cannot accept while M01 floor plan are missing",
    ),
    "a correction notice that lists nothing": (
        incomplete, lambda d: d.engine.ask_correction(d.case, missing=[], actor=WANG), InvalidInput,
        {"field": "missing"}, r"没有列出任何材料", r"lists nothing",
    ),
    "a correction notice for what the guide does not list": (
        incomplete, lambda d: d.engine.ask_correction(d.case, missing=["M09"], actor=WANG), InvalidInput,
        {"field": "missing", "material": "M09"}, r"指南没有列出材料 M09", r"does not list material M09; listed are M01, M02",
    ),
    "a correction notice that leaves something out": (
        incomplete, lambda d: d.engine.ask_correction(d.case, missing=["M02"], actor=WANG), InvalidInput,
        {"field": "missing", "materials": ["M01"]}, r"一次性告知全部内容：还缺 M01 场所平面图", r"leaves out M01 floor plan",
    ),
    "a correction notice of another department": (
        incomplete, lambda d: d.engine.ask_correction(d.case, missing=["M01"], actor=OTHER), NotAllowed,
        {"task": ANY, "department": "D01"}, r"不是该部门的经办人", r"is not of it",
    ),
    "a second notice for what was missing before": (
        corrected, lambda d: d.engine.ask_correction(d.case, missing=["M02"], actor=WANG), NotAllowed,
        {"materials": ["M02"]}, r"第一次补正告知没有提到 M02 健康证明", r"M02 health certificate was missing already at the first notice",
    ),
    "a correction notice after acceptance": (
        accepted, lambda d: d.engine.ask_correction(d.case, missing=["M01"], actor=WANG), NotAllowed,
        {"state": "reviewing"}, r"状态是 reviewing，只有受理之前（received）", r"is reviewing; .*before acceptance \(received\)",
    ),
    "the applicant's task in a stranger's hands": (
        correcting, lambda d: d.complete(OTHER, "done"), NotAllowed, {}, r"由申请人办理", r"is the applicant's",
    ),
    "ticking off a correction": (
        correcting, lambda d: d.complete(CHEN, "done"), NotAllowed, {"missing": ["M01"], "task": ANY},
        r"还没有补交 M01 场所平面图；请用 supplement", r"M01 floor plan not handed in yet: hand them in by supplement",
    ),
    "a supplement by another department": (
        correcting, lambda d: d.engine.supplement(d.case, materials=["M01"], actor=OTHER), NotAllowed, {},
        r"由申请人提交，或由牵头部门的窗口代收", r"come from the applicant or the lead's window",
    ),
    "a supplement of nothing": (
        correcting, lambda d: d.engine.supplement(d.case, materials=[], actor=CHEN), InvalidInput,
        {"field": "materials"}, r"没有提交任何材料", r"materials is empty",
    ),
    "a supplement that leaves something missing": (
        correcting, lambda d: d.engine.supplement(d.case, materials=["M02"], actor=CHEN), InvalidInput,
        {"field": "materials", "missing": ["M01"]}, r"补正还缺 M01 场所平面图", r"still missing: M01 floor plan",
    ),
    "a supplement that nobody asked for": (
        accepted, lambda d: d.engine.supplement(d.case, materials=["M01"], actor=CHEN), NotAllowed,
        {"state": "reviewing"}, r"不在补正中（状态 reviewing），也没有待补的容缺材料",
        r"nothing is to be supplemented in state reviewing",
    ),
    "a supplement after the end": (
        withdrawn, lambda d: d.engine.supplement(d.case, materials=["M01"], actor=CHEN), NotAllowed,
        {"state": "withdrawn"}, r"已结束（状态 withdrawn）", r"is over \(withdrawn\)",
    ),
    "a stop that the item does not list": (
        accepted, lambda d: d.engine.suspend(d.case, item="I01", procedure="auction", actor=WANG, reason="x"),
        NotAllowed, {"procedure": "auction"}, r"没有列出特别程序 'auction'，.*hearing（听证）、test（检测）",
        r"lists no special procedure 'auction'; it lists",
    ),
    "a stop without a reason": (
        accepted, lambda d: d.engine.suspend(d.case, item="I01", procedure="test", actor=WANG, reason=" "),
        InvalidInput, {"field": "reason"}, r"书面告知申请人理由", r"reason is empty",
    ),
    "a second stop for the same": (
        stopped, lambda d: d.engine.suspend(d.case, item="I01", procedure="hearing", actor=WANG, reason="x"),
        NotAllowed, {}, r"I01 已因“听证”停止计时", r"I01 is suspended for hearing already",
    ),
    "a stop by another department": (
        accepted, lambda d: d.engine.suspend(d.case, item="I01", procedure="test", actor=OTHER, reason="x"),
        NotAllowed, {}, r"由 D01 负责，D02:zhao 无权改变", r"handled by D01, not by D02:zhao",
    ),
    "a stop before acceptance": (
        received, lambda d: d.engine.suspend(d.case, item="I01", procedure="test", actor=WANG, reason="x"),
        NotAllowed, {"state": "waiting", "item": "I01"}, r"的状态是 waiting，只有审查中", r"I01 is waiting; only",
    ),
    "a stop of an item that the case does not have": (
        accepted, lambda d: d.engine.suspend(d.case, item="I77", procedure="test", actor=WANG, reason="x"),
        NotFound, {"item": "I77"}, r"没有事项 'I77'，有 I01", r"no item 'I77'; it has I01",
    ),
    "resuming what runs": (
        accepted, lambda d: d.engine.resume(d.case, item="I01", actor=WANG), NotAllowed, {},
        r"I01 没有停止计时", r"I01 is not suspended",
    ),
    "resuming what was stopped for something else": (
        stopped, lambda d: d.engine.resume(d.case, item="I01", procedure="test", actor=WANG), NotAllowed, {},
        r"没有因 'test' 停止计时；停止的原因是 hearing", r"is suspended for hearing, not for 'test'",
    ),
    "deciding while the clocks stand still": (
        stopped_at_the_decision, lambda d: d.complete(opinion="同意"), NotAllowed, {},
        r"因“hearing”停止计算，恢复后才能决定", r"stand still for hearing; resume before deciding",
    ),
    "an extension by somebody else than the head": (
        accepted, lambda d: d.engine.extend(d.case, item="I01", by="1 workday", actor=WANG, reason="x"), NotAllowed,
        {"role": "head"}, r"延期须由 head 批准，D01:wang", r"decided by role head, not by D01:wang",
    ),
    "an extension without a reason": (
        accepted, lambda d: d.engine.extend(d.case, item="I01", by="1 workday", actor=HEAD, reason=""), InvalidInput,
        {"field": "reason"}, r"延期须告知申请人理由", r"reason is empty",
    ),
    "an extension by nothing": (
        accepted, lambda d: d.engine.extend(d.case, item="I01", by="0 workdays", actor=HEAD, reason="x"), InvalidInput,
        {"field": "by"}, r"延长的时间是 0", r"0 long",
    ),
    "an extension that cannot be read": (
        accepted, lambda d: d.engine.extend(d.case, item="I01", by="5日", actor=HEAD, reason="x"), InvalidInput,
        {"field": "by"}, r"应写工作日或自然日", r"expected workdays or natural days",
    ),
    "an extension longer than the law's": (
        accepted, lambda d: d.engine.extend(d.case, item="I01", by="11 workdays", actor=HEAD, reason="x"), NotAllowed,
        {"code": "extension_limit_exceeded"}, r"不能延期：.*10", r"cannot be extended: .*10",
    ),
    "a second extension": (
        extended, lambda d: d.engine.extend(d.case, item="I01", by="1 workday", actor=HEAD, reason="x"), NotAllowed,
        {"code": "extension_limit_exceeded"}, r"不能延期：", r"cannot be extended: ",
    ),
    "an extension after the due date": (
        overdue, lambda d: d.engine.extend(d.case, item="I01", by="1 workday", actor=HEAD, reason="x"), NotAllowed,
        {"code": "extension_too_late"}, r"不能延期：.*晚于到期日 2025-03-31", r"expected 2025-03-31 \(the due date\) or earlier",
    ),
    "issuing while a material may still come": (
        gap_at_the_issue, lambda d: d.complete(), NotAllowed, {},
        r"容缺材料 M02 健康证明 补齐之前不能发放结果", r"no result before M02 health certificate",
    ),
    "a withdrawal without a reason": (
        accepted, lambda d: d.engine.withdraw(d.case, actor=CHEN, reason=" "), InvalidInput, {"field": "reason"},
        r"撤回须说明理由", r"reason is empty",
    ),
    "a withdrawal by another department": (
        accepted, lambda d: d.engine.withdraw(d.case, actor=OTHER, reason="x"), NotAllowed, {},
        r"由申请人提出，或由牵头部门 D01 代录", r"D02:zhao cannot withdraw for the applicant",
    ),
    "a withdrawal after the decision": (
        decided, lambda d: d.engine.withdraw(d.case, actor=CHEN, reason="x"), NotAllowed, {"state": "reviewing"},
        r"作出决定之后不能撤回", r"only before the decision",
    ),
    "an actor of no department": (
        received, lambda d: d.complete("D99:wang", "accept"), InvalidInput, {"field": "actor"},
        r"应为“部门代码:姓名”", r"expected DEPARTMENT:name",
    ),
    "an application by nobody": (
        received, lambda d: d.engine.apply("I01", applicant={**COMPANY, "kind": "公司"}, actor=CHEN), InvalidInput,
        {"field": "applicant.kind"}, r"应为自然人、企业法人", r"expected one of '自然人', '企业法人'",
    ),
    "an application with a wrong answer": (
        received, lambda d: d.engine.apply("I01", applicant=COMPANY, answers=["x"], actor=CHEN), InvalidInput,  # type: ignore[arg-type]
        {"field": "answers"}, r"应为一组", r"expected a mapping of questions to answers",
    ),
    "an item that there is not": (
        received, lambda d: d.engine.apply("I77", applicant=COMPANY, actor=CHEN), NotFound, {}, r"I77", r"I77",
    ),
    "a case that there is not": (
        received, lambda d: d.engine.withdraw("20250303-9999", actor=CHEN, reason="x"), NotFound,
        {"case": "20250303-9999"}, r"没有编号为 '20250303-9999' 的办件", r"no case '20250303-9999'",
    ),
    "a task that there is not": (
        received, lambda d: d.engine.claim(f"{d.case}.99", actor=WANG), NotFound, {"task": ANY},
        r"没有编号为 .* 的任务", r"there is no task",
    ),
    "a clock that there is not": (
        received, lambda d: d.engine.explain(d.case, "I01/promised"), NotFound, {"clock": "I01/promised"},
        r"没有时钟 'I01/promised'；有 accept/correction_notice", r"no clock 'I01/promised'; it has accept/correction_notice",
    ),
    "a light that there is not": (
        received, lambda d: d.engine.tasks(light="blue"), InvalidInput, {"field": "light"},
        r"'blue'，应为 green、yellow、red", r"green, yellow, red",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_says_what_it_is(desk: Desk, what: str) -> None:
    """Its class, the details that a program reads, the reason in Chinese and in English; and nothing has happened."""
    stage, command, kind, details, zh, en = REFUSALS[what]
    stage(desk)
    before, view = desk.engine.history(desk.case), desk.engine.case(desk.case)
    with pytest.raises(GovflowError) as refused:
        command(desk)
    error = refused.value
    assert type(error) is kind
    assert {key: error.code if key == "code" else error.details.get(key) for key in details} == dict(details)
    assert re.search(zh, error.zh), error.zh
    assert re.search(en, error.en), error.en
    assert not CHINESE.search(re.sub(r"'[^']*'", "", error.en)), f"Chinese beside quoted data: {error.en}"
    assert desk.engine.history(desk.case) == before and desk.engine.case(desk.case) == view
