"""The picture of a process: well-formed, complete, coloured by progress, and the same every time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from govflow import catalog
from govflow.compiler import pictures
from govflow.compiler import svg as drawing
from govflow.compiler.layout.geometry import Point, wrapped
from govflow.compiler.svg import LOOKS, draw, to_png, to_svg
from govflow.errors import InvalidInput, NotAllowed, NotFound
from govflow.language.model import Catalog
from govflow.text import Text
from tests import catalogs

SHIPPED = Path(__file__).parents[1] / "definitions"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", name="shipped")
def _shipped() -> Catalog:
    return catalog.load(SHIPPED).catalog


def texts(svg: str) -> list[str]:
    """All written words of a picture."""
    return ["".join(each.itertext()) for each in etree.fromstring(svg.encode()).iter(f"{SVG}text")]


def test_the_picture_shows_every_element_once(shipped: Catalog) -> None:
    """Each node and each flow of the theme is drawn under its own id."""
    found = [e.get("id") for e in etree.fromstring(draw("T1", shipped).encode()).iter() if e.get("id")]
    main = pictures("T1", shipped)[0]
    wanted = [shape.element.id for shape in main.shapes] + [edge.flow.id for edge in main.edges]
    assert sorted(found) == sorted(wanted)


def test_the_picture_names_lanes_and_timers(shipped: Catalog) -> None:
    """Title, lanes and the clocks' names can be read."""
    found = texts(draw("open-restaurant", shipped))
    assert found[0] == "开办餐饮店一件事"
    assert {"申请人", "并联审批", "承诺预警", "法定到期", "督办提醒", "补正材料"} <= set(found)


def test_a_called_process_has_its_own_picture(shipped: Catalog) -> None:
    """The handling of one item of a theme is drawn on demand; an unknown one is refused with the known names."""
    assert "资料审查" in texts(draw("T1", shipped, process="P_I07_handling"))
    with pytest.raises(NotFound, match="P_I07_handling"):
        draw("T1", shipped, process="P_I99_handling")


def test_progress_colours_the_nodes(shipped: Catalog) -> None:
    """A path in a case, with the number of its round, colours the element that it ends in; a legend explains."""
    plain = draw("T1", shipped)
    svg = draw(
        "T1", shipped, {"t_accept#2": "done", "s_joint": "working", "s_joint/c_I07": "yellow", "s_joint/c_I08": "red"}
    )
    root = etree.fromstring(svg.encode())
    for id, state in (("t_accept", "done"), ("c_I07", "yellow"), ("c_I08", "red"), ("c_I09", "waiting")):
        node = next(e for e in root.iter(f"{SVG}g") if e.get("id") == id)
        assert node.find(f"{SVG}rect").get("fill") == LOOKS[state].fill  # type: ignore[union-attr]
    assert {look.zh for look in LOOKS.values()} <= set(texts(svg))
    assert "红灯（超期）" not in texts(plain)


def test_an_unknown_state_is_refused(shipped: Catalog) -> None:
    """A state that has no colour says which ones there are."""
    with pytest.raises(InvalidInput, match="yellow"):
        draw("T1", shipped, {"t_accept": "green"})


def test_hostile_names_are_escaped() -> None:
    """A name with markup stays text in the picture."""
    item = catalogs.item("I01", name=Text.of('<script>alert("x")</script>&'))
    svg = draw("I01", catalogs.catalog([item]))
    assert "<script>" not in svg
    assert texts(svg)[0] == '<script>alert("x")</script>&'


def test_png_needs_no_browser(shipped: Catalog) -> None:
    """The extra gives a PNG; without it the message says what to install."""
    png = to_png(draw("I07", shipped), zoom=0.5)
    assert png.startswith(b"\x89PNG") and len(png) > 5000


def test_without_the_extra_png_is_refused(monkeypatch: pytest.MonkeyPatch, shipped: Catalog) -> None:
    """Where resvg is not installed, only PNG is missing, and the message names the extra."""
    monkeypatch.setattr(drawing, "resvg_py", None)
    with pytest.raises(NotAllowed, match="png"):
        to_png(draw("I07", shipped))


def test_long_names_are_wrapped() -> None:
    """A name never leaves its box, and is never cut: as many lines as it needs, evenly filled, a long word in pieces."""
    assert wrapped("公众聚集场所", 48) == ("公众聚集", "场所")
    assert wrapped("公众聚、集", 36) == ("公众聚、", "集")
    assert wrapped("first registration", 70) == ("first", "registration")
    assert wrapped("一二三四五六七", 24) == ("一二", "三四", "五六", "七")
    assert wrapped("一二三四五", 48) == ("一二三", "四五")
    assert wrapped("lllllllll", 20) == ("lllll", "llll")
    assert wrapped("", 24) == ()


def _crossing(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether a level and an upright stretch cross inside both."""
    level, upright = (one, other) if one[0][1] == one[1][1] else (other, one)
    if level[0][1] != level[1][1] or upright[0][0] != upright[1][0]:
        return False
    (x1, x2), (y1, y2) = sorted(p[0] for p in level), sorted(p[1] for p in upright)
    return x1 < upright[0][0] < x2 and y1 < level[0][1] < y2


@pytest.mark.parametrize("ref", ["T1", "T2", "T5", "T6", "I07", "I01"])
def test_no_lines_cross(ref: str, shipped: Catalog) -> None:
    """In block-structured processes no two lines cross, save those that share a trunk."""
    for diagram in pictures(ref, shipped):
        for index, one in enumerate(diagram.edges):
            for other in diagram.edges[index + 1 :]:
                if {one.flow.source, one.flow.target} & {other.flow.source, other.flow.target}:
                    continue
                pairs = [(a, b) for a in pairwise(one.points) for b in pairwise(other.points)]
                assert not any(_crossing(a, b) for a, b in pairs), f"{one.flow.id} crosses {other.flow.id}"


def test_a_small_diagram_keeps_room_for_its_title() -> None:
    """A picture is never narrower than its legend."""
    svg = to_svg(pictures("I01", catalogs.catalog([catalogs.item("I01")]))[0], {})
    assert int(etree.fromstring(svg.encode()).get("width", "0")) >= 640
