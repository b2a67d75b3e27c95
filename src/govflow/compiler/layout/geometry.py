"""What a laid-out process is: rectangles, waypoints and labels in whole pixels, y downwards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from govflow.compiler.blocks import EVENTS, GATEWAYS, SUB, Element, Flow, Lane, Process

Point = tuple[int, int]

LINE = 15  # from one line of a name to the next
WIDE, NARROW = 12, 7  # a Chinese sign, a Latin one
# Latin signs at 12 pixels in the widest of the usual sans serif fonts: what is measured is never less than what is seen.
_SIGNS = {
    sign: width
    for signs, width in (
        (" .,'ijl|", 4),
        ('!I()[]{}frt-"*;:/\\`', 5),
        ("w&#+<=>^~", 9),
        ("mM%", 11),
        ("GOQ", 10),
        ("W", 12),
        ("@", 13),
    )
    for sign in signs
} | dict.fromkeys("ABCDEFHJKLNPRSTUVXYZ", 9)
_CLOSING = "、，。；：！？）》〉」』】"
_WORDS = re.compile(r"[!-,.0-~\u00c0-\u024f]+[-/]?\s?|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A rectangle; `port` is the height at which edges come in and go out, the middle when not given."""

    x: int
    y: int
    w: int
    h: int
    level: int | None = None

    @property
    def right(self) -> int:
        """The right border."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The lower border."""
        return self.y + self.h

    @property
    def cx(self) -> int:
        """The middle between left and right."""
        return self.x + self.w // 2

    @property
    def port(self) -> int:
        """The height at which edges come and go."""
        return self.y + self.h // 2 if self.level is None else self.level

    def overlaps(self, other: Bounds) -> bool:
        """Whether the two share more than a border."""
        apart_x = self.right <= other.x or other.right <= self.x
        return not (apart_x or self.bottom <= other.y or other.bottom <= self.y)

    def contains(self, other: Bounds) -> bool:
        """Whether the other lies inside, borders included."""
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom


@dataclass(frozen=True, slots=True)
class Shape:
    """A node with its rectangle, the lines of its name and the rectangle in which they stand (none without a name)."""

    element: Element
    parent: str | None
    bounds: Bounds
    lines: tuple[str, ...]
    words: Bounds | None

    @property
    def label(self) -> Bounds | None:
        """Where the name stands when that has to be said; a task's stands in its middle."""
        return self.words if self.element.kind in (*EVENTS, *GATEWAYS, SUB) else None


@dataclass(frozen=True, slots=True)
class Edge:
    """A sequence flow with its waypoints."""

    flow: Flow
    points: tuple[Point, ...]
    label: Bounds | None


@dataclass(frozen=True, slots=True)
class Strip:
    """The strip at the left border of a pool or a lane, and the lines of the name that is written upright in it."""

    bounds: Bounds
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LaneShape:
    """A lane with its rectangle."""

    lane: Lane
    bounds: Bounds
    strip: Strip


@dataclass(frozen=True, slots=True)
class Diagram:
    """One picture: a process, its pool and lanes (none for a called process), shapes and edges."""

    process: Process
    pool: Bounds | None
    strip: Strip | None
    lanes: tuple[LaneShape, ...]
    shapes: tuple[Shape, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


def sign_width(sign: str) -> int:
    """The width of one sign at 12 pixels: Chinese signs are square."""
    return _SIGNS.get(sign) or (WIDE if unicodedata.east_asian_width(sign) in "WFA" else NARROW)


@lru_cache(maxsize=4096)
def text_width(text: str) -> int:
    """The width of a line of text at 12 pixels."""
    return sum(map(sign_width, text))


@lru_cache(maxsize=4096)
def wrapped(text: str, width: int) -> tuple[str, ...]:
    """The whole text in as few lines of this width as it needs, evenly filled; none for no text."""
    words = tuple(_words(text, width))
    found = _filled(words, width)
    even = text_width(text) // max(len(found), 1) + WIDE
    while len(found) > 1 and even < width:
        closer = _filled(words, even)
        if len(closer) == len(found):
            return closer
        even += WIDE
    return found


def _filled(words: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Lines of this width; one closing mark hangs over rather than begin a line."""
    found, room = [""], width
    for word in words:
        hangs = word in _CLOSING and room >= 0
        if found[-1] and not hangs and text_width(word.rstrip()) > room:
            found.append("")
            room = width
        found[-1] += word
        room -= text_width(word)
    return tuple(line.strip() for line in found if line.strip())


def _words(text: str, width: int) -> Iterator[str]:
    """What a line may end after: a Chinese sign, a Latin word, a piece of one that is wider than the line."""
    for word in _WORDS.findall(text):
        if text_width(word.rstrip()) > width:
            yield from word
        else:
            yield word
