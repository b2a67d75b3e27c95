"""A bad and a good text for the rules of reading, form and ignoring; the tests check that each does what it says.

The rules of standardization carry theirs in the docstring of their check. Escapes such as \\u200b stand for characters
that cannot be seen. A text without a `govflow:` line is part of an item.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EXAMPLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # reading
        "yaml-syntax": ("audience: [企业法人\nfees: none", "audience: [企业法人]\nfees: none"),
        "repeated-key": ("region: '421300'\nregion: '420100'", "region: '421300'"),
        "full-width-punctuation": ("channels:\n  visits：0", "channels:\n  visits: 0"),
        "tab-indentation": ("channels:\n\tvisits: 0", "channels:\n  visits: 0"),
        "tag-refused": ('region: !!str "421300"', 'region: "421300"'),
        "several-documents": ("region: '421300'\n---\nregion: '420100'", "region: '421300'"),
        "hidden-character": ("region\\u200b: '421300'", "region: '421300'"),
        "merge-key": ("channels: {<<: {visits: 0}}", "channels: {visits: 0}"),
        "unknown-kind": ("govflow: item", "govflow: item/1"),
        "complex-key": ("? [a, b]\n: 1", "a: 1\nb: 1"),
        "not-a-mapping": ("- I01\n- I02", "items: [I01, I02]"),
        "full-width-quotes": ("name: “小餐饮登记”", "name: 小餐饮登记"),
        "unknown-alias": ("conditions: *shared", "conditions: &shared [年满十八周岁]"),
        "full-width-space": ("channels:\n　visits: 0", "channels:\n  visits: 0"),
        # form
        "unknown-key": ("regoin: '421300'", "region: '421300'"),
        "missing-key": ("materials: [{when: {fact: married, is: true}}]", "materials: [{use: M01}]"),
        "wrong-type": ("audience: 企业法人", "audience: [企业法人]"),
        "unknown-value": ("level: 地级", "level: 市级"),
        "bad-limit": ("limits: {delivery: 很快}", "limits: {delivery: 5 workdays}"),
        "bad-date": ("valid_from: 2025-02-30", "valid_from: 2025-03-01"),
        "malformed-text": ("region: '4213'", "region: '421300'"),
        "out-of-range": ("channels: {visits: -1}", "channels: {visits: 0}"),
        "bad-shape": (
            "flow:\n  - accept: {role: window}\n    decide: {role: head}",
            "flow:\n  - accept: {role: window}\n  - decide: {role: head}",
        ),
        "unknown-version": ("govflow: item/9", "govflow: item/1"),
        "unknown-reference": ("materials: [{use: M99}]", "materials: [{use: M01}]"),
        "duplicate-id": (
            "questions:\n  - {id: area, ask: 面积, type: number}\n  - {id: area, ask: 建筑面积, type: number}",
            "questions:\n  - {id: area, ask: 面积, type: number}",
        ),
        "impossible-value": (
            "questions: [{id: area, ask: 面积, type: number}]\nmaterials: [{use: M01, when: {fact: area, before: 2025-01-01}}]",
            "questions: [{id: area, ask: 面积, type: number}]\nmaterials: [{use: M01, when: {fact: area, at_least: 300}}]",
        ),
        "constant-condition": (
            "questions: [{id: area, ask: 面积, type: number, minimum: 0}]\n"
            "materials: [{use: M01, when: {fact: area, at_least: 0}}]",
            "questions: [{id: area, ask: 面积, type: number, minimum: 0}]\n"
            "materials: [{use: M01, when: {fact: area, at_least: 300}}]",
        ),
        "reversed-order": (
            "valid_from: 2025-06-01\nvalid_to: 2025-01-01",
            "valid_from: 2025-01-01\nvalid_to: 2025-06-01",
        ),
        "key-without-effect": (
            "flow:\n  - accept: {role: window}\n  - visit: {silence: no_objection, within: 3 workdays}",
            "flow:\n  - accept: {role: window}\n  - consult: {silence: no_objection, within: 3 workdays}",
        ),
        # ignoring
        "suppression-without-reason": (
            "fees: none  # govflow: ignore[unknown-key]",
            "fees: none",
        ),
        "suppression-unknown": ("fees: none  # govflow: ignore[no-such-rule] 理由", "fees: none"),
        "suppression-unused": ("fees: none  # govflow: ignore[unknown-key] 理由", "fees: none"),
    }
)
