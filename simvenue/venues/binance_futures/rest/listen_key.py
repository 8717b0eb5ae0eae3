"""The listen key of the user data stream: API key only, no signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.venues.binance.endpoint import Route, Security

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call

PATH = "/fapi/v1/listenKey"


def create(call: Call) -> dict[str, str]:
    """A new key, or the one in force with its life renewed."""
    return {"listenKey": call.venue.listen_keys.open(call.account, call.venue.clock())}


def extend(call: Call) -> dict[str, str]:
    """Renew the key's life."""
    return {"listenKey": call.venue.listen_keys.extend(call.account, call.venue.clock())}


def close(call: Call) -> dict[str, str]:
    """End the key."""
    call.venue.listen_keys.close(call.account)
    return {}


ROUTES = (
    Route("POST", PATH, Security.KEY, create),
    Route("PUT", PATH, Security.KEY, extend),
    Route("DELETE", PATH, Security.KEY, close),
)
