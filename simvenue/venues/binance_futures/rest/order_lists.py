"""Lists of orders and fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.order_fills import fills_of
from simvenue.venues.binance_futures import conditional
from simvenue.venues.binance_futures.messages import orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from simvenue.exchange.types import Order
    from simvenue.venues.binance.endpoint import Call
    from simvenue.venues.binance.parameters import Parameters

MAX_LIST = 1000
DEFAULT_LIST = 500
MAX_FORCED = 100
DEFAULT_FORCED = 50
ALL_SYMBOLS_WEIGHT = 40
MAX_RANGE_MS = 7 * 24 * 60 * 60 * 1000


def symbol_or_all(parameters: Parameters) -> int:
    """The weight of a list of open orders: of one symbol, or of all."""
    return 1 if parameters.optional_text("symbol") else ALL_SYMBOLS_WEIGHT


def time_range(parameters: Parameters) -> tuple[int | None, int | None]:
    """``startTime`` and ``endTime``; -1023 when they are the wrong way round, -4165 when a week does not hold them."""
    start, end = parameters.optional_integer("startTime"), parameters.optional_integer("endTime")
    if start is not None and end is not None:
        if start > end:
            raise errors.VenueError(-1023, "Start time is greater than end time.")
        if end - start > MAX_RANGE_MS:
            raise errors.VenueError(-4165, "Invalid time interval, maximum time interval is 7 days")
    return start, end


def history(
    call: Call, wanted: Callable[[Order], bool], *, symbol: str | None, limit: int, from_id: int | None
) -> list[Order]:
    """The orders that are wanted, oldest first: the first ``limit`` from ``from_id`` on, else the last ones."""
    start, end = time_range(call.parameters)

    def read(most: int | None) -> list[Order]:
        return call.venue.exchange.all_orders(
            call.account, symbol, limit=most, start_ms=start, end_ms=end, from_id=from_id
        )

    found = read(limit)
    page = [order for order in found if wanted(order)]
    if len(page) < len(found) == limit:
        # Others took the places: only a look at all of them finds enough.
        page = [order for order in read(None) if wanted(order)]
    return page[:limit] if from_id is not None else page[-limit:]


def list_open(call: Call) -> list[dict[str, Any]]:
    """All open orders, of one symbol or of all."""
    instrument = call.optional_instrument()
    found = call.venue.exchange.open_orders(call.account, instrument.symbol if instrument else None)
    return _rows(call, [order for order in found if conditional.is_matching(order)])


def list_all(call: Call) -> list[dict[str, Any]]:
    """Orders of one symbol, open and closed, oldest first."""
    found = history(
        call,
        conditional.is_matching,
        symbol=call.instrument().symbol,
        limit=call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_LIST),
        from_id=call.parameters.optional_integer("orderId"),
    )
    return _rows(call, found)


def list_forced(call: Call) -> list[dict[str, Any]]:
    """Orders by which the venue closed the account's positions."""
    instrument = call.optional_instrument()
    kind = call.parameters.optional_text("autoCloseType")
    if kind not in {None, "LIQUIDATION", "ADL"}:
        raise errors.invalid_value("autoCloseType")
    limit = call.parameters.limit(default=DEFAULT_FORCED, maximum=MAX_FORCED)
    symbol = instrument.symbol if instrument else None
    found = history(call, conditional.is_liquidation, symbol=symbol, limit=limit, from_id=None)
    return [] if kind == "ADL" else _rows(call, found)


def _rows(call: Call, found: list[Order]) -> list[dict[str, Any]]:
    return [orders.order(call.venue.exchange.instruments[order.symbol], order) for order in found]


def list_trades(call: Call) -> list[dict[str, Any]]:
    """Fills of one symbol, oldest first."""
    instrument = call.instrument()
    start, end = time_range(call.parameters)
    order_id = call.parameters.optional_integer("orderId")
    limit = call.parameters.limit(default=DEFAULT_LIST, maximum=MAX_LIST)
    from_id = call.parameters.optional_integer("fromId")
    if order_id is None:
        found = call.venue.exchange.fills(
            call.account, instrument.symbol, start_ms=start, end_ms=end, from_id=from_id, limit=limit
        )
    else:
        found = fills_of(call, order_id, symbol=instrument.symbol, start_ms=start, end_ms=end, from_id=from_id)[-limit:]
    return [orders.user_trade(instrument, fill) for fill in found]


ROUTES = (
    Route(
        "GET", "/fapi/v1/openOrders", Security.SIGNED, list_open, weight=lambda p: 1 if p.values.get("symbol") else 40
    ),
    Route("GET", "/fapi/v1/allOrders", Security.SIGNED, list_all, weight=5),
    Route("GET", "/fapi/v1/userTrades", Security.SIGNED, list_trades, weight=5),
    Route("GET", "/fapi/v1/forceOrders", Security.SIGNED, list_forced, weight=20),
)
