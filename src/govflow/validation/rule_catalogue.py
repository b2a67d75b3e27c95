"""Every rule that a finding can name, whichever stage gives it, and how a user may name it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from govflow.diagnostics import SUPPRESSION_RULES, Severity, did_you_mean, nearest
from govflow.errors import InvalidInput, NotFound
from govflow.language.schema import SCHEMA_RULES
from govflow.language.source import SOURCE_RULES
from govflow.rules import PROFILES, RULES, Profile, RuleText
from govflow.text import Lang, Text
from govflow.validation.examples import EXAMPLES

_READING = "YAML 1.1; RFC 3629 (UTF-8)"
_LABELS = (("级别", "severity"), ("档次", "profile"), ("依据", "source"), ("不合格", "bad"), ("合格", "good"))
_PREFIX = re.compile(r"(?:GF-?)?(?:[A-Z][0-9]{0,2})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """One rule: of reading (GF-Y), of form (GF-L), of ignore comments (GF-S) or of standardization (all others).

    `text` is the long documentation, which only the rules of standardization have.
    """

    code: str
    name: str
    severity: Severity
    profile: Profile
    title: Text
    source: str = ""
    text: RuleText | None = None

    def as_data(self, lang: Lang) -> dict[str, str | None]:
        """The entry of `govflow rules --json`."""
        return {
            "code": self.code,
            "name": self.name,
            "severity": self.severity.word,
            "profile": self.profile,
            "title": self.title.text(lang),
            "source": self.source or None,
        }


def known_rules() -> tuple[RuleInfo, ...]:
    """All rules, by code."""
    found: dict[str, RuleInfo] = {}
    for rules, source in ((SOURCE_RULES, _READING), (SCHEMA_RULES, ""), (SUPPRESSION_RULES, "")):
        for code, name, severity, title in rules:
            found[code] = RuleInfo(code, name, severity, "core", title, source)
    for rule in RULES:
        text = rule.text
        found[rule.code] = RuleInfo(rule.code, rule.name, rule.severity, rule.profile, text.title, text.source, text)
    return tuple(found[code] for code in sorted(found))


def rule_named(ref: str) -> RuleInfo:
    """The rule with this code or name; NotFound suggests the nearest."""
    wanted = ref.strip()
    for rule in known_rules():
        if wanted.lower() in (rule.code.lower(), rule.name):
            return rule
    raise NotFound(_unknown(wanted), ref=wanted)


def rule_help(rule: RuleInfo, lang: Lang) -> str:
    """What `govflow rule` prints: what the rule finds, why, its source, a bad and a good example, how to ignore it."""
    en = lang is Lang.EN
    lines = [f"{rule.code} {rule.name}", rule.title.text(lang), ""]
    word = {zh: f"{other}: " if en else f"{zh}：" for zh, other in _LABELS}
    lines += [f"{word['级别']}{rule.severity.word}", f"{word['档次']}{rule.profile}"]
    if rule.source:
        lines.append(f"{word['依据']}{rule.source}")
    bad, good = EXAMPLES.get(rule.name, ("", ""))
    if rule.text is not None:
        lines += ["", rule.text.what.text(lang), "", rule.text.why.text(lang)]
        bad, good = rule.text.bad, rule.text.good
    for label, example in (("不合格", bad), ("合格", good)):
        if example:
            lines += ["", word[label].rstrip(), *(f"    {line}".rstrip() for line in example.splitlines())]
    if not rule.code.startswith("GF-S"):
        reason = "reason" if en else "理由"
        lines += ["", "To ignore it on one line, with a reason:" if en else "在一行上忽略它，须写理由："]
        lines += [f"    # govflow: ignore[{rule.name}] {reason}"]
    return "\n".join(lines) + "\n"


def codes_of(refs: Iterable[str]) -> frozenset[str]:
    """The codes meant by codes (GF-M01), beginnings of codes (GF-M, M, GF) and names; InvalidInput for another word."""
    rules = known_rules()
    by_name = {rule.name: rule.code for rule in rules}
    found: set[str] = set()
    for ref in refs:
        word = ref.strip()
        if word in by_name:
            found.add(by_name[word])
            continue
        start = f"GF-{word.upper().removeprefix('GF').removeprefix('-')}"
        begun = (
            {rule.code for rule in rules if rule.code.startswith(start)} if _PREFIX.fullmatch(word) and word else set()
        )
        if not begun:
            raise InvalidInput(_unknown(word), field="rule", found=word)
        found |= begun
    return frozenset(found)


def in_profiles(profile: Profile) -> frozenset[str]:
    """The codes of a profile; each profile holds the ones before it."""
    held = PROFILES[: PROFILES.index(profile) + 1]
    return frozenset(rule.code for rule in known_rules() if rule.profile in held)


def _unknown(word: str) -> Text:
    listed = Text("govflow rules 列出全部规则", "govflow rules lists them all")
    meant = did_you_mean(nearest(word, [each for rule in known_rules() for each in (rule.code, rule.name)])) or listed
    return Text(f"没有名为 {word!r} 的规则；{meant.zh}", f"there is no rule {word!r}; {meant.en}")
