"""The `noderun` command: run the service, ask a running one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from nodecfg import ConfigurationError
from nodecfg.instance import MAIN, Instance, derive
from nodecfg.report import print_problems
from noderun.control.client import ControlError, ask
from noderun.control.protocol import LEVELS, Command, Request
from noderun.states import Exit

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Runs a trading node and tells the truth about it.",
)

cache = typer.Typer(no_args_is_help=True, help="The state that Redis keeps for the node.")
app.add_typer(cache, name="cache")

Name = Annotated[str, typer.Option("--instance", help="Name of the instance.")]
Socket = Annotated[Path | None, typer.Option("--socket", help="Control socket, if not the instance's own.")]
Why = Annotated[str, typer.Option("--why", help="Reason, for the record.")]
Id = Annotated[str, typer.Argument(help="Id of a strategy, as `noderun strategies` lists it.")]
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

    document = _ask(instance, socket, Request(command=Command.STATUS))
    if as_json:
        typer.echo(json.dumps(document))
    else:
        Console(highlight=False).print(status_table(document))


@app.command()
def top(
    instance: Name = MAIN,
    socket: Socket = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print one frame and end.")] = False,
) -> None:
    """Show everything on one screen, anew each second, also over restarts of the node; q quits."""
    from noderun.control import top as screen  # noqa: PLC0415 rich screens are for people only

    path = socket or _derive(instance).control_socket
    if once:
        document = _ask(instance, socket, Request(command=Command.STATUS))
        Console(highlight=False).print(screen.frame(document))
    else:
        screen.watch(path)


@app.command()
def dump(instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """Print every order, fill and position in the node's cache."""
    document = _ask(instance, socket, Request(command=Command.DUMP))
    typer.echo(json.dumps(document, indent=None if as_json else 2))


@app.command()
def positions(instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """List the open positions."""
    _list(instance, socket, Command.POSITIONS, as_json=as_json)


@app.command()
def orders(instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """List the open orders, and those on their way."""
    _list(instance, socket, Command.ORDERS, as_json=as_json)


@app.command()
def strategies(instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """List the strategies and their states."""
    _list(instance, socket, Command.STRATEGIES, as_json=as_json)


@app.command()
def halt(why: Why, instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """Send no more orders and cancel the open ones, until `resume`; also over restarts. Positions stay."""
    _act(instance, socket, Request(command=Command.HALT, why=why), as_json=as_json)


@app.command()
def resume(why: Why, instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """End a halt."""
    _act(instance, socket, Request(command=Command.RESUME, why=why), as_json=as_json)


@app.command()
def flatten(why: Why, instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """Halt, cancel every order, close every position at the market. Stays halted until `resume`."""
    _act(instance, socket, Request(command=Command.FLATTEN, why=why), as_json=as_json)


@app.command()
def stop_strategy(
    strategy: Id, why: Why, instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False
) -> None:
    """Stop one strategy and cancel its orders, until `start-strategy` or a restart of the node."""
    _act(instance, socket, Request(command=Command.STOP_STRATEGY, strategy=strategy, why=why), as_json=as_json)


@app.command()
def start_strategy(
    strategy: Id, why: Why, instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False
) -> None:
    """Let a stopped strategy go on (its on_resume is called)."""
    _act(instance, socket, Request(command=Command.START_STRATEGY, strategy=strategy, why=why), as_json=as_json)


@app.command()
def reconcile_now(why: Why, instance: Name = MAIN, socket: Socket = None, *, as_json: Json = False) -> None:
    """Bring the cache to what the venues say, now; fails when they still differ."""
    answer = _act(instance, socket, Request(command=Command.RECONCILE_NOW, why=why), as_json=as_json)
    if not answer["reconciled"]:
        raise typer.Exit(Exit.NOT_RECONCILED)


@app.command()
def reconcile(
    instance: Name = MAIN,
    socket: Socket = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look only; there is no other way of this command.")],
    as_json: Json = False,
) -> None:
    """Compare the cache with the venues and explain each difference; changes neither. Exit code 72 when they differ."""
    del dry_run
    document = _ask(instance, socket, Request(command=Command.RECONCILE))
    if as_json:
        typer.echo(json.dumps(document))
    else:
        for one in document["differences"]:
            typer.echo(f"{one['difference']}\n  because: {one['because']}\n  do: {one['do']}")
        typer.echo("cache and venues are equal" if document["equal"] else f"{len(document['differences'])} differences")
    if not document["equal"]:
        raise typer.Exit(Exit.NOT_RECONCILED)


@app.command()
def log_level(
    level: Annotated[str, typer.Argument(help=f"One of {', '.join(LEVELS)}.")],
    why: Why,
    instance: Name = MAIN,
    socket: Socket = None,
    *,
    as_json: Json = False,
) -> None:
    """Pass on only log lines from that level on, until the next `log-level` or a restart."""
    _act(instance, socket, Request(command=Command.LOG_LEVEL, level=level.upper(), why=why), as_json=as_json)


@cache.command()
def verify(
    instance: Name = MAIN,
    env_file: Annotated[Path | None, typer.Option("--env-file", help="Env file, if not the instance's own.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Read every record of the cached state as a start would, and list those that would keep a node from starting.

    Changes nothing; the node may run meanwhile. Exit code 76 when there are such records.
    """
    from nodecfg import TradingNodeSettings  # noqa: PLC0415 the other commands must be quick
    from noderun.verify import verify as look  # noqa: PLC0415 see above

    own = _derive(instance).env_file
    try:
        settings = TradingNodeSettings.from_env(env_file=env_file or (own if os.access(own, os.R_OK) else None))
    except ConfigurationError as error:
        print_problems(error.problems)
        raise typer.Exit(Exit.CONFIGURATION) from None
    screen = Console(highlight=False, stderr=True)
    with screen.status("reading the cached state") as progress:
        try:
            verdict = look(settings, lambda count: progress.update(f"{count} records read"))
        except RuntimeError as error:
            typer.echo(f"noderun: {error}", err=True)
            raise typer.Exit(Exit.REDIS) from None
    if as_json:
        typer.echo(json.dumps({"records": verdict.records, "problems": verdict.problems}))
    else:
        for record, problem in verdict.problems.items():
            typer.echo(f"{record}: {problem}")
        typer.echo(f"{verdict.records} records read, {len(verdict.problems)} cannot be")
    if verdict.problems:
        raise typer.Exit(Exit.CACHE_UNREADABLE)


def _list(instance: str, path: Path | None, command: Command, *, as_json: bool) -> None:
    from noderun.control.screens import rows_table  # noqa: PLC0415 rich tables are for people only

    rows = _ask(instance, path, Request(command=command))[command.value]
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        Console(highlight=False).print(rows_table(rows) if rows else f"no {command.value}")


def _act(instance: str, path: Path | None, request: Request, *, as_json: bool) -> dict[str, Any]:
    answer = _ask(instance, path, request)
    typer.echo(
        json.dumps(answer) if as_json else ", ".join(f"{name}: {_plain(value)}" for name, value in answer.items())
    )
    return answer


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)


def _ask(instance: str, path: Path | None, request: Request) -> dict[str, Any]:
    try:
        return ask(path or _derive(instance).control_socket, request)
    except ControlError as error:
        typer.echo(f"noderun: {error}", err=True)
        raise typer.Exit(Exit.FENCED) from None


def _derive(instance: str) -> Instance:
    try:
        return derive(instance)
    except ConfigurationError as error:
        print_problems(error.problems)
        raise typer.Exit(Exit.CONFIGURATION) from None
