"""The venue's errors: retCode and text of every refusal this simulation gives, over HTTP 200 unless said otherwise.

Codes and texts follow Bybit's public error list for v5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import RejectReason
from simvenue.venues.bybit.instruments import Category

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Rejection


class VenueError(Exception):
    """A refusal in the venue's own words.

    Args:
        code: The venue's ``retCode``.
        message: The venue's ``retMsg``.
        status: HTTP status of the reply (default 200).
    """

    def __init__(self, code: int, message: str, *, status: int = 200) -> None:
        """Keep the code, the text and the status."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def envelope(code: int, message: str, result: object, now_ms: int) -> dict[str, Any]:
    """Give the form of every REST reply."""
    return {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": now_ms}


def parameter(detail: str) -> VenueError:
    """Something in the request is absent, malformed or unknown."""
    return VenueError(10001, f"params error: {detail}")


def missing(name: str) -> VenueError:
    """A parameter is absent or empty."""
    return parameter(f"{name} is required")


def invalid(name: str) -> VenueError:
    """A parameter says nothing the venue knows."""
    return parameter(f"{name} invalid")


def invalid_symbol() -> VenueError:
    """No such instrument in the category."""
    return VenueError(10001, "params error: symbol invalid")


def timestamp(server_ms: int, client_ms: int, window_ms: int) -> VenueError:
    """The request is too old, or from the future."""
    return VenueError(
        10002,
        "invalid request, please check your server timestamp or recv_window param. "
        f"req_timestamp[{client_ms}],server_timestamp[{server_ms}],recv_window[{window_ms}]",
    )


def invalid_key() -> VenueError:
    """Nobody holds that key."""
    return VenueError(10003, "API key is invalid.")


def invalid_signature() -> VenueError:
    """The signature is not that of the key's secret over these bytes."""
    return VenueError(10004, "error sign! Please check your signature generation algorithm.")


def forbidden() -> VenueError:
    """The key may not do that."""
    return VenueError(10005, "Permission denied, please check your API key permissions.")


def too_many_visits() -> VenueError:
    """The account called the endpoint more often than it may."""
    return VenueError(10006, "Too many visits. Exceeded the API Rate Limit.")


def too_many_from_address() -> VenueError:
    """The address called more often than it may; HTTP 403, as the venue's gateway answers it."""
    return VenueError(403, "access too frequent", status=403)


def internal() -> VenueError:
    """Our own fault: the request was fine, the answer could not be made."""
    return VenueError(10016, "Internal System Error.", status=500)


def maintenance() -> VenueError:
    """The venue is closed for work on it."""
    return VenueError(10016, "Service is under maintenance, please try again later.", status=503)


def no_such_path() -> VenueError:
    """No such endpoint, or not with this method."""
    return VenueError(404, "Request path not found", status=404)


def no_such_order(category: Category) -> VenueError:
    """Nothing to change or cancel under that id."""
    if category is Category.SPOT:
        return VenueError(170213, "Order does not exist.")
    return VenueError(110001, "order not exists or too late to cancel")


def would_trigger(trigger_price: Decimal, current: Decimal, *, rises: bool) -> VenueError:
    """The price a conditional order waits for has been reached already."""
    if rises:
        return VenueError(110092, f"expect Rising, but trigger_price[{trigger_price}] <= current[{current}]")
    return VenueError(110093, f"expect Falling, but trigger_price[{trigger_price}] >= current[{current}]")


_SHARED: dict[RejectReason, tuple[int, str]] = {
    RejectReason.UNKNOWN_SYMBOL: (10001, "params error: symbol invalid"),
    RejectReason.NO_CHANGE: (10001, "The order remains unchanged as the parameters entered match the existing ones."),
    RejectReason.UNKNOWN_ACCOUNT: (10003, "API key is invalid."),
}
_LINEAR: dict[RejectReason, tuple[int, str]] = _SHARED | {
    RejectReason.UNKNOWN_ORDER: (110001, "order not exists or too late to cancel"),
    RejectReason.PRICE_TICK: (10001, "params error: price is not a multiple of tickSize"),
    RejectReason.PRICE_RANGE: (110003, "Order price exceeds the allowable range."),
    RejectReason.INSUFFICIENT_MARGIN: (110007, "ab not enough for new order"),
    RejectReason.INSUFFICIENT_BALANCE: (110007, "ab not enough for new order"),
    RejectReason.REDUCE_ONLY: (110017, "current position is zero, cannot fix reduce-only order qty"),
    RejectReason.TOO_MANY_ORDERS: (110020, "Not allowed to have more than 500 active orders."),
    RejectReason.POSITION_SIDE: (10001, "position idx not match position mode"),
    RejectReason.ORDERS_OR_POSITIONS_OPEN: (
        110024,
        "You have an existing position, so position mode cannot be switched",
    ),
    RejectReason.LEVERAGE: (110013, "cannot set leverage due to risk limit level"),
    RejectReason.DUPLICATE_CLIENT_ORDER_ID: (110072, "OrderLinkedID is duplicate"),
    RejectReason.TRIGGER: (10001, "params error: TriggerPrice or TriggerDirection invalid"),
    RejectReason.WOULD_TRIGGER: (110092, "expect Rising or Falling, but the current price is past trigger_price"),
    RejectReason.MIN_NOTIONAL: (110094, "Order does not meet minimum order value 5USDT"),
    RejectReason.QUANTITY_STEP: (10001, "Qty invalid"),
    RejectReason.QUANTITY_RANGE: (
        10001,
        "The number of contracts exceeds maximum limit allowed or is below the minimum",
    ),
    RejectReason.WOULD_TAKE: (170218, "The LIMIT-MAKER order is rejected due to invalid price."),
    RejectReason.NO_LIQUIDITY: (30208, "Failed to submit order(s). Order price is invalid or no liquidity."),
    RejectReason.EXPIRY: (10001, "params error: timeInForce invalid"),
    RejectReason.MARKET_CLOSED: (110032, "it can not be traded: the symbol is not in trading status"),
}
_SPOT: dict[RejectReason, tuple[int, str]] = _LINEAR | {
    RejectReason.UNKNOWN_ORDER: (170213, "Order does not exist."),
    RejectReason.PRICE_TICK: (170134, "Order price has too many decimals."),
    RejectReason.PRICE_RANGE: (170193, "Buy order price cannot be higher, or sell order price lower, than the limit."),
    RejectReason.INSUFFICIENT_MARGIN: (170131, "Insufficient balance."),
    RejectReason.INSUFFICIENT_BALANCE: (170131, "Insufficient balance."),
    RejectReason.DUPLICATE_CLIENT_ORDER_ID: (170141, "Duplicate clientOrderId"),
    RejectReason.MIN_NOTIONAL: (170140, "Order value exceeded lower limit."),
    RejectReason.QUANTITY_STEP: (170137, "Order quantity has too many decimals."),
    RejectReason.QUANTITY_RANGE: (170136, "Order quantity exceeded lower or upper limit."),
    RejectReason.NO_LIQUIDITY: (170198, "Your order quantity to buy or sell is too large for the present market."),
    RejectReason.MARKET_CLOSED: (170105, "The trading of this symbol is suspended."),
}


def from_rejection(rejection: Rejection, category: Category) -> VenueError:
    """Give the venue's words for a refusal of the exchange."""
    code, message = (_SPOT if category is Category.SPOT else _LINEAR)[rejection.reason]
    return VenueError(code, message)
