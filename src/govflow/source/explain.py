"""What the YAML parser's complaint most likely means, in words for the author."""

from __future__ import annotations

from govflow.diagnostics import Message
from govflow.source.builder import Failure
from govflow.source.findings import Flaw


def explain(failure: Failure, text: str) -> Flaw:
    """Return the finding for a syntax error, placed where the author should look."""
    message = Message(f"YAML 写法有误：{failure.problem}", f"The text is not well-formed YAML: {failure.problem}")
    at = min(failure.problem_at, len(text))
    return Flaw("yaml-syntax", at, min(at + 1, len(text)), message)
