"""How long a catalogue of ten thousand items takes to check, beside a schema checker and a YAML linter in one run.

The items are made from the shipped ones: other numbers, codes, names, limits and texts, so that no two files are equal.
A second catalogue holds the same items written out by counties (one basic code, another level), so that levels are
compared; every tenth differs from its standard.

Every check is a process of its own, as a person would start it: start-up, reading, all rules (strict) and output are in
the time. Foreign tools only know form; they get a part of the files and are compared by milliseconds a file.

    python -m benchmarks.catalogue [--files 10000] [--foreign 300]
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from govflow.language.codes import LEVEL_DIGITS, check_uscc

ROOT = Path(__file__).resolve().parent.parent
RANDOM = random.Random(20250101)
GOVFLOW = (sys.executable, "-c", "from govflow.cli import main; main()")
PLACES = ("江北", "江南", "城东", "城西", "高新", "临港", "滨湖", "古城")


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds on the wall, seconds of processor with its children, MB of its largest process."""

    wall: float
    processor: float
    memory: float
    code: int


def varied(text: str, number: int) -> str:
    """A shipped item as another one: own id, codes, name, and other small numbers and places in its texts."""
    basic = re.search(r'basic: "(\d{12})"', text)
    if basic is not None:
        own = basic[1][:4] + f"{number:05}" + basic[1][9:]
        text = text.replace(basic[1], own)
    place = RANDOM.choice(PLACES)
    text = re.sub(r"^id: \w+$", f"id: N{number:05}", text, count=1, flags=re.M)
    text = re.sub(r"^name:(\s*\{?zh-CN:)? ([^,}\n]+)", rf"name:\1 \2（{place}{number}）", text, count=1, flags=re.M)
    text = re.sub(r"示范市", f"示范市{place}", text)
    text = re.sub(r"\b([3-9]) workdays", lambda m: f"{max(2, int(m[1]) - RANDOM.randrange(2))} workdays", text)
    return f"# 第 {number} 个事项\n{text}"


def of_county(text: str, number: int, county: int) -> str:
    """A shipped item as a county's own version: its departments, its codes; every tenth with a condition more."""
    basic = re.search(r'basic: "(\w{12})"', text)
    department = re.search(r"^department: (D\d\d)$", text, re.M)
    assert basic is not None and department is not None
    own = _uscc(department[1], county) + LEVEL_DIGITS["县级"] + basic[1]
    text = re.sub(r'implementation: "\w+"', f'implementation: "{own}"', text)
    text = re.sub(r'handling: "\w{31}', f'handling: "{own}', text)
    text = re.sub(r"\bD(\d\d)\b", rf"D\g<1>C{county:03}", text)
    text = re.sub(r"^id: \w+$", f"id: N{number:05}", text, count=1, flags=re.M)
    text = re.sub(r"^level: .*$", "level: 县级", text, count=1, flags=re.M).replace("scope: 全市", "scope: 全县")
    if number % 10 == 0:
        text = re.sub(r"^conditions:\n", "conditions:\n  - 在本县有固定场所\n", text, count=1, flags=re.M)
    return f"# 第 {number} 个事项\n{text}"


def departments_of(text: str, county: int) -> str:
    """The city's departments as those of a county."""
    text = re.sub(r"^  (D\d\d):$", rf"  \1C{county:03}:", text, flags=re.M)
    text = re.sub(r"^    slug: (.*)$", rf"    slug: \1-{county}", text, flags=re.M)
    text = re.sub(r"^    level: .*$", "    level: 县级", text, flags=re.M)
    codes = re.findall(r"^  (D\d\d)C\d+:$", text, re.M)
    found = iter(codes)
    return re.sub(r'^    uscc: "?\w+"?$', lambda _: f'    uscc: "{_uscc(next(found), county)}"', text, flags=re.M)


@cache
def _uscc(department: str, county: int) -> str:
    """A credit code of the right shape for a department of a county."""
    begun = f"1142130{county % 10}MBX{county:03}{department[1:]}0"[:17].ljust(17, "0")
    return next(begun + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if check_uscc(begun + last) is None)


def write_catalogue(folder: Path, count: int) -> int:
    """Copy the shipped definitions and add items up to `count` files; gives the bytes of all files."""
    shipped = _shipped(folder)
    for number in range(len(shipped), count):
        name, text = shipped[number % len(shipped)]
        _write(folder, name, number, varied(text, number))
    return sum(path.stat().st_size for path in folder.rglob("*.yaml"))


def write_counties(folder: Path, count: int) -> None:
    """The shipped definitions, and the same items written out by as many counties as `count` files allow."""
    shipped = _shipped(folder)
    departments = (folder / "departments.yaml").read_text("utf-8")
    for number in range(len(shipped), count):
        (name, text), county = shipped[number % len(shipped)], number // len(shipped)
        _write(folder, name, number, of_county(text, number, county))
        file = folder / f"departments-{county}.yaml"
        if not file.exists():
            file.write_text(departments_of(departments, county), "utf-8")


def _shipped(folder: Path) -> list[tuple[str, str]]:
    shutil.copytree(ROOT / "definitions", folder, ignore=shutil.ignore_patterns("*.scenarios.yaml", "variants"))
    return [(path.stem, path.read_text("utf-8")) for path in sorted((folder / "items").glob("*.yaml"))]


def _write(folder: Path, name: str, number: int, text: str) -> None:
    target = folder / "items" / f"part-{number // 500:02}"
    target.mkdir(exist_ok=True)
    (target / f"{name}-{number}.yaml").write_text(text, "utf-8")


def run(command: Sequence[str], folder: Path, one_core: bool = False) -> Run:
    """Run a command to its end with its output thrown away."""
    began = time.perf_counter()
    first = {min(os.sched_getaffinity(0))}
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=(lambda: os.sched_setaffinity(0, first)) if one_core else None,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    spent = usage.ru_utime + usage.ru_stime  # with those that it has waited for
    return Run(time.perf_counter() - began, spent, usage.ru_maxrss / 1024, process.returncode)


def own(folder: Path, files: int) -> Iterator[tuple[str, Run, int]]:
    """Ours: without a cache on one core and on all, then filling the cache, then from it."""
    check = [*GOVFLOW, "validate", "definitions", "--profile", "strict", "--format", "json"]
    yield "govflow validate, strict, one core", run([*check, "--no-cache"], folder, one_core=True), files
    yield f"govflow validate, strict, {os.cpu_count()} cores", run([*check, "--no-cache"], folder), files
    yield "  the same, and the cache written", run(check, folder), files
    yield "  unchanged tree again", run(check, folder), files
    changed = next((folder / "definitions" / "items").rglob("*-100.yaml"))
    changed.write_text(changed.read_text("utf-8") + "# another line\n", "utf-8")
    yield "  one file changed", run(check, folder), files


def counties(folder: Path, files: int) -> Iterator[tuple[str, Run, int]]:
    """Ours over a catalogue whose items stand at two levels."""
    check = [*GOVFLOW, "validate", "definitions", "--profile", "strict", "--format", "json"]
    yield "two levels, one core", run([*check, "--no-cache"], folder, one_core=True), files
    yield f"two levels, {os.cpu_count()} cores", run([*check, "--no-cache"], folder), files


def foreign(folder: Path, files: Sequence[Path]) -> Iterator[tuple[str, Run | None, int]]:
    """A schema checker and a linter over some of the files, and ours over the same ones; None where not installed."""
    some = folder / "some"
    shutil.copytree(folder / "definitions", some, ignore=shutil.ignore_patterns("part-*", "themes"))
    for path in files:
        shutil.copy(path, some / "items" / path.name)
    named = [str(path) for path in sorted((some / "items").glob("*.yaml"))]
    schema = folder / "item.schema.json"
    with schema.open("wb") as output:
        subprocess.run([*GOVFLOW, "schema", "item"], stdout=output, check=True)
    ours = [*GOVFLOW, "validate", "some", "--profile", "strict", "--no-cache"]
    yield "govflow validate, strict, the same files", run(ours, folder, one_core=True), len(named)
    for name, arguments in {
        "check-jsonschema": ["--schemafile", str(schema)], "yamllint": ["-d", "relaxed"],
    }.items():  # fmt: skip
        program = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
        found = run([program, *arguments, *named], folder, one_core=True) if program else None
        yield f"{name}, form alone", found, len(named)


def main() -> None:
    """Make the catalogue, measure, print one table."""
    parser = argparse.ArgumentParser(description="Checking a large catalogue.")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--foreign", type=int, default=300, help="files given to the tools of others")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        size = write_catalogue(folder / "definitions", options.files)
        print(f"{options.files:,} items, {size / 1e6:.1f} MB of YAML, {os.cpu_count()} cores")
        print(f"{'':44}{'s':>8}{'cpu s':>8}{'ms/file':>9}{'files/s':>9}{'MB':>7}  exit")
        write_counties(folder / "counties" / "definitions", options.files)
        items = sorted((folder / "definitions" / "items").rglob("*-*.yaml"))[: options.foreign]
        for measured in (
            own(folder, options.files), counties(folder / "counties", options.files), foreign(folder, items),
        ):  # fmt: skip
            for name, found, files in measured:
                if found is None:
                    print(f"{name:44} not installed, skipped")
                    continue
                each = (
                    f"{found.wall:8.2f}{found.processor:8.2f}{found.wall / files * 1e3:9.2f}{files / found.wall:9.0f}"
                )
                print(f"{name:44}{each}{found.memory:7.0f}  {found.code}", flush=True)


if __name__ == "__main__":
    main()
