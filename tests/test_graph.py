"""The graph of definitions: nodes, edges, three formats, suggestions with figures."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from govflow.language.model import Catalog, Material, Shelf
from govflow.plan import critical_path
from govflow.products import graph
from tests.cases import catalog

SVG = "{http://www.w3.org/2000/svg}"


def restaurant() -> graph.Graph:
    """The graph of one theme."""
    return graph.graph_of(catalog(), [catalog().themes["T1"]])


def with_material(found: Catalog, code: str, **changes: object) -> Catalog:
    """The catalog with one material changed."""
    changed: list[Material] = [
        replace(m, **changes) if m.code == code else m  # type: ignore[arg-type]
        for m in found.materials.values()
    ]
    return replace(found, materials=Shelf(changed))


def test_the_graph_has_what_the_theme_has() -> None:
    """Each item with its department, materials and results; the licence flows from registration to the others."""
    found = restaurant()
    assert {n.id for n in found.nodes if n.kind == "item"} == {"I01", "I07", "I08", "I09", "I16", "I17"}
    pairs = {(e.source, e.target, e.kind) for e in found.edges}
    assert {("D01", "I07", "handles"), ("M07", "I07", "needs"), ("I01", "I07", "before")} <= pairs
    licence = next(e for e in found.edges if e.kind == "becomes" and e.target == "M02")
    assert licence.source.startswith("I01/") and ("M02", "I07", "needs") in pairs


def test_everything_at_once() -> None:
    """All definitions make one graph; every edge has both ends, no node stands twice."""
    found = graph.graph_of(catalog(), catalog().themes.values(), catalog().items.values())
    ids = [n.id for n in found.nodes]
    assert len(ids) == len(set(ids)) and set(catalog().items) <= set(ids)
    assert all(e.source in set(ids) and e.target in set(ids) for e in found.edges)


def test_the_picture_is_well_formed_and_flows_to_the_right() -> None:
    """The SVG parses, has one box a node and one line an edge; every line but none goes from left to right."""
    found = restaurant()
    root = ET.fromstring(graph.as_svg(found))
    boxes = {g.find(f"{SVG}title").text.split(" ")[0]: g.find(f"{SVG}rect") for g in root.iter(f"{SVG}g")}  # type: ignore[union-attr]
    assert set(boxes) == {n.id for n in found.nodes}
    assert len(list(root.iter(f"{SVG}path"))) == len(found.edges)
    at = {id: float(box.attrib["x"]) for id, box in boxes.items() if box is not None}
    assert all(at[e.source] < at[e.target] for e in found.edges)
    places = [(box.attrib["x"], box.attrib["y"]) for box in boxes.values() if box is not None]
    assert len(places) == len(set(places)), "no box covers another one"


def test_a_cycle_is_drawn_too() -> None:
    """Items that wait for each other do not stop the picture; long chains need no deep stack."""
    text = catalog().items["I01"].name
    nodes = tuple(graph.Node(str(n), "item", text) for n in range(3000))
    edges = tuple(graph.Edge(str(n), str((n + 1) % 3000), "before") for n in range(3000))
    assert graph.as_svg(graph.Graph(nodes, edges)).count("<rect") == 3001


def test_names_do_no_harm() -> None:
    """Quotes, backslashes and markup in a name stay text in DOT and in SVG."""
    evil = replace(catalog().items["I01"].name, zh='a"];\\ <script>&')
    found = graph.Graph((graph.Node("I01", "item", evil),), ())
    assert '"I01 a\\"];\\\\ <script>&"' in graph.as_dot(found)
    assert "<script>" not in graph.as_svg(found) and ET.fromstring(graph.as_svg(found)) is not None


def test_suggestions_say_what_they_save() -> None:
    """Each has a figure before and a smaller one after; the longest item without slack is shortened first."""
    for theme in catalog().themes.values():
        path, length = critical_path(theme, catalog())
        for each in graph.suggestions(theme, catalog()):
            assert each.after < each.before and each.about
            if each.name in ("commitment", "shorten"):
                assert each.about[0] in path and each.before == length


def test_materials_that_need_not_be_asked() -> None:
    """A government's own certificate is fetched, two codes of one name are merged, a result is linked: submissions fall."""
    theme = catalog().themes["T1"]
    fetched = with_material(catalog(), "M09", kind="证件证书证明", source="政府部门核发", elicence=None, share=None)
    found = {each.name: each for each in graph.suggestions(theme, fetched)}
    assert found["fetch"].about == ("M09",) and found["fetch"].saved == 1
    twin = with_material(catalog(), "M12", name=catalog().materials["M09"].name)
    assert {e.name: e.about for e in graph.suggestions(theme, twin)}["merge-materials"] == ("M09", "M12")
    linked = with_material(catalog(), "M09", name=catalog().items["I01"].results[0].name, kind="其他")
    assert graph.suggestions(theme, linked)[0].name == "link-result", "submissions come first"
    baseless = with_material(catalog(), "M09", kind="证件证书证明", basis=None)
    assert "drop-proofs" in {e.name for e in graph.suggestions(theme, baseless)}


def test_habit_is_no_prerequisite() -> None:
    """An item that waits for another one without using its result could run at once."""
    theme = catalog().themes["T1"]
    entries = tuple(replace(e, after=(*e.after, "I16")) if e.item == "I17" else e for e in theme.items)
    found = {e.name: e for e in graph.suggestions(replace(theme, items=entries), catalog())}
    assert {"I16", "I17"} <= set(found["run-parallel"].about) and found["run-parallel"].saved > 0
