"""Government services as running processes: items and one-thing themes in YAML, BPMN 2.0, and the law's clocks.

loaded = govflow.load("definitions")
engine = govflow.Engine("sqlite:///cases.db", loaded.catalog)
"""

import importlib
from typing import TYPE_CHECKING

from govflow.version import VERSION as __version__

if TYPE_CHECKING:
    from govflow.catalog import Loaded, load
    from govflow.compiler import to_bpmn
    from govflow.engine.api import Engine
    from govflow.engine.views import CaseView, ClockView, EventView, Fired, Page, TaskView
    from govflow.errors import Conflict, GovflowError, InvalidInput, NotAllowed, NotFound
    from govflow.language.model import Catalog
    from govflow.law.calendar import Calendar
    from govflow.law.questions import due
    from govflow.vocabulary import words

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
    "words",
]

# Each name is imported when it is first asked for, so that what only reads definitions (an editor, a commit hook) does
# not wait for the database and the process engine.
_HOMES = {
    "Calendar": "law.calendar",
    "CaseView": "engine.views",
    "Catalog": "language.model",
    "ClockView": "engine.views",
    "Conflict": "errors",
    "Engine": "engine.api",
    "EventView": "engine.views",
    "Fired": "engine.views",
    "GovflowError": "errors",
    "InvalidInput": "errors",
    "Loaded": "catalog",
    "NotAllowed": "errors",
    "NotFound": "errors",
    "Page": "engine.views",
    "TaskView": "engine.views",
    "due": "law.questions",
    "load": "catalog",
    "to_bpmn": "compiler",
    "words": "vocabulary",
}


def __getattr__(name: str) -> object:
    """A public name, from the module that defines it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'govflow' has no attribute {name!r}")
    return getattr(importlib.import_module(f"govflow.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
