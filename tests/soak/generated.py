"""Definitions drawn by chance: items of random flows, limits and procedures, and a theme with prerequisites over them."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

import yaml

import govflow
from govflow.catalog import load_texts
from tests import small
from tests.soak.program import draw

KINDS = ("review", "consult", "visit", "expert_review", "hearing", "publicise", "test", "pay", "pre_review")
PROCEDURES = {"hearing": "听证", "test": "检测", "expert_review": "专家评审"}
LIMITS = ("1 workday", "2 workdays", "3 workdays", "4 natural days")


@lru_cache(maxsize=64)
def catalog(seed: int) -> govflow.Catalog:
    """A sound catalogue of three items and a theme over them."""
    rng = draw(seed, "definitions")
    texts = {"departments.yaml": small.DEPARTMENTS, "materials.yaml": small.MATERIALS}
    for number in (1, 2, 3):
        texts[f"items/item-{number}.yaml"] = yaml.safe_dump(_item(rng, number), allow_unicode=True, sort_keys=False)
    texts["themes/all-three.yaml"] = yaml.safe_dump(_theme(rng), allow_unicode=True, sort_keys=False)
    loaded = load_texts(texts, rules=())
    assert loaded.ok, [(seed, d) for d in loaded.diagnostics]
    return loaded.catalog


def _item(rng: random.Random, number: int) -> dict[str, Any]:
    item: dict[str, Any] = yaml.safe_load(small.ITEM)
    item["id"] = f"I{number:02}"
    item["department"] = rng.choice(["D01", "D02"])
    code = "11421300MBXX00019B" if item["department"] == "D01" else "11421300MBXX000276"
    item["code"] = {"basic": f"42015000{number}000", "implementation": f"{code}342015000{number}000"}
    item["questions"] = [{"id": f"q{number}", "ask": {"zh-CN": "是否", "en": "Is it so?"}, "type": "boolean"}]
    item["special_procedures"] = [
        {"id": id, "kind": kind, "stops": rng.choice([["promised"], ["promised", "statutory"]]),
         "limit": rng.choice(["5 workdays", "10 natural days"]), "basis": "law"}
        for id, kind in PROCEDURES.items()
    ]  # fmt: skip
    promised = rng.choice(["5 workdays", "8 workdays", "12 natural days", "1 month"])
    item["limits"] |= {
        "promised": {"within": promised, "from": "accepted"},
        "correction": {
            "within": rng.choice(["5 workdays", "10 natural days"]),
            "missed": _missed(rng),
        },
        "delivery": rng.choice(["10 workdays", "10 natural days"]),
    }
    if rng.random() < 0.5:
        item["limits"]["post_check"] = {"within": "20 natural days", "from": "decided", "basis": "law"}
    item["flow"] = _flow(rng, number)
    if number < 3:
        item["flow"].insert(1, {"visit": {"id": "look", "role": "reviewer", "department": "D02"}})
    return item


def _flow(rng: random.Random, number: int) -> list[dict[str, Any]]:
    count = iter(range(100))
    middle: list[dict[str, Any]] = []
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.4:
            branches = [[_step(rng, number, next(count)) for _ in range(rng.randint(1, 2))] for _ in range(2)]
            middle.append({"together": branches})
        else:
            middle.append(_step(rng, number, next(count)))
    ends: list[dict[str, Any]] = [{"issue": {"role": "window"}}] if rng.random() < 0.7 else []
    ends.append({"deliver": {"role": "window"}})
    ends += [{"archive": {"role": "window"}}] if rng.random() < 0.5 else []
    decide = {"role": "head", "refuse": {"remedies": ["行政复议", "行政诉讼"]}}
    return [{"accept": {"role": "window"}}, *middle, {"decide": decide}, *ends]


def _step(rng: random.Random, number: int, count: int) -> dict[str, Any]:
    kind = rng.choice(KINDS)
    body: dict[str, Any] = {
        "id": f"s{number}-{count}", "name": {"zh-CN": f"环节{count}", "en": f"Step {count}"},
        "department": rng.choice(["D01", "D02"]),
    }  # fmt: skip
    if rng.random() < 0.4:
        body["within"] = rng.choice(LIMITS)
        if kind in ("consult", "review") and rng.random() < 0.6:
            body["silence"] = "no_objection"
    if kind in PROCEDURES and rng.random() < 0.7:
        body["procedure"] = kind
    if rng.random() < 0.25:
        body["when"] = {"fact": f"q{number}", "is": rng.random() < 0.5}
    return {kind: body}


def _theme(rng: random.Random) -> dict[str, Any]:
    questions = [
        {"id": "wants", "ask": {"zh-CN": "要不要", "en": "Wanted?"}, "type": "boolean"},
        {"id": "held", "ask": {"zh-CN": "已有", "en": "Held already?"}, "type": "boolean"},
    ]
    items: list[dict[str, Any]] = [{"item": "I01"}, {"item": "I02"}, {"item": "I03"}]
    if rng.random() < 0.5:
        items[0]["held_when"] = {"fact": "held", "is": True}
    for each in items[1:]:
        before = [code for code in ("I01", "I02") if code < each["item"] and rng.random() < 0.35]
        each |= {"after": before} if before else {}
    items[2]["when"] = {"fact": "wants", "is": True}
    return {
        "govflow": "theme/1", "id": "T1", "name": {"zh-CN": "三件一件事", "en": "all three"}, "audience": "enterprise",
        "lead": "D01", "state": "在用", "valid_from": "2024-01-01", "questions": questions, "items": items,
        "joint": {
            "visits": [{"id": "place", "name": "联合踏勘", "items": ["I01", "I02"]}],
            "correction": "one_notice", "refusal": {"of_one": "continue_independent", "dependants": "stop"},
            "hand_out": rng.choice(["together", "as_ready"]),
        },
        "limits": {
            "promised": {"within": "15 workdays", "from": "accepted"}, "joint_cap": "45 workdays",
            "correction_notice": "5 workdays", "correction": {"within": "5 workdays", "missed": _missed(rng)},
        },
    }  # fmt: skip


def _missed(rng: random.Random) -> str:
    return rng.choice(["withdrawn", "not_accepted", "not_accepted", "refused", "refused"])
