"""BPMN text to a compiled process: checked, parsed once, shared by all cases and threads."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple
from xml.etree import ElementTree

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.event_parsers import EndEventParser, EventDefinitionParser, StartEventParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.task_parsers import (
    CallActivityParser,
    ConditionalGatewayParser,
    GatewayParser,
    SubWorkflowParser,
)
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec

from govflow.engine.process import specs
from govflow.engine.process.checks import check_definitions, main_process
from govflow.engine.process.graph import nearest_fork
from govflow.engine.process.records import ProcessError

CACHE_SIZE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """One compiled process with everything it calls; immutable, to be shared between threads.

    ``fingerprint`` ties a snapshot to the definition it was made under.
    """

    id: str
    fingerprint: str
    elements: frozenset[str]
    spec: Any
    subs: Mapping[str, Any]


class _Queued:
    """Connects an element's outgoing flows after its process was listed, not by recursion.

    The library follows the flows by recursion and gives up on long chains; it also orders the flows of a gateway by
    the heights in the diagram, we keep the order of the text.
    """

    def parse_node(self) -> Any:
        """Make the element's specification and put its flows on the list."""
        self.task = self.create_task()  # type: ignore[attr-defined]
        parser = self.process_parser  # type: ignore[attr-defined]
        events = parser.get_boundary_events(self.bpmn_id)  # type: ignore[attr-defined]
        entry = self._split(events) if events else self.task
        parser.pending.append(self)
        return entry

    def _split(self, events: Any) -> Any:
        split = specs.BoundarySplit(self.spec, f"{self.bpmn_id}.BoundaryEventSplit")  # type: ignore[attr-defined]
        split.connect(self.task)
        for event in events:
            split.connect(self.process_parser.parse_node(event))  # type: ignore[attr-defined]
        return split

    def connect_flows(self) -> None:
        """Connect the outgoing flows, in the order of the text."""
        parser, default = self.process_parser, self.node.get("default")  # type: ignore[attr-defined]
        flows = parser.get_outgoing_sequence_flows(self.bpmn_id)  # type: ignore[attr-defined]
        for flow in flows:
            target = flow.get("targetRef")
            known = self.spec.task_specs.get(f"{target}.BoundaryEventSplit")  # type: ignore[attr-defined]
            child = known or parser.parse_node(parser.get_node_by_id(target))
            last = len(flows) == 1 and self.parse_condition(flow) is None  # type: ignore[attr-defined]
            self.connect_outgoing(child, flow, last or flow.get("id") == default)  # type: ignore[attr-defined]

    def parse_incoming_data_references(self) -> list[Any]:
        """No data lives in the executor."""
        return []

    def parse_outgoing_data_references(self) -> list[Any]:
        """No data lives in the executor."""
        return []


class _TaskParser(_Queued, TaskParser):  # type: ignore[misc]
    pass


class _GatewayParser(_Queued, GatewayParser):  # type: ignore[misc]
    pass


class _ChoiceParser(_Queued, ConditionalGatewayParser):  # type: ignore[misc]
    pass


class _CallParser(_Queued, CallActivityParser):  # type: ignore[misc]
    pass


class _SubParser(_Queued, SubWorkflowParser):  # type: ignore[misc]
    pass


class _StartParser(_Queued, StartEventParser):  # type: ignore[misc]
    pass


class _EndParser(_Queued, EndEventParser):  # type: ignore[misc]
    pass


class _CatchParser(_Queued, EventDefinitionParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        """A timer that waits to be told; its text is never read."""
        return self._create_task(specs.Timer(self.bpmn_id))


class _BoundaryParser(_Queued, EventDefinitionParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        """A boundary timer that waits to be told; its text is never read."""
        interrupting = self.node.get("cancelActivity", "true") in ("true", "1")
        return self._create_task(specs.Timer(self.bpmn_id), interrupting)


class _ProcessParser(ProcessParser):  # type: ignore[misc]
    def create_spec(self) -> Any:
        """A specification whose elements are connected from a list."""
        self.pending: list[Any] = []
        return BpmnProcessSpec(name=self.bpmn_id, description=self.bpmn_id)

    def parse_io_spec(self) -> Any:
        """No data lives in the executor."""
        return None

    def add_tasks(self) -> None:
        """Start at the start event and follow the list until nothing new is reached."""
        for node in self.xpath("./bpmn:startEvent"):
            self.parse_node(node)
        while self.pending:
            self.pending.pop().connect_flows()


class _Parser(BpmnParser):  # type: ignore[misc]
    """The library's parser with our classes for the tags we know; there are no others after the check."""

    PROCESS_PARSER_CLASS = _ProcessParser
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012 - the library reads it as a class attribute
        full_tag("startEvent"): (_StartParser, specs.Start),
        full_tag("endEvent"): (_EndParser, specs.End),
        full_tag("userTask"): (_TaskParser, specs.User),
        full_tag("sendTask"): (_TaskParser, specs.Send),
        full_tag("exclusiveGateway"): (_ChoiceParser, specs.Exclusive),
        full_tag("parallelGateway"): (_GatewayParser, specs.Parallel),
        full_tag("callActivity"): (_CallParser, specs.Sub),
        full_tag("subProcess"): (_SubParser, specs.Sub),
        full_tag("boundaryEvent"): (_BoundaryParser, specs.Boundary),
        full_tag("intermediateCatchEvent"): (_CatchParser, specs.Catch),
    }

    def add_bpmn_xml(self, bpmn: Any, filename: str | None = None) -> None:
        """Refuse what we do not know before the library sees it."""
        check_definitions(bpmn)
        self.root = bpmn
        super().add_bpmn_xml(bpmn, filename)


def _freeze(spec: Any) -> None:
    """Work out once what the run asks for at every token."""
    spec.order = tuple(spec.task_specs.values())
    for index, task_spec in enumerate(spec.order):
        task_spec.index = index
        task_spec.targets = tuple(task_spec.outputs)
    graph = {name: tuple(s._outputs) for name, s in spec.task_specs.items()}
    forks = {n for n, s in spec.task_specs.items() if isinstance(s, specs.Parallel | specs.BoundarySplit)}
    for name, task_spec in spec.task_specs.items():
        if isinstance(task_spec, specs.Parallel) and len(task_spec._inputs) > 1:
            task_spec.fork = nearest_fork(graph, spec.start.name, name, forks)


def _reached(all_specs: list[Any]) -> frozenset[str]:
    return frozenset(s.bpmn_id for spec in all_specs for s in spec.task_specs.values() if s.bpmn_id is not None)


def _compile(xml: bytes, digest: str, process_id: str | None) -> Process:
    if b"<!DOCTYPE" in xml:  # before the text is parsed, so that no entity is ever expanded
        raise ProcessError("bad_bpmn", "a document type declaration is not allowed in BPMN text")
    parser = _Parser()
    try:
        parser.add_bpmn_str(xml)
        name = main_process(parser.root, process_id)
        spec = parser.get_spec(name)
        subs = parser.get_subprocess_specs(name)
    except SyntaxError as error:
        raise ProcessError("bad_bpmn", f"not well-formed XML: {error}") from error
    except ValidationException as error:
        raise ProcessError("bad_bpmn", str(error), getattr(error, "id", None)) from error
    for each in (spec, *subs.values()):
        _freeze(each)
    fingerprint = hashlib.sha256(f"{digest}/{name}".encode()).hexdigest()[:12]
    return Process(name, fingerprint, _reached([spec, *subs.values()]), spec, MappingProxyType(subs))


_cache: OrderedDict[tuple[str, str | None], Process] = OrderedDict()
_lock = threading.Lock()


def compile_process(xml: bytes, process_id: str | None = None) -> Process:
    """Compile BPMN text; the same text is compiled once and then taken from a bounded cache.

    Without ``process_id`` the process of the pool is taken, else the one that no other calls.
    Raises ProcessError naming the element for anything our compiler does not write (scripts, foreign conditions).
    """
    digest = hashlib.sha256(xml).hexdigest()
    key = (digest, process_id)
    with _lock:
        found = _cache.get(key)
        if found is not None:
            _cache.move_to_end(key)
            return found
    made = _compile(xml, digest, process_id)
    with _lock:
        made = _cache.setdefault(key, made)
        while len(_cache) > CACHE_SIZE:
            _cache.popitem(last=False)
    return made


class Flow(NamedTuple):
    """One sequence flow of a BPMN file: its id, and the elements that it leads from and to."""

    id: str
    source: str
    target: str


class BpmnNode(NamedTuple):
    """One flow node of a BPMN file; `host` is the activity that a boundary event hangs on and may interrupt."""

    id: str
    kind: str
    name: str
    host: str | None
    interrupting: bool


def nodes(xml: bytes) -> Iterator[BpmnNode]:
    """The flow nodes of a BPMN file that was compiled before, in the order of the text."""
    kinds = {tag: tag.rpartition("}")[2] for tag in _Parser.OVERRIDE_PARSER_CLASSES}
    for node in _root(xml).iter():
        kind = kinds.get(node.tag)
        if kind is not None:
            host = node.get("attachedToRef")
            interrupts = host is not None and node.get("cancelActivity", "true") in ("true", "1")
            yield BpmnNode(node.attrib["id"], kind, node.get("name", ""), host, interrupts)


def _root(xml: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(xml)
    except ElementTree.ParseError as fault:
        raise ProcessError("bad_bpmn", f"the stored BPMN is no XML: {fault}") from fault


def flows(xml: bytes) -> Iterator[Flow]:
    """The sequence flows of a BPMN file that was compiled before, in the order of the text."""
    for node in _root(xml).iter(full_tag("sequenceFlow")):
        yield Flow(node.attrib["id"], node.attrib["sourceRef"], node.attrib["targetRef"])
