"""An engine for the commands that need one; apart from `common`, since it brings the database and the process engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from govflow.cli.common import catalog_from
from govflow.engine.api import Engine


def engine_from(db: str, folder: str, *refs: str, clock: Callable[[], datetime] | None = None) -> Engine:
    """An engine on this database with this folder's definitions; `refs` are what is to be applied for.

    A case goes on under the definition that it was applied for under, so errors in the folder do not stop those that are
    open; their due dates rest on the calendars, which must be sound.
    """
    return Engine(db, catalog_from(folder, *refs, calendars=True), clock=clock)
