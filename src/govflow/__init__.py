"""Government services as running processes: items and one-thing themes in YAML, BPMN 2.0, and the law's clocks.

loaded = govflow.load("definitions")
engine = govflow.Engine("sqlite:///cases.db", loaded.catalog)
"""

from govflow.bpmn import to_bpmn
from govflow.deadlines import due
from govflow.engine import Engine
from govflow.errors import Conflict, GovflowError, InvalidInput, NotAllowed, NotFound
from govflow.loader import Loaded, load
from govflow.model import Catalog
from govflow.version import VERSION as __version__
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
