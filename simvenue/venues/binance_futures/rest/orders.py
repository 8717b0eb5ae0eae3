"""Orders: submit, amend, cancel, look up, list."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import OrderRequest, OrderType, Rejection, RejectReason, TimeInForce
from simvenue.venues.binance import errors, order_parameters
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.parameters import MAX_INTEGER
from simvenue.venues.binance_futures.messages import orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from simvenue.exchange.types import Instrument, Order
    from simvenue.venues.binance.endpoint import Call

MAX_BATCH = 10
MAX_CLIENT_ORDER_ID = 36
MAX_LIST = 1000
DEFAULT_LIST = 500
_CLIENT_ORDER_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}", re.ASCII)
_CONDITIONAL = frozenset({"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"})


def submit(call: Call) -> dict[str, Any]:
    """Place an order; answers the acknowledgement, or with ``newOrderRespType=RESULT`` the outcome."""
    request = _request(call)
    response_type = call.parameters.optional_text("newOrderRespType") or "ACK"
    if response_type not in {"ACK", "RESULT"}:
        raise errors.invalid_value("newOrderRespType")
    instrument = call.instrument()
    order = call.venue.exchange.submit(request)
    return (orders.order if response_type == "RESULT" else orders.acknowledgement)(instrument, order)


def _request(call: Call) -> OrderRequest:
    parameters, instrument = call.parameters, call.instrument()
    side = order_parameters.side(call.parameters)
    order_type = _type(parameters.text("type"))
    _refuse_unsupported(call)
    limit = order_type is OrderType.LIMIT
    if not limit and parameters.optional_text("price"):
        raise errors.VenueError(-1106, "Parameter 'price' sent when not required.")
    client_order_id = parameters.optional_text("newClientOrderId")
    if client_order_id is not None and not _CLIENT_ORDER_ID.fullmatch(client_order_id):
        if len(client_order_id) > MAX_CLIENT_ORDER_ID:
            raise errors.VenueError(-4015, "Client order id length should be less than 36 chars")
        raise errors.malformed("newClientOrderId", r"^[\.A-Z\:/a-z0-9_-]{1,36}$")
    return OrderRequest(
        account=call.account,
        symbol=instrument.symbol,
        side=side,
        type=order_type,
        quantity=_quantity(call, instrument),
        price=_price(call, instrument) if limit else None,
        time_in_force=order_parameters.time_in_force(parameters) if limit else TimeInForce.GTC,
        client_order_id=client_order_id,
        reduce_only=parameters.boolean("reduceOnly"),
    )


def _refuse_unsupported(call: Call) -> None:
    position_side = call.parameters.optional_text("positionSide") or "BOTH"
    if position_side not in {"BOTH", "LONG", "SHORT"}:
        raise errors.invalid_value("positionSide")
    if position_side != "BOTH":
        raise errors.VenueError(-4061, "Order's position side does not match user's setting.")
    if (call.parameters.optional_text("priceMatch") or "NONE") != "NONE":
        raise errors.not_supported()


def _type(name: str) -> OrderType:
    if name in _CONDITIONAL:
        message = "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
        raise errors.VenueError(-4120, message)
    try:
        return OrderType(name)
    except ValueError as error:
        raise errors.VenueError(-1116, "Invalid orderType.") from error


def _price(call: Call, instrument: Instrument) -> Decimal:
    value = call.parameters.decimal("price")
    if value <= 0:
        raise errors.VenueError(-4001, "Price less than or equal to zero.")
    if order_parameters.places(value) > instrument.price_places:
        raise errors.precision()
    return value


def _quantity(call: Call, instrument: Instrument) -> Decimal:
    value = call.parameters.decimal("quantity")
    if value <= 0:
        raise errors.VenueError(-4003, "Quantity less than or equal to zero.")
    if order_parameters.places(value) > instrument.quantity_places:
        raise errors.precision()
    return value


def amend(call: Call) -> dict[str, Any]:
    """Change price and quantity of a resting order."""
    instrument, side, identity = (
        call.instrument(),
        order_parameters.side(call.parameters),
        order_parameters.identity(call.parameters),
    )
    quantity, price = _quantity(call, instrument), _price(call, instrument)
    known = call.venue.exchange.order(call.account, instrument.symbol, **identity)
    if known is None:
        raise errors.no_such_order()
    if known.side is not side:
        raise errors.invalid_value("side")
    order = call.venue.exchange.amend(call.account, instrument.symbol, quantity=quantity, price=price, **identity)
    return orders.order(instrument, order)


def cancel(call: Call) -> dict[str, Any]:
    """Cancel one order."""
    instrument = call.instrument()
    return _cancel(call, instrument, order_parameters.identity(call.parameters))


def _cancel(call: Call, instrument: Instrument, identity: order_parameters.Identity) -> dict[str, Any]:
    try:
        return orders.order(instrument, call.venue.exchange.cancel(call.account, instrument.symbol, **identity))
    except Rejection as rejection:
        if rejection.reason is RejectReason.UNKNOWN_ORDER:
            raise errors.unknown_order_sent() from rejection
        raise


def cancel_all(call: Call) -> dict[str, int | str]:
    """Cancel all open orders of one symbol."""
    call.venue.exchange.cancel_all(call.account, call.instrument().symbol)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def cancel_batch(call: Call) -> list[dict[str, Any]]:
    """Cancel up to ten orders; the reply has one element for each, in the order asked."""
    instrument = call.instrument()
    if call.parameters.optional_text("orderIdList"):
        identities: list[order_parameters.Identity] = [
            {"order_id": value} for value in _id_list(call, "orderIdList", _is_order_id)
        ]
    else:
        names = _id_list(call, "origClientOrderIdList", _is_client_order_id)
        identities = [{"client_order_id": value} for value in names]
    replies: list[dict[str, Any]] = []
    for identity in identities:
        try:
            replies.append(_cancel(call, instrument, identity))
        except errors.VenueError as error:
            replies.append(error.body())
    return replies


def _is_order_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def _is_client_order_id(value: object) -> bool:
    return isinstance(value, str) and _CLIENT_ORDER_ID.fullmatch(value) is not None


def _id_list(call: Call, name: str, is_id: Callable[[object], bool]) -> list[Any]:
    try:
        values = json.loads(call.parameters.text(name))
    except (ValueError, RecursionError) as error:
        raise errors.invalid_value(name) from error
    if not isinstance(values, list) or not 1 <= len(values) <= MAX_BATCH or not all(map(is_id, values)):
        raise errors.invalid_value(name)
    return values


def query(call: Call) -> dict[str, Any]:
    """One order, open or closed."""
    instrument = call.instrument()
    order = call.venue.exchange.order(call.account, instrument.symbol, **order_parameters.identity(call.parameters))
    if order is None:
        raise errors.no_such_order()
    return orders.order(instrument, order)


def query_open(call: Call) -> dict[str, Any]:
    """One open order."""
    instrument = call.instrument()
    order = call.venue.exchange.order(call.account, instrument.symbol, **order_parameters.identity(call.parameters))
    if order is None or not order.status.is_open:
        raise errors.no_such_order()
    return orders.order(instrument, order)


def list_open(call: Call) -> list[dict[str, Any]]:
    """All open orders, of one symbol or of all."""
    instrument = call.optional_instrument()
    found = call.venue.exchange.open_orders(call.account, instrument.symbol if instrument else None)
    return _rows(call, found)


def list_all(call: Call) -> list[dict[str, Any]]:
    """Orders of one symbol, open and closed, oldest first."""
    found = call.venue.exchange.all_orders(
        call.account,
        call.instrument().symbol,
        limit=call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_LIST),
        start_ms=call.parameters.optional_integer("startTime"),
        end_ms=call.parameters.optional_integer("endTime"),
        from_id=call.parameters.optional_integer("orderId"),
    )
    return _rows(call, found)


def _rows(call: Call, found: list[Order]) -> list[dict[str, Any]]:
    return [orders.order(call.venue.exchange.instruments[order.symbol], order) for order in found]


def list_trades(call: Call) -> list[dict[str, Any]]:
    """Fills of one symbol, oldest first."""
    instrument = call.instrument()
    found = call.venue.exchange.fills(
        call.account,
        instrument.symbol,
        start_ms=call.parameters.optional_integer("startTime"),
        end_ms=call.parameters.optional_integer("endTime"),
        from_id=call.parameters.optional_integer("fromId"),
        limit=call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_LIST),
    )
    return [orders.user_trade(instrument, fill) for fill in found]


ROUTES = (
    Route("POST", "/fapi/v1/order", Security.SIGNED, submit),
    Route("PUT", "/fapi/v1/order", Security.SIGNED, amend),
    Route("DELETE", "/fapi/v1/order", Security.SIGNED, cancel),
    Route("GET", "/fapi/v1/order", Security.SIGNED, query),
    Route("GET", "/fapi/v1/openOrder", Security.SIGNED, query_open),
    Route("DELETE", "/fapi/v1/allOpenOrders", Security.SIGNED, cancel_all),
    Route("DELETE", "/fapi/v1/batchOrders", Security.SIGNED, cancel_batch),
    Route("GET", "/fapi/v1/openOrders", Security.SIGNED, list_open),
    Route("GET", "/fapi/v1/allOrders", Security.SIGNED, list_all),
    Route("GET", "/fapi/v1/userTrades", Security.SIGNED, list_trades),
)
