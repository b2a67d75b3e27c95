"""A theme or an item as the block tree of its case: acceptance, joint handling, hand-out, post-checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from govflow.compiler.blocks import (
    CALL,
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
    Compiled,
    Element,
    Intake,
    Lane,
    Network,
    Process,
    Purpose,
    Row,
    Scope,
    Vertex,
    elements,
)
from govflow.compiler.item_flow import WINDOW, handling
from govflow.compiler.timers import files, short_name, timer, timer_group
from govflow.errors import InvalidInput, NotFound
from govflow.language.lookup import find_subject
from govflow.language.model import (
    Catalog,
    Item,
    Stage,
    Step,
    Theme,
    ThemeItem,
    Together,
)
from govflow.language.xml_names import ncname
from govflow.plan import terms
from govflow.plan.terms import ClockSpec
from govflow.text import Lang, Text
from govflow.vocabulary import Window

APPLICANT = "applicant"


def process_from(ref: str, catalog: Catalog) -> Compiled:
    """The processes of the theme or item with this slug or code.

    Raises NotFound for an unknown reference and InvalidInput for prerequisites that run in a circle.
    """
    subject = find_subject(catalog, ref)
    return _unique(_theme(subject, catalog) if isinstance(subject, Theme) else _item_case(subject, catalog))


def _unique(compiled: Compiled) -> Compiled:
    """Ids come from codes and slugs; two that differ only in signs would become one, and is refused here."""
    seen: set[str] = set()
    for process in compiled.processes:
        for element, _ in elements(process.tree):
            if element.id in seen:
                raise InvalidInput(
                    Text(
                        f"{compiled.ref}：标识 {element.id} 出现两次，请改环节、阶段或事项的标识",
                        f"{compiled.ref}: the id {element.id} arises twice; rename a step, a stage or an item",
                    ),
                    element=element.id,
                )
            seen.add(element.id)
    return compiled


def _theme(theme: Theme, catalog: Catalog) -> Compiled:
    items = [_item(each.item, theme, catalog) for each in theme.items]
    lead = theme.lead
    window = Lane(
        WINDOW,
        Text(
            f"综合窗口（{short_name(catalog, lead)}牵头）",
            f"General window (lead: {short_name(catalog, lead).text(Lang.EN)})",
        ),
    )
    departments = dict.fromkeys(item.department for item in items)
    node = Element(
        "s_joint", SUB, Text("并联审批", "Joint handling"), WINDOW, department=lead,
        note="各部门并联审批；部门变更须由牵头部门协调", facts=(("lead", lead), ("refusal", theme.joint.refusal)),
        purpose=Purpose.JOINT,
    )  # fmt: skip
    joint = Scope(node, _joint(theme, catalog), timer_group("theme", node, terms.joint_clocks(theme)), over=True)
    together = theme.joint.hand_out == "together"
    tree = _case(catalog, theme, "一口受理", joint, items, items if together else [])
    facts = (("theme", theme.code), ("lead", lead), *files(theme.file))
    main = Process(
        f"P_{theme.code}", theme.name, f"{theme.name}：{len(items)}个事项，{len(departments)}个部门", tree,
        _lanes(catalog, window, departments), theme.name, facts,
    )  # fmt: skip
    called = (_called(item, catalog, deliver=not together) for item in items)
    return Compiled(theme.code, (main, *called), theme.file)


def _item(code: str, theme: Theme, catalog: Catalog) -> Item:
    try:
        return catalog.items[code]
    except KeyError:
        raise NotFound(
            Text(f"主题 {theme.code} 引用的事项 {code} 不存在", f"theme {theme.code} names the unknown item {code}"),
            item=code,
        ) from None


def _called(item: Item, catalog: Catalog, deliver: bool) -> Process:
    facts = (("item", item.code), ("department", item.department), *files(item.file))
    return Process(
        f"P_{item.code}_handling", Text(f"{item.name}·办理", f"{item.name.text(Lang.EN)}: handling"),
        f"{item.name}：受理之后、送达之前的办理环节",
        handling(item, catalog, deliver=deliver), facts=facts,
    )  # fmt: skip


def _item_case(item: Item, catalog: Catalog) -> Compiled:
    node = _scope_element(item, SUB, item.department)
    scope = Scope(
        node, handling(item, catalog, lanes=True), timer_group(item.code, node, terms.decision_clocks(item)), over=True
    )
    tree = _case(catalog, terms.theme_of_one(item), "受理", scope, [item], [item])
    window = Lane(WINDOW, Window.of(item.channels.window or Window.GENERAL).name_text)
    departments = dict.fromkeys([item.department, *_asked(item)])
    facts = (("item", item.code), ("department", item.department), *files(item.file))
    main = Process(
        f"P_{item.code}", item.name, f"{item.name}：单独办理", tree, _lanes(catalog, window, departments),
        item.name, facts,
    )  # fmt: skip
    return Compiled(item.code, (main,), item.file)


def _asked(item: Item) -> Iterator[str]:
    """The departments that steps of the item name, in their order."""
    open_parts = list(reversed(item.flow))
    while open_parts:
        part = open_parts.pop()
        if isinstance(part, Step):
            yield from part.departments[:1]
        elif isinstance(part, Together):
            open_parts.extend(step for branch in reversed(part.branches) for step in reversed(branch))


def _lanes(catalog: Catalog, window: Lane, departments: Iterable[str]) -> tuple[Lane, ...]:
    return (
        Lane(APPLICANT, Text("申请人", "Applicant")),
        window,
        *(Lane(code, short_name(catalog, code)) for code in departments),
    )


def _case(
    catalog: Catalog, theme: Theme, accept: str, scope: Scope, items: Sequence[Item], handed_out: Sequence[Item]
) -> Row:
    """A whole case: intake, the scope that decides, the hand-out and the checks after it."""
    blocks: list[Block] = [Activity(Element("e_start", START, Text("申请", "Application"), APPLICANT))]
    blocks.append(_intake(theme, catalog, accept))
    blocks.append(scope)
    if handed_out:
        task = _window_task("t_hand_out", Purpose.HAND_OUT, Text("统一发证、送达", "Hand out"), theme.lead)
        blocks.append(Activity(task, timer_group("hand_out", task, [terms.hand_out_clock(handed_out)])))
    for item in items:
        check = terms.drawn_post_check(item)
        if check is not None:
            blocks.append(_post_check(item, check, catalog))
    blocks.append(Activity(Element("e_done", END, Text("办结", "Done"), APPLICANT)))
    return Row(tuple(blocks))


def _window_task(id: str, purpose: Purpose, name: Text, lead: str) -> Element:
    facts = (("department", lead), ("role", "window"), ("candidateGroups", f"{lead}:window"))
    return Element(id, USER, name, WINDOW, department=lead, role="window", note=f"{name}：窗口办理", facts=facts,
                   purpose=purpose)  # fmt: skip


def _intake(theme: Theme, catalog: Catalog, accept: str) -> Intake:
    lead, rule = theme.lead, terms.correction_rule(theme, catalog)
    asked, waits = terms.notice_clock(theme, catalog), terms.correction_clock(theme, catalog)
    task = _window_task("t_accept", Purpose.ACCEPT, Text(accept, "Accept"), lead)
    supplement = Element(
        "t_supplement", USER, Text("补正材料", "Supplement"), APPLICANT, role="applicant",
        note=f"申请人在{rule.within.text('zh')}内一次补正",
        facts=(("role", "applicant"), ("candidateGroups", "applicant"), ("limit", rule.within.text("zh"))),
        purpose=Purpose.SUPPLEMENT,
    )  # fmt: skip
    # 逾期不告知的，自收到申请材料之日起即为受理 (行政许可法 art. 32): time itself accepts.
    missed = rule.missed.name_text
    lapse = Element("e_deemed_withdrawn", END, Text(missed.zh, missed.en.capitalize()), APPLICANT)
    return Intake(
        received=Element("g_received", EXCLUSIVE, Text.of(""), WINDOW),
        accept=Activity(
            task, timer_group("accept", task, [asked], due=False), timer("accept", task, asked, "due", interrupting=True)
        ),
        decide=Element("g_intake", EXCLUSIVE, Text("受理审查", "Accept?"), WINDOW, department=lead),
        refused=Element("e_not_accepted", END, Text("不予受理", "Not accepted"), WINDOW, department=lead),
        supplement=Activity(
            supplement, timer_group("supplement", supplement, [waits], due=False),
            timer("supplement", supplement, waits, "due", interrupting=True), lapse=lapse,
        ),
        accepted=Element("g_accepted", EXCLUSIVE, Text.of(""), WINDOW),
    )  # fmt: skip


def _post_check(item: Item, clock: ClockSpec, catalog: Catalog) -> Choice:
    code, department = item.code, item.department
    task = Element(
        f"t_{code}_post_check", USER, Text("事后核查", "Post-check"), department, code, None, department, "reviewer",
        note=f"{item.name}：决定后{clock.limit.within.text('zh')}内核查（{short_name(catalog, department)}）",
        purpose=Purpose.POST_CHECK,
        facts=(("department", department), ("role", "reviewer"), ("candidateGroups", f"{department}:reviewer")),
    )  # fmt: skip
    hung = timer_group(code, task, [clock], alert=f"{code}_post_check")
    return Choice(
        Element(f"g_{code}_post_check", EXCLUSIVE, Text("事后核查？", "Post-check?"), WINDOW, code),
        (
            Branch(None, Text("不需要", "not needed")),
            Branch(Activity(task, hung), Text("核查", "checked"), f"post_check_{code}", "down"),
        ),
        Element(f"g_{code}_post_check_done", EXCLUSIVE, Text.of(""), WINDOW, code),
    )


def _scope_element(item: Item, kind: str, lane: str) -> Element:
    limits = item.limits
    facts = [("item", item.code), ("implementation", item.implementation), ("department", item.department)]
    facts += [("promised", limits.promised.within.text("zh"))] if limits.promised else []
    facts += [("statutory", limits.statutory.within.text("zh"))] if limits.statutory else []
    facts += [("materials", ",".join(use.material for use in item.materials))] if item.materials else []
    facts += [("basis", f"{basis.law}{basis.article or ''}") for basis in item.basis]
    return Element(
        f"c_{item.code}", kind, item.name, lane, item.code, department=item.department,
        called=f"P_{item.code}_handling" if kind == CALL else None,
        note=f"{item.name}（{item.type}，{item.case_type}）", facts=(*facts, *files(item.file)), purpose=Purpose.ITEM,
    )  # fmt: skip


def _joint(theme: Theme, catalog: Catalog) -> Block:
    if not theme.stages:
        return _network("joint", theme, [each.item for each in theme.items], catalog)
    staged = {code for stage in theme.stages for code in stage.items}
    loose = [each.item for each in theme.items if each.item not in staged]
    start = Element("e_joint_start", START, Text("并联开始", "Start"), WINDOW, department=theme.lead)
    end = Element("e_joint_end", END, Text("全部办结", "All decided"), WINDOW, department=theme.lead)
    scopes = [
        _stage(stage, theme, [*stage.items, *(loose if stage is theme.stages[-1] else ())], catalog)
        for stage in theme.stages
    ]
    return Row((Activity(start), *scopes, Activity(end)))


def _stage(stage: Stage, theme: Theme, codes: list[str], catalog: Catalog) -> Scope:
    node = Element(
        f"s_{ncname(stage.id)}", SUB, stage.name, WINDOW, department=stage.lead,
        note=f"{stage.name}阶段，{short_name(catalog, stage.lead)}牵头", facts=(("lead", stage.lead),), purpose=Purpose.STAGE,
    )  # fmt: skip
    return Scope(node, _network(f"stage_{ncname(stage.id)}", theme, codes, catalog), over=True)


def _network(stem: str, theme: Theme, codes: list[str], catalog: Catalog) -> Network:
    """The items under their prerequisites; edges that follow from others are not drawn."""
    held = {each.item for each in theme.items}
    if not codes or not set(codes) <= held:
        missing = "、".join(code for code in codes if code not in held) or "无"
        raise InvalidInput(
            Text(
                f"{theme.code} 的 {stem} 应列出主题内的事项，主题外的事项：{missing}",
                f"{theme.code}: {stem} must list items of the theme; not in it: {missing}",
            ),
        )
    entries = [theme.entry(code) for code in codes]
    edges = _reduced([(before, each.item) for each in entries for before in each.after if before in codes], codes)
    sources, targets = [s for s, _ in edges], [t for _, t in edges]
    lead = theme.lead
    vertices = tuple(
        Vertex(
            each.item, _item_node(each, catalog),
            _parallel(f"g_{each.item}_join", each.item, catalog) if targets.count(each.item) > 1 else None,
            _parallel(f"g_{each.item}_split", each.item, catalog) if sources.count(each.item) > 1 else None,
        )
        for each in entries
    )  # fmt: skip
    roots, ends = [c for c in codes if c not in targets], [c for c in codes if c not in sources]
    return Network(
        Element(f"e_{stem}_start", START, Text("开始", "Start"), WINDOW, department=lead),
        Element(f"e_{stem}_end", END, Text("全部办结", "All decided"), WINDOW, department=lead),
        vertices, edges,
        Element(f"g_{stem}_split", PARALLEL, Text.of(""), WINDOW, department=lead) if len(roots) > 1 else None,
        Element(f"g_{stem}_join", PARALLEL, Text.of(""), WINDOW, department=lead) if len(ends) > 1 else None,
    )  # fmt: skip


def _parallel(id: str, code: str, catalog: Catalog) -> Element:
    department = catalog.items[code].department
    return Element(id, PARALLEL, Text.of(""), department, code, None, department)


def _reduced(edges: list[tuple[str, str]], codes: list[str]) -> tuple[tuple[str, str], ...]:
    """The edges without those that a longer way implies. Raises InvalidInput when they run in a circle."""
    unique = list(dict.fromkeys(edges))
    after: dict[str, list[str]] = {code: [t for s, t in unique if s == code] for code in codes}
    reach: dict[str, set[str]] = {}
    try:
        for code in TopologicalSorter(after).static_order():  # what comes after an item is known before the item
            reach[code] = set(after[code]).union(*(reach[target] for target in after[code]))
    except CycleError as error:
        circle = error.args[1]
        raise InvalidInput(
            Text(f"前置事项成环：{'、'.join(circle)}", f"prerequisites run in a circle: {', '.join(circle)}")
        ) from None
    return tuple((s, t) for s, t in unique if not any(t in reach[other] for other in after[s] if other != t))


def _item_node(each: ThemeItem, catalog: Catalog) -> Choice:
    """Every item may be dropped by the applicant, so each hangs behind its own gateway."""
    item = catalog.items[each.item]
    code, department = item.code, item.department
    call = _scope_element(item, CALL, department)
    branches = [
        Branch(
            Activity(call, timer_group(code, call, terms.decision_clocks(item))), Text("办理", "handled"), f"run_{code}"
        )
    ]
    if each.held_when is not None:
        what = str(item.results[0].name) if item.results else str(item.name)
        verify = Element(
            f"t_verify_{code}", USER, Text(f"核验{what}", f"Verify {item.name.text('en')}"), department, code,
            department=department, role="reviewer", note=f"申请人已持有{what}，只核验", purpose=Purpose.VERIFY,
            facts=(("department", department), ("role", "reviewer"), ("candidateGroups", f"{department}:reviewer")),
        )  # fmt: skip
        branches.append(Branch(Activity(verify), Text("核验", "verified"), f"verify_{code}", "up"))
    branches.append(Branch(None, Text("不涉及", "left out"), None, "up"))
    return Choice(
        Element(f"g_{code}", EXCLUSIVE, Text("是否办理？", "Needed?"), department, code, department=department),
        tuple(branches),
        Element(f"g_{code}_done", EXCLUSIVE, Text.of(""), department, code, department=department),
    )
