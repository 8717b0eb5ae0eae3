"""Market data: the REST results and the data of the public topics."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO, Side
from simvenue.venues.bybit import decimals, identifiers
from simvenue.venues.bybit.instruments import Category, category_of
from simvenue.venues.bybit.messages.instruments import FUNDING_MINUTES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simvenue.exchange.types import Bar, Instrument, PublicTrade, TopOfBook

FUNDING_INTERVAL_MS = FUNDING_MINUTES * 60_000
FUNDING_RATE = "0.0001"
"""What the tickers announce: the venue's neutral rate."""
_SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}


def levels(instrument: Instrument, pairs: Iterable[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Give book levels as ``[price, size]`` texts; a size of 0 deletes the level."""
    return [
        [decimals.price(instrument, price), decimals.quantity(instrument, size) if size else "0"]
        for price, size in pairs
    ]


def trade(instrument: Instrument, value: PublicTrade) -> dict[str, Any]:
    """Give one row of ``/v5/market/recent-trade``."""
    return {
        "execId": identifiers.execution_id(category_of(instrument), value.trade_id),
        "symbol": instrument.wire_name,
        "price": decimals.price(instrument, value.price),
        "size": decimals.quantity(instrument, value.quantity),
        "side": _SIDES[value.aggressor],
        "time": str(value.time_ms),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(value.trade_id),
    }


def trade_push(instrument: Instrument, value: PublicTrade) -> dict[str, Any]:
    """Give one row of topic ``publicTrade``."""
    return {
        "T": value.time_ms,
        "s": instrument.wire_name,
        "S": _SIDES[value.aggressor],
        "v": decimals.quantity(instrument, value.quantity),
        "p": decimals.price(instrument, value.price),
        "i": identifiers.execution_id(category_of(instrument), value.trade_id),
        "BT": False,
        "RPI": False,
        "seq": value.trade_id,
    }


def kline(instrument: Instrument, value: Bar) -> list[str]:
    """Give one row of ``/v5/market/kline``."""
    prices = [decimals.price(instrument, price) for price in (value.open, value.high, value.low, value.close)]
    volume = decimals.quantity(instrument, value.volume)
    return [str(value.open_ms), *prices, volume, decimals.plain(value.quote_volume)]


def kline_push(instrument: Instrument, value: Bar, interval: str, now_ms: int) -> dict[str, Any]:
    """Give one row of topic ``kline``."""
    return {
        "start": value.open_ms,
        "end": value.close_ms,
        "interval": interval,
        "open": decimals.price(instrument, value.open),
        "close": decimals.price(instrument, value.close),
        "high": decimals.price(instrument, value.high),
        "low": decimals.price(instrument, value.low),
        "volume": decimals.quantity(instrument, value.volume),
        "turnover": decimals.plain(value.quote_volume),
        "confirm": value.closed,
        "timestamp": now_ms,
    }


def next_funding_ms(now_ms: int) -> int:
    """Give the next moment funding is due."""
    return (now_ms // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS


def ticker(instrument: Instrument, top: TopOfBook, mark: Decimal, day: list[Bar], now_ms: int) -> dict[str, str]:
    """Give a ticker as REST lists it.

    Args:
        instrument: What it is of.
        top: The best prices.
        mark: The mark price, which is the index price too.
        day: The one-minute bars of the last 24 hours, oldest first; what the process has of them.
        now_ms: The venue's time.
    """
    last = day[-1].close if day else mark
    first = day[0].open if day else last
    volume = sum((bar.volume for bar in day), ZERO)
    turnover = sum((bar.quote_volume for bar in day), ZERO)
    common = {
        "symbol": instrument.wire_name,
        "bid1Price": decimals.price(instrument, top.bid),
        "bid1Size": decimals.quantity(instrument, top.bid_quantity),
        "ask1Price": decimals.price(instrument, top.ask),
        "ask1Size": decimals.quantity(instrument, top.ask_quantity),
        "lastPrice": decimals.price(instrument, last),
        "prevPrice24h": decimals.price(instrument, first),
        "price24hPcnt": decimals.plain(((last - first) / first).quantize(Decimal("0.000001"))),
        "highPrice24h": decimals.price(instrument, max((bar.high for bar in day), default=last)),
        "lowPrice24h": decimals.price(instrument, min((bar.low for bar in day), default=last)),
        "turnover24h": decimals.plain(turnover),
        "volume24h": decimals.plain(volume),
    }
    if category_of(instrument) is Category.SPOT:
        return common | {"usdIndexPrice": decimals.price(instrument, mark)}
    hour = day[-60].open if len(day) >= 60 else first  # noqa: PLR2004 - minutes of an hour
    price = decimals.price(instrument, mark)
    return common | {
        "markPrice": price,
        "indexPrice": price,
        "prevPrice1h": decimals.price(instrument, hour),
        "openInterest": "0",
        "openInterestValue": "0",
        "fundingRate": FUNDING_RATE,
        "nextFundingTime": str(next_funding_ms(now_ms)),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "basis": "",
        "curPreListingPhase": "",
        "preOpenPrice": "",
        "preQty": "",
        "fundingIntervalHour": str(FUNDING_MINUTES // 60),
    }


def ticker_push(instrument: Instrument, rest: dict[str, str]) -> dict[str, str]:
    """Give the whole data of topic ``tickers``, from the REST ticker."""
    if category_of(instrument) is Category.SPOT:
        return {name: text for name, text in rest.items() if not name.startswith(("bid1", "ask1"))}
    change = Decimal(rest["lastPrice"]) - Decimal(rest["prevPrice24h"])
    return rest | {"tickDirection": "PlusTick" if change >= 0 else "MinusTick"}
