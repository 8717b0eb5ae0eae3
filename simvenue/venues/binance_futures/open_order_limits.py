"""How many orders an account may have open in one symbol, and which it may not even ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO, OrderStatus, OrderType, Side, TimeInForce
from simvenue.venues.binance import errors

if TYPE_CHECKING:
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import OrderRequest

MAX_ORDERS = 200
MAX_ALGO_ORDERS = 10
_WHOLE_BOOK = 1000


def check(exchange: Exchange, request: OrderRequest) -> None:
    """Refuse what the venue's MAX_NUM filters leave no room for, and FOK orders that the book cannot fill.

    Raises:
        VenueError: -2025, -4045 (algo orders) or -5021.
    """
    opened = exchange.open_orders(request.account, request.symbol)
    waiting = sum(order.status is OrderStatus.UNTRIGGERED for order in opened)
    if request.trigger is not None:
        if waiting >= MAX_ALGO_ORDERS:
            raise errors.VenueError(-4045, "Reach max stop order limit.")
        return
    if request.type is OrderType.LIMIT and len(opened) - waiting >= MAX_ORDERS:
        raise errors.VenueError(-2025, "Reach max open order limit.")
    if request.time_in_force is TimeInForce.FOK and not _fillable(exchange, request):
        message = "Due to the order could not be filled immediately, the FOK order has been rejected."
        raise errors.VenueError(-5021, f"{message} The order will not be recorded in the order history")


def _fillable(exchange: Exchange, request: OrderRequest) -> bool:
    if request.price is None:
        return True
    _, bids, asks = exchange.depth(request.symbol, _WHOLE_BOOK)
    levels = asks if request.side is Side.BUY else bids
    within = (size for price, size in levels if request.side.sign * (request.price - price) >= 0)
    return sum(within, ZERO) >= request.quantity
