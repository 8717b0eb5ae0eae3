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
    lots: int

    @classmethod
    def around(cls, instrument: Instrument, price: Decimal) -> Ladder:
        """Choose gap and size for an instrument that trades near ``price``."""
        tick, step = instrument.tick_size, instrument.step_size
        gap = max(tick, (price * _GAP / tick).to_integral_value() * tick)
        lots = max(1, int((_LEVEL_VALUE / price / step).to_integral_value()))
        return cls(instrument, gap, lots)

    def quotes(self, bid: Decimal, ask: Decimal) -> tuple[Levels, Levels]:
        """Give all bids and asks, best first, for a best bid and ask on the tick grid."""
        return self._side(Side.BUY, bid), self._side(Side.SELL, ask)

    def _side(self, side: Side, best: Decimal) -> Levels:
        near = self._grid(side, best, self.gap, _NEAR_LEVELS, 1)
        far = self._grid(side, near[-1][0] - side.sign * self.gap, self.gap * _FAR, _FAR_LEVELS, 2 * _FAR)
        first = [(best, self._quantity(int(best / self.instrument.tick_size), 1))] if near[0][0] != best else []
        lowest, highest = self.instrument.min_price, self.instrument.max_price
        return tuple(level for level in (*first, *near, *far) if lowest <= level[0] <= highest)

    def _grid(self, side: Side, best: Decimal, gap: Decimal, count: int, factor: int) -> list[tuple[Decimal, Decimal]]:
        away = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        first = int((best / gap).to_integral_value(rounding=away))
        indexes = range(first, first - side.sign * count, -side.sign)
        return [(index * gap, self._quantity(index, factor)) for index in indexes]

    def _quantity(self, index: int, factor: int) -> Decimal:
        # Fibonacci hashing of the level's number on its grid: 20 % to 180 % of the average size.
        share = 20 + (index * _MIX % 2**32 >> 8) % 161
        return max(1, self.lots * factor * share // 100) * self.instrument.step_size
