"""The short way for sound texts, which nearly all are: plain data at once, places only when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from govflow.language.source import full_path
from govflow.language.source.bounds import MAX_DEPTH, MAX_NODES, MAX_SCALAR
from govflow.language.source.full_path import NOT_TEXT, WORDS, Place, resolve

_STARTS: dict[Any, type] = {yaml.MappingStartEvent: dict, yaml.SequenceStartEvent: list}
_OVER = frozenset({yaml.StreamEndEvent, yaml.AliasEvent})
_ENDS = frozenset({yaml.MappingEndEvent, yaml.SequenceEndEvent})
_ROOT = 2  # the events before it begin the stream and the document


def plain_data(text: str) -> tuple[Any, Events] | None:
    """Data and places of a text in which nothing is odd; None where `build` must look: it knows what to say.

    Odd are errors, anchors, aliases, tags, repeated or complex keys, control characters, several documents, and
    whatever passes a limit. For all else this gives what `build` gives, in half the time.
    """
    events: list[Any] = []
    top: list[Any] = []
    try:
        whole = _plain(full_path.PARSER(text).get_event, events.append, top)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return None
    return (top[0], Events(text, events)) if whole and top and len(events) <= MAX_NODES else None


def _plain(get_event: Any, keep: Any, top: list[Any]) -> bool:  # noqa: C901 - one loop over all events; measured
    """Fill `top` with the data; False as soon as something is odd."""
    scalar, starts, ends = yaml.ScalarEvent, _STARTS, _ENDS
    container: Any = top
    key, in_map = None, False
    stack: list[tuple[Any, bool]] = []
    while True:
        keep(event := get_event())
        kind = type(event)
        if kind in ends:
            container, in_map = stack.pop()
            continue
        if kind is not scalar and kind not in starts:
            if kind in _OVER or (kind is yaml.DocumentStartEvent and top):
                return kind is yaml.StreamEndEvent
            continue
        if event.anchor is not None or event.tag is not None:
            return False
        if kind is scalar:
            value = event.value
            if in_map and key is None:
                if value in container or value == "<<":
                    return False
                key = value
                continue
            if len(value) > MAX_SCALAR or (event.style == '"' and NOT_TEXT.search(value)):
                return False
            if not event.style and (value < ":" or (len(value) < 6 and value in WORDS)):
                value = resolve(value)
        elif (in_map and key is None) or len(stack) >= MAX_DEPTH:
            return False
        else:
            value = starts[kind]()
        if in_map:
            container[key] = value
            key = None
        else:
            container.append(value)
        if kind is not scalar:
            stack.append((container, in_map))
            container, in_map = value, kind is yaml.MappingStartEvent


class Events:
    """Where keys and values stand, by the parser's events: found by walking to them, for the few that are asked for."""

    __slots__ = ("_events", "_text")

    def __init__(self, text: str, events: Sequence[Any]) -> None:
        self._text = text
        self._events = events

    def forget(self) -> None:
        """Let go of the events, which are ten times as large as the text; when asked, they are parsed again."""
        self._events = ()

    def find(self, path: Sequence[str | int]) -> tuple[Place, Place | None]:
        """The places of the value at a path, or of the nearest above it that is there, and of its key in a mapping."""
        if not self._events:
            get_event = full_path.PARSER(self._text).get_event
            self._events = [get_event()]
            while type(self._events[-1]) is not yaml.StreamEndEvent:
                self._events.append(get_event())
        events, at = self._events, _ROOT
        key: int | None = None
        for step in path:
            found = self._entry(at, step) if type(events[at]) in _STARTS else None
            if found is None:
                break
            key, at = found
        return self._place(at), None if key is None else self._place(key)

    def _entry(self, at: int, step: str | int) -> tuple[int | None, int] | None:
        """The key and the value of an entry of the container that begins at an event."""
        events = self._events
        if type(events[at]) is yaml.MappingStartEvent:
            at += 1
            while type(events[at]) not in _ENDS:
                if events[at].value == str(step):
                    return at, at + 1
                at = self._after(at + 1)
            return None
        entries = []
        at += 1
        while type(events[at]) not in _ENDS:
            entries.append(at)
            at = self._after(at)
        return (None, entries[step]) if isinstance(step, int) and -len(entries) <= step < len(entries) else None

    def _after(self, at: int) -> int:
        """The event after a value."""
        depth = 0
        while True:
            kind = type(self._events[at])
            at += 1
            if kind in _STARTS:
                depth += 1
            elif kind in _ENDS:
                depth -= 1
            if not depth:
                return at

    def _place(self, at: int) -> Place:
        event = self._events[at]
        start: int = event.start_mark.index
        if type(event) not in _STARTS:
            return start, event.end_mark.index
        last = self._after(at) - 1
        # The parser's own end of a block lies after the comments that follow it: the end of its last value is meant.
        while type(self._events[last]) in _ENDS and not self._is_flow(last):
            last -= 1
        return start, self._events[last].end_mark.index

    def _is_flow(self, end: int) -> bool:
        """Whether the container that ends at an event is written in brackets, which then are its last characters."""
        mark = self._events[end]
        return bool(mark.end_mark.index > mark.start_mark.index)
