"""Market data by request: book, trades, bars, mark price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors, market_data, market_messages
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance_futures.messages import market

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call

DEPTH_LIMITS = frozenset({5, 10, 20, 50, 100, 500, 1000})
DEFAULT_DEPTH = 500
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
        "bids": market_messages.levels(instrument, bids),
        "asks": market_messages.levels(instrument, asks),
    }


def trades(call: Call) -> list[dict[str, Any]]:
    """The latest trades, oldest first."""
    return [market_messages.trade(call.instrument(), value) for value in market_data.trades(call)]


def klines(call: Call) -> list[list[int | str]]:
    """Bars."""
    return [market_messages.kline(call.instrument(), value) for value in market_data.bars(call, maximum=MAX_KLINES)]


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
    Route("GET", "/fapi/v1/aggTrades", Security.NONE, market_data.aggregate_trades),
    Route("GET", "/fapi/v1/klines", Security.NONE, klines),
    Route("GET", "/fapi/v1/premiumIndex", Security.NONE, premium_index),
)
