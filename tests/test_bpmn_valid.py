"""Every compiled file is valid for all: the OMG schema, bpmn-moddle, bpmnlint, SpiffWorkflow and our own checks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import SpiffWorkflow.bpmn.parser as spiff_parser
import xmlschema
from bpmn_io import BpmnModdle, check
from bpmn_io.lint import Linter
from bpmn_io.lint.resolver import NodeResolver
from hypothesis import given, settings
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser

from govflow import catalog as loader
from govflow.compiler import pictures, to_bpmn
from govflow.language.model import (
    Catalog,
    Item,
)
from tests import catalogs
from tests.any_definition import items, themes
from tests.bpmn_checks import check as faults

SHIPPED = Path(__file__).parents[1] / "definitions"
THEMES = sorted(path.stem for path in (SHIPPED / "themes").glob("*.yaml") if "." not in path.stem)
ITEMS = sorted(path.stem for path in (SHIPPED / "items").glob("*.yaml") if "." not in path.stem)


@cache
def shipped() -> Catalog:
    """The definitions that the package is delivered with."""
    return loader.load(SHIPPED).catalog


@cache
def schema() -> xmlschema.XMLSchema:
    """The OMG schema of BPMN 2.0, as SpiffWorkflow delivers it."""
    return xmlschema.XMLSchema(str(Path(spiff_parser.__file__).parent / "schema" / "BPMN20.xsd"))


def lint(xml: bytes) -> Any:
    """What bpmnlint says by its recommended rules."""
    root = BpmnModdle().from_xml(xml.decode()).root_element
    return Linter({"config": {"extends": "bpmnlint:recommended"}, "resolver": NodeResolver()}).lint(root)


@pytest.mark.parametrize("ref", [*THEMES, *ITEMS])
def test_shipped_definitions_pass_every_linter(ref: str) -> None:
    """bpmn-moddle reads the file without a warning, bpmnlint and our own checks find nothing."""
    xml = to_bpmn(ref, shipped())
    report = check(xml.decode())
    assert report.ok and not report.warnings
    assert lint(xml) == {}
    assert faults(xml) == []


@pytest.mark.parametrize("ref", [THEMES[0], "open-restaurant", "food-business-permit", "fire-safety-check"])
def test_shipped_definitions_follow_the_schema(ref: str) -> None:
    """The OMG schema accepts the file: order of children, references, durations."""
    found = [error.reason for error in schema().iter_errors(etree.fromstring(to_bpmn(ref, shipped())))]
    assert found == []


@pytest.mark.parametrize("ref", ["open-restaurant", "private-building", "food-business-permit"])
def test_spiffworkflow_reads_the_same_graph(ref: str) -> None:
    """SpiffWorkflow parses every process of the file and knows every node of it."""
    xml = to_bpmn(ref, shipped())
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(xml), filename=ref)
    for diagram in pictures(ref, shipped()):
        specs = [parser.get_spec(diagram.process.id), *parser.get_subprocess_specs(diagram.process.id).values()]
        known = {name for spec in specs for name in spec.task_specs}
        assert {shape.element.id for shape in diagram.shapes} <= known


@pytest.mark.parametrize("ref", ["open-restaurant", "private-building"])
def test_labels_stand_clear_of_nodes(ref: str) -> None:
    """The name of a flow, an event or a gateway covers no node and no other name."""
    for diagram in pictures(ref, shipped()):
        named = [shape for shape in diagram.shapes if shape.label and shape.element.kind != "subProcess"]
        labels = [shape.label for shape in named if shape.label] + [edge.label for edge in diagram.edges if edge.label]
        boxes = [shape.bounds for shape in diagram.shapes if shape.element.kind != "subProcess"]
        for index, label in enumerate(labels):
            assert not [box for box in boxes if box.overlaps(label)]
            assert not [other for other in labels[index + 1 :] if other.overlaps(label)]


BROKEN = [
    ('targetRef="c_I07"', 'targetRef="c_I99"', "c_I99"),
    ('id="t_hand_out"', 'id="t_accept"', "used 2 times"),
    (">run_I07<", ">os.system(1)<", "not a plain name"),
    (' default="f_g_I07__g_I07_done"', "", "without a default"),
    (">P3D<", ">3 days<", "not an ISO 8601 duration"),
    ('bpmnElement="c_I08"><dc:Bounds x="', 'bpmnElement="c_I08"><dc:Bounds x="9', "stands outside of s_joint"),
    (
        'bpmnElement="f_t_accept__g_intake"><di:waypoint x="',
        'bpmnElement="f_t_accept__g_intake"><di:waypoint x="1',
        "border",
    ),
    ("<bpmn:incoming>f_g_I07__c_I07</bpmn:incoming>", "", "do not agree"),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN)
def test_our_checks_find_faults(old: str, new: str, said: str) -> None:
    """A file that is broken by hand is found out, with the element's name."""
    root = etree.fromstring(to_bpmn("T1", shipped()), etree.XMLParser(remove_blank_text=True))
    text = etree.tostring(root).decode()
    assert old in text
    assert any(said in fault for fault in faults(text.replace(old, new, 1).encode()))


def test_our_checks_see_a_node_that_is_never_reached() -> None:
    """A flow taken out leaves what comes after it without a start."""
    root = etree.fromstring(to_bpmn("I01", shipped()))
    for flow in [e for e in root.iter("{*}sequenceFlow") if e.get("targetRef") == "t_hand_out"]:
        flow.getparent().remove(flow)  # type: ignore[union-attr]
    assert any("t_hand_out: no start leads here" in fault for fault in faults(etree.tostring(root)))


@settings(max_examples=40)
@given(item=items("I1"))
def test_any_item_compiles_to_a_clean_file(item: Item) -> None:
    """Any item, alone: sound, every node drawn, no overlap, no line through a node."""
    assert faults(to_bpmn("I1", catalogs.catalog([item]))) == []


@settings(max_examples=30)
@given(catalog=themes())
def test_any_theme_compiles_to_a_clean_file(catalog: Catalog) -> None:
    """Any theme under any prerequisites: sound, every node drawn, no overlap, no line through a node."""
    assert faults(to_bpmn("T9", catalog)) == []


@settings(max_examples=3)
@given(catalog=themes())
def test_any_theme_passes_schema_and_linter(catalog: Catalog) -> None:
    """Any theme follows the OMG schema and bpmnlint's recommended rules."""
    xml = to_bpmn("T9", catalog)
    assert [error.reason for error in schema().iter_errors(etree.fromstring(xml))] == []
    assert lint(xml) == {}
