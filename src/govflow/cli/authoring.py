"""What an analyst runs while writing: validate, rule, rules, schema, new."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
