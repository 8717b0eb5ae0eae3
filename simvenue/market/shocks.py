"""What a shock does to a market's quotes: wider, thinner, on the instrument's own grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO, Side

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument, Levels, MarketStep

_MAX_SPREAD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A change of every quote: its distance from the reference times ``spread``, its quantity times ``size``.

    Raises:
        ValueError: a spread below 1 or above 1000, a size that is not above 0 and at most 1.
    """

    spread: Decimal = Decimal(1)
    size: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        """Refuse what would cross the book or grow it."""
        if not (self.spread.is_finite() and 1 <= self.spread <= _MAX_SPREAD):
            raise ValueError(f"factor {self.spread} is not between 1 and {_MAX_SPREAD}")
        if not (self.size.is_finite() and 0 < self.size <= 1):
            raise ValueError(f"share {self.size} is not above 0 and at most 1")

    def applied(self, step: MarketStep, instrument: Instrument) -> MarketStep:
        """Give the step with its quotes changed; its takers come as they were."""
        return replace(
            step,
            bids=self._side(step.bids, step.reference, instrument, Side.BUY),
            asks=self._side(step.asks, step.reference, instrument, Side.SELL),
        )

    def _side(self, levels: Levels, reference: Decimal, instrument: Instrument, side: Side) -> Levels:
        tick, lot = instrument.tick_size, instrument.step_size
        away = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        moved = (
            (((reference + (price - reference) * self.spread) / tick).to_integral_value(away) * tick, quantity)
            for price, quantity in levels
        )
        joined = ((price, sum((held for _, held in same), ZERO)) for price, same in groupby(moved, lambda m: m[0]))
        return tuple(
            (price, max(lot, (quantity * self.size / lot).to_integral_value(ROUND_FLOOR) * lot))
            for price, quantity in joined
            if instrument.min_price <= price <= instrument.max_price
        )
