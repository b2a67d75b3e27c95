"""YAML text to plain data, every key and value with its place. No bytes at all make it raise."""

from __future__ import annotations

from bisect import bisect_right

from govflow.diagnostics import Diagnostic, Edit, Fix, replace_ranges
from govflow.language.source.bounds import MAX_DEPTH, MAX_SCALAR
from govflow.language.source.characters import MAX_BYTES, MAX_HIDDEN, decode, hidden
from govflow.language.source.document import Document, Places, diagnostic
from govflow.language.source.explain import explain
from govflow.language.source.fast_path import plain_data
from govflow.language.source.findings import SOURCE_RULES, TextFlaw
from govflow.language.source.full_path import Built, Nodes, build
from govflow.language.source.ignores import suppressions
from govflow.language.source.kinds import hinted_kind, kind_in, stated_kind
from govflow.language.source.repairs import Repair, grouped, proposals, reindented

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_SCALAR",
    "SOURCE_RULES",
    "Document",
    "hinted_kind",
    "read",
]

_TRIES = 20  # so often a text is read again with other repairs
_WIDTHS = ((2, 1), (4, 2), (4, 1), (8, 2))  # spaces for a tab and for a full-width space, when (2, 2) fails
_LARGE = 200_000  # characters; a larger text is not read again so often
_LONG_LINE = 5000


def read(raw: str | bytes, file: str, *, kind_required: bool = True) -> Document:
    """Read one file's content. Every mistake is a finding in `diagnostics`; nothing is raised, whatever the bytes.

    `kind_required=False` reads YAML that need not say `govflow: kind/version` (a settings file, say).
    """
    text, flaw = decode(raw)
    if flaw is not None:
        return _unread(file, text, diagnostic(flaw, Places(file, text)))
    flaws, edits = hidden(text)
    if len(edits) > MAX_HIDDEN:
        places = Places(file, text)
        return _unread(file, text, *(diagnostic(flaw, places) for flaw in flaws))
    repairs = proposals(text, edits)
    if not edits and not repairs and "ignore" not in text:
        document = _sound(file, text)
        if document is not None:
            return document
    reading = _reading(file, text, edits, repairs)
    built, places = reading.built, reading.places
    flaws += reading.flaws()
    broken = built.failure is not None or not built.whole
    kind = None
    if not broken:
        kind, fault = stated_kind(built.data, built.root)
        if fault is not None and kind_required:
            flaws.append(_moved(fault, places))
            broken = fault.name != "unknown-kind"
    found = tuple(diagnostic(flaw, places) for flaw in sorted(flaws, key=lambda flaw: flaw.start))
    data = None if broken else built.data
    ignores = () if broken else suppressions(places, lambda offset: not reading.in_value(places.parsed(offset)))
    return Document(file, text, data, kind, found, ignores, broken, places, Nodes(built.root))


def _sound(file: str, text: str) -> Document | None:
    """The document of a text with which nothing is wrong, which nearly all are; None when it must be looked at."""
    found = plain_data(text)
    kind = None if found is None else kind_in(found[0])
    if found is None or kind is None:
        return None
    return Document(file, text, found[0], kind, (), (), False, Places(file, text), found[1])


def _unread(file: str, text: str, *found: Diagnostic) -> Document:
    return Document(file, text, None, None, found, (), True, Places(file, text), Nodes())


def _reading(file: str, text: str, edits: list[Edit], repairs: list[Repair]) -> _Reading:
    """The reading that comes furthest, with different widths of a tab and a full-width space where it matters."""
    best = _Reading(file, text, edits, repairs)
    if best.failure_at is None or not any(repair.lands == "indent" for repair in repairs):
        return best
    for tab, wide in _WIDTHS:
        other = _Reading(file, text, edits, reindented(repairs, text, tab, wide))
        if other.failure_at is None:
            return other
        if best.failure_at is not None and other.failure_at > best.failure_at:
            best = other
    return best


class _Reading:
    """The parse of a text with as many of the proposed repairs as turn out to hold."""

    def __init__(self, file: str, text: str, forced: list[Edit], repairs: list[Repair]) -> None:
        self.file, self.text, self.forced, self.repairs = file, text, forced, repairs
        self._parse()
        for _ in range(_TRIES if len(text) < _LARGE else 3):
            if not (self._retreat() or self._drop() or self._mend()):
                break

    @property
    def failure_at(self) -> int | None:
        """Where in the file's own text the parser gave up."""
        return None if self.built.failure is None else self.places.original(self.built.failure.problem_at)

    def flaws(self) -> list[TextFlaw]:
        """What is wrong, with offsets of the file's own text."""
        mended = [repair.flaw for repair in self.repairs if repair.flaw is not None and self._holds(repair)]
        flaws = grouped(mended, self.text)
        flaws += [_moved(flaw, self.places) for flaw in self.built.flaws]
        if self.built.failure is not None and not self._indents_at(self.built.failure.problem_at):
            flaws.append(_moved(explain(self.built.failure, self.parsed), self.places))
        return flaws

    def _indents_at(self, offset: int) -> bool:
        """Whether the line of an offset is reported for its indentation already, so that more would be noise."""
        wrong = [r for r in self.repairs if r.flaw and r.flaw.name in ("tab-indentation", "full-width-space")]
        lines = {self._line(self.places.parsed(repair.start)) for repair in wrong if self._holds(repair)}
        return self._line(offset) in lines

    def in_value(self, offset: int) -> bool:
        """Whether an offset of the parsed text lies in a value or key."""
        at = bisect_right(self.starts, offset) - 1
        return at >= 0 and offset < self.built.scalars[at][1]

    def _parse(self) -> None:
        edits = [*self.forced, *_edits(self.repairs)]
        self.parsed = replace_ranges(self.text, edits) if edits else self.text
        self.built: Built = build(self.parsed)
        self.places = Places(self.file, self.text, edits)
        wanted = self.repairs or "ignore" in self.text
        self.starts = [start for start, _ in self.built.scalars] if wanted else []

    def _holds(self, repair: Repair) -> bool | None:
        """Whether a repair stands where it claims to stand; None when the parser did not come that far."""
        offset = self.places.parsed(repair.start)
        if self.built.failure is not None and offset >= self.built.failure.reach:
            return None
        at = bisect_right(self.starts, offset) - 1
        start, end = self.built.scalars[at] if at >= 0 else (-1, -1)
        if repair.lands == "value":
            return start == offset
        if start <= offset < end:
            return repair.lands == "indent" and self.text[repair.start] != " " and self.parsed[start] not in "\"'"
        line = max(self._line(offset) + 1, offset - _LONG_LINE)
        return repair.flaw is None or "#" not in self.parsed[max(end, line) : offset]

    def _drop(self) -> bool:
        """Give up the repairs that turned out to lie inside a text or a comment."""
        held = [repair for repair in self.repairs if self._holds(repair) is not False]
        if len(held) == len(self.repairs):
            return False
        self.repairs = held
        self._parse()
        return True

    def _mend(self) -> bool:
        """After a failure whose mend is safe, read on as if it were made."""
        if self.built.failure is None:
            return False
        flaw = _moved(explain(self.built.failure, self.parsed), self.places)
        if flaw.fix is None or not flaw.fix.safe:
            return False
        near = flaw.fix.edits[0].start_offset
        if any(e.start_offset <= near <= e.end_offset for e in (*self.forced, *_edits(self.repairs))):
            return False
        return self._try([*self.repairs, Repair(flaw.fix.edits, flaw)])

    def _retreat(self) -> bool:
        """After a failure, give up the repairs on the failing lines if the text can then be read further."""
        failure = self.built.failure
        if failure is None or not self.repairs:
            return False
        lines = {self._line(at) for at in (failure.problem_at, failure.context_at) if at is not None}
        kept = [r for r in self.repairs if r.lands == "indent" or self._line(self.places.parsed(r.start)) not in lines]
        return len(kept) < len(self.repairs) and self._try(kept)

    def _try(self, repairs: list[Repair]) -> bool:
        """Read with other repairs, and keep them when the parser then comes further."""
        before = (self.repairs, self.parsed, self.built, self.places, self.starts)
        reached = self.failure_at
        self.repairs = repairs
        self._parse()
        if self.failure_at is None or (reached is not None and self.failure_at > reached):
            return True
        self.repairs, self.parsed, self.built, self.places, self.starts = before
        return False

    def _line(self, offset: int) -> int:
        return self.parsed.rfind("\n", max(0, offset - _LONG_LINE), offset)


def _edits(repairs: list[Repair]) -> list[Edit]:
    return [edit for repair in repairs if not repair.doubt for edit in repair.edits]


def _moved(flaw: TextFlaw, places: Places) -> TextFlaw:
    """The flaw with offsets of the file's own text, from offsets of the parsed text."""
    note = flaw.note and (flaw.note[0], places.original(flaw.note[1]), places.original(flaw.note[2]))
    fix = flaw.fix
    if fix is not None:
        edits = [Edit(places.original(e.start_offset), places.original(e.end_offset), e.new_text) for e in fix.edits]
        fix = Fix(fix.description, tuple(edits), fix.safe)
    return TextFlaw(
        flaw.name, places.original(flaw.start), places.original(flaw.end), flaw.message, flaw.help, fix, note
    )
