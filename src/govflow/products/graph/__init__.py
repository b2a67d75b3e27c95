"""How items, materials, departments and results hang together, as JSON, DOT or a picture; and what could be better."""

from govflow.products.graph.network import Edge, Graph, Node, graph_of
from govflow.products.graph.suggestions import Suggestion, suggestions
from govflow.products.graph.writing import as_data, as_dot, as_svg

__all__ = ["Edge", "Graph", "Node", "Suggestion", "as_data", "as_dot", "as_svg", "graph_of", "suggestions"]
