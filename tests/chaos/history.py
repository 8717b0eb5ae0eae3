"""What is known of one round: the venue's ledger, which is the truth, and what the node said meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One question for the status; state is None when nobody answered.

    Attributes:
        at: Seconds since the epoch, of the answer.
        reasons: What the node gave as reasons for its state.
    """

    at: float
    state: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One process of a node; times in seconds since the epoch, None while it has not come to that.

    Attributes:
        who: Which of several nodes.
        stopping: When it said that it stops.
        code: Exit code.
        starved: Whether it was killed for not feeding the watchdog.
    """

    who: str
    started: float
    ready: float | None = None
    stopping: float | None = None
    ended: float | None = None
    code: int | None = None
    starved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time in which something must hold.

    Attributes:
        within: Seconds from `since` in which the node must have noticed; a second for pauses that tell none.
    """

    since: float
    until: float
    what: str
    within: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The evidence of a round.

    Attributes:
        ledger: The venue's account of the node, after heal and quiescence.
        dump: The node's cache at the same moment; None when no node answered.
        before: The cache before the fault.
        requests: The venue's log of requests.
        contradictions: What the venue's own audit found.
        polls: Status polls in the order of their times.
        sessions: Processes that ran in the round.
        halted: When no order may leave, because an operator said so or because it would not be remembered.
        broken: Conditions that the node must show as not ready.
        paused: When the process was stopped by a signal, or its loop stood still.
        healed: When the fault was over; None while it is not.
        ready_again: When the node was ready after that; None when it never was.
        ready_within: Seconds it may take.
        traded_again: Whether the venue took an order after that; None when nobody looked.
        log: Everything the node wrote.
        secrets: Texts that must be nowhere.
        forgotten: Trade ids that may be missing, since the node's memory was destroyed after them.
        strategies: Ids of the node's strategies.
        clock_slack_ms: How far the venue's clock was moved.
    """

    ledger: Mapping[str, Any]
    dump: Mapping[str, Any] | None = None
    before: Mapping[str, Any] | None = None
    requests: tuple[Mapping[str, Any], ...] = ()
    contradictions: tuple[str, ...] | None = None
    polls: tuple[Poll, ...] = ()
    sessions: tuple[Session, ...] = ()
    halted: tuple[Window, ...] = ()
    broken: tuple[Window, ...] = ()
    paused: tuple[Window, ...] = ()
    healed: float | None = None
    ready_again: float | None = None
    ready_within: float = 60.0
    traded_again: bool | None = None
    log: str = ""
    secrets: tuple[str, ...] = ()
    forgotten: frozenset[str] = frozenset()
    strategies: frozenset[str] = field(default_factory=frozenset)
    clock_slack_ms: int = 0
