"""The WebSocket endpoints: ``/ws``, ``/stream`` and the method frames a client may send on them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from aiohttp import WSMsgType, web

from simvenue.venues.binance import errors
from simvenue.venues.binance.venue import VENUE
from simvenue.venues.transport.connection import Connection
from simvenue.venues.transport.frame import Frame, FrameKind
from simvenue.venues.transport.gate import SocketKind
from simvenue.venues.transport.hub import encode

if TYPE_CHECKING:
    from simvenue.venues.transport.hub import Hub

MAX_STREAMS = 1024
MAX_NAME_LENGTH = 128
MAX_FRAME_BYTES = 64 * 1024
_REPLY = Frame(kind=FrameKind.REPLY, name="ws")


class FrameError(Exception):
    """A method frame the venue refuses.

    Args:
        code: 2 for a request that makes no sense, 3 for text that is not JSON.
        message: What is wrong.
        request_id: The frame's own id where it had one.
    """

    def __init__(self, code: int, message: str, request_id: object = None) -> None:
        """Keep what the reply needs."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id

    def body(self) -> dict[str, Any]:
        """The JSON of the reply."""
        return {"error": {"code": self.code, "msg": self.message}, "id": self.request_id}


def _requested_names(request: web.Request) -> tuple[bool, list[str]]:
    """Whether payloads are to be wrapped, and the streams that the URL names."""
    try:
        query = dict(parse_qsl(request.raw_path.partition("?")[2], errors="strict"))
    except ValueError as error:
        raise errors.illegal_characters() from error
    if "listenKey" in query:
        return False, [query["listenKey"]]
    combined = request.path.rstrip("/").endswith("/stream")
    named = query.get("streams", "") if combined else unquote(request.match_info.get("names", ""))
    names = [name for name in named.split("/") if name]
    if len(names) > MAX_STREAMS or any(len(name) > MAX_NAME_LENGTH for name in names):
        raise errors.invalid_value("streams")
    return combined, names


async def serve(request: web.Request) -> web.StreamResponse:
    """Accept a client and talk until one side leaves.

    An unknown listen key is accepted and stays silent, as on the real venue: clients find out by asking for a new one.
    """
    venue = request.app[VENUE]
    combined, names = _requested_names(request)
    socket = web.WebSocketResponse(
        heartbeat=venue.options.heartbeat_seconds, max_msg_size=MAX_FRAME_BYTES, compress=False
    )
    if not socket.can_prepare(request):
        raise errors.invalid_path(request.path, request.method)
    await socket.prepare(request)
    account = next(filter(None, map(venue.listen_keys.owner, names)), None)
    connection = Connection(
        socket,
        request,
        combined=combined,
        limit=venue.options.send_queue_messages,
        kind=SocketKind.USER if account or "listenKey" in request.query else SocketKind.PUBLIC,
        account=account or "",
    )
    venue.hub.add(connection)
    venue.hub.subscribe(connection, names)
    writer = asyncio.create_task(connection.write())
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                connection.send(encode(answer(venue.hub, connection, message.data)), _REPLY)
            elif message.type is WSMsgType.BINARY:
                connection.send(encode(FrameError(3, "Invalid JSON: binary frame").body()), _REPLY)
    finally:
        venue.hub.remove(connection)
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer
    return socket


def answer(hub: Hub, connection: Connection, text: str) -> dict[str, Any]:
    """Carry out one method frame and return the reply."""
    try:
        frame = _frame(text)
        return {"result": _carry_out(hub, connection, frame), "id": frame["id"]}
    except FrameError as error:
        return error.body()


def _frame(text: str) -> dict[str, Any]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(3, "Invalid JSON") from error
    if not isinstance(frame, dict):
        raise FrameError(2, "Invalid request: expected an object")
    request_id = frame.get("id")
    if isinstance(request_id, bool) or not isinstance(request_id, int | str):
        raise FrameError(2, "Invalid request: request ID must be an unsigned integer or a string")
    return frame


def _carry_out(hub: Hub, connection: Connection, frame: dict[str, Any]) -> object:
    request_id = frame["id"]
    match frame.get("method"):
        case "SUBSCRIBE":
            names = _names(frame)
            if len(set(hub.subscriptions(connection)) | set(names)) > MAX_STREAMS:
                raise FrameError(2, f"Invalid request: more than {MAX_STREAMS} streams", request_id)
            hub.subscribe(connection, names)
            return None
        case "UNSUBSCRIBE":
            hub.unsubscribe(connection, _names(frame))
            return None
        case "LIST_SUBSCRIPTIONS":
            return hub.subscriptions(connection)
        case "GET_PROPERTY" if frame.get("params") == ["combined"]:
            return connection.combined
        case "SET_PROPERTY":
            match frame.get("params"):
                case ["combined", bool(combined)]:
                    connection.combined = combined
                    return None
    raise FrameError(2, "Invalid request: unknown method or params", request_id)


def _names(frame: dict[str, Any]) -> list[str]:
    names = frame.get("params")
    if (
        not isinstance(names, list)
        or not names
        or not all(isinstance(name, str) and 0 < len(name) <= MAX_NAME_LENGTH for name in names)
    ):
        raise FrameError(2, "Invalid request: params must be a list of stream names", frame["id"])
    return names
