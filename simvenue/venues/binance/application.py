"""The web application of a market: routes, sockets, and the life of its publishers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from simvenue.venues.binance import errors, sockets
from simvenue.venues.binance.control import BinanceControl
from simvenue.venues.binance.endpoint import endpoint, venue_errors
from simvenue.venues.binance.venue import VENUE
from simvenue.venues.transport.control import CONTROL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from simvenue.exchange.types import Event
    from simvenue.venues.binance.endpoint import Route
    from simvenue.venues.binance.venue import Venue

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
CLOSE_SECONDS = 1.0

type Timer = tuple[int, Callable[[], None]]
"""Milliseconds between two acts, and the act."""


def create(venue: Venue, routes: Iterable[Route]) -> web.Application:
    """An application that serves a market's routes and sockets.

    Its middlewares may be extended before it starts: every request passes through them, and every frame through
    ``Connection.send``.
    """
    app = web.Application(middlewares=[venue_errors], client_max_size=MAX_BODY_BYTES)
    app[VENUE] = venue
    app[CONTROL] = BinanceControl(venue)
    for route in routes:
        app.router.add_route(route.method, route.path, endpoint(route))
    for prefix in venue.market.socket_prefixes:
        app.router.add_get(f"{prefix}/ws", sockets.serve)
        app.router.add_get(f"{prefix}/ws/{{names:.*}}", sockets.serve)
        app.router.add_get(f"{prefix}/stream", sockets.serve)
    app.on_shutdown.append(_close_sockets)
    return app


def finish(app: web.Application, publish: Callable[[Event], None], timers: Iterable[Timer]) -> web.Application:
    """Have the exchange's events published while the application runs, and answer every other path; the last step.

    Args:
        app: What `create` made.
        publish: Called with each event of the exchange.
        timers: Called again and again; one that fails is logged and goes on.
    """

    async def publishing(_app: web.Application) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_every(interval_ms, act)) for interval_ms, act in timers]
        unsubscribe = app[VENUE].exchange.subscribe(publish)
        yield
        unsubscribe()
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app.router.add_route("*", "/{path:.*}", _elsewhere)
    app.cleanup_ctx.append(publishing)
    return app


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    # Clients may be told any path for the user stream; the listen key says what they want.
    if request.method == "GET" and "listenKey" in request.query and "Upgrade" in request.headers:
        return await sockets.serve(request)
    raise errors.invalid_path(request.path, request.method)


async def _every(interval_ms: int, act: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(interval_ms / 1000)
        try:
            act()
        except Exception:
            # One bad tick must not end the stream for good.
            log.exception("a timed publication failed")


async def _close_sockets(app: web.Application) -> None:
    closing = [
        connection.socket.close(code=WSCloseCode.GOING_AWAY, message=b"venue stops")
        for connection in app[VENUE].hub.connections
    ]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await asyncio.gather(*closing, return_exceptions=True)
    for connection in app[VENUE].hub.connections:
        connection.cut()
