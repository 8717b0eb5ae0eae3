"""`instance`: everything that derives from a name."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from nodecfg.cli.common import Json, fail
from nodecfg.errors import ConfigurationError
from nodecfg.instance import MAIN, derive
from nodecfg.report import print_instance


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(instance)


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
        fail(error, as_json=as_json)
    if as_json:
        typer.echo(json.dumps(data))
    else:
        print_instance(data)
