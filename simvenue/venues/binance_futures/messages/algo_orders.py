"""Algo orders: the REST objects and the ALGO_UPDATE event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO
from simvenue.venues.binance import decimals
from simvenue.venues.binance_futures import conditional

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Instrument, Order


def _trigger_price(value: Order) -> Decimal:
    # A trailing stop's own price moves; the venue lists the price at which it starts to follow.
    if value.trigger is None:
        return ZERO
    return value.trigger.price or value.trigger.activation_price or ZERO


def _callback_percent(value: Order) -> str | None:
    if value.trigger is None or value.trigger.callback_rate is None:
        return None
    return f"{(value.trigger.callback_rate * 100).normalize():f}"


def algo_order(instrument: Instrument, value: Order) -> dict[str, Any]:
    """An algo order as every endpoint of the algo service lists it."""
    triggered = value.triggered_ms is not None
    row = {
        "algoId": conditional.algo_id(value),
        "clientAlgoId": value.client_order_id,
        "algoType": "CONDITIONAL",
        "orderType": conditional.original_type(value),
        "symbol": value.symbol,
        "side": value.side.value,
        "positionSide": value.position_side.value,
        "timeInForce": value.time_in_force.value,
        # How much closes a position is known when it triggers; until then there is no quantity to tell.
        "quantity": "" if value.close_position and not triggered else decimals.quantity(instrument, value.quantity),
        "algoStatus": conditional.status(value),
        "actualOrderId": str(value.order_id) if triggered else "",
        "actualPrice": decimals.amount(value.average_price),
        "triggerPrice": decimals.price(instrument, _trigger_price(value)),
        "price": decimals.price(instrument, value.price),
        "icebergQuantity": None,
        "tpTriggerPrice": "0.000",
        "tpPrice": "0.000",
        "slTriggerPrice": "0.000",
        "slPrice": "0.000",
        "tpOrderType": "",
        "selfTradePreventionMode": "EXPIRE_MAKER",
        "workingType": conditional.working_type(value),
        "priceMatch": "NONE",
        "closePosition": value.close_position,
        "priceProtect": False,
        "reduceOnly": value.reduce_only,
        "createTime": value.created_ms,
        "updateTime": value.updated_ms,
        "triggerTime": value.triggered_ms or 0,
        "goodTillDate": value.expires_ms or 0,
    }
    rate = _callback_percent(value)
    if value.trigger is not None and rate is not None:
        row |= {
            "callbackRate": rate,
            "activatePrice": decimals.price(instrument, value.trigger.activation_price),
        }
    return row


def cancelled(value: Order) -> dict[str, Any]:
    """The reply to a cancel; the code is text here, unlike everywhere else."""
    return {
        "algoId": conditional.algo_id(value),
        "clientAlgoId": value.client_order_id,
        "code": "200",
        "msg": "success",
    }


def algo_update(instrument: Instrument, value: Order, status: str, time_ms: int, now_ms: int) -> dict[str, Any]:
    """The ALGO_UPDATE event.

    Args:
        instrument: The order's instrument.
        value: The order as of now.
        status: Its step in the venue's sequence, e.g. TRIGGERING.
        time_ms: When it happened.
        now_ms: The venue's time.
    """
    triggered = value.triggered_ms is not None and status != "TRIGGERING"
    details = {
        "caid": value.client_order_id,
        "aid": conditional.algo_id(value),
        "at": "CONDITIONAL",
        "o": conditional.original_type(value),
        "s": value.symbol,
        "S": value.side.value,
        "ps": value.position_side.value,
        "f": value.time_in_force.value,
        "q": decimals.quantity(instrument, value.quantity),
        "X": status,
        "ai": str(value.order_id) if triggered else "",
        "ap": decimals.amount(value.average_price) if value.filled else "0",
        "aq": decimals.quantity(instrument, value.filled) if value.filled else "0",
        "act": value.type.value if triggered else "0",
        "tp": decimals.price(instrument, _trigger_price(value)),
        "p": "0" if value.price is None else decimals.price(instrument, value.price),
        "V": "EXPIRE_MAKER",
        "wt": conditional.working_type(value),
        "pm": "NONE",
        "cp": value.close_position,
        "pP": False,
        "R": value.reduce_only,
        "tt": value.triggered_ms or 0,
        "gtd": value.expires_ms or 0,
    }
    rate = _callback_percent(value)
    if value.trigger is not None and rate is not None:
        details |= {"cr": rate, "AP": decimals.price(instrument, value.trigger.activation_price)}
    return {"e": "ALGO_UPDATE", "T": time_ms, "E": now_ms, "o": details}
