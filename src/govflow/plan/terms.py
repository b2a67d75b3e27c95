"""Every limit that follows from a definition, each derived by one pure function.

The compiler draws a timer, the engine starts a clock, the guide prints a sentence and a rule compares: all of them ask
here, so that they cannot disagree. A theme's items that the catalog does not hold are left out (a rule reports them).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from govflow.language.conditions import Answers, holds
from govflow.language.model import (
    Catalog,
    CorrectionRule,
    ExtensionRule,
    Item,
    Joint,
    MaterialUse,
    Share,
    SpecialProcedure,
    Step,
    Theme,
    ThemeItem,
    TimeLimit,
    Warn,
)
from govflow.law.clocks import EXTENSION, NOTICE, Limit
from govflow.plan.selection import items_of
from govflow.vocabulary import ClockEffect, ClockKind, Missed

CORRECTION = CorrectionRule(Limit.of(10, "workday"), Missed.WITHDRAWN)
"""The applicant's period where no definition sets one; 行政许可法 art. 32 leaves it to the authority."""

WARNING = Limit.of(2, "workday")
"""How much is left when a clock warns, unless the definition says otherwise."""

GENERAL_EXTENSION = ExtensionRule(EXTENSION, "head", True, "行政许可法第四十二条")

_CORRECTION_EFFECTS = {  # the mildest first
    Missed.WITHDRAWN: ClockEffect.WITHDRAWN,
    Missed.NOT_ACCEPTED: ClockEffect.NOT_ACCEPTED,
    Missed.REFUSED: ClockEffect.REFUSED,
}


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """What a definition says of one clock: which limit it keeps, how early it warns and what follows when it expires.

    `lead` is in whole workdays, as lights are counted, or a share of the limit.
    """

    kind: ClockKind
    limit: TimeLimit
    lead: Warn
    effect: ClockEffect = ClockEffect.ESCALATE


# --- lengths -------------------------------------------------------------------------------------------------------


def in_workdays(limit: Limit | None) -> Decimal:
    """A limit in workdays, for sums and comparisons: natural days count 5/7, a month 21, a year 250, eight hours 1."""
    if limit is None:
        return Decimal(0)
    per = {"workday": "1", "month": "21", "year": "250", "working_hour": "0.125", "hour": "0.125"}
    if limit.unit == "natural_day":
        return (limit.value * 5 / 7).to_integral_value(ROUND_CEILING)
    return limit.value * Decimal(per[limit.unit])


def length_key(limit: Limit) -> tuple[Decimal, int]:
    """Puts limits of any units in order: by `in_workdays`, equal ones by the most calendar days that they can take.

    Which of two limits in different units ends first depends on the day they start (`law.clocks.compare`); a definition
    is compiled once for every start, so the order must not depend on a calendar.
    """
    return in_workdays(limit), limit.upper_bound_days()


@lru_cache(maxsize=1024)  # definitions repeat few limits, cases ask at every step
def warning_lead(within: Limit, warn: Warn | None = None) -> Warn:
    """How long before its end a clock warns: the setting in whole workdays, at most half of the limit; or a share.

    Without the half a short limit would be yellow from its first day.
    """
    if isinstance(warn, Share):
        return warn
    length = within.value / 24 if within.unit == "hour" else in_workdays(within)  # hours run through the night
    return Limit(Decimal(int(min(in_workdays(warn or WARNING), length / 2))), "workday")


def own_limit(item: Item) -> Limit | None:
    """The limit that dates are planned with: the promised one, else the statutory one."""
    limit = item.limits.promised or item.limits.statutory
    return None if limit is None else limit.within


# --- intake --------------------------------------------------------------------------------------------------------


def theme_of_one(item: Item) -> Theme:
    """An item that is applied for on its own, as a theme of one item."""
    return Theme(
        code=item.code, slug=item.slug, name=item.name, audience="enterprise", lead=item.department, questions=(),
        items=(ThemeItem(item.code),), joint=Joint(), promised=None, joint_cap=None,
        correction_notice=item.limits.correction_notice, correction=item.limits.correction, file=item.file,
    )  # fmt: skip


def theme_of(subject: Item | Theme) -> Theme:
    """The theme itself, or an item as a theme of one."""
    return subject if isinstance(subject, Theme) else theme_of_one(subject)


def notice_limit(theme: Theme, catalog: Catalog) -> Limit:
    """How long the authority has to tell what is missing: the theme's own limit, else the strictest of its items.

    One notice serves all items (行政许可法 art. 32), and none of them may be told later than its own limit says.
    """
    if theme.correction_notice is not None:
        return theme.correction_notice
    return min((item.limits.correction_notice for item in items_of(theme, catalog)), key=length_key, default=NOTICE)


def correction_rule(theme: Theme, catalog: Catalog) -> CorrectionRule:
    """How long the applicant has to mend the application, and what missing that means: the theme's own rule.

    Else the longest period of its items with the mildest of their consequences: one correction serves all items, and
    no item takes from the applicant what its own rule leaves.
    """
    if theme.correction is not None:
        return theme.correction
    rules = [item.limits.correction for item in items_of(theme, catalog)]
    if not rules:
        return CORRECTION
    longest = max((rule.within for rule in rules), key=length_key)
    missed = {rule.missed for rule in rules}
    return CorrectionRule(longest, next((each for each in _CORRECTION_EFFECTS if each in missed), rules[0].missed))


def notice_clock(theme: Theme, catalog: Catalog) -> ClockSpec:
    """The one-time notice of what is missing; without it the application counts as accepted (行政许可法 art. 32)."""
    limit = TimeLimit(notice_limit(theme, catalog), "received", "行政许可法第三十二条")
    return _spec(ClockKind.CORRECTION_NOTICE, limit, effect=ClockEffect.DEEMED_ACCEPTANCE)


def correction_clock(theme: Theme, catalog: Catalog) -> ClockSpec:
    """The applicant's period for correction."""
    rule = correction_rule(theme, catalog)
    return _spec(ClockKind.CORRECTION, TimeLimit(rule.within, "notified"), effect=_CORRECTION_EFFECTS[rule.missed])


def gap_limit(uses: Iterable[MaterialUse]) -> Limit | None:
    """How much later one material may come 容缺: the strictest limit of the items that ask for it.

    None where one of them lets it not come later, or none asks for it.
    """
    limits = [use.defer for use in uses]
    allowed = [limit for limit in limits if limit is not None]
    return min(allowed, key=length_key) if allowed and len(allowed) == len(limits) else None


def gap_clock(limit: Limit) -> ClockSpec:
    """The applicant's period for a material that may come later 容缺."""
    return _spec(ClockKind.GAP, TimeLimit(limit, "accepted"))


# --- until the decision --------------------------------------------------------------------------------------------


def joint_clocks(theme: Theme) -> tuple[ClockSpec, ...]:
    """The clocks on the joint handling of a theme: its promise, and the cap of 行政许可法 art. 42."""
    found = [_spec(ClockKind.PROMISED, theme.promised)] if theme.promised is not None else []
    if theme.joint_cap is not None:
        found.append(_spec(ClockKind.JOINT_CAP, TimeLimit(theme.joint_cap, "accepted", "行政许可法第四十二条")))
    return tuple(found)


def decision_clocks(item: Item) -> tuple[ClockSpec, ...]:
    """The clocks on the decision of an item: the promise, then the law."""
    both = ((ClockKind.PROMISED, item.limits.promised), (ClockKind.STATUTORY, item.limits.statutory))
    return tuple(_spec(kind, limit, item) for kind, limit in both if limit is not None)


def silence_answers(step: Step) -> bool:
    """Whether no answer in time counts as no objection 逾期不复视为无异议.

    Only a consulted department answers by silence: a decision, a visit or a special procedure needs somebody to act.
    """
    return step.silence == "no_objection" and step.kind == "consult" and step.procedure is None


def step_clock(item: Item, step: Step) -> ClockSpec | None:
    """The clock on a step that has a limit of its own."""
    if step.within is None:
        return None
    effect = ClockEffect.SILENCE if silence_answers(step) else ClockEffect.ESCALATE
    return _spec(ClockKind.STEP, TimeLimit(step.within, "opened"), item, effect)


def procedure_clock(item: Item, procedure: SpecialProcedure) -> ClockSpec | None:
    """The clock on a special procedure 特别程序, from the notice of the time it needs (行政许可法 art. 45)."""
    if procedure.limit is None:
        return None
    return _spec(ClockKind.PROCEDURE, TimeLimit(procedure.limit, "notified", procedure.basis), item)


def extension_rule(item: Item) -> ExtensionRule:
    """By how much and by whom the item's limits may be extended: its own law's rule, else 行政许可法 art. 42."""
    statutory = item.limits.statutory
    return statutory.extension if statutory is not None and statutory.extension is not None else GENERAL_EXTENSION


# --- after the decision --------------------------------------------------------------------------------------------


def delivery_clock(item: Item) -> ClockSpec:
    """The clock on handing over the result, from the decision (行政许可法 art. 44)."""
    return _spec(ClockKind.DELIVERY, TimeLimit(item.limits.delivery, "decided", "行政许可法第四十四条"), item)


def hand_out_clock(items: Iterable[Item]) -> ClockSpec:
    """The clock that one hand-out of several results shows: the shortest of their deliveries.

    Raises ValueError when nothing is handed out.
    """
    return min((delivery_clock(item) for item in items), key=_shortest)


def committed(item: Item, answers: Answers) -> bool:
    """Whether the applicant chose notification and commitment 告知承诺 for this item."""
    commitment = item.commitment
    return commitment is not None and commitment.when is not None and holds(commitment.when, answers)


def post_check(item: Item, commitment: bool) -> TimeLimit | None:
    """The limit of the check after the decision 事后核查; None where there is none.

    `commitment` says that the item was granted on a commitment 告知承诺: then the commitment's period goes before the
    item's own.
    """
    own = item.limits.post_check
    if commitment and item.commitment is not None and item.commitment.post_check is not None:
        return replace(own or TimeLimit(item.commitment.post_check, "decided"), within=item.commitment.post_check)
    return own


def post_check_clock(item: Item, commitment: bool) -> ClockSpec | None:
    """The clock on the check after the decision, as `post_check` says."""
    limit = post_check(item, commitment)
    return None if limit is None else _spec(ClockKind.POST_CHECK, limit, item)


def drawn_post_check(item: Item) -> ClockSpec | None:
    """The post-check that a process shows: the shorter one where a commitment changes it, for the answers decide."""
    both = [clock for each in (False, True) if (clock := post_check_clock(item, each)) is not None]
    return min(both, key=_shortest, default=None)


def _shortest(clock: ClockSpec) -> tuple[Decimal, int]:
    return length_key(clock.limit.within)


def _spec(
    kind: ClockKind, limit: TimeLimit, item: Item | None = None, effect: ClockEffect = ClockEffect.ESCALATE
) -> ClockSpec:
    warn = limit.warn or (None if item is None else item.limits.warning)
    return ClockSpec(kind, limit, warning_lead(limit.within, warn), effect)
