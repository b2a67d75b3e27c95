"""Make the stored database: cases of govflow 0.1.0 in every state that its engine has, told day by day.

It was run once, with 0.1.0; what it wrote is kept beside it, for later versions to verify and to carry to the end. A
later version does not run it again. Nothing here is random and nobody reads the wall clock; only the salt of each
applicant, and with it the hashes, differ from one run to the next, so rows and expectations belong together.

    python -m tests.stored.make DATABASE SHIPPED_DEFINITIONS

It writes the SQLite file DATABASE, and beside itself the same rows packed (see `stored`) and what a reader must find in
them as `expected.json`.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from govflow.worker import Message, deliver

import govflow

from . import carry, stored
from .states import SITUATIONS, STATES, Events, seen, shown
from .stories import Office, Story, stories, when

HERE = Path(__file__).resolve().parent
FIRST, LAST = "03-03 08:00", "04-11 18:00"  # Monday; Friday: Qingming lies between them
NOTICE = "03-20 12:00"  # when the calendar of the south is published


# --- telling them, a day after the other -------------------------------------------------------------------------


def told(url: str, shipped: Path) -> tuple[Office, list[Story]]:
    """The office after all stories, with the clock at the end."""
    catalog = govflow.load(HERE / "definitions", shipped, rules=()).catalog
    office = Office(None, when(FIRST))  # type: ignore[arg-type]
    clock = lambda: office.moment  # noqa: E731
    office.engine = govflow.Engine(url, dataclasses.replace(catalog, calendars=()), clock=clock)
    all_stories = stories()
    deeds = [(when(at), number, story, deed) for number, story in enumerate(all_stories) for at, deed in story.deeds]

    def published(office: Office, _: Story) -> None:
        office.engine.close()
        office.engine = govflow.Engine(url, catalog, clock=clock)
        office.engine.reproject("地方节日公布")

    nobody = Story("", "", ())
    deeds.append((when(NOTICE), -1, nobody, published))
    deeds += [(night, -1, nobody, _swept) for night in _nights()]
    deeds += [(when(at), -2, nobody, _sent) for at in ("04-08 00:20", "04-08 00:30", "04-10 00:20")]
    for at, _, story, deed in sorted(deeds, key=lambda each: each[:2]):
        office.moment = at
        try:
            deed(office, story)
        except Exception as fault:
            fault.add_note(f"in the story {story.name!r} at {at}")
            raise
    office.moment = when(LAST)
    office.engine.sweep()
    return office, all_stories


def _nights() -> Iterator[datetime]:
    night = when(FIRST).replace(hour=0, minute=10)
    while (night := night + timedelta(days=1)) < when(LAST):
        yield night


def _swept(office: Office, _: Story) -> None:
    office.engine.sweep()


def _sent(office: Office, _: Story) -> None:
    """The outbox is delivered; the receiver of escalations is down, so those stay and wait longer each time."""

    def send(message: Message) -> None:
        if message.topic == "escalated":
            raise ConnectionError(f"收件方不在：{message.key}")

    deliver(office.engine, send, limit=10_000)


# --- what a reader must find -------------------------------------------------------------------------------------


def expectations(office: Office, all_stories: Sequence[Story]) -> dict[str, Any]:
    """What a reader must find, at the instant at which the stories end. AssertionError for a state that none is in."""
    engine = office.engine
    views = [engine.case(story.case) for story in all_stories]
    histories = {view.id: engine.history(view.id) for view in views}
    values = seen(views, histories)
    for name, known in STATES.items():
        assert values[name] == sorted(known), (name, set(known) ^ set(values[name]))
    situations = {
        name: [view.id for view in views if view.closed is None and holds(view, histories[view.id])]
        for name, holds in SITUATIONS.items()
    }
    assert all(situations.values()), [name for name, cases in situations.items() if not cases]
    cases = [{"name": s.name, "told": s.told, **shown(engine, s.case)} for s in all_stories]
    assert all(case["check"] == [] for case in cases), [case["check"] for case in cases if case["check"]]
    return {
        "made_with": govflow.__version__, "version": "0001", "at": office.moment.isoformat(), "covered": values,
        "situations": situations, "keys": office.keys, "verbatim": _verbatim(histories), "cases": cases,
    }  # fmt: skip


def _verbatim(histories: Mapping[str, Events]) -> list[dict[str, Any]]:
    """Words and numbers out of the ordinary, by the event that keeps them."""
    return [
        {"case": case, "seq": event.seq, "opinion": event.body["opinion"], "data": event.body["data"]}
        for case, events in histories.items()
        for event in events
        if event.type == "task_completed" and event.body["data"]
    ]


def ends(way: Mapping[str, timedelta]) -> dict[str, Any]:
    """How each open case ends when this version carries a copy on in one of the ways of `carry`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.db"
        stored.load_sqlite(path)
        moment = [when(LAST)]
        catalog = govflow.load(HERE / "definitions", rules=()).catalog
        engine = govflow.Engine(f"sqlite:///{path}", catalog, clock=lambda: moment[0])
        carry.again(engine, stored.expected()["keys"])
        carried = carry.carry(engine, lambda now: moment.__setitem__(0, now), **way)
        engine.close()
    return {id: {"state": end.state, "items": dict(end.items), "results": end.results} for id, end in carried.items()}


def main(database: str, shipped: str) -> None:
    """Tell the stories, keep the rows, and write down what they say."""
    Path(database).unlink(missing_ok=True)
    office, all_stories = told(f"sqlite:///{database}", Path(shipped))
    found = expectations(office, all_stories)
    office.engine.close()
    found["rows"] = stored.pack(database)
    found["ends"] = {}
    stored.expect(found)
    found["ends"] = {name: ends(way) for name, way in carry.WAYS.items()}
    stored.expect(found)
    open_ones = [case for case in found["cases"] if case["closed"] is None]
    size = stored.FILE.stat().st_size // 1000
    print(f"{len(found['cases'])} cases, {len(open_ones)} open, {len(SITUATIONS)} situations; {size} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
