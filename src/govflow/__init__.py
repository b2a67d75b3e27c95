"""Government services as running processes: items and one-thing themes in YAML, BPMN 2.0, and the law's clocks.

loaded = govflow.load("definitions")
engine = govflow.Engine("sqlite:///cases.db", loaded.catalog)
"""

import importlib
from typing import TYPE_CHECKING

from govflow.version import VERSION as __version__

if TYPE_CHECKING:
    from govflow.bpmn import to_bpmn
    from govflow.deadlines import due
    from govflow.engine import Engine
    from govflow.errors import Conflict, GovflowError, InvalidInput, NotAllowed, NotFound
    from govflow.loader import Loaded, load
    from govflow.model import Catalog
    from govflow.views import CaseView, ClockView, EventView, Fired, Page, TaskView
    from govflow.workdays import Calendar

__all__ = [
    "Calendar",
    "CaseView",
    "Catalog",
    "ClockView",
    "Conflict",
    "Engine",
    "EventView",
    "Fired",
    "GovflowError",
    "InvalidInput",
    "Loaded",
    "NotAllowed",
    "NotFound",
    "Page",
    "TaskView",
    "__version__",
    "due",
    "load",
    "to_bpmn",
]

# Each name is imported when it is first asked for, so that what only reads definitions (an editor, a commit hook) does
# not wait for the database and the process engine.
_HOMES = {
    "Calendar": "workdays",
    "CaseView": "views",
    "Catalog": "model",
    "ClockView": "views",
    "Conflict": "errors",
    "Engine": "engine",
    "EventView": "views",
    "Fired": "views",
    "GovflowError": "errors",
    "InvalidInput": "errors",
    "Loaded": "loader",
    "NotAllowed": "errors",
    "NotFound": "errors",
    "Page": "views",
    "TaskView": "views",
    "due": "deadlines",
    "load": "loader",
    "to_bpmn": "bpmn",
}


def __getattr__(name: str) -> object:
    """A public name, from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'govflow' has no attribute {name!r}")
    return getattr(importlib.import_module(f"govflow.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
