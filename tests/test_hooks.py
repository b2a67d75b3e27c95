"""The hooks for pre-commit: what is watched is what is checked, in a real repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from govflow.language.source import read

ROOT = Path(__file__).parent.parent
HOOKS = read("hooks:\n" + (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"), "hooks").data["hooks"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two definitions folders, all committed."""
    for folder in ("a", "b/x"):
        subprocess.run([sys.executable, "-m", "govflow", "init", tmp_path / folder], check=True, capture_output=True)
    for words in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=n", "-c", "user.email=e@x", "commit", "-qm", "first"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def called(hook: dict[str, object], repository: Path) -> subprocess.CompletedProcess[str]:
    """The hook as pre-commit calls it: with the staged files that its pattern finds."""
    assert hook.get("pass_filenames", True)
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    listed = ("git", "diff", "--staged", "--name-only", "--diff-filter=d", "-z")
    staged = subprocess.run(listed, cwd=repository, check=True, capture_output=True, text=True).stdout.split("\0")
    files = [name for name in staged if name and re.search(str(hook["files"]), name)]
    words = str(hook["entry"]).split()
    assert files and words[0] == "govflow"
    return subprocess.run(
        [sys.executable, "-m", *words, *files], cwd=repository, capture_output=True, text=True, check=False,
        env={**os.environ, "GOVFLOW_LANG": "en"},
    )  # fmt: skip


def hook_of(id: str) -> dict[str, object]:
    """A hook by its id."""
    found: dict[str, object] = next(each for each in HOOKS if each["id"] == id)
    return found


def test_the_folder_of_the_changed_file_is_checked(repository: Path) -> None:
    """A department taken out of the second folder breaks the items there, which were not touched."""
    file = repository / "b/x/definitions/departments.yaml"
    file.write_text(file.read_text("utf-8").replace("  D01:", "  D91:", 1), "utf-8")
    done = called(hook_of("govflow-validate"), repository)
    assert done.returncode == 1
    assert "b/x/definitions/items/food-business-permit.yaml:" in done.stdout
    assert not [line for line in done.stdout.splitlines() if line.startswith("a/")]


def test_a_sound_change_passes(repository: Path) -> None:
    """Comments in both folders."""
    for folder in ("a", "b/x"):
        with (repository / folder / "definitions/departments.yaml").open("a", encoding="utf-8") as file:
            file.write("# a remark\n")
    done = called(hook_of("govflow-validate"), repository)
    assert done.returncode == 0, done
    assert done.stderr.count("7 files checked") == 2


def test_the_fixing_hook_mends_in_the_folder(repository: Path) -> None:
    """A full-width colon in the second folder."""
    file = repository / "b/x/definitions/items/food-business-permit.yaml"
    sound = file.read_text("utf-8")
    file.write_text(sound.replace("  visits: 0\n", "  visits：0\n", 1), "utf-8")
    called(hook_of("govflow-fix"), repository)
    assert file.read_text("utf-8") == sound


@pytest.mark.skipif(shutil.which("pre-commit") is None, reason="needs pre-commit")
def test_pre_commit_takes_the_file() -> None:
    """Its own check of the manifest."""
    subprocess.run(["pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"], check=True)
