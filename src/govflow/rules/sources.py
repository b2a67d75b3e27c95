"""Where materials come from (group M): proofs need a basis, and what the government holds is not asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govflow.language.model import Material
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding
from govflow.text import Text

# 沪府办发〔2019〕8号: the intermediary services of administrative approval.
INTERMEDIARY_SERVICES = (
    "工程咨询", "工程设计", "规划设计", "测绘", "环境影响评价", "卫生学评价", "检验检测", "计量认证", "安全评价",
)  # fmt: skip
_REPORT = re.compile(r"(?:检测|检验|评价|评估|审计|鉴定|验资|测绘|监测)(?:报告|结果|成果|意见)")
_REPLACEABLE = re.compile(
    r"公证|认证件|无犯罪|无违法|无违规|单位证明|工作证明|收入证明|婚姻状况|未婚|单身证明|居住证明|亲属关系|同一人证明|生存证明"
)


def proof_without_basis(context: Context, material: Material) -> Iterator[Finding]:
    """证明材料没有依据 / Proof without basis

    要申请人提交的证明材料没有写设定依据。
    A proof that the applicant must hand in names no legal basis.

    没有法律法规依据的证明一律不能要。
    A proof without a basis in law may not be asked for at all.

    来源：沪府办发〔2019〕8号：没有法律法规依据的证明材料一律不需提交

    坏：
        materials:
          M03: {name: 住所使用证明, kind: 证件证书证明, basis: }
    好：
        materials:
          M03: {name: 住所使用证明, kind: 证件证书证明, basis: 市场主体登记管理条例第十六条}
    """
    if material.basis or material.is_form or "证明" not in str(material.name):
        return
    if material.obtained or material.result_of:
        return
    uses = context.uses_of.get(material.code, ())
    if not uses or any(use.basis is None for _, _, use in uses):
        yield finding(
            (),
            f"证明材料“{material.name}”没有设定依据（basis）。",
            f"The proof {str(material.name)!r} names no legal basis.",
            help=Text("写明法律法规的条款；没有依据的不能要。", "Name the article; without one, do not ask for it."),
        )


def elicence_demanded(context: Context, material: Material) -> Iterator[Finding]:
    """有电子证照仍要提交 / Demanded although an e-licence exists

    已写明电子证照，却仍要申请人提交。
    An e-licence type is given, and still the applicant must hand the licence in.

    能从电子证照库调取的证照由窗口调取。
    A licence that the e-licence library holds is fetched by the window.

    来源：沪府办发〔2019〕8号：能够通过电子证照库调取的证照一律不需提交

    坏：
        materials:
          M05: {source: 申请人自备, elicence: 居民身份证电子证照}
    好：
        materials:
          M05: {source: 政府部门核发, elicence: 居民身份证电子证照}
    """
    if material.elicence:
        yield from _demanded(context, material, f"电子证照“{material.elicence}”", f"e-licence {material.elicence}")


def share_demanded(context: Context, material: Material) -> Iterator[Finding]:
    """能共享核验仍要提交 / Demanded although data is shared

    已写明数据共享或网络核验，却仍要申请人提交。
    A data share or online check is given, and still the applicant must hand the material in.

    能共享的数据由部门之间传递，不让群众跑腿。
    Shared data travels between departments, not with the applicant.

    来源：沪府办发〔2019〕8号：能够通过数据共享或网络核验的材料一律不需提交

    坏：
        materials:
          M06: {source: 申请人自备, share: 婚姻登记信息核验}
    好：
        materials:
          M06: {source: 政府部门核发, share: 婚姻登记信息核验}
    """
    if material.share and not material.elicence:
        yield from _demanded(context, material, f"数据共享“{material.share}”", f"data share {material.share}")


def issuer_missing(context: Context, material: Material) -> Iterator[Finding]:
    """没有写核发部门 / Issuing department missing

    来源是政府部门核发的材料没有写哪个部门或哪个事项核发。
    A material issued by the government names neither the issuing department nor the issuing item.

    不知道谁核发，就无法共享，只能让申请人自己去取。
    Unless the issuer is known the material cannot be shared, and the applicant must fetch it.

    来源：沪府办发〔2019〕8号：规范材料来源

    坏：
        materials:
          M05: {issuer: }
    好：
        materials:
          M05: {issuer: D02}
    """
    if material.source == "政府部门核发" and not material.issuer and not material.result_of:
        yield finding(
            (),
            f"“{material.name}”由政府部门核发，但没有写核发部门（issuer）。",
            f"{str(material.name)!r} is issued by the government, but no issuer is named.",
        )


def issued_but_not_shared(context: Context, material: Material) -> Iterator[Finding]:
    """平台内部门核发却未共享 / Issued on the platform but not shared

    核发部门就在本平台，却没有电子证照、数据共享或事项关联。
    The issuing department is on this platform, yet there is neither e-licence, share nor link to an item.

    政府自己发的材料不应再向申请人要。
    What the government has issued should not be asked from the applicant again.

    来源：重庆市（2017）：凡是能通过网络共享复用的材料，不得要求企业和群众重复提交

    坏：
        materials:
          M05: {elicence: }
    好：
        materials:
          M05: {elicence: 居民身份证电子证照}
    """
    department = context.department(material.issuer)
    if material.source != "政府部门核发" or department is None or material.obtained or material.result_of:
        return
    if material.code in context.unlinked:  # GF-M06 says which item to link
        return
    yield finding(
        ("issuer",),
        f"“{material.name}”由本平台的{department.short}核发，应当共享或关联事项结果，不向申请人要。",
        f"{str(material.name)!r} is issued by {department.code} on this platform: share or link it, do not ask for it.",
    )


def intermediary_without_basis(context: Context, material: Material) -> Iterator[Finding]:
    """中介材料没有依据 / Intermediary report without basis

    要中介机构出具的报告，却没有依据，或者不在中介服务事项清单内。
    A report of an intermediary is asked without a basis, or for a service that is not on the list.

    没有依据的中介服务不得作为受理条件。
    An intermediary service without a basis may not be made a condition.

    来源：优化营商环境条例第四十三条：作为办理行政审批条件的中介服务事项应当有法律、法规或者国务院决定依据

    坏：
        materials:
          M04: {name: 安全评价报告, intermediary: 安全评价, basis: }
    好：
        materials:
          M04: {name: 安全评价报告, intermediary: 安全评价, basis: 安全生产法第三十二条}
    """
    name, service = str(material.name), material.intermediary
    if service is None and (material.source != "其他" or not _REPORT.search(name)):
        return
    if not material.basis:
        yield finding(
            (),
            f"“{name}”要中介机构出具，没有依据（basis）。",
            f"{name!r} must come from an intermediary, but no legal basis is named.",
        )
    elif service and not any(listed in service or service in listed for listed in INTERMEDIARY_SERVICES):
        yield finding(
            ("intermediary",),
            f"“{service}”不在行政审批中介服务事项清单内。",
            f"{service!r} is not on the list of intermediary services.",
            help=Text("清单：" + "、".join(INTERMEDIARY_SERVICES), "The list: " + ", ".join(INTERMEDIARY_SERVICES)),
        )


def proof_that_commitment_could_replace(context: Context, material: Material) -> Iterator[Finding]:
    """可用承诺代替的证明 / Proof that a commitment could replace

    要公证、无犯罪、单位证明、婚姻状况一类的证明，没有允许用告知承诺代替。
    A notarised copy, a criminal-record check, an employer's letter or the like is asked and may not be replaced.

    这类证明开具难、风险低，是告知承诺制首先要替代的。
    Such proofs are hard to get and low in risk: the first that notification and commitment should replace.

    来源：沪府办发〔2019〕8号：扩大告知承诺在相关证明手续等事项中的实施范围

    坏：
        materials:
          M03: {name: 无犯罪记录证明, by_commitment: false}
    好：
        materials:
          M03: {name: 无犯罪记录证明, by_commitment: true}
    """
    if material.by_commitment or material.obtained or material.result_of:
        return
    words = could_be_committed(str(material.name))
    if words:
        yield finding(
            ("name",),
            f"“{material.name}”（{words}）可以用告知承诺代替（by_commitment: true）。",
            f"{str(material.name)!r} could be replaced by a commitment (by_commitment: true).",
        )


def could_be_committed(name: str) -> str | None:
    """The words that make a proof one that notification and commitment 告知承诺 commonly replaces, or None."""
    match = _REPLACEABLE.search(name)
    return match[0] if match else None


def _demanded(context: Context, material: Material, zh: str, en: str) -> Iterator[Finding]:
    if material.source == "申请人自备":
        yield finding(
            ("source",),
            f"“{material.name}”能用{zh}取得，来源不应是申请人自备。",
            f"{str(material.name)!r} can be got by {en}: its source should not be the applicant.",
        )
    for item, at, use in context.uses_of.get(material.code, ()):
        if use.demanded:
            yield finding(
                ("materials", at, "demanded"),
                f"“{material.name}”能用{zh}取得，不应再要申请人提交。",
                f"{str(material.name)!r} can be got by {en} and must not be demanded.",
                record=("item", item.code),
            )
