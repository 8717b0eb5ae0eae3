"""Upstream's objects as plain data: snapshots to compare, documents to print."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nautilus_trader.common.enums import LogLevel
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import GenerateOrderStatusReports, GeneratePositionStatusReports
from nautilus_trader.model.events import OrderFilled

from noderun.snapshot import Holding, OpenOrder, Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection

    from nautilus_trader.model.identifiers import InstrumentId, PositionId, StrategyId
    from nautilus_trader.system.kernel import NautilusKernel

_LEGS = frozenset({"LONG", "SHORT"})


def loaded(kernel: NautilusKernel) -> set[str]:
    """Return the ids of the loaded instruments."""
    return {str(instrument_id) for instrument_id in kernel.cache.instrument_ids()}


async def venue_snapshot(kernel: NautilusKernel, client: Any) -> Snapshot:  # noqa: ANN401 any of upstream's execution clients
    """Ask the venue what is open now.

    Raises:
        Exception: Whatever the query raised; a failed query is never an empty answer (guards/failed_queries.py).
    """
    common = {
        "instrument_id": None,
        "start": None,
        "end": None,
        "command_id": UUID4(),
        "ts_init": kernel.clock.timestamp_ns(),
        "log_receipt_level": LogLevel.DEBUG,
    }
    order_reports = await client.generate_order_status_reports(GenerateOrderStatusReports(open_only=True, **common))
    position_reports = await client.generate_position_status_reports(GeneratePositionStatusReports(**common))
    positions: defaultdict[Holding, Decimal] = defaultdict(Decimal)
    for report in position_reports:
        positions[_holding(report.instrument_id, report.venue_position_id)] += report.signed_decimal_qty
    ours = frozenset(kernel.trader.strategy_ids())
    return Snapshot(
        orders={
            str(report.venue_order_id): _open_order(kernel, report, ours) for report in order_reports if report.is_open
        },
        positions={holding: quantity for holding, quantity in positions.items() if quantity},
    )


def cache_snapshot(kernel: NautilusKernel, client: Any) -> Snapshot:  # noqa: ANN401 any of upstream's execution clients
    """Return what the cache has open on the client's account."""
    positions: defaultdict[Holding, Decimal] = defaultdict(Decimal)
    for position in kernel.cache.positions_open(account_id=client.account_id):
        positions[_holding(position.instrument_id, position.id)] += position.signed_decimal_qty()
    orders = [o for o in kernel.cache.orders_open() if o.venue_order_id is not None and _is_of(client, o)]
    ours = frozenset(kernel.trader.strategy_ids())
    return Snapshot(
        orders={str(order.venue_order_id): _open_order(kernel, order, ours) for order in orders},
        positions={holding: quantity for holding, quantity in positions.items() if quantity},
    )


def _holding(instrument_id: InstrumentId, position_id: PositionId | None) -> Holding:
    # Both adapters name a leg of a hedge account after its instrument: `{instrument_id}-LONG`.
    leg = str(position_id).removeprefix(f"{instrument_id}-")
    return Holding(str(instrument_id), leg if leg in _LEGS else "")


def _is_of(client: Any, order: Any) -> bool:  # noqa: ANN401 as above, and any of upstream's order classes
    # Upstream gives an order that it took over from the venue no account (1.231.0), so no index of accounts has it.
    if order.account_id is None:
        return bool(order.instrument_id.venue == client.venue)
    return bool(order.account_id == client.account_id)


def _open_order(kernel: NautilusKernel, source: Any, ours: Collection[StrategyId]) -> OpenOrder:  # noqa: ANN401 an order or a report of one
    client_order_id = source.client_order_id or kernel.cache.client_order_id(source.venue_order_id)
    strategy_id = kernel.cache.strategy_id_for_order(client_order_id) if client_order_id is not None else None
    return OpenOrder(
        venue_order_id=str(source.venue_order_id),
        client_order_id=str(client_order_id) if client_order_id is not None else None,
        instrument_id=str(source.instrument_id),
        ours=strategy_id in ours,
        terms=tuple(_decimal(value) for value in (source.quantity, source.filled_qty, getattr(source, "price", None))),
    )


def positions(kernel: NautilusKernel) -> list[dict[str, str]]:
    """Return the open positions."""
    return [
        {
            "instrument_id": str(position.instrument_id),
            "quantity": str(position.signed_decimal_qty()),
            "avg_px": f"{position.avg_px_open:.12g}",
        }
        for position in kernel.cache.positions_open()
    ]


def dump(kernel: NautilusKernel) -> dict[str, Any]:
    """Return every order, fill and open position in the cache."""
    orders = kernel.cache.orders()
    return {
        "orders": [_order(order) for order in orders],
        "fills": [_fill(event) for order in orders for event in order.events if isinstance(event, OrderFilled)],
        "positions": positions(kernel),
    }


def _order(order: Any) -> dict[str, str | bool | None]:  # noqa: ANN401 any of upstream's order classes
    price = getattr(order, "price", None)
    return {
        "client_order_id": str(order.client_order_id),
        "venue_order_id": _text(order.venue_order_id),
        "instrument_id": str(order.instrument_id),
        "strategy_id": str(order.strategy_id),
        "side": order.side_string(),
        "type": order.type_string(),
        "status": order.status_string(),
        "open": order.is_open or order.is_inflight,
        "price": _text(price),
        "quantity": str(order.quantity),
        "filled_qty": str(order.filled_qty),
    }


def _fill(event: OrderFilled) -> dict[str, str | None]:
    return {
        "trade_id": str(event.trade_id),
        "client_order_id": str(event.client_order_id),
        "venue_order_id": _text(event.venue_order_id),
        "instrument_id": str(event.instrument_id),
        "side": event.order_side.name if hasattr(event.order_side, "name") else str(event.order_side),
        "price": str(event.last_px),
        "quantity": str(event.last_qty),
        "commission": str(event.commission.as_decimal()),
        "commission_currency": str(event.commission.currency),
    }


def _decimal(value: Any) -> Decimal | None:  # noqa: ANN401 upstream's Quantity or Price
    return None if value is None else value.as_decimal()


def _text(value: Any) -> str | None:  # noqa: ANN401 an identifier or a price
    return None if value is None else str(value)
