"""What has changed between two catalogs: what matters for handling apart from mere wording, and the figures of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from govflow.language.conditions import All, Fact, Not, in_words
from govflow.language.conditions import Any as AnyOf
from govflow.language.model import Catalog, Item, Theme, steps_of
from govflow.law.clocks import Limit
from govflow.plan import in_workdays, item_materials, own_limit, stats
from govflow.text import Text

Kind = Literal["theme", "item", "variant", "material", "department"]

WORDING = frozenset({
    "notes", "note", "text", "consequence", "faq", "points", "hours", "consult", "complain", "places", "visit_reason",
    "hall_reason", "quota", "version", "consult_text",
})  # fmt: skip
"""Fields of free text: what is read, and not what is done."""

PASSED_OVER = frozenset({"file"})

KEYS = ("code", "id", "material", "item", "law", "name")
"""By which of its fields an entry of a list is the same one in both catalogs."""

FIGURES: Mapping[str, Text] = {
    "materials": Text("提交材料", "materials handed in"),
    "workdays": Text("工作日", "workdays"),
    "steps": Text("办理环节", "steps"),
    "visits": Text("上门核查", "visits to the premises"),
    "trips": Text("跑动次数", "trips to the hall"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs. `where` is its path, e.g. `limits.promised.within`; None stands for what is not there."""

    kind: Kind
    code: str
    where: str
    old: str | None
    new: str | None
    wording: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a theme or item before and after, where they differ; None where there was or is no such record."""

    code: str
    name: Text
    values: Mapping[str, tuple[float | None, float | None]]


def compare(old: Catalog, new: Catalog) -> tuple[Change, ...]:
    """Every difference, by record in the order of the new catalog, then what is gone."""
    shelves: tuple[tuple[Kind, Mapping[str, Any], Mapping[str, Any]], ...] = (
        ("theme", old.themes, new.themes),
        ("item", old.items, new.items),
        ("variant", _variants(old), _variants(new)),
        ("material", old.materials, new.materials),
        ("department", old.departments, new.departments),
    )
    found: list[Change] = []
    for kind, before, after in shelves:
        for code in (*after, *(code for code in before if code not in after)):
            found += _record(kind, code, before.get(code), after.get(code))
    return tuple(found)


def _variants(catalog: Catalog) -> dict[str, Item]:
    return {f"{item.code}@{item.region}": item for item in catalog.variants}


def _record(kind: Kind, code: str, old: Any, new: Any) -> Iterator[Change]:
    if old is None or new is None:
        names = [None if each is None else str(each.name) for each in (old, new)]
        yield Change(kind, code, "", names[0], names[1], False)
        return
    for path, before, after, wording in _walk("", old, new, False):
        yield Change(kind, code, path, before, after, wording)


Difference = tuple[str, str | None, str | None, bool]


def _walk(path: str, old: Any, new: Any, wording: bool) -> Iterator[Difference]:
    """The differences of two values of one field; records and lists are walked into, all else is compared as text."""
    if old == new:
        return
    if is_dataclass(old) and type(old) is type(new) and not isinstance(old, Limit | Text | Fact | All | AnyOf | Not):
        for field in fields(old):
            if field.name not in PASSED_OVER:
                under = f"{path}.{field.name}" if path else field.name
                read = wording or field.name in WORDING
                yield from _walk(under, getattr(old, field.name), getattr(new, field.name), read)
    elif isinstance(old, tuple) and isinstance(new, tuple) and not _plain(old, new):
        yield from _lists(path, old, new, wording)
    else:
        yield path, _shown(old), _shown(new), wording or isinstance(old, Text) or isinstance(new, Text)


def as_data(changed: Iterable[Change], counted: Iterable[Figures]) -> dict[str, Any]:
    """Plain data for JSON."""
    return {
        "changes": [
            {"kind": c.kind, "code": c.code, "where": c.where, "old": c.old, "new": c.new, "wording": c.wording}
            for c in changed
        ],
        "figures": [
            {"code": f.code, "values": {key: {"before": old, "after": new} for key, (old, new) in f.values.items()}}
            for f in counted
        ],
    }


def _plain(*lists: tuple[Any, ...]) -> bool:
    return all(isinstance(each, str | int | float | bool) for several in lists for each in several)


def _lists(path: str, old: tuple[Any, ...], new: tuple[Any, ...], wording: bool) -> Iterator[Difference]:
    before, after = _keyed(old), _keyed(new)
    for key in (*after, *(key for key in before if key not in after)):
        under = f"{path}[{key}]"
        if key not in before or key not in after:
            yield under, _shown(before.get(key)), _shown(after.get(key)), wording
        else:
            yield from _walk(under, before[key], after[key], wording)
    common = [key for key in before if key in after]
    if common != [key for key in after if key in before]:
        yield path, ", ".join(common), ", ".join(key for key in after if key in before), wording


def _keyed(entries: Iterable[Any]) -> dict[str, Any]:
    """The entries of a list by what names them; a second one of the same name by its number."""
    found: dict[str, Any] = {}
    for number, entry in enumerate(entries):
        named = next((getattr(entry, key) for key in KEYS if isinstance(getattr(entry, key, None), str)), None)
        key = str(entry[0]) if isinstance(entry, tuple) and entry else named or str(number)
        found[key if key not in found else f"{key}#{number}"] = entry
    return found


def _shown(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Limit():
            return value.text("en")
        case Fact() | All() | AnyOf() | Not():
            return in_words(value, {})
        case tuple() if _plain(value):
            return ", ".join(map(str, value))
        case tuple():
            return ", ".join(_keyed(value))
        case _ if is_dataclass(value) and not isinstance(value, Text):
            return next(iter(_keyed([value])), type(value).__name__)
        case _:
            return str(value)


# --- figures ---------------------------------------------------------------------------------------------------


def figures(old: Catalog, new: Catalog) -> tuple[Figures, ...]:
    """Materials, workdays, steps, visits, trips of each theme and item, before and after, where one of them differs."""
    return (*_figures(old, new, _themes_counted), *_figures(old, new, _items_counted))


Counted = dict[str, tuple[Text, dict[str, float]]]


def _figures(old: Catalog, new: Catalog, count: Callable[[Catalog], Counted]) -> Iterator[Figures]:
    before, after = count(old), count(new)
    for code in (*after, *(code for code in before if code not in after)):
        was, now = before.get(code), after.get(code)
        values = {
            key: (was[1][key] if was is not None else None, now[1][key] if now is not None else None) for key in FIGURES
        }
        changed = {key: pair for key, pair in values.items() if pair[0] != pair[1]}
        if changed:
            named = now or was
            assert named is not None
            yield Figures(code, named[0], changed)


def _themes_counted(catalog: Catalog) -> Counted:
    return {theme.code: (theme.name, _of_theme(theme, catalog)) for theme in catalog.themes.values()}


def _items_counted(catalog: Catalog) -> Counted:
    return {item.code: (item.name, _of_item(item, catalog)) for item in catalog.items.values()}


def _of_theme(theme: Theme, catalog: Catalog) -> dict[str, float]:
    numbers: dict[str, Any] = stats(theme, catalog)
    return {
        "materials": numbers["materials"]["submitted"],
        "workdays": numbers["workdays"]["critical_path"],
        "steps": numbers["steps"]["together"],
        "visits": numbers["visits"]["together"],
        "trips": numbers["trips"]["together"],
    }


def _of_item(item: Item, catalog: Catalog) -> dict[str, float]:
    kinds = [step.kind for step in steps_of(item.flow)]
    return {
        "materials": sum(line.submitted for line in item_materials(item, catalog)),
        "workdays": float(in_workdays(own_limit(item))),
        "steps": len(kinds),
        "visits": kinds.count("visit"),
        "trips": item.channels.visits,
    }
