"""The venue's order types, and how each is said in the exchange's words."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderType, TimeInForce, TriggerKind

if TYPE_CHECKING:
    from simvenue.exchange.types import Order


class SpotOrderType(StrEnum):
    """Every value of ``type``."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"

    @property
    def is_conditional(self) -> bool:
        """Whether it waits for a price."""
        return self in _CONDITIONAL

    @property
    def is_stop(self) -> bool:
        """Whether it waits for the price to go against the order, rather than with it."""
        return self in {SpotOrderType.STOP_LOSS, SpotOrderType.STOP_LOSS_LIMIT}

    @property
    def has_price(self) -> bool:
        """Whether it has a limit price."""
        return self not in {SpotOrderType.MARKET, SpotOrderType.STOP_LOSS, SpotOrderType.TAKE_PROFIT}

    @property
    def has_time_in_force(self) -> bool:
        """Whether it says how long it waits."""
        return self.has_price and self is not SpotOrderType.LIMIT_MAKER


_CONDITIONAL = frozenset(
    {
        SpotOrderType.STOP_LOSS,
        SpotOrderType.STOP_LOSS_LIMIT,
        SpotOrderType.TAKE_PROFIT,
        SpotOrderType.TAKE_PROFIT_LIMIT,
    }
)


def type_of(order: Order) -> SpotOrderType:
    """What an order is called.

    A trailing order of the exchange does not say whether it stops a loss or takes a profit: it takes a profit when it
    waits for an activation price, as only those are taken with one.
    """
    limit = order.type is OrderType.LIMIT
    trigger = order.trigger
    if trigger is None:
        if not limit:
            return SpotOrderType.MARKET
        return SpotOrderType.LIMIT_MAKER if order.time_in_force is TimeInForce.GTX else SpotOrderType.LIMIT
    takes_profit = trigger.kind is TriggerKind.TAKE_PROFIT or trigger.activation_price is not None
    if takes_profit:
        return SpotOrderType.TAKE_PROFIT_LIMIT if limit else SpotOrderType.TAKE_PROFIT
    return SpotOrderType.STOP_LOSS_LIMIT if limit else SpotOrderType.STOP_LOSS


def time_in_force_of(order: Order) -> TimeInForce:
    """What an order's ``timeInForce`` prints; a post-only order is GTC here."""
    return TimeInForce.GTC if order.time_in_force is TimeInForce.GTX else order.time_in_force
