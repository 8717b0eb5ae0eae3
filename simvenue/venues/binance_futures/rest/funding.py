"""Mark price, funding and open interest by request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance_futures.messages import funding
from simvenue.venues.binance_futures.rest.tickers import one_or_all

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call

DEFAULT_LIST = 100
MAX_LIST = 1000


def premium_index(call: Call) -> object:
    """Mark price and funding of one symbol, or a list of all."""
    exchange, now_ms = call.venue.exchange, call.venue.clock()
    return one_or_all(call, lambda value: funding.premium_index(value, exchange.mark_price(value.symbol), now_ms))


def funding_rate(call: Call) -> list[dict[str, Any]]:
    """Past funding times, oldest first: from ``startTime`` on, else the latest."""
    only = call.optional_instrument()
    limit = call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_LIST)
    step, now_ms = funding.FUNDING_INTERVAL_MS, call.venue.clock()
    start, end = call.parameters.optional_integer("startTime"), call.parameters.optional_integer("endTime")
    last = min(now_ms if end is None else end, now_ms) // step
    first = last - limit + 1 if start is None else max(-(-start // step), 0)
    times = range(max(first, 0) * step, min(last, first + limit - 1) * step + 1, step)
    listed = [only] if only else call.venue.exchange.instruments.values()
    rows = [funding.funding_rate(instrument, time_ms) for time_ms in times for instrument in listed]
    return rows[-limit:] if start is None else rows[:limit]


def funding_info(call: Call) -> list[dict[str, Any]]:
    """Interval and bounds of every symbol's funding."""
    return [funding.funding_info(instrument) for instrument in call.venue.exchange.instruments.values()]


def open_interest(call: Call) -> dict[str, Any]:
    """What customers hold; the side the simulated market takes is not counted."""
    instrument, exchange = call.instrument(), call.venue.exchange
    held = [
        position.quantity
        for account in exchange.accounts
        for position in exchange.positions(account)
        if position.symbol == instrument.symbol
    ]
    longs, shorts = sum((q for q in held if q > 0), ZERO), -sum((q for q in held if q < 0), ZERO)
    return funding.open_interest(instrument, max(longs, shorts), call.venue.clock())


ROUTES = (
    Route("GET", "/fapi/v1/premiumIndex", Security.NONE, premium_index),
    Route("GET", "/fapi/v1/fundingRate", Security.NONE, funding_rate),
    Route("GET", "/fapi/v1/fundingInfo", Security.NONE, funding_info),
    Route("GET", "/fapi/v1/openInterest", Security.NONE, open_interest),
)
