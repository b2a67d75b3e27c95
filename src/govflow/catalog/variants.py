"""Local variants of standard items: each laid over the nearest one above it, and refused where it is less favourable.

Above a variant stands the sound variant of the same item whose region holds its own most closely (building.regions),
else the standard item. What the one above allows is what this one is measured by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from govflow.catalog.names import slug_of, with_note
from govflow.catalog.overlay import Layers, plain_of
from govflow.diagnostics import Note
from govflow.language.building import Names, item_from
from govflow.language.building.regions import around, holds, reach
from govflow.language.model import Department, Fee, Item
from govflow.language.schema import Flaw, LocatedDiagnostic, finding
from govflow.language.source import Document
from govflow.law.clocks import Limit, compare, compare_on_calendar
from govflow.text import Lang, Text

DEPTHS = ("I", "II", "III", "IV")
STARTS = ("received", "accepted", "decided", "notified")
WAYS = {"post": "快递", "online_payment": "网上缴费", "mobile": "手机办理", "appointment": "预约"}
NONE = Text("无", "none")
TOGETHER = Text(
    "本地的部门、层级、编码一起写：department、level、code。",
    "Write the local body, its level and its codes together: department, level, code.",
)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Sound:
    """An item that variants may lie over: a standard item, or a sound variant with the documents above it.

    `documents` are those that a value may come from, its own first, the standard item's left out.
    """

    item: Item
    layers: Layers
    documents: tuple[Document, ...] = ()


def variants_of(
    documents: Iterable[Document],
    names: Names,
    items: Mapping[str, Item],
    read_item: Callable[[str], Document],
    departments: Mapping[str, Department],
    found: list[LocatedDiagnostic],
) -> Iterator[Item]:
    """The effective items of sound variants, in the order of the documents; what is less favourable goes to `found`.

    In whatever order they are read, those of wider regions are laid first. A faulty variant is passed over: the ones
    below lie over the next sound one. A variant whose item is missing is left out.

    Args:
        documents: the variants that are sound in form and references.
        names: turns slugs into codes.
        items: the standard items that stand.
        read_item: gives the document of an item's file.
        departments: the departments that stand.
        found: takes the findings.
    """
    above: dict[tuple[str, str], _Sound] = {}
    first: dict[tuple[str, str], Document] = {}
    sound: dict[int, Item] = {}
    standards: dict[str, _Sound] = {}
    for at, document in sorted(enumerate(documents), key=lambda each: len(reach(each[1].data["region"]))):
        of, region = document.data["of"], document.data["region"]
        if of not in standards:
            item = items.get(of)
            if item is None:
                continue
            standards[of] = _Sound(item, Layers.of(read_item(item.file)))
        standard = standards[of]
        code = standard.item.code
        base = next((over for each in around(region) if (over := above.get((code, each)))), standard)
        layers = base.layers.over(document, names)
        effective = item_from(plain_of(layers.local(document, names), document), slug_of(document.file), names)
        variant = replace(effective, baseline=code)
        compared = _Comparison(document.data, base.item, variant, standard.item, names)
        flaws = [_found(document, flaw, base.documents) for flaw in compared.flaws()]
        place = (code, reach(region))
        if first.setdefault(place, document) is not document:
            flaws.append(_again(document, first[place]))
        found += flaws
        found += [finding(document, flaw) for flaw in _handled_elsewhere(variant, document.data, departments)]
        if not flaws:
            above[place] = _Sound(variant, layers, (document, *base.documents))
            sound[at] = variant
    return (sound[at] for at in sorted(sound))


def _handled_elsewhere(variant: Item, data: Mapping[str, Any], departments: Mapping[str, Department]) -> Iterator[Flaw]:
    """A department that is not one for the variant's region, by its own region, its level, or the code of its items.

    A warning, and the variant holds: what a province makes better must not be lost to its counties for it.
    """
    department, region = departments.get(variant.department), variant.region or ""
    if department is None:
        return
    own = "department" in data
    code, written = variant.implementation, data.get("code", {}).get("implementation")
    path: Path = ("department",) if own else ("region",)
    if department.region and not holds(department.region, region):
        whose = Text("", "the department") if own else Text("标准事项的", "the standard item's department")
        message = Text(
            f"{whose.zh}部门 {department.code}（{department.region}）管不到 {region}。",
            f"{whose.en[0].upper()}{whose.en[1:]} {department.code} ({department.region}) is not one for {region}.",
        )
    elif (own or "level" in data) and department.level and department.level != variant.level:
        path = ("level",) if "level" in data else path
        message = Text(
            f"部门 {department.code} 是{department.level}的，变体是{variant.level}的。",
            f"Department {department.code} is of the level {department.level}, the variant of the level {variant.level}.",
        )
    elif own and department.uscc and code and not written and not code.startswith(department.uscc):
        message = Text(  # a written one is the business of GF-C03
            f"没有写 {department.code} 的实施编码，标准事项的 {code} 是别的部门的。",
            f"No implementation code of {department.code}: the standard item's {code} is another body's.",
        )
    else:
        return
    yield Flaw("foreign-department", path, message, TOGETHER)


class _Comparison:
    """A variant beside the one above it: every value that is worse for the applicant is a flaw."""

    def __init__(self, data: Mapping[str, Any], base: Item, variant: Item, standard: Item, names: Names) -> None:
        self.data = data
        self.base = base
        self.variant = variant
        self.standard = standard
        self.names = names
        self.above = (
            Text(f"标准事项 {base.code}", f"the standard item {base.code}")
            if base.baseline is None
            else Text(f"上一级的变体 {base.slug}", f"the variant {base.slug} above")
        )

    def flaws(self) -> Iterator[Flaw]:
        """Each in the order of the language's keys."""
        yield from self._promise()
        yield from self._other_limits()
        yield from self._procedures()
        yield from self._channels()
        yield from self._materials()
        yield from self._licences()
        yield from self._fees()

    def _promise(self) -> Iterator[Flaw]:
        # Where nothing is promised above, the law's own limit is what a promise must keep.
        was, now = self.base.limits.promised or self.base.limits.statutory, self.variant.limits.promised
        if was is None or now is None or now == self.base.limits.promised:
            return
        path = ("limits", "promised")
        if compare(now.within, was.within) > 0:
            yield self._longer((*path, "within"), was.within, now.within, "承诺时限", "the promise")
        if STARTS.index(now.start) > STARTS.index(was.start):
            yield self._worse(
                (*path, "from"), was.start, now.start, "承诺时限的起算点", "the event that starts the promise"
            )
        if now.extension and (was.extension is None or compare(now.extension.by, was.extension.by) > 0):
            before = was.extension.by if was.extension else None
            yield self._longer(
                (*path, "extension", "by"), before, now.extension.by, "可以延长的时间", "the possible extension"
            )

    def _other_limits(self) -> Iterator[Flaw]:
        was, now = self.base.limits, self.variant.limits
        if compare(now.correction_notice, was.correction_notice) > 0:
            yield self._longer(
                ("limits", "correction_notice"), was.correction_notice, now.correction_notice,
                "告知补正的期限", "the period for the notice of correction",
            )  # fmt: skip
        if compare(was.correction.within, now.correction.within) > 0:
            yield self._shorter(
                ("limits", "correction", "within"), was.correction.within, now.correction.within,
                "申请人补正的时间", "the applicant's time for correction",
            )  # fmt: skip
        if compare(now.delivery, was.delivery) > 0:
            yield self._longer(("limits", "delivery"), was.delivery, now.delivery, "送达期限", "the delivery")
        fast, faster = self.base.green_channel, self.variant.green_channel
        if fast and faster and compare(faster, fast) > 0:
            yield self._longer(("green_channel", "within"), fast, faster, "绿色通道的时限", "the green channel's limit")

    def _procedures(self) -> Iterator[Flaw]:
        known = {each.id: each.limit for each in self.base.special_procedures}
        for at, each in enumerate(self.data.get("special_procedures", ())):
            path, limit = ("special_procedures", at), Limit.parse(each["limit"])
            if each["id"] not in known:
                yield self._missing((*path, "id"), f"特别程序 {each['id']}", f"special procedure {each['id']}")
            elif (was := known[each["id"]]) and compare(limit, was) > 0:
                yield self._longer((*path, "limit"), was, limit, "特别程序的时间", "the special procedure")

    def _channels(self) -> Iterator[Flaw]:
        was, now = self.base.channels, self.variant.channels
        if now.visits > was.visits:
            yield self._worse(("channels", "visits"), was.visits, now.visits, "到现场次数", "the number of visits")
        if DEPTHS.index(now.online_depth) < DEPTHS.index(was.online_depth):
            path = ("channels", "online_depth")
            yield self._worse(path, was.online_depth, now.online_depth, "网上办理深度", "the online depth")
        gone = "、".join(each for each in was.forms if each not in now.forms)
        if gone:
            yield self._worse(("channels", "forms"), gone, None, "办理形式", "the ways to apply")
        for key, zh in WAYS.items():
            if getattr(was, key) and not getattr(now, key):
                yield self._worse(("channels", key), "true", "false", zh, f"`{key}`")

    def _materials(self) -> Iterator[Flaw]:
        # What a level above has already left out may be named again: it stays out should that level ask for it once more.
        asked = {use.material for use in self.standard.materials}
        written = self.data.get("materials", {})
        named: list[tuple[Path, str]] = [(("without", at), each) for at, each in enumerate(written.get("without", ()))]
        named += [(("defer", at, "use"), each["use"]) for at, each in enumerate(written.get("defer", ()))]
        for path, ref in named:
            if self.names.material(ref) not in asked:
                yield self._missing(("materials", *path), f"要 {ref} 这份材料", f"material {ref}")
        for at, each in enumerate(written.get("defer", ())):
            limit, code = Limit.parse(each["within"]), self.names.material(each["use"])
            before = [use.defer for use in self.base.materials if use.material == code and use.defer]
            was = next((each for each in before if compare(each, limit) > 0), None)
            if was:
                yield self._shorter(
                    ("materials", "defer", at, "within"), was, limit, "容缺后补的时间", "the time for handing in later"
                )

    def _licences(self) -> Iterator[Flaw]:
        known = {each.id: each.elicence for each in self.base.results}
        for at, each in enumerate(self.data.get("results", ())):
            if each["id"] not in known:
                yield self._missing(("results", at, "id"), f"结果 {each['id']}", f"result {each['id']}")
            elif (was := known[each["id"]]) not in (None, each["elicence"]):
                zh = f"结果 {each['id']} 在{self.above.zh} 已有电子证照“{was}”，不能改名。"
                en = f"Result {each['id']} has the e-licence {was} in {self.above.en}; a variant cannot rename it."
                yield Flaw("loosening-variant", ("results", at, "elicence"), Text(zh, en))

    def _fees(self) -> Iterator[Flaw]:
        known = {each.name: each for each in self.base.fees}
        written = self.data.get("fees", ())
        for at, each in enumerate(written if isinstance(written, list) else ()):
            path, fee = ("fees", at), known.get(each["name"])
            if fee is None:
                yield self._worse((*path, "name"), None, each["name"], "收费项目", "a fee")
            elif not _cheaper(fee, each.get("standard", fee.standard)):
                yield self._worse((*path, "standard"), fee.standard, each["standard"], "收费标准", "the fee")

    def _longer(self, path: Path, was: Limit | None, now: Limit, zh: str, en: str) -> Flaw:
        found = compare_on_calendar(now, was) if was and was.unit != now.unit else None
        example = found.example if found else None
        return self._limit(path, was, now, (example.start, example.other, example.one) if example else None, zh, en)

    def _shorter(self, path: Path, was: Limit, now: Limit, zh: str, en: str) -> Flaw:
        example = compare_on_calendar(was, now).example if was.unit != now.unit else None
        return self._limit(path, was, now, (example.start, example.one, example.other) if example else None, zh, en)

    def _limit(
        self, path: Path, was: Limit | None, now: Limit, example: tuple[date, date, date] | None, zh: str, en: str
    ) -> Flaw:
        """`example`: where the units differ, a start date and both due dates, because the numbers show nothing."""
        shown_zh, shown_en = (f"{was.text(lang) if was else NONE.text(lang)} → {now.text(lang)}" for lang in Lang)
        if example:
            start, before, after = example
            shown_zh += f"，如 {start} 起算，{before} → {after} 到期"
            shown_en += f", as when begun on {start}: due {before} → {after}"
        return self._flaw(path, Text(shown_zh, shown_en), zh, en)

    def _worse(self, path: Path, was: object, now: object, zh: str, en: str) -> Flaw:
        def show(lang: Lang) -> str:
            return " → ".join(NONE.text(lang) if each is None else str(each) for each in (was, now))

        return self._flaw(path, Text(show(Lang.ZH), show(Lang.EN)), zh, en)

    def _flaw(self, path: Path, shown: Text, zh: str, en: str) -> Flaw:
        message = Text(
            f"{zh}不如{self.above.zh}（{shown.zh}），变体只能更有利于申请人。",
            f"Less favourable than {self.above.en}: {en} ({shown.en}); a variant may only favour the applicant.",
        )
        return Flaw("loosening-variant", path, message)

    def _missing(self, path: Path, zh: str, en: str) -> Flaw:
        return Flaw(
            "unknown-reference",
            path,
            Text(f"标准事项 {self.standard.code} 没有{zh}。", f"The standard item {self.standard.code} has no {en}."),
        )


_YUAN = re.compile(r"([0-9]+(?:\.[0-9]+)?|[〇零一二两三四五六七八九十百千]+)(?=\s*元)")
_DIGITS = "〇一二三四五六七八九"
_PLACES = {"十": 10, "百": 100, "千": 1000}


def _cheaper(fee: Fee, standard: str) -> bool:
    """Whether a fee's standard says the same with no amount of yuan higher; other wording cannot be compared."""
    before, after = (_YUAN.findall(text) for text in (fee.standard, standard))
    if _YUAN.sub("", fee.standard) != _YUAN.sub("", standard) or len(before) != len(after):
        return False
    return all(_amount(now) <= _amount(was) for was, now in zip(before, after, strict=True))


def _amount(text: str) -> Decimal:
    """The number that digits, or Chinese numerals below ten thousand, stand for."""
    if text[0] in "0123456789":
        return Decimal(text)
    total = digit = 0
    for char in text.replace("两", "二").replace("零", "〇"):
        if char in _PLACES:
            total += (digit or 1) * _PLACES[char]
            digit = 0
        else:
            digit = _DIGITS.index(char)
    return Decimal(total + digit)


def _found(document: Document, flaw: Flaw, above: tuple[Document, ...]) -> LocatedDiagnostic:
    """The flaw in its place, with the place above where the value it is measured by is written, if a variant wrote it."""
    found = finding(document, flaw)
    origin = next((each for each in above if _writes(each.data, flaw.path)), None)
    if origin is None:
        return found
    note = Note(Text("上一级写在这里", "written above here"), origin.span(flaw.path))
    return LocatedDiagnostic(found.path, with_note(found.diagnostic, note))


def _writes(data: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


def _again(document: Document, first: Document) -> LocatedDiagnostic:
    region = document.data["region"]
    message = Text(f"这个事项在 {region} 已经有变体。", f"The item already has a variant for {region}.")
    found = finding(document, Flaw("duplicate-id", ("region",), message))
    note = Note(Text("第一次出现在", "first here"), first.span(("region",)))
    return LocatedDiagnostic(found.path, with_note(found.diagnostic, note))
