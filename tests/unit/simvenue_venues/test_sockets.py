"""Streams over real WebSockets: what is subscribed arrives, in the venue's order and form."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from simvenue.exchange.types import Side
from simvenue.venues.binance.venue import VENUE
from simvenue.venues.binance_futures import VenueOptions
from simvenue.venues.transport.frame import Frame, FrameKind
from tests.unit.simvenue_venues.client import running_venue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.simvenue_venues.client import Client

ORDER = "/fapi/v1/order"
PUBLIC = Frame(kind=FrameKind.PUBLIC, name="test")
HANDSHAKE = (
    "GET /ws/btcusdt@depth20@0ms HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def options() -> VenueOptions:
    """Short limits, so that expiry, pings and lagging clients are seen within a second or two."""
    return VenueOptions(listen_key_lifetime_ms=60_000, heartbeat_seconds=0.2, send_queue_messages=200)


async def _receive(socket: aiohttp.ClientWebSocketResponse, count: int = 1) -> list[Any]:
    return [json.loads(await asyncio.wait_for(socket.receive_str(), 3)) for _ in range(count)]


async def _silent(socket: aiohttp.ClientWebSocketResponse) -> bool:
    try:
        await asyncio.wait_for(socket.receive(), 0.3)
    except TimeoutError:
        return True
    return False


async def test_combined_streams_are_wrapped_and_named_as_subscribed(venue: Client) -> None:
    """Each payload carries exactly the name that was asked for, also for speeds."""
    socket = await venue.socket("/stream?streams=btcusdt@depth@0ms/btcusdt@bookTicker")
    venue.quote(Side.BUY, "59990.00", "1.000")
    depth, ticker = await _receive(socket, 2)
    assert depth["stream"] == "btcusdt@depth@0ms"
    assert depth["data"]["b"] == [["59990.00", "1.000"]]
    assert ticker["stream"] == "btcusdt@bookTicker"
    assert (ticker["data"]["b"], ticker["data"]["B"]) == ("59990.00", "1.000")


async def test_raw_streams_are_bare(venue: Client) -> None:
    """Under /ws the event itself is the message."""
    socket = await venue.socket("/ws/btcusdt@aggTrade")
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
    (trade,) = await _receive(socket)
    assert (trade["e"], trade["s"], trade["p"], trade["q"], trade["m"]) == (
        "aggTrade",
        "BTCUSDT",
        "60000.00",
        "0.010",
        False,
    )


async def test_subscriptions_can_be_changed_and_listed(venue: Client) -> None:
    """Acknowledgements echo the id; a stream asked for twice comes once; one given up comes no more."""
    socket = await venue.socket("/stream?streams=btcusdt@bookTicker")
    frame = {"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker", "btcusdt@aggTrade"], "id": 0}
    await socket.send_json(frame)
    assert await _receive(socket) == [{"result": None, "id": 0}]
    await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
    assert await _receive(socket) == [{"result": ["btcusdt@bookTicker", "btcusdt@aggTrade"], "id": 1}]
    venue.quote(Side.BUY, "59990.00", "1.000")
    assert [message["stream"] for message in await _receive(socket)] == ["btcusdt@bookTicker"]
    assert await _silent(socket)
    await socket.send_json({"method": "UNSUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": "x"})
    assert await _receive(socket) == [{"result": None, "id": "x"}]
    venue.quote(Side.BUY, "59991.00", "1.000")
    assert await _silent(socket)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", 3),
        ("[" * 60_000, 3),
        ("[]", 2),
        ("{}", 2),
        ('{"method":"DANCE","id":1}', 2),
        ('{"method":"SUBSCRIBE","id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[1],"id":1}', 2),
        ('{"method":"SUBSCRIBE","params":[],"id":true}', 2),
        ('{"method":"SUBSCRIBE","params":["%s"],"id":1}' % ("x" * 200), 2),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_lives(venue: Client, frame: str, code: int) -> None:
    """Nonsense gets an error reply, after which the connection still works."""
    socket = await venue.socket("/ws")
    await socket.send_str(frame)
    assert (await _receive(socket))[0]["error"]["code"] == code
    await socket.send_bytes(b"\x00")
    assert (await _receive(socket))[0]["error"]["code"] == 3
    await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 7})
    assert await _receive(socket) == [{"result": [], "id": 7}]


async def test_slower_depth_streams_gather_and_stay_continuous(venue: Client) -> None:
    """A 100 ms diff spans several changes, and each diff continues the one before and the snapshot."""
    socket = await venue.socket("/ws/btcusdt@depth@100ms")
    _, snapshot = await venue.public("GET", "/fapi/v1/depth", "symbol=BTCUSDT")
    for price in ("59990.00", "59991.00"):
        venue.quote(Side.BUY, price, "1.000", account="node")
    (first,) = await _receive(socket)
    assert first["U"] <= snapshot["lastUpdateId"] + 1 <= first["u"]
    assert sorted(first["b"]) == [["59990.00", "1.000"], ["59991.00", "1.000"]]
    venue.take(Side.SELL, "1.000")
    (second,) = await _receive(socket)
    assert second["pu"] == first["u"]
    assert second["b"] == [["59991.00", "0.000"]]


async def test_partial_depth_sends_the_best_levels(venue: Client) -> None:
    """depth5 repeats the five best levels whenever they changed, and rests otherwise."""
    socket = await venue.socket("/ws/btcusdt@depth5@100ms/btcusdt@depth5@0ms")
    for cents in range(7):
        venue.quote(Side.BUY, f"5999{cents}.00", "1.000")
    messages = await _receive(socket, 8)
    assert max(len(message["b"]) for message in messages) == 5
    assert messages[-1]["b"][0] == ["59996.00", "1.000"]
    assert await _silent(socket)


async def test_bars_and_mark_prices_come(venue: Client) -> None:
    """A trade updates the minute's bar, and the mark price comes every second without any trade."""
    socket = await venue.socket("/stream?streams=btcusdt@kline_1m/btcusdt@kline_1h/btcusdt@markPrice@1s")
    venue.quote(Side.SELL, "60000.00", "1.000")
    await venue.ok("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010")
    messages = {message["stream"]: message["data"] for message in await _receive(socket, 3)}
    bar = messages["btcusdt@kline_1m"]["k"]
    assert (bar["c"], bar["v"], bar["x"], bar["n"]) == ("60000.00", "0.010", False, 1)
    hour = messages["btcusdt@kline_1h"]["k"]
    assert (hour["i"], hour["v"], hour["T"] - hour["t"]) == ("1h", "0.010", 3_599_999)
    assert messages["btcusdt@markPrice@1s"]["e"] == "markPriceUpdate"


@pytest.mark.parametrize("path", ["/ws?listenKey={}", "/ws/{}", "/private/ws?listenKey={}", "/userstream?listenKey={}"])
async def test_the_user_stream_tells_an_orders_life_in_order(venue: Client, path: str) -> None:
    """Accept; then account, trade and order of a fill with one time; then the cancel, on every form of the URL."""
    key = (await venue.public("POST", "/fapi/v1/listenKey", headers={"X-MBX-APIKEY": "K" * 64}))[1]["listenKey"]
    socket = await venue.socket(path.format(key))
    placed = await venue.ok(
        "POST", ORDER, symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.020", price="59000"
    )
    venue.take(Side.SELL, "0.005")
    await venue.ok("DELETE", ORDER, symbol="BTCUSDT", orderId=placed["orderId"])
    new, account, lite, trade, cancelled = await _receive(socket, 5)
    assert (new["e"], new["o"]["x"], new["o"]["X"]) == ("ORDER_TRADE_UPDATE", "NEW", "NEW")
    assert [account["e"], lite["e"], trade["e"]] == ["ACCOUNT_UPDATE", "TRADE_LITE", "ORDER_TRADE_UPDATE"]
    assert account["T"] == lite["T"] == trade["T"]
    assert (trade["o"]["x"], trade["o"]["X"], trade["o"]["l"], trade["o"]["m"]) == (
        "TRADE",
        "PARTIALLY_FILLED",
        "0.005",
        True,
    )
    (position,) = account["a"]["P"]
    assert (position["pa"], position["ep"]) == ("0.005", "59000.00000000")
    (fill,) = await venue.ok("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")
    assert (trade["o"]["t"], trade["o"]["n"]) == (fill["id"], fill["commission"])
    assert (cancelled["o"]["x"], cancelled["o"]["X"]) == ("CANCELED", "CANCELED")


async def test_a_listen_key_expires_and_says_so(venue: Client) -> None:
    """After its life the key's stream ends with listenKeyExpired, and only a new key brings events again."""
    headers = {"X-MBX-APIKEY": "K" * 64}
    key = (await venue.public("POST", "/fapi/v1/listenKey", headers=headers))[1]["listenKey"]
    socket = await venue.socket(f"/ws?listenKey={key}")
    venue.clock.offset_ms = 61_000
    (expired,) = await _receive(socket)
    assert (expired["e"], expired["listenKey"]) == ("listenKeyExpired", key)
    status, body = await venue.public("PUT", "/fapi/v1/listenKey", headers=headers)
    assert (status, body["code"]) == (400, -1125)
    again = (await venue.public("POST", "/fapi/v1/listenKey", headers=headers))[1]["listenKey"]
    assert again != key
    assert (await venue.public("DELETE", "/fapi/v1/listenKey", headers=headers)) == (200, {})


async def test_an_unknown_listen_key_is_accepted_and_silent(venue: Client) -> None:
    """A client that reconnects to an old key's URL gets through, and hears nothing."""
    socket = await venue.socket("/ws?listenKey=old")
    venue.quote(Side.BUY, "59990.00", "1.000")
    assert await _silent(socket)


async def test_the_server_pings(venue: Client) -> None:
    """A silent client that answers pings stays, and the pings come."""
    socket = await venue.session.ws_connect(f"{venue.url}/ws", autoping=False)
    assert (await asyncio.wait_for(socket.receive(), 2)).type is aiohttp.WSMsgType.PING


async def test_a_client_that_does_not_read_is_dropped(tmp_path: Path) -> None:
    """A stalled reader costs the venue a bounded queue, then its connection; others go on undisturbed."""
    async with running_venue(tmp_path, VenueOptions(send_queue_messages=200)) as venue:
        host, port = venue.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=64)
        writer.write(HANDSHAKE.encode())
        await reader.readline()
        healthy = await venue.socket("/ws/btcusdt@bookTicker")
        hub = venue.app[VENUE].hub
        assert len(hub.connections) == 2
        for number in range(5000):
            hub.publish("btcusdt@depth20@0ms", {"padding": "x" * 10_000}, PUBLIC)
            hub.publish("btcusdt@bookTicker", {"n": number}, PUBLIC)
            assert (await _receive(healthy)) == [{"n": number}]
            if len(hub.connections) == 1:
                break
        assert len(hub.connections) == 1
        assert not healthy.closed
        writer.close()


async def test_a_stop_does_not_wait_for_a_client_that_hangs(tmp_path: Path) -> None:
    """A client whose buffers are full, so that no close frame gets through, delays the end by seconds, no minute."""
    async with running_venue(tmp_path, VenueOptions()) as venue:
        host, port = venue.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=64)
        writer.write(HANDSHAKE.encode())
        await reader.readline()
        for cents in range(6000):
            venue.app[VENUE].hub.publish("btcusdt@depth20@0ms", {"padding": "x" * 1000, "n": cents}, PUBLIC)
        await asyncio.sleep(0.3)
        begun = time.monotonic()
    # The server's own patience with such a client would be a minute.
    assert time.monotonic() - begun < 20
    writer.close()
