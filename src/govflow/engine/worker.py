"""The worker: fires what is due, and delivers the outbox at least once, until told to stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Any

from govflow.engine import case_clocks
from govflow.engine.api import Engine
from govflow.engine.views import Fired

LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Message:
    """A message for the outside. `key` is the same at every attempt: the receiver keeps it to act once."""

    key: str
    case: str
    topic: str
    body: Mapping[str, Any]
    attempts: int


Deliver = Callable[[Message], None]


def deliver(engine: Engine, send: Deliver, limit: int = 100) -> int:
    """Hand waiting messages to `send`, oldest first; returns how many it took.

    A message is removed after `send` returns. When `send` raises, the message stays with the fault and is tried again
    after a wait that doubles, up to an hour.
    """
    now = engine.now()
    taken = 0
    with engine.transaction() as statements:
        for row in statements.waiting_messages(case_clocks.utc(now), limit):
            message = Message(f"{row.case_id}:{row.seq}", row.case_id, row.topic, json.loads(row.body), row.attempts)
            try:
                send(message)
            except Exception as fault:  # noqa: BLE001 - whatever the receiver raises, the message must not be lost
                wait = min(timedelta(seconds=5) * 2 ** min(row.attempts, 12), LONGEST_WAIT)
                statements.postpone(row.id, case_clocks.utc(now + wait), f"{type(fault).__name__}: {fault}"[:500])
            else:
                statements.delivered(row.id)
                taken += 1
    return taken


def work(
    engine: Engine,
    send: Deliver,
    stop: Event,
    every: float = 5.0,
    told: Callable[[list[Fired], int], None] | None = None,
) -> None:
    """Sweep and deliver every `every` seconds until `stop` is set; safe to run in any number of processes."""
    while not stop.is_set():
        fired = engine.sweep()
        sent = deliver(engine, send)
        if told is not None:
            told(fired, sent)
        if not fired and not sent:
            stop.wait(every)
