"""Diff depth at a speed: book changes gathered until the next tick, with continuous update ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import BookChange


@dataclass(slots=True)
class DepthDiff:
    """Everything that changed in one book since the last tick; the last quantity of a level wins."""

    bids: dict[Decimal, Decimal]
    asks: dict[Decimal, Decimal]
    first: int
    last: int
    previous: int
    time_ms: int

    @classmethod
    def start(cls, change: BookChange) -> DepthDiff:
        """A diff that holds one change."""
        return cls(
            bids=dict(change.bids),
            asks=dict(change.asks),
            first=change.first_update_id,
            last=change.last_update_id,
            previous=change.previous_update_id,
            time_ms=change.time_ms,
        )

    def add(self, change: BookChange) -> None:
        """Take in the next change."""
        self.bids.update(change.bids)
        self.asks.update(change.asks)
        self.last = change.last_update_id
        self.time_ms = change.time_ms


class DepthFeed:
    """The diffs that wait, by stream name."""

    def __init__(self) -> None:
        """Start with nothing waiting."""
        self._waiting: dict[str, DepthDiff] = {}

    def add(self, name: str, change: BookChange) -> None:
        """Let a change wait for the next tick of ``name``."""
        diff = self._waiting.get(name)
        if diff is None:
            self._waiting[name] = DepthDiff.start(change)
        else:
            diff.add(change)

    def take(self, name: str) -> DepthDiff | None:
        """What waited for ``name``."""
        return self._waiting.pop(name, None)
