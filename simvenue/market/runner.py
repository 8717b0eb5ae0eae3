"""Plays the markets on the exchange in real time, and keeps where they are so that a restart goes on from there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.ledger import Ledger
    from simvenue.exchange.types import Instrument, MarketStep

SAVE_SECONDS = 1.0
_FORGIVEN_SECONDS = 1.0
"""A market that lags more than this (machine busy, process paused) goes on from now instead of catching up."""


class Market(Protocol):
    """One symbol's market: asked how long to wait, then advanced, again and again."""

    instrument: Instrument
    shift: Decimal

    @property
    def identity(self) -> str:
        """Tell this market from every other."""

    @property
    def wait_ms(self) -> float:
        """Give the market time until the next step."""

    def save(self) -> dict[str, Any]:
        """Give where the market is, for JSON."""

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from where `save` was called."""

    def quote(self) -> MarketStep:
        """Give the present ladder, without takers."""

    def advance(self) -> MarketStep:
        """Move on and give what the market does."""


class MarketRunner:
    """All markets of one exchange."""

    def __init__(self, exchange: Exchange, ledger: Ledger, markets: Iterable[Market], *, speed: float) -> None:
        """Take every market up where the ledger left it and put its ladder into the book.

        Args:
            exchange: where they trade; its customers' resting orders are in the book already, so a ladder that crosses
                one fills it.
            ledger: keeps their positions.
            markets: one for each symbol.
            speed: market seconds in a second.
        """
        self._exchange = exchange
        self._ledger = ledger
        self._markets = {market.instrument.symbol: market for market in markets}
        self._speed = speed
        self._flowing = asyncio.Event()
        self._flowing.set()
        saved = ledger.markets()
        for symbol, market in self._markets.items():
            state = saved.get(symbol)
            if state and state["identity"] == market.identity:
                market.restore(state)
            exchange.step_market(symbol, market.quote())
        self._saved: dict[str, dict[str, Any]] = {}
        self.save()

    async def run(self) -> None:
        """Play until cancelled; raises what the exchange raises."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for market in self._markets.values():
                    tasks.create_task(self._play(market))
                tasks.create_task(self._keep())
        finally:
            self.save()

    @property
    def paused(self) -> bool:
        """Tell whether the markets stand still."""
        return not self._flowing.is_set()

    def pause(self) -> None:
        """Let all markets stand still, the books as they are; customers still trade. A restart ends it."""
        self._flowing.clear()

    def resume(self) -> None:
        """Let the markets go on from where they stand."""
        self._flowing.set()

    def shift(self, symbol: str, percent: Decimal) -> Decimal:
        """Move a market's price for good, at once; give the new reference price.

        Raises:
            KeyError: no market of that symbol.
            ValueError: the price would leave the instrument's range.
        """
        market = self._markets[symbol]
        instrument = market.instrument
        before = market.shift
        market.shift = before * (1 + percent / 100)
        step = market.quote() if market.shift > 0 else None
        if step is None or not instrument.min_price <= step.reference <= instrument.max_price:
            market.shift = before
            raise ValueError(
                f"{percent} % would move {symbol} out of {instrument.min_price} to {instrument.max_price}; "
                f"it stands at {self._exchange.mark_price(symbol)}"
            )
        self._exchange.step_market(symbol, step)
        self.save()
        return step.reference

    def save(self) -> None:
        """Write where the markets are, if they moved."""
        states = {symbol: {"identity": m.identity, **m.save()} for symbol, m in self._markets.items()}
        if states != self._saved:
            self._ledger.save_markets(states)
            self._saved = states

    def positions(self) -> dict[str, dict[str, Any]]:
        """Tell where each market is, for people."""
        return {symbol: {"market": m.identity, **m.save()} for symbol, m in self._markets.items()}

    async def _play(self, market: Market) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            due += market.wait_ms / 1000 / self._speed
            late = clock() - due
            if late > _FORGIVEN_SECONDS:
                due += late
            # Also when the step is due already: customers' requests come between two steps.
            await asyncio.sleep(max(0.0, -late))
            await self._flowing.wait()
            self._exchange.step_market(market.instrument.symbol, market.advance())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            self._exchange.roll()
            self.save()
