"""Binance spot as a web application: its routes, streams, WebSocket API and timers put together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simvenue.venues.binance import application, listen_key_calls
from simvenue.venues.binance.limits import Counted, RateLimit
from simvenue.venues.binance.market_streams import MarketStreams
from simvenue.venues.binance.venue import Market, open_venue
from simvenue.venues.binance.ws_api import serve_at
from simvenue.venues.binance_spot import unfilled_orders, user_stream
from simvenue.venues.binance_spot.api_methods import METHODS
from simvenue.venues.binance_spot.cancel_names import CANCEL_NAME, CancelName
from simvenue.venues.binance_spot.control import SpotControl
from simvenue.venues.binance_spot.market_streams import STREAMS
from simvenue.venues.binance_spot.rejections import REJECTIONS
from simvenue.venues.binance_spot.rest import account, general, history, market_data, orders
from simvenue.venues.transport.control import CONTROL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Event
    from simvenue.venues.binance.venue import VenueOptions

EXPIRY_CHECK_MS = 1000
API_PATH = "/ws-api/v3"
LISTEN_KEY_PATH = "/api/v3/userDataStream"
LIMITS = (
    RateLimit(counted=Counted.REQUEST_WEIGHT, interval="MINUTE", count=1, limit=6000),
    RateLimit(counted=Counted.ORDERS, interval="SECOND", count=10, limit=100),
    RateLimit(counted=Counted.ORDERS, interval="DAY", count=1, limit=200_000),
)
MARKET = Market(name="binance_spot", rejections=REJECTIONS, limits=LIMITS)


def create_app(
    exchange: Exchange,
    credentials: Mapping[str, Credential],
    clock: Callable[[], int],
    options: VenueOptions | None = None,
) -> web.Application:
    """Binance spot in front of an exchange.

    Args:
        exchange: Where orders are matched and kept.
        credentials: API key to account and proof.
        clock: The venue's time in milliseconds since the epoch.
        options: Limits that tests shorten; the real venue's by default.

    Returns:
        An application for any aiohttp runner.
    """
    venue = open_venue(MARKET, exchange, credentials, clock, options)
    families = (general.ROUTES, market_data.ROUTES, account.ROUTES, orders.ROUTES, history.ROUTES)
    listen_keys = listen_key_calls.routes(LISTEN_KEY_PATH, weight=2)
    app = application.create(venue, [*(route for family in families for route in family), *listen_keys])
    serve_at(app, API_PATH, METHODS)
    app[CANCEL_NAME] = CancelName()
    app[CONTROL] = SpotControl(app)
    streams = MarketStreams(venue, STREAMS)

    def publish(event: Event) -> None:
        unfilled_orders.forgive(venue, event)
        user_stream.publish(app, event)
        streams.publish(event)

    timers = [
        *((interval, partial(streams.tick, interval)) for interval in STREAMS.intervals_ms),
        (EXPIRY_CHECK_MS, partial(listen_key_calls.expire, venue)),
    ]
    return application.finish(app, publish, timers)
