"""What each element and each flag of a BPMN file is, as a table of its own, kept beside the file that a case pinned.

The compiler that wrote a file knows what its ids mean; a later one may make other ids. So the table is made once, when
the definition is stored, and a running case reads it from there. A definition that version 0.1.0 stored has none: it is
made with the present compiler, which makes the same ids, and compared with the file before it is trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from govflow import compiler
from govflow.compiler import MEANT_BY_KIND, ElementInfo, Purpose
from govflow.engine import process
from govflow.engine.store import StoreError
from govflow.language.model import Catalog, Step, Theme
from govflow.language.xml_names import ncname
from govflow.text import Text

Meaning = Literal["accept", "correct", "run", "verify", "commit", "granted", "post_check", "when"]


@dataclass(frozen=True, slots=True)
class Flag:
    """What a named condition of the process asks: an outcome at the window, or something about an item or its step."""

    means: Meaning
    item: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class ElementTable:
    """The elements of a BPMN file by id, and its flags by name."""

    elements: Mapping[str, ElementInfo]
    flags: Mapping[str, Flag]


Steps = Mapping[tuple[str, str], Step]
"""The steps of a definition by item and id."""


class _Row(msgspec.Struct, omit_defaults=True):
    """An element as text: its step is named, since the step itself stands in the definition."""

    id: str
    kind: str
    purpose: Purpose
    zh: str = ""
    en: str = ""
    item: str | None = None
    step: str | None = None
    department: str | None = None
    role: str | None = None
    clock: str | None = None
    edge: str | None = None
    host: str | None = None
    process: str = ""
    interrupting: bool = False


class _Table(msgspec.Struct):
    elements: list[_Row]
    flags: dict[str, Flag]
    format: Literal["elements/1"] = "elements/1"


_decode = msgspec.json.Decoder(_Table).decode


def table_of(ref: str, catalog: Catalog, theme: Theme, steps: Steps) -> ElementTable:
    """The table of the definition as the present compiler writes it."""
    return ElementTable(compiler.elements(ref, catalog), _flags(theme, steps))


def _flags(theme: Theme, steps: Steps) -> dict[str, Flag]:
    flags = {"outcome_accept": Flag("accept"), "outcome_correct": Flag("correct")}
    meanings: tuple[Meaning, ...] = ("run", "verify", "commit", "granted", "post_check")
    flags |= {f"{means}_{entry.item}": Flag(means, entry.item) for entry in theme.items for means in meanings}
    flags |= {
        f"when_{code}_{ncname(id)}": Flag("when", code, id)
        for (code, id), step in steps.items()
        if step.when is not None
    }
    return dict(sorted(flags.items()))


def written(table: ElementTable) -> str:
    """The table as text, for the database."""
    rows = [
        _Row(e.id, e.kind, e.purpose, e.name.zh, e.name.en, e.item, e.step.id if e.step is not None else None, e.department,
             e.role, e.clock, e.edge, e.host, e.process, e.interrupting)
        for e in table.elements.values()
    ]  # fmt: skip
    return msgspec.json.encode(_Table(rows, dict(table.flags))).decode()


def read(text: str, steps: Steps, digest: str) -> ElementTable:
    """The table that `written` wrote. Raises StoreError, which names the definition, for any other text."""
    try:
        found = _decode(text)
        elements = {row.id: _element(row, steps) for row in found.elements}
    except (msgspec.MsgspecError, KeyError) as fault:
        raise StoreError(
            Text(
                f"数据库里定义 {digest[:12]} 的元素表不能读取：{fault}",
                f"the table of elements of the stored definition {digest[:12]} cannot be read: {fault}",
            ),
            definition=digest,
        ) from fault
    return ElementTable(elements, found.flags)


def _element(row: _Row, steps: Steps) -> ElementInfo:
    step = None if row.step is None else steps[str(row.item), row.step]
    return ElementInfo(
        row.id, row.kind, row.purpose, Text(row.zh, row.en), row.item, step, row.department, row.role, row.clock, row.edge,
        row.host, row.process, row.interrupting,
    )  # fmt: skip


def table_of_file(table: ElementTable, nodes: Iterable[process.BpmnNode], digest: str) -> ElementTable:
    """The table of a stored BPMN file, which an older version wrote, out of the present compiler's table.

    Structure is taken from the file: which elements there are, what hangs on what and interrupts it. What its tasks,
    scopes and timers mean is taken from the table. Raises StoreError, which names the definition, for one of these that
    the present compiler does not make.
    """
    found: dict[str, ElementInfo] = {}
    unknown: list[str] = []
    for node in nodes:
        info = table.elements.get(node.id)
        if info is not None and info.kind == node.kind:
            found[node.id] = replace(info, host=node.host or info.host, interrupting=node.interrupting)
        elif node.kind in MEANT_BY_KIND and node.host is None:
            found[node.id] = ElementInfo(node.id, node.kind, MEANT_BY_KIND[node.kind], Text(node.name))
        else:
            unknown.append(node.id)
    if unknown:
        raise StoreError(
            Text(
                f"数据库里定义 {digest[:12]} 的流程文件有本版本不认识的元素 {'、'.join(unknown[:5])}（共 {len(unknown)} 个），"
                "不能推断其含义；请用写入它的版本办结其办件",
                f"the BPMN of the stored definition {digest[:12]} has {len(unknown)} elements that this version does not "
                f"make ({', '.join(unknown[:5])}): what they mean cannot be told; finish its cases with the version that "
                "wrote it",
            ),
            definition=digest,
        )
    return ElementTable(found, table.flags)
