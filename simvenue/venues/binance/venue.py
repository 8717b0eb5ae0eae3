"""What every part of a market shares: the exchange behind it, who may call, its clock, its sockets, its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from simvenue.venues.binance.limits import Limiter
from simvenue.venues.binance.listen_keys import ListenKeys
from simvenue.venues.transport.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simvenue.credentials import Credential
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import RejectReason
    from simvenue.venues.binance.limits import RateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOptions:
    """Limits of the venue that tests shorten.

    Args:
        listen_key_lifetime_ms: Milliseconds a listen key lives after its last use (Binance: 60 minutes).
        heartbeat_seconds: Seconds between the server's WebSocket pings (Binance: 3 minutes).
        send_queue_messages: Messages a connection may lag behind before it is dropped.
        limits: Rate limits; None for the real market's own.
        ban_after: Requests refused for their rate in one minute after which the address is banned.
        ban_seconds: How long the first ban lasts (Binance: 2 minutes, rising to 3 days).
        hmac_logon: Let sessions of the WebSocket API log on with HMAC keys too; the real venue takes Ed25519 only.
    """

    listen_key_lifetime_ms: int = 60 * 60 * 1000
    heartbeat_seconds: float = 180.0
    send_queue_messages: int = 10_000
    limits: tuple[RateLimit, ...] | None = None
    ban_after: int = 10
    ban_seconds: int = 120
    hmac_logon: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What sets one of Binance's markets apart from the others.

    Args:
        name: What simvenue calls it, e.g. ``binance_spot``.
        rejections: Code and text for each refusal of the exchange.
        limits: The real market's rate limits.
        socket_prefixes: Paths under which ``/ws`` and ``/stream`` are served; the empty one is the root.
    """

    name: str
    rejections: Mapping[RejectReason, tuple[int, str]]
    limits: tuple[RateLimit, ...]
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
    limiter: Limiter


def open_venue(
    market: Market,
    exchange: Exchange,
    credentials: Mapping[str, Credential],
    clock: Callable[[], int],
    options: VenueOptions | None,
) -> Venue:
    """A market over an exchange, with nobody connected and nothing counted yet."""
    options = options or VenueOptions()
    limits = market.limits if options.limits is None else options.limits
    return Venue(
        market=market,
        exchange=exchange,
        credentials=credentials,
        clock=clock,
        options=options,
        hub=Hub(),
        listen_keys=ListenKeys(options.listen_key_lifetime_ms),
        limiter=Limiter(limits, ban_after=options.ban_after, ban_seconds=options.ban_seconds),
    )


VENUE: web.AppKey[Venue] = web.AppKey("binance_venue", Venue)
