"""The futures market's codes and texts for what the exchange refuses, from Binance's error list for USDⓈ-M futures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.types import RejectReason

if TYPE_CHECKING:
    from collections.abc import Mapping

REJECTIONS: Mapping[RejectReason, tuple[int, str]] = {
    RejectReason.UNKNOWN_SYMBOL: (-1121, "Invalid symbol."),
    RejectReason.UNKNOWN_ORDER: (-2013, "Order does not exist."),
    RejectReason.DUPLICATE_CLIENT_ORDER_ID: (-4116, "ClientOrderId is duplicated."),
    RejectReason.PRICE_TICK: (-4014, "Price not increased by tick size."),
    RejectReason.PRICE_RANGE: (-4016, "Price is outside the range the PERCENT_PRICE filter allows."),
    RejectReason.QUANTITY_STEP: (-4023, "Qty not increased by step size."),
    RejectReason.QUANTITY_RANGE: (-4005, "Quantity is outside the range the LOT_SIZE filter allows."),
    RejectReason.MIN_NOTIONAL: (-4164, "Order's notional must be no smaller than the MIN_NOTIONAL filter."),
    RejectReason.WOULD_TAKE: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    ),
    RejectReason.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    RejectReason.INSUFFICIENT_MARGIN: (-2019, "Margin is insufficient."),
    RejectReason.NO_CHANGE: (-5027, "No need to modify the order."),
    RejectReason.NO_LIQUIDITY: (
        -4131,
        "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
    ),
    RejectReason.UNKNOWN_ACCOUNT: (-2015, "Invalid API-key, IP, or permissions for action."),
    RejectReason.INSUFFICIENT_BALANCE: (-2018, "Balance is insufficient."),
    RejectReason.WOULD_TRIGGER: (-2021, "Order would immediately trigger."),
    RejectReason.POSITION_SIDE: (-4061, "Order's position side does not match user's setting."),
    RejectReason.TRIGGER: (-4006, "Stop price less than or equal to zero."),
    RejectReason.EXPIRY: (
        -5040,
        "The goodTillDate timestamp must be greater than the current time plus 600 seconds",
    ),
    RejectReason.LEVERAGE: (-4028, "Leverage is not valid."),
    RejectReason.ORDERS_OR_POSITIONS_OPEN: (
        -4068,
        "Position side cannot be changed if there exists position.",
    ),
    RejectReason.TOO_MANY_ORDERS: (-2025, "Reach max open order limit."),
    RejectReason.MARKET_CLOSED: (-4140, "Invalid symbol status for opening position."),
}
