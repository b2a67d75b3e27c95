"""The rules: every example in their documentation, the registry, positions, the example city."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.catalog import load
from govflow.diagnostics import Diagnostic
from govflow.language.schema.rules import CATALOGUE_RULES
from govflow.rules import PROFILES, RULE_BY_REF, RULES, SCOPES, Rule, in_profile, pages
from tests.rule_base import loaded_from, texts_of
from tests.rule_places import PLACES, place

ROOT = Path(__file__).resolve().parent.parent
RULE = pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
PREVIOUS = loaded_from(texts_of()).catalog


def check(example: str, scope: str = "catalog", codes: Iterable[str] | None = None) -> list[Diagnostic]:
    """What `govflow validate` says of the base with this example laid over it; all rules or those of these codes."""
    return list(loaded_from(texts_of(example, scope), codes).diagnostics)


def found(example: str, rule: Rule) -> list[Diagnostic]:
    """The findings of form, of reference and of all rules of a rule's scope about an example."""
    codes = [each.code for each in RULES if each.scope in (rule.scope, "form")]
    previous = PREVIOUS if "上一版" in rule.text.what.zh else None
    return list(loaded_from(texts_of(example, _scope(rule)), codes, previous).diagnostics)


def _scope(rule: Rule) -> str:
    """What an example without a name of its own is laid over."""
    return "theme" if rule.code.startswith("GF-H") else rule.scope


def test_base_is_clean() -> None:
    """The catalogue that examples are laid over has no finding of any rule."""
    assert [(each.code, str(each.span), each.message.zh) for each in check("")] == []


@RULE
def test_bad_example(rule: Rule) -> None:
    """The bad example is reported as this rule and nothing else, with its law, at the words that are wrong."""
    (only,) = found(rule.text.bad, rule)
    assert (only.code, only.name, only.severity) == (rule.code, rule.name, rule.severity)
    assert only.source == rule.text.source
    assert only.message.zh.endswith("。") and only.message.en.endswith(".")
    assert place(only.span, texts_of(rule.text.bad, _scope(rule))[only.span.file]) == PLACES[rule.code]


@RULE
def test_good_example(rule: Rule) -> None:
    """The good example gives none."""
    assert found(rule.text.good, rule) == []


def test_rules_of_form() -> None:
    """What the form of a file shows is the rules of scope `form`, and part of one rule about items."""
    of_form = {(rule.code, rule.name, rule.severity) for rule in RULES if rule.scope == "form"}
    subject = RULE_BY_REF["GF-B05"]
    assert set(CATALOGUE_RULES) == of_form | {(subject.code, subject.name, subject.severity)}
    (missing,) = check("department: ''", "item")
    assert (missing.code, missing.source) == ("GF-B05", subject.text.source)


def test_registry() -> None:
    """116 rules: 62 errors, 47 warnings, 7 hints; numbers without gap, names as the functions are called."""
    counts = [sum(rule.severity.word == word for rule in RULES) for word in ("error", "warning", "hint")]
    assert (len(RULES), counts) == (116, [62, 47, 7])
    groups = {letter: [rule.code for rule in RULES if rule.code[3] == letter] for letter in pages.GROUPS}
    assert [len(codes) for codes in groups.values()] == [10, 7, 17, 25, 10, 9, 7, 15, 10, 6]
    for letter, codes in groups.items():
        assert codes == [f"GF-{letter}{number:02}" for number in range(1, len(codes) + 1)]
    for rule in RULES:
        assert rule.name.replace("-", "_") == rule.check.__name__
        assert rule.scope in SCOPES
        assert RULE_BY_REF[rule.code] is RULE_BY_REF[rule.name] is rule


def test_profiles() -> None:
    """Core holds the errors, recommended adds the warnings, strict adds the hints."""
    severities = [{rule.severity.word for rule in in_profile(profile)} for profile in PROFILES]
    assert severities == [{"error"}, {"error", "warning"}, {"error", "warning", "hint"}]
    assert in_profile("strict") == RULES


@RULE
def test_texts(rule: Rule) -> None:
    """Every part of the documentation is there, in both languages, and messages end as sentences."""
    text = rule.text
    for part in (text.title, text.what, text.why):
        assert part.zh != part.en
        assert part.en.isascii() or "等" in part.en or "本" in part.en or "长期" in part.en
    assert text.source


def test_pages_are_up_to_date() -> None:
    """docs/rules is what `write_pages` writes, no more and no less."""
    made = pages.pages()
    found = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert found == made


def test_write_pages(tmp_path: Path) -> None:
    """Pages are written once; a second run changes nothing."""
    assert len(pages.write_pages(tmp_path)) == 2 * len(RULES) + 2
    assert pages.write_pages(tmp_path) == ()


def test_example_city() -> None:
    """The strict profile finds what was planted in the example city, and nothing else."""
    loaded = load(ROOT / "definitions", rules=[rule.code for rule in RULES])
    found = [(each.code, each.message.zh) for each in loaded.diagnostics]
    assert sorted(code for code, _ in found) == ["GF-M02", "GF-M08", *["GF-T02"] * 3, *["GF-T03"] * 2]
    said = " ".join(text for _, text in found)
    assert all(words in said for words in ("M20", "M01", "有关证明文件"))


def test_order_is_deterministic() -> None:
    """Two runs give the same findings in the same order, whatever the order of the documents."""
    texts = texts_of("".join(f"id: I{at}\nname: 相关事项\nbasis: \n---\n" for at in (11, 12)) + "id: I13\nbasis: ")
    turned = dict(reversed(texts.items()))
    assert loaded_from(texts).diagnostics == loaded_from(turned).diagnostics != ()


def test_places() -> None:
    """A finding points at the value, at the key of a long value, and at the name when the key is missing."""
    texts = texts_of(
        "id: I01\nchannels: {visits: 2}\n---\nid: I02\nbasis: \nlimits: {statutory: none}\n---\nid: I03\nflow: [accept]"
    )
    found = loaded_from(texts, ["GF-V04", "GF-B01", "GF-F04"]).diagnostics
    lines = {each.code: texts[each.span.file].splitlines()[each.span.line - 1] for each in found}
    assert lines == {"GF-V04": '  "visits": 2', "GF-B01": '"name": "食品经营许可"', "GF-F04": '"flow":'}


def test_without_previous_release() -> None:
    """Rules that compare with the last release are silent without one."""
    texts = texts_of(RULE_BY_REF["GF-M24"].text.bad, "versions")
    assert loaded_from(texts, ["GF-M24"]).diagnostics == ()
    assert len(loaded_from(texts, ["GF-M24"], PREVIOUS).diagnostics) == 1


@given(st.sampled_from([rule for rule in RULES if rule.scope != "versions"]), st.sampled_from(RULES))
@settings(max_examples=40)
def test_rules_do_not_disturb_each_other(one: Rule, other: Rule) -> None:
    """Asking for two rules gives the findings of each."""
    both = check(one.text.bad, one.scope, [one.code, other.code])
    alone = {each for rule in (one, other) for each in check(one.text.bad, one.scope, [rule.code])}
    assert set(both) == alone


def _with_variant(example: str, text: str) -> list[tuple[str, str, int]]:
    found = loaded_from({**texts_of(example), "v.yaml": f"govflow: variant/1\nof: I01\n{text}"}).diagnostics
    return [(each.code, each.span.file, each.span.line) for each in found]


def test_variants() -> None:
    """A local variant answers for what it writes itself, not for what it inherits."""
    text = "region: '421381'\nlevel: 县级\ndepartment: D03\ncode: {implementation: 11421300MBXX00019B4420150001000}\n"
    found = _with_variant("id: I01\nchannels: {complain: 0722-1234501}", text)
    assert [(code, file) for code, file, _ in found] == [("GF-V08", "I01.yaml"), ("GF-C03", "v.yaml")]


def test_limits_of_a_variant_agree_with_what_it_inherits() -> None:
    """A shorter promise makes the inherited green channel slow and the inherited steps too long: said in the variant's file."""
    text = "region: '421381'\nlimits: {promised: {within: 1 workday, from: accepted}}\n"
    assert _with_variant("", text) == [("GF-K04", "v.yaml", 2), ("GF-T12", "v.yaml", 2)]


OPTIONAL = ("code", "basis", "audience", "topics", "conditions", "materials", "limits", "results", "fees", "channels")


@given(st.sets(st.sampled_from(OPTIONAL)), st.sampled_from(("I01", "I02", "I03")))
@settings(max_examples=40)
def test_whatever_is_left_out(keys: set[str], code: str) -> None:
    """Whatever an author leaves out, the rules find something to say and never raise."""
    texts = texts_of("\n".join([f"id: {code}", *(f"{key}: " for key in sorted(keys))]))
    found = loaded_from(texts, previous=PREVIOUS).diagnostics
    assert bool(found) == bool(keys - {"audience", "topics", "fees"}) or "materials" in keys


BOOLEANS = "questions: [{id: food, ask: 经营食品, type: boolean}, {id: seal, ask: 刻章, type: boolean}]"
VISITS = "flow: [accept, {visit: {staff: 2, within: 1 workday}}, {decide: {refuse: {remedies: [行政复议]}}}, deliver]"


@pytest.mark.parametrize(
    ("statutory", "promised", "said"),
    [
        ("30 natural days", "10 workdays", "按 2004–2026 年的日历，分别跨 10–22 天与 30–40 天，同一天起算，承诺不会更晚到期。"),
        ("3 months", "60 workdays", "分别跨 81–96 天与 89–102 天，8309 个起算日中有 231 个承诺可能更晚到期：如 2026-02-14 起算，"
                                    "承诺 2026-05-20 到期，法定 2026-05-14 到期。"),
        ("20 workdays", "60 natural days", "哪一天起算承诺都更晚到期：如 "),
        ("20 years", "240 months", "单位不同：不能断定谁先到期。"),
        ("30 years", "10 workdays", "单位不同：同一天起算，承诺不会更晚到期。"),
    ],
)  # fmt: skip
def test_limits_of_other_units_say_what_the_calendars_show(statutory: str, promised: str, said: str) -> None:
    """The verdict of GF-T02 rests on known days and names them; what they do not show is not said."""
    example = (
        f"limits:\n  statutory: {{within: {statutory}, from: accepted, basis: law}}\n"
        f"  promised: {{within: {promised}, from: accepted}}"
    )
    (finding,) = check(example, "item", ["GF-T02"])
    assert said in finding.message.zh


@pytest.mark.parametrize(
    ("code", "scope", "limits", "said"),
    [
        ("GF-T09", "item", "statutory: {within: 30 natural days}, promised: {within: 5 workdays}", "30个自然日 可能超过 20个工作日"),
        ("GF-T09", "item", "statutory: {within: 3 months}, promised: {within: 5 workdays}", "3个月 超过 20个工作日"),
        ("GF-T16", "item", "correction_notice: 7 natural days", "7个自然日 可能超过 5个工作日"),
        ("GF-T10", "theme", "promised: {within: 70 natural days}", "70个自然日 可能超过联合办理的上限 45个工作日"),
    ],
)  # fmt: skip
def test_a_cap_in_another_unit_may_be_exceeded(code: str, scope: str, limits: str, said: str) -> None:
    """What ends later from some start dates only may exceed the cap; from all of them it exceeds it."""
    (finding,) = check(f"limits: {{{limits}}}", scope, [code])
    assert said in finding.message.zh


@pytest.mark.parametrize(
    ("scope", "example", "expected"),
    [
        ("item", "limits: {promised: {within: 10 workdays, from: accepted}}\ngreen_channel: none", ["GF-T03"]),
        ("item", "special_procedures: [{id: a, kind: 盖章, limit: 1 workday}]", ["GF-T14"]),
        ("item", "special_procedures: [{id: a, kind: 听证, limit: 1 workday}]", ["GF-T13"]),
        ("item", "channels: {consult: '12345'}", []),
        ("item", "channels: {consult: 0722-1234501、0722-1234503}", []),
        ("item", "channels: {hours: 周一至周五}", ["GF-V08"]),
        ("item", "channels: {online_depth: III, post: false}\nmaterials: [{use: M01}, {use: M04, originals: 1}]", ["GF-V03"]),
        ("item", "code: {basic: 42015005n000}", ["GF-C01"]),
        ("item", "basis: [{id: law, law: 国办发〔2019〕11号, text: 略}]", ["GF-B03"]),
        ("item", "basis: [{id: law, law: 企业登记办法, article: 第一条}]", []),
        ("item", "flow: [deliver, accept, review, {decide: {refuse: {remedies: [行政复议]}}}]", ["GF-F09"]),
        ("item", "commitment: {text: a, consequence: b, post_check: 9 workdays, replaces: [M04]}\nname: 烟花经营许可", ["GF-K01"]),
        ("item", "case_type: 即办件\nlimits: {promised: {within: 1 workday}}\ngreen_channel: none", ["GF-T07"]),
        ("item", "case_type: 即办件\nlimits: {promised: {within: 0.5 workday}}\ngreen_channel: none", ["GF-T07"]),
        ("item", "case_type: 即办件\nlimits: {promised: {within: 0 workdays}}\ngreen_channel: none", []),
        ("item", "limits: {statutory: {within: 10 workdays, basis: law}}\n"
                 "basis: [{id: law, law: 某条例, article: 第九条, kind: 法律, text: 自受理之日起十日内决定}]", []),
        ("item", "limits: {statutory: {within: 10 workdays, basis: law}}\n"
                 "basis: [{id: law, law: 某条例, article: 第九条, kind: 法律, text: 自收到申请之日起十日内决定}]", ["GF-T17"]),
        ("item", "code: {implementation: 11421300MBXX00019B7420150001000}", ["GF-C02"]),
        ("item", "green_channel: {within: 3 natural days}", []),
        ("item", "green_channel: {within: 30 natural days}", ["GF-K04"]),
        ("material", "materials:\n  M02: {result_of: }", []),
        ("theme", "materials:\n  M02: {result_of: , name: 营业执照副本, elicence: 营业执照电子证照}", ["GF-M06"]),
        ("theme", "items: [{item: I02}, {item: I03, after: [I02]}, {item: I01, after: [I02, I03]}]", ["GF-M07", "GF-M07", "GF-H10"]),
        ("theme", f"{BOOLEANS}\naudience: person\nitems: [{{item: I01}}, {{item: I03, after: [I01], when: {{fact: food, is: true}}}}]",
         ["GF-H02"]),
        ("theme", "questions: [{id: kind, ask: 种类, type: choice, options: {a: 甲, b: 乙, c: 丙}}]\naudience: person\n"
                  "items: [{item: I01}, {item: I03, after: [I01], when: {fact: kind, is: c}}]", []),
        ("theme", f"{BOOLEANS}\nitems: [{{item: I01, when: {{fact: food, is: true}}}}, "
                  "{item: I02, after: [I01], when: {fact: food, is: true}}, "
                  "{item: I03, after: [I01], when: {all: [{fact: food, is: true}, {fact: seal, is: true}]}}]", ["GF-H09"]),
        ("theme", f"joint: {{visits: [{{id: v, items: [I02, I03]}}]}}\n---\nid: I02\n{VISITS}\n---\nid: I03\n{VISITS}", []),
        ("theme", f"items: [{{item: I01}}, {{item: I02, after: [I01]}}, {{item: I03, after: [I01, I02]}}]\n"
                  f"limits: {{promised: {{within: 15 workdays}}}}\n---\nid: I02\n{VISITS}\n---\nid: I03\n{VISITS}",
         ["GF-H10"]),
        ("record", "materials:\n  M04: {basis: 《公司登记管理条例》第二十条}", ["GF-B04"]),
        ("record", "departments:\n  D02: {region: '990000'}", ["GF-C10"]),
        ("record", "id: I01\nfaq: [{q: 谁办, a: 示例身份证号 11010519491231002X}]", []),
        ("record", "id: I01\nfaq: [{q: 谁办, a: 示例身份证号 110105194912310021。}]", ["GF-C10"]),
        ("record", "id: I01\nlimits: {delivery: 10天, correction_notice: 五日}", ["GF-T06"] * 2),
        ("levels", "conditions: [有符合规定的名称和住所, 在本县有住所]", ["GF-X04"]),
        ("levels", "basis: \nlimits: {statutory: {within: 10 workdays}}", ["GF-X10"]),
        ("record", "id: I01\nregion: '990000'", ["GF-C10"]),
        ("catalog", "id: I91\nname: 公司注销登记\ncode: {basic: '420150001000', "
                    "implementation: 11421300MBXX00019B3420150001000}", ["GF-C06"]),
        ("catalog", "id: I91\nname: 公司注销登记\ndepartment: D02\ncode: {basic: '420150001000'}", ["GF-C07"]),
        ("theme", "limits: {promised: {within: 8 natural days}}", []),
        ("levels", "materials: none", ["GF-X06"]),
    ],
)  # fmt: skip
def test_edges(scope: str, example: str, expected: list[str]) -> None:
    """Where a rule ends and the next begins."""
    codes = [rule.code for rule in RULES if rule.scope == scope]
    assert [each.code for each in check(example, scope, codes)] == expected
