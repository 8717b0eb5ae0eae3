"""A closing order's profit as ``/v5/position/closed-pnl`` lists it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import ZERO, OrderType
from simvenue.venues.bybit import decimals, identifiers
from simvenue.venues.bybit.instruments import category_of
from simvenue.venues.bybit.messages.orders import SIDES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simvenue.exchange.types import Fill, Instrument, Order


def closed_pnl(instrument: Instrument, order: Order, fills: Sequence[Fill], leverage: int) -> dict[str, str]:
    """Describe what an order closed.

    Args:
        instrument: What it traded.
        order: The closing order.
        fills: Those of its fills that closed something; never empty.
        leverage: The account's leverage in the instrument.
    """
    size = sum((fill.quantity for fill in fills), ZERO)
    exit_value = sum((fill.price * fill.quantity for fill in fills), ZERO)
    profit = sum((fill.realized_pnl for fill in fills), ZERO)
    fees = sum((fill.commission for fill in fills), ZERO)
    # A sell closes what was bought: its entry was worth the exit less the profit.
    entry_value = exit_value + order.side.sign * profit
    return {
        "symbol": instrument.wire_name,
        "orderType": "Market" if order.type is OrderType.MARKET else "Limit",
        "leverage": str(leverage),
        "updatedTime": str(order.updated_ms),
        "side": SIDES[order.side],
        "orderId": identifiers.order_id(category_of(instrument), order.order_id),
        "closedPnl": decimals.plain(profit - fees),
        "openFee": "0",
        "closeFee": decimals.plain(fees),
        "avgEntryPrice": decimals.price(instrument, entry_value / size),
        "qty": decimals.quantity(instrument, order.quantity),
        "cumEntryValue": decimals.plain(entry_value),
        "orderPrice": decimals.price(instrument, order.price),
        "closedSize": decimals.quantity(instrument, size),
        "avgExitPrice": decimals.price(instrument, exit_value / size),
        "execType": "Trade",
        "fillCount": str(len(fills)),
        "cumExitValue": decimals.plain(exit_value),
        "createdTime": str(order.created_ms),
    }
