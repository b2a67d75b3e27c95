"""The dispatchers that are there, each held to the contract of `tests.dispatch_contract`."""

from govflow.engine.jobs import Dispatcher
from govflow.engine.worker import InProcess
from tests.dispatch_contract import DispatchContract


class TestInProcess(DispatchContract):
    """Threads of the worker's own process."""

    def dispatcher(self) -> Dispatcher:
        """Two threads for each kind of job."""
        return InProcess(threads=2)
