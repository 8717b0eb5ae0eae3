"""Tickers, funding and open interest of the futures venue, by request and as streams."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from nautilus_trader.adapters.binance.common.schemas.market import (
    BinanceTicker24hr,
    BinanceTickerBook,
    BinanceTickerMsg,
    BinanceTickerPrice,
)

from simvenue.exchange.types import Side
from simvenue.venues.binance_futures.instruments import INSTRUMENTS
from tests.support.patience import PATIENCE
from tests.unit.simvenue_venues.client import KEY

if TYPE_CHECKING:
    from tests.unit.simvenue_venues.client import Client

DAY_MS = 86_400_000


@pytest.fixture
async def traded(venue: Client) -> Client:
    """A venue with two trades in BTCUSDT, up from 60000 to 60600, and none in ETHUSDT."""
    for price in ("60000.00", "60600.00"):
        venue.quote(Side.SELL, price, "0.010")
        venue.take(Side.BUY, "0.010")
    venue.quote(Side.BUY, "59990.00", "1.000")
    venue.quote(Side.SELL, "60700.00", "2.000")
    return venue


async def _get(venue: Client, path: str, query: str = "") -> Any:  # noqa: ANN401 - whatever the venue answers
    status, body = await venue.public("GET", path, query)
    assert status == 200, body
    return body


async def test_a_days_ticker_sums_up_the_trades(traded: Client) -> None:
    """First, last, highest and lowest price, change, average and volumes are those of the trades."""
    row = await _get(traded, "/fapi/v1/ticker/24hr", "symbol=BTCUSDT")
    told = {
        "openPrice": "60000.00",
        "highPrice": "60600.00",
        "lowPrice": "60000.00",
        "lastPrice": "60600.00",
        "lastQty": "0.010",
        "priceChange": "600.00",
        "priceChangePercent": "1.000",
        "weightedAvgPrice": "60300.00",
        "volume": "0.020",
        "quoteVolume": "1206.00000000",
        "count": 2,
    }
    assert row.items() >= told.items()
    assert row["closeTime"] - row["openTime"] == DAY_MS
    assert row["lastId"] == row["firstId"] + 1
    msgspec.convert(row, BinanceTicker24hr, strict=True)


async def test_a_symbol_without_trades_has_a_ticker_too(traded: Client) -> None:
    """Its prices are the mark price and its counts zero."""
    rows = {row["symbol"]: row for row in await _get(traded, "/fapi/v1/ticker/24hr")}
    assert set(rows) == {"BTCUSDT", "ETHUSDT"}
    quiet = rows["ETHUSDT"]
    assert (quiet["lastPrice"], quiet["volume"], quiet["count"], quiet["firstId"]) == ("3000.00", "0.000", 0, -1)


@pytest.mark.parametrize(
    ("path", "schema", "told"),
    [
        ("/fapi/v1/ticker/price", BinanceTickerPrice, {"price": "60600.00"}),
        ("/fapi/v2/ticker/price", BinanceTickerPrice, {"price": "60600.00"}),
        (
            "/fapi/v1/ticker/bookTicker",
            BinanceTickerBook,
            {"bidPrice": "59990.00", "bidQty": "1.000", "askPrice": "60700.00", "askQty": "2.000"},
        ),
    ],
)
async def test_short_tickers_come_alone_or_as_a_list(
    traded: Client, path: str, schema: type, told: dict[str, str]
) -> None:
    """One symbol is answered with its row, none with the list of all."""
    row = await _get(traded, path, "symbol=BTCUSDT")
    assert row.items() >= told.items()
    msgspec.convert(row, schema, strict=True)
    assert [listed["symbol"] for listed in await _get(traded, path)] == ["BTCUSDT", "ETHUSDT"]


async def test_funding_and_open_interest_are_told(traded: Client) -> None:
    """Rates at every eighth hour, the interval, and what customers hold."""
    await traded.ok("POST", "/fapi/v1/order", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.300")
    interest = await _get(traded, "/fapi/v1/openInterest", "symbol=BTCUSDT")
    # The maker sold 0.02 and bought 0.3, the taker bought 0.02, the customer sold 0.3.
    assert interest["openInterest"] == "0.300"
    rows = await _get(traded, "/fapi/v1/fundingRate", "symbol=BTCUSDT&limit=3")
    assert [row["fundingTime"] % (DAY_MS // 3) for row in rows] == [0, 0, 0]
    assert rows[-1]["fundingTime"] <= traded.clock() < rows[-1]["fundingTime"] + DAY_MS // 3
    start = rows[1]["fundingTime"]
    assert await _get(traded, "/fapi/v1/fundingRate", f"symbol=BTCUSDT&startTime={start}&limit=1") == rows[1:2]
    assert await _get(traded, "/fapi/v1/fundingRate", f"symbol=BTCUSDT&startTime={start}&endTime={start}") == rows[1:2]
    assert len(await _get(traded, "/fapi/v1/fundingRate", f"startTime={start}&endTime={start}")) == 2
    infos = await _get(traded, "/fapi/v1/fundingInfo")
    assert [(info["symbol"], info["fundingIntervalHours"]) for info in infos] == [("BTCUSDT", 8), ("ETHUSDT", 8)]
    index = await _get(traded, "/fapi/v1/premiumIndex", "symbol=BTCUSDT")
    assert index["nextFundingTime"] == rows[-1]["fundingTime"] + DAY_MS // 3


async def test_old_trades_and_continuous_bars(traded: Client) -> None:
    """HistoricalTrades wants a key and pages by id; continuous bars are those of the perpetual, the only contract."""
    headers = {"X-MBX-APIKEY": KEY}
    status, body = await traded.public("GET", "/fapi/v1/historicalTrades", "symbol=BTCUSDT")
    assert (status, body["code"]) == (401, -2014)
    _, rows = await traded.public("GET", "/fapi/v1/historicalTrades", "symbol=BTCUSDT", headers=headers)
    last = rows[-1]["id"]
    _, rest = await traded.public("GET", "/fapi/v1/historicalTrades", f"symbol=BTCUSDT&fromId={last}", headers=headers)
    assert rest == rows[-1:]
    query = "pair=BTCUSDT&contractType={}&interval=1m"
    bars = await _get(traded, "/fapi/v1/continuousKlines", query.format("PERPETUAL"))
    assert bars == await _get(traded, "/fapi/v1/klines", "symbol=BTCUSDT&interval=1m")
    status, body = await traded.public("GET", "/fapi/v1/continuousKlines", query.format("NEXT_QUARTER"))
    assert (status, body["code"]) == (400, -4104)
    query = "pair=NOPE&contractType=PERPETUAL&interval=1m"
    status, body = await traded.public("GET", "/fapi/v1/continuousKlines", query)
    assert (status, body["code"]) == (400, -4144)


async def test_lists_of_all_symbols_and_single_trades_are_streamed(traded: Client) -> None:
    """Tickers and marks come by the clock, alone and for all; trades and best prices when they happen."""
    names = ["btcusdt@ticker", "!ticker@arr", "btcusdt@miniTicker", "!miniTicker@arr", "!markPrice@arr@1s"]
    names += ["btcusdt@trade", "!bookTicker"]
    socket = await traded.socket(f"/stream?streams={'/'.join(names)}")
    traded.take(Side.BUY, "0.010")
    seen: dict[str, Any] = {}
    async with asyncio.timeout(6 * PATIENCE):
        while seen.keys() != set(names):
            message = await socket.receive_json()
            seen.setdefault(message["stream"], message["data"])
    assert [row["s"] for row in seen["!ticker@arr"]] == ["BTCUSDT", "ETHUSDT"]
    assert [row["e"] for row in seen["!miniTicker@arr"]] == ["24hrMiniTicker"] * 2
    assert [row["e"] for row in seen["!markPrice@arr@1s"]] == ["markPriceUpdate"] * 2
    ticker, mini = seen["btcusdt@ticker"], seen["btcusdt@miniTicker"]
    assert (ticker["e"], ticker["c"], ticker["n"]) == ("24hrTicker", "60700.00", 3)
    assert (mini["c"], mini["v"]) == ("60700.00", "0.030")
    trade = seen["btcusdt@trade"]
    assert (trade["e"], trade["p"], trade["q"], trade["m"]) == ("trade", "60700.00", "0.010", False)
    assert seen["!bookTicker"]["A"] == "1.990"
    msgspec.convert({"stream": "btcusdt@ticker", "data": ticker}, BinanceTickerMsg, strict=True)


@pytest.mark.parametrize("symbol", sorted(INSTRUMENTS))
def test_every_contract_is_consistent(symbol: str) -> None:
    """Ticks, lots and limits fit each other, and the least order at the reference price is worth the minimum."""
    contract = INSTRUMENTS[symbol]
    assert contract.reference_price % contract.tick_size == 0
    assert contract.min_price % contract.tick_size == 0
    assert contract.min_price < contract.reference_price < contract.max_price
    for quantity in (contract.min_quantity, contract.max_quantity, contract.max_market_quantity):
        assert quantity % contract.step_size == 0
    assert f"{contract.tick_size:f}".partition(".")[2] == f"{Decimal(contract.tick_size):.{contract.price_places}f}"[2:]
    assert contract.max_quantity * contract.reference_price > contract.min_notional
