"""`simvenue serve`: run the exchanges, and turn what can go wrong into a sentence and an exit code."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from simvenue.cli.output import CONFIG, INTERNAL, IO, UNAVAILABLE, fail, say


def serve(
    config: Annotated[
        Path | None,
        typer.Option("--config", help="simvenue.yaml; without it every venue runs locally, with keys made for you."),
    ] = None,
    *,
    allow_readable_config: Annotated[
        bool, typer.Option("--allow-readable-config", help="Take a file that everybody on this machine can read.")
    ] = False,
) -> None:
    """Run the simulated exchanges until SIGTERM.

    Exit codes: 0 stopped, 69 an address is taken, 70 unexpected, 74 a ledger cannot be used, 78 configuration wrong.
    """
    # Slow imports that the other commands do not need.
    from simvenue import demo, logs, service  # noqa: PLC0415
    from simvenue.config import ConfigurationError, load  # noqa: PLC0415
    from simvenue.exchange.ledger import LedgerError  # noqa: PLC0415
    from simvenue.faults.tally import RequestLogError  # noqa: PLC0415
    from simvenue.market.recordings import RecordingError  # noqa: PLC0415
    from simvenue.notify import notify  # noqa: PLC0415

    logs.configure()

    def refuse(message: str, code: int) -> NoReturn:
        notify(f"STATUS={code} {message.splitlines()[0]}")
        fail(message, code)

    place = demo.directory()
    try:
        path = config or demo.prepare(place)
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}; give --config, or set XDG_STATE_HOME to a directory of yours", IO)
    if config is None:
        say(f"configuration and ledgers: {path}")
        say(f"keys for a node:           {place / demo.KEYS}")
    try:
        ending = asyncio.run(service.serve(load(path, allow_readable=allow_readable_config)))
    except ConfigurationError as error:
        refuse("\n".join(f"{error.path}: {problem}" for problem in error.problems), CONFIG)
    except (RecordingError, RequestLogError) as error:
        refuse(f"{path}: {error}", CONFIG)
    except service.PortTakenError as error:
        refuse(f"{path}: {error}", UNAVAILABLE)
    except LedgerError as error:
        refuse(str(error), IO)
    except ExceptionGroup as error:
        service.log.exception("failed", exc_info=error)
        refuse(f"simvenue failed: {error.exceptions[0]}; the ledgers hold all that was acknowledged", INTERNAL)
    if ending is not service.Ending.STOP:
        # The same process begins anew, configuration included: nothing of the old one is left but the ledgers.
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the very command this process was started by
