"""The analyst's commands: validate, rule, rules, schema and new, as a person and a program see them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow import validation
from govflow.cli import authoring, main
from govflow.language import schema
from govflow.rules import RULES
from govflow.validation.examples import EXAMPLES

GOLDEN = Path(__file__).parent / "golden" / "cli"
FOOD = "definitions/items/food-business-permit.yaml"
SECONDS = re.compile(r"\d+\.\d\d( s|\s?秒)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call printed and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command line in a temporary folder, in Chinese."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOVFLOW_LANG", "zh")
    monkeypatch.delenv("GOVFLOW_DEFINITIONS", raising=False)

    def call(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["govflow", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return call


@pytest.fixture
def example(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The example folder, entered."""
    assert run("new", "example", "--example").code == 0
    monkeypatch.chdir(tmp_path / "example")
    return tmp_path / "example"


@pytest.fixture
def sound(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A first catalogue without mistakes, entered."""
    assert run("init", "catalogue").code == 0
    monkeypatch.chdir(tmp_path / "catalogue")
    return tmp_path / "catalogue"


def _expected(name: str, actual: str) -> None:
    """Compare with a golden file; GOVFLOW_UPDATE_GOLDEN=1 writes it instead."""
    path = GOLDEN / name
    actual = SECONDS.sub(r"0.00\1", actual)
    if os.environ.get("GOVFLOW_UPDATE_GOLDEN"):
        path.write_text(actual, "utf-8")
    assert actual == path.read_text("utf-8")


def _codes(outcome: Outcome) -> list[str]:
    return [each["code"] for each in json.loads(outcome.out)["findings"]]


# ---- the first minutes


@pytest.mark.parametrize("format_", ["full", "concise", "json", "sarif", "github", "junit"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_example_has_its_two_mistakes_in_every_format(run: Run, example: Path, format_: str, lang: str) -> None:
    """Both planted mistakes and no others are found, and shown as the golden files show them."""
    outcome = run("validate", "--format", format_, "--lang", lang)
    assert outcome.code == 1
    text = re.sub(r' time="[^"]*"', "", outcome.out)
    _expected(f"example.{lang}.{format_}", text)


def test_the_first_minutes_end_with_a_tick(run: Run, example: Path) -> None:
    """--fix mends the one mistake that is safe to mend; the other is mended by hand; then all is well."""
    fixed = run("validate", "--fix", "--format", "json")
    assert (fixed.code, _codes(fixed)) == (1, ["GF-M01"])
    assert "已改正 1 处" in fixed.err
    assert "  visits: 0\n" in (example / FOOD).read_text("utf-8")
    materials = example / "definitions/materials.yaml"
    materials.write_text(materials.read_text("utf-8").replace("法律法规规定的其他材料", "规章制度目录清单"), "utf-8")
    clean = run("validate")
    assert clean.code == 0
    assert clean.out.startswith("✓ 检查了 7 个文件，没有发现问题")


def test_the_example_gives_guide_process_and_numbers(run: Run, sound: Path) -> None:
    """What the example is for: a sound definition gives every product."""
    assert "# 开办餐饮店一件事" in run("guide", "open-restaurant").out
    assert "受理清单" in (checklist := run("guide", "open-restaurant", "--checklist").out) and "☐" in checklist
    assert run("guide", "open-restaurant", "--checklist", "-o", "list.html").code == 0
    assert "受理清单" in Path("list.html").read_text("utf-8")
    assert "<bpmn:definitions" in run("compile", "open-restaurant").out
    assert "13 → 8" in run("stats").out


def test_other_commands_count_the_same_faults(run: Run, example: Path) -> None:
    """A fault stops the other commands as it stops validate; an ignore comment or the settings let both go on."""
    food, materials = example / FOOD, example / "definitions/materials.yaml"
    food.write_text(food.read_text("utf-8").replace("visits：0", "visits: 0"), "utf-8")
    refused = run("compile", "open-restaurant")
    assert (refused.code, refused.out) == (1, "")
    assert "definitions/materials.yaml:137:19: error GF-M01" in refused.err
    (example / "govflow.toml").write_text('ignore = ["GF-M01"]\n', "utf-8")
    assert run("compile", "open-restaurant").code == run("validate").code == 0
    (example / "govflow.toml").unlink()
    line = "    name: {zh-CN: 法律法规规定的其他材料, en: other materials}"
    text = materials.read_text("utf-8").replace(line, f"{line}  # govflow: ignore[GF-M01] 目录另行公布")
    materials.write_text(text, "utf-8")
    assert run("compile", "open-restaurant").code == run("validate").code == 0


# ---- exit codes and streams


@pytest.mark.parametrize(
    "words",
    [
        ("validate", "nowhere"),
        ("validate", "--select", "no-such-rule"),
        ("validate", "--ignore", "GF-Z"),
        ("validate", "--format", "pdf"),
        ("validate", "--fail-on", "worry"),
        ("validate", "--baseline", "nowhere.json"),
        ("validate", "--output", "no/such/folder/out.txt"),
        ("new", "thing", "name"),
        ("new", "name"),
        ("frobnicate",),
    ],
)
def test_usage_faults_end_with_two(run: Run, example: Path, words: tuple[str, ...]) -> None:
    """A wrong call is refused with exit code 2 and one plain sentence, nothing on standard output."""
    outcome = run(*words)
    assert outcome.code == 2
    assert outcome.err.strip()
    assert "Traceback" not in outcome.err
    if "--output" not in words:
        assert outcome.out == ""


def test_without_definitions_the_way_on_is_named(run: Run) -> None:
    """In an empty folder the message says what to do next."""
    outcome = run("validate")
    assert outcome.code == 2
    assert "govflow new" in outcome.err


def test_an_empty_folder_is_not_called_checked(run: Run, tmp_path: Path) -> None:
    """A folder without definitions is likely the wrong folder, and this is said."""
    (tmp_path / "empty").mkdir()
    done = run("validate", "empty")
    assert (done.code, done.out) == (2, "") and "什么也没有检查" in done.err
    done = run("validate", "empty", "--format", "json")
    assert (done.code, json.loads(done.out)["files"]) == (2, 0)


def test_the_whole_of_a_first_catalogue_can_be_named(run: Run, sound: Path) -> None:
    """The example application beside the definitions is a file of the project, though no definition."""
    assert run("validate", ".").code == 0
    application = sound / "examples/open-restaurant/application.yaml"
    application.write_text(application.read_text("utf-8").replace("application/1", "application/2", 1), "utf-8")
    assert "GF-L10" in run("validate", ".", "--format", "concise").out


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("hint", 1)])
def test_fail_on_decides_the_exit_code(run: Run, sound: Path, level: str, code: int) -> None:
    """A warning ends with 1 only when --fail-on says so."""
    materials = sound / "definitions/materials.yaml"
    materials.write_text(materials.read_text("utf-8").replace("公司章程, en", "相关证明材料, en"), "utf-8")
    outcome = run("validate", "--format", "json", "--fail-on", level)
    assert {each["severity"] for each in json.loads(outcome.out)["findings"]} == {"warning"}
    assert outcome.code == code


def test_machine_formats_stand_alone_on_standard_output(run: Run, example: Path) -> None:
    """json, sarif and junit can be parsed as printed; --output writes the same to a file."""
    assert json.loads(run("validate", "--format", "json").out)["files"] == 7
    assert json.loads(run("validate", "--format", "sarif").out)["version"] == "2.1.0"
    assert ElementTree.fromstring(run("validate", "--format", "junit").out).get("failures") == "2"
    outcome = run("validate", "--format", "json", "-o", "found.json")
    assert outcome.out == ""
    assert json.loads(Path("found.json").read_text("utf-8"))["version"] == 1


# ---- choosing rules


@pytest.mark.parametrize("word", ["GF-M01", "gf-m01", "catch-all-material", "GF-M", "M", "m01", "GF-M01,GF-T"])
def test_select_takes_codes_beginnings_and_names(run: Run, example: Path, word: str) -> None:
    """Every way to name the rule finds it, and nothing but what was selected is shown."""
    assert _codes(run("validate", "--format", "json", "--select", word)) == ["GF-M01"]


def test_ignore_takes_out_and_select_replaces_the_profile(run: Run, sound: Path) -> None:
    """--ignore takes rules out; --select reaches rules that the profile leaves out."""
    (sound / FOOD).write_text((sound / FOOD).read_text("utf-8").replace("visits: 0", "visits：0"), "utf-8")
    assert run("validate", "--ignore", "full-width-punctuation", "--no-cache").code == 0
    strict = [rule.code for rule in RULES if rule.profile == "strict"]
    for code in strict:
        assert run("validate", "--select", code, "--format", "json").code in (0, 1)


def test_an_unreadable_file_is_reported_whatever_is_selected(run: Run, sound: Path) -> None:
    """A file that cannot be read to its end cannot be called clean by selecting other rules."""
    (sound / "definitions/broken.yaml").write_text("govflow: item/1\nid: [", "utf-8")
    assert _codes(run("validate", "--format", "json", "--select", "GF-M")) == ["GF-Y01"]


def test_unknown_rule_suggests_the_nearest(run: Run, example: Path) -> None:
    """A slip in a rule's name is answered with the names near it."""
    assert "catch-all-material" in run("validate", "--select", "catch-al-material").err


# ---- the last release


def test_previous_makes_the_rules_of_two_releases_speak(run: Run, sound: Path, tmp_path: Path) -> None:
    """A renamed material, one more material and one more step are found against the last release, and only then."""
    shutil.copytree(sound / "definitions", tmp_path / "released")
    assert _codes(run("validate", "--previous", "../released", "--format", "json")) == []
    food, materials = sound / FOOD, sound / "definitions/materials.yaml"
    materials.write_text(
        materials.read_text("utf-8").replace("保证食品安全的规章制度目录清单", "食品安全管理制度文本"), "utf-8"
    )
    text = food.read_text("utf-8").replace("\nmaterials:\n", "\nmaterials:\n  - {use: M04}\n", 1)
    food.write_text(text.replace("\nflow:\n", "\nflow:\n  - receive: {role: window}\n", 1), "utf-8")
    assert not {"GF-M09", "GF-F07"} & set(_codes(run("validate", "--format", "json")))
    found = set(_codes(run("validate", "--previous", "../released", "--format", "json")))
    assert found >= {"GF-M09", "GF-M24", "GF-F07"}
    (sound / "govflow.toml").write_text('previous = "../released"\n', "utf-8")
    assert set(_codes(run("validate", "--format", "json"))) == found
    shutil.copytree(sound / "definitions", tmp_path / "released", dirs_exist_ok=True)
    assert _codes(run("validate", "--format", "json")) == [], "the cache knows the last release by its content"


def test_a_last_release_that_is_not_there_is_refused_plainly(run: Run, sound: Path, tmp_path: Path) -> None:
    """A wrong folder is a mistake of usage, not an empty release."""
    (tmp_path / "empty").mkdir()
    for folder, said in (("nowhere", "nowhere"), ("../empty", "没有可比的")):
        outcome = run("validate", "--previous", folder)
        assert (outcome.code, outcome.out) == (2, "")
        assert said in outcome.err


def test_a_wrong_handling_code_is_found(run: Run, sound: Path) -> None:
    """`code.handling` belongs to the language, and GF-C09 checks it against the implementation code."""
    food = sound / FOOD
    text = food.read_text("utf-8")
    code = re.search(r'implementation: "([0-9A-Z]{31})"', text)
    assert code
    for handling, expected in ((code[1] + "01", []), ("9" + code[1][1:] + "01", ["GF-C09"]), (code[1], ["GF-C09"])):
        changed = text.replace(code[0], f'{code[0]}\n  handling: "{handling}"')
        food.write_text(changed, "utf-8")
        assert _codes(run("validate", "--format", "json")) == expected


# ---- ignore comments and baselines


def test_an_ignore_comment_with_a_reason_takes_out_a_finding(run: Run, example: Path) -> None:
    """The comment counts, unless --no-inline-ignores; without a reason it is a finding itself."""
    materials = example / "definitions/materials.yaml"
    text = materials.read_text("utf-8")
    line = "    name: {zh-CN: 法律法规规定的其他材料, en: other materials}"
    materials.write_text(text.replace(line, f"{line}  # govflow: ignore[catch-all-material] 目录清单另行公布"), "utf-8")
    assert _codes(run("validate", "--format", "json")) == ["GF-Y03"]
    assert _codes(run("validate", "--format", "json", "--no-inline-ignores")) == ["GF-Y03", "GF-M01"]
    materials.write_text(text.replace(line, f"{line}  # govflow: ignore[GF-M01]"), "utf-8")
    assert _codes(run("validate", "--format", "json")) == ["GF-Y03", "GF-M01", "GF-S01"]


def test_a_comment_for_a_rule_that_is_not_run_is_not_called_unused(run: Run, sound: Path) -> None:
    """Only a rule that was applied can prove a comment useless."""
    food = sound / FOOD
    text = food.read_text("utf-8").replace(
        "confidential: false", "confidential: false  # govflow: ignore[promise-not-halved] 已经很快"
    )
    food.write_text(text, "utf-8")
    assert _codes(run("validate", "--format", "json")) == []
    assert "GF-S03" in _codes(run("validate", "--format", "json", "--profile", "strict"))


def test_a_baseline_lets_only_new_findings_through(run: Run, example: Path) -> None:
    """Known findings stay silent even when their lines move; a new one is shown; gone ones are counted."""
    assert run("validate", "--write-baseline", "old.json").code == 0
    assert run("validate", "--baseline", "old.json").code == 0
    materials = example / "definitions/materials.yaml"
    moved = materials.read_text("utf-8").replace("\nmaterials:", "\n# 一行注释\nmaterials:")
    materials.write_text(moved, "utf-8")
    assert run("validate", "--baseline", "old.json").code == 0
    materials.write_text(moved.replace("公司章程, en", "其他材料, en"), "utf-8")
    outcome = run("validate", "--baseline", "old.json", "--format", "json")
    assert (outcome.code, _codes(outcome)) == (1, ["GF-M01"])
    materials.write_text(moved.replace("法律法规规定的其他材料", "目录清单"), "utf-8")
    assert "1 条已不再出现" in run("validate", "--baseline", "old.json").err


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "findings": []}', "[" * 100_000])
def test_a_damaged_baseline_is_refused_plainly(run: Run, example: Path, text: str) -> None:
    """What is no baseline is named as such, with the way to write one."""
    Path("old.json").write_text(text, "utf-8")
    outcome = run("validate", "--baseline", "old.json")
    assert outcome.code == 2
    assert "--write-baseline" in outcome.err


# ---- fixes


def test_fix_keeps_comments_line_ends_mark_and_mode(run: Run, example: Path) -> None:
    """Only the faulty character changes: not the byte order mark, the CRLF, the comments or the file's mode."""
    food = example / FOOD
    text = food.read_text("utf-8")
    raw = text.replace("\n", "\r\n").encode()
    food.write_bytes(raw)
    food.chmod(0o640)
    run("validate", "--fix")
    assert food.read_bytes() == raw.replace("visits：0".encode(), b"visits: 0")
    assert food.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in food.parent.iterdir() if each.name.startswith(".")] == []


def test_diff_shows_and_writes_nothing(run: Run, example: Path) -> None:
    """--diff prints a unified diff and leaves the file as it is, also together with --fix."""
    before = (example / FOOD).read_bytes()
    for words in (("--diff",), ("--fix", "--diff")):
        outcome = run("validate", *words)
        assert outcome.code == 1
        assert "-  visits：0\n+  visits: 0\n" in outcome.out
    assert (example / FOOD).read_bytes() == before


def test_fix_mends_only_the_files_that_were_named(run: Run, example: Path) -> None:
    """A fault in a file around the named one is neither reported nor mended."""
    outcome = run("validate", "--fix", "definitions/items/company-registration.yaml")
    assert outcome.code == 0
    assert "visits：0" in (example / FOOD).read_text("utf-8")


# ---- settings


def test_settings_are_found_upward_and_the_command_line_wins(
    run: Run, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """govflow.toml holds below its folder, its paths count from there, and an option is stronger."""
    (example / "govflow.toml").write_text('paths = ["definitions"]\nignore = ["GF-M01"]\nformat = "json"\n', "utf-8")
    below = example / "definitions" / "items"
    monkeypatch.chdir(below)
    assert _codes(run("validate")) == ["GF-Y03"]
    assert run("validate", "--format", "concise").out.count("\n") == 1


def test_settings_may_stand_in_pyproject(run: Run, example: Path) -> None:
    """[tool.govflow] of pyproject.toml is as good as a file of its own."""
    (example / "govflow.toml").unlink()
    (example / "pyproject.toml").write_text('[tool.govflow]\nselect = ["GF-M01"]\nformat = "json"\n', "utf-8")
    assert _codes(run("validate")) == ["GF-M01"]


@pytest.mark.parametrize(
    "text", ["profil = 1", 'profile = "all"', "select = 3", "[[[", "inline-ignores = 1", "baseline = []", "\x80"]
)
def test_a_faulty_settings_file_is_refused_plainly(run: Run, example: Path, text: str) -> None:
    """The file, the setting and what was expected are named."""
    (example / "govflow.toml").write_bytes(text.encode("latin-1"))
    outcome = run("validate")
    assert outcome.code == 2
    assert "govflow.toml" in outcome.err


def test_language_comes_from_the_nearest_word(run: Run, example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's own --lang, then --lang of the program or GOVFLOW_LANG, then the settings."""
    (example / "govflow.toml").write_text('lang = "en-GB"\n', "utf-8")
    assert "错误" in run("validate").out
    assert "error GF-" in run("validate", "--lang", "en").out
    monkeypatch.delenv("GOVFLOW_LANG")
    assert "error GF-" in run("validate").out
    assert "错误" in run("--lang", "zh", "validate").out


# ---- cache


def test_a_kept_answer_holds_for_its_settings(run: Run, example: Path) -> None:
    """The second run gives the kept answer; a changed byte or another setting a fresh one."""
    first = run("validate", "--format", "json")
    assert run("validate", "--format", "json") == first == run("validate", "--format", "json", "--no-cache")
    assert _codes(run("validate", "--format", "json", "--profile", "core")) == _codes(first)
    assert _codes(run("validate", "--format", "json", "--ignore", "GF")) == []
    with (example / FOOD).open("a", encoding="utf-8") as file:
        file.write("# 一行注释\n")
    assert _codes(run("validate", "--format", "json")) == _codes(first)


def test_a_kept_answer_prints_the_same_bytes(run: Run, example: Path) -> None:
    """From the cache or fresh, every format is the same text."""
    for name in ("full", "json", "sarif", "github"):
        fresh = SECONDS.sub("", run("validate", "--format", name, "--no-cache").out)
        run("validate", "--format", name)
        assert SECONDS.sub("", run("validate", "--format", name).out) == fresh


def test_nothing_is_written_into_the_definitions(run: Run, example: Path) -> None:
    """The cache lies beside the definitions, wherever the run starts, and is not for version control."""
    (example / "govflow.toml").unlink()
    before = sorted((example / "definitions").rglob("*"))
    run("validate", "definitions/items")
    run("validate", FOOD)
    assert sorted((example / "definitions").rglob("*")) == before
    assert (example / ".govflow-cache" / ".gitignore").read_text("utf-8") == "*\n"


# ---- any bytes


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["a.yaml", "b.yml", "items/c.yaml", "materials.yaml"]), st.binary(max_size=200)))
def test_any_bytes_end_in_findings(tmp_path_factory: pytest.TempPathFactory, contents: dict[str, bytes]) -> None:
    """Whatever the files hold, checking and mending them gives a report."""
    folder = tmp_path_factory.mktemp("bytes")
    for name, raw in contents.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(raw)
    report = validation.validate(validation.Request((str(folder),)))
    assert len(report.files) == len(contents)
    mended = validation.validate_and_fix(validation.Request((str(folder),)), write=True)
    again = validation.validate_and_fix(validation.Request((str(folder),)), write=True)
    assert again.mended == 0
    assert again.diagnostics == mended.diagnostics


# ---- rule, rules, schema


def test_every_rule_explains_itself(run: Run) -> None:
    """Rules of reading, form, ignoring and standardization are explained by code and by name, in both languages."""
    for each in validation.known_rules():
        found = run("rule", each.code)
        assert found.code == 0
        assert each.title.zh in found.out
        assert found == run("rule", each.name)
    assert "what" not in run("--lang", "en", "rule", "GF-M01").out.splitlines()[0]
    _expected("rule.zh.txt", run("rule", "GF-M01").out)
    _expected("rule.en.txt", run("--lang", "en", "rule", "GF-M01").out)


ITEM = {
    "govflow": "item/1",
    "id": "I01",
    "name": "某某许可",
    "type": "行政许可",
    "case_type": "承诺件",
    "level": "市级",
    "department": "D01",
    "flow": "[accept: {role: window}]",
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_examples_of_the_rules_of_form_do_what_they_say(name: str, tmp_path: Path) -> None:
    """The bad text has the finding, the good one has not."""
    (tmp_path / "departments.yaml").write_text(
        "govflow: departments/1\ndepartments:\n  D01: {slug: d, name: 局}\n", "utf-8"
    )
    (tmp_path / "materials.yaml").write_text("govflow: materials/1\nmaterials:\n  M01: {slug: m, name: 表}\n", "utf-8")
    found = []
    for text in EXAMPLES[name]:
        own = {line.partition(":")[0] for line in text.splitlines()}
        head = "".join(f"{key}: {value}\n" for key, value in ITEM.items() if key not in own)
        alone = text.startswith(("govflow", "- "))
        file = tmp_path / "item.yaml"
        file.write_text(("" if alone else head) + text.replace("\\u200b", "\u200b"), "utf-8")
        report = validation.validate(validation.Request((str(file),), select=("GF-Y", "GF-L", "GF-S")))
        found.append({each.name for each in report.diagnostics})
    assert name in found[0]
    assert name not in found[1]


def test_an_unknown_rule_ends_with_one_and_names_the_nearest(run: Run) -> None:
    """A wrong code is answered with near ones."""
    outcome = run("rule", "GF-M99")
    assert (outcome.code, outcome.out) == (1, "")
    assert "GF-M" in outcome.err


def test_rules_lists_all_with_their_keys(run: Run) -> None:
    """The versioned list holds every rule once, sorted, with the promised keys."""
    data = json.loads(run("rules", "--json").out)
    assert data["version"] == 1
    codes = [each["code"] for each in data["rules"]]
    assert codes == sorted(set(codes))
    assert {rule.code for rule in RULES} <= set(codes)
    assert {"GF-Y01", "GF-L01", "GF-S01"} <= set(codes)
    assert all(set(each) == {"code", "name", "severity", "profile", "title", "source"} for each in data["rules"])
    assert len(run("rules").out.splitlines()) == len(codes)


def test_schema_prints_what_the_library_gives(run: Run) -> None:
    """Each kind's schema is printed as JSON; an unknown kind is answered with the kinds."""
    for kind in schema.KINDS:
        assert json.loads(run("schema", kind).out) == schema.schema(kind)
    outcome = run("schema", "itm")
    assert outcome.code == 1
    assert "item" in outcome.err


# ---- new


@pytest.mark.parametrize("kind", ["item", "theme"])
@pytest.mark.parametrize("name", ["small-eatery", "小餐饮登记", "小餐饮（试点）"])
def test_a_skeleton_is_well_formed(run: Run, sound: Path, kind: str, name: str) -> None:
    """A new file has the next free number, a schema line that leads somewhere, and no fault of form."""
    assert run("new", kind, name).code == 0
    file = sound / "definitions" / f"{kind}s" / f"{name}.yaml"
    first, *rest = file.read_text("utf-8").splitlines()
    assert (file.parent / first.partition("$schema=")[2]).resolve().is_file()
    assert f"id: {'I09' if kind == 'item' else 'T2'}" in rest
    found = _codes(run("validate", str(file), "--format", "json"))
    assert not [code for code in found if code[:4] in ("GF-Y", "GF-L")]


def test_what_a_skeleton_proposes_is_legal(run: Run, sound: Path) -> None:
    """Every value that a comment lists is one of the schema, and every commented field is well formed when put in."""
    assert run("new", "item", "small-eatery").code == 0
    file = sound / "definitions/items/small-eatery.yaml"
    text = file.read_text("utf-8")
    kinds = schema.schema("item")["properties"]
    for key in ("type", "case_type", "level", "audience"):
        listed = re.search(rf"^{key}: .*# (.*)$", text, re.M)
        assert listed is not None
        words = re.sub(r"（[^）]*）| ……", "", listed[1]).split("、")
        assert set(words) <= set(kinds[key].get("enum") or kinds[key]["items"]["enum"]), key
    filled = re.sub(r"^[a-z]+: (\{\}|\[\])\n", "", text, flags=re.M)
    filled = re.sub(r"^# (?=[a-z]+:|  )", "", filled, flags=re.M)
    assert filled.count("\nchannels:") == filled.count("\nbasis:") == 1
    file.write_text(filled, "utf-8")
    found = _codes(run("validate", str(file), "--format", "json"))
    assert not [code for code in found if code[:4] in ("GF-Y", "GF-L")]


def test_what_a_skeleton_lacks_is_shown_where_it_belongs(run: Run, sound: Path) -> None:
    """Each finding points at the field that is to be filled in, none at the name."""
    assert run("new", "item", "small-eatery").code == 0
    file = sound / "definitions/items/small-eatery.yaml"
    lines = file.read_text("utf-8").splitlines()
    found = json.loads(run("validate", str(file), "--format", "json").out)["findings"]
    keys = {lines[each["line"] - 1].partition(":")[0] for each in found}
    assert keys == {"code", "basis", "conditions", "limits", "results", "channels"}
    messages = [each["message"] for each in found]
    assert "没有办理时间（hours）。" in messages and not any("没有写明工作日" in each for each in messages)


def test_a_skeleton_in_an_empty_folder_brings_what_it_rests_on(run: Run) -> None:
    """Without any definitions a list of departments is written too, so that the new item is well formed."""
    assert run("new", "item", "first").code == 0
    assert "I01" in Path("definitions/items/first.yaml").read_text("utf-8")
    assert not [code for code in _codes(run("validate", "--format", "json")) if code[:4] in ("GF-Y", "GF-L")]


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a\nb", "x" * 300, "con:1"])
def test_a_name_that_is_no_file_name_is_refused(run: Run, name: str) -> None:
    """Nothing is written outside of the folder for it."""
    assert run("new", "item", name).code == 1
    assert not Path("definitions").exists()


def test_nothing_is_overwritten(run: Run, example: Path) -> None:
    """An existing file or folder is left alone."""
    before = (example / FOOD).read_bytes()
    assert run("new", "item", "food-business-permit").code == 1
    assert run("new", str(example), "--example").code == 1
    assert (example / FOOD).read_bytes() == before


# ---- watch


def test_watch_checks_again_after_a_change(run: Run, example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved change leads to a new check; the interrupt ends the watch with the last exit code."""
    waits = 0

    def wait(_: float) -> None:
        nonlocal waits
        waits += 1
        if waits == 2:
            (example / FOOD).write_text((example / FOOD).read_text("utf-8").replace("visits：", "visits: "), "utf-8")
        if waits == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(authoring.time, "sleep", wait)
    outcome = run("validate", "--watch", "--format", "concise", "--ignore", "GF-M01")
    assert outcome.code == 0
    assert outcome.out.count("GF-Y03") == 1
    assert outcome.err.count("等待改动") == 2


def _watched(
    run: Run, monkeypatch: pytest.MonkeyPatch, changes: list[Callable[[], object]], *words: str
) -> tuple[Outcome, list[str]]:
    """`validate --watch` while one change is made at each look; what was said after each change, the first check first."""
    left, said = list(changes), [""]
    quiet = 0

    def wait(_: float) -> None:
        nonlocal quiet
        quiet += 1
        if quiet < 2:  # nothing has changed since: a second look must not check again
            return
        quiet = 0
        if not left:
            raise KeyboardInterrupt
        said.append("")
        left.pop(0)()

    def tell(text: object = "", **_: object) -> None:
        said[-1] += f"{text}\n"

    monkeypatch.setattr(authoring.time, "sleep", wait)
    monkeypatch.setattr(authoring.click, "echo", tell)
    return run("validate", "--watch", "--format", "concise", *words), said


def test_watch_reads_changed_settings_anew(run: Run, example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that are written, changed and removed while watching hold from the next check on."""
    file = example / "govflow.toml"
    changes: list[Callable[[], object]] = [
        lambda: file.write_text('select = ["GF-Y03"]', "utf-8"),
        lambda: file.write_text('ignore = ["GF-Y03", "GF-M01"]', "utf-8"),
        lambda: file.write_text('ignore = ["GF-Y03", "GF-M01"]\nlang = "en"\nfail-on = "hint"', "utf-8"),
        file.unlink,
    ]
    monkeypatch.delenv("GOVFLOW_LANG")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    outcome, said = _watched(run, monkeypatch, changes)
    assert [each.count("等待改动") for each in said] == [1, 1, 1, 0, 1]
    assert "waiting for changes" in said[3]
    assert "2 个错误" in said[4]
    assert "2 个错误" in said[0]
    assert "1 个错误" in said[1]
    assert "没有发现问题" in said[2]
    assert outcome.code == 1


def test_a_damaged_settings_file_does_not_end_the_watch(
    run: Run, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damaged settings, an unknown setting, a path or a baseline that is not there: each is said, then checking goes on."""
    file = example / "govflow.toml"
    changes: list[Callable[[], object]] = [
        lambda: file.write_text('ignore = ["GF-Y03"', "utf-8"),
        lambda: file.write_text('ignroe = ["GF-Y03"]', "utf-8"),
        lambda: file.write_text('paths = ["elsewhere"]', "utf-8"),
        lambda: (example / "elsewhere").mkdir(),
        lambda: file.write_text('baseline = "none.json"', "utf-8"),
        lambda: file.write_text('ignore = ["GF-Y03", "GF-M01"]', "utf-8"),
    ]
    outcome, said = _watched(run, monkeypatch, changes)
    expected = [
        "",
        "govflow.toml: 不是合格的 TOML",
        "不认识的设置 ignroe",
        "elsewhere",
        "没有 .yaml 文件",
        "none.json",
        "没有发现问题",
    ]
    for words, text in zip(expected, said, strict=True):
        assert words in text
        assert text.count("等待改动") == 1
    assert outcome.code == 0


# ---- start


def test_checking_does_not_wait_for_the_database_and_the_process_engine(sound: Path) -> None:
    """`validate` imports none of the heavy libraries; only what runs cases needs them."""
    script = (
        "import sys; from govflow.cli import cli; cli.main(['validate', '--no-cache'], standalone_mode=False); "
        "print(sorted({'SpiffWorkflow', 'sqlalchemy', 'alembic', 'lxml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.endswith("[]\n")
