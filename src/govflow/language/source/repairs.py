"""Characters that look like YAML syntax to a Chinese typist and are none.

Nothing here knows YAML's grammar. It proposes repairs from the look of a line; the reader makes them, parses, and keeps
those that turned out to stand where syntax stands (not inside a quoted text, a block of text or a comment). So one
full-width colon gives one finding, and the rest of the file is still read as its author meant it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from govflow.diagnostics import Edit, Fix
from govflow.language.source.findings import TextFlaw, mend
from govflow.text import Text

MAX_REPAIRS = 2000
MAX_LOOKS = 50_000  # so many colons are looked at
MAX_LINE = 2000  # so many characters of a line

_KEY_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

_BLANKS = re.compile("[ \u3000]*")
_INDENT = re.compile("^ *[\t\u3000][ \t\u3000]*", re.M)
_WIDE_GAP = re.compile("(?:(?<=[:：,，\\[{])|(?<=^-)|(?<= -))[ \t]*\u3000[ \t\u3000]*(?=\\S)", re.M)
_DASH = re.compile("^[ \t\u3000]*(?:- +)*(?:([－–—−])[ \t\u3000]+(?=\\S)|(－)(?=\\w))", re.M)
_MAP_KEY = re.compile("，[ \u3000]*[\"'“]?[a-z][A-Za-z0-9_-]{0,60}[\"'”]?[ \u3000]*(?::(?=[ \u3000]|\r?$)|：)", re.M)
_OPENING = re.compile("[\\[{【｛［]")
_CLOSING = re.compile("[\\]】］]")
_WRAPPED = re.compile(
    "(?:(?<=[:：\\-,，{\\[])[ \u3000]+|(?<=：)|^[ \t]+)"
    "(?:(“)([^“”\n]*)(”)|(‘)([^‘’\n]*)(’)|(【)([^【】\n]*)(】)|(［)([^［］\n]*)(］)|(｛)([^｛｝\n]*)(｝))"
    "(?=[ \u3000]*(?:[,，}\\]]|\r?$| #))",
    re.M,
)
_WRAPS = "“‘【［｛"
_DIGITS = re.compile(
    "(?<=[:：,，\\[\\-])[ \u3000]*([-－]?[0-9０-９．.]{0,30}[０-９][0-9０-９．.]{0,30})"
    "(?=[ \u3000]*(?:[,，}\\]]|\r?$| #))",
    re.M,
)
_HALF = str.maketrans("０１２３４５６７８９．－", "0123456789.-")
_PAIRS = {"“": '"', "”": '"', "‘": "'", "’": "'", "【": "[", "】": "]", "［": "[", "］": "]", "｛": "{", "｝": "}"}


@dataclass(frozen=True, slots=True)
class Repair:
    """A proposed edit. `lands` says where its start must be found in the parsed text for it to hold.

    That is "syntax" (outside every value), "value" (at the start of a value) or "indent" (as "syntax", but it may also
    lead a line of an unquoted text). A repair without a flaw is made
    silently; `doubt` marks one that is only reported, never made.
    """

    edits: tuple[Edit, ...]
    flaw: TextFlaw | None
    lands: str = "syntax"
    doubt: bool = False

    @property
    def start(self) -> int:
        """Where the repair begins in the file's own text."""
        return self.edits[0].start_offset


def proposals(text: str, taken: Iterable[Edit]) -> list[Repair]:
    """Return repairs in the order of the text, none overlapping another or an edit of `taken`."""
    found: list[Repair] = []
    for characters, propose in _PROPOSERS:
        if any(character in text for character in characters):
            found.extend(islice(propose(text), MAX_REPAIRS))
    if not found:
        return found
    found.sort(key=lambda repair: (repair.start, -repair.edits[0].end_offset))
    busy = sorted((edit.start_offset, edit.end_offset) for edit in taken)
    kept: list[Repair] = []
    for repair in found[:MAX_REPAIRS]:
        ranges = [(edit.start_offset, edit.end_offset) for edit in repair.edits]
        if all(_free(busy, *place) for place in ranges):
            kept.append(repair)
            for place in ranges:
                insort(busy, place)
    return kept


def _free(busy: list[tuple[int, int]], start: int, end: int) -> bool:
    at = bisect_left(busy, (start, end))
    if at < len(busy) and (busy[at][0] < end or busy[at][0] == start):
        return False
    return at == 0 or busy[at - 1][1] <= start


def grouped(flaws: Iterable[TextFlaw], text: str) -> list[TextFlaw]:
    """Make one finding of equal mistakes in one line, and one of all lines indented wrongly; it mends them all."""
    groups: dict[tuple[str, int, str], list[TextFlaw]] = {}
    for flaw in flaws:
        whole_file = flaw.name in ("tab-indentation", "full-width-space")
        line = 0 if whole_file else text.rfind("\n", max(0, flaw.start - MAX_LINE), flaw.start)
        groups.setdefault((flaw.name, line, flaw.message.zh), []).append(flaw)
    out: list[TextFlaw] = []
    for same in groups.values():
        first = same[0]
        edits = tuple(edit for flaw in same if flaw.fix for edit in flaw.fix.edits)
        fix = first.fix and Fix(first.fix.description, edits, first.fix.safe)
        message = first.message
        if len(same) > 1:
            message = Text(
                f"{message.zh.rstrip('。')}，共 {len(same)} 处。",
                f"{message.en.rstrip('.')}; {len(same)} places.",
            )
        out.append(TextFlaw(first.name, first.start, first.end, message, first.help, fix))
    return out


def _colons(text: str) -> Iterator[Repair]:
    for at in islice(_places_of("：", text), MAX_LOOKS):
        if text[at - 1 : at] > "~" and text[at - 1] not in "\u3000”":
            continue
        before = text[max(0, at - 200) : at]
        before = before[before.rfind("\n") + 1 :]
        key = before.rstrip(" \t\u3000")
        if not _is_key_at_end(key):
            continue
        end = _end(_BLANKS, text, at + 1)
        new = ":" if text[end : end + 1] in ("", "\n", "\r") else ": "
        edit = Edit(at - len(before) + len(key), end, new)
        message = Text(
            "键后面的冒号“：”（U+FF1A）是全角的，YAML 不认识。",
            "The colon “：” (U+FF1A) after the key is full-width; YAML does not know it.",
        )
        yield _punctuation(edit, at, at + 1, message, "换成半角冒号和空格", "use a half-width colon and a space")


def _is_key_at_end(line: str) -> bool:
    """Whether a line so far ends with what could be a key: ASCII, at its start or after a dash, bracket or comma."""
    bare = line.removesuffix('"').removesuffix("'").removesuffix("”")
    start = bare.rstrip(_KEY_CHARACTERS)
    if len(start) == len(bare) or not bare[len(start)].islower():
        return False
    start = start.removesuffix('"').removesuffix("'").removesuffix("“")
    lead = start.rstrip(" \t\u3000")
    return not lead or lead[-1] in "{,，[【｛［" or (lead != start and lead[-1] in "-?－–—−")


def _places_of(character: str, text: str) -> Iterator[int]:
    at = text.find(character)
    while at >= 0:
        yield at
        at = text.find(character, at + 1)


def _indents(text: str) -> Iterator[Repair]:
    for match in _INDENT.finditer(text):
        start, end = match.span()
        blanks = match[0]
        new = blanks.replace("\t", "  ").replace("\u3000", "  ")
        edit = Edit(start, end, new)
        if text[end : end + 1] in ("", "\n", "\r", "#"):
            yield Repair((edit,), None)
            continue
        if "\t" in blanks:
            name = "tab-indentation"
            message = Text("缩进用了制表符（Tab，U+0009），只能用空格。", "Indented with a tab (U+0009); use spaces.")
        else:
            name = "full-width-space"
            message = Text(
                "缩进用了全角空格（U+3000），只能用半角空格。",
                "Indented with a full-width space (U+3000); use half-width spaces.",
            )
        fix = mend("换成半角空格", "use half-width spaces", start, end, new, safe=True)
        first = start + len(blanks) - len(blanks.lstrip(" "))
        yield Repair((edit,), TextFlaw(name, first, end, message, fix=fix), "indent")


def reindented(repairs: Iterable[Repair], text: str, tab: int, wide: int) -> list[Repair]:
    """The same repairs, with another number of spaces for each tab and each full-width space of an indentation."""
    return [_reindented(repair, text, tab, wide) if repair.lands == "indent" else repair for repair in repairs]


def _reindented(repair: Repair, text: str, tab: int, wide: int) -> Repair:
    flaw, (edit,) = repair.flaw, repair.edits
    blanks = text[edit.start_offset : edit.end_offset]
    edit = Edit(edit.start_offset, edit.end_offset, blanks.replace("\t", " " * tab).replace("\u3000", " " * wide))
    if flaw is not None and flaw.fix is not None:
        flaw = replace(flaw, fix=replace(flaw.fix, edits=(edit,)))
    return replace(repair, edits=(edit,), flaw=flaw)


def _gaps(text: str) -> Iterator[Repair]:
    for match in _WIDE_GAP.finditer(text):
        start, end = match.span()
        at = match[0].index("\u3000") + start
        message = Text(
            "这里用全角空格（U+3000）分隔，YAML 不认识。",
            "Separated by a full-width space (U+3000); YAML does not know it.",
        )
        fix = mend("换成半角空格", "use a half-width space", start, end, " ", safe=True)
        yield Repair((Edit(start, end, " "),), TextFlaw("full-width-space", at, end, message, fix=fix))


def _dashes(text: str) -> Iterator[Repair]:
    for match in _at_line_starts(_DASH, "－–—−", text):
        group = 1 if match[1] else 2
        at = match.start(group)
        dash = match[group]
        message = Text(
            f"列表项前面的“{dash}”（U+{ord(dash):04X}）不是半角连字符。",
            f"The “{dash}” (U+{ord(dash):04X}) before the list item is not a hyphen.",
        )
        yield _punctuation(
            Edit(at, match.end(), "- "), at, at + 1, message, "换成半角连字符和空格", "use a hyphen and a space"
        )


def _at_line_starts(pattern: re.Pattern[str], characters: str, text: str) -> Iterator[re.Match[str]]:
    """Matches of a pattern that begins at the start of a line and holds one of these characters: few lines do."""
    lines = {
        max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
        for each in characters
        for at in _places_of(each, text)
    }
    return (match for at in sorted(lines) if (match := pattern.match(text, at)))


def _commas(text: str) -> Iterator[Repair]:
    done = 0
    for first in _places_of("，", text):
        if first < done:
            continue
        done = (text.find("\n", first) + 1 or len(text) + 1) - 1
        start = text.rfind("\n", max(0, first - MAX_LINE), first) + 1 or max(0, first - MAX_LINE)
        if not _OPENING.search(text, start, first):
            continue
        for at in _separators(text, start, done):
            end = _end(_BLANKS, text, at + 1)
            message = Text(
                "“，”（U+FF0C）是全角逗号，不能分隔 [ ] 和 { } 里的各项。",
                "“，” (U+FF0C) is a full-width comma; it does not separate what is in [ ] and { }.",
            )
            yield _punctuation(Edit(at, end, ", "), at, at + 1, message, "换成半角逗号", "use a half-width comma")


def _separators(text: str, start: int, end: int) -> Iterator[int]:
    """Full-width commas of a line that separate: before a key, or in a list that has no other comma."""
    opened: list[tuple[str, bool]] = []
    end = min(end, start + MAX_LINE)
    for at in range(start, end):
        character = text[at]
        if character in "[【［":
            close = _CLOSING.search(text, at, end)
            opened.append((character, "," not in text[at : close.start() if close else end]))
        elif character in "{｛":
            opened.append((character, False))
        elif character in "]】］}｝" and opened:
            opened.pop()
        elif character == "，" and opened and (opened[-1][1] or _MAP_KEY.match(text, at, end)):
            yield at


def _wrappings(text: str) -> Iterator[Repair]:
    if not any(_may_wrap(text, at) for each in _WRAPS for at in _places_of(each, text)):
        return  # nearly always: quotes and brackets inside a sentence
    for match in _WRAPPED.finditer(text):
        group = match.lastindex or 3
        opening, inner, closing = match[group - 2], match[group - 1], match[group]
        start, end = match.start(group - 2), match.end(group)
        quotes = opening in "“‘"
        if quotes:
            sure = inner.isascii() and not any(c in inner for c in "\"'\\")
        else:
            sure = opening in "［｛" or "，" in inner or "," in inner
        zh, en = ("引号", "quotes") if quotes else ("括号", "brackets")
        half = (_PAIRS[opening], _PAIRS[closing])
        edits = (Edit(start, start + 1, half[0]), Edit(end - 1, end, half[1]))
        description = Text(f"换成半角{zh}", f"use half-width {en}")
        name = "full-width-punctuation" if sure else "full-width-quotes"
        message = Text(
            f"“{opening}{closing}”是全角{zh}，不起语法作用。"
            if not quotes
            else f"{opening}{closing} 是全角引号，不起语法作用，会成为文字的一部分。",
            f"{opening}{closing} are full-width {en}; they have no meaning in YAML.",
        )
        flaw = TextFlaw(name, start, end, message, fix=Fix(description, edits, sure))
        if sure:
            yield Repair(edits, flaw, "value" if quotes else "syntax")
        else:
            yield Repair((Edit(start, start, ""),), flaw, "value", doubt=True)


def _may_wrap(text: str, at: int) -> bool:
    """Whether an opening quote or bracket stands where a value may begin."""
    before = text[max(0, at - 100) : at].rstrip(" \t\u3000")
    return not before or before[-1] in ":：-,，{[\r\n"


def _digits(text: str) -> Iterator[Repair]:
    for match in _DIGITS.finditer(text):
        start, end = match.span(1)
        new = match[1].translate(_HALF)
        message = Text(
            f"数字“{match[1]}”是全角的，会被当作文字。",
            f"The number “{match[1]}” is full-width and would be read as text.",
        )
        repair = _punctuation(Edit(start, end, new), start, end, message, "换成半角数字", "use half-width digits")
        yield Repair(repair.edits, repair.flaw, "value")


def _punctuation(edit: Edit, start: int, end: int, message: Text, zh: str, en: str) -> Repair:
    fix = Fix(Text(zh, en), (edit,), True)
    advice = Text("如果它是文字的一部分，请给整个值加半角引号。", "If it is part of the text, quote the whole value.")
    return Repair((edit,), TextFlaw("full-width-punctuation", start, end, message, advice, fix))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


_PROPOSERS: tuple[tuple[str, Callable[[str], Iterator[Repair]]], ...] = (
    ("：", _colons),
    ("\t\u3000", _indents),
    ("\u3000", _gaps),
    ("－–—−", _dashes),
    ("，", _commas),
    (_WRAPS, _wrappings),
    ("０１２３４５６７８９", _digits),
)
