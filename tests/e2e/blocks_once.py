"""A strategy that quotes like the market maker and, once in the life of its state directory, hangs with a position."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from strategies import market_maker

if TYPE_CHECKING:
    from nautilus_trader.model.data import QuoteTick

MARK = Path(os.environ.get("STATE_DIRECTORY", "."), "blocked-once")
AFTER_SECONDS = 20
"""From its start on: longer than the node takes to be READY, and a position may be left from before."""


class MarketMaker(market_maker.MarketMaker):
    """Never comes back from a quote that finds it with a position; a position of its namesake is its own."""

    def on_start(self) -> None:
        """Notes the time."""
        self._started = time.monotonic()
        super().on_start()

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Quotes, or hangs."""
        is_late = time.monotonic() - self._started > AFTER_SECONDS
        if is_late and not MARK.exists() and not self.portfolio.is_flat(self.config.instrument_id):
            MARK.touch()
            self.log.info("about to hang")
            self.log.error("hangs from here on")
            while True:
                time.sleep(3600)
        super().on_quote_tick(tick)
