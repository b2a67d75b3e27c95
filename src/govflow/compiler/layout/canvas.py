"""The grid on which a picture is placed: x in pixels, y as rows of lanes; and how edges run on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from govflow.compiler.blocks import CALL, EVENTS, GATEWAYS, Element

TASK_W, TASK_H, EVENT, GATE = 110, 70, 36, 50
GAP = 40  # between blocks in a row
ASK = 48  # after a split: room for two Chinese signs on the flow
TIMER_STEP, TIMER_FIRST, MARK = 60, 26, 22
COMB = 40  # below a host: half a timer, its label, then the line that gathers
PAD_X, PAD_TOP, PAD_BOTTOM = 30, 34, 20
ROW_GAP, LANE_PAD = 10, 14
SLOT = 64  # a join or a split of a network, and the way round it
HEADER = 30  # the label strips of pool and lanes
MARGIN = 20

Cell = tuple[str, int]
Rows = dict[str, tuple[int, int]]
Offsets = dict[str, int]


@dataclass(frozen=True, slots=True)
class Size:
    """How much room a block takes: its width, and from which to which row in each lane."""

    width: int
    rows: Rows


@dataclass(frozen=True, slots=True)
class Route:
    """How an edge runs: `H` level or in an elbow at x = `at`, `V` down, `VH`, `HV`, or `VHV` on a row or a comb."""

    kind: str
    at: int | None = None
    row: Cell | None = None
    comb: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkGrid:
    """Where the items of a network stand: column and row of each, and the x of slots and channels."""

    size: Size
    body: dict[str, int]
    joins: dict[str, int]
    splits: dict[str, int]
    elbows: dict[str, int]
    moved: dict[str, Offsets]
    end: int


@dataclass(slots=True)
class Canvas:
    """The picture while it is placed."""

    x: dict[str, int] = field(default_factory=dict)
    size: dict[str, tuple[int, int]] = field(default_factory=dict)
    cell: dict[str, Cell] = field(default_factory=dict)
    hung: dict[str, tuple[str, bool]] = field(default_factory=dict)
    below: dict[str, int] = field(default_factory=dict)
    lines: dict[str | None, list[Cell]] = field(default_factory=dict)
    routes: dict[tuple[str, str], Route] = field(default_factory=dict)
    measured: dict[int, Size] = field(default_factory=dict)
    grids: dict[int, NetworkGrid] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)

    def put(self, element: Element, x: int, rows: Offsets, row: int = 0, width: int | None = None) -> int:
        """Stand an element at x in a row of its lane; gives the x after it."""
        w, h = size_of(element)
        w = width or w
        self.x[element.id], self.size[element.id] = x, (w, h)
        self.cell[element.id] = (element.lane, rows.get(element.lane, 0) + row)
        return x + w


def size_of(element: Element) -> tuple[int, int]:
    """Width and height of a node by its kind."""
    if element.kind in EVENTS:
        return EVENT, EVENT
    if element.kind in GATEWAYS:
        return GATE, GATE
    return (140 if element.kind == CALL else TASK_W), TASK_H


def union(*all_rows: Rows) -> Rows:
    """The rows of all of them together."""
    joined: Rows = {}
    for rows in all_rows:
        for lane, (top, bottom) in rows.items():
            old = joined.get(lane, (top, bottom))
            joined[lane] = (min(old[0], top), max(old[1], bottom))
    return joined
