"""What the rules of the whole catalogue know of every item: small, so that ten thousand of them are held at once.

A whole item is a hundred times as large. A rule that looks at all items reads their summaries; what needs more of a few
items (those of a theme, two levels that differ) reads these whole. Written as arrays, which take a third of the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from govflow.language.model import Material
from govflow.law.clocks import Limit

Comparable = tuple[Limit, Limit]


class MaterialUseSummary(Struct, frozen=True, array_like=True):
    """An item's use of a material, by the material's code, without its condition and note."""

    material: str
    originals: int | None = None
    copies: int | None = None
    basis: str | None = None
    demanded: bool = False


class ItemSummary(Struct, frozen=True, array_like=True):
    """One item for the rules that look at all.

    `name` is the Chinese one; `limits` the statutory and the promised limit where both have one unit; `steps` the number
    of activities; `elements` a digest of what must agree at all levels 三级八同, empty where nothing is compared.
    """

    code: str
    slug: str
    file: str
    name: str
    type: str
    level: str
    department: str
    basic: str
    implementation: str
    limits: Comparable | None
    steps: int
    materials: tuple[MaterialUseSummary, ...]
    elements: str


@dataclass(frozen=True, slots=True)
class Released:
    """The last release: its items by code, and its materials."""

    items: Mapping[str, ItemSummary]
    materials: Mapping[str, Material]
