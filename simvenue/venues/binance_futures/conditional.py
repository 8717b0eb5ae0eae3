"""Algo orders: what the venue calls an order that waits for a price, and how it numbers it.

The venue knows such an order by two ids: its algo id from the start, and the order id in the matching engine once it
was triggered. The exchange behind has one id for both, so the algo id is that id moved into a range of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderStatus, OrderType, TriggerKind, TriggerSource

if TYPE_CHECKING:
    from simvenue.exchange.types import Order

ALGO_ID_BASE = 4_000_000_000_000_000
LIQUIDATION_PREFIX = "autoclose-"

TYPES = {
    "STOP": (TriggerKind.STOP, OrderType.LIMIT),
    "STOP_MARKET": (TriggerKind.STOP, OrderType.MARKET),
    "TAKE_PROFIT": (TriggerKind.TAKE_PROFIT, OrderType.LIMIT),
    "TAKE_PROFIT_MARKET": (TriggerKind.TAKE_PROFIT, OrderType.MARKET),
    "TRAILING_STOP_MARKET": (TriggerKind.TRAILING, OrderType.MARKET),
}
"""The venue's word to what triggers and what is placed then."""
_WORDS = {kind: word for word, kind in TYPES.items()}


def algo_id(order: Order) -> int:
    """The id under which the algo service knows an order."""
    return ALGO_ID_BASE + order.order_id


def order_id(algo: int) -> int:
    """The exchange's id of an algo order; one that no order has for a number that is no algo id."""
    return algo - ALGO_ID_BASE


def is_matching(order: Order) -> bool:
    """Whether the matching engine has ever had the order: not while, or when, it only waited."""
    return order.trigger is None or order.triggered_ms is not None


def original_type(order: Order) -> str:
    """The type that was asked for: the algo type of a conditional order, else the order type."""
    return order.type.value if order.trigger is None else _WORDS[order.trigger.kind, order.type]


def working_type(order: Order) -> str:
    """The price a trigger watches; the venue says CONTRACT_PRICE for orders without one, too."""
    by_mark = order.trigger is not None and order.trigger.source is TriggerSource.MARK
    return "MARK_PRICE" if by_mark else "CONTRACT_PRICE"


def status(order: Order) -> str:
    """Where an algo order is in its life; FINISHED is final for all that were triggered."""
    if order.triggered_ms is None:
        return "NEW" if order.status is OrderStatus.UNTRIGGERED else order.status.value
    return "TRIGGERED" if order.status.is_open else "FINISHED"


def is_liquidation(order: Order) -> bool:
    """Whether the venue itself placed the order, to close the position of an account."""
    return order.client_order_id.startswith(LIQUIDATION_PREFIX)
