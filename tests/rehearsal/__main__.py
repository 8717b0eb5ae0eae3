"""`python -m tests.rehearsal`: failures on a lab host, and whether its node comes back by itself with every fill."""

from __future__ import annotations

import fcntl
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tests.chaos.verdicts import Finding, Verdict
from tests.rehearsal import report
from tests.rehearsal.fault import INTERRUPTIONS, undisturbed
from tests.rehearsal.faults import FAULTS
from tests.rehearsal.play import Outcome, play
from tests.rehearsal.target import address, choose, inventory, reach
from tests.rehearsal.venue_faults import TABLE

if TYPE_CHECKING:
    from tests.rehearsal.fault import Fault
    from tests.rehearsal.target import Target

_CHECKOUT = Path(__file__).resolve().parents[2]
_WRONG_USE, _INTERRUPTED = 2, 130
_WIDTH = 150


def main(
    environment: Annotated[str, typer.Option("--env", help="The inventory.")] = "testnet",
    host: Annotated[str | None, typer.Option(help="A host of it; not needed when it has one node only.")] = None,
    fault: Annotated[str | None, typer.Option(help="Names with commas between; `list` lists them.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON on standard output.")] = False,
) -> None:
    """Play failures one after the other; ends with 1 when one is FALSE, 2 when nothing can be played."""
    screen = Console(highlight=False, stderr=as_json, markup=False, soft_wrap=True)
    if fault == "list":
        for one in FAULTS.values():
            screen.print(f"{one.name:18} {one.does}")
        return
    target, problems = _target(environment, host)
    names = fault.split(",") if fault else list(FAULTS)
    unknown = ", ".join(name for name in names if name not in FAULTS)
    if unknown:
        problems.append(f"FAULT: {unknown} is unknown; take one of {', '.join(FAULTS)}, or `list`")
    if problems or target is None:
        screen.print("\n".join(["Nothing was done:", *(f"- {problem}" for problem in problems)]))
        raise typer.Exit(_WRONG_USE)
    alone = (_CHECKOUT / ".lab" / f"rehearse-{target.name}.lock").open("w")
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        screen.print(f"Nothing was done:\n- another rehearsal is played on {target.name}: wait for its end")
        raise typer.Exit(_WRONG_USE) from None
    for number in INTERRUPTIONS:
        signal.signal(number, signal.default_int_handler)
    outcomes: list[Outcome] = []
    interrupted = _all(screen, target, [FAULTS[name] for name in names], outcomes)
    tables = Console(highlight=False, stderr=as_json, width=max(screen.width, _WIDTH))
    tables.print(report.table(outcomes))
    if as_json:
        typer.echo(json.dumps({"environment": environment, "host": target.name, "faults": report.document(outcomes)}))
    if interrupted:
        screen.print("Interrupted: what had been done was healed; the rest was not played.")
        raise typer.Exit(_INTERRUPTED)
    if any(one.verdict is Verdict.FALSE for one in outcomes):
        raise typer.Exit(1)


def _target(environment: str, wanted: str | None) -> tuple[Target | None, list[str]]:
    try:
        read = inventory(_CHECKOUT, environment)
    except ValueError as error:
        return None, [str(error)]
    name, problems = choose(read, environment, wanted)
    if problems or name is None:
        return None, problems
    return reach(_CHECKOUT, environment, name, address(read, name))


def _all(screen: Console, target: Target, faults: list[Fault], outcomes: list[Outcome]) -> bool:
    for number, fault in enumerate(faults, 1):
        screen.print(f"[{number}/{len(faults)}] {fault.name}: {fault.does}\n      expected: {fault.expects}")
        try:
            outcome = _played(fault, target)
        except KeyboardInterrupt:
            return True
        outcomes.append(outcome)
        ready = "not READY" if outcome.to_ready is None else f"READY after {outcome.to_ready:.1f} s"
        held = outcome.proof or outcome.reason or "no proof that it took hold"
        screen.print(f"      {outcome.verdict.upper()}: {held}; {outcome.meanwhile}; {ready}; {outcome.fills} fills")
        for why in report.wrong(outcome):
            screen.print(f"      {why}")
    return False


def _played(fault: Fault, target: Target) -> Outcome:
    try:
        return play(fault, target)
    except Exception as error:
        why = f"it broke: {type(error).__name__}: {error}"
        broken = Finding(invariant="-", verdict=Verdict.FALSE, why=(why,))
        return Outcome(fault=fault.name, proof=None, findings=(broken,))
    finally:
        with undisturbed():
            target.host.ssh(f"nft delete table inet {TABLE} 2> /dev/null || true", check=False)


if __name__ == "__main__":
    typer.run(main)
