"""The last 24 hours of trading in one symbol, as the tickers tell them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO
from simvenue.venues.binance.klines import MINUTE_MS

if TYPE_CHECKING:
    from simvenue.exchange.exchange import Exchange

DAY_MINUTES = 24 * 60
DAY_MS = DAY_MINUTES * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingDay:
    """Statistics of the window that ends now.

    Without a trade all prices are the mark price, volumes and counts are 0 and trade ids -1.
    """

    symbol: str
    open_ms: int
    close_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal
    last_quantity: Decimal
    volume: Decimal
    quote_volume: Decimal
    trades: int
    first_trade_id: int
    last_trade_id: int

    @property
    def change(self) -> Decimal:
        """Last price less the first one."""
        return self.last - self.open

    @property
    def change_percent(self) -> Decimal:
        """The change in percent of the first price."""
        return (self.change / self.open * 100).quantize(Decimal("0.001"))

    @property
    def average(self) -> Decimal:
        """Average price weighted by quantity; the last price while nothing was traded."""
        return self.quote_volume / self.volume if self.volume else self.last


def rolling_day(exchange: Exchange, symbol: str, now_ms: int, *, minutes: int = DAY_MINUTES) -> RollingDay:
    """Sum up the last 24 hours, or another number of minutes, as far as the exchange remembers them."""
    bars = exchange.bars(symbol, now_ms - minutes * MINUTE_MS, None, minutes + 1)
    traded = [bar for bar in bars if bar.trades]
    mark = exchange.mark_price(symbol)
    latest = exchange.recent_trades(symbol, 1)
    return RollingDay(
        symbol=symbol,
        open_ms=now_ms - minutes * MINUTE_MS,
        close_ms=now_ms,
        open=bars[0].open if bars else mark,
        high=max((bar.high for bar in bars), default=mark),
        low=min((bar.low for bar in bars), default=mark),
        last=bars[-1].close if bars else mark,
        last_quantity=latest[0].quantity if latest else ZERO,
        volume=sum((bar.volume for bar in traded), ZERO),
        quote_volume=sum((bar.quote_volume for bar in traded), ZERO),
        trades=sum(bar.trades for bar in traded),
        first_trade_id=traded[0].first_trade_id if traded else -1,
        last_trade_id=traded[-1].last_trade_id if traded else -1,
    )
