"""`check`, `strategies` and `show`: is it right, and what is it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nodecfg.cli.common import (
    OVERRIDES_FILE,
    STRATEGIES_FILE,
    EnvFile,
    Json,
    Overrides,
    Strategies,
    fail,
    read,
    settings_of,
)
from nodecfg.errors import ConfigurationError, Problem, scrubbed
from nodecfg.report import print_ok, print_settings, settings_as_dict

if TYPE_CHECKING:
    from nodecfg.settings import TradingNodeSettings
    from nodecfg.sources import Source


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(check)
    app.command("strategies")(check_strategies)
    app.command()(show)


def check(
    env_file: EnvFile = None,
    strategies: Strategies = None,
    overrides: Overrides = None,
    *,
    no_strategies: Annotated[
        bool, typer.Option("--no-strategies", help="Check the settings only, without importing strategies.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check settings, strategies and overrides; print every problem at once."""
    try:
        source = read(env_file, strategies, overrides)
        settings = _settings(source, with_files=not no_strategies)
        counted = 0 if no_strategies else _build(settings, source)
    except ConfigurationError as error:
        fail(error, as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"ok": True, "source": str(source), "strategies": counted, "problems": []}))
    else:
        print_ok(source, settings, strategies=None if no_strategies else counted)


def check_strategies(
    file: Annotated[Path, typer.Argument(help="The strategies.yaml to check.")], *, as_json: Json = False
) -> None:
    """Check a strategies.yaml alone: import paths, classes and config keys."""
    from nodecfg.strategies import load_strategies  # noqa: PLC0415 imports nautilus_trader

    try:
        loaded = load_strategies(file)
    except ConfigurationError as error:
        fail(error, as_json=as_json)
    paths = [strategy.strategy_path for strategy in loaded]
    typer.echo(json.dumps({"ok": True, "strategies": paths}) if as_json else f"ok: {file}: {', '.join(paths)}")


def show(
    env_file: EnvFile = None, strategies: Strategies = None, overrides: Overrides = None, *, as_json: Json = False
) -> None:
    """Show the effective settings and where each value comes from, secrets masked."""
    from nodecfg.origin import origins, shown_overrides  # noqa: PLC0415 pydantic takes long to import for `instance`

    try:
        source = read(env_file, strategies, overrides)
        settings = _settings(source, with_files=False)
        overridden = shown_overrides(settings)
    except ConfigurationError as error:
        fail(error, as_json=as_json)
    values, where = settings_as_dict(settings), origins(source, settings)
    if as_json:
        document = {"source": str(source), "settings": values, "origins": where, "overrides": overridden}
        typer.echo(json.dumps(document))
    else:
        print_settings(source, values, where, overridden)


def _settings(source: Source, *, with_files: bool) -> TradingNodeSettings:
    try:
        return settings_of(source)
    except ConfigurationError as error:
        problems = [*error.problems]
    # Wrong settings do not hide what is wrong with the files.
    if with_files:
        problems.extend(_file_problems(source))
    raise ConfigurationError(problems)


def _file_problems(source: Source) -> list[Problem]:
    from nodecfg.settings.node import secret_values  # noqa: PLC0415 see common.read

    problems: list[Problem] = []
    if file := source.variables.get(STRATEGIES_FILE):
        from nodecfg.strategies import load_strategies  # noqa: PLC0415 imports nautilus_trader

        try:
            load_strategies(Path(file))
        except ConfigurationError as error:
            problems.extend(error.problems)
    if file := source.variables.get(OVERRIDES_FILE):
        from nodecfg.overrides import load_overrides  # noqa: PLC0415 imports nautilus_trader

        try:
            load_overrides(Path(file))
        except ConfigurationError as error:
            problems.extend(error.problems)
    return list(scrubbed(problems, secret_values(source.variables)))


def _build(settings: TradingNodeSettings, source: Source) -> int:
    from nodecfg.factory import TradingNodeConfigFactory  # noqa: PLC0415 imports nautilus_trader
    from nodecfg.settings import StrategiesSettings  # noqa: PLC0415 see common.read
    from nodecfg.settings.node import secret_values  # noqa: PLC0415 see common.read

    try:
        return len(TradingNodeConfigFactory.from_settings(settings).strategies)
    except ConfigurationError as error:
        problems = [*error.problems]
    # Wrong strategies do not hide what is wrong with the overrides.
    if settings.strategies_file and settings.overrides_file:
        try:
            TradingNodeConfigFactory.from_settings(settings.model_copy(update={"strategies": StrategiesSettings()}))
        except ConfigurationError as error:
            problems.extend(problem for problem in error.problems if problem not in problems)
    # A key pasted into strategies.yaml is still a key.
    raise ConfigurationError(scrubbed(problems, secret_values(source.variables)))
