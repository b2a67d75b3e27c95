"""Finding `# govflow: ignore[rule-name] reason` comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from govflow.diagnostics import Suppression
from govflow.language.source.document import Places

MAX_COMMENTS = 5000

_COMMENT = re.compile(r"#[ \t]*govflow:[ \t]*ignore(?![\w-])[ \t]*(?:\[([^\]\r\n]*)\])?[ \t:：]*([^\r\n]*)")
_NAME = re.compile(r"[^\s,，、]+")
_CONTENT = re.compile(r"^[ \t\u3000]*[^\s#]", re.M)


def suppressions(places: Places, is_comment: Callable[[int], bool]) -> tuple[Suppression, ...]:
    """Return the ignore comments of a text. `is_comment` tells whether an offset of it lies outside every value.

    A comment on a line of its own speaks for the next line that holds anything but a comment.
    """
    text = places.text
    if "ignore" not in text:
        return ()
    found: list[Suppression] = []
    content = -1
    for match in islice(_COMMENT.finditer(text), MAX_COMMENTS):
        start, end = match.start(), match.end() - (len(match[2]) - len(match[2].rstrip()))
        before = text[max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1 : start]
        if (before and not before[-1].isspace()) or not is_comment(start):
            continue
        own_line = not before.strip()
        span = places.span(start, end)
        line = span.line
        if own_line:
            if content < end:
                following = _CONTENT.search(text, end)
                content = following.end() - 1 if following else len(text)
            line = places.span(content, content).line
        names = tuple(dict.fromkeys(_NAME.findall(match[1] or "")))
        found.append(Suppression(line, names, match[2].strip(), span, own_line))
    return tuple(found)
