"""Faults of the machine: flipped bits, cut files, a full disk, damaged rows. Each is told plainly or does no harm.

    python -m tests.soak.fault --count 1000

No answer is silently wrong while `check` is content, no error is anything but a GovflowError, and sound cases go on.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import govflow
from govflow import GovflowError
from tests import small
from tests.cases import Watch, watch
from tests.soak.people import People
from tests.soak.program import Options, Report, draw, memory_folder, run

CATALOG = small.catalog()
CASES = 5
PLACES = {
    "cases": ("body", "snapshot", "state", "definition", "updated_at", "applied_at"),
    "clocks": ("body", "state", "due_at", "kind"),
    "events": ("body", "type", "at", "hash", "previous", "actor"),
    "definitions": ("bundle", "bpmn", "elements"),
    "jobs": ("wake_at", "kind", "body", "state"),
    "tasks": ("kind", "name", "state", "path", "department", "assignee", "outcome", "closed_at", "due_at", "sort"),
}
"""Columns whose damage is played; those of `definitions` belong to all cases."""


class Bench:
    """A sound database with some cases, copied for each trial."""

    def __init__(self, folder: Path, seed: int, report: Report) -> None:
        self.rng, self.report, self.folder = draw(seed, "fault"), report, folder
        self.sound, self.path = folder / "sound.db", folder / "cases.db"
        self.clock = watch()
        engine = govflow.Engine(f"sqlite:///{self.sound}", CATALOG, clock=self.clock)
        people = People(self.rng, engine)
        self.cases = [self._case(engine, people) for _ in range(CASES)]
        self.moment = self.clock.moment
        self.answers = {case: engine.case(case).as_data() for case in self.cases}
        engine.close()
        with sqlite3.connect(self.sound) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")

    def _case(self, engine: govflow.Engine, people: People) -> str:
        view = engine.apply(
            "I01", applicant=people.application("I01")["applicant"], materials=["M01"], actor="applicant:a"
        )
        for _ in range(self.rng.randint(0, 8)):
            self.clock.forward(hours=5)
            act = people.act(engine.case(view.id), wrong=0)
            try:
                _ = act and act.call()
            except GovflowError:
                continue
        return view.id

    def engine(self) -> govflow.Engine | None:
        """An engine on the copy at the moment of the copy; None if it says plainly that it cannot be opened."""
        opened = self.tried("open", lambda: govflow.Engine(f"sqlite:///{self.path}", CATALOG, clock=Watch(self.moment)))
        return opened if isinstance(opened, govflow.Engine) else None

    def copy(self) -> None:
        """A fresh copy of the sound database."""
        for each in self.folder.glob("cases.db*"):
            each.unlink()
        shutil.copy(self.sound, self.path)

    def tried(self, name: str, call: Callable[[], Any]) -> Any:
        """What a call gives; None if it says plainly what is wrong; anything else is a fault."""
        try:
            return call()
        except GovflowError as told:
            self.report.counts["told plainly"] += 1
            self.report.require(bool(told.zh and told.en), f"{name}: an error without a sentence")
        except Exception as fault:  # noqa: BLE001 - this is what the program looks for
            self.report.fault(f"{name}: {type(fault).__name__}: {str(fault)[:300]}")
        return None

    # --- trials ------------------------------------------------------------------------------------------------

    def flip(self) -> None:
        """One bit of the file."""
        self.copy()
        content = bytearray(self.path.read_bytes())
        place = self.rng.randrange(len(content))
        content[place] ^= 1 << self.rng.randrange(8)
        self.path.write_bytes(content)
        self.judge(f"bit flipped at {place}")

    def cut(self) -> None:
        """The file ends early."""
        self.copy()
        size = self.path.stat().st_size
        with self.path.open("r+b") as file:
            file.truncate(self.rng.randrange(1, size))
        self.judge("cut")

    def damage(self) -> None:
        """One value of one row: told, and the other cases go on."""
        self.copy()
        table = self.rng.choice(list(PLACES))
        column, case = self.rng.choice(PLACES[table]), self.rng.choice(self.cases)
        of = "" if table == "definitions" else f" WHERE {'id' if table == 'cases' else 'case_id'} = '{case}'"
        value = self.rng.choice(["", "{", "[]", "null", "5", b"\xff", 0, "[" * 5000, "2025-13-45", None])
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            try:
                connection.execute(f"UPDATE {table} SET {column} = ?{of}", (value,))
            except sqlite3.IntegrityError:
                return  # the database itself refuses it
        connection.close()
        what = f"{table}.{column} of {case} is {value!r:.20}"
        self.judge(what, None if table == "definitions" else case)

    def full(self) -> None:
        """The disk is full after some more pages: a command is refused as a whole, and takes place when there is room."""
        self.copy()
        engine = sa.create_engine(f"sqlite:///{self.path}")
        pages = [0]

        @sa.event.listens_for(engine, "connect")
        def small_disk(connection: Any, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages[0]}")

        with sqlite3.connect(self.path) as connection:
            pages[0] = connection.execute("PRAGMA page_count").fetchone()[0] + self.rng.randint(0, 6)
        opened = govflow.Engine(engine, CATALOG, clock=Watch(self.moment))
        acknowledged = []
        for number in range(12):
            given = {"applicant": {"kind": "企业法人", "name": "小店", "id": "91421300MAXX884166"}, "key": f"k{number}"}
            view = self.tried("full disk", lambda g=given: opened.apply("I01", actor="applicant:a", **g))
            acknowledged += [view.id] if view is not None else []
        self.report.counts["commands refused by a full disk"] += 12 - len(acknowledged)
        engine.dispose()
        again = self.engine()
        if again is None:
            self.report.fault("a full disk made the database unreadable")
            return
        listed = {c["id"] for c in again.cases(limit=500)}
        self.report.require(listed == {*self.cases, *acknowledged}, f"full disk: {sorted(listed)} {acknowledged}")
        for case in listed:
            self.report.require(not again.check(case), f"full disk: {again.check(case)}")
        again.apply("I01", actor="applicant:a", key="k11", applicant=given["applicant"])
        again.close()

    # --- judging -----------------------------------------------------------------------------------------------

    def judge(self, what: str, damaged: str | None = "all") -> None:
        """Ask everything of every case. `damaged` is the one case that may have suffered; None or all for any."""
        engine = self.engine()
        if engine is None:
            self.report.counts["database refused"] += 1
            return
        for case in self.cases:
            may_suffer = damaged in ("all", None, case)
            faults = self.tried(f"{what}: check", lambda c=case: engine.check(c))
            view = self.tried(f"{what}: case", lambda c=case: engine.case(c).as_data())
            if view is not None and faults == []:
                same = {k: v for k, v in view.items() if k != "incident"} == {
                    k: v for k, v in self.answers[case].items() if k != "incident"
                }
                self.report.counts["answers compared"] += 1
                if not same:
                    changed = [k for k in view if view[k] != self.answers[case][k]]
                    self.report.fault(f"{what}: {case} answers otherwise ({changed}), and check is content")
            elif not may_suffer:
                self.report.fault(f"{what}: {case} is sound and cannot be used: {faults}")
            for name, call in self._calls(engine, case):
                self.tried(f"{what}: {name}", call)
        later = self.moment + timedelta(days=60)
        self.tried(f"{what}: sweep", lambda: engine.sweep(later))
        self.tried(f"{what}: incidents", engine.incidents)
        engine.close()

    def _calls(self, engine: govflow.Engine, case: str) -> list[tuple[str, Callable[[], Any]]]:
        return [
            ("history", lambda: engine.history(case)), ("tasks", lambda: engine.tasks(case=case)), ("cases", engine.cases),
            ("progress", lambda: engine.progress(case)), ("explain", lambda: engine.explain(case, "I01/promised")),
            ("claim", lambda: engine.claim(f"{case}.1", actor="D01:li")),
        ]  # fmt: skip


def body(options: Options, report: Report) -> None:
    """Trials of all kinds until there are enough."""
    began = time.monotonic()
    rng = random.Random(options.seed)
    with memory_folder() as folder:
        bench = Bench(folder, options.seed, report)
        while not options.over(began, report.counts["trials"]):
            trial = rng.choice([bench.flip, bench.flip, bench.damage, bench.damage, bench.cut, bench.full])
            trial()
            report.counts["trials"] += 1
            report.counts[f"trials {trial.__name__}"] += 1


if __name__ == "__main__":
    sys.exit(run("fault", body, Options.read("Flip bits, cut files, fill disks, damage rows.", "trials", 1000)))
