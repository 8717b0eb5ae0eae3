"""Orders and fills: the REST objects and the ORDER_TRADE_UPDATE, TRADE_LITE and ACCOUNT_UPDATE events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO, Execution, OrderStatus, Side
from simvenue.venues.binance import decimals
from simvenue.venues.binance_futures import conditional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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
        "closePosition": value.close_position,
        "side": value.side.value,
        "positionSide": value.position_side.value,
        "stopPrice": _stop_price(instrument, value),
        "workingType": conditional.working_type(value),
        "priceProtect": False,
        "origType": conditional.original_type(value),
        "priceMatch": "NONE",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "goodTillDate": value.expires_ms or 0,
        # The matching engine has a conditional order since it was triggered.
        "time": value.triggered_ms or value.created_ms,
        "updateTime": value.updated_ms,
    }


def _stop_price(instrument: Instrument, value: Order) -> str:
    return decimals.price(instrument, value.trigger.price if value.trigger else ZERO)


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
        "positionSide": value.position_side.value,
        "buyer": value.side is Side.BUY,
        "maker": value.is_maker,
    }


def trade_events(instrument: Instrument, event: OrderEvent, mark: Decimal, now_ms: int) -> list[dict[str, Any]]:
    """The user events about an order in the matching engine, in the venue's sequence: account, trade, order."""
    update = _order_trade_update(instrument, event, now_ms)
    if event.execution is not Execution.TRADE or event.fill is None:
        return [update]
    changed = [] if event.position is None else [event.position]
    return [
        account_update(
            "ORDER",
            balances={event.fill.commission_asset: event.balances.get(event.fill.commission_asset, ZERO)},
            positions=[position(instrument, value, mark) for value in changed],
            time_ms=event.time_ms,
            now_ms=now_ms,
        ),
        _trade_lite(instrument, event.order, event.fill, event.time_ms, now_ms),
        update,
    ]


def _execution(event: OrderEvent) -> str:
    if event.execution is Execution.TRADE and conditional.is_liquidation(event.order):
        return "CALCULATED"
    # The matching engine sees a triggered order as a new one.
    return "NEW" if event.execution is Execution.TRIGGERED else event.execution.value


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
        "sp": _stop_price(instrument, value),
        "x": _execution(event),
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
        "wt": conditional.working_type(value),
        "ot": conditional.original_type(value),
        "ps": value.position_side.value,
        "cp": value.close_position,
        "rp": decimals.amount(fill.realized_pnl if fill else ZERO),
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": value.expires_ms or 0,
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


def account_update(
    reason: str,
    *,
    balances: Mapping[str, Decimal],
    positions: Sequence[dict[str, Any]],
    time_ms: int,
    now_ms: int,
    change: Decimal = ZERO,
) -> dict[str, Any]:
    """The ACCOUNT_UPDATE event.

    Args:
        reason: The venue's word for why, e.g. ORDER or FUNDING_FEE.
        balances: Wallets that changed, as of now.
        positions: What `position` made of the positions that changed.
        time_ms: When it happened.
        now_ms: The venue's time.
        change: What the wallets gained besides profits and fees (default 0).
    """
    rows = [
        {"a": asset, "wb": decimals.amount(wallet), "cw": decimals.amount(wallet), "bc": decimals.amount(change)}
        for asset, wallet in balances.items()
    ]
    details = {"m": reason, "B": rows, "P": list(positions)}
    return {"e": "ACCOUNT_UPDATE", "E": now_ms, "T": time_ms, "a": details}


def position(instrument: Instrument, value: Position, mark: Decimal, *, isolated: bool = False) -> dict[str, Any]:
    """A position as ACCOUNT_UPDATE tells it."""
    return {
        "s": value.symbol,
        "pa": decimals.quantity(instrument, value.quantity),
        "ep": decimals.amount(value.entry_price),
        "bep": decimals.amount(value.entry_price),
        "cr": decimals.amount(value.realized_pnl),
        "up": decimals.amount((mark - value.entry_price) * value.quantity),
        "mt": "isolated" if isolated else "cross",
        "iw": "0",
        "ps": value.position_side.value,
    }


def leverage_update(symbol: str, leverage: int, time_ms: int) -> dict[str, Any]:
    """The ACCOUNT_CONFIG_UPDATE event of a new leverage."""
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": time_ms, "T": time_ms, "ac": {"s": symbol, "l": leverage}}


def force_order(instrument: Instrument, event: OrderEvent, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@forceOrder``."""
    value = event.order
    return {
        "e": "forceOrder",
        "E": now_ms,
        "o": {
            "s": value.symbol,
            "S": value.side.value,
            "o": value.type.value,
            "f": value.time_in_force.value,
            "q": decimals.quantity(instrument, value.quantity),
            "p": decimals.price(instrument, value.price or value.average_price),
            "ap": decimals.price(instrument, value.average_price),
            "X": value.status.value,
            "l": decimals.quantity(instrument, event.fill.quantity if event.fill else ZERO),
            "z": decimals.quantity(instrument, value.filled),
            "T": event.time_ms,
        },
    }
