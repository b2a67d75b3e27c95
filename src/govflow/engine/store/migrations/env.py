"""Alembic runs this inside the connection that `store.upgrade` hands over."""

from alembic import context

from govflow.engine.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, version_table="govflow_version"
)
with context.begin_transaction():
    context.run_migrations()
