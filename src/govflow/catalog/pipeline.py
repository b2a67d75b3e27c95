"""The five steps from files to a catalog and its findings, in the one order that `load` and `validate` share.

    read the documents that are no items  ->  check every item file by itself  ->  link all  ->  judge all  ->  report

The two differ in how a step is done: `load` holds every document in memory; `validate` releases each item once it is
checked, uses all cores, and takes from its cache what earlier runs found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from govflow.catalog.each import CheckedItem, Environment, environment_of
from govflow.catalog.link import Linked, link
from govflow.diagnostics import Diagnostic
from govflow.language.model import Catalog
from govflow.language.source import Document
from govflow.rules import Released, check_rest, has_rules_for_levels

Pair = tuple[str, str]
"""The files of one item at two levels, the lower one first."""


class Run(Protocol):
    """How one run does each step."""

    holds_items: bool
    """Whether items stay in memory once they are built, or are built again where they are needed whole."""

    @property
    def incomplete(self) -> bool:
        """Whether a file could not be read: it may define anything."""

    def read_others(self) -> Sequence[Document]:
        """Every document that is no item: libraries, themes, variants, calendars, laws, scenarios, unknown files."""

    def check_items(self, environment: Environment) -> Sequence[CheckedItem] | None:
        """Every item file, checked by itself; None when a file that seemed to be an item is among the others now."""

    def read_item(self, file: str) -> Document:
        """The document of an item file that was checked."""

    def compare_levels(self, environment: Environment, pairs: Sequence[Pair]) -> Iterable[Diagnostic]:
        """What `compare` finds in each pair."""


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a run found: the catalog of all sound records, every finding in no order, and the parts it was made from."""

    catalog: Catalog
    found: tuple[Diagnostic, ...]
    others: Sequence[Document]
    items: Sequence[CheckedItem]
    released: Released


def check_all(run: Run, codes: frozenset[str], previous: Released | None = None) -> Result:
    """Take the five steps with the rules of these codes; `previous` is the last release, if any."""
    items = None
    while items is None:  # a file that turns out to be no item may be a library, so all items are checked beside it
        others = run.read_others()
        environment = environment_of(others, codes, previous, incomplete=run.incomplete, holds_items=run.holds_items)
        items = run.check_items(environment)
    linked = link(environment, others, items, run.read_item, incomplete=run.incomplete)
    found = (*linked.found, *_judge_all(run, environment, linked))
    released = Released(linked.summaries, linked.catalog.materials)
    return Result(linked.catalog, found, others, items, released)


def _judge_all(run: Run, environment: Environment, linked: Linked) -> Iterable[Diagnostic]:
    """What the rules find that needs more than one item: other records, themes, the whole catalog, two levels."""
    if not environment.codes:
        return
    context = environment.context.with_catalog(linked.catalog, linked.records, linked.summaries)
    yield from check_rest(context, linked.records, environment.codes)
    if has_rules_for_levels(environment.codes):
        pairs = [(lower.file, upper.file) for lower, upper in context.levels()]
        yield from run.compare_levels(environment, pairs)
