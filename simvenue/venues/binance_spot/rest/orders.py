"""Orders: place, try, cancel, replace, amend, look up, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.filters import check_notional, checked_price, checked_quantity
from simvenue.exchange.types import OrderStatus, Rejection
from simvenue.venues.binance import errors, order_parameters
from simvenue.venues.binance.endpoint import Route, Security, in_venues_words
from simvenue.venues.binance_spot import filters, order_requests
from simvenue.venues.binance_spot.cancel_names import CANCEL_NAME
from simvenue.venues.binance_spot.messages import orders
from simvenue.venues.binance_spot.order_types import SpotOrderType
from simvenue.venues.binance_spot.rest.account import commission

if TYPE_CHECKING:
    from collections.abc import Callable

    from simvenue.exchange.types import Instrument, Order, OrderRequest
    from simvenue.venues.binance.endpoint import Call
    from simvenue.venues.binance.parameters import Parameters

RESPONSE_TYPES = ("ACK", "RESULT", "FULL")
_RESTRICTIONS = {"ONLY_NEW": OrderStatus.NEW, "ONLY_PARTIALLY_FILLED": OrderStatus.PARTIALLY_FILLED}


def place(call: Call) -> dict[str, Any]:
    """Place an order; what the reply tells, ``newOrderRespType`` says."""
    order_type, request = order_requests.read(call)
    response_type = _response_type(call.parameters, order_type)
    return _placed(call, request, response_type)


def _response_type(parameters: Parameters, order_type: SpotOrderType) -> str:
    at_once = order_type in {SpotOrderType.LIMIT, SpotOrderType.MARKET}
    chosen = parameters.optional_text("newOrderRespType") or ("FULL" if at_once else "ACK")
    if chosen not in RESPONSE_TYPES:
        raise errors.malformed("newOrderRespType", "|".join(RESPONSE_TYPES))
    return chosen


def _placed(call: Call, request: OrderRequest, response_type: str) -> dict[str, Any]:
    exchange, instrument = call.venue.exchange, call.instrument()
    filters.check(exchange, request)
    order = exchange.submit(request)
    if response_type == "ACK":
        return orders.acknowledgement(order)
    if response_type == "RESULT":
        return orders.result(instrument, order)
    fills = exchange.fills_of(call.account, [order.order_id]) if order.filled else []
    return orders.full(instrument, order, fills)


def test(call: Call) -> dict[str, Any]:
    """Check an order as far as that can be done without placing it."""
    _, request = order_requests.read(call)
    instrument = call.instrument()
    filters.check(call.venue.exchange, request)
    near = call.venue.exchange.mark_price(instrument.symbol)
    price = near
    if request.price is not None:
        price = checked_price(instrument, request.price, side=request.side, mark=near)
    if request.quote_quantity is None:
        check_notional(instrument, checked_quantity(instrument, request.quantity, request.type), price)
    if not call.parameters.boolean("computeCommissionRates"):
        return {}
    rates = commission(call)
    return {
        "standardCommissionForOrder": _for_order(rates["standardCommission"]),
        "specialCommissionForOrder": _for_order(rates["specialCommission"]),
        "taxCommissionForOrder": _for_order(rates["taxCommission"]),
        "discount": rates["discount"],
    }


def _for_order(rates: dict[str, str]) -> dict[str, str]:
    return {"maker": rates["maker"], "taker": rates["taker"]}


def _found(call: Call, instrument: Instrument, named: Parameters) -> Order | None:
    """The order that is meant; with both ids sent, both must be its own."""
    identity = order_parameters.identity(named)
    order = call.venue.exchange.order(call.account, instrument.symbol, **identity)
    client_order_id = named.optional_text("origClientOrderId")
    if order is not None and client_order_id not in {None, order.client_order_id}:
        raise errors.VenueError(-2039, "Client order ID is not correct for this order ID.")
    return order


def cancel(call: Call) -> dict[str, Any]:
    """Cancel one order."""
    return _canceled(call, call.parameters)


def _canceled(call: Call, named: Parameters) -> dict[str, Any]:
    instrument = call.instrument()
    order = _found(call, instrument, named)
    cancel_id = order_requests.client_order_id(named, "newClientOrderId")
    if order is None or not order.status.is_open:
        raise errors.unknown_order_sent()
    _check_restrictions(named, order)
    with call.app[CANCEL_NAME].during(cancel_id) as name:
        order = call.venue.exchange.cancel(call.account, instrument.symbol, order_id=order.order_id)
    return orders.canceled(instrument, order, name)


def _check_restrictions(named: Parameters, order: Order) -> None:
    restriction = named.optional_text("cancelRestrictions")
    if restriction is None:
        return
    if restriction not in _RESTRICTIONS:
        raise errors.VenueError(-1145, "Invalid cancelRestrictions")
    status = OrderStatus.NEW if order.status is OrderStatus.UNTRIGGERED else order.status
    if status is not _RESTRICTIONS[restriction]:
        raise errors.VenueError(-2011, "Order was not canceled due to cancel restrictions.")


def cancel_all(call: Call) -> list[dict[str, Any]]:
    """Cancel all open orders of one symbol; -2011 when there are none."""
    instrument = call.instrument()
    with call.app[CANCEL_NAME].during(None) as name:
        canceled = call.venue.exchange.cancel_all(call.account, instrument.symbol)
    if not canceled:
        raise errors.unknown_order_sent()
    return [orders.canceled(instrument, order, name) for order in canceled]


def cancel_replace(call: Call) -> dict[str, Any]:
    """Cancel one order and place another; what became of each half stands in the reply."""
    parameters = call.parameters
    mode = parameters.text("cancelReplaceMode")
    if mode not in {"STOP_ON_FAILURE", "ALLOW_FAILURE"}:
        raise errors.malformed("cancelReplaceMode", "STOP_ON_FAILURE|ALLOW_FAILURE")
    order_type, request = order_requests.read(call)
    response_type = _response_type(parameters, order_type)
    canceled, cancel_error = _attempt(lambda: _canceled(call, _cancel_half(parameters)), call)
    placed, place_error = None, None
    attempted = cancel_error is None or mode == "ALLOW_FAILURE"
    if attempted:
        placed, place_error = _attempt(lambda: _placed(call, request, response_type), call)
    data = {
        "cancelResult": "SUCCESS" if cancel_error is None else "FAILURE",
        "newOrderResult": ("SUCCESS" if place_error is None else "FAILURE") if attempted else "NOT_ATTEMPTED",
        "cancelResponse": canceled if cancel_error is None else cancel_error.body(),
        "newOrderResponse": placed if place_error is None else place_error.body(),
    }
    if cancel_error is None and place_error is None:
        return data
    if attempted and (cancel_error is None or place_error is None):
        raise errors.VenueError(-2021, "Order cancel-replace partially failed.", status=409, data=data)
    raise errors.VenueError(-2022, "Order cancel-replace failed.", data=data)


def _cancel_half(parameters: Parameters) -> Parameters:
    names = {
        "cancelOrderId": "orderId",
        "cancelOrigClientOrderId": "origClientOrderId",
        "cancelNewClientOrderId": "newClientOrderId",
        "cancelRestrictions": "cancelRestrictions",
    }
    return type(parameters)(
        {ours: parameters.values[given] for given, ours in names.items() if given in parameters.values}
    )


type Outcome = tuple[dict[str, Any] | None, errors.VenueError | None]


def _attempt(act: Callable[[], dict[str, Any]], call: Call) -> Outcome:
    try:
        return act(), None
    except (errors.VenueError, Rejection) as error:
        return None, in_venues_words(call.venue, error)


def amend(call: Call) -> dict[str, Any]:
    """Make an open order smaller without losing its place; it keeps its client id here."""
    instrument = call.instrument()
    order = _found(call, instrument, call.parameters)
    quantity = order_requests.positive(call.parameters, "newQty", "quantity")
    if order is None or not order.status.is_open:
        raise errors.VenueError(-2038, "Unknown order sent.")
    if quantity == order.quantity:
        raise errors.VenueError(-2038, "The requested action would change no state; rejecting")
    if quantity > order.quantity:
        raise errors.VenueError(-2038, "Order amend (quantity increase) is not supported.")
    amended = call.venue.exchange.amend(call.account, instrument.symbol, order_id=order.order_id, quantity=quantity)
    return orders.amended(instrument, amended)


def query(call: Call) -> dict[str, Any]:
    """One order, open or closed."""
    instrument = call.instrument()
    order = _found(call, instrument, call.parameters)
    if order is None:
        raise errors.no_such_order()
    return orders.order(instrument, order)


def no_list(_call: Call) -> object:
    """Refuse: pairs of orders that cancel each other are not simulated, as ``exchangeInfo`` says."""
    raise errors.VenueError(-2010, "OCO orders are not supported for this symbol")


def no_lists(_call: Call) -> list[Any]:
    """There are no order lists."""
    return []


def no_such_list(_call: Call) -> object:
    """There is none to show."""
    raise errors.VenueError(-2018, "Order list does not exist.")


def no_list_to_cancel(_call: Call) -> object:
    """There is none to cancel."""
    raise errors.unknown_order_sent()


def test_weight(parameters: Parameters) -> int:
    """Working out fees costs more."""
    return 20 if parameters.optional_text("computeCommissionRates") else 1


ROUTES = (
    Route("POST", "/api/v3/order", Security.SIGNED, place, 1, 1),
    Route("POST", "/api/v3/order/test", Security.SIGNED, test, test_weight),
    Route("DELETE", "/api/v3/order", Security.SIGNED, cancel),
    Route("GET", "/api/v3/order", Security.SIGNED, query, 4),
    Route("POST", "/api/v3/order/cancelReplace", Security.SIGNED, cancel_replace, 1, 1),
    Route("PUT", "/api/v3/order/amend/keepPriority", Security.SIGNED, amend, 4),
    Route("DELETE", "/api/v3/openOrders", Security.SIGNED, cancel_all),
    Route("POST", "/api/v3/order/oco", Security.SIGNED, no_list),
    Route("POST", "/api/v3/orderList/oco", Security.SIGNED, no_list),
    Route("POST", "/api/v3/orderList/oto", Security.SIGNED, no_list),
    Route("POST", "/api/v3/orderList/otoco", Security.SIGNED, no_list),
    Route("DELETE", "/api/v3/orderList", Security.SIGNED, no_list_to_cancel),
    Route("GET", "/api/v3/orderList", Security.SIGNED, no_such_list, 4),
    Route("GET", "/api/v3/allOrderList", Security.SIGNED, no_lists, 20),
    Route("GET", "/api/v3/openOrderList", Security.SIGNED, no_lists, 6),
)
