"""What `govflow demo` tells: true for other stories than the usual one, and English where English was asked for."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from govflow.apps import demo
from tests.cases import ROOT, catalog

ALONE = ("I08", "I09", "I16", "I17")


@lru_cache
def told(lang: str, area: int = 420, drop: tuple[str, ...] = ()) -> tuple[str, str]:
    """The lines of one story, and its history as JSON text."""
    lines: list[str] = []
    with TemporaryDirectory() as folder:
        demo.run("open-restaurant", catalog(), ROOT / "examples", {"premises_area": area}, drop, Path(folder), lang,
                 lines.append)  # fmt: skip
        history = (Path(folder) / "history.json").read_text(encoding="utf-8")
    return "\n".join(lines), history


@pytest.mark.parametrize("drop", [(), ALONE])
def test_english_lines_have_english_signs(drop: tuple[str, ...]) -> None:
    """No Chinese comma, colon, bracket or full stop stands in the English story."""
    text, _ = told("en", drop=drop)
    assert not [line for line in text.splitlines() if re.search("[，：（）；。、]", line)]


@pytest.mark.parametrize("drop", [(), ALONE, ("I07", *ALONE)])
def test_one_is_not_many(drop: tuple[str, ...]) -> None:
    """English counts one day, one item, one department, one result."""
    text, _ = told("en", drop=drop)
    assert not re.findall(r"\b1 (?:days|items|departments|results|steps|step warnings|workdays) ", text)
    assert "1 day counted" in text


def test_the_last_line_of_the_table_says_what_happened() -> None:
    """Planned, decided and handed out are three days: the last is not called the plan, nor the plan kept."""
    for lang, pattern in (
        ("zh", r"全件：计划最迟 (\S+) 全部决定，实际 (\S+) 全部决定，(\S+) 一次送达"),
        ("en", r"whole: all to be decided by (\S+), all decided on (\S+), handed out on (\S+)"),
    ):
        for drop in ((), ("I16",)):
            text, history = told(lang, drop=drop)
            case = json.loads(history)["case"]
            found = re.search(pattern, text)
            assert found is not None
            decided = max(item["decided"] for item in case["items"] if item["decided"])
            assert found[2] == decided[:10]  # people decide by day, where the date in UTC is the local one
            assert found[3] == max(r["delivered"] for r in case["results"])[:10]
            assert "I16" not in drop or found[1] < found[2]  # without the slowest item the plan was earlier


def test_the_english_story_names_units_apart() -> None:
    """A unit follows its number with a space."""
    assert "Floor area of the premises: 420 平方米" in told("en")[0]
    assert "营业场所建筑面积：420平方米" in told("zh")[0]
