"""Paths of a running process: the ids of the elements around an activation, then its own (`s_joint/c_I07#2`)."""

from __future__ import annotations


def element_of(path: str) -> str:
    """The element at the end of a path, without the round."""
    return path.rpartition("/")[2].partition("#")[0]


def scope_of(path: str) -> str:
    """The path of the scope that an activation lies in; empty for the process itself."""
    return path.rpartition("/")[0]


def with_scopes(path: str) -> list[str]:
    """The scopes around an activation, outermost first, then its own path."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
