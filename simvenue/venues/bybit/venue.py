"""What every part of the venue shares: the exchange behind it, who may call, its clock, limits and sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from simvenue.venues.bybit.instruments import Category, category_of, symbol_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Instrument
    from simvenue.venues.bybit.attached_stops import AttachedStops
    from simvenue.venues.bybit.fees import Fees
    from simvenue.venues.bybit.limits import Limits
    from simvenue.venues.bybit.refused_orders import RefusedOrders
    from simvenue.venues.transport.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOptions:
    """Limits of the venue that tests shorten.

    Args:
        rate_limits: Requests a second by path of an endpoint, in place of the venue's (``limits.PER_SECOND``).
        address_requests: Requests one address may send in five seconds (Bybit: 600).
        heartbeat_seconds: Seconds between the server's WebSocket pings.
        idle_seconds: Seconds without any frame from a client after which it is disconnected (Bybit: 10 minutes on
            private sockets, here on all).
        send_queue_messages: Messages a connection may lag behind before it is dropped.
        private_latency_seconds: How long a private topic's message is on its way, so that it does not overtake the
            acknowledgement of what it tells of, which on the real venue comes from a nearer server.
    """

    rate_limits: Mapping[str, int] | None = None
    address_requests: int = 600
    heartbeat_seconds: float = 180.0
    idle_seconds: float = 600.0
    send_queue_messages: int = 10_000
    private_latency_seconds: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """One running venue."""

    exchange: Exchange
    credentials: Mapping[str, Credential]
    clock: Callable[[], int]
    options: VenueOptions
    hub: Hub
    limits: Limits
    refused: RefusedOrders
    fees: Fees
    attached: AttachedStops

    def instruments(self, category: Category) -> list[Instrument]:
        """List what trades in a category."""
        return [i for i in self.exchange.instruments.values() if category_of(i) is category]

    def find(self, category: Category, name: str) -> Instrument | None:
        """Find an instrument by category and the name on the wire."""
        return self.exchange.instruments.get(symbol_of(category, name))


VENUE: web.AppKey[Venue] = web.AppKey("bybit_venue", Venue)
