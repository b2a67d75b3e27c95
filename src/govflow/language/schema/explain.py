"""From a validator's errors to findings: what was found, where, what was expected; one mistake, one finding."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from govflow.diagnostics import Diagnostic, Edit, Fix, did_you_mean, nearest
from govflow.language.schema.rules import RULE_BY_NAME
from govflow.language.source import Document
from govflow.law.clocks import grammar
from govflow.text import Text

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A finding before its place is known as line and column; `at_key` points at the key, not at the value.

    `meant` is the suggested key; `keys` and `titles` name what is missing.
    """

    name: str
    path: Path
    message: Text
    help: Text | None = None
    at_key: bool = False
    fix: Fix | None = None
    meant: str | None = None
    keys: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocatedDiagnostic:
    """A diagnostic with the path of the entry that it is about."""

    path: Path
    diagnostic: Diagnostic


def finding(document: Document, flaw: Flaw) -> LocatedDiagnostic:
    """Put a flaw in its place in the file."""
    code, severity = RULE_BY_NAME[flaw.name]
    span = document.key_span(flaw.path) if flaw.at_key else document.span(flaw.path)
    return LocatedDiagnostic(
        flaw.path, Diagnostic(code, flaw.name, severity, flaw.message, span, flaw.help, fix=flaw.fix)
    )


def explain(document: Document, schema: Mapping[str, Any], errors: Iterable[Any]) -> list[LocatedDiagnostic]:
    """Translate the errors of jsonschema about one document, in the order of the file; `schema` is what it is held to."""
    flaws: dict[tuple[str, Path, str, tuple[str, ...]], Flaw] = {}
    for error in errors:
        for flaw in _flaws(document, schema, error):
            flaws.setdefault((flaw.name, flaw.path, flaw.message.zh, flaw.keys), flaw)
    found = [finding(document, flaw) for flaw in _one_each(list(flaws.values()))]
    return sorted(
        found, key=lambda each: (each.diagnostic.span.line, each.diagnostic.span.column, each.diagnostic.code)
    )


def _one_each(flaws: list[Flaw]) -> Iterator[Flaw]:
    """Leave out what only follows from another finding at the same place."""
    unknown = {flaw.path[:-1] for flaw in flaws if flaw.name == "unknown-key"}
    misspelt = {(flaw.path[:-1], flaw.meant) for flaw in flaws if flaw.name == "unknown-key"}
    typed = {flaw.path for flaw in flaws if flaw.name == "wrong-type"}
    for flaw in flaws:
        if flaw.name == "bad-shape" and flaw.path in unknown | typed:
            continue
        if flaw.name != "wrong-type" and not flaw.keys and flaw.path in typed:
            continue
        if flaw.keys:
            left = [key for key in flaw.keys if (flaw.path, key) not in misspelt]
            if not left:
                continue
            flaw = replace(flaw, message=_lacks(flaw, left))
        yield flaw


def _lacks(flaw: Flaw, keys: list[str]) -> Text:
    named = "、".join(f"{key}（{flaw.titles[key]}）" if flaw.titles.get(key) else key for key in keys)
    zh = f"{_name(flaw.path)}缺少 {named}。" if flaw.path else f"缺少 {named}。"
    return Text(zh, f"{_name_en(flaw.path)} lacks {', '.join(keys)}.")


def _flaws(document: Document, schema: Mapping[str, Any], error: Any) -> Iterator[Flaw]:
    path = tuple(error.absolute_path)
    rule = _rule_of_missing(schema, list(error.absolute_schema_path)) if error.instance in (None, "") else None
    if rule:  # a key with nothing behind it is as good as missing
        yield Flaw(rule, path, Text(f"{_name(path)}是空的。", f"{_name_en(path)} is empty."), at_key=True)
        return
    yield from _TRANSLATIONS.get(error.validator, _other)(document, path, error)


def _rule_of_missing(schema: Mapping[str, Any], steps: list[str | int]) -> str | None:
    """The rule of the catalogue (`x-missing`) that a key breaks by its absence; `steps` lead to it in the schema."""
    node: Any = schema
    ruled: Mapping[str, str] = {}
    for step, following in itertools.pairwise([*steps, ""]):
        if step == "properties" and isinstance(node, Mapping):
            ruled = {str(following): node["x-missing"][following]} if following in node.get("x-missing", {}) else {}
        if step == "$ref":
            node = schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
        elif isinstance(node, list):
            node = node[int(step)]
        else:
            node = node.get(step, {})
    return next(iter(ruled.values()), None)


def _unknown_key(document: Document, path: Path, error: Any) -> Iterator[Flaw]:
    allowed = list(error.schema.get("properties", ()))
    missing = [key for key in error.schema.get("required", ()) if key not in error.instance]
    free = [key for key in allowed if key not in error.instance]
    patterns = error.schema.get("patternProperties")
    for key in error.instance:
        if key in allowed or (patterns and error.validator_value is False and _language_key(str(key))):
            continue
        meant = nearest(str(key), missing) or nearest(str(key), free or (["zh-CN", "en"] if patterns else []))
        listed = "、".join(allowed) or "zh-CN、en"
        help = did_you_mean(meant) or Text(f"这里可以写：{listed}", f"Here may stand: {listed.replace('、', ', ')}")
        fix = _rename(document, (*path, key), meant) if meant else None
        message = Text(f"不认识的字段 {key}。", f"Unknown key {key}.")
        yield Flaw("unknown-key", (*path, key), message, help, at_key=True, fix=fix, meant=meant)


def _language_key(key: str) -> bool:
    head, _, tail = key.partition("-")
    return head.isascii() and head.islower() and 2 <= len(head) <= 3 and (not tail or tail.isascii())


def _rename(document: Document, path: Path, meant: str) -> Fix | None:
    """Offer the other key; not a safe fix, because the guess may be wrong."""
    span = document.key_span(path)
    value, _ = document.offsets(path)
    key = str(path[-1])
    start = document.text.rfind(key, 0, value)
    if start < 0 or span.end_column - span.column != len(key):
        return None
    return Fix(Text(f"改成 {meant}", f"Change to {meant}"), (Edit(start, start + len(key), meant),))


def _missing_key(document: Document, path: Path, error: Any) -> Iterator[Flaw]:
    """All missing keys of a mapping at once; the message is made when it is known which were only misspelt."""
    keys = tuple(key for key in error.validator_value if key not in error.instance)
    titles = {key: schema.get("title", "") for key, schema in error.schema.get("properties", {}).items()}
    ruled: Mapping[str, str] = error.schema.get("x-missing", {})
    for name in dict.fromkeys(["missing-key", *ruled.values()]):
        some = tuple(key for key in keys if ruled.get(key, "missing-key") == name)
        if some:
            yield Flaw(name, path, Text("", ""), at_key=True, keys=some, titles=titles)


def _wrong_type(document: Document, path: Path, error: Any) -> Iterator[Flaw]:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    found = error.instance
    values = error.schema.get("enum")
    if found is None:
        zh, en = f"{_name(path)}没有内容", f"{_name_en(path)} is empty"
    else:
        zh = f"{_name(path)}是{_type_of(found, 0)}{_shown(found)}"
        en = f"{_name_en(path)} is {_type_of(found, 1)}{_shown(found, *_QUOTES)}"
    types_zh = "或".join(_TYPES[each][0] for each in wanted)
    types_en = " or ".join(_TYPES[each][1] for each in wanted)
    message = Text(f"{zh}，应当是{types_zh}。", f"{en}; expected {types_en}.")
    help, fix = _expected(error.schema), None
    if values:
        help = _one_of(values)
    if "string" in wanted and isinstance(found, int | float):
        written = document.written(path)
        help = Text(f'加上引号，使它成为文字，写成 "{written}"', f'Put it in quotes to make it text, "{written}"')
        start, end = document.offsets(path)
        fix = Fix(Text("加引号", "Add quotes"), (Edit(start, end, f'"{written}"'),), safe=True)
    yield Flaw("wrong-type", path, message, help, at_key=found is None, fix=fix)


def _unknown_value(document: Document, path: Path, error: Any) -> Iterator[Flaw]:
    values = [str(each) for each in error.validator_value]
    found = error.instance
    if not isinstance(found, str):
        return
    expected = error.schema.get("x-expected")
    listed = _one_of(values)
    if expected:
        listed = _to_write(expected)
    meant = nearest(found, values)
    help = did_you_mean(meant) or listed
    if meant and len(values) <= 8:
        help = Text(f"{help.zh}{listed.zh}", f"{help.en} {listed.en}")
    message = Text(f"{_name(path)}不能是“{found}”。", f'{_name_en(path)} cannot be "{found}".')
    yield Flaw("unknown-value", path, message, help, fix=_put(document, path, meant) if meant else None)


def _put(document: Document, path: Path, text: str, *, safe: bool = False) -> Fix:
    """Offer another value; safe only where it means the same."""
    start, end = document.offsets(path)
    return Fix(Text(f"改成 {text}", f"Change to {text}"), (Edit(start, end, text),), safe)


def _malformed(document: Document, path: Path, error: Any) -> Iterator[Flaw]:
    name, fix = error.schema.get("x-code", "malformed-text"), None
    if "propertyNames" in error.absolute_schema_path:
        path = (*path, error.instance)
    found = error.instance
    help = _expected(error.schema)
    message = Text(f"{_name(path)}写得不对：“{found}”。", f'{_name_en(path)} is malformed: "{found}".')
    if name == "bad-limit":
        fault = grammar.fault(found)
        message, name = _about_limit(found, fault), _LIMIT_RULES.get(fault or "", name)
        same = grammar.meant(found)
        fix = _put(document, path, same, safe=True) if same else None
    elif name == "bad-date":
        message = Text(f"“{found}”不是日期。", f'"{found}" is not a date.')
    yield Flaw(name, path, message, help, at_key="propertyNames" in error.absolute_schema_path, fix=fix)


_LIMIT_RULES = {"unit": "limit-unit-unclear", "number": "limit-number-wrong", "form": "bad-limit"}


def _about_limit(found: str, fault: str | None) -> Text:
    if fault == "number":
        return Text(
            f"“{found}”的数量不对：不能是负数，工作日和小时可以有半个，自然日、月和年要整数。",
            f'The number in "{found}" is wrong: not negative, workdays and hours whole or half, all others whole.',
        )
    if fault == "unit" and found.strip()[-1:].isdigit():
        return Text(f"“{found}”没有写单位。", f'"{found}" has no unit.')
    if fault == "unit":
        return Text(
            f"“{found}”的单位有歧义：没有说明是工作日还是自然日。",
            f'The unit of "{found}" is ambiguous: write workdays or natural days.',
        )
    return Text(f"“{found}”不是时限。", f'"{found}" is not a time limit.')


def _out_of_range(document: Document, path: Path, error: Any) -> Iterator[Flaw]:
    limit, found = error.validator_value, error.instance
    zh, en = _RANGES[error.validator]
    if error.validator.endswith("Properties") and error.schema.get("x-expected"):
        yield from _bad_shape(document, path, error)
        return
    if limit == 1 and error.validator in ("minLength", "minItems", "minProperties"):
        zh, en = "不能是空的", "must not be empty"
    size = f"，这里是 {found}" if isinstance(found, int | float) else ""
    size_en = f"; found {found}" if isinstance(found, int | float) else ""
    message = Text(f"{_name(path)}{zh.format(limit)}{size}。", f"{_name_en(path)} {en.format(limit)}{size_en}.")
    yield Flaw("out-of-range", path, message, _expected(error.schema))


def _bad_shape(document: Document, path: Path, error: Any) -> Iterator[Flaw]:
    keys = "、".join(map(str, error.instance)) if isinstance(error.instance, Mapping) else str(error.instance)
    message = Text(
        f"{_name(path)}不能这样写（这里有：{keys or '空'}）。",
        f"{_name_en(path)} cannot be written like this (found: {keys.replace('、', ', ') or 'nothing'}).",
    )
    yield Flaw("bad-shape", path, message, _expected(error.schema))


def _other(document: Document, path: Path, error: Any) -> Iterator[Flaw]:
    yield from _bad_shape(document, path, error)


def _expected(schema: Mapping[str, Any]) -> Text | None:
    expected = schema.get("x-expected")
    return _to_write(expected) if expected else None


def _to_write(expected: Mapping[str, str]) -> Text:
    """What should be written; the label before it ends with a colon already."""
    return Text(f"应当写{_spaced(expected['zh'])}", f"Expected {expected['en']}")


def _spaced(text: str) -> str:
    """A text to put behind a Chinese word: with a space where it begins with a letter or a digit."""
    return f" {text}" if text[:1].isascii() else text


def _one_of(values: Iterable[object]) -> Text:
    words = [str(each) for each in values]
    return Text(f"可以写{_spaced('、'.join(words))}", f"One of {', '.join(words)}")


def _name(path: Path) -> str:
    """How a person calls the place: its key, or its number in the list."""
    if not path:
        return "文件"
    if isinstance(path[-1], int):
        return f"{path[-2] if len(path) > 1 else ''} 第 {path[-1] + 1} 项".strip() + " "
    return f"{path[-1]} "


def _name_en(path: Path) -> str:
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of {path[-2] if len(path) > 1 else 'the list'}"
    return str(path[-1])


_TYPES = {
    "string": ("文字", "text"),
    "integer": ("整数", "a whole number"),
    "number": ("数字", "a number"),
    "boolean": (" true 或 false", "true or false"),
    "array": ("列表（每项以 - 开头）", "a list (entries begin with -)"),
    "object": ("键: 值", "key: value pairs"),
    "null": ("空", "nothing"),
}


_QUOTES = (' "', '"')


def _type_of(value: object, lang: int) -> str:
    return next((words[lang] for types, words in _FOUND if isinstance(value, types)), ("空", "nothing")[lang])


_FOUND: tuple[tuple[tuple[type, ...], tuple[str, str]], ...] = (
    ((bool,), ("真假值", "a truth value")),
    ((int, float), ("数字", "the number")),
    ((str,), ("文字", "the text")),
    ((list,), ("列表", "a list")),
    ((dict,), ("键: 值", "key: value pairs")),
)


def _shown(value: object, opening: str = "“", closing: str = "”") -> str:
    if isinstance(value, bool):
        return f" {str(value).lower()}"
    if isinstance(value, int | float):
        return f" {value}"
    return f"{opening}{value[:40]}{closing}" if isinstance(value, str) else ""


_RANGES = {
    "minLength": ("至少要有 {} 个字", "needs at least {} characters"),
    "maxLength": ("最多 {} 个字", "takes at most {} characters"),
    "minItems": ("至少要有 {} 项", "needs at least {} entries"),
    "maxItems": ("最多只能有 {} 项", "takes at most {} entries"),
    "minProperties": ("至少要有 {} 个字段", "needs at least {} keys"),
    "maxProperties": ("最多只能有 {} 个字段", "takes at most {} keys"),
    "minimum": ("不能小于 {}", "must be at least {}"),
    "maximum": ("不能大于 {}", "must be at most {}"),
}

_TRANSLATIONS: Mapping[str, Callable[[Document, Path, Any], Iterator[Flaw]]] = {
    "additionalProperties": _unknown_key,
    "required": _missing_key,
    "type": _wrong_type,
    "enum": _unknown_value,
    "pattern": _malformed,
    "format": _malformed,
    **dict.fromkeys(_RANGES, _out_of_range),
}
