"""One-thing themes 一件事 (group H): what a theme holds, and who leads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from govflow.language.model import FormField, Item, Material, Question, Theme
from govflow.language.satisfiability import Domain, constant, unanswered
from govflow.plan import in_workdays, own_limit, prerequisites, stats, waits_for
from govflow.plan.order import ancestors, cycles
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding
from govflow.rules.wording import same_name_key
from govflow.text import joined

FEWEST_ITEMS = 3
FEWEST_SITUATIONS = 3
LONGEST_WAIT = 10  # workdays, 行政许可法 art. 44


def too_few_items(context: Context, theme: Theme) -> Iterator[Finding]:
    """企业主题不足三个事项 / Enterprise theme with fewer than three items

    面向企业的一件事不到三个事项。
    A theme for enterprises holds fewer than three items.

    一两个事项不是一件事，直接办事项即可。
    One or two items are no theme; they can be applied for as they are.

    来源：沪府办发〔2019〕8号：企业生命周期的100件事（3个以上事项）

    坏：
        items: [{item: I01}, {item: I03, after: [I01]}]
    好：
        items: [{item: I01}, {item: I02, after: [I01]}, {item: I03, after: [I01]}]
    """
    if theme.audience == "enterprise" and len(theme.items) < FEWEST_ITEMS:
        yield finding(
            ("items",),
            f"企业主题只有 {len(theme.items)} 个事项，应有 {FEWEST_ITEMS} 个以上。",
            f"A theme for enterprises needs {FEWEST_ITEMS} items; it has {len(theme.items)}.",
        )


def too_few_situations(context: Context, theme: Theme) -> Iterator[Finding]:
    """个人主题不足三个情形 / Personal theme with fewer than three situations

    面向个人的一件事不到三个办事情形（选择题每个选项算一个）。
    A theme for persons tells apart fewer than three situations (each option of a choice counts).

    情形分得细，每个人才只看到自己要办的。
    The finer the situations, the less each person has to read and to bring.

    来源：沪府办发〔2019〕8号：个人生活的100件事（3个以上办事情形）

    坏：
        audience: person
        questions: [{id: has_licence, ask: 是否已有执照, type: boolean}, {id: food, ask: 是否经营食品, type: boolean}]
        items: [{item: I01, held_when: {fact: has_licence, is: true}}, {item: I03, after: [I01]}]
    好：
        audience: person
        items: [{item: I01, held_when: {fact: has_licence, is: true}}, {item: I03, after: [I01]}]
    """
    if theme.audience != "person":
        return
    count = sum(len(each.options) if each.kind == "choice" else 1 for each in _questions(context, theme).values())
    if count < FEWEST_SITUATIONS:
        yield finding(
            ("questions",),
            f"个人主题只有 {count} 个办事情形，应有 {FEWEST_SITUATIONS} 个以上。",
            f"A theme for persons needs {FEWEST_SITUATIONS} situations; it has {count}.",
        )


def lead_missing() -> Iterator[Finding]:
    """没有牵头部门 / Lead department missing

    主题或阶段没有牵头部门。
    The theme or a stage has no lead department.

    没有牵头的联办，谁都可以等别人。
    Without a lead everybody waits for the others.

    来源：县市并联审批经验：牵头受理、抄告相关、协同审批、限时办结

    坏：
        lead: ""
    好：
        lead: D01
    """
    yield from ()


def single_department(context: Context, theme: Theme) -> Iterator[Finding]:
    """只有一个部门 / One department only

    主题里的事项都属于同一个部门。
    All items of the theme belong to one department.

    一个部门内部的事项合并即可，不需要联办。
    What one department does it can merge by itself.

    来源：江府办函〔2016〕130号：前台多事项一表式申办受理，后台多部门一站式并联办理

    坏：
        items: [{item: I01}, {item: I02, after: [I01]}, {item: I11, after: [I01]}]
    好：
        items: [{item: I01}, {item: I02, after: [I01]}, {item: I03, after: [I01]}]
    """
    departments = {code for _, item in context.entries(theme) for code in (item.department, *item.joint_departments)}
    if len(theme.items) > 1 and len(departments) == 1:
        yield finding(
            ("items",),
            f"所有事项都属于 {next(iter(departments))}，不是跨部门的一件事。",
            f"All items belong to {next(iter(departments))}: no theme of several departments.",
        )


def form_not_merged(context: Context, theme: Theme) -> Iterator[Finding]:
    """表单没有合并 / Form not merged

    主题没有可以合并的申请表，或者同一个表单要素用不同的含义问了两次。
    No form can be merged, or one field of the forms is asked twice under different meanings.

    一表申请要求同一个值只填一次。
    One form for all means that each value is filled in once.

    来源：江府办函〔2016〕130号：整合优化相关审批或服务事项的业务表单和申报材料

    坏：
        materials:
          M01: {fields: [{id: operator, label: 经营者名称, type: text, meaning: operator.name}]}
          M10: {fields: [{id: name, label: 经营者名称, type: text, meaning: shop.name}]}
    好：
        materials:
          M01: {fields: [{id: operator, label: 经营者名称, type: text, meaning: operator.name}]}
          M10: {fields: [{id: name, label: 经营者名称, type: text, meaning: operator.name}]}
    """
    forms: dict[str, Material] = {}
    for _, item in context.entries(theme):
        forms |= {m.code: m for _, _, m in context.uses(item) if m.is_form}
    if len(theme.items) > 1 and not any(form.fields for form in forms.values()):
        yield finding(
            ("items",),
            "各事项的申请表都没有表单要素（fields），无法合并成一张表。",
            "No form of the items has fields, so there is nothing to merge into one form.",
        )
    asked: dict[str, list[tuple[Material, int, FormField]]] = {}
    for form in forms.values():
        for at, field in enumerate(form.fields):
            asked.setdefault(same_name_key(str(field.label)), []).append((form, at, field))
    for same in asked.values():
        meanings = Counter(field.meaning for _, _, field in same)
        usual = meanings.most_common(1)[0][0]
        for form, at, field in same if len(meanings) > 1 else ():
            if field.meaning != usual:
                yield finding(
                    ("fields", at),
                    f"“{field.label}”在别的表格里的含义是 {usual}，这里是 {field.meaning}：会问两次。",
                    f"{str(field.label)!r} means {usual} in other forms and {field.meaning} here: asked twice.",
                    record=("material", form.code),
                )


def no_questions() -> Iterator[Finding]:
    """有可选事项却没有情形题 / Optional items, but no questions

    主题有按情形选办的事项，却没有任何情形题。
    The theme has items that depend on the situation, but asks no question.

    不问，就只能让申请人自己判断要办哪些。
    Without a question applicants must find out by themselves what they need.

    来源：江府办函〔2016〕130号：场景式导航服务

    坏：
        questions: []
    好：
        questions:
          - {id: has_licence, ask: 是否已取得营业执照, type: boolean}
          - {id: sells_food, ask: 是否经营食品, type: boolean}
          - {id: needs_seal, ask: 是否刻制公章, type: boolean}
    """
    yield from ()


def item_never_chosen(context: Context, theme: Theme) -> Iterator[Finding]:
    """答案选不到事项 / An answer without item, an item without answer

    有一组答案一个事项也选不到，或者有的事项怎么答也选不到。
    Some answers choose no item at all, or no answer ever chooses an item.

    走到空路的申请人白填了一遍。
    Who ends in such a path has answered for nothing.

    来源：定义的一致性：每个事项都有答案能选到，每组答案都能选到事项

    坏：
        items:
          - {item: I01}
          - {item: I02, after: [I01], when: {all: [{fact: sells_food, is: true}, {fact: sells_food, is: false}]}}
          - {item: I03, after: [I01]}
    好：
        items:
          - {item: I01}
          - {item: I02, after: [I01], when: {fact: sells_food, is: true}}
          - {item: I03, after: [I01]}
    """
    domains = {fact: Domain.of(question) for fact, question in _questions(context, theme).items()}
    conditions = [(at, entry.when) for at, entry in enumerate(theme.items) if entry.when is not None]
    never = [at for at, condition in conditions if constant(condition, domains) is False]
    for at in never:
        yield finding(
            ("items", at, "when"),
            f"事项 {theme.items[at].item} 怎么回答也选不到。",
            f"No answer ever chooses the item {theme.items[at].item}.",
        )
    if never or len(conditions) < len(theme.items):
        return
    answers = unanswered([condition for _, condition in conditions], domains)
    if answers is not None:
        shown = joined(f"{fact}={value}" for fact, value in answers.items())
        yield finding(("items",), f"回答 {shown} 时一个事项也选不到。", f"With {shown.en} no item is chosen.")


def needless_chain(context: Context, theme: Theme) -> Iterator[Finding]:
    """不必要的串联 / Needless chain

    所有事项一个接一个，其中有的后一事项并不用前一事项的结果。
    The items form one chain, although some item does not use the result of the one before it.

    没有数据依赖就可以并联，少等一段时间。
    Where no result flows, the items can run in parallel, and time is saved.

    来源：县市并联审批经验：以往串联审批存在时间冗长，改为并联

    坏：
        # I03 不用 I02 的结果
        limits: {promised: {within: 15 workdays, from: accepted}}
        items: [{item: I01}, {item: I02, after: [I01]}, {item: I03, after: [I02]}]
    好：
        items: [{item: I01}, {item: I02, after: [I01]}, {item: I03, after: [I01]}]
    """
    before = context.before(theme)
    order = sorted(before, key=lambda code: len(before[code]))
    if len(order) < FEWEST_ITEMS or any(len(before[code]) != at for at, code in enumerate(order)):
        return
    needs = {item.code: _issuers(context, item) for _, item in context.entries(theme)}
    places = {context.code_of(entry.item): at for at, entry in enumerate(theme.items)}
    for first, second in pairwise(order):
        if first not in needs.get(second, frozenset()):
            yield finding(
                ("items", places[second], "after"),
                f"{second} 不用 {first} 的结果，可以与它并联办理。",
                f"{second} does not use the result of {first}: they can run in parallel.",
            )
            return


def too_little_saved(context: Context, theme: Theme) -> Iterator[Finding]:
    """材料没有减少一半 / Materials not halved

    申请人提交的材料超过各事项材料之和的一半。
    The applicant hands in more than half of the sum of all items' materials.

    一件事的好处要看得见：材料平均减少一半。
    The gain of a theme must show: half the materials on average.

    来源：沪府办发〔2019〕8号：申请人实际提交材料平均减少一半

    坏：
        id: I02  # 主题里还有 I01：M01、M03、M04、M05
        materials: [{use: M10}, {use: M03}, {use: M04}, {use: M07}]
        ---
        id: I03
        materials: [{use: M09}]
    好：
        id: I02
        materials: [{use: M10}, {use: M02}, {use: M04}, {use: M05}]
    """
    if len(theme.items) < 2 or cycles(waits_for(theme, context.catalog)):
        return
    numbers = stats(theme, context.catalog)["materials"]
    assert isinstance(numbers, Mapping)
    gross, submitted = numbers["gross"], numbers["submitted"]
    if submitted * 2 > gross:
        yield finding(
            ("items",),
            f"各事项材料共 {gross} 份，合并后仍要提交 {submitted} 份，超过一半。",
            f"Of {gross} materials {submitted} must still be handed in, more than half.",
        )


def item_out_of_use(context: Context, theme: Theme) -> Iterator[Finding]:
    """含停用的事项 / Item out of use

    主题里有已暂停或取消的事项。
    The theme holds an item that is paused or cancelled.

    停用的事项不能受理，一件事就办不成。
    Such an item accepts no case, so the theme cannot be done.

    来源：江府办函〔2016〕130号：行政审批事项目录及事项标准动态管理

    坏：
        id: I03
        state: 暂停
    好：
        id: I03
        state: 在用
    """
    for at, item in context.entries(theme):
        if item.state in ("暂停", "取消") and theme.state == "在用":
            yield finding(
                ("items", at, "item"),
                f"事项 {item.code}“{item.name}”已{item.state}。",
                f"Item {item.code} is out of use ({item.state}).",
            )


def visits_not_joined(context: Context, theme: Theme) -> Iterator[Finding]:
    """可以联合踏勘 / Visits could be joined

    几个并行的事项各自到现场核查，没有合并成联合踏勘。
    Items that run in parallel each visit the premises, and the visits are not joined.

    同一处场所一次看完，企业少接待几次。
    One visit to the same premises is enough.

    来源：县市“一条龙”审批经验：联合踏勘

    坏：
        id: I02
        flow: [accept, {visit: {staff: 2, within: 2 workdays}}, {decide: {refuse: {remedies: [行政复议]}}}, deliver]
        ---
        id: I03
        flow: [accept, {visit: {staff: 2, within: 2 workdays}}, {decide: {refuse: {remedies: [行政复议]}}}, deliver]
    好：
        id: I02
        flow: [accept, {visit: {staff: 2, within: 2 workdays}}, {decide: {refuse: {remedies: [行政复议]}}}, deliver]
    """
    joined = {context.code_of(ref) for visit in theme.joint.visits for ref in visit.items}
    before = context.before(theme)
    alone = [
        item.code
        for _, item in context.entries(theme)
        if item.code not in joined and any(step.kind == "visit" for _, step in context.steps(item))
    ]
    together = [one for one in alone if any(_parallel(before, one, other) for other in alone if other != one)]
    if together:
        yield finding(
            ("joint",),
            f"事项 {'、'.join(together)} 都要到现场，可以联合踏勘（joint.visits）。",
            f"The items {', '.join(together)} each visit the premises: join the visits (joint.visits).",
        )


def hand_out_waits(context: Context, theme: Theme) -> Iterator[Finding]:
    """一口发证等得太久 / One hand-out waits too long

    一口发证，但先办完的事项要等最慢的事项超过 10 个工作日。
    All results are handed out together, but the first waits for the last more than 10 workdays.

    许可决定作出后十日内要送达，等齐了再发会超期。
    A licence must be delivered within ten days of its decision; to wait for all breaks that limit.

    来源：行政许可法第四十四条：应当自作出决定之日起十日内向申请人颁发、送达行政许可证件

    坏：
        joint: {hand_out: together}
        limits: {promised: {within: 25 workdays, from: accepted}}
        ---
        id: I03
        limits: {promised: {within: 16 workdays, from: accepted}}
    好：
        joint: {hand_out: as_ready}
        limits: {promised: {within: 25 workdays, from: accepted}}
        ---
        id: I03
        limits: {promised: {within: 16 workdays, from: accepted}}
    """
    needs = prerequisites(theme, context.catalog)
    if theme.joint.hand_out != "together" or cycles(needs):
        return
    every = _ends(needs, context)
    ends = {item.code: every[item.code] for _, item in context.entries(theme) if item.results}
    if not ends:
        return
    first, last = min(ends, key=lambda code: ends[code]), max(ends, key=lambda code: ends[code])
    wait = ends[last] - ends[first]
    if wait > LONGEST_WAIT:
        yield finding(
            ("joint", "hand_out"),
            f"一口发证：{first} 办完后要等 {last} {wait:g} 个工作日，超过 {LONGEST_WAIT} 个；可改为 as_ready。",
            f"All are handed out together: {first} waits {wait:g} workdays for {last}, more than {LONGEST_WAIT}.",
        )


def _questions(context: Context, theme: Theme) -> dict[str, Question]:
    asked = {question.id: question for _, item in context.entries(theme) for question in item.questions}
    return asked | {question.id: question for question in theme.questions}


def _issuers(context: Context, item: Item) -> frozenset[str]:
    issuers = (context.issuer(material) for _, _, material in context.uses(item))
    return frozenset(issuer for issuer in issuers if issuer)


def _parallel(before: Mapping[str, frozenset[str]], one: str, other: str) -> bool:
    return one not in before.get(other, ()) and other not in before.get(one, ())


def _ends(needs: Mapping[str, tuple[str, ...]], context: Context) -> dict[str, float]:
    """Workdays from the unified acceptance until each item's promise ends; there is no cycle in `needs`."""
    before = ancestors(needs)
    ends: dict[str, float] = {}
    for code in sorted(needs, key=lambda each: len(before[each])):
        own = float(in_workdays(own_limit(context.catalog.items[code])))
        ends[code] = own + max((ends[each] for each in needs[code]), default=0.0)
    return ends
