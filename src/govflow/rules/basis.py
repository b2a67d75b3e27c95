"""Names, legal basis and competent body (group B)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from govflow.language.model import Basis, Item, Material
from govflow.rules import wording
from govflow.rules.context import Context
from govflow.rules.types import Finding, Key, Subject, finding
from govflow.rules.wording import law_title
from govflow.text import Text

ACTIONS = (
    "许可", "核发", "审批", "核准", "批准", "备案", "登记", "确认", "认定", "审核", "审查", "审定", "验收", "检查", "检验", "鉴定",
    "申领", "申报", "申请", "签发", "发放", "给付", "补助", "补贴", "奖励", "裁决", "仲裁", "变更", "注销", "延续", "补办", "换发",
    "办理", "过户", "转移", "评价", "评定", "评估", "开户", "预约", "缴存", "提取", "缴纳", "征收", "减免", "退税", "查询", "公示",
    "证明", "公证", "鉴证", "考试", "注册", "设立", "年检", "年审", "咨询", "服务", "调解", "救助", "兑付", "转诊", "签约",
)  # fmt: skip
_LOWER_KINDS = frozenset({"部门规章", "规范性文件"})
_ENTRUSTED = frozenset({"上级委托", "同级委托"})


def basis_missing(context: Context, item: Item) -> Iterator[Finding]:
    """没有设定依据 / No legal basis

    事项没有设定依据。
    The item has no legal basis.

    没有法律法规依据的事项不得实施。
    What no law provides for may not be carried out.

    来源：行政许可法第四条：设定和实施行政许可，应当依照法定的权限、范围、条件和程序

    坏：
        basis: []
        limits: {statutory: none}
    好：
        basis: [{id: law, law: 市场主体登记管理条例, article: 第十六条, kind: 行政法规}]
    """
    if not item.basis:
        yield finding(("basis",), "没有设定依据（basis）。", "The item has no legal basis (basis).")


def basis_without_article(context: Context, item: Item) -> Iterator[Finding]:
    """依据没有条款 / Basis without article

    设定依据只写了法律名称，没有条款，也没有原文。
    A legal basis names a law, but neither article nor text.

    找不到是哪一条，就核对不了权限和期限。
    Unless the article is known, power and limits cannot be checked.

    来源：重庆市（2017）：列明依据条件

    坏：
        basis: [{id: law, law: 市场主体登记管理条例, kind: 行政法规}]
    好：
        basis: [{id: law, law: 市场主体登记管理条例, article: 第十六条, kind: 行政法规}]
    """
    for at, basis in enumerate(item.basis):
        if not basis.article and not basis.text:
            yield finding(
                ("basis", at), f"依据“{basis.law}”没有条款（article）或原文（text）。", f"{basis.law}: article missing."
            )


def licence_without_power(context: Context, item: Item) -> Iterator[Finding]:
    """许可只依据规章或文件 / Licence based on a rule only

    行政许可的依据只有部门规章或规范性文件。
    The only bases of a licence are department rules or normative documents.

    只有法律、行政法规、国务院决定、地方性法规和省级政府规章可以设定行政许可。
    Only laws, regulations, State Council decisions, local regulations and provincial rules may set a licence.

    来源：行政许可法第十四条至第十七条：其他规范性文件一律不得设定行政许可

    坏：
        basis: [{id: law, law: 企业登记办法, article: 第三条, kind: 部门规章}]
    好：
        basis: [{id: law, law: 市场主体登记管理条例, article: 第十六条, kind: 行政法规}]
    """
    if item.type == "行政许可" and item.basis and all(_cannot_set_licence(basis) for basis in item.basis):
        yield finding(
            ("basis",),
            "行政许可只写了"
            + "、".join(f"《{basis.law}》" for basis in item.basis)
            + "，规章和规范性文件不能设定行政许可。",
            "The licence rests on rules and normative documents only, which cannot set a licence.",
        )


def repealed_law(context: Context, record: Key, subject: Subject) -> Iterator[Finding]:
    """依据已废止或被取代 / Repealed or replaced law

    设定依据是法律修改表里已废止或被取代的法律。
    A basis is a law that the table of laws marks as repealed or replaced.

    依据失效，事项就要清理或者改写依据。
    Without a law in force the item must go or its basis must be rewritten.

    来源：湖北省随州市（2018）：事项目录动态管理；行政许可法第二十条

    坏：
        id: I01
        basis: [{id: law, law: 公司登记管理条例, article: 第二十条, kind: 行政法规}]
    好：
        id: I01
        basis: [{id: law, law: 市场主体登记管理条例, article: 第十六条, kind: 行政法规}]
    """
    if isinstance(subject, Item):
        for at, basis in enumerate(subject.basis):
            if (entry := context.repealed.get(law_title(basis.law))) is not None:
                yield Finding(("basis", at), _said(basis.law, entry))
    elif isinstance(subject, Material):
        entry = context.repealed.get(law_title(subject.basis or ""))
        if subject.basis and entry is not None:
            yield Finding(("basis",), _said(subject.basis, entry))


def subject_missing(context: Context, item: Item) -> Iterator[Finding]:
    """没有实施主体或委托部门 / Body or entrusting department missing

    没有实施部门，或者权力来自委托却没有写委托部门。
    The department is missing, or the power is entrusted and the entrusting department is not named.

    谁有权、谁负责必须写清；委托的，责任仍在委托部门。
    Who has the power and who answers must be clear; with entrusted power the entrusting department answers.

    来源：行政许可法第二十四条：委托机关应当将受委托行政机关和受委托实施行政许可的内容予以公告

    坏：
        power_source: 上级委托
    好：
        power_source: 上级委托
        entrusting: D02
    """
    # A department that is not written shows in the form of the file, under this rule as well.
    if item.power_source in _ENTRUSTED and not item.entrusting:
        yield finding(
            ("power_source",),
            f"权力来源是{item.power_source}，要写委托部门（entrusting）。",
            "The power is entrusted: name the entrusting department (entrusting).",
        )


def loose_item_name(context: Context, item: Item) -> Iterator[Finding]:
    """事项名称模糊 / Item name vague

    事项名称里有模糊的词、带“等”的括号，或以“相关事项”结尾。
    The name of the item holds a vague word, brackets with “等”, or ends in “相关事项”.

    名称说不清，申请人找不到，统计也对不上。
    An unclear name cannot be found and cannot be counted.

    来源：沪府办发〔2019〕8号：消除模糊条款、兜底条款

    坏：
        name: 公司登记相关事项
    好：
        name: 公司设立登记
    """
    words = wording.loose_item_name(str(item.name))
    if words:
        yield finding(
            ("name",), f"事项名称“{item.name}”用词模糊（{words}）。", f"The name {str(item.name)!r} is vague ({words})."
        )


def item_name_without_action(context: Context, item: Item) -> Iterator[Finding]:
    """事项名称没有动作 / Item name without action

    事项名称里没有核发、备案、登记、审批、确认一类的动作。
    The name of the item holds no action such as issue, filing, registration, approval, confirmation.

    名称有动作，申请人才知道这件事办的是什么。
    The action tells the applicant what is done.

    来源：事项命名惯例：对象加动作，如“食品经营许可”“诊所备案”

    坏：
        name: 公司
    好：
        name: 公司设立登记
    """
    name = str(item.name)
    if not any(action in name for action in ACTIONS):
        yield finding(
            ("name",),
            f"事项名称“{name}”没有动作（如核发、备案、登记、审批、确认）。",
            f"The name {name!r} names no action (issue, filing, registration, approval ...).",
        )


def _cannot_set_licence(basis: Basis) -> bool:
    """Whether the basis surely cannot set a licence; a basis of unknown kind gets the benefit of the doubt."""
    return basis.kind in _LOWER_KINDS or (basis.kind is None and "〔" in basis.law)


def _said(law: str, entry: Mapping[str, object]) -> Text:
    by, on = entry.get("replaced_by"), entry.get("on")
    zh = f"“{law}”已于 {on} 废止" if on else f"“{law}”已废止"
    en = f"{law} was repealed" + (f" on {on}" if on else "")
    return Text(f"{zh}，由“{by}”取代。", f"{en}, replaced by {by}.") if by else Text(f"{zh}。", f"{en}.")
