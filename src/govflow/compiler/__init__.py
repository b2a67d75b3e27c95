"""From a definition to a process: `to_bpmn` gives the XML, `elements` what each id means, `pictures` the layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from govflow.compiler.blocks import BOUNDARY, END, EXCLUSIVE, PARALLEL, SEND, START, Compiled, Purpose
from govflow.compiler.blocks import elements as _elements
from govflow.compiler.layout import lay_out
from govflow.compiler.layout.geometry import Diagram
from govflow.compiler.process import process_from
from govflow.compiler.xml import to_xml
from govflow.language.model import Catalog, Step
from govflow.text import Lang, Text

__all__ = [
    "MEANT_BY_KIND",
    "ElementInfo",
    "Purpose",
    "elements",
    "pictures",
    "to_bpmn",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ElementInfo:
    """What a BPMN element is to the engine and the reports.

    `id` is the id in the XML, `kind` the BPMN tag (`userTask`, `boundaryEvent` ...), `purpose` what it is there for,
    `item` the item's code, `step` the step it came from.
    A timer has a `clock` (promised, statutory, joint_cap, correction_notice, correction, delivery,
    post_check, procedure, step), an `edge` (warning, due) and its `host`. `process` is the process that holds it.
    """

    id: str
    kind: str
    purpose: Purpose
    name: Text
    item: str | None = None
    step: Step | None = None
    department: str | None = None
    role: str | None = None
    clock: str | None = None
    edge: str | None = None
    host: str | None = None
    process: str = ""
    interrupting: bool = False


MEANT_BY_KIND = {
    BOUNDARY: Purpose.TIMER, SEND: Purpose.REMINDER, START: Purpose.START, END: Purpose.END, EXCLUSIVE: Purpose.GATEWAY,
    PARALLEL: Purpose.GATEWAY,
}  # fmt: skip
"""The purpose of elements that have no other than their BPMN tag says."""


def compiled(ref: str, catalog: Catalog) -> Compiled:
    """The theme or item with this slug or code as block trees. Raises NotFound, InvalidInput."""
    return process_from(ref, catalog)


def pictures(ref: str, catalog: Catalog, lang: Lang = Lang.ZH) -> tuple[Diagram, ...]:
    """Every process of the theme or item laid out: the case's own first, then each called one.

    Names are in `lang`, so that the room for them is right. The BPMN file is always in the language of the definitions.
    """
    return tuple(lay_out(_named_in(process, lang)) for process in process_from(ref, catalog).processes)


def _named_in(part: T, lang: Lang) -> T:
    """A part of a process with its names in one language; notes, which are Chinese, are left out of the English one."""
    if lang is Lang.ZH:
        return part
    if isinstance(part, Text):
        return cast(T, Text(part.text(lang)))
    if isinstance(part, tuple):
        return cast(T, tuple(_named_in(each, lang) for each in part))
    if not is_dataclass(part) or isinstance(part, type) or not type(part).__module__.startswith(__name__):
        return part
    named: dict[str, Any] = {each.name: _named_in(getattr(part, each.name), lang) for each in fields(part)}
    if "note" in named:
        named["note"] = ""
    return cast(T, replace(part, **named))


def to_bpmn(ref: str, catalog: Catalog) -> bytes:
    """The theme or item with this slug or code as BPMN 2.0 XML in UTF-8; the same definition gives the same bytes.

    Raises NotFound for an unknown reference, InvalidInput for prerequisites that run in a circle.
    """
    found = process_from(ref, catalog)
    return to_xml(found, [lay_out(process) for process in found.processes])


def elements(ref: str, catalog: Catalog) -> Mapping[str, ElementInfo]:
    """What each element of the theme's or item's BPMN is, by id, over all its processes. Raises as `to_bpmn`."""
    found: dict[str, ElementInfo] = {}
    for process in process_from(ref, catalog).processes:
        for each, _ in _elements(process.tree):
            found[each.id] = ElementInfo(
                each.id, each.kind, each.purpose or MEANT_BY_KIND[each.kind], each.name,
                each.item, each.step, each.department, each.role, each.clock, each.edge,
                each.host, process.id, each.interrupting and each.clock is not None,
            )  # fmt: skip
    return found
