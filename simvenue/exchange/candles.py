"""One-minute bars of public trades, the last day of them."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO, Bar, PublicTrade, Side

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

MINUTE_MS = 60_000
KEPT = 1500
"""Closed bars kept per symbol, the most one request of the real venue returns."""


def _empty(symbol: str, open_ms: int, price: Decimal) -> Bar:
    return Bar(
        symbol=symbol,
        interval="1m",
        open_ms=open_ms,
        close_ms=open_ms + MINUTE_MS - 1,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=ZERO,
        quote_volume=ZERO,
        trades=0,
        taker_buy_base=ZERO,
        taker_buy_quote=ZERO,
        first_trade_id=-1,
        last_trade_id=-1,
        closed=False,
    )


class Candles:
    """The bars of one symbol."""

    def __init__(self, symbol: str) -> None:
        """Start without a bar; the first trade opens one."""
        self._symbol = symbol
        self._closed: deque[Bar] = deque(maxlen=KEPT)
        self._current: Bar | None = None

    def add(self, trades: Iterable[PublicTrade]) -> list[Bar]:
        """Take trades in; give the bars that closed before them and the bar they are in."""
        changed: list[Bar] = []
        for trade in trades:
            changed += self.roll(trade.time_ms)
            bar = self._current or _empty(self._symbol, trade.time_ms // MINUTE_MS * MINUTE_MS, trade.price)
            value = trade.price * trade.quantity
            bought = trade.aggressor is Side.BUY
            first = not bar.trades
            self._current = replace(
                bar,
                open=trade.price if first else bar.open,
                high=trade.price if first else max(bar.high, trade.price),
                low=trade.price if first else min(bar.low, trade.price),
                close=trade.price,
                volume=bar.volume + trade.quantity,
                quote_volume=bar.quote_volume + value,
                trades=bar.trades + 1,
                taker_buy_base=bar.taker_buy_base + (trade.quantity if bought else ZERO),
                taker_buy_quote=bar.taker_buy_quote + (value if bought else ZERO),
                first_trade_id=trade.trade_id if first else bar.first_trade_id,
                last_trade_id=trade.trade_id,
            )
        if self._current:
            changed.append(self._current)
        return changed

    def roll(self, now_ms: int) -> list[Bar]:
        """Close every bar whose minute is over; give them, empty minutes included, oldest first."""
        closed: list[Bar] = []
        bar = self._current
        if bar is None:
            return closed
        # After a long pause of the process only minutes that would be kept anyway are made up.
        oldest = now_ms // MINUTE_MS * MINUTE_MS - KEPT * MINUTE_MS
        while bar.close_ms < now_ms:
            bar = replace(bar, closed=True)
            closed.append(bar)
            self._closed.append(bar)
            bar = _empty(self._symbol, max(bar.open_ms + MINUTE_MS, oldest), bar.close)
        self._current = bar
        return closed

    def between(self, start_ms: int | None, end_ms: int | None, limit: int) -> list[Bar]:
        """Give bars by open time, oldest first: from ``start_ms`` on, or the last ones when it is None."""
        bars = [*self._closed, *([self._current] if self._current else [])]
        chosen = [
            bar
            for bar in bars
            if (start_ms is None or bar.open_ms >= start_ms) and (end_ms is None or bar.open_ms <= end_ms)
        ]
        return chosen[:limit] if start_ms is not None else chosen[-limit:]
