"""All checkers together: what a round was like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.chaos import books, conduct, fills
from tests.chaos.verdicts import Finding, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chaos.history import History

CHECKERS: dict[str, Callable[[History], Finding]] = {
    "I1": fills.lost,
    "I2": fills.duplicated,
    "I3": fills.phantom,
    "I4": books.positions,
    "I5": books.open_orders,
    "I6": books.final_states,
    "I7": conduct.one_order_per_intent,
    "I8": conduct.nothing_through_closed_gates,
    "I10": conduct.ready_again,
    "I11": conduct.health_is_true,
    "I12": conduct.one_writer,
    "I14": books.money,
    "I15": conduct.no_secrets,
}


_EQUALITY = (fills.lost, fills.duplicated, fills.phantom, books.positions, books.open_orders, books.final_states)


def differ(history: History) -> bool:
    """Whether cache and ledger are not equal: what may still become right when one waits."""
    return any(check(history).verdict is Verdict.FALSE for check in _EQUALITY)


def judge(history: History) -> list[Finding]:
    """Ask every checker; one that crashes knows nothing, and does not pass."""
    findings = []
    for invariant, check in CHECKERS.items():
        try:
            findings.append(check(history))
        except Exception as error:
            findings.append(unknown(invariant, f"the checker broke: {type(error).__name__}: {error}"))
    return findings
