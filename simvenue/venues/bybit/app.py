"""The web application: routes, sockets, and the life of its publishers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, web

from simvenue.venues.bybit import errors, trading_stop, user_topics
from simvenue.venues.bybit.attached_stops import AttachedStops
from simvenue.venues.bybit.book_topics import SPEEDS_MS
from simvenue.venues.bybit.endpoint import endpoint, venue_errors
from simvenue.venues.bybit.fees import Fees
from simvenue.venues.bybit.limits import Limits
from simvenue.venues.bybit.public_topics import TICKER_MS, PublicTopics
from simvenue.venues.bybit.refused_orders import RefusedOrders
from simvenue.venues.bybit.rest import account, executions, market, orders, positions, queries
from simvenue.venues.bybit.sockets import topics as topic_sockets
from simvenue.venues.bybit.sockets import trade as trade_socket
from simvenue.venues.bybit.venue import VENUE, Venue, VenueOptions
from simvenue.venues.transport.control import CONTROL
from simvenue.venues.transport.gate import SocketKind
from simvenue.venues.transport.hub import Hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Event
    from simvenue.venues.transport.connection import Connection

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024
CLOSE_SECONDS = 1.0


def create_app(
    exchange: Exchange,
    credentials: Mapping[str, Credential],
    clock: Callable[[], int],
    options: VenueOptions | None = None,
) -> web.Application:
    """Bybit v5, linear and spot with one unified account, in front of an exchange.

    Args:
        exchange: Where orders are matched and kept.
        credentials: API key to credential; only those with a secret (HMAC) may call.
        clock: The venue's time in milliseconds since the epoch.
        options: Limits that tests shorten; the real venue's by default.

    Returns:
        An application for any aiohttp runner. Its middlewares may be extended before it starts: every request passes
        through them, and every frame through ``Connection.send``.
    """
    options = options or VenueOptions()
    app = web.Application(middlewares=[venue_errors], client_max_size=MAX_BODY_BYTES)
    venue = Venue(
        exchange=exchange,
        credentials=credentials,
        clock=clock,
        options=options,
        hub=Hub(),
        limits=Limits(options.rate_limits or {}, options.address_requests),
        refused=RefusedOrders(),
        fees=Fees(exchange),
        attached=AttachedStops(),
    )
    app[VENUE] = venue
    app[CONTROL] = BybitControl(venue)
    topics = PublicTopics(venue)
    for family in (market, account, positions, orders, queries, executions):
        for route in family.ROUTES:
            app.router.add_route(route.method, route.path, endpoint(route))
    app.router.add_get("/v5/public/{category}", partial(topic_sockets.public, topics=topics))
    app.router.add_get("/v5/private", topic_sockets.private)
    app.router.add_get("/v5/trade", trade_socket.trade)
    app.router.add_route("*", "/{path:.*}", _elsewhere)
    app.cleanup_ctx.append(partial(_publishing, topics=topics))
    app.on_shutdown.append(_close_sockets)
    return app


@dataclass(frozen=True, slots=True)
class BybitControl:
    """The venue's `VenueControl`."""

    venue: Venue

    def connections(self) -> list[Connection]:
        """Give every open socket."""
        return self.venue.hub.connections

    def expire_user_streams(self, account: str | None) -> int:
        """Drop private sockets: the venue has no listen keys, a login lasts as long as its connection."""
        ended = [
            connection
            for connection in self.venue.hub.connections
            if connection.kind is SocketKind.USER and connection.account and account in {None, connection.account}
        ]
        for connection in ended:
            connection.cut()
        return len(ended)


async def _elsewhere(_request: web.Request) -> web.StreamResponse:
    raise errors.no_such_path()


async def _publishing(app: web.Application, topics: PublicTopics) -> AsyncIterator[None]:
    venue = app[VENUE]

    def publish(event: Event) -> None:
        user_topics.publish(venue, event)
        topics.publish(event)
        venue.attached.publish(venue, event)
        trading_stop.drop_spent(venue, event)

    timers = [
        *(_every(speed, partial(topics.tick_books, speed)) for speed in sorted(set(SPEEDS_MS.values()))),
        _every(TICKER_MS, topics.tick_tickers),
    ]
    tasks = [asyncio.create_task(timer) for timer in timers]
    unsubscribe = venue.exchange.subscribe(publish)
    venue.attached.restore(venue)
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
            # One bad tick must not end the topic for good.
            log.exception("a timed publication failed")


async def _close_sockets(app: web.Application) -> None:
    connections = app[VENUE].hub.connections
    closing = [
        connection.socket.close(code=WSCloseCode.GOING_AWAY, message=b"venue stops") for connection in connections
    ]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await asyncio.gather(*closing, return_exceptions=True)
    for connection in connections:
        connection.cut()
