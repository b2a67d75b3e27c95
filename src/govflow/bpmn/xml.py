"""A compiled definition as BPMN 2.0 XML with diagram interchange."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from govflow.bpmn.blocks import BOUNDARY, CALL, EXCLUSIVE, SUB, Compiled, Element, Flow, Process, elements, flows
from govflow.bpmn.geometry import Bounds, Diagram, LaneShape, Shape

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
GOVFLOW = "https://govflow.dev/bpmn/1"
_NAMESPACES = {"bpmn": BPMN, "bpmndi": BPMNDI, "dc": DC, "di": DI, "xsi": XSI, "govflow": GOVFLOW}


def to_xml(compiled: Compiled, diagrams: Sequence[Diagram]) -> bytes:
    """The whole file: collaboration, processes, one diagram each. Same input, same bytes."""
    root = etree.Element(
        f"{{{BPMN}}}definitions", nsmap=_NAMESPACES, id=f"D_{compiled.ref}", targetNamespace=GOVFLOW,
        exporter="govflow", exporterVersion="1",
    )  # fmt: skip
    main = compiled.processes[0]
    collaboration = _child(root, "collaboration", id=f"C_{compiled.ref}")
    _child(collaboration, "participant", id=f"pool_{compiled.ref}", name=main.pool or main.name, processRef=main.id)
    for process in compiled.processes:
        _process(root, process)
    for diagram in diagrams:
        _diagram(root, compiled, diagram)
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text


def _child(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{BPMN}}}{tag}", attributes)
    made.text = text
    return made


def _described(node: etree._Element, note: str, facts: tuple[tuple[str, str], ...]) -> None:
    if note:
        _child(node, "documentation", note)
    if facts:
        extension = _child(node, "extensionElements")
        for name, value in facts:
            etree.SubElement(extension, f"{{{GOVFLOW}}}{name}").text = value


def _process(root: etree._Element, process: Process) -> None:
    node = _child(root, "process", id=process.id, name=process.name, isExecutable="true")
    _described(node, process.note, process.facts)
    held = list(elements(process.tree))
    if process.lanes:
        lane_set = _child(node, "laneSet", id=f"lanes_{process.id}")
        for lane in process.lanes:
            made = _child(lane_set, "lane", id=f"lane_{lane.key}", name=lane.name)
            for element, _ in held:
                if element.lane == lane.key:
                    _child(made, "flowNodeRef", element.id)
    by_parent: dict[str | None, list[Element]] = {}
    for element, parent in held:
        by_parent.setdefault(parent, []).append(element)
    flows_in: dict[str | None, list[Flow]] = {}
    for flow, parent in flows(process.tree):
        flows_in.setdefault(parent, []).append(flow)
    _contents(node, None, by_parent, flows_in)


def _contents(
    node: etree._Element, parent: str | None, by_parent: dict[str | None, list[Element]],
    flows_in: dict[str | None, list[Flow]],
) -> None:  # fmt: skip
    here = flows_in.get(parent, [])
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[Flow]] = {}
    for flow in here:
        incoming.setdefault(flow.target, []).append(flow.id)
        outgoing.setdefault(flow.source, []).append(flow)
    for element in by_parent.get(parent, []):
        made = _node(node, element, incoming.get(element.id, []), outgoing.get(element.id, []))
        if element.kind == SUB:
            _contents(made, element.id, by_parent, flows_in)
    for flow in here:
        made = _child(node, "sequenceFlow", id=flow.id, sourceRef=flow.source, targetRef=flow.target)
        if flow.name:
            made.set("name", flow.name)
        if flow.flag is not None:
            condition = _child(made, "conditionExpression", flow.flag)
            condition.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")


def _node(parent: etree._Element, element: Element, incoming: list[str], outgoing: list[Flow]) -> etree._Element:
    made = _child(parent, element.kind, id=element.id)
    if element.label:
        made.set("name", element.label)
    default = next((flow.id for flow in outgoing if flow.default), None)
    if default is not None:
        made.set("default", default)
    if element.kind == BOUNDARY:
        made.set("attachedToRef", element.host or "")
        made.set("cancelActivity", "true" if element.interrupting else "false")
    if element.kind == CALL:
        made.set("calledElement", element.called or "")
    if element.kind == EXCLUSIVE:
        made.set("gatewayDirection", "Diverging" if len(outgoing) > 1 else "Converging")
    _described(made, element.note, element.facts)
    for id in incoming:
        _child(made, "incoming", id)
    for flow in outgoing:
        _child(made, "outgoing", flow.id)
    if element.kind == BOUNDARY:
        event = _child(made, "timerEventDefinition", id=f"timer_{element.id}")
        _child(event, "timeDuration", element.duration).set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
    return made


def _diagram(root: etree._Element, compiled: Compiled, diagram: Diagram) -> None:
    process = diagram.process
    made = etree.SubElement(root, f"{{{BPMNDI}}}BPMNDiagram", id=f"diagram_{process.id}", name=process.name)
    plane_of = process.id if diagram.pool is None else f"C_{compiled.ref}"
    plane = etree.SubElement(made, f"{{{BPMNDI}}}BPMNPlane", id=f"plane_{process.id}", bpmnElement=plane_of)
    if diagram.pool is not None:
        _di_shape(plane, f"pool_{compiled.ref}", diagram.pool, isHorizontal="true")
    for lane in diagram.lanes:
        _lane_shape(plane, lane)
    for shape in diagram.shapes:
        _node_shape(plane, shape)
    for edge in diagram.edges:
        drawn = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNEdge", id=f"di_{edge.flow.id}", bpmnElement=edge.flow.id)
        for x, y in edge.points:
            etree.SubElement(drawn, f"{{{DI}}}waypoint", x=str(x), y=str(y))
        _label(drawn, edge.label)


def _lane_shape(plane: etree._Element, lane: LaneShape) -> None:
    _di_shape(plane, f"lane_{lane.lane.key}", lane.bounds, isHorizontal="true")


def _node_shape(plane: etree._Element, shape: Shape) -> None:
    element = shape.element
    attributes = {"isExpanded": "true"} if element.kind == SUB else {}
    if element.kind == EXCLUSIVE:
        attributes = {"isMarkerVisible": "true"}
    _label(_di_shape(plane, element.id, shape.bounds, **attributes), shape.label)


def _di_shape(plane: etree._Element, of: str, bounds: Bounds, **attributes: str) -> etree._Element:
    made = etree.SubElement(plane, f"{{{BPMNDI}}}BPMNShape", {"id": f"di_{of}", "bpmnElement": of, **attributes})
    _dc_bounds(made, bounds)
    return made


def _dc_bounds(parent: etree._Element, bounds: Bounds) -> None:
    sides = {"x": bounds.x, "y": bounds.y, "width": bounds.w, "height": bounds.h}
    etree.SubElement(parent, f"{{{DC}}}Bounds", {name: str(value) for name, value in sides.items()})


def _label(parent: etree._Element, bounds: Bounds | None) -> None:
    if bounds is not None:
        _dc_bounds(etree.SubElement(parent, f"{{{BPMNDI}}}BPMNLabel"), bounds)
