"""A real PostgreSQL server for the tests: own data folder, own port on loopback, stopped at the end.

Run as a program it only makes sure that a server is installed (Debian's package, its service is not started).
The server is started by the first test that wants it and shared by all workers of the run. A watcher stops it
should the run itself be killed.
"""

import fcntl
import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

FOLDER = "GOVFLOW_TEST_POSTGRES"  # environment variable that tells the workers where the shared server lives
OWNER = "GOVFLOW_TEST_POSTGRES_OWNER"  # the process whose end is the end of the server
START_SECONDS = 60.0
CLUSTER_CONFIG = "/etc/postgresql-common/createcluster.conf"


class NoServer(RuntimeError):
    """PostgreSQL is not to be had on this machine; the message says what was tried."""


def binaries() -> Path | None:
    """The folder of initdb and postgres, newest version first, or None."""
    candidates = [Path(path).parent for path in glob.glob("/usr/lib/postgresql/*/bin/postgres")]
    candidates.sort(key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0, reverse=True)
    more = ["/usr/local/bin", "/opt/homebrew/bin", *glob.glob("/opt/homebrew/opt/postgresql*/bin")]
    on_path = shutil.which("postgres")
    candidates += [Path(path) for path in ([str(Path(on_path).parent)] if on_path else []) + more]
    return next((path for path in candidates if (path / "initdb").exists() and (path / "postgres").exists()), None)


def install() -> Path:
    """Find the server or install Debian's package without starting its service; NoServer if that fails."""
    found = binaries()
    if found:
        return found
    if not shutil.which("apt-get"):
        raise NoServer("No PostgreSQL server (13 or newer) is here; install one so that `postgres` is on PATH.")
    sys.stderr.write("Installing PostgreSQL for the tests (once) ...\n")
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    _as_root([*apt, "update"], must=False)  # an old list of packages may do
    _as_root([*apt, "install", "--no-install-recommends", "postgresql-common"])
    # Debian would make and start a server of the machine's own; the tests bring theirs.
    _as_root(["sed", "-i", "s/^#\\?create_main_cluster.*/create_main_cluster = false/", CLUSTER_CONFIG])
    _as_root([*apt, "install", "--no-install-recommends", "postgresql"])
    found = binaries()
    if not found:
        raise NoServer("apt-get installed postgresql, but no /usr/lib/postgresql/*/bin/postgres is there.")
    return found


def _as_root(command: list[str], must: bool = True) -> None:
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
    if done.returncode and must:
        raise NoServer(
            "No PostgreSQL server is here, and apt-get could not install one (as root, or by sudo without a password). "
            f"`{' '.join([*prefix, *command])}` said: {(done.stderr or done.stdout).strip()[-500:]}"
        )


def prepare() -> None:
    """Choose the shared server's folder; nothing is started yet."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="govflow-postgres-")
    os.environ[OWNER] = str(os.getpid())


def server_url() -> str:
    """Start the shared server unless another worker has done so; give the URL of its maintenance database."""
    folder = Path(os.environ[FOLDER])
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        record = folder / "server.json"
        if not record.exists():
            record.write_text(json.dumps(_start(folder)))
            watcher = [sys.executable, __file__, "watch", os.environ[OWNER], str(folder)]
            subprocess.Popen(watcher, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        port = json.loads(record.read_text())["port"]
    return f"postgresql+psycopg://govflow@127.0.0.1:{port}/postgres"


def _start(folder: Path) -> dict[str, int]:
    _initialise(folder)
    # the data lives as long as the tests
    return _serve(folder, _free_port(), fsync="off", synchronous_commit="off", full_page_writes="off")


def _common() -> dict[str, Any]:
    user = _server_user()
    return {"user": user, "cwd": "/", "extra_groups": [] if user else None}


def _programs() -> Path:
    programs = binaries()
    if programs is None:
        raise NoServer("No PostgreSQL server is installed; `make test` installs one where apt-get is at hand.")
    return programs


def _initialise(folder: Path) -> None:
    user, data = _server_user(), folder / "data"
    data.mkdir()
    if user:
        os.chmod(folder, 0o755)
        shutil.chown(data, user)
    subprocess.run(
        [_programs() / "initdb", "-D", data, "-U", "govflow", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, **_common(),
    )  # fmt: skip


def _serve(folder: Path, port: int, **settings: str) -> dict[str, int]:
    data, log = folder / "data", folder / "log"
    options = {
        "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "", "max_connections": "200",
        **settings,
    }  # fmt: skip
    flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [_programs() / "postgres", "-D", data, *flags],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True, **_common(),
        )  # fmt: skip
    _wait_until_ready(process, port, log)
    return {"port": port, "pid": process.pid}


class Cluster:
    """A server of a test's own, as safe as a real one (fsync on), that the test may crash and start again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="govflow-cluster-"))
        self.port = _free_port()
        _initialise(self.folder)
        self.start()

    @property
    def url(self) -> str:
        """Its maintenance database."""
        return f"postgresql+psycopg://govflow@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, on the same port each time; what a crash left is recovered."""
        self._pid = _serve(self.folder, self.port)["pid"]

    def crash(self) -> None:
        """Stop it at once, as a power cut would: nothing is written any more, all connections are cut."""
        _signal(self._pid, signal.SIGQUIT)
        os.waitpid(self._pid, 0)
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """Stop it for good and remove its folder."""
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; then it runs as Debian's postgres user, else as nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if b"ready to accept connections" in log.read_bytes():
            return
        time.sleep(0.02)
    process.kill()
    raise NoServer(f"PostgreSQL did not start on port {port}; its log says:\n{log.read_text()[-2000:]}")


def stop() -> None:
    """Stop the shared server, if one was started, and remove its folder."""
    _stop(Path(os.environ.pop(FOLDER)))


def _stop(folder: Path) -> None:
    record = folder / "server.json"
    if record.exists():
        pid = json.loads(record.read_text())["pid"]
        _signal(pid, signal.SIGINT)  # fast shutdown: open connections are cut
        until = time.monotonic() + 10
        while time.monotonic() < until and (folder / "data" / "postmaster.pid").exists():
            time.sleep(0.02)
        if (folder / "data" / "postmaster.pid").exists():
            _signal(pid, signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


def _signal(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
    except ProcessLookupError:
        return


def watch(owner: int, folder: Path) -> None:
    """Wait for the end of the run or of the server, whichever comes first; stop a server whose run was killed."""
    while folder.exists():
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            _stop(folder)
            return
        time.sleep(0.5)


@contextmanager
def database(server: str) -> Iterator[str]:
    """A fresh database on the server; dropped at the end, whoever is still connected."""
    name = f"t_{uuid4().hex}"
    address = server.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield server.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(address, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def main(arguments: list[str]) -> None:
    """`watch PID FOLDER` guards a server; without arguments one is installed if need be."""
    if arguments[:1] == ["watch"]:
        watch(int(arguments[1]), Path(arguments[2]))
        return
    try:
        install()
    except NoServer as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
