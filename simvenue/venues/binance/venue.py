"""What every part of a market shares: the exchange behind it, who may call, its clock, its sockets, its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import RejectReason
    from simvenue.venues.binance.listen_keys import ListenKeys
    from simvenue.venues.transport.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOptions:
    """Limits of the venue that tests shorten.

    Args:
        listen_key_lifetime_ms: Milliseconds a listen key lives after its last use (Binance: 60 minutes).
        heartbeat_seconds: Seconds between the server's WebSocket pings (Binance: 3 minutes).
        send_queue_messages: Messages a connection may lag behind before it is dropped.
    """

    listen_key_lifetime_ms: int = 60 * 60 * 1000
    heartbeat_seconds: float = 180.0
    send_queue_messages: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What sets one of Binance's markets apart from the others.

    Args:
        name: What simvenue calls it, e.g. ``binance_spot``.
        rejections: Code and text for each refusal of the exchange.
        socket_prefixes: Paths under which ``/ws`` and ``/stream`` are served; the empty one is the root.
    """

    name: str
    rejections: Mapping[RejectReason, tuple[int, str]]
    socket_prefixes: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """One running market; what only one market has stands beside it in the application, under a key of its own."""

    market: Market
    exchange: Exchange
    credentials: Mapping[str, Credential]
    clock: Callable[[], int]
    options: VenueOptions
    hub: Hub
    listen_keys: ListenKeys


VENUE: web.AppKey[Venue] = web.AppKey("binance_venue", Venue)
