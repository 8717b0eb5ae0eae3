"""The topic ``orderbook``: a snapshot for each new listener, then what changed in the first levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO
from simvenue.venues.bybit.messages import market

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Instrument
    from simvenue.venues.bybit.venue import Venue

SPEEDS_MS = {1: 10, 50: 20, 200: 100, 500: 100, 1000: 200}
"""Levels to milliseconds between two messages, as the venue documents them (500 is of older clients)."""
REPEAT_MS = 3000
"""A first level that does not change is told again after this."""

type Side = dict[Decimal, Decimal]


class Book:
    """The last state that listeners of one topic were told."""

    def __init__(self, venue: Venue, instrument: Instrument, levels: int) -> None:
        """Start with the present state."""
        self._venue = venue
        self._instrument = instrument
        self._levels = levels
        self._told_ms = 0
        self._update_id, self._bids, self._asks = self._read()

    def snapshot(self) -> dict[str, Any]:
        """Give the state that was told last, whole, for somebody who knows nothing yet."""
        return self._message("snapshot", list(self._bids.items()), list(self._asks.items()))

    def step(self) -> dict[str, Any] | None:
        """Give what changed since the last message; None when nothing did."""
        update_id, bids, asks = self._read()
        now = self._venue.clock()
        if update_id == self._update_id or (bids == self._bids and asks == self._asks):
            self._update_id = update_id
            if self._levels > 1 or now - self._told_ms < REPEAT_MS:
                return None
            return self.snapshot()
        changed_bids, changed_asks = _changes(self._bids, bids), _changes(self._asks, asks)
        self._update_id, self._bids, self._asks = update_id, bids, asks
        if self._levels == 1:
            return self.snapshot()
        return self._message("delta", changed_bids, changed_asks)

    def _read(self) -> tuple[int, Side, Side]:
        update_id, bids, asks = self._venue.exchange.depth(self._instrument.symbol, self._levels)
        return update_id, dict(bids), dict(asks)

    def _message(
        self, kind: str, bids: list[tuple[Decimal, Decimal]], asks: list[tuple[Decimal, Decimal]]
    ) -> dict[str, Any]:
        self._told_ms = self._venue.clock()
        return {
            "topic": f"orderbook.{self._levels}.{self._instrument.wire_name}",
            "type": kind,
            "ts": self._told_ms,
            "data": {
                "s": self._instrument.wire_name,
                "b": market.levels(self._instrument, bids),
                "a": market.levels(self._instrument, asks),
                "u": self._update_id,
                "seq": self._update_id,
            },
            "cts": self._told_ms,
        }


def _changes(before: Side, after: Side) -> list[tuple[Decimal, Decimal]]:
    # A level that left the window is gone for the listener.
    gone = [(price, ZERO) for price in before if price not in after]
    return gone + [(price, size) for price, size in after.items() if before.get(price) != size]
