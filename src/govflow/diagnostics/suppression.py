"""`# govflow: ignore[name] reason`: taking out findings that an author has answered for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from govflow.diagnostics.values import Diagnostic, Span, ordered, rule_rows
from govflow.text import Text

SUPPRESSION_RULES = rule_rows("""
GF-S01 error suppression-without-reason: 忽略一条规则必须写明理由。 / Ignoring a rule needs a reason.
GF-S02 error suppression-unknown: 忽略的规则不存在，或没有写规则名。 / The ignored rule does not exist, or none is named.
GF-S03 warning suppression-unused: 忽略没有起作用，应当删除。 / The ignore comment removes no finding and should go.
""")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One ignore comment. `line` is the line it speaks for; `span` is the comment itself."""

    line: int
    names: tuple[str, ...]
    reason: str
    span: Span
    own_line: bool = False


def apply_suppressions(
    diagnostics: Iterable[Diagnostic],
    suppressions_by_file: Mapping[str, Sequence[Suppression]],
    known: Collection[str],
) -> tuple[Diagnostic, ...]:
    """Take out the findings that a comment with a reason answers for, and report faulty comments.

    `known` holds every code and every name of a rule. A finding is matched on the line where it starts. A comment
    without a reason removes nothing. Findings about ignore comments cannot be ignored.
    """
    used: dict[tuple[str, int], set[str]] = {}
    kept: list[Diagnostic] = []
    index = _index(suppressions_by_file)
    for diagnostic in diagnostics:
        file, line = diagnostic.span.file, diagnostic.span.line
        hits = [hit for hit in index.get((file, line), ()) if hit[1] in (diagnostic.code, diagnostic.name)]
        for at, word in hits:
            used.setdefault((file, at), set()).add(word)
        if not hits:
            kept.append(diagnostic)
    for file, suppressions in suppressions_by_file.items():
        for at, suppression in enumerate(suppressions):
            kept.extend(_faults(suppression, used.get((file, at), set()), known))
    return ordered(kept)


def _index(by_file: Mapping[str, Sequence[Suppression]]) -> dict[tuple[str, int], list[tuple[int, str]]]:
    index: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for file, suppressions in by_file.items():
        for at, suppression in enumerate(suppressions):
            if suppression.reason:
                words = index.setdefault((file, suppression.line), [])
                words.extend((at, name) for name in suppression.names)
    return index


def _faults(suppression: Suppression, used: set[str], known: Collection[str]) -> Iterable[Diagnostic]:
    if not suppression.names:
        yield _fault(1, suppression, "忽略注释没有写规则名。", "This ignore comment names no rule.")
        return
    unknown = [name for name in suppression.names if name not in known]
    for name in unknown:
        yield _fault(1, suppression, f"没有名为 {name} 的规则。", f"There is no rule called {name}.")
    if not suppression.reason:
        yield _fault(0, suppression, "这条忽略注释没有写理由。", "This ignore comment gives no reason.")
        return
    for name in suppression.names:
        if name not in used and name not in unknown:
            yield _fault(
                2,
                suppression,
                f"{name} 在这一行没有发现问题，忽略注释是多余的。",
                f"{name} found nothing on this line; drop it.",
            )


def _fault(rule: int, suppression: Suppression, zh: str, en: str) -> Diagnostic:
    code, name, severity, _ = SUPPRESSION_RULES[rule]
    return Diagnostic(
        code,
        name,
        severity,
        Text(zh, en),
        suppression.span,
        help=Text(
            "写成：# govflow: ignore[规则名] 理由",
            "Write it like this: # govflow: ignore[rule-name] reason",
        ),
    )
