"""The spot market's codes and texts for what the exchange refuses, from Binance's error list for spot.

Most refusals share a code and differ in the text; clients read the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import RejectReason

if TYPE_CHECKING:
    from collections.abc import Mapping

REJECTIONS: Mapping[RejectReason, tuple[int, str]] = {
    RejectReason.UNKNOWN_SYMBOL: (-1121, "Invalid symbol."),
    RejectReason.UNKNOWN_ORDER: (-2013, "Order does not exist."),
    RejectReason.DUPLICATE_CLIENT_ORDER_ID: (-2010, "Duplicate order sent."),
    RejectReason.PRICE_TICK: (-1013, "Filter failure: PRICE_FILTER"),
    RejectReason.PRICE_RANGE: (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    RejectReason.QUANTITY_STEP: (-1013, "Filter failure: LOT_SIZE"),
    RejectReason.QUANTITY_RANGE: (-1013, "Filter failure: LOT_SIZE"),
    RejectReason.MIN_NOTIONAL: (-1013, "Filter failure: NOTIONAL"),
    RejectReason.WOULD_TAKE: (-2010, "Order would immediately match and take."),
    RejectReason.REDUCE_ONLY: (-2010, "Unsupported order combination"),
    RejectReason.INSUFFICIENT_MARGIN: (-2010, "Account has insufficient balance for requested action."),
    RejectReason.NO_CHANGE: (-2038, "The requested action would change no state; rejecting"),
    RejectReason.NO_LIQUIDITY: (-2010, "Order book liquidity is less than symbol minimum quantity."),
    RejectReason.UNKNOWN_ACCOUNT: (-2015, "Invalid API-key, IP, or permissions for action."),
    RejectReason.INSUFFICIENT_BALANCE: (-2010, "Account has insufficient balance for requested action."),
    RejectReason.WOULD_TRIGGER: (-2010, "Order would trigger immediately."),
    RejectReason.POSITION_SIDE: (-2010, "Unsupported order combination"),
    RejectReason.TRIGGER: (-1013, "Filter failure: TRAILING_DELTA"),
    RejectReason.EXPIRY: (-2010, "Unsupported order combination"),
    RejectReason.LEVERAGE: (-2010, "This action is disabled on this account."),
    RejectReason.ORDERS_OR_POSITIONS_OPEN: (-2010, "This action is disabled on this account."),
    RejectReason.TOO_MANY_ORDERS: (-1013, "Filter failure: MAX_NUM_ORDERS"),
    RejectReason.MARKET_CLOSED: (-2010, "Market is closed."),
}
