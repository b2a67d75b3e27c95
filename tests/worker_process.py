"""Run by the contract of dispatchers: a worker that says what it is given and what it has taken, until nothing is due.

Its clock stands still; leases that others left run out by the moment it is given.
"""

import sys
import time
from threading import Event

import govflow
from govflow.engine.worker import InProcess, Message, work
from tests.cases import catalog, watch

DISPATCHERS = {"inprocess": InProcess}


def main(url: str, moment: str, dispatcher: str, pace: str = "") -> None:
    """Work once through everything that is due."""
    last: list[str] = []

    def send(message: Message) -> None:
        if last:
            print("taken", last.pop(), flush=True)
        print("given", message.key, flush=True)
        time.sleep(0.05 if pace else 0.0)
        last.append(message.key)

    engine = govflow.Engine(url, catalog(), clock=watch(moment))
    work(engine, send, Event(), 0.05, dispatcher=DISPATCHERS[dispatcher](), once=True)
    engine.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
