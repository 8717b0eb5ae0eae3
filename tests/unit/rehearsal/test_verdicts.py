"""What a rehearsal calls true, unknown and false, and what it shows of the states in between."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.checkers import CHECKERS
from tests.chaos.verdicts import Finding, Verdict, unknown
from tests.rehearsal import play, report
from tests.rehearsal.faults import FAULTS
from tests.rehearsal.play import DECISIVE, Outcome, missing
from tests.rehearsal.watch import Look, Watch
from tests.support.lab import Host

_TRUE = tuple(Finding(invariant=name, verdict=Verdict.TRUE) for name in sorted(DECISIVE))


def outcome(*more: Finding, proof: str | None = "hit") -> Outcome:
    """A failure in which every decisive question was answered well, and more findings."""
    return Outcome(fault="kill-9", proof=proof, findings=(*_TRUE, *more), to_ready=1.0)


def seen(active: str = "active", sub: str = "running", text: str = "RUNNING: trading", status: int = 0) -> Look:
    """A look at a node."""
    return Look(active=active, sub=sub, text=text, pid=1, restarts=0, status=status)


def test_all_answers_are_good() -> None:
    """A failure that took hold and whose every decisive checker is content is true."""
    assert outcome().verdict is Verdict.TRUE


def test_without_a_proof_nothing_is_true() -> None:
    """A failure that cannot be shown to have struck is unknown, however good everything looks."""
    assert outcome(proof=None).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("proof", ["hit", None])
def test_false_outweighs_everything(proof: str | None) -> None:
    """One lost fill is false, whether the failure is proven or not."""
    lost = Finding(invariant="I1", verdict=Verdict.FALSE, why=("fill 7 is lost",), counts=Counter(lost=1))
    one = outcome(lost, proof=proof)
    assert one.verdict is Verdict.FALSE
    assert one.counts["lost"] == 1
    assert report.wrong(one) == ["I1: fill 7 is lost"]


def test_a_decisive_checker_that_knows_nothing_is_a_doubt() -> None:
    """Without an answer about fills nothing is true; a pause that never was is no doubt."""
    assert outcome(unknown("I1", "no node answered")).verdict is Verdict.UNKNOWN
    assert outcome(unknown("I11", "there was nothing to look at")).verdict is Verdict.TRUE


def test_decisive_questions_have_checkers() -> None:
    """Every decisive invariant is one that tests/chaos judges."""
    assert set(CHECKERS) >= DECISIVE


def test_forgetful_failures_are_played_last() -> None:
    """Once the node's memory was destroyed the rest cannot be compared any more."""
    forgets = [fault.forgets for fault in FAULTS.values()]
    assert forgets == sorted(forgets)
    assert forgets.count(True) == 2


def test_fills_the_node_does_not_know_are_found_and_old_ones_are_no_loss() -> None:
    """A fill at the venue alone is missing; it may have been purged only when it is older than an hour."""
    now = time.time() * 1000
    ledger = {"fills": [{"trade_id": number, "time": now - age} for number, age in ((1, 0), (2, 0), (3, 3.7e6))]}
    dump = {"fills": [{"trade_id": "1"}]}
    assert missing(ledger, dump) == {"2", "3"}
    assert play._purged(ledger, dump) == {"3"}
    assert missing(ledger, None) == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (seen(), "RUNNING"),
        (seen(active="activating", sub="start", text="STARTING: Redis"), "STARTING"),
        (seen(active="activating", sub="auto-restart", text="RUNNING: trading", status=9), "ended 9"),
        (seen(active="failed", sub="failed", text="RUNNING: trading"), "failed"),
    ],
)
def test_a_process_that_has_ended_is_never_called_running(one: Look, state: str) -> None:
    """The status line outlives its process; the unit's own state goes first."""
    assert one.state == state
    assert one.ready == (state == "RUNNING")


def test_the_states_in_between_are_told_in_their_order() -> None:
    """Repetitions are one, the RUNNING at both ends is left out, a host without an answer is told."""
    watch = Watch(Host(checkout=Path(), address="192.0.2.1"))
    down = seen(active="activating", sub="auto-restart", status=75)
    watch.seen = [(float(at), one) for at, one in enumerate([seen(), seen(), down, down, None, seen()])]
    assert watch.meanwhile() == "ended 75 → no host"
    assert [poll.state for poll in watch.polls()][-2:] == [None, "RUNNING"]
    watch.seen = [(0.0, seen()), (1.0, seen())]
    assert watch.meanwhile() == "RUNNING"


def test_the_table_and_the_document_tell_the_same() -> None:
    """Machines read the verdict, the counts and the seconds that people see."""
    (row,) = report.document([outcome()])
    assert (row["fault"], row["verdict"], row["lost"], row["seconds_to_ready"]) == ("kill-9", "true", 0, 1.0)
    assert report.table([outcome()]).row_count == 1
