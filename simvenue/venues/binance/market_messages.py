"""Market data in the words Binance's markets share: levels, trades, bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Side
from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from simvenue.exchange.types import Bar, Instrument, PublicTrade


def levels(instrument: Instrument, pairs: Iterable[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Book levels as ``[price, quantity]`` texts."""
    return [[decimals.price(instrument, price), decimals.quantity(instrument, size)] for price, size in pairs]


def trade(instrument: Instrument, value: PublicTrade) -> dict[str, Any]:
    """One row of ``trades``."""
    return {
        "id": value.trade_id,
        "price": decimals.price(instrument, value.price),
        "qty": decimals.quantity(instrument, value.quantity),
        "quoteQty": decimals.amount(value.price * value.quantity),
        "time": value.time_ms,
        "isBuyerMaker": value.aggressor is Side.SELL,
    }


def aggregate_trade(instrument: Instrument, value: PublicTrade) -> dict[str, Any]:
    """One row of ``aggTrades``; here every trade is its own aggregate."""
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


def kline(instrument: Instrument, value: Bar) -> list[int | str]:
    """One row of ``klines``."""
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
    """The event of ``<symbol>@kline_<interval>``."""
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
