"""Is a document well formed? One JSON Schema a kind, and findings in plain words.

The schemas are the `*.schema.json` files of this folder (Draft 2020-12), made for editors as much as for checking.
This package is the only place that imports jsonschema. jsonschema-rs, where installed, only answers yes or no; what is
wrong is always explained from jsonschema's errors, so both give the same findings.
"""

from __future__ import annotations

import copy
import functools
import importlib
import json
import pkgutil
import re
from typing import Any

from govflow.diagnostics import Diagnostic, did_you_mean, nearest
from govflow.errors import NotFound
from govflow.language.schema.explain import Flaw, LocatedDiagnostic, explain, finding
from govflow.language.schema.rules import SCHEMA_RULES
from govflow.language.source import Document
from govflow.law.clocks.grammar import PATTERN, WARNING_PATTERN
from govflow.text import Lang, Text

_rs: Any
try:
    import jsonschema_rs as _rs  # type: ignore[import-not-found, import-untyped, unused-ignore]
except ImportError:  # an optional extra: the wheel does not exist for every platform
    _rs = None

KINDS = ("item", "theme", "materials", "departments", "laws", "scenarios", "calendar", "variant")
_NO_DEFINITIONS = ("application",)  # files of the same form beside the definitions; who uses them checks them

__all__ = [
    "KINDS",
    "SCHEMA_RULES",
    "Flaw",
    "LocatedDiagnostic",
    "check",
    "finding",
    "findings",
    "schema",
]


def check(document: Document) -> list[Diagnostic]:
    """Every finding about the document's form, in the order of the file; empty when it is well formed."""
    return [each.diagnostic for each in findings(document)]


def findings(document: Document, *, fast: bool = True) -> list[LocatedDiagnostic]:
    """The same with the path of the faulty entry; `fast` False never asks jsonschema-rs.

    A document that could not be read to its end, or that names no kind, gives nothing here: the reading has said why.
    """
    if document.broken or document.kind is None or not isinstance(document.data, dict):
        return []
    kind, version = document.kind
    if kind not in (*KINDS, *_NO_DEFINITIONS):
        return [_unknown_kind(document, kind)]
    if version != 1:
        return [_unknown_version(document, kind, version)]
    if kind in _NO_DEFINITIONS:
        return []
    if fast and _rs is not None and _yes_or_no(kind).is_valid(document.data):
        return []
    return explain(document, _schema(kind), _validator(kind).iter_errors(document.data))


def schema(kind: str, lang: Lang | str = Lang.ZH) -> dict[str, Any]:
    """The JSON Schema of a kind in one language, complete in itself, as an editor wants it.

    Raises NotFound for an unknown kind, ValueError for an unknown language.
    """
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise NotFound(Text(f"没有 {kind} 这种文件；有：{known}", f"no kind {kind!r}; there are: {known}"), kind=kind)
    found = copy.deepcopy(_schema(kind, Lang.of(lang)))
    _say_expected(found, Lang.of(lang))
    return found


def _say_expected(node: Any, lang: Lang) -> None:
    """`x-expected`, which findings quote in both languages, in one."""
    if isinstance(node, dict) and isinstance(node.get("x-expected"), dict):
        node["x-expected"] = node["x-expected"][lang]
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _say_expected(value, lang)


@functools.cache
def _schema(kind: str, lang: Lang = Lang.ZH) -> dict[str, Any]:
    """One file's schema as people read it: in one language, every key with a title."""
    whole: dict[str, Any] = _in_language(_rules(kind), lang)
    _give_titles(whole, whole["$defs"], "：" if lang is Lang.ZH else ": ")
    return whole


def _rules(kind: str) -> dict[str, Any]:
    """One file's schema with the shared definitions it may use put in, and the grammar of limits."""
    text = _read(f"{kind}.schema.json").replace("common.schema.json#/$defs/", "#/$defs/")
    whole: dict[str, Any] = json.loads(text)
    shared = json.loads(_read("common.schema.json"))["$defs"]
    whole["$defs"] = {**shared, **whole.get("$defs", {})}
    whole["$defs"]["limit"]["pattern"], whole["$defs"]["warning"]["pattern"] = PATTERN, WARNING_PATTERN
    return whole


def _in_language(node: Any, lang: Lang) -> Any:
    """The schema with the titles and descriptions of one language; the files hold the English ones as `x-title-en` ..."""
    if isinstance(node, list):
        return [_in_language(value, lang) for value in node]
    if not isinstance(node, dict):
        return node
    said = {key: value for key, value in node.items() if not _OTHER.fullmatch(key)}
    if lang is Lang.EN:
        said |= {match[1]: value for key, value in node.items() if (match := _OTHER.fullmatch(key))}
    return {key: _in_language(value, lang) for key, value in said.items()}


_OTHER = re.compile("x-(.+)-en")


def _give_titles(node: Any, shared: dict[str, Any], colon: str) -> None:
    """A key that only refers to a shared definition is called what that is called; every key is described."""
    if isinstance(node, list):
        for value in node:
            _give_titles(value, shared, colon)
    elif isinstance(node, dict):
        target = _target(node, shared)
        if "title" in target:
            node.setdefault("title", target["title"])
        for value in node.values():
            _give_titles(value, shared, colon)
        keys = node.get("properties")
        for key in keys.values() if isinstance(keys, dict) else ():
            _describe(key, _target(key, shared), colon)


def _describe(key: dict[str, Any], target: dict[str, Any], colon: str) -> None:
    """Begin the description with the title: what an editor shows beside a proposed key is the description alone."""
    title, more = key.get("title"), key.get("description", target.get("description"))
    if title:
        key["description"] = title if not more else more if more.startswith(title) else f"{title}{colon}{more}"


def _target(node: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = shared.get(str(node.get("$ref", "")).removeprefix("#/$defs/"), {})
    return found


def _read(name: str) -> str:
    found = pkgutil.get_data(__name__, name)  # `importlib.resources` would load 6 ms of what nothing else here needs
    assert found is not None
    return found.decode()


@functools.cache
def _validator(kind: str) -> Any:
    """What tells every error of a document; loaded only when one is not well formed: it takes a sixth of the start."""
    draft = importlib.import_module("jsonschema").Draft202012Validator
    return draft(_schema(kind), format_checker=draft.FORMAT_CHECKER)


@functools.cache
def _yes_or_no(kind: str) -> Any:
    """Whether a file is well formed asks for no titles; to give them would cost every run 5 ms."""
    return _rs.Draft202012Validator(_rules(kind), validate_formats=True)


def _unknown_kind(document: Document, kind: str) -> LocatedDiagnostic:
    message = Text(f"不认识 {kind} 这种文件。", f"{kind} is not a kind of file.")
    listed = Text(f"可以写：{'、'.join(KINDS)}", f"One of: {', '.join(KINDS)}")
    return finding(document, Flaw("unknown-value", ("govflow",), message, did_you_mean(nearest(kind, KINDS)) or listed))


def _unknown_version(document: Document, kind: str, version: int) -> LocatedDiagnostic:
    message = Text(
        f"不认识 {kind}/{version}：本版程序只认识 {kind}/1。",
        f"{kind}/{version} is not known: this version reads {kind}/1.",
    )
    return finding(document, Flaw("unknown-version", ("govflow",), message))
