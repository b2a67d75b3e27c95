"""The house rules, checked by the tools that state them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "govflow"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "versions" not in path.parts)  # migrations are records
FUNCTION_LINES = 40
MODULE_LINES = 500


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def test_modules_import_downwards_only() -> None:
    """The layers and the one-library-one-module promises of docs/architecture.md hold."""
    # Without its cache: that can keep a picture of modules that have moved since.
    _run(str(Path(sys.executable).parent / "lint-imports"), "--no-cache")


def test_the_linter_is_content() -> None:
    """Ruff finds nothing in the package and its tests."""
    _run(sys.executable, "-m", "ruff", "check", "src", "tests")


def test_the_package_is_formatted() -> None:
    """The formatter would change nothing in the package and its tests."""
    _run(sys.executable, "-m", "ruff", "format", "--check", "src", "tests")


def test_types_are_complete() -> None:
    """mypy --strict finds nothing in the package."""
    _run(sys.executable, "-m", "mypy", "--strict", "src/govflow")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_and_functions_are_short(path: Path) -> None:
    """A module has at most 500 lines, a function at most 40 without its docstring."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODULE_LINES
    functions = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    long = [f"{f.name}: {_body_lines(f)} lines" for f in functions if _body_lines(f) > FUNCTION_LINES]
    assert not long


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None and len(function.body) > 1 else function.body
    end = function.end_lineno or function.lineno
    return end - body[0].lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_is_evaluated_and_the_wall_clock_is_read_in_one_place(path: Path) -> None:
    """No module calls eval, exec or compile; only `host_clock` may ask the machine for the time."""
    calls = [ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    assert not {"eval", "exec", "compile", "os.system", "pickle.loads"} & set(calls)
    clock = [name for name in calls if re.search(r"(datetime|date)\.(now|today|utcnow)$|^time\.time$", name)]
    assert not clock or path == SOURCE / "engine" / "host_clock.py", clock


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.rglob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_says_what_it_is_for(path: Path) -> None:
    """Each test function carries a docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    tests = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    assert not [f.name for f in tests if not ast.get_docstring(f)]
