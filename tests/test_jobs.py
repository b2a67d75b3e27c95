"""What is due is done beside what cannot be done: a bad case, a poisoned message, a receiver that acts, a person who helps."""

import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

import govflow
from govflow.engine.commands import timers
from govflow.engine.jobs import LEASE, MOST_TRIES, UNANSWERED, Message, ReceiverGone
from govflow.engine.store import StoreError
from govflow.engine.worker import work
from govflow.errors import InvalidInput, NotAllowed, NotFound
from tests.cases import ANSWERS, MATERIALS, Watch, accepted, act, apply_for, catalog, finish_item, watch
from tests.test_cli import GOVFLOW, ROOT, run


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


def change(url: str, statement: str, **values: Any) -> None:
    """Change stored rows behind the engine's back."""
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.execute(sa.text(statement), values)


DAMAGE = {
    "no state": "UPDATE cases SET body = '{' WHERE id = :case",
    "another state": "UPDATE cases SET body = '[]' WHERE id = :case",
    "no clock": "UPDATE clocks SET body = '{' WHERE case_id = :case AND state = 'running'",
    "a clock too few": "DELETE FROM clocks WHERE case_id = :case AND state = 'running'",
    "an unreadable definition": "UPDATE definitions SET bundle = CAST('x' AS BYTES) WHERE hash = "
    "(SELECT definition FROM cases WHERE id = :case)",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_case_that_cannot_be_handled_stops_no_other(url: str, clock: Watch, damage: str) -> None:
    """Its neighbours fire; it is listed with what is wrong, its tries and its case; once mended it is done."""
    bad = govflow.Engine(url, catalog(), clock=clock)
    case = _case(bad, alone="definition" in damage)
    bad.close()
    engine = govflow.Engine(url, catalog(), clock=clock)
    others = [accepted(engine).id for _ in range(4)]
    before = _rows(url, case)
    change(url, DAMAGE[damage].replace("BYTES", "BYTEA" if "postgres" in url else "BLOB"), case=case)
    clock.forward(days=8)
    fired = engine.sweep()
    assert {each.case for each in fired} == set(others)
    (incident,) = engine.incidents()
    assert (incident.case, incident.key, incident.kind, incident.tries, incident.dead) == (
        case,
        "clock",
        "clock",
        1,
        False,
    )
    assert incident.fault and engine.sweep() == []
    for _ in range(MOST_TRIES["clock"]):
        clock.forward(minutes=2)
        engine.sweep()
    assert engine.incidents()[0].dead and engine.incidents()[0].tries == MOST_TRIES["clock"]
    _restore(url, before)
    engine.close()
    engine = govflow.Engine(url, catalog(), clock=clock)
    assert engine.sweep() == [] and engine.case(case).incident is not None
    engine.retry(case)
    assert {each.case for each in engine.sweep()} == {case}
    assert engine.incidents() == [] and engine.check(case) == [] and engine.case(case).incident is None
    engine.close()


def _case(engine: govflow.Engine, *, alone: bool) -> str:
    """A case that is accepted: the theme's, or of an item alone, whose definition no other case has."""
    if not alone:
        return accepted(engine).id
    item = catalog().items["I07"]
    needed = {q.id: ANSWERS.get(q.id, False) for q in item.questions if q.default is None}
    return accepted(engine, ref="I07", answers=needed, materials=[use.material for use in item.materials]).id


def _jobs(url: str, case: str) -> list[dict[str, Any]]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        found = connection.execute(sa.text("SELECT * FROM jobs WHERE case_id = :case"), {"case": case})
        return [dict(row) for row in found.mappings()]


def _rows(url: str, case: str) -> dict[str, list[dict[str, Any]]]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        queries = {
            "cases": "SELECT * FROM cases WHERE id = :case",
            "clocks": "SELECT * FROM clocks WHERE case_id = :case",
            "definitions": "SELECT * FROM definitions",
        }
        return {
            name: [dict(row) for row in connection.execute(sa.text(query), {"case": case}).mappings()]
            for name, query in queries.items()
        }


def _restore(url: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    keys = {"cases": ("id",), "clocks": ("case_id", "id"), "definitions": ("hash",)}
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for name, kept in rows.items():
            for row in kept:
                where = " AND ".join(f"{key} = :{key}" for key in keys[name])
                sets = ", ".join(f"{column} = :{column}" for column in row)
                if not connection.execute(sa.text(f"UPDATE {name} SET {sets} WHERE {where}"), row).rowcount:
                    marks = ", ".join(f":{column}" for column in row)
                    connection.execute(sa.text(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({marks})"), row)


class Unspeakable(Exception):
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        """Not even this works."""
        raise ValueError("no words")


@pytest.mark.parametrize(
    "fault", [OSError("/data/\udcff"), ValueError("a\0b"), Unspeakable(), RecursionError(), KeyError("x" * 10_000)],
    ids=lambda fault: type(fault).__name__,
)  # fmt: skip
def test_a_message_that_poisons_its_receiver_stops_no_other(
    engine: govflow.Engine, clock: Watch, fault: Exception
) -> None:
    """Whatever is raised: the other messages go out once, this one is kept with its fault, tried again, and at last set aside."""
    cases = [apply_for(engine).id for _ in range(3)]
    got: list[str] = []

    def send(message: Message) -> None:
        got.append(message.case)
        if message.case == cases[0]:
            raise fault

    assert engine.deliver(send) == 2 and sorted(got) == cases
    for _ in range(MOST_TRIES["notice"] + 1):
        clock.forward(hours=1)
        assert engine.deliver(send) == 0
    (incident,) = engine.incidents()
    assert incident.dead and incident.tries == MOST_TRIES["notice"] and got.count(cases[0]) == incident.tries
    assert incident.fault.startswith(type(fault).__name__) and len(incident.fault) <= 600
    engine.resolve(cases[0], incident.key, actor="D01/supervisor:li", reason="已电话告知")
    clock.forward(days=1)
    assert engine.deliver(send) == 0 and engine.incidents() == []
    with pytest.raises(NotFound):
        engine.retry(cases[0], incident.key)


def test_a_receiver_may_act_on_the_engine(engine: govflow.Engine) -> None:
    """Messages are handed over outside any transaction: nobody waits for a receiver, not even the receiver itself."""
    view = apply_for(engine)

    def send(message: Message) -> None:
        if message.topic == "applied" and message.case == view.id:
            engine.complete(view.open_tasks[0].id, actor="D01:wang", outcome="accept")

    assert engine.deliver(send, limit=1) == 1
    assert engine.case(view.id).accepted


def test_a_lease_that_nobody_answers_lasts_longer_each_time(engine: govflow.Engine, clock: Watch) -> None:
    """A queue that is slow or loses references is asked less and less often, and no job is held guilty for it."""
    case = accepted(engine).id
    clock.forward(days=8)
    for lease in range(12):
        assert [ref.case for ref in engine.lease()] == [case]
        clock.forward(seconds=LEASE * 2 ** min(lease, 6) - 1)
        assert engine.lease() == []
        clock.forward(seconds=1)
    assert engine.incidents() == [] and engine.sweep() and engine.incidents() == []


@pytest.mark.parametrize("kind", MOST_TRIES)
def test_a_job_that_ends_whoever_runs_it_is_set_aside(
    engine: govflow.Engine, clock: Watch, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Begun again and again and never answered: in the end a person must look. What was leased with it is done."""
    cases = [accepted(engine).id for _ in range(3)]
    clock.forward(days=8)
    bad, began = cases[0], []

    def ends(case: str) -> None:
        if case == bad:
            began.append(case)
            raise KeyboardInterrupt  # nothing of the library takes this as a fault of the job

    tick = timers.tick
    monkeypatch.setattr(timers, "tick", lambda draft: (ends(draft.state.id), tick(draft))[1])
    sent: list[str] = []
    for _ in range(4 * MOST_TRIES[kind] + 6):  # the case has three messages
        for ref in engine.lease(kind=kind):
            try:
                engine.run(ref, lambda message: (ends(message.case), sent.append(message.case)))
            except KeyboardInterrupt:
                break
        clock.forward(hours=1)
    assert {i.case for i in engine.incidents()} == {bad} and all(i.dead for i in engine.incidents())
    assert {i.fault for i in engine.incidents()} == {UNANSWERED}
    dead, most = len(engine.incidents()), MOST_TRIES[kind]
    assert dead * most <= began.count(bad) <= dead * (most + 1)
    others = set(cases[1:])
    if kind == "clock":
        assert all(any(e.type == "clock_warned" for e in engine.history(case)) for case in others)
    else:
        assert set(sent) == others
    monkeypatch.undo()
    for incident in engine.incidents():
        engine.retry(bad, incident.key)
    assert (engine.sweep() if kind == "clock" else engine.deliver(lambda _: None)) and engine.incidents() == []


def test_a_job_that_was_never_answered_once_is_done_without_a_trace(engine: govflow.Engine, clock: Watch) -> None:
    """Whatever had happened to whoever had it: the next one does it, and nothing is held against it."""
    case = accepted(engine).id
    clock.forward(days=8)
    engine.lease()
    engine.lease(kind="notice")
    clock.forward(hours=1)
    attempts: list[int] = []
    assert engine.sweep() and engine.deliver(lambda message: attempts.append(message.attempts)) == len(attempts) > 0
    assert set(attempts) == {0} and engine.incidents() == [] and engine.case(case).incident is None


@pytest.mark.parametrize("kind", ["clock", "notice"])
def test_a_reference_that_comes_late_is_good_while_nobody_else_has_the_job(
    engine: govflow.Engine, clock: Watch, kind: str
) -> None:
    """In a long queue all come late; once the job is leased anew, the old reference is nothing."""
    accepted(engine)
    clock.forward(days=8)
    first, *rest = engine.lease(kind=kind)
    clock.forward(seconds=LEASE + 1)
    sent: list[str] = []
    assert engine.run(first, lambda m: sent.append(m.key)).state == "done"
    assert engine.run(first, lambda m: sent.append(m.key)).state == "stale" and len(sent) == (kind == "notice")
    for old, new in zip(rest, engine.lease(kind=kind), strict=True):
        assert (old.key, engine.run(old, lambda m: sent.append(m.key)).state) == (new.key, "stale")
        assert new.again and engine.run(new, lambda m: sent.append(m.key)).state == "done"
    assert engine.incidents() == [] and len(sent) == len(set(sent))


def test_a_given_clock_that_is_behind_holds_nothing_against_the_case(engine: govflow.Engine, clock: Watch) -> None:
    """It rests until the clock is right, however often it was tried meanwhile."""
    case = accepted(engine).id
    clock.forward(days=8)
    right = clock.moment
    for _ in range(MOST_TRIES["clock"] + 2):
        clock.moment = right
        (ref,) = engine.lease()
        clock.moment = watch().moment
        clock.forward(days=-1)
        assert engine.run(ref).state == "busy"
        right += timedelta(hours=1)
    clock.moment = right
    assert engine.incidents() == [] and {fired.case for fired in engine.sweep()} == {case}


def test_a_sweep_of_another_moment_leaves_no_lease_there(engine: govflow.Engine, clock: Watch, url: str) -> None:
    """What is asked for ahead of time rests by the present, if it fails, and is asked again then."""
    case = accepted(engine).id
    change(url, DAMAGE["no state"], case=case)
    assert engine.sweep(clock.moment + timedelta(days=365)) == [] and engine.incidents()[0].tries == 1
    rests = _jobs(url, case)
    assert max(str(row["leased_until"]) for row in rests if row["leased_until"]) < "2025-03-03T12"
    clock.forward(minutes=1)
    assert engine.sweep(clock.moment + timedelta(days=365)) == [] and engine.incidents()[0].tries == 2


def test_a_receiver_that_has_gone_leaves_no_lease(engine: govflow.Engine) -> None:
    """What was not handed over is there at once for the next."""
    cases = [apply_for(engine).id for _ in range(3)]
    got: list[str] = []

    def send(message: Message) -> None:
        if got:
            raise ReceiverGone
        got.append(message.case)

    with pytest.raises(ReceiverGone):
        engine.deliver(send)
    assert engine.deliver(lambda message: got.append(message.case)) == 2 and sorted(got) == cases


def test_a_database_that_is_lost_in_mid_sweep_is_told(
    engine: govflow.Engine, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was fired is returned; where nothing was, the error is; the rest waits for nobody's lease."""
    cases = [accepted(engine).id for _ in range(3)]
    clock.forward(days=8)
    tick, calls = timers.tick, []

    def lost(draft: Any) -> int:
        calls.append(draft.state.id)
        if len(calls) in (1, 3):
            raise sa.exc.OperationalError("x", {}, Exception("database is locked"))
        return tick(draft)

    monkeypatch.setattr(timers, "tick", lost)
    with pytest.raises(StoreError):
        engine.sweep()
    assert {fired.case for fired in engine.sweep()} == set(cases[:1])
    assert {fired.case for fired in engine.sweep()} == set(cases[1:]) and engine.incidents() == []


def test_a_case_goes_on_although_its_clocks_were_set_aside(engine: govflow.Engine, clock: Watch, url: str) -> None:
    """Whoever acts on it does what was due, and its clocks are armed anew."""
    view = accepted(engine)
    change(url, "UPDATE jobs SET state = 'dead', tries = 5, fault = 'x' WHERE key = 'clock'")
    clock.forward(days=8)
    assert engine.sweep() == [] and engine.case(view.id).incident == "x"
    after = act(engine, next(task for task in view.open_tasks if task.kind == "review"))
    assert any(event.type == "clock_warned" for event in engine.history(view.id))
    assert after.incident is None and engine.case(view.id).incident is None
    clock.forward(days=60)
    assert engine.sweep() and engine.check(view.id) == []


def test_unknown_jobs_and_kinds_are_told(engine: govflow.Engine) -> None:
    """A case without a fault cannot be retried; a kind that there is not is named with those there are."""
    case = accepted(engine).id
    with pytest.raises(NotFound, match=case):
        engine.retry(case)
    with pytest.raises(NotFound):
        engine.resolve("20990101-0001", actor="D01:li", reason="x")
    with pytest.raises(InvalidInput, match="clock"):
        engine.lease(kind="auto")
    with pytest.raises(InvalidInput):
        engine.lease(51)


def test_keys_are_forgotten_when_asked(engine: govflow.Engine, clock: Watch) -> None:
    """A key from before the moment stands for nothing any more; a later one does."""
    first = apply_for(engine, key="a")
    clock.forward(days=2)
    second = apply_for(engine, key="b")
    assert engine.purge_keys(clock.moment) == 1
    assert apply_for(engine, key="b").id == second.id
    assert apply_for(engine, key="a").id not in (first.id, second.id)


def test_the_worker_outlives_a_database_that_cannot_be_used(
    engine: govflow.Engine, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locked or lost for a while: it says why it rests, in both languages, and then does everything."""
    accepted(engine)
    clock.forward(days=8)
    lease, told, failed = engine.lease, [], []

    def broken(*given: Any, **named: Any) -> Any:
        if len(failed) < 3:
            failed.append(1)
            raise sa.exc.OperationalError("x", {}, Exception("database is locked"))
        return lease(*given, **named)

    monkeypatch.setattr(engine, "lease", broken)
    sent: list[str] = []

    def listen(fired: Any, count: int) -> None:
        raise RuntimeError("nobody listens")

    work(engine, lambda m: sent.append(m.topic), Event(), 0.01, listen, told.append, once=True)
    assert len(told) == 3 and "秒后再试" in told[0].zh and "trying again" in told[0].en
    assert "clock_warned" in sent and engine.lease() == engine.lease(kind="notice") == []


def test_a_receiver_that_has_gone_ends_the_worker_and_keeps_the_message(engine: govflow.Engine) -> None:
    """A closed pipe is no fault of the message: it waits, untried, for the next worker."""
    apply_for(engine)

    def gone(_: Message) -> None:
        raise ReceiverGone

    work(engine, gone, Event(), 0.01)
    got: list[Message] = []
    assert engine.deliver(got.append) == 1 and got[0].attempts == 0


def test_the_worker_ends_when_its_standard_output_is_closed(tmp_path: Any) -> None:
    """`govflow worker | head -1`: it stops by itself with nothing lost, and nothing is held against the messages."""
    url = f"sqlite:///{tmp_path}/cases.db"
    engine = govflow.Engine(url, catalog(), clock=watch())
    cases = [accepted(engine).id for _ in range(3)]
    process = subprocess.Popen(
        [*GOVFLOW, "worker", "--every", "0.05", "--db", url], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0 and b"Traceback" not in said
    kept: list[Message] = []
    engine.deliver(kept.append)
    assert {m.attempts for m in kept} == {0} and {m.case for m in kept} == set(cases)
    engine.close()


def test_incidents_on_the_command_line(tmp_path: Any) -> None:
    """Listed, in JSON too; retried; put aside with a reason; a case without one is told."""
    url = f"sqlite:///{tmp_path}/cases.db"
    engine = govflow.Engine(url, catalog(), clock=watch())
    case = accepted(engine).id
    body = _rows(url, case)
    change(url, DAMAGE["no state"], case=case)
    swept = run("sweep", "--now", "2025-03-20T09:00", "--db", url, "--lang", "en")
    assert swept.returncode == 0 and "govflow incidents" in swept.stderr and "Traceback" not in swept.stderr
    listed = run("incidents", "--db", url, "--lang", "en")
    assert case in listed.stdout and "will be tried again" in listed.stdout and listed.returncode == 0
    data = json.loads(run("incidents", "--db", url, "--json").stdout)
    assert [(i["case"], i["key"], i["tries"]) for i in data["incidents"]] == [(case, "clock", 1)]
    _restore(url, body)
    assert run("incidents", "--retry", case, "--db", url).returncode == 0
    assert case in run("sweep", "--now", "2025-03-20T09:00", "--db", url).stdout
    missing = run("incidents", "--retry", case, "--db", url, "--lang", "en")
    assert missing.returncode == 1 and f"no job of case {case} has failed" in missing.stderr
    engine.close()


def test_the_worker_once_is_for_cron(tmp_path: Any) -> None:
    """It does what is due, writes the messages and ends; SIGTERM ends one that goes on."""
    url = f"sqlite:///{tmp_path}/cases.db"
    engine = govflow.Engine(url, catalog(), clock=watch())
    case = apply_for(engine).id
    engine.close()
    done = run("worker", "--once", "--threads", "2", "--db", url)
    assert done.returncode == 0 and f"{case}:1" in {json.loads(line)["key"] for line in done.stdout.splitlines()}
    engine = govflow.Engine(url, catalog(), clock=watch())
    second = apply_for(engine).id
    engine.close()
    process = subprocess.Popen([*GOVFLOW, "worker", "--every", "0.2", "--db", url], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["case"] == second
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    process.stdout.close()


def test_numbers_of_a_day_go_on_without_repeats(url: str, clock: Watch) -> None:
    """Two engines, many threads, a day's turn, a caller's transaction and a cell: each number once, the first engine's without a gap."""
    one, two = (govflow.Engine(url, catalog(), clock=clock) for _ in range(2))
    assert [apply_for(one).id for _ in range(5)] == [f"20250303-{n:04d}" for n in range(1, 6)]
    found: list[str] = []
    threads = [Thread(target=lambda e=e: found.extend(apply_for(e).id for _ in range(4))) for e in (one, two) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with one._database.engine.begin() as connection:
        found.append(apply_for(two.joined(connection)).id)
    assert len(found) == len(set(found)) == 17 and all(id.startswith("20250303-") for id in found)
    clock.forward(days=1)
    cell = govflow.Engine(url, catalog(), clock=clock, cell="51")
    tomorrow = [apply_for(e).id for e in (one, two, cell)]
    assert [id.rpartition("-")[0] for id in tomorrow] == ["20250304", "20250304", "51-20250304"]
    assert len({id.rpartition("-")[2] for id in tomorrow}) == 3 and cell.check(tomorrow[2]) == []
    with pytest.raises(InvalidInput, match="cell"):
        govflow.Engine(url, catalog(), cell="a b")
    for engine in (one, two, cell):
        engine.close()


def test_lists_are_in_the_order_in_which_ids_were_given_out(engine: govflow.Engine, url: str) -> None:
    """The 10,000th case of a day comes after the 9,999th, and a case's tenth task after its ninth, page by page."""
    apply_for(engine)
    change(url, "UPDATE counters SET value = 9997")
    cases = [apply_for(engine).id for _ in range(4)]
    # on PostgreSQL the first number of a series comes alone, and those before the counter was moved are used up first
    assert int(cases[-1].rpartition("-")[2]) > 9999
    listed = [case["id"] for case in engine.cases()]
    assert [int(id.rpartition("-")[2]) for id in listed] == sorted(int(id.rpartition("-")[2]) for id in listed)
    paged, after = [], None
    while page := engine.cases(limit=1, after=after):
        paged += page
        after = page[-1]["id"]
    assert [case["id"] for case in paged] == listed
    view = accepted(engine, materials=MATERIALS)
    tasks = [task.id for task in engine.tasks(case=finish_item(engine, view, "I01").id).items]
    numbers = [int(task.rpartition(".")[2]) for task in tasks]
    assert numbers == sorted(numbers)


def test_a_receiver_that_ends_its_thread_is_a_fault_of_the_message(engine: govflow.Engine) -> None:
    """`sys.exit` in a receiver stops neither the worker nor the other messages."""
    cases = [apply_for(engine).id for _ in range(3)]
    got: list[str] = []

    def send(message: Message) -> None:
        got.append(message.case)
        if message.case == cases[0]:
            raise SystemExit(3)

    work(engine, send, Event(), 0.01, once=True)
    assert sorted(got) == cases and [(i.case, i.fault) for i in engine.incidents()] == [(cases[0], "SystemExit: 3")]


def test_a_lease_of_a_clock_that_was_wrong_does_not_hold(engine: govflow.Engine, clock: Watch) -> None:
    """A host a year ahead leases everything and ends; once its clock is right, nothing waits for a year."""
    case = accepted(engine).id
    clock.forward(days=8)
    right = clock.moment
    clock.forward(days=365)
    assert engine.lease() and engine.lease(kind="notice")
    clock.moment = right
    assert {fired.case for fired in engine.sweep()} == {case}
    assert engine.deliver(lambda _: None) > 2


def test_messages_do_not_go_out_inside_a_callers_transaction(engine: govflow.Engine) -> None:
    """What is rolled back must not have been told."""
    apply_for(engine)
    with engine._database.engine.connect() as connection, pytest.raises(NotAllowed):
        engine.joined(connection).deliver(lambda _: None)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE jobs SET wake_at = '2099-01-01T00:00:00.000000Z' WHERE key = 'clock'",
        "DELETE FROM jobs WHERE key = 'clock'",
        "UPDATE jobs SET kind = 'cloc' WHERE key = 'clock'",
        "UPDATE jobs SET state = 'none' WHERE key = 'clock'",
    ],
)
def test_a_job_that_would_not_wake_its_case_is_told(engine: govflow.Engine, url: str, damage: str) -> None:
    """`check` compares the job with the clocks; whoever acts on the case puts it right."""
    view = accepted(engine)
    assert engine.check(view.id) == []
    change(url, damage)
    (fault,) = engine.check(view.id, lang="en")
    assert "clock" in fault and view.id in fault
    act(engine, next(task for task in view.open_tasks if task.kind == "review"))
    assert "kind" in damage or engine.check(view.id) == []


def test_a_worker_without_standard_output_sends_nothing(tmp_path: Any) -> None:
    """`govflow worker >&-`: nothing is lost, it ends."""
    url = f"sqlite:///{tmp_path}/cases.db"
    engine = govflow.Engine(url, catalog(), clock=watch())
    apply_for(engine)
    command = " ".join(f"'{part}'" for part in [*GOVFLOW, "worker", "--once", "--db", url])
    done = subprocess.run(["sh", "-c", f"{command} >&-"], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    full = subprocess.run(["sh", "-c", f"{command} >/dev/full"], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in full.stderr
    assert engine.deliver(lambda _: None) == 1 and engine.incidents() == []
    engine.close()


def test_a_receivers_own_database_is_not_ours(engine: govflow.Engine) -> None:
    """Its errors look like those of a lost database; the message rests, and the worker goes on."""
    apply_for(engine)
    tried: list[str] = []

    def send(message: Message) -> None:
        tried.append(message.key)
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("no such table"))

    work(engine, send, Event(), 0.01, once=True)
    assert len(tried) == 1 and engine.incidents()[0].tries == 1


def test_a_failing_job_that_is_dispatched_again_is_tried_once_a_lease(
    engine: govflow.Engine, clock: Watch, url: str
) -> None:
    """A carrier that repeats its references uses up no tries."""
    case = accepted(engine).id
    change(url, DAMAGE["no state"], case=case)
    clock.forward(days=8)
    (ref,) = engine.lease()
    assert [engine.run(ref).state for _ in range(6)] == ["failed", *["stale"] * 5]
    assert engine.incidents()[0].tries == 1
