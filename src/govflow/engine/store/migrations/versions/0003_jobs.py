"""Jobs: what waits to be done for a case is a row. Ids sort as they were given out; rows are keyed by their case."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = "state = 'open'"
LIVE = "state IN ('running', 'suspended')"
ARMED = "state = 'armed' AND wake_at IS NOT NULL"

JOBS = (
    sa.Column("case_id", sa.String(40), primary_key=True),
    sa.Column("key", sa.String(60), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("state", sa.String(8), nullable=False, server_default="armed"),
    sa.Column("wake_at", sa.String(27)),
    sa.Column("leased_until", sa.String(27)),
    sa.Column("gen", sa.Integer, nullable=False, server_default="0"),
    sa.Column("leases", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("fault", sa.Text),
    sa.Column("topic", sa.String(40)),
    sa.Column("body", sa.Text),
)

KEYED = {
    "applicants": ("case_id",),
    "tasks": ("case_id", "id"),
    "clocks": ("case_id", "id"),
    "events": ("case_id", "seq"),
}
"""Tables that are made anew: with this key, and without a foreign key to their case, so that they can be partitioned."""

INDEXES = (
    ("cases_in_order", "cases", ("sort",), None),
    ("cases_by_state", "cases", ("state", "sort"), None),
    ("cases_by_ref", "cases", ("ref", "sort"), None),
    ("applicants_by_identity", "applicants", ("identity",), None),
    ("tasks_in_order", "tasks", ("sort", "due_at"), OPEN),
    ("tasks_inbox", "tasks", ("department", "sort", "due_at"), OPEN),
    ("tasks_inbox_role", "tasks", ("role", "department", "sort", "due_at"), OPEN),
    ("tasks_inbox_warn", "tasks", ("warn_at", "due_at", "department", "sort"), OPEN),
    ("tasks_inbox_due", "tasks", ("due_at", "department", "sort"), OPEN),
    ("clocks_of_calendar", "clocks", ("calendar", "case_id"), LIVE),
    ("jobs_due", "jobs", ("kind", "wake_at", "case_id", "key"), ARMED),
    ("jobs_at_fault", "jobs", ("case_id", "key"), "tries > 0"),
)

FILL = {"cases": 80, "clocks": 70, "tasks": 70}

CLOCK_JOBS = (
    "INSERT INTO jobs (case_id, key, kind, wake_at) "
    "SELECT case_id, 'clock', 'clock', min(wake_at) FROM clocks WHERE wake_at IS NOT NULL GROUP BY case_id"
)
NOTICES = (
    "INSERT INTO jobs (case_id, key, kind, wake_at, leased_until, tries, fault, topic, body) "
    "SELECT case_id, 'notice/' || {seq}, 'notice', created_at, "
    "CASE WHEN attempts > 0 THEN retry_at END, attempts, fault, topic, body FROM outbox"
)


def upgrade() -> None:
    """Make the new tables of the old ones' rows; every row is kept."""
    connection = op.get_bind()
    postgresql = connection.dialect.name == "postgresql"
    op.drop_index("cases_by_state", "cases")
    op.drop_index("cases_by_ref", "cases")
    op.add_column("cases", sa.Column("sort", sa.String(60), nullable=False, server_default=""))
    _sort(connection, "cases", ("id",))
    for name, key in KEYED.items():
        _made_anew(connection, name, key)
    op.create_table("jobs", *(column._copy() for column in JOBS))
    op.execute(CLOCK_JOBS)
    op.execute(NOTICES.format(seq="lpad(seq::text, 6, '0')" if postgresql else "substr('000000' || seq, -6)"))
    op.drop_table("outbox")
    for name, table, columns, condition in INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)
    if postgresql:
        for table, percent in FILL.items():
            op.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")


def _made_anew(connection: sa.Connection, name: str, key: tuple[str, ...]) -> None:
    """A table with another primary key and no foreign key, which SQLite cannot change where it stands."""
    old = sa.Table(name, sa.MetaData(), autoload_with=connection, resolve_fks=False)
    made: list[sa.Column[Any]] = [sa.Column(c.name, c.type, nullable=c.nullable) for c in old.columns]
    if name == "tasks":
        made.append(sa.Column("sort", sa.String(60), nullable=False, server_default=""))
    for index in sa.inspect(connection).get_indexes(name):
        op.drop_index(str(index["name"]), name)
    op.rename_table(name, f"{name}_before")
    if connection.dialect.name == "postgresql":  # names of constraints belong to the schema there
        op.execute(f"ALTER TABLE {name}_before RENAME CONSTRAINT {name}_pkey TO {name}_before_pkey")
    op.create_table(name, *made, sa.PrimaryKeyConstraint(*key, name=f"{name}_pkey"))
    names = ", ".join(c.name for c in old.columns)
    op.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM {name}_before")
    op.drop_table(f"{name}_before")
    if name == "tasks":
        _sort(connection, name, ("case_id", "id"))


def _sort(connection: sa.Connection, table: str, key: tuple[str, ...]) -> None:
    """Fill the column that sorts: see `govflow.engine.case.ids.order`, whose answers of this version stand here."""
    where = " AND ".join(f"{column} = :{column}" for column in key)
    update = sa.text(f"UPDATE {table} SET sort = :sort WHERE {where}")
    rows = connection.execute(sa.text(f"SELECT {', '.join(key)} FROM {table}")).all()
    for start in range(0, len(rows), 1000):
        part = rows[start : start + 1000]
        connection.execute(update, [dict(zip(key, row, strict=True), sort=_order(row[-1])) for row in part])


def _order(id: str) -> str:
    case, dot, task = id.partition(".")
    head, dash, number = case.rpartition("-")
    return f"{head}{dash}{number:0>9}{dot}{task:0>6}" if dot else f"{head}{dash}{number:0>9}"


def downgrade() -> None:
    """There is no way back: keep a backup."""
    raise NotImplementedError("0003 cannot be undone; restore the backup that was made before the upgrade")
