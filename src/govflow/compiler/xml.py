"""A compiled definition as BPMN 2.0 XML with diagram interchange.

Written as text: a theme has thousands of small elements, and a tree library takes longer to build than the layout to place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from govflow.compiler.blocks import BOUNDARY, CALL, EXCLUSIVE, SUB, Compiled, Element, Flow, Process, elements, flows
from govflow.compiler.layout.geometry import Bounds, Diagram, Shape

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
GOVFLOW = "https://govflow.dev/bpmn/1"
_NAMESPACES = {"bpmn": BPMN, "bpmndi": BPMNDI, "dc": DC, "di": DI, "xsi": XSI, "govflow": GOVFLOW}
_FORMAL = {"xsi:type": "bpmn:tFormalExpression"}
_IN_QUOTES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_SPECIAL = re.compile("[^\u0020\u0021\u0023-\u0025\u0027-\u003b\u003d\u003f-\ud7ff\ue000-\ufffd]")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Writer:
    """XML as indented text; every name and value from a definition is escaped here and nowhere else."""

    def __init__(self) -> None:
        self.lines = ["<?xml version='1.0' encoding='UTF-8'?>"]
        self.open_tags: list[str] = []

    def leaf(self, tag: str, text: str | None = None, attributes: Mapping[str, str] | None = None) -> None:
        """An element without children."""
        start = f"{'  ' * len(self.open_tags)}<{tag}{_attributes(attributes)}"
        self.lines.append(f"{start}/>" if text is None else f"{start}>{_escaped(text, _IN_TEXT)}</{tag}>")

    def numbers(self, element: str) -> None:
        """An element that holds nothing but our own numbers."""
        self.lines.append(f"{'  ' * len(self.open_tags)}{element}")

    def open(self, tag: str, attributes: Mapping[str, str] | None = None) -> None:
        """Begin an element; `close` ends it."""
        self.lines.append(f"{'  ' * len(self.open_tags)}<{tag}{_attributes(attributes)}>")
        self.open_tags.append(tag)

    def close(self) -> None:
        """End the element opened last."""
        tag = self.open_tags.pop()
        self.lines.append(f"{'  ' * len(self.open_tags)}</{tag}>")


def _escaped(text: str, table: Mapping[int, str]) -> str:
    """Signs that XML forbids (control characters) are left out; sources with them are refused earlier."""
    return text if _SPECIAL.search(text) is None else _NOT_XML.sub("", text).translate(table)


def _attributes(attributes: Mapping[str, str] | None) -> str:
    if not attributes:
        return ""
    return "".join([f' {name}="{_escaped(value, _IN_QUOTES)}"' for name, value in attributes.items()])


def to_xml(compiled: Compiled, diagrams: Sequence[Diagram]) -> bytes:
    """The whole file: collaboration, processes, one diagram each. Same input, same bytes."""
    out = Writer()
    names = {f"xmlns:{prefix}": uri for prefix, uri in _NAMESPACES.items()}
    about = {"id": f"D_{compiled.ref}", "targetNamespace": GOVFLOW, "exporter": "govflow", "exporterVersion": "1"}
    out.open("bpmn:definitions", {**names, **about})
    main = compiled.processes[0]
    out.open("bpmn:collaboration", {"id": f"C_{compiled.ref}"})
    pool = {"id": f"pool_{compiled.ref}", "name": str(main.pool or main.name), "processRef": main.id}
    out.leaf("bpmn:participant", None, pool)
    out.close()
    for process in compiled.processes:
        _process(out, process)
    for diagram in diagrams:
        _diagram(out, compiled, diagram)
    out.close()
    return ("\n".join(out.lines) + "\n").encode()


def _described(out: Writer, note: str, facts: tuple[tuple[str, str], ...]) -> None:
    if note:
        out.leaf("bpmn:documentation", note)
    if facts:
        out.open("bpmn:extensionElements")
        for name, value in facts:
            out.leaf(f"govflow:{name}", value)
        out.close()


def _process(out: Writer, process: Process) -> None:
    out.open("bpmn:process", {"id": process.id, "name": str(process.name), "isExecutable": "true"})
    _described(out, process.note, process.facts)
    held = list(elements(process.tree))
    if process.lanes:
        _lanes(out, process, held)
    by_parent: dict[str | None, list[Element]] = {}
    for element, parent in held:
        by_parent.setdefault(parent, []).append(element)
    flows_in: dict[str | None, list[Flow]] = {}
    for flow, parent in flows(process.tree):
        flows_in.setdefault(parent, []).append(flow)
    _contents(out, None, by_parent, flows_in)
    out.close()


def _lanes(out: Writer, process: Process, held: Sequence[tuple[Element, str | None]]) -> None:
    out.open("bpmn:laneSet", {"id": f"lanes_{process.id}"})
    for lane in process.lanes:
        about = {"id": f"lane_{lane.key}", "name": str(lane.name)}
        refs = [element.id for element, _ in held if element.lane == lane.key]
        if not refs:
            out.leaf("bpmn:lane", None, about)
            continue
        out.open("bpmn:lane", about)
        for id in refs:
            out.leaf("bpmn:flowNodeRef", id)
        out.close()
    out.close()


def _contents(
    out: Writer, parent: str | None, by_parent: dict[str | None, list[Element]], flows_in: dict[str | None, list[Flow]]
) -> None:
    here = flows_in.get(parent, [])
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[Flow]] = {}
    for flow in here:
        incoming.setdefault(flow.target, []).append(flow.id)
        outgoing.setdefault(flow.source, []).append(flow)
    for element in by_parent.get(parent, []):
        _node(out, element, incoming.get(element.id, []), outgoing.get(element.id, []))
        if element.kind == SUB:
            _contents(out, element.id, by_parent, flows_in)
        out.close()
    for flow in here:
        _flow(out, flow)


def _flow(out: Writer, flow: Flow) -> None:
    about = {"id": flow.id, "sourceRef": flow.source, "targetRef": flow.target}
    if flow.name.zh:
        about["name"] = flow.name.zh
    if flow.flag is None:
        out.leaf("bpmn:sequenceFlow", None, about)
        return
    out.open("bpmn:sequenceFlow", about)
    out.leaf("bpmn:conditionExpression", flow.flag, _FORMAL)
    out.close()


def _node(out: Writer, element: Element, incoming: list[str], outgoing: list[Flow]) -> None:
    """Opens the element and writes all but its children; the caller closes it."""
    about = {"id": element.id}
    if element.label:
        about["name"] = element.label
    default = next((flow.id for flow in outgoing if flow.default), None)
    if default is not None:
        about["default"] = default
    if element.kind == BOUNDARY:
        about |= {"attachedToRef": element.host or "", "cancelActivity": "true" if element.interrupting else "false"}
    if element.kind == CALL:
        about["calledElement"] = element.called or ""
    if element.kind == EXCLUSIVE:
        about["gatewayDirection"] = "Diverging" if len(outgoing) > 1 else "Converging"
    out.open(f"bpmn:{element.kind}", about)
    _described(out, element.note, element.facts)
    for id in incoming:
        out.leaf("bpmn:incoming", id)
    for flow in outgoing:
        out.leaf("bpmn:outgoing", flow.id)
    if element.kind == BOUNDARY:
        out.open("bpmn:timerEventDefinition", {"id": f"timer_{element.id}"})
        out.leaf("bpmn:timeDuration", element.duration, _FORMAL)
        out.close()


def _diagram(out: Writer, compiled: Compiled, diagram: Diagram) -> None:
    process = diagram.process
    out.open("bpmndi:BPMNDiagram", {"id": f"diagram_{process.id}", "name": str(process.name)})
    plane_of = process.id if diagram.pool is None else f"C_{compiled.ref}"
    out.open("bpmndi:BPMNPlane", {"id": f"plane_{process.id}", "bpmnElement": plane_of})
    if diagram.pool is not None:
        _di_shape(out, f"pool_{compiled.ref}", diagram.pool, {"isHorizontal": "true"})
    for lane in diagram.lanes:
        _di_shape(out, f"lane_{lane.lane.key}", lane.bounds, {"isHorizontal": "true"})
    for shape in diagram.shapes:
        _node_shape(out, shape)
    for edge in diagram.edges:
        out.open("bpmndi:BPMNEdge", {"id": f"di_{edge.flow.id}", "bpmnElement": edge.flow.id})
        for x, y in edge.points:
            out.numbers(f'<di:waypoint x="{x}" y="{y}"/>')
        _label(out, edge.label)
        out.close()
    out.close()
    out.close()


def _node_shape(out: Writer, shape: Shape) -> None:
    element = shape.element
    attributes = {"isExpanded": "true"} if element.kind == SUB else {}
    if element.kind == EXCLUSIVE:
        attributes = {"isMarkerVisible": "true"}
    _di_shape(out, element.id, shape.bounds, attributes, shape.label)


def _di_shape(out: Writer, of: str, bounds: Bounds, attributes: Mapping[str, str], label: Bounds | None = None) -> None:
    out.open("bpmndi:BPMNShape", {"id": f"di_{of}", "bpmnElement": of, **attributes})
    _dc_bounds(out, bounds)
    _label(out, label)
    out.close()


def _dc_bounds(out: Writer, bounds: Bounds) -> None:
    out.numbers(f'<dc:Bounds x="{bounds.x}" y="{bounds.y}" width="{bounds.w}" height="{bounds.h}"/>')


def _label(out: Writer, bounds: Bounds | None) -> None:
    if bounds is not None:
        out.open("bpmndi:BPMNLabel")
        _dc_bounds(out, bounds)
        out.close()
