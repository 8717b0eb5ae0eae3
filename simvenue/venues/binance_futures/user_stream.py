"""The user data stream: what happens to an account, told to the listeners of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderEvent
from simvenue.venues.binance_futures.messages import orders
from simvenue.venues.transport.frame import Frame, FrameKind

if TYPE_CHECKING:
    from simvenue.exchange.types import Event
    from simvenue.venues.binance.venue import Venue


def publish(venue: Venue, event: Event) -> None:
    """Tell an account what the exchange just did to its order; other events pass."""
    if not isinstance(event, OrderEvent):
        return
    name = venue.listen_keys.name(event.order.account)
    if name is None or not venue.hub.has_listeners(name):
        return
    instrument = venue.exchange.instruments[event.order.symbol]
    mark = venue.exchange.mark_price(event.order.symbol)
    order = event.order
    for message in orders.user_events(instrument, event, mark, venue.clock()):
        frame = Frame(
            kind=FrameKind.USER, name=message["e"], account=order.account, symbol=order.symbol, side=order.side
        )
        venue.hub.publish(name, message, frame)


def expire(venue: Venue) -> None:
    """End the listen keys whose time is over and say so on their streams."""
    now_ms = venue.clock()
    for name in venue.listen_keys.take_expired(now_ms):
        frame = Frame(kind=FrameKind.USER, name="listenKeyExpired")
        venue.hub.publish(name, {"e": "listenKeyExpired", "E": now_ms, "listenKey": name}, frame)
