"""A recorded book as it stands: levels at their recorded prices, given out on the instrument's own grid."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simvenue.exchange.types import Instrument, Levels
    from simvenue.market.recordings import BookUpdate

_SHOWN = 500
"""Levels per side that are quoted."""
_KEPT = 2000
"""Levels per side that are remembered; recordings without end would otherwise gather levels far away for ever."""


@dataclass(slots=True)
class RecordedBook:
    """The levels of one recording so far."""

    sides: dict[Side, dict[Decimal, Decimal]] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})

    def apply(self, update: BookUpdate) -> None:
        """Take a snapshot or a change in."""
        for side, levels in ((Side.BUY, update.bids), (Side.SELL, update.asks)):
            held = self.sides[side]
            if update.snapshot:
                held.clear()
            for price, quantity in levels:
                if quantity:
                    held[price] = quantity
                else:
                    held.pop(price, None)
            if len(held) > 2 * _KEPT:
                self.sides[side] = {price: held[price] for price in self._best(side, _KEPT)}

    def middle(self) -> Decimal | None:
        """Give the price between the best two, or the only best one; None while there is none."""
        best = [price for side in Side for price in self._best(side, 1)]
        return sum(best, ZERO) / len(best) if best else None

    def quotes(self, instrument: Instrument, shift: Decimal) -> tuple[Levels, Levels]:
        """Give bids and asks, best first, in ticks and lots: bids down, asks and quantities up, never crossed."""
        bids = self._on_grid(instrument, shift, Side.BUY)
        asks = self._on_grid(instrument, shift, Side.SELL)
        if bids and asks:
            bids = tuple(level for level in bids if level[0] < asks[0][0])
        return bids, asks

    def _on_grid(self, instrument: Instrument, shift: Decimal, side: Side) -> Levels:
        tick, held = instrument.tick_size, self.sides[side]
        away = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        moved = (((price * shift / tick).to_integral_value(away) * tick, held[price]) for price in self._best(side))
        levels = ((price, sum((level[1] for level in same), ZERO)) for price, same in groupby(moved, lambda m: m[0]))
        return tuple(
            (price, in_lots(instrument, quantity))
            for price, quantity in levels
            if instrument.min_price <= price <= instrument.max_price
        )

    def _best(self, side: Side, count: int = _SHOWN) -> Iterable[Decimal]:
        choose = heapq.nlargest if side is Side.BUY else heapq.nsmallest
        return choose(count, self.sides[side])


def in_lots(instrument: Instrument, quantity: Decimal) -> Decimal:
    """Round a recorded quantity up to the lot, at least one and at most what the instrument lets an order be."""
    step = instrument.step_size
    lots = (quantity / step).to_integral_value(rounding=ROUND_CEILING)
    return min(max(lots, Decimal(1)) * step, instrument.max_quantity)
