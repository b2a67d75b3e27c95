"""What a killed or competing process does: applies, acts, sweeps and delivers, and writes down what it was told is done."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import govflow
from govflow import Conflict, GovflowError, NotAllowed
from govflow.engine.store import StoreError
from govflow.engine.views import CaseView
from govflow.law.clocks import SHANGHAI
from tests import small
from tests.soak.people import People
from tests.soak.program import draw

START = datetime(2025, 3, 3, 9, tzinfo=SHANGHAI)
SPEED, JUMP = 20, timedelta(hours=7)
"""Simulated seconds a second, and how far the common clock jumps when a process lets time pass: a byte of a file each."""

CATALOG = small.catalog()
REFUSALS = (Conflict, NotAllowed)


class Server:
    """One process of several on one database. `origin` is the wall clock's time at which all of them began.

    A line of `log` is an acknowledgement: `["apply", key, case]`, `["command", key, case]`, `["sent", message, topic]`.
    """

    def __init__(self, url: str, log: str, seed: int, origin: float, deadly: str = "") -> None:
        self.rng, self.origin = draw(seed, "server"), origin
        self.time = Path(log).parent / "time"
        self.time.touch()
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.deadly, self.left = deadly, self.rng.randint(1, 25)
        engine = sa.create_engine(url) if deadly in ("before commit", "after commit") else url
        if isinstance(engine, sa.Engine):
            self._die_at_commit(engine)
        self.engine = govflow.Engine(engine, CATALOG, clock=self.now)
        self.people = People(self.rng, self.engine)

    def now(self) -> datetime:
        """The common clock of all processes."""
        return START + timedelta(seconds=(time.time() - self.origin) * SPEED) + self.time.stat().st_size * JUMP

    def _die_at_commit(self, engine: sa.Engine) -> None:
        commit = engine.dialect.do_commit

        def deadly(connection: Any) -> None:
            self.left -= 1
            if self.left == 0 and self.deadly == "before commit":
                os.kill(os.getpid(), signal.SIGKILL)
            commit(connection)
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        engine.dialect.do_commit = deadly  # type: ignore[method-assign]

    def tell(self, *what: str) -> None:
        """Write an acknowledgement where a kill cannot reach it: handed to the operating system in one write."""
        os.write(self.log, (json.dumps(what) + "\n").encode())

    # --- work --------------------------------------------------------------------------------------------------

    def work(self, cases: int, until: float = float("inf")) -> None:
        """Act until every one of so many cases is over (or until a moment of the wall clock)."""
        for number in range(cases):
            self.apply(number)
        while time.time() < until:
            waiting = [c["id"] for c in self.engine.cases(limit=500) if c["closed"] is None]
            chance = self.rng.random()
            if chance < 0.15:
                with self.time.open("ab") as file:
                    file.write(b".")
            elif chance < 0.25:
                self.guarded("sweep", self.engine.sweep)
            elif chance < 0.4 or not waiting:
                sent = self.guarded("deliver", lambda: self.engine.deliver(self.send, limit=20))
                if not waiting and not sent and self.engine.deliver(self.send) == 0:
                    return
            else:
                self.act(self.rng.choice(waiting))

    def apply(self, number: int) -> None:
        """Apply with a key that every process uses: one case comes of it."""
        rng = draw(number, "application")
        materials = ["M01", "M02"][: rng.choice([0, 1, 2, 2])]
        given: Mapping[str, Any] = {
            "applicant": {"kind": "企业法人", "name": "小店", "id": "91421300MAXX884166"}, "materials": materials,
        }  # fmt: skip
        view = self.guarded(
            "apply", lambda: self.engine.apply("I01", actor="applicant:a", key=f"case-{number}", **given)
        )
        if isinstance(view, CaseView):
            self.tell("apply", f"case-{number}", view.id)

    def act(self, case: str) -> None:
        """Do one thing, and say so when it is done."""
        view = self.engine.case(case)
        act = self.people.act(view, wrong=0)
        if act is None:
            return
        before = {t.id for t in view.open_tasks}
        done = self.guarded(act.name, act.call)
        if done is not None:
            after = {t.id for t in done.open_tasks} if isinstance(done, CaseView) else before
            gone = sorted(before - after)
            self.tell(act.name, case, *gone)

    def send(self, message: govflow.Message) -> None:
        """Take a message."""
        if self.deadly == "send":
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        self.tell("sent", message.key, message.topic)

    def guarded(self, name: str, call: Any) -> Any:
        """What a call gives; None when it was refused or the database was not to be had; all else ends the process."""
        try:
            return call()
        except REFUSALS:
            self.tell("refused", name)
        except StoreError as fault:
            self.tell("store", name, type(fault).__name__)
            time.sleep(0.05)
        except GovflowError as fault:
            if name not in ("supplement", "ask_correction", "extend"):
                self.tell("FAULT", name, repr(fault))
            else:
                self.tell("refused", name)  # handed in by another meanwhile
        return None


def main(arguments: list[str]) -> None:
    """URL LOG SEED ORIGIN CASES DEADLY [UNTIL]."""
    url, log, seed, origin, cases, deadly, *until = arguments
    server = Server(url, log, int(seed), float(origin), deadly)
    server.work(int(cases), float(until[0]) if until else float("inf"))
    server.tell("over", "")


def started(url: str, log: Path, seed: int, origin: float, cases: int, deadly: str = "", *until: float) -> list[str]:
    """The command line of such a process."""
    more = [str(each) for each in until]
    return [
        sys.executable,
        "-m",
        "tests.soak.server",
        url,
        str(log),
        str(seed),
        repr(origin),
        str(cases),
        deadly,
        *more,
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
