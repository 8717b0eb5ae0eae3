"""The public streams of the spot market: which there are, at what speed, in what words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import market_messages, tickers
from simvenue.venues.binance.market_streams import StreamSet, TimedStream
from simvenue.venues.binance.rolling_day import rolling_day
from simvenue.venues.binance_spot.messages import market
from simvenue.venues.binance_spot.rest.market_data import average

if TYPE_CHECKING:
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Instrument


def _ticker(exchange: Exchange, instrument: Instrument, now_ms: int) -> dict[str, Any]:
    day = rolling_day(exchange, instrument.symbol, now_ms)
    return market.day_event(instrument, day, exchange.top(instrument.symbol), now_ms)


def _mini_ticker(exchange: Exchange, instrument: Instrument, now_ms: int) -> dict[str, Any]:
    return tickers.mini_event(instrument, rolling_day(exchange, instrument.symbol, now_ms), now_ms)


def _average_price(exchange: Exchange, instrument: Instrument, now_ms: int) -> dict[str, Any]:
    return market.average_price_event(instrument, *average(exchange, instrument, now_ms), now_ms)


STREAMS = StreamSet(
    depth_speeds_ms={"@100ms": 100, "": 1000},
    trades={"trade": market.trade_event, "aggTrade": market.aggregate_trade_event},
    top=market.book_ticker_event,
    kline=market_messages.kline_event,
    diff=market.diff_event,
    partial=market.partial_event,
    timed=(
        TimedStream(suffix="ticker", interval_ms=1000, message=_ticker, everybody="!ticker@arr"),
        TimedStream(suffix="miniTicker", interval_ms=1000, message=_mini_ticker, everybody="!miniTicker@arr"),
        TimedStream(suffix="avgPrice", interval_ms=1000, message=_average_price),
    ),
)
