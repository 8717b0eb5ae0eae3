"""Orders and executions: one document each for REST and for the private topics, which ask for a few fields more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import (
    ZERO,
    InstrumentKind,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)
from simvenue.venues.bybit import decimals, identifiers
from simvenue.venues.bybit.instruments import Category, category_of

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Fill, Instrument, Order

SIDES = {Side.BUY: "Buy", Side.SELL: "Sell"}
POSITION_INDEX = {PositionSide.BOTH: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}
TIMES_IN_FORCE = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.GTX: "PostOnly",
    TimeInForce.GTD: "GTC",
}
TRIGGER_SOURCES = {
    TriggerSource.LAST: "LastPrice",
    TriggerSource.MARK: "MarkPrice",
    TriggerSource.INDEX: "IndexPrice",
}
_STATUS = {
    OrderStatus.UNTRIGGERED: "Untriggered",
    OrderStatus.NEW: "New",
    OrderStatus.PARTIALLY_FILLED: "PartiallyFilled",
    OrderStatus.FILLED: "Filled",
    OrderStatus.REJECTED: "Rejected",
}


def status(instrument: Instrument, value: Order) -> str:
    """Give an order's status in the venue's words; what ended unfilled has several, by market and history."""
    known = _STATUS.get(value.status)
    if known:
        return known
    if value.trigger and value.triggered_ms is None:
        return "Deactivated"
    spot = instrument.kind is InstrumentKind.SPOT
    return "PartiallyFilledCanceled" if spot and value.filled else "Cancelled"


def ending(value: Order) -> tuple[str, str]:
    """Give ``cancelType`` and ``rejectReason``."""
    match value.status:
        case OrderStatus.CANCELED:
            return "CancelByUser", "EC_PerCancelRequest"
        case OrderStatus.REJECTED:
            return "UNKNOWN", "EC_Others"
        case OrderStatus.EXPIRED:
            return _expiry(value)
    return "UNKNOWN", "EC_NoError"


def _expiry(value: Order) -> tuple[str, str]:
    if value.time_in_force is TimeInForce.GTX and not value.filled:
        return "UNKNOWN", "EC_PostOnlyWillTakeLiquidity"
    if value.time_in_force is TimeInForce.FOK:
        return "UNKNOWN", "EC_NoEnoughQtyToFill"
    if value.time_in_force is TimeInForce.IOC or value.type is OrderType.MARKET:
        return "UNKNOWN", "EC_NoImmediateQtyToFill"
    return ("CancelByReduceOnly", "EC_PerCancelRequest") if value.reduce_only else ("CancelBySmp", "EC_BySelfMatch")


def stop_type(instrument: Instrument, value: Order) -> str:
    """Give ``stopOrderType``; empty for an order that never waited for a price."""
    trigger = value.trigger
    if trigger is None:
        return ""
    if trigger.kind is TriggerKind.TRAILING:
        return "TrailingStop"
    profit = trigger.kind is TriggerKind.TAKE_PROFIT
    if instrument.kind is InstrumentKind.SPOT:
        return "tpslOrder" if profit else "Stop"
    protects = "TakeProfit" if profit else "StopLoss"
    return protects if value.close_position else "Stop"


def order(instrument: Instrument, value: Order, fees: Decimal) -> dict[str, Any]:
    """Describe an order; ``fees`` is what its fills cost so far."""
    category = category_of(instrument)
    cancel_type, reject_reason = ending(value)
    trigger = value.trigger
    open_quantity = value.remaining if value.status.is_open else ZERO
    asked = value.quote_quantity
    return {
        "orderId": identifiers.order_id(category, value.order_id),
        "orderLinkId": link_id(value),
        "category": category.value,
        "symbol": instrument.wire_name,
        "price": decimals.price(instrument, value.price) if value.price else "0",
        "qty": decimals.plain(asked) if asked is not None else decimals.quantity(instrument, value.quantity),
        "side": SIDES[value.side],
        "isLeverage": "0" if category is Category.SPOT else "",
        "positionIdx": POSITION_INDEX[value.position_side],
        "orderStatus": status(instrument, value),
        "createType": "CreateByUser",
        "cancelType": cancel_type,
        "rejectReason": reject_reason,
        "avgPrice": decimals.plain(value.average_price) if value.filled else "",
        "leavesQty": decimals.quantity(instrument, open_quantity),
        "leavesValue": decimals.plain(open_quantity * (value.price or ZERO)),
        "cumExecQty": decimals.quantity(instrument, value.filled),
        "cumExecValue": decimals.plain(value.quote_filled),
        "cumExecFee": decimals.plain(fees),
        "closedPnl": "0",
        "feeCurrency": _fee_currency(instrument, value.side) if category is Category.SPOT else "",
        "timeInForce": TIMES_IN_FORCE[value.time_in_force] if value.type is OrderType.LIMIT else "IOC",
        "orderType": "Market" if value.type is OrderType.MARKET else "Limit",
        "stopOrderType": stop_type(instrument, value),
        "ocoTriggerBy": "",
        "orderIv": "",
        "marketUnit": "" if category is not Category.SPOT else "quoteCoin" if asked is not None else "baseCoin",
        "triggerPrice": decimals.price_or_empty(instrument, trigger.price if trigger else None),
        "takeProfit": "",
        "stopLoss": "",
        "tpslMode": "Full" if value.close_position else "",
        "tpLimitPrice": "",
        "slLimitPrice": "",
        "tpTriggerBy": "",
        "slTriggerBy": "",
        "triggerDirection": (1 if trigger.rises else 2) if trigger else 0,
        "triggerBy": TRIGGER_SOURCES[trigger.source] if trigger else "",
        "lastPriceOnCreated": "",
        "reduceOnly": value.reduce_only,
        "closeOnTrigger": value.close_position,
        "placeType": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "blockTradeId": "",
        "createdTime": str(value.created_ms),
        "updatedTime": str(value.updated_ms),
    }


def link_id(value: Order) -> str:
    """Give the client's own id; the venue has none for orders that came without."""
    made_up = value.client_order_id == f"x-{value.order_id}"
    return "" if made_up else value.client_order_id


def _fee_currency(instrument: Instrument, side: Side) -> str:
    return instrument.base if side is Side.BUY else instrument.quote


def execution(instrument: Instrument, fill: Fill, value: Order, mark: Decimal) -> dict[str, Any]:
    """Describe one fill of an order."""
    category = category_of(instrument)
    spot = category is Category.SPOT
    price = decimals.price(instrument, mark)
    closed = abs(fill.quantity) if fill.realized_pnl else ZERO
    return {
        "category": category.value,
        "symbol": instrument.wire_name,
        "orderId": identifiers.order_id(category, fill.order_id),
        "orderLinkId": link_id(value),
        "side": SIDES[fill.side],
        "orderPrice": decimals.price(instrument, value.price),
        "orderQty": decimals.quantity(instrument, value.quantity),
        "leavesQty": decimals.quantity(instrument, value.remaining if value.status.is_open else ZERO),
        "orderType": "Market" if value.type is OrderType.MARKET else "Limit",
        "stopOrderType": stop_type(instrument, value) or "UNKNOWN",
        "createType": "CreateByUser",
        "isLeverage": "0",
        "execFee": decimals.plain(fill.commission),
        "execFeeV2": "",
        "execId": identifiers.execution_id(category, fill.trade_id),
        "execPrice": decimals.price(instrument, fill.price),
        "execQty": decimals.quantity(instrument, fill.quantity),
        "execType": "Trade",
        "execValue": decimals.plain(fill.price * fill.quantity),
        "execTime": str(fill.time_ms),
        # Clients end themselves over an empty one: linear pays in the quote currency, spot in what is received.
        "feeCurrency": fill.commission_asset,
        "isMaker": fill.is_maker,
        "feeRate": decimals.plain(instrument.maker_fee if fill.is_maker else instrument.taker_fee),
        "tradeIv": "",
        "markIv": "",
        "markPrice": "" if spot else price,
        "indexPrice": "" if spot else price,
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": "" if spot else decimals.quantity(instrument, closed),
        "execPnl": decimals.plain(fill.realized_pnl),
        "marketUnit": "",
        "extraFees": "",
        "seq": fill.trade_id,
    }
