"""Whether an item or theme is in use and in force on the day decides whether it accepts an application."""

from pathlib import Path
from typing import Any

import pytest

import govflow
from govflow.catalog import load_texts
from tests.cases import ANSWERS, ROOT, accepted, apply_for, catalog, finish_item, watch


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "暂停"}, "已暂停，不受理新的办件"),
        ({"state": "取消"}, "已取消，不受理新的办件"),
        ({"valid_from": "2025-03-04"}, "自 2025-03-04 起施行"),
        ({"valid_from": "2025-03-03"}, ""),
        ({"valid_to": "2025-03-02"}, "已于 2025-03-02 失效"),
        ({"valid_to": "2025-03-03"}, ""),
    ],
)
def test_what_is_not_in_force_accepts_no_case(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """An item out of use, not yet in force or no longer so takes no application, alone or in a theme; the rest goes on."""
    texts = {str(path): path.read_text("utf-8") for path in (ROOT / "definitions").rglob("*.yaml")}
    (file,) = (name for name in texts if name.endswith("items/company-registration.yaml"))
    kept = [line for line in texts[file].splitlines() if line.split(":")[0] not in change]
    texts[file] = "\n".join([*kept, *(f"{key}: {value}" for key, value in change.items())]) + "\n"
    changed = load_texts(texts, rules=()).catalog
    before = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", catalog(), clock=watch("2025-03-03 09:00"))
    running = accepted(before)
    engine = govflow.Engine(f"sqlite:///{tmp_path}/cases.db", changed, clock=watch("2025-03-03 09:00"))
    for ref, answers in (("I01", {}), ("T1", ANSWERS)):
        if not said:
            assert apply_for(engine, ref, answers=answers, materials=()).id
            continue
        count = len(engine.cases(limit=50))
        with pytest.raises(govflow.NotAllowed, match=said) as refused:
            apply_for(engine, ref, answers=answers, materials=())
        assert "公司" in refused.value.zh and refused.value.en.isascii()
        assert len(engine.cases(limit=50)) == count
    assert finish_item(engine, running, "I01").state, "a case that was accepted before is finished"
