"""A made-up market: every step a pure function of seed, symbol and step number, in whole numbers and Decimals only.

The price is value noise: random points at fixed distances in time, joined by straight lines, on several time scales at
once. It wanders like a real one within a few seconds and never leaves a percent around its middle, and any step can be
computed without those before it.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import MarketStep, Side, Take
from simvenue.market.ladder import Ladder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.exchange.types import Instrument

STEP_MS = 100
"""One step of market time at speed 1."""

_SCALES = ((10, 60), (50, 250), (200, 500), (800, 800), (3200, 1500), (12800, 3000))
"""(steps between random points, swing to either side in hundredths of a basis point)."""
_ONE = 2**31
_SPREAD = Decimal("0.00001")  # half of it, as a share of the price

_TAKER_CHANCE = 0.4
_SWEEP_CHANCE = 0.3
_SWEEP_BASIS_POINTS = (1.0, 9.0)
_SMALL_BASIS_POINTS = 1.5


@lru_cache(maxsize=4096)
def _point(seed: int, symbol: str, scale: int, index: int) -> int:
    digest = hashlib.blake2b(f"{seed}:{symbol}:{scale}:{index}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) - _ONE


def deviation(seed: int, symbol: str, step: int) -> Decimal:
    """Give how far the price is from its middle at a step, as a share of it."""
    total = 0
    for scale, (period, swing) in enumerate(_SCALES):
        index, within = divmod(step, period)
        left, right = _point(seed, symbol, scale, index), _point(seed, symbol, scale, index + 1)
        total += (left * (period - within) + right * within) * swing // period
    return Decimal(total) / _ONE / 1_000_000


@dataclass(slots=True)
class SyntheticMarket:
    """The made-up market of one symbol; ``step`` and ``shift`` are all its state."""

    instrument: Instrument
    seed: int
    step: int = 0
    shift: Decimal = Decimal(1)

    @property
    def identity(self) -> str:
        """Tell this market from every other, so that a saved position is only taken up by its own."""
        return f"synthetic:{self.seed}"

    @property
    def wait_ms(self) -> float:
        """Give the market time until the next step."""
        return STEP_MS

    def save(self) -> dict[str, Any]:
        """Give where the market is."""
        return {"step": self.step, "shift": str(self.shift)}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from where `save` was called."""
        self.step, self.shift = saved["step"], Decimal(saved["shift"])

    def quote(self) -> MarketStep:
        """Give the present ladder, without takers."""
        tick = self.instrument.tick_size
        middle = self.instrument.reference_price * self.shift
        price = middle * (1 + deviation(self.seed, self.instrument.symbol, self.step))
        half = max(tick, (price * _SPREAD / tick).to_integral_value() * tick)
        reference = (price / tick).to_integral_value() * tick
        bids, asks = Ladder.around(self.instrument, middle).quotes(reference - half, reference + half)
        return MarketStep(reference=reference, bids=bids, asks=asks)

    def advance(self) -> MarketStep:
        """Move one step on and give what the market does there."""
        self.step += 1
        quoted = self.quote()
        return MarketStep(
            reference=quoted.reference, bids=quoted.bids, asks=quoted.asks, takes=self._takes(quoted.reference)
        )

    def _takes(self, reference: Decimal) -> tuple[Take, ...]:
        # Only random() is used: its sequence for a seed is the one thing Python promises to keep.
        draw = random.Random(f"{self.seed}:{self.instrument.symbol}:{self.step}").random  # noqa: S311 - no secret
        if draw() >= _TAKER_CHANCE:
            return ()
        side = Side.BUY if draw() < 0.5 else Side.SELL  # noqa: PLR2004 - a coin
        ladder = Ladder.around(self.instrument, self.instrument.reference_price * self.shift)
        tick = self.instrument.tick_size
        if draw() < _SWEEP_CHANCE:
            low, high = _SWEEP_BASIS_POINTS
            reach = low + (high - low) * draw()
            levels = reach / 0.25
            size = levels * (0.4 + draw())
        else:
            reach = _SMALL_BASIS_POINTS
            size = 0.05 + 2 * draw() ** 3
        distance = reference * Decimal(round(reach * 1000)) / 10_000_000
        limit = ((reference + side.sign * distance) / tick).to_integral_value() * tick
        lots = max(1, ladder.lots * round(size * 1000) // 1000)
        return (Take(side=side, quantity=lots * self.instrument.step_size, limit=limit),)
