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
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()


def _where(condition: str, name: str, *columns: str) -> Index:
    """An index of some rows alone, on every database."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


def _where_open(name: str, *columns: str) -> Index:
    return _where("state = 'open'", name, *columns)


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
    Column("sort", String(60), nullable=False, server_default=""),
    Index("cases_in_order", "sort"),
    Index("cases_by_state", "state", "sort"),
    Index("cases_by_ref", "ref", "sort"),
)  # fmt: skip

applicants = Table(
    "applicants", metadata,
    Column("case_id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(200)),
    Column("identity", String(40)),
    Column("details", Text, nullable=False),
    Column("salt", String(32), nullable=False),
    Index("applicants_by_identity", "identity"),
)  # fmt: skip

tasks = Table(
    "tasks", metadata,
    Column("id", String(60), nullable=False),
    Column("case_id", String(40), nullable=False),
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
    Column("sort", String(60), nullable=False, server_default=""),
    PrimaryKeyConstraint("case_id", "id", name="tasks_pkey"),
    _where_open("tasks_in_order", "sort", "due_at"),
    _where_open("tasks_inbox", "department", "sort", "due_at"),
    _where_open("tasks_inbox_role", "role", "department", "sort", "due_at"),
    _where_open("tasks_inbox_warn", "warn_at", "due_at", "department", "sort"),
    _where_open("tasks_inbox_due", "due_at", "department", "sort"),
)  # fmt: skip

clocks = Table(
    "clocks", metadata,
    Column("case_id", String(40), primary_key=True),
    Column("id", String(100), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("item", String(20)),
    Column("state", String(12), nullable=False),
    Column("body", Text, nullable=False),
    Column("due_at", String(27)),
    Column("wake_at", String(27)),
    Column("provisional", Boolean, nullable=False),
    Column("calendar", String(80), nullable=False),
    _where("state IN ('running', 'suspended')", "clocks_of_calendar", "calendar", "case_id"),
)  # fmt: skip

events = Table(
    "events", metadata,
    Column("case_id", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", String(27), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("type", String(24), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)  # fmt: skip

jobs = Table(
    "jobs", metadata,
    Column("case_id", String(40), primary_key=True),
    Column("key", String(60), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("state", String(8), nullable=False, server_default="armed"),
    Column("wake_at", String(27)),
    Column("leased_until", String(27)),
    Column("gen", Integer, nullable=False, server_default="0"),
    Column("leases", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("fault", Text),
    Column("topic", String(40)),
    Column("body", Text),
    _where("state = 'armed' AND wake_at IS NOT NULL", "jobs_due", "kind", "wake_at", "case_id", "key"),
    _where("tries > 0", "jobs_at_fault", "case_id", "key"),
)  # fmt: skip
"""What waits to be done for a case: `clock`, one row for all its clocks, and `notice`, one row a message.

`wake_at` is when it is due, `leased_until` until when somebody is at it or it rests after a fault; `gen` tells one arming
from the next, `leases` counts those that nobody answered, `tries` faults. A dead row waits for a person.
"""

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

CLOCK_JOB = ("case_id", "key", "kind", "wake_at")
"""The columns of `jobs` that the job of a case's clocks has from the start."""

ARM_AGAIN = (
    "ON CONFLICT (case_id, key) DO UPDATE SET state = 'armed', wake_at = excluded.wake_at, leased_until = NULL, "
    "gen = jobs.gen + 1, leases = 0, tries = 0, fault = NULL"
)
"""What arming means for a job that is there: whoever holds a lease of it finds that it is another one now."""

NOTICE = ("case_id", "key", "kind", "wake_at", "topic", "body")
"""The columns of `jobs` that a message has from the start; the database fills in the others."""
