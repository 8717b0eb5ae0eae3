"""One client's WebSocket: a bounded queue between the exchange and the client's reading speed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from simvenue.venues.transport.frame import Frame, FrameKind
from simvenue.venues.transport.gate import GATE, SocketKind
from simvenue.venues.transport.paths import shown
from simvenue.venues.transport.reset import reset

if TYPE_CHECKING:
    from aiohttp import web

    from simvenue.venues.transport.gate import SocketCall

log = logging.getLogger(__name__)


class Connection:
    """A WebSocket that is written to without waiting.

    ``send`` is the one door through which frames leave the venue, ``perform`` the one through which requests that came
    as frames are carried out.

    Args:
        socket: The accepted WebSocket.
        request: The request it came from; its transport is cut when the client lags.
        combined: Whether payloads are wrapped as ``{"stream": …, "data": …}``.
        limit: Messages that may wait before the client is dropped.
        kind: What the socket is for (default: market data).
        account: Whose it is, as far as is known at the start; a login sets ``account`` later.
        latency: Seconds that each frame is on its way (default 0); their order stays.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        *,
        combined: bool,
        limit: int,
        kind: SocketKind = SocketKind.PUBLIC,
        account: str = "",
        latency: float = 0.0,
    ) -> None:
        """Start with an empty queue."""
        self.socket = socket
        self.combined = combined
        self.path = shown(request.path)
        self.remote = request.remote or ""
        self.kind = kind
        self.account = account
        self._request = request
        self._latency = latency
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[float, str]] = asyncio.Queue(limit)
        self._cut = False
        self._frozen = False
        self._gate = request.app.get(GATE)
        if self._gate is not None and self._gate.busy:
            self._gate.accept(self)

    @property
    def frozen(self) -> bool:
        """Whether nothing is sent or read although the TCP connection stands."""
        return self._frozen

    def send(self, text: str, frame: Frame) -> None:
        """Queue a text frame; a client that let the queue fill up is dropped."""
        if self._gate is not None and self._gate.busy:
            self._gate.frame(self, text, frame)
        else:
            self.deliver(text)

    def perform(self, call: SocketCall) -> None:
        """Carry out a request that came as a frame, and send its reply."""
        if self._gate is not None:
            self._gate.count("WS", call.name, call.account)
            if self._gate.busy:
                self._gate.perform(self, call)
                return
        self.send(call.execute(), reply_frame(call))

    def deliver(self, text: str) -> None:
        """Queue a text frame that nothing may hold up any more."""
        if self._cut or self._frozen:
            return
        try:
            self._queue.put_nowait((self._loop.time() + self._latency, text))
        except asyncio.QueueFull:
            log.warning("dropping a client of %s that reads too slowly", self.path)
            self.cut()

    def cut(self) -> None:
        """Drop the TCP connection at once, without a close handshake."""
        self._cut = True
        reset(self._request.transport)

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye with a close frame."""
        with contextlib.suppress(ConnectionError):
            await self.socket.close(code=code, message=reason.encode())

    def freeze(self) -> None:
        """Go silent with the TCP connection open: nothing is sent, nothing is read, no ping is answered."""
        if self._cut or self._frozen:
            return
        self._frozen = True
        while not self._queue.empty():
            self._queue.get_nowait()
        # A venue that hangs sends no pings either, nor does it miss a pong.
        self.socket._cancel_heartbeat()  # noqa: SLF001 - aiohttp has no public way to stop its heartbeat
        if self._request.transport is not None:
            self._request.transport.pause_reading()

    def thaw(self) -> None:
        """Go on after ``freeze``; what would have been sent meanwhile is lost."""
        if not self._frozen:
            return
        self._frozen = False
        if not self._cut and self._request.transport is not None:
            self._request.transport.resume_reading()
            self.socket._reset_heartbeat()  # noqa: SLF001 - the counterpart of what freeze did

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        with contextlib.suppress(ConnectionError):
            while not self._cut:
                due, text = await self._queue.get()
                if self._latency:
                    await asyncio.sleep(max(0.0, due - self._loop.time()))
                await self.socket.send_str(text)


def reply_frame(call: SocketCall) -> Frame:
    """The address of a call's reply."""
    return Frame(kind=FrameKind.REPLY, name=call.name, account=call.account, symbol=call.symbol, side=call.side)
