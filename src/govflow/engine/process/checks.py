"""What BPMN text must look like before the executor sees it: a closed list of elements, every reference resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from govflow.engine.process.records import ProcessError

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ACTIVITIES = frozenset({"userTask", "sendTask", "callActivity", "subProcess"})
HOSTS = frozenset({"userTask", "callActivity", "subProcess"})
GATEWAYS = frozenset({"parallelGateway", "exclusiveGateway"})
TIMED = frozenset({"boundaryEvent", "intermediateCatchEvent"})
NODES = ACTIVITIES | GATEWAYS | TIMED | {"startEvent", "endEvent"}
# Elements that say something to people or other tools and nothing to the executor.
PASSIVE = frozenset(
    {
        "association",
        "auditing",
        "categoryValueRef",
        "dataInputAssociation",
        "dataObject",
        "dataObjectReference",
        "dataOutputAssociation",
        "documentation",
        "extensionElements",
        "group",
        "humanPerformer",
        "incoming",
        "ioSpecification",
        "laneSet",
        "monitoring",
        "outgoing",
        "performer",
        "potentialOwner",
        "property",
        "resourceRole",
        "textAnnotation",
    }
)
FLAG = re.compile(r"[^\W\d][\w.\-]*")
RESERVED = re.compile(r"Start|End|.*\.(EndJoin|BoundaryEventSplit|BoundaryEventJoin)|.*[/#\s].*")


def check_definitions(root: Any) -> None:
    """Raise ProcessError for the first thing that our compiler does not write, naming the element."""
    if root.tag != f"{{{BPMN}}}definitions":
        raise ProcessError("bad_bpmn", f"expected a BPMN definitions element, found {root.tag!r}")
    if root.getroottree().docinfo.doctype:
        raise ProcessError("bad_bpmn", "a document type declaration is not allowed in BPMN text")
    _check_ids(root)
    for process in _processes(root):
        _check_container(process)
    _check_calls(root)


def main_process(root: Any, process_id: str | None) -> str:
    """Id of the process to run: the one asked for, else the pool's, else the only one that no other calls."""
    ids = [p.get("id") for p in _processes(root)]
    if process_id is not None:
        if process_id not in ids:
            raise ProcessError("unknown_process", f"no process {process_id!r}; found {', '.join(ids) or 'none'}")
        return process_id
    pools = {p.get("processRef") for p in root.iter(f"{{{BPMN}}}participant")} & set(ids)
    if len(pools) == 1:
        return str(pools.pop())
    called = {c.get("calledElement") for c in root.iter(f"{{{BPMN}}}callActivity")}
    free = [i for i in ids if i not in called]
    if len(free) != 1:
        raise ProcessError("unknown_process", f"which process to run? found {', '.join(free) or 'none'}")
    return str(free[0])


def _processes(root: Any) -> list[Any]:
    return list(root.iterchildren(f"{{{BPMN}}}process"))


def _local(element: Any) -> str:
    """Local name of a BPMN element, or the whole tag of a foreign one."""
    tag = element.tag
    return tag.removeprefix(f"{{{BPMN}}}") if isinstance(tag, str) else ""


def _children(element: Any) -> Iterator[tuple[str, Any]]:
    for child in element:
        if isinstance(child.tag, str):
            yield _local(child), child


def _fail(code: Any, element: Any, message: str) -> ProcessError:
    name = element.get("id")
    where = f"{_local(element)} {name!r}" if name else _local(element)
    return ProcessError(code, f"{where} (line {element.sourceline}): {message}", name)


def _check_ids(root: Any) -> None:
    seen: set[str] = set()
    for process in _processes(root):
        for element in process.iter():
            name = element.get("id")
            if name is None or not isinstance(element.tag, str) or not element.tag.startswith(f"{{{BPMN}}}"):
                continue
            if name in seen:
                raise _fail("bad_bpmn", element, "this id is used twice")
            if RESERVED.fullmatch(name):
                raise _fail("bad_bpmn", element, "this id collides with a name of the executor")
            seen.add(name)


def _check_container(container: Any) -> None:
    """One process or sub-process: its elements, its flows, its start and ends."""
    nodes: dict[str, Any] = {}
    flows: list[Any] = []
    for name, child in _children(container):
        if name in NODES:
            _check_node(name, child)
            nodes[child.get("id")] = child
        elif name == "sequenceFlow":
            flows.append(child)
        elif name not in PASSIVE:
            raise _fail("unknown_element", child, "this element is not executed; it is outside the known set")
    for flow in flows:
        _check_flow(flow, nodes)
    kinds = [_local(n) for n in nodes.values()]
    if kinds.count("startEvent") != 1 or "endEvent" not in kinds:
        raise _fail("bad_bpmn", container, "expected exactly one start event and at least one end event")
    _check_ways(nodes, flows)


def _check_node(name: str, node: Any) -> None:
    if not node.get("id"):
        raise _fail("bad_bpmn", node, "an element needs an id")
    if name == "subProcess":
        if node.get("triggeredByEvent", "false") not in ("false", "0"):
            raise _fail("unknown_element", node, "event sub-processes are not executed")
        return _check_container(node)
    timers = 0
    for child_name, _ in _children(node):
        if name in TIMED and child_name == "timerEventDefinition":
            timers += 1
        elif child_name not in PASSIVE:
            raise _fail("unknown_element", node, f"{child_name} is outside the known set")
    if name in TIMED and timers != 1:
        raise _fail("unknown_element", node, "expected exactly one timer")
    return None


def _check_flow(flow: Any, nodes: dict[str, Any]) -> None:
    for key in ("sourceRef", "targetRef"):
        if flow.get(key) not in nodes:
            raise _fail("bad_bpmn", flow, f"{key} {flow.get(key)!r} is not an element of the same process")
    for name, child in _children(flow):
        if name == "conditionExpression":
            _check_condition(flow, child, nodes[flow.get("sourceRef")])
        elif name not in PASSIVE:
            raise _fail("unknown_element", flow, f"{name} is outside the known set")


def _check_condition(flow: Any, condition: Any, source: Any) -> None:
    if _local(source) != "exclusiveGateway":
        raise _fail("bad_condition", flow, "only flows out of an exclusive gateway have a condition")
    if not FLAG.fullmatch(condition.text or "") or len(condition):
        raise _fail("bad_condition", flow, f"expected the name of one flag, found {condition.text!r}")


def _check_ways(nodes: dict[str, Any], flows: list[Any]) -> None:
    out: dict[str, list[Any]] = {name: [] for name in nodes}
    into: dict[str, int] = dict.fromkeys(nodes, 0)
    for flow in flows:
        out[flow.get("sourceRef")].append(flow)
        into[flow.get("targetRef")] += 1
    for name, node in nodes.items():
        kind = _local(node)
        _check_degree(kind, node, into[name], len(out[name]))
        if kind == "exclusiveGateway":
            _check_choice(node, out[name])
        if kind == "boundaryEvent":
            host = nodes.get(node.get("attachedToRef"))
            if host is None or _local(host) not in HOSTS:
                raise _fail("bad_bpmn", node, f"cannot hang on {node.get('attachedToRef')!r}")
            out[host.get("id")].append(node)
    _check_reach(nodes, out)


def _check_reach(nodes: dict[str, Any], out: dict[str, list[Any]]) -> None:
    """Every element is reached from the start event; ``out`` has flows, and under a host its boundary timers."""
    todo = [name for name, node in nodes.items() if _local(node) == "startEvent"]
    seen = set(todo)
    while todo:
        for way in out[todo.pop()]:
            name = way.get("targetRef") or way.get("id")
            if name not in seen:
                seen.add(name)
                todo.append(name)
    for name, node in nodes.items():
        if name not in seen:
            raise _fail("bad_bpmn", node, "no way leads here from the start event")


def _check_degree(kind: str, node: Any, into: int, out: int) -> None:
    sources = kind in ("startEvent", "boundaryEvent")
    if (into == 0) != sources:
        raise _fail("bad_bpmn", node, "no way leads here" if not sources else "no flow may lead into this event")
    if (out == 0) != (kind == "endEvent"):
        raise _fail("bad_bpmn", node, "no way leads on from here" if out == 0 else "no flow may leave an end event")
    if out > 1 and kind not in GATEWAYS:
        raise _fail("bad_bpmn", node, f"only gateways split; found {out} outgoing flows")


def _check_choice(gateway: Any, flows: list[Any]) -> None:
    default = gateway.get("default")
    if default is not None and default not in {f.get("id") for f in flows}:
        raise _fail("bad_bpmn", gateway, f"the default flow {default!r} does not leave this gateway")
    for flow in flows:
        has = any(name == "conditionExpression" for name, _ in _children(flow))
        if has == (flow.get("id") == default) and (has or len(flows) > 1):
            found = "a condition on the default flow" if has else "a flow with neither condition nor default"
            raise _fail("bad_condition", flow, f"found {found}")


def _check_calls(root: Any) -> None:
    """Every called process exists, and none calls itself, however far round."""
    calls = {p.get("id"): [c.get("calledElement") for c in p.iter(f"{{{BPMN}}}callActivity")] for p in _processes(root)}
    done: set[str] = set()
    for name in calls:
        _visit(name, calls, (), done)


def _visit(name: str, calls: dict[str, list[str]], above: tuple[str, ...], done: set[str]) -> None:
    if name in above:
        raise ProcessError("bad_bpmn", f"process {name!r} calls itself: {' -> '.join((*above, name))}", name)
    if name not in calls:
        raise ProcessError("unknown_process", f"process {above[-1]!r} calls {name!r}, which is not in the file", name)
    if name not in done:
        for called in calls[name]:
            _visit(called, calls, (*above, name), done)
        done.add(name)
