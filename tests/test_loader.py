"""From a folder of definitions to the catalog: findings, what stays out, what never happens."""

import copy
import json
import os
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.catalog import Loaded, load, load_texts
from govflow.diagnostics import Severity, render
from govflow.errors import Conflict, GovflowError, InvalidInput, NotAllowed, NotFound
from govflow.language.lookup import find_item, find_subject, find_theme
from govflow.language.model import Together
from govflow.language.schema import SCHEMA_RULES
from govflow.language.schema.rules import CATALOGUE_RULES
from govflow.language.source import SOURCE_RULES, read
from govflow.text import Text

FORM = {code for code, *_ in (*SCHEMA_RULES, *CATALOGUE_RULES, *SOURCE_RULES)}
HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "loader"
SOUND = {
    str(path.relative_to(GOLDEN / "sound")): path.read_text(encoding="utf-8")
    for path in sorted((GOLDEN / "sound").rglob("*.yaml"))
}
ITEM = SOUND["items/food-permit.yaml"]


def _load(**changed: str) -> Loaded:
    """The sound definitions with some files added or changed; a key such as items_new is the file items/new.yaml."""
    return load_texts(
        SOUND | {f"{name.replace('__', '/').replace('_', '-')}.yaml": text for name, text in changed.items()}
    )


def _names(loaded: Loaded) -> list[str]:
    return [each.name for each in loaded.diagnostics]


@pytest.mark.parametrize("path", sorted((GOLDEN / "faulty").glob("*.yaml")), ids=lambda path: path.stem)
def test_findings_are_as_people_read_them(path: Path) -> None:
    """Each faulty file gives exactly the findings of its golden text, in both languages, and blames no other file."""
    text = path.read_text(encoding="utf-8")
    loaded = load_texts(SOUND | {path.name: text}, rules=())
    found = [each for each in loaded.diagnostics if each.code in FORM]
    assert {each.span.file for each in found} == {path.name}
    shown = "".join(render(found, "full", lang=lang, sources=loaded.sources, files=1) for lang in ("zh", "en"))
    golden = path.with_suffix(".txt")
    if os.environ.get("GOVFLOW_UPDATE_GOLDEN"):
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


def test_sound_definitions_give_no_finding_of_form() -> None:
    """The sound folder has neither malformed text nor lost references, and every record is there."""
    loaded = _load()
    assert not [each for each in loaded.diagnostics if each.code in FORM]
    catalog = loaded.catalog
    assert list(catalog.items) == ["I01", "I07"]
    assert list(catalog.themes) == ["T1"]
    assert set(loaded.files) == set(SOUND)
    assert [each.slug for each in catalog.variants] == ["food-permit.421381"]


def test_names_become_codes() -> None:
    """Whether code or slug was written, the records hold codes."""
    catalog = _load().catalog
    item, theme = catalog.items["food-permit"], catalog.themes["open-restaurant"]
    assert [use.material for use in item.materials] == ["M07", "M02"]
    assert catalog.materials["M02"].issuer == "D01"
    assert theme.lead == "D01"
    assert [(entry.item, entry.after, entry.stage) for entry in theme.items] == [
        ("I01", (), "one"),
        ("I07", ("I01",), None),
    ]
    together = item.flow[1]
    assert isinstance(together, Together)
    assert together.branches[1][0].departments == ("D10",)  # type: ignore[union-attr]


def test_what_is_left_out_has_the_default_of_the_language() -> None:
    """A flow word alone gives its name, its role and the item's department; limits have those of the law."""
    item = _load().catalog.items["I01"]
    accept, decide, _ = item.flow
    assert (accept.role, decide.role) == ("window", "head")  # type: ignore[union-attr]
    assert str(accept.name) == "受理"  # type: ignore[union-attr]
    assert accept.departments == ("D01",)  # type: ignore[union-attr]
    assert str(item.limits.correction_notice.value) == "5"
    assert item.limits.correction.missed == "withdrawn"
    assert item.limits.statutory is None
    assert item.no_materials


def test_a_faulty_item_stays_out_and_blames_nobody_else() -> None:
    """One mistake in an item is one finding, though a theme refers to the item; both stay out of the catalog."""
    loaded = _load(items__food_permit=ITEM.replace("level: 市级", "level: 地级"))
    assert _names(loaded).count("unknown-value") == 1
    assert not [each for each in loaded.diagnostics if each.code in FORM and "items" not in each.span.file]
    assert list(loaded.catalog.items) == ["I01"]
    assert not loaded.catalog.themes
    assert not loaded.ok


def test_an_unreadable_library_gives_one_finding() -> None:
    """A material library that is no YAML does not make every use of a material a finding."""
    loaded = load_texts(SOUND | {"materials.yaml": "govflow: materials/1\nmaterials: {M01: [\n"}, rules=())
    assert [each.code[:4] for each in loaded.diagnostics] == ["GF-Y"]
    assert not loaded.catalog.materials


def test_one_faulty_library_entry_leaves_the_others() -> None:
    """A wrong material takes out itself and what uses it, not the whole library."""
    text = SOUND["materials.yaml"].replace("form: 纸质或电子", "form: 纸")
    loaded = load_texts(SOUND | {"materials.yaml": text})
    assert list(loaded.catalog.materials) == ["M01", "M02"]
    assert list(loaded.catalog.items) == ["I01"]
    assert [each.name for each in loaded.diagnostics if each.code in FORM] == ["unknown-value"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("variants/food-permit.421381.yaml", "without: [M02]", "without: [true]"),
        ("materials.yaml", "issuer: market-regulation", "issuer: 5"),
        ("items/food-permit.yaml", "minimum: 0", "minimum: none"),
    ],
)
def test_values_of_a_wrong_type_are_one_finding(file: str, old: str, new: str) -> None:
    """A reference or a bound of the wrong type is said once, though other files rely on it."""
    assert old in SOUND[file]
    loaded = load_texts(SOUND | {file: SOUND[file].replace(old, new)}, rules=())
    assert _names(loaded) == ["wrong-type"]


def test_what_needs_a_faulty_department_stays_out() -> None:
    """A wrong department takes out the items in whose flow it has a step, without a second finding."""
    text = SOUND["departments.yaml"].replace("name: 示范市卫生健康委员会", "name: 5")
    loaded = load_texts(SOUND | {"departments.yaml": text}, rules=())
    assert list(loaded.catalog.departments) == ["D01"]
    assert list(loaded.catalog.items) == ["I01"]
    assert not loaded.catalog.themes
    assert {each.span.file for each in loaded.diagnostics} == {"departments.yaml"}


def test_a_code_used_twice_is_found_in_the_later_file() -> None:
    """The finding points at the later file and notes the earlier one; neither stands, and nothing else is said of them."""
    loaded = _load(items__other=ITEM)
    (found,) = [each for each in loaded.diagnostics if each.code in FORM]
    assert found.name == "duplicate-id" and found.span.file == "items/other.yaml"
    assert found.notes[0].span.file == "items/food-permit.yaml"
    assert "I07" not in loaded.catalog.items and not loaded.catalog.themes


def test_a_theme_with_the_name_of_an_item_is_found() -> None:
    """A case is applied for by one name, so that an item and a theme may not share a code or a slug."""
    theme = SOUND["themes/open-restaurant.yaml"].replace("id: T1", "id: I07")
    loaded = load_texts(SOUND | {"themes/open-restaurant.yaml": theme}, rules=())
    (found,) = loaded.diagnostics
    assert found.name == "duplicate-id" and found.span.file == "items/food-permit.yaml"
    assert found.notes[0].span.file == "themes/open-restaurant.yaml"
    assert "I07" not in loaded.catalog.items and "I07" not in loaded.catalog.themes


def test_what_an_item_shows_about_a_department_stands_in_the_library() -> None:
    """A rule about an item may point at what it uses: at its own place, once for all items."""
    (found,) = [each for each in load_texts(SOUND).diagnostics if each.code == "GF-F05"]
    assert found.span.file == "departments.yaml" and found.span.line > 1


@pytest.mark.parametrize("line", ["material/1", "items/1", "thing/1"])
def test_a_slip_in_the_first_line_is_one_finding(line: str) -> None:
    """What a file of an unknown kind would have defined is not missed anywhere else."""
    for name in ("materials.yaml", "departments.yaml", "items/food-permit.yaml"):
        text = re.sub("^govflow: .*$", f"govflow: {line}", str(SOUND[name]), flags=re.MULTILINE)
        (found,) = load_texts(SOUND | {name: text}, rules=()).diagnostics
        assert found.span.file == name and found.span.line == 1


def test_items_that_wait_for_each_other_do_not_hang() -> None:
    """A cycle of prerequisites is for the rules to report; loading ends."""
    theme = SOUND["themes/open-restaurant.yaml"].replace("{item: I01}", "{item: I01, after: [I07, I01]}")
    loaded = load_texts(SOUND | {"themes/open-restaurant.yaml": theme})
    assert loaded.catalog.themes["T1"].entry("I01").after == ("I07", "I01")


def test_folder_and_file_agree(tmp_path: Path) -> None:
    """A single file is read with the definitions around it; only its own findings are given."""
    _write(tmp_path, SOUND | {"items/bad.yaml": ITEM.replace("id: I07", "id: I08").replace("D01", "D77")})
    whole = load(tmp_path)
    assert {each.span.file for each in whole.diagnostics if each.code == "GF-L11"} == {str(tmp_path / "items/bad.yaml")}
    good = load(tmp_path / "items" / "food-permit.yaml")
    assert good.files == (str(tmp_path / "items/food-permit.yaml"),)
    assert not [each for each in good.diagnostics if each.code in FORM]
    assert "I07" in good.catalog.items
    bad = load(tmp_path / "items" / "bad.yaml")
    assert {each.span.file for each in bad.diagnostics} == {str(tmp_path / "items/bad.yaml")}


def test_only_definition_files_below_the_folder_are_read(tmp_path: Path) -> None:
    """Other endings, hidden folders and links out of the folder are not read; such a link is a finding."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    _write(inside, SOUND | {"README.md": "x: [", ".git/x.yaml": "x: [", "a.yml": SOUND["items/company.yaml"]})
    _write(outside, {"secret.yaml": "govflow: item/1"})
    (inside / "link.yaml").symlink_to(outside / "secret.yaml")
    (inside / "folder").symlink_to(outside, target_is_directory=True)
    (inside / "loop").symlink_to(inside, target_is_directory=True)
    loaded = load(inside)
    assert str(inside / "a.yml") in loaded.files
    assert len(loaded.files) == len(SOUND) + 1
    links = [each.span.file for each in loaded.diagnostics if each.name == "outside-folder"]
    assert links == [str(inside / "folder"), str(inside / "link.yaml")]


def test_what_looks_like_a_definition_is_read_or_told(tmp_path: Path) -> None:
    """Capital endings are read; links to nothing, pipes and `x.yaml.txt` are findings; other files are nobody's business."""
    _write(tmp_path, SOUND | dict.fromkeys(("README.md", "notes.txt", ".x.yaml.swp", "a.yaml~"), "x: ["))
    before = len(load(tmp_path).files)
    _write(tmp_path, {"X.YAML": "govflow: laws/1\nlaws: []\n", "y.Yml": "x: [", "items/z.yaml.txt": "x: ["})
    (tmp_path / "dangling.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")
    (tmp_path / "again.yaml").symlink_to("items", target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.yaml")
    loaded = load(tmp_path)
    assert len(loaded.files) == before + 2
    told = {
        Path(each.span.file).name: each.name
        for each in loaded.diagnostics
        if each.name in ("outside-folder", "unreadable-file", "file-not-read")
    }
    assert told == {
        "dangling.yaml": "unreadable-file",
        "circle.yaml": "outside-folder",
        "pipe.yaml": "unreadable-file",
        "z.yaml.txt": "file-not-read",
    }
    with pytest.raises(InvalidInput, match="普通文件"):
        load(tmp_path / "pipe.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to the superuser")
def test_a_file_that_may_not_be_read_is_a_finding(tmp_path: Path) -> None:
    """The others are read all the same."""
    _write(tmp_path, SOUND | {"items/secret.yaml": "govflow: item/1"})
    (tmp_path / "items/secret.yaml").chmod(0)
    assert [each.name for each in load(tmp_path).diagnostics if each.code == "GF-L17"] == ["unreadable-file"]


def test_a_folder_that_is_not_there_is_an_error_of_the_caller(tmp_path: Path) -> None:
    """NotFound says in both languages which path was meant."""
    with pytest.raises(NotFound) as raised:
        load(tmp_path / "nowhere")
    assert "没有" in str(raised.value)
    assert "no such folder" in raised.value.text("en")
    assert raised.value.details["path"] == str(tmp_path / "nowhere")


def test_errors_travel_between_processes() -> None:
    """Each error keeps both texts and its details when it is pickled."""
    for kind in (GovflowError, NotFound, NotAllowed, Conflict, InvalidInput):
        again = pickle.loads(pickle.dumps(kind(Text("一", "one"), field="x")))
        assert (type(again), str(again), again.text("en"), again.details) == (kind, "一", "one", {"field": "x"})


def test_the_project_s_own_definitions_are_sound() -> None:
    """Everything under definitions/ is well formed and reaches the catalog."""
    folder = HERE.parent / "definitions"
    loaded = load(folder)
    form = [each for each in loaded.diagnostics if each.code in FORM]
    assert not form, render(form, "concise")
    kinds = [each.kind[0] for each in loaded.documents if each.kind]
    assert len(loaded.catalog.items) == kinds.count("item") > 0
    assert len(loaded.catalog.themes) == kinds.count("theme") > 0


_TOKENS = [
    *":{}[],-#&*!|>'\"%@` \n\t",
    "：",
    "null",
    "true",
    "none",
    "1",
    "0.5",
    "together",
    "fact",
    "is",
    "all",
    "not",
    "id",
    "when",
]


@settings(max_examples=150)
@given(st.data())
def test_no_text_makes_loading_raise(data: st.DataObject) -> None:
    """Whatever is cut from, put into or repeated in a file, the outcome is findings, each inside its file."""
    file = data.draw(st.sampled_from(sorted(SOUND)))
    text = SOUND[file]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        put = data.draw(st.one_of(st.sampled_from(_TOKENS), st.just(text[start:end] * 2), st.just("")))
        text = text[:start] + put + text[end:]
    loaded = load_texts(SOUND | {file: text}, rules=())
    lines = {name: content.count("\n") + 1 for name, content in loaded.sources.items()}
    for each in loaded.diagnostics:
        assert 1 <= each.span.line <= each.span.end_line <= lines[each.span.file]
        assert each.message.zh and each.message.en
    if not any(each.severity is Severity.ERROR and each.code in FORM for each in loaded.diagnostics):
        assert len(loaded.catalog.items) == 2


_VALUES = [
    None,
    True,
    -1,
    1.5,
    "",
    "x",
    "none",
    "I07",
    "M02",
    "10 workdays",
    [],
    ["x"],
    {},
    {"all": []},
    {"within": "x"},
]


@settings(max_examples=120)
@given(st.data())
def test_no_data_makes_loading_raise(data: st.DataObject) -> None:
    """Whatever values of whatever type stand in one file, the others can still be checked against it."""
    file = data.draw(st.sampled_from(sorted(SOUND)))
    changed = read(SOUND[file], file).data
    for _ in range(data.draw(st.integers(1, 3))):
        places = [place for place in _containers(changed) if place]
        if not places:
            break
        place = data.draw(st.sampled_from(places))
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else list(range(len(place)))))
        if data.draw(st.booleans()):
            del place[key]
        else:
            place[key] = copy.deepcopy(data.draw(st.sampled_from(_VALUES)))
    loaded = load_texts(SOUND | {file: json.dumps(changed, ensure_ascii=False)}, rules=())
    assert len(loaded.files) == len(SOUND)


def _containers(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        yield node
        for value in node.values() if isinstance(node, dict) else node:
            yield from _containers(value)


def _write(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("days", "line", "word"),
    [
        ("holidays: [{name: 春节, from: 2027-02-08, to: 2027-02-05}]", 5, "2027-02-05"),
        ("holidays: [{name: 春节, date: 2026-02-05}]", 5, "2026-02-05"),
        ("holidays: [{name: 春节, date: 2027-02-06}]\nworkdays: [2027-02-06]", 6, "2027-02-06"),
    ],
)
def test_a_notice_whose_days_cannot_be_is_a_finding(days: str, line: int, word: str) -> None:
    """Days outside the year, listed twice or the wrong way round: found with their line; the notice stays out."""
    text = f"govflow: calendar/1\nregion: cn\nyear: 2027\nsource: 通知\n{days}\n"
    loaded = load_texts({"calendars/cn-2027.yaml": text})
    assert [(each.name, each.span.line) for each in loaded.diagnostics] == [("impossible-value", line)]
    assert word in loaded.diagnostics[0].message.en and not loaded.catalog.calendars


def test_a_name_that_is_not_there_is_answered_with_the_nearest() -> None:
    """The one sentence of every command and of the library: what there is, and what was probably meant."""
    found = load_texts(SOUND, rules=()).catalog
    with pytest.raises(NotFound) as error:
        find_subject(found, "open-restaurent")
    assert "是不是想写 open-restaurant？" in error.value.zh and "Did you mean open-restaurant?" in error.value.en
    with pytest.raises(NotFound, match=r"I07.*是事项，这里要的是一件事"):
        find_theme(found, "I07")
    with pytest.raises(NotFound, match="没有名为 'I99' 的事项；有：I01"):
        find_item(found, "I99")
