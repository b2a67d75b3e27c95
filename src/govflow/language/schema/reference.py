"""The reference validator. Loaded only when a document is not well formed: most are, and it takes a sixth of the start."""

from __future__ import annotations

from typing import Any

import jsonschema

_DRAFT = jsonschema.Draft202012Validator


def validator(schema: dict[str, Any]) -> Any:
    """What tells every error of a document under a schema."""
    return _DRAFT(schema, format_checker=_DRAFT.FORMAT_CHECKER)
