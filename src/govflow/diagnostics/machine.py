"""Findings for programs: json, SARIF 2.1.0, GitHub annotations and JUnit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from govflow.diagnostics.values import Diagnostic, Edit, Severity, Span
from govflow.text import Lang, Text

GITHUB_LIMIT = 10
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
_GITHUB_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}
_GITHUB_MORE = Text("还有 {n} 条未列出（每种最多 {limit} 条）。", "{n} more not listed (at most {limit} of each kind).")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def as_json(diagnostics: Sequence[Diagnostic], *, lang: Lang, files: int) -> str:
    """The versioned form: one object with `version`, `files` and `findings`."""
    findings = [
        {
            "code": d.code,
            "name": d.name,
            "severity": d.severity.word,
            "file": d.span.file,
            "line": d.span.line,
            "column": d.span.column,
            "end_line": d.span.end_line,
            "end_column": d.span.end_column,
            "message": d.message.text(lang),
            "help": None if d.help is None else d.help.text(lang),
            "source": d.source or None,
            "fixable": d.fixable,
        }
        for d in diagnostics
    ]
    return _dump({"version": 1, "files": files, "findings": findings})


def as_sarif(diagnostics: Sequence[Diagnostic], *, lang: Lang, sources: Mapping[str, str]) -> str:
    """SARIF 2.1.0 with one rule for every code found, and the fixes."""
    rules: dict[str, dict[str, Any]] = {}
    for d in diagnostics:
        rules.setdefault(
            d.code,
            {
                "id": d.code,
                "name": d.name,
                "shortDescription": {"text": d.name},
                "defaultConfiguration": {"level": _SARIF_LEVEL[d.severity]},
            },
        )
    order = {code: at for at, code in enumerate(sorted(rules))}
    driver = {"name": "govflow", "rules": [rules[code] for code in order]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(d, order[d.code], lang, sources) for d in diagnostics],
    }
    return _dump({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def as_github(diagnostics: Sequence[Diagnostic], *, lang: Lang) -> str:
    """Workflow commands, most severe first, at most ten of each severity."""
    out: list[str] = []
    for severity in Severity:
        command = _GITHUB_COMMAND[severity]
        found = [d for d in diagnostics if d.severity is severity]
        out += [_github_line(command, d, lang) for d in found[:GITHUB_LIMIT]]
        if len(found) > GITHUB_LIMIT:
            more = _GITHUB_MORE.text(lang).format(n=len(found) - GITHUB_LIMIT, limit=GITHUB_LIMIT)
            out.append(f"::{command}::{_escape_data(more)}")
    return "".join(f"{line}\n" for line in out)


def as_junit(diagnostics: Sequence[Diagnostic], *, lang: Lang, files: int, seconds: float | None) -> str:
    """One test case a finding, grouped by file; a single passing case when there is none."""
    groups: dict[str, list[Diagnostic]] = {}
    for d in diagnostics:
        groups.setdefault(d.span.file, []).append(d)
    time = {} if seconds is None else {"time": f"{seconds:.3f}"}
    root = Element("testsuites", {"name": "govflow validate", **_counts(diagnostics), **time})
    if not diagnostics:
        suite = SubElement(root, "testsuite", {"name": "govflow", **_counts(())})
        SubElement(suite, "testcase", {"classname": "govflow", "name": f"{files} files"})
    for file, found in groups.items():
        suite = SubElement(root, "testsuite", {"name": _xml(file), **_counts(found)})
        for d in found:
            _junit_case(suite, d, lang)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _counts(found: Sequence[Diagnostic]) -> dict[str, str]:
    failures = sum(d.severity is Severity.ERROR for d in found)
    return {"tests": str(len(found) or 1), "failures": str(failures)}


def _dump(data: dict[str, Any]) -> str:
    """JSON with Chinese as it is; a lone surrogate would break the output encoding, so it is replaced."""
    return _SURROGATE.sub("\ufffd", json.dumps(data, ensure_ascii=False, indent=2)) + "\n"


def _sarif_result(d: Diagnostic, rule: int, lang: Lang, sources: Mapping[str, str]) -> dict[str, Any]:
    text = d.message.text(lang)
    if d.help is not None:
        text += f"\n{d.help.text(lang)}"
    result: dict[str, Any] = {
        "ruleId": d.code,
        "ruleIndex": rule,
        "level": _SARIF_LEVEL[d.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _sarif_place(d.span)}],
    }
    if d.notes:
        result["relatedLocations"] = [
            {"physicalLocation": _sarif_place(note.span), "message": {"text": note.message.text(lang)}}
            for note in d.notes
        ]
    if d.fix is not None and d.fix.edits:
        replacements = [_sarif_replacement(edit, sources.get(d.span.file)) for edit in d.fix.edits]
        change = {"artifactLocation": {"uri": uri(d.span.file)}, "replacements": replacements}
        result["fixes"] = [{"description": {"text": d.fix.description.text(lang)}, "artifactChanges": [change]}]
    return result


def _sarif_place(span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"artifactLocation": {"uri": uri(span.file)}, "region": region}


def _sarif_replacement(edit: Edit, text: str | None) -> dict[str, Any]:
    region = {"charOffset": edit.start_offset, "charLength": edit.end_offset - edit.start_offset}
    if text is not None:
        region |= _region(text, edit)
    return {"deletedRegion": region, "insertedContent": {"text": edit.new_text}}


def _region(text: str, edit: Edit) -> dict[str, int]:
    out: dict[str, int] = {}
    for word, offset in (("start", edit.start_offset), ("end", edit.end_offset)):
        before = text[:offset].removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        out[f"{word}Line"] = before.count("\n") + 1
        out[f"{word}Column"] = len(before) - before.rfind("\n")
    return out


def uri(file: str) -> str:
    """Return a path as a URI: relative ones stay relative, absolute ones become file URIs."""
    path = PurePosixPath(file.replace("\\", "/"))
    text = quote(_SURROGATE.sub("\ufffd", str(path)))
    if path.is_absolute():
        return f"file://{text}"
    return f"file:///{text.replace('%3A', ':', 1)}" if re.match(r"[A-Za-z]:/", str(path)) else text


def _github_line(command: str, d: Diagnostic, lang: Lang) -> str:
    span = d.span
    places = {"file": span.file, "line": span.line, "col": span.column}
    if span.end_line == span.line:
        places |= {"endLine": span.end_line, "endColumn": max(span.column, span.end_column - 1)}
    places["title"] = f"{d.code} {d.name}"
    properties = ",".join(f"{key}={_escape_property(str(value))}" for key, value in places.items())
    text = d.message.text(lang) + ("" if d.help is None else f"\n{d.help.text(lang)}")
    return f"::{command} {properties}::{_escape_data(text)}"


def _escape_data(text: str) -> str:
    clean = _SURROGATE.sub("\ufffd", text)
    return clean.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _junit_case(suite: Element, d: Diagnostic, lang: Lang) -> None:
    name = f"{d.code} {d.name} {d.span.line}:{d.span.column}"
    case = SubElement(suite, "testcase", {"classname": _xml(d.span.file), "name": name, "line": str(d.span.line)})
    body = _xml(f"{d.span}: {d.message.text(lang)}" + ("" if d.help is None else f"\n{d.help.text(lang)}"))
    if d.severity is Severity.ERROR:
        failure = {"type": d.severity.word, "message": _xml(d.message.text(lang))}
        SubElement(case, "failure", failure).text = body
    else:
        SubElement(case, "system-out").text = f"{d.severity.word}: {body}"


def _xml(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
