"""What follows from a theme: which items run, which materials are asked, the numbers, the planned dates.

Pure functions of the definitions and the applicant's answers. Items and materials may be named by code or slug;
answers in results are always codes, in the order of the theme. `answers=None` means that nothing is known yet:
every item runs and every conditional material is listed.
"""

from govflow.plan.answers import checked_answer, checked_answers
from govflow.plan.dates import Plan, explained, handling_order, planned, prerequisites, waits_for
from govflow.plan.materials import (
    MergedForm,
    MergedMaterial,
    handed_in,
    handed_in_alone,
    item_materials,
    merged_form,
    merged_materials,
)
from govflow.plan.numbers import critical_path, plain, savings, stats
from govflow.plan.selection import Selection, items_of, questions_of, selected_items
from govflow.plan.terms import in_workdays, own_limit, theme_of

__all__ = [
    "MergedForm",
    "MergedMaterial",
    "Plan",
    "Selection",
    "checked_answer",
    "checked_answers",
    "critical_path",
    "explained",
    "handed_in",
    "handed_in_alone",
    "handling_order",
    "in_workdays",
    "item_materials",
    "items_of",
    "merged_form",
    "merged_materials",
    "own_limit",
    "plain",
    "planned",
    "prerequisites",
    "questions_of",
    "savings",
    "selected_items",
    "stats",
    "theme_of",
    "waits_for",
]
