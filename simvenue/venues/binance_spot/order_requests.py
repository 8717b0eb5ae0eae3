"""What a new order's parameters ask for: every type, its mandatory and its forbidden parameters."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.types import OrderRequest, OrderType, Side, TimeInForce, Trigger, TriggerKind
from simvenue.venues.binance import errors, order_parameters
from simvenue.venues.binance_spot.messages.instruments import MAX_TRAILING_DELTA, MIN_TRAILING_DELTA
from simvenue.venues.binance_spot.messages.orders import BASIS_POINTS, SELF_TRADE_PREVENTION
from simvenue.venues.binance_spot.order_types import SpotOrderType

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call
    from simvenue.venues.binance.parameters import Parameters

PLACES = 8
_CLIENT_ORDER_ID = re.compile(r"[a-zA-Z0-9_.:/-]{1,36}", re.ASCII)


def read(call: Call) -> tuple[SpotOrderType, OrderRequest]:
    """The order that is asked for, with its type in the venue's words.

    Raises:
        VenueError: -1102, -1106, -1111, -1013, -1115, -1116, -1117, -1121, -1128 or -2010 for what cannot be asked.
    """
    parameters, instrument = call.parameters, call.instrument()
    side = order_parameters.side(parameters)
    order_type = _type(parameters)
    _refuse_unsupported(parameters)
    quantity, quote_quantity = _quantities(parameters, order_type)
    return order_type, OrderRequest(
        account=call.account,
        symbol=instrument.symbol,
        side=side,
        type=OrderType.LIMIT if order_type.has_price else OrderType.MARKET,
        quantity=quantity,
        quote_quantity=quote_quantity,
        price=_only_if(parameters, "price", wanted=order_type.has_price),
        time_in_force=_time_in_force(parameters, order_type),
        client_order_id=client_order_id(parameters, "newClientOrderId"),
        trigger=_trigger(parameters, order_type, side),
    )


def _type(parameters: Parameters) -> SpotOrderType:
    try:
        return SpotOrderType(parameters.text("type"))
    except ValueError as error:
        raise errors.VenueError(-1116, "Invalid orderType.") from error


def client_order_id(parameters: Parameters, name: str) -> str | None:
    """A client order id, or None when absent; -1100 for one with characters or a length it may not have."""
    value = parameters.optional_text(name)
    if value is not None and not _CLIENT_ORDER_ID.fullmatch(value):
        raise errors.malformed(name, "^[a-zA-Z0-9-_]{1,36}$")
    return value


def positive(parameters: Parameters, name: str, words: str) -> Decimal:
    """A number above 0 with at most 8 decimals; ``words`` name it in the refusal of 0."""
    value = parameters.decimal(name)
    if value <= 0:
        raise errors.VenueError(-1013, f"Invalid {words}.")
    if order_parameters.places(value) > PLACES:
        raise errors.VenueError(-1111, f"Parameter '{name}' has too much precision.")
    return value


def not_required(name: str) -> errors.VenueError:
    """A parameter that this order type does not take."""
    return errors.VenueError(-1106, f"Parameter '{name}' sent when not required.")


def _only_if(parameters: Parameters, name: str, *, wanted: bool) -> Decimal | None:
    if wanted:
        return positive(parameters, name, name)
    if parameters.optional_text(name):
        raise not_required(name)
    return None


def _quantities(parameters: Parameters, order_type: SpotOrderType) -> tuple[Decimal, Decimal | None]:
    amount = parameters.optional_text("quoteOrderQty")
    if amount is None:
        if order_type is SpotOrderType.MARKET and parameters.optional_text("quantity") is None:
            message = "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"
            raise errors.VenueError(-1102, message)
        return positive(parameters, "quantity", "quantity"), None
    if order_type is not SpotOrderType.MARKET:
        raise not_required("quoteOrderQty")
    if parameters.optional_text("quantity"):
        raise errors.VenueError(-1128, "Combination of optional parameters invalid.")
    return Decimal(0), positive(parameters, "quoteOrderQty", "quoteOrderQty")


def _time_in_force(parameters: Parameters, order_type: SpotOrderType) -> TimeInForce:
    if not order_type.has_time_in_force:
        if parameters.optional_text("timeInForce"):
            raise not_required("timeInForce")
        return TimeInForce.GTX if order_type is SpotOrderType.LIMIT_MAKER else TimeInForce.GTC
    value = order_parameters.time_in_force(parameters)
    if value not in {TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK}:
        raise errors.VenueError(-1115, "Invalid timeInForce.")
    return value


def _trigger(parameters: Parameters, order_type: SpotOrderType, side: Side) -> Trigger | None:
    stop_price, delta = parameters.optional_text("stopPrice"), parameters.optional_integer("trailingDelta")
    if not order_type.is_conditional:
        for name, value in (("stopPrice", stop_price), ("trailingDelta", delta)):
            if value is not None:
                raise not_required(name)
        return None
    if stop_price is None and delta is None:
        message = "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!"
        raise errors.VenueError(-1102, message)
    price = positive(parameters, "stopPrice", "stopPrice") if stop_price is not None else None
    if delta is not None:
        # The exchange knows when to start following for taking profits only: at a better price.
        if order_type.is_stop == (price is not None):
            raise errors.VenueError(-1128, "Combination of optional parameters invalid.")
        if not MIN_TRAILING_DELTA <= delta <= MAX_TRAILING_DELTA:
            raise errors.VenueError(-1013, "Filter failure: TRAILING_DELTA")
        # What trails turns against the best price: a buy fires on a rise, a sale on a fall.
        return Trigger(
            kind=TriggerKind.TRAILING,
            rises=side is Side.BUY,
            activation_price=price,
            callback_rate=Decimal(delta) / BASIS_POINTS,
        )
    stops = order_type.is_stop
    return Trigger(
        kind=TriggerKind.STOP if stops else TriggerKind.TAKE_PROFIT, rises=stops == (side is Side.BUY), price=price
    )


def _refuse_unsupported(parameters: Parameters) -> None:
    if parameters.optional_text("icebergQty") and parameters.decimal("icebergQty"):
        raise errors.VenueError(-2010, "Iceberg orders are not supported for this symbol.")
    if parameters.optional_text("pegPriceType"):
        raise errors.VenueError(-2010, "Pegged orders are not supported for this symbol.")
    prevention = parameters.optional_text("selfTradePreventionMode")
    if prevention not in {None, SELF_TRADE_PREVENTION}:
        raise errors.VenueError(-2010, "This symbol does not allow the specified self-trade prevention mode.")
    strategy_type = parameters.optional_integer("strategyType")
    if strategy_type is not None and strategy_type < 1_000_000:  # noqa: PLR2004 - the bound its error text names
        raise errors.VenueError(-1134, "Strategy type was less than 1000000.")
