"""Bars of several minutes are sums of one-minute bars."""

from __future__ import annotations

from decimal import Decimal

from simvenue.exchange.types import Bar
from simvenue.venues.binance.klines import MINUTE_MS, merge


def _bar(minute: int, *, low: str, high: str, trades: int = 1) -> Bar:
    return Bar(
        symbol="BTCUSDT",
        interval="1m",
        open_ms=minute * MINUTE_MS,
        close_ms=(minute + 1) * MINUTE_MS - 1,
        open=Decimal(low),
        high=Decimal(high),
        low=Decimal(low),
        close=Decimal(high),
        volume=Decimal(trades),
        quote_volume=Decimal(10),
        trades=trades,
        taker_buy_base=Decimal(1),
        taker_buy_quote=Decimal(5),
        first_trade_id=minute * 10 if trades else -1,
        last_trade_id=minute * 10 + 1 if trades else -1,
        closed=True,
    )


def test_minutes_are_joined_on_the_intervals_own_grid() -> None:
    """Six minutes from 4 to 9 become a part of the first five and the whole of the second, which is closed."""
    bars = [_bar(minute, low=str(minute), high=str(minute + 5)) for minute in range(4, 10)]
    first, second = merge(bars, "5m")
    assert (first.open_ms, first.close_ms) == (0, 5 * MINUTE_MS - 1)
    assert [second.open, second.high, second.low, second.close] == [Decimal(5), Decimal(14), Decimal(5), Decimal(14)]
    assert (second.trades, second.first_trade_id, second.last_trade_id) == (5, 50, 91)
    assert second.volume == Decimal(5)
    assert second.closed
    assert second.interval == "5m"


def test_a_minute_without_trades_adds_nothing_but_its_price() -> None:
    """A quiet minute leaves the trade ids of the others in place."""
    (bar,) = merge([_bar(0, low="1", high="2", trades=0), _bar(1, low="3", high="4")], "3m")
    assert (bar.trades, bar.first_trade_id, bar.closed) == (1, 10, False)
    assert bar.low == Decimal(1)


def test_one_minute_bars_pass_unchanged() -> None:
    """The exchange's own bars are not rebuilt."""
    bars = [_bar(0, low="1", high="2")]
    assert merge(bars, "1m") == bars
