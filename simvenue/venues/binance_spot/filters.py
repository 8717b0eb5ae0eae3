"""The filters of exchangeInfo that ask about more than one order alone, and so are the venue's to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.venues.binance import errors
from simvenue.venues.binance_spot.messages.instruments import MAX_ALGO_ORDERS, MAX_NOTIONAL, MAX_ORDERS

if TYPE_CHECKING:
    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import OrderRequest


def check(exchange: Exchange, request: OrderRequest) -> None:
    """Refuse an order that is worth too much, or one too many.

    Raises:
        VenueError: -1013 with the name of the filter.
    """
    # A quantity that is too much in itself fails its own filter first.
    possible = request.quantity <= exchange.instruments[request.symbol].max_quantity
    if possible and request.price is not None and request.price * request.quantity > MAX_NOTIONAL:
        raise _failure("NOTIONAL")
    present = exchange.open_orders(request.account, request.symbol)
    if len(present) >= MAX_ORDERS:
        raise _failure("MAX_NUM_ORDERS")
    waiting = [order for order in present if order.trigger is not None and order.triggered_ms is None]
    if request.trigger is not None and len(waiting) >= MAX_ALGO_ORDERS:
        raise _failure("MAX_NUM_ALGO_ORDERS")


def _failure(name: str) -> errors.VenueError:
    return errors.VenueError(-1013, f"Filter failure: {name}")
