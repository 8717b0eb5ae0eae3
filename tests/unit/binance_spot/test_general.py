"""Instruments, market data and account over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.types import Side
from simvenue.venues.binance_spot.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from tests.unit.binance_spot.client import Client


async def test_every_pair_is_listed_with_eight_decimals(venue: Client) -> None:
    """Filters print as the real venue's do: clients read an instrument's precision from the zeros."""
    _, info = await venue.public("GET", "/api/v3/exchangeInfo")
    assert [row["symbol"] for row in info["symbols"]] == list(INSTRUMENTS)
    filters = {row["filterType"]: row for row in info["symbols"][0]["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert filters["LOT_SIZE"]["stepSize"] == "0.00001000"
    assert filters["NOTIONAL"]["minNotional"] == "5.00000000"
    assert {row["limit"] for row in info["rateLimits"]} == {6000, 100, 200_000}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("symbol=NOPE", -1121),
        ("symbols=%5B%22NOPE%22%5D", -1121),
        ("symbols=BTCUSDT", -1100),
        ("symbols=%5B%5D", -1100),
        ("symbols=%5B%22BTCUSDT%22,%22BTCUSDT%22%5D", -1151),
        ("symbol=BTCUSDT&symbols=%5B%22BTCUSDT%22%5D", -1128),
    ],
)
async def test_bad_names_of_symbols_have_their_codes(venue: Client, query: str, code: int) -> None:
    """Unknown, malformed, repeated and contradicting names are each refused."""
    status, body = await venue.public("GET", "/api/v3/exchangeInfo", query)
    assert (status, body["code"]) == (400, code)


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/api/v3/depth", "", -1102),
        ("/api/v3/depth", "symbol=BTCUSDT&limit=0", -1100),
        ("/api/v3/trades", "symbol=BTCUSDT&limit=1001", -1130),
        ("/api/v3/klines", "symbol=BTCUSDT&interval=7m", -1120),
        ("/api/v3/ticker/24hr", "symbol=BTCUSDT&type=SHORT", -1139),
    ],
)
async def test_bad_questions_have_their_codes(venue: Client, path: str, query: str, code: int) -> None:
    """Market data asks for the right parameters."""
    status, body = await venue.public("GET", path, query)
    assert (status, body["code"]) == (400, code)


async def test_tickers_are_of_one_some_or_all(venue: Client) -> None:
    """One symbol gives an object, a list or nothing gives a list."""
    venue.quote(Side.SELL, "60000.00", "1")
    venue.take(Side.BUY, "0.4")
    _, one = await venue.public("GET", "/api/v3/ticker/price", "symbol=BTCUSDT")
    assert one == {"symbol": "BTCUSDT", "price": "60000.00000000"}
    _, some = await venue.public("GET", "/api/v3/ticker/bookTicker", "symbols=%5B%22BTCUSDT%22%5D")
    assert [row["askQty"] for row in some] == ["0.60000000"]
    _, everything = await venue.public("GET", "/api/v3/ticker/24hr", "type=MINI")
    assert len(everything) == len(INSTRUMENTS)
    assert "priceChange" not in everything[0]


async def test_a_ticker_may_have_a_window_of_its_own(venue: Client) -> None:
    """The statistics are those of the window, which begins with a whole minute; other sizes are refused."""
    venue.quote(Side.SELL, "60000.00", "1")
    venue.take(Side.BUY, "0.4")
    status, hour = await venue.public("GET", "/api/v3/ticker", "symbol=BTCUSDT&windowSize=1h")
    assert (status, hour["volume"], hour["openTime"] % 60_000) == (200, "0.40000000", 0)
    assert 3_600_000 <= hour["closeTime"] - hour["openTime"] < 3_660_000
    for query, code in (
        ("symbol=BTCUSDT&windowSize=60m", -1100),
        ("symbol=BTCUSDT&windowSize=m", -1100),
        ("symbol=BTCUSDT&windowSize=0h", -1100),
        ("windowSize=1h", -1102),
    ):
        status, body = await venue.public("GET", "/api/v3/ticker", query)
        assert (status, body["code"]) == (400, code), query


async def test_weights_are_those_of_the_venue(venue: Client) -> None:
    """What a request costs depends on what it asks for."""
    venue.clock.begin_minute()
    used = 0
    for path, query, weight in (
        ("/api/v3/depth", "symbol=BTCUSDT", 5),
        ("/api/v3/depth", "symbol=BTCUSDT&limit=5000", 250),
        ("/api/v3/ticker/24hr", "", 80),
        ("/api/v3/ticker/price", "symbol=BTCUSDT", 2),
        ("/api/v3/klines", "symbol=BTCUSDT&interval=1m", 2),
    ):
        response, _ = await venue.raw("GET", path, query)
        used += weight
        assert response.headers["X-MBX-USED-WEIGHT-1M"] == str(used), path


async def test_the_account_tells_fees_and_what_is_held(venue: Client) -> None:
    """Fees are the pair's, zero balances can be left out."""
    commission = await venue.ok("GET", "/api/v3/account/commission", symbol="BTCUSDT")
    assert commission["standardCommission"]["taker"] == "0.00100000"
    fees = await venue.ok("GET", "/sapi/v1/asset/tradeFee", symbol="BTCUSDT")
    assert fees == [{"symbol": "BTCUSDT", "makerCommission": "0.001", "takerCommission": "0.001"}]
    account = await venue.ok("GET", "/api/v3/account", omitZeroBalances="true")
    assert {row["asset"] for row in account["balances"]} == {"USDT", "BTC", "ETH"}
    assert [row["limit"] for row in await venue.ok("GET", "/api/v3/rateLimit/order")] == [100, 200_000]


async def test_a_day_is_the_longest_range(venue: Client) -> None:
    """History of more than 24 hours at once is refused."""
    now = venue.clock()
    for path in ("/api/v3/allOrders", "/api/v3/myTrades"):
        refusal = await venue.refused("GET", path, symbol="BTCUSDT", startTime=now - 90_000_000, endTime=now)
        assert refusal[0] == -1127


async def test_unknown_paths_are_the_venues_404(venue: Client) -> None:
    """A path that does not exist is answered in the venue's form."""
    status, body = await venue.public("GET", "/api/v3/nothing")
    assert status == 404
    assert set(body) == {"code", "msg"}
