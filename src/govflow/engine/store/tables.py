"""The tables. Instants are UTC text `YYYY-MM-DDTHH:MM:SS.ffffffZ`, so that they sort as they run on every database."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

definitions = Table(
    "definitions", metadata,
    Column("hash", String(64), primary_key=True),
    Column("ref", String(80), nullable=False),
    Column("bundle", LargeBinary, nullable=False),
    Column("bpmn", LargeBinary, nullable=False),
    Column("stored_at", String(27), nullable=False),
    Column("elements", Text),
)  # fmt: skip

cases = Table(
    "cases", metadata,
    Column("id", String(40), primary_key=True),
    Column("ref", String(80), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("definition", String(64), ForeignKey("definitions.hash"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),
    Column("last_actor", String(120), nullable=False),
    Column("applied_at", String(27), nullable=False),
    Column("updated_at", String(27), nullable=False),
    Column("closed_at", String(27)),
    Index("cases_by_state", "state", "id"),
    Index("cases_by_ref", "ref", "id"),
)  # fmt: skip

applicants = Table(
    "applicants", metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(200)),
    Column("identity", String(40)),
    Column("details", Text, nullable=False),
    Column("salt", String(32), nullable=False),
    Index("applicants_by_identity", "identity"),
)  # fmt: skip

tasks = Table(
    "tasks", metadata,
    Column("id", String(60), primary_key=True),
    Column("case_id", String(40), ForeignKey("cases.id"), nullable=False),
    Column("item", String(20)),
    Column("path", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("name", String(120), nullable=False),
    Column("department", String(20)),
    Column("role", String(20), nullable=False),
    Column("assignee", String(120)),
    Column("joint", String(40)),
    Column("escalated", Boolean, nullable=False),
    Column("state", String(12), nullable=False),
    Column("opened_at", String(27), nullable=False),
    Column("closed_at", String(27)),
    Column("closed_by", String(120)),
    Column("outcome", String(20)),
    Column("warn_at", String(27)),
    Column("due_at", String(27)),
    Column("provisional", Boolean, nullable=False),
    Index("tasks_of_case", "case_id"),
    Index("tasks_inbox", "department", "id", sqlite_where=text("state = 'open'"),
          postgresql_where=text("state = 'open'")),
    Index("tasks_inbox_due", "department", "due_at", sqlite_where=text("state = 'open'"),
          postgresql_where=text("state = 'open'")),
    Index("tasks_open", "id", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
)  # fmt: skip

clocks = Table(
    "clocks", metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("id", String(100), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("item", String(20)),
    Column("state", String(12), nullable=False),
    Column("body", Text, nullable=False),
    Column("due_at", String(27)),
    Column("wake_at", String(27)),
    Column("provisional", Boolean, nullable=False),
    Column("calendar", String(80), nullable=False),
    Index("clocks_awake", "wake_at", "case_id", sqlite_where=text("wake_at IS NOT NULL"),
          postgresql_where=text("wake_at IS NOT NULL")),
    Index("clocks_open", "case_id", sqlite_where=text("state IN ('running', 'suspended')"),
          postgresql_where=text("state IN ('running', 'suspended')")),
)  # fmt: skip

events = Table(
    "events", metadata,
    Column("case_id", String(40), ForeignKey("cases.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", String(27), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("type", String(24), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)  # fmt: skip

outbox = Table(
    "outbox", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("case_id", String(40), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("topic", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_at", String(27), nullable=False),
    Column("fault", Text),
    Index("outbox_waiting", "retry_at", "id"),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata,
    Column("key", String(120), primary_key=True),
    Column("command", String(24), primary_key=True),
    Column("case_id", String(40), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", String(27), nullable=False),
)  # fmt: skip

counters = Table(
    "counters", metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
)  # fmt: skip

CASE_CHANGES = ("state", "revision", "body", "snapshot", "last_actor", "updated_at", "closed_at")
TASK_CHANGES = (
    "assignee", "joint", "escalated", "state", "closed_at", "closed_by", "outcome", "warn_at", "due_at", "provisional",
)  # fmt: skip
CLOCK_CHANGES = ("state", "body", "due_at", "wake_at", "provisional", "calendar")
"""The columns that change while a case, a task or a clock lives; the others stay as they were inserted."""

MESSAGE_COLUMNS = ("case_id", "seq", "topic", "body", "created_at", "retry_at")
"""The columns that a message has from the start; the database fills in the others."""
