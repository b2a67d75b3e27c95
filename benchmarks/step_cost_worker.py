"""One checkout at work for `step_cost`: run by that checkout's own Python, it knows nothing but the public names.

    python step_cost_worker.py DEFINITIONS URL

Says `ready` when the engine is open. At the first of two lines that come in it applies for a case of the item `many`; at
the second it carries the case to its end, each step with a key, and answers with a line of JSON: the processor time of
every step in milliseconds.
"""

import json
import sys
import time
from datetime import datetime, timedelta, timezone

import govflow

APPLICANT = {"kind": "企业法人", "name": "示范市江畔小馆餐饮有限公司", "id": "91421300MAXX884166"}
MOMENT = datetime(2025, 3, 3, 9, tzinfo=timezone(timedelta(hours=8)))


class Watch:
    """A clock on which no two commands have the same moment, as in an office: a minute and a bit pass between them."""

    def __init__(self) -> None:
        self.moment = MOMENT

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=61, microseconds=17)
        return self.moment


def applied(engine: govflow.Engine) -> govflow.CaseView:
    """A case just after its application."""
    return engine.apply("many", applicant=APPLICANT, actor="applicant:chen", materials=["M01"])


def steps(engine: govflow.Engine, view: govflow.CaseView) -> list[float]:
    """The case to its end; milliseconds of this process's processor for each finished task."""
    found = []
    while view.open_tasks:
        task = view.open_tasks[0]
        outcome = "accept" if task.kind == "accept" else "approve"
        began = time.process_time()
        actor, key = f"{task.department}:officer", f"complete {task.id}"
        view = engine.complete(task.id, actor=actor, outcome=outcome, opinion="同意", key=key)
        found.append((time.process_time() - began) * 1e3)
    return found


def main() -> None:
    """Serve cases until the input ends."""
    definitions, url = sys.argv[1:]
    engine = govflow.Engine(url, govflow.load(definitions, rules=()).catalog, clock=Watch())
    print("ready", flush=True)
    for _ in sys.stdin:
        view = applied(engine)
        print("applied", flush=True)
        sys.stdin.readline()
        print(json.dumps(steps(engine, view)), flush=True)
    engine.close()


if __name__ == "__main__":
    main()
