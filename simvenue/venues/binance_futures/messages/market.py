"""Market data: the REST lists and the events of the public streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Side
from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from simvenue.exchange.types import Bar, Instrument, PublicTrade, TopOfBook

FUNDING_INTERVAL_MS = 8 * 60 * 60 * 1000
# The simulation pays no funding; the rate is the venue's neutral one.
FUNDING_RATE = "0.00010000"


def levels(instrument: Instrument, pairs: Iterable[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Book levels as ``[price, quantity]`` texts."""
    return [[decimals.price(instrument, price), decimals.quantity(instrument, size)] for price, size in pairs]


def trade(instrument: Instrument, value: PublicTrade) -> dict[str, Any]:
    """One row of ``/fapi/v1/trades``."""
    return {
        "id": value.trade_id,
        "price": decimals.price(instrument, value.price),
        "qty": decimals.quantity(instrument, value.quantity),
        "quoteQty": decimals.amount(value.price * value.quantity),
        "time": value.time_ms,
        "isBuyerMaker": value.aggressor is Side.SELL,
    }


def aggregate_trade(instrument: Instrument, value: PublicTrade) -> dict[str, Any]:
    """One row of ``/fapi/v1/aggTrades``; here every trade is its own aggregate."""
    return {
        "a": value.trade_id,
        "p": decimals.price(instrument, value.price),
        "q": decimals.quantity(instrument, value.quantity),
        "f": value.trade_id,
        "l": value.trade_id,
        "T": value.time_ms,
        "m": value.aggressor is Side.SELL,
    }


def aggregate_trade_event(instrument: Instrument, value: PublicTrade, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@aggTrade``."""
    return {"e": "aggTrade", "E": now_ms, "s": value.symbol} | aggregate_trade(instrument, value)


def book_ticker_event(instrument: Instrument, value: TopOfBook, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@bookTicker``."""
    return {
        "e": "bookTicker",
        "u": value.update_id,
        "s": value.symbol,
        "b": decimals.price(instrument, value.bid),
        "B": decimals.quantity(instrument, value.bid_quantity),
        "a": decimals.price(instrument, value.ask),
        "A": decimals.quantity(instrument, value.ask_quantity),
        "T": value.time_ms,
        "E": now_ms,
    }


def depth_event(
    instrument: Instrument,
    *,
    bids: Iterable[tuple[Decimal, Decimal]],
    asks: Iterable[tuple[Decimal, Decimal]],
    first: int,
    last: int,
    previous: int,
    time_ms: int,
    now_ms: int,
) -> dict[str, Any]:
    """The event of the diff and partial depth streams."""
    return {
        "e": "depthUpdate",
        "E": now_ms,
        "T": time_ms,
        "s": instrument.symbol,
        "U": first,
        "u": last,
        "pu": previous,
        "b": levels(instrument, bids),
        "a": levels(instrument, asks),
    }


def kline(instrument: Instrument, value: Bar) -> list[int | str]:
    """One row of ``/fapi/v1/klines``."""
    return [
        value.open_ms,
        decimals.price(instrument, value.open),
        decimals.price(instrument, value.high),
        decimals.price(instrument, value.low),
        decimals.price(instrument, value.close),
        decimals.quantity(instrument, value.volume),
        value.close_ms,
        decimals.amount(value.quote_volume),
        value.trades,
        decimals.quantity(instrument, value.taker_buy_base),
        decimals.amount(value.taker_buy_quote),
        "0",
    ]


def kline_event(instrument: Instrument, value: Bar, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@kline_1m``."""
    return {
        "e": "kline",
        "E": now_ms,
        "s": value.symbol,
        "k": {
            "t": value.open_ms,
            "T": value.close_ms,
            "s": value.symbol,
            "i": value.interval,
            "f": value.first_trade_id,
            "L": value.last_trade_id,
            "o": decimals.price(instrument, value.open),
            "c": decimals.price(instrument, value.close),
            "h": decimals.price(instrument, value.high),
            "l": decimals.price(instrument, value.low),
            "v": decimals.quantity(instrument, value.volume),
            "n": value.trades,
            "x": value.closed,
            "q": decimals.amount(value.quote_volume),
            "V": decimals.quantity(instrument, value.taker_buy_base),
            "Q": decimals.amount(value.taker_buy_quote),
            "B": "0",
        },
    }


def _next_funding_ms(now_ms: int) -> int:
    return (now_ms // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS


def mark_price_event(instrument: Instrument, mark: Decimal, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@markPrice``; the index price is the mark price."""
    price = decimals.amount(mark)
    return {
        "e": "markPriceUpdate",
        "E": now_ms,
        "s": instrument.symbol,
        "p": price,
        "i": price,
        "P": price,
        "r": FUNDING_RATE,
        "T": _next_funding_ms(now_ms),
    }


def premium_index(instrument: Instrument, mark: Decimal, now_ms: int) -> dict[str, Any]:
    """One row of ``/fapi/v1/premiumIndex``."""
    price = decimals.amount(mark)
    return {
        "symbol": instrument.symbol,
        "markPrice": price,
        "indexPrice": price,
        "estimatedSettlePrice": price,
        "lastFundingRate": FUNDING_RATE,
        "interestRate": FUNDING_RATE,
        "nextFundingTime": _next_funding_ms(now_ms),
        "time": now_ms,
    }
