"""From the parameters of ``order/create`` to what the exchange is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simvenue.exchange.types import (
    ZERO,
    InstrumentKind,
    OrderRequest,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
    TriggerSource,
)
from simvenue.venues.bybit import errors

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Instrument
    from simvenue.venues.bybit.parameters import Parameters

SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
TIMES_IN_FORCE = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.GTX,
}
POSITION_SIDES = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)
TRIGGER_SOURCES = {
    "LastPrice": TriggerSource.LAST,
    "MarkPrice": TriggerSource.MARK,
    "IndexPrice": TriggerSource.INDEX,
}
ORDER_FILTERS = ("Order", "tpslOrder", "StopOrder")
_RISES = {1: True, 2: False}
_LINK_ID = re.compile(r"[A-Za-z0-9_\-:.]{1,45}", re.ASCII)


def order_request(account: str, instrument: Instrument, parameters: Parameters, last_price: Decimal) -> OrderRequest:
    """Read an order.

    Args:
        account: Whose it will be.
        instrument: What it trades.
        parameters: ``args`` of the trade socket or the body of the REST call.
        last_price: Decides which way a spot trigger lies, since spot sends no direction.

    Raises:
        VenueError: 10001 for anything that is no order.
    """
    side = SIDES[parameters.choice("side", tuple(SIDES))]
    kind = OrderType.LIMIT if parameters.choice("orderType", ("Limit", "Market")) == "Limit" else OrderType.MARKET
    spot = instrument.kind is InstrumentKind.SPOT
    quantity = parameters.decimal("qty")
    quote_quantity = None
    if spot and kind is OrderType.MARKET and _in_quote(parameters, side):
        quantity, quote_quantity = ZERO, quantity
    trigger = _trigger(parameters, spot=spot, last_price=last_price)
    return OrderRequest(
        account=account,
        symbol=instrument.symbol,
        side=side,
        type=kind,
        quantity=quantity,
        price=parameters.decimal("price") if kind is OrderType.LIMIT else None,
        time_in_force=_time_in_force(parameters, kind),
        client_order_id=link_id(parameters),
        reduce_only=_reduce_only(parameters, spot=spot),
        position_side=PositionSide.BOTH if spot else position_side(parameters),
        trigger=trigger,
        quote_quantity=quote_quantity,
    )


def link_id(parameters: Parameters) -> str | None:
    """Read the client's own order id; None when it sent none."""
    text = parameters.optional_text("orderLinkId")
    if text is not None and not _LINK_ID.fullmatch(text):
        raise errors.parameter("OrderLinkId invalid")
    return text


def position_side(parameters: Parameters) -> PositionSide:
    """Read which position an order is for; one-way mode's when nothing is said."""
    index = parameters.optional_integer("positionIdx") or 0
    if index >= len(POSITION_SIDES):
        raise errors.invalid("positionIdx")
    return POSITION_SIDES[index]


def trigger_source(parameters: Parameters, name: str) -> TriggerSource:
    """Read the price a trigger watches; the last price when nothing is said."""
    return TRIGGER_SOURCES[parameters.optional_choice(name, tuple(TRIGGER_SOURCES)) or "LastPrice"]


def _in_quote(parameters: Parameters, side: Side) -> bool:
    unit = parameters.optional_choice("marketUnit", ("baseCoin", "quoteCoin"))
    # The venue's default: buys say what to spend, sells what to give.
    return unit == "quoteCoin" if unit else side is Side.BUY


def _time_in_force(parameters: Parameters, kind: OrderType) -> TimeInForce:
    text = parameters.optional_choice("timeInForce", tuple(TIMES_IN_FORCE))
    if kind is OrderType.MARKET:
        if text == "PostOnly":
            raise errors.parameter("Market orders cannot be PostOnly")
        return TimeInForce.IOC
    return TIMES_IN_FORCE[text or "GTC"]


def _reduce_only(parameters: Parameters, *, spot: bool) -> bool:
    return (parameters.boolean("reduceOnly") or parameters.boolean("closeOnTrigger")) and not spot


def _trigger(parameters: Parameters, *, spot: bool, last_price: Decimal) -> Trigger | None:
    price = parameters.optional_decimal("triggerPrice")
    order_filter = parameters.optional_choice("orderFilter", ORDER_FILTERS)
    if not price:
        if spot and order_filter in {"tpslOrder", "StopOrder"}:
            raise errors.missing("triggerPrice")
        return None
    direction = parameters.optional_integer("triggerDirection")
    if direction is not None and direction not in _RISES:
        raise errors.invalid("triggerDirection")
    if direction is None and not spot:
        raise errors.missing("triggerDirection")
    return Trigger(
        kind=TriggerKind.TAKE_PROFIT if spot and order_filter == "tpslOrder" else TriggerKind.STOP,
        rises=_RISES[direction] if direction is not None else price > last_price,
        price=price,
        source=trigger_source(parameters, "triggerBy"),
    )
