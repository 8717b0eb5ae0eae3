"""`python -m tests.chaos`: faults without end against a real node, judged by the venue's ledger."""

from __future__ import annotations

import json
import signal
import tempfile
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tests.chaos import report, seclusion
from tests.chaos.campaign import Limits, run
from tests.chaos.faults import FAULTS, made_for
from tests.chaos.schedule import plans
from tests.chaos.wire import WIRES

if TYPE_CHECKING:
    from tests.chaos.rounds import Outcome

_WRONG_USE = 2


def main(
    rounds: Annotated[int | None, typer.Option(help="Rounds to play.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Seconds to play, the last round to its end.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed is the same schedule; drawn by default.")] = None,
    *,
    venue: Annotated[str, typer.Option(help=f"One of {', '.join(WIRES)}.")] = "binance_futures",
    only: Annotated[str | None, typer.Option(help="The fault of this name, or those with this in their names.")] = None,
    ready_within: Annotated[float, typer.Option(help="Seconds from the heal in which the node must be ready.")] = 60.0,
    per_site: Annotated[int, typer.Option(help="Rounds on one venue, Redis and node, and the state they gather.")] = 15,
    artifacts: Annotated[Path | None, typer.Option(help="Where rounds are kept that are not true.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON at the end.")] = False,
    list_faults: Annotated[bool, typer.Option("--list", help="List the faults and end.")] = False,
) -> None:
    """Play rounds of trade, fault, heal, compare; ends with 1 when any is false, at a signal with what it has."""
    screen = Console(highlight=False, soft_wrap=True, stderr=as_json)
    if list_faults:
        for fault in FAULTS.values():
            screen.print(f"row {fault.row:2}  {fault.name}")
        return
    wire = WIRES.get(venue)
    possible = [fault for fault in made_for(venue) if only is None or only in fault.name]
    chosen = [fault for fault in possible if fault.name == only] or possible
    if wire is None or not chosen:
        screen.print(f"--venue is one of {', '.join(WIRES)}; --only is part of a name that --list prints")
        raise typer.Exit(_WRONG_USE)
    rounds = rounds if rounds or seconds else len(chosen)
    limits = Limits(seconds=seconds, rounds=rounds, ready_within=ready_within, per_site=per_site)
    seed = SystemRandom().randrange(10**6) if seed is None else seed
    directory = artifacts or Path(tempfile.mkdtemp(prefix="chaos-"))
    for why in seclusion.enter():
        screen.print(f"{why}; faults of it will be unknown", markup=False)
    said = report.versions()
    screen.print(f"seed {seed}, venue {venue}, {', '.join(f'{name} {text}' for name, text in said.items())}")
    screen.print(f"ready within {ready_within:g} s; artifacts in {directory}")

    def tell(outcome: Outcome, place: Path | None) -> None:
        screen.print(report.line(outcome) + (f"\n       kept in {place}" if place else ""), markup=False)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    outcomes, fills = run(wire, plans(seed, chosen), limits, directory, tell)
    numbers = report.summary(outcomes, fills)
    screen.print(report.table(numbers))
    for text in report.closing(numbers):
        screen.print(text, markup=False)
    if as_json:
        typer.echo(json.dumps({"seed": seed, "venue": venue, "versions": said, **numbers}))
    if numbers["false"]:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
