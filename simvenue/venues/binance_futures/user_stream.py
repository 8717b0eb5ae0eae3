"""The user data stream: what happens to an account, told to the listeners of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderEvent
from simvenue.venues.binance_futures.messages import orders

if TYPE_CHECKING:
    from simvenue.exchange.types import Event
    from simvenue.venues.binance_futures.venue import Venue


def publish(venue: Venue, event: Event) -> None:
    """Tell an account what the exchange just did to its order; other events pass."""
    if not isinstance(event, OrderEvent):
        return
    name = venue.listen_keys.name(event.order.account)
    if name is None or not venue.hub.has_listeners(name):
        return
    instrument = venue.exchange.instruments[event.order.symbol]
    mark = venue.exchange.mark_price(event.order.symbol)
    for message in orders.user_events(instrument, event, mark, venue.clock()):
        venue.hub.publish(name, message)


def expire(venue: Venue) -> None:
    """End the listen keys whose time is over and say so on their streams."""
    now_ms = venue.clock()
    for name in venue.listen_keys.take_expired(now_ms):
        venue.hub.publish(name, {"e": "listenKeyExpired", "E": now_ms, "listenKey": name})
