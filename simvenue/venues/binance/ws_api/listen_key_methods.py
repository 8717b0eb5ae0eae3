"""User data streams with listen keys, over the WebSocket API."""

from __future__ import annotations

from simvenue.venues.binance import listen_key_calls
from simvenue.venues.binance.ws_api.method import Access, Method

METHODS = (
    Method(name="userDataStream.start", handler=listen_key_calls.create, access=Access.KEY),
    Method(name="userDataStream.ping", handler=listen_key_calls.extend, access=Access.KEY),
    Method(name="userDataStream.stop", handler=listen_key_calls.close, access=Access.KEY),
)
