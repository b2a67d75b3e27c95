"""Columns and rows for items under their prerequisites: any directed graph without cycles.

Joins, splits and the ways between columns have slots of their own, an item keeps its row as far as its edges run
along it: so no edge runs through a node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govflow.bpmn.blocks import Network, entry
from govflow.bpmn.grid import EVENT, GAP, GATE, SLOT, Offsets, Rows, Size, union


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the items of a network stand: column and row of each, and the x of slots and channels."""

    size: Size
    body: dict[str, int]
    joins: dict[str, int]
    splits: dict[str, int]
    elbows: dict[str, int]
    moved: dict[str, Offsets]
    end: int


def _levels(network: Network) -> dict[str, int]:
    before = {v.id: [s for s, t in network.edges if t == v.id] for v in network.vertices}
    levels: dict[str, int] = {}
    while len(levels) < len(before):
        for id, sources in before.items():
            if id not in levels and all(source in levels for source in sources):
                levels[id] = 1 + max((levels[source] for source in sources), default=-1)
    return levels


def plan_of(network: Network, sizes: Mapping[str, Size]) -> Plan:
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
    return Plan(size, body, joins, splits, elbows, moved, end)


def _packed(network: Network, sizes: Mapping[str, Size], levels: dict[str, int]) -> tuple[dict[str, Offsets], Rows]:
    """Rows for the items of each lane: an item keeps its row as far as its edges run along it."""
    groups: dict[str, list[tuple[Rows, list[tuple[int, int]], list[str]]]] = {}
    for vertex in sorted(network.vertices, key=lambda v: levels[v.id]):
        lane = entry(vertex.block).lane
        span = _span(network, vertex.id, levels)
        rows = sizes[vertex.id].rows
        for index, (held, spans, ids) in enumerate(groups.setdefault(lane, [])):
            if all(span[1] < left or right < span[0] for left, right in spans):
                groups[lane][index] = (union(held, rows), [*spans, span], [*ids, vertex.id])
                break
        else:
            groups[lane].append((rows, [span], [vertex.id]))
    moved: dict[str, Offsets] = {}
    total: Rows = {}
    for lane, held_groups in groups.items():
        if lane == network.start.lane:
            total = union(total, {lane: (0, 0)})
        for held, _, ids in held_groups:
            by = 0 if lane not in total else total[lane][1] + 1 - held[lane][0]
            moved |= {id: {lane: by} for id in ids}
            total = union(total, {lane: (held[lane][0] + by, held[lane][1] + by)})
    return moved, total


def _span(network: Network, id: str, levels: dict[str, int]) -> tuple[int, int]:
    """The columns through which an item's row is taken, by itself or by a long edge."""
    sources = [s for s, t in network.edges if t == id]
    targets = [t for s, t in network.edges if s == id]
    fan_out = {s for s in sources if sum(source == s for source, _ in network.edges) > 1}
    left = min([levels[id], *(levels[s] + 1 for s in fan_out)])
    if not targets:
        return left, max(levels.values())
    return left, levels[id] if len(targets) > 1 else max(levels[id], levels[targets[0]] - 1)
