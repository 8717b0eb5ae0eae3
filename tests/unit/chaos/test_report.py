"""The closing numbers: fills are counted once for each site, doubts have their reasons."""

from __future__ import annotations

from collections import Counter

from tests.chaos.report import closing, summary
from tests.chaos.rounds import Outcome
from tests.chaos.schedule import Plan
from tests.chaos.verdicts import Finding, Verdict, unknown

PLAN = Plan(number=1, fault="kill -9", before=1.0, lasting=0.0, halted=False, seed=1)


def outcome(site: str, inferred: int, *, proof: str | None = "hit", verdict: Verdict = Verdict.TRUE) -> Outcome:
    """Returns a round that counted made-up fills."""
    finding = Finding(invariant="I3", verdict=verdict, why=("x",), counts=Counter(inferred=inferred))
    return Outcome(plan=PLAN, proof=proof, findings=(finding,), site=site, to_ready=float(inferred))


def test_counts_of_a_site_are_not_added_up() -> None:
    """What a site's ledger shows again in each round counts once; several sites are added."""
    numbers = summary([outcome("a", 1), outcome("a", 2), outcome("b", 3)], fills=10)
    assert (numbers["inferred"], numbers["rounds"], numbers["false"], numbers["unknown"]) == (5, 3, 0, 0)
    assert numbers["faults"] == {"kill -9": {"true": 3}}


def test_fault_without_proof_is_unknown_whatever_was_found() -> None:
    """A round whose fault cannot be shown to have struck proves nothing; a false one stays false."""
    numbers = summary([outcome("a", 0, proof=None), outcome("b", 0, proof=None, verdict=Verdict.FALSE)], fills=0)
    assert (numbers["unknown"], numbers["false"]) == (1, 1)
    assert numbers["unknown_because"]["kill -9: did not take hold"] == 2


def test_doubt_about_the_round_has_a_reason() -> None:
    """The closing lines say why something is unknown."""
    doubtful = Outcome(plan=PLAN, proof="hit", findings=(unknown("I1", "no node answered"),), site="a")
    lines = "\n".join(closing(summary([doubtful], fills=0)))
    assert "unknown: I1: no node answered (1)" in lines
