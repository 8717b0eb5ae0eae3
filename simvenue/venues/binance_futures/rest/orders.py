"""Single orders: submit, test, amend, cancel, look up; and cancelling all of a symbol, now or by a countdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Rejection, RejectReason
from simvenue.venues.binance import errors, order_parameters
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.venue import VENUE
from simvenue.venues.binance_futures import conditional, open_order_limits, price_match
from simvenue.venues.binance_futures.countdown import COUNTDOWNS
from simvenue.venues.binance_futures.messages import orders
from simvenue.venues.binance_futures.rest import order_requests

if TYPE_CHECKING:
    from aiohttp import web

    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Order
    from simvenue.venues.binance.endpoint import Call

RESPONSE_TYPES = {"ACK": orders.acknowledgement, "RESULT": orders.order}


def submit(call: Call) -> dict[str, Any]:
    """Place an order; answers the acknowledgement, or with ``newOrderRespType=RESULT`` the outcome."""
    request = order_requests.regular(call)
    answer = RESPONSE_TYPES.get(call.parameters.optional_text("newOrderRespType") or "ACK")
    if answer is None:
        raise errors.VenueError(-1136, "Invalid newOrderRespType")
    open_order_limits.check(call.venue.exchange, request)
    return answer(call.instrument(), call.venue.exchange.submit(request))


def test(call: Call) -> dict[str, Any]:
    """Read an order as `submit` does, and place nothing."""
    order_requests.regular(call)
    return {}


def amend(call: Call) -> dict[str, Any]:
    """Change price and quantity of a resting order."""
    instrument, side = call.instrument(), order_parameters.side(call.parameters)
    known = find(call)
    if known is None:
        raise errors.no_such_order()
    if known.side is not side:
        raise errors.invalid_value("side")
    word = call.parameters.optional_text("priceMatch") or "NONE"
    order = call.venue.exchange.amend(
        call.account,
        instrument.symbol,
        order_id=known.order_id,
        quantity=order_requests.quantity(call.parameters, instrument),
        price=order_requests.price(call.parameters, instrument)
        if word == "NONE"
        else price_match.price(call.venue.exchange, instrument.symbol, side, word),
    )
    return orders.order(instrument, order)


def cancel(call: Call) -> dict[str, Any]:
    """Cancel one order."""
    known = find(call)
    if known is None:
        raise errors.unknown_order_sent()
    try:
        order = call.venue.exchange.cancel(call.account, known.symbol, order_id=known.order_id)
    except Rejection as rejection:
        if rejection.reason is RejectReason.UNKNOWN_ORDER:
            raise errors.unknown_order_sent() from rejection
        raise
    return orders.order(call.instrument(), order)


def cancel_all(call: Call) -> dict[str, int | str]:
    """Cancel all open orders of one symbol; those of the algo service stay."""
    _cancel_matching(call.venue.exchange, call.account, call.instrument().symbol)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _cancel_matching(exchange: Exchange, account: str, symbol: str) -> None:
    for order in exchange.open_orders(account, symbol):
        if conditional.is_matching(order):
            exchange.cancel(account, symbol, order_id=order.order_id)


def cancel_after(call: Call) -> dict[str, str]:
    """Cancel all open orders of one symbol when ``countdownTime`` milliseconds pass without another call; 0 stops."""
    symbol, wait_ms = call.instrument().symbol, call.parameters.integer("countdownTime")
    deadline_ms = call.venue.clock() + wait_ms if wait_ms else None
    call.app[COUNTDOWNS].set(call.account, symbol, deadline_ms)
    return {"symbol": symbol, "countdownTime": str(wait_ms)}


def cancel_due(app: web.Application) -> None:
    """Carry out the countdowns that are over."""
    venue = app[VENUE]
    for account, symbol in app[COUNTDOWNS].take_due(venue.clock()):
        _cancel_matching(venue.exchange, account, symbol)


def query(call: Call) -> dict[str, Any]:
    """One order, open or closed."""
    order = find(call)
    if order is None:
        raise errors.no_such_order()
    return orders.order(call.instrument(), order)


def query_open(call: Call) -> dict[str, Any]:
    """One open order."""
    order = find(call)
    if order is None or not order.status.is_open:
        raise errors.no_such_order()
    return orders.order(call.instrument(), order)


def find(call: Call) -> Order | None:
    """The order that is meant; one that only ever waited for its price belongs to the algo service."""
    identity = order_parameters.identity(call.parameters)
    order = call.venue.exchange.order(call.account, call.instrument().symbol, **identity)
    return order if order is not None and conditional.is_matching(order) else None


ROUTES = (
    Route("POST", "/fapi/v1/order", Security.SIGNED, submit, orders=1),
    Route("POST", "/fapi/v1/order/test", Security.SIGNED, test),
    Route("PUT", "/fapi/v1/order", Security.SIGNED, amend, orders=1),
    Route("DELETE", "/fapi/v1/order", Security.SIGNED, cancel),
    Route("GET", "/fapi/v1/order", Security.SIGNED, query),
    Route("GET", "/fapi/v1/openOrder", Security.SIGNED, query_open),
    Route("DELETE", "/fapi/v1/allOpenOrders", Security.SIGNED, cancel_all),
    Route("POST", "/fapi/v1/countdownCancelAll", Security.SIGNED, cancel_after, weight=10),
)
