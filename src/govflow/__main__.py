"""`govflow` and `python -m govflow`: loads the command line so that an interrupt is a sentence from the first moment."""

import importlib
import sys


def main() -> None:
    """Run the command line."""
    try:
        importlib.import_module("govflow.cli").main()
    except KeyboardInterrupt:
        sys.stderr.write("govflow: 已中断 / interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
