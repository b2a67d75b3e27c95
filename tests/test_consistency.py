"""What compiling or applying would refuse is a finding first: orders, ranges, ids, keys without effect, lengths."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import govflow
from govflow.catalog import load_texts
from govflow.diagnostics import Severity
from govflow.rules import RULES
from tests.rule_base import loaded_from, texts_of

CORE = [rule.code for rule in RULES if rule.severity is Severity.ERROR]
DECIDE = "{decide: {role: head, refuse: {remedies: [行政复议]}}}"


def errors(example: str, scope: str = "item") -> list[str]:
    """The errors that `govflow validate` finds in the base with this example laid over it."""
    found = loaded_from(texts_of(example, scope), CORE).diagnostics
    return [each.code for each in found if each.severity is Severity.ERROR]


def _flow(*steps: str) -> str:
    return f"flow: [accept, {', '.join(steps)}, {DECIDE}, deliver]"


@pytest.mark.parametrize(
    ("scope", "example", "code"),
    [
        ("item", _flow("{review: {id: a-b}}", "{visit: {id: a_b}}"), "GF-L12"),
        ("item", _flow("{visit: {id: a, procedure: p}}", "{review: {id: a_notice}}")
                 + "\nspecial_procedures: [{id: p, kind: 现场核查, limit: 5 workdays}]", "GF-L12"),
        ("item", _flow("{review: {id: post_check}}"), "GF-L12"),
        ("item", _flow(f"{{review: {{name: {'核' * 101}}}}}"), "GF-L08"),
        ("item", _flow(f"{{review: {{name: {{zh-CN: 核, en: {'x' * 101}}}}}}}"), "GF-L08"),
        ("item", f"name: {'名' * 101}", "GF-L08"),
        ("item", _flow(f"{{review: {{id: {'a' * 41}}}}}"), "GF-L08"),
        ("item", _flow("{visit: {silence: no_objection, within: 2 workdays}}"), "GF-L21"),
        ("item", _flow("{consult: {silence: no_objection}}"), "GF-L21"),
        ("item", _flow("{consult: {procedure: p}}")
                 + "\nspecial_procedures: [{id: p, kind: 听证, limit: 5 workdays}]", "GF-L21"),
        ("item", _flow("{review: {refuse: {remedies: [行政复议]}}}"), "GF-L21"),
        ("item", f"flow: [accept, review, {DECIDE}, {{decide: {{id: again, refuse: {{remedies: [行政诉讼]}}}}}}, deliver]",
         "GF-F09"),
        ("item", "case_type: 即办件\nlimits: {promised: {within: 0 workdays}}\nflow: [accept, deliver]", "GF-F04"),
        ("item", "questions: [{id: a, ask: 面积, type: number, minimum: 5, maximum: 1}]", "GF-L20"),
        ("item", "questions: [{id: a, ask: 面积, type: number, maximum: 1, default: 2}]", "GF-L13"),
        ("item", "questions: [{id: a, ask: 面积, type: number, default: 大}]", "GF-L13"),
        ("item", "questions: [{id: a, ask: 种类, type: choice, options: {x: 甲, y: 甲}}]", "GF-L12"),
        ("item", "questions: [{id: a, ask: 是否, type: boolean, maximum: 3}]", "GF-L21"),
        ("item", "questions: [{id: a, ask: 是否, type: boolean, options: {x: 甲}}]", "GF-L21"),
        ("item", "valid_from: 2025-06-01\nvalid_to: 2025-01-01", "GF-L20"),
        ("item", "limits: {correction: {within: 0 workdays}}", "GF-L08"),
        ("item", _flow("{review: {within: 0 workdays}}"), "GF-L08"),
        ("item", "limits: {promised: {within: 10 workdays, warning: 12 workdays}}", "GF-L08"),
        ("item", "limits: {promised: {within: 10 workdays}, warning: 12 workdays}", "GF-L08"),
        ("theme", "limits: {promised: {within: 10 workdays, warning: 12 workdays}}", "GF-L08"),
        ("item", "results: [{id: r, name: 许可证, kind: 证照, valid_for: abc}]", "GF-L07"),
        ("item", "results: [{id: r, name: 许可证, kind: 证照, valid_for: 0年}]", "GF-L07"),
        ("item", "special_procedures: [{id: p, kind: 听证, limit: 0 workdays}]", "GF-L08"),
        ("material", "materials:\n  M04: {file_rule: {max_size: 很大}}", "GF-L07"),
        ("material", "materials:\n  M04: {file_rule: {min_pixels: 大}}", "GF-L07"),
        ("theme", "items: [{item: I01, after: [I02]}, {item: I02, after: [I01]}, {item: I03}]", "GF-H03"),
        ("theme", "stages: [{id: a, name: 一, lead: D01, items: [I01, I02]}, {id: b, name: 二, lead: D01, items: [I03, I02]}]",
         "GF-H15"),
        ("theme", "stages: [{id: a, name: 一, lead: D01, items: [I02]}, {id: b, name: 二, lead: D01, items: [I01, I03]}]",
         "GF-H15"),
        ("theme", "stages: [{id: a-b, name: 一, lead: D01, items: [I01]}, {id: a_b, name: 二, lead: D01, items: [I02, I03]}]",
         "GF-L12"),
    ],
)  # fmt: skip
def test_what_could_not_run_is_found(scope: str, example: str, code: str) -> None:
    """The mistake is found under the code that is meant for it."""
    assert code in errors(example, scope)


CALENDAR = (
    "govflow: calendar/1\nname: 安排\nregion: cn\nyear: 2027\nsource: 通知\nholidays: [{name: 节, from: %s, to: %s}]\n"
)


def test_a_calendar_that_would_be_refused_is_found() -> None:
    """A holiday that ends before it begins, or is listed in another year, is found where it is written."""
    for days, line in ((("2027-01-03", "2027-01-01"), 6), (("2030-01-01", "2030-01-02"), 6)):
        (found,) = load_texts({"c.yaml": CALENDAR % days}).diagnostics
        assert (found.code, found.span.line) == ("GF-L13", line)
    assert load_texts({"c.yaml": CALENDAR % ("2027-01-01", "2027-01-03")}).ok


IDS = st.sampled_from(
    ["commit", "together_1", "a", "a-b", "a_b", "A_b", "a_notice", "notice", "post_check", "review", "decided", "start"]
)
KINDS = st.sampled_from(["review", "visit", "hearing", "consult", "test", "expert_review"])


ASKED = ", when: {fact: q, is: true}"


@given(st.lists(st.tuples(KINDS, IDS, st.booleans(), st.booleans()), min_size=1, max_size=4), st.booleans())
@settings(max_examples=90)
def test_whatever_is_sound_compiles(steps: list[tuple[str, str, bool, bool]], apart: bool) -> None:
    """A flow without an error of form becomes a process: its ids stay apart in the diagram."""
    written = [
        f"{{{kind}: {{id: {id}{', procedure: p' if stops else ''}{ASKED if asked else ''}}}}}"
        for kind, id, stops, asked in steps
    ]
    if apart:
        written.append("{together: [[{review: {id: x1}}], [{visit: {id: x2}}]]}")
    example = (
        f"{_flow(*written)}\nspecial_procedures: [{{id: p, kind: 听证, limit: 5 workdays}}]\n"
        "questions: [{id: q, ask: 问, type: boolean}]\n"
        "commitment: {text: 承诺, consequence: 撤销, when: {fact: q, is: true}}"
    )
    loaded = loaded_from(texts_of(example, "item"), ())
    if all(each.severity is not Severity.ERROR for each in loaded.diagnostics):
        assert govflow.to_bpmn("I01", loaded.catalog)


def test_items_of_a_theme_whose_codes_would_meet_are_found() -> None:
    """Step a_b of I01 and step b of I01_a would have one name in the process; the compiler is not the first to say so."""
    texts = {name: text.replace("I02", "I01_a") for name, text in texts_of("", "theme").items()}
    loaded = load_texts(texts, rules=())
    assert "GF-L12" in [each.code for each in loaded.diagnostics]
    assert "GF-L12" not in [each.code for each in load_texts(texts_of("", "theme"), rules=()).diagnostics]


def test_a_default_out_of_bounds_is_told_with_its_bounds() -> None:
    """What would be refused when it is typed is refused as a default, and the reason is the bound."""
    questions = "questions: [{id: a, ask: 面积, type: number, minimum: 10, maximum: 50, default: 5}]"
    found = loaded_from(texts_of(questions, "item"), CORE).diagnostics
    (finding,) = (each for each in found if each.code == "GF-L13")
    assert finding.message.zh.endswith("不小于 10，不大于 50。") and finding.message.en.endswith(
        "at least 10, at most 50."
    )
