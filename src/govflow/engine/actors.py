"""Who acts: `D07:wang`, `D01/head:li`, `applicant:portal-8841`. `system:` is the engine's own and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from govflow.engine import inputs
from govflow.errors import InvalidInput
from govflow.language.model import Catalog
from govflow.text import Text
from govflow.vocabulary import Role

ROLES = tuple(role for role in Role if role is not Role.APPLICANT)


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor as written, and what it says: staff of a department in a role, or an applicant."""

    text: str
    kind: Literal["staff", "applicant"]
    department: str | None = None
    role: str | None = None


def actor_from(text: object, catalog: Catalog) -> Actor:
    """Read an actor; raises InvalidInput for another shape or a department that the catalog does not know."""
    text = inputs.checked_text(text, "actor", 120)
    department, role, name = parts_of(text)
    if not inputs.seen(name):
        raise _wrong(text)
    if text.startswith("applicant:"):
        return Actor(text, "applicant")
    found = catalog.departments.get(department)
    if found is None or (role and role not in ROLES):
        raise _wrong(text)
    return Actor(text, "staff", found.code, role or None)


def parts_of(text: str) -> tuple[str, str, str]:
    """Department (or `applicant`, `system`), role and name of an actor as written; empty where there is none."""
    who, _, name = text.partition(":")
    department, _, role = who.partition("/")
    return department, role, name


def _wrong(text: object) -> InvalidInput:
    return InvalidInput(
        Text(f"办理人 actor 是 {inputs.shown(text)}，应为“部门代码:姓名”（如 D07:王强）、“部门代码/角色:姓名”（如 D01/head:李敏，"
        f"角色为 {'、'.join(ROLES)}）或“applicant:编号”",
        f"actor {inputs.shown(text)}: expected DEPARTMENT:name, DEPARTMENT/role:name or applicant:id"), field="actor",
    )  # fmt: skip
