"""Findings for people at a terminal: with an excerpt (full) or one line each (concise)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence

from govflow.diagnostics.values import Diagnostic, Severity, Span
from govflow.text import Lang, Text, cells, many, spelled_out

WIDEST_EXCERPT = 110
_COLOUR = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.HINT: "36"}
_HELP = Text("帮助", "help")
_SOURCE = Text("依据", "source")
_FIXABLE = Text("可自动修复", "fixable")


def visible(character: str) -> str:
    """Return what stands for a character in an excerpt: hidden ones are spelled out, a tab is four spaces."""
    if character == "\t":
        return "    "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp") or character in "\u00a0\ufffe\uffff":
        return spelled_out(character)
    return character


def split_lines(text: str) -> list[str]:
    """Split at line feeds and carriage returns only, as editors count lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def full(
    diagnostics: Sequence[Diagnostic],
    *,
    lang: Lang,
    sources: Mapping[str, str],
    files: int,
    seconds: float | None,
    colour: bool,
) -> str:
    """Every finding with its excerpt, a caret and help; the last line sums up."""
    paint = _painter(colour)
    lines = {file: split_lines(sources[file]) for file in {d.span.file for d in diagnostics} if file in sources}
    blocks = [_block(diagnostic, lines, lang, paint) for diagnostic in diagnostics]
    blocks.append(summary(diagnostics, lang=lang, files=files, seconds=seconds, colour=colour) + "\n")
    return "\n".join(blocks)


def concise(diagnostics: Sequence[Diagnostic], *, lang: Lang) -> str:
    """One line a finding: file:line:column: severity code name message."""
    return "".join(
        f"{one_line(str(d.span))}: {d.severity.word} {d.code} {d.name} {one_line(d.message.text(lang))}\n"
        for d in diagnostics
    )


def summary(
    diagnostics: Sequence[Diagnostic], *, lang: Lang, files: int, seconds: float | None, colour: bool = False
) -> str:
    """The last line: files, findings by severity, how many can be mended, seconds."""
    paint = _painter(colour)
    english = lang is Lang.EN
    if not diagnostics:
        return paint("32", _success(english, files, seconds))
    counts = [sum(d.severity is severity for d in diagnostics) for severity in Severity]
    fixable = sum(d.fixable for d in diagnostics)
    if english:
        found = ", ".join(many(n, s.word) for n, s in zip(counts, Severity, strict=True) if n or s is Severity.ERROR)
        tail = f"; {fixable} fixable with --fix" if fixable else ""
        time = "" if seconds is None else f"; {seconds:.2f} s"
        return f"{many(files, 'file')} checked: {found}{tail}{time}"
    found = "、".join(f"{n} 个{s.label.zh}" for n, s in zip(counts, Severity, strict=True) if n or s is Severity.ERROR)
    tail = f"；{fixable} 处可用 --fix 自动修复" if fixable else ""
    time = "" if seconds is None else f"；用时 {seconds:.2f} 秒"
    return f"检查了 {files} 个文件：{found}{tail}{time}"


def one_line(text: str) -> str:
    """Return the text with hidden characters spelled out and line breaks as spaces."""
    flat = " ".join(split_lines(text)) if "\n" in text or "\r" in text else text
    return flat if flat.isprintable() else "".join(visible(c) if c != "\u3000" else c for c in flat)


def _success(english: bool, files: int, seconds: float | None) -> str:
    if english:
        return f"✓ {many(files, 'file')} checked, no findings" + ("" if seconds is None else f" ({seconds:.2f} s)")
    return f"✓ 检查了 {files} 个文件，没有发现问题" + ("" if seconds is None else f"（{seconds:.2f} 秒）")


def _painter(colour: bool) -> Callable[[str, str], str]:
    return (lambda sgr, text: f"\x1b[{sgr}m{text}\x1b[0m") if colour else (lambda sgr, text: text)


def _block(diagnostic: Diagnostic, lines: Mapping[str, list[str]], lang: Lang, paint: Callable[[str, str], str]) -> str:
    hue = _COLOUR[diagnostic.severity]
    word = diagnostic.severity.label.text(lang)
    head = paint(f"1;{hue}", f"{word} {diagnostic.code} {diagnostic.name}")
    out = [f"{head}: {one_line(diagnostic.message.text(lang))}", f"  --> {one_line(str(diagnostic.span))}"]
    gutter = len(str(max([diagnostic.span.line, *(note.span.line for note in diagnostic.notes)])))
    out += _excerpt(diagnostic.span, lines, gutter, lambda text: paint(hue, text))
    for note in diagnostic.notes:
        out.append(f"{' ' * gutter} = {one_line(note.message.text(lang))}: {one_line(str(note.span))}")
        out += _excerpt(note.span, lines, gutter, lambda text: paint("2", text))
    if diagnostic.help is not None:
        out.append(f"{' ' * gutter} = {_HELP.text(lang)}: {one_line(diagnostic.help.text(lang))}")
    if diagnostic.source:
        out.append(f"{' ' * gutter} = {_SOURCE.text(lang)}: {one_line(diagnostic.source)}")
    if diagnostic.fix is not None and diagnostic.fix.safe:
        out.append(f"{' ' * gutter} = {_FIXABLE.text(lang)}: {one_line(diagnostic.fix.description.text(lang))}")
    return "\n".join(out) + "\n"


def _excerpt(span: Span, lines: Mapping[str, list[str]], gutter: int, paint: Callable[[str], str]) -> list[str]:
    """The line a span starts in, and carets under it; nothing when the text is not at hand."""
    text = lines.get(span.file, [])
    if not 1 <= span.line <= len(text):
        return []
    line = text[span.line - 1]
    if span.line == 1:
        line = line.removeprefix("\ufeff")
    start = min(span.column - 1, len(line))
    end = len(line) if span.end_line > span.line else min(span.end_column - 1, len(line))
    first, last = _window(line, start)
    before = ("…" if first else "") + "".join(map(visible, line[first:start]))
    marked = "".join(map(visible, line[start : min(end, last)]))
    after = "".join(map(visible, line[max(start, min(end, last)) : last])) + ("…" if last < len(line) else "")
    carets = " " * cells(before) + paint("^" * max(1, cells(marked)))
    blank = " " * gutter
    return [f"{blank} |", f"{span.line:>{gutter}} | {before}{marked}{after}".rstrip(), f"{blank} | {carets}"]


def _window(line: str, start: int) -> tuple[int, int]:
    """Which part of a long line to show: up to WIDEST_EXCERPT characters around the start of the mark."""
    if len(line) <= WIDEST_EXCERPT:
        return 0, len(line)
    first = max(0, min(start - WIDEST_EXCERPT // 3, len(line) - WIDEST_EXCERPT))
    return first, min(len(line), first + WIDEST_EXCERPT)
