"""Kills: processes are ended by SIGKILL at random instants, before and after a commit and inside `send`; nothing is lost.

    python -m tests.soak.kill --count 1000 [--url postgresql+psycopg://...]

After each kill: each key has one case, whatever was acknowledged is there, nothing is done twice, `check` is empty. With a
PostgreSQL server on the machine, a cluster of its own is also stopped as by a power cut (`immediate`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import govflow
from tests import postgres
from tests.cases import ROOT
from tests.soak.program import Options, Report, databases, draw, memory_folder, run, say
from tests.soak.server import Server, started

CASES = 8
"""Cases of one database; a new database is taken when all of them are over."""

WAYS = ("at random", "at random", "before commit", "after commit", "send")


class Base:
    """One database under attack, and what its processes were told."""

    def __init__(self, url: str, folder: Path, seed: int, report: Report) -> None:
        self.url, self.folder, self.report = url, folder, report
        self.rng, self.origin = draw(seed, url.partition(":")[0]), time.time()
        self.log = folder / "told.jsonl"
        self.log.touch()
        self.seen = 0

    def process(self, deadly: str, seconds: float = 120) -> subprocess.Popen[bytes]:
        """Start a process that works on the cases."""
        command = started(
            self.url, self.log, self.rng.randrange(10**9), self.origin, CASES, deadly, time.time() + seconds
        )
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
        errors = (self.folder / "stderr").open("ab")
        return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=errors, stdout=errors)

    def told(self) -> list[list[str]]:
        """All acknowledgements so far; a last line that is cut is none."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("]")]

    def judge(self) -> bool:
        """Whether all that was told holds; gives whether every case is over."""
        server = Server(self.url, str(self.folder / "judge"), 0, self.origin)
        engine, told = server.engine, self.told()
        try:
            for what in told:
                if what[0] == "FAULT":
                    self.report.fault(f"{self.url}: {what}")
            self._applications(engine, told)
            listed = [c["id"] for c in engine.cases(limit=500)]
            for case in listed:
                self._case(engine, case, told)
            return len(listed) == CASES and all(engine.case(case).closed for case in listed)
        finally:
            engine.close()
            self._tracebacks()

    def _applications(self, engine: govflow.Engine, told: list[list[str]]) -> None:
        self.report.counts["acknowledgements judged"] += len(told)
        cases: dict[str, set[str]] = {}
        for name, key, *rest in told:
            if name == "apply":
                cases.setdefault(key, set()).add(rest[0])
        listed = [c["id"] for c in engine.cases(limit=500)]
        self.report.require(all(len(found) == 1 for found in cases.values()), f"a key has two cases: {cases}")
        self.report.require(
            {next(iter(f)) for f in cases.values()} <= set(listed), f"an acknowledged case is lost: {cases} {listed}"
        )
        self.report.require(len(listed) <= CASES, f"{len(listed)} cases of {CASES} keys")

    def _case(self, engine: govflow.Engine, case: str, told: list[list[str]]) -> None:
        self.report.require(not (faults := engine.check(case)), f"{case}: {faults}")
        view, history = engine.case(case), engine.history(case)
        acknowledged = {task for name, of, *tasks in told if name == "complete" and of == case for task in tasks}
        open_ones = {t.id for t in view.open_tasks}
        self.report.require(not acknowledged & open_ones, f"{case}: acknowledged and open: {acknowledged & open_ones}")
        for type, field in (("task_completed", "task"), ("result_issued", "number"), ("item_decided", "item")):
            found = Counter(str(e.body[field]) for e in history if e.type == type)
            self.report.require(max(found.values(), default=1) == 1, f"{case}: {type} twice: {found}")
        counted = {"suspend": "clocks_suspended", "claim": "task_claimed", "withdraw": "withdrawn"}
        for command, type in counted.items():
            least = sum(name == command and of == case for name, of, *_ in told)
            found_now = sum(e.type == type for e in history)
            self.report.require(
                found_now >= least, f"{case}: {least} times {command} acknowledged, {found_now} in the log"
            )

    def messages(self) -> None:
        """Once all is over: what is due to be told of any event has been told, and nothing failed."""
        server = Server(self.url, str(self.folder / "judge"), 1, self.origin)
        with server.time.open("ab") as file:
            file.write(b"." * 20)  # leases of the killed run out
        told = [what for what in self.told() if what[0] == "sent"]
        sent, topics = {key for _, key, _ in told}, {topic for _, _, topic in told}
        while server.engine.deliver(lambda m: sent.add(m.key)):
            pass
        for case in (c["id"] for c in server.engine.cases(limit=500)):
            due = {f"{case}:{e.seq}" for e in server.engine.history(case) if e.type in topics}
            self.report.require(due <= sent, f"messages never sent: {sorted(due - sent)}")
        self.report.require(not (found := server.engine.incidents()), f"incidents: {found}")
        self.report.counts["messages"] += len(sent)
        self.report.counts["events"] += sum(len(server.engine.history(c["id"])) for c in server.engine.cases(limit=500))
        server.engine.close()

    def _tracebacks(self) -> None:
        errors = self.folder / "stderr"
        text = errors.read_text(errors="replace") if errors.exists() else ""
        if "Traceback" in text[self.seen :]:
            self.report.fault(f"{self.url}: a process ended with {text[self.seen :][-900:]}")
        self.seen = len(text)


def siege(url: str, folder: Path, seed: int, options: Options, report: Report, began: float) -> None:
    """One database: kill and judge until all its cases are over."""
    base = Base(url, folder, seed, report)
    over = False
    while not over and not options.over(began, report.counts["kills"]):
        way = base.rng.choice(WAYS if report.counts["kills"] else WAYS[2:])
        processes = [base.process(way), *([base.process("")] if base.rng.random() < 0.3 else [])]
        time.sleep(base.rng.uniform(0.4, 1.6) if way == "at random" else 0.1)
        if way != "at random":
            _wait(processes[0], 5)
        for each in processes:
            each.kill()
            report.counts[f"kills {way}"] += each.wait() == -9
        report.counts["kills"] = sum(n for key, n in report.counts.items() if key.startswith("kills "))
        over = base.judge()
    if not over:
        last = base.process("")
        _wait(last, 60)
        last.kill()
        last.wait()
        report.require(base.judge(), f"{url}: cases did not come to their ends")
    base.messages()
    report.counts["databases run to their ends"] += 1


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def crashes(cluster: postgres.Cluster, folder: Path, times: int, seed: int, report: Report) -> None:
    """A cluster of our own is stopped as by a power cut under load, and started again."""
    with postgres.database(cluster.url) as url:
        base = Base(url, folder, seed, report)
        for _ in range(times):
            processes = [base.process("") for _ in range(2)]
            time.sleep(base.rng.uniform(1, 2.5))
            cluster.crash()
            for each in processes:
                each.kill()
                each.wait()
            cluster.start()
            report.counts["PostgreSQL crashes"] += 1
            base.judge()


def body(options: Options, report: Report) -> None:
    """SQLite and PostgreSQL in turn, then crashes of the server."""
    began = time.monotonic()
    for url, folder, number in databases(options, lambda: options.over(began, report.counts["kills"])):
        siege(url, folder, options.seed + number, options, report, began)
        say(f"kill: {report.counts['kills']} kills, {len(report.faults)} faults")
    if options.url is None and postgres.binaries() is not None:
        cluster = postgres.Cluster()
        try:
            with memory_folder() as folder:
                crashes(cluster, folder, max(1, options.count // 100), options.seed, report)
        finally:
            cluster.remove()


if __name__ == "__main__":
    sys.exit(run("kill", body, Options.read("Kill processes that work on cases.", "kills", 1000)))
