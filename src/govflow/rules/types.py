"""What a rule is, what it finds, and how its docstring is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from govflow.diagnostics import Severity
from govflow.language.model import Department, Item, Material, Theme
from govflow.text import Text

Scope = Literal["form", "item", "record", "material", "theme", "catalog", "versions", "levels"]
Profile = Literal["core", "recommended", "strict"]
Path = tuple[str | int, ...]
Key = tuple[str, str]
Subject = Item | Theme | Material | Department | None

SCOPES: tuple[Scope, ...] = get_args(Scope)
PROFILES: tuple[Profile, ...] = ("core", "recommended", "strict")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a path in the YAML of a record, and one sentence.

    `record` names the record, such as ("item", "I07"), when it is not the one that the check was called with.
    `help` says what to do about it.
    """

    path: Path
    message: Text
    record: Key | None = None
    help: Text | None = None


def finding(path: Path, zh: str, en: str, *, record: Key | None = None, help: Text | None = None) -> Finding:
    """What a check found, its sentence given in both languages; see Finding."""
    return Finding(path, Text(zh, en), record, help)


Check = Callable[..., Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class RuleText:
    """The documentation of a rule, read from the docstring of its check."""

    title: Text
    what: Text
    why: Text
    source: str
    bad: str
    good: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable code, a readable name, and a check that generates findings.

    What the check is called with follows from `scope`: nothing for `form`, whose fault shows when the form and the
    references of a file are checked (govflow.language.schema, govflow.catalog), so that the check is its text only;
    (context, item), (context, material), (context, theme);
    (context, key, subject) for every record, whatever it is (subject None where nothing is built of it); (context) for
    the whole catalogue, of which it sees the items' summaries; (context, new item, old item's summary) for versions; (context,
    lower item, upper item) for levels.
    """

    code: str
    name: str
    severity: Severity
    profile: Profile
    scope: Scope
    check: Check

    @property
    def text(self) -> RuleText:
        """Title, what, why, source and examples."""
        return rule_text(self.check)


@cache
def rule_text(check: Any) -> RuleText:
    """Read a check's docstring; ValueError when a part is missing.

    Paragraphs: `title zh / title en`; what (a Chinese and an English line); why (the same); `来源：`; `坏：` and `好：`
    with YAML, indented.
    """
    doc = inspect.getdoc(check) or ""
    head, _, examples = doc.partition("\n坏：\n")
    bad, _, good = examples.partition("\n好：\n")
    parts = [part.strip() for part in head.split("\n\n") if part.strip()]
    if len(parts) != 4 or not parts[3].startswith("来源：") or not bad.strip() or not good.strip():
        raise ValueError(f"the docstring of {check.__name__} needs title, what, why, 来源：, 坏： and 好：")
    return RuleText(
        title=_pair(check, parts[0], " / "),
        what=_pair(check, parts[1], "\n"),
        why=_pair(check, parts[2], "\n"),
        source=parts[3].removeprefix("来源："),
        bad=inspect.cleandoc("\n" + bad) + "\n",
        good=inspect.cleandoc("\n" + good) + "\n",
    )


def _pair(check: Any, text: str, separator: str) -> Text:
    zh, found, en = text.partition(separator)
    if not found:
        raise ValueError(f"the docstring of {check.__name__} needs Chinese and English in {text!r}")
    return Text(zh.strip(), " ".join(en.split()))
