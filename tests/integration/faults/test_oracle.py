"""Faults that real adapters are known to suffer from, each as one command; what a client sees of them."""

from __future__ import annotations

import json

import aiohttp
import pytest

from tests.integration.faults.binance_wire import Binance
from tests.integration.faults.rig import KEY, Rig, ended, events, machine_ms, named, receive
from tests.integration.faults.served import sign
from tests.integration.faults.test_sockets import PATHS

POSITIONS = {"binance_futures": "/fapi/v3/positionRisk", "bybit": "/v5/position/list"}
INSTRUMENTS = {
    "binance_futures": "/fapi/v1/exchangeInfo",
    "binance_spot": "/api/v3/exchangeInfo",
    "bybit": "/v5/market/instruments-info",
}


async def test_one_failed_position_query(rig: Rig) -> None:
    """The next query of positions fails once in the venue's form, and the one after it is right."""
    path = POSITIONS.get(rig.wire.name)
    if path is None:
        pytest.skip("spot has no positions")
    await rig.wire.place(rig, "a", market=True)
    rig.inject("venue_error", path=path, code=rig.wire.error_code, count=1)
    given = {"category": "linear", "settleCoin": "USDT"} if rig.wire.name == "bybit" else {}
    assert rig.wire.code(await rig.wire.signed(rig, "GET", path, **given)) == rig.wire.error_code
    assert len(rig.wire.rows(await rig.wire.signed(rig, "GET", path, **given))) == 1


async def test_the_instruments_cannot_be_loaded(rig: Rig) -> None:
    """What a node needs at its start fails, and everything else works."""
    path = INSTRUMENTS[rig.wire.name]
    rig.inject("http_status", path=path, status=503)
    assert (await rig.send("GET", f"{path}?category=linear")).status == 503
    assert (await rig.wire.book(rig)).status == 200


async def test_the_book_fails_after_a_reconnect(rig: Rig) -> None:
    """Streams end by a reset, and the snapshot that a client asks for next fails once."""
    socket = await rig.wire.public_socket(rig, rig.wire.depth_stream)
    rig.inject("http_status", path=rig.wire.book_path, status=500, count=1)
    rig.inject("cut_socket", socket="PUBLIC")
    await ended(socket)
    assert (await rig.wire.book(rig)).status == 500
    assert (await rig.wire.book(rig)).status == 200


async def test_a_repeated_timeout_is_a_duplicate(rig: Rig) -> None:
    """An order that was placed behind an error is refused as a duplicate when it is sent again."""
    rig.inject("venue_error", path=rig.wire.order_path, code=rig.wire.error_code, when="after", count=1)
    assert rig.wire.code(await rig.wire.place(rig, "a")) == rig.wire.error_code
    again = rig.wire.code(await rig.wire.place(rig, "a"))
    assert again not in {0, rig.wire.error_code}
    assert rig.find("a") is not None


async def test_too_many_requests_twice_then_fine(rig: Rig) -> None:
    """Two refusals for the rate, and the third try is accepted."""
    rig.inject("rate_limit", path=rig.wire.order_path, count=2)
    codes = [rig.wire.code(await rig.wire.place(rig, "a")) for _ in range(3)]
    assert codes[0] == codes[1] != 0
    assert codes[2] == 0


async def test_a_ban_page_of_a_proxy(rig: Rig) -> None:
    """418 with HTML, as Binance's gateway answers a banned address."""
    rig.inject("http_status", path=rig.wire.order_path, status=418, headers={"Retry-After": "120"})
    reply = await rig.wire.place(rig, "a")
    assert (reply.status, reply.headers["Retry-After"]) == (418, "120")
    with pytest.raises(json.JSONDecodeError):
        _ = reply.json


async def test_an_unknown_user_event(rig: Rig) -> None:
    """An event of a kind that no client knows comes in place of the order's."""
    socket = await rig.wire.user_socket(rig)
    name = "e" if isinstance(rig.wire, Binance) else "topic"
    rig.inject("poison_event", event=rig.wire.order_event, set={name: "NEVER_HEARD_OF"}, count=1)
    await rig.wire.place(rig, "a")
    assert await named(rig, socket) == []
    await rig.wire.place(rig, "b")
    assert len(await named(rig, socket, 1)) == 1


async def test_the_trade_socket_cannot_be_opened(rig: Rig) -> None:
    """Sockets for orders are refused for a while, others not."""
    path = rig.wire.frame_path
    rig.inject("refuse_upgrade", socket="API", duration_seconds=0.3)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await rig.socket(path)
    assert not (await rig.socket(PATHS[rig.wire.name])).closed


async def test_a_login_is_refused(rig: Rig) -> None:
    """A login by frame fails in the venue's form although the key is right."""
    if isinstance(rig.wire, Binance):
        frame: dict[str, object] = {"id": "1", "method": "session.logon", "params": {"apiKey": "x"}}
        rig.inject("venue_error", method="WS", path="session.logon", code=-1022)
        socket = await rig.socket(rig.wire.frame_path)
        await socket.send_json(frame)
        assert (await receive(socket))["error"]["code"] == -1022
        return
    rig.inject("venue_error", method="WS", path="auth", code=10004, count=1)
    socket = await rig.socket(rig.wire.frame_path)
    await socket.send_json({"op": "auth", "args": ["x", 1, "y"]})
    assert (await receive(socket))["retCode"] == 10004


async def test_a_poisoned_order_id(rig: Rig) -> None:
    """An empty order id, which is known to end a process, stands in the event exactly where it was asked for."""
    socket = await rig.wire.user_socket(rig)
    path = {"binance_futures": "o.i", "binance_spot": "i", "bybit": "data.0.orderId"}[rig.wire.name]
    rig.inject("poison_event", event=rig.wire.order_event, set={path: ""}, count=1)
    await rig.wire.place(rig, "a")
    (message,) = await named(rig, socket, 1)
    for part in path.split("."):
        message = message[int(part)] if part.isdigit() else message[part]
    assert message == ""


async def test_events_on_the_api_socket(rig: Rig) -> None:
    """Spot's user events in the API socket's envelope are lost and cut like all others."""
    if rig.wire.name != "binance_spot":
        pytest.skip("only spot tells its events there")
    socket = await rig.socket(rig.wire.frame_path)
    given = {"apiKey": KEY, "timestamp": machine_ms()}
    signed = "&".join(f"{name}={given[name]}" for name in sorted(given))
    params = given | {"signature": sign(signed)}
    await socket.send_json({"id": "1", "method": "userDataStream.subscribe.signature", "params": params})
    assert (await receive(socket))["status"] == 200
    lost = rig.inject("drop_event", event="executionReport", where={"x": "TRADE"}, account="node")
    await rig.wire.place(rig, "a", market=True)
    told = [message["event"] for message in await events(socket, 1)]
    assert [event["x"] for event in told if event["e"] == "executionReport"] == ["NEW"]
    assert lost.hits == 1
    rig.inject("cut_socket", socket="API")
    await ended(socket)
