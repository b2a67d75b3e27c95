"""The command line: parse, call, print, exit code. 0 done, 1 findings or a refused command, 2 usage.

Machine formats go to standard output, everything else to standard error.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import os
import sys

import click

from govflow.cli import click_words
from govflow.cli.commands import Invocation, Option, RootGroup, say
from govflow.cli.common import Exit, complain, echo, of_system
from govflow.errors import ClockError, GovflowError
from govflow.text import Text
from govflow.version import VERSION

# Which module holds a command: only that one is imported to run it. `validate` runs on every save of an editor and every
# commit; it must not wait for the database and the process engine.
HOMES = {
    "validate": "authoring",
    "rule": "authoring",
    "rules": "authoring",
    "schema": "authoring",
    "new": "authoring",
    "init": "authoring",
    "compile": "products",
    "draw": "products",
    "guide": "products",
    "stats": "products",
    "plan": "products",
    "demo": "demo",
    "deadline": "operating",
    "db": "operating",
    "sweep": "operating",
    "worker": "operating",
    "incidents": "operating",
    "calendar": "operating",
    "case": "cases",
    "task": "cases",
    "explain": "cases",
    "test": "testing",
    "graph": "comparing",
    "diff": "comparing",
    "effective": "comparing",
}


class Program(RootGroup):
    """The commands of HOMES; a module is imported when one of its commands is looked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name, or None."""
        if cmd_name not in HOMES:
            return None
        commands: tuple[click.Command, ...] = importlib.import_module(f"govflow.cli.{HOMES[cmd_name]}").COMMANDS
        return next(command for command in commands if command.name == cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(HOMES)


@click.group(
    cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=Text(
        "政务服务事项和“一件事”：检查定义、编译流程、运行办件、管好法定时限。",
        "Government services as running processes, with the law's clocks.",
    ),
)  # fmt: skip
@click.version_option(
    VERSION, prog_name="govflow", cls=Option, help=Text("显示版本，然后退出。", "Show the version and exit.")
)
def cli() -> None:
    """Government services as running processes, with the law's clocks."""


def main() -> None:
    """Run the command line; every refusal is one plain sentence, never a traceback."""
    # an interrupted statement is rolled back; the pool would log a traceback about it
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    for stream in (sys.stdout, sys.stderr):  # what an output cannot hold is shown as a number
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    click_words.install()
    call = Invocation.of(sys.argv[1:], os.environ)
    with click.Context(cli, obj=call):
        code = _run(call)
    sys.exit(code)


def _run(call: Invocation) -> int:
    """Run the command that is asked for; the exit code."""
    try:
        result = cli.main(standalone_mode=False, obj=call)
        if sys.stdout is not None:  # closed before the program began
            sys.stdout.flush()
    except (click.Abort, KeyboardInterrupt):
        complain(say(Text(
            "已中断；已提交的步骤都已保存，没有写了一半的内容",
            "interrupted; every finished step is kept, nothing is half written",
        )))  # fmt: skip
        return 130
    except Exit as fault:
        return fault.code
    except (GovflowError, ClockError) as fault:
        complain(fault.text(call.lang))
    except click.ClickException as fault:
        usage = io.StringIO()
        fault.show(usage)
        echo(usage.getvalue(), err=True, nl=False)
        return 2 if isinstance(fault, click.UsageError) else 1
    except BrokenPipeError:  # the reader has seen enough
        _drop_output()
    except OSError as fault:
        _drop_output()
        complain(of_system(fault))
    else:
        return result if isinstance(result, int) else 0
    return 1


def _drop_output() -> None:
    """Let what is still to be written go nowhere: the interpreter tries again as it ends, and complains."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
