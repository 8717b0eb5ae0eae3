"""The faults of requests that come as frames: Bybit's trade socket and Binance's WebSocket API."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.integration.faults.rig import ended, receive, silent, until

if TYPE_CHECKING:
    from tests.integration.faults.rig import Rig


async def test_without_faults_an_order_is_answered_and_counted(rig: Rig) -> None:
    """The reply says success, the ledger has the order, and the method is counted as WS."""
    socket = await rig.wire.trade_socket(rig)
    await rig.wire.place_by_frame(socket, "a")
    assert rig.wire.frame_code(await receive(socket)) == 0
    assert rig.find("a") is not None
    counts = {(row["method"], row["path"]): row["count"] for row in rig.faults.tally.rows()}
    assert counts["WS", rig.wire.order_method] == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_venue_error_by_frame(rig: Rig, when: str) -> None:
    """The code comes in the socket's own envelope with the request's id; the order is there only afterwards."""
    socket = await rig.wire.trade_socket(rig)
    rig.inject("venue_error", method="WS", path=rig.wire.order_method, code=rig.wire.error_code, when=when)
    await rig.wire.place_by_frame(socket, "a")
    reply = await receive(socket)
    assert rig.wire.frame_code(reply) == rig.wire.error_code
    assert "a" in {reply.get("id"), reply.get("reqId")}
    assert (rig.find("a") is not None) == (when == "after")


async def test_hang_by_frame_swallows_the_order(rig: Rig) -> None:
    """No reply, no order, and the socket goes on."""
    socket = await rig.wire.trade_socket(rig)
    rig.inject("hang", method="WS", path=rig.wire.order_method, side="BUY", count=1)
    await rig.wire.place_by_frame(socket, "a")
    assert await silent(socket)
    assert rig.find("a") is None
    await rig.wire.place_by_frame(socket, "b")
    assert rig.wire.frame_code(await receive(socket)) == 0


async def test_lose_response_by_frame(rig: Rig) -> None:
    """The order is placed and the socket reset, or nothing said at all."""
    socket = await rig.wire.trade_socket(rig)
    rig.inject("lose_response", method="WS", path=rig.wire.order_method, symbol=rig.wire.symbol, count=1)
    await rig.wire.place_by_frame(socket, "a")
    assert await ended(socket) in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    assert rig.find("a") is not None
    socket = await rig.wire.trade_socket(rig)
    rig.inject("lose_response", method="WS", path=rig.wire.order_method, how="hang")
    await rig.wire.place_by_frame(socket, "b")
    assert await silent(socket)
    assert rig.find("b") is not None


async def test_hold_by_frame(rig: Rig) -> None:
    """A frame waits at the barrier like any request, and others pass it."""
    socket = await rig.wire.trade_socket(rig)
    fault = rig.inject("hold", method="WS", path=rig.wire.order_method, count=1)
    await rig.wire.place_by_frame(socket, "held")
    await until(lambda: bool(fault.waiting))
    await rig.wire.place_by_frame(socket, "passes")
    assert rig.wire.frame_code(await receive(socket)) == 0
    assert (rig.find("held"), rig.find("passes") is not None) == (None, True)
    rig.faults.release(fault.number)
    assert rig.wire.frame_code(await receive(socket)) == 0
    assert rig.find("held") is not None


async def test_delay_by_frame(rig: Rig) -> None:
    """The reply comes late."""
    socket = await rig.wire.trade_socket(rig)
    rig.inject("delay", method="WS", path=rig.wire.order_method, ms=300)
    begun = time.monotonic()
    await rig.wire.place_by_frame(socket, "a")
    await receive(socket)
    assert time.monotonic() - begun >= 0.3


async def test_replies_can_be_dropped_as_frames(rig: Rig) -> None:
    """An event fault with frames=REPLY loses the acknowledgement of an order that is placed."""
    socket = await rig.wire.trade_socket(rig)
    rig.inject("drop_event", frames="REPLY", event=rig.wire.order_method)
    await rig.wire.place_by_frame(socket, "a")
    assert await silent(socket)
    assert rig.find("a") is not None


async def test_maintenance_refuses_frames_that_are_on_their_way(rig: Rig) -> None:
    """An order that comes while the sockets are being closed is refused or unheard, never placed."""
    socket = await rig.wire.trade_socket(rig)
    await rig.wire.place_by_frame(socket, "a")
    rig.inject("maintenance")
    await ended(socket)
    await asyncio.sleep(0.1)
    assert rig.find("a") is None
