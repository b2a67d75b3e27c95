"""The graph itself: nodes and edges of some themes and items, in the order of the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from govflow.language.model import Catalog, Item, Theme
from govflow.plan import items_of
from govflow.text import Text

NodeKind = Literal["department", "material", "item", "result"]
EdgeKind = Literal["handles", "needs", "issues", "becomes", "before"]


@dataclass(frozen=True, slots=True)
class Node:
    """A department, material, item or result. `id` is its code; a result's is ITEM/result."""

    id: str
    kind: NodeKind
    name: Text

    @property
    def code(self) -> str:
        """Its own code; of a result, the one within its item."""
        return self.id.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Edge:
    """From where to where: a department handles an item, a material is needed by one, an item issues a result, a result
    becomes a material, an item comes before another one because the definition says so."""

    source: str
    target: str
    kind: EdgeKind


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges, each once."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(catalog: Catalog, themes: Iterable[Theme], items: Iterable[Item] = ()) -> Graph:
    """The graph of these themes and of these items besides."""
    chosen = list(themes)
    members = {item.code: item for theme in chosen for item in items_of(theme, catalog)}
    members |= {item.code: item for item in items}
    nodes: dict[str, Node] = {}
    edges: dict[Edge, None] = {}
    for item in members.values():
        for node in _nodes(item, catalog):
            nodes.setdefault(node.id, node)
        edges |= dict.fromkeys(_edges(item, catalog))
    for theme in chosen:
        edges |= dict.fromkeys(_order(theme, catalog))
    return Graph(tuple(nodes.values()), tuple(e for e in edges if e.source in nodes and e.target in nodes))


def _nodes(item: Item, catalog: Catalog) -> Iterator[Node]:
    if item.department in catalog.departments:
        department = catalog.departments[item.department]
        yield Node(department.code, "department", department.short)
    for use in item.materials:
        if use.material in catalog.materials:
            material = catalog.materials[use.material]
            yield Node(material.code, "material", material.name)
    yield Node(item.code, "item", item.name)
    for result in item.results:
        yield Node(f"{item.code}/{result.id}", "result", result.name)


def _edges(item: Item, catalog: Catalog) -> Iterator[Edge]:
    if item.department in catalog.departments:
        yield Edge(catalog.departments[item.department].code, item.code, "handles")
    for use in item.materials:
        if use.material in catalog.materials:
            yield Edge(catalog.materials[use.material].code, item.code, "needs")
    for result in item.results:
        yield Edge(item.code, f"{item.code}/{result.id}", "issues")
    if item.results:
        first = f"{item.code}/{item.results[0].id}"
        for material in catalog.materials.values():
            if material.result_of is not None and material.result_of in (item.code, item.slug):
                yield Edge(first, material.code, "becomes")


def _order(theme: Theme, catalog: Catalog) -> Iterator[Edge]:
    for entry in theme.items:
        for ref in entry.after:
            if ref in catalog.items and entry.item in catalog.items:
                yield Edge(catalog.items[ref].code, catalog.items[entry.item].code, "before")
