"""The `noderun` command: run the service, ask a running one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nodecfg import ConfigurationError
from nodecfg.instance import MAIN, Instance, derive
from nodecfg.report import print_problems
from noderun.control.client import ControlError, ask
from noderun.control.protocol import Command
from noderun.states import Exit

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Runs a trading node and tells the truth about it.",
)

Name = Annotated[str, typer.Option("--instance", help="Name of the instance.")]
Socket = Annotated[Path | None, typer.Option("--socket", help="Control socket, if not the instance's own.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def run(
    instance: Name = MAIN,
    env_file: Annotated[Path | None, typer.Option("--env-file", help="Env file, outside of the unit.")] = None,
    socket: Socket = None,
) -> None:
    """Run the service; this is what systemd starts."""
    from noderun import service  # noqa: PLC0415 the other commands must be quick

    options = service.Options(instance=_derive(instance), env_file=env_file, socket=socket)
    raise typer.Exit(service.run(options))


@app.command()
def status(instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """Show what the service does, and why it does not trade when it does not."""
    from noderun.control.screens import status_table  # noqa: PLC0415 rich tables are for people only

    document = _ask(instance, socket, Command.STATUS)
    if as_json:
        typer.echo(json.dumps(document))
    else:
        Console(highlight=False).print(status_table(document))


@app.command()
def dump(instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """Print every order, fill and position in the node's cache."""
    document = _ask(instance, socket, Command.DUMP)
    typer.echo(json.dumps(document, indent=None if as_json else 2))


def _ask(instance: str, path: Path | None, command: Command) -> dict[str, Any]:
    try:
        return ask(path or _derive(instance).control_socket, command)
    except ControlError as error:
        typer.echo(f"noderun: {error}", err=True)
        raise typer.Exit(Exit.FENCED) from None


def _derive(instance: str) -> Instance:
    try:
        return derive(instance)
    except ConfigurationError as error:
        print_problems(error.problems)
        raise typer.Exit(Exit.CONFIGURATION) from None
