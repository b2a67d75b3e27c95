"""The stored database of govflow 0.1.0: read, loaded into SQLite or PostgreSQL, and (by `make`, once) packed.

The file holds the schema and the rows as 0.1.0 left them, with the version of the tables, so that loading it needs
nothing of govflow: what is loaded stands at version 0001 whatever migrations came later. Bytes are written as
{"utf-8": text} or, where they are no text, as {"base64": text}.
"""

from __future__ import annotations

import base64
import json
import lzma
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

FILE = Path(__file__).resolve().with_name("stored-0.1.0.json.xz")

EXPECTED = FILE.with_name("expected.json")

POSTGRES = (("BLOB", "BYTEA"),)
"""What the schema says otherwise on PostgreSQL; and the one column that counts by itself is SERIAL there."""

COUNTED = ("outbox", "id")


def read() -> dict[str, Any]:
    """The file: format, version, schema, and of each table, in the order of creation, its columns and rows."""
    found: dict[str, Any] = json.loads(lzma.decompress(FILE.read_bytes()))
    return found


def expected() -> dict[str, Any]:
    """What a reader must find: see `make.expectations`; tasks and clocks of cases as dicts."""
    found: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="ascii"))
    for part, names in found.pop("fields").items():
        for case in found["cases"]:
            case[part] = [dict(zip(names, row, strict=True)) for row in case[part]]
    return found


def load_sqlite(path: str | os.PathLike[str]) -> None:
    """Write the stored database as a new SQLite file; FileExistsError where there is one."""
    if Path(path).exists():
        raise FileExistsError(path)
    data = read()
    connection = sqlite3.connect(path)
    try:
        with connection:
            for statement in data["schema"]:
                connection.execute(statement)
            for name, table in data["tables"].items():
                connection.executemany(_insert(name, table["columns"], "?"), _rows(table))
    finally:
        connection.close()


def load_postgres(connection: Connection) -> None:
    """Create the stored tables and rows in an empty PostgreSQL database; the caller's transaction commits them."""
    data = read()
    for statement in data["schema"]:
        connection.exec_driver_sql(_for_postgres(statement))
    for name, table in data["tables"].items():
        rows = list(_rows(table))
        if rows:
            connection.exec_driver_sql(_insert(name, table["columns"], "%s"), rows)
    table, column = COUNTED
    connection.exec_driver_sql(
        f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT max({column}) FROM {table}))"
    )


def _for_postgres(statement: str) -> str:
    for here, there in POSTGRES:
        statement = statement.replace(here, there)
    table, column = COUNTED
    if statement.startswith(f"CREATE TABLE {table} "):
        statement = statement.replace(f"{column} INTEGER", f"{column} SERIAL", 1)
    return statement


def _insert(table: str, columns: list[str], mark: str) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join([mark] * len(columns))})'


def _rows(table: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    return (tuple(map(_value, row)) for row in table["rows"])


def _value(kept: Any) -> Any:
    if not isinstance(kept, dict):
        return kept
    return kept["utf-8"].encode() if "utf-8" in kept else base64.b64decode(kept["base64"])


# --- packing -----------------------------------------------------------------------------------------------------


def pack(database: str | os.PathLike[str]) -> dict[str, int]:
    """Keep an SQLite database as the file; returns the number of rows of each table."""
    connection = sqlite3.connect(database)
    try:
        made = list(
            connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        )
        tables = {name: _table(connection, name) for type, name, _ in made if type == "table"}
    finally:
        connection.close()
    data = {
        "format": "govflow-stored/1", "version": tables["govflow_version"]["rows"][0][0],
        "schema": [" ".join(sql.split()) for _, _, sql in made], "tables": tables,
    }  # fmt: skip
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    FILE.write_bytes(lzma.compress(text.encode("ascii"), preset=9 | lzma.PRESET_EXTREME))
    return {name: len(table["rows"]) for name, table in tables.items()}


def _table(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    columns = [(column, type) for _, column, type, *_ in connection.execute(f'PRAGMA table_info("{name}")')]
    rows = connection.execute(f'SELECT * FROM "{name}" ORDER BY rowid')
    return {
        "columns": [column for column, _ in columns],
        "rows": [[_kept(value, type) for value, (_, type) in zip(row, columns, strict=True)] for row in rows],
    }


def _kept(value: Any, type: str) -> Any:
    if type == "BOOLEAN":
        return bool(value)
    if not isinstance(value, bytes):
        return value
    try:
        return {"utf-8": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def expect(found: dict[str, Any]) -> None:
    """Write what a reader must find: of tasks and clocks the names once, and what is long a line each."""
    fields = {part: list(next(each for case in found["cases"] for each in case[part])) for part in ("tasks", "clocks")}
    cases = [
        {**case, **{part: [list(each.values()) for each in case[part]] for part in fields}} for case in found["cases"]
    ]
    lines = []
    for name, value in {"fields": fields, **found, "cases": cases}.items():
        if name in ("keys", "verbatim", "cases"):
            text = "[\n" + ",\n".join(json.dumps(each) for each in value) + "\n]"
        elif name in ("situations", "ends", "covered"):
            text = "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(each)}" for key, each in value.items()) + "\n}"
        else:
            text = json.dumps(value)
        lines.append(f"{json.dumps(name)}: {text}")
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="ascii")
