"""Asking for, keeping and ending a listen key: an API key is enough, no signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.transport.frame import Frame, FrameKind

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call, Weight
    from simvenue.venues.binance.venue import Venue


def create(call: Call) -> dict[str, str]:
    """A new key, or the one in force with its life renewed."""
    return {"listenKey": call.venue.listen_keys.open(call.account, call.venue.clock())}


def extend(call: Call) -> dict[str, str]:
    """Renew the key's life."""
    _check_named(call)
    return {"listenKey": call.venue.listen_keys.extend(call.account, call.venue.clock())}


def close(call: Call) -> dict[str, str]:
    """End the key."""
    _check_named(call)
    call.venue.listen_keys.close(call.account)
    return {}


def _check_named(call: Call) -> None:
    # Futures clients need not name the key, as an account has but one.
    named = call.parameters.optional_text("listenKey")
    if named is not None and named != call.venue.listen_keys.name(call.account):
        raise errors.VenueError(-1125, "This listenKey does not exist.")


def routes(path: str, *, weight: Weight = 1) -> tuple[Route, ...]:
    """The REST endpoints of listen keys under a path."""
    return (
        Route("POST", path, Security.KEY, create, weight),
        Route("PUT", path, Security.KEY, extend, weight),
        Route("DELETE", path, Security.KEY, close, weight),
    )


def expire(venue: Venue) -> None:
    """End the listen keys whose time is over and say so on their streams."""
    now_ms = venue.clock()
    for name in venue.listen_keys.take_expired(now_ms):
        frame = Frame(kind=FrameKind.USER, name="listenKeyExpired")
        venue.hub.publish(name, {"e": "listenKeyExpired", "E": now_ms, "listenKey": name}, frame)
