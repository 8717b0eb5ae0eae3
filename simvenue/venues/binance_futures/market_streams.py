"""The public streams of the futures market: which there are, at what speed, in what words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import market_messages, tickers
from simvenue.venues.binance.market_streams import StreamSet, TimedStream
from simvenue.venues.binance.rolling_day import rolling_day
from simvenue.venues.binance_futures.messages import funding, market

if TYPE_CHECKING:
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Instrument


def _mark_price(exchange: Exchange, instrument: Instrument, now_ms: int) -> dict[str, Any]:
    return funding.mark_price_event(instrument, exchange.mark_price(instrument.symbol), now_ms)


def _ticker(exchange: Exchange, instrument: Instrument, now_ms: int) -> dict[str, Any]:
    return tickers.day_event(instrument, rolling_day(exchange, instrument.symbol, now_ms), now_ms)


def _mini_ticker(exchange: Exchange, instrument: Instrument, now_ms: int) -> dict[str, Any]:
    return tickers.mini_event(instrument, rolling_day(exchange, instrument.symbol, now_ms), now_ms)


STREAMS = StreamSet(
    # Without a suffix the venue's default is 250 ms.
    depth_speeds_ms={"@0ms": 0, "@100ms": 100, "@250ms": 250, "": 250, "@500ms": 500},
    trades={"aggTrade": market_messages.aggregate_trade_event, "trade": market.trade_event},
    top=market.book_ticker_event,
    kline=market_messages.kline_event,
    diff=market.diff_event,
    partial=market.partial_event,
    timed=(
        TimedStream(suffix="markPrice@1s", interval_ms=1000, message=_mark_price, everybody="!markPrice@arr@1s"),
        TimedStream(suffix="markPrice", interval_ms=3000, message=_mark_price, everybody="!markPrice@arr"),
        TimedStream(suffix="ticker", interval_ms=2000, message=_ticker),
        TimedStream(suffix="", interval_ms=1000, message=_ticker, everybody="!ticker@arr"),
        TimedStream(suffix="miniTicker", interval_ms=2000, message=_mini_ticker),
        TimedStream(suffix="", interval_ms=1000, message=_mini_ticker, everybody="!miniTicker@arr"),
    ),
)
