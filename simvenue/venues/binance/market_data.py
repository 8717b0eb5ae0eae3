"""Market data by request that every market answers alike: trades, aggregated trades, bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors, market_messages
from simvenue.venues.binance.klines import INTERVAL_MINUTES, MINUTE_MS, merge

if TYPE_CHECKING:
    from simvenue.exchange.types import Bar, PublicTrade
    from simvenue.venues.binance.endpoint import Call

DEFAULT_LIST = 500
MAX_TRADES = 1000


def trades(call: Call) -> list[PublicTrade]:
    """The latest trades, oldest first."""
    limit = call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_TRADES)
    return call.venue.exchange.recent_trades(call.instrument().symbol, limit)


def trades_from(call: Call) -> list[PublicTrade]:
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
    return found[-limit:] if from_id is None and start is None else found[:limit]


def aggregate_trades(call: Call) -> list[dict[str, Any]]:
    """``aggTrades``: every trade is its own aggregate."""
    return [market_messages.aggregate_trade(call.instrument(), value) for value in trades_from(call)]


def bars(call: Call, *, maximum: int) -> list[Bar]:
    """Bars whose open time is at or after ``startTime``; empty past the end, or clients page for ever."""
    instrument = call.instrument()
    interval = call.parameters.text("interval")
    minutes = INTERVAL_MINUTES.get(interval)
    if minutes is None:
        raise errors.VenueError(-1120, "Invalid interval.")
    limit = call.parameters.limit(default=DEFAULT_LIST, maximum=maximum)
    start = call.parameters.optional_integer("startTime")
    end = call.parameters.optional_integer("endTime")
    span = minutes * MINUTE_MS
    if start is not None:
        start = -(-start // span) * span
    found = call.venue.exchange.bars(instrument.symbol, start_ms=start, end_ms=end, limit=(limit + 1) * minutes)
    merged = merge(found, interval)
    return merged[-limit:] if start is None else merged[:limit]
