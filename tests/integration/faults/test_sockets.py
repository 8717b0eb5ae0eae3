"""The faults of sockets as such, seen by a client on every venue."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from simvenue.venues.binance_futures import VenueOptions
from tests.integration.faults.binance_wire import Binance
from tests.integration.faults.rig import Rig, ended, named, receive, running, silent
from tests.integration.faults.wires import WIRES
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

PATHS = {
    "binance_futures": "/stream?streams=btcusdt@bookTicker",
    "binance_spot": "/stream?streams=btcusdt@bookTicker",
    "bybit": "/v5/public/linear",
}
QUESTION = {
    "binance_futures": {"method": "LIST_SUBSCRIPTIONS", "id": 1},
    "binance_spot": {"method": "LIST_SUBSCRIPTIONS", "id": 1},
    "bybit": {"op": "ping", "args": []},
}


async def test_half_open_sockets_accept_and_stay_silent(rig: Rig) -> None:
    """The upgrade succeeds; no answer, no pong, no end comes until the fault is cleared."""
    before = await rig.socket(PATHS[rig.wire.name])
    fault = rig.inject("half_open", socket="PUBLIC")
    socket = await rig.session.ws_connect(f"{rig.url}{PATHS[rig.wire.name]}", autoping=False)
    await socket.send_json(QUESTION[rig.wire.name])
    await socket.ping()
    assert await silent(socket)
    assert fault.hits == 1
    await before.send_json(QUESTION[rig.wire.name])
    assert await receive(before)
    rig.faults.clear(fault.number)
    # What was sent meanwhile lay in the kernel, as with a process that hung.
    await socket.send_json(QUESTION[rig.wire.name])
    kinds = {(await asyncio.wait_for(socket.receive(), 2 * PATIENCE)).type for _ in range(2)}
    assert aiohttp.WSMsgType.TEXT in kinds
    await socket.close()


async def test_freeze_silences_sockets_that_are_open(rig: Rig) -> None:
    """User events stop without an end of the socket, what came meanwhile is lost, and a new socket works."""
    socket = await rig.wire.user_socket(rig)
    fault = rig.inject("freeze", socket="USER", account="node")
    assert fault.hits == 1
    await rig.wire.place(rig, "lost")
    await socket.ping()
    assert await silent(socket)
    assert not socket.closed
    fresh = await rig.wire.user_socket(rig)
    await rig.wire.place(rig, "told")
    assert len(await named(rig, fresh, 1)) == 1
    assert await silent(socket)
    rig.faults.clear(fault.number)
    await rig.wire.place(rig, "again")
    assert len(await named(rig, socket, 1)) == 1


async def test_a_frozen_socket_is_not_pinged_nor_given_up(tmp_path: Path) -> None:
    """A venue that hangs sends no pings and misses no pongs: the socket stays, and its heartbeat goes on afterwards."""
    options = VenueOptions(heartbeat_seconds=0.2)
    async with running(WIRES["binance_futures"], tmp_path, options) as rig:
        socket = await rig.session.ws_connect(f"{rig.url}/ws", autoping=False)
        assert (await asyncio.wait_for(socket.receive(), 2 * PATIENCE)).type is aiohttp.WSMsgType.PING
        await socket.pong()
        fault = rig.inject("freeze")
        assert await silent(socket, 0.8)
        rig.faults.clear(fault.number)
        assert (await asyncio.wait_for(socket.receive(), 2 * PATIENCE)).type is aiohttp.WSMsgType.PING
        await socket.close()


async def test_freeze_ends_after_its_duration(rig: Rig) -> None:
    """A freeze of a moment ends by itself."""
    socket = await rig.wire.user_socket(rig)
    rig.inject("freeze", duration_seconds=0.2)
    await asyncio.sleep(0.3)
    await rig.wire.place(rig, "a")
    assert len(await named(rig, socket, 1)) == 1


async def test_close_socket_says_its_code(rig: Rig) -> None:
    """The client gets a close frame with the code and text asked for; other kinds of sockets stay."""
    user = await rig.wire.user_socket(rig)
    public = await rig.wire.public_socket(rig, rig.wire.trade_stream)
    fault = rig.inject("close_socket", socket="USER", code=1008, reason="disconnected")
    message = await asyncio.wait_for(user.receive(), 3 * PATIENCE)
    assert (message.type, message.data, message.extra) == (aiohttp.WSMsgType.CLOSE, 1008, "disconnected")
    assert user.close_code == 1008
    assert (fault.hits, fault.state) == (1, "spent")
    assert await silent(public)
    assert not public.closed


async def test_cut_socket_resets_without_a_goodbye(rig: Rig) -> None:
    """The client sees the connection end with no close frame; other kinds of sockets stay."""
    user = await rig.wire.user_socket(rig)
    public = await rig.wire.public_socket(rig, rig.wire.trade_stream)
    rig.inject("cut_socket", socket="USER", account="node")
    assert await ended(user) in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    assert user.close_code in {None, 1006}
    assert await silent(public)


async def test_cut_socket_is_a_tcp_reset(rig: Rig) -> None:
    """The kernel reports ECONNRESET, not an orderly end."""
    host, port = rig.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    path = PATHS[rig.wire.name]
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b"101" in await reader.readline()
    await reader.readuntil(b"\r\n\r\n")
    fault = rig.inject("cut_socket")
    assert fault.hits == 1
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 2 * PATIENCE)
    writer.close()


async def test_refuse_upgrade_answers_with_a_status(rig: Rig) -> None:
    """New sockets get the status and no 101; those that are open stay; REST goes on."""
    socket = await rig.socket(PATHS[rig.wire.name])
    fault = rig.inject("refuse_upgrade", status=502, count=2)
    for _ in range(2):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await rig.socket(PATHS[rig.wire.name])
        assert refused.value.status == 502
    assert fault.hits == 2
    await socket.send_json(QUESTION[rig.wire.name])
    assert await receive(socket)
    assert (await rig.wire.book(rig)).status == 200
    assert not (await rig.socket(PATHS[rig.wire.name])).closed


async def test_expire_listen_keys_ends_user_streams(rig: Rig) -> None:
    """Binance says listenKeyExpired and nothing more on the stream; Bybit, without such keys, ends the socket."""
    socket = await rig.wire.user_socket(rig)
    fault = rig.inject("expire_listen_keys", account="node")
    if isinstance(rig.wire, Binance):
        message = await receive(socket)
        assert message.get("e") == "listenKeyExpired"
        await rig.wire.place(rig, "a")
        assert await named(rig, socket) == []
    else:
        await ended(socket)
    assert fault.hits == 1


async def test_a_failing_listen_key_request_is_a_fault_of_requests(rig: Rig) -> None:
    """After an expiry the POST for a new key can be made to fail, once."""
    if not isinstance(rig.wire, Binance):
        pytest.skip("no listen keys on this venue")
    rig.inject(
        "http_status",
        method="POST",
        path=rig.wire.listen_key_path,
        status=503,
        count=1,
    )
    with pytest.raises(ValueError, match="Expecting value"):
        await rig.wire.listen_key(rig)
    assert len(await rig.wire.listen_key(rig)) == 64
