"""What a command waits for: only what it needs is imported and read."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from govflow.cli import HOMES, cli
from govflow.engine.store import Database

ROOT = Path(__file__).resolve().parent.parent


def imported(*words: str, folder: Path) -> set[str]:
    """The top names of everything that a command imports, and `govflow.cli.<module>`; the command must succeed."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "govflow", *words],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names = re.findall(r"^import time:[^|]*\|[^|]*\|\s*(\S+)$", done.stderr, re.MULTILINE)
    return {name.partition(".")[0] for name in names} | {name for name in names if name.startswith("govflow.")}


def test_the_version_waits_for_nothing(tmp_path: Path) -> None:
    """`govflow --version` imports the command line alone: no YAML, no schema, no database, no calendar."""
    found = imported("--version", folder=tmp_path)
    assert not found & {"yaml", "jsonschema", "jsonschema_rs", "sqlalchemy", "SpiffWorkflow", "chinese_calendar"}
    rooms = {name.split(".")[1] for name in found if name.startswith("govflow.")}
    assert rooms <= {"__main__", "cli", "errors", "text", "version"}


@pytest.mark.parametrize("words", [["task", "list"], ["case", "list"]])
def test_reading_cases_waits_for_neither_the_process_engine_nor_the_migrations(
    words: list[str], tmp_path: Path
) -> None:
    """On a database that is up to date, Alembic and SpiffWorkflow are not imported to read from it."""
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    Database(url).upgrade()
    (tmp_path / "definitions").mkdir()
    found = imported(*words, "--db", url, folder=tmp_path)
    assert "sqlalchemy" in found and not found & {"alembic", "SpiffWorkflow"}


def test_commands_about_cases_do_not_check_the_folder(tmp_path: Path) -> None:
    """An item that cannot be read stops nobody from reading the inbox; a damaged calendar does, for dates rest on it."""
    items, calendars = tmp_path / "definitions" / "items", tmp_path / "definitions" / "calendars"
    items.mkdir(parents=True)
    calendars.mkdir()
    (items / "broken.yaml").write_text("govflow: item/1\nid: [", "utf-8")
    command = [sys.executable, "-m", "govflow", "task", "list", "--db", f"sqlite:///{tmp_path / 'cases.db'}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (calendars / "2027.yaml").write_text("govflow: calendar/1\nyear: [", "utf-8")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1 and "2027.yaml:" in done.stderr


def test_the_table_of_commands_is_true() -> None:
    """Every module says the commands that the table sends to it, and no module says one that the table does not know."""
    context = click.Context(cli)
    for name in HOMES:
        command = cli.get_command(context, name)
        assert command is not None and command.name == name
    modules = {sys.modules[f"govflow.cli.{each}"] for each in HOMES.values()}
    assert sorted(command.name for module in modules for command in module.COMMANDS) == sorted(HOMES)
