"""The outbox: what somebody outside is to be told of, handed over at least once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from govflow.engine import case_clocks
from govflow.engine.store import Statements

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Message:
    """A message for the outside. `key` is the same at every attempt: the receiver keeps it to act once."""

    key: str
    case: str
    topic: str
    body: Mapping[str, Any]
    attempts: int


Send = Callable[[Message], object]


def deliver(statements: Statements, now: datetime, send: Send, limit: int) -> int:
    """Hand over what waits by now, oldest first; returns how many messages `send` took."""
    taken = 0
    for row in statements.waiting_messages(case_clocks.utc(now), limit):
        message = Message(f"{row.case_id}:{row.seq}", row.case_id, row.topic, json.loads(row.body), row.attempts)
        try:
            send(message)
        except Exception as fault:  # noqa: BLE001 - whatever the receiver raises, the message must not be lost
            retry_at = case_clocks.utc(now + wait_after(row.attempts))
            statements.postpone(row.id, retry_at, f"{type(fault).__name__}: {fault}"[:500])
        else:
            statements.delivered(row.id)
            taken += 1
    return taken


def wait_after(attempts: int) -> timedelta:
    """How long a message rests that could not be delivered after so many attempts before: it doubles, up to an hour."""
    return min(FIRST_WAIT * (1 << min(attempts, 12)), LONGEST_WAIT)
