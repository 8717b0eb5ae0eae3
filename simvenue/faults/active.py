"""One fault at work: how often it met something and hit it, who waits for it, and when it is over."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from simvenue.faults.catalogue import FAULT, AnyFault

if TYPE_CHECKING:
    from simvenue.faults.scope import Call, When
    from simvenue.venues.transport.connection import Connection


class State(StrEnum):
    """A fault's life: at work, out of hits (what it did lasts until it is cleared), or ended."""

    ACTIVE = "active"
    SPENT = "spent"
    EXPIRED = "expired"
    CLEARED = "cleared"


@dataclass(eq=False, slots=True)
class Waiter:
    """A request that a fault holds.

    Attributes:
        venue: where.
        call: what was asked.
        when: before or after it was carried out.
        since: seconds of the monotonic clock at which it began to wait.
        released: set when it may go on.
    """

    venue: str
    call: Call
    when: When
    since: float = field(default_factory=time.monotonic)
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Active[F: AnyFault]:
    """A fault and what became of it.

    Args:
        number: The fault's id.
        fault: What was asked for.
        seed: Of all faults; this one draws its chances from a generator of its own.
    """

    def __init__(self, number: int, fault: F, seed: int) -> None:
        """Start without hits."""
        self.number = number
        self.fault = fault
        self.state = State.ACTIVE
        self.seen = 0
        self.hits = 0
        self.started = time.monotonic()
        self.chance = random.Random(f"{seed}:{number}:{fault.kind}")  # noqa: S311 - reproducible on purpose
        self.ended = asyncio.Event()
        self.waiting: list[Waiter] = []
        self.frozen: WeakSet[Connection] = WeakSet()
        self.memory: dict[object, Any] = {}
        self.timer: asyncio.TimerHandle | None = None

    def at(self, venue: str) -> bool:
        """Whether a venue is meant."""
        return self.fault.venue in {None, venue}

    def take(self) -> bool:
        """Count a match, and tell whether it is hit."""
        if self.state is not State.ACTIVE:
            return False
        self.seen += 1
        fault = self.fault
        if self.seen <= fault.after or (fault.probability < 1 and self.chance.random() >= fault.probability):
            return False
        self.hits += 1
        if fault.count is not None and self.hits >= fault.count:
            self.state = State.SPENT
        return True

    def seconds(self, ms: int, jitter_ms: int) -> float:
        """A delay in seconds, the jitter drawn from the fault's own generator."""
        return (ms + (self.chance.uniform(0, jitter_ms) if jitter_ms else 0)) / 1000

    def document(self) -> dict[str, Any]:
        """The fault and what became of it, as JSON may hold it."""
        now = time.monotonic()
        return {
            "id": self.number,
            "state": self.state,
            "seen": self.seen,
            "hits": self.hits,
            "age_seconds": round(now - self.started, 3),
            "waiting": [
                {
                    "venue": waiter.venue,
                    "when": waiter.when,
                    "seconds": round(now - waiter.since, 3),
                    **waiter.call.model_dump(exclude={"signed"}),
                }
                for waiter in self.waiting
            ],
            "fault": FAULT.dump_python(self.fault, mode="json", exclude_defaults=True),
        }
