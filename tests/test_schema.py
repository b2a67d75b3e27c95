"""The schemas: complete for editors, one finding a mistake, the same from either validator."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.diagnostics import apply_fixes
from govflow.errors import NotFound
from govflow.language import schema
from govflow.language.schema.rules import CATALOGUE_RULES
from govflow.language.source import SOURCE_RULES, read
from govflow.law.clocks import Limit
from govflow.law.notices import CalendarDataError, overlay_from
from govflow.rules import RULE_BY_REF

GOLDEN = Path(__file__).parent / "golden" / "loader"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(GOLDEN.rglob("*.yaml"))}
ITEM = TEXTS["food-permit.yaml"]
SOUND = {path.name: read(TEXTS[path.name], path.name) for path in (GOLDEN / "sound").rglob("*.yaml")}
HEAD = """govflow: item/1
id: I07
name: x
type: 行政许可
case_type: 承诺件
level: 市级
department: D01
flow: [accept]
"""


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    return (each for each in _containers(node) if isinstance(each, dict))


def _containers(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        yield node
        for value in node.values() if isinstance(node, dict) else node:
            yield from _containers(value)


def _keys(data: Any) -> Iterator[str]:
    for container in _containers(data):
        if isinstance(container, dict):
            yield from container


def _check(text: str) -> list[tuple[str, str]]:
    return [(each.name, each.message.zh) for each in schema.check(read(text, "x.yaml"))]


@pytest.mark.parametrize("kind", schema.KINDS)
def test_each_schema_is_valid_and_complete_in_itself(kind: str) -> None:
    """The schema is Draft 2020-12 and every reference points into it; a copy is given, so a caller cannot spoil it."""
    whole = schema.schema(kind)
    jsonschema.Draft202012Validator.check_schema(whole)
    for part in _parts(whole):
        target = part.get("$ref")
        if isinstance(target, str):
            assert target.removeprefix("#/$defs/") in whole["$defs"], target
    whole.clear()
    assert schema.schema(kind)


@pytest.mark.parametrize("kind", schema.KINDS)
def test_an_editor_can_explain_every_key(kind: str) -> None:
    """Every key has a Chinese title, here or where it refers to; every described value has its own description."""
    whole = schema.schema(kind)
    assert whole["title"] and whole["description"] and whole["markdownDescription"]
    for part in _parts(whole):
        for key, value in part.get("properties", {}).items():
            if isinstance(value, dict) and key != "type":
                named = value if "title" in value else whole["$defs"].get(value.get("$ref", "")[8:], {})
                assert "const" in value or any("\u4e00" <= char <= "\u9fff" for char in named.get("title", "")), key
        if "enumDescriptions" in part:
            assert len(part["enumDescriptions"]) == len(part["enum"])


DATA = {"enum", "const", "default", "examples", "body", "pattern", "patternProperties"}
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def _said(node: Any) -> Iterator[str]:
    """What a schema says to people; words to be written as they stand, and what is quoted, is left out."""
    if isinstance(node, str):
        yield re.sub('"[^"]*"', "", node)
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if key not in DATA:
            yield from _said(value)


@pytest.mark.parametrize("kind", schema.KINDS)
def test_a_schema_speaks_one_language(kind: str) -> None:
    """The English schema holds no Chinese but data, and says as much as the Chinese one, which holds no English twin."""
    english, chinese = schema.schema(kind, "en"), schema.schema(kind)
    assert not [text for text in _said(english) if CHINESE.search(text)]
    assert not [key for one in (english, chinese) for key in _keys(one) if key.startswith("x-") and key.endswith("-en")]
    titles = [sorted(key for key in _keys(one) if key in ("title", "description")) for one in (english, chinese)]
    assert titles[0] == titles[1]
    plain = [json.dumps(_without_words(one), ensure_ascii=False, sort_keys=True) for one in (english, chinese)]
    assert plain[0] == plain[1]


def _without_words(node: Any) -> Any:
    words = ("title", "description", "markdownDescription", "enumDescriptions", "label", "x-expected")
    if isinstance(node, dict):
        return {
            key: _without_words(value) for key, value in node.items() if key not in words or isinstance(value, dict)
        }
    return [_without_words(value) for value in node] if isinstance(node, list) else node


def test_an_unknown_kind_is_not_found() -> None:
    """Asking for a schema that does not exist says which exist."""
    with pytest.raises(NotFound, match="scenarios"):
        schema.schema("itme")


def test_codes_and_names_are_unique() -> None:
    """No finding of form shares a code or a name with another or with the findings of reading."""
    rules = [*schema.SCHEMA_RULES, *SOURCE_RULES]
    assert len({code for code, *_ in rules}) == len({name for _, name, *_ in rules}) == len(rules)


def test_both_validators_find_the_same() -> None:
    """Whether jsonschema-rs is asked first or not, every file of the golden folder gives the same findings."""
    for name, text in TEXTS.items():
        document = read(text, name)
        assert schema.findings(document, fast=True) == schema.findings(document, fast=False)


@settings(max_examples=200)
@given(st.data())
def test_both_validators_agree_on_changed_documents(data: st.DataObject) -> None:
    """The same holds after values are swapped, dropped or replaced by values of any type."""
    document = data.draw(st.sampled_from(list(SOUND.values())))
    changed = copy.deepcopy(document.data)
    for _ in range(data.draw(st.integers(1, 3))):
        places = [place for place in _containers(changed) if place]
        if not places:
            break
        container = data.draw(st.sampled_from(places))
        key = data.draw(
            st.sampled_from(list(container) if isinstance(container, dict) else list(range(len(container))))
        )
        if data.draw(st.booleans()) and isinstance(container, dict):
            del container[key]
        else:
            container[key] = data.draw(_VALUES)
    again = read(json.dumps(changed, ensure_ascii=False), document.file)
    assert schema.findings(again, fast=True) == schema.findings(again, fast=False)


_VALUES = st.sampled_from(
    [
        "\n    null ",
        " true ",
        " false ",
        " 0 ",
        " -1 ",
        " 1.5 ",
        " 12345678901 ",
        ' "" ',
        ' "x" ',
        ' "none" ',
        ' "together" ',
        ' "10 workdays" ',
        ' "10日" ',
        '\n    "2025-02-29" ',
        ' "2024-02-29" ',
        " [] ",
        ' ["x"] ',
        " {} ",
        ' {"fact": "a", "is": 1} ',
        ' {"all": []} ',
        ' {"within": "1 workday"} ',
        '\n    {"not": {"fact": "a", "is": true}}\n    ',
    ]
).map(json.loads)


_LIMITS = """10 workdays|1 workday|0 workdays|0.5 workday|30 natural days|3 months|24 hours|1 year|2 working days
5 calendar days|5个工作日|30个自然日|3个月|半个工作日|十五个工作日|两个月|三年|二十个工作日""".replace("\n", "|").split(
    "|"
)


@pytest.mark.parametrize("text", _LIMITS)
def test_limits_that_the_clocks_read_are_well_formed(text: str) -> None:
    """What the schema lets through as a limit, the clocks can read."""
    assert not _check(f"{HEAD}limits: {{delivery: {text}}}\n")
    Limit.parse(text)


@given(
    st.sampled_from(
        ["", "0", "1", "0.5", "1.25", "99", "999", "9999", "半", "一", "十", "十二", "二十一", "二二", "-1", "1e3"]
    ),
    st.sampled_from(["", " ", "个", " 个 "]),
    st.sampled_from(
        ["日", "天", "工作日", "自然日", "月", "年", "小时", "工作小时", "day", "days", "workdays", "work days"]
    )
    | st.sampled_from(
        ["natural days", "natural_days", "months", "years", "hours", "working days", "Workdays", "weeks"]
    ),
)
def test_no_limit_passes_that_the_clocks_refuse(number: str, between: str, unit: str) -> None:
    """The pattern of the schema never accepts a text at which Limit.parse would raise."""
    text = f"{number}{between}{unit}"
    found = _check(f'{HEAD}limits: {{delivery: "{text}"}}\n')
    if not found:
        Limit.parse(text)
    else:
        assert [name for name, _ in found] in (
            [],
            ["bad-limit"],
            ["limit-unit-unclear"],
            ["limit-number-wrong"],
            ["out-of-range"],
        )


@pytest.mark.parametrize(
    "key",
    sorted({key for key in _keys(SOUND["food-permit.yaml"].data) if len(key) > 3 and key not in ("govflow", "zh-CN")}),
)
def test_a_misspelt_key_is_one_finding_with_the_right_word(key: str) -> None:
    """Swapping two letters of any key gives exactly one finding a place, which suggests the key that was meant."""
    wrong = key[:-2] + key[-1] + key[-2] if key[-1] != key[-2] else key[:-1]
    text = re.sub(rf"(?<![a-z_]){key}:", f"{wrong}:", ITEM)
    found = schema.check(read(text, "x.yaml"))
    assert found and {each.name for each in found} == {"unknown-key"}
    for each in found:
        assert each.help is not None and key in each.help.zh
        assert text.splitlines()[each.span.line - 1][each.span.column - 1 :].startswith(wrong)
    mended, _ = apply_fixes(text, found, unsafe=True)
    assert mended == ITEM


def test_a_number_where_text_belongs_is_mended_with_quotes() -> None:
    """The safe fix puts quotes around what the author wrote, digit for digit."""
    text = f"{HEAD}version: 1.10\nregion: 421300\n"
    mended, applied = apply_fixes(text, schema.check(read(text, "x.yaml")))
    assert [each.name for each in applied] == ["wrong-type", "wrong-type"]
    assert mended.endswith('version: "1.10"\nregion: "421300"\n')
    assert not _check(mended)


def test_all_missing_keys_of_a_mapping_are_one_finding() -> None:
    """A file with nothing in it gets one finding that lists what is missing."""
    (found,) = _check("govflow: variant/1\n")
    assert found == ("missing-key", "缺少 of（标准事项）、region（行政区划代码）。")


def test_what_a_rule_forbids_carries_the_code_of_the_rule() -> None:
    """A theme without a lead and an item without a department are found under the rules that say so; names agree."""
    theme = "govflow: theme/1\nid: T1\nname: x\naudience: person\nitems: [{item: I07}]\n"
    assert [name for name, _ in _check(theme)] == ["lead-missing"]
    assert [name for name, _ in _check(HEAD.replace("department: D01\n", ""))] == ["subject-missing"]
    for code, name, severity in CATALOGUE_RULES:
        assert (RULE_BY_REF[code].name, RULE_BY_REF[code].severity) == (name, severity)


def test_a_bare_day_asks_which_days_are_meant() -> None:
    """10日 and 五天 are told apart from other malformed limits."""
    for text in ("10日", "五天", "3 days"):
        ((name, message),) = _check(f"{HEAD}limits: {{delivery: {text}}}\n")
        assert name == "limit-unit-unclear" and "歧义" in message


@pytest.mark.parametrize(
    ("written", "mended"),
    [("10 Workdays", "10 workdays"), ("十个工作天", "十个工作日"), ("3wd", "3 workdays"), ("30日历天", "30自然日")],
)
def test_a_unit_with_another_name_is_mended(written: str, mended: str) -> None:
    """A unit that can only mean one thing is put into the words of the language; the fix is safe."""
    text = f"{HEAD}limits: {{delivery: {written}}}\n"
    found = schema.check(read(text, "x.yaml"))
    assert [each.fixable for each in found] == [True]
    assert apply_fixes(text, found)[0] == text.replace(written, mended)


def test_a_broken_document_is_not_explained_twice() -> None:
    """What could not be read to its end gives no finding of form."""
    assert not _check("govflow: item/1\nflow: [")
    assert not _check("name: x\n")


CALENDAR: dict[str, Any] = {"govflow": "calendar/1", "region": "cn", "year": 2027, "source": "示例"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"provisional": True, "name": "预计安排"},
        {"holidays": [{"name": "元旦", "name_en": "New Year", "date": "2027-01-01"}]},
        {
            "holidays": [
                {"name": "元旦", "from": "2027-01-01"},
                {"name": "春节", "from": "2027-02-05", "to": "2027-02-12"},
            ]
        },
        {
            "workdays": [
                "2027-02-14",
                {"date": "2027-02-20", "name": "春节调休", "name_en": "make-up"},
                {"date": "2027-02-21"},
            ]
        },
        {"business_hours": [["00:00", "23:59"]]},
        {"region": "450000"},
        {"region": "cn-45"},
        {"region": "c"},
        {"year": 1948},
        {"year": "2027"},
        {"provisional": "yes"},
        {"holidays": [{"name": "元旦"}]},
        {"holidays": [{"date": "2027-01-01"}]},
        {"holidays": ["2027-01-01"]},
        {"workdays": [{"name": "春节调休"}]},
        {"workdays": ["2027-02-30"]},
        {"business_hours": [["09:00", "24:00"]]},
        {"business_hours": [["09:00"]]},
        {"source": " "},
    ],
)
def test_a_calendar_file_may_say_what_the_calendar_takes(more: dict[str, Any]) -> None:
    """The schema lets pass exactly the notices that can be laid over a calendar."""
    data = {**CALENDAR, **more}
    found = schema.check(read(json.dumps(data, ensure_ascii=False), "calendar.yaml"))
    try:
        overlay_from(data)
    except CalendarDataError:
        assert found
    else:
        assert not found, found
