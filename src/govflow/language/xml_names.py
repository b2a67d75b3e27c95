"""Ids of definitions inside the ids of BPMN elements."""

from functools import lru_cache


@lru_cache(maxsize=1 << 12)
def ncname(id: str) -> str:
    """An id as part of an XML name; every other character than ASCII letters and digits becomes `_`."""
    return "".join(character if character.isascii() and character.isalnum() else "_" for character in id)
