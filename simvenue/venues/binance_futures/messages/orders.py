"""Orders and fills: the REST objects and the ORDER_TRADE_UPDATE, TRADE_LITE and ACCOUNT_UPDATE events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO, Execution, OrderStatus, Side
from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Fill, Instrument, Order, OrderEvent, Position


def order(instrument: Instrument, value: Order) -> dict[str, Any]:
    """An order as GET, DELETE and PUT ``/fapi/v1/order`` and the lists answer it."""
    return {
        "orderId": value.order_id,
        "symbol": value.symbol,
        "status": value.status.value,
        "clientOrderId": value.client_order_id,
        "price": decimals.price(instrument, value.price),
        "avgPrice": decimals.amount(value.average_price),
        "origQty": decimals.quantity(instrument, value.quantity),
        "executedQty": decimals.quantity(instrument, value.filled),
        "cumQty": decimals.quantity(instrument, value.filled),
        "cumQuote": decimals.amount(value.quote_filled),
        "timeInForce": value.time_in_force.value,
        "type": value.type.value,
        "reduceOnly": value.reduce_only,
        "closePosition": False,
        "side": value.side.value,
        "positionSide": "BOTH",
        "stopPrice": decimals.price(instrument, ZERO),
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": value.type.value,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": 0,
        "time": value.created_ms,
        "updateTime": value.updated_ms,
    }


def acknowledgement(instrument: Instrument, value: Order) -> dict[str, Any]:
    """The reply to a submit with ``newOrderRespType=ACK``: the order as it arrived, before any fill."""
    return order(instrument, value) | {
        "status": OrderStatus.NEW.value,
        "avgPrice": decimals.amount(ZERO),
        "executedQty": decimals.quantity(instrument, ZERO),
        "cumQty": decimals.quantity(instrument, ZERO),
        "cumQuote": decimals.amount(ZERO),
        "updateTime": value.created_ms,
    }


def user_trade(instrument: Instrument, value: Fill) -> dict[str, Any]:
    """A fill as ``/fapi/v1/userTrades`` lists it."""
    return {
        "symbol": value.symbol,
        "id": value.trade_id,
        "orderId": value.order_id,
        "side": value.side.value,
        "price": decimals.price(instrument, value.price),
        "qty": decimals.quantity(instrument, value.quantity),
        "realizedPnl": decimals.amount(value.realized_pnl),
        "quoteQty": decimals.amount(value.price * value.quantity),
        "commission": decimals.amount(value.commission),
        "commissionAsset": value.commission_asset,
        "time": value.time_ms,
        "positionSide": "BOTH",
        "buyer": value.side is Side.BUY,
        "maker": value.is_maker,
    }


def user_events(instrument: Instrument, event: OrderEvent, mark: Decimal, now_ms: int) -> list[dict[str, Any]]:
    """The user events of one happening, in the venue's order: account, trade, order."""
    update = _order_trade_update(instrument, event, now_ms)
    if event.execution is not Execution.TRADE or event.fill is None:
        return [update]
    return [
        _account_update(instrument, event, event.fill.commission_asset, mark, now_ms),
        _trade_lite(instrument, event.order, event.fill, event.time_ms, now_ms),
        update,
    ]


def _order_trade_update(instrument: Instrument, event: OrderEvent, now_ms: int) -> dict[str, Any]:
    value, fill = event.order, event.fill
    details: dict[str, Any] = {
        "s": value.symbol,
        "c": value.client_order_id,
        "S": value.side.value,
        "o": value.type.value,
        "f": value.time_in_force.value,
        "q": decimals.quantity(instrument, value.quantity),
        "p": decimals.price(instrument, value.price),
        "ap": decimals.amount(value.average_price),
        "sp": decimals.price(instrument, ZERO),
        "x": event.execution.value,
        "X": value.status.value,
        "i": value.order_id,
        "l": decimals.quantity(instrument, fill.quantity if fill else ZERO),
        "z": decimals.quantity(instrument, value.filled),
        "L": decimals.price(instrument, fill.price if fill else ZERO),
        "T": event.time_ms,
        "t": fill.trade_id if fill else 0,
        "b": "0",
        "a": "0",
        "m": bool(fill and fill.is_maker),
        "R": value.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": value.type.value,
        "ps": "BOTH",
        "cp": False,
        "rp": decimals.amount(fill.realized_pnl if fill else ZERO),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
    }
    if fill:
        details |= {"N": fill.commission_asset, "n": decimals.amount(fill.commission)}
    return {"e": "ORDER_TRADE_UPDATE", "E": now_ms, "T": event.time_ms, "o": details}


def _trade_lite(instrument: Instrument, value: Order, fill: Fill, time_ms: int, now_ms: int) -> dict[str, Any]:
    return {
        "e": "TRADE_LITE",
        "E": now_ms,
        "T": time_ms,
        "s": value.symbol,
        "q": decimals.quantity(instrument, value.quantity),
        "p": decimals.price(instrument, value.price),
        "m": fill.is_maker,
        "c": value.client_order_id,
        "S": value.side.value,
        "L": decimals.price(instrument, fill.price),
        "l": decimals.quantity(instrument, fill.quantity),
        "t": fill.trade_id,
        "i": value.order_id,
    }


def _account_update(
    instrument: Instrument, event: OrderEvent, asset: str, mark: Decimal, now_ms: int
) -> dict[str, Any]:
    wallet = decimals.amount(event.balances.get(asset, ZERO))
    changed = [] if event.position is None else [_position(instrument, event.position, mark)]
    return {
        "e": "ACCOUNT_UPDATE",
        "E": now_ms,
        "T": event.time_ms,
        "a": {"m": "ORDER", "B": [{"a": asset, "wb": wallet, "cw": wallet, "bc": "0"}], "P": changed},
    }


def _position(instrument: Instrument, position: Position, mark: Decimal) -> dict[str, Any]:
    return {
        "s": position.symbol,
        "pa": decimals.quantity(instrument, position.quantity),
        "ep": decimals.amount(position.entry_price),
        "bep": decimals.amount(position.entry_price),
        "cr": decimals.amount(position.realized_pnl),
        "up": decimals.amount((mark - position.entry_price) * position.quantity),
        "mt": "cross",
        "iw": "0",
        "ps": "BOTH",
    }
