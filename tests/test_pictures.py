"""Every picture can be read: no text on another, on a shape or a line, none outside of what it names."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings

from govflow import catalog as loader
from govflow.compiler import pictures
from govflow.compiler.layout.geometry import text_width
from govflow.compiler.svg import FONTS, draw, to_svg
from govflow.language.model import Catalog
from govflow.text import Lang
from tests import catalogs
from tests.any_definition import items, long_named, themes
from tests.picture_checks import BOLD, check

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SHIPPED = Path(__file__).parents[1] / "definitions"
REFS = sorted(
    path.stem for kind in ("themes", "items") for path in (SHIPPED / kind).glob("*.yaml") if "." not in path.stem
)


@cache
def shipped() -> Catalog:
    """The definitions that the package is delivered with."""
    return loader.load(SHIPPED).catalog


def faults(ref: str, catalog: Catalog) -> list[str]:
    """What is wrong with the pictures of a theme or item, in both languages, with title and legend."""
    return [
        f"{lang}: {diagram.process.id}: {fault}"
        for lang in Lang
        for diagram in pictures(ref, catalog, lang)
        for fault in check(to_svg(diagram, {}, None, lang))
    ]


@pytest.mark.parametrize("ref", REFS)
def test_shipped_pictures_can_be_read(ref: str) -> None:
    """Every process of every shipped theme and item, in both languages."""
    assert faults(ref, shipped()) == []


@settings(max_examples=40)
@given(catalog=long_named(items("I1").map(lambda item: catalogs.catalog([item]))))
def test_any_item_with_any_names_can_be_read(catalog: Catalog) -> None:
    """Names of one sign and of ninety, of short words and of words that are wider than a task."""
    assert faults("I1", catalog) == []


@settings(max_examples=25)
@given(catalog=long_named(themes()))
def test_any_theme_with_any_names_can_be_read(catalog: Catalog) -> None:
    """The same with prerequisites, stages and lanes."""
    assert faults("T9", catalog) == []


BROKEN = [
    (
        r'<circle cx="(\d+)" cy="(\d+)" r="3"/>([^\n]*)<text x="\d+" y="\d+"( text-anchor="middle">资料审查<)',
        r'<circle cx="\1" cy="\2" r="3"/>\3<text x="\1" y="\2"\4',
        "lies on an icon of t_I07_file_review",
    ),
    (r"(>资料审查)<", r"\1资料审查资料审查资料审查<", "leaves t_I07_file_review"),
    (r'(<g id="b_I07_file_review_step_warning".*?cy=")\d+', r"\g<1>400", "hangs on []"),
    (r'(id="f_t_I07_file_review__[^"]*" d=")[^"]*', r"\1M0 0L9000 0", "leaves the canvas"),
    (r'(<rect id="c_I07" x=")\d+', r"\g<1>20", "lies on the border of c_I07"),
    (r'(<g id="t_I07_decide".*?<rect x="\d+" y="\d+" width=")\d+', r"\g<1>900", " overlap"),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN)
def test_the_checks_find_faults(old: str, new: str, said: str) -> None:
    """A picture that is spoiled by hand is found out, with the name of what lies wrong."""
    found, times = re.subn(old, new, draw("I07", shipped()), count=1, flags=re.DOTALL)
    assert times == 1
    assert any(said in fault for fault in check(found))


WIDTHS = """<script>
const rows = [...document.querySelectorAll("svg text")].map(t => [t.textContent, t.getBBox().width,
  +(t.getAttribute("font-size") || 12), t.hasAttribute("font-weight")]);
document.body.textContent = "[[" + JSON.stringify(rows) + "]]";
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_texts_are_no_wider_than_they_are_measured(tmp_path: Path) -> None:
    """What a browser shows, letter by letter and in every shipped picture, fits into what the layout left for it."""
    signs = "".join(map(chr, range(32, 127))) + "许可（）、：？"
    alone = "".join(f'<text xml:space="preserve">{html.escape(sign * 40)}</text>' for sign in signs.strip())
    drawn = [to_svg(each, {}, None, lang) for ref in REFS for lang in Lang for each in pictures(ref, shipped(), lang)]
    page = tmp_path / "page.html"
    font = FONTS.replace('"', "")
    page.write_text(
        f'<meta charset="utf-8"><body><svg font-family="{font}" font-size="12">{alone}</svg>{"".join(drawn)}{WIDTHS}',
        encoding="utf-8",
    )
    told = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    rows = json.loads(html.unescape(told[told.index("[[") + 2 : told.rindex("]]")]))
    assert len(rows) > 5000
    wider = {
        (text, round(seen), room)
        for text, seen, size, bold in rows
        for room in [round(text_width(text) * size / 12 * (BOLD if bold else 1), 1)]
        if seen > room
    }
    assert wider == set()
