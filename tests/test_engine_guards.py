"""Values of any type and size at the door: a plain refusal, and nothing has changed."""

from pathlib import Path
from typing import Any

import pytest

import govflow
from govflow import GovflowError, InvalidInput
from tests.cases import ANSWERS, COMPANY, MATERIALS, accepted, apply_for, catalog, finish_item, watch


def _deep() -> list[Any]:
    nest: list[Any] = []
    for _ in range(10_000):
        nest = [nest]
    return nest


WEIRD = [
    None, 1, 10**20, 10**5000, 1.5, float("nan"), float("inf"), True, b"bytes", object(), [], {}, set(), (), [None], [[]],
    {"a": object()}, "", " ", "\ud800", "a\0b", "长" * 300_000, _deep(), "../../etc/passwd", "'; DROP TABLE cases; --",
    "{{7*7}}", "__import__('os').system('false')",
]  # fmt: skip


OPTIONAL = {
    ("apply", "key"), ("sweep", "now"), ("cases", "state"), ("cases", "ref"), ("cases", "after"), ("tasks", "department"),
    ("tasks", "role"), ("tasks", "case"), ("tasks", "light"), ("tasks", "after"),
}  # fmt: skip
"""None says that nothing was said."""

FILTERS = {("cases", "state"), ("tasks", "department"), ("tasks", "role"), ("tasks", "case")}
"""Any text is looked for, and nothing is found."""

TEXTS = {("apply", "key"), ("apply", "channel"), ("cases", "after"), ("tasks", "after")}
"""Any text will do."""

NUMBERS = {("cases", "limit"), ("tasks", "limit"), ("sweep", "limit"), ("history", "after")}
LISTS = {("apply", "materials"), ("apply", "drop"), ("required", "drop")}
"""None of them, in any kind of collection."""


def honest(place: tuple[str, str], value: Any, answer: Any) -> bool:
    """Whether this value is one that the parameter of this method may have, and the answer is the true one."""
    if value is None:
        return place in OPTIONAL
    if isinstance(value, str):
        return place in TEXTS or (place in FILTERS and not getattr(answer, "items", answer))
    if type(value) is int:
        return place in NUMBERS
    return place in LISTS and isinstance(value, list | dict | set | tuple) and not value


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> govflow.Engine:
    """One engine for all of these: nothing they do may change anything."""
    return govflow.Engine(f"sqlite:///{tmp_path_factory.mktemp('guards')}/cases.db", catalog(), clock=watch())


@pytest.mark.parametrize("value", WEIRD, ids=lambda v: f"{type(v).__name__}-{WEIRD.index(v) if v in WEIRD[:9] else ''}")
def test_no_value_gets_past_the_door(engine: govflow.Engine, value: Any) -> None:
    """Every parameter of every method with a strange value: a refusal that names it or an honest answer, and the same case after."""
    view = finish_item(engine, accepted(engine), "I01")
    task = view.open_tasks[0].id
    engine.sweep()
    before, history = engine.case(view.id), engine.history(view.id)
    full: dict[str, dict[str, Any]] = {
        "apply": {"ref": "T1", "applicant": COMPANY, "answers": ANSWERS, "materials": MATERIALS, "channel": "online",
                  "actor": "applicant:x", "key": None, "drop": []},
        "claim": {"task": task, "actor": "D99:x"},
        "release": {"task": task, "actor": "D01:x"},
        "complete": {"task": task, "actor": "D01:x", "outcome": "never", "opinion": "", "data": {}, "key": None},
        "ask_correction": {"case": view.id, "item": None, "missing": ["M09"], "actor": "D01:x"},
        "supplement": {"case": view.id, "materials": ["M09"], "actor": "applicant:x"},
        "suspend": {"case": view.id, "item": "I16", "procedure": "听证", "actor": "D09:x", "reason": "x"},
        "resume": {"case": view.id, "item": "I16", "procedure": None, "actor": "D09:x"},
        "extend": {"case": view.id, "item": "I16", "by": "99 workdays", "actor": "D09/head:x", "reason": "x"},
        "tasks": {"department": None, "role": None, "case": None, "light": None, "limit": 5, "after": None},
        "cases": {"state": None, "ref": None, "limit": 5, "after": None},
        "case": {"case": view.id}, "history": {"case": view.id, "after": 0}, "check": {"case": view.id},
        "explain": {"case": view.id, "clock": "I16/promised"}, "is_open": {"task": task}, "progress": {"case": view.id},
        "required": {"ref": "T1", "answers": ANSWERS, "drop": []}, "sweep": {"now": None, "limit": 10},
    }  # fmt: skip
    count = len(engine.cases(limit=500))
    for method, arguments in full.items():
        for name in arguments:
            try:
                answer = getattr(engine, method)(**{**arguments, name: value})
            except GovflowError as refusal:
                assert len(refusal.zh) < 3000 and refusal.en
                field = str(refusal.details.get("field", name))
                assert not isinstance(refusal, InvalidInput) or field.split("[")[0].split(".")[0] == name, (
                    method,
                    name,
                )
            else:
                assert honest((method, name), value, answer), (method, name)
    after = engine.case(view.id)
    assert (after, engine.history(view.id)) == (before, history)
    made = engine.cases(limit=500)[count:]
    assert all(engine.check(each["id"]) == [] for each in made), "what was accepted after all is sound"


def test_withdrawing_needs_words(engine: govflow.Engine) -> None:
    """A reason that is no text is refused, and the case goes on."""
    view = apply_for(engine)
    for reason in (None, 5, "x" * 20_000):
        with pytest.raises(GovflowError):
            engine.withdraw(view.id, actor="applicant:x", reason=reason)  # type: ignore[arg-type]
    assert engine.case(view.id).state == "received"


class _Safe(str):
    """Text as template engines mark it."""


class _Count(int):
    """A number with a class of its own."""


def test_kinds_of_text_and_numbers_are_kept_as_such(tmp_path: Path) -> None:
    """Subclasses of text and numbers, as web frameworks make them, are stored like plain ones."""
    engine = govflow.Engine(f"sqlite:///{tmp_path / 'a.db'}", catalog(), clock=watch())
    case = accepted(engine, channel=_Safe("online"), actor=_Safe("applicant:chen"))
    task = case.open_tasks[0]
    done = engine.complete(
        _Safe(task.id), actor=_Safe(f"{task.department}:officer"), outcome=_Safe("approve"), opinion=_Safe("同意"),
        data={_Safe("count"): _Count(3), "list": (_Safe("x"),)},
    )  # fmt: skip
    assert engine.check(done.id) == []
    data = [each.body["data"] for each in engine.history(done.id) if each.type == "task_completed"][-1]
    assert data == {"count": 3, "list": ["x"]}
    engine.close()


@pytest.mark.parametrize("depth", [65, 400, 900, 5_000])
def test_data_that_is_too_deep_is_refused(tmp_path: Path, depth: int) -> None:
    """Nested data end in a sentence at every depth, and 64 levels are kept."""
    engine = govflow.Engine(f"sqlite:///{tmp_path / 'a.db'}", catalog(), clock=watch())
    task = accepted(engine).open_tasks[0]
    deep: object = 1
    for _ in range(depth):
        deep = [deep]
    with pytest.raises(govflow.InvalidInput) as caught:
        engine.complete(
            task.id, actor=f"{task.department}:officer", outcome="approve", opinion="同意", data={"x": deep}
        )
    assert caught.value.details == {"field": "data"}
    engine.close()
