"""The worker: fires what is due, and delivers the outbox at least once, until told to stop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from govflow.engine.api import Engine
from govflow.engine.outbox import Message, Send
from govflow.engine.views import Fired

__all__ = ["Message", "Send", "work"]


def work(
    engine: Engine,
    send: Send,
    stop: Event,
    every: float = 5.0,
    report: Callable[[list[Fired], int], None] | None = None,
) -> None:
    """Sweep and deliver until `stop` is set; safe to run in any number of processes.

    Args:
        engine: the engine whose clocks are fired and whose outbox is delivered.
        send: takes one message; when it raises, the message is tried again later.
        stop: ends the work after the round it is at.
        every: seconds to rest after a round in which there was nothing to do.
        report: is given what a round fired, and how many messages it delivered.
    """
    while not stop.is_set():
        fired = engine.sweep()
        sent = engine.deliver(send)
        if report is not None:
            report(fired, sent)
        if not fired and not sent:
            stop.wait(every)
