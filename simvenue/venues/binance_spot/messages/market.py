"""Market data in the spot market's own words: trades, book events, average price, tickers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Side
from simvenue.venues.binance import decimals, market_messages, tickers

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Instrument, Levels, PublicTrade, TopOfBook
    from simvenue.venues.binance.depth_feed import DepthDiff
    from simvenue.venues.binance.rolling_day import RollingDay

AVERAGE_MINUTES = 5


def trade(instrument: Instrument, value: PublicTrade) -> dict[str, Any]:
    """One row of ``/api/v3/trades``."""
    return market_messages.trade(instrument, value) | {"isBestMatch": True}


def aggregate_trade(instrument: Instrument, value: PublicTrade) -> dict[str, Any]:
    """One row of ``/api/v3/aggTrades``."""
    return market_messages.aggregate_trade(instrument, value) | {"M": True}


def trade_event(instrument: Instrument, value: PublicTrade, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@trade``."""
    return {
        "e": "trade",
        "E": now_ms,
        "s": value.symbol,
        "t": value.trade_id,
        "p": decimals.price(instrument, value.price),
        "q": decimals.quantity(instrument, value.quantity),
        "T": value.time_ms,
        "m": value.aggressor is Side.SELL,
        "M": True,
    }


def aggregate_trade_event(instrument: Instrument, value: PublicTrade, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@aggTrade``."""
    return market_messages.aggregate_trade_event(instrument, value, now_ms) | {"M": True}


def book_ticker_event(instrument: Instrument, value: TopOfBook, _now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@bookTicker``; this market's has neither type nor time."""
    return {
        "u": value.update_id,
        "s": value.symbol,
        "b": decimals.price(instrument, value.bid),
        "B": decimals.quantity(instrument, value.bid_quantity),
        "a": decimals.price(instrument, value.ask),
        "A": decimals.quantity(instrument, value.ask_quantity),
    }


def diff_event(instrument: Instrument, diff: DepthDiff, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@depth``: ``U`` follows the ``u`` before it without a gap."""
    return {
        "e": "depthUpdate",
        "E": now_ms,
        "s": instrument.symbol,
        "U": diff.first,
        "u": diff.last,
        "b": market_messages.levels(instrument, diff.bids.items()),
        "a": market_messages.levels(instrument, diff.asks.items()),
    }


def partial_event(
    instrument: Instrument, _previous: int, last: int, bids: Levels, asks: Levels, _now_ms: int
) -> dict[str, Any]:
    """The event of ``<symbol>@depth5``, 10 and 20: a bare snapshot."""
    return depth(instrument, last, bids, asks)


def depth(instrument: Instrument, last: int, bids: Levels, asks: Levels) -> dict[str, Any]:
    """The reply of ``/api/v3/depth``."""
    return {
        "lastUpdateId": last,
        "bids": market_messages.levels(instrument, bids),
        "asks": market_messages.levels(instrument, asks),
    }


def day(instrument: Instrument, value: RollingDay, top: TopOfBook) -> dict[str, Any]:
    """One row of ``/api/v3/ticker/24hr``."""
    return tickers.day(instrument, value) | {
        "prevClosePrice": decimals.price(instrument, value.open),
        "bidPrice": decimals.price(instrument, top.bid),
        "bidQty": decimals.quantity(instrument, top.bid_quantity),
        "askPrice": decimals.price(instrument, top.ask),
        "askQty": decimals.quantity(instrument, top.ask_quantity),
    }


def mini_day(instrument: Instrument, value: RollingDay) -> dict[str, Any]:
    """The same with ``type=MINI``."""
    left_out = {"priceChange", "priceChangePercent", "weightedAvgPrice", "lastQty"}
    return {name: field for name, field in tickers.day(instrument, value).items() if name not in left_out}


def day_event(instrument: Instrument, value: RollingDay, top: TopOfBook, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@ticker``."""
    return tickers.day_event(instrument, value, now_ms) | {
        "x": decimals.price(instrument, value.open),
        "b": decimals.price(instrument, top.bid),
        "B": decimals.quantity(instrument, top.bid_quantity),
        "a": decimals.price(instrument, top.ask),
        "A": decimals.quantity(instrument, top.ask_quantity),
    }


def average_price(instrument: Instrument, value: Decimal, last_ms: int) -> dict[str, Any]:
    """The reply of ``/api/v3/avgPrice``."""
    return {"mins": AVERAGE_MINUTES, "price": decimals.price(instrument, value), "closeTime": last_ms}


def average_price_event(instrument: Instrument, value: Decimal, last_ms: int, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@avgPrice``."""
    return {
        "e": "avgPrice",
        "E": now_ms,
        "s": instrument.symbol,
        "i": f"{AVERAGE_MINUTES}m",
        "w": decimals.price(instrument, value),
        "T": last_ms,
    }
