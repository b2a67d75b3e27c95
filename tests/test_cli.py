"""The command line: what it prints, what it refuses in one plain sentence, and with which exit code."""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

import govflow
from tests.cases import ROOT, accepted, catalog, watch

GOVFLOW = [sys.executable, "-c", "from govflow.cli import main; main()"]


def run(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the repository; nothing of the caller's language setting leaks in."""
    env = {**os.environ, "GOVFLOW_LANG": "zh", "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(
        [*GOVFLOW, *words], cwd=cwd, env=env, capture_output=True, text=True, encoding="utf-8", timeout=120
    )


@contextmanager
def watchdog(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a process that says nothing for a minute, so that reading from it ends and the test fails."""
    timer = threading.Timer(60, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def refused(*words: str, code: int = 1, cwd: Path = ROOT) -> str:
    """Run a command that must be refused: its exit code, nothing on standard output, and no traceback."""
    done = run(*words, cwd=cwd)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
    return done.stderr


def test_stats_and_plan_give_the_numbers_of_the_theme() -> None:
    """27 materials become 10; the planned dates follow rule R11."""
    found = json.loads(run("stats", "open-restaurant", "--json").stdout)
    theme = found["themes"][0]
    assert found["version"] == 1 and (theme["items"], theme["departments"]) == (6, 5)
    assert theme["materials"] == {
        "gross": 27, "unique": 18, "from_items": 1, "from_shares": 2, "forms": 6, "other": 9, "submitted": 10, "alone": 23,
    }  # fmt: skip
    assert theme["workdays"] == {"serial": 31, "critical_path": 9}
    plan = json.loads(run("plan", "open-restaurant", "--accepted", "2025-03-03T09:00", "--json").stdout)
    assert plan["due"] == "2025-03-14"
    assert plan["items"]["tobacco-retail-licence"] == {"start": "2025-03-04", "due": "2025-03-14"}


def test_deadline_answers_line_by_line() -> None:
    """A wrong line gets an error of its own and does not stop the others."""
    lines = [
        '{"id": "a", "kind": "due", "input": {"start": "2024-02-05T09:30:00+08:00", "limit": {"value": 5, "unit": "workday"}}}',
        "not json",
        '{"id": "c", "kind": "due", "input": {"start": "2026-12-21T10:00:00+08:00", "limit": {"value": 20, "unit": "workday"}}}',
    ]
    done = subprocess.run(
        [*GOVFLOW, "deadline", "-"], input="\n".join(lines), capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(answers) == 3
    assert answers[0]["result"]["due_date"] == "2024-02-18"
    assert answers[1]["result"]["error"] == "invalid_input" and answers[2]["result"]["error"] == "calendar_unavailable"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["demo", "open-restaurnt"], 1, "open-restaurnt"),
        (["demo", "--drop", "I99"], 1, "I99"),
        (["demo", "--answer", "premises_area"], 2, "名称=值"),
        (["demo", "--answer", "premises_area=很大"], 1, "premises_area"),
        (["demo", "--answer", "area=1"], 1, "area"),
        (["compile", "nothing"], 1, "nothing"),
        (["plan", "open-restaurant", "--accepted", "三月三日"], 1, "--accepted"),
        (["stats", "--definitions", "no-such-folder"], 1, "no-such-folder"),
        (["case", "show", "x", "--db", "nonsense://x"], 1, "nonsense"),
        (["case", "show", "nobody", "--db", "sqlite://"], 1, "nobody"),
        (["nothing"], 2, "nothing"),
    ],
)
def test_bad_input_gets_one_plain_sentence(words: list[str], code: int, said: str, tmp_path: Path) -> None:
    """Unknown themes, items, answers, folders and databases: what was found and what was expected, never a traceback."""
    words = [*words, "--output", str(tmp_path / "out")] if words[0] == "demo" else words
    done = run(*words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr + done.stdout


def test_a_broken_definition_is_pointed_at(tmp_path: Path) -> None:
    """A folder with a broken file: file, line and column, exit code 1, nothing compiled."""
    folder = tmp_path / "definitions"
    (folder / "items").mkdir(parents=True)
    (folder / "items" / "x.yaml").write_text("govflow: item/1\nid: I01\nvisits：0\n", encoding="utf-8")
    said = refused("compile", "I01", "--definitions", str(folder))
    assert "x.yaml:3:" in said


def test_a_database_from_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    """A newer database is refused with both versions named, and not touched."""
    url = f"sqlite:///{tmp_path}/cases.db"
    govflow.Engine(url, catalog(), clock=watch()).close()
    database = sa.create_engine(url)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE govflow_version SET version_num = '0999'"))
    database.dispose()
    for words in (["case", "list"], ["db", "upgrade"], ["sweep"]):
        said = refused(*words, "--db", url)
        assert "0999" in said and "0003" in said


def test_something_that_is_no_database(tmp_path: Path) -> None:
    """A file that is no database is named, not overwritten."""
    file = tmp_path / "cases.db"
    file.write_bytes(b"this is no database, but a letter" * 100)
    before = file.read_bytes()
    refused("case", "list", "--db", f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_operating_a_case_from_the_shell(tmp_path: Path) -> None:
    """Apply, list, complete, explain, sweep, check: the whole desk from the command line."""
    db = f"sqlite:///{tmp_path}/cases.db"
    case = run("case", "apply", "examples/open-restaurant/application.yaml", "--db", db).stdout.strip()
    tasks = json.loads(run("task", "list", "--department", "D01", "--db", db, "--json").stdout)
    assert [t["case"] for t in tasks["items"]] == [case]
    green = json.loads(run("task", "list", "--light", "green", "--db", db, "--json").stdout)
    assert [t["id"] for t in green["items"]] == [t["id"] for t in tasks["items"]]
    task = tasks["items"][0]["id"]
    assert "M09" in refused("task", "complete", task, "--actor", "D01:wang", "--outcome", "accept", "--db", db)
    assert "D07" in refused("task", "complete", task, "--actor", "D07:zhao", "--outcome", "accept", "--db", db)
    shown = json.loads(run("case", "show", case, "--db", db, "--json").stdout)
    assert shown["version"] == 1 and shown["case"]["state"] == "received"
    explained = run("case", "explain", case, "accept/correction_notice", "--db", db).stdout
    applied = shown["case"]["applied"][:10]
    assert f"自 {applied} 起算，时限5个工作日，计 5 日" in explained and "第5个工作日" in explained
    assert shown["case"]["clocks"][0]["due"] in explained
    assert json.loads(run("sweep", "--db", db, "--json").stdout) == {"version": 1, "fired": []}
    assert (
        run("case", "withdraw", case, "--actor", "applicant:x", "--reason", "不开了", "--db", db).stdout.strip()
        == "已撤回"
    )
    checked = run("db", "check", "--db", db)
    assert checked.returncode == 0 and "0 处不符" in checked.stderr


def test_a_correction_from_the_shell(tmp_path: Path) -> None:
    """The refusal names the command; notice, supplement and acceptance lead on; a claimed task can be given back."""
    db = ("--db", f"sqlite:///{tmp_path}/cases.db")
    desk = ("--actor", "D01:王敏", *db)
    case = run("case", "apply", "examples/open-restaurant/application.yaml", *db).stdout.strip()
    task = f"{case}.1"
    assert "@D01:王敏" in run("task", "claim", task, *desk).stdout
    assert "@" not in run("task", "release", task, *desk).stdout
    assert "认领" in refused("task", "release", task, *desk)
    said = refused("task", "complete", task, "--outcome", "accept", *desk)
    assert f"govflow case correct {case} --missing M09,M12 --actor 'D01:王敏'" in said
    assert "M12" in refused("case", "correct", case, "--missing", "M09", *desk)
    asked = json.loads(run("case", "correct", case, "--missing", "M09", "--missing", "M12", *desk, "--json").stdout)
    assert asked["version"] == 1 and asked["case"]["state"] == "correcting"
    assert "M12" in refused("case", "supplement", case, "--material", "M09", *db)
    lines = run("case", "supplement", case, "--material", "M09、M12", *db).stdout.splitlines()
    assert lines[0] == f"{case} 已收件" and f"{case}.3" in lines[1]
    assert run("task", "complete", f"{case}.3", "--outcome", "accept", *desk).stdout.startswith(f"{case} 审查中")


def test_a_correction_on_behalf_of_an_item_that_the_case_lacks(tmp_path: Path) -> None:
    """An item that is not in the case is refused with the ones that are."""
    db = ("--db", f"sqlite:///{tmp_path}/cases.db")
    case = run("case", "apply", "examples/open-restaurant/application.yaml", *db).stdout.strip()
    said = refused("case", "correct", case, "--missing", "M09,M12", "--item", "I99", "--actor", "D01:王敏", *db)
    assert "I99" in said and "I07" in said


@pytest.mark.parametrize("field", ["theme", "applicant"])
def test_an_application_without_what_it_needs_is_refused_plainly(field: str, tmp_path: Path) -> None:
    """A file that names no theme or no applicant: one sentence that names the field."""
    file = tmp_path / "application.yaml"
    text = "govflow: application/1\ntheme: open-restaurant\napplicant: {kind: 自然人}\n"
    file.write_text("".join(line for line in text.splitlines(True) if not line.startswith(field)), encoding="utf-8")
    assert field in refused("case", "apply", str(file), "--db", f"sqlite:///{tmp_path}/cases.db")


def test_check_finds_what_was_changed_by_hand(tmp_path: Path) -> None:
    """A due date changed in the database is found, named, and ends with exit code 1."""
    url = f"sqlite:///{tmp_path}/cases.db"
    engine = govflow.Engine(url, catalog(), clock=watch())
    case = accepted(engine).id
    engine.close()
    database = sa.create_engine(url)
    with database.begin() as connection:
        connection.execute(
            sa.text("UPDATE clocks SET due_at = '2030-01-01T00:00:00.000000Z' WHERE id = 'I01/promised'")
        )
    database.dispose()
    done = run("db", "check", "--db", url)
    assert done.returncode == 1 and f"{case}: 时钟 I01/promised" in done.stdout


def test_interrupting_the_worker_ends_it_cleanly(tmp_path: Path) -> None:
    """Ctrl-C stops the worker after the step it is at; what it said so far is whole lines, and so is the database."""
    url = f"sqlite:///{tmp_path}/cases.db"
    engine = govflow.Engine(url, catalog(), clock=watch())
    case = accepted(engine).id
    engine.close()
    process = subprocess.Popen(
        [*GOVFLOW, "worker", "--every", "0.2", "--db", url], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    with watchdog(process):
        first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=30)
    assert process.returncode == 0 and b"Traceback" not in said
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    expected = [(f"{case}:1", case, "applied"), (f"{case}:4", case, "accepted")]
    assert [(line["key"], line["case"], line["topic"]) for line in lines[:2]] == expected[: len(lines)]
    assert run("db", "check", "--db", url).returncode == 0


def test_interrupting_the_demo_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Ctrl-C in the middle of the demo: one sentence, exit code 130, and a database that agrees with itself."""
    process = subprocess.Popen(
        [*GOVFLOW, "demo", "--output", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "GOVFLOW_LANG": "zh", "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    with watchdog(process):
        while "受理".encode() not in process.stdout.readline():
            assert process.poll() is None, "the demo ended before its acceptance"
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert b"Traceback" not in said
    assert process.returncode in (0, 130)
    assert run("db", "check", "--db", f"sqlite:///{tmp_path}/cases.db").returncode == 0


def test_closed_outputs_are_no_error() -> None:
    """Started with standard output and error closed, a command does its work and its exit code tells."""
    command = shlex.join([sys.executable, "-m", "govflow", "validate", str(ROOT / "definitions"), "--no-cache"])
    assert subprocess.run(["/bin/sh", "-c", f"{command} >&- 2>&-"], check=False).returncode == 0
