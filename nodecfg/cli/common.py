"""What the commands share: their options, how they read the settings, and how they end over a wrong configuration."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from nodecfg.errors import EXIT_CONFIGURATION, ConfigurationError, Problem
from nodecfg.report import print_problems

if TYPE_CHECKING:
    from nodecfg.settings import TradingNodeSettings
    from nodecfg.sources import Source

STRATEGIES_FILE: Final = "NAUTILUS_STRATEGIES_FILE"
OVERRIDES_FILE: Final = "NAUTILUS_OVERRIDES_FILE"

EnvFile = Annotated[Path | None, typer.Option("--env-file", help="Env file to read instead of ./.env.")]
Strategies = Annotated[Path | None, typer.Option("--strategies", help=f"Use this file for {STRATEGIES_FILE}.")]
Overrides = Annotated[Path | None, typer.Option("--overrides", help=f"Use this file for {OVERRIDES_FILE}.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of stdout.")]


def read(env_file: Path | None, strategies: Path | None = None, overrides: Path | None = None) -> Source:
    """Read the variables; the files named on the command line replace those of the variables.

    Raises:
        ConfigurationError: The env file cannot be read at all.
    """
    from nodecfg.sources import read_source  # noqa: PLC0415 pydantic takes long to import for `instance`

    source = read_source(env_file=env_file)
    named = {STRATEGIES_FILE: strategies, OVERRIDES_FILE: overrides}
    given = {variable: str(path) for variable, path in named.items() if path is not None}
    return replace(source, variables={**source.variables, **given}) if given else source


def settings_of(source: Source) -> TradingNodeSettings:
    """Return the settings of a source.

    Raises:
        ConfigurationError: With every problem.
    """
    from nodecfg.settings import TradingNodeSettings  # noqa: PLC0415 pydantic takes long to import for `instance`

    return TradingNodeSettings.from_source(source)


def write(text: str, output: Path | None) -> None:
    """Write text to a file, or to standard output.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(output, error) from None


def unwritable(output: Path, error: OSError) -> ConfigurationError:
    """Return the error about an output file."""
    problem = f"cannot be written: {error.strerror}"
    fix = "name a file in a directory that exists and may be written"
    return ConfigurationError([Problem(variable=str(output), value_masked="(file)", problem=problem, fix=fix)])


def fail(error: ConfigurationError, *, as_json: bool = False) -> NoReturn:
    """Print every problem and end with the code for a wrong configuration."""
    if as_json:
        typer.echo(json.dumps(error.as_dict()))
    else:
        print_problems(error.problems)
    raise typer.Exit(EXIT_CONFIGURATION)
