"""What the YAML parser's complaint most likely means, in words for the author."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from govflow.diagnostics import Fix
from govflow.language.source.findings import TextFlaw, mend
from govflow.language.source.full_path import ParseFailure
from govflow.text import Text

_KEY_WITHOUT_SPACE = re.compile(r"[ ]*(?:- +)*[\"']?[A-Za-z_][A-Za-z0-9_-]{0,60}[\"']?(:)(?=[^\s/:])")
_DASH_WITHOUT_SPACE = re.compile(r"[ ]*(-)(?=[^\s-])")
_WORD = re.compile(r"[^\s,\[\]{}]+")


@dataclass(frozen=True, slots=True)
class _Complaint:
    """The failure and its text: `at` is where the parser stopped, `since` where what it was reading began."""

    text: str
    problem: str
    at: int
    since: int

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def line(self, at: int) -> str:
        end = self.text.find("\n", at)
        return self.text[self.line_start(at) : len(self.text) if end < 0 else end].rstrip("\r")

    def line_before(self) -> str:
        """The nearest line above the failing one that holds anything but a comment."""
        for line in reversed(self.text[max(0, self.at - 5000) : self.line_start(self.at)].split("\n")):
            if line.strip() and not line.lstrip().startswith("#"):
                return line.rstrip("\r")
        return ""


def explain(failure: ParseFailure, text: str) -> TextFlaw:
    """Return the finding for a syntax error, placed where the author should look."""
    at = min(failure.problem_at, len(text))
    since = at if failure.context_at is None else min(failure.context_at, len(text))
    about = _Complaint(text, failure.problem, at, since)
    words = f"{failure.problem} {failure.context}"
    for pattern, explanation in _EXPLANATIONS:
        if re.search(pattern, words):
            return explanation(about)
    return _flaw(
        about, at, f"YAML 写法有误（{failure.problem}）。", f"The text is not well-formed YAML ({failure.problem})."
    )


def _flaw(
    about: _Complaint,
    at: int,
    zh: str,
    en: str,
    advice: Text | None = None,
    *,
    name: str = "yaml-syntax",
    fix: Fix | None = None,
) -> TextFlaw:
    word = _WORD.match(about.text, at)
    end = min(word.end(), at + 80) if word else min(at + 1, len(about.text))
    return TextFlaw(name, at, max(at, end), Text(zh, en), advice, fix)


def _missing_space(about: _Complaint, at: int) -> TextFlaw | None:
    """The flaw of a line such as `visits:0` or `-item`, with its mend."""
    start = about.line_start(at)
    line = about.line(at)
    if match := _KEY_WITHOUT_SPACE.match(line):
        place = start + match.end(1)
        fix = mend("在冒号后加一个空格", "put a space after the colon", place, place, " ", safe=True)
        return _flaw(
            about, start + match.start(1), "冒号后面缺少空格。", "A space is missing after the colon.", fix=fix
        )
    if match := _DASH_WITHOUT_SPACE.match(line):
        place = start + match.end(1)
        fix = mend("在连字符后加一个空格", "put a space after the hyphen", place, place, " ", safe=True)
        return _flaw(
            about,
            start + match.start(1),
            "列表的连字符后面缺少空格。",
            "A space is missing after the hyphen of the list item.",
            fix=fix,
        )
    return None


def _stray_mapping(about: _Complaint) -> TextFlaw:
    """`key: value: more`, or a key that is deeper than the line above, which already has a value."""
    before = about.text[about.line_start(about.at) : about.at]
    if re.search(r":[ \t]", before):
        quote = Text("值里有冒号时，给整个值加引号。", "Quote a value that holds a colon.")
        return _flaw(about, about.at, "值里又出现了“冒号加空格”。", "The value holds another colon and space.", quote)
    above = about.line_before()
    start = about.line_start(about.at)
    first = start + len(before) - len(before.lstrip())
    missing = _missing_space(about, max(0, start - 1)) if start else None
    if missing is not None and above == about.line(start - 1):
        return missing
    indent = Text(
        "让这一行与同级的键对齐；或者上一行只留 键: ，把值都写到下面。",
        "Align this line with the keys beside it, or leave only `key:` on the line above.",
    )
    return _flaw(
        about,
        first,
        f"这一行缩进太深：上一行（{_shown(above)}）已经有值，下面不能再有键。",
        f"This line is indented too deep: the line above ({_shown(above)}) has a value already.",
        indent,
    )


def _no_colon(about: _Complaint) -> TextFlaw:
    """A line among keys that is not `key: value`."""
    missing = _missing_space(about, about.since)
    if missing is not None:
        return missing
    if "：" in about.line(about.since):
        at = about.line_start(about.since) + about.line(about.since).index("：")
        zh = "冒号“：”（U+FF1A）是全角的，YAML 不认识。"
        en = "The colon “：” (U+FF1A) is full-width; YAML does not know it."
        fix = mend("换成半角冒号和空格", "use a half-width colon and a space", at, at + 1, ": ", safe=False)
        return TextFlaw("full-width-punctuation", at, at + 1, Text(zh, en), None, fix)
    advice = Text(
        "每行写成 键: 值；上一行的文字没写完时，这一行要缩进。",
        "Write `key: value`; indent the line if it continues the text above.",
    )
    return _flaw(
        about,
        about.since,
        f"这一行（{_shown(about.line(about.since))}）里没有冒号，不是“键: 值”。",
        f"This line ({_shown(about.line(about.since))}) has no colon; it is not `key: value`.",
        advice,
    )


def _open_quote(about: _Complaint) -> TextFlaw:
    advice = Text("在这段文字的末尾补上同样的引号。", "Close the text with the same quote.")
    return _flaw(about, about.since, "引号没有配对：从这里开始一直没有结束。", "This quote is never closed.", advice)


def _open_bracket(about: _Complaint) -> TextFlaw:
    opening = about.text[about.since : about.since + 1]
    closing = {"[": "]", "{": "}"}.get(opening, "] / }")
    found = about.text[about.at : about.at + 1]
    same_line = about.line_start(about.since) == about.line_start(about.at)
    if not same_line or not found.strip():
        advice = Text(f"补上 {closing}，或检查各项之间的逗号。", f"Add {closing}, or check the commas between entries.")
        return _flaw(about, about.since, f"{opening} 没有配对的 {closing}。", f"{opening} has no {closing}.", advice)
    if found in "]}":
        return _flaw(
            about, about.at, f"这里应是 {closing}，却是 {found}。", f"Expected {closing} here but found {found}."
        )
    advice = Text("各项之间用半角逗号分开；含有特殊符号的值加引号。", "Separate entries by commas; quote special text.")
    return _flaw(about, about.at, f"这里缺少逗号或 {closing}。", f"A comma or {closing} is missing here.", advice)


def _bad_block(about: _Complaint) -> TextFlaw:
    """Something that is neither the next key nor the end of a mapping."""
    before = about.text[about.line_start(about.at) : about.at]
    if before.rstrip().endswith(('"', "'", "]", "}")):
        advice = Text("把整个值放进引号里，或删去多余的部分。", "Put the whole value in quotes, or remove the rest.")
        return _flaw(
            about, about.at, "值已经结束，后面还有多余的内容。", "The value has ended; more text follows.", advice
        )
    if about.text[about.at : about.at + 1] == "-" and not before.strip():
        advice = Text("检查连字符的缩进，同一列表的各项要对齐。", "Align the hyphens of one list.")
        return _flaw(
            about,
            about.at,
            "这里应是一个键，却是列表项。",
            "A key is expected here, but a list item was found.",
            advice,
        )
    if not before.strip():
        advice = Text("同一层的键要从同一列开始。", "Keys of one level start in the same column.")
        return _flaw(
            about,
            about.at,
            "缩进不对：和上面任何一层都没有对齐。",
            "Bad indentation: it matches no level above.",
            advice,
        )
    return _flaw(about, about.at, "这里应是下一个键。", "The next key is expected here.")


def _bad_list(about: _Complaint) -> TextFlaw:
    line = about.line(about.at)
    if missing := _missing_space(about, about.at):
        return missing
    advice = Text("列表每项以“- ”开头并对齐；键不能和列表项混在一层。", "List items start with `- ` and are aligned.")
    return _flaw(
        about,
        about.at,
        f"这里应是列表的下一项，却是“{_shown(line)}”。",
        f"The next list item is expected here, but found `{_shown(line)}`.",
        advice,
    )


def _bad_start(about: _Complaint) -> TextFlaw:
    found = about.text[about.at : about.at + 1]
    if found == "\t":
        return _tab(about)
    advice = Text("给这个值加引号。", "Quote the value.")
    return _flaw(
        about, about.at, f"值不能以“{found}”开头。", f"A value cannot start with {found!r}.".replace("'", "`"), advice
    )


def _tab(about: _Complaint) -> TextFlaw:
    advice = Text("改用空格。", "Use spaces.")
    zh, en = "这里用了制表符（Tab，U+0009）。", "There is a tab (U+0009) here."
    return _flaw(about, about.at, zh, en, advice, name="tab-indentation")


def _stray_list(about: _Complaint) -> TextFlaw:
    advice = Text("把列表换到下一行，或写成 [甲, 乙]。", "Start the list on the next line, or write [a, b].")
    return _flaw(about, about.at, "列表项不能写在这里。", "A list item cannot stand here.", advice)


def _simply(
    zh: str, en: str, advice: Text | None = None, name: str = "yaml-syntax"
) -> Callable[[_Complaint], TextFlaw]:
    return lambda about: _flaw(about, about.at, zh, en, advice, name=name)


_EXPLANATIONS: tuple[tuple[str, Callable[[_Complaint], TextFlaw]], ...] = (
    ("mapping values are not allowed", _stray_mapping),
    ("could not find expected ':'", _no_colon),
    ("unexpected (end of stream|document indicator)", _open_quote),
    ("expected ',' or|while parsing a flow", _open_bracket),
    ("tab character", _tab),
    ("cannot start any token", _bad_start),
    ("block sequence entries are not allowed", _stray_list),
    (
        "unknown escape|escape (sequence|character)|hexdecimal|Unicode character",
        _simply(
            "双引号里的反斜杠写法不对。",
            "The backslash in double quotes is not a known escape.",
            Text("改用单引号，或把 \\ 写成 \\\\。", "Use single quotes, or write \\\\ for \\."),
        ),
    ),
    (
        "alphabetic or numeric|scanning an? (anchor|alias)",
        _simply(
            "以 & 或 * 开头的文字要加引号。",
            "Text that starts with & or * needs quotes.",
            Text("给整个值加引号。", "Quote the value."),
        ),
    ),
    (
        "scanning a block scalar",
        _simply(
            "“|”或“>”后面不能再有文字。",
            "No text may follow `|` or `>` on the same line.",
            Text("文字从下一行开始并缩进；以 | 或 > 开头的值要加引号。", "Start the text on the next line, indented."),
        ),
    ),
    ("tag", _simply("不允许使用标签（!）。", "Tags (!) are not allowed.", name="tag-refused")),
    (
        "directive|incompatible YAML document",
        _simply("以 % 开头的指令行不对。", "The line that starts with % is not a valid directive."),
    ),
    ("expected key|expected <block end>.*block mapping|parsing a block mapping", _bad_block),
    ("'-' indicator|parsing a block (collection|sequence)", _bad_list),
    ("node content", _simply("这里缺少一个值，或多了一个符号。", "A value is missing here, or a symbol is too much.")),
    ("document start", _simply("这里有多余的内容。", "There is stray content here.")),
)


def _shown(line: str) -> str:
    line = line.strip()
    return line if len(line) <= 30 else f"{line[:30]}…"
