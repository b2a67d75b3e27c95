"""YAML events to plain data, with the place of every key and value, and what is wrong with it: the full way.

Numbers are narrow: `0`, `12`, `-3` (at most 18 digits) become int; `1.5` (no exponent, at most 15 significant digits)
becomes float, which then prints the same number back; `true`, `false`, `null`, `~` and nothing mean what they say; all
else is text. Places are pairs of character offsets: a scalar's node is a tuple (start, end), a container's node a list
[start, end, children].
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from govflow.language.source import bounds
from govflow.language.source.bounds import MAX_DEPTH, MAX_NODES, MAX_SCALAR
from govflow.language.source.findings import TextFlaw

MAX_FLAWS = 200

Place = tuple[int, int]
Node = Any  # Place, or [start, end, {key: (Place, Node)}], or [start, end, [Node, ...]]

PARSER: Any = getattr(getattr(yaml, "cyaml", None), "CParser", None) or yaml.SafeLoader
_NUMBER = re.compile(r"(0|-?[1-9][0-9]{0,17})\Z|-?(?:0|[1-9][0-9]*)\.[0-9]+\Z")
WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*(?:[&!]\S*\s+)?")
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DROPPED = "\x00dropped"


class _Stop(Exception):
    """Reading ends here: a limit is passed or a second document begins."""


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """What the YAML parser said: in its own words, with offsets."""

    context: str
    context_at: int | None
    problem: str
    problem_at: int

    @property
    def reach(self) -> int:
        """How far the text was understood: what follows an unclosed quote is not."""
        if self.context_at is not None and "quoted scalar" in self.context:
            return self.context_at
        return self.problem_at


@dataclass(slots=True)
class Built:
    """What became of a text. `root` is None when there is no document; `whole` tells whether all of it was read."""

    data: Any = None
    root: Node = None
    scalars: list[Place] = field(default_factory=list)
    flaws: list[TextFlaw] = field(default_factory=list)
    failure: ParseFailure | None = None
    whole: bool = True


class Nodes:
    """Where every key and value of a text stands."""

    __slots__ = ("_root",)

    def __init__(self, root: Node = None) -> None:
        self._root: Node = root

    def find(self, path: Sequence[str | int]) -> tuple[Place, Place | None]:
        """The places of the value at a path, or of the nearest above it that is there, and of its key in a mapping."""
        node: Node = (0, 0) if self._root is None else self._root
        key: Place | None = None
        for step in path:
            if not isinstance(node, list):
                break
            children = node[2]
            if isinstance(children, dict):
                entry = children.get(str(step))
                if entry is None:
                    break
                key, node = entry
            elif isinstance(step, int) and -len(children) <= step < len(children):
                key, node = None, children[step]
            else:
                break
        return (node[0], node[1]), key


def build(text: str) -> Built:
    """Read one document; the text must be free of characters that YAML forbids. Never raises."""
    builder = _Builder(text)
    built = Built(scalars=builder.scalars, flaws=builder.flaws)
    try:
        builder.run(PARSER(text).get_event)
    except _Stop:
        built.whole = builder.second_document
    except yaml.MarkedYAMLError as error:
        built.failure = _failure(error)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        built.failure = ParseFailure("", None, str(error), builder.scalars[-1][1] if builder.scalars else 0)
    if builder.top:
        built.data, built.root = builder.top[0], builder.top_nodes[0]
    return built


def resolve(value: str) -> Any:
    """Return what a plain (unquoted) scalar means; see the top of the module."""
    if value in WORDS:
        return WORDS[value]
    match = _NUMBER.match(value)
    if match is None:
        return value
    if match[1]:
        return int(value)
    digits = value.lstrip("-").replace(".", "").lstrip("0")
    return float(value) if len(digits) <= 15 else value


class _Builder:
    """Walks the events of one stream, with its own stack."""

    __slots__ = (
        "anchors",
        "children",
        "container",
        "extra",
        "flaws",
        "flow_end",
        "height",
        "in_map",
        "key",
        "key_place",
        "node",
        "scalars",
        "second_document",
        "size_at",
        "skipping",
        "stack",
        "text",
        "top",
        "top_nodes",
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self.top: list[Any] = []
        self.top_nodes: list[Node] = []
        self.container: Any = self.top
        self.children: Any = self.top_nodes
        self.node: Node = [0, 0, self.top_nodes]
        self.in_map = False
        self.key: str | None = None
        self.key_place: Place = (0, 0)
        self.stack: list[tuple[Any, ...]] = []
        self.scalars: list[Place] = []
        self.flaws: list[TextFlaw] = []
        self.anchors: dict[str, tuple[Any, Node, int, int] | None] = {}
        self.extra = 0  # nodes that are no scalars of the text: containers, and what aliases stand for
        self.height = 0
        self.flow_end = 0
        self.size_at = 0
        self.skipping = 0
        self.second_document = False

    def run(self, get_event: Any) -> None:
        """Consume events to the end of the stream.

        Nearly all events are plain scalars, so they are handled here with local names; self holds the same otherwise.
        """
        scalar, mark = yaml.ScalarEvent, self.scalars.append
        container, children, in_map, key, key_place = self.container, self.children, False, self.key, self.key_place
        while True:
            event = get_event()
            kind: Any = type(event)
            if kind is not scalar or event.anchor is not None or event.tag is not None or self.skipping:
                self.key, self.key_place = key, key_place
                if kind is yaml.StreamEndEvent:
                    return
                _HANDLERS[kind](self, event)
                container, children, in_map, key = self.container, self.children, self.in_map, self.key
                key_place = self.key_place
                continue
            value = event.value
            place = (event.start_mark.index, event.end_mark.index)
            mark(place)
            if in_map and key is None:
                key_place = place
                key = self.checked_key(value, event, place) if value == "<<" or value in container else value
                continue
            if event.style or value[:1] <= "9" or value in WORDS:
                value = self.meaning(value, event.style, place)
            elif len(value) > MAX_SCALAR:
                self.stop(bounds.too_large(place, len(value)))
            if not in_map:
                container.append(value)
                children.append(place)
                continue
            if key is not _DROPPED:
                container[key] = value
                children[key] = (key_place, place)
            key = None

    def meaning(self, value: str, style: str | None, place: Place) -> Any:
        """What a scalar that may be more than text means."""
        if len(value) > MAX_SCALAR or len(self.scalars) > MAX_NODES:
            self.stop(bounds.too_large(place, len(value)))
        if not style:
            return resolve(value)
        if style == '"' and NOT_TEXT.search(value):
            self.flaw(bounds.control_character(NOT_TEXT.search(value), place))
        return value

    def checked_key(self, value: str, event: Any, place: Place) -> str:
        """The key, or the mark of one that is left out: a merge key, or a key that was there before."""
        if value in self.container:
            self.flaw(bounds.repeated_key(value, place, self.children[value][0]))
            return _DROPPED
        if event.style:
            return value
        self.flaw(bounds.merge_key(place))
        return _DROPPED

    def flaw(self, flaw: TextFlaw) -> None:
        if len(self.flaws) < MAX_FLAWS:
            self.flaws.append(flaw)

    def stop(self, flaw: TextFlaw) -> NoReturn:
        """Note a flaw after which nothing more is read."""
        self.flaws.append(flaw)
        raise _Stop

    def document(self, event: Any) -> None:
        if not self.top:
            return
        at = event.start_mark.index
        self.flaws.append(bounds.several_documents(at, min(at + 3, len(self.text))))
        self.second_document = True
        raise _Stop

    def scalar(self, event: Any) -> None:
        """A scalar with an anchor or a tag, or inside a key that is left out."""
        value, place = event.value, (self.properties(event), event.end_mark.index)
        self.scalars.append(place)
        if self.skipping:
            return
        if self.in_map and self.key is None:
            special = value == "<<" or value in self.container
            self.key = self.checked_key(value, event, place) if special else value
            self.key_place = place
            return
        value = self.meaning(value, event.style, place)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, place, 1, 0)
        self.put(value, place)

    def put(self, value: Any, node: Node) -> None:
        if self.in_map:
            key = self.key
            self.key = None
            if key is not _DROPPED:
                self.container[key] = value
                self.children[key] = (self.key_place, node)
        else:
            self.container.append(value)
            self.children.append(node)

    def start_mapping(self, event: Any) -> None:
        self.start(event, {}, {}, True)

    def start_sequence(self, event: Any) -> None:
        self.start(event, [], [], False)

    def start(self, event: Any, container: Any, children: Any, in_map: bool) -> None:
        start = self.properties(event)
        self.extra += 1
        if self.skipping or (self.in_map and self.key is None):
            if not self.skipping:
                self.flaw(bounds.complex_key(start, event.end_mark.index))
            self.skipping += 1
            if len(self.stack) + self.skipping > MAX_DEPTH:
                self.stop(bounds.too_deep(start))
            return
        node = [start, start, children]
        self.put(container, node)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(
            (self.container, self.children, self.node, self.in_map, self.height, self.size_at, event.anchor)
        )
        if len(self.stack) > MAX_DEPTH:
            self.stop(bounds.too_deep(start))
        self.container, self.children, self.node, self.in_map = container, children, node, in_map
        self.height, self.size_at = 0, self.extra + len(self.scalars)

    def end(self, event: Any) -> None:
        if self.skipping:
            self.skipping -= 1
            if not self.skipping:
                self.key = _DROPPED
            return
        node, height = self.node, self.height + 1
        if self.text[node[0]] in "[{":
            self.flow_end = event.end_mark.index
        # the parser's own end of a block lies after the comments that follow it
        node[1] = max(self.flow_end, self.scalars[-1][1]) if self.scalars else self.flow_end
        count = self.extra + len(self.scalars)
        size = count - self.size_at + 1
        value = self.container
        self.container, self.children, self.node, self.in_map, self.height, self.size_at, anchor = self.stack.pop()
        if height > self.height:
            self.height = height
        if anchor is not None:
            self.anchors[anchor] = (value, node, size, height)
        if count > MAX_NODES:
            self.stop(bounds.too_large((node[0], node[1]), 0))

    def alias(self, event: Any) -> None:
        place = (event.start_mark.index, event.end_mark.index)
        self.scalars.append(place)
        if self.skipping:
            return
        if self.in_map and self.key is None:
            self.flaw(bounds.complex_key(*place))
            self.key = _DROPPED
            return
        target = self.anchors.get(event.anchor)
        if target is None:
            self.flaw(bounds.bad_alias(event.anchor, place, event.anchor in self.anchors))
            self.put(None, place)
            return
        value, node, size, height = target
        self.extra += size
        self.height = max(self.height, height)
        if self.extra + len(self.scalars) > MAX_NODES or len(self.stack) + height > MAX_DEPTH:
            self.stop(bounds.alias_bomb(event.anchor, place))
        self.put(value, [*place, node[2]] if isinstance(node, list) else place)

    def properties(self, event: Any) -> int:
        """Where the value itself starts, after its anchor and tag; a tag is a flaw."""
        start: int = event.start_mark.index
        if event.anchor is None and event.tag is None:
            return start
        match = _PROPERTIES.match(self.text, start, event.end_mark.index)
        after = match.end() if match else start
        if event.tag is not None:
            at = max(self.text.find("!", start), start)
            self.flaw(bounds.tag(at, at + len(self.text[at:][:200].split(maxsplit=1)[0])))
        return after


def _ignore(builder: _Builder, event: Any) -> None:
    """Stream and document ends carry nothing."""


# Not bound to a builder: a builder that held its own methods would be a cycle, and no text would ever be freed.
_HANDLERS: dict[Any, Any] = {
    yaml.ScalarEvent: _Builder.scalar,
    yaml.MappingStartEvent: _Builder.start_mapping,
    yaml.SequenceStartEvent: _Builder.start_sequence,
    yaml.MappingEndEvent: _Builder.end,
    yaml.SequenceEndEvent: _Builder.end,
    yaml.AliasEvent: _Builder.alias,
    yaml.DocumentStartEvent: _Builder.document,
    yaml.DocumentEndEvent: _ignore,
    yaml.StreamStartEvent: _ignore,
}


def _failure(error: yaml.MarkedYAMLError) -> ParseFailure:
    mark = error.problem_mark or error.context_mark
    context_at = error.context_mark.index if error.context_mark else None
    return ParseFailure(error.context or "", context_at, error.problem or "", mark.index if mark else 0)
