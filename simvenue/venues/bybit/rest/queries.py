"""What an account did: open and closed orders, executions, closed profit; newest first, by pages."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from simvenue.credentials import Permission
from simvenue.venues.bybit import commands, errors, identifiers
from simvenue.venues.bybit.endpoint import Route
from simvenue.venues.bybit.instruments import Category
from simvenue.venues.bybit.messages import orders
from simvenue.venues.bybit.messages.closed_pnl import closed_pnl
from simvenue.venues.bybit.order_request import ORDER_FILTERS, link_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simvenue.exchange.types import Fill, Order
    from simvenue.venues.bybit.endpoint import Call

WEEK_MS = 7 * 86_400_000
RECENT_CLOSED = 500
"""Closed orders the open-order query still shows."""
_CHUNK = 500


def time_range(call: Call) -> tuple[int, int]:
    """Give the range a list covers: seven days at most, the last seven when nothing is said."""
    start, end = call.parameters.optional_integer("startTime"), call.parameters.optional_integer("endTime")
    now = call.venue.clock()
    if start is None and end is None:
        return now - WEEK_MS, now + 1000
    if start is None:
        return max(0, (end or 0) - WEEK_MS), end or 0
    if end is None:
        return start, start + WEEK_MS
    if start > end:
        raise errors.parameter("startTime should not be greater than endTime")
    if end - start > WEEK_MS:
        raise errors.parameter("The time range between startTime and endTime cannot exceed 7 days")
    return start, end


def _backwards[Row: (Order, Fill)](
    fetch: Callable[[int], list[Row]], key: Callable[[Row], tuple[int, int]], end_ms: int, before: int | None
) -> Iterator[Row]:
    # Newest first, read by chunks: a ledger may be long and a page is short.
    while True:
        rows = fetch(end_ms)
        fresh = [row for row in rows if before is None or key(row)[0] < before]
        yield from reversed(fresh)
        if len(rows) < _CHUNK or not fresh:
            return
        before, end_ms = key(fresh[0])


def _orders(call: Call, start_ms: int, end_ms: int, before: int | None) -> Iterator[Order]:
    def fetch(until: int) -> list[Order]:
        return call.venue.exchange.all_orders(call.account, limit=_CHUNK, start_ms=start_ms, end_ms=until)

    return _backwards(fetch, lambda order: (order.order_id, order.created_ms), end_ms, before)


def _fills(call: Call, start_ms: int, end_ms: int, before: int | None) -> Iterator[Fill]:
    def fetch(until: int) -> list[Fill]:
        return call.venue.exchange.fills(call.account, limit=_CHUNK, start_ms=start_ms, end_ms=until)

    return _backwards(fetch, lambda fill: (fill.trade_id, fill.time_ms), end_ms, before)


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


def _executions(call: Call) -> dict[str, Any]:
    chosen = commands.chosen_instruments(call.venue, call.parameters, needs_one=False)
    symbols = {instrument.symbol: instrument for instrument in chosen}
    limit = call.parameters.limit(default=50, maximum=100)
    kind = call.parameters.optional_text("execType")
    order_id, client_id = call.parameters.optional_text("orderId"), link_id(call.parameters)
    number = identifiers.number(order_id) if order_id else None
    matching = (
        fill
        for fill in _fills(call, *time_range(call), _cursor(call))
        if fill.symbol in symbols
        and (not order_id or fill.order_id == number)
        and client_id in {None, fill.client_order_id}
    )
    found = list(islice(matching, limit + 1)) if kind in {None, "Trade"} else []
    rows = []
    for fill in found[:limit]:
        order = call.venue.exchange.order(call.account, fill.symbol, order_id=fill.order_id)
        if order:
            mark = call.venue.exchange.mark_price(fill.symbol)
            rows.append(orders.execution(symbols[fill.symbol], fill, order, mark))
    cursor = str(found[limit - 1].trade_id) if len(found) > limit else ""
    return {"category": call.category().value, "list": rows, "nextPageCursor": cursor}


def _closed_pnl(call: Call) -> dict[str, Any]:
    if call.category() is Category.SPOT:
        raise errors.invalid("category")
    chosen = commands.chosen_instruments(call.venue, call.parameters, needs_one=False)
    symbols = {instrument.symbol: instrument for instrument in chosen}
    limit = call.parameters.limit(default=50, maximum=100)
    before = _cursor(call)
    by_order: dict[int, list[Fill]] = {}
    for fill in _fills(call, *time_range(call), None):
        if fill.symbol in symbols and fill.realized_pnl and (before is None or fill.order_id < before):
            by_order.setdefault(fill.order_id, []).append(fill)
    numbers = sorted(by_order, reverse=True)
    rows = []
    for number in numbers[:limit]:
        fills = by_order[number]
        order = call.venue.exchange.order(call.account, fills[0].symbol, order_id=number)
        if order:
            leverage = call.venue.exchange.leverage(call.account, order.symbol)
            rows.append(closed_pnl(symbols[order.symbol], order, fills, leverage))
    cursor = str(numbers[limit - 1]) if len(numbers) > limit else ""
    return {"category": call.category().value, "list": rows, "nextPageCursor": cursor}


ROUTES = (
    Route("GET", "/v5/order/realtime", Permission.READ, _realtime),
    Route("GET", "/v5/order/history", Permission.READ, _history),
    Route("GET", "/v5/execution/list", Permission.READ, _executions),
    Route("GET", "/v5/position/closed-pnl", Permission.READ, _closed_pnl),
)
