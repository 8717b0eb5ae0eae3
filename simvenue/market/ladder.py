"""The market's resting side: a ladder of quotes around two best prices, a pure function of them.

Levels behind the best stand on a fixed grid and a level's size follows from its price alone, so that a small move of
the market changes few levels and a level that was eaten comes back as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import Side

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument, Levels

_GAP = Decimal("0.000025")  # a quarter of a basis point
_LEVEL_VALUE = Decimal(1000)  # quote currency, on average: small enough that customers' orders are met partly
_NEAR_LEVELS = 40
# Behind the near levels wait few, wide and large ones, so that no order of ours or of a customer empties a side.
_FAR_LEVELS = 20
_FAR = 20  # times the gap, and times two the size
_MIX = 2654435761


@dataclass(frozen=True, slots=True)
class Ladder:
    """The shape of one instrument's ladder: distance of levels and average size of one."""

    instrument: Instrument
    gap: Decimal
    size: Decimal

    @classmethod
    def around(cls, instrument: Instrument, price: Decimal) -> Ladder:
        """Choose gap and size for an instrument that trades near ``price``."""
        tick, step = instrument.tick_size, instrument.step_size
        gap = max(tick, (price * _GAP / tick).to_integral_value() * tick)
        size = max(step, (_LEVEL_VALUE / price / step).to_integral_value() * step)
        return cls(instrument, gap, size)

    def quotes(self, bid: Decimal, ask: Decimal) -> tuple[Levels, Levels]:
        """Give all bids and asks, best first, for a best bid and ask on the tick grid."""
        return self._side(Side.BUY, bid), self._side(Side.SELL, ask)

    def _side(self, side: Side, best: Decimal) -> Levels:
        near = self._grid(side, best, self.gap, _NEAR_LEVELS)
        far = self._grid(side, near[-1] - side.sign * self.gap, self.gap * _FAR, _FAR_LEVELS)
        prices = [*([best] if near[0] != best else []), *near]
        lowest, highest = self.instrument.min_price, self.instrument.max_price
        levels = [(price, self._quantity(price, 1)) for price in prices]
        levels += [(price, self._quantity(price, 2 * _FAR)) for price in far]
        return tuple(level for level in levels if lowest <= level[0] <= highest)

    def _grid(self, side: Side, best: Decimal, gap: Decimal, count: int) -> list[Decimal]:
        away = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        first = int((best / gap).to_integral_value(rounding=away))
        return [
            (index * gap).quantize(self.instrument.tick_size)
            for index in range(first, first - side.sign * count, -side.sign)
        ]

    def _quantity(self, price: Decimal, factor: int) -> Decimal:
        # Fibonacci hashing of the price's tick number: 20 % to 180 % of the average size.
        ticks = int(price / self.instrument.tick_size)
        share = Decimal(20 + (ticks * _MIX % 2**32 >> 8) % 161) / 100
        step = self.instrument.step_size
        return max(step, (self.size * factor * share / step).to_integral_value() * step)
