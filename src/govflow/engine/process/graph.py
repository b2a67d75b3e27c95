"""Which fork a parallel join belongs to: its nearest dominator that splits tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def nearest_fork(graph: Mapping[str, tuple[str, ...]], start: str, join: str, forks: Collection[str]) -> str | None:
    """Nearest node that every way from ``start`` to ``join`` goes through and that splits tokens; None for none.

    ``graph`` maps each node to its successors; ``forks`` are the nodes that may put out several tokens.
    """
    order = _reverse_postorder(graph, start)
    idom = _dominators(graph, start, order)
    node = join
    while node != start:
        node = idom[node]
        if node in forks and len(graph[node]) > 1:
            return node
    return None


def _reverse_postorder(graph: Mapping[str, tuple[str, ...]], start: str) -> list[str]:
    order: list[str] = []
    seen = {start}
    stack = [(start, iter(graph[start]))]
    while stack:
        node, rest = stack[-1]
        child = next((c for c in rest if c not in seen), None)
        if child is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(child)
            stack.append((child, iter(graph[child])))
    return order[::-1]


def _dominators(graph: Mapping[str, tuple[str, ...]], start: str, order: list[str]) -> dict[str, str]:
    """Immediate dominators by the iteration of Cooper, Harvey and Kennedy."""
    rank = {node: i for i, node in enumerate(order)}
    before: dict[str, list[str]] = {node: [] for node in order}
    for node in order:
        for child in graph[node]:
            before[child].append(node)
    idom = {start: start}
    changed = True
    while changed:
        changed = False
        for node in order[1:]:
            known = [p for p in before[node] if p in idom]
            best = known[0]
            for other in known[1:]:
                best = _meet(best, other, idom, rank)
            if idom.get(node) != best:
                idom[node] = best
                changed = True
    return idom


def _meet(a: str, b: str, idom: Mapping[str, str], rank: Mapping[str, int]) -> str:
    while a != b:
        while rank[a] > rank[b]:
            a = idom[a]
        while rank[b] > rank[a]:
            b = idom[b]
    return a
