"""`schema`, `env-template`, `docs` and `presets`: what there is to set, written out of the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nodecfg.cli.common import Json, Output, fail, write
from nodecfg.errors import ConfigurationError
from nodecfg.report import print_presets


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(schema)
    app.command("env-template")(env_template)
    app.command()(docs)
    app.command()(presets)


def schema(output: Output = None) -> None:
    """Write the JSON Schema of the variables."""
    from nodecfg.schema import schema_text  # noqa: PLC0415 not needed by the other commands

    _written(schema_text(), output)


def env_template(
    output: Output = None,
    *,
    production: Annotated[bool, typer.Option("--production", help="The text of .env.production.example.")] = False,
    directory: Annotated[Path | None, typer.Option("--directory", help="Write both files into this directory.")] = None,
) -> None:
    """Write the text of .env.example or .env.production.example."""
    from nodecfg import template  # noqa: PLC0415 not needed by the other commands

    if directory is None:
        _written(template.production_template() if production else template.env_template(), output)
        return
    _written(template.env_template(), directory / template.EXAMPLE)
    _written(template.production_template(), directory / template.PRODUCTION)


def docs(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write instead of docs/configuration-reference.md.")
    ] = None,
    *,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print it.")] = False,
) -> None:
    """Write the reference table of every variable."""
    from nodecfg import reference  # noqa: PLC0415 not needed by the other commands

    _written(reference.reference_text(), None if stdout else output or Path(reference.FILE))


def presets(*, as_json: Json = False) -> None:
    """Show the presets of reconciliation side by side."""
    from nodecfg.presets import DESCRIPTIONS, PRESETS  # noqa: PLC0415 not needed by the other commands

    if as_json:
        document = {
            preset.value: {"description": DESCRIPTIONS[preset], "values": dict(PRESETS[preset])} for preset in PRESETS
        }
        typer.echo(json.dumps(document))
    else:
        print_presets(DESCRIPTIONS, PRESETS)


def _written(text: str, output: Path | None) -> None:
    try:
        write(text, output)
    except ConfigurationError as error:
        fail(error)
