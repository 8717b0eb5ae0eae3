"""What an account traded and paid: executions, funding among them, and the profit of orders that closed something."""

from __future__ import annotations

import heapq
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from simvenue.credentials import Permission
from simvenue.exchange.types import Fill
from simvenue.venues.bybit import commands, errors, identifiers
from simvenue.venues.bybit.endpoint import Route
from simvenue.venues.bybit.instruments import Category
from simvenue.venues.bybit.messages import funding, orders
from simvenue.venues.bybit.messages.closed_pnl import closed_pnl
from simvenue.venues.bybit.order_request import link_id
from simvenue.venues.bybit.rest.paging import CHUNK, backwards, time_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simvenue.exchange.contracts import FundingPayment
    from simvenue.exchange.types import Instrument
    from simvenue.venues.bybit.endpoint import Call

type Row = Fill | FundingPayment

_CURSOR = re.compile(r"([0-9]{1,16})-([01])-([0-9]{1,18})", re.ASCII)


def _fills(call: Call, start_ms: int, end_ms: int, before: int | None) -> Iterator[Fill]:
    def fetch(until: int) -> list[Fill]:
        return call.venue.exchange.fills(call.account, limit=CHUNK, start_ms=start_ms, end_ms=until)

    return backwards(fetch, lambda fill: (fill.trade_id, fill.time_ms), end_ms, before)


def _fills_of(call: Call, order_ids: list[int], start_ms: int, end_ms: int) -> Iterator[Fill]:
    found = call.venue.exchange.fills_of(call.account, order_ids)
    return (fill for fill in reversed(found) if start_ms <= fill.time_ms <= end_ms)


def _payments(call: Call, start_ms: int, end_ms: int) -> Iterator[FundingPayment]:
    def fetch(until: int) -> list[FundingPayment]:
        return call.venue.exchange.funding(call.account, limit=CHUNK, start_ms=start_ms, end_ms=until)

    return backwards(fetch, lambda payment: (payment.payment_id, payment.time_ms), end_ms, None)


def _place(row: Row) -> tuple[int, int, int]:
    # Where a row stands in the list; trades and payments are numbered each by themselves.
    return (row.time_ms, 0, row.trade_id) if isinstance(row, Fill) else (row.time_ms, 1, row.payment_id)


def _after(call: Call) -> tuple[int, int, int] | None:
    text = call.parameters.optional_text("cursor")
    if text is None:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise errors.invalid("cursor")
    return int(found[1]), int(found[2]), int(found[3])


def _executions(call: Call) -> dict[str, Any]:
    chosen = commands.chosen_instruments(call.venue, call.parameters, needs_one=False)
    symbols = {instrument.symbol: instrument for instrument in chosen}
    limit = call.parameters.limit(default=50, maximum=100)
    kind = call.parameters.optional_text("execType")
    order_id, client_id = call.parameters.optional_text("orderId"), link_id(call.parameters)
    number = identifiers.number(order_id) if order_id else None
    start, end = time_range(call)
    after = _after(call)
    end = end if after is None else min(end, after[0])
    if kind not in {None, "Trade"}:
        fills: Iterator[Fill] = iter(())
    elif order_id:
        found_fills = _fills_of(call, [] if number is None else [number], start, end)
        fills = (fill for fill in found_fills if client_id in {None, fill.client_order_id})
    elif client_id is not None:
        named = (call.venue.exchange.order(call.account, symbol, client_order_id=client_id) for symbol in symbols)
        fills = _fills_of(call, [order.order_id for order in named if order], start, end)
    else:
        fills = _fills(call, start, end, None)
    payments = _payments(call, start, end) if kind in {None, "Funding"} and not (order_id or client_id) else iter(())
    merged: Iterator[Row] = heapq.merge(fills, payments, key=_place, reverse=True)
    matching = (row for row in merged if row.symbol in symbols and (after is None or _place(row) < after))
    found = list(islice(matching, limit + 1))
    rows = [_document(call, symbols[row.symbol], row) for row in found[:limit]]
    cursor = "-".join(map(str, _place(found[limit - 1]))) if len(found) > limit else ""
    return {"category": call.category().value, "list": rows, "nextPageCursor": cursor}


def _document(call: Call, instrument: Instrument, row: Row) -> dict[str, Any]:
    if not isinstance(row, Fill):
        return funding.execution(instrument, row)
    order = call.venue.exchange.order(call.account, row.symbol, order_id=row.order_id)
    if order is None:
        raise LookupError(f"no order {row.order_id} of fill {row.trade_id}")
    return orders.execution(instrument, row, order, call.venue.exchange.mark_price(row.symbol))


def _closed_pnl(call: Call) -> dict[str, Any]:
    if call.category() is Category.SPOT:
        raise errors.invalid("category")
    chosen = commands.chosen_instruments(call.venue, call.parameters, needs_one=False)
    symbols = {instrument.symbol: instrument for instrument in chosen}
    limit = call.parameters.limit(default=50, maximum=100)
    before = call.parameters.optional_integer("cursor")
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
    Route("GET", "/v5/execution/list", Permission.READ, _executions),
    Route("GET", "/v5/position/closed-pnl", Permission.READ, _closed_pnl),
)
