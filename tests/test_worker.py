"""The worker: the outbox hands over every notice once, keeps what was not taken, and lets nobody wait; the sweep ends."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow.engine import case_clocks
from govflow.engine.jobs import Message
from govflow.engine.worker import work
from tests.cases import Watch, accepted, act, apply_for, catalog, finish, watch

NOTICES = {
    "applied", "accepted", "not_accepted", "refused", "correction_asked", "clock_warned", "clock_expired", "escalated", "item_decided",
    "result_issued", "delivered", "withdrawn", "deemed_withdrawn", "clocks_suspended", "clocks_resumed", "clocks_extended",
    "clock_reprojected", "closed",
}  # fmt: skip
"""The types of event that concern somebody outside; a receiver counts on them."""


@pytest.fixture
def clock() -> Watch:
    """The engine's clock."""
    return watch()


@pytest.fixture
def engine(url: str, clock: Watch) -> Iterator[govflow.Engine]:
    """An engine on that database."""
    found = govflow.Engine(url, catalog(), clock=clock)
    yield found
    found.close()


def waiting(url: str) -> list[tuple[str, int, str, str | None]]:
    """What is in the outbox: topic, attempts, moment of the next one, and the fault of the last."""
    database = sa.create_engine(url, poolclass=sa.NullPool)
    with database.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT topic, tries, coalesce(leased_until, wake_at) AS wake_at, fault FROM jobs WHERE kind = 'notice' "
                "ORDER BY wake_at, case_id, key"
            )
        ).all()
    return [(row.topic, row.tries, row.wake_at, row.fault) for row in rows]


def test_exactly_the_notices_go_out(engine: govflow.Engine, url: str, clock: Watch) -> None:
    """Of a case run to its end: each event that concerns somebody outside, once, oldest first, with its own content."""
    view = accepted(engine)
    clock.forward(days=4)
    assert engine.sweep()
    finish(engine, view)
    sent: list[Message] = []
    while engine.deliver(sent.append, limit=7):
        pass
    events = [event for event in engine.history(view.id) if event.type in NOTICES]
    assert {"applied", "accepted", "clock_warned", "item_decided", "delivered", "closed"} <= {e.type for e in events}
    assert [(m.key, m.case, m.topic, m.body) for m in sent] == [
        (f"{view.id}:{event.seq}", view.id, event.type, event.body) for event in events
    ]
    assert {m.attempts for m in sent} == {0} and waiting(url) == []


def test_what_was_not_taken_is_tried_again_later(engine: govflow.Engine, url: str, clock: Watch) -> None:
    """The wait doubles from five seconds up to an hour, the fault is kept, and what was taken does not come again."""
    accepted(engine)
    tried: list[tuple[int, Any]] = []

    def send(message: Message) -> None:
        if message.topic == "accepted":
            tried.append((message.attempts, clock.moment))
            raise ConnectionError("对方不在")

    assert engine.deliver(send) == 1 and engine.deliver(send) == 0
    expected = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
    for attempts, seconds in enumerate(expected, 1):
        due = clock.moment + timedelta(seconds=seconds)
        assert waiting(url) == [("accepted", attempts, case_clocks.utc(due), "ConnectionError: 对方不在")]
        clock.moment = due - timedelta(microseconds=1)
        assert engine.deliver(send) == 0 and len(tried) == attempts
        clock.moment = due
        engine.deliver(send)
    assert [attempts for attempts, _ in tried] == list(range(len(expected) + 1))
    clock.forward(hours=1)
    assert engine.deliver(lambda _: None) == 1 and waiting(url) == []


def test_two_workers_take_different_messages(postgres_url: str) -> None:
    """While one worker is at a message, another takes the rest at once; together they take each message once."""
    one, other = (govflow.Engine(postgres_url, catalog(), clock=watch()) for _ in range(2))
    accepted(one)
    accepted(one)
    begun, go_on = threading.Event(), threading.Event()
    first: list[str] = []

    def slowly(message: Message) -> None:
        first.append(message.key)
        begun.set()
        assert go_on.wait(30)

    slow = threading.Thread(target=one.deliver, args=(slowly,), kwargs={"limit": 1})
    slow.start()
    assert begun.wait(30)
    second: list[str] = []
    quick = threading.Thread(target=other.deliver, args=(lambda m: second.append(m.key),))
    quick.start()
    quick.join(15)
    waited = quick.is_alive()
    go_on.set()
    for thread in (slow, quick):
        thread.join(30)
    assert not waited
    assert len(first) == 1 and len(second) == 3 and not set(first) & set(second)
    assert waiting(postgres_url) == []
    one.close()
    other.close()


def test_a_reader_does_not_wait_for_a_writer(url: str) -> None:
    """While somebody else's transaction has changed a case, everybody can look at it as it was."""
    engine = govflow.Engine(url, catalog(), clock=watch())
    view = accepted(engine)
    writing = sa.create_engine(url, poolclass=sa.NullPool)
    patient = f"{url}?options=-c%20lock_timeout%3D2000" if url.startswith("postgresql") else url
    reader = govflow.Engine(patient, catalog(), clock=watch())
    with writing.connect() as connection:
        act(engine.joined(connection), view.open_tasks[0])
        assert reader.case(view.id) == view
        assert [task.id for task in reader.tasks(case=view.id).items] == [task.id for task in view.open_tasks]
    engine.close()
    reader.close()


def test_cases_of_one_service(engine: govflow.Engine) -> None:
    """Cases by the code or the slug of what was applied for, by state, and page by page."""
    views = [apply_for(engine), accepted(engine), apply_for(engine)]
    code = views[0].ref
    assert [case["id"] for case in engine.cases(ref=code)] == [view.id for view in views]
    assert engine.cases(ref="open-restaurant", state="received", limit=1)[0]["id"] == views[0].id
    assert [case["id"] for case in engine.cases(ref=code, state="received", after=views[0].id)] == [views[2].id]
    assert engine.cases(ref=next(iter(catalog().items))) == []


def test_the_worker_goes_on_until_it_is_stopped(engine: govflow.Engine, url: str, clock: Watch) -> None:
    """Round after round: what is due is fired, what waits is delivered, and it says how much of each."""
    accepted(engine)
    clock.forward(days=5)
    stop, rounds = threading.Event(), []

    def report(fired: list[govflow.Fired], sent: int) -> None:
        rounds.append((len(fired), sent))
        if not fired and not sent:
            stop.set()

    sent: list[Message] = []
    work(engine, sent.append, stop, every=0.01, report=report)
    assert sum(fired for fired, _ in rounds) > 0 and sum(n for _, n in rounds) == len(sent) > 2 and rounds[-1] == (0, 0)
    assert waiting(url) == [] and engine.sweep() == []


def test_a_sweep_that_has_no_end_is_an_incident(
    engine: govflow.Engine, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that is due again at the same instant after it fired is refused, and nothing of it is written."""
    view = accepted(engine)
    before = engine.history(view.id)
    clock.forward(days=30)
    monkeypatch.setattr(case_clocks, "wake_at", lambda c: c.due_at if c.due_at and not c.closed else None)
    assert engine.sweep() == []
    assert "again and again" in engine.incidents()[0].fault
    monkeypatch.undo()
    assert engine.history(view.id) == before and engine.check(view.id) == []
