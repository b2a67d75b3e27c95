"""Columns and rows for items under their prerequisites: any directed graph without cycles.

Joins, splits and the ways between columns have slots of their own, an item keeps its row as far as its edges run
along it: so no edge runs through a node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from graphlib import TopologicalSorter

from govflow.compiler.blocks import Network, entry
from govflow.compiler.layout.canvas import EVENT, GAP, GATE, SLOT, NetworkGrid, Offsets, Rows, Size, union


def _levels(network: Network) -> dict[str, int]:
    before = {v.id: [s for s, t in network.edges if t == v.id] for v in network.vertices}
    levels: dict[str, int] = {}
    for id in TopologicalSorter(before).static_order():
        levels[id] = 1 + max((levels[source] for source in before[id]), default=-1)
    return levels


def grid_of(network: Network, sizes: Mapping[str, Size]) -> NetworkGrid:
    """Columns by the longest way from a root, rows by lane; `sizes` gives each item's room by its id."""
    levels = _levels(network)
    moved, rows = _packed(network, sizes, levels)
    x = EVENT + (GAP + GATE if network.split else 0) + 10
    body: dict[str, int] = {}
    joins: dict[str, int] = {}
    splits: dict[str, int] = {}
    elbows: dict[str, int] = {}
    for column in range(max(levels.values()) + 1):
        here = [v for v in network.vertices if levels[v.id] == column]
        for v in here:
            x += 14
            elbows[v.id] = x
        x += 24
        for v in (v for v in here if v.join is not None):
            joins[v.id] = x
            x += SLOT
        body |= {v.id: x for v in here}
        x += max(sizes[v.id].width for v in here)
        for v in (v for v in here if v.split is not None):
            splits[v.id] = x + 24
            x += SLOT + 10
    end = x + GAP
    width = end + (GATE + GAP if network.join else 0) + EVENT
    size = Size(width, union(rows, {network.start.lane: (0, 0)}))
    return NetworkGrid(size, body, joins, splits, elbows, moved, end)


def _packed(network: Network, sizes: Mapping[str, Size], levels: dict[str, int]) -> tuple[dict[str, Offsets], Rows]:
    """Rows for the items of each lane: an item keeps its row as far as its edges run along it."""
    spreading = _spreading(network)
    spans = {vertex.id: _span(network, vertex.id, levels, spreading) for vertex in network.vertices}
    edges = set(network.edges)
    groups: dict[str, list[tuple[Rows, list[str]]]] = {}
    for vertex in sorted(network.vertices, key=lambda v: levels[v.id]):
        lane = entry(vertex.block).lane
        rows = sizes[vertex.id].rows
        for index, (held, ids) in enumerate(groups.setdefault(lane, [])):
            if all(_share(spans, other, vertex.id, edges, spreading) for other in ids):
                groups[lane][index] = (union(held, rows), [*ids, vertex.id])
                break
        else:
            groups[lane].append((rows, [vertex.id]))
    moved: dict[str, Offsets] = {}
    total: Rows = {}
    for lane, held_groups in groups.items():
        if lane == network.start.lane:
            total = union(total, {lane: (0, 0)})
        for held, ids in held_groups:
            by = 0 if lane not in total else total[lane][1] + 1 - held[lane][0]
            moved |= {id: {lane: by} for id in ids}
            total = union(total, {lane: (held[lane][0] + by, held[lane][1] + by)})
    return moved, total


def _span(network: Network, id: str, levels: dict[str, int], spreading: Mapping[str, set[str]]) -> tuple[int, int]:
    """What an item and its edges take of its row. Each column has three places: joins, items, splits."""
    targets = [t for s, t in network.edges if s == id]
    left = min([3 * levels[id], *(3 * levels[s] + 2 for s in spreading[id])])
    if not targets:
        return left, 3 * max(levels.values()) + 2
    return left, 3 * levels[targets[0]] if len(targets) == 1 else 3 * levels[id] + 2


def _spreading(network: Network) -> dict[str, set[str]]:
    """For each item those before it that have several after them, and so a split."""
    times = Counter(source for source, _ in network.edges)
    found: dict[str, set[str]] = {vertex.id: set() for vertex in network.vertices}
    for source, target in network.edges:
        if times[source] > 1:
            found[target].add(source)
    return found


def _share(
    spans: Mapping[str, tuple[int, int]], before: str, after: str, edges: set[tuple[str, str]],
    spreading: Mapping[str, set[str]],
) -> bool:  # fmt: skip
    """Whether two items may stand in one row: apart, or one leads to the other and nothing else comes between."""
    (left, right), (start, end) = spans[before], spans[after]
    if right < start or end < left:
        return True
    return (before, after) in edges and right == start and spreading[after] <= {before}
