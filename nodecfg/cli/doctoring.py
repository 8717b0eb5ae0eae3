"""`doctor`: is everything there that the node needs, told line by line."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from nodecfg.cli.common import EnvFile, Json, fail, read, settings_of
from nodecfg.errors import ConfigurationError, Problem
from nodecfg.instance import derive
from nodecfg.report import print_finding, print_verdict


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(doctor)


def doctor(
    env_file: EnvFile = None,
    instance: Annotated[
        str | None, typer.Option("--instance", help="Also look at the directories of this instance on this host.")
    ] = None,
    retries: Annotated[
        int, typer.Option("--retries", min=0, max=5, help="How often to ask again what does not answer (1-32 s apart).")
    ] = 5,
    *,
    as_json: Json = False,
) -> None:
    """Look at Redis, the venues and this host. Ends with 75, 73 or 70 when one of them fails, in that order."""
    try:
        derived = derive(instance) if instance is not None else None
        settings = settings_of(read(env_file))
        try:
            from nodecfg.doctor import Diagnosis, Patience, examine  # noqa: PLC0415 redis takes long to import
        except ModuleNotFoundError as error:
            raise ConfigurationError([_not_installed(error)]) from None
    except ConfigurationError as error:
        fail(error, as_json=as_json)
    patience = Patience(
        retries=retries, wait=time.sleep, tell=lambda line: None if as_json else typer.echo(line, err=True)
    )
    found = []
    for finding in examine(settings, derived, patience):
        found.append(finding)
        if not as_json:
            print_finding(finding)
    diagnosis = Diagnosis(findings=tuple(found))
    if as_json:
        typer.echo(json.dumps(diagnosis.as_dict()))
    else:
        print_verdict(diagnosis)
    raise typer.Exit(diagnosis.exit_code)


def _not_installed(error: ModuleNotFoundError) -> Problem:
    return Problem(
        variable="nodecfg doctor",
        value_masked=f"no module named {error.name}",
        problem="needs what a trading host has installed",
        fix="install the package with its extra: tradingnode-ops[node]",
    )
