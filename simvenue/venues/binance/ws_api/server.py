"""The socket of the WebSocket API: accepts clients, proves their requests, and sends the replies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from simvenue.exchange.types import Rejection
from simvenue.venues.binance import auth, errors
from simvenue.venues.binance.endpoint import amount, in_venues_words
from simvenue.venues.binance.limits import Counted
from simvenue.venues.binance.venue import VENUE
from simvenue.venues.binance.ws_api import frames
from simvenue.venues.binance.ws_api.method import Access, Method, Request
from simvenue.venues.binance.ws_api.session import Session
from simvenue.venues.transport.connection import Connection
from simvenue.venues.transport.frame import Frame, FrameKind
from simvenue.venues.transport.gate import SocketCall, SocketKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from simvenue.credentials import Credential
    from simvenue.venues.binance.ws_api.frames import ClientFrame

log = logging.getLogger(__name__)

CONNECT_WEIGHT = 2
MAX_FRAME_BYTES = 64 * 1024

SESSIONS: web.AppKey[dict[Session, None]] = web.AppKey("binance_api_sessions", dict)
"""Every client of the WebSocket API, oldest first."""


def _no_such_method(_request: Request) -> object:
    raise errors.VenueError(-1020, "This operation is not supported.")


_UNKNOWN = Method(name="", handler=_no_such_method)


def serve_at(app: web.Application, path: str, methods: Iterable[Method]) -> None:
    """Offer the WebSocket API under a path."""
    app.setdefault(SESSIONS, {})
    app.router.add_get(path, _endpoint({method.name: method for method in methods}))


def _endpoint(methods: Mapping[str, Method]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        venue = request.app[VENUE]
        socket = web.WebSocketResponse(
            heartbeat=venue.options.heartbeat_seconds, max_msg_size=MAX_FRAME_BYTES, compress=False
        )
        if not socket.can_prepare(request):
            raise errors.invalid_path(request.path, request.method)
        venue.limiter.spend(request.remote or "", CONNECT_WEIGHT, venue.clock())
        await socket.prepare(request)
        connection = Connection(
            socket, request, combined=False, limit=venue.options.send_queue_messages, kind=SocketKind.API
        )
        session = Session(connection, venue.clock())
        session.return_rate_limits = request.query.get("returnRateLimits", "true").lower() != "false"
        venue.hub.add(connection)
        request.app[SESSIONS][session] = None
        writer = asyncio.create_task(connection.write())
        answering = _Answering(request.app, request.remote or "", session, methods)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    answering.take(message.data)
                elif message.type is WSMsgType.BINARY:
                    answering.take("")
        finally:
            del request.app[SESSIONS][session]
            venue.hub.remove(connection)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    return serve


@dataclass(frozen=True, slots=True)
class _Answering:
    """What every frame of one client needs."""

    app: web.Application
    address: str
    session: Session
    methods: Mapping[str, Method]

    def take(self, text: str) -> None:
        """Answer one frame."""
        try:
            frame = frames.parse(text)
        except frames.FrameError as broken:
            reply = frames.failure(broken.request_id, broken.error, None, self.app[VENUE].clock())
            self.session.connection.send(reply, Frame(kind=FrameKind.REPLY, name="ws-api"))
            return
        values = frame.parameters.values
        call = SocketCall(
            name=frame.method,
            execute=partial(self._execute, frame),
            refuse=partial(frames.put_in, frame.id),
            account=self._named_account(values.get("apiKey")),
            symbol=values.get("symbol", ""),
            side=values.get("side", ""),
        )
        self.session.connection.perform(call)

    def _named_account(self, api_key: str | None) -> str:
        if api_key:
            credential = self.app[VENUE].credentials.get(api_key)
            return credential.account if credential else ""
        return self.session.login.credential.account if self.session.login else ""

    def _execute(self, frame: ClientFrame) -> str:
        venue, account = self.app[VENUE], ""
        now_ms = venue.clock()
        method = self.methods.get(frame.method, _UNKNOWN)
        orders = bool(method.orders)
        try:
            venue.limiter.spend(self.address, amount(method.weight, frame.parameters), now_ms)
            credential = self._prove(method, frame, now_ms)
            account = credential.account if credential else ""
            if orders:
                venue.limiter.count_orders(account, amount(method.orders, frame.parameters), now_ms)
            login = self.session.login
            request = Request(
                app=self.app,
                account=account,
                parameters=frame.parameters,
                session=self.session,
                credential=credential,
                api_key=frame.parameters.optional_text("apiKey") or (login.api_key if login else ""),
            )
            result = method.handler(request)
        except (errors.VenueError, Rejection) as error:
            return self._refused(frame, in_venues_words(venue, error), account, orders=orders)
        except Exception:
            # The parameters carry a signature, so only the method is told.
            log.exception("no answer to %s", frame.method)
            return self._refused(frame, errors.unknown(), account, orders=orders)
        return frames.success(frame.id, result, self._limits(frame, account, orders=orders))

    def _refused(self, frame: ClientFrame, error: errors.VenueError, account: str, *, orders: bool) -> str:
        limits = self._limits(frame, account, orders=orders)
        return frames.failure(frame.id, error, limits, self.app[VENUE].clock())

    def _prove(self, method: Method, frame: ClientFrame, now_ms: int) -> Credential | None:
        if method.access is Access.NONE:
            return None
        parameters, login = frame.parameters, self.session.login
        own = bool(parameters.optional_text("apiKey")) or method.access is Access.OWN_SIGNATURE
        if own or login is None:
            credential = auth.identify(parameters.text("apiKey"), self.app[VENUE].credentials)
            if method.access is not Access.KEY:
                auth.check_age(parameters, now_ms)
                if not auth.proves(credential, frame.signed, parameters.text("signature")):
                    raise errors.invalid_signature()
        else:
            credential = login.credential
            if method.access is Access.SIGNED:
                auth.check_age(parameters, now_ms)
        auth.permit(credential, method.permission)
        return credential

    def _limits(self, frame: ClientFrame, account: str, *, orders: bool) -> list[dict[str, Any]] | None:
        wanted = frame.parameters.values.get("returnRateLimits")
        if wanted == "false" or (wanted is None and not self.session.return_rate_limits):
            return None
        limiter, now_ms = self.app[VENUE].limiter, self.app[VENUE].clock()
        rows = limiter.documents(Counted.ORDERS, account, now_ms) if orders and account else []
        return rows + limiter.documents(Counted.REQUEST_WEIGHT, self.address, now_ms)
