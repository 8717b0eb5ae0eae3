"""Tickers by request: of one symbol, or a list of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import tickers
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.rolling_day import rolling_day

if TYPE_CHECKING:
    from collections.abc import Callable

    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.endpoint import Call
    from simvenue.venues.binance.parameters import Parameters


def one_or_all(call: Call, row: Callable[[Instrument], dict[str, Any]]) -> object:
    """The row of the symbol that was asked for, else the rows of all."""
    instrument = call.optional_instrument()
    if instrument is not None:
        return row(instrument)
    return [row(listed) for listed in call.venue.exchange.instruments.values()]


def day(call: Call) -> object:
    """The last 24 hours."""
    exchange, now_ms = call.venue.exchange, call.venue.clock()
    return one_or_all(call, lambda value: tickers.day(value, rolling_day(exchange, value.symbol, now_ms)))


def last_price(call: Call) -> object:
    """The last price."""
    exchange, now_ms = call.venue.exchange, call.venue.clock()
    return one_or_all(call, lambda value: tickers.last_price(value, rolling_day(exchange, value.symbol, now_ms)))


def best_prices(call: Call) -> object:
    """The best bid and ask."""
    exchange = call.venue.exchange
    return one_or_all(call, lambda value: tickers.best_prices(value, exchange.top(value.symbol)))


def _weight(one: int, everything: int) -> Callable[[Parameters], int]:
    return lambda parameters: one if parameters.optional_text("symbol") else everything


ROUTES = (
    Route("GET", "/fapi/v1/ticker/24hr", Security.NONE, day, _weight(1, 40)),
    Route("GET", "/fapi/v1/ticker/price", Security.NONE, last_price, _weight(1, 2)),
    Route("GET", "/fapi/v2/ticker/price", Security.NONE, last_price, _weight(1, 2)),
    Route("GET", "/fapi/v1/ticker/bookTicker", Security.NONE, best_prices, _weight(2, 5)),
)
