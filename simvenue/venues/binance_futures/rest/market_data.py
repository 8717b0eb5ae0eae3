"""Market data by request: book, trades, bars."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors, market_data, market_messages
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.parameters import Parameters

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call

DEPTH_LIMITS = frozenset({5, 10, 20, 50, 100, 500, 1000})
DEFAULT_DEPTH = 500
DEPTH_WEIGHTS = {50: 2, 100: 5, 500: 10, 1000: 20}
MAX_KLINES = 1500
KLINES_WEIGHTS = {100: 1, 500: 2, 1001: 5, 1501: 10}


def depth_weight(parameters: Parameters) -> int:
    """What a look at the book costs: more levels cost more."""
    limit = parameters.optional_integer("limit") or DEFAULT_DEPTH
    return next((weight for most, weight in DEPTH_WEIGHTS.items() if limit <= most), max(DEPTH_WEIGHTS.values()))


def klines_weight(parameters: Parameters) -> int:
    """What a list of bars costs: more bars cost more."""
    limit = parameters.optional_integer("limit") or market_data.DEFAULT_LIST
    return next((weight for below, weight in KLINES_WEIGHTS.items() if limit < below), max(KLINES_WEIGHTS.values()))


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


def historical_trades(call: Call) -> list[dict[str, Any]]:
    """The trades the exchange still remembers, from ``fromId`` on or the latest, oldest first."""
    return [market_messages.trade(call.instrument(), value) for value in market_data.trades_from(call)]


def continuous_klines(call: Call) -> list[list[int | str]]:
    """The bars of a pair's perpetual contract, the only one there is."""
    parameters = call.parameters
    if parameters.text("contractType") != "PERPETUAL":
        raise errors.VenueError(-4104, "Invalid contract type")
    pair = parameters.text("pair")
    if pair not in call.venue.exchange.instruments:
        raise errors.VenueError(-4144, "Invalid pair")
    return klines(replace(call, parameters=Parameters({**parameters.values, "symbol": pair})))


ROUTES = (
    Route("GET", "/fapi/v1/depth", Security.NONE, depth, depth_weight),
    Route("GET", "/fapi/v1/trades", Security.NONE, trades, 5),
    Route("GET", "/fapi/v1/historicalTrades", Security.KEY, historical_trades, 20),
    Route("GET", "/fapi/v1/aggTrades", Security.NONE, market_data.aggregate_trades, 20),
    Route("GET", "/fapi/v1/klines", Security.NONE, klines, klines_weight),
    Route("GET", "/fapi/v1/continuousKlines", Security.NONE, continuous_klines, klines_weight),
)
