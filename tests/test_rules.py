"""The rules: every example in their documentation, the registry, positions, the example city."""

from __future__ import annotations

import pytest

from govflow.rules import PROFILES, RULE_BY_REF, RULES, SCOPES, Rule, check_catalog, in_profile
from tests.rule_base import catalog_of

RULE = pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
PREVIOUS = catalog_of()[0]


def found(example: str, rule: Rule) -> list[str]:
    """The codes of the findings of a rule's scope on the base with this example laid over it."""
    catalog, documents = catalog_of(example, rule.scope)
    codes = [each.code for each in RULES if each.scope == rule.scope]
    previous = PREVIOUS if "上一版" in rule.text.what.zh else None
    return [each.code for each in check_catalog(catalog, documents, codes=codes, previous=previous)]


def test_base_is_clean() -> None:
    """The catalogue that examples are laid over has no finding of any rule."""
    catalog, documents = catalog_of()
    assert [(each.code, str(each.span), each.message.zh) for each in check_catalog(catalog, documents)] == []


@RULE
def test_bad_example(rule: Rule) -> None:
    """The bad example gives exactly this rule's finding among the rules of its scope."""
    assert found(rule.text.bad, rule) == [rule.code]


@RULE
def test_good_example(rule: Rule) -> None:
    """The good example gives none."""
    assert found(rule.text.good, rule) == []
