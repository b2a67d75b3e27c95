"""The grid on which a picture is placed: x in pixels, y as rows of lanes; and how edges run on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from govflow.compiler.blocks import CALL, EVENTS, GATEWAYS, SEND, SUB, USER, Element
from govflow.compiler.layout.geometry import LINE, wrapped

TASK_W, CALL_W, WIDEST, TASK_H, EVENT, GATE = 110, 140, 170, 70, 36, 50
BESIDE = 20  # left and right of a name in its task, together
CLEAR, ICON, HUNG = 8, 21, 20  # above or below a name in its task: nothing, the icon, timers or the mark of a call
EVENT_NAME, GATE_NAME, ASIDE_NAME = 72, 84, 60  # how wide a name may be that stands under, over or aside
GAP = 40  # between blocks in a row
ASK = 48  # after a split: room for two Chinese signs on the flow
TIMER_STEP, TIMER_FIRST, MARK = 60, 26, 22
COMB = 40  # below a host: half a timer, its label, then the line that gathers
PAD_X, PAD_TOP, PAD_BOTTOM = 30, 34, 20
ROW_GAP, LANE_PAD = 10, 14
SLOT = 64  # a join or a split of a network, and the way round it
TITLE, TITLE_LINE = (
    1.15,
    300,
)  # the name of a sub-process: how much wider than other names, and how long a line at least
HEADER, LANE_NAME = 30, 150  # the strips of pool and lanes, and up to which height a lane grows for its name
POOL_SIGN = 13  # the letters of the pool's name; others have 12
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
    """The picture while it is placed; x counts from `left`, known when the strips for the names of lanes are."""

    left: int = 0
    x: dict[str, int] = field(default_factory=dict)
    size: dict[str, tuple[int, int]] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cell: dict[str, Cell] = field(default_factory=dict)
    hung: dict[str, tuple[str, bool]] = field(default_factory=dict)
    below: dict[str, int] = field(default_factory=dict)
    lines: dict[str | None, list[Cell]] = field(default_factory=dict)
    routes: dict[tuple[str, str], Route] = field(default_factory=dict)
    measured: dict[int, Size] = field(default_factory=dict)
    grids: dict[int, NetworkGrid] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    titles: dict[str, int] = field(default_factory=dict)
    up: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)

    def put(self, element: Element, x: int, rows: Offsets, row: int = 0, width: int | None = None) -> int:
        """Stand an element at x in a row of its lane; gives the x after it."""
        w = width or width_of(element)
        lines = self.names[element.id] = wrapped(element.label, name_width(element.kind, w))
        self.x[element.id], self.size[element.id] = x, (w, _height(element.kind, len(lines)))
        self.cell[element.id] = (element.lane, rows.get(element.lane, 0) + row)
        return x + w

    def hang(self, timer: Element, host: Element, centre: int, over: bool = False) -> None:
        """Hang a timer on the border of its host; a task grows when its name has no room left."""
        self.x[timer.id], self.size[timer.id] = centre - EVENT // 2, (EVENT, EVENT)
        self.names[timer.id] = (timer.label,)
        self.hung[timer.id] = (host.id, over)
        if not over:
            self.below[host.id] = COMB + 4
        if host.kind != SUB:
            w, _ = self.size[host.id]
            self.size[host.id] = w, _height(host.kind, len(self.names[host.id]), hung=True)


def width_of(element: Element) -> int:
    """The width of a node by its kind; a task with a long name is wider, up to a bound."""
    if element.kind in EVENTS:
        return EVENT
    if element.kind in GATEWAYS:
        return GATE
    width = CALL_W if element.kind == CALL else TASK_W
    while width < WIDEST and len(wrapped(element.label, width - BESIDE)) > 3:
        width += 30
    return width


def name_width(kind: str, width: int) -> int:
    """How wide the lines of a node's name may be, `width` being its own."""
    return EVENT_NAME if kind in EVENTS else GATE_NAME if kind in GATEWAYS else width - BESIDE


def clear(kind: str, hung: bool) -> tuple[int, int]:
    """How much of a task's height is not for its name: above the icon's, below that of timers or mark."""
    return (ICON if kind in (USER, SEND) else CLEAR), (HUNG if hung or kind == CALL else CLEAR)


def _height(kind: str, lines: int, hung: bool = False) -> int:
    """The height of a node; that of a task follows the lines of its name, and is even, for edges meet its middle."""
    if kind in EVENTS or kind in GATEWAYS:
        return EVENT if kind in EVENTS else GATE
    needed = sum(clear(kind, hung)) + LINE * lines
    return max(TASK_H, needed + needed % 2)


def union(*all_rows: Rows) -> Rows:
    """The rows of all of them together."""
    joined: Rows = {}
    for rows in all_rows:
        for lane, (top, bottom) in rows.items():
            old = joined.get(lane, (top, bottom))
            joined[lane] = (min(old[0], top), max(old[1], bottom))
    return joined
