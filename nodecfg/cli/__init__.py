"""The `nodecfg` command: checks, shows and explains the configuration of a node before it runs."""

from __future__ import annotations

import typer

from nodecfg.cli import checking, doctoring, instances, reference, rendering

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Configuration of a trading node: check it, show it, derive from it. Exit code 78 when it is wrong.",
)
for module in (checking, rendering, doctoring, instances, reference):
    module.register(app)

__all__ = ["app"]
