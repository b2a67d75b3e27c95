"""Checking a tree item by item: the same findings as with everything in memory, on any number of cores, from a cache."""

import concurrent.futures
import os
import pickle
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow import validation
from govflow.catalog import load, pipeline
from govflow.catalog.each import CheckedItem, Environment, check_item_file, environment_of
from govflow.diagnostics import Diagnostic
from govflow.language.source import read
from govflow.rules import RULES
from govflow.validation import Request, incremental, workers
from govflow.validation.cache import FILE, Cache, Row, content_digest
from govflow.validation.serialize import dumps, loads

ROOT = Path(__file__).resolve().parent.parent
ITEMS = ("food-operation-licence", "business-registration", "signboard-permit", "company-establishment")
ALL = frozenset(rule.code for rule in RULES)


def _few(folder: Path) -> Path:
    """A part of the shipped definitions that refers to nothing outside of itself, small enough to check often."""
    shipped = load(ROOT / "definitions", rules=())
    theme = min(shipped.catalog.themes.values(), key=lambda each: len(each.items))
    items = [shipped.catalog.items[each.item] for each in theme.items]
    needed = {code for item in items for use in item.materials if (code := use.material)}
    issuers = {shipped.catalog.materials[code].result_of for code in needed} - {None}
    items += [
        shipped.catalog.items[code] for code in sorted(issuers) if code and shipped.catalog.items[code] not in items
    ]
    variants = [each for each in shipped.catalog.variants if each.baseline in {item.code for item in items}]
    for file in (theme.file, *(each.file for each in (*items, *variants))):
        target = folder / Path(file).relative_to(ROOT / "definitions")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    for name in ("departments.yaml", "materials.yaml", "laws.yaml"):
        shutil.copy(ROOT / "definitions" / name, folder / name)
    return folder


@pytest.fixture(scope="module", name="few")
def _fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _few(tmp_path_factory.mktemp("few") / "definitions")


@pytest.fixture(name="tree")
def _tree(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(few, tmp_path / "definitions")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "definitions"


def _checked(cache: Path | None = None, previous: str | None = None) -> tuple[Diagnostic, ...]:
    return validation.validate(Request(("definitions",), profile="strict", cache=cache, previous=previous)).diagnostics


def _at_once() -> tuple[Diagnostic, ...]:
    """The same with every document and record in memory."""
    return validation.validate_loaded(load("definitions", rules=ALL), Request(("definitions",), profile="strict"))


Change = Callable[[str, str, int], str]


def _without_line(text: str, other: str, number: int) -> str:
    lines = text.splitlines(keepends=True)
    del lines[number % len(lines)]
    return "".join(lines)


def _line_twice(text: str, other: str, number: int) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(number % len(lines), lines[number % len(lines)])
    return "".join(lines)


def _line_of_another(text: str, other: str, number: int) -> str:
    """A line that stands in another file: its id, its code, its flow."""
    lines, theirs = text.splitlines(keepends=True), other.splitlines(keepends=True)
    lines[number % len(lines)] = theirs[number % len(theirs)]
    return "".join(lines)


def _cut(text: str, other: str, number: int) -> str:
    return text[: number % len(text)]


def _wide(text: str, other: str, number: int) -> str:
    return text.replace(": ", "：", number % 3)


def _other_level(text: str, other: str, number: int) -> str:
    return re.sub("^level: .*$", f"level: {('省级', '县级', '国家级')[number % 3]}", text, flags=re.M)


def _its_basic_code(text: str, other: str, number: int) -> str:
    code = re.search(r'basic: "\w+"', other)
    return re.sub(r'basic: "\w+"', code[0], text) if code else text


def _ignoring(text: str, other: str, number: int) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(number % len(lines), "# govflow: ignore[GF-T03, catch-all-material] 试点\n")
    return "".join(lines)


def _becomes_the_other(text: str, other: str, number: int) -> str:
    return other


CHANGES: tuple[Change, ...] = (
    _without_line, _line_twice, _line_of_another, _cut, _wide, _other_level, _its_basic_code, _ignoring,
    _becomes_the_other,
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(CHANGES), st.integers(0, 30), st.integers(0, 400)),
    min_size=1,
    max_size=5,
)
Edits = list[tuple[int, Change, int, int]]


def _edited(folder: Path, edits: Edits) -> Iterator[None]:
    """Make one edit after the other; a stop after each."""
    for which, change, other, number in edits:
        files = sorted(folder.rglob("*.yaml"))
        file, their = files[which % len(files)], files[other % len(files)]
        file.write_text(change(file.read_text("utf-8") or "\n", their.read_text("utf-8") or "\n", number), "utf-8")
        yield


@given(edits=EDITS)
@settings(max_examples=20)  # each is checked four times after each of its edits
def test_item_by_item_finds_what_all_at_once_finds(
    few: Path, tmp_path_factory: pytest.TempPathFactory, edits: Edits
) -> None:
    """However files are damaged, summaries of the items say all that the rules need; and the cache never answers for another tree."""
    place = tmp_path_factory.mktemp("edits")
    shutil.copytree(few, place / "definitions")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for _ in _edited(place / "definitions", edits):
            fresh = _checked()
            assert fresh == _at_once()
            assert all(each.span.file for each in fresh)
            assert _checked(place / "cache") == fresh
            assert _checked(place / "cache") == fresh


def _county(tree: Path) -> Path:
    """The county's own version of an item, with a condition of its own; its file."""
    city = max((tree / "items").rglob("*.yaml"))
    text = re.sub(r"^id: \w+$", "id: N01", city.read_text("utf-8"), count=1, flags=re.M)
    text = re.sub("^level: .*$", "level: 县级", text, flags=re.M)
    text = re.sub("^conditions:\n", "conditions:\n  - 在本县纳税满一年\n", text, flags=re.M)
    county = tree / "items" / "county.yaml"
    county.write_text(text, "utf-8")
    return county


def test_any_number_of_processes_finds_the_same(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files judged by workers give the same findings in the same order, and progress is told to the end."""
    first = next((tree / "items").rglob("*.yaml"))
    first.write_text(first.read_text("utf-8").replace("visits: 0", "visits：0"), "utf-8")
    (tree / "items" / "broken.yaml").write_bytes(b"govflow: item/1\nid: [")
    _county(tree)
    alone = _checked()
    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr(workers, "_BATCH", 2)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "_may_start", lambda: True)  # whatever threads the test runner has
    pools: list[object] = []
    monkeypatch.setattr(
        concurrent.futures,
        "ProcessPoolExecutor",
        lambda *a, **k: pools.append(ProcessPoolExecutor(*a, **k)) or pools[-1],
    )
    told: list[tuple[int, int]] = []
    several = validation.validate(
        Request(("definitions",), profile="strict"), lambda done, total: told.append((done, total))
    )
    assert several.diagnostics == alone and pools
    assert {"GF-Y01", "GF-X04"} < {each.code for each in alone}
    assert told[-1][0] == told[-1][1] == len(list((tree / "items").rglob("*.yaml")))


@pytest.mark.parametrize("fault", [OSError, RuntimeError, NotImplementedError])
def test_where_no_process_can_be_started_one_does_the_work(
    tree: Path, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    """Some containers refuse to start processes or threads: that is no reason to fail."""
    alone = _checked()
    asked: list[int] = []

    def refuse(*_: object, **__: object) -> None:
        asked.append(1)
        raise fault("none here")

    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "_may_start", lambda: True)  # whatever threads the test runner has
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", refuse)
    assert _checked() == alone and asked


def test_an_environment_can_be_handed_to_a_process_that_is_not_forked(tree: Path) -> None:
    """Libraries, names and rules survive pickling, with places and read-only mappings."""
    libraries = [read(path.read_bytes(), str(path)) for path in sorted(tree.glob("*.yaml"))]
    environment = environment_of(libraries, ALL)
    other = pickle.loads(pickle.dumps(environment))
    for path in sorted((tree / "items").rglob("*.yaml")):
        document = read(path.read_bytes(), str(path))
        assert dumps(check_item_file(document, other)) == dumps(check_item_file(document, environment))


def test_what_travels_says_the_same(tree: Path) -> None:
    """A checked file comes back from its text as it was, and so do findings with fixes, notes and help."""
    texts = {str(path): path.read_text("utf-8") for path in sorted((tree / "items").rglob("*.yaml"))}
    texts["bad.yaml"] = (
        "govflow: item/1\nid：I01\nid: 2\nid: 3\nvisits：0\n# govflow: ignore[GF-M01] 理由\nx: &a [*a]\n"
    )
    environment = environment_of([read(path.read_bytes(), str(path)) for path in sorted(tree.glob("*.yaml"))], ALL)
    for name, text in texts.items():
        checked = check_item_file(read(text, name), environment)
        back = loads(dumps(checked), CheckedItem)
        for part in fields(CheckedItem):
            assert getattr(back, part.name) == getattr(checked, part.name), (name, part)
        assert loads(dumps(checked.found), tuple[Diagnostic, ...]) == checked.found


def _opens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes which item files are read again for the whole."""
    opened: list[str] = []
    inner = incremental._TreeRun.read_item

    def noted(self: incremental._TreeRun, name: str) -> object:
        opened.append(name)
        return inner(self, name)

    monkeypatch.setattr(incremental._TreeRun, "read_item", noted)
    return opened


def test_no_more_than_the_needed_items_are_held_whole(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Items that no theme, no variant and no finding names are read once and let go of."""
    example = min((tree / "items").rglob("*.yaml"))
    for number in range(30):
        text = re.sub(r"^id: \w+$", f"id: N{number:02}", example.read_text("utf-8"), count=1, flags=re.M)
        text = re.sub(r'basic: "\d{12}"', f'basic: "4201{number:05}000"', text)
        (tree / "items" / f"more-{number:02}.yaml").write_text(text, "utf-8")
    opened = _opens(monkeypatch)
    validation.validate(Request(("definitions",), profile="strict", ignore=("GF-C",)))
    assert not [name for name in opened if "more-" in name]
    assert len(opened) == len(set(opened))


# ---- what is known from earlier runs


def _digested(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes how often a file's content is looked at."""
    looked: list[int] = []

    def noted(raw: bytes) -> str:
        looked.append(len(raw))
        return content_digest(raw)

    monkeypatch.setattr(incremental, "content_digest", noted)
    monkeypatch.setattr(workers, "content_digest", noted)
    return looked


def test_an_unchanged_tree_is_not_even_read(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Size and times tell, once a file has rested; a file that was just written is read again to be sure."""
    first = _checked(tmp_path / "cache")
    looked = _digested(monkeypatch)
    assert _checked(tmp_path / "cache") == first
    assert len(looked) == len(list(tree.rglob("*.yaml")))
    monkeypatch.setattr("govflow.validation.cache._SETTLED_NS", -(10**19))
    looked.clear()
    assert _checked(tmp_path / "cache") == first
    assert looked == []
    food = sorted((tree / "items").rglob("*.yaml"))[0]
    food.write_text(food.read_text("utf-8").replace("visits: 0", "visits：0"), "utf-8")
    assert _checked(tmp_path / "cache") == _checked() != first


def test_one_changed_item_is_judged_alone(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change in one item the others are known; after one in a library every item is judged anew."""
    judged: list[str] = []
    inner = workers._outcome

    def noted(environment: Environment, job: workers.Job) -> workers.CheckedFile:
        judged.extend(name for name, _, _ in job if len(job) == 1)
        return inner(environment, job)

    monkeypatch.setattr(workers, "_outcome", noted)
    _checked(tmp_path / "cache")
    files = sorted(str(path.relative_to(tmp_path)) for path in (tree / "items").rglob("*.yaml"))
    assert sorted(judged) == files
    judged.clear()
    with Path(files[0]).open("a", encoding="utf-8") as file:
        file.write("# 一行\n")
    assert _checked(tmp_path / "cache") == _checked()
    assert judged[:1] == files[:1] and len(judged) == 1 + len(files)
    judged.clear()
    with (tree / "materials.yaml").open("a", encoding="utf-8") as file:
        file.write("# 一行\n")
    _checked(tmp_path / "cache")
    assert sorted(judged) == files


def test_two_levels_are_compared_again_when_either_has_changed(tree: Path, tmp_path: Path) -> None:
    """What is known of a pair holds as long as both files are the same."""
    county = _county(tree)
    first = _checked(tmp_path / "cache")
    assert "GF-X04" in {each.code for each in first}
    assert _checked(tmp_path / "cache") == first
    (tree / "themes").rename(tree / "other")  # another tree, in which the pair is known
    assert [each.code for each in _checked(tmp_path / "cache") if each.code == "GF-X04"] == ["GF-X04"]
    county.write_text(county.read_text("utf-8").replace("  - 在本县纳税满一年\n", ""), "utf-8")
    assert "GF-X04" not in {each.code for each in _checked(tmp_path / "cache")}
    city = max(each for each in (tree / "items").rglob("*.yaml") if each != county)
    city.write_text(re.sub("^case_type: .*$", "case_type: 即办件", city.read_text("utf-8"), flags=re.M), "utf-8")
    assert _checked(tmp_path / "cache") == _checked()
    assert "GF-X03" in {each.code for each in _checked()}


def test_a_library_that_looks_like_an_item_is_found_out(tree: Path, tmp_path: Path) -> None:
    """What a file seems to be is only a guess: everything is judged again beside the library that it is."""
    library = (tree / "departments.yaml").read_text("utf-8")
    assert "govflow: departments/1" in library
    disguised = 'note: "\ngovflow: item/1\n"\n' + library
    (tree / "departments.yaml").write_text(disguised, "utf-8")
    assert _checked() == _at_once() == _checked(tmp_path / "cache") == _checked(tmp_path / "cache")


def test_a_file_written_to_meanwhile_is_checked_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An item of a theme that changes between its judgement and the whole's is not read as two halves."""
    inner = pipeline.link
    theme_items = sorted((tree / "items").rglob("*.yaml"))
    times: list[int] = []

    def meanwhile(*given: object, **more: object) -> object:
        times.append(1)
        if len(times) == 1:
            for file in theme_items:
                file.write_text(file.read_text("utf-8") + "# 另一行\n", "utf-8")
        return inner(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "link", meanwhile)
    found = _checked()
    assert len(times) == 2
    assert found == _at_once()


def test_files_that_never_rest_are_refused_plainly(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree that changes with every look ends in a sentence, not in a loop."""

    def moved(self: incremental._TreeRun, name: str) -> object:
        raise incremental._FileChanged

    monkeypatch.setattr(incremental._TreeRun, "read_item", moved)
    with pytest.raises(validation.InvalidInput, match="一直在变"):
        _checked()


def test_the_last_release_is_known_too(tree: Path, tmp_path: Path) -> None:
    """With a last release its files are kept as well, and a change in it is seen."""
    shutil.copytree(tree, tmp_path / "released")
    food = sorted((tree / "items").rglob("*.yaml"))[0]
    food.write_text(food.read_text("utf-8").replace("\nflow:\n", "\nflow:\n  - receive: {role: window}\n", 1), "utf-8")
    found = _checked(previous="released")
    assert "GF-F07" in {each.code for each in found}
    for _ in range(2):
        assert _checked(tmp_path / "cache", "released") == found
    shutil.copytree(tree, tmp_path / "released", dirs_exist_ok=True)
    assert "GF-F07" not in {each.code for each in _checked(tmp_path / "cache", "released")}


def test_a_link_that_leads_out_is_seen_in_an_unchanged_tree(tree: Path, tmp_path: Path) -> None:
    """What is wrong with files as such belongs to the answer: it comes and goes with the link."""
    clean = _checked(tmp_path / "cache")
    (tree / "items" / "o.yaml").symlink_to("/etc/hostname")
    linked = _checked(tmp_path / "cache")
    assert {each.code for each in linked} - {each.code for each in clean} == {"GF-L16"}
    (tree / "items" / "o.yaml").unlink()
    (tree / "items" / "circle.yaml").symlink_to("circle.yaml")
    assert {each.code for each in _checked()} - {each.code for each in clean} == {"GF-L16"}
    (tree / "items" / "circle.yaml").unlink()
    assert _checked(tmp_path / "cache") == clean


def test_names_that_are_no_text_and_folders_without_end(tree: Path, tmp_path: Path) -> None:
    """A file name of any bytes is kept like another, and no depth of folders is too deep."""
    name = os.fsdecode(b"\xff\xfe.yaml")
    (tree / "items" / name).write_bytes(b"govflow: item/1\nid: [")
    for _ in range(2):
        assert _checked(tmp_path / "cache") == _checked()
    below, here = tree, os.open(tree, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    assert below.is_dir()
    found = validation.validate(Request(("definitions",)))
    subprocess.run(["rm", "-rf", str(tree / "d")], check=True)  # shutil recurses
    assert found.diagnostics


def test_a_broken_item_is_known_by_its_name_wherever_it_is_judged(tree: Path) -> None:
    """A broken file that would be an item takes its place among the items, however far down it says so."""
    taken = min((tree / "items").rglob("*.yaml")).name
    for head in ("", "# " + "x" * 5000 + "\n"):
        (tree / "themes" / taken).write_text(f"{head}govflow: item/1\nid: [", "utf-8")
        assert _checked() == _at_once()


def test_items_of_themes_are_read_once_more_and_no_more(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many items themes name, each is opened once for the whole."""
    theme = min((tree / "themes").rglob("*.yaml"))
    for number in range(20):
        text = re.sub(r"^id: \w+$", f"id: X{number:02}", theme.read_text("utf-8"), count=1, flags=re.M)
        (tree / "themes" / f"more-{number:02}.yaml").write_text(text, "utf-8")
    opened = _opens(monkeypatch)
    _checked()
    assert opened and len(opened) == len(set(opened))


def test_beside_threads_nothing_is_forked(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child would keep the locks that other threads hold; one core finds the same."""
    alone = validation.validate(Request((str(tree),)))
    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.delattr(concurrent.futures, "ProcessPoolExecutor")
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        beside = thread.submit(validation.validate, Request((str(tree),))).result()
    assert beside.diagnostics == alone.diagnostics


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """A run that is killed leaves no process behind."""
    program = (
        "import multiprocessing, os, time\n"
        "from govflow.validation import workers\n"
        "child = multiprocessing.get_context('fork').Process(target=lambda: (workers._begin(None), time.sleep(60)))\n"
        "child.start()\nprint(child.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)  # until the child watches
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            break
        time.sleep(0.1)
    else:
        pytest.fail("the worker is still there")


DAMAGE = {
    "no base": lambda file: file.write_bytes(b"not a base at all" * 100),
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[:5000]),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_as_good_as_none(tree: Path, tmp_path: Path, damage: str) -> None:
    """Whatever stands in the cache's file, the answer is right, now and the next time."""
    first = _checked(tmp_path / "cache")
    DAMAGE[damage](tmp_path / "cache" / FILE)
    for _ in range(3):
        assert _checked(tmp_path / "cache") == first


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]", "null", '{"a": 1}', "[[]]", "[1,2,3,4,5,6,7,8]"])
def test_damaged_entries_are_as_good_as_none(tree: Path, tmp_path: Path, text: str) -> None:
    """Entries that are no findings are found anew."""
    first = _checked(tmp_path / "cache")
    with sqlite3.connect(tmp_path / "cache" / FILE) as base:
        base.execute("update reports set value = ?", ("{" if text == "[]" else text,))
        base.execute("update files set value = ?", (text,))
    assert _checked(tmp_path / "cache") == first


def test_the_cache_forgets(tmp_path: Path) -> None:
    """Of a tree whose files come and go, and of rules that are not asked for any more, no more than some is kept."""
    for number in range(12):
        cache = Cache(tmp_path, number)
        cache.keep([(f"{n}", Row("1 1 1 1", 1, "d", "f"), "v") for n in range(10)], ["1"], "k", "r")
        cache.close()
    with sqlite3.connect(tmp_path / FILE) as base:
        assert base.execute("select count(distinct configuration) from files").fetchone() == (8,)
        assert base.execute("select count(*) from reports").fetchone() == (8,)
    cache = Cache(tmp_path, 11)
    cache.keep([(f"{n}", Row("1 1 1 1", 1, "d", "f"), "v") for n in range(500)], ["1", "2"], "other", "r")
    assert sorted(cache.rows()) == ["1", "2"]
    cache.close()


def test_a_folder_that_cannot_be_written_is_no_obstacle(tree: Path, tmp_path: Path) -> None:
    """A file stands where the cache's folder should be: nothing is kept, and nothing is lost."""
    (tmp_path / "cache").write_text("in the way", "utf-8")
    assert _checked(tmp_path / "cache") == _checked()
