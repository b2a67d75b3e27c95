"""Does everything that a definition names exist? One linear walk a document; the nearest name is suggested."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from govflow.catalog.conditions import answer_flaws, condition_flaws, default_flaws
from govflow.catalog.names import KIND_NAMES, Definition, Index, with_note
from govflow.diagnostics import Note, did_you_mean, nearest
from govflow.language.consistency import consistency_flaws, entries_of
from govflow.language.schema import Flaw, LocatedDiagnostic, finding
from govflow.language.source import Document
from govflow.law.notices import CalendarDataError, overlay_from
from govflow.rules import with_source
from govflow.text import Text

Path = tuple[str | int, ...]
Data = Mapping[str, Any]

_NAMED = 3  # files of a library named in a message


def reference_findings(document: Document, index: Index) -> Iterator[LocatedDiagnostic]:
    """Findings about names, ids and conditions of a document that passed its schema."""
    kind = document.kind[0] if document.kind else ""
    walk = _WALKS.get(kind)
    if walk is not None:
        for flaw in walk(document.data, index):
            yield with_source(finding(document, flaw))
    steps = steps_of(document.data["flow"], ("flow",)) if kind == "item" else ()
    for flaw in consistency_flaws(kind, document.data, steps):
        yield finding(document, flaw)
    yield from _twice(document, kind, index)


def _item(data: Data, index: Index) -> Iterator[Flaw]:
    yield from _names(index, "department", _at(data, "department", "entrusting"))
    yield from _names(index, "department", _listed(data, "joint_departments"))
    bases = [each["id"] for each in data.get("basis", ())]
    yield from _own("设定依据", "basis", bases, _bases_used(data))
    questions = {each["id"]: each for each in data.get("questions", ())}
    yield from default_flaws(data.get("questions", ()), ("questions",))
    yield from _materials(data, index, questions)
    yield from _flow(data, index, questions)
    for at, result in enumerate(entries_of(data, "results")):
        yield from _names(index, "material", _at(result, "material", under=("results", at)))
    commitment = data.get("commitment")
    if isinstance(commitment, dict):
        yield from _names(index, "material", _listed(commitment, "replaces", under=("commitment",)))
        yield from condition_flaws(commitment.get("when"), ("commitment", "when"), questions)


def _materials(data: Data, index: Index, questions: Mapping[str, Data]) -> Iterator[Flaw]:
    for at, use in enumerate(entries_of(data, "materials")):
        yield from _names(index, "material", _at(use, "use", under=("materials", at)))
        if "when" in use:
            yield from condition_flaws(use["when"], ("materials", at, "when"), questions)


def _bases_used(data: Data) -> Iterator[tuple[Path, str]]:
    """Every place where the item's own list of bases is referred to."""
    limits = data.get("limits", {})
    for name in ("statutory", "promised", "post_check"):
        limit = limits.get(name)
        if isinstance(limit, dict):
            yield from _at(limit, "basis", under=("limits", name))
            yield from _at(limit.get("extension", {}), "basis", under=("limits", name, "extension"))
    for at, procedure in enumerate(data.get("special_procedures", ())):
        yield from _at(procedure, "basis", under=("special_procedures", at))


def _flow(data: Data, index: Index, questions: Mapping[str, Data]) -> Iterator[Flaw]:
    procedures = [
        name for each in data.get("special_procedures", ()) for name in (each["id"], each.get("kind")) if name
    ]
    for path, _, step in steps_of(data["flow"], ("flow",)):
        yield from _names(index, "department", _at(step, "department", under=path))
        yield from _names(index, "department", _listed(step, "departments", under=path))
        yield from _own("特别程序", "special procedure", procedures, _at(step, "procedure", under=path))
        if "when" in step:
            yield from condition_flaws(step["when"], (*path, "when"), questions)


def steps_of(flow: Iterable[Any], path: Path) -> Iterator[tuple[Path, str, Data]]:
    """Every activity of a flow in order: its path, its word, its body."""
    for at, block in enumerate(flow):
        yield from _steps_in(block, (*path, at))


def _steps_in(block: Any, path: Path) -> Iterator[tuple[Path, str, Data]]:
    if isinstance(block, str):
        yield path, block, {}
        return
    for word, body in block.items():
        if word != "together":
            yield (*path, word), word, body
            continue
        for at, branch in enumerate(body):
            inner = (*path, word, at)
            yield from steps_of(branch, inner) if isinstance(branch, list) else _steps_in(branch, inner)


def _theme(data: Data, index: Index) -> Iterator[Flaw]:
    yield from _names(index, "department", _at(data, "lead"))
    yield from default_flaws(data.get("questions", ()), ("questions",))
    questions, complete = _theme_questions(data, index)
    held = {_code(index, each["item"]) for each in data["items"]}
    for at, entry in enumerate(data["items"]):
        under = ("items", at)
        yield from _names(index, "item", _at(entry, "item", under=under))
        yield from _names(index, "item", _listed(entry, "after", under=under))
        for key in ("when", "held_when") if questions or not complete else ():
            if key in entry:
                yield from condition_flaws(
                    entry[key], (*under, key), questions, complete=complete, choosing=key == "when"
                )
    if complete and not questions:
        yield from _nothing_asked(data)
    for at, visit in enumerate(data.get("joint", {}).get("visits", ())):
        yield from _inside(index, held, _listed(visit, "items", under=("joint", "visits", at)))
    for at, stage in enumerate(data.get("stages", ())):
        yield from _names(index, "department", _at(stage, "lead", under=("stages", at)))
        yield from _inside(index, held, _listed(stage, "items", under=("stages", at)))
    yield from _disagreeing(data, index)
    yield from _one_in_the_process(sorted(held), data, index)


def _one_in_the_process(codes: Sequence[str], data: Data, index: Index) -> Iterator[Flaw]:
    """Elements of the process are named by item and step: a_b of I01 and b of I01_a would have one name."""
    for at, entry in enumerate(data["items"]):
        code = _code(index, entry["item"])
        shorter = next((each for each in codes if code.startswith(f"{each}_")), None)
        if shorter is not None:
            yield Flaw(
                "duplicate-id", ("items", at, "item"),
                Text(f"事项代码 {shorter} 与 {code} 只差一个后缀，环节在流程里会成为同一个标识；请改其中一个。",
                f"The item codes {shorter} and {code} differ by a suffix only: their steps can become one in the process; "
                "rename one of them."),
            )  # fmt: skip


def _nothing_asked(data: Data) -> Iterator[Flaw]:
    """A theme that asks nothing cannot choose: one finding, not one a condition."""
    for at, entry in enumerate(data["items"]):
        if "when" in entry or "held_when" in entry:
            path: Path = ("questions",) if "questions" in data else ("items", at, "item")
            message = Text(
                "有按情形选办的事项，却没有情形题（questions）。",
                "Some items depend on the situation, but there is no question (questions).",
            )
            yield Flaw("no-questions", path, message)
            return


def _theme_questions(data: Data, index: Index) -> tuple[dict[str, Data], bool]:
    """The questions of a theme and of its items; and whether every item's questions could be read."""
    questions: dict[str, Data] = {}
    complete = True
    for item in _items_of(data, index):
        if item is None:
            complete = False
        else:
            questions |= {each["id"]: each for each in _questions(item)}
    questions |= {each["id"]: each for each in _questions(data)}
    return questions, complete


def _items_of(theme: Data, index: Index) -> Iterator[Any]:
    """The data of each item of a theme; None for one that is not there or could not be read."""
    for entry in theme["items"]:
        named = entry.get("item") if isinstance(entry, dict) else None
        place = index.find("item", named) if isinstance(named, str) else None
        yield place.document.data if place else None


def _questions(data: Any) -> list[Data]:
    """The well-formed questions of a document that may itself be faulty."""
    questions = data.get("questions", []) if isinstance(data, dict) else []
    if not isinstance(questions, list):
        return []
    return [each for each in questions if isinstance(each, dict) and _are_texts(each.get("id"), each.get("type"))]


def _are_texts(*values: object) -> bool:
    return all(isinstance(each, str) for each in values)


def _disagreeing(data: Data, index: Index) -> Iterator[Flaw]:
    """The same fact asked in two ways: by two items, or by the theme and an item."""
    asked: dict[str, tuple[str, Data]] = {}
    for entry, item in zip(data["items"], _items_of(data, index), strict=True):
        for question in _questions(item):
            first = asked.setdefault(question["id"], (entry["item"], question))
            if apart := _apart(first[1], question):
                at = data["items"].index(entry)
                yield _mismatch(question["id"], ("items", at, "item"), first[0], entry["item"], apart)
    for at, question in enumerate(data.get("questions", ())):
        other = asked.get(question["id"])
        if other and (apart := _apart(other[1], question)):
            yield _mismatch(question["id"], ("questions", at), other[0], "", apart)


def _mismatch(fact: str, path: Path, one: str, other: str, apart: list[Text]) -> Flaw:
    here, here_en = (f"事项 {other} ", f"item {other}") if other else ("主题", "the theme")
    zh, en = "、".join(each.zh for each in apart), ", ".join(each.en for each in apart)
    return Flaw(
        "question-mismatch",
        path,
        Text(
            f"情形 {fact} 在事项 {one} 和{here}里的{zh}不一样。",
            f"The fact {fact} differs between item {one} and {here_en}: {en}.",
        ),
        Text("同一个 id 必须是同一个问题。", "One id must be one question."),
    )


_ASPECTS = (
    ("type", Text("类型", "type")),
    ("unit", Text("单位", "unit")),
    ("minimum", Text("最小值", "minimum")),
    ("maximum", Text("最大值", "maximum")),
)


def _apart(one: Data, other: Data) -> list[Text]:
    """In what two questions differ, so that an answer to one is not always an answer to the other."""
    apart = [named for key, named in _ASPECTS if one.get(key) != other.get(key)]
    if _options(one) != _options(other):
        apart.append(Text("选项", "options"))
    return apart


def _options(question: Data) -> list[tuple[Any, Any]]:
    """Each answer with what it says in Chinese; a translation that only one of the files has is no difference."""
    options = question.get("options")
    if not isinstance(options, dict):
        return []
    return [(value, says.get("zh-CN") if isinstance(says, dict) else says) for value, says in options.items()]


def _inside(index: Index, held: set[str], refs: Iterable[tuple[Path, str]]) -> Iterator[Flaw]:
    """References to items that the theme itself must hold."""
    for path, name in refs:
        unknown = list(_names(index, "item", [(path, name)]))
        yield from unknown
        if not unknown and _code(index, name) not in held:
            message = Text(f"事项 {name} 不在本主题的 items 里。", f"Item {name} is not among the theme's items.")
            yield Flaw("unknown-reference", path, message)


def _code(index: Index, name: str) -> str:
    place = index.find("item", name)
    return place.code if place else name


def _material_library(data: Data, index: Index) -> Iterator[Flaw]:
    for code, entry in data["materials"].items():
        under = ("materials", code)
        if isinstance(entry, dict):
            yield from _names(index, "department", _at(entry, "issuer", under=under))
            yield from _names(index, "item", _at(entry, "result_of", under=under))


def _variant(data: Data, index: Index) -> Iterator[Flaw]:
    yield from _names(index, "item", _at(data, "of"))
    yield from _names(index, "department", _at(data, "department"))
    yield from _names(index, "material", _listed(data.get("materials", {}), "without", under=("materials",)))


def _scenarios(data: Data, index: Index) -> Iterator[Flaw]:
    target = index.find("theme", data["of"]) or index.find("item", data["of"])
    if target is None and not {"item", "theme"} & index.incomplete:
        known = [*index.shelves["item"], *index.shelves["theme"]]
        message = Text(f"没有编号或短名为 {data['of']} 的事项或主题。", f"No item or theme is called {data['of']}.")
        yield Flaw("unknown-reference", ("of",), message, did_you_mean(nearest(data["of"], known)))
    questions, complete = _asked(target, index)
    for at, scenario in enumerate(data["scenarios"]):
        if complete:
            yield from answer_flaws(scenario.get("given", {}), ("scenarios", at, "given"), questions)
        yield from _names(index, "item", _listed(scenario, "drop", under=("scenarios", at)))
        for part in ("steps", "expect"):
            for number, step in enumerate(scenario[part]):
                under = ("scenarios", at, part, number)
                if "at" in step:  # an expectation without it is about the end
                    yield from _real_day(step["at"], (*under, "at"))
                yield from _names(
                    index, "item", [*_at(step, "item", under=under), *_listed(step, "items", under=under)]
                )
                yield from _names(index, "material", _listed(step, "materials", under=under))
                yield from _names(index, "material", _listed(step, "missing", under=under))


def _asked(target: Definition | None, index: Index) -> tuple[dict[str, Data], bool]:
    """The questions of the item or theme that scenarios are about; and whether all could be read."""
    if target is None or not isinstance(target.document.data, dict):
        return {}, False
    data = target.document.data
    if "items" not in data:
        return {each["id"]: each for each in _questions(data)}, True
    entries = data["items"]
    sound = isinstance(entries, list) and all(isinstance(each, dict) and "item" in each for each in entries)
    return _theme_questions(data, index) if sound else ({}, False)


def _real_day(moment: str, path: Path) -> Iterator[Flaw]:
    """The schema's pattern lets the 31st of June through."""
    try:
        date.fromisoformat(moment[:10])
    except ValueError:
        message = Text(f"没有 {moment[:10]} 这一天。", f"There is no day {moment[:10]}.")
        yield Flaw("bad-date", path, message)


def _calendar(data: Data, _: Index) -> Iterator[Flaw]:
    """A notice whose days cannot be: outside its year, listed twice, an end before its beginning."""
    try:
        overlay_from(data)
    except CalendarDataError as fault:
        path: Path = tuple(int(part) if part.isdigit() else part for part in re.findall(r"\w+", fault.where))
        message = Text(
            f"这一项是 {fault.found}，应为{fault.expected.zh}。",
            f"{fault.found} cannot be: expected {fault.expected.en}.",
        )
        help = Text(
            "日子要在这份安排的年份里，只写一次；假期从先到后，不超过一个月。",
            "Days lie in the year of the notice and stand once; a holiday ends after it begins, within a month.",
        )
        yield Flaw("impossible-value", path, message, help)


_WALKS: Mapping[str, Callable[[Data, Index], Iterator[Flaw]]] = {
    "item": _item,
    "theme": _theme,
    "materials": _material_library,
    "variant": _variant,
    "scenarios": _scenarios,
    "calendar": _calendar,
}


def _names(index: Index, shelf: str, refs: Iterable[tuple[Path, str]]) -> Iterator[Flaw]:
    """A finding for each name that is on no shelf."""
    if shelf in index.incomplete:  # a file that could not be read may well define it
        return
    for path, name in refs:
        if isinstance(name, str) and index.find(shelf, name) is None:
            zh, en = KIND_NAMES[shelf]
            message = Text(f"没有编号或短名为 {name} 的{zh}。", f"No {en} has the code or slug {name}.")
            meant = nearest(name, index.shelves[shelf])
            yield Flaw("unknown-reference", path, message, did_you_mean(meant) or _where(shelf, index))


def _where(shelf: str, index: Index) -> Text:
    """Where something of this kind is defined: a file of its own for items and themes, a library for the others."""
    zh, en = KIND_NAMES[shelf]
    if shelf in ("item", "theme"):
        return Text(
            f"每个{zh}一个文件，写在 {shelf}s/ 里，第一个键是 govflow: {shelf}/1",
            f"Each {en} has a file of its own under {shelf}s/, whose first key is govflow: {shelf}/1",
        )
    files = list(dict.fromkeys(each.held.file for each in index.shelves[shelf].values()))[:_NAMED] or [f"{shelf}s.yaml"]
    return Text(
        f"{zh}在 {'、'.join(files)} 里定义；先写在那里，再引用",
        f"Define the {en} in {', '.join(files)} first",
    )


def _own(zh: str, en: str, known: list[str], refs: Iterable[tuple[Path, str]]) -> Iterator[Flaw]:
    """A finding for each reference to an id that this file should define."""
    for path, name in refs:
        if name not in known:
            listed = "、".join(dict.fromkeys(known)) or "无"
            help = did_you_mean(nearest(name, known)) or Text(f"本文件里有：{listed}", f"This file has: {listed}")
            yield Flaw(
                "unknown-reference", path, Text(f"没有 id 为 {name} 的{zh}。", f"No {en} has the id {name}."), help
            )


def _at(data: Data, *keys: str, under: Path = ()) -> Iterator[tuple[Path, str]]:
    for key in keys:
        if key in data:
            yield (*under, key), data[key]


def _listed(data: Data, key: str, under: Path = ()) -> Iterator[tuple[Path, str]]:
    for at, name in enumerate(data.get(key, ())):
        yield (*under, key, at), name


def _twice(document: Document, kind: str, index: Index) -> Iterator[LocatedDiagnostic]:
    """Ids that must differ within one file."""
    for list_path, key in _UNIQUE.get(kind, ()):
        entries: Any = document.data
        for step in list_path:
            entries = entries.get(step, ()) if isinstance(entries, dict) else ()
        ids: list[tuple[Path, str]] = [
            ((*list_path, at, key), each[key]) for at, each in enumerate(entries) if isinstance(each, dict)
        ]
        yield from _repeated(document, ids)
    if kind == "theme":
        entries = enumerate(document.data["items"])
        yield from _repeated(document, [(("items", at, "item"), _code(index, each["item"])) for at, each in entries])
    if kind == "item":
        yield from _repeated(document, _unconditional(document.data, index))
        steps = steps_of(document.data["flow"], ("flow",))
        yield from _repeated(document, [((*path, "id"), body.get("id", word)) for path, word, body in steps])


def _unconditional(data: Data, index: Index) -> Iterator[tuple[Path, str]]:
    """Uses of materials that must differ: a material may be used again only where every use has its own condition."""
    uses = [(("materials", at, "use"), each) for at, each in enumerate(entries_of(data, "materials"))]
    always = {_material(index, each["use"]) for _, each in uses if "when" not in each}
    for path, each in uses:
        if _material(index, each["use"]) in always:
            yield path, _material(index, each["use"])


def _material(index: Index, name: str) -> str:
    place = index.find("material", name)
    return place.code if place else name


_UNIQUE: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "item": (
        (("basis",), "id"),
        (("questions",), "id"),
        (("special_procedures",), "id"),
        (("results",), "id"),
    ),
    "theme": (
        (("questions",), "id"),
        (("stages",), "id"),
        (("joint", "visits"), "id"),
    ),
    "scenarios": ((("scenarios",), "name"),),
}


_APART = {
    "use": Text(
        "去掉一处，或者给每一处都写上条件 when。", "Remove one of them, or give each its own condition `when`."
    ),
    "item": Text("去掉一处。", "Remove one of them."),
}


def _repeated(document: Document, ids: Iterable[tuple[Path, str]]) -> Iterator[LocatedDiagnostic]:
    first: dict[str, Path] = {}
    for path, id in ids:
        if first.setdefault(id, path) is path:
            continue
        message = Text(f"{id} 在这个文件里用了两次。", f"{id} is used twice in this file.")
        help = _APART.get(str(path[-1]), Text("给其中一个写另一个 id。", "Give one of them another id."))
        found = finding(document, Flaw("duplicate-id", path, message, help))
        note = Note(Text("第一次出现在", "first here"), document.span(first[id]))
        yield LocatedDiagnostic(found.path, with_note(found.diagnostic, note))
