"""What a laid-out process is: rectangles, waypoints and labels in whole pixels, y downwards."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from govflow.compiler.blocks import Element, Flow, Lane, Process

Point = tuple[int, int]

WIDE, NARROW = 12, 7  # a Chinese sign, a Latin one
_CLOSING = "、，。；：！？）》〉」』】"
_WORDS = re.compile(r"[\x21-\x7e]{1,14}\s?|.", re.DOTALL)


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
    """A node with its rectangle and, where the name stands outside of it, the label's."""

    element: Element
    parent: str | None
    bounds: Bounds
    label: Bounds | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A sequence flow with its waypoints."""

    flow: Flow
    points: tuple[Point, ...]
    label: Bounds | None


@dataclass(frozen=True, slots=True)
class LaneShape:
    """A lane with its rectangle."""

    lane: Lane
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Diagram:
    """One picture: a process, its pool and lanes (none for a called process), shapes and edges."""

    process: Process
    pool: Bounds | None
    lanes: tuple[LaneShape, ...]
    shapes: tuple[Shape, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


def sign_width(sign: str) -> int:
    """The width of one sign at 12 pixels: Chinese signs are square."""
    return WIDE if unicodedata.east_asian_width(sign) in "WFA" else NARROW


def text_width(text: str) -> int:
    """The width of a line of text at 12 pixels."""
    return sum(map(sign_width, text))


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """The text in at most so many lines of this width, evenly filled; what does not fit ends in an ellipsis."""
    needed = -(-text_width(text) // width)
    even = text_width(text) // max(needed, 1) + WIDE
    found = _filled(text, min(width, even)) if 1 < needed <= lines else _filled(text, width)
    if len(found) > lines:
        found = _filled(text, width)
    if len(found) > lines:
        found = found[:lines]
        found[-1] = found[-1][:-1] + "…"
    return found


def _filled(text: str, width: int) -> list[str]:
    """Lines of at most this width; a closing mark hangs over rather than begin a line, a Latin word stays whole."""
    found = [""]
    for word in _WORDS.findall(text):
        if text_width(found[-1] + word.rstrip()) > width and found[-1] and word not in _CLOSING:
            found.append("")
        found[-1] += word
    return [line.strip() for line in found]
