"""All programs, one after the other: `python -m tests.soak`; options are those of each, counts are each one's own.

The exit code is not 0 if any found a fault.
"""

from __future__ import annotations

import subprocess
import sys

PROGRAMS = ("kill", "race", "fault", "walk")


def main(arguments: list[str]) -> int:
    """Run each program in a process of its own."""
    codes = [subprocess.run([sys.executable, "-m", f"tests.soak.{name}", *arguments], check=False) for name in PROGRAMS]
    return max(done.returncode for done in codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
