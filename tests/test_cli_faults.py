"""A fault stops the commands about what it is in, and what needs that; the others go on and say what they passed over."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli_authoring import FOOD, Run, example, run, sound
from tests.test_effective import ROOT, START

__all__ = ["example", "run", "sound"]

COMPANY = "definitions/items/company-registration.yaml"
FIRE = "definitions/items/fire-safety-check.yaml"
THEME = "definitions/themes/open-restaurant.yaml"
ABOUT_AN_ITEM = [
    ("compile", "I01"),
    ("guide", "I01"),
    ("draw", "company-registration"),
    ("graph", "I01", "--format", "dot"),
    ("effective", "I01", "--region", "421300"),
]


def _spoil(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("words", ABOUT_AN_ITEM)
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (THEME, "lead: D01", "lead: D99"),
        (FIRE, "case_type:", "case_typ:"),
        (FIRE, "\nname:", "\nname："),
        ("definitions/materials.yaml", "保证食品安全的规章制度目录清单", "法律法规规定的其他材料"),
        ("definitions/themes/open-restaurant.yaml", "govflow: theme/1", "govflow: them/1"),
    ],
)
def test_a_fault_elsewhere_is_passed_over(
    run: Run, sound: Path, words: tuple[str, ...], file: str, old: str, new: str
) -> None:
    """A theme, another item, a material of another item or a file of no kind: said on standard error, not in the way."""
    whole = run(*words)
    _spoil(sound, file, old, new)
    done = run(*words)
    assert (done.code, done.out) == (0, whole.out)
    assert "与此无关，已略过" in done.err and "error" not in done.err


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (FOOD, "case_type:", "case_typ:", "food-business-permit.yaml:"),
        (FOOD, "\nname:", "\nname：", "food-business-permit.yaml:"),
        (FOOD, "\nid: I07", "\nid: [", "food-business-permit.yaml:"),
        ("definitions/materials.yaml", "    slug: food-permit-form", "    slugg: x", "materials.yaml:"),
        ("definitions/materials.yaml", "\nmaterials:", "\nmaterials：", "materials.yaml:"),
        ("definitions/departments.yaml", "  D01:", "  D01：", "departments.yaml:"),
        ("definitions/departments.yaml", "    slug: market-regulation", "    slugg: x", "departments.yaml:"),
    ],
)
@pytest.mark.parametrize("ref", ["I07", "open-restaurant"])
def test_a_fault_in_what_is_needed_stops(
    run: Run, sound: Path, ref: str, file: str, old: str, new: str, said: str
) -> None:
    """The item itself, one of its materials, its department: the place of the fault is shown, and nothing is printed."""
    _spoil(sound, file, old, new)
    done = run("compile", ref)
    assert (done.code, done.out) == (1, "")
    assert said in done.err and "先用 govflow validate" in done.err and "Traceback" not in done.err


def test_only_what_is_in_the_way_is_shown(run: Run, sound: Path) -> None:
    """One fault in the item asked for and one in another: the first with its place, the other as a number."""
    _spoil(sound, COMPANY, "case_type:", "case_typ:")
    _spoil(sound, FOOD, "case_type:", "case_typ:")
    done = run("compile", "I07")
    assert done.code == 1 and "food-business-permit" in done.err and "company-registration" not in done.err
    assert "别处另有" in done.err


def test_an_unknown_name_is_refused_as_such(run: Run, sound: Path) -> None:
    """A fault elsewhere does not hide that there is nothing of this name."""
    _spoil(sound, THEME, "lead: D01", "lead: D99")
    done = run("guide", "I99")
    assert done.code == 1 and "没有名为 'I99' 的" in done.err and "D99" not in done.err


def test_a_wrong_name_shows_the_right_ones(run: Run, sound: Path) -> None:
    """Items and themes where both will do, items or themes alone where only one of them will."""
    both = "没有名为 'I99' 的事项或一件事；一件事有：open-restaurant；事项有：I01、I08、I07"
    for words in (("guide", "I99"), ("graph", "I99"), ("compile", "I99"), ("draw", "I99")):
        assert both in run(*words).err, words
    assert "没有名为 'I99' 的事项；有：I01、I08、I07" in run("effective", "I99", "--region", "421300").err
    for words in (("stats", "I99"), ("plan", "I99", "--accepted", "2025-03-03")):
        assert both in run(*words).err, words
    assert "'I07' 是事项，这里要的是一件事；有：open-restaurant" in run("demo", "I07").err


def test_an_unknown_material_is_told_where_to_define_it(run: Run, sound: Path) -> None:
    """A code that is like no other: the file in which materials are defined."""
    _spoil(sound, FOOD, "{use: M07", "{use: Q99888")
    said = run("validate", "--lang", "en").out + run("validate").out
    assert "材料在 definitions/materials.yaml 里定义；先写在那里，再引用" in said
    assert "help: Define the material in definitions/materials.yaml first" in said


def test_a_fee_without_online_payment_is_told_what_to_write(run: Run, sound: Path) -> None:
    """The key and its value, in the words of the language."""
    _spoil(sound, FOOD, "fees: none", "fees: [{name: 工本费, standard: 10元/本, basis: 发改价格〔2012〕第1号}]")
    assert "帮助: 在 channels 里写 online_payment: true" in run("validate").out


def test_an_item_alone_shows_what_it_stands_between(run: Run, sound: Path) -> None:
    """`graph ITEM` names department, materials and results, and says where suggestions are."""
    said = run("graph", "I07").out
    assert "部门 D01 " in said and "材料 M07 " in said and "结果 food-permit " in said and "govflow graph 主题" in said


def test_plan_stats_and_explain_take_an_item(run: Run, sound: Path) -> None:
    """The due date of a single permit, day by day as well, and what it takes; a clock that it does not have is named."""
    at = ("--accepted", "2025-03-03T09:00")
    assert run("plan", "I07", *at).out.startswith("2025-03-03 → 2025-03-10  I07 ")
    assert json.loads(run("plan", "I07", *at, "--json").out)["item"] == "food-business-permit"
    assert "提交材料: 4\n" in run("stats", "I07").out
    assert json.loads(run("stats", "I07", "--json").out)["items"][0]["item"] == "food-business-permit"
    for ref, clock in (("I07", "promised"), ("I07", "I07/promised")):
        assert "到期日 2025-03-10" in run("explain", ref, clock, *at).out
    assert "没有期限 'gap'；有 I07/promised" in run("explain", "I07", "gap", *at).err


def test_what_is_explained_is_what_is_planned(run: Run, sound: Path) -> None:
    """In a theme an item starts when those before it are due, and the explanation ends on the planned day."""
    at = ("--accepted", "2025-03-03T09:00")
    planned = json.loads(run("plan", "open-restaurant", *at, "--json").out)["items"]
    said = json.loads(run("explain", "open-restaurant", "I07/promised", *at, "--json").out)
    assert said["days"][0]["date"] == planned["food-business-permit"]["start"] > "2025-03-03"
    assert said["days"][-1]["date"] == planned["food-business-permit"]["due"]


def test_an_answer_that_no_question_takes_is_refused(run: Run, sound: Path) -> None:
    """Unknown questions and values of the wrong kind, before anything is computed."""
    at = ("plan", "open-restaurant", "--accepted", "2025-03-03T09:00")
    assert "没有 'premises_aera' 这个问题" in run(*at, "--answer", "premises_aera=1").err
    assert "应为一个数" in run(*at, "--answer", "premises_area=large").err
    assert "没有情形问题，不用回答 'x'" in run("plan", "I07", *at[2:], "--answer", "x=1").err


def test_graph_without_a_name_shows_all(run: Run, sound: Path) -> None:
    """As `--all` does; both at once is one too many."""
    assert run("graph").out == run("graph", "--all").out != ""
    assert run("graph", "I07", "--all").code == 2


def test_suggestions_have_no_figures_that_nobody_explains(run: Run, sound: Path) -> None:
    """A line is what to do and what it saves."""
    lines = run("graph", "open-restaurant").out.splitlines()
    assert len(lines) > 1 and not [line for line in lines[1:] if re.match(r"\s+\d+ ", line)]


def test_a_broken_side_is_shown_instead_of_a_comparison(run: Run, sound: Path) -> None:
    """What cannot be read is not called taken out: the cause first, and nothing on standard output."""
    shutil.copytree(sound / "definitions", sound / "new")
    _spoil(sound, "new/items/food-business-permit.yaml", "case_type:", "case_typ:")
    done = run("diff", "definitions", "new")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("new/items/food-business-permit.yaml:") and "先改正再比较" in done.err


def test_a_theme_without_a_demo_names_those_that_have_one(run: Run, sound: Path) -> None:
    """The example that a demo plays is a file beside the definitions."""
    (sound / "examples/open-restaurant/application.yaml").unlink()
    assert "open-restaurant 没有演示；有演示的：（无）" in run("demo").err
    shutil.copytree(ROOT / "definitions", sound / "all/definitions")
    shutil.copytree(ROOT / "examples", sound / "all/examples")
    done = run("demo", "newborn", "--definitions", "all/definitions")
    assert done.code == 1 and "newborn 没有演示；有演示的：open-restaurant；" in done.err
    assert not (sound / "demo-output").exists()


def test_without_a_name_what_is_sound_is_shown(run: Run, sound: Path) -> None:
    """`stats` and `graph --all` go on with the rest and say so; with nothing left the faults are shown."""
    theme = sound / THEME
    theme.with_name("other.yaml").write_text(theme.read_text("utf-8").replace("id: T1", "id: T2"), "utf-8")
    _spoil(sound, THEME, "lead: D01", "lead: D99")
    left_out = "定义有 1 处错误，读不成的没有列入；用 govflow validate 查看\n"
    assert (run("graph", "--all", "--format", "dot").err, run("stats").err) == (left_out, left_out)
    theme.with_name("other.yaml").unlink()
    done = run("stats")
    assert (done.code, done.out) == (1, "") and "没有一件事可以统计" in done.err
    for file in (sound / "definitions/items").iterdir():
        file.unlink()
    done = run("graph", "--all")
    assert done.code == 1 and "open-restaurant.yaml:" in done.err


def test_cases_go_on_whatever_the_folder_says(run: Run, sound: Path) -> None:
    """A faulty theme is not even read; a faulty calendar stops the clock, for due dates rest on it."""
    db = ("--db", f"sqlite:///{sound}/cases.db")
    _spoil(sound, THEME, "lead: D01", "lead: D99")
    assert (run("sweep", *db).code, run("case", "list", *db).err) == (0, "")
    calendars = sound / "definitions/calendars"
    calendars.mkdir()
    (calendars / "2027.yaml").write_text("govflow: calendar/1\nregion: cn\nyear: 两千\n", "utf-8")
    done = run("sweep", *db)
    assert done.code == 1 and "2027.yaml:3" in done.err


@pytest.mark.parametrize(
    ("file", "code"),
    [("food-business-permit.421303.yaml", 0), ("food-business-permit.420000.yaml", 1), ("departments.yaml", 1)],
)
def test_of_the_variants_those_on_the_way_count(file: str, code: int, tmp_path: Path) -> None:
    """A region's answer rests on its own variant and those above, not on a neighbour's."""
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    path = tmp_path / "definitions/variants" / file
    path.write_text(path.read_text("utf-8").replace("govflow:", "extra: 1\ngovflow:"), "utf-8")
    done = _effective("421321", tmp_path)
    assert done.returncode == code, done
    assert (file in done.stderr) is bool(code)


@pytest.mark.parametrize("region", ["42132", "4213", "42132a", "992100", "420021", ""])
def test_a_region_that_is_none_is_refused(region: str) -> None:
    """Digits that are no administrative division code: what is wrong with them, not the answer for another region."""
    done = _effective(region, ROOT)
    assert (done.returncode, done.stdout) == (1, "") and "行政区划代码" in done.stderr


def _effective(region: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START, "effective", "I07", "--region", region],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "GOVFLOW_LANG": "zh"},
    )  # fmt: skip
