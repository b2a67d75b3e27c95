"""Materials between items (group M): results that become materials, one material under two names, situations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from govflow.language.model import Item, Material, Theme
from govflow.plan.order import cycles
from govflow.rules.context import Context
from govflow.rules.sources import could_be_committed
from govflow.rules.summaries import ItemSummary
from govflow.rules.types import Finding, finding
from govflow.rules.wording import same_name_key
from govflow.text import Text, joined

# 10 % of fewer items is less than one item.
FEWEST_FOR_SHARE = 10
_CONDITIONAL = re.compile(r"[（(](?:如有|如需|需要时|适用时|委托办理)[^（）()]*[）)]|^(?:如有|如需|需要时|适用时)")


def result_not_linked(context: Context, theme: Theme) -> Iterator[Finding]:
    """本主题的结果没有关联 / Result of the theme not linked

    一份材料就是本主题另一事项的办理结果，却没有关联（result_of）。
    A material is the result of another item of the theme but is not linked to it.

    没有关联，申请人就要把政府刚发的证再交一遍。
    Without the link the applicant must hand in what the government has just issued.

    来源：县市并联审批经验：审批结果（如批文）将被自动入库共享，后续部门无需要求业主重复提交

    坏：
        materials:
          M02: {result_of: , issuer: D01}
    好：
        materials:
          M02: {result_of: I01}
    """
    for code, (issuer, result, themes) in context.unlinked.items():
        if theme.code in themes[:1]:
            material = context.catalog.materials[code]
            yield finding(
                (),
                f"“{material.name}”就是主题 {'、'.join(themes)} 中事项 {issuer.code} 的结果“{result.name}”，"
                f"应写 result_of: {issuer.code}。",
                f"{str(material.name)!r} is the result of item {issuer.code} in {', '.join(themes)}: "
                f"write `result_of: {issuer.code}`.",
                record=("material", code),
            )


def link_without_prerequisite(context: Context, theme: Theme) -> Iterator[Finding]:
    """关联了非前置事项的结果 / Linked to an item that is no prerequisite

    材料关联本主题另一事项的结果，那个事项却不是前置事项。
    A material is linked to the result of another item of the theme that is not among the prerequisites.

    前置关系没有写，两件事会同时开始，需要的材料还没有产生。
    Both items would start together, before the material exists.

    来源：江府办函〔2016〕130号：理清各事项办理的前后置关系

    坏：
        # I02 的材料 M02（营业执照）是 I01 的结果
        items: [{item: I01}, {item: I02}, {item: I03, after: [I01]}]
    好：
        items: [{item: I01}, {item: I02, after: [I01]}, {item: I03, after: [I01]}]
    """
    before = context.before(theme)
    places = {item.code: at for at, item in context.entries(theme)}
    for code, at in places.items():
        missing: dict[str, Material] = {}
        for _, _, material in context.uses(context.catalog.items[code]):
            issuer = context.issuer(material)
            if issuer in places and issuer != code and issuer not in before[code]:
                missing.setdefault(issuer, material)
        for issuer_code, material in missing.items():
            yield finding(
                ("items", at),
                f"{code} 要用 {issuer_code} 的结果“{material.name}”，但 {issuer_code} 不是它的前置事项（after）。",
                f"{code} needs {str(material.name)!r}, the result of {issuer_code}, which is not before it (after).",
            )


def same_material_twice(context: Context) -> Iterator[Finding]:
    """一份材料两个名字 / One material under two names

    一件事的几个事项用不同的编号或名称要同一份材料（同一电子证照，或名称相同）。
    Items of one theme ask for the same material under different ids or names (same e-licence, or equal name).

    系统会当作两份材料，要申请人交两次，也无法统计精简了多少。
    It counts as two materials: asked twice, and the saving cannot be counted.

    来源：县市并联审批经验：并联审批部门涉及的交叉材料，业主也只需提供一份

    坏：
        materials:
          M05: {name: 居民身份证, elicence: 居民身份证电子证照}
          M06: {name: 法定代表人身份证明, elicence: 居民身份证电子证照, share: }
    好：
        materials:
          M05: {name: 居民身份证, elicence: 居民身份证电子证照}
          M06: {name: 结婚证, elicence: 结婚证电子证照, share: }
    """
    themes_of: dict[tuple[str, str], list[str]] = {}
    for theme in context.catalog.themes.values():
        groups: dict[str, dict[str, None]] = {}
        for _, item in context.entries(theme):
            for _, _, material in context.uses(item):
                for key in _same_as(material):
                    groups.setdefault(key, {})[material.code] = None
        pairs = {pair: None for group in groups.values() for pair in _pairs(group, context)}
        for pair in pairs:
            themes_of.setdefault(pair, []).append(theme.code)
    for (first, second), named in themes_of.items():
        themes = sorted(named)
        one, other = context.catalog.materials[first], context.catalog.materials[second]
        same = one.elicence if one.elicence and one.elicence == other.elicence else str(one.name)
        yield finding(
            ("name",),
            f"{second}“{other.name}”和 {first}“{one.name}”是同一份材料（{same}），主题 {'、'.join(themes)} 会要两次。",
            f"{second} and {first} are the same material ({same}); themes {', '.join(themes)} ask for it twice.",
            record=("material", second),
            help=Text(f"统一使用 {first}。", f"Use {first} everywhere."),
        )


def material_changed_meaning(context: Context, material: Material) -> Iterator[Finding]:
    """材料编号换了内容 / Material id with another content

    同一材料编号的名称、类型或形式与上一版不同。
    A material id has another name, kind or form than in the last release.

    编号是跨事项、跨版本认材料的依据；换内容要换编号。
    Materials are recognized by their id across items and releases; another content needs another id.

    来源：重庆市（2017）：办事材料目录化、标准化、电子化

    坏：
        # 上一版 M04 是“公司章程”
        materials:
          M04: {name: 公司章程及股东名册}
    好：
        materials:
          M04: {name: 公司章程}
    """
    before = context.previous.materials.get(material.code) if context.previous else None
    if before is None:
        return
    pairs = (
        ("名称", "name", str(before.name), str(material.name)),
        ("类型", "kind", before.kind, material.kind),
        ("形式", "form", before.form, material.form),
    )
    changed = [pair for pair in pairs if pair[2] != pair[3]]
    if changed:
        zh = "；".join(f"{word}由“{was}”变为“{now}”" for word, _, was, now in changed)
        en = "; ".join(f"{word} was {was!r}, is {now!r}" for _, word, was, now in changed)
        yield finding(
            (),
            f"材料 {material.code} 与上一版不同：{zh}。",
            f"Material {material.code} differs from the last release: {en}.",
        )


def optional_without_condition(context: Context, item: Item) -> Iterator[Finding]:
    """非必要材料没有条件 / Optional material without condition

    非必要的材料，或名称里写着“如有”的材料，没有写什么情形才要（when）。
    An optional material, or one named "if any", does not say in which situation it is asked.

    不写条件，系统和窗口就不知道谁要交。
    Without a condition neither system nor window knows who must hand it in.

    来源：沪府办发〔2019〕8号：进一步细分审批办理情形

    坏：
        materials: [{use: M01}, {use: M04}, {use: M07}]  # M07 委托书是非必要材料
    好：
        questions: [{id: by_agent, ask: 是否委托代理人, type: boolean}]
        materials: [{use: M01}, {use: M04}, {use: M07, when: {fact: by_agent, is: true}}]
    """
    for at, use, material in context.uses(item):
        if use.when is None and (material.necessity == "非必要" or _CONDITIONAL.search(str(material.name))):
            yield finding(
                ("materials", at),
                f"“{material.name}”不是都要的材料，要写什么情形才要（when）。",
                f"{str(material.name)!r} is not always needed: say when.",
            )


def circular_proof(context: Context) -> Iterator[Finding]:
    """循环证明 / Circular proof

    几个事项互相要对方的结果作材料。
    Items ask for each other's results as materials.

    甲要乙的证、乙要甲的证，谁也办不成。
    One needs the other's licence and the other needs the first's: neither can be had.

    来源：重庆市（2017）：避免重复提交材料和循环证明

    坏：
        id: I01
        materials:
          - {use: M01}
          - {use: M08}  # M08 是 I02 的结果，I02 又要 I01 的结果
    好：
        id: I01
        materials:
          - {use: M01}
          - {use: M04}
    """
    needs: dict[str, tuple[str, ...]] = {}
    for summary in context.summaries.values():
        issuers = (context.issuer(material) for _, _, material in context.asked(summary))
        needs[summary.code] = tuple(dict.fromkeys(issuer for issuer in issuers if issuer))
    for group in cycles({code: issuers for code, issuers in needs.items() if issuers}):
        item = context.summaries[group[0]]
        for at, _, material in context.asked(item):
            if context.issuer(material) in group:
                chain = joined(group)
                yield finding(
                    ("materials", at),
                    f"循环证明：事项 {chain} 互相要对方的结果，“{material.name}”拿不到。"
                    if len(group) > 1
                    else f"循环证明：“{material.name}”是 {item.code} 自己的结果。",
                    f"Circular proof: items {', '.join(group)} need each other's results ({str(material.name)!r}).",
                    record=("item", item.code),
                )
                break


def nearly_no_material(context: Context, item: Item) -> Iterator[Finding]:
    """差一份就零材料 / One material short of zero

    除申请表外，申请人只剩一份由别的单位出具、可以共享或承诺的证明要交。
    Besides the form only one certificate is left, made out by others, which could be shared or replaced.

    再共享一份或改为承诺，就是零材料事项。
    Share that one too, or take a commitment, and the item needs no material at all.

    来源：沪府办发〔2019〕8号：零材料提交，仅需填写格式化申请表即可办理

    坏：
        materials: [{use: M01}, {use: M09}]  # M09 体检合格证明由医院出具
    好：
        materials: [{use: M01}, {use: M05}]  # M05 居民身份证调取电子证照
    """
    asked = [(at, material) for at, _, material in context.uses(item) if _submitted(context, material)]
    if len(asked) != 1 or not any(material.is_form for _, _, material in context.uses(item)):
        return
    at, material = asked[0]
    # What the applicant draws up alone (a plan, a contract) nobody can share.
    # What a department of this platform issues is GF-M17's.
    made_by_others = material.source == "其他" or could_be_committed(str(material.name))
    if material.kind == "证件证书证明" and made_by_others and not material.by_commitment:
        yield finding(
            ("materials", at),
            f"除申请表外只剩“{material.name}”一份；能共享或承诺的话就是零材料事项。",
            f"Only {str(material.name)!r} is left besides the form: share it or take a commitment.",
        )


def too_few_zero_material_items(context: Context) -> Iterator[Finding]:
    """零材料事项不到一成 / Fewer than a tenth without materials

    一个部门（至少十个事项）仅填表即可办理的事项不到 10%。
    In a department with at least ten items fewer than 10 % need only the form.

    电子证照和关联的结果不算提交的材料。
    E-licences and linked results do not count as handed in.

    来源：沪府办发〔2019〕8号：应不少于本区、本部门政务服务事项的10%

    坏：
        id: I20  # 本部门十二个事项，此前零材料的有 I19 和 I20 两个
        materials: [{use: M01}, {use: M04}, {use: M09}]
    好：
        id: I20
        materials: [{use: M01}, {use: M05}]
    """
    for code, items in context.items_of.items():
        if len(items) < FEWEST_FOR_SHARE or code not in context.catalog.departments:
            continue
        zero = sum(not any(_submitted(context, m) for _, _, m in context.asked(item)) for item in items)
        if zero * 10 < len(items):
            yield finding(
                (),
                f"{len(items)} 个事项中零材料的只有 {zero} 个，不到 10%。",
                f"Only {zero} of {len(items)} items need no material but the form, fewer than 10 %.",
                record=("department", code),
            )


def more_materials_than_before(context: Context, item: Item, old: ItemSummary) -> Iterator[Finding]:
    """材料比上一版多 / More materials than before

    新版本的申请材料比上一版多。
    The new version asks for more materials than the last one.

    改版应当减材料；确需增加的要有依据并说明理由。
    A new version should ask for less; more needs a basis and a reason.

    来源：湖北省随州市（2018）：材料减少40%以上

    坏：
        # 上一版：M01、M03、M04、M05
        materials: [{use: M01}, {use: M03}, {use: M04}, {use: M05}, {use: M09}]
    好：
        materials: [{use: M01}, {use: M03}]
    """
    if len(item.materials) > len(old.materials):
        known = {use.material for use in old.materials}
        added = [str(m.name) for _, use, m in context.uses(item) if use.material not in known]
        yield finding(
            ("materials",),
            f"申请材料由 {len(old.materials)} 份增加到 {len(item.materials)} 份（新增：{'、'.join(added)}）。",
            f"The materials have grown from {len(old.materials)} to {len(item.materials)}.",
        )


def unknown_question_or_answer() -> Iterator[Finding]:
    """条件里的问题或答案不存在 / Unknown question or answer

    条件用了没有声明的情形，或不可能的答案。
    A condition names a fact that no question declares, or an answer that cannot be given.

    这样的条件永远不会成立，材料和环节会悄悄漏掉。
    Such a condition never holds, and materials and steps silently drop out.

    来源：定义的一致性：条件只能用声明过的情形

    坏：
        id: I01
        questions: [{id: by_agent, ask: 是否委托代理人, type: boolean}]
        materials: [{use: M01}, {use: M03}, {use: M04, when: {fact: by_agent, is: 是}}]
    好：
        id: I01
        questions: [{id: by_agent, ask: 是否委托代理人, type: boolean}]
        materials: [{use: M01}, {use: M03}, {use: M04, when: {fact: by_agent, is: true}}]
    """
    yield from ()


def _same_as(material: Material) -> Iterator[str]:
    # What an item of the theme issues is a new document, even if it bears the name of an old one.
    if not material.result_of:
        yield "name:" + same_name_key(str(material.name))
        if material.elicence:
            yield "elicence:" + material.elicence


def _pairs(group: Mapping[str, None], context: Context) -> Iterator[tuple[str, str]]:
    codes = [code for code in context.catalog.materials if code in group] if len(group) > 1 else []
    for other in codes[1:]:
        yield codes[0], other


def _submitted(context: Context, material: Material) -> bool:
    """Whether the applicant hands it in beside the form."""
    return not (material.is_form or material.obtained or material.result_of)
