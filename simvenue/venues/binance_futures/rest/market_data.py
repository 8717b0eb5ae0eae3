"""Market data by request: book, trades, bars, mark price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.klines import INTERVAL_MINUTES, MINUTE_MS, merge
from simvenue.venues.binance_futures.messages import market

if TYPE_CHECKING:
    from simvenue.exchange.types import PublicTrade
    from simvenue.venues.binance.endpoint import Call

DEPTH_LIMITS = frozenset({5, 10, 20, 50, 100, 500, 1000})
DEFAULT_DEPTH = 500
DEFAULT_LIST = 500
MAX_TRADES = 1000
MAX_KLINES = 1500


def depth(call: Call) -> dict[str, Any]:
    """The book's best levels."""
    instrument = call.instrument()
    limit = call.parameters.optional_integer("limit")
    limit = DEFAULT_DEPTH if limit is None else limit
    if limit not in DEPTH_LIMITS:
        raise errors.VenueError(-4021, f"Invalid depth limit: {limit}")
    now_ms = call.venue.clock()
    update_id, bids, asks = call.venue.exchange.depth(instrument.symbol, limit)
    return {
        "lastUpdateId": update_id,
        "E": now_ms,
        "T": now_ms,
        "bids": market.levels(instrument, bids),
        "asks": market.levels(instrument, asks),
    }


def trades(call: Call) -> list[dict[str, Any]]:
    """The latest trades, oldest first."""
    instrument = call.instrument()
    limit = call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_TRADES)
    return [market.trade(instrument, value) for value in call.venue.exchange.recent_trades(instrument.symbol, limit)]


def aggregate_trades(call: Call) -> list[dict[str, Any]]:
    """The trades the exchange still remembers, from ``fromId`` or inside a time range, oldest first."""
    instrument = call.instrument()
    limit = call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_TRADES)
    from_id = call.parameters.optional_integer("fromId")
    start = call.parameters.optional_integer("startTime")
    end = call.parameters.optional_integer("endTime")

    def wanted(value: PublicTrade) -> bool:
        return (
            (from_id is None or value.trade_id >= from_id)
            and (start is None or value.time_ms >= start)
            and (end is None or value.time_ms <= end)
        )

    found = [value for value in call.venue.exchange.recent_trades(instrument.symbol, MAX_TRADES) if wanted(value)]
    # From a given point the venue lists onwards; without one it lists the latest.
    page = found[-limit:] if from_id is None and start is None else found[:limit]
    return [market.aggregate_trade(instrument, value) for value in page]


def klines(call: Call) -> list[list[int | str]]:
    """Bars whose open time is at or after ``startTime``; empty past the end, or clients page for ever."""
    instrument = call.instrument()
    interval = call.parameters.text("interval")
    minutes = INTERVAL_MINUTES.get(interval)
    if minutes is None:
        raise errors.VenueError(-1120, "Invalid interval.")
    limit = call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_KLINES)
    start = call.parameters.optional_integer("startTime")
    end = call.parameters.optional_integer("endTime")
    span = minutes * MINUTE_MS
    if start is not None:
        start = -(-start // span) * span
    found = call.venue.exchange.bars(instrument.symbol, start_ms=start, end_ms=end, limit=(limit + 1) * minutes)
    bars = merge(found, interval)
    page = bars[-limit:] if start is None else bars[:limit]
    return [market.kline(instrument, value) for value in page]


def premium_index(call: Call) -> object:
    """Mark price and funding of one symbol, or a list of all."""
    now_ms, exchange = call.venue.clock(), call.venue.exchange
    instrument = call.optional_instrument()
    if instrument is not None:
        return market.premium_index(instrument, exchange.mark_price(instrument.symbol), now_ms)
    listed = exchange.instruments.values()
    return [market.premium_index(value, exchange.mark_price(value.symbol), now_ms) for value in listed]


ROUTES = (
    Route("GET", "/fapi/v1/depth", Security.NONE, depth),
    Route("GET", "/fapi/v1/trades", Security.NONE, trades),
    Route("GET", "/fapi/v1/aggTrades", Security.NONE, aggregate_trades),
    Route("GET", "/fapi/v1/klines", Security.NONE, klines),
    Route("GET", "/fapi/v1/premiumIndex", Security.NONE, premium_index),
)
