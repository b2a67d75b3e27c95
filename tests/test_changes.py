"""What differs between two folders of definitions: values, figures, and the scenarios whose dates move."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from govflow.apps import scenarios
from govflow.catalog import Loaded, load, load_texts
from govflow.products import compare
from tests.cases import ROOT

ITEM = "items/food-business-permit.yaml"


@lru_cache
def old() -> Loaded:
    """The definitions of this repository."""
    return load(ROOT / "definitions", rules=())


def changed(edits: Mapping[str, tuple[str, str]]) -> Loaded:
    """The same with edits: file -> (text, other text), each once."""
    texts = dict(old().sources)
    for name, (one, other) in edits.items():
        file = next(file for file in texts if file.endswith(name))
        assert one in texts[file], one
        texts[file] = texts[file].replace(one, other, 1)
    return load_texts(texts, rules=())


def difference(edits: Mapping[str, tuple[str, str]]) -> list[tuple[str, str, str, str | None, str | None, bool]]:
    """The differences as plain tuples."""
    found = compare.compare(old().catalog, changed(edits).catalog)
    return [(c.kind, c.code, c.where, c.old, c.new, c.wording) for c in found]


def test_nothing_has_changed() -> None:
    """The same definitions, read again, do not differ, and run no scenario."""
    again = load_texts(dict(old().sources), rules=())
    assert compare.compare(old().catalog, again.catalog) == ()
    assert compare.figures(old().catalog, again.catalog) == ()
    assert scenarios.regressions(scenarios.scenarios_in(old()), old().catalog, again.catalog) == []


def test_a_shorter_promise_is_a_change_of_substance() -> None:
    """The value is named by its path; figures and the dates of scenarios move with it."""
    edits = {ITEM: ("promised: {within: 5 workdays", "promised: {within: 4 workdays")}
    assert ("item", "I07", "limits.promised.within", "5 workdays", "4 workdays", False) in difference(edits)
    new = changed(edits)
    figures = {f.code: f.values for f in compare.figures(old().catalog, new.catalog)}
    assert figures["I07"] == {"workdays": (5, 4)}
    own = [s for s in scenarios.scenarios_in(old()) if s.of in ("I07", "I09")]
    moved = scenarios.regressions(own, old().catalog, new.catalog)
    assert moved and {each.code for each in moved} == {"I07"}
    assert all("到期日" in failure.what.zh for each in moved for failure in each.failures)


def test_wording_is_told_apart() -> None:
    """Another name or question text is wording; another answer type or department is not."""
    name = old().catalog.items["I07"].name.text("zh")
    found = difference({ITEM: (f"zh-CN: {name}", f"zh-CN: {name}（新）")})
    assert [(where, wording) for kind, code, where, *_, wording in found if (kind, code) == ("item", "I07")] == [
        ("name", True)
    ]
    found = difference({ITEM: ("level: 市级", "level: 县级")})
    assert ("item", "I07", "level", "市级", "县级", False) in found


def test_entries_are_compared_by_what_names_them() -> None:
    """A material that is no longer used is one difference, whatever its place in the list; the numbers say what it saves."""
    text = next(text for file, text in old().sources.items() if file.endswith(ITEM))
    line = next(line for line in text.splitlines(keepends=True) if "use: M09" in line)
    edits = {ITEM: (line, "")}
    assert [d for d in difference(edits) if d[:2] == ("item", "I07")] == [
        ("item", "I07", "materials[M09]", "M09", None, False)
    ]
    figures = {f.code: f.values for f in compare.figures(old().catalog, changed(edits).catalog)}
    assert figures["I07"]["materials"][1] == figures["I07"]["materials"][0] - 1  # type: ignore[operator]
    assert figures["T1"]["materials"][1] == figures["T1"]["materials"][0] - 1  # type: ignore[operator]


def test_what_is_new_and_what_is_gone() -> None:
    """A record on one side only is one difference."""
    texts = {
        file: text
        for file, text in old().sources.items()
        if "home-sale.yaml" not in file and "home-sale.scen" not in file
    }
    less = load_texts(texts, rules=()).catalog
    gone = [c for c in compare.compare(old().catalog, less) if c.kind == "theme"]
    assert [(c.code, c.where, c.new) for c in gone] == [("T5", "", None)]
    new = [c for c in compare.compare(less, old().catalog) if c.kind == "theme"]
    assert [(c.code, c.old) for c in new] == [("T5", None)]
    assert compare.figures(less, old().catalog)[-1].values["steps"][0] is None


def test_the_command_line(tmp_path: Path) -> None:
    """`govflow diff OLD NEW` prints changes, figures and moved scenarios; JSON is versioned."""
    folder = tmp_path / "new"
    shutil.copytree(ROOT / "definitions", folder)
    path = folder / ITEM
    path.write_text(
        path.read_text("utf-8").replace("promised: {within: 5 workdays", "promised: {within: 4 workdays"), "utf-8"
    )
    line = [
        sys.executable,
        "-c",
        "from govflow.cli import main; main()",
        "--lang",
        "zh",
        "diff",
        "definitions",
        str(folder),
    ]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "limits.promised.within: 5 workdays → 4 workdays" in done.stdout
    assert "I07 承诺到期日" in done.stdout and "工作日 5 → 4" in done.stdout
    done = subprocess.run([*line, "--json", "--no-scenarios"], cwd=ROOT, capture_output=True, text=True, check=False)
    data = json.loads(done.stdout)
    assert data["version"] == 1 and data["moved"] == [] and data["changes"]
