"""The closed set of definitions that one item or theme rests on: hashed, stored with a case, and read back.

A case keeps the definition that was in the folder at its application, even when the folder has changed since. A bundle
holds the plain data of the definition files (not the records built from them), so a later version of the program
that still reads the language reads it, and a comment or the order of keys does not change the hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from govflow.errors import InvalidInput
from govflow.language import building
from govflow.language.building import Names, Plain, departments_in, library_data
from govflow.language.lookup import find_subject
from govflow.language.model import Catalog, Item, Shelf, Theme
from govflow.text import Text

FORMAT = "bundle/1"


def bundle(catalog: Catalog, ref: str) -> bytes:
    """The item or theme and everything it needs, as JSON in UTF-8, in the order of the definitions.

    NotFound when the catalog has no such item or theme, InvalidInput when it was not built from definition files.
    """
    return _json(_bundled(catalog, ref)).encode()


def definition_hash(catalog: Catalog, ref: str) -> str:
    """SHA-256 (64 hexadecimal digits) of the bundle, whatever the order of keys: changes when a definition does."""
    return hashlib.sha256(_json(_bundled(catalog, ref), sort_keys=True).encode()).hexdigest()


def hash_of(data: bytes) -> str:
    """The hash of a stored bundle, as `definition_hash` gives it. Raises ValueError for bytes that are no JSON."""
    return hashlib.sha256(_json(json.loads(data), sort_keys=True).encode()).hexdigest()


def catalog_from_bundle(data: bytes) -> Catalog:
    """The catalog of a bundle; InvalidInput for bytes that are none.

    It holds only what the bundle's item or theme rests on. Bundling it again gives the same bytes.
    """
    try:
        whole = json.loads(data)
    except ValueError:
        whole = None
    if not isinstance(whole, dict) or whole.get("govflow") != FORMAT:
        raise InvalidInput(Text(f"这不是 {FORMAT} 格式的定义包", f"these bytes are no {FORMAT}"), field="bundle")
    names = _names(whole)
    return Catalog(
        items=Shelf(building.item_from(Plain(entry), slug, names) for slug, entry in whole["items"].items()),
        themes=Shelf(building.theme_from(Plain(entry), slug, names) for slug, entry in whole["themes"].items()),
        materials=Shelf(building.materials_from(Plain({"materials": whole["materials"]}), names)),
        departments=Shelf(building.departments_from(Plain({"departments": whole["departments"]}))),
        data=MappingProxyType(_entries(whole)),
    )


def _bundled(catalog: Catalog, ref: str) -> dict[str, Any]:
    theme, items = _closure(catalog, ref)
    materials = _in_order(catalog.materials, (use.material for item in items for use in item.materials))
    departments = _in_order(catalog.departments, _departments(catalog, theme, items, materials))
    return {
        "govflow": FORMAT,
        "ref": theme.code if theme else items[0].code,
        "themes": {theme.slug: _data(catalog, theme.code)} if theme else {},
        "items": {item.slug: _data(catalog, item.code) for item in items},
        "materials": {code: _data(catalog, f"material:{code}") for code in materials},
        "departments": {code: _data(catalog, f"department:{code}") for code in departments},
    }


def _closure(catalog: Catalog, ref: str) -> tuple[Theme | None, tuple[Item, ...]]:
    subject = find_subject(catalog, ref)
    if isinstance(subject, Theme):
        return subject, tuple(catalog.items[entry.item] for entry in subject.items)
    return None, (subject,)


def _departments(
    catalog: Catalog, theme: Theme | None, items: tuple[Item, ...], materials: Iterable[str]
) -> Iterator[str]:
    if theme is not None:
        yield theme.lead
        yield from (stage.lead for stage in theme.stages)
    for item in items:
        yield from (item.department, *item.joint_departments)
        yield from (item.entrusting,) if item.entrusting else ()
        yield from departments_in(item.flow)
    yield from (issuer for code in materials if (issuer := catalog.materials[code].issuer))


def _in_order(shelf: Mapping[str, Any], codes: Iterable[str]) -> list[str]:
    """Each code once, sorted, so that the order of the library file plays no part."""
    return sorted({code for code in codes if code in shelf})


def _data(catalog: Catalog, key: str) -> Any:
    data = catalog.data.get(key)
    if data is None:
        raise InvalidInput(
            Text(
                f"目录里没有 {key} 的定义内容：请用 govflow.load 读取",
                f"the catalog keeps no data of {key}: read it with govflow.load",
            ),
            field=key,
        )
    return data


def _names(whole: Mapping[str, Any]) -> Names:
    items = {name: entry["id"] for slug, entry in whole["items"].items() for name in (slug, entry["id"])}
    materials = {name: code for code, entry in whole["materials"].items() for name in (code, entry["slug"])}
    departments = {name: code for code, entry in whole["departments"].items() for name in (code, entry["slug"])}
    return Names(items, materials, departments)


def _entries(whole: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = {entry["id"]: entry for kind in ("items", "themes") for entry in whole[kind].values()}
    for kind in ("materials", "departments"):
        found |= library_data(kind, whole[kind])
    return found


def _json(value: Any, *, sort_keys: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))
