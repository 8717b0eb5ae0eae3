"""The user events: executionReport and outboundAccountPosition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO, Execution, OrderStatus, RejectReason, TimeInForce
from simvenue.venues.binance import decimals
from simvenue.venues.binance_spot.messages import orders
from simvenue.venues.binance_spot.order_types import time_in_force_of, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from simvenue.exchange.types import Instrument, OrderEvent

# A trigger makes an order new in the book; everything else is the venue's own word.
_EXECUTIONS = {Execution.TRIGGERED: "NEW", Execution.AMENDMENT: "REPLACED"}
_REJECT_REASONS = {
    RejectReason.INSUFFICIENT_BALANCE: "INSUFFICIENT_BALANCES",
    RejectReason.WOULD_TAKE: "WOULD_MATCH_IMMEDIATELY",
    RejectReason.WOULD_TRIGGER: "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY",
}
NO_TRADE = -1


def execution_report(
    instrument: Instrument, event: OrderEvent, *, cancel_id: str | None, now_ms: int
) -> dict[str, Any]:
    """What happened to an order; ``cancel_id`` is the client id of the request that canceled it."""
    value, fill = event.order, event.fill
    canceled = event.execution is Execution.CANCELED
    working = orders.working_ms(value)
    report: dict[str, Any] = {
        "e": "executionReport",
        "E": now_ms,
        "s": value.symbol,
        "c": cancel_id if canceled and cancel_id else value.client_order_id,
        "S": value.side.value,
        "o": type_of(value).value,
        "f": time_in_force_of(value).value,
        "q": decimals.quantity(instrument, value.quantity),
        "p": decimals.price(instrument, value.price),
        "P": orders.conditional_fields(instrument, value).get("stopPrice", decimals.price(instrument, ZERO)),
        "F": decimals.quantity(instrument, ZERO),
        "g": orders.NO_LIST,
        "C": value.client_order_id if canceled else "",
        "x": _EXECUTIONS.get(event.execution, event.execution.value),
        "X": orders.status(value),
        "r": _REJECT_REASONS.get(event.reason, "NONE") if event.reason else "NONE",
        "i": value.order_id,
        "l": decimals.quantity(instrument, fill.quantity if fill else ZERO),
        "z": decimals.quantity(instrument, value.filled),
        "L": decimals.price(instrument, fill.price if fill else ZERO),
        "n": decimals.amount(fill.commission) if fill else "0",
        "N": fill.commission_asset if fill else None,
        "T": event.time_ms,
        "t": fill.trade_id if fill else NO_TRADE,
        "I": fill.trade_id if fill else value.order_id,
        "w": working is not None and value.status.is_open,
        "m": bool(fill and fill.is_maker),
        "M": bool(fill),
        "O": value.created_ms,
        "Z": decimals.amount(value.quote_filled),
        "Y": decimals.amount(fill.price * fill.quantity if fill else ZERO),
        "Q": decimals.amount(value.quote_quantity),
        "V": orders.SELF_TRADE_PREVENTION,
    }
    if working is not None:
        report["W"] = working
    if value.trigger is not None and value.trigger.callback_rate is not None:
        report["d"] = int(value.trigger.callback_rate * orders.BASIS_POINTS)
        if value.trigger.extreme is not None:
            report["D"] = value.created_ms
    if value.status in {OrderStatus.EXPIRED, OrderStatus.REJECTED}:
        report["eR"] = _expiry_reason(event)
    return report


def _expiry_reason(event: OrderEvent) -> str:
    if event.reason is not None:
        return "REJECTED"
    return {
        TimeInForce.IOC: "UNFILLED_IOC_QUANTITY_EXPIRED",
        TimeInForce.FOK: "UNFILLED_FOK_ORDER_EXPIRED",
    }.get(event.order.time_in_force, "INSUFFICIENT_LIQUIDITY")


def account_position(
    assets: Iterable[str], free: Mapping[str, Decimal], locked: Mapping[str, Decimal], *, time_ms: int, now_ms: int
) -> dict[str, Any]:
    """What an account holds of the assets that may have changed."""
    return {
        "e": "outboundAccountPosition",
        "E": now_ms,
        "u": time_ms,
        "B": [
            {
                "a": asset,
                "f": decimals.amount(free.get(asset, ZERO)),
                "l": decimals.amount(locked.get(asset, ZERO)),
            }
            for asset in assets
        ],
    }
