"""What an order request says, as far as every market reads it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from simvenue.exchange.types import Side, TimeInForce
from simvenue.venues.binance import errors

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.venues.binance.parameters import Parameters


class Identity(TypedDict, total=False):
    """The one id by which an order is meant."""

    order_id: int
    client_order_id: str


def side(parameters: Parameters) -> Side:
    """``side``; -1117 when it is neither BUY nor SELL."""
    try:
        return Side(parameters.text("side"))
    except ValueError as error:
        raise errors.VenueError(-1117, "Invalid side.") from error


def time_in_force(parameters: Parameters) -> TimeInForce:
    """``timeInForce``; -1115 for a word the exchange does not know."""
    try:
        return TimeInForce(parameters.text("timeInForce"))
    except ValueError as error:
        raise errors.VenueError(-1115, "Invalid timeInForce.") from error


def identity(parameters: Parameters) -> Identity:
    """The order that is meant; the venue's own id counts when both ids are sent."""
    order_id = parameters.optional_integer("orderId")
    if order_id is not None:
        return {"order_id": order_id}
    client_order_id = parameters.optional_text("origClientOrderId")
    if client_order_id is None:
        message = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
        raise errors.VenueError(-1102, message)
    return {"client_order_id": client_order_id}


def places(value: Decimal) -> int:
    """The decimals a number needs."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
