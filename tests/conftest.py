"""What every test may rely on: repeatable Hypothesis runs, no network but this machine, PostgreSQL when asked for."""

import ipaddress
import signal
import socket
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from tests import postgres

settings.register_profile(
    "govflow", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("govflow")
# Hypothesis also draws constants out of whatever modules are loaded, so that a test would see other values when it runs
# alone. There is no setting for it; its release is pinned, and a name that is gone fails here.
assert providers._get_local_constants
providers._get_local_constants = lambda: providers._local_constants

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _is_here(address: object) -> bool:
    """Whether a socket address lies on this machine: a UNIX socket or a loopback address."""
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _guarded_connect(self: socket.socket, address: object) -> None:
    if not _is_here(address):
        raise RuntimeError(f"a test tried to reach {address!r}; tests use this machine only")
    _connect(self, address)  # type: ignore[arg-type]


def _guarded_connect_ex(self: socket.socket, address: object) -> int:
    if not _is_here(address):
        raise RuntimeError(f"a test tried to reach {address!r}; tests use this machine only")
    return _connect_ex(self, address)  # type: ignore[arg-type]


def pytest_configure(config: pytest.Config) -> None:
    """Close the network; the process that was started first also says where a shared PostgreSQL would live."""
    socket.socket.connect = _guarded_connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = _guarded_connect_ex  # type: ignore[method-assign, assignment]
    if not hasattr(config, "workerinput"):
        postgres.prepare()


LONG = (
    "test_dispatch.py",
    "test_jobs.py",
    "test_engine_kill.py",
    "test_engine_races.py",
    "test_soak.py",
    "test_stored.py",
    "test_wheel.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """No test may hang: each ends, failing, after five minutes. One that asks for a PostgreSQL server is slow."""
    for item in items:
        if config.pluginmanager.hasplugin("timeout"):
            item.add_marker(pytest.mark.timeout(300))
        if "postgres_server" in getattr(item, "fixturenames", ()) or item.path.name in LONG:
            item.add_marker("slow")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared PostgreSQL once all workers are done, and open the network again."""
    if not hasattr(config, "workerinput"):
        postgres.stop()
    socket.socket.connect = _connect  # type: ignore[method-assign]
    socket.socket.connect_ex = _connect_ex  # type: ignore[method-assign]


LONGEST = 300  # seconds; the slowest test takes a tenth of it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A test that hangs fails, with the place at which it waits, instead of holding up the run for ever."""
    if threading.current_thread() is not threading.main_thread():
        return (yield)
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LONGEST)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _too_long(_number: int, _frame: object) -> None:
    raise TimeoutError(f"the test has run for {LONGEST} seconds")


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """URL of the test session's own PostgreSQL server (its maintenance database)."""
    if postgres.binaries() is None:
        pytest.skip(
            "no PostgreSQL server on this machine: `make test` installs one, or install it so that `postgres` is on PATH"
        )
    return postgres.server_url()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of a fresh, empty PostgreSQL database, dropped after the test."""
    with postgres.database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/cases.db"
    return str(request.getfixturevalue("postgres_url"))
