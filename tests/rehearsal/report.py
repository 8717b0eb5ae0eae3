"""How a rehearsal is told: a table for people, a document for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from tests.chaos.verdicts import COUNTS, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.rehearsal.play import Outcome

_REASONS = 5


def wrong(outcome: Outcome) -> list[str]:
    """Return what is false, one sentence each."""
    false = [finding for finding in outcome.findings if finding.verdict is Verdict.FALSE]
    return [f"{finding.invariant}: {why}" for finding in false for why in finding.why[:_REASONS]]


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return one row for each failure."""
    screen = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("fault", "it took hold", "the node meanwhile", "READY", "lost", "twice", "phantom", "verdict"):
        numbers = column in {"READY", "lost", "twice", "phantom"}
        screen.add_column(column, justify="right" if numbers else "left", overflow="fold", no_wrap=column == "fault")
    for one in outcomes:
        counted = [str(one.counts[kind]) if one.findings else "-" for kind in COUNTS[:3]]
        ready = "-" if one.to_ready is None else f"{one.to_ready:.1f} s"
        held = one.proof or one.reason or "no proof"
        screen.add_row(one.fault, held, one.meanwhile, ready, *counted, one.verdict.upper())
    return screen


def document(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the same for machines."""
    return [
        {
            "fault": one.fault,
            "verdict": one.verdict.value,
            "proof": one.proof,
            "meanwhile": one.meanwhile,
            "reason": one.reason,
            "seconds_to_ready": one.to_ready,
            **{kind: one.counts[kind] for kind in COUNTS},
            "fills": one.fills,
            "forgotten": one.forgotten,
            "wrong": wrong(one),
        }
        for one in outcomes
    ]
