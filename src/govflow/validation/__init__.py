"""Checking definitions, from paths to a report: the module behind `govflow validate`.

    paths -> files -> items one by one, then all together (incremental) -> ignore comments -> select, ignore -> baseline -> fixes

An author's mistake never raises, whatever the bytes; a path that is not there is NotFound, an unknown rule or a
damaged settings or baseline file InvalidInput.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from govflow.catalog import Loaded
from govflow.diagnostics import Diagnostic, Severity, Suppression, apply_suppressions, diff, ordered
from govflow.errors import InvalidInput
from govflow.language.source import Document
from govflow.rules import RULE_BY_REF, Profile
from govflow.text import Text
from govflow.validation.baseline import baseline_of, baseline_text, without_known
from govflow.validation.cache import FOLDER, Cache, digest_of
from govflow.validation.files import Texts, Tree, home_of, mend, overwrite, snapshot, tree_of
from govflow.validation.incremental import Checked, FileComments, KnownFiles, check
from govflow.validation.rule_catalogue import codes_of, in_profiles, known_rules, rule_help, rule_named
from govflow.validation.serialize import dumps, loads
from govflow.validation.settings import Settings, settings_for
from govflow.validation.workers import Progress

__all__ = [
    "Report",
    "Request",
    "Settings",
    "cache_folder",
    "folders_of",
    "known_rules",
    "request_of",
    "rule_help",
    "rule_named",
    "settings_for",
    "snapshot",
    "validate",
    "validate_and_fix",
    "validate_loaded",
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
    cache, released = Cache(request.cache, sorted(chosen.rules)), Cache(request.cache, "released")
    with closing(cache), closing(released):
        known = KnownFiles(tree, cache)
        before = None if last is None else KnownFiles(last, released)
        said = [(each.code, each.span.file, each.message.zh) for each in tree.loose]
        scope = (
            tree.named,
            bool(tree.around),
            said,
            sorted(chosen.codes),
            sorted(chosen.ignored),
            request.inline_ignores,
        )
        kept = _kept(known, before, scope, cache)
        if kept is not None:
            return _report(kept, tree, tree.named, request.baseline)
        previous = None if before is None else check(before, frozenset())
        if before is not None and previous is not None:
            released.keep(previous.rows, before.tree.names)
        checked = check(known, chosen.rules, previous, progress)
        found = _found(tree, checked, chosen, request.inline_ignores)
        if len(checked.digests) == len(tree.names):
            key = digest_of(scope, checked.digests, previous and previous.digests)
            cache.keep(checked.rows, tree.names, key, dumps(found))
    return _report(found, tree, [name for name in tree.named if name in checked.digests], request.baseline)


def validate_and_fix(request: Request, *, write: bool, progress: Progress | None = None) -> Report:
    """Check, and mend what is safe to mend: in the files when `write`, else only as `changes` in the report.

    With `write` the findings are those left in the mended files, without it those of the files as they are.
    """
    chosen = _chosen(request)
    tree, last = tree_of(request.paths), _last(request)
    previous = None if last is None else check(KnownFiles(last, Cache(None, None)), frozenset())
    cache = Cache.in_memory()  # so that a round looks anew only at what the one before has changed

    def report_of(tree: Tree) -> Report:
        checked = check(KnownFiles(tree, cache), chosen.rules, previous, progress)
        cache.keep(checked.rows, tree.names)
        files = [name for name in tree.named if name in checked.digests]
        return _report(_found(tree, checked, chosen, request.inline_ignores), tree, files, request.baseline)

    with closing(cache):
        before = after = report_of(tree)
        mended, fixes = tree, 0
        for _ in range(_ROUNDS):
            changed, count = mend(after.diagnostics, mended)
            if not changed:
                break
            fixes += count
            mended = mended.with_mended(changed)
            after = report_of(mended)
    changes = "".join(
        diff(tree.content(file).decode("utf-8"), mended.mended[file].decode("utf-8"), file)
        for file in tree.names
        if file in mended.mended
    )
    if write:
        for file, raw in mended.mended.items():
            overwrite(Path(file), raw)
    return replace(after if write else before, mended=fixes, changes=changes)


def validate_loaded(loaded: Loaded, request: Request) -> tuple[Diagnostic, ...]:
    """What `validate` would report about definitions that are loaded already (with the rules of `recommended`)."""
    found = _selected(loaded.diagnostics, loaded.documents, _chosen(request), request.inline_ignores)
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


def folders_of(paths: Iterable[str]) -> tuple[str, ...]:
    """The definitions folders that the paths are or lie in, each once; a file that lies in none stands for itself.

    Definitions refer to each other: a change in one file may break another, so a hook checks what lies around it.
    """
    homes = {path: home_of(Path(path)) for path in paths}
    return tuple(dict.fromkeys(path if home is None else os.path.relpath(home) for path, home in homes.items()))


def cache_folder(paths: Iterable[str], settings: Settings) -> Path | None:
    """Where the cache of a project lies: beside its settings or its definitions; None outside of a project."""
    if settings.file is not None:
        return settings.file.parent / FOLDER
    homes = [home_of(Path(path)) for path in paths]
    return homes[0].parent / FOLDER if homes and homes[0] is not None else None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The codes that may be reported, and those ignored by name."""

    codes: frozenset[str]
    ignored: frozenset[str]

    @property
    def rules(self) -> frozenset[str]:
        """The codes of rules of standardization among them."""
        return self.codes.intersection(RULE_BY_REF)


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
            Text(
                f"上一版 {request.previous} 里没有 .yaml 文件，没有可比的",
                f"no .yaml files in the last release {request.previous}: nothing to compare with",
            ),
            field="previous",
        )
    return tree


def _kept(known: KnownFiles, before: KnownFiles | None, scope: object, cache: Cache) -> tuple[Diagnostic, ...] | None:
    """What was found when every file was as it is now; None when that is not known."""
    digests = known.digests()
    old = None if before is None else before.digests()
    if digests is None or (before is not None and old is None):
        return None
    text = cache.report(digest_of(scope, digests, old))
    try:
        return None if text is None else loads(text, tuple[Diagnostic, ...])
    except ValueError:  # damaged
        return None


def _found(tree: Tree, checked: Checked, chosen: _Chosen, inline_ignores: bool) -> tuple[Diagnostic, ...]:
    """Every finding to be reported about the named files, before the baseline."""
    named = set(tree.named)
    found = [each for each in checked.found if each.span.file in named or not tree.around]
    own = [each for each in checked.files if each.file in named]
    return _selected([*found, *tree.loose], own, chosen, inline_ignores)


def _selected(
    found: Iterable[Diagnostic], documents: Sequence[Document | FileComments], chosen: _Chosen, inline_ignores: bool
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


def _report(found: tuple[Diagnostic, ...], tree: Tree, files: Sequence[str], baseline: str | None) -> Report:
    known = gone = 0
    if baseline is not None:
        found, known, gone = _new(found, baseline)
    shown = {span.file for each in found for span in (each.span, *(note.span for note in each.notes))}
    return Report(found, tuple(files), Texts(tree, sorted(shown & set(tree.names))), known, gone)
