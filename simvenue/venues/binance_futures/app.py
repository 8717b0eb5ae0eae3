"""The web application: routes, sockets, and the life of its publishers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from simvenue.venues.binance import errors, sockets
from simvenue.venues.binance.endpoint import endpoint, venue_errors
from simvenue.venues.binance.listen_keys import ListenKeys
from simvenue.venues.binance.venue import VENUE, Venue, VenueOptions
from simvenue.venues.binance_futures import user_stream
from simvenue.venues.binance_futures.market_streams import DEPTH_SPEEDS_MS, MARK_PRICE_SPEEDS_MS, MarketStreams
from simvenue.venues.binance_futures.rest import account, algo_orders, general, listen_key, market_data, orders
from simvenue.venues.binance_futures.symbol_settings import SymbolSettings
from simvenue.venues.transport.hub import Hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Event

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
EXPIRY_CHECK_MS = 1000
CLOSE_SECONDS = 1.0


def create_app(
    exchange: Exchange,
    credentials: Mapping[str, Credential],
    clock: Callable[[], int],
    options: VenueOptions | None = None,
) -> web.Application:
    """Binance USDⓈ-M futures in front of an exchange.

    Args:
        exchange: Where orders are matched and kept.
        credentials: API key to account and secret.
        clock: The venue's time in milliseconds since the epoch.
        options: Limits that tests shorten; the real venue's by default.

    Returns:
        An application for any aiohttp runner. Its middlewares may be extended before it starts: every request passes
        through them, and every frame through ``Connection.send``.
    """
    options = options or VenueOptions()
    app = web.Application(middlewares=[venue_errors], client_max_size=MAX_BODY_BYTES)
    app[VENUE] = Venue(
        exchange=exchange,
        credentials=credentials,
        clock=clock,
        options=options,
        hub=Hub(),
        listen_keys=ListenKeys(options.listen_key_lifetime_ms),
        symbol_settings=SymbolSettings(),
    )
    for family in (general, market_data, account, orders, algo_orders, listen_key):
        for route in family.ROUTES:
            app.router.add_route(route.method, route.path, endpoint(route))
    for prefix in sockets.PREFIXES:
        app.router.add_get(f"{prefix}/ws", sockets.serve)
        app.router.add_get(f"{prefix}/ws/{{names:.*}}", sockets.serve)
        app.router.add_get(f"{prefix}/stream", sockets.serve)
    app.router.add_route("*", "/{path:.*}", _elsewhere)
    app.cleanup_ctx.append(_publishing)
    app.on_shutdown.append(_close_sockets)
    return app


async def _elsewhere(request: web.Request) -> web.StreamResponse:
    # Clients may be told any path for the user stream; the listen key says what they want.
    if request.method == "GET" and "listenKey" in request.query and "Upgrade" in request.headers:
        return await sockets.serve(request)
    raise errors.invalid_path(request.path, request.method)


async def _publishing(app: web.Application) -> AsyncIterator[None]:
    venue = app[VENUE]
    streams = MarketStreams(venue)

    def publish(event: Event) -> None:
        user_stream.publish(venue, event)
        streams.publish(event)

    timers = [
        *(_every(speed, partial(streams.tick_depth, speed)) for speed in set(DEPTH_SPEEDS_MS.values()) - {0}),
        *(_every(speed, partial(streams.tick_mark_price, speed)) for speed in set(MARK_PRICE_SPEEDS_MS.values())),
        _every(EXPIRY_CHECK_MS, partial(user_stream.expire, venue)),
    ]
    tasks = [asyncio.create_task(timer) for timer in timers]
    unsubscribe = venue.exchange.subscribe(publish)
    yield
    unsubscribe()
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


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
