"""The public streams of the spot market."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from simvenue.exchange.types import Side
from simvenue.venues.binance_spot import VenueOptions
from tests.unit.binance_spot.client import KEY

if TYPE_CHECKING:
    import aiohttp

    from tests.unit.binance_spot.client import Client


async def _take(socket: aiohttp.ClientWebSocketResponse, name: str, count: int) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            message = await socket.receive_json()
            if message["stream"] == name:
                found.append(message["data"])
    return found


async def test_a_book_can_be_kept_from_diffs(venue: Client) -> None:
    """Each diff's U follows the last u; the snapshot falls into one of them, or before the next."""
    socket = await venue.socket("/stream?streams=btcusdt@depth@100ms")
    diffs = []
    for price in ("59000.00", "59001.00", "59002.00"):
        venue.quote(Side.BUY, price, "1")
        venue.quote(Side.SELL, "60000.00", "1")
        diffs += await _take(socket, "btcusdt@depth@100ms", 1)
    assert all(diff["u"] > diff["U"] for diff in diffs)
    assert [after["U"] for after in diffs[1:]] == [before["u"] + 1 for before in diffs[:-1]]
    _, snapshot = await venue.public("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5")
    assert snapshot["lastUpdateId"] == diffs[-1]["u"]
    assert set(snapshot) == {"lastUpdateId", "bids", "asks"}
    assert snapshot["bids"][0] == ["59002.00000000", "1.00000000"]
    assert diffs[-1]["b"] == [["59002.00000000", "1.00000000"]]
    assert "pu" not in diffs[-1]


async def test_partial_books_are_bare_snapshots(venue: Client) -> None:
    """depth5 sends the best five levels without type or symbol."""
    for tick in range(7):
        venue.quote(Side.SELL, f"{60000 + tick}.00", "1")
    socket = await venue.socket("/stream?streams=btcusdt@depth5@100ms")
    venue.quote(Side.BUY, "59000.00", "1")
    (book,) = await _take(socket, "btcusdt@depth5@100ms", 1)
    assert set(book) == {"lastUpdateId", "bids", "asks"}
    assert len(book["asks"]) == 5


async def test_trades_and_best_prices_come_at_once(venue: Client) -> None:
    """Trades tell who took; best prices come alone and for all symbols in one stream."""
    names = ["btcusdt@trade", "btcusdt@aggTrade", "btcusdt@bookTicker", "!bookTicker"]
    socket = await venue.socket(f"/stream?streams={'/'.join(names)}")
    venue.quote(Side.SELL, "60000.00", "1")
    venue.take(Side.BUY, "0.4")
    messages = [await socket.receive_json(timeout=3) for _ in range(6)]
    by_name = {message["stream"]: message["data"] for message in messages}
    assert by_name["btcusdt@trade"]["q"] == by_name["btcusdt@aggTrade"]["q"] == "0.40000000"
    assert by_name["btcusdt@trade"]["m"] is False
    assert by_name["btcusdt@bookTicker"] == by_name["!bookTicker"]
    assert set(by_name["!bookTicker"]) == {"u", "s", "b", "B", "a", "A"}
    assert by_name["!bookTicker"]["A"] == "0.60000000"


async def test_tickers_come_every_second(venue: Client) -> None:
    """24-hour tickers, whole and small, of one and of all, and the average price."""
    venue.quote(Side.SELL, "60000.00", "1")
    venue.take(Side.BUY, "0.4")
    names = ["btcusdt@ticker", "btcusdt@miniTicker", "!miniTicker@arr", "btcusdt@avgPrice"]
    socket = await venue.socket(f"/stream?streams={'/'.join(names)}")
    seen: dict[str, Any] = {}
    async with asyncio.timeout(4):
        while len(seen) < len(names):
            message = await socket.receive_json()
            seen[message["stream"]] = message["data"]
    assert seen["btcusdt@ticker"]["c"] == "60000.00000000"
    assert (seen["btcusdt@ticker"]["a"], seen["btcusdt@ticker"]["A"]) == ("60000.00000000", "0.60000000")
    assert seen["btcusdt@miniTicker"]["v"] == "0.40000000"
    assert {row["s"] for row in seen["!miniTicker@arr"]} == {"BTCUSDT", "ETHUSDT", "XRPUSDT", "DOGEUSDT"}
    assert seen["btcusdt@avgPrice"]["w"] == "60000.00000000"


async def test_bars_tell_every_change(venue: Client) -> None:
    """A trade changes the bars of every interval that is listened to."""
    socket = await venue.socket("/stream?streams=btcusdt@kline_1m/btcusdt@kline_1h")
    venue.quote(Side.SELL, "60000.00", "1")
    venue.take(Side.BUY, "0.4")
    bars = {message["stream"]: message["data"]["k"] for message in [await socket.receive_json(timeout=3) for _ in "12"]}
    assert bars["btcusdt@kline_1m"]["v"] == bars["btcusdt@kline_1h"]["v"] == "0.40000000"
    assert bars["btcusdt@kline_1h"]["x"] is False


class TestListenKeys:
    """Keys that live a moment only."""

    @pytest.fixture
    def options(self) -> VenueOptions:
        """A key dies after a quarter of a second."""
        return VenueOptions(listen_key_lifetime_ms=250)

    async def test_a_listen_key_expires_and_says_so(self, venue: Client) -> None:
        """The stream hears listenKeyExpired, and the key cannot be kept any more."""
        headers = {"X-MBX-APIKEY": KEY}
        _, body = await venue.public("POST", "/api/v3/userDataStream", headers=headers)
        socket = await venue.socket(f"/ws/{body['listenKey']}")
        assert (await socket.receive_json(timeout=3))["e"] == "listenKeyExpired"
        query = f"listenKey={body['listenKey']}"
        status, error = await venue.public("PUT", "/api/v3/userDataStream", query, headers=headers)
        assert (status, error["code"]) == (400, -1125)
