"""A run of scenarios as people and programs read it: failures, the table of what is exercised, JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from govflow.apps.scenarios.coverage import KINDS, Coverage, Kind
from govflow.apps.scenarios.records import Played, ScenarioFailure
from govflow.language.model import Catalog
from govflow.text import Lang, Text, cells, joined

MOST_NAMED = 12
"""So many unexercised points are named in one line of the table at most."""

_HEADS: dict[Kind, Text] = {
    "limit": Text("时限", "limits"),
    "condition": Text("条件", "conditions"),
    "material": Text("材料", "materials"),
    "outcome": Text("决定", "outcomes"),
    "procedure": Text("特别程序", "procedures"),
    "step": Text("环节", "steps"),
    "item": Text("事项", "items"),
    "visit": Text("联合踏勘", "visits"),
}


def failure_text(played: Played, lang: Lang | str) -> str:
    """A scenario's failures: where, what, expected and got, and why a date is as it is; empty if it passed."""
    words = {"expected": Text("期待", "expected").text(lang), "got": Text("实际", "got").text(lang)}
    lines = [line for failure in played.failures for line in _failure(played, failure, words, lang)]
    if played.failures and played.assumed:
        names = joined(played.assumed)
        note = Text(
            f"没有写明的是否问题按“否”办：{names}", f"yes/no questions not answered are taken as no: {names.en}"
        )
        lines.append(f"    {note.text(lang)}")
    return "\n".join(lines)


def _failure(played: Played, failure: ScenarioFailure, words: dict[str, str], lang: Lang | str) -> Iterator[str]:
    span = failure.span
    yield f"✗ {span.file}:{span.line}:{span.column} {played.scenario.name}"
    yield f"    {failure.what.text(lang)}"
    yield f"      {words['expected']}: {failure.expected}"
    yield f"      {words['got']}: {failure.got}"
    yield from (f"        {line}" for line in failure.details)


def summary_line(played: Sequence[Played], lang: Lang | str) -> str:
    """One line: how many scenarios and expectations, how many failed."""
    failed = sum(1 for each in played if not each.passed)
    expectations = sum(len(each.scenario.expect) for each in played)
    files = len({each.scenario.file for each in played})
    if failed:
        return Text(
            f"✗ {files} 个文件，{len(played)} 个场景，{failed} 个没有通过",
            f"✗ {files} files, {len(played)} scenarios, {failed} failed",
        ).text(lang)
    return Text(
        f"✓ {files} 个文件，{len(played)} 个场景，{expectations} 项期待，全部通过",
        f"✓ {files} files, {len(played)} scenarios, {expectations} expectations, all passed",
    ).text(lang)


def table(found: Sequence[Coverage], catalog: Catalog, lang: Lang | str) -> str:
    """What the scenarios exercise: a row an item or theme, what none exercises beneath it, totals at the end."""
    heads = ["", Text("场景", "scenarios").text(lang), *(_HEADS[kind].text(lang) for kind in KINDS)]
    rows = [(_row(each, catalog, lang), _missed(each, lang)) for each in found]
    rows.append((_totals(found, lang), ""))
    widths = [max(cells(row[at]) for row in [heads, *(row for row, _ in rows)]) for at in range(len(heads))]
    lines = [_aligned(heads, widths)]
    for row, missed in rows:
        lines.append(_aligned(row, widths))
        if missed:
            lines.append(f"    {missed}")
    return "\n".join(lines)


def _row(each: Coverage, catalog: Catalog, lang: Lang | str) -> list[str]:
    subject = catalog.themes[each.code] if each.code in catalog.themes else catalog.items[each.code]
    name = f"{each.code} {subject.name.text(lang)}"
    return [name, str(each.scenarios), *(_share(*each.count(kind)) for kind in KINDS)]


def _share(done: int, all: int) -> str:
    return f"{done}/{all}" if all else "-"


def _missed(each: Coverage, lang: Lang | str) -> str:
    if not each.missed:
        return ""
    names = [f"{_HEADS[kind].text(lang)} {name}" for kind, name in each.missed]
    more = len(names) - MOST_NAMED
    shown = names[:MOST_NAMED] + ([Text(f"另有 {more} 处", f"{more} more").text(lang)] if more > 0 else [])
    return Text("没有场景：", "no scenario: ").text(lang) + joined(shown).text(lang)


def _totals(found: Iterable[Coverage], lang: Lang | str) -> list[str]:
    counts = [[each.count(kind) for kind in KINDS] for each in found]
    sums = [(sum(row[at][0] for row in counts), sum(row[at][1] for row in counts)) for at in range(len(KINDS))]
    done, all = sum(s[0] for s in sums), sum(s[1] for s in sums)
    share = f"{done * 1000 // all / 10}%" if all else "-"
    name = Text(f"合计 {done}/{all}（{share}）", f"total {done}/{all} ({share})").text(lang)
    return [name, str(sum(each.scenarios for each in found)), *(_share(*each) for each in sums)]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0] + " " * (widths[0] - cells(row[0]))
    rest = (" " * (width - cells(text)) + text for text, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join((first, *rest)).rstrip()


def as_data(played: Sequence[Played], found: Sequence[Coverage], lang: Lang | str) -> dict[str, Any]:
    """The same for programs: plain data for JSON."""
    return {
        "passed": all(each.passed for each in played),
        "scenarios": [_scenario_data(each, lang) for each in played],
        "coverage": [_coverage_data(each) for each in found],
        "totals": {kind: {"exercised": done, "all": all} for kind, (done, all) in _sums(found).items()},
    }


def _scenario_data(each: Played, lang: Lang | str) -> dict[str, Any]:
    return {
        "file": each.scenario.file, "line": each.scenario.span.line, "name": each.scenario.name, "of": each.code,
        "passed": each.passed, "assumed_no": list(each.assumed),
        "failures": [
            {"file": f.span.file, "line": f.span.line, "column": f.span.column, "what": f.what.text(lang),
             "expected": f.expected, "got": f.got, "explanation": list(f.details)}
            for f in each.failures
        ],
    }  # fmt: skip


def _coverage_data(each: Coverage) -> dict[str, Any]:
    counts = {kind: each.count(kind) for kind in KINDS}
    return {
        "of": each.code, "scenarios": each.scenarios,
        "points": {kind: {"exercised": done, "all": all} for kind, (done, all) in counts.items() if all},
        "missed": [{"kind": kind, "name": name} for kind, name in each.missed],
    }  # fmt: skip


def _sums(found: Sequence[Coverage]) -> dict[Kind, tuple[int, int]]:
    return {
        kind: (sum(each.count(kind)[0] for each in found), sum(each.count(kind)[1] for each in found))
        for kind in KINDS
    }  # fmt: skip
