"""What happened in the office of 0.1.0: every case of the stored database, told deed by deed with the day and the hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import govflow

from .carry import outcome_of

BEIJING = timezone(timedelta(hours=8))
YEAR = "2025"

COMPANY = {"kind": "企业法人", "name": "示范市江畔小馆餐饮有限公司", "id": "91421300MAXX884166"}
PERSON = {"kind": "自然人", "name": "陈江", "id": "11010519491231002X"}
DETAILED: dict[str, Any] = {
    **COMPANY, "contact": {"姓名": "欧阳·娜", "phones": ["0722-1234567", "13800000000"], "share": 0.1},
    "capital": 1e16, "tiny": 1e-5, "whole": 3.0, "note": "引号\"和\\反斜线", "none": None, "yes": True, "list": [],
}  # fmt: skip
PORTAL = "applicant:portal-8841"

ODD_DATA: dict[str, Any] = {
    "floats": [1e16, 1e-5, 1e22, 5e-324, 1.7976931348623157e308, 0.1, 1 / 3, -0.0, 3.0, 100.0, 1e15, 123456789012345680.0],
    "whole": [0, -1, 2**53, 2**53 + 1, 10**30],
    "nested": {"b": {"z": [[], {}, [None, True, False]], "a": {"深": {"更深": [1.0, {"": ""}]}}}, "a": 1},
    "键": "值", "é": "e\u0301", "Z": 1, "a": 2, "_": 3,
}  # fmt: skip
ODD_OPINION = (
    "同意 👍🏽 👩‍👩‍👧‍👦 𠮷 ﷽；行\u2028段\u2029续\u0085尾\t制表\r\n换行；\"双引\" '单引' `反引` \\反斜线\\n \\u0041；<b>&amp;</b> %s {0} $x；"
    "\ufeff零宽\u200b空\u200e左\u202e右\u202c；e\u0301 é；\x01\x1f\x7f；\ufffd\uffff；末尾空格 "
)  # fmt: skip

RESTAURANT = {"has_licence": False, "premises_area": 420, "sells_tobacco": True, "large_signboard": True,
              "drains_to_network": True}  # fmt: skip
RESTAURANT_PAPERS = (
    "M03",
    "M07",
    "M11",
    "M14",
    "M16",
    "M17",
    "M04",
    "M05",
    "M06",
    "M08",
    "M09",
    "M12",
    "M13",
    "M15",
    "M18",
)
SMALL_RESTAURANT = {**RESTAURANT, "premises_area": 90, "sells_tobacco": False, "large_signboard": False}
SHOP = {"has_licence": False, "area": 420}
SHOP_PAPERS = ("P1", "P2", "P3", "P4")
SMALL = {"has_licence": False, "area": 30}
SMALL_PAPERS = ("P1", "P2")
ALONE = {"area": 120}
ALONE_PAPERS = ("P1", "P2", "P3", "P7")
EVENT = {"height": 3, "stage_kind": "wall", "held_on": "2025-05-20"}
HARD_EVENT = {
    "height": 12.5,
    "stage_kind": "pole",
    "held_on": "2025-08-08",
    "objection": True,
    "remark": "露天，含音响",
}


# --- what happens in a story -------------------------------------------------------------------------------------


@dataclass
class Story:
    """One case: a name, what it shows, and what happens to it when."""

    name: str
    told: str
    deeds: Sequence[tuple[str, Deed]]
    case: str = ""


@dataclass
class Office:
    """The engine, its clock, and what has been done under a key."""

    engine: govflow.Engine
    moment: datetime
    keys: list[dict[str, Any]] = field(default_factory=list)


Deed = Callable[[Office, Story], None]


def when(text: str) -> datetime:
    """A local time of the year, e.g. `03-03 09:00`."""
    return datetime.fromisoformat(f"{YEAR}-{text}").replace(tzinfo=BEIJING)


def apply(ref: str, answers: Mapping[str, Any] | None = None, papers: Sequence[str] = (), **more: Any) -> Deed:
    """The applicant applies."""

    def deed(office: Office, story: Story) -> None:
        said = {
            "applicant": COMPANY,
            "answers": dict(answers or {}),
            "materials": list(papers),
            "actor": PORTAL,
            **more,
        }
        story.case = office.engine.apply(ref, **said).id
        if "key" in more:
            office.keys.append({"command": "apply", "case": story.case, "arguments": {"ref": ref, **said}})

    return deed


def done(kind: str, item: str | None = None, outcome: str | None = None, *, by: str | None = None, **more: Any) -> Deed:
    """The first open task of this kind, of this item if it is named, is completed by its department."""

    def deed(office: Office, story: Story) -> None:
        task = _task(office, story, kind, item)
        role = "head:李敏" if kind == "decide" else f"{task.role}:王芳"
        said = {"actor": by or f"{task.department}/{role}", "outcome": outcome or outcome_of(kind), **more}
        office.engine.complete(task.id, **said)
        if "key" in more:
            office.keys.append({"command": "complete", "case": story.case, "arguments": {"task": task.id, **said}})

    return deed


def _task(office: Office, story: Story, kind: str, item: str | None) -> govflow.TaskView:
    tasks = office.engine.case(story.case).open_tasks
    return next(t for t in tasks if t.kind == kind and item in (None, t.item))


def claim(kind: str, by: str, item: str | None = None) -> Deed:
    """Somebody takes a task for himself."""
    return lambda office, story: void(office.engine.claim(_task(office, story, kind, item).id, actor=by))


def release(kind: str, by: str, item: str | None = None) -> Deed:
    """The claimant gives it back."""
    return lambda office, story: void(office.engine.release(_task(office, story, kind, item).id, actor=by))


def ask(*papers: str, by: str = "B1/window:王芳", **more: Any) -> Deed:
    """The applicant is told what is missing."""
    return lambda office, story: void(office.engine.ask_correction(story.case, missing=papers, actor=by, **more))


def supply(*papers: str, by: str = PORTAL) -> Deed:
    """The applicant hands something in later."""
    return lambda office, story: void(office.engine.supplement(story.case, materials=papers, actor=by))


def stop(item: str, procedure: str, by: str = "B1:王芳", reason: str = "须另行处理") -> Deed:
    """An item's clocks are stopped on command."""
    return lambda office, story: void(
        office.engine.suspend(story.case, item=item, procedure=procedure, actor=by, reason=reason)
    )


def go_on(item: str, procedure: str | None = None, by: str = "B1:王芳", reason: str = "") -> Deed:
    """They run again."""
    return lambda office, story: void(
        office.engine.resume(story.case, item=item, procedure=procedure, actor=by, reason=reason)
    )


def extend(item: str, length: str, by: str) -> Deed:
    """The head gives more time."""
    return lambda office, story: void(
        office.engine.extend(story.case, item=item, by=length, actor=by, reason="案情复杂")
    )


def withdraw(by: str = PORTAL) -> Deed:
    """The applicant takes the application back."""
    return lambda office, story: void(office.engine.withdraw(story.case, actor=by, reason="不办了"))


def void(_: object) -> None:
    """A deed gives nothing back."""


# --- the stories -------------------------------------------------------------------------------------------------


def _file_read(day: str) -> list[tuple[str, Deed]]:
    """The two branches of a shop permit on this day, up to the special procedure."""
    return [
        (f"{day} 09:30", done("review", "J2", opinion="资料齐全")),
        (f"{day} 10:00", done("consult", "J2", opinion="无意见")),
        (f"{day} 10:30", done("publicise", "J2")),
    ]


def _visited(day: str) -> list[tuple[str, Deed]]:
    """The special procedure of a shop permit on this day."""
    return [(f"{day} 11:00", done("notice", "J2")), (f"{day} 16:00", done("visit", "J2", opinion="现场合格"))]


def _shop(day: str, answers: Mapping[str, Any] = SHOP, **more: Any) -> list[tuple[str, Deed]]:
    """A shop up to its business licence, all on this day, with all its papers."""
    papers = (
        SMALL_PAPERS if answers == SMALL else SHOP_PAPERS[:3] if "by_commitment" in answers or more else SHOP_PAPERS
    )
    return [
        (f"{day} 08:30", apply("stored-shop", answers, papers, **more)),
        (f"{day} 08:40", done("accept")),
        (f"{day} 08:50", done("decide", "J1", opinion="准予登记")),
        (f"{day} 09:00", done("issue", "J1")),
    ]


def _alone(
    day: str, papers: Sequence[str] = ALONE_PAPERS, answers: Mapping[str, Any] = ALONE, **more: Any
) -> list[tuple[str, Deed]]:
    """A shop permit by itself, accepted on this day."""
    return [(f"{day} 08:30", apply("J2", answers, papers, **more)), (f"{day} 09:00", done("accept"))]


def _event(day: str, answers: Mapping[str, Any] = EVENT) -> list[tuple[str, Deed]]:
    """An event by itself, looked at for the first time on this day."""
    papers = ["P10"] if answers["stage_kind"] == "wall" else ["P10", "P8"]
    return [
        (f"{day} 08:30", apply("street-event", answers, papers, channel="window", actor="B1/window:赵")),
        (f"{day} 09:00", done("accept")),
        (f"{day} 09:20", done("pre_review")),
        (f"{day} 10:00", done("review", opinion="初看可行")),
    ]


def _fair(day: str, answers: Mapping[str, Any] = EVENT) -> list[tuple[str, Deed]]:
    """The theme in stages, accepted on this day."""
    return [(f"{day} 08:30", apply("K2", answers, ["P1", "P10", "P4", "P2"])), (f"{day} 09:00", done("accept"))]


def _odd(day: str) -> list[tuple[str, Deed]]:
    return [(f"{day} 08:30", apply("J-9", {}, ["P9"])), (f"{day} 09:00", done("accept"))]


def _restaurant(day: str, answers: Mapping[str, Any] = RESTAURANT) -> list[tuple[str, Deed]]:
    """The shipped theme, accepted on this day."""
    papers = RESTAURANT_PAPERS if answers == RESTAURANT else ()
    return [(f"{day} 08:30", apply("open-restaurant", answers, papers)), (f"{day} 09:00", done("accept"))]


def _licensed(day: str) -> list[tuple[str, Deed]]:
    return [
        *_restaurant(day), (f"{day} 09:30", done("review", "I01")), (f"{day} 10:00", done("decide", "I01")),
        (f"{day} 10:30", done("issue", "I01")),
    ]  # fmt: skip


def stories() -> list[Story]:
    """Every case of the stored database."""
    return [
        # before acceptance
        Story("received", "收件，还没有人看", [("04-10 09:00", apply("K1", SHOP, SHOP_PAPERS))]),
        Story("claimed", "受理任务已认领", [
            ("04-10 09:10", apply("J2", ALONE)), ("04-10 11:00", claim("accept", "B1/window:王芳")),
        ]),
        Story("released", "认领又退回", [
            ("04-10 09:10", apply("J2", ALONE)), ("04-10 11:00", claim("accept", "B1/window:王芳")),
            ("04-10 11:30", release("accept", "B1/window:王芳")),
        ]),
        Story("notice-warned", "告知期限已预警", [("04-03 16:00", apply("J3", {}, ["P4", "P2", "P7"]))]),
        Story("correcting", "等待补正", [
            ("04-08 09:00", apply("J2", ALONE)),
            ("04-09 09:00", ask("P1", "P2", "P3", "P7", opinion="请一次补齐")),
        ]),
        Story("correcting-warned", "补正期限已预警", [
            ("03-26 09:00", apply("J2", ALONE, ["P2"])), ("03-27 09:00", ask("P1", "P3", "P7")),
        ]),
        Story("supplemented", "补正以后等待受理，主题没有自己的补正规则", [
            ("04-07 09:00", apply("K1", SHOP, ["P2", "P3"])), ("04-08 09:00", ask("P1", "P4")),
            ("04-10 15:00", supply("P1", "P4")),
        ]),
        Story("second-correction", "第二次补正", [
            ("04-02 09:00", apply("K1", SHOP)), ("04-03 09:00", ask("P1", "P4")),
            ("04-08 09:00", supply("P1", "P4")), ("04-09 09:00", ask("P4")),
        ]),
        Story("asked-by-an-item", "由一个事项要求补正", [
            ("04-09 09:00", apply("K1", {**SHOP, "area": 100}, ["P2", "P3"])), ("04-10 09:00", ask("P1", item="J2")),
        ]),
        Story("names-correcting", "没有时限的主题在补正", [
            ("04-07 09:00", apply("K-3", {})), ("04-08 09:00", ask("P9", "P1", by="B3:胡")),
        ]),
        Story("deemed", "逾期不告知视为受理，材料仍缺", [("03-24 09:00", apply("K1", SHOP, ["P1"]))]),
        Story("deemed-went-on", "视为受理以后照常审查", [
            ("03-17 09:00", apply("J2", ALONE, ["P1", "P7"])),
            ("03-25 09:00", done("review", opinion="资料可以")), ("03-25 10:00", done("consult")),
        ]),
        # ended before a decision
        Story("refused-at-the-window", "不予受理", [
            ("03-11 09:00", apply("J2", ALONE)), ("03-12 09:00", done("accept", outcome="refuse", opinion="不属于本机关职权")),
        ]),
        Story("lapsed-withdrawn", "逾期不补正视为撤回", [
            ("03-10 09:00", apply("J2", ALONE)), ("03-11 09:00", ask("P1", "P2", "P3", "P7")),
        ]),
        Story("lapsed-not-accepted", "逾期不补正不予受理", [
            ("03-03 09:00", apply("J4", EVENT)), ("03-04 09:00", ask("P10")),
        ]),
        Story("lapsed-refused", "逾期不补正不予许可", [
            ("03-20 09:00", apply("K2", EVENT)), ("03-21 09:00", ask("P1", "P10", "P4", by="B2:刘")),
        ]),
        Story("withdrawn", "审查中撤回", [*_shop("03-12"), ("03-13 09:00", withdraw("B1:王芳"))]),
        Story("withdrawn-while-stopped", "停止计时时撤回", [
            *_event("03-10"), ("03-12 09:00", stop("J4", "auction")), ("03-14 09:00", withdraw()),
        ]),
        # in review: one item
        Story("half-together", "并行的一支已办", [
            *_alone("04-09"), ("04-10 10:00", done("review", outcome="object", opinion="布局图不清楚")),
        ]),
        Story("silence", "征求意见逾期不答视为没有意见", [*_alone("04-01"), ("04-02 10:00", done("review"))]),
        Story("notice-open", "将告知特别程序所需时间", [*_alone("04-08"), *_file_read("04-09")]),
        Story("stopped-by-a-step", "特别程序中，停止计时", [
            *_alone("04-02"), *_file_read("04-03"), ("04-08 11:00", done("notice")),
        ]),
        Story("visited", "特别程序已结束，待决定", [*_alone("04-01"), *_file_read("04-02"), *_visited("04-09")]),
        Story("pre-review", "待预审", [
            ("04-10 09:00", apply("J4", EVENT, ["P10"])), ("04-10 10:00", done("accept")),
        ]),
        Story("stopped-on-command", "命令停止计时", [*_event("04-01"), ("04-02 09:00", stop("J4", "auction"))]),
        Story("resumed", "停止以后恢复", [
            *_event("03-18"), ("03-20 09:00", stop("J4", "auction")),
            ("03-25 09:00", go_on("J4", reason="拍卖已结束")),
        ]),
        Story("two-stops", "因两个特别程序停止", [
            *_event("04-01"), ("04-02 09:00", stop("J4", "auction")), ("04-03 09:00", stop("J4", "tender", by="B2:刘")),
        ]),
        Story("one-of-two-stops", "两个停止原因已去其一", [
            *_event("04-01"), ("04-02 09:00", stop("J4", "auction")), ("04-03 09:00", stop("J4", "neighbours")),
            ("04-09 09:00", go_on("J4", "auction")),
        ]),
        Story("extended", "预警以后延期", [
            *_alone("03-24"), *_file_read("03-25"), ("04-07 09:00", extend("J2", "10 workdays", "B1/head:李敏")),
        ]),
        Story("overdue", "承诺、法定时限都已超过，仍在办", [
            *_alone("03-05"), ("03-06 10:00", done("consult")), ("03-28 10:00", claim("review", "B1/reviewer:周明")),
        ]),
        Story("deep", "嵌套的分支各办一半，检测将告知，专家评审停止计时", [
            *_event("04-02", HARD_EVENT), ("04-02 15:00", done("review")), ("04-03 09:00", done("review")),
            ("04-03 10:00", done("notice")), ("04-07 10:00", done("test")), ("04-08 10:00", done("notice")),
        ]),
        Story("test-open", "检测中停止计时，专家评审将告知", [
            *_event("04-07", HARD_EVENT), ("04-08 09:00", done("review")), ("04-09 10:00", done("notice")),
        ]),
        Story("hearing", "听证中", [
            *_event("03-24", {**HARD_EVENT, "height": 4, "stage_kind": "roof", "held_on": "2026-03-01", "remark": "无"}),
            ("03-25 09:00", done("review")), ("03-25 09:30", done("review")), ("03-25 10:00", done("consult")),
            ("03-26 09:00", done("notice")),
        ]),
        Story("stopped-by-a-consult", "征求意见用了特别程序，办完仍停止计时", [
            *_event("03-24", {**EVENT, "stage_kind": "pole"}), ("03-24 15:00", done("review")),
            ("03-24 15:30", done("review")), ("03-25 10:00", done("consult")), ("03-26 09:00", done("notice")),
            ("03-27 09:00", done("consult", opinion="鉴定完毕")),
        ]),
        Story("gap-open", "容缺未补，待制证", [
            *_alone("04-09", ["P1", "P7"]), *_file_read("04-10"), *_visited("04-10"), ("04-11 09:00", done("decide")),
            ("04-11 10:00", done("pay")),
        ]),
        Story("gap-filled", "容缺补了一份，另一份未到", [
            *_alone("04-07", ["P1", "P7"]), ("04-08 09:00", supply("P2")),
        ]),
        Story("gap-overdue", "容缺逾期未补", [*_alone("03-31", ["P1", "P3", "P7"])]),
        Story("committed", "告知承诺，直接决定", [
            ("04-09 09:00", apply("J3", {"by_commitment": True}, ["P2", "P7"])), ("04-10 09:00", done("accept")),
        ]),
        Story("pay-open", "待缴费", [
            *_alone("04-01"), *_file_read("04-02"), *_visited("04-03"), ("04-08 09:00", done("decide")),
        ]),
        Story("issued", "已制证，待送达", [
            *_alone("04-01"), *_file_read("04-02"), *_visited("04-03"), ("04-08 09:00", done("decide")),
            ("04-08 10:00", done("pay")), ("04-09 10:00", done("issue")),
        ]),
        Story("archive-open", "待归档", [
            *_event("04-02"), ("04-02 11:00", done("review")), ("04-02 11:30", done("review")), ("04-02 14:00", done("consult")),
            ("04-07 09:00", done("decide")), ("04-07 10:00", done("issue")),
        ]),
        Story("southern", "另一地区的日历，公布以后重算", [
            ("03-17 09:00", apply("J5", {"in_south": True}, ["P1"])), ("03-17 10:00", done("accept")),
        ]),
        Story("southern-extended", "另一地区，公布以前已延期", [
            ("03-18 09:00", apply("J5", {"in_south": True}, ["P1"])), ("03-18 10:00", done("accept")),
            ("03-19 10:00", extend("J5", "5 workdays", "B4/head:韦")),
        ]),
        Story("odd-open", "名为 pre_post_check 的审查未办：办件误为事后核查", _odd("04-09")),
        Story("odd-on", "该审查已办，办件仍误为事后核查", [*_odd("04-07"), ("04-08 09:00", done("review"))]),
        Story("odd-granted", "已准予，办件仍误为事后核查", [
            *_odd("04-02"), ("04-03 09:00", done("review")), ("04-03 10:00", done("review")), ("04-07 09:00", done("decide")),
        ]),
        Story("odd-handing-out", "误为事后核查以后到发证", [
            *_odd("04-02"), ("04-03 09:00", done("review")), ("04-03 10:00", done("review")), ("04-07 09:00", done("decide")),
            ("04-07 10:00", done("issue")),
        ]),
        Story("nothing-to-do", "没有决定环节的事项，受理即发证", [
            ("04-10 09:00", apply("plain-notice", {}, applicant=PERSON)), ("04-10 10:00", done("accept")),
        ]),
        Story("stuck", "审查写了默示同意：任务已关，流程未走", [
            ("03-24 09:00", apply("J10", {})), ("03-24 10:00", done("accept")),
        ]),
        Story("names-alone", "没有地区的部门办理", [
            ("04-08 09:00", apply("name-clearance", {}, ["P9", "P1"], applicant=DETAILED)), ("04-09 10:00", done("accept")),
        ]),
        # in review: several items
        Story("waiting", "后续事项等待登记", [
            ("04-10 09:00", apply("K1", SHOP, SHOP_PAPERS)), ("04-11 09:00", done("accept")),
        ]),
        Story("verify-open", "已有执照，待核验", [
            ("04-09 09:00", apply("K1", {**SHOP, "has_licence": True}, SHOP_PAPERS)), ("04-10 09:00", done("accept")),
        ]),
        Story("verified", "已核验，后续在审查", [
            ("04-09 09:00", apply("K1", {**SMALL, "has_licence": True}, ["P1", "P2"])), ("04-10 09:00", done("accept")),
            ("04-10 10:00", done("verify", opinion="执照有效")),
        ]),
        Story("dropped", "申请人不办其中一项", _shop("04-10", drop=["fire-check"])),
        Story("all-stopped", "在办事项全部停止，主题的时限也停", [
            *_shop("04-07", SMALL), *_file_read("04-08"), ("04-09 09:00", done("notice")),
        ]),
        Story("joint-visit", "联合踏勘待办", [
            *_shop("04-07"), *_file_read("04-08"), ("04-08 14:00", done("review", "J3")), ("04-09 09:00", done("notice", "J2")),
            ("04-09 09:30", done("notice", "J3")),
        ]),
        Story("joint-half", "联合踏勘只到了一家", [
            *_shop("04-07"), *_file_read("04-08"), ("04-08 14:00", done("review", "J3")), ("04-09 09:30", done("notice", "J3")),
        ]),
        Story("joint-done", "联合踏勘一次办完", [
            *_shop("04-01"), *_file_read("04-02"), ("04-02 14:00", done("review", "J3")), ("04-03 09:00", done("notice", "J2")),
            ("04-03 09:30", done("notice", "J3")), ("04-07 10:00", done("visit", "J3", by="B2/reviewer:刘", opinion="联合踏勘合格")),
        ]),
        Story("one-refused", "一项不予许可，其余继续", [
            *_shop("04-01", {**SHOP, "in_south": True}), *_file_read("04-02"), *_visited("04-03"),
            ("04-08 09:00", done("decide", "J2", "refuse", opinion="与污染源距离不足")),
        ]),
        Story("one-granted", "一项已准予，另一项在审查", [
            *_shop("04-01", {**SHOP, "by_commitment": True}), ("04-02 09:00", done("decide", "J3")),
        ]),
        Story("stage-one", "分阶段：在第一阶段", _fair("04-10")),
        Story("stage-two", "分阶段：在第二阶段", [
            *_fair("04-08"), ("04-08 10:00", done("decide", "J1")), ("04-08 11:00", done("issue", "J1")),
            ("04-08 14:00", done("deliver", "J1")), ("04-08 15:00", done("deliver", "J6")),
        ]),
        Story("as-ready", "分阶段：办好一个发一个，一项待送达", [
            *_fair("03-26", {**EVENT, "by_commitment": True, "in_south": True}), ("03-26 10:00", done("decide", "J1")),
            ("03-26 11:00", done("issue", "J1")), ("03-26 14:00", done("deliver", "J1")),
            ("03-26 15:00", done("deliver", "J6")), ("03-27 09:00", done("decide", "J3")),
            ("03-27 10:00", done("issue", "J3")),
        ]),
        Story("first-refused", "分阶段：第一阶段不予许可，写了全部停止也只停后续", [
            *_fair("04-08", {**EVENT, "in_south": True}), ("04-08 10:00", done("decide", "J1", "refuse", opinion="场所不符")),
            ("04-08 15:00", done("deliver", "J6")),
        ]),
        Story("chain-refused", "前置不予许可，后续终止，独立的继续", [
            ("04-07 08:30", apply("K-3", {}, ["P9", "P1"])), ("04-07 09:00", done("accept")),
            ("04-08 09:00", done("review", "J7")), ("04-08 10:00", done("decide", "J7", "refuse", opinion="名称相同")),
        ]),
        # after the decisions
        Story("handing-out", "待统一发证", [
            *_shop("04-01", SMALL), *_file_read("04-02"), *_visited("04-03"), ("04-08 09:00", done("decide", "J2")),
            ("04-08 10:00", done("pay", "J2")), ("04-09 10:00", done("issue", "J2")),
        ]),
        Story("handing-out-late", "发证已逾期", [
            *_shop("03-10", SMALL), *_file_read("03-11"), *_visited("03-12"), ("03-13 09:00", done("decide", "J2")),
            ("03-13 10:00", done("pay", "J2")), ("03-13 10:30", done("issue", "J2")),
        ]),
        Story("post-check", "已送达，事后核查中", [
            ("03-31 09:00", apply("J3", {"by_commitment": True}, ["P2", "P7"])), ("03-31 10:00", done("accept")),
            ("04-01 09:00", done("decide")), ("04-01 10:00", done("issue")), ("04-02 09:00", done("deliver")),
        ]),
        Story("post-check-late", "事后核查已逾期", [
            ("03-04 09:00", apply("J3", {"by_commitment": True}, ["P2", "P7"])), ("03-04 10:00", done("accept")),
            ("03-05 09:00", done("decide")), ("03-05 10:00", done("issue")), ("03-06 09:00", done("deliver")),
        ]),
        Story("post-check-long", "事后核查两年，日期暂定", [
            ("03-10 09:00", apply("J5", {}, ["P1"])), ("03-10 10:00", done("accept")), ("03-11 09:00", done("review")),
            ("03-12 09:00", done("decide")), ("03-13 09:00", done("deliver")),
        ]),
        # kept word for word, and done under a key
        Story("verbatim", "罕见的字符、数字和嵌套的数据", [
            *_alone("04-08", applicant=DETAILED, actor="applicant:网上·客户端 \"7\" 😀"),
            ("04-09 09:30", done("review", by="B1:欧阳·娜 (1)\\", opinion=ODD_OPINION, data=ODD_DATA)),
            ("04-09 10:00", done("consult", outcome="object", opinion=ODD_OPINION[::-1].replace("\n\r", "\n"), data={"x": 1e16})),
        ]),
        Story("keyed", "申请和受理都带幂等键", [
            ("04-09 08:30", apply("J2", {"area": 1e16}, ALONE_PAPERS, key="portal-2025-0001")),
            ("04-09 09:00", done("accept", key="window-2025-0001", data={"area": 250.0, "rate": 1e-5})),
        ]),
        Story("keyed-floats", "申请人资料有小数，带幂等键", [
            ("04-09 08:35", apply("K1", {**SHOP, "area": 420.0}, SHOP_PAPERS, applicant=DETAILED, key="portal-2025-钥匙\u2028é")),
        ]),
        # closed
        Story("closed", "一件事全部办完", [
            *_shop("03-03", SMALL), *_file_read("03-04"), *_visited("03-05"), ("03-06 09:00", done("decide", "J2")),
            ("03-06 10:00", done("pay", "J2")), ("03-06 10:30", done("issue", "J2")), ("03-07 09:00", done("deliver")),
        ]),
        Story("closed-refused", "核验未通过，全部终止而结束", [
            ("03-05 09:00", apply("K1", {**SMALL, "has_licence": True}, ["P1", "P2"])), ("03-05 10:00", done("accept")),
            ("03-05 11:00", done("verify", outcome="refuse", opinion="执照已注销")), ("03-06 09:00", done("deliver")),
        ]),
        Story("closed-notice", "没有决定环节的事项已结束", [
            ("03-05 09:00", apply("J6", {}, applicant=PERSON)), ("03-05 10:00", done("accept")), ("03-05 11:00", done("deliver")),
        ]),
        # the shipped definitions
        Story("restaurant-received", "随附的主题：收件，缺全部材料", [("04-10 09:00", apply("T1", RESTAURANT))]),
        Story("restaurant-accepted", "随附的主题：已受理", _restaurant("04-10")),
        Story("restaurant-verify", "随附的主题：待核验", [
            ("04-09 08:30", apply("T1", {**SMALL_RESTAURANT, "has_licence": True})),
            ("04-09 09:00", lambda office, story: _tell_all(office, story)),
            ("04-10 09:00", lambda office, story: _bring_all(office, story)), ("04-10 10:00", done("accept")),
        ]),
        Story("restaurant-visits", "随附的主题：五个部门并联，联合踏勘待办", [
            *_licensed("04-08"), ("04-09 09:00", done("review", "I07")), ("04-09 09:10", done("review", "I07")),
            ("04-09 09:20", done("notice", "I07")), ("04-09 09:30", done("review", "I08")), ("04-09 09:40", done("notice", "I08")),
            ("04-09 10:00", stop("I16", "实地核查", by="D09:孙")),
        ]),
        Story("restaurant-late", "随附的主题：登记以后无人办理", _licensed("03-05")),
        Story("planning-stopped", "随附的事项：两个特别程序同时", [
            ("04-01 08:30", apply("I22", {})), ("04-01 09:00", lambda office, story: _tell_all(office, story)),
            ("04-02 09:00", lambda office, story: _bring_all(office, story)), ("04-02 10:00", done("accept")),
            ("04-03 09:00", stop("I22", "scheme-publicity", by="D11:吴")), ("04-03 10:00", stop("I22", "scheme-experts", by="D11:吴")),
        ]),
    ]  # fmt: skip


def _lacking(office: Office, story: Story) -> list[str]:
    return [each.material for each in office.engine.case(story.case).materials if each.status == "missing"]


def _tell_all(office: Office, story: Story) -> None:
    task = _task(office, story, "accept", None)
    office.engine.ask_correction(story.case, missing=_lacking(office, story), actor=f"{task.department}/window:王芳")


def _bring_all(office: Office, story: Story) -> None:
    office.engine.supplement(story.case, materials=_lacking(office, story), actor=PORTAL)
