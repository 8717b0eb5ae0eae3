"""The order limits of the spot market count unfilled orders only: whoever trades may go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderEvent

if TYPE_CHECKING:
    from simvenue.exchange.types import Event
    from simvenue.venues.binance.venue import Venue

AS_TAKER = 1
AS_MAKER = 5
"""By how much the first fill of an order lowers the count, as Binance's page on unfilled orders describes it."""


def forgive(venue: Venue, event: Event) -> None:
    """Lower an account's count for the first fill of one of its orders; other events pass."""
    if not isinstance(event, OrderEvent) or event.fill is None or event.order.filled != event.fill.quantity:
        return
    orders = AS_MAKER if event.fill.is_maker else AS_TAKER
    venue.limiter.forgive_orders(event.order.account, orders, venue.clock())
