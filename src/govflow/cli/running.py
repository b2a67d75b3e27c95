"""An engine for the commands that need one; apart from `common`, since it brings the database and the process engine."""

from __future__ import annotations

from collections.abc import Collection

from govflow.cli.definitions import catalog_from
from govflow.engine.api import Engine

OF_CASES = ("calendar", "departments")
"""What commands about stored cases need of the folder: due dates rest on the calendars, desks have names."""


def engine_from(db: str, folder: str, kinds: Collection[str] = OF_CASES) -> Engine:
    """An engine on this database, to go on with stored cases.

    A case runs under the definition that it was applied for under, which lies in the database. So the items and themes
    of the folder are neither read nor checked; only its calendars must be sound.
    """
    return Engine(db, catalog_from(folder, calendars=True, kinds=kinds))


def engine_for(db: str, folder: str, ref: str) -> Engine:
    """An engine on this database that accepts applications for an item or theme: its definitions must be sound."""
    return Engine(db, catalog_from(folder, ref, calendars=True))
