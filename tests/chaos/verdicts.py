"""What a checker may say: true, false or unknown, with the counts that stand in the report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNTS = ("lost", "duplicated", "phantom", "inferred")


class Verdict(StrEnum):
    """False outweighs unknown, unknown outweighs true."""

    FALSE = "false"
    UNKNOWN = "unknown"
    TRUE = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one checker found.

    Attributes:
        invariant: Its number, as I1.
        why: What is wrong, or what there was nothing to look at; empty for true.
        counts: Fills by kind of COUNTS, where the checker counts.
    """

    invariant: str
    verdict: Verdict
    why: tuple[str, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)


def found(invariant: str, wrong: Iterable[str], *, looked_at: object, counts: Counter[str] | None = None) -> Finding:
    """Return false when anything is wrong, unknown when there was nothing to look at, else true.

    Args:
        invariant: Its number.
        wrong: One sentence each.
        looked_at: What the checker looked at; falsy means nothing.
        counts: See Finding.
    """
    why, tally = tuple(wrong), counts if counts is not None else Counter()
    if why:
        return Finding(invariant=invariant, verdict=Verdict.FALSE, why=why, counts=tally)
    if not looked_at:
        return unknown(invariant, "there was nothing to look at")
    return Finding(invariant=invariant, verdict=Verdict.TRUE, counts=tally)


def unknown(invariant: str, why: str) -> Finding:
    """Return that nothing can be said, and why."""
    return Finding(invariant=invariant, verdict=Verdict.UNKNOWN, why=(why,))


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict over several findings; unknown over none."""
    verdicts = {finding.verdict for finding in findings}
    return next((verdict for verdict in Verdict if verdict in verdicts), Verdict.UNKNOWN)
