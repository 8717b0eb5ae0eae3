"""Tickers: 24 hours, last price and best prices, as REST rows and as events of the streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument, TopOfBook
    from simvenue.venues.binance.rolling_day import RollingDay


def day(instrument: Instrument, value: RollingDay) -> dict[str, Any]:
    """One row of ``ticker/24hr``."""
    return {
        "symbol": value.symbol,
        "priceChange": decimals.price(instrument, value.change),
        "priceChangePercent": f"{value.change_percent:f}",
        "weightedAvgPrice": decimals.price(instrument, value.average),
        "lastPrice": decimals.price(instrument, value.last),
        "lastQty": decimals.quantity(instrument, value.last_quantity),
        "openPrice": decimals.price(instrument, value.open),
        "highPrice": decimals.price(instrument, value.high),
        "lowPrice": decimals.price(instrument, value.low),
        "volume": decimals.quantity(instrument, value.volume),
        "quoteVolume": decimals.amount(value.quote_volume),
        "openTime": value.open_ms,
        "closeTime": value.close_ms,
        "firstId": value.first_trade_id,
        "lastId": value.last_trade_id,
        "count": value.trades,
    }


def day_event(instrument: Instrument, value: RollingDay, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@ticker``."""
    return {
        "e": "24hrTicker",
        "E": now_ms,
        "s": value.symbol,
        "p": decimals.price(instrument, value.change),
        "P": f"{value.change_percent:f}",
        "w": decimals.price(instrument, value.average),
        "c": decimals.price(instrument, value.last),
        "Q": decimals.quantity(instrument, value.last_quantity),
        "o": decimals.price(instrument, value.open),
        "h": decimals.price(instrument, value.high),
        "l": decimals.price(instrument, value.low),
        "v": decimals.quantity(instrument, value.volume),
        "q": decimals.amount(value.quote_volume),
        "O": value.open_ms,
        "C": value.close_ms,
        "F": value.first_trade_id,
        "L": value.last_trade_id,
        "n": value.trades,
    }


def mini_event(instrument: Instrument, value: RollingDay, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@miniTicker``."""
    return {
        "e": "24hrMiniTicker",
        "E": now_ms,
        "s": value.symbol,
        "c": decimals.price(instrument, value.last),
        "o": decimals.price(instrument, value.open),
        "h": decimals.price(instrument, value.high),
        "l": decimals.price(instrument, value.low),
        "v": decimals.quantity(instrument, value.volume),
        "q": decimals.amount(value.quote_volume),
    }


def last_price(instrument: Instrument, value: RollingDay) -> dict[str, Any]:
    """One row of ``ticker/price``."""
    return {"symbol": value.symbol, "price": decimals.price(instrument, value.last), "time": value.close_ms}


def best_prices(instrument: Instrument, value: TopOfBook) -> dict[str, Any]:
    """One row of ``ticker/bookTicker``."""
    return {
        "symbol": value.symbol,
        "bidPrice": decimals.price(instrument, value.bid),
        "bidQty": decimals.quantity(instrument, value.bid_quantity),
        "askPrice": decimals.price(instrument, value.ask),
        "askQty": decimals.quantity(instrument, value.ask_quantity),
        "time": value.time_ms,
        "lastUpdateId": value.update_id,
    }
