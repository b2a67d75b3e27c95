"""YAML events to plain data, with the place of every key and value. The only module that imports yaml.

Numbers are narrow: `0`, `12`, `-3` (at most 18 digits) become int; `1.5` (no exponent, at most 15 significant digits)
becomes float, which then prints the same number back; `true`, `false`, `null`, `~` and nothing mean what they say; all
else is text. Places are pairs of character offsets: a scalar's node is a tuple (start, end), a container's node a list
[start, end, children].
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from govflow.diagnostics import Message
from govflow.source.findings import Flaw

MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_SCALAR = 100_000
MAX_FLAWS = 200

Place = tuple[int, int]
Node = Any  # Place, or [start, end, {key: (Place, Node)}], or [start, end, [Node, ...]]

_PARSER: Any = getattr(getattr(yaml, "cyaml", None), "CParser", None) or yaml.SafeLoader
_NUMBER = re.compile(r"(0|-?[1-9][0-9]{0,17})\Z|-?(?:0|[1-9][0-9]*)\.[0-9]+\Z")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*(?:[&!]\S*\s+)?")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DROPPED = "\x00dropped"


class _Stop(Exception):
    """Reading ends here: a limit is passed or a second document begins."""


@dataclass(frozen=True, slots=True)
class Failure:
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
    flaws: list[Flaw] = field(default_factory=list)
    failure: Failure | None = None
    whole: bool = True


def build(text: str) -> Built:
    """Read one document; the text must be free of characters that YAML forbids. Never raises."""
    builder = _Builder(text)
    built = Built(scalars=builder.scalars, flaws=builder.flaws)
    try:
        builder.run(_PARSER(text).get_event)
    except _Stop:
        built.whole = builder.second_document
    except yaml.MarkedYAMLError as error:
        built.failure = _failure(error)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        built.failure = Failure("", None, str(error), builder.scalars[-1][1] if builder.scalars else 0)
    if builder.top:
        built.data, built.root = builder.top[0], builder.top_nodes[0]
    return built


def resolve(value: str) -> Any:
    """Return what a plain (unquoted) scalar means; see the top of the module."""
    if value in _WORDS:
        return _WORDS[value]
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
        "handlers",
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
        self.flaws: list[Flaw] = []
        self.anchors: dict[str, tuple[Any, Node, int, int] | None] = {}
        self.extra = 0  # nodes that are no scalars of the text: containers, and what aliases stand for
        self.height = 0
        self.flow_end = 0
        self.size_at = 0
        self.skipping = 0
        self.second_document = False
        self.handlers = {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: self.start_mapping,
            yaml.SequenceStartEvent: self.start_sequence,
            yaml.MappingEndEvent: self.end,
            yaml.SequenceEndEvent: self.end,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.document,
            yaml.DocumentEndEvent: _ignore,
            yaml.StreamStartEvent: _ignore,
        }

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
                self.handlers[kind](event)
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
            if event.style or value[:1] <= "9" or value in _WORDS:
                value = self.meaning(value, event.style, place)
            elif len(value) > MAX_SCALAR:
                self.too_large(place, len(value))
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
            self.too_large(place, len(value))
        if not style:
            return resolve(value)
        if style == '"' and _NOT_TEXT.search(value):
            self.control(value, place)
        return value

    def checked_key(self, value: str, event: Any, place: Place) -> str:
        """The key, or the mark of one that is left out: a merge key, or a key that was there before."""
        if value in self.container:
            self.repeated(value, place)
            return _DROPPED
        if event.style:
            return value
        self.merge_key(place)
        return _DROPPED

    def flaw(self, flaw: Flaw) -> None:
        if len(self.flaws) < MAX_FLAWS:
            self.flaws.append(flaw)

    def document(self, event: Any) -> None:
        if not self.top:
            return
        at = event.start_mark.index
        self.flaws.append(
            Flaw(
                "several-documents",
                at,
                min(at + 3, len(self.text)),
                Message(
                    "这里开始了第二个文档；一个文件只能有一个。", "A second document starts here; a file holds one."
                ),
                Message("把它移到另一个文件，或删去 ---。", "Move it to another file, or remove the ---."),
            )
        )
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
                self.complex_key(start, event.end_mark.index)
            self.skipping += 1
            if len(self.stack) + self.skipping > MAX_DEPTH:
                self.too_deep(start)
            return
        node = [start, start, children]
        self.put(container, node)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(
            (self.container, self.children, self.node, self.in_map, self.height, self.size_at, event.anchor)
        )
        if len(self.stack) > MAX_DEPTH:
            self.too_deep(start)
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
            self.too_large((node[0], node[1]), 0)

    def alias(self, event: Any) -> None:
        place = (event.start_mark.index, event.end_mark.index)
        self.scalars.append(place)
        if self.skipping:
            return
        if self.in_map and self.key is None:
            self.complex_key(*place)
            self.key = _DROPPED
            return
        target = self.anchors.get(event.anchor)
        if target is None:
            self.bad_alias(event.anchor, place)
            self.put(None, place)
            return
        value, node, size, height = target
        self.extra += size
        self.height = max(self.height, height)
        if self.extra + len(self.scalars) > MAX_NODES or len(self.stack) + height > MAX_DEPTH:
            self.alias_bomb(event.anchor, place)
        self.put(value, [*place, node[2]] if isinstance(node, list) else place)

    def properties(self, event: Any) -> int:
        """Where the value itself starts, after its anchor and tag; a tag is a flaw."""
        start: int = event.start_mark.index
        if event.anchor is None and event.tag is None:
            return start
        match = _PROPERTIES.match(self.text, start, event.end_mark.index)
        after = match.end() if match else start
        if event.tag is not None:
            at = self.text.find("!", start)
            self.flaw(
                Flaw(
                    "tag-refused",
                    max(at, start),
                    max(at, start) + len(self.text[max(at, start) :][:200].split(maxsplit=1)[0]),
                    Message(
                        "不允许使用标签（!）：值的类型由模式决定。",
                        "Tags (!) are not allowed: the schema decides types.",
                    ),
                    Message("删去标签；要写成文字就加引号。", "Remove the tag; quote the value to make it text."),
                )
            )
        return after

    def repeated(self, key: str, place: Place) -> None:
        first = self.children[key][0]
        shown = _short(key)
        self.flaw(
            Flaw(
                "repeated-key",
                *place,
                Message(f"键 {shown} 重复了。", f"The key {shown} appears twice."),
                Message("只保留一处；两处内容不同时请合并。", "Keep one of them; merge their contents if they differ."),
                note=(Message("第一次出现在", "first here"), *first),
            )
        )

    def merge_key(self, place: Place) -> None:
        self.flaw(
            Flaw(
                "merge-key",
                *place,
                Message("不允许使用合并键 <<。", "The merge key << is not allowed."),
                Message("把要合并的键逐个写出来。", "Write the merged keys out."),
            )
        )

    def complex_key(self, start: int, end: int) -> None:
        self.flaw(
            Flaw(
                "complex-key",
                start,
                max(end, start + 1),
                Message(
                    "键必须是简单的文字，这里是列表、映射或别名。",
                    "A key must be plain text; here it is a list, mapping or alias.",
                ),
            )
        )

    def bad_alias(self, anchor: str, place: Place) -> None:
        shown = _short(anchor)
        if anchor in self.anchors:
            message = Message(
                f"别名 *{shown} 引用了它自己所在的内容。", f"The alias *{shown} refers to what it is part of."
            )
            self.flaw(Flaw("alias-bomb", *place, message))
            return
        message = Message(
            f"别名 *{shown} 没有对应的锚点 &{shown}。", f"The alias *{shown} has no anchor &{shown} before it."
        )
        hint = Message("要写以 * 开头的文字，请加引号。", "Quote the value if it is text that starts with *.")
        self.flaw(Flaw("unknown-alias", *place, message, hint))

    def control(self, value: str, place: Place) -> None:
        found = _NOT_TEXT.search(value)
        code = f"U+{ord(found[0]):04X}" if found else ""
        message = Message(
            f"转义得到了控制字符 {code}，不能用在文字里。", f"An escape gives the control character {code}."
        )
        self.flaw(Flaw("control-character", *place, message))

    def too_large(self, place: Place, length: int) -> None:
        if length > MAX_SCALAR:
            zh, en = (
                f"这个值有 {length} 个字，上限是 {MAX_SCALAR} 个。",
                f"This value has {length} characters; {MAX_SCALAR} is the limit.",
            )
        else:
            zh, en = f"文件里的条目超过 {MAX_NODES} 个。", f"The file has more than {MAX_NODES} entries."
        self.flaws.append(Flaw("too-large", place[0], min(place[1], place[0] + 40), Message(zh, en)))
        raise _Stop

    def too_deep(self, start: int) -> None:
        message = Message(f"嵌套超过 {MAX_DEPTH} 层。", f"Nested deeper than {MAX_DEPTH} levels.")
        self.flaws.append(Flaw("too-deep", start, start + 1, message))
        raise _Stop

    def alias_bomb(self, anchor: str, place: Place) -> None:
        shown = _short(anchor)
        message = Message(
            f"别名 *{shown} 展开后超出上限（{MAX_NODES} 个条目、{MAX_DEPTH} 层）。",
            f"The alias *{shown} expands beyond the limit ({MAX_NODES} entries, {MAX_DEPTH} levels).",
        )
        self.flaws.append(Flaw("alias-bomb", *place, message))
        raise _Stop


def _ignore(event: Any) -> None:
    """Stream and document ends carry nothing."""


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def _failure(error: yaml.MarkedYAMLError) -> Failure:
    mark = error.problem_mark or error.context_mark
    context_at = error.context_mark.index if error.context_mark else None
    return Failure(error.context or "", context_at, error.problem or "", mark.index if mark else 0)
