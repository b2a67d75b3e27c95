"""Local variants of standard items: laid over their item, and refused where they loosen what the standard promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from govflow.building import Names, variant_from
from govflow.diagnostics import Message
from govflow.loader.names import slug_of
from govflow.model import Item
from govflow.schema import Finding, Flaw, finding
from govflow.source import Document

DEPTHS = ("I", "II", "III", "IV")


def variants_of(
    documents: Iterable[Document], names: Names, items: Mapping[str, Item], found: list[Finding]
) -> Iterator[Item]:
    """The effective items of sound variants; what loosens goes to `found`. One whose item is missing is left out."""
    seen: set[tuple[str, str]] = set()
    for document in documents:
        base = items.get(document.data["of"])
        if base is None:
            continue
        variant = variant_from(document, slug_of(document.file), base, names)
        flaws = [finding(document, flaw) for flaw in _loosened(document.data, base, variant)]
        if (base.code, document.data["region"]) in seen:
            flaws.append(finding(document, _again(document.data["region"])))
        seen.add((base.code, document.data["region"]))
        found += flaws
        if not flaws:
            yield variant


def _loosened(data: Mapping[str, Any], base: Item, variant: Item) -> Iterator[Flaw]:
    was, now = base.limits.promised, variant.limits.promised
    if was and now and was.within.unit == now.within.unit and now.within.value > was.within.value:
        yield _flaw(
            ("limits", "promised", "within"), f"{was.within.value} → {now.within.value}", "承诺时限", "the promise"
        )
    if variant.channels.visits > base.channels.visits:
        shown = f"{base.channels.visits} → {variant.channels.visits}"
        yield _flaw(("channels", "visits"), shown, "到现场次数", "the number of visits")
    if DEPTHS.index(variant.channels.online_depth) < DEPTHS.index(base.channels.online_depth):
        shown = f"{base.channels.online_depth} → {variant.channels.online_depth}"
        yield _flaw(("channels", "online_depth"), shown, "网上办理深度", "the online depth")
    used = {use.material for use in base.materials}
    left = {use.material for use in variant.materials}
    if len(used) - len(left) < len(data.get("materials", {}).get("without", ())):
        message = Message(
            "without 里有标准事项没有要的材料。", "`without` names a material that the standard item does not ask for."
        )
        yield Flaw("unknown-reference", ("materials", "without"), message)


def _again(region: str) -> Flaw:
    message = Message(f"这个事项在 {region} 已经有变体。", f"The item already has a variant for {region}.")
    return Flaw("duplicate-id", ("region",), message)


def _flaw(path: tuple[str, ...], shown: str, zh: str, en: str) -> Flaw:
    message = Message(
        f"{zh}比标准事项宽（{shown}），只能更有利于申请人。",
        f"Looser than the standard item: {en} ({shown}); a variant may only favour the applicant.",
    )
    return Flaw("loosening-variant", path, message)
