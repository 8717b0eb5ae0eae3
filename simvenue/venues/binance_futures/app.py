"""Binance USDⓈ-M futures as a web application: its routes, streams and timers put together."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simvenue.venues.binance import application, listen_key_calls, ws_api
from simvenue.venues.binance.limits import Counted, RateLimit
from simvenue.venues.binance.market_streams import MarketStreams
from simvenue.venues.binance.venue import Market, open_venue
from simvenue.venues.binance_futures import user_stream
from simvenue.venues.binance_futures.countdown import COUNTDOWNS, Countdowns
from simvenue.venues.binance_futures.market_streams import STREAMS
from simvenue.venues.binance_futures.rejections import REJECTIONS
from simvenue.venues.binance_futures.rest import (
    account,
    algo_orders,
    batch_orders,
    funding,
    general,
    market_data,
    order_lists,
    orders,
    settings,
    tickers,
)
from simvenue.venues.binance_futures.ws_methods import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Event
    from simvenue.venues.binance.venue import VenueOptions

EXPIRY_CHECK_MS = 1000
COUNTDOWN_CHECK_MS = 100
LIMITS = (
    RateLimit(counted=Counted.REQUEST_WEIGHT, interval="MINUTE", count=1, limit=2400),
    RateLimit(counted=Counted.ORDERS, interval="MINUTE", count=1, limit=1200),
    RateLimit(counted=Counted.ORDERS, interval="SECOND", count=10, limit=300),
)
MARKET = Market(
    name="binance_futures", rejections=REJECTIONS, limits=LIMITS, socket_prefixes=("", "/public", "/market", "/private")
)


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
        An application for any aiohttp runner.
    """
    venue = open_venue(MARKET, exchange, credentials, clock, options)
    families = (
        general,
        market_data,
        tickers,
        funding,
        account,
        settings,
        orders,
        batch_orders,
        order_lists,
        algo_orders,
    )
    routes = [route for family in families for route in family.ROUTES]
    app = application.create(venue, [*routes, *listen_key_calls.routes("/fapi/v1/listenKey")])
    ws_api.serve_at(app, "/ws-fapi/v1", METHODS)
    app[COUNTDOWNS] = Countdowns()
    streams = MarketStreams(venue, STREAMS)

    def publish(event: Event) -> None:
        user_stream.publish(venue, event)
        streams.publish(event)

    timers = [
        *((interval, partial(streams.tick, interval)) for interval in STREAMS.intervals_ms),
        (EXPIRY_CHECK_MS, partial(listen_key_calls.expire, venue)),
        (COUNTDOWN_CHECK_MS, partial(orders.cancel_due, app)),
    ]
    return application.finish(app, publish, timers)
