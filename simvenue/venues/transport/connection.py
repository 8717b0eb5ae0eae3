"""One client's WebSocket: a bounded queue between the exchange and the client's reading speed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

    from simvenue.venues.transport.frame import Frame

log = logging.getLogger(__name__)


class Connection:
    """A WebSocket that is written to without waiting.

    ``send`` is the one door through which frames leave the venue.

    Args:
        socket: The accepted WebSocket.
        request: The request it came from; its transport is cut when the client lags.
        combined: Whether payloads are wrapped as ``{"stream": …, "data": …}``.
        limit: Messages that may wait before the client is dropped.
    """

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, *, combined: bool, limit: int) -> None:
        """Start with an empty queue."""
        self.socket = socket
        self.combined = combined
        self.path = request.path
        self._request = request
        self._queue: asyncio.Queue[str] = asyncio.Queue(limit)
        self._cut = False

    def send(self, text: str, frame: Frame) -> None:
        """Queue a text frame; a client that let the queue fill up is dropped."""
        if self._cut:
            return
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            log.warning("dropping a client of %s that reads too slowly", self.path)
            self.cut()

    def cut(self) -> None:
        """Drop the TCP connection at once, without a close handshake."""
        self._cut = True
        if self._request.transport is not None:
            self._request.transport.abort()

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        with contextlib.suppress(ConnectionError):
            while not self._cut:
                await self.socket.send_str(await self._queue.get())
