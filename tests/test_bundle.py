"""The definitions that a case pins: closed, hashed, readable again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from govflow.catalog import load_texts
from govflow.engine.definitions.bundle import bundle, catalog_from_bundle, definition_hash
from govflow.errors import InvalidInput, NotFound
from govflow.language.model import Catalog, Shelf

SOUND = {
    str(path.relative_to(path.parents[1])): path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "golden" / "loader" / "sound").rglob("*.yaml"))
}
ITEM = next(name for name in SOUND if name.endswith("items/food-permit.yaml"))
LIBRARY = next(name for name in SOUND if name.endswith("materials.yaml"))
DEPARTMENTS = next(name for name in SOUND if name.endswith("departments.yaml"))


def _catalog(file: str = "", old: str = "", new: str = "") -> Catalog:
    """The sound definitions, with one text changed in one file."""
    assert not file or old in SOUND[file]
    texts = {name: text.replace(old, new) if name == file else text for name, text in SOUND.items()}
    return load_texts(texts, rules=()).catalog


@pytest.mark.parametrize("ref", ["T1", "open-restaurant", "I07", "food-permit", "I01"])
def test_a_bundle_read_back_means_the_same(ref: str) -> None:
    """The records of the restored catalog equal those it was made from; bundling again gives equal bytes."""
    catalog = _catalog()
    stored = bundle(catalog, ref)
    again = catalog_from_bundle(stored)
    assert bundle(again, ref) == stored
    assert definition_hash(again, ref) == definition_hash(catalog, ref)
    for item in again.items.values():
        assert item == replace(catalog.items[item.code], file="")
    for theme in again.themes.values():
        assert theme == replace(catalog.themes[theme.code], file="")
    assert all(catalog.materials[code] == material for code, material in again.materials.items())
    assert all(catalog.departments[code] == department for code, department in again.departments.items())


def test_a_bundle_is_closed_and_holds_nothing_else() -> None:
    """An item's bundle has its materials, its departments and those that issue its materials, and no other item."""
    again = catalog_from_bundle(bundle(_catalog(), "I07"))
    assert list(again.items) == ["I07"]
    assert list(again.materials) == ["M02", "M07"]
    assert list(again.departments) == ["D01", "D10"]
    assert not again.themes


def test_the_hash_follows_the_meaning() -> None:
    """A comment changes nothing; a word in the item, in a material it uses or in a department changes the hash."""
    first = definition_hash(_catalog(), "T1")
    assert len(first) == 64
    assert definition_hash(_catalog(ITEM, "id: I07", "id: I07   # the food permit"), "T1") == first
    assert definition_hash(_catalog(ITEM, "within: 5 workdays", "within: 4 workdays"), "T1") != first
    assert definition_hash(_catalog(LIBRARY, "copies: 1", "copies: 2"), "T1") != first
    assert definition_hash(_catalog(DEPARTMENTS, "示范市卫生", "新市卫生"), "T1") != first
    assert definition_hash(_catalog(LIBRARY, "居民身份证,", "身份证,"), "T1") == first, "M01 is used by no item"


def test_the_order_of_choices_survives() -> None:
    """Options are shown in the order of the definition after a round trip, though keys are sorted for the hash."""
    options = "questions:\n  - {id: shape, ask: 业态, type: choice, options: {z: 乙, a: 甲}}\n"
    catalog = _catalog(ITEM, "questions:\n", options)
    again = catalog_from_bundle(bundle(catalog, "I07"))
    assert [value for value, _ in again.items["I07"].questions[0].options] == ["z", "a"]


def test_what_cannot_be_bundled_says_why() -> None:
    """An unknown name, a catalog without definition texts and foreign bytes are errors of the caller."""
    catalog = _catalog()
    with pytest.raises(NotFound, match="T9"):
        bundle(catalog, "T9")
    with pytest.raises(InvalidInput, match="I07"):
        bundle(Catalog(items=Shelf([catalog.items["I07"]])), "I07")
    for data in (b"", b"{}", b"[1]", b"\xff", json.dumps({"govflow": "bundle/2"}).encode()):
        with pytest.raises(InvalidInput, match="bundle/1"):
            catalog_from_bundle(data)
