"""What holds in a region on a day: one document, each line with the place it was written in."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from govflow.catalog import Loaded, load, load_texts
from govflow.catalog.effective import effective_text
from govflow.compiler import to_bpmn
from govflow.errors import NotFound
from govflow.products.guide import service_guide

ROOT = Path(__file__).parents[1]
START = "import sys; from govflow.cli import main; sys.exit(main())"
VARIANT = "variants/food-business-permit.421303.yaml"


@pytest.fixture(scope="module")
def shipped() -> Loaded:
    """The definitions that ship with the package."""
    return load(ROOT / "definitions", rules=())


def _again(shipped: Loaded, text: str, code: str) -> Loaded:
    """The definitions with the printed document in the place of the standard item."""
    return load_texts({**shipped.sources, shipped.catalog.items[code].file: text}, rules=())


def test_the_document_says_what_the_catalog_says(shipped: Loaded) -> None:
    """Read again as an item, what is printed for each variant is exactly the effective item of the catalog."""
    assert len(shipped.catalog.variants) == 11
    for variant in shipped.catalog.variants:
        assert variant.baseline and variant.region
        text = effective_text(shipped, variant.baseline, variant.region)
        found = _again(shipped, text, variant.baseline).catalog.items[variant.baseline]
        assert replace(found, slug=variant.slug, baseline=variant.baseline, file=variant.file) == variant


def test_every_item_is_printed_without_loss(shipped: Loaded) -> None:
    """The standard items come out as they went in, whatever they hold."""
    items, regions = shipped.catalog.items.values(), shipped.catalog.departments
    printed = {item.file: effective_text(shipped, item.code, regions[item.department].region) for item in items}
    again = load_texts({**shipped.sources, **printed}, rules=()).catalog
    assert list(again.items.values()) == list(items)


def test_each_line_leads_to_where_it_was_written(shipped: Loaded) -> None:
    """The place at the end of a line is one where that key or value stands."""
    text = effective_text(shipped, "food-business-permit", "421303")
    seen = set()
    for line in text.splitlines()[1:]:
        found = re.search(r"  # (.+?):([0-9]+)$", line)
        assert found, line
        seen.add(Path(found[1]).name)
        written = Path(found[1]).read_text("utf-8").splitlines()[int(found[2]) - 1]
        words = re.match(r"\s*([a-zA-Z_-]+):", line)
        assert words is None or words[1] in written, (line, written)
    assert seen == {"food-business-permit.yaml", "food-business-permit.421303.yaml"}
    assert re.search(rf"\n    within: .4 workdays.  # .*{VARIANT}:[0-9]+\n", text)
    assert re.search(rf"\n# 不再要的材料 without: M09  # .*{VARIANT}:14\n", text) and "use: M09" not in text
    assert re.search(r"\n    within: .10 workdays.  # .*items/food-business-permit.yaml:[0-9]+\n", text)


def test_a_county_inherits_from_its_city_and_that_from_the_province(shipped: Loaded) -> None:
    """The county says where to go; who decides, how fast and with which materials is said by its city."""
    text = effective_text(shipped, "I07", "420606")
    for pattern in (
        r"\n    within: .4 workdays.  # .*permit.420600.yaml:[0-9]+\n",
        r"\n    within: .15 workdays.  # .*permit.420600.yaml:[0-9]+\n",
        r"\n    missed: withdrawn  # .*items/food-business-permit.yaml:[0-9]+\n",
        r"\ndepartment: N01  # .*permit.420606.yaml:[0-9]+\n",
        r"\n# 不再要的材料 without: M09  # .*permit.420600.yaml:[0-9]+\n",
        r"\n  consult: .0710-1236011.  # .*permit.420606.yaml:[0-9]+\n",
    ):
        assert re.search(pattern, text), pattern
    assert "use: M09" not in text


@pytest.mark.parametrize(
    ("region", "on", "level"),
    [
        ("421321", None, "县级"),
        ("421321", date(2025, 3, 3), "县级"),
        ("421300", None, "市级"),
        ("421322", None, "市级"),  # nothing of its own: what its city does
        ("420500", None, "省级"),  # another city: what the province says
        ("420000", None, "省级"),
    ],
)
def test_the_nearest_level_decides(shipped: Loaded, region: str, on: date | None, level: str) -> None:
    """A region has its own variant, else what the level above it has."""
    assert f"\nlevel: {level}  # " in effective_text(shipped, "I07", region, on)


@pytest.mark.parametrize(("region", "on"), [("440000", None), ("421321", date(1999, 1, 1))])
def test_where_nothing_holds_it_says_so(shipped: Loaded, region: str, on: date | None) -> None:
    """Another province, or a day before the definitions, is refused with the regions there are."""
    with pytest.raises(NotFound, match=f"{region}.*421321"):
        effective_text(shipped, "I07", region, on)


def test_a_variant_not_yet_in_force_does_not_hold(shipped: Loaded) -> None:
    """Before its first day, the county has what its city has."""
    file = next(name for name in shipped.sources if name.endswith("food-business-permit.421321.yaml"))
    later = shipped.sources[file].replace("valid_from: 2025-01-01", "valid_from: 2026-01-01")
    loaded = load_texts({**shipped.sources, file: later}, rules=())
    assert "\nlevel: 市级  # " in effective_text(loaded, "I07", "421321", date(2025, 12, 31))
    assert "\nlevel: 县级  # " in effective_text(loaded, "I07", "421321", date(2026, 1, 1))


def test_a_region_runs_its_item_from_a_folder_of_its_own(shipped: Loaded, tmp_path: Path) -> None:
    """As docs/language.md says: only a folder in which the printed item stands compiles, guides and promises as there."""
    local = tmp_path / "local"
    shutil.copytree(ROOT / "definitions", local)
    for file in local.glob("variants/food-business-permit.*.yaml"):
        file.unlink()
    (local / "items" / "food-business-permit.yaml").write_text(
        effective_text(shipped, "I07", "421321"), encoding="utf-8"
    )
    found = load(local, rules=())
    assert not found.diagnostics
    here, standard = found.catalog.items["I07"], shipped.catalog.items["I07"]
    assert (here.department, here.region, standard.department) == ("X01", "421321", "D01")
    assert here.limits.promised != standard.limits.promised
    for catalog, local_one in ((found.catalog, True), (shipped.catalog, False)):
        assert ("示范县市场监管局" in to_bpmn("I07", catalog).decode()) is local_one
        assert ("示范县市场监督管理局" in service_guide(catalog.items["I07"], catalog, "md")) is local_one


def test_the_command_prints_it() -> None:
    """`govflow effective` prints the document; a wrong region is one plain sentence."""
    for region, code, said in (
        ("421321", 0, "level: 县级  # definitions/variants/"),
        ("110000", 1, "没有适用于 110000"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", START, "effective", "I07", "--region", region, "--on", "2025-03-03"],
            cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "GOVFLOW_LANG": "zh"},
        )  # fmt: skip
        assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done
