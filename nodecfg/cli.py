"""The `nodecfg` command: checks, shows and explains the configuration of a node before it runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from nodecfg.errors import EXIT_CONFIGURATION, ConfigurationError
from nodecfg.instance import MAIN, derive
from nodecfg.report import print_instance, print_ok, print_problems, print_settings, settings_as_dict

if TYPE_CHECKING:
    from nodecfg.settings import TradingNodeSettings
    from nodecfg.sources import Source

_STRATEGIES_FILE: Final = "NAUTILUS_STRATEGIES_FILE"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Configuration of a trading node: check it, show it, derive from it. Exit code 78 when it is wrong.",
)

EnvFile = Annotated[Path | None, typer.Option("--env-file", help="Env file to read instead of ./.env.")]
Strategies = Annotated[Path | None, typer.Option("--strategies", help="Use this file for NAUTILUS_STRATEGIES_FILE.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def check(
    env_file: EnvFile = None,
    strategies: Strategies = None,
    *,
    no_strategies: Annotated[
        bool, typer.Option("--no-strategies", help="Check the settings only, without importing strategies.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check settings and strategies; print every problem at once."""
    try:
        source = _source(env_file, strategies)
        settings = _settings(source, with_strategies=not no_strategies)
        counted = 0 if no_strategies else _build(settings)
    except ConfigurationError as error:
        _fail(error, as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"ok": True, "source": str(source), "strategies": counted, "problems": []}))
    else:
        print_ok(source, settings, strategies=None if no_strategies else counted)


@app.command()
def show(env_file: EnvFile = None, strategies: Strategies = None, *, as_json: Json = False) -> None:
    """Show the effective settings, secrets masked."""
    try:
        source = _source(env_file, strategies)
        settings = _settings(source, with_strategies=False)
    except ConfigurationError as error:
        _fail(error, as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"source": str(source), "settings": settings_as_dict(settings)}))
    else:
        print_settings(source, settings)


@app.command("strategies")
def check_strategies(
    file: Annotated[Path, typer.Argument(help="The strategies.yaml to check.")], *, as_json: Json = False
) -> None:
    """Check a strategies.yaml alone: import paths, classes and config keys."""
    from nodecfg.strategies import load_strategies  # noqa: PLC0415 imports nautilus_trader

    try:
        loaded = load_strategies(file)
    except ConfigurationError as error:
        _fail(error, as_json=as_json)
    paths = [strategy.strategy_path for strategy in loaded]
    typer.echo(json.dumps({"ok": True, "strategies": paths}) if as_json else f"ok: {file}: {', '.join(paths)}")


@app.command()
def instance(
    name: Annotated[str, typer.Argument(help="Name of the instance.")] = MAIN,
    trader_id: Annotated[str | None, typer.Option("--trader-id", help="Adds the Redis key prefix.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show everything that derives from the name of an instance."""
    try:
        data = derive(name).as_dict(trader_id)
    except ConfigurationError as error:
        _fail(error, as_json=as_json)
    if as_json:
        typer.echo(json.dumps(data))
    else:
        print_instance(data)


@app.command("env-template")
def env_template(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of stdout.")] = None,
) -> None:
    """Write the text of .env.example."""
    from nodecfg.template import env_template as text  # noqa: PLC0415 not needed by the other commands

    if output is None:
        typer.echo(text(), nl=False)
    else:
        output.write_text(text(), encoding="utf-8")


def _source(env_file: Path | None, strategies: Path | None) -> Source:
    from nodecfg.sources import read_source  # noqa: PLC0415 pydantic takes long to import for `instance`

    source = read_source(env_file=env_file)
    if strategies is None:
        return source
    return replace(source, variables={**source.variables, _STRATEGIES_FILE: str(strategies)})


def _settings(source: Source, *, with_strategies: bool) -> TradingNodeSettings:
    from nodecfg.settings import TradingNodeSettings  # noqa: PLC0415 pydantic takes long to import for `instance`

    try:
        return TradingNodeSettings.from_source(source)
    except ConfigurationError as error:
        problems = [*error.problems]
    # Wrong settings do not hide what is wrong with the strategies.
    if with_strategies and (file := source.variables.get(_STRATEGIES_FILE)):
        from nodecfg.strategies import load_strategies  # noqa: PLC0415 imports nautilus_trader

        try:
            load_strategies(Path(file))
        except ConfigurationError as error:
            problems.extend(error.problems)
    raise ConfigurationError(problems)


def _build(settings: TradingNodeSettings) -> int:
    from nodecfg.factory import TradingNodeConfigFactory  # noqa: PLC0415 imports nautilus_trader

    return len(TradingNodeConfigFactory.from_settings(settings).strategies)


def _fail(error: ConfigurationError, *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps(error.as_dict()))
    else:
        print_problems(error.problems)
    raise typer.Exit(EXIT_CONFIGURATION)
