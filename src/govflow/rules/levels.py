"""Consistency across levels 三级八同 (group X): eight elements of an item agree with the level above.

Compared are local variants with their standard item, and items that share a basic code with the next level above.
An element that is empty on one side is reported once, by GF-X10.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

from govflow.language.model import Item, Step, steps_of
from govflow.rules.context import LEVELS, Context
from govflow.rules.types import Finding, finding
from govflow.rules.wording import same_name_key
from govflow.text import Text, joined

_HERE = re.compile(r"本(?:省|自治区|市|州|县|区|镇|乡|街道|村)(?:行政区域|辖区|范围|境)?内?")


def level_name(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """上下级名称不同 / Name differs between levels

    事项名称与上级标准不同。
    The name differs from the standard item above.

    同一事项在各级应当叫同一个名字。
    One item bears one name at every level.

    来源：湖北省“三级八同”：名称、设定依据、办件类型、受理要求、申请材料、办理流程、法定办结时限、结果样本等要素基本统一

    坏：
        name: 企业设立登记
    好：
        name: 公司设立登记
    """
    if _key(item.name) != _key(above.name):
        yield finding(
            ("name",),
            f"名称“{item.name}”与{above.level} {above.code}“{above.name}”不同。",
            f"The name differs from {above.code} at the level above.",
        )


def level_basis(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """上下级依据不同 / Basis differs between levels

    设定依据与上级标准不同。
    The legal basis differs from the standard item above.

    依据不同，就不是同一个事项。
    With another basis it is another item.

    来源：湖北省“三级八同”：设定依据

    坏：
        basis: [{id: law, law: 公司法, article: 第二十九条, kind: 法律}]
    好：
        basis: [{id: law, law: 市场主体登记管理条例, article: 第十六条, kind: 行政法规}]
    """
    here = {(basis.law, basis.article) for basis in item.basis}
    there = {(basis.law, basis.article) for basis in above.basis}
    if here and there and here != there:
        odd = joined(sorted(f"{law}{article or ''}" for law, article in here ^ there))
        yield _differs("basis", Text("设定依据", "The basis differs from"), above, Text(f"：{odd}", f": {odd.en}"))


def level_case_type(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """上下级办件类型不同 / Case type differs between levels

    办件类型与上级标准不同。
    The case type differs from the standard item above.

    同一事项不应在这里当场办、在那里等几天。
    The same item is not done on the spot here and in days there.

    来源：湖北省“三级八同”：办件类型

    坏：
        case_type: 即办件
        limits: {promised: {within: 0 workdays, from: accepted}}
    好：
        case_type: 承诺件
    """
    if item.case_type and above.case_type and item.case_type != above.case_type:
        yield finding(
            ("case_type",),
            f"办件类型是{item.case_type}，{above.level} {above.code} 是{above.case_type}。",
            f"The case type differs from {above.code}.",
        )


def level_conditions(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """上下级受理条件不同 / Conditions differ between levels

    受理条件与上级标准不同（“本市”“本县”一类的地名除外）。
    The acceptance conditions differ from the standard item above (beyond words such as “本市”, “本县”).

    各级自己加条件，就没有同一标准。
    If each level adds conditions, there is no common standard.

    来源：湖北省“三级八同”：受理要求

    坏：
        conditions: [有符合规定的名称和住所, 在本县缴纳税款一年以上]
    好：
        conditions: [有符合规定的名称和住所]
    """
    here, there = _conditions(item), _conditions(above)
    if here and there and set(here) != set(there):
        more = [text for key, text in here.items() if key not in there]
        less = [text for key, text in there.items() if key not in here]
        said = "；".join([f"多“{text}”" for text in more] + [f"少“{text}”" for text in less])
        said_more = Text(f"：{said}", f": {len(more)} more, {len(less)} fewer")
        yield _differs("conditions", Text("受理条件", "The conditions differ from"), above, said_more)


def level_more_materials(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """比上级多要材料 / More materials than the level above

    要的材料比上级标准多。
    More materials are asked than by the standard item above.

    下级可以减材料，不得自行增加。
    A lower level may ask for less, never for more.

    来源：重庆市（2017）：除办事指南明确的条件外，不得自行增加办事要求

    坏：
        materials: [{use: M01}, {use: M03}, {use: M04}, {use: M05}, {use: M09}]
    好：
        materials: [{use: M01}, {use: M03}, {use: M04}, {use: M05}]
    """
    yield from _materials_beyond(context, item, above, above, Text("多", "more"))


def level_fewer_materials(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """比上级少要材料 / Fewer materials than the level above

    另行编写的事项要的材料比上级标准少。
    An item written out at this level asks for fewer materials than the standard item above.

    减材料是允许的，但要看清是有意减少还是漏写；地方变体用 without 写明的不报告。
    Asking for less is allowed, but may be an omission; a variant that says so (`without`) is not reported.

    来源：湖北省随州市（2018）：材料减少40%以上

    坏：
        materials: [{use: M01}, {use: M03}, {use: M05}]
    好：
        materials: [{use: M01}, {use: M03}, {use: M04}, {use: M05}]
    """
    if item.baseline is None:
        yield from _materials_beyond(context, above, item, above, Text("少", "fewer"))


def level_flow(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """上下级流程不同 / Flow differs between levels

    环节名称或顺序与上级标准不同。
    The names or the order of the steps differ from the standard item above.

    同一事项走同一流程，办件才能跨级比较。
    Cases can be compared across levels only if they take the same way.

    来源：湖北省“三级八同”：办理流程

    坏：
        flow:
          - accept: {role: window}
          - review: {name: 初审, role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - deliver: {role: window}
    好：
        flow:
          - accept: {role: window}
          - review: {role: reviewer}
          - decide: {role: head, refuse: {remedies: [行政复议, 行政诉讼]}}
          - issue: {role: window}
          - deliver: {role: window}
    """
    here, there = [_key(step.name) for step in _steps(item)], [_key(step.name) for step in _steps(above)]
    if here != there:
        names = joined(str(step.name) for step in _steps(above))
        yield _differs("flow", Text("流程", "The steps differ from those of"), above, Text(f"；上级是：{names}"))


def level_statutory_limit(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """上下级法定时限不同 / Statutory limit differs between levels

    法定办结时限与上级标准不同。
    The statutory limit differs from the standard item above.

    法律只有一个期限；承诺时限可以更短，法定时限不能不同。
    The law has one limit; a promise may be shorter, the statutory limit cannot differ.

    来源：湖北省“三级八同”：法定办结时限

    坏：
        limits: {statutory: {within: 15 workdays, from: accepted, basis: law}}
    好：
        limits: {statutory: {within: 10 workdays, from: accepted, basis: law}}
    """
    here, there = item.limits.statutory, above.limits.statutory
    if (here.within if here else None) != (there.within if there else None):
        own, theirs = (limit.within.text() if limit else "无" for limit in (here, there))
        yield finding(
            ("limits", "statutory"),
            f"法定办结时限是 {own}，{above.level} {above.code} 是 {theirs}。",
            f"The statutory limit differs from that of {above.code}.",
        )


def level_result_sample(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """上下级结果样本不同 / Result sample differs between levels

    办理结果或样本与上级标准不同。
    A result or its sample differs from the standard item above.

    同一事项发同样的证。
    The same item issues the same licence.

    来源：湖北省“三级八同”：结果样本

    坏：
        results: [{id: licence, name: 营业执照, kind: 证照, valid_for: 长期, elicence: 营业执照电子证照, sample: own.pdf}]
    好：
        results: [{id: licence, name: 营业执照, kind: 证照, valid_for: 长期, elicence: 营业执照电子证照, sample: samples/licence.pdf}]
    """
    here = {(_key(result.name), result.sample) for result in item.results}
    there = {(_key(result.name), result.sample) for result in above.results}
    if here and there and here != there:
        yield _differs("results", Text("结果或样本", "The results or their samples differ from those of"), above)


def level_element_empty(context: Context, item: Item, above: Item) -> Iterator[Finding]:
    """一级有一级没有 / Filled at one level, empty at another

    设定依据、受理条件或办理结果在一级有、在另一级没有。
    Basis, conditions or results are filled at one level and empty at another.

    多半是漏写，而不是真的没有。
    It is more often left out than truly absent.

    来源：湖北省“三级八同”：各要素基本统一

    坏：
        results: none
    好：
        results: [{id: licence, name: 营业执照, kind: 证照, valid_for: 长期, elicence: 营业执照电子证照, sample: samples/licence.pdf}]
    """
    for key, zh, here, there in (
        ("basis", "设定依据", item.basis, above.basis),
        ("conditions", "受理条件", item.conditions, above.conditions),
        ("results", "办理结果", item.results, above.results),
    ):
        if bool(here) != bool(there):
            where = "这里有，上级没有" if here else "上级有，这里没有"
            yield finding(
                (key,),
                f"{zh}（{key}）{where}（{above.level} {above.code}）。",
                f"The {key} are {'filled here and empty' if here else 'empty here and filled'} at {above.code}.",
            )


def elements(context: Context, item: Item) -> str:
    """A digest of all that these rules compare: items with one digest agree; empty where nothing is compared."""
    if not item.basic or item.level not in LEVELS:
        return ""
    statutory = item.limits.statutory
    compared = (
        _key(item.name),
        item.case_type,
        sorted({f"{basis.law} {basis.article}" for basis in item.basis}),
        sorted(_conditions(item)),
        sorted(_materials(context, item)),
        [_key(step.name) for step in _steps(item)],
        statutory.within.text("en") if statutory else "",
        sorted({f"{_key(result.name)} {result.sample}" for result in item.results}),
    )
    return hashlib.blake2b(repr(compared).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _differs(key: str, what: Text, above: Item, more: Text | None = None) -> Finding:
    """The finding that this element is not as in the item above; `more` ends its sentence."""
    zh, en = (more.zh, more.en) if more else ("", "")
    return finding((key,), f"{what.zh}与{above.level} {above.code} 不同{zh}。", f"{what.en} {above.code}{en}.")


def _materials_beyond(context: Context, item: Item, other: Item, above: Item, word: Text) -> Iterator[Finding]:
    """The finding that the item asks for materials that the other one does not."""
    known = _materials(context, other)
    names = [name for code, name in _materials(context, item).items() if code not in known]
    if names:
        zh = f"比{above.level} {above.code} {word.zh}要 {len(names)} 份材料：{'、'.join(names)}。"
        en = f"{len(names)} {word.en} material(s) than {above.code}: {', '.join(names)}."
        yield finding(("materials",), zh, en)


def _key(name: object) -> str:
    return same_name_key(str(name))


def _conditions(item: Item) -> dict[str, str]:
    return {_condition_key(text): text for text in item.conditions}


@lru_cache(maxsize=1 << 12)
def _condition_key(text: str) -> str:
    return same_name_key(_HERE.sub("本地", text))


def _materials(context: Context, item: Item) -> dict[str, str]:
    return {material.code: str(material.name) for _, _, material in context.uses(item)}


def _steps(item: Item) -> list[Step]:
    return list(steps_of(item.flow))
