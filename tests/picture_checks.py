"""Whether a picture can be read: the SVG text itself, its letters as well as its shapes.

Each check yields sentences; none means that the picture is in order. Nothing here knows the layout: rectangles, circles,
lines and texts are taken from the SVG as a reader sees them, texts as wide as `text_width` measures them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from lxml import etree

from govflow.compiler.layout.geometry import text_width

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"[A-Za-z]|-?\d+(?:\.\d+)?")
BOLD = 1.08  # how much wider bold letters are
_CELL = 120  # the side of the squares by which neighbours are found

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A rectangle by its borders."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, by: float = 0.4) -> bool:
        """Whether the two share more than a border."""
        across = min(self.right, other.right) - max(self.left, other.left) > by
        return across and min(self.bottom, other.bottom) - max(self.top, other.top) > by

    def holds(self, other: Box, by: float = 0.4) -> bool:
        """Whether the other lies inside."""
        across = self.left - by <= other.left and other.right <= self.right + by
        return across and self.top - by <= other.top and other.bottom <= self.bottom + by


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """Something drawn: whose it is, its form (box, circle, diamond, line), and for a text what it says."""

    owner: str
    box: Box
    form: str = "box"
    text: str = ""

    def touches(self, other: Piece) -> bool:
        """Whether the two meet, circles and diamonds by their true border."""
        if not self.box.meets(other.box):
            return False
        pairs = ((self.box, other), (other.box, self))
        return not any(rim.form in ("circle", "diamond") and _free(box, rim) for box, rim in pairs)


def _free(box: Box, rim: Piece) -> bool:
    """Whether a rectangle stays out of a circle or diamond, by its point nearest to the middle."""
    x, y = (rim.box.left + rim.box.right) / 2, (rim.box.top + rim.box.bottom) / 2
    dx, dy = abs(min(max(x, box.left), box.right) - x), abs(min(max(y, box.top), box.bottom) - y)
    half = (rim.box.right - rim.box.left) / 2
    return dx**2 + dy**2 >= (half - 0.4) ** 2 if rim.form == "circle" else dx + dy >= half - 0.4


@dataclass(slots=True)
class Picture:
    """What an SVG shows, sorted by what it is."""

    canvas: Box
    shapes: dict[str, Piece] = field(default_factory=dict)
    timers: set[str] = field(default_factory=set)
    scopes: dict[str, Piece] = field(default_factory=dict)
    strips: list[Piece] = field(default_factory=list)
    lanes: list[Piece] = field(default_factory=list)
    icons: list[Piece] = field(default_factory=list)
    inside: list[Piece] = field(default_factory=list)  # texts that belong into their owner
    beside: list[Piece] = field(default_factory=list)  # texts that stand by their owner
    marks: list[Piece] = field(default_factory=list)  # of defaults
    lines: dict[str, list[Point]] = field(default_factory=dict)


def check(svg: str) -> list[str]:
    """Everything that makes a picture hard to read, empty when it is in order."""
    found = read(svg)
    return [*_texts(found), *_inside(found), *_shapes(found), *_borders(found), *_lines(found), *_outside(found)]


# --- reading -------------------------------------------------------------------------------------------------------


def read(svg: str) -> Picture:
    """The pieces of a picture, all in the coordinates of its canvas."""
    root = etree.fromstring(svg.encode())
    found = Picture(Box(0, 0, float(root.get("width", "0")), float(root.get("height", "0"))))
    for each in root:
        if each.tag == f"{_SVG}g":
            _content(found, each, float(re.findall(r"[\d.]+", each.get("transform", ""))[1]))
        elif each.tag == f"{_SVG}text":
            found.beside.append(_text(each, "", 0))
    return found


def _content(found: Picture, group: etree._Element, down: float) -> None:
    owner = ""
    for each in group:
        tag = each.tag.removeprefix(_SVG)
        id = each.get("id", "")
        if tag == "g":
            _node(found, each, down)
        elif tag == "rect" and id:
            found.scopes[id] = Piece(id, _rect(each, down))
            owner = id
        elif tag == "rect":
            owner = f"strip {len(found.strips)}"
            (found.strips if len(found.strips) < len(found.lanes) else found.lanes).append(
                Piece(owner, _rect(each, down))
            )
        elif tag == "path" and id:
            found.lines[id] = [(x, y + down) for x, y in _points(each.get("d", ""))]
            owner = id
        elif tag == "path" and "Z" not in each.get("d", ""):
            found.marks.append(Piece(owner, _extent(each, down)))
        elif tag == "text":
            (found.beside if owner in found.lines else found.inside).append(_text(each, owner, down))


def _node(found: Picture, group: etree._Element, down: float) -> None:
    id = group.get("id", "")
    parts = [each for each in group if each.tag != f"{_SVG}title"]
    first, tags = parts[0], [each.tag.removeprefix(_SVG) for each in parts]
    if tags[0] == "rect":
        found.shapes[id] = Piece(id, _rect(first, down))
        for each, tag in list(zip(parts, tags, strict=True))[1:]:
            if tag == "rect":
                found.icons.append(Piece(id, _rect(each, down)))
            elif tag in ("path", "g"):
                found.icons.append(Piece(id, _extent(each, down)))
    elif tags[0] == "circle":
        found.shapes[id] = Piece(id, _circle(first, down), "circle")
        if tags.count("circle") > 1:
            found.timers.add(id)
    else:
        found.shapes[id] = Piece(id, _extent(first, down), "diamond")
    names = found.inside if tags[0] == "rect" else found.beside
    names.extend(_text(each, id, down) for each, tag in zip(parts, tags, strict=True) if tag == "text")


def _rect(each: etree._Element, down: float) -> Box:
    x, y, w, h = (float(each.get(name, "0")) for name in ("x", "y", "width", "height"))
    return Box(x, y + down, x + w, y + h + down)


def _circle(each: etree._Element, down: float) -> Box:
    x, y, r = (float(each.get(name, "0")) for name in ("cx", "cy", "r"))
    return Box(x - r, y + down - r, x + r, y + down + r)


def _extent(each: etree._Element, down: float) -> Box:
    boxes = [_circle(part, 0) for part in each.iter(f"{_SVG}circle")]
    points = [point for part in each.iter(f"{_SVG}path") for point in _points(part.get("d", ""))]
    xs = [x for x, _ in points] + [x for box in boxes for x in (box.left, box.right)]
    ys = [y for _, y in points] + [y for box in boxes for y in (box.top, box.bottom)]
    return Box(min(xs), min(ys) + down, max(xs), max(ys) + down)


def _points(d: str) -> list[Point]:
    """The corners of a path, the guiding points of its curves included."""
    found: list[Point] = []
    tokens = _NUMBER.findall(d)
    x = y = 0.0
    sign = "M"
    while tokens:
        if tokens[0].isalpha():
            sign = tokens.pop(0)
            continue
        if sign in "HhVv":
            along = float(tokens.pop(0)) + {"h": x, "v": y}.get(sign, 0)
            x, y = (along, y) if sign in "Hh" else (x, along)
        else:
            pairs = [(float(tokens.pop(0)), float(tokens.pop(0))) for _ in range({"c": 3, "Q": 2}.get(sign, 1))]
            moved = [(px + x, py + y) if sign.islower() else (px, py) for px, py in pairs]
            found += moved[:-1]
            x, y = moved[-1]
        found.append((x, y))
    return found


def _text(each: etree._Element, owner: str, down: float) -> Piece:
    """A line of text with the room that its letters take, from the top of capitals to the end of a `g`."""
    text, size = "".join(each.itertext()), float(each.get("font-size", "12"))
    width = text_width(text) * size / 12 * (BOLD if each.get("font-weight") else 1)
    if turned := each.get("transform"):
        x, y = (float(number) for number in re.findall(r"-?[\d.]+", turned)[:2])
        return Piece(owner, Box(x - size / 2, y + down - width / 2, x + size / 2, y + down + width / 2), text=text)
    x, y = float(each.get("x", "0")), float(each.get("y", "0")) + down
    x -= width / 2 if each.get("text-anchor") == "middle" else 0
    return Piece(owner, Box(x, y - size * 11 / 12, x + width, y + size / 4), text=text)


# --- checks --------------------------------------------------------------------------------------------------------


def _near(ones: Iterable[Piece], others: Iterable[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """The pairs that touch, each once."""
    squares: dict[tuple[int, int], list[Piece]] = {}
    for each in others:
        for square in _squares(each.box):
            squares.setdefault(square, []).append(each)
    for one in ones:
        seen: set[int] = {id(one)}
        for square in _squares(one.box):
            for other in squares.get(square, ()):
                if id(other) not in seen:
                    seen.add(id(other))
                    if one.touches(other):
                        yield one, other


def _squares(box: Box) -> Iterator[tuple[int, int]]:
    for x in range(int(box.left // _CELL), int(box.right // _CELL) + 1):
        for y in range(int(box.top // _CELL), int(box.bottom // _CELL) + 1):
            yield x, y


def _texts(found: Picture) -> Iterator[str]:
    texts = [*found.inside, *found.beside]
    for one, other in _near(texts, texts):
        if one <= other:
            yield f"{one.text!r} of {one.owner} lies on {other.text!r} of {other.owner}"
    for text, icon in _near(found.inside, found.icons):
        yield f"{text.text!r} of {text.owner} lies on an icon of {icon.owner}"
    for text, shape in _near(texts, found.shapes.values()):
        if text.owner != shape.owner or shape.form != "box":
            yield f"{text.text!r} of {text.owner} lies on {shape.owner}"


def _inside(found: Picture) -> Iterator[str]:
    """The names of tasks, sub-processes, lanes and pool stand in them, icons too."""
    homes = {**found.scopes, **found.shapes, **{strip.owner: strip for strip in found.strips}}
    for text in found.inside:
        if not homes[text.owner].box.holds(text.box):
            yield f"{text.text!r} leaves {text.owner}"
    for icon in found.icons:
        if not homes[icon.owner].box.holds(icon.box):
            yield f"an icon leaves {icon.owner}"


def _host(timer: Piece, found: Picture) -> set[str]:
    """What a timer hangs on: its middle lies on the upper or lower border."""
    x, y = (timer.box.left + timer.box.right) / 2, (timer.box.top + timer.box.bottom) / 2
    held = [*found.shapes.values(), *found.scopes.values()]
    return {
        each.owner
        for each in held
        if y in (each.box.top, each.box.bottom) and each.box.left < x < each.box.right and each.form == "box"
    }


def _shapes(found: Picture) -> Iterator[str]:
    shapes = list(found.shapes.values())
    hosts = {timer: _host(found.shapes[timer], found) for timer in found.timers}
    for timer, held in hosts.items():
        if len(held) != 1:
            yield f"{timer} hangs on {sorted(held)}"
    for one, other in _near(shapes, shapes):
        hung = other.owner in hosts.get(one.owner, ()) or one.owner in hosts.get(other.owner, ())
        if one <= other and not hung:
            yield f"{one.owner} and {other.owner} overlap"
    icons = (pair for pair in _near(found.icons, shapes) if pair[0].owner != pair[1].owner)
    for icon, shape in icons:
        yield f"{shape.owner} lies on an icon of {icon.owner}"


def _borders(found: Picture) -> Iterator[str]:
    """A text or shape lies in a lane or a sub-process, or out of it, and never on its border."""
    hung = {timer: _host(found.shapes[timer], found) for timer in found.timers}
    pieces = [*found.inside, *found.beside, *found.shapes.values(), *found.scopes.values()]
    frames = [*found.scopes.values(), *found.lanes]
    for piece, frame in _near(pieces, frames):
        apart = piece.owner == frame.owner or frame.box.holds(piece.box) or piece.box.holds(frame.box)
        spans = piece.owner in found.scopes or piece.owner.startswith("strip")
        if not apart and not (spans and frame in found.lanes) and frame.owner not in hung.get(piece.owner, ()):
            yield f"{piece.text or 'the shape'!r} of {piece.owner} lies on the border of {frame.owner}"


def _lines(found: Picture) -> Iterator[str]:
    """A line meets the two nodes that it joins, and no other shape and no text; it goes into no foreign sub-process."""
    texts = [*found.inside, *found.beside]
    rims = [Piece(f"rim {scope.owner}", Box(*sides)) for scope in found.scopes.values() for sides in _rim(scope.box)]
    pieces = [
        Piece(
            id, Box(min(a[0], b[0]) - 0.6, min(a[1], b[1]) - 0.6, max(a[0], b[0]) + 0.6, max(a[1], b[1]) + 0.6), "line"
        )
        for id, points in found.lines.items()
        for a, b in pairwise(points)
    ]
    for line, text in _near(pieces, texts):
        yield f"{line.owner} runs through {text.text!r} of {text.owner}"
    for line, shape in _near(pieces, found.shapes.values()):
        if not _ends(line.owner, shape.owner):
            yield f"{line.owner} runs through {shape.owner}"
    for mark, line in _near(found.marks, pieces):
        if mark.owner != line.owner:
            yield f"the mark of {mark.owner} lies on {line.owner}"
    for line, rim in _near(pieces, rims):
        if not _ends(line.owner, rim.owner.removeprefix("rim ")):
            yield f"{line.owner} crosses the border of {rim.owner.removeprefix('rim ')}"


def _rim(box: Box) -> Iterator[tuple[float, float, float, float]]:
    yield box.left, box.top - 0.5, box.right, box.top + 0.5
    yield box.left, box.bottom - 0.5, box.right, box.bottom + 0.5
    yield box.left - 0.5, box.top, box.left + 0.5, box.bottom
    yield box.right - 0.5, box.top, box.right + 0.5, box.bottom


def _ends(line: str, id: str) -> bool:
    return line.startswith(f"f_{id}__") or line.endswith(f"__{id}")


def _outside(found: Picture) -> Iterator[str]:
    held = [*found.inside, *found.beside, *found.shapes.values(), *found.scopes.values(), *found.lanes]
    for piece in held:
        if not found.canvas.holds(piece.box):
            yield f"{piece.text or piece.owner!r} leaves the canvas"
    for id, points in found.lines.items():
        if not all(found.canvas.holds(Box(x, y, x, y)) for x, y in points):
            yield f"{id} leaves the canvas"
