"""What an account has ordered and traded, as lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.order_fills import fills_of
from simvenue.venues.binance_spot.messages import orders

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call
    from simvenue.venues.binance.parameters import Parameters

DEFAULT_LIST = 500
MAX_LIST = 1000
DAY_MS = 24 * 60 * 60 * 1000


def _time_range(parameters: Parameters) -> tuple[int | None, int | None]:
    start, end = parameters.optional_integer("startTime"), parameters.optional_integer("endTime")
    if start is not None and end is not None and end - start > DAY_MS:
        raise errors.VenueError(-1127, "More than 24 hours between startTime and endTime.")
    return start, end


def open_orders(call: Call) -> list[dict[str, Any]]:
    """All open orders, of one symbol or of all."""
    instrument = call.optional_instrument()
    found = call.venue.exchange.open_orders(call.account, instrument.symbol if instrument else None)
    return [orders.order(call.venue.exchange.instruments[order.symbol], order) for order in found]


def all_orders(call: Call) -> list[dict[str, Any]]:
    """Orders of one symbol, open and closed, oldest first."""
    instrument = call.instrument()
    start, end = _time_range(call.parameters)
    found = call.venue.exchange.all_orders(
        call.account,
        instrument.symbol,
        limit=call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_LIST),
        start_ms=start,
        end_ms=end,
        from_id=call.parameters.optional_integer("orderId"),
    )
    return [orders.order(instrument, order) for order in found]


def my_trades(call: Call) -> list[dict[str, Any]]:
    """Fills of one symbol, oldest first, or those of one order."""
    instrument, parameters = call.instrument(), call.parameters
    start, end = _time_range(parameters)
    limit = parameters.limit(default=DEFAULT_LIST, maximum=MAX_LIST)
    order_id = parameters.optional_integer("orderId")
    from_id = parameters.optional_integer("fromId")
    if order_id is None:
        found = call.venue.exchange.fills(
            call.account, instrument.symbol, start_ms=start, end_ms=end, from_id=from_id, limit=limit
        )
    else:
        found = fills_of(call, order_id, symbol=instrument.symbol, start_ms=start, end_ms=end, from_id=from_id)[:limit]
    return [orders.my_trade(instrument, fill) for fill in found]


def open_orders_weight(parameters: Parameters) -> int:
    """All symbols cost more than one."""
    return 6 if parameters.optional_text("symbol") else 80


def my_trades_weight(parameters: Parameters) -> int:
    """One order costs less than all."""
    return 5 if parameters.optional_text("orderId") else 20


ROUTES = (
    Route("GET", "/api/v3/openOrders", Security.SIGNED, open_orders, open_orders_weight),
    Route("GET", "/api/v3/allOrders", Security.SIGNED, all_orders, 20),
    Route("GET", "/api/v3/myTrades", Security.SIGNED, my_trades, my_trades_weight),
)
