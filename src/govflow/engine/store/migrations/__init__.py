"""Brings the tables from an older version to the newest.

Apart from `database`, which loads it when a database is not at the newest version: Alembic costs more to import than
a command about cases takes.
"""

from importlib import resources

import sqlalchemy as sa
from alembic import command
from alembic.config import Config


def migrate(connection: sa.Connection) -> None:
    """Create or migrate the tables inside the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(resources.files(__name__)))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
