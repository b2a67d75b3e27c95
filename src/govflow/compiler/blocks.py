"""The block tree: what process.py builds, layout.py places and xml.py writes.

A block knows which join closes which split and which handler hangs on which timer, so that the picture
follows the structure. Every block has one entry; every block but one that ends the process has one exit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from govflow.language.model import Step
from govflow.text import Text

START, END, BOUNDARY = "startEvent", "endEvent", "boundaryEvent"
USER, SEND, CALL, SUB = "userTask", "sendTask", "callActivity", "subProcess"
EXCLUSIVE, PARALLEL = "exclusiveGateway", "parallelGateway"

EVENTS = (START, END, BOUNDARY)
GATEWAYS = (EXCLUSIVE, PARALLEL)

UNNAMED = Text("")
ACCEPTED = Text("受理", "accepted")
CORRECTION = Text("补正", "correction")


class Purpose(StrEnum):
    """What a BPMN element is there for. The engine acts on this word; an element's id is a name and nothing else."""

    ACCEPT = "accept"  # the window's task: accept, refuse, or ask for correction
    SUPPLEMENT = "supplement"  # the applicant's task: hand in what is missing
    JOINT = "joint"  # the scope in which all items of a theme are handled
    STAGE = "stage"  # the scope of one stage of a theme
    ITEM = "item"  # the scope or call in which one item is handled
    VERIFY = "verify"  # the task that looks at a result which the applicant holds already
    STEP = "step"  # the task of one step of an item's flow
    PROCEDURE = "procedure"  # the scope of a special procedure: its notice and its step
    NOTICE = "notice"  # the task that tells the applicant how long a special procedure takes
    HAND_OUT = "hand_out"  # the window's task: hand out all results together
    POST_CHECK = "post_check"  # the task that checks afterwards
    TIMER = "timer"  # a boundary timer: the edge of a clock
    REMINDER = "reminder"  # tells the supervisor that a timer fired
    GATEWAY = "gateway"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class Element:
    """One BPMN flow node: its id, kind and name, the lane it stands in, and what it means to the engine.

    `clock` and `edge` (`warning`, `due`) are set on timers, `host` is the activity that a timer hangs on. `purpose` is
    set on tasks, calls and scopes; of events and gateways the kind says it.
    """

    id: str
    kind: str
    name: Text
    lane: str = ""
    item: str | None = None
    step: Step | None = None
    department: str | None = None
    role: str | None = None
    clock: str | None = None
    edge: str | None = None
    host: str | None = None
    interrupting: bool = True
    duration: str = ""
    called: str | None = None
    note: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    purpose: Purpose | None = None

    @property
    def label(self) -> str:
        """The name in the language of the definitions."""
        return str(self.name)


@dataclass(frozen=True, slots=True)
class TimerGroup:
    """Non-interrupting timers of one host; all lead to one reminder 督办提醒, through `gather` when several."""

    timers: tuple[Element, ...]
    gather: Element | None
    remind: Element
    end: Element


@dataclass(frozen=True, slots=True)
class Activity:
    """A task, event or call, its timers, and where the flow goes when time alone decides (`deemed`).

    A deemed timer interrupts the task and goes on at `rejoin`, or ends at `lapse`.
    """

    node: Element
    group: TimerGroup | None = None
    deemed: Element | None = None
    rejoin: Element | None = None
    lapse: Element | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Blocks one after the other."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """One way out of a gateway; no block means straight on to the merge. No flag on a choice: the default."""

    block: Block | None
    name: Text = UNNAMED
    flag: str | None = None
    side: str = "straight"


@dataclass(frozen=True, slots=True)
class Choice:
    """A gateway, its branches, and the gateway that closes it; without a merge only the first branch goes on."""

    split: Element
    branches: tuple[Branch, ...]
    merge: Element | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """An embedded sub-process; `over` puts its timers on the upper border (its lower one lies lanes away)."""

    node: Element
    content: Block
    group: TimerGroup | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Vertex:
    """One item of a network: a join before it when it waits for several, a split after it when several wait."""

    id: str
    block: Block
    join: Element | None = None
    split: Element | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """Items under their prerequisites, any directed graph without cycles, between one start and one end."""

    start: Element
    end: Element
    vertices: tuple[Vertex, ...]
    edges: tuple[tuple[str, str], ...]
    split: Element | None = None
    join: Element | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """Acceptance 受理 with correction 补正: the one loop of every process."""

    received: Element
    accept: Activity
    decide: Element
    refused: Element
    supplement: Activity
    accepted: Element
    accept_name: Text = ACCEPTED
    correct_name: Text = CORRECTION


Block = Activity | Row | Choice | Scope | Network | Intake


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow; `flag` is the name of the fact that opens it, `default` marks the way out of a choice."""

    source: str
    target: str
    name: Text = UNNAMED
    flag: str | None = None
    default: bool = False

    @property
    def id(self) -> str:
        """Two nodes are joined at most once, so that their ids name the flow."""
        return f"f_{self.source}__{self.target}"


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: the applicant, the window, or a department."""

    key: str
    name: Text


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its tree, its lanes (none for a called one) and the names that its picture carries."""

    id: str
    name: Text
    note: str
    tree: Block
    lanes: tuple[Lane, ...] = ()
    pool: Text | None = None
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A definition as processes: the case's own first, then each called one. `source` is the definition's file."""

    ref: str
    processes: tuple[Process, ...]
    source: str = ""


def entry(block: Block) -> Element:
    """The element at which the flow comes into the block."""
    match block:
        case Activity(node) | Scope(node):
            return node
        case Row(blocks):
            return entry(blocks[0])
        case Choice(split):
            return split
        case Network(start):
            return start
        case Intake(received):
            return received


def leave(block: Block) -> Element | None:
    """The element from which the flow goes on, None when the block ends the process."""
    match block:
        case Activity(node, rejoin=rejoin):
            return None if node.kind == END else rejoin or node
        case Scope(node):
            return node
        case Row(blocks):
            return leave(blocks[-1])
        case Choice(_, branches, merge):
            first = branches[0].block
            return merge if merge is not None or first is None else leave(first)
        case Network():
            return None
        case Intake(accepted=accepted):
            return accepted


def elements(block: Block, parent: str | None = None) -> Iterator[tuple[Element, str | None]]:
    """Every element with the id of the sub-process that holds it, in the order of the flow."""
    match block:
        case Activity(node, group, deemed, rejoin, lapse):
            yield node, parent
            yield from ((each, parent) for each in (*_of_group(group), deemed, rejoin, lapse) if each is not None)
        case Row(blocks):
            for each in blocks:
                yield from elements(each, parent)
        case Choice():
            yield from _choice_elements(block, parent)
        case Scope(node, content, group):
            yield node, parent
            yield from elements(content, node.id)
            yield from ((each, parent) for each in _of_group(group))
        case Network():
            yield from _network_elements(block, parent)
        case Intake(received, accept, decide, refused, supplement, accepted):
            yield received, parent
            yield from elements(accept, parent)
            yield decide, parent
            yield refused, parent
            yield from elements(supplement, parent)
            yield accepted, parent


def _choice_elements(choice: Choice, parent: str | None) -> Iterator[tuple[Element, str | None]]:
    yield choice.split, parent
    for branch in choice.branches:
        if branch.block is not None:
            yield from elements(branch.block, parent)
    if choice.merge is not None:
        yield choice.merge, parent


def _network_elements(network: Network, parent: str | None) -> Iterator[tuple[Element, str | None]]:
    yield network.start, parent
    if network.split is not None:
        yield network.split, parent
    for vertex in network.vertices:
        if vertex.join is not None:
            yield vertex.join, parent
        yield from elements(vertex.block, parent)
        if vertex.split is not None:
            yield vertex.split, parent
    if network.join is not None:
        yield network.join, parent
    yield network.end, parent


def _of_group(group: TimerGroup | None) -> Iterator[Element]:
    if group is not None:
        yield from group.timers
        if group.gather is not None:
            yield group.gather
        yield group.remind
        yield group.end


def flows(block: Block) -> Iterator[tuple[Flow, str | None]]:
    """Every sequence flow with the id of the sub-process that holds it."""
    yield from _flows(block, None)


def _flows(block: Block, parent: str | None) -> Iterator[tuple[Flow, str | None]]:
    match block:
        case Activity(group=group):
            yield from ((flow, parent) for flow in (*_group_flows(group), *_deemed_flows(block)))
        case Row(blocks):
            for each in blocks:
                yield from _flows(each, parent)
            for before, after in pairwise(blocks):
                yield from ((Flow(last.id, entry(after).id), parent) for last in [leave(before)] if last is not None)
        case Choice():
            yield from _choice_flows(block, parent)
        case Scope(node, content, group):
            yield from _flows(content, node.id)
            yield from ((flow, parent) for flow in _group_flows(group))
        case Network():
            yield from _network_flows(block, parent)
        case Intake():
            yield from _intake_flows(block, parent)


def _group_flows(group: TimerGroup | None) -> Iterator[Flow]:
    if group is None:
        return
    first = group.gather or group.remind
    yield from (Flow(timer.id, first.id) for timer in group.timers)
    if group.gather is not None:
        yield Flow(group.gather.id, group.remind.id)
    yield Flow(group.remind.id, group.end.id)


def _deemed_flows(activity: Activity) -> Iterator[Flow]:
    if activity.rejoin is not None:
        yield Flow(activity.node.id, activity.rejoin.id)
    onward = activity.rejoin or activity.lapse
    if activity.deemed is not None and onward is not None:
        yield Flow(activity.deemed.id, onward.id)


def _choice_flows(choice: Choice, parent: str | None) -> Iterator[tuple[Flow, str | None]]:
    decides = choice.split.kind == EXCLUSIVE
    for branch in choice.branches:
        default = decides and branch.flag is None
        if branch.block is None:
            if choice.merge is not None:
                yield Flow(choice.split.id, choice.merge.id, branch.name, branch.flag, default), parent
            continue
        yield Flow(choice.split.id, entry(branch.block).id, branch.name, branch.flag, default), parent
        yield from _flows(branch.block, parent)
        last = leave(branch.block)
        if last is not None and choice.merge is not None:
            yield Flow(last.id, choice.merge.id), parent


def _network_flows(network: Network, parent: str | None) -> Iterator[tuple[Flow, str | None]]:
    by_id = {vertex.id: vertex for vertex in network.vertices}
    roots = [v for v in network.vertices if not any(target == v.id for _, target in network.edges)]
    ends = [v for v in network.vertices if not any(source == v.id for source, _ in network.edges)]
    if network.split is not None:
        yield Flow(network.start.id, network.split.id), parent
    for vertex in roots:
        yield Flow((network.split or network.start).id, first_of(vertex).id), parent
    for vertex in network.vertices:
        yield from _flows(vertex.block, parent)
        if vertex.join is not None:
            yield Flow(vertex.join.id, entry(vertex.block).id), parent
        if vertex.split is not None:
            yield Flow(_left(vertex.block).id, vertex.split.id), parent
    for source, target in network.edges:
        yield Flow(last_of(by_id[source]).id, first_of(by_id[target]).id), parent
    for vertex in ends:
        yield Flow(last_of(vertex).id, (network.join or network.end).id), parent
    if network.join is not None:
        yield Flow(network.join.id, network.end.id), parent


def first_of(vertex: Vertex) -> Element:
    """Where the flow comes to an item of a network: its join, or the item itself."""
    return vertex.join or entry(vertex.block)


def last_of(vertex: Vertex) -> Element:
    """From where the flow leaves an item of a network: its split, or the item itself."""
    return vertex.split or _left(vertex.block)


def _left(block: Block) -> Element:
    last = leave(block)
    if last is None:
        raise ValueError(f"{entry(block).id}: an item of a network must go on")
    return last


def _intake_flows(intake: Intake, parent: str | None) -> Iterator[tuple[Flow, str | None]]:
    yield Flow(intake.received.id, intake.accept.node.id), parent
    yield from _flows(intake.accept, parent)
    if intake.accept.deemed is not None:
        yield Flow(intake.accept.deemed.id, intake.accepted.id), parent
    yield Flow(intake.accept.node.id, intake.decide.id), parent
    yield Flow(intake.decide.id, intake.accepted.id, intake.accept_name, "outcome_accept"), parent
    yield Flow(intake.decide.id, intake.supplement.node.id, intake.correct_name, "outcome_correct"), parent
    yield Flow(intake.decide.id, intake.refused.id, default=True), parent
    yield from _flows(intake.supplement, parent)
    yield Flow(intake.supplement.node.id, intake.received.id), parent
