"""`render` and `diff`: what upstream is given, and what differs between two of them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nodecfg.cli.common import EnvFile, Json, Output, Overrides, Strategies, fail, read, settings_of, unwritable, write
from nodecfg.errors import ConfigurationError, Problem
from nodecfg.report import print_differences

if TYPE_CHECKING:
    from nodecfg.diff import Difference
    from nodecfg.render import Rendered
    from nodecfg.settings import TradingNodeSettings
    from nodecfg.sources import Source

_UPSTREAM = "python -m nautilus_trader.live"

First = Annotated[Path, typer.Argument(help="Env file.")]
Second = Annotated[Path, typer.Argument(help="Env file to compare it with.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(render)
    app.command()(diff)


def render(
    env_file: EnvFile = None,
    strategies: Strategies = None,
    overrides: Overrides = None,
    output: Output = None,
    *,
    as_default_trader: Annotated[
        bool, typer.Option("--as-default-trader", help="Leave the trader id out: the node then runs as TRADER-001.")
    ] = False,
    allow_refused: Annotated[
        bool,
        typer.Option(
            "--allow-refused",
            help=f"Write it also with fields that `{_UPSTREAM}` refuses; TradingNodeConfig.parse reads them.",
        ),
    ] = False,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Write Redis' password instead of a mask; needs --output (0600).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the full TradingNodeConfig as JSON, as `python -m nautilus_trader.live` takes it. 78 where it does not."""
    try:
        rendered = _rendered(
            read(env_file, strategies, overrides),
            output,
            default=as_default_trader,
            allow_refused=allow_refused,
            with_secrets=with_secrets,
        )
    except ConfigurationError as error:
        fail(error, as_json=as_json)
    for problem in rendered.refused:
        typer.echo(f"note: `{_UPSTREAM}` (1.231.0) will not take this: {problem}", err=True)
    if rendered.masked:
        typer.echo(
            "note: secrets are masked; --with-secrets --output FILE writes them into a file of mode 0600", err=True
        )


def diff(
    first: First,
    second: Second,
    *,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 when they differ.")] = False,
    as_json: Json = False,
) -> None:
    """Show what differs between two configurations, in settings and in what upstream is given."""
    try:
        found = _differences(first, second)
    except ConfigurationError as error:
        fail(error, as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"equal": not found, "differences": [asdict(one) for one in found]}))
    else:
        print_differences(str(first), str(second), found)
    if found and exit_code:
        raise typer.Exit(1)


def _rendered(
    source: Source, output: Path | None, *, default: bool, allow_refused: bool, with_secrets: bool
) -> Rendered:
    from nodecfg.render import render as rendered_config  # noqa: PLC0415 imports nautilus_trader
    from nodecfg.render import write_private  # noqa: PLC0415 see above

    if with_secrets and output is None:
        raise ConfigurationError([_needs_output()])
    rendered = rendered_config(settings_of(source), as_default_trader=default, with_secrets=with_secrets)
    if rendered.refused and not allow_refused:
        raise ConfigurationError([_or_allowed(problem) for problem in rendered.refused])
    if output is None or not with_secrets:
        write(rendered.text, output)
        return rendered
    try:
        write_private(rendered.text, output)
    except OSError as error:
        raise unwritable(output, error) from None
    return rendered


def _differences(first: Path, second: Path) -> tuple[Difference, ...]:
    from nodecfg.diff import differences  # noqa: PLC0415 imports nautilus_trader

    both: list[TradingNodeSettings] = []
    problems: list[Problem] = []
    for path in (first, second):
        try:
            both.append(settings_of(read(path)))
        except ConfigurationError as error:
            problems.extend(_of(path, problem) for problem in error.problems)
    if problems:
        raise ConfigurationError(problems)
    return differences(*both)


def _of(path: Path, problem: Problem) -> Problem:
    where = problem.variable if problem.variable.startswith(str(path)) else f"{path}: {problem.variable}"
    return Problem(variable=where, value_masked=problem.value_masked, problem=problem.problem, fix=problem.fix)


def _or_allowed(problem: Problem) -> Problem:
    return replace(problem, fix=f"{problem.fix}; or --allow-refused, for TradingNodeConfig.parse")


def _needs_output() -> Problem:
    return Problem(
        variable="--with-secrets",
        value_masked="true",
        problem="would print a password to the terminal or into a pipe",
        fix="name a file with --output; it is made readable for its owner only",
    )
