"""Public market data: time, instruments, tickers, book, trades, klines, funding, open interest, risk limits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from simvenue.venues.bybit import errors
from simvenue.venues.bybit.endpoint import Route
from simvenue.venues.bybit.instruments import Category
from simvenue.venues.bybit.klines import INTERVALS, bounds, merge
from simvenue.venues.bybit.messages import instruments, market

if TYPE_CHECKING:
    from simvenue.exchange.types import Bar, Instrument
    from simvenue.venues.bybit.endpoint import Call
    from simvenue.venues.bybit.venue import Venue

ALL_BARS = 1500
DAY_MS = 86_400_000
_BOOK_LEVELS = {Category.SPOT: (1, 200), Category.LINEAR: (25, 500)}
_TRADES = {Category.SPOT: (60, 60), Category.LINEAR: (500, 1000)}


def _time(call: Call) -> dict[str, str]:
    nanoseconds = call.venue.clock() * 1_000_000 + time.time_ns() % 1_000_000
    return {"timeSecond": str(nanoseconds // 10**9), "timeNano": str(nanoseconds)}


def _chosen(call: Call) -> list[Instrument]:
    one = call.optional_instrument()
    if one:
        return [one]
    base = call.parameters.optional_text("baseCoin")
    return [i for i in call.venue.instruments(call.category()) if base in {None, i.base}]


def _instruments(call: Call) -> dict[str, Any]:
    limit = call.parameters.limit(default=500, maximum=1000)
    first = call.parameters.optional_integer("cursor") or 0
    status = call.parameters.optional_text("status")
    listed = _chosen(call) if status in {None, "Trading"} else []
    page = listed[first : first + limit]
    cursor = str(first + limit) if listed[first + limit :] else ""
    return {
        "category": call.category().value,
        "list": [instruments.instrument(instrument) for instrument in page],
        "nextPageCursor": cursor,
    }


def _tickers(call: Call) -> dict[str, Any]:
    return {"category": call.category().value, "list": [ticker(call.venue, i) for i in _chosen(call)]}


def ticker(venue: Venue, instrument: Instrument) -> dict[str, str]:
    """Give an instrument's ticker as of now."""
    now, symbol, exchange = venue.clock(), instrument.symbol, venue.exchange
    day = exchange.bars(symbol, now - DAY_MS, None, ALL_BARS)
    return market.ticker(instrument, exchange.top(symbol), exchange.mark_price(symbol), day, now)


def _order_book(call: Call) -> dict[str, Any]:
    instrument = call.instrument()
    default, most = _BOOK_LEVELS[call.category()]
    limit = call.parameters.limit(default=default, maximum=most)
    update_id, bids, asks = call.venue.exchange.depth(instrument.symbol, limit)
    now = call.venue.clock()
    return {
        "s": instrument.wire_name,
        "b": market.levels(instrument, bids),
        "a": market.levels(instrument, asks),
        "ts": now,
        "u": update_id,
        "seq": update_id,
        "cts": now,
    }


def _bars(call: Call) -> tuple[Instrument, list[Bar]]:
    instrument = call.instrument()
    interval = call.parameters.choice("interval", INTERVALS)
    start, end = call.parameters.optional_integer("start"), call.parameters.optional_integer("end")
    limit = call.parameters.limit(default=200, maximum=1000)
    minutes = call.venue.exchange.bars(instrument.symbol, bounds(interval, start)[0] if start else 0, None, ALL_BARS)
    chosen = [
        bar
        for bar in merge(minutes, interval)
        if (start is None or bar.open_ms >= start) and (end is None or bar.open_ms <= end)
    ]
    # Of a range that holds more than the limit the venue gives the newest.
    return instrument, chosen[-limit:][::-1]


def _kline(call: Call) -> dict[str, Any]:
    instrument, bars = _bars(call)
    return {
        "symbol": instrument.wire_name,
        "category": call.category().value,
        "list": [market.kline(instrument, bar) for bar in bars],
    }


def _price_kline(call: Call) -> dict[str, Any]:
    # Mark and index follow the trades here: the simulation keeps bars of trades only.
    if call.category() is Category.SPOT:
        raise errors.invalid("category")
    rows = _kline(call)
    return rows | {"list": [row[:5] for row in rows["list"]]}


def _recent_trades(call: Call) -> dict[str, Any]:
    instrument = call.instrument()
    default, most = _TRADES[call.category()]
    limit = call.parameters.limit(default=default, maximum=most)
    trades = call.venue.exchange.recent_trades(instrument.symbol, limit)
    return {"category": call.category().value, "list": [market.trade(instrument, t) for t in reversed(trades)]}


def _funding_history(call: Call) -> dict[str, Any]:
    instrument = call.instrument()
    if call.category() is Category.SPOT:
        raise errors.invalid("category")
    start, end = call.parameters.optional_integer("startTime"), call.parameters.optional_integer("endTime")
    if start is not None and end is None:
        raise errors.parameter("endTime is required with startTime")
    limit = call.parameters.limit(default=200, maximum=200)
    newest = min(end or call.venue.clock(), call.venue.clock()) // market.FUNDING_INTERVAL_MS
    times = [(newest - back) * market.FUNDING_INTERVAL_MS for back in range(min(limit, newest + 1))]
    rows = [
        {"symbol": instrument.wire_name, "fundingRate": market.FUNDING_RATE, "fundingRateTimestamp": str(moment)}
        for moment in times
        if start is None or moment >= start
    ]
    return {"category": call.category().value, "list": rows}


def _open_interest(call: Call) -> dict[str, Any]:
    instrument = call.instrument()
    call.parameters.choice("intervalTime", ("5min", "15min", "30min", "1h", "4h", "1d"))
    row = {"openInterest": "0", "timestamp": str(call.venue.clock())}
    return {
        "symbol": instrument.wire_name,
        "category": call.category().value,
        "list": [row],
        "nextPageCursor": "",
    }


def _risk_limit(call: Call) -> dict[str, Any]:
    rows = [instruments.risk_limit(i) for i in _chosen(call) if call.category() is not Category.SPOT]
    return {"category": call.category().value, "list": rows, "nextPageCursor": ""}


ROUTES = (
    Route("GET", "/v5/market/time", None, _time),
    Route("GET", "/v5/market/instruments-info", None, _instruments),
    Route("GET", "/v5/market/tickers", None, _tickers),
    Route("GET", "/v5/market/orderbook", None, _order_book),
    Route("GET", "/v5/market/kline", None, _kline),
    Route("GET", "/v5/market/mark-price-kline", None, _price_kline),
    Route("GET", "/v5/market/index-price-kline", None, _price_kline),
    Route("GET", "/v5/market/recent-trade", None, _recent_trades),
    Route("GET", "/v5/market/funding/history", None, _funding_history),
    Route("GET", "/v5/market/open-interest", None, _open_interest),
    Route("GET", "/v5/market/risk-limit", None, _risk_limit),
)
