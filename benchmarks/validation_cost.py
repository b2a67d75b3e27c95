"""The processor time of validation in this checkout and in another one, taken in turns in one run.

Every run is a process of its own, as a person would start it, by its checkout's own Python on the same files: the whole
command over the shipped definitions, the same over many items made from them (`catalogue.write_catalogue`), and `load`
without rules, the way of every other command. Times hold the children's.

    python -m benchmarks.validation_cost OTHER_CHECKOUT [--files 1000] [--rounds 15]

OTHER_CHECKOUT is a folder with an environment `.venv` of its own. Compile both first, as an installation does:
`python -m compileall -q src`. Read the ratios.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from benchmarks.catalogue import ROOT, run, write_catalogue

COMMAND = "from govflow.cli import main; main()"
LOAD = "import govflow; govflow.load('definitions', rules=())"
VALIDATE = ("validate", "definitions", "--no-cache")


def compare(title: str, folder: Path, other: Path, code: tuple[str, ...], files: int, rounds: int) -> None:
    """One line of the table: lower quartiles of both checkouts (what else runs only adds), their ratio, and files a second of processor time."""
    times: dict[Path, list[float]] = {other: [], ROOT: []}
    for number in range(rounds):
        for checkout in (other, ROOT) if number % 2 else (ROOT, other):
            command = [str(checkout / ".venv/bin/python"), "-c", *code]
            times[checkout].append(run(command, folder, one_core=True).processor)
    before, now = (statistics.quantiles(each, n=4)[0] for each in times.values())
    print(f"{title:40}{before:8.3f}{now:8.3f}{now / before:8.3f}{files / before:9.0f}{files / now:9.0f}", flush=True)


def main() -> None:
    """Make the files, measure, print one table."""
    parser = argparse.ArgumentParser(description="The processor time of validation, against another checkout.")
    parser.add_argument("other", type=Path, help="the checkout to compare with; its Python is .venv/bin/python there")
    parser.add_argument("--files", type=int, default=1000, help="items of the large catalogue (default 1000)")
    parser.add_argument("--rounds", type=int, default=15, help="runs of each checkout (default 15)")
    options = parser.parse_args()
    other, rounds = options.other.resolve(), options.rounds
    print(f"{'processor, s a run, one core':40}{'other':>8}{'this':>8}{'ratio':>8}{'files/s':>9}{'files/s':>9}")
    with tempfile.TemporaryDirectory() as place:
        small, large = Path(place) / "small", Path(place) / "large"
        shutil.copytree(ROOT / "definitions", small / "definitions")
        shipped = sum(1 for _ in small.rglob("*.yaml"))
        compare("govflow validate, shipped files", small, other, (COMMAND, *VALIDATE), shipped, rounds)
        compare("load without rules, shipped files", small, other, (LOAD,), shipped, rounds)
        write_catalogue(large / "definitions", options.files)
        many = (COMMAND, *VALIDATE, "--profile", "strict")
        compare(
            f"govflow validate, {options.files} items, strict", large, other, many, options.files, max(rounds // 3, 3)
        )


if __name__ == "__main__":
    main()
