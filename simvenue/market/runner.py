"""Plays the markets on the exchange in real time, and keeps where they are so that a restart goes on from there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from simvenue.market.shocks import Shock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.ledger import Ledger
    from simvenue.exchange.types import Instrument, MarketStep

SAVE_SECONDS = 1.0
MAX_SPEED = 1000
MAX_SHOCK_SECONDS = 86_400
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
        self._shocks: dict[str, dict[str, Shock]] = {symbol: {} for symbol in self._markets}
        self._flowing = asyncio.Event()
        self._flowing.set()
        saved = ledger.markets()
        for symbol, market in self._markets.items():
            state = saved.get(symbol)
            if state and state["identity"] == market.identity:
                market.restore(state)
            self._step(market, market.quote())
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

    @property
    def speed(self) -> float:
        """Give the market seconds in a second."""
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Change the pace from each market's next step on; a restart has the configured one again.

        Raises:
            ValueError: not above 0, or above 1000.
        """
        if not 0 < speed <= MAX_SPEED:
            raise ValueError(f"speed {speed} is not above 0 and at most {MAX_SPEED}")
        self._speed = speed

    def widen(self, symbol: str, factor: Decimal, seconds: float) -> None:
        """Move the market's own quotes away from the reference price for a while; customers' orders stay.

        Args:
            symbol: which market.
            factor: of every quote's distance; 10 makes the spread ten times as wide.
            seconds: how long; another call of the same symbol replaces it.

        Raises:
            KeyError: no market of that symbol.
            ValueError: the factor is below 1 or above 1000, or the time is not above 0.
        """
        self._shock(symbol, "widened", Shock(spread=factor), seconds)

    def thin(self, symbol: str, share: Decimal, seconds: float) -> None:
        """Leave only a share of every quote of the market's own for a while, at least a lot; see `widen`.

        Raises:
            KeyError: no market of that symbol.
            ValueError: the share is not above 0 and at most 1, or the time is not above 0.
        """
        self._shock(symbol, "thinned", Shock(size=share), seconds)

    def shocks(self) -> dict[str, list[str]]:
        """Tell which markets are widened or thinned now."""
        return {symbol: sorted(shocks) for symbol, shocks in self._shocks.items() if shocks}

    def _shock(self, symbol: str, name: str, shock: Shock, seconds: float) -> None:
        if not 0 < seconds <= MAX_SHOCK_SECONDS:
            raise ValueError(f"{seconds} seconds is not above 0 and at most {MAX_SHOCK_SECONDS}")
        market = self._markets[symbol]

        def end() -> None:
            # A later shock of the same kind has its own end.
            if self._shocks[symbol].get(name) is shock:
                del self._shocks[symbol][name]
                self._step(market, market.quote())

        self._shocks[symbol][name] = shock
        self._step(market, market.quote())
        asyncio.get_running_loop().call_later(seconds, end)

    def _step(self, market: Market, step: MarketStep) -> None:
        symbol = market.instrument.symbol
        for shock in self._shocks[symbol].values():
            step = shock.applied(step, market.instrument)
        self._exchange.step_market(symbol, step)

    def shift(self, symbol: str, percent: Decimal) -> Decimal:
        """Move a market's price for good, in one step; give the new reference price.

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
        self._step(market, step)
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
            self._step(market, market.advance())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            self._exchange.roll()
            self.save()
