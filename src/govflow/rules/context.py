"""What the checks look things up in: built once for a run, each index on first use."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar, cast

from govflow.language.building.regions import uppers
from govflow.language.model import Catalog, Department, Item, Material, MaterialUse, Result, Step, Theme, Together
from govflow.language.source import Document
from govflow.plan.order import ancestors
from govflow.rules.summaries import ItemSummary, MaterialUseSummary, Released
from govflow.rules.types import Key, Path
from govflow.rules.wording import law_title, same_name_key
from govflow.vocabulary import Level

LEVELS = tuple(Level)
Documents = Mapping[Key, Document]
Placed = tuple[Path, Step]
_Use = TypeVar("_Use", MaterialUse, MaterialUseSummary)

_NOTHING: Mapping[str, Any] = {}
_LIBRARIES = {"material": "materials", "department": "departments"}


def by_record(documents: Iterable[Document]) -> dict[Key, Document]:
    """Documents by the records they hold: ("item", "I07"), ("material", "M01"), ("laws", file), ("variant", file)."""
    found: dict[Key, Document] = {}
    for document in documents:
        kind = document.kind[0] if document.kind else ""
        data = document.data
        if not isinstance(data, Mapping):
            continue
        if kind in ("item", "theme"):
            found.setdefault((kind, str(data.get("id"))), document)
        elif kind in ("materials", "departments"):
            entries = data.get(kind)
            for code in entries if isinstance(entries, Mapping) else ():
                found.setdefault((kind.removesuffix("s"), str(code)), document)
        else:
            found[(kind, document.file)] = document
    return found


class Context:
    """The catalogue, the documents it was read from, and indexes over both.

    `summaries` holds every item by its code, in the order of the definitions. `previous` is the last release, when there
    is one. Nothing here is changed by a check.
    """

    def __init__(
        self,
        catalog: Catalog,
        documents: Documents,
        previous: Released | None = None,
        summaries: Mapping[str, ItemSummary] = MappingProxyType({}),
        repealed: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        self.catalog = catalog
        self.documents = documents
        self.previous = previous
        self.summaries = summaries
        self._repealed = repealed
        self._paths: dict[str, tuple[Item, tuple[Placed, ...]]] = {}
        self._before: dict[str, Mapping[str, frozenset[str]]] = {}

    def for_record(self, record: Key, document: Document) -> Context:
        """The same catalogue for one record whose document is not among `documents`."""
        libraries = cast("dict[Key, Document]", self.documents)  # only read: a chain writes to its first map alone
        return self.with_catalog(self.catalog, ChainMap({record: document}, libraries), self.summaries)

    def with_catalog(self, catalog: Catalog, documents: Documents, summaries: Mapping[str, ItemSummary]) -> Context:
        """Another catalogue and its documents, with the same last release and the same tables of laws."""
        return Context(catalog, documents, self.previous, summaries, self.repealed)

    def raw(self, kind: str, code: str) -> Mapping[str, Any]:
        """The plain data of a record, to tell what is written from what is the default; empty when not at hand."""
        document = self.documents.get((kind, code))
        data = document.data if document is not None else None
        library = _LIBRARIES.get(kind)
        if library and isinstance(data, Mapping):
            entries = data.get(library)
            data = entries.get(code) if isinstance(entries, Mapping) else None
        return data if isinstance(data, Mapping) else _NOTHING

    def department(self, ref: str | None) -> Department | None:
        """The department with this code or slug, or None."""
        return self.catalog.departments.get(ref) if ref else None

    def material(self, ref: str | None) -> Material | None:
        """The material with this code or slug, or None."""
        return self.catalog.materials.get(ref) if ref else None

    def uses(self, item: Item) -> Iterator[tuple[int, MaterialUse, Material]]:
        """The item's uses of materials with their place in the list; a use of an unknown material is left out."""
        return self._known(item.materials)

    def asked(self, summary: ItemSummary) -> Iterator[tuple[int, MaterialUseSummary, Material]]:
        """The same for an item known by its summary."""
        return self._known(summary.materials)

    def _known(self, uses: Iterable[_Use]) -> Iterator[tuple[int, _Use, Material]]:
        for at, use in enumerate(uses):
            material = self.catalog.materials.get(use.material)
            if material is not None:
                yield at, use, material

    @cached_property
    def uses_of(self) -> Mapping[str, Sequence[tuple[ItemSummary, int, MaterialUseSummary]]]:
        """Material code -> the items that ask for it, with the place of the use."""
        index: dict[str, list[tuple[ItemSummary, int, MaterialUseSummary]]] = {}
        for summary in self.summaries.values():
            for at, use, material in self.asked(summary):
                index.setdefault(material.code, []).append((summary, at, use))
        return index

    def levels(self) -> Iterator[tuple[ItemSummary, ItemSummary]]:
        """Pairs of one item at two levels: a lower level and the nearest one above it.

        Two whose elements are all the same are left out: there is nothing to say of them.
        """
        first: dict[str, dict[str, ItemSummary]] = {}  # basic code -> level -> the first item of that level
        for summary in self.summaries.values():
            if summary.elements:
                first.setdefault(summary.basic, {}).setdefault(summary.level, summary)
        for summary in self.summaries.values():
            ranked = first[summary.basic] if summary.elements else {}
            above = [level for level in LEVELS[: LEVELS.index(summary.level)] if level in ranked] if ranked else []
            if above and ranked[above[-1]].elements != summary.elements:
                yield summary, ranked[above[-1]]

    def variants(self) -> Iterator[tuple[Item, Item]]:
        """Every local variant and what lies directly above it: the variant of a larger region or the standard item."""
        for variant, upper in uppers(self.catalog.variants):
            standard = upper or self.catalog.items.get(variant.baseline or "")
            if standard is not None:
                yield variant, standard

    @cached_property
    def items_of(self) -> Mapping[str, Sequence[ItemSummary]]:
        """Department code -> its items."""
        index: dict[str, list[ItemSummary]] = {}
        for summary in self.summaries.values():
            department = self.department(summary.department)
            index.setdefault(department.code if department else summary.department, []).append(summary)
        return index

    def issuer(self, material: Material) -> str | None:
        """The code of the item whose result the material is 关联事项结果, or None."""
        return material.result_of if material.result_of in self.summaries else None

    @property
    def repealed(self) -> Mapping[str, Mapping[str, object]]:
        """Laws that the tables of laws mark as repealed or replaced: bare title -> entry."""
        if self._repealed is None:
            self._repealed = _repealed_laws(self.documents)
        return self._repealed

    @cached_property
    def unlinked(self) -> Mapping[str, tuple[Item, Result, list[str]]]:
        """Material code -> the item of a theme that issues it, its result, and the themes, where no link is written."""
        found: dict[str, tuple[Item, Result, list[str]]] = {}
        for theme in self.catalog.themes.values():
            before, issued = self.before(theme), self._results_of(theme)
            for _, item in self.entries(theme):
                for _, _, material in self.uses(item):
                    for issuer, result in () if material.result_of else _issuing(material, issued):
                        # Whoever works before the issuer, or is the issuer, can only mean an older document.
                        if issuer.code == item.code or item.code in before.get(issuer.code, ()):
                            continue
                        themes = found.setdefault(material.code, (issuer, result, []))[2]
                        if theme.code not in themes:
                            themes.append(theme.code)
        return found

    def _results_of(self, theme: Theme) -> Mapping[str, list[tuple[Item, Result]]]:
        """What the items of a theme issue, by name, e-licence and material code."""
        index: dict[str, list[tuple[Item, Result]]] = {}
        for _, item in self.entries(theme):
            for result in item.results:
                keys = {"name:" + same_name_key(str(result.name))}
                keys |= {"elicence:" + result.elicence} if result.elicence else set()
                keys |= {"code:" + result.material} if result.material else set()
                for key in keys:
                    index.setdefault(key, []).append((item, result))
        return index

    def steps(self, item: Item) -> tuple[Placed, ...]:
        """Every activity of the flow with its path, in the order of the text."""
        known = self._paths.get(item.file)
        if known is None or known[0] is not item:
            raw = self.raw("item", item.code).get("flow")
            flow = raw if isinstance(raw, list) else []
            known = self._paths[item.file] = item, tuple(_walk(item.flow, flow, ("flow",)))
        return known[1]

    def entries(self, theme: Theme) -> Iterator[tuple[int, Item]]:
        """The items of a theme with their place in its list; unknown ones are left out."""
        for at, entry in enumerate(theme.items):
            item = self.catalog.items.get(entry.item)
            if item is not None:
                yield at, item

    def before(self, theme: Theme) -> Mapping[str, frozenset[str]]:
        """Item code -> all items of the theme that must end before it, by the declared prerequisites."""
        known = self._before.get(theme.code)
        if known is None:
            known = ancestors(self.prerequisites(theme))
            self._before[theme.code] = known
        return known

    def prerequisites(self, theme: Theme) -> dict[str, tuple[str, ...]]:
        """Item code -> the declared prerequisites that belong to the theme."""
        codes = {self.code_of(entry.item) for entry in theme.items}
        after: dict[str, tuple[str, ...]] = {}
        for entry in theme.items:
            named = (self.code_of(ref) for ref in entry.after)
            after[self.code_of(entry.item)] = tuple(code for code in named if code in codes)
        return after

    def code_of(self, ref: str) -> str:
        """The code of an item named by code or slug; the name itself when it is unknown."""
        item = self.catalog.items.get(ref)
        return item.code if item is not None else ref


def _repealed_laws(documents: Documents) -> Mapping[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    for (kind, _), document in documents.items():
        entries = document.data.get("laws") if kind == "laws" and isinstance(document.data, Mapping) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, Mapping) and (entry.get("state") == "废止" or entry.get("replaced_by")):
                found[law_title(str(entry.get("law")))] = entry
    return found


def _issuing(material: Material, issued: Mapping[str, list[tuple[Item, Result]]]) -> Iterator[tuple[Item, Result]]:
    yield from issued.get("code:" + material.code, ())
    yield from issued.get("name:" + same_name_key(str(material.name)), ())
    if material.elicence:
        yield from issued.get("elicence:" + material.elicence, ())


def _walk(blocks: Sequence[Step | Together], raw: Sequence[Any], path: Path) -> Iterator[Placed]:
    for at, block in enumerate(blocks):
        data = raw[at] if at < len(raw) else None
        if isinstance(block, Step):
            yield (*path, at, block.kind), block
            continue
        branches = data.get("together") if isinstance(data, Mapping) else None
        for place, branch in enumerate(block.branches):
            inner = (*path, at, "together", place)
            written = branches[place] if isinstance(branches, list) and place < len(branches) else None
            if isinstance(written, Mapping) and len(branch) == 1 and isinstance(branch[0], Step):
                yield (*inner, branch[0].kind), branch[0]
            else:
                yield from _walk(branch, written if isinstance(written, list) else [], inner)
