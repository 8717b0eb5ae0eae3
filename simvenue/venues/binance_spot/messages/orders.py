"""Orders and fills as REST and the WebSocket API answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO, OrderStatus, Side
from simvenue.venues.binance import decimals
from simvenue.venues.binance_spot.order_types import time_in_force_of, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simvenue.exchange.types import Fill, Instrument, Order

NO_LIST = -1
SELF_TRADE_PREVENTION = "EXPIRE_MAKER"
BASIS_POINTS = 10_000


# What waits for its trigger is new to clients, and what could not be placed then has expired.
_STATUSES = {OrderStatus.UNTRIGGERED: OrderStatus.NEW, OrderStatus.REJECTED: OrderStatus.EXPIRED}


def status(value: Order) -> str:
    """An order's status in the venue's words."""
    return _STATUSES.get(value.status, value.status).value


def working_ms(value: Order) -> int | None:
    """Since when an order is in the book; None while it waits for its trigger."""
    if value.trigger is None:
        return value.created_ms
    return value.triggered_ms


def conditional_fields(instrument: Instrument, value: Order) -> dict[str, Any]:
    """What only orders with a trigger show."""
    trigger = value.trigger
    if trigger is None:
        return {}
    stop = trigger.price if trigger.price is not None else trigger.activation_price
    fields: dict[str, Any] = {"stopPrice": decimals.price(instrument, stop)}
    if trigger.callback_rate is not None:
        fields["trailingDelta"] = int(trigger.callback_rate * BASIS_POINTS)
        fields["trailingTime"] = value.created_ms if trigger.extreme is not None else -1
    return fields


def _amounts(instrument: Instrument, value: Order) -> dict[str, Any]:
    return {
        "price": decimals.price(instrument, value.price),
        "origQty": decimals.quantity(instrument, value.quantity),
        "executedQty": decimals.quantity(instrument, value.filled),
        "origQuoteOrderQty": decimals.amount(value.quote_quantity),
        "cummulativeQuoteQty": decimals.amount(value.quote_filled),
        "status": status(value),
        "timeInForce": time_in_force_of(value).value,
        "type": type_of(value).value,
        "side": value.side.value,
    }


def order(instrument: Instrument, value: Order) -> dict[str, Any]:
    """An order as the queries answer it."""
    working = working_ms(value)
    return {
        "symbol": value.symbol,
        "orderId": value.order_id,
        "orderListId": NO_LIST,
        "clientOrderId": value.client_order_id,
        **_amounts(instrument, value),
        "stopPrice": decimals.price(instrument, ZERO),
        "icebergQty": decimals.quantity(instrument, ZERO),
        "time": value.created_ms,
        "updateTime": value.updated_ms,
        "isWorking": working is not None,
        "workingTime": -1 if working is None else working,
        "selfTradePreventionMode": SELF_TRADE_PREVENTION,
        **conditional_fields(instrument, value),
    }


def acknowledgement(value: Order) -> dict[str, Any]:
    """The reply to a new order with ``newOrderRespType=ACK``."""
    return {
        "symbol": value.symbol,
        "orderId": value.order_id,
        "orderListId": NO_LIST,
        "clientOrderId": value.client_order_id,
        "transactTime": value.created_ms,
    }


def result(instrument: Instrument, value: Order) -> dict[str, Any]:
    """The same with ``RESULT``."""
    working = working_ms(value)
    return {
        **acknowledgement(value),
        "transactTime": value.updated_ms,
        **_amounts(instrument, value),
        "workingTime": -1 if working is None else working,
        "selfTradePreventionMode": SELF_TRADE_PREVENTION,
        **conditional_fields(instrument, value),
    }


def full(instrument: Instrument, value: Order, fills: Iterable[Fill]) -> dict[str, Any]:
    """The same with ``FULL``: also each fill."""
    rows = [
        {
            "price": decimals.price(instrument, fill.price),
            "qty": decimals.quantity(instrument, fill.quantity),
            "commission": decimals.amount(fill.commission),
            "commissionAsset": fill.commission_asset,
            "tradeId": fill.trade_id,
        }
        for fill in fills
    ]
    return result(instrument, value) | {"fills": rows}


def canceled(instrument: Instrument, value: Order, cancel_id: str) -> dict[str, Any]:
    """The reply to a cancel; the order's own client id stands as ``origClientOrderId``."""
    return {
        "symbol": value.symbol,
        "origClientOrderId": value.client_order_id,
        "orderId": value.order_id,
        "orderListId": NO_LIST,
        "clientOrderId": cancel_id,
        "transactTime": value.updated_ms,
        **_amounts(instrument, value),
        "selfTradePreventionMode": SELF_TRADE_PREVENTION,
        **conditional_fields(instrument, value),
    }


def amended(instrument: Instrument, value: Order) -> dict[str, Any]:
    """The reply to an amendment that keeps the order's priority; it also keeps the client id."""
    return {
        "transactTime": value.updated_ms,
        "executionId": value.updated_ms,
        "amendedOrder": {
            "symbol": value.symbol,
            "orderId": value.order_id,
            "orderListId": NO_LIST,
            "origClientOrderId": value.client_order_id,
            "clientOrderId": value.client_order_id,
            "price": decimals.price(instrument, value.price),
            "qty": decimals.quantity(instrument, value.quantity),
            "executedQty": decimals.quantity(instrument, value.filled),
            "preventedQty": decimals.quantity(instrument, ZERO),
            "quoteOrderQty": decimals.amount(value.quote_quantity),
            "cumulativeQuoteQty": decimals.amount(value.quote_filled),
            "status": status(value),
            "timeInForce": time_in_force_of(value).value,
            "type": type_of(value).value,
            "side": value.side.value,
            "workingTime": working_ms(value) or -1,
            "selfTradePreventionMode": SELF_TRADE_PREVENTION,
        },
    }


def my_trade(instrument: Instrument, value: Fill) -> dict[str, Any]:
    """A fill as ``/api/v3/myTrades`` lists it."""
    return {
        "symbol": value.symbol,
        "id": value.trade_id,
        "orderId": value.order_id,
        "orderListId": NO_LIST,
        "price": decimals.price(instrument, value.price),
        "qty": decimals.quantity(instrument, value.quantity),
        "quoteQty": decimals.amount(value.price * value.quantity),
        "commission": decimals.amount(value.commission),
        "commissionAsset": value.commission_asset,
        "time": value.time_ms,
        "isBuyer": value.side is Side.BUY,
        "isMaker": value.is_maker,
        "isBestMatch": True,
    }
