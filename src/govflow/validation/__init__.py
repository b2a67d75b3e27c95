"""Checking definitions, from paths to a report: the module behind `govflow validate`.

    paths -> files -> documents -> loader with the chosen rules -> ignore comments -> select, ignore -> baseline -> fixes

An author's mistake never raises, whatever the bytes; a path that is not there is NotFound, an unknown rule or a
damaged settings or baseline file InvalidInput.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from govflow.diagnostics import Diagnostic, Severity, Suppression, apply_suppressions, diff, ordered
from govflow.errors import InvalidInput
from govflow.loader import Loaded, load_documents
from govflow.model import Catalog
from govflow.rules import RULE_BY_REF, Profile
from govflow.source import Document, read
from govflow.source.characters import decode
from govflow.validation import cache
from govflow.validation.baseline import baseline_of, baseline_text, without_known
from govflow.validation.files import (
    Progress,
    Tree,
    home_of,
    mend,
    overwrite,
    read_all,
    snapshot,
    steady_memory,
    tree_of,
)
from govflow.validation.known import KnownRule, codes_of, explained, in_profiles, known_rules, rule_named
from govflow.validation.settings import Settings, settings_for

__all__ = [
    "KnownRule",
    "Progress",
    "Report",
    "Request",
    "Settings",
    "cache_folder",
    "explained",
    "judged",
    "known_rules",
    "request_of",
    "rule_named",
    "settings_for",
    "snapshot",
    "validate",
    "validate_and_fix",
    "write_baseline",
]

_ROUNDS = 10  # a fix may uncover the next; after so many rounds the rest is left to the next run


@dataclass(frozen=True, slots=True)
class Request:
    """What to check and how. `select` and `ignore` hold codes, beginnings of codes, or names of rules.

    `select` replaces the profile. A file that cannot be read to its end is always reported, since nothing else can be
    said about it, unless `ignore` names the reason. `previous` is the folder of the last release; the rules that compare
    with it say nothing without it.
    """

    paths: tuple[str, ...] = ("definitions",)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: Profile = "recommended"
    inline_ignores: bool = True
    baseline: str | None = None
    cache: Path | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `files` are the files checked; `sources` the texts of those with findings, for excerpts.

    `mended` counts the fixes made, `changes` is the difference they make, `known` the findings that the baseline took
    out and `gone` its entries that no longer occur.
    """

    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    sources: Mapping[str, str]
    known: int = 0
    gone: int = 0
    mended: int = 0
    changes: str = ""

    def worst_reaches(self, level: Severity) -> bool:
        """Whether there is a finding at this severity or a worse one."""
        return any(each.severity <= level for each in self.diagnostics)


def validate(request: Request, progress: Progress | None = None) -> Report:
    """Check what the request names; nothing is changed but the cache."""
    chosen = _chosen(request)
    tree, last = tree_of(request.paths), _last(request)
    settled = (tree.named, sorted(chosen.codes), sorted(chosen.ignored), request.inline_ignores)
    before = None if last is None else cache.key_of(last.contents, ())
    key = cache.key_of(tree.contents, (*settled, before))
    found = cache.recall(request.cache, key) if request.cache else None
    if found is None:
        with steady_memory():
            previous = _released(last)
            found = _found(tree, read_all(tree, progress), chosen, request.inline_ignores, previous)
        if request.cache:
            cache.keep(request.cache, key, found)
    return _report(found, tree, request.baseline)


def validate_and_fix(request: Request, *, write: bool, progress: Progress | None = None) -> Report:
    """Check, and mend what is safe to mend: in the files when `write`, else only as `changes` in the report.

    With `write` the findings are those left in the mended files, without it those of the files as they are.
    """
    chosen = _chosen(request)
    tree = tree_of(request.paths)
    documents = read_all(tree, progress)
    last = _released(_last(request))
    before = after = _report(_found(tree, documents, chosen, request.inline_ignores, last), tree, request.baseline)
    mended, fixes = tree, 0
    for _ in range(_ROUNDS):
        changed, count = mend(after.diagnostics, mended.contents)
        if not changed:
            break
        fixes += count
        mended = replace(mended, contents={**mended.contents, **changed})
        documents = [read(changed[each.file], each.file) if each.file in changed else each for each in documents]
        after = _report(_found(mended, documents, chosen, request.inline_ignores, last), mended, request.baseline)
    changes = "".join(
        diff(raw.decode("utf-8"), mended.contents[file].decode("utf-8"), file)
        for file, raw in tree.contents.items()
        if mended.contents[file] is not raw
    )
    if write:
        for file, raw in mended.contents.items():
            if raw is not tree.contents[file]:
                overwrite(Path(file), raw)
    return replace(after if write else before, mended=fixes, changes=changes)


def judged(loaded: Loaded, request: Request) -> tuple[Diagnostic, ...]:
    """What `validate` would report about definitions that are loaded already (with the rules of `recommended`)."""
    found = _judged(loaded.diagnostics, loaded.documents, _chosen(request), request.inline_ignores)
    return found if request.baseline is None else _new(found, request.baseline)[0]


def request_of(settings: Settings, paths: Iterable[str]) -> Request:
    """The request that a project's settings make for these paths, without a cache."""
    return Request(
        tuple(paths),
        settings.select,
        settings.ignore,
        settings.profile,
        settings.inline_ignores,
        settings.path(settings.baseline) if settings.baseline else None,
        previous=settings.path(settings.previous) if settings.previous else None,
    )


def write_baseline(report: Report, file: Path) -> None:
    """Write the report's findings as a baseline file."""
    file.write_text(baseline_text(report.diagnostics, file.parent), "utf-8")


def cache_folder(paths: Iterable[str], settings: Settings) -> Path | None:
    """Where the cache of a project lies: beside its settings or its definitions; None outside of a project."""
    if settings.file is not None:
        return settings.file.parent / cache.FOLDER
    homes = [home_of(Path(path)) for path in paths]
    return homes[0].parent / cache.FOLDER if homes and homes[0] is not None else None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The codes that may be reported, and those ignored by name."""

    codes: frozenset[str]
    ignored: frozenset[str]


def _chosen(request: Request) -> _Chosen:
    ignored = codes_of(request.ignore)
    wanted = codes_of(request.select) if request.select else in_profiles(request.profile)
    return _Chosen(wanted - ignored, ignored)


def _last(request: Request) -> Tree | None:
    """The files of the last release; NotFound when its folder is not there, InvalidInput when nothing is in it."""
    if request.previous is None:
        return None
    tree = tree_of([request.previous])
    if not tree.named:
        raise InvalidInput(
            f"上一版 {request.previous} 里没有 .yaml 文件，没有可比的",
            f"no .yaml files in the last release {request.previous}: nothing to compare with",
            field="previous",
        )
    return tree


def _released(tree: Tree | None) -> Catalog | None:
    """What the last release defined; its own faults are none of this run's business."""
    return None if tree is None else load_documents(read_all(tree, None), ()).catalog


def _found(
    tree: Tree, documents: Sequence[Document], chosen: _Chosen, inline_ignores: bool, previous: Catalog | None
) -> tuple[Diagnostic, ...]:
    """Every finding to be reported about the named files, before the baseline."""
    loaded = load_documents(documents, chosen.codes & RULE_BY_REF.keys(), previous)
    named = set(tree.named)
    found = [each for each in loaded.diagnostics if each.span.file in named or not tree.around]
    own = [document for document in documents if document.file in named]
    return _judged([*found, *tree.loose], own, chosen, inline_ignores)


def _judged(
    found: Iterable[Diagnostic], documents: Sequence[Document], chosen: _Chosen, inline_ignores: bool
) -> tuple[Diagnostic, ...]:
    """What is left of the findings after the choice of rules and the ignore comments."""
    unread = {document.file for document in documents if document.broken}
    wanted = [
        each
        for each in found
        if each.code in chosen.codes or (each.span.file in unread and each.code not in chosen.ignored)
    ]
    if not inline_ignores:
        return ordered(wanted)
    comments = {each.file: _active(each.suppressions, chosen.codes) for each in documents if each.suppressions}
    kept = apply_suppressions(wanted, comments, _NAMES.keys() | _CODES)
    return tuple(each for each in kept if each.code in chosen.codes or not each.code.startswith("GF-S"))


def _active(suppressions: Iterable[Suppression], codes: frozenset[str]) -> list[Suppression]:
    """The ignore comments without the rules that are not applied in this run: nothing can be said about those."""
    active: list[Suppression] = []
    for each in suppressions:
        names = tuple(name for name in each.names if _NAMES.get(name, name) in codes or not _is_known(name))
        if names or not each.names or not each.reason:
            active.append(replace(each, names=names) if names else each)
    return active


_NAMES = {rule.name: rule.code for rule in known_rules()}
_CODES = frozenset(_NAMES.values())


def _is_known(name: str) -> bool:
    return name in _NAMES or name in _CODES


def _new(found: tuple[Diagnostic, ...], baseline: str) -> tuple[tuple[Diagnostic, ...], int, int]:
    return without_known(found, baseline_of(baseline), Path(baseline))


def _report(found: tuple[Diagnostic, ...], tree: Tree, baseline: str | None) -> Report:
    known = gone = 0
    if baseline is not None:
        found, known, gone = _new(found, baseline)
    shown = {span.file for each in found for span in (each.span, *(note.span for note in each.notes))}
    sources = {file: decode(tree.contents[file])[0] for file in sorted(shown & tree.contents.keys())}
    return Report(found, tree.named, sources, known, gone)
