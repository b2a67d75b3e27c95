"""Questions to a stored case: its view, and its progress in the process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import asdict

from govflow.compiler import Purpose
from govflow.compiler.blocks import EXCLUSIVE
from govflow.compiler.paths import element_of, scope_of, with_scopes
from govflow.engine import case_clocks, process, views
from govflow.engine.case import CaseState
from govflow.engine.definitions.compiled import CompiledDefinition
from govflow.engine.replay import case_state, replayed_moves
from govflow.engine.store import LIVE, Applicant, CaseFile, CaseRow, Statements
from govflow.engine.views import CaseView
from govflow.language.codes import masked
from govflow.language.model import Catalog
from govflow.vocabulary import ItemStatus, Light


@dataclass(frozen=True, slots=True)
class Progress:
    """A case in its process: `element_states` gives an element path one of done, working, yellow, red, skipped.

    Sequence flows are elements too: the path of one that a token has walked is there as done.
    """

    ref: str
    catalog: Catalog
    element_states: Mapping[str, str]


def case_view(file: CaseFile, subject: CompiledDefinition, at: str, state: CaseState) -> CaseView:
    """Everything about a case as a caller sees it."""
    row = file.row
    names = subject.catalog.materials
    return CaseView.of(
        {
            "applicant": lambda: _shown_applicant(file.applicant),
            "items": lambda: tuple(_items(state, subject)),
            "tasks": lambda: tuple(views.task_view(task, at) for task in file.task_rows()),
            "clocks": lambda: views.clock_views(file.closed, state.clocks.values(), at),
            "materials": lambda: tuple(
                views.MaterialView(c, str(names[c].name), s) for c, s in state.materials.items()
            ),
        },
        id=row.id, ref=row.ref, name=str(subject.name), kind=row.kind, state=row.state, applied=state.applied,
        accepted=state.accepted, accepted_as_of=state.accepted_as_of, deemed=state.deemed, closed=state.closed,
        channel=state.channel, answers=state.answers, results=tuple(map(asdict, state.results)), opinions=tuple(map(asdict, state.opinions)),
        definition=row.definition, revision=row.revision, incident=file.job.fault if file.job is not None and file.job.tries else None,
    )  # fmt: skip


def _items(state: CaseState, subject: CompiledDefinition) -> Iterator[views.ItemView]:
    for each in state.items.values():
        item = subject.item(each.code)
        yield views.ItemView(
            each.code, str(item.name), item.department, each.mode, each.reason, each.state, each.started, each.decided,
            each.finished, each.outcome,
        )  # fmt: skip


def _shown_applicant(found: Applicant | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {"kind": found.kind, "name": found.name, "id": masked(found.identity) if found.identity else None}


def progress(statements: Statements, row: CaseRow, subject: CompiledDefinition, at: str) -> Progress:
    """The case's path through the process, with the lights of what is open."""
    live = [clock.body for clock in statements.clocks_of(row.id) if clock.state in LIVE]
    state = case_state(subject, row, live, statements)
    steps = replayed_moves(subject, statements.events(row.id))
    element_states = {path: _state_of(subject, path) for step in steps for path in step.passed}
    definition = statements.definition(row.definition)
    flows = process.flows(definition.bpmn) if definition is not None else ()
    element_states |= dict.fromkeys(_walked(subject, steps, flows), "done")
    left_out = {i.code for i in state.items.values() if i.state in (ItemStatus.SKIPPED, ItemStatus.TERMINATED)}
    element_states |= {
        e.id: "skipped" for e in subject.elements.values() if e.purpose is Purpose.ITEM and e.item in left_out
    }
    for task in state.tasks.values():
        clock = views.governing_clock(state, task.item, task.id)
        light = case_clocks.light(clock.due_at, clock.warn_at, at) if clock is not None else "green"
        element_states |= dict.fromkeys(with_scopes(task.path), "working" if light == Light.GREEN else light)
    return Progress(subject.ref, subject.catalog, element_states)


def _state_of(subject: CompiledDefinition, path: str) -> str:
    """What was passed is done; a timer that fired shows the light it lit."""
    edge = subject.elements[element_of(path)].edge
    return {"warning": "yellow", "due": "red"}.get(edge or "", "done")


def _walked(
    subject: CompiledDefinition, steps: Sequence[process.Transition], flows: Iterable[process.Flow]
) -> Iterator[str]:
    """The paths of the sequence flows that tokens took, in the order in which they left an element.

    Whatever is passed sends a token along all its flows; only a choice sends it along one, to what comes next.
    """
    onward: dict[str, list[process.Flow]] = {}
    for flow in flows:
        onward.setdefault(flow.source, []).append(flow)
    for step in steps:
        begun = [token.path for token in step.opened] + list(step.entered)
        for place, path in enumerate(step.passed):
            scope, source = scope_of(path), element_of(path)
            after = onward.get(source, [])
            if len(after) > 1 and subject.elements[source].kind == EXCLUSIVE:
                after = _chosen(after, scope, (*begun, *step.passed[place + 1 :]))
            yield from (f"{scope}/{flow.id}" if scope else flow.id for flow in after)


def _chosen(after: Sequence[process.Flow], scope: str, following: Sequence[str]) -> list[process.Flow]:
    """The one way out of a choice that was taken: what waits there now, else the first that was passed after it."""
    targets = {flow.target: flow for flow in after}
    near = (element_of(path) for path in following if scope_of(path) == scope)
    return next(([targets[element]] for element in near if element in targets), [])
