"""An account's orders, open and closed; newest first, by pages."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from simvenue.credentials import Permission
from simvenue.venues.bybit import commands, identifiers
from simvenue.venues.bybit.endpoint import Route
from simvenue.venues.bybit.messages import orders
from simvenue.venues.bybit.order_request import ORDER_FILTERS, link_id
from simvenue.venues.bybit.rest.paging import CHUNK, backwards, time_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simvenue.exchange.types import Order
    from simvenue.venues.bybit.endpoint import Call

RECENT_CLOSED = 500
"""Closed orders the open-order query still shows."""


def _orders(call: Call, start_ms: int, end_ms: int, before: int | None) -> Iterator[Order]:
    def fetch(until: int) -> list[Order]:
        return call.venue.exchange.all_orders(call.account, limit=CHUNK, start_ms=start_ms, end_ms=until)

    return backwards(fetch, lambda order: (order.order_id, order.created_ms), end_ms, before)


def _cursor(call: Call) -> int | None:
    return call.parameters.optional_integer("cursor")


def _named_order(call: Call, symbols: set[str]) -> list[Order] | None:
    # The order a request names by one of its ids; None when it names none.
    order_id, client_id = call.parameters.optional_text("orderId"), link_id(call.parameters)
    if not order_id and not client_id:
        return None
    number = identifiers.number(order_id) if order_id else None
    if order_id and number is None:
        return []
    for symbol in sorted(symbols):
        found = call.venue.exchange.order(call.account, symbol, order_id=number, client_order_id=client_id)
        if found:
            return [found]
    return []


def _documents(call: Call, found: list[Order]) -> list[dict[str, Any]]:
    fees = call.venue.fees.of(found)
    listed = call.venue.exchange.instruments
    return [
        orders.order(listed[order.symbol], order, fees[order.order_id])
        | call.venue.attached.words(listed[order.symbol], order)
        for order in found
    ]


def _refused(call: Call, symbols: set[str]) -> list[dict[str, Any]]:
    order_id, client_id = call.parameters.optional_text("orderId"), call.parameters.optional_text("orderLinkId")
    return [
        document
        for document in call.venue.refused.of(call.account, symbols)
        if (order_id or client_id)
        and (document["orderId"] == order_id or (not order_id and document["orderLinkId"] == client_id))
    ]


def _page(call: Call, found: list[Order], limit: int) -> dict[str, Any]:
    page = found[:limit]
    cursor = str(page[-1].order_id) if len(found) > limit else ""
    return {"category": call.category().value, "list": _documents(call, page), "nextPageCursor": cursor}


def _realtime(call: Call) -> dict[str, Any]:
    named = any(call.parameters.optional_text(name) for name in ("orderId", "orderLinkId"))
    chosen = commands.chosen_instruments(call.venue, call.parameters, needs_one=not named)
    symbols = {instrument.symbol: instrument for instrument in chosen}
    limit = call.parameters.limit(default=20, maximum=50)
    wanted = call.parameters.optional_choice("orderFilter", ORDER_FILTERS)
    before = _cursor(call)
    one = _named_order(call, set(symbols))
    if one is not None:
        found = [order for order in one if passes_filter(call, order, wanted)]
        result = _page(call, found, limit)
        return result | {"list": result["list"] or _refused(call, set(symbols))}
    closed_too = call.parameters.optional_integer("openOnly") or 0
    if closed_too:
        now = call.venue.clock()
        recent = islice(_orders(call, 0, now + 1000, before), RECENT_CLOSED)
        listed = [order for order in recent if not order.status.is_open]
    else:
        opened = reversed(call.venue.exchange.open_orders(call.account))
        listed = [order for order in opened if before is None or order.order_id < before]
    matching = [order for order in listed if order.symbol in symbols and passes_filter(call, order, wanted)]
    return _page(call, matching[: limit + 1], limit)


def passes_filter(call: Call, order: Order, wanted: str | None) -> bool:
    """Whether an order is of the kind the request wants."""
    return commands.passes(call.venue.exchange.instruments[order.symbol], order, wanted)


def _history(call: Call) -> dict[str, Any]:
    chosen = commands.chosen_instruments(call.venue, call.parameters, needs_one=False)
    symbols = {instrument.symbol for instrument in chosen}
    limit = call.parameters.limit(default=20, maximum=50)
    wanted = call.parameters.optional_choice("orderFilter", ORDER_FILTERS)
    status = call.parameters.optional_text("orderStatus")
    one = _named_order(call, symbols)
    if one is not None:
        result = _page(call, [order for order in one if passes_filter(call, order, wanted)], limit)
        return result | {"list": result["list"] or _refused(call, symbols)}
    matching = (
        order
        for order in _orders(call, *time_range(call), _cursor(call))
        if order.symbol in symbols
        and not order.status.is_open
        and passes_filter(call, order, wanted)
        and status in {None, orders.status(call.venue.exchange.instruments[order.symbol], order)}
    )
    return _page(call, list(islice(matching, limit + 1)), limit)


ROUTES = (
    Route("GET", "/v5/order/realtime", Permission.READ, _realtime),
    Route("GET", "/v5/order/history", Permission.READ, _history),
)
