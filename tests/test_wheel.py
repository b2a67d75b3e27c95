"""What is installed from the wheel works where there is no checkout: the examples and the first catalogue are inside."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (found,) = folder.glob("govflow-*.whl")
    return found


@pytest.fixture(scope="module")
def govflow(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment that holds the wheel; its dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(
        sysconfig.get_path("purelib")
    )  # an editable install there does not count
    return folder / "bin" / "govflow"


def run(govflow: Path, folder: Path, *words: str) -> str:
    """What a command prints in this folder; it must succeed."""
    done = subprocess.run([govflow, "--lang", "en", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_the_examples_and_nothing_of_the_tests(wheel: Path) -> None:
    """Every definition and application of the checkout is inside; tests, benchmarks and documentation are not."""
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name.removeprefix("govflow/apps/demo/shipped/") for name in names if "/shipped/" in name}
    here = {
        str(path.relative_to(ROOT))
        for top in ("definitions", "examples")
        for path in (ROOT / top).rglob("*")
        if path.is_file()
    }
    assert shipped == here
    assert {name.partition("/")[0] for name in names} == {"govflow", f"{wheel.name.rpartition('-py3')[0]}.dist-info"}


def test_the_demo_runs_without_a_checkout(govflow: Path, tmp_path: Path) -> None:
    """`govflow demo` in an empty folder opens the restaurant of five departments."""
    assert run(govflow, tmp_path, "--version").startswith("govflow")
    assert "5 departments" in run(govflow, tmp_path, "demo")
    assert (tmp_path / "demo-output" / "open-restaurant.bpmn").is_file()


def test_a_first_catalogue_works_at_once(govflow: Path, tmp_path: Path) -> None:
    """`govflow init` makes a catalogue that validates without a finding, compiles, passes its scenarios and is played."""
    run(govflow, tmp_path, "init", "catalogue")
    here = tmp_path / "catalogue"
    assert run(govflow, here, "validate", "--fail-on", "hint").startswith("✓")
    assert "<bpmn:process" in run(govflow, here, "compile", "open-restaurant")
    assert "2 scenarios" in run(govflow, here, "test", "-q")
    assert "3 items of 2 departments" in run(govflow, here, "demo")


def test_a_first_catalogue_overwrites_nothing(govflow: Path, tmp_path: Path) -> None:
    """A second `init` in the same folder is refused and changes no file; other files do not matter."""
    (tmp_path / "README").write_text("mine")
    run(govflow, tmp_path, "init")
    settings = tmp_path / "govflow.toml"
    settings.write_text("mine")
    done = subprocess.run([govflow, "--lang", "en", "init"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "is left alone" in done.stderr
    assert settings.read_text() == "mine"
