"""`govflow` and `python -m govflow`: loads the command line so that an interrupt is a sentence from the first moment."""

import importlib
import os
import sys


def main() -> None:
    """Run the command line."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: what would be said goes nowhere, the exit code counts
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
    try:
        importlib.import_module("govflow.cli").main()
    except KeyboardInterrupt:
        # while modules load the language is not known yet; what is said later is said by `govflow.cli`
        sys.stderr.write("govflow: 已中断 / interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
