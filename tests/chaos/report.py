"""How a campaign is told: a line for each round, a table at the end, JSON for machines."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tests.chaos.verdicts import COUNTS, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.rounds import Outcome


def versions() -> dict[str, str]:
    """Return the commit and the versions that a result holds for."""
    here = Path(__file__).parent
    commit = subprocess.run(["git", "-C", here, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)  # noqa: PLW1510 no commit is no error
    redis = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "commit": commit.stdout.strip() or "none",
        "nautilus_trader": metadata.version("nautilus_trader"),
        "tradingnode-ops": metadata.version("tradingnode-ops"),
        "redis": redis.split("v=")[1].split()[0],
        "python": sys.version.split()[0],
    }


def line(outcome: Outcome) -> str:
    """Return a round in one line, and what is wrong in some more."""
    plan = outcome.plan
    ready = f"ready after {outcome.to_ready:.1f} s" if outcome.to_ready is not None else "not ready"
    halted = ", halted" if plan.halted else ""
    text = f"{plan.number:4} {outcome.verdict.upper():8}{plan.fault}{halted}: {outcome.proof or 'no proof'}; {ready}"
    wrong = [finding for finding in outcome.findings if finding.verdict is Verdict.FALSE]
    return "\n".join([text, *(f"       {one.invariant} {why}" for one in wrong for why in one.why[:5])])


def summary(outcomes: Sequence[Outcome], fills: int) -> dict[str, Any]:
    """Return the numbers of a campaign."""
    rounds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    doubts: Counter[str] = Counter()
    for outcome in outcomes:
        rounds[outcome.plan.fault][outcome.verdict.value] += 1
        for finding in outcome.findings:
            counts[outcome.site] |= finding.counts
            if finding.verdict is Verdict.UNKNOWN and outcome.verdict is Verdict.UNKNOWN:
                doubts[f"{finding.invariant}: {finding.why[0]}"] += 1
        if outcome.proof is None:
            doubts[f"{outcome.plan.fault}: did not take hold"] += 1
    ready = sorted(outcome.to_ready for outcome in outcomes if outcome.to_ready is not None)
    return {
        "rounds": len(outcomes),
        "faults": {name: dict(verdicts) for name, verdicts in sorted(rounds.items())},
        "fills": fills,
        **{name: sum(of_site[name] for of_site in counts.values()) for name in COUNTS},
        "false": sum(outcome.verdict is Verdict.FALSE for outcome in outcomes),
        "unknown": sum(outcome.verdict is Verdict.UNKNOWN for outcome in outcomes),
        "unknown_because": dict(doubts),
        "ready_seconds": {
            "median": round(ready[len(ready) // 2], 1) if ready else None,
            "longest": round(ready[-1], 1) if ready else None,
        },
    }


def table(numbers: dict[str, Any]) -> Table:
    """Return the numbers for people."""
    screen = Table(title=f"{numbers['rounds']} rounds, {numbers['fills']} fills at the venue")
    for column in ("fault", "true", "unknown", "false"):
        screen.add_column(column, justify="left" if column == "fault" else "right")
    for name, verdicts in numbers["faults"].items():
        screen.add_row(name, *(str(verdicts.get(verdict, "")) for verdict in ("true", "unknown", "false")))
    return screen


def closing(numbers: dict[str, Any]) -> list[str]:
    """Return the closing lines."""
    ready = numbers["ready_seconds"]
    lines = [
        ", ".join(f"{name} {numbers[name]}" for name in (*COUNTS, "false", "unknown")),
        f"heal to ready: median {ready['median']} s, longest {ready['longest']} s",
    ]
    return lines + [f"unknown: {why} ({count})" for why, count in numbers["unknown_because"].items()]
