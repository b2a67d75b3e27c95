"""The closed words of the field: states, kinds, effects, outcomes, types, each once, with its name in both languages.

Schemas, the model, the engine and what people read share this table. A word is written as it stands in definitions,
events and rows; `words(lang)` gives the names for screens.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Self, cast

from govflow.errors import language
from govflow.text import Lang, Text


class Word(StrEnum):
    """A word of a closed list: equal to its text as written, with a `name_text` for people."""

    name_text: Text

    def __new__(cls, written: str, zh: str, en: str) -> Word:
        """A member from its written form and its two names."""
        member = str.__new__(cls, written)
        member._value_ = written
        member.name_text = Text(zh, en)
        return member

    @classmethod
    def of(cls, written: str) -> Self:
        """The word that is written so, in an event, a row or a definition; KeyError where there is none."""
        return cast(Self, cls._value2member_map_[written])

    def text(self, lang: Lang | str) -> str:
        """Its name in this language."""
        return self.name_text.text(lang)


# --- a running case ------------------------------------------------------------------------------------------------


class CaseStatus(Word):
    """Where a case stands. Up to POST_CHECK something remains to be done."""

    RECEIVED = "received", "已收件", "received"
    CORRECTING = "correcting", "补正中", "waiting for correction"
    REVIEWING = "reviewing", "审查中", "under review"
    HANDING_OUT = "handing_out", "发证中", "being handed out"
    POST_CHECK = "post_check", "事后核查中", "under post-check"
    CLOSED = "closed", "已办结", "closed"
    NOT_ACCEPTED = "not_accepted", "不予受理", "not accepted"
    REFUSED = "refused", "不予许可", "refused"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    DEEMED_WITHDRAWN = "deemed_withdrawn", "视为撤回", "deemed withdrawn"


class ItemStatus(Word):
    """Where one item of a case stands. WAITING, REVIEWING and SUSPENDED come before a decision."""

    WAITING = "waiting", "待开始", "waiting to start"
    REVIEWING = "reviewing", "审查中", "under review"
    SUSPENDED = "suspended", "中止计时", "clocks stopped"
    GRANTED = "granted", "准予", "granted"
    REFUSED = "refused", "不予", "refused"
    DELIVERED = "delivered", "已送达", "delivered"
    VERIFIED = "verified", "已核验", "verified"
    TERMINATED = "terminated", "终止", "terminated"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    SKIPPED = "skipped", "不办理", "not part of the case"


class Mode(Word):
    """What a case does with an item of its theme."""

    RUN = "run", "办理", "handled"
    VERIFY = "verify", "核验", "verified only"
    SKIP = "skip", "不办理", "left out"


class TaskStatus(Word):
    """Where a task stands."""

    OPEN = "open", "待办", "open"
    COMPLETED = "completed", "已办", "completed"
    CANCELLED = "cancelled", "已取消", "cancelled"


class TaskKind(Word):
    """What a task is: the activity of a step, or a fixed task of the case."""

    RECEIVE = "receive", "收件", "receipt"
    PRE_REVIEW = "pre_review", "预审", "pre-review"
    ACCEPT = "accept", "受理", "acceptance"
    SUPPLEMENT = "supplement", "补正", "supplement"
    REVIEW = "review", "审查", "review"
    CONSULT = "consult", "征求意见", "consultation"
    VISIT = "visit", "现场核查", "on-site check"
    EXPERT_REVIEW = "expert_review", "专家评审", "expert review"
    HEARING = "hearing", "听证", "hearing"
    PUBLICISE = "publicise", "公示", "public notice"
    TEST = "test", "检测", "test"
    NOTICE = "notice", "告知", "notice of the time needed"
    PAY = "pay", "缴费", "payment"
    DECIDE = "decide", "决定", "decision"
    VERIFY = "verify", "核验", "verification"
    ISSUE = "issue", "制证", "issue"
    DELIVER = "deliver", "送达", "delivery"
    ARCHIVE = "archive", "归档", "archiving"
    POST_CHECK = "post_check", "事后核查", "post-check"


class Outcome(Word):
    """How a task ended."""

    ACCEPT = "accept", "受理", "accepted"
    CORRECT = "correct", "要求补正", "correction asked for"
    APPROVE = "approve", "同意", "approved"
    OBJECT = "object", "有异议", "objected"
    REFUSE = "refuse", "不同意", "refused"
    DONE = "done", "完成", "done"
    NO_OBJECTION = "no_objection", "无异议", "no objection"


class Role(Word):
    """In which role somebody acts."""

    WINDOW = "window", "窗口", "window"
    REVIEWER = "reviewer", "审查人员", "reviewer"
    HEAD = "head", "负责人", "head"
    SUPERVISOR = "supervisor", "监督人员", "supervisor"
    APPLICANT = "applicant", "申请人", "applicant"


class ClockKind(Word):
    """Which limit a clock keeps."""

    CORRECTION_NOTICE = "correction_notice", "补正告知时限", "correction-notice limit"
    CORRECTION = "correction", "补正时限", "correction period"
    PROMISED = "promised", "承诺办结时限", "promised limit"
    STATUTORY = "statutory", "法定办结时限", "statutory limit"
    JOINT_CAP = "joint_cap", "联办时限", "joint limit"
    PROCEDURE = "procedure", "特别程序时限", "special-procedure limit"
    STEP = "step", "环节时限", "step limit"
    GAP = "gap", "容缺后补时限", "deferred-material period"
    DELIVERY = "delivery", "送达时限", "delivery limit"
    POST_CHECK = "post_check", "事后核查时限", "post-check limit"


class ClockStatus(Word):
    """Where a clock stands. MET, MISSED and ENDED are closed."""

    RUNNING = "running", "计时中", "running"
    SUSPENDED = "suspended", "停止计时", "stopped"
    MET = "met", "按时", "met"
    MISSED = "missed", "超期", "missed"
    ENDED = "ended", "停止计时期间结束", "ended while stopped"


class ClockEffect(Word):
    """What follows when a clock expires."""

    ESCALATE = "escalate", "上报负责人", "brought before the head"
    DEEMED_ACCEPTANCE = "deemed_acceptance", "视为受理", "deemed accepted"
    SILENCE = "silence", "视为无异议", "silence is no objection"
    WITHDRAWN = "applicant_withdrawn", "视为撤回申请", "deemed withdrawn"
    NOT_ACCEPTED = "applicant_not_accepted", "不予受理", "not accepted"
    REFUSED = "applicant_refused", "不予许可", "refused"


class Light(Word):
    """How a clock or a task stands at this moment."""

    GREEN = "green", "绿灯", "green"
    YELLOW = "yellow", "黄灯", "yellow"
    RED = "red", "红灯", "red"


class MaterialStatus(Word):
    """Where a material of a case stands."""

    SUPPLIED = "supplied", "已提交", "handed in"
    MISSING = "missing", "缺", "missing"
    OBTAINED = "obtained", "政府调取", "fetched by the government"
    AWAITED = "awaited", "待前序事项产生", "awaited from another item"
    ISSUED = "issued", "前序事项已产生", "issued by another item"
    COMMITTED = "committed", "以承诺代替", "replaced by a commitment"


# --- what an author writes -----------------------------------------------------------------------------------------


class Start(Word):
    """The event that a limit counts from."""

    RECEIVED = "received", "收到", "receipt"
    ACCEPTED = "accepted", "受理", "acceptance"
    DECIDED = "decided", "决定", "decision"
    NOTIFIED = "notified", "告知", "notification"


class Missed(Word):
    """What becomes of an application whose correction did not come in time."""

    WITHDRAWN = "withdrawn", "视为撤回", "deemed withdrawn"
    NOT_ACCEPTED = "not_accepted", "不予受理", "not accepted"
    REFUSED = "refused", "不予许可", "refused"


class ItemType(Word):
    """Type of a service item 事项类型 (GB/T 39554; 行政权力 and 公共服务)."""

    LICENCE = "行政许可", "行政许可", "administrative licence"
    PENALTY = "行政处罚", "行政处罚", "administrative penalty"
    COERCION = "行政强制", "行政强制", "administrative coercion"
    LEVY = "行政征收", "行政征收", "administrative levy"
    BENEFIT = "行政给付", "行政给付", "administrative benefit"
    INSPECTION = "行政检查", "行政检查", "administrative inspection"
    CONFIRMATION = "行政确认", "行政确认", "administrative confirmation"
    AWARD = "行政奖励", "行政奖励", "administrative award"
    RULING = "行政裁决", "行政裁决", "administrative ruling"
    OTHER = "其他行政权力", "其他行政权力", "other administrative power"
    PUBLIC_SERVICE = "公共服务", "公共服务", "public service"


class CaseType(Word):
    """Whether an item is decided at once or within its promised limit."""

    INSTANT = "即办件", "即办件", "instant item"
    PROMISE = "承诺件", "承诺件", "promise item"


class Level(Word):
    """Level of government at which an item is exercised 行使层级."""

    NATION = "国家级", "国家级", "national"
    PROVINCE = "省级", "省级", "provincial"
    CITY = "市级", "市级", "municipal"
    COUNTY = "县级", "县级", "county"
    TOWN = "镇级", "镇级", "township"
    VILLAGE = "村级", "村级", "village"


class DefinitionStatus(Word):
    """Whether an item or theme is in use."""

    IN_USE = "在用", "在用", "in use"
    PAUSED = "暂停", "暂停", "paused"
    CANCELLED = "取消", "取消", "cancelled"


class BasisKind(Word):
    """Kind of a legal basis, the highest first."""

    LAW = "法律", "法律", "law"
    REGULATION = "行政法规", "行政法规", "administrative regulation"
    STATE_COUNCIL = "国务院决定", "国务院决定", "decision of the State Council"
    LOCAL_REGULATION = "地方性法规", "地方性法规", "local regulation"
    PROVINCIAL_RULE = "省级政府规章", "省级政府规章", "rule of a provincial government"
    DEPARTMENT_RULE = "部门规章", "部门规章", "rule of a ministry"
    NORMATIVE = "规范性文件", "规范性文件", "normative document"


class ApplicantKind(Word):
    """Who applies."""

    PERSON = "自然人", "自然人", "natural person"
    ENTERPRISE = "企业法人", "企业法人", "enterprise"
    SOLE_TRADER = "个体工商户", "个体工商户", "sole trader"
    INSTITUTION = "事业法人", "事业法人", "public institution"
    SOCIAL_ORGANISATION = "社会组织法人", "社会组织法人", "social organisation"
    UNINCORPORATED = "非法人企业", "非法人企业", "unincorporated enterprise"
    AUTHORITY = "行政机关", "行政机关", "administrative authority"
    OTHER = "其他组织", "其他组织", "other organisation"


class IdKind(Word):
    """Which document a natural person shows."""

    CITIZEN = "居民身份证", "居民身份证", "resident identity card"
    RESIDENT = "港澳台居民居住证", "港澳台居民居住证", "residence permit for Hong Kong, Macao and Taiwan residents"
    FOREIGNER = "外国人永久居留身份证", "外国人永久居留身份证", "foreign permanent resident ID card"
    PASSPORT = "护照", "护照", "passport"
    HK_MACAO = (
        "港澳居民来往内地通行证",
        "港澳居民来往内地通行证",
        "mainland travel permit for Hong Kong and Macao residents",
    )
    TAIWAN = "台湾居民来往大陆通行证", "台湾居民来往大陆通行证", "mainland travel permit for Taiwan residents"


class ResultKind(Word):
    """Kind of a result."""

    LICENCE = "证照", "证照", "licence"
    APPROVAL = "批文", "批文", "approval document"
    OTHER = "其他", "其他", "other"


class Window(Word):
    """Which window of the service hall takes applications."""

    GENERAL = "综合窗口", "综合窗口", "general window"
    DEPARTMENT = "部门窗口", "部门窗口", "department window"


class ErrorCode(Word):
    """Why a command was refused, for a program: `code` of every error."""

    ERROR = "error", "其他错误", "another error"
    NOT_FOUND = "not_found", "不存在", "not there"
    INVALID = "invalid", "填写不正确", "not an acceptable value"
    MISSING = "missing", "没有填写", "a value that is needed is missing"
    WRONG_STATE = "wrong_state", "当前状态不允许", "not in this state"
    WRONG_DEPARTMENT = "wrong_department", "不是本部门的事", "of another department"
    WRONG_ROLE = "wrong_role", "角色不符", "for another role"
    NOT_OWNER = "not_owner", "只能由申请人办理", "for the applicant alone"
    NOT_CLAIMANT = "not_claimant", "已由他人认领", "claimed by somebody else"
    INCOMPLETE = "incomplete", "材料不齐", "materials are missing"
    OTHER_COMMAND = "other_command", "应使用其他命令", "what another command does"
    ASKED_BEFORE = "asked_before", "已一次性告知，不得再次要求", "asked once already"
    NOT_IN_FORCE = "not_in_force", "定义不在有效期或不在用", "not in use or not in force"
    ALREADY_DONE = "already_done", "已由他人办理", "done already by somebody else"
    LATE = "late", "期限已届满", "the time for it is over"
    CHANGED = "changed", "刚被他人改动", "changed meanwhile by somebody else"
    BUSY = "busy", "数据库忙", "the database is busy"
    KEY_REUSED = "key_reused", "编号已用于别的内容", "a key that was used for something else"
    STORE = "store", "数据库不能使用", "the database cannot be used"
    DAMAGED = "damaged", "存储内容已损坏", "what is stored is damaged"
    OUTCOME_UNKNOWN = "outcome_unknown", "不知道是否已生效", "nobody knows whether it took place"
    HOST_CLOCK = "host_clock", "时钟不准", "a clock that is wrong"


_TABLE: MappingProxyType[str, type[Word]] = MappingProxyType({
    "case_status": CaseStatus, "item_status": ItemStatus, "mode": Mode, "task_status": TaskStatus, "task_kind": TaskKind,
    "outcome": Outcome, "role": Role, "clock_kind": ClockKind, "clock_status": ClockStatus, "clock_effect": ClockEffect,
    "light": Light, "material_status": MaterialStatus, "start": Start, "missed": Missed, "item_type": ItemType,
    "case_type": CaseType, "level": Level, "definition_status": DefinitionStatus, "basis_kind": BasisKind,
    "applicant_kind": ApplicantKind, "id_kind": IdKind, "result_kind": ResultKind, "window": Window, "error_code": ErrorCode,
})  # fmt: skip


def words(lang: Lang | str = Lang.ZH) -> dict[str, dict[str, str]]:
    """Every closed word with its name in this language, for screens: `words("en")["light"]["red"]`.

    By list (`case_status`, `item_status`, `task_kind`, `clock_kind`, ...), then by the word as views and events write
    it. Raises InvalidInput for a language that is neither Chinese nor English.
    """
    chosen = language(lang)
    return {name: {word.value: word.text(chosen) for word in kind} for name, kind in _TABLE.items()}
