"""Any definition, for Hypothesis: items of any flow, themes of any prerequisites, names of any length."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from govflow.language.conditions import Fact
from govflow.language.model import (
    Block,
    Catalog,
    Commitment,
    Item,
    Joint,
    Shelf,
    SpecialProcedure,
    Stage,
    Step,
    ThemeItem,
    TimeLimit,
    Together,
)
from govflow.law.clocks import Limit
from govflow.text import Text
from tests import catalogs

YES = Fact("asked", "is", True)
LIMITS = st.sampled_from(["0 workdays", "0.5 workday", "1 workday", "20 workdays", "3 months", "30 natural days"])


@st.composite
def steps(draw: st.DrawFn, name: str) -> Step:
    """One step of any kind, with or without limit, silence, condition and special procedure."""
    within = draw(st.none() | LIMITS)
    return catalogs.step(
        name,
        draw(st.sampled_from(["review", "consult", "visit", "test", "publicise", "pay"])),
        draw(st.sampled_from(["D01", "D02", "D03"])),
        within=Limit.parse(within) if within else None,
        silence=draw(st.sampled_from([None, "no_objection"])),
        when=draw(st.sampled_from([None, YES])),
        procedure=draw(st.sampled_from([None, None, "look"])),
        name=Text.of("审" * draw(st.integers(1, 24))),
    )


@st.composite
def parts(draw: st.DrawFn, name: str, depth: int = 0) -> Block:
    """A step, or branches of parts that run together."""
    if depth == 2 or draw(st.integers(0, 3)):
        return draw(steps(name))
    rows = [
        tuple(draw(parts(f"{name}-{b}-{n}", depth + 1)) for n in range(draw(st.integers(1, 2))))
        for b in range(draw(st.integers(1, 3)))
    ]
    return Together(tuple(rows))


@st.composite
def items(draw: st.DrawFn, code: str) -> Item:
    """Any item: any flow, with and without decision, commitment and limits."""
    before = [draw(parts(f"a{n}")) for n in range(draw(st.integers(0, 3)))]
    decide = [catalogs.step("decide", "decide", role="head")] if draw(st.booleans()) else []
    after = [draw(parts(f"z{n}")) for n in range(draw(st.integers(0, 2)))]
    return catalogs.item(
        code,
        promised=draw(LIMITS),
        department=draw(st.sampled_from(["D01", "D02", "D03"])),
        flow=(catalogs.step("accept", "accept"), *before, *decide, *after, catalogs.step("deliver", "deliver")),
        special_procedures=(SpecialProcedure("look", "现场核查", draw(st.none() | LIMITS.map(Limit.parse)), ()),),
        commitment=draw(
            st.sampled_from([None, Commitment("", "", Limit.parse("60 workdays")), Commitment("", "", None)])
        ),
    )


@st.composite
def themes(draw: st.DrawFn) -> Catalog:
    """Any theme: any prerequisites without circle, in stages or not, handed out together or not."""
    codes = [f"I{n}" for n in range(draw(st.integers(1, 7)))]
    entries = [
        ThemeItem(
            code,
            tuple(draw(st.sets(st.sampled_from(codes[:n]), max_size=3))) if n else (),
            held_when=draw(st.sampled_from([None, YES])),
        )
        for n, code in enumerate(codes)
    ]
    cut = draw(st.integers(0, len(codes)))
    staged = 0 < cut < len(codes)
    stages = (
        Stage("one", Text.of("第一阶段"), "D01", tuple(codes[:cut])),
        Stage("two", Text.of("第二阶段"), "D02", tuple(codes[cut:])),
    )
    theme = catalogs.theme(
        *entries,
        stages=stages if staged else (),
        joint=Joint(hand_out=draw(st.sampled_from(["together", "as_ready"]))),
        promised=draw(st.none() | LIMITS.map(lambda text: TimeLimit(Limit.parse(text), "accepted"))),
    )
    return catalogs.catalog([draw(items(code)) for code in codes], themes=[theme])


SIGNS = "许可审批建设工程消防验收备案登记食品经营（）、：·“”—A4"
WORDS = st.sampled_from(
    ["a", "of", "permit", "Construction", "WWWW", "large-scale", "examination/acceptance", "re-registration"]
)
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitaen"


@st.composite
def names(draw: st.DrawFn) -> Text:
    """A name in both languages, up to 90 Chinese signs and 20 English words."""
    english = draw(st.lists(WORDS | st.just(LONG_WORD), min_size=1, max_size=20))
    return Text(draw(st.text(SIGNS, min_size=1, max_size=90)), " ".join(english))


@st.composite
def long_named(draw: st.DrawFn, catalogs_drawn: st.SearchStrategy[Catalog]) -> Catalog:
    """A catalogue in which every name that an author writes is drawn anew."""
    found = draw(catalogs_drawn)

    def flow(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(
            Together(tuple(flow(row) for row in each.branches))
            if isinstance(each, Together)
            else replace(each, name=draw(names()))
            for each in blocks
        )

    items = [replace(each, name=draw(names()), flow=flow(each.flow)) for each in found.items.values()]
    themes = [
        replace(theme, name=draw(names()), stages=tuple(replace(stage, name=draw(names())) for stage in theme.stages))
        for theme in found.themes.values()
    ]
    departments = [replace(each, name=draw(names()), short=draw(names())) for each in found.departments.values()]
    return replace(found, items=Shelf(items), themes=Shelf(themes), departments=Shelf(departments))
