"""What a project has settled once: `govflow.toml`, or `[tool.govflow]` in pyproject.toml, found upward."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govflow.diagnostics import FORMATS, Severity, nearest
from govflow.errors import InvalidInput
from govflow.rules import PROFILES, Profile
from govflow.text import Lang, Text

_WORDS = {
    "profile": PROFILES,
    "fail-on": tuple(each.word for each in Severity),
    "format": FORMATS,
}
_LISTS = ("paths", "select", "ignore")
_FLAGS = ("inline-ignores",)
_FILES = ("baseline", "previous")
_KEYS = (*_WORDS, "lang", *_LISTS, *_FLAGS, *_FILES)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a project; `file` is where they stand, and paths in them count from its folder."""

    file: Path | None = None
    paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: Profile = "recommended"
    fail_on: str = "error"
    format: str = "full"
    lang: Lang | None = None
    inline_ignores: bool = True
    baseline: str | None = None
    previous: str | None = None

    def path(self, text: str) -> str:
        """A path written in the settings, as seen from the working folder."""
        if self.file is None:
            return text
        whole = self.file.parent / text
        here = Path.cwd()
        return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(whole)


def settings_for(folder: Path) -> Settings:
    """The settings that hold in a folder: the nearest file upward; the defaults when there is none.

    InvalidInput says what is wrong with a settings file, and where.
    """
    start = folder.absolute()
    for each in (start, *start.parents):
        own, shared = each / "govflow.toml", each / "pyproject.toml"
        if own.is_file():
            return _settings(own, _table(own))
        if shared.is_file():
            tool = _table(shared).get("tool")
            if isinstance(tool, dict) and isinstance(tool.get("govflow"), dict):
                return _settings(shared, tool["govflow"])
    return Settings()


def _table(file: Path) -> dict[str, Any]:
    try:
        # loaded for a folder that has settings: 2 ms of a run in any other
        found: dict[str, Any] = importlib.import_module("tomllib").loads(file.read_bytes().decode("utf-8-sig"))
        return found
    except ValueError as fault:  # of TOML or of UTF-8
        raise InvalidInput(
            Text(f"{file}: 不是合格的 TOML：{fault}", f"{file}: not well-formed TOML: {fault}")
        ) from None


def _settings(file: Path, table: Mapping[str, Any]) -> Settings:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            zh, en = f"{file}: 不认识的设置 {key}", f"{file}: unknown setting {key}"
            if near:
                zh, en = f"{zh}，是不是想写 {near}？", f"{en}; did you mean {near}?"
            raise InvalidInput(
                Text(f"{zh}（可写：{'、'.join(_KEYS)}）", f"{en} (known: {', '.join(_KEYS)})"), field=key
            )
        expected = _fault(key, value)
        if expected:
            zh, en = f"{file}: {key} = {value!r}，应为 {expected}", f"{file}: {key} = {value!r}: expected {expected}"
            raise InvalidInput(Text(zh, en), field=key)
        found[key.replace("-", "_")] = (
            Lang.of(value) if key == "lang" else tuple(value) if isinstance(value, list) else value
        )
    return Settings(file=file, **found)


def _fault(key: str, value: Any) -> str | None:
    """What was expected for a key, or None when the value is fine."""
    if key in _WORDS:
        return None if value in _WORDS[key] else " | ".join(_WORDS[key])
    if key == "lang":
        return None if isinstance(value, str) and _understood(value) else "zh | en"
    if key in _LISTS:
        fine = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return None if fine else '["…", "…"]'
    if key in _FLAGS:
        return None if isinstance(value, bool) else "true | false"
    return None if isinstance(value, str) and value else '"…"'


def _understood(tag: str) -> bool:
    try:
        Lang.of(tag)
    except ValueError:
        return False
    return True
