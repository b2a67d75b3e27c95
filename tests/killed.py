"""Run by test_engine_kill: works on one case until it is killed; prints a line after each command that has returned."""

import sys
from datetime import timedelta

import govflow
from tests.cases import MATERIALS, act, apply_for, catalog, watch


def main(url: str) -> None:
    """Apply with a fixed key, then act and sweep for ever, printing what is surely done."""
    clock = watch()
    engine = govflow.Engine(url, catalog(), clock=clock)
    view = apply_for(engine, key="the-one", materials=MATERIALS)
    last = max(e.at for e in engine.history(view.id))
    clock.at(last[:10] + " 09:00")
    clock.moment += timedelta(days=1)
    print("applied", view.id, flush=True)
    while not (view := engine.case(view.id)).closed:
        task = view.open_tasks[0]
        act(engine, task)
        print("done", task.id, flush=True)
        clock.forward(hours=7)
        engine.sweep()
    print("closed", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
