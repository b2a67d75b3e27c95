"""What comes before what: closures and cycles of a graph that says for each node what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def ancestors(after: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Node -> all nodes that come before it; a node of a cycle comes before itself."""
    found: dict[str, frozenset[str]] = {}
    for node in after:
        seen: set[str] = set()
        waiting = list(after[node])
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting.extend(after.get(other, ()))
        found[node] = frozenset(seen)
    return found


def cycles(after: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Each group of nodes that wait for each other, nodes and groups in the order of `after`."""
    found: list[tuple[str, ...]] = []
    placed: set[str] = set()
    reach = ancestors(after)
    for node in after:
        if node in placed or node not in reach[node]:
            continue
        group = tuple(other for other in after if other in reach[node] and node in reach[other])
        placed.update(group)
        found.append(group)
    return found
