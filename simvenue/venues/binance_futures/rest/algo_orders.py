"""Algo orders, which wait for a price before the matching engine gets them: submit, cancel, look up, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import OrderStatus
from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance_futures import conditional, open_order_limits
from simvenue.venues.binance_futures.messages import algo_orders
from simvenue.venues.binance_futures.rest import order_requests
from simvenue.venues.binance_futures.rest.order_lists import DEFAULT_LIST, MAX_LIST, history, symbol_or_all

if TYPE_CHECKING:
    from simvenue.exchange.types import Order
    from simvenue.venues.binance.endpoint import Call


def submit(call: Call) -> dict[str, Any]:
    """Place an algo order; answers it as it arrived."""
    request = order_requests.algo(call)
    open_order_limits.check(call.venue.exchange, request)
    order = call.venue.exchange.submit(request)
    return algo_orders.algo_order(call.instrument(), order)


def cancel(call: Call) -> dict[str, Any]:
    """Cancel one that still waits; once triggered it is an order like others."""
    order = _find(call)
    if order is None or order.status is not OrderStatus.UNTRIGGERED:
        raise errors.unknown_order_sent()
    return algo_orders.cancelled(call.venue.exchange.cancel(call.account, order.symbol, order_id=order.order_id))


def cancel_all(call: Call) -> dict[str, int | str]:
    """Cancel all of one symbol that still wait."""
    exchange, symbol = call.venue.exchange, call.instrument().symbol
    for order in _waiting(call, symbol):
        exchange.cancel(call.account, symbol, order_id=order.order_id)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def query(call: Call) -> dict[str, Any]:
    """One algo order, at any time of its life."""
    order = _find(call)
    if order is None:
        raise errors.no_such_order()
    return algo_orders.algo_order(call.venue.exchange.instruments[order.symbol], order)


def list_open(call: Call) -> list[dict[str, Any]]:
    """All that wait, of one symbol or of all."""
    if (call.parameters.optional_text("algoType") or "CONDITIONAL") != "CONDITIONAL":
        raise errors.invalid_value("algoType")
    instrument = call.optional_instrument()
    found = _waiting(call, instrument.symbol if instrument else None)
    wanted = _algo_id(call)
    return _rows(call, [order for order in found if wanted in {None, order.order_id}])


def list_all(call: Call) -> list[dict[str, Any]]:
    """Those of one symbol at any time of their lives, oldest first."""
    found = history(
        call,
        lambda order: order.trigger is not None,
        symbol=call.instrument().symbol,
        limit=call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_LIST),
        from_id=_algo_id(call),
    )
    return _rows(call, found)


def _algo_id(call: Call) -> int | None:
    value = call.parameters.optional_integer("algoId")
    return None if value is None else conditional.order_id(value)


def _waiting(call: Call, symbol: str | None) -> list[Order]:
    found = call.venue.exchange.open_orders(call.account, symbol)
    return [order for order in found if order.status is OrderStatus.UNTRIGGERED]


def _find(call: Call) -> Order | None:
    # The venue asks for no symbol here: an algo id, or a client's own id, is enough.
    order_id, client_order_id = _algo_id(call), call.parameters.optional_text("clientAlgoId")
    if order_id is None and client_order_id is None:
        message = "Param 'algoid' or 'clientalgoid' must be sent, but both were empty/null!"
        raise errors.VenueError(-1102, message)
    exchange = call.venue.exchange
    identity = {"client_order_id": client_order_id} if order_id is None else {"order_id": order_id}
    found = (exchange.order(call.account, symbol, **identity) for symbol in exchange.instruments)
    return next((order for order in found if order is not None and order.trigger is not None), None)


def _rows(call: Call, found: list[Order]) -> list[dict[str, Any]]:
    return [algo_orders.algo_order(call.venue.exchange.instruments[order.symbol], order) for order in found]


ROUTES = (
    Route("POST", "/fapi/v1/algoOrder", Security.SIGNED, submit, orders=1),
    Route("DELETE", "/fapi/v1/algoOrder", Security.SIGNED, cancel),
    Route("GET", "/fapi/v1/algoOrder", Security.SIGNED, query),
    Route("GET", "/fapi/v1/openAlgoOrders", Security.SIGNED, list_open, weight=symbol_or_all),
    Route("GET", "/fapi/v1/allAlgoOrders", Security.SIGNED, list_all, weight=5),
    Route("DELETE", "/fapi/v1/algoOpenOrders", Security.SIGNED, cancel_all),
)
