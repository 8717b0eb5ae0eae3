"""From a request's parameters to what the exchange is asked for: regular orders and algo orders."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import (
    ZERO,
    OrderRequest,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
    TriggerSource,
)
from simvenue.venues.binance import errors, order_parameters
from simvenue.venues.binance_futures import conditional, price_match

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.endpoint import Call
    from simvenue.venues.binance.parameters import Parameters

MAX_CLIENT_ORDER_ID = 36
CLIENT_ORDER_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}", re.ASCII)
LEAST_GOOD_TILL_MS = 600_000
LAST_GOOD_TILL_DATE = 253_402_300_799_000
CALLBACK_PERCENT = (Decimal("0.1"), Decimal(10))
_SOURCES = {"CONTRACT_PRICE": TriggerSource.LAST, "MARK_PRICE": TriggerSource.MARK}


def regular(call: Call) -> OrderRequest:
    """What ``POST /fapi/v1/order`` asks for.

    Raises:
        VenueError: the venue's code for the first thing that is wrong; -4120 for types of the algo service.
    """
    parameters, instrument = call.parameters, call.instrument()
    side = order_parameters.side(parameters)
    order_type = _regular_type(parameters.text("type"))
    position_side = _position_side(call)
    limit = order_type is OrderType.LIMIT
    if parameters.boolean("closePosition"):
        raise errors.VenueError(-4136, "Target strategy invalid for orderType MARKET,closePosition true")
    time_in_force = order_parameters.time_in_force(parameters) if limit else TimeInForce.GTC
    return OrderRequest(
        account=call.account,
        symbol=instrument.symbol,
        side=side,
        type=order_type,
        quantity=quantity(parameters, instrument),
        price=_price(call, instrument, side, order_type),
        time_in_force=time_in_force,
        expires_ms=_good_till(call, time_in_force),
        client_order_id=_client_order_id(parameters, "newClientOrderId"),
        reduce_only=_reduce_only(call),
        position_side=position_side,
    )


def algo(call: Call) -> OrderRequest:
    """What ``POST /fapi/v1/algoOrder`` asks for.

    Raises:
        VenueError: the venue's code for the first thing that is wrong.
    """
    parameters, instrument = call.parameters, call.instrument()
    if parameters.text("algoType") != "CONDITIONAL":
        raise errors.invalid_value("algoType")
    side = order_parameters.side(parameters)
    word = parameters.text("type")
    if word not in conditional.TYPES:
        raise errors.VenueError(-1116, "Invalid orderType.")
    kind, order_type = conditional.TYPES[word]
    position_side = _position_side(call)
    close_position = parameters.boolean("closePosition")
    if close_position:
        _check_close_position(parameters, kind, order_type)
    given = parameters.optional_text("timeInForce") is not None
    time_in_force = order_parameters.time_in_force(parameters) if given else TimeInForce.GTC
    limit = order_type is OrderType.LIMIT
    return OrderRequest(
        account=call.account,
        symbol=instrument.symbol,
        side=side,
        type=order_type,
        quantity=ZERO if close_position else quantity(parameters, instrument),
        price=_price(call, instrument, side, order_type),
        time_in_force=time_in_force if limit else TimeInForce.GTC,
        expires_ms=_good_till(call, time_in_force) if limit else None,
        client_order_id=_client_order_id(parameters, "clientAlgoId"),
        reduce_only=_reduce_only(call) or close_position,
        position_side=position_side,
        trigger=_trigger(parameters, instrument, side, kind),
        close_position=close_position,
    )


def price(parameters: Parameters, instrument: Instrument, name: str = "price") -> Decimal:
    """A price; -4001 for zero, -1111 for more decimals than the instrument has."""
    value = parameters.decimal(name)
    if value <= 0:
        code, word = (-4001, "Price") if name == "price" else (-4006, "Stop price")
        raise errors.VenueError(code, f"{word} less than or equal to zero.")
    if order_parameters.places(value) > instrument.price_places:
        raise errors.precision()
    return value


def quantity(parameters: Parameters, instrument: Instrument) -> Decimal:
    """The quantity; -4003 for zero, -1111 for more decimals than the instrument has."""
    value = parameters.decimal("quantity")
    if value <= 0:
        raise errors.VenueError(-4003, "Quantity less than or equal to zero.")
    if order_parameters.places(value) > instrument.quantity_places:
        raise errors.precision()
    return value


def _regular_type(word: str) -> OrderType:
    if word in conditional.TYPES:
        message = "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
        raise errors.VenueError(-4120, message)
    try:
        return OrderType(word)
    except ValueError as error:
        raise errors.VenueError(-1116, "Invalid orderType.") from error


def _price(call: Call, instrument: Instrument, side: Side, order_type: OrderType) -> Decimal | None:
    parameters = call.parameters
    match = parameters.optional_text("priceMatch") or "NONE"
    if order_type is OrderType.MARKET and match != "NONE":
        raise errors.VenueError(-5038, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT")
    if order_type is OrderType.MARKET or match != "NONE":
        if parameters.optional_text("price"):
            raise errors.VenueError(-1106, "Parameter 'price' sent when not required.")
        return None if match == "NONE" else price_match.price(call.venue.exchange, instrument.symbol, side, match)
    return price(parameters, instrument)


def _position_side(call: Call) -> PositionSide:
    word = call.parameters.optional_text("positionSide") or PositionSide.BOTH
    try:
        return PositionSide(word)
    except ValueError as error:
        raise errors.VenueError(-4060, "Invalid position side.") from error


def _reduce_only(call: Call) -> bool:
    # In hedge mode the position side says it all, and the venue takes no reduceOnly at all.
    position_side = call.parameters.optional_text("positionSide") or PositionSide.BOTH
    if position_side != PositionSide.BOTH and call.parameters.optional_text("reduceOnly"):
        raise errors.VenueError(-1106, "Parameter 'reduceonly' sent when not required.")
    return call.parameters.boolean("reduceOnly")


def _client_order_id(parameters: Parameters, name: str) -> str | None:
    value = parameters.optional_text(name)
    if value is not None and not CLIENT_ORDER_ID.fullmatch(value):
        if len(value) > MAX_CLIENT_ORDER_ID:
            raise errors.VenueError(-4015, "Client order id length should be less than 36 chars")
        raise errors.malformed(name, r"^[\.A-Z\:/a-z0-9_-]{1,36}$")
    return value


def _good_till(call: Call, time_in_force: TimeInForce) -> int | None:
    if time_in_force is not TimeInForce.GTD:
        return None
    # The venue keeps seconds only.
    expires_ms = call.parameters.integer("goodTillDate") // 1000 * 1000
    if not call.venue.clock() + LEAST_GOOD_TILL_MS < expires_ms < LAST_GOOD_TILL_DATE:
        message = "The goodTillDate timestamp must be greater than the current time plus 600 seconds"
        raise errors.VenueError(-5040, f"{message} and smaller than {LAST_GOOD_TILL_DATE}")
    return expires_ms


def _check_close_position(parameters: Parameters, kind: TriggerKind, order_type: OrderType) -> None:
    if order_type is OrderType.LIMIT or kind is TriggerKind.TRAILING:
        word = parameters.text("type")
        raise errors.VenueError(-4136, f"Target strategy invalid for orderType {word},closePosition true")
    if parameters.optional_text("quantity"):
        raise errors.VenueError(-4137, "Quantity must be zero with closePosition equals true")
    if parameters.optional_text("reduceOnly"):
        raise errors.VenueError(-1106, "Parameter 'reduceonly' sent when not required.")


def _trigger(parameters: Parameters, instrument: Instrument, side: Side, kind: TriggerKind) -> Trigger:
    source = _SOURCES.get(parameters.optional_text("workingType") or "CONTRACT_PRICE")
    if source is None:
        raise errors.VenueError(-4031, "Invalid working type")
    # A stop goes with the market, a take profit against it, a trailing stop behind it.
    rises = (side is Side.BUY) is not (kind is TriggerKind.TAKE_PROFIT)
    if kind is not TriggerKind.TRAILING:
        return Trigger(kind=kind, rises=rises, price=price(parameters, instrument, "triggerPrice"), source=source)
    percent = parameters.decimal("callbackRate")
    least, most = CALLBACK_PERCENT
    if not least <= percent <= most:
        raise errors.VenueError(-2007, "Invalid callBack rate.")
    name = "activatePrice" if parameters.optional_text("activatePrice") else "activationPrice"
    activation = price(parameters, instrument, name) if parameters.optional_text(name) else None
    return Trigger(kind=kind, rises=rises, source=source, activation_price=activation, callback_rate=percent / 100)
