"""A socket's life, the same for all three kinds: accepted, read frame by frame, ended when it says nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from simvenue.venues.bybit import errors
from simvenue.venues.bybit.venue import VENUE
from simvenue.venues.transport.connection import Connection
from simvenue.venues.transport.gate import SocketKind

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_FRAME_BYTES = 256 * 1024


async def serve(
    request: web.Request, kind: SocketKind, answer: Callable[[Connection, Any], None]
) -> web.StreamResponse:
    """Accept a client and talk until one side leaves, or the client says nothing for too long.

    Args:
        request: The upgrade.
        kind: What the socket is for.
        answer: Called with each frame's JSON value; a frame that holds none is None.
    """
    venue = request.app[VENUE]
    socket = web.WebSocketResponse(
        heartbeat=venue.options.heartbeat_seconds, max_msg_size=MAX_FRAME_BYTES, compress=False
    )
    if not socket.can_prepare(request):
        raise errors.no_such_path()
    await socket.prepare(request)
    connection = Connection(
        socket,
        request,
        combined=False,
        limit=venue.options.send_queue_messages,
        kind=kind,
        latency=venue.options.private_latency_seconds if kind is SocketKind.USER else 0.0,
    )
    venue.hub.add(connection)
    writer = asyncio.create_task(connection.write())
    try:
        with contextlib.suppress(TimeoutError):
            while True:
                message = await socket.receive(timeout=venue.options.idle_seconds)
                if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    break
                answer(connection, _value(message.data))
    finally:
        venue.hub.remove(connection)
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer
        await socket.close()
    return socket


def _value(data: str | bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
