"""What every translation needs: plain data, the names of other entries, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from govflow.language.model import Share
from govflow.law.clocks import Limit

Data = Mapping[str, Any]


class Source(Protocol):
    """What a translation reads: the plain data and the file's name. A Document is one."""

    @property
    def data(self) -> Any:
        """Mappings, lists, text, numbers, true and false."""

    @property
    def file(self) -> str:
        """The file's name, for the record."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Plain data without a file behind it, such as a pinned definition."""

    data: Any
    file: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """Slug or code -> code, a kind; a name that is not known stays as it is."""

    items: Mapping[str, str] = field(default_factory=dict)
    materials: Mapping[str, str] = field(default_factory=dict)
    departments: Mapping[str, str] = field(default_factory=dict)

    def item(self, ref: str) -> str:
        """The code of an item named by code or slug."""
        return self.items.get(ref, ref)

    def material(self, ref: str) -> str:
        """The code of a material named by code or slug."""
        return self.materials.get(ref, ref)

    def department(self, ref: str) -> str:
        """The code of a department named by code or slug."""
        return self.departments.get(ref, ref)


NO_NAMES = Names()


def limit_of(text: str | None) -> Limit | None:
    """The limit, or None where none is given."""
    return None if text is None else Limit.parse(text)


def warn_of(text: str | None) -> Limit | Share | None:
    """When a light turns yellow: a length, or a share such as `20%`."""
    if text is not None and text.strip().endswith("%"):
        return Share(int(text.strip().removesuffix("%")))
    return limit_of(text)


def library_data(kind: str, entries: Data) -> dict[str, Data]:
    """What `Catalog.data` keeps of a library: `material:CODE` or `department:CODE` -> the entry."""
    shelf = kind.removesuffix("s")
    return {f"{shelf}:{code}": entry for code, entry in entries.items()}
