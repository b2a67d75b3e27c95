"""Which region lies in which, by the digits of their codes 行政区划代码 (GB/T 2260), and so which variant over which.

A region's code begins with that of the region around it: 420000 holds 421300, that holds 421381, that holds the town
421381101. So one region can never hold another that holds it, and variants cannot lie over each other in a cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govflow.language.model import Item

_NATION = ("000000", "100000")
_LENGTHS = (9, 6, 4, 2, 0)  # town, county, city, province, nation


def reach(region: str) -> str:
    """The digits that a region shares with all that lies in it: 420000 -> 42, 421300 -> 4213; none for the nation."""
    if region in _NATION:
        return ""
    digits = region
    while len(digits) > 6 and digits.endswith("000"):
        digits = digits[:-3]
    while len(digits) in (4, 6) and digits.endswith("00"):
        digits = digits[:-2]
    return digits


def around(region: str) -> Iterator[str]:
    """The reach of every region that this one lies in, the nearest first: 421381 -> 4213, 42 and that of the nation."""
    own = reach(region)
    return (own[:length] for length in _LENGTHS if length < len(own))


def holds(above: str, region: str) -> bool:
    """Whether a region is, or lies in, the one above."""
    return reach(region).startswith(reach(above))


def uppers(variants: Iterable[Item]) -> Iterator[tuple[Item, Item | None]]:
    """Each variant with the one directly above it: of the same item, for the nearest region that this one lies in.

    None where there is none above: such a variant lies over its standard item.
    """
    local = tuple(variants)
    placed = {(each.code, reach(each.region or "")): each for each in local}
    for each in local:
        above = (placed.get((each.code, digits)) for digits in around(each.region or ""))
        yield each, next((upper for upper in above if upper is not None), None)
