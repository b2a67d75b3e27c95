"""The command line: parse, call, print, exit code. 0 done, 1 findings or a refused command, 2 usage.

Machine formats go to standard output, everything else to standard error.
"""

from __future__ import annotations

import importlib
import logging
import sys

import click

from govflow.cli.common import Failure, language
from govflow.errors import ClockError, GovflowError
from govflow.version import VERSION

# Which module holds a command: only that one is imported to run it. `validate` runs on every save of an editor and every
# commit; it must not wait for the database and the process engine.
HOMES = {
    "validate": "authoring",
    "rule": "authoring",
    "rules": "authoring",
    "schema": "authoring",
    "new": "authoring",
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
    "calendar": "operating",
    "case": "cases",
    "task": "cases",
    "explain": "cases",
    "test": "testing",
    "graph": "comparing",
    "diff": "comparing",
    "effective": "comparing",
}


class Lazy(click.Group):
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


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="govflow")
@click.option(
    "--lang", envvar="GOVFLOW_LANG", default=None, help="zh 或 en；也可用 GOVFLOW_LANG。Language of messages."
)
def cli(lang: str | None) -> None:
    """政务服务事项和“一件事”：检查定义、编译流程、运行办件、管好法定时限。

    Government services as running processes, with the law's clocks.
    """
    language.choose(lang)


def main() -> None:
    """Run the command line; every refusal is one plain sentence, never a traceback."""
    # an interrupted statement is rolled back; the pool would log a traceback about it
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    try:
        cli.main(standalone_mode=False)
    except click.UsageError as fault:
        fault.show()
        sys.exit(2)
    except click.exceptions.Exit as fault:
        sys.exit(fault.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _say(
            language.say(
                "已中断；已提交的步骤都已保存，没有写了一半的内容",
                "interrupted; every finished step is kept, nothing is half written",
            )
        )
        sys.exit(130)
    except Failure as fault:
        sys.exit(fault.code)
    except GovflowError as fault:
        _say(fault.text(language.code))
        sys.exit(1)
    except ClockError as fault:
        _say(fault.message)
        sys.exit(1)
    except click.ClickException as fault:
        fault.show()
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as fault:
        _say(f"{fault.filename or ''}: {fault.strerror or fault}")
        sys.exit(1)


def _say(text: str) -> None:
    click.echo(f"govflow: {text}", err=True)
