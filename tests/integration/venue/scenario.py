"""A strategy whose acts follow one another in a coroutine, and what its acts need."""

from __future__ import annotations

import asyncio
import json
import traceback
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nautilus_trader.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautilus_trader.model.data import Bar, OrderBookDeltas, QuoteTick, TradeTick
    from nautilus_trader.model.events import OrderEvent
    from nautilus_trader.model.identifiers import InstrumentId

STEP_SECONDS = 15.0 * PATIENCE


class Scenario(Strategy):  # type: ignore[misc] # upstream has no types
    """A strategy that runs ``act`` once the node trades.

    Args:
        instrument_id: What to trade.
        settings: The test's own settings, for scenarios that need the venue's admin API.
    """

    oms: str | None = None

    def __init__(self, instrument_id: InstrumentId, settings: dict[str, Any]) -> None:
        """Start with nothing seen."""
        super().__init__(StrategyConfig(order_id_tag="001", external_order_claims=None, oms_type=self.oms))
        self.instrument_id = instrument_id
        self.settings = settings
        self.finished = asyncio.Event()
        self.failure: str | None = None
        self.seen: dict[str, int] = {}
        self._acting: asyncio.Task[None] | None = None

    async def act(self) -> None:
        """The scenario."""

    def on_start(self) -> None:
        """Begin."""
        self._acting = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            await self.act()
        except Exception:
            self.failure = traceback.format_exc()
        finally:
            self.finished.set()

    def log_text(self) -> str:
        """What the node has logged so far."""
        return Path(self.settings["log"]).read_text(encoding="utf-8", errors="replace")

    def ask_venue(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Call the venue's admin API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.settings['admin']}/admin/v1/{path}", data, method=method)  # noqa: S310 - the test's own loopback address
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - as above
            return json.load(response)

    async def first_quote(self) -> None:
        """Subscribe to quotes and wait for one."""
        self.subscribe_quote_ticks(self.instrument_id)
        await self.until("a quote", lambda: self.has("quote"))

    def has(self, what: str, times: int = 1) -> bool:
        """Whether something arrived so often."""
        return self.seen.get(what, 0) >= times

    def count(self, what: str) -> None:
        """Note that something arrived."""
        self.seen[what] = self.seen.get(what, 0) + 1

    async def until(self, what: str, reached: Callable[[], bool], seconds: float = STEP_SECONDS) -> None:
        """Wait for a condition; the failure names it."""
        try:
            async with asyncio.timeout(seconds):
                while not reached():  # noqa: ASYNC110 - the condition is the cache's, which has no event
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s: {what}") from None

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Count."""
        self.count("quote")
        self.last_quote = tick

    def on_trade_tick(self, tick: TradeTick) -> None:
        """Count."""
        self.count("trade")

    def on_order_book_deltas(self, deltas: OrderBookDeltas) -> None:
        """Count."""
        self.count("deltas" if deltas.instrument_id == self.instrument_id else "partial depth")

    def on_bar(self, bar: Bar) -> None:
        """Count."""
        self.count("bar")

    def on_order_event(self, event: OrderEvent) -> None:
        """Count by type."""
        self.count(type(event).__name__)
